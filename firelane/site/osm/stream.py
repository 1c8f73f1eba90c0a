"""An extract as a stream: only objects with tags that matter come out of it, ways with their places.

Nodes without tags, which are nearly all, never reach Python; their places stand in osmium's own table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

Objects = NDArray[np.object_]
Tags = Mapping[str, str]
Bounds = tuple[float, float, float, float]

UNREADABLE = (RuntimeError, ValueError, OSError, osmium.InvalidLocationError)
"""What osmium raises on a damaged file."""

_BLOCK = 20_000
"""Ways whose places are turned into geometry at once."""


@dataclass(frozen=True)
class Thing:
    """One object: ``node``, ``way`` or ``relation``.

    Attributes
    ----------
    geometry : Point, LineString, Polygon or MultiPolygon, optional
        Longitude and latitude [deg]; ways are lines, closed or not, relations areas. None where it cannot be built.
    closed : bool
        Whether a way ends on the node that it starts from.
    torn : bool
        Whether nodes of the way, or members of the relation, are not in the file.
    area : Polygon or MultiPolygon, optional
        What a closed way or a relation bounds; None where its ring is broken or has no area. Outer rings run
        anticlockwise: OpenStreetMap knows no order of rings, so that is no mending.
    """

    kind: str
    number: int
    tags: Tags
    geometry: BaseGeometry | None
    closed: bool = False
    torn: bool = False
    area: BaseGeometry | None = None

    @property
    def id(self) -> str:
        """``way/123``, as the web site of OpenStreetMap writes it."""
        return f"{self.kind}/{self.number}"


@dataclass
class Extract:
    """What came out of a file.

    Attributes
    ----------
    things : list of Thing
        Nodes, then ways, then relations, each by number, whatever the order of the file; new ones, whose numbers an
        editor makes negative, behind.
    twice : list of str
        Ids that stand in the file more than once; the first of each was taken.
    deleted : int
        Objects that the file marks as deleted.
    """

    things: list[Thing] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    deleted: int = 0


@dataclass
class _Way:
    number: int
    tags: Tags
    refs: tuple[int, int]
    line: BaseGeometry | None
    torn: bool
    wanted: bool

    @property
    def closed(self) -> bool:
        return self.refs[0] == self.refs[1]


def read_extract(
    path: Path,
    wanted: Callable[[str, Tags], bool],
    *,
    node_keys: tuple[str, ...] = (),
    bounds: Bounds | None = None,
) -> Extract:
    """Read the objects that matter.

    Parameters
    ----------
    path : Path
    wanted : callable
        Kind of an object and its tags → whether it matters. Of relations only those of a kind that bounds an area
        should be wanted.
    node_keys : tuple of str
        Keys of which a node must have one to be looked at; none: no nodes are read.
    bounds : tuple, optional
        West, south, east, north [deg]: only what touches that box is kept.

    Raises
    ------
    RuntimeError, ValueError, OSError, osmium.InvalidLocationError
        Where the file is damaged: :data:`UNREADABLE`.
    """
    out = Extract()
    # One handler for both passes: it sorts the places where the nodes of the file are in disorder.
    places = osmium.NodeLocationsForWays(osmium.index.create_map("flex_mem"))
    places.ignore_errors()
    nodes = sorted(_nodes(path, places, node_keys, wanted, bounds, out), key=lambda thing: _rank(thing.number))
    relations = sorted(_relations(path, wanted, out), key=lambda relation: _rank(relation[0]))
    members = {ref for _, _, ways in relations for ref, _ in ways}
    ways = _ways(path, places, members, wanted, bounds, out)
    out.things += nodes
    chosen = [way for way in ways.values() if way.wanted and (bounds is None or _reaches(way, bounds))]
    out.things += [
        Thing("way", way.number, way.tags, way.line, closed=way.closed, torn=way.torn, area=area)
        for way, area in zip(chosen, _insides(chosen), strict=True)
    ]
    for number, tags, refs in relations:
        area, torn = _area([(ways.get(ref), role) for ref, role in refs])
        # A relation without any of its ways lies elsewhere: extracts are full of them.
        here = any(ref in ways for ref, _ in refs)
        if here if area is None else bounds is None or _meets(shapely.bounds(area), bounds):
            whole = None if area is None else shapely.orient_polygons(area)
            out.things.append(Thing("relation", number, tags, whole, closed=True, torn=torn, area=whole))
    return out


def _reaches(way: _Way, bounds: Bounds) -> bool:
    return way.line is not None and _meets(shapely.bounds(way.line), bounds)


def _insides(ways: list[_Way]) -> list[BaseGeometry | None]:
    """Return what closed ways bound, all at once; None for those that bound nothing."""
    areas: list[BaseGeometry | None] = [None] * len(ways)
    whole = [n for n, way in enumerate(ways) if way.closed and not way.torn and way.line is not None]
    lines = np.array([ways[n].line for n in whole], dtype=object)
    rings = shapely.get_num_coordinates(lines) > 3
    whole = [n for n, ring in zip(whole, rings, strict=True) if ring]
    xy, owner = shapely.get_coordinates(lines[rings], return_index=True)
    polygons = shapely.orient_polygons(shapely.polygons(shapely.linearrings(xy, indices=owner))) if whole else []
    for n, polygon, size in zip(whole, polygons, shapely.area(polygons), strict=True):
        areas[n] = polygon if size > 0.0 else None
    return areas


def _meets(box: NDArray[np.float64], bounds: Bounds) -> bool:
    return bool(box[0] <= bounds[2] and box[2] >= bounds[0] and box[1] <= bounds[3] and box[3] >= bounds[1])


def _first(kind: str, number: int, seen: set[int], out: Extract) -> bool:
    """Tell whether an object is met for the first time; a second one is noted."""
    if number in seen:
        out.twice.append(f"{kind}/{number}")
        return False
    seen.add(number)
    return True


def _nodes(
    path: Path,
    places: Any,
    keys: tuple[str, ...],
    wanted: Callable[[str, Tags], bool],
    bounds: Bounds | None,
    out: Extract,
) -> Iterator[Thing]:
    """Fill the table of places, and give the nodes that matter."""
    # Without a key that matters every node is passed over; their places are kept all the same.
    filters = (places, osmium.filter.KeyFilter(*(keys or ("firelane:none",))))
    seen: set[int] = set()
    for node in _objects(path, osmium.osm.NODE, *filters):
        if node.deleted:
            out.deleted += 1
            continue
        tags = dict(node.tags)
        if not wanted("node", tags) or not _first("node", node.id, seen, out):
            continue
        spot = node.location
        if not spot.valid():
            yield Thing("node", node.id, tags, None, torn=True)
        elif bounds is None or _meets(np.array([spot.lon, spot.lat] * 2), bounds):
            yield Thing("node", node.id, tags, shapely.Point(spot.lon, spot.lat))


def _relations(
    path: Path, wanted: Callable[[str, Tags], bool], out: Extract
) -> Iterator[tuple[int, Tags, list[tuple[int, str]]]]:
    seen: set[int] = set()
    for relation in _objects(path, osmium.osm.RELATION, osmium.filter.EmptyTagFilter()):
        if relation.deleted:
            out.deleted += 1
            continue
        tags = dict(relation.tags)
        if wanted("relation", tags) and _first("relation", relation.id, seen, out):
            yield relation.id, tags, [(m.ref, m.role) for m in relation.members if m.type == "w"]


def _ways(
    path: Path,
    places: Any,
    members: set[int],
    wanted: Callable[[str, Tags], bool],
    bounds: Bounds | None,
    out: Extract,
) -> dict[int, _Way]:
    """Return the ways that matter, and those that relations are made of."""
    kept: dict[int, _Way] = {}
    torn: list[tuple[_Way, list[tuple[int, float, float]]]] = []
    block: list[tuple[_Way, str]] = []
    seen: set[int] = set()
    wkb = osmium.geom.WKBFactory()

    def settle() -> None:
        lines = shapely.from_wkb([text for _, text in block])
        boxes = shapely.bounds(lines)
        for (way, _), line, box in zip(block, lines, boxes, strict=True):
            if way.number in members or bounds is None or _meets(box, bounds):
                way.line = line
                kept[way.number] = way
        block.clear()

    for way in _objects(path, osmium.osm.WAY, places):
        if way.deleted:
            out.deleted += 1
            continue
        tags = dict(way.tags)
        matters = bool(tags) and wanted("way", tags)
        if not (matters or way.id in members) or not _first("way", way.id, seen, out):
            continue
        nodes = way.nodes
        ends = (nodes[0].ref, nodes[-1].ref) if len(nodes) else (0, 1)
        made = _Way(way.id, tags, ends, None, torn=False, wanted=matters)
        text = _hex(wkb, way)
        # 9 bytes before the places, 16 for each: fewer of them means that nodes are missing.
        if text is None or (len(text) // 2 - 9) // 16 != len(nodes):
            made.torn = True
            torn.append((made, [(n.ref, n.lon, n.lat) if n.location.valid() else (n.ref, np.nan, np.nan) for n in nodes]))
            kept[way.id] = made
            continue
        block.append((made, text))
        if len(block) >= _BLOCK:
            settle()
    settle()
    _mend(path, torn, kept, members, bounds)
    return {number: kept[number] for number in sorted(kept, key=_rank)}


def _rank(number: int) -> tuple[bool, int]:
    return number < 0, abs(number)


def _objects(path: Path, kinds: Any, *filters: Any) -> Iterator[Any]:
    """Return the objects of some kinds that pass the filters; osmium's types say less than its objects are."""
    stream = osmium.FileProcessor(str(path), kinds)
    for one in filters:
        stream.with_filter(one)
    return iter(stream)


