"""The figures of the cases as tables, charts and a map."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from firelane.cases.projection import keepable
from firelane.cases.routing import kinds
from firelane.cases.rows import told
from firelane.cases.statistics import Group, Statistics
from firelane.cases.workflow import workflow
from firelane.files import atomic_path, ensure_writable_dir, write_text
from firelane.markings.spreadsheet import Column, Table, write_book
from firelane.staging import staged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from firelane.vocabulary import Lang

_HEAD = (
    ("案件", "cases"), ("未结", "open"), ("逾期", "overdue"), ("已结", "closed"), ("撤销或重复", "void or duplicate"),
    ("通知至结案天数中位数", "median days, notice to closing"), ("计入件数", "of cases"), ("复查次数", "re-inspections"), ("复查合格率", "re-inspections passed"),
    ("再次发现", "found again"), ("重新立案", "reopened"), ("重复违规件数", "cases that came back"),
)  # fmt: skip
_MOST = 15  # bars of a chart: more cannot be read
_MOST_MONTHS = 24
_FEWEST_ROWS = 7
_NAME_PT = 165.0  # width of a name beside a chart [pt]
_RED, _BLUE, _GREY = "#b2182b", "#2166ac", "#5a6b7b"


def write_statistics(figures: Statistics, folder: Path, lang: Lang = "zh") -> list[Path]:
    """Write ``statistics.xlsx``, ``statistics.json``, ``statistics.pdf`` (charts) and ``statistics_map.html``.

    All of them or none.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    from firelane.cases.case_map import write_statistics_map  # noqa: PLC0415  (a map is slow to import)

    ensure_writable_dir(folder)
    with staged(folder) as desk:
        _workbook(figures, desk / "statistics.xlsx", lang)
        write_text(desk / "statistics.json", keepable(json.dumps(_document(figures), ensure_ascii=False, indent=1)) + "\n")
        _charts(figures, desk / "statistics.pdf", lang)
        write_statistics_map(figures, desk / "statistics_map.html", lang)
    return [folder / f"statistics{end}" for end in (".xlsx", ".json", ".pdf", "_map.html")]


def _row(group: Group) -> list[Any]:
    return [
        group.cases, group.open, group.overdue, group.closed, group.void, group.median_days, len(group.days_to_close), group.reinspections,
        group.pass_rate, group.repeats, group.reopened, group.repeat_cases,
    ]  # fmt: skip


def _sheets(figures: Statistics, lang: Lang) -> list[tuple[str, str, Sequence[Group]]]:
    zh = lang == "zh"
    return [
        ("按区" if zh else "by district", "区" if zh else "district", figures.by_district),
        ("按管理单位" if zh else "by manager", "管理单位" if zh else "manager", figures.by_manager),
        ("按场地" if zh else "by site", "场地" if zh else "site", figures.by_site),
        ("按违规类别" if zh else "by kind", "类别" if zh else "kind", figures.by_kind),
        ("重复违规" if zh else "repeat offenders", "责任主体" if zh else "responsible party", figures.offenders),
    ]


def _workbook(figures: Statistics, path: Path, lang: Lang) -> None:
    zh = lang == "zh"
    columns = [Column(a if zh else b, "0.0" if "中位" in a else "0 %" if "率" in a else "General") for a, b in _HEAD]
    tables = []
    for name, head, groups in _sheets(figures, lang):
        rows = [[_named(group, name, lang), *_row(group)] for group in groups]
        total = [["合计" if zh else "all", *_row(figures.total)]] if groups is not figures.offenders else []
        tables.append(Table(name, [Column(head, wrap=True), *columns], rows, total))
    months = [Column("月份" if zh else "month"), Column("立案" if zh else "opened"), Column("结案" if zh else "closed")]
    tables.append(Table("按月" if zh else "by month", months, [list(m) for m in figures.months], remarks=_remarks(figures, lang)))
    title = "消防车通道案件统计" if zh else "Figures of fire-lane cases"
    write_book(tables, path, title=title, page="第 {n} 页 共 {of} 页" if zh else "page {n} of {of}")


def _remarks(figures: Statistics, lang: Lang) -> list[str]:
    at = told(figures.at)
    if lang == "zh":
        return [
            f"截至 {at}；撤销和重复的案件不计入已结。", "天数自首次通知之日起至结案之日止；没有通知或尚未结案的不计。",
        ]  # fmt: skip
    return [
        f"As of {at}; void and duplicate cases are not counted as closed.",
        "Days run from the first notice to closing; cases without a notice, or not closed, are left out.",
    ]


def _named(group: Group, sheet: str, lang: Lang) -> str:
    if sheet in ("按违规类别", "by kind") and group.name:
        kind = kinds().get(group.name)
        return group.name if kind is None else kind.text(lang)
    return group.text(lang)


