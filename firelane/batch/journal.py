"""The log of a batch: one JSON object to a line, for programs that watch it and for people who ask what happened."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from firelane.files import output_error

NAME = "batch.log.jsonl"
# What JSON lets stand but a terminal or an editor would obey: DEL, C1, separators of lines, turns of the writing, halves of signs.
_OBEYED = re.compile("[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]")


def now() -> datetime:
    """Return the time in the zone of this machine."""
    return datetime.now(UTC).astimezone()


class Log:
    """An append-only file; every line is written at once.

    Parameters
    ----------
    folder : Path
        Of the batch.
    clock : callable, optional
        Returns the time that the lines bear.

    Raises
    ------
    OutputError
        If it cannot be written to.
    """

    def __init__(self, folder: Path, clock: Callable[[], datetime] = now) -> None:
        self.path = folder / NAME
        self._clock = clock
        try:
            self._stream = self.path.open("a+b", buffering=0)
            if self._stream.seek(0, os.SEEK_END):
                self._stream.seek(-1, os.SEEK_END)
                if self._stream.read(1) != b"\n":  # its writer was killed in the middle of a line
                    self._stream.write(b"\n")
        except OSError as error:
            raise output_error(self.path, error) from error

    def say(self, event: str, **told: Any) -> None:
        """Append one line: time, event, what is told of it. Values that are not numbers become null.

        Raises
        ------
        OutputError
        """
        stamp = self._clock().isoformat(timespec="milliseconds")
        try:
            self._stream.write(line({"time": stamp, "event": event, **told}).encode("utf-8") + b"\n")
        except OSError as error:
            raise output_error(self.path, error) from error

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def line(told: dict[str, Any]) -> str:
    r"""Return one line of JSON that steers no terminal, whatever names stand in it.

    >>> print(line({"site": "a\n\x1b[2J\u202e区", "seconds": float("nan")}))
    {"site": "a\n\u001b[2J\u202e区", "seconds": null}
    """
    text = json.dumps({name: _plain(value) for name, value in told.items()}, ensure_ascii=False)
    return _OBEYED.sub(_escaped, text)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return str(value)


def _escaped(found: re.Match[str]) -> str:
    number = ord(found.group())
    if number < 0x10000:
        return f"\\u{number:04x}"
    number -= 0x10000
    return f"\\u{0xD800 + (number >> 10):04x}\\u{0xDC00 + (number & 0x3FF):04x}"
