"""The registry installed as docs/operations.md says, on a machine of its own: its very lines, typed by root."""

import json
import os
import pty
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.machine import Machine
from tests.serving import REGISTRY, ROOT

pytestmark = pytest.mark.soak

NAME = "parks.example.org"
PASSWORD = "correct horse battery staple"
GUIDE = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
# kept between runs; the machine has no way to a package index
WHEELS = ROOT / "var/soak/wheels"


def lines_of(heading: str) -> list[str]:
    """What the guide has an operator type under a heading of the second rank."""
    part = GUIDE.split(f"\n## {heading}\n")[1].split("\n## ")[0].split("\n### ")[0]
    return [
        line
        for block in re.findall(r"^```sh\n(.*?)^```", part, re.DOTALL | re.MULTILINE)
        for line in block.splitlines()
    ]


@pytest.fixture(scope="module")
def origin(tmp_path_factory) -> Path:
    """A repository that has this checkout's commit as its main branch."""
    origin = tmp_path_factory.mktemp("origin") / "registry.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", origin], check=True)
    subprocess.run(["git", "-C", origin, "config", "receive.shallowUpdate", "true"], check=True)
    subprocess.run(["git", "-C", ROOT, "push", "--quiet", origin, "HEAD:refs/heads/main"], check=True)
    return origin


@pytest.fixture(scope="module")
def machine(origin):
    """A machine on which every line of "On a server" was typed."""
    WHEELS.mkdir(parents=True, exist_ok=True)
    download = [sys.executable, "-m", "pip", "download", "-qq", "--require-hashes", "--only-binary", ":all:"]
    subprocess.run([*download, "-r", ROOT / "requirements.lock", "-d", WHEELS], check=True)
    with Machine() as machine:
        machine.run("rm -rf /root/.config/pip /root/.pip /srv/registry /var/lib/registry /etc/registry")
        machine.run(f"printf '[global]\\nno-index = true\\nfind-links = {WHEELS}\\n' > /etc/pip.conf")
        machine.run(f"git config --system url.file://{origin}.insteadOf https://git.example.org/registry.git")
        machine.run("git config --system --add safe.directory '*'")
        machine.run(f"echo 127.0.0.1 localhost {NAME} > /etc/hosts")
        # as Debian has them after `apt-get install`
        machine.run("rm -f /etc/nginx/sites-enabled/* && systemctl start postgresql nginx")
        for line in lines_of("On a server"):
            if line.startswith("apt-get install "):
                # there already, for this machine has them; without a network nothing could be fetched
                machine.run(f"dpkg --status {line.removeprefix('apt-get install ')}")
            elif " createsuperuser " in line:
                type_password(machine, line)
            else:
                machine.run(line)
        # many readers at one address are a test's, not the world's
        limits = {name: value for name, value in REGISTRY.items() if name.endswith("_PER_MINUTE")}
        # who waits for long would be refused, and a busy machine is slow
        for name, value in (limits | {"SHED_AFTER": "100s"}).items():
            machine.run(f"echo {name}={value} >> /etc/registry/registry.env")
        machine.run("registry restart")
        yield machine


