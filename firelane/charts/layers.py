"""A picture of a site's layers, as they were read: a wrong mapping or a wrong unit is seen at once."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane import crs as crs_tools
from firelane import files
from firelane.charts.layers_draw import draw
from firelane.charts.layers_look import GREY, INK, TILE, Group, Look, groups, legend_rank
from firelane.charts.lettering import Lettering
from firelane.site.credit import credit
from firelane.site.describe import about_wide_m
from firelane.site.model import PointTile, Site
from firelane.vocabulary import Lang

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WIDE_PX, _DPI = 1600, 160
_SIDE_PX = 480
_LEAST_PX, _MOST_PX = 900, 1900
_ROW_PX, _MARGIN_PX = 26, 22
_PT = 72.0 / _DPI  # a pixel [pt]
_SIZE_PT, _SMALL_PT, _TITLE_PT = 7.5, 6.5, 12.0
_UNREAD_ROWS = 12
_SOURCE_SIGNS = 24
_NAME_SIGNS = 200  # more of a name is never shown
_REACH = 0.5  # of the roads' extent: so far beyond them the picture may look for other layers
_TILE_SEGMENTS = 8  # per side: a straight border bends when it changes its system
_CODE_LENGTH = 40

_WORDS = {
    "crs": ("坐标系", "coordinates"),
    "unplaced": ("未定位：局部坐标（米）", "not placed: local metres"),
    "extent": ("{0:.0f} × {1:.0f} 米", "{0:.0f} × {1:.0f} m"),
    "width": ("路宽约 {0:.1f}–{1:.1f} 米（中位 {2:.1f}）", "roads about {0:.1f}–{1:.1f} m wide (median {2:.1f})"),
    "tiles": ("激光点云范围", "laser tiles"),
    "outside": ("另有 {0} 个对象在图外", "{0} more lie outside the picture"),
    "unread": ("未采用的内容（图中没有）", "not used (not in the picture)"),
    "more": ("另有 {0} 项", "{0} more"),
    "north": ("北", "N"),
    "km": ("{0:g} 公里", "{0:g} km"),
    "m": ("{0:g} 米", "{0:g} m"),
}


def layers_picture(site: Site, path: str | os.PathLike[str], *, lang: Lang = "zh") -> None:
    """Write a PNG picture of all layers of a site, 1600 pixels wide.

    Roads are filled, those derived from a width hatched, those known as lines alone dashed; obstructions have a
    symbol for each kind. Beside it stand the legend with counts, the coordinate reference system, how wide the roads
    are about, and what was not understood. The same site gives the same bytes.

    Parameters
    ----------
    site : Site
    path : path-like
        The file to write; it is replaced only when the new one is complete.
    lang : {"zh", "en"}

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  (slow to import)
    from matplotlib.figure import Figure  # noqa: PLC0415

    side = _Side(site, list(groups(site, lang)), lang)
    bounds = _frame(site, side.groups)
    map_px = _WIDE_PX - _SIDE_PX
    wanted_px = map_px * (bounds[3] - bounds[1]) / (bounds[2] - bounds[0])
    height_px = round(float(np.clip(max(wanted_px, side.height_px), _LEAST_PX, _MOST_PX)))
    figure = Figure(figsize=(_WIDE_PX / _DPI, height_px / _DPI), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    outside = _draw_map(
        figure.add_axes((0.0, 0.0, map_px / _WIDE_PX, 1.0)), site, side, bounds=bounds, size=(map_px, height_px)
    )
    side.write(figure.add_axes((map_px / _WIDE_PX, 0.0, _SIDE_PX / _WIDE_PX, 1.0)), height_px, outside)
    with files.atomic_path(path) as temporary:
        # Without the software's name and version the same input gives the same file.
        figure.savefig(temporary, format="png", dpi=_DPI, metadata={"Software": None})


# --- the map -------------------------------------------------------------------------------------


def _frame(site: Site, shown: Sequence[Group]) -> tuple[float, float, float, float]:
    """Return what the map shows: the roads, and what lies near them; a stray point does not shrink them to a dot."""
    west, south, east, north = site.bounds
    reach = _REACH * max(east - west, north - south, 20.0)
    low, high = np.array([west, south]), np.array([east, north])
    for group in shown:
        found = shapely.bounds(group.shapes)
        low = np.minimum(low, np.maximum(np.nanmin(found[:, :2], axis=0), (west - reach, south - reach)))
        high = np.maximum(high, np.minimum(np.nanmax(found[:, 2:], axis=0), (east + reach, north + reach)))
    margin = 0.04 * max(*(high - low), 10.0)
    low, high = low - margin, high + margin
    # Neither a single straight road nor a tall one may become a thread.
    middle, half = (low + high) / 2, (high - low) / 2
    half = np.maximum(half, 0.25 * half.max())
    (x0, y0), (x1, y1) = (middle - half).tolist(), (middle + half).tolist()
    return x0, y0, x1, y1


def _draw_map(
    axes: Any, site: Site, side: _Side, *, bounds: tuple[float, float, float, float], size: tuple[int, int]
) -> int:
    """Draw every group, the tiles, scale bar and north arrow; return how many things lie outside."""
    west, south, east, north = bounds
    pixel_m = max((east - west) / size[0], (north - south) / size[1])
    x, y = (west + east) / 2, (south + north) / 2
    view = (x - size[0] * pixel_m / 2, y - size[1] * pixel_m / 2, x + size[0] * pixel_m / 2, y + size[1] * pixel_m / 2)
    axes.set_xlim(view[0], view[2])
    axes.set_ylim(view[1], view[3])
    axes.set_axis_off()
    window = shapely.box(*view)
    outside = 0
    for n, group in enumerate(side.groups):
        seen = shapely.intersects(shapely.box(*shapely.bounds(group.shapes).T), window)
        outside += int((~seen).sum())
        draw(axes, group.shapes[seen], group.look, pixel_m=pixel_m, order=2.0 + n)
    if side.tiles is not None:
        draw(axes, shapely.boundary(side.tiles.shapes), TILE, pixel_m=pixel_m, order=3.0 + len(side.groups))
    _scale_bar(axes, side, view, pixel_m)
    if site.placed:
        _north_arrow(axes, side, view, pixel_m)
    return outside


def _scale_bar(axes: Any, side: _Side, view: tuple[float, float, float, float], pixel_m: float) -> None:
    length = _nice(0.22 * (view[2] - view[0]))
    x, y = view[0] + 30 * pixel_m, view[1] + 30 * pixel_m
    back = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "zorder": 60}
    axes.add_patch(_box(x - 14 * pixel_m, y - 14 * pixel_m, length + 28 * pixel_m, 58 * pixel_m, **back))
    tick = 8 * pixel_m
    axes.plot([x, x, x + length, x + length], [y + tick, y, y, y + tick], color=INK, linewidth=1.4, zorder=61)
    text = side.word("km").format(length / 1000) if length >= 1000 else side.word("m").format(length)
    axes.text(x + length / 2, y + 7 * pixel_m, text, ha="center", va="bottom", fontproperties=side.font(_SIZE_PT),
              color=INK, zorder=61, parse_math=False)  # fmt: skip


