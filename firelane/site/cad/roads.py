"""The pavement of a plan: outlines, hatches, rings of loose lines, and strips between edges that run beside a centreline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from firelane.site.cad.mapping import Claim
from firelane.site.cad.patterns import patterns
from firelane.site.cad.plan import Plan
from firelane.site.cad.rings import closed_rings
from firelane.site.cad.shapes import HATCHES, LINE, Shape, along_others, areas, as_drawn, shown_wide
from firelane.site.cad.strips import Doubt, Strips, areas_between, mean_width

Objects = NDArray[np.object_]
Ints = NDArray[np.int64]
EDGES = ("edge", "kerb")
"""Roles whose closed outlines may run around a block instead of a road."""
_OVER = 0.5  # an area of which more than this share is pavement already shows nothing new
_HAIR_M = 1e-6


@dataclass
class Roads:
    """What was made of the roads.

    Attributes
    ----------
    areas, lines : list of (Claim, Shape)
        Pavement; centrelines whose road nobody drew.
    also : set of int
        Rows that show pavement once more.
    known : set of int
        Centrelines in pavement that is drawn.
    gaps : list of (x, y, length)
        Ends that did not meet, and were joined.
    strips : int
        How many of the areas lie between edges that nobody drew as one outline.
    closed : list of (x, y, length)
        Ends of roads, and openings in their edges, that such strips were closed at.
    doubts : list of (x, y, code)
        Places where nothing tells what is road.
    wide : int
        How many of the areas are polylines drawn as wide as the road is.
    open : list of (x, y, length)
        Openings in outlines that are closed but for them: no area was made of those.
    """

    strips: int = 0
    wide: int = 0
    closed: list[tuple[float, float, float]] = field(default_factory=list)
    doubts: list[tuple[float, float, str]] = field(default_factory=list)
    open: list[tuple[float, float, float]] = field(default_factory=list)
    areas: list[tuple[Claim, Shape]] = field(default_factory=list)
    lines: list[tuple[Claim, Shape]] = field(default_factory=list)
    also: set[int] = field(default_factory=set)
    known: set[int] = field(default_factory=set)
    gaps: list[tuple[float, float, float]] = field(default_factory=list)


@dataclass(frozen=True)
class _Pile:
    """Lines that bound nothing so far, each with its claim."""

    rows: list[int] = field(default_factory=list)
    claims: dict[int, Claim] = field(default_factory=dict)

    def put(self, claim: Claim, rows: Sequence[int]) -> None:
        self.rows.extend(row for row in rows if row not in self.claims)
        self.claims.update(dict.fromkeys(rows, claim))


def roads(plan: Plan, own: Sequence[Claim], lines: Sequence[Claim], gap_m: float) -> Roads:
    """Return the pavement that some claims show.

    Parameters
    ----------
    plan : Plan
        In metres.
    own : sequence of Claim
        Outlines and edges.
    lines : sequence of Claim
        Centrelines.
    gap_m : float
        Ends of lines nearer than this meet [m].
    """
    out, pile = Roads(), _Pile()
    middle, claim_of = _centrelines(plan, lines)
    for claim in own:
        # An island is drawn on the layer of its road; an outline on another layer is a road of its own.
        for name in dict.fromkeys(plan.layer[claim.rows].tolist()):
            rows = claim.rows[plan.layer[claim.rows] == name]
            wide = rows[shown_wide(plan, rows)]
            out.areas += [(claim, Shape(area, (n,))) for n, area in zip(wide.tolist(), as_drawn(plan, wide), strict=True)]
            out.wide += len(wide)
            rows = rows[~np.isin(rows, wide)]
            found = areas(plan, rows, gap_m, islands=True)
            pavement, blocks = _told_apart(plan, found.shapes, middle, edges=claim.role in EDGES)
            out.areas += [(claim, shape) for shape in pavement]
            out.also.update(found.twice.tolist())
            out.gaps += found.gaps
            pile.put(claim, [*found.loose.tolist(), *(row for shape in blocks for row in shape.members)])
    _across_layers(plan, pile, gap_m, out)
    covered = _covered(plan.geometry[middle], [shape for _, shape in out.areas])
    _strips(plan, pile, middle[~covered], gap_m, out)
    _islands(plan, out)
    out.doubts[:] = _beyond_kerbs(out.doubts, out.areas)
    covered = _covered(plan.geometry[middle], [shape for _, shape in out.areas])
    out.known.update(middle[covered].tolist())
    out.lines = [(claim_of[n], Shape(plan.geometry[n], (n,))) for n in middle[~covered].tolist()]
    return out


def _centrelines(plan: Plan, lines: Sequence[Claim]) -> tuple[Ints, dict[int, Claim]]:
    claim_of: dict[int, Claim] = {}
    for claim in lines:
        flat = claim.rows[shapely.get_type_id(plan.geometry[claim.rows]) == LINE]
        claim_of.update(dict.fromkeys(flat.tolist(), claim))
    return np.array(sorted(claim_of), dtype=np.int64), claim_of


def _told_apart(plan: Plan, shapes: Sequence[Shape], middle: Ints, *, edges: bool) -> tuple[list[Shape], list[Shape]]:
    """Tell pavement from the blocks that edges run around: no centreline runs in a block.

    On a layer of outlines only what is wider than any road is asked: a lane may have no centreline. Where there are no
    centrelines at all, an outline of edges that is wider than any road is none.
    """
    if not shapes or not (len(middle) or edges):
        return list(shapes), []
    geoms = np.array([shape.geometry for shape in shapes], dtype=object)
    narrow = np.array([mean_width(geometry) <= _widest_m() for geometry in geoms], dtype=bool)
    inside = np.zeros(len(shapes), dtype=bool)
    if len(middle):
        area, line = shapely.STRtree(plan.geometry[middle]).query(geoms, predicate="intersects")
        length = np.zeros(len(shapes))
        np.add.at(length, area, shapely.length(shapely.intersection(geoms[area], plan.geometry[middle][line])))
        # What runs in a road is about as long as the road; a block is at most cut at a corner.
        inside = length > 0.1 * np.sqrt(shapely.area(geoms))
    if not (edges and len(middle)):
        inside |= narrow | np.array([plan.kind[shape.members[0]] in HATCHES for shape in shapes], dtype=bool)
    return (
        [shape for shape, road in zip(shapes, inside, strict=True) if road],
        [shape for shape, road in zip(shapes, inside, strict=True) if not road],
    )


def _widest_m() -> float:
    """Return the greatest width of a road, with the rounding of a square that is just so wide [m]."""
    return 1.001 * float(patterns().limits["strip_m"][1])


def _across_layers(plan: Plan, pile: _Pile, gap_m: float, out: Roads) -> None:
    """Find rings of lines that lie on different layers: the end of a road is often drawn on one of its own."""
    rows = [row for row in pile.rows if plan.geometry[row].geom_type == "LineString"]
    if len({str(plan.layer[row]) for row in rows}) < 2:
        return
    index = np.array(rows, dtype=np.int64)
    rings = closed_rings(plan.geometry[index], gap_m)
    for polygon, members in zip(rings.polygons, rings.members, strict=True):
        own = tuple(index[members].tolist())
        out.areas.append((pile.claims[own[0]], Shape(polygon, own)))
        used = set(own)
        pile.rows[:] = [row for row in pile.rows if row not in used]
    out.gaps += list(rings.gaps)


def _covered(lines: Objects, shapes: Sequence[Shape]) -> NDArray[np.bool_]:
    """Return which centrelines lie in pavement for the most part."""
    if not len(lines) or not shapes:
        return np.zeros(len(lines), dtype=bool)
    pavement = shapely.union_all(np.array([shape.geometry for shape in shapes], dtype=object))
    inside = shapely.length(shapely.intersection(lines, pavement))
    covered: NDArray[np.bool_] = inside >= float(patterns().limits["covered_share"]) * shapely.length(lines)
    return covered


def _strips(plan: Plan, pile: _Pile, middle: Ints, gap_m: float, out: Roads) -> None:
    """Make areas of the strips between edges; where a centreline runs, it tells which side of an edge is road.

    What is left over then is tried without: in many a plan some of the roads have a centreline and others have none.
    """
    edges = _once(plan, np.array(sorted(pile.rows), dtype=np.int64), gap_m, out)
    known = np.array([shape.geometry for _, shape in out.areas], dtype=object)
    tried = len(edges) > 0 and len(middle) > 0
    first: Strips | None = None
    if tried:
        first = _apart(_between(plan, edges, middle, gap_m, "strip_m"), known)
        _take(first, edges, pile, gap_m, out)
        out.doubts += _unless(first.doubts, plan.geometry[edges[first.edges_left]])
        edges = edges[first.edges_left]
    edges = _without_open(plan, edges, gap_m, out)
    if not len(edges):
        return
    if first is not None:
        known = np.concatenate((known, first.polygons))
    found = _apart(_between(plan, edges, middle[:0], gap_m, "strip_bare_m"), known)
    _take(found, edges, pile, gap_m, out)
    out.doubts += [(doubt.x, doubt.y, doubt.code) for doubt in found.doubts]


def _between(plan: Plan, edges: Ints, middle: Ints, gap_m: float, limits: str) -> Strips:
    narrowest_m, widest_m = (float(value) for value in patterns().limits[limits])
    return areas_between(
        plan.geometry[edges], plan.geometry[middle], widest_m=widest_m, narrowest_m=narrowest_m,
        accuracy_m=max(gap_m, 1e-6),
    )  # fmt: skip


def _take(found: Strips, edges: Ints, pile: _Pile, gap_m: float, out: Roads) -> None:
    for polygon, members in zip(found.polygons, found.members, strict=True):
        own = tuple(edges[members].tolist())
        if own:
            out.areas.append((pile.claims[own[0]], Shape(polygon, own, loose=True)))
            out.strips += 1
    out.gaps += [gap for gap in found.closures if gap[2] <= gap_m]
    out.closed += [gap for gap in found.closures if gap[2] > gap_m]


def _islands(plan: Plan, out: Roads) -> None:
    """Cut outlines that lie in a strip out of it: the middle of a roundabout is drawn closed, the road around it is not."""
    strips = [n for n, (_, shape) in enumerate(out.areas) if shape.loose]
    others = [
        n for n, (_, shape) in enumerate(out.areas)
        if not shape.loose and plan.kind[shape.members[0]] not in HATCHES and not plan.width[shape.members[0]] > 0.0
    ]  # fmt: skip
    if not strips or not others:
        return
    geoms = np.array([shape.geometry for _, shape in out.areas], dtype=object)
    inner, outer = shapely.STRtree(geoms[strips]).query(geoms[others], predicate="covered_by")
    held: dict[int, list[int]] = {}
    for one, other in zip(inner.tolist(), outer.tolist(), strict=True):
        held.setdefault(strips[other], []).append(others[one])
    for n, islands in held.items():
        claim, shape = out.areas[n]
        rest = shapely.difference(shape.geometry, shapely.union_all(geoms[islands]))
        members = (*shape.members, *(row for m in islands for row in out.areas[m][1].members))
        out.areas[n] = (claim, Shape(rest, members, loose=True))
    gone = {m for islands in held.values() for m in islands}
    out.areas[:] = [
        (claim, Shape(part, shape.members, shape.loose))
        for n, (claim, shape) in enumerate(out.areas) if n not in gone
        for part in shapely.get_parts(shape.geometry) if shapely.area(part) > 0.0
    ]  # fmt: skip


def _beyond_kerbs(
    doubts: Sequence[tuple[float, float, str]], areas_: Sequence[tuple[Claim, Shape]]
) -> list[tuple[float, float, str]]:
    """Leave out ends right beside pavement: there the back of a kerb ends, whose front bounds the road."""
    ends = [n for n, doubt in enumerate(doubts) if doubt[2] == "open_end"]
    if not ends or not areas_:
        return list(doubts)
    reach_m = float(patterns().limits["double_line_max_m"])
    places = shapely.points([doubts[n][:2] for n in ends])
    pavement = np.array([shape.geometry for _, shape in areas_], dtype=object)
    near = set(np.array(ends)[shapely.STRtree(pavement).query(places, predicate="dwithin", distance=reach_m)[0]].tolist())
    return [doubt for n, doubt in enumerate(doubts) if n not in near]


def _unless(doubts: Sequence[Doubt], edges: Objects) -> list[tuple[float, float, str]]:
    """Return the doubts that do not lie on edges which are tried again."""
    places = shapely.points([(doubt.x, doubt.y) for doubt in doubts]) if doubts else np.empty(0, dtype=object)
    again = np.zeros(len(doubts), dtype=bool)
    if len(places) and len(edges):
        again[shapely.STRtree(edges).query(places, predicate="dwithin", distance=1e-6)[0]] = True
    return [(doubt.x, doubt.y, doubt.code) for doubt, other in zip(doubts, again, strict=True) if not other]


def _apart(found: Strips, known: Objects) -> Strips:
    """Leave out the areas that lie over pavement that is known."""
    if not len(known) or not len(found.polygons):
        return found
    pavement = shapely.union_all(known)
    over = shapely.area(shapely.intersection(found.polygons, pavement)) > _OVER * shapely.area(found.polygons)
    if not over.any():
        return found
    keep = np.flatnonzero(~over).tolist()
    kept = shapely.union_all(found.polygons[keep])
    return replace(
        found,
        polygons=found.polygons[keep],
        members=[found.members[n] for n in keep],
        centres=[found.centres[n] for n in keep],
        closures=[gap for gap in found.closures if shapely.dwithin(kept, shapely.Point(gap[:2]), _HAIR_M)],
    )


def _once(plan: Plan, edges: Ints, gap_m: float, out: Roads) -> Ints:
    """Leave out edges drawn a second time: along another one, or along the outline of pavement that is known."""
    if len(edges) < 2 and not out.areas:
        return edges
    lines = plan.geometry[edges]
    lines = np.where(shapely.get_dimensions(lines) == 2, shapely.boundary(lines), lines)
    _, first = np.unique(shapely.to_wkb(shapely.normalize(lines)), return_index=True)
    first = np.sort(first)
    outlines = np.array([shapely.boundary(shape.geometry) for _, shape in out.areas], dtype=object)
    own = np.ones(len(edges), dtype=bool)
    own[first[along_others(lines[first], outlines, gap_m)]] = False
    own[np.setdiff1d(np.arange(len(edges)), first)] = False
    out.also.update(edges[~own].tolist())
    return edges[own]


def _without_open(plan: Plan, edges: Ints, gap_m: float, out: Roads) -> Ints:
    """Leave out edges that form an outline but for a small opening: two of its own sides are no two edges of a road."""
    most_m = float(patterns().limits["gap_max_m"])
    if not len(edges) or gap_m >= most_m:
        return edges
    rings = closed_rings(plan.geometry[edges], most_m)
    wide = [gap for gap in rings.gaps if gap[2] > gap_m]
    # An outline wider than any road runs around a block, whose sides are edges of the roads beside it.
    small = [n for n, polygon in enumerate(rings.polygons) if mean_width(polygon) <= _widest_m()]
    if not wide or not small:
        return edges
    places = shapely.points([gap[:2] for gap in wide])
    of, at = shapely.STRtree(places).query(
        shapely.boundary(rings.polygons[small]), predicate="dwithin", distance=_HAIR_M
    )
    out.open += [wide[n] for n in np.unique(at).tolist()]
    nearly = [rings.members[small[n]] for n in np.unique(of).tolist()]
    return np.delete(edges, np.unique(np.concatenate(nearly))) if nearly else edges
