"""Working CRS, guards and offset datums, against published figures."""

import math

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firelane import crs as tools
from firelane.crs.data import data
from firelane.errors import Problem

SHENYANG = (123.4328, 41.8045)
EAST, NORTH = 535967.395, 4630012.977


def epsg(number):
    return pyproj.CRS.from_epsg(number)


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        (*SHENYANG, 4550),
        (121.5, 41.9, 4550),  # Xinmin side of the zone's edge
        (121.4999, 41.9, 4549),
        (121.47, 31.23, 4549),  # Shanghai
        (124.4, 40.13, 4550),  # Dandong, on the border
        (114.06, 22.54, 4547),  # Shenzhen
        (87.6, 43.8, 4538),  # Ürümqi
        (126.98, 37.56, 32652),  # Seoul
        (106.9, 47.9, 32648),  # Ulaanbaatar
        (105.85, 21.03, 32648),  # Hanoi
        (4.9, 52.37, 32631),
        (-71.1, 42.36, 32619),
        (151.2, -33.9, 32756),
        (180.0, 10.0, 32601),
        (0.0, 88.0, 32661),
        (0.0, -85.0, 32761),
    ],
)
def test_working_crs(lon, lat, code):
    assert tools.choose_working_crs(lon, lat).to_epsg() == code


def test_coordinates_of_shenyang_both_ways():
    crs = epsg(4550)
    assert tools.from_lonlat(SHENYANG, crs) == pytest.approx([EAST, NORTH], abs=1e-3)
    assert tools.to_lonlat([[EAST, NORTH]], crs)[0] == pytest.approx(SHENYANG, abs=1e-8)
    # With the zone in front of the easting it is the same place.
    assert tools.to_lonlat((41_000_000 + EAST, NORTH), epsg(4529)) == pytest.approx(SHENYANG, abs=1e-8)


def test_shapes_are_kept():
    assert tools.to_lonlat((EAST, NORTH), epsg(4550)).shape == (2,)
    assert tools.to_lonlat(np.zeros((0, 2)), epsg(4550)).shape == (0, 2)


def test_convergence_and_scale():
    assert tools.grid_convergence_deg(*SHENYANG, epsg(4550)) == pytest.approx(0.2885, abs=5e-5)
    assert tools.grid_convergence_deg(122.5, 41.8, epsg(4550)) < 0
    assert tools.point_scale(*SHENYANG, epsg(4550)) == pytest.approx(1.000016, abs=1e-6)
    assert tools.point_scale(*SHENYANG, epsg(32651)) == pytest.approx(0.99962, abs=2e-5)
    assert not tools.distorts(tools.point_scale(*SHENYANG, epsg(32651)))
    assert tools.distorts(1.0021)
    with pytest.raises(ValueError, match="not a projected"):
        tools.grid_convergence_deg(*SHENYANG, epsg(4326))


def test_convergence_is_the_turn_of_a_meridian():
    low, high = tools.from_lonlat([SHENYANG, (SHENYANG[0], SHENYANG[1] + 1e-3)], epsg(4550))
    turn = math.degrees(math.atan2(low[0] - high[0], high[1] - low[1]))
    assert turn == pytest.approx(tools.grid_convergence_deg(*SHENYANG, epsg(4550)), abs=1e-4)


