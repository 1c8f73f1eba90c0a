"""How far kerbs must move, per gap and side; each answer is tried on the pavement widened so."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from site_scenes import box, car, gates, measured, post, site, street

from firelane.remedy.kerb import COMPASS, kerb_moves, suffices, widened
from firelane.remedy.plan_check import Remeasured


def moves(a_site):
    """Return the kerb moves of the one lane of a site, and whether they suffice."""
    found = measured(a_site)
    here = Remeasured.without(found, ())
    (lane_id,) = found.network.lanes["lane_id"]
    narrow = [n for n in here.narrowings(lane_id) if n.pinch >= 0]
    owners = {(id(n.space), n.pinch): here.owners_of(n.space, n.pinch) for n in narrow}
    got, added = kerb_moves(found, narrow, {k: v for k, v in owners.items() if v}, 4.0)
    if not got:
        return got, False
    return got, suffices(widened(found, found.spaces, added), lane_id, max(m.kerb_m for m in got))


def test_the_wider_side_of_a_post_not_both():
    # 3.8 m south, 2.2 m north: one side suffices.
    (move,), enough = moves(street(6.0, [post(50, 0.8, id="B")]))
    assert move.kerb_m == pytest.approx(0.2, abs=1e-6)
    assert (move.side[1], move.edge, move.beside) == ("south", "edge:roads-1", "B")
    assert enough


def test_beside_a_car_along_its_whole_length():
    found, enough = moves(street(5.5, [car(50, 1.5, id="C")]))
    assert max(m.kerb_m for m in found) == pytest.approx(4 - (1.5 - 0.95 + 2.75), abs=1e-6)
    assert {m.side[1] for m in found} == {"south"}
    assert enough


def test_a_bulge_of_the_kerb_opposite():
    road = box(0, -2.5, 100, 2.5) - box(45, 1.35, 55, 3)
    found, enough = moves(site([road], entrances=gates(100, 5)))
    assert max(m.kerb_m for m in found) == pytest.approx(0.15)
    assert enough


def test_a_road_too_narrow_from_end_to_end():
    found, enough = moves(street(3.9))
    assert max(m.kerb_m for m in found) == pytest.approx(0.1)
    assert enough


def test_between_two_trees_no_kerb_helps():
    found, _ = moves(street(11.0, [post(50, y, 0.2, kind="tree", id=f"T{n}") for n, y in enumerate((-3.9, 0.0, 3.9))]))
    assert found == []


@pytest.mark.parametrize("turn_deg", [0, 45, 90, 200])
def test_the_side_is_told_by_compass(turn_deg):
    def turned(g):
        moved = shapely.affinity.rotate(g, turn_deg, origin=(0, 0))
        return shapely.transform(moved, lambda xy: xy + np.array([535_900.0, 4_630_000.0]))

    (move,), _ = moves(site([box(0, -3, 100, 3)], obstructions=[post(50, 0.8)], entrances=gates(), transform=turned))
    heading = round((270 + turn_deg) % 360 / 45) % 8
    assert move.side == COMPASS[heading]


def test_a_dead_end_whose_tip_stays_too_narrow_is_not_mended():
    """The wall leaves 3.5 m, the tip 3.2 m: a kerb moved by half a metre does not make up for the tip."""
    tapering = shapely.Polygon([(0, -3), (94, -3), (100, -1.2), (100, 1.2), (94, 3), (0, 3)])
    wall = (box(50, -3, 51, -0.5), {"kind": "wall", "id": "W", "removable": False})
    found, enough = moves(site([tapering], obstructions=[wall], entrances=gates(both=False)))
    assert max(m.kerb_m for m in found) == pytest.approx(0.5, abs=1e-6)
    assert not enough
