import pytest

from core.models import Change
from parks.models import Park
from parks.querysets import Span
from tests.factories import (
    MAKERS,
    make_agreement,
    make_body,
    make_citation,
    make_division,
    make_event,
    make_industry,
    make_park,
    make_park_agreement,
    make_park_industry,
    make_park_name,
    make_role,
    make_share,
)


def slugs(parks) -> list[str]:
    return list(parks.values_list("slug", flat=True))


@pytest.fixture
def parks(db):
    """Three parks: in Jingjiang run by Jiangyin, in Wuxi by itself, abroad by a body of Suzhou."""
    body = make_body(division="320500")
    make_role(make_park("a-jingjiang", host="321282"), division="320281")
    make_role(make_park("b-wuxi", host="320200"), "LAND", division="320200")
    make_role(make_park("c-abroad", host="SG"), body=body)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("320000", ["a-jingjiang", "b-wuxi"]),
        ("321200", ["a-jingjiang"]),
        ("321282", ["a-jingjiang"]),
        # A park of the whole city does not lie within one of its counties.
        ("320281", []),
        ("SG", ["c-abroad"]),
    ],
)
def test_parks_within_a_division_are_those_whose_host_lies_there(parks, code, expected):
    assert slugs(Park.objects.within(code)) == expected


@pytest.mark.parametrize(
    ("code", "run", "at_all"),
    [
        ("320281", ["a-jingjiang"], ["a-jingjiang"]),
        ("321282", [], ["a-jingjiang"]),
        ("320200", ["b-wuxi"], ["b-wuxi"]),
        ("320500", ["c-abroad"], ["c-abroad"]),
        ("SG", [], ["c-abroad"]),
        ("320000", [], []),
    ],
)
def test_parks_of_a_division_are_those_it_hosts_or_runs_itself_or_by_a_body(parks, code, run, at_all):
    assert slugs(Park.objects.run_by(code)) == run
    assert slugs(Park.objects.of_division(code)) == at_all


def test_parks_are_found_by_function_industry_and_agreement(parks):
    park, industry, agreement = Park.objects.get(slug="b-wuxi"), make_industry("steel"), make_agreement("pact")
    make_park_industry(park, industry)
    make_park_agreement(park, agreement)
    assert slugs(Park.objects.with_function("LAND")) == ["b-wuxi"]
    assert slugs(Park.objects.with_function("FINANCE")) == []
    assert slugs(Park.objects.in_industry("steel")) == ["b-wuxi"]
    assert slugs(Park.objects.in_industry("ships")) == []
    assert slugs(Park.objects.under("pact")) == ["b-wuxi"]
    assert slugs(Park.objects.under("treaty")) == []


@pytest.mark.django_db
def test_a_park_that_matches_in_several_facts_is_found_once():
    park = make_park("p")
    for since in ("2003", "2004"):
        make_role(park, since=since, until=since)
        make_park_name(park, "江阴园区", since=since, until=since)
    assert slugs(Park.objects.run_by("320281")) == ["p"]
    assert slugs(Park.objects.with_function("OPERATIONS")) == ["p"]
    assert slugs(Park.objects.named("江阴")) == ["p"]


@pytest.mark.parametrize("text", ["jingjiang", "靖江", "澄靖", "Chengjing", "CHENGJING"])
@pytest.mark.django_db
def test_a_park_is_found_by_any_of_its_names_in_any_language(text):
    park = make_park("p", name_en="Jiangyin-Jingjiang Park", name_zh="江阴靖江园区")
    make_park("other", name_en="Other", name_zh="别的")
    make_park_name(park, "澄靖园区", kind="FORMER", until="2006")
    make_park_name(park, "Chengjing", language="zh-Latn", kind="TRANSLITERATION")
    assert slugs(Park.objects.named(text)) == ["p"]


@pytest.mark.parametrize("text", ["%", "_", "100%", "\\", "'; --"])
@pytest.mark.django_db
def test_signs_that_a_pattern_would_read_are_taken_as_they_are(text):
    make_park("p")
    assert slugs(Park.objects.named(text)) == []


@pytest.mark.django_db
def test_a_box_holds_the_parks_on_its_edge_and_may_span_180_degrees():
    make_park("west", latitude="10", longitude="-179")
    make_park("east", latitude="10", longitude="179")
    make_park("edge", latitude="32", longitude="120")
    make_park("nowhere")
    assert slugs(Park.objects.in_box(119, 31, 120, 32)) == ["edge"]
    assert slugs(Park.objects.in_box(170, 0, -170, 20)) == ["east", "west"]
    assert slugs(Park.objects.in_box(-180, -90, 180, 90)) == ["east", "edge", "west"]


