"""Agreements as the registry asks for them."""

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from core.dates import PartialDateField, as_partial_date, held


def begins(path: str = "") -> Coalesce:
    """The date from which the agreement at `path` ("later__") is in force; blank when unknown."""
    return Coalesce(NullIf(f"{path}effective_from", Value("")), F(f"{path}signed_on"), output_field=PartialDateField())


class AgreementQuerySet(QuerySet):
    def in_force(self, on):
        """Agreements in force on the day `on`, for certain or possibly.

        A blank `effective_from` means from the day of signing; blank as well, the agreement counts as in force since
        before. It ends when it expires, or when a signed agreement that supersedes it begins. A blank `expires_on`
        counts as still in force, as far as known: `term_years` alone ends nothing, since sources rarely say whether a
        term was let run out. `agreements.force` tells possible from certain, and why.
        """
        in_time = held(on, since="begins", until="expires_on")
        return self.alias(begins=begins()).filter(in_time, ~Exists(self._superseding(on)))

    def _superseding(self, on):
        """What ends an agreement of the outer query by `on`, or by the day it begins."""
        day = as_partial_date(on).earliest.isoformat()
        links = self.model._meta.get_field("links_from_later").related_model.objects
        return (
            links.filter(earlier=OuterRef("pk"), kind="SUPERSEDES")
            .exclude(later__signed_on="")
            .alias(later_begins=begins("later__"))
            .filter(Q(later__expires_on="") | Q(later__expires_on__latest__gt=F("later_begins__earliest")))
            .filter(Q(later_begins__latest__lte=day) | Q(later_begins__latest__lte=OuterRef("begins__earliest")))
        )
