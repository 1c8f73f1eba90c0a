"""Barriers: gates, bollards and blocks on the roads, walls and fences beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.site.osm.crossing import Crossings, Spot
from firelane.site.osm.lengths import Length, parse_length
from firelane.site.osm.places import around
from firelane.site.osm.roads import Network
from firelane.site.osm.rows import Tables, parts_of
from firelane.site.osm.rules import Rules, Tags, barriers_of, level, matches, name_of, underground
from firelane.site.osm.stream import Thing


def read_barriers(things: Sequence[Thing], network: Network, crossings: Crossings, rules: Rules, tables: Tables) -> None:
    """Fill the layer ``obstructions`` with everything that is tagged ``barrier=*``."""
    openings: dict[tuple[float, float], float] = {}
    barriers = [thing for thing in things if "barrier" in thing.tags]
    for thing in barriers:
        if thing.kind == "node":
            _node(thing, crossings, rules, tables, openings)
    tree = shapely.STRtree([road.geometry for road in network.lines])
    for thing in barriers:
        if thing.kind == "node":
            continue
        pieces = _line(thing, rules, tables, openings)
        for piece in pieces:
            crossed = [network.lines[n] for n in tree.query(piece, predicate="intersects")]
            if any(road.level == level(thing.tags) for road in crossed):
                tables.say("across", "obstructions", thing.id)


def openable(tags: Tags, rules: Rules) -> bool | None:
    """Return whether a gate opens in an emergency, as far as its tags tell."""
    return next((value for value, wanted in rules.openable if matches(tags, wanted)), None)


def _values(thing: Thing, kind: str, rules: Rules) -> dict[str, Any]:
    values: dict[str, Any] = {"kind": kind, "name": name_of(thing.tags, "ref")}
    if kind == "gate":
        values["openable"] = openable(thing.tags, rules)
    return values


def _kind(value: str, group: str, rules: Rules, tables: Tables) -> str:
    kind = rules.barriers.get(value)
    if kind is None:
        tables.remark(group, "unknown_barrier")
        return "other"
    return kind


# --- nodes -------------------------------------------------------------------------------------


def _node(
    thing: Thing, crossings: Crossings, rules: Rules, tables: Tables, openings: dict[tuple[float, float], float]
) -> None:
    if thing.geometry is None:
        tables.ignore(f"barrier={thing.tags['barrier']}", thing, "no_places")
        return
    for n, value in enumerate(barriers_of(thing.tags, rules)):
        _closes(thing, value, crossings, rules, tables, openings, again=n > 0)


def _closes(
    thing: Thing, value: str, crossings: Crossings, rules: Rules, tables: Tables,
    openings: dict[tuple[float, float], float], *, again: bool,
) -> None:  # fmt: skip
    group = f"barrier={thing.tags['barrier']}"
    assert thing.geometry is not None
    spot = crossings.spot(thing.geometry.x, thing.geometry.y)
    if spot is not None and value in rules.passages:
        openings[spot.x, spot.y] = spot.width_m if np.isfinite(spot.width_m) else rules.opening_m
    if value in rules.harmless:
        tables.ignore(group, thing, "kerb" if value == "kerb" else "harmless")
        return
    left = "underground" if underground(thing.tags, rules) else "off_road" if value in rules.on_foot and spot is None else None
    if left is not None:
        if not again:  # counted once
            tables.ignore(group, thing, left)
        return
    if value in rules.on_foot:
        tables.say("foot_gate", "obstructions", thing.id)
    kind = _kind(value, group, rules, tables)
    if kind == "arch":
        return  # overhead.py takes the height bars
    values = _values(thing, kind, rules)
    on_line = spot is not None and crossings.on_line(spot.x, spot.y)
    free = None if spot is None else _free(thing, tables)
    if on_line and kind != "gate" and value not in rules.spanning and free is None:
        # In the middle of a centreline a point says "closed here"; beside one, or in an area, it is what it is.
        tables.say("row_of_them", "obstructions", thing.id)
        values["stands_for_row"] = True
    for n, (shape, what) in enumerate(_shapes(thing, spot, free, value, kind, rules, tables)):
        own = values if what == kind else _values(thing, what, rules)
        if shape is thing.geometry:
            own = {**own, "accuracy_m": rules.outline_accuracy_m}  # traced, as outlines are
        elif free is not None and what != "gate":
            own = {**own, "accuracy_m": free.accuracy_m}  # a width that was told is no survey
        tables.feed("obstructions", group, thing, [shape], own, met=again or n > 0)


def _free(thing: Thing, tables: Tables) -> Length | None:
    """Return the free width that a barrier leaves, as far as its tags tell."""
    for key in ("maxwidth:physical", "maxwidth", "opening"):
        if key in thing.tags:
            length = parse_length(thing.tags[key])
            if length.known:
                return length
            if length.remark == "not_understood":
                tables.say("length_not_understood", "obstructions", thing.id)
    return None


def _shapes(
    thing: Thing, spot: Spot | None, free: Length | None, value: str, kind: str, rules: Rules, tables: Tables
) -> list[tuple[BaseGeometry, str]]:
    """Return the shapes of a barrier node, each with its kind.

    On a road of known width whatever closes the road spans it, and a free width that is told stays free in the middle.
    """
    assert thing.geometry is not None
    free_m = None if free is None else free.value_m
    if spot is None or spot.chord is None:
        if free_m is not None:
            tables.say("gap_unused", "obstructions", thing.id)
        return [(thing.geometry, kind)]
    if free_m is not None:
        tables.say("gap", "obstructions", thing.id)
        sides = spot.sides(free_m)
        if kind == "gate":
            return [(spot.middle(free_m), kind), *((side, "structure") for side in sides)]
        # Free over the whole width: then the barrier itself is all there is.
        return [(side, kind) for side in sides] or [(thing.geometry, kind)]
    return [(spot.chord if value in rules.spanning else thing.geometry, kind)]


# --- lines and areas ---------------------------------------------------------------------------


def _line(
    thing: Thing, rules: Rules, tables: Tables, openings: dict[tuple[float, float], float]
) -> list[BaseGeometry]:
    """Take a barrier that is a line or an area; return the pieces of a wall that has no business across a road."""
    value = barriers_of(thing.tags, rules)[0]
    group = f"barrier={thing.tags['barrier']}"
    if value in rules.harmless or underground(thing.tags, rules):
        tables.ignore(group, thing, "kerb" if value == "kerb" else "harmless" if value in rules.harmless else "underground")
        return []
    kind = _kind(value, group, rules, tables)
    if kind == "arch":
        return []  # overhead.py takes the height bars
    values = {**_values(thing, kind, rules), "accuracy_m": rules.outline_accuracy_m}
    if thing.kind == "relation" or (thing.closed and thing.tags.get("area") == "yes"):
        parts = parts_of(thing.area, "polygon")
        if not parts:
            tables.say("outline_broken", "obstructions", thing.id)
            tables.ignore(group, thing, "broken")
            return []
        tables.feed("obstructions", group, thing, parts, values)
        return parts if kind in ("wall", "fence") else []
    parts = [part for part in parts_of(thing.geometry, "line") if shapely.length(part) > 0.0]
    if not parts:
        tables.ignore(group, thing, "no_places")
        return []
    if thing.torn:
        tables.say("nodes_missing", "obstructions", thing.id)
    if "width" in thing.tags:
        width = parse_length(thing.tags["width"])
        values["width_m"] = width.value_m if width.known else None
        _tell(width, thing, tables)
    if kind in ("wall", "fence"):
        cut = [piece for part in parts for piece in _opened(part, openings)]
        if cut != parts:
            tables.say("opened", "obstructions", thing.id)
        parts = cut
    tables.feed("obstructions", group, thing, parts, values)
    return parts if kind in ("wall", "fence") else []


def _tell(length: Length, thing: Thing, tables: Tables) -> None:
    if length.remark == "not_understood":
        tables.say("length_not_understood", "obstructions", thing.id)


def _opened(line: BaseGeometry, openings: dict[tuple[float, float], float]) -> list[BaseGeometry]:
    """Return what is left of a wall beside the openings at those of its nodes where a road goes through."""
    at = [(x, y) for x, y in dict.fromkeys(map(tuple, shapely.get_coordinates(line).tolist())) if (x, y) in openings]
    if not at:
        return [line]
    holes = []
    for x, y in at:
        _, back = around(np.array([x, y]))
        holes.append(back(shapely.buffer(shapely.Point(0.0, 0.0), openings[x, y] / 2)))
    rest = shapely.difference(line, shapely.union_all(holes))
    return parts_of(shapely.line_merge(rest) if shapely.get_type_id(rest) == 5 else rest, "line")
