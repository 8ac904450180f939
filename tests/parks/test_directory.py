"""All parks in memory: chosen, counted and ordered as the database does it, and never stale."""

from itertools import product
from threading import Barrier, Thread

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from cities.models import Body, Division
from core.history import change
from parks.directory import CHANGED, COLUMNS, FIGURES, ORDERS, Directory, directory
from parks.filters import ParkFilter
from parks.models import CoManagementRole, Observation, Park, ParkIndustry
from parks.postings import places_of
from parks.querysets import Span
from sources.models import Citation
from tests.core.test_settling import POSTGRESQL
from tests.edits import open_edit
from tests.factories import (
    make_agreement,
    make_body,
    make_citation,
    make_division,
    make_indicator,
    make_industry,
    make_observation,
    make_park,
    make_park_agreement,
    make_park_industry,
    make_park_name,
    make_remark,
    make_role,
    make_source,
)

HOSTS = ("321282", "320281", "320200", "320000", "310115", "310104", "110000", "SG")
ESTABLISHED = ("", "1999-12-31", "2003", "2003-08", "2010")
# What each filter of the REST API is asked for here, as a query writes it; with commas for several.
ASKED = {
    "q": ["park", "江阴", "nothing"],
    "within": ["320000", "320200", "321282", "310000", "SG"],
    "partner": ["320281", "310115", "SG"],
    "division": ["321282"],
    "host": ["321282", "SG"],
    "function": ["OPERATIONS", "LAND"],
    "span": [*Span.values],
    "industry": ["steel", "ships"],
    "agreement": ["treaty"],
    "status": ["ACTIVE", "CLOSED"],
    "decade": ["1990", "2000", "unknown"],
    "disputed": ["true", "false"],
    "uncited": ["true", "false"],
    "is_programme": ["true", "false"],
    "min_sources": ["1"],
    "bbox": ["119,31,121,33"],
    "slug": ["park-3"],
    "name_en": ["Park park-3"],
    "name_zh": ["园区"],
    "established": ["2003", "2003-08"],
    "closed": ["2015"],
    "part_of": ["park-0"],
    "successor": ["park-0"],
}
COMMITTED = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def registry(db):
    """Parks that differ in all that they are chosen by."""
    with change():
        make_registry()


