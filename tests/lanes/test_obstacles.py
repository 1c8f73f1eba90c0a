"""The table of what can narrow a lane."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from site_scenes import LineString, Point, block, box, moved, over, post, road, site

from firelane.lanes.obstacles import (
    CHORD_ERROR_M,
    blocking,
    disc,
    obstacles,
    owner_labels,
    split_by_dimension,
)
from firelane.vocabulary import ObstructionKind


def table(rows, **layers):
    found = obstacles(site([road()], obstructions=rows, **layers))
    return found.set_index("owner", drop=False)


def test_a_round_obstacle_is_drawn_about_its_disc():
    for radius in (0.05, 0.1, 1.0, 20.0):
        shape = disc(0.0, 0.0, radius)
        corners = np.hypot(*shapely.get_coordinates(shape.exterior).T)
        assert shapely.distance(Point(0, 0), shape.exterior) == pytest.approx(radius, abs=1e-12)
        assert corners.max() <= radius + CHORD_ERROR_M + 1e-12


def test_every_obstacle_has_its_true_shape():
    found = table([post(10, 0, 0.2, id="p"), post(11, 0, id="thin"), (LineString([(20, 0), (24, 0)]), {"id": "line"}),
                   (LineString([(30, 0), (34, 0)]), {"id": "wide", "width_m": 0.5}), block(40, 0, 41, 2, id="area")])  # fmt: skip
    assert found["geometry"]["p"].area == pytest.approx(math.pi * 0.04, rel=2e-3)
    assert found["geometry"]["thin"].geom_type == "Point"
    assert found["geometry"]["line"].geom_type == "LineString"
    assert found["geometry"]["wide"].equals(moved(box(30, -0.25, 34, 0.25)))
    assert found["geometry"]["area"].equals(moved(box(40, 0, 41, 2)))
    assert found["radius_m"].dropna().to_dict() == {"p": 0.2}


def test_a_wide_polyline_keeps_its_corners():
    (fence,) = table([(LineString([(20, 0), (30, 0), (30, 2)]), {"id": "f", "width_m": 1.0})])["geometry"]
    # Half a metre beyond the corner on the outside, flat at both ends.
    assert fence.area == pytest.approx(10.5 * 1 + 1.5 * 1)
    assert fence.covers(moved(Point(30.49, -0.49)))


@pytest.mark.parametrize("kind", [k.value for k in ObstructionKind])
def test_what_an_unknown_underside_means(kind):
    row = table([over(0, 0, 1, 1, None, kind, id="o")]).iloc[0]
    overhead = kind in ("overhead_line", "arch", "billboard", "decoration")
    # A gate of which nothing is known blocks nothing.
    assert (row["ground"], row["overhead"]) == (not overhead and kind != "gate", overhead)


def test_a_known_underside_lifts_any_kind_off_the_ground():
    for kind in ("tree", "arch", "structure"):
        row = table([over(0, 0, 1, 1, 3.2, kind)]).iloc[0]
        assert (row["ground"], row["overhead"], row["clear_height_m"]) == (False, True, 3.2)
        row = table([over(0, 0, 1, 1, 0.0, kind)]).iloc[0]
        assert (row["ground"], row["overhead"]) == (True, False)


@pytest.mark.parametrize(("openable", "stands"), [(True, False), (False, True), (None, False)])
def test_a_gate_blocks_only_when_known_to_stay_shut(openable, stands):
    row = table([(box(0, -3, 0.2, 3), {"kind": "gate", "openable": openable})]).iloc[0]
    assert row["ground"] == stands
    assert not row["overhead"]


def test_openable_frees_gates_alone():
    assert table([(box(0, -3, 1, 3), {"kind": "fence", "openable": True})]).iloc[0]["ground"]


def test_existing_bays_count_as_occupied_and_planned_ones_do_not():
    bays = [(box(0, 0, 5, 2), {"id": "e", "status": "existing"}), (box(6, 0, 11, 2), {"id": "p", "status": "planned"}),
            (box(12, 0, 17, 2), {"id": "unsaid"})]  # fmt: skip
    found = table([], parking=bays)
    assert list(found.index) == ["e", "unsaid"]
    assert set(found["kind"]) == {"parking_bay"}
    assert found["ground"].all()


def test_shared_ids_are_told_apart_by_their_layer():
    scene = site([(road(), {"id": "A"})], obstructions=[post(0, 0, id="B"), post(1, 0, id="A")],
                 parking=[(box(0, 0, 5, 2), {"id": "B"}), (box(6, 0, 9, 2), {"id": "C"})])  # fmt: skip
    labels = owner_labels(scene)
    assert labels["obstructions", "B"] == "obstructions:B"
    assert labels["parking", "B"] == "parking:B"
    assert labels["obstructions", "A"] == "obstructions:A"
    assert labels["parking", "C"] == "C"
    assert list(obstacles(scene)["owner"]) == ["obstructions:B", "obstructions:A", "parking:B", "C"]


def test_the_envelope_takes_in_what_hangs_lower():
    found = table([post(0, 0, id="p"), over(1, 0, 2, 1, 4.0, id="exact"), over(3, 0, 4, 1, 3.999, id="low"),
                   over(5, 0, 6, 1, None, id="unknown")])  # fmt: skip
    assert list(blocking(found, None).index) == ["p"]
    assert list(blocking(found, 4.0).index) == ["p", "low"]
    assert list(blocking(found, 4.1).index) == ["p", "exact", "low"]


def test_parts_are_sorted_by_dimension():
    areas, lines, posts = split_by_dimension(np.array([
        shapely.MultiPolygon([box(0, 0, 1, 1), box(2, 0, 3, 1)]), LineString([(0, 0), (1, 1)]), Point(5, 6),
    ], dtype=object))  # fmt: skip
    assert (len(areas), len(lines), posts.tolist()) == (2, 1, [[5, 6]])


def test_a_site_without_obstacles_has_an_empty_table():
    assert obstacles(site([road()])).empty
    assert blocking(obstacles(site([road()])), 4.0).empty
