"""Charts of lanes along their centreline (matplotlib)."""

from __future__ import annotations

from firelane.charts.pages import lane_chart, lane_charts, lanes_shown

__all__ = ["lane_chart", "lane_charts", "lanes_shown"]
