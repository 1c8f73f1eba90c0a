"""What has to hold before the results of a round are published: what they rest on, their order, the quota (发布考评结果的核对)."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping

from firelane.errors import UsageError
from firelane.registry.star_facts import Facts
from firelane.registry.star_flow import Wrong
from firelane.registry.star_rounds import (
    Ranking,
    closing_of,
    participants,
    period_key,
    quota,
    rank_round,
)
from firelane.registry.star_scheme import Scheme
from firelane.registry.star_scoring import exact, told
from firelane.registry.star_sets import IndicatorSet
from firelane.registry.state import Record
from firelane.store import User

BEFORE_CLOSING = ("participant", "figure", "score", "absence", "veto", "edge", "result")
"""Nothing of these changes after the results of their round were published."""


class Publishing:
    """The guards of publishing; see :class:`firelane.registry.star_guards.Rules`, which is the one to use."""

    scheme: Scheme
    sets: Mapping[str, IndicatorSet]
    own: IndicatorSet | None
    brought: bool

    def _since(self, facts: Facts, record: Record) -> Iterator[Wrong]:
        called = facts.one(str(record["round"]))
        if called is None:
            yield no_record(record["round"])
        elif record.day < called.day:
            yield f"日期 {record.day} 早于考评通知的 {called.day}", f"{record.day} is before the round was called, {called.day}"

    def _set_of(self, called: Record | None) -> IndicatorSet | None:
        """Return the set that a round was called with, if it is at hand; the scheme's own goes by the name of its file too."""
        if called is None:
            return None
        name = str(called["set"]).strip()
        if name == self.scheme.indicator_set:
            return self.own
        return self.sets.get(name)

    def _ranking(self, facts: Facts, round_id: str) -> Generator[Wrong, None, Ranking | None]:
        called = facts.one(round_id)
        if called is None:
            return None  # told by _since
        indicators = self._set_of(called)
        if indicators is None:
            wanted = str(called["set"])
            yield f"须提供本轮的指标体系 {wanted}（--set）", f"the round's indicator set {wanted} has to be given (--set)"
            return None
        if not indicators.status.grades:
            yield f"指标体系 {indicators.id}：{indicators.status.zh}；只有正式的指标体系产生等次", f"the set {indicators.id} is {indicators.status.en}: only an official set yields grades"
            return None
        try:
            return rank_round(facts, round_id, indicators)
        except UsageError as error:
            yield error.text("zh"), error.text("en")
            return None

    def _closing(self, facts: Facts, record: Record, user: User) -> Iterator[Wrong]:
        del user
        name = str(record["round"])
        if closing_of(facts, name) is not None:
            yield f"{name} 的结果已经发布", f"the results of {name} are published already"
            return
        yield from self._since(facts, record)
        rows = [r for kind in BEFORE_CLOSING for r in facts.of(kind, round=name)]
        if rows and record.day < max(r.day for r in rows):
            yield f"发布日期早于本轮登记的 {max(r.day for r in rows)}", f"something of this round happened on {max(r.day for r in rows)}, later than this"
        others = facts.of("closing")
        if others and record.day < others[-1].day:
            yield f"发布日期早于上一次发布的 {others[-1].day}", f"other results were published on {others[-1].day}: rounds are published in order"
        called = facts.one(name)
        if called is None:
            return
        yield from self._in_order(facts, called)
        indicators = self._set_of(called)
        if indicators is not None and not indicators.status.grades:
            yield not_official(indicators)
            return
        results = {str(r["space"]): r for r in facts.of("result", round=name)}
        evaluated = participants(facts, name)
        lacking = [s for s in evaluated if s not in results]
        if lacking or not evaluated:
            yield f"没有结果：{'、'.join(lacking[:20]) or '无参评单位'}", f"without a result: {', '.join(lacking[:20]) or 'nobody takes part'}"
            return
        yield from self._quota(results, len(evaluated))
        yield from self._resting_on(facts, record, called, results)

    def _resting_on(self, facts: Facts, record: Record, called: Record, results: Mapping[str, Record]) -> Iterator[Wrong]:
        """Look at what results rest on: a document, or an official set, by which they are computed once more."""
        name, status, indicators = called.record_id, record["set_status"], self._set_of(called)
        if all(r["basis"] == "document" for r in results.values()):
            if not str(record["document"] or "").strip():
                yield "据已发布的文件登记的结果须填写文号", "results taken from a document need its number"
            if status == "official":
                yield "据文件登记的结果不能填“正式”的指标体系", "results taken from a document do not rest on an official set at hand"
            if indicators is not None and not self.brought:
                yield (
                    f"指标体系 {indicators.id} 为正式，结果须按其计算；据文件登记的，该轮次须以未取得的指标体系发起",
                    f"the set {indicators.id} is official and at hand: results are computed; a document's results belong to a round called with one that is not",
                )
            return
        if status != "official":
            yield "按指标体系计算的结果，指标体系性质须为“正式”", "computed results need an official set: tell its status"
        if indicators is None and self.brought:
            return  # computed where the set was at hand
        given, own = record["set_sha256"], "" if indicators is None else indicators.sha256
        if self.brought and given and own and given != own:
            yield (
                f"指标体系 {called['set']} 的文件与发布时的不同（校验值 {str(given)[:12]}… ≠ {own[:12]}…），不能核对",
                f"the file of {called['set']} is not the one that was published by ({str(given)[:12]}… ≠ {own[:12]}…): nothing can be compared",
            )
            return
        yield from self._as_computed(facts, name, results)

    def _in_order(self, facts: Facts, called: Record) -> Iterator[Wrong]:
        """Let rounds be published in the order of their periods: which fails follow each other must not depend on the clerk."""
        mine = period_key(called)
        for other in facts.of("round"):
            closed = closing_of(facts, other.record_id)
            if closed is None and period_key(other) < mine:
                yield (
                    f"考评期在前的 {other.record_id}（至 {other['period_to']}）尚未发布；请先发布或作废",
                    f"{other.record_id}, whose period ends on {other['period_to']}, is not published: publish it first, or take it back",
                )
            elif closed is not None and period_key(other) > mine:
                yield (
                    f"考评期在后的 {other.record_id}（至 {other['period_to']}）已于 {closed.day} 发布",
                    f"{other.record_id}, whose period ends on {other['period_to']}, was published on {closed.day}: this one is too late",
                )

    def _quota(self, results: Mapping[str, Record], evaluated: int) -> Iterator[Wrong]:
        for grade in self.scheme.grades:
            if grade.share_max is None:
                continue
            most = quota(grade.id, grade.share_max, evaluated)
            given = sum(r["grade"] == grade.id for r in results.values())
            if given > most.most:
                yield f"{grade.zh} {given} 家，超过名额。{most.text('zh', grade.zh)}", f"{given} {grade.en}: more than the quota. {most.text('en', grade.en)}"

    def _as_computed(self, facts: Facts, name: str, results: Mapping[str, Record]) -> Iterator[Wrong]:
        ranking = yield from self._ranking(facts, name)
        if ranking is None:
            return
        yield from ranking.blocks
        if ranking.blocks:
            return
        for row in ranking.rows:
            given = results[row.space]
            same = given["grade"] == row.grade and given["rank"] == row.rank and told_score(given) == told(row.score.total)
            if not same:
                yield (
                    f"{row.space} 的结果与计算不符：应为 {told(row.score.total)} 分、第 {row.rank} 名、{row.grade}",
                    f"the result of {row.space} is not what is computed: {told(row.score.total)}, rank {row.rank}, {row.grade}",
                )


def no_record(name: object) -> Wrong:
    """Return that something does not stand that a record rests on."""
    return f"{name} 不存在，或已作废、未通过", f"there is no {name}, or it was taken back or rejected"


def not_official(indicators: IndicatorSet) -> Wrong:
    """Return that a set yields no results, and what a document's results need."""
    return (
        f"指标体系 {indicators.id}：{indicators.status.zh}；不能据以发布结果。登记已发布的文件，轮次须以未取得的指标体系发起，如“附件2（未取得）”",
        f"the set {indicators.id} is {indicators.status.en}: no results come from it. Those of a document need a round with a set that is not at hand, such as 附件2（未取得）",
    )


def told_score(result: Record) -> str:
    """Return a recorded score as scores are shown."""
    return told(None if result["score"] is None else exact(result["score"]))
