"""The picture's right-hand column: what its list tells, and text broken into lines."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from firelane.webmap.content import Content

_BRACKETS = re.compile(r"（[^）]*）| ?\([^)]*\)")
MOST_LOOKS = 6
"""More places to look at than these, and the list tells them rule by rule."""


_HANGING = frozenset("，。；：、！？）》」』”’…％°")
"""No line begins with one of these: it hangs over the end of the line before (GB/T 15834-2011 §5.1)."""


def listed(content: Content, rows: Sequence[Mapping[str, Any]], *, brief: bool = False) -> list[tuple[str, str, str]]:
    """Return number(s), verdict and sentence of each row of the list.

    ``brief`` tells requirement, value and place in place of the sentence: of a sentence that is cut nothing of use is left.
    Many places that somebody has to look at are told rule by rule: a dozen times the same sentence says less.
    """
    cards = [card for row in rows if (card := content.cards[row["c"]]).number]
    said = {content.cards[row["c"]].number: _BRACKETS.sub("", row["s"]) for row in rows} if brief else {}
    many = sum(card.verdict == "not_measured" for card in cards) > MOST_LOOKS
    told = []
    for (verdict, title), group in groupby(cards, key=lambda card: (card.verdict, card.title)):
        alike = list(group)
        if not many or verdict != "not_measured" or len(alike) == 1:
            told += [(str(c.number), verdict, _brief(title, said.get(c.number, "")) or c.message.replace("\n", " ") or title) for c in alike]
            continue
        sentence = content.words["picture_look"].format(title=title, n=len(alike))
        told.append((f"{alike[0].number}–{alike[-1].number}", verdict, sentence))
    return told


def _brief(title: str, said: str) -> str:
    return f"{_BRACKETS.sub('', title)} {said}" if said else ""


def fitted(label: str, width_px: float) -> str:
    """Return a label of 7 points that fits; what stands in brackets goes first."""
    columns = width_px / 15.5
    if len(wrapped(label, columns)) > 1:
        label = label.replace(" (", "（").partition("（")[0]
    lines = wrapped(label, columns)
    return lines[0] if len(lines) == 1 else wrapped(label, columns - 1)[0] + "…"


def wrapped(text: str, columns: float) -> list[str]:
    """Break text into lines of so many Chinese characters (a Latin one counts as half)."""
    return list(_lines(text.replace("\n", " "), columns)) or [""]


def _lines(text: str, columns: float) -> Iterator[str]:
    line, used = "", 0.0
    # figures and Latin words stay whole unless they are longer than a line
    for token in re.findall(r"[!-~–]+|.", text, re.DOTALL):
        wide = sum(1.0 if sign > "\u2e80" else 0.55 for sign in token)
        if used + wide > columns and line and token not in _HANGING:
            yield line
            line, used = "", 0.0
        while wide > columns:
            cut = max(1, int(columns / 0.55))
            yield token[:cut]
            token = token[cut:]  # noqa: PLW2901  (what is left of it)
            wide = 0.55 * len(token)
        line += token
        used += wide
    if line:
        yield line
