"""The names of records as a search matches them, and the index that finds them by one, two and more characters."""

import json

import pytest
from django.conf import settings
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from agreements.models import Agreement, AgreementParty, Clause
from cities.models import Division
from core.documents import end_edit
from core.finding import named, ranked
from core.grams import HasGrams, grams, lay_after_migrate
from core.history import change
from core.known import known_at
from core.models import Change, RecordNames
from core.names import forms, joined, keep_names
from core.pinyin import read_aloud
from core.text import DASHES, squeezed
from parks.models import BenefitShare, CoManagementRole, Event, Observation, Park, ParkName
from tests.factories import (
    make_agreement,
    make_agreement_party,
    make_body,
    make_clause,
    make_division,
    make_event,
    make_identifier,
    make_observation,
    make_park,
    make_park_name,
    make_role,
    make_share,
)


def found(model, *texts):
    return sorted(model.objects.filter(named(model, *texts)).values_list("pk", flat=True))


# --- Squeezed ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Jiangyin-Jingjiang  Park (East)", "jiangyinjingjiangparkeast"),
        ("江苏江阴—靖江工业园区", "江苏江阴靖江工业园区"),
        ("江苏江阴一靖江工业园区", "江苏江阴靖江工业园区"),
        ("一岭六县", "一岭六县"),
        ("深圳（哈尔滨）产业园区", "深圳哈尔滨产业园区"),
        ("Jiāngyīn Lǜsè", "jiangyinluse"),
        ("Ａ１ Straße", "a1strasse"),
        ("“·” – %_", ""),
    ],
)
def test_a_text_is_squeezed_to_its_letters_and_digits(written, expected):
    assert squeezed(written) == expected


@pytest.mark.parametrize("dash", [*DASHES, "一", " - ", ""])
def test_a_name_is_squeezed_to_the_same_whichever_dash_it_has(dash):
    assert squeezed(f"江阴{dash}靖江工业园区") == "江阴靖江工业园区"


def test_the_grams_of_a_text_have_each_of_its_characters():
    assert grams("ab") == []
    assert grams("abc") == ["abc"]
    assert grams("abcde") == ["abc", "cde"]
    assert grams("abcdefg") == ["abc", "def", "efg"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("江阴A1园", "jiangyinA1yuan"),
        ("重庆长寿", "chongqingchangshou"),
        ("重工", "zhonggong"),
        ("Park", "Park"),
    ],
)
def test_a_chinese_name_is_read_aloud_and_other_letters_stay(written, expected):
    assert read_aloud(written) == expected


def test_every_division_is_read_as_its_pinyin_says():
    rows = json.loads((settings.BASE_DIR / "fixtures" / "divisions.json").read_text(encoding="utf-8"))
    divisions = [(row["fields"]["name_zh"], row["fields"]["pinyin"]) for row in rows]
    assert len(divisions) > 3000
    assert [name for name, told in divisions if not squeezed(read_aloud(name)).startswith(squeezed(told))] == []


def test_a_division_is_also_named_without_the_word_for_its_kind():
    rows = json.loads((settings.BASE_DIR / "fixtures" / "divisions.json").read_text(encoding="utf-8"))
    short = {
        each["name_zh"]: Division.also_named(each["name_en"], each["name_zh"], each["pinyin"], "")
        for each in (row["fields"] for row in rows)
    }
    assert (short["西安市"], short["广西壮族自治区"], short["大兴安岭地区"]) == (["西安"], ["广西"], ["大兴安岭"])
    assert {name for name, told in short.items() if not told} == {
        *("奥地利", "老挝", "马来西亚", "新加坡"),
        # read otherwise without the word, or told with it
        *("蔚县", "大城县", "单县", "浚县", "芒市"),
    }


# --- Found ------------------------------------------------------------------------------------------------------------


class AnyNames(TestCase):
    """What the index finds is what plain Python finds, on each engine."""

    words = st.text("ab江阴靖园区一é1- （)'\\%_&:*\"", max_size=8)

    @given(st.lists(st.lists(words, max_size=4), max_size=5), st.lists(words, max_size=3).map(" ".join))
    def test_the_index_finds_what_python_finds(self, records, text):
        RecordNames.objects.bulk_create(
            RecordNames(kind="parks.park", key=str(key), number=key, names=joined(names))
            for key, names in enumerate(records, 1)
        )
        asked, whole = list(filter(None, map(squeezed, text.split()))), squeezed(text)
        expected = []
        for key, names in enumerate(records, 1):
            names = [form for name in names for form in forms(name)]
            if asked and all(any(word in name for name in names) for word in asked):
                fits = (whole in names, any(name.startswith(whole) for name in names), any(whole in n for n in names))
                expected.append((fits.index(True) if any(fits) else 3, 0, str(key)))
        assert list(ranked([Park], text)) == sorted(expected)


