"""The index in front of many charts: one row per lane, with the page it is on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from firelane.charts import look
from firelane.charts.gather import CAP_M, Gathered
from firelane.charts.lettering import Lettering
from firelane.site.credit import credit
from firelane.vocabulary import Verdict, rounded_down

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INDEX_FROM = 9
"""An index goes in front of this many lanes or more."""

ROWS = 34
_ROW_MM, _TOP_MM, _PT = 4.9, 186.0, 7.5


def index_pages(
    gathered: Gathered, ids: list[str], lettering: Lettering, *, without_page: frozenset[str] = frozenset()
) -> list[Figure]:
    """Return the pages of the index; one that says so where there are no lanes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  (slow to import)
    from matplotlib.figure import Figure as NewFigure  # noqa: PLC0415

    rows = {row.lane_id: row for row in gathered.audit.lanes.itertuples()}
    rest = [i for i in ids if i in without_page]
    if len(rest) > ROWS:  # pages of "not measured" tell less than one line
        ids = [i for i in ids if i not in without_page]
    else:
        rest = []
    count = max(-(-(len(ids) + bool(rest)) // ROWS), 1)
    paged = [i for i in ids if i not in without_page]
    page_of = {lane_id: count + n for n, lane_id in enumerate(paged, 1)}
    pages = []
    for n in range(count):
        figure = NewFigure(figsize=look.PAGE_IN, facecolor="white")
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1), label="index")
        axes.set_axis_off()
        axes.set_xlim(0.0, look.PAGE_MM[0])
        axes.set_ylim(0.0, look.PAGE_MM[1])
        table = _Table(axes, gathered, lettering)
        table.heading()
        for place, lane_id in enumerate(ids[n * ROWS : (n + 1) * ROWS]):
            table.row(place + 1, rows[lane_id], page_of.get(lane_id))
        if rest and n == count - 1:
            length_m = sum(float(rows[i].length_m) for i in rest)
            told = gathered.words["rest_by_line"].format(n=len(rest), length=f"{length_m:.0f}")
            table.write(14.0, _TOP_MM - _ROW_MM * (len(ids) - n * ROWS + 1) - 0.6, told, 270.0, color=look.GREY)
        if not ids and not rest:
            some = len(gathered.audit.lanes) > 0
            table.write(14.0, _TOP_MM - _ROW_MM, gathered.words["no_failing" if some else "no_lane"])
        pages.append(figure)
    return pages


class _Table:
    """One page of the index; columns by their left edge [mm], numbers by their right edge."""

    def __init__(self, axes: Any, gathered: Gathered, lettering: Lettering) -> None:
        self.axes, self.gathered, self.words, self.lettering = axes, gathered, gathered.words, lettering
        self.names = gathered.road_names

    def write(self, x: float, y: float, text: str, room_mm: float = 200.0, **more: Any) -> None:
        more.setdefault("color", look.INK)
        size = more.pop("size", _PT)
        shown = self.lettering.fitted(text, size, room_mm * look.MM)
        self.axes.text(
            x, y, shown, fontproperties=self.lettering.font(size), parse_math=False, va="center", **more
        )

    def heading(self) -> None:
        site, words = self.gathered.audit.site, self.words
        self.write(14.0, 202.0, f"{words['title']}    {site.name or site.id}", 250.0, size=13.0)
        named = credit(site, self.gathered.lang)
        self.write(14.0, 194.5, f"{words['index']}  ·  {named}" if named else words["index"], color=look.GREY)
        for x, key, align in ((14.0, "lane", "left"), (46.0, "roads", "left"), (176.0, "length", "right"),
                              (206.0, "least_width", "right"), (230.0, "margin", "right"), (236.0, "verdict", "left"),
                              (284.0, "page", "right")):  # fmt: skip
            self.write(x, _TOP_MM, words[key], ha=align, color=look.GREY)
        self.axes.plot((14.0, 284.0), (_TOP_MM - 2.4, _TOP_MM - 2.4), color=look.GREY, linewidth=0.6)

    def row(self, place: int, row: Any, page: int | None) -> None:
        y = _TOP_MM - _ROW_MM * place - 0.6
        verdict = Verdict(row.verdict)
        named = [str(self.names[r]) if isinstance(self.names.get(r), str) else str(r) for r in row.road_ids]
        width = float(row.min_clear_width_m)
        rule = self.gathered.width_rule
        known = not math.isnan(width)
        told = self.words["not_measured"] if not known else f"{rounded_down(width)} m"
        told = self.words["at_least"].format(value=f"{CAP_M:g}") if known and width >= CAP_M else told
        self.write(14.0, y, str(row.lane_id), 30.0)
        self.write(46.0, y, "、".join(dict.fromkeys(named)), 112.0)
        self.write(176.0, y, f"{row.length_m:.1f} m", ha="right")
        self.write(206.0, y, told, ha="right")
        if known and rule is not None and rule.threshold is not None and width < CAP_M:
            margin = width - rule.threshold
            # The margin of the width shown: 3.9996 m is 1 mm short, as its text says.
            self.write(230.0, y, f"{float(rounded_down(width)) - rule.threshold:+.3f} m", ha="right",
                       color=look.BELOW if margin < -1e-6 else look.INK)  # fmt: skip
        self.write(236.0, y, verdict.label(self.gathered.lang), 40.0, color=look.VERDICT[verdict])
        self.write(284.0, y, "–" if page is None else str(page), ha="right")
