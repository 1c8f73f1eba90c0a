"""Loose lines as a net: noded where they cross, joined where their ends nearly meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Objects = NDArray[np.object_]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SELF = 4.0  # a piece is closed onto itself only if it is this many times longer than the gap between its ends
_BEYOND = 1e-6  # a bridge to a line runs past its foot by this share, so that the two cross in spite of rounding
_MOST_CROSSINGS, _MOST_EACH = 200_000, 50  # crossings of all lines, and of each: outlines cross a few others


@dataclass(frozen=True)
class Net:
    """Lines noded and joined.

    Attributes
    ----------
    pieces : ndarray of LineString
        They meet at ends only; each stretch once, however often it was drawn.
    bridges : ndarray of LineString
        What joins ends that did not meet; they stand among the pieces too.
    overshoots : ndarray of LineString
        Ends that ran past a crossing by no more than the gap: cut off.
    """

    pieces: Objects
    bridges: Objects
    overshoots: Objects


def net(lines: Objects, gap: float) -> Net:
    """Return the net of lines whose ends are joined where they are no more than ``gap`` apart.

    No vertex is moved: ends are joined by bridges.
    """
    nothing = np.empty(0, dtype=object)
    lines = once(lines)
    if len(lines):
        refuse_crowd(lines)
    pieces = noded(lines)
    if gap <= 0.0 or not len(pieces):
        return Net(pieces, nothing, nothing)
    pieces, overshoots = _trimmed(pieces, gap)
    bridges = _end_bridges(pieces, gap)
    if len(bridges):
        pieces = noded(np.concatenate([pieces, bridges]))
    feet = _foot_bridges(pieces, gap)
    if len(feet):
        pieces = noded(np.concatenate([pieces, feet]))
        pieces, _ = _trimmed(pieces, 2.0 * _beyond(pieces, gap))
    return Net(pieces, np.concatenate([bridges, feet]), overshoots)


class CrowdedError(ValueError):
    """Lines that cross so often that what they enclose would fill the memory. ``crossings`` counts them."""

    def __init__(self, crossings: int) -> None:
        super().__init__(f"{crossings} crossings")
        self.crossings = crossings


def refuse_crowd(lines: Objects) -> None:
    """Refuse lines of which nearly all cross nearly all: hatching drawn as lines, never outlines of anything.

    Raises
    ------
    CrowdedError
    """
    tree = shapely.STRtree(lines)
    most = max(_MOST_CROSSINGS, _MOST_EACH * len(lines))
    if len(tree.query(lines)[0]) <= 2 * most + len(lines):
        return  # so many boxes do not even touch
    crossings = (len(tree.query(lines, predicate="intersects")[0]) - len(lines)) // 2
    if crossings > most:
        raise CrowdedError(crossings)


def noded(lines: Objects) -> Objects:
    """Return lines cut where they meet or cross; stretches drawn twice come once."""
    lines = once(lines)
    if not len(lines):
        return lines
    parts = shapely.get_parts(shapely.union_all(lines))
    lines_only: Objects = parts[shapely.get_type_id(parts) == 1]
    return lines_only


def once(lines: Objects) -> Objects:
    """Return the lines that are not empty, each once: every pair of lines on one spot would be cut with each other."""
    lines = lines[~shapely.is_empty(lines)]
    _, first = np.unique(shapely.to_wkb(shapely.normalize(lines)), return_index=True)
    single: Objects = lines[np.sort(first)]
    return single


def ends(pieces: Objects) -> Floats:
    """Return first and last points of pieces, shape (n, 2, 2)."""
    first = shapely.get_coordinates(shapely.get_point(pieces, 0))
    last = shapely.get_coordinates(shapely.get_point(pieces, -1))
    both: Floats = np.stack([first, last], axis=1)
    return both


def degrees(points: Floats) -> Ints:
    """Return how many of the ends (n, 2, 2) stand where each stands, shape (n, 2)."""
    # As complex numbers they are sorted several times faster than as rows; -0.0 is 0.0.
    flat = (np.ascontiguousarray(points) + 0.0).view(np.complex128).ravel()
    _, which, count = np.unique(flat, return_inverse=True, return_counts=True)
    found: Ints = count[which].reshape(-1, 2)
    return found


def _trimmed(pieces: Objects, reach: float) -> tuple[Objects, Objects]:
    """Cut off short ends that run past a crossing; return the rest, and them."""
    meet = degrees(ends(pieces))
    over = (meet.min(axis=1) == 1) & (meet.max(axis=1) >= 3) & (shapely.length(pieces) <= reach)
    return pieces[~over], pieces[over]


def loose_ends(pieces: Objects) -> tuple[Floats, Ints]:
    """Return the ends that meet nothing (n, 2), and the piece of each."""
    both = ends(pieces)
    owner, side = np.nonzero(degrees(both) == 1)
    return both[owner, side], owner


def _end_bridges(pieces: Objects, gap: float) -> Objects:
    """Return bridges between loose ends, the nearest first, each end once."""
    xy, owner = loose_ends(pieces)
    if len(xy) < 2:
        return np.empty(0, dtype=object)
    points = shapely.points(xy)
    one, other = shapely.STRtree(points).query(points, predicate="dwithin", distance=gap)
    one, other = one[one < other], other[one < other]
    apart = np.hypot(*(xy[one] - xy[other]).T)
    length = shapely.length(pieces)
    good = (owner[one] != owner[other]) | (length[owner[one]] > _SELF * apart)
    one, other, apart = one[good], other[good], apart[good]
    order = np.lexsort((xy[other, 1], xy[other, 0], xy[one, 1], xy[one, 0], apart))
    taken = np.zeros(len(xy), dtype=bool)
    chosen = []
    for n in order.tolist():
        if not taken[one[n]] and not taken[other[n]]:
            taken[one[n]] = taken[other[n]] = True
            chosen.append(n)
    made: Objects = shapely.linestrings(np.stack([xy[one[chosen]], xy[other[chosen]]], axis=1))
    return made


def _foot_bridges(pieces: Objects, gap: float) -> Objects:
    """Return bridges from loose ends to the nearest line beside them."""
    xy, owner = loose_ends(pieces)
    if not len(xy):
        return np.empty(0, dtype=object)
    points = shapely.points(xy)
    end, piece = shapely.STRtree(pieces).query(points, predicate="dwithin", distance=gap)
    foreign = owner[end] != piece
    end, piece = end[foreign], piece[foreign]
    apart = shapely.distance(points[end], pieces[piece])
    order = np.lexsort((piece, apart, end))
    _, first = np.unique(end[order], return_index=True)
    best = order[first]
    lines = shapely.shortest_line(points[end[best]], pieces[piece[best]])
    span = shapely.get_coordinates(lines).reshape(-1, 2, 2)
    step = span[:, 1] - span[:, 0]
    size = np.hypot(*step.T)
    vertex = degrees_at(span[:, 1], pieces)
    most = _beyond(pieces, gap)
    # An end that stands on a line but for rounding goes on in its own direction: the way to its foot tells none.
    vertex &= size > 0.0  # a foot at the end itself is no corner of the other line
    on = ~vertex & (size <= most)
    step[on] = _onward(span[on, 0], pieces[owner[end[best]][on]])
    size[on] = 1.0
    span, step, size, vertex = (values[size > 0.0] for values in (span, step, size, vertex))
    span[:, 1] += step / size[:, None] * np.where(vertex, 0.0, most)[:, None]
    made: Objects = shapely.linestrings(span)
    return made


def _beyond(pieces: Objects, gap: float) -> float:
    """Return how far a bridge runs past its foot, well above the rounding of the coordinates."""
    return max(_BEYOND * gap, 16.0 * float(np.spacing(np.abs(shapely.total_bounds(pieces)).max())))


def _onward(points: Floats, pieces: Objects) -> Floats:
    """Return unit vectors in which pieces would go on beyond the ends that stand at points."""
    at_start = (shapely.get_coordinates(shapely.get_point(pieces, 0)) == points).all(axis=1)
    inner = shapely.get_coordinates(shapely.get_point(pieces, np.where(at_start, 1, -2)))
    step = points - inner
    unit: Floats = step / np.maximum(np.hypot(*step.T), 1e-300)[:, None]
    return unit


def degrees_at(points: Floats, pieces: Objects) -> Mask:
    """Tell which points are vertices of the pieces."""
    corners = np.ascontiguousarray(shapely.get_coordinates(pieces) + 0.0).view(np.complex128).ravel()
    among: Mask = np.isin(np.ascontiguousarray(points + 0.0).view(np.complex128).ravel(), corners)
    return among
