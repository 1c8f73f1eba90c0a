"""Glyph outlines as polygons."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry


def flat_rings(glyph: Any, glyph_set: Any, tolerance: float) -> list[np.ndarray]:
    """Return the closed contours of one glyph as (n, 2) arrays, curves flattened to ``tolerance``."""
    from fontTools.pens.basePen import BasePen  # noqa: PLC0415

    class Flattening(BasePen):  # type: ignore[misc]  # fontTools is untyped
        """Collects contours; components are decomposed by the base class."""

        def __init__(self) -> None:
            super().__init__(glyph_set)
            self.rings: list[np.ndarray] = []
            self.points: list[tuple[float, float]] = []

        def _moveTo(self, point: tuple[float, float]) -> None:  # noqa: N802
            self.points = [point]

        def _lineTo(self, point: tuple[float, float]) -> None:  # noqa: N802
            self.points.append(point)

        def _curveToOne(self, *control: tuple[float, float]) -> None:  # noqa: N802
            a, b, c, d = (np.asarray(p, dtype=float) for p in (self.points[-1], *control))
            # |B''| <= 6 max(|a-2b+c|, |b-2c+d|), and a chord strays by at most |B''| h² / 8
            bend = max(np.hypot(*(a - 2 * b + c)), np.hypot(*(b - 2 * c + d)))
            count = max(1, int(np.ceil(np.sqrt(6 * bend / (8 * tolerance)))))
            t = np.linspace(0, 1, count + 1)[1:, None]
            curve = (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
            self.points.extend((float(x), float(y)) for x, y in curve)

        def _qCurveToOne(self, *control: tuple[float, float]) -> None:  # noqa: N802
            a, b, c = (np.asarray(p, dtype=float) for p in (self.points[-1], *control))
            count = max(1, int(np.ceil(np.sqrt(2 * np.hypot(*(a - 2 * b + c)) / (8 * tolerance)))))
            t = np.linspace(0, 1, count + 1)[1:, None]
            curve = (1 - t) ** 2 * a + 2 * (1 - t) * t * b + t**2 * c
            self.points.extend((float(x), float(y)) for x, y in curve)

        def _closePath(self) -> None:  # noqa: N802
            if len(set(self.points)) >= 3:
                self.rings.append(np.asarray(self.points, dtype=float))
            self.points = []

        def _endPath(self) -> None:  # noqa: N802
            self._closePath()

    pen = Flattening()
    glyph.draw(pen)
    return pen.rings


def filled(rings: list[np.ndarray]) -> BaseGeometry:
    """Return what the contours fill by the non-zero winding rule.

    Contours of variable fonts overlap, and an inner ring that lies in one stroke may be covered by
    another: each face between the contours is judged by its winding number.
    """
    if not rings:
        return shapely.MultiPolygon()
    lines = shapely.union_all([shapely.linearrings(ring) for ring in rings])
    faces = shapely.get_parts(shapely.polygonize([lines]))
    points = shapely.get_coordinates(shapely.point_on_surface(faces))
    winding = np.zeros(len(points), dtype=int)
    for ring in rings:
        winding += _winding(ring, points)
    return shapely.union_all(faces[winding != 0])


def _winding(ring: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the winding number of ``ring`` (n, 2) about each of ``points`` (m, 2)."""
    x, y = points[:, :1], points[:, 1:]
    x0, y0 = ring[:, 0], ring[:, 1]
    x1, y1 = np.roll(x0, -1), np.roll(y0, -1)
    left = (x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)
    up = (y0 <= y) & (y1 > y) & (left > 0)
    down = (y0 > y) & (y1 <= y) & (left < 0)
    return np.asarray(up.sum(axis=1) - down.sum(axis=1), dtype=int)
