"""A pen for paper space: millimetres, the frame's layer, texts that keep to their cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from firelane.drawing.canvas import STYLE, Align, Canvas, Point, put_line, put_text
from firelane.drawing.text import safe_text, shortened, text_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ezdxf.layouts.layout import Paperspace

LAYER = "G-ANNO-TTLB"
NARROWEST = 0.7  # 长仿宋 has 0.7; anything narrower is cut instead
DXF2007 = "AC1021"  # the first version in UTF-8
_MOST_BYTES = 480
MTEXT_PITCH = 5.0 / 3.0  # distance of the lines of an MTEXT in text heights, at factor 1

Side = Literal["left", "right", "centre"]
_CORNER = {"left": 1, "centre": 2, "right": 3}  # attachment points: top left, top centre, top right


@dataclass(frozen=True)
class Pen:
    """Draws on one sheet; places and sizes, but no widths of lines, ``larger`` times as large."""

    canvas: Canvas
    layout: Paperspace
    larger: float = 1.0

    def _at(self, point: Point) -> Point:
        if self.larger == 1.0:
            return point
        return round(self.larger * point[0], 3), round(self.larger * point[1], 3)

    def text(
        self, text: object, at: Point, height_mm: float, *, align: Align = Align.LEFT, rotation_deg: float = 0.0
    ) -> None:
        """Write one line."""
        put_text(self.layout, text, self._at(at), self.larger * height_mm, LAYER, align=align, rotation_deg=rotation_deg)

    def fit(self, text: object, at: Point, width_mm: float, height_mm: float, *, align: Align = Align.LEFT) -> None:
        """Write one line no wider than ``width_mm``: squeezed to 0.7 at most, then cut."""
        line = shortened(safe_text(text), height_mm, width_mm / NARROWEST)
        natural = text_width(line, height_mm)
        squeeze = min(1.0, width_mm / natural) if natural > 0.0 else 1.0
        put_text(self.layout, line, self._at(at), self.larger * height_mm, LAYER, align=align, squeeze=squeeze)

    def lines(self, lines: Iterable[str], at: Point, height_mm: float, pitch_mm: float) -> None:
        """Write lines downwards; ``at`` is the upper left corner."""
        self.column(tuple(lines), at, height_mm, pitch_mm)

    def column(self, lines: Sequence[str], at: Point, height_mm: float, pitch_mm: float, side: Side = "left") -> None:
        r"""Write lines downwards as one MTEXT, a tenth of the size of as many TEXTs.

        Parameters
        ----------
        lines : sequence of str
            Empty ones leave their line free.
        at : (float, float)
            Upper end of the edge, or of the middle, that the lines keep to; capitals stand in the middle of their line [mm].
        pitch_mm : float
            Distance of the lines [mm].

        Notes
        -----
        Lines are broken by a plain ``\P`` and nothing else is coded: every reader shows that.
        """
        safe = [safe_text(line) for line in lines]
        written = [n for n, line in enumerate(safe) if line]
        if not written:
            return
        for start, end in self._parted(safe, written[0], written[-1]):
            self._column(safe[start : end + 1], (at[0], at[1] - pitch_mm * start), (height_mm, pitch_mm), side)

    def _parted(self, lines: Sequence[str], first: int, last: int) -> list[tuple[int, int]]:
        """Return (first, last) of runs of lines that a file in UTF-8 holds in strings of fewer than 512 bytes.

        Longer ones are cut by GDAL, in the middle of a character. In GBK 250 characters, the longest string of an MTEXT,
        are 500 bytes at most.
        """
        if self.canvas.doc.dxfversion < DXF2007:
            return [(first, last)]
        found: list[tuple[int, int]] = []
        start, room = first, _MOST_BYTES
        for n in range(first, last + 1):
            size = len(lines[n].encode()) + 2
            if size > room and n > start:
                found.append((start, n - 1))
                start, room = n, _MOST_BYTES
            room -= size
        return [*found, (start, last)]

    def _column(self, safe: Sequence[str], at: Point, sizes: tuple[float, float], side: Side) -> None:
        height_mm, pitch_mm = sizes
        written = [n for n, line in enumerate(safe) if line]
        if not written:
            return
        first, last = written[0], written[-1]
        top = at[1] - pitch_mm * first - (pitch_mm - height_mm) / 2
        if first == last:
            align = {"left": Align.LEFT, "centre": Align.CENTER, "right": Align.RIGHT}[side]
            self.text(safe[first], (round(at[0], 2), round(top - height_mm, 2)), height_mm, align=align)
            return
        x, y = self._at((at[0], top))
        self.layout.add_mtext(
            r"\P".join(line or " " for line in safe[first : last + 1]),
            dxfattribs={
                "layer": LAYER,
                "style": STYLE,
                "char_height": self.larger * height_mm,
                "insert": (round(x, 2), round(y, 2)),
                "attachment_point": _CORNER[side],
                "line_spacing_style": 2,
                "line_spacing_factor": round(pitch_mm / height_mm / MTEXT_PITCH, 4),
            },
        )

    def rules(self, levels: Sequence[float], ends: tuple[float, float], width_mm: float, *, upright: bool = False) -> None:
        """Draw parallel rules between two edges in one stroke, which goes from rule to rule along the edges.

        Parameters
        ----------
        levels : sequence of float
            Where the rules are [mm]: their y, or their x where they are ``upright``.
        ends : (float, float)
            Where they begin and end; there they meet lines that are drawn already [mm].
        """
        path = [
            (level, end) if upright else (end, level)
            for n, level in enumerate(levels)
            for end in (ends if n % 2 == 0 else ends[::-1])
        ]
        if path:
            self.line([(round(x, 2), round(y, 2)) for x, y in path], width_mm)

    def line(
        self, points: Sequence[Point], width_mm: float = 0.18, *, closed: bool = False, linetype: str | None = None
    ) -> None:
        """Draw a line of the given plotted width."""
        placed = [self._at(point) for point in points]
        put_line(self.layout, placed, LAYER, lineweight_mm=width_mm, closed=closed, linetype=linetype)

    def rectangle(self, x0: float, y0: float, x1: float, y1: float, width_mm: float = 0.18) -> None:
        """Draw a rectangle."""
        self.line([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], width_mm, closed=True)
