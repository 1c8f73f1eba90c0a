"""A plan, a scheme or an indicator set of one's own: what is read, and what is refused with everything told at once."""

from __future__ import annotations

import copy
import datetime as dt
import math
import tomllib
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st
from other_city import PLAN as ELSEWHERE

from firelane.errors import InputError, Problem
from firelane.registry.indicators import BaseStatus, Comparator, GrowthMethod, IndicatorKind
from firelane.registry.ip_plan import MoneyBasis, load_plan
from firelane.registry.ip_plan_rows import _Reader as PlanReader
from firelane.registry.ip_plan_rows import available_plans
from firelane.registry.reading import Table
from firelane.registry.star_flowfile import START
from firelane.registry.star_scheme import CriterionKind, load_indicator_set, load_scheme
from firelane.registry.star_scheme_rows import _Reader as SchemeReader
from firelane.registry.star_scheme_rows import available_schemes
from firelane.registry.star_sets import _read as read_set
from firelane.registry.star_sets import available_sets, score_kinds

HOME = resources.files("firelane.registry")
PLAN, SCHEME, SET = (
    HOME.joinpath(*parts).read_text(encoding="utf-8")
    for parts in (
        ("plans", "shenyang_ip_2020.toml"), ("schemes", "shenyang_star_2020.toml"), ("sets", "shenyang_star_2020_provisional.toml"),
    )
)  # fmt: skip


@pytest.fixture
def own(tmp_path):
    def write(text: str | bytes, name: str = "own.toml") -> str:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return write


def spoiled(text: str, old: str, new: str) -> str:
    assert old in text, old
    return text.replace(old, new, 1)


def faults(load, *args) -> list[str]:
    with pytest.raises(InputError) as caught:
        load(*args)
    assert all(problem.message and problem.message_zh for problem in caught.value.problems)
    return [str(problem) for problem in caught.value.problems]


# --------------------------------------------------------------------------------------- what is read


def test_what_comes_with_firelane():
    assert available_plans() == ("shenyang_ip_2020",)
    assert available_schemes() == ("shenyang_star_2020",)
    assert "shenyang_star_2020_provisional" in available_sets()


def test_counts_of_the_plan():
    plan = load_plan()
    assert (len(plan.goals), len(plan.projects), len(plan.tasks), len(plan.safeguards)) == (4, 5, 20, 5)
    kinds = [item.kind for item in plan.indicators]
    assert [kinds.count(kind) for kind in IndicatorKind] == [4, 14, 4, 2, 6]
    assert [item.id for item in plan.indicators if not item.goal] == [
        "T3.1", "T3.2", "T4.1", "T5.1", "T5.2", "T5.3", "T7.1", "T8.1", "T11.1", "T15.1", "T15.2",
    ]  # fmt: skip
    assert (len(plan.documents_to_issue), len(plan.differences), len(plan.questions), len(plan.misprints)) == (10, 5, 6, 1)


def test_the_base_year_is_stated_for_pledge_finance_alone():
    plan = load_plan()
    growth = {item.id: (item.base_status, item.base_year) for item in plan.indicators if item.kind is IndicatorKind.GROWTH}
    assert growth == {
        "G1.1": (BaseStatus.TO_CONFIRM, 2018), "G1.2": (BaseStatus.TO_CONFIRM, 2018),
        "G1.3": (BaseStatus.STATED, 2018), "G1.4": (BaseStatus.STATED, 2018),
    }  # fmt: skip
    for key, (status, _) in growth.items():
        assert ("base_year" in plan.indicator[key].to_confirm) == (status is BaseStatus.TO_CONFIRM)
        assert plan.indicator[key].method is GrowthMethod.COMPOUND
        assert "method" in plan.indicator[key].to_confirm


def test_every_national_indicator_is_answered():
    plan = load_plan()
    assert [item.id for item in plan.national] == list(dict.fromkeys(["K1", "K2a", "K2b", *(f"K{n}" for n in range(3, 12))]))
    assert {item.national_id for item in plan.indicators} - {""} == {item.id for item in plan.national}
    alone = [item.id for item in plan.indicators if item.goal and item.target is not None and not item.national_id]
    assert alone == ["G4.3"]  # brand agencies: Shenyang's own


