"""What each of several things side by side leaves: not only the one that stands out farthest breaks Articles 10 and 14."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon
from site_scenes import (
    OBSTRUCTION,
    PARKING,
    audited,
    block,
    box,
    gates,
    measured,
    of,
    post,
    road,
    site,
    street,
)


def left(result, rule=OBSTRUCTION):
    return {f.owners[0]: (f.verdict.value, round(f.value, 6)) for f in of(result, rule) if f.owners}


def tapering(slope, front, status):
    """Three bays of 5 m that abut one another, from x = 30; the kerb opposite comes nearer by ``slope``."""
    ground = Polygon([(0, -4), (100, -4), (100, 3 - 100 * slope), (0, 3)])
    bays = [(box(30 + 5 * n, -4, 35 + 5 * n, front), {"id": f"b{n}", "status": status}) for n in range(3)]
    return site([ground], obstructions=[], parking=bays)


@pytest.mark.parametrize(("status", "rule"), [("existing", OBSTRUCTION), ("planned", PARKING)])
def test_a_row_of_bays_along_a_tapering_road(status, rule):
    # The narrowest place of each is its corner nearer to the narrow end, which is the next bay's corner as well.
    exact = {f"b{n}": (4.75 - 0.02 * x) / math.hypot(1, 0.02) for n, x in enumerate((35, 40, 45))}
    told = left(audited(tapering(0.02, -1.75, status)), rule)
    assert {k: v for k, (_, v) in told.items()} == pytest.approx(exact, abs=1e-6)
    assert [told[f"b{n}"][0] for n in range(3)] == ["pass", "fail", "fail"]


@pytest.mark.parametrize(("status", "rule"), [("existing", OBSTRUCTION), ("planned", PARKING)])
def test_bays_whose_ways_differ_by_a_rounding(status, rule):
    told = left(audited(tapering(4e-7, 0.6, status)), rule)
    assert {k: v for k, (_, v) in told.items()} == pytest.approx(dict.fromkeys(("b0", "b1", "b2"), 2.4), abs=2e-5)
    assert {verdict for verdict, _ in told.values()} == {"fail"}


def test_two_bays_opposite_a_third():
    # The front opposite comes nearer by 4 micrometres: the chain between n2 and s is the narrowest by a rounding.
    south = (Polygon([(40, -4), (50, -4), (50, -1.5 + 4e-6), (40, -1.5)]), {"id": "s"})
    north = [(box(40 + 5 * n, 2, 45 + 5 * n, 4), {"id": f"n{n + 1}"}) for n in range(2)]
    told = left(audited(street(8.0, parking=[south, *north])))
    assert {k: v for k, (_, v) in told.items()} == pytest.approx(dict.fromkeys(("s", "n1", "n2"), 3.5), abs=1e-5)
    assert {verdict for verdict, _ in told.values()} == {"fail"}


def test_a_short_thing_beside_one_that_stands_out_farther():
    # Within the disc between the first and the kerb stands a corner of the second: no pinch of its own.
    told = left(audited(street(6.0, [block(40, -4, 40.8, -0.95, id="short"), block(40.9, -4, 42, -0.5, id="long")])))
    assert told == {"short": ("fail", 3.95), "long": ("fail", 3.5)}


def test_what_is_not_in_the_way_stays_so_beside_what_is():
    told = left(audited(street(6.0, [block(40, -4, 40.8, -2.0, id="short"), block(40.8, -4, 42, -0.5, id="long")])))
    assert told == {"short": ("pass", 5.0), "long": ("fail", 3.5)}


def test_a_bay_planned_where_another_is_already():
    bays = [(box(40, 1.5, 46, 3.5), {"id": "old"}), (box(40, 1.5, 46, 3.5), {"id": "new", "status": "planned"})]
    result = audited(street(7.0, parking=bays))
    assert (left(result)["old"], left(result, PARKING)["new"]) == (("pass", 5.0), ("pass", 5.0))


def test_beside_an_island_both_ways_count():
    # An island leaves 3.9 m on its north side and 5 m on its south; two bins against it leave 3 m of those.
    ground = road(100, 10).difference(box(48, 0, 52, 1.1))
    bins = [block(49, -2, 50, 0, id="a"), block(50, -2 - 2e-6, 51, 0, id="b")]
    told = left(audited(site([ground], obstructions=bins, entrances=gates(100, 10))))
    assert told == {"a": ("fail", 3.9), "b": ("fail", 3.9)}


centimetres = st.integers(0, 140).map(lambda n: n / 100)


@st.composite
def rows(draw):
    """Blocks and posts along one kerb, some abutting, some before another, some across."""
    things, x = [], 30.0
    for n in range(draw(st.integers(2, 5))):
        x += draw(st.sampled_from([0.0, 0.0, 0.05, 0.6, -0.4]))
        long, deep = 0.4 + draw(centimetres), draw(centimetres)
        if draw(st.integers(0, 4)) == 0:
            things.append(post(round(x + 0.5, 2), round(deep, 2), 0.2, id=f"t{n}"))
        else:
            side = draw(st.sampled_from([1, 1, 1, -1]))
            y0, y1 = sorted((side * 3.5, side * (3.0 - deep)))
            things.append(block(round(x, 2), y0, round(x + long, 2), y1, id=f"t{n}"))
            x += long
    return things


@settings(max_examples=40)
@given(rows())
def test_nothing_leaves_more_among_others_than_alone(things):
    together = {s.owner: s.way_left_m for s in measured(street(6.0, things)).standing}
    for thing in things:
        for alone in measured(street(6.0, [thing])).standing:
            assert together[alone.owner] <= alone.way_left_m + 1e-6
