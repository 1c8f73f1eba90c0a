"""Counts, and yearly figures with their growth, on states made by hand."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ip_scenes import (
    COUNTING,
    FIRMS,
    KINDS,
    PLAN,
    actual,
    asset,
    at,
    base,
    day,
    firm,
    indicator,
    state,
    state_of,
    task,
    use,
)

from firelane.registry.ip_counts import CountFrom, CountRule
from firelane.registry.ip_presence import Move, presence, step_at
from firelane.registry.ip_standing import standing
from firelane.registry.judging import Status
from firelane.registry.state import State

# ------------------------------------------------------------------------------------------- counts


def test_firms_count_once_and_leave():
    rows = [
        firm(1, "2021-01-01"),
        firm(1, "2021-02-01"),
        firm(2, "2021-03-01"),
        firm(2, "2021-06-01", "withdrawn"),
        firm(3, "2021-06-01"),
        firm(4, "2021-01-01", of="G3.3"),
    ]
    assert indicator(at("2021-05-01", *rows), "G1.5").value == 2
    found = indicator(at("2021-12-31", *rows), "G1.5")
    assert found.value == 2
    assert found.pending == 5
    assert found.approved is None
    assert any("counted once (1): F1" in en for _, en in found.flags)
    back = indicator(at("2021-12-31", *rows, firm(2, "2021-07-01")), "G1.5")
    assert back.value == 3


def test_rejected_and_withdrawn_records_never_count_and_unapproved_are_told():
    rows = [
        firm(1, "2021-01-01", _decision="approved"),
        firm(2, "2021-01-01", _decision="rejected"),
        firm(3, "2021-01-01", _voided="x"),
        firm(4, "2021-01-01"),
    ]
    found = indicator(at("2021-12-31", *rows), "G1.5")
    assert (found.value, found.approved, found.pending) == (2, 1, 1)


def test_assets_are_the_same_by_their_number_and_name():
    rows = [
        asset("standard", "2021-01-01", number="GB 1", name="Standard A"),
        asset("standard", "2021-02-01", number="gb1", name="standard a"),
        asset("alliance", "2021-01-01", number="GB 1", name="Standard A"),
    ]
    found = indicator(at("2021-12-31", *rows), "T7.1")
    assert found.value == 1
    assert any("counted once (1)" in en for _, en in found.flags)
    assert indicator(at("2021-12-31", *rows), "T11.1").value == 1
    # one document that recognises twenty products is twenty products
    named = [asset("patent_intensive_product", "2021-03-01", number="沈知发〔2021〕5号", name=f"产品{n}") for n in range(20)]
    twenty = indicator(at("2021-12-31", *named), "T4.1")
    assert (twenty.value, twenty.status) == (20, Status.ACHIEVED)
    assert any("编号相同而名称不同，各计一次，请核对（20）" in zh for zh, _ in twenty.flags)
    assert not any("编号相同" in zh for zh, _ in found.flags)


def test_the_number_of_a_patent_names_one_thing():
    rule = CountRule(CountFrom.ASSET, ("patent", "standard"))
    counting = replace(COUNTING, rules={**COUNTING.rules, "T7.1": rule})
    rows = [asset("patent", f"2021-0{n}-01", number="ZL 1", name=f"n{n}") for n in (1, 2)]
    found = indicator(at("2021-12-31", *rows, counting=counting), "T7.1")
    assert found.value == 1
    assert not any("编号相同" in zh for zh, _ in found.flags)
    other = replace(counting, same_by_number=())
    assert indicator(at("2021-12-31", *rows, counting=other), "T7.1").value == 2


def test_only_new_brand_agencies_count_and_only_with_a_code():
    rows = [
        asset("brand_agency", "2020-09-27", usci=FIRMS[1], number="a"), asset("brand_agency", "2021-09-27", usci=FIRMS[1], number="b"),
        asset("brand_agency", "2020-09-28", usci=FIRMS[2], number="c"), asset("brand_agency", "2021-01-01", number="d"),
    ]  # fmt: skip
    found = indicator(at("2021-12-31", *rows), "G4.3")
    assert found.value == 1
    told = " ".join(en for _, en in found.flags)
    assert "not new" in told
    assert "without a credit code" in told


def test_what_ended_is_no_longer_in_a_stock_but_stays_in_a_cumulative_count():
    rows = [asset("gi_user", "2021-01-01", usci=FIRMS[1], ended_on="2022-01-01"), asset("gi_user", "2021-01-01", usci=FIRMS[2]),
            asset("gi_standard", "2021-01-01", number="x", ended_on="2022-01-01")]  # fmt: skip
    assert indicator(at("2021-12-31", *rows), "T3.2").value == 2
    assert indicator(at("2022-01-01", *rows), "T3.2").value == 1
    assert indicator(at("2022-01-01", *rows), "T3.1").value == 1


def test_a_reported_total_beside_what_is_registered():
    alone = indicator(at("2021-12-31", actual("G1.5", 50, "2021-12-31")), "G1.5")
    assert alone.value == 50
    assert any("nothing shows that each is counted once" in en for _, en in alone.flags)
    both = indicator(at("2021-12-31", actual("G1.5", 50, "2021-12-31"), firm(1, "2021-01-01")), "G1.5")
    assert both.value == 1
    assert any("50" in en and "which counts" in en for _, en in both.flags)


def test_an_agency_in_two_carriers_is_one():
    def move(n, way, on, carrier):
        return "agency_move", {"usci": FIRMS[n], "name": f"A{n}", "carrier": carrier, "move": way, "on": on}

    rows = [
        move(1, "in", "2021-01-01", "甲"),
        move(1, "in", "2021-02-01", "乙"),
        move(1, "out", "2021-03-01", "甲"),
        move(2, "in", "2021-01-05", "甲"),
    ]
    assert [len(at(d, *rows).agencies.members) for d in ("2021-01-01", "2021-02-15", "2021-03-05")] == [1, 2, 2]
    assert len(at("2021-12-31", *rows, move(1, "out", "2021-04-01", "乙")).agencies.members) == 1
    assert [s.value for s in at("2021-12-31", *rows).agencies.steps] == [1, 2, 2, 2]
    assert indicator(at("2021-12-31", *rows), "T15.2").value == 2


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 20), st.booleans()), max_size=12),
    st.randoms(use_true_random=False),
)
def test_presence_is_what_walking_the_days_gives(moves, random):
    told = [Move(k, k, dt.date(2021, 1, d), e) for k, d, e in moves]
    steps, members, _, _ = presence(told)
    inside = set()
    for d in range(1, 21):
        for key in "abc":
            ins = sum(1 for k, x, e in moves if (k, x, e) == (key, d, True))
            outs = sum(1 for k, x, e in moves if (k, x, e) == (key, d, False))
            # the day's moves are alternated from the state before it, for as long as that goes
            now = key in inside
            while outs if now else ins:
                if now:
                    outs -= 1
                else:
                    ins -= 1
                now = not now
            inside = inside | {key} if now else inside - {key}
        step = step_at(steps, dt.date(2021, 1, d))
        assert (0 if step is None else step.value) == len(inside)
    assert {k for k, _ in members} == inside
    random.shuffle(told)
    assert presence(told)[:2] == (steps, members)


# ------------------------------------------------------------------------------------------- yearly figures


def test_of_two_base_values_the_confirmed_one_is_used():
    rows = [
        base(100, of="G1.1", _id="JQ-1"), base(200, of="G1.1", year=2019, status="to_confirm", _id="JQ-2", on="2021-06-01"),
        actual("G1.1", 150, "2020-12-31", 2020), actual("G1.1", 172.8, "2021-12-31", 2021),
    ]  # fmt: skip
    for told in (rows, [rows[1], rows[0], *rows[2:]]):
        found = indicator(at("2022-06-01", *told), "G1.1")
        assert (found.growth.base_year, found.growth.base_value) == (2018, 100)
        assert found.value == pytest.approx(20)
        [flag] = [en for _, en in found.flags if "base values are recorded" in en]
        assert "JQ-1: 100 of 2018, confirmed" in flag
        assert "JQ-2: 200 of 2019, to be confirmed" in flag
        assert "JQ-1 is used" in flag
    later = base(120, of="G1.1", _id="JQ-3", on="2021-07-01")
    assert indicator(at("2022-06-01", *rows, later), "G1.1").growth.base_value == 120


def corrected(before, after):
    """Return a state in which a record was approved and then corrected."""
    first = state_of((before[0], {**before[1], "_id": "R-1", "_decision": "approved"})).versions["R-1"]
    second = state_of((after[0], {**after[1], "_id": "R-1"})).versions["R-1"]
    return replace(first[0], seq=900), replace(second[0], version=2, seq=901, reason="x")


def with_corrected(on, pair, *rows):
    plain = state_of(*rows)
    return standing(State(KINDS, {**plain.versions, "R-1": pair}), PLAN, COUNTING, day(on))


def test_what_is_corrected_after_its_approval_says_so_beside_what_was_approved():
    pair = corrected(actual("G1.3", 169, "2020-12-31", 2020), actual("G1.3", 100, "2020-12-31", 2020))
    found = indicator(with_corrected("2021-02-01", pair, base(100)), "G1.3")
    assert found.value == 0
    [flag] = [zh for zh, _ in found.flags if "审核后又更正" in zh]
    assert "待审核：已审核 169，现计 100" in flag
    total = corrected(actual("T15.1", 2000, "2021-12-31"), actual("T15.1", 3200, "2021-12-31"))
    found = indicator(with_corrected("2022-02-01", total), "T15.1")
    assert (found.value, found.approved, found.pending) == (3200, 2000, 1)
    # a firm that was approved for one day and moved to another still counts among the approved
    pair = corrected(firm(1, "2021-01-01"), firm(1, "2021-03-01"))
    found = indicator(with_corrected("2022-02-01", pair), "G1.5")
    assert (found.value, found.approved) == (1, 1)
    assert any("审核后又更正，待审核（1）：R-1" in zh for zh, _ in found.flags)
    pair = corrected(firm(1, "2021-01-01"), firm(1, "2023-03-01"))
    hidden = indicator(with_corrected("2022-02-01", pair), "G1.5")
    assert any("更正后不在此计入，待审核（1）：R-1" in zh for zh, _ in hidden.flags)
    beside = indicator(with_corrected("2022-02-01", pair, firm(2, "2021-01-01")), "G1.5")
    assert (beside.value, beside.approved) == (1, 1)
    assert any("更正后不在此计入" in zh for zh, _ in beside.flags)
    gone = corrected(use(60, purpose="cluster_zone"), use(60, purpose="cluster_zone", on="2024-01-01"))
    assert any("更正后不在此计入" in zh for zh, _ in with_corrected("2023-01-01", gone, use(40)).funds.flags)
    money = with_corrected("2023-01-01", corrected(use(60, purpose="cluster_zone"), use(50, purpose="cluster_zone")), use(40))
    assert any("已审核 60，现计 50" in zh for zh, _ in money.funds.flags)
    told = with_corrected("2022-02-01", corrected(state("T20", "2021-06-01", "in_progress", 10), state("T20", "2021-06-01", "in_progress", 60)))
    assert any("审核后又更正" in zh for zh, _ in task(told, "T20").flags)
    approved = tuple(replace(r, decision="approved") for r in pair)
    found = indicator(with_corrected("2022-02-01", approved), "G1.5")
    assert not any("审核后又更正" in zh for zh, _ in found.flags)


def test_a_part_of_a_year_is_never_made_a_whole_one():
    rows = [
        base(100),
        actual("G1.3", 130, "2019-12-31", 2019),
        actual("G1.3", 999, "2020-06-30", 2020),
        actual("G1.3", 999, "2020-12-31", 2020, partial=True),
    ]
    found = indicator(at("2021-01-31", *rows), "G1.3")
    assert found.growth.last_year == 2019
    assert found.value == pytest.approx(30)
    assert found.status is Status.ON_TRACK
    assert any("part of the year" in en for _, en in found.flags)
    whole = indicator(at("2021-01-31", *rows, actual("G1.3", 100, "2020-12-31", 2020)), "G1.3")
    assert whole.growth.last_year == 2020
    assert whole.status is Status.AT_RISK


def test_the_base_year_that_the_plan_states_is_kept():
    found = indicator(at("2021-01-31", base(100, year=2019), actual("G1.3", 130, "2020-12-31", 2020)), "G1.3")
    assert found.status is Status.NOT_EVALUABLE
    assert any("the plan says 2018" in en for _, en in found.flags)
    # where it states none, a record names it
    other = indicator(
        at("2021-01-31", base(100, of="G1.1", year=2019, status="to_confirm"), actual("G1.1", 130, "2020-12-31", 2020)), "G1.1"
    )
    assert other.growth.base_year == 2019
    assert other.value == pytest.approx(30)
    assert any("to be confirmed" in en for _, en in other.flags)


def test_final_growth_is_reached_or_missed_or_missing():
    full = [base(100)] + [actual("G1.3", 100 * 1.3 ** (y - 2018) + 1, f"{y}-12-31", y) for y in range(2019, 2024)]
    assert indicator(at("2024-02-01", *full), "G1.3").status is Status.ACHIEVED
    assert indicator(at("2024-02-01", *full[:-1]), "G1.3").status is Status.NOT_EVALUABLE
    flat = [base(100)] + [actual("G1.3", 100, f"{y}-12-31", y) for y in range(2019, 2024)]
    assert indicator(at("2024-02-01", *flat), "G1.3").status is Status.OVERDUE


def test_loans_stand_beside_the_reported_figure():
    rows = [
        base(100),
        actual("G1.3", 500, "2021-12-31", 2021),
        ("pledge", {"usci": FIRMS[0], "name": "n", "bank": "b", "amount_yuan": 4_000_000.1, "on": "2021-03-01"}),
    ]
    found = indicator(at("2022-01-31", *rows), "G1.3")
    (year,) = [y for y in found.series.years if y.year == 2021]
    assert (year.value, year.beside) == (500, 400.00001)
    assert any("500" in en and "400" in en for _, en in found.flags)
