import re
from pathlib import Path

import polib
import pytest
from django.conf import settings

CATALOGUES = [path for folder in settings.LOCALE_PATHS for path in sorted(Path(folder).glob("*/LC_MESSAGES/*.po"))]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def test_every_place_has_a_catalogue_for_the_one_language_that_is_not_the_source():
    assert [path.parts[-3] for path in CATALOGUES] == ["zh_Hans" for _ in settings.LOCALE_PATHS]


@pytest.mark.parametrize("path", CATALOGUES, ids=str)
def test_every_message_is_translated_and_keeps_its_placeholders(path):
    entries = [entry for entry in polib.pofile(path) if not entry.obsolete]
    assert [entry.msgid for entry in entries if not entry.translated()] == []
    for entry in entries:
        # Chinese has one form for all numbers: what stands in the English plural stands in it
        source = entry.msgid_plural or entry.msgid
        for translation in entry.msgstr_plural.values() or [entry.msgstr]:
            assert sorted(PLACEHOLDER.findall(translation)) == sorted(PLACEHOLDER.findall(source)), entry.msgid


@pytest.mark.parametrize("path", CATALOGUES, ids=str)
def test_compiled_translations_are_those_of_the_catalogue(path):
    """Run `make messages` after a catalogue was edited."""

    def messages(catalogue) -> dict:
        return {(entry.msgctxt, entry.msgid): entry.msgstr or entry.msgstr_plural for entry in catalogue}

    compiled = polib.mofile(path.with_suffix(".mo"))
    assert messages(compiled) == messages(entry for entry in polib.pofile(path) if not entry.obsolete)
