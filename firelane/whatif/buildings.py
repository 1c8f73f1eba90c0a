"""How wide a vehicle gets to each building of an edited site."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import pandas as pd

from firelane.findings.desk import minimum_verdict
from firelane.lanes.records import LaneNetwork
from firelane.lanes.space import FreeSpace, Spaces
from firelane.measure.reach import Reach, measure_reach
from firelane.rules import Rule
from firelane.site.model import Site
from firelane.vocabulary import Quantity, Verdict
from firelane.whatif.names import Outlines

COLUMNS = ["building_id", "widest_vehicle_m", "entrance_id", "verdict"]


def building_values(site: Site, network: LaneNetwork, rules: Sequence[Rule], envelope_m: float) -> pd.DataFrame:
    """Return ``building_id``, ``widest_vehicle_m``, ``entrance_id`` and ``verdict`` of every building.

    Parameters
    ----------
    site : Site
    network : LaneNetwork
        Of the same roads and entrances.
    rules : sequence of Rule
    envelope_m : float
        Height of the passage [m].
    """
    spaces = Spaces.of(site, network, envelope_m)
    limit = next((r.threshold for r in rules if r.quantity is Quantity.REACH), None)
    roads_at = cache(lambda: Outlines.of(site, "roads"))
    certain = network.by_line is None and site.complete("entrances")
    rows = []
    for item in measure_reach(spaces, access_distance_m=site.config.access_distance_m):
        verdict = Verdict.NOT_MEASURED
        if item.widest_m is not None and limit is not None:
            verdict = minimum_verdict(item.widest_m, limit, _accuracy_m(site, spaces.envelope[0], item, roads_at))
        if not certain and verdict is not Verdict.PASS:
            # By a road known as a line, or an entrance that nobody mapped, a wider vehicle may come: only what suffices is known.
            rows.append((item.building_id, np.nan, item.entrance_id, Verdict.NOT_MEASURED.value))
            continue
        widest = np.nan if item.widest_m is None else item.widest_m
        rows.append((item.building_id, widest, item.entrance_id, verdict.value))
    return pd.DataFrame(rows, columns=COLUMNS)


def _accuracy_m(
    site: Site, space: FreeSpace, item: Reach, roads_at: Callable[[], Outlines]
) -> float:
    """Return the coarsest survey accuracy of what bounds the governing pinch [m].

    Where no pinch decides, a mouth or the pavement itself does.
    """
    pinches, boundary = space.pinches, space.boundary
    if item.pinch < 0 or pinches is None or boundary is None or not pinches.reported[item.pinch]:
        return max(site.place_accuracy_m(layer) for layer in ("roads", "entrances"))
    rows = space.owners.row[item.pinch]
    known = [site.place_accuracy_m(str(space.table["layer"].iloc[r])) for r in rows[rows >= 0].tolist()]
    edges = pinches.ends[item.pinch][rows < 0] + boundary.origin
    roads = roads_at().nearest(edges)[0] if len(edges) else []
    return max(*known, *(site.road_accuracy_m(road) for road in roads), 0.0)
