"""The time of a park on one axis: who held what from when until when, as far as known, and what happened.

A plain model of lanes and spans, whose places are percents of the axis; it runs no query. The template draws it, and
tells the same as a table.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from agreements.force import begins, end_of_term, period_in_force, superseding
from agreements.models import Agreement
from core.dates import Certainty, PartialDate
from core.known import day_of_reading
from core.loading import is_loaded, rows_of
from core.models import Record
from parks.lifetime import lived
from parks.models import CoManagementRole, Event, Park, ParkName
from parks.models.comanagement import Standing
from parks.shares import GROUP, place_of_split
from portal.addresses import address_of, anchor_of
from portal.telling import Told, page_language, told, told_date, told_period
from portal.timescale import Stretch, Tick, TimeScale, percent, stretches
from sources.models import Citation

DAY = timedelta(days=1)
# Of the axis, in percent: a narrower bar has no room for a text.
ROOM = 8


class Bar(NamedTuple):
    """Part of a span: a stretch of days on which it held for certain, or possibly."""

    x: str
    width: str
    is_certain: bool


EVERYWHERE = Bar("0%", "100%", True)


class Beside(NamedTuple):
    """Where beside its mark there is most room for what happened; `is_before`: on the side of the past."""

    x: str
    width: str
    is_before: bool


class Claim(NamedTuple):
    """Another date that some source states, which the registry does not follow."""

    x: str
    words: str


@dataclass(frozen=True)
class Fact:
    """One fact of a lane as it is dated, before the axis is known."""

    record: Record
    since: str = ""
    until: str = ""
    # Of something that happened, and did not last.
    happened: str = ""
    # What is written on its bar.
    text: str = ""
    proposed: bool = False
    # Whether its start is only taken from what it is a fact of.
    start_is_known: bool = True
    # From when on it is no longer certain that it holds.
    doubted: date = date.max
    # Where it is over, nobody knows since when.
    ended: bool = False
    words: str = ""
    claims: tuple[tuple[str, str], ...] = ()

    def stretches(self, today: date) -> list[Stretch]:
        if self.happened:
            day = PartialDate(self.happened)
            certain = Certainty.CERTAIN if day.earliest == day.latest else Certainty.POSSIBLE
            return [Stretch(day.earliest, day.latest + DAY, certain)]
        doubted = date.min if self.ended else self.doubted
        held = stretches(self.since, self.until, doubted=doubted)
        if not self.until and self.has_begun(today):
            # Nothing is known of what lies ahead.
            held = [each._replace(end=min(each.end, today + DAY)) for each in held if each.first <= today]
        return held

    def has_begun(self, today: date) -> bool:
        return not self.since or PartialDate(self.since).earliest <= today


@dataclass(frozen=True)
class Span:
    """A fact drawn: `address` leads to where it is told, `words` say its period."""

    address: str
    words: str
    # The same with what it is a period of: what the drawn span is called.
    title: str
    bars: tuple[Bar, ...] = ()
    # The day on which it happened.
    point: str = ""
    # Where it begins on a day nobody knows, and where it goes on as far as known.
    opens: str = ""
    goes_on: str = ""
    text: str = ""
    text_bar: Bar | None = None
    proposed: bool = False
    claims: tuple[Claim, ...] = ()
    beside: Beside | None = None
    # All that can be clicked on.
    reach: Bar = EVERYWHERE


@dataclass(frozen=True)
class Lane:
    """What is held by one party, or called by one name: its spans in order of time."""

    label: Told
    detail: str = ""
    # The date of something that happened, in words: what it was is then told beside its mark.
    when: str = ""
    # What it has in common with the lanes below it: a function, what is shared.
    caption: str = ""
    facts: tuple[Fact, ...] = ()
    spans: tuple[Span, ...] = ()


@dataclass
class Group:
    """Lanes of one kind; `kind` is a word for style sheets."""

    kind: str
    title: str
    lanes: list[Lane] = field(default_factory=list)

    def by_caption(self) -> list[tuple[str, list[Lane]]]:
        return [(caption, list(lanes)) for caption, lanes in groupby(self.lanes, key=lambda lane: lane.caption)]


class Entry(NamedTuple):
    """A row of the table that tells the same."""

    group: str
    lane: Lane
    span: Span


@dataclass
class Timeline:
    ticks: list[Tick]
    today: str
    groups: list[Group]
    # In order of time.
    entries: list[Entry]
    # What has no date, and so no place: the group it is of, and its lane.
    undated: list[tuple[Group, Lane]]

    @property
    def forms(self) -> set[str]:
        """What the legend must explain."""
        found = set()
        for entry in self.entries:
            span = entry.span
            found |= {"certain" if bar.is_certain else "possible" for bar in span.bars if not span.proposed}
            marks = {"point": span.point, "open": span.opens, "on": span.goes_on, "claim": span.claims}
            found |= {form for form, there in {**marks, "proposed": span.proposed}.items() if there}
        return found


# --- What is drawn ----------------------------------------------------------------------------------------------------


def timeline_of_park(park: Park) -> Timeline | None:
    """The time of `park` with its names, roles, shares, agreements and events; None where nothing of it is dated.

    Reads what `ParkQuerySet.with_facts` and `with_citations` load, and `links_from_later` of its agreements.
    """
    groups = [
        Group("life", _("The park"), list(_life(park))),
        Group("names", _("Names"), list(_names(park))),
        Group("roles", _("Who runs what"), list(_roles(park))),
        Group("shares", _("Who gets what"), list(_shares(park))),
        Group("agreements", _("Agreements"), list(_agreements(park))),
        Group("events", _("Events"), list(_events(park))),
    ]
    return draw(groups, here=park)


def draw(groups: list[Group], here: Record) -> Timeline | None:
    """The timeline of lanes that have their `facts`: those without any date stand apart. None where all do."""
    today = day_of_reading()
    undated = [(group, lane) for group in groups for lane in group.lanes if not _is_dated(lane)]
    dated = [Group(group.kind, group.title, [lane for lane in group.lanes if _is_dated(lane)]) for group in groups]
    dated = [group for group in dated if group.lanes]
    days = [day for group in dated for lane in group.lanes for fact in lane.facts for day in _known_days(fact)]
    if not days:
        return None
    scale = TimeScale.over([*days, today], years=2)
    entries = []
    for group in dated:
        for at, lane in enumerate(group.lanes):
            spans = tuple(_span(lane, fact, scale, today, here) for fact in lane.facts)
            group.lanes[at] = lane = replace(lane, spans=spans)
            days = map(_first_day, lane.facts)
            entries += [(day, Entry(group.title, lane, span)) for day, span in zip(days, spans, strict=True)]
    in_order = [entry for _day, entry in sorted(entries, key=lambda each: each[0])]
    return Timeline(scale.ticks(), percent(scale.place(today)), dated, in_order, undated)


def _is_dated(lane: Lane) -> bool:
    """Whether it has a place on the axis: a role without dates is as old as its park; a name may be of any time."""
    return any(fact.since or fact.until or fact.happened or not fact.start_is_known for fact in lane.facts)


def _known_days(fact: Fact) -> Iterator[date]:
    for text in (fact.since, fact.until, fact.happened, *(stated for stated, _words in fact.claims)):
        if text:
            yield from (PartialDate(text).earliest, PartialDate(text).latest)


def _first_day(fact: Fact) -> date:
    return min(_known_days(fact), default=date.min)


def _span(lane: Lane, fact: Fact, scale: TimeScale, today: date, here: Record) -> Span:
    bars = []
    for each in fact.stretches(today):
        if each.end > scale.first and each.first < scale.end:
            x, end = scale.place(each.first), scale.place(each.end)
            bars.append(Bar(percent(x), percent(end - x), each.certainty == Certainty.CERTAIN))
    first, last = (bars[0], bars[-1]) if bars else (None, None)
    is_point = bool(fact.happened) and len(fact.happened) == 10
    wide = [bar for bar in bars if bar.is_certain and float(bar.width[:-1]) >= ROOM]
    goes_on = bars and not (fact.until or fact.happened or fact.ended)
    return Span(
        address=_address(fact.record, here),
        words=fact.words,
        title=_title(lane, fact),
        bars=() if is_point else tuple(bars),
        point=first.x if is_point else "",
        opens=first.x if bars and not fact.happened and not (fact.since and fact.start_is_known) else "",
        goes_on=_end(last) if goes_on else "",
        text=fact.text if wide else "",
        text_bar=wide[0] if wide else None,
        proposed=fact.proposed,
        claims=tuple(Claim(percent(_middle(stated, scale)), words) for stated, words in fact.claims),
        beside=_beside(first, last) if bars and lane.when else None,
        reach=Bar(first.x, f"{float(_end(last)[:-1]) - float(first.x[:-1]):.3f}%", True) if bars else EVERYWHERE,
    )


def _beside(first: Bar, last: Bar) -> Beside:
    before, end = float(first.x[:-1]), float(_end(last)[:-1])
    if before > 100 - end:
        return Beside("0%", first.x, True)
    return Beside(_end(last), f"{100 - end:.3f}%", False)


def _end(bar: Bar) -> str:
    return f"{float(bar.x[:-1]) + float(bar.width[:-1]):.3f}%"


def _middle(text: str, scale: TimeScale) -> float:
    day = PartialDate(text)
    return (scale.place(day.earliest) + scale.place(day.latest)) / 2


def _address(record: Record, here: Record) -> str:
    owner = getattr(record, record.belongs_to) if record.belongs_to else record
    if owner != here:
        return address_of(record)
    return f"#{anchor_of(record)}" if record.belongs_to else "#main"


# --- The lanes of a park ----------------------------------------------------------------------------------------------


def _life(park: Park) -> Iterator[Lane]:
    if park.status == Park.Status.PROPOSED:
        return
    over = park.status in (Park.Status.MERGED, Park.Status.CLOSED) and not park.closed
    fact = Fact(
        park,
        park.established,
        park.closed,
        ended=over,
        words=words_of(park.established, park.closed, ended=over),
        claims=_claims(park, "established", "closed"),
    )
    yield Lane(told(park, "name"), park.get_status_display(), facts=(fact,))


def _names(park: Park) -> Iterator[Lane]:
    for name in sorted(rows_of(park, "names"), key=lambda name: (not name.since, name.since, name.until, name.pk)):
        over = name.kind == ParkName.Kind.FORMER and not name.until
        fact = Fact(
            name,
            name.since,
            name.until,
            ended=over,
            words=words_of(name.since, name.until, ended=over),
            claims=_claims(name, "since", "until"),
        )
        yield Lane(Told(name.name, name.language), name.get_kind_display(), facts=(fact,))


def _roles(park: Park) -> Iterator[Lane]:
    functions = CoManagementRole.Function.values

    def lane(role):
        return functions.index(role.function), role.party_code, role.standing != Standing.IN_FORCE

    for _key, roles in groupby(sorted(rows_of(park, "roles"), key=lambda role: (*lane(role), role.since)), key=lane):
        roles = list(roles)
        caption = roles[0].get_function_display()
        yield Lane(
            party_of(roles[0]), _standing(roles[0]), caption=caption, facts=tuple(_held(park, role) for role in roles)
        )


def _shares(park: Park) -> Iterator[Lane]:
    def split(share):
        return place_of_split([getattr(share, name) for name in GROUP])

    def lane(share):
        return split(share), share.party_code

    for _key, shares in groupby(sorted(rows_of(park, "shares"), key=lambda each: (*lane(each), each.since)), key=lane):
        shares = list(shares)
        facts = tuple(_held(park, share, percent_of(share)) for share in shares)
        yield Lane(party_of(shares[0]), _standing(shares[0]), caption=split_of(shares[0]), facts=facts)


def _held(park, held, text="") -> Fact:
    since, until = lived(park, held)
    over = not until and park.status in (Park.Status.MERGED, Park.Status.CLOSED)
    words = words_of(held.since, held.until, ended=over)
    return Fact(
        held,
        since,
        until,
        text=text,
        proposed=held.standing == Standing.PROPOSED,
        start_is_known=bool(held.since),
        ended=over,
        words=f"{text}, {words}" if text else words,
        claims=_claims(held, "since", "until"),
    )


def _standing(held) -> str:
    return held.get_standing_display() if held.standing == Standing.PROPOSED else ""


def party_of(held) -> Told:
    """Who holds it; both names where a body acts for a division."""
    names = [told(each, "name") for each in (held.body, held.division) if each]
    return Told(" · ".join(name.text for name in names), names[0].language)


def split_of(share) -> str:
    """What a share is a share of: "equity, of the total: Park investment company"."""
    what = f"{share.get_subject_display()} ({share.get_basis_display()})"
    return " · ".join(part for part in (what, share.entity, share.condition) if part)


def percent_of(share) -> str:
    return _("%(percent)s%%") % {"percent": f"{share.percent.normalize():f}"} if share.percent is not None else ""


def _agreements(park: Park) -> Iterator[Lane]:
    for row in sorted(rows_of(park, "agreements"), key=lambda row: (begins(row.agreement) or "9999", row.pk)):
        agreement = row.agreement
        facts = (_in_force(row, agreement), *_signing(row, agreement))
        yield Lane(told(agreement, "title"), agreement.get_kind_display(), facts=facts)


def _in_force(row: Record, agreement: Agreement) -> Fact:
    """The period in which it is in force, where `agreements.force` is as sure of it."""
    period = period_in_force(agreement)
    since, until = period.since, period.until
    if period.never:
        since = until = begins(agreement)
    words = words_of(since, until)
    return Fact(
        row,
        since,
        until,
        doubted=_doubted_from(agreement),
        words=_("in force %(period)s") % {"period": words},
        claims=_claims(agreement, "effective_from", "expires_on"),
    )


def _doubted_from(agreement: Agreement) -> date:
    """From when on it is not certain to be in force: a term is over, or something perhaps superseded it."""
    if not agreement.signed_on:
        return date.min
    doubts = [begins(later).earliest or date.min for later in superseding(agreement) if not later.signed_on]
    doubts += [date.min for later in superseding(agreement) if not begins(later)]
    over = "" if agreement.expires_on else end_of_term(begins(agreement), agreement.term_years)
    return min([*doubts, *([over.earliest] if over else [])], default=date.max)


def _signing(row: Record, agreement: Agreement) -> Iterator[Fact]:
    if agreement.signed_on:
        words = _("signed %(date)s") % {"date": told_date(agreement.signed_on)}
        yield Fact(row, happened=agreement.signed_on, words=words, claims=_claims(agreement, "signed_on"))


def _events(park: Park) -> Iterator[Lane]:
    for event in sorted(rows_of(park, "events"), key=lambda event: (event.date or "9999", event.pk)):
        fact = Fact(event, happened=event.date, words=told_date(event.date), claims=_claims(event, "date"))
        text, kind = told(event, "text"), event.get_kind_display()
        detail = kind if text and event.kind != Event.Kind.OTHER else ""
        yield Lane(text or Told(kind, page_language()), detail, when=told_date(event.date), facts=(fact,))


# --- In words ---------------------------------------------------------------------------------------------------------


def words_of(since: str, until: str, ended: bool = False) -> str:
    """A period in words, with what is not known of it."""
    if since and until:
        return told_period(since, until)
    start = told_period(since, "") if since else _("start not known")
    if until:
        return ", ".join([told_period("", until), start])
    return ", ".join([start, _("end not known") if ended else _("still so as far as known")])


def _claims(record, *names: str) -> tuple[tuple[str, str], ...]:
    """The dates that sources state instead of those of the fields `names`; read where citations are loaded."""
    found = {}
    for citation in rows_of(record, "citations") if is_loaded(record, "citations") else ():
        if citation.stance == Citation.Stance.DISPUTES and citation.field in names:
            with suppress(ValueError):
                if stated := PartialDate(citation.stated_value.strip()):
                    found[stated] = _("disputed: a source states %(date)s") % {"date": told_date(stated)}
    return tuple(found.items())


def _title(lane: Lane, fact: Fact) -> str:
    what = [lane.caption, lane.label.text, lane.detail]
    return pgettext("timeline", "%(what)s: %(period)s") % {
        "what": " · ".join(part for part in what if part),
        "period": "; ".join([fact.words, *(words for _stated, words in fact.claims)]),
    }
