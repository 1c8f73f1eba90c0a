"""The table of what may follow: every legal path is walked, every other pair refused."""

from __future__ import annotations

import itertools
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib import resources

import pytest

from firelane.cases.model import Event, Evidence, Source
from firelane.cases.workflow import (
    IllegalTransition,
    MissingFields,
    OutOfOrder,
    allowed,
    apply,
    fold,
    report_complete,
    report_lacks,
    workflow,
)
from firelane.errors import InputError
from firelane.store import PermissionRefused, Role

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PHOTO = Evidence("0" * 64, "a.jpg", "image/jpeg", 10)
PARTIES = [{"role": "responsible", "body": "property_company", "zh": "安和物业", "en": "Anhe", "article": "第十二条"}]
OPENING = {
    "source": "audit", "site": {"site_id": "s1", "managed": True, "road_class": "residential"}, "kind": "fixed_obstacle",
    "rule_id": "sy2020-14-clear-width", "article": "第十四条", "audit_sha256": "ab" * 32, "parties": PARTIES,
    "quantity": "clear_width", "value": 3.1, "threshold": 4.0, "margin": -0.9, "unit": "m", "lonlat": [123.4, 41.8],
    "owners": ["B01"], "title_zh": "净宽", "title_en": "clear width",
}  # fmt: skip
VALUES = {
    **OPENING, "deadline_source": "办案单位指定", "reason": "测试", "receiver": "城管", "raised_by": "物业",
    "duplicate_of": "C-2026-000099", "addressee": "police", "decided_by": "消防救援机构", "decision": "责令改正",
    "new_audit_sha256": "cd" * 32,
}  # fmt: skip
FLOW = workflow()


def event(seq, event_kind, /, *, role="admin", note="", evidence=(), **fields):
    when = START + timedelta(days=seq - 1)
    return Event("C-2026-000001", seq, event_kind, when, when, "li", role, note, fields, tuple(evidence))


def fitting(case, row):
    """The event of a row with everything that it asks for."""
    seq = 1 if case is None else case.last_seq + 1
    fields = {}
    for name in row.required:
        if name == "deadline":
            fields[name] = (date(2026, 4, 1) + timedelta(days=seq)).isoformat()
        elif name == "responsible":
            fields["parties"] = PARTIES
        elif name != "note":
            fields[name] = VALUES[name]
    for name, choices in row.choices.items():
        fields[name] = choices[0]
    if row.event == "reported_to":
        fields["without_refusal"] = "无人在场"
    return event(seq, row.event, note="说明", evidence=[PHOTO] * max(row.evidence, 0), **fields)


def walk(*kinds):
    """Fold the fitting events of these kinds."""
    case = None
    for kind in kinds:
        case = apply(case, fitting(case, FLOW.rows["" if case is None else case.state, kind]))
    return case


def paths():
    """Every path of the table that comes into no state twice."""
    queue = [((), "", frozenset())]
    while queue:
        path, state, seen = queue.pop()
        for row in FLOW.leaving(state):
            if row.to == state or row.to in seen:
                continue
            longer = (*path, row)
            yield longer
            queue.append((longer, row.to, seen | {row.to}))


def reached():
    """A case in every state, by a shortest path."""
    cases = {}
    for path in sorted(paths(), key=len):
        cases.setdefault(path[-1].to, path)
    return {state: walk(*(row.event for row in path)) for state, path in cases.items()}


CASES = reached()


def test_every_legal_path_succeeds():
    # Every path that comes into no state twice; each is its beginning and one step more.
    count = 0
    stack = [(None, "", frozenset())]
    while stack:
        case, state, seen = stack.pop()
        for row in FLOW.leaving(state):
            if row.to == state or row.to in seen or row.event in {"reported", "observed"}:
                continue
            after = apply(case, fitting(case, row))
            assert after.state == row.to
            count += 1
            stack.append((after, row.to, seen | {row.to}))
    assert count == sum(path[0].event == "detected" for path in paths())
    assert set(CASES) == set(FLOW.states)


@pytest.mark.parametrize("row", FLOW.transitions, ids=lambda row: f"{row.from_state or 'start'}-{row.event}")
def test_every_row_does_what_it_says(row):
    case = CASES[row.from_state] if row.from_state else None
    if row.guard == "dissuaded_first":
        case = replace(case, chain=("dissuaded",))
    if row.guard == "has_proposal":
        case = replace(case, proposal="close")
    after = apply(case, fitting(case, row))
    assert after.state == row.to
    assert after.last_seq == (case.last_seq if case else 0) + 1


