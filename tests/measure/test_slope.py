"""Gradients from the heights of outlines and kerbs."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from site_scenes import CRS, box, gates, lane_network, moved, road, site

from firelane.measure.slope import measure_gradients
from firelane.site.heights import has_heights
from firelane.site.read import read_site


def _lifted(geometry, height):
    """Lift a local geometry: height is a function of x and y."""
    xy = shapely.get_coordinates(geometry)
    return shapely.set_coordinates(
        shapely.force_3d(geometry), np.column_stack((xy, [height(x, y) for x, y in xy]))
    )


def with_heights(where, outlines):
    rings = [moved_z(ring) for outline in outlines for ring in shapely.get_rings(outline)]
    lines = gpd.GeoSeries([shapely.linestrings(shapely.get_coordinates(r, include_z=True)) for r in rings], crs=CRS)
    return replace(where, heights=gpd.GeoDataFrame({"layer": "roads", "id": "x"}, index=lines.index, geometry=lines, crs=CRS))


def moved_z(geometry):
    z = shapely.get_coordinates(geometry, include_z=True)[:, 2]
    return shapely.set_coordinates(geometry, np.column_stack((shapely.get_coordinates(moved(shapely.force_2d(geometry))), z)))


def gradients(outline, height, *, base_m=5.0, ends=None):
    where = with_heights(site([outline], entrances=ends or []), [_lifted(outline, height)])
    return measure_gradients(where, lane_network(where), base_m=base_m)


def test_an_even_slope_is_found_from_four_corners():
    (found,) = gradients(road(100, 6), lambda x, y: 50 + 0.08 * x, ends=gates())
    assert found.gradient_pct == pytest.approx(8.0, abs=1e-6)
    assert abs(found.rise_m) == pytest.approx(0.4)
    assert found.measured_m == pytest.approx(100.0)


def test_crossfall_is_no_gradient():
    (found,) = gradients(road(100, 6), lambda x, y: 0.1 * y, ends=gates())
    assert found.gradient_pct == pytest.approx(0.0, abs=1e-2)


def test_the_steepest_stretch_is_told_with_its_place():
    outline = shapely.segmentize(road(100, 6), 1.0)
    (found,) = gradients(outline, lambda x, y: 12.0 + 0.1 * min(max(x - 40, 0), 10), ends=gates())
    assert found.gradient_pct == pytest.approx(10.0, abs=0.02)
    x = found.place[0] - 535_900
    assert 42 <= x <= 48
    # Half of a ten-metre base may lie on the flat where the ramp is five metres long.
    (short,) = gradients(outline, lambda x, y: 0.1 * min(max(x - 40, 0), 5), base_m=10.0, ends=gates())
    assert short.gradient_pct == pytest.approx(5.0, abs=0.02)


def test_a_junction_is_bridged_and_a_missing_stretch_is_not():
    outline = shapely.segmentize(shapely.union(road(100, 6), box(48, 0, 52, 40)), 2.0)
    found = gradients(outline, lambda x, y: 0.05 * x, ends=gates())
    assert max(g.gradient_pct for g in found) == pytest.approx(5.0, abs=0.1)


def test_without_heights_nothing_is_told():
    where = site([road(100, 6)], entrances=gates())
    (found,) = measure_gradients(where, lane_network(where), base_m=5.0)
    assert found.gradient_pct is None
    assert found.measured_m == 0.0


@pytest.mark.parametrize("z", [0.0, 45.0])
def test_heights_that_are_all_alike_are_none(z):
    assert not has_heights("roads", np.array([shapely.force_3d(road(), z)], dtype=object))
    assert not has_heights("buildings", np.array([_lifted(road(), lambda x, _: x)], dtype=object))
    assert has_heights("roads", np.array([_lifted(road(), lambda x, _: x)], dtype=object))


@pytest.mark.parametrize("suffix", ["gpkg", "geojson"])
def test_the_reader_keeps_heights_beside_a_flat_plan(tmp_path, suffix):
    outline = _lifted(road(100, 6), lambda x, y: 50 + 0.06 * x)
    table = gpd.GeoDataFrame({"id": ["r"]}, geometry=[moved_z(outline)], crs=CRS)
    path = tmp_path / f"roads.{suffix}"
    table.to_file(path, layer="roads") if suffix == "gpkg" else table.to_file(path)
    (tmp_path / "site.toml").write_text('[site]\ncrs = "EPSG:4550"\n', encoding="utf-8")
    found = read_site(tmp_path)
    assert not found.layers["roads"].has_z.any()
    assert "z_for_gradients" in {note.code for note in found.notes}
    (lane,) = measure_gradients(found, lane_network(found), base_m=5.0)
    assert lane.gradient_pct == pytest.approx(6.0, abs=1e-3)


def test_flat_data_reads_as_before(tmp_path):
    gpd.GeoDataFrame({"id": ["r"]}, geometry=[moved(road(100, 6))], crs=CRS).to_file(tmp_path / "roads.gpkg")
    assert read_site(tmp_path).heights is None