def make_registry():
    for code in HOSTS:
        make_division(code)
    Division.objects.filter(code="321282").update(longitude="120.27", latitude="32.02")
    industries = [make_industry("steel"), make_industry("ships")]
    agreement, body = make_agreement("treaty"), make_body(division="310115")
    make_body("nobodys")
    for number, (host, partner) in enumerate(product(HOSTS, HOSTS)):
        own = {"longitude": "120.5", "latitude": str(30 + number % 5)} if number % 3 == 0 else {}
        park = make_park(
            f"park-{number}",
            host=host,
            name_zh="园区" if number % 7 == 0 else "",
            status="CLOSED" if number % 6 == 0 else "ACTIVE",
            established=ESTABLISHED[number % 5],
            closed="2015" if number % 6 == 0 else "",
            is_programme=number % 9 == 0,
            part_of=Park.objects.get(slug="park-0") if number % 10 == 1 else None,
            successor=Park.objects.get(slug="park-0") if number % 12 == 6 else None,
            **own,
        )
        if number % 9 != 5:
            make_role(park, ("OPERATIONS", "LAND")[number % 2], division=partner)
        if number % 11 == 0:
            make_role(park, "FINANCE", body=body, division=None if number % 2 else "320281")
        if number % 4 == 0:
            make_park_industry(park, industries[number % 8 // 4])
        if number % 13 == 0:
            make_park_agreement(park, agreement)
            make_park_name(park, "江阴园区")
            make_citation(park.roles.first() or park, stance="DISPUTES")
        if number % 14 == 0:
            make_citation(park, stance="SUPPORTS")


def keys(found: Directory, parks: int) -> set[int]:
    return {found.keys[place] for place in places_of(parks, found.size)}


def told(found: Directory) -> dict:
    """All that a directory tells, wherever its parks have their places."""
    return {
        "parks": keys(found, found.parks),
        "at own place": keys(found, found.at_own_place),
        "shown": {
            found.keys[place]: (found.longitudes[place], found.latitudes[place])
            for place in places_of(found.parks, found.size)
        },
        "facets": {
            name: {value: keys(found, found.facets[name].having(value)) for value in found.facets[name]}
            for name in COLUMNS
        },
        "orders": {order: found.page(found.parks, order, 0, 1000) for order in (*ORDERS, CHANGED)},
    }


def is_up_to_date() -> bool:
    return told(directory()) == told(Directory().reread())


# --- Choosing, against the database's own filters --------------------------------------------------------------------


@pytest.mark.django_db
def test_each_filter_of_the_api_chooses_the_parks_that_the_api_does(registry):
    found, known, tried = directory(), ParkFilter.known(), set()
    for name in known:
        stem, _underscores, variant = name.partition("__")
        texts = [",".join(ASKED[stem])] if variant == "in" else ASKED[stem]
        for text in texts:
            value = known[name].clean(text)
            parks = ParkFilter.base_filters[name].filter(Park.objects.all(), value)
            assert keys(found, found.chosen({name: value})) == set(parks.values_list("pk", flat=True)), (name, text)
            tried.add(name)
    assert tried == set(known)


@pytest.mark.django_db
def test_the_filters_by_what_is_not_known_choose_the_parks_that_the_api_does(registry):
    found = directory()
    for name in ("established", "established__ne", "part_of", "part_of__ne", "name_zh", "successor__ne"):
        parks = ParkFilter.base_filters[name].filter(Park.objects.all(), None)
        assert keys(found, found.chosen({name: None})) == set(parks.values_list("pk", flat=True)), name


@pytest.mark.django_db
def test_what_is_asked_together_has_to_be_met_together(registry):
    found, known = directory(), ParkFilter.known()
    texts = {"within__in": "320000,310000", "span": "PROVINCE", "status__ne": "CLOSED", "established__gte": "2003"}
    asked, parks = {}, Park.objects.all()
    for name, text in texts.items():
        asked[name] = known[name].clean(text)
        parks = ParkFilter.base_filters[name].filter(parks, asked[name])
    chosen = set(parks.values_list("pk", flat=True))
    assert keys(found, found.chosen(asked)) == chosen != set()


@pytest.mark.django_db
def test_the_span_is_that_of_the_database_for_any_host_and_partner(registry):
    found = directory()
    spans = dict(Park.objects.with_span().values_list("pk", "span"))
    assert {key: value for value in Span.values for key in keys(found, found.facets["span"].having(value))} == spans
    assert set(spans.values()) == set(Span.values)


@pytest.mark.django_db
def test_counts_are_those_of_the_parks_that_choosing_a_value_leaves(registry):
    found, known = directory(), ParkFilter.known()
    among = found.chosen({"status": "ACTIVE"})
    for facet, parameter in {"province": "within", "partner": "partner", "industry": "industry"}.items():
        counts = found.counts(facet, among)
        assert counts
        for value, count in counts.items():
            model = known[parameter].model
            one = model.objects.get(pk=value)
            parks = ParkFilter.base_filters[parameter].filter(Park.objects.filter(status="ACTIVE"), one)
            assert count == parks.count() == (among & found.chosen({parameter: one})).bit_count()


@pytest.mark.django_db
def test_figures_are_those_that_a_total_may_count(registry):
    area = make_indicator("area")
    counting = ({}, {"value_high": "1000"}, {"precision": "ABOUT"})
    others = (
        {"kind": "TARGET"},
        {"value_high": "2000"},
        {"cumulative": True},
        {"scope": "start-up area"},
        {"value": None, "growth_percent": "3"},
    )
    for number, fields in enumerate((*counting, *others)):
        make_observation(park(number), area, period="2021", **fields)
    make_observation(park(1), area, period="2022-H1")
    found = directory()
    figures = found.facets[FIGURES]
    assert {each: keys(found, figures.having(each)) for each in figures} == {
        (area.pk, "2021"): {park(0).pk, park(1).pk, park(2).pk},
        (area.pk, "2022-H1"): {park(1).pk},
    }
    assert found.counts(FIGURES, found.chosen({"slug": "park-1"})) == dict.fromkeys(figures, 1)
    assert found.counts(FIGURES, 0) == {}


@pytest.mark.django_db
@pytest.mark.parametrize("order", ORDERS)
def test_an_order_is_that_of_the_database_page_by_page(registry, order):
    found = directory()
    among = found.chosen({"status": "ACTIVE"})
    parks = [*Park.objects.filter(status="ACTIVE").order_by(*ORDERS[order]).values_list("pk", flat=True)]
    assert [key for first in range(0, 64, 10) for key in found.page(among, order, first, 10)] == parks


@COMMITTED
@pytest.mark.parametrize(
    ("written", "queries"),
    [({"summary_en": "Told anew"}, 0), ({"name_en": "Aardvark Park"}, 1), ({"established": "1999"}, 1)],
)
def test_an_order_is_read_anew_only_where_what_it_sorts_by_was_written(
    registry, written, queries, django_assert_num_queries
):
    directory().page(directory().parks, "name_en", 0, 10)
    with change():
        Park.objects.filter(slug="park-4").update(**written)
    found = directory()
    with django_assert_num_queries(queries):
        told = found.page(found.parks, "name_en", 0, 1000)
    assert told == [*Park.objects.order_by("name_en", "pk").values_list("pk", flat=True)]


@COMMITTED
def test_an_order_that_tells_more_than_its_directory_is_not_handed_on(registry):
    found, park = directory(), Park.objects.get(slug="park-4")
    name = park.name_en
    for each in ("Aardvark Park", name):
        with change():
            Park.objects.filter(pk=park.pk).update(name_en=each)
        if each != name:
            # asked for by a request that got its directory before
            found.page(found.parks, "name_en", 0, 10)
    newest = directory()
    in_order = [*Park.objects.order_by("name_en", "pk").values_list("pk", flat=True)]
    assert newest.page(newest.parks, "name_en", 0, 1000) == in_order


@pytest.mark.django_db
def test_what_was_changed_last_comes_first(registry):
    with change():
        make_remark(Park.objects.get(slug="park-9"))
    with change():
        Park.objects.filter(slug="park-4").update(name_en="Another name")
    found = directory()
    first = Park.objects.in_bulk(found.page(found.parks, CHANGED, 0, 2))
    assert [first[key].slug for key in found.page(found.parks, CHANGED, 0, 2)] == ["park-4", "park-9"]


@pytest.mark.django_db
def test_a_park_stands_at_its_own_place_or_at_its_host(registry):
    found = directory()
    shown = {found.keys[place]: (found.longitudes[place], found.latitudes[place]) for place in range(found.size)}
    for park in Park.objects.select_related("host"):
        place = park if park.latitude is not None else park.host
        if place.latitude is not None:
            assert shown[park.pk] == (float(place.longitude), float(place.latitude))
        else:
            assert shown[park.pk] == (999.0, 999.0)
    own = Park.objects.filter(latitude__isnull=False).values_list("pk", flat=True)
    assert keys(found, found.at_own_place) == set(own)


# --- Keeping up -------------------------------------------------------------------------------------------------------


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def park(number) -> Park:
    return Park.objects.get(slug=f"park-{number}")


EDITS = {
    "a new park": lambda: make_park("new", host="320281"),
    "a new park with a role": lambda: make_role(make_park("newer"), division="SG"),
    "a park renamed": lambda: Park.objects.filter(slug="park-3").update(name_en="Zuletzt", name_zh="最后"),
    "a park moved": lambda: Park.objects.filter(slug="park-3").update(host="110000", latitude=None, longitude=None),
    "a park with another status": lambda: Park.objects.filter(slug="park-3").update(status="PROPOSED"),
    "a park with another date": lambda: Park.objects.filter(slug="park-3").update(established="1988"),
    "a park deleted": lambda: Park.objects.get(slug="park-7").delete(),
    "all parks of a host": lambda: Park.objects.filter(host="SG").update(is_programme=True),
    "a role more": lambda: make_role(park(5), "LAND", division="SG"),
    "a role less": lambda: CoManagementRole.objects.filter(park=park(8)).delete(),
    "a role given to another park": lambda: CoManagementRole.objects.filter(park=park(9)).update(park=park(13)),
    "a role of another party": lambda: CoManagementRole.objects.filter(park=park(9)).update(division="110000"),
    "an industry more": lambda: make_park_industry(park(5), make_industry("new")),
    "an industry less": lambda: ParkIndustry.objects.filter(park=park(4)).delete(),
    "a body of another division": lambda: Body.objects.exclude(slug="nobodys").update(division="SG"),
    "a body of no division": lambda: Body.objects.exclude(slug="nobodys").update(division=None),
    "a division elsewhere": lambda: Division.objects.filter(code="321282").update(latitude="33", longitude="121"),
    "a division that has a place": lambda: Division.objects.filter(code="SG").update(latitude="1", longitude="103"),
    "a figure more": lambda: make_observation(park(5), make_indicator("area"), period="2021"),
    "a figure given to another park": lambda: Observation.objects.filter(period="2021").update(park=park(6)),
    "a figure that is a target now": lambda: Observation.objects.filter(period="2021").update(kind="TARGET"),
    "a figure that counts again": lambda: Observation.objects.filter(period="2021").update(kind="ACTUAL"),
    "a figure less": lambda: Observation.objects.filter(period="2021").delete(),
    "a park disputed": lambda: make_citation(park(1), stance="DISPUTES"),
    "a fact disputed": lambda: make_citation(make_remark(park(2)), stance="DISPUTES"),
    "a dispute withdrawn": lambda: Citation.objects.filter(stance="DISPUTES").last().delete(),
    "a dispute turned": lambda: Citation.objects.filter(stance="DISPUTES").update(stance="SUPPORTS", stated_value=""),
    "a disputed fact deleted": lambda: CoManagementRole.objects.filter(park=park(13)).delete(),
    "SQL by hand": lambda: sql("UPDATE parks_park SET status = 'MERGED' WHERE slug = %s", "park-2"),
    "SQL by hand deletes": lambda: sql("DELETE FROM parks_comanagementrole WHERE function = %s", "LAND"),
    "something else": lambda: make_source("other"),
}


@COMMITTED
def test_no_edit_leaves_the_directory_stale(registry):
    assert is_up_to_date()
    for told_as, edit in EDITS.items():
        edit()
        assert is_up_to_date(), told_as
    with change():
        for edit in (EDITS["a park renamed"], EDITS["a role more"]):
            with transaction.atomic():
                sql("DELETE FROM parks_comanagementrole WHERE function = %s", "LAND")
                edit()
    assert is_up_to_date()


@COMMITTED
def test_after_an_edit_only_what_it_wrote_to_is_read_again(registry):
    before = directory()
    Park.objects.filter(slug="park-3").update(status="PROPOSED")
    with CaptureQueriesContext(connection) as asked:
        after = directory()
    # the changes since, and again in its turn; what is settled; what was written to; the park, its roles, its
    # industries and figures; all disputes, and what they dispute; on PostgreSQL, which edits are open
    assert len(asked) <= 12
    assert [query["sql"] for query in asked if 'FROM "parks_' in query["sql"] and "WHERE" not in query["sql"]] == []
    assert after.keys == before.keys
    with CaptureQueriesContext(connection) as asked:
        assert directory() is after
    # the changes since
    assert len(asked) == 1


@COMMITTED
def test_a_park_that_comes_back_has_its_place_again(registry):
    before = directory()
    gone = park(7)
    key, sites = gone.pk, list(gone.roles.all())
    gone.delete()
    assert key not in keys(directory(), directory().parks)
    gone.pk = key
    gone.save(force_insert=True)
    for role in sites:
        role.save(force_insert=True)
    assert is_up_to_date()
    assert directory().places[key] == before.places[key]


@COMMITTED
def test_within_a_transaction_it_tells_what_that_has_written(registry):
    before = told(directory())
    with transaction.atomic():
        Park.objects.filter(slug="park-3").update(status="PROPOSED")
        assert keys(directory(), directory().chosen({"status": "PROPOSED"})) == {park(3).pk}
        Park.objects.filter(slug="park-4").update(status="PROPOSED")
        assert keys(directory(), directory().chosen({"status": "PROPOSED"})) == {park(3).pk, park(4).pk}
        transaction.set_rollback(True)
    assert told(directory()) == before


@COMMITTED
def test_a_registry_that_is_emptied_is_read_anew(registry):
    directory()
    for _turn in range(2):
        call_command("flush", verbosity=0, interactive=False)
        assert told(directory())["parks"] == set()
        # The numbers of changes and parks come again.
        make_park("another", host="320281")
        assert is_up_to_date()
        assert told(directory())["parks"] == {Park.objects.get().pk}


@COMMITTED
@pytest.mark.skipif(not POSTGRESQL, reason="on SQLite, one edit begins when the last has ended")
def test_an_edit_that_began_earlier_and_ends_later_is_not_missed(registry):
    directory()
    with open_edit(lambda: make_park("slow", host="320281")):
        make_park("quick", host="320281")
        assert is_up_to_date()
        make_role(Park.objects.get(slug="quick"), "LAND", division="SG")
        # What is newer than the open edit is not read again each time.
        after = directory()
        assert directory() is after
        assert is_up_to_date()
    assert is_up_to_date()
    assert Park.objects.get(slug="slow").pk in keys(directory(), directory().parks)


@COMMITTED
def test_threads_that_ask_at_once_get_the_same(registry):
    directory()
    Park.objects.filter(slug="park-3").update(status="PROPOSED")
    ready, answers = Barrier(4), []

    def ask():
        try:
            ready.wait(20)
            answers.append(directory())
        finally:
            connection.close()

    threads = [Thread(target=ask) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert len({id(answer) for answer in answers}) == 1
    assert keys(answers[0], answers[0].chosen({"status": "PROPOSED"})) == {park(3).pk}
