"""Whatever is typed into the box that cites an edit in the admin, or sent as a citation: kept as it was, or refused."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.models import Change
from parks.models import Park
from sources.models import Citation
from tests.admin import errors_of, page_of, registry, save
from tests.factories import make_park, make_source
from tests.people import client_of, logged_in, make_person

ANY = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
SOME_TEXT = st.text(max_size=130) | st.sampled_from(["¶2", " ", "a\x00b", "\u202e", "'; --", "<b>", "x" * 121])
CITATIONS = "/api/v1/citations/"


@pytest.fixture
def park(db):
    return make_park("suxitong", established="")


@pytest.fixture
def source(db):
    return make_source("article")


@pytest.fixture
def editor(db):
    return make_person("editors")


@ANY
@given(
    typed_in=st.fixed_dictionaries(
        {"established": st.sampled_from(["2003", "2003-08", "2003-08-29"])},
        optional={
            "edit_source": st.sampled_from(["ours", "", "0", "-1", "1e3", "9" * 30]) | st.text(max_size=10),
            "edit_locator": SOME_TEXT,
            "edit_confidence": st.sampled_from(["", "HIGH", "MEDIUM", "LOW"]) | st.text(max_size=8),
            "edit_reason": SOME_TEXT,
        },
    )
)
@example(typed_in={"established": "2003", "edit_source": "ours", "edit_locator": "¶2", "edit_reason": "As reported."})
@example(typed_in={"established": "2003", "edit_locator": "¶2"})
def test_any_words_in_the_box_cite_the_edit_or_are_refused_with_it(park, source, editor, typed_in):
    if typed_in.get("edit_source") == "ours":
        typed_in = typed_in | {"edit_source": str(source.pk)}
    with transaction.atomic():
        before = registry()
        answer = save(logged_in(editor), page_of(park), **typed_in)
        if answer.status_code == 302:
            said = {name: text.strip() for name, text in typed_in.items()}
            cited = [(each.source_id, each.locator, each.field) for each in Citation.objects.all()]
            assert Park.objects.get(pk=park.pk).established == typed_in["established"]
            assert cited == [(source.pk, said.get("edit_locator", ""), "established")] * bool(said.get("edit_source"))
            assert Change.objects.latest("id").reason == said.get("edit_reason", "")
        else:
            assert (answer.status_code, registry()) == (200, before)
            assert errors_of(answer)
        transaction.set_rollback(True)


@ANY
@given(
    sent=st.fixed_dictionaries(
        {},
        optional={
            name: st.none() | st.booleans() | st.integers() | SOME_TEXT | st.sampled_from(["SUPPORTS", "HIGH"])
            for name in ("source", "target", "field", "stance", "stated_value", "locator", "confidence", "note")
        },
    )
)
@example(sent={"locator": "¶2", "note": "As reported.", "confidence": "HIGH"})
def test_any_citation_is_recorded_as_it_was_sent_or_refused_by_its_fields(park, source, editor, sent):
    client = client_of(editor)
    with transaction.atomic():
        answer = client.post(CITATIONS, {"source": "article", "target": "park:suxitong"} | sent)
        if answer.status_code == 201:
            told = client.get(answer["Location"]).json()
            words = {name: sent[name].strip() for name in ("locator", "note", "stated_value") if name in sent}
            assert {name: told[name] for name in words} == words
        else:
            assert (answer.status_code, Citation.objects.count()) == (400, 0)
            assert answer.json()["errors"]
        transaction.set_rollback(True)
