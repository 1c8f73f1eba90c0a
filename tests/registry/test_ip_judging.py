"""Statuses, money and loans on states made by hand; nothing depends on the order of the records."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ip_scenes import (
    COUNTING,
    FIRMS,
    KINDS,
    NEVER,
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

from firelane.registry.ip_counts import load_counting
from firelane.registry.ip_standing import standing
from firelane.registry.ip_summary import document
from firelane.registry.ip_tasks import tally
from firelane.registry.judging import Status

# ------------------------------------------------------------------------------------------- statuses


def test_a_count_before_and_after_its_last_day():
    def counted(on, number, first="2021-01-01", **more):
        return indicator(at(on, *(firm(n, first, of="G3.1") for n in range(number)), **more), "G3.1")

    assert counted("2020-12-01", 5, "2020-11-01").status is Status.ON_TRACK  # little time has gone by
    assert counted("2022-06-30", 20).status is Status.AT_RISK
    assert counted("2023-01-01", 20).status is Status.OVERDUE
    assert counted("2022-12-31", 20).status is Status.AT_RISK  # its last day is not over
    assert not counted("2022-12-31", 20).past_due
    small = replace(PLAN, indicators=tuple(replace(i, target=10.0) if i.id == "G3.1" else i for i in PLAN.indicators))
    assert counted("2022-06-30", 10, plan=small).status is Status.ACHIEVED
    assert counted("2022-06-30", 10, plan=small).reached_on == dt.date(2021, 1, 1)
    late = counted("2023-03-01", 10, "2023-02-01", plan=small)
    assert late.status is Status.ACHIEVED
    assert "reached late" in late.reasons[0][1]
    assert counted("2023-01-15", 10, "2023-02-01", plan=small).status is Status.NOT_EVALUABLE
    assert counted("2023-01-15", 10, "2023-02-01", plan=small).past_due


def test_a_stock_that_falls_after_its_last_day_was_reached():
    small = replace(PLAN, indicators=tuple(replace(i, target=2.0) if i.id == "T8.1" else i for i in PLAN.indicators))
    rows = [asset("advantage_enterprise", "2021-01-01", usci=FIRMS[n], ended_on="2023-02-01") for n in range(2)]
    found = indicator(at("2023-03-01", *rows, plan=small), "T8.1")
    assert found.status is Status.ACHIEVED
    assert "now 0" in found.reasons[0][1]


def test_yearly_targets_and_due_dates_that_are_set_later():
    target = ("yearly_target", {"indicator": "G1.5", "by": "2021-06-30", "target": 2, "on": "2021-01-01", "basis": "b"})
    rows = [target, firm(1, "2021-01-01")]
    assert indicator(at("2021-12-31", *rows), "G1.5").status is Status.AT_RISK
    assert indicator(at("2021-12-31", *rows, firm(2, "2021-01-01")), "G1.5").status is Status.ON_TRACK
    next_year = ("yearly_target", {"indicator": "G1.5", "by": "2022-06-30", "target": 90, "on": "2021-01-01", "basis": "b"})
    assert indicator(at("2021-12-31", *rows, firm(2, "2021-01-01"), next_year), "G1.5").status is Status.ON_TRACK
    assert indicator(at("2022-07-31", *rows, firm(2, "2021-01-01"), next_year), "G1.5").status is Status.AT_RISK
    due = ("due_date", {"indicator": "G1.5", "due": "2021-06-30", "on": "2021-02-01", "basis": "会议"})
    assert indicator(at("2021-12-31", firm(1, "2021-01-01"), due), "G1.5").status is Status.OVERDUE
    before = indicator(at("2021-01-31", firm(1, "2021-01-01"), due), "G1.5")
    assert before.due.day == dt.date(2023, 12, 31)


def test_a_yearly_target_rules_until_its_successor_or_the_end_of_its_year():
    """Of 100 by the end of 2023, 20 by the end of 2021: in 2022 and 2023 it is what lies between that counts."""
    plan = replace(PLAN, indicators=tuple(replace(i, target=20.0) if i.id == "G1.5" else i for i in PLAN.indicators))
    goal = ("yearly_target", {"indicator": "G1.5", "by": "2021-06-30", "target": 4, "on": "2021-01-01", "basis": "b"})
    rows = [goal, *(firm(n, "2021-02-01") for n in range(4))]

    def told(on, *more):
        return indicator(at(on, *rows, *more, plan=plan), "G1.5")

    assert (told("2021-12-31").status, told("2021-12-31").expected) == (Status.ON_TRACK, 0.2)
    # from 2021-06-30 to 2023-12-31 are 914 days; half of them lie before 2022-09-30: 0.2 + 0.8 / 2
    assert told("2022-09-30").expected == pytest.approx(0.6)
    assert told("2022-09-30").status is Status.AT_RISK
    assert "20%" in told("2022-09-30").reasons[0][1]
    assert "60%" in told("2022-09-30").reasons[0][1]
    # 0.8 of what is expected is enough: 10 of 20 against 0.48
    assert told("2022-09-30", *(firm(n, "2022-01-01") for n in range(4, 10))).status is Status.ON_TRACK
    # a successor rules from its own day on, and what lies between leads up to it
    after = ("yearly_target", {"indicator": "G1.5", "by": "2022-06-30", "target": 12, "on": "2021-01-01", "basis": "b"})
    assert told("2022-06-30", after).expected == 0.6
    assert told("2022-03-31", after).expected == pytest.approx((4 + 8 * 274 / 365) / 20)
    assert told("2021-12-31", after).status is Status.ON_TRACK
    assert told("2022-07-01", after).status is Status.AT_RISK
    # a yearly target that was missed stays missed until it is made up for
    few = [goal, *(firm(n, "2021-02-01") for n in range(3))]
    assert "behind the yearly target" in indicator(at("2022-01-15", *few, plan=plan), "G1.5").reasons[0][1]
    assert indicator(at("2024-01-15", *few, plan=plan), "G1.5").expected == 1.0


def test_nothing_that_is_not_reached_is_on_track_in_the_last_days():
    """By an equal share of the time 19 of 20 would do, and by a yearly target of long ago 1 of 20."""
    plan = replace(PLAN, indicators=tuple(replace(i, target=20.0) if i.id == "G1.5" else i for i in PLAN.indicators))
    goal = ("yearly_target", {"indicator": "G1.5", "by": "2023-06-30", "target": 1, "on": "2021-01-01", "basis": "b"})
    rows = [firm(n, "2021-02-01") for n in range(19)]
    for more in ((), (goal,)):
        found = {on: indicator(at(on, *rows, *more, plan=plan), "G1.5") for on in ("2023-10-31", "2023-11-01", "2023-12-31", "2024-01-01")}
        assert [f.status for f in found.values()] == [Status.ON_TRACK, Status.AT_RISK, Status.AT_RISK, Status.OVERDUE]
        assert "0 days are left" in found["2023-12-31"].reasons[0][1]
    report = state("T20", "2023-10-01", "in_progress", 99)
    assert [task(at(on, report), "T20").status for on in ("2023-10-31", "2023-11-01", "2023-12-31")] == [
        Status.ON_TRACK, Status.AT_RISK, Status.AT_RISK,
    ]  # fmt: skip
    last = replace(COUNTING, status=replace(COUNTING.status, last_days=0))
    assert task(at("2023-12-30", report, counting=last), "T20").status is Status.ON_TRACK
    assert task(at("2023-12-31", report, counting=last), "T20").status is Status.AT_RISK


def test_a_milestone_is_at_risk_by_the_days_left():
    rows = [asset("operation_centre", "2021-01-01", number="1")]
    assert indicator(at("2023-06-01", *rows), "G4.2").status is Status.ON_TRACK
    assert indicator(at("2023-08-01", *rows), "G4.2").status is Status.AT_RISK


def test_a_task_is_done_only_with_its_figures():
    done = state("T13", "2022-01-01", "done")
    assert task(at("2022-06-01", done), "T13").status is not Status.ACHIEVED
    assert any("not counted as done" in en for _, en in task(at("2022-06-01", done), "T13").flags)
    assert task(at("2022-06-01", done, asset("securitisation", "2021-12-01", number="1")), "T13").status is Status.ACHIEVED
    assert task(at("2024-06-01", done), "T13").status is Status.NOT_EVALUABLE
    assert task(at("2024-06-01", done), "T13").late
    assert task(at("2024-06-01", asset("securitisation", "2021-12-01", number="1")), "T13").status is Status.OVERDUE


def test_tasks_without_figures_go_by_their_reports():
    assert task(at("2022-06-01"), "T20").status is Status.NOT_EVALUABLE
    assert task(at("2022-06-01", state("T20", "2022-05-01", "in_progress", 50)), "T20").status is Status.ON_TRACK
    assert task(at("2022-06-01", state("T20", "2022-05-01", "in_progress", 20)), "T20").status is Status.AT_RISK
    assert task(at("2022-06-01", state("T20", "2022-05-01", "stopped")), "T20").status is Status.AT_RISK
    assert task(at("2024-01-01", state("T20", "2022-05-01", "in_progress", 99)), "T20").status is Status.OVERDUE
    assert task(at("2022-06-01", state("T20", "2022-05-01", "done")), "T20").status is Status.ACHIEVED
    assert (
        task(at("2022-06-01", state("T20", "2022-05-01", "done", _decision="rejected")), "T20").status is Status.NOT_EVALUABLE
    )


def test_a_task_is_done_only_with_the_document_that_it_orders():
    products = [asset("patent_intensive_product", "2021-03-01", name=f"产品{n}") for n in range(20)]
    done = state("T4", "2021-12-01", "done")
    for on, status in (("2022-01-01", Status.ON_TRACK), ("2023-12-31", Status.AT_RISK), ("2024-01-01", Status.OVERDUE)):
        found = task(at(on, *products, done), "T4")
        assert found.status is status
        assert any("沈阳市专利密集型产品认定管理办法" in zh for zh, _ in found.reasons)
        assert any("not counted as done" in en for _, en in found.flags)
    issued = asset("document", "2021-05-20", number="D2", name="办法")
    assert task(at("2024-01-01", *products, done, issued), "T4").status is Status.ACHIEVED
    late = asset("document", "2024-02-01", number="D2", name="办法")
    found = task(at("2024-02-01", *products, done, late), "T4")
    assert found.status is Status.ACHIEVED
    assert "issued late, on 2024-02-01" in found.reasons[0][1]


def test_what_was_opened_again_was_not_done():
    rows = [
        state("T20", "2021-12-01", "done"), state("T20", "2022-12-01", "in_progress"), state("T20", "2024-02-01", "done"),
        state("T20", "2024-03-01", "done"),
    ]  # fmt: skip
    found = task(at("2024-06-01", *rows), "T20")
    assert found.status is Status.ACHIEVED
    assert "reported as done on 2024-02-01" in found.reasons[0][1]
    assert task(at("2024-06-01", rows[0], state("T20", "2024-02-01", "done")), "T20").reasons == ()


def test_leads_named_and_open():
    found = at("2022-06-01")
    assert {u.lead.zh: len(u.tasks) for u in found.units} == {
        "市市场监管局": 16,
        "浑南区政府": 2,
        "相关区、县（市）政府": 2,
        "市创新与转化中心": 1,
    }
    named = (
        "unit_named",
        {"task": "T17", "group": "相关区、县（市）政府", "unit": "沈河区政府", "on": "2021-01-01", "basis": "b"},
    )
    more = at("2022-06-01", named)
    assert [t.task.id for u in more.units if u.lead.zh == "沈河区政府" for t in u.tasks] == ["T17"]
    assert sum(tally(more.tasks).values()) == 20


def test_documents_are_found_by_their_name_or_number():
    rows = [asset("document", "2021-01-01", name="关于印发《沈阳市专利密集型产品认定管理办法》的通知"), asset("document", "2021-01-01", number="D9", name="某计划"),
            asset("document", "2021-01-01", name="管理办法")]  # fmt: skip
    assert {d.document.id for d in at("2022-01-01", *rows).documents if d.record is not None} == {"D2", "D9"}


# ------------------------------------------------------------------------------------------- money


def test_forty_per_cent_exactly_is_kept():
    rows = [use(0.1, purpose="cluster_zone"), use(0.3, purpose="cluster_zone"), use(0.6)]
    zone = at("2022-12-31", *rows).funds.rules[0]
    assert zone.shares[0].met is True
    assert zone.shares[0].share_pct == 40.0
    assert zone.shares[1].met is None  # nothing committed: that reading agrees with nothing
    assert zone.ruling.value == "undecided"
    rows += [use(1, stage="committed", purpose="cluster_zone")]
    assert at("2022-12-31", *rows).funds.rules[0].ruling.value == "held"
    # 40 parts of 100 in binary numbers are a hair less
    for cents in range(1, 300):
        part, rest = 2 * cents / 100, 3 * cents / 100
        assert at("2022-12-31", use(part, purpose="cluster_zone"), use(rest)).funds.rules[0].shares[0].met, cents
    less = at("2022-12-31", *rows, use(0.01), use(2, stage="committed")).funds.rules[0]
    assert less.ruling.value == "broken"
    alone = at("2022-12-31", use(1)).funds.rules[0]
    assert [s.met for s in alone.shares] == [False, None]
    assert alone.ruling.value == "undecided"


def test_rules_that_hang_on_the_reading():
    rows = [
        use(60, purpose="cluster_zone"),
        use(40),
        use(30, stage="committed", purpose="cluster_zone"),
        use(70, stage="committed"),
    ]
    zone = at("2022-12-31", *rows).funds.rules[0]
    assert [s.met for s in zone.shares] == [True, False]
    assert zone.ruling.value == "undecided"
    assert at("2021-12-31", *rows).funds.rules[0].ruling.value == "not_evaluable"


money = st.integers(1, 10**9).map(lambda cents: cents / 100)
uses = st.lists(
    st.tuples(money, st.sampled_from(["paid", "committed"]), st.sampled_from(["central", "city", "district", "other"]), st.sampled_from(["cluster_zone", "finance", "other"]), st.booleans()),
    max_size=12,
)  # fmt: skip


@settings(max_examples=40)
@given(uses)
def test_totals_are_the_sums_of_their_parts(told):
    found = at(
        "2022-12-31",
        *(use(a, stage=s, source=o, purpose=p, market=m, project=str(n)) for n, (a, s, o, p, m) in enumerate(told)),
    ).funds
    for stage in ("paid", "committed"):
        cents = sum(round(a * 100) for a, s, *_ in told if s == stage)
        key = f"{stage}_yuan"
        assert round(getattr(found.total, key) * 100) == cents
        assert sum(round(getattr(b, key) * 100) for b in found.balances) == cents
        assert sum(round(getattr(p, key) * 100) for p in found.spending) == cents
    zone = found.rules[0].shares[0]
    above = sum(round(a * 100) for a, s, o, p, _ in told if (s, o, p) == ("paid", "central", "cluster_zone"))
    below = sum(round(a * 100) for a, s, o, *_ in told if (s, o) == ("paid", "central"))
    assert zone.met == (None if below == 0 else above * 100 >= 40 * below)


def test_the_ratio_is_a_range_where_states_are_missing():
    def loan(n, amount):
        return "pledge", {"usci": FIRMS[0], "name": "n", "bank": "b", "amount_yuan": amount, "on": "2021-01-01", "_id": f"L{n}"}

    def told(n, outstanding, how, on="2022-01-01"):
        return "loan_state", {"loan": f"L{n}", "on": on, "outstanding_yuan": outstanding, "state": how}

    rows = [loan(1, 100), loan(2, 100), loan(3, 100), told(1, 97, "normal"), told(2, 3, "non_performing")]
    found = at("2022-06-30", *rows).loans
    assert (found.low_pct, found.high_pct) == (1.5, 51.5)
    assert found.tolerances[0][2].value == "undecided"
    known = at("2022-06-30", *rows, told(3, 0, "repaid")).loans
    assert (known.low_pct, known.high_pct) == (3.0, 3.0)
    assert known.tolerances[0][2].value == "held"
    assert at("2022-06-30").loans.tolerances[0][2].value == "not_evaluable"
    assert any("older than 370 days" in en for _, en in at("2024-06-30", *rows, told(3, 0, "repaid")).loans.flags)


# ------------------------------------------------------------------------------------------- the whole

ROWS = [
    *(firm(n, dt.date(2021, 1, 1) + dt.timedelta(40 * n)) for n in range(6)), firm(2, "2022-01-01", "withdrawn"), base(100),
    *(actual("G1.3", 100 + 40 * (y - 2018), f"{y}-12-31", y) for y in (2019, 2020, 2021)), asset("securitisation", "2021-05-01", number="1"),
    state("T1", "2021-02-01", "in_progress", 30), state("T1", "2022-02-01", "done"), use(60, purpose="cluster_zone"), use(40),
]  # fmt: skip


@settings(max_examples=15)
@given(st.permutations(ROWS), st.dates(dt.date(2018, 1, 1), dt.date(2024, 12, 31)))
def test_the_order_of_the_records_does_not_matter(rows, on):
    assert document(at(on, *rows)) == document(at(on, *ROWS))


@settings(max_examples=15)
@given(st.dates(dt.date(2018, 1, 1), dt.date(2024, 12, 31)))
def test_what_comes_later_changes_nothing_of_a_past_day(on):
    """A state that ends with the day, and the whole state asked for that day, say the same."""
    early = [r for r in ROWS if day(r[1].get(KINDS[r[0]].day, NEVER)) <= on]
    mine, theirs = document(at(on, *early)), document(at(on, *ROWS))
    assert mine == theirs


def test_before_anything_all_is_empty():
    found = at("2018-01-01", *ROWS)
    assert found.empty
    assert {t.status for t in found.tasks} == {Status.NOT_EVALUABLE}
    assert not any(i.value for i in found.indicators)
    assert found.last_day is None


HOSTILE = '=1+1<script>alert("x")</script>\u202e&\'' + "长" * 3000
WORST = [
    firm(1, "2021-01-01", name=HOSTILE), firm(1, "2021-02-01", name=HOSTILE), asset("document", "2021-01-01", name=HOSTILE, number=HOSTILE),
    ("agency_move", {"usci": FIRMS[1], "name": HOSTILE, "carrier": HOSTILE, "move": "in", "on": "2021-01-01"}), state("T1", "2021-01-01", "in_progress", note=HOSTILE),
    ("pledge", {"usci": FIRMS[0], "name": HOSTILE, "bank": HOSTILE, "amount_yuan": 5, "on": "2021-03-01", "_id": HOSTILE}), use(5, project=HOSTILE),
    ("due_date", {"task": "T1", "due": "2021-06-30", "on": "2021-01-01", "basis": HOSTILE}),
    ("unit_named", {"task": "T17", "group": "相关区、县（市）政府", "unit": HOSTILE, "on": "2021-01-01", "basis": "b"}),
]  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_texts_from_outside_stay_texts(tmp_path, lang):
    import openpyxl
    from docx import Document

    from firelane.registry.ip_board import board
    from firelane.registry.ip_book import write_csv_files, write_workbook
    from firelane.registry.ip_report import write_report

    found = at("2022-01-01", *WORST)
    page = board(found, lang)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "\u202e" not in page
    assert "长" * 1300 not in page
    write_workbook(found, tmp_path / "b.xlsx", lang)
    assert not any(
        c.data_type == "f" for sheet in openpyxl.load_workbook(tmp_path / "b.xlsx") for row in sheet.iter_rows() for c in row
    )
    for path in write_csv_files(found, tmp_path / "csv", lang):
        assert "\n=" not in path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
        assert ",=" not in path.read_text(encoding="utf-8-sig")
    if lang == "en":  # the charts of a report take their time
        return
    write_report(found, tmp_path / "r.docx", lang)
    assert "\u202e" not in "".join(c.text for t in Document(tmp_path / "r.docx").tables for r in t.rows for c in r.cells)


def test_another_plan_is_another_file():
    """What no rule names is counted by firms where each counts once, else as reported."""
    other = replace(PLAN, id="elsewhere", fund_rules=(), tolerances=(), documents_to_issue=())
    counting = load_counting(other)
    assert counting.rules == {}
    found = standing(state_of(firm(1, "2021-01-01"), actual("T7.1", 1, "2021-01-01")), other, counting, dt.date(2022, 1, 1))
    assert indicator(found, "G1.5").value == 1
    assert indicator(found, "T7.1").status is Status.ACHIEVED
    assert found.agencies is None


def test_every_number_has_its_citation():
    for i in at("2022-01-01").indicators:
        assert i.indicator.citations
    for r in at("2022-01-01").funds.rules:
        assert r.rule.citations
