"""The figures of a park as charts and in words: nothing is drawn larger, longer or surer than it is recorded."""

import re
from decimal import Decimal
from itertools import pairwise

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from parks.models import Indicator, Observation, Park
from portal.amounts import told_exactly, told_figure, told_growth
from portal.charts import HEIGHT, WIDTH, figures_of, round_steps
from tests.factories import make_citation, make_indicator, make_observation, make_park

AMOUNTS = st.decimals(Decimal("-1e12"), Decimal("1e14"), places=4)


@pytest.fixture
def park(db) -> Park:
    return make_park("the-park")


@pytest.fixture
def gdp(db) -> Indicator:
    return make_indicator("gdp", name_en="Regional GDP", name_zh="地区生产总值")


def figures(park):
    return figures_of(Park.objects.with_facts().with_citations().get(pk=park.pk))


def charts(park):
    return [chart for each in figures(park)[0] for chart in each.charts]


def observed(value, unit="CNY", **fields) -> Observation:
    value = None if value is None else Decimal(value)
    return Observation(indicator=Indicator(unit=unit), value=value, **fields)


# --- In words ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("observation", "english", "chinese"),
    [
        (observed("11735000000"), "11.735 billion yuan", "117.35亿元"),
        (observed("61000000000", precision="AT_LEAST"), "at least 61 billion yuan", "至少610亿元"),
        (observed("10", "km²", precision="ABOUT"), "about 10 km²", "约10平方公里"),
        (observed("59", "km²", value_high=Decimal("64")), "59 km² to 64 km²", "59平方公里至64平方公里"),
        (observed("3", "tonnes", precision="AT_MOST"), "at most 3 tonnes", "至多3 tonnes"),
        (observed(None, growth_percent=Decimal("5.6")), "", ""),
    ],
)
def test_figure_is_told_as_readers_of_each_language_say_it(observation, english, chinese):
    assert told_figure(observation) == english
    with translation.override("zh-hans"):
        assert told_figure(observation) == chinese


def test_all_digits_are_told_where_they_are_not_told_anyhow():
    assert told_exactly(observed("11735000000")) == "11,735,000,000 yuan"
    assert told_exactly(observed("10.92", "km²")) == ""
    assert told_exactly(observed("1000000", value_high=Decimal(2000000))) == "1,000,000 yuan – 2,000,000 yuan"


@pytest.mark.parametrize(("percent", "words"), [("5.60", "+5.6%"), ("-3", "-3%"), ("0", "0%")])
def test_growth_has_its_sign(percent, words):
    assert told_growth(Decimal(percent)) == words


# --- What is drawn ----------------------------------------------------------------------------------------------------


@given(amounts=st.lists(AMOUNTS, min_size=1, max_size=5))
def test_levels_are_few_and_even_and_have_zero_and_all_amounts_between(amounts):
    steps = round_steps(min(amounts), max(amounts))
    assert 2 <= len(steps) <= 5
    assert Decimal(0) in steps
    assert steps[0] <= min(amounts)
    assert max(amounts) <= steps[-1]
    assert len({later - earlier for earlier, later in pairwise(steps)}) == 1


def test_one_figure_is_told_in_words_and_two_are_a_chart(park, gdp):
    make_observation(park, gdp, period="2022")
    charted, (alone,) = figures(park)
    assert (charted, alone.indicator, len(alone.observations)) == ([], gdp, 1)
    make_observation(park, gdp, period="2023")
    (charted,), alone = figures(park)
    assert ([len(chart.marks) for chart in charted.charts], alone) == ([2], [])


def test_heights_are_in_proportion_to_amounts(park, gdp):
    make_observation(park, gdp, period="2021", value="50")
    make_observation(park, gdp, period="2022", value="100")
    (chart,) = charts(park)
    half, whole = chart.marks
    assert [level.label for level in chart.levels] == ["0 yuan", "25 yuan", "50 yuan", "75 yuan", "100 yuan"]
    assert (chart.ground - half.y) * 2 == pytest.approx(chart.ground - whole.y, abs=0.2)
    assert chart.levels[0].y == chart.ground


def test_half_year_is_half_as_wide_as_a_year_and_in_its_place(park, gdp):
    make_observation(park, gdp, period="2012-H2")
    make_observation(park, gdp, period="2013")
    half, year = charts(park)[0].marks
    assert half.right == year.left
    assert (half.right - half.left) * 2 == pytest.approx(year.right - year.left, rel=0.02)
    assert charts(park)[0].lines == []


def test_results_targets_and_forecasts_are_joined_among_themselves(park, gdp):
    for period, kind in [("2021", "ACTUAL"), ("2022", "ACTUAL"), ("2025", "TARGET"), ("2030", "TARGET")]:
        make_observation(park, gdp, period=period, kind=kind)
    make_observation(park, gdp, period="2023", kind="FORECAST")
    (chart,) = charts(park)
    assert [line.kind for line in chart.lines] == ["actual", "target"]
    assert chart.forms == {"actual", "target", "forecast", "period", "uncited"}


