"""Drives as whole numbers for the page: poses at equal steps, and how the site's metres become degrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane import crs as crs_tools
from firelane.tracking.drive import along
from firelane.tracking.sweep import placed, rectangle

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyproj
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from firelane.lanes.arrays import Floats
    from firelane.tracking.drive import Drive
    from firelane.tracking.vehicle import Vehicle

STEP_M = 0.5
"""Between two poses that the page is given; it draws the arcs between them itself."""
MILLIMETRE = 1e-3
TURN_RAD = 1e-4  # half a millimetre at the front of the longest vehicle
SIMPLE_M = 0.02
"""How much an outline of swept ground is simplified [m]."""
_STRAIGHT = 5.0  # of TURN_RAD: a quarter of a millimetre across the vehicle
_ROOM_M = 50.0
_GRID = 13


@dataclass(frozen=True)
class Poses:
    """A drive at equal steps of its way.

    Attributes
    ----------
    xy : (N, 2) array
        Middle of the rear axle [m].
    heading_rad : (N,) array
    runs : list of (int, int, float)
        Gear, number of steps and length [m] of each stretch in one direction; its steps are equally long.
    """

    xy: Floats
    heading_rad: Floats
    runs: list[tuple[int, int, float]]

    @property
    def chainage_m(self) -> Floats:
        """Way from the start to each pose [m]."""
        steps = np.concatenate([np.full(n, length / n) for _, n, length in self.runs] or [np.zeros(0)])
        return np.concatenate([[0.0], np.cumsum(steps)])


def poses(drive: Drive, step_m: float = STEP_M) -> Poses:
    """Return a drive at equal steps of at most ``step_m``, a pose at every change of direction among them."""
    chainage, gears = drive.chainage_m, np.sign(drive.gear[:-1])
    starts = np.flatnonzero(np.diff(gears, prepend=0))
    ends = np.append(starts[1:], len(gears))[: len(starts)]
    wanted = [np.zeros(1)]
    runs: list[tuple[int, int, float]] = []
    for first, last in zip(starts.tolist(), ends.tolist(), strict=True):
        length = float(chainage[last] - chainage[first])
        if length <= 0:
            continue
        n = max(1, int(np.ceil(length / step_m - 1e-9)))
        runs.append((int(gears[first]), n, length))
        wanted.append(chainage[first] + length * np.arange(1, n + 1) / n)
    at = np.concatenate(wanted)
    owner = np.clip(np.searchsorted(chainage, at, side="left") - 1, 0, max(len(gears) - 1, 0))
    way = (at - chainage[owner]) * drive.gear[owner]
    xy, heading = along(drive.xy[owner], drive.heading_rad[owner], drive.curvature[owner], way)
    return Poses(xy, heading, runs)


class PathTable:
    """Collects drives; the page finds each by its first pose."""

    def __init__(self) -> None:
        self.all: list[Poses] = []
        self._count = 0

    def add(self, path: Poses) -> int:
        """Take in a drive, return the number of its first pose."""
        self.all.append(path)
        self._count += len(path.xy)
        return self._count - len(path.xy)

    def origin(self) -> tuple[float, float]:
        """Return what all places are counted from [m], whole metres."""
        xy = np.vstack([path.xy for path in self.all])
        x, y = np.floor((xy.min(axis=0) + xy.max(axis=0)) / 2).tolist()
        return float(x), float(y)

    def frame(self, crs: pyproj.CRS) -> dict[str, Any]:
        """Return how the page makes degrees of metres: two cubics in the place, good to less than a millimetre."""
        xy = np.vstack([path.xy for path in self.all])
        half = float(np.ptp(xy, axis=0).max()) / 2 + _ROOM_M
        return cubic(self.origin(), half, crs)

    def columns(self) -> dict[str, NDArray[np.int32]]:
        """Return second differences of east and north [mm] and heading [1e-4 rad], anew for each drive."""
        x0, y0 = self.origin()
        names = ("trip_x", "trip_y", "trip_heading")
        parts: dict[str, list[NDArray[np.int32]]] = {name: [] for name in names}
        for path in self.all:
            values = ((path.xy[:, 0] - x0) / MILLIMETRE, (path.xy[:, 1] - y0) / MILLIMETRE, np.unwrap(path.heading_rad) / TURN_RAD)
            for name, value in zip(names, values, strict=True):
                whole = np.rint(value).astype(np.int64)
                parts[name].append(_twice(whole))
        return {name: np.concatenate(rows) for name, rows in parts.items()}


def _twice(values: NDArray[np.int64]) -> NDArray[np.int32]:
    steps = np.diff(values, prepend=np.int64(0))
    return np.diff(steps, prepend=np.int64(0)).astype(np.int32)


def cubic(origin: tuple[float, float], half_m: float, crs: pyproj.CRS) -> dict[str, Any]:
    """Return two cubics that turn places about ``origin`` into degrees.

    A plane picture of the ellipsoid bends: one factor for each axis would be off by centimetres at half a kilometre.

    Returns
    -------
    dict
        ``origin``, ``half`` [m], ``lon`` and ``lat``: ten coefficients each, of 1, u, v, uu, uv, vv, uuu, uuv, uvv, vvv, where
        u and v are the way east and north of the origin in units of ``half`` [deg].
    """
    u, v = (a.ravel() for a in np.meshgrid(np.linspace(-1, 1, _GRID), np.linspace(-1, 1, _GRID)))
    degrees = crs_tools.to_lonlat(np.asarray(origin) + half_m * np.column_stack((u, v)), crs)
    middle = crs_tools.to_lonlat(origin, crs)
    found = np.linalg.lstsq(terms(u, v), degrees - middle, rcond=None)[0]
    found[0] += middle
    lon, lat = ([float(f"{value:.13g}") for value in column] for column in found.T.tolist())
    return {"origin": list(origin), "half": half_m, "lon": lon, "lat": lat}


def terms(u: Floats, v: Floats) -> Floats:
    """Return the ten terms of a cubic in two variables, one row for each place."""
    return np.column_stack((np.ones_like(u), u, v, u * u, u * v, v * v, u**3, u * u * v, u * v * v, v**3))


def swept_ground(paths: Sequence[Poses], vehicle: Vehicle) -> BaseGeometry:
    """Return the ground that drives of one vehicle pass over, as the map shows it: to the centimetre, and no verdict rests on it.

    Drives from one entrance share their first part: each pose counts once.
    """
    tables = [np.rint(np.column_stack((path.xy / MILLIMETRE, path.heading_rad / TURN_RAD))) for path in paths]
    scale = np.array([MILLIMETRE, MILLIMETRE, TURN_RAD])

    def corners(rows: Floats) -> NDArray[np.float64]:
        rows = rows * scale
        return placed(rows[:, :2], rows[:, 2], rectangle(vehicle))

    pieces = [shapely.polygons(corners(np.unique(np.vstack(tables), axis=0)))]
    steps = np.unique(np.vstack([np.hstack((table[:-1], table[1:])) for table in tables]), axis=0)
    # what front and rear pass over between two poses; going straight they pass over nothing else
    steps = steps[np.abs(steps[:, 5] - steps[:, 2]) > _STRAIGHT]
    if len(steps):
        before, after = corners(steps[:, :3]), corners(steps[:, 3:])
        for i, j in ((0, 1), (2, 3)):
            points = np.stack([before[:, i], before[:, j], after[:, i], after[:, j]], axis=1)
            pieces.append(shapely.convex_hull(shapely.multipoints(points.reshape(-1, 2), indices=np.repeat(np.arange(len(points)), 4))))
    ground: BaseGeometry = shapely.simplify(shapely.union_all(np.concatenate(pieces)), SIMPLE_M)
    return ground


def between(path: Poses, touched: Sequence[bool] | NDArray[np.bool_], at_m: float) -> tuple[float, float]:
    """Return from where to where around ``at_m`` the poses are ``touched`` without a gap [m]."""
    chainage, hit = path.chainage_m, np.asarray(touched, dtype=bool)
    nearest = int(np.abs(chainage - at_m).argmin())
    if not hit[nearest]:
        return at_m, at_m
    clear = np.flatnonzero(~hit)
    before, after = clear[clear < nearest], clear[clear > nearest]
    first = int(before[-1]) + 1 if len(before) else 0
    last = int(after[0]) - 1 if len(after) else len(hit) - 1
    return min(float(chainage[first]), at_m), max(float(chainage[last]), at_m)
