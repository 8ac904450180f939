"""Parks beside each other: what is told of each, row by row, and in which rows they differ."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.dates import Certainty
from core.models import Record
from parks.comanagement import Holder, matrix
from parks.latest import latest_figures
from parks.lifetime import existence
from parks.models import BenefitShare, CoManagementRole, Observation, Park
from parks.models.comanagement import Standing
from parks.querysets import Span
from parks.shares import shares_on
from portal.addresses import address_of
from portal.amounts import told_figure, told_part
from portal.telling import Told, clauses, told, told_also, told_date, told_party, told_period
from sources.evidence import tally
from sources.models import CitedRecord

Function = CoManagementRole.Function


@dataclass(frozen=True)
class Item:
    """One thing that is told of one park, with what its notes are of: a fact, or a field of the park."""

    text: str
    language: str = ""
    address: str = ""
    fact: CitedRecord | None = None
    field: str = ""
    certainty: Certainty | None = None
    # What is said beside it in small: since when, of which year.
    aside: str = ""


@dataclass(frozen=True)
class Row:
    """One thing that is compared: a cell of items for each park, in their order."""

    title: str
    cells: tuple[tuple[Item, ...], ...]

    @property
    def differs(self) -> bool:
        """Whether not all parks are told the same."""
        return len({frozenset((item.text, item.certainty) for item in cell) for cell in self.cells}) > 1


@dataclass(frozen=True)
class Group:
    """Rows of one kind, under a title."""

    title: str
    rows: tuple[Row, ...]


def compare(parks: list[Park], on: str) -> list[Group]:
    """What is told of `parks` on the day `on`, in groups; runs no query.

    Load them with all their facts and citations, their span, and the divisions above their hosts.
    """
    groups = [
        Group(_("The park"), tuple(_own_rows(parks))),
        Group(_("Who does what"), tuple(_doing_rows(parks, on))),
        Group(_("Who gets what"), tuple(_getting_rows(parks, on))),
        Group(_("Latest figures that several of them have"), tuple(_figure_rows(parks))),
        Group(_("Agreements and evidence"), tuple(_other_rows(parks))),
    ]
    return [group for group in groups if group.rows]


def _row(title, parks: Iterable[Park], items: Callable[[Park], Iterable[Item]]) -> Row:
    return Row(capfirst(str(title)), tuple(tuple(items(park)) for park in parks))


def _own_rows(parks):
    def field(name, tell):
        def items(park):
            if text := tell(park):
                yield Item(text, fact=park, field=name)

        return _row(Park._meta.get_field(name).verbose_name, parks, items)

    yield _row(_("Names"), parks, _names)
    yield field("status", lambda park: park.get_status_display())
    yield _row(Park._meta.get_field("host").verbose_name, parks, lambda park: [_of(park.host, "name", park, "host")])
    yield _row(_("Partners"), parks, _partners)
    yield _row(_("Span"), parks, lambda park: [Item(Span(park.span).label)])
    yield field("established", lambda park: told_date(park.established))
    for name in ("closed", "crosses"):
        if any(getattr(park, name) for park in parks):
            yield field(name, lambda park, name=name: told_date(park.closed) if name == "closed" else park.crosses)
    if any(park.industries.all() for park in parks):
        yield _row(_("Industries"), parks, _industries)


def _of(record: Record, stem: str, fact=None, field="", **more) -> Item:
    name = told(record, stem)
    return Item(name.text, _language(name), address_of(record), fact, field, **more)


def _language(text: Told) -> str:
    return text.language if text.is_foreign else ""


def _names(park):
    for name in (told(park, "name"), told_also(park, "name")):
        if name:
            yield Item(name.text, _language(name), fact=park, field="name_en" if name.language == "en" else "name_zh")
    for name in park.names.all():
        if name.kind in ("SHORT", "FORMER"):
            period = told_period(name.since, name.until)
            yield Item(name.name, name.language, fact=name, aside=clauses(name.get_kind_display(), period))


def _partners(park):
    """Who has or had a role, but for the host: each once, with the first role that says so."""
    first = {}
    for role in sorted(park.roles.all(), key=lambda role: (role.since == "", role.since, role.pk)):
        if role.division_id != park.host_id or role.body_id:
            first.setdefault((role.division_id, role.body_id), role)
    return [_party(role) for role in first.values()]


def _party(fact, **more) -> Item:
    """Who holds a role or share."""
    party = told_party(fact)
    return Item(party.text, _language(party), address_of(fact.body or fact.division), fact, **more)


def _industries(park):
    return [
        Item(name.text, _language(name), fact=each)
        for each in park.industries.all()
        if (name := told(each.industry, "name"))
    ]


def _doing_rows(parks, on):
    held = {park.pk: matrix(park, park.roles.all(), on) for park in parks}
    if any(existence(park, on) != Certainty.CERTAIN for park in parks):
        yield _row(_("Whether it existed"), parks, lambda park: [_existence(park, on)])

    def holders(found: Iterable[Holder]):
        return [
            _party(each.role, certainty=each.certainty, aside=told_period(each.role.since, each.role.until))
            for each in found
        ]

    for function in Function.values:
        if any(function in of_park.holders for of_park in held.values()):
            yield _row(
                Function(function).label,
                parks,
                lambda park, function=function: holders(held[park.pk].holders.get(function, ())),
            )
    if any(of_park.partners for of_park in held.values()):
        yield _row(Function.PARTNER.label, parks, lambda park: holders(held[park.pk].partners))


def _existence(park, on) -> Item:
    certainty = existence(park, on)
    if certainty is None:
        return Item(_("not there then"))
    return Item(_("was there"), certainty=certainty)


def _getting_rows(parks, on):
    splits = {park.pk: shares_on(park, park.shares.all(), on) for park in parks}

    def items(park, subject, standing):
        for split in splits[park.pk]:
            if (split.subject, split.standing) == (subject, standing):
                for phase in split.phases:
                    for part in phase.parts:
                        yield _part(part.share, part.certainty)

    for subject in BenefitShare.Subject:
        for standing in Standing:
            if any(
                (split.subject, split.standing) == (subject, standing) for found in splits.values() for split in found
            ):
                title = subject.label if standing == Standing.IN_FORCE else f"{subject.label} ({standing.label})"
                yield _row(
                    title,
                    parks,
                    lambda park, subject=subject, standing=standing: dict.fromkeys(items(park, subject, standing)),
                )


def _part(share, certainty) -> Item:
    party = _party(share)
    much = told_part(share) or _("an unknown part")
    about = [share.get_basis_display(), share.entity, share.condition, told_period(share.since, share.until)]
    return Item(
        _("%(who)s: %(much)s") % {"who": party.text, "much": much},
        party.language,
        party.address,
        share,
        certainty=certainty,
        aside=clauses(*about),
    )


def _figure_rows(parks):
    figures = {park.pk: latest_figures(park.observations.all()) for park in parks}
    indicators = {each.indicator_id: each.indicator for park in parks for each in park.observations.all()}
    kinds = list(Observation.Kind)
    common = [
        (indicators[key], kind)
        for key in sorted(indicators, key=lambda key: indicators[key].code)
        for kind in kinds
        if sum((key, kind) in of_park for of_park in figures.values()) > 1
    ]

    def items(park, indicator, kind):
        if figure := figures[park.pk].get((indicator.pk, kind)):
            running = _("running total") if figure.cumulative else ""
            aside = clauses(told_date(figure.period), running)
            yield Item(told_figure(figure), fact=figure, aside=aside)

    # Results first, then what was only hoped for.
    for indicator, kind in sorted(common, key=lambda each: kinds.index(each[1])):
        name = told(indicator, "name").text
        title = name if kind == Observation.Kind.ACTUAL else f"{name} ({kind.label})"
        yield _row(title, parks, lambda park, indicator=indicator, kind=kind: items(park, indicator, kind))


def _other_rows(parks):
    if any(park.agreements.all() for park in parks):
        yield _row(
            _("Agreements"),
            parks,
            lambda park: [
                _of(row.agreement, "title", row, aside=told_date(row.agreement.signed_on))
                for row in park.agreements.all()
            ],
        )
    yield _row(_("Evidence"), parks, _evidence)


def _evidence(park):
    counts = tally(park)
    yield Item(ngettext("%d fact", "%d facts", counts["facts"]) % counts["facts"])
    yield Item(_("%d with a source") % counts["cited"])
    yield Item(_("%d disputed") % counts["disputed"])
