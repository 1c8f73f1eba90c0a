"""Judging the clear height: low stretches, things beside which a way is left, heights that nobody told (Article 14)."""

from __future__ import annotations

import numpy as np

from firelane.findings import laser, lines
from firelane.findings.desk import Desk, limit_of, metres, minimum_verdict, say_unread
from firelane.measure.height import LowStretch, Overhead
from firelane.rules.model import Rule
from firelane.vocabulary import Severity, Verdict


def clear_height(desk: Desk, rule: Rule) -> None:
    """Low stretches fail, low things beside which a way is left are told, unknown ones not measured."""
    limit = limit_of(rule)
    heights = desk.measured.heights
    told: set[str] = set()
    troubled: set[str | None] = set()
    for stretch in heights.low:
        told.update(stretch.owners)
        troubled.add(stretch.lane_id)
        _low_stretch(desk, rule, stretch, limit)
    for item in heights.overhead:
        if item.owner not in told and _leaves_open(desk, rule, item, limit):
            troubled.add(item.lane_id)
    for row in desk.measured.network.lanes.itertuples():
        if row.lane_id in troubled:
            laser.rest(desk, rule, row.lane_id)
            continue
        place = desk.lane_middle(row.lane_id)
        value = heights.clear_height_m.get(row.lane_id, np.nan)
        if laser.lane(desk, rule, row.lane_id, value):
            continue
        if not desk.complete("obstructions"):
            desk.add(
                rule, Verdict.NOT_MEASURED, row.lane_id, f"{desk.not_looked('obstructions', 'zh')}，净高未测量",
                f"{desk.not_looked('obstructions', 'en')}: clear height was not measured", lane_id=row.lane_id, place=place,
            )  # fmt: skip
        elif np.isnan(value):
            desk.add(
                rule, Verdict.PASS, row.lane_id, "上方没有障碍物", "nothing spans the lane",
                lane_id=row.lane_id, place=place,
            )  # fmt: skip
        else:
            desk.add(
                rule, minimum_verdict(value, limit, desk.accuracy_m("obstructions", "entrances", heights=True)),
                row.lane_id,
                f"净高 {metres(value)} 米，要求不小于 {metres(limit)} 米",
                f"clear height {metres(value)} m, at least {metres(limit)} m required",
                value=value, margin=value - limit, lane_id=row.lane_id, place=place,
            )  # fmt: skip
    lines.clear_height(desk, rule)
    if desk.unread("obstructions"):
        say_unread(desk, rule)


def _low_stretch(desk: Desk, rule: Rule, stretch: LowStretch, limit: float) -> None:
    """Tell of a stretch that nothing of the envelope's height passes."""
    wide = f"{desk.measured.envelope['width_m']:g}"
    said_zh, said_en = laser.source(desk, stretch.owners)
    start, end = stretch.span_m or (stretch.chainage_m, stretch.chainage_m)
    span = f"{start:.1f}–{end:.1f}" if end - start >= 0.5 else f"{stretch.chainage_m:.1f}"
    desk.add(
        rule, minimum_verdict(stretch.clear_height_m, limit, laser.accuracy_of(desk, stretch.owners)),
        f"{stretch.lane_id}:{stretch.owners[0]}",
        f"净高 {metres(stretch.clear_height_m)} 米，要求不小于 {metres(limit)} 米："
        f"{desk.owner_names(stretch.owners, 'zh')}，旁边没有 {wide} 米宽的通路；桩号 {span} 米{said_zh}",
        f"clear height {metres(stretch.clear_height_m)} m, at least {metres(limit)} m required: "
        f"{desk.owner_names(stretch.owners, 'en')}, no {wide} m way beside it; chainage {span} m{said_en}",
        value=stretch.clear_height_m, margin=stretch.clear_height_m - limit, lane_id=stretch.lane_id,
        place=stretch.place, owners=stretch.owners, chainage_m=(start, end),
    )  # fmt: skip


def _leaves_open(desk: Desk, rule: Rule, item: Overhead, limit: float) -> bool:
    """Tell of one thing overhead that bars nothing for certain; return whether it leaves its lane unmeasured."""
    wide = f"{desk.measured.envelope['width_m']:g}"
    name_zh, name_en = desk.owner_names([item.owner], "zh"), desk.owner_names([item.owner], "en")
    if item.clear_height_m is None:
        desk.add(
            rule, Verdict.NOT_MEASURED, item.owner,
            f"{name_zh} 的净高未测量，请量测其下缘距路面的高度",
            f"the underside of {name_en} was not measured: measure its height above the road",
            lane_id=item.lane_id, place=item.place, owners=[item.owner],
        )  # fmt: skip
        return True
    if item.clear_height_m >= limit - 1e-6:
        return False
    if laser.beside(desk, rule, item):
        return True
    said_zh, said_en = laser.source(desk, [item.owner])
    desk.add(
        rule, Verdict.PASS, item.owner,
        f"{name_zh} 下缘高 {metres(item.clear_height_m)} 米{said_zh}，旁边仍有 {wide} 米宽、{metres(limit)} 米高的通路",
        f"the underside of {name_en} is at {metres(item.clear_height_m)} m{said_en}; a {wide} m wide way "
        f"{metres(limit)} m high is left beside it",
        value=item.clear_height_m, margin=item.clear_height_m - limit, lane_id=item.lane_id,
        place=item.place, owners=[item.owner], severity=Severity.INFO,
    )  # fmt: skip
    return False
