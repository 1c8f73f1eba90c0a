"""Whether a space meets the basic conditions, item by item, from what is recorded (基本条件逐项核查).

What is not recorded is never taken for a refusal, and what the text leaves to a reviewer is never decided here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from firelane.registry.star_facts import Facts
from firelane.registry.star_scheme import Condition, Criterion, CriterionKind, Scheme
from firelane.registry.state import Record
from firelane.vocabulary import Lang, Term


class Result(Term):
    """What is known of a condition."""

    MET = "met", "符合", "met"
    NOT_MET = "not_met", "不符合", "not met"
    JUDGEMENT = "needs_judgement", "待评审判断", "needs judgement"
    NO_EVIDENCE = "no_evidence", "无材料", "no evidence"


_WORST = (Result.NOT_MET, Result.NO_EVIDENCE, Result.JUDGEMENT, Result.MET)
_BEST = (Result.MET, Result.JUDGEMENT, Result.NO_EVIDENCE, Result.NOT_MET)


@dataclass(frozen=True)
class Item:
    """One criterion: what was found, and why."""

    criterion: Criterion
    result: Result
    zh: str
    en: str

    def text(self, lang: Lang = "zh") -> str:
        """Return why."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Assessed:
    """One condition with its criteria."""

    condition: Condition
    result: Result
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Assessment:
    """All conditions of a space at a date; met only where every one is met (proposed)."""

    space: str
    on: dt.date
    result: Result
    conditions: tuple[Assessed, ...]

    def count(self, result: Result) -> int:
        """Return how many conditions have a result."""
        return sum(c.result is result for c in self.conditions)

    @property
    def lacking(self) -> tuple[tuple[str, str], ...]:
        """What is in the way of all conditions being met (Chinese, English)."""
        return tuple(
            (f"条件{c.condition.number}{c.result.zh}：{_which(c, 'zh')}", f"condition {c.condition.id} {c.result.en}: {_which(c, 'en')}")
            for c in self.conditions if c.result is not Result.MET
        )  # fmt: skip


def _which(found: Assessed, lang: Lang) -> str:
    items = [i for i in found.items if i.criterion.decides and i.result is not Result.MET]
    return ("；" if lang == "zh" else "; ").join(
        f"{i.criterion.label(lang)}{'（' if lang == 'zh' else ' ('}{i.text(lang)}{'）' if lang == 'zh' else ')'}" for i in items
    )


def assess(facts: Facts, scheme: Scheme, space: str, on: dt.date) -> Assessment:
    """Return how a space stands to the conditions at a date.

    Parameters
    ----------
    facts : Facts
    scheme : Scheme
    space : str
        Its number.
    on : date
        Records with a later day do not count; residents and people who had left by then do not either.
    """
    desk = _Looking(facts.at(on), scheme, space, on)
    conditions = tuple(desk.condition(c) for c in scheme.conditions)
    return Assessment(space, on, _first(_WORST, (c.result for c in conditions)), conditions)


def _first(order: Sequence[Result], found: Iterable[Result]) -> Result:
    there = set(found)
    return next(result for result in order if result in there)


