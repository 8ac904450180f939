"""What of a record stands on a time axis: the lanes of a park, of who runs parks, and of agreements; runs no query."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import date
from itertools import groupby

from django.utils.translation import gettext as _

from agreements.force import Why, begins, end_of_term, period_in_force, superseding
from agreements.models import Agreement
from core.dates import PartialDate
from core.known import day_of_reading
from core.loading import is_loaded, rows_of
from core.models import Record
from parks.lifetime import lived
from parks.models import BenefitShare, CoManagementRole, Event, Park, ParkName
from parks.models.comanagement import Standing
from parks.shares import GROUP, place_of_split
from portal.amounts import told_amount
from portal.telling import Told, clauses, page_language, told, told_date, told_party, told_period
from portal.timeline import Fact, Group, Lane, Timeline, draw
from sources.models import Citation

# Sorts after every date.
UNKNOWN_LAST = "9999"

# --- Whole timelines --------------------------------------------------------------------------------------------------


def timeline_of_park(park: Park) -> Timeline | None:
    """The time of `park` with its names, roles, shares, agreements and events; None where nothing of it is dated.

    Reads what `ParkQuerySet.with_facts` and `with_citations` load, and `links_from_later` of its agreements.
    """
    agreements = [(row, row.agreement) for row in rows_of(park, "agreements")]
    groups = [
        Group("life", _("The park"), list(_life(park))),
        Group("names", _("Names"), list(_names(park))),
        Group("roles", _("Who runs what"), list(_roles(rows_of(park, "roles"), told_party))),
        Group("shares", _("Who gets what"), list(_shares(rows_of(park, "shares"), told_party))),
        Group("agreements", _("Agreements"), list(_agreements(agreements))),
        Group("events", _("Events"), list(_events(park))),
    ]
    return draw(groups, here=park)


def timeline_of_party(
    party: Record, roles: Iterable[CoManagementRole], shares: Iterable[BenefitShare], agreements: Iterable[Agreement]
) -> Timeline | None:
    """What a division or body runs, gets and agreed to, by park. Load the roles and shares with `park`, `division` and
    `body`, the agreements with their `links_from_later`.
    """
    groups = [
        Group("roles", _("What it answers for"), list(_roles(roles, _park_of))),
        Group("shares", _("What it gets"), list(_shares(shares, _park_of))),
        Group("agreements", _("Agreements"), list(_agreements((each, each) for each in agreements))),
    ]
    return draw(groups, here=party)


def timeline_of_agreement(
    agreement: Agreement,
    lineage: Iterable[Agreement],
    roles: Iterable[CoManagementRole],
    shares: Iterable[BenefitShare],
) -> Timeline | None:
    """An agreement in its `lineage`, which it is one of, and the roles and shares that it gave. Load the lineage with
    `agreements.force.with_superseding`, the others as for `timeline_of_party`.
    """
    groups = [
        Group("agreements", _("Agreements"), list(_agreements((each, each) for each in lineage))),
        Group("roles", _("Functions that it gave"), list(_roles(roles, told_party))),
        Group("shares", _("Shares that it gave"), list(_shares(shares, told_party))),
    ]
    return draw(groups, here=agreement)


# --- Lanes ------------------------------------------------------------------------------------------------------------


def _park_of(held) -> Told:
    return told(held.park, "name")


def _life(park: Park) -> Iterator[Lane]:
    if park.status == Park.Status.PROPOSED:
        return
    over = park.status in (Park.Status.MERGED, Park.Status.CLOSED) and not park.closed
    fact = Fact(
        park,
        park.established,
        park.closed,
        doubted=date.min if over else date.max,
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
            doubted=date.min if over else date.max,
            words=words_of(name.since, name.until, ended=over),
            claims=_claims(name, "since", "until"),
        )
        yield Lane(Told(name.name, name.language), name.get_kind_display(), facts=(fact,))


def _roles(roles: Iterable[CoManagementRole], label: Callable) -> Iterator[Lane]:
    """The roles by function; `label` says whose lane each is in, or of which park."""
    functions = CoManagementRole.Function.values

    def lane(role):
        return functions.index(role.function), label(role), _whose(role), role.standing

    for _key, held in groupby(sorted(roles, key=lambda role: (*lane(role), role.since, role.pk)), key=lane):
        held = list(held)
        facts = tuple(_held(role.park, role) for role in held)
        yield Lane(label(held[0]), _detail(held[0], label), caption=held[0].get_function_display(), facts=facts)


def _shares(shares: Iterable[BenefitShare], label: Callable) -> Iterator[Lane]:
    """The shares by what they are shares of."""

    def lane(share):
        return place_of_split([getattr(share, name) for name in GROUP]), label(share), _whose(share)

    for _key, held in groupby(sorted(shares, key=lambda share: (*lane(share), share.since, share.pk)), key=lane):
        held = list(held)
        facts = tuple(_held(share.park, share, percent_of(share)) for share in held)
        yield Lane(label(held[0]), _detail(held[0], label), caption=split_of(held[0]), facts=facts)


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
        doubted=date.min if over else date.max,
        words=clauses(text, words),
        claims=_claims(held, "since", "until"),
    )


def _whose(held) -> tuple[str, int]:
    return held.division_id or "", held.body_id or 0


def _detail(held, label) -> str:
    """That it is only proposed, and where the lane is a park's, which body acts for the party whose page it is."""
    standing = held.get_standing_display() if held.standing == Standing.PROPOSED else ""
    body = told(held.body, "name").text if label is _park_of and held.body else ""
    return " · ".join(part for part in (standing, body) if part)


