"""The unit of a plan's coordinates: what the file says, whether that can be, and what it must be else.

CAD programs put a unit into every file whether anybody chose it or not: templates say millimetres, or inches, and the
plan is in metres. A lane is 3 to 10 m wide, so the roads tell; where none is known the buildings and bays do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from firelane.site.cad.options import UNITS_M, CadOptions
from firelane.site.cad.patterns import patterns
from firelane.site.cad.shapes import Shape, nested
from firelane.site.journal import Journal

Objects = NDArray[np.object_]
Floats = NDArray[np.float64]

_CODES = {1: "inch", 2: "foot", 4: "mm", 5: "cm", 6: "m", 7: "km", 14: "dm", 21: "foot"}
"""``$INSUNITS`` of the DXF reference; 21 is the foot of the US survey, 2 millionths longer."""
_METRIC = ("m", "mm", "cm")
"""Units in which plans are drawn: kilometres are believed where a file says so, and never concluded."""
_IMPERIAL = ("foot", "inch")
_NAMES_ZH = {"m": "米", "mm": "毫米", "cm": "厘米", "dm": "分米", "km": "公里", "inch": "英寸", "foot": "英尺"}
_KERB_SHARE = 0.03
"""A frame so thin, of the width of what it frames, is a kerb drawn as two lines."""
_MANY = 2000
"""Lines beyond this many tell nothing new of a median: every n-th is looked at."""
_RAYS = 100  # looked along at a time: in a crowd of lines each meets them all
_TWICE = 2e-4
"""Lines nearer to each other than this share of the plan's size are one line drawn twice: in a plan 1 km across 0.2 m."""
_REACH = 0.2
"""So much of the plan's size is looked at from a line for the one across."""


@dataclass(frozen=True)
class Sizes:
    """Typical sizes in drawing units; NaN where the plan shows none.

    Attributes
    ----------
    road : float
        Median width of the roads.
    building : float
        Side of a square of the buildings' median area.
    bay : float
        Geometric mean of the sides of the median parking bay.
    beyond : float
        Median width of the roads where lines as near as ``road`` are the two of a kerb.
    """

    road: float = math.nan
    building: float = math.nan
    bay: float = math.nan
    beyond: float = math.nan


@dataclass(frozen=True)
class UnitFound:
    """The unit that was taken.

    Attributes
    ----------
    name : str
        Key of ``UNITS_M``.
    stated : str or None
        What ``$INSUNITS`` says; None where it says nothing.
    zh, en : str
        What was found, and why, for notes and listings.
    """

    name: str
    stated: str | None
    zh: str
    en: str

    @property
    def metres(self) -> float:
        """Metres per drawing unit."""
        return UNITS_M[self.name]


def stated_unit(code: int) -> str | None:
    """Return the unit that a ``$INSUNITS`` code stands for."""
    return _CODES.get(code)


def sizes(roads: Objects, edges: Objects, buildings: Objects, bays: Objects) -> Sizes:
    """Return typical sizes of what the layer names tell.

    Parameters
    ----------
    roads, buildings, bays : ndarray of Polygon
    edges : ndarray of LineString
        Edges and loose outlines of roads: the distance across is their width.

    >>> strip = shapely.box(0, 0, 100, 6)
    >>> none = np.empty(0, dtype=object)
    >>> round(sizes(np.array([strip]), none, none, none).road, 2)
    6.0
    """
    wide, weight = _middle_widths(roads)
    beyond = math.nan
    if not len(wide):
        wide, weight = _spacings(edges)
        if len(wide):
            beyond = _median(*_spacings(edges, beyond=2.0 * _median(wide, weight)))
    areas = shapely.area(buildings)
    bay = shapely.area(bays)
    return Sizes(
        road=_median(wide, weight),
        building=math.sqrt(float(np.median(areas))) if len(buildings) else math.nan,
        bay=math.sqrt(float(np.median(bay))) if len(bays) else math.nan,
        beyond=beyond,
    )


