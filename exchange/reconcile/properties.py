"""What the service can tell of a record and compare with: one class for each kind of value."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite

from django.db.models import Q
from django.utils.functional import Promise

from agreements.models import Agreement
from cities.models import Division
from cities.querysets import province_code, within
from core.comparing import SAME
from core.likeness import alike
from core.names import among, names_of
from core.text import simplified, squeezed
from parks.models import Park

# Agrees, says nothing, contradicts.
AGREES, UNKNOWN, CONTRADICTS = 1.0, 0.5, 0.0
_DATE = re.compile(r"(\d{4}(?:-\d\d(?:-\d\d)?)?)(?:T.*)?")
# Coordinates of one place that two people took.
NEAR = 0.01


@dataclass(frozen=True)
class Property:
    """Something that is told of a record, as rows at query paths of its model."""

    id: str
    name: Promise
    description: Promise | str
    path: str
    other_path: str = ""

    # The type of the entities that are its values, where they are.
    of = ""

    def values(self, model, keys: Iterable) -> dict[object, list]:
        """The values of the records with these primary keys, each once, in the order of the rows."""
        found: dict[object, dict] = defaultdict(dict)
        for path in filter(None, (self.path, self.other_path)):
            for key, value in self.rows(model, keys, path):
                if value not in (None, ""):
                    found[key][value] = None
        return {key: list(values) for key, values in found.items()}

    def rows(self, model, keys, path):
        rows = model._base_manager.filter(among(model, keys))
        relation = path.rpartition("__")[0].split("__")[0]
        return rows.order_by(*([f"{relation}__pk"] if relation else [])).values_list("pk", path)

    def known_of(self, values: Iterable):
        """What has to be known of values to compare them, looked up once for all of them."""

    def comparison(self, asked: list, known):
        """A function that says whether a value agrees with any of those asked for."""
        wanted = {squeezed(simplified(str(each["name"] if isinstance(each, dict) else each))) for each in asked}
        return lambda value: squeezed(simplified(str(value))) in wanted

    def compared(self, asked: list, values: dict[object, list], keys: Iterable, known) -> dict[object, float]:
        """How what is asked for stands to the values of each record."""
        agrees = self.comparison(asked, known)
        return {
            key: (AGREES if any(map(agrees, values[key])) else CONTRADICTS) if values.get(key) else UNKNOWN
            for key in keys
        }

    def cell(self, value) -> dict:
        """A value as data extension tells it; that of an entity is told by who knows its name."""
        return {"str": str(value)}

    def condition(self, asked: list) -> Q:
        """The records that have what is asked for."""
        return Q(**{f"{self.path}__in": [each["id"] if isinstance(each, dict) else str(each) for each in asked]})


class Texts(Property):
    """Texts, alike where their letters and digits are, in simplified characters."""


class Dates(Property):
    """Dates as exact as known. Those of different exactness agree where one lies in the other."""

    def comparison(self, asked, known):
        wanted = [found for each in asked if (found := _date(each))]
        return lambda value: any(value.startswith(each) or each.startswith(value) for each in wanted)

    def cell(self, value):
        # As the specification has it, with a time; what is known to the month or year only is not made a day.
        return {"date": f"{value}T00:00:00Z"} if len(value) == 10 else {"str": str(value)}

    def condition(self, asked):
        condition = Q(pk__in=())
        for each in filter(None, map(_date, asked)):
            condition |= Q(**{f"{self.path}__startswith": each})
        return condition


class Numbers(Property):
    """Numbers, alike where they differ by no more than NEAR."""

    def comparison(self, asked, known):
        wanted = [number for each in asked if (number := _number(each)) is not None]
        return lambda value: any(abs(float(value) - each) <= NEAR for each in wanted)

    def cell(self, value):
        return {"float": float(value)} if isinstance(value, Decimal) else {"int": value}

    def condition(self, asked):
        condition = Q(pk__in=())
        for each in asked:
            if (number := _number(each)) is not None:
                condition |= Q(**{f"{self.path}__range": (number - NEAR, number + NEAR)})
        return condition


@dataclass(frozen=True)
class Entities(Property):
    """Records of a kind of the service, told by slug or code. With `within`, what lies above a division agrees too."""

    of: str = "division"
    within: bool = False

    def known_of(self, values):
        """The names of each value and of those above it, as they are compared, by slug or code."""
        model, key = RECORDS[self.of]
        wanted = {each for value in values for each in self._with_those_above(value)}
        keys = dict(model._base_manager.filter(**{f"{key}__in": list(wanted)}).values_list("pk", key))
        told = names_of(model, among(model, list(keys)))
        return {keys[pk]: list(map(model.wording.read, filter(None, names))) for pk, names in told.items()}

    def comparison(self, asked, known):
        ids = {each.removeprefix(f"{self.of}:") for each in map(_id, asked)}
        read = RECORDS[self.of][0].wording.read
        wanted = [read(_name(each)) for each in asked]
        wholes, cores = {each.whole for each in wanted} - {""}, {each.core for each in wanted} - {""}

        def agrees(value):
            above = self._with_those_above(value)
            if not ids.isdisjoint(above):
                return True
            names = (name for each in above for name in known.get(each, ()))
            return any(name.whole in wholes or name.core in cores for name in names)

        return agrees

    def condition(self, asked):
        condition = Q(pk__in=())
        for key in self._keys(asked):
            for path in filter(None, (self.path, self.other_path)):
                condition |= within(key, path) if self.within else Q(**{path: key})
        return condition

    def _keys(self, asked) -> set[str]:
        """The slugs or codes of the records that are asked for, by id or by name."""
        model, key = RECORDS[self.of]
        keys = {each.removeprefix(f"{self.of}:") for each in map(_id, asked)}
        named = alike([model], [_name(each) for each in asked if not isinstance(each, dict)])
        found = {each.key for candidates in named for each in candidates if each.score >= SAME}
        return keys | set(model._base_manager.filter(among(model, found)).values_list(key, flat=True))

    def _with_those_above(self, value):
        if not self.within or len(value) != 6:
            return {value}
        return {value, f"{value[:4]}00", province_code(value)}


@dataclass(frozen=True)
class Provinces(Entities):
    """The province of a division."""

    def rows(self, model, keys, path):
        for key, code in super().rows(model, keys, path):
            if code:
                yield key, province_code(code)

    def condition(self, asked):
        condition = Q(pk__in=())
        for code in self._keys(asked):
            condition |= within(code, self.path)
        return condition


@dataclass(frozen=True)
class Partners(Entities):
    """Divisions that have or had a role in a park, themselves or through a body of their own, but for its host."""

    def rows(self, model, keys, path):
        hosts = dict(super().rows(model, keys, "host__code"))
        for key, partner in super().rows(model, keys, path):
            if partner != hosts.get(key):
                yield key, partner


RECORDS = {"division": (Division, "code"), "park": (Park, "slug"), "agreement": (Agreement, "slug")}


def _id(asked) -> str:
    return str(asked["id"] if isinstance(asked, dict) else asked)


def _name(asked) -> str:
    return str((asked.get("name") or "") if isinstance(asked, dict) else asked)


def _date(asked) -> str | None:
    found = _DATE.fullmatch(_name(asked).strip())
    return found[1] if found else None


def _number(asked) -> float | None:
    try:
        number = float(_name(asked))
    except ValueError:
        return None
    return number if isfinite(number) else None
