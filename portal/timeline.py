"""A time axis: who held what from when until when, as far as known, and what happened.

A plain model of lanes and spans, whose places are percents of the axis; `portal.lanes` gives the lanes of a record. The
template draws it, and tells the same as a table.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby
from typing import NamedTuple

from django.utils.translation import pgettext

from core.dates import Certainty, PartialDate
from core.known import day_of_reading
from core.models import Record
from portal.addresses import address_of, anchor_of
from portal.telling import Told
from portal.timescale import Stretch, Tick, TimeScale, day_after, percent, stretches

# The part of the axis on which a bar has room for a text.
ROOM = 0.08


class Bar(NamedTuple):
    """Part of a span: a stretch of days on which it held for certain, or possibly."""

    start: float
    end: float
    is_certain: bool

    @property
    def x(self) -> str:
        return percent(self.start)

    @property
    def width(self) -> str:
        return percent(self.end - self.start)


EVERYWHERE = Bar(0, 1, True)


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
    # From when on it is not certain that it holds: from the first day on where it is over, nobody knows since when.
    doubted: date = date.max
    words: str = ""
    claims: tuple[tuple[str, str], ...] = ()

    def stretches(self, today: date) -> list[Stretch]:
        if self.happened:
            day = PartialDate(self.happened)
            certain = Certainty.CERTAIN if day.earliest == day.latest else Certainty.POSSIBLE
            return [Stretch(day.earliest, day_after(day.latest), certain)]
        held = stretches(self.since, self.until, doubted=self.doubted)
        if not self.until and self.has_begun(today):
            # Nothing is known of what lies ahead.
            held = [each._replace(end=min(each.end, day_after(today))) for each in held if each.first <= today]
        return held

    def lasts(self, today: date) -> bool:
        """Whether it is still so as far as known."""
        return not (self.until or self.happened or self.doubted <= today)

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
    # Where beside its mark there is most room for what happened, and whether that is on the side of the past.
    beside: Bar | None = None
    is_before: bool = False
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
    bars = [
        Bar(scale.place(each.first), scale.place(each.end), each.certainty == Certainty.CERTAIN)
        for each in fact.stretches(today)
        if each.end > scale.first and each.first < scale.end
    ]
    is_point = len(fact.happened) == 10
    claimed = [_middle(stated, scale) for stated, _words in fact.claims]
    return Span(
        address=_address(fact.record, here),
        words=fact.words,
        title=_title(lane, fact),
        bars=() if is_point else tuple(bars),
        claims=tuple(Claim(percent(at), words) for at, (_stated, words) in zip(claimed, fact.claims, strict=True)),
        proposed=fact.proposed,
        **(_marks(fact, bars, today) if bars else {}),
        **(_room(bars, claimed) if bars and lane.when else {}),
    )


def _marks(fact: Fact, bars: list[Bar], today: date) -> dict:
    """What stands at the ends of the bars, on them and beside them."""
    first, last = bars[0], bars[-1]
    wide = next((bar for bar in bars if bar.is_certain and bar.end - bar.start >= ROOM), None)
    is_open = not (fact.happened or (fact.since and fact.start_is_known))
    return {
        "point": first.x if len(fact.happened) == 10 else "",
        "opens": first.x if is_open else "",
        "goes_on": percent(last.end) if fact.lasts(today) else "",
        "text": fact.text if wide else "",
        "text_bar": wide,
        "reach": Bar(first.start, last.end, True),
    }


def _room(bars: list[Bar], claimed: list[float]) -> dict:
    """Where there is most room for a text: before all marks of the span, or after them."""
    first, last = min([bars[0].start, *claimed]), max([bars[-1].end, *claimed])
    is_before = first > 1 - last
    return {"beside": Bar(0, first, True) if is_before else Bar(last, 1, True), "is_before": is_before}


def _middle(text: str, scale: TimeScale) -> float:
    day = PartialDate(text)
    return (scale.place(day.earliest) + scale.place(day.latest)) / 2


def _address(record: Record, here: Record) -> str:
    owner = getattr(record, record.belongs_to) if record.belongs_to else record
    if owner != here:
        return address_of(record)
    return f"#{anchor_of(record)}" if record.belongs_to else "#main"


def _title(lane: Lane, fact: Fact) -> str:
    what = [lane.caption, lane.label.text, lane.detail]
    return pgettext("timeline", "%(what)s: %(period)s") % {
        "what": " · ".join(part for part in what if part),
        "period": "; ".join([fact.words, *(words for _stated, words in fact.claims)]),
    }
