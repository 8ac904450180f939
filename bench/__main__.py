"""`make bench`: fill the databases, serve everyone, compare what they say, drive them, write the page."""

import argparse
import itertools
import json
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

from bench import measures, registry
from bench.contestants import Datasette, Limit, Registry, RegistryOnSQLite, Stock, Wanted
from bench.databases import TINY, Databases, run
from bench.measures import Driver, Skipped
from bench.report import CASES, Report, Single, short
from tests.clusters import FORGETFUL, cluster
from tests.serving import ROOT

FULL = 100_000
# What is looked at one by one is told as the median of so many looks, or of those that fit into so many seconds.
LOOKS, PATIENCE = 15, 8
IMPORTED = 3000
# Seconds for which NDJSON is read at most, and pages of a stock API.
WHOLE, PAGES = 20, 10


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--size", type=int, default=FULL, help="how many parks to make up")
    parser.add_argument("--seconds", type=int, help="how long one server is driven at a time (2; 1 for a quick look)")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench", help="for databases, logs and the page")
    parser.add_argument("--page", type=Path, help="where to write (docs/benchmarks.md at full size)")
    parser.add_argument(
        "--leave-out", nargs="*", default=[], metavar="PART", help="parts by the names that are printed"
    )
    asked = parser.parse_args()
    seconds = asked.seconds or (2 if asked.size >= FULL else 1)
    page = asked.page or (ROOT / "docs" if asked.size >= FULL else asked.folder) / "benchmarks.md"
    work = asked.folder / "run"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        with cluster(FORGETFUL) as server:
            report = Bench(server.url(), work, asked.size, seconds, asked.leave_out).run()
    finally:
        shutil.rmtree(work, ignore_errors=True)
    page.write_text(report.page(), encoding="utf-8")
    print(f"Written: {page}")
    return 1 if report.differing else 0


