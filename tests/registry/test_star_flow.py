"""Applications through the workflow: what may follow what, who may do it, and what can be taken back."""

import datetime as dt

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from star_scenes import (
    KINDS,
    SCHEME,
    WAY,
    Clock,
    Live,
    called,
    day,
    direct,
    evidence,
    filing,
    form,
    marks,
    part,
    set_text,
    space,
    step,
)

from firelane.errors import InputError
from firelane.registry.desk import Given
from firelane.registry.star_conditions import Result, assess
from firelane.registry.star_desk import StarRegister
from firelane.registry.star_facts import Facts
from firelane.registry.star_flow import (
    application,
    applications_of,
    filed,
    filed_spaces,
    objections,
    step_faults,
)
from firelane.registry.star_lists import notice
from firelane.registry.star_progress import progress
from firelane.registry.star_rounds import last_fails, must_leave
from firelane.registry.star_sets import load_indicator_set
from firelane.registry.state import DECIDED, Record, State
from firelane.registry.tables_in import read_tables
from firelane.registry.tables_out import write_tables, write_workbook
from firelane.store import PermissionRefused, Role, Store
from firelane.store.journal import append

FLOW = SCHEME.flow


@pytest.fixture(scope="module")
def official(tmp_path_factory):
    path = tmp_path_factory.mktemp("sets") / "official.toml"
    path.write_text(set_text(), encoding="utf-8")
    return load_indicator_set(path)


@pytest.fixture
def desk(tmp_path, official):
    clock = Clock()
    with Store.create(tmp_path / "s.sqlite", admin="boss", now=clock()) as store:
        store.set_user("boss", "clerk", Role.INSPECTOR, now=clock())
        yield StarRegister(store, "boss", SCHEME, [official], now=clock)


def refused(desk, *rows, match=""):
    with pytest.raises(InputError) as caught:
        desk.take(list(rows))
    told = caught.value.text("zh")
    assert match in told, told
    return told


def state(desk, n, **more):
    return application(desk.facts(**more), SCHEME, f"SB-{n}").state


def test_a_space_is_filed_step_by_step_in_one_import(desk):
    rows = filing(1)
    desk.take([*reversed(rows[-8:]), *rows[:-8]])  # whatever the order of the rows
    facts = desk.facts()
    assert state(desk, 1) == "filed"
    assert [a.space for a in filed_spaces(facts, SCHEME)] == ["XC-1"]
    for n, expected in enumerate(("submitted", "locally_reviewed", "accepted", "expert_reviewed", "site_inspected", "publicised")):
        assert state(desk, 1, on=day(2 + n)) == expected
    assert state(desk, 1, on=day(1)) == "draft"
    assert application(desk.facts(day(0)), SCHEME, "SB-1") is None
    assert filed(desk.facts(day(19)), SCHEME, "XC-1") is None
    again = desk.take(rows)
    assert not again.new
    assert len(again.known) == len(rows)


def test_a_step_out_of_turn_is_told_with_what_is_possible(desk):
    told = refused(desk, space(1), form(1), step(1, "accept", day(3)), match="“填写中”，不能“受理”")
    assert "申报（submit）" in told
    assert desk.state().versions == {}


def test_days_run_forwards_and_fields_are_filled(desk):
    desk.take([space(1), form(1), step(1, "submit", day(5))])
    refused(desk, step(1, "local_review", day(4)), match="早于上一步“申报”")
    refused(desk, step(1, "local_review", day(5), opinion=" "), match="须填写意见")
    desk.take([step(1, "local_review", day(5))])
    assert state(desk, 1) == "locally_reviewed"


def test_no_notice_before_all_conditions_are_met(desk):
    rows = [space(1), *evidence(1, without=("C2.3", "C7.2")), form(1), *(step(1, n, day(2 + k)) for k, n in enumerate(WAY[:5]))]
    desk.take(rows)
    told = refused(desk, step(1, "publicise", day(9)), match="七项条件未全部符合")
    assert "条件（二）无材料：农业技术成果包" in told
    assert "条件（七）无材料" in told


def test_a_notice_with_an_objection(desk):
    desk.take(filing(1)[:-1])
    refused(desk, step(1, "announce", day(14)), match="公示至 2021-01-18 方止")
    desk.take([step(1, "object", day(10))])
    refused(desk, step(1, "announce", day(20)), match="“有异议”，不能“发文公布（备案）”")
    desk.take([step(1, "dismiss", day(12))])
    refused(desk, step(1, "announce", day(20)), match="异议数填 0，而登记的异议有 1 件")
    desk.take([step(1, "announce", day(20), objections=1)])
    now = application(desk.facts(), SCHEME, "SB-1")
    assert (now.state, objections(now)) == ("filed", 1)


