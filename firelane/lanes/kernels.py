"""The two inner loops of the search for pinches, for an optional compiler.

Plain Python on arrays, slow as it stands and compiled by numba where that is installed and pays:
compiling takes seconds once, loading the compiled code most of a second in each process. What a loop
lets through is judged by the same code either way, so both engines give the same pinches.
See docs/decisions/0011-numba-is-optional.md.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import floor, sqrt
from typing import Any, Literal

from firelane.errors import MeasurementError
from firelane.lanes.arrays import Bools, Floats, Ints

Engine = Literal["auto", "numpy", "numba"]

ENGINE_VARIABLE = "FIRELANE_ENGINE"
"""Environment variable that chooses the engine where the caller leaves it open."""

COLD_HALF_EDGES = 1_000_000
"""From this many half-edges on numba saves more than loading it costs."""

WARM_HALF_EDGES = 5_000
"""The same, once a process has loaded it."""


@dataclass(frozen=True)
class Kernels:
    """The compiled loops."""

    search: Callable[..., int]
    empty: Callable[..., None]


def kernels_for(half_edges: int, engine: Engine = "auto") -> Kernels | None:
    """Return the compiled loops where they are wanted, None for plain numpy.

    Parameters
    ----------
    half_edges : int
        Size of the boundary.
    engine : {"auto", "numpy", "numba"}
        ``auto`` asks the environment variable ``FIRELANE_ENGINE`` first; left open there too, numba is
        taken where it is installed and the boundary large enough to pay for loading it.

    Raises
    ------
    MeasurementError
        If numba is asked for and not installed, or the variable holds something else.
    """
    chosen = os.environ.get(ENGINE_VARIABLE, "auto") if engine == "auto" else engine
    if chosen not in {"auto", "numpy", "numba"}:
        raise MeasurementError(f"{ENGINE_VARIABLE} is {chosen!r}, not auto, numpy or numba")
    if chosen == "numba":
        return _compiled()
    loaded = _compiled.cache_info().currsize > 0
    if chosen == "numpy" or half_edges < (WARM_HALF_EDGES if loaded else COLD_HALF_EDGES):
        return None
    if importlib.util.find_spec("numba") is None:
        return None
    try:
        return _compiled()
    except MeasurementError:  # installed, but not for this numpy
        return None


@cache
def _compiled() -> Kernels:
    try:
        import numba  # noqa: PLC0415  (seldom worth its load time)
    except ImportError as error:
        raise MeasurementError(f"numba cannot be loaded: {error}; pip install firelane[fast]") from error

    def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
        try:  # beside this file, or in the user's own cache, as numba finds it writable
            jitted: Callable[..., Any] = numba.njit(cache=True, nogil=True)(function)
        except RuntimeError:  # neither is
            jitted = numba.njit(nogil=True)(function)
        return jitted

    return Kernels(compiled(search), compiled(empty))


def search(
    corners: Ints, start: Floats, direction: Floats, previous: Ints, usable: Bools, out: Floats, into: Floats,
    box: Floats, strip: Floats, width: float, slack: float, tiny: float,
    columns: int, rows: int, table: Any,
    edge: Ints, px: Floats, py: Floats, ux: Floats, uy: Floats, long: Floats, before: Floats,
    begins: Ints, found: Ints, place: Floats,
) -> int:  # fmt: skip
    """Write pairs of a corner and a half-edge that may make a chord; return how many there are.

    Pairs beyond the room in ``found`` and ``place`` are counted and not written.

    Parameters
    ----------
    corners : (c,) array
        Half-edges whose starts are searched from.
    box : (c, 4) array
        West, east, south and north end of what each may meet, in cells.
    strip : (c, 3) array
        Height at x = 0, slope and half height of the strip about a narrow cone, in cells.
    begins : (pieces,) int array
        The half-edge that begins with each piece, -1 where chords cannot end at its start.
    found : (room, 2) int array
        Corner and half-edge.
    place : (room, 3) array
        Foot along the half-edge; signed distance; 0 where the foot counts, 1 where the start, 2 where both.
    """
    count = 0
    for n in range(len(corners)):
        h = corners[n]
        vx, vy = start[h, 0], start[h, 1]
        ox, oy, ix, iy = out[h, 0], out[h, 1], into[h, 0], into[h, 1]
        before_h = previous[h]
        gx, gy = direction[h, 0], direction[h, 1]
        kx, ky = direction[before_h, 0], direction[before_h, 1]
        for column in range(max(floor(box[n, 0]), 0), min(floor(box[n, 1]), columns - 1) + 1):
            middle = strip[n, 0] + strip[n, 1] * column
            low = max(middle - strip[n, 2], box[n, 2], 0.0)
            high = min(middle + strip[n, 2], box[n, 3], rows - 1.0)
            if high < low and floor(high) < floor(low):
                continue
            cell = column * rows
            for piece in range(table[cell + floor(low)], table[cell + floor(high) + 1]):
                wx, wy = vx - px[piece], vy - py[piece]
                s = ux[piece] * wy - uy[piece] * wx
                along = ux[piece] * wx + uy[piece] * wy
                # Bit by bit, not one after the other: a processor that guesses here guesses wrong.
                foot = (s > -tiny) & (s < width) & (along >= -tiny) & (along <= long[piece] + tiny)
                first = (begins[piece] > h) & (wx * ox + wy * oy >= -slack) & (wx * ix + wy * iy <= slack)
                first &= wx * wx + wy * wy < width * width
                if not (foot | first):
                    continue
                e = edge[piece]
                if foot:
                    normal_out = uy[piece] * ox - ux[piece] * oy
                    normal_in = uy[piece] * ix - ux[piece] * iy
                    foot = usable[h] and normal_out <= slack and normal_in >= -slack
                    if not foot:  # a wall of the corner may run against the piece
                        foot = abs(gx * uy[piece] - gy * ux[piece]) <= slack
                        foot = foot or abs(kx * uy[piece] - ky * ux[piece]) <= slack
                if first:
                    first = (
                        usable[h]
                        and -wx * out[e, 0] - wy * out[e, 1] >= -slack
                        and -wx * into[e, 0] - wy * into[e, 1] <= slack
                    )
                if not (foot or first) or e in (h, before_h):
                    continue
                if count < len(found):
                    found[count, 0], found[count, 1] = h, e
                    place[count, 0], place[count, 1] = along + before[piece], s
                    place[count, 2] = (2.0 if foot else 1.0) if first else 0.0
                count += 1
    return count


def empty(
    x: Floats, y: Floats, radius: Floats, pad: float,
    size: float, least_x: float, least_y: float, columns: int, rows: int, table: Any,
    edge: Ints, px: Floats, py: Floats, ux: Floats, uy: Floats, long: Floats, is_open: Bools,
    result: Bools,
) -> None:  # fmt: skip
    """Write whether no obstacle comes as near to each place as its radius."""
    for n in range(len(x)):
        reach = (radius[n] + pad) / size
        cx, cy = (x[n] - least_x) / size, (y[n] - least_y) / size
        square = radius[n] * radius[n]
        for column in range(max(floor(cx - reach), 0), min(floor(cx + reach), columns - 1) + 1):
            away = max(abs(cx - column - 0.5) - 0.5, 0.0)
            half = sqrt(max(reach * reach - away * away, 0.0))
            low, high = max(floor(cy - half), 0), min(floor(cy + half), rows - 1)
            if high < low or not result[n]:
                continue
            for piece in range(table[column * rows + low], table[column * rows + high + 1]):
                wx, wy = x[n] - px[piece], y[n] - py[piece]
                along = ux[piece] * wx + uy[piece] * wy
                along = min(max(along, 0.0), long[piece])
                wx -= along * ux[piece]
                wy -= along * uy[piece]
                if wx * wx + wy * wy <= square and not is_open[edge[piece]]:
                    result[n] = False
                    break
