"""Signs along a lane 100 m long and 6 m wide (centreline on y = 0), mouth at x = 0, tip at x = 100."""

from __future__ import annotations

import geopandas as gpd
import pyproj
import pytest
from shapely import LineString, Point, Polygon, affinity, box

from firelane.lanes.records import LaneNetwork
from firelane.measure.signs import sign_conditions, signs_at_mouths, signs_on_lanes
from firelane.site.model import Site

CRS = pyproj.CRS("EPSG:4550")
LANES = (("L-1", LineString([(0, 0), (100, 0)])),)
WORDS = ("禁止占用", "no parking", "warning")


def frame(rows, columns):
    return gpd.GeoDataFrame(rows, columns=[*columns, "geometry"], geometry="geometry", crs=CRS)


def sign(name, x, y, *, kind=None, text=None, condition=None):
    return {"id": name, "kind": kind, "text": text, "condition": condition, "geometry": Point(x, y)}


def site(*signs, surveyed=True):
    return Site("s", "s", CRS, {"signs": frame(signs, ["id", "kind", "text", "condition"])} if surveyed else {})


def network(*, stations=True, lanes=LANES, half_m=(3.0, 3.0)):
    road = box(0, -3, 100, 3)
    return LaneNetwork(
        pavement=road,
        judged=road,
        designated=Polygon(),
        lanes=frame([{"lane_id": name, "length_m": line.length, "geometry": line} for name, line in lanes], ["lane_id", "length_m"]),
        stations=frame(
            [
                {"lane_id": name, "chainage_m": at, "heading_rad": 0.0, "left_m": half_m[0], "right_m": half_m[1],
                 "geometry": line.interpolate(at)}
                for name, line in lanes for at in (0.0, 50.0, 100.0) if stations
            ],
            ["lane_id", "chainage_m", "heading_rad", "left_m", "right_m"],
        ),
        junctions=frame([], ["node_id", "radius_m"]),
        mouths=frame(
            [{"entrance_id": "E-1", "width_m": 6.0, "inward_x": 1.0, "inward_y": 0.0, "lane_id": "L-1", "geometry": LineString([(0, 3), (0, -3)])}],
            ["entrance_id", "width_m", "inward_x", "inward_y", "lane_id"],
        ),
    )  # fmt: skip


def on_lanes(the_site, the_network=None, reach=2.0):
    return signs_on_lanes(the_site, the_network or network(), search_distance_m=reach, warning=WORDS)


def at_mouths(the_site, reach=5.0):
    return signs_at_mouths(the_site, network(), search_distance_m=reach, warning=WORDS)


def test_signs_beside_the_lane_by_chainage_and_side():
    (found,) = on_lanes(site(sign("b", 70, 4), sign("a", 20, -3.5), sign("far", 50, 5.1), sign("edge", 90, 5.0)))
    assert [(s.sign_id, s.chainage_m, s.side) for s in found.signs] == [("a", 20, "right"), ("b", 70, "left"), ("edge", 90, "left")]
    assert [s.distance_m for s in found.signs] == pytest.approx([0.5, 1.0, 2.0])
    assert found.longest_bare_m == pytest.approx(50.0)
    assert found.signs[0].location == (20.0, -3.5)


def test_the_distance_counts_from_the_edge_on_that_side():
    lopsided = network(half_m=(1.0, 7.0))
    (found,) = on_lanes(site(sign("left", 30, 3.1), sign("right", 60, -8.9)), lopsided)
    assert [(s.sign_id, s.distance_m) for s in found.signs] == [("right", pytest.approx(1.9))]


def test_where_the_width_was_not_measured_it_counts_from_the_centreline():
    found = [on_lanes(site(sign("a", 20, 1.9), sign("b", 20, -2.1)), net)[0] for net in (network(stations=False), network(half_m=(float("nan"),) * 2))]
    assert [[s.sign_id for s in lane.signs] for lane in found] == [["a"], ["a"]]


def test_one_sign_serves_both_lanes_of_a_junction():
    net = network(lanes=(("L-1", LineString([(0, 0), (50, 0)])), ("L-2", LineString([(50, 0), (100, 0)]))))
    first, second = on_lanes(site(sign("a", 50, 4)), net)
    assert [s.sign_id for s in first.signs] == [s.sign_id for s in second.signs] == ["a"]
    assert (first.longest_bare_m, second.longest_bare_m) == (50.0, 50.0)


@pytest.mark.parametrize(
    ("kind", "text", "warns"),
    [
        (None, None, None),
        ("", " ", None),
        ("warning", None, True),
        ("WARNING_board", None, True),
        (None, "消防车道 禁止\n占用", True),
        (None, "No  Parking", True),
        ("name", "花园小区", False),
        ("direction", None, False),
        (None, "<img src=x onerror=alert(1)>{{7*7}}", False),
    ],
)
def test_what_makes_a_warning(kind, text, warns):
    (lane,) = on_lanes(site(sign("a", 50, 4, kind=kind, text=text)))
    (mouth,) = at_mouths(site(sign("a", 0, 4, kind=kind, text=text)))
    assert lane.signs[0].warning is warns
    assert mouth.signs[0].warning is warns


def test_signs_at_the_mouth_nearest_first_with_their_side():
    (found,) = at_mouths(site(sign("south", 1, -5), sign("north", -0.5, 4), sign("deep", 40, 0)))
    assert [(s.sign_id, s.side, s.chainage_m) for s in found.signs] == [("north", "left", None), ("south", "right", None)]
    assert found.nearest_id == "north"
    assert found.nearest_m == pytest.approx(1.25**0.5)
    assert found.location == (0.0, 0.0)


def test_the_nearest_sign_is_told_however_far():
    (found,) = at_mouths(site(sign("deep", 40, 0)))
    assert (found.signs, found.nearest_id, found.nearest_m) == ((), "deep", 40.0)


def test_not_surveyed_is_not_the_same_as_no_sign():
    (unknown,), (bare,) = on_lanes(site(surveyed=False)), on_lanes(site())
    assert (unknown.surveyed, unknown.signs, unknown.longest_bare_m) == (False, (), None)
    assert (bare.surveyed, bare.signs, bare.longest_bare_m) == (True, (), 100.0)
    (unknown,), (bare,) = at_mouths(site(surveyed=False)), at_mouths(site())
    assert (unknown.surveyed, bare.surveyed) == (False, True)
    assert unknown.nearest_m is bare.nearest_m is None


def test_conditions_are_grouped():
    found = sign_conditions(
        site(sign("a", 1, 2, condition="完好"), sign("b", 2, 2, condition=" Faded"), sign("c", 3, 2, condition="faded"), sign("d", 4, 2))
    )
    assert [(g.condition, g.ids) for g in found] == [(None, ("d",)), ("faded", ("b", "c")), ("完好", ("a",))]
    assert found[2].locations == ((1.0, 2.0),)
    assert sign_conditions(site(surveyed=False)) == sign_conditions(site()) == ()


def test_a_place_far_from_the_origin_changes_nothing():
    far = network(lanes=(("L-1", affinity.translate(LineString([(0, 0), (100, 0)]), 5.36e5, 4.63e6)),))
    (found,) = on_lanes(site(sign("a", 5.36e5 + 20, 4.63e6 + 4)), far)
    assert (found.signs[0].chainage_m, found.signs[0].distance_m) == pytest.approx((20.0, 1.0), abs=1e-6)
