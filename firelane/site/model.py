"""The Site: validated layers in one metric coordinate reference system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyproj

LAYERS = (
    "roads", "road_lines", "fire_lanes", "obstructions", "buildings", "entrances", "kerbs", "parking", "markings", "signs",
    "covers", "operating_grounds",
)  # fmt: skip


@dataclass(frozen=True)
class InputFile:
    """A file that a layer was read from.

    ``path`` is relative to the site's folder; ``rows`` counts the rows taken into ``layer``.
    """

    path: str
    sha256: str
    layer: str
    rows: int


@dataclass(frozen=True)
class Note:
    """Something that was mended, left out or assumed while reading: told to the user, never silent.

    ``code`` is stable (``mended_polygon``, ``unknown_layer`` …); the texts say which rows.
    """

    code: str
    zh: str
    en: str
    layer: str | None = None
    row: str | None = None

    def text(self, lang: str = "zh") -> str:
        """Return the note in ``lang``."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Reading:
    """What was made of one part of an input: a CAD layer, a group of OpenStreetMap objects, a tile of points.

    Attributes
    ----------
    path : str
        The file's name.
    source : str
        Their layer, tag or tile.
    found : Mapping
        Kind of entity → how many there are.
    layer : str or None
        Our layer that they feed; None where nothing was made of them.
    rows : int
        Rows that came of them.
    mended : int
        Entities that had to be mended (gaps closed, curves flattened …; the texts say how).
    ignored : int
        Entities of which nothing was made.
    zh, en : str
        What was mended or not understood, and what to do about it; empty where all is well.
    """

    path: str
    source: str
    found: Mapping[str, int]
    layer: str | None = None
    rows: int = 0
    mended: int = 0
    ignored: int = 0
    zh: str = ""
    en: str = ""

    def text(self, lang: str = "zh") -> str:
        """Return the remark in ``lang``."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class PointTile:
    """One file of laser points, of which so far only the header was read.

    Attributes
    ----------
    path : Path
    crs : CRS
        Horizontal system of the coordinates in the file.
    bounds : tuple
        (min x, min y, max x, max y) in ``crs``.
    points : int
        How many points the header tells of.
    height_unit_m : float
        What one unit of the heights in the file is [m].
    accuracy_m : float or None
        Accuracy of heights above the ground that ``site.toml`` declares [m]; None where it declares none.
    """

    path: Path
    crs: pyproj.CRS
    bounds: tuple[float, float, float, float]
    points: int
    height_unit_m: float = 1.0
    accuracy_m: float | None = None


PARTLY = "partly_surveyed"
VOLUNTEERED = "osm_incomplete"
"""Code of the note on layers that volunteers mapped: what is not on them may be there all the same."""

STATION_M = (0.1, 10.0)
"""Least and greatest distance between the stations of a profile."""


@dataclass(frozen=True)
class SiteConfig:
    """What ``site.toml`` adds to the data, with the contract's defaults.

    Attributes
    ----------
    accuracy_m : float
        Survey accuracy [m]; ``layer_accuracy_m`` holds per-layer values that override it.
    default_kerb : bool
        Whether an edge that neither ``kerbs`` nor the road's column tells about has a kerb.
    access_distance_m : float
        How near a vehicle must come to a building [m].
    station_m : float
        Distance between the stations of a lane's profile [m].
    managed : bool or None
        Whether the residential area has property management (Article 12); None = not told.
    surveyed_on : date or None
        Day of the survey, as ``site.toml`` tells it.
    manager_kind : str or None
        ``property_company``, ``street_office`` or ``unit``.
    marking, vehicle, drawing, materials : Mapping
        The tables ``[marking]``, ``[vehicle]``, ``[drawing]`` (title block, revisions) and ``[materials]`` (rates and
        prices) as they stand in the file.
    datum : str
        ``cgcs2000``, ``wgs84``, ``gcj02`` or ``bd09``: what the input was declared to be in. The
        last two have been converted by the time a Site exists.
    """

    id: str = ""
    name: str = ""
    district: str | None = None
    manager: str | None = None
    manager_kind: str | None = None
    managed: bool | None = None
    surveyed_on: date | None = None
    accuracy_m: float = 0.0
    layer_accuracy_m: Mapping[str, float] = field(default_factory=dict)
    default_kerb: bool = False
    access_distance_m: float = 10.0
    station_m: float = 0.5
    marking: Mapping[str, Any] = field(default_factory=dict)
    vehicle: Mapping[str, Any] = field(default_factory=dict)
    drawing: Mapping[str, Any] = field(default_factory=dict)
    materials: Mapping[str, Any] = field(default_factory=dict)
    datum: str = "cgcs2000"


@dataclass(frozen=True)
class Site:
    """One site: layers as GeoDataFrames with the contract's columns, x = east, y = north, metres.

    Every table has a string column ``id`` (unique within its layer) and all the contract's
    columns, missing values as None/NaN; the index is 0…n-1 in input order.

    Attributes
    ----------
    layers : Mapping[str, GeoDataFrame]
        Only layers that were surveyed: an absent key means *not surveyed*, a table without
        rows means *surveyed and holds nothing*.
    coarse_m : Mapping[str, float]
        Layer → accuracy that its rounded coordinates leave [m], where they are coarse and
        ``site.toml`` declares no accuracy. It concerns places, not heights.
    heights : GeoDataFrame or None
        Road outlines and kerbs whose vertices carry surveyed heights: columns ``layer``, ``id``; LineString Z.
        For gradients alone; the geometries of ``layers`` are flat. None where the data has no heights.
    placed : bool
        Whether the coordinates tell where on earth the site lies: false for a plan in local metres. Longitude and
        latitude mean nothing then, and are not given.
    readings : tuple of Reading
        What was made of each part of inputs whose layers are not ours.
    points : tuple of PointTile
        Laser points that lie over the site.
    found : frozenset of str
        Layers that hold nothing but what laser points showed: nobody surveyed them.
    """

    id: str
    name: str
    crs: pyproj.CRS
    layers: Mapping[str, gpd.GeoDataFrame]
    config: SiteConfig = field(default_factory=SiteConfig)
    inputs: tuple[InputFile, ...] = ()
    notes: tuple[Note, ...] = ()
    coarse_m: Mapping[str, float] = field(default_factory=dict)
    heights: gpd.GeoDataFrame | None = None
    placed: bool = True
    readings: tuple[Reading, ...] = ()
    points: tuple[PointTile, ...] = ()
    found: frozenset[str] = frozenset()

    def place_accuracy_m(self, layer: str) -> float:
        """Return how accurately a gap between things of ``layer`` is known [m]: declared, else by the coordinates.

        For roads and obstructions it is that of the least accurate row: an outline may be derived from a width that was
        told, a tree traced from a picture.
        """
        rows = max(self._row_accuracy_m.get(layer, {}).values(), default=0.0)
        return max(self._declared_m(layer), rows)

    def road_accuracy_m(self, road_id: str) -> float:
        """Return how accurately the outline of one road is known [m]."""
        return max(self._declared_m("roads"), self._row_accuracy_m.get("roads", {}).get(road_id, 0.0))

    def _declared_m(self, layer: str) -> float:
        return max(self.height_accuracy_m(layer), self.coarse_m.get(layer, 0.0))

    @cached_property
    def _row_accuracy_m(self) -> dict[str, dict[str, float]]:
        """Layer → row → the accuracy that the row tells, where it tells one [m]."""
        found: dict[str, dict[str, float]] = {}
        for layer in ("roads", "obstructions"):
            rows = self.layer(layer)
            told = rows[rows["accuracy_m"].notna()] if "accuracy_m" in rows else rows[:0]
            if len(told):
                found[layer] = dict(zip(told["id"].astype(str), told["accuracy_m"].astype(float), strict=True))
        return found

    def height_accuracy_m(self, layer: str) -> float:
        """Return the declared accuracy of ``layer``, which holds for heights as well [m]."""
        return self.config.layer_accuracy_m.get(layer, self.config.accuracy_m)

    def surveyed(self, layer: str) -> bool:
        """Tell whether ``layer`` was surveyed."""
        return layer in self.layers and layer not in self.found

    def complete(self, layer: str) -> bool:
        """Tell whether what ``layer`` does not hold is not there: it was surveyed, and in full.

        A volunteered map holds what someone happened to map, a CAD plan what its draughtsman was asked for: that nothing
        is on it tells nothing.
        """
        return self.surveyed(layer) and not any(
            n.code in (VOLUNTEERED, PARTLY) and n.layer in (None, layer) for n in self.notes
        )

    def layer(self, name: str) -> gpd.GeoDataFrame:
        """Return the table of ``name``; an empty one with the contract's columns if not surveyed."""
        from firelane.site.schema import empty_layer  # noqa: PLC0415  (schema imports this module)

        return self.layers[name] if name in self.layers else empty_layer(name, self.crs)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Bounds of the roads, centrelines included (min east, min north, max east, max north) [m]."""
        found = [self.layers[n].total_bounds for n in ("roads", "road_lines") if n in self.layers and len(self.layers[n])]
        west, south = (float(min(b[n] for b in found)) for n in (0, 1))
        east, north = (float(max(b[n] for b in found)) for n in (2, 3))
        return west, south, east, north