def test_differences_inside_the_plan_are_not_smoothed_over():
    plan = load_plan()
    navigation = {key: plan.indicator[key] for key in ("G2.1", "T5.1", "T5.2", "T5.3")}
    assert [item.target for item in navigation.values()] == [5, 6, 11, 5]
    assert [item.comparator for item in navigation.values()] == [Comparator.AT_LEAST, *[Comparator.PLAIN] * 3]
    certified = plan.indicator["G3.1"]
    assert (certified.due, len(certified.citations)) == (dt.date(2022, 12, 31), 2)
    assert plan.indicator["T8.1"].due == dt.date(2022, 12, 31)
    assert plan.indicator["G4.3"].counts_from == plan.issued_on
    assert {item.due for item in plan.indicators if item.target is not None} == {
        dt.date(2022, 12, 31), dt.date(2023, 12, 31),
    }  # fmt: skip


def test_the_fund_rules_are_read_in_every_way_the_text_allows():
    first, second = load_plan().fund_rules
    assert [(rule.share_pct, rule.comparator) for rule in (first, second)] == [(40, Comparator.AT_LEAST)] * 2
    assert [reading.basis for reading in first.readings] == [MoneyBasis.PAID, MoneyBasis.COMMITTED]
    assert [reading.id for reading in second.readings] == ["central_paid", "central_committed", "all_paid", "all_committed"]
    numerator, denominator = first.readings[0].numerator, first.readings[0].denominator
    assert numerator.holds("central", "cluster_zone", market_based=False)
    assert not numerator.holds("city", "cluster_zone", market_based=False)
    assert not numerator.holds("central", "finance", market_based=True)
    assert denominator.holds("central", "finance", market_based=True)
    assert not denominator.holds("city", "finance", market_based=True)
    everything = second.readings[2]
    assert everything.denominator.holds("city", "other", market_based=False)
    assert not everything.numerator.holds("city", "other", market_based=False)


def test_words_of_money_are_those_of_the_records():
    records = tomllib.loads(HOME.joinpath("records_ip.toml").read_text(encoding="utf-8"))["choices"]
    plan = load_plan()
    assert {item.id for item in plan.fund_sources} == set(records["fund_source"])
    assert {item.id for item in plan.fund_categories} == set(records["fund_purpose"])


def test_words_of_the_scheme_are_those_of_the_records():
    """A criterion looks its figures up in the records: a word that is not there would never be found."""
    records = tomllib.loads(HOME.joinpath("records_star.toml").read_text(encoding="utf-8"))
    kinds = {kind["id"]: {column["key"]: column for column in kind["column"]} for kind in records["kind"]}
    scheme = load_scheme()
    places = [(c.id, c.record, c.field, c.where) for c in scheme.criteria.values()]
    places += [(t.id, t.record, "", t.where) for t in scheme.flow.transitions.values()]
    for name, record, field, where in places:
        if not record:
            continue
        assert record in kinds, name
        assert not field or field in kinds[record], name
        for key, words in where.items():
            assert set(words) <= set(records["choices"][kinds[record][key]["choices"]]), name
    for row in scheme.flow.transitions.values():
        columns = set(kinds[row.record]) | (set(kinds["application"]) if row.record == "step" else set())
        assert set(row.required) <= columns, row.id
    assert {item.id for item in scheme.direct_bases} == set(records["choices"]["direct"])


def test_tolerance_of_bad_loans_is_no_target():
    plan = load_plan()
    (tolerance,) = plan.tolerances
    assert (tolerance.limit_pct, tolerance.comparator, tolerance.tasks) == (3, Comparator.AT_MOST, ("T12",))
    assert not any(item.target == 3 and item.unit == "%" for item in plan.indicators)


def test_a_plan_of_another_city_is_another_file(own):
    plan = load_plan(own("\ufeff".encode() + ELSEWHERE.replace("\n", "\r\n").encode()))
    (item,) = plan.indicator.values()
    assert (item.target, item.due, item.base_year, item.actual_unit) == (5, None, None, "件")
    assert item.citations[0].text() == "某政发〔2030〕1号 一：「增长百分之五。」"
    assert plan.indicators_of("T") == (item,)
    assert [unit.zh for unit in plan.lead_units] == ["某局"]


def test_the_packaged_files_may_be_copied_and_read_from_elsewhere(own):
    assert load_plan(own(PLAN)) == load_plan()
    assert load_scheme(own(SCHEME)) == load_scheme()
    assert load_indicator_set(own(SET)) == load_indicator_set()


