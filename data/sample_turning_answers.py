"""What a pump of 8 m can and cannot do in the yard of ``sample_turning.py``, and why: worked out by hand.

The vehicle is the preset ``pump-8``: 8.00 × 2.50 m, front 5.85 m before the rear axle, at full lock its outer front corner
runs on a circle of 9.93 m, its inner side on one of 5.52 m.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import sample_turning as yard
from sample_answers import Answer
from sample_geometry import Frame, Pt
from sample_layers import Layers

PASS, FAIL, OPEN = "proven_pass", "proven_fail", "not_found"

LENGTH_M, WIDTH_M, FRONT_M = 8.0, 2.5, 5.85

FORM_M = math.sqrt((yard.BEND_INNER_M + WIDTH_M) ** 2 + FRONT_M**2) - yard.BEND_INNER_M
BOUND_M = (LENGTH_M / 2 + WIDTH_M) / math.sqrt(2)

BOLLARD_GAP_M = yard.LANE_M / 2 - yard.BOLLARD_RADIUS_M


@dataclass(frozen=True)
class Reached:
    """Whether a lane or a building is reached, from any entrance; ``short_m`` is what is missing in width, ± 0.10 m."""

    kind: str
    name: str
    found: str
    at: Pt
    zh: str
    en: str
    short_m: float | None = None


@dataclass(frozen=True)
class BendAnswer:
    """One bend: inner radius, clear width, the width that suffices by the form, and what the widths prove."""

    lane: str
    at: Pt
    inner_m: float
    clear_m: float
    required_m: float | None
    found: str
    zh: str
    en: str
    bound_m: float | None = None


@dataclass(frozen=True)
class TurnAnswer:
    """Whether the pump turns round where a lane ends: ``least_changes`` of direction, else it reverses out."""

    lane: str
    at: Pt
    found: str
    least_changes: int | None
    zh: str
    en: str


REACHED = (
    Reached("lane", "A", PASS, (50.0, 40.0), "弯道按公式需 3.90 米，净宽 4.00 米", "by the form the bend asks 3.90 m, and is 4.00 m wide"),
    Reached("lane", "B", FAIL, (88.4, 42.0), "直角弯两侧 4.40 米，小于下限 4.60 米", "a sharp corner of 4.40 m, below the lower bound of 4.60 m"),
    Reached("lane", "C", PASS, (172.0, 38.7), "直角弯 5.50 米，满舵一次需 5.30 米", "a sharp corner of 5.50 m; one arc at full lock asks 5.30 m"),
    Reached("lane", "D", FAIL, (48.0, -20.0), "夹缝 2.40 米，车宽 2.50 米", "a gap of 2.40 m, the pump is 2.50 m wide", WIDTH_M - yard.GAP_M),
    Reached("lane", "E", FAIL, (74.0, -20.0), "桩两侧各 1.90 米；该桩可拆除", "1.90 m on either side of a post, which can be removed", WIDTH_M - BOLLARD_GAP_M),
    Reached("lane", "F", FAIL, (100.0, -20.0), "桩两侧各 1.90 米；该桩不可拆除", "1.90 m on either side of a post, which stays", WIDTH_M - BOLLARD_GAP_M),
    Reached("lane", "G", PASS, (132.0, -18.0), "5 米直路", "straight, 5 m"),
    Reached("lane", "G1", PASS, (118.0, -32.5), "丁字路口转角半径 9 米", "into the head by a return of 9 m"),
    Reached("lane", "G2", PASS, (146.0, -32.5), "丁字路口转角半径 9 米", "into the head by a return of 9 m"),
    Reached("lane", "H", PASS, (164.0, -14.0), "4 米直路", "straight, 4 m"),
    Reached("lane", "I", PASS, (132.0, 20.0), "4 米直路", "straight, 4 m"),
    Reached("lane", "J", FAIL, (235.0, 0.0), "出口 2.40 米，车宽 2.50 米", "a way out of 2.40 m, the pump is 2.50 m wide", WIDTH_M - yard.NECK_M),
    Reached("lane", "K", PASS, (202.0, -20.0), "6 米直路", "straight, 6 m"),
    Reached("building", "B0", PASS, (9.0, 9.0), "紧邻大街", "beside the street"),
    Reached("building", "BA", PASS, (56.0, 49.0), "在弯道之后", "behind the bend"),
    Reached("building", "BB", OPEN, (113.0, 53.0), "在窄直角弯之后", "behind the narrow corner"),
    Reached("building", "BC", PASS, (176.0, 49.0), "在宽直角弯之后", "behind the wide corner"),
    Reached("building", "BD", FAIL, (48.0, -44.0), "在夹缝之后", "behind the gap", WIDTH_M - yard.GAP_M),
    Reached("building", "BE", FAIL, (74.0, -44.0), "在可拆除的桩之后", "behind the post that can be removed", WIDTH_M - BOLLARD_GAP_M),
    Reached("building", "BF", FAIL, (99.0, -44.0), "在不可拆除的桩之后", "behind the post that stays", WIDTH_M - BOLLARD_GAP_M),
)  # fmt: skip

BENDS = (
    BendAnswer("A", (34.6, 35.4), yard.BEND_INNER_M, yard.LANE_M, FORM_M, PASS, "√((9+2.5)²+5.85²)−9", "√((9+2.5)²+5.85²)−9"),
    BendAnswer("B", (88.4, 42.0), 0.0, yard.NARROW_CORNER_M, None, FAIL, "(8/2+2.5)/√2", "(8/2+2.5)/√2", BOUND_M),
    BendAnswer("C", (155.5, 36.0), 0.0, yard.WIDE_CORNER_M, None, OPEN, "公式只供参考，须以轨迹判定", "the form is for orientation: tracking decides", BOUND_M),
)  # fmt: skip

TURNS = (
    TurnAnswer("A", (60.0, 40.0), OPEN, None, "4 米宽容不下 8 米长的车横过来", "8 m of truck do not stand across 4 m"),
    TurnAnswer("C", (180.0, 38.7), OPEN, None, "5.5 米宽容不下 8 米长的车横过来", "8 m of truck do not stand across 5.5 m"),
    TurnAnswer("G", (132.0, -32.5), PASS, 2, "驶入一臂、倒入另一臂、驶出", "into one arm, back into the other, and out"),
    TurnAnswer("H", (164.0, -28.0), OPEN, None, "12 米见方，行进中打方向时未找到", "12 m square: none found with wheels turned only while it rolls"),
    TurnAnswer("I", (132.0, 34.0), OPEN, None, "4 米宽容不下 8 米长的车横过来", "8 m of truck do not stand across 4 m"),
    TurnAnswer("K", (202.0, -59.0), PASS, 0, "圆半径 15 米，大于车的 9.93 米", "a circle of 15 m; the pump's own is 9.93 m"),
)  # fmt: skip


def answers(layers: Layers) -> list[Answer]:
    """Return the violations: what is too narrow for the pump is too narrow for the 4 m as well."""
    assert layers.rows["roads"]

    def bad(rule: str, kind: str, subject: str, place: str, value: float | None = None) -> Answer:
        at, owners, within, zh, en = places[place]
        mine = (subject,) if kind == "obstruction" else owners
        return Answer("violation", rule, "fail", kind, subject, at, zh, en, value, within_m=within, owners=mine)

    places: dict[str, tuple[Pt, tuple[str, ...], float, str, str]] = {
        "corner": ((88.4, 42.0), ("edge:RB",), 3.0, "直角弯 4.40 米，下限 4.60 米", "corner of 4.40 m, bound 4.60 m"),
        "gap": ((48.0, -20.0), ("M1", "M2"), 3.0, "夹缝 2.40 米", "a gap of 2.40 m"),
        "loose": ((74.0, -20.0), ("Z1",), 3.0, "桩旁 1.90 米", "1.90 m beside a post"),
        "fixed": ((100.0, -20.0), ("Z2",), 3.0, "桩旁 1.90 米", "1.90 m beside a post"),
        # the whole neck is as wide
        "neck": ((236.0, 0.0), ("edge:RJ",), 13.0, "出口 2.40 米", "a way out of 2.40 m"),
    }
    width, thing, turning = "sy2020-14-clear-width", "sy2020-10-obstruction", "sy2020-14-turning"
    narrow = {"D": "gap", "E": "loose", "F": "fixed", "J": "neck"}
    value = {"gap": yard.GAP_M, "loose": BOLLARD_GAP_M, "fixed": BOLLARD_GAP_M, "neck": yard.NECK_M}
    things = {"M1": "gap", "M2": "gap", "Z1": "loose", "Z2": "fixed"}
    return [
        *(bad(width, "lane", lane, place, value[place]) for lane, place in narrow.items()),
        *(bad(thing, "obstruction", name, place, value[place]) for name, place in things.items()),
        *(bad(turning, "lane", lane, place) for lane, place in (("B", "corner"), *narrow.items())),
        *(bad(turning, "building", f"B{lane}", narrow[lane]) for lane in "DEF"),
    ]


def lane_points() -> dict[str, tuple[Pt, str]]:
    """Return a point on each lane that is asked for, and the road it lies on."""
    return yard.lane_points()


def to_toml(frame: Frame) -> str:
    """Return what tracking has to say, for programs: it follows the tables of ``sample_answers``."""
    lines = ["", "# What pump-8 can do, over all entrances: short_m is the width that is missing, to 0.10 m."]
    for r in REACHED:
        lines += ["", "[[reached]]", f'kind = "{r.kind}"', f'name = "{r.name}"', f'class = "{r.found}"']
        lines += [] if r.short_m is None else [f"short_m = {round(r.short_m, 3)}"]
        lines += _why(frame, r.at, r.zh, r.en)
    for b in BENDS:
        lines += ["", "[[bend]]", f'lane = "{b.lane}"', f"inner_radius_m = {b.inner_m}", f"clear_width_m = {b.clear_m}"]
        lines += [] if b.required_m is None else [f"required_width_m = {round(b.required_m, 4)}"]
        lines += [] if b.bound_m is None else [f"lower_bound_m = {round(b.bound_m, 4)}"]
        lines += [f'class = "{b.found}"', *_why(frame, b.at, b.zh, b.en)]
    for t in TURNS:
        lines += ["", "[[turning]]", f'lane = "{t.lane}"', f'class = "{t.found}"']
        lines += [] if t.least_changes is None else [f"changes = {t.least_changes}"]
        lines += _why(frame, t.at, t.zh, t.en)
    return "\n".join(lines) + "\n"


def _why(frame: Frame, at: Pt, zh: str, en: str) -> list[str]:
    east, north = frame.point(*at)
    return [f"location = [{east:.3f}, {north:.3f}]", f'why_zh = "{zh}"', f'why_en = "{en}"']


def to_markdown(frame: Frame) -> str:
    """Return the same for people."""
    words = {PASS: "可通过 proven pass", FAIL: "不可通过 proven fail", OPEN: "未找到 not found"}
    lines = ["", "## 消防车 pump-8 能到达什么 · What the pump reaches", ""]
    lines += _table(
        ("对象 target", "结论 answer", "差 short [m]"),
        [(f"{r.kind} {r.name}", words[r.found], "" if r.short_m is None else f"{r.short_m:.2f}", r) for r in REACHED], frame,
    )  # fmt: skip
    lines += ["", "## 弯道 · Bends", ""]
    lines += _table(
        ("车道 lane", "内半径 R [m]", "净宽 clear [m]", "需要 needed [m]", "下限 bound [m]", "结论 answer"),
        [(b.lane, f"{b.inner_m:.1f}", f"{b.clear_m:.2f}", _metres(b.required_m), _metres(b.bound_m), words[b.found], b) for b in BENDS],
        frame,
    )  # fmt: skip
    lines += ["", "## 调头 · Turning round", ""]
    lines += _table(
        ("车道 lane", "结论 answer", "换向次数 changes"),
        [(t.lane, "可调头 turns" if t.found == PASS else "倒车驶出 reverses out", "" if t.least_changes is None else str(t.least_changes), t) for t in TURNS],
        frame,
    )  # fmt: skip
    return "\n".join(lines) + "\n"


def _metres(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _table(head: Sequence[str], rows: Sequence[tuple], frame: Frame) -> list[str]:
    lines = ["| " + " | ".join((*head, "位置 E, N", "原因", "why")) + " |", "|" + "---|" * (len(head) + 3)]
    for *cells, row in rows:
        east, north = frame.point(*row.at)
        lines.append("| " + " | ".join((*cells, f"{east:.1f}, {north:.1f}", row.zh, row.en)) + " |")
    return lines