def test_direct_filing_needs_its_basis_and_proof_and_skips_the_review(desk):
    desk.take(direct(1))
    now = application(desk.facts(), SCHEME, "SB-1")
    assert (now.state, now.direct, len(now.events)) == ("filed", True, 5)
    rows = direct(2)
    rows[1] = form(2, direct="national")
    refused(desk, *rows, match="须填写直接备案证明")
    rows[1] = form(2)
    told = refused(desk, *rows)
    assert "没有直接备案的依据" in told


def test_returned_and_handed_in_again(desk):
    desk.take([space(1), form(1), step(1, "submit", day(2)), step(1, "return", day(3)), step(1, "submit", day(4), evidence="补正后的表")])
    assert state(desk, 1) == "submitted"
    refused(desk, Given("application", {"space": "XC-1", "on": day(9)}, "SB-1b"), match="不能另行申报")
    desk.take([step(1, "withdraw", day(5)), Given("application", {"space": "XC-1", "on": day(9)}, "SB-1b")])


def test_who_may_do_what(desk):
    clerk = StarRegister(desk.store, "clerk", SCHEME, now=Clock())
    clerk.take(filing(1)[:-2])
    with pytest.raises(PermissionRefused):
        clerk.take([step(1, "publicise", day(9))])
    assert state(desk, 1) == "site_inspected"


def test_only_the_last_step_is_taken_back(desk):
    desk.take(filing(1))
    steps = desk.facts().of("step", application="SB-1")
    with pytest.raises(InputError, match="only the last step"):
        desk.void(steps[2].record_id, "录错")
    with pytest.raises(InputError, match="rests on it"):
        desk.void("SB-1", "录错")
    with pytest.raises(InputError, match="only the last step"):
        desk.decide(steps[2].record_id, "rejected")
    desk.void(steps[-1].record_id, "文号有误")
    assert state(desk, 1) == "publicised"
    desk.take([step(1, "announce", day(21))])
    assert state(desk, 1) == "filed"


def test_a_correction_that_is_rejected_leaves_what_was_there(desk):
    desk.take(filing(1))
    desk.take([Given("space", {**space(1).values, "name": "新名称"}, "XC-1", reason="更名")])
    assert desk.facts().name("XC-1") == "新名称"
    desk.decide("XC-1", "rejected", "无依据")
    facts = desk.facts()
    assert (facts.name("XC-1"), facts.one("XC-1").version) == ("测试星创天地1", 1)
    assert facts.of("space") == desk.state().records("space")
    assert state(desk, 1) == "filed"
    with pytest.raises(InputError, match="rests on it"):
        desk.void("XC-1", "录错")


def closed(desk, name, at, grades, official):
    """Hold a round in which spaces get points."""
    desk.take([called(name, at), *(part(name, n, at) for n in grades), *(m for n, p in grades.items() for m in marks(name, n, p, at))])
    desk.close_round(name, official, at + dt.timedelta(days=10), document=f"沈科发{name}")


def test_two_fails_in_a_row_and_the_way_out(desk, official):
    desk.take([*direct(1), *direct(2), *direct(3), *direct(4)])
    closed(desk, "LP-1", day(100), {1: 50, 2: 50, 3: 70, 4: 90}, official)
    out = lambda n, at, ground="two_fails": Given("exit", {"space": f"XC-{n}", "ground": ground, "on": at, "document": "沈科发"})  # noqa: E731
    refused(desk, out(1, day(120)), match="没有连续 2 次考评不合格")
    closed(desk, "LP-2", day(200), {2: 70, 3: 50, 4: 90}, official)  # 1 takes no part: its row is not broken
    assert not must_leave(desk.facts(), SCHEME, "XC-1")
    closed(desk, "LP-3", day(300), {1: 40, 2: 30, 3: 70, 4: 90}, official)
    assert [r["round"] for r in last_fails(desk.facts(), SCHEME, "XC-1")] == ["LP-1", "LP-3"]
    assert [must_leave(desk.facts(), SCHEME, f"XC-{n}") for n in (1, 2, 3, 4)] == [True, False, False, False]
    refused(desk, out(1, day(250)), match="早于考评 LP-3 发布")
    refused(desk, out(2, day(320)), match="没有连续 2 次")
    desk.take([out(1, day(320))])
    assert application(desk.facts(), SCHEME, "SB-1").state == "exited"
    assert application(desk.facts(day(319)), SCHEME, "SB-1").state == "filed"
    refused(desk, out(1, day(330)), match="不在备案库中")
    refused(desk, called("LP-4", day(400)), part("LP-4", 1, day(400)), match="不在备案库中（已退出备案库）")
    # filed anew: what was before does not count any more
    again = [Given("application", {"space": "XC-1", "on": day(400), "direct": "provincial", "proof": "辽科"}, "SB-1b")]
    again += [Given("step", {**step(1, s, day(401 + k)).values, "application": "SB-1b"}) for k, s in enumerate(("submit", "local_review", "accept", "direct_file"))]
    desk.take(again)
    assert filed(desk.facts(), SCHEME, "XC-1").id == "SB-1b"
    assert last_fails(desk.facts(), SCHEME, "XC-1") == ()


