"""Bends with their kerbs, and whether the radius of a kerb can be relied on."""

from __future__ import annotations

from dataclasses import dataclass

import shapely

from firelane.lanes.bends_fit import EdgeArc, Shape

EXACT_M = 1e-6


@dataclass(frozen=True)
class Kerb:
    """One kerb of a bend; ``arc`` is None where the kerb is interrupted there."""

    side: str  # inner | outer
    arc: EdgeArc | None
    line: shapely.LineString


@dataclass(frozen=True)
class Bend:
    """One bend of a lane, or one corner of a junction.

    ``kind`` is ``bend`` or ``corner``. A corner has an inner kerb alone; a bend has an outer one too unless that
    is straight. ``turn_deg`` is by how much the lane turns, ``from_m`` and ``to_m`` the bend's chainages (NaN at a
    corner), ``accuracy_m`` the survey accuracy of its kerbs.
    """

    bend_id: str
    kind: str
    lane_ids: tuple[str, ...]
    turn_deg: float
    from_m: float
    to_m: float
    inner: Kerb
    outer: Kerb | None
    place: tuple[float, float]
    accuracy_m: float


@dataclass(frozen=True)
class Trust:
    """What a kerb must be like for its radius to be relied on (parameters of a rule).

    Attributes
    ----------
    least_arc_deg : float
        Least extent of the arc [deg].
    largest_residual_m : float
        Greatest rms distance of the vertices from leg, arc and leg [m]; the survey's accuracy where that is coarser.
    uncertainty_share : float
        Greatest standard uncertainty, as a share of the radius.
    """

    least_arc_deg: float
    largest_residual_m: float
    uncertainty_share: float


def doubt(kerb: Kerb, accuracy_m: float, trust: Trust) -> tuple[str, str] | None:
    """Say why a kerb's radius cannot be relied on (Chinese, English); None where it can."""
    arc = kerb.arc
    if arc is None:
        return "该处路缘不连续", "the kerb is interrupted there"
    if arc.shape is Shape.SQUARE_CORNER:
        return None
    if arc.shape is Shape.ANGULAR:
        return "路缘为折线而非圆弧", "the kerb is drawn with angles, not as an arc"
    if arc.shape is Shape.FEW_VERTICES:
        return f"弧上只有 {arc.points} 个顶点", f"there are only {arc.points} vertices on the arc"
    if arc.residual_m > max(trust.largest_residual_m, accuracy_m):
        return (
            f"路缘与圆弧相差 {arc.residual_m:.3f} 米（均方根），不是单一圆弧",
            f"the kerb is off the arc by {arc.residual_m:.3f} m (rms): it is not a single arc",
        )
    if arc.arc_deg < trust.least_arc_deg:
        return f"圆弧的圆心角只有 {arc.arc_deg:.0f}°", f"the arc spans only {arc.arc_deg:.0f}°"
    if arc.uncertainty_m > trust.uncertainty_share * arc.radius_m:
        told = f"{arc.radius_m:.2f} ± {2 * arc.uncertainty_m:.2f}"
        return f"拟合不可靠（{told} 米）", f"the fit is poor ({told} m)"
    return None


def drawn_exactly(arc: EdgeArc) -> bool:
    """Tell whether a kerb is drawn, not surveyed: its vertices lie on the circle to a micrometre."""
    return arc.shape is Shape.SQUARE_CORNER or arc.residual_m <= EXACT_M
