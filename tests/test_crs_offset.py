"""GCJ-02 and BD-09: golden values, exact inverses, and what happens at the edge of the rectangle."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firelane import crs as tools
from firelane.crs.data import data

WGS84 = (123.43, 41.8)
GCJ02 = (123.43613681741684, 41.8024297629551)
BD09 = (123.44273513221749, 41.80818905977789)
CHINA = st.tuples(st.floats(74.0, 134.5), st.floats(18.5, 53.0))
METRES = 111_320.0


def apart_m(one, other):
    return float(np.hypot(*(np.subtract(one, other) * METRES)))


def test_golden_values_of_shenyang():
    assert tools.from_wgs84(WGS84, "gcj02") == pytest.approx(GCJ02, abs=1e-12)
    assert tools.from_wgs84(WGS84, "bd09") == pytest.approx(BD09, abs=1e-12)
    assert tools.wgs84_to_bd09(WGS84) == pytest.approx(BD09, abs=1e-12)
    assert apart_m(tools.to_wgs84(GCJ02, "gcj02"), WGS84) < 1e-4
    assert apart_m(tools.bd09_to_wgs84(BD09), WGS84) < 1e-4
    for datum in ("wgs84", "cgcs2000"):
        assert tools.from_wgs84(WGS84, datum).tolist() == list(WGS84)
    with pytest.raises(ValueError, match="gcj03"):
        tools.from_wgs84(WGS84, "gcj03")


@given(CHINA, st.sampled_from(["gcj02", "bd09"]))
def test_there_and_back_within_a_millimetre(place, datum):
    there = tools.from_wgs84(place, datum)
    assert 10.0 < apart_m(there, place) < 2500.0
    assert apart_m(tools.to_wgs84(there, datum), place) < 1e-3
    assert apart_m(tools.from_wgs84(tools.to_wgs84(place, datum), datum), place) < 1e-3


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_many_at_once_are_as_one_by_one(datum):
    places = np.random.default_rng(4).uniform((74.0, 19.0), (134.0, 53.0), (40, 2))
    for move in (tools.from_wgs84, tools.to_wgs84):
        once = move(places, datum)
        assert once.tolist() == [move(place, datum).tolist() for place in places]
        assert move(places.reshape(5, 8, 2), datum).tolist() == once.reshape(5, 8, 2).tolist()
        assert move(np.empty((0, 2)), datum).shape == (0, 2)


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
@pytest.mark.parametrize("place", [(139.7, 35.7), (4.9, 52.4), (72.0, 30.0), (100.0, 0.5), (0.0, 89.9), (-71.1, 42.4)])
def test_outside_the_rectangle_nothing_moves(place, datum):
    assert tools.from_wgs84(place, datum).tolist() == list(place)
    assert tools.to_wgs84(place, datum).tolist() == list(place)


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_at_the_edge_the_offset_begins_at_once(datum):
    box = data()["offset_datums"]
    edge = np.array([box["east_deg"], 40.0])
    assert apart_m(tools.from_wgs84(edge, datum), edge) > 100.0  # the edge itself lies inside
    out = np.nextafter(edge, 200.0)
    assert tools.from_wgs84((out[0], 40.0), datum).tolist() == [out[0], 40.0]
    # Inside the edge, the way back leads to where it came from, even where the offset reaches beyond it.
    for lon in np.linspace(box["east_deg"] - 0.02, box["east_deg"], 41):
        there = tools.from_wgs84((lon, 40.0), datum)
        back = tools.to_wgs84(there, datum)
        assert apart_m(back, (lon, 40.0)) < 1e-3 or (there[0] > box["east_deg"] and back.tolist() == there.tolist())


def test_not_finite_stays_not_finite():
    for datum in ("gcj02", "bd09"):
        assert not np.isfinite(tools.to_wgs84((np.nan, 40.0), datum)).all()
        assert not np.isfinite(tools.to_wgs84((np.inf, np.inf), datum)).all()


@given(CHINA, st.sampled_from(["gcj02", "bd09"]))
def test_gauss_kruger_metres_that_bear_an_offset_come_back(place, datum):
    """Coordinates that were shifted first and projected then are set right by the way back through degrees."""
    crs = tools.choose_working_crs(*place)
    true = tools.from_lonlat(place, crs)
    borne = tools.from_lonlat(tools.from_wgs84(place, datum), crs)
    mended = tools.from_lonlat(tools.to_wgs84(tools.to_lonlat(borne, crs), datum), crs)
    assert np.hypot(*(borne - true)) > 10.0
    assert np.hypot(*(mended - true)) < 1e-3
