"""Whether what a lock file names has known weaknesses: `python -m tests.dependencies requirements.lock`.

Fails where one is known. Where the lists of weaknesses cannot be reached, it says so and lets the rest be tested. More
arguments are for pip-audit.
"""

import json
import subprocess
import sys

# In seconds: a network that swallows what is sent must not hold the tests up.
PATIENCE = 60
# As pip-audit and requests say it when nobody answers.
UNREACHABLE = ("ConnectionError", "ConnectTimeout", "ReadTimeout", "Could not connect", "Max retries", "ServiceError")


def audit(lock: str, *more: str) -> tuple[str, bool]:
    """What there is to say of the packages in `lock`, and whether none has a known weakness."""
    # Nothing is fetched or built: the file names all there is.
    options = ("--disable-pip", "--no-deps", "--progress-spinner", "off", "--timeout", "5", "--format", "json")
    command = [sys.executable, "-m", "pip_audit", "--requirement", lock, *options, *more]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return _not_audited(lock, f"no answer in {PATIENCE} s"), True
    if not ended.stdout.strip():
        reason = ended.stderr.strip().splitlines()[-1] if ended.stderr.strip() else "no word"
        if any(word in ended.stderr for word in UNREACHABLE):
            return _not_audited(lock, reason), True
        return f"pip-audit failed on {lock}: {reason}", False
    packages = json.loads(ended.stdout)["dependencies"]
    weak = [(each, known) for each in packages for known in each.get("vulns", ())]
    if weak:
        return "\n".join(_told(package, known) for package, known in weak), False
    skipped = sum("skip_reason" in each for each in packages)
    if skipped == len(packages):
        return _not_audited(lock, "it is told of none of them"), True
    left_out = f"; {skipped} more are on no list that can be reached" if skipped else ""
    return f"{lock}: no weakness is known of {len(packages) - skipped} packages{left_out}", True


def _not_audited(lock: str, reason: str) -> str:
    return f"{lock} was NOT audited: no list of known weaknesses can be reached from here ({reason})"


def _told(package: dict, known: dict) -> str:
    mended = ", ".join(known["fix_versions"]) or "none yet"
    return f"{package['name']} {package['version']} has a known weakness: {known['id']} (mended in: {mended})"


if __name__ == "__main__":
    told, is_well = audit(*sys.argv[1:])
    print(told)
    sys.exit(not is_well)
