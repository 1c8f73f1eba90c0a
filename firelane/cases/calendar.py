"""Working days from a calendar that somebody supplies (工作日日历), never guessed.

Which weekdays are free and which weekends are worked (调休) is announced for each year by the State Council's general
office; it cannot be computed. A file lists the days that differ from the plain week; a year counts as covered only
where the file names both its New Year's Day and its National Day as holidays, since no announcement leaves them out.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path

from firelane.errors import InputError, Problem, UsageError
from firelane.files import refusal_of_kind

MOST_BYTES = 8_000_000
_MOST_EVENT_DAYS = 31


class DayKind(StrEnum):
    """What a listed day is: free, or worked although it may be a weekend."""

    HOLIDAY = "holiday"
    WORKDAY = "workday"


class CalendarError(UsageError):
    """Working days are asked for that the calendar does not cover; ``years`` are the missing ones."""

    def __init__(self, zh: str, en: str, years: Iterable[int]) -> None:
        super().__init__(en)
        self.zh, self.en, self.years = zh, en, tuple(years)

    def text(self, lang: str = "zh") -> str:
        """Return the message in ``lang``."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class WorkCalendar:
    """Days that differ from the plain week, and the years that are known in full."""

    days: Mapping[date, DayKind]
    years: frozenset[int]
    source: str = ""

    def covers(self, years: Iterable[int]) -> bool:
        """Tell whether every one of ``years`` is known."""
        return set(years) <= self.years

    def works(self, day: date) -> bool:
        """Tell whether ``day`` is worked.

        Raises
        ------
        CalendarError
            The year of ``day`` is not covered.
        """
        if day.year not in self.years:
            name = f"（{self.source}）" if self.source else ""
            have = "、".join(map(str, sorted(self.years))) or "无"
            have_en = ", ".join(map(str, sorted(self.years))) or "none"
            raise CalendarError(
                f"工作日日历{name}缺少 {day.year} 年（现有：{have}），不作推算",
                f"the calendar of working days{f' {self.source}' if self.source else ''} lacks the year {day.year} "
                f"(it has: {have_en}): nothing is guessed",
                (day.year,),
            )
        kind = self.days.get(day)
        return day.weekday() < 5 if kind is None else kind is DayKind.WORKDAY

    def after(self, start: date, count: int) -> date:
        """Return the ``count``-th working day after ``start``; for 0 ``start`` itself, or the next that is worked.

        Raises
        ------
        CalendarError
            A day on the way lies in a year that is not covered.
        """
        if count == 0:
            day = start
            while not self.works(day):
                day += timedelta(days=1)
            return day
        day = start  # not counted, so its own year need not be known
        while count:
            day += timedelta(days=1)
            count -= self.works(day)
        return day


def read_calendar(path: str | Path) -> WorkCalendar:
    """Read a calendar: CSV with ``date,kind[,name]`` (日期、类型、名称), or iCalendar (``.ics``).

    Kinds are ``holiday`` (假期、放假、休) and ``workday`` (上班、补班、班). An entry of an ``.ics`` tells its kind by
    such a word in its title, or by the property that Apple's holiday calendars carry.

    Raises
    ------
    InputError
        Every line that cannot be read, days that are named as both, an empty file.
    """
    path = Path(path)
    problems: list[Problem] = []
    rows = _rows_of(path, _text_of(path), problems)
    days: dict[date, DayKind] = {}
    for place, day, kind in rows:
        if days.setdefault(day, kind) is not kind:
            problems.append(
                Problem(f"{day} is named as holiday and as workday", "keep one", path.name, place, None,
                        f"{day} 既为假期又为工作日", "请只保留一项")
            )  # fmt: skip
    if not days and not problems:
        problems.append(Problem("holds no day", "list holidays and worked weekends", path.name, message_zh="没有任何日期"))
    if problems:
        raise InputError(problems)
    years = {day.year for day in days}
    known = frozenset(
        year for year in years
        if all(days.get(day) is DayKind.HOLIDAY for day in (date(year, 1, 1), date(year, 10, 1)))
    )  # fmt: skip
    return WorkCalendar(dict(sorted(days.items())), known, path.name)


_Row = tuple[str, date, DayKind]

_KINDS = {
    DayKind.HOLIDAY: {"holiday", "off", "假期", "假日", "节假日", "法定节假日", "休息日", "放假", "休假", "休", "休息"},
    DayKind.WORKDAY: {"workday", "work", "working day", "上班", "补班", "班", "工作日", "调休上班", "调休工作日"},
}
_HEADS = {"date": "date", "day": "date", "日期": "date", "kind": "kind", "type": "kind", "类型": "kind", "类别": "kind"}
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})-|/(\d{1,2})/|\.(\d{1,2})\.|年(\d{1,2})月|(\d{2}))(\d{1,2})日?")


def _text_of(path: Path) -> str:
    """Return the file's text: UTF-8, or the GB 18030 that Chinese spreadsheets write."""
    kind = refusal_of_kind(path)
    if kind is not None:
        raise InputError([Problem(kind[1], layer=path.name, message_zh=kind[0])])
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError([Problem(
            f"the calendar cannot be read: {reason}", "", path.name, message_zh=f"工作日日历无法读取：{reason}",
        )]) from error  # fmt: skip
    if len(raw) > MOST_BYTES:
        raise InputError([Problem("too large for a calendar", "", path.name, message_zh="文件过大，不是日历")])
    for encoding in ("utf-8-sig", "gb18030"):
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    raise InputError([Problem("is not text", "save it as UTF-8", path.name, message_zh="不是文本文件", remedy_zh="请另存为 UTF-8")])


