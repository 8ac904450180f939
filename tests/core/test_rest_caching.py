"""Answers that are kept until the registry changes: the same to the byte, never stale, never somebody else's."""

import json
import os
import subprocess
import sys
import tracemalloc
from datetime import timedelta
from threading import Event, Thread
from urllib.parse import quote

import pytest
from django.conf import settings as project
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from core.history import change
from core.models import Change
from core.rest import caching
from core.rest.caching import ANSWERS, Answer
from core.revision import current_revision
from parks.models import Park
from tests.core.test_settling import POSTGRESQL
from tests.edits import open_edit
from tests.factories import make_agreement, make_indicator, make_park, make_whole_park
from tests.people import client_of, logged_in, make_person
from tests.rest import patch

V1 = "/api/v1/"
PARKS, PARK = f"{V1}parks/", f"{V1}parks/suxitong/"
# What is told anew with each answer.
COUNTED = {"RateLimit", "RateLimit-Policy", "X-Request-ID"}

# A transaction that writes reads past what is kept, so each of these commits.
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def ask(client, path, **options):
    """The answer, and how many queries it took."""
    with CaptureQueriesContext(connection) as asked:
        response = client.get(path, **options)
    return response, len(asked)


def is_kept(client, path, **options) -> bool:
    """Whether an answer is given from memory: it takes one query, for the revision."""
    return ask(client, path, **options)[1] == 1


def whole(response):
    """All of an answer that does not differ each time."""
    headers = {name: value for name, value in response.items() if name not in COUNTED}
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return response.status_code, headers, body


@pytest.fixture
def uncached(settings):
    """Asks with nothing kept."""

    def ask_anew(path, **options):
        room = settings.API_CACHE_BYTES
        settings.API_CACHE_BYTES = 0
        try:
            return whole(APIClient().get(path, **options))
        finally:
            settings.API_CACHE_BYTES = room

    return ask_anew


# --- The same answer ------------------------------------------------------------------------------------------------


def every_address():
    """Each resource of the API: its list, one record of it, and what is told of that."""
    root = APIClient().get(V1).json()
    yield V1
    for address in root.values():
        if not address.endswith(("/search/", "/audit/", "/changes/", "/imports/")):
            yield address
            found = APIClient().get(address, {"limit": 1}).json()["results"]
            yield from (each["url"] for each in found if "url" in each)
    code, day = "321282", "2005-06"
    yield from (f"{PARK}{each}" for each in ("changes/", "citation/", "co-management/", "shares/"))
    yield f"{PARK}?expand=citations&on={day}"
    yield f"{PARK}co-management/?on={day}"
    yield f"{PARKS}?limit=1&fields=slug"
    yield f"{PARKS}?within=32&ordering=-established"
    yield f"{PARKS}?known={quote(Change.objects.latest('id').at.isoformat())}&lang=zh-hans"
    yield f"{V1}co-management/audit/"
    yield f"{V1}changes/"
    yield f"{V1}changes/{Change.objects.latest('id').id}/rows/"
    yield f"{V1}search/?q=park"
    yield f"{V1}divisions/{code}/totals/?indicator=gdp&period=2022"
    yield from (f"{V1}agreements/{each}/lineage/" for each in Park.objects.values_list("agreements__agreement__slug"))
    yield from (f"{PARKS[:-1]}.{each}" for each in ("csv", "ndjson", "geojson", "json"))
    yield f"{PARK[:-1]}.geojson"
    yield from (f"{PARKS}none/", f"{PARKS}?colour=red", "/api/schema/")


def test_every_answer_is_the_same_kept_or_not(reader, uncached):
    make_whole_park("suxitong")
    make_indicator("gdp")
    kept = 0
    for address in every_address():
        for options in ({}, {"headers": {"accept-language": "zh-hans"}}):
            fresh = uncached(address, **options)
            assert whole(reader.get(address, **options)) == fresh
            again, queries = ask(reader, address, **options)
            assert whole(again) == fresh
            kept += queries == 1 and fresh[0] == 200
    assert kept > 80


def test_an_answer_is_worked_out_once(reader):
    make_park("suxitong")
    for path in (PARKS, PARK, f"{PARK}co-management/", f"{V1}search/?q=park", f"{V1}co-management/audit/"):
        assert [is_kept(reader, path) for _each in range(3)] == [False, True, True]
    assert is_kept(reader, f"{PARKS}?limit=1&fields=slug") is False
    assert is_kept(reader, f"{PARKS}?fields=slug&limit=1")


