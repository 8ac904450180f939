"""How names are read, compared and looked up, apart from any protocol."""

import pytest

from agreements.models import Agreement
from cities.models import Body, Division
from core.comparing import EXACT, LIKE, SAME, compared
from core.documents import end_edit
from core.likeness import Alike, alike, is_safe
from core.models import NameKey, RecordNames
from core.names import keep_names, name_keys, names_of
from core.reading import ways_to_read
from core.wording import Wording, pieces, pieces_asked
from parks.models import Park
from tests.factories import make_agreement, make_body, make_division, make_park, make_park_name

WORDING = Wording(kinds="工业园区 园区 园$ industrial park the", loose="科技=技术 物流 science=technology logistics")


def like(asked, name):
    return compared(WORDING.read(asked), WORDING.read(name))


@pytest.mark.parametrize(
    ("name", "core", "loose"),
    [
        ("江阴—靖江工业园区", "江阴靖江", set()),
        ("江陰靖江科技園區", "江阴靖江", {"科技"}),
        ("江阴靖江技术园", "江阴靖江", {"科技"}),
        # at the end only
        ("桃园工业园区", "桃园", set()),
        ("工业园区", "", set()),
        ("The Jiangyin-Jingjiang Industrial Park", "jiangyinjingjiang", set()),
        ("Susu Technology Park, Jiangsu Province", "susu", {"science"}),
        ("Susu Park, Jiangsu, China", "susujiangsu", set()),
        ("jiangyingongyeyuanqu", "jiangyin", set()),
        # 经济 is not looked for in Jingjiang, nor a short word within a longer one
        ("Jingjiang Parkside", "jingjiangparkside", set()),
        ("—", "", set()),
    ],
)
def test_a_name_is_read_as_what_tells_it_apart(name, core, loose):
    reading = WORDING.read(name)
    assert (reading.core, reading.loose) == (core, loose)


def test_pieces_outlast_a_mistake():
    def shared(asked, name):
        return pieces_asked(WORDING.read(asked)) & set(pieces(WORDING.read(name)))

    assert pieces(WORDING.read("江阴靖江工业园区")) == [
        "江阴靖江",
        "jiangyinjingjiang",
        "jiangyinjingjianggongyeyuanqu",
        "江阴",
        "阴靖",
        "靖江",
    ]
    assert shared("江阴清江园区", "江阴靖江工业园区") == {"江阴"}
    assert shared("Jianyin-Jingjiang Park", "Jiangyin-Jingjiang Industrial Park") == {"jingjiang"}
    for mistake in ("Suxitog", "Suxittong", "Suixtong", "uxitong"):
        assert shared(mistake, "Suxitong Park"), mistake
    assert pieces(WORDING.read("—")) == []


@pytest.mark.parametrize(
    ("asked", "name", "least", "most"),
    [
        ("江阴-靖江工业园区", "江阴（靖江）工业园区", EXACT, EXACT),
        ("jiangyin jingjiang gongyeyuanqu", "江阴靖江工业园区", EXACT, EXACT),
        ("江阴靖江园区", "江阴靖江工业园区", 96, 99),
        ("江阴靖江园区", "江阴靖江科技园区", SAME, 95),
        ("江阴靖江物流园区", "江阴靖江科技园区", 75, 84),
        ("靖江江阴工业园区", "江阴靖江工业园区", 60, LIKE),
        ("江阴清江工业园区", "江阴靖江工业园区", 60, LIKE),
        ("Jiangyin-Jinjiang Industrial Park", "Jiangyin-Jingjiang Industrial Park", 80, LIKE),
        ("Suzhou Xuzhou Park", "宿州徐州工业园区", 60, LIKE),
        ("苏州徐州园区", "Suzhou-Xuzhou Industrial Park", 60, LIKE),
        ("常州园区", "江阴靖江工业园区", 0, 30),
        ("工业园区", "江阴靖江工业园区", 0, LIKE),
    ],
)
def test_scores_say_what_is_different(asked, name, least, most):
    assert least <= like(asked, name) <= most


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("江阴一靖江园区", ("江阴靖江园区",)),
        ("江苏省江阴靖江园区", ("江阴靖江园区",)),
        ("Susu (Suzhou Suqian) Industrial Park", ("Susu   Industrial Park", " Suzhou Suqian  Industrial Park")),
        ("苏锡通园区（Suxitong）", ("苏锡通园区(", "Suxitong")),
    ],
)
def test_a_text_is_read_in_several_ways(text, parts):
    assert [" ".join(each.split()) for each in parts] in [
        [" ".join(part.split()) for part in way.parts] for way in ways_to_read(text)
    ]