def _north_arrow(axes: Any, side: _Side, view: tuple[float, float, float, float], pixel_m: float) -> None:
    x, y = view[2] - 44 * pixel_m, view[3] - 84 * pixel_m
    back = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "zorder": 60}
    axes.add_patch(_box(x - 26 * pixel_m, y - 16 * pixel_m, 52 * pixel_m, 92 * pixel_m, **back))
    axes.annotate(
        "", (x, y + 66 * pixel_m), (x, y + 16 * pixel_m), zorder=61,
        arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.4, "mutation_scale": 12},
    )  # fmt: skip
    axes.text(x, y - 12 * pixel_m, side.word("north"), ha="center", va="bottom", fontproperties=side.font(_SIZE_PT),
              color=INK, zorder=61, parse_math=False)  # fmt: skip


def _box(x: float, y: float, wide: float, high: float, **look: Any) -> Any:
    from matplotlib.patches import Rectangle  # noqa: PLC0415

    return Rectangle((x, y), wide, high, **look)


def _nice(length_m: float) -> float:
    """Return the greatest of 1, 2, 5 times a power of ten that is not above ``length_m``.

    >>> _nice(37.0), _nice(1200.0)
    (20.0, 1000.0)
    """
    power = 10.0 ** math.floor(math.log10(length_m))
    return float(max(n * power for n in (1, 2, 5) if n * power <= length_m * (1 + 1e-9)))


