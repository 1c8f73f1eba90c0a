"""Where road edges drawn as lines stop: the lines that close a road's end, or the gap in one of its sides."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from firelane.site.cad.rings_net import loose_ends

Objects = NDArray[np.object_]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_STRAIGHT = math.cos(math.radians(20.0))  # the two sides of a gap go on in each other's direction, within this
_ACROSS = math.cos(math.radians(45.0))  # a road's end stands across its edges, within 45°
_TIE = 1.25  # a partner not farther away than this would have done as well
_HAIR = 1e-6


@dataclass(frozen=True)
class Ends:
    """Loose ends of edges.

    Attributes
    ----------
    xy : ndarray (n, 2)
    ahead : ndarray (n, 2)
        Unit vectors in which the edges would go on.
    """

    xy: Floats
    ahead: Floats

    def rows(self, mask: Mask) -> Ends:
        """Return the ends where ``mask`` is true."""
        return Ends(self.xy[mask], self.ahead[mask])


@dataclass(frozen=True)
class Closing:
    """Lines that close what the edges leave open.

    Attributes
    ----------
    lines : ndarray of LineString
    open_xy : ndarray (n, 2)
        Ends for which no line was found.
    tied_xy : ndarray (n, 2)
        Ends that could be closed in more ways than one.
    """

    lines: Objects
    open_xy: Floats
    tied_xy: Floats


def closing(pieces: Objects, centrelines: Objects, *, widest: float, narrowest: float) -> Closing:
    """Return the lines that close the gaps and ends of road edges."""
    xy, owner = loose_ends(pieces)
    ends = Ends(xy, _ahead(xy, pieces[owner], narrowest / 2.0)) if len(xy) else Ends(xy, xy)
    sight = _Sight(pieces, centrelines)
    lines: list[shapely.Geometry] = []
    tied: list[Floats] = []
    rest = np.ones(len(xy), dtype=bool)
    for one, other in _gap_pairs(ends, sight, widest):
        rest[[one, other]] = False
        lines.append(shapely.linestrings([xy[one], xy[other]]))
    numbers = np.flatnonzero(rest)
    pairs, ties = _end_pairs(ends.rows(rest), sight, widest=widest, narrowest=narrowest)
    for one, other in numbers[pairs].reshape(-1, 2):
        rest[[one, other]] = False
        on = [sight.stop(xy[n], ends.ahead[n], narrowest) for n in (one, other)]
        if sight.has_centres and on[0] is not None and on[1] is not None:
            # Both sides stop just short of the same crossing road: they go on to its edge.
            lines += on
        else:
            lines.append(shapely.linestrings([xy[one], xy[other]]))
    tied += list(xy[numbers[ties]])
    rest[numbers[ties]] = False
    for n in np.flatnonzero(rest):
        feet = sight.feet(ends.xy[n], ends.ahead[n], widest=widest, narrowest=narrowest)
        if len(feet) == 1:
            lines.append(feet[0])
            rest[n] = False
        elif feet:
            tied.append(xy[n])
            rest[n] = False
    return Closing(
        np.array(lines, dtype=object), xy[rest], np.array(tied, dtype=float).reshape(-1, 2)
    )


def _ahead(xy: Floats, pieces: Objects, back: float) -> Floats:
    """Return the directions in which pieces would go on beyond their ends."""
    at_start = (shapely.get_coordinates(shapely.get_point(pieces, 0)) == xy).all(axis=1)
    far = np.minimum(shapely.length(pieces), back)
    behind = shapely.line_interpolate_point(pieces, np.where(at_start, far, shapely.length(pieces) - far))
    step = xy - shapely.get_coordinates(behind)
    unit: Floats = step / np.maximum(np.hypot(*step.T), 1e-300)[:, None]
    return unit


class _Sight:
    """What stands between two points: no closing line crosses an edge, and one of a road's end crosses its centreline."""

    def __init__(self, pieces: Objects, centrelines: Objects) -> None:
        self._pieces = pieces
        self._edges = shapely.STRtree(pieces)
        self._centres = centrelines
        self._middle = shapely.STRtree(centrelines)

    @property
    def has_centres(self) -> bool:
        """Whether centrelines are known."""
        return len(self._centres) > 0

    def clear(self, spans: Floats) -> Mask:
        """Tell which spans (n, 2, 2) cross no edge between their ends."""
        inner = shapely.linestrings(spans + _HAIR * (spans[:, ::-1] - spans))
        crossed = np.zeros(len(spans), dtype=bool)
        crossed[self._edges.query(inner, predicate="intersects")[0]] = True
        return ~crossed

    def over_centre(self, spans: Floats) -> Mask:
        """Tell which spans cross a centreline, or have the end of one about their middle."""
        if not self.has_centres:
            return np.ones(len(spans), dtype=bool)
        middle = shapely.points(spans.mean(axis=1))
        length = np.hypot(*(spans[:, 1] - spans[:, 0]).T)
        near = np.zeros(len(spans), dtype=bool)
        near[self._middle.query(middle, predicate="dwithin", distance=length / 2.0)[0]] = True
        return near

    def stop(self, at: Floats, ahead: Floats, reach: float) -> shapely.Geometry | None:
        """Return the line straight ahead from an edge's end to the next edge within reach; None where there is none."""
        far, _ = self._hit(at, ahead, reach)
        # A hair beyond the edge, so that the two cross in spite of rounding.
        return None if far is None else shapely.linestrings([at, at + (far + _HAIR * reach) * ahead])

    def _hit(self, at: Floats, along: Floats, reach: float) -> tuple[float | None, int]:
        """Return how far the next edge in a direction is, and which one."""
        ray = shapely.linestrings([at + _HAIR * reach * along, at + reach * along])
        hits = self._edges.query(ray, predicate="intersects")
        if not len(hits):
            return None, -1
        met, which = shapely.get_coordinates(shapely.intersection(self._pieces[hits], ray), return_index=True)
        far = np.hypot(*(met - at).T)
        nearest = int(np.argmin(far))
        return float(far[nearest]), int(hits[which[nearest]])

    def feet(self, at: Floats, ahead: Floats, *, widest: float, narrowest: float) -> list[shapely.Geometry]:
        """Return the lines square to an edge's end to the next edge on either side."""
        found = []
        for across in (np.array([-ahead[1], ahead[0]]), np.array([ahead[1], -ahead[0]])):
            far, piece = self._hit(at, across, widest)
            if far is None or far < narrowest:
                continue
            span = np.array([[at, at + far * across]])
            if self._parallel(piece, span[0, 1], ahead) and bool(self.over_centre(span)[0]):
                found.append(shapely.linestrings([at, at + (far + _HAIR * narrowest) * across]))
        return found

    def _parallel(self, piece: int, at: Floats, ahead: Floats) -> bool:
        """Tell whether an edge runs along the direction at a point, within 45°."""
        xy = shapely.get_coordinates(self._pieces[piece])
        segments = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1))
        nearest = int(np.argmin(shapely.distance(segments, shapely.points(at))))
        step = xy[nearest + 1] - xy[nearest]
        return bool(abs(float(step @ ahead)) >= _ACROSS * math.hypot(*step))


