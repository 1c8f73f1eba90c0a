"""The Site: validated layers in one metric coordinate reference system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pyproj

LAYERS = (
    "roads", "fire_lanes", "obstructions", "buildings", "entrances", "kerbs", "parking", "markings", "signs",
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
    manager_kind : str or None
        ``property_company``, ``street_office`` or ``unit``.
    marking, vehicle : Mapping
        The tables ``[marking]`` and ``[vehicle]`` as they stand in the file.
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
    accuracy_m: float = 0.0
    layer_accuracy_m: Mapping[str, float] = field(default_factory=dict)
    default_kerb: bool = False
    access_distance_m: float = 10.0
    station_m: float = 0.5
    marking: Mapping[str, Any] = field(default_factory=dict)
    vehicle: Mapping[str, Any] = field(default_factory=dict)
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

    def place_accuracy_m(self, layer: str) -> float:
        """Return how accurately a gap between things of ``layer`` is known [m]: declared, else by the coordinates."""
        return max(self.height_accuracy_m(layer), self.coarse_m.get(layer, 0.0))

    def height_accuracy_m(self, layer: str) -> float:
        """Return the declared accuracy of ``layer``, which holds for heights as well [m]."""
        return self.config.layer_accuracy_m.get(layer, self.config.accuracy_m)

    def surveyed(self, layer: str) -> bool:
        """Tell whether ``layer`` was surveyed."""
        return layer in self.layers

    def layer(self, name: str) -> gpd.GeoDataFrame:
        """Return the table of ``name``; an empty one with the contract's columns if not surveyed."""
        from firelane.site.schema import empty_layer  # noqa: PLC0415  (schema imports this module)

        return self.layers[name] if name in self.layers else empty_layer(name, self.crs)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Bounds of the roads (min east, min north, max east, max north) [m]."""
        west, south, east, north = (float(v) for v in self.layers["roads"].total_bounds)
        return west, south, east, north
