"""Judging clear heights that laser points (激光点云) tell: by lane, and by thing that hangs too low."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyproj
import shapely

from firelane.findings.desk import Desk, capped, metres, minimum_verdict
from firelane.measure.height import Overhead
from firelane.measure.laser import LaneCover, Laser
from firelane.rules.model import Rule
from firelane.vocabulary import ObstructionKind, Verdict

CEILING_M = 8.0
"""Heights are measured up to here: 8.0 reads "8 m or more"."""

_OVERHEAD = [kind.value for kind in ObstructionKind if kind.overhead]


def accuracy_of(desk: Desk, owners: Sequence[str]) -> float:
    """Return the accuracy of the undersides of what hangs [m], the points' own for what they showed."""
    laser = desk.measured.laser
    if laser is None or laser.owners.isdisjoint(owners):
        return desk.accuracy_of(owners, heights=True)
    rest = [o for o in owners if o not in laser.owners]
    return max(laser.accuracy_m, desk.accuracy_of(rest, heights=True) if rest else 0.0)


def source(desk: Desk, owners: Sequence[str]) -> tuple[str, str]:
    """Return what is to be said of things that points showed; empty texts where there are none."""
    laser = desk.measured.laser
    if laser is None or laser.owners.isdisjoint(owners):
        return "", ""
    guessed = any(thing.guessed for thing in laser.things if thing.id in owners)
    zh, en = ("，种类为推测", ", the kind is a guess") if guessed else ("，种类依据点的分类", ", the kind is that of their class")
    return (
        f"（据激光点云{zh}，高度精度 {metres(laser.accuracy_m)} 米）",
        f" (from laser points{en}; heights good to {metres(laser.accuracy_m)} m)",
    )


def beside(desk: Desk, rule: Rule, item: Overhead) -> bool:
    """Say that a way beside a low thing was not looked at in full; tell whether that was so."""
    laser = desk.measured.laser
    if laser is None or item.owner not in laser.owners or laser.looked_beside(item.owner):
        return False
    said_zh, said_en = source(desk, [item.owner])
    name_zh, name_en = desk.owner_names([item.owner], "zh"), desk.owner_names([item.owner], "en")
    height = metres(item.clear_height_m or 0.0)
    desk.add(
        rule, Verdict.NOT_MEASURED, item.owner,
        f"{name_zh} 下缘高 {height} 米{said_zh}；其旁激光点不足，是否留有通路未测量",
        f"the underside of {name_en} is at {height} m{said_en}; too few points lie beside it to tell whether a way is left",
        lane_id=item.lane_id, place=item.place, owners=[item.owner],
    )  # fmt: skip
    return True


def lane(desk: Desk, rule: Rule, lane_id: str, value: float) -> bool:
    """Judge a lane without low stretches by its points; tell whether that could be done.

    Where points cover the whole lane they are a survey of its height, whatever else was surveyed. Where they cover a
    part, what they tell is said, and the lane stays *not measured*, unless the survey of obstructions evidently looked up.
    A lane that no tile reaches is left to that survey.
    """
    laser = desk.measured.laser
    if laser is None or lane_id not in laser.lanes or rule.threshold is None:
        return False
    cover, limit = laser.lanes[lane_id], rule.threshold
    place = desk.lane_middle(lane_id)
    ground_zh, ground_en = _ground(laser)
    if laser.complete(lane_id) and not np.isnan(value):
        sure = abs(value - laser.sure_m(lane_id, limit)) < 1e-9
        accuracy = laser.accuracy_m if sure else desk.accuracy_m("obstructions", "entrances", heights=True)
        accuracy = max(accuracy, laser.accuracy_m)
        zh = (f"激光点云覆盖全程（{cover.density_per_m2:.1f} 点/平方米，精度 {metres(laser.accuracy_m)} 米{ground_zh}）；"
              "每米回波不足 1 点的细线缆可能漏测")  # fmt: skip
        en = (f"laser points cover the whole lane ({cover.density_per_m2:.1f} per m², good to "
              f"{metres(laser.accuracy_m)} m{ground_en}); a thin wire with less than one return per metre can be missed")  # fmt: skip
        desk.add(
            rule, minimum_verdict(value, limit, accuracy), lane_id,
            f"净高 {capped(value, CEILING_M, 'zh')}，要求不小于 {metres(limit)} 米；{zh}",
            f"clear height {capped(value, CEILING_M, 'en')}, at least {metres(limit)} m required; {en}",
            value=value, margin=value - limit, lane_id=lane_id, place=place,
        )  # fmt: skip
        return True
    if _left_open(desk, laser, lane_id):
        _not_measured(desk, rule, lane_id)
        return True
    if not _touched(desk, laser, lane_id):
        return False  # what was surveyed tells it
    zh, en = _partly(cover)
    zh, en = f"{zh}{ground_zh}", f"{en}{ground_en}"
    if np.isnan(value):
        desk.add(
            rule, Verdict.PASS, lane_id, f"所测绘的障碍物均不在车道上方；{zh}",
            f"none of the surveyed obstructions spans the lane; {en}", lane_id=lane_id, place=place,
        )  # fmt: skip
        return True
    accuracy = desk.accuracy_m("obstructions", "entrances", heights=True)
    if any(abs(thing.clear_height_m - value) < 1e-9 for thing in laser.things):
        accuracy = max(accuracy, laser.accuracy_m)
    desk.add(
        rule, minimum_verdict(value, limit, accuracy), lane_id,
        f"净高 {metres(value)} 米，要求不小于 {metres(limit)} 米；{zh}",
        f"clear height {metres(value)} m, at least {metres(limit)} m required; {en}",
        value=value, margin=value - limit, lane_id=lane_id, place=place,
    )  # fmt: skip
    return True