def test_targets_as_a_reader_sees_them():
    plan = load_plan()
    assert plan.indicator["G3.3"].target_text() == "≥ 1000 家"
    assert plan.indicator["T15.1"].target_text("en") == "≥ 3000 m²"
    assert plan.indicator["G2.2"].target_text() == "2 个"
    assert plan.indicator["G4.4"].target_text("en") == "qualitative"
    with pytest.raises(ValueError, match="not compared"):
        Comparator.NONE.met(1, 1)


def test_the_conditions_as_criteria():
    scheme = load_scheme()
    assert [len(condition.groups) for condition in scheme.conditions] == [4, 3, 4, 2, 1, 2, 2]
    ((three, makers),) = scheme.conditions[4].groups
    assert (three.kind, three.threshold, three.mark.value) == (CriterionKind.COUNT, 3, "T")
    assert makers.kind is CriterionKind.JUDGEMENT
    printed = [c.id for c in scheme.criteria.values() if c.threshold is not None and c.mark.value == "T"]
    assert printed == ["C5.1"]  # the only figure in the seven conditions
    assert sum(c.id.startswith("C3.") and "facility" in c.where for c in scheme.criteria.values()) == 7


def test_the_flow_has_the_steps_of_the_text_and_every_other_is_marked_as_proposed():
    flow = load_scheme().flow
    printed = [row.id for row in flow.transitions.values() if row.mark.value == "T"]
    assert printed == [
        "draft", "submit", "local_review", "accept", "expert_review", "site_visit", "publicise", "announce", "direct_file",
        "guide", "exit",
    ]  # fmt: skip
    assert [row.id for row in flow.leaving(START)] == ["draft"]
    assert flow.transitions["guide"].target("filed") == "filed"
    walked, state = [], START
    for step in printed[:8]:
        assert state in flow.transitions[step].start
        state = flow.transitions[step].target(state)
        walked.append(state)
    assert walked[-1] == "filed"
    assert flow.transitions["direct_file"].start == ("accepted",)
    assert {state.id for state in flow.states.values() if not flow.leaving(state.id)} == {
        "rejected", "withdrawn", "exited", "revoked",
    }  # fmt: skip
    stated = {step for item in load_scheme().steps for step in item.transitions}
    assert stated == set(printed) - {"guide", "exit"}


def test_money_quota_and_exit_of_the_scheme():
    scheme = load_scheme()
    assert (scheme.subsidy.amount_yuan, scheme.subsidy.once, len(scheme.subsidy.uses)) == (100_000, True, 4)
    assert [grade.share_max for grade in scheme.grades] == [0.30, None, None]
    assert (scheme.exit_rule.grade, scheme.exit_rule.consecutive) == ("fail", 2)
    assert (len(scheme.evaluation.first_level), scheme.evaluation.second_level_count) == (7, 26)
    assert [(aim.id, aim.target) for aim in scheme.aims] == [("A1", 80), ("A2", 100), ("A3", 1000), ("A4", None)]
    assert scheme.vocabularies["purposes"].open is False
    assert all(scheme.vocabularies[key].open for key in ("carriers", "subjects", "trainings", "activities"))


def test_the_shipped_set_is_provisional_and_has_no_weights():
    found = load_indicator_set()
    assert not found.status.scored
    assert not found.status.grades
    assert {item.weight for item in found.indicators} == {None}
    parents = [item.parent for item in found.indicators]
    assert [parents.count(first.id) for first in load_scheme().evaluation.first_level] == [4, 3, 4, 4, 4, 3, 4]


# ------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize("load", [load_plan, load_scheme, load_indicator_set])
@pytest.mark.parametrize("name", ["nowhere", "../shenyang_ip_2020", "a\0b.toml", "", "x" * 5000, "/nowhere/at/all.toml"])
def test_an_unknown_name_lists_what_there_is(load, name):
    (fault,) = faults(load, name)
    assert "shenyang_" in fault
    assert "\0" not in fault
    assert len(fault) < 500


@pytest.mark.parametrize("load", [load_plan, load_scheme, load_indicator_set])
@pytest.mark.parametrize(("content", "told"), [("a = ", "not valid TOML"), (b"a = '\xff\xfe'", "not UTF-8"), ("", "must be")])
def test_files_that_are_none(own, load, content, told):
    assert told in " ".join(faults(load, own(content)))