@pytest.mark.parametrize("state", ["", *FLOW.states])
def test_every_other_pair_is_refused_and_says_what_is_allowed(state):
    case = CASES[state] if state else None
    for kind in (*FLOW.events, "nonsense"):
        if (state, kind) in FLOW.rows:
            continue
        seq = case.last_seq + 1 if case else 1
        with pytest.raises(IllegalTransition) as caught:
            apply(case, event(seq, kind, note="x", evidence=[PHOTO], **VALUES, deadline="2027-01-01"))
        expected = {row.event for row in allowed(case, Role.ADMIN)}
        assert set(caught.value.allowed) == expected
        for name in expected:
            assert name in caught.value.text("zh")
            assert name in caught.value.text("en")


@pytest.mark.parametrize("row", FLOW.transitions, ids=lambda row: f"{row.from_state or 'start'}-{row.event}")
def test_a_lower_role_is_refused(row):
    case = CASES[row.from_state] if row.from_state else None
    for role in Role:
        if role.rank < row.role.rank:
            with pytest.raises(PermissionRefused):
                apply(case, replace(fitting(case, row), role=role.value))
            assert row.event not in {r.event for r in allowed(case, role)}


def test_after_a_notice_only_an_administrator_voids():
    noticed = walk("detected", "confirmed", "noticed")
    with pytest.raises(PermissionRefused):
        apply(noticed, event(4, "void", role="inspector", reason="x"))
    assert apply(noticed, event(4, "void", role="admin", reason="x")).state == "void"


def test_everything_missing_is_listed_at_once():
    case = apply(None, event(1, "reported", source="hotline_96119", site={"site_id": "s1"}))
    with pytest.raises(MissingFields) as caught:
        apply(case, event(2, "confirmed"))
    assert caught.value.missing == ("kind", "article", "evidence")
    case = apply(case, event(2, "confirmed", evidence=[PHOTO], kind="dimension", article="第十四条", threshold=4.0))
    with pytest.raises(MissingFields) as caught:
        apply(case, event(3, "noticed", deadline="next week"))
    assert caught.value.missing == ("responsible", "value", "deadline_source")
    assert caught.value.wrong == ("deadline",)
    assert "责任主体" in caught.value.text("zh")
    assert "responsible party" in caught.value.text("en")


def test_a_rule_without_a_figure_asks_for_no_value():
    fields = {k: v for k, v in OPENING.items() if k not in {"value", "threshold", "margin", "unit"}}
    case = apply(None, event(1, "detected", **fields))
    case = apply(case, event(2, "confirmed"))
    case = apply(case, event(3, "noticed", deadline="2026-04-01", deadline_source="x"))
    assert (case.state, case.value, case.deadline) == ("noticed", None, date(2026, 4, 1))


@pytest.mark.parametrize(
    ("name", "value"),
    [("source", "rumour"), ("site", {}), ("site", {"site_id": "s", "x": 1}), ("site", {"site_id": "s", "managed": "no"}), ("site", {"site_id": 7}), ("lonlat", [999, 1]), ("value", "3.1"),
     ("value", float("nan")), ("parties", [{"role": "king"}]), ("parties", "x"), ("owners", "B01"), ("finding", [])],
)  # fmt: skip
def test_opening_with_values_that_cannot_be_read(name, value):
    with pytest.raises(MissingFields) as caught:
        apply(None, event(1, "detected", **{**OPENING, name: value}))
    assert any(n in {name, "parties"} for n in (*caught.value.wrong, *caught.value.missing))


def test_the_first_event_builds_the_case():
    case = apply(None, event(1, "detected", **OPENING))
    assert (case.state, case.source, case.value, case.owners) == ("detected", Source.AUDIT, 3.1, ("B01",))
    assert (case.parties[0].zh, case.site.managed, case.lonlat) == ("安和物业", True, (123.4, 41.8))
    assert (case.opened_at, case.last_seq, case.notices) == (START, 1, 0)


def story():
    steps = [
        event(1, "detected", **OPENING),
        event(2, "confirmed"),
        event(3, "noticed", deadline="2026-03-20", deadline_source="办案单位指定"),
        event(4, "rectifying"),
        event(5, "extended", deadline="2026-04-20", deadline_source="办案单位指定", reason="施工"),
        event(6, "rectified"),
        event(7, "reinspected_fail", evidence=[PHOTO]),
        event(8, "noticed", deadline="2026-05-01", deadline_source="办案单位指定"),
        event(9, "proposed_close", new_audit_sha256="cd" * 32),
        event(10, "reinspected_pass", new_audit_sha256="cd" * 32),
        event(11, "closed", reason="rectified"),
    ]
    return tuple(steps)