def type_password(machine: Machine, line: str) -> None:
    """A line that asks for a new password twice, at a terminal."""
    ours, theirs = pty.openpty()
    process = machine.popen("setsid", "--ctty", "bash", "-c", line, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    said = b""
    for asked in (b"Password:", b"Password (again):"):
        while asked not in said:
            said += os.read(ours, 1000)
        os.write(ours, f"{PASSWORD}\n".encode())
    assert process.wait(60) == 0, said
    os.close(ours)


@contextmanager
def asked_all_the_time(machine: Machine, token: str = ""):
    """Readers and an editor ask meanwhile; what they were told is in the dictionary at the end."""
    told = {}
    command = [sys.executable, "-m", "tests.operations.asking", f"https://{NAME}", "/etc/registry/tls/certificate.pem"]
    process = machine.popen(
        "env", f"PYTHONPATH={ROOT}", *command, *([token] if token else []),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with process:
        time.sleep(2)
        yield told
        told |= json.loads(process.communicate(timeout=120)[0])


def serving(machine: Machine) -> str:
    """The release that the process which answers was started from."""
    pid = machine.run("systemctl show --property MainPID --value registry@current").strip()
    return machine.run(f"readlink /proc/{pid}/cwd").strip().rpartition("/")[2]


def release(machine: Machine, origin: Path, what: str, change: str) -> None:
    """Commit what `change`, lines of shell in a clone, makes of the main branch."""
    machine.run(f"""set -e; rm -rf /tmp/clone; git clone --quiet file://{origin} /tmp/clone; cd /tmp/clone
    {change}
    git add .; git -c user.name=Tester -c user.email=t@example.org commit --quiet -m '{what}'; git push --quiet""")


def headers(machine: Machine, path: str, *more: str, address: str = f"https://{NAME}") -> dict[str, str]:
    said = machine.run(
        f"curl -sS --cacert /etc/registry/tls/certificate.pem -o /dev/null -D - {' '.join(more)} '{address}{path}'"
    )
    status, *lines = said.strip().splitlines()
    return {"status": status.split()[1]} | {
        name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)
    }


def test_installed_registry_serves_pages_api_admin_and_static_files_over_tls(machine):
    led = headers(machine, "/en/parks/?q=a", address=f"http://{NAME}")
    assert (led["status"], led["location"]) == ("301", f"https://{NAME}/en/parks/?q=a")
    page = headers(machine, "/en/")
    assert page["status"] == "200"
    assert page["strict-transport-security"].startswith("max-age=31536000")
    assert json.loads(machine.run(f"curl -sSk 'https://{NAME}/api/v1/parks/?limit=1'"))["count"] > 50
    # what a client says of itself does not count, and does not hurt
    lies = (
        "-H 'X-Forwarded-Proto: http' -H 'X-Forwarded-Ssl: off' -H 'X-Forwarded-For: 192.0.2.1' -H 'Forwarded: for=a'"
    )
    assert headers(machine, "/en/", lies)["status"] == "200"
    file = re.search(r'href="(/static/[^"]+\.[0-9a-f]{12}\.css)"', machine.run(f"curl -sSk https://{NAME}/en/"))[1]
    static = headers(machine, file, "--compressed")
    assert (static["status"], static["content-encoding"]) == ("200", "gzip")
    assert static["cache-control"] == "public, max-age=315360000, immutable"
    assert headers(machine, "/static/../manage.py", "--path-as-is")["status"] in ("400", "404")
    # an admin logs in
    jar = f"-sSk -c /tmp/jar -b /tmp/jar -e https://{NAME}/admin/login/"
    machine.run(f"curl {jar} -o /tmp/form https://{NAME}/admin/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', machine.run("cat /tmp/form"))[1]
    said = machine.run(
        f"curl {jar} -L -d csrfmiddlewaretoken={token} -d username=admin --data-urlencode 'password={PASSWORD}'"
        f" -d next=/admin/ https://{NAME}/admin/login/"
    )
    assert "/admin/logout/" in said


def test_installed_processes_and_files_belong_to_whom_they_should(machine):
    owners = {tuple(line.split()) for line in machine.run("ps -eo user,comm --no-headers").splitlines()}
    assert {owner for owner, program in owners if program.startswith("gunicorn")} == {"registry"}
    assert {("root", "nginx"), ("www-data", "nginx"), ("postgres", "postgres")} <= owners
    modes = machine.run(
        "cd /; stat -c '%U:%G %a %n' etc/registry/* etc/registry/tls/key.pem run/registry.sock var/lib/registry"
    )
    assert modes.splitlines() == [
        "root:registry 640 etc/registry/registry.env",
        "root:root 700 etc/registry/tls",
        "root:root 600 etc/registry/tls/key.pem",
        "root:www-data 660 run/registry.sock",
        "registry:registry 750 var/lib/registry",
    ]
    assert (
        machine.run("runuser -u registry -- find /srv/registry /etc/registry -writable ! -type l 2>/dev/null || true")
        == ""
    )
    assert (
        machine.run("systemd-analyze verify registry.socket registry@current.service registry-housekeeping.timer") == ""
    )
    machine.run("systemctl start registry-housekeeping")
    assert machine.run("systemctl --failed --no-legend") == ""


def test_upgrade_and_rollback_lose_no_request(machine, origin, figures):
    machine.run("registry manage shell -c \"from django.contrib.auth.models import Group, User; "
                "User.objects.create_user('editor').groups.add(Group.objects.get(name='editors'))\"")  # fmt: skip
    token = machine.run("registry manage create_api_token editor").split()[-1]
    before = serving(machine)
    release(
        machine,
        origin,
        "A body has a motto",
        f"""
    field='    motto = models.CharField("motto", max_length=100, blank=True, db_default="to be found")'
    sed -i '/max_length=20, choices=Kind)$/{{n;s/^    division = /'"    # new"'\\n&/}}' cities/models.py
    sed -i "s/^    # new$/$field/" cities/models.py
    DATABASE_URL=sqlite://:memory: {sys.executable} manage.py makemigrations cities --name motto""",
    )
    with asked_all_the_time(machine, token) as told:
        said = "".join(machine.run(line) for line in lines_of("Updating"))
    assert "Copying the database" in said
    after = serving(machine)
    assert after != before
    assert told["failures"] == []
    assert told["answered"] > 100
    figures("upgrade with a migration", **{name: told[name] for name in ("answered", "written", "slowest")})
    sql = "runuser -u registry -- psql -qtA registry -c"
    written = int(machine.run(f"{sql} \"select count(*) from cities_body where slug like 'asked-%'\""))
    assert written == told["written"] > 0
    assert machine.run(f'{sql} "select distinct motto from cities_body"').strip() == "to be found"
    assert machine.run("stat -c '%U %a' /var/backups/registry/*").split() == ["registry", "600"]

    # one request has begun and takes long
    lock = machine.popen("bash", "-c", f'{sql} "begin; lock table cities_body in exclusive mode; select pg_sleep(6)"')
    time.sleep(1)
    late = machine.popen(
        "curl", "-sSk", "-d", '{"slug": "late", "name_en": "Late", "kind": "OTHER"}', f"https://{NAME}/api/v1/bodies/",
        "-H", f"Authorization: Token {token}", "-H", "Content-Type: application/json", stdout=subprocess.PIPE,
    )  # fmt: skip
    time.sleep(1)
    with asked_all_the_time(machine) as told:
        machine.run("registry rollback")
    assert serving(machine) == before
    assert (told["failures"], lock.wait()) == ([], 0)
    assert json.loads(late.communicate()[0])["slug"] == "late"
    figures("rollback", **{name: told[name] for name in ("answered", "slowest")})
    # what the release before writes is recorded with the tables of the one after
    assert "to be found" in machine.run(
        f"{sql} \"select data from core_version where model = 'cities.body' order by id desc limit 1\""
    )
    machine.run("registry rollback")
    assert serving(machine) == after


def test_release_that_does_not_start_leaves_the_one_before(machine, origin):
    before = serving(machine)
    release(machine, origin, "A slip", "echo 'raise SystemExit(3)' >> config/wsgi.py")
    with asked_all_the_time(machine) as told:
        said = machine.run("registry upgrade", fails=True)
    assert "does not start; the release before goes on" in said
    assert (serving(machine), told["failures"]) == (before, [])
    assert machine.run("systemctl is-active registry@next || true").strip() in ("inactive", "failed")
    release(machine, origin, "The slip is mended", "sed -i '$d' config/wsgi.py")


@pytest.mark.parametrize("line", ["Preparing", "Starting it beside", "Restarting"])
def test_upgrade_that_is_killed_on_the_way_leaves_a_release_and_may_be_run_again(machine, origin, line):
    release(machine, origin, f"Killed at {line}", f"echo '# {line}' >> config/urls.py")
    before = serving(machine)
    with asked_all_the_time(machine) as told:
        with machine.popen("registry", "upgrade", stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as upgrade:
            for said in upgrade.stdout:
                if said.startswith(line):
                    time.sleep(0.5)
                    machine.run("pkill -9 -f 'deploy/registry activate'")
        time.sleep(3)
        machine.run("registry upgrade")
    assert (told["failures"], serving(machine) != before) == ([], True)


def test_logs_are_rotated_while_nginx_goes_on(machine):
    logs = "/var/log/nginx/registry.access.log"
    machine.run(f"curl -sSk -o /dev/null -A before https://{NAME}/en/")
    machine.run("logrotate --force /etc/logrotate.d/nginx")
    time.sleep(1)
    machine.run(f"curl -sSk -o /dev/null -A after https://{NAME}/en/")
    assert '"before"' in machine.run(f"cat {logs}.1")
    # address, when, what, answer, size, from where, with what, id, how long both took
    line = r'127\.0\.0\.1 - - \[[^]]+\] "GET /en/ HTTP/2\.0" 200 \d+ "-" "after" [0-9a-f]{32} [\d.]+ [\d.]+\n'
    assert re.fullmatch(line, machine.run(f"cat {logs}"))


def test_doctor_sees_what_readers_see(machine):
    asked = f"registry manage doctor --address https://{NAME}"
    # backups are set up after it
    well = "It works; the warnings are worth a look."
    assert well in machine.run("registry manage doctor")
    assert "do not trust the certificate" in machine.run(asked, fails=True)
    machine.run("install -m 644 /etc/registry/tls/certificate.pem /tmp/trusted.pem")
    assert well in machine.run(f"{asked} --certificate /tmp/trusted.pem")
    machine.run("chmod o+r /etc/registry/registry.env")
    said = machine.run("registry manage doctor", fails=True)
    machine.run("chmod o-r /etc/registry/registry.env")
    assert "others may read or write it" in said
    secret = machine.run("sed -n s/^SECRET_KEY=//p /etc/registry/registry.env").strip()
    assert len(secret) > 50
    assert secret not in said
    machine.run("systemctl stop postgresql")
    said = machine.run("registry manage doctor", fails=True)
    machine.run("systemctl start postgresql")
    assert "The database does not answer: " in said
    assert "Traceback" not in said


def test_machine_that_was_switched_off_serves_again(machine):
    # as after a boot: nothing runs but what is enabled
    machine.run("systemctl stop registry@current registry.socket && systemctl start sockets.target")
    machine.run("systemctl start registry.socket")
    assert headers(machine, "/en/")["status"] == "200"