@pytest.mark.parametrize(
    ("old", "new", "where", "told"),
    [
        ("target = 20\n", "target = 20\nthreshold = 3\n", "indicator G1.1", "threshold: is not a known key"),
        ("[horizon]\n", "[horison]\nyears = 3\n[horizon]\n", "horison", "is not a known key"),
        ('citations = [{ article = "一·（三）", text = "专利技术合同成交额年均增幅40%以上" }]\n', "", "indicator G1.2", "no citation"),
        ('text = "专利技术合同成交额年均增幅40%以上"', 'text = ""', "indicator G1.2", "column text: is missing or empty"),
        ("target = 20\n", 'target = "20"\n', "indicator G1.1", "must be a finite number"),
        ("target = 20\n", "target = nan\n", "indicator G1.1", "must be a finite number"),
        ("target = 20\n", "target = true\n", "indicator G1.1", "must be a finite number"),
        ("target = 20\n", "", "indicator G1.1", "of kind growth needs it"),
        ("base_year = 2018\n", "", "indicator G1.1", "does not go with base_status"),
        ('base_status = "stated"\n', "", "indicator G1.3", "not_needed does not go with kind growth"),
        ("due = 2023-12-31\n", 'due = "2023-12-31"\n', "indicator G1.1", "must be a date"),
        ("due = 2023-12-31\n", "due = 2023-12-31T00:00:00\n", "indicator G1.1", "must be a date"),
        ('comparator = ">="\n', 'comparator = ">"\n', "indicator G1.1", "> is not allowed"),
        ('kind = "milestone"\n', 'kind = "goal"\n', "indicator G4.1", "goal is not allowed"),
        ('kind = "milestone"\n', 'kind = "qualitative"\n', "indicator G4.1", "does not go with kind qualitative"),
        ('distinct = "usci"\n', 'distinct = "name"\n', "indicator G1.5", "name is not known"),
        ('national_id = "K1"\n', 'national_id = "K0"\n', "indicator G1.1", "K0 is not known"),
        ('goal = "G1"\n', 'goal = "G9"\n', "indicator G1.1", "G9 is not known"),
        ('to_confirm = ["base_year", ', 'to_confirm = ["basis", ', "indicator G1.1", "basis is not known"),
        ('id = "G1.2"\n', 'id = "G1.1"\n', "indicator", "G1.1 stands twice"),
        ('tasks = ["T6"]\n', 'tasks = ["T7"]\n', "task", "do not name each other"),
        ("number = 2\n", "number = 1\n", "task", "1 stands twice"),
        ("number = 2\n", "number = 2.5\n", "task T2", "must be a whole number"),
        ('lead_units = ["hunnan"]', 'lead_units = ["hunan"]', "task T13", "hunan is not known"),
        ('lead_units = ["hunnan"]', "lead_units = []", "task T13", "is missing or empty"),
        ('project = "P1"\n', 'project = "P7"\n', "task T1", "P7 is not known"),
        ('zh = "推广知识产权保险产品', 'zh = "推广保险产品', "task T14 target", "does not stand in the text of the task"),
        ('group = "every"', 'group = "all"', "unit every_district", "all is not allowed"),
        ("share_pct = 40", "share_pct = 140", "fund_rule F1", "expected 0 to 100"),
        ('denominator = { sources = ["central"] }', 'denominator = { sources = ["moon"] }', "central_paid denominator", "moon is not known"),
        ('id = "central_committed"', 'id = "central_paid"', "fund_rule F1", "central_paid stands twice"),
        ("last_day = 2023-12-31", "last_day = 2020-01-01", "[horizon]", "is not after first_day"),
        ('printed = "贵任单位"', 'printed = "责任单位"', "misprint", "does not stand in the text"),
        ('title_en = "Shenyang: ', 'title_en = "Shenyang\\u0007: ', "[plan]", "control characters"),
        ("issued_on = 2020-09-28\n", "", "[plan]", "column issued_on: is missing"),
        ('kind = "measure"', 'kind = "law"', "document_to_issue D2", "law is not allowed"),
    ],
)  # fmt: skip
def test_a_spoiled_plan_is_refused(own, old, new, where, told):
    text = spoiled(PLAN, old, new)
    found = faults(load_plan, own(text))
    assert any(where in fault and told in fault for fault in found), found


