"""Whether a lettering says something else: its characters compared with all of GB 2312 level 1 (常用字).

Only where few of the expected characters were read: then either the style is foreign, or the words are. If they are
other words, most places read clearly as other characters; noise, blots and ornaments are like none.
"""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import shapely

from firelane.fonts.outlines import flat_rings
from firelane.fonts.source import instance, open_font
from firelane.verifying.glyphs import layouts, seen, soft
from firelane.verifying.limits import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Objects = NDArray[np.object_]

_ROWS = (0xB0, 0xD8)  # of GB 2312: level 1
_CELLS = (0xA1, 0xFF)
_MOST = 12  # characters in a row
_ARRANGED = tuple((1, n) for n in range(2, _MOST + 1)) + tuple((2, n) for n in range(1, 7)) + ((3, 3), (3, 2), (4, 3), (3, 4))


def read_widely(parts: Objects, wanted: str, up: Floats) -> str | None:
    """Return what a lettering says if it clearly says something else than ``wanted``.

    Parameters
    ----------
    parts : ndarray of Polygon
        Its strokes.
    wanted : str
    up : ndarray (2,)
        One of the four directions in which the heads of the characters may point.

    Returns
    -------
    str or None
        The likeliest words, ``？`` for a character that is not read; None where it may be the right ones in another
        style, or nothing that can be read.
    """
    names, pictures = _level_1()
    own = np.array([int(np.flatnonzero(names == c)[0]) if c in names else -1 for c in wanted])
    axes = np.stack([np.array([up[1], -up[0]]), up], axis=1)
    half, count = len(wanted) // 2, len(wanted)
    sizes = [(2, half), (1, count), *_ARRANGED]
    sizes = list(dict.fromkeys(size for a, b in sizes for size in ((a, b), (b, a))))
    best: tuple[float, str] | None = None
    overhang, share = number("lettering", "overhang"), number("lettering", "other_share")
    for cells, cell in layouts(shapely.transform(parts, lambda xy: xy @ axes), sizes, overhang=overhang):
        places = cells.shape[0] * cells.shape[1]
        for most, clear, words, alike in _views(cells, cell, names, pictures):
            if places == count and _may_be(alike, own):
                return None
            score = float(most.mean())
            # Blots all alike may be like one character; words have several.
            kinds = len({word for word in words if word != "？"})
            others = clear.sum() >= max(2.0, share * places) and kinds >= max(2.0, clear.sum() / 2)
            if others and (best is None or score > best[0] + 1e-9):
                best = score, words
        enough = number("lettering", "other" if places == count else "sure")
        if best is not None and best[0] >= enough:
            break  # the other arrangements cut characters through
    return None if best is None or best[1] == wanted else best[1]


def _views(
    cells: Floats, cell: tuple[float, float], names: NDArray[np.str_], pictures: Floats
) -> Iterator[tuple[Floats, NDArray[np.bool_], str, Floats]]:
    """Yield for each way to look at an arrangement: greatest likeness of each place, whether it is clear, words, likeness."""
    rows, columns, side = cells.shape[:3]
    flat = cells.reshape(-1, side, side).astype(np.float32)
    inked = np.asarray(flat.any(axis=(1, 2)))
    if inked.mean() < number("lettering", "other_share"):
        return
    places = np.arange(rows * columns).reshape(rows, columns)
    for turn, mirrored in itertools.product(range(4), (False, True)):
        width, height = cell if turn % 2 == 0 else cell[::-1]
        # A character is neither a bar nor a beam.
        if not number("lettering", "slender") <= width / height <= number("lettering", "broad"):
            continue
        order = seen(places, turn, (0, 1), mirrored=mirrored)
        if order.shape[1] == 1:  # from near to far, as a driver meets them
            order = order[::-1]
        rank = order.ravel()
        alike = (seen(flat, turn, (1, 2), mirrored=mirrored).reshape(len(flat), -1) @ pictures.T)[rank]
        most = alike.max(axis=1) * inked[rank]
        clear = most >= number("lettering", "other")
        likest = names[alike.argmax(axis=1)]
        words = "".join(
            str(name) if sure else "？" if ink else "" for name, sure, ink in zip(likest, clear, inked[rank], strict=True)
        )
        yield most, clear, words, alike


def _may_be(alike: Floats, own: NDArray[np.int64]) -> bool:
    """Tell whether most places are more like the expected character than like almost all others."""
    known = own >= 0
    mine = np.where(known, alike[np.arange(len(own)), own], -np.inf)
    before = (alike > mine[:, None]).mean(axis=1)
    return bool((before[known] <= number("lettering", "rank_share")).sum() >= number("lettering", "legible"))


@lru_cache(maxsize=1)
def _level_1() -> tuple[NDArray[np.str_], Floats]:
    """Return the characters of GB 2312 level 1 and their pictures, one row each."""
    found = {
        bytes((row, cell)).decode("gb2312", errors="ignore") for row in range(*_ROWS) for cell in range(*_CELLS)
    } - {""}  # fmt: skip
    names = tuple(sorted(found))
    with open_font(instance(names, None, int(number("lettering", "other_weight"))), 0) as font:
        glyphs, cmap, em = font.getGlyphSet(), font.getBestCmap(), float(font["head"].unitsPerEm)
        names = tuple(name for name in names if ord(name) in cmap)
        rings = [flat_rings(glyphs[cmap[ord(name)]], glyphs, 0.01 * em) for name in names]
    return np.array(names), soft(_inked(rings)).astype(np.float32)


def _inked(glyphs: list[list[Floats]]) -> Floats:
    """Return how much of each cell of its square each glyph covers, all glyphs at once.

    Contours overlap in variable fonts: along every line of the raster their windings are added up.
    """
    count = int(number("lettering", "cells"))
    fine = 2 * count
    start = np.concatenate([ring for rings in glyphs for ring in rings])
    end = np.concatenate([np.roll(ring, -1, axis=0) for rings in glyphs for ring in rings])
    of = np.repeat(np.arange(len(glyphs)), [sum(map(len, rings)) for rings in glyphs])
    low, high = np.full((len(glyphs), 2), np.inf), np.full((len(glyphs), 2), -np.inf)
    np.minimum.at(low, of, start)
    np.maximum.at(high, of, start)
    size = np.maximum(high - low, 0.25 * (high - low).max(axis=1, initial=1e-12)[:, None])
    middle = (low + high) / 2
    a, b = (((p - middle[of]) / size[of] * (1, -1) + 0.5) * fine for p in (start, end))
    first, stop = (
        np.clip(np.ceil(edge(a[:, 1], b[:, 1]) - 0.5), 0, fine).astype(np.int64) for edge in (np.minimum, np.maximum)
    )
    lines = stop - first
    segment = np.repeat(np.arange(len(a)), lines)
    row = np.arange(lines.sum()) - np.repeat(np.cumsum(lines) - lines, lines) + first[segment]
    t = (row + 0.5 - a[segment, 1]) / (b[segment, 1] - a[segment, 1])
    x = a[segment, 0] + t * (b[segment, 0] - a[segment, 0])
    column = np.clip(np.ceil(x - 0.5), 0, fine).astype(np.int64)
    turns = np.bincount(
        (of[segment] * fine + row) * (fine + 1) + column, weights=np.sign(b[segment, 1] - a[segment, 1]),
        minlength=len(glyphs) * fine * (fine + 1),
    ).reshape(-1, fine, fine + 1)  # fmt: skip
    ink = np.cumsum(turns, axis=2)[:, :, :fine].round() != 0
    return np.asarray(ink.reshape(-1, count, 2, count, 2).mean(axis=(2, 4)))