def test_each_of_what_an_answer_depends_on_has_its_own(reader, monkeypatch):
    make_park("suxitong")
    others = [
        {"path": f"{PARK}?fields=slug"},
        {"path": f"{V1}parks/suxitong.json"},
        {"headers": {"accept-language": "zh-hans"}},
        {"headers": {"cookie": "django_language=zh-hans"}, "kept": True},
        {"headers": {"accept": "application/json;q=0.5"}},
        {"headers": {"host": "localhost"}},
        {"secure": True},
    ]
    assert (is_kept(reader, PARK), is_kept(reader, PARK)) == (False, True)
    for each in others:
        told = {"path": PARK, **each}
        kept = told.pop("kept", False)
        assert (is_kept(reader, **told), is_kept(reader, **told)) == (kept, True), each
    assert PARK in reader.get(PARK, headers={"host": "localhost"}).json()["url"]
    assert reader.get(PARK, headers={"host": "localhost"}).json()["url"].startswith("http://localhost/")
    assert reader.get(PARK, secure=True).json()["url"].startswith("https://testserver/")
    assert reader.get(PARK, headers={"host": "elsewhere.example"}).status_code == 400
    tomorrow = timezone.localdate() + timedelta(days=1)
    # The day is not ours to wait for.
    monkeypatch.setattr(timezone, "localdate", lambda *instant: tomorrow)
    assert ask(reader, f"{PARK}co-management/")[0].json()["on"] == tomorrow.isoformat()
    assert (is_kept(reader, PARK), is_kept(reader, PARK)) == (False, True)


def test_what_is_not_kept(reader):
    make_park("suxitong")
    for path in (
        f"{V1}parks.csv",
        f"{V1}parks.ndjson",
        f"{V1}parks.xlsx",
        f"{V1}changes/",
        f"{PARK}changes/",
        f"{PARKS}none/",
        f"{PARKS}?colour=red",
        f"{PARKS}?{'&' * caching.LONGEST_ASKED}",
        "/api/schema/",
    ):
        reader.get(path)
        assert ANSWERS.taken == 0, path
    reader.get(PARK, headers={"accept": "text/html"})
    reader.head(PARK)
    assert ANSWERS.taken == 0
    with transaction.atomic():
        reader.get(PARK)
    assert ANSWERS.taken == 0
    reader.get(PARK)
    assert ANSWERS.taken > 0


def test_nothing_is_kept_where_there_is_no_room(reader, settings):
    make_park("suxitong")
    settings.API_CACHE_BYTES = 0
    # The first to read it renders the document.
    reader.get(PARK)
    first, queries = ask(reader, PARK)
    again, queries_again = ask(reader, PARK)
    assert (queries_again, whole(again)) == (queries, whole(first))


@pytest.mark.skipif(not POSTGRESQL, reason="there is no server to lose")
def test_a_lost_connection_is_made_anew(reader):
    make_park("suxitong")
    first = reader.get(PARK)
    lost = connection.connection.info.backend_pid

    def end():
        by_hand("SELECT pg_terminate_backend(%s)", lost)
        connection.close()

    other = Thread(target=end)
    other.start()
    other.join(20)
    assert whole(reader.get(PARK)) == whole(first)
    assert is_kept(reader, PARK)


# --- What the reader knows ------------------------------------------------------------------------------------------


def test_who_knows_the_answer_is_told_so_without_its_being_worked_out(reader, uncached):
    make_park("suxitong")
    etag = reader.get(PARK)["ETag"]
    for known in (etag, f'W/{etag}, "other"', "*"):
        told, queries = ask(reader, PARK, headers={"If-None-Match": known})
        assert (told.status_code, told.content, queries) == (304, b"", 1)
        assert whole(told) == uncached(PARK, headers={"If-None-Match": known})
        assert "Content-Length" not in told
        assert set(told.headers) >= COUNTED
    assert ask(reader, PARK, headers={"If-None-Match": '"other"'})[0].status_code == 200
    with change():
        make_park("other")
    # What is worked out for one who turns out to know it is there for all others.
    told, queries = ask(reader, PARK, headers={"If-None-Match": etag.split("-")[0] + '-other"'})
    assert (told.status_code, queries > 1) == (200, True)
    with change():
        make_park("third")
    assert ask(reader, f"{PARK}?fields=slug", headers={"If-None-Match": "*"})[0].status_code == 304
    assert is_kept(reader, f"{PARK}?fields=slug")


