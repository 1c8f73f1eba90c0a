"""What stands in a courtyard and hinders nobody: bays with cars, trees, bins, poles, walls, signs."""

from __future__ import annotations

import numpy as np
import shapely
from city_faults import CAR, Scene
from city_model import Layer
from city_plans import FILLET_M

HIGH_FLOORS = 8
"""From so many floors on whatever hangs before a house may hinder aerial operation: another violation, not one planted."""


def furnish(scene: Scene, pavement: shapely.Geometry, density: float) -> None:
    """Put things beside the lanes, and cars where a lane is wide enough for both."""
    houses = scene.layers.get("buildings", Layer())
    solid = shapely.union_all([pavement, *houses.geometry]) if len(houses) else pavement
    shapely.prepare(solid)
    _bays(scene, solid, density)
    _cars(scene, density)
    _over(scene, density)
    _trees(scene, solid, density)
    _fence(scene)


def _bays(scene: Scene, solid: shapely.Geometry, density: float) -> None:
    """Add groups of perpendicular bays off the pavement, most of them taken."""
    for seg in scene.plan.segs:
        if seg.kind == "gate" or seg.label in scene.narrowed:
            continue
        for a, b in scene.plan.slots(seg, FILLET_M + 1.0):
            if b - a < 9 or scene.rng.random() > 0.45 * density:
                continue
            side = 1 if scene.rng.random() < 0.5 else -1
            number = min(int((b - a) // 2.5), int(scene.rng.integers(3, 9)))
            deep = 5.3
            s0, s1 = sorted((side * seg.width / 2, side * (seg.width / 2 + deep)))
            room = seg.rect(a, a + number * 2.5, s0 + (0.05 if side > 0 else -0.6), s1 + (0.6 if side > 0 else -0.05))
            if shapely.intersects(solid, room):
                continue
            for n in range(number):
                t = a + 2.5 * n
                scene.put("parking", seg.rect(t, t + 2.5, s0, s1), status="existing", orientation="perpendicular")
                if scene.rng.random() < 0.6:
                    skew = round(float(scene.rng.uniform(-0.15, 0.15)), 2)
                    mid = side * (seg.width / 2 + 2.75)
                    car = seg.rect(t + 1.25 + skew - CAR[1] / 2, t + 1.25 + skew + CAR[1] / 2, mid - CAR[0] / 2, mid + CAR[0] / 2)
                    scene.put("obstructions", car, kind="vehicle", name="车位内车辆")


def _cars(scene: Scene, density: float) -> None:
    """Park cars on roads that stay wide enough beside them."""
    while scene.rng.random() < 0.35 * density:
        taken = scene.take(13.0, 6.4)
        if taken is None:
            return
        seg, t = taken
        side = 1 if scene.rng.random() < 0.5 else -1
        s0, s1 = sorted((side * (seg.width / 2 - 0.2), side * (seg.width / 2 - 0.2 - CAR[1])))
        scene.put("obstructions", seg.rect(t - CAR[0] / 2, t + CAR[0] / 2, s0, s1), kind="vehicle", name="停放车辆")


def _over(scene: Scene, density: float) -> None:
    """Hang a line high enough, or put an arch that a fire engine passes under; none before a high-rise (Article 10)."""
    if any(floors >= HIGH_FLOORS for _, floors, _ in scene.plan.houses):
        return
    while scene.rng.random() < 0.3 * density:
        taken = scene.take(8.0)
        if taken is None:
            return
        seg, t = taken
        over = seg.width / 2 + 1.5
        height = int(scene.rng.integers(42, 60)) / 10
        if scene.rng.random() < 0.6:
            line = shapely.LineString([seg.at(t, -over), seg.at(t, over)])
            scene.put("obstructions", line, kind="overhead_line", clear_height_m=height, name="架空线")
        else:
            over = seg.width / 2 + 0.3
            scene.put("obstructions", seg.rect(t - 0.3, t + 0.3, -over, over), kind="arch", clear_height_m=height, name="限高架")


def _trees(scene: Scene, solid: shapely.Geometry, density: float) -> None:
    """Plant rows of trees along the roads, on the verge."""
    rng = scene.rng
    places = []
    for seg in scene.plan.segs:
        step = 6.0 / max(density, 0.2)
        t = np.arange(3.0, seg.length - 2.0, step)
        if len(t):
            side = rng.choice([-1.0, 1.0], len(t)) * (seg.width / 2 + rng.uniform(1.0, 1.8, len(t)))
            t = t + rng.uniform(-0.8, 0.8, len(t))
            places.append(np.column_stack([seg.u0 + t, seg.v0 + side] if seg.along_u else [seg.u0 + side, seg.v0 + t]))
    if not places:
        return
    xy = np.round(np.concatenate(places), 3)
    points = shapely.points(xy)
    keep = ~shapely.dwithin(points, solid, 0.5)
    others = [
        g for name in ("parking", "obstructions") for g in scene.layers.get(name, Layer()).geometry
    ]  # fmt: skip
    if others and keep.any():
        near, _ = shapely.STRtree(others).query(points, predicate="dwithin", distance=0.6)
        keep[near] = False
    radii = np.round(rng.uniform(0.08, 0.2, len(points)), 2)
    for point, radius in zip(points[keep].tolist(), radii[keep].tolist(), strict=True):
        scene.put("obstructions", point, kind="tree", radius_m=radius, name="行道树")


def _fence(scene: Scene) -> None:
    """Put a wall about the district, open at its gates."""
    plan = scene.plan
    boxes = [(s.u0, s.v0, s.u1, s.v1) for s in plan.segs] + [b for b, _, _ in plan.houses] + plan.yards
    u0, v0 = min(b[0] for b in boxes) - 9.0, min(b[1] for b in boxes) - 9.0
    u1, v1 = max(b[2] for b in boxes) + 9.0, max(b[3] for b in boxes) + 9.0
    for m in plan.mouths:
        u0 = m.u if m.inward == (1, 0) else u0
        u1 = m.u if m.inward == (-1, 0) else u1
        v0 = m.v if m.inward == (0, 1) else v0
        v1 = m.v if m.inward == (0, -1) else v1
    wall = shapely.difference(
        shapely.box(u0, v0, u1, v1).exterior,
        shapely.union_all([shapely.box(*m.line.buffer(0.4, cap_style="square").bounds) for m in plan.mouths]),
    )
    for part in shapely.get_parts(shapely.line_merge(wall)):
        scene.put("obstructions", part, kind="wall", name="小区围墙")
