"""The exception tree.

::

    FirelaneError
    ├── InputError (ValueError)          bad input: every problem listed, exit code 2
    ├── OutputError (OSError)            a result could not be written, exit code 2
    ├── UsageError (ValueError)          an option that makes no sense, exit code 2
    └── MeasurementError (ArithmeticError)  an invariant of the measurement broke, exit code 3

Each class also subclasses the builtin it resembles, so a caller who knows nothing of
firelane may catch ``ValueError`` or ``OSError``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


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
    """

    message: str
    remedy: str = ""
    layer: str | None = None
    row: str | None = None
    column: str | None = None

    def __str__(self) -> str:
        """Return one line: where, what, remedy."""
        where = " ".join(
            part
            for part in (
                self.layer or "",
                f"row {self.row}" if self.row is not None else "",
                f"column {self.column}" if self.column else "",
            )
            if part
        )
        text = f"{where}: {self.message}" if where else self.message
        return f"{text} → {self.remedy}" if self.remedy else text


class InputError(FirelaneError, ValueError):
    """Bad input. ``problems`` lists everything that was found, not only the first.

    >>> error = InputError([Problem("no rows", "draw at least one road", layer="roads")])
    >>> print(error)
    1 problem in the input:
      1. roads: no rows → draw at least one road
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        count = len(self.problems)
        lines = [f"{count} problem{'' if count == 1 else 's'} in the input:"]
        lines += [f"  {n}. {problem}" for n, problem in enumerate(self.problems, 1)]
        super().__init__("\n".join(lines))


class OutputError(FirelaneError, OSError):
    """A result could not be written; whatever stood there before is untouched."""


class UsageError(FirelaneError, ValueError):
    """An option, or a combination of options, that cannot be meant."""


class MeasurementError(FirelaneError, ArithmeticError):
    """An invariant of the measurement did not hold: a defect of firelane, not of the site."""
