"""How a record's own words and dates are told to a reader in the language of now."""

from datetime import date
from typing import NamedTuple

from django.utils.dateformat import format as format_date
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _

from agreements.models import AgreementLink
from core.dates import PartialDate
from core.models import Change, Record
from core.periods import MONTHS

# The links of agreements, told from the earlier one.
DONE_BY = {
    AgreementLink.Kind.RENEWS: gettext_lazy("renewed by"),
    AgreementLink.Kind.AMENDS: gettext_lazy("amended by"),
    AgreementLink.Kind.SUPERSEDES: gettext_lazy("superseded by"),
    AgreementLink.Kind.IMPLEMENTS: gettext_lazy("implemented by"),
}
# The languages that sources are written in.
LANGUAGES = {"en": gettext_lazy("English"), "zh": gettext_lazy("Chinese")}


class Told(NamedTuple):
    """A text of a record, and its language as BCP 47 has it."""

    text: str
    language: str

    @property
    def is_foreign(self) -> bool:
        """Whether it is in another language than the page."""
        return self.language != page_language()


def tag_of(language: str) -> str:
    """One of the languages of the site as BCP 47 writes it."""
    return "zh-Hans" if language == "zh-hans" else language


def page_language() -> str:
    """The language of the page as BCP 47 has it."""
    return tag_of(get_language())


def told(record: Record, stem: str) -> Told | None:
    """The field `stem` ("name", "title", "summary", "text") in the reader's language, or for want of that in the other;
    None where there is neither.
    """
    return next(iter(in_languages(record, stem)), None)


def told_also(record: Record, stem: str) -> Told | None:
    """The same field in the other language, where the reader's own is there too."""
    return next(iter(in_languages(record, stem)[1:]), None)


def in_languages(record: Record, stem: str) -> list[Told]:
    """The field `stem` in each language that has it, the reader's own first."""
    both = [Told(getattr(record, f"{stem}_en"), "en"), Told(getattr(record, f"{stem}_zh"), "zh-Hans")]
    return sorted((each for each in both if each.text), key=lambda each: each.is_foreign)


def told_name(record: Record) -> Told:
    """What the record is called: a name or a title."""
    for stem in ("name", "title"):
        if hasattr(record, f"{stem}_en"):
            return told(record, stem)
    # A source has but one, in a language that it may tell.
    return Told(record.title, record.language) if hasattr(record, "title") else Told(str(record), page_language())


def name_of(record: Record) -> str:
    """The same as plain text."""
    return told_name(record).text


def told_party(fact: Record) -> Told | None:
    """Who takes part in something, in one text: both where a body acts for a division; None where nobody is named.

    Reads `body` and `division`: load both with the fact.
    """
    names = [told(each, "name") for each in (fact.body, fact.division) if each]
    return Told(" · ".join(name.text for name in names), names[0].language) if names else None


def told_language(code: str) -> str:
    """What a language is called, by its code of BCP 47; the code where that is not known."""
    return str(LANGUAGES.get(code.partition("-")[0], code))


def clauses(*parts: str) -> str:
    """What is told in parts, one behind the other; empty ones are left out."""
    return pgettext("clause", ", ").join(filter(None, parts))


def told_reason(change: Change) -> str:
    """Why a change was made; of what was loaded, from which files."""
    if change.origin == Change.Origin.FIXTURE:
        return _("Loaded from files: %(names)s") % {"names": _(", ").join(change.reason.split()[1:])}
    return change.reason


def told_date(text: str) -> str:
    """A partial date, half-year or quarter in words, as exact as it is: "August 2003"; "" where it is unknown."""
    year, _hyphen, part = text.partition("-")
    if part in MONTHS:
        first, last = (date(int(year), months, 1) for months in (MONTHS[part][0], MONTHS[part][-1]))
        return _("%(first)s to %(last)s") % {
            "first": format_date(first, pgettext("first of two months", "F")),
            "last": format_date(last, pgettext("last of two months", "F Y")),
        }
    day = PartialDate(text)
    if not day:
        return ""
    formats = {4: pgettext("date", "Y"), 7: pgettext("date", "F Y"), 10: pgettext("date", "j F Y")}
    return format_date(day.earliest, formats[len(day)])


def told_period(since: str, until: str) -> str:
    """The period `[since, until)` in words; "" where nothing is known of it."""
    dates = {"since": told_date(since), "until": told_date(until)}
    if since and until:
        return _("%(since)s – %(until)s") % dates
    if since:
        return _("since %(since)s") % dates
    return _("until %(until)s") % dates if until else ""
