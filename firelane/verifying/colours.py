"""The colour of the paint: yellow (第十三条（二）、（三）)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane.verifying.layers import yellow
from firelane.verifying.records import FAIL, PASS, Check

if TYPE_CHECKING:
    from firelane.verifying.ground import Ground
    from firelane.verifying.shapes import Paint

ARTICLE = "第十三条（二）"


def check_colour(ground: Ground, paint: Paint, texts: list[tuple[Any, tuple[int, int, int]]]) -> list[Check]:
    """Return the checks of the colour, one fault for each layer and colour that is not yellow."""
    bad = np.flatnonzero(~yellow(paint.rgb)) if len(paint) else np.empty(0, dtype=int)
    found: dict[tuple[str, tuple[int, int, int]], list[Any]] = {}
    for n in bad:
        red, green, blue = (int(v) for v in paint.rgb[n])
        key = (str(paint.layer[n]), (red, green, blue))
        found.setdefault(key, []).append(shapely.get_coordinates(shapely.point_on_surface(paint.shapes[n]))[0])
    for spot, rgb in texts:
        if not bool(yellow(np.array([rgb]))[0]):
            found.setdefault(("TEXT", rgb), []).append(spot)
    checks = []
    for (layer, rgb), spots in sorted(found.items()):
        x, y = ground.site_xy(spots[0])
        lane, chainage = ground.along(spots[0])
        shown = "#" + "".join(f"{v:02X}" for v in rgb)
        checks.append(Check(
            "colour", FAIL, f"图层 {layer} 上 {len(spots)} 处标线颜色为 {shown}（应为黄色）",
            f"{len(spots)} pieces of paint on layer {layer} are {shown}; they must be yellow", float(len(spots)), 0.0, "", x, y, lane,
            chainage, article=ARTICLE, length_m=float(len(spots)),
        ))  # fmt: skip
    if not checks:
        checks.append(Check("colour", PASS, f"标线均为黄色（{len(paint)} 处）", f"all paint is yellow ({len(paint)} pieces)",
                            float(len(paint)), None, "", article=ARTICLE))  # fmt: skip
    return checks
