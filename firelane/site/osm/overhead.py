"""What hangs over the roads: height limits, passages through buildings, roofs, wires."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import shapely
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from firelane.site.osm.crossing import Crossings
from firelane.site.osm.lengths import parse_length
from firelane.site.osm.places import around, length_m
from firelane.site.osm.roads import Network, Road
from firelane.site.osm.rows import Tables, parts_of
from firelane.site.osm.rules import Rules, barriers_of, matches, name_of, underground
from firelane.site.osm.stream import Thing

_END_M, _END_SHARE = 0.5, 0.1
"""How much of a way is left out at either end [m], and at most of its length."""
HEIGHTS = ("maxheight:physical", "maxheight")
_RAISED = ("min_height", "building:min_level")


def read_overhead(things: Sequence[Thing], network: Network, crossings: Crossings, rules: Rules, tables: Tables) -> None:
    """Fill the layer ``obstructions`` with height limits and passages of roads, roofs and wires."""
    for thing in things:
        if thing.kind == "node":
            _node(thing, crossings, rules, tables)
        elif _is_bar(thing, rules):
            _bar(thing, rules, tables)
        elif thing.tags.get("building") in rules.roofs:
            _roof(thing, rules, tables)
        elif "building" in thing.tags and any(key in thing.tags for key in _RAISED):
            _raised(thing, rules, tables)
    done = set()
    over = _Outlines(network.areas)
    for road in (*network.lines, *network.areas):
        height = _height(road.thing, rules, tables, first=road.thing.id not in done)
        done.add(road.thing.id)
        if height is None:
            continue
        group, clear_m = height
        values = {"kind": "arch", "clear_height_m": clear_m, "name": name_of(road.thing.tags)}
        if road.area:
            tables.feed("obstructions", group, road.thing, [road.geometry], values)
            continue
        known = road.width_m > 0.0
        lines, strips = over.split(road, rules.span_m)
        lines = [_inner(line) for line in lines]
        tables.feed("obstructions", group, road.thing, lines + strips, {**values, **({"width_m": road.width_m} if known else {})})


def _height(thing: Thing, rules: Rules, tables: Tables, *, first: bool) -> tuple[str, float | None] | None:
    """Return the group of tags and the clear height of what hangs over a thing; None where nothing does.

    The physical height goes before the sign. A number that is not known is no height, and what hangs there hangs all
    the same: None, which stays not measured.
    """

    def say(code: str) -> None:
        if first:
            tables.say(code, "obstructions", thing.id)

    passage = matches(thing.tags, rules.covered)
    told = [key for key in HEIGHTS if key in thing.tags]
    if not told:
        if passage is None:
            return None
        say("height_missing")
        return passage, None
    for key in told:
        length = parse_length(thing.tags[key])
        if length.known and length.value_m <= rules.most_height_m:
            if length.remark:
                say("height_smallest")
            if key == "maxheight":
                say("height_sign")
            return f"{key}=*", length.value_m
        if length.known or length.remark == "not_understood":
            say("height_not_understood")
    words = {parse_length(thing.tags[key]).remark for key in told}
    if words == {"none"}:
        if passage is not None:
            say("height_missing")
            return passage, None
        if first:
            tables.ignore(f"{told[0]}=none", thing, "no_limit")
        return None
    if words & {"default", "below_default", "unsigned"}:
        say("height_word")
    return f"{told[0]}=*", None


def _node(thing: Thing, crossings: Crossings, rules: Rules, tables: Tables) -> None:
    """Take a height bar, or a height limit at a place: it spans the road where the road's width is known."""
    barriers = barriers_of(thing.tags, rules)
    bar = _is_bar(thing, rules)
    if not bar and not any(key in thing.tags for key in HEIGHTS):
        return
    group = f"barrier={thing.tags['barrier']}" if bar else next(f"{key}=*" for key in HEIGHTS if key in thing.tags)
    if thing.geometry is None:
        tables.ignore(group, thing, "no_places")
        return
    spot = crossings.spot(thing.geometry.x, thing.geometry.y)
    if (spot is None and not bar) or underground(thing.tags, rules):
        tables.ignore(group, thing, "off_road" if spot is None else "underground")
        return
    height = _height(thing, rules, tables, first=True)
    if height is None:
        if not bar or any(key in thing.tags for key in HEIGHTS):
            return
        tables.say("height_missing", "obstructions", thing.id)
    values = {"kind": "arch", "clear_height_m": None if height is None else height[1], "name": name_of(thing.tags)}
    shape = thing.geometry
    if spot is not None and spot.chord is not None:
        if spot.road.area:
            shape = spot.chord
        else:
            values["radius_m"] = spot.width_m / 2
    tables.feed("obstructions", group, thing, [shape], values, met=bar and len(barriers) > 1)


