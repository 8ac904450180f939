"""Every operation of the OpenAPI document, asked in ways that its author did not think of (schemathesis)."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.operations.conftest import STEWARD, token_of

pytestmark = pytest.mark.soak

HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
SECONDS = float(os.environ.get("SOAK_MINUTES", "10")) * 60 / 2
# Which records there are, which instants have come, which parameters go together and what the rules of the registry allow
# is no matter of the schema: what it allows may still be refused.
LEFT_OUT = ["positive_data_acceptance"]


@pytest.mark.parametrize("who", ["anonymous", "steward"])
def test_no_operation_breaks_its_description(clusters, serve, figures, tmp_path, who):
    pytest.importorskip("schemathesis", reason="schemathesis is installed by `make soak`")
    cluster = clusters()
    server = serve(cluster.url())
    command = [Path(sys.executable).parent / "schemathesis", "run", f"http://127.0.0.1:{server.port}/api/schema/"]
    command += ["--exclude-checks", ",".join(LEFT_OUT), "--continue-on-failure", "--no-shrink", "--workers", "2"]
    command += ["--max-time", str(int(SECONDS)), "--seed", "1", "-H", "Accept-Language: en", "--report-dir", tmp_path]
    if who == "steward":
        command += ["-H", f"Authorization: Token {token_of(cluster.url(), STEWARD)}"]
    environment = os.environ | {"SCHEMATHESIS_HOOKS": HOOKS.stem, "PYTHONPATH": str(HOOKS.parent)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=SECONDS + 900)
    told = re.search(r"(\d+) generated", done.stdout)
    figures(f"schemathesis, {who}", cases=told and int(told[1]), ended_with=done.returncode)
    assert done.returncode == 0, done.stdout[-20_000:]
