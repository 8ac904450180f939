"""Characters that are not seen and change how a text reads are kept out, whichever way they come."""

import pytest
from django.core.exceptions import ValidationError

from core.fixtures import FixtureError, FixtureLoader
from core.history import change
from core.text import LONGEST, validate_line, validate_name, validate_text
from parks.models import Park
from tests.admin import errors_of, page_of, save
from tests.factories import make_park, make_source
from tests.people import logged_in, make_person

TURNED = "江阴\u202egnij"
TOLD = "Take out the unseen character U+202E in place 3: with it, a text is not what it looks like."


@pytest.mark.parametrize(
    "character",
    ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\u202a", "\u202e", "\u2066", "\u2069", "\ud800", "\ufdd0", "\U0010ffff"],
)
def test_unseen_characters_are_refused_in_lines_and_in_texts(character):
    for validate in (validate_line, validate_text):
        with pytest.raises(ValidationError, match=f"U\\+{ord(character):04X} in place 2"):
            validate(f"a{character}")


@pytest.mark.parametrize("text", ["مدينة 🏭", "עיר", "👨‍👩‍👧", "a\u200fb", "می‌خواهم", "江阴", "naïve"])
def test_every_script_is_welcome(text):
    validate_line(text)
    validate_text(text)


@pytest.mark.parametrize(
    "character",
    ["\u00ad", "\u061c", "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u2060", "\u3164", "\ufeff", "\U000e0041"],
)
def test_characters_of_no_width_are_refused_in_names(character):
    for name in (f"江{character}阴", f"J{character}iangyin", f"{character}江阴", f"江阴{character}"):
        with pytest.raises(ValidationError, match=f"of no width U\\+{ord(character):04X} in place"):
            validate_name(name)


@pytest.mark.parametrize(
    "name", ["مدينة", "می‌خواهم", "क्‍ष", "江阴-靖江", "naïve", "e\u0301", "🚢", "🏭\ufe0f", "A\u00a0B"]
)
def test_names_are_written_as_their_scripts_are(name):
    validate_name(name)


def test_only_texts_have_lines():
    validate_text("a\r\n\tb")
    with pytest.raises(ValidationError, match="in one line"):
        validate_line("a\nb")


def test_the_admin_tells_it_at_the_field(db):
    park, editor = make_park(), logged_in(make_person("editors"))
    typed = {"name_zh": TURNED, "edit_reason": TURNED}
    assert errors_of(save(editor, page_of(park), **typed)) == [TOLD, TOLD]
    rows = {"names-TOTAL_FORMS": "1", "names-0-name": TURNED, "names-0-language": "zh", "names-0-kind": "OFFICIAL"}
    assert errors_of(save(editor, page_of(park), **rows)) == [TOLD]
    assert save(editor, page_of(park), summary_en="One line\r\n\tand another").status_code == 302


def test_the_api_tells_it_at_its_place(editor):
    make_source("daily")
    make_park("north")
    body = {"slug": "new", "name_en": "New", "host": "321282"}
    for wrong, pointer in (
        ({"name_zh": TURNED}, "#/name_zh"),
        ({"names": [{"name": TURNED, "language": "zh"}]}, "#/names/0/name"),
        ({"change_reason": TURNED}, "#/change_reason"),
        ({"source": "daily", "source_locator": TURNED}, "#/source_locator"),
    ):
        answer = editor.post("/api/v1/parks/", body | wrong)
        assert (answer.status_code, answer.json()["errors"]) == (400, [{"pointer": pointer, "detail": TOLD}])


def test_the_loader_tells_it_of_its_object(db):
    fields = {"slug": "new", "name_en": "New", "name_zh": TURNED, "host": [make_park().host_id]}
    with pytest.raises(FixtureError, match=r"object 1 .*name_zh: Take out the unseen character U\+202E"), change():
        FixtureLoader().load("new.json", [{"model": "parks.park", "fields": fields}])
    assert not Park.objects.filter(slug="new").exists()


# --- Names, and how long a text may be ------------------------------------------------------------------------------

NO_WIDTH = "江\u200b阴"
NO_WIDTH_TOLD = "Take out the character of no width U+200B in place 2: nobody would see that the name has it."
LONG_TOLD = "Write at most 20000 characters: these are 20001."


def test_the_admin_refuses_names_of_no_width_and_texts_without_end(db):
    park, editor = make_park(), logged_in(make_person("editors"))
    assert errors_of(save(editor, page_of(park), name_zh=NO_WIDTH)) == [NO_WIDTH_TOLD]
    assert errors_of(save(editor, page_of(park), summary_en="x" * (LONGEST + 1))) == [LONG_TOLD]
    assert save(editor, page_of(park), summary_en="x" * LONGEST, crosses=NO_WIDTH).status_code == 302
    source = make_source(title="Daily")
    assert errors_of(save(editor, page_of(source), title=NO_WIDTH, note="字" * (LONGEST + 1))) == [
        NO_WIDTH_TOLD,
        LONG_TOLD,
    ]


def test_the_api_refuses_names_of_no_width_and_texts_without_end(editor):
    make_park("north")
    body = {"slug": "new", "name_en": "New", "host": "321282"}
    for wrong, pointer, told in (
        ({"name_zh": NO_WIDTH}, "#/name_zh", NO_WIDTH_TOLD),
        ({"names": [{"name": NO_WIDTH, "language": "zh"}]}, "#/names/0/name", NO_WIDTH_TOLD),
        (
            {"sites": [{"name_en": "North", "name_zh": NO_WIDTH, "division": "321282"}]},
            "#/sites/0/name_zh",
            NO_WIDTH_TOLD,
        ),
        ({"summary_zh": "x" * (LONGEST + 1)}, "#/summary_zh", LONG_TOLD),
    ):
        answer = editor.post("/api/v1/parks/", body | wrong)
        assert (answer.status_code, answer.json()["errors"]) == (400, [{"pointer": pointer, "detail": told}])


def test_the_loader_refuses_names_of_no_width_and_texts_without_end(db):
    host = make_park().host_id
    for wrong, told in (({"name_zh": NO_WIDTH}, NO_WIDTH_TOLD), ({"summary_en": "x" * (LONGEST + 1)}, LONG_TOLD)):
        fields = {"slug": "new", "name_en": "New", "host": [host]} | wrong
        with pytest.raises(FixtureError) as refused, change():
            FixtureLoader().load("new.json", [{"model": "parks.park", "fields": fields}])
        assert told in str(refused.value)
    assert not Park.objects.filter(slug="new").exists()
