"""Coordinates: WGS 84 in decimal degrees, approximate, always both or neither."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


def in_box(west, south, east, north) -> Q:
    """Places whose coordinates lie in the box, in degrees; one whose west is east of its east spans 180°."""
    longitude = (
        Q(longitude__gte=west, longitude__lte=east) if west <= east else Q(longitude__gte=west) | Q(longitude__lte=east)
    )
    return longitude & Q(latitude__gte=south, latitude__lte=north)


class Located(models.Model):
    """Something with a place on the map, where known."""

    latitude = models.DecimalField(_("latitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(_("longitude"), max_digits=9, decimal_places=6, null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_coordinates_come_in_pairs_and_lie_in_range",
                condition=(
                    Q(latitude=None, longitude=None)
                    # A comparison with NULL is neither true nor false, and a CHECK lets that pass: hence NOT NULL.
                    | Q(
                        latitude__isnull=False,
                        longitude__isnull=False,
                        latitude__gte=-90,
                        latitude__lte=90,
                        longitude__gte=-180,
                        longitude__lte=180,
                    )
                ),
                violation_error_message=_(
                    "Give both latitude (-90 to 90) and longitude (-180 to 180), in degrees, or neither."
                ),
            ),
        ]