def _tile_outlines(tiles: Sequence[PointTile], site: Site) -> NDArray[np.object_]:
    """Return the tiles' rectangles in the site's system."""
    outlines = []
    for tile in tiles:
        corners = shapely.get_coordinates(shapely.box(*tile.bounds))
        share = np.linspace(0.0, 1.0, _TILE_SEGMENTS, endpoint=False)[:, None]
        xy = np.vstack([a + share * (b - a) for a, b in pairwise(corners)])
        if site.placed and not crs_tools.same(tile.crs, site.crs):
            xy = crs_tools.from_lonlat(crs_tools.to_lonlat(xy, tile.crs), site.crs)
        if np.isfinite(xy).all():
            outlines.append(shapely.polygons(xy))
    return np.array(outlines, dtype=object)


# --- the column beside it ------------------------------------------------------------------------


@dataclass(frozen=True)
class _Line:
    """One line of the column: a text with its size, and the symbol before it."""

    text: str
    size_pt: float = _SIZE_PT
    colour: str = INK
    look: Look | None = None
    group: Group | None = None
    gap_px: float = 0.0
    box: bool = False


class _Side:
    """Title, legend and remarks; one font for all texts of the picture."""

    def __init__(self, site: Site, shown: list[Group], lang: Lang) -> None:
        self.lang = lang
        self.groups = shown
        outlines = _tile_outlines(site.points, site)
        self.tiles = Group(self.word("tiles"), outlines, TILE) if len(outlines) else None
        lines = list(_title(site, self.word, lang))
        legend = [*sorted(shown, key=legend_rank), *([self.tiles] if self.tiles is not None else [])]
        lines += [
            _Line(f"{group.label}  {len(group.shapes)}", look=group.look, group=group, gap_px=12.0 * (n == 0))
            for n, group in enumerate(legend)
        ]
        lines += _unread(site, self.word)
        texts = [line.text for line in lines] + [self.word(key) for key in _WORDS] + ["0123456789"]
        self._lettering = Lettering(texts)
        self._lines = list(self._broken(lines))

    def word(self, key: str) -> str:
        """Return a word in the picture's language."""
        return _WORDS[key][0 if self.lang == "zh" else 1]

    def font(self, size_pt: float) -> Any:
        """Return the font at a size [pt]."""
        return self._lettering.font(size_pt)

    @property
    def height_px(self) -> float:
        """How high the column is, with room for one more line."""
        return 2 * _MARGIN_PX + _ROW_PX + sum(_high_px(line) for line in self._lines)

    def _broken(self, lines: Sequence[_Line]) -> list[_Line]:
        """Return the lines so that each fits: titles in two, others cut."""
        broken = []
        for line in lines:
            room = (_SIDE_PX - 2 * _MARGIN_PX - (44 if line.look else 0)) * _PT
            if line.size_pt == _TITLE_PT:
                parts = self._lettering.wrapped(line.text, line.size_pt, room, 2)
                broken += [_Line(part, line.size_pt, line.colour) for part in parts]
            else:
                text = self._lettering.fitted(line.text, line.size_pt, room)
                broken.append(_Line(text, line.size_pt, line.colour, line.look, line.group, line.gap_px, line.box))
        return broken

    def write(self, axes: Any, height_px: float, outside: int) -> None:
        """Write the column; what does not fit is counted."""
        axes.set_axis_off()
        axes.set_xlim(0, _SIDE_PX)
        axes.set_ylim(height_px, 0)
        axes.plot([0, 0], [0, height_px], color="#d0d5dc", linewidth=1.0)
        y = float(_MARGIN_PX)
        for n, line in enumerate(self._lines):
            high = _high_px(line)
            if y + high > height_px - _MARGIN_PX - _ROW_PX:
                rest = len(self._lines) - n
                self._text(axes, _MARGIN_PX, y + _ROW_PX / 2, _Line(self.word("more").format(rest), colour=GREY))
                break
            y += line.gap_px
            x = float(_MARGIN_PX)
            if line.look is not None and line.group is not None:
                _sample(axes, line.look, line.group, x, y + _ROW_PX / 2)
                x += 44
            self._text(axes, x, y + (high - line.gap_px) / 2, line)
            y += high - line.gap_px
        if outside:
            said = _Line(self.word("outside").format(outside), colour="#a3142a")
            self._text(axes, _MARGIN_PX, height_px - _MARGIN_PX, said)

    def _text(self, axes: Any, x: float, y: float, line: _Line) -> None:
        look = {"boxstyle": "square,pad=0.3", "facecolor": "#fff3cd", "edgecolor": "#c77700", "linewidth": 0.8}
        axes.text(
            x + (6 if line.box else 0), y, line.text, va="center", color=line.colour, parse_math=False,
            fontproperties=self.font(line.size_pt), bbox=look if line.box else None,
        )  # fmt: skip