# --- Span -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "partners", "span"),
    [
        ("321282", [], "NONE"),
        ("321282", ["321282"], "NONE"),
        # The governments above the host are on its own side.
        ("321282", ["321200", "320000"], "NONE"),
        ("321200", ["321282"], "NONE"),
        ("320281", ["320282"], "COUNTY"),
        ("321282", ["320281"], "PREFECTURE"),
        ("321282", ["320200"], "PREFECTURE"),
        ("321200", ["320200"], "PREFECTURE"),
        ("320281", ["320282", "321282"], "PREFECTURE"),
        ("320281", ["330100"], "PROVINCE"),
        ("320281", ["330000"], "PROVINCE"),
        ("320500", ["SG"], "NATION"),
        ("320500", ["330100", "SG", "320281"], "NATION"),
        ("SG", ["320500"], "NATION"),
        ("SG", ["MY"], "NATION"),
        # No prefecture stands between a municipality and its counties, nor between a province and some of its cities.
        ("500101", ["500233"], "COUNTY"),
        ("110101", ["110105"], "COUNTY"),
        ("429004", ["429005"], "COUNTY"),
        ("429004", ["420100"], "PREFECTURE"),
    ],
)
@pytest.mark.django_db
def test_the_span_of_a_park_is_the_highest_boundary_that_its_managers_cross(host, partners, span):
    park = make_park(host=host)
    for code in partners:
        make_role(park, division=code)
    assert Park.objects.with_span().get().span == span
    assert [value for value in Span.values if Park.objects.spanning(value).exists()] == [span]
    assert Park.objects.spanning(*Span.values).count() == 1


@pytest.mark.django_db
def test_a_body_crosses_the_boundaries_of_its_division():
    park = make_park("p", host="321282")
    make_role(park, body=make_body())
    assert Park.objects.with_span().get().span == "NONE"
    make_role(park, body=make_body(division="320281"))
    assert Park.objects.with_span().get().span == "PREFECTURE"
    # A body acting for a division stands for that division.
    make_role(park, body=make_body(division="320281"), division="330100")
    assert Park.objects.with_span().get().span == "PROVINCE"


@pytest.mark.django_db
def test_the_span_of_one_park_is_not_another_s():
    make_park("a", host="321282")
    make_role(make_park("b", host="321282"), division="320281")
    assert list(Park.objects.with_span().values_list("slug", "span")) == [("a", "NONE"), ("b", "PREFECTURE")]


# --- Evidence and loading -------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_disputed_parks_are_those_with_a_dispute_of_their_own_or_of_a_fact():
    make_citation(make_park("a-supported"))
    make_citation(make_park("b-own"), stance="DISPUTES", field="established")
    make_citation(make_share(make_park("c-fact")), stance="DISPUTES", field="percent")
    # A dispute about something else that happens to have the same key is none of the park's.
    make_citation(make_agreement(), stance="DISPUTES")
    assert slugs(Park.objects.disputed()) == ["b-own", "c-fact"]


@pytest.mark.django_db
def test_uncited_parks_are_those_with_nothing_to_stand_on_in_part_or_in_whole():
    whole, part, disputed = make_park("a-whole"), make_park("b-part"), make_park("c-disputed")
    for record in (whole, make_event(whole), part):
        make_citation(record)
    make_event(part)
    make_citation(disputed, stance="DISPUTES")
    assert slugs(Park.objects.uncited()) == ["b-part", "c-disputed"]


@pytest.mark.django_db
def test_parks_with_their_facts_are_read_in_as_many_queries_for_three_as_for_one(django_assert_num_queries):
    for count in (1, 3):
        while Park.objects.count() < count:
            park = make_park(part_of=None)
            for model, make in MAKERS.items():
                if model.belongs_to == "park":
                    make_citation(make(park))
            make_citation(park)
        # the parks, eleven kinds of facts; the divisions, agreements, industries, indicators and statements that these
        # refer to, and who made the statements and where; all citations, and their sources
        with django_assert_num_queries(1 + 11 + 5 + 2 + 2):
            for park in Park.objects.with_facts().with_citations():
                told = [park.host.name_en, *(citation.source.title for citation in park.citations.all())]
                for name in Park.facts:
                    for fact in getattr(park, name).all():
                        told += [str(fact), *(citation.source.title for citation in fact.citations.all())]
                told += [role.party_name() for role in park.roles.all()]
                told += [share.party_name() for share in park.shares.all()]
                told += [str(figure.indicator) for figure in park.observations.all()]
                told += [named.statement.official.name_en for named in park.statements.all()]
                assert len(told) == 1 + 1 + 2 * 11 + 4


@pytest.mark.django_db
def test_the_instants_of_the_first_and_last_change_are_those_of_the_park_and_its_facts():
    park = make_park()
    make_division("320281")
    made = Park.objects.with_last_change().get()
    assert made.created == made.changed
    role = make_role(park)
    with_role = Park.objects.with_last_change().get()
    assert (with_role.created, with_role.changed) == (made.created, Change.objects.latest("id").at)
    role.delete()
    without = Park.objects.with_last_change().get()
    assert (without.created, without.changed) == (made.created, Change.objects.latest("id").at)


@pytest.mark.django_db
def test_span_on_a_day_is_that_of_the_co_managers_of_the_day():
    park = make_park(host="321282")
    make_role(park, division="310115", until="2010")
    make_role(park, division="320281", since="2010")
    assert [Park.objects.with_span(on).get().span for on in (None, "2009", "2011")] == [
        "PROVINCE",
        "PROVINCE",
        "PREFECTURE",
    ]
    assert not Park.objects.spanning("PROVINCE", on="2011").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("asked", ["江阴-靖江", "江阴—靖江", "江阴 － 靖江", "江阴一靖江工业园区"])
def test_named_finds_a_name_whichever_dash_is_printed(asked):
    make_park("double", name_zh="江苏江阴—靖江工业园区")
    make_park_name(make_park("single"), "江阴-靖江工业园区 （旧）")
    make_park("none", name_zh="江阴靖江工业园区")
    make_park("other", name_zh="江阴工业园区")
    assert {park.slug for park in Park.objects.named(asked)} == {"double", "single", "none"}
