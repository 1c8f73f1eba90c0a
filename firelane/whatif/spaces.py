"""One space under edits: groups of edits that know nothing of one another, each solved by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.clusters import bars_at
from firelane.lanes.edits_base import Base, Body
from firelane.lanes.edits_graph import Region, solve
from firelane.lanes.edits_net import Bar, Net
from firelane.lanes.space import FreeSpace
from firelane.whatif.things import Key, Thing, off_the_mouths


@dataclass(frozen=True)
class Ground:
    """A space as it was prepared.

    Attributes
    ----------
    net : Net
    row_of : Mapping
        Thing → its row in the base.
    """

    net: Net
    row_of: Mapping[Key, int]

    @classmethod
    def of(cls, space: FreeSpace, things: Mapping[Key, Thing]) -> Ground:
        """Prepare a space; ``things`` are all that the site has."""
        # What obstacles enclose is no free space to the audit, but an edit may open it.
        space = _with_all_that_is_free(space)
        keys = list(zip(space.table["layer"], space.table["id"].astype(str), strict=True))
        shapes = space.table.geometry.to_numpy()
        bodies = tuple(things[key].body(shape) for key, shape in zip(keys, shapes, strict=True))
        net = Net(Base(space, bodies))
        net.warm()
        return cls(net, {key: n for n, key in enumerate(keys)})

    @cached_property
    def prepared_area(self) -> BaseGeometry:
        """The area, prepared for predicates."""
        shapely.prepare(self.net.base.space.area)
        return self.net.base.space.area

    def body(self, thing: Thing | None, height_m: float | None) -> Body | None:
        """Return a thing as this space has it; None where it does not stand in it."""
        if thing is None or not thing.blocks(height_m) or not shapely.intersects(self.prepared_area, thing.shape):
            return None
        return thing.body(off_the_mouths(thing.shape, self.net.base.space.mouths))

    @property
    def lanes(self) -> gpd.GeoDataFrame:
        """Lanes of this space."""
        return self.net.base.space.lanes


def _with_all_that_is_free(space: FreeSpace) -> FreeSpace:
    shapes = space.table.geometry.to_numpy()
    parts = shapely.get_parts(shapes)
    areas = parts[shapely.get_dimensions(parts) == 2]
    if not len(areas):
        return space
    free = shapely.difference(space.area, shapely.union_all(areas))
    kept = [g for g in shapely.get_parts(free) if g.geom_type == "Polygon" and g.area > 1e-9]
    return replace(space, free=shapely.union_all(kept))


@dataclass(frozen=True)
class Group:
    """Edits that hang together, and what they do."""

    keys: frozenset[Key]
    region: Region


@dataclass(frozen=True)
class EditedSpace:
    """A space with some things exchanged.

    Attributes
    ----------
    ground : Ground
    height_m : float or None
        Things below this height stand in it; None: those on the ground.
    edits : Mapping
        Thing → what stands there instead, None where nothing does. Things that are as in the base are left out.
    groups : tuple of Group
    """

    ground: Ground
    height_m: float | None
    edits: Mapping[Key, Body | None] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()

    def edited(
        self, things: Mapping[Key, Thing | None], solved: dict[object, Region]
    ) -> tuple[EditedSpace, frozenset[int]]:
        """Return the space with some things exchanged, and the lanes that this may concern.

        ``solved`` keeps what was solved for another level of the same space: most edits are alike in all.
        """
        base = self.ground.net.base
        edits, changed = self._exchanged(things)
        if not changed:
            return self, frozenset()
        lanes: set[int] = set()
        keys = set(changed)
        rest = []
        shapes = [b.shape for b in (*changed.values(), *(self._before(key) for key in changed)) if b is not None]
        for group in self.groups:
            # Those beside the edit will be found to meet it: taking them now saves solving the edit alone.
            if group.keys & keys or group.region.is_near(shapes, base.boundary.origin):
                lanes |= group.region.lanes
                keys |= group.keys
            else:
                rest.append(group)
        while True:
            own = {key: edits[key] for key in keys if key in edits}
            if not own:
                return replace(self, edits=edits, groups=tuple(rest)), frozenset(lanes)
            name = (id(self.ground), tuple(sorted((k, b.shape.wkb if b is not None else b"") for k, b in own.items())))
            if name not in solved:
                solved[name] = self._solve(own)
            region = solved[name]
            near = [g for g in rest if _meet(region, g.region)]
            if not near:
                break
            for group in near:
                lanes |= group.region.lanes
                keys |= group.keys
                rest.remove(group)
        groups = (*rest, Group(frozenset(own), region))
        return replace(self, edits=edits, groups=groups), frozenset(lanes | region.lanes)

    def _exchanged(self, things: Mapping[Key, Thing | None]) -> tuple[dict[Key, Body | None], dict[Key, Body | None]]:
        """Return all edits, and what of them is new."""
        base = self.ground.net.base
        changed: dict[Key, Body | None] = {}
        edits = dict(self.edits)
        for key, thing in things.items():
            body = self.ground.body(thing, self.height_m)
            row = self.ground.row_of.get(key)
            if _same(body, None if row is None else base.bodies[row]):
                if key in edits:
                    changed[key] = edits.pop(key)
            elif not _same(body, edits.get(key, _MISSING)):
                changed[key] = edits[key] = body
        return edits, changed

    def _before(self, key: Key) -> Body | None:
        if key in self.edits:
            return self.edits[key]
        row = self.ground.row_of.get(key)
        return None if row is None else self.ground.net.base.bodies[row]

    def _solve(self, edits: Mapping[Key, Body | None]) -> Region:
        hidden = {self.ground.row_of[key] for key in edits if key in self.ground.row_of}
        added = sorted((body for body in edits.values() if body is not None), key=lambda body: body.order)
        return solve(self.ground.net, hidden, added)

    @cached_property
    def _gone(self) -> frozenset[int]:
        return frozenset(block for group in self.groups for block in group.region.blocks)

    def _raw(self, path: int) -> list[Bar]:
        net, gone = self.ground.net, self._gone
        bars = [b for b in net.found[path] if int(net.block[b.number]) not in gone] if path < len(net.found) else []
        for group in self.groups:
            bars += group.region.found.get(path, [])
        return sorted(bars, key=lambda b: b.order)

    def bars(self, lane: int) -> list[Bar]:
        """Return the barriers of a lane below the cap, narrowest first."""
        net = self.ground.net
        found = self._raw(lane)
        ends = net.barriers.ends
        for node in sorted({ends.node[lane, at] for at in (0, -1) if (lane, at) in ends.node}):
            ways = net.ways_of.get(node, [])
            for group in self.groups:
                ways = group.region.ways.get(node, ways)
            if not any(lane in (arm[0] for arm in way.arms) for way in ways):
                continue
            best = {way.path: raw[0] for way in ways if (raw := self._raw_way(way.path, node))}
            for other, path in bars_at(ways, {path: bar.width_m for path, bar in best.items()}):
                if other == lane:
                    found.append(best[path])
        return sorted(found, key=lambda b: (round(b.width_m, 8), b.order))

    def _raw_way(self, path: int, node: str) -> list[Bar]:
        for group in self.groups:
            if node in group.region.ways:  # its numbers are the group's own
                return sorted(group.region.found.get(path, []), key=lambda b: b.order)
        return self._raw(path)

    def standing(self, geometry: BaseGeometry, touch_m: float = 0.0) -> list[Body]:
        """Return the bodies within ``touch_m`` of a geometry, in the order of the table."""
        base = self.ground.net.base
        rows = base.shape_tree.query(geometry, predicate="dwithin", distance=touch_m).tolist() if len(base.shapes) else []
        bodies = [base.bodies[n] for n in rows if base.bodies[n].key not in self.edits]
        near, tree = self._edited
        bodies += [near[n] for n in tree.query(geometry, predicate="dwithin", distance=touch_m).tolist()] if near else []
        return sorted(bodies, key=lambda b: b.order)

    @cached_property
    def _edited(self) -> tuple[list[Body], shapely.STRtree]:
        bodies = [body for body in self.edits.values() if body is not None]
        return bodies, shapely.STRtree([body.shape for body in bodies])

    def window(self, frame: BaseGeometry) -> FreeSpace:
        """Return the free space in a box."""
        space = self.ground.net.base.space
        bodies = self.standing(frame)
        table = gpd.GeoDataFrame(
            {"radius_m": np.array([b.radius_m for b in bodies], float)},
            geometry=np.array([*(b.shape for b in bodies), None], dtype=object)[:-1], crs=space.lanes.crs,
        )  # fmt: skip
        near = shapely.intersects(space.mouths.geometry.to_numpy(), frame)
        area = self.ground.net.base.clips.within(frame)
        return FreeSpace.build(area, table, space.lanes.iloc[:0], space.mouths[near])


_MISSING = Body(("", ""), (-1, -1), shapely.Point(), float("nan"), overhead=False, clear_height_m=float("nan"))


def _same(a: Body | None, b: Body | None) -> bool:
    if a is None or b is None:
        return a is b
    alike = a.order == b.order and a.overhead == b.overhead and _number(a.clear_height_m) == _number(b.clear_height_m)
    return alike and _number(a.radius_m) == _number(b.radius_m) and bool(shapely.equals_exact(a.shape, b.shape, 0.0))


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value


def _meet(a: Region, b: Region) -> bool:
    """Tell whether two groups of edits know of one another."""
    if a.blocks & b.blocks or ((a.paths or a.ways or b.paths or b.ways) and a.lanes & b.lanes):
        return True
    return a.is_near(list(b.changed))
