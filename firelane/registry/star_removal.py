"""What has to go first before a record of the Star Space registry is taken back (作废前的核对)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from firelane.registry.star_facts import Facts
from firelane.registry.star_flow import Application, Wrong, application, applications_of
from firelane.registry.star_guards import ONCE
from firelane.registry.star_publishing import BEFORE_CLOSING
from firelane.registry.star_rounds import closing_of, participants
from firelane.registry.star_scheme import Scheme
from firelane.registry.state import Record

_RESTS: Mapping[str, Sequence[tuple[str, str]]] = {
    "space": [(k, "space") for k in ("application", "participant", "evidence", "judgement", "resident", "person", "occasion", "finance")],
    "application": [("step", "application")],
    "round": [("participant", "round"), ("closing", "round")],
    "resident": [("finance", "resident")],
}  # fmt: skip


def removable(facts: Facts, scheme: Scheme, record: Record) -> Sequence[Wrong]:
    """Return what speaks against taking a record back, or rejecting it (Chinese, English)."""
    return tuple(_removal(facts, scheme, record))


def _removal(facts: Facts, scheme: Scheme, record: Record) -> Iterator[Wrong]:
    rests = _RESTS.get(record.kind, ())
    for kind, column in rests:
        found = facts.of(kind, **{column: record.record_id})
        if found:
            zh, en = facts.state.kinds[kind].zh, facts.state.kinds[kind].en
            yield f"有以它为据的“{zh}”{found[-1].record_id}；须先作废后者", f"{found[-1].record_id} ({en}) rests on it and has to be taken back first"
            return
    if record.kind in BEFORE_CLOSING and closing_of(facts, str(record["round"])) is not None:
        yield f"{record['round']} 的结果已发布", f"the results of {record['round']} are published"
    if record.kind == "participant":
        of = {"round": record["round"], "space": record["space"]}
        rows = [r for kind in ("figure", "score", "absence", "veto", "edge", "result") for r in facts.of(kind, **of)]
        if rows:
            yield f"有该单位在本轮的登记 {rows[0].record_id}；须先作废", f"{rows[0].record_id} tells of it in this round and has to be taken back first"
    if record.kind == "closing":
        yield from _closing_removal(facts, record)
    if record.kind == "step":
        yield from _step_removal(facts, scheme, record)
    if record.kind == "exit":
        later = [a for a in applications_of(facts, scheme, str(record["space"])) if a.record.day >= record.day]
        if later:
            yield f"其后已有申报 {later[-1].id}", f"there is a later application, {later[-1].id}"


def _closing_removal(facts: Facts, record: Record) -> Iterator[Wrong]:
    if facts.of("closing")[-1].record_id != record.record_id:
        yield "其后已发布其他轮次的结果", "results of other rounds were published later"
    spaces = participants(facts, str(record["round"]))
    rows = [r for kind in ("subsidy", "guidance") for r in facts.of(kind, round=record["round"])]
    rows += [r for space in spaces for r in facts.of("exit", space=space) if r.day >= record.day]
    if rows:
        yield f"有以它为据的登记 {rows[0].record_id}；须先作废", f"{rows[0].record_id} rests on it and has to be taken back first"


def _step_removal(facts: Facts, scheme: Scheme, record: Record) -> Iterator[Wrong]:
    now = application(facts, scheme, str(record["application"]))
    if now is None:
        return
    if now.last.record.record_id != record.record_id:
        yield f"只能作废最后一步（{now.last.record.record_id}）", f"only the last step can be taken back ({now.last.record.record_id})"
    elif scheme.flow.states[now.state].group == "filed" and _used(facts, now):
        yield "备案后已参加考评", "it has been evaluated since it was filed"


def reinstated(record: Record) -> Sequence[Wrong]:
    """Return why a rejected record of the procedure cannot come back."""
    if record.kind in ONCE:
        return (("未通过的登记不能恢复，请重新登记", "what was rejected does not come back: record it anew"),)
    return ()


def _used(facts: Facts, now: Application) -> bool:
    since = now.last.day
    return any(r.day >= since for kind in ("participant", "subsidy", "exit") for r in facts.of(kind, space=now.space))
