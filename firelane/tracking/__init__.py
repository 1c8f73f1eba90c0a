"""Vehicle tracking (车辆轨迹): vehicles, closed forms, the swept envelope, and whether a way can be driven."""

from __future__ import annotations
