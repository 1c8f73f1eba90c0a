from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity, box

from firelane.fonts import glyph_outlines
from firelane.markings.bridges import bridged

LETTERING = "消防车道禁止占用"
GLYPHS = glyph_outlines(LETTERING).outlines
RARE = glyph_outlines("回围曲器圖警鼎疆8B&").outlines


def template(glyph, margin=0.2):
    """The plate that is left when the character is cut out."""
    x0, y0, x1, y1 = glyph.bounds
    return box(x0 - margin, y0 - margin, x1 + margin, y1 + margin).difference(glyph)


def test_a_ring_is_cut_once_through_its_thinnest_side():
    # frame of 0.2, but 0.1 at the right: the bridge is 0.1 long there, 0.03 wide, in the middle
    ring = box(0, 0, 1, 1).difference(box(0.2, 0.2, 0.9, 0.8))
    cut, count = bridged(ring, 0.03)
    assert count == 1
    assert ring.area - cut.area == pytest.approx(0.1 * 0.03, rel=1e-6)
    assert shapely.symmetric_difference(ring.difference(cut), box(0.9, 0.485, 1, 0.515)).area < 1e-6


def test_islands_side_by_side_need_one_bridge_each():
    # two windows in a row: the mullion of 0.05 is the thinnest, then one side is open to the outside
    window = box(0, 0, 1, 1).difference(box(0.1, 0.1, 0.475, 0.9)).difference(box(0.525, 0.1, 0.9, 0.9))
    cut, count = bridged(window, 0.04)
    assert count == 2
    assert window.area - cut.area == pytest.approx(0.04 * (0.05 + 0.1), rel=1e-5)
    assert template(cut).geom_type == "Polygon"


def test_what_has_no_island_is_left_alone():
    glyph = GLYPHS["止"]
    assert bridged(glyph, 0.03) == (glyph, 0)
    assert bridged(shapely.MultiPolygon(), 0.03)[1] == 0


def test_a_bridge_has_a_width():
    with pytest.raises(ValueError, match="more than zero"):
        bridged(GLYPHS["消"], 0.0)


@pytest.mark.parametrize(
    ("character", "bridges"), [("消", 2), ("防", 0), ("车", 0), ("道", 3), ("禁", 0), ("止", 0), ("占", 1), ("用", 4)]
)
def test_the_eight_characters_at_one_metre(character, bridges):
    glyph = GLYPHS[character]
    cut, count = bridged(glyph, 0.03)
    assert count == bridges
    lost = 1 - cut.area / glyph.area
    assert 0.010 < lost < 0.030 if bridges else lost == 0.0


@settings(max_examples=40)
@given(
    st.sampled_from(sorted({**GLYPHS, **RARE}.items())),
    st.floats(0.25, 2.0),
    st.floats(0.25, 2.0),
    st.floats(0.01, 0.05),
    st.floats(-500.0, 500.0),
)
def test_every_template_is_one_piece_and_only_paint_is_lost(named, width, height, bridge_m, shift):
    glyph = affinity.affine_transform(named[1], (width, 0, 0, height, shift, -shift))
    cut, count = bridged(glyph, bridge_m)
    plate = template(cut)
    assert max(shapely.area(shapely.get_parts(plate))) == pytest.approx(plate.area, rel=1e-9)
    assert cut.difference(glyph).area < 1e-12
    # as many bridges as islands or fewer (a wide one may join three), each a strip of its width
    islands = sum(len(part.interiors) for part in shapely.get_parts(glyph))
    assert count <= islands
    assert (count == 0) == (islands == 0)
    assert glyph.area - cut.area <= count * bridge_m * max(width, height) + 1e-12
    assert bridged(glyph, bridge_m)[0].equals(cut)


@settings(max_examples=20)
@given(st.sampled_from(sorted(GLYPHS)), st.floats(0.4, 1.5))
def test_a_bridge_has_its_full_width(character, size):
    # every piece of paint that is left out is as wide as asked for, from the island right through the stroke
    glyph = affinity.scale(GLYPHS[character], size, size, origin=(0, 0))
    cut, count = bridged(glyph, 0.03)
    lost = [part for part in shapely.get_parts(glyph.difference(cut)) if part.area > 1e-9]
    assert len(lost) == count
    for part in lost:
        x0, y0, x1, y1 = part.bounds
        assert min(abs(x1 - x0 - 0.03), abs(y1 - y0 - 0.03)) < 1e-6


def test_where_a_character_stands_changes_nothing():
    here, count = bridged(GLYPHS["道"], 0.03)
    there, as_many = bridged(affinity.translate(GLYPHS["道"], 5e5, 4.6e6), 0.03)
    assert count == as_many
    back = affinity.translate(there, -5e5, -4.6e6)
    assert here.symmetric_difference(back).area < 1e-6


def test_a_screen_of_a_hundred_windows():
    # more islands than any character has, all alike: still one piece, one bridge per island
    holes = [box(x + 0.02, y + 0.02, x + 0.08, y + 0.08) for x in np.arange(10) / 10 for y in np.arange(10) / 10]
    screen = box(0, 0, 1, 1).difference(shapely.union_all(holes))
    cut, count = bridged(screen, 0.01)
    assert count == 100
    assert template(cut).geom_type == "Polygon"