def _document(figures: Statistics) -> dict[str, Any]:
    def row(group: Group) -> dict[str, Any]:
        return {
            "name": group.name, "cases": group.cases, "open": group.open, "overdue": group.overdue, "closed": group.closed,
            "void": group.void, "median_days_to_close": group.median_days, "days_to_close": list(group.days_to_close),
            "reinspections": group.reinspections, "passed": group.passed, "pass_rate": group.pass_rate,
            "repeats": group.repeats, "reopened": group.reopened, "repeat_cases": group.repeat_cases,
            "lonlat": None if group.lonlat is None else list(group.lonlat),
        }  # fmt: skip

    return {
        "schema": "firelane-statistics/1", "at": told(figures.at),
        "since": figures.since.isoformat() if figures.since else None, "until": figures.until.isoformat() if figures.until else None,
        "total": row(figures.total), "by_state": dict(figures.by_state),
        **{name: [row(g) for g in getattr(figures, name)] for name in ("by_district", "by_manager", "by_site", "by_kind", "offenders")},
        "months": [{"month": m, "opened": a, "closed": b} for m, a, b in figures.months],
    }  # fmt: skip


# ------------------------------------------------------------------------------------- charts


def _charts(figures: Statistics, path: Path, lang: Lang) -> None:
    import matplotlib as mpl  # noqa: PLC0415  (slow to import)
    from matplotlib.backends.backend_pdf import PdfPages  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415
    from matplotlib.layout_engine import ConstrainedLayoutEngine  # noqa: PLC0415

    from firelane.fonts import use_chinese_labels  # noqa: PLC0415

    pages = _Pages(figures, lang)
    family = use_chinese_labels(extra="".join(sorted({sign for text in pages.texts for sign in text})))
    look: Any = {"font.family": family, "pdf.fonttype": 42, "axes.unicode_minus": False, "text.parse_math": False}
    undated = {"CreationDate": None, "ModDate": None}
    with mpl.rc_context(look), atomic_path(path) as temporary, PdfPages(temporary, metadata=undated) as pdf:
        for number, draw in enumerate((pages.first, pages.second), 1):
            sheet = Figure(figsize=(11.69, 8.27), layout=ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.15))
            sheet.suptitle(pages.title(number), fontsize=13)
            draw(sheet.subplots(2, 2))
            pdf.savefig(sheet)


