"""What is drawn on the public pages, timelines and charts, and how amounts are told."""

from django import template

from portal import amounts, charts, lanes
from portal.timeline import Timeline

register = template.Library()


@register.filter
def timeline_of(park) -> Timeline | None:
    """The names, roles, shares, agreements and events of a park on one axis; None where nothing is dated."""
    return lanes.timeline_of_park(park)


@register.simple_tag
def timeline_of_party(party, roles, shares, agreements) -> Timeline | None:
    """What a division or body runs, gets and agreed to, as its page has them: see `portal.holdings`."""
    return lanes.timeline_of_party(
        party,
        [held.fact for held in roles.rows],
        [held.fact for held in shares.rows],
        [signed.party.agreement for signed in agreements.rows],
    )


@register.simple_tag
def timeline_of_agreement(agreement, own, kin, roles, shares) -> Timeline | None:
    """An agreement with all that its page tells of its lineage, and the roles and shares that it gave."""
    lineage = [own.agreement, *(each.agreement for each, _ways in kin)]
    return lanes.timeline_of_agreement(agreement, lineage, roles.rows, shares.rows)


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
