"""The desk of a registry: append-only, all or nothing, corrections with a reason, what was known when."""

import datetime as dt
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from star_scenes import SCHEME, WAY, day, form, space, step
from star_scenes import Clock as ScenesClock

from firelane.errors import InputError, UsageError
from firelane.registry.desk import Given, Register
from firelane.registry.kinds import kinds
from firelane.registry.star_desk import StarRegister
from firelane.registry.tables_in import read_tables
from firelane.registry.tables_out import write_workbook
from firelane.registry.usci import ALPHABET, check_character, made, usci_problem
from firelane.store import PermissionRefused, Role, Store

KINDS = kinds("ip")
T0 = dt.datetime(2023, 6, 1, 2, tzinfo=dt.UTC)
REFERS = {"indicator": ("G1.5", "G3.3"), "task": ("1", "2")}


class Clock:
    def __init__(self):
        self.moment = T0

    def __call__(self):
        self.moment += dt.timedelta(hours=1)
        return self.moment


@pytest.fixture
def store(tmp_path):
    with Store.create(tmp_path / "r.sqlite", admin="boss", now=T0) as made_:
        made_.set_user("boss", "clerk", Role.INSPECTOR, now=T0)
        made_.set_user("boss", "guest", Role.VIEWER, now=T0)
        yield made_


def register(store, user="clerk", **more):
    return Register(store, user, "ip:test", KINDS, refers=REFERS, now=more.pop("now", Clock()), **more)


def actual(value=5.0, day=dt.date(2022, 12, 31), indicator="G1.5", **more):
    values = {"indicator": indicator, "year": 2022, "as_of": day, "value": value, "partial": None, "source": "统计", "reporter": "李",
              "evidence": None, "note": None}  # fmt: skip
    return Given("actual", values, **more)


def move(way, day, number="MA0X1Y2J"):
    values = {"usci": made("210100", number), "name": "A", "carrier": "浑南", "move": way, "on": day, "area_m2": None, "evidence": None}
    return Given("agency_move", values)


def test_what_is_said_twice_is_recorded_once(store):
    desk = register(store)
    first = desk.take([actual()])
    again = desk.take([actual()])
    assert len(first.new) == 1
    assert (again.new, again.known) == ((), first.new)
    assert [r.values["value"] for r in desk.state().records("actual")] == [5.0]


def test_a_correction_needs_a_reason_and_the_first_version_stays(store):
    desk = register(store)
    desk.take([actual(record_id="SJ-1")])
    with pytest.raises(InputError) as caught:
        desk.take([actual(7.0, record_id="SJ-1", where=("指标实际值", "2"))])
    assert "更正说明" in caught.value.problems[0].text("zh")
    assert "数值" in caught.value.problems[0].text("zh")
    assert desk.take([actual(7.0, record_id="SJ-1", reason="复核")]).corrected == ("SJ-1",)
    versions = desk.state().history("SJ-1")
    assert [(v.version, v.values["value"], v.reason) for v in versions] == [(1, 5.0, ""), (2, 7.0, "复核")]
    assert [r.version for r in desk.state().records("actual")] == [2]
    # the old content once more is a correction back, not the old record
    with pytest.raises(InputError):
        desk.take([actual(5.0, record_id="SJ-1")])


def test_one_bad_row_and_nothing_is_recorded(store):
    desk = register(store)
    rows = [actual(1.0), actual(2.0, indicator="G9.9", where=("指标实际值", "3")), actual(3.0, day=dt.date(2030, 1, 1))]
    with pytest.raises(InputError) as caught:
        desk.take(rows)
    told = [p.text("zh") for p in caught.value.problems]
    assert len(told) == 2
    assert "第 3 行" in told[0]
    assert "没有“G9.9”" in told[0]
    assert "在今天之后" in told[1]
    assert desk.state().versions == {}


def test_two_rows_that_are_the_same_are_told(store):
    with pytest.raises(InputError, match="give each a number"):
        register(store).take([move("in", dt.date(2021, 1, 1)), move("in", dt.date(2021, 1, 1))])


