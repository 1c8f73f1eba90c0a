"""Known violations: what is put on the lanes, and what an audit has to find there, to the millimetre."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import shapely
from city_model import GATE, HEIGHT, OBSTRUCTION, PARKING, WIDTH, Layer
from city_plans import Plan, Seg

CAR = (4.6, 1.85)
BAY_M = 6.0
"""Length of parallel bays, each abutting the next [m]."""
SLOT_M = 14.0
"""Room that a violation takes of a road, so that none touches the next [m]."""


@dataclass(frozen=True)
class Answer:
    """A truth before the district has ids: ``owner`` is a (layer, row) or the place of the pavement's edge."""

    rule_id: str
    verdict: str
    value: float | None
    owner: tuple[str, int] | tuple[float, float] | str
    where: str
    at: tuple[float, float]


@dataclass
class Scene:
    """A district while it is being drawn."""

    plan: Plan
    rng: np.random.Generator
    layers: dict[str, Layer]
    doubt_m: float = 0.0
    clean: bool = False
    answers: list[Answer] = field(default_factory=list)
    notches: list[shapely.Polygon] = field(default_factory=list)
    slots: list[tuple[Seg, float, float]] = field(default_factory=list)
    narrowed: set[str] = field(default_factory=set)

    def put(self, layer: str, geometry: shapely.Geometry, **values: object) -> tuple[str, int]:
        """Add a row and return what it is known by."""
        rows = self.layers.setdefault(layer, Layer())
        rows.add(geometry, **values)
        return layer, len(rows) - 1

    def take(self, room_m: float, least_m: float = 0.0, most_m: float = 99.0) -> tuple[Seg, float] | None:
        """Take a stretch of a road that is wide enough; return the road and the stretch's middle."""
        fitting = [
            n for n, (seg, a, b) in enumerate(self.slots)
            if b - a >= room_m and least_m <= seg.width <= most_m and seg.label not in self.narrowed
        ]  # fmt: skip
        if not fitting:
            return None
        n = fitting[int(self.rng.integers(len(fitting)))]
        seg, a, b = self.slots.pop(n)
        start = a + int(self.rng.integers(0, max(int((b - a - room_m) * 10), 0) + 1)) / 10
        for piece in ((a, start - 2.0), (start + room_m + 2.0, b)):
            if piece[1] - piece[0] > 8.0:
                self.slots.append((seg, *piece))
        return seg, round(start + room_m / 2, 3)

    def gap_m(self, least_m: float = 2.6, most_m: float = 3.88) -> float:
        """Return a clear width below the limit, to the millimetre."""
        return int(self.rng.integers(round(least_m * 1000), round(most_m * 1000) + 1)) / 1000

    def tell(self, rule: str, value: float | None, owner: object, where: str, at: tuple[float, float], verdict: str = "fail") -> None:
        self.answers.append(Answer(rule, verdict, value, owner, where, at))


def post(scene: Scene) -> bool:
    """Put a bollard, a pole or a tree onto a lane; the wider of the two gaps beside it counts."""
    taken = scene.take(SLOT_M, 4.2)
    if taken is None:
        return False
    seg, t = taken
    kind, radius, name = (("bollard", 0.1, "固定隔离桩"), ("pole", 0.15, "线杆"), ("tree", 0.2, "路内树木"))[int(scene.rng.integers(3))]
    least = max(2.4, (seg.width - 2 * radius) / 2 + 0.05)
    gap = scene.gap_m(round(least, 3), max(round(least, 3), min(3.88, seg.width - 2 * radius - 0.1)))
    side = 1 if scene.rng.random() < 0.5 else -1
    at = seg.at(t, side * (seg.width / 2 - gap - radius))
    owner = scene.put("obstructions", shapely.Point(at), kind=kind, radius_m=radius, name=name)
    scene.tell(WIDTH, gap, owner, seg.label, at)
    scene.tell(OBSTRUCTION, gap, owner, seg.label, at)
    return True


def block(scene: Scene) -> bool:
    """Build something solid into the lane from one side: a stall, a flower bed, a locker, a shed."""
    taken = scene.take(SLOT_M, 4.2)
    if taken is None:
        return False
    seg, t = taken
    kind, name = (("stall", "早点摊"), ("structure", "砖砌花坛"), ("structure", "快递柜"), ("structure", "自建棚房"), ("fence", "施工围挡"))[int(scene.rng.integers(5))]
    gap = scene.gap_m(2.2, min(3.88, seg.width - 0.5))
    side = 1 if scene.rng.random() < 0.5 else -1
    long = round(1.2 + 0.1 * int(scene.rng.integers(0, 24)), 1)
    edge, inner = side * seg.width / 2, side * (seg.width / 2 - (seg.width - gap))
    shape = seg.rect(t - long / 2, t + long / 2, min(edge, inner), max(edge, inner))
    owner = scene.put("obstructions", shape, kind=kind, name=name)
    scene.tell(WIDTH, gap, owner, seg.label, seg.at(t, inner))
    scene.tell(OBSTRUCTION, gap, owner, seg.label, seg.at(t, inner))
    return True


