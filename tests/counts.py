"""What the last run of each kind of test counted: `python -m tests.counts var/test-results`."""

import sys
from pathlib import Path
from xml.etree import ElementTree


def main(folder: Path) -> None:
    for file in sorted(folder.glob("*.xml")):
        suite = ElementTree.parse(file).getroot().find("testsuite")
        skipped = int(suite.get("skipped"))
        failed = int(suite.get("failures")) + int(suite.get("errors"))
        passed = int(suite.get("tests")) - skipped - failed
        print(f"{file.stem:<12}{passed} passed, {failed} failed, {skipped} skipped in {float(suite.get('time')):.0f} s")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
