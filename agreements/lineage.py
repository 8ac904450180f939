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
  SELECT CAST(%s AS bigint)
  UNION SELECT l.earlier_id FROM agreements_agreementlink l JOIN earlier e ON l.later_id = e.id
),
later(id) AS (
  SELECT CAST(%s AS bigint)
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
    linked = AgreementLink.objects.filter(pk__in=RawSQL(LINKS, [agreement.pk, agreement.pk]))
    links = list(linked.select_related("later", "earlier").order_by("id"))
    before = _generations(agreement.pk, [(link.later_id, link.earlier_id) for link in links])
    after = _generations(agreement.pk, [(link.earlier_id, link.later_id) for link in links])
    # In a circle, which only raw SQL can write, the shorter way counts.
    generations = {key: -steps for key, steps in before.items()}
    generations |= {key: steps for key, steps in after.items() if steps < before.get(key, steps + 1)}
    ways = {}
    for link in links:
        if generations[link.earlier_id] < 0:
            ways.setdefault(link.earlier_id, []).append(link)
        if generations[link.later_id] > 0:
            ways.setdefault(link.later_id, []).append(link)
    found = with_superseding(Agreement.objects.filter(pk__in=generations))
    told = [
        Kin(each, generations[each.pk], tuple(ways.get(each.pk, ())), period_in_force(each), in_force(each, on))
        for each in found
    ]
    return sorted(told, key=_place)


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
