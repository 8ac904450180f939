"""Parks and their facts over REST: what is written."""

from core.models import Change, Version
from parks.models import CoManagementRole, Park
from tests.factories import (
    make_agreement,
    make_citation,
    make_division,
    make_identifier,
    make_industry,
    make_park,
    make_remark,
    make_role,
    make_source,
    make_statement,
    make_whole_park,
)
from tests.rest import HOST, get, send

PARKS = "/api/v1/parks/"
ROLES = "/api/v1/co-management-roles/"


def slugs(client, **query):
    return [each["slug"] for each in get(client, PARKS, **query)["results"]]


def test_a_park_is_made_with_its_facts(editor):
    make_division("320281")
    make_division("321282")
    make_agreement("treaty")
    make_industry("ships")
    statement = make_statement()
    response = editor.post(
        PARKS,
        {
            "slug": "jiangyin-jingjiang",
            "name_en": "Jiangyin-Jingjiang 🚢",
            "name_zh": "江阴—靖江",
            "summary_en": "مرحبا \u200f(right to left) 👩🏽‍🔧",
            "host": "321282",
            "established": "2003",
            "names": [{"name": "江阴园区", "language": "zh", "kind": "FORMER", "until": "2006-07-06"}],
            "roles": [
                {"function": "OPERATIONS", "division": "320281", "agreement": "treaty", "since": "2003"},
                {"function": "SOCIAL_MANAGEMENT", "division": {"code": "321282", "name_en": "whatever"}},
            ],
            "shares": [{"subject": "TAX_REVENUE", "division": "320281", "percent": "50"}],
            "industries": ["ships"],
            "agreements": [{"slug": "treaty"}],
            "statements": [{"statement": statement.id}],
            "change_reason": "First entry",
        },
    )
    assert response.status_code == 201, response.json()
    assert response["Location"] == f"{HOST}/parks/jiangyin-jingjiang/"
    told = get(editor, f"{PARKS}jiangyin-jingjiang/")
    assert response.json() == told
    assert response["ETag"] == editor.get(f"{PARKS}jiangyin-jingjiang/")["ETag"]
    assert (told["name_en"], told["summary_en"]) == ("Jiangyin-Jingjiang 🚢", "مرحبا \u200f(right to left) 👩🏽‍🔧")
    assert [(each["function"], each["division"]["code"]) for each in told["roles"]] == [
        ("OPERATIONS", "320281"),
        ("SOCIAL_MANAGEMENT", "321282"),
    ]
    assert (told["industries"][0]["code"], told["agreements"][0]["slug"]) == ("ships", "treaty")
    assert [(each["statement"], each["summary_en"]) for each in told["statements"]] == [
        (statement.id, "Both sides gain.")
    ]
    change = Change.objects.latest("id")
    assert (change.origin, change.person.username, change.reason) == ("API", "editor", "First entry")


def test_what_is_read_can_be_put_back_and_changes_nothing(editor):
    make_whole_park("suxitong")
    before = Version.objects.count()
    told = get(editor, f"{PARKS}suxitong/", expand="citations", on="2010")
    response = send(editor, "put", f"{PARKS}suxitong/", told)
    assert response.status_code == 200, response.json()
    assert Version.objects.count() == before
    told["name_en"] = "Another name"
    told["roles"][0]["since"] = "2004-01"
    told["roles"].append({"function": "FINANCE", "division": "321282"})
    del told["events"][0]
    response = send(editor, "put", f"{PARKS}suxitong/", told)
    assert response.status_code == 200, response.json()
    park = Park.objects.get()
    assert (park.name_en, park.events.count()) == ("Another name", 0)
    assert list(park.roles.order_by("id").values_list("function", "since")) == [
        ("OPERATIONS", "2004-01"),
        ("FINANCE", ""),
    ]
    written = Version.objects.order_by("id")[before:]
    assert sorted((each.model, each.operation) for each in written) == [
        ("parks.comanagementrole", "CHANGED"),
        ("parks.comanagementrole", "CREATED"),
        ("parks.event", "DELETED"),
        ("parks.park", "CHANGED"),
    ]


def test_a_patch_leaves_alone_what_it_does_not_name(editor):
    park = make_whole_park("suxitong")
    role = park.roles.get()
    response = send(editor, "patch", f"{PARKS}suxitong/", {"roles": [{"id": role.id, "note": "by letter"}]})
    assert response.status_code == 200, response.json()
    role.refresh_from_db()
    assert (role.note, role.since, park.shares.count()) == ("by letter", "2003", 1)
    assert send(editor, "patch", f"{PARKS}suxitong/", {"roles": []}).json()["roles"] == []
    assert park.shares.count() == 1


def test_rows_told_without_their_ids_are_still_the_same_rows(editor):
    park = make_whole_park("suxitong")
    make_citation(park.industries.get())
    before = Version.objects.count()
    code = park.industries.get().industry.code
    response = send(
        editor,
        "patch",
        f"{PARKS}suxitong/",
        {"industries": [code], "agreements": [park.agreements.get().agreement.slug]},
    )
    assert response.status_code == 200, response.json()
    assert Version.objects.count() == before


