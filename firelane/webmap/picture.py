"""The map as a still picture, for reports and read-me pages, drawn with matplotlib in the site's own grid."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane import crs as crs_tools
from firelane import files, fonts
from firelane.site.credit import credit
from firelane.webmap import ink, results, side
from firelane.webmap.content import LAYERS
from firelane.webmap.gather import gather
from firelane.webmap.legend import limit_line, marker_rows, object_rows, width_rows
from firelane.webmap.widths import layer_zoom, palette

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping

    from shapely.geometry.base import BaseGeometry

    from firelane.auditing import Audit
    from firelane.markings.plan import MarkingPlan
    from firelane.vocabulary import Lang

_DESIGN_PX, _DESIGN_DPI = 1600, 160  # sizes below are for this width; other widths are scaled
_SIDE_SHARE = 0.30  # of the width: list and legend
_NICE = (1, 2, 5)

Box = tuple[float, float, float, float]


def map_png(
    audit: Audit,
    path: str | os.PathLike[str],
    *,
    plan: MarkingPlan | None = None,
    lang: Lang = "zh",
    width_px: int = 1600,
) -> None:
    """Write the map as a PNG picture.

    Lanes coloured by clear width, pinches, numbered findings with their list, legend, scale bar and
    north arrow (grid north).

    Parameters
    ----------
    audit : Audit
    path : path-like
        The file to write; it is replaced only when the new one is complete.
    plan : MarkingPlan, optional
        The planned markings are then drawn as well.
    lang : {"zh", "en"}
    width_px : int
        Width of the picture [px]; its height follows from the site's shape.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  (slow to import)
    from matplotlib.figure import Figure  # noqa: PLC0415

    picture = _Picture(audit, plan, lang)
    west, south, east, north = picture.bounds
    map_px = _DESIGN_PX * (1 - _SIDE_SHARE)
    height_px = float(np.clip(map_px * (north - south) / (east - west), 0.5 * _DESIGN_PX, 1.1 * _DESIGN_PX))
    height_px = round(height_px * width_px / _DESIGN_PX) * _DESIGN_PX / width_px  # whole pixels in the file
    size = (_DESIGN_PX / _DESIGN_DPI, height_px / _DESIGN_DPI)
    figure = Figure(figsize=size, dpi=_DESIGN_DPI * width_px / _DESIGN_PX, facecolor="white")
    FigureCanvasAgg(figure)
    picture.draw(figure.add_axes((0.0, 0.0, 1 - _SIDE_SHARE, 1.0)), map_px, height_px)
    picture.side(figure.add_axes((1 - _SIDE_SHARE, 0.0, _SIDE_SHARE, 1.0)), _DESIGN_PX - map_px, height_px)
    with files.atomic_path(path) as temporary:
        # without the software's name and version the same input gives the same file
        figure.savefig(temporary, format="png", metadata={"Software": None})