def _median(values: Floats, weight: Floats) -> float:
    """Return the weighted median: long roads tell more of the width of roads than short ends."""
    if not len(values):
        return math.nan
    order = np.argsort(values)
    share = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(share, share[-1] / 2)])


def _middle_widths(outlines: Objects) -> tuple[Floats, Floats]:
    """Return the width of a rectangle of each area's size and perimeter, and its length.

    Outlines in outlines are islands. Where next to nothing is left between two, they are the two lines of a kerb.
    """
    areas = np.array([shape.geometry for shape in nested(_shapes(outlines))], dtype=object)
    whole = shapely.polygons(shapely.get_exterior_ring(areas)) if len(areas) else areas
    thin = _width(areas) < _KERB_SHARE * _width(whole)
    areas = np.where(thin, whole, areas)
    width = _width(areas)
    return width, np.asarray(shapely.length(areas), dtype=float)


def _shapes(outlines: Objects) -> list[Shape]:
    """Return what has an area, once each."""
    kept = outlines[shapely.area(outlines) > 0.0]
    _, first = np.unique(shapely.to_wkb(shapely.normalize(kept)), return_index=True)
    return [Shape(area, (n,)) for n, area in enumerate(kept[np.sort(first)])]


def _width(areas: Objects) -> Floats:
    half = shapely.length(areas) / 2
    size = shapely.area(areas)
    # Sides a and b of the rectangle: a + b = half, a · b = size. The smaller is the width.
    root = np.sqrt(np.maximum(half**2 / 4 - size, 0.0))
    return np.asarray(half / 2 - root, dtype=float)