def test_the_first_is_safe_only_where_nothing_is_nearly_as_like():
    def candidates(*scores, is_vague=False):
        return [Alike(Park, number, score, is_vague) for number, score in enumerate(scores)]

    told = {
        scores: is_safe(candidates(*scores))
        for scores in [(), (100,), (100, 99), (100, 100), (95, 90), (95, 91), (89,)]
    }
    assert told == {
        (): False,
        (100,): True,
        (100, 99): True,
        (100, 100): False,
        (95, 90): True,
        (95, 91): False,
        (89,): False,
    }
    assert not is_safe(candidates(100, is_vague=True))


def scores(models, text):
    [found] = alike(models, [text])
    return [(each.model, each.key, each.score) for each in found]


def test_records_of_several_kinds_are_ranked_together(db):
    division = make_division("320281", name_en="Jiangyin", name_zh="江阴市", pinyin="Jiangyin")
    park = make_park(name_en="Jiangyin Park", name_zh="江阴园区")
    agreement = make_agreement(title_en="Jiangyin Agreement", title_zh="江阴协议")
    body = make_body(name_en="Jiangyin Group", name_zh="江阴集团")
    found = scores([Division, Park, Agreement], "江阴")
    assert found[0] == (Division, division.pk, 100)
    assert {key for _model, key, _score in found} == {division.pk, park.pk, agreement.pk}
    # of these no names are kept
    assert scores([Body], "江阴集团") == [(Body, body.pk, 100)]


def test_what_is_left_of_a_name_but_for_a_place_is_not_safe(db):
    make_division("321282", name_en="Jingjiang", name_zh="靖江市", pinyin="Jingjiang")
    park = make_park(name_en="Jiangyin-Jingjiang Industrial Park")
    make_park_name(park, "靖江园区", kind="SHORT")
    make_park_name(park, "苏宿园区", kind="SHORT")
    told = {text: alike([Park], [text])[0] for text in ("靖江园区", "靖江工业园区", "苏宿工业园区")}
    assert {text: is_safe(found) for text, found in told.items()} == {
        "靖江园区": True,
        "靖江工业园区": False,
        "苏宿工业园区": True,
    }


@pytest.mark.parametrize("text", ["", " ", "—", "工业园区", "\0", "x" * 5000, "江" * 5000, "%'\"\\;--", "🏭", "１２３"])
def test_any_text_is_answered(db, text):
    make_park(name_en="Riverside Works")
    assert alike([Park, Division, Agreement], [text]) == [[]]
    assert alike([Park], []) == []


@pytest.mark.parametrize("rendered", [True, False])
def test_names_are_found_as_they_are_now(db, rendered):
    park = make_park("north", name_en="Northern Works", name_zh="北方园区")

    def now():
        if rendered:
            end_edit()
        return scores([Park], "Northern Works"), scores([Park], "Southern Works")

    own = [(Park, park.pk, 100)]
    assert now()[0] == own
    Park.objects.filter(pk=park.pk).update(name_en="Southern Works", name_zh="")
    gone, there = now()
    assert (there, [score for *_own, score in gone if score > LIKE]) == (own, [])
    park.delete()
    assert now() == ([], [])


def test_keys_are_kept_with_the_names(db):
    park = make_park("north", name_en="Northern Works", name_zh="北方园区")
    end_edit()

    def kept():
        return set(NameKey.objects.filter(names__key=str(park.pk)).values_list("key", flat=True))

    assert kept() == name_keys(Park, names_of(Park)[park.pk])
    before = kept()
    Park.objects.filter(pk=park.pk).update(name_zh="南方园区")
    keep_names(Park, [park.pk])
    assert kept() == name_keys(Park, ["Northern Works", "南方园区"])
    assert len(kept() & before) > 0
    # keys that are missing, as where another release has kept the names, are kept as well
    NameKey.objects.all().delete()
    keep_names(Park, [park.pk])
    assert kept() == name_keys(Park, ["Northern Works", "南方园区"])
    Park.objects.filter(pk=park.pk).delete()
    keep_names(Park, [park.pk])
    assert (kept(), RecordNames.objects.filter(kind="parks.park").count()) == (set(), 0)
