"""What is explained together: one explanation for each place that bars the way, and a word where there is none."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from shapely import LineString, box

pytest.importorskip("numba")

from firelane.tracking import overrun
from firelane.tracking.catalogue import standard_policy, vehicles
from firelane.tracking.overrun import explain, shortfall_of
from firelane.tracking.overrun_conflicts import Place
from firelane.tracking.record import BodyPart
from firelane.tracking.site import track_site
from tests.support.site_scenes import block, gates, post, road, site, spaces_of, street

PUMP, POLICY = vehicles()["pump-8"], standard_policy()
POST_M = 0.1


def explained(a_site):
    spaces = spaces_of(a_site)
    tracking = track_site(a_site, spaces.network, spaces, PUMP, POLICY)
    return explain(tracking, spaces), tracking


def of(found, tracking, name):
    """The number of the row of a building."""
    [row] = np.flatnonzero((tracking.targets["target_id"] == name).to_numpy())
    return found.overrun_id.iloc[row], found.shortfall_m.iloc[row]


def arms(*lefts):
    """A street of 8 m and lanes of 4 m to the south of it, with returns of 9 m."""
    parts = [road(100, 8)]
    for x in lefts:
        parts.append(box(x, -36, x + 4, -4))
        for corner, middle in ((x, x - 9), (x + 4, x + 13)):
            parts.append(shapely.difference(box(min(corner, middle), -13, max(corner, middle), -4), shapely.Point(middle, -13).buffer(9)))
    return shapely.union_all(parts)


def test_two_posts_in_two_lanes_are_two_places_and_each_keeps_its_own_mend():
    posts = [post(30, -20, POST_M, id="Z1", removable=True), post(70, -20, POST_M, id="Z2", removable=False)]
    houses = [(box(26, -48, 34, -40), {"id": "B1"}), (box(66, -48, 74, -40), {"id": "B2"})]
    found, tracking = explained(site([arms(28, 68)], entrances=gates(100, 8, both=False), obstructions=posts, buildings=houses))
    assert len(found.trips) == 2
    (first, short), (second, other) = (of(found, tracking, name) for name in ("B1", "B2"))
    assert first != second
    # the lane and the building behind it are one explanation
    assert [len(trip.serves) for trip in found.trips] == [2, 2]
    struck = {t.trip_id: {o for c in t.conflicts for o in c.owners if o.startswith("Z")} for t in found.trips}
    assert struck == {first: {"Z1"}, second: {"Z2"}}
    # 1.9 m are left on either side of a post
    assert [short, other] == pytest.approx([PUMP.width_m - (2 - POST_M)] * 2, abs=0.10)
    assert [(m.trip_id, m.action, m.owners, m.proven) for m in found.mends] == [(first, "remove", ("Z1",), True)]
    assert any(en.startswith(f"{second}:") for _, en in found.notes)


def test_a_mouth_that_is_too_narrow_is_one_explanation_for_all_that_lies_behind_it():
    neck = shapely.union_all([arms(28), box(-12, -1.2, 0, 1.2)])
    house = [(box(26, -48, 34, -40), {"id": "B1"})]
    found, tracking = explained(site([neck], entrances=[(LineString([(-12, -1.2), (-12, 1.2)]), {"id": "N"})], buildings=house))
    (trip,) = found.trips
    assert len(trip.serves) == len(tracking.targets) > 2
    assert found.shortfall_m.to_numpy() == pytest.approx(PUMP.width_m - 2.4, abs=0.02)


def test_a_gap_that_is_barred_while_another_way_leads_round_is_said_not_dropped():
    ring = shapely.difference(box(0, -3, 100, 60), box(20, 3, 80, 54))
    blocks = [block(49, -3.2, 50, -1.2, removable=False), block(49, 1.2, 50, 3.2, removable=False)]
    found, tracking = explained(site([ring], entrances=gates(100, 6, both=False), obstructions=blocks))
    assert (tracking.targets["class"] == "proven_fail").sum() == 1
    assert found.trips == ()
    [(zh, en)] = found.notes
    assert "另有路线" in zh
    assert "by another way" in en


def test_more_places_than_are_looked_at_are_named(monkeypatch):
    monkeypatch.setattr(overrun, "PROVEN_FAILS", 0)
    found, tracking = explained(street(6.0, [block(48, 1.0, 54, 4.0), block(48, -4, 54, -1.1)], both=False))
    [name] = tracking.targets["target_id"][tracking.targets["class"] == "proven_fail"]
    assert found.trips == ()
    assert any(name in zh and name in en and "not explained" in en for zh, en in found.notes)


def test_where_something_reaches_over_there_is_no_shortfall_of_nothing():
    piece = box(0, 0, 1, 0.025)
    left = Place(piece, 0.025, BodyPart.LEFT_SIDE, ("V1",), (0.5, 0.0), 10.0)
    assert shortfall_of(0.0, [left], 8.0) == pytest.approx(0.025)
    assert shortfall_of(0.2, [left], 8.0) == pytest.approx(0.2)
    right = replace(left, part=BodyPart.RIGHT_SIDE, depth_m=0.03)
    assert shortfall_of(0.03, [left, right], 8.0) == pytest.approx(0.055)
    assert shortfall_of(0.02, [left, right], 8.0) == pytest.approx(0.04)
