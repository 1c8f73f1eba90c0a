"""The disc at a dead end: the widest that comes up to its tip, touching both sides and the end.

Sampled medial nodes lie up to a centimetre or two beside its centre, and a judged figure may not: from
such a node a few Newton steps lead to the place at equal distance from left, right and ahead.
"""

from __future__ import annotations

import numpy as np
import shapely

from firelane.lanes.boundary import Floats

AHEAD_COS = np.cos(np.radians(45.5))
ROUNDS = 12
EQUAL_M = 1e-7
FARTHEST_M = 1.0


def tip_width_m(
    start: Floats, end: Floats, tree: shapely.STRtree, node: Floats, heading: Floats, radius_m: float, *,
    closed: bool = True,
) -> float:  # fmt: skip
    """Return the diameter of the disc at a dead end [m].

    Parameters
    ----------
    start, end : (n, 2) arrays
        Segments of the boundary.
    tree : STRtree
        Of these segments.
    node : (2,) array
        Medial node near the disc's centre [m].
    heading : (2,) array
        Unit vector towards the tip.
    radius_m : float
        Distance of ``node`` from the boundary; its double is returned where no such disc is found.
    closed : bool
        False where the lane ends without an end edge: then the disc touches both sides, abreast of ``node``.
    """
    near = tree.query(shapely.Point(*node), predicate="dwithin", distance=2 * radius_m + FARTHEST_M)
    base, along = start[near], end[near] - start[near]
    square = np.maximum((along**2).sum(axis=1), 1e-18)
    left = np.array([-heading[1], heading[0]])
    centre = node.astype(float)
    for _ in range(ROUNDS):
        t = np.clip(((centre - base) * along).sum(axis=1) / square, 0.0, 1.0)
        away = centre - (base + along * t[:, None])
        distance = np.hypot(away[:, 0], away[:, 1])
        ahead = -(away @ heading) >= distance * AHEAD_COS
        sides = [~ahead & (away @ left < 0), ~ahead & (away @ left >= 0)]
        if closed:
            sides.append(ahead)
        if not all(side.any() for side in sides) or distance.min() <= 0:
            break
        touched = [int(np.flatnonzero(side)[np.argmin(distance[side])]) for side in sides]
        r = distance[touched]
        if r.max() - r.min() <= EQUAL_M and r.min() - distance.min() <= EQUAL_M:
            return 2 * float(distance.min())
        normal = away[touched] / r[:, None]
        directions = np.eye(2) if closed else left[None]
        system = np.column_stack((normal @ directions.T, -np.ones(len(sides))))
        if abs(np.linalg.det(system)) < 1e-6:
            break
        centre = centre + np.linalg.solve(system, -r)[:-1] @ directions
        if np.hypot(*(centre - node)) > FARTHEST_M:
            break
    return 2 * radius_m
