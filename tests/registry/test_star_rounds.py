"""Rounds in the store: what is published and what it rests on, money, exits, any order of events."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from star_scenes import (
    SCHEME,
    UNSEEN,
    Clock,
    Live,
    called,
    day,
    direct,
    filing,
    form,
    marks,
    part,
    set_text,
    space,
    step,
)

from firelane.errors import InputError, UsageError
from firelane.registry.desk import Given
from firelane.registry.star_certificate import certificate
from firelane.registry.star_desk import StarRegister
from firelane.registry.star_flow import filed
from firelane.registry.star_lists import evaluation, exits, subsidies
from firelane.registry.star_lists import results as results_paper
from firelane.registry.star_rounds import (
    closing_of,
    last_fails,
    must_leave,
    participants,
    published,
    rank_round,
    results_of,
)
from firelane.registry.star_sets import load_indicator_set
from firelane.registry.tables_in import read_tables
from firelane.registry.tables_out import write_tables
from firelane.store import PermissionRefused, Role, Store


@pytest.fixture
def desk(tmp_path, sets):
    clock = Clock()
    with Store.create(tmp_path / "s.sqlite", admin="boss", now=clock()) as store:
        yield StarRegister(store, "boss", SCHEME, sets, now=clock)


# ------------------------------------------------------------------------------------------- rounds in the store


def held(desk, totals, *, name="LP-1", at=None):
    at = at or day(100)
    desk.take([r for n in totals for r in direct(n)])
    desk.take([called(name, at), *(part(name, n, at) for n in totals), *(m for n, t in totals.items() for m in marks(name, n, t, at))])


def edge(n, chosen, name="LP-1"):
    return Given("edge", {"round": name, "space": f"XC-{n}", "excellent": chosen, "on": day(105), "basis": "局务会纪要"}, f"BL-{name}-{n}")


def test_a_round_with_a_tie_is_published_after_it_is_decided(desk, sets):
    held(desk, {1: 90, 2: 90, 3: 70, 4: 50})  # 4 × 30 % = 1.2: one place, two tied
    ranking = rank_round(desk.facts(), "LP-1", sets[0])
    assert ranking.undecided == ("XC-1", "XC-2")
    with pytest.raises(UsageError, match="tied at the edge"):
        desk.close_round("LP-1", sets[0], day(110))
    with pytest.raises(InputError, match="not among those tied"):
        desk.take([edge(3, True)])
    with pytest.raises(InputError, match="1 places left"):
        desk.take([edge(1, True), edge(2, True)])
    desk.take([edge(1, False), edge(2, True)])
    desk.close_round("LP-1", sets[0], day(110), document="沈科发〔2021〕9号")
    given_ = {r["space"]: r["grade"] for r in desk.facts().of("result")}
    assert given_ == {"XC-1": "pass", "XC-2": "excellent", "XC-3": "pass", "XC-4": "fail"}
    with pytest.raises(InputError, match="were published on"):
        desk.take(marks("LP-1", 1, 95, day(111), experts=("乙",)))
    with pytest.raises(InputError, match="are published"):
        desk.void(desk.facts().of("score")[0].record_id, "录错")


def test_nothing_is_published_while_something_is_missing_or_by_another_set(desk, sets):
    held(desk, {1: 90, 2: 80})
    desk.take([*direct(3), part("LP-1", 3, day(101))])
    with pytest.raises(UsageError, match="测试星创天地3 lacks 26"):
        desk.close_round("LP-1", sets[0], day(110))
    with pytest.raises(UsageError, match="only an official set"):
        desk.close_round("LP-1", sets[1], day(110))
    desk.take([called("LP-2", day(120), "SOMETHING-ELSE")])
    with pytest.raises(UsageError, match="called with the set SOMETHING-ELSE"):
        rank_round(desk.facts(), "LP-2", sets[0])
    trial = rank_round(desk.facts(), "LP-2", sets[1])  # a rehearsal may be tried on any round
    assert not trial.final
    ranking = rank_round(desk.facts(), "LP-1", sets[1])
    assert [r.grade for r in ranking.rows] == ["", "", ""]
    assert [r.rank for r in ranking.rows] == [1, 2, None]


def test_results_that_are_not_what_is_computed_are_refused(desk, sets):
    held(desk, {1: 90, 2: 70, 3: 65, 4: 50})
    result = lambda n, score, rank, grade, basis="computed": Given(  # noqa: E731
        "result", {"round": "LP-1", "space": f"XC-{n}", "score": score, "rank": rank, "grade": grade, "basis": basis, "on": day(110)}
    )
    right = [result(1, 90, 1, "excellent"), result(2, 70, 2, "pass"), result(3, 65, 3, "pass"), result(4, 50, 4, "fail")]
    close = Given("closing", {"round": "LP-1", "on": day(110), "document": "沈科发", "set_status": "official"})
    with pytest.raises(InputError, match="not what is computed"):
        desk.take([*right[:3], result(4, 50, 4, "pass"), close])
    with pytest.raises(InputError, match="more than the quota"):
        desk.take([right[0], result(2, 70, 2, "excellent", "document"), *right[2:], close])
    with pytest.raises(InputError, match="without a result: XC-4"):
        desk.take([*right[:3], close])
    with pytest.raises(InputError, match="tell its status"):
        desk.take([*right, Given("closing", {**close.values, "set_status": None})])
    with pytest.raises(InputError, match="official and at hand: results are computed"):
        desk.take([*(Given("result", {**r.values, "basis": "document"}) for r in right), Given("closing", {**close.values, "set_status": "unseen"})])
    desk.take([*right, close])
    bare = StarRegister(desk.store, "boss", SCHEME, now=Clock())
    bare.refers = desk.refers
    bare.take([called("LP-2", day(130), UNSEEN), part("LP-2", 1, day(130))])
    with pytest.raises(InputError, match="has to be given"):
        bare.take([Given("result", {**result(1, 90, 1, "pass").values, "round": "LP-2", "on": day(131)}),
                   Given("closing", {"round": "LP-2", "on": day(131), "set_status": "official"})])
    # an evaluation that was published before there was a registry
    with pytest.raises(InputError, match="grade"):
        bare.take([Given("result", {"round": "LP-2", "space": "XC-1", "grade": "良好", "basis": "document", "on": day(131)})])
    old = Given("result", {"round": "LP-2", "space": "XC-1", "grade": "fail", "basis": "document", "on": day(131)})
    with pytest.raises(InputError, match="results taken from a document"):
        bare.take([old, Given("closing", {"round": "LP-2", "on": day(131)})])
    bare.take([old, Given("closing", {"round": "LP-2", "on": day(131), "document": "沈科发〔2019〕1号"})])


def test_money_once_only_for_excellent_ones_and_the_amount_of_the_scheme(desk, sets):
    held(desk, {1: 90, 2: 70, 3: 65, 4: 50})
    paid = lambda n, name, at, amount=100_000, document="沈财": Given(  # noqa: E731
        "subsidy", {"round": name, "space": f"XC-{n}", "amount_yuan": amount, "on": at, "document": document}
    )
    with pytest.raises(InputError, match="no published result"):
        desk.take([paid(1, "LP-1", day(120))])
    desk.close_round("LP-1", sets[0], day(110))
    for bad, match in ((paid(2, "LP-1", day(120)), "was graded pass"), (paid(1, "LP-1", day(109)), "published on"),
                       (paid(1, "LP-1", day(120), 120_000), "the scheme says 100000"), (paid(1, "LP-1", day(120), document=None), "to be confirmed")):  # fmt: skip
        with pytest.raises(InputError, match=match):
            desk.take([bad])
    desk.take([paid(1, "LP-1", day(120))])
    held2 = {1: 91, 2: 60, 3: 60, 4: 60}
    desk.take([called("LP-2", day(200)), *(part("LP-2", n, day(200)) for n in held2), *(m for n, t in held2.items() for m in marks("LP-2", n, t, day(200)))])
    desk.close_round("LP-2", sets[0], day(210))
    with pytest.raises(InputError, match="never twice"):
        desk.take([paid(1, "LP-2", day(220))])
    desk.take([Given("guidance", {"round": "LP-1", "space": "XC-4", "experts": "甲、乙", "on": day(130)})])
    with pytest.raises(InputError, match="did not fail in LP-2"):
        desk.take([Given("guidance", {"round": "LP-2", "space": "XC-4", "experts": "甲", "on": day(230)})])


def test_only_those_that_stand_in_the_register_take_part(desk):
    desk.take([*filing(1), space(2), form(2), called("LP-1", day(10))])
    with pytest.raises(InputError) as caught:
        desk.take([part("LP-1", 1, day(19)), part("LP-1", 2, day(30)), part("LP-1", 1, day(5))][:2])
    told_ = caught.value.text("zh")
    assert "测试星创天地1（XC-1）2021-01-23 不在备案库中（公示中）" in told_
    assert "测试星创天地2（XC-2）2021-02-03 不在备案库中（填写中）" in told_
    desk.take([part("LP-1", 1, day(20))])
    with pytest.raises(InputError, match="tells this already"):
        desk.take([Given("participant", {"round": "LP-1", "space": "XC-1", "on": day(21)})])
    with pytest.raises(InputError, match="does not take part"):
        desk.take(marks("LP-1", 2, 60, day(30)))
    with pytest.raises(InputError, match="not between 0 and 3"):
        desk.take([Given("score", {"round": "LP-1", "space": "XC-1", "indicator": "1", "expert": "甲", "score": 4, "on": day(30)})])


# ------------------------------------------------------------------------------------------- what results may rest on


def by_document(name, grades, at, **more):
    """Return results and their publication as a document has them."""
    rows = [Given("result", {"round": name, "space": f"XC-{n}", "grade": g, "basis": "document", "on": at, **more}) for n, g in grades.items()]
    return [*rows, Given("closing", {"round": name, "on": at, "document": "沈科发〔2021〕7号", "set_status": "unseen"})]


def test_a_rehearsal_never_becomes_a_result(desk, sets):
    desk.take([*(r for n in (1, 2, 3, 4) for r in direct(n)), *(called(f"LP-{s}", day(50), s) for s in ("TEST-TRIAL", "SY-STAR/2020-provisional"))])
    desk.take([called("LP-own", day(50), SCHEME.indicator_set)])  # by the name of the file
    elsewhere = ("某人", "2024-03-01T10:00:00+08:00")
    for name in ("LP-TEST-TRIAL", "LP-SY-STAR/2020-provisional", "LP-own"):
        for n in (1, 2, 3, 4):
            desk.take([part(name, n, day(51))])
        rows = by_document(name, {1: "excellent", 2: "pass", 3: "pass", 4: "fail"}, day(60))
        computed = [Given(r.kind, {**r.values, **({"basis": "computed"} if r.kind == "result" else {"set_status": "official"})}) for r in rows]
        for tried in (rows, computed):
            with pytest.raises(InputError, match="no results come from it"):
                desk.take(tried)
            with pytest.raises(InputError, match="no results come from it"):
                desk.take([replace(r, origin=elsewhere) for r in tried])
        assert published(desk.facts(), name) == {}


def test_what_comes_from_elsewhere_is_computed_once_more(desk, sets):
    held(desk, {1: 90, 2: 70, 3: 65, 4: 50})
    elsewhere = ("某人", "2024-03-01T10:00:00+08:00")
    rank = {1: (90, 1, "excellent"), 2: (70, 2, "pass"), 3: (65, 3, "pass"), 4: (50, 4, "fail")}
    row = lambda n, score, place, grade: Given("result", {  # noqa: E731
        "round": "LP-1", "space": f"XC-{n}", "score": score, "rank": place, "grade": grade, "basis": "computed", "on": day(110)}, origin=elsewhere)  # fmt: skip
    close = lambda digest: Given("closing", {"round": "LP-1", "on": day(110), "set_status": "official", "set_sha256": digest}, origin=elsewhere)  # noqa: E731
    right = [row(n, *told_) for n, told_ in rank.items()]
    with pytest.raises(InputError, match="not what is computed"):
        desk.take([*right[:3], row(4, 50, 4, "pass"), close(sets[0].sha256)])
    with pytest.raises(InputError, match="not the one that was published by"):
        desk.take([*right, close("0" * 64)])
    desk.take([*right, close(sets[0].sha256)])
    assert "boss" in results_paper(desk.facts(), SCHEME, "LP-1", "en").lines[0]  # who brought it


def test_what_a_document_says_bears_its_mark(desk):
    desk.take([*(r for n in (1, 2, 3, 4) for r in direct(n)), called("LP-1", day(50), UNSEEN), *(part("LP-1", n, day(50)) for n in (1, 2, 3, 4))])
    rows = by_document("LP-1", {1: "excellent", 2: "pass", 3: "pass", 4: "fail"}, day(60))
    with pytest.raises(InputError, match="do not rest on an official set"):
        desk.take([*rows[:-1], Given("closing", {**rows[-1].values, "set_status": "official"})])
    desk.take(rows)
    facts, mark = desk.facts(), "指标体系未取得，未按正式指标体系核算"
    paper = results_paper(facts, SCHEME, "LP-1", "zh")
    assert mark in paper.lines[0]
    assert [r[5] for r in paper.blocks[0].rows] == ["优秀", "合格", "合格", "不合格"]
    assert any(mark in line for line in certificate(facts, SCHEME, "LP-1", day(70)).lines)
    assert any(mark in str(row) for row in certificate(facts, SCHEME, "XC-1", day(70)).blocks[0].rows)
    assert any(mark in line for line in subsidies(facts, SCHEME, day(70)).remarks)
    assert "五·（四）" in subsidies(facts, SCHEME, day(70)).lines[0]
    assert "五·（三）" in exits(facts, SCHEME, day(70)).lines[0]


def test_grades_are_spelt_in_the_readers_language(desk, tmp_path):
    desk.take([*direct(1), called("LP-1", day(50), UNSEEN), part("LP-1", 1, day(50)), *by_document("LP-1", {1: "fail"}, day(60))])
    for lang, word in (("zh", "不合格"), ("en", "fail")):
        (tmp_path / lang).mkdir()
        write_tables(desk.state(), tmp_path / lang, lang)
        assert word in (tmp_path / lang / "result.csv").read_text(encoding="utf-8-sig").splitlines()[1].split(",")
        assert {g.values["grade"] for g in read_tables(tmp_path / lang, desk.kinds) if g.kind == "result"} == {"fail"}


def test_a_set_that_was_changed_afterwards_is_named(desk, sets, tmp_path):
    held(desk, {1: 90, 2: 70, 3: 65, 4: 50})
    desk.close_round("LP-1", sets[0], day(110))
    path = tmp_path / "other.toml"
    path.write_text(set_text().replace('"指标1"', '"指标一改"'), encoding="utf-8")
    other = load_indicator_set(path)
    facts = desk.facts()
    assert (facts.of("closing")[0]["set_sha256"], facts.of("closing")[0]["set_status"]) == (sets[0].sha256, "official")
    said = "指标体系文件与发布时的不同"
    for indicators, wrong in ((sets[0], False), (other, True)):
        ranking = rank_round(facts, "LP-1", indicators)
        assert (said in "".join(evaluation(facts, SCHEME, ranking).lines)) == wrong
        assert (said in "".join(certificate(facts, SCHEME, "LP-1", day(120), ranking=ranking).lines)) == wrong
    assert other.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_expert_who_has_not_scored_somebody_is_asked_for(desk, sets):
    desk.take([r for n in (1, 2) for r in direct(n)])
    desk.take([called("LP-1", day(50)), *(part("LP-1", n, day(50)) for n in (1, 2)), *marks("LP-1", 1, 90, day(51), ("甲", "乙")), *marks("LP-1", 2, 70, day(51))])
    with pytest.raises(UsageError, match="乙 has not scored 26"):
        desk.close_round("LP-1", sets[0], day(60))
    gone = Given("absence", {"round": "LP-1", "space": "XC-2", "expert": "乙", "on": day(52), "basis": "回避"})
    one = Given("absence", {**gone.values, "indicator": "1"})
    desk.take([one])
    assert "乙的评分 25 项" in rank_round(desk.facts(), "LP-1", sets[0]).blocks[0][0]
    desk.take([gone])
    ranking = rank_round(desk.facts(), "LP-1", sets[0])
    assert (ranking.blocks, float(ranking.rows[1].score.total)) == ((), 70.0)
    assert "乙未评分：回避" in evaluation(desk.facts(), SCHEME, ranking).blocks[0].rows[1][-1]
    desk.close_round("LP-1", sets[0], day(60))
    with pytest.raises(InputError, match="are published"):
        desk.void(desk.facts().of("absence")[0].record_id, "误")
    clerk = desk.store
    clerk.set_user("boss", "clerk", Role.INSPECTOR, now=Clock()())
    with pytest.raises(PermissionRefused):
        StarRegister(clerk, "clerk", SCHEME, sets, now=Clock()).take([Given("absence", {**gone.values, "space": "XC-1"})])


def test_a_round_stays_before_what_is_in_it_and_keeps_its_set(desk):
    held(desk, {1: 90}, at=day(50))
    new = lambda **more: Given("round", {**called("LP-1", day(50)).values, **more}, "LP-1", reason="更正")  # noqa: E731
    with pytest.raises(InputError, match="after what was recorded in it"):
        desk.take([new(on=day(51))])
    with pytest.raises(InputError, match="the set cannot become OTHER"):
        desk.take([new(set="OTHER")])
    with pytest.raises(InputError, match="after what was recorded of it"):
        desk.take([Given("participant", {**part("LP-1", 1, day(60)).values}, "CP-LP-1-1", reason="更正")])
    desk.take([new(on=day(40), name="改名")])
    desk.take([called("LP-2", day(60)), part("LP-2", 1, day(60))])
    desk.take([Given("round", {**called("LP-2", day(60)).values, "set": "OTHER"}, "LP-2", reason="更正")])  # nothing is scored yet
    desk.take([Given("figure", {"round": "LP-2", "space": "XC-1", "indicator": "V1", "value": 0.0, "on": day(61)})])
    swap = lambda name: Given("round", {**called("LP-2", day(60)).values, "set": name}, "LP-2", reason="更正")  # noqa: E731
    desk.take([swap("TEST-OFFICIAL")])  # it has this indicator too
    with pytest.raises(InputError, match="figures that it does not know"):
        desk.take([swap("OTHER")])


def test_rounds_are_published_in_the_order_of_their_periods(desk):
    desk.take(direct(1))
    for year in (2020, 2021, 2022):
        desk.take([called(f"LP-{year}", day(50), UNSEEN, year=year), part(f"LP-{year}", 1, day(50))])
    with pytest.raises(InputError, match="LP-2020, whose period ends on 2020-12-31, is not published"):
        desk.take(by_document("LP-2021", {1: "pass"}, day(60)))
    desk.take([*by_document("LP-2020", {1: "fail"}, day(60)), *by_document("LP-2021", {1: "pass"}, day(61)), *by_document("LP-2022", {1: "fail"}, day(62))])
    assert not must_leave(desk.facts(), SCHEME, "XC-1")
    desk.take([called("LP-2019", day(70), UNSEEN, year=2019), part("LP-2019", 1, day(70))])
    with pytest.raises(InputError, match="this one is too late"):
        desk.take(by_document("LP-2019", {1: "fail"}, day(80)))


def test_what_left_and_came_back_on_one_day_begins_anew(desk):
    desk.take(direct(1))
    for k, at in ((0, 50), (1, 60)):
        desk.take([called(f"LP-{k}", day(at - 5), UNSEEN, year=2020 + k), part(f"LP-{k}", 1, day(at - 5)), *by_document(f"LP-{k}", {1: "fail"}, day(at))])
    desk.take([Given("exit", {"space": "XC-1", "ground": "two_fails", "on": day(60), "document": "文"}, "TC-1")])
    desk.take([Given("application", {"space": "XC-1", "on": day(60), "direct": "national", "proof": "证"}, "SB-1b")])
    for name in ("submit", "local_review", "accept", "direct_file"):
        desk.take([Given("step", {**step(1, name, day(60)).values, "application": "SB-1b"}, f"LC-{name}")])
    assert last_fails(desk.facts(), SCHEME, "XC-1") == ()


def test_one_operator_under_two_numbers_is_paid_once_and_its_fails_follow_it(desk):
    rows = direct(2)
    desk.take([*direct(1), *direct(3), *direct(4)])
    desk.take([Given("space", {**space(1).values, "level": "national", "name": "新名称"}, "XC-1", reason="更名")])
    desk.take([Given("space", {**rows[0].values, "usci": space(1).values["usci"], "name": "测试星创天地1", "note": "沿用原名"}, "XC-2"), *rows[1:]])
    desk.take([called("LP-0", day(50), UNSEEN), *(part("LP-0", n, day(50)) for n in (1, 3, 4))])
    with pytest.raises(InputError, match="one Star Space"):  # the old name of XC-1
        desk.take([part("LP-0", 2, day(50))])
    desk.take(by_document("LP-0", {1: "fail", 3: "pass", 4: "pass"}, day(60)))
    desk.take([called("LP-1", day(70), UNSEEN, year=2021), part("LP-1", 2, day(70)), *by_document("LP-1", {2: "fail"}, day(80))])
    assert [r["space"] for r in last_fails(desk.facts(), SCHEME, "XC-2")] == ["XC-1", "XC-2"]
    assert must_leave(desk.facts(), SCHEME, "XC-2")
    for k, n in ((2, 1), (3, 2)):
        name = f"LP-{k}"
        desk.take([called(name, day(60 + 20 * k), UNSEEN, year=2020 + k), *(part(name, m, day(60 + 20 * k)) for m in (n, 3, 4))])
        desk.take([*direct(10 + k), part(name, 10 + k, day(62 + 20 * k))])
        desk.take(by_document(name, {n: "excellent", 3: "pass", 4: "pass", 10 + k: "pass"}, day(65 + 20 * k)))
    paid = lambda n, k: Given("subsidy", {"round": f"LP-{k}", "space": f"XC-{n}", "amount_yuan": 100_000.0, "on": day(200), "document": "文"})  # noqa: E731
    desk.take([paid(1, 2)])
    with pytest.raises(InputError, match="never twice"):
        desk.take([paid(2, 3)])
    assert "XC-1 曾于" in subsidies(desk.facts(), SCHEME, day(210)).blocks[0].rows[1][-1]


# ------------------------------------------------------------------------------------------- any order of events

WHAT = st.sampled_from(["part", "close", "close", "subsidy", "exit", "guidance", "void", "reject", "correct", "again", "score"])
EVENTS = st.lists(st.tuples(WHAT, st.integers(1, 5), st.integers(1, 3), st.sampled_from(["excellent", "pass", "fail", "fail"]), st.integers(0, 2)), max_size=24)


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """Return a store with five spaces, two of one operator, and three rounds."""
    path = tmp_path_factory.mktemp("begun") / "s.sqlite"
    with Live(path) as live:
        rows = direct(5)
        rows[0] = Given("space", {**rows[0].values, "usci": space(1).values["usci"], "note": "另一处"}, "XC-5")
        assert not live.take(*(r for n in (1, 2, 3, 4) for r in direct(n)), *rows)
        assert not live.take(*(called(f"LP-{k}", day(50), UNSEEN, year=2020 + k) for k in (1, 2, 3)))
    return path


@settings(max_examples=25)
@example(events=[("close", 2, 1, "excellent", 2)], rush=2, done=0)  # all of them excellent
@given(EVENTS, st.integers(0, 4), st.integers(0, 3))
def test_no_order_of_evaluations_money_and_exits_yields_an_illegal_state(tmp_path_factory, begun, events, rush, done):
    with Live(tmp_path_factory.mktemp("rounds") / "s.sqlite", begun) as live:
        at = 51
        for k in range(1, rush):  # some begin with rounds that are well on their way
            assert not live.take(*(part(f"LP-{k}", n, day(50)) for n in (1, 2, 3, 4, 5)))
            if k < done:
                best = 1 if k == 1 else 5  # one operator
                assert not live.take(*by_document(f"LP-{k}", {1: "pass", 2: "fail", 3: "fail", 4: "pass", 5: "pass", best: "excellent"}, day(51)))
                live.take(Given("subsidy", {"round": f"LP-{k}", "space": f"XC-{best}", "amount_yuan": 100_000.0, "on": day(51), "document": "文"}, f"BZ-0{k}"))
        for number, (what, n, k, grade, wait) in enumerate(events):
            at += wait
            happens(live, what, n, k, grade, at, number)
        guarded(live)


def happens(live, what, n, k, grade, at, number):
    of = {"round": f"LP-{k}", "space": f"XC-{n}", "on": day(at)}
    records = [v[-1] for v in live.desk.state().versions.values() if v[-1].kind not in ("space", "step")]
    any_ = records[(7 * at + 3 * n + k) % len(records)]
    if what == "part":
        live.take(part(f"LP-{k}", n, day(at)))
    elif what == "score":
        live.take(Given("score", {**of, "indicator": "1.1", "expert": "甲", "score": 1}))
    elif what == "close":
        evaluated = participants(live.facts, f"LP-{k}")
        others = grade if at % 3 == 2 else "pass" if grade == "excellent" else "fail"
        grades = {int(s[3:]): grade if s == f"XC-{n}" else others for s in evaluated}
        live.take(*by_document(f"LP-{k}", grades, day(at)))
    elif what == "subsidy":
        live.take(Given("subsidy", {**of, "amount_yuan": 100_000.0, "document": "文"}, f"BZ-{number}"))
    elif what == "guidance":
        live.take(Given("guidance", {**of, "experts": "甲"}))
    elif what == "exit":
        live.take(Given("exit", {"space": f"XC-{n}", "ground": "two_fails", "on": day(at), "document": "文"}, f"TC-{number}"))
    elif what == "void":
        live.void(any_.record_id)
    elif what == "reject":
        live.reject(any_.record_id)
    elif what == "again":
        live.again(any_.record_id, f"R-{number}")
    else:
        live.correct(any_.record_id, on=day(at))


def guarded(live):
    """Assert what every guard promises, of what stands in the end."""
    facts = live.facts
    assert live.loose() == []
    closed = [k for k in (1, 2, 3) if closing_of(facts, f"LP-{k}")]
    for k in closed:
        given_, evaluated = published(facts, f"LP-{k}"), participants(facts, f"LP-{k}")
        assert set(given_) == set(evaluated)
        assert 10 * sum(r["grade"] == "excellent" for r in given_.values()) <= 3 * len(given_)
        called_ = facts.one(f"LP-{k}")
        rows = [r for kind in ("participant", "score", "result", "closing") for r in facts.of(kind, round=f"LP-{k}")]
        assert all(called_.day <= r.day <= closing_of(facts, f"LP-{k}").day for r in rows)
    days = [closing_of(facts, f"LP-{k}").day for k in closed]
    assert days == sorted(days)
    codes = [facts.one(r["space"])["usci"] for r in facts.of("subsidy")]
    assert len(codes) == len(set(codes))  # nobody is paid twice
    for n in (1, 2, 3, 4, 5):
        name = f"XC-{n}"
        assert all(published(facts, r["round"])[name]["grade"] == "excellent" for r in facts.of("subsidy", space=name))
        assert all(published(facts, r["round"])[name]["grade"] == "fail" for r in facts.of("guidance", space=name))
        for out in facts.of("exit", space=name):
            before = [r["grade"] for r in results_of(facts, name) if closing_of(facts, r["round"]).day <= out.day]
            assert before[-2:] == ["fail", "fail"]
            assert filed(facts, SCHEME, name) is None
            assert all(r.day <= out.day for r in facts.of("participant", space=name))
