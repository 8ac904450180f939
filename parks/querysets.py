"""Parks as the registry asks for them."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from cities.querysets import within


class ParkQuerySet(QuerySet):
    def within(self, code):
        """Parks whose host is the division of `code` or lies within it."""
        return self.filter(within(code, "host__code"))

    def run_by(self, code):
        """Parks in whose running the division of `code` has or had a role, itself or through a body of its own."""
        from parks.models import CoManagementRole

        roles = CoManagementRole.objects.filter(park=OuterRef("pk"))
        return self.filter(Exists(roles.filter(Q(division=code) | Q(body__division=code))))

    def of_division(self, code):
        """Parks that the division of `code` hosts or has or had a role in."""
        return self.filter(Q(host=code) | Q(pk__in=self.model.objects.run_by(code).values("pk")))

    def named(self, text):
        """Parks one of whose names, of any language, kind and time, contains `text`."""
        from parks.models import ParkName

        names = ParkName.objects.filter(park=OuterRef("pk"), name__icontains=text)
        return self.filter(Q(name_en__icontains=text) | Q(name_zh__icontains=text) | Exists(names))
