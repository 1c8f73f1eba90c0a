"""What is called proven is so: scenes in which ground outside the site, shut mouths or frames of numbers once made it wrong."""

import dataclasses

import numpy as np
import pytest
import shapely
from shapely import LineString, Point, box

pytest.importorskip("numba")

from firelane.auditing import audit
from firelane.measure.tracked import measure_tracking
from firelane.tracking import field as field_module
from firelane.tracking.asked import asked_vehicles
from firelane.tracking.catalogue import vehicles
from firelane.tracking.drive import Drive
from firelane.tracking.field import field_of
from firelane.tracking.proof import prove
from firelane.tracking.site import driven_through, track_site
from firelane.tracking.sweep import footprints
from firelane.tracking.vehicle import Policy
from tests.support.site_scenes import ORIGIN, block, moved, post, road, site, spaces_of

PUMP = vehicles()["pump-8"]
PLAIN = Policy()
OVER_KERBS = Policy(kerb_overhang=True)
WEST, EAST = LineString([(0, -3), (0, 3)]), LineString([(60, -3), (60, 3)])


def tracked(a_site, policy=PLAIN):
    spaces = spaces_of(a_site)
    return track_site(a_site, spaces.network, spaces, PUMP, policy)


def classes(tracking):
    return {(r.entrance_id, r.target_id): r[4] for r in tracking.targets.itertuples()}


def beside(openable, **layers):
    """A road from a mouth in the west, and 8 m before that mouth a road of its own across, without any entrance."""
    mouths = [(WEST, {"id": "W", "openable": openable, "gate": True}), (EAST, {"id": "E"})]
    return site([road(60), box(-16, -40, -8, 40)], entrances=mouths, **layers)


@pytest.mark.parametrize("openable", [True, False])
def test_no_way_leads_out_by_a_mouth_to_another_road(openable):
    tracking = tracked(beside(openable, obstructions=[], buildings=[box(-7, -10, -1, 10)]))
    found = classes(tracking)
    across, own = sorted({t for _, t in found if t.startswith("L")}, key=lambda t: "5888" not in t)
    assert found["E", across] == "proven_fail"
    assert found["E", own] == "proven_pass"
    assert found["W", across] == ("proven_fail" if openable else "not_tried")
    assert found["W", own] == ("proven_pass" if openable else "not_tried")
    # the building before the mouth contradicts the strip that is taken as open: that is said
    assert any("buildings-1 are drawn in the strip" in en for _, en in tracking.notes) == openable


def test_what_stands_on_another_road_stays_there():
    mouths = [(WEST, {"id": "W"}), (LineString([(-16, 40), (-8, 40)]), {"id": "N"})]
    a_site = site([road(60), box(-16, -40, -8, 40)], entrances=mouths, obstructions=[block(-16, -3, -8, 3)])
    tracking = tracked(a_site)
    rows = tracking.targets.set_index(["entrance_id", "target_id"])
    assert rows.loc[("N", "L5888-0000"), "class"] == "proven_fail"
    assert rows.loc[("N", "L5888-0000"), "share"] < 0.5
    ground = tracking.field.by("N").body.area
    assert not shapely.intersects(ground, moved(box(-15, -2, -9, 2)))


def test_a_strip_over_the_sites_own_ground_leads_through_its_mouth_only():
    own = field_of(spaces_of(beside(True, obstructions=[])), PUMP, Policy()).by("W")
    assert own.sheet is not None
    assert shapely.contains(own.body.area, moved(Point(-12, 0)))
    assert not shapely.intersects(own.body.area, moved(Point(-12, 10)))
    # a strip that touches a road along its side is not joined to it either
    mouths = [(WEST, {"id": "W"})]
    along = site([road(60), box(-14, 3, 0, 9), box(0, 3, 6, 9)], entrances=mouths, obstructions=[])
    side = field_of(spaces_of(along), PUMP, Policy()).by("W")
    crossing = moved(box(-9, 1, -5, 6))
    assert shapely.area(shapely.difference(crossing, side.body.area)) < 0.01
    assert not shapely.covers(side.body.area, crossing)


def test_an_entrance_lower_than_the_vehicle_is_no_way_in():
    low, high = ([(WEST, {"id": "W", "clear_height_m": h})] for h in (3.0, 4.0))
    tracking = tracked(site([road(60)], entrances=low, obstructions=[]))
    assert set(classes(tracking).values()) == {"proven_fail"}
    assert tracking.targets["too_low"].all()
    assert "W is lower than the vehicle" in tracking.notes[0][1]
    assert set(classes(tracked(site([road(60)], entrances=high, obstructions=[]))).values()) == {"proven_pass"}


