"""Characters read from their shapes, whatever font they were drawn in.

Each character of a lettering is scaled to a square, laid over a raster, and compared with the same rasters of our font
in several weights: those of the eight characters, and those of others that are painted on roads. All eight ways to turn
and to mirror the lettering are tried, and the usual arrangements.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from scipy.ndimage import gaussian_filter

from firelane.fonts import glyph_outlines
from firelane.verifying.limits import limits, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Objects = NDArray[np.object_]

_RIM = 2  # empty cells around a picture


@dataclass(frozen=True)
class Reading:
    """What a lettering says.

    Attributes
    ----------
    words : str
        Characters in order; ``？`` for one that is not read, ``·`` for an empty place.
    up : ndarray (2,)
        Unit vector from the foot of the characters to their head.
    mirrored : bool
    legible : int
        How many characters were read.
    likeness : float
        Mean likeness of the characters.
    other : str
        Other words that it clearly says, where that was looked for.
    lacks : str
        Characters that lack paint, where that can be told.
    """

    words: str
    up: Floats
    mirrored: bool
    legible: int
    likeness: float
    other: str = ""
    lacks: str = ""


@lru_cache(maxsize=4)
def _templates(wanted: str) -> tuple[tuple[str, ...], Floats]:
    """Return characters and their pictures, one row each; a character has a row for each weight."""
    others = "".join(dict.fromkeys(c for c in str(limits()["lettering"]["others"]) if c not in wanted))
    names: list[str] = []
    rows: list[Floats] = []
    for weight in limits()["lettering"]["weights"]:
        glyphs = glyph_outlines(wanted + others, weight=int(weight), tolerance_em=0.01)
        for character in wanted + others:
            if character not in glyphs.missing:
                names.append(character)
                rows.append(_raster(glyphs.outlines[character]).ravel())
    return tuple(names), np.array(rows)


def _raster(shape: Any) -> Floats:
    """Return a shape as a picture, the upper row first, of mean 0 and length 1."""
    count = int(number("lettering", "cells"))
    west, south, east, north = shapely.bounds(shape)
    # Thin ones (一) keep their proportions rather than filling the square.
    size = np.maximum(np.array([east - west, north - south]), 0.25 * max(east - west, north - south))
    middle = np.array([west + east, south + north]) / 2
    fine = 2 * count
    steps = (np.arange(fine) + 0.5) / fine - 0.5
    x, y = np.meshgrid(middle[0] + steps * size[0], middle[1] - steps * size[1])
    shapely.prepare(shape)
    ink = shapely.contains_xy(shape, x, y).astype(float).reshape(count, 2, count, 2).mean(axis=(1, 3))
    side = count + 2 * _RIM
    return np.asarray(soft(ink[None]).reshape(side, side))


def soft(ink: Floats) -> Floats:
    """Return pictures (n, cells, cells) as rows of mean 0 and length 1, what is wider than strokes taken away.

    That all characters fill about a square would make them alike.
    """
    padded = np.pad(ink, ((0, 0), (_RIM, _RIM), (_RIM, _RIM)))
    fine, broad = (gaussian_filter(padded, (0.0, s, s)) for s in (number("lettering", "blur_cells"), number("lettering", "stroke_cells")))
    rows = (fine - broad).reshape(len(ink), -1)
    rows = rows - rows.mean(axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1), 1e-12)[:, None])


def read_shapes(parts: Objects, wanted: str, up: Floats) -> Reading | None:
    """Read a lettering.

    Parameters
    ----------
    parts : ndarray of Polygon
        Its strokes.
    wanted : str
        The words that are expected.
    up : ndarray (2,)
        One of the four directions in which the heads of the characters may point.

    Returns
    -------
    Reading or None
        The likeliest reading; None where there is nothing that could be characters.
    """
    if not len(parts):
        return None
    axes = np.stack([np.array([up[1], -up[0]]), up], axis=1)
    best: tuple[float, Reading] | None = None
    slender, broad = number("lettering", "slender"), number("lettering", "broad")
    half, count = len(wanted) // 2, len(wanted)
    tried = [(2, n) for n in (half, half - 1, half + 1)] + [(1, n) for n in (count, count - 1, count + 1)]
    tried += [(b, a) for a, b in tried]
    for pictures, cell in layouts(shapely.transform(parts, lambda xy: xy @ axes), tried):
        rows, columns, side = pictures.shape[:3]
        flat = pictures.reshape(-1, side, side)
        inked = np.asarray(flat.any(axis=(1, 2)))
        ways = [(turn, mirrored) for turn in range(4) for mirrored in (False, True)]
        # All ways to look at all pictures at once: many small products of matrices take longer.
        viewed = np.stack([seen(flat, turn, (1, 2), mirrored=mirrored) for turn, mirrored in ways])
        likeness = (viewed.reshape(-1, side * side) @ _templates(wanted)[1].T).reshape(len(ways), len(flat), -1)
        places = np.arange(rows * columns).reshape(rows, columns)
        for (turn, mirrored), alike in zip(ways, likeness, strict=True):
            width, height = cell if turn % 2 == 0 else cell[::-1]
            # A character is neither a bar nor a beam.
            if not slender <= width / height <= broad:
                continue
            order = seen(places, turn, (0, 1), mirrored=mirrored)
            if order.shape[1] == 1:  # from near to far, as a driver meets them
                order = order[::-1]
            score, words, legible, mean = _read(alike[order.ravel()], inked[order.ravel()], wanted)
            if best is None or score > best[0] + 1e-9:
                cos, sin = ((1, 0), (0, 1), (-1, 0), (0, -1))[turn]
                way = np.array([cos * up[0] - sin * up[1], sin * up[0] + cos * up[1]])
                best = score, Reading(words, way, mirrored, legible, mean)
    return None if best is None else best[1]


def seen(array: Any, turn: int, axes: tuple[int, int], *, mirrored: bool) -> Any:
    """Return a picture, or an arrangement, as one sees it who stands a quarter turned so many times."""
    turned = np.rot90(array, -turn, axes=axes)
    return np.flip(turned, axis=axes[1]) if mirrored else turned


def layouts(
    parts: Objects, tried: list[tuple[int, int]], *, overhang: float = np.inf
) -> Iterator[tuple[Floats, tuple[float, float]]]:
    """Yield arrangements of the strokes: (rows, columns, height, width) of pictures, and the size of a cell.

    ``tried`` are numbers of rows and columns; those that do not fit are left out, and those in which a stroke
    reaches out of its cell by more than ``overhang`` (share of the cell). An empty place is a picture of zeros.
    """
    slender, broad = number("lettering", "slender"), number("lettering", "broad")
    boxes = shapely.bounds(parts)
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    size = np.maximum(high - low, 1e-9)
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    for rows, columns in tried:
        cell = size / (columns, rows)
        ratio = cell[0] / cell[1]
        fits = slender <= ratio <= broad or slender <= 1 / ratio <= broad
        if not fits or (boxes[:, 2:] - boxes[:, :2] > 1.3 * cell).any():
            continue
        place = np.clip(((middles - low) / cell).astype(int), 0, (columns - 1, rows - 1))
        corner = low + place * cell
        if (np.maximum(corner - boxes[:, :2], boxes[:, 2:] - corner - cell) > overhang * cell).any():
            continue
        number_of = (rows - 1 - place[:, 1]) * columns + place[:, 0]
        side = int(number("lettering", "cells")) + 2 * _RIM
        pictures = np.zeros((rows * columns, side, side))
        for n in np.unique(number_of):
            strokes = parts[number_of == n]
            pictures[n] = _raster(shapely.union_all(strokes) if len(strokes) > 1 else strokes[0])
        yield pictures.reshape(rows, columns, side, side), (float(cell[0]), float(cell[1]))


def _read(likeness: Floats, inked: NDArray[np.bool_], wanted: str) -> tuple[float, str, int, float]:
    """Return score, words, how many characters were read, and their mean likeness.

    ``likeness`` has a row for each place, in reading order, and a column for each picture of a character.
    """
    names = _templates(wanted)[0]
    own = np.isin(np.array(names), list(wanted))
    words, legible = "", 0
    for n, row in enumerate(likeness):
        if not inked[n]:
            words += "·"
            continue
        first = int(row.argmax())
        character, most = names[first], float(row[first])
        sure = most >= number("lettering", "read" if character in wanted else "read_others")
        meant = n < len(wanted) and character == wanted[n] and most >= number("lettering", "likely")
        words += character if sure or meant else "？"
        legible += sure or meant
    mean = float((likeness[:, own].max(axis=1) * inked).mean())
    return mean - 0.02 * abs(len(likeness) - len(wanted)), words, legible, mean