def test_shared_caches_are_told_what_they_may_keep(reader, editor):
    make_park("suxitong")
    for path, status in ((PARK, 200), (f"{V1}parks.csv", 200), (f"{PARKS}none/", 404)):
        for client, may in ((reader, "no-cache"), (editor, "private, no-cache")):
            response = client.get(path)
            assert (response.status_code, response["Cache-Control"]) == (status, may)
            assert response["Vary"] == "Accept, Accept-Language, Authorization, Cookie, origin"
    assert logged_in(make_person("readers")).get(PARK)["Cache-Control"] == "private, no-cache"
    assert "Cache-Control" not in editor.post(PARKS, {})


# --- Nobody else's --------------------------------------------------------------------------------------------------


def test_who_says_who_they_are_neither_gives_nor_gets_what_is_kept(reader, editor):
    make_park("suxitong")
    session = logged_in(make_person("readers"))
    for client in (editor, session):
        client.get(PARK)
        assert ANSWERS.taken == 0
    first = reader.get(PARK)
    for client in (editor, session):
        response, queries = ask(client, PARK)
        assert queries > 2
        assert response["RateLimit-Policy"].startswith('"token"')
        assert response.content == first.content
    assert reader.get(PARK, headers={"Authorization": "Token none"}).status_code == 401
    # A cookie that says nothing of who asks.
    assert is_kept(reader, PARK, headers={"Cookie": "seen=1"})


