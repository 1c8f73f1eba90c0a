"""Sites built in Python may leave columns out that every reader fills in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from firelane.site.schema import LAYERS, kind_defaults

if TYPE_CHECKING:
    import geopandas as gpd

    from firelane.site.model import Site
    from firelane.site.schema import Column


def with_every_column(site: Site) -> Site:
    """Return ``site`` with the columns that the schema knows and a table lacks, at their defaults; ids count from 1.

    A site that lacks none comes back as it is.
    """
    tables = {name: _complete(name, table) for name, table in site.layers.items()}
    if all(tables[name] is table for name, table in site.layers.items()):
        return site
    return replace(site, layers=tables)


def _complete(name: str, table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    lacking = [c for key, c in LAYERS[name].columns.items() if key not in table] if name in LAYERS else []
    if not lacking:
        return table
    found = table.copy()
    for column in lacking:
        found[column.name] = pd.Series(_values(name, column, found), index=found.index, dtype=np.dtype(column.dtype))
    return found


def _values(name: str, column: Column, table: gpd.GeoDataFrame) -> list[Any]:
    if column.name == "id":
        return [f"{name}-{n}" for n in range(1, len(table) + 1)]
    if column.by_kind:
        kinds = table["kind"] if "kind" in table else ["other"] * len(table)
        return [kind_defaults()[str(kind)].removable for kind in kinds]
    default = np.nan if column.default is None and column.kind == "number" else column.default
    return [default] * len(table)
