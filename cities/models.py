"""The governments and organisations that can be a party to anything."""

from functools import reduce
from operator import or_

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Length, Substr
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cities.querysets import CityManager, CountyLevelCityManager, DivisionQuerySet, ProvinceManager
from cities.wording import DIVISION
from core.dates import PartialDateField
from core.models import RecordManager
from core.pinyin import read_aloud
from core.places import Located
from core.text import squeezed
from sources.models import CitedRecord

# Which kinds there are on each level.
KINDS = {
    "NATION": ["STATE"],
    "PROVINCE": ["PROVINCE", "MUNICIPALITY", "AUTONOMOUS_REGION", "SPECIAL_ADMINISTRATIVE_REGION"],
    "PREFECTURE": ["PREFECTURE_LEVEL_CITY", "PREFECTURE", "LEAGUE", "AUTONOMOUS_PREFECTURE"],
    "COUNTY": [
        "COUNTY_LEVEL_CITY",
        "DISTRICT",
        "COUNTY",
        "AUTONOMOUS_COUNTY",
        "BANNER",
        "AUTONOMOUS_BANNER",
        "SPECIAL_DISTRICT",
        "FORESTRY_DISTRICT",
    ],
}


def _kind_fits_level():
    return reduce(or_, (Q(level=level, kind__in=kinds) for level, kinds in KINDS.items()))


def _shares_digits(count):
    return Q(Exact(Substr("code", 1, count), Substr("parent", 1, count)))


def _ends_in_zeros(from_digit):
    return Q(Exact(Substr("parent", from_digit), Value("0000"[: 7 - from_digit])))


class Division(Located, CitedRecord):
    """A territory with a government of its own, known by its code: GB/T 2260 in China, ISO 3166-1 alpha-2 for a state.

    Names tell nothing apart (there are two cities of Taizhou in romanisation); only the code does. A division that has
    ended stays, since old agreements name it.
    """

    class Level(models.TextChoices):
        # Chinese has other words for the levels than for the kinds.
        NATION = "NATION", pgettext_lazy("level", "nation")
        PROVINCE = "PROVINCE", pgettext_lazy("level", "province")
        PREFECTURE = "PREFECTURE", pgettext_lazy("level", "prefecture")
        COUNTY = "COUNTY", pgettext_lazy("level", "county")

    class Kind(models.TextChoices):
        STATE = "STATE", _("state")
        PROVINCE = "PROVINCE", _("province")
        MUNICIPALITY = "MUNICIPALITY", _("municipality")
        AUTONOMOUS_REGION = "AUTONOMOUS_REGION", _("autonomous region")
        SPECIAL_ADMINISTRATIVE_REGION = "SPECIAL_ADMINISTRATIVE_REGION", _("special administrative region")
        PREFECTURE_LEVEL_CITY = "PREFECTURE_LEVEL_CITY", _("prefecture-level city")
        PREFECTURE = "PREFECTURE", _("prefecture")
        LEAGUE = "LEAGUE", _("league")
        AUTONOMOUS_PREFECTURE = "AUTONOMOUS_PREFECTURE", _("autonomous prefecture")
        COUNTY_LEVEL_CITY = "COUNTY_LEVEL_CITY", _("county-level city")
        DISTRICT = "DISTRICT", _("district")
        COUNTY = "COUNTY", _("county")
        AUTONOMOUS_COUNTY = "AUTONOMOUS_COUNTY", _("autonomous county")
        BANNER = "BANNER", _("banner")
        AUTONOMOUS_BANNER = "AUTONOMOUS_BANNER", _("autonomous banner")
        SPECIAL_DISTRICT = "SPECIAL_DISTRICT", _("special district")
        FORESTRY_DISTRICT = "FORESTRY_DISTRICT", _("forestry district")

    # The key itself: a reference then carries the code, and "within Jiangsu" is a prefix of it, without a join.
    code = models.CharField(
        _("code"),
        max_length=6,
        primary_key=True,
        validators=[RegexValidator(r"^([1-9][0-9]{5}|[A-Z]{2})\Z", _("Write six digits, or two capital letters."))],
        help_text=_("GB/T 2260, such as 320281; ISO 3166-1 for a foreign state, such as SG."),
    )
    level = models.CharField(_("level"), max_length=10, choices=Level)
    kind = models.CharField(_("kind"), max_length=30, choices=Kind)
    name_en = models.CharField(_("English name"), max_length=100, db_index=True)
    name_zh = models.CharField(_("Chinese name"), max_length=50, db_index=True, help_text=_("As official: 江阴市."))
    pinyin = models.CharField(_("pinyin"), max_length=100, blank=True, help_text=_("Without the word for the kind."))
    parent = models.ForeignKey(
        "self", models.PROTECT, verbose_name=_("parent"), null=True, blank=True, related_name="children"
    )
    abolished = PartialDateField(_("abolished"))
    successor = models.ForeignKey(
        "self", models.PROTECT, verbose_name=_("successor"), null=True, blank=True, related_name="predecessors"
    )

    objects = RecordManager.from_queryset(DivisionQuerySet)()

    identity = ("code",)
    named_by = ("name_en", "name_zh", "pinyin", "code")
    wording = DIVISION
    # By level: states, provinces, prefectures.
    found_first = ("^..$", "0000$", "00$")

    class Meta:
        verbose_name = _("division")
        verbose_name_plural = _("divisions")
        ordering = ["code"]
        constraints = [
            *Located.Meta.constraints,
            models.CheckConstraint(
                name="division_kind_belongs_to_its_level",
                condition=_kind_fits_level(),
                violation_error_message=_("A division of this level cannot be of this kind."),
            ),
            models.CheckConstraint(
                name="division_code_tells_its_level",
                condition=(
                    (Q(level="NATION") & Exact(Length("code"), 2))
                    | (Q(level="PROVINCE", code__endswith="0000") & Exact(Length("code"), 6))
                    | (
                        Q(level="PREFECTURE", code__endswith="00")
                        & ~Q(code__endswith="0000")
                        & Exact(Length("code"), 6)
                    )
                    | (Q(level="COUNTY") & ~Q(code__endswith="00") & Exact(Length("code"), 6))
                ),
                violation_error_message=_(
                    "The code does not fit the level: "
                    "a province's ends in 0000, a prefecture's in 00, a state's is two letters."
                ),
            ),
            # The parent's code tells the parent's level, so that a row by itself can be checked.
            models.CheckConstraint(
                name="division_lies_within_its_parent",
                condition=(
                    Q(level__in=["NATION", "PROVINCE"], parent=None)
                    | Q(level="PREFECTURE", parent__isnull=False) & _shares_digits(2) & _ends_in_zeros(from_digit=3)
                    | Q(level="COUNTY", parent__isnull=False) & _shares_digits(2) & _ends_in_zeros(from_digit=3)
                    | Q(level="COUNTY", parent__isnull=False) & _shares_digits(4) & _ends_in_zeros(from_digit=5)
                ),
                violation_error_message=_(
                    "A county's parent is a prefecture or a province, a prefecture's is a province; "
                    "their codes begin with the same digits."
                ),
            ),
            models.CheckConstraint(
                name="division_is_not_its_own_successor",
                condition=Q(successor=None) | ~Q(successor=F("code")),
                violation_error_message=_("A division cannot be its own successor."),
            ),
            models.CheckConstraint(
                name="only_an_abolished_division_has_a_successor",
                condition=Q(successor=None) | ~Q(abolished=""),
                violation_error_message=_("Say when the division was abolished: only then it has a successor."),
            ),
        ]

    def __str__(self):
        return f"{self.name_en} {self.name_zh} ({self.code})"

    @classmethod
    def also_named(cls, *names):
        """The Chinese name without the word for the kind: as much of it as its pinyin tells."""
        _en, name, pinyin, _code = names
        starts = (name[:length] for length in range(1, len(name)))
        return [start for start in starts if squeezed(read_aloud(start)) == squeezed(pinyin)]


