"""What is measured on a site, one file per quantity; a measurement never knows a threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd

from firelane.lanes.edges import pavement_edges
from firelane.lanes.reach import CAP_M
from firelane.lanes.records import LaneNetwork
from firelane.lanes.space import Spaces
from firelane.measure.gates import Gate, measure_gates
from firelane.measure.height import Heights, measure_heights, station_heights
from firelane.measure.obstruction import Standing, measure_obstructions
from firelane.measure.parking import PlannedBay, measure_planned_bays
from firelane.measure.pinches import PinchTable, pinch_table
from firelane.measure.reach import Reach, measure_reach
from firelane.measure.width import Widths, measure_profile, measure_widths
from firelane.site.model import Site


@dataclass(frozen=True)
class Measurements:
    """Everything measured on one site.

    Attributes
    ----------
    profile : GeoDataFrame
        As ``Audit.profile``.
    edges : GeoDataFrame
        Pavement edges of the judged lanes, as ``lanes.edges.pavement_edges`` gives them.
    envelope : Mapping
        ``width_m`` and ``height_m`` of the passage that was measured [m].
    """

    site: Site
    network: LaneNetwork
    spaces: Spaces
    profile: gpd.GeoDataFrame
    widths: Widths
    heights: Heights
    pinches: PinchTable
    standing: list[Standing]
    planned_bays: list[PlannedBay]
    gates: list[Gate]
    reach: list[Reach]
    edges: gpd.GeoDataFrame
    envelope: Mapping[str, float]


def measure(site: Site, network: LaneNetwork, *, envelope: Mapping[str, float]) -> Measurements:
    """Measure a site.

    Parameters
    ----------
    site : Site
    network : LaneNetwork
    envelope : Mapping
        ``width_m`` and ``height_m`` of the passage that a fire engine needs: they come from the
        rules, and define which low things must be passed under [m].
    """
    spaces = Spaces.of(site, network, envelope["height_m"])
    profile = measure_profile(spaces)
    profile["clear_height_m"] = station_heights(spaces, profile)
    widths = measure_widths(spaces.ground, profile, below_m=CAP_M)
    return Measurements(
        site=site,
        network=network,
        spaces=spaces,
        profile=profile[["lane_id", "chainage_m", "clear_width_m", "section_width_m", "clear_height_m", "geometry"]],
        widths=widths,
        heights=measure_heights(spaces, width_m=envelope["width_m"]),
        pinches=pinch_table(spaces, widths.narrowings),
        standing=measure_obstructions(spaces, widths.narrowings),
        planned_bays=measure_planned_bays(spaces),
        gates=measure_gates(spaces),
        reach=measure_reach(spaces, access_distance_m=site.config.access_distance_m),
        edges=pavement_edges(site, network),
        envelope=envelope,
    )
