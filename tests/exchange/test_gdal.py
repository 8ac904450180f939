"""Debian's GDAL reads the features API of a running server: it lists, counts, filters, pages and converts it."""

import json
import os
import re
import shlex
import shutil
import subprocess

import pytest
from django.conf import settings
from django.core.management import call_command

from config.management.commands.demo import FIXTURES
from tests.factories import make_division, make_indicator, make_observation, make_park, make_role, make_site

pytestmark = [pytest.mark.clients, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.fixture
def gdal(live_server):
    """Run a program of GDAL on the server; what it prints. With `debug`, all that it asks for."""
    source = f"OAPIF:{live_server.url}/ogc/"

    def run(program, *words, debug=False):
        executable = shutil.which(program)
        assert executable, f"No {program} here: run `make clients`, or leave these tests out with CLIENTS=0."
        words = [source if word == "SOURCE" else str(word) for word in words]
        environment = {**os.environ, "CPL_DEBUG": "ON" if debug else "OFF", "GDAL_HTTP_PROXY": "", "NO_PROXY": "*"}
        told = subprocess.run([executable, *words], env=environment, capture_output=True, text=True, timeout=60)
        assert told.returncode == 0, told.stderr
        assert "ERROR" not in told.stderr
        return told.stderr if debug else told.stdout

    return run


@pytest.fixture
def parks():
    """Twenty-five: two at places of their own, the last nowhere, the others where their host is."""
    make_division("320000", name_en="Jiangsu", name_zh="江苏省")
    make_division("321282", name_en="Jingjiang", name_zh="靖江市", latitude="31.982751", longitude="120.277138")
    make_division("320281", name_en="Jiangyin", name_zh="江阴市")
    parks = [make_park(f"park-{number:02}", name_zh=f"第{number}园", established="2003-08") for number in range(22)]
    parks.append(make_park("own", latitude="32.01", longitude="120.25", is_programme=True))
    parks.append(make_park("west", latitude="30", longitude="-170", status="CLOSED", closed="2010"))
    parks.append(make_park("nowhere", host="320281"))
    make_role(parks[0], division="320281")
    # beyond the first page that GDAL looks at
    make_observation(parks[21], make_indicator("planned_area", unit="km²"), value="8.25")
    make_site(parks[0], area="1.5", since="2005")
    return [park.slug for park in parks]


def values(printed, field):
    lines = (line.strip().split(" (", 1) for line in printed.splitlines())
    return [rest.partition(" = ")[2] for name, rest in (line for line in lines if len(line) == 2) if name == field]


def test_gdal_lists_the_collections(gdal, parks):
    told = gdal("ogrinfo", "SOURCE")
    assert "1: parks (title: Parks) (Point)" in told
    assert "2: sites (title: Sites) (Point)" in told


def test_gdal_counts_the_parks_and_knows_the_types_of_their_columns(gdal, parks):
    told = gdal("ogrinfo", "-so", "SOURCE", "parks")
    assert "Feature Count: 25\n" in told
    assert "Extent: (-170.000000, 30.000000) - (120.277138, 32.010000)" in told
    for column in (
        "id: String",
        "established: String",
        "is_programme: Integer(Boolean)",
        "planned_area: Real",
        "built_area: Real",
    ):
        assert f"\n{column} (0.0)" in told
    assert "area: Real" in gdal("ogrinfo", "-so", "SOURCE", "sites")


def test_gdal_walks_through_pages_of_any_size(gdal, parks):
    for size in (4, 1000):
        told = gdal("ogrinfo", "-oo", f"PAGE_SIZE={size}", "SOURCE", "parks")
        assert values(told, "id") == sorted(parks)
    asked = gdal("ogrinfo", "-oo", "PAGE_SIZE=4", "SOURCE", "parks", debug=True)
    assert [f"limit=4&offset={offset})" in asked for offset in (4, 24)] == [True, True]


def test_gdal_asks_for_a_box(gdal, parks):
    words = ("ogrinfo", "SOURCE", "parks", "-spat", "120.2", "32", "120.3", "32.1")
    assert values(gdal(*words), "id") == ["own"]
    assert "bbox=120.2" in gdal(*words, debug=True)
    assert values(gdal("ogrinfo", "SOURCE", "parks", "-spat", "-171", "29", "-169", "31"), "id") == ["west"]


def test_gdal_lets_the_server_filter_by_what_has_a_parameter(gdal, parks):
    for where, query, expected in (
        ("status = 'CLOSED'", "status=CLOSED", ["west"]),
        ("is_programme = 1 AND host = '321282'", "is_programme=1&host=321282", ["own"]),
        ("span = 'PREFECTURE'", "span=PREFECTURE", ["park-00"]),
        ("name_zh = '第7园'", "name_zh=%E7%AC%AC7%E5%9B%AD", ["park-07"]),
        ("established = '' AND closed = ''", "established=&closed=", ["nowhere", "own"]),
    ):
        words = ("ogrinfo", "-oo", "PAGE_SIZE=1000", "SOURCE", "parks", "-where", where)
        assert values(gdal(*words), "id") == expected
        assert f"limit=1000&{query})" in gdal(*words, debug=True)
    # what it cannot ask for, it finds out by itself
    for where, expected in (("position = 'none'", ["nowhere"]), ("planned_area > 8", ["park-21"])):
        assert values(gdal("ogrinfo", "SOURCE", "parks", "-where", where), "id") == expected


def test_a_geopackage_made_by_gdal_has_every_feature_and_value(gdal, parks, tmp_path):
    package = tmp_path / "parks.gpkg"
    gdal("ogr2ogr", "-f", "GPKG", package, "SOURCE", "-oo", "PAGE_SIZE=10")
    told = json.loads(gdal("ogr2ogr", "-f", "GeoJSON", "/vsistdout/", package, "parks"))
    features = {each["properties"]["id"]: each for each in told["features"]}
    assert sorted(features) == sorted(parks)
    assert features["nowhere"]["geometry"] is None
    assert features["own"]["geometry"] == {"type": "Point", "coordinates": [120.25, 32.01]}
    first = features["park-00"]
    assert first["geometry"] == {"type": "Point", "coordinates": [120.277138, 31.982751]}
    told = {name: first["properties"][name] for name in ("name_zh", "host_zh", "established", "partners", "position")}
    assert told == {
        "name_zh": "第0园",
        "host_zh": "靖江市",
        "established": "2003-08",
        "partners": "320281",
        "position": "host division",
    }
    assert features["park-21"]["properties"]["planned_area"] == 8.25
    [site] = json.loads(gdal("ogr2ogr", "-f", "GeoJSON", "/vsistdout/", package, "sites"))["features"]
    assert (site["properties"]["park"], site["properties"]["area"]) == ("park-00", 1.5)


def test_the_calls_of_the_page_do_what_it_says(gdal, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call_command("loaddata", *FIXTURES, verbosity=0)
    text = (settings.BASE_DIR / "docs" / "exchange.md").read_text(encoding="utf-8")
    section = text[text.index("### With GDAL") :].split("\n### ")[0]
    calls = re.findall(r"^```sh\n(.*?)^```\n(?:```text\n(.*?)^```)?", section, re.DOTALL | re.MULTILINE)
    printed = []
    for call, said in calls:
        words = shlex.split(call.replace("\\\n", " ").replace("OAPIF:http://127.0.0.1:8000/ogc/", "SOURCE"))
        printed.append(gdal(*words))
        assert said in printed[-1]
    _listed, found, _converted = printed
    assert set(values(found, "span")) == {"PROVINCE"}
    assert "2: sites (title: Sites) (Point)" in gdal("ogrinfo", "parks.gpkg")
