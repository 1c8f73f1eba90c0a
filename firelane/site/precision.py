"""Coordinates too coarse to judge by: the step they were rounded to, and what it does to a gap.

A lane of 4.3 m that was saved with five decimals of a degree may read 3 m or 5 m. Such data are
recognised by their coordinates alone, said, and given the accuracy that the rounding leaves.

Degrees are always measured, never drawn: any number of decimals that leaves a centimetre or more is a
rounding. In metres a site may have been drawn on whole metres, and is exact then. Only what looks
measured counts as rounded: many places, and slanted edges whose lengths are no multiples of the step –
rounding spoils lengths, drawing on a grid at the grid's own angles does not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from firelane.crs import metres_per_unit
from firelane.site.journal import Journal
from firelane.site.model import SiteConfig
from firelane.site.schema import limits

Floats = NDArray[np.float64]
Objects = NDArray[np.object_]

STEPS = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01)
"""Steps looked for in projected coordinates, in their own unit, coarsest first."""

DECIMALS = range(8)
"""Decimals of a degree looked for; eight are a millimetre."""

EARTH_M = 6_371_008.8
"""Mean radius of the Earth: good enough for the size of a rounding."""

_SPARE = 1e-7  # of a step: what a decimal number loses when it is stored in binary, and more
_ULP = 2.0**-50


@dataclass(frozen=True)
class Step:
    """What the coordinates of a layer were rounded to.

    Attributes
    ----------
    east_m, north_m : float
        The step on the ground [m].
    zh, en : str
        The step in words.
    """

    east_m: float
    north_m: float
    zh: str
    en: str

    @property
    def gap_m(self) -> float:
        """Most that a gap between two things of the layer may be wrong by [m].

        Rounding moves a vertex by up to half the step's diagonal, and a point between two vertices
        no farther than they. Both ends of a gap may move, towards or away from each other.
        """
        return math.hypot(self.east_m, self.north_m)


def coordinate_step(geoms: Objects, crs: pyproj.CRS) -> Step | None:
    """Return what coordinates were rounded to, None where they tell of no coarse rounding.

    Parameters
    ----------
    geoms : ndarray of shapely geometries
        As they stand in the file.
    crs : CRS
        That of the file.
    """
    xy = shapely.get_coordinates(geoms)
    xy = np.unique(xy[np.isfinite(xy).all(axis=1)], axis=0)
    if not len(xy):
        return None
    tell = limits()["tell"]
    found = _degrees(xy, crs) if crs.is_geographic else _metres(geoms, xy, metres_per_unit(crs))
    if found is None or max(found.east_m, found.north_m) < float(tell["coarse_step_m"]):
        return None
    return found


def _degrees(xy: Floats, crs: pyproj.CRS) -> Step | None:
    unit = float(crs.axis_info[0].unit_conversion_factor) if crs.axis_info else math.radians(1.0)
    north = EARTH_M * unit
    east = north * math.cos(float(np.median(xy[:, 1])) * unit)
    for k in DECIMALS:
        # With few numbers a rounding to k decimals may be chance: one in ten for each that follows.
        if _multiples(xy, 10.0**-k) and xy.size * (DECIMALS.stop - k) >= 4:
            size = 10.0**-k
            return Step(
                east * size, north * size, f"经纬度只有 {k} 位小数（{_length(north * size)}）",
                f"degrees with {k} decimals ({_length(north * size)})",
            )  # fmt: skip
    single = _single_precision(xy)
    if single is None:
        return None
    return Step(
        east * single[0], north * single[1], f"单精度浮点坐标（{_length(max(east * single[0], north * single[1]))}）",
        f"single-precision numbers ({_length(max(east * single[0], north * single[1]))})",
    )  # fmt: skip


def _metres(geoms: Objects, xy: Floats, unit_m: float) -> Step | None:
    if len(xy) < int(limits()["tell"]["coarse_vertices"]):
        return None
    for size in STEPS:
        if _multiples(xy, size):
            if not _looks_measured(geoms, size):
                return None
            length = _length(size * unit_m)
            return Step(size * unit_m, size * unit_m, f"坐标取整到 {length}", f"coordinates rounded to {length}")
    single = _single_precision(xy)
    if single is None or max(single) < STEPS[-1] or not _looks_measured(geoms, max(single)):
        return None
    length = _length(max(single) * unit_m)
    return Step(
        single[0] * unit_m, single[1] * unit_m, f"单精度浮点坐标（{length}）", f"single-precision numbers ({length})"
    )


def _multiples(xy: Floats, size: float) -> bool:
    """Tell whether nearly all coordinates are multiples of a step; a few may have been added since."""
    counts = xy / size
    # The stored number is off by its own last bits, the step's multiple by as many.
    spare = np.maximum(_SPARE, np.abs(counts) * _ULP * 2)
    whole = (np.abs(counts - np.round(counts)) <= spare).all(axis=1)
    return float(whole.mean()) >= float(limits()["tell"]["coarse_share"])


def _single_precision(xy: Floats) -> tuple[float, float] | None:
    """Return the step of each axis where all numbers are single-precision ones."""
    with np.errstate(over="ignore"):
        single = xy.astype(np.float32)
    if not np.array_equal(single.astype(np.float64), xy):
        return None
    east, north = np.spacing(np.abs(single).max(axis=0)).astype(float)
    return float(east), float(north)


def _looks_measured(geoms: Objects, size: float) -> bool:
    """Tell whether slanted edges have lengths that a drawing on a grid would not give them."""
    tell = limits()["tell"]
    edge = np.round(_edges(geoms) / size)
    slanted = edge[(np.abs(edge) > 0.5).all(axis=1)]
    slanted *= np.sign(slanted[:, :1])  # the same edge drawn the other way round is the same
    different = np.unique(slanted, axis=0)
    if len(slanted) < int(tell["coarse_edges"]) or len(different) < int(tell["coarse_directions"]):
        return False
    if float(_regular(different).mean()) >= 0.5:
        return False
    # A drawing whose straight edges follow the grid is exact there, though its few curves are rounded.
    length = np.hypot(edge[:, 0], edge[:, 1])
    aslant = np.hypot(slanted[:, 0], slanted[:, 1])[~_regular(slanted)].sum()
    return float(aslant) >= float(tell["coarse_slanted"]) * float(length.sum())


def _regular(steps: Floats) -> NDArray[np.bool_]:
    """Tell which slanted edges a drawing on a grid may have: of whole length, or the grid's own diagonal."""
    length = np.hypot(steps[:, 0], steps[:, 1])
    regular: NDArray[np.bool_] = (np.abs(length - np.round(length)) < 1e-6) | (np.abs(steps[:, 0]) == np.abs(steps[:, 1]))
    return regular


