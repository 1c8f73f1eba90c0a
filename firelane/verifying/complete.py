"""Whether characters of a lettering lack paint, stroke by stroke; only where it is evidently drawn in our font.

Reading forgives a missing stroke: a character without one is still likest to itself. Our own outlines are known, so that
there everything that is missing shows. In a foreign style nobody knows what belongs to a character.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane.fonts import glyph_outlines
from firelane.markings.bridges import bridged
from firelane.verifying.limits import limits, number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Objects = NDArray[np.object_]


@dataclass(frozen=True)
class _Fit:
    """A reference laid over a character: where it stands, what it lacks and has too much (shares of its area)."""

    at: Floats
    lacks: float
    beyond: float

    @property
    def same(self) -> bool:
        """Whether the character is drawn just so."""
        return max(self.lacks, self.beyond) <= number("lettering", "stroke_share")


def lacking(parts: Objects, wanted: str, up: Floats, bridge_m: float) -> str:
    """Return the characters of a lettering that lack paint.

    Parameters
    ----------
    parts : ndarray of Polygon
        Its strokes.
    wanted : str
        What it was read as.
    up : ndarray (2,)
        Unit vector from the foot of the characters to their head.
    bridge_m : float
        Width of the bridges of a stencil: what they leave free is not missing.

    Returns
    -------
    str
        Empty where nothing is missing, and where it is drawn in another style than ours.
    """
    axes = np.stack([np.array([up[1], -up[0]]), up], axis=1)
    own = shapely.transform(parts, lambda xy: xy @ axes)
    best: tuple[int, str] | None = None
    for weight in limits()["lettering"]["stroke_weights"]:
        found = _compared(own, wanted, int(weight), bridge_m)
        if found is not None and (best is None or found[0] > best[0]):
            best = found
        if best is not None and best[0] == len(wanted):
            break
    return "" if best is None else best[1]


def _compared(parts: Objects, wanted: str, weight: int, bridge_m: float) -> tuple[int, str] | None:
    """Return how many characters are drawn just as in our font, and which of the others lack something."""
    glyphs = glyph_outlines(wanted, weight=weight)
    if glyphs.missing:
        return None
    boxes = shapely.bounds(parts)
    low, size = boxes[:, :2].min(axis=0), np.ptp(np.concatenate([boxes[:, :2], boxes[:, 2:]]), axis=0)
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    best: tuple[int, str] | None = None
    for rows, columns in _arrangements(len(wanted)):
        # The lower row of pieces is that of the last characters; in a column the first stands nearest to the driver.
        place = np.clip(((middles - low) / size * (columns, rows)).astype(int), 0, (columns - 1, rows - 1))
        row = place[:, 1] if columns == 1 else rows - 1 - place[:, 1]
        number_of = row * columns + place[:, 0]
        if len(np.unique(number_of)) < len(wanted):
            continue
        cells = [parts[number_of == n] for n in range(len(wanted))]
        found = _judged([glyphs.outlines[c] for c in wanted], cells, columns, bridge_m)
        if found is not None and (best is None or found[0] > best[0]):
            best = found[0], "".join(c for c, bad in zip(wanted, found[1], strict=True) if bad)
    return best


def _arrangements(count: int) -> list[tuple[int, int]]:
    half = count // 2
    return [(2, half), (1, count), (count, 1), (half, 2)] if count % 2 == 0 and half > 1 else [(1, count), (count, 1)]


def _judged(outlines: list[Any], cells: list[Objects], columns: int, bridge_m: float) -> tuple[int, list[bool]] | None:
    drawn = np.array([shapely.total_bounds(cell) for cell in cells])
    known = shapely.bounds(np.array(outlines, dtype=object))
    # All characters are scaled alike: what a few of them lack does not change that.
    scale = np.median((drawn[:, 2:] - drawn[:, :2]) / (known[:, 2:] - known[:, :2]), axis=0)
    whole = [shapely.union_all(cell) for cell in cells]
    models = [_model(outline, tuple(scale.tolist()), bridge_m) for outline in outlines]
    known = known * np.tile(scale, 2)
    fits = []
    for n, paint in enumerate(whole):
        x = {round(float(drawn[n, k] - known[n, k]), 3) for k in (0, 2)}
        y = {round(float(drawn[n, k] - known[n, k]), 3) for k in (1, 3)}
        fits.append(_best([np.array([a, b]) for a in x for b in y], models[n], paint, float(scale.min())))
    same = np.array([fit.same for fit in fits])
    if same.sum() < number("lettering", "stroke_legible"):
        return None
    rows, column = np.divmod(np.arange(len(fits)), columns)
    at = np.array([fit.at for fit in fits])
    every = shapely.union_all(np.array(whole, dtype=object))
    bad = []
    for n, first in enumerate(fits):
        fit = first
        if not fit.same:
            # It stands in line with the others; a stroke may have been counted to its neighbour.
            tried = np.array([_between(column[same], at[same, 0], column[n]), _between(rows[same], at[same, 1], rows[n])])
            near = shapely.intersection(every, shapely.box(*(known[n, :2] + tried - 0.01), *(known[n, 2:] + tried + 0.01)))
            other = _best([tried], models[n], near, float(scale.min()))
            fit = min(fit, other, key=lambda f: f.lacks + f.beyond)
        # What is drawn otherwise is another style; what is drawn less is incomplete.
        bad.append(fit.lacks > number("lettering", "stroke_share") >= fit.beyond)
    return int(same.sum()), bad


def _between(known: NDArray[np.int64], values: Floats, wanted: int) -> float:
    """Return the value on the straight line through values at some numbers."""
    if np.ptp(known) == 0:
        return float(np.median(values[known == wanted])) if (known == wanted).any() else float(np.median(values))
    slope, first = np.polyfit(known, values, 1)
    return float(slope * wanted + first)


def _model(outline: Any, scale: tuple[float, ...], bridge_m: float) -> tuple[Any, Any]:
    """Return a character as large as it is drawn, without and with the bridges of a stencil."""
    full = shapely.transform(outline, lambda xy: xy * scale)
    return full, bridged(full, bridge_m)[0]


def _best(places: list[Floats], model: tuple[Any, Any], paint: Any, scale_m: float) -> _Fit:
    full, cut = model
    slack = min(number("lettering", "stroke_m"), number("lettering", "stroke_em") * scale_m)
    fits = []
    for at in places:
        here, there = (shapely.transform(shape, lambda xy, at=at: xy + at) for shape in (full, cut))
        least = shapely.buffer(shapely.difference(there, paint), -slack, join_style="mitre")
        most = shapely.buffer(shapely.difference(paint, here), -slack, join_style="mitre")
        fits.append(_Fit(at, float(least.area / full.area), float(most.area / full.area)))
    return min(fits, key=lambda fit: fit.lacks + fit.beyond)
