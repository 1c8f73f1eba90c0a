"""Laser points over two roads of the plan 星河苑（虚构）, with known heights.

A scan of roads N and E, as from a slow drone: ground every 0.3 m, a wire and the arch of the plan. Heights are exact to the
file's millimetre, so that the clear heights are known; the other roads were not flown over, and stay not measured.
Coordinates are the plan's own, in metres.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
from sample_answers import Answer

GROUND_Z_M = 42.0
WIRE_X_M, WIRE_CLEAR_M, WIRE_SAG_M = 80.0, 3.62, 0.4
"""A wire across road N, lowest over its middle (y = 62)."""
ARCH_CLEAR_M = 3.46
"""The arch hangs lower than its plate and the plan say (3.5)."""
FLOWN = ((28.0, 56.5, 108.5, 67.5), (97.0, 18.0, 108.5, 56.5))
GROUND, WIRE, UNCLASSED = 2, 14, 1
STEP_M = 0.3

SITE_TOML = """\
# 星河苑（虚构）总平面图，加激光点云：
# firelane run data/plan_dxf/xinghe_plan.dxf --config data/laser/xinghe_scan.toml
# The plan with laser points. The points lie in the plan's own metres: whoever sets a scanner up on the plan's grid gets that.

[points]
files = ["../laser/xinghe_scan.laz"]   # relative to the plan's folder
accuracy_m = 0.02
"""


def points() -> tuple[np.ndarray, np.ndarray]:
    """Return the places and heights (n, 3) [m], and the classes (n,), in the order of flight."""
    parts, codes = [], []

    def add(x, y, z, code: int) -> None:
        parts.append(np.column_stack([v.ravel() for v in np.broadcast_arrays(x, y, GROUND_Z_M + z)]))
        codes.append(np.full(len(parts[-1]), code))

    for x0, y0, x1, y1 in FLOWN:
        add(*np.meshgrid(np.arange(x0, x1, STEP_M), np.arange(y0, y1, STEP_M)), np.array(0.0), GROUND)
    y = np.linspace(56.0, 68.0, 61)
    add(np.array(WIRE_X_M), y, WIRE_CLEAR_M + WIRE_SAG_M * ((y - 62.0) / 6.0) ** 2, WIRE)
    across, along = np.meshgrid(np.linspace(59.0, 65.0, 61), np.linspace(59.85, 60.15, 4))
    for above in (0.0, 0.15, 0.3):
        add(along, across, np.array(ARCH_CLEAR_M + above), UNCLASSED)
    return np.concatenate(parts), np.concatenate(codes)


def write(path: Path) -> None:
    """Write the LAZ file; its dates are fixed."""
    import laspy  # noqa: PLC0415  (half a second)

    xyz, codes = points()
    header = laspy.LasHeader(point_format=6, version="1.4")
    header.scales, header.offsets = np.full(3, 0.001), np.zeros(3)
    header.creation_date, header.generating_software = dt.date(2025, 1, 1), "firelane make_samples.py"
    las = laspy.LasData(header)
    las.x, las.y, las.z = xyz.T
    las.classification = codes
    las.return_number = las.number_of_returns = np.ones(len(codes), np.uint8)
    las.write(path)


def answers() -> list[Answer]:
    """Return what the points add to the answers of the plan; ids of what was found are made by firelane."""
    height = "sy2020-14-clear-height"
    return [
        Answer("violation", height, "fail", "lane", "loop", (WIRE_X_M, 62.0), "架空线横跨北路，路中最低 3.620 m",
               "a wire across road N, lowest over its middle", WIRE_CLEAR_M, within_m=3.0),
        Answer("violation", height, "fail", "lane", "loop", (60.0, 62.0), "限高架实测下缘 3.460 m，低于标牌",
               "the arch as scanned, lower than its plate says", ARCH_CLEAR_M, within_m=3.0),
        Answer("notable", "sy2020-10-aerial", "not_measured", "lane", "loop", (WIRE_X_M, 62.0), "架空线顶部高度未知",
               "how high the wire reaches is not known", within_m=6.0),
    ]  # fmt: skip