class _Looking:
    """Looks through the records of one space."""

    def __init__(self, facts: Facts, scheme: Scheme, space: str, on: dt.date) -> None:
        self.facts, self.scheme, self.space, self.on = facts, scheme, space, on
        self.of_space = facts.one(space)
        self.judged: dict[str, Record] = {str(r["criterion"]): r for r in facts.of("judgement", space=space)}  # the last one stays

    def condition(self, condition: Condition) -> Assessed:
        items = {c.id: self._item(c) for c in condition.criteria}
        groups = (_first(_BEST, (items[c.id].result for c in group)) for group in condition.groups)
        return Assessed(condition, _first(_WORST, groups), tuple(items.values()))

    def _item(self, criterion: Criterion) -> Item:
        judged = self.judged.get(criterion.id)
        if criterion.kind in (CriterionKind.JUDGEMENT, CriterionKind.ABSENCE):
            return self._judged(criterion, judged)
        item = self._counted(criterion) if criterion.kind is CriterionKind.COUNT else self._present(criterion)
        if judged is not None and judged["verdict"] == "not_met":
            # A reviewer may find evidence wanting; he never stands in for evidence that is not there.
            return Item(criterion, Result.NOT_MET, *_by(judged))
        return item

    def _judged(self, criterion: Criterion, judged: Record | None) -> Item:
        if judged is not None:
            return Item(criterion, Result.MET if judged["verdict"] == "met" else Result.NOT_MET, *_by(judged))
        if criterion.kind is CriterionKind.ABSENCE:
            return Item(criterion, Result.NO_EVIDENCE, "没有核查结果", "not checked")
        if criterion.record and not (number := len(self._records(criterion))):
            return Item(criterion, Result.NO_EVIDENCE, "没有登记", "none recorded")
        more = ("", "") if not criterion.record else (f"，登记 {number} 个", f"; {number} recorded")
        return Item(criterion, Result.JUDGEMENT, f"由评审判断{more[0]}", f"a reviewer decides{more[1]}")

    def _present(self, criterion: Criterion) -> Item:
        if criterion.record == "space":
            value = self._field(criterion)
            if value is None:
                return Item(criterion, Result.NO_EVIDENCE, "未填", "not filled in")
            allowed = criterion.where.get(criterion.field)
            if allowed is not None and value not in allowed:
                return Item(criterion, Result.JUDGEMENT, "不在列举之中，由评审判断", "not one of those listed: a reviewer decides")
            column = self.facts.state.kinds["space"].column(criterion.field)
            return Item(criterion, Result.MET, str(column.spelt(value, "zh")), str(column.spelt(value, "en")))
        rows = self._records(criterion)
        if not rows:
            return Item(criterion, Result.NO_EVIDENCE, "没有材料", "no document")
        last = rows[-1]
        title = str(last.values.get("title") or last.record_id)
        return Item(criterion, Result.MET, f"{title}（{last.day}）", f"{title} ({last.day})")

    def _counted(self, criterion: Criterion) -> Item:
        if criterion.per == "calendar_year":
            return self._yearly(criterion)
        if criterion.record == "space":
            value = self._field(criterion)
            if value is None:
                return Item(criterion, Result.NO_EVIDENCE, "未填", "not filled in")
            return self._compared(criterion, self._years_of(value, criterion) if criterion.years else float(value))
        rows = self._records(criterion)
        if not rows:
            return Item(criterion, Result.NO_EVIDENCE, "没有登记", "none recorded")
        return self._compared(criterion, len({_identity(r) for r in rows}))

    def _years_of(self, day: dt.date, criterion: Criterion) -> int:
        """Return the full years between a day and the one that is asked about; below nought where they lie the other way."""
        first, last = (day, self.on) if criterion.years == "since" else (self.on, day)
        return last.year - first.year - ((last.month, last.day) < (first.month, first.day))

    def _compared(self, criterion: Criterion, value: float) -> Item:
        assert criterion.threshold is not None
        met = criterion.comparator.met(value, criterion.threshold)
        wanted = f"{criterion.comparator.value} {criterion.threshold:g}"
        return Item(
            criterion, Result.MET if met else Result.NOT_MET, f"{value:g} {criterion.unit}（要求 {wanted}，{criterion.mark.zh}）",
            f"{value:g} {criterion.unit_en} (asked: {wanted}, {criterion.mark.en})",
        )  # fmt: skip

    def _yearly(self, criterion: Criterion) -> Item:
        """Every full calendar year of operation needs its own; a year without a record is unknown, not failed."""
        assert criterion.threshold is not None
        years = self._years()
        number = dict.fromkeys(years, 0)
        for record in self._records(criterion):
            if record.day.year in number:
                number[record.day.year] += 1
        bare = [str(y) for y, n in number.items() if not criterion.comparator.met(n, criterion.threshold)]
        told_zh = "，".join(f"{y} 年 {n} {criterion.unit}" for y, n in number.items())
        told_en = ", ".join(f"{y}: {n}" for y, n in number.items())
        if bare:
            return Item(criterion, Result.NO_EVIDENCE, f"{'、'.join(bare)} 年没有足够的登记（{told_zh}）", f"too few recorded for {', '.join(bare)} ({told_en})")
        return Item(criterion, Result.MET, told_zh, told_en)

    def _years(self) -> tuple[int, ...]:
        """Return the full calendar years since it began to operate; where there is none yet, the present one."""
        began = None if self.of_space is None else self.of_space["operating_since"] or self.of_space.day
        first = self.on.year if began is None else began.year + (began.timetuple().tm_yday > 1)
        last = self.on.year if (self.on.month, self.on.day) == (12, 31) else self.on.year - 1
        return tuple(range(first, last + 1)) or (self.on.year,)

    def _field(self, criterion: Criterion) -> Any:
        value = None if self.of_space is None else self.of_space.values.get(criterion.field)
        return None if isinstance(value, str) and not value.strip() else value

    def _records(self, criterion: Criterion) -> list[Record]:
        rows = self.facts.of(criterion.record, space=self.space)
        return [r for r in rows if self._fits(r, criterion) and (r.values.get("left_on") is None or r["left_on"] > self.on)]

    def _fits(self, record: Record, criterion: Criterion) -> bool:
        if not all(record.values.get(key) in words for key, words in criterion.where.items()):
            return False
        if criterion.field and record.values.get(criterion.field) in (None, ""):
            return False
        if record.kind != "evidence":
            return True
        # What is told by its kind, or by its terms of use, proves it wherever in the condition it was handed in.
        if criterion.where or criterion.field:
            told = self.scheme.criteria.get(str(record["criterion"]))
            return told is not None and told.condition == criterion.condition
        return bool(record["criterion"] == criterion.id)


def _identity(record: Record) -> object:
    """Return what tells a record's subject from others: one firm or person twice is one."""
    return identity(record.kind, record.values, record.record_id)


def identity(kind: str, values: Mapping[str, Any], record_id: str) -> object:
    """Return what tells a resident (credit code, else kind and name) or a person (name and where from) from others."""
    if kind == "resident":
        return values.get("usci") or (values["kind"], " ".join(str(values["name"]).split()))
    if kind == "person":
        return " ".join(str(values["name"]).split()), " ".join(str(values.get("from") or "").split())
    return record_id


def _by(judged: Record) -> tuple[str, str]:
    reason = str(judged["grounds"] or "").strip()
    return (
        f"{judged['by']} {judged.day} 判断" + (f"：{reason}" if reason else ""),
        f"judged by {judged['by']}, {judged.day}" + (f": {reason}" if reason else ""),
    )