def test_of_an_unknown_height_an_entrance_is_a_way_in():
    unknown = [(WEST, {"id": "W", "gate": True})]
    assert set(classes(tracked(site([road(60)], entrances=unknown, obstructions=[]))).values()) == {"proven_pass"}


def test_nothing_is_served_from_before_the_mouth():
    """A building beside the strip outside, 10.4 m from all that lies inside of a mouth barred by bollards."""
    bollards = [post(0.2, y, 0.1) for y in (-2, -1, 0, 1, 2)]
    a_site = site([road(60)], entrances=[(WEST, {"id": "W"})], obstructions=bollards, buildings=[box(-12, 5, -9.0, 9)])
    tracking = tracked(a_site)
    building = tracking.targets.set_index("target_kind").loc["building"]
    assert building["class"] != "proven_pass"
    assert building["share"] == 0
    open_ = site([road(60)], entrances=[(WEST, {"id": "W"})], obstructions=[], buildings=[box(-12, 5, -9.0, 9)])
    tracking = tracked(open_)
    path = next(p for p in tracking.drives if ("building" in [k.value for k, _ in p.served]))
    ground = tracking.field.inside(path.swept.body, "W")
    assert shapely.distance(ground, moved(box(-12, 5, -9.0, 9))) <= 10.0


@pytest.mark.parametrize("width", [2.7, 4.0])
def test_over_kerbs_a_narrow_street_is_driven(width):
    """Body and wheels have regions of different extent: one frame for both, or the wheels' proofs look elsewhere."""
    half = width / 2
    a_site = site([road(60, width)], entrances=[(LineString([(0, -half), (0, half)]), {"id": "W"})], obstructions=[], buildings=[])
    tracking = tracked(a_site, OVER_KERBS)
    assert set(classes(tracking).values()) == {"proven_pass"}
    assert tracking.field.body.origin.tolist() != tracking.field.wheels.origin.tolist()


@pytest.mark.parametrize(
    "thing",
    [
        (LineString([(30, -8), (30, 8)]), {"kind": "overhead_line", "clear_height_m": 6.0}),
        (LineString([(30, -5), (30, 5)]), {"kind": "gate", "openable": True}),
    ],
)
def test_over_kerbs_what_hangs_high_or_opens_is_no_wall(thing):
    mouth = [(LineString([(0, -5), (0, 5)]), {"id": "W"})]
    assert set(classes(tracked(site([road(60, 10)], entrances=mouth, obstructions=[thing], buildings=[]), OVER_KERBS)).values()) == {"proven_pass"}
    low = (LineString([(30, -8), (30, 8)]), {"kind": "overhead_line", "clear_height_m": 3.0})
    where = field_of(spaces_of(site([road(60, 10)], entrances=mouth, obstructions=[low], buildings=[])), PUMP, OVER_KERBS)
    assert len(where.body.walls)


@pytest.mark.parametrize(("y", "holds"), [(0.97, False), (0.7, True)])
def test_over_kerbs_gate_posts_stand(y, holds):
    """A mouth of 4 m in the end of a road of 10 m: the body, 2.5 m wide, does not sweep over the post at y = 2."""
    a_site = site([road(60, 10)], entrances=[(LineString([(0, -2), (0, 2)]), {"id": "W"})], obstructions=[], buildings=[])
    where = field_of(spaces_of(a_site), PUMP, OVER_KERBS)
    xy = np.array([[-0.5, y], [10, y]]) + ORIGIN
    assert prove(Drive(xy, np.zeros(2), np.zeros(2), np.ones(2, int)), where, PUMP, OVER_KERBS).holds == holds


@pytest.mark.parametrize("x", [0.5, 3.0, 10.0, 30.0])
def test_bollards_right_across_are_a_proven_fail(x):
    bollards = [post(x, y, 0.1) for y in (-2, -1, 0, 1, 2)]
    tracking = tracked(site([road(60)], entrances=[(WEST, {"id": "W"})], obstructions=bollards))
    row = tracking.targets.iloc[0]
    assert row["class"] == "proven_fail"
    assert row["gap_m"] == pytest.approx(0.9, abs=0.01)