@pytest.fixture(params=["kept", "waiting"])
def registry(db, request):
    """Records whose names are kept, or have yet to be since they were written."""
    make_division("320281", name_en="Jiangyin", name_zh="江阴市", pinyin="Jiangyin")
    make_division("340600", name_en="Huaibei", name_zh="淮北市", pinyin="Huaibei")
    park = make_park("north", host="320281", name_en="Jiangyin-Jingjiang Park", name_zh="江阴—靖江工业园区")
    make_park_name(park, "澄靖园", kind="FORMER", until="2006")
    make_park("south", host="320281", name_en="South", name_zh="")
    make_agreement("treaty", title_en="Agreement on the Jiangyin park", title_zh="关于江阴园区的协议")
    if request.param == "kept":
        end_edit()


@pytest.mark.parametrize(
    "text",
    ["jiangyin jingjiang", "JIĀNG", "ng", "j", "江阴靖江", "阴", "江阴-靖江", "江阴一靖江工业园区", "澄", "澄靖园"],
)
def test_a_record_is_found_by_any_part_of_any_name(registry, text):
    assert list(Park.objects.filter(named(Park, text)).values_list("slug", flat=True)) == ["north"]


@pytest.mark.parametrize("text", ["", "%", "_", "—", "park澄靖", "江阴园", "xyz"])
def test_nothing_is_found_across_names_or_by_no_letter(registry, text):
    assert found(Park, text) == []


def test_several_texts_are_each_in_some_name(registry):
    assert found(Park, "澄靖", "jingjiang") == [Park.objects.get(slug="north").pk]
    assert found(Park, "澄靖", "huaibei") == []


def test_keys_that_are_no_numbers_are_found_too(registry):
    assert found(Division, "江阴") == found(Division, "320281") == ["320281"]
    assert found(Agreement, "协议") == [Agreement.objects.get().pk]


def test_matches_are_ranked_over_all_kinds(registry):
    park, treaty = str(Park.objects.get(slug="north").pk), str(Agreement.objects.get().pk)
    models = [Park, Division, Agreement]
    assert list(ranked(models, "jiangyin")) == [(0, 1, "320281"), (1, 0, park), (2, 2, treaty)]
    assert list(ranked(models, "park  jingjiang")) == [(3, 0, park)]
    assert list(ranked(models, "Jingjiang Park")) == [(2, 0, park)]
    assert list(ranked(models, "-")) == []


# --- Kept -------------------------------------------------------------------------------------------------------------


def kept(model) -> dict[str, str]:
    return dict(RecordNames.objects.filter(kind=model._meta.label_lower).values_list("key", "names"))


def test_all_names_are_kept_squeezed_and_as_they_are_read(db):
    park = make_park("north", name_en="Jiangyin-Jingjiang Park", name_zh="江阴—靖江园区")
    make_park_name(park, "澄靖园 A1", kind="FORMER", until="2006")
    end_edit()
    names = ["jiangyinjingjiangpark", "江阴靖江园区", "jiangyinjingjiangyuanqu", "澄靖园a1", "chengjingyuana1"]
    assert kept(Park) == {str(park.pk): "".join(f"\n{name}" for name in names) + "\n\n"}


def test_what_is_there_is_not_written_again(db, django_assert_num_queries):
    make_division("320281", name_en="Jiangyin", name_zh="江阴市", pinyin="Jiangyin")
    end_edit()
    before = kept(Division)
    # its names, and what is kept: the names, and the keys
    with django_assert_num_queries(3):
        keep_names(Division, ["320281"])
    assert kept(Division) == before


@pytest.mark.parametrize("rendered", [True, False])
def test_names_replace_those_before_and_go_with_their_record(db, rendered):
    park = make_park("north", name_en="North", name_zh="")

    def written(statement):
        with connection.cursor() as cursor:
            cursor.execute(f"{statement} WHERE id = {park.pk}")
        if rendered:
            end_edit()
        return found(Park, "North"), found(Park, "South")

    assert written("UPDATE parks_park SET name_zh = ''") == ([park.pk], [])
    assert written("UPDATE parks_park SET name_en = 'South'") == ([], [park.pk])
    assert written("DELETE FROM parks_park") == ([], [])
    assert not rendered or kept(Park) == {}


# --- Looking back and laying -----------------------------------------------------------------------------------------


