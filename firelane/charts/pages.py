"""Charts as files: one lane as a picture or a page, all lanes as one PDF."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firelane.auditing import Audit
from firelane.charts import look
from firelane.charts.column import MAP_MM, chosen, draw_column, key_map
from firelane.charts.gather import CAP_M, Gathered, worst_first
from firelane.charts.index import INDEX_FROM, index_pages
from firelane.charts.legend import draw_legend
from firelane.charts.lettering import Lettering
from firelane.charts.panels import SMALL_PT, TEXT_PT, Panels
from firelane.errors import InputError, Problem, UsageError
from firelane.files import atomic_path
from firelane.site.credit import credit
from firelane.vocabulary import Lang, Verdict, rounded_down

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STRIP_MM, GAP_MM, HEIGHT_MM = 58.0, 4.0, 30.0
BOTTOM_MM, TOP_MM = 25.0, 185.0


def lane_chart(
    audit: Audit, lane_id: str, path: str | os.PathLike[str], *, lang: Lang = "zh", dpi: int = 150
) -> None:
    """Write the chart of one lane: clear width and what bounds it along the chainage.

    Parameters
    ----------
    audit : Audit
    lane_id : str
    path : path-like
        A ``.png`` or ``.pdf`` file; it is replaced only when the new one is complete.
    lang : {"zh", "en"}
    dpi : int
        Pixels per inch of a picture; the page is A4 landscape.

    Raises
    ------
    InputError
        If there is no such lane.
    UsageError
        If ``path`` ends in anything else.
    OutputError
        If the file cannot be written.
    """
    kind = Path(path).suffix.lower()
    if kind not in (".png", ".pdf"):
        raise UsageError(f"a lane chart ends in .png or .pdf, not in {kind or 'nothing'}")
    _check(audit, [lane_id])
    gathered = Gathered(audit, lang)
    if kind == ".pdf":
        _write_pdf(gathered, [lane_id], path, index=False)
        return
    figure = _Drawer(gathered, [lane_id]).page(lane_id, dpi=dpi)
    with atomic_path(path) as temporary:
        # Without the software's name and version the same input gives the same file.
        figure.savefig(temporary, format="png", metadata={"Software": None})


def lane_charts(
    audit: Audit,
    path_pdf: str | os.PathLike[str],
    *,
    lang: Lang = "zh",
    only_failing: bool = False,
    lane_ids: tuple[str, ...] = (),
) -> int:
    """Write the charts of all lanes as one PDF, worst first, and return how many lanes it shows.

    More than eight lanes get an index in front. A site without lanes, or without failing ones, gets
    the index alone, which says so. Lanes whose width is not measured, for only their centreline is known, stand in
    the index (in one line, where they are many) and have no page.

    Parameters
    ----------
    audit : Audit
    path_pdf : path-like
    lang : {"zh", "en"}
    only_failing : bool
        Only lanes that do not pass: those that fail, and those that the accuracy leaves open.
    lane_ids : tuple of str
        Only these lanes; all where none is named.

    Raises
    ------
    InputError
        If there is no lane of that id.
    OutputError
        If the file cannot be written.
    """
    ids = lanes_shown(audit, only_failing=only_failing, lane_ids=lane_ids)
    # A lane of which only the centreline is known has no profile: the index tells of it, unless it is asked for.
    lines = frozenset(audit.network.line_lanes["lane_id"]) - frozenset(lane_ids)
    index = len(ids) >= INDEX_FROM or not ids or not lines.isdisjoint(ids)
    _write_pdf(Gathered(audit, lang), ids, path_pdf, index=index, without_page=lines)
    return len(ids)


def lanes_shown(audit: Audit, *, only_failing: bool = False, lane_ids: tuple[str, ...] = ()) -> list[str]:
    """Return the ids of the lanes that `lane_charts` shows, in its order: worst first.

    Raises
    ------
    InputError
        If there is no lane of one of ``lane_ids``.
    """
    _check(audit, lane_ids)
    told = dict(zip(audit.lanes["lane_id"], audit.lanes["verdict"], strict=True))
    ids = [i for i in worst_first(audit) if not lane_ids or i in lane_ids]
    if only_failing:
        ids = [i for i in ids if told[i] in (Verdict.FAIL, Verdict.INDETERMINATE)]
    return ids


def _check(audit: Audit, lane_ids: list[str] | tuple[str, ...]) -> None:
    """Refuse lanes that are not there, naming those that are."""
    known = [str(i) for i in audit.lanes["lane_id"]]
    few, rest = ", ".join(known[:12]), len(known) - 12
    problems = [
        Problem(
            f"there is no lane {i!r}", f"lanes are: {few}" + (f" and {rest} more" if rest > 0 else ""),
            message_zh=f"没有车道 {i!r}", remedy_zh=f"车道有：{few}" + (f" 等 {len(known)} 条" if rest > 0 else ""),
        )
        for i in lane_ids if i not in known
    ]  # fmt: skip
    if problems:
        raise InputError(problems)


def _write_pdf(
    gathered: Gathered, ids: list[str], path: str | os.PathLike[str], *, index: bool,
    without_page: frozenset[str] = frozenset(),
) -> None:  # fmt: skip
    from matplotlib import rc_context  # noqa: PLC0415  (slow to import)
    from matplotlib.backends.backend_pdf import PdfPages  # noqa: PLC0415

    shown = [i for i in ids if i not in without_page]
    drawer = _Drawer(gathered, shown)
    # TrueType keeps the texts searchable; a font of cubic outlines cannot be embedded so.
    kind = 42 if drawer.lettering.outlines else 3
    with (
        atomic_path(path) as temporary,
        rc_context({"pdf.fonttype": kind}),
        PdfPages(
            temporary, metadata={"CreationDate": None, "Creator": "firelane", "Producer": None}
        ) as pages,
    ):
        if index:
            for figure in index_pages(gathered, ids, drawer.lettering, without_page=without_page):
                pages.savefig(figure)
        for lane_id in shown:
            pages.savefig(drawer.page(lane_id, dpi=72))


class _Drawer:
    """Draws pages with one font for all of them."""

    def __init__(self, gathered: Gathered, ids: list[str]) -> None:
        self.gathered = gathered
        self.views = {lane_id: gathered.view(lane_id) for lane_id in ids}
        texts = [
            *gathered.words.values(),
            *gathered.names.values(),
            gathered.audit.site.name,
            gathered.audit.site.id,
            credit(gathered.audit.site, gathered.lang),
        ]
        texts += [verdict.label(gathered.lang) for verdict in Verdict]
        texts += [str(name) for name in gathered.road_names.values() if isinstance(name, str)]
        for rule in (gathered.width_rule, gathered.height_rule):
            texts += [] if rule is None else [rule.article, rule.source]
        for owners in gathered.audit.pinches["owners"]:
            texts += [gathered.owner(o) for o in owners]
        for view in self.views.values():
            texts += [view.title, view.roads, view.lane_id, *view.ends, *(text for _, text in view.messages)]
        self.lettering = Lettering([*texts, "".join(map(chr, range(32, 127))), "·–—…▶◀×±"])

    def page(self, lane_id: str, *, dpi: int) -> Figure:
        """Return the page of one lane."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
        from matplotlib.figure import Figure as NewFigure  # noqa: PLC0415

        view, gathered = self.views[lane_id], self.gathered
        limit = None if gathered.width_rule is None else gathered.width_rule.threshold
        panels = Panels(gathered, view, self.lettering, chosen(view, limit))
        figure = NewFigure(figsize=look.PAGE_IN, dpi=dpi, facecolor="white")
        FigureCanvasAgg(figure)
        page = self._millimetres(figure)
        self._heading(page, panels)
        panels.strip(self._axes(figure, TOP_MM - STRIP_MM, STRIP_MM, "strip"), STRIP_MM)
        low = BOTTOM_MM + (HEIGHT_MM + GAP_MM if panels.has_heights else 0.0)
        high = TOP_MM - STRIP_MM - GAP_MM - low
        panels.widths(self._axes(figure, low, high, "widths"), high, labelled=not panels.has_heights)
        if panels.has_heights:
            panels.heights(self._axes(figure, BOTTOM_MM, HEIGHT_MM, "heights"))
        draw_legend(page, panels, BOTTOM_MM - 12.0)
        map_axes = self._axes(figure, TOP_MM + 4 - MAP_MM, MAP_MM, "map", look.SIDE_MM, look.SIDE_WIDE_MM)
        key_map(map_axes, panels, look.SIDE_WIDE_MM, MAP_MM)
        side = self._axes(figure, 0.0, look.PAGE_MM[1], "side", look.SIDE_MM, look.SIDE_WIDE_MM)
        side.set_axis_off()
        side.set_xlim(0.0, look.SIDE_WIDE_MM)
        side.set_ylim(0.0, look.PAGE_MM[1])
        draw_column(side, panels, 12.0, TOP_MM - MAP_MM)
        return figure

    @staticmethod
    def _axes(
        figure: Figure,
        low: float,
        high: float,
        name: str,
        left: float = look.LEFT_MM,
        wide: float = look.WIDE_MM,
    ) -> Any:
        width, height = look.PAGE_MM
        return figure.add_axes((left / width, low / height, wide / width, high / height), label=name)

    def _millimetres(self, figure: Figure) -> Any:
        axes = self._axes(figure, 0.0, look.PAGE_MM[1], "page", 0.0, look.PAGE_MM[0])
        axes.set_axis_off()
        axes.set_xlim(0.0, look.PAGE_MM[0])
        axes.set_ylim(0.0, look.PAGE_MM[1])
        return axes

    def _heading(self, page: Any, panels: Panels) -> None:
        view, words, lettering = panels.view, panels.words, self.lettering
        title = f"{words['title']}    {words['lane']} {view.lane_id}" + (
            f"  {view.title}" if view.title else ""
        )
        panels.write(page, 12.0, 203.0, lettering.fitted(title, 13.0, 220 * look.MM), 13.0, va="top")
        verdict = view.verdict.label(self.gathered.lang)
        badge = {"boxstyle": "round,pad=0.35", "facecolor": look.VERDICT[view.verdict], "edgecolor": "none"}
        panels.write(page, 288.0, 201.5, verdict, 9.5, ha="right", va="top", color="white", bbox=badge)
        site = self.gathered.audit.site
        parts = [
            site.name or site.id,
            f"{words['roads']} {view.roads}",
            f"{words['length']} {view.length_m:.1f} m",
        ]
        parts.append(f"{words['least_width']} {width_text(view.least_width_m, words)}")
        if not math.isnan(view.least_height_m):
            parts.append(f"{words['least_height']} {width_text(view.least_height_m, words)}")
        if view.designated:
            parts.append(words["designated"])
        if named := credit(site, self.gathered.lang):
            parts.append(named)
        shown = [lettering.fitted(part, TEXT_PT, 62 * look.MM) for part in parts]
        panels.write(
            page,
            12.0,
            195.5,
            lettering.fitted("  ·  ".join(shown), TEXT_PT, 272 * look.MM),
            TEXT_PT,
            va="top",
            color=look.GREY,
        )
        foot = words["foot"].format(start=view.ends[0])
        panels.write(
            page, look.LEFT_MM, 3.5, lettering.fitted(foot, SMALL_PT, 200 * look.MM), color=look.GREY
        )


def width_text(width_m: float, words: Any) -> str:
    """Return a width for reading: rounded down, "8 m or more" from there on, or not measured."""
    if math.isnan(width_m):
        return str(words["not_measured"])
    if width_m >= CAP_M:
        return str(words["at_least"].format(value=f"{CAP_M:g}"))
    return f"{rounded_down(width_m)} m"
