"""Which planned bays can stay: hand-made rows of bays, then every subset by measuring."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from site_scenes import LineString, box, gates, measured, post, site, street

from firelane.auditing import audit
from firelane.auditing.document import document
from firelane.remedy import words
from firelane.remedy.parking import plan_parking
from firelane.remedy.plan_check import Remeasured


def bay(x0, y0, x1, y1, name, **columns):
    return box(x0, y0, x1, y1), {"id": name, "status": "planned", **columns}


def plan(a_site):
    return plan_parking(measured(a_site), words.namer({}))


def test_without_planned_bays_there_is_nothing_to_say():
    assert plan(street(6.0)) is None
    assert plan(street(6.0, parking=[(box(40, 1, 46, 3), {"status": "existing"})])) is None


def test_a_bay_on_a_lane_that_fails_anyway_is_not_called_harmless():
    narrow = plan(street(3.9, parking=[bay(20, 1, 25, 1.9, "P")]))
    assert (narrow["count"], narrow["given_up"]) == (1, [])
    assert "有 1 条车道没有规划泊位也不达标" in narrow["text_zh"]
    assert "1 lanes fail without any planned bay" in narrow["text_en"]
    assert "不达标" not in plan(street(8.0, parking=[bay(20, 2, 25, 4, "P")]))["text_zh"]


def test_opposite_bays_break_the_lane_together_one_side_can_stay():
    # 8.4 m: a row of 2.2 m on one side leaves 6.2 m, on both sides 4.0 m; one bay is 0.1 m broader.
    pairs = [bay(20, 2.0, 26, 4.2, "N1"), bay(20, -4.2, 26, -2.0, "S1"), bay(50, 1.9, 56, 4.2, "N2"), bay(50, -4.2, 56, -2.0, "S2")]
    found = plan(street(8.4, parking=pairs))
    assert (found["planned"], found["count"], found["upper_bound"], found["proven"]) == (4, 3, 3, True)
    assert found["given_up"] in (["N2"], ["S2"])
    assert {"N1", "S1"} <= set(found["kept"])
    assert found["alone"] == []
    assert "At most 3 of 4 planned bays can stay (proven" in found["text_en"]


def test_a_bay_too_broad_breaks_the_lane_by_itself():
    found = plan(street(6.0, parking=[bay(20, 0.7, 26, 3, "BROAD"), bay(40, 1, 46, 3, "FITS")]))
    assert (found["given_up"], found["kept"], found["alone"]) == (["BROAD"], ["FITS"], ["BROAD"])
    assert found["proven"] is True


def test_existing_obstacles_stay_and_lanes_that_fail_anyway_ask_for_nothing():
    beside = plan(street(8.0, [post(50, -0.1, removable=True)], parking=[bay(47, 2, 53, 4, "P")]))
    assert beside["given_up"] == ["P"]
    failing = plan(street(8.0, [post(50, 0.1), post(50, -2.5), post(50, 2.6)], parking=[bay(20, -1, 26, 1, "P")]))
    assert failing["kept"] == ["P"]


def test_bays_inside_a_designated_lane_are_given_up_whatever_is_left():
    found = plan(street(12.0, parking=[bay(20, 1.0, 26, 3.2, "IN"), bay(40, 3, 46, 5.2, "OUT")],
                        fire_lanes=[(box(0, -4, 100, 2), {"id": "F"})]))  # fmt: skip
    assert (found["given_up"], found["designated"], found["count"], found["proven"]) == (["IN"], ["IN"], 1, True)


def test_a_building_in_a_square_keeps_its_way():
    # A square of 30 m: no lane is barred by bays about its far corner, the building there would be.
    pavement = shapely.union_all([box(0, -4, 60, 4), box(60, -15, 90, 15)])
    wall = [bay(70 + 2.5 * n, 4, 72.5 + 2.5 * n, 6, f"P{n}") for n in range(8)]
    found = plan(site([pavement], parking=wall, obstructions=[], entrances=[gates()[0]],
                      buildings=[(box(80, 26, 90, 34), {"id": "H"})]))  # fmt: skip
    assert found["proven"] is True
    assert found["count"] + len(found["given_up"]) == 8


def kept_at_most(a_site):
    """Return the largest number of planned bays with which every lane and building still passes."""
    without = measured(a_site)
    parking = a_site.layer("parking")
    names = list(parking["id"][(parking["status"] == "planned").to_numpy()])
    lanes = [i for i in without.network.lanes["lane_id"] if Remeasured.without(without, ()).lane_width_m(i) >= 4 - 1e-6]
    reached = [r.building_id for r in without.reach if (r.widest_m or 0) >= 4 - 1e-6]
    for size in range(len(names), -1, -1):
        for chosen in itertools.combinations(names, size):
            table = parking[parking["id"].isin(chosen).to_numpy()].assign(status="existing").reset_index(drop=True)
            there = measured(type(a_site)(a_site.id, a_site.name, a_site.crs, {**a_site.layers, "parking": table}, a_site.config))
            here = Remeasured.without(there, ())
            if all(here.lane_width_m(i) >= 4 - 1e-6 for i in lanes) and all(
                (r.widest_m or 0) >= 4 - 1e-6 for r in there.reach if r.building_id in reached
            ):
                return size
    return 0


def random_bays(rng, most):
    pavement = shapely.union_all([box(0, -4, 60, 4), box(34, 0, 41.5, 34)])
    bays = []
    for n in range(most):
        if rng.random() < 0.7:
            x, y = rng.uniform(6, 50), rng.choice([-1, 1]) * rng.uniform(2.2, 3)
            bays.append(bay(x - 3, y - 1, x + 3, y + 1, f"P{n}"))
        else:
            x, y = rng.choice([35, 40.5]), rng.uniform(8, 28)
            bays.append(bay(x - 1, y - 3, x + 1, y + 3, f"P{n}"))
    return site([pavement], parking=bays, obstructions=[], entrances=[(LineString([(0, -4), (0, 4)]), {"id": "W"})],
                buildings=[(box(20, 20, 30, 33), {"id": "N"}), (box(45, -16, 55, -8), {"id": "S"})])  # fmt: skip


def compare(a_site):
    found, best = plan(a_site), kept_at_most(a_site)
    assert found["count"] <= best <= found["upper_bound"]
    assert not found["proven"] or found["count"] == best
    return found["proven"]


def test_few_bays_agree_with_every_subset():
    rng = np.random.default_rng(4)
    assert [compare(random_bays(rng, 5)) for _ in range(3)] == [True] * 3


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_more_bays_agree_with_every_subset(seed):
    rng = np.random.default_rng(100 + seed)
    for _ in range(4):
        compare(random_bays(rng, 7))


@pytest.mark.slow
def test_three_hundred_bays_are_proven():
    rng = np.random.default_rng(0)
    widths = [rng.uniform(6.6, 8.8) for _ in range(8)]
    ways = [box(60 * n - w / 2, -10, 60 * n + w / 2, 190) for n, w in enumerate(widths[:4])]
    ways += [box(-10, 60 * n - w / 2, 190, 60 * n + w / 2) for n, w in enumerate(widths[4:])]
    bays = []
    for n, w in enumerate(widths[:4]):
        bays += [
            bay(60 * n + a, y, 60 * n + a + 2.1, y + 6, f"P{n}-{y}-{k}")
            for y in range(9, 172, 6) for k, a in enumerate((0.1 - w / 2, w / 2 - 2.2)) if 8 < y % 60 < 46
        ]  # fmt: skip
    for n, w in enumerate(widths[4:]):
        bays += [
            bay(x, 60 * n + a, x + 6, 60 * n + a + 2.1, f"Q{n}-{x}-{k}")
            for x in range(9, 172, 6) for k, a in enumerate((0.1 - w / 2, w / 2 - 2.2)) if 8 < x % 60 < 46
        ]  # fmt: skip
    assert len(bays) >= 290
    mouth = [(LineString([(-10, -widths[4] / 2), (-10, widths[4] / 2)]), {"id": "W"})]
    found = plan(site([shapely.union_all(ways)], parking=bays, obstructions=[], entrances=mouth,
                      buildings=[(box(15, 15, 30, 30), {"id": "H"})]))  # fmt: skip
    assert found["proven"] is True


def test_parking_is_in_the_document():
    scene = street(6.0, parking=[bay(20, 0.7, 26, 3, "P")])
    doc = document(audit(scene))
    assert doc["parking"]["given_up"] == ["P"]
    assert document(audit(scene, remedies=False))["parking"] is None
