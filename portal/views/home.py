"""The front page."""

from django.conf import settings
from django.db.models import Prefetch
from django.utils import timezone

from cities.models import Division
from parks.census import census
from parks.comanagement import Matrix, matrix, to_tell
from parks.models import CoManagementRole, Park
from parks.querysets import Span
from portal.changed import latest_changes
from portal.views.page import Page
from sources.models import Citation

CHANGES = 6


class HomeView(Page):
    """What the registry is, on an example; how much it knows, what changed last, and the ways in."""

    template = "portal/home.html"

    def tell(self):
        known = census()
        numbers, self.kept = known.value, not known.is_old
        provinces = Division.objects.in_bulk(numbers.provinces)
        return {
            "example": _example(),
            "census": numbers,
            "cited_percent": cited_percent(numbers),
            "counted_at": known.as_of,
            "changes": latest_changes(CHANGES),
            "provinces": [(provinces[code], parks) for code, parks in _most_first(numbers.provinces)],
            "functions": [
                (value, CoManagementRole.Function(value).label, parks)
                for value, parks in _most_first(numbers.functions)
            ],
            "spans": [(value, label, numbers.spans[value]) for value, label in Span.choices if value in numbers.spans],
        }


def cited_percent(numbers) -> int | None:
    """How many of a hundred facts some source supports, rounded down: all is said only of all."""
    facts = numbers.all_facts
    return 100 * facts.cited // facts.all if facts.all else None


def _most_first(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))


def _example() -> tuple[Park, Matrix] | None:
    """The park of the setting, and who does what in it today."""
    citations = Prefetch("citations", Citation.objects.select_related("source"))
    roles = Prefetch("roles", to_tell(CoManagementRole.objects.all()))
    parks = Park.objects.select_related("host").prefetch_related(citations, roles)
    park = parks.filter(slug=settings.EXAMPLE_PARK).first()
    return park and (park, matrix(park, park.roles.all(), timezone.localdate()))
