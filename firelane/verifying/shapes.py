"""Areas of paint: what is filled, what is drawn as outlines, and what as pairs of lines, however it was drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from firelane.site.cad.paint import Drawn
    from firelane.verifying.placing import Placed

    Objects = NDArray[np.object_]

_SAME_M = 3e-3  # an outline within this of a filled shape is that shape's outline
_TOUCH_M = 1e-3
_LOST = 1e-3  # share of an area that closing hairlines may cost
_PAIR_M = (0.03, 0.35)  # two lines so far apart can be the edges of a painted one
_PARALLEL = 0.9998  # cosine of 1.1 degrees
_COVERED = 0.5
_BAR_M = 0.35  # area over half the outline: the width of a thin shape


@dataclass(frozen=True)
class Paint:
    """Areas of paint near a local origin [m]: ``shapes`` with colour, line type and layer; ``patterns`` apart."""

    shapes: Objects
    rgb: NDArray[np.int64]
    dashed: NDArray[np.bool_]
    layer: Objects
    patterns: Objects

    def __len__(self) -> int:
        return len(self.shapes)

    def pick(self, rows: NDArray[Any]) -> Paint:
        """Return some of the areas."""
        return Paint(self.shapes[rows], self.rgb[rows], self.dashed[rows], self.layer[rows], self.patterns)


def paint_areas(drawn: Drawn, placed: Placed, origin: NDArray[np.float64], *, fills_alone: bool = False) -> Paint:
    """Return the areas of paint, moved near ``origin``.

    With ``fills_alone`` lines and outlines are no paint at all: in drawings of ours they are there to snap to, also where
    somebody erased what they ran around.

    A closed outline stands for its area, outlines in each other for what lies between them, and two parallel lines for
    the band between them; but not where the same is filled already: then they are there to snap to.
    """
    shift = np.asarray(placed.origin, dtype=float) - origin
    geometry = shapely.transform(drawn.geometry, lambda xy: xy * placed.metres + shift) if len(drawn) else drawn.geometry
    kinds = shapely.get_type_id(geometry)
    broken = drawn.filled & ~shapely.is_valid(geometry) if len(geometry) else drawn.filled
    for n in np.flatnonzero(broken):
        geometry[n] = shapely.make_valid(geometry[n], method="structure", keep_collapsed=False)
    full = np.flatnonzero(drawn.filled & (shapely.area(geometry) > 0.0))
    fills, owner = shapely.get_parts(geometry[full], return_index=True)
    flat = shapely.get_type_id(fills) == 3
    fills, rows = fills[flat], full[owner[flat]]
    loose = ~drawn.filled & ~drawn.pattern & (not fills_alone)
    closed = np.flatnonzero(loose & (kinds == 3))
    closed = closed[~_repeats(geometry[closed], fills)]
    outlined, first = _even_odd(geometry[closed])
    open_rows = np.flatnonzero(loose & (kinds == 1))
    open_rows = open_rows[~_within(geometry[open_rows], fills)]
    paired, of = _pairs(geometry[open_rows])
    more = np.concatenate([outlined, paired])
    source = np.concatenate([closed[first] if len(first) else closed[:0], open_rows[of] if len(of) else open_rows[:0]])
    keep = ~_covered(more, fills)
    shapes = np.concatenate([fills, more[keep]])
    rows = np.concatenate([rows, source[keep]]).astype(int)
    return Paint(shapes, drawn.rgb[rows], drawn.dashed[rows], drawn.layer[rows], geometry[np.flatnonzero(drawn.pattern)])


def _repeats(outlines: Objects, fills: Objects) -> NDArray[np.bool_]:
    """Tell which outlines repeat a ring of something filled."""
    if not len(outlines) or not len(fills):
        return np.zeros(len(outlines), dtype=bool)
    rings = shapely.get_rings(fills)

    def signs(lines: Objects) -> NDArray[np.float64]:
        middle = shapely.get_coordinates(shapely.centroid(lines))
        return np.column_stack([middle, shapely.length(lines), shapely.bounds(lines)])

    near, _ = cKDTree(signs(rings)).query(signs(shapely.get_exterior_ring(outlines)), distance_upper_bound=10 * _SAME_M)
    return np.asarray(near <= 2 * _SAME_M)


def _even_odd(outlines: Objects) -> tuple[Objects, NDArray[np.int64]]:
    """Return the areas of closed outlines, of which those in another are holes; and an outline of each."""
    if not len(outlines):
        return outlines, np.empty(0, dtype=np.int64)
    # Bars that cross others, or run into a border, are paint each by itself: nothing is cut out where they cross.
    one, _ = shapely.STRtree(outlines).query(outlines, predicate="overlaps")
    bars = np.zeros(len(outlines), dtype=bool)
    bars[one] = True
    bars &= shapely.area(outlines) <= _BAR_M * shapely.length(outlines) / 2
    own = np.flatnonzero(bars)
    nested, first_nested = _nested(outlines, np.flatnonzero(~bars))
    return np.concatenate([outlines[own], nested]), np.concatenate([own, first_nested]).astype(np.int64)


def _nested(outlines: Objects, rows: NDArray[np.int64]) -> tuple[Objects, NDArray[np.int64]]:
    if not len(rows):
        return outlines[rows], rows
    order = rows[np.argsort(-shapely.area(outlines[rows]), kind="stable")]
    shells = outlines[order]
    outer, inner = shapely.STRtree(shells).query(shells, predicate="contains")
    proper = (outer != inner) & (shapely.area(shells)[outer] > shapely.area(shells)[inner] + 1e-9)
    outer, inner = outer[proper], inner[proper]
    depth = np.bincount(inner, minlength=len(shells))
    found: list[Any] = []
    first: list[int] = []
    holes: dict[int, list[Any]] = {}
    for o, i in zip(outer.tolist(), inner.tolist(), strict=True):
        if depth[o] == depth[i] - 1 and depth[i] % 2 == 1:
            holes.setdefault(o, []).append(shells[i])
    for n in np.flatnonzero(depth % 2 == 0).tolist():
        area = shells[n]
        if n in holes:
            area = shapely.difference(area, shapely.union_all(holes[n]))
        for part in shapely.get_parts(area):
            if shapely.get_type_id(part) == 3:
                found.append(part)
                first.append(int(order[n]))
    out = np.empty(len(found), dtype=object)
    out[:] = found
    return out, np.asarray(first, dtype=np.int64)


def _within(lines: Objects, fills: Objects) -> NDArray[np.bool_]:
    """Tell which lines run in something filled: axes and edges to snap to."""
    out = np.zeros(len(lines), dtype=bool)
    if not len(lines) or not len(fills):
        return out
    grown = shapely.buffer(fills, _SAME_M, quad_segs=1, join_style="mitre")
    line, fill = shapely.STRtree(grown).query(lines, predicate="intersects")
    inside = shapely.length(shapely.intersection(lines[line], grown[fill]))
    share = np.bincount(line, weights=inside, minlength=len(lines)) / np.maximum(shapely.length(lines), 1e-12)
    out[:] = share > _COVERED
    return out


def _covered(areas: Objects, fills: Objects) -> NDArray[np.bool_]:
    """Tell which areas are filled for the most part already."""
    out = np.zeros(len(areas), dtype=bool)
    if not len(areas) or not len(fills):
        return out
    area, fill = shapely.STRtree(fills).query(areas, predicate="intersects")
    both = shapely.area(shapely.intersection(areas[area], fills[fill]))
    out[:] = np.bincount(area, weights=both, minlength=len(areas)) > _COVERED * shapely.area(areas)
    return out


def _pairs(lines: Objects) -> tuple[Objects, NDArray[np.int64]]:
    """Return the bands between parallel lines, and a line of each."""
    none = np.empty(0, dtype=object), np.empty(0, dtype=np.int64)
    if len(lines) < 2:
        return none
    faces = shapely.get_parts(shapely.polygonize(lines))
    # Outlines drawn as loose lines: of two in each other the paint is what lies between.
    faces, _ = _even_odd(shapely.polygons(shapely.get_exterior_ring(faces)) if len(faces) else faces)
    # A whole rectangle is the outer edge of bars that are drawn each by itself.
    faces = faces[shapely.area(faces) <= _BAR_M * shapely.length(faces) / 2]
    made: list[Any] = list(faces)
    owner: list[int] = []
    if len(faces):
        owner = [int(n) for n in shapely.STRtree(lines).nearest(faces)]
        edge = shapely.buffer(shapely.union_all(shapely.boundary(faces)), _TOUCH_M)
        shapely.prepare(edge)
        left = np.flatnonzero(~shapely.contains(edge, lines))
    else:
        left = np.arange(len(lines))
    xy, index = shapely.get_coordinates(lines[left], return_index=True)
    same = index[1:] == index[:-1]
    a, b, of = xy[:-1][same], xy[1:][same], index[1:][same]
    length = np.hypot(*(b - a).T)
    solid = length > 1e-6
    a, b, of, length = a[solid], b[solid], of[solid], length[solid]
    if len(a) >= 2:
        segments = shapely.linestrings(np.stack([a, b], axis=1))
        unit = (b - a) / length[:, None]
        one, two = shapely.STRtree(segments).query(segments, predicate="dwithin", distance=_PAIR_M[1])
        once = one < two
        one, two = one[once], two[once]
        parallel = np.abs((unit[one] * unit[two]).sum(axis=1)) >= _PARALLEL
        one, two = one[parallel], two[parallel]
        normal = np.stack([-unit[:, 1], unit[:, 0]], axis=1)
        apart = ((a[two] - a[one]) * normal[one]).sum(axis=1)
        t0, t1 = ((p[two] - a[one]) * unit[one] for p in (a, b))
        s0, s1 = t0.sum(axis=1), t1.sum(axis=1)
        low, high = np.maximum(np.minimum(s0, s1), 0.0), np.minimum(np.maximum(s0, s1), length[one])
        good = (np.abs(apart) >= _PAIR_M[0]) & (np.abs(apart) <= _PAIR_M[1]) & (high - low > 1e-6)
        one, two, apart, low, high = one[good], two[good], apart[good], low[good], high[good]
        # Of several lines beside it the nearest is the other edge.
        nearest = np.full(len(a), np.inf)
        np.minimum.at(nearest, one, np.abs(apart))
        np.minimum.at(nearest, two, np.abs(apart))
        best = (np.abs(apart) <= nearest[one] + _TOUCH_M) | (np.abs(apart) <= nearest[two] + _TOUCH_M)
        for i, j, d, s, e in zip(one[best], two[best], apart[best], low[best], high[best], strict=True):
            p, q = a[i] + s * unit[i], a[i] + e * unit[i]
            r = normal[i] * d
            del j
            made.append(shapely.polygons([p, q, q + r, p + r]))
            owner.append(int(left[of[i]]))
    if not made:
        return none
    out = np.empty(len(made), dtype=object)
    out[:] = made
    return out, np.asarray(owner, dtype=np.int64)


def dissolved(shapes: Objects) -> tuple[Objects, NDArray[np.int64]]:
    """Return areas that touch as one, and for each area given the number of what it became part of."""
    if not len(shapes):
        return shapes, np.empty(0, dtype=np.int64)
    one, two = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=_TOUCH_M)
    graph = coo_array((np.ones(len(one)), (one, two)), shape=(len(shapes), len(shapes)))
    count, label = connected_components(graph, directed=False)
    out = np.empty(count, dtype=object)
    order = np.argsort(label, kind="stable")
    stops = np.searchsorted(label[order], np.arange(count + 1))
    for n in range(count):
        rows = order[stops[n] : stops[n + 1]]
        out[n] = shapes[rows[0]] if len(rows) == 1 else joined(shapes[rows])
    return out, np.asarray(label, dtype=np.int64)


def joined(shapes: Objects) -> Any:
    """Return the union of areas, hairlines between pieces that meet closed."""
    whole = shapely.union_all(shapes)
    if shapely.get_num_geometries(whole) > 1:
        # Pieces drawn end to end miss each other by a rounding.
        closed = shapely.buffer(shapely.buffer(whole, _TOUCH_M, join_style="mitre"), -_TOUCH_M, join_style="mitre")
        # Shrinking two areas that hardly touch may lose one of them whole.
        if closed.area >= whole.area * (1.0 - _LOST):
            return closed
    return whole
