"""The three panels along the chainage: the lane drawn straight, its widths, its clear heights."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from firelane.charts import look
from firelane.charts.gather import CAP_M, Floats, Gathered, LaneView, ShownPinch, Thing
from firelane.charts.lettering import Lettering
from firelane.findings.laser import CEILING_M
from firelane.rules.model import Rule
from firelane.vocabulary import LaneEnd, Verdict, rounded_down

SMALL_PT, TEXT_PT = 6.5, 7.5
LABEL_TIERS, LABEL_MM = 4, 34.0
NUMBER_TIERS = 3
LEAST_OFFSET_M, MOST_OFFSET_M = 3.0, 14.0


class Panels:
    """Draws the panels of one lane; ``numbers`` are those of the list of pinches."""

    def __init__(
        self, gathered: Gathered, view: LaneView, lettering: Lettering, numbers: dict[int, int]
    ) -> None:
        self.gathered, self.view, self.lettering, self.numbers = gathered, view, lettering, numbers
        self.words = gathered.words
        self._range = (0.0, max(view.length_m, 1.0))
        self._pt_per_m = look.WIDE_MM * look.MM / (self._range[1] - self._range[0])

    def write(self, axes: Any, x: float, y: float, text: str, size: float = SMALL_PT, **more: Any) -> Any:
        """Write a text that stands for itself: no mathematics, no other font."""
        more.setdefault("color", look.INK)
        shown = self.lettering.shown(text)
        return axes.text(x, y, shown, fontproperties=self.lettering.font(size), parse_math=False, **more)

    def _frame(self, axes: Any, *, labelled: bool) -> None:
        axes.set_xlim(*self._range)
        step = look.nice_step(self._range[1], 14)
        ticks = np.arange(0.0, self._range[1] + 1e-9, step)
        axes.set_xticks(ticks)
        axes.set_xticklabels(
            [f"{t:g}" for t in ticks] if labelled else [], fontproperties=self.lettering.font(TEXT_PT)
        )
        axes.tick_params(length=2.5, width=0.6, color=look.GREY, labelcolor=look.INK, pad=2)
        for spine in axes.spines.values():
            spine.set_linewidth(0.6)
            spine.set_color(look.GREY)
        if labelled:
            axes.set_xlabel(self.words["chainage"], fontproperties=self.lettering.font(TEXT_PT), labelpad=1)

    def _ticks(self, axes: Any, values: list[float], labels: list[str], title: str) -> None:
        axes.set_yticks(values)
        axes.set_yticklabels(labels, fontproperties=self.lettering.font(TEXT_PT))
        axes.set_ylabel(title, fontproperties=self.lettering.font(TEXT_PT))
        axes.yaxis.set_label_coords(-0.062, 0.5)

    def _limit(self, axes: Any, rule: Rule, gid: str, curve: Floats) -> None:
        """Draw a rule's limit with its article, where the curve leaves room."""
        limit = float(rule.threshold or 0.0)
        axes.axhline(limit, color=look.LIMIT, linewidth=1.1, zorder=4, gid=gid)
        text = self.words["limit"].format(value=rounded_down(limit), article=rule.article)
        shown = self.lettering.fitted(text, SMALL_PT, 0.4 * look.WIDE_MM * look.MM)
        share = (self.lettering.width_pt(shown, SMALL_PT) + 8) / (look.WIDE_MM * look.MM)
        at = self.view.chainage_m / self._range[1]
        crossed = at[(curve > limit - 0.1) & (curve < limit + 1.0)]
        begins = [0.997 - share, 0.003, 0.5 - share / 2, 0.25 - share / 2, 0.75 - share / 2]
        free = [x for x in begins if not np.any((crossed > x - 0.02) & (crossed < x + share + 0.02))]
        x = free[0] if free else begins[0]
        self.write(axes, x + share, limit, shown, ha="right", va="bottom", color=look.LIMIT, zorder=7,
                   transform=axes.get_yaxis_transform())  # fmt: skip

    # ------------------------------------------------------------------ the lane drawn straight

    def strip(self, axes: Any, height_mm: float) -> None:
        """Draw pavement, obstructions with their names on either side, and pinches from contact to contact."""
        view = self.view
        half = self._half_m()
        self._frame(axes, labelled=False)
        # The outer quarters are for the names of what stands there.
        axes.set_ylim(-2 * half, 2 * half)
        self._ticks(axes, [half, 0.0, -half], [f"{half:g}", "0", f"{half:g}"], self.words["offset_axis"])
        for at, text in ((0.25, "left"), (-0.25, "right")):
            self.write(
                axes,
                1.004,
                0.5 + at,
                self.words[text],
                transform=axes.transAxes,
                va="center",
                color=look.GREY,
            )
        s = view.straight
        left, right = np.clip(s.left_m, 0, 1.15 * half), np.clip(s.right_m, 0, 1.15 * half)
        known = np.isfinite(left) & np.isfinite(right)
        axes.fill_between(
            s.chainage_m, -right, left, where=known, color=look.DESIGNATED if view.designated else look.PAVEMENT,
            linewidth=0, zorder=1,
        )  # fmt: skip
        for edge in (left, -right):
            axes.plot(s.chainage_m, edge, color=look.INK, linewidth=0.9, zorder=3)
        axes.plot(self._range, (0, 0), color=look.GREY, linewidth=0.5, linestyle=(0, (8, 3, 1, 3)), zorder=2)
        self._end_marks(axes, half)
        for thing in view.things:
            self._body(axes, thing)
        for n, pinch in enumerate(view.pinches):
            if pinch.ends is not None:
                wide = 2.0 if pinch.role == "governing" else 0.9
                axes.plot(
                    pinch.ends[:, 0], pinch.ends[:, 1], color=look.ROLE[pinch.role], linewidth=wide, zorder=6,
                    solid_capstyle="butt", linestyle="--" if pinch.role == "bypassed" else "-", gid=f"pinch-{n}",
                )  # fmt: skip
        self._names(axes, half, height_mm)
        ratio = (self._pt_per_m, height_mm * look.MM / (4 * half))
        text = self.words["exaggerated"].format(n=f"{ratio[1] / ratio[0]:.2g}")
        self.write(
            axes, 0.998, -0.015, text, transform=axes.transAxes, ha="right", va="top", color=look.GREY
        )

    def _half_m(self) -> float:
        edges = np.concatenate((self.view.straight.left_m, self.view.straight.right_m))
        edges = edges[np.isfinite(edges)]
        wide = float(np.percentile(edges, 90)) if len(edges) else LEAST_OFFSET_M
        return float(np.ceil(np.clip(1.15 * wide, LEAST_OFFSET_M, MOST_OFFSET_M)))

    def _end_marks(self, axes: Any, half: float) -> None:
        for kind, at in zip(self.view.end_kinds, self._range, strict=True):
            look_of = {
                LaneEnd.TIP: {"color": look.INK, "linewidth": 3.0},
                LaneEnd.MOUTH: {"color": "#1d7a3e", "linewidth": 2.0},
                LaneEnd.JUNCTION: {"color": look.GREY, "linewidth": 1.0, "linestyle": ":"},
            }[kind]
            axes.plot((at, at), (-half, half), zorder=4, clip_on=False, solid_capstyle="butt", **look_of)
        room = 0.48 * look.WIDE_MM * look.MM
        for text, x, align in ((self.view.ends[0], 0.0, "left"), (self.view.ends[1], 1.0, "right")):
            marked = f"▶ {text}" if align == "left" else f"{text} ◀"
            shown = self.lettering.fitted(marked, TEXT_PT, room)
            self.write(axes, x, 1.02, shown, TEXT_PT, transform=axes.transAxes, ha=align, va="bottom")

    def _body(self, axes: Any, thing: Thing) -> None:
        from matplotlib.patches import PathPatch  # noqa: PLC0415
        from matplotlib.path import Path  # noqa: PLC0415

        colour = look.OVERHEAD if thing.overhead else look.BODY
        for part in shapely.get_parts(thing.shape):
            xy = shapely.get_coordinates(part)
            if part.geom_type == "Polygon":
                rings = [shapely.get_coordinates(r) for r in shapely.get_rings(shapely.orient_polygons(part))]
                outline = Path.make_compound_path(*(Path(r, closed=True) for r in rings))
                axes.add_patch(PathPatch(
                    outline, facecolor="none" if thing.overhead else colour, edgecolor=colour, linewidth=0.8,
                    hatch="////" if thing.overhead else None, zorder=5, alpha=0.9,
                ))  # fmt: skip
            elif part.geom_type == "Point":
                axes.plot(xy[:, 0], xy[:, 1], "x", color=colour, markersize=4, zorder=5)
            else:
                axes.plot(xy[:, 0], xy[:, 1], color=colour, linewidth=1.6, zorder=5)

    def _names(self, axes: Any, half: float, height_mm: float) -> None:
        """Write the obstructions' names above and below the pavement, in rows that keep them apart."""
        from matplotlib.transforms import blended_transform_factory  # noqa: PLC0415

        mixed = blended_transform_factory(axes.transData, axes.transAxes)
        row = (SMALL_PT + 2.0) / (height_mm * look.MM)
        left_over = 0
        for side in (1, -1):
            here = [t for t in self.view.things if (t.offset_m >= 0) == (side > 0)]
            texts = [self.lettering.fitted(t.name, SMALL_PT, LABEL_MM * look.MM) for t in here]
            middles = [
                self._kept_inside((t.start_m + t.end_m) / 2, w) for t, w in zip(here, texts, strict=True)
            ]
            places = [(m * self._pt_per_m, self.lettering.width_pt(w, SMALL_PT) + 5)
                      for m, w in zip(middles, texts, strict=True)]  # fmt: skip
            for thing, text, middle, tier in zip(
                here, texts, middles, look.tiers(places, LABEL_TIERS), strict=True
            ):
                if tier < 0:
                    left_over += 1
                    continue
                y = 0.775 + row * (tier + 0.55) if side > 0 else 0.225 - row * (tier + 0.55)
                colour = look.OVERHEAD if thing.overhead else look.BODY
                foot = min(abs(thing.offset_m), half) * side
                at = (thing.start_m + thing.end_m) / 2
                axes.annotate(
                    "", (at, foot), (middle, y), xycoords="data", textcoords=mixed, zorder=4,
                    arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.4, "shrinkA": 2, "shrinkB": 0},
                )  # fmt: skip
                self.write(axes, middle, y, text, transform=mixed, ha="center", va="center", color=colour, zorder=8,
                           bbox={"boxstyle": "square,pad=0.08", "facecolor": "white", "edgecolor": "none"})  # fmt: skip
        if left_over:
            text = self.words["more_labels"].format(n=left_over)
            self.write(axes, 0.002, -0.015, text, transform=axes.transAxes, va="top", color=look.GREY)

    def _kept_inside(self, at_m: float, text: str) -> float:
        """Return a place for a text's middle such that it does not run out of the panel."""
        half = (self.lettering.width_pt(text, SMALL_PT) / 2 + 4) / self._pt_per_m
        low, high = self._range[0] + half, self._range[1] - half
        return min(max(at_m, low), high) if low < high else sum(self._range) / 2

    # ------------------------------------------------------------------ widths

    def widths(self, axes: Any, height_mm: float, *, labelled: bool) -> None:
        """Draw clear width and section width, the limit, the stretches below it and the pinches."""
        view, words = self.view, self.words
        self._frame(axes, labelled=labelled)
        low, high = -2.2 if view.stretches else -0.3, CAP_M + 2.4
        points_per_m = height_mm * look.MM / (high - low)
        axes.set_ylim(low, high)
        values = [float(v) for v in range(int(CAP_M) + 1)]
        labels = [f"{v:g}" for v in values[:-1]] + [words["or_more"].format(value=f"{CAP_M:g}")]
        self._ticks(axes, values, labels, words["width_axis"])
        axes.grid(axis="y", color=look.FAINT, linewidth=0.4)
        axes.set_axisbelow(True)
        axes.axhline(0.0, color=look.GREY, linewidth=0.6)
        for name, values_m, style in (
            (
                "section_width",
                view.section_m,
                {"color": look.SECTION, "linewidth": 0.9, "linestyle": (0, (5, 2))},
            ),
            ("clear_width", view.clear_m, {"color": look.CLEAR, "linewidth": 1.8}),
        ):
            axes.plot(view.chainage_m, np.minimum(values_m, CAP_M), gid=name, zorder=5, **style)
        rule = self.gathered.width_rule
        if rule is not None and rule.threshold is not None:
            limit = float(rule.threshold)
            clear = np.minimum(view.clear_m, limit)
            axes.fill_between(
                view.chainage_m, clear, limit, where=view.clear_m < limit - 1e-6, color=look.BELOW, alpha=0.28,
                linewidth=0, zorder=3,
            )  # fmt: skip
            self._limit(axes, rule, "width_limit", view.clear_m)
            if view.accuracy_m > 0:
                axes.axhspan(
                    limit - view.accuracy_m, limit + view.accuracy_m, facecolor=look.UNCLEAR, alpha=0.16, zorder=2,
                    gid="accuracy_band",
                )  # fmt: skip
        self._stretches(axes, points_per_m)
        self._marks(axes, points_per_m)

    def _stretches(self, axes: Any, points_per_m: float) -> None:
        """Draw the stretches as bars below the curves, each with from–to and the least width."""
        texts, middles, places = [], [], []
        for stretch in self.view.stretches:
            key = "stretch" if stretch.end_m - stretch.start_m >= 0.5 else "place"
            text = self.words[key].format(
                start=f"{stretch.start_m:.1f}",
                end=f"{stretch.end_m:.1f}",
                value=rounded_down(stretch.width_m),
            )
            texts.append(text)
            middles.append(self._kept_inside((stretch.start_m + stretch.end_m) / 2, text))
            places.append((middles[-1] * self._pt_per_m, self.lettering.width_pt(text, SMALL_PT) + 6))
        row = (SMALL_PT + 2.5) / points_per_m
        shown = look.tiers(places, 3)
        for n, (stretch, text, middle, tier) in enumerate(
            zip(self.view.stretches, texts, middles, shown, strict=True)
        ):
            colour = look.BELOW if stretch.verdict is Verdict.FAIL else look.UNCLEAR
            least = 1.2 / self._pt_per_m
            start, end = stretch.start_m, max(stretch.end_m, stretch.start_m + least)
            axes.axvspan(start, end, facecolor=colour, alpha=0.10, linewidth=0, zorder=1)
            axes.plot((start, end), (-0.3, -0.3), color=colour, linewidth=4, solid_capstyle="butt", zorder=6,
                      gid=f"stretch-{n}")  # fmt: skip
            if tier >= 0:
                self.write(
                    axes, middle, -0.62 - row * tier, text, ha="center", va="top", color=colour, zorder=7
                )

    def _marks(self, axes: Any, points_per_m: float) -> None:
        """Mark the pinches; their numbers stand above the curves, those of the list."""
        order = sorted(
            range(len(self.view.pinches)), key=lambda n: (self.view.pinches[n].role != "bypassed", n)
        )
        for n in order:
            pinch = self.view.pinches[n]
            governing, bypassed = pinch.role == "governing", pinch.role == "bypassed"
            axes.plot(
                [pinch.chainage_m], [min(pinch.width_m, CAP_M)], look.MARK[pinch.role], zorder=8 if governing else 7,
                markersize=7 if governing else 4, markeredgecolor=look.ROLE[pinch.role],
                markerfacecolor="white" if governing or bypassed else look.ROLE[pinch.role],
                markeredgewidth=1.8 if governing else 0.9, gid=f"mark-{n}", clip_on=False,
            )  # fmt: skip
        row = 11.5 / points_per_m
        numbered = sorted(self.numbers.items(), key=lambda item: item[1])
        spots = [(self.view.pinches[n].chainage_m * self._pt_per_m, 11.0) for n, _ in numbered]
        for (n, number), tier in zip(numbered, look.tiers(spots, NUMBER_TIERS), strict=True):
            pinch = self.view.pinches[n]
            y = CAP_M + 0.45 + row * (max(tier, 0) + 0.2)
            colour = look.ROLE[pinch.role]
            axes.plot(
                (pinch.chainage_m, pinch.chainage_m), (min(pinch.width_m, CAP_M), y), color=colour, linewidth=0.5,
                linestyle=":", zorder=4, clip_on=False,
            )  # fmt: skip
            if tier >= 0:
                number_look(self, axes, (pinch.chainage_m, y), number, pinch)

    # ------------------------------------------------------------------ heights

    @property
    def has_heights(self) -> bool:
        """Whether anything spans the lane, or laser points tell its height."""
        view = self.view
        told = bool(np.isfinite(view.least_height_m)) or bool(np.isfinite(view.height_m).any())
        return told or any(t.overhead for t in view.things)

    def heights(self, axes: Any) -> None:
        """Draw what spans the lane, from its underside up, with the limit."""
        view, words = self.view, self.words
        self._frame(axes, labelled=True)
        rule = self.gathered.height_rule
        limit = None if rule is None or rule.threshold is None else float(rule.threshold)
        known = [t.clear_height_m for t in view.things if t.overhead and np.isfinite(t.clear_height_m)]
        known += [view.least_height_m] if np.isfinite(view.least_height_m) else []
        known += [float(np.nanmax(view.height_m))] if np.isfinite(view.height_m).any() else []
        top = min(max([limit or 4.0, *known]) + 2.2, 12.0)
        axes.set_ylim(0.0, top)
        ticks = [float(v) for v in range(0, int(top) + 1, 2)]
        # Laser points are measured up to a ceiling: the curve runs along it where nothing hangs lower.
        labels = [
            words["or_more"].format(value=f"{t:g}") if t == CEILING_M and self.gathered.has_laser else f"{t:g}" for t in ticks
        ]
        self._ticks(axes, ticks, labels, words["height_axis"])
        axes.grid(axis="y", color=look.FAINT, linewidth=0.4)
        axes.set_axisbelow(True)
        if rule is not None and limit is not None:
            self._limit(axes, rule, "height_limit", view.height_m)
        axes.plot(
            view.chainage_m, view.height_m, color=look.OVERHEAD, linewidth=1.6, zorder=6, gid="clear_height"
        )
        spots: list[tuple[Thing | None, str, bool]] = []
        for thing in (t for t in view.things if t.overhead):
            unknown = not np.isfinite(thing.clear_height_m)
            under = 0.0 if unknown else min(thing.clear_height_m, top)
            start, end = thing.start_m, max(thing.end_m, thing.start_m + 1.5 / self._pt_per_m)
            axes.fill_between(
                (start, end), under, top, facecolor="none" if unknown else look.OVERHEAD, alpha=0.55,
                edgecolor=look.GREY if unknown else look.OVERHEAD, hatch="...." if unknown else None, linewidth=0.6,
                zorder=3,
            )  # fmt: skip
            said = words["unknown_height"] if unknown else words["underside"].format(
                value=rounded_down(thing.clear_height_m)
            )  # fmt: skip
            low = limit is not None and not unknown and thing.clear_height_m < limit - 1e-6
            spots.append((thing, f"{self.lettering.fitted(thing.name, SMALL_PT, 80.0)} {said}", low))
        self._height_mouth(spots, limit)
        texts = [text for _, text, _ in spots]
        middles = [
            self._kept_inside(0.0 if t is None else (t.start_m + t.end_m) / 2, text) for t, text, _ in spots
        ]  # fmt: skip
        places = [
            (m * self._pt_per_m, self.lettering.width_pt(w, SMALL_PT) + 6)
            for m, w in zip(middles, texts, strict=True)
        ]
        for (_, text, low), middle, tier in zip(spots, middles, look.tiers(places, 3), strict=True):
            if tier >= 0:
                self.write(axes, middle, 0.25 + tier * 0.14 * top, text, ha="center", va="bottom", zorder=8,
                           color=look.BELOW if low else look.OVERHEAD,
                           bbox={"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"})  # fmt: skip

    def _height_mouth(self, spots: list[tuple[Thing | None, str, bool]], limit: float | None) -> None:
        """Tell a height whose entrance lies beside the lane, and is not drawn on it."""
        least = self.view.least_height_m
        drawn = np.isfinite(self.view.height_m).any() and np.nanmin(self.view.height_m) <= least + 1e-6
        if not np.isfinite(least) or drawn or any(
            t.overhead and abs(t.clear_height_m - least) < 1e-6 for t in self.view.things
        ):
            return
        text = f"{self.words['least_height']} {rounded_down(least)} m"
        spots.append((None, text, limit is not None and least < limit - 1e-6))


def number_look(panels: Panels, axes: Any, at: tuple[float, float], number: int, pinch: ShownPinch) -> None:
    """Write the number of a pinch in a ring: full for the governing one, hollow for a bypassed one."""
    colour = look.ROLE[pinch.role]
    solid = pinch.role == "governing"
    panels.write(
        axes, *at, str(number), SMALL_PT, ha="center", va="center", color="white" if solid else colour, zorder=9,
        bbox={"boxstyle": "circle,pad=0.18", "facecolor": colour if solid else "white", "edgecolor": colour,
              "linewidth": 0.7, "linestyle": "--" if pinch.role == "bypassed" else "-"},
    )  # fmt: skip
