"""The audit of one site: everything that was measured and judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd

from firelane.findings import Finding
from firelane.lanes.records import LaneNetwork
from firelane.rules.model import Rule
from firelane.site.model import Site
from firelane.tracking.record import VehicleTracking


@dataclass(frozen=True)
class Audit:
    """Everything that was measured and judged for one site.

    Attributes
    ----------
    site : Site
    network : LaneNetwork
    rules : tuple of Rule
        The rules in force, in catalogue order.
    lanes : GeoDataFrame
        ``lane_id, road_ids (tuple), designated (bool), length_m, min_clear_width_m,
        min_section_width_m, min_clear_height_m, governing_pinch_id, verdict``; LineString. Values NaN where not measured.
    profile : GeoDataFrame
        Points: ``lane_id, chainage_m, clear_width_m, section_width_m, clear_height_m``.
    pinches : GeoDataFrame
        LineStrings p-q below 8 m: ``pinch_id, lane_id (or None), level ("ground" | "envelope"),
        width_m, owners (tuple of str), governing (bool), bypassed (bool)``.
    buildings : GeoDataFrame
        Polygons: ``building_id, name, widest_vehicle_m, entrance_id, governing_pinch_id, verdict``.
    findings : tuple of Finding
        Passing subjects too; in a stable order.
    remedies : tuple of dict
        Rows of the contract's ``remedies`` (docs/reference/remedies.md); empty where nothing fails.
    summary : Mapping
        ``verdict, by_rule {rule_id: verdict}, counts {verdict: n}, lane_length_m, judged_length_m``.
    parking : Mapping or None
        How many of the planned bays can stay; None where none is planned (or remedies were not asked for).
    tables : Mapping
        Further tables that the rules in force had measured (``findings.tables.TABLES``): ``bends``,
        ``dead_ends``, ``turning_areas``, ``cut_places``, ``operating_ground``; and ``laser_stations`` where laser points
        lie over the lanes (``measure.laser.Laser.stations``).
    tracking : tuple of VehicleTracking
        One for each vehicle that was asked for; empty where none was.
    """

    site: Site
    network: LaneNetwork
    rules: tuple[Rule, ...]
    lanes: gpd.GeoDataFrame
    profile: gpd.GeoDataFrame
    pinches: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    findings: tuple[Finding, ...]
    remedies: tuple[Mapping[str, Any], ...]
    summary: Mapping[str, Any]
    parking: Mapping[str, Any] | None = None
    tables: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    tracking: tuple[VehicleTracking, ...] = ()
