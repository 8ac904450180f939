"""Every operation of the OpenAPI document, asked in ways that its author did not think of (schemathesis)."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.operations.conftest import STEWARD, token_of

pytestmark = pytest.mark.soak

HERE = Path(__file__).parent
SECONDS = float(os.environ.get("SOAK_MINUTES", "10")) * 60 / 2


@pytest.mark.parametrize("who", ["anonymous", "steward"])
def test_no_operation_breaks_its_description(clusters, serve, figures, tmp_path, who):
    pytest.importorskip("schemathesis", reason="schemathesis is installed by `make soak`")
    cluster = clusters()
    server = serve(cluster.url())
    command = [Path(sys.executable).parent / "schemathesis", "--config-file", HERE / "schemathesis.toml", "run"]
    command += [f"http://127.0.0.1:{server.port}/api/schema/", "--max-time", str(int(SECONDS)), "--no-shrink"]
    if who == "steward":
        command += ["-H", f"Authorization: Token {token_of(cluster.url(), STEWARD)}"]
    environment = os.environ | {"SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(HERE)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=SECONDS + 900)
    told = re.search(r"(\d+) generated", done.stdout)
    figures(f"schemathesis, {who}", cases=told and int(told[1]), ended_with=done.returncode)
    assert done.returncode == 0, done.stdout[-20_000:]
