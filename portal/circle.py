"""Where the places of a network are drawn: on a circle, province by province, with a curve for each tie."""

from dataclasses import dataclass
from itertools import groupby
from math import cos, hypot, pi, sin, sqrt, tau

from cities.models import Division
from cities.querysets import province_code
from parks.network import Network, Tie
from portal.telling import Told, told

# In units of the drawing, which is some 1,000 wide and is told in text of 14.
SPACING, SMALLEST = 23, 210
LABEL, BEYOND = 150, 30
LETTER, CHARACTER = 7.4, 14
LONGEST = LABEL - 16
WIDEST = 14


@dataclass(frozen=True)
class Node:
    """A place: a dot, and its name outside the circle."""

    place: Division
    name: str
    language: str
    x: float
    y: float
    # Where the name begins, or ends on the left side, and by how many degrees it is turned.
    name_x: float
    name_y: float
    turned: float
    is_left: bool
    ties: int


@dataclass(frozen=True)
class Arc:
    """A province: an arc beneath the dots of its places, and its name where there is room."""

    province: Division
    path: str
    name: str
    x: float
    y: float
    turned: float


@dataclass(frozen=True)
class Curve:
    """A tie, the wider the more parks it has."""

    tie: Tie
    path: str
    width: float


@dataclass(frozen=True)
class Circle:
    """The drawing: from -`half` to `half` in both directions."""

    half: float
    nodes: list[Node]
    arcs: list[Arc]
    curves: list[Curve]

    @property
    def view_box(self) -> str:
        return f"{-self.half} {-self.half} {2 * self.half} {2 * self.half}"


def circle(net: Network) -> Circle:
    """The drawing of a network."""
    by_province = [
        (net.provinces[code], [place for _code, place in places])
        for code, places in groupby(net.places.items(), lambda each: province_code(each[0]))
    ]
    # One place is left free between provinces.
    steps = max(1, len(net.places) + len(by_province))
    radius = max(SMALLEST, steps * SPACING / tau)
    ties: dict[str, int] = {}
    for tie in net.ties:
        for place in (tie.one, tie.other):
            ties[place.code] = ties.get(place.code, 0) + 1
    nodes, arcs, step = {}, [], 0
    for province, places in by_province:
        first = step
        for place in places:
            nodes[place.code] = _node(place, tau * step / steps - pi / 2, radius, ties[place.code])
            step += 1
        arcs.append(
            _arc(province, tau * first / steps - pi / 2, tau * (step - 1) / steps - pi / 2, radius, tau / steps)
        )
        step += 1
    curves = [_curve(tie, nodes[tie.one.code], nodes[tie.other.code], radius) for tie in net.ties]
    # The widest first, so that none hides a narrower one.
    return Circle(round(radius + LABEL + BEYOND), [*nodes.values()], arcs, sorted(curves, key=lambda each: -each.width))


def _node(place, angle, radius, ties) -> Node:
    name, is_left = told(place, "name"), cos(angle) < -1e-9
    degrees = angle * 180 / pi
    return Node(
        place,
        _cut(name),
        name.language,
        *_point(angle, radius),
        *_point(angle, radius + 12),
        round(degrees + 180 if is_left else degrees, 2),
        is_left,
        ties,
    )


def _arc(province, first, last, radius, step) -> Arc:
    inner, outer, middle = radius - 9, radius + LABEL + 12, (first + last) / 2
    margin = step * 0.3
    (x1, y1), (x2, y2) = _point(first - margin, inner), _point(last + margin, inner)
    is_large = int(last - first + 2 * margin > pi)
    name = told(province, "name")
    # One place by itself says where it is.
    fits = last > first and _width(name) <= (last - first + step) * outer
    # Upright: in the lower half it reads the other way round.
    turned = middle * 180 / pi + (-90 if sin(middle) > 0 else 90)
    return Arc(
        province,
        f"M{x1} {y1}A{inner:.1f} {inner:.1f} 0 {is_large} 1 {x2} {y2}",
        name.text if fits else "",
        *_point(middle, outer),
        round(turned, 2),
    )


def _curve(tie, one, other, radius) -> Curve:
    """The nearer two places are, the nearer to the rim it stays."""
    away = min(1.0, hypot(one.x - other.x, one.y - other.y) / (2 * radius))
    pull = 0.75 * (1 - away)
    x, y = (round(pull * (a + b) / 2, 1) for a, b in ((one.x, other.x), (one.y, other.y)))
    return Curve(tie, f"M{one.x} {one.y}Q{x} {y} {other.x} {other.y}", min(WIDEST, round(1.6 * sqrt(tie.parks), 1)))


def _point(angle, distance) -> tuple[float, float]:
    return round(distance * cos(angle), 1), round(distance * sin(angle), 1)


def _width(name: Told) -> float:
    return len(name.text) * (LETTER if name.language == "en" else CHARACTER)


def _cut(name: Told) -> str:
    most = int(LONGEST / (LETTER if name.language == "en" else CHARACTER))
    return name.text if len(name.text) <= most else f"{name.text[: most - 1].rstrip()}…"
