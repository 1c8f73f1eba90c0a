"""The right-hand column: where the lane is, what was found, and what makes each pinch."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from firelane.charts import look
from firelane.charts.gather import CAP_M, LaneView, ShownPinch
from firelane.charts.panels import SMALL_PT, TEXT_PT, Panels, number_look
from firelane.vocabulary import rounded_down

LINE_MM = 3.0
MAP_MM = 46.0
MOST_PINCHES, BYPASSED = 12, 2
MOST_MESSAGES, FEW_MESSAGES = 6, 4


def chosen(view: LaneView, limit_m: float | None) -> dict[int, int]:
    """Return which pinches the list names, and by which number: those that matter, along the lane.

    The governing one first, then those below the limit, a few that are bypassed, and the next widest
    as far as there is room.
    """
    limit = CAP_M if limit_m is None else limit_m + view.accuracy_m

    def rank(n: int) -> tuple[int, float, int]:
        pinch = view.pinches[n]
        if pinch.role == "governing":
            return 0, 0.0, n
        if pinch.role == "bypassed":
            return 4, pinch.width_m, n
        return (1 if pinch.width_m < limit else 3), pinch.width_m, n

    order = sorted(range(len(view.pinches)), key=rank)
    passed = [n for n in order if view.pinches[n].role == "bypassed"]
    first = [n for n in order if view.pinches[n].role != "bypassed"]
    room = MOST_PINCHES - min(len(passed), BYPASSED)
    taken = first[:room] + passed
    kept = sorted(taken[:MOST_PINCHES], key=lambda n: (view.pinches[n].chainage_m, n))
    return {n: number for number, n in enumerate(kept, 1)}


def draw_column(axes: Any, panels: Panels, bottom_mm: float, top_mm: float) -> None:
    """Write findings and pinches into ``axes``, whose unit is the millimetre; what has no room is counted."""
    column = _Column(axes, panels, bottom_mm, top_mm)
    view, words = panels.view, panels.words
    column.heading(words["faults"])
    for n, (verdict, message) in enumerate(view.messages):
        if n >= MOST_MESSAGES or not column.room(3):
            column.line(words["more"].format(n=len(view.messages) - n), color=look.GREY)
            break
        column.item(message, look.VERDICT[verdict], 3 if len(view.messages) <= FEW_MESSAGES else 2)
    if not view.messages:
        column.line(words["none"], color=look.GREY)
    column.skip(1.5)
    column.heading(words["pinches"])
    listed = sorted(panels.numbers.items(), key=lambda item: item[1])
    for shown, (n, number) in enumerate(listed):
        left = len(listed) - shown
        if not column.room(3 if left == 1 else 4):
            column.line(words["more"].format(n=left), color=look.GREY)
            break
        column.pinch(view.pinches[n], number)
    if not listed:
        at_least = words["at_least"].format(value=f"{CAP_M:g}")
        column.line(
            f"{words['none']}（{at_least}）"
            if panels.gathered.lang == "zh"
            else f"{words['none']} ({at_least})"
        )


class _Column:
    """Writes from the top downwards."""

    def __init__(self, axes: Any, panels: Panels, bottom_mm: float, top_mm: float) -> None:
        self.axes, self.panels, self.bottom, self.y = axes, panels, bottom_mm, top_mm
        self.wide_pt = look.SIDE_WIDE_MM * look.MM

    def room(self, lines: int) -> bool:
        return self.y - lines * LINE_MM >= self.bottom

    def skip(self, by_mm: float) -> None:
        self.y -= by_mm

    def heading(self, text: str) -> None:
        self.panels.write(self.axes, 0.0, self.y, text, TEXT_PT, va="top", color=look.INK)
        self.axes.plot((0.0, look.SIDE_WIDE_MM), (self.y - 3.6, self.y - 3.6), color=look.GREY, linewidth=0.5)
        self.y -= 4.6

    def line(self, text: str, *, indent_mm: float = 0.0, **more: Any) -> None:
        room = self.wide_pt - indent_mm * look.MM
        shown = self.panels.lettering.fitted(text, SMALL_PT, room)
        self.panels.write(self.axes, indent_mm, self.y, shown, va="top", **more)
        self.y -= LINE_MM

    def item(self, text: str, colour: str, lines: int) -> None:
        self.axes.plot([1.2], [self.y - 1.3], "s", color=colour, markersize=3.2)
        for line in self.panels.lettering.wrapped(text, SMALL_PT, self.wide_pt - 3.5 * look.MM, lines):
            self.line(line, indent_mm=3.5)
        self.y -= 0.6

    def pinch(self, pinch: ShownPinch, number: int) -> None:
        panels, words = self.panels, self.panels.words
        number_look(panels, self.axes, (2.0, self.y - 1.3), number, pinch)
        colour = look.ROLE[pinch.role]
        first = f"{rounded_down(pinch.width_m)} m   {pinch.chainage_m:.1f} m   {words[pinch.role]}"
        if pinch.alike > 1:
            first += words["times"].format(n=pinch.alike)
        self.line(first, indent_mm=5.5, color=colour)
        for line in panels.lettering.wrapped(self._sides(pinch), SMALL_PT, self.wide_pt - 5.5 * look.MM, 2):
            self.line(line, indent_mm=5.5)
        self.y -= 0.6

    def _sides(self, pinch: ShownPinch) -> str:
        words = self.panels.words
        if pinch.pinch_id is None:
            named = "、".join(self.panels.gathered.owner(o) for o in pinch.owners)
            return named or words["dead_end_governs" if self._at_end(pinch) else "here"]
        names = [self.panels.gathered.owner(o) for o in pinch.owners]
        room = (self.wide_pt - 5.5 * look.MM) * 0.94  # each side keeps a line, however long the other's name
        fitted = [self.panels.lettering.fitted(name, SMALL_PT, room) for name in names]
        return words["between"].format(a=fitted[0], b=fitted[-1])

    def _at_end(self, pinch: ShownPinch) -> bool:
        view = self.panels.view
        kind = view.end_kinds[0 if pinch.chainage_m < view.length_m / 2 else 1]
        return str(kind) == "tip"


def key_map(axes: Any, panels: Panels, wide_mm: float, high_mm: float) -> None:
    """Draw where the lane lies, north up, with its two ends."""
    from matplotlib.collections import LineCollection  # noqa: PLC0415

    from firelane.charts.shapes import add_area  # noqa: PLC0415

    network, line = panels.gathered.audit.network, panels.view.straight.line
    west, south, east, north = shapely.bounds(line)
    x, y = (west + east) / 2, (south + north) / 2
    scale = max((east - west) / wide_mm, (north - south) / high_mm, 60.0 / wide_mm) * 1.45
    half = (scale * wide_mm / 2, scale * high_mm / 2)
    window = (x - half[0], y - half[1], x + half[0], y + half[1])
    axes.set_xlim(window[0], window[2])
    axes.set_ylim(window[1], window[3])
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_linewidth(0.6)
        spine.set_color(look.GREY)
    fine = scale * 0.15
    site = panels.gathered.audit.site
    frame = shapely.box(*window)
    for areas, colour in (
        (site.layer("buildings").geometry.to_numpy(), "#f3efe7"),
        (np.array([network.pavement]), "#dfe3e8"),
    ):
        for area in areas[shapely.intersects(areas, frame)]:
            add_area(axes, shapely.simplify(shapely.clip_by_rect(area, *window), fine), colour)
    lines = network.lanes.geometry.to_numpy()
    # What lies outside would only swell the file.
    near = shapely.simplify(lines[shapely.intersects(lines, frame)], fine)
    others = [shapely.get_coordinates(other) for other in near]
    axes.add_collection(LineCollection(others, colors=[look.GREY], linewidths=0.5), autolim=False)
    xy = shapely.get_coordinates(line)
    axes.plot(xy[:, 0], xy[:, 1], color=look.VERDICT[panels.view.verdict], linewidth=2.2)
    for at, text in ((xy[0], "0"), (xy[-1], f"{panels.view.length_m:.0f}")):
        box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": look.GREY, "linewidth": 0.4}
        panels.write(axes, at[0], at[1], text, ha="center", va="center", zorder=9, clip_on=True, bbox=box)
    told = panels.words["key_map" if site.placed else "key_map_local"]
    panels.write(axes, 0.02, 0.97, told, transform=axes.transAxes, va="top", color=look.GREY)
    bar = look.nice_step(2 * half[0], 5)
    left, low = window[0] + 0.05 * 2 * half[0], window[1] + 0.07 * 2 * half[1]
    axes.plot((left, left + bar), (low, low), color=look.INK, linewidth=1.2)
    panels.write(axes, left + bar / 2, low + 0.6 * scale, f"{bar:g} m", ha="center", va="bottom")
