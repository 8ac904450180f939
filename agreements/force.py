"""Whether an agreement is in force on a day, and why.

What the dates of an agreement mean:

- It begins on `effective_from`, or where that is blank on the day it was signed; it may reach back before its signing.
- Without `signed_on` no source says that it was signed: it is possibly in force at most.
- It ends on `expires_on`, and on the day on which an agreement that supersedes it begins. What superseded it ends it
  for good, even where that was superseded or expired in turn; one that expired by the day it began superseded nothing,
  and one that is not known to be signed or has no date only possibly did.
- With no end known it is in force still, as far as known. A term of years that has run out without `expires_on` leaves
  it possible: sources rarely say whether it was renewed, and where one was, whether it runs on beside what renewed it.

`AgreementQuerySet.in_force` finds all but those of which the answer here is no.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import models
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _

from agreements.models import Agreement, AgreementLink
from core.dates import Certainty, PartialDate, certainty


class Force(models.TextChoices):
    """Whether an agreement is in force."""

    YES = "yes", _("yes")
    POSSIBLE = "possible", _("possible")
    NO = "no", _("no")


class Why(models.TextChoices):
    """What speaks against an agreement's being in force."""

    NOT_SIGNED = "NOT_SIGNED", _("not yet signed")
    NOT_EFFECTIVE = "NOT_EFFECTIVE", _("not yet effective")
    EXPIRED = "EXPIRED", _("expired")
    TERM_OVER = "TERM_OVER", _("term over, renewal unknown")
    RENEWED = "RENEWED", _("term over, renewed by another")
    SUPERSEDED = "SUPERSEDED", _("superseded")
    UNSIGNED = "UNSIGNED", _("not known to be signed")
    UNDATED = "UNDATED", _("undated")


# By what it is and whether it alone makes the answer no.
SENTENCES = {
    (Why.NOT_SIGNED, True): _("It was signed only later: %(date)s."),
    (Why.NOT_SIGNED, False): _("It was signed %(date)s, which is not surely before the time asked about."),
    (Why.NOT_EFFECTIVE, True): _("It took effect only later: %(date)s."),
    (Why.NOT_EFFECTIVE, False): _("It took effect %(date)s, which is not surely before the time asked about."),
    (Why.EXPIRED, True): _("It had expired: %(date)s."),
    (Why.EXPIRED, False): _("It expired %(date)s, which is not surely after the time asked about."),
    (Why.TERM_OVER, False): _("The term of %(years)s years runs out %(date)s, renewal unknown."),
    (Why.RENEWED, False): _("The term of %(years)s years runs out %(date)s; it was renewed by %(by)s (%(begins)s)."),
    (Why.SUPERSEDED, True): _("It was superseded by %(by)s (%(date)s)."),
    (Why.SUPERSEDED, False): _("It was perhaps superseded by then, by %(by)s (%(date)s)."),
    (Why.UNSIGNED, False): _("No source says that it was signed."),
    (Why.UNDATED, False): _("Neither its signing nor its taking effect is dated."),
}
# Where it ended by the day it began.
NEVER = {
    Why.EXPIRED: _("It was never in force: it expired by the day it began (%(date)s)."),
    Why.SUPERSEDED: _("It was never in force: it was superseded by %(by)s by the day it began (%(date)s)."),
}

UNKNOWN = PartialDate()


@dataclass(frozen=True)
class Reason:
    """One thing that speaks against being in force: for certain (`sure`), or only possibly."""

    why: Why
    sure: bool
    date: PartialDate = UNKNOWN
    by: Agreement | None = None

    def sentence(self, agreement: Agreement) -> str:
        """The reason in words, of the agreement it was found for."""
        told = {"date": self.date or _("undated"), "years": agreement.term_years}
        if self.by:
            told |= {"by": self.by.title_en, "begins": begins(self.by) or _("undated")}
        never = self.sure and self.why in NEVER and not _lasts(begins(agreement), self.date)
        return (NEVER[self.why] if never else SENTENCES[self.why, self.sure]) % told


@dataclass(frozen=True)
class InForce:
    """The answer, and what makes it no, or no more than possible; a plain yes has no reasons."""

    answer: Force
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class ForcePeriod:
    """From when until when, `[since, until)`, an agreement is in force as far as known, each blank when unknown.

    Both are blank too where it was `never` in force: it expired or was superseded by the day it began.
    """

    since: PartialDate
    until: PartialDate
    superseded_by: tuple[Agreement, ...] = ()
    never: bool = False


