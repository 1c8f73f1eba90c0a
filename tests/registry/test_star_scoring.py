"""Conditions item by item, points by each way of scoring, ranks, quota and ties."""

import datetime as dt
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from star_scenes import (
    SCHEME,
    Clock,
    Memory,
    day,
    evidence,
    set_text,
    space,
)

from firelane.errors import UsageError
from firelane.registry.desk import Given
from firelane.registry.star_conditions import Result, assess
from firelane.registry.star_rounds import (
    grade_rows,
    quota,
    ranked,
)
from firelane.registry.star_scoring import SpaceScore, score_space, told, watermark
from firelane.registry.star_sets import SetGrade, load_indicator_set
from firelane.registry.state import Record

GRADES = (SetGrade("excellent", 80.0, 0.30, None, ()), SetGrade("pass", 60.0, None, None, ()), SetGrade("fail", 0.0, None, None, ()))


# ------------------------------------------------------------------------------------------- conditions


def found(without=(), more=(), on=None):
    desk = Memory()
    assert not desk.take(space(1), *evidence(1, without), *more)
    return assess(desk.facts, SCHEME, "XC-1", on or day(10))


def results(assessment):
    return {c.condition.id: c.result for c in assessment.conditions}


def test_all_seven_are_met():
    whole = found()
    assert whole.result is Result.MET
    assert set(results(whole).values()) == {Result.MET}
    assert whole.lacking == ()


@pytest.mark.parametrize(("criterion", "condition", "result"), [
    ("C1.1", "C1", Result.NO_EVIDENCE), ("C1.4", "C1", Result.JUDGEMENT), ("C2.2", "C2", Result.NO_EVIDENCE),
    ("C3.10", "C3", Result.NO_EVIDENCE), ("C3.11", "C3", Result.JUDGEMENT), ("C4.2", "C4", Result.NO_EVIDENCE),
    ("C6.1", "C6", Result.NO_EVIDENCE), ("C7.2", "C7", Result.NO_EVIDENCE),
])  # fmt: skip
def test_what_is_missing_is_not_a_refusal(criterion, condition, result):
    whole = found(without=(criterion,))
    assert whole.result is result
    assert {c: r for c, r in results(whole).items() if r is not Result.MET} == {condition: result}


def judgement(criterion, verdict):
    return Given("judgement", {"space": "XC-1", "criterion": criterion, "verdict": verdict, "by": "专家", "on": day(3)})


def resident(kind, n):
    return Given("resident", {"space": "XC-1", "kind": kind, "name": f"客{n}", "on": day(2)})


def test_three_enterprises_or_a_reviewer_for_makers():
    assert results(found())["C5"] is Result.MET
    assert results(found(without=("C5.1",)))["C5"] is Result.NO_EVIDENCE  # two enterprises, and no makers recorded
    with_makers = found(without=("C5.1",), more=[resident("maker", 1)])
    assert results(with_makers)["C5"] is Result.JUDGEMENT  # never decided by a number
    assert results(found(("C5.1",), [resident("maker", 1), judgement("C5.2", "met")]))["C5"] is Result.MET
    assert results(found(("C5.1",), [resident("maker", 1), judgement("C5.2", "not_met")]))["C5"] is Result.NOT_MET
    # the same enterprise twice is one; one that has left is none
    twice = Given("resident", {"space": "XC-1", "kind": "cooperative", "name": "社1-0", "usci": evidence(1)[-3].values["usci"], "on": day(2)})
    assert results(found(("C5.1",), [twice]))["C5"] is Result.NO_EVIDENCE
    left = Given("resident", {"space": "XC-1", "kind": "enterprise", "name": "走了", "on": day(2), "left_on": day(9)})
    assert results(found(("C5.1",), [left], on=day(8)))["C5"] is Result.MET
    assert results(found(("C5.1",), [left], on=day(9)))["C5"] is Result.NO_EVIDENCE


def test_a_record_of_misconduct_and_a_reviewer_who_finds_evidence_wanting():
    assert results(found(("C7.2",), [judgement("C7.2", "not_met")]))["C7"] is Result.NOT_MET
    assert results(found(more=[judgement("C2.3", "not_met")]))["C2"] is Result.NOT_MET
    assert results(found(("C2.3",), [judgement("C2.3", "met")]))["C2"] is Result.NO_EVIDENCE  # a word is no document


