"""How districts are laid out: roads as straight pieces along two axes, yards, gates and buildings.

Drawn in metres in the district's own axes (u along the rows of houses, v across), all edges parallel to an axis, so
that every width is a subtraction. ``city_sites`` turns and shifts the drawing onto the map.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely

Box = tuple[float, float, float, float]

FILLET_M = 4.5
"""Radius of the kerb returns where two roads meet [m]."""


@dataclass(frozen=True)
class Seg:
    """A straight road: its axis from (u0, v0) to (u1, v1), parallel to an axis, and its width [m]."""

    u0: float
    v0: float
    u1: float
    v1: float
    width: float
    label: str
    kind: str

    @property
    def along_u(self) -> bool:
        return self.v0 == self.v1

    @property
    def length(self) -> float:
        return abs(self.u1 - self.u0) + abs(self.v1 - self.v0)

    def at(self, t: float, s: float = 0.0) -> tuple[float, float]:
        """Return the point ``t`` from the start and ``s`` to the side (u or v, growing)."""
        if self.along_u:
            return (self.u0 + t, self.v0 + s)
        return (self.u0 + s, self.v0 + t)

    def rect(self, t0: float, t1: float, s0: float, s1: float) -> shapely.Polygon:
        """Return the rectangle from t0 to t1 along and from s0 to s1 across."""
        (a, b), (c, d) = self.at(t0, s0), self.at(t1, s1)
        return shapely.box(min(a, c), min(b, d), max(a, c), max(b, d))


@dataclass(frozen=True)
class Mouth:
    """An entrance at the free end of a road: (u, v) in its middle, the way in, its width [m]."""

    u: float
    v: float
    inward: tuple[int, int]
    width: float
    label: str

    @property
    def line(self) -> shapely.LineString:
        (du, dv), h = self.inward, self.width / 2
        return shapely.LineString([(self.u - dv * h, self.v - du * h), (self.u + dv * h, self.v + du * h)])

    def grid(self) -> shapely.Polygon:
        """Return the place of its grid: as deep as it is wide, within 3 to 6 m."""
        (du, dv), h = self.inward, self.width / 2
        depth = min(max(self.width, 3.0), 6.0)
        u0, u1 = sorted((self.u - abs(dv) * h, self.u + abs(dv) * h + du * depth)) if du == 0 else sorted((self.u, self.u + du * depth))
        v0, v1 = sorted((self.v - abs(du) * h, self.v + abs(du) * h + dv * depth)) if dv == 0 else sorted((self.v, self.v + dv * depth))
        return shapely.box(u0, v0, u1, v1)


@dataclass
class Plan:
    """A district before anything stands in it."""

    kind: str
    segs: list[Seg] = field(default_factory=list)
    yards: list[Box] = field(default_factory=list)
    mouths: list[Mouth] = field(default_factory=list)
    houses: list[tuple[Box, int, str]] = field(default_factory=list)
    rounded: float = 0.0

    def road(self, u0: float, v0: float, u1: float, v1: float, width: float, label: str, kind: str) -> Seg:
        """Add a road, from its lower or left end."""
        seg = Seg(min(u0, u1), min(v0, v1), max(u0, u1), max(v0, v1), round(width, 3), label, kind)
        self.segs.append(seg)
        return seg

    def gate(self, u: float, v: float, out: tuple[int, int], reach: float, width: float) -> None:
        """Add a road from (u, v) outwards, and an entrance at its end."""
        label = {(0, -1): "南门", (0, 1): "北门", (1, 0): "东门", (-1, 0): "西门"}[out]
        same = sum(m.label.startswith(label[0]) for m in self.mouths)
        label = label if not same else f"{label[0]}{same + 1}门"
        end = (u + out[0] * reach, v + out[1] * reach)
        self.road(u, v, *end, width, f"{label}路", "gate")
        self.mouths.append(Mouth(*end, (-out[0], -out[1]), round(width, 3), label))

    def house(self, u0: float, v0: float, u1: float, v1: float, floors: int, style: str = "slab") -> None:
        """Add a building where there is room for one."""
        if u1 - u0 >= 7 and v1 - v0 >= 7:
            self.houses.append(((u0, v0, u1, v1), floors, style))

    def nodes(self, seg: Seg) -> list[tuple[float, float]]:
        """Return where other roads and yards meet a road: (from, to) along it."""
        out = []
        for other in self.segs:
            if other is seg or other.along_u == seg.along_u:
                continue
            a0, a1, s = (other.v0, other.v1, other.u0) if seg.along_u else (other.u0, other.u1, other.v0)
            mine, start, end = (seg.v0, seg.u0, seg.u1) if seg.along_u else (seg.u0, seg.v0, seg.v1)
            if start - 1e-6 <= s <= end + 1e-6 and a0 - 1e-6 <= mine <= a1 + 1e-6:
                out.append((s - start - other.width / 2, s - start + other.width / 2))
        for u0, v0, u1, v1 in self.yards:
            mine, start = (seg.v0, seg.u0) if seg.along_u else (seg.u0, seg.v0)
            a0, a1, b0, b1 = (v0, v1, u0, u1) if seg.along_u else (u0, u1, v0, v1)
            if a0 - 1e-6 <= mine <= a1 + 1e-6 and b1 >= start - 1e-6 and b0 <= start + seg.length + 1e-6:
                out.append((b0 - start, b1 - start))
        return sorted(out)

    def slots(self, seg: Seg, clear_m: float = FILLET_M + 3.0) -> list[tuple[float, float]]:
        """Return the stretches of a road that lie off all junctions and mouths."""
        taken = [(a - clear_m, b + clear_m) for a, b in self.nodes(seg)]
        for m in self.mouths:
            t = m.u - seg.u0 if seg.along_u else m.v - seg.v0
            on = abs((m.v - seg.v0) if seg.along_u else (m.u - seg.u0)) < 1e-6 and -1e-6 <= t <= seg.length + 1e-6
            if on:
                taken.append((t - 9.0, t + 9.0))
        free, start = [], 2.0
        for a, b in sorted(taken):
            if a - start > 1.0:
                free.append((start, min(a, seg.length - 2.0)))
            start = max(start, b)
        if seg.length - 2.0 - start > 1.0:
            free.append((start, seg.length - 2.0))
        return free

    def pavement(self) -> shapely.Geometry:
        """Return the pavement with rounded kerb returns; straight edges stay where they are."""
        parts = [shapely.box(*yard) for yard in self.yards]
        for seg in self.segs:
            ends = [0.0, seg.length]
            for a, b in self.nodes(seg):
                ends += [min(a, seg.length)] if a < 0 else []
                ends += [max(b, 0.0)] if b > seg.length else []
            # a road that ends on another one's axis runs on to its far edge
            parts.append(seg.rect(max(min(ends), -12.0), min(max(ends), seg.length + 12.0), -seg.width / 2, seg.width / 2))
        area = shapely.union_all(parts)
        out = shapely.buffer(area, FILLET_M, join_style="mitre", mitre_limit=5.0)
        area = shapely.buffer(out, -FILLET_M, quad_segs=3)
        if self.rounded:
            area = shapely.difference(area, shapely.union_all(_corners(_ring_bounds(self), self.rounded)))
        # On a fine grid, or the last bits of the rounding would leave slivers.
        return shapely.set_precision(area, 1e-6)


def _ring_bounds(plan: Plan) -> Box:
    ring = [s for s in plan.segs if s.kind == "loop"]
    h = ring[0].width / 2
    return (
        min(s.u0 for s in ring) - h, min(s.v0 for s in ring) - h, max(s.u1 for s in ring) + h, max(s.v1 for s in ring) + h,
    )  # fmt: skip


def _corners(bounds: Box, radius: float) -> list[shapely.Polygon]:
    """Return what an arc cuts off each outer corner of a ring road, so that fire engines drive round it."""
    u0, v0, u1, v1 = bounds
    turn = np.linspace(0.0, np.pi / 2, 7)
    out = []
    for u, v, a, b in ((u0, v0, 1, 1), (u1, v0, -1, 1), (u1, v1, -1, -1), (u0, v1, 1, -1)):
        arc = np.column_stack([u + a * radius * (1 - np.sin(turn)), v + b * radius * (1 - np.cos(turn))])
        out.append(shapely.Polygon([(u - a, v - b), (u + a * radius, v - b), *arc, (u - a, v + b * radius)]))
    return out


def _m(rng: np.random.Generator, low: float, high: float, step: float = 0.1) -> float:
    """Return a length in steps of a decimetre."""
    return round(low + step * int(rng.integers(0, round((high - low) / step) + 1)), 3)


LARGE = ("rows", "superblock", "superblock", "comb", "linear")
"""Layouts that grow to thousands of vertices; the others stay what they are."""


def rows(rng: np.random.Generator, scale: int) -> Plan:
    """Rows of slabs south of their access roads, and a road around them all (行列式)."""
    plan = Plan("rows")
    blocks = 1 + scale // 3
    lines = 1 + (scale + 1) // 2 if scale > 1 else 2
    pitch, length = _m(rng, 27, 33, 0.5), _m(rng, 52, 84, 0.5)
    top, right = lines * pitch, blocks * length
    ring, row = _m(rng, 5.6, 7.0), _m(rng, 4.2, 5.2)
    plan.rounded = 7.0
    plan.road(0, 0, right, 0, ring, "环路南段", "loop")
    plan.road(0, top, right, top, ring, "环路北段", "loop")
    for b in range(blocks + 1):
        label = "环路西段" if b == 0 else "环路东段" if b == blocks else f"中心路{b}"
        plan.road(b * length, 0, b * length, top, ring, label, "loop")
    for j in range(1, lines):
        plan.road(0, j * pitch, right, j * pitch, row, f"宅间路{j}", "row")
    number = 0
    floors = int(rng.choice([5, 6, 6, 6, 7]))
    for j in range(lines):
        for b in range(blocks):
            u0, u1 = b * length + 8.5, (b + 1) * length - 8.5
            v1 = (j + 1) * pitch - 6.5
            cut = (u0 + u1) / 2 if (u1 - u0) > 55 and (number % 3 == 0) else None
            for a, c in [(u0, u1)] if cut is None else [(u0, cut - 4), (cut + 4, u1)]:
                plan.house(a, v1 - 12, c, v1, floors)
                number += 1
    at = _m(rng, 0.3, 0.7) * length
    plan.gate(round(at, 1), 0, (0, -1), _m(rng, 16, 24, 0.5), _m(rng, 5.5, 7.0))
    if scale > 1 or rng.random() < 0.4:
        plan.gate(right, round(pitch * (0.5 + int(lines > 2)), 2), (1, 0), _m(rng, 16, 22, 0.5), _m(rng, 5.0, 6.5))
    if scale > 4:
        plan.gate(round(right - length / 2, 1), top, (0, 1), _m(rng, 16, 22, 0.5), _m(rng, 5.0, 6.0))
    return plan


def comb(rng: np.random.Generator, scale: int) -> Plan:
    """A main road with dead ends into courtyards on both sides (梳状尽端)."""
    plan = Plan("comb")
    teeth = 1 + scale
    pitch = _m(rng, 30, 38, 0.5)
    spine = _m(rng, 6.0, 7.5)
    top = 16 + (teeth - 1) * pitch
    double = scale > 1 or rng.random() < 0.6
    plan.road(0, 0, 0, top + (14 if rng.random() < 0.3 else 0), spine, "中心路", "spine")
    for j in range(teeth):
        v = 16 + j * pitch
        for side, label in ((1, "东"), (-1, "西")) if double else ((1, "东"),):
            reach, width = _m(rng, 34, 56, 0.5), _m(rng, 4.3, 5.5)
            plan.road(0, v, side * reach, v, width, f"{label}{j + 1}巷", "dead")
            a, b = sorted((side * (spine / 2 + 6), side * (reach - 1)))
            plan.house(a, v + width / 2 + 5, b, v + width / 2 + 17, 6)
            if j == 0:
                plan.house(a, v - width / 2 - 16, b, v - width / 2 - 5, 6)
    plan.gate(0, 0, (0, -1), _m(rng, 10, 14, 0.5), spine)
    if scale > 2:
        plan.gate(0, top, (0, 1), 24, spine)
    return plan


def superblock(rng: np.random.Generator, scale: int) -> Plan:
    """A net of streets, two slabs or four towers in each block (方格网)."""
    plan = Plan("superblock")
    across = 1 + (scale + 1) // 2
    up = 1 + scale // 2
    bu, bv = _m(rng, 50, 62, 0.5), _m(rng, 48, 60, 0.5)
    main, minor = _m(rng, 6.0, 7.5), _m(rng, 4.6, 6.0)
    for i in range(across + 1):
        plan.road(i * bu, 0, i * bu, up * bv, main if i in (0, across) else minor, f"经{i + 1}路", "loop" if i in (0, across) else "row")
    for j in range(up + 1):
        plan.road(0, j * bv, across * bu, j * bv, main if j in (0, up) else minor, f"纬{j + 1}路", "loop" if j in (0, up) else "row")
    plan.rounded = 7.0
    towers = rng.random() < 0.35
    for i in range(across):
        for j in range(up):
            u0, v0, u1, v1 = i * bu + 9, j * bv + 9, (i + 1) * bu - 9, (j + 1) * bv - 9
            if towers:
                plan.house(u0, v0, u0 + 13, v0 + 13, 11, "tower")
                plan.house(u1 - 13, v1 - 13, u1, v1, 11, "tower")
            else:
                plan.house(u0, v0, u1, v0 + 12, 6)
                plan.house(u0, v1 - 12, u1, v1, 6)
    plan.gate(bu / 2, 0, (0, -1), _m(rng, 16, 22, 0.5), _m(rng, 5.5, 7.0))
    plan.gate(across * bu, (up - 0.5) * bv, (1, 0), _m(rng, 16, 20, 0.5), _m(rng, 5.5, 6.5))
    if scale > 2:
        plan.gate((across - 0.5) * bu, up * bv, (0, 1), _m(rng, 16, 20, 0.5), _m(rng, 5.0, 6.0))
        plan.gate(0, bv / 2, (-1, 0), _m(rng, 16, 20, 0.5), _m(rng, 5.0, 6.0))
    return plan


def unit_courtyard(rng: np.random.Generator, scale: int) -> Plan:
    """An old courtyard of a work unit: walls, one gate, a paved yard and ways behind the houses (单位大院)."""
    plan = Plan("unit_courtyard")
    gate = _m(rng, 5.0, 6.5)
    depth, wide, high = _m(rng, 24, 32, 0.5), _m(rng, 20, 30, 0.5), _m(rng, 16, 22, 0.5)
    plan.yards.append((-wide / 2, 0, wide / 2, high))
    plan.gate(0, 0, (0, -1), depth, gate)
    plan.house(-wide / 2 - 16, -depth + 3, -gate / 2 - 4, -12, int(rng.integers(3, 6)))
    plan.house(gate / 2 + 4, -depth + 3, wide / 2 + 16, -12, int(rng.integers(4, 7)))
    arm = _m(rng, 4.2, 5.2)
    left, right = -wide / 2 - _m(rng, 30, 44, 0.5), wide / 2 + _m(rng, 30, 44, 0.5)
    v = round(high - arm / 2 - 2, 3)
    plan.road(wide / 2, v, right, v, arm, "东院路", "dead")
    plan.house(wide / 2 + 6, v + arm / 2 + 4, right - 2, v + arm / 2 + 15, 5)
    if scale > 1 or rng.random() < 0.5:
        plan.road(left, v, -wide / 2, v, arm, "西院路", "dead")
        plan.house(left + 2, v + arm / 2 + 4, -wide / 2 - 6, v + arm / 2 + 15, 5)
    top = high
    for n in range(scale):
        back = _m(rng, 4.6, 5.6)
        reach = _m(rng, 34, 44, 0.5)
        plan.road(0, top, 0, top + reach, back, f"后院路{n + 1}", "spine")
        if n == 0:
            plan.house(-wide / 2 - 2, top + 18, -back / 2 - 4, top + reach - 8, 6)
            plan.house(back / 2 + 4, top + 18, wide / 2 + 2, top + reach - 8, 6)
        if n + 1 < scale:
            plan.road(-42, top + reach, 46, top + reach, arm, f"家属路{n + 1}", "row")
            plan.house(-40, top + reach + arm / 2 + 4, -14, top + reach + arm / 2 + 15, 6)
            plan.house(18, top + reach + arm / 2 + 4, 45, top + reach + arm / 2 + 15, 6)
            if n == 0:
                plan.house(-42, top + reach - arm / 2 - 16, -22, top + reach - arm / 2 - 5, 4)
        top += reach
    return plan


def podium(rng: np.random.Generator, scale: int) -> Plan:
    """Towers on a podium with a ring road about it (塔楼裙房环路)."""
    plan = Plan("podium")
    wide, high = _m(rng, 62, 80, 0.5) + 26 * (scale - 1), _m(rng, 46, 58, 0.5) + 14 * (scale - 1)
    ring = _m(rng, 6.0, 7.5)
    plan.rounded = 9.0
    for (u0, v0, u1, v1), label in (
        ((0, 0, wide, 0), "环路南段"), ((0, high, wide, high), "环路北段"), ((0, 0, 0, high), "环路西段"),
        ((wide, 0, wide, high), "环路东段"),
    ):  # fmt: skip
        plan.road(u0, v0, u1, v1, ring, label, "loop")
    edge = ring / 2 + 5
    plan.house(edge, edge, wide - edge, high - edge, 2, "podium")
    for n in range(scale + 1):
        u = edge + 5 + n * (wide - 2 * edge - 28) / max(scale, 1)
        v = edge + 5 if n % 2 == 0 else high - edge - 23
        plan.house(u, v, u + 18, v + 18, int(rng.integers(18, 31)), "tower")
    plan.gate(round(wide / 2, 1), 0, (0, -1), _m(rng, 16, 22, 0.5), ring)
    plan.gate(wide, round(high / 2, 1), (1, 0), _m(rng, 16, 20, 0.5), _m(rng, 5.5, 6.5))
    return plan


def linear(rng: np.random.Generator, scale: int) -> Plan:
    """A long strip of houses beside a municipal street, joined to it by short ways (沿街长条)."""
    plan = Plan("linear")
    bays = 1 + min(scale, 7)
    pitch = _m(rng, 56, 70, 0.5)
    width = _m(rng, 4.6, 6.2)
    end = bays * pitch + 10
    plan.road(0, 0, end, 0, width, "楼前路", "spine")
    for n in range(bays):
        u = 16 + n * pitch
        if n == 0 or n == bays - 1 or n % 2 == 0:
            plan.gate(u, 0, (0, -1), 24, _m(rng, 5.0, 6.5))
        plan.house(u - 10, width / 2 + 5, u + pitch - 20, width / 2 + 17, 6)
        plan.house(u + 9, -19, u + pitch - 9, -width / 2 - 5, 2, "shops")
    if rng.random() < 0.5:
        plan.road(end - 12, 0, end - 12, 34, _m(rng, 4.3, 5.2), "楼后路", "dead")
    return plan


PLANS = {
    "rows": rows, "comb": comb, "superblock": superblock, "unit_courtyard": unit_courtyard, "podium": podium, "linear": linear,
}  # fmt: skip
