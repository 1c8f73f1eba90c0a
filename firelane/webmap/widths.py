"""Classes of clear width: where they break, what they look like, and a lane cut into runs of one class."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane.vocabulary import Lang, Quantity
from firelane.webmap.words import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray
    from shapely.geometry.base import BaseGeometry

    from firelane.rules.model import Rule

UNMEASURED = -1
"""Class code of a station where no width was measured."""


@dataclass(frozen=True)
class WidthClass:
    """One class of clear width, from ``lower_mm`` (included) up to ``upper_mm`` (excluded); None = open.

    ``short`` is True below the limit of the rule in force.
    """

    lower_mm: int | None
    upper_mm: int | None
    colour: str
    weight_px: float
    short: bool

    def label(self, lang: Lang = "zh") -> str:
        """Return e.g. ``3.5 – 4.0 m``."""
        if self.lower_mm is None:
            return f"< {_metres(self.upper_mm)} m"
        if self.upper_mm is None:
            return f"≥ {_metres(self.lower_mm)} m"
        joint = words(lang)["range"]
        return f"{_metres(self.lower_mm)}{joint}{_metres(self.upper_mm)} m"


def _metres(value_mm: int | None) -> str:
    text = f"{(value_mm or 0) / 1000:.3f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


@lru_cache(maxsize=1)
def palette() -> Mapping[str, Any]:
    """Return the styles of ``palette.toml``; not to be changed by the caller."""
    text = resources.files("firelane.webmap").joinpath("palette.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def line_look() -> dict[str, Any]:
    """Return how a lane looks of which only the centreline is known."""
    look = palette()["width"]["line"]
    return {"color": look["colour"], "weight": look["weight_px"], "dashArray": look["dash"], "lineCap": "butt"}


def layer_zoom(key: str) -> float:
    """Return the zoom from which on a layer of many small things is drawn; 0 for always."""
    return float(palette()["zoom"].get(key, 0))


def width_limit_m(rules: Sequence[Rule]) -> float | None:
    """Return the least clear width [m] that the rules in force ask for, None where none does.

    A rule about clear width goes before one about the vehicle that must arrive.
    """
    for quantity in (Quantity.CLEAR_WIDTH, Quantity.REACH):
        for rule in rules:
            if rule.quantity is quantity and rule.comparator == ">=" and rule.threshold is not None:
                return rule.threshold
    return None


def width_classes(limit_m: float | None) -> tuple[WidthClass, ...]:
    """Return the classes in ascending order, with a break exactly at ``limit_m``.

    >>> [c.label() for c in width_classes(4.0)]
    ['< 3.0 m', '3.0–3.5 m', '3.5–4.0 m', '4.0–5.0 m', '5.0–6.0 m', '≥ 6.0 m']
    """
    ramp = palette()["width"]
    if limit_m is None:
        breaks = [round(b * 1000) for b in ramp["plain_breaks_m"]]
        looks, shorts = ramp["above"], 0
    else:
        offsets = [*(-d for d in ramp["below_m"]), 0.0, *ramp["above_m"]]
        breaks = [round((limit_m + d) * 1000) for d in offsets]
        looks, shorts = [*ramp["below"], *ramp["above"]], len(ramp["below"])
    edges = [None, *breaks, None]
    return tuple(
        WidthClass(edges[i], edges[i + 1], look["colour"], look["weight_px"], i < shorts)
        for i, look in enumerate(looks)
    )


def millimetres(values_m: ArrayLike) -> NDArray[np.int32]:
    """Return lengths [m] as whole millimetres rounded down like every text; -1 where not measured.

    Colours are chosen by these figures, so that a colour never contradicts the number beside it.
    """
    values = np.asarray(values_m, dtype=np.float64)
    known = np.isfinite(values)
    # the same sum as vocabulary.rounded_down, for a whole column
    scaled = np.floor((np.where(known, values, 0.0) + 1e-6) * 1000 + 1e-9)
    whole = np.clip(scaled, 0, np.iinfo(np.int32).max)
    return np.where(known, whole, UNMEASURED).astype(np.int32)


def classify(values_m: ArrayLike, classes: Sequence[WidthClass]) -> NDArray[np.intp]:
    """Return the index of each value's class; :data:`UNMEASURED` for NaN."""
    whole = millimetres(values_m)
    breaks = np.array([c.lower_mm for c in classes[1:]], dtype=np.int64)
    codes = np.searchsorted(breaks, whole, side="right")
    return np.where(whole == UNMEASURED, UNMEASURED, codes).astype(np.intp)


def runs(points: NDArray[np.float64], codes: NDArray[np.intp]) -> list[tuple[int, BaseGeometry]]:
    """Cut the line through ``points`` into stretches of one class.

    Every station colours the line half way to its neighbours, so one narrow station stays visible.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Stations in the order of the lane [m].
    codes : ndarray, shape (n,)
        Their classes.

    Returns
    -------
    list of (int, LineString)
        In the order of the lane; empty for fewer than two stations.
    """
    if len(points) < 2:
        return []
    middles = (points[:-1] + points[1:]) / 2
    starts = np.flatnonzero(np.diff(codes, prepend=codes[0] - 1))
    ends = np.append(starts[1:], len(codes))
    lines: list[tuple[int, BaseGeometry]] = []
    for start, end in zip(starts, ends, strict=True):
        before = middles[start - 1 : start] if start else points[:0]
        after = middles[end - 1 : end] if end < len(points) else points[:0]
        line = shapely.linestrings(np.vstack((before, points[start:end], after)))
        lines.append((int(codes[start]), line))
    return lines
