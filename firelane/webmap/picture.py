"""The map as a still picture, for reports and read-me pages, drawn with matplotlib in the site's own grid."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely

from firelane import crs as crs_tools
from firelane import files, fonts
from firelane.fonts.source import open_font
from firelane.site.credit import credit
from firelane.webmap import ink, listing, qr, tracked_pages
from firelane.webmap.column import Column
from firelane.webmap.content import LAYERS
from firelane.webmap.furniture import nice_length, scale_and_north
from firelane.webmap.gather import gather
from firelane.webmap.legend import marker_rows, object_rows, width_rows
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
_PAPER_MM = {"A4": (297.0, 210.0), "A3": (420.0, 297.0)}
_MARGIN_MM = 9.0
_MM = 25.4

Box = tuple[float, float, float, float]


def map_png(
    audit: Audit,
    path: str | os.PathLike[str],
    *,
    plan: MarkingPlan | None = None,
    lang: Lang = "zh",
    width_px: int = 1600,
    height_share: float | None = None,
    link: str | None = None,
) -> None:
    """Write the map as a PNG picture.

    Lanes coloured by clear width, pinches, numbered findings with their list, legend, scale bar and
    north arrow (grid north); a QR code that opens the served map or the place (:mod:`firelane.webmap.qr`).

    Parameters
    ----------
    audit : Audit
    path : path-like
        The file to write; it is replaced only when the new one is complete.
    plan : MarkingPlan, optional
        The planned markings are then drawn as well.
    lang : {"zh", "en"}
    width_px : int
        Width of the picture [px].
    height_share : float, optional
        Its height as a share of its width, for a page of that shape; without, it follows from the site's shape.
    link : str, optional
        Where the map page is served (https); the code opens it. Without, the code opens the place, and a site that is
        not placed has none.

    Raises
    ------
    OutputError
        If the file cannot be written.
    UsageError
        If ``link`` is no link of a served page.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  (slow to import)
    from matplotlib.figure import Figure  # noqa: PLC0415

    picture = _Picture(audit, plan, lang, link)
    west, south, east, north = picture.bounds
    map_px = _DESIGN_PX * (1 - _SIDE_SHARE)
    height_px = float(np.clip(map_px * (north - south) / (east - west), 0.5 * _DESIGN_PX, 1.1 * _DESIGN_PX))
    if height_share is not None:
        height_px = height_share * _DESIGN_PX
    height_px = round(height_px * width_px / _DESIGN_PX) * _DESIGN_PX / width_px  # whole pixels in the file
    size = (_DESIGN_PX / _DESIGN_DPI, height_px / _DESIGN_DPI)
    figure = Figure(figsize=size, dpi=_DESIGN_DPI * width_px / _DESIGN_PX, facecolor="white")
    FigureCanvasAgg(figure)
    picture.draw(figure.add_axes((0.0, 0.0, 1 - _SIDE_SHARE, 1.0)), map_px, height_px)
    # The column's axes begin at a whole pixel: the modules of a code are whole pixels as well, hence sharp.
    left_px = round(map_px * width_px / _DESIGN_PX) * _DESIGN_PX / width_px
    wide, code_px = _DESIGN_PX - left_px, None
    if picture.code is not None:
        step = _DESIGN_PX / width_px
        printed_mm = _printed_width_mm(height_px / _DESIGN_PX)
        least = picture.code.side_mm / printed_mm * _DESIGN_PX / picture.code.modules
        code_px = math.ceil(least / step - 1e-9) * step * picture.code.modules
    axes = figure.add_axes((left_px / _DESIGN_PX, 0.0, wide / _DESIGN_PX, 1.0))
    picture.side(axes, wide, height_px, code_px, grid_px=_DESIGN_PX / width_px)
    with files.atomic_path(path) as temporary:
        # without the software's name and version the same input gives the same file
        figure.savefig(temporary, format="png", metadata={"Software": None})


