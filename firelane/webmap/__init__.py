"""The violations map and its picture: the only importer of folium."""

from __future__ import annotations

from firelane.webmap.page import violation_map
from firelane.webmap.picture import map_pdf, map_png

__all__ = ["map_pdf", "map_png", "violation_map"]
