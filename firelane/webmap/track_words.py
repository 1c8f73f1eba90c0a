"""The words of vehicle tracking on the map, in both languages."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firelane.vocabulary import Lang

# key: (Chinese, English). Those under "page_" are handed to the page, which fills some of them.
_WORDS: dict[str, tuple[str, str]] = {
    "page_tab": ("车辆通行", "Vehicle"),
    "page_choose": ("选择车辆", "Choose a vehicle"),
    "page_swept": ("扫掠范围", "Swept ground"),
    "page_lines": ("路线（后轴中点）", "Drives (middle of rear axle)"),
    "page_conflicts": ("越界处", "Where it overruns"),
    "page_layers": ("图层", "Layers"),
    "page_targets": ("能到达何处", "What it reaches"),
    "page_all": ("全部 {n}", "all {n}"),
    "page_none_here": ("没有此类目标。", "No target of this class."),
    "page_dead_ends": ("尽端调头", "Turning round at dead ends"),
    "page_bends": ("弯道、转角（公式）：{n} 处", "Bends and corners, by formula: {n}"),
    "bend_radius": ("内缘半径 {r}（±{u} m）", "inner radius {r} (±{u} m)"),
    "bend_clear": ("净宽 {w}", "clear width {w}"),
    "bend_required": ("需 {w} m", "needs {w} m"),
    "bend_open": ("公式不能证明，以路线为准", "not proven by formula: the drive decides"),
    "page_notes": ("说明", "Notes"),
    "page_vehicle": ("车辆和参数", "The vehicle, and how it is driven"),
    "page_back": ("返回列表", "Back to the list"),
    "page_play": ("播放", "Play"),
    "page_pause": ("暂停", "Pause"),
    "page_again": ("重播", "Play again"),
    "page_speed": ("播放速度（1× = {v} km/h）", "Speed of play (1× = {v} km/h)"),
    "page_along": ("沿路线的位置", "Place along the drive"),
    "page_at": ("{at} / {all} m", "{at} / {all} m"),
    "page_forward": ("前进", "forward"),
    "page_reverse": ("倒车", "in reverse"),
    "page_straight": ("直行", "wheels straight"),
    "page_left": ("左转 {n}°", "wheels {n}° left"),
    "page_right": ("右转 {n}°", "wheels {n}° right"),
    "page_previous_conflict": ("上一处越界", "Previous overrun"),
    "page_next_conflict": ("下一处越界", "Next overrun"),
    "page_grow": ("扫掠范围随车辆显示", "Swept ground grows"),
    "page_follow": ("地图跟随车辆", "Map follows"),
    "page_keys": ("键盘：空格键播放或暂停；← → 移动 0.5 m，Page Up / Page Down 移动 5 m", "Keys: space plays and pauses; ← → move by 0.5 m, Page Up / Page Down by 5 m"),
    "page_no_conflict": ("此处不越界", "nothing is overrun here"),
    "page_conflict_list": ("越界处", "Where it overruns"),
    "page_mends": ("怎样才能通过", "What would let it through"),
    "page_mends_all": ("怎样才能通过（以下各项须同时完成）", "What would let it through (all of these together)"),
    "page_facts": ("路线", "The drive"),
    "page_related": ("相关对象", "Related objects"),
    "page_of_card": ("车辆通行", "Vehicle"),
    "page_show": ("在图上播放", "Play on the map"),
    "page_target_word": ("目标", "Target"),
    "page_class_word": ("结论", "Class"),
    "title": ("{vehicle} → {target}", "{vehicle} → {target}"),
    "conflict": ("{part}越界 {depth} 米 · {owner}", "{part} over by {depth} m · {owner}"),
    "conflict_label": ("越界 {depth}", "over {depth}"),
    "conflict_bare": ("{part}越界 {depth} 米", "{part} over by {depth} m"),
    "and": ("、", ", "),
    "shortfall": ("约缺宽 {n} m（±0.10 m）", "about {n} m too narrow (±0.10 m)"),
    "share": ("已证明可通过其 {n}%", "{n}% of it proven"),
    "share_on_plan": ("平面上可通过其 {n}%", "{n}% of it on plan"),
    "below": ("须测净高：{owners}", "to be measured: clear height of {owners}"),
    "at_entrance": ("在入口处即可到达，无须行驶", "within reach from the entrance, no drive is needed"),
    "shut": ("不能打开，未搜索", "cannot be opened, not tried"),
    "long": ("路线 {n} m", "drive of {n} m"),
    "from": ("自{entrance}", "from {entrance}"),
    "entrance_class": ("{entrance}：{found}", "{entrance}: {found}"),
    "shows_overrun": ("可播放越界最小的路线", "the line of least overrun can be played"),
    "proven_mend": ("已用同一路线复核", "proven by the same drive"),
    "proven_together": ("全部完成后，已用同一路线复核", "with all of them done, proven by the same drive"),
    "unproven_mend": ("未经复核", "not proven"),
    "turn_found": ("可调头，换向 {n} 次（已复核）", "turns round, {n} changes of direction (proven)"),
    "turn_on_plan": ("净高未测量：仅平面上可调头，换向 {n} 次", "clear height not measured: turns round on plan alone, {n} changes of direction"),
    "turn_not_found": ("未找到调头路线，须人工复核", "no way to turn round found: a human must look"),
    "turn_reverse": ("，须倒车 {n} m", "; has to reverse for {n} m"),
    "turn_not_tried": ("未搜索：没有到达此处的已证明路线", "not tried: no proven drive comes here"),
    "turn_fail": ("不能调头（已证明）", "cannot turn round (proven)"),
    "dead_end": ("尽端 {id}（{lane}）", "dead end {id} ({lane})"),
    "tell_size": ("长 × 宽 × 高", "Length × width × height"),
    "tell_axles": ("轴距、前悬、后悬、轮距", "Wheelbase, front and rear overhang, track"),
    "tell_radius": ("最小转弯半径", "Least turning radius"),
    "tell_radii": ("由此推算的半径", "Radii that follow"),
    "tell_lock": ("最大转向角（前轴中点）", "Lock (middle of the front axle)"),
    "tell_margin": ("四周余量", "Margin all around"),
    "tell_kerb": ("车身可越过路缘", "Body may pass over kerbs"),
    "tell_crawl": ("转弯车速", "Speed in a turn"),
    "tell_source": ("车辆数据", "Data of the vehicle"),
    "tell_resolution": ("搜索网格", "Grid of the search"),
    "tell_states": ("搜索状态数", "States searched"),
    "tell_length": ("路线长度（后轴，含倒车）", "Length (rear axle, reversing counted)"),
    "tell_reverse": ("其中倒车", "Of this in reverse"),
    "tell_changes": ("换向次数", "Changes of direction"),
    "tell_outside": ("越界面积", "Ground overrun"),
    "tell_serves": ("首次到达", "First to reach"),
    "tell_below": ("从下方通过（净高未测量）", "Passes below (clear height not measured)"),
    "tell_entrance": ("出入口", "Entrance"),
    "assumed": ("车辆尺寸为设定值，待确认", "the vehicle's dimensions are assumed, to be confirmed"),
    "never_fail": ("“未找到路线”不等于不可通过，须人工复核。", "“No line found” is not “cannot be reached”: a human must look."),
    "no_lines": ("未搜索行驶路线：{why}", "No line was searched: {why}"),
    "pages_title": ("车辆通行：{vehicle}", "Vehicle tracking: {vehicle}"),
    "pages_targets": ("目标", "Targets"),
    "pages_conflicts": ("越界处（越界最小的路线）", "Where the line of least overrun overruns"),
    "pages_at": ("路线里程 {n} m", "at {n} m of the drive"),
    "legend_swept": ("扫掠范围（可行驶路线）", "swept ground (drivable lines)"),
    "legend_over": ("越界最小的路线", "line of least overrun"),
    "legend_turn": ("调头路线", "turning round"),
    "legend_conflict": ("越界处及深度", "overrun, with its depth"),
    "metre": ("{n} m", "{n} m"),
    "stop": ("；", "; "),
    "colon": ("：", ": "),
}  # fmt: skip


@lru_cache(maxsize=2)
def track_words(lang: Lang = "zh") -> Mapping[str, str]:
    """Return every word of tracking on the map in ``lang``."""
    column = 0 if lang == "zh" else 1
    return {key: pair[column] for key, pair in _WORDS.items()}


def page_words(lang: Lang = "zh") -> dict[str, str]:
    """Return those that the page itself says, without their prefix."""
    return {key.removeprefix("page_"): text for key, text in track_words(lang).items() if key.startswith("page_")}
