"""How far a batch has come: what the driver tells, and how a terminal or a log shows it."""

from __future__ import annotations

import math
import shutil
import sys
import threading
import time
import unicodedata
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal, TextIO

from firelane.batch.model import Failure
from firelane.vocabulary import Lang

Phase = Literal["looking", "splitting", "checking", "sites", "again", "tables", "ended"]
_PHASES: dict[Phase, tuple[str, str]] = {
    "looking": ("查找场地", "looking for the sites"),
    "splitting": ("按区域拆分", "splitting by area"),
    "checking": ("检查数据是否有改动", "looking for changed input"),
    "sites": ("逐个处理场地", "doing the sites"),
    "again": ("单独重试出错的场地", "trying failed sites again, alone"),
    "tables": ("汇总全市结果", "putting the city together"),
    "ended": ("完成", "ended"),
}
_RECENT_S = 120.0
_RECENT = 512
_NAMED = 20  # failures that are told one by one
_BAR = 24
_LEAST_CELLS = 40
_LONGEST = 200  # cells of a failure where no terminal tells its width; failed.csv holds all of it


@dataclass(frozen=True)
class Progress:
    """Where a batch stands.

    Attributes
    ----------
    phase : str
    total : int
        Sites of the source.
    done, failed : int
        Of these, those that are finished, kept ones included.
    kept : int
        Done in an earlier run and still valid.
    rate_per_s : float
        Sites finished lately [1/s]; NaN before the first.
    elapsed_s : float
        Since the beginning [s].
    left_s : float
        What the rest will take at that rate [s]; NaN where nothing can be said.
    failures : tuple of (site id, Failure)
        Those of this run so far, in the order they became known.
    """

    phase: Phase
    total: int = 0
    done: int = 0
    failed: int = 0
    kept: int = 0
    rate_per_s: float = float("nan")
    elapsed_s: float = 0.0
    left_s: float = float("nan")
    failures: tuple[tuple[str, Failure], ...] = ()

    @property
    def finished(self) -> int:
        """Sites that need nothing any more."""
        return self.done + self.failed


Tell = Callable[[Progress], None]
"""What ``run_batch`` calls as it goes on; from one thread, often."""


@dataclass
class Tally:
    """Counts what is finished and tells it.

    Attributes
    ----------
    tell : callable or None
    clock : callable
        Seconds of a clock that never goes back.
    """

    tell: Tell | None = None
    clock: Callable[[], float] = time.monotonic
    phase: Phase = "looking"
    total: int = 0
    todo: int = 0
    done: int = 0
    failed: int = 0
    kept: int = 0
    failures: list[tuple[str, Failure]] = field(default_factory=list)
    _begun_s: float = field(init=False)
    _recent: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT), init=False)

    def __post_init__(self) -> None:
        """Start the clock."""
        self._begun_s = self.clock()

    def enter(self, phase: Phase) -> None:
        """Go on to the next phase."""
        self.phase = phase
        if phase == "sites":
            self._recent.append(self.clock())
        self.say()

    def add(self, site_id: str, failure: Failure | None) -> None:
        """Count one site of this run."""
        if failure is None:
            self.done += 1
        else:
            self.failed += 1
            self.failures.append((site_id, failure))
        self.todo = max(self.todo - 1, 0)
        self._recent.append(self.clock())
        self.say()

    def say(self) -> None:
        """Tell how far it has come."""
        if self.tell is not None:
            self.tell(self.state())

    def state(self) -> Progress:
        """Return where it stands."""
        now_s = self.clock()
        while len(self._recent) > 2 and now_s - self._recent[0] > _RECENT_S:
            self._recent.popleft()
        rate, left = float("nan"), float("nan")
        if len(self._recent) >= 2 and now_s > self._recent[0]:
            rate = (len(self._recent) - 1) / (now_s - self._recent[0])
            left = self.todo / rate if rate > 0 else float("nan")
        return Progress(
            self.phase, self.total, self.done, self.failed, self.kept, rate, now_s - self._begun_s, left,
            # The renderer takes the last ones only; a copy of ten thousand for every site would cost.
            tuple(self.failures[-_NAMED:]),
        )  # fmt: skip


# --------------------------------------------------------------------------------------------- shown


def duration(seconds: float, lang: Lang) -> str:
    """Return a length of time in words that are right to a glance.

    >>> duration(42, "en"), duration(3700, "en"), duration(200_000, "zh"), duration(float("nan"), "en")
    ('42 s', '1 h 02 min', '2 天 8 小时', '–')
    """
    zh = lang == "zh"
    if math.isnan(seconds):
        return "–"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} 秒" if zh else f"{whole} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} 分" if zh else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} 小时 {minutes:02d} 分" if zh else f"{hours} h {minutes:02d} min"
    days, hours = divmod(round(seconds / 3600), 24)
    return f"{days} 天 {hours} 小时" if zh else f"{days} d {hours} h"


def rate(per_s: float, lang: Lang) -> str:
    """Return a rate in the unit that gives a figure above one.

    >>> rate(2.345, "en"), rate(0.05, "en"), rate(0.001, "zh")
    ('2.3/s', '3.0/min', '3.6 个/小时')
    """
    if math.isnan(per_s):
        return "–"
    for factor, zh, en in ((1, "秒", "s"), (60, "分", "min"), (3600, "小时", "h")):
        if per_s * factor >= 1 or factor == 3600:
            return f"{per_s * factor:.1f} 个/{zh}" if lang == "zh" else f"{per_s * factor:.1f}/{en}"
    raise AssertionError


