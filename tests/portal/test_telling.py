"""Dates and names as pages tell them."""

import pytest
from django.utils.translation import override

from parks.models import Park
from portal.telling import in_languages, told_date


@pytest.mark.parametrize(
    ("date", "english", "chinese"),
    [
        ("2003", "2003", "2003年"),
        ("2003-08", "August 2003", "2003年8月"),
        ("2003-08-29", "29 August 2003", "2003年8月29日"),
        ("2012-H1", "January to June 2012", "2012年1月至6月"),
        ("2012-Q4", "October to December 2012", "2012年10月至12月"),
        ("", "", ""),
    ],
)
def test_date_is_told_as_exactly_as_it_is(date, english, chinese):
    assert told_date(date) == english
    with override("zh-hans"):
        assert told_date(date) == chinese


def test_names_are_told_in_the_language_of_the_reader_first():
    park = Park(name_en="Bridge Park", name_zh="大桥园区")
    assert in_languages(park, "name") == [("Bridge Park", "en"), ("大桥园区", "zh-Hans")]
    with override("zh-hans"):
        assert in_languages(park, "name") == [("大桥园区", "zh-Hans"), ("Bridge Park", "en")]
