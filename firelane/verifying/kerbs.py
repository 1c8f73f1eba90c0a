"""Paint on the top of kerbs: every stretch without it (第十三条（二）)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from firelane.verifying.chords import Track, covered, runs
from firelane.verifying.limits import number
from firelane.verifying.records import FAIL, NOT_MEASURED, PASS, Check

if TYPE_CHECKING:
    from firelane.verifying.ground import Ground
    from firelane.verifying.shapes import Paint

ARTICLE = "第十三条（二）"


def check_kerbs(ground: Ground, paint: Paint) -> list[Check]:
    """Return the checks of the paint on the top of kerbs: every stretch without it."""
    edges = ground.edges
    rows = np.flatnonzero(edges.kerbed)
    if not len(rows):
        return []
    areas = shapely.get_parts(shapely.union_all(paint.shapes)) if len(paint) else np.empty(0, dtype=object)
    step = number("line", "step_m")
    track = Track(edges.lines[rows])
    line, s = track.stations(step)
    xy, of = track.points(line, s), rows[line]
    along = track.points(line, s + 0.01) - track.points(line, s - 0.01)
    # The pavement lies on the left: the kerb stands on the right.
    right = np.stack([along[:, 1], -along[:, 0]], axis=1) / np.maximum(np.hypot(*along.T), 1e-12)[:, None]
    way = right * edges.kerb_top_width_m[of][:, None]
    surveyed = ground.surveyed_kerb[of]
    shapely.prepare(ground.pavement)
    bare = np.zeros(len(xy), dtype=bool)
    for share in (0.2, 0.5, 0.8):
        points = xy + share * way
        wanted = ~shapely.contains_xy(ground.pavement, points) & (surveyed | (share == 0.5))
        bare |= wanted & ~covered(areas, points)
    checks: list[Check] = []
    total = float(shapely.length(edges.lines[rows]).sum())
    for a, b in runs(bare, of):
        length = float(np.hypot(*np.diff(xy[a:b], axis=0).T).sum()) + step if b - a > 1 else step
        if length < number("tolerance", "kerb_gap_m"):
            continue
        spot = xy[(a + b) // 2]
        x, y = ground.site_xy(spot)
        _, chainage = ground.along(spot)
        checks.append(Check("kerb_paint", FAIL, f"路缘石顶面缺黄色标线 {length:.2f} m", f"the top of the kerb is not painted over {length:.2f} m",
                            length, 0.0, "m", x, y, str(edges.lane_id[of[a]]), chainage, length_m=length, article=ARTICLE))  # fmt: skip
    if not checks:
        checks.append(Check("kerb_paint", PASS, f"路缘石顶面标线完整，共 {total:.1f} m", f"all kerbs are painted on top: {total:.1f} m",
                            total, None, "m", article=ARTICLE))  # fmt: skip
    checks.append(Check("kerb_face", NOT_MEASURED, f"路缘石立面标线（{total:.1f} m）在平面图中不可见", f"paint on the face of kerbs ({total:.1f} m) "
                        "does not show in a plan", article=ARTICLE))  # fmt: skip
    return checks
