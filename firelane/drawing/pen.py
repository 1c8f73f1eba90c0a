"""A pen for paper space: millimetres, the frame's layer, texts that keep to their cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firelane.drawing.canvas import Align, Canvas, Point, put_line, put_text
from firelane.drawing.text import safe_text, shortened, text_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ezdxf.layouts.layout import Paperspace

LAYER = "G-ANNO-TTLB"
NARROWEST = 0.7  # 长仿宋 has 0.7; anything narrower is cut instead


@dataclass(frozen=True)
class Pen:
    """Draws on one sheet."""

    canvas: Canvas
    layout: Paperspace

    def text(
        self, text: object, at: Point, height_mm: float, *, align: Align = Align.LEFT, rotation_deg: float = 0.0
    ) -> None:
        """Write one line."""
        put_text(self.layout, text, at, height_mm, LAYER, align=align, rotation_deg=rotation_deg)

    def fit(self, text: object, at: Point, width_mm: float, height_mm: float, *, align: Align = Align.LEFT) -> None:
        """Write one line no wider than ``width_mm``: squeezed to 0.7 at most, then cut."""
        line = shortened(safe_text(text), height_mm, width_mm / NARROWEST)
        natural = text_width(line, height_mm)
        squeeze = min(1.0, width_mm / natural) if natural > 0.0 else 1.0
        put_text(self.layout, line, at, height_mm, LAYER, align=align, squeeze=squeeze)

    def lines(self, lines: Iterable[str], at: Point, height_mm: float, pitch_mm: float) -> None:
        """Write lines downwards; ``at`` is the upper left corner."""
        x, y = at
        for number, line in enumerate(lines):
            self.text(line, (x, y - pitch_mm * number - (pitch_mm + height_mm) / 2), height_mm)

    def line(self, points: Sequence[Point], width_mm: float = 0.18, *, closed: bool = False) -> None:
        """Draw a line of the given plotted width."""
        put_line(self.layout, points, LAYER, lineweight_mm=width_mm, closed=closed)

    def rectangle(self, x0: float, y0: float, x1: float, y1: float, width_mm: float = 0.18) -> None:
        """Draw a rectangle."""
        self.line([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], width_mm, closed=True)
