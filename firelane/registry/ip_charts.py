"""Charts of a programme: pictures, and all of them in one PDF. Axes begin at zero; what is not known is told (图表)."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firelane.charts.lettering import Lettering
from firelane.charts.look import FAINT, GREY, INK, PAGE_IN
from firelane.files import ensure_writable_dir, write_bytes
from firelane.registry.indicators import GrowthMethod, IndicatorKind
from firelane.registry.ip_chart_look import (
    COLOURS,
    NAME_PT,
    Pen,
    axes_of,
    grid,
    label,
    legend,
    nothing,
    texts_of,
)
from firelane.registry.ip_words import method_text, share_text, told, word
from firelane.registry.judging import IndicatorStanding, Status, number_text, pct_text
from firelane.staging import staged

if TYPE_CHECKING:
    from firelane.registry.ip_standing import Standing
    from firelane.vocabulary import Lang

BOOK = "ip_charts.pdf"
_DPI = 120
_MOST_SHARE = 1.5  # a bar that is longer is cut and says so
_PANELS = 6


def write_charts(standing: Standing, folder: Path, lang: Lang = "zh") -> list[Path]:
    """Write the charts as PNG files and one PDF; all of them or none. The same standing gives the same bytes.

    Returns
    -------
    list of Path
        The pictures, then the PDF.

    Raises
    ------
    OutputError
    """
    from matplotlib.backends.backend_pdf import PdfPages  # noqa: PLC0415  (slow to import)

    target, names = ensure_writable_dir(folder), []
    pages = io.BytesIO()
    with staged(target) as desk, _sheets(standing, lang) as sheets:
        with PdfPages(pages, metadata={"CreationDate": None, "ModDate": None}) as pdf:
            for name, sheet in sheets:
                sheet.savefig(desk / f"{name}.png", dpi=_DPI, metadata={"Software": None})
                pdf.savefig(sheet)
                names.append(f"{name}.png")
        write_bytes(desk / BOOK, pages.getvalue())
    return [*(target / name for name in names), target / BOOK]


def chart_pictures(standing: Standing, lang: Lang = "zh") -> dict[str, bytes]:
    """Return the charts as PNG by name, for a report."""
    found = {}
    with _sheets(standing, lang) as sheets:
        for name, sheet in sheets:
            out = io.BytesIO()
            sheet.savefig(out, dpi=_DPI, metadata={"Software": None})
            found[name] = out.getvalue()
    return found


@contextmanager
def _sheets(s: Standing, lang: Lang) -> Iterator[list[tuple[str, Any]]]:
    """Draw every chart with the page's fonts."""
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    from firelane.fonts import use_chinese_labels  # noqa: PLC0415

    made: dict[str, Callable[[Standing, Lang, Any, Pen], None]] = {
        "indicators": _indicators, "lead_units": _units, "growth": _growth, "fund_shares": _funds, "counts": _counts,
    }  # fmt: skip
    signs = "".join(sorted(set(texts_of(s, lang))))
    pen = Pen(Lettering([signs]))
    look: Any = {
        "font.family": use_chinese_labels(extra=signs), "pdf.fonttype": 42, "axes.unicode_minus": False, "text.parse_math": False,
        "axes.edgecolor": GREY, "text.color": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
    }  # fmt: skip
    with mpl.rc_context(look):
        sheets = []
        for name, draw in made.items():
            sheet = Figure(figsize=PAGE_IN)
            pen.head(sheet, label(name, lang), _remark(s, lang))
            draw(s, lang, sheet, pen)
            sheets.append((name, sheet))
        yield sheets


def _remark(s: Standing, lang: Lang) -> str:
    as_of = f"{word('as_of', lang)} {s.on}"
    if s.known_on is not None:
        as_of += f"，{word('known', lang)} {s.known_on}" if lang == "zh" else f", {word('known', lang)} {s.known_on}"
    return f"{s.plan.label(lang)}　{as_of}"


