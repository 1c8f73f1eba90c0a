"""Paint and signs in the samples: complete by Article 13 but for what the tables name."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from sample_plan import SAMPLES, Plan
from shapely import Point
from shapely.affinity import scale


@pytest.fixture(scope="module", params=SAMPLES)
def plan(request):
    return Plan(request.param)


@pytest.fixture(scope="module")
def district():
    return Plan("shenyang_district")


@pytest.fixture(scope="module")
def compliant():
    return Plan("shenyang_compliant")


def _edge(plan):
    """Return the pavement edge without the mouths; the east gate's line stops 0.15 m short of it."""
    edge = plan.pavement.boundary
    for row in plan.layers["entrances"].itertuples():
        line = row.geometry
        short = 0.15 if (plan.name, row.id) == ("shenyang_district", "E2") else 0.0
        whole = scale(line, *[(line.length + 2 * short) / line.length] * 2)
        edge = edge.difference(whole.buffer(1e-3))
    return edge


def _kerbless(plan):
    """Return the pavement edge without kerb and without the mouths."""
    kerbs = shapely.union_all(plan.layers["kerbs"].geometry.to_numpy())
    return _edge(plan).difference(kerbs.buffer(1e-3))


def _grids(plan):
    marks = plan.layers["markings"]
    return marks[marks.kind == "grid"].geometry.to_numpy()


def test_edge_line_of_the_district_is_where_article_13_wants_it(district):
    marks = district.layers["markings"]
    lines = marks[marks.kind == "edge_line"].geometry
    edge, wrong = _edge(district), 0
    for area in lines:
        near = min(edge.distance(Point(c)) for c in area.exterior.coords)
        far = max(edge.distance(Point(c)) for c in area.exterior.coords)
        assert far - near == pytest.approx(0.15, abs=2e-3)
        if abs(near - 0.30) < 2e-3:
            continue
        wrong += 1
        assert near == pytest.approx(0.50, abs=2e-3)
        [lane] = [row for row in district.expected["lane"] if row["name"] == "D2"]
        assert area.distance(Point(lane["point"])) < 2.0
    assert wrong == 1


def test_edge_line_is_complete_but_for_12_m(district):
    reach = shapely.union_all(
        [a.buffer(0.52) for a in district.layers["markings"].query("kind == 'edge_line'").geometry]
    )
    bare = _kerbless(district).difference(reach).difference(shapely.union_all(_grids(district)).buffer(0.6))
    parts = sorted((p.length, p) for p in shapely.get_parts(shapely.line_merge(bare)) if p.length > 0.5)
    [(length, gap)] = parts
    answer = district.answer("sy2020-13-2-edge-line", "X2")
    # at both ends the buffer reaches sqrt(0.52² - 0.30²) past the end of the paint
    assert length + 2 * math.sqrt(0.52**2 - 0.30**2) == pytest.approx(12.0, abs=0.01)
    assert answer["missing_m"] == 12.0
    assert gap.centroid.distance(Point(answer["location"])) < 0.5


def test_kerb_paint_is_complete_but_for_18_m(district):
    kerbs = shapely.union_all(district.layers["kerbs"].geometry.to_numpy())
    paint = shapely.union_all(district.layers["markings"].query("kind == 'kerb_paint'").geometry.to_numpy())
    bare = kerbs.difference(paint.buffer(1e-4))
    [gap] = [p for p in shapely.get_parts(shapely.line_merge(bare)) if p.length > 0.01]
    answer = district.answer("sy2020-13-2-kerb", "L4")
    assert gap.length == pytest.approx(answer["missing_m"], abs=1e-3)
    assert gap.distance(Point(answer["location"])) < 1.0