def map_pdf(
    audit: Audit,
    path: str | os.PathLike[str],
    *,
    plan: MarkingPlan | None = None,
    lang: Lang = "zh",
    link: str | None = None,
    paper: Literal["A4", "A3"] = "A4",
) -> None:
    """Write the map as a PDF in vectors: the picture on one page, then every numbered finding in full.

    Its texts can be searched and copied. The same input gives the same bytes.

    Parameters
    ----------
    audit, path, plan, lang, link
        As for :func:`map_png`.
    paper : {"A4", "A3"}
        Landscape.

    Raises
    ------
    OutputError, UsageError
        As for :func:`map_png`.
    """
    from matplotlib import rc_context  # noqa: PLC0415  (slow to import)
    from matplotlib.backends.backend_pdf import PdfPages  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    picture = _Picture(audit, plan, lang, link)
    px_per_mm = _DESIGN_DPI / _MM
    width_mm, height_mm = _PAPER_MM[paper]

    def page() -> tuple[Any, Any]:
        figure = Figure(figsize=(width_mm / _MM, height_mm / _MM), dpi=72, facecolor="white")

        def part(left_mm: float, wide_mm: float) -> Any:
            tall = height_mm - 2 * _MARGIN_MM
            return figure.add_axes(
                (left_mm / width_mm, _MARGIN_MM / height_mm, wide_mm / width_mm, tall / height_mm)
            )

        return figure, part

    wide_mm, tall_px = width_mm - 2 * _MARGIN_MM, (height_mm - 2 * _MARGIN_MM) * px_per_mm
    side_mm = _SIDE_SHARE * wide_mm if paper == "A4" else 105.0
    # TrueType keeps the texts searchable; a font of cubic outlines cannot be embedded so.
    with (
        files.atomic_path(path) as temporary,
        rc_context({"pdf.fonttype": 42 if picture.truetype else 3}),
        PdfPages(temporary, metadata={"CreationDate": None, "Creator": "firelane", "Producer": None}) as pages,
    ):
        figure, part = page()
        picture.draw(part(_MARGIN_MM, wide_mm - side_mm), (wide_mm - side_mm) * px_per_mm, tall_px)
        code_px = None if picture.code is None else picture.code.side_mm * px_per_mm
        picture.side(part(width_mm - _MARGIN_MM - side_mm, side_mm), side_mm * px_per_mm, tall_px, code_px, pages=True)
        pages.savefig(figure)
        for rows in listing.pages(picture.content, picture.rows, wide_mm * px_per_mm, tall_px, picture.text):
            figure, part = page()
            listing.draw(part(_MARGIN_MM, wide_mm), rows, wide_mm * px_per_mm, tall_px, picture)
            pages.savefig(figure)
        for placed in tracked_pages.pages(picture.content, wide_mm * px_per_mm, tall_px, picture.text):
            figure, part = page()
            tracked_pages.draw(part(_MARGIN_MM, wide_mm), placed, wide_mm * px_per_mm, tall_px, picture)
            pages.savefig(figure)


def _printed_width_mm(aspect: float) -> float:
    """Return how wide a picture comes out on A4, printed as large as it can be inside the margins [mm].

    >>> _printed_width_mm(0.5), _printed_width_mm(1.0)
    (277.0, 190.0)
    """
    long, short = 277.0, 190.0
    return max(min(long, short / aspect), min(short, long / aspect))


class _Picture:
    """One picture: what is drawn, in which colours and with which words."""

    def __init__(self, audit: Audit, plan: MarkingPlan | None, lang: Lang, link: str | None = None) -> None:
        self.code = qr.code_of(audit, link)  # first: a wrong link is told before anything is drawn
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
            *(() if self.code is None else qr.caption(self.code, content.words, lang)),
        ]
        texts += [part for card in content.cards if card.number for part in (card.title, card.message, " · ")]
        texts += tracked_pages.texts(content)
        texts += [value for card in content.cards if card.number for _, value in card.rows]
        signs = "".join(sorted(set("".join(texts))))
        self.family = fonts.use_chinese_labels(extra=signs)
        self._signs = signs
        self.zoom = math.inf  # set when the map is drawn
        # one look into the font for all texts: opening it takes a tenth of a second
        self.signs = dict(zip(signs, fonts.showable(signs, extra=signs)[0], strict=True))

    def text(self, value: str) -> str:
        """Return text as the font can show it."""
        return "".join(self.signs.get(sign, fonts.MISSING) for sign in value)

    @property
    def truetype(self) -> bool:
        """Whether the font's outlines are TrueType."""
        with open_font(fonts.label_font_path(extra=self._signs), 0) as ttf:
            return "glyf" in ttf

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
        for geometry, look in tracked_pages.ink(self.content):
            self._path(axes, geometry, look)
        west, east = axes.get_xlim()
        south, north = axes.get_ylim()
        self.window = (west, south, east, north)
        taken = [*self._furniture(metres_per_px), *self._rings(10 * metres_per_px)]
        self._markers(axes, metres_per_px, taken)
        self._labels(axes, metres_per_px, taken)
        scale_and_north(axes, self.content, self.credit, self.family)

    def _furniture(self, metres_per_px: float) -> Iterator[Box]:
        """Yield the boxes of scale bar, credit, and north arrow or the sentence in its place."""
        west, south, east, north = self.window
        wide, high = east - west, north - south
        yield (west, south, west + 0.03 * wide + nice_length(wide / 5) + 10 * metres_per_px, south + 0.035 * high + 40 * metres_per_px)
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

    # ------------------------------------------------------------------ right-hand column

    def side(
        self, axes: Any, width_px: float, height_px: float, code_px: float | None, *, grid_px: float = 0.0,
        pages: bool = False,
    ) -> None:  # fmt: skip
        """Write name, verdict, code, numbered findings and legend into the right-hand column.

        ``code_px`` is the code's size; ``grid_px`` that of the file's pixels, on which it begins (0: there are none);
        ``pages`` tells that every finding stands on a page behind.
        """
        column = Column(axes, self.content, self.family, self.text, width_px, height_px)
        y = column.head(self.code, code_px, grid_px)
        legend = [*width_rows(self.content), *marker_rows(self.content), *object_rows(self.content, self.zoom), *tracked_pages.legend_rows(self.content)]
        bottom = column.legend(legend)
        column.findings(self.rows, y, bottom, "picture_more_pages" if pages else "picture_more")
