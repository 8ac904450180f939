"""The rows of a made-up registry: the same for every run, and those of a small one are the first of a large one.

Each park has two or three roles, two industries, an agreement, three figures, its names in both scripts, and for
every second one a former name; the park itself, its roles and its first figure are cited. Every row is told by its
number alone, so that tables can be made in any order and of any size.
"""

from collections.abc import Iterator

# Parks to one source and to one agreement.
PARKS_OF_A_SOURCE, PARKS_OF_AN_AGREEMENT = 20, 4

# Two of these make the middle of a name; common in the names of Chinese firms and estates.
PINYIN = """
    瑞:rui 丰:feng 恒:heng 泰:tai 嘉:jia 旭:xu 宏:hong 昊:hao 锦:jin 鑫:xin 铭:ming 骏:jun 翔:xiang 腾:teng 跃:yue
    晟:sheng 益:yi 盈:ying 裕:yu 祥:xiang 康:kang 乐:le 美:mei 雅:ya 诚:cheng 信:xin 义:yi 仁:ren 智:zhi 慧:hui
    聚:ju 汇:hui 联:lian 合:he 众:zhong 协:xie 创:chuang 新:xin 科:ke 研:yan 思:si 拓:tuo 启:qi 航:hang 帆:fan
    海:hai 洋:yang 波:bo 涛:tao 浪:lang 峰:feng 岭:ling 岳:yue 峻:jun 岩:yan 林:lin 森:sen 松:song 柏:bai 桐:tong
    梅:mei 兰:lan 竹:zhu 菊:ju 荷:he 春:chun 夏:xia 秋:qiu 冬:dong 晨:chen 曦:xi 晖:hui 朗:lang 晴:qing 霞:xia
    星:xing 辰:chen 宇:yu 宙:zhou 天:tian 龙:long 凤:feng 麒:qi 麟:lin 鹏:peng 鹤:he 燕:yan 鸿:hong 鹰:ying 骐:qi
    金:jin 银:yin 铜:tong 铁:tie 钢:gang 玉:yu 珠:zhu 宝:bao 钻:zuan 琪:qi 永:yong 久:jiu 长:chang 远:yuan 达:da
"""
STEM = dict(pair.split(":") for pair in PINYIN.split())
CHARACTERS = tuple(STEM)
KINDS = (
    ("产业园", "Industrial Park"),
    ("工业园区", "Industrial Zone"),
    ("合作区", "Cooperation Zone"),
    ("科技园", "Science Park"),
    ("经济开发区", "Economic Development Zone"),
    ("物流园", "Logistics Park"),
)
FUNCTIONS = ("OPERATIONS", "SOCIAL_MANAGEMENT", "INVESTMENT_PROMOTION", "PLANNING", "FINANCE", "TAXATION", "LAND")
INDICATORS = (
    ("gdp", "Gross domestic product", "地区生产总值", "CNY"),
    ("industrial_output", "Industrial output", "工业总产值", "CNY"),
    ("fiscal_revenue", "Fiscal revenue", "财政收入", "CNY"),
    ("built_area", "Built area", "建成面积", "km²"),
    ("employees", "Employees", "从业人员", "persons"),
)
INDUSTRIES = tuple(
    (f"{of}-{what}", f"{of.capitalize()} {what}", f"{of_zh}{what_zh}")
    for of, of_zh in (("green", "绿色"), ("fine", "精细"), ("heavy", "重型"), ("smart", "智能"), ("marine", "海洋"))
    for what, what_zh in (
        ("machinery", "机械"),
        ("chemicals", "化工"),
        ("textiles", "纺织"),
        ("food", "食品"),
        ("electronics", "电子"),
        ("logistics", "物流"),
        ("energy", "能源"),
        ("materials", "材料"),
    )
)

_WORD = 2**64 - 1


def draw(number: int, purpose: int, count: int) -> int:
    """One of `count`, from 0, the same for the same number and purpose: SplitMix64 in place of a generator's state."""
    value = (number * 0x9E3779B97F4A7C15 + purpose * 0xD1B54A32D192ED03) & _WORD
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _WORD
    return (value ^ (value >> 31)) % count