def test_paint_of_the_compliant_site_is_complete(compliant):
    marks = compliant.layers["markings"]
    lines = marks[marks.kind == "edge_line"]
    assert (lines.width_m == 0.15).all()
    assert shapely.distance(compliant.pavement.boundary, lines.geometry.array).min() == pytest.approx(
        0.375, abs=2e-3
    )
    reach = shapely.union_all(lines.geometry.buffer(0.54).to_numpy())  # to the corners of the dead end
    assert _kerbless(compliant).difference(reach).length < 0.05
    kerbs = shapely.union_all(compliant.layers["kerbs"].geometry.to_numpy())
    paint = shapely.union_all(marks[marks.kind == "kerb_paint"].geometry.to_numpy())
    assert kerbs.difference(paint.buffer(1e-4)).length < 0.01


def test_kerbs_and_kerbless_edges_make_up_the_whole_edge(plan):
    total = plan.pavement.boundary.length
    kerbs = plan.layers["kerbs"].geometry.length.sum()
    mouths = {"shenyang_district": 7 + 6 + 5, "shenyang_compliant": 12}[plan.name]
    bare = _kerbless(plan).length
    assert kerbs + bare + mouths == pytest.approx(total, abs=0.1)  # buffers of a millimetre take a little


def test_boxes_stand_in_the_middle_and_only_one_gap_is_too_long(plan):
    marks = plan.layers["markings"]
    boxes = [g.centroid for g in marks[marks.kind == "box"].geometry]
    edge = plan.pavement.boundary
    for spot in boxes:
        assert edge.distance(spot) > 1.9
    others = np.array([[a.distance(b) for b in boxes] for a in boxes])
    np.fill_diagonal(others, np.inf)
    assert others.min(axis=1).max() <= 18.0 + 1e-6
    if plan.name == "shenyang_district":
        at = Point(plan.answer("sy2020-13-2-box", "X1")["location"])
        near = sorted(spot.distance(at) for spot in boxes)
        assert near[:2] == pytest.approx([13.0, 13.0], abs=1e-3)


def test_lettering_is_missing_in_one_box_and_one_grid_of_the_district_only(plan):
    marks = plan.layers["markings"]
    texts = list(marks[marks.kind == "text"].geometry)

    def bare(kind):
        return [g for g in marks[marks.kind == kind].geometry if not any(g.contains(t) for t in texts)]

    boxes, grids = bare("box"), bare("grid")
    if plan.name == "shenyang_compliant":
        assert (boxes, grids) == ([], [])
        return
    [box], [grid] = boxes, grids
    assert box.contains(Point(plan.answer("sy2020-13-2-box-text", "L3")["location"]))
    assert grid.distance(plan.shape("entrances", "E2")) < 0.01


def test_grids_cover_the_mouths(plan):
    grids = _grids(plan)
    for row in plan.layers["entrances"].itertuples():
        covered = any(g.buffer(0.01).covers(row.geometry) for g in grids)
        assert covered == ((plan.name, row.id) != ("shenyang_district", "E3"))
    for grid in grids:
        assert grid.difference(plan.pavement.buffer(1e-6)).area < 1e-6


def test_signs_stand_beside_every_lane_and_on_both_sides_of_every_mouth(plan):
    signs = plan.layers["signs"]
    spots = list(signs.geometry)
    assert all(plan.pavement.distance(spot) > 0.2 for spot in spots)
    for row in plan.layers["entrances"].itertuples():
        for end in (row.geometry.coords[0], row.geometry.coords[-1]):
            assert min(Point(end).distance(spot) for spot in spots) < 1.5
    for lane in plan.expected["lane"]:
        assert min(Point(lane["point"]).distance(spot) for spot in spots) < 13.0
    worn = signs[signs.condition != "good"]
    assert len(worn) == (1 if plan.name == "shenyang_district" else 0)
    for row in worn.itertuples():
        plan.answer("sy2020-9-condition", row.id)
        plan.answer("sy2020-15-1-condition", row.id)


def test_the_compliant_site_has_no_violation(compliant):
    assert "violation" not in compliant.expected
    assert (compliant.layers["markings"].condition == "good").all()
