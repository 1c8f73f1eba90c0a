"""The order of the worst: one criterion after another, told in data."""

import itertools
import random

import pytest

from firelane.batch.columns import columns
from firelane.batch.ranking import ranking, ranks

BASE = {
    "status": "done", "verdict": "fail", "length_fail_m": 100.0, "mandatory_fails": 5, "buildings_unreached": 2,
    "min_clear_width_m": 3.0, "length_indeterminate_m": 0.0,
}  # fmt: skip
# Each worse than BASE by its own criterion, better by the next ones.
WORSE = [
    {"length_fail_m": 110.0, "mandatory_fails": 1}, {"mandatory_fails": 6, "buildings_unreached": 0},
    {"buildings_unreached": 3, "min_clear_width_m": 3.9}, {"min_clear_width_m": 2.9}, {"length_indeterminate_m": 10.0},
]  # fmt: skip


def order(*records):
    given = [{"site_id": str(n)} | r for n, r in enumerate(records)]
    return [n for _, n in sorted((rank, n) for n, rank in enumerate(ranks(given)) if rank is not None)]


@pytest.mark.parametrize("worse", WORSE)
def test_every_criterion_decides_before_those_after_it(worse):
    assert order(BASE, BASE | worse) == [1, 0]


def test_an_earlier_criterion_outweighs_a_later_one():
    for (n, a), (m, b) in itertools.combinations(enumerate(WORSE), 2):
        assert n < m
        assert order(BASE | b, BASE | a) == [1, 0]


def test_a_few_metres_more_do_not_outweigh_the_rest():
    assert order(BASE | {"length_fail_m": 109.9}, BASE | {"mandatory_fails": 6}) == [1, 0]


def test_verdicts_first_and_no_width_after_all_widths():
    assert order(BASE | {"verdict": "pass"}, BASE | {"verdict": "incomplete"}, BASE | {"verdict": "indeterminate"}, BASE) == [3, 2, 1, 0]
    assert order(BASE | {"min_clear_width_m": None}, BASE | {"min_clear_width_m": 9.0}) == [1, 0]


def test_what_was_not_done_has_no_rank_and_no_two_share_one():
    records = [BASE | {"site_id": str(n), "status": s} for n, s in enumerate(["done", "failed", "done", "not_run"])]
    assert ranks(records) == [1, None, 2, None]


def test_the_order_of_the_input_does_not_matter():
    records = [BASE | {"site_id": str(n), "mandatory_fails": n % 3} for n in range(12)]
    by_id = dict(zip([r["site_id"] for r in records], ranks(records), strict=True))
    random.Random(5).shuffle(records)
    assert dict(zip([r["site_id"] for r in records], ranks(records), strict=True)) == by_id


def test_criteria_name_columns_and_are_marked_as_proposed():
    known = {c.name for c in columns("sites")}
    for criterion in ranking():
        assert criterion.column in known
        assert criterion.direction in ("asc", "desc")
        assert "待确认" in criterion.source
        assert criterion.zh
        assert criterion.en