def _spacings(edges: Objects, beyond: float = 0.0) -> tuple[Floats, Floats]:
    """Return, from the middle of every straight piece, the distance across to the next line along it, and its length.

    Lines that are one line drawn twice, or nearer than ``beyond``, are looked through.
    """
    nothing = np.empty(0), np.empty(0)
    if len(edges) < 2:
        return nothing
    xy, line = shapely.get_coordinates(edges, return_index=True)
    same = line[1:] == line[:-1]
    start, end = xy[:-1][same], xy[1:][same]
    along = end - start
    length = np.hypot(along[:, 0], along[:, 1])
    keep = length > np.quantile(length, 0.5) * 0.2 if len(length) else np.empty(0, dtype=bool)
    start, end, along, length = start[keep], end[keep], along[keep], length[keep]
    if len(length) < 2:
        return nothing
    # Drawn a hundred times on one spot, a line is one line.
    way = np.where((start[:, :1] > end[:, :1]) | ((start[:, :1] == end[:, :1]) & (start[:, 1:] > end[:, 1:])),
                   np.hstack((end, start)), np.hstack((start, end)))  # fmt: skip
    once = np.sort(np.unique(way, axis=0, return_index=True)[1])
    start, end, along, length = start[once], end[once], along[once], length[once]
    pieces = shapely.linestrings(np.stack((start, end), axis=1))
    step = max(1, len(pieces) // _MANY)
    asked = np.arange(0, len(pieces), step)
    middles = (start + end) / 2
    size = float(np.hypot(*(np.quantile(middles, 0.9, axis=0) - np.quantile(middles, 0.1, axis=0))))
    least = max(_TWICE * size, beyond)
    # A ray to either side: what it meets first is across. Curves are many short pieces: they do not tell how far to look.
    reach = max(3.0 * float(length.max()), _REACH * size, 1e-12)
    middle = middles[asked]
    side = np.column_stack((-along[asked, 1], along[asked, 0])) / length[asked, None]
    tree = shapely.STRtree(pieces)
    found = np.full((2, len(asked)), math.inf)
    for row, sign in enumerate((1.0, -1.0)):
        rays = shapely.linestrings(np.stack((middle, middle + sign * reach * side), axis=1))
        for first in range(0, len(rays), _RAYS):
            ray, other = tree.query(rays[first : first + _RAYS], predicate="intersects")
            ray = ray + first
            ray, other = ray[other != asked[ray]], other[other != asked[ray]]
            turn = np.abs(np.sum(along[asked[ray]] * along[other], axis=1)) / (length[asked[ray]] * length[other])
            ray, other = ray[turn > 0.97], other[turn > 0.97]
            where = shapely.distance(shapely.points(middle[ray]), shapely.intersection(rays[ray], pieces[other]))
            apart = where > least
            np.minimum.at(found[row], ray[apart], where[apart])
    nearest = found.min(axis=0)
    good = np.isfinite(nearest) & (nearest > 0.0)
    return nearest[good], length[asked][good]


def with_widths(told: Sizes, widths: Floats, lengths: Floats, code: int) -> Sizes:
    """Take the widths that polylines are drawn with for those of roads, where what lies across makes no usual road."""
    drawn = widths > 0.0
    if not drawn.any() or any(_fits(told, UNITS_M[name]) for name in {*_METRIC, stated_unit(code) or "m"}):
        return told
    wide = Sizes(road=_median(widths[drawn], lengths[drawn]))
    return replace(told, road=wide.road) if any(_fits(wide, UNITS_M[name]) for name in _METRIC) else told


def find_unit(told: Sizes, code: int, options: CadOptions, journal: Journal, *, file: str) -> UnitFound | None:
    """Return the unit; None, and a problem, where neither the file nor the drawing tells it.

    Parameters
    ----------
    told : Sizes
    code : int
        ``$INSUNITS``; 0 where it is absent.
    options : CadOptions
        ``unit`` under ``[cad]`` goes before everything.
    file : str
        Name for messages.
    """
    stated = stated_unit(code)
    told = _without_kerbs(told, stated)
    if options.unit is not None:
        found = UnitFound(options.unit, stated, f"单位按 site.toml 取{_NAMES_ZH[options.unit]}",
                          f"the unit is {options.unit}, as site.toml says")  # fmt: skip
        _doubt(found, told, journal, file)
        return found
    if stated is not None and _believed(told, stated):
        known = bool(_evidence(told))
        en = _shown(told, stated, "en") if known else "; nothing in it shows whether that is right"
        zh = _shown(told, stated, "zh") if known else "；图中没有可供核对的道路、建筑或车位"
        found = UnitFound(stated, stated, f"单位为{_NAMES_ZH[stated]}（文件所注）{zh}",
                          f"the unit is {stated}, as the file says{en}")  # fmt: skip
        journal.note("unit_stated", f"{file}: {found.en}", f"{file}：{found.zh}")
        return found
    taken = _plausible(told, stated)
    if taken is None and stated is not None and _fits(told, UNITS_M[stated], "far"):
        found = UnitFound(stated, stated, f"单位为{_NAMES_ZH[stated]}（文件所注）", f"the unit is {stated}, as the file says")
        _doubt(found, told, journal, file)
        return found
    said_en = "the file does not say its unit" if stated is None else f"the file says its unit is {stated}"
    said_zh = "文件未注明单位" if stated is None else f"文件注明单位为{_NAMES_ZH[stated]}"
    if taken is None:
        journal.problem(
            f"{said_en}, and sizes in the drawing do not tell it either{_shown(told, stated, 'en')}",
            f"{said_zh}，图中尺寸也无法判断单位{_shown(told, stated, 'zh')}",
            'write the unit in site.toml: [cad] unit = "mm" (or "m", "cm", "foot" …)',
            '请在 site.toml 中写明单位：[cad] unit = "mm"（或 "m"、"cm"、"foot" 等）',
            layer=file,
            column="$INSUNITS",
        )
        return None
    found = UnitFound(
        taken, stated,
        f"{said_zh}{_shown(told, stated, 'zh')}；按{_NAMES_ZH[taken]}处理{_shown(told, taken, 'zh')}。"
        '如有误，请在 site.toml 中写明 [cad] unit = "…"',
        f"{said_en}{_shown(told, stated, 'en')}; it was taken as {taken}{_shown(told, taken, 'en')}. "
        'If that is wrong, write [cad] unit = "…" in site.toml',
    )  # fmt: skip
    journal.note("unit_found", f"{file}: {found.en}", f"{file}：{found.zh}")
    return found


def _without_kerbs(told: Sizes, stated: str | None) -> Sizes:
    """Take the next line across for the width of roads where the nearest makes no road at all, and the next does."""
    if not math.isfinite(told.beyond):
        return told
    near, far = Sizes(road=told.road), Sizes(road=told.beyond)
    units = ["m", "mm", *([stated] if stated is not None else [])]
    if any(_fits(near, UNITS_M[name], kind) for name in units for kind in ("", "odd")):
        return told
    usual = any(_fits(far, UNITS_M[name]) for name in {*units, *_METRIC})
    return replace(told, road=told.beyond) if usual else told


def _believed(told: Sizes, stated: str) -> bool:
    """Tell whether what the file says can be: sizes are as usual in it, or odd and as usual in no metric unit either.

    A yard 20 m wide is odd, and stays 20 m; lanes of 35 m under a header of centimetres are lanes of 3.5 m.
    """
    if _fits(told, UNITS_M[stated]) is not False:
        return True
    usual = [name for name in _METRIC if _fits(told, UNITS_M[name])]
    return not usual and _fits(told, UNITS_M[stated], "odd") is True


def _doubt(found: UnitFound, told: Sizes, journal: Journal, file: str) -> None:
    if _fits(told, found.metres, "odd") is False:
        journal.note(
            "unit_doubtful",
            f"{file}: {found.en}{_shown(told, found.name, 'en')}: can that be?",
            f"{file}：{found.zh}{_shown(told, found.name, 'zh')}，是否有误？",
        )


def _evidence(told: Sizes) -> Mapping[str, float]:
    """Return the sizes that the plan shows; buildings and bays have a say only where no road has."""
    if math.isfinite(told.road):
        return {"road": told.road}
    known = {"building": told.building, "bay": told.bay}
    return {key: value for key, value in known.items() if math.isfinite(value)}


def _fits(told: Sizes, metres: float, kind: str = "") -> bool | None:
    """Tell whether the sizes are plausible in a unit; None where there are none."""
    limit = patterns().unit
    evidence = _evidence(told)
    if not evidence:
        return None
    spans = {key: limit[f"{key}_{kind}_m" if kind else f"{key}_m"] for key in evidence}
    return all(spans[key][0] <= value * metres <= spans[key][1] for key, value in evidence.items())


def _plausible(told: Sizes, stated: str | None) -> str | None:
    """Return the only unit in which the sizes are plausible, metric ones first; None where there is none, or more."""
    for kind in ("", "odd"):
        # Nobody who draws in centimetres, feet or inches is so rare that odd sizes would tell it.
        for group in (_METRIC, _IMPERIAL) if not kind else (("m", "mm"),):
            fit = [name for name in group if name != stated and _fits(told, UNITS_M[name], kind)]
            if len(fit) == 1:
                return fit[0]
            if fit:
                return None
    return None


def _shown(told: Sizes, unit: str | None, lang: str) -> str:
    """Return in brackets how large things would be."""
    if unit is None:
        return ""
    zh = lang == "zh"
    names = {
        "road": ("道路宽 {} 米", "roads {} m wide"),
        "building": ("建筑边长 {} 米", "buildings {} m long"),
        "bay": ("车位 {} 米", "parking bays {} m long"),
    }
    texts = [
        names[key][0 if zh else 1].format(f"{value * UNITS_M[unit]:.3g}") for key, value in _evidence(told).items()
    ]
    if not texts:
        return ""
    return f"（{'，'.join(texts)}）" if zh else f" ({', '.join(texts)})"