class Province(Division):
    """A division of the first level: province, municipality, autonomous region or special administrative region."""

    objects = ProvinceManager()

    class Meta:
        proxy = True
        verbose_name = _("province")
        verbose_name_plural = _("provinces")


class City(Division):
    """A city of prefecture level, or a municipality, which is of province level."""

    objects = CityManager()

    class Meta:
        proxy = True
        verbose_name = _("city")
        verbose_name_plural = _("cities")


class CountyLevelCity(Division):
    """A city of county level, usually under a city of prefecture level: Jiangyin under Wuxi."""

    objects = CountyLevelCityManager()

    class Meta:
        proxy = True
        verbose_name = _("county-level city")
        verbose_name_plural = _("county-level cities")


class Body(CitedRecord):
    """An organisation that acts beside or for a division: a committee, a zone, a company, a foreign partner."""

    class Kind(models.TextChoices):
        MANAGEMENT_COMMITTEE = "MANAGEMENT_COMMITTEE", _("management committee")
        DEVELOPMENT_ZONE = "DEVELOPMENT_ZONE", _("development zone")
        NEW_AREA = "NEW_AREA", _("new area")
        COMPANY = "COMPANY", _("company")
        CORPS = "CORPS", _("corps regiment or division")
        COLLECTIVE = "COLLECTIVE", _("village collective")
        FOREIGN_PARTNER = "FOREIGN_PARTNER", _("foreign partner")
        GOVERNMENT_OFFICE = "GOVERNMENT_OFFICE", _("government office")
        OTHER = "OTHER", _("other")

    slug = models.SlugField(_("slug"), max_length=120, unique=True, help_text=_("Its lasting name in addresses."))
    name_en = models.CharField(_("English name"), max_length=200)
    name_zh = models.CharField(_("Chinese name"), max_length=100, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    division = models.ForeignKey(
        Division,
        models.PROTECT,
        verbose_name=_("division"),
        null=True,
        blank=True,
        related_name="bodies",
        help_text=_("The division it belongs to, if any."),
    )

    identity = ("slug",)
    named_by = ("name_en", "name_zh")

    class Meta:
        verbose_name = _("body")
        verbose_name_plural = _("bodies")
        ordering = ["slug"]

    def __str__(self):
        return f"{self.name_en} {self.name_zh}".strip()


class Party(models.Model):
    """Who takes part in something: a division, a body, or a body acting for a division."""

    division = models.ForeignKey(
        Division, models.PROTECT, verbose_name=_("division"), null=True, blank=True, related_name="%(class)s_set"
    )
    body = models.ForeignKey(
        Body, models.PROTECT, verbose_name=_("body"), null=True, blank=True, related_name="%(class)s_set"
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_party_is_a_division_or_a_body",
                condition=~Q(division=None, body=None),
                violation_error_message=_("Choose a division, a body, or a body acting for a division."),
            ),
        ]

    @property
    def party_code(self) -> str:
        """The code of the division, or for want of one the key of the body."""
        return self.division_id or f"body:{self.body_id}"

    def party_name(self) -> str:
        """Both names where a body acts for a division. Reads the two, so load them with the row."""
        return " · ".join(str(each) for each in (self.body, self.division) if each)