def _hex(wkb: Any, way: Any) -> str | None:
    try:
        return str(wkb.create_linestring(way, osmium.geom.use_nodes.ALL))
    except (RuntimeError, osmium.InvalidLocationError):
        return None


def _mend(
    path: Path,
    torn: list[tuple[_Way, list[tuple[int, float, float]]]],
    kept: dict[int, _Way],
    members: set[int],
    bounds: Bounds | None,
) -> None:
    """Look up new nodes, which an editor gives negative ids and osmium's table cannot hold; keep what is left."""
    lacking = {ref for _, nodes in torn for ref, lon, _ in nodes if ref < 0 and np.isnan(lon)}
    found: dict[int, tuple[float, float]] = {}
    if lacking:
        for node in _objects(path, osmium.osm.NODE):
            if node.id in lacking and node.location.valid() and not node.deleted:
                found[node.id] = (node.location.lon, node.location.lat)
    for way, nodes in torn:
        xy = np.array([found.get(ref, (lon, lat)) for ref, lon, lat in nodes], dtype=float).reshape(-1, 2)
        good = np.isfinite(xy).all(axis=1)
        way.torn = not good.all() or len(xy) < 2
        way.line = _pieces(xy, good)
        box = np.full(4, np.nan) if way.line is None else shapely.bounds(way.line)
        if bounds is not None and way.number not in members and not _meets(box, bounds):
            del kept[way.number]


