"""OpenRefine itself, as Debian ships it, matches a column of names with the parks and takes columns from them."""

import csv
import json
import os
import shutil
import signal
import subprocess
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from django.core.management import call_command

from config.management.commands.demo import FIXTURES
from tests.serving import free_port, wait_until

pytestmark = [pytest.mark.clients, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

SECONDS = 120
NAMES = {
    "江阴（靖江）工业园区": "jiangyin-jingjiang",
    "Suxitong": "suxitong",
    "jiangyinjingjianggongyeyuanqu": "jiangyin-jingjiang",
    "Nonsense Zone of Mars": None,
}


class OpenRefine:
    """The commands of a running OpenRefine, by HTTP as its own pages send them."""

    def __init__(self, address):
        self.address = address
        # Nothing stands between the two.
        self.open = build_opener(ProxyHandler({})).open

    def get(self, command, **told):
        return json.load(self.open(f"{self.address}/command/core/{command}?{urlencode(told)}", timeout=SECONDS))

    def post(self, command, query=None, **told):
        told = {name: each if isinstance(each, str) else json.dumps(each) for name, each in told.items()}
        token = self.get("get-csrf-token")["token"]
        address = f"{self.address}/command/core/{command}?{urlencode({**(query or {}), 'csrf_token': token})}"
        return self.open(Request(address, urlencode(told).encode()), timeout=SECONDS)

    def new_project(self, text):
        token = self.get("get-csrf-token")["token"]
        options = json.dumps({"separator": ",", "encoding": "UTF-8", "headerLines": 1})
        fields = {"project-name": "parks", "format": "text/line-based/*sv", "options": options}
        parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{each}' for name, each in fields.items()]
        parts.append(f'Content-Disposition: form-data; name="project-file"; filename="parks.csv"\r\n\r\n{text}')
        body = "".join(f"--edge\r\n{part}\r\n" for part in parts) + "--edge--\r\n"
        headers = {"Content-Type": "multipart/form-data; boundary=edge"}
        address = f"{self.address}/command/core/create-project-from-upload?csrf_token={token}"
        answer = self.open(Request(address, body.encode(), headers), timeout=SECONDS)
        return answer.url.partition("project=")[2]

    def do(self, command, project, **told):
        """A deed that takes its time, to its end."""
        answer = json.load(self.post(command, {"project": project}, engine={"facets": [], "mode": "row-based"}, **told))
        assert answer["code"] in ("ok", "pending"), answer
        wait_until(lambda: not self.get("get-processes", project=project)["processes"], SECONDS)

    def table(self, project):
        answer = self.post("export-rows", project=project, format="csv", engine={})
        return list(csv.DictReader(answer.read().decode().splitlines()))


@pytest.fixture
def refine(tmp_path):
    program = shutil.which("openrefine")
    assert program, "No OpenRefine here: run `make clients`, or leave these tests out with CLIENTS=0."
    port = free_port()
    words = ["-i", "127.0.0.1", "-p", str(port), "-d", str(tmp_path / "refine"), "-x", "refine.headless=true"]
    environment = {**os.environ, "REFINE_MEMORY": "512M", "REFINE_MIN_MEMORY": "128M", "HOME": str(tmp_path)}
    with (tmp_path / "refine.log").open("w") as log:
        started = subprocess.Popen(
            [program, *words], env=environment, cwd=tmp_path, stdout=log, stderr=log, start_new_session=True
        )
    running = OpenRefine(f"http://127.0.0.1:{port}")

    def answers():
        assert started.poll() is None, (tmp_path / "refine.log").read_text()
        try:
            return running.get("get-csrf-token")
        except (URLError, ConnectionError):
            return False

    try:
        wait_until(answers, SECONDS)
        yield running
    finally:
        os.killpg(started.pid, signal.SIGKILL)
        started.wait()


def test_openrefine_matches_names_and_takes_columns_from_the_parks(live_server, refine):
    call_command("loaddata", *FIXTURES, verbosity=0)
    service = f"{live_server.url}/reconcile/"
    manifest = json.load(refine.open(service))
    spaces = {name: manifest[name] for name in ("identifierSpace", "schemaSpace")}
    project = refine.new_project(
        "".join(f"{name},江苏\n" for name in ("park", *NAMES)).replace("park,江苏", "park,province")
    )
    told = {
        "mode": "standard-service",
        "service": service,
        **spaces,
        "type": {"id": "park", "name": "Park"},
        "autoMatch": True,
        "columnDetails": [{"column": "province", "propertyName": "Province", "propertyID": "province"}],
    }
    refine.do("reconcile", project, columnName="park", config=told)
    rows = json.load(refine.post("get-rows", {"project": project, "start": 0, "limit": 50}, engine={}))
    found = [rows["pool"]["recons"][str(row["cells"][0]["r"])] for row in rows["rows"]]
    assert [recon.get("m", {}).get("id") for recon in found] == [slug and f"park:{slug}" for slug in NAMES.values()]

    extension = {"properties": [{"id": "host", "name": "host"}, {"id": "partner", "name": "partner"}]}
    refine.do(
        "extend-data",
        project,
        baseColumnName="park",
        endpoint=service,
        **spaces,
        extension=extension,
        columnInsertIndex=2,
    )
    columns = [(row["park"], row["host"], row["partner"]) for row in refine.table(project)]
    assert columns[:3] == [
        ("江苏江阴—靖江工业园区", "Jingjiang", "Jiangyin"),
        ("", "", "Wuxi"),
        ("", "", "Taizhou"),
    ]
