"""Laying rectangular parts on plates in shelves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Laid:
    """Where a part lies: its plate (from 0), its lower left corner [mm], and whether it is turned left by 90°."""

    plate: int
    x: float
    y: float
    turned: bool


@dataclass(frozen=True)
class Nest:
    """Parts on plates.

    Attributes
    ----------
    laid : tuple of Laid
        One for each part, in the order of the parts.
    plates : tuple of (float, float)
        Width and height of each plate [mm]; one that a single large part needs is larger than the usual.
    """

    laid: tuple[Laid, ...]
    plates: tuple[tuple[float, float], ...]


@dataclass
class _Shelf:
    plate: int
    y: float
    height: float
    x: float


def nested(sizes: Sequence[tuple[float, float]], plate: tuple[float, float], *, border: float, gap: float) -> Nest:
    """Lay parts on as few plates as shelves allow: the tallest first, each on the first shelf that has room.

    Parameters
    ----------
    sizes : sequence of (float, float)
        Width and height of each part [mm].
    plate : (float, float)
        Width and height of a plate [mm].
    border : float
        Left free along the plate's edge [mm].
    gap : float
        Left free between parts [mm].

    Returns
    -------
    Nest
        A part that no plate can hold, turned or not, has a plate of its own that is large enough.
    """
    room = (plate[0] - 2 * border, plate[1] - 2 * border)
    turned = [not _fits(size, room) and _fits(size[::-1], room) for size in sizes]
    shapes = [size[::-1] if turn else size for size, turn in zip(sizes, turned, strict=True)]
    order = sorted(range(len(sizes)), key=lambda n: (-shapes[n][1], -shapes[n][0], n))
    plates: list[tuple[float, float]] = []
    tops: list[float] = []  # where the next shelf of each plate begins
    shelves: list[_Shelf] = []
    laid: dict[int, Laid] = {}
    for number in order:
        width, height = shapes[number]
        if not _fits((width, height), room):
            laid[number] = Laid(len(plates), border, border, turned=False)
            plates.append((width + 2 * border, height + 2 * border))
            tops.append(plates[-1][1])
            continue
        shelf = next((s for s in shelves if height <= s.height and s.x + width <= plate[0] - border + 1e-9), None)
        if shelf is None:
            free = (n for n, top in enumerate(tops) if plates[n] == plate and top + height <= plate[1] - border + 1e-9)
            place = next(free, None)
            if place is None:
                place = len(plates)
                plates.append(plate)
                tops.append(border)
            shelf = _Shelf(place, tops[place], height, border)
            tops[place] += height + gap
            shelves.append(shelf)
        laid[number] = Laid(shelf.plate, shelf.x, shelf.y, turned[number])
        shelf.x += width + gap
    return Nest(tuple(laid[n] for n in range(len(sizes))), tuple(plates))


def _fits(size: tuple[float, float], room: tuple[float, float]) -> bool:
    return size[0] <= room[0] + 1e-9 and size[1] <= room[1] + 1e-9
