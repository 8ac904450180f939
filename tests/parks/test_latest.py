"""The newest figure of each kind."""

from parks.latest import latest_figures
from parks.models import Observation
from tests.factories import make_indicator, make_observation, make_park


def test_the_newest_figure_is_that_of_the_latest_period_of_the_whole_park(db):
    park, gdp = make_park(), make_indicator("gdp")
    make_observation(park, gdp, period="", value="1")
    assert [each.value for each in latest_figures(Observation.objects.all()).values()] == [1]
    newest = make_observation(park, gdp, period="2012-Q3", value="2")
    make_observation(park, gdp, period="2012-H1", value="3")
    make_observation(park, gdp, period="2013", value="4", scope="the start-up area")
    make_observation(park, gdp, period="2014", value=None, growth_percent="5")
    target = make_observation(park, gdp, period="2020", value="6", kind="TARGET")
    assert latest_figures(Observation.objects.all()) == {(gdp.pk, "ACTUAL"): newest, (gdp.pk, "TARGET"): target}
