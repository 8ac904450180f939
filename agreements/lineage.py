"""What an agreement renews, amends, supersedes or implements, and what does so to it, as far as links lead."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models.expressions import RawSQL

from agreements.force import ForcePeriod, InForce, begins, in_force, period_in_force, with_superseding
from agreements.models import Agreement, AgreementLink

# One query however long the chain; UNION keeps each agreement once, so that a circle ends where it began.
LINKS = """
WITH RECURSIVE
earlier(id) AS (
  SELECT id FROM agreements_agreement WHERE id IN ({keys})
  UNION SELECT l.earlier_id FROM agreements_agreementlink l JOIN earlier e ON l.later_id = e.id
),
later(id) AS (
  SELECT id FROM agreements_agreement WHERE id IN ({keys})
  UNION SELECT l.later_id FROM agreements_agreementlink l JOIN later e ON l.earlier_id = e.id
)
SELECT id FROM agreements_agreementlink WHERE later_id IN (SELECT id FROM earlier)
UNION SELECT id FROM agreements_agreementlink WHERE earlier_id IN (SELECT id FROM later)
"""


@dataclass(frozen=True)
class Kin:
    """One agreement of the lineage."""

    agreement: Agreement
    # How many links away, by the shortest way: below zero for what the agreement asked about builds on, above zero
    # for what builds on it, zero for itself.
    generation: int
    # The links that lead to it, each with its kind and both agreements; none for the agreement asked about.
    links: tuple[AgreementLink, ...]
    period: ForcePeriod
    in_force: InForce


def lineage(agreement: Agreement, on) -> list[Kin]:
    """`agreement` with all it builds on and all that builds on it, each with whether it is in force on `on`.

    In order of the date they begin, undated ones last. What else builds on the same earlier one is no part of it.
    Three queries however long the chain. Raises ValueError when `on` is no date or unknown.
    """
    return lineages([agreement], on)[agreement.pk]


def lineages(agreements: Iterable[Agreement], on) -> dict[int, list[Kin]]:
    """The lineage of each of `agreements` by its key, in the same three queries for all of them."""
    keys = [agreement.pk for agreement in agreements]
    if not keys:
        return {}
    query = LINKS.format(keys=", ".join(["%s"] * len(keys)))
    linked = AgreementLink.objects.filter(pk__in=RawSQL(query, [*keys, *keys]))  # nosec B611 # only marks were put into it
    links = list(linked.select_related("later", "earlier").order_by("id"))
    generations = {key: _generations_around(key, links) for key in keys}
    kin = {key for found in generations.values() for key in found}
    found = with_superseding(Agreement.objects.filter(pk__in=kin))
    told = {each.pk: (each, period_in_force(each), in_force(each, on)) for each in found}
    return {key: _lineage(generations[key], links, told) for key in keys}


def _lineage(generations, links, told) -> list[Kin]:
    ways = {}
    for link in links:
        later, earlier = generations.get(link.later_id), generations.get(link.earlier_id)
        # A link from what builds on it to what it builds on passes it by.
        if later is not None and earlier is not None and later * earlier >= 0:
            if earlier < 0:
                ways.setdefault(link.earlier_id, []).append(link)
            if later > 0:
                ways.setdefault(link.later_id, []).append(link)
    kin = ((*told[key], generation) for key, generation in generations.items() if key in told)
    return sorted(
        (Kin(each, nth, tuple(ways.get(each.pk, ())), period, force) for each, period, force, nth in kin), key=_place
    )


def _generations_around(start: int, links) -> dict[int, int]:
    before = _generations(start, [(link.later_id, link.earlier_id) for link in links])
    after = _generations(start, [(link.earlier_id, link.later_id) for link in links])
    # In a circle, which only raw SQL can write, the shorter way counts.
    generations = {key: -steps for key, steps in before.items()}
    return generations | {key: steps for key, steps in after.items() if steps < before.get(key, steps + 1)}


def _generations(start: int, steps: Iterable[tuple[int, int]]) -> dict[int, int]:
    """How many of the `steps` (from, to) lead from `start` to each that can be reached."""
    reached, generation = {start: 0}, 0
    while True:
        generation += 1
        further = {to for origin, to in steps if reached.get(origin) == generation - 1} - reached.keys()
        if not further:
            return reached
        reached |= dict.fromkeys(further, generation)


def _place(kin: Kin):
    since = begins(kin.agreement)
    return not since, since, kin.generation, kin.agreement.slug