def test_a_version_that_says_otherwise_or_is_missing(store):
    desk = register(store)
    desk.take([actual(record_id="SJ-1")])
    with pytest.raises(InputError, match="never changed"):
        desk.take([actual(6.0, record_id="SJ-1", version=1, reason="x")])
    with pytest.raises(InputError, match="version 2 is missing"):
        desk.take([actual(6.0, record_id="SJ-1", version=3, reason="x")])
    with pytest.raises(InputError, match="belongs to a record of Actual values"):
        desk.take([Given("agency_move", move("in", dt.date(2021, 1, 1)).values, "SJ-1")])


def test_what_was_known_on_a_day(store):
    clock = Clock()
    desk = register(store, now=clock)
    desk.take([actual(record_id="SJ-1")])
    clock.moment += dt.timedelta(days=30)
    desk.take([actual(9.0, record_id="SJ-1", reason="复核")])
    then = desk.state(known_on=dt.date(2023, 6, 15))
    assert [r.values["value"] for r in then.records("actual")] == [5.0]
    assert [r.values["value"] for r in desk.state().records("actual")] == [9.0]
    assert desk.state().records("actual", on=dt.date(2022, 12, 30)) == ()
    assert desk.state(known_on=dt.date(2023, 5, 1)).versions == {}


def test_roles(store):
    desk = register(store)
    desk.take([actual(record_id="SJ-1")])
    with pytest.raises(PermissionRefused):
        register(store, "guest").take([actual(2.0)])
    with pytest.raises(PermissionRefused):
        desk.decide("SJ-1", "approved")
    with pytest.raises(PermissionRefused):
        desk.void("SJ-1", "重复")
    with pytest.raises(PermissionRefused):
        desk.take([actual(3.0, origin=("other", "2020-01-01T00:00:00+08:00"))])
    due = {"task": "1", "indicator": None, "due": dt.date(2022, 1, 1), "on": dt.date(2021, 1, 1), "basis": "会议"}
    with pytest.raises(PermissionRefused):
        desk.take([Given("due_date", due)])
    boss = register(store, "boss")
    assert boss.take([Given("due_date", due)]).new
    assert boss.decide("SJ-1", "approved", "核对无误").decided == ("SJ-1",)
    (record,) = boss.state().records("actual")
    assert (record.decision, record.decided_by, record.decision_note) == ("approved", "boss", "核对无误")
    assert boss.decide("SJ-1", "approved", "核对无误").decided == ()
    assert boss.decide("SJ-1", "rejected", "数据有误").decided == ("SJ-1",)
    assert boss.state().records("actual") == ()
    assert len(boss.state().records("actual", rejected=True)) == 1


def test_a_rejected_correction_leaves_what_it_would_have_corrected(store):
    boss = register(store, "boss")
    boss.take([actual(record_id="SJ-1")])
    boss.take([actual(7.0, record_id="SJ-1", reason="复核")])
    boss.decide("SJ-1", "rejected", "依据不足")
    assert [(r.version, r["value"]) for r in boss.state().records("actual")] == [(1, 5.0)]
    assert [r.version for r in boss.state().records("actual", rejected=True)] == [2]


def test_what_was_taken_back_counts_no_longer_and_stays(store):
    boss = register(store, "boss")
    boss.take([actual(record_id="SJ-1")])
    with pytest.raises(UsageError, match="needs a reason"):
        boss.void("SJ-1", " ")
    assert boss.void("SJ-1", "重复登记").voided == ("SJ-1",)
    assert boss.state().records("actual") == ()
    assert boss.state().history("SJ-1")[0].voided == "重复登记"
    with pytest.raises(UsageError, match="SJ-1 was taken back already: 重复登记"):
        boss.void("SJ-1", "再次")
    assert store.verify().ok


def test_a_guard_is_asked_in_the_state_before_each_row(store):
    def guard(state, record, _user):
        there = [r for r in state.records("agency_move", usci=record["usci"]) if r.day <= record.day]
        inside = bool(there) and there[-1]["move"] == "in"
        return [("不在载体内", "is not inside")] if record["move"] == "out" and not inside else []

    desk = register(store, guards={"agency_move": guard})
    with pytest.raises(InputError, match="is not inside"):
        desk.take([move("out", dt.date(2021, 2, 1))])
    assert len(desk.take([move("in", dt.date(2021, 1, 1)), move("out", dt.date(2021, 2, 1))]).new) == 2


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_and_of_calls_changes_nothing(tmp_path_factory, seed):
    chance = random.Random(seed)
    rows = [actual(float(n), day=dt.date(2022, 1, 1 + n)) for n in range(6)] + [move("in", dt.date(2021, 1, 1 + n)) for n in range(3)]
    seen = []
    for _ in range(2):
        chance.shuffle(rows)
        path = tmp_path_factory.mktemp("s") / "r.sqlite"
        with Store.create(path, admin="boss", now=T0) as store:
            desk = register(store, "boss")
            cut = chance.randrange(len(rows))
            desk.take(rows[:cut])
            desk.take(rows)
            seen.append({(r.record_id, r.day) for k in ("actual", "agency_move") for r in desk.state().records(k)})
    assert seen[0] == seen[1]
    assert len(seen[0]) == 9


