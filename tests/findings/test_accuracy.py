"""The accuracy of the survey reaches every margin: within it, nobody can tell."""

from dataclasses import replace

import pytest
from site_scenes import (
    Point,
    audited,
    audited_in_full,
    block,
    box,
    gates,
    measured,
    of,
    only,
    over,
    post,
    road,
    site,
    street,
)

from firelane.findings.desk import Desk, minimum_verdict
from firelane.vocabulary import Verdict
from firelane.whatif import WhatIf

WIDTH, HEIGHT = "sy2020-14-clear-width", "sy2020-14-clear-height"
EDGE_LINE, BOX, GRID = "sy2020-13-2-edge-line", "sy2020-13-2-box", "sy2020-13-3-grid"


def with_accuracy(metres=0.05, **layers):
    return {"accuracy_m": metres, "layer_accuracy_m": layers}


@pytest.mark.parametrize(("value", "accuracy", "verdict"), [
    (4.0, 0.0, "pass"), (3.999, 0.0, "fail"), (4.0, 0.05, "indeterminate"), (3.951, 0.05, "indeterminate"),
    (3.949, 0.05, "fail"), (4.049, 0.05, "indeterminate"), (4.051, 0.05, "pass"),
])  # fmt: skip
def test_the_boundary_table(value, accuracy, verdict):
    assert minimum_verdict(value, 4.0, accuracy).value == verdict
    found = only(audited(street(value, config=with_accuracy(accuracy))), WIDTH)
    assert found.verdict.value == verdict
    assert found.margin == pytest.approx(value - 4.0, abs=1e-6)


def test_a_coarse_layer_beside_a_fine_one_is_found_in_the_same_stretch():
    """Walls 4.02 m apart, surveyed to the millimetre; beside them bays 4.1 m apart, surveyed to 0.2 m."""
    walls = [block(48, 2.01, 50, 4, "wall", id="W1"), block(48, -4, 50, -2.01, "wall", id="W2")]
    bays = [
        (box(51, 2.1, 55, 4), {"id": "B1", "status": "existing"}),
        (box(51, -4, 55, -2.0), {"id": "B2", "status": "existing"}),
    ]  # fmt: skip

    def verdict(**accuracy):
        return only(audited(street(8.0, walls, parking=bays, config=with_accuracy(0.001, **accuracy))), WIDTH)

    assert verdict().verdict is Verdict.PASS
    found = verdict(parking=0.2)
    assert (found.verdict, found.value) == (Verdict.INDETERMINATE, pytest.approx(4.1, abs=1e-6))
    assert set(found.owners) >= {"B1", "B2"}


@pytest.mark.parametrize(("height", "verdict"), [
    (3.9, "fail"), (3.97, "indeterminate"), (4.03, "indeterminate"), (4.2, "pass"),
])  # fmt: skip
def test_heights(height, verdict):
    found = of(audited(street(6.0, [over(50, -4, 52, 4, height, id="A")], config=with_accuracy())), HEIGHT)
    assert {f.verdict.value for f in found} == {verdict}


@pytest.mark.parametrize(("y", "verdict"), [(-0.9, "fail"), (-1.0, "indeterminate"), (-1.2, "pass")])
def test_obstructions_and_bays(y, verdict):
    """6 m wide, a thing from the south kerb to y: 3 - y is left."""
    scene = street(6.0, [block(50, -3, 55, y, id="S")], config=with_accuracy())
    assert only(audited(scene), "sy2020-10-obstruction").verdict.value == verdict
    bay = street(6.0, [], parking=[(box(50, -3, 55, y), {"status": "planned", "id": "B"})], config=with_accuracy())
    assert only(audited(bay), "sy2020-14-parking").verdict.value == verdict


def test_reach_at_a_mouth_takes_the_entrances_accuracy():
    """Nothing but the mouth itself decides: its line is as good as the survey of entrances."""
    scene = street(4.03, [], buildings=[box(40, 5, 60, 15)], config=with_accuracy(0.0, entrances=0.05))
    found = only(audited_in_full(scene, "gb55037"), "gb55037-3.4.1-reach")
    assert found.pinch_id is None
    assert found.verdict is Verdict.INDETERMINATE


def paint(kind, shape, mark_id):
    return shape, {"kind": kind, "id": mark_id, "colour": "yellow", "condition": "good"}


def painted(accuracy, *, north=(2.55, 2.70), until=40.0, middle=23.0, grid_low=-3.0):
    marks = [
        paint("edge_line", box(6, north[0], until, north[1]), "north"),
        paint("edge_line", box(6, -2.70, 40, -2.55), "south"),
        paint("box", box(middle - 1.5, -1.5, middle + 1.5, 1.5), "box"),
        paint("grid", box(0, grid_low, 6, 3), "grid_w"), paint("grid", box(40, -3, 46, 3), "grid_e"),
    ]  # fmt: skip
    return audited_in_full(street(
        6.0, length=46.0, entrances=gates(46.0, 6.0), markings=marks, config=with_accuracy(accuracy),
        signs=[(Point(23, 3.5), {"id": "s", "kind": "warning"})],
    ))  # fmt: skip


