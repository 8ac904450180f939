"""What readers, programs and editors ask of the registry, for locust: nine of ten read, some search, few write.

`LOAD_PARKS` names a file with a line of JSON for each park that is asked for, `LOAD_TOKEN` is an editor's token, and
`LOAD_RATE` how many requests a second all ask together: they do not slow down when the registry does.
"""

import json
import os
import random
import time
from pathlib import Path
from urllib.parse import quote

from locust import FastHttpUser, task

PARKS = [json.loads(line) for line in Path(os.environ["LOAD_PARKS"]).read_text().splitlines()]
TOKEN = os.environ["LOAD_TOKEN"]
USERS = int(os.environ["LOAD_USERS"])
RATE = float(os.environ["LOAD_RATE"])
PROVINCES = ("320000", "330000", "310000", "440000", "510000", "340000", "420000", "110000", "610000", "500000")
FUNCTIONS = ("OPERATIONS", "INVESTMENT_PROMOTION", "TAXATION")
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Encoding": "gzip"}
PROGRAM = {"Accept": "application/json", "Accept-Encoding": "gzip"}


def some_park() -> dict:
    """A park: the second is asked for half as often as the first, the thousandth a thousandth as often (Zipf's law)."""
    return PARKS[int(len(PARKS) ** random.random()) - 1]


def language() -> str:
    return random.choice(("en", "zh-hans"))


class Reader(FastHttpUser):
    connection_timeout = network_timeout = 30.0

    def on_start(self):
        self.due = time.monotonic()
        time.sleep(self.wait_time())

    def wait_time(self) -> float:
        """Seconds until this one asks next: whenever, as strangers do, so that all together are a Poisson process."""
        self.due += random.expovariate(RATE / USERS)
        return max(0, self.due - time.monotonic())

    def page(self, path: str, name: str):
        self.client.get(f"/{language()}{path}", headers=BROWSER, name=name)

    def data(self, path: str, name: str):
        self.client.get(path, headers=PROGRAM | {"Accept-Language": random.choice(("en", "zh-CN"))}, name=name)

    # --- 90 in 100 read: pages

    @task(60)
    def front(self):
        self.page("/", "page: front")

    @task(290)
    def park(self):
        self.page(f"/parks/{some_park()['slug']}/", "page: park")

    @task(30)
    def park_on_a_day(self):
        self.page(f"/parks/{some_park()['slug']}/?on={random.randint(2004, 2024)}", "page: park on a day")

    @task(60)
    def parks(self):
        self.page(f"/parks/?page={int(random.paretovariate(1.2))}", "page: list")

    @task(60)
    def chosen(self):
        self.page(
            f"/parks/?within={random.choice(PROVINCES)}&function__in={random.choice(FUNCTIONS)}", "page: list, filtered"
        )

    @task(30)
    def map(self):
        self.page(f"/map/?within={random.choice(PROVINCES)}", "page: map")

    @task(40)
    def division(self):
        self.page(f"/divisions/{some_park()['host']}/", "page: county")

    @task(10)
    def province(self):
        self.page(f"/divisions/{random.choice(PROVINCES)}/", "page: province")

    @task(10)
    def divisions(self):
        self.page("/divisions/", "page: divisions")

    @task(10)
    def network(self):
        self.page("/network/", "page: network")

    @task(10)
    def agreements(self):
        self.page("/agreements/", "page: agreements")

    @task(5)
    def sources(self):
        self.page("/sources/", "page: sources")

    @task(20)
    def compare(self):
        self.page(f"/compare/?parks={some_park()['slug']},{some_park()['slug']}", "page: compare")

    @task(20)
    def changes(self):
        self.page("/changes/", "page: changes")

    @task(15)
    def feed(self):
        self.page("/changes.atom", "feed")

    @task(10)
    def feed_of_park(self):
        self.page(f"/parks/{some_park()['slug']}/changes.atom", "feed: park")

    # --- data

    @task(80)
    def api_park(self):
        self.data(f"/api/v1/parks/{some_park()['slug']}/", "api: park")

    @task(40)
    def api_parks(self):
        self.data(f"/api/v1/parks/?limit=50&within={random.choice(PROVINCES)}", "api: list")

    @task(20)
    def api_next(self):
        self.data(f"/api/v1/parks/?limit=50&offset={50 * int(random.paretovariate(0.8))}", "api: list, further")

    @task(10)
    def api_changes(self):
        self.data("/api/v1/changes/?limit=20", "api: changes")

    @task(10)
    def api_history(self):
        self.data(f"/api/v1/parks/{some_park()['slug']}/changes/", "api: history of a park")

    @task(20)
    def features(self):
        west, south = random.uniform(105, 120), random.uniform(24, 36)
        box = f"{west:.1f},{south:.1f},{west + 1:.1f},{south + 1:.1f}"
        self.data(f"/ogc/collections/parks/items?bbox={box}&limit=100", "features: box")

    @task(10)
    def geojson(self):
        self.data(f"/api/v1/parks.geojson?host={some_park()['host']}", "export: geojson of a county")

    @task(5)
    def table(self):
        self.data(f"/api/v1/parks.csv?host={some_park()['host']}", "export: table of a county")

    @task(5)
    def nothing(self):
        with self.client.get(
            f"/en/parks/none-{random.randrange(1000)}/", headers=BROWSER, name="page: not there", catch_response=True
        ) as response:
            if response.status_code == 404:
                response.success()

    # --- 8 in 100 search

    @task(25)
    def search(self):
        self.page(f"/search/?q={quote(some_park()['name_zh'][:4])}", "search: page")

    @task(40)
    def suggest(self):
        park = some_park()
        letters = random.choice((park["name_zh"][:2], park["name_en"][:4].lower(), park["name_zh"][:3]))
        self.page(f"/search/suggest/?q={quote(letters)}", "search: while typing")

    @task(15)
    def api_search(self):
        self.data(f"/api/v1/search/?q={quote(some_park()['name_zh'][2:5])}", "search: api")

    # --- 2 in 100 write

    @task(20)
    def edit(self):
        """An edit as the API asks for it: read, then change what was read. Who was overtaken reads again."""
        address = f"/api/v1/parks/{random.choice(PARKS)['slug']}/"
        headers = {"Authorization": f"Token {TOKEN}", "Content-Type": "application/json"}
        read = self.client.get(address, headers=headers, name="edit: read")
        if read.status_code != 200:
            return
        body = {"summary_en": f"Told anew, {random.random()}"}
        with self.client.patch(
            address, json=body, headers=headers | {"If-Match": read.headers["ETag"]}, name="edit", catch_response=True
        ) as response:
            if response.status_code == 412:
                response.success()
