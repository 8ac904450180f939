"""Parks to be asked for and written to."""

import pytest

from core.models import Change, Version
from tests.factories import (
    make_agreement,
    make_division,
    make_identifier,
    make_indicator,
    make_industry,
    make_park,
    make_role,
    make_share,
)


@pytest.fixture
def park(db):
    make_division("320281")
    make_indicator("gdp")
    make_industry("ships")
    park = make_park("suxitong")
    make_park("other")
    make_identifier(make_park("third"), "S329100")
    make_role(park, since="2003", until="2006")
    make_share(park, percent=60)
    make_agreement("treaty", signed_on="2003-08-29")
    return park


@pytest.fixture
def nothing_is_written(park):
    before = (Version.objects.count(), Change.objects.count())
    yield
    assert (Version.objects.count(), Change.objects.count()) == before
