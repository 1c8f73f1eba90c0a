"""A whole site, by scenes that can be judged by eye; and the seeds outside a mouth."""

import builtins

import numpy as np
import pytest
import shapely

from firelane.errors import UsageError
from firelane.tracking.catalogue import vehicles
from firelane.tracking.field import field_of
from firelane.tracking.search_tree import kernels
from firelane.tracking.vehicle import Policy
from tests.support.site_scenes import block, box, spaces_of, street

PUMP, POLICY = vehicles()["pump-8"], Policy()


def test_seeds_stand_outside_the_mouth_inside_the_strip():
    field = field_of(spaces_of(street(6.0)), PUMP, POLICY)
    for apron in field.aprons:
        seeds = apron.seeds(PUMP, POLICY)
        inward = np.array([np.cos(apron.inward_rad), np.sin(apron.inward_rad)])
        front = seeds[:, :2] + PUMP.front_m * np.column_stack((np.cos(seeds[:, 2]), np.sin(seeds[:, 2])))
        assert ((front - apron.middle) @ inward < -0.9).all()
        assert seeds[0, 2] == pytest.approx(apron.inward_rad)
        assert shapely.contains_xy(apron.strip, *seeds[0, :2])


def test_a_mouth_narrower_than_the_vehicle_has_no_seeds():
    field = field_of(spaces_of(street(2.4)), PUMP, POLICY)
    assert all(not len(apron.seeds(PUMP, POLICY)) for apron in field.aprons)


def test_without_numba_the_search_says_what_to_install(monkeypatch):
    kernels.cache_clear()
    load = builtins.__import__

    def refuse(name, globals=None, locals=None, fromlist=(), level=0):  # noqa: A002
        if name == "firelane.tracking" and "kernel_map" in (fromlist or ()):
            raise ModuleNotFoundError("No module named 'numba'", name="numba")
        return load(name, globals, locals, fromlist, level)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(UsageError, match=r"firelane\[tracking\]"):
        kernels()
    monkeypatch.undo()
    kernels.cache_clear()


def tracked(a_site):
    pytest.importorskip("numba")
    from firelane.tracking.site import track_site

    spaces = spaces_of(a_site)
    return track_site(a_site, spaces.network, spaces, PUMP, POLICY)


def test_a_straight_street_is_passed_from_both_ends():
    result = tracked(street(6.0))
    lanes = result.targets[result.targets["target_kind"] == "lane"]
    assert set(lanes["class"]) == {"proven_pass"}
    assert len(set(lanes["entrance_id"])) == 2
    assert (result.paths.geometry.area > PUMP.length_m * PUMP.width_m).all()
    assert result.notes == ()


def test_a_street_barred_for_a_disc_of_its_width_is_a_proven_fail_beyond_it():
    result = tracked(street(6.0, [block(50, -3.2, 51, 1.0)]))
    lanes = result.targets[result.targets["target_kind"] == "lane"]
    assert set(lanes["class"]) == {"proven_fail"}
    assert (lanes["share"] < 0.7).all()


@pytest.mark.parametrize(("away_m", "reached"), [(10.0, True), (10.01, None)])
def test_a_building_right_at_the_distance_of_access_from_the_kerb_is_reached_without_striking_it(away_m, reached):
    front = 3.5 + away_m
    result = tracked(street(7.0, length=60.0, buildings=[(box(40, front, 50, front + 6.0), {"id": "AT10"})]))
    rows = result.targets[result.targets["target_kind"] == "building"]
    assert set(rows["class"]) == ({"proven_pass"} if reached else set())  # farther than that there is no road beside it


def test_the_same_site_twice_gives_the_same():
    first, second = tracked(street(5.0)), tracked(street(5.0))
    assert first.targets.equals(second.targets)
    assert [p.drive.xy.tobytes() for p in first.drives] == [p.drive.xy.tobytes() for p in second.drives]