def test_parts_of_a_park_and_running_totals_have_charts_of_their_own(park, gdp):
    for period in ("2021", "2022"):
        make_observation(park, gdp, period=period)
        make_observation(park, gdp, period=period, scope="start-up area")
        make_observation(park, gdp, period=period, cumulative=True, cumulative_since="2014")
    assert [(chart.scope, chart.cumulative, chart.cumulative_since) for chart in charts(park)] == [
        ("", False, ""),
        ("", True, "2014"),
        ("start-up area", False, ""),
    ]
    total = charts(park)[1].marks[0]
    assert total.left == total.x == total.right


def test_range_has_both_ends(park, gdp):
    make_observation(park, gdp, period="2021", value="50", value_high="100")
    make_observation(park, gdp, period="2022", value="100")
    first, second = charts(park)[0].marks
    assert (first.top, second.top) == (second.y, None)
    assert "range" in charts(park)[0].forms


def test_both_values_are_drawn_where_a_source_disputes_one_that_can_be_read(park, gdp):
    make_observation(park, gdp, period="2021", value="50000000000")
    disputed = make_observation(park, gdp, period="2022", value="61000000000")
    make_citation(disputed)
    make_citation(disputed, field="value", stance="DISPUTES", stated_value="超过680亿元")
    make_citation(disputed, field="value", stance="DISPUTES", stated_value="much more")
    (chart,) = charts(park)
    first, second = chart.marks
    (claim,) = second.claims
    assert (claim.words, claim.y < second.y) == ("disputed: a source states 超过680亿元", True)
    assert [label.text for label in chart.labels if label.claimed] == ["68 billion yuan"]
    assert (first.is_cited, second.is_cited) == (False, True)


def test_what_cannot_be_placed_is_told_in_words_alone(park):
    rank = make_indicator("assessment_rank", unit="rank")
    for period in ("2016", "2019"):
        make_observation(park, rank, period=period, value="1")
    growth = make_indicator("growing")
    for period in ("2016", "2019"):
        make_observation(park, growth, period=period, value=None, growth_percent="5.6")
    undated = make_indicator("undated")
    make_observation(park, undated, period="")
    make_observation(park, undated, period="2020")
    charted, alone = figures(park)
    assert (charted, [len(each.observations) for each in alone]) == ([], [2, 2, 2])
    assert [each.period for each in alone[2].observations] == ["2020", ""]


@given(values=st.lists(AMOUNTS, min_size=2, max_size=6), language=st.sampled_from(["en", "zh-hans"]))
def test_labels_stay_within_the_picture_and_off_each_other(values, language):
    park, gdp = Park(), Indicator(code="gdp", unit="CNY")
    rows = [
        Observation(pk=year, park=park, indicator=gdp, period=str(year), value=value)
        for year, value in enumerate(values, 2010)
    ]
    for row in rows:
        row._prefetched_objects_cache = {"citations": []}
    park._prefetched_objects_cache = {"observations": rows}
    with translation.override(language):
        (figures,), _alone = figures_of(park)
    (chart,) = figures.charts
    assert all(0 <= label.x <= WIDTH and 0 <= label.y <= HEIGHT for label in chart.labels)
    assert len({(label.x, label.y) for label in chart.labels}) == len(chart.labels)
    assert all(0 <= mark.y <= chart.ground for mark in chart.marks)


# --- The page ---------------------------------------------------------------------------------------------------------


def test_table_tells_every_figure_with_its_evidence(client, park, gdp):
    cited = make_observation(
        park, gdp, period="2012-H1", value="6155000000", growth_percent="5.6", as_stated="61.55亿元", kind="TARGET"
    )
    make_citation(cited)
    make_observation(park, gdp, period="2017", value="95100000000", cumulative=True, cumulative_since="2003")
    grown = make_observation(park, gdp, period="", value=None, growth_percent="20", scope="start-up area")
    html = client.get("/en/parks/the-park/").content.decode()
    rows = {
        key: " ".join(re.sub(r"<[^>]+>", " ", row).split())
        for key, row in re.findall(r'<tr id="(observation-\d+)">(.*?)</tr>', html, re.DOTALL)
    }
    assert len(rows) == 3
    assert rows[f"observation-{cited.pk}"] == (
        "Regional GDP January to June 2012 target 6.155 billion yuan (+5.6%) Note 1"
        " 6,155,000,000 yuan stated as 61.55亿元"
    )
    assert "growth of +20%, level not stated no source yet" in rows[f"observation-{grown.pk}"]


def test_figures_take_no_query_however_many(park, gdp, django_assert_num_queries):
    for year in range(2000, 2020):
        make_citation(make_observation(park, gdp, period=str(year)))
    there = Park.objects.with_facts().with_citations().get(pk=park.pk)
    with django_assert_num_queries(0):
        assert len(figures_of(there)[0][0].charts[0].marks) == 20


def test_figures_of_the_last_and_the_first_year_that_can_be_recorded_are_drawn(park, gdp):
    make_observation(park, gdp, period="1000")
    make_observation(park, gdp, period="9999-H2", kind="TARGET")
    assert [mark.observation.period for mark in charts(park)[0].marks] == ["1000", "9999-H2"]
