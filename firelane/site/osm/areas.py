"""Areas of an extract: by their names, and residential areas as sites for a batch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from firelane.site.journal import Journal, listing
from firelane.site.osm.rules import Tags, name_of, standard_rules
from firelane.site.osm.stream import Thing, read_extract

RESIDENTIAL = ("landuse", "residential")


def residential_areas(path: Path, by: tuple[str, str] = RESIDENTIAL) -> dict[str, tuple[str, BaseGeometry]]:
    """Return id → (name, polygon in longitude and latitude) of the areas tagged ``landuse=residential``.

    Parameters
    ----------
    path : Path
    by : (str, str)
        Another tag: key and value.

    Returns
    -------
    dict
        Areas whose outline is broken or not complete are not among them. The name is empty where there is none.

    Raises
    ------
    RuntimeError, ValueError, OSError, osmium.InvalidLocationError
        Where the file is damaged.
    """
    return {
        thing.id: (name_of(thing.tags) or "", thing.area)
        for thing in tagged_things(path, by)
        if thing.area is not None
    }


def tagged_things(path: Path, by: tuple[str, str]) -> list[Thing]:
    """Return closed ways and relations that bear a tag, broken ones among them."""
    key, value = by
    return [thing for thing in _read(path, lambda tags: tags.get(key) == value) if thing.closed or thing.torn]


def _read(path: Path, wanted: Callable[[Tags], bool]) -> list[Thing]:
    relations = standard_rules().area_relations

    def chosen(kind: str, tags: Tags) -> bool:
        return kind != "node" and (kind == "way" or tags.get("type") in relations) and wanted(tags)

    return read_extract(path, chosen).things


def named_area(path: Path, text: str, journal: Journal) -> BaseGeometry | None:
    """Return the area that bears a name, or whose id (``way/123``) that is; None where the file has none.

    Several areas of that name are a problem, which lists their ids; so is one whose outline is broken.

    Raises
    ------
    RuntimeError, ValueError, OSError, osmium.InvalidLocationError
        Where the file is damaged.
    """
    rules = standard_rules()
    wanted = _plain(text)
    kind, _, number = wanted.partition("/")
    by_id = kind in ("way", "relation") and number.lstrip("-").isdecimal()
    if by_id:
        found = [t for t in _read(path, _is_area) if t.id == wanted and (t.closed or t.torn)]
    else:

        def bears(tags: Tags) -> bool:
            keys = [key for key in tags if key in rules.name_keys or key.startswith("name:")]
            return any(_plain(tags[key]) == wanted for key in keys) and _is_area(tags)

        found = [t for t in _read(path, bears) if t.closed or t.torn]
    good = [thing for thing in found if thing.area is not None]
    if len(good) > 1:
        listed_en, listed_zh = listing([f"{t.id} ({_what(t.tags)})" for t in good])
        journal.problem(
            f"{len(good)} areas are called {text[:80]!r}: {listed_en}",
            f"有 {len(good)} 个区域名为 {text[:80]!r}：{listed_zh}",
            f"give the id of one of them: --within {good[0].id}",
            f"请给出其中一个的编号：--within {good[0].id}",
            layer="--within",
        )
        return None
    if not good and found:
        journal.problem(
            f"the outline of {found[0].id} is broken, or not complete in {path.name}",
            f"{found[0].id} 的轮廓断开，或在 {path.name} 中不完整",
            "take an extract that holds all of it, or give a bounding box or a file with a polygon",
            "请使用包含完整区域的数据，或给出范围、含多边形的文件",
            layer="--within",
        )
        return None
    return good[0].area if good else None


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _is_area(tags: Tags) -> bool:
    return not standard_rules().area_keys.isdisjoint(tags)


def _what(tags: Tags) -> str:
    key = next(key for key in sorted(standard_rules().area_keys) if key in tags)
    return f"{key}={tags[key]}"[:60]
