"""What is drawn on the public pages: timelines and charts."""

from django import template

from portal import timeline

register = template.Library()


@register.filter
def timeline_of(park) -> timeline.Timeline | None:
    """The names, roles, shares, agreements and events of a park on one axis; None where nothing is dated."""
    return timeline.timeline_of_park(park)