def test_who_looks_back_finds_the_names_of_then(registry):
    then, north = Change.objects.latest("at").at, Park.objects.get(slug="north").pk
    with change():
        Park.objects.filter(pk=north).update(name_en="Renamed", name_zh="")
    assert (found(Park, "jiangyin"), found(Park, "renamed")) == ([], [north])
    with known_at(then):
        assert (found(Park, "jiangyin jing"), found(Park, "renamed")) == ([north], [])
        assert found(Division, "320281") == ["320281"]


def test_an_index_that_was_lost_is_laid_anew(db):
    with connection.cursor() as cursor:
        lost = "INDEX core_recordnames_grams" if connection.vendor == "postgresql" else "TRIGGER names_added"
        cursor.execute(f"DROP {lost}")
    make_park("west", name_en="West")
    end_edit()
    lay_after_migrate()
    make_park("east", name_en="East")
    end_edit()
    assert [len(found(Park, text)) for text in ("west", "east")] == [1, 1]


@pytest.mark.parametrize("text", ["jiangyin", "江", "江阴", "ji"])
def test_the_index_is_used(registry, text):
    numbers = range(10**6, 10**6 + 3000)
    others = (RecordNames(kind="parks.park", key=str(n), number=n, names=joined([f"其他 {n}"])) for n in numbers)
    RecordNames.objects.bulk_create(others)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE core_recordnames")
        if connection.vendor == "postgresql":
            # worth it among some thousands of rows only
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = RecordNames.objects.filter(HasGrams(text)).explain()
    assert "Bitmap Index Scan on core_recordnames_grams" in plan or "VIRTUAL TABLE INDEX" in plan


# --- In the admin -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "typed", "expected"),
    [
        (Park, "jiangyin 园", ["north"]),
        (Park, "江阴靖江", ["north"]),
        (Park, "south", ["south"]),
        (Park, "G-320281", ["south"]),
        (Park, "outh huaibei", []),
        (Park, "-", []),
        (Agreement, "guanyu 江阴", ["treaty"]),
        (Agreement, "reat", ["treaty"]),
        (Division, "huaibei", ["340600"]),
        (Division, "3202", ["320200", "320281"]),
    ],
)
def test_the_admin_searches_the_same_names(registry, admin_client, model, typed, expected):
    make_identifier(Park.objects.get(slug="south"), value="G-320281")
    page = admin_client.get(f"/admin/{model._meta.label_lower.replace('.', '/')}/", {"q": typed})
    assert [getattr(each, model.identity[0]) for each in page.context["cl"].result_list] == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("江阴-靖江", [CoManagementRole, BenefitShare, ParkName, Observation, Event]),
        ("jiangyin 澄靖", [CoManagementRole, BenefitShare, ParkName, Observation, Event]),
        ("江阴 — 靖江", [CoManagementRole, BenefitShare, ParkName, Observation, Event]),
        ("nort", [CoManagementRole, BenefitShare, ParkName, Observation, Event]),
        ("jiangyin gongye", [CoManagementRole, BenefitShare, ParkName, Observation, Event]),
        ("guanyu 江阴园区", [AgreementParty, Clause]),
        ("guanyu JIĀNGYĪN", [AgreementParty, Clause]),
        ("guanyu xieyi 江阴市", [AgreementParty]),
        ("guanyu 100%", [Clause]),
        ("guanyu huaibei", []),
        ("—", []),
    ],
)
def test_the_admin_searches_facts_by_the_names_of_what_they_are_of(registry, admin_client, typed, expected):
    park, treaty = Park.objects.get(slug="north"), Agreement.objects.get()
    for make in (make_role, make_share, make_observation, make_event):
        make(park)
        make(Park.objects.get(slug="south"))
    make_agreement_party(treaty, division="320281")
    make_clause(treaty, text_en="100% of it")
    found = [
        model
        for model in (CoManagementRole, BenefitShare, ParkName, Observation, Event, AgreementParty, Clause)
        if admin_client.get(f"/admin/{model._meta.label_lower.replace('.', '/')}/", {"q": typed})
        .context["cl"]
        .result_list
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("澄-江", ["committee"]), ("guanweihui cheng", ["committee"]), ("ommitte", ["committee"]), ("guanyu", [])],
)
def test_bodies_are_searched_though_none_of_their_names_are_kept(db, admin_client, typed, expected):
    make_body("committee", name_en="Administrative Committee", name_zh="澄（江）管委会")
    make_body("other", name_en="Other", name_zh="")
    page = admin_client.get("/admin/cities/body/", {"q": typed})
    assert [each.slug for each in page.context["cl"].result_list] == expected
    assert [each["slug"] for each in admin_client.get("/api/v1/bodies/", {"q": typed}).json()["results"]] == expected
