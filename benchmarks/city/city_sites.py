"""A city of different districts with known violations: ``city(n, seed, size, mess)``.

Site ``i`` is the same whatever the city's size; the mess of the files never changes what is true of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import city_names as names
import numpy as np
import shapely
from city_faults import FAULTS, WEIGHTS, Scene
from city_mess import dressed
from city_model import CLEARING, EVERY, OBSTRUCTION, District, Layer, Truth
from city_paint import can_paint, paint
from city_plans import LARGE, PLANS, Plan
from city_things import furnish

SIZES = ("tiny", "small", "mixed", "5k")

FRAMES = ((1.0, 0.0), (0.96, 0.28), (0.96, -0.28), (0.8, 0.6), (0.8, -0.6), (24 / 25, 7 / 25), (12 / 13, 5 / 13))
"""Cosine and sine of what a district is turned by: pairs that keep lengths to the last digit."""

FLOOR_M = 2.95


def city(n: int, seed: int = 7, size: str = "mixed", mess: float = 0.0) -> Iterator[District]:
    """Yield ``n`` districts.

    Parameters
    ----------
    n : int
    seed : int
    size : {"tiny", "small", "mixed", "5k"}
        About 150–300, 400–1,500, 150–20,000 and 5,000 vertices.
    mess : float
        0: every district is one tidy GeoJSON. 1: formats, systems, names and slips as real data have them.
    """
    for index in range(n):
        yield district(index, seed, size, mess)


def district(index: int, seed: int = 7, size: str = "mixed", mess: float = 0.0) -> District:
    """Return one district of the city."""
    if size not in SIZES:
        raise ValueError(f"size: {', '.join(SIZES)}")
    rng = np.random.default_rng([seed, index, SIZES.index(size)])
    target, scale = _how_large(size, rng)
    kinds = list(LARGE if target > 2500 else PLANS)
    kind = kinds[(index + int(rng.integers(len(kinds)))) % len(kinds)]
    plan = PLANS[kind](rng, scale)
    east, north = names.place(index, size)
    lon, lat = names.to_degrees(east, north)
    who = names.called(index, kind, names.nearest_district(lon, lat), rng)
    doubt = (None, None, 0.02, 0.05)[int(rng.integers(4))]
    scene = Scene(plan, rng, {}, doubt or 0.0)
    # Paint is judged to centimetres: a survey that knows no more leaves it in doubt.
    painted = rng.random() < (0.04 if target <= 200 else 0.35) and can_paint(plan)
    if painted:
        doubt, scene.doubt_m = None, 0.0
    _build(scene, scale, without=("notch", "in_lane", "narrow") if painted else ())
    pieces, ids, answers = _compose(scene, target, painted=painted)
    floors = sum(f for _, f, _ in plan.houses)
    frame = FRAMES[int(rng.integers(len(FRAMES)))]
    site_id = f"SY{seed:02d}-{index:06d}"
    layers, place = _placed(scene.layers, frame, (east, north))
    truth = _truth(site_id, answers, pieces, ids, place)
    made = District(
        index, site_id, who.name, kind, who.district, who.manager, who.manager_kind, who.managed, int(floors * 6), lon, lat,
        doubt, layers, truth,
    )  # fmt: skip
    return dressed(made, np.random.default_rng([seed, index, SIZES.index(size), 99]), mess)


def _how_large(size: str, rng: np.random.Generator) -> tuple[int, int]:
    """Return about how many vertices a district has, and how many rows or blocks."""
    if size == "tiny":
        return 150, 1
    if size == "small":
        return int(rng.integers(400, 1200)), int(rng.integers(2, 5))
    if size == "5k":
        return 5000, int(rng.integers(7, 10))
    draw = rng.random()
    low, high = (150, 900) if draw < 0.6 else (900, 4000) if draw < 0.9 else (4000, 10000) if draw < 0.985 else (10000, 20000)
    target = int(np.exp(rng.uniform(np.log(low), np.log(high))))
    return target, int(np.clip(round((target / 150) ** 0.5), 1, 9))


def _build(scene: Scene, scale: int, *, without: tuple[str, ...]) -> None:
    """Add entrances and violations to a plan."""
    plan, rng = scene.plan, scene.rng
    for n, mouth in enumerate(plan.mouths):
        kind = "exit" if n and rng.random() < 0.2 else "both"
        gated = plan.kind != "linear" or rng.random() < 0.6
        scene.put("entrances", mouth.line, name=mouth.label, kind=kind, gate=gated, openable=True if gated else None)
    scene.slots = [(seg, a, b) for seg in plan.segs for a, b in plan.slots(seg)]
    # The smallest are there in thousands: half of them clean, the others with little to remedy.
    tiny = scale == 1
    scene.clean = bool(rng.random() < (0.5 if tiny else 0.35))
    if scene.clean:
        return
    wanted = 1 + (int(rng.random() < 0.25) if tiny else int(rng.poisson(0.6 * scale)))
    kinds = [k for k in FAULTS if k not in without]
    weights = np.array([WEIGHTS[k] for k in kinds], float)
    for kind in rng.choice(kinds, wanted + 3, p=weights / weights.sum()):
        wanted -= FAULTS[kind](scene)
        if wanted <= 0:
            break


def _compose(scene: Scene, target: int, *, painted: bool) -> tuple[list[shapely.Polygon], list[str], list[Any]]:
    """Draw the roads with all that belongs to them; return their pieces, their ids and the answers."""
    plan, rng = scene.plan, scene.rng
    pavement = plan.pavement()
    if scene.notches:
        pavement = shapely.difference(pavement, shapely.union_all(scene.notches))
    for (u0, v0, u1, v1), floors, style in plan.houses:
        number = len(scene.layers.get("buildings", Layer())) + 1
        name = {"podium": "裙房商业", "shops": f"商业网点{number}"}.get(style, f"{number}号楼")
        scene.put(
            "buildings", _house(u0, v0, u1, v1, style), name=name, floors=floors, height_m=round(floors * FLOOR_M + 0.6, 2)
        )
    furnish(scene, pavement, 0.5 if target <= 200 else 1.0)
    pieces = _pieces(plan, pavement, rng, target)
    kerbed = rng.random() < 0.5
    drawn = sum(int(shapely.get_num_coordinates(np.array(r.geometry, object)).sum()) for r in scene.layers.values())
    have = int(shapely.get_num_coordinates(pieces).sum())
    with_kerbs = kerbed and (painted or target > 200 or rng.random() < 0.3)
    times = 1 + with_kerbs + painted  # the edge is there once more as kerb stones, and once more as paint
    short = (target - drawn - have * times) / times
    if short > 0:
        step = max(float(shapely.length(pieces).sum()) / (short + have), 0.25)
        pieces = list(shapely.segmentize(pieces, round(step, 3)))
    ids = []
    for n, piece in enumerate(pieces, 1):
        ids.append(f"R{n:02d}")
        scene.put(
            "roads", piece, id=ids[-1], name=_road_name(plan, piece), fire_lane=True, kerb="yes" if kerbed else "no",
            **{"class": "unit" if plan.kind == "unit_courtyard" else "residential"},
        )  # fmt: skip
    if target > 200 or rng.random() < 0.5:
        _street(scene)
    if with_kerbs:
        _kerbs(scene, pieces)
    if painted:
        paint(scene, pieces, kerbed=kerbed)
    return pieces, ids, scene.answers


def _house(u0: float, v0: float, u1: float, v1: float, style: str) -> shapely.Polygon:
    """Return a building's outline: slabs have stairwells, towers cut corners."""
    if style == "tower":
        c = min(3.0, (u1 - u0) / 5)
        return shapely.Polygon([
            (u0 + c, v0), (u1 - c, v0), (u1 - c, v0 + c), (u1, v0 + c), (u1, v1 - c), (u1 - c, v1 - c), (u1 - c, v1),
            (u0 + c, v1), (u0 + c, v1 - c), (u0, v1 - c), (u0, v0 + c), (u0 + c, v0 + c),
        ])  # fmt: skip
    stairs = int((u1 - u0) // 18) if style == "slab" else 0
    top = [(u1, v1)]
    for n in range(stairs - 1, -1, -1):
        at = u0 + (n + 0.5) * (u1 - u0) / stairs
        top += [(at + 1.3, v1), (at + 1.3, v1 + 1.2), (at - 1.3, v1 + 1.2), (at - 1.3, v1)]
    return shapely.Polygon([(u0, v0), (u1, v0), *top, (u0, v1)])


def _pieces(plan: Plan, pavement: shapely.Geometry, rng: np.random.Generator, target: int) -> list[shapely.Polygon]:
    """Cut the pavement into the road polygons of the plan, across its roads and off its junctions."""
    upright = sorted({(s.u0, s.width / 2) for s in plan.segs if not s.along_u} | {((y[0] + y[2]) / 2, (y[2] - y[0]) / 2) for y in plan.yards})
    edges = [(a + wa + 6.0, b - wb - 6.0) for (a, wa), (b, wb) in pairwise(upright)]
    cuts = [round((a + b) / 2 + 0.37, 2) for a, b in edges if b - a > 2.0]
    if target <= 200:
        cuts = cuts[:1] if rng.random() < 0.5 else []
    if not cuts:
        return [p for p in shapely.get_parts(pavement).tolist() if p.area > 1.0]
    u0, v0, u1, v1 = pavement.bounds
    at = [u0 - 1.0, *cuts, u1 + 1.0]
    out = []
    for a, b in pairwise(at):
        out += [p for p in shapely.get_parts(shapely.intersection(pavement, shapely.box(a, v0 - 1, b, v1 + 1))).tolist() if p.area > 1.0]
    return out


def _road_name(plan: Plan, piece: shapely.Polygon) -> str:
    """Return the name of the road that runs longest through a piece."""
    lines = shapely.linestrings([[(s.u0, s.v0), (s.u1, s.v1)] for s in plan.segs])
    return plan.segs[int(np.argmax(shapely.length(shapely.intersection(lines, piece))))].label


def _street(scene: Scene) -> None:
    """Add the municipal street before the first gate, with the aprons of all gates on that side."""
    first = scene.plan.mouths[0]
    gates = [m for m in scene.plan.mouths if m.inward == first.inward and m.v == first.v]
    u0 = min(s.u0 for s in scene.plan.segs) - 14.0
    u1 = max(s.u1 for s in scene.plan.segs) + 14.0
    parts = [shapely.box(u0, first.v - 17.0, u1, first.v - 3.0)]
    parts += [shapely.box(m.u - m.width / 2, first.v - 5.0, m.u + m.width / 2, first.v) for m in gates]
    area = shapely.buffer(shapely.buffer(shapely.union_all(parts), 2.5, join_style="mitre"), -2.5, quad_segs=3)
    scene.put("roads", area, id="M01", name="市政道路", fire_lane=False, kerb="yes", **{"class": "municipal"})


def _kerbs(scene: Scene, pieces: list[shapely.Polygon]) -> None:
    """Add the kerb stones: the pavement's edge but for the mouths."""
    edge = shapely.union_all(pieces).boundary
    mouths = shapely.union_all([m.line.buffer(1e-6, cap_style="square") for m in scene.plan.mouths])
    for line in shapely.get_parts(shapely.line_merge(shapely.difference(edge, mouths))).tolist():
        if line.length > 0.01:
            scene.put("kerbs", line, height_m=0.15, top_width_m=0.12)


def _placed(layers: dict[str, Layer], frame: tuple[float, float], at: tuple[float, float]) -> tuple[dict[str, Layer], Any]:
    """Return the layers turned, shifted onto the map and rounded to 0.01 mm, and the function that does it."""
    cos, sin = frame
    flat = np.array([g for rows in layers.values() for g in rows.geometry], object)
    box = shapely.total_bounds(flat)
    u, v = round((box[0] + box[2]) / 2), round((box[1] + box[3]) / 2)

    def place(uv: np.ndarray) -> np.ndarray:
        x, y = uv[:, 0] - u, uv[:, 1] - v
        return np.round(np.column_stack([at[0] + cos * x - sin * y, at[1] + sin * x + cos * y]), 5)

    moved = iter(shapely.transform(flat, place).tolist())
    out: dict[str, Layer] = {}
    for name, rows in layers.items():
        prefix = {"roads": "R", "obstructions": "O", "buildings": "B", "entrances": "E", "parking": "P", "kerbs": "K", "markings": "MK"}
        start = prefix.get(name, name[0].upper())
        values = [{"id": f"{start}{n:02d}"} | v for n, v in enumerate(rows.rows, 1)]
        out[name] = Layer([next(moved) for _ in rows.geometry], values)
    return out, place


def _truth(site_id: str, answers: list[Any], pieces: list[shapely.Polygon], ids: list[str], place: Any) -> tuple[Truth, ...]:
    """Return the answers in the ids and places of the map; an owner is a (layer, row) until the files are dressed."""
    out = []
    for a in answers:
        owner = a.owner
        if isinstance(owner, tuple) and not isinstance(owner[0], str):
            owner = f"edge:{ids[int(np.argmin(shapely.distance(np.array(pieces, object), shapely.Point(owner))))]}"
        [[east, north]] = place(np.array([a.at])).tolist()
        out.append(Truth(site_id, a.rule_id, a.verdict, a.value, owner, a.where, east, north))
    standing = {t.verdict for t in out if t.rule_id == OBSTRUCTION}
    if standing == {"indeterminate"}:  # then nobody can tell either whether it ought to be cleared
        out.append(Truth(site_id, CLEARING, "indeterminate", None, EVERY, "site"))
    return tuple(out)

