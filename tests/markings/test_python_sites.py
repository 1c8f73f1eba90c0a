"""Sites built in Python may lack columns that readers fill in: the plan is the same as with them empty."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import pytest
from site_scenes import CRS, LineString, Point, box, lane_network, moved, street

from firelane.markings import plan_markings
from firelane.markings.tables import with_every_column

SHAPES = {
    "obstructions": Point(20, 0), "covers": Point(30, 0), "parking": box(40, 1, 46, 3), "operating_grounds": box(50, 0, 55, 3),
    "kerbs": LineString([(10, 3), (40, 3)]), "signs": Point(1, 4), "markings": box(60, -1, 62, 1),
}  # fmt: skip


@pytest.mark.parametrize("rows", [0, 1])
@pytest.mark.parametrize("name", SHAPES)
def test_a_table_of_shapes_alone(name, rows):
    site = street(6.0)
    table = gpd.GeoDataFrame(geometry=gpd.GeoSeries([moved(SHAPES[name])] * rows, crs=CRS), crs=CRS)
    bare = dataclasses.replace(site, layers={**site.layers, name: table})
    full = with_every_column(bare)
    assert with_every_column(full) is full
    assert list(full.layers[name]["id"]) == [f"{name}-1"][:rows]
    assert len(plan_markings(bare, lane_network(site)).paint)


def test_a_complete_site_is_left_alone():
    site = street(6.0)
    assert with_every_column(site) is site
