"""The points by which the paint is set out on the road (放样点): numbered, few, each with its place in the mark."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from firelane.crs import is_local_crs, to_lonlat
from firelane.markings.curves import Run, fewer_points
from firelane.vocabulary import MarkKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyproj
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from firelane.lanes.records import LaneNetwork
    from firelane.markings.marks import Mark
    from firelane.markings.plan import Board, Placement

COLUMNS = (
    "point", "mark_id", "kind", "corner", "x_north_m", "y_east_m", "lon", "lat", "lane_id", "chainage_m", "offset_m",
    "radius_m",
)  # fmt: skip
START, BEND, MIDDLE, END, FOOT = "start", "bend", "mid", "end", "foot"
BOARD_KIND = "warning_board"
TOLERANCE_M = 0.01
SURVEYED_TOLERANCE_M = 0.02
_ROUNDING_M = 0.0008  # to the millimetre in both directions
_CHORD_M = 0.05


def setting_out(
    marks: Sequence[Mark],
    lanes: Mapping[str, BaseGeometry],
    origin: tuple[float, float],
    crs: pyproj.CRS,
    *,
    placements: Sequence[Placement] = (),
    axes: Sequence[tuple[str, str | None, BaseGeometry]] = (),
    tolerance_m: float = TOLERANCE_M,
    surveyed_tolerance_m: float = SURVEYED_TOLERANCE_M,
) -> pd.DataFrame:
    """Return the corners of boxes and grids, the ends, bends and arcs of edge lines, the ends of kerb paint.

    Curves are arcs through three points; paint on a kerb follows the kerb, only where it begins and ends has to be set
    out.

    Parameters
    ----------
    marks : sequence of Mark
        In local coordinates, in the order of the numbering.
    lanes : Mapping
        ``lane_id`` -> centreline in local coordinates: for chainage and offset.
    origin : (float, float)
        The local origin [m, east and north].
    crs : pyproj.CRS
        The site's system.
    placements : sequence of Placement
        Where blocks are painted: which way their reader looks.
    axes : sequence of (mark id, lane id, line)
        The true axes of edge lines, instead of the marks' own corners.
    tolerance_m : float
        The chords and arcs through the points stray from the axis of a line by no more than this [m].
    surveyed_tolerance_m : float
        The same for lines that waver as surveyed edges do, if it is more: see
        :func:`~firelane.markings.curves.fewer_points` [m].

    Returns
    -------
    DataFrame
        ``point`` (P0001 …), ``mark_id``, ``kind``, ``corner``, ``x_north_m``, ``y_east_m`` (survey convention: X is
        north), ``lon``, ``lat`` [deg], ``lane_id``, ``chainage_m``, ``offset_m`` (positive to the left of the lane;
        beyond its ends the lane is taken to go straight on, so that chainage may be negative), ``radius_m`` (of the
        middle of an arc).

        ``corner`` of boxes and grids counts from 1, the near left one for a reader who looks along the direction of
        travel, counter-clockwise: 2 near right, 3 far right, 4 far left. Of lines it is ``start``, ``bend``,
        ``mid`` (the middle of an arc from the point before to the point after) or ``end``; a run without an end
        closes on its start.
    """
    turn = {placement.mark_id: math.radians(placement.rotation_deg) for placement in placements}
    true_axes: dict[str, list[BaseGeometry]] = {}
    for mark_id, _, line in axes:
        true_axes.setdefault(mark_id, []).append(line)
    owner: list[Mark] = []
    corners: list[str] = []
    coordinates: list[NDArray[np.float64]] = []
    radii: list[NDArray[np.float64]] = []
    for mark in marks:
        for run in _runs(mark, true_axes):
            if run.geom_type == "LinearRing":
                ahead = turn.get(mark.mark_id)
                if ahead is None:
                    ahead = _reader(run, lanes.get(mark.lane_id or "")) - math.pi / 2
                xy = _from_near_left(_ring(run, tolerance_m), ahead)
                names = [str(n) for n in range(1, len(xy) + 1)]
                radii.append(np.full(len(xy), np.nan))
            else:
                xy, names, radius_m = _line_points(run, mark, tolerance_m, surveyed_tolerance_m)
                radii.append(radius_m)
            coordinates.append(xy)
            corners += names
            owner += [mark] * len(xy)
    if not owner:
        return pd.DataFrame({c: [] for c in COLUMNS})
    return _numbered(
        np.concatenate(coordinates),
        {
            "mark_id": [mark.mark_id for mark in owner],
            "kind": [str(mark.kind) for mark in owner],
            "corner": corners,
            "lane_id": [mark.lane_id for mark in owner],
            "radius_m": list(np.concatenate(radii)),
        },
        lanes,
        origin,
        crs,
    )


def with_boards(points: pd.DataFrame, boards: Sequence[Board], network: LaneNetwork, crs: pyproj.CRS) -> pd.DataFrame:
    """Return ``points`` followed by the feet of the warning boards (警示牌), each on the lane of its entrance."""
    if not boards:
        return points
    lane_of = dict(zip(network.mouths["entrance_id"].astype(str), network.mouths["lane_id"], strict=True))
    lanes = dict(zip(network.lanes["lane_id"], network.lanes.geometry, strict=True))
    lane_ids = [lane_of.get(board.entrance_id) for board in boards]
    more = _numbered(
        np.asarray([(board.x, board.y) for board in boards], dtype=float),
        {
            "mark_id": [board.board_id for board in boards],
            "kind": [BOARD_KIND] * len(boards),
            "corner": [FOOT] * len(boards),
            "lane_id": [None if pd.isna(lane_id) else lane_id for lane_id in lane_ids],
            "radius_m": [math.nan] * len(boards),
        },
        lanes,
        (0.0, 0.0),
        crs,
    )
    both = more if points.empty else pd.concat([points, more], ignore_index=True)
    return both.assign(point=_numbers(len(both)), lane_id=both["lane_id"].astype(object))


def _numbers(count: int) -> list[str]:
    digits = max(4, len(str(count)))
    return [f"P{n:0{digits}d}" for n in range(1, count + 1)]


def _numbered(
    xy: NDArray[np.float64],
    columns: Mapping[str, list[Any]],
    lanes: Mapping[str, BaseGeometry],
    origin: tuple[float, float],
    crs: pyproj.CRS,
) -> pd.DataFrame:
    """Return the table of points given in coordinates relative to ``origin``, as the lanes are."""
    lane_ids = np.asarray([lane_id or "" for lane_id in columns["lane_id"]], dtype=object)
    chainage_m, offset_m = np.full(len(xy), np.nan), np.full(len(xy), np.nan)
    for lane_id in sorted({*lane_ids} & {*lanes}):
        rows = np.flatnonzero(lane_ids == lane_id)
        chainage_m[rows], offset_m[rows] = along(lanes[lane_id], xy[rows])
    plan = np.round(xy + np.asarray(origin), 3)
    # A site in local metres lies nowhere on earth: no degrees, rather than wrong ones.
    lonlat = np.full(plan.shape, np.nan) if is_local_crs(crs) else np.asarray(to_lonlat(plan, crs))
    table = pd.DataFrame(
        {
            "point": _numbers(len(xy)),
            "mark_id": columns["mark_id"],
            "kind": columns["kind"],
            "corner": columns["corner"],
            "x_north_m": plan[:, 1],
            "y_east_m": plan[:, 0],
            "lon": np.round(lonlat[:, 0], 8),
            "lat": np.round(lonlat[:, 1], 8),
            "lane_id": pd.Series(columns["lane_id"], dtype=object),
            "chainage_m": np.round(chainage_m, 3) + 0.0,
            "offset_m": np.round(offset_m, 3) + 0.0,
            "radius_m": np.round(np.asarray(columns["radius_m"], dtype=float), 3),
        }
    )
    return table[list(COLUMNS)]


def _runs(mark: Mark, axes: Mapping[str, list[BaseGeometry]]) -> list[BaseGeometry]:
    """Return what is set out of a mark: rings, and lines joined where one ends as another begins."""
    if mark.kind == MarkKind.EDGE_LINE and mark.mark_id in axes:
        return axes[mark.mark_id]
    rings = [run for run in mark.corners if run.geom_type == "LinearRing"]
    lines = [run for run in mark.corners if run.geom_type != "LinearRing"]
    if len(lines) > 1:
        lines = list(shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines))))
    return [*rings, *lines]


def _line_points(
    run: BaseGeometry, mark: Mark, tolerance_m: float, surveyed_tolerance_m: float
) -> tuple[NDArray[np.float64], list[str], NDArray[np.float64]]:
    """Return the points of a line, what they are, and the radii of arcs."""
    xy = shapely.get_coordinates(run)
    closed = bool((xy[0] == xy[-1]).all())
    if mark.kind == MarkKind.KERB_TOP:
        few = Run(xy[[0, -1]], np.full(2, np.nan))
    else:
        few = fewer_points(xy, *(max(stray_m - _ROUNDING_M, 0.0) for stray_m in (tolerance_m, surveyed_tolerance_m)))
    names = [START, *np.where(np.isnan(few.radius_m[1:]), BEND, MIDDLE).tolist()]
    if closed:
        return few.xy[:-1], names[:-1], few.radius_m[:-1]
    return few.xy, [*names[:-1], END], few.radius_m


def _ring(run: BaseGeometry, tolerance_m: float) -> NDArray[np.float64]:
    """Return the corners of a ring that are needed, the first one once."""
    kept = shapely.simplify(run, max(tolerance_m - _ROUNDING_M, 0.0), preserve_topology=False)
    xy = shapely.get_coordinates(kept)
    if len(xy) < 4:  # so small that thinning leaves no area
        xy = shapely.get_coordinates(run)
    return np.asarray(xy[:-1])


def _from_near_left(xy: NDArray[np.float64], turn_rad: float) -> NDArray[np.float64]:
    """Return a ring's corners counter-clockwise from the near left one of a reader turned by ``turn_rad`` from north."""
    ahead = np.roll(xy, -1, axis=0)
    if float((xy[:, 0] * ahead[:, 1] - ahead[:, 0] * xy[:, 1]).sum()) < 0:
        xy = xy[::-1]
    cos, sin = math.cos(turn_rad), math.sin(turn_rad)
    rightness = xy @ np.asarray([cos, sin])
    depth = xy @ np.asarray([-sin, cos])
    first = int(np.argmin(np.round(rightness + depth, 6)))
    return np.asarray(np.roll(xy, -first, axis=0))