def car_row(scene: Scene) -> bool:
    """Park cars along one side; what is left beside them is the lane."""
    number = int(scene.rng.integers(1, 4))
    room = number * (CAR[0] + 0.6) + 9.0
    taken = scene.take(room, 4.6, 5.9)
    if taken is None:
        return False
    seg, t = taken
    off = round(0.1 + 0.01 * int(scene.rng.integers(0, 15)), 2)
    gap = round(seg.width - off - CAR[1], 3)
    if not 2.2 <= gap <= 3.9:
        return False
    side = 1 if scene.rng.random() < 0.5 else -1
    s0, s1 = sorted((side * (seg.width / 2 - off), side * (seg.width / 2 - off - CAR[1])))
    owners = []
    for n in range(number):
        a = t - (number * (CAR[0] + 0.6) - 0.6) / 2 + n * (CAR[0] + 0.6)
        owners.append(scene.put("obstructions", seg.rect(a, a + CAR[0], s0, s1), kind="vehicle", name="违停车辆"))
    scene.tell(WIDTH, gap, owners[0], seg.label, seg.at(t))
    for owner in owners:
        scene.tell(OBSTRUCTION, gap, owner, seg.label, seg.at(t))
    return True


def bays(scene: Scene, status: str = "existing") -> bool:
    """Paint (or plan) bays along a lane that is too narrow for them."""
    number = int(scene.rng.integers(1, 4))
    taken = scene.take(number * BAY_M + 9.0, 4.6, 6.1)
    if taken is None:
        return False
    seg, t = taken
    deep = 2.2 if scene.rng.random() < 0.5 else 2.5
    gap = round(seg.width - deep, 3)
    if not 2.2 <= gap <= 3.9:
        return False
    side = 1 if scene.rng.random() < 0.5 else -1
    s0, s1 = sorted((side * seg.width / 2, side * (seg.width / 2 - deep)))
    owners = [
        scene.put("parking", seg.rect(a, a + BAY_M, s0, s1), status=status, orientation="parallel")
        for a in (t - number * BAY_M / 2 + BAY_M * n for n in range(number))
    ]
    if status == "existing":
        scene.tell(WIDTH, gap, owners[0], seg.label, seg.at(t))
    for owner in owners:
        scene.tell(OBSTRUCTION if status == "existing" else PARKING, gap, owner, seg.label, seg.at(t))
    return True


def planned(scene: Scene) -> bool:
    """Plan bays that do not leave the lane its 4 m."""
    return bays(scene, "planned")


def notch(scene: Scene) -> bool:
    """Let a flower bed or a wall corner bulge into the pavement itself."""
    taken = scene.take(SLOT_M, 4.2)
    if taken is None:
        return False
    seg, t = taken
    gap = scene.gap_m(2.6, min(3.88, seg.width - 0.2))
    side = 1 if scene.rng.random() < 0.5 else -1
    edge, inner = side * (seg.width / 2 + 0.5), side * (seg.width / 2 - (seg.width - gap))
    scene.notches.append(seg.rect(t - 1.5, t + 1.5, min(edge, inner), max(edge, inner)))
    scene.tell(WIDTH, gap, seg.at(t, inner), seg.label, seg.at(t))
    return True


def narrow(scene: Scene) -> bool:
    """Make a whole dead end too narrow."""
    chosen = [s for s in scene.plan.segs if s.kind == "dead" and s.label not in scene.narrowed]
    chosen = [s for s in chosen if sum(slot[0] is s for slot in scene.slots) and not _touched(scene, s)]
    if not chosen:
        return False
    seg = chosen[int(scene.rng.integers(len(chosen)))]
    gap = scene.gap_m(3.2, 3.88)
    thin = Seg(seg.u0, seg.v0, seg.u1, seg.v1, gap, seg.label, seg.kind)
    scene.plan.segs[scene.plan.segs.index(seg)] = thin
    scene.slots = [s for s in scene.slots if s[0] is not seg]
    scene.narrowed.add(seg.label)
    middle = thin.at(thin.length / 2, gap / 2)
    scene.tell(WIDTH, gap, middle, seg.label, thin.at(thin.length / 2))
    return True


def _touched(scene: Scene, seg: Seg) -> bool:
    """Tell whether something has been put onto a road already: its slots are then not whole any more."""
    return [(a, b) for s, a, b in scene.slots if s is seg] != scene.plan.slots(seg)