def rest(desk: Desk, rule: Rule, lane_id: str) -> None:
    """Say of a lane with low stretches that other parts of it were not measured, where that is so."""
    laser = desk.measured.laser
    if laser is not None and lane_id in laser.lanes and _left_open(desk, laser, lane_id):
        _not_measured(desk, rule, lane_id, subject=f"{lane_id}:rest")


def line(desk: Desk, rule: Rule, lane_id: str) -> bool:
    """Judge a lane of which only the centreline is known, by what hangs within half the envelope of it.

    Tell whether that could be done: where something is low there, a way beside it may or may not be left.
    """
    laser = desk.measured.laser
    if laser is None or lane_id not in laser.lanes or rule.threshold is None:
        return False
    cover, limit = laser.lanes[lane_id], rule.threshold
    half = f"{desk.measured.envelope['width_m'] / 2:g}"
    if not laser.complete(lane_id):
        if _left_open(desk, laser, lane_id):
            _not_measured(desk, rule, lane_id)
            return True
        if not _touched(desk, laser, lane_id) or any(o.lane_id == lane_id for o in desk.measured.on_lines.overhead):
            return False
        zh, en = _partly(cover)
        desk.add(
            rule, Verdict.PASS, lane_id, f"所测绘的障碍物均不在中心线上方；{zh}",
            f"none of the surveyed obstructions spans the centreline; {en}",
            lane_id=lane_id, place=desk.lane_middle(lane_id),
        )  # fmt: skip
        return True
    verdict = minimum_verdict(cover.lowest_m, limit, laser.accuracy_m)
    height_zh, height_en = capped(cover.lowest_m, CEILING_M, "zh"), capped(cover.lowest_m, CEILING_M, "en")
    if verdict is Verdict.FAIL:
        desk.add(
            rule, Verdict.NOT_MEASURED, lane_id,
            f"激光点云：中心线两侧各 {half} 米内最低净高 {height_zh}；路面宽度未知，旁边有无通路未测量",
            f"laser points: the lowest clear height within {half} m of the centreline is {height_en}; the width of the "
            "pavement is not known, so whether a way is left beside it was not measured",
            lane_id=lane_id, place=desk.lane_middle(lane_id),
        )  # fmt: skip
        return True
    desk.add(
        rule, verdict, lane_id,
        f"激光点云：中心线两侧各 {half} 米内净高 {height_zh}，要求不小于 {metres(limit)} 米（精度 {metres(laser.accuracy_m)} 米）",
        f"laser points: clear height within {half} m of the centreline {height_en}, at least {metres(limit)} m required "
        f"(good to {metres(laser.accuracy_m)} m)",
        value=cover.lowest_m, margin=cover.lowest_m - limit, lane_id=lane_id, place=desk.lane_middle(lane_id),
    )  # fmt: skip
    return True


