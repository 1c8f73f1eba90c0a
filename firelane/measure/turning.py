"""Turning: inner and outer radius of bends and junction corners, from the kerbs themselves (转弯半径)."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from firelane.lanes.bends import Turn, find_turns
from firelane.lanes.bends_fit import Shape, fit_edge
from firelane.lanes.bends_kerbs import Bend, Kerb
from firelane.lanes.naming import place_label, unique_labels
from firelane.lanes.records import LaneNetwork
from firelane.site.model import Site

BEND_COLUMNS = (
    "bend_id", "kind", "side", "lane_id", "lane_ids", "shape", "turn_deg", "radius_m", "uncertainty_m", "residual_m",
    "arc_deg", "points", "from_m", "to_m", "geometry",
)  # fmt: skip


def measure_turning(site: Site, network: LaneNetwork, *, least_turn_deg: float) -> list[Bend]:
    """Return all bends and junction corners of the lanes.

    Parameters
    ----------
    site : Site
        Gives the survey accuracy.
    network : LaneNetwork
    least_turn_deg : float
        A lane that turns by less than this does not bend [deg].

    Returns
    -------
    list of Bend
        In the order of their ids.
    """
    found: list[tuple[Turn, Kerb, Kerb | None, float]] = []
    turns = find_turns(network, least_turn_deg=least_turn_deg)
    outer = {(t.lane_ids, t.from_m, t.designated): t for t in turns if not t.inner}
    roads_of = dict(zip(network.lanes["lane_id"], network.lanes["road_ids"], strict=True))
    for turn in turns:
        if not turn.inner:
            continue
        own = [site.road_accuracy_m(road) for lane in turn.lane_ids for road in roads_of[lane]]
        accuracy = site.place_accuracy_m("fire_lanes") if turn.designated else max(own)
        inside = _kerb(turn, accuracy)
        other = outer.get((turn.lane_ids, turn.from_m, turn.designated))
        outside = None if other is None else _kerb(other, accuracy)
        if inside is None:
            continue  # its inner kerb is straight: the lane only leaves the middle of a wide road
        found.append((turn, inside, outside, accuracy))
    places = [k.arc.place if k.arc is not None else t.place for t, k, _, _ in found]
    order = sorted(range(len(found)), key=lambda n: (round(places[n][0], 3), round(places[n][1], 3), found[n][0].lane_ids))
    labels = unique_labels([place_label("B", *places[n]) for n in order])
    result = [
        Bend(
            label, "bend" if len(turn.lane_ids) == 1 else "corner", turn.lane_ids, float(np.degrees(abs(turn.turn_rad))),
            turn.from_m, turn.to_m, inside, outside, places[n], accuracy,
        )
        for label, n, (turn, inside, outside, accuracy) in ((la, n, found[n]) for la, n in zip(labels, order, strict=True))
    ]  # fmt: skip
    return sorted(result, key=lambda bend: bend.bend_id)


def _kerb(turn: Turn, accuracy_m: float) -> Kerb | None:
    """Return one kerb with its arc; None where it is straight."""
    side = "inner" if turn.inner else "outer"
    if turn.edge is None:
        return Kerb(side, None, shapely.LineString([turn.place, turn.place]))
    arc = fit_edge(turn.edge, turn.edge_turn_rad, accuracy_m=accuracy_m)
    return None if arc.shape is Shape.STRAIGHT else Kerb(side, arc, arc.line)


def bend_table(bends: list[Bend], site: Site) -> gpd.GeoDataFrame:
    """Return bends as a table, one row per kerb (columns ``BEND_COLUMNS``).

    ``shape`` is a value of ``lanes.bends_fit.Shape``, or ``interrupted``. Geometry: the arc's stretch of the
    kerb; a point's length where it is interrupted. ``radius_m`` is NaN where no circle was fitted.
    """
    rows = []
    for bend in bends:
        for kerb in (bend.inner, bend.outer):
            if kerb is None:
                continue
            arc = kerb.arc
            rows.append((
                bend.bend_id, bend.kind, kerb.side, bend.lane_ids[0], ",".join(bend.lane_ids),
                "interrupted" if arc is None else arc.shape.value, bend.turn_deg,
                *((np.nan, np.nan, np.nan, 0.0, 0) if arc is None else (
                    arc.radius_m, arc.uncertainty_m, arc.residual_m, arc.arc_deg, arc.points
                )),
                bend.from_m, bend.to_m, kerb.line,
            ))  # fmt: skip
    table = gpd.GeoDataFrame(
        {name: [row[n] for row in rows] for n, name in enumerate(BEND_COLUMNS[:-1])},
        geometry=gpd.GeoSeries([row[-1] for row in rows], crs=site.crs), crs=site.crs,
    )  # fmt: skip
    return table[list(BEND_COLUMNS)]
