"""The edge line round corners: pointed or rounded it passes, thinned or fattened there it fails."""

from __future__ import annotations

import functools

import ezdxf
import numpy as np
import pytest
import shapely
from shapely import LineString
from site_scenes import ORIGIN, site
from verify_scenes import Pen, failing

from firelane.lanes.network import lane_network
from firelane.verifying import verify_drawing

# A bend of a right angle, 6 m wide: the inner corner of the pavement juts out at (6, 6), the outer one lies at (0, 0).
BEND = shapely.Polygon([(0, 0), (40, 0), (40, 6), (6, 6), (6, 40), (0, 40)])
JUTTING, LYING = (6.0, 6.0), (0.0, 0.0)


@functools.cache
def bend():
    """The bend with a mouth at each end."""
    mouths = [(LineString([(40, 0), (40, 6)]), {"id": "E"}), (LineString([(0, 40), (6, 40)]), {"id": "N"})]
    return site([BEND], entrances=mouths)


@functools.cache
def lanes():
    return lane_network(bend())


def bands(join):
    """The line along both edges, its jutting corner pointed, rounded or cut off."""
    out = []
    for edge, side in ((LineString([(0, 40), (0, 0), (40, 0)]), 1), (LineString([(40, 6), (6, 6), (6, 40)]), 1)):
        far, near = (shapely.buffer(edge, side * d, single_sided=True, join_style=join) for d in (0.45, 0.30))
        out.append(far.difference(near))
    return shapely.union_all(out)


def verdict(tmp_path, paint):
    doc = ezdxf.new("R2010", units=4)
    doc.layers.add("标线")
    pen = Pen(doc, 1000.0, np.asarray(ORIGIN, dtype=float), "hatch", 2)
    pen.area(paint, "标线")
    doc.saveas(tmp_path / "a.dxf")
    return verify_drawing(tmp_path / "a.dxf", bend(), network=lanes())


def of_line(found):
    return {name for name in failing(found) if name.startswith("edge_line")}


def ring(near, far):
    """What lies so far from the jutting corner, beyond both its edges."""
    corner = shapely.Point(JUTTING)
    return (corner.buffer(far, 64) - corner.buffer(near, 64)) & shapely.box(4, 4, 6, 6)


@pytest.mark.parametrize("join", ["mitre", "round"])
def test_pointed_and_rounded_corners_pass(tmp_path, join):
    assert of_line(verdict(tmp_path, bands(join))) <= {"edge_line_continuity"}  # where the grids are missing


def test_a_corner_that_was_thinned_fails(tmp_path):
    for join, gone in (("round", ring(0.40, 0.46)), ("mitre", ring(0.48, 0.80))):
        assert "edge_line_width" in of_line(verdict(tmp_path, bands(join) - gone)), join


def test_a_corner_that_was_filled_fails(tmp_path):
    assert "edge_line_width" in of_line(verdict(tmp_path, bands("round") | ring(0.30, 0.95)))


def test_a_corner_moved_inwards_fails(tmp_path):
    away = (bands("round") - ring(0.29, 0.46)) | ring(0.50, 0.65)
    assert of_line(verdict(tmp_path, away)) & {"edge_line_width", "edge_line_offset"}


def test_a_corner_taken_out_of_the_outer_line_fails(tmp_path):
    hole = shapely.box(0.3, 0.3, 0.40, 0.40)
    found = verdict(tmp_path, bands("mitre") - hole)
    assert {c.check for c in found.faults if c.x - ORIGIN[0] < 2 and c.y - ORIGIN[1] < 2} & {"edge_line_width", "edge_line_offset", "edge_line_continuity"}
