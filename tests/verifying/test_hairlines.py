"""Closing hairlines between pieces of paint must not cost a piece."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import affinity

from firelane.fonts import glyph_outlines
from firelane.verifying.shapes import dissolved

# Where the two parts of 防, which hardly touch, are shrunk to one of them.
LOST = (
    (282.1971388677822, 2.169966, 185.040276), (332.8807646049768, 72.460882, 284.152179),
    (146.2176456883413, 209.203411, 6.868439), (350.02443549168606, 245.046368, 3.320337),
    (182.981814924914, 243.951346, 5.969829),
)  # fmt: skip


@pytest.mark.parametrize(("angle_deg", "x", "y"), [*LOST, *((float(a), 123.456, 77.7) for a in range(0, 360, 30))])
def test_no_stroke_is_lost(angle_deg, x, y):
    glyph = glyph_outlines("消防车道禁止占用", tolerance_em=0.002 / 0.8).outlines["防"]
    scaled = affinity.scale(glyph, 0.55, 0.75, origin=(0, 0))
    turned = affinity.translate(affinity.rotate(scaled, angle_deg, origin=(0, 0)), x, y)
    parts = shapely.get_parts(shapely.transform(turned, lambda xy: np.round(xy, 6)))
    whole, label = dissolved(parts)
    assert len(label) == len(parts)
    assert shapely.area(whole).sum() == pytest.approx(turned.area, rel=2e-3)