def test_the_story_adds_up():
    case = fold(story())
    assert case.state == "closed"
    assert (case.notices, case.reinspections, case.failed_reinspections) == (2, 2, 1)
    assert (case.noticed_at, case.closed_at) == (START + timedelta(days=2), START + timedelta(days=10))
    assert case.close_reason == "rectified"
    assert (case.deadline, case.proposal, case.evidence) == (date(2026, 5, 1), "", (PHOTO,))


def test_fold_is_deterministic_and_strict_on_order():
    steps = story()
    assert fold(steps) == fold(iter(steps))
    for i, j in itertools.combinations(range(len(steps)), 2):
        swapped = list(steps)
        swapped[i], swapped[j] = swapped[j], swapped[i]
        with pytest.raises(OutOfOrder):
            fold(swapped)
    for i in range(len(steps) - 1):
        with pytest.raises(OutOfOrder):
            fold((*steps[:i], *steps[i + 1 :]))
        with pytest.raises(OutOfOrder):
            fold((*steps[: i + 1], steps[i], *steps[i + 1 :]))
    with pytest.raises(OutOfOrder):
        fold(())
    with pytest.raises(OutOfOrder):
        fold((steps[0], replace(steps[1], case_id="C-2026-000002")))
    with pytest.raises(OutOfOrder, match="no role"):
        fold((replace(steps[0], role="king"),))
    with pytest.raises(OutOfOrder):
        fold((replace(steps[0], happened_at=datetime(2026, 1, 1)),))  # noqa: DTZ001


def test_the_chain_of_article_15():
    case = walk("detected", "confirmed")
    with pytest.raises(IllegalTransition, match="before being stopped"):
        apply(case, event(3, "refused"))
    with pytest.raises(IllegalTransition, match="no refusal is recorded"):
        apply(case, event(3, "reported_to", addressee="police"))
    case = apply(case, event(3, "evidence_fixed", evidence=[PHOTO]))
    case = apply(case, event(4, "dissuaded"))
    case = apply(case, event(5, "refused"))
    assert report_lacks(case) == ("evidence", "fire_rescue", "police")  # what was taken before the refusal is not it
    with pytest.raises(IllegalTransition, match="evidence is secured first"):
        apply(case, event(6, "reported_to", addressee="police", evidence=[PHOTO]))
    with pytest.raises(MissingFields):
        apply(case, event(6, "evidence_fixed"))
    case = apply(case, event(6, "evidence_fixed", evidence=[PHOTO]))
    case = apply(case, event(7, "reported_to", addressee="police"))
    assert not report_complete(case)
    assert report_lacks(case) == ("fire_rescue",)
    with pytest.raises(MissingFields):
        apply(case, event(8, "reported_to", addressee="the mayor"))
    case = apply(case, event(8, "reported_to", addressee="fire_rescue"))
    assert report_complete(case)
    assert case.state == "confirmed"
    again = apply(case, event(9, "refused", evidence=[PHOTO]))
    assert report_lacks(again) == ("fire_rescue", "police")


def test_nobody_there_to_dissuade():
    case = walk("detected")
    case = apply(case, event(2, "reported_to", addressee="police", without_refusal="无人在场，电话不通"))
    assert not report_complete(case)
    assert report_lacks(case) == ()


def test_an_extension_must_be_later_and_a_notice_not_over():
    case = walk("detected", "confirmed", "noticed")
    for day in ("2026-03-01", case.deadline.isoformat()):
        with pytest.raises(IllegalTransition, match="not later"):
            apply(case, event(4, "extended", deadline=day, deadline_source="x", reason="x"))
    case = walk("detected", "confirmed")
    with pytest.raises(IllegalTransition, match="before the day"):
        apply(case, event(3, "noticed", parties=PARTIES, deadline="2026-03-03", deadline_source="x"))
    on_time = event(3, "noticed", parties=PARTIES, deadline="2026-03-04", deadline_source="x")
    assert apply(case, on_time).deadline == date(2026, 3, 4)


def test_dispute_referral_duplicate_void_and_reopening():
    noticed = walk("detected", "confirmed", "noticed")
    disputed = apply(noticed, event(4, "disputed", raised_by="物业", reason="不属本小区"))
    assert apply(disputed, event(5, "dispute_rejected", reason="属")).deadline == noticed.deadline
    assert apply(disputed, event(5, "void", reason="成立")).state == "void"
    with pytest.raises(MissingFields):
        apply(noticed, event(4, "referred", reason="x"))
    assert apply(noticed, event(4, "referred", receiver="城管", reason="x")).state == "referred"
    with pytest.raises(IllegalTransition, match="of itself"):
        apply(noticed, event(4, "duplicate", duplicate_of="C-2026-000001"))
    double = apply(noticed, event(4, "duplicate", duplicate_of="C-2026-000002"))
    assert double.duplicate_of == "C-2026-000002"
    with pytest.raises(MissingFields):
        apply(double, event(5, "closed", reason="rectified"))
    closed = apply(double, event(5, "closed", reason="duplicate"))
    assert closed.close_reason == "duplicate"
    back = apply(closed, event(6, "reopened", reason="误判", value=2.9, margin=-1.1))
    assert (back.state, back.reopened, back.duplicate_of, back.closed_at, back.deadline) == ("reopened", 1, "", None, None)
    assert back.close_reason == ""
    assert (back.value, back.noticed_at) == (2.9, noticed.noticed_at)
    assert apply(back, event(7, "confirmed")).state == "confirmed"


