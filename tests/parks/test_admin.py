"""The list of parks, the page of a park, and who may do what there."""

import pytest
from django.urls import reverse

from parks.models import CoManagementRole, Industry, Park
from sources.models import Citation
from tests.admin import list_of, page_of, save
from tests.factories import (
    make_agreement,
    make_body,
    make_citation,
    make_division,
    make_event,
    make_identifier,
    make_industry,
    make_observation,
    make_park,
    make_park_agreement,
    make_park_industry,
    make_park_name,
    make_park_statement,
    make_remark,
    make_role,
    make_share,
    make_site,
    make_source,
)
from tests.people import logged_in, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return logged_in(make_person("editors"))


def make_full_park(number: int) -> Park:
    """A park with `number` facts of each kind, each cited."""
    park = make_park()
    for count in range(number):
        year = str(2000 + count)
        body = make_body(division="320281")
        facts = [
            make_role(park, division="320281", body=body, since=year, until=year, agreement=make_agreement()),
            make_share(park, body=body, since=year, until=year, agreement=make_agreement()),
            make_site(park, since=year),
            make_park_name(park, f"Name {count}"),
            make_identifier(park),
            make_park_industry(park),
            make_observation(park),
            make_event(park, date=year),
            make_remark(park, text_en=year),
            make_park_agreement(park),
            make_park_statement(park),
        ]
        for fact in [park, *facts]:
            make_citation(fact)
    return park


def found(client, query: str) -> list[str]:
    page = client.get(f"{list_of(Park)}?{query}")
    assert page.status_code == 200
    return [park.slug for park in page.context["cl"].result_list]


# --- The list -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Jiangyin-Jing",
        "jiangyin jingjiang",
        "靖江工业",
        "Jiangyin Jingjiang Gongye",
        "江阴经济开发区",
        "S329100",
        "east",
    ],
)
def test_parks_are_found_by_any_name_and_identifier(editor, text):
    park = make_park("east", name_en="Jiangyin-Jingjiang Industrial Park", name_zh="江阴靖江工业园区")
    make_park_name(park, "Jiangyin Jingjiang Gongye Yuanqu", language="zh-Latn", kind="TRANSLITERATION")
    make_park_name(park, "江阴经济开发区靖江园区", kind="FORMER", until="2006")
    make_identifier(park, "S329100")
    make_park("west", name_en="Elsewhere")
    assert found(editor, f"q={text}") == ["east"]


def test_parks_are_filtered(editor):
    east = make_park("east", host="321282", status="ACTIVE", established="2003")
    make_role(east, "OPERATIONS", division="320281")
    make_role(east, "SOCIAL_MANAGEMENT", division="321282")
    shipbuilding = make_industry("shipbuilding")
    make_park_industry(east, shipbuilding)
    west = make_park("west", host="510104", status="CLOSED", established="2010-05")
    make_citation(west, stance="DISPUTES", field="established")
    for query, slugs in {
        "province=320000": ["east"],
        "province=510000": ["west"],
        "within=321200": ["east"],
        "within=321282": ["east"],
        "partner=320281": ["east"],
        "partner=510104": [],
        "span=PREFECTURE": ["east"],
        "span=NONE": ["west"],
        "function=OPERATIONS": ["east"],
        "function=LAND": [],
        f"industry={shipbuilding.pk}": ["east"],
        "status__exact=CLOSED": ["west"],
        "established_from=2004": ["west"],
        "established_to=2003": ["east"],
        "established_from=2003-05&established_to=2010": ["east", "west"],
        "established_from=2010-06": [],
        "evidence=any-disputed": ["west"],
        "evidence=any-uncited": ["east", "west"],
        "evidence=disputed": ["west"],
        "province=320000&function=LAND": [],
    }.items():
        assert found(editor, query) == slugs, query


@pytest.mark.parametrize("query", ["established_from=2003-13", "established_to=x"])
def test_a_bad_date_in_a_filter_is_told_and_ignored(editor, query):
    make_park("east")
    page = editor.get(f"{list_of(Park)}?{query}")
    assert "is not a date. Write a year" in page.content.decode()
    assert len(page.context["cl"].result_list) == 1