def test_revoked_and_left_by_own_wish(desk):
    desk.take([*direct(1), called("LP-1", day(50)), part("LP-1", 1, day(50))])
    out = Given("exit", {"space": "XC-1", "ground": "withdrawn", "on": day(60), "document": "沈科发"})
    refused(desk, out, match="正在参加考评 LP-1")
    desk.void("CP-LP-1-1", "退出")
    refused(desk, Given("exit", {**out.values, "document": None}), match="须填写文号")
    desk.take([out])
    assert application(desk.facts(), SCHEME, "SB-1").state == "revoked"


def test_what_leaves_comes_back_the_same(desk, tmp_path, official):
    desk.take([*filing(1), *direct(2), *direct(3), *direct(4)])
    closed(desk, "LP-1", day(100), {1: 90, 2: 50, 3: 70, 4: 90.5}, official)
    desk.take([Given("subsidy", {"round": "LP-1", "space": "XC-4", "amount_yuan": 100000, "on": day(130), "document": "沈财"})])
    last = desk.facts().of("subsidy")[0].record_id
    desk.void(last, "退回")
    desk.void("PD-1-C7.2", "撤回判断")  # the condition that let it pass is no longer there
    desk.take([Given("space", {**space(2).values, "level": "national", "name": "新名称"}, "XC-2", reason="更名")])
    write_workbook(desk.state(), tmp_path / "all.xlsx", "zh", title="全部")
    (tmp_path / "csv").mkdir()
    write_tables(desk.state(), tmp_path / "csv", "en")
    for n, place in enumerate(("all.xlsx", "csv")):
        clock = Clock(dt.date(2025, 1, 2))
        with Store.create(tmp_path / f"other{n}.sqlite", admin="chief", now=clock()) as store:
            other = StarRegister(store, "chief", SCHEME, now=clock)  # without the set
            other.take(read_tables(tmp_path / place, other.kinds))
            one, two = desk.state(), other.state()
            assert [(r, [(v.values, v.decision, v.voided, v.recorded_by, v.recorded_at) for v in vs]) for r, vs in sorted(one.versions.items())] == [
                (r, [(v.values, v.decision, v.voided, v.recorded_by, v.recorded_at) for v in vs]) for r, vs in sorted(two.versions.items())
            ]
            assert not other.take(read_tables(tmp_path / place, other.kinds)).new


# ------------------------------------------------------------------------------------------- properties

STEPS = [t.id for t in FLOW.transitions.values() if t.record == "step"]
OTHERS = ["exit", "void", "reject", "void form", "reject form", "correct form", "form", "again", "void proof", "proof"]
EVENTS = st.lists(st.tuples(st.sampled_from([*STEPS, *OTHERS]), st.integers(0, 3)), max_size=14)


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """Return a store with a space and all that its conditions ask for."""
    path = tmp_path_factory.mktemp("begun") / "s.sqlite"
    with Live(path) as live:
        assert not live.take(space(1), *evidence(1))
    return path


