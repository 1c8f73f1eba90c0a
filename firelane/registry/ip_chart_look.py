"""Colours, words and paper of a programme's charts (图表的颜色、文字和版面)."""

from __future__ import annotations

import math
import string
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from firelane.charts.lettering import Lettering
from firelane.charts.look import GREY, PAGE_IN
from firelane.registry.indicators import GrowthMethod
from firelane.registry.ip_words import told, word
from firelane.registry.judging import Status

if TYPE_CHECKING:
    from firelane.registry.ip_standing import Standing
    from firelane.vocabulary import Lang

COLOURS = {
    Status.OVERDUE: "#b3122b", Status.UNDECIDED: "#6b3fa0", Status.AT_RISK: "#d07c00", Status.NOT_EVALUABLE: "#aab2bb",
    Status.ON_TRACK: "#2f6fb0", Status.QUALITATIVE: "#d9dde1", Status.ACHIEVED: "#2e8b57",
}  # fmt: skip
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.28, 0.93, 0.84, 0.09
NAME_PT, _TITLE_PT, _REMARK_PT = 205.0, 17.0, 10.0
_LABELS = {
    "indicators": ("指标完成目标的份额", "Share of the targets"), "lead_units": ("各牵头单位的任务", "Tasks by lead unit"),
    "growth": ("年均增幅：年度数值与两种算法", "Growth: yearly figures and both methods"), "fund_shares": ("资金比例：各种读法", "Fund shares by every reading"),
    "counts": ("累计进展", "Counts over time"), "nothing": ("没有记录", "nothing is recorded"),
    "share": ("完成目标的份额（%）；竖线为此时应完成的份额", "share of the target [%]; the line: expected by now"),
    "tasks": ("任务数（共同牵头的任务列在各单位）", "tasks (a joint one stands at each of its leads)"),
    "part": ("* 未满一年，不计入", "* part of a year, not counted"), "fund": ("比例（%）；竖线为要求", "share [%]; the line: what is required"),
    "lines": ("虚线为目标，点线为期限", "dashed: the target; dotted: the last day"),
}  # fmt: skip


def texts_of(s: Standing, lang: Lang) -> str:
    """Return every sign that may be drawn: the font must hold them."""
    parts = [
        string.printable,
        "—–≥≤…（）：；，、“”\u3000→",
        s.plan.label(lang),
        *(told(pair, lang) for pair in _LABELS.values()),
    ]
    parts += [word(key, lang) for key in ("as_of", "known", "met", "missed", "no_rate")]
    parts += [
        i.indicator.label(lang) + i.indicator.actual_unit_label(lang) + i.indicator.target_text(lang) for i in s.indicators
    ]
    parts += [u.lead.label(lang) for u in s.units] + [f.rule.label(lang) + f.ruling.label(lang) for f in s.funds.rules]
    parts += (
        [x.reading.label(lang) for f in s.funds.rules for x in f.shares]
        + [x.label(lang) for x in Status]
        + [m.label(lang) for m in GrowthMethod]
    )
    for i in s.indicators:
        if i.growth is not None:
            parts += [told(i.growth.reason, lang), told(i.growth.mean_reason, lang)]
    return "".join(parts)


def label(key: str, lang: Lang) -> str:
    """Return a word of the charts."""
    return told(_LABELS[key], lang)


class Pen:
    """Sets titles and names in the room there is."""

    def __init__(self, lettering: Lettering) -> None:
        self.lettering = lettering

    def head(self, sheet: Any, title: str, remark: str) -> None:
        """Set title and remark of a page."""
        room = (_RIGHT - 0.03) * PAGE_IN[0] * 72
        sheet.text(0.03, 0.95, self.lettering.fitted(title, _TITLE_PT, room), fontsize=_TITLE_PT, va="center")
        sheet.text(0.03, 0.918, self.lettering.fitted(remark, _REMARK_PT, room), fontsize=_REMARK_PT, va="top", color=GREY)

    def names(self, texts: Sequence[str], room_pt: float, lines: int = 1, size: float = 9.0) -> list[str]:
        """Return texts broken to the room there is."""
        return ["\n".join(self.lettering.wrapped(t, size, room_pt, lines)) for t in texts]

    def shown(self, text: str) -> str:
        """Return a text without signs that the font lacks."""
        return self.lettering.shown(text)


def axes_of(sheet: Any, left: float = _LEFT) -> Any:
    """Return the one pair of axes of a page."""
    axes = sheet.add_axes((left, _BOTTOM, _RIGHT - left, _TOP - _BOTTOM))
    bare(axes)
    return axes


def bare(axes: Any) -> None:
    """Leave out the frame at the top and the right."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_axisbelow(True)


def nothing(axes: Any, lang: Lang) -> None:
    """Say that nothing is recorded."""
    axes.text(0.5, 0.5, label("nothing", lang), ha="center", va="center", transform=axes.transAxes, color=GREY, fontsize=12)
    axes.set_axis_off()


def legend(axes: Any, statuses: Sequence[Status], lang: Lang) -> None:
    """Name the colours above the axes."""
    from matplotlib.patches import Patch  # noqa: PLC0415

    handles = [Patch(facecolor=COLOURS[x], label=x.label(lang)) for x in statuses]
    axes.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=7,
        fontsize=9,
        frameon=False,
        handlelength=1.2,
        columnspacing=1.2,
    )


def grid(sheet: Any, count: int, columns: int) -> list[Any]:
    """Return axes in rows and columns over a page."""
    rows = max(1, math.ceil(count / columns))
    wide, high = (0.94 / columns), (0.84 / rows)
    made = []
    for n in range(count):
        row, column = divmod(n, columns)
        axes = sheet.add_axes((0.04 + column * wide + 0.035, 0.88 - (row + 1) * high + 0.075, wide - 0.065, high - 0.175))
        bare(axes)
        made.append(axes)
    return made