# ------------------------------------------------------------------------------------------- credit codes


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91210100243490227Y"])
def test_codes_that_are_right(code):
    assert usci_problem(code) is None
    assert usci_problem(f" {code.lower()} ") is None


@given(st.text(ALPHABET, min_size=9, max_size=9), st.integers(100000, 999999), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_found(tail, region, at, other):
    first = f"91{region}{tail}"
    code = first + check_character(first)
    assert usci_problem(code) is None
    spoiled = code[:at] + other + code[at + 1 :]
    assert (usci_problem(spoiled) is None) == (spoiled == code)


@given(st.text(ALPHABET, min_size=9, max_size=9), st.integers(0, 15))
def test_two_neighbours_exchanged_are_found(tail, at):
    first = f"91210100{tail}"
    code = first + check_character(first)
    exchanged = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    assert (usci_problem(exchanged) is None) == (exchanged == code)


@pytest.mark.parametrize(("code", "said"), [("123", "3 characters"), ("9121010024349022IY", "no I, O"), ("91ABCDEF243490227Y", "digits")])
def test_codes_that_are_none(code, said):
    assert said in usci_problem(code)[1]


# ------------------------------------------------------------------------------------------- what refers to what


def pledge(number="ZY-1", amount=3e6, **more):
    values = {"usci": made("210100", "MA0X1Y2J"), "name": "甲", "bank": "乙", "amount_yuan": amount, "on": dt.date(2021, 3, 5)}
    return Given("pledge", values, number, **more)


def loan(number="DK-1", of="ZY-1", **more):
    return Given("loan_state", {"loan": of, "state": "normal", "outstanding_yuan": 1e6, "on": dt.date(2022, 3, 5)}, number, **more)


def said(desk, *rows):
    with pytest.raises(InputError) as caught:
        desk.take(list(rows))
    return [p.text("zh") for p in caught.value.problems]


def test_rows_are_taken_after_what_they_refer_to(store):
    desk = register(store, "boss")
    assert set(desk.take([loan(), pledge()]).new) == {"DK-1", "ZY-1"}
    assert said(desk, loan("DK-2", "ZY-9")) == ["列 质押融资编号：没有“ZY-9”"]
    assert said(desk, loan("DK-2", "DK-1")) == ["列 质押融资编号：没有“DK-1”"]  # of another kind
    # a version that comes later in the file decides what the reference finds
    rows = [loan("DK-3", "ZY-3"), pledge("ZY-3", 5e6, version=2, reason="复核"), pledge("ZY-3", version=1, decision="rejected")]
    assert desk.take(rows).corrected == ("ZY-3",)


def test_a_chain_of_references_in_one_file(store):
    every = kinds("star")
    desk = Register(store, "boss", "star:test", every, now=Clock())
    at = dt.date(2021, 1, 4)
    of = {"name": "甲", "level": "city", "operator": "乙", "usci": made("210100", "MA0X1Y2J"), "body": "enterprise", "on": at,
          "district": "浑南区", "lon": 123.4, "lat": 41.7, "industry": "水稻"}  # fmt: skip
    rows = [
        Given("finance", {"space": "XC-1", "resident": "RZ-1", "form": "loan", "amount_yuan": 5.0, "from": "丙", "on": at}, "JR-1"),
        Given("resident", {"space": "XC-1", "kind": "team", "name": "丁", "on": at}, "RZ-1"),
        Given("space", of, "XC-1"),
    ]
    assert set(desk.take(rows).new) == {"XC-1", "RZ-1", "JR-1"}


@pytest.mark.parametrize(("more", "why"), [({"voided": "重复"}, "已作废"), ({"decision": "rejected"}, "审核不通过")])
def test_nothing_refers_to_what_does_not_stand(store, more, why):
    desk = register(store, "boss")
    # in one file with it
    assert said(desk, loan(), pledge(**more)) == [f"列 质押融资编号：“ZY-1”{why}"]
    assert desk.state().versions == {}
    # and afterwards
    desk.take([pledge(**more)])
    assert said(desk, loan()) == [f"列 质押融资编号：“ZY-1”{why}"]
    # what goes together with it is kept all the same
    assert desk.take([loan(voided="同上")]).voided == ("DK-1",)


def test_what_others_refer_to_is_not_taken_back(store):
    desk = register(store, "boss")
    desk.take([pledge(), pledge("ZY-2"), loan()])
    for attempt in (lambda: desk.void("ZY-1", "重复"), lambda: desk.decide("ZY-1", "rejected")):
        with pytest.raises(InputError) as caught:
            attempt()
        assert "DK-1 引用了 ZY-1" in caught.value.text("zh")
    # once it refers to another one it may go; then what referred to it cannot come back by a rejection
    desk.take([loan(of="ZY-2", reason="填错")])
    assert desk.void("ZY-1", "重复").voided == ("ZY-1",)
    with pytest.raises(InputError) as caught:
        desk.decide("DK-1", "rejected")
    assert "第 1 版将重新计入，但其“ZY-1”已作废" in caught.value.text("zh")
    # a correction that is rejected leaves what it would have corrected: nothing falls
    desk.take([pledge("ZY-2", 9e6, reason="复核")])
    assert desk.decide("ZY-2", "rejected").decided == ("ZY-2",)


@pytest.mark.parametrize("more", [{"voided": "重复"}, {"decision": "rejected"}])
def test_one_file_takes_back_what_rests_on_one_another(store, more):
    desk = register(store, "boss")
    desk.take([pledge(), pledge("ZY-2"), loan(), loan("DK-2", "ZY-2")])
    done = desk.take([pledge(**more), loan(**more)])
    assert set(done.voided or done.decided) == {"ZY-1", "DK-1"}
    # or corrects what rests on it
    done = desk.take([pledge("ZY-2", **more), pledge("ZY-3"), loan("DK-2", "ZY-3", reason="填错")])
    assert (set(done.voided or done.decided), done.corrected) == ({"ZY-2"}, ("DK-2",))


def test_another_store_follows_what_was_taken_back_here(store, tmp_path):
    """Steps, then the application, then another one for the same space: one file tells it all to a store that knows the first part."""
    clock = ScenesClock()
    with Store.create(tmp_path / "other.sqlite", admin="chief", now=clock()) as second:
        here, there = StarRegister(store, "boss", SCHEME, now=clock), StarRegister(second, "chief", SCHEME, now=clock)

        def brought():
            write_workbook(here.state(), tmp_path / "all.xlsx", "zh", title="全部")
            there.take(read_tables(tmp_path / "all.xlsx", here.kinds))
            one, two = ({(n, r.version, r.decision, r.voided) for n, v in d.state().versions.items() for r in v} for d in (here, there))
            assert one == two

        here.take([space(1), form(1), *(step(1, name, day(2 + k)) for k, name in enumerate(WAY[:3]))])
        brought()
        for record in reversed(here.facts().of("step")):
            here.void(record.record_id, "误")
        here.void("SB-1", "误")
        here.take([replace(form(1), record_id="SB-2")])
        brought()


# ------------------------------------------------------------------------------------------- taken back


def test_no_version_follows_what_was_taken_back(store):
    boss, clerk = register(store, "boss"), register(store)
    boss.take([actual(record_id="SJ-1")])
    boss.void("SJ-1", "重复登记")
    for desk, row in ((clerk, actual(7.0, record_id="SJ-1", reason="再来")), (boss, actual(7.0, record_id="SJ-1", version=2, reason="再来")),
                      (clerk, actual(record_id="SJ-1")), (boss, actual(7.0, record_id="SJ-1", version=2, reason="再来", voided="x"))):  # fmt: skip
        assert "SJ-1 已作废" in said(desk, row)[0]
    assert boss.state().records("actual") == ()
    # the file of what was taken back is known
    assert boss.take([actual(record_id="SJ-1", version=1, voided="重复登记")]).known == ("SJ-1",)


def test_what_was_taken_back_by_mistake_is_another_record(store):
    desk = register(store, "boss")
    (first,) = desk.take([actual()]).new
    desk.void(first, "误操作")
    assert desk.take([actual()]).new == (f"{first}-2",)
    assert desk.take([actual()]).known == (f"{first}-2",)
    desk.void(f"{first}-2", "又误操作")
    assert desk.take([actual()]).new == (f"{first}-3",)
    assert len(desk.state().records("actual")) == 1


def test_only_the_last_version_is_decided_on(store):
    desk = register(store, "boss")
    desk.take([actual(record_id="SJ-1", version=1, decision="approved"), actual(7.0, record_id="SJ-1", version=2, reason="复核")])
    for more in ({"voided": "重复"}, {"decision": "rejected"}):
        assert "SJ-1 已有第 2 版，第 1 版不能再" in said(desk, actual(record_id="SJ-1", version=1, **more))[0]
    # told again it changes nothing
    assert desk.take([actual(record_id="SJ-1", version=1, decision="approved")]).decided == ()
    assert [r.version for r in desk.state().records("actual")] == [2]


def test_the_version_that_was_approved_last(store):
    desk = register(store, "boss")
    desk.take([actual(record_id="SJ-1")])
    assert desk.state().approved("SJ-1") is None
    desk.decide("SJ-1", "approved")
    desk.take([actual(7.0, record_id="SJ-1", reason="复核")])
    state = desk.state()
    assert (state.approved("SJ-1").version, state.standing("SJ-1").version) == (1, 2)
    desk.void("SJ-1", "重复")
    assert (desk.state().approved("SJ-1"), desk.state().standing("SJ-1"), desk.state().approved("SJ-9")) == (None, None, None)


# ------------------------------------------------------------------------------------------- from elsewhere


def test_who_brought_it_is_told_beside_who_is_said_to_have_recorded_it(store):
    desk = register(store, "boss")
    desk.take([actual(record_id="SJ-1", origin=("李", "2023-01-02T08:00:00+08:00")), actual(2.0, record_id="SJ-2")])
    one, two = desk.state().latest("SJ-1"), desk.state().latest("SJ-2")
    assert (one.recorded_by, one.recorded_at.year, one.brought_by, one.brought_at) == ("李", 2023, "boss", two.recorded_at)
    assert (two.brought_by, two.brought_at) == ("", None)
    desk.take([actual(2.0, record_id="SJ-2", version=1, decision="approved", decided=("局长", "2023-06-01T12:00:00+08:00"))])
    assert (desk.state().latest("SJ-2").decided_by, desk.state().latest("SJ-2").brought_by) == ("局长", "boss")


@pytest.mark.parametrize(("more", "why"), [
    ({"origin": ("李", "2099-01-01T00:00:00+08:00")}, "登记时间在今天之后"),
    ({"origin": ("李", "2022-12-30T23:59:00+08:00")}, "登记时间早于截至日期 2022-12-31"),
    ({"origin": ("李", "2023-01-02T08:00:00+08:00"), "decision": "approved", "decided": ("王", "2023-01-01T08:00:00+08:00")}, "审核时间早于登记时间"),
    ({"decision": "approved", "decided": ("王", "2099-01-01T08:00:00+08:00")}, "审核时间在今天之后"),
    ({"voided": "错", "taken_back": ("王", "2099-01-01T08:00:00+08:00")}, "作废时间在今天之后"),
])  # fmt: skip
def test_times_that_cannot_be(store, more, why):
    desk = register(store, "boss")
    assert why in said(desk, actual(record_id="SJ-1", **more))[0]
    assert desk.state().versions == {}


def test_what_is_decided_is_looked_at_when_it_is_written(store, monkeypatch):
    """A correction that comes between reading and deciding is what is decided on, not the version before it."""
    boss, clerk = register(store, "boss"), register(store)
    clerk.take([actual(record_id="SJ-1")])
    before = boss.state()
    clerk.take([actual(7.0, record_id="SJ-1", reason="复核")])
    monkeypatch.setattr(boss, "state", lambda **_: before)
    boss.decide("SJ-1", "approved")
    assert [v.decision for v in clerk.state().history("SJ-1")] == ["", "approved"]
