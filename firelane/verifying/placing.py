"""Where a drawing is, and in what unit: told by itself, by its coordinates or by the user; never fitted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from firelane.errors import InputError, Problem
from firelane.site.cad.options import UNITS_M
from firelane.site.cad.units import stated_unit
from firelane.verifying.limits import number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from firelane.site.cad.paint import Drawn

_TRIED = ("m", "mm", "cm", "dm")


@dataclass(frozen=True)
class Placed:
    """Site coordinates = origin + metres × drawing coordinates."""

    how: str
    unit: str
    metres: float
    origin: tuple[float, float]
    notes: tuple[tuple[str, str], ...] = ()


def place(
    drawn: Drawn, bounds: tuple[float, float, float, float], *, unit: str | None, origin: tuple[float, float] | None
) -> Placed:
    """Return where a drawing is.

    Parameters
    ----------
    drawn : Drawn
        Its paint alone.
    bounds : tuple
        West, south, east and north of the site [m].
    unit, origin : optional
        What the user says; it goes before what the file says.

    Raises
    ------
    InputError
        Where neither the drawing nor the user tells, or what they tell does not meet the site.
    """
    xy = _middles(drawn)
    own = _own(drawn)
    if own is not None and origin is None and unit is None:
        found = Placed("own", own[0], UNITS_M[own[0]], own[1])
        if _share(xy, found, bounds) < number("placing", "share"):
            raise _problem(
                drawn, "it says itself where it is, and that is not where the site is",
                "图形自身注明的位置与该场地不符", "name the site that it was drawn for", "请指定与该图对应的场地",
            )
        return found
    stated = stated_unit(drawn.unit_code)
    if origin is not None:
        name = unit or (own[0] if own else None) or stated
        if name is None:
            raise _problem(drawn, "the file does not say its unit ($INSUNITS)", "文件未注明单位（$INSUNITS）",
                           "add --units m, mm or cm", "请加 --units m、mm 或 cm")  # fmt: skip
        found = Placed("origin", name, UNITS_M[name], origin)
        if _share(xy, found, bounds) < number("placing", "share"):
            raise _off(drawn, xy, found, bounds)
        return found
    names = (unit,) if unit else tuple(dict.fromkeys([*([stated] if stated else []), *_TRIED]))
    for name in names:
        found = Placed("survey", name, UNITS_M[name], (0.0, 0.0))
        if _share(xy, found, bounds) >= number("placing", "share"):
            if stated is None or name == stated or unit:
                return found
            note = (
                f"文件注明单位为 {stated}，但其坐标只有按 {name} 才与场地相符，已按 {name} 读取",
                f"the file says its unit is {stated}, but its coordinates meet the site in {name} alone: taken as {name}",
            )
            return Placed("survey", name, UNITS_M[name], (0.0, 0.0), (note,))
    raise _nowhere(drawn, xy, names, bounds)


def _own(drawn: Drawn) -> tuple[str, tuple[float, float]] | None:
    try:
        x, y = (float(drawn.properties[f"firelane_origin_{axis}"]) for axis in "xy")
    except (KeyError, ValueError):
        return None
    unit = drawn.properties.get("firelane_unit", "")
    return (unit, (x, y)) if unit in UNITS_M and math.isfinite(x) and math.isfinite(y) else None


def _middles(drawn: Drawn) -> NDArray[np.float64]:
    boxes = shapely.bounds(drawn.geometry) if len(drawn) else np.empty((0, 4))
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    texts = np.array([text.corners.mean(axis=0) for text in drawn.texts]).reshape(-1, 2)
    return np.concatenate([middles, texts])


def _share(xy: NDArray[np.float64], found: Placed, bounds: tuple[float, float, float, float]) -> float:
    if not len(xy):
        return 1.0
    there = xy * found.metres + found.origin
    beside = number("placing", "beside_m")
    low, high = np.array(bounds[:2]) - beside, np.array(bounds[2:]) + beside
    return float(((there >= low) & (there <= high)).all(axis=1).mean())


def _nowhere(
    drawn: Drawn, xy: NDArray[np.float64], names: tuple[str, ...], bounds: tuple[float, float, float, float]
) -> InputError:
    swapped = any(
        _share(xy[:, ::-1], Placed("survey", name, UNITS_M[name], (0.0, 0.0)), bounds) >= number("placing", "share")
        for name in names
    )
    if swapped:
        return _problem(
            drawn, "its x is north and its y is east: the other way round its coordinates meet the site",
            "图中 X 为北、Y 为东：互换后坐标才与场地相符", "exchange x and y in CAD", "请在 CAD 中互换 X、Y 坐标",
        )
    low, high = xy.min(axis=0), xy.max(axis=0)
    west, south, east, north = bounds
    return _problem(
        drawn,
        f"it does not say where it is: its coordinates run from ({low[0]:.1f}, {low[1]:.1f}) to ({high[0]:.1f}, {high[1]:.1f}), the "
        f"site from ({west:.1f}, {south:.1f}) to ({east:.1f}, {north:.1f})",
        f"无法确定图形位置：图中坐标为（{low[0]:.1f}, {low[1]:.1f}）至（{high[0]:.1f}, {high[1]:.1f}），"
        f"场地为（{west:.1f}, {south:.1f}）至（{east:.1f}, {north:.1f}）",
        "say where its point 0,0 lies, east and north in metres: --origin EAST,NORTH (and --units where they are not what the file says)",
        "请用 --origin 东,北 给出图中原点（0,0）的坐标（米）；单位与文件所注不同时另加 --units",
    )


def _off(
    drawn: Drawn, xy: NDArray[np.float64], found: Placed, bounds: tuple[float, float, float, float]
) -> InputError:
    there = xy * found.metres + found.origin
    low, high = there.min(axis=0), there.max(axis=0)
    west, south, east, north = bounds
    return _problem(
        drawn,
        f"with this origin and unit ({found.unit}) it lies from ({low[0]:.1f}, {low[1]:.1f}) to ({high[0]:.1f}, {high[1]:.1f}), the site "
        f"from ({west:.1f}, {south:.1f}) to ({east:.1f}, {north:.1f})",
        f"按所给原点和单位（{found.unit}），图形位于（{low[0]:.1f}, {low[1]:.1f}）至（{high[0]:.1f}, {high[1]:.1f}），"
        f"场地为（{west:.1f}, {south:.1f}）至（{east:.1f}, {north:.1f}）",
        "mend --origin EAST,NORTH or --units", "请改正 --origin 东,北 或 --units",
    )  # fmt: skip


def _problem(drawn: Drawn, en: str, zh: str, remedy_en: str, remedy_zh: str) -> InputError:
    return InputError([Problem(en, remedy_en, drawn.plan_file, message_zh=zh, remedy_zh=remedy_zh)])
