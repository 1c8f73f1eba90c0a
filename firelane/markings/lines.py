"""Edge lines on kerbless edges and paint on kerbs, as bands of exact width.

A line is what lies between two distances from the edge: a band with square ends minus a narrower one (``bands.py``).
Unlike an offset curve it loses nothing on tight shapes, and it ends where the edge ends.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.ops import substring

from firelane.lanes.rings import segments_of
from firelane.markings.bands import band
from firelane.markings.lettering import mitred, polygons_only
from firelane.markings.marks import Made, Mark
from firelane.site.model import Note
from firelane.vocabulary import MarkKind, rounded_down

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from firelane.markings.parameters import Dimensions

_TRIFLE_M = 1e-5  # vertices where something was welded or cut, on a straight line but for rounding
_SPECK_M2 = 1e-6
_NECK_M2 = 5e-3  # paint lost in a sharp corner is less, in a neck of the road more
_SLACK_M = 2e-3  # covers the flattened arcs of both buffers
_SETTING_OUT_M = 1e-3
_SHORTEST_M = 0.01
_VOTE_M = 2.0  # a piece of the band asks at least so often along its outline which edge is nearest
_VOTES = 100


@dataclass(frozen=True)
class Edges:
    """Pavement edges near a local origin, the pavement on their left.

    ``kerb_height_m`` and ``kerb_top_width_m`` are filled in with the defaults.
    """

    edge_id: NDArray[Any]
    lane_id: NDArray[Any]
    kerbed: NDArray[np.bool_]
    kerb_height_m: NDArray[np.float64]
    kerb_top_width_m: NDArray[np.float64]
    lines: NDArray[Any]

    def pick(self, rows: NDArray[Any]) -> Edges:
        """Return some of the edges."""
        return Edges(
            self.edge_id[rows], self.lane_id[rows], self.kerbed[rows],
            self.kerb_height_m[rows], self.kerb_top_width_m[rows], self.lines[rows],
        )  # fmt: skip


def edge_lines(edges: Edges, pavement: BaseGeometry, grids: list[BaseGeometry], dims: Dimensions) -> Made:
    """Return the solid line along every kerbless edge.

    It ends at mouths, junction openings and grids. Where the lines of both sides would meet, none is
    painted, and a note says so.
    """
    made = Made()
    edges = edges.pick(~edges.kerbed)
    if len(edges.lines) == 0:
        return made
    near_m, far_m, width_m = dims.edge_line_near_m, dims.edge_line_far_m, dims.number("edge_line_width_m")
    flatten_m = dims.number("edge_line_flatten_m")
    runs = _runs(edges.lines)
    outer = band(runs, far_m, flatten_m)
    paint = outer.difference(band(runs, near_m, flatten_m)).intersection(pavement)
    paint = _without_necks(paint, pavement.difference(outer), edges, width_m=width_m, far_m=far_m, made=made)
    if grids:
        paint = paint.difference(shapely.union_all(grids))
    axes = _axes(runs, (near_m + far_m) / 2, flatten_m)
    tree = shapely.STRtree(axes)
    for n, whole in _shared(paint, edges, (-_SLACK_M, far_m + _SLACK_M)).items():
        mark_id, lane_id = _mark_id("LINE", edges.edge_id[n]), edges.lane_id[n]
        kept = shapely.union_all(shapely.intersection(axes[tree.query(whole, predicate="intersects")], whole))
        merged = (p for p in shapely.get_parts(shapely.line_merge(kept)) if p.length > _SHORTEST_M)
        shape = polygons_only(whole.simplify(_TRIFLE_M))
        lines = [line.simplify(_TRIFLE_M) for line in merged]
        made.axes += [(mark_id, lane_id, line) for line in lines]
        corners = tuple(line.simplify(_SETTING_OUT_M) for line in lines)
        made.marks.append(
            Mark(mark_id, MarkKind.EDGE_LINE, shape, shape.area / width_m, lane_id, corners=corners)
        )
    return made


def kerb_paint(edges: Edges, pavement: BaseGeometry, dims: Dimensions) -> Made:
    """Return the paint on the top and the face of every kerb.

    In plan only the top is seen; the face has length and area.
    """
    made = Made()
    for width_m in np.unique(edges.kerb_top_width_m[edges.kerbed]):
        group = edges.pick(edges.kerbed & (edges.kerb_top_width_m == width_m))
        paint = band(_runs(group.lines), float(width_m), dims.number("edge_line_flatten_m")).difference(pavement)
        shared = _shared(paint, group, (-float(width_m) - _SLACK_M, _SLACK_M))
        for n in sorted(set(_first_rows(group.edge_id))):
            rows = np.flatnonzero(group.edge_id == group.edge_id[n])
            mark_id, lane_id = _mark_id("KERB", group.edge_id[n]), group.lane_id[n]
            length_m = float(shapely.length(group.lines[rows]).sum())
            shape = shared.get(n)
            shape = shapely.MultiPolygon() if shape is None else polygons_only(shape.simplify(_TRIFLE_M))
            corners = tuple(line.simplify(_SETTING_OUT_M) for line in group.lines[rows])
            made.marks.append(Mark(mark_id, MarkKind.KERB_TOP, shape, length_m, lane_id, corners=corners))
            face_m2 = length_m * float(group.kerb_height_m[n])
            nothing = shapely.MultiPolygon()
            made.marks.append(Mark(mark_id, MarkKind.KERB_FACE, nothing, length_m, lane_id, area_m2=face_m2))
    return made


def one_sided(edges: Edges, lanes: dict[str, BaseGeometry], side: str) -> Edges:
    """Return the stretches of ``edges`` on one side of their lane, cut behind its ends."""
    rows: list[int] = []
    pieces: list[BaseGeometry] = []
    for n, (lane_id, edge) in enumerate(zip(edges.lane_id, edges.lines, strict=True)):
        axis = _lengthened(lanes[lane_id])
        hits = [p for p in shapely.get_parts(shapely.intersection(edge, axis)) if p.geom_type == "Point"]
        cuts = sorted({0.0, edge.length, *(float(edge.project(p)) for p in hits)})
        for start, end in itertools.pairwise(cuts):
            middle = shapely.get_coordinates(edge.interpolate((start + end) / 2))[0]
            at = axis.project(shapely.Point(middle))
            a, b = (shapely.get_coordinates(axis.interpolate(at + d))[0] for d in (-0.05, 0.05))
            left = (b[0] - a[0]) * (middle[1] - a[1]) - (b[1] - a[1]) * (middle[0] - a[0]) > 0
            if left == (side == "left") and end - start > 1e-6:
                rows.append(n)
                pieces.append(substring(edge, start, end))
    picked = edges.pick(np.asarray(rows, dtype=int))
    return Edges(
        picked.edge_id, picked.lane_id, picked.kerbed, picked.kerb_height_m, picked.kerb_top_width_m,
        np.asarray(pieces, dtype=object),
    )  # fmt: skip


def _lengthened(lane: BaseGeometry, by_m: float = 30.0) -> BaseGeometry:
    """Return a lane lengthened straight on at both ends, to cut the edge that goes round a tip."""
    points = shapely.get_coordinates(lane)
    ahead = shapely.get_coordinates(lane.interpolate([0.5, lane.length - 0.5]))
    first, last = points[0] - ahead[0], points[-1] - ahead[1]
    return shapely.linestrings(
        np.vstack(
            [points[0] + by_m * first / np.hypot(*first), points, points[-1] + by_m * last / np.hypot(*last)]
        )
    )


def _axes(runs: BaseGeometry, middle_m: float, flatten_m: float) -> NDArray[Any]:
    """Return the axes of the lines: the outlines of narrower bands, without the flat ends of those.

    An offset curve would lose pieces on tight shapes, and most of a closed line.
    """
    caps: list[Any] = []
    for run in shapely.get_parts(runs):
        points = shapely.get_coordinates(run)
        for end, other in () if run.is_closed else ((points[0], points[1]), (points[-1], points[-2])):
            across = np.asarray([end[1] - other[1], other[0] - end[0]]) / np.hypot(*(end - other))
            caps.append([end - 2 * middle_m * across, end + 2 * middle_m * across])
    outline = shapely.boundary(band(runs, middle_m, flatten_m))
    if caps:
        outline = outline.difference(shapely.union_all(shapely.buffer(shapely.linestrings(caps), 1e-6)))
    return np.asarray(shapely.get_parts(shapely.line_merge(outline)))


def _mark_id(kind: str, edge_id: str) -> str:
    return f"{kind}-{edge_id.removeprefix('E-')}"


def _first_rows(names: NDArray[Any]) -> list[int]:
    """Return for each name the first row that bears it."""
    first: dict[Any, int] = {}
    for n, name in enumerate(names):
        first.setdefault(name, n)
    return [first[name] for name in names]


def _runs(lines: NDArray[Any]) -> BaseGeometry:
    """Join edges that follow each other: a band must not end where only the lane changes."""
    return shapely.line_merge(shapely.multilinestrings(list(lines)), directed=True)


def _without_necks(
    paint: BaseGeometry, core: BaseGeometry, edges: Edges, *, width_m: float, far_m: float, made: Made
) -> BaseGeometry:
    """Leave out the paint where it has not its full width, and say so.

    ``core`` is the pavement beyond the line: paint of full width has the core within its width.
    Mitred, so that the outer corner of a line that turns is within it as well.
    """
    whole = mitred(core, width_m + _SLACK_M)
    necks = [p for p in shapely.get_parts(paint.difference(whole)) if p.area > _NECK_M2]
    if not necks:
        return paint
    tree = shapely.STRtree(edges.lines)
    lane_ids = edges.lane_id[tree.nearest(shapely.point_on_surface(np.asarray(necks, dtype=object)))]
    least_m = rounded_down(2 * far_m, 2)
    for lane_id in sorted({str(lane) for lane in lane_ids}):
        made.notes.append(
            Note(
                "edge_line_too_narrow",
                f"车道 {lane_id} 局部路面宽度不足 {least_m} m，两侧禁停线重叠，该处未施划",
                f"lane {lane_id}: pavement narrower than {least_m} m, where the lines of both sides would meet; "
                "none is painted there",
                row=lane_id,
            )
        )
    return paint.difference(shapely.union_all(shapely.buffer(np.asarray(necks, dtype=object), width_m)))


def _shared(paint: BaseGeometry, edges: Edges, reach: tuple[float, float]) -> dict[int, BaseGeometry]:
    """Share the paint out to the edges: {first row of the edge: its part}.

    It is cut square to the edge where one edge follows another; ``reach`` is how far the cut goes
    from the edge, positive to the left [m].
    """
    parts = np.asarray([p for p in shapely.get_parts(paint) if p.area > _SPECK_M2], dtype=object)
    if len(parts) == 0:
        return {}
    pieces: list[BaseGeometry] = []
    cuts = _cuts(edges.lines, reach)
    crossing: dict[int, list[int]] = {}
    if len(cuts):
        for cut, part in zip(*shapely.STRtree(parts).query(cuts, predicate="intersects"), strict=True):
            crossing.setdefault(int(part), []).append(int(cut))
    for n, part in enumerate(parts):
        if n not in crossing:
            pieces.append(part)
            continue
        lines = shapely.union_all([part.boundary, *cuts[sorted(crossing[n])]])
        faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
        shapely.prepare(part)
        pieces += list(faces[shapely.contains_properly(part, shapely.point_on_surface(faces))])
    segments, owner = segments_of(edges.lines)
    tree, first = shapely.STRtree(segments), np.asarray(_first_rows(edges.edge_id))[owner]
    sample, piece = shapely.get_coordinates(
        shapely.segmentize(shapely.boundary(np.asarray(pieces, dtype=object)), _VOTE_M), return_index=True
    )
    ask = _some_of_each(piece)
    sample, piece = sample[ask], piece[ask]
    votes = first[tree.nearest(shapely.points(sample))]
    found: dict[int, list[BaseGeometry]] = {}
    bounds = np.searchsorted(piece, np.arange(len(pieces) + 1))
    for n, shape in enumerate(pieces):
        count = np.bincount(votes[bounds[n] : bounds[n + 1]])
        found.setdefault(int(count.argmax()), []).append(shape)
    return {n: polygons_only(shapely.union_all(found[n])) for n in sorted(found)}


def _some_of_each(piece: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return some rows of every piece, evenly, at most ``_VOTES``: what was surveyed densely has far more."""
    count = np.bincount(piece)
    every = np.maximum(1, -(-count // _VOTES))
    number = np.arange(len(piece)) - np.r_[0, np.cumsum(count)[:-1]][piece]
    return np.flatnonzero(number % every[piece] == 0)


def _cuts(lines: NDArray[Any], reach: tuple[float, float]) -> NDArray[Any]:
    """Return the cuts where one edge begins as another ends."""
    ends = {shapely.get_coordinates(shapely.get_point(line, -1)).tobytes() for line in lines}
    cuts: list[Any] = []
    for line in lines:
        a, b = shapely.get_coordinates(line)[:2]
        if a.tobytes() in ends and not line.is_closed:
            left = np.asarray([a[1] - b[1], b[0] - a[0]]) / np.hypot(*(b - a))
            cuts.append([a + reach[0] * left, a + reach[1] * left])
    return np.asarray(shapely.linestrings(cuts)) if cuts else np.empty(0, dtype=object)
