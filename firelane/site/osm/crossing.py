"""Where on a road a node stands, and how far the road reaches to either side of it there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from firelane.site.osm.places import around
from firelane.site.osm.roads import Network, Road

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Spot:
    """A place on a drivable road.

    Attributes
    ----------
    x, y : float
        Longitude and latitude [deg].
    road : Road
        One of those that go through it, one of known width before the others.
    chord : LineString, optional
        From edge to edge of the road across the place, which is a vertex of it; None where no width is known.
    width_m : float
        Length of the chord; NaN without one [m].
    """

    x: float
    y: float
    road: Road
    chord: BaseGeometry | None
    width_m: float

    def sides(self, free_m: float) -> list[BaseGeometry]:
        """Return what of the chord is left on both sides when ``free_m`` is kept free around the place [m]."""
        assert self.chord is not None
        to_m, back = around(np.array([self.x, self.y]))
        ends = shapely.get_coordinates(to_m(self.chord))[[0, -1]]
        out = []
        for end in ends:
            reach = float(np.hypot(*end))
            if reach > free_m / 2:
                out.append(back(shapely.LineString([end * (free_m / 2 / reach), end])))
        return out

    def middle(self, free_m: float) -> BaseGeometry:
        """Return the stretch of the chord, ``free_m`` long, whose middle is the place [m]."""
        assert self.chord is not None
        to_m, back = around(np.array([self.x, self.y]))
        ends = shapely.get_coordinates(to_m(self.chord))[[0, -1]]
        near = [end * min(1.0, free_m / 2 / float(np.hypot(*end))) for end in ends]
        return _through(back, near, self.x, self.y)


class Crossings:
    """Finds the places of nodes on the roads.

    Parameters
    ----------
    network : Network
    places : iterable of (longitude, latitude)
        The nodes that may be asked for.
    span_m : float
        How far to either side the edge of an outline is looked for [m].
    """

    def __init__(self, network: Network, places: Iterable[tuple[float, float]], span_m: float) -> None:
        self.network, self.span_m = network, span_m
        self.areas = [area for area in network.areas if shapely.is_valid(area.geometry)]
        self.tree = shapely.STRtree([area.geometry for area in self.areas])
        self.through: dict[tuple[float, float], list[tuple[Road, int]]] = {}
        wanted = set(places)
        lines = [road.geometry for road in network.lines]
        xy, owner = shapely.get_coordinates(lines, return_index=True)
        asked = np.array([complex(*place) for place in sorted(wanted)])
        hits = np.flatnonzero(np.isin(xy[:, 0] + 1j * xy[:, 1], asked)) if len(asked) and len(xy) else np.empty(0, int)
        first = np.searchsorted(owner, np.arange(len(lines)))
        for hit in hits:
            at = (float(xy[hit, 0]), float(xy[hit, 1]))
            self.through.setdefault(at, []).append((network.lines[owner[hit]], int(hit - first[owner[hit]])))

    def on_line(self, x: float, y: float) -> bool:
        """Tell whether a drivable centreline has a vertex exactly there."""
        return (x, y) in self.through

    def spot(self, x: float, y: float) -> Spot | None:
        """Return the place on a drivable road; None where there is none."""
        through = self.through.get((x, y), [])
        point = shapely.Point(x, y)
        inside = [self.areas[n] for n in self.tree.query(point, predicate="intersects")]
        direction = None if not through else _direction(*through[0])
        if inside:
            chord = None if direction is None else self._across(inside[0], x, y, direction)
            return Spot(x, y, inside[0], chord, np.nan if chord is None else _length_m(chord, x, y))
        if not through:
            return None
        road, vertex = max(through, key=lambda entry: (np.isfinite(entry[0].width_m), np.nan_to_num(entry[0].width_m)))
        if not road.width_m > 0.0:
            return Spot(x, y, road, None, np.nan)
        _, back = around(np.array([x, y]))
        ahead = _direction(road, vertex)
        side = np.array([-ahead[1], ahead[0]]) * road.width_m / 2
        return Spot(x, y, road, _through(back, [side, -side], x, y), road.width_m)

    def _across(self, area: Road, x: float, y: float, ahead: Floats) -> BaseGeometry | None:
        to_m, back = around(np.array([x, y]))
        side = np.array([-ahead[1], ahead[0]]) * self.span_m
        cut = shapely.intersection(to_m(area.geometry), shapely.LineString([side, -side]))
        for piece in shapely.get_parts(cut):
            if shapely.get_type_id(piece) == 1 and shapely.distance(piece, shapely.Point(0.0, 0.0)) < 1e-6:
                ends = shapely.get_coordinates(piece)[[0, -1]]
                if np.hypot(*ends.T).min() > 1e-3:
                    return _through(back, list(ends), x, y)
        return None


def _through(back: Callable[[BaseGeometry], BaseGeometry], ends: list[Floats], x: float, y: float) -> BaseGeometry:
    """Return the line from end to end with the place itself, to the last digit, between them."""
    far = shapely.get_coordinates(back(shapely.LineString(ends)))
    return shapely.LineString([far[0], (x, y), far[1]])


def _length_m(chord: BaseGeometry, x: float, y: float) -> float:
    to_m, _ = around(np.array([x, y]))
    return float(shapely.length(to_m(chord)))


def _direction(road: Road, vertex: int) -> Floats:
    """Return the way a line runs at one of its vertices, as a unit vector in metres: the mean of both sides."""
    xy = shapely.get_coordinates(road.geometry)
    to_m, _ = around(xy[vertex])
    xy = shapely.get_coordinates(to_m(road.geometry))
    last = len(xy) - 1
    ring = bool(shapely.is_closed(road.geometry)) and vertex in (0, last)
    before = xy[last - 1] if ring else xy[max(vertex - 1, 0)]
    after = xy[1] if ring else xy[min(vertex + 1, last)]
    steps = [step / np.hypot(*step) for step in (xy[vertex] - before, after - xy[vertex]) if np.hypot(*step) > 0.0]
    total = np.sum(steps, axis=0) if steps else np.array([1.0, 0.0])
    # A line that doubles back has no mean direction: the way it leaves counts.
    total = total if np.hypot(*total) > 1e-6 else steps[-1]
    return np.asarray(total / np.hypot(*total), dtype=float)
