"""Paint stays valid when it is moved to the site's coordinates, and every reading of the article can be planned."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely import Polygon, box

from firelane.auditing import audit
from firelane.markings import plan_markings
from firelane.markings.moving import GRIDS_M, moved_back, snapped
from firelane.run import clear_widths
from firelane.site import read_site

DATA = Path(__file__).parents[2] / "data"
ORIGIN = np.array([536_456.0, 4_630_323.0])


def crossing(depth):
    """A frame whose hole reaches through its outline by a few attometres of rounding once it is moved."""
    outer = [(0.1, 0.1), (30.7, 0.3), (30.9, 7.7), (0.3, 7.1)]
    a, b = np.array(outer[0]), np.array(outer[1])
    touching = a + (b - a) * 0.37 + np.array([0.0, depth])
    return Polygon(outer, [[touching, (25.1, 5.3), (5.7, 6.1)]])


@pytest.mark.parametrize("depth", [0.0, 1e-15, 3e-15, 1e-14, 1e-12, 1e-10, 1e-9])
def test_a_ring_that_nearly_touches(depth):
    shape = crossing(depth)
    if not shape.is_valid:
        shape = shapely.make_valid(shape)
    (moved,) = moved_back([shape], ORIGIN)
    assert moved.is_valid
    assert moved.geom_type in {"Polygon", "MultiPolygon"}
    assert moved.area == pytest.approx(shape.area, abs=1e-6)


def test_what_is_snapped_moves_there_and_back_without_a_loss():
    shape = snapped(crossing(1e-9))
    there = shapely.transform(shape, lambda xy: xy + ORIGIN)
    assert there.is_valid
    assert shapely.transform(there, lambda xy: xy - ORIGIN).equals_exact(shape, 0.0)
    assert all(ORIGIN[1] + grid_m != ORIGIN[1] for grid_m in GRIDS_M)


def test_what_is_valid_is_moved_and_nothing_else():
    (moved,) = moved_back([box(0.1, 0.2, 3.3, 4.4)], ORIGIN)
    assert moved.equals_exact(box(0.1, 0.2, 3.3, 4.4).__class__(box(0.1, 0.2, 3.3, 4.4).exterior.coords), 1e7)
    assert moved.bounds == pytest.approx((ORIGIN[0] + 0.1, ORIGIN[1] + 0.2, ORIGIN[0] + 3.3, ORIGIN[1] + 4.4))
    assert len(moved_back([], ORIGIN)) == 0


READINGS = [
    *({"edge_line_offset_to": "centre", "long_axis": axis, "text_layout": text} for axis in ("across", "along")
      for text in ("2x4", "column", "line")),
    *({"edge_line_offset_to": to, "edge_line_sides": side, "box_size": size} for (to, side), size in zip(
        itertools.product(("near_edge", "centre"), ("left", "right")), itertools.cycle(("std", "min")), strict=False)),
    {"kerb_height_m": 0.6, "kerb_top_width_m": 0.6, "stencil_bridges": True},
    {"kerb_top_width_m": 0.05, "box_clearance_m": 1.0, "box_least_lane_m": 20.0},
    {"box_after_junction_m": 20.0, "box_apart_m": 0.0, "box_clearance_m": 0.0, "box_bend_radius_m": 0.0},
    {"box_after_junction_m": 2.0, "box_apart_m": 15.0, "box_bend_radius_m": 100.0, "keep_existing_boxes": False},
    {"grid_spacing_m": 5.0, "grid_spacing_wide_m": 1.0, "grid_panel_share": 1.0, "existing_paint": "remove_all"},
]  # fmt: skip


@pytest.fixture(scope="module", params=["shenyang_compliant", pytest.param("shenyang_district", marks=pytest.mark.slow),
                                        pytest.param("map_osm", marks=pytest.mark.slow)])  # fmt: skip
def audited(request):
    return audit(read_site(DATA / request.param), remedies=False)


@pytest.mark.parametrize("options", READINGS, ids=lambda options: "-".join(str(v) for v in options.values()))
def test_every_reading_can_be_planned(audited, options):
    plan = plan_markings(audited.site, audited.network, clear_widths=clear_widths(audited), options=options)
    paint = plan.paint[plan.paint.kind != "kerb_face"]
    assert paint.geometry.is_valid.all()
    assert set(paint.geometry.geom_type) <= {"Polygon", "MultiPolygon"}
    assert paint.geometry.area.to_numpy() == pytest.approx(paint.area_m2.to_numpy(), abs=1e-6)
    assert all(removal.shape.is_valid for removal in plan.removals)
    told = {note.row for note in plan.notes if note.code.startswith("box_")}
    assert set(plan.boxes.lane_id[plan.boxes.gap_m > 20.0 + 1e-6]) <= told
