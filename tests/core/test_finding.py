"""What is found first, without looking at all that would be found."""

import pytest

from agreements.models import Agreement
from cities.models import Division
from core import finding
from core.documents import end_edit
from core.finding import best, ranked
from parks.models import Park
from tests.factories import make_agreement, make_division, make_park

KINDS = [Park, Division, Agreement]


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("common", [0, 2000])
@pytest.mark.parametrize("q", ["a", "an", "nan", "nanjing", "南", "南京", "park", "nan park", "320", "", "—", "'\\"])
def test_the_best_matches_are_the_first_of_all(db, monkeypatch, kept, common, q):
    monkeypatch.setattr(finding, "COMMON", common)
    for code, name, name_zh in (
        ("320100", "Nanjing", "南京市"),
        ("320102", "Nan", "南区"),
        ("NJ", "Nanjing", "南京"),
        ("360000", "Annan", "安南省"),
    ):
        make_division(code, name_en=name, name_zh=name_zh, pinyin=name)
    for name, name_zh in (
        ("Nanjing", ""),
        ("A", "南"),
        ("Park of Nanjing", "南京园"),
        ("Nan Park", "安南园"),
        ("An", ""),
    ):
        make_park(name_en=name, name_zh=name_zh)
        make_agreement(title_en=f"{name} treaty", title_zh=name_zh)
    if kept:
        end_edit()
    everything = list(ranked(KINDS, q))
    for most in (1, 3, 7, 50):
        assert best(KINDS, q, most) == everything[:most]