class _Pages:
    """Two pages with four charts each."""

    def __init__(self, figures: Statistics, lang: Lang) -> None:
        from firelane.charts.lettering import Lettering  # noqa: PLC0415  (opens a font)

        self.figures, self.lang = figures, lang
        flow = workflow()
        self.states = [(flow.states[s].text(lang), n) for s, n in figures.by_state]
        self.kinds = [(_named(g, "by kind", lang), g.cases) for g in figures.by_kind]
        groups = (figures.by_district, figures.by_manager, figures.offenders)
        names = [g.text(lang) for found in groups for g in found[:_MOST]]
        self.texts = [*names, *(name for name, _ in (*self.states, *self.kinds))]
        self.lettering = Lettering(self.texts)

    def word(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    def title(self, page: int) -> str:
        figures = self.figures
        period = ""
        if figures.since is not None or figures.until is not None:
            since, until = (day.isoformat() if day is not None else "…" for day in (figures.since, figures.until))
            period = self.word(f"　立案 {since} 至 {until}", f"　opened {since} to {until}")
        at = (told(figures.at) or "")[:16].replace("T", " ")
        return self.word(f"消防车通道案件统计　截至 {at}{period}　{page}/2", f"Figures of fire-lane cases　as of {at}{period}　{page}/2")

    def first(self, axes: Any) -> None:
        self._months(axes[0, 0])
        self._bars(axes[0, 1], self.states, self.word("各状态案件数", "cases by state"))
        self._days(axes[1, 0], self.figures.by_district, self.word("通知至结案天数（各区）", "days from notice to closing, by district"))
        self._rates(axes[1, 1], self.figures.by_district, self.word("复查合格率（各区）", "re-inspections passed, by district"))

    def second(self, axes: Any) -> None:
        managers = self.figures.by_manager
        self._days(axes[0, 0], managers, self.word("通知至结案天数（各管理单位）", "days from notice to closing, by manager"))
        self._rates(axes[0, 1], managers, self.word("复查合格率（各管理单位）", "re-inspections passed, by manager"))
        again = [(g.text(self.lang), g.repeats + g.reopened) for g in self.figures.offenders]
        self._bars(axes[1, 0], again, self.word("再次发现或重新立案次数（责任主体）", "found again or reopened, by responsible party"))
        self._bars(axes[1, 1], self.kinds, self.word("各违规类别案件数", "cases by kind of violation"))

    def _head(self, axes: Any, title: str, shown: int, of: int) -> None:
        """Write the head of a chart; what is left out is said."""
        more = self.word(f"，前 {shown} 项，共 {of} 项", f", first {shown} of {of}") if shown < of else ""
        axes.set_title(title + more, fontsize=10)

    def _months(self, axes: Any) -> None:
        months = self.figures.months[-_MOST_MONTHS:]
        spots = range(len(months))
        axes.set_title(self.word("每月立案与结案", "opened and closed by month"), fontsize=10)
        if not months:
            self._nothing(axes)
            return
        for shift, which, colour, label in ((-0.2, 1, _RED, self.word("立案", "opened")), (0.2, 2, _BLUE, self.word("结案", "closed"))):
            axes.bar([s + shift for s in spots], [m[which] for m in months], 0.4, color=colour, label=label)
        slant: Any = {"rotation": 55, "ha": "right", "rotation_mode": "anchor"} if len(months) > _FEWEST_ROWS else {}
        axes.set_xticks(list(spots), [m[0] for m in months], fontsize=8, **slant)
        axes.set_xlim(-1, max(len(months), _FEWEST_ROWS))
        axes.tick_params(axis="y", labelsize=8)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        axes.set_ylim(0, 1.15 * max(1, *(max(m[1:]) for m in months)))  # room for the legend
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.legend(fontsize=8, ncols=2, loc="upper left", frameon=False)

    def _days(self, axes: Any, groups: Sequence[Group], title: str) -> None:
        known = [g for g in groups if g.days_to_close]
        shown = known[:_MOST][::-1]
        self._head(axes, title, len(shown), len(known))
        if not shown:
            self._nothing(axes)
            return
        for spot, group in enumerate(shown):
            axes.plot(group.days_to_close, [spot] * len(group.days_to_close), "o", color=_BLUE, alpha=0.4, markersize=5)
            axes.plot([group.median_days], [spot], "|", color=_RED, markersize=12, markeredgewidth=3)
        self._names(axes, [g.text(self.lang) for g in shown])
        axes.set_xlabel(self.word("天（红线为中位数）", "days (red: median)"), fontsize=8)
        axes.set_xlim(-0.02 * self._most_days(shown), 1.05 * self._most_days(shown))

    @staticmethod
    def _most_days(groups: Sequence[Group]) -> int:
        return max(1, *(g.days_to_close[-1] for g in groups))

    def _rates(self, axes: Any, groups: Sequence[Group], title: str) -> None:
        known = [(g.text(self.lang), g.passed, g.reinspections, g.pass_rate) for g in groups if g.pass_rate is not None]
        shown = known[:_MOST][::-1]
        self._head(axes, title, len(shown), len(known))
        if not shown:
            self._nothing(axes)
            return
        bars = axes.barh(range(len(shown)), [100 * (rate or 0.0) for *_, rate in shown], 0.6, color=_GREY)
        of = self.word(" / {} 次", " of {}")
        axes.bar_label(bars, [f"{passed}{of.format(held)}" for _, passed, held, _ in shown], padding=3, fontsize=8)
        self._names(axes, [name for name, *_ in shown])
        axes.set_xlim(0, 130)
        axes.set_xticks(range(0, 101, 20), [f"{n} %" for n in range(0, 101, 20)], fontsize=8)

    def _bars(self, axes: Any, pairs: Sequence[tuple[str, int]], title: str) -> None:
        shown = list(pairs[:_MOST])[::-1]
        self._head(axes, title, len(shown), len(pairs))
        if not shown:
            self._nothing(axes)
            return
        bars = axes.barh(range(len(shown)), [n for _, n in shown], 0.6, color=_GREY)
        axes.bar_label(bars, padding=3, fontsize=8)
        self._names(axes, [name for name, _ in shown])
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set_xlim(0, 1.12 * max(1, *(n for _, n in shown)))

    def _names(self, axes: Any, names: Sequence[str]) -> None:
        """Name the rows; few rows stay as slim as many."""
        texts = [self.lettering.fitted(name, 8, _NAME_PT) for name in names]
        axes.set_yticks(range(len(texts)), texts, fontsize=8)
        axes.set_ylim(min(-0.6, len(texts) - 0.4 - _FEWEST_ROWS), len(texts) - 0.4)
        axes.tick_params(axis="x", labelsize=8)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)

    def _nothing(self, axes: Any) -> None:
        axes.text(
            0.5, 0.5, self.word("尚无数据", "nothing yet"), ha="center", va="center", transform=axes.transAxes, color="#666666"
        )
        axes.set_axis_off()
