"""What is drawn on the public pages, timelines and charts, and how amounts are told."""

from django import template

from portal import amounts, charts, timeline

register = template.Library()


@register.filter
def timeline_of(park) -> timeline.Timeline | None:
    """The names, roles, shares, agreements and events of a park on one axis; None where nothing is dated."""
    return timeline.timeline_of_park(park)


@register.simple_tag
def figures_of(park) -> dict:
    """The figures of a park: `{"charted", "alone", "forms"}`, the last what the charts' legend must explain."""
    charted, alone = charts.figures_of(park)
    return {"charted": charted, "alone": alone, "forms": charts.kinds_of(charted)}


@register.filter
def told_figure(observation) -> str:
    """The value of an observation as one would say it."""
    return amounts.told_figure(observation)


@register.filter
def told_growth(observation) -> str:
    """The growth of an observation, with its sign."""
    return amounts.told_growth(observation.growth_percent)


@register.filter
def told_exactly(observation) -> str:
    """The value of an observation with all digits, where it is told otherwise."""
    return amounts.told_exactly(observation)