@pytest.mark.parametrize(
    ("old", "new", "where", "told"),
    [
        ("threshold = 3\n", "", "criterion C5.1", "column threshold: is missing"),
        ("threshold = 3\n", 'threshold = "三"\n', "criterion C5.1", "must be a finite number"),
        ('kind = "judgement"\nmark = "T"\n', 'kind = "judgement"\nthreshold = 2\nmark = "T"\n', "criterion C1.4", "goes with a count alone"),
        ('kind = "absence"\n', 'kind = "none"\n', "criterion C7.2", "none is not allowed"),
        ('id = "C1.2"', 'id = "C1.1"', "criterion", "C1.1 stands twice"),
        ('per = "calendar_year"', 'per = "year"', "criterion C6.1", "year is not known"),
        ('from = ["accepted"]', 'from = ["acepted"]', "transition expert_review", "acepted is not known"),
        ('to = "site_inspected"', 'to = "filed"', "state site_inspected", "no application can come into"),
        ('guard = "conditions_met"', 'guard = "eval"', "transition publicise", "eval is not known"),
        ('required = ["by", "batch", "opinion"]', 'required = ["bye"]', "transition expert_review", "bye is not known"),
        ('role = "admin"', 'role = "king"', "transition publicise", "king is not allowed"),
        ('citations = [{ article = "四·（三）", text = "进行实地考察。" }]\n', "", "transition site_visit", "no citation"),
        ("first_level_count = 7", "first_level_count = 8", "[evaluation]", "is 8, but 7 are listed"),
        ("share_max = 0.30", "share_max = 30", "grade excellent", "expected 0 to 1"),
        ('[exit_rule]\ngrade = "fail"', '[exit_rule]\ngrade = "failed"', "[exit_rule]", "failed is not known"),
        ("consecutive = 2", "consecutive = 0", "[exit_rule]", "expected 1"),
        ("amount_yuan = 100000", 'amount_yuan = "10万"', "[subsidy]", "must be a finite number"),
        ('transitions = ["direct_file"]', 'transitions = ["direct"]', "step S8", "direct is not known"),
        ('number = "国科农发〔2016〕210号"', 'number = "国科农发〔2016〕211号"', "basis national", "does not stand in the text"),
        ('zh = "返乡农民工"', 'zh = "返乡人员"', "vocabulary subjects", "does not stand in the text"),
    ],
)  # fmt: skip
def test_a_spoiled_scheme_is_refused(own, old, new, where, told):
    found = faults(load_scheme, own(spoiled(SCHEME, old, new)))
    assert any(where in fault and told in fault for fault in found), found


def test_every_fault_is_told_at_once(own):
    text = spoiled(PLAN, "target = 20\n", 'target = "x"\n')
    text = spoiled(text, 'lead_units = ["hunnan"]', 'lead_units = ["hunan"]')
    text = spoiled(text, "share_pct = 40", "share_pct = -1")
    found = faults(load_plan, own(text))
    assert len(found) == len(set(found))
    assert {fault.split(":")[0].split(" row ")[1] for fault in found} >= {
        "indicator G1.1 column target", "task T13 column lead_units", "fund_rule F1 column share_pct",
    }  # fmt: skip


# -------------------------------------------------------------------------------------- indicator sets

HEAD = SET[: SET.index("[[indicator]]")]


def a_set(status: str, rows: list[tuple[str, str, str]], *, total: float = 100, head: str = HEAD) -> str:
    """Return a set: rows of (parent, weight, score); citations are given to all."""
    head = head.replace('status = "provisional"', f'status = "{status}"', 2).replace("total = 100", f"total = {total}")
    body = "".join(
        f'[[indicator]]\nid = "{n}"\nparent = "{parent}"\nzh = "指标{n}"\nen = "indicator {n}"\nunit = "个"\nunit_en = "pieces"\n'
        f'citations = [{{ article = "附件2", text = "指标{n}" }}]\n{weight}\n{score}\n'
        for n, (parent, weight, score) in enumerate(rows, 1)
    )
    return head + body