def _reader(ring: BaseGeometry, lane: BaseGeometry | None) -> float:
    """Return the direction in which a mark without a block is read [rad]: into its lane, else to the north."""
    if lane is None:
        return math.pi / 2
    at_m = [0.0, min(0.5, lane.length), max(lane.length - 0.5, 0.0), lane.length]
    xy = shapely.get_coordinates(shapely.line_interpolate_point(lane, at_m))
    middle = shapely.get_coordinates(shapely.centroid(ring))[0]
    entering = np.hypot(*(xy[0] - middle)) <= np.hypot(*(xy[3] - middle))
    forward = xy[1] - xy[0] if entering else xy[2] - xy[3]
    return math.atan2(forward[1], forward[0])


def along(lane: BaseGeometry, xy: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return chainage along ``lane`` and signed distance from it, positive to the left [m].

    A point beyond an end is reckoned from the lane's straight continuation: a foot point at the end itself would
    make its offset slanting, and nobody could measure it with a tape.
    """
    points = shapely.points(xy)
    length_m = lane.length
    chainage_m = np.asarray(shapely.line_locate_point(lane, points), dtype=float)
    back, ahead = (
        shapely.get_coordinates(shapely.line_interpolate_point(lane, np.clip(chainage_m + d, 0, length_m)))
        for d in (-_CHORD_M, _CHORD_M)
    )
    forward, away = ahead - back, xy - back
    cross = forward[:, 0] * away[:, 1] - forward[:, 1] * away[:, 0]
    offset_m = np.sign(cross) * np.asarray(shapely.distance(lane, points), dtype=float)
    chord_m = np.maximum(np.hypot(forward[:, 0], forward[:, 1]), 1e-12)
    ended = (chainage_m <= 0.0) | (chainage_m >= length_m)
    beyond_m = ((away - np.where(chainage_m >= length_m, 1.0, 0.0)[:, None] * forward) * forward).sum(axis=1) / chord_m
    return np.where(ended, chainage_m + beyond_m, chainage_m), np.where(ended, cross / chord_m, offset_m)
