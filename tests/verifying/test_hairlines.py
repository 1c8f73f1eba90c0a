"""Closing hairlines between pieces of paint must not cost a piece."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import affinity

from firelane.fonts import glyph_outlines
from firelane.verifying.shapes import dissolved


@pytest.mark.parametrize("angle_deg", np.linspace(-60.0, 60.0, 25))
def test_no_stroke_is_lost(angle_deg):
    """The two parts of 防 hardly touch: shrunk together, one of them once vanished."""
    for character in "消防车道禁止占用":
        glyph = affinity.scale(glyph_outlines(character).outlines[character], 0.55, 0.75, origin=(0, 0))
        turned = affinity.translate(affinity.rotate(glyph, angle_deg, origin=(0, 0)), 123.456, 77.7)
        parts = shapely.get_parts(turned)
        whole, label = dissolved(parts)
        assert len(label) == len(parts)
        assert shapely.area(whole).sum() == pytest.approx(turned.area, rel=2e-3)