def _pieces(xy: NDArray[np.float64], good: NDArray[np.bool_]) -> BaseGeometry | None:
    """Return the runs of neighbours that are known, two places or more, as one line or several."""
    runs = np.split(np.arange(len(xy)), np.flatnonzero(np.diff(good.astype(int))) + 1) if len(xy) else []
    lines = [shapely.LineString(xy[run]) for run in runs if len(run) > 1 and good[run[0]]]
    if not lines:
        return None
    return lines[0] if len(lines) == 1 else shapely.MultiLineString(lines)


# --- areas of relations ------------------------------------------------------------------------


def _area(members: list[tuple[_Way | None, str]]) -> tuple[BaseGeometry | None, bool]:
    """Return the area that a relation's ways bound, and whether any of them is missing.

    None where a ring does not close or crosses itself: half an area would be a wrong one.
    """
    torn = any(way is None or way.torn or way.line is None for way, _ in members)
    if torn or not members:
        return None, torn
    outer = _rings([way for way, role in members if way is not None and role != "inner"])
    inner = _rings([way for way, role in members if way is not None and role == "inner"])
    if not outer or inner is None:
        return None, False
    area = shapely.union_all(outer)
    if inner:
        area = shapely.difference(area, shapely.union_all(inner))
    return (None if area.is_empty else area), False


def _rings(ways: list[_Way]) -> list[BaseGeometry] | None:
    """Join ways at the nodes where they end; None where what comes of it is no set of rings."""
    if not ways:
        return []
    closed = [way.line for way in ways if way.closed]
    open_lines = [way.line for way in ways if not way.closed]
    if open_lines:
        merged = shapely.line_merge(shapely.MultiLineString(open_lines))
        closed += list(shapely.get_parts(merged))
    if not all(shapely.is_closed(line) and len(shapely.get_coordinates(line)) > 3 for line in closed):
        return None
    polygons = [shapely.Polygon(shapely.get_coordinates(line)) for line in closed]
    return polygons if all(shapely.is_valid(polygons)) else None
