"""Deadlines: rules as data, each with its source; days of an office's own; working days by a supplied calendar.

The regulation names no limit in days. A figure that nobody has confirmed says so (待确认).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from firelane.cases.calendar import CalendarError, WorkCalendar
from firelane.cases.guards import day_of
from firelane.errors import InputError, Problem, UsageError
from firelane.vocabulary import TO_BE_CONFIRMED, Lang

MOST_DAYS = 3650
"""More than ten years is a slip of the keyboard, not a deadline."""


class Unit(StrEnum):
    """How the days of a rule are counted."""

    AT_ONCE = "at_once"
    DAYS = "days"
    WORKING_DAYS = "working_days"


@dataclass(frozen=True)
class DeadlineRule:
    """One row of ``deadlines.toml``."""

    key: str
    zh: str
    en: str
    unit: Unit
    days: int
    source_zh: str
    source_en: str
    to_be_confirmed: bool

    def text(self, lang: Lang = "zh") -> str:
        """Return what has to be done in ``lang``."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Deadline:
    """A day, and why that day.

    ``days`` is None where the day itself was given; ``to_be_confirmed`` is True for a figure that this project proposes.
    """

    day: date
    rule: str
    unit: Unit
    days: int | None
    source_zh: str
    source_en: str
    to_be_confirmed: bool

    def source(self, lang: Lang = "zh") -> str:
        """Return the source in ``lang``, marked where it is to be confirmed."""
        text = self.source_zh if lang == "zh" else self.source_en
        if not self.to_be_confirmed:
            return text
        return f"{text}（{TO_BE_CONFIRMED['zh']}）" if lang == "zh" else f"{text} ({TO_BE_CONFIRMED['en']})"


class DeadlineError(UsageError):
    """A deadline that cannot be meant: days below zero, a day that is over, an unknown rule."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en

    def text(self, lang: str = "zh") -> str:
        """Return the message in ``lang``."""
        return self.zh if lang == "zh" else self.en


@cache
def rules(path: Path | None = None) -> Mapping[str, DeadlineRule]:
    """Return the rules by key: the packaged ones, or those of a file of the user's.

    Raises
    ------
    InputError
        Every problem of the file at once.
    """
    label = "deadlines.toml" if path is None else path.name
    try:
        if path is None:
            text = resources.files("firelane.cases").joinpath("deadlines.toml").read_text(encoding="utf-8")
        else:
            text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        raw = tomllib.loads(text).get("rule", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError([Problem(
            f"the deadlines cannot be read: {error}", layer=label, message_zh=f"期限文件无法读取：{error}",
        )]) from error  # fmt: skip
    problems: list[Problem] = []
    found: dict[str, DeadlineRule] = {}
    for number, row in enumerate(raw, 1):
        rule = _rule(row, label, number, problems)
        if rule is not None and rule.key in found:
            problems.append(Problem("the key stands twice", "", label, rule.key, "key", "键重复"))
        elif rule is not None:
            found[rule.key] = rule
    if not raw:
        problems.append(Problem("there is no [[rule]]", "", label, message_zh="没有 [[rule]]"))
    if problems:
        raise InputError(problems)
    return found


def _rule(row: Mapping[str, Any], label: str, number: int, problems: list[Problem]) -> DeadlineRule | None:
    """Read one row, or note everything that is wrong with it."""
    before = len(problems)
    name = str(row.get("key") or number)
    for key in ("key", "zh", "en", "source_zh", "source_en"):
        value = row.get(key)
        if not isinstance(value, str) or not value.strip():
            problems.append(Problem("a text is missing", "", label, name, key, "缺少文字"))
    unit, days, open_ = row.get("unit"), row.get("days"), row.get("to_be_confirmed")
    if unit not in list(Unit):
        known = ", ".join(Unit)
        problems.append(Problem(f"one of {known} is expected", "", label, name, "unit", f"应为 {known} 之一"))
    if isinstance(days, bool) or not isinstance(days, int) or not 0 <= days <= MOST_DAYS:
        problems.append(Problem("whole days are expected, 0 or more", "", label, name, "days", "应为非负整数天"))
    if unit == Unit.AT_ONCE and days != 0:
        problems.append(Problem("at_once has 0 days", "", label, name, "days", "at_once 的天数应为 0"))
    if not isinstance(open_, bool):
        problems.append(
            Problem("true or false is expected", "", label, name, "to_be_confirmed", "应为 true 或 false")
        )
    if len(problems) > before:
        return None
    texts = (row["key"], row["zh"], row["en"])
    return DeadlineRule(*texts, Unit(str(unit)), int(row["days"]), row["source_zh"], row["source_en"], bool(open_))


def deadline(
    rule: str, start: datetime, calendar: WorkCalendar | None, days: int | None = None, *,
    day: date | None = None, source: str = "", catalogue: Mapping[str, DeadlineRule] | None = None,
) -> Deadline:  # fmt: skip
    """Return by when something has to be done.

    Parameters
    ----------
    rule : str
        Key of ``deadlines.toml``.
    start : datetime
        What the days are counted from, aware; that day itself, in Beijing, is not counted.
    calendar : WorkCalendar or None
        Asked only where the rule counts working days.
    days : int, optional
        The office's own figure instead of the rule's, counted in the rule's unit (plain days where that is *at once*).
    day : date, optional
        The office's own day.
    source : str, optional
        Who or what set ``days`` or ``day``; "set by the office" where nothing is said.
    catalogue : mapping, optional
        Rules of another file (:func:`rules`).

    Raises
    ------
    DeadlineError
        No such rule; both days and day; days below zero; a day before the start; a start without time zone.
    CalendarError
        Working days without a calendar, or beyond what it covers.
    """
    known = rules() if catalogue is None else catalogue
    if rule not in known:
        names = ", ".join(known)
        raise DeadlineError(f"没有期限规则 {rule}（可用：{names}）", f"there is no deadline rule {rule} (known: {names})")
    if start.tzinfo is None:
        raise DeadlineError("起算时间没有时区", "the start needs a time zone")
    row, begun = known[rule], day_of(start)
    own = days is not None or day is not None
    said_zh, said_en = (source, source) if source.strip() else ("办案单位指定", "set by the office")
    if days is not None and day is not None:
        raise DeadlineError("天数和日期只能指定一项", "give days or a day, not both")
    if day is not None:
        if day < begun:
            raise DeadlineError(f"期限 {day} 早于起算日 {begun}", f"the deadline {day} lies before its start, {begun}")
        return Deadline(day, rule, row.unit, None, said_zh, said_en, to_be_confirmed=False)
    count = row.days if days is None else days
    if isinstance(count, bool) or not 0 <= count <= MOST_DAYS:
        raise DeadlineError(
            f"天数应在 0 到 {MOST_DAYS} 之间：{count}", f"days must lie between 0 and {MOST_DAYS}: {count}"
        )
    unit = Unit.DAYS if own and row.unit is Unit.AT_ONCE and count else row.unit
    said = (said_zh, said_en) if own else (row.source_zh, row.source_en)
    if unit is not Unit.WORKING_DAYS:
        last = begun + timedelta(days=count)
    elif calendar is None:
        raise CalendarError(
            f"“{row.zh}”按工作日计算，需要 {begun.year} 年的工作日日历，不作推算",
            f"“{row.en}” counts working days: a calendar of {begun.year} is needed, nothing is guessed",
            (begun.year,),
        )
    else:
        last = calendar.after(begun, count)
    return Deadline(last, rule, unit, count, *said, to_be_confirmed=row.to_be_confirmed and not own)