def _indicators(s: Standing, lang: Lang, sheet: Any, pen: Pen) -> None:
    axes = axes_of(sheet)
    found = [i for i in s.indicators if i.indicator.kind not in (IndicatorKind.QUALITATIVE, IndicatorKind.GROWTH)]
    if not found:
        nothing(axes, lang)
        return
    for row, i in enumerate(found):
        share = 0.0 if i.share is None else min(i.share, _MOST_SHARE)
        axes.barh(row, share * 100, 0.62, color=COLOURS[i.status], linewidth=0)
        if i.expected is not None:
            axes.plot([i.expected * 100] * 2, [row - 0.38, row + 0.38], color=INK, linewidth=1.6, solid_capstyle="butt")
        end = (
            f"{i.value_text(lang)}（{share_text(i.share)}）"
            if lang == "zh"
            else f"{i.value_text(lang)} ({share_text(i.share)})"
        )
        at = max(share * 100, (i.expected or 0.0) * 100)
        axes.annotate(
            pen.shown(end if i.value is not None else i.status.label(lang)),
            (at, row),
            (6, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
        )
    axes.set_yticks(
        range(len(found)), pen.names([f"{i.indicator.id} {i.indicator.label(lang)}" for i in found], NAME_PT), fontsize=9
    )
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(found) - 0.4, -0.6)
    axes.axvline(100, color=INK, linewidth=1.2, linestyle=(0, (5, 3)))
    top = 190 if lang == "zh" else 210
    axes.set_xlim(0, top)
    axes.set_xticks([0, 25, 50, 75, 100, 125, 150])
    axes.set_xlabel(label("share", lang), fontsize=10)
    axes.grid(axis="x", color=FAINT, linewidth=0.7)
    legend(axes, [x for x in Status if any(i.status is x for i in found)], lang)


def _units(s: Standing, lang: Lang, sheet: Any, pen: Pen) -> None:
    axes = axes_of(sheet, 0.24)
    statuses = [x for x in Status if any(u.count(x) for u in s.units)]
    for row, u in enumerate(s.units):
        begin = 0
        for x in statuses:
            n = u.count(x)
            if n:
                axes.barh(row, n, 0.6, left=begin, color=COLOURS[x], linewidth=0.8, edgecolor="white")
                dark = x not in (Status.QUALITATIVE, Status.NOT_EVALUABLE)
                axes.text(begin + n / 2, row, str(n), ha="center", va="center", fontsize=10, color="white" if dark else INK)
                begin += n
    names = [u.lead.label(lang) for u in s.units]
    axes.set_yticks(range(len(names)), pen.names(names, 0.21 * PAGE_IN[0] * 72, 2), fontsize=10)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(max(len(names), 5) - 0.4, -0.6)
    most = max((len(u.tasks) for u in s.units), default=1)
    axes.set_xlim(0, most + 0.5)
    axes.set_xticks(range(0, most + 1, max(1, math.ceil(most / 10))))
    axes.set_xlabel(label("tasks", lang), fontsize=10)
    axes.grid(axis="x", color=FAINT, linewidth=0.7)
    legend(axes, statuses, lang)


def _growth(s: Standing, lang: Lang, sheet: Any, pen: Pen) -> None:
    every = [i for i in s.indicators if i.growth is not None]
    found = [i for i in every if i.series is not None and i.series.years][:_PANELS]
    if not found:
        nothing(axes_of(sheet), lang)
    for axes, i in zip(grid(sheet, len(found), 1 if len(found) == 1 else 2), found, strict=True):
        _growth_panel(axes, i, lang, pen)
    others = [
        f"{i.indicator.id} {i.indicator.label(lang)}：{told(i.growth.reason, lang)}"
        for i in every
        if i not in found and i.growth is not None
    ]
    if found and others:
        lines = pen.lettering.wrapped("；".join(others) if lang == "zh" else "; ".join(others), 9.0, 0.92 * PAGE_IN[0] * 72, 2)
        sheet.text(0.04, 0.02, "\n".join(lines), fontsize=9, color=GREY, va="bottom")


def _growth_panel(axes: Any, i: IndicatorStanding, lang: Lang, pen: Pen) -> None:
    assert i.series is not None
    assert i.growth is not None
    room = axes.get_position().width * PAGE_IN[0] * 72
    axes.set_title(
        pen.lettering.fitted(f"{i.indicator.id} {i.indicator.label(lang)}", 10.5, room), loc="left", fontsize=10.5, pad=30
    )
    if i.growth.computed:
        text = "　".join(f"{m.label(lang)} {method_text(i, m, lang)}" for m in GrowthMethod)
    else:
        text = told(i.growth.reason, lang)
    lines = pen.lettering.wrapped(f"{i.indicator.target_text(lang)}　{text}", 8.5, room, 2)
    axes.text(0, 1.03, "\n".join(lines), transform=axes.transAxes, fontsize=8.5, color=GREY, va="bottom", linespacing=1.3)
    years = i.series.years
    for n, y in enumerate(years):
        axes.bar(
            n, y.value, 0.6, color="white" if y.partial else "#44546a" if y.base else "#7f9cbd", edgecolor="#7f9cbd" if y.partial else "none",
            linestyle=(0, (3, 2)) if y.partial else "-", linewidth=1.0,
        )  # fmt: skip
        axes.annotate(number_text(y.value), (n, y.value), (0, 3), textcoords="offset points", ha="center", fontsize=8.5)
    axes.set_xticks(range(len(years)), [f"{y.year}{'*' if y.partial else ''}" for y in years], fontsize=9)
    axes.set_ylim(0, max(1e-9, *(y.value for y in years)) * 1.18)
    axes.set_xlim(-0.6, max(len(years), 4) - 0.4)
    axes.tick_params(axis="y", labelsize=8.5)
    axes.set_ylabel(i.indicator.actual_unit_label(lang), fontsize=9)
    if any(y.partial for y in years):
        axes.set_xlabel(label("part", lang), fontsize=8.5)