def test_epsg_families_are_what_the_table_says():
    zones = data()["zones"]
    for family in data()["families"].values():
        for degrees, step, shift in (("three", 3, 0), ("six", 6, 3)):
            first, last = zones[f"{degrees}_first_zone"], zones[f"{degrees}_last_zone"]
            for zone in (first, last, (first + last) // 2):
                index = zone - first
                names = (
                    epsg(family[f"{degrees}_zone"] + index).name,
                    epsg(family[f"{degrees}_cm"] + index).name,
                )
                assert all(name.startswith(family["name"]) for name in names)
                assert names[0].endswith(f"zone {zone}")
                assert names[1].endswith(f"CM {step * zone - shift}E")


# --- guards


def problems(code, *xy):
    return tools.check_crs(None if code is None else epsg(code), np.array(xy, dtype=float), layer="roads")


@pytest.mark.parametrize(
    ("code", "xy"),
    [
        (4550, (EAST, NORTH)),
        (4510, (EAST, NORTH)),
        (2438, (EAST, NORTH)),
        (4529, (41e6 + EAST, NORTH)),
        (4499, (21e6 + EAST, NORTH)),
        (32651, (535967.0, 4628000.0)),
        (28992, (119300.0, 485100.0)),
        (26986, (232000.0, 901000.0)),
        (4326, SHENYANG),
        (4490, SHENYANG),
        (4326, (15.6, 78.2)),  # Svalbard
        (4326, (-71.1, 42.4)),
    ],
)
def test_good_coordinates_pass(code, xy):
    assert problems(code, xy) == []


@pytest.mark.parametrize(
    ("code", "xy", "says", "remedy"),
    [
        (None, (EAST, NORTH), "missing", "EPSG:4550"),
        (None, (41e6 + EAST, NORTH), "missing", "EPSG:4529"),
        (None, SHENYANG, "missing", "EPSG:4490"),
        (3857, (13740000.0, 5130000.0), "Mercator", "EPSG:4550"),
        (3395, (13740000.0, 5100000.0), "Mercator", "EPSG:4550"),
        (4550, SHENYANG, "degrees", "EPSG:4490"),
        (4550, (100.0, 60.0), "degrees", "EPSG:4490"),
        (4550, (NORTH, EAST), "swapped", "Swap X and Y"),
        (4550, (NORTH, 41e6 + EAST), "swapped", "Swap X and Y"),
        (4529, (NORTH, EAST), "swapped", "Swap X and Y"),
        (4326, (41.8, 123.4), "swapped", "Swap X and Y"),
        (
            4490,
            (43.8, 87.6),
            "swapped",
            "Swap X and Y",
        ),  # Ürümqi: latitude 87.6 is possible, but there is sea
        (4326, (EAST, NORTH), "no degrees", "EPSG:4550"),
        (4326, (41e6 + EAST, NORTH), "no degrees", "EPSG:4529"),
        (4550, (41e6 + EAST, NORTH), "zone", "EPSG:4529"),
        (4550, (21e6 + EAST, NORTH), "zone", "EPSG:4499"),
        (4529, (EAST, NORTH), "zone", "EPSG:4550"),
        (2438, (41e6 + EAST, NORTH), "zone", "EPSG:2417"),
        (4549, (785000.0, 4635000.0), "outside the area", "EPSG:4550"),  # Shenyang in the zone of 120°E
        (4550, (EAST, NORTH + 9e6), "outside the area", "crs"),
    ],
)
def test_mistakes_are_recognised(code, xy, says, remedy):
    (problem,) = problems(code, xy, xy)
    assert says in problem.message
    assert remedy in problem.remedy
    assert problem.layer == "roads"
    assert problem.message_zh
    assert problem.remedy_zh


def test_local_engineering_system_is_refused():
    local = pyproj.CRS.from_wkt('LOCAL_CS["site grid",UNIT["metre",1],AXIS["E",EAST],AXIS["N",NORTH]]')
    (problem,) = tools.check_crs(local, [[100.0, 100.0]])
    assert "where on earth" in problem.message


def test_stray_coordinates_do_not_decide():
    assert problems(4550, (math.nan, 1.0), (EAST, NORTH), (EAST, NORTH + 1), (0.0, 0.0)) == []
    assert tools.check_crs(epsg(4550), np.zeros((0, 2))) == []


def test_parse():
    assert tools.parse_crs("EPSG:4550").to_epsg() == 4550
    assert tools.parse_crs(4550).to_epsg() == 4550
    assert tools.parse_crs("EPSG:4326+5773").to_epsg() == 4326  # the vertical part goes
    for bad in ("EPSG:999999", "沈阳城建坐标系", True, 1.5, [4550]):
        assert isinstance(tools.parse_crs(bad), Problem)


def test_same():
    assert tools.same(epsg(4326), epsg(4490))
    assert tools.same(epsg(4326), pyproj.CRS.from_user_input("OGC:CRS84"))
    assert not tools.same(epsg(4550), epsg(4529))
    assert not tools.same(epsg(4326), epsg(4214))


# --- offset datums


def test_golden_values_of_shenyang():
    gcj = tools.wgs84_to_gcj02((123.43, 41.8))
    assert gcj == pytest.approx([123.43613681741684, 41.8024297629551], abs=1e-12)
    bd = tools.gcj02_to_bd09(gcj)
    assert bd == pytest.approx([123.44273513221749, 41.80818905977789], abs=1e-12)
    assert tools.to_wgs84(bd, "bd09") == pytest.approx([123.43, 41.8], abs=1e-10)
    assert tools.to_wgs84(gcj, "gcj02") == pytest.approx([123.43, 41.8], abs=1e-10)


def test_offsets_are_as_far_as_published():
    geod = pyproj.Geod(ellps="WGS84")
    gcj = tools.wgs84_to_gcj02((123.43, 41.8))
    assert geod.inv(123.43, 41.8, *gcj)[2] == pytest.approx(577, abs=1.0)
    bd = tools.gcj02_to_bd09(gcj)
    assert geod.inv(123.43, 41.8, *bd)[2] == pytest.approx(1396, abs=1.5)


@given(st.floats(75, 134), st.floats(19, 52))
def test_inverse_is_exact(lon, lat):
    there = tools.gcj02_to_bd09(tools.wgs84_to_gcj02((lon, lat)))
    # 2e-10 degrees are 0.02 mm; only beside 105°E, where the formula has a cusp, is it that much.
    assert tools.to_wgs84(there, "bd09") == pytest.approx(
        [lon, lat], abs=2e-10 if abs(lon - 105) > 0.05 else 2e-7
    )


def test_outside_china_nothing_moves():
    here = np.array([[4.9, 52.4], [-71.1, 42.4], [123.43, 60.0]])
    assert np.array_equal(tools.wgs84_to_gcj02(here), here)
    assert np.array_equal(tools.gcj02_to_wgs84(here), here)


def test_plain_datums_and_unknown_ones():
    assert tools.to_wgs84((1.0, 2.0), "cgcs2000").tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="bd10"):
        tools.to_wgs84((1.0, 2.0), "bd10")


def test_a_local_grid_that_bears_the_name_of_a_system_is_accepted_and_known_as_such():
    crs = pyproj.CRS(4550)
    strip = np.array([(0.0, -3.0), (200.0, -3.0), (200.0, 3.0), (0.0, 3.0)])
    assert tools.check_crs(crs, strip) == []
    assert tools.is_local(crs, strip)
    assert not tools.is_local(crs, strip + (EAST, NORTH))
    assert not tools.is_local(crs, strip / 1e4 + SHENYANG)  # a few metres in degrees
