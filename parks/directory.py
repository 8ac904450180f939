"""All parks in memory, as lists and maps of them choose, count and order them: kept by each process, and up to date.

The rows of a hundred thousand parks are too many to be counted by ten facets within a request. What they are chosen
and added up by is read once, in five queries; after an edit, only what it wrote to is read again. To choose and count
is then arithmetic on sets (see `parks.postings`).
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import compress
from sys import intern
from threading import Lock

from django.db import connection
from django.db.models import CharField, FloatField, IntegerField, Max, Q, Value
from django.db.models.functions import Cast, Coalesce, NullIf

from cities.models import Body, Division
from cities.querysets import code_prefix, province_code
from core.bulk import batches, collecting_seldom
from core.history import label_of
from core.models import Change, Version
from core.settling import settled
from parks.filters import ParkFilter, decade_of
from parks.models import CoManagementRole, Observation, Park, ParkIndustry
from parks.postings import Postings, bits_of, flags_of
from parks.querysets import Span, boundary
from parks.totals import COUNTABLE
from sources.evidence import disputed_records

# Of how many parks rows are asked for in one query: a database takes only so many values.
AT_ONCE = 5000
# After how many changes, or to how many parks, all are read anew: to look for what was written would take longer.
MANY = 2000

# The longitude and latitude of a park of which not even its host's are known: in no box.
NOWHERE = 999.0

# What parks are chosen and counted by, and how each tells a value that a filter of the REST API has read. Those of
# `within` are told by the host, and by the province that it lies in.
FACETS = {
    "host": lambda division: division.code,
    "province": lambda division: division.code,
    "partner": lambda division: division.code,
    "span": str,
    "function": str,
    "industry": lambda industry: industry.pk,
    "status": str,
    "decade": str,
    "is_programme": bool,
    "disputed": bool,
}
# By the key of an indicator and a period: which parks have a figure that a total may count. Nothing is chosen by it.
FIGURES = "figures"
COLUMNS = (*FACETS, FIGURES)
# The least first, and the rank of each.
SPANS = [*map(str, Span.values)]
RANKS, FURTHEST = {span: rank for rank, span in enumerate(SPANS)}, len(SPANS) - 1
# What orders sort by, besides the key.
SORTED_BY = ("name_en", "name_zh", Cast("established", CharField()))
PARK = (
    "pk",
    "host_id",
    "status",
    # As plain texts and numbers: to make dates and decimals of them would take half the time.
    Cast("is_programme", IntegerField()),
    Cast("longitude", FloatField()),
    Cast(Coalesce("longitude", "host__longitude", Value(NOWHERE)), FloatField()),
    Cast(Coalesce("latitude", "host__latitude", Value(NOWHERE)), FloatField()),
    *SORTED_BY,
)
ROLE = ("park", "function", "division", "body__division")
# Orders of parks, each by what the database sorts by; the last change, which it keeps elsewhere, is ordered here.
ORDERS = {
    "name_en": ("name_en", "pk"),
    "name_zh": ("name_zh", "pk"),
    # What is not known comes last both ways.
    "established": (NullIf("established", Value("")).asc(nulls_last=True), "pk"),
    "-established": ("-established", "pk"),
}
CHANGED, VERSIONS = "-changed", "versions"


@dataclass(frozen=True)
class Directory:
    """The parks as they were read. Never changed: `reread` makes another.

    Each park has a place, and keeps it; one that is gone leaves its place empty.
    """

    # By place: the park's key, and where it is shown, in degrees; NOWHERE where that is not known.
    keys: array = field(default_factory=lambda: array("q"))
    longitudes: array = field(default_factory=lambda: array("d"))
    latitudes: array = field(default_factory=lambda: array("d"))
    places: dict[int, int] = field(default_factory=dict)
    # The sets of all parks, of those shown at coordinates of their own, and of those with each value of a facet.
    parks: int = 0
    at_own_place: int = 0
    # By place: what stands for the values of SORTED_BY, so that a new order is read only where one of them is new.
    sorted_by: array = field(default_factory=lambda: array("q"))
    facets: dict[str, Postings] = field(default_factory=lambda: {name: Postings() for name in COLUMNS})
    # What has been asked for: the places in an order; and by place, the newest version of the park or of a fact of it.
    asked_for: dict[str, array] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.keys)

    # --- Choosing

    def chosen(self, asked: dict) -> int:
        """The parks that meet all of `asked`: values of the filters of the REST API by name, as these read them."""
        found = self.parks
        for name, value in asked.items():
            found &= self._meeting(name, value)
        return found

    def _meeting(self, name, value) -> int:
        stem, _underscores, variant = name.partition("__")
        values = value if variant == "in" else [value]
        if variant not in ("", "in", "ne") or stem not in {*FACETS, "within"} or None in values:
            rows = ParkFilter.base_filters[name].filter(Park.objects.order_by(), value)
            return self._set_of(rows.values_list("pk", flat=True).iterator(AT_ONCE))
        if stem == "within":
            found = self.lying_within("host", *(each.code for each in values))
        else:
            found = self.facets[stem].having(*map(FACETS[stem], values))
            if value is False:
                found = ~self.facets[stem].having(True)
        return ~found if variant == "ne" else found

    def _set_of(self, keys: Iterable[int]) -> int:
        return bits_of((self.places[key] for key in keys if key in self.places), self.size)

    def counts(self, facet: str, among: int) -> dict:
        """How many of the parks `among` have each value of a facet, of those that any has."""
        return self.facets[facet].counts(among)

    def divisions(self, facet: str, *codes: str) -> list[str]:
        """Those that any park has in a facet, of the divisions of these codes and all that lie within them: as
        `cities.querysets.within` has it.
        """
        bounds = [(code, code_prefix(code).ljust(6, "9")) for code in codes]
        return [each for each in self.facets[facet] if any(first <= each <= last for first, last in bounds)]

    def lying_within(self, facet: str, *codes: str) -> int:
        """The parks that have in a facet the division of one of these codes, or one that lies within it."""
        return self.facets[facet].having(*self.divisions(facet, *codes))

    # --- Ordering

    def page(self, among: int, order: str, first: int, count: int) -> list[int]:
        """The keys of `count` of the parks `among`, from the one that is `first` (0, 1, ...) in the order."""
        flags = flags_of(among, self.size)
        found = list(filter(flags.__getitem__, self._ordered(order)))
        return [self.keys[place] for place in found[first : first + count]]

    def _ordered(self, order) -> array:
        # Two threads may come here at once, and both to the same.
        if order not in self.asked_for:
            if order == CHANGED:
                places = sorted(range(self.size), key=self._versions().__getitem__, reverse=True)
            else:
                rows = Park.objects.order_by(*ORDERS[order]).values_list("pk", *SORTED_BY).iterator(AT_ONCE)
                found = [(self.places[key], hash(tuple(by))) for key, *by in rows if key in self.places]
                places = [place for place, _by in found]
                if len(places) < self.parks.bit_count() or any(self.sorted_by[place] != by for place, by in found):
                    # Something has been written since: this order must not be handed on to the next directory.
                    return array("I", places)
            self.asked_for[order] = array("I", places)
        return self.asked_for[order]

    def _versions(self) -> array:
        if VERSIONS not in self.asked_for:
            versions = array("q", bytes(8 * self.size))
            _read_versions(None, self.places, versions)
            self.asked_for[VERSIONS] = versions
        return self.asked_for[VERSIONS]

    # --- Reading

    def reread(self, keys: Iterable[int] | None = None) -> "Directory":
        """The same with the parks of these keys, or all, as they are now."""
        if keys is not None and not keys:
            return self
        with collecting_seldom():
            return self._reread(None if keys is None else set(keys))

    def _reread(self, keys):
        # Of what stays as it is, there need not be two.
        has_more = keys is None or not keys <= self.places.keys()
        read = _Read(
            dict(self.places) if has_more else self.places, self.longitudes[:], self.latitudes[:], self.sorted_by[:]
        )
        read.parks(keys)
        read.roles(keys)
        read.industries(keys)
        read.figures(keys)
        read.disputes()
        size = len(read.places)
        as_before = read.sorted_by == self.sorted_by
        asked_for = {each: order for each in ORDERS if as_before and (order := self.asked_for.get(each))}
        if versions := self.asked_for.get(VERSIONS):
            asked_for[VERSIONS] = versions + array("q", bytes(8 * (size - self.size)))
            _read_versions(keys, read.places, asked_for[VERSIONS])
        changed = self.parks if keys is None else self._set_of(keys)
        return Directory(
            keys=array("q", read.places) if has_more else self.keys,
            longitudes=read.longitudes,
            latitudes=read.latitudes,
            places=read.places,
            parks=(self.parks & ~changed) | bits_of(map(read.places.__getitem__, read.hosts), size),
            at_own_place=(self.at_own_place & ~changed) | bits_of(read.at_own_place, size),
            sorted_by=read.sorted_by,
            facets={name: facet.put(size, changed, read.values[name]) for name, facet in self.facets.items()},
            asked_for=asked_for,
        )


class _Read:
    """What is read of parks: their places, the `hosts` by their keys, and the places with each value of a facet."""

    def __init__(self, places: dict[int, int], longitudes: array, latitudes: array, sorted_by: array):
        self.places, self.longitudes, self.latitudes, self.sorted_by = places, longitudes, latitudes, sorted_by
        self.values = {name: defaultdict(list) for name in COLUMNS}
        self.hosts, self.at_own_place = {}, []

    def parks(self, keys):
        # Column by column: to go through them row by row would take twice as long.
        for rows in batches(_rows(Park, PARK, "pk", keys), AT_ONCE):
            found, hosts, statuses, programmes, owns, east, north, *sorted_by = zip(*rows, strict=True)
            places = [self.places.setdefault(key, len(self.places)) for key in found]
            self.hosts.update(zip(found, map(intern, hosts), strict=True))
            decades = (established[:3] for established in sorted_by[-1])
            for name, column in (("host", hosts), ("status", statuses), ("decade", decades)):
                values = self.values[name]
                for place, value in zip(places, column, strict=True):
                    values[value].append(place)
            self.values["is_programme"][True] += compress(places, programmes)
            self.at_own_place += (place for place, own in zip(places, owns, strict=True) if own is not None)
            for known, column, none_yet in (
                (self.longitudes, east, NOWHERE),
                (self.latitudes, north, NOWHERE),
                (self.sorted_by, map(hash, zip(*sorted_by, strict=True)), 0),
            ):
                known.extend([none_yet] * (len(self.places) - len(known)))
                for place, value in zip(places, column, strict=True):
                    known[place] = value
        self.values["decade"] = {decade_of(decade): places for decade, places in self.values["decade"].items()}
        for host, places in self.values["host"].items():
            self.values["province"][province_code(host)] += places

    def roles(self, keys):
        """Who runs what in these parks, and which boundary that crosses."""
        functions, partners, spans = self.values["function"], self.values["partner"], dict.fromkeys(self.hosts, 0)
        for key, function, division, behind in _rows(CoManagementRole, ROLE, "park", keys):
            if (host := self.hosts.get(key)) is None:
                # It came with a park that is not read yet: the change that wrote both is.
                continue
            place = self.places[key]
            functions[function].append(place)
            if division:
                partners[division].append(place)
            if behind and behind != division:
                partners[behind].append(place)
            partner = division or behind
            if partner and partner != host and spans[key] < FURTHEST:
                spans[key] = max(spans[key], RANKS[boundary(host, partner)])
        for key, rank in spans.items():
            self.values["span"][SPANS[rank]].append(self.places[key])

    def industries(self, keys):
        values = self.values["industry"]
        for key, industry in _rows(ParkIndustry, ("park", "industry"), "park", keys):
            if key in self.hosts:
                values[industry].append(self.places[key])

    def figures(self, keys):
        values = self.values[FIGURES]
        for key, *figure in _rows(Observation, ("park", "indicator", "period"), "park", keys, COUNTABLE):
            if key in self.hosts:
                values[tuple(figure)].append(self.places[key])

    def disputes(self):
        disputed = disputed_records(Park)
        self.values["disputed"][True] += (self.places[key] for key in disputed if key in self.hosts)


def _rows(model, columns, path: str, keys: set[int] | None, *conditions: Q) -> Iterator[tuple]:
    """What `model` has in these columns, of all parks or of those of `keys`; `path` leads to the park."""
    rows = model.objects.filter(*conditions).order_by().values_list(*columns)
    for asked in [rows] if keys is None else (rows.filter(**{f"{path}__in": some}) for some in batches(keys, AT_ONCE)):
        yield from asked.iterator(AT_ONCE)


def _read_versions(keys, places, versions):
    """Put the number of the newest version of each park, or of each of `keys`, in at its place."""
    rows = Version.objects.filter(root_model=label_of(Park)).order_by()
    wanted = [rows] if keys is None else (rows.filter(root_key__in=map(str, some)) for some in batches(keys, AT_ONCE))
    for asked in wanted:
        for key, newest in asked.values_list("root_key").annotate(Max("id")):
            if int(key) in places:
                versions[places[int(key)]] = newest


# --- Keeping up -----------------------------------------------------------------------------------------------------

Changes = frozenset[tuple[int, datetime]]


@dataclass(frozen=True)
class _Kept:
    directory: Directory
    # It tells all changes up to the one of this number and instant, of which none can appear any more; and of those
    # begun since, these that were seen.
    settled: tuple[int, datetime] | None
    seen: Changes


# Of each server that this process reads from: a replica may tell less than the primary, for a moment.
_kept: dict[str, _Kept] = {}
_turn = Lock()


def directory() -> Directory:
    """All parks as they are now, whatever has written to them.

    What is read for it stands for the changes that were seen before: it may be newer, never older. Within a transaction
    all is read anew, since what that has written has no revision yet.
    """
    if connection.in_atomic_block:
        return Directory().reread()
    server = connection.alias
    kept = _kept.get(server)
    if kept is None or _changes_since(kept.settled) != kept.seen:
        # One thread reads, and the others take what it has read.
        with _turn:
            kept = _kept[server] = _brought_up(_kept.get(server))
    return kept.directory


def _brought_up(kept: _Kept | None) -> _Kept:
    settled_now = settled(Change.objects.order_by("-id")).values_list("id", "at").first()
    since = _changes_since(kept.settled) if kept else None
    if kept and since == kept.seen:
        return kept
    if since is not None and since > kept.seen:
        keys = _written_to(since - kept.seen)
    else:
        keys, since = None, _changes_since(settled_now) or frozenset()
    found = Directory().reread() if keys is None else kept.directory.reread(keys)
    return _Kept(found, settled_now, frozenset(each for each in since if not settled_now or each > settled_now))


def _changes_since(settled_one: tuple[int, datetime] | None) -> Changes | None:
    """The changes after one that was settled, or all; None where that is gone, since the registry was emptied or put
    back to an earlier state.
    """
    if settled_one is None:
        return frozenset(Change.objects.order_by().values_list("id", "at"))
    found = frozenset(Change.objects.filter(id__gte=settled_one[0]).order_by().values_list("id", "at"))
    return found - {settled_one} if settled_one in found else None


def _written_to(changes: Changes) -> set[int] | None:
    """The keys of the parks of which a directory tells something that these changes wrote to; None for too many."""
    # By the change alone: a database that knows little of the newest might look through all versions of parks.
    versions = Version.objects.filter(change__in=[number for number, _at in changes][: MANY + 1]).order_by()
    rows = set(versions.values_list("root_model", "root_key", "model", "key")[: MANY + 1])
    if len(changes) > MANY or len(rows) > MANY:
        return None
    keys = {int(root_key) for root_model, root_key, _model, _key in rows if root_model == label_of(Park)}
    bodies, divisions = ([key for *_root, model, key in rows if model == label_of(each)] for each in (Body, Division))
    if bodies:
        keys |= set(CoManagementRole.objects.filter(body__in=bodies).values_list("park", flat=True))
    if divisions:
        keys |= set(Park.objects.filter(host__in=divisions).values_list("pk", flat=True))
    return keys if len(keys) <= MANY else None
