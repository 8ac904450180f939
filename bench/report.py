"""The page that a run writes: ratios first, with their targets, then the figures behind them."""

import os
import platform
import sqlite3
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path

from bench.measures import CONNECTIONS, ROUNDS, Rate
from tests.serving import ROOT, WORKERS

CASES = {
    "list": "list of 50 parks of a province",
    "detail": "one park",
    "search_en": "search, a rare English word",
    "search_zh3": "search, three Chinese characters",
    "search_zh2": "search, two Chinese characters",
    "search_within": "search, an English word within a province",
    "list_again": "the same list again and again",
    "detail_again": "the same park again and again",
    "search_again": "the same search (two characters) again and again",
}
# What design asks for, by case and by whom it is compared with.
TARGETS = {
    ("list", "stock DRF"): 8,
    ("list", "the limit"): 1.0,
    ("list", "Datasette"): 1.0,
    ("detail", "stock DRF"): 5,
    ("detail", "the limit"): 0.65,
    ("list_again", "the limit"): 7,
    ("detail_again", "the limit"): 1.8,
    ("search_en", "stock DRF"): 4,
    ("search_zh3", "stock DRF"): 3,
    ("search_zh2", "stock DRF"): 40,
}
PEERS = ("stock DRF", "the limit", "Datasette")


@dataclass
class Single:
    """One measure that is no rate of requests: what, the figure here, the other one, their ratio and its target."""

    what: str
    here: str
    other: str = ""
    ratio: str = ""
    target: str = ""


@dataclass
class Report:
    size: int
    small: int
    seconds: int
    rates: dict[str, dict[str, Rate]]
    postgresql: str
    singles: list[Single] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    compared: int = 0
    differing: list[str] = field(default_factory=list)
    # Of some cases the milliseconds of a request by what they go for.
    profile: dict[str, dict[str, float]] = field(default_factory=dict)
    loaded: str = ""
    minutes: float = 0

    def page(self) -> str:
        return "\n\n".join(part for part in self._parts() if part) + "\n"

    def _parts(self):
        yield "# Benchmarks"
        yield (
            "The registry beside its peers on the same made-up parks, written by `make bench`. Read the ratios: the "
            "figures behind them are of one machine on one day. No test depends on them."
        )
        yield (
            f"Run on {date.today().isoformat()} in {self.minutes:.0f} minutes with {self.size:,} parks: "
            f"{self.loaded}.\n\n{_machine()}\n\n{_versions(self.postgresql)}"
        )
        yield self._agreement()
        if self.rates:
            yield "## Ratios"
            yield (
                "Requests per second of this project, divided by those of each peer: above 1, this project is the "
                "faster. In brackets what it [aims at](#what-is-compared)."
            )
            yield self._ratios()
        if self.singles:
            yield "## Other measures"
            yield self._singles()
        if self.profile:
            yield "## Where the time goes"
            yield _text("profile.md")
            yield self._profile()
        if self.skipped:
            yield "## Not measured"
            yield "\n".join(f"- {each}" for each in self.skipped)
        if self.rates:
            yield "## Figures"
            yield (
                "Requests per second, and in brackets the time of the median request in milliseconds; medians of "
                f"{ROUNDS} rounds of {self.seconds} s, or of more where an answer takes long."
            )
            yield self._figures()
        yield _text("explained.md")

    def _agreement(self):
        if self.differing:
            told = "\n".join(f"- {each}" for each in self.differing)
            return f"**Not all answers agree**, so what follows does not compare like with like:\n\n{told}"
        return f"{self.compared} answers of the peers were compared with this project's and agree." * bool(
            self.compared
        )

    def _ratios(self):
        rows = [["", *(f"÷ {peer}" for peer in PEERS)]]
        for case, told in CASES.items():
            rates = self.rates.get(case)
            if rates and "here" in rates:
                rows.append([told, *(self._ratio(case, rates, peer) for peer in PEERS)])
        return _table(rows)

    def _ratio(self, case, rates, peer):
        if peer not in rates:
            return ""
        ratio = rates["here"].per_second / rates[peer].per_second
        target = TARGETS.get((case, peer))
        return f"{short(ratio)} ({target:g})" if target else short(ratio)

    def _singles(self):
        rows = [["", "here", "beside", "ratio", "aim"]]
        rows += [[each.what, each.here, each.other, each.ratio, each.target] for each in self.singles]
        return _table(rows)

    def _profile(self):
        cases = [*self.profile]
        rows = [["", *(CASES[case] for case in cases)]]
        rows += [[part, *(f"{self.profile[case][part]:.2f} ms" for case in cases)] for part in self.profile[cases[0]]]
        rows.append(["together", *(f"{sum(self.profile[case].values()):.2f} ms" for case in cases)])
        return _table(rows)

    def _figures(self):
        names = list(dict.fromkeys(name for rates in self.rates.values() for name in rates))
        rows = [["", *names]]
        for case, rates in self.rates.items():
            cells = [
                f"{short(rates[name].per_second)} ({short(rates[name].milliseconds)})" if name in rates else ""
                for name in names
            ]
            rows.append([CASES.get(case, case), *cells])
        return _table(rows)


def short(number: float) -> str:
    """A figure to three digits."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def _table(rows: list[list[str]]) -> str:
    head, *others = rows
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *others]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _text(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8").strip()


def _machine() -> str:
    model, memory = platform.processor() or "an unknown processor", 0
    for line in _lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemTotal"):
            memory = round(int(line.split()[1]) / 1024**2)
    return (
        f"Machine: {os.cpu_count()} cores ({model}), {memory} GiB of memory, {platform.system()} {platform.machine()}, "
        f"load {os.getloadavg()[0]:.1f} at the end. Each server has {WORKERS} gunicorn workers; wrk keeps "
        f"{CONNECTIONS} connections busy, on the same machine."
    )


def _lines(path):
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def _versions(postgresql: str) -> str:
    packages = ("Django", "djangorestframework", "django-filter", "gunicorn", "psycopg2-binary")
    told = [f"Python {platform.python_version()}", f"PostgreSQL {postgresql}", f"SQLite {sqlite3.sqlite_version}"]
    told += [f"{name} {version(name)}" for name in packages]
    with suppress(ModuleNotFoundError):
        told.append(f"Datasette {version('datasette')}")
    return f"Versions: {', '.join(told)}; this project at `{_commit()}`."


def _commit() -> str:
    asked = ["git", "describe", "--always", "--dirty"]
    try:
        return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "an unknown commit"
