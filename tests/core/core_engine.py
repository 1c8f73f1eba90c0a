"""The engine under test, asked about scenes."""

from __future__ import annotations

import numpy as np
import shapely
from core_oracles import all_pairs_pinches, cut_pieces, erosion_contradicts, pinch_difference
from core_scenes import Scene

from firelane.lanes.boundary import Boundary
from firelane.lanes.pieces import cut
from firelane.lanes.pinches import Pinches, find_pinches
from firelane.lanes.reach import WidestWay


def boundary_of(scene: Scene) -> Boundary:
    """Build the half-edges of a scene's free space."""
    return Boundary.from_geometry(
        scene.area, lines=list(scene.lines), points=scene.points, mouths=list(scene.mouths)
    )


def listed(pinches: Pinches, limit_m: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Contacts and widths of the pinches a user is told of: touches and wide mouths left out."""
    keep = pinches.reported & (pinches.width_m < limit_m)
    return pinches.p[keep], pinches.q[keep], pinches.width_m[keep]


def pinches_of(scene: Scene, limit_m: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the pinches of a scene below ``limit_m``."""
    return listed(find_pinches(boundary_of(scene), limit_m), limit_m)


def widest(scene: Scene, cap_m: float = 16.0) -> np.ndarray:
    """Widths of the widest discs from the scene's start to its ends."""
    return WidestWay(boundary_of(scene), cap_m=cap_m).between(scene.start, scene.ends)


def pinch_faults(scene: Scene, limit_m: float) -> list[str]:
    """Differences from all pairs."""
    found = find_pinches(boundary_of(scene), limit_m)
    truth = all_pairs_pinches(scene, limit_m)
    faults = pinch_difference(listed(found, limit_m), truth)
    if scene.mouths:
        # the chord of a mouth is a cut, whether its disc is empty or not
        narrow = pinch_difference(listed(found.take(found.mouth < 0), limit_m), truth)
        faults = [fault for fault in faults if "second" in fault] + [
            fault for fault in narrow if "first" in fault
        ]
    return [f"{scene.name}: {fault}" for fault in faults]


def width_faults(scene: Scene, cap_m: float = 16.0) -> list[str]:
    """Widths that erosion contradicts."""
    return [
        fault
        for end, width_m in zip(scene.ends, widest(scene, cap_m), strict=True)
        if (fault := erosion_contradicts(scene, scene.start, end, float(width_m), cap_m))
    ]


def piece_faults(scene: Scene, limit_m: float, seed: int = 0, clear_m: float = 1e-4) -> list[str]:
    """Compare labels with pieces sawn apart along the engine's chords.

    Places: inside every piece, all over the scene, and close around every vertex, post and contact, all at
    least ``clear_m`` from the cuts. One label must fill each piece, and no two pieces share one.
    """
    boundary = boundary_of(scene)
    pinches = find_pinches(boundary, limit_m)
    pieces = cut(boundary, pinches)
    solid = pinches.width_m > 1e-6
    sawn = np.array(cut_pieces(scene, pinches.p[solid], pinches.q[solid]))
    rng = np.random.default_rng(seed)
    area = scene.area
    low, high = np.array(area.bounds).reshape(2, 2)
    corners = np.concatenate(
        [
            shapely.get_coordinates(shapely.geometrycollections([area, *scene.lines])),
            scene.points,
            pinches.p,
            pinches.q,
        ]
    )
    around = np.repeat(corners, 4, axis=0)
    turn = rng.uniform(0, 2 * np.pi, len(around))
    around = around + rng.uniform(2e-3, 0.2, len(around))[:, None] * np.column_stack(
        [np.cos(turn), np.sin(turn)]
    )
    inner = shapely.get_coordinates(shapely.point_on_surface(sawn))
    xy = np.concatenate([inner, rng.uniform(low, high, (300, 2)), around])
    places = shapely.points(xy)
    place, piece = shapely.STRtree(sawn).query(places, predicate="intersects")
    clear = shapely.distance(shapely.boundary(sawn[piece]), places[place]) > clear_m
    place, piece = place[clear], piece[clear]
    label, distance_m = pieces.locate(xy[place])
    obstacles = shapely.union_all([area.boundary, *scene.lines, shapely.multipoints(scene.points)])
    faults = []
    if not scene.mouths:
        off = np.abs(distance_m - shapely.distance(obstacles, places[place]))
        faults += [f"{scene.name}: distance wrong by {off.max()}"] if off.max() > 1e-6 else []
    seen: dict[int, int] = {}
    owner: dict[int, int] = {}
    for at, p, name in zip(place.tolist(), piece.tolist(), label.tolist(), strict=True):
        where = f"{scene.name}: {xy[at]} in piece {p} has label {name}"
        if name < 0:
            faults.append(f"{where}: none")
        if seen.setdefault(p, name) != name:
            faults.append(f"{where}, others {seen[p]}")
        elif owner.setdefault(name, p) != p:
            faults.append(f"{where}, as has piece {owner[name]}")
    return faults
