"""Rows of a site that a drawing of ours carries: how they are written into extended data (XDATA), and read again.

A drawing shows a site; whoever gets the drawing alone must be able to get the site back. So every entity that stands
for a row says which: layer, part, ring, and all columns. Values may hold anything, so that they travel as printable
ASCII in pieces that DXF takes (at most 255 bytes each, 16 KB for an entity).
"""

from __future__ import annotations

import base64
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.site.schema import GEOMETRY_OF_TYPE_ID

MARK = "site/1"
"""First string of the extended data of an entity that stands for a row of a site."""
DRAWN = "_drawn"
"""Column of a road that is seen as it is: no other line of the drawing stands for its edge."""
_PIECE = 240
_PLAIN = 8000
"""Beyond this many characters the text is packed: an entity has room for 16 KB in all."""
_PACKED = "zlib:"
_LONGEST = 1_000_000
"""A packed text that unpacks to more than this was not written by us."""


@dataclass(frozen=True)
class Carried:
    """One row of a site, ready to be written to the entities that stand for it.

    Attributes
    ----------
    layer : str
        Our layer.
    shape : str
        ``point``, ``line`` or ``polygon``. A point is in the middle of what stands for it.
    text : str
        The row's columns.
    """

    layer: str
    shape: str
    text: str

    def tags(self, part: int = 0, ring: int = 0) -> list[tuple[int, str]]:
        """Return the extended data for one entity.

        Parameters
        ----------
        part, ring : int
            Which part of the row's geometry the entity is, and which ring of it: 0 is the outer one.
        """
        pieces = [self.text[n : n + _PIECE] for n in range(0, len(self.text), _PIECE)]
        return [(1000, text) for text in (MARK, self.layer, f"{self.shape} {part} {ring}", *pieces)]


@dataclass(frozen=True)
class Found:
    """What the extended data of one entity says."""

    layer: str
    shape: str
    part: int
    ring: int
    columns: Mapping[str, Any]


def carried(layer: str, geometry: BaseGeometry, row: Mapping[str, Any]) -> Carried:
    """Return a row to be carried; missing and infinite values, which are the defaults, stay out.

    >>> carried("signs", shapely.Point(0, 0), {"id": "东门", "text": None, "kind": "board"}).text
    '%7B%22id%22%3A%22%E4%B8%9C%E9%97%A8%22,%22kind%22%3A%22board%22%7D'
    """
    shape = GEOMETRY_OF_TYPE_ID.get(int(shapely.get_type_id(geometry)), "other")
    values = {name: value for name, raw in row.items() if (value := _plain(raw)) is not None}
    told = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    text = quote(told.encode("utf-8", "replace"), safe="-_.~/+,")
    if len(text) > _PLAIN:
        text = _PACKED + base64.b64encode(zlib.compress(told.encode("utf-8", "replace"), 9)).decode("ascii")
    return Carried(layer, shape, text)


def _plain(value: object) -> bool | float | str | None:
    if value is None:
        return None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, float, np.integer, np.floating)):
        number = float(value)
        return number if math.isfinite(number) else None
    return str(value)


def found(values: Sequence[object] | None) -> Found | None:
    """Return what the extended data of an entity says; None where it is none of ours, or damaged.

    Parameters
    ----------
    values : sequence
        The values of the application ``FIRELANE``, or pairs of group code and value.
    """
    if not values:
        return None
    texts = [str(entry[1]) if isinstance(entry, tuple) else str(entry) for entry in values]
    if len(texts) < 4 or texts[0] != MARK:
        return None
    try:
        shape, *numbers = texts[2].split(" ")
        part, ring = (int(number) for number in numbers)
        columns = json.loads(_unpacked("".join(texts[3:])))
    except (ValueError, zlib.error):
        return None
    if not isinstance(columns, dict):
        return None
    told = {str(name): value for name, value in columns.items() if isinstance(value, (bool, int, float, str))}
    return Found(texts[1], shape, part, ring, told)


def _unpacked(text: str) -> str:
    if not text.startswith(_PACKED):
        return unquote(text, errors="strict")
    machine = zlib.decompressobj()
    told = machine.decompress(base64.b64decode(text.removeprefix(_PACKED), validate=True), _LONGEST)
    return told.decode("utf-8")