def test_every_full_calendar_year_counts_for_itself():
    assert results(found(on=dt.date(2021, 12, 30)))["C6"] is Result.MET  # 2021 is not over
    whole = found(on=dt.date(2021, 12, 31))
    assert results(whole)["C6"] is Result.NO_EVIDENCE
    text = next(i for c in whole.conditions for i in c.items if i.criterion.id == "C6.1").zh
    assert text.startswith("2021 年没有足够的登记（2020 年 1 次，2021 年 0 次）")


def test_facilities_are_known_by_their_kind():
    place = Given("evidence", {"space": "XC-1", "criterion": "C3.3", "title": "基地", "facility": "trial_base", "on": day(1)})
    items = {i.criterion.id: i.result for c in found(more=[place]).conditions for i in c.items}
    assert (items["C3.3"], items["C3.4"]) == (Result.NO_EVIDENCE, Result.MET)


# ------------------------------------------------------------------------------------------- scores


def indicator(score, weight=10, ident="1"):
    parent = SCHEME.evaluation.first_level[0].id
    return (
        f'[[indicator]]\nid = "{ident}"\nparent = "{parent}"\nzh = "甲"\nen = "a"\nunit = "个"\nunit_en = "n"\n'
        + ("" if weight is None else f"weight = {weight}\n") + f"score = {score}\n"
    )  # fmt: skip


def one_set(tmp_path, *indicators, total=10):
    head = set_text("rehearsal", "T").split("[[indicator]]", 1)[0].replace("total = 100", f"total = {total}").replace("min = 80", "min = 8").replace("min = 60", "min = 6")
    path = tmp_path / "one.toml"
    path.write_text(head + "".join(indicators), encoding="utf-8")
    return load_indicator_set(path)


def record(kind, **values):
    base = {"part": None, "indicator": "1", "round": "R", "space": "S"}
    return Record("x", kind, 1, {**base, **values}, day(1), "", "b", Clock().moment)


@pytest.mark.parametrize(("score", "value", "points"), [
    ('{ kind = "threshold_linear", floor = 50, base = 5, step = 0.1, max = 10 }', 49, 0),
    ('{ kind = "threshold_linear", floor = 50, base = 5, step = 0.1, max = 10 }', 50, 5),
    ('{ kind = "threshold_linear", floor = 50, base = 5, step = 0.1, max = 10 }', 63, Fraction(63, 10)),
    ('{ kind = "threshold_linear", floor = 50, base = 5, step = 0.1, max = 10 }', 1e6, 10),
    ('{ kind = "per_unit", points = 1, max = 10 }', 7, 7),
    ('{ kind = "per_unit", points = 1, max = 10 }', 11, 10),
    ('{ kind = "per_amount", amount = 30, points = 1, whole = true, max = 10 }', 89, 2),
    ('{ kind = "per_amount", amount = 30, points = 1, whole = false, max = 10 }', 75, Fraction(5, 2)),
    ('{ kind = "ratio_threshold", floor_pct = 60, base = 6, step = 0.1, max = 10 }', 60, 6),
    ('{ kind = "ratio_threshold", floor_pct = 60, base = 6, step = 0.1, max = 10 }', 75.5, Fraction(755, 100)),
])  # fmt: skip
def test_points_by_hand(tmp_path, score, value, points):
    told_ = score_space(one_set(tmp_path, indicator(score)), "S", figures=[record("figure", value=value)], scores=(), vetoes=())
    assert told_.total == points


def test_by_role_every_part_is_reported_be_it_as_nothing(tmp_path):
    one = one_set(tmp_path, indicator('{ kind = "role_weighted", points = 2, roles = { host = 1.0, co = 0.5 }, max = 10 }'))
    host, co = record("figure", part="host", value=3), record("figure", part="co", value=2)
    assert score_space(one, "S", figures=[host, co], scores=(), vetoes=()).total == 8
    lacking = score_space(one, "S", figures=[host], scores=(), vetoes=())
    assert lacking.total is None
    assert "未填报分项：co" in lacking.parts[0].why[0]
    odd = score_space(one, "S", figures=[host, co, record("figure", part="x", value=1)], scores=(), vetoes=())
    assert odd.total is None


