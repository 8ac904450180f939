"""Coverage-guided fuzzing, of the readers of files for ten minutes, and of all that reads what others send; its targets
are in tests/fuzz.
"""

import importlib.util
import os
import re
import subprocess
import sys

import pytest

from tests.operations.conftest import FIGURES
from tests.serving import REGISTRY, ROOT

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(
        importlib.util.find_spec("atheris") is None,
        reason="atheris is not here: it is made for Linux and Python up to 3.13",
    ),
]

# the minutes of the readers of files together; what else is read comes on top, each by its part of the work
MINUTES = float(os.environ.get("FUZZ_MINUTES", "10"))
READERS = {"files": 3, "workbooks": 3, "datasets": 3, "fixtures": 3}
PARTS = READERS | {"queries": 2, "cells": 2, "headers": 1, "units": 1, "dates": 1, "bodies": 1, "packages": 1}
# what reached something new is where the next run begins
CORPUS = FIGURES.parent / "fuzz"


@pytest.mark.parametrize("target", PARTS)
def test_any_input_is_read_or_refused_in_the_readers_own_words(target, loaded_file, tmp_path, figures):
    seconds = max(1, round(60 * MINUTES * PARTS[target] / sum(READERS.values())))
    # libFuzzer ends the process with the files of its inputs where they are
    environment = os.environ | REGISTRY | {"DATABASE_URL": loaded_file, "TMPDIR": str(tmp_path), "LOG_LEVEL": "ERROR"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", target, str(seconds), str(CORPUS)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        errors="replace",
        # what it takes to begin with, and a hang that libFuzzer itself does not see
        timeout=seconds + 180,
    )
    told = "\n".join(line for line in done.stderr.splitlines() if not line.startswith(("#", "INFO")))
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{told[-4000:]}"
    runs = {name: int(number) for name, number in re.findall(r"stat::(\w+):\s+(\d+)", done.stderr)}
    assert runs["number_of_executed_units"] > seconds
    figures(
        f"fuzz {target}",
        seconds=seconds,
        executions=runs["number_of_executed_units"],
        inputs_that_reached_something_new=runs["new_units_added"],
        slowest_seconds=runs["slowest_unit_time_sec"],
        megabytes=runs["peak_rss_mb"],
    )
