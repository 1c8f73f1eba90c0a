"""Gates: whether those of entrances and on lanes can be opened at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from firelane.lanes.obstacles import owner_labels
from firelane.lanes.records import LaneNetwork
from firelane.lanes.space import Spaces
from firelane.vocabulary import ObstructionKind

BESIDE_M = 5.0
"""A gate farther than this from every road closes none."""


@dataclass(frozen=True)
class Gate:
    """One gate. ``openable`` is None where the survey does not tell.

    ``away_m`` is how far a gate among the obstructions stands from every road, centrelines included; 0 on one.
    """

    owner: str
    entrance_id: str | None
    name: str | None
    openable: bool | None
    lane_id: str | None
    place: tuple[float, float]
    away_m: float = 0.0


def measure_gates(spaces: Spaces) -> list[Gate]:
    """Return the gates of entrances, then those among the obstructions, in input order.

    An entrance that is known to have no gate is left out; one of which neither a gate nor its opening is
    told is given with ``openable`` None: it may have a gate.
    """
    result = []
    labels = owner_labels(spaces.site)
    mouths = {row.entrance_id: row for row in spaces.network.mouths.itertuples()}
    by_line = spaces.network.by_line
    if by_line is not None:
        mouths |= {row.entrance_id: row for row in by_line.mouths.itertuples()}
    for row in spaces.site.layer("entrances").itertuples():
        if row.gate is not None and not row.gate:
            continue
        mouth = mouths.get(row.id)
        where = mouth.geometry if mouth is not None else row.geometry
        middle = where if where.geom_type == "Point" else where.interpolate(0.5, normalized=True)
        result.append(Gate(
            labels["entrances", row.id], row.id, row.name, _state(row.openable), mouth.lane_id if mouth is not None else None,
            (middle.x, middle.y),
        ))  # fmt: skip
    obstructions = spaces.site.layer("obstructions")
    chosen = obstructions[(obstructions["kind"] == ObstructionKind.GATE.value).to_numpy(bool)]
    centres = shapely.point_on_surface(chosen.geometry.to_numpy())
    away = _away(spaces.network, chosen.geometry.to_numpy())
    lanes = _nearest(spaces.network, centres)
    for row, centre, lane_id, away_m in zip(chosen.itertuples(), centres, lanes, away, strict=True):
        owner = labels["obstructions", row.id]
        result.append(Gate(
            owner, None, row.name, _state(row.openable), lane_id if not BESIDE_M < away_m < np.inf else None, (centre.x, centre.y),
            float(away_m) if BESIDE_M < away_m < np.inf else 0.0,
        ))  # fmt: skip
    return result


def _state(value: object) -> bool | None:
    return None if value is None else bool(value)


def _away(network: LaneNetwork, shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """Return how far each gate stands from the nearest road, whether judged or not [m]."""
    roads = [*shapely.get_parts(network.pavement)]
    if network.by_line is not None:
        roads += [*shapely.get_parts(network.by_line.ways)]
    result = np.full(len(shapes), np.inf)
    if roads and len(shapes):
        (row, _), distance = shapely.STRtree(roads).query_nearest(shapes, return_distance=True, all_matches=False)
        result[row] = distance
    return result


def _nearest(network: LaneNetwork, points: npt.NDArray[np.object_]) -> list[str | None]:
    """Return the lane nearest to each point, of equals the first; None without lanes."""
    lanes = network.every_lane
    if not len(lanes) or not len(points):
        return [None] * len(points)
    row, lane = shapely.STRtree(lanes.geometry.to_numpy()).query_nearest(points)
    first = np.full(len(points), len(lanes))
    np.minimum.at(first, row, lane)
    return [str(i) for i in lanes["lane_id"].to_numpy(object)[first]]