class Bench:
    """One run of everything, on a server with nothing in it."""

    def __init__(self, server: str, work: Path, size: int, seconds: int, leave_out: list[str]):
        self.started = time.monotonic()
        self.leave_out = leave_out
        self.databases = Databases(server, work, size)
        self.driver = Driver(work, seconds)
        self.size, self.work = size, work
        postgresql = self.databases.order("postgres", "SHOW server_version")[0][0].split()[0]
        self.report = Report(size, self.databases.small, seconds, self.driver.rates, postgresql)

    def run(self) -> Report:
        self.say(f"filling databases with {self.size:,} parks")
        self.databases.fill()
        loaded = self.databases.told["large"]
        self.report.loaded = f"{loaded['rows']:,} rows, loaded with their history in {loaded['seconds']:.0f} s"
        self.report.skipped += self.databases.lacking
        with ExitStack() as running:
            self.serve(running)
            self.part("whether the answers agree", self.compare)
            for case in CASES:
                self.part(CASES[case], lambda case=case: self.drive(case))
            self.part("first pages", self.pages)
            self.part("deep pages", self.deep_pages)
            self.part("NDJSON", self.export)
            self.part("memory of a worker", self.memory)
            self.part("an edit", self.edit)
            self.part("reconciliation", self.reconcile)
        self.part("where the time goes", self.profile)
        self.part("the admin", self.admin)
        self.part("cold start", self.cold_start)
        self.part("import", self.imported)
        self.part("loaddata", self.loaddata)
        self.report.minutes = (time.monotonic() - self.started) / 60
        return self.report

    def say(self, what: str) -> None:
        print(f"{time.monotonic() - self.started:5.0f} s  {what}", flush=True)

    def part(self, what: str, measure: Callable[[], None]) -> None:
        """Measure one part; when it cannot be, the page says why and the next one has its turn."""
        self.say(what)
        try:
            if what in self.leave_out:
                raise Skipped("left out, as asked")
            measure()
        except Exception as why:
            # Whatever it is, the minutes spent on the others are not lost.
            told = f"{what}: {why if isinstance(why, Skipped) else repr(why)}"
            self.say(told)
            self.report.skipped.append(told)

    def add(self, *told: str) -> None:
        self.report.singles.append(Single(*told))

    # --- Serving ----------------------------------------------------------------------------------------------------

    def serve(self, running: ExitStack) -> None:
        urls = self.databases.url
        self.here, self.stock, self.limit = Registry(urls("large")), Stock(urls("peers")), Limit(urls("peers"))
        self.small, self.small_stock = Registry(urls("small")), Stock(urls("small_peers"))
        others = []
        if self.databases.has_sqlite:
            others = [RegistryOnSQLite(f"sqlite:///{self.databases.file('large')}")]
            if find_spec("datasette"):
                others.append(Datasette(str(self.databases.file("datasette"))))
            else:
                self.report.skipped.append("Datasette: the package is not here (requirements-bench.lock)")
        for each in [self.here, self.stock, self.limit, self.small, self.small_stock]:
            self.started_server(running, each)
        self.contestants = [self.here, self.stock, self.limit]
        for each in others:
            try:
                self.started_server(running, each)
                self.contestants.append(each)
            except RuntimeError as why:
                self.report.skipped.append(f"{each.name}: {why}")

    def started_server(self, running: ExitStack, contestant: Registry) -> None:
        contestant.server.log = self.work / f"{contestant.name}.log"
        running.enter_context(contestant.server)
        contestant.server.wait(contestant.path(Wanted(slug=registry.slug(0))))

    def compare(self) -> None:
        self.report.compared, self.report.differing = measures.disagreements(
            self.contestants, measures.wanted(self.size)
        )
        for each in self.report.differing:
            self.say(each)

    # --- Rates ------------------------------------------------------------------------------------------------------

    def drive(self, case: str) -> None:
        requests = measures.wanted(self.size)[case]
        contestants = self.contestants
        if case.endswith("_again"):
            # what a cache of whole answers is worth depends on no engine
            contestants = [self.here, self.stock, self.limit]
        self.driver.drive(case, {each.name: (each, [each.path(one) for one in requests]) for each in contestants})

    def pages(self) -> None:
        if self.databases.small == self.size:
            raise Skipped(f"{self.size:,} parks are not compared with fewer; make bench SIZE=100000 is")
        pages, fewer = [Wanted(offset=offset) for offset in range(200)], f" ({self.databases.small:,} parks)"
        asked = {each.name: each for each in (self.here, self.stock, self.limit)}
        asked |= {each.name + fewer: each for each in (self.small, self.small_stock)}
        case = f"first page of {self.size:,} parks"
        self.driver.drive(case, {name: (each, [each.path(one) for one in pages]) for name, each in asked.items()})
        rates = self.driver.rates[case]
        for name in ("here", "stock DRF"):
            one, other = rates[name].milliseconds, rates[name + fewer].milliseconds
            self.add_ratio(f"{case}, time against {self.databases.small:,}", name, one, other, "at most 1.3")

    def deep_pages(self) -> None:
        deep = min(1000, self.size // measures.PAGE)
        if deep < 3:
            raise Skipped(f"{self.size} parks have no deep pages")
        for each in (self.here, self.stock):
            second, thousandth = self.medians(
                zip(measures.turns_of_page(each, 2), measures.turns_of_page(each, deep), strict=True)
            )
            self.add_ratio(f"page {deep:,} of all, time against page 2", each.name, thousandth, second, "at most 2")

    def add_ratio(self, told: str, name: str, one: float, other: float, aim: str) -> None:
        """How much longer one thing takes than another, here and in stock DRF, of which nothing is asked."""
        told, aim = (told, aim) if name == "here" else (f"{told} ({name})", "")
        self.add(told, f"{short(one)} ms", f"{short(other)} ms", short(one / other), aim)

    # --- Everything else --------------------------------------------------------------------------------------------

    def export(self) -> None:
        exported = measures.export(self.here, WHOLE)
        rate, pages = exported.per_second, measures.read_in_pages(self.stock, PAGES)
        what = f"all {self.size:,} parks as NDJSON, against stock pages at the rate of their first {PAGES} s"
        if not exported.ended:
            what += f" (here of the first {WHOLE} s)"
        self.add(what, f"{self.size / rate:.1f} s", f"{self.size / pages:.0f} s", short(rate / pages), "at least 50")
        self.add("NDJSON, to the first park", f"{1000 * exported.first:,.0f} ms")
        self.add("NDJSON, growth of the worker's memory", f"{exported.grown:.0f} MB", "", "", "flat")

    def memory(self) -> None:
        here, stock = self.here.server.megabytes(), self.stock.server.megabytes()
        told = "memory of a worker after all that, against stock DRF"
        self.add(told, f"{here:.0f} MB", f"{stock:.0f} MB", short(here / stock), "under 150 MB")

    def edit(self) -> None:
        slug, token = registry.slug(1), self.databases.told["large"]["token"]
        both = (measures.edits(self.here, slug, token), measures.edits(self.stock, slug))
        here, stock = self.medians(zip(*both, strict=True))
        told = "an edit of a park, against stock DRF"
        self.add(told, f"{here:.1f} ms", f"{stock:.1f} ms", short(here / stock), "at most 2")

    def reconcile(self) -> None:
        for each in self.contestants:
            if isinstance(each, RegistryOnSQLite) or each is self.here:
                (taken,) = self.medians(zip(itertools.islice(measures.reconciled(each), 1, None)))
                told = f"reconciliation of 1,000 names in one batch among {self.size:,} parks ({each.name})"
                self.add(told, f"{taken / 1000:.2f} s", "", "", "under 2 s")

    def profile(self) -> None:
        wanted = measures.wanted(self.size)
        paths = {case: [self.here.path(each) for each in wanted[case]] for case in ("list", "detail", "search_zh2")}
        told = run("-m", "bench.profile", url=self.databases.url("large"), input=json.dumps(paths))
        self.report.profile = json.loads(told)

    def admin(self) -> None:
        queries = {}
        for name in ("large", "tiny"):
            number = TINY - 1
            query = {"q": registry.stem(number)[0], "province": self.province_of(number)}
            here = Registry(self.databases.url(name))
            here.server.workers = 1
            self.databases.order("postgres", f"ALTER DATABASE {name} SET log_statement = 'all'")
            with ExitStack() as running:
                self.started_server(running, here)
                looks = measures.admin_list(here, query)
                next(looks)
                before = self.statements()
                next(looks)
                queries[name] = self.statements() - before
            self.databases.order("postgres", f"ALTER DATABASE {name} RESET log_statement")
            if name == "large":
                with ExitStack() as running:
                    self.started_server(running, here)
                    looks = itertools.islice(measures.admin_list(here, query), 1, LOOKS)
                    milliseconds = statistics.median(looks)
        self.add("admin list with search and filter", f"{milliseconds:.0f} ms", "", "", "under 150 ms")
        told = f"admin list, queries against {TINY} parks"
        one, other = queries["large"], queries["tiny"]
        self.add(told, str(one), str(other), short(one / other), "the same")

    def province_of(self, number: int) -> str:
        rows = self.databases.order("tiny", f"SELECT host_id FROM parks_park WHERE slug = '{registry.slug(number)}'")
        return f"{rows[0][0][:2]}0000"

    def statements(self) -> int:
        return self.databases.log().read_text(errors="replace").count("LOG:  statement:")

    def cold_start(self) -> None:
        times, memory = {}, {}
        for make in (Registry, Stock):
            took = []
            for _look in range(3):
                contestant = make(self.databases.url("peers" if make is Stock else "large"))
                contestant.server.workers = 1
                started = time.perf_counter()
                with contestant.server as server:
                    server.wait(contestant.path(Wanted(within="32")))
                    took.append(time.perf_counter() - started)
                    memory[make] = server.megabytes()
            times[make] = statistics.median(took)
        here, stock = times[Registry], times[Stock]
        told = "cold start, to the first answer, against stock DRF"
        self.add(told, f"{here:.1f} s", f"{stock:.1f} s", short(here / stock), "under 1.5 s")
        here, stock = memory[Registry], memory[Stock]
        told = "memory of a worker after its first answer"
        self.add(told, f"{here:.0f} MB", f"{stock:.0f} MB", short(here / stock), "under 150 MB")

    def imported(self) -> None:
        size = min(IMPORTED, self.size)
        fixture = self.work / "made_up.json"
        self.databases.copy("bare", "imported")
        url = self.databases.url("imported")
        run("-m", "bench.fixtures", "make", size, fixture, url=url)
        copied = json.loads(run("-m", "bench.load", size, "--time", url=url))
        started = time.perf_counter()
        run("manage.py", "loaddata", fixture, url=url)
        for how, here in (("by COPY", copied["history"]), ("as a fixture", time.perf_counter() - started)):
            told = f"import of {size:,} parks ({copied['rows']:,} rows) {how}, history included, against plain COPY"
            copy = copied["plain"]
            self.add(told, f"{here:.1f} s", f"{copy:.2f} s", short(here / copy), "at most 4")
        if seconds := self.databases.told["large"].get("render_seconds"):
            told = f"rendering all documents after an import of {self.size:,} parks"
            self.add(told, f"{seconds:.0f} s", "", "", "at most 60 s")

    def loaddata(self) -> None:
        fixtures = ("divisions", "jiangyin_jingjiang", "parks")
        files = {name: self.databases.folder / f"{name}.sqlite3" for name in ("ours", "djangos")}
        for file in files.values():
            run("manage.py", "migrate", "-v0", url=f"sqlite:///{file}")
        started = time.perf_counter()
        run("manage.py", "loaddata", *fixtures, url=f"sqlite:///{files['ours']}")
        here = time.perf_counter() - started
        dump = self.work / "dump.json"
        apps = ("sources", "cities", "agreements", "parks")
        run("manage.py", "dumpdata", *apps, "--natural-foreign", "-o", dump, url=f"sqlite:///{files['ours']}")
        started = time.perf_counter()
        run("-m", "bench.fixtures", "django", dump, url=f"sqlite:///{files['djangos']}")
        djangos = time.perf_counter() - started
        told = "loaddata of the shipped fixtures on SQLite, against Django's own (its time, ours)"
        self.add(
            told, f"{here:.1f} s", f"{djangos:.1f} s", f"{short(djangos / here)} times faster", "under 5 s, 10 times"
        )

    def medians(self, looks: Iterable[tuple[float, ...]]) -> list[float]:
        """Of some looks at two things in alternation, the median of each."""
        taken, ends = [], time.monotonic() + PATIENCE
        for look in itertools.islice(looks, LOOKS):
            taken.append(look)
            if len(taken) >= 3 and time.monotonic() > ends:
                break
        return [statistics.median(column) for column in zip(*taken, strict=True)]


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
