"""What has to hold before a record of the Star Space registry is written (登记前的核对)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from firelane.registry.numerals import numeral
from firelane.registry.star_conditions import Result, assess
from firelane.registry.star_facts import Facts, Index
from firelane.registry.star_flow import (
    Wrong,
    applications_of,
    filed,
    move_faults,
    step_faults,
    transition_of,
)
from firelane.registry.star_kin import kin, same_code, same_name
from firelane.registry.star_publishing import BEFORE_CLOSING, Publishing, no_record, not_official
from firelane.registry.star_rounds import (
    closing_of,
    must_leave,
    published,
)
from firelane.registry.star_scheme import Scheme
from firelane.registry.star_sets import IndicatorSet, Score
from firelane.registry.state import Record, State
from firelane.store import Role, User, require

ONCE: Mapping[str, tuple[str, ...]] = {
    "participant": ("round", "space"), "figure": ("round", "space", "indicator", "part"), "edge": ("round", "space"),
    "score": ("round", "space", "indicator", "expert"), "absence": ("round", "space", "expert", "indicator"), "result": ("round", "space"), "closing": ("round",), "step": ("application",),
    "application": ("space",), "subsidy": ("round", "space"), "guidance": ("round", "space"), "veto": ("round", "space"),
    "exit": ("space",),
}  # fmt: skip
"""What a record belongs to: a correction never changes it."""
_SINGLE = ("participant", "figure", "score", "absence", "edge", "result")


class Rules(Publishing):
    """The guards of one desk.

    Parameters
    ----------
    scheme : Scheme
    sets : mapping of str to IndicatorSet
        Those at hand, by id.
    own : IndicatorSet, optional
        That of the scheme.

    Attributes
    ----------
    index : Index or None
        Of the records of the call that is going on.
    brought : bool
        The record comes from another store, where it was looked at with what was recorded then: what has been corrected
        since, and sets that are not at hand, do not speak against it. Its place in the procedure does, and so does a set
        that is at hand: anybody can write that a row comes from elsewhere.
    gone : bool
        The record comes together with its being taken back.
    """

    def __init__(self, scheme: Scheme, sets: Mapping[str, IndicatorSet], own: IndicatorSet | None = None) -> None:
        self.scheme, self.sets, self.own = scheme, sets, own
        self.index: Index | None = None
        self.brought = False
        self.gone = False
        self._own: Mapping[str, Callable[[Facts, Record, User], Iterator[Wrong]]] = {
            "space": self._space, "absence": self._absence, "application": self._application, "step": self._step, "exit": self._exit, "round": self._round, "participant": self._participant,
            "figure": self._figure, "score": self._score, "veto": self._veto, "edge": self._edge, "result": self._result,
            "closing": self._closing, "subsidy": self._subsidy, "guidance": self._guidance,
        }  # fmt: skip

    @property
    def guards(self) -> dict[str, Callable[[State, Record, User], Sequence[Wrong]]]:
        """Guards by kind, for the register."""
        return dict.fromkeys(self._own, self.guard)

    def guard(self, state: State, record: Record, user: User) -> Sequence[Wrong]:
        """Return what speaks against a record (Chinese, English)."""
        if self.gone:  # it comes together with its being taken back, and will count for nothing
            return ()
        facts = Facts(state, None, self.index)
        return tuple(self._faults(facts, record, user))

    def _faults(self, facts: Facts, record: Record, user: User) -> Iterator[Wrong]:
        before = facts.state.latest(record.record_id)
        keys = ONCE.get(record.kind, ())
        if before is not None:
            changed = [k for k in keys if before.values.get(k) != record.values.get(k)]
            if changed:
                names = facts.state.kinds[record.kind]
                zh, en = "、".join(names.column(k).zh for k in changed), ", ".join(names.column(k).en for k in changed)
                yield f"更正不能改变{zh}；请作废后另行登记", f"a correction cannot change the {en}: take it back and record it anew"
                return
        if record.kind in _SINGLE:
            twin = [r for r in facts.of(record.kind, **{k: record.values.get(k) for k in keys}) if r.record_id != record.record_id]
            if twin:
                yield f"已有登记 {twin[0].record_id}；如有改动，请更正该记录", f"{twin[0].record_id} tells this already: correct that one"
                return
        if record.kind in BEFORE_CLOSING:
            closed = closing_of(facts, str(record["round"]))
            if closed is not None:
                yield f"考评轮次 {record['round']} 的结果已于 {closed.day} 发布，不能再登记", f"the results of {record['round']} were published on {closed.day}"
                return
        own = self._own.get(record.kind)
        if own is not None:
            yield from own(facts, record, user)

    # -------------------------------------------------------------------------------------- filing

    def _space(self, facts: Facts, record: Record, user: User) -> Iterator[Wrong]:
        """Let a Star Space have one number: under two it would be counted, evaluated and paid twice."""
        del user
        others = [r for r in facts.of("space", usci=record["usci"]) if r.record_id != record.record_id]
        for other in others:
            if same_name(other["name"], record["name"]):
                yield (
                    f"{other.record_id} 的统一社会信用代码和名称与此相同，同一星创天地只登记一次",
                    f"{other.record_id} has the same credit code and name: one Star Space is recorded once",
                )
                return
        if others and not any(str(r["note"] or "").strip() for r in (record, *others)):
            yield (
                f"该统一社会信用代码已有星创天地 {others[0].record_id}（{others[0]['name']}）；如确为另一家，请在“备注”中说明",
                f"{others[0].record_id} ({others[0]['name']}) has the same credit code; if this is another one, tell so in its note",
            )

    def _application(self, facts: Facts, record: Record, user: User) -> Iterator[Wrong]:
        require(user, self._start_role(), "登记申报", "recording an application")
        flow = self.scheme.flow
        if facts.one(str(record["space"])) is None:
            yield no_record(record["space"])
        mine = applications_of(facts, self.scheme, str(record["space"]))
        this = next((a for a in mine if a.id == record.record_id), None)
        if this is not None:
            if len(this.events) > 1 and record.day > this.events[1].day:
                yield f"填表日期晚于下一步的 {this.events[1].day}", f"the form would be later than the next step of {this.events[1].day}"
            if any(e.transition.guard == "direct_basis" for e in this.events) and (not record["direct"] or not record["proof"]):
                yield "已直接备案，依据和证明不能删去", "it was filed directly: its basis and proof cannot go"
            return
        yield from self._judged_again(facts, record)
        for other in mine:
            state = flow.states[other.state]
            if state.group != "closed":
                yield f"该星创天地的申报 {other.id} 为“{state.zh}”，不能另行申报", f"its application {other.id} is {state.en}: there cannot be another one"
            elif record.day < other.last.day:
                yield f"填表日期早于上一次申报结束的 {other.last.day}", f"the last application ended on {other.last.day}"

    def _judged_again(self, facts: Facts, record: Record) -> Iterator[Wrong]:
        """Look at every step of an application that was rejected and comes back: each has to stand after the one before it."""
        steps = facts.of("step", application=record.record_id)
        if not steps:
            return
        versions = {name: rows for name, rows in facts.state.versions.items() if name not in {s.record_id for s in steps}}
        versions[record.record_id] = (*versions.get(record.record_id, ()), record)
        index = Index(versions.values())
        for step in steps:
            now = Facts(State(facts.state.kinds, versions), None, index)
            found = tuple(step_faults(now, self.scheme, step, conditions=partial(self._lacking, now)))
            for zh, en in found:
                yield f"已登记的步骤 {step.record_id} 不成立，须先作废：{zh}", f"the step {step.record_id} does not stand, take it back first: {en}"
            if found:
                return
            versions[step.record_id] = facts.state.history(step.record_id)
            index.add(versions[step.record_id])

    def _start_role(self) -> Role:
        return next((t.role for t in self.scheme.flow.transitions.values() if t.record == "application"), Role.INSPECTOR)

    def _step(self, facts: Facts, record: Record, user: User) -> Iterator[Wrong]:
        transition = self.scheme.flow.transitions[str(record["step"])]
        require(user, transition.role, f"办理“{transition.zh}”", f"the step to {transition.en}")
        check = None if self.brought else lambda space, day: self._lacking(facts, space, day)
        yield from step_faults(facts, self.scheme, record, conditions=check)

    def _lacking(self, facts: Facts, space: str, day: dt.date) -> Sequence[Wrong]:
        found = assess(facts, self.scheme, space, day)
        if found.result is Result.MET:
            return ()
        zh, en = zip(*found.lacking, strict=True)
        return ((f"{numeral(len(self.scheme.conditions))}项条件未全部符合：{'；'.join(zh)}", f"not all conditions are met: {'; '.join(en)}"),)

    def _exit(self, facts: Facts, record: Record, user: User) -> Iterator[Wrong]:
        space = str(record["space"])
        now = filed(facts, self.scheme, space)
        if now is None:
            yield f"{space} 不在备案库中", f"{space} does not stand in the register"
            return
        transition = transition_of(self.scheme.flow, record, start=now.state)
        if transition is not None:
            require(user, transition.role, transition.zh, f"to {transition.en}")
        yield from move_faults(self.scheme, now, record)
        for part in (p for name in kin(facts, space) for p in facts.of("participant", space=name)):
            closed = closing_of(facts, str(part["round"]))
            if closed is None:
                yield (
                    f"正在参加考评 {part['round']}，结果未发布；请先作废参评登记", f"it takes part in {part['round']}, which is not published: take that back first"
                )
            elif record.day < closed.day and part.day >= now.events[0].day:
                yield f"退出日期早于考评 {part['round']} 发布的 {closed.day}", f"the results of {part['round']} were published on {closed.day}, later than this"
        rule = self.scheme.exit_rule
        if transition is not None and transition.guard == "consecutive_fails" and not must_leave(facts.at(record.day), self.scheme, space):
            number, failed = (0, "") if rule is None else (rule.consecutive, self.scheme.grade[rule.grade].zh)
            yield f"至 {record.day} 没有连续 {number} 次考评{failed}", f"there are no {number} failed evaluations in a row by {record.day}"

    # -------------------------------------------------------------------------------------- evaluation

    def _round(self, facts: Facts, record: Record, user: User) -> Iterator[Wrong]:
        del user
        if record["period_from"] > record["period_to"]:
            yield "考评期止早于考评期起", "the period ends before it begins"
        if closing_of(facts, record.record_id) is not None:
            yield "结果已发布，轮次不能更正", "its results are published: the round is not corrected any more"
        before = facts.state.latest(record.record_id)
        rows = [r for kind in BEFORE_CLOSING for r in facts.of(kind, round=record.record_id)]
        early = min((r.day for r in rows), default=None)
        if early is not None and record.day > early:
            yield f"通知日期 {record.day} 晚于本轮已登记的 {early}", f"the round would be called on {record.day}, after what was recorded in it for {early}"
        if before is not None and before["set"] != record["set"] and not self._carries_over(record, rows):
            yield (
                f"本轮已有评分，或填报的指标不在其中，不能改用指标体系 {record['set']}；请先作废",
                f"there are scores, or figures that it does not know: the set cannot become {record['set']} before they are taken back",
            )

    def _carries_over(self, record: Record, rows: Sequence[Record]) -> bool:
        """Return whether what is recorded in a round means the same by another set: figures of indicators that it has too."""
        now = self._set_of(record)
        known = {} if now is None else now.by_id
        return all(r.kind == "participant" or (r.kind == "figure" and r["indicator"] in known) for r in rows)

    def _participant(self, facts: Facts, record: Record, user: User) -> Iterator[Wrong]:
        del user
        yield from self._since(facts, record)
        space = str(record["space"])
        entered = filed(facts.at(record.day), self.scheme, space)
        if entered is None or filed(facts, self.scheme, space) is None:
            zh = self._standing_words(facts.at(record.day), space)
            yield f"{facts.name(space)}（{space}）{record.day} 不在备案库中（{zh}），不能参评", f"{space} does not stand in the register on {record.day}: it cannot take part"
        twin = next((n for n in kin(facts, space) if n != space and facts.of("participant", round=record["round"], space=n)), None)
        if twin is not None:
            yield f"{space} 与 {twin} 是同一星创天地，后者已参评", f"{space} and {twin} are one Star Space, and the latter takes part"
        of = {"round": record["round"], "space": space}
        rows = [r for kind in BEFORE_CLOSING if kind != "participant" for r in facts.of(kind, **of)]
        if rows and record.day > min(r.day for r in rows):
            yield f"参评日期晚于该单位已登记的 {min(r.day for r in rows)}", f"it would take part after what was recorded of it for {min(r.day for r in rows)}"

    def _standing_words(self, facts: Facts, space: str) -> str:
        mine = applications_of(facts, self.scheme, space)
        return self.scheme.flow.states[mine[-1].state].zh if mine else "未申报"

    def _takes_part(self, facts: Facts, record: Record) -> Iterator[Wrong]:
        if not facts.of("participant", round=record["round"], space=record["space"]):
            yield f"{record['space']} 未参加考评 {record['round']}", f"{record['space']} does not take part in {record['round']}"

    def _figure(self, facts: Facts, record: Record, user: User) -> Iterator[Wrong]:
        del user
        yield from self._takes_part(facts, record)
        yield from self._since(facts, record)
        score = self._score_of(facts, record)
        if score is None:
            return
        parts = next(iter(score.tables.values()), {})
        part = record["part"]
        if parts and part not in parts:
            yield f"指标 {record['indicator']} 须按分项填报：{'、'.join(parts)}", f"{record['indicator']} is reported by parts: {', '.join(parts)}"
        if not parts and part:
            yield f"指标 {record['indicator']} 没有分项", f"{record['indicator']} has no parts"
        if score.kind.id == "expert":
            yield f"指标 {record['indicator']} 由专家评分，不填数据", f"{record['indicator']} is scored by experts, not reported"

    def _score(self, facts: Facts, record: Record, user: User) -> Iterator[Wrong]:
        del user
        yield from self._takes_part(facts, record)
        yield from self._since(facts, record)
        score = self._score_of(facts, record)
        if score is None:
            return
        if score.kind.id != "expert":
            yield f"指标 {record['indicator']} 不由专家评分", f"{record['indicator']} is not scored by experts"
        elif not 0 <= record["score"] <= (score.most or 0.0):
            yield f"得分 {record['score']:g} 应在 0 至 {score.most:g} 之间", f"the score of {record['score']:g} is not between 0 and {score.most:g}"

    def _score_of(self, facts: Facts, record: Record) -> Score | None:
        indicators = self._set_of(facts.one(str(record["round"])))  # that there is no such round is told by _since
        found = None if indicators is None else indicators.by_id.get(str(record["indicator"]))
        return None if found is None else found.score

    def _absence(self, facts: Facts, record: Record, user: User) -> Iterator[Wrong]:
        del user
        yield from self._takes_part(facts, record)
        yield from self._since(facts, record)

    def _veto(self, facts: Facts, record: Record, user: User) -> Iterator[Wrong]:
        del user
        yield from self._takes_part(facts, record)
        yield from self._since(facts, record)

    def _edge(self, facts: Facts, record: Record, user: User) -> Iterator[Wrong]:
        del user
        yield from self._takes_part(facts, record)
        yield from self._since(facts, record)
        if self.brought:
            return
        ranking = yield from self._ranking(facts, str(record["round"]))
        if ranking is None:
            return
        space = str(record["space"])
        if space not in ranking.edge:
            yield f"{space} 不在名额边缘的并列之中", f"{space} is not among those tied at the edge of the quota"
        chosen = {str(r["space"]) for r in facts.of("edge", round=record["round"]) if r["excellent"] and r["space"] in ranking.edge}
        if record["excellent"] and len(chosen | {space}) > ranking.places:
            yield f"只余 {ranking.places} 个名额，已裁定 {len(chosen - {space})} 家", f"there are {ranking.places} places left, {len(chosen - {space})} are given"

    def _result(self, facts: Facts, record: Record, user: User) -> Iterator[Wrong]:
        del user
        if record["grade"] not in self.scheme.grade:
            names = "、".join(f"{g.id}（{g.zh}）" for g in self.scheme.grades)
            yield f"等次应为 {names} 之一", f"a grade is one of {', '.join(self.scheme.grade)}"
        yield from self._takes_part(facts, record)
        yield from self._since(facts, record)
        indicators = self._set_of(facts.one(str(record["round"])))
        if indicators is not None and not indicators.status.grades:
            yield not_official(indicators)

    # -------------------------------------------------------------------------------------- after it

    def _subsidy(self, facts: Facts, record: Record, user: User) -> Iterator[Wrong]:
        del user
        rule, name, space = self.scheme.subsidy, str(record["round"]), str(record["space"])
        if rule is None:
            yield "实施意见没有后补助", "the scheme knows no subsidy"
            return
        grade = self.scheme.grade[rule.grade]
        closed, result = closing_of(facts, name), published(facts, name).get(space)
        if closed is None or result is None:
            yield f"{space} 在 {name} 没有已发布的结果", f"{space} has no published result in {name}"
            return
        if result["grade"] != rule.grade:
            given = self.scheme.grade[str(result["grade"])]
            yield f"{space} 在 {name} 的等次为“{given.zh}”，不是“{grade.zh}”", f"{space} was graded {given.en} in {name}, not {grade.en}"
        if record.day < closed.day:
            yield f"拨付日期早于结果发布的 {closed.day}", f"the results were published on {closed.day}, later than this"
        if record["amount_yuan"] != rule.amount_yuan:
            yield f"金额 {record['amount_yuan']:g} 元，规定为 {rule.amount_yuan:g} 元", f"{record['amount_yuan']:g} yuan, but the scheme says {rule.amount_yuan:g}"
        paid = [r for name_ in same_code(facts, space) for r in facts.of("subsidy", space=name_) if r.record_id != record.record_id]
        if paid and rule.once:
            yield (
                f"{paid[0]['space']} 已于 {paid[0].day} 获得一次性后补助（{paid[0]['round']}）；再次评为{grade.zh}是否再给，原文没有写明，不得重复拨付",
                f"{paid[0]['space']} was paid once on {paid[0].day} ({paid[0]['round']}); whether it can be paid again is not stated: never twice",
            )
        again = next((r for r in paid if r["round"] == name), None)
        if again is not None and not rule.once:
            yield f"{again['space']} 本轮已于 {again.day} 获得后补助", f"{again['space']} was paid for this round on {again.day}"
        of_space = facts.one(space)
        if of_space is not None and rule.levels and of_space["level"] not in rule.levels and not record["document"]:
            yield f"非{self.scheme.paid_levels()}星创天地是否给予补助待确认，须填写批准文号", "whether spaces of this level are paid is to be confirmed: name the document that allows it"

    def _guidance(self, facts: Facts, record: Record, user: User) -> Iterator[Wrong]:
        del user
        name, space = str(record["round"]), str(record["space"])
        closed, result = closing_of(facts, name), published(facts, name).get(space)
        grade = self.scheme.exit_rule.grade if self.scheme.exit_rule is not None else self.scheme.grades[-1].id
        if closed is None or result is None or result["grade"] != grade:
            yield f"{space} 在 {name} 没有{self.scheme.grade[grade].zh}的结果", f"{space} did not fail in {name}"
        elif record.day < closed.day:
            yield f"日期早于结果发布的 {closed.day}", f"the results were published on {closed.day}, later than this"
