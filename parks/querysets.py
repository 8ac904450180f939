"""Parks as the registry asks for them."""

from functools import reduce
from operator import or_

from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Length, Substr
from django.db.models.lookups import Exact
from django.utils.translation import pgettext_lazy

from cities.querysets import by_division, within
from core.finding import named
from core.history import with_last_change
from core.places import in_box
from sources.evidence import has_disputed, has_uncited, with_citations, with_facts

# Their counties have no prefecture above them, whatever the third and fourth digit say.
MUNICIPALITIES = ("11", "12", "31", "50")


class Span(models.TextChoices):
    """The highest boundary that the host of a park and its co-managers cross between them."""

    NONE = "NONE", pgettext_lazy("span", "none")
    COUNTY = "COUNTY", pgettext_lazy("span", "county")
    PREFECTURE = "PREFECTURE", pgettext_lazy("span", "prefecture")
    PROVINCE = "PROVINCE", pgettext_lazy("span", "province")
    NATION = "NATION", pgettext_lazy("span", "nation")


def boundary(host: str, partner: str) -> Span:
    """The highest boundary between the division of the code `host` and that of another, as `with_span` has it."""
    if len(host) == 2 or len(partner) == 2:
        return Span.NATION
    if host[:2] != partner[:2]:
        return Span.PROVINCE
    # A government above the host, or a host above it, is on the host's own side of the border.
    above = host if host.endswith("0000") else partner
    if above.endswith("0000"):
        return Span.NONE
    if host[:4] != partner[:4] and host[:2] not in MUNICIPALITIES:
        return Span.PREFECTURE
    return Span.NONE if host.endswith("00") or partner.endswith("00") else Span.COUNTY


def province_of(host: str) -> models.Func:
    """The digits of the province in the code of the division at `host`, as the index of parks by province has them."""
    # Written out: as parameters, SQLite would not know the index by them.
    return models.Func(host, template="SUBSTR(%(expressions)s, 1, 2)", output_field=models.CharField())


def hosted_within(code: str) -> Q:
    """Parks whose host is the division of `code` or lies within it; those of a province from an index, in order."""
    return Q(Exact(province_of("host"), code[:2])) if code.endswith("0000") else within(code, "host__code")


class ParkQuerySet(QuerySet):
    def within(self, code):
        """Parks whose host is the division of `code` or lies within it."""
        return self.filter(hosted_within(code))

    def run_by(self, code, on=None):
        """Parks in whose running the division of `code` has or had a role, itself or through a body of its own.

        Here and below: with `on`, only what held that day counts, for certain or possibly (`DatedQuerySet.held_on`).
        """
        return self.filter(self._exists("roles", by_division(code), on))

    def of_division(self, code, on=None):
        """Parks that the division of `code` hosts or has or had a role in."""
        return self.filter(Q(host=code) | self._exists("roles", by_division(code), on))

    def with_function(self, function, on=None):
        """Parks of which it is known who holds or held `function`."""
        return self.filter(self._exists("roles", Q(function=function), on))

    def in_industry(self, code, on=None):
        """Parks that name or named the industry of `code` among theirs."""
        return self.filter(self._exists("industries", Q(industry__code=code), on))

    def under(self, agreement):
        """Parks that the agreement of this slug concerns."""
        return self.filter(self._exists("agreements", Q(agreement__slug=agreement)))

    def named(self, text):
        """Parks one of whose names, of any language, kind and time, contains `text`, whatever its dashes and width."""
        return self.filter(named(self.model, text))

    def in_box(self, west, south, east, north):
        """Parks whose coordinates lie in the box: see `core.places.in_box`."""
        return self.filter(in_box(west, south, east, north))

    def disputed(self):
        """Parks of which some source disputes a value, their own or one of their facts'."""
        return self.filter(has_disputed(self.model))

    def uncited(self):
        """Parks with a fact that no source supports, be it a field of their own or a row: what evidence counts."""
        return self.filter(has_uncited(self.model))

    def with_span(self, on=None):
        """The same parks with `span`: see Span. All co-managers count, past and proposed ones too; with `on`, those
        of that day, for certain or possibly.
        """
        partner = Coalesce("division__code", "body__division__code")
        host = OuterRef("host__code")
        roles = self._facts("roles").annotate(partner=partner).filter(partner__isnull=False).exclude(partner=host)
        if on:
            roles = roles.held_on(on)

        def differs(digits):
            return ~Q(Exact(Substr("partner", 1, digits), Substr(host, 1, digits)))

        of_another_nation = Q(Exact(Length("partner"), 2)) | Q(Exact(Length(host), 2))
        has_prefectures = ~reduce(or_, (Q(partner__startswith=digits) for digits in MUNICIPALITIES))
        # A government above the host, or a host above it, is on the host's own side of the border.
        below_province = ~Q(partner__endswith="0000") & ~Q(Exact(Substr(host, 3), Value("0000")))
        below_prefecture = ~Q(partner__endswith="00") & ~Q(Exact(Substr(host, 5), Value("00")))
        return self.annotate(
            span=Case(
                When(Exists(roles.filter(of_another_nation)), then=Value(Span.NATION)),
                When(Exists(roles.filter(differs(2))), then=Value(Span.PROVINCE)),
                When(Exists(roles.filter(differs(4), below_province, has_prefectures)), then=Value(Span.PREFECTURE)),
                When(Exists(roles.filter(below_prefecture)), then=Value(Span.COUNTY)),
                default=Value(Span.NONE),
                output_field=models.CharField(),
            )
        )

    def spanning(self, *spans, on=None):
        """Parks whose span is one of `spans`, for all time or on the day `on`."""
        return self.with_span(on).filter(span__in=spans)

    def with_facts(self):
        """The same parks with all their facts, in a fixed number of queries."""
        return with_facts(self, further=("official", "post", "outlet"))

    def with_citations(self):
        """The same parks with the citations of each and of all its facts."""
        return with_citations(self)

    def with_last_change(self):
        """The same parks with the instants `created` and `changed` (see `core.history.with_last_change`)."""
        return with_last_change(self)

    def _all(self, fact):
        return self.model._meta.get_field(fact).related_model.objects.all()

    def _facts(self, fact):
        return self._all(fact).filter(park=OuterRef("pk"))

    def _exists(self, fact, condition, on=None):
        facts = self._facts(fact).filter(condition)
        return Exists(facts.held_on(on) if on else facts)
