"""Roads: outlines where they are mapped, centrelines with or without a width elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from firelane.site.osm.lengths import parse_length
from firelane.site.osm.places import around, length_m
from firelane.site.osm.rows import Tables, parts_of
from firelane.site.osm.rules import Rules, Tags, level, matches, name_of, underground
from firelane.site.osm.stream import Thing
from firelane.site.schema import limits

Objects = NDArray[np.object_]
_WIDTHS = ("width:carriageway", "width", "est_width")


@dataclass(frozen=True)
class Road:
    """One drivable way, before anything was cut from it.

    Attributes
    ----------
    width_m : float
        NaN where it is not known [m].
    area : bool
        Whether the geometry is its outline; else it is the centreline.
    """

    thing: Thing
    geometry: BaseGeometry
    width_m: float
    area: bool

    @property
    def level(self) -> int:
        """Its ``layer=*``."""
        return level(self.thing.tags)


@dataclass(frozen=True)
class Network:
    """All drivable ways of an extract."""

    lines: tuple[Road, ...]
    areas: tuple[Road, ...]


def read_roads(things: Iterable[Thing], rules: Rules, tables: Tables) -> Network:
    """Fill the layers ``roads`` and ``road_lines``."""
    lines: list[Road] = []
    areas: list[Road] = []
    pending: list[tuple[str, Thing, list[BaseGeometry], dict[str, object]]] = []
    for thing in things:
        group = _group(thing, rules, tables)
        if group is None:
            continue
        value = thing.tags.get("area:highway") or thing.tags["highway"]
        fire_lane = _use(thing, value, group, rules, tables)
        if fire_lane is None:
            continue
        values: dict[str, object] = {"name": name_of(thing.tags, "ref"), "fire_lane": fire_lane, "class": rules.classes.get(value)}
        if _outlined(thing):
            parts = parts_of(thing.area, "polygon")
            if not parts or not all(_mendable(part) for part in parts):
                tables.ignore(group, thing, "broken")
                tables.say("outline_broken", "roads", thing.id)
                continue
            tables.feed("roads", group, thing, parts, {**values, "accuracy_m": rules.outline_accuracy_m})
            areas += [Road(thing, part, math.nan, area=True) for part in parts]
        else:
            parts = [part for part in parts_of(thing.geometry, "line") if shapely.length(part) > 0.0]
            if not parts:
                tables.ignore(group, thing, "no_places")
                continue
            if thing.torn:
                tables.say("nodes_missing", "road_lines", thing.id)
            width_m, more = _width(thing, rules, tables)
            lines += [Road(thing, part, width_m, area=False) for part in parts]
            pending.append((group, thing, parts, {**values, **more}))
    over = _over(lines)
    lines = [replace(road, width_m=math.nan) if road.thing.id in over and road.width_m > 0.0 else road for road in lines]
    cover = _Cover(areas)
    for group, thing, parts, told in pending:
        flat = thing.id in over and "width_m" in told
        if flat:
            tables.say("over", "road_lines", thing.id)
        values = {key: value for key, value in told.items() if not (flat and key in ("width_m", "accuracy_m", "derived"))}
        left = [piece for part in parts for piece in cover.outside(part, level(thing.tags), rules.doubled_rest_m)]
        tables.feed("road_lines", group, thing, left, values)
        if left != parts:
            tables.remark(group, "doubled")
    return Network(tuple(lines), tuple(areas))


def _group(thing: Thing, rules: Rules, tables: Tables) -> str | None:
    """Return the group of tags of a road; None for what is none. Roads of the past and the future are counted."""
    if thing.kind == "node":
        return None
    if "area:highway" in thing.tags:
        return f"area:highway={thing.tags['area:highway']}"
    if "highway" not in thing.tags:
        gone = next((key for key in rules.not_there_keys if key in thing.tags), None)
        if gone is not None:
            tables.ignore(f"{gone}=*", thing, "not_there")
        return None
    group = f"highway={thing.tags['highway']}"
    if _outlined(thing):
        return f"{group} area=yes"
    service = thing.tags.get("service")
    return f"{group} service={service}" if service else group


def _outlined(thing: Thing) -> bool:
    """Tell whether a road is mapped by its outline: a relation is, and a closed way that says so."""
    return "area:highway" in thing.tags or thing.kind == "relation" or (thing.closed and thing.tags.get("area") == "yes")


def _use(thing: Thing, value: str, group: str, rules: Rules, tables: Tables) -> bool | None:
    """Return whether a way is judged as a fire lane; None where it is no road of the site. The group is told why."""
    tags = thing.tags
    kind = _kind(value, tags, rules)
    if kind in ("fire_lane", "drivable_only", "admitted") and underground(tags, rules):
        tables.ignore(group, thing, "underground")
        tables.say("below", "road_lines", thing.id)
        return None
    if kind in ("not_there", "no_road", "unknown_road"):
        tables.ignore(group, thing, kind)
        return None
    if kind != "fire_lane":
        tables.remark(group, kind)
    if tags.get("bridge", "no") != "no":
        tables.remark(group, "bridge")
    return kind != "drivable_only"


def _kind(value: str, tags: Tags, rules: Rules) -> str:
    if value in rules.not_there:
        return "not_there"
    if value in rules.fire_lanes:
        return "fire_lane"
    if value in rules.other_roads:
        return "drivable_only"
    if value in rules.never:
        return "no_road"
    if value in rules.no_roads:
        return "admitted" if matches(tags, rules.admitted) else "no_road"
    return "unknown_road"


def _width(thing: Thing, rules: Rules, tables: Tables) -> tuple[float, dict[str, object]]:
    """Return the width of a way and the columns that tell of it; what is not understood is said."""
    width_m, accuracy_m, source = math.nan, math.nan, None
    for key in _WIDTHS:
        if key not in thing.tags:
            continue
        length = parse_length(thing.tags[key])
        if length.known:
            width_m, accuracy_m, source = length.value_m, length.accuracy_m, f"{key}={thing.tags[key]}"
            if key == "est_width":
                accuracy_m = max(accuracy_m, rules.est_width_accuracy_m)
            if length.remark:
                tables.say("width_smallest", "road_lines", thing.id)
            break
        tables.say("width_not_understood", "road_lines", thing.id)
    if "maxwidth:physical" in thing.tags:
        free = parse_length(thing.tags["maxwidth:physical"])
        if free.known and not free.value_m >= width_m:
            width_m, accuracy_m = free.value_m, free.accuracy_m
            source = f"maxwidth:physical={thing.tags['maxwidth:physical']}"
            tables.say("width_limit", "road_lines", thing.id)
        elif not free.known and free.remark == "not_understood":
            tables.say("width_not_understood", "road_lines", thing.id)
    elif "maxwidth" in thing.tags:
        tables.say("maxwidth_unused", "road_lines", thing.id)
    if source is None:
        return math.nan, {}
    return width_m, {"width_m": width_m, "accuracy_m": accuracy_m, "derived": source}


def _over(lines: Sequence[Road]) -> frozenset[str]:
    """Return the ways that cross above another one without a junction.

    Areas know no levels: widened, such a way and the one below would be one pavement, wider than either, and one
    would turn from the bridge into the road beneath it.
    """
    shapes = np.array([road.geometry for road in lines], dtype=object)
    if not len(shapes) or len({road.level for road in lines}) == 1:
        return frozenset()
    above = np.array([road.level for road in lines])
    one, other = shapely.STRtree(shapes).query(shapes, predicate="crosses")
    higher = above[one] > above[other]
    found = set()
    for a, b in zip(one[higher].tolist(), other[higher].tolist(), strict=True):
        shared = set(shapes[a].coords) & set(shapes[b].coords)
        met = {tuple(xy) for xy in shapely.get_coordinates(shapely.intersection(shapes[a], shapes[b])).tolist()}
        if not met <= shared:
            found.add(lines[a].thing.id)
    return frozenset(found)


def _mendable(area: BaseGeometry) -> bool:
    """Tell whether an outline is sound, or so little at fault that the reader mends it; else it would refuse the site."""
    if shapely.is_valid(area):
        return True
    to_m, _ = around(shapely.get_coordinates(area)[0])
    flat = to_m(area)
    change_m2 = abs(float(shapely.area(shapely.make_valid(flat))) - float(shapely.area(flat)))
    limit = limits()["mend"]
    return bool(change_m2 < limit["repair_area_m2"] and change_m2 < limit["repair_area_ratio"] * float(shapely.area(flat)))


class _Cover:
    """The outlines that are surveyed: what of a centreline lies in one of them is not a road of its own."""

    def __init__(self, areas: Sequence[Road]) -> None:
        self.areas = [area for area in areas if shapely.is_valid(area.geometry)]
        self.tree = shapely.STRtree([area.geometry for area in self.areas])

    def outside(self, line: BaseGeometry, at: int, least_m: float) -> list[BaseGeometry]:
        """Return the pieces of a line, ``least_m`` long at least, outside the outlines of level ``at``."""
        near = [self.areas[n] for n in self.tree.query(line, predicate="intersects")]
        over = [area.geometry for area in near if area.level == at]
        if not over:
            return [line]
        rest = shapely.line_merge(shapely.difference(line, shapely.union_all(over)))
        return [piece for piece in parts_of(rest, "line") if length_m(piece) >= least_m]