def line(state: Progress, lang: Lang) -> str:
    """Return one line: phase, sites finished, failures, rate, time left."""
    zh = lang == "zh"
    phase = _PHASES[state.phase][0 if zh else 1]
    if state.phase in {"looking", "splitting"} or not state.total:
        return phase
    parts = [f"{state.finished}/{state.total}", f"未能完成 {state.failed}" if zh else f"{state.failed} failed"]
    if state.phase in {"sites", "again"}:
        if not math.isnan(state.rate_per_s):
            parts.append(rate(state.rate_per_s, lang))
        if not math.isnan(state.left_s) and state.phase == "sites":
            parts.append(f"剩余约 {duration(state.left_s, lang)}" if zh else f"{duration(state.left_s, lang)} left")
    parts.append(f"已用 {duration(state.elapsed_s, lang)}" if zh else f"{duration(state.elapsed_s, lang)} so far")
    return f"{phase}{'：' if zh else ': '}" + ("，" if zh else ", ").join(parts)


def bar(state: Progress, lang: Lang, cells: int) -> str:
    """Return the line of a terminal, with a bar where there is room for it."""
    text = line(state, lang)
    room = min(cells - _width(text) - 4, _BAR)
    if not state.total or room < 8:
        return _cut(text, cells - 1)
    full = room * state.finished // state.total
    return f"[{'#' * full}{'.' * (room - full)}] {text}"


def failure_line(site_id: str, failure: Failure, lang: Lang) -> str:
    """Return one failed site and why, harmless to a terminal."""
    kind = failure.kind.label(lang)
    return f"  ✗ {_harmless(site_id)}{'：' if lang == 'zh' else ': '}{kind} – {_harmless(failure.text(lang))}"


@contextmanager
def shown(
    lang: Lang, *, quiet: bool = False, stream: TextIO | None = None, every_s: float = 30.0, tick_s: float = 0.2
) -> Iterator[Tell | None]:
    """Yield what shows the progress: a bar that moves on a terminal, a line now and then elsewhere.

    Parameters
    ----------
    lang : {"zh", "en"}
    quiet : bool
        Show nothing; None is yielded.
    stream : text stream, optional
        Standard error unless told otherwise.
    every_s : float
        How often a line is written where there is no terminal [s].
    tick_s : float
        How often the bar is drawn [s].
    """
    if quiet:
        yield None
        return
    screen = _Screen(lang, stream or sys.stderr, every_s, tick_s)
    screen.start()
    try:
        yield screen.take
    finally:
        screen.stop()


class _Screen:
    """Draws the last state told, from a thread of its own: a site that takes minutes must not stop the clock."""

    def __init__(self, lang: Lang, stream: TextIO, every_s: float, tick_s: float) -> None:
        self._lang, self._stream, self._every_s, self._tick_s = lang, stream, every_s, tick_s
        self._terminal = stream.isatty()
        self._state: Progress | None = None
        self._taken_s = 0.0
        self._new: deque[tuple[str, Failure]] = deque()
        self._failed = self._told = 0
        self._phase = ""
        self._written_s = float("-inf")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="firelane-progress", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def take(self, state: Progress) -> None:
        """Take what is told; drawing is not its business, so it costs next to nothing."""
        fresh = state.failed - self._failed
        if state.failures and fresh > 0:
            self._new.extend(state.failures[-min(fresh, len(state.failures)) :])
        self._failed = state.failed
        self._state, self._taken_s = state, time.monotonic()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()
        self._draw(last=True)

    def _run(self) -> None:
        while not self._ended.wait(self._tick_s):
            self._draw()

    def _draw(self, *, last: bool = False) -> None:
        state, lang = self._state, self._lang
        if state is None:
            return
        now_s = time.monotonic()
        lines = []
        while self._new:
            site_id, failure = self._new.popleft()
            self._told += 1
            if self._told <= _NAMED:
                lines.append(failure_line(site_id, failure, lang))
            elif self._told == _NAMED + 1:
                lines.append("  …… 更多失败见 failed.csv" if lang == "zh" else "  … failed.csv lists them all")
        aged = _aged(state, now_s - self._taken_s)
        try:
            if self._terminal:
                cells = max(shutil.get_terminal_size((100, 24)).columns, _LEAST_CELLS)
                above = "".join(f"\r\x1b[K{_cut(text, cells - 1)}\n" for text in lines)
                self._stream.write(f"{above}\r\x1b[K{bar(aged, lang, cells)}" + ("\n" if last else ""))
            else:
                due = now_s - self._written_s >= self._every_s or state.phase != self._phase
                if due or (last and not lines and state.phase != "ended"):
                    self._written_s, self._phase = now_s, state.phase
                    lines.append(line(aged, lang))
                self._stream.write("".join(_cut(text, _LONGEST) + "\n" for text in lines))
            self._stream.flush()
        except (OSError, ValueError):  # nobody reads it any more; the batch goes on
            self._ended.set()


def _aged(state: Progress, age_s: float) -> Progress:
    """Return the state with the clock moved on: nothing is told while a long site runs."""
    if state.phase == "ended":
        return state
    left_s = math.nan if math.isnan(state.left_s) else max(state.left_s - age_s, 0.0)
    return replace(state, elapsed_s=state.elapsed_s + age_s, left_s=left_s)


def _harmless(text: str) -> str:
    signs = (" " if sign in "\t\r\n\x0b\x0c\u2028\u2029" else sign for sign in text)
    return "".join(sign for sign in signs if unicodedata.category(sign)[0] != "C" or sign == " ").strip()


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _cut(text: str, cells: int) -> str:
    if _width(text) <= cells:
        return text
    while text and _width(text) > cells - 1:
        text = text[:-1]
    return text.rstrip() + "…"


__all__ = ["Progress", "Tally", "Tell", "bar", "duration", "failure_line", "line", "rate", "shown"]
