"""A cell of a table becomes a value of its column, or is told what is wrong with it."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from typing import Any

from firelane.registry.kinds import Column, ColumnType
from firelane.registry.usci import normal, usci_problem

LONGEST = 4_000
LONGEST_ID = 64
FIRST_DAY, LAST_DAY = dt.date(1949, 10, 1), dt.date(2100, 12, 31)
"""Days and times beyond these cannot be meant."""
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]0?0:00(?::00(?:\.0+)?)?)?", re.ASCII)
# Blanks may part thousands, as commas do; anywhere else two figures would become one.
_NUMBER = re.compile(r"[+-]? ?((\d{1,3}([, ]\d{3})+|\d+)(\.\d+)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_ERRORS = frozenset({
    "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#CONNECT!", "#BUSY!",
    "#UNKNOWN!", "#GETTING_DATA",
})  # fmt: skip
_YES = frozenset({"是", "yes", "true", "1", "y", "√"})
_NO = frozenset({"否", "no", "false", "0", "n", "×"})

Wrong = tuple[str, str]
"""What is wrong with a cell: Chinese, English."""


def value_of(column: Column, cell: Any) -> tuple[Any, Wrong | None]:
    """Return the value of a cell, and what is wrong with it (None if nothing is).

    Empty cells are None.

    >>> from firelane.registry.kinds import kinds
    >>> value_of(Column("on", "日期", "date", ColumnType.DATE), "2021年3月5日")
    (datetime.date(2021, 3, 5), None)
    """
    if isinstance(cell, float) and math.isnan(cell):
        cell = None
    text = _plain(cell)
    if text == "" and not isinstance(cell, (bool, int, float, dt.date)):
        return None, ("不能为空", "must not be empty") if column.required else None
    if text in _ERRORS:
        return None, (f"为 {text}，是公式的错误值", f"is {text}, the error of a formula")
    reader = _READERS[column.type]
    value, wrong = reader(column, cell, text)
    return (None, wrong) if wrong else (value, None)


def remark_of(cell: Any) -> tuple[str, Wrong | None]:
    """Return the text of a cell that belongs to no column of a kind, as it was written, and what is wrong with it."""
    text = _plain(cell)
    if text == "":
        return "", None
    value, wrong = _text(_REMARK, cell, text)
    return ("", wrong) if wrong else (str(value), None)


_REMARK = Column("remark", "说明", "remark", ColumnType.TEXT)


def id_problem(text: str) -> Wrong | None:
    """Return what is wrong with the number of a record: it is typed, printed and looked for, so all of it has to be seen."""
    if len(text) > LONGEST_ID or any(c.isspace() or not c.isprintable() for c in text):
        return (
            f"编号不得含空格或不可见的字符，且不超过 {LONGEST_ID} 个字符",
            f"a number has no blanks, no invisible characters and at most {LONGEST_ID} characters",
        )
    return None


def _plain(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell).strip()


def shown(text: str) -> str:
    """Return a text from outside so that a message may hold it."""
    clean = "".join(c if c.isprintable() else "�" for c in text)
    return clean if len(clean) <= 40 else f"{clean[:40]}…"


def _text(_column: Column, cell: Any, text: str) -> tuple[Any, Wrong | None]:
    if len(text) > LONGEST:
        return None, (f"超过 {LONGEST} 个字符", f"is longer than {LONGEST} characters")
    bad = {c for c in text if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t\r"}
    if bad:
        return None, ("含有不可见的控制字符", "holds control characters")
    if isinstance(cell, (dt.datetime, dt.date)):
        text = _day(cell).isoformat()
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")), None


def _day(cell: dt.date) -> dt.date:
    return cell.date() if isinstance(cell, dt.datetime) else cell


def _number(column: Column, cell: Any, text: str) -> tuple[Any, Wrong | None]:
    value: float
    if isinstance(cell, bool):
        return None, (f"为 {shown(text)}，应为数值", f"is {shown(text)}, expected a number")
    if isinstance(cell, float):
        value = cell
    else:  # whole numbers too: some are greater than any of floating point
        told = unicodedata.normalize("NFKC", text)
        value = float(told.replace(",", "").replace(" ", "")) if _NUMBER.fullmatch(told) else math.nan
        if math.isnan(value) or (value == 0 and re.search(r"[1-9]", re.split("[eE]", told)[0])):  # 1e-400 is no nought
            return None, (f"为“{shown(text)}”，应为数值", f"is {shown(text)!r}, expected a number")
    # A workbook keeps fifteen digits for sure: more would come back as another number.
    value = float(f"{value:.15g}") + 0.0  # and no sign of nought
    if not math.isfinite(value) or abs(value) > 1e15:
        return None, (f"为“{shown(text)}”，应为数值", f"is {shown(text)!r}, expected a number")
    if column.least is not None and value < column.least:
        return None, (f"为 {value:g}，应不小于 {column.least:g}", f"is {value:g}, expected at least {column.least:g}")
    if column.most is not None and value > column.most:
        return None, (f"为 {value:g}，应不大于 {column.most:g}", f"is {value:g}, expected at most {column.most:g}")
    return value, None


def _integer(column: Column, cell: Any, text: str) -> tuple[Any, Wrong | None]:
    value, wrong = _number(column, cell, text)
    if wrong is None and not float(value).is_integer():
        return None, (f"为 {value:g}，应为整数", f"is {value:g}, expected a whole number")
    return (None, wrong) if wrong else (int(value), None)


def _date(_column: Column, cell: Any, text: str) -> tuple[Any, Wrong | None]:
    if isinstance(cell, dt.date):
        return _in_time(_day(cell))
    found = _DATE.fullmatch(unicodedata.normalize("NFKC", text))
    if found is None and (found := re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text, re.ASCII)) is None:
        return None, (f"为“{shown(text)}”，应为日期，如 2021-03-05", f"is {shown(text)!r}, expected a date such as 2021-03-05")
    try:
        return _in_time(dt.date(*map(int, found.groups())))
    except ValueError:
        return None, (f"没有 {shown(text)} 这一天", f"there is no day {shown(text)}")


def _in_time(day: dt.date) -> tuple[dt.date | None, Wrong | None]:
    if not FIRST_DAY <= day <= LAST_DAY:
        return None, (f"日期 {day} 不合理", f"the date {day} cannot be meant")
    return day, None


def _bool(_column: Column, cell: Any, text: str) -> tuple[Any, Wrong | None]:
    if isinstance(cell, bool):
        return cell, None
    told = text.casefold()
    if told in _YES or told in _NO:
        return told in _YES, None
    return None, (f"为“{shown(text)}”，应为 是 或 否", f"is {shown(text)!r}, expected yes or no")


def _choice(column: Column, _cell: Any, text: str) -> tuple[Any, Wrong | None]:
    told = text.casefold()
    for key, (zh, en) in column.choices.items():
        if told in (key.casefold(), zh.casefold(), en.casefold()):
            return key, None
    zh_all = "、".join(zh for zh, _ in column.choices.values())
    en_all = ", ".join(column.choices)
    return None, (f"为“{shown(text)}”，应为 {zh_all} 之一", f"is {shown(text)!r}, expected one of {en_all}")


def _usci(_column: Column, _cell: Any, text: str) -> tuple[Any, Wrong | None]:
    wrong = usci_problem(text)
    return (None, (f"“{shown(text)}”{wrong[0]}", f"{shown(text)!r}: {wrong[1]}")) if wrong else (normal(text), None)


_READERS = {
    ColumnType.TEXT: _text, ColumnType.INTEGER: _integer, ColumnType.NUMBER: _number, ColumnType.DATE: _date,
    ColumnType.BOOL: _bool, ColumnType.CHOICE: _choice, ColumnType.USCI: _usci,
}  # fmt: skip
