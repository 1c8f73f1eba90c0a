"""Areas out of outlines, hatches and loose lines, and what blocks cover; nothing here knows a layer of ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from firelane.errors import InputError, Problem
from firelane.site.cad.patterns import patterns
from firelane.site.cad.plan import Plan
from firelane.site.cad.rings import closed_rings
from firelane.site.cad.rings_net import CrowdedError

Objects = NDArray[np.object_]
Ints = NDArray[np.int64]

HATCHES = frozenset({"HATCH", "MPOLYGON"})
POLYGON, LINE = 3, 1  # type ids of shapely
_PORTION = 200  # lines that are compared with all others at a time
_MOST_PAIRS = 3_000_000


@dataclass(frozen=True)
class Shape:
    """One geometry and the rows of the plan that it was made of, the one that gives it its id first.

    ``loose`` tells whether it lies between lines that form no outline.
    """

    geometry: BaseGeometry
    members: tuple[int, ...]
    loose: bool = False


@dataclass(frozen=True)
class Areas:
    """Areas of one layer, and what was left of its entities.

    Attributes
    ----------
    shapes : list of Shape
    gaps : list of (x, y, length)
        Ends that did not meet, and were joined.
    loose : ndarray of int
        Rows of the plan that bound nothing.
    twice : ndarray of int
        Rows that show an area once more: the hatch of an outline, an outline drawn over another.
    """

    shapes: list[Shape]
    gaps: list[tuple[float, float, float]] = field(default_factory=list)
    loose: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    twice: Ints = field(default_factory=lambda: np.empty(0, np.int64))


def areas(plan: Plan, rows: Ints, gap_m: float, *, cells: bool = False, islands: bool = False) -> Areas:
    """Return the areas that rows of a plan in metres show.

    Parameters
    ----------
    rows : ndarray of int
    gap_m : float
        Ends of loose lines nearer than this meet [m].
    cells : bool
        Whether lines divide closed outlines, as the strokes between parking bays do.
    islands : bool
        Whether an outline inside another is a hole of it, one in a hole an area again, and so on.

    Raises
    ------
    InputError
        If nearly all lines cross nearly all others: they are no outlines.
    """
    geometry = plan.geometry[rows]
    kind = shapely.get_type_id(geometry)
    hatch = np.isin(plan.kind[rows].astype(str), list(HATCHES)) & (kind == POLYGON)
    outline, line = (kind == POLYGON) & ~hatch, kind == LINE
    loose = rows[line]
    if cells and line.any() and outline.any():
        loose, outline = np.concatenate((loose, rows[outline])), np.zeros(len(rows), dtype=bool)
    lines = plan.geometry[loose].copy()
    closed = shapely.get_type_id(lines) == POLYGON
    lines[closed] = shapely.get_exterior_ring(lines[closed])
    try:
        rings = closed_rings(lines, gap_m)
    except CrowdedError as error:
        raise _crowd(plan, rows, error.crossings) from error
    shapes = [Shape(plan.geometry[n], (int(n),)) for n in rows[outline]]
    shapes += [
        Shape(face, tuple(loose[members].tolist()))
        for face, members in zip(rings.polygons, rings.members, strict=True)
    ]
    shapes, twice = _single(shapes)
    if islands:
        shapes, backs = _fronts(shapes)
        twice += backs
    fills = [Shape(plan.geometry[n], (int(n),)) for n in rows[hatch]]
    shapes, again = _with_fills(shapes, fills)
    return Areas(shapes, list(rings.gaps), loose[rings.dangles], np.array(twice + again, np.int64))


def _crowd(plan: Plan, rows: Ints, count: int) -> InputError:
    name = str(plan.layer[rows[0]])[:60]
    return InputError([Problem(
        f"the lines of the layer {name!r} cross each other {count} times: they are no outlines",
        'name the layer of the outlines in site.toml: [layers.roads] from = "…"',
        layer=plan.path.name,
        message_zh=f"图层 {name!r} 的线相互交叉 {count} 次，不是轮廓线",
        remedy_zh='请在 site.toml 中指明轮廓所在的图层：[layers.roads] from = "…"',
    )])  # fmt: skip


def _single(shapes: list[Shape]) -> tuple[list[Shape], list[int]]:
    """Drop what is drawn a second time in the same place: as an island in itself it would leave nothing."""
    if len(shapes) < 2:
        return shapes, []
    geoms = np.array([shape.geometry for shape in shapes], dtype=object)
    size = shapely.area(geoms)
    first, second = shapely.STRtree(geoms).query(geoms, predicate="intersects")
    pair = (first < second) & (np.abs(size[first] - size[second]) <= _share() * np.maximum(size[first], size[second]))
    first, second = first[pair], second[pair]
    apart = shapely.area(shapely.symmetric_difference(geoms[first], geoms[second]))
    dropped = set(second[apart <= _share() * size[first]].tolist())
    kept = [shape for n, shape in enumerate(shapes) if n not in dropped]
    return kept, [row for n in sorted(dropped) for row in shapes[n].members]


def _fronts(shapes: list[Shape]) -> tuple[list[Shape], list[int]]:
    """Return outlines as areas; of a kerb drawn as two lines the inner one, its front, bounds the pavement."""
    limit_m = float(patterns().limits["double_line_max_m"])
    backs: list[int] = []
    while True:
        areas_ = nested(shapes)
        geoms = np.array([shape.geometry for shape in areas_], dtype=object)
        thin = (2.0 * shapely.area(geoms) < limit_m * shapely.length(geoms)) & (
            shapely.get_num_interior_rings(geoms) > 0
        )
        if not thin.any():
            return areas_, backs
        outer = {areas_[n].members[0] for n in np.flatnonzero(thin).tolist()}
        backs += [row for shape in shapes if shape.members[0] in outer for row in shape.members]
        shapes = [shape for shape in shapes if shape.members[0] not in outer]


def _share() -> float:
    return float(patterns().limits["same_area_share"])


def nested(shapes: Sequence[Shape]) -> list[Shape]:
    """Return outlines as areas by the even-odd rule: an outline in another is an island in it.

    >>> big, hole = (Shape(shapely.box(0, 0, size, size), (n,)) for n, size in enumerate((10, 4)))
    >>> [(shape.geometry.area, shape.members) for shape in nested([hole, big])]
    [(84.0, (0, 1))]
    """
    if len(shapes) < 2:
        return list(shapes)
    geoms = np.array([shape.geometry for shape in shapes], dtype=object)
    size = shapely.area(geoms)
    outer, inner = shapely.STRtree(geoms).query(geoms, predicate="covers")
    real = (outer != inner) & (size[outer] > size[inner])
    outer, inner = outer[real], inner[real]
    depth = np.bincount(inner, minlength=len(geoms))
    # The parent of an outline is the smallest that holds it.
    order = np.lexsort((outer, size[outer], inner))
    child, start = np.unique(inner[order], return_index=True)
    parent = dict(zip(child.tolist(), outer[order][start].tolist(), strict=True))
    holes: dict[int, list[int]] = {}
    for n in np.flatnonzero(depth % 2 == 1).tolist():
        holes.setdefault(parent[n], []).append(n)
    out = []
    for n in np.flatnonzero(depth % 2 == 0).tolist():
        own = holes.get(n, [])
        area = shapely.difference(geoms[n], shapely.union_all(geoms[own])) if own else geoms[n]
        out.append(Shape(area, (*shapes[n].members, *(row for m in own for row in shapes[m].members))))
    return [shape for shape in out if shape.geometry.area > 0.0]


def _with_fills(shapes: list[Shape], fills: list[Shape]) -> tuple[list[Shape], list[int]]:
    """Add hatches; one whose area is outlined as well, or lies in such an area, is there already."""
    if not fills:
        return shapes, []
    fills, again = _single(fills)
    if not shapes:
        return fills, again
    geoms = np.array([shape.geometry for shape in shapes], dtype=object)
    hatches = np.array([shape.geometry for shape in fills], dtype=object)
    covered = np.zeros(len(fills))
    hatch, outline = shapely.STRtree(geoms).query(hatches, predicate="intersects")
    np.add.at(covered, hatch, shapely.area(shapely.intersection(hatches[hatch], geoms[outline])))
    there = covered >= (1.0 - _share()) * shapely.area(hatches)
    again += [row for n in np.flatnonzero(there).tolist() for row in fills[n].members]
    return [*shapes, *(fills[n] for n in np.flatnonzero(~there).tolist())], again


def hulls(plan: Plan, inserts: Ints) -> Objects:
    """Return the convex hull of what each INSERT shows, texts left out; its point where it shows nothing."""
    out = plan.geometry[inserts].copy()
    place = np.full(len(plan) + 1, -1)
    place[inserts] = np.arange(len(inserts))
    of = np.where(plan.insert >= 0, place[plan.insert], -1)
    part = np.flatnonzero((of >= 0) & (shapely.get_type_id(plan.geometry) > 0))
    part = part[np.argsort(of[part], kind="stable")]
    for n, rows in zip(*_groups(of[part], part), strict=True):
        hull = shapely.convex_hull(shapely.geometrycollections(plan.geometry[rows]))
        out[n] = hull if hull.geom_type == "Polygon" else shapely.centroid(hull)
    return out


def _groups(keys: Ints, rows: Ints) -> tuple[list[int], list[Ints]]:
    found, start = np.unique(keys, return_index=True)
    return found.tolist(), np.split(rows, start[1:]) if len(found) else []


def along_others(lines: Objects, outlines: Objects, gap_m: float) -> Ints:
    """Return which lines run along a longer one, or along an outline, nowhere farther off than a gap.

    >>> two = shapely.linestrings([[(0, 0), (9, 0)], [(2, 0.004), (6, 0.004)]])
    >>> along_others(two, np.empty(0, dtype=object), 0.01).tolist()
    [1]
    """
    others = np.concatenate((lines, outlines))
    length, along, tree = shapely.length(lines), shapely.length(others), shapely.STRtree(others)
    found: list[Ints] = [np.empty(0, np.int64)]
    looked = 0
    for start in range(0, len(lines), _PORTION):
        if looked > _MOST_PAIRS:
            break  # so many lines on one spot are no drawing: what is left is taken as it is
        one, other = tree.query(lines[start : start + _PORTION], predicate="dwithin", distance=gap_m)
        one = one + start
        looked += len(one)
        # Of two that are alike the first stays.
        longer = (along[other] > length[one]) | ((along[other] == length[one]) & (other < one)) | (other >= len(lines))
        one, other = one[(one != other) & longer], other[(one != other) & longer]
        for share in (0.5, 0.0, 1.0, 0.25, 0.75):
            places = shapely.line_interpolate_point(lines[one], share, normalized=True)
            near = shapely.distance(places, others[other]) <= gap_m
            one, other = one[near], other[near]
        # A hundredth more: the buffer's corners are chords.
        found.append(one[shapely.covers(shapely.buffer(others[other], 1.01 * gap_m), lines[one])])
    return np.unique(np.concatenate(found))


def shown_wide(plan: Plan, rows: Ints) -> NDArray[np.bool_]:
    """Tell which rows are open polylines that CAD fills as wide as a road; a kerb's own thickness is less."""
    narrowest_m = float(patterns().limits["strip_m"][0])
    wide: NDArray[np.bool_] = (shapely.get_type_id(plan.geometry[rows]) == LINE) & (plan.width[rows] >= narrowest_m)
    return wide


def as_drawn(plan: Plan, rows: Ints) -> Objects:
    """Return the areas that polylines with a width fill."""
    drawn: Objects = shapely.buffer(
        plan.geometry[rows], plan.width[rows] / 2.0, cap_style="flat", join_style="mitre", mitre_limit=3.0
    )
    return drawn


def middle_line(area: BaseGeometry) -> BaseGeometry:
    """Return the line that runs the long way through an area: a gate drawn as a thin box is a line.

    >>> shapely.to_wkt(middle_line(shapely.box(0, 0, 6, 0.2)), rounding_precision=3)
    'LINESTRING (0 0.1, 6 0.1)'
    """
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(area))[:4]
    if len(corners) < 4:
        return area
    one, other = corners[1] - corners[0], corners[2] - corners[1]
    if np.hypot(*one) > np.hypot(*other):
        ends = [(corners[0] + corners[3]) / 2, (corners[1] + corners[2]) / 2]
    else:
        ends = [(corners[0] + corners[1]) / 2, (corners[2] + corners[3]) / 2]
    return shapely.linestrings(sorted(tuple(end.tolist()) for end in ends))
