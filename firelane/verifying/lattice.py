"""The inner lines of a grid: angle, width and spacing of each, measured from their edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane.verifying.chords import stretches
from firelane.verifying.limits import number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_CUTS = (0.15, 0.35, 0.5, 0.65, 0.85)
_BORDER_M = 0.03
_WIDE_BORDER_M = 0.15  # the inner edge of a border that is too wide
_END = 4.6  # the end of a line, cut off square to the border, is shorter than so many widths
_LONGEST_M = 2.0
_SAME_LINE_M = 0.05
_FAR_M = 100.0
_PARALLEL = 0.996  # cosine of 5 degrees


@dataclass(frozen=True)
class Lattice:
    """Pieces of the edges of inner lines, in the axes of the mouth.

    Attributes
    ----------
    middle : ndarray (n, 2)
    angle_deg : ndarray
        Against the border, -90 to 90, counter-clockwise positive.
    length_m, width_m : ndarray
        Of the piece, and of the line there; NaN where it cannot be told.
    line : ndarray of int
        Number of the line that the piece belongs to.
    offset_m : ndarray
        Distance of the line's axis from the middle of the mouth, square to it.
    axis, way : ndarray (n, 2)
        A point of the line's axis beside the piece, and its direction.
    """

    middle: Floats
    angle_deg: Floats
    length_m: Floats
    width_m: Floats
    line: NDArray[np.int64]
    offset_m: Floats
    axis: Floats
    way: Floats

    def axes(self, sign: int, rows: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
        """Return the pieces of each line of one direction, of those with a width that are asked for, by its offset."""
        own = np.flatnonzero((np.sign(self.angle_deg) == sign) & np.isfinite(self.width_m) & rows)
        own = own[np.argsort(self.offset_m[own], kind="stable")]
        if not len(own):
            return []
        # Pieces of one line lie within half its width.
        return np.split(own, np.flatnonzero(np.diff(self.offset_m[own]) > _SAME_LINE_M) + 1)

    def spacings(self) -> list[tuple[float, float]]:
        """Return least and greatest distance of neighbouring lines, for both directions together."""
        gaps: list[float] = []
        for sign in (1, -1):
            every = np.ones(len(self.offset_m), dtype=bool)
            lines = [float(self.offset_m[part].mean()) for part in self.axes(sign, every)]
            gaps += np.diff(lines).tolist()
        return [(min(gaps), max(gaps))] if gaps else []

    def broken(self, grid: Any, room: Any, rows: NDArray[np.bool_]) -> list[tuple[Floats, float]]:
        """Return where lines are missing: for each line that is there in part only a point, and the missing length [m].

        Parameters
        ----------
        grid : Polygon
            The paint.
        room : Polygon
            Where the lines should run from end to end.
        rows : ndarray of bool
            Pieces to go by.
        """
        parts = [part for sign in (1, -1) for part in self.axes(sign, rows)]
        if not parts:
            return []
        weight = [self.length_m[part] / self.length_m[part].sum() for part in parts]
        at = np.array([w @ self.axis[part] for w, part in zip(weight, parts, strict=True)])
        way = np.array([w @ self.way[part] for w, part in zip(weight, parts, strict=True)])
        way = way / np.hypot(*way.T)[:, None] * _FAR_M
        wanted = shapely.intersection(shapely.linestrings(np.stack([at - way, at + way], axis=1)), room)
        bare = shapely.difference(wanted, shapely.buffer(grid, number("tolerance", "lattice_m"), join_style="mitre"))
        out = []
        for line in bare:
            pieces = [piece for piece in shapely.get_parts(line) if piece.length > number("tolerance", "lattice_gap_m")]
            if pieces:
                worst = max(pieces, key=lambda piece: float(piece.length))
                spot = shapely.get_coordinates(shapely.line_interpolate_point(worst, 0.5, normalized=True))[0]
                out.append((spot, float(sum(piece.length for piece in pieces))))
        return out


def lattice_of(grid: Any, inner: Any, line_m: float) -> Lattice:
    """Return the inner lines of a grid.

    Parameters
    ----------
    grid : Polygon
        Its paint, in the axes of the mouth.
    inner : Polygon
        What the border encloses.
    line_m : float
        Width that the lines should have [m].
    """
    areas = shapely.get_parts(grid)
    rings = shapely.orient_polygons(areas)
    xy, index = shapely.get_coordinates(shapely.simplify(shapely.get_rings(rings), 2e-4), return_index=True)
    same = index[1:] == index[:-1]
    a, b = xy[:-1][same], xy[1:][same]
    way = b - a
    length = np.hypot(*way.T)
    border = shapely.boundary(inner)
    middle = (a + b) / 2
    deep = shapely.contains_xy(inner, middle) & (shapely.distance(border, shapely.points(middle)) > _BORDER_M)
    keep = deep & (length >= number("grid", "segment_m"))
    a, b, way, length, middle = a[keep], b[keep], way[keep], length[keep], middle[keep]
    if not len(a):
        none = np.empty(0)
        return Lattice(np.empty((0, 2)), none, none, none, np.empty(0, dtype=np.int64), none, np.empty((0, 2)), np.empty((0, 2)))
    way = way / length[:, None]
    angle = np.degrees(np.arctan2(way[:, 1], way[:, 0]))
    angle = (angle + 90.0) % 180.0 - 90.0
    angle = _against_border(angle, border)
    # The lines end at the lettering, cut off along the border's directions.
    flat = (np.abs(angle) < 5.0) | (np.abs(angle) > 85.0)
    at_border = shapely.distance(border, shapely.points(middle)) <= _WIDE_BORDER_M
    keep = ~(flat & ((length <= _END * line_m) | at_border))
    a, b, way, length, middle, angle = a[keep], b[keep], way[keep], length[keep], middle[keep], angle[keep]
    width = _widths(a, way, length, areas)
    left = np.stack([-way[:, 1], way[:, 0]], axis=1)
    axis = middle + left * (np.nan_to_num(width, nan=line_m) / 2)[:, None]
    # One way along every line, so that both edges have the same offset.
    up = np.where(way[:, :1] < 0, -way, way)
    offset = axis[:, 1] * up[:, 0] - axis[:, 0] * up[:, 1]
    key = np.stack([np.round(angle / 2.0), np.round(offset / max(line_m, 0.02))], axis=1)
    _, line = np.unique(key, axis=0, return_inverse=True)
    return Lattice(middle, angle, length, width, line.reshape(-1).astype(np.int64), offset, axis, up)


def _against_border(angle: Floats, border: Any) -> Floats:
    """Return angles against the main direction of the border."""
    xy = shapely.get_coordinates(shapely.simplify(border, 2e-3))
    way = xy[1:] - xy[:-1]
    length = np.hypot(*way.T)
    # Directions a right angle apart are one: four times the angle turns them into one.
    turn = np.arctan2(way[:, 1], way[:, 0]) * 4.0
    main = np.degrees(np.arctan2((length**2 * np.sin(turn)).sum(), (length**2 * np.cos(turn)).sum()) / 4.0)
    return np.asarray((angle - main + 90.0) % 180.0 - 90.0)


def _widths(a: Floats, way: Floats, length: Floats, areas: Any) -> Floats:
    """Return the width of the line at each piece of its edge: the shortest of some cuts into the paint."""
    left = np.stack([-way[:, 1], way[:, 0]], axis=1)  # paint lies on the left of its outline
    cuts = np.stack([a + share * length[:, None] * way + 1e-4 * left for share in _CUTS], axis=1).reshape(-1, 2)
    found = stretches(cuts, np.repeat(left, len(_CUTS), axis=0), _LONGEST_M, areas)
    width = np.full(len(cuts), np.nan)
    first = np.r_[True, found.cut[1:] != found.cut[:-1]] if len(found.cut) else np.empty(0, dtype=bool)
    # A cut near the end of a line leaves it through the end, which tells nothing of its width.
    opposite = np.abs((found.edge * np.repeat(way, len(_CUTS), axis=0)[found.cut]).sum(axis=1)) >= _PARALLEL
    own = first & opposite & (found.enter_m <= 1e-9)
    width[found.cut[own]] = found.leave_m[own] + 1e-4
    table = width.reshape(-1, len(_CUTS))
    out = np.full(len(table), np.nan)
    known = np.isfinite(table).any(axis=1)
    out[known] = np.nanmin(table[known], axis=1)
    return out
