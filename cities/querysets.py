"""Divisions as the registry asks for them."""

from django.db.models import Q, QuerySet

from core.models import RecordManager

# Those of prefecture level, and the four of province level.
KINDS_OF_CITY = ("PREFECTURE_LEVEL_CITY", "MUNICIPALITY")


def code_prefix(code: str) -> str:
    """The digits that the codes of all divisions within share: "32" for Jiangsu (320000), "3202" for Wuxi (320200)."""
    if code.endswith("0000"):
        return code[:2]
    return code[:4] if code.endswith("00") else code


def province_code(code: str) -> str:
    """The code of the province that the division of `code` lies in, or is; that of a foreign state is its own."""
    return f"{code[:2]}0000" if len(code) == 6 else code


def within(code: str, path: str) -> Q:
    """Rows whose division at `path` is the one of `code` or lies within it: no recursion, no join.

    As a range of codes, which every database reads from an index, as SQLite does not with the digits they begin with.
    """
    return Q(**{f"{path}__range": (code, code_prefix(code).ljust(6, "9"))})


def by_division(code: str) -> Q:
    """Rows whose party is the division of `code`, itself or through a body of its own."""
    return Q(division=code) | Q(body__division=code)


class DivisionQuerySet(QuerySet):
    def within(self, division):
        """`division` itself and all that lie within it, abolished ones included."""
        return self.filter(within(division.code, "code"))

    def existing(self):
        """Divisions not known to be abolished."""
        return self.filter(abolished="")


class ProvinceManager(RecordManager.from_queryset(DivisionQuerySet)):
    def get_queryset(self):
        return super().get_queryset().filter(level="PROVINCE")


class CityManager(RecordManager.from_queryset(DivisionQuerySet)):
    def get_queryset(self):
        return super().get_queryset().filter(kind__in=KINDS_OF_CITY)


class CountyLevelCityManager(RecordManager.from_queryset(DivisionQuerySet)):
    def get_queryset(self):
        return super().get_queryset().filter(kind="COUNTY_LEVEL_CITY")
