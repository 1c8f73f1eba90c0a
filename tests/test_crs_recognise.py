"""Chinese Gauss-Krüger systems under other names, axis order traps, and round trips through every zone."""

import numpy as np
import pyproj
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from firelane import crs as tools
from firelane.crs.data import data

ESRI = {
    "cgcs2000": ("GCS_China_Geodetic_Coordinate_System_2000", "D_China_2000", "CGCS2000", 6378137.0, 298.257222101),
    "xian80": ("GCS_Xian_1980", "D_Xian_1980", "Xian_1980", 6378140.0, 298.257),
    "beijing54": ("GCS_Beijing_1954", "D_Beijing_1954", "Krasovsky_1940", 6378245.0, 298.3),
}
FAMILIES = st.sampled_from(sorted(ESRI))
ZONES = st.one_of(
    st.tuples(st.integers(25, 45), st.just(3)), st.tuples(st.integers(13, 23), st.just(6))
)


def geographic(family):
    name, datum, spheroid, axis, flattening = ESRI[family]
    return (
        f'GEOGCS["{name}",DATUM["{datum}",SPHEROID["{spheroid}",{axis},{flattening}]],'
        'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
    )


def projected(family, name, meridian, east, *, scale=1.0, method="Gauss_Kruger"):
    return (
        f'PROJCS["{name}",{geographic(family)},PROJECTION["{method}"],PARAMETER["False_Easting",{east}],'
        f'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",{meridian}],'
        f'PARAMETER["Scale_Factor",{scale}],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
    )


def recognised(wkt):
    return tools.recognised(pyproj.CRS.from_wkt(wkt)).to_epsg()


@pytest.mark.parametrize(
    ("family", "name", "meridian", "east", "epsg"),
    [
        ("cgcs2000", "CGCS2000_3_Degree_GK_CM_123E", 123.0, 500000.0, 4550),
        ("cgcs2000", "CGCS2000_3_Degree_GK_Zone_41", 123.0, 41500000.0, 4529),
        ("cgcs2000", "CGCS2000_GK_Zone_21", 123.0, 21500000.0, 4499),
        ("xian80", "Xian_1980_3_Degree_GK_CM_123E", 123.0, 500000.0, 2386),
        ("xian80", "Xian_1980_3_Degree_GK_Zone_41", 123.0, 41500000.0, 2365),
        ("xian80", "Xian_1980_GK_Zone_21", 123.0, 21500000.0, 2335),
        ("beijing54", "Beijing_1954_3_Degree_GK_CM_123E", 123.0, 500000.0, 2438),
        ("beijing54", "Beijing_1954_3_Degree_GK_Zone_41", 123.0, 41500000.0, 2417),
        ("beijing54", "Beijing_1954_GK_Zone_21", 123.0, 21500000.0, 21421),
        # A package that calls it as it pleases: datum and parameters tell.
        ("cgcs2000", "沈阳项目坐标", 123.0, 500000.0, 4550),
        ("xian80", "user defined", 120.0, 40500000.0, 2364),
    ],
)
@pytest.mark.parametrize("method", ["Gauss_Kruger", "Transverse_Mercator"])
def test_names_of_other_programs(family, name, meridian, east, epsg, method):
    assert recognised(projected(family, name, meridian, east, method=method)) == epsg


@pytest.mark.parametrize(("family", "epsg"), [("cgcs2000", 4490), ("xian80", 4610), ("beijing54", 4214)])
def test_geographic_names_of_other_programs(family, epsg):
    assert recognised(geographic(family)) == epsg


@pytest.mark.parametrize(
    ("meridian", "east", "scale"),
    [
        (123.5, 500000.0, 1.0),  # a municipal meridian
        (123.0, 500123.0, 1.0),  # a municipal origin
        (123.0, 40500000.0, 1.0),  # the number of another zone
        (123.0, 500000.0, 0.9996),
    ],
)
def test_municipal_systems_stay_what_they_are(meridian, east, scale):
    crs = pyproj.CRS.from_wkt(projected("cgcs2000", "CGCS2000_3_Degree_GK_CM_123E", meridian, east, scale=scale))
    assert tools.recognised(crs) == crs


