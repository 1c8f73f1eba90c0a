"""What stands around the roads: buildings, trees, poles, wires, parking bays."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import shapely

from firelane.site.osm.lengths import parse_length
from firelane.site.osm.rows import Tables, parts_of
from firelane.site.osm.rules import Rules, Wanted, matches, name_of, underground
from firelane.site.osm.stream import Thing


def read_grounds(things: Iterable[Thing], rules: Rules, tables: Tables) -> None:
    """Fill the layers ``buildings`` and ``parking``, and ``obstructions`` with trees, poles and wires."""
    for thing in things:
        if "building" in thing.tags and thing.tags["building"] not in rules.roofs:
            _building(thing, rules, tables)
        if "barrier" not in thing.tags:
            _standing(thing, rules, tables)
        if thing.tags.get("amenity") in ("parking", "parking_space"):
            _parking(thing, rules, tables)
        if "entrance" in thing.tags and thing.kind == "node":
            tables.ignore("entrance=*", thing, "door")


def _building(thing: Thing, rules: Rules, tables: Tables) -> None:
    group = "building=*"
    if thing.kind == "node":
        tables.ignore(group, thing, "no_area")
        return
    if thing.tags["building"] in rules.no_buildings:
        tables.ignore(group, thing, "no_building")
        return
    if underground(thing.tags, rules):
        tables.ignore(group, thing, "underground")
        return
    parts = parts_of(thing.area, "polygon")
    if not parts:
        tables.ignore(group, thing, "broken")
        tables.say("outline_broken", "buildings", thing.id)
        return
    values: dict[str, Any] = {"name": name_of(thing.tags, "addr:housename", "addr:housenumber", "ref")}
    if "height" in thing.tags:
        values["height_m"] = _number(thing, "height", tables)
    if "building:levels" in thing.tags:
        values["floors"] = _floors(thing, tables)
    tables.feed("buildings", group, thing, parts, values)


def _number(thing: Thing, key: str, tables: Tables, layer: str = "buildings") -> float | None:
    length = parse_length(thing.tags[key])
    if length.remark == "not_understood":
        tables.say("length_not_understood", layer, thing.id)
    return length.value_m if length.known else None


def _floors(thing: Thing, tables: Tables) -> float | None:
    """Return the number of floors; of several parts the highest, which rules for high buildings go by."""
    floors = []
    for part in thing.tags["building:levels"].replace(",", ";").split(";"):
        text = part.strip()
        if not text.replace(".", "", 1).isdecimal() or len(text) > 6:
            tables.say("length_not_understood", "buildings", thing.id)
            return None
        floors.append(float(text))
    return max(floors)


def _standing(thing: Thing, rules: Rules, tables: Tables) -> None:
    rows: tuple[tuple[str, Wanted], ...] = rules.points if thing.kind == "node" else rules.lines
    for kind, wanted in rows:
        group = matches(thing.tags, wanted)
        if group is None:
            continue
        if underground(thing.tags, rules):
            tables.ignore(group, thing, "underground")
        elif thing.geometry is None or shapely.is_empty(thing.geometry):
            tables.ignore(group, thing, "no_places")
        elif thing.kind == "node":
            values: dict[str, Any] = {"kind": kind, "name": name_of(thing.tags, "ref"), "accuracy_m": rules.outline_accuracy_m}
            if kind == "tree":
                values["radius_m"] = _trunk_m(thing, tables)
            tables.feed("obstructions", group, thing, [thing.geometry], values)
        else:
            parts = [part for part in parts_of(thing.geometry, "line") if shapely.length(part) > 0.0]
            tables.feed("obstructions", group, thing, parts, {
                "kind": kind, "name": name_of(thing.tags, "ref"), "accuracy_m": rules.outline_accuracy_m,
            })  # fmt: skip
        return


def _trunk_m(thing: Thing, tables: Tables) -> float | None:
    """Return the radius of a trunk, where its girth or diameter is mapped [m]."""
    if "circumference" in thing.tags:
        girth_m = _number(thing, "circumference", tables, "obstructions")
        return None if girth_m is None else girth_m / (2.0 * math.pi)
    if "diameter" in thing.tags:
        diameter_m = _number(thing, "diameter", tables, "obstructions")
        return None if diameter_m is None else diameter_m / 2.0
    return None


def _parking(thing: Thing, rules: Rules, tables: Tables) -> None:
    group = f"amenity={thing.tags['amenity']}"
    if underground(thing.tags, rules):
        tables.ignore(group, thing, "underground")
    elif thing.tags["amenity"] == "parking":
        tables.ignore(group, thing, "car_park")
    elif thing.kind == "node":
        tables.ignore(group, thing, "no_area")
    else:
        parts = parts_of(thing.area, "polygon")
        if not parts:
            tables.ignore(group, thing, "broken")
            tables.say("outline_broken", "parking", thing.id)
            return
        # A bay that is mapped counts as occupied: the less favourable reading, as for bays of any other file.
        tables.feed("parking", group, thing, parts, {"status": "existing"})