def test_periods_that_meet_can_be_moved_together_in_either_direction(editor):
    park = make_park("suxitong")
    first = make_role(park, since="2003", until="2006")
    second = make_role(park, since="2006")
    for year in ("2009", "2005"):
        rows = [{"id": first.id, "until": year}, {"id": second.id, "since": year}]
        for given in (rows, rows[::-1]):
            response = send(editor, "patch", f"{PARKS}suxitong/", {"roles": given})
            assert response.status_code == 200, response.json()
    assert list(park.roles.values_list("since", "until")) == [("2003", "2005"), ("2005", "")]


def test_rows_can_swap_what_makes_each_unique_and_keep_their_citations(editor):
    park = make_park("suxitong")
    first, second = make_identifier(park, "A"), make_identifier(park, "B")
    make_citation(first)
    rows = [{"id": first.id, "value": "B"}, {"id": second.id, "value": "A"}]
    response = send(editor, "patch", f"{PARKS}suxitong/", {"identifiers": rows})
    assert response.status_code == 200, response.json()
    assert list(park.identifiers.order_by("id").values_list("id", "value")) == [(first.id, "B"), (second.id, "A")]
    assert first.citations.count() == 1


def test_a_row_can_take_the_place_of_one_that_goes(editor):
    park = make_park("suxitong")
    make_role(park, since="2003")
    response = send(
        editor,
        "patch",
        f"{PARKS}suxitong/",
        {"roles": [{"function": "OPERATIONS", "division": "320281", "since": "2004"}]},
    )
    assert response.status_code == 200, response.json()
    assert list(park.roles.values_list("since", flat=True)) == ["2004"]


def test_an_edit_from_a_source_is_kept_with_the_change_and_cited(editor):
    park = make_park("suxitong")
    make_source("daily")
    make_division("320281")
    response = send(
        editor,
        "patch",
        f"{PARKS}suxitong/",
        {
            "name_en": "Suxitong Science Park",
            "roles": [{"function": "OPERATIONS", "division": "320281"}],
            "source": "daily",
            "source_locator": "¶2",
            "source_confidence": "MEDIUM",
            "change_reason": "From the paper",
        },
    )
    assert response.status_code == 200, response.json()
    change = Change.objects.latest("id")
    assert (change.source, change.reason) == ("daily", "From the paper")
    [name] = park.citations.all()
    [role] = park.roles.get().citations.all()
    assert [(each.source.slug, each.field, each.locator, each.confidence) for each in (name, role)] == [
        ("daily", "name_en", "¶2", "MEDIUM"),
        ("daily", "", "¶2", "MEDIUM"),
    ]


def test_a_fact_is_made_changed_and_deleted_as_a_row(editor):
    make_park("suxitong")
    make_division("320281")
    response = editor.post(ROLES, {"park": "suxitong", "function": "OPERATIONS", "division": "320281"})
    assert response.status_code == 201, response.json()
    path = response["Location"].removeprefix("http://testserver")
    assert send(editor, "patch", path, {"since": "2003"}).json()["since"] == "2003"
    gone = editor.delete(path, {"change_reason": "A mistake"}, headers={"If-Match": editor.get(path)["ETag"]})
    assert (gone.status_code, gone.content) == (204, b"")
    assert not CoManagementRole.objects.exists()
    assert Change.objects.latest("id").reason == "A mistake"


def test_every_change_of_a_park_and_its_facts_is_told_newest_first(editor):
    make_division("320281")
    make_division("321282")
    editor.post(PARKS, {"slug": "suxitong", "name_en": "Park", "host": "321282", "change_reason": "New"})
    send(
        editor, "patch", f"{PARKS}suxitong/", {"host": "320281", "remarks": [{"kind": "CHALLENGE", "text_en": "Wind"}]}
    )
    told = get(editor, f"{PARKS}suxitong/changes/")
    assert told["count"] == 2
    newest, oldest = told["results"]
    remark = Park.objects.get().remarks.get()
    assert (newest["person"], newest["origin"], oldest["reason"]) == ("editor", "API", "New")
    assert newest["rows"] == [
        {
            "record": "park:suxitong",
            "label": "park",
            "operation": "CHANGED",
            "fields": [{"field": "host", "old": "321282", "new": "320281"}],
        },
        {
            "record": f"remark:{remark.id}",
            "label": "remark",
            "operation": "CREATED",
            "fields": [
                {"field": "park", "old": None, "new": "suxitong"},
                {"field": "kind", "old": None, "new": "CHALLENGE"},
                {"field": "text_en", "old": None, "new": "Wind"},
            ],
        },
    ]


def test_a_park_that_is_deleted_takes_its_facts_along(steward):
    make_remark(make_park("suxitong"))
    assert send(steward, "delete", f"{PARKS}suxitong/").status_code == 204
    assert not Park.objects.exists()
