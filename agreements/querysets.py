"""Agreements as the registry asks for them."""

from django.db.models import Q, QuerySet

from core.dates import held


class AgreementQuerySet(QuerySet):
    def in_force(self, on):
        """Agreements in force on the day `on`, for certain or possibly.

        A blank `effective_from` means from the day of signing; blank as well, the agreement counts as in force since
        before. A blank `expires_on` counts as still in force, as far as known: `term_years` alone ends nothing, since
        sources rarely say whether a term was let run out.
        """
        return self.filter(
            (Q(effective_from="") & held(on, since="signed_on", until="expires_on"))
            | (~Q(effective_from="") & held(on, since="effective_from", until="expires_on"))
        )