class _Picture:
    """One picture: what is drawn, in which colours and with which words."""

    def __init__(self, audit: Audit, plan: MarkingPlan | None, lang: Lang) -> None:
        gathered = gather(audit, plan, lang)
        self.content, self.rows = gathered.content, gathered.findings
        content = self.content
        self.geometries = content.shapes.geometries()
        drawn = np.array([self.geometries[shape] for shape in content.whole()], dtype=object)
        west, south, east, north = (
            (float(v) for v in shapely.total_bounds(drawn)) if len(drawn) else audit.site.bounds
        )
        self.credit = credit(audit.site, lang)
        margin = 0.05 * max(east - west, north - south, 1.0)
        self.bounds = (west - margin, south - 1.6 * margin, east + margin, north + 2 * margin)  # room for scale, north
        texts = [
            content.audit.site.name,
            content.audit.site.id,
            "\n",
            *(label[2] for label in content.labels),
            *content.words.values(),
            credit(audit.site, lang),
        ]
        texts += [part for card in content.cards if card.number for part in (card.title, card.message)]
        signs = "".join(sorted(set("".join(texts))))
        self.family = fonts.use_chinese_labels(extra=signs)
        self.zoom = math.inf  # set when the map is drawn
        # one look into the font for all texts: opening it takes a tenth of a second
        self.signs = dict(zip(signs, fonts.showable(signs, extra=signs)[0], strict=True))

    def text(self, value: str) -> str:
        """Return text as the font can show it."""
        return "".join(self.signs.get(sign, fonts.MISSING) for sign in value)

    # ------------------------------------------------------------------ map

    def draw(self, axes: Any, width_px: float, height_px: float) -> None:
        """Draw the map, its markers, labels, scale bar and north arrow."""
        west, south, east, north = self.bounds
        metres_per_px = max((east - west) / width_px, (north - south) / height_px)
        x, y = (west + east) / 2, (south + north) / 2
        axes.set_xlim(x - width_px * metres_per_px / 2, x + width_px * metres_per_px / 2)
        axes.set_ylim(y - height_px * metres_per_px / 2, y + height_px * metres_per_px / 2)
        axes.set_axis_off()
        self.zoom = zoom = self._zoom(metres_per_px)
        order = sorted(self.content.paths, key=lambda path: path[0])
        for layer, shape, style, _ in order:
            if zoom >= layer_zoom(LAYERS[layer]):
                self._path(axes, self.geometries[shape], self.content.styles[style])
        west, east = axes.get_xlim()
        south, north = axes.get_ylim()
        self.window = (west, south, east, north)
        taken = [*self._furniture(metres_per_px), *self._rings(10 * metres_per_px)]
        self._markers(axes, metres_per_px, taken)
        self._labels(axes, metres_per_px, taken)
        self._scale_and_north(axes)

    def _furniture(self, metres_per_px: float) -> Iterator[Box]:
        """Yield the boxes of scale bar, credit, and north arrow or the sentence in its place."""
        west, south, east, north = self.window
        wide, high = east - west, north - south
        yield (west, south, west + 0.03 * wide + _nice_length(wide / 5) + 10 * metres_per_px, south + 0.035 * high + 40 * metres_per_px)
        if self.credit:
            yield (east - 330 * metres_per_px, south, east, south + 40 * metres_per_px)
        if self.content.audit.site.placed:
            yield (east - 0.08 * wide, north - 0.12 * wide, east, north)
        else:
            yield (west + 0.25 * wide, north - 50 * metres_per_px, east - 0.25 * wide, north)

    def _rings(self, half_m: float) -> Iterator[Box]:
        """Yield the boxes of rings that neither marker nor label may cover."""
        for _, shape, style, _ in self.content.paths:
            if "fixed" in self.content.styles[style]:
                x, y = shapely.get_coordinates(self.geometries[shape])[0].tolist()
                yield (x - half_m, y - half_m, x + half_m, y + half_m)

    def _zoom(self, metres_per_px: float) -> float:
        """Return the map's zoom level that shows as much as this picture does."""
        west, south, east, north = self.bounds
        _, lat = crs_tools.to_lonlat(((west + east) / 2, (south + north) / 2), self.content.audit.site.crs)
        # 256 px hold the equator at zoom 0; a picture's pixels are half a screen's
        equator_m = 2 * math.pi * 6378137.0
        return math.log2(equator_m / 256 * math.cos(math.radians(float(lat))) / metres_per_px) - 1

    def _path(self, axes: Any, geometry: BaseGeometry, look: Mapping[str, Any]) -> None:
        from matplotlib.collections import LineCollection  # noqa: PLC0415
        from matplotlib.patches import PathPatch  # noqa: PLC0415

        dash = ink.dash(look)
        weight = 0.5 * look.get("weight", 1)
        dimension = int(shapely.get_dimensions(geometry))
        if dimension == 2:
            patch = PathPatch(
                ink.compound(geometry), facecolor=ink.rgba(look.get("fillColor", look["color"]), look.get("fillOpacity", 0.2)),
                edgecolor=look["color"], linewidth=weight, linestyle=dash,
            )  # fmt: skip
            axes.add_patch(patch)
        elif dimension == 1:
            lines = [shapely.get_coordinates(part) for part in shapely.get_parts(geometry)]
            axes.add_collection(
                LineCollection(
                    lines, colors=[ink.rgba(look["color"], look.get("opacity", 1))], linewidths=weight,
                    linestyles=[dash], capstyle="round" if look.get("lineCap") != "butt" else "butt",
                ),
                autolim=False,
            )  # fmt: skip
        else:
            xy = shapely.get_coordinates(geometry)
            axes.plot(
                xy[:, 0], xy[:, 1], "o", markersize=look.get("radius", 4), markeredgecolor=look["color"],
                markerfacecolor=look.get("fillColor", look["color"]),
                markeredgewidth=0.5 * look["weight"] if "fixed" in look else 0.8,
            )  # fmt: skip

    def _markers(
        self, axes: Any, metres_per_px: float, taken: list[Box]
    ) -> None:
        for row in self.rows:
            card = self.content.cards[row["c"]]
            if row["p"] < 0:
                continue
            x, y = shapely.get_coordinates(self.geometries[row["p"]])[0]
            dx, dy = self._free((x, y), (30 * metres_per_px, 30 * metres_per_px), taken, 34 * metres_per_px)
            style = "square,pad=0.3" if card.verdict == "indeterminate" else "circle,pad=0.25"
            axes.annotate(
                str(card.number), (x, y), (x + dx, y + dy), fontsize=8, color="white", ha="center", va="center",
                fontfamily=self.family, zorder=20, annotation_clip=False,
                bbox={"boxstyle": style, "facecolor": palette()["verdict"][card.verdict], "edgecolor": "white"},
                arrowprops={"arrowstyle": "-", "color": palette()["verdict"][card.verdict], "linewidth": 1.2},
            )  # fmt: skip

    def _labels(
        self, axes: Any, metres_per_px: float, taken: list[Box]
    ) -> None:
        zoom = palette()["zoom"]["pinch_label_judged"]
        for _, shape, text, from_zoom, _, _, look in sorted(self.content.labels, key=lambda entry: entry[4]):
            if from_zoom > zoom:
                continue
            named = look == "name"
            if named and self.zoom < palette()["zoom"]["building_label"] and not any(map(str.isalpha, text)):
                continue  # a house number would read as the number of a finding
            shown = self.text(text.replace("\n", " ")[:24])
            width = sum(13 if sign > "\u2e80" else 7.5 for sign in shown) + 8
            x, y = self.geometries[shape].centroid.coords[0]
            size = (width * 1.2 * metres_per_px, 22 * metres_per_px)
            spot = self._free((x, y), size, taken, 26 * metres_per_px, must=False, only_here=named)
            if spot is None:
                continue
            boxed = None if named else {
                "boxstyle": "round,pad=0.2", "facecolor": "white", "linewidth": 0.8,
                "edgecolor": "#a3142a" if look == "short" else "#3a3a3a",
            }  # fmt: skip
            axes.text(
                x + spot[0], y + spot[1], shown, fontsize=7, ha="center", va="center", fontfamily=self.family,
                color="#8c1023" if look == "short" else "#3c382f", bbox=boxed, zorder=15, parse_math=False,
            )  # fmt: skip

    def _free(
        self,
        place: tuple[float, float],
        size: tuple[float, float],
        taken: list[Box],
        step: float,
        *,
        must: bool = True,
        only_here: bool = False,
    ) -> Any:
        """Return the offset of the first spot around ``place`` that nothing else covers; take it."""
        (x, y), (width, height) = place, size
        angles = np.arange(8) * (math.pi / 4) + math.pi / 2
        # a name a little off its building would be read as its neighbour's
        offsets = [(0.0, shift * step) for shift in (0.0, 0.4, -0.4)] if only_here else []
        offsets = offsets or [(r * step * math.cos(a), r * step * math.sin(a)) for r in (1, 2) for a in angles]
        for dx, dy in offsets:
            box = (x + dx - width / 2, y + dy - height / 2, x + dx + width / 2, y + dy + height / 2)
            inside = self.window[0] < box[0] and box[2] < self.window[2] and self.window[1] < box[1] and box[3] < self.window[3]
            if inside and not any(b[0] < box[2] and b[2] > box[0] and b[1] < box[3] and b[3] > box[1] for b in taken):
                taken.append(box)
                return dx, dy
        return (0.0, step) if must else None

    def _scale_and_north(self, axes: Any) -> None:
        west, east = axes.get_xlim()
        south, north = axes.get_ylim()
        length = _nice_length((east - west) / 5)
        x, y = west + 0.03 * (east - west), south + 0.035 * (north - south)
        tick = 0.006 * (east - west)
        axes.plot(
            [x, x, x + length, x + length], [y + tick, y, y, y + tick], color="#222", linewidth=1.5, zorder=25
        )
        label = self.content.words["metres"].format(n=f"{length:g}")
        axes.text(
            x + length / 2,
            y + tick,
            label,
            ha="center",
            va="bottom",
            fontsize=8,
            fontfamily=self.family,
            zorder=25,
        )
        if self.credit:
            axes.text(
                0.993, 0.008, self.credit, transform=axes.transAxes, ha="right", va="bottom", fontsize=7, zorder=25,
                fontfamily=self.family, color="#333333",
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "boxstyle": "square,pad=0.2"},
            )  # fmt: skip
        if not self.content.audit.site.placed:  # nobody knows where north is
            axes.text(
                0.5, 0.985, self.content.words["unplaced"], transform=axes.transAxes, ha="center", va="top", fontsize=9,
                fontfamily=self.family, color="#78350f", zorder=26,
                bbox={"facecolor": "#fef3c7", "edgecolor": "#b45309", "boxstyle": "square,pad=0.4"},
            )  # fmt: skip
            return
        size = 0.045 * (east - west)
        cx, cy = east - size, north - 1.3 * size
        axes.annotate(
            "", (cx, cy + size / 2), (cx, cy - size / 2), zorder=25,
            arrowprops={"arrowstyle": "-|>", "color": "#222", "linewidth": 1.6, "mutation_scale": 16},
        )  # fmt: skip
        axes.text(cx, cy - size / 2, self.content.words["north"], ha="center", va="top", fontsize=9,
                  fontfamily=self.family, zorder=25)  # fmt: skip

    # ------------------------------------------------------------------ right-hand column

    def side(self, axes: Any, width_px: float, height_px: float) -> None:
        """Write name, verdict, numbered findings and legend into the right-hand column."""
        axes.set_axis_off()
        axes.set_xlim(0, width_px)
        axes.set_ylim(height_px, 0)
        content, words = self.content, self.content.words

        def write(x: float, y: float, text: str, size: float = 8, **more: Any) -> None:
            axes.text(
                x, y, text, fontsize=size, fontfamily=self.family, va="center", parse_math=False, **more
            )

        columns = int((width_px - 80) / 17)
        y = 40.0
        for line in side.wrapped(self.text(content.audit.site.name or content.audit.site.id), columns - 8)[:2]:
            write(24, y, line, 13)
            y += 32
        code, word = results.site_verdict(content)
        write(24, y + 2, word, 9, color="white", bbox={"boxstyle": "round,pad=0.3", "facecolor": palette()["verdict"][code], "edgecolor": "none"})  # fmt: skip
        y += 38
        legend = [*width_rows(content), *marker_rows(content), *object_rows(content, self.zoom)]
        half = math.ceil(len(legend) / 2)
        legend_top = height_px - 25 * half - 52
        listed = side.listed(content, self.rows)
        most = 1 if len(listed) > 12 else 2  # lines for each
        for place, (number, verdict, text) in enumerate(listed):
            lines = side.wrapped(self.text(text), columns)
            if len(lines) > most:
                lines[most - 1] = lines[most - 1][:-1] + "…"
            if y + 23 * min(len(lines), most) + 40 > legend_top:
                write(24, y, words["picture_more"].format(n=len(listed) - place), 8, color="#5b6570")
                break
            shape = "square,pad=0.25" if verdict == "indeterminate" else "circle,pad=0.2"
            shape = "round,pad=0.25" if len(number) > 2 else shape
            write(36, y, number, 7 if len(number) < 5 else 6, color="white", ha="center",
                  bbox={"boxstyle": shape, "facecolor": palette()["verdict"][verdict], "edgecolor": "none"})  # fmt: skip
            for line in lines[:most]:
                write(60, y, line, 7.5)
                y += 23
            y += 9
        write(24, legend_top + 4, words["legend_width"], 9)
        aside = 40 + sum(21 if sign > "\u2e80" else 9.5 for sign in words["legend_width"])
        write(aside, legend_top + 4, side.fitted(limit_line(content), width_px - aside - 10), 7, color="#5b6570")
        for i, row in enumerate(legend):
            column, place = divmod(i, half)
            x, y = 24 + column * (width_px - 40) / 2, legend_top + 34 + 25 * place
            ink.swatch(axes, row, x, y)
            write(x + 48, y, side.fitted(row["label"], (width_px - 40) / 2 - 56), 7)


def _nice_length(length_m: float) -> float:
    """Return the greatest of 1, 2, 5 times a power of ten that is not above ``length_m``.

    >>> _nice_length(37.0), _nice_length(50.0), _nice_length(0.7)
    (20.0, 50.0, 0.5)
    """
    power = 10.0 ** math.floor(math.log10(length_m))
    return float(round(max(n * power for n in _NICE if n * power <= length_m * (1 + 1e-9)), 9))