FIRST = [first.id for first in load_scheme().evaluation.first_level]
UNITS = 'score = { kind = "per_unit", points = 1, max = 4 }'
FULL = [(FIRST[n % 7], "weight = 4" if n < 25 else "weight = 0", UNITS if n < 25 else UNITS.replace("4", "0")) for n in range(26)]
TWO = [(FIRST[0], "weight = 60", 'score = { kind = "expert", max = 60 }'), (FIRST[1], "weight = 40", UNITS)]


def test_an_official_set_that_is_complete_is_read(own):
    found = load_indicator_set(own(a_set("official", FULL)))
    assert found.status.grades
    assert sum(item.weight for item in found.indicators) == found.total == 100
    assert found.by_id["1"].score.numbers == {"points": 1, "max": 4}


def test_weights_that_are_decimal_fractions_add_up(own):
    rows = [(FIRST[n % 7], "weight = 0.1", 'score = { kind = "expert", max = 0.1 }') for n in range(10)]
    assert load_indicator_set(own(a_set("rehearsal", rows, total=1, head=HEAD.replace("min = 80", "min = 0.8").replace("min = 60", "min = 0.6")))).total == 1


def test_a_rehearsal_needs_no_26_indicators(own):
    found = load_indicator_set(own(a_set("rehearsal", TWO)))
    assert (found.status.scored, found.status.grades) == (True, False)


def test_weights_that_are_nan_are_none(own):
    found = load_indicator_set(own(a_set("provisional", [(FIRST[0], "weight = nan", "")])))
    assert found.indicators[0].weight is None


VETO = 'score = { kind = "veto", caps_at = "fail" }'


def test_vetoes_and_bonuses_are_outside_the_sum(own):
    rows = [*TWO, (FIRST[6], "", VETO), (FIRST[6], "", 'score = { kind = "bonus", points = 1, max = 5 }')]
    found = load_indicator_set(own(a_set("rehearsal", rows)))
    assert [item.weight for item in found.indicators] == [60, 40, None, None]
    assert found.by_id["3"].score.caps_at == "fail"


@pytest.mark.parametrize("kind", list(score_kinds()))
def test_every_kind_of_score_can_be_written_and_misses_what_it_needs(own, kind):
    values = {"number": "1", "flag": "true", "table": "{ a = 1, b = 0.5 }", "grade": '"fail"'}
    params = score_kinds()[kind].params
    score = "score = { " + ", ".join([f'kind = "{kind}"', *(f"{p.key} = {values[p.type]}" for p in params)]) + " }"
    rows = [*TWO, (FIRST[6], "weight = 0" if score_kinds()[kind].weighted else "", score.replace("max = 1", "max = 0"))]
    assert load_indicator_set(own(a_set("rehearsal", rows))).by_id["3"].score.kind.id == kind
    rows[2] = (FIRST[6], rows[2][1], f'score = {{ kind = "{kind}" }}')
    found = faults(load_indicator_set, own(a_set("rehearsal", rows)))
    assert {p.key for p in params} <= {fault.partition("column ")[2].partition(":")[0] for fault in found}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (a_set("official", FULL[:25]), "an official set has 26 indicators, found 25"),
        (a_set("official", [(FIRST[n % 6], *row[1:]) for n, row in enumerate(FULL)]), "no indicator under 管理运营"),
        (a_set("official", [(FIRST[0], "weight = 5", UNITS), *FULL[1:]]), "is 100, but the weights add up to 101"),
        (a_set("official", [(FIRST[0], "", UNITS), *FULL[1:]]), "a set that is official has all weights"),
        (a_set("official", [(FIRST[0], "weight = nan", UNITS), *FULL[1:]]), "a set that is official has all weights"),
        (a_set("official", [(FIRST[0], "weight = 4", ""), *FULL[1:]]), "a set that is official is scored"),
        (a_set("official", FULL).replace('citations = [{ article = "附件2", text = "指标3" }]', ""), "no citation"),
        (a_set("rehearsal", TWO[:1]), "is 100, but the weights add up to 60"),
        (a_set("provisional", TWO), "a provisional set has no weights"),
        (a_set("rehearsal", [*TWO, (FIRST[6], "weight = 0", VETO)]), "a veto or a bonus has no weight"),
        (a_set("rehearsal", [*TWO, (FIRST[6], "", VETO.replace("fail", "bad"))]), "bad is not known"),
        (a_set("rehearsal", [(FIRST[0], "weight = 60", 'score = { kind = "expert", max = 61 }'), TWO[1]]), "above the weight of 60"),
        (a_set("rehearsal", [(FIRST[0], "weight = 60", 'score = { kind = "magic", max = 60 }'), TWO[1]]), "magic is not known"),
        (a_set("rehearsal", [(FIRST[0], "weight = 60", 'score = { kind = "expert", max = 60, step = 1 }'), TWO[1]]), "step: is not a known key"),
        (a_set("rehearsal", [("扶贫", *TWO[0][1:]), TWO[1]]), "扶贫 is not known"),
        (a_set("rehearsal", TWO).replace("share_max = 0.30", "share_max = 0.31"), "not exceed 0.3"),
        (a_set("rehearsal", TWO).replace(", share_max = 0.30", ""), "not exceed 0.3"),
        (a_set("rehearsal", TWO).replace("min = 60", "min = 80"), "must fall from the best grade"),
        (a_set("rehearsal", TWO).replace("min = 80", "min = 101"), "must fall from the best grade"),
        (a_set("rehearsal", TWO).replace('"fail", min = 0', '"fail", min = 1'), "must begin at 0"),
        (a_set("rehearsal", TWO).replace('grade = "pass"', 'grade = "good"'), "good is not known"),
        (a_set("rehearsal", TWO).replace('panel = "mean"', 'panel = "loudest"'), "loudest is not known"),
        (a_set("final", TWO), "final is not allowed"),
        (a_set("rehearsal", TWO).replace('scheme = "shenyang_star_2020"', 'scheme = "elsewhere"'), "no packaged scheme"),
        (a_set("rehearsal", [TWO[0], (FIRST[1], "weight = 40", 'score = { kind = "role_weighted", points = 1, roles = { host = -1 }, max = 4 }')]), "number from 0"),
        (a_set("rehearsal", TWO).replace('id = "2"', 'id = "1"'), "1 stands twice"),
    ],
)  # fmt: skip
def test_a_spoiled_set_is_refused(own, text, told):
    found = faults(load_indicator_set, own(text))
    assert any(told in fault for fault in found), found


