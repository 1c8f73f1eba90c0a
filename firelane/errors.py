"""The exception tree.

::

    FirelaneError
    ├── InputError (ValueError)          bad input: every problem listed, exit code 2
    ├── OutputError (OSError)            a result could not be written, exit code 2
    ├── UsageError (ValueError)          an option that makes no sense, exit code 2
    ├── EngineError (RuntimeError)       a batch's workers cannot be started (any more), exit code 2
    └── MeasurementError (ArithmeticError)  an invariant of the measurement broke, exit code 3

Each class also subclasses the builtin it resembles, so a caller who knows nothing of
firelane may catch ``ValueError`` or ``OSError``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


class FirelaneError(Exception):
    """The root of every error that firelane raises on purpose."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the input, where it is and how to mend it.

    Parameters
    ----------
    message : str
        What was found and what was expected.
    remedy : str
        How to mend it.
    layer : str, optional
        Layer (or file) it concerns.
    row : str, optional
        The row's id, or its number counted from 1.
    column : str, optional
        The column.
    message_zh, remedy_zh : str, optional
        The same in Chinese; empty where there is no translation, the English then stands in.
    """

    message: str
    remedy: str = ""
    layer: str | None = None
    row: str | None = None
    column: str | None = None
    message_zh: str = ""
    remedy_zh: str = ""

    def __str__(self) -> str:
        """Return one line: where, what, remedy."""
        return self.text("en")

    def text(self, lang: str = "zh") -> str:
        """Return the same line in ``lang``."""
        chinese = lang == "zh"
        row, column, colon = ("第 {} 行", "列 {}", "：") if chinese else ("row {}", "column {}", ": ")
        where = " ".join(
            part
            for part in (
                self.layer or "",
                row.format(self.row) if self.row is not None else "",
                column.format(self.column) if self.column else "",
            )
            if part
        )
        message = (self.message_zh if chinese else "") or self.message
        remedy = (self.remedy_zh if chinese else "") or self.remedy
        text = f"{where}{colon}{message}" if where else message
        return f"{text} → {remedy}" if remedy else text


class InputError(FirelaneError, ValueError):
    """Bad input. ``problems`` lists everything that was found, not only the first.

    ``readings`` and ``notes`` tell what *was* understood of the input before it was refused, and what was mended
    (:class:`firelane.site.model.Reading`, :class:`firelane.site.model.Note`); empty where nothing had been read.

    >>> error = InputError([Problem("no rows", "draw at least one road", layer="roads")])
    >>> print(error)
    1 problem in the input:
      1. roads: no rows → draw at least one road
    """

    def __init__(
        self, problems: Iterable[Problem], *, readings: Iterable[Any] = (), notes: Iterable[Any] = ()
    ) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        self.readings: tuple[Any, ...] = tuple(readings)
        self.notes: tuple[Any, ...] = tuple(notes)
        count = len(self.problems)
        lines = [f"{count} problem{'' if count == 1 else 's'} in the input:"]
        lines += [f"  {n}. {problem}" for n, problem in enumerate(self.problems, 1)]
        super().__init__("\n".join(lines))

    def text(self, lang: str = "zh") -> str:
        """Return the whole list in ``lang``."""
        if lang != "zh":
            return str(self)
        lines = [f"输入数据有 {len(self.problems)} 个问题："]
        return "\n".join(lines + [f"  {n}. {p.text('zh')}" for n, p in enumerate(self.problems, 1)])


class OutputError(FirelaneError, OSError):
    """A result could not be written; whatever stood there before is untouched.

    ``message_zh`` is the same in Chinese; empty where there is no translation.
    """

    def __init__(self, message: str, message_zh: str = "") -> None:
        super().__init__(message)
        self.message_zh = message_zh

    def text(self, lang: str = "zh") -> str:
        """Return the message in ``lang``."""
        return (self.message_zh if lang == "zh" else "") or str(self)


class UsageError(FirelaneError, ValueError):
    """An option, or a combination of options, that cannot be meant.

    ``message_zh`` is the same in Chinese; empty where there is no translation.
    """

    def __init__(self, message: str, message_zh: str = "") -> None:
        super().__init__(message)
        self.message_zh = message_zh

    def text(self, lang: str = "zh") -> str:
        """Return the message in ``lang``."""
        return (self.message_zh if lang == "zh" else "") or str(self)


class MeasurementError(FirelaneError, ArithmeticError):
    """An invariant of the measurement did not hold: a defect of firelane, not of the site."""


class EngineError(FirelaneError, RuntimeError):
    """The engine itself cannot go on: no worker can be started, the scheduler is gone. What is done is kept.

    ``message_zh`` is the same in Chinese.
    """

    def __init__(self, message: str, message_zh: str = "") -> None:
        super().__init__(message)
        self.message_zh = message_zh

    def text(self, lang: str = "zh") -> str:
        """Return the message in ``lang``."""
        return (self.message_zh if lang == "zh" else "") or str(self)
