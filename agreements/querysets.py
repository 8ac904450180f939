"""Agreements as the registry asks for them."""

from django.db.models import Q, QuerySet

from core.dates import as_partial_date


class AgreementQuerySet(QuerySet):
    def in_force(self, on):
        """Agreements in force on the day `on`, for certain or possibly.

        A blank `effective_from` means from the day of signing; blank as well, the agreement counts as in force since
        before. A blank `expires_on` counts as still in force, as far as known: `term_years` alone ends nothing, since
        sources rarely say whether a term was let run out.
        """
        on = as_partial_date(on)
        first, last = on.earliest.isoformat(), on.latest.isoformat()
        return self.filter(
            Q(effective_from="", signed_on__lte=last) | Q(effective_from__gt="", effective_from__lte=last),
            Q(expires_on="") | Q(expires_on__latest__gt=first),
        )
