"""What is asked of many pairs at once is what each would answer alone."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from firelane.site import outlines, rungs
from firelane.site.mend import close_hairline_gaps
from firelane.site.outline import Outline
from firelane.site.outlines import Outlines, among, onto_corners
from firelane.site.rungs import have_crack, rungs_of, strange_sides

LIMIT_M = 0.03 + 1e-6


def shapes(seed):
    """Return some polygons of few and of many corners, with holes and parts, at map coordinates."""
    rng = np.random.default_rng(seed)
    discs = shapely.buffer(shapely.points(rng.uniform(0, 60, (12, 2))), rng.uniform(3, 12, 12), quad_segs=9)
    discs[0] = shapely.difference(discs[0], shapely.buffer(shapely.centroid(discs[0]), 1.0))
    discs[1] = shapely.union_all([discs[1], shapely.box(80, 0, 84, 4)])
    discs[2] = shapely.segmentize(discs[2], 0.05)
    return shapely.transform(discs, lambda xy: xy + [535_900.0, 4_630_000.0])


@pytest.mark.parametrize("at_once", [2_000_000, 7])
def test_corners_feet_and_pieces_are_those_of_each_outline(monkeypatch, at_once):
    monkeypatch.setattr(outlines, "_CORNERS_AT_ONCE", at_once)
    geoms = shapes(1)
    many, ones = Outlines(geoms), [Outline(g) for g in geoms]
    which = np.random.default_rng(2).integers(0, len(geoms), 40)
    of = many.bounds[np.random.default_rng(3).integers(0, len(geoms), 40)]
    xy, owner = many.corners(which, of, 0.5)
    pieces = many.clipped(which, of)
    for k, n in enumerate(which.tolist()):
        assert np.array_equal(xy[owner == k], ones[n].corners(of[k], 0.5))
        assert pieces[k].equals_exact(ones[n].clipped(tuple(of[k])))
    points = xy + 0.01
    assert np.array_equal(
        many.feet(which[owner], points),
        np.array([ones[n].feet(p[None])[0] for n, p in zip(which[owner], points, strict=True)]),
    )


def test_corners_of_other_owners_count_for_nothing():
    points, owner = np.array([[1.0, 2.0], [1.0, 2.0], [5.0 + 4e-10, 5.0], [5.0 + 2e-9, 5.0]]), np.array([0, 1, 1, 1])
    known, known_owner = np.array([[1.0, 2.0], [5.0, 5.0]]), np.array([0, 1])
    assert among(points, owner, known, known_owner).tolist() == [True, False, False, False]
    moved, close = onto_corners(points, owner, known, known_owner)
    assert close.tolist() == [True, False, True, False]
    assert moved.tolist() == [[1, 2], [1, 2], [5, 5], [5.0 + 2e-9, 5]]


def row(*gaps_m):
    """Return boxes 10 m × 4 m in a row, these far apart."""
    west = np.concatenate([[0.0], np.cumsum(np.array(gaps_m) + 10.0)])
    return shapely.box(west, 0, west + 10, 4)


@pytest.mark.parametrize("at_once", [20_000, 2])
def test_which_pairs_have_a_crack(monkeypatch, at_once):
    monkeypatch.setattr(rungs, "_SIDES_AT_ONCE", at_once)
    geoms = row(0.0, 0.029, 0.03, 0.031, 0.001)
    pairs = np.array([[n, n + 1] for n in range(5)])
    assert have_crack(Outlines(geoms), pairs, LIMIT_M).tolist() == [False, True, True, False, True]
    ladders = rungs_of(Outlines(geoms), pairs, LIMIT_M)
    assert [len(ladder) for ladder in ladders] == [0, 2, 2, 0, 2]
    for n, gap in ((1, 0.029), (2, 0.03), (4, 0.001)):
        length = np.linalg.norm(ladders[n][:, 0] - ladders[n][:, 1], axis=1)
        assert length == pytest.approx([gap, gap], abs=1e-12)
        assert sorted(ladders[n][:, 0, 1]) == pytest.approx([0, 4])


def test_a_rung_stands_where_a_widening_crack_reaches_the_limit():
    """An edge that rises 60 mm in 10 m is 30 mm away after 5 m (from the level one: 0.03 / tan, from it: 0.03 / sin)."""
    level, rising = shapely.box(0, 0, 10, 4), shapely.Polygon([(0, 4), (10, 4.06), (10, 8), (0, 8)])
    (ladder,) = rungs_of(Outlines(np.array([level, rising])), np.array([[0, 1]]), 0.03)
    slope = np.hypot(10, 0.06) / 0.06
    expected = sorted([0.03 * slope, 0.03 * slope])  # a foot upon the rising edge, and the mirror image of that
    assert len(ladder) == 2
    ends = np.array([ladder[0], ladder[1]])
    assert np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1) == pytest.approx([0.03, 0.03], abs=1e-6)
    assert sorted(np.hypot(ends[..., 0], ends[..., 1] - 4).max(axis=1)) == pytest.approx(expected, abs=1e-3)


def test_corners_on_another_outline_are_told_by_side():
    """A street of two halves beside one of a piece: their common corner stands on its edge, its corners on theirs."""
    halves, whole = shapely.box([0, 5], 0, [5, 10], 4), shapely.box(0, 4, 10, 8)
    firsts, seconds = strange_sides(Outlines(np.array([*halves, whole])), np.array([[0, 1], [0, 2], [1, 2]]), 1e-7)
    assert firsts.tolist() == [False, True, True]
    assert seconds.tolist() == [False, False, False]


def test_polygons_that_need_nothing_stay_the_same_objects():
    geoms = np.array(shapely.box([0, 10, 20], 0, [10, 20, 30], 4))
    assert all(a is b for a, b in zip(close_hairline_gaps(geoms), geoms, strict=True))


def test_many_districts_at_once_are_mended_as_each_alone():
    """Far from each other, they know nothing of each other: the parts of one call are the calls of the parts."""
    parts = []
    for n in range(6):
        rng = np.random.default_rng(n)
        boxes = row(*rng.choice([0.0, 1e-9, 0.004, 0.02, 0.03, 0.05], 5))
        turned = [shapely.affinity.rotate(b, n * 7.0, origin=(0, 0)) for b in boxes]
        parts.append(shapely.transform(np.array(turned), lambda xy, n=n: xy + [1000.0 * n, 0.0]))
    together = close_hairline_gaps(np.concatenate(parts))
    alone = np.concatenate([close_hairline_gaps(part) for part in parts])
    assert [g.wkb for g in together] == [g.wkb for g in alone]
    assert sum(a is not b for a, b in zip(alone, np.concatenate(parts), strict=True)) > 10


def test_cells_that_overlap_by_rounding_are_joined_nevertheless():
    """Three polygons that lie across each other: GEOS refused the cells of their cracks as overlapping."""
    drawn = [
        "POLYGON ((0.9582462 15.689517, 6.979914 0.0858616, 13.68441 2.6732199, 7.6627422 18.2768753, 0.9582462 15.689517))",
        """POLYGON ((11.8733239 18.4460766, 12.2221347 17.54222, 12.5709456 16.6383633, 12.9197564 15.7345067,
        13.2685673 14.8306501, 13.6173781 13.9267935, 13.966189 13.0229368, 14.3149998 12.1190802, 14.6638107 11.2152236,
        15.0126215 10.311367, 15.3614324 9.4075104, 15.7102432 8.5036537, 16.0590541 7.5997971, 16.4078649 6.6959405,
        16.7566758 5.7920839, 17.1054866 4.8882273, 17.4542975 3.9843706, 17.8031083 3.080514, 18.1519192 2.1766574,
        18.50073 1.2728008, 18.8495409 0.3689441, 17.9212665 0.0107101, 16.9929921 -0.3475239, 16.0647176 -0.7057579,
        15.1364432 -1.0639919, 14.7876324 -0.1601353, 14.4388215 0.7437213, 14.0900107 1.6475779, 13.7411998 2.5514346,
        13.392389 3.4552912, 13.0435781 4.3591478, 12.6947673 5.2630044, 12.3459564 6.166861, 11.9971456 7.0707177,
        11.6483347 7.9745743, 11.2995239 8.8784309, 10.950713 9.7822875, 10.6019022 10.6861442, 10.2530913 11.5900008,
        9.9042805 12.4938574, 9.5554696 13.397714, 9.2066588 14.3015706, 8.8578479 15.2054273, 8.5090371 16.1092839,
        8.1602262 17.0131405, 9.0885006 17.3713745, 10.016775 17.7296085, 10.9450494 18.0878426, 11.8733239 18.4460766))""",
        "POLYGON ((3.1354965 16.1459087, 10.2805233 -2.3686523, 14.9452188 -0.5684814, 7.800192 17.9460796, 3.1354965 16.1459087))",
    ]
    geoms = shapely.from_wkt(drawn)
    # Whatever GEOS makes of these today: what it refuses must not stop a site.
    whole = shapely.union_all(close_hairline_gaps(geoms))
    assert whole.area == pytest.approx(shapely.union_all(geoms).area, abs=1e-5)
