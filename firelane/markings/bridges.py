"""Stencil bridges (模板连接筋): what holds the islands of a template.

A character is cut out of a plate; what lies inside an enclosed stroke would fall out. Each such island gets a
bridge: a strip of the plate that is left standing, and therefore stays unpainted.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

Cut = tuple[float, float, float, float]

_PLACES = 41  # where a stroke is tried along each side of an island
_ALMOST = 1.1  # strokes this little longer than the shortest are as good: the one nearest the middle is cut
_ROWS = np.array([-0.49, -0.25, 0.0, 0.25, 0.49])  # rays across a strip's width: a strip cuts right through on all
_TURNS = (  # right, left, up, down: how the plane is turned so that the stroke runs to the right
    np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[-1.0, 0.0], [0.0, 1.0]]),
    np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[0.0, -1.0], [1.0, 0.0]]),
)  # fmt: skip
_KEY_M = 1e-7  # characters that differ by less share their bridges


def bridged(glyph: BaseGeometry, bridge_m: float) -> tuple[BaseGeometry, int]:
    """Return a painted character with the bridges of a stencil, and how many there are.

    For each enclosed hole, the largest first, the shortest stroke in one of the four directions of the
    character's axes is left unpainted, until the template (the plate without the character) is one piece.

    Parameters
    ----------
    glyph : (Multi)Polygon
        The character upright in its own axes [m].
    bridge_m : float
        Width of a bridge [m].

    Returns
    -------
    geometry : (Multi)Polygon
        Part of ``glyph``.
    count : int

    Raises
    ------
    ValueError
        If ``bridge_m`` is not above zero.
    """
    if not bridge_m > 0.0:
        message = f"a bridge is {bridge_m} m wide: give more than zero"
        raise ValueError(message)
    if not any(len(part.interiors) for part in shapely.get_parts(glyph) if part.geom_type == "Polygon"):
        return glyph, 0
    x0, y0, _, _ = glyph.bounds
    # A character stands at many places: its bridges are found once, about its own corner.
    own = shapely.transform(glyph, lambda xy: np.round((xy - (x0, y0)) / _KEY_M) * _KEY_M)
    cuts = _bridges(shapely.to_wkb(own), bridge_m)
    strips = shapely.box(*np.add(cuts, (x0, y0, x0, y0)).T)
    return shapely.difference(glyph, shapely.union_all(strips)), len(cuts)


class _Stroke(NamedTuple):
    """A possible bridge: its cost (paint lost), its distance from the island's middle, and the strip."""

    cost: float
    aside: float
    turn: int
    cut: Cut


@lru_cache(maxsize=1024)
def _bridges(wkb: bytes, bridge_m: float) -> tuple[Cut, ...]:
    """Return the strips (x0, y0, x1, y1) that join the plate of a character into one piece."""
    glyph = shapely.make_valid(shapely.from_wkb(wkb))
    x0, y0, x1, y1 = glyph.bounds
    plate = shapely.box(x0 - 1.0, y0 - 1.0, x1 + 1.0, y1 + 1.0)
    pieces = _pieces(plate, glyph)
    cuts: list[Cut] = []
    while len(pieces) > 1:
        island = max(pieces[1:], key=lambda piece: (round(piece.area, 9), piece.bounds))
        for stroke in [*_strokes(island, glyph, bridge_m), _last_resort(island, plate, bridge_m)]:
            left = shapely.difference(glyph, shapely.box(*stroke.cut))
            found = _pieces(plate, left)
            if len(found) < len(pieces):
                break
        cuts.append(stroke.cut)
        glyph, pieces = left, found
    return tuple(cuts)


def _pieces(plate: BaseGeometry, glyph: BaseGeometry) -> list[BaseGeometry]:
    """Return the pieces of the plate without the character: the one that holds the border first."""
    parts = shapely.get_parts(shapely.difference(plate, glyph))
    # specks that rounding leaves between touching outlines need no bridge
    parts = parts[shapely.area(parts) > 1e-10]
    return sorted(parts, key=lambda part: part.bounds != plate.bounds)


def _strokes(island: BaseGeometry, glyph: BaseGeometry, bridge_m: float) -> list[_Stroke]:
    """Return the strips from an island across the paint around it, the best first."""
    found: list[_Stroke] = []
    for number, turn in enumerate(_TURNS):
        around, paint = _sides(island, turn), _sides(glyph, turn)
        low, high = around[:, :, 1].min(), around[:, :, 1].max()
        middle, room = (low + high) / 2, max(high - low - bridge_m, 0.0)
        places = middle + room * np.linspace(-0.5, 0.5, _PLACES if room > 0.0 else 1)
        rows = (places[:, None] + _ROWS * bridge_m).ravel()
        # The strip begins where the ray leaves the island for good, and ends where it leaves the paint.
        starts = np.max(_crossings(around, rows), axis=1, initial=-np.inf)
        beyond = _crossings(paint, rows)
        beyond[~(beyond > starts[:, None] + 1e-6)] = np.inf
        ends = np.min(beyond, axis=1, initial=np.inf)
        usable = np.isfinite(starts) & np.isfinite(ends)
        starts, ends, usable = (values.reshape(-1, len(_ROWS)) for values in (starts, ends, usable))
        first = np.min(np.where(usable, starts, np.inf), axis=1)
        last = np.max(np.where(usable, ends, -np.inf), axis=1)
        missed = len(_ROWS) - usable.sum(axis=1)
        for k in np.flatnonzero(usable[:, 2]):
            length = float(last[k] - first[k])
            near, far = np.array([first[k], places[k] - bridge_m / 2]), np.array([last[k], places[k] + bridge_m / 2])
            corners = np.add([near, far], [(-1e-6, 0.0), (1e-6, 0.0)]) @ turn.T
            (a, b), (c, d) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
            # a strip of which a side misses the island holds it by less
            cost = length * (1.0 + float(missed[k]))
            found.append(_Stroke(cost, abs(float(places[k] - middle)), number, (a, b, c, d)))
    if not found:
        return []
    shortest = min(stroke.cost for stroke in found)
    return sorted(
        found,
        key=lambda s: (s.cost, s.turn) if s.cost > shortest * _ALMOST else (0.0, round(s.aside, 6), round(s.cost, 6), s.turn),
    )


def _last_resort(island: BaseGeometry, plate: BaseGeometry, bridge_m: float) -> _Stroke:
    """Return a strip from inside the island up to the plate's border, whatever lies between."""
    spot = shapely.point_on_surface(island)
    return _Stroke(np.inf, 0.0, 2, (spot.x - bridge_m / 2, spot.y, spot.x + bridge_m / 2, plate.bounds[3]))


def _sides(geometry: BaseGeometry, turn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sides of all rings as (n, 2, 2), in the turned plane."""
    rings = shapely.get_rings(shapely.get_parts(geometry))
    chains = [shapely.get_coordinates(ring) @ turn for ring in rings]
    return np.concatenate([np.stack([chain[:-1], chain[1:]], axis=1) for chain in chains])


def _crossings(sides: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where each horizontal row (m,) meets each side (n,): x as (m, n), -inf where it does not."""
    (x0, y0), (x1, y1) = sides[:, 0].T, sides[:, 1].T
    meets = (y0 <= rows[:, None]) != (y1 <= rows[:, None])
    rise = np.where(y1 == y0, 1.0, y1 - y0)
    x = x0 + (rows[:, None] - y0) / rise * (x1 - x0)
    return np.where(meets, x, -np.inf)
