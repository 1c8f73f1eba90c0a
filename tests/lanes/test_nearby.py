"""Parts of a large area near each of many small things: overlays with them equal overlays with the whole."""

import numpy as np
import pytest
import shapely

from firelane.lanes import nearby
from firelane.lanes.nearby import areas_near


def comb(teeth: int):
    """A comb of teeth 2 m wide and 4 m apart, 20 m long: 4 vertices each."""
    boxes = [shapely.box(4 * n, 0, 4 * n + 2, 20) for n in range(teeth)]
    return shapely.union_all([*boxes, shapely.box(0, -1, 4 * teeth, 0)])


def test_a_small_area_is_taken_as_it_is():
    area = comb(3)
    assert all(part is area for part in areas_near(area, shapely.points([(1.0, 1.0), (9.0, 1.0)])))


@pytest.mark.parametrize("few", [4, 30, 500])
def test_overlays_equal_those_with_the_whole(monkeypatch, few):
    monkeypatch.setattr(nearby, "FEW_VERTICES", few)
    area = comb(200)
    rng = np.random.default_rng(5)
    corner = rng.uniform((-2, -3), (800, 21), (300, 2))
    size = rng.uniform(0.2, 6.0, (300, 2))
    shapes = np.concatenate((shapely.box(*corner.T, *(corner + size).T), shapely.points(corner)))
    parts = areas_near(area, shapes)
    some = shapely.intersection(shapes, parts)
    whole = shapely.intersection(shapes, area)
    np.testing.assert_allclose(shapely.area(some), shapely.area(whole), atol=1e-9)
    assert (shapely.is_empty(some) == shapely.is_empty(whole)).all()
    assert shapely.area(some).sum() > 100
    assert shapely.get_num_coordinates(parts).max() <= max(few, 200)


def test_many_shapes_in_one_place_end():
    shapes = np.full(50, shapely.box(0, 0, 4000, 20), dtype=object)
    parts = areas_near(comb(1000), shapes)
    assert shapely.area(shapely.intersection(shapes[:1], parts[:1]))[0] == pytest.approx(40_000)


def test_nothing_to_overlay():
    assert len(areas_near(comb(2), np.zeros(0, object))) == 0
