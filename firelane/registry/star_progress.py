"""How far a city has come towards the aims of the scheme, at a date (目标任务进展)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from firelane.registry.indicators import Indicator, IndicatorKind
from firelane.registry.numerals import numeral
from firelane.registry.star_conditions import identity
from firelane.registry.star_facts import Facts
from firelane.registry.star_flow import applications, filed_spaces
from firelane.registry.star_kin import twins
from firelane.registry.star_scheme import Scheme
from firelane.vocabulary import Lang, Term


class Standing(Term):
    """How an aim stands at a date."""

    REACHED = "reached", "已达到", "reached"
    OPEN = "open", "未达到，未到期", "not reached yet"
    OVERDUE = "overdue", "逾期未达到", "overdue"
    QUALITATIVE = "qualitative", "定性，不计数", "qualitative, not counted"
    NOT_COUNTED = "not_counted", "没有计数办法", "not counted here"


@dataclass(frozen=True)
class Progress:
    """One aim at a date.

    Attributes
    ----------
    aim : Indicator
    count : int or None
        None where it is not counted.
    standing : Standing
    how : (str, str)
        What was counted, and what was not (Chinese, English).
    """

    aim: Indicator
    count: int | None
    standing: Standing
    how: tuple[str, str]

    @property
    def share(self) -> float | None:
        """Part of the target that is there; above 1 where it is exceeded."""
        if self.count is None or not self.aim.target:
            return None
        return self.count / self.aim.target

    def text(self, lang: Lang = "zh") -> str:
        """Return it as one line."""
        unit, target = self.aim.unit_label(lang), self.aim.target_text(lang)
        number = "" if self.count is None else f"{self.count} {unit} / {target}"
        due = "" if self.aim.due is None else self.aim.due.isoformat()
        if lang == "zh":
            return "；".join(t for t in (f"{self.aim.label(lang)}：{number or target}，期限 {due}，{self.standing.zh}", self.how[0]) if t)
        return "; ".join(t for t in (f"{self.aim.label(lang)}: {number or target}, due {due}, {self.standing.en}", self.how[1]) if t)


def progress(facts: Facts, scheme: Scheme, on: dt.date) -> tuple[Progress, ...]:
    """Return every aim at a date.

    Parameters
    ----------
    facts : Facts
    scheme : Scheme
    on : date
        Records with a later day do not count.
    """
    then = facts.at(on)
    return tuple(_aim(then, scheme, aim, on) for aim in scheme.aims)


def _aim(facts: Facts, scheme: Scheme, aim: Indicator, on: dt.date) -> Progress:
    if aim.kind is IndicatorKind.QUALITATIVE:
        return Progress(aim, None, Standing.QUALITATIVE, ("", ""))
    counted = _COUNTS.get(aim.distinct or "space")
    if counted is None or aim.target is None:
        return Progress(aim, None, Standing.NOT_COUNTED, ("", ""))
    count, how = counted(facts, scheme, on)
    if aim.comparator.met(count, aim.target):
        standing = Standing.REACHED
    else:
        standing = Standing.OVERDUE if aim.due is not None and on > aim.due else Standing.OPEN
    return Progress(aim, count, standing, how)


def _spaces(facts: Facts, scheme: Scheme, on: dt.date) -> tuple[int, tuple[str, str]]:
    del on
    rows = [facts.one(a.space) for a in filed_spaces(facts, scheme)]
    column = facts.state.kinds["space"].column("level")
    levels: dict[str, int] = dict.fromkeys(column.choices, 0)
    for row in rows:
        if row is not None:
            levels[str(row["level"])] += 1
    zh = "、".join(f"{column.choices[k][0]} {n}" for k, n in levels.items() if n)
    en = ", ".join(f"{column.choices[k][1]} {n}" for k, n in levels.items() if n)
    there = {a.space for a in filed_spaces(facts, scheme)}
    double = [group for t in twins(facts) if len(group := [n for n in t if n in there]) > 1]
    also_zh = f"；统一社会信用代码相同、各计一家待确认：{'；'.join('、'.join(g) for g in double)}" if double else ""
    also_en = f"; with one credit code, each counted, to be confirmed: {'; '.join(', '.join(g) for g in double)}" if double else ""
    return len(rows), (
        f"在册星创天地{f'：{zh}' if zh else ''}；退出的不计{also_zh}", f"on the register{f': {en}' if en else ''}; those that left are not counted{also_en}"
    )


def _ever_filed(facts: Facts, scheme: Scheme) -> set[str]:
    """Return the spaces that were ever on the register: those that only applied incubate nobody by the scheme."""
    return {a.space for a in applications(facts, scheme) if a.entered(scheme.flow) is not None}


def _subjects(facts: Facts, scheme: Scheme, on: dt.date) -> tuple[int, tuple[str, str]]:
    """Count those that the text lists, once each, over all spaces ever filed; those that left stay counted (cumulative)."""
    del on
    ever = _ever_filed(facts, scheme)
    listed = [item.id for item in scheme.vocabularies["incubated"].items] if "incubated" in scheme.vocabularies else []
    found: dict[object, str] = {}
    others: set[object] = set()
    for record in facts.of("resident"):
        if record["space"] not in ever:
            continue
        key = identity("resident", record.values, record.record_id)
        if record["kind"] in listed:
            found[key] = str(record["kind"])
        else:
            others.add(key)
    bare = sum(isinstance(key, tuple) for key in found)
    zh = (
        f"按统一社会信用代码（{len(found) - bare} 家）或类型与名称（{bare} 家，没有代码）去重，累计，只计曾备案的星创天地；原文所列{numeral(len(listed))}类之外的 {len(others)} 家（企业、团队、创客）未计入，是否计入待确认"
    )
    en = (
        f"each once, by credit code ({len(found) - bare}) or kind and name ({bare} without a code), cumulative, in spaces that were ever filed; "
        f"{len(others)} of kinds that the text does not list (enterprises, teams, makers) are not counted: to be confirmed"
    )
    return len(found), (zh, en)


def _people(facts: Facts, scheme: Scheme, on: dt.date) -> tuple[int, tuple[str, str]]:
    del on
    ever = _ever_filed(facts, scheme)
    people = {identity("person", r.values, r.record_id) for r in facts.of("person") if r["space"] in ever}
    told = sum(int(r["people"] or 0) for r in facts.of("resident") if r["space"] in ever)
    return len(people), (
        f"登记人员按姓名和单位去重，累计，只计曾备案的星创天地；入驻主体自报的 {told} 人没有姓名，未计入",
        f"people on record, each once by name and where from, cumulative, in spaces that were ever filed; the {told} people whom residents tell of without names are not counted",
    )


_COUNTS: Mapping[str, Callable[[Facts, Scheme, dt.date], tuple[int, tuple[str, str]]]] = {
    "space": _spaces,
    "subject": _subjects,
    "person": _people,
}