def _funds(s: Standing, lang: Lang, sheet: Any, pen: Pen) -> None:
    axes = axes_of(sheet)
    rows = [(f, x) for f in s.funds.rules for x in f.shares]
    if not any(x.share_pct is not None for _, x in rows):
        nothing(axes, lang)
        return
    names, row = [], 0
    for f in s.funds.rules:
        title = (
            f"{f.rule.id} {f.rule.label(lang)} ≥ {f.rule.share_pct:g} %{'：' if lang == 'zh' else ': '}{f.ruling.label(lang)}"
        )
        axes.text(
            0.6,
            row + 0.12,
            pen.lettering.fitted(title, 10.5, 0.62 * PAGE_IN[0] * 72),
            fontsize=10.5,
            va="center",
            fontweight="normal",
            backgroundcolor="white",
        )
        names.append("")
        row += 1
        limit = f.rule.share_pct
        for x in f.shares:
            axes.barh(
                row,
                x.share_pct or 0.0,
                0.58,
                color="#aab2bb" if x.met is None else "#2e8b57" if x.met else "#b3122b",
                linewidth=0,
            )
            axes.plot([limit] * 2, [row - 0.42, row + 0.42], color=INK, linewidth=1.8, solid_capstyle="butt")
            end = "—" if x.share_pct is None else pct_text(x.share_pct, limit)
            axes.annotate(
                pen.shown(end),
                (max(x.share_pct or 0.0, limit), row),
                (6, 0),
                textcoords="offset points",
                va="center",
                fontsize=9.5,
            )
            names.append(x.reading.label(lang))
            row += 1
    axes.set_yticks(range(row), pen.names(names, NAME_PT, 2), fontsize=9.5)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(max(row, 7) - 0.4, -0.6)
    axes.set_xlim(0, 112)
    axes.set_xticks(range(0, 101, 20))
    axes.set_xlabel(label("fund", lang), fontsize=10)
    axes.grid(axis="x", color=FAINT, linewidth=0.7)


def _counts(s: Standing, lang: Lang, sheet: Any, pen: Pen) -> None:
    """Draw the counts with most steps over time, against their targets."""
    from matplotlib import dates  # noqa: PLC0415

    mdates: Any = dates  # untyped

    found = [i for i in s.indicators if i.figure is not None and len(i.figure.steps) > 1]
    found = sorted(sorted(found, key=lambda i: -len(i.figure.steps if i.figure else ()))[:_PANELS], key=s.indicators.index)
    if not found:
        nothing(axes_of(sheet), lang)
        return
    for axes, i in zip(grid(sheet, len(found), 3 if len(found) > 4 else 2), found, strict=True):
        assert i.figure is not None
        room = axes.get_position().width * PAGE_IN[0] * 72
        axes.set_title(
            "\n".join(pen.lettering.wrapped(f"{i.indicator.id} {i.indicator.label(lang)}", 9.5, room, 2)),
            loc="left",
            fontsize=9.5,
        )
        days = [mdates.date2num(x.day) for x in i.figure.steps] + [mdates.date2num(s.on)]
        values = [x.value for x in i.figure.steps] + [i.figure.steps[-1].value]
        axes.step(days, values, where="post", color=COLOURS[i.status], linewidth=1.8)
        target = i.indicator.target or 0.0
        axes.axhline(target, color=INK, linewidth=1.0, linestyle=(0, (5, 3)))
        axes.set_ylim(0, max([*values, target]) * 1.15 or 1)
        if i.due is not None:
            axes.axvline(mdates.date2num(i.due.day), color=GREY, linewidth=0.9, linestyle=":")
        locator = mdates.AutoDateLocator(minticks=2, maxticks=4)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(mdates.DateFormatter("%Y-%m"))
        axes.tick_params(labelsize=8)
        axes.grid(axis="y", color=FAINT, linewidth=0.7)
    sheet.text(0.04, 0.02, label("lines", lang), fontsize=9, color=GREY, va="bottom")
