"""Moves within the plane: the four-parameter transform (Helmert), and the rigid move that known points tell."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Helmert:
    r"""A four-parameter transform 四参数转换 between two plane systems: shift, rotation, scale.

    With x = east and y = north, both before and after::

        east  = dx_m + scale · (x · cos α − y · sin α)
        north = dy_m + scale · (x · sin α + y · cos α)

    α is positive counter-clockwise: from east towards north. Surveyors count from north (X) towards east (Y), clockwise,
    with the same formula in their letters: :meth:`from_survey` takes their figures.

    Attributes
    ----------
    dx_m, dy_m : float
        Shift to the east and to the north [m]: where the origin of the old system lies in the new one.
    rotation_rad : float
        α [rad].
    scale : float
    """

    dx_m: float
    dy_m: float
    rotation_rad: float = 0.0
    scale: float = 1.0

    @classmethod
    def from_survey(cls, dx_m: float, dy_m: float, rotation_rad: float, scale: float) -> Helmert:
        """Take the figures of a surveyor, whose X points north and whose Y points east.

        ``X₂ = ΔX + m (X₁ cos α − Y₁ sin α)``, ``Y₂ = ΔY + m (X₁ sin α + Y₁ cos α)``: ``dx_m`` is the shift to the north,
        α turns clockwise.
        """
        return cls(dy_m, dx_m, -rotation_rad, scale)

    def __call__(self, xy: ArrayLike) -> Floats:
        """Return [x, y] in the new system, shape (…, 2)."""
        points = np.asarray(xy, dtype=np.float64)
        x, y = points[..., 0], points[..., 1]
        c, s = self.scale * math.cos(self.rotation_rad), self.scale * math.sin(self.rotation_rad)
        return np.stack([self.dx_m + c * x - s * y, self.dy_m + s * x + c * y], axis=-1)

    def inverse(self) -> Helmert:
        """Return the transform back."""
        turned = Helmert(0.0, 0.0, -self.rotation_rad, 1.0 / self.scale)
        x, y = turned((self.dx_m, self.dy_m)).tolist()
        return Helmert(-x, -y, turned.rotation_rad, turned.scale)


def fit_rigid(plan: ArrayLike, site: ArrayLike, *, free_scale: bool = False) -> tuple[Helmert, float, Floats]:
    """Return the move that takes points of a plan nearest to where they are known to lie (least squares).

    Parameters
    ----------
    plan, site : array-like, shape (n, 2)
        The same points in both systems, n ≥ 2, not all in one place [m].
    free_scale : bool
        Take the scale that the points tell. By default lengths of the plan stay as they are.

    Returns
    -------
    move : Helmert
    scale : float
        The scale that the points tell, whether taken or not: length on site per length in the plan.
    misses : ndarray, shape (n,)
        How far from its known place each point comes to lie [m].
    """
    old, new = np.asarray(plan, dtype=np.float64), np.asarray(site, dtype=np.float64)
    middle_old, middle_new = old.mean(axis=0), new.mean(axis=0)
    p, q = old - middle_old, new - middle_new
    along = float((p * q).sum())
    across = float((p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]).sum())
    scale = math.hypot(along, across) / float((p * p).sum())
    turned = Helmert(0.0, 0.0, math.atan2(across, along), scale if free_scale else 1.0)
    shift = middle_new - turned(middle_old)
    move = Helmert(float(shift[0]), float(shift[1]), turned.rotation_rad, turned.scale)
    return move, scale, np.hypot(*(move(old) - new).T)
