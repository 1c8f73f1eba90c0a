"""A plain page: points and lines in groups, a list with filters, a card for each, a permalink.

For maps that are no map of one audit: two audits compared, cases. Like :mod:`firelane.webmap.page` it is one file that
opens without a network, its policy lets nothing run but its own scripts, and every text of the data enters the page
through ``textContent``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.vocabulary import Lang
from firelane.webmap.block import Shapes, pack
from firelane.webmap.frame import assemble
from firelane.webmap.words import words

_SCRIPTS, _STYLES = ("elements.js", "decode.js", "plain.js"), ("map.css", "plain.css")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_WORDS = {
    "search": ("搜索编号、名称", "search id, name, place"),
    "count": ("共 {all} 项，显示 {n} 项", "{n} of {all} shown"),
    "none": ("没有符合筛选条件的项目", "nothing matches the filters"),
    "more": ("再显示 {n} 项", "show {n} more"),
    "no_place": ("无位置", "no place"),
    "back": ("返回列表", "back to the list"),
    "previous": ("上一项", "previous"), "next": ("下一项", "next"),
    "several": ("此处 {n} 项", "{n} here"), "all": ("全部", "everything"),
    "unplaced": ("场地未定位：图上没有真实的方位", "the site is not placed: the map does not show where north is"),
    "panel": ("拖动或点按以改变高度", "drag or tap to change the height"),
}  # fmt: skip


@dataclass(frozen=True)
class Group:
    """A sort of things that share a colour and a filter.

    Attributes
    ----------
    key, label : str
    colour : str
        ``#rrggbb``.
    sign : str
        One character in the marker: colour is never the only difference.
    shown : bool
        Whether it is shown when the page opens.
    """

    key: str
    label: str
    colour: str
    sign: str
    shown: bool = True


@dataclass(frozen=True)
class Item:
    """One thing in the list and on the map.

    Attributes
    ----------
    ident : str
        By which a permalink finds it; unique on the page.
    group : str
        Key of its group.
    sort : str
        Label of the sort that the page's second filter chooses by.
    title, sub : str
        Two lines of the list.
    facts : sequence of tuples
        Rows of the card: a label, then one value for each of the page's columns, or one for all of them.
    texts : sequence of (str, str)
        Headings and texts below.
    place : geometry or None
        Where its marker stands; a Point.
    lines : sequence of geometries
        What belongs to it and is drawn in its group's colour.
    """

    ident: str
    group: str
    sort: str
    title: str
    sub: str = ""
    facts: Sequence[tuple[str, ...]] = ()
    texts: Sequence[tuple[str, str]] = ()
    place: BaseGeometry | None = None
    lines: Sequence[BaseGeometry] = ()


@dataclass(frozen=True)
class PlainPage:
    """Everything that a plain page shows; ``crs`` is the system of all geometries.

    ``columns`` are the heads of the cards' values (none: no head), ``ground`` are lines that lie under everything and
    open nothing, ``head`` lines of text below the title, ``about`` the last view's paragraphs.
    """

    title: str
    crs: pyproj.CRS
    groups: Sequence[Group]
    items: Sequence[Item]
    head: Sequence[str] = ()
    columns: Sequence[str] = ()
    about: Sequence[str] = ()
    ground: Sequence[BaseGeometry] = ()
    every_sort: str = ""
    placed: bool = True
    lang: Lang = "zh"
    extra: dict[str, Any] = field(default_factory=dict)


def plain_page(page: PlainPage) -> str:
    """Return the page's text; the same input gives the same text to the byte.

    Raises
    ------
    ValueError
        If an id stands for two things, or a thing is in no group.
    """
    keys = [group.key for group in page.groups]
    idents = [item.ident for item in page.items]
    if len(set(idents)) != len(idents) or not {item.group for item in page.items} <= set(keys):
        raise ValueError("ids must be unique, and every thing in one of the groups")
    title = _UNPRINTABLE.sub(" ", page.title)
    return assemble(pack(*plain_content(page)), title, page.lang, _SCRIPTS, _STYLES)


def plain_content(page: PlainPage) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the data block's header and its integer columns."""
    shapes = Shapes(page.crs)
    n = 0 if page.lang == "zh" else 1
    keys = {group.key: k for k, group in enumerate(page.groups)}
    sorts = list(dict.fromkeys(item.sort for item in page.items))
    number = {sort: k for k, sort in enumerate(sorts)}
    ground = [shapes.add(g) for g in page.ground if _drawable(g)]
    items = []
    for item in page.items:
        lines = [shapes.add(g) for g in item.lines if _drawable(g)]
        place = shapes.add(item.place) if item.place is not None and _drawable(item.place) else -1
        told = {
            "i": item.ident, "g": keys[item.group], "s": number[item.sort], "t": item.title, "u": item.sub,
            "r": [list(row) for row in item.facts], "x": [list(text) for text in item.texts], "l": lines,
        }  # fmt: skip
        items.append({key: value for key, value in told.items() if value or key in "igst"} | {"p": place})
    header = {
        "lang": page.lang, "title": page.title, "head": list(page.head), "about": list(page.about),
        "columns_head": list(page.columns), "every_sort": page.every_sort, "sorts": sorts, "placed": page.placed,
        "groups": [[g.key, g.label, g.colour, g.sign, g.shown] for g in page.groups], "items": items, "ground": ground,
        "words": {key: pair[n] for key, pair in _WORDS.items()}
        | {k: words(page.lang)[k] for k in ("map_label", "zoom_in", "zoom_out", "whole_site", "north")},
        **page.extra,
    }  # fmt: skip
    if len(shapes):
        return header, dict(shapes.columns())
    empty = np.zeros(0, dtype=np.int32)
    return header, dict.fromkeys(("types", "parts", "rings", "vertices", "lon", "lat"), empty)


def _drawable(geometry: BaseGeometry) -> bool:
    return not geometry.is_empty and bool(np.isfinite(shapely.get_coordinates(geometry)).all())