@pytest.mark.parametrize("query", ["industry=abc", "status__exact=GONE", "p=99", "p=x", "o=99", "span=X"])
def test_a_bad_filter_is_no_crash(editor, query):
    make_park()
    assert editor.get(f"{list_of(Park)}?{query}", follow=True).status_code == 200


def test_the_list_asks_the_database_as_often_for_three_parks_as_for_one(editor, django_assert_num_queries):
    for number in (1, 3):
        while Park.objects.count() < number:
            make_full_park(2)
        editor.get(list_of(Park))
        # session, person, permissions of the person and of groups; the provinces to filter by; how many parks, the
        # parks; eleven kinds of facts, and seven of what they refer to; the citations of all, and their sources
        with django_assert_num_queries(28):
            page = editor.get(list_of(Park))
        assert len(page.context["cl"].result_list) == number


def test_the_list_tells_what_people_need(editor):
    park = make_park("east", name_en="East", name_zh="东园", established="2003")
    make_role(park, division="320281")
    make_citation(park, stance="DISPUTES", field="established")
    text = editor.get(list_of(Park)).content.decode()
    for part in ("East", "东园", "Division 321282", "区划321200 · 区划320000", "Division 320281", "Prefecture", "2003"):
        assert part in text
    assert "1 disputed" in text


def test_facts_are_listed_across_parks_with_as_many_queries_for_three_as_for_one(editor, django_assert_num_queries):
    for number in (1, 3):
        while CoManagementRole.objects.count() < number:
            make_full_park(1)
        editor.get(list_of(CoManagementRole))
        # session, person, permissions of the person and of groups; how many roles, the roles; citations, sources
        with django_assert_num_queries(8):
            page = editor.get(list_of(CoManagementRole))
        assert len(page.context["cl"].result_list) == number


def test_uncited_and_disputed_facts_are_found(editor):
    cited, uncited, disputed = make_role(), make_role(), make_role()
    make_citation(cited)
    make_citation(disputed, stance="DISPUTES")
    for query, roles in {"evidence=uncited": {uncited, disputed}, "evidence=disputed": {disputed}}.items():
        page = editor.get(f"{list_of(CoManagementRole)}?{query}")
        assert set(page.context["cl"].result_list) == roles, query


# --- The page of a park ---------------------------------------------------------------------------------------------


def test_the_page_asks_the_database_as_often_for_three_facts_of_each_kind_as_for_one(editor, django_assert_num_queries):
    for number in (1, 3):
        park = make_full_park(number)
        editor.get(page_of(park))
        # session, person, permissions of the person and of groups; the park, its version, its host; in twelve tabs how
        # many rows, the rows, and in eleven of them their citations; who does what: the roles and their citations
        with django_assert_num_queries(44):
            page = editor.get(page_of(park))
        assert page.status_code == 200
        assert [len(rows.formset.initial_forms) for rows in page.context["inline_admin_formsets"]] == [number] * 12


def test_every_kind_of_fact_has_a_tab(editor):
    page = editor.get(page_of(make_park())).content.decode()
    for title in (
        "Roles",
        "Shares",
        "Sites",
        "Names",
        "Identifiers",
        "Industries",
        "Figures",
        "Events",
        "Remarks",
        "Agreements",
        "Statements",
        "Citations",
    ):
        assert title in page


def test_more_facts_than_a_page_of_a_tab_holds_are_told_page_by_page(editor):
    park = make_park()
    for number in range(25):
        make_park_name(park, f"Name {number}")
    first = editor.get(page_of(park))
    assert len(first.context["inline_admin_formsets"][3].formset.initial_forms) == 20
    second = editor.get(page_of(park) + "?names-page=2")
    assert len(second.context["inline_admin_formsets"][3].formset.initial_forms) == 5
    assert save(editor, page_of(park) + "?names-page=2", **{"names-0-language": "en"}).status_code == 302
    assert park.names.get(name="Name 20").language == "en"


