"""Growth by named methods: by hand, by an independent computation, and where there is none."""

import statistics

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from firelane.registry.growth import growth
from firelane.registry.indicators import Comparator, GrowthMethod

COMPOUND, MEAN = GrowthMethod.COMPOUND, GrowthMethod.MEAN


def test_the_methods_disagree_on_the_series_of_the_facts():
    found = growth({2018: 100, 2019: 160, 2020: 100, 2021: 150}, 2018)
    assert round(found.compound_pct, 1) == 14.5
    assert round(found.mean_pct, 1) == 24.2
    assert found.yearly == ((2019, 60.0), (2020, -37.5), (2021, 50.0))
    assert found.met(COMPOUND, Comparator.AT_LEAST, 20) is False
    assert found.met(MEAN, Comparator.AT_LEAST, 20) is True
    assert found.met(MEAN, Comparator.AT_MOST, 20) is False


@pytest.mark.parametrize(
    ("values", "target"), [({2018: 100, 2019: 120}, 20), ({2018: 100, 2019: 130, 2020: 169}, 30), ({2018: 0.7, 2019: 0.98}, 40)]
)
def test_a_target_that_is_met_exactly_is_met(values, target):
    found = growth(values, 2018)
    assert found.met(COMPOUND, Comparator.AT_LEAST, target)
    assert found.met(MEAN, Comparator.AT_LEAST, target)
    assert found.met(COMPOUND, Comparator.AT_MOST, target)
    short = dict(values)
    short[max(values)] -= 1e-9
    assert not growth(short, 2018).met(COMPOUND, Comparator.AT_LEAST, target)


@pytest.mark.parametrize(
    ("values", "base", "why"),
    [
        ({2019: 5}, None, "no base year"), ({2019: 5}, 2018, "no figure for the base year 2018"), ({2018: 0, 2019: 5}, 2018, "nothing grows"),
        ({2018: -3, 2019: 5}, 2018, "nothing grows"), ({2018: 3}, 2018, "no full year after"), ({2017: 2, 2018: 3}, 2018, "no full year after"),
        ({2018: 3, 2019: -1}, 2018, "negative"), ({}, 2018, "no figure"),
    ],
)  # fmt: skip
def test_where_there_is_no_growth_the_reason_stands(values, base, why):
    found = growth(values, base)
    assert not found.computed
    assert why in found.reason[1]
    assert found.reason[0]
    assert found.met(COMPOUND, Comparator.AT_LEAST, 20) is None


def test_gaps_and_zeros_leave_the_compound_rate_alone():
    gap = growth({2018: 100, 2020: 144}, 2018)
    assert gap.compound_pct == pytest.approx(20)
    assert gap.met(COMPOUND, Comparator.AT_LEAST, 20)
    assert (gap.mean_pct, gap.gaps) == (None, (2019,))
    assert "2019" in gap.mean_reason[1]
    zero = growth({2018: 100, 2019: 0, 2020: 121}, 2018)
    assert zero.compound_pct == pytest.approx(10)
    assert zero.mean_pct is None
    assert growth({2018: 100, 2019: 0}, 2018).compound_pct == -100


def test_later_years_are_left_out():
    values = {2018: 100, 2019: 110, 2020: 121, 2024: 9999}
    assert growth(values, 2018, until=2023).last_year == 2020
    assert growth(values, 2018, until=2023).compound_pct == pytest.approx(10)


@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=8), st.integers(-50, 200))
def test_it_is_what_other_ways_of_computing_give(numbers, target):
    values = {2018 + n: float(v) for n, v in enumerate(numbers)}
    found = growth(values, 2018)
    rates = [b / a for a, b in zip(numbers, numbers[1:], strict=False)]
    assert found.compound_pct == pytest.approx((statistics.geometric_mean(rates) - 1) * 100, abs=1e-6)
    assert found.mean_pct == pytest.approx((statistics.fmean(rates) - 1) * 100, abs=1e-6)
    assert found.mean_pct >= found.compound_pct - 1e-6  # arithmetic and geometric mean
    for method in GrowthMethod:
        rate = found.rate_pct(method)
        if abs(rate - target) > 1e-6:
            assert found.met(method, Comparator.AT_LEAST, target) == (rate > target)


@given(st.dictionaries(st.integers(2015, 2024), st.floats(0.01, 1e6), min_size=2), st.floats(0.01, 1e3))
def test_the_unit_does_not_matter(values, factor):
    base = min(values)
    assume(len(values) > 1)
    mine, theirs = growth(values, base), growth({y: v * factor for y, v in values.items()}, base)
    assert theirs.compound_pct == pytest.approx(mine.compound_pct, rel=1e-6, abs=1e-6)
    assert (theirs.mean_pct is None) == (mine.mean_pct is None)