def test_an_ellipsoid_alone_names_no_datum():
    assert tools.datum_family(pyproj.CRS.from_epsg(28421)) is None  # Pulkovo 1942: Krassowsky's ellipsoid too
    assert tools.datum_family(pyproj.CRS.from_epsg(4555)) is None  # New Beijing
    assert tools.datum_family(pyproj.CRS.from_epsg(25832)) is None
    assert tools.recognised(pyproj.CRS.from_epsg(32651)).to_epsg() == 32651


def smooth(lon, lat, crs):
    """Tell whether one operation serves the place and its surroundings.

    The registry has several for Beijing 1954, each for an area; on the border of two there is no way back to the metre.
    """
    around = np.array([(lon, lat)] * 5) + 1e-3 * np.array([(-1, 0), (1, 0), (0, -1), (0, 1), (0, 0)])
    west, east, south, north, here = (np.array(tools.from_lonlat(tuple(p), crs)) for p in around.tolist())
    return max(np.abs(west + east - 2 * here).max(), np.abs(south + north - 2 * here).max()) < 1.0


@given(FAMILIES, ZONES, st.booleans())
def test_every_zone_comes_back_from_its_own_parameters(family, zone, prefixed):
    number, degrees = zone
    epsg = tools.zone_code(family, number, degrees, prefixed=prefixed)
    crs = pyproj.CRS.from_epsg(epsg)
    meridian = 3 * number if degrees == 3 else 6 * number - 3
    assert crs.name.startswith(data()["families"][family]["name"])
    assert crs.name.endswith(f"zone {number}" if prefixed else f"CM {meridian}E")
    east = 500000.0 + 1e6 * number * prefixed
    found = tools.recognised(
        pyproj.CRS.from_wkt(projected(family, f"own {degrees} degree zone {number}", meridian, east))
    )
    # 3° and 6° zones about one meridian are the same grid; with the number in front they differ.
    assert found.to_epsg() == epsg if prefixed else str(meridian) in found.name
    lonlat = (meridian + 0.7, 41.8)
    assert tools.from_lonlat(lonlat, found) == pytest.approx(tools.from_lonlat(lonlat, crs), abs=1e-6)
    assert tools.same(tools.recognised(crs), crs)