def with_superseding(agreements: QuerySet) -> QuerySet:
    """The same agreements with all links from later ones: what the functions below read of each, in one query."""
    return agreements.prefetch_related(Prefetch("links_from_later", AgreementLink.objects.select_related("later")))


def in_force(agreement: Agreement, on) -> InForce:
    """Whether `agreement` is in force on `on`, a date or partial date, and why (see the module).

    A reduced `on` (a year, a month) asks about all of its days: yes when in force on each, possible when perhaps on
    any. Reads the links loaded by `with_superseding`. Raises ValueError when `on` is no date or unknown.
    """
    judged = list(_judge(agreement, on))
    left = {certain for certain, *_rest in judged}
    if None in left:
        return InForce(Force.NO, tuple(Reason(why, True, *rest) for certain, why, *rest in judged if certain is None))
    doubts = tuple(Reason(why, False, *rest) for certain, why, *rest in judged if certain == Certainty.POSSIBLE)
    return InForce(Force.POSSIBLE if doubts else Force.YES, doubts)


def period_in_force(agreement: Agreement) -> ForcePeriod:
    """From when until when `agreement` is in force: until it expires or is superseded, whichever is first.

    Where the two may fall on the same days (2013, 2013-04), it may have ended from the first of these on, and `until`
    is the less exact one.
    """
    since, later = begins(agreement), tuple(superseding(agreement))
    ends = [agreement.expires_on, *(begins(each) for each in later if each.signed_on)]
    known = [PartialDate(end) for end in ends if end]
    if not all(_lasts(since, end) for end in known):
        return ForcePeriod(UNKNOWN, UNKNOWN, later, never=True)
    return ForcePeriod(since, min(known, key=lambda end: (end.earliest, end.latest), default=UNKNOWN), later)


def begins(agreement: Agreement) -> PartialDate:
    """The date from which it is in force; blank when unknown."""
    return PartialDate(agreement.effective_from or agreement.signed_on)


def superseding(agreement: Agreement) -> list[Agreement]:
    """The agreements that supersede it, but those that expired by the day they began."""
    later = _later(agreement, AgreementLink.Kind.SUPERSEDES)
    return [each for each in later if _lasts(begins(each), PartialDate(each.expires_on))]


def _later(agreement, kind) -> list[Agreement]:
    return [link.later for link in agreement.links_from_later.all() if link.kind == kind]


def _judge(agreement, on) -> Iterator[tuple]:
    """What bears on it: how certain that alone leaves its being in force, with the reason where it is not."""
    since = begins(agreement)
    if not agreement.signed_on:
        yield Certainty.POSSIBLE, Why.UNSIGNED if since else Why.UNDATED
    yield certainty(since, "", on), Why.NOT_EFFECTIVE if agreement.effective_from else Why.NOT_SIGNED, since
    if agreement.expires_on:
        yield _not_ended(since, agreement.expires_on, on), Why.EXPIRED, PartialDate(agreement.expires_on)
    elif (over := end_of_term(since, agreement.term_years)) and certainty("", over, on) != Certainty.CERTAIN:
        renewals = _later(agreement, AgreementLink.Kind.RENEWS)
        yield from ((Certainty.POSSIBLE, Why.RENEWED, over, each) for each in renewals)
        if not renewals:
            yield Certainty.POSSIBLE, Why.TERM_OVER, over
    for later in superseding(agreement):
        start = begins(later)
        certain = _not_ended(since, start, on) if start else Certainty.POSSIBLE
        if certain is None and not later.signed_on:
            certain = Certainty.POSSIBLE
        yield certain, Why.SUPERSEDED, start, later


def _not_ended(since, until, on):
    """How certain it is that what began on `since` had not ended on `on`, with `until` as its end."""
    if certainty(since, "", on) and certainty(since, until, on) is None:
        return None
    return certainty("", until, on)


def _lasts(since: PartialDate, until: PartialDate) -> bool:
    return not (since and until) or until.latest > since.earliest


def end_of_term(since: PartialDate, years: int | None) -> PartialDate:
    """The first day after a term of so many years, as exact as its start; blank when unknown."""
    if not since or not years or (year := int(since[:4]) + years) > 9999:
        return UNKNOWN
    try:
        return PartialDate(f"{year}{since[4:]}")
    except ValueError:
        # From the last day of a February to one that has no such day.
        return PartialDate(f"{year}-03-01")
