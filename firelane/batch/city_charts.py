"""Charts of a city for a council's paper: pictures, and all of them in one PDF. Axes begin at zero; what is not known is told."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from firelane.batch import city_charts_figures as figures
from firelane.batch.city_map_tables import read_sites, width_limit
from firelane.batch.city_map_words import word
from firelane.batch.desk import CHART_BOOK, CHARTS
from firelane.charts.lettering import Lettering
from firelane.charts.look import FAINT, GREY, INK, PAGE_IN, nice_step
from firelane.files import atomic_path, ensure_writable_dir
from firelane.staging import staged

if TYPE_CHECKING:
    from firelane.batch.city_charts_figures import Bars, Widths
    from firelane.vocabulary import Lang

FOLDER, BOOK = CHARTS, CHART_BOOK
_DPI = 120
_NAME_PT, _NAME_SIZE = 190.0, 9.0  # room for a bar's name [pt], and its letters
_END_SIZE = 9.0
_AIRY = 13  # so many bars leave room for names of two lines
_FEWEST_ROWS = 8  # few bars stay as slim as many
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.26, 0.965, 0.82, 0.10  # of the sheet
_TITLE_PT, _REMARK_PT = 17.0, 10.0


def write_charts(folder: Path, lang: Lang = "zh") -> list[Path]:
    """Write ``charts/*.png`` and ``city_charts.pdf`` beside the tables of a batch; all of them or none.

    Parameters
    ----------
    folder : Path
        Where ``sites.parquet`` and ``findings.parquet`` stand.
    lang : {"zh", "en"}

    Returns
    -------
    list of Path
        The pictures in the order of the PDF's pages, then the PDF.

    Raises
    ------
    InputError
        If a table cannot be read.
    OutputError
        If a file cannot be written.
    """
    import matplotlib as mpl  # noqa: PLC0415  (slow to import)
    from matplotlib.backends.backend_pdf import PdfPages  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    from firelane.fonts import use_chinese_labels  # noqa: PLC0415

    folder = Path(folder)
    sites = read_sites(folder)
    pages: list[tuple[Any, ...]] = [
        (figures.of_sites(sites, lang),), (figures.of_lanes(sites, lang),), (figures.of_articles(folder, lang),),
        (figures.of_widths(sites, width_limit(folder), lang),), (figures.of_worst(sites, lang),), figures.of_quality(sites, lang),
    ]  # fmt: skip
    signs = "".join(sorted({sign for page in pages for chart in page for text in _texts(chart) for sign in text}))
    pen = _Pen(Lettering([signs]), lang)
    look: Any = {
        "font.family": use_chinese_labels(extra=signs), "pdf.fonttype": 42, "axes.unicode_minus": False, "text.parse_math": False,
        "axes.edgecolor": GREY, "text.color": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
    }  # fmt: skip
    target, names = ensure_writable_dir(folder / FOLDER), []
    undated = {"CreationDate": None, "ModDate": None}
    with staged(target) as desk, atomic_path(folder / BOOK) as book, mpl.rc_context(look), PdfPages(book, metadata=undated) as pdf:
        for page in pages:
            sheet = Figure(figsize=PAGE_IN)
            pen.page(sheet, page)
            name = f"{page[0].name}.png"
            sheet.savefig(desk / name, dpi=_DPI, metadata={"Software": None})
            pdf.savefig(sheet)
            names.append(name)
    return [*(target / name for name in names), folder / BOOK]


def _texts(chart: Bars | Widths) -> list[str]:
    own = [chart.title, chart.remark, chart.axis, *(part.label for part in chart.parts)]
    if isinstance(chart, figures.Widths):
        return [*own, chart.up, chart.limit]
    return [*own, *chart.rows, *chart.ends]


class _Pen:
    """Draws charts on sheets of A4."""

    def __init__(self, lettering: Lettering, lang: Lang) -> None:
        self.lettering, self.lang = lettering, lang

    def page(self, sheet: Any, charts: tuple[Any, ...]) -> None:
        """Draw one chart, or two side by side."""
        if len(charts) == 1:
            chart = charts[0]
            left = _LEFT if isinstance(chart, figures.Bars) else 0.08
            axes = sheet.add_axes((left, _BOTTOM, _RIGHT - left, _TOP - _BOTTOM))
            self._head(sheet, chart, 0.03, _RIGHT - 0.03)
            self._draw(axes, chart, _NAME_PT)
            return
        for chart, start, stop in zip(charts, (0.03, 0.50), (0.46, _RIGHT), strict=True):
            room = 0.15 if start < 0.1 else 0.24
            axes = sheet.add_axes((start + room, _BOTTOM, stop - start - room, _TOP - _BOTTOM))
            self._head(sheet, chart, start, stop - start)
            self._draw(axes, chart, (room - 0.01) * PAGE_IN[0] * 72)

    def _head(self, sheet: Any, chart: Bars | Widths, left: float, wide: float) -> None:
        room = wide * PAGE_IN[0] * 72
        sheet.text(left, 0.945, self.lettering.fitted(chart.title, _TITLE_PT, room), fontsize=_TITLE_PT, va="center")
        lines = self.lettering.wrapped(chart.remark, _REMARK_PT, room, 3)
        sheet.text(left, 0.912, "\n".join(lines), fontsize=_REMARK_PT, va="top", color=GREY, linespacing=1.35)

    def _draw(self, axes: Any, chart: Bars | Widths, name_pt: float) -> None:
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        axes.set_axisbelow(True)
        if isinstance(chart, figures.Widths):
            self._widths(axes, chart)
        else:
            self._bars(axes, chart, name_pt)

    def _bars(self, axes: Any, chart: Bars, name_pt: float) -> None:
        count = len(chart.rows)
        if not count:
            axes.text(0.5, 0.5, word("chart_nothing", self.lang), ha="center", va="center", transform=axes.transAxes, color=GREY, fontsize=12)
            axes.set_axis_off()
            return
        at = np.arange(count)
        begin = np.zeros(count)
        for part in chart.parts:
            values = np.asarray(part.values, dtype=float)
            axes.barh(at, values, 0.66, left=begin, color=part.colour, label=part.label or None, linewidth=0.6, edgecolor="white")
            begin += values
        for row, (length, text) in enumerate(zip(begin, chart.ends, strict=True)):
            shown = self.lettering.shown(text)
            axes.annotate(shown, (length, row), (5, 0), textcoords="offset points", va="center", fontsize=_END_SIZE)
        lines = 2 if count <= _AIRY else 1
        names = ["\n".join(self.lettering.wrapped(name, _NAME_SIZE, name_pt - 12, lines)) for name in chart.rows]
        axes.set_yticks(at, names, fontsize=_NAME_SIZE)
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(max(count, _FEWEST_ROWS) - 0.4, -0.6)  # the first on top
        self._scale(axes.xaxis, float(begin.max()), axes, chart)
        axes.set_xlabel(chart.axis, fontsize=10)
        axes.grid(axis="x", color=FAINT, linewidth=0.7)
        self._legend(axes, len([part for part in chart.parts if part.label]))

    def _scale(self, axis: Any, most: float, axes: Any, chart: Bars) -> None:
        """Begin at zero, and leave room for what is written at the ends of the bars."""
        box = axes.get_position()
        room = box.width * PAGE_IN[0] * 72
        ends = max((self.lettering.width_pt(self.lettering.shown(text), _END_SIZE) for text in chart.ends), default=0.0)
        share = max(0.3, 1 - (ends + 12) / room)
        top = (most or 1.0) / share
        step = nice_step(top, 8)
        if chart.whole:
            step = max(1.0, math.ceil(step))
        ticks = np.arange(0, top + 1e-9, step)
        axis.set_ticks(ticks, [f"{tick:,.0f}" if step >= 1 else f"{tick:g}" for tick in ticks], fontsize=9)
        axes.set_xlim(0, top)

    def _widths(self, axes: Any, chart: Widths) -> None:
        edges = np.asarray(chart.edges_m, dtype=float)
        wide = np.append(np.diff(edges), figures.BIN_M)
        begin = np.zeros(len(edges))
        for part in chart.parts:
            values = np.asarray(part.values, dtype=float)
            axes.bar(edges, values, wide, bottom=begin, align="edge", color=part.colour, label=part.label, linewidth=0.6, edgecolor="white")
            begin += values
        most = float(begin.max()) if len(begin) else 0.0
        top = (most or 1.0) * 1.12
        step = max(1.0, math.ceil(nice_step(top, 8)))
        ticks = np.arange(0, top, step)
        axes.set_yticks(ticks, [f"{tick:,.0f}" for tick in ticks], fontsize=9)
        axes.set_ylim(0, top)
        axes.set_xlim(0, edges[-1] + wide[-1])
        marks = np.arange(0, edges[-1] + 1e-9, 0.5)
        axes.set_xticks(marks, [f"{mark:g}" if mark < edges[-1] - 1e-9 else f"≥{mark:g}" for mark in marks], fontsize=9)
        axes.axvline(chart.limit_m, color=INK, linewidth=1.6, linestyle=(0, (5, 3)))
        axes.annotate(chart.limit, (chart.limit_m, top), (6, -4), textcoords="offset points", va="top", fontsize=10)
        axes.set_xlabel(chart.axis, fontsize=10)
        axes.set_ylabel(chart.up, fontsize=10)
        axes.grid(axis="y", color=FAINT, linewidth=0.7)
        if most == 0:
            axes.text(0.5, 0.5, word("chart_nothing", self.lang), ha="center", va="center", transform=axes.transAxes, color=GREY, fontsize=12)
        self._legend(axes, len(chart.parts))

    @staticmethod
    def _legend(axes: Any, count: int) -> None:
        if count > 1:
            axes.legend(
                loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=min(count, 6), fontsize=9, frameon=False, borderaxespad=0.2,
                handlelength=1.2, columnspacing=1.4,
            )  # fmt: skip
