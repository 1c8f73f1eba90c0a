"""Roads drawn as two edges, with or without a centreline, become areas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from firelane.site.cad.rings_faces import faces_of, rows_of, sides
from firelane.site.cad.rings_net import net, noded
from firelane.site.cad.strips_ends import closing

Objects = NDArray[np.object_]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LAND, ROAD, UNKNOWN = 0, 1, -1


@dataclass(frozen=True)
class Doubt:
    """A place where nothing tells what is road and what is not.

    Attributes
    ----------
    code : str
        ``open_end`` (an edge stops and nothing stands opposite), ``tie`` (an edge could belong to either of two
        others), ``too_wide`` and ``too_narrow`` (a strip outside the limits), ``undecided`` (between edges, yet
        nothing says on which side of them the road lies).
    """

    x: float
    y: float
    code: str
    width: float = float("nan")


@dataclass(frozen=True)
class Strips:
    """Road areas found between edges.

    Attributes
    ----------
    polygons : ndarray of Polygon
        From west to east; they share sides where they meet. The edges' own coordinates stand in them unchanged.
    members : list of ndarray of int
        Rows of the edges that bound each.
    centres : list of ndarray of int
        Rows of the centrelines that run in each.
    closures : list of (x, y, length)
        Middle and length of every line that was drawn to close a gap or a road's end.
    edges_left : ndarray of int
        Rows of edges that bound no area.
    centrelines_left : ndarray of int
        Rows of centrelines of which less than half lies in the areas: roads whose width is not known.
    doubts : tuple of Doubt
    """

    polygons: Objects
    members: list[Ints]
    centres: list[Ints]
    closures: list[tuple[float, float, float]]
    edges_left: Ints
    centrelines_left: Ints
    doubts: tuple[Doubt, ...]


def areas_between(
    edges: Objects, centrelines: Objects, *, widest_m: float, narrowest_m: float, accuracy_m: float = 0.01
) -> Strips:
    """Return the road areas that lie between edges.

    The edges and the lines that close their gaps and ends cut the plane into cells. With centrelines, those cells
    are roads that one runs in; without, those on the inner side of an edge, counted from outside. Edges are not moved.

    Parameters
    ----------
    edges : ndarray of LineString
        Sides of roads, in any number of pieces, curves flattened.
    centrelines : ndarray of LineString
        May be empty.
    widest_m, narrowest_m : float
        Limits of a road's width, in the unit of the coordinates; gaps up to the widest are closed.
    accuracy_m : float
        Ends nearer than this meet.

    Returns
    -------
    Strips
        What cannot be decided is left over, and told in ``doubts``.
    """
    edges, centrelines = np.asarray(edges, dtype=object), np.asarray(centrelines, dtype=object)
    edges = np.where(shapely.get_dimensions(edges) == 2, shapely.boundary(edges), edges)
    found = net(edges[shapely.length(edges) > 0.0], accuracy_m)
    lines = centrelines[shapely.length(centrelines) > 0.0]
    closed = closing(found.pieces, lines, widest=widest_m, narrowest=narrowest_m)
    pieces = noded(np.concatenate([found.pieces, closed.lines]))
    cells = faces_of(pieces)
    of_piece, row = rows_of(pieces, edges)
    drawn = np.zeros(len(pieces), dtype=bool)
    drawn[of_piece] = True
    plan = _Cells(cells, pieces, *sides(cells, pieces), drawn)
    doubts = [Doubt(float(x), float(y), "open_end") for x, y in closed.open_xy]
    doubts += [Doubt(float(x), float(y), "tie") for x, y in closed.tied_xy]
    if len(lines):
        chosen, unsure = plan.along(lines, narrowest_m), np.zeros(len(cells), dtype=bool)
    else:
        chosen, unsure = plan.inside(widest_m)
    good, more = plan.within(chosen, lines, widest=widest_m, narrowest=narrowest_m)
    doubts += more
    junctions = plan.between(good, widest_m)
    good |= junctions
    doubts += [plan.doubt(n, "undecided") for n in np.flatnonzero(unsure & ~junctions).tolist()]
    polygons, of = plan.merged(good)
    members = _members(plan, of, of_piece, row, count=len(polygons))
    used = np.zeros(len(edges), dtype=bool)
    used[np.concatenate([*members, np.zeros(0, dtype=np.int64)])] = True
    inside, centres = _covered(centrelines, polygons)
    joints = np.concatenate([closed.lines, found.bridges])
    return Strips(
        polygons, members, centres, _places(joints, polygons), np.flatnonzero(~used), np.flatnonzero(~inside),
        tuple(sorted(doubts, key=lambda d: (d.x, d.y, d.code))),
    )  # fmt: skip


@dataclass(frozen=True)
class _Cells:
    """Cells between edges and closing lines.

    Attributes
    ----------
    pieces : ndarray of LineString
    face, piece : ndarray of int
        Which piece bounds which cell.
    drawn : ndarray of bool
        Which pieces are edges; the others close something.
    """

    cells: Objects
    pieces: Objects
    face: Ints
    piece: Ints
    drawn: Mask

    def _neighbours(self, drawn: bool) -> tuple[Ints, Ints, Ints]:  # noqa: FBT001
        """Return pairs of cells on both sides of edges, or of closing lines, and the piece between.

        The outside is the last number.
        """
        chosen = self.drawn[self.piece] == drawn
        face, piece = self.face[chosen], self.piece[chosen]
        order = np.argsort(piece, kind="stable")
        face, piece = face[order], piece[order]
        between, first, count = np.unique(piece, return_index=True, return_counts=True)
        other = np.full(len(first), len(self.cells), dtype=np.int64)
        other[count == 2] = face[first[count == 2] + 1]
        return face[first], other, between

    def inside(self, widest: float) -> tuple[Mask, Mask]:
        """Return the cells on the inner side of an edge, counted from outside as for nested outlines.

        Returns
        -------
        road, unsure : ndarray of bool
            Roads, and cells of which the edges tell nothing or two things.
        """
        count = len(self.cells)
        one, other, between = self._neighbours(drawn=True)
        colour = np.full(count + 1, UNKNOWN)
        colour[count] = LAND
        while True:
            fresh = colour.copy()
            for a, b in ((one, other), (other, one)):
                known = (colour[a] != UNKNOWN) & (colour[b] == UNKNOWN)
                fresh[b[known]] = 1 - colour[a[known]]
            if (fresh == colour).all():
                break
            colour = fresh
        # An edge drawn on across the mouth of a side road has road on both sides; it is no longer than that is wide.
        same = (colour[one] == colour[other]) & (colour[one] != UNKNOWN)
        same &= (colour[one] != ROAD) | (shapely.length(self.pieces[between]) > widest)
        clash = np.zeros(count + 1, dtype=bool)
        clash[one[same]] = clash[other[same]] = True
        unsure = (colour == UNKNOWN) | clash
        return ((colour == ROAD) & ~clash)[:count], unsure[:count]

    def along(self, lines: Objects, narrowest: float) -> Mask:
        """Return the cells that a centreline runs in."""
        chosen = np.zeros(len(self.cells), dtype=bool)
        if len(self.cells):
            cell, line = shapely.STRtree(lines).query(self.cells, predicate="intersects")
            length = shapely.length(shapely.intersection(self.cells[cell], lines[line]))
            total = np.bincount(cell, weights=length, minlength=len(self.cells))
            chosen = total >= narrowest / 2.0
        return chosen

    def within(
        self, chosen: Mask, lines: Objects, *, widest: float, narrowest: float
    ) -> tuple[Mask, list[Doubt]]:
        """Return those of the cells that are neither too wide nor too narrow for a road."""
        good, doubts = chosen.copy(), []
        tree = shapely.STRtree(lines)
        for n in np.flatnonzero(chosen).tolist():
            cell = self.cells[n]
            mean = mean_width(cell)
            along = _width_along(cell, lines[tree.query(cell, predicate="intersects")], narrowest)
            # Twice the way from the centreline to the nearer edge is too little where it is not drawn in the middle.
            low, high = (mean, mean) if np.isnan(along) else (max(along, mean), along)
            # Chords of curves lie a little inside of them.
            code = "too_wide" if high > widest * 1.001 else "too_narrow" if low < narrowest * 0.999 else ""
            if code:
                good[n] = False
                doubts.append(self.doubt(n, code, high if code == "too_wide" else low))
        return good, doubts

    def between(self, good: Mask, widest: float) -> Mask:
        """Return further cells that lie between roads at a junction, with no edge between them and those."""
        if not len(self.cells):
            return good
        reached = np.bincount(self._beside(good, drawn=False), minlength=len(self.cells)) >= 2
        # Beyond the edge of a road lies land: a strip between two carriageways is no junction.
        land = np.bincount(self._beside(good, drawn=True), minlength=len(self.cells)) > 0
        more: Mask = reached & ~land & ~good & (shapely.area(self.cells) <= 2.0 * widest * widest)
        return more

    def _beside(self, good: Mask, *, drawn: bool) -> Ints:
        """Return the cells beside good ones, once for each of those."""
        one, other, _ = self._neighbours(drawn)
        both = np.concatenate([np.stack([one, other], axis=1), np.stack([other, one], axis=1)])
        both = np.unique(both[(both < len(self.cells)).all(axis=1)], axis=0)
        beside: Ints = both[good[both[:, 1]], 0]
        return beside

    def merged(self, good: Mask) -> tuple[Objects, Ints]:
        """Return the areas, cells joined where only a closing line parts them, and the area of each cell (or -1)."""
        of = np.full(len(self.cells), -1, dtype=np.int64)
        mine = np.flatnonzero(good)
        if not len(mine):
            return np.empty(0, dtype=object), of
        one, other, _ = self._neighbours(drawn=False)
        both = (other < len(self.cells)) & good[one]
        both[both] = good[other[both]]
        links = coo_array((np.ones(int(both.sum())), (one[both], other[both])), shape=(len(of), len(of)))
        labels = connected_components(links, directed=False)[1][mine]
        polygons: list[shapely.Geometry] = []
        order = np.argsort(labels, kind="stable")
        for cells in np.split(mine[order], np.flatnonzero(np.diff(labels[order])) + 1):
            inside = shapely.point_on_surface(self.cells[cells])
            for part in shapely.get_parts(shapely.coverage_union_all(self.cells[cells])):
                of[cells[shapely.covers(part, inside)]] = len(polygons)
                polygons.append(part)
        return np.array(polygons, dtype=object), of

    def doubt(self, n: int, code: str, width: float = float("nan")) -> Doubt:
        """Return a doubt about one cell."""
        at = shapely.point_on_surface(self.cells[n])
        return Doubt(float(shapely.get_x(at)), float(shapely.get_y(at)), code, width)


def _width_along(cell: shapely.Geometry, lines: Objects, step: float) -> float:
    """Return twice the usual way from the centrelines to the outline of a cell; NaN where none runs in it."""
    runs = shapely.get_parts(shapely.intersection(lines, cell))
    runs = runs[shapely.get_dimensions(runs) == 1]
    if not len(runs):
        return float("nan")
    counts = np.clip(np.ceil(shapely.length(runs) / step), 1, 200).astype(np.int64)
    owner = np.repeat(np.arange(len(runs)), counts)
    share = (np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts) + 0.5) / counts[owner]
    points = shapely.line_interpolate_point(runs[owner], share, normalized=True)
    return float(2.0 * np.median(shapely.distance(shapely.boundary(cell), points)))


def mean_width(cell: shapely.Geometry) -> float:
    """Return the width of a rectangle of the same area and outline; of a square where there is none so compact."""
    area, outline = float(shapely.area(cell)), float(shapely.length(cell))
    root = outline * outline - 16.0 * area
    return float(np.sqrt(area)) if root <= 0.0 else (outline - float(np.sqrt(root))) / 4.0


def _members(plan: _Cells, of: Ints, of_piece: Ints, row: Ints, *, count: int) -> list[Ints]:
    """Return for each area the rows of the edges that bound it."""
    if not count:
        return []
    area = of[plan.face]
    held = area >= 0
    rows: list[set[int]] = [set() for _ in range(count)]
    start = np.searchsorted(of_piece, plan.piece[held], side="left")
    stop = np.searchsorted(of_piece, plan.piece[held], side="right")
    for a, first, last in zip(area[held].tolist(), start.tolist(), stop.tolist(), strict=True):
        rows[a].update(row[first:last].tolist())
    return [np.array(sorted(mine), dtype=np.int64) for mine in rows]


def _covered(lines: Objects, polygons: Objects) -> tuple[Mask, list[Ints]]:
    """Return which lines lie in the areas by half or more, and which run in each."""
    polygon, line = shapely.STRtree(lines).query(polygons, predicate="intersects")
    inside = shapely.length(shapely.intersection(lines[line], polygons[polygon]))
    share = np.bincount(line, weights=inside, minlength=len(lines))
    run = inside > 1e-9
    polygon, line = polygon[run], line[run]
    centres = [np.sort(line[polygon == n]) for n in range(len(polygons))]
    return share >= 0.5 * shapely.length(lines), centres


def _places(lines: Objects, polygons: Objects) -> list[tuple[float, float, float]]:
    """Return middle and length of the closing lines that bound an area or lie in one."""
    if not len(lines) or not len(polygons):
        return []
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    reach = 1e-6 + 64.0 * float(np.spacing(np.abs(shapely.total_bounds(lines)).max()))
    near = np.unique(shapely.STRtree(polygons).query(middle, predicate="dwithin", distance=reach)[0])
    xy, length = shapely.get_coordinates(middle), shapely.length(lines)
    return sorted((float(xy[n, 0]), float(xy[n, 1]), float(length[n])) for n in near.tolist())
