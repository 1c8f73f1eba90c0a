"""Sites on disk, drawn in local metres, for the tests of whole commands."""

from __future__ import annotations

import geopandas as gpd
from site_scenes import LineString, Point, box, moved

ROAD = box(0, 0, 40, 6)
POST = Point(20, 3)
"""Stands in the middle of ``ROAD``: 3 m less its radius on either side."""


def table(*geometries, crs="EPSG:4550", **columns):
    """Return a table of local geometries; None stays None."""
    shapes = [None if g is None else moved(g) for g in geometries]
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs=crs), crs=crs)


def write_site(folder, toml="", **tables):
    """Write a folder with a GeoPackage of ``tables`` and a ``site.toml``; return the folder.

    Unless told otherwise it holds one road of 40 x 6 m with an entrance in the west.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables.setdefault("roads", table(ROAD, id=["R1"]))
    tables.setdefault("entrances", table(LineString([(0, 0), (0, 6)]), id=["E1"]))
    for name, rows in tables.items():
        if rows is not None:
            rows.to_file(folder / "site.gpkg", layer=name, driver="GPKG", engine="pyogrio")
    if toml:
        (folder / "site.toml").write_text(toml, encoding="utf-8")
    return folder


def narrowed(folder, toml="", **tables):
    """Write a site with one violation: a post that leaves 2.8 m of 6 m."""
    tables.setdefault("obstructions", table(POST, id=["P1"], kind=["bollard"], radius_m=[0.2]))
    return write_site(folder, toml, **tables)
