"""From an OpenStreetMap extract to the tables of a site."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from firelane.crs import to_wgs84
from firelane.site.config import Feed, Settings
from firelane.site.formats import Table
from firelane.site.intake import Intake
from firelane.site.journal import Journal
from firelane.site.osm.areas import named_area
from firelane.site.osm.barriers import read_barriers
from firelane.site.osm.crossing import Crossings
from firelane.site.osm.grounds import read_grounds
from firelane.site.osm.overhead import HEIGHTS, read_overhead
from firelane.site.osm.roads import read_roads
from firelane.site.osm.rows import Tables
from firelane.site.osm.rules import Rules, Tags, matches, rules_of
from firelane.site.osm.stream import UNREADABLE, Bounds, Extract, read_extract
from firelane.site.osm.whole import check_file, say_damaged
from firelane.site.within import Within

LAYERS = ("roads", "road_lines", "obstructions", "buildings", "parking")
"""Layers that an extract can tell of. It knows no designated lanes, markings or signs; kerbs and site entrances are
mapped too rarely to count as surveyed."""

_OFFSET_DEG = 0.02
"""More than the offset of GCJ-02 and BD-09 anywhere in China."""


def read_osm(path: Path, settings: Settings, journal: Journal, *, window: Within | None = None) -> Intake | None:
    """Read an extract; None, and a problem, where it cannot be read.

    Parameters
    ----------
    path : Path
        ``.osm`` or ``.osm.pbf``; ``.osm.gz`` and ``.osm.bz2`` where they are named directly.
    settings : Settings
        ``[osm]`` changes what tags stand for; ``[layers.…] from = "roads"`` takes a table of the extract through
        filters and columns, tags included.
    journal : Journal
    window : Within, optional
        Only what touches the box around its area is kept. Where it is told by a name, that is looked up here.

    Returns
    -------
    Intake or None
        Tables in longitude and latitude. A layer of which nothing was found has no key: volunteers mapped the
        extract, and what they did not map may be there all the same.
    """
    before = len(journal.problems)
    rules = rules_of(settings, journal)
    if not check_file(path, journal) or len(journal.problems) > before:
        return None
    area = None if window is None else window.area
    try:
        if window is not None and window.area is None:
            area = named_area(path, window.text, journal)
            if len(journal.problems) > before:
                return None
        extract = read_things(path, rules, bounds=None if area is None else _box(area, settings.site.datum))
    except UNREADABLE as error:
        say_damaged(path, error, journal)
        return None
    tables = fill(extract, rules)
    tables.tell(journal)
    if not any(tables.rows.values()):
        journal.problem(
            "it holds no road, building or obstruction" + ("" if area is None else " inside the area"),
            ("该区域内" if area is not None else "文件中") + "没有道路、建筑或障碍物",
            "choose another extract or another area",
            "请更换数据文件或区域",
            layer=path.name,
        )
        return None
    origin(path, [layer for layer in LAYERS if tables.rows.get(layer)], journal)
    named = None
    if window is not None and window.area is None and area is not None:
        named = shapely.transform(area, lambda xy: to_wgs84(xy, settings.site.datum))
    return Intake(_feeds(path, tables, settings), tables.readings(path), named, tuple(sorted(tables.rows)))


def read_things(
    path: Path, rules: Rules, *, bounds: Bounds | None = None, also: tuple[str, str] | None = None
) -> Extract:
    """Read every object that a site may be made of, and areas that bear the tag ``also``.

    Raises
    ------
    RuntimeError, ValueError, OSError, osmium.InvalidLocationError
        Where the file is damaged.
    """
    points = {key for _, wanted in rules.points for key in wanted}
    node_keys = {"barrier", "building", "amenity", "entrance", *HEIGHTS, *points}
    way_keys = {"highway", "area:highway", "barrier", "building", *rules.not_there_keys}
    lines = tuple(wanted for _, wanted in rules.lines)

    def wanted(kind: str, tags: Tags) -> bool:
        if kind == "node":
            return not node_keys.isdisjoint(tags)
        if kind == "relation" and tags.get("type") not in rules.area_relations:
            return False
        if not way_keys.isdisjoint(tags) or tags.get("amenity") in ("parking", "parking_space"):
            return True
        if also is not None and tags.get(also[0]) == also[1]:
            return True
        return any(matches(tags, entry) is not None for entry in lines)

    return read_extract(path, wanted, node_keys=tuple(sorted(node_keys)), bounds=bounds)


def fill(extract: Extract, rules: Rules) -> Tables:
    """Make rows of the objects of an extract."""
    tables = Tables()
    for number in extract.twice:
        tables.say("twice", "OpenStreetMap", number)
    things = extract.things
    network = read_roads(things, rules, tables)
    nodes = [t.geometry for t in things if t.kind == "node" and t.geometry is not None and _on_road(t.tags)]
    crossings = Crossings(network, ((p.x, p.y) for p in nodes), rules.span_m)
    read_barriers(things, network, crossings, rules, tables)
    read_overhead(things, network, crossings, rules, tables)
    read_grounds(things, rules, tables)
    return tables


def _on_road(tags: Tags) -> bool:
    return "barrier" in tags or any(key in tags for key in HEIGHTS)


def _box(area: BaseGeometry, datum: str) -> Bounds:
    """Return the box around an area; where the file is in an offset datum, with room for the offset."""
    room = _OFFSET_DEG if datum in ("gcj02", "bd09") else 0.0
    west, south, east, north = shapely.bounds(area).tolist()
    return west - room, south - room, east + room, north + room


def _feeds(path: Path, tables: Tables, settings: Settings) -> Mapping[str, tuple[tuple[Feed, Table], ...]]:
    """Return what feeds each layer: as ``site.toml`` declares, else the table of the same name."""
    feeds: dict[str, tuple[tuple[Feed, Table], ...]] = {}
    for layer in LAYERS:
        if layer not in settings.feeds and tables.rows.get(layer):
            feeds[layer] = ((Feed(layer), tables.table(layer, path)),)
    for layer, declared in settings.feeds.items():
        entries = []
        for feed in declared:
            source = _source(feed.source, path)
            if tables.rows.get(source):
                keys = dict.fromkeys((*feed.where, *(name for name in feed.columns.values() if name)))
                entries.append((feed, tables.table(source, path, keys)))
        if entries:
            feeds[layer] = tuple(entries)
    return feeds


def _source(text: str, path: Path) -> str:
    """Return the table that ``from`` names: ``roads`` or ``map.osm:roads``."""
    word = text.lower()
    return word.removeprefix(f"{path.name.lower()}:")


def origin(path: Path, layers: Iterable[str], journal: Journal) -> None:
    """Say where the tables come from, and that nobody vouches for their being complete."""
    names = list(layers)
    journal.note(
        "osm_incomplete",
        f"{path.name}: mapped by volunteers (© OpenStreetMap contributors, ODbL): what is not in it is not known, in "
        f"{', '.join(names)} as in all else",
        f"{path.name}：由志愿者绘制（© OpenStreetMap 贡献者，ODbL），{'、'.join(names)} 等图层均可能不全，未绘制的内容视为未知",
    )
