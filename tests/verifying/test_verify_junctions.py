"""Boxes on both sides of a junction: a gap over it that a plan can close is a fault, one that none can is told."""

from __future__ import annotations

import functools

import ezdxf
import numpy as np
import pytest
import shapely
from shapely import LineString, box
from site_scenes import ORIGIN, site
from verify_scenes import Pen

from firelane.lanes.network import lane_network
from firelane.markings import plan_markings
from firelane.verifying import verify_drawing


@functools.cache
def cross():
    """Two streets, 6 m wide and 100 m long, that cross in the middle."""
    roads = [box(-50, -3, 50, 3).union(box(-3, -50, 3, 50))]
    mouths = [(LineString([(-50, -3), (-50, 3)]), {"id": "W"}), (LineString([(50, -3), (50, 3)]), {"id": "E"})]
    return site(roads, entrances=mouths)


@functools.cache
def lanes():
    return lane_network(cross())


def spacing(tmp_path, places):
    """Checks of the spacing where boxes stand so far from the middle of the cross on each arm."""
    doc = ezdxf.new("R2010", units=4)
    doc.layers.add("标线")
    pen = Pen(doc, 1000.0, np.asarray(ORIGIN, dtype=float), "hatch", 2)
    for away in places:
        for x, y in ((away, 0), (-away, 0), (0, away), (0, -away)):
            outer = box(x - 1.2, y - 1.2, x + 1.2, y + 1.2)
            pen.area(outer.difference(shapely.buffer(outer, -0.15, join_style="mitre")), "标线")
    doc.saveas(tmp_path / "a.dxf")
    found = verify_drawing(tmp_path / "a.dxf", cross(), network=lanes())
    return [check for check in found.checks if check.check == "box_spacing"]


def test_a_gap_over_the_junction_fails_where_a_plan_closes_it(tmp_path):
    assert not [n for n in plan_markings(cross(), lanes()).notes if n.code == "box_gap_over_junction"]
    fault, *more = spacing(tmp_path, (18.0, 36.0))
    assert not more or all(check.verdict == "fail" for check in more)
    assert fault.verdict == "fail"
    assert fault.value == pytest.approx(36.0, abs=0.3)
    assert "junction" in fault.en


def test_near_enough_passes(tmp_path):
    assert [check.verdict for check in spacing(tmp_path, (9.0, 28.0, 40.0))] == ["pass"]
