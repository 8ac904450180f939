"""Bodies that cost more than they seem to are refused before they have cost much."""

import gzip
import time
import tracemalloc

import pytest

from core.models import Change
from exchange.files import FileError, opened
from tests.hostile.corpus import BODIES, MANY

# of processor time: others may use the machine
SECONDS = 3
# some 25 times the largest body
MEGABYTES = 125


@pytest.mark.django_db
@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_costs_much_is_refused_at_once(editor, name):
    body, told = BODIES[name]
    body = body.encode()
    # what is longer is not read at all
    assert len(body) < 5 * 1024**2
    # the first question of a process loads what the others find loaded
    editor.post("/api/v1/parks/", b"{}", content_type="application/json")
    begun = time.process_time()
    answer = editor.post("/api/v1/parks/", body, content_type="application/json")
    assert time.process_time() - begun < SECONDS
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    # as much as a person reads
    assert len(answer.content) < 4000
    assert told in answer.content.decode()
    assert not Change.objects.filter(origin="API").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["very many fields that there are not", "very many rows of one value"])
def test_a_body_takes_no_more_memory_than_a_worker_has(editor, name):
    body = BODIES[name][0].encode()
    editor.post("/api/v1/parks/", b"{}", content_type="application/json")
    tracemalloc.start()
    try:
        editor.post("/api/v1/parks/", body, content_type="application/json")
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most / 1024**2 < MEGABYTES


@pytest.mark.django_db
def test_a_packed_body_is_not_unpacked(editor):
    bomb = gzip.compress(b"{" + b" " * 10_000_000)
    for _each in range(2):
        answer = editor.post(
            "/api/v1/parks/", bomb, content_type="application/json", headers={"Content-Encoding": "gzip"}
        )
        assert (answer.status_code, answer.json()["detail"]) == (400, "The body is not in UTF-8.")


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["queries", "extend"])
def test_a_batch_that_costs_much_is_refused_at_once(client, field):
    for name in ("a name twice, after very many", "very many rows", "lists in one another"):
        body, _told = BODIES[name]
        begun = time.process_time()
        answer = client.post("/reconcile/", {field: body})
        assert time.process_time() - begun < SECONDS, name
        assert answer.status_code in (400, 413), name
        assert len(answer.content) < 4000


def test_a_line_of_a_file_that_costs_much_is_refused_at_once(tmp_path):
    path = tmp_path / "parks.ndjson"
    some = MANY // 5
    path.write_text("{" + "".join(f'"a{number}":1,' for number in range(some)) + '"z":1,"z":2}')
    begun = time.process_time()
    with pytest.raises(FileError, match="The key “z” stands twice"), opened(path) as rows:
        list(rows)
    assert time.process_time() - begun < SECONDS
