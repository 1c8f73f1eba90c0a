"""Existing paint measured along the lanes (Article 13): how much there is, where, how wide.

Measurement only: no limit is known here, the numbers that define *matching* are handed in, and
paint that was not surveyed is told apart from paint that is not there.
"""

from __future__ import annotations

from firelane.measure.paint.boxes import boxes_on_lanes
from firelane.measure.paint.edges import edge_lines, kerb_paint
from firelane.measure.paint.features import marking_conditions
from firelane.measure.paint.grids import grids_at_mouths
from firelane.measure.paint.records import (
    Box,
    BoxesOnLane,
    Gap,
    GridAtMouth,
    MarkingCondition,
    PaintOnLane,
    Spread,
    Strip,
)

__all__ = [
    "Box",
    "BoxesOnLane",
    "Gap",
    "GridAtMouth",
    "MarkingCondition",
    "PaintOnLane",
    "Spread",
    "Strip",
    "boxes_on_lanes",
    "edge_lines",
    "grids_at_mouths",
    "kerb_paint",
    "marking_conditions",
]
