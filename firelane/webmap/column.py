"""The picture's right-hand column: name, verdict and code, the numbered findings, the legend."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from firelane.webmap import ink, qr, results, side
from firelane.webmap.legend import limit_line
from firelane.webmap.widths import palette

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from firelane.webmap.content import Content

_EDGE = 24.0


class Column:
    """Writes into axes of its own, in pixels of the design (160 to the inch), y downwards.

    Parameters
    ----------
    axes : Axes
    content : Content
    family : str
        Of the font.
    text : callable
        Returns a text as the font can show it.
    width_px, height_px : float
    """

    def __init__(
        self, axes: Any, content: Content, family: str, text: Callable[[str], str], width_px: float, height_px: float
    ) -> None:
        axes.set_axis_off()
        axes.set_xlim(0, width_px)
        axes.set_ylim(height_px, 0)
        self.axes, self.content, self.family, self.text = axes, content, family, text
        self.width, self.height = width_px, height_px

    def write(self, x: float, y: float, text: str, size: float = 8, **more: Any) -> None:
        """Write one line, centred at the height ``y``."""
        self.axes.text(x, y, text, fontsize=size, fontfamily=self.family, va="center", parse_math=False, **more)

    def head(self, code: qr.Code | None, code_px: float | None, grid_px: float) -> float:
        """Write name and verdict, and the code beside them; return where the list begins."""
        content = self.content
        name = self.text(content.audit.site.name or content.audit.site.id)
        room, y = self.width - _EDGE, 40.0
        if code is not None and code_px is not None:
            room -= code_px
        size, lines = 13.0, side.wrapped(name, (room - 30) / 29)  # a sign of 13 points is 29 wide
        if len(lines) > 1 and len(side.wrapped(name, (room - 30) / 24)) == 1:
            size, lines = 10.8, [name]  # rather smaller than broken
        if len(lines) > 2:  # what is cut off says so
            lines[1] = lines[1][:-1] + "…"
        for line in lines[:2]:
            self.write(_EDGE, y, line, size)
            y += 32
        verdict, word = results.site_verdict(content)
        said = side.wrapped(word, (room - 14) / 20)  # a sign of 9 points is 20 wide
        look = {"boxstyle": "round,pad=0.3", "facecolor": palette()["verdict"][verdict], "edgecolor": "none"}
        self.write(_EDGE, y + 2 + 13 * (len(said) - 1), "\n".join(said), 9, color="white", bbox=look)
        y += 38 + 26 * (len(said) - 1)
        if code is None or code_px is None:
            return y
        corner = (self.width - code_px - 8, 12.0)
        if grid_px:
            corner = (round(corner[0] / grid_px) * grid_px, round(corner[1] / grid_px) * grid_px)
        qr.draw(self.axes, code, corner, code_px)
        sentence, detail = (self.text(part) for part in qr.caption(code, content.words, content.lang))
        small = (room - 20) / 15.5  # a sign of 7 points
        for line in side.wrapped(sentence, small)[:3]:
            self.write(_EDGE, y, line, 7)
            y += 20
        for line in qr.fitted_address(detail, small):
            self.write(_EDGE, y, line, 7, color="#5b6570")
            y += 20
        return max(y + 8, corner[1] + code_px + 8)

    def legend(self, rows: Sequence[Mapping[str, Any]]) -> float:
        """Write the legend at the foot; return where it begins."""
        content, words = self.content, self.content.words
        half = math.ceil(len(rows) / 2)
        top = self.height - 25 * half - 52
        self.write(_EDGE, top + 4, words["legend_width"], 9)
        aside = 40 + sum(21 if sign > "\u2e80" else 9.5 for sign in words["legend_width"])
        self.write(aside, top + 4, side.fitted(limit_line(content), self.width - aside - 10), 7, color="#5b6570")
        for i, row in enumerate(rows):
            column, place = divmod(i, half)
            x, y = _EDGE + column * (self.width - 40) / 2, top + 34 + 25 * place
            ink.swatch(self.axes, row, x, y)
            self.write(x + 48, y, side.fitted(row["label"], (self.width - 40) / 2 - 56), 7)
        return top

    def findings(self, rows: Sequence[Mapping[str, Any]], y: float, bottom: float, more: str) -> None:
        """Write the numbered findings between ``y`` and ``bottom``; ``more`` is the word for what finds no room."""
        content = self.content
        listed = side.listed(content, rows)
        if len(listed) > 12:
            listed = side.listed(content, rows, brief=True)
        columns = int((self.width - 80) / 17)
        most = 1 if len(listed) > 12 else 2  # lines for each
        for place, (number, verdict, text) in enumerate(listed):
            lines = side.wrapped(self.text(text), columns)
            if len(lines) > most:
                lines[most - 1] = lines[most - 1][:-1] + "…"
            if y + 23 * min(len(lines), most) + 40 > bottom:
                rest = content.words[more].format(n=len(listed) - place)
                self.write(_EDGE, y, rest, 8, color="#5b6570")
                break
            badge(self.axes, self.family, _EDGE + 12, y, number, verdict)
            for line in lines[:most]:
                self.write(60, y, line, 7.5)
                y += 23
            y += 9


def badge(axes: Any, family: str, x: float, y: float, number: str, verdict: str) -> None:
    """Draw a finding's number as its marker on the map looks."""
    shape = "square,pad=0.25" if verdict == "indeterminate" else "circle,pad=0.2"
    shape = "round,pad=0.25" if len(number) > 2 else shape
    axes.text(
        x, y, number, fontsize=7 if len(number) < 5 else 6, color="white", ha="center", va="center", fontfamily=family,
        bbox={"boxstyle": shape, "facecolor": palette()["verdict"][verdict], "edgecolor": "none"},
    )  # fmt: skip