def split_of(share) -> str:
    """What a share is a share of: "equity, of the total: Park investment company"."""
    what = f"{share.get_subject_display()} ({share.get_basis_display()})"
    return " · ".join(part for part in (what, share.entity, share.condition) if part)


def percent_of(share) -> str:
    return told_amount(share.percent, "%") if share.percent is not None else ""


def _agreements(rows: Iterable[tuple[Record, Agreement]]) -> Iterator[Lane]:
    """Agreements in the order in which they begin, each with the record whose address tells it."""
    for row, agreement in sorted(rows, key=lambda each: (begins(each[1]) or UNKNOWN_LAST, each[1].pk)):
        facts = (_in_force(row, agreement), *_signing(row, agreement))
        yield Lane(told(agreement, "title"), agreement.get_kind_display(), facts=facts)


def _in_force(row: Record, agreement: Agreement) -> Fact:
    """The period in which it is in force, where `agreements.force` is as sure of it."""
    period, doubted = period_in_force(agreement), _doubted_from(agreement)
    since = until = begins(agreement)
    if not period.never:
        since, until = period.since, period.until
    words = words_of(since, until, ended=doubted <= day_of_reading())
    if not agreement.signed_on:
        words = f"{words}, {Why.UNSIGNED.label}"
    return Fact(
        row,
        since,
        until,
        doubted=doubted,
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
    for event in sorted(rows_of(park, "events"), key=lambda event: (event.date or UNKNOWN_LAST, event.pk)):
        fact = Fact(event, happened=event.date, words=told_date(event.date), claims=_claims(event, "date"))
        text, kind = told(event, "text"), event.get_kind_display()
        detail = kind if text and event.kind != Event.Kind.OTHER else ""
        yield Lane(text or Told(kind, page_language()), detail, when=told_date(event.date), facts=(fact,))


def words_of(since: str, until: str, ended: bool = False) -> str:
    """A period in words, with what is not known of it."""
    if since and until:
        return told_period(since, until)
    start = told_period(since, "") if since else _("start not known")
    if until:
        return clauses(told_period("", until), start)
    return clauses(start, _("end not known") if ended else _("still so as far as known"))


def _claims(record, *names: str) -> tuple[tuple[str, str], ...]:
    """The dates that sources state instead of those of the fields `names`; read where citations are loaded."""
    found = {}
    for citation in rows_of(record, "citations") if is_loaded(record, "citations") else ():
        if citation.stance == Citation.Stance.DISPUTES and citation.field in names:
            with suppress(ValueError):
                if stated := PartialDate(citation.stated_value.strip()):
                    found[stated] = _("disputed: a source states %(date)s") % {"date": told_date(stated)}
    return tuple(found.items())