def _left_open(desk: Desk, laser: Laser, lane_id: str) -> bool:
    """Tell whether nothing says how high the lane is where points are missing.

    Under tiles, a survey of obstructions that holds nothing overhead (trees alone, say) does not: nobody need have
    looked up. Where no tile lies, a survey of obstructions is taken to hold all of them.
    """
    if laser.complete(lane_id):
        return False
    if not desk.complete("obstructions"):
        return True
    return not _looked_up(desk, laser) and _touched(desk, laser, lane_id)


def _looked_up(desk: Desk, laser: Laser) -> bool:
    """Tell whether the surveyed obstructions hold overhead kinds; what points showed is not of the survey."""
    table = desk.measured.site.layer("obstructions")
    ids = table["id"][table["kind"].isin(_OVERHEAD).to_numpy(bool)]
    return any(not id_.startswith("laser:") and id_ not in laser.owners for id_ in ids.astype(str))


def _touched(desk: Desk, laser: Laser, lane_id: str) -> bool:
    """Tell whether a tile lies over a lane, with points there or without."""
    if laser.lanes[lane_id].share > 0:
        return True
    table = laser.stations[(laser.stations["lane_id"] == lane_id).to_numpy(bool)]
    if (table["points"].to_numpy() > 0).any():
        return True
    own = shapely.get_coordinates(table.geometry.to_numpy())
    site = desk.measured.site
    for tile in site.points if len(own) else ():
        xy = own
        if not tile.crs.equals(site.crs, ignore_axis_order=True):
            there = pyproj.Transformer.from_crs(site.crs, tile.crs, always_xy=True)
            xy = np.column_stack(there.transform(own[:, 0], own[:, 1]))
        if ((xy >= tile.bounds[:2]) & (xy <= tile.bounds[2:])).all(axis=1).any():
            return True
    return False


def _partly(cover: LaneCover) -> tuple[str, str]:
    """Return how much of a lane points cover, and that the survey tells the rest."""
    zh, en = _lowest(cover)
    return (
        f"激光点云覆盖本车道的 {_percent(cover)}%{zh}；其余部分依据障碍物调查（其中含架空类障碍物）",
        f"laser points cover {_percent(cover)} % of it{en}; the rest by the survey of obstructions, which holds overhead kinds",
    )


def _percent(cover: LaneCover) -> int:
    return int(100 * cover.share)  # rounded down: 99.9 % is not all of it


def _lowest(cover: LaneCover) -> tuple[str, str]:
    if np.isnan(cover.lowest_m):
        return "", ""
    return (
        f"，所测部分中间最低净高 {capped(cover.lowest_m, CEILING_M, 'zh')}",
        f"; the lowest over the middle, where it was measured: {capped(cover.lowest_m, CEILING_M, 'en')}",
    )


def _not_measured(desk: Desk, rule: Rule, lane_id: str, *, subject: str = "") -> None:
    laser = desk.measured.laser
    assert laser is not None
    cover = laser.lanes[lane_id]
    ground_zh, ground_en = _ground(laser)
    lowest_zh, lowest_en = _lowest(cover)
    if desk.complete("obstructions"):
        ground_zh = f"；障碍物调查中没有架空类障碍物，不能说明上方净空{ground_zh}"
        ground_en = f"; the survey of obstructions holds no overhead kinds and does not tell it{ground_en}"
    desk.add(
        rule, Verdict.NOT_MEASURED, subject or lane_id,
        f"激光点云只覆盖本车道的 {_percent(cover)}%{lowest_zh}；其余部分没有足够的激光点，净高未测量{ground_zh}",
        f"laser points cover {_percent(cover)} % of this lane{lowest_en}; on the rest too few laser points lie there: clear "
        f"height was not measured{ground_en}",
        lane_id=lane_id, place=desk.lane_middle(lane_id),
    )  # fmt: skip


def _ground(laser: Laser) -> tuple[str, str]:
    """Return that the ground was guessed, where it was."""
    return ("；地面为推测", "; the ground is a guess, for want of classes") if laser.ground_guessed else ("", "")
