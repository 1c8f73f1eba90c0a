"""Charts of lanes along their centreline, and a picture of a site's layers (matplotlib)."""

from __future__ import annotations

from firelane.charts.layers import layers_picture
from firelane.charts.pages import lane_chart, lane_charts, lanes_shown

__all__ = ["lane_chart", "lane_charts", "lanes_shown", "layers_picture"]