def test_each_answer_counts(settings):
    settings.API_REQUESTS_PER_MINUTE = {"anonymous": 4, "token": 9}
    make_park("suxitong")
    reader = Client()
    told = [reader.get(PARK) for _each in range(3)]
    told.append(reader.get(PARK, headers={"If-None-Match": told[0]["ETag"]}))
    assert [each["RateLimit"].split(";")[1] for each in told] == ["r=3", "r=2", "r=1", "r=0"]
    refused = reader.get(PARK)
    assert (refused.status_code, refused["Content-Type"]) == (429, "application/problem+json")
    assert reader.get(PARK, headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 429
    assert Client(REMOTE_ADDR="192.0.2.7").get(PARK)["RateLimit"].split(";")[1] == "r=3"


# --- Room -----------------------------------------------------------------------------------------------------------

# A state of the registry that answers are told of.
NOW = "now"


def test_no_more_is_kept_than_there_is_room_for(settings):
    settings.API_CACHE_BYTES = 2 * 1024 * 1024
    headers = {f"Name-{number}": "value" * 5 for number in range(12)}
    ANSWERS.see("default", NOW)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(3000):
            text = {name: f"{value}{number}" for name, value in headers.items()}
            asked = f"/api/v1/parks/{number}/", "q" * (number % 300)
            ANSWERS.put((NOW, *asked), Answer(bytes(number % 4000), text))
            assert ANSWERS.taken <= settings.API_CACHE_BYTES
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert settings.API_CACHE_BYTES / 3 < grown < settings.API_CACHE_BYTES
    assert ANSWERS.get((NOW, "/api/v1/parks/2999/", "q" * (2999 % 300)))
    assert ANSWERS.get((NOW, "/api/v1/parks/0/", "")) is None
    ANSWERS.put((NOW, "large"), Answer(bytes(200_000), {}))
    assert ANSWERS.get((NOW, "large")) is None


def test_what_was_asked_for_last_stays(settings):
    settings.API_CACHE_BYTES = 20 * (caching.OVERHEAD + 102)
    ANSWERS.see("default", NOW)
    for number in range(20):
        ANSWERS.put((NOW, str(number)), Answer(bytes(100), {}))
    assert ANSWERS.get((NOW, "0"))
    for number in range(20, 30):
        ANSWERS.put((NOW, str(number)), Answer(bytes(100), {}))
    assert (ANSWERS.get((NOW, "0")) is not None, ANSWERS.get((NOW, "1"))) == (True, None)


def test_what_an_edit_has_outdated_takes_no_room():
    park, reader = make_park("suxitong"), APIClient()
    taken = []
    for number in range(3):
        for each in range(5):
            assert reader.get(PARKS, {"limit": 10 + each}).status_code == 200
        assert is_kept(reader, f"{PARKS}?limit=14")
        taken.append(ANSWERS.taken)
        with change(reason="Told anew"):
            Park.objects.filter(pk=park.pk).update(summary_en=f"Version {number}")
    # the same five of each state, and none of those before
    assert max(taken) < 1.1 * min(taken)


def test_an_answer_that_an_edit_has_overtaken_is_not_kept():
    ANSWERS.see("default", NOW)
    ANSWERS.see("default", "later")
    ANSWERS.put(("later", "1"), Answer(b"new", {}))
    ANSWERS.put((NOW, "1"), Answer(b"old", {}))
    assert (ANSWERS.get(("later", "1")).body, ANSWERS.get((NOW, "1"))) == (b"new", None)


def test_answers_of_a_replica_that_is_behind_stay_until_it_has_come_up():
    ANSWERS.see("replica", NOW)
    ANSWERS.see("default", "later")
    for state in (NOW, "later"):
        ANSWERS.put((state, "1"), Answer(b"", {}))
    assert all(ANSWERS.get((state, "1")) for state in (NOW, "later"))
    taken = ANSWERS.taken
    ANSWERS.see("replica", "later")
    assert (ANSWERS.get((NOW, "1")), ANSWERS.taken) == (None, taken // 2)


# --- Never stale ----------------------------------------------------------------------------------------------------


def fixture(tmp_path, name):
    call_command("dumpdata", "parks.park", natural_primary=True, natural_foreign=True, output=tmp_path / "parks.json")
    rows = json.loads((tmp_path / "parks.json").read_text())
    for row in rows:
        row["fields"]["name_en"] = name
    (tmp_path / "parks.json").write_text(json.dumps(rows))
    return str(tmp_path / "parks.json")


def by_hand(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_every_kind_of_write_is_seen_at_once(reader, uncached, tmp_path):
    park, steward = make_park("suxitong"), client_of(make_person("stewards"))
    host, admin = park.host, logged_in(make_person(username="root", is_superuser=True, is_staff=True))
    division = f"/admin/cities/division/{host.pk}/change/"

    def save():
        park.name_en = "Saved"
        park.save()

    def rename_in_the_admin():
        page = admin.get(division)
        form = page.context["adminform"].form
        told = {name: form.initial.get(name) or "" for name in form.fields}
        for formset in page.context["inline_admin_formsets"]:
            told |= {f"{formset.formset.prefix}-{name}": 0 for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
        assert admin.post(division, {**told, "name_en": "Renamed"}).status_code == 302

    def restore():
        answer = steward.post(f"{PARK}restore/", {"known": first.isoformat()})
        assert answer.status_code == 200, answer.content

    first = Change.objects.latest("id").at
    writes = {
        "save": save,
        "update": lambda: Park.objects.update(name_en="Updated"),
        "bulk": lambda: Park.objects.bulk_create([Park(slug="bulk", name_en="Bulk", host=host)]),
        "bulk_update": lambda: Park.objects.bulk_update([Park(pk=park.pk, name_en="All at once")], ["name_en"]),
        "raw": lambda: by_hand("UPDATE parks_park SET name_en = %s WHERE slug = %s", "By hand", "suxitong"),
        "host": lambda: by_hand("UPDATE cities_division SET name_en = %s WHERE code = %s", "Town", host.code),
        "admin": rename_in_the_admin,
        "loaddata": lambda: call_command("loaddata", fixture(tmp_path, "Loaded"), verbosity=0),
        "api": lambda: patch(steward, PARK, {"name_en": "Patched"}),
        "undone and done": lambda: (undo(), Park.objects.filter(slug="suxitong").update(name_en="Done")),
        "delete": lambda: Park.objects.filter(slug="suxitong").delete(),
        "restore": restore,
        "deleted by hand": lambda: by_hand("DELETE FROM parks_park WHERE slug = 'bulk'"),
    }
    for kind, write in writes.items():
        before = [whole(reader.get(path)) for path in (PARKS, PARK)]
        assert is_kept(reader, PARKS), kind
        write()
        after = [whole(reader.get(path)) for path in (PARKS, PARK)]
        assert after == [uncached(PARKS), uncached(PARK)], kind
        assert after[0] != before[0], kind
        assert is_kept(reader, PARKS), kind


def undo():
    with transaction.atomic():
        Park.objects.update(name_en="Undone")
        transaction.set_rollback(True)


def test_who_is_renamed_is_told_by_the_new_name(reader):
    person = make_person("editors", username="li")
    with change(person=person):
        make_park("suxitong")
    paths = (f"{V1}changes/", f"{PARK}changes/")
    assert [reader.get(path).json()["results"][0]["person"] for path in paths] == ["li", "li"]
    person.username = "wang"
    person.save()
    assert [reader.get(path).json()["results"][0]["person"] for path in paths] == ["wang", "wang"]


def test_a_registry_emptied_and_filled_again_is_another(reader):
    revisions = []
    call_command("flush", interactive=False, verbosity=0)
    for slug in ("one", "other"):
        with change():
            make_park(slug)
        assert [each["slug"] for each in reader.get(PARKS).json()["results"]] == [slug]
        revisions.append(current_revision())
        call_command("flush", interactive=False, verbosity=0)
        assert reader.get(PARKS).json()["results"] == []
    # By its number alone it would be the same.
    assert [each.id for each in revisions] == [revisions[0].id] * 2
    assert revisions[0] != revisions[1]


@pytest.mark.skipif(not POSTGRESQL, reason="one edit begins when the last has ended")
def test_an_edit_that_began_earlier_and_ends_later_is_seen(reader):
    make_park("suxitong")
    make_agreement("treaty")
    with open_edit(lambda: Park.objects.update(name_en="Slow")):
        assert is_kept(reader, PARK) is False
        assert is_kept(reader, PARK)
        for number in range(3):
            with change():
                make_park()
            first = ask(reader, PARK)[0]
            assert first.json()["name_en"] != "Slow"
            # Nothing is kept of a registry in which an earlier edit is still to appear.
            assert "Link" not in first, number
            assert is_kept(reader, PARK) is False
    assert reader.get(PARK).json()["name_en"] == "Slow"
    assert is_kept(reader, PARK)


@pytest.mark.skipif(not POSTGRESQL, reason="one edit begins when the last has ended")
def test_an_edit_that_is_undone_leaves_nothing_behind(reader):
    make_park("suxitong")
    with open_edit(lambda: Park.objects.update(name_en="Slow"), lambda: transaction.set_rollback(True)):
        with change():
            make_agreement("treaty")
        assert "Link" not in reader.get(PARK)
        told = reader.get(f"{V1}changes/").json()["count"]
    assert "Link" in reader.get(PARK)
    assert reader.get(f"{V1}changes/").json()["count"] == told + 1


def test_no_reader_is_told_what_is_no_longer_so_while_others_write(settings):
    settings.API_REQUESTS_PER_MINUTE = {"anonymous": 10**9, "token": 10**9}
    slugs = ("one", "two")
    for slug in slugs:
        make_park(slug, name_en="0")
    committed, stale, answered, ended = dict.fromkeys(slugs, 0), [], [], Event()

    def write(slug):
        try:
            for number in range(1, 1001):
                with change():
                    Park.objects.filter(slug=slug).update(name_en=str(number))
                committed[slug] = number
                if number >= 40 and len(answered) >= 60:
                    return
        finally:
            connection.close()

    def read(path):
        client = APIClient()
        try:
            while not ended.is_set():
                before = dict(committed)
                response = client.get(path, headers={"If-None-Match": '"other"'})
                told = {each["slug"]: int(each["name_en"]) for each in response.json()["results"]}
                answered.append(path)
                stale.extend((slug, told[slug], before[slug]) for slug in slugs if told[slug] < before[slug])
        finally:
            connection.close()

    readers = [Thread(target=read, args=[path]) for path in (PARKS, f"{PARKS}?fields=slug,name_en") for _each in "12"]
    writers = [Thread(target=write, args=[slug]) for slug in slugs]
    for thread in [*readers, *writers]:
        thread.start()
    for thread in writers:
        thread.join(120)
    ended.set()
    for thread in readers:
        thread.join(20)
    assert stale == []
    assert (min(committed.values()) >= 40, len(answered) >= 60) == (True, True)


OTHER_PROCESS = """
import sys, django
django.setup()
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient
client = APIClient(SERVER_NAME="localhost")
for line in sys.stdin:
    with CaptureQueriesContext(connection) as queries:
        told = client.get(line.strip()).json()["name_en"]
    print(told, len(queries) == 1, flush=True)
"""


def test_another_process_sees_what_is_written_here(tmp_path):
    make_park("suxitong", name_en="0")
    told = connection.settings_dict
    if POSTGRESQL:
        address = f"postgres://{quote(told['USER'])}:{quote(told['PASSWORD'] or '-')}@"
        address += f"{quote(told['HOST'] or 'localhost', safe='')}:{told['PORT'] or 5432}/{told['NAME']}"
    else:
        address = f"sqlite:///{told['NAME']}"
    other = subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS],
        cwd=project.BASE_DIR,
        env={**os.environ, "DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "config.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def ask_there():
        other.stdin.write(f"{PARK}\n")
        other.stdin.flush()
        return other.stdout.readline().split()

    try:
        for number in range(5):
            Park.objects.update(name_en=str(number + 1))
            assert [ask_there(), ask_there()] == [[str(number + 1), "False"], [str(number + 1), "True"]]
    finally:
        other.communicate(timeout=20)
    assert other.returncode == 0
