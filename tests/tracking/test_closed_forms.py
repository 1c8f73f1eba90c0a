"""Closed forms against figures worked out by hand, and against each other."""

from dataclasses import replace
from math import cos, inf, isnan, pi, sin, sqrt

import numpy as np
import pytest
import shapely

from firelane.tracking.catalogue import vehicles
from firelane.tracking.closed import (
    annulus_m,
    bound_by_turn_m,
    concentric_width_m,
    full_lock_deg,
    inner_radius_for_m,
    lower_bound_m,
    off_tracking_m,
    second_lane_width_m,
    sharp_corner_width_m,
    width_by_outer_m,
)

# facts of the project, computed independently: Rr, RF, lock, ri, ro, rt, annulus, sharp corner, lower bound, w at 9 and 12, inner radius for 4 m
TABLE = {
    "pump-8": (6.77, 8.13, 33.6, 5.52, 9.93, 8.30, 4.41, 5.297, 4.60, 3.90, 3.64, 8.2),
    "tanker-10": (8.07, 9.63, 33.1, 6.82, 11.48, 9.89, 4.66, 5.926, 5.30, 4.31, 3.97, 11.7),
    "platform-12": (9.25, 11.14, 33.8, 8.00, 13.45, 11.10, 5.45, 6.739, 6.01, 5.24, 4.76, 20.3),
    "ladder-14": (9.77, 12.14, 36.4, 8.50, 14.77, 11.82, 6.27, 7.47, 6.75, 6.15, 5.54, 29.8),
}


@pytest.mark.parametrize("name", TABLE)
def test_radii_and_widths_of_the_presets(name):
    v = vehicles()[name]
    found = (
        v.rear_radius_m, v.front_radius_m, full_lock_deg(v), v.inner_radius_m, v.outer_radius_m, v.tail_radius_m, annulus_m(v),
        sharp_corner_width_m(v), lower_bound_m(v), concentric_width_m(v, 9.0), concentric_width_m(v, 12.0),
        inner_radius_for_m(v, 4.0),
    )  # fmt: skip
    assert found == pytest.approx(TABLE[name], abs=0.051)
    assert v.kerb_radius_m == pytest.approx(v.turning_radius_m, abs=1e-12)


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("inner", [9.0, 12.0, 25.0])
def test_the_concentric_form_is_the_body_turning_in_an_annulus(name, inner):
    v = vehicles()[name]
    rear = inner + v.width_m / 2
    body = np.array([(-v.rear_overhang_m, rear - v.width_m / 2), (v.front_m, rear - v.width_m / 2),
                     (v.front_m, rear + v.width_m / 2), (-v.rear_overhang_m, rear + v.width_m / 2)])  # fmt: skip
    # about the turning centre at the origin: the nearest point of the body and its farthest corner
    outline = shapely.polygons(body)
    assert shapely.distance(outline, shapely.points(0, 0)) == pytest.approx(inner, abs=1e-12)
    assert np.hypot(*body.T).max() - inner == pytest.approx(concentric_width_m(v, inner), abs=1e-9)


@pytest.mark.parametrize("name", TABLE)
def test_width_and_radius_are_each_others_inverse(name):
    v = vehicles()[name]
    for width in (3.2, 3.6, 4.0):
        radius = inner_radius_for_m(v, width)
        if radius > v.inner_radius_m:
            assert concentric_width_m(v, radius) == pytest.approx(width, abs=1e-9)
    assert inner_radius_for_m(v, v.width_m) == inf
    assert inner_radius_for_m(v, 50.0) == v.inner_radius_m
    assert isnan(concentric_width_m(v, v.inner_radius_m - 0.01))


@pytest.mark.parametrize("name", TABLE)
def test_the_sharp_corner_by_brute_force(name):
    """One full-lock arc about a centre placed so that the inner side touches the corner: sweep it and measure."""
    v = vehicles()[name]
    best = inf
    for phi in np.linspace(0.0, pi / 2, 20001):
        # the corner lies at angle phi on the circle ri; the lanes' outer walls are where the body reaches farthest
        k = v.inner_radius_m
        tail, front = v.tail_radius_m - k * cos(phi), v.outer_radius_m - k * sin(phi)
        best = min(best, max(tail, front))
    assert sharp_corner_width_m(v) == pytest.approx(best, abs=1e-3)


def test_one_lane_given_the_other_follows():
    v = vehicles()["pump-8"]
    equal = sharp_corner_width_m(v)
    assert second_lane_width_m(v, equal) == pytest.approx(equal, abs=1e-9)
    assert second_lane_width_m(v, equal + 0.5) < equal
    assert second_lane_width_m(v, v.tail_radius_m - v.inner_radius_m - 0.01) == inf
    assert second_lane_width_m(v, 20.0) == pytest.approx(annulus_m(v))
    assert second_lane_width_m(v, 3.0, 9.0) == inf
    assert second_lane_width_m(v, 4.0, 9.0) == pytest.approx(concentric_width_m(v, 9.0))


@pytest.mark.parametrize("name", TABLE)
def test_the_lower_bound_lies_below_every_drivable_width(name):
    v = vehicles()[name]
    assert lower_bound_m(v) < sharp_corner_width_m(v)
    assert bound_by_turn_m(v, pi / 2) == pytest.approx(lower_bound_m(v), abs=1e-12)
    assert bound_by_turn_m(v, 0.0) == v.width_m
    with pytest.raises(ValueError, match="90"):
        bound_by_turn_m(v, 2.0)


@pytest.mark.parametrize("turn_deg", [30.0, 60.0, 90.0])
def test_the_bound_is_where_the_body_jams(turn_deg):
    """A body turned by half the corner's angle, its inner side at the corner, just touches both outer walls."""
    v = vehicles()["tanker-10"]
    turn = np.radians(turn_deg)
    w = bound_by_turn_m(v, turn)
    # inner corner at the origin; both lanes' outer walls at distance w from it, their normals half the turn off the bisector
    ends = [(s * v.length_m / 2, v.width_m) for s in (-1, 1)]
    gaps = [w - (y * cos(turn / 2) + abs(x) * sin(turn / 2)) for x, y in ends]
    assert gaps == pytest.approx([0.0, 0.0], abs=1e-12)


def test_the_german_table_is_met_within_half_a_metre():
    """DIN 14090 by outer radius (middle of each band), for front reaches of 6.4 to 7.0 m."""
    bands = {(10.5, 12.0): 5.0, (12.0, 15.0): 4.5, (15.0, 20.0): 4.0, (20.0, 40.0): 3.5, (40.0, 70.0): 3.2}
    for (low, high), told in bands.items():
        outer = (low + high) / 2
        for front in (6.4, 6.7, 7.0):
            truck = replace(vehicles()["tanker-10"], front_overhang_m=front - 5.25)
            width = width_by_outer_m(truck, outer)
            # to the centimetre: the farthest off is the narrowest band, 4.498 against 5.0
            assert round(abs(width - told), 2) <= 0.5
            assert concentric_width_m(truck, max(outer - width, truck.inner_radius_m)) <= max(width, annulus_m(truck)) + 1e-9


def test_off_tracking():
    v = vehicles()["pump-8"]
    assert off_tracking_m(v, 10.0) == pytest.approx(10 - sqrt(100 - 4.5**2))
    assert isnan(off_tracking_m(v, 4.0))