@given(FAMILIES, ZONES, st.booleans(), st.floats(-1.4, 1.4), st.floats(18.0, 53.0))
def test_round_trip_through_every_zone(family, zone, prefixed, away, lat):
    number, degrees = zone
    crs = pyproj.CRS.from_epsg(tools.zone_code(family, number, degrees, prefixed=prefixed))
    lon = (3 * number if degrees == 3 else 6 * number - 3) + away
    east, north = tools.from_lonlat((lon, lat), crs)
    assume(smooth(lon, lat, crs))
    assert (int(east // 1e6) == number) if prefixed else 0 < east < 1e6  # east first, whatever the registry says
    assert 1.9e6 < north < 6e6
    assert tools.to_lonlat((east, north), crs) == pytest.approx((lon, lat), abs=1e-9)


def test_four_five_two_nine_is_four_five_five_zero_with_the_zone_in_front():
    place = (123.4328, 41.8045)
    bare, zoned, six = (tools.from_lonlat(place, pyproj.CRS.from_epsg(n)) for n in (4550, 4529, 4499))
    assert zoned - bare == pytest.approx([41e6, 0.0], abs=1e-6)
    assert six - bare == pytest.approx([21e6, 0.0], abs=1e-6)
    assert not tools.same(pyproj.CRS.from_epsg(4550), pyproj.CRS.from_epsg(4529))


# --- axes ----------------------------------------------------------------------------------------


def test_axis_order_of_the_registry_is_never_taken():
    for epsg in (4490, 4326, 4550, 4529, 2438):
        assert pyproj.CRS.from_epsg(epsg).axis_info[0].direction == "north"
    assert tools.to_lonlat((123.4, 41.8), pyproj.CRS.from_epsg(4490)) == pytest.approx((123.4, 41.8))
    assert tools.to_lonlat((535967.395, 4630012.977), pyproj.CRS.from_epsg(4550))[0] == pytest.approx(123.4328, abs=1e-7)


@pytest.mark.parametrize(
    ("epsg", "xy"),
    [
        (4490, (41.8045, 123.4328)),  # GeoJSON or GML with latitude first
        (4326, (39.9, 116.4)),
        (4550, (4630012.977, 535967.395)),  # a survey's list: X is north
        (4529, (4630012.977, 41535967.395)),
        (2438, (4630012.977, 535967.395)),
    ],
)
def test_swapped_axes_are_told(epsg, xy):
    (problem,) = tools.check_crs(pyproj.CRS.from_epsg(epsg), [xy, np.add(xy, 1e-4)])
    assert "swapped" in problem.message
    assert "颠倒" in problem.message_zh
    assert tools.check_crs(pyproj.CRS.from_epsg(epsg), [xy[::-1]]) == []


# --- what bare numbers look like -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("xy", "swapped", "meridian", "first"),
    [
        ((41535967.0, 4630012.0), False, 123.0, (4529, 2365, 2417)),
        ((4630012.0, 41535967.0), True, 123.0, (4529, 2365, 2417)),
        ((21535967.0, 4630012.0), False, 123.0, (4499, 2335, 21421)),
        ((535967.0, 4630012.0), False, None, (4534, 4535, 4536)),
        ((4630012.0, 535967.0), True, None, (4534, 4535, 4536)),
    ],
)
def test_candidates(xy, swapped, meridian, first):
    (found,) = tools.candidates([xy, np.add(xy, 100.0)])
    assert (found.swapped, found.central_meridian_deg, found.epsg[:3]) == (swapped, meridian, first)
    assert len(found.epsg) == (3 if meridian else 21)


@pytest.mark.parametrize("xy", [(120.0, 80.0), (40123.0, 52341.0), (123.4, 41.8), (99535967.0, 4630012.0), (0.0, 0.0)])
def test_plain_metres_look_like_nothing(xy):
    assert tools.candidates([xy]) == []
    assert tools.candidates(np.empty((0, 2))) == []


# --- local metres --------------------------------------------------------------------------------


def test_local_metres():
    crs = tools.local_crs((41535967.4, 4630012.9))
    assert (tools.code(crs), tools.label(crs), tools.label(crs, "zh")) == (
        "local", "local metres (not placed)", "局部坐标（未定位）",
    )  # fmt: skip
    # Metres about the plan's middle, true to scale, and one millimetre is one millimetre.
    square = np.array([41535967.0, 4630013.0]) + [[0, 0], [300.0, 0], [300.0, 400.0]]
    lonlat = tools.to_lonlat(square, crs)
    assert lonlat[0] == pytest.approx((0.0, 0.0), abs=1e-12)
    assert tools.from_lonlat(lonlat, crs) == pytest.approx(square, abs=1e-6)
    assert pyproj.Geod(ellps="WGS84").inv(*lonlat[0], *lonlat[2])[2] == pytest.approx(500.0, abs=1e-4)


@pytest.mark.parametrize("version", ["WKT2_2019", "WKT1_GDAL", "WKT1_ESRI"])
def test_local_metres_are_known_again_out_of_a_file(version):
    crs = pyproj.CRS.from_wkt(tools.local_crs((100.0, 200.0)).to_wkt(version))
    assert tools.is_local_crs(crs)
    assert not tools.is_local_crs(pyproj.CRS.from_epsg(4550))
    assert not tools.is_local_crs(pyproj.CRS.from_epsg(4490))
