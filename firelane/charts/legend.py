"""The legend of a lane chart: what is drawn, and with which limits."""

from __future__ import annotations

from typing import Any

from firelane.charts import look
from firelane.charts.panels import SMALL_PT, Panels
from firelane.vocabulary import Verdict, rounded_down

ROW_MM = 4.0


def draw_legend(page: Any, panels: Panels, top_mm: float) -> None:
    """Write the legend below the panels, from left to right in as many rows as it needs (unit: mm)."""
    x, y = look.LEFT_MM, top_mm
    for text, draw in _entries(panels):
        wide = 9.0 + panels.lettering.width_pt(text, SMALL_PT) / look.MM
        if x + wide > look.LEFT_MM + look.WIDE_MM and x > look.LEFT_MM:
            x, y = look.LEFT_MM, y - ROW_MM
        draw(page, x, y)
        panels.write(page, x + 7.5, y, text, va="center")
        x += wide + 3.0


def _entries(panels: Panels) -> list[tuple[str, Any]]:
    words, view, gathered = panels.words, panels.view, panels.gathered
    found: list[tuple[str, Any]] = [
        (words["clear_width"], _line(look.CLEAR, 1.8)),
        (words["section_width"], _line(look.SECTION, 0.9, (0, (5, 2)))),
    ]
    rule = gathered.width_rule
    if rule is not None and rule.threshold is not None:
        text = words["limit"].format(value=rounded_down(rule.threshold), article=rule.article)
        found.append((text, _line(look.LIMIT, 1.1)))
        if view.accuracy_m > 0:
            text = words["band"].format(value=f"{view.accuracy_m:.3f}".rstrip("0").rstrip("."))
            found.append((text, _patch(look.UNCLEAR, 0.25)))
    else:
        found.append((words["no_limit"], _line(look.FAINT, 1.1)))
    height = gathered.height_rule
    if (
        panels.has_heights
        and height is not None
        and height.threshold is not None
        and height.threshold != (rule.threshold if rule else None)
    ):
        text = words["limit"].format(value=rounded_down(height.threshold), article=height.article)
        found.append((f"{words['height_axis']} {text}", _line(look.LIMIT, 1.1)))
    verdicts = {stretch.verdict for stretch in view.stretches}
    found += [(words["below"], _line(look.BELOW, 4.0))] if Verdict.FAIL in verdicts else []
    found += [(words["unclear"], _line(look.UNCLEAR, 4.0))] if Verdict.INDETERMINATE in verdicts else []
    for role in ("governing", "pinch", "envelope", "bypassed"):
        if any(pinch.role == role for pinch in view.pinches):
            found.append((words[role], _mark(role)))
    if any(not t.overhead for t in view.things):
        found.append((words["obstruction"], _patch(look.BODY, 0.9)))
    if any(t.overhead for t in view.things):
        found.append((words["overhead"], _patch(look.OVERHEAD, 0.55)))
    found.append((words["pavement"], _patch(look.DESIGNATED if view.designated else look.PAVEMENT, 1.0)))
    return found


def _line(colour: str, wide: float, dash: Any = "-") -> Any:
    def draw(axes: Any, x: float, y: float) -> None:
        axes.plot((x, x + 6), (y, y), color=colour, linewidth=wide, linestyle=dash, solid_capstyle="butt")

    return draw


def _patch(colour: str, alpha: float) -> Any:
    def draw(axes: Any, x: float, y: float) -> None:
        axes.fill_between((x + 0.5, x + 5.5), y - 1.2, y + 1.2, color=colour, alpha=alpha, linewidth=0)

    return draw


def _mark(role: str) -> Any:
    def draw(axes: Any, x: float, y: float) -> None:
        strong = role == "governing"
        axes.plot(
            [x + 3], [y], look.MARK[role], markersize=7 if strong else 4, markeredgecolor=look.ROLE[role],
            markerfacecolor="white" if role in ("governing", "bypassed") else look.ROLE[role],
            markeredgewidth=1.8 if strong else 0.9,
        )  # fmt: skip

    return draw
