"""Who is in: moves in and out folded, each counted once, whatever the order in which they were recorded (进出的折算)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from firelane.registry.growth import Words

_MOST_NAMES = 5


@dataclass(frozen=True)
class Step:
    """From this day on, the figure is this."""

    day: dt.date
    value: float


@dataclass(frozen=True)
class Move:
    """Something comes in or goes out on a day."""

    key: str
    name: str
    day: dt.date
    enters: bool


def step_at(steps: Sequence[Step], day: dt.date) -> Step | None:
    """Return the step that holds on a day; None before the first."""
    found = [s for s in steps if s.day <= day]
    return found[-1] if found else None


def presence(moves: Iterable[Move]) -> tuple[tuple[Step, ...], tuple[tuple[str, str], ...], tuple[str, ...], tuple[str, ...]]:
    """Fold moves in and out: who is in, counted once each, whatever the order in which they were recorded.

    Parameters
    ----------
    moves : iterable of Move
        Of one day, a key that is out comes in before it goes out, and one that is in the other way round.

    Returns
    -------
    steps : tuple of Step
    members : tuple of (str, str)
        Who is in at the end.
    again : tuple of str
        Names that came in although they were in.
    unknown : tuple of str
        Names that went out although they were not in.
    """
    by_key: dict[str, list[Move]] = defaultdict(list)
    for move in moves:
        by_key[move.key].append(move)
    changes: dict[dt.date, int] = defaultdict(int)
    members, again, unknown = [], [], []
    for key in sorted(by_key):
        own = sorted(by_key[key], key=lambda m: (m.day, m.name))
        inside = False
        for day, group in groupby(own, key=lambda m: m.day):
            was, name = inside, ""
            waiting = {True: 0, False: 0}
            for move in group:
                waiting[move.enters] += 1
                name = move.name
            while waiting[not inside]:
                waiting[not inside] -= 1
                inside = not inside
            if waiting[True]:
                again.append(name)
            if waiting[False]:
                unknown.append(name)
            changes[day] += int(inside) - int(was)
        if inside:
            members.append((key, own[-1].name))
    steps, total = [], 0
    for day in sorted(changes):
        total += changes[day]
        steps.append(Step(day, float(total)))
    return tuple(steps), tuple(members), tuple(dict.fromkeys(again)), tuple(dict.fromkeys(unknown))


def named(names: Sequence[str], zh: str, en: str) -> tuple[Words, ...]:
    """Return a flag that names a few of those it is about; none for nobody."""
    if not names:
        return ()
    few = [n if len(n) <= 30 else f"{n[:30]}…" for n in names[:_MOST_NAMES]]
    more = len(names) > _MOST_NAMES
    told_zh, told_en = "、".join(few) + ("等" if more else ""), ", ".join(few) + (" and others" if more else "")
    return ((f"{zh}（{len(names)}）：{told_zh}", f"{en} ({len(names)}): {told_en}"),)


def overlapping(spans: Sequence[Move]) -> tuple[tuple[Step, ...], tuple[tuple[str, str], ...]]:
    """Count keys that are in somewhere: one that leaves one carrier and stays in another is still in."""
    inside: dict[str, int] = defaultdict(int)
    names = {m.key: m.name for m in sorted(spans, key=lambda m: (m.day, m.name))}
    steps = []
    for day, group in groupby(sorted(spans, key=lambda m: (m.day, m.key)), key=lambda m: m.day):
        for move in group:
            inside[move.key] += 1 if move.enters else -1
        steps.append(Step(day, float(sum(n > 0 for n in inside.values()))))
    return tuple(steps), tuple((k, names[k]) for k in sorted(inside) if inside[k] > 0)