def test_a_set_of_another_scheme_is_refused(own):
    text = a_set("rehearsal", TWO).replace('scheme = "shenyang_star_2020"', 'scheme = "elsewhere"')
    (fault,) = faults(load_indicator_set, own(text), load_scheme())
    assert "is elsewhere, not shenyang_star_2020" in fault


# ------------------------------------------------------------------------------------------ anything at all

RAW = {"plan": tomllib.loads(PLAN), "scheme": tomllib.loads(SCHEME), "set": tomllib.loads(a_set("official", FULL))}
HOSTILE = [
    None, True, -1, 10**400, math.nan, math.inf, "", " ", "=1+1", "<script>", "\x00\x1b[31m", "长" * 9000, [], {}, [[]], [{}], [1, "a"],
    {"id": []}, dt.date(1, 1, 1), dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.time(1),
]  # fmt: skip


def places(thing, path=()):
    """Yield the path of every table, list and value."""
    if path:
        yield path
    items = thing.items() if isinstance(thing, dict) else enumerate(thing) if isinstance(thing, list) else ()
    for key, value in items:
        yield from places(value, (*path, key))


PLACES = {name: list(places(raw)) for name, raw in RAW.items()}


def changed(name: str, path: tuple, value: object):
    raw = copy.deepcopy(RAW[name])
    inner = raw
    for key in path[:-1]:
        inner = inner[key]
    if value is None and isinstance(inner, dict):
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return raw


@given(st.data())
def test_whatever_stands_in_a_file_it_is_read_or_told(data):
    name = data.draw(st.sampled_from(sorted(RAW)))
    path, value = data.draw(st.sampled_from(PLACES[name])), data.draw(st.sampled_from(HOSTILE))
    problems: list[Problem] = []
    top = Table(changed(name, path, value), "own.toml", None, problems)
    if name == "plan":
        found = PlanReader(top).plan()
    elif name == "scheme":
        found = SchemeReader(top).scheme()
    else:
        found = read_set(top, None)
    assert found is not None or problems
    text = InputError(problems).text("zh") + InputError(problems).text("en")
    assert all(ch.isprintable() or ch == "\n" for ch in text)
    assert all(len(problem.text("zh")) < 1500 for problem in problems)