def test_a_scrap_of_road_beside_a_building_makes_no_fail():
    """The road's end comes to 9.8 m of the building; a scrap of road that hangs together with nothing lies nearer."""
    d = 9.8 / np.sqrt(2)
    mouth = [(LineString([(-60, -2.6), (-60, 0)]), {"id": "W"})]
    scrap = box(d + 12, d, d + 22, d + 10)
    tracking = tracked(site([box(-60, -2.6, 0, 0), scrap], entrances=mouth, obstructions=[], buildings=[box(d, d, d + 10, d + 10)]))
    building = tracking.targets.set_index("target_kind").loc["building"]
    assert building["class"] != "proven_fail"


def test_a_corner_through_a_gap_makes_no_fail():
    """A front corner that pokes through a gap of 2.4 m comes to 9.3 m of the building: that is a drive, so no proof stands against it."""
    walls = [(LineString([(40, y0), (40, y1)]), {"kind": "wall"}) for y0, y1 in ((-20, -1.2), (1.2, 20))]
    building = box(50.4, -5, 58.4, 5)
    area = shapely.union_all([box(0, -20, 40.5, 20), box(40.5, -1.2, 60, 1.2)])
    a_site = site([area], entrances=[(LineString([(0, -20), (0, 20)]), {"id": "W"})], obstructions=walls, buildings=[building])
    turn = -np.pi / 4
    cos, sin = np.cos(turn), np.sin(turn)
    rear = np.array([41.1, 0.0]) + ORIGIN - np.array([[cos, -sin], [sin, cos]]) @ [PUMP.front_m, PUMP.width_m / 2]
    drive = Drive(np.array([rear - 3 * np.array([cos, sin]), rear]), np.full(2, turn), np.zeros(2), np.ones(2, int))
    tracking = tracked(a_site)
    assert prove(drive, tracking.field, PUMP, Policy()).holds
    assert shapely.distance(footprints(drive, PUMP)[-1], moved(building)) < 10
    found = tracking.targets.set_index("target_kind")["class"]
    assert found["building"] != "proven_fail"
    assert found["lane"] == "proven_fail"


def test_noses_from_both_ends_are_not_driving_through():
    places = np.array([LineString([(x, -1), (x, 1)]) for x in range(40)], dtype=object)
    bodies = [box(x, -1, x + 8, 1) for x in range(12)], [box(x, -1, x + 8, 1) for x in range(21, 33)]
    assert not driven_through(places, shapely.STRtree([*bodies[0], *bodies[1]]))
    assert driven_through(places, shapely.STRtree(bodies[0]))
    assert driven_through(places, shapely.STRtree([box(x, -1, x + 8, 1) for x in range(33)]))
    assert driven_through(places, shapely.STRtree([]))


def test_roads_far_apart_take_no_memory():
    a_site = site([road(60), box(5000, 5000, 5060, 5006)], entrances=[(WEST, {"id": "W"})], obstructions=[])
    tracking = tracked(a_site)
    assert sorted(classes(tracking).values()) == ["proven_fail", "proven_pass"]
    assert tracking.field.over.clear.size < 100_000


def test_ground_too_large_is_said_and_not_searched(monkeypatch):
    monkeypatch.setattr(field_module, "MOST_CELLS", 1_000)
    a_site = site([road(60)], entrances=[(WEST, {"id": "W"})], obstructions=[])
    asked = asked_vehicles({}, ["pump-8"])
    (result,) = measure_tracking(spaces_of(a_site), asked, list, lambda _: None)
    zh, en = result.unsearched
    assert "范围过大" in zh
    assert "too large" in en
    assert not len(result.targets)


def test_the_map_does_not_depend_on_how_it_is_looked_at(monkeypatch):
    where = field_of(spaces_of(site([road(60)], entrances=[(WEST, {"id": "W"})], obstructions=[post(20, 1, 0.3)])), PUMP, Policy())
    whole = where.over.clear
    monkeypatch.setattr(field_module, "STRIP_CELLS", 700)
    again = dataclasses.replace(where.body).arrays().clear
    np.testing.assert_array_equal(whole, again)


def test_the_finding_names_the_height():
    result = audit(site([road(60)], entrances=[(WEST, {"id": "W", "clear_height_m": 3.0})], obstructions=[]), vehicles=["pump-8"], remedies=False)
    found = [f for f in result.findings if f.rule_id == "sy2020-14-turning"]
    assert [f.verdict.value for f in found] == ["fail"]
    assert "lower than the vehicle, 4.00 m" in found[0].message_en
    assert "净高低于车高" in found[0].message_zh
