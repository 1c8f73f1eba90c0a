"""Scenes for the measuring core: analytic cases with known answers, named traps, random and grid scenes.

A scene keeps its ingredients apart, so that rotating and shifting it happens *before* obstructions are
subtracted, as with survey data: walls that touched a kerb then miss it by rounding.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from shapely import LineString, Point, Polygon, affinity, box

TURN_DEG = 33.7
SHIFT_M = (531234.567, 4182345.891)
NO_POINTS = np.empty((0, 2))


@dataclass(frozen=True)
class Scene:
    """Road, what stands on it, and what is known about it.

    Attributes
    ----------
    name : str
    road : shapely geometry
        (Multi)Polygon, before anything is subtracted.
    solids : tuple of Polygon
        Areal obstructions.
    lines : tuple of LineString
        Walls of no width.
    points : ndarray (n, 2)
        Posts of no radius.
    mouths : tuple of LineString
        Open stretches of the outline.
    start : ndarray (2,)
        Where the disc sets out.
    ends : ndarray (m, 2)
        Where it should get.
    widest_m : ndarray (m,)
        Width of the widest disc from ``start`` to each end [m], by hand.
    pinches : ndarray (k, 3)
        Centre x, y and width [m] of every pinch below ``limit_m``, by hand.
    limit_m : float
        See ``pinches``.
    tolerance_m, place_tolerance_m : float
        What the construction of the case itself leaves open of widths and of places.
    """

    name: str
    road: shapely.Geometry
    solids: tuple[Polygon, ...] = ()
    lines: tuple[LineString, ...] = ()
    points: np.ndarray = field(default_factory=lambda: NO_POINTS)
    mouths: tuple[LineString, ...] = ()
    start: np.ndarray = field(default_factory=lambda: np.zeros(2))
    ends: np.ndarray = field(default_factory=lambda: NO_POINTS)
    widest_m: np.ndarray = field(default_factory=lambda: np.empty(0))
    pinches: np.ndarray = field(default_factory=lambda: np.empty((0, 3)))
    limit_m: float = 4.0
    tolerance_m: float = 1e-6
    place_tolerance_m: float = 1e-6

    @property
    def area(self) -> shapely.Geometry:
        """Free space: the road without its areal obstructions; crumbs of lower dimension dropped."""
        if not self.solids:
            return self.road
        left = self.road.difference(shapely.union_all(self.solids))
        parts = [part for part in shapely.get_parts(left) if part.geom_type == "Polygon"]
        return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)

    def moved(self, turn_deg: float = TURN_DEG, shift_m: tuple[float, float] = SHIFT_M) -> Scene:
        """Return the scene turned about (0, 0) and then shifted."""

        def geometry(shape: shapely.Geometry) -> shapely.Geometry:
            turned = affinity.rotate(shape, turn_deg, origin=(0, 0))
            return affinity.translate(turned, *shift_m)

        def places(xy: np.ndarray) -> np.ndarray:
            return turned_places(xy, turn_deg, shift_m)

        return replace(
            self,
            name=f"{self.name}, moved",
            road=geometry(self.road),
            solids=tuple(map(geometry, self.solids)),
            lines=tuple(map(geometry, self.lines)),
            points=places(self.points),
            mouths=tuple(map(geometry, self.mouths)),
            start=places(self.start),
            ends=places(self.ends),
            pinches=np.column_stack([places(self.pinches[:, :2]), self.pinches[:, 2]]),
        )


def turned_places(xy: np.ndarray, turn_deg: float, shift_m: tuple[float, float]) -> np.ndarray:
    """Places (2,) or (n, 2), turned about (0, 0) and then shifted."""
    cosine, sine = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    return xy @ np.array([[cosine, sine], [-sine, cosine]]) + shift_m


def with_moved(scenes: list[Scene]) -> list[Scene]:
    """Each scene as it is and moved."""
    return [variant for scene in scenes for variant in (scene, scene.moved())]


def _case(
    name: str, road: shapely.Geometry, start: tuple, ends: list, widest: list, pinches: list, **more: object
) -> Scene:
    return Scene(
        name,
        road,
        start=np.array(start, dtype=float),
        ends=np.array(ends, dtype=float).reshape(-1, 2),
        widest_m=np.array(widest, dtype=float),
        pinches=np.array(pinches, dtype=float).reshape(-1, 3),
        **more,  # type: ignore[arg-type]
    )


def _mirrored(upper: list[tuple[float, float]]) -> Polygon:
    return Polygon([*((x, -y) for x, y in upper), *reversed(upper)])


def _strip(length: float, width: float) -> Polygon:
    return box(0, -width / 2, length, width / 2)


# --- the seventeen analytic cases ------------------------------------------------------------------------


def _bend() -> Scene:
    angles = np.radians(np.arange(0, 181))
    ring = np.column_stack([np.cos(angles), np.sin(angles)])
    road = Polygon([(12.6, -60), *(12.6 * ring), (-12.6, -60), (-8, -60), *(8 * ring[::-1]), (8, -60)])
    return _case("bend", road, (10.3, -30), [(-10.3, -30)], [4.6 * np.cos(np.radians(0.5))], [])


def _oblique_cross() -> Scene:
    lane = box(-80, -2.3, 80, 2.3)
    other = affinity.rotate(box(-80, -2.6, 80, 2.6), 60, origin=(0, 0))
    far = 60 * np.array([np.cos(np.pi / 3), np.sin(np.pi / 3)])
    return _case("oblique X", lane.union(other), (-60, 0), [(60, 0), far], [4.6, 4.6], [])


def _curved_with_post() -> Scene:
    # Edges are true offset points of the sine, 0.4 m apart. The edge turns by 0.4° at most from chord to
    # chord, which moves a foot by up to 2 cm along it and shortens the gap by less than 0.1 mm.
    x = np.linspace(0, 400, 1001)
    y = 12 * np.sin(2 * np.pi * x / 160)
    slope = 12 * 2 * np.pi / 160 * np.cos(2 * np.pi * x / 160)
    normal = np.column_stack([-slope, np.ones_like(x)]) / np.hypot(1, slope)[:, None]
    axis = np.column_stack([x, y])
    station = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(axis, axis=0).T))])
    k = int(np.searchsorted(station, 200.3))
    road = Polygon(np.concatenate([axis - 2.6 * normal, (axis + 2.6 * normal)[::-1]]))
    post = axis[k] + 1.3 * normal[k]
    right, left = axis[k] - 0.65 * normal[k], axis[k] + 1.95 * normal[k]
    return _case(
        "curved lane with post",
        road,
        axis[50],
        [axis[-50]],
        [3.9],
        [(*right, 3.9), (*left, 1.3)],
        points=np.array([post]),
        tolerance_m=1e-4,
        place_tolerance_m=0.02,
    )


def analytic_cases() -> list[Scene]:
    """The seventeen cases whose widths can be worked out by hand."""
    root10 = float(np.sqrt(10))
    taper = [(0, 3), (60, 3), (117.3, 1.7), (170, 3), (230, 3)]
    plateau = [(0, 3), (60, 3), (70, 1.8), (110, 1.8), (120, 3), (200, 3)]
    notch = Polygon([(0, -2.5), (200, -2.5), (200, 2.5), (90.2, 2.5), (88.7, 1.21), (87, 2.5), (0, 2.5)])
    junction = box(0, -2.5, 160, 2.5).union(box(77.75, -80, 82.25, 0))
    car = affinity.translate(affinity.rotate(box(-2.4, -0.95, 2.4, 0.95), 12, origin=(0, 0)), 100, 2.2)
    # the car's lower left corner, turned by 12°
    car_x = 100 - 2.4 * np.cos(np.radians(12)) + 0.95 * np.sin(np.radians(12))
    car_y = 2.2 - 2.4 * np.sin(np.radians(12)) - 0.95 * np.cos(np.radians(12))
    along = np.array([np.cos(np.radians(55)), np.sin(np.radians(55))])
    gate = tuple(LineString([(100, 0) + side * 1.9 * along, (100, 0) + side * 8 * along]) for side in (1, -1))
    bay = Polygon([(90, 2.5), (93, 5), (107, 5), (110, 2.5)])
    hammer = box(0, -2.1, 80, 2.1).union(box(75.8, -9, 80, 9))
    return [
        _case("straight", _strip(200, 6), (10, 0), [(190, 0), (190, 1.5)], [6.0, 3.0], []),
        _case("taper", _mirrored(taper), (10, 0), [(220, 0)], [3.4], [(117.3, 0, 3.4)]),
        _case("notch", notch, (10, 0), [(190, 0)], [3.71], [(88.7, -0.645, 3.71)]),
        _bend(),
        _case("T junction", junction, (10, 0), [(150, 0), (80, -60)], [5.0, 4.5], []),
        _oblique_cross(),
        _case(
            "bollard",
            _strip(200, 8),
            (10, 0),
            [(190, 0)],
            [4.7],
            [(100, 2.45, 3.1)],
            solids=(Point(100, 0.8).buffer(0.1, quad_segs=8),),
        ),
        _case(
            "central post",
            _strip(200, 7.2),
            (10, 0),
            [(190, 0)],
            [3.6],
            [(100, 1.8, 3.6), (100, -1.8, 3.6)],
            points=np.array([[100.0, 0]]),
        ),
        _case(
            "parked car",
            _strip(200, 6),
            (10, 0),
            [(190, 0)],
            [car_y + 3],
            [(car_x, (car_y - 3) / 2, car_y + 3)],
            solids=(car,),
        ),
        _case(
            "chicane",
            _strip(200, 10),
            (10, 0),
            [(190, 0)],
            [root10],
            [(101.5, 0, root10)],
            solids=(box(99.9, -5, 100, -0.5), box(103, 0.5, 103.1, 5)),
        ),
        _case("oblique gate", _strip(200, 10), (10, 0), [(190, 0)], [3.8], [(100, 0, 3.8)], lines=gate),
        _case("hammerhead", hammer, (10, 0), [(77.9, 6), (77.9, -6)], [4.2, 4.2], []),
        _case("lay-by", _strip(200, 5).union(bay), (10, 0), [(190, 0)], [5.0], []),
        _case(
            "island",
            box(-80, -6.8, 80, 6.8),
            (-60, 0),
            [(60, 0)],
            [3.8],
            [(0, 4.9, 3.8), (0, -4.9, 3.8)],
            solids=(Point(0, 0).buffer(3, quad_segs=32),),
        ),
        # a plateau holds one chord per overlap and one at each of its ends; their number is the engine's affair
        _case(
            "plateau",
            _mirrored(plateau),
            (10, 0),
            [(190, 0)],
            [3.6],
            [(70, 0, 3.6), (90, 0, 3.6), (110, 0, 3.6)],
        ),
        _curved_with_post(),
        _case(
            "staggered bumps",
            box(0, 0, 24, 6),
            (3, 3),
            [(20, 3)],
            [root10],
            [(11.5, 3, root10)],
            solids=(box(10, 4.5, 11, 6), box(12, 0, 13, 1.5)),
        ),
    ]


# --- scenes made against a known weakness ----------------------------------------------------------------


def hidden_kerb_pair(post_m: float) -> Scene:
    """Two kerbs 3.99 m apart and two posts that hide the pair from a Delaunay triangulation."""
    road = Polygon(
        [
            (-30, -2.995),
            (-0.25, -1.995),
            (0.25, -1.995),
            (30, -2.995),
            (30, 2.995),
            (0.25, 1.995),
            (-0.25, 1.995),
            (-30, 2.995),
        ]
    )
    slope = 1 / 29.75
    # distance from the post to the slanting kerb: to the line through (0.25, 1.995) rising by `slope`
    beside_m = (1.995 + slope * (post_m - 0.25)) / np.hypot(1, slope)
    foot = np.array([slope, -1]) / np.hypot(1, slope)  # from the kerb towards the post, upper right
    centre = np.array([post_m, 0]) - foot * beside_m / 2
    pinches = [
        (0, 0, 3.99),
        *((sx * centre[0], sy * centre[1], beside_m) for sx in (1, -1) for sy in (1, -1)),
    ]
    return _case(
        f"hidden kerb pair {post_m}",
        road,
        (-15, 0),
        [(15, 0)],
        [beside_m],
        pinches,
        points=np.array([(post_m, 0), (-post_m, 0)]),
    )


def staggered_walls(dx_m: float) -> Scene:
    """Two line walls to within 0.5 m of the axis of a 10 m lane from opposite sides, ``dx_m`` apart."""
    walls = (LineString([(50, -5), (50, -0.5)]), LineString([(50 + dx_m, 5), (50 + dx_m, 0.5)]))
    width = float(np.hypot(dx_m, 1))
    return _case(
        f"walls {dx_m} m apart",
        _strip(100, 10),
        (10, 0),
        [(90, 0)],
        [width],
        [(50 + dx_m / 2, 0, width)],
        lines=walls,
        limit_m=4.4,
    )


def named_cases() -> list[Scene]:
    """Topology that has gone wrong before or easily could; truths by hand."""
    shut = (LineString([(20, -4), (20, 4)]),)
    ring_road = box(0, 0, 40, 40).difference(box(10, 10, 30, 30))
    court = box(13, 13, 27, 27).difference(box(18, 18, 22, 22))
    diamond = Polygon([(15, -3), (19, 0), (15, 3), (11, 0)])
    pair = (Polygon([(15, 0), (17, 2), (15, 4), (13, 2)]), Polygon([(15, 0), (17, -2), (15, -4), (13, -2)]))
    hung = Polygon([(15, 3), (17, 1), (13, 1)])  # a hole hanging from the middle of the kerb by one vertex
    kink = (LineString([(10, -6), (10, 1), (13, 1)]),)
    spur = Polygon([(0, -3), (30, -3), (30, 3), (20, 3), (15, 20), (10, 3), (0, 3)])
    spur_at = np.array([15, 12.0])
    # the spur's sides meet at (15, 20) under the half angle atan(5/17)
    spur_m = 2 * 8 * np.sin(np.arctan2(5, 17))
    return [
        _case("wall right across", _strip(40, 6), (10, 0), [(30, 0), (15, 0)], [0, 6], [], lines=shut),
        _case(
            "wall from kerb to kerb, touching",
            _strip(40, 6),
            (10, 0),
            [(30, 0), (15, 0)],
            [0, 6],
            [],
            lines=(LineString([(20, -3), (20, 3)]),),
        ),
        _case(
            "bent wall across",
            _strip(40, 6),
            (8, 0),
            [(30, 0)],
            [0],
            [],
            lines=(LineString([(15, -3), (20, 0.5), (16, 3)]),),
        ),
        # corners of the block: 10 m on every side; between court and ring there is no way
        _case(
            "island inside an island",
            ring_road.union(court),
            (5, 5),
            [(35, 35), (20, 15.5), (5, 20)],
            [10, 0, 10],
            [],
            limit_m=4.9,
        ),
        _case(
            "court alone",
            ring_road.union(court),
            (15.5, 15.5),
            [(24.5, 24.5), (35, 5)],
            [5, 0],
            [],
            limit_m=4.9,
        ),
        _case(
            "isolated post",
            box(0, 0, 30, 30),
            (7, 15),
            [(23, 15), (15.3, 15), (15, 15.001)],
            [14.0, 0.6, 0.002],
            [],
            points=np.array([[15.0, 15]]),
        ),
        _case(
            "isolated post and cap",
            box(0, 0, 30, 30),
            (7.5, 15),
            [(22.5, 15)],
            [15.0],
            [],
            points=np.array([[15.0, 15]]),
        ),
        # around the touching pair the way is as wide as from its tips (15, ±4) to the kerbs
        _case(
            "two rings touching at a vertex",
            box(0, -10, 30, 10),
            (4, 0),
            [(26, 0)],
            [6],
            [(15, 7, 6), (15, -7, 6)],
            solids=pair,
            limit_m=6.5,
        ),
        _case("vertex on an edge", _strip(30, 6), (4, 0), [(26, 0)], [0], [], solids=(diamond,)),
        _case(
            "ring hanging from the kerb",
            _strip(30, 6),
            (4, 0),
            [(26, 0)],
            [4],
            [(13, -1, 4), (15, -1, 4), (17, -1, 4)],
            solids=(hung,),
            limit_m=4.5,
        ),
        _case(
            "tip of a line",
            _strip(30, 6),
            (4, 0),
            [(26, 0)],
            [3.5],
            [(15, 1.25, 3.5)],
            lines=(LineString([(15, -3), (15, -0.5)]),),
        ),
        _case(
            "free line in the middle",
            _strip(40, 10),
            (5, 0),
            [(35, 0)],
            [5],
            [(17.5, 2.5, 5), (17.5, -2.5, 5)],
            lines=(LineString([(15, 0), (20, 0)]),),
            limit_m=5.5,
        ),
        _case(
            "bent line",
            _strip(30, 12),
            (5, 0),
            [(25, 0)],
            [5],
            [(10, 3.5, 5), (11.5, 3.5, 5)],
            lines=kink,
            limit_m=5.5,
        ),
        _case("tapering spur", spur, (5, 0), [tuple(spur_at), (25, 0)], [spur_m, 6], []),
        _case(
            "parts apart",
            box(0, -3, 30, 3).union(box(0, 10, 30, 15)),
            (5, 0),
            [(25, 0), (5, 12.5)],
            [6, 0],
            [],
        ),
        _case(
            "parts meeting at a corner",
            shapely.multipolygons([box(0, 0, 10, 10), box(10, 10, 20, 20)]),
            (5, 5),
            [(15, 15), (6, 5)],
            [0, 8],
            [],
        ),
        _case("post on the kerb", _strip(30, 6), (4, 0), [(26, 0)], [6], [], points=np.array([[15.0, 3.0]])),
        _case(
            "post on a wall's tip",
            _strip(30, 6),
            (4, 0),
            [(26, 0)],
            [3.5],
            [(15, 1.25, 3.5)],
            points=np.array([[15.0, -0.5]]),
            lines=(LineString([(15, -3), (15, -0.5)]),),
        ),
        _case(
            "post in the middle of a wall",
            _strip(30, 6),
            (4, 0),
            [(26, 0)],
            [3.5],
            [(15, 1.25, 3.5)],
            points=np.array([[15.0, -1.5]]),
            lines=(LineString([(15, -3), (15, -0.5)]),),
        ),
        _case(
            "wall along the kerb and away from it",
            _strip(30, 6),
            (4, 0),
            [(26, 0)],
            [4],
            [(18, -1, 4)],
            lines=(LineString([(10, 3), (16, 3), (18, 1)]),),
            limit_m=4.5,
        ),
        _case(
            "wall along the kerb",
            _strip(30, 6),
            (4, 0),
            [(26, 0)],
            [6],
            [],
            lines=(LineString([(10, 3), (20, 3)]),),
        ),
        _case(
            "crossing walls",
            _strip(30, 12),
            (5, 0),
            [(25, 0)],
            [4],
            [(13, 4, 4), (17, 4, 4), (13, -4, 4), (17, -4, 4)],
            lines=(LineString([(13, -2), (17, 2)]), LineString([(13, 2), (17, -2)])),
            limit_m=4.5,
        ),
        *map(hidden_kerb_pair, (1.9951, 2.0028, 2.0105, 2.0206)),
        *map(staggered_walls, (1.0, 2.0, 3.0, 4.0)),
    ]


def mouth_cases() -> list[Scene]:
    """Open ends."""
    end = (LineString([(30, -1.75), (30, 1.75)]),)
    whole = (LineString([(30, -3), (30, 3)]),)
    slanting = (LineString([(30, -3), (34, 3)]),)
    return [
        _case(
            "mouth of 3.5 m in an end of 8 m",
            _strip(30, 8),
            (30, 0),
            [(10, 0), (28, 0)],
            [3.5, 3.5],
            [(30, 0, 3.5)],
            mouths=end,
        ),
        _case("whole end open", _strip(30, 6), (30, 0), [(10, 0), (29, 0)], [6, 6], [], mouths=whole),
        _case(
            "slanting mouth",
            Polygon([(0, -3), (30, -3), (34, 3), (0, 3)]),
            (32, 0),
            [(10, 0), (31, 0)],
            [6, 6],
            [],
            mouths=slanting,
        ),
        _case("no mouth", _strip(30, 6), (29, 0), [(10, 0)], [2], []),
    ]


# --- random scenes ---------------------------------------------------------------------------------------


def random_scene(seed: int, *, lines: bool = True) -> Scene:
    """Make a 120 m curved lane 4.5–11 m wide, crossed by a 5.2 m lane at 30–150°, with clutter on it."""
    rng = np.random.default_rng(seed)
    x = np.linspace(0, 120, 61)
    amplitude, period = rng.uniform(-8, 8), rng.uniform(70, 200)
    axis = np.column_stack([x, amplitude * np.sin(2 * np.pi * x / period)])
    lane_m = rng.uniform(4.5, 11)
    lane = LineString(axis).buffer(lane_m / 2, cap_style="flat", join_style="mitre")
    k = int(rng.integers(18, 43))
    angle = rng.uniform(np.radians(30), np.radians(150))
    arm = 40 * np.array([np.cos(angle), np.sin(angle)])
    cross = LineString([axis[k] - arm, axis[k] + arm]).buffer(2.6, cap_style="flat")
    road = lane.union(cross)

    def place() -> np.ndarray:
        i = int(rng.integers(3, len(x) - 3))
        along = axis[i + 1] - axis[i]
        normal = np.array([-along[1], along[0]]) / np.hypot(*along)
        return axis[i] + along * rng.uniform() + normal * rng.uniform(-0.6, 0.6) * lane_m

    solids = [
        Point(place()).buffer(rng.uniform(0.05, 0.4), quad_segs=int(rng.integers(2, 9)))
        for _ in range(rng.integers(2, 14))
    ]
    for _ in range(rng.integers(0, 4)):
        car = affinity.rotate(box(-2.4, -0.95, 2.4, 0.95), rng.uniform(0, 180), origin=(0, 0))
        solids.append(affinity.translate(car, *place()))
    points = np.array([place() for _ in range(rng.integers(0, 5))]).reshape(-1, 2)
    walls = []
    if lines:
        for _ in range(rng.integers(0, 3)):
            middle, turn = place(), rng.uniform(0, np.pi)
            half = rng.uniform(0.3, 2.0) * np.array([np.cos(turn), np.sin(turn)])
            walls.append(LineString([middle - half, middle + half]))
        for _ in range(rng.integers(0, 2)):
            steps = rng.normal(0, 1.0, (int(rng.integers(2, 5)), 2))
            walls.append(LineString(place() + np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])))
    return _cleared(f"random {seed}", road, solids, walls, points)


def grid_scene(seed: int, *, lines: bool = False) -> Scene:
    """Make random 2 × 2 m cells on a grid, their largest part, with posts (and walls) on integers."""
    rng = np.random.default_rng(seed)
    cells = np.argwhere(rng.uniform(size=(9, 7)) < 0.72)
    free = shapely.union_all([box(2 * i, 2 * j, 2 * i + 2, 2 * j + 2) for i, j in cells])
    road = max(shapely.get_parts(free), key=shapely.area)
    points = rng.integers(0, [19, 15], (int(rng.integers(0, 5)), 2)).astype(float)
    walls = []
    if lines:
        for _ in range(rng.integers(1, 5)):
            start = rng.integers(0, [19, 15]).astype(float)
            step = rng.integers(-4, 5, 2).astype(float)
            if step.any():
                walls.append(LineString([start, start + step]))
    return _cleared(f"grid {seed}{' with lines' if lines else ''}", road, [], walls, points)


def crowded_scene(seed: int) -> Scene:
    """Make a random scene with islands, and with things that touch the kerb, each other and themselves."""
    rng = np.random.default_rng(10_000 + seed)
    scene = random_scene(seed)
    kerb = shapely.get_coordinates(scene.road.exterior)
    low, high = kerb.min(axis=0), kerb.max(axis=0)
    road, solids, walls, posts = scene.road, list(scene.solids), list(scene.lines), scene.points.tolist()
    for middle in rng.uniform(low, high, (8, 2)):
        corners = int(rng.integers(3, 9))
        angle = 2 * np.pi * (np.arange(corners) + rng.uniform(0, 0.6, corners)) / corners
        radius = rng.uniform(0.4, 1.8)
        island = Polygon(middle + radius * np.column_stack([np.cos(angle), np.sin(angle)]))
        if road.contains(island):
            road = road.difference(island)
    for _ in range(int(rng.integers(1, 4))):
        i = int(rng.integers(0, len(kerb) - 1))
        a, b = kerb[i], kerb[i + 1]
        foot = a if rng.uniform() < 0.5 else a + (b - a) * rng.uniform()
        tip = foot + rng.normal(0, 1.2, 2)
        kind = int(rng.integers(0, 5))
        if kind == 0:  # a wall from the kerb
            walls.append(LineString([foot, tip]))
        elif kind == 1:  # and a post on its tip
            walls.append(LineString([foot, tip]))
            posts.append(tip.tolist())
        elif kind == 2:  # a block with a corner on the kerb
            solids.append(Polygon([foot, tip, tip + rng.normal(0, 1.0, 2)]))
        elif kind == 3:  # a block along the kerb
            along = (b - a) / np.hypot(*(b - a))
            across = np.array([-along[1], along[0]]) * rng.choice([-1, 1]) * rng.uniform(0.2, 1.5)
            solids.append(Polygon([a, b, b + across, a + across]))
        else:  # two blocks that share one corner
            side = rng.normal(0, 0.8, (2, 2))
            solids += [Polygon([tip, tip + side[0], tip + side[1]]), Polygon([tip, tip - side[0], tip - side[1]])]
    solids = [solid for solid in solids if solid.is_valid and solid.area > 1e-3]
    return _cleared(f"crowded {seed}", road, solids, walls, np.array(posts).reshape(-1, 2))


def mixed_scene(seed: int) -> Scene:
    """Make a lane, a crowded lane, an integer grid or one with walls, by turns; every other one moved."""
    kind = seed // 2 % 4
    if kind == 0:
        scene = random_scene(seed)
    elif kind == 1:
        scene = crowded_scene(seed)
    else:
        scene = grid_scene(seed, lines=kind == 3)
    return scene.moved(7.0 + seed % 83) if seed % 2 else scene


def _cleared(name: str, road: shapely.Geometry, solids: list, walls: list, points: np.ndarray) -> Scene:
    """Build a scene without ends; posts and walls that stand outside free space are left out."""
    scene = Scene(name, road, tuple(solids))
    free = scene.area
    posts = points[shapely.intersects(free, shapely.points(points))] if len(points) else points
    kept = tuple(wall for wall in walls if wall.intersects(free))
    return replace(scene, lines=kept, points=posts)


def with_places(scene: Scene, seed: int, count: int = 6, room_m: float = 1.0) -> Scene:
    """Choose a start and up to ``count`` ends at random where a disc of ``room_m`` fits."""
    rng = np.random.default_rng(seed)
    area = scene.area
    low, high = np.array(area.bounds).reshape(2, 2)
    candidates = rng.uniform(low, high, (600, 2))
    solid = shapely.union_all([area.boundary, *scene.lines, shapely.multipoints(scene.points)])
    spots = shapely.points(candidates)
    shapely.prepare(area)
    fits = shapely.contains(area, spots) & (2 * shapely.distance(solid, spots) >= room_m)
    chosen = candidates[fits][: count + 1]
    if len(chosen) < 2:
        return scene
    return replace(scene, start=chosen[0], ends=chosen[1:])