def _edges(geoms: Objects) -> Floats:
    """Return the edges of lines and outlines as vectors; of points the way from each to the next eastwards."""
    parts = shapely.get_parts(geoms[~shapely.is_missing(geoms)])
    dimension = shapely.get_dimensions(parts)
    lines = np.concatenate((shapely.get_rings(parts[dimension == 2]), parts[dimension == 1]))
    xy, line = shapely.get_coordinates(lines, return_index=True)
    same = line[1:] == line[:-1]
    points = np.unique(shapely.get_coordinates(parts[dimension == 0]), axis=0)
    vectors: Floats = np.concatenate(((xy[1:] - xy[:-1])[same], points[1:] - points[:-1]))
    return vectors


def _length(metres: float) -> str:
    """Return the size of a step for a message.

    >>> _length(1.1119), _length(0.1), _length(0.011119)
    ('1.1 m', '0.10 m', '0.011 m')
    """
    return f"{metres:.1f} m" if metres >= 1.0 else f"{metres:.2f} m" if metres >= 0.1 else f"{metres:.3f} m"


def tell_coarse(
    layers: Mapping[str, Sequence[Objects]], crs: pyproj.CRS, config: SiteConfig, *, told: bool, journal: Journal
) -> dict[str, float]:
    """Say which layers are too coarse, and return the accuracy that each of them then has [m].

    Parameters
    ----------
    layers : Mapping
        Layer → the readable geometries of each of its tables, as they stand in the files.
    crs : CRS
        That of the files.
    config : SiteConfig
        What ``site.toml`` declares goes before what the coordinates tell.
    told : bool
        Whether ``site.toml`` gives an accuracy for the site.
    journal : Journal

    Returns
    -------
    dict
        Layer → accuracy [m], of the layers for which none is declared.
    """
    floors: dict[str, float] = {}
    groups: dict[tuple[str, str], list[tuple[str, Step, bool]]] = {}
    for layer, tables in layers.items():
        steps = [step for geoms in tables if (step := coordinate_step(geoms, crs)) is not None]
        if not steps:
            continue
        step = max(steps, key=lambda s: s.gap_m)
        declared = told or layer in config.layer_accuracy_m
        if not declared:
            floors[layer] = step.gap_m
        groups.setdefault((step.zh, step.en), []).append((layer, step, declared))
    for (zh, en), found in groups.items():
        gap_m = max(step.gap_m for _, step, _ in found)
        declared_m = {
            config.layer_accuracy_m.get(layer, config.accuracy_m) for layer, _, declared in found if declared
        }
        names_zh, names_en = "、".join(n for n, _, _ in found), ", ".join(n for n, _, _ in found)
        rest_zh, rest_en = _consequence(gap_m, sorted(declared_m), mixed=any(not d for _, _, d in found))
        journal.note(
            "coarse_coordinates",
            f"{names_en}: {en}: a width may be wrong by up to {gap_m:.3f} m; {rest_en}",
            f"{names_zh}：{zh}，宽度误差可达 {gap_m:.3f} 米；{rest_zh}",
            layer=found[0][0] if len(found) == 1 else None,
        )
    return floors


def _consequence(gap_m: float, declared_m: Sequence[float], *, mixed: bool) -> tuple[str, str]:
    """Return what follows from the rounding: an accuracy, or a declared one that stands."""
    zh, en = [], []
    if mixed:
        zh.append(f"与限值相差不超过 {gap_m:.3f} 米的判为“无法判定”。请取得原始测量数据，或在 site.toml 中写明 accuracy_m")
        en.append(
            f"what lies within {gap_m:.3f} m of a limit is indeterminate. Get the original survey, or give accuracy_m "
            "in site.toml"
        )
    for value in declared_m:
        zh.append(f"site.toml 声明的精度 {value:g} 米优先" + ("，小于取整误差，请核实" if value < gap_m else ""))
        en.append(
            f"the accuracy of {value:g} m that site.toml declares stands"
            + (", though it is less: check it" if value < gap_m else "")
        )
    return "；".join(zh), "; ".join(en)