def test_a_later_audit_counts_or_proposes_and_never_closes():
    case = walk("detected", "confirmed", "noticed")
    case = apply(case, event(4, "proposed_close", new_audit_sha256="cd"))
    assert (case.state, case.proposal) == ("noticed", "close")
    rejected = apply(case, event(5, "proposal_rejected", reason="车又回来了"))
    assert rejected.proposal == ""
    assert "proposal_rejected" not in {row.event for row in allowed(rejected, Role.ADMIN)}
    again = apply(case, event(5, "repeated", new_audit_sha256="ef", value=2.5, margin=-1.5))
    assert (again.proposal, again.repeats, again.value, again.state) == ("", 1, 2.5, "noticed")


def test_only_what_a_row_names_can_be_changed():
    case = walk("detected", "confirmed")
    after = apply(case, event(3, "noted", note="x", value=9.0, kind="gate", state="closed", deadline="2030-01-01"))
    assert replace(after, last_seq=case.last_seq, last_at=case.last_at) == case


# ------------------------------------------------------------------------------ the file itself


def text():
    return resources.files("firelane.cases").joinpath("workflow.toml").read_text(encoding="utf-8")


def test_every_row_names_its_source():
    for row in FLOW.transitions:
        assert row.source.confirmed == (row.source.key == "sy2020")
        assert row.article if row.source.confirmed else "待确认" in row.source.text("zh")


def test_another_city_is_another_file(tmp_path):
    path = tmp_path / "other.toml"
    path.write_text(text().replace('zh = "发出整改通知"', 'zh = "送达通知书"'), encoding="utf-8-sig")
    other = workflow(path)
    assert other.rows["confirmed", "noticed"].zh == "送达通知书"
    assert fold(story(), other).state == "closed"


def test_every_problem_of_a_file_at_once(tmp_path):
    content = text()
    content = content.replace('to = "rectifying"', 'to = "nowhere"', 1)
    content = content.replace('zh = "延期"', 'zh = " "', 1)
    content = content.replace('guard = "has_proposal"', 'guard = "full_moon"', 1)
    content = content.replace('deadline = "reinspect"', 'deadline = "some_day"', 1)
    content = content.replace('role = "admin"', 'role = "king"', 1)
    content = content.replace('required = ["raised_by", "reason"]', 'required = ["horoscope"]', 1)
    content += '\n[[transition]]\nfrom = ["detected"]\nevent = "confirmed"\nto = "confirmed"\nrole = "viewer"\nsource = "proposed"\nzh = "x"\nen = "x"\n'
    content += '\n[[state]]\nkey = "limbo"\nzh = "x"\nen = "x"\ngroup = "purgatory"\nclock = false\n'
    path = tmp_path / "bad.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        workflow(path)
    said = str(caught.value)
    for word in ("nowhere", "a text is missing", "full_moon", "some_day", "king", "horoscope", "second row", "purgatory"):
        assert word in said
    assert "state limbo: no case can come into" in said
    assert "state rectifying" in said  # nothing leads there any more
    assert all(problem.message_zh for problem in caught.value.problems)


@pytest.mark.parametrize("content", ["", "not toml [", "[workflow]\nname = 'x'", "state = 3"])
def test_a_file_that_is_none(tmp_path, content):
    path = tmp_path / "none.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError):
        workflow(path)


def test_an_absent_file(tmp_path):
    with pytest.raises(InputError):
        workflow(tmp_path / "absent.toml")


def test_the_groups_and_the_two_states_of_open311():
    assert {state.group for state in FLOW.states.values()} == {"open", "fixed", "closed"}
    assert FLOW.states["reinspected_pass"].status == "open"
    assert FLOW.states["closed"].status == "closed"
    assert len(tomllib.loads(text())["state"]) == len(FLOW.states) == 14
    assert FLOW.event_text("void", "zh") == "撤销"
    assert FLOW.event_text("closed", "en", before="duplicate") == "closed as a duplicate"