def test_a_lasting_slug_is_not_changed(editor):
    park = make_park("east")
    assert save(editor, page_of(park), slug="west").status_code == 302
    park.refresh_from_db()
    assert park.slug == "east"


def test_a_citation_is_added_in_the_tab_of_the_park(editor):
    park, source = make_park(), make_source()
    prefix = "sources-citation-content_type-object_id"
    row = {
        "source": source.pk,
        "field": "established",
        "stance": "DISPUTES",
        "stated_value": "1992",
        "confidence": "LOW",
    }
    answer = save(
        editor,
        page_of(park),
        **{f"{prefix}-TOTAL_FORMS": "1", **{f"{prefix}-0-{name}": value for name, value in row.items()}},
    )
    assert answer.status_code == 302
    assert park.citations.values_list("field", "stance", "stated_value").get() == ("established", "DISPUTES", "1992")


# --- Who may do what ------------------------------------------------------------------------------------------------


def test_an_outsider_is_sent_to_log_in(client):
    park = make_park()
    for address in (reverse("admin:index"), list_of(Park), page_of(park), page_of(park, "history")):
        assert client.get(address).url == f"{reverse('admin:login')}?next={address}"
    outsider = logged_in(make_person())
    assert outsider.get(page_of(park)).status_code == 302


def test_a_reader_sees_and_changes_nothing():
    reader, park = logged_in(make_person("readers")), make_full_park(1)
    page = reader.get(page_of(park))
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert "Source for this edit" not in page.content.decode()
    assert reader.get(page_of(park, "history")).status_code == 200
    for address in (page_of(park), page_of(park, "delete"), list_of(Park, "add")):
        assert reader.post(address, {"post": "yes", "name_en": "Mine"}).status_code == 403
    assert Park.objects.get().name_en == park.name_en


def test_an_editor_changes_facts_but_deletes_no_park(editor):
    park = make_park()
    assert save(editor, page_of(park), name_en="Better").status_code == 302
    assert editor.post(page_of(park, "delete"), {"post": "yes"}).status_code == 403
    assert Park.objects.get().name_en == "Better"


def test_an_editor_leaves_divisions_and_vocabularies_to_stewards(editor):
    steward = logged_in(make_person("stewards"))
    division, industry = make_division("320281"), make_industry()
    for record, name in ((division, "name_en"), (industry, "name_en")):
        assert editor.get(page_of(record)).status_code == 200
        assert editor.post(page_of(record), {name: "Mine"}).status_code == 403
        assert save(steward, page_of(record), **{name: "Ours"}).status_code == 302
        record.refresh_from_db()
        assert record.name_en == "Ours"
    assert editor.get(list_of(Industry, "add")).status_code == 403


def test_a_steward_deletes_a_park_with_its_facts_and_history_stays():
    steward, park = logged_in(make_person("stewards")), make_full_park(1)
    answer = steward.post(page_of(park, "delete"), {"post": "yes"})
    assert answer.status_code == 302
    assert not Park.objects.exists()
    assert not CoManagementRole.objects.exists()
    assert Citation.objects.filter(object_id=str(park.pk), content_type__model="park").count() == 0


def test_what_others_refer_to_is_not_deleted_and_the_page_says_by_whom():
    steward = logged_in(make_person("stewards"))
    role = make_role()
    for answer in (
        steward.get(page_of(role.division, "delete")),
        steward.post(page_of(role.division, "delete"), {"post": "yes"}),
    ):
        assert "would require deleting the following protected related objects" in answer.content.decode()
    role.division.refresh_from_db()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_pages_speak_the_chosen_language(editor, language):
    park = make_park()
    editor.post(reverse("set_language"), {"language": language, "next": "/"})
    page = editor.get(page_of(park)).content.decode()
    assert ("Source for this edit" in page, "本次编辑的来源" in page) == (language == "en", language != "en")
