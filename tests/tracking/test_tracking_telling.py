"""Which entrance speaks for a target, and how figures are rounded: one answer for every output."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from firelane.tracking.catalogue import standard_policy, vehicles
from firelane.tracking.record import BEND_WIDTH_COLUMNS, TARGET_COLUMNS, TrackClass, VehicleTracking
from firelane.tracking.telling import best_rows, driven, gap_m, least_width_m, rounded_up

PASS, FAIL, OPEN, UNTRIED = TrackClass.PROVEN_PASS, TrackClass.PROVEN_FAIL, TrackClass.NOT_FOUND, TrackClass.NOT_TRIED
MOUTHS = pd.DataFrame({"entrance_id": ["W", "E", "E"], "width_m": [2.2, 2.0, 2.4]})


def row(entrance, ident, found, *, share=0.0, length=np.nan, short=np.nan, **more):
    values = (entrance, "lane", ident, found.value, share, None, length, 1, np.nan, np.nan, np.nan, short, None)
    return {**dict(zip(TARGET_COLUMNS, values, strict=True)), "gap_m": np.nan, **more}


def tracking(*rows):
    bends = gpd.GeoDataFrame({n: [] for n in BEND_WIDTH_COLUMNS[:-1]}, geometry=gpd.GeoSeries([]))
    return VehicleTracking(vehicles()["pump-8"], standard_policy(), None, pd.DataFrame(rows), (), (), (), bends)


def speaks(*rows):
    return {target: rows[0]["entrance_id"] for (_, target), rows in best_rows(tracking(*rows), MOUTHS).items()}


def test_proven_from_any_entrance_is_proven_and_the_shortest_drive_speaks():
    assert speaks(row("W", "A", OPEN, short=0.1), row("E", "A", PASS, share=1.0, length=90.0)) == {"A": "E"}
    assert speaks(row("W", "A", PASS, share=1.0, length=90.0), row("E", "A", PASS, share=0.98, length=30.0)) == {"A": "E"}


def test_an_entrance_from_which_nothing_is_reached_does_not_speak_for_what_is_nearly_reached_from_another():
    # from W nothing is proven; what is missing there is its own mouth
    rows = row("W", "A", OPEN, short=0.1), row("E", "A", OPEN, short=0.4, share=0.0), row("E", "B", PASS, share=1.0, length=5.0)
    assert speaks(*rows)["A"] == "E"
    assert speaks(*rows[:2])["A"] == "W"  # where neither proves anything what is missing decides


def test_then_the_least_that_is_missing_then_the_share_then_the_order():
    assert speaks(row("W", "A", OPEN, short=0.5, share=0.9), row("E", "A", OPEN, short=0.4, share=0.1)) == {"A": "E"}
    assert speaks(row("W", "A", OPEN, short=0.4, share=0.1), row("E", "A", OPEN, short=0.4, share=0.9)) == {"A": "E"}
    assert speaks(row("W", "A", OPEN, share=0.1), row("E", "A", OPEN, short=0.4, share=0.1)) == {"A": "E"}
    assert speaks(row("W", "A", OPEN, share=0.1), row("E", "A", OPEN, share=0.1)) == {"A": "W"}
    assert speaks(row("W", "A", UNTRIED), row("E", "A", FAIL)) == {"A": "E"}


def test_of_proofs_that_there_is_no_way_the_widest_gap_speaks():
    assert speaks(row("W", "A", FAIL, gap_m=1.0), row("E", "A", FAIL, gap_m=2.0)) == {"A": "E"}
    assert speaks(row("W", "A", FAIL), row("E", "A", FAIL)) == {"A": "E"}  # 2.4 m of mouth against 2.2 m
    made = tracking(row("E", "A", FAIL))
    assert gap_m(row("E", "A", FAIL), made, MOUTHS) == 2.4
    assert gap_m(row("X", "A", FAIL), made, MOUTHS) == 0.0
    wide = MOUTHS.assign(width_m=4.0)  # the mouth is not what bars it: nothing is known of a gap
    assert gap_m(row("E", "A", FAIL), made, wide) == 0.0


def test_what_has_to_get_through_is_the_body_or_what_is_between_its_wheels():
    pump, policy = vehicles()["pump-8"], replace(standard_policy(), margin_m=0.1, kerb_overhang=False)
    assert least_width_m(pump, policy) == pytest.approx(2.7)
    assert least_width_m(pump, replace(policy, kerb_overhang=True)) == pump.track_m


def test_what_is_missing_is_never_understated_and_a_way_is_told_to_the_decimetre():
    assert [rounded_up(v) for v in (0.4107, 0.5504, 0.26, 0.2600001, 0.0004, 0.0)] == ["0.42", "0.56", "0.26", "0.26", "0.01", "0.00"]
    assert [driven(v) for v in (24.0, 24.04, 0.0)] == ["24.0", "24.0", "0.0"]