def arch(scene: Scene) -> bool:
    """Put a height bar across a lane."""
    taken = scene.take(SLOT_M, 4.2)
    if taken is None:
        return False
    seg, t = taken
    height = scene.gap_m(2.6, 3.88)
    over = seg.width / 2 + 0.3
    owner = scene.put(
        "obstructions", seg.rect(t - 0.3, t + 0.3, -over, over), kind="arch", clear_height_m=height, name="限高架"
    )
    scene.tell(HEIGHT, height, owner, seg.label, seg.at(t))
    return True


def wire(scene: Scene) -> bool:
    """Let a line hang too low across a lane, from pole to pole."""
    taken = scene.take(SLOT_M, 4.2)
    if taken is None:
        return False
    seg, t = taken
    height = scene.gap_m(3.3, 3.88)
    over = seg.width / 2 + 1.5
    owner = scene.put(
        "obstructions", shapely.LineString([seg.at(t, -over), seg.at(t, over)]), kind="overhead_line",
        clear_height_m=height, name="架空通信线",
    )  # fmt: skip
    for s in (-over, over):
        scene.put("obstructions", shapely.Point(seg.at(t, s)), kind="pole", radius_m=0.15, name="线杆")
    scene.tell(HEIGHT, height, owner, seg.label, seg.at(t))
    return True


def locked(scene: Scene) -> bool:
    """Lock a gate, so that it does not open at once."""
    return _gate(scene, "fail", openable=False)


def unknown_gate(scene: Scene) -> bool:
    """Leave open whether a gate opens: not measured."""
    return _gate(scene, "not_measured", openable=None)


def _gate(scene: Scene, verdict: str, *, openable: bool | None) -> bool:
    rows = scene.layers["entrances"]
    free = [n for n, v in enumerate(rows.rows) if v.get("gate") and v.get("openable") is True]
    if not free:
        return False
    n = free[int(scene.rng.integers(len(free)))]
    rows.rows[n]["openable"] = openable
    if openable is False:
        rows.rows[n]["name"] = f"{rows.rows[n]['name']}（常闭）"
    middle = shapely.get_coordinates(rows.geometry[n]).mean(axis=0)
    scene.tell(GATE, None, ("entrances", n), str(rows.rows[n]["name"]), (float(middle[0]), float(middle[1])), verdict)
    return True


def in_lane(scene: Scene) -> bool:
    """Draw a designated lane into a wide road, and let a bay reach into it: forbidden whatever is left."""
    taken = scene.take(20.0, 6.8)
    if taken is None:
        return False
    seg, t = taken
    wide, reach = 4.5, round(0.1 + 0.01 * int(scene.rng.integers(0, 21)), 2)
    edge = -seg.width / 2 + 0.2
    scene.put("fire_lanes", seg.rect(t - 10.0, t + 10.0, edge, edge + wide), name=f"{seg.label}消防车通道")
    s0 = round(edge + wide - reach, 3)
    owner = scene.put("parking", seg.rect(t - 3.0, t + 3.0, s0, seg.width / 2), status="existing", orientation="parallel")
    scene.tell(OBSTRUCTION, round(wide - reach, 3), owner, seg.label, seg.at(t, s0))
    return True


def doubtful(scene: Scene) -> bool:
    """Put a stall so that the survey's own accuracy does not tell whether 4 m are left."""
    if not scene.doubt_m:
        return False
    taken = scene.take(SLOT_M, 4.5)
    if taken is None:
        return False
    seg, t = taken
    gap = 4.0 + int(scene.rng.integers(-int(800 * scene.doubt_m), int(800 * scene.doubt_m) + 1)) / 1000
    gap = round(gap if abs(gap - 4.0) > 0.002 else 3.995, 3)
    edge, inner = seg.width / 2, -seg.width / 2 + gap
    owner = scene.put("obstructions", seg.rect(t - 0.6, t + 0.6, inner, edge), kind="structure", name="垃圾分类亭")
    scene.tell(WIDTH, gap, owner, seg.label, seg.at(t), "indeterminate")
    scene.tell(OBSTRUCTION, gap, owner, seg.label, seg.at(t), "indeterminate")
    return True


FAULTS: dict[str, Callable[[Scene], bool]] = {
    "post": post, "block": block, "car_row": car_row, "bays": bays, "planned": planned, "notch": notch, "narrow": narrow,
    "arch": arch, "wire": wire, "locked": locked, "unknown_gate": unknown_gate, "in_lane": in_lane, "doubtful": doubtful,
}  # fmt: skip
WEIGHTS = {
    "post": 3, "block": 3, "car_row": 4, "bays": 2, "planned": 1, "notch": 1, "narrow": 2, "arch": 2, "wire": 1, "locked": 2,
    "unknown_gate": 1, "in_lane": 1, "doubtful": 3,
}  # fmt: skip
