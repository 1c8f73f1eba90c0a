"""The paint and the signs of Article 13, complete but for what the answers name."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import shapely
from city_faults import Scene
from city_model import GRID, GRID_TEXT
from city_plans import Plan, Seg

LINE_AT_M, LINE_WIDTH_M = 0.375, 0.15
BOX_ALONG_M, BOX_ACROSS_M = 2.1, 2.8
TEXT_ALONG_M, TEXT_ACROSS_M = 1.65, 2.35
PITCH_M = 17.0
_MARK = {"colour": "yellow", "condition": "good"}
_SIGN = {"kind": "warning", "text": "消防车通道 严禁占用", "condition": "good"}


def can_paint(plan: Plan) -> bool:
    """Tell whether the middle of every lane is known: it is not in a yard."""
    return not plan.yards


def paint(scene: Scene, pieces: list[shapely.Polygon], *, kerbed: bool) -> None:
    """Paint everything, then leave out or wear out what the answers are about."""
    bare = {} if scene.clean else _faults(scene)
    _edges(scene, pieces, kerbed=kerbed)
    for seg in scene.plan.segs:
        for t in box_places(scene.plan, seg):
            _box(scene, seg, t, text=True)
    for n, mouth in enumerate(scene.plan.mouths):
        if bare.get(n) == "grid":
            continue
        area = mouth.grid()
        scene.put("markings", area, kind="grid", **_MARK)
        if bare.get(n) != "text":
            u, v = area.centroid.x, area.centroid.y
            along_u = mouth.inward[0] != 0
            scene.put("markings", _rect(u, v, TEXT_ALONG_M, TEXT_ACROSS_M, along_u=along_u), kind="text", **_MARK)
    _signs(scene, pieces)
    if not scene.clean and scene.rng.random() < 0.4:
        _wear(scene)


def _faults(scene: Scene) -> dict[int, str]:
    """Choose mouths without a grid or without its lettering, and say so."""
    bare: dict[int, str] = {}
    for n in range(len(scene.plan.mouths)):
        draw = scene.rng.random()
        if draw < 0.4:
            bare[n] = "grid" if draw < 0.28 else "text"
            m = scene.plan.mouths[n]
            scene.tell(GRID if bare[n] == "grid" else GRID_TEXT, None, ("entrances", n), m.label, (m.u, m.v))
    return bare


def _edges(scene: Scene, pieces: list[shapely.Polygon], *, kerbed: bool) -> None:
    """Paint the kerbs, or a line 0.30 m off the edge that is broken at mouths and grids."""
    whole = shapely.union_all(pieces)
    if kerbed:
        for line in scene.layers["kerbs"].geometry:
            scene.put("markings", line, kind="kerb_paint", width_m=0.12, **_MARK)
        return
    inner = shapely.buffer(whole, -LINE_AT_M, join_style="mitre").boundary
    gaps = [m.grid() for m in scene.plan.mouths]
    for line in shapely.get_parts(shapely.line_merge(shapely.difference(inner, shapely.union_all(gaps)))).tolist():
        if line.length > 0.05:
            scene.put("markings", line, kind="edge_line", width_m=LINE_WIDTH_M, **_MARK)


def box_places(plan: Plan, seg: Seg) -> list[float]:
    """Return where the boxes stand on a road [m]: between junctions at most ``PITCH_M`` apart."""
    ends = {0.0, seg.length} | {(a + b) / 2 for a, b in plan.nodes(seg) if -1.0 < (a + b) / 2 < seg.length + 1.0}
    mouths = [m.u - seg.u0 if seg.along_u else m.v - seg.v0 for m in plan.mouths if seg.kind == "gate" or _on(m.u, m.v, seg)]
    out = []
    at = sorted(min(max(e, 0.0), seg.length) for e in ends)
    for a, b in pairwise(at):
        first = a + (14.0 if any(abs(a - m) < 1e-6 for m in mouths) else 9.5)
        last = b - (14.0 if any(abs(b - m) < 1e-6 for m in mouths) else 9.5)
        if b - a < 1.0:
            continue
        if last - first < 6.0:
            middle = (first + last) / 2
            if b - a > 12.0:
                out.append(round(middle, 3))
            continue
        n = math.ceil((last - first) / PITCH_M)
        out += [round(first + i * (last - first) / n, 3) for i in range(n + 1)]
    return out


def _on(u: float, v: float, seg: Seg) -> bool:
    return (abs(v - seg.v0) < 1e-6 and seg.u0 <= u <= seg.u1) if seg.along_u else (abs(u - seg.u0) < 1e-6 and seg.v0 <= v <= seg.v1)


def _rect(u: float, v: float, along: float, across: float, *, along_u: bool) -> shapely.Polygon:
    a, b = (along, across) if along_u else (across, along)
    return shapely.box(u - a / 2, v - b / 2, u + a / 2, v + b / 2)


def _box(scene: Scene, seg: Seg, t: float, *, text: bool) -> None:
    u, v = seg.at(t)
    scene.put("markings", _rect(u, v, BOX_ALONG_M, BOX_ACROSS_M, along_u=seg.along_u), kind="box", **_MARK)
    if text:
        scene.put("markings", _rect(u, v, TEXT_ALONG_M, TEXT_ACROSS_M, along_u=seg.along_u), kind="text", **_MARK)


def _signs(scene: Scene, pieces: list[shapely.Polygon]) -> None:
    """Put a sign beside every mouth, and along every road one about every 16 m."""
    whole = shapely.union_all(pieces)
    shapely.prepare(whole)
    for m in scene.plan.mouths:
        (u, v) = m.line.coords[0]
        scene.put("signs", shapely.Point(round(u - abs(m.inward[1]) * 0.8, 3), round(v - abs(m.inward[0]) * 0.8, 3)), **_SIGN)
    for seg in scene.plan.segs:
        number = max(2, math.ceil(seg.length / 16.0))
        for n in range(number):
            t = (n + 0.5) * seg.length / number
            for side in (1, -1) if n % 2 else (-1, 1):
                at = seg.at(round(t, 3), side * (seg.width / 2 + 0.8))
                if not shapely.dwithin(whole, shapely.Point(at), 0.25):
                    scene.put("signs", shapely.Point(at), **_SIGN)
                    break


def _wear(scene: Scene) -> None:
    """Let one box, grid or sign be worn: a violation of Article 9 and of Article 15 (1)."""
    name = "signs" if scene.rng.random() < 0.4 else "markings"
    rows = scene.layers[name]
    some = [n for n, v in enumerate(rows.rows) if name == "signs" or v["kind"] in ("box", "grid")]
    if not some:
        return
    n = some[int(scene.rng.integers(len(some)))]
    rows.rows[n] = rows.rows[n] | {"condition": "worn"}
    middle = shapely.centroid(rows.geometry[n])
    for rule in ("sy2020-9-condition", "sy2020-15-1-condition"):
        scene.tell(rule, None, (name, n), str(rows.rows[n]["kind"]), (float(np.round(middle.x, 3)), float(np.round(middle.y, 3))))
