"""What stands on, and hangs over, lanes of which only the centreline is known (宽度未测量)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from firelane.lanes.obstacles import owner_labels
from firelane.lanes.space import Spaces
from firelane.vocabulary import ObstructionKind, ParkingStatus

Shapes = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]

OVER_LINE_M = 0.5
"""A point that hangs this near to a centreline hangs over it; lines and areas do where they cross it."""

ALONG_M = 1e-3
"""Lines and areas this near to a centreline touch it: what runs along it, a passage say, misses it by a rounding."""

SPANNING = (ObstructionKind.ARCH, ObstructionKind.OVERHEAD_LINE)
"""What goes from one side of a way to the other: whoever drives along passes under it."""


@dataclass(frozen=True)
class OnLine:
    """One thing standing on a lane known as a line.

    ``away_m`` is how far it stands from the centreline: 0 where it stands on or across it. ``designated`` tells that it
    stands inside a polygon of ``fire_lanes``.
    """

    owner: str
    layer: str
    kind: str
    lane_id: str
    away_m: float
    designated: bool
    place: tuple[float, float]


@dataclass(frozen=True)
class OverLine:
    """One thing hanging over the centreline of one lane.

    ``clear_height_m`` is None where the input does not tell it; ``spans`` that it leaves no way beside it: an arch, a
    cable from side to side, the bar of an entrance.
    """

    owner: str
    kind: str
    lane_id: str
    clear_height_m: float | None
    spans: bool
    place: tuple[float, float]


@dataclass(frozen=True)
class PlannedOnLine:
    """One planned bay on a lane known as a line, ``away_m`` from its centreline (0 = over it)."""

    owner: str
    lane_id: str
    away_m: float
    place: tuple[float, float]


@dataclass(frozen=True)
class LineThings:
    """Everything on and over the lanes of a site that are known as lines, in input order."""

    standing: list[OnLine]
    overhead: list[OverLine]
    planned: list[PlannedOnLine]


def measure_lines(spaces: Spaces, *, width_m: float) -> LineThings:
    """Return what stands on and hangs over lanes known as lines.

    A point stands on such a lane where it (with its radius) comes nearer to the centreline than half the passage, for
    whoever drives along the centreline meets it there; whether another way is left beside it is not known. Lines and
    areas do where they cross the centreline: a wall beside the road tells nothing of it.

    Parameters
    ----------
    spaces : Spaces
    width_m : float
        Width of the passage [m].
    """
    lanes = spaces.network.line_lanes
    if not len(lanes):
        return LineThings([], [], [])
    lines = lanes.geometry.to_numpy()
    ids = lanes["lane_id"].to_numpy(object)
    tree = shapely.STRtree(lines)
    return LineThings(
        _standing(spaces, tree, ids, width_m), _overhead(spaces, tree, ids), _planned(spaces, tree, ids, width_m)
    )


def _standing(spaces: Spaces, tree: shapely.STRtree, ids: Shapes, width_m: float) -> list[OnLine]:
    table = spaces.table[spaces.table["ground"].to_numpy(bool)]
    bodies = table.geometry.to_numpy()
    radius_m = table["radius_m"].to_numpy(float)
    point = (shapely.get_dimensions(bodies) == 0) | ~np.isnan(radius_m)
    rows, lane, away = _nearest(tree, bodies, np.where(point, width_m / 2 - 1e-6, ALONG_M))
    inside = np.zeros(len(rows), bool)
    lanes_drawn = spaces.site.layer("fire_lanes").geometry.to_numpy()
    if len(lanes_drawn) and len(rows):
        inside[np.unique(shapely.STRtree(lanes_drawn).query(bodies[rows], predicate="intersects")[0])] = True
    return [
        OnLine(str(row.owner), str(row.layer), str(row.kind), str(ids[lane[k]]),
               float(away[k]) if away[k] > ALONG_M else 0.0, bool(inside[k]),
               _place(bodies[rows[k]], tree.geometries[lane[k]], float(away[k])))
        for k, row in enumerate(table.iloc[rows].itertuples())
    ]  # fmt: skip


def _overhead(spaces: Spaces, tree: shapely.STRtree, ids: Shapes) -> list[OverLine]:
    table = spaces.table[spaces.table["overhead"].to_numpy(bool)]
    bodies = table.geometry.to_numpy()
    point = (shapely.get_dimensions(bodies) == 0) | ~np.isnan(table["radius_m"].to_numpy(float))
    row, lane = tree.query(bodies, predicate="dwithin", distance=np.where(point, OVER_LINE_M, ALONG_M))
    order = np.lexsort((lane, row))
    found = []
    for r, n in zip(row[order].tolist(), lane[order].tolist(), strict=True):
        height, kind = float(table["clear_height_m"].iloc[r]), str(table["kind"].iloc[r])
        found.append(OverLine(
            str(table["owner"].iloc[r]), kind, str(ids[n]), None if np.isnan(height) else height, kind in SPANNING,
            _place(bodies[r], tree.geometries[n], float(shapely.distance(bodies[r], tree.geometries[n]))),
        ))  # fmt: skip
    by_line = spaces.network.by_line
    labels = owner_labels(spaces.site)
    for mouth in [] if by_line is None else by_line.mouths.itertuples():
        height = np.nan if mouth.clear_height_m is None else float(mouth.clear_height_m)
        if not np.isnan(height):
            found.append(OverLine(
                labels["entrances", mouth.entrance_id], "entrance", str(mouth.lane_id), height, True,  # noqa: FBT003
                (mouth.geometry.x, mouth.geometry.y),
            ))  # fmt: skip
    return found


def _planned(spaces: Spaces, tree: shapely.STRtree, ids: Shapes, width_m: float) -> list[PlannedOnLine]:
    parking = spaces.site.layer("parking")
    planned = parking[(parking["status"] == ParkingStatus.PLANNED.value).to_numpy(bool)]
    bodies = planned.geometry.to_numpy()
    rows, lane, away = _nearest(tree, bodies, np.full(len(bodies), width_m / 2 - 1e-6))
    labels = owner_labels(spaces.site)
    return [
        PlannedOnLine(labels["parking", planned["id"].iloc[r]], str(ids[n]), float(d), _place(bodies[r], tree.geometries[n], float(d)))
        for r, n, d in zip(rows.tolist(), lane.tolist(), away.tolist(), strict=True)
    ]  # fmt: skip


def _nearest(
    tree: shapely.STRtree, bodies: Shapes, within_m: npt.NDArray[np.float64]
) -> tuple[Ints, Ints, npt.NDArray[np.float64]]:
    """Return the bodies within their own distance of a line, the nearest line of each (of equals the first), how far."""
    if not len(bodies):
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    row, lane = tree.query(bodies, predicate="dwithin", distance=within_m)
    away = shapely.distance(bodies[row], tree.geometries[lane])
    order = np.lexsort((lane, np.round(away, 6), row))
    row, lane, away = row[order], lane[order], away[order]
    first = np.r_[True, row[1:] != row[:-1]] if len(row) else np.zeros(0, bool)
    return row[first], lane[first], away[first]


def _place(body: shapely.Geometry, line: shapely.Geometry, away_m: float) -> tuple[float, float]:
    """Return a point of the body on the line, or the one nearest to it."""
    if away_m > ALONG_M or (away_m > 0 and shapely.get_dimensions(body) == 0):
        point = shapely.get_point(shapely.shortest_line(body, line), 0)
    else:
        near = line if away_m == 0 else shapely.buffer(line, 2 * ALONG_M)
        parts = shapely.get_parts(shapely.intersection(body, near))
        longest = parts[int(np.argmax(np.round(shapely.length(parts), 6)))]
        along = longest.geom_type == "LineString"
        point = shapely.line_interpolate_point(longest, 0.5, normalized=True) if along else longest.centroid
    return float(point.x), float(point.y)


def low_over(things: LineThings) -> dict[str, float]:
    """Return lane → lowest known underside over its centreline [m]; lanes without one are left out."""
    lowest: dict[str, float] = defaultdict(lambda: np.inf)
    for item in things.overhead:
        if item.clear_height_m is not None:
            lowest[item.lane_id] = min(lowest[item.lane_id], item.clear_height_m)
    return dict(lowest)

