"""Whether a building is a high-rise, and what is said where nothing can be judged."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely

from firelane.findings.desk import PASS_SLACK_M, Desk, metres
from firelane.rules.model import Rule
from firelane.vocabulary import Verdict

NO_BUILDINGS = ("未提供建筑（没有 buildings 图层）", "no buildings layer was given")
NO_ENTRANCES = ("未调查出入口（没有 entrances 图层）", "entrances were not surveyed (no entrances layer)")
NO_OBSTRUCTIONS = (
    "未调查障碍物（没有 obstructions 图层）", "obstructions were not surveyed (no obstructions layer)"
)  # fmt: skip


@dataclass(frozen=True)
class Height:
    """Height of one building; ``estimated`` from its floors. ``high`` is None where it cannot be told."""

    value_m: float | None
    estimated: bool
    high: bool | None

    def text(self, lang: str) -> str:
        """Return the height for a message."""
        if self.value_m is None:
            return "高度未知" if lang == "zh" else "height unknown"
        if self.estimated:
            if lang == "zh":
                return f"高约 {self.value_m:g} 米，按层数估算，仅供参考"
            return f"about {self.value_m:g} m high, only an estimate from its floors"
        return f"高 {metres(self.value_m)} 米" if lang == "zh" else f"{metres(self.value_m)} m high"


def heights(desk: Desk, rule: Rule) -> dict[str, Height]:
    """Return each building's height and whether it is a high-rise (高层建筑).

    Dwellings count above ``high_rise_residential_m``, other buildings of more than one storey above
    ``high_rise_m``; the use of a building is not in the data, so between the two it cannot be told.
    """
    result = {}
    for row in desk.measured.site.layer("buildings").itertuples():
        floors, surveyed = _number(row.floors), _number(row.height_m)
        estimate = None if floors is None else floors * rule.params["storey_m"]
        value = estimate if surveyed is None else surveyed
        high = None if value is None else _high(value, floors, rule)
        result[str(row.id)] = Height(value, estimated=surveyed is None and value is not None, high=high)
    return result


def _number(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)


def _high(value_m: float, floors: float | None, rule: Rule) -> bool | None:
    if value_m <= rule.params["high_rise_m"] + PASS_SLACK_M or floors == 1:
        return False
    return True if value_m > rule.params["high_rise_residential_m"] + PASS_SLACK_M else None


def unsure(height: Height, rule: Rule) -> tuple[str, str]:
    """Say why it cannot be told whether a building is a high-rise."""
    if height.value_m is None:
        return (
            "建筑高度和层数均未填写，无法判断是否为高层建筑",
            "neither height nor floors are given: whether it is a high-rise cannot be told",
        )
    low, high = metres(rule.params["high_rise_m"]), metres(rule.params["high_rise_residential_m"])
    return (
        f"{height.text('zh')}，在 {low} 至 {high} 米之间：是否为高层建筑取决于使用性质，数据中没有",
        f"{height.text('en')}, between {low} and {high} m: whether it is a high-rise depends on its use, which is not in the data",
    )


def places(desk: Desk) -> dict[str, tuple[float, float]]:
    """Return a point within each building."""
    table = desk.measured.site.layer("buildings")
    points = shapely.point_on_surface(table.geometry.to_numpy())
    return {str(i): (float(p.x), float(p.y)) for i, p in zip(table["id"], points, strict=True)}


def take_back_passes(desk: Desk, since: int) -> None:
    """Turn what passes only because nobody looked for obstacles into *not measured*.

    Parameters
    ----------
    desk : Desk
    since : int
        Number of findings before those to be looked at.
    """
    if desk.complete("obstructions"):
        return
    why_zh, why_en = desk.not_looked("obstructions", "zh"), desk.not_looked("obstructions", "en")
    for n, finding in enumerate(desk.findings[since:], since):
        if finding.verdict is Verdict.PASS:
            desk.findings[n] = replace(
                finding, verdict=Verdict.NOT_MEASURED, message_zh=f"{finding.message_zh}；但{why_zh}，不作判定",
                message_en=f"{finding.message_en}; but {why_en}: not judged",
            )  # fmt: skip


def has_buildings(desk: Desk, rule: Rule) -> bool:
    """Tell whether there are buildings; where not, say so."""
    if not desk.measured.site.surveyed("buildings"):
        desk.not_measured(rule, *NO_BUILDINGS)
        return False
    if not len(desk.measured.site.layer("buildings")):
        desk.not_applicable(rule, "没有建筑", "there are no buildings")
        return False
    return True
