"""What a site's layers look like: columns as data (``layers.toml``), empty tables, kinds of obstruction."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from firelane import vocabulary

GEOMETRY_OF_TYPE_ID: Mapping[int, str] = MappingProxyType(
    {0: "point", 4: "point", 1: "line", 2: "line", 5: "line", 3: "polygon", 6: "polygon"}
)
"""Shapely's type id -> ``point``, ``line`` or ``polygon``; collections have none."""


@dataclass(frozen=True)
class Column:
    """One column of a layer.

    Attributes
    ----------
    kind : str
        ``text``, ``number``, ``bool`` or ``enum``.
    default : object
        What a missing value becomes; None where it stays missing. No column is required: a row
        needs its geometry alone.
    by_kind : bool
        Whether the default is that of the obstruction's kind (:func:`kind_defaults`).
    allowed : Mapping
        Value of an ``enum`` -> its Chinese and English label.
    unknown : str
        What an unknown value of an ``enum`` becomes: a value, ``problem`` or ``leave_out``.
    minimum, plausible : float or None
        A smaller number is a problem; a greater one is told.
    zh, en : str
        What users read beside the column.
    """

    name: str
    kind: str
    default: Any
    by_kind: bool
    allowed: Mapping[str, tuple[str, str]]
    unknown: str
    minimum: float | None
    plausible: float | None
    zh: str
    en: str

    @property
    def dtype(self) -> type:
        """Type of the finished pandas column: float, bool (where there is a default), or object."""
        if self.kind == "number":
            return float
        return bool if self.kind == "bool" and (self.by_kind or self.default is not None) else object


@dataclass(frozen=True)
class Layer:
    """One layer: its columns, the geometry it takes and how a blank one is set up."""

    name: str
    columns: Mapping[str, Column]
    geometry: tuple[str, ...]
    single: bool
    required: bool
    tables: Mapping[str, str]
    colour: str
    zh: str
    en: str
    help_zh: str
    help_en: str


@dataclass(frozen=True)
class KindDefault:
    """Whether obstructions of a kind may be removed, and the proposed cost of that (None: none yet)."""

    removable: bool
    cost: int | None


def load_toml(name: str) -> dict[str, Any]:
    """Return the content of a TOML file that is installed beside this module."""
    return tomllib.loads(resources.files("firelane.site").joinpath(name).read_text("utf-8"))


def _column(raw: Mapping[str, Any]) -> Column:
    if "terms" in raw:
        terms = getattr(vocabulary, raw["terms"])
        allowed = {str(term.value): (term.zh, term.en) for term in terms}
    else:
        allowed = {value: (zh, en) for value, (zh, en) in raw.get("values", {}).items()}
    return Column(
        name=raw["name"],
        kind=raw["type"],
        default=raw.get("default"),
        by_kind=raw.get("by_kind", False),
        allowed=MappingProxyType(allowed),
        unknown=raw.get("unknown", ""),
        minimum=raw.get("minimum"),
        plausible=raw.get("plausible"),
        zh=raw["zh"],
        en=raw["en"],
    )


def _load_layers() -> Mapping[str, Layer]:
    layers = {}
    for name, raw in load_toml("layers.toml").items():
        layers[name] = Layer(
            name=name,
            columns=MappingProxyType({column["name"]: _column(column) for column in raw["columns"]}),
            geometry=tuple(raw["geometry"]),
            single=raw.get("single", False),
            required=name == "roads",
            tables=MappingProxyType(raw["tables"]),
            colour=raw["colour"],
            zh=raw["zh"],
            en=raw["en"],
            help_zh=raw["help_zh"],
            help_en=raw["help_en"],
        )
    return MappingProxyType(layers)


LAYERS: Mapping[str, Layer] = _load_layers()
"""Every layer of a site, in the contract's order."""


@cache
def limits() -> Mapping[str, Mapping[str, Any]]:
    """Return the limits of ``reading.toml``: tables ``mend``, ``tell``, ``refuse`` and ``text``."""
    return load_toml("reading.toml")


@cache
def kind_defaults() -> Mapping[str, KindDefault]:
    """Return what is assumed of each kind of obstruction (``obstruction_kinds.toml``).

    >>> kind_defaults()["tree"].removable
    False
    """
    kinds = load_toml("obstruction_kinds.toml")["kinds"]
    return {
        name: KindDefault(removable=raw["removable"], cost=raw.get("cost")) for name, raw in kinds.items()
    }


def empty_layer(name: str, crs: pyproj.CRS | str | None) -> gpd.GeoDataFrame:
    """Return a table without rows that has all columns of layer ``name``.

    Raises
    ------
    KeyError
        If there is no such layer.

    >>> list(empty_layer("kerbs", "EPSG:4550").columns)
    ['id', 'height_m', 'top_width_m', 'geometry']
    """
    return _empty_layer(name, crs).copy()


@lru_cache(maxsize=64)
def _empty_layer(name: str, crs: pyproj.CRS | str | None) -> gpd.GeoDataFrame:
    columns = LAYERS[name].columns
    data = {c.name: pd.Series([], dtype=np.dtype(c.dtype)) for c in columns.values()}
    return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries([], crs=crs), crs=crs)