@settings(max_examples=30)
@example(along=7, waits=1, by_right=False, lacks=False, events=[])  # announced on the last day of the notice
@example(along=7, waits=2, by_right=False, lacks=False, events=[("void form", 1), ("reject form", 1), ("exit", 1), ("form", 0), ("submit", 1)])
@given(st.integers(0, 7), st.integers(1, 3), st.booleans(), st.booleans(), EVENTS)
def test_no_order_of_events_yields_an_illegal_state(tmp_path_factory, begun, along, waits, by_right, lacks, events):
    with Live(tmp_path_factory.mktemp("flow") / "s.sqlite", begun) as live:
        basis = {"direct": "national", "proof": "国科"} if by_right else {}
        form_id, number, at = "SB-1", 1, 2
        assert not live.take(Given("application", {"space": "XC-1", "on": day(1), **basis}, form_id))
        if lacks:
            assert not live.void("PD-1-C7.2")
        for name, wait in [*((s, waits if s == "announce" else 1) for s in (*WAY, "announce")[:along]), *events]:
            at += wait
            before, number = live.facts, number + 1
            if name in STEPS:
                row = step(1, name, day(at), **({"until": day(at + 1)} if name == "publicise" else {}))
                done = not live.take(Given("step", {**row.values, "application": form_id}, f"LC-{number}"))
                if done and name == "publicise":
                    assert assess(before, SCHEME, "XC-1", day(at)).result is Result.MET
                if done and name == "announce":
                    steps = before.of("step", application=form_id)
                    assert day(at) > max(r["until"] for r in steps if r["until"])
                    assert not any(r["step"] == "object" for r in steps)  # here none is ever told
            elif name == "form":
                number += 1
                if not live.take(Given("application", {"space": "XC-1", "on": day(at), **basis}, f"SB-{number}")):
                    form_id = f"SB-{number}"
            else:
                side_event(live, name, form_id, number, day(at))
            legal(live)


def side_event(live, name, form_id, number, on):
    steps = live.facts.of("step", application=form_id)
    one = steps[number % len(steps)].record_id if steps else form_id
    gone = [v[-1].record_id for v in live.desk.state().versions.values() if v[-1].voided and v[-1].kind == "step"]
    if name == "exit":
        live.take(Given("exit", {"space": "XC-1", "ground": "revoked", "on": on, "document": "文"}, f"TC-{number}"))
    elif name in ("void", "void form"):
        live.void(one if name == "void" else form_id)
    elif name in ("reject", "reject form"):
        live.reject(one if name == "reject" else form_id)
    elif name == "correct form":
        live.correct(form_id, proof=f"证明{number}")
    elif name == "again" and gone:
        live.again(gone[-1], f"LC-{number}")
    elif name == "void proof":
        proofs = live.facts.of("judgement", space="XC-1", criterion="C7.2")
        if proofs:
            live.void(proofs[0].record_id)
    elif name == "proof":
        live.take(Given("judgement", {"space": "XC-1", "criterion": "C7.2", "verdict": "met", "by": "专家", "on": day(1)}, f"PD-{number}"))


def legal(live):
    """Walk the transitions once more: an oracle of its own."""
    assert live.loose() == []
    mine = applications_of(live.facts, SCHEME, "XC-1")
    assert sum(FLOW.states[a.state].group != "closed" for a in mine) <= 1
    for now in mine:
        assert not now.faults
        here, days = "draft", [e.day for e in now.events]
        assert days == sorted(days)
        for event in now.events[1:]:
            assert here in event.transition.start
            here = event.transition.target(here)
        assert here == now.state
        if FLOW.states[here].group == "filed":
            ids = [e.transition.id for e in now.events]
            assert now.record["direct"] if "direct_file" in ids else ids.index("publicise") < ids.index("announce")


# ------------------------------------------------------------------------------------------- what was taken back, or rejected


def stale(desk, name="SB-1"):
    """Write past the desk that a form was rejected, as an older store may hold it."""
    with desk.store.write() as connection:
        append(
            connection, stream=desk.stream, kind=DECIDED, happened_at=desk.now(), recorded_at=desk.now(), actor="boss", role="admin",
            body={"record_id": name, "version": 1, "decision": "rejected", "note": ""},
        )  # fmt: skip


def test_nothing_follows_a_form_that_was_rejected_or_taken_back(desk):
    desk.take([space(1), form(1)])
    desk.decide("SB-1", "rejected", "不实")
    hasty = [*(step(1, n, day(2 + k)) for k, n in enumerate(WAY)), step(1, "announce", day(8), objections=5)]
    for row in hasty:
        refused(desk, row)
    gone = Record("LC", "step", 1, {**dict.fromkeys(c.key for c in KINDS["step"].columns), **step(1, "submit", day(2)).values}, day(2), "", "b", Clock()())
    assert "不存在" in next(step_faults(desk.facts(), SCHEME, gone, conditions=None))[0]  # the flow says so itself
    desk.take([Given("application", {**form(1).values, "proof": "补"}, "SB-1", reason="补正")])
    assert state(desk, 1) == "draft"
    desk.take([space(2)])
    told = refused(desk, Given("application", form(2).values, "SB-2", voided="误"), *(step(2, n, day(2 + k)) for k, n in enumerate(WAY)))
    assert told


