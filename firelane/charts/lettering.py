"""Texts that fit their place: the chart's font, widths of texts, clipping and wrapping."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from firelane.fonts import MISSING, label_font_path, showable
from firelane.fonts.source import open_font

ELLIPSIS = "…"
HINTED = 1.03
"""Pictures round every letter to whole pixels: so much wider than the font says a line may become."""

_JOINTS = str.maketrans({"\n": " ", "\r": " ", "\t": " "})


class Lettering:
    """One label font with the width of every character.

    Parameters
    ----------
    texts : iterable of str
        All texts that may be drawn: characters outside the base font are taken in.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        from matplotlib.font_manager import FontProperties  # noqa: PLC0415  (slow to import)

        signs = "".join(sorted({sign for text in texts for sign in text} | set(ELLIPSIS + " ")))
        path = label_font_path(extra=signs)
        shown = showable(signs, extra=signs)[0].replace("\n", " ")
        self._signs = dict(zip(signs, shown, strict=True))
        with open_font(path, 0) as ttf:
            em, metrics = ttf["head"].unitsPerEm, ttf["hmtx"]
            self._advance: dict[str, float] = {
                chr(c): metrics[name][0] / em for c, name in ttf.getBestCmap().items()
            }
            self.outlines = "glyf" in ttf
        self._font = FontProperties(fname=str(path))

    def font(self, size_pt: float) -> Any:
        """Return the font at a size [pt]."""
        font = self._font.copy()
        font.set_size(size_pt)
        return font

    def shown(self, text: str) -> str:
        """Return ``text`` in one line, as the font can show it: no control characters, □ for the unknown."""
        return "".join(self._signs.get(sign, MISSING) for sign in text.translate(_JOINTS)).strip()

    def width_pt(self, text: str, size_pt: float) -> float:
        """Return how wide ``text`` is at a size [pt]."""
        return HINTED * size_pt * float(sum(self._advance.get(sign, 1.0) for sign in text))

    def fitted(self, text: str, size_pt: float, width_pt: float) -> str:
        """Return ``text``, cut with an ellipsis where it is wider than ``width_pt``."""
        text = self.shown(text)
        if self.width_pt(text, size_pt) <= width_pt:
            return text
        room = width_pt / size_pt / HINTED - self._advance.get(ELLIPSIS, 1.0)
        kept = 0
        for sign in text:
            room -= self._advance.get(sign, 1.0)
            if room < 0:
                break
            kept += 1
        return text[:kept].rstrip() + ELLIPSIS

    def wrapped(self, text: str, size_pt: float, width_pt: float, lines: int) -> list[str]:
        """Return ``text`` in at most ``lines`` lines; figures and Latin words stay whole where they fit."""
        text = self.shown(text)
        result = [""]
        for token in re.findall(r"[!-~]+ ?|.", text):
            for piece in self._pieces(token, size_pt, width_pt):
                if result[-1] and self.width_pt(result[-1] + piece.rstrip(), size_pt) > width_pt:
                    result.append("")
                result[-1] += piece
        if len(result) > lines:
            rest = "".join(result[lines - 1 :])
            result = [*result[: lines - 1], self.fitted(rest, size_pt, width_pt)]
        return [line.rstrip() for line in result]

    def _pieces(self, token: str, size_pt: float, width_pt: float) -> list[str]:
        """Cut a word that is longer than a line."""
        if self.width_pt(token.rstrip(), size_pt) <= width_pt:
            return [token]
        return list(token)