def test_experts_mean_and_what_is_missing(tmp_path):
    one = one_set(tmp_path, indicator('{ kind = "expert", max = 10 }'))
    given_ = [record("score", expert=e, score=s) for e, s in (("甲", 7), ("乙", 8), ("丙", 8))]
    assert score_space(one, "S", figures=(), scores=given_, vetoes=()).total == Fraction(23, 3)
    assert told(Fraction(23, 3)) == "7.6667"
    few = score_space(one, "S", figures=(), scores=given_[:2], vetoes=(), panel=("甲", "乙", "丙"))
    assert "专家组共 3 位" in few.parts[0].why[0]
    nobody = score_space(one, "S", figures=(), scores=(), vetoes=())
    assert (nobody.total, nobody.partial, len(nobody.missing)) == (None, 0, 1)
    assert score_space(one, "S", figures=(), scores=[record("score", expert="甲", score=11)], vetoes=()).total is None


def test_a_bonus_is_no_part_of_the_sum_and_never_above_the_total(tmp_path):
    one = one_set(tmp_path, indicator('{ kind = "per_unit", points = 1, max = 10 }'), indicator('{ kind = "bonus", points = 1, max = 3 }', None, "2"))
    base = record("figure", value=6)
    assert score_space(one, "S", figures=[base], scores=(), vetoes=()).total == 6
    assert score_space(one, "S", figures=[base, record("figure", indicator="2", value=2)], scores=(), vetoes=()).total == 8
    assert score_space(one, "S", figures=[record("figure", value=9), record("figure", indicator="2", value=2)], scores=(), vetoes=()).total == 10


def test_a_veto_caps_the_grade_and_one_that_the_set_does_not_know_stops(tmp_path):
    plain = indicator('{ kind = "per_unit", points = 1, max = 10 }')
    barred = one_set(tmp_path, plain, indicator('{ kind = "veto", caps_at = "pass" }', None, "V1"), indicator('{ kind = "veto", caps_at = "fail" }', None, "V2"))
    veto = lambda of: record("veto", indicator=of, ground="other", basis="文")  # noqa: E731
    score = lambda one, *vetoes, figures=(): score_space(one, "S", figures=[record("figure", value=9), *figures], scores=(), vetoes=vetoes)  # noqa: E731
    assert score(barred).cap == ""
    assert score(barred, veto("V1")).cap == "pass"
    assert score(barred, veto(None)).cap == "fail"
    assert score(barred, figures=[record("figure", indicator="V1", value=1)]).cap == "pass"
    assert score(barred, figures=[record("figure", indicator="V1", value=0)]).cap == ""
    stopped = score(one_set(tmp_path, plain), veto(None))
    assert (stopped.cap, len(stopped.faults)) == ("", 1)


def test_a_provisional_set_is_not_scored_and_a_rehearsal_says_so(sets):
    with pytest.raises(UsageError, match="provisional"):
        score_space(load_indicator_set(), "S", figures=(), scores=(), vetoes=())
    assert watermark(sets[0], "zh") == ""
    assert "不是考评结果" in watermark(sets[1], "zh")


# ------------------------------------------------------------------------------------------- ranks and quota


def rows(*totals, caps=()):
    return ranked([SpaceScore(f"S{n}", (), None if t is None else Fraction(str(t)), Fraction(0), c, (), ()) for n, (t, c) in enumerate(zip(totals, [*caps, *[""] * len(totals)], strict=False))])


def grades(found):
    return {r.space: r.grade for r in found.rows}


def test_quota_by_hand_and_in_words():
    assert [quota("excellent", 0.30, n).most for n in (0, 1, 3, 4, 10, 39, 40)] == [0, 0, 0, 1, 3, 11, 12]
    assert quota("excellent", 0.30, 39).text("zh", "优秀") == "优秀名额：参评 39 家 × 30 % = 11.7，不足一家的舍去，最多 11 家（12 家即超过 30 %）"
    assert quota("excellent", 0.30, 40).text("zh", "优秀") == "优秀名额：参评 40 家 × 30 % = 12，最多 12 家"