def _is_bar(thing: Thing, rules: Rules) -> bool:
    return any(rules.barriers.get(value) == "arch" for value in barriers_of(thing.tags, rules))


def _bar(thing: Thing, rules: Rules, tables: Tables) -> None:
    """Take a height bar that is drawn as a line across the road."""
    group = f"barrier={thing.tags['barrier']}"
    if underground(thing.tags, rules):
        return  # counted with the other barriers
    outlined = thing.kind == "relation" or (thing.closed and thing.tags.get("area") == "yes")
    parts = parts_of(thing.area, "polygon") if outlined else parts_of(thing.geometry, "line")
    parts = [part for part in parts if shapely.length(part) > 0.0]
    if not parts:
        tables.ignore(group, thing, "broken" if outlined else "no_places")
        return
    height = _height(thing, rules, tables, first=True)
    if height is None:
        tables.say("height_missing", "obstructions", thing.id)
    values = {"kind": "arch", "clear_height_m": None if height is None else height[1], "name": name_of(thing.tags)}
    tables.feed("obstructions", group, thing, parts, values)


def _raised(thing: Thing, rules: Rules, tables: Tables) -> None:
    """Take the underside of a building that begins above the ground: a bridge from house to house, a floor on columns."""
    under, floor = parse_length(thing.tags.get("min_height", "unknown")), thing.tags.get("building:min_level", "0").strip()
    lifted = under.value_m > 0.0 if under.known else "min_height" in thing.tags or floor.strip("0.") != ""
    parts = parts_of(thing.area, "polygon")
    if not lifted or not parts or thing.tags["building"] in rules.no_buildings or underground(thing.tags, rules):
        return
    if not under.known:
        tables.say("height_missing", "obstructions", thing.id)
    clear_m = under.value_m if under.known else None
    values = {"kind": "arch", "clear_height_m": clear_m, "name": name_of(thing.tags)}
    tables.feed("obstructions", "building=* min_height=*", thing, parts, values)


def _roof(thing: Thing, rules: Rules, tables: Tables) -> None:
    group = f"building={thing.tags['building']}"
    if underground(thing.tags, rules):
        tables.ignore(group, thing, "underground")
        return
    parts = parts_of(thing.area, "polygon")
    if not parts:
        tables.ignore(group, thing, "broken")
        tables.say("outline_broken", "obstructions", thing.id)
        return
    under = parse_length(thing.tags.get("min_height", "unknown"))
    if not under.known:
        height = _height(thing, rules, tables, first=True)
        clear_m = None if height is None else height[1]
        if height is None:
            tables.say("height_missing", "obstructions", thing.id)
    else:
        clear_m = under.value_m
    values = {"kind": "arch", "clear_height_m": clear_m, "name": name_of(thing.tags)}
    tables.feed("obstructions", group, thing, parts, values)
    tables.remark(group, "roof")


def _inner(line: BaseGeometry) -> BaseGeometry:
    """Return a way without its very ends: the nodes there belong to the next ways too, and what is told is not of them."""
    if shapely.is_closed(line):
        return line
    share = min(_END_M / length_m(line), _END_SHARE)
    return substring(line, share, 1.0 - share, normalized=True)


_BEYOND_M = 0.01


class _Outlines:
    """Surveyed outlines that centrelines run through: there the width of what hangs over the line is that of the outline."""

    def __init__(self, areas: Iterable[Road]) -> None:
        self.areas = [area for area in areas if shapely.is_valid(area.geometry)]
        self.tree = shapely.STRtree([area.geometry for area in self.areas])

    def split(self, road: Road, span_m: float) -> tuple[list[BaseGeometry], list[BaseGeometry]]:
        """Return the parts of a centreline outside every outline, and the strips of the outlines along it."""
        near = [self.areas[n].geometry for n in self.tree.query(road.geometry, predicate="intersects") if self.areas[n].level == road.level]
        if not near:
            return [road.geometry], []
        outline = shapely.union_all(near)
        outside = parts_of(shapely.line_merge(shapely.difference(road.geometry, outline)), "line")
        strips = []
        for piece in parts_of(shapely.line_merge(shapely.intersection(road.geometry, outline)), "line"):
            to_m, back = around(shapely.get_coordinates(piece)[0])
            line = to_m(piece)
            band = shapely.intersection(to_m(outline), shapely.buffer(line, span_m, cap_style="flat"))
            # Another road may run within the span: only what hangs together with the line counts.
            # A hair beyond the outline: straight in degrees is not straight in metres, and no slit may be left beside it.
            strips += [
                back(shapely.buffer(part, _BEYOND_M, join_style="mitre"))
                for part in parts_of(band, "polygon")
                if shapely.length(shapely.intersection(part, line)) > 0.0
            ]
        return outside, strips