def _rows_of(path: Path, text: str, problems: list[Problem]) -> list[_Row]:
    if path.suffix.lower() == ".ics" or text.lstrip().upper().startswith("BEGIN:VCALENDAR"):
        return _ics(path.name, text, problems)
    return _csv(path.name, text, problems)


def _day(text: str) -> date | None:
    match = _DAY.fullmatch(text.strip())
    if match is None:
        return None
    year, *months, day = match.groups()
    with suppress(ValueError):
        return date(int(year), int(next(m for m in months if m)), int(day))
    return None


def _csv(name: str, text: str, problems: list[Problem]) -> list[_Row]:
    lines = [line for line in csv.reader(io.StringIO(text, newline="")) if line]
    heads = [_HEADS.get(cell.strip().lower(), "") for cell in lines[0]] if lines else []
    if "date" not in heads or "kind" not in heads:
        problems.append(
            Problem("the first line must name the columns date and kind", "date,kind,name", name, "1", None,
                    "首行应有 date 和 kind（日期、类型）两列", "date,kind,name")
        )  # fmt: skip
        return []
    found: list[_Row] = []
    for number, line in enumerate(lines[1:], 2):
        cells = dict(zip(heads, (cell.strip() for cell in line), strict=False))
        if not any(cell.strip() for cell in line) or line[0].lstrip().startswith("#"):
            continue
        day = _day(cells.get("date", ""))
        kind = next((k for k, words in _KINDS.items() if cells.get("kind", "").lower() in words), None)
        if day is None:
            problems.append(
                Problem("is no date", "2026-10-01", name, str(number), "date", "不是日期", "2026-10-01")
            )
        if kind is None:
            problems.append(
                Problem("is neither holiday nor workday", "", name, str(number), "kind", "应为 holiday（假期）或 workday（上班）")
            )
        if day is not None and kind is not None:
            found.append((str(number), day, kind))
    return found


_APPLE = {"WORK-HOLIDAY": DayKind.HOLIDAY, "ALTERNATE-WORKDAY": DayKind.WORKDAY}
_OFF_WORDS = re.compile(r"放假|休假|假期|假日|[（(\[【]休[)）\]】]|\bholiday\b|\bday off\b|休$|^休", re.IGNORECASE)
_WORK_WORDS = re.compile(r"上班|补班|工作日|[（(\[【]班[)）\]】]|\bworkday\b|\bworking day\b|班$|^班", re.IGNORECASE)


def _ics(name: str, text: str, problems: list[Problem]) -> list[_Row]:
    """Read the entries of an iCalendar file (RFC 5545): whole days, the end not included."""
    lines = re.sub(r"\r?\n[ \t]", "", text).splitlines()
    found: list[_Row] = []
    entry: dict[str, str] | None = None
    number = 0
    for line in lines:
        key, _, value = line.partition(":")
        key = key.split(";", 1)[0].strip().upper()
        if key == "BEGIN" and value.strip().upper() == "VEVENT":
            entry, number = {}, number + 1
        elif key == "END" and value.strip().upper() == "VEVENT" and entry is not None:
            found += _entry(name, number, entry, problems)
            entry = None
        elif entry is not None:
            entry.setdefault(key, value.strip())
    return found


def _entry(name: str, number: int, entry: Mapping[str, str], problems: list[Problem]) -> list[_Row]:
    title = entry.get("SUMMARY", "")
    shown = title[:40] if title.isprintable() else ""

    def note(en: str, zh: str) -> list[_Row]:
        problems.append(Problem(f"{en}: {shown}", "", name, str(number), None, f"{zh}：{shown}"))
        return []

    if "RRULE" in entry or "RDATE" in entry:
        return note("a repeating entry cannot be taken: list each day", "重复日程不能采用，请逐日列出")
    start, end = (_day(entry.get(key, "")[:8]) for key in ("DTSTART", "DTEND"))
    if start is None:
        return note("the entry has no day", "日程没有日期")
    length = re.fullmatch(r"P(\d{1,3})([DW])", entry.get("DURATION", ""))
    if end is None and length is not None:
        end = start + timedelta(days=int(length[1]) * (7 if length[2] == "W" else 1))
    end = max(end or start, start + timedelta(days=1))
    if (end - start).days > _MOST_EVENT_DAYS:
        return note(f"the entry is longer than {_MOST_EVENT_DAYS} days", f"日程超过 {_MOST_EVENT_DAYS} 天")
    kind = _APPLE.get(entry.get("X-APPLE-SPECIAL-DAY", "").upper())
    if kind is None:
        off, work = bool(_OFF_WORDS.search(title)), bool(_WORK_WORDS.search(title))
        if off == work:
            return note("the entry does not tell whether the day is worked or free", "日程没有写明放假还是上班")
        kind = DayKind.WORKDAY if work else DayKind.HOLIDAY
    return [(str(number), start + timedelta(days=i), kind) for i in range((end - start).days)]