def _near_pairs(ends: Ends, reach: float) -> tuple[Ints, Ints, Floats, Floats]:
    """Return pairs of ends within reach, the vectors from one to the other, and their lengths."""
    points = shapely.points(ends.xy)
    one, other = shapely.STRtree(points).query(points, predicate="dwithin", distance=reach)
    ordered = one < other
    one, other = one[ordered], other[ordered]
    step = ends.xy[other] - ends.xy[one]
    return one, other, step, np.hypot(*step.T)


def _dot(a: Floats, b: Floats) -> Floats:
    product: Floats = (a * b).sum(axis=1)
    return product


def _gap_pairs(ends: Ends, sight: _Sight, widest: float) -> Iterator[tuple[int, int]]:
    """Yield pairs of ends that face each other across a gap in the same edge, the nearest first."""
    if len(ends.xy) < 2:
        return
    one, other, step, apart = _near_pairs(ends, widest)
    good = apart > 0.0
    good &= _dot(ends.ahead[one], ends.ahead[other]) <= -_STRAIGHT
    good &= _dot(ends.ahead[one], step) >= _STRAIGHT * apart
    good &= _dot(ends.ahead[other], step) <= -_STRAIGHT * apart
    yield from _greedy(ends, one, other, good=good, sight=sight)


def _greedy(ends: Ends, one: Ints, other: Ints, *, good: Mask, sight: _Sight) -> Iterator[tuple[int, int]]:
    one, other = one[good], other[good]
    spans = np.stack([ends.xy[one], ends.xy[other]], axis=1)
    clear = sight.clear(spans) if len(spans) else np.zeros(0, dtype=bool)
    one, other, spans = one[clear], other[clear], spans[clear]
    taken = np.zeros(len(ends.xy), dtype=bool)
    for n in _by_length(spans):
        if not taken[one[n]] and not taken[other[n]]:
            taken[[one[n], other[n]]] = True
            yield int(one[n]), int(other[n])


def _by_length(spans: Floats) -> list[int]:
    if not len(spans):
        return []
    # Lengths that differ by rounding alone are equal: the order must not turn with the drawing.
    length = np.round(np.hypot(*(spans[:, 1] - spans[:, 0]).T), 6)
    order: list[int] = np.argsort(length, kind="stable").tolist()
    return order


def _end_pairs(ends: Ends, sight: _Sight, *, widest: float, narrowest: float) -> tuple[Ints, Ints]:
    """Return pairs of ends that stand side by side at a road's end, and the ends that have equally good partners."""
    nothing = np.zeros((0, 2), dtype=np.int64), np.zeros(0, dtype=np.int64)
    if len(ends.xy) < 2:
        return nothing
    one, other, step, apart = _near_pairs(ends, widest)
    good = apart >= narrowest * (1.0 - 1e-9)
    good &= _dot(ends.ahead[one], ends.ahead[other]) >= _ACROSS
    good &= np.abs(_dot(ends.ahead[one], step)) <= _ACROSS * apart
    good &= np.abs(_dot(ends.ahead[other], step)) <= _ACROSS * apart
    spans = np.stack([ends.xy[one], ends.xy[other]], axis=1)
    if good.any():
        good[good] = sight.clear(spans[good]) & sight.over_centre(spans[good])
    one, other, apart = one[good], other[good], apart[good]
    pairs = np.array(list(_greedy(ends, one, other, good=np.ones(len(one), dtype=bool), sight=sight)), dtype=np.int64)
    pairs = pairs.reshape(-1, 2)
    single = np.ones(len(ends.xy), dtype=bool)
    single[pairs] = False
    tied: set[int] = set()
    keep = []
    for a, b in pairs.tolist():
        length = float(np.hypot(*(ends.xy[a] - ends.xy[b])))
        rival = single[one] | single[other]
        rival &= np.isin(one, (a, b)) | np.isin(other, (a, b))
        rival &= apart <= _TIE * length
        if rival.any():
            # One of the rivals stays without a partner whatever is chosen: nothing says which.
            tied.update((a, b), *zip(one[rival].tolist(), other[rival].tolist(), strict=True))
        else:
            keep.append((a, b))
    return np.array(keep, dtype=np.int64).reshape(-1, 2), np.array(sorted(tied), dtype=np.int64)
