"""The names of records as a search matches them, and the index that finds them by one, two and more characters."""

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from agreements.models import Agreement
from cities.models import Division
from core.grams import HasGrams, grams, lay_after_migrate
from core.history import change
from core.known import known_at
from core.models import Change, RecordNames
from core.names import joined, named, ranked, refresh
from core.text import DASHES, squeezed
from parks.models import Park
from tests.factories import make_agreement, make_division, make_park, make_park_name


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
            names = list(map(squeezed, names))
            if asked and all(any(word in name for name in names) for word in asked):
                fits = (whole in names, any(name.startswith(whole) for name in names), any(whole in n for n in names))
                expected.append((fits.index(True) if any(fits) else 3, 0, str(key)))
        assert list(ranked([Park], text)) == sorted(expected)


@pytest.fixture
def registry(db):
    make_division("320281", name_en="Jiangyin", name_zh="江阴市", pinyin="Jiangyin")
    make_division("340600", name_en="Huaibei", name_zh="淮北市", pinyin="Huaibei")
    park = make_park("north", host="320281", name_en="Jiangyin-Jingjiang Park", name_zh="江阴—靖江工业园区")
    make_park_name(park, "澄靖园", kind="FORMER", until="2006")
    make_park("south", host="320281", name_en="South", name_zh="")
    make_agreement("treaty", title_en="Agreement on the Jiangyin park", title_zh="关于江阴园区的协议")
    for model in (Park, Division, Agreement):
        refresh(model, model.objects.values_list("pk", flat=True))


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


def test_what_is_there_is_not_written_again(registry, django_assert_num_queries):
    before = list(RecordNames.objects.order_by("id").values())
    # its names, one query for each of four fields, and what is kept
    with django_assert_num_queries(5):
        refresh(Division, ["320281"])
    assert list(RecordNames.objects.order_by("id").values()) == before


def test_names_replace_those_before_and_go_with_their_record(registry):
    Division.objects.filter(code="340600").update(name_en="Xiangcheng")
    refresh(Division, ["340600"])
    assert (found(Division, "huaibei"), found(Division, "xiang")) == (["340600"], ["340600"])
    Division.objects.filter(code="340600").update(pinyin="")
    refresh(Division, ["340600"])
    assert (found(Division, "huaibei"), found(Division, "xiang")) == ([], ["340600"])
    Division.objects.filter(code="340600").delete()
    refresh(Division, ["340600"])
    assert (found(Division, "xiang"), RecordNames.objects.filter(key="340600").count()) == ([], 0)


def test_all_names_are_kept_squeezed(registry):
    assert dict(RecordNames.objects.filter(kind="parks.park").values_list("key", "names")) == {
        str(Park.objects.get(slug="north").pk): "\njiangyinjingjiangpark\n江阴靖江工业园区\n澄靖园\n\n",
        str(Park.objects.get(slug="south").pk): "\nsouth\n\n",
    }


# --- Looking back and laying -----------------------------------------------------------------------------------------


def test_who_looks_back_finds_the_names_of_then(registry):
    then = Change.objects.latest("at").at
    with change():
        Park.objects.filter(slug="north").update(name_en="Renamed")
    north = Park.objects.get(slug="north").pk
    refresh(Park, [north])
    assert (found(Park, "jiangyin"), found(Park, "renamed")) == ([], [north])
    with known_at(then):
        assert (found(Park, "jiangyin jing"), found(Park, "renamed"), found(Division, "320281")) == (
            [north],
            [],
            ["320281"],
        )


def test_an_index_that_was_lost_is_laid_anew(registry):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP INDEX core_recordnames_grams")
        else:
            cursor.execute("DROP TRIGGER names_added")
            refresh(Park, [make_park("west", name_en="West").pk])
            assert found(Park, "west") == []
    lay_after_migrate()
    refresh(Park, [make_park("east", name_en="East").pk])
    assert [len(found(Park, text)) for text in ("jiangyin", "east")] == [1, 1]


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
