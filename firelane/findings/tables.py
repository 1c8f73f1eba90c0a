"""What the rules in force had measured beyond lanes, pinches and buildings, as tables for maps and files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd

from firelane.findings.geometry import layout_tables
from firelane.findings.rescue_ground import rescue_tables
from firelane.measure import Measurements
from firelane.rules.model import Rule

TABLES = ("bends", "dead_ends", "turning_areas", "cut_places", "operating_ground", "laser_stations")
"""Names of the tables; a table is there only where a rule in force asks for it, or laser points lie over the lanes."""


def rule_tables(measured: Measurements, rules: Sequence[Rule]) -> Mapping[str, gpd.GeoDataFrame]:
    """Return the tables in the order of ``TABLES``; their columns stand in docs/reference/audit_json.md."""
    found = {**layout_tables(measured, rules), **rescue_tables(measured, rules)}
    if measured.laser is not None:
        found["laser_stations"] = measured.laser.stations
    return {name: found[name] for name in TABLES if name in found}
