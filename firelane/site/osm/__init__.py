"""OpenStreetMap extracts, read with osmium."""

from __future__ import annotations

from firelane.site.osm.areas import residential_areas
from firelane.site.osm.read import read_osm

__all__ = ["read_osm", "residential_areas"]
