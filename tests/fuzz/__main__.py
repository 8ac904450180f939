"""`python -m tests.fuzz NAME SECONDS CORPUS`: one target, on inputs that reach what no input before them reached.

Ends with another status than 0 at the first input that is neither read nor refused in the reader's own words, takes
over SLOWEST seconds, or makes the process larger than LARGEST MB; the input is kept beside the corpus then. What is
written to the database is undone: give it one of its own (DATABASE_URL), with the shipped parks.
"""

import os
import sys
from pathlib import Path

import atheris

SLOWEST, LARGEST = 10, 1024
OURS = ["core", "sources", "cities", "agreements", "parks", "exchange"]


def main(name: str, seconds: str, corpus: str):
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    with atheris.instrument_imports(include=[*OURS, "openpyxl"]):
        import django

        django.setup()
        from tests.fuzz.targets import TARGETS

    seeds, read = TARGETS[name]
    folder = Path(corpus) / name
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (folder / f"seed-{number}").write_bytes(seed)
    options = {
        "max_total_time": seconds,
        "timeout": SLOWEST,
        "rss_limit_mb": LARGEST,
        "max_len": 1 << 14,
        "artifact_prefix": Path(corpus) / f"{name}-",
        "print_final_stats": 1,
        "verbosity": 1,
    }
    atheris.Setup([name, *(f"-{option}={value}" for option, value in options.items()), str(folder)], read)
    atheris.Fuzz()


main(*sys.argv[1:])
