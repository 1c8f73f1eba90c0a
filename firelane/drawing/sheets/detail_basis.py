"""What details are drawn from: the dimensions in force, which of them are open, the articles behind them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from firelane.markings.items import bill_item
from firelane.markings.parameters import OPEN, catalogue, dimensions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firelane.drawing.sheets.base import Room
    from firelane.markings.parameters import Dimensions
    from firelane.markings.plan import MarkingPlan
    from firelane.vocabulary import Lang

_PARTS = {"1": "一", "2": "二", "3": "三", "4": "四"}
_CHAPTERS = {"13": "第十三条"}


@dataclass(frozen=True)
class Basis:
    """The plan, the room of a sheet, the scales that details may have, the share of the usual size that they are given."""

    plan: MarkingPlan
    lang: Lang
    room: Room
    scales: Sequence[int]
    share: float = 1.0

    def part(self, across: float, up: float) -> tuple[float, float]:
        """Return a share of the sheet's width and height [mm], within which a detail chooses its scale."""
        return self.room.width * across * self.share, self.room.height * up * self.share

    @cached_property
    def dims(self) -> Dimensions:
        """The dimensions in force; the catalogue's own for plans made by hand."""
        return self.plan.dims if self.plan.dims is not None else dimensions()

    @cached_property
    def _fixed(self) -> frozenset[str]:
        return frozenset(p.key for p in catalogue() if p.status != OPEN)

    def is_open(self, *keys: str) -> bool:
        """Tell whether any of the parameters is to be confirmed; one that no instrument knows is."""
        return any(key not in self._fixed for key in keys)

    def say(self, zh: str, en: str) -> str:
        """Return the text in the drawing's language."""
        return zh if self.lang == "zh" else en

    def article(self, kind: str) -> str:
        """Return the article behind a kind of paint, as a drawing writes it."""
        return article_text(bill_item(kind).article, self.lang)

    def between(self, low: int, high: int) -> list[int]:
        """Return the scales from 1:``low`` to 1:``high``."""
        return [scale for scale in self.scales if low <= scale <= high] or [high]


def article_text(code: str, lang: Lang) -> str:
    """Return an article such as ``13(2)`` as a drawing writes it.

    >>> article_text("13(2)", "zh"), article_text("13(2)", "en"), article_text("13", "zh")
    ('第十三条（二）', 'Art. 13(2)', '第十三条')
    """
    if lang != "zh":
        return f"Art. {code}"
    chapter, _, part = code.partition("(")
    name = _CHAPTERS.get(chapter, f"第{chapter}条")
    number = part.rstrip(")")
    return f"{name}（{_PARTS.get(number, number)}）" if number else name