def _high_px(line: _Line) -> float:
    return line.gap_px + max(_ROW_PX, 2.0 * line.size_pt / _PT * 0.75) + (10 if line.box else 0)


def _title(site: Site, word: Any, lang: Lang) -> list[_Line]:
    name = (site.name or site.id)[:_NAME_SIGNS]
    lines = [_Line(name, _TITLE_PT)]
    if site.id != name:
        lines.append(_Line(site.id[:_NAME_SIGNS], _SMALL_PT, GREY))
    if site.placed:
        code = crs_tools.code(site.crs)
        said = f"{code}  {site.crs.name}" if len(code) < _CODE_LENGTH else site.crs.name
        lines.append(_Line(said, _SMALL_PT, GREY))
    else:
        lines.append(_Line(word("unplaced"), _SIZE_PT, "#7a4a00", gap_px=4.0, box=True))
    west, south, east, north = site.bounds
    lines.append(_Line(word("extent").format(east - west, north - south), _SMALL_PT, GREY))
    wide = about_wide_m(site.layer("roads"))
    if len(wide):
        lines.append(_Line(word("width").format(wide.min(), wide.max(), float(np.median(wide))), _SMALL_PT, GREY))
    if named := credit(site, lang):
        lines.append(_Line(named, _SMALL_PT, GREY))
    return lines


def _unread(site: Site, word: Any) -> list[_Line]:
    """Return what was not understood: their layers of which nothing, or not everything, was made."""
    lost = [r for r in site.readings if r.ignored or (r.layer is None and r.found)]
    if not lost:
        return []
    lines = [_Line(word("unread"), _SIZE_PT, "#7a4a00", gap_px=16.0)]
    lost.sort(key=lambda r: (-(r.ignored or sum(r.found.values())), r.path, r.source))
    for reading in lost[:_UNREAD_ROWS]:
        name = reading.source if len(reading.source) <= _SOURCE_SIGNS else f"{reading.source[:_SOURCE_SIGNS]}…"
        # Where something was made of it, the kinds that it holds do not tell which were left.
        kinds = ", ".join(f"{count} {kind}" for kind, count in reading.found.items())
        left = kinds if reading.layer is None else str(reading.ignored)
        lines.append(_Line(f"{name}: {left}"[:_NAME_SIGNS], _SMALL_PT))
    if len(lost) > _UNREAD_ROWS:
        lines.append(_Line(word("more").format(len(lost) - _UNREAD_ROWS), _SMALL_PT, GREY))
    return lines


def _sample(axes: Any, look: Look, group: Group, x: float, y: float) -> None:
    """Draw a sample of a group's look, of the kind of geometry that most of its things have."""
    kinds = np.bincount(shapely.get_dimensions(group.shapes), minlength=3)
    kind = int(np.argmax(kinds))
    if look is TILE or kind == 1:
        shape = shapely.linestrings([[x, y], [x + 34, y]])
    elif kind == 2:
        shape = shapely.box(x + 2, y - 8, x + 32, y + 8)
    else:
        shape = shapely.points(x + 17, y)
    draw(axes, np.array([shape], dtype=object), look, pixel_m=1.0, order=2.0)