def test_dense_ranks_with_ties():
    found_ = rows(90, 80, 90, 70, None)
    assert [(r.space, r.rank, r.tied) for r in found_] == [("S0", 1, True), ("S2", 1, True), ("S1", 2, False), ("S3", 3, False), ("S4", None, False)]


def test_grades_by_band_and_quota():
    found_ = grade_rows(rows(95, 94, 93, 92, 85, 70, 60, 59.9999, 10, 0), GRADES, {})
    assert list(grades(found_).values()) == ["excellent"] * 3 + ["pass"] * 4 + ["fail"] * 3
    assert not found_.edge
    assert not found_.blocks


def test_a_tie_at_the_edge_is_named_and_waits():
    eight = (95, 94, 90, 90, 90, 70, 65, 60, 50, 40)  # three places: two are clear, three are tied for one
    waiting = grade_rows(rows(*eight), GRADES, {})
    assert waiting.edge == ("S2", "S3", "S4")
    assert waiting.places == 1
    assert [r.space for r in waiting.rows if r.undecided] == ["S2", "S3", "S4"]
    assert "3 家并列" in waiting.blocks[0][0]
    half = grade_rows(rows(*eight), GRADES, {"S3": True})  # two are not decided yet
    assert half.blocks
    too_many = grade_rows(rows(*eight), GRADES, {"S2": True, "S3": True, "S4": False})
    assert too_many.blocks
    done = grade_rows(rows(*eight), GRADES, {"S2": False, "S3": True, "S4": False})
    assert not done.blocks
    assert [grades(done)[s] for s in ("S1", "S2", "S3", "S4", "S5")] == ["excellent", "pass", "excellent", "pass", "pass"]


def test_a_tie_that_meets_the_quota_needs_nobody():
    assert not grade_rows(rows(95, 90, 90, 80, 70, 60, 60, 60, 60, 60), GRADES, {}).edge
    assert not grade_rows(rows(95, 94, 93, 90, 90, 60, 60, 60, 60, 60), GRADES, {}).edge  # the places are gone


def test_a_veto_gives_its_place_to_the_next_one():
    found_ = grade_rows(rows(95, 94, 93, 92, 60, 60, 60, 60, 60, 60, caps=("pass", "fail")), GRADES, {})
    assert [grades(found_)[f"S{n}"] for n in range(5)] == ["pass", "fail", "excellent", "excellent", "pass"]


def test_nobody_has_a_grade_while_a_total_is_missing():
    assert set(grades(grade_rows(rows(95, None), GRADES, {})).values()) == {""}


TOTALS = st.lists(st.sampled_from([50, 60, 75, 80, 80.5, 90, 95]), min_size=1, max_size=14)


@given(TOTALS, st.data())
def test_the_quota_is_never_exceeded_and_nobody_better_is_passed_over(totals, data):
    standing = rows(*totals)
    waiting = grade_rows(standing, GRADES, {})
    chosen = {s: data.draw(st.booleans()) for s in waiting.edge}
    graded = grade_rows(standing, GRADES, chosen)
    best = [r for r in graded.rows if r.grade == "excellent"]
    assert len(best) * 10 <= 3 * len(totals)  # at most 30 %
    assert all(r.score.total >= 80 for r in best)
    if not graded.blocks:
        assert all(r.grade for r in graded.rows)
        passed = [r.rank for r in graded.rows if r.grade == "pass" and not r.decided]
        assert all(r.rank <= min(passed, default=99) for r in best)
    if not waiting.edge:  # a full quota, or nobody else deserves it, or the next ones are tied over no place
        able = sum(t >= 80 for t in totals)
        assert len(best) == min(able, len(totals) * 3 // 10) or any(r.tied for r in graded.rows)


@given(st.lists(st.floats(0, 3).map(lambda v: round(v, 2)), min_size=25, max_size=25), st.floats(0, 25).map(lambda v: round(v, 2)))
def test_totals_are_the_sums_of_their_parts(sets, few, last):
    scores = [record("score", indicator=f"{k + 1}", expert="甲", score=v) for k, v in enumerate([*few, last])]
    told_ = score_space(sets[0], "S", figures=(), scores=scores, vetoes=())
    assert told_.total == sum(Fraction(str(v)) for v in [*few, last])
    assert told_.total == sum(told_.first_level(f.id) for f in SCHEME.evaluation.first_level)
