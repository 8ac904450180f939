"""A registry of 100,000 made-up parks on PostgreSQL, filled once and kept in var/soak."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.databases import SERVER
from tests.clusters import FORGETFUL, USER, Cluster
from tests.serving import REGISTRY, ROOT, kept_environment, manage

PARKS = 100_000
KEPT = ROOT / "var" / "soak" / f"registry-{PARKS}"
# The code that rendered the documents of the cluster that is kept: another has to render them anew.
SHAPE = KEPT / "shape"


@contextmanager
def large_registry(home: Path, settings: dict[str, object] | None = None) -> Iterator[Cluster]:
    """A running copy of it in `home`, which the account of the server may enter; it keeps what it commits."""
    shape = _run("manage.py", "shell", "-v", "0", "-c", "from core.documents import shape_of_code as s; print(s())")
    if not SHAPE.exists() or SHAPE.read_text() != shape:
        _make(home / "made", shape)
    copy = Cluster(KEPT, SERVER).copy(home / "large", settings)
    try:
        yield copy.start()
    finally:
        copy.destroy()


def _make(home: Path, shape: str) -> None:
    """Fill a cluster, or bring up the one that is kept to the code as it is now, and keep it."""
    is_new = not (KEPT / "data").exists()
    made = Cluster(home, SERVER | FORGETFUL).make() if is_new else Cluster(KEPT).copy(home, SERVER | FORGETFUL)
    try:
        made.start()
        if is_new:
            made.execute(f"CREATE DATABASE {USER}")
            _run("-m", "bench.load", "0", DATABASE_URL=made.url())
            json.loads(_run("-m", "bench.load", str(PARKS), DATABASE_URL=made.url()))
        environment = REGISTRY | {"DATABASE_URL": made.url()}
        manage("migrate", environment=environment)
        manage("render_documents", environment=environment)
        made.execute("VACUUM ANALYZE", USER)
        made.stop()
        shutil.rmtree(KEPT, ignore_errors=True)
        KEPT.mkdir(parents=True)
        subprocess.run(["cp", "-a", made.data, KEPT / "data"], check=True)
        SHAPE.write_text(shape)
    finally:
        made.destroy()


def _run(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=kept_environment() | {"LOG_LEVEL": "WARNING"} | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.strip()