def stem(number: int) -> tuple[str, str]:
    """The middle of a park's name: two characters, and the same in pinyin as one word."""
    first = CHARACTERS[draw(number, 1, len(CHARACTERS))]
    second = CHARACTERS[draw(number, 2, len(CHARACTERS))]
    return first + second, (STEM[first] + STEM[second]).capitalize()


def kind(number: int) -> tuple[str, str]:
    return KINDS[draw(number, 3, len(KINDS))]


def slug(number: int) -> str:
    return f"{stem(number)[1].lower()}-{number:06}"


class Registry:
    """The rows of `size` parks, table by table: `(model, columns, rows)`, in an order that references allow.

    `divisions` are the counties that parks lie in: `(code, English name, Chinese name)`. `first` is where the keys of
    a model's rows begin, `kinds` the key of the content type of each model that is cited.
    """

    def __init__(self, size: int, divisions: list[tuple[str, str, str]], first: dict[str, int], kinds: dict[str, int]):
        self.size, self.divisions, self.first, self.kinds = size, divisions, first, kinds
        self.agreements = -(-size // PARKS_OF_AN_AGREEMENT)
        self.sources = -(-size // PARKS_OF_A_SOURCE)

    def tables(self) -> Iterator[tuple[str, tuple[str, ...], Iterator[tuple]]]:
        yield "sources.source", ("id", "slug", "title", "publisher", "url", "published_on", "language"), self._sources()
        yield "parks.industry", ("id", "code", "name_en", "name_zh"), self._numbered("parks.industry", INDUSTRIES)
        yield (
            "parks.indicator",
            ("id", "code", "name_en", "name_zh", "unit"),
            self._numbered("parks.indicator", INDICATORS),
        )
        columns = ("id", "slug", "title_en", "title_zh", "kind", "signed_on", "place")
        yield "agreements.agreement", columns, self._agreements()
        yield "agreements.agreementparty", ("id", "agreement_id", "division_id"), self._parties()
        yield "parks.park", PARK, self._parks()
        yield "parks.parkname", ("id", "park_id", "name", "language", "kind", "until"), self._former_names()
        columns = ("id", "park_id", "function", "division_id", "agreement_id", "since", "note")
        yield "parks.comanagementrole", columns, self._roles()
        yield "parks.parkindustry", ("id", "park_id", "industry_id", "rank", "as_of"), self._park_industries()
        yield "parks.parkagreement", ("id", "park_id", "agreement_id"), self._park_agreements()
        yield "parks.observation", ("id", "park_id", "indicator_id", "period", "value"), self._figures()
        columns = ("id", "source_id", "content_type_id", "object_id", "locator", "confidence")
        yield "sources.citation", columns, self._citations()

    def host(self, number: int) -> tuple[str, str, str]:
        return self.divisions[draw(number, 4, len(self.divisions))]

    def partner(self, number: int, which: int) -> str:
        """The code of a division other than the host."""
        at = draw(number, 4, len(self.divisions))
        return self.divisions[(at + 1 + draw(number, 5 + which, len(self.divisions) - 1)) % len(self.divisions)][0]

    def _key(self, model, number):
        return self.first[model] + number

    def _numbered(self, model, rows):
        return ((self._key(model, number), *row) for number, row in enumerate(rows))

    def _sources(self):
        for number in range(self.sources):
            told = f"Report {number} on parks", "County gazette", f"https://gazette.example.org/{number}"
            yield self._key("sources.source", number), f"report-{number:06}", *told, str(2005 + number % 20), "zh"

    def _agreements(self):
        for number in range(self.agreements):
            first, second = (self.host(number * PARKS_OF_AN_AGREEMENT + each) for each in (0, 1))
            yield (
                self._key("agreements.agreement", number),
                f"agreement-{number:06}",
                f"{first[1]}–{second[1]} agreement on joint parks",
                f"{first[2]}{second[2]}共建园区协议",
                "COOPERATION",
                _date(number, 30),
                first[1],
            )

    def _parties(self):
        for number in range(self.agreements):
            for side in (0, 1):
                party = self._key("agreements.agreementparty", 2 * number + side)
                host, partner = self.host(number), self.partner(number, side)
                yield party, self._key("agreements.agreement", number), partner if side else host[0]

    def _parks(self):
        for number in range(self.size):
            code, name_en, name_zh = self.host(number)
            (stem_zh, stem_en), (kind_zh, kind_en) = stem(number), kind(number)
            latitude, longitude = 20 + draw(number, 21, 25_000_000) / 1e6, 85 + draw(number, 22, 40_000_000) / 1e6
            yield (
                self._key("parks.park", number),
                slug(number),
                f"{name_en} {stem_en} {kind_en}",
                f"{name_zh}{stem_zh}{kind_zh}",
                "ACTIVE" if draw(number, 23, 20) else "PROPOSED",
                code,
                _date(number, 24),
                f"{latitude:.6f}",
                f"{longitude:.6f}",
                f"https://park-{number}.example.org/",
                f"{stem_en} lies in {name_en} and is run together with a partner from elsewhere. The host answers for "
                f"land and services, the partner for investment and operations; both name the director in turn.",
                f"{stem_zh}园位于{name_zh}，由两地共同管理：属地负责土地与服务，伙伴负责招商与运营。",
            )

    def _former_names(self):
        for row, number in enumerate(range(0, self.size, 2)):
            key, park = self._key("parks.parkname", row), self._key("parks.park", number)
            yield key, park, f"{self.host(number)[2]}第{number}号协作区", "zh", "FORMER", str(2001 + number % 20)

    def _roles(self):
        row = 0
        for number in range(self.size):
            park, agreement = self._key("parks.park", number), self._agreement(number)
            begin = draw(number, 41, len(FUNCTIONS))
            for each in range(roles_of(number)):
                party = self.partner(number, 0) if each == 1 else self.host(number)[0]
                function = FUNCTIONS[(begin + each) % len(FUNCTIONS)]
                since = str(2000 + draw(number, 42, 24))
                key = self._key("parks.comanagementrole", row)
                yield key, park, function, party, None if each else agreement, since, "" if each else "By the agreement"
                row += 1

    def _park_industries(self):
        for number in range(self.size):
            first = draw(number, 51, len(INDUSTRIES))
            second = (first + 1 + draw(number, 52, len(INDUSTRIES) - 1)) % len(INDUSTRIES)
            for each, industry in enumerate((first, second)):
                key = self._key("parks.parkindustry", 2 * number + each)
                yield key, self._key("parks.park", number), self._key("parks.industry", industry), each + 1, "2023"

    def _park_agreements(self):
        for number in range(self.size):
            yield self._key("parks.parkagreement", number), self._key("parks.park", number), self._agreement(number)

    def _figures(self):
        for number in range(self.size):
            for each in range(3):
                key, park = self._key("parks.observation", 3 * number + each), self._key("parks.park", number)
                indicator = self._key("parks.indicator", (number + each) % len(INDICATORS))
                yield key, park, indicator, str(2020 + draw(number, 61, 5)), 1000 * (1 + draw(number, 62 + each, 10**7))

    def _citations(self):
        key = self.first["sources.citation"]
        role = self.first["parks.comanagementrole"]
        for number in range(self.size):
            roles = roles_of(number)
            cited = [("parks.park", self._key("parks.park", number))]
            cited += [("parks.comanagementrole", role + each) for each in range(roles)]
            cited.append(("parks.observation", self._key("parks.observation", 3 * number)))
            role += roles
            for each, (model, target) in enumerate(cited):
                source = self._key("sources.source", draw(number, 71 + each, self.sources))
                yield key, source, self.kinds[model], str(target), f"¶{1 + each}", "HIGH" if number % 3 else "MEDIUM"
                key += 1

    def _agreement(self, number):
        return self._key("agreements.agreement", number // PARKS_OF_AN_AGREEMENT)


PARK = (
    "id",
    "slug",
    "name_en",
    "name_zh",
    "status",
    "host_id",
    "established",
    "latitude",
    "longitude",
    "website",
    "summary_en",
    "summary_zh",
)


def roles_of(number: int) -> int:
    return 2 + number % 2


def _date(number, purpose):
    """A year, a month or a day, each as often."""
    year, month, day = (draw(number, purpose + each, count) for each, count in ((100, 25), (200, 12), (300, 28)))
    return (f"{2000 + year}", f"{2000 + year}-{month + 1:02}", f"{2000 + year}-{month + 1:02}-{day + 1:02}")[number % 3]