def test_a_form_that_comes_back_has_every_step_judged_again(desk):
    desk.take(filing(1))
    stale(desk)
    assert application(desk.facts(), SCHEME, "SB-1") is None
    mend = Given("application", {**form(1).values, "proof": "补"}, "SB-1", reason="补正")
    desk.void("PD-1-C7.2", "撤回")
    refused(desk, mend, match="七项条件未全部符合")
    desk.take([Given("judgement", {"space": "XC-1", "criterion": "C7.2", "verdict": "met", "by": "专家", "on": day(3)})])
    refused(desk, Given("application", {**mend.values, "on": day(3)}, "SB-1", reason="补正"), match="早于上一步")
    desk.take([mend])
    assert state(desk, 1) == "filed"


def test_a_space_that_is_filed_keeps_its_record(desk):
    desk.take(filing(1))
    refused_(desk, "XC-1")
    desk.take([Given("space", {**space(1).values, "name": "新名称"}, "XC-1", reason="更名")])
    desk.decide("XC-1", "rejected")  # the first version stays
    assert desk.facts().name("XC-1") == "测试星创天地1"
    refused(desk, Given("space", desk.state().history("XC-1")[0].values, "XC-1", 1, decision="rejected"))  # nor does the first one go then
    # where the first version was rejected there is nothing to fall back to
    rows = filing(2)
    desk.take(rows[:1])
    desk.decide("XC-2", "rejected", "代码有误")
    desk.take([Given("space", {**rows[0].values, "contact": "王"}, "XC-2", reason="补正"), *rows[1:]])
    with pytest.raises(InputError, match="rests on it"):
        desk.decide("XC-2", "rejected", "再查")
    assert desk.facts().one("XC-2").version == 2
    # a correction that comes together with its being taken back takes the whole record with it
    refused(desk, Given("application", {**form(1).values, "proof": "x"}, "SB-1", reason="x", voided="x"))
    assert state(desk, 1) == "filed"


def refused_(desk, name):
    for act in (lambda: desk.decide(name, "rejected"), lambda: desk.void(name, "误")):
        with pytest.raises(InputError):
            act()


def test_one_star_space_has_one_number(desk):
    desk.take(direct(1))
    again = lambda name, **more: Given("space", {**space(2).values, "usci": space(1).values["usci"], "name": name, **more}, "XC-2")  # noqa: E731
    refused(desk, again("测试 星创天地１"), match="同一星创天地只登记一次")
    refused(desk, again("另一家"), match="请在“备注”中说明")
    desk.take([again("另一家", note="同一主体的第二处场地")])
    rows = direct(2)[1:]
    desk.take(rows)
    how = progress(desk.facts(), SCHEME, day(30))[0].text("zh")
    assert "统一社会信用代码相同、各计一家待确认：XC-1、XC-2" in how
    # under its old name it may not come in a second time
    refused(desk, Given("space", {**again("另一家", note="x").values, "name": "测试星创天地1"}, "XC-2", reason="更名"), match="只登记一次")


def test_a_notice_that_is_over_says_so(desk):
    desk.take(filing(1)[:-1])  # from day 7 to day 14
    last = lambda on, lang="zh": notice(desk.facts(), SCHEME, on, lang).blocks[0].rows[0][-1]  # noqa: E731
    assert [last(day(n)) for n in (7, 14, 15, 200)] == ["公示中", "公示中", "公示期满，待公布", "公示期满，待公布"]
    assert last(day(15), "en") == "notice over, to be announced"
    line = notice(desk.facts(), SCHEME, day(8)).lines[0]
    assert "四·（三）“对拟备案的市级星创天地进行网上公示”" in line
    desk.take([step(1, "object", day(14))])
    assert last(day(15)).startswith("有异议")


def test_an_empty_state_has_nothing():
    facts = Facts(State({}))
    assert filed_spaces(facts, SCHEME) == ()
    assert application(facts, SCHEME, "SB-1") is None
