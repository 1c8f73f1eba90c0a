"""What a reader of a foreign format hands over: tables as ours, which layers they feed, and an account of it all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shapely.geometry.base import BaseGeometry

from firelane.site.config import Feed
from firelane.site.formats import Table
from firelane.site.model import Reading


@dataclass(frozen=True)
class Intake:
    """What was made of one CAD plan or OpenStreetMap extract.

    Attributes
    ----------
    feeds : Mapping
        Our layer → the tables that feed it, each with what ``site.toml`` says of it (filters, columns, constants).
        Geometry in the file's own coordinates, in metres or degrees. A layer that the file cannot tell of has no key;
        one that it could tell of, and that is empty, has a table without rows.
    readings : tuple of Reading
        One row for each part of the file, whether anything came of it or not.
    area : Polygon or MultiPolygon, optional
        The area that the user cut out by its name, longitude and latitude [deg].
    names : tuple of str
        Names that ``from`` in ``site.toml`` may use for parts of this file: CAD layers, say.
    """

    feeds: Mapping[str, tuple[tuple[Feed, Table], ...]] = field(default_factory=dict)
    readings: tuple[Reading, ...] = ()
    area: BaseGeometry | None = None
    names: tuple[str, ...] = ()
