"""Small sites on disk, near the centre of Shenyang, for the tests of reading."""

import json

import geopandas as gpd
import pytest
import shapely

from firelane.errors import InputError
from firelane.site import read_site

E0, N0 = 536000.0, 4630000.0


def box(x0, y0, x1, y1):
    """Return a rectangle at local coordinates, moved to EPSG:4550."""
    return shapely.box(E0 + x0, N0 + y0, E0 + x1, N0 + y1)


def point(x, y):
    return shapely.Point(E0 + x, N0 + y)


def line(*xy):
    return shapely.LineString([(E0 + x, N0 + y) for x, y in xy])


def polygon(*xy):
    return shapely.Polygon([(E0 + x, N0 + y) for x, y in xy])


def frame(*geoms, crs="EPSG:4550", **columns):
    return gpd.GeoDataFrame(columns, geometry=list(geoms), crs=crs)


ROAD = box(0, 0, 100, 6)


def write_layers(path, layers):
    """Write {name: GeoDataFrame} into one GeoPackage."""
    for name, table in layers.items():
        table.to_file(path, layer=name, driver="GPKG", engine="pyogrio")
    return path


def site(tmp_path, toml="", **layers):
    """Write a folder with a GeoPackage of ``layers`` and a site.toml; return the folder."""
    folder = tmp_path / "site"
    folder.mkdir(exist_ok=True)
    layers.setdefault("roads", frame(ROAD))
    write_layers(folder / "site.gpkg", {name: table for name, table in layers.items() if table is not None})
    if toml:
        (folder / "site.toml").write_text(toml, encoding="utf-8")
    return folder


def read(tmp_path, toml="", *, skip_bad=False, **layers):
    return read_site(site(tmp_path, toml, **layers), skip_bad=skip_bad)


def refused(path, **options):
    """Return the problems of a site that must be refused."""
    with pytest.raises(InputError) as caught:
        read_site(path, **options)
    problems = list(caught.value.problems)
    assert all(problem.message and problem.message_zh for problem in problems), problems
    return problems


def codes(found):
    return [note.code for note in found.notes]


def note(found, code):
    (only,) = [entry for entry in found.notes if entry.code == code]
    return only


def collection(path, *features, **members):
    """Write a GeoJSON of (properties, geometry as dict or shapely or None)."""
    rows = [
        {
            "type": "Feature",
            "properties": properties,
            "geometry": json.loads(shapely.to_geojson(g)) if isinstance(g, shapely.Geometry) else g,
        }
        for properties, g in features
    ]
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": rows} | members, ensure_ascii=False),
        encoding="utf-8",
    )
    return path


CRS_4550 = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4550"}}