@pytest.mark.parametrize(("accuracy", "changed", "verdict"), [
    # 30 cm from the edge within 5 cm; 15 cm wide within 2 cm.
    (0.0, {"north": (2.51, 2.66)}, "pass"), (0.005, {"north": (2.51, 2.66)}, "pass"),
    (0.015, {"north": (2.51, 2.66)}, "indeterminate"), (0.015, {"north": (2.49, 2.64)}, "indeterminate"),
    (0.005, {"north": (2.48, 2.63)}, "fail"),
    (0.015, {"north": (2.56, 2.69)}, "indeterminate"), (0.005, {"north": (2.58, 2.68)}, "fail"),
    # Two metres of line are missing: more than any accuracy explains.
    (0.005, {"until": 38.0}, "fail"),
])  # fmt: skip
def test_edge_lines(accuracy, changed, verdict):
    found = only(painted(accuracy, **changed), EDGE_LINE)
    assert found.verdict.value == verdict
    assert ("within the survey's accuracy" in found.message_en) == (verdict == "indeterminate")


@pytest.mark.parametrize(("accuracy", "middle", "verdict"), [
    (0.0, 26.1, "fail"), (0.05, 26.1, "fail"), (0.2, 26.1, "indeterminate"), (0.2, 25.9, "indeterminate"),
    (0.05, 23.0, "pass"),
])  # fmt: skip
def test_boxes(accuracy, middle, verdict):
    # From the grid's end at x = 6 to the middle of the box: 20 m at the most, and a centimetre.
    assert only(painted(accuracy, middle=middle), BOX).verdict.value == verdict


@pytest.mark.parametrize(("accuracy", "low", "verdict"), [
    (0.0, -2.4, "fail"), (0.05, -2.4, "fail"), (0.2, -2.4, "indeterminate"), (0.2, -2.6, "indeterminate"),
    (0.2, -3.0, "pass"),
])  # fmt: skip
def test_grids(accuracy, low, verdict):
    # Half a metre of a mouth of 6 m may stay bare.
    (found,) = [f for f in of(painted(accuracy, grid_low=low), GRID) if f.entrance_id == "W"]
    assert found.verdict.value == verdict


def test_the_desk_takes_the_coarsest_of_what_bounds_a_gap():
    scene = street(6.0, [post(50, 0, radius=0.3, id="P")], config=with_accuracy(0.01, obstructions=0.02))
    desk = Desk(measured(replace(scene, coarse_m={"roads": 0.14})))
    assert desk.accuracy_of(["edge:roads-1", "edge:roads-1"]) == 0.14
    assert desk.accuracy_of(["P", "edge:roads-1"]) == 0.14
    assert desk.accuracy_of(["P"]) == 0.02
    assert desk.accuracy_of([]) == 0.14
    assert desk.accuracy_of(["P", "edge:roads-1"], heights=True) == 0.02
    assert desk.coarsest_m() == 0.14


class TestOneForARow:
    """A point on a mapped centreline says that bollards close the road, not how many nor how far apart."""

    @pytest.mark.parametrize(("row", "verdict"), [(None, "pass"), (False, "pass"), (True, "not_measured")])
    def test_what_it_leaves_is_not_measured(self, row, verdict):
        result = audited(street(10.0, [post(50, 0, id="b", stands_for_row=row)]))
        width, thing = only(result, WIDTH), only(result, "sy2020-10-obstruction")
        assert (width.verdict.value, thing.verdict.value) == (verdict, verdict)
        if row:
            assert (width.value, thing.value, width.owners) == (None, None, ("b",))
            assert result.lanes["verdict"].iloc[0] == "not_measured"
            assert only(result, "sy2020-15-2-clearing").owners == ("b",)

    def test_too_narrow_a_road_fails_all_the_same(self):
        result = audited(street(6.0, [post(50, 0, id="b", stands_for_row=True)]))
        assert {only(result, WIDTH).verdict.value, only(result, "sy2020-10-obstruction").verdict.value} == {"fail"}

    def test_what_if_it_went(self):
        """Under edits the same is said, and with the bollard gone the lane is as wide as it is drawn."""
        site = street(10.0, [post(50, 0, id="b", stands_for_row=True)])
        now = WhatIf.of(site)
        assert list(now.lanes["width_verdict"]) == ["not_measured"]
        assert list(now.remove("b").lanes["width_verdict"]) == ["pass"]


@pytest.mark.parametrize("width", [4.5, 5.0, 6.0])
def test_a_road_known_coarsely_elsewhere_joins_no_stretches_here(width):
    """Two narrow places stay two, where they are, whatever is known of a road three hundred metres away."""
    half = width / 2
    bays = [(box(30, 0.8, 33, half + 1), {"id": "a"}), (box(80, 1.2, 83, half + 1), {"id": "b"})]

    def found(*roads):
        rows = of(audited(site([road(120, width), *roads], parking=bays, entrances=gates(120, width))), WIDTH, "fail")
        return sorted((round(f.value, 6), tuple(round(c, 6) for c in f.chainage_m)) for f in rows)

    alone = found()
    assert [value for value, _ in alone] == [round(half + 0.8, 6), round(half + 1.2, 6)][: 2 if half + 1.2 < 4 else 1]
    assert found((box(0, 300, 50, 306), {"id": "far", "accuracy_m": 2.0})) == alone
