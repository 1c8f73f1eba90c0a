"""The catalogue as plain text, for a terminal."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from firelane.vocabulary import TO_BE_CONFIRMED, Lang

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firelane.rules.model import Rule

_SYMBOLS = {">=": "≥", "<=": "≤"}
_WORDS: dict[str, dict[Lang, str]] = {
    "present": {"zh": "应有", "en": "required"},
    "absent": {"zh": "不得有", "en": "forbidden"},
    "none": {"zh": "无数值", "en": "no figure"},
}
_HEAD: dict[Lang, tuple[str, ...]] = {
    "zh": ("规则", "条款", "要求", "限值", "程度", "本版本判定"),
    "en": ("rule", "article", "requirement", "limit", "weight", "judged"),
}
_YES: dict[Lang, tuple[str, str]] = {"zh": ("否", "是"), "en": ("no", "yes")}


def requirement(rule: Rule, lang: Lang = "zh") -> str:
    """Return what the rule asks for in a few signs, e.g. ``≥ 4 m``; a figure nobody fixed says so."""
    if rule.threshold is None:
        return _WORDS[rule.comparator][lang]
    figure = f"{_SYMBOLS[rule.comparator]} {rule.threshold:g} {rule.unit}".rstrip()
    if "threshold" in rule.to_be_confirmed:
        return f"{figure} ({TO_BE_CONFIRMED[lang]})"
    return figure


def table(rules: Sequence[Rule], lang: Lang = "zh") -> str:
    """Return the rules as a table of plain text, one line each, columns aligned for a terminal.

    Chinese characters count as two columns wide, as terminals draw them.

    Parameters
    ----------
    rules : sequence of Rule
    lang : {"zh", "en"}

    Returns
    -------
    str
        Lines joined by newlines, without one at the end.
    """
    rows = [_HEAD[lang]]
    rows += [
        (
            rule.rule_id,
            rule.article,
            rule.title(lang),
            requirement(rule, lang),
            rule.severity.label(lang),
            _YES[lang][rule.measured],
        )
        for rule in rules
    ]
    widths = [max(_columns(row[column]) for row in rows) for column in range(len(_HEAD[lang]))]
    lines = ["  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)


def _columns(text: str) -> int:
    """Return how many terminal columns a text takes."""
    wide = sum(unicodedata.east_asian_width(ch) in {"W", "F"} for ch in text)
    marks = sum(unicodedata.combining(ch) != 0 for ch in text)
    return len(text) + wide - marks


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _columns(text))
