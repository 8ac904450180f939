"""What divisions and bodies have to do with parks: what they run, get and signed, and who holds posts in them."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cache

from django.db.models import Prefetch, Q, QuerySet

from agreements.force import InForce, in_force
from agreements.models import AgreementLink, AgreementParty, Post
from cities.models import Body, Division
from cities.querysets import within
from core.dates import Certainty, Dated, certainty
from parks.directory import Directory, directory
from parks.lifetime import existence, held_in
from parks.models import BenefitShare, CoManagementRole, Park
from parks.models.comanagement import Standing
from parks.querysets import hosted_within
from portal.paging import Rows, paged

# How many agreements, or rows of a total, one page tells; the rest is a link away.
SHOWN = 50
# Of how many parks the page of a party tells at once who runs them, and the roles, shares, posts or agreements: each
# row has notes, links and a lane of time. The rest is on the next page of that part, or in the list of agreements.
AT_ONCE = 10
FUNCTIONS = CoManagementRole.Function.values


@dataclass(frozen=True)
class Held:
    """A dated fact, and how certain it is that it held on the day asked about; None: it did not."""

    fact: Dated
    certainty: Certainty | None


@dataclass(frozen=True)
class Signed:
    """That somebody is a party to an agreement, and whether that was in force on the day."""

    party: AgreementParty
    in_force: InForce


@dataclass(frozen=True)
class RunPark:
    """A park, whether it existed on the day, and who ran it then: the roles of each, of one that is held in common."""

    park: Park
    existed: Certainty | None
    partners: list[list[CoManagementRole]]


@dataclass(frozen=True)
class Part:
    """The first of many rows, and how many there are in all."""

    rows: list
    count: int

    @property
    def is_cut(self) -> bool:
        return self.count > len(self.rows)


def first(rows: QuerySet, most: int = SHOWN) -> Part:
    """The first of `rows`. They are counted only where there are more than a page tells."""
    found = list(rows[: most + 1])
    return Part(found[:most], len(found) if len(found) <= most else rows.count())


def turned(rows: QuerySet, number: int, count: int | None = None) -> Rows:
    """The page of some part that is asked for by its number; `count`: how many rows there are, where that is known."""
    return paged(rows, {"page": number}, AT_ONCE, count)


# --- Of one division or body ------------------------------------------------------------------------------------------


def roles_of(party: Division | Body, on: str, number: int = 1) -> Rows:
    """The roles that it holds or held, itself or through bodies of its own, by function: those in one page of parks,
    which are what is counted.
    """
    roles = CoManagementRole.objects.filter(_held_by(party))
    parks = turned(Park.objects.filter(pk__in=roles.values("park")).order_by("slug"), number)
    found = roles.filter(park__in=parks.rows).select_related("park", "division", "body", "agreement")
    in_order = sorted(found, key=lambda role: (FUNCTIONS.index(role.function), role.park.slug, role.since, role.id))
    return replace(parks, rows=[Held(role, held_in(role.park, role, on)) for role in in_order])


def shares_of(party: Division | Body, on: str, number: int = 1) -> Rows:
    shares = BenefitShare.objects.filter(_held_by(party)).select_related("park", "division", "body", "agreement")
    found = turned(shares.order_by("park__slug", "subject", "since", "id"), number)
    return replace(found, rows=[Held(share, held_in(share.park, share, on)) for share in found.rows])


def agreements_of(party: Division | Body, on: str) -> Part:
    """The agreements that it is a party to, the newest first, undated ones last."""
    later = Prefetch("agreement__links_from_later", AgreementLink.objects.select_related("later"))
    parties = AgreementParty.objects.filter(_held_by(party)).select_related("agreement", "division", "body")
    in_order = parties.prefetch_related(later).order_by("-agreement__signed_on", "agreement__slug", "id")
    found = first(in_order, AT_ONCE)
    return Part([Signed(each, in_force(each.agreement, on)) for each in found.rows], found.count)


def posts_of(party: Division | Body, on: str, number: int = 1) -> Rows:
    """The posts in it that officials hold or held, the latest first."""
    posts = Post.objects.filter(_held_by(party)).select_related("official", "division", "body")
    found = turned(posts.order_by("-since", "official__slug", "id"), number)
    return replace(found, rows=[Held(post, certainty(post.since, post.until, on)) for post in found.rows])


def _held_by(party) -> Q:
    """Rows whose party is the body, or the division itself or a body of its own: both from an index."""
    if isinstance(party, Body):
        return Q(body=party)
    return Q(division=party) | Q(body__in=_keys(Body.objects.filter(division=party)))


# --- Parks ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Surroundings:
    """The parks that lie in a division, and those beyond its borders that it, or what lies within it, runs or ran
    something in: sets of those of the directory.
    """

    division: Division
    directory: Directory
    hosted: int
    elsewhere: int


def surroundings(division: Division) -> Surroundings:
    parks = directory()
    here = parks.lying_within("host", division.code)
    return Surroundings(division, parks, here, parks.lying_within("partner", division.code) & ~here)


def _role_within(code: str) -> Q:
    return within(code, "division__code") | Q(body__in=_keys(Body.objects.filter(within(code, "division__code"))))


def hosted(around: Surroundings, on: str, number: int = 1) -> Rows:
    """The parks that lie in the division."""
    return _run_parks(Park.objects.filter(hosted_within(around.division.code)), on, number, around.hosted.bit_count())


def run_elsewhere(around: Surroundings, on: str, number: int = 1) -> Rows:
    """The parks beyond its borders that the division, or what lies within it, runs or ran something in."""
    code = around.division.code
    roles = CoManagementRole.objects.filter(_role_within(code)).values("park")
    return _run_parks(Park.objects.filter(~hosted_within(code), pk__in=roles), on, number, around.elsewhere.bit_count())


def _keys(bodies: QuerySet[Body]) -> list[int]:
    """Read beforehand: within the other query PostgreSQL cannot tell how few they are, and would look at all roles."""
    return list(bodies.order_by().values_list("pk", flat=True))


def _run_parks(parks, on, number, count) -> Rows:
    roles = CoManagementRole.objects.filter(standing=Standing.IN_FORCE).select_related("division", "body")
    parks = parks.select_related("host").prefetch_related(Prefetch("roles", roles)).order_by("slug")
    found = turned(parks, number, count)
    return replace(found, rows=[RunPark(park, existence(park, on), _partners(park, on)) for park in found.rows])


def _partners(park, on) -> list[list[CoManagementRole]]:
    of_each = {}
    for role in sorted(park.roles.all(), key=lambda role: (FUNCTIONS.index(role.function), role.id)):
        if held_in(park, role, on):
            of_each.setdefault((role.body_id, role.division_id), []).append(role)
    return list(of_each.values())


# --- How many there are -----------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """How many parks lie in a division, and how many beyond its borders it, or what lies within it, has a part in."""

    division: Division
    hosted: int = 0
    elsewhere: int = 0
    within: list["Tally"] = field(default_factory=list)


def tallies(around: Surroundings | None = None) -> list[Tally]:
    """The provinces and states that have any parks, each with what lies straight within it and has any; or those that
    lie straight within a division. In the order of their codes.
    """
    parents = dict(Division.objects.values_list("code", "parent"))
    parks = directory() if around is None else around.directory
    hosts, partners = parks.facets["host"], parks.facets["partner"]
    if around is None:
        codes = {*hosts, *partners}
    else:
        codes = {each for facet in ("host", "partner") for each in parks.divisions(facet, around.division.code)}

    @cache
    def line(code: str) -> list[str]:
        """The division of `code` with all that it lies in, from the highest."""
        return [*(line(parents[code]) if parents[code] else ()), code]

    within_each = defaultdict(list)
    for code in codes:
        start = 0 if around is None else line(code).index(around.division.code) + 1
        for each in line(code)[start : start + (2 if around is None else 1)]:
            within_each[each].append(code)
    found, told = Division.objects.in_bulk(within_each), {}
    for code in sorted(found):
        here = hosts.having(*within_each[code])
        elsewhere = partners.having(*within_each[code]) & ~here
        told[code] = tally = Tally(found[code], here.bit_count(), elsewhere.bit_count())
        if around is None and tally.division.parent_id:
            told[tally.division.parent_id].within.append(tally)
    return [tally for tally in told.values() if around is not None or tally.division.parent_id is None]
