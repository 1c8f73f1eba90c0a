"""The words of the sheets and labels of vehicle tracking, in Chinese and English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firelane.drawing.text import safe_text
from firelane.tracking.vehicle import FieldStatus
from firelane.vocabulary import ObstructionKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firelane.auditing import Audit
    from firelane.drawing.swept import Tracked
    from firelane.vocabulary import Lang

_WORDS: dict[str, tuple[str, str]] = {
    "plan": ("{name}轨迹图", "TRACKING: {name}"),
    "plan_short": ("车辆轨迹图", "VEHICLE TRACKING"),
    "vehicle": ("{name}参数", "VEHICLE: {name}"),
    "sheet": ("{name}轨迹验算表", "RESULTS: {name}"),
    "helps": ("整改措施见验算表。", "What would help: see the results."),
    "more": ("另有 {n} 处，见验算表。", "{n} more: see the results."),
    "closeups": ("{name}越界部位详图", "OVERRUNS: {name}"),
    "over": ("越界{depth}米 {part}", "{depth} m over, {part}"),
    "start": ("{name} 自{entrance}：可通过 {passed}，未找到路线 {open}", "{name} from {entrance}: {passed} reached, {open} not found"),
    "start_unknown": ("，净高未测量 {n}", ", height not measured {n}"),
    "start_failed": ("，不可通过 {failed}", ", {failed} cannot be reached"),
    "trip": ("{trip} 至{target}，{length} 米", "{trip} to {target}, {length} m"),
    "turning": ("{trip} {target}尽端调头，{length} 米", "{trip} turns round, {target}, {length} m"),
    "on_plan": ("（净高未测量）", " (height not measured)"),
    "below": ("须测净高：{owners}", "measure the height of {owners}"),
    "changes": ("，换向 {n} 次", ", {n} changes of direction"),
    "entrance": ("入口 {id}", "entrance {id}"),
    "lane": ("车道 {id}", "lane {id}"),
    "all": ("全部 {n} 个目标", "all {n} targets"),
    "lane_head": ("车道", "Lane"),
    "building": ("建筑 {id}", "building {id}"),
    "edge": ("路面边缘（{id}）", "edge of {id}"),
    "data": ("车辆参数", "Vehicle"),
    "figure": ("车辆外形尺寸", "Vehicle, dimensions"),
    "circle": ("最小转弯圆", "Circles at full lock"),
    "item": ("项目", "Item"),
    "value": ("取值", "Value"),
    "status": ("状态", "Status"),
    "no": ("序号", "No."),
    "targets": ("到达情况", "What is reached"),
    "from": ("入口", "Entrance"),
    "target": ("目标", "Target"),
    "class": ("结论", "Outcome"),
    "length": ("路线长度\n(m)", "Length\n(m)"),
    "share": ("路线驶过\n的比例", "Share\npassed"),
    "missing": ("约缺宽度\n(m)", "Short by\nabout (m)"),
    "where": ("路线/越界", "Drive / overrun"),
    "conflicts": ("越界部位（越界最小的路线）", "Where the drive of least overrun leaves its ground"),
    "depth": ("越界\n(m)", "Over\n(m)"),
    "part": ("车辆部位", "Part of the vehicle"),
    "owners": ("占用对象", "What is there"),
    "chainage": ("路线桩号\n(m)", "Chainage\n(m)"),
    "x": ("X（北）", "X (north)"),
    "y": ("Y（东）", "Y (east)"),
    "trip_id": ("路线", "Drive"),
    "mends": ("整改建议（以同一路线复核）", "What would let it through (checked with the same drive)"),
    "note_together": ("同一路线的各项措施须全部完成。", "Measures for the same drive have to be done together."),
    "one_of": ("（本路线共 {n} 项，须全部完成）", " (one of {n} for this drive, all have to be done)"),
    "measure": ("措施", "Measure"),
    "clears": ("针对", "Clears"),
    "proven": ("已复核", "Checked"),
    "turnings": ("尽端调头", "Turning round at dead ends"),
    "dead_end": ("尽端", "Dead end"),
    "manoeuvres": ("换向次数", "Changes of\ndirection"),
    "reverse": ("倒车距离\n(m)", "In reverse\n(m)"),
    "turns_on_plan": ("净高未测量：仅平面上可调头", "height not measured: turns round on plan alone"),
    "backs_out": ("未找到调头路线，须倒车驶出", "no way to turn round found: it reverses out"),
    "turns": ("可调头（已证明）", "turns round, proven"),
    "not_there": ("未到达，未搜索", "it does not come there, not tried"),
    "bend_pass": ("宽度足够（已证明）", "wide enough, proven"),
    "bend_fail": ("不可通过（已证明）", "cannot be driven, proven"),
    "bend_open": ("按公式不能判定", "not decided by the form"),
    "bends": ("弯道宽度（按公式）", "Widths of bends (closed form)"),
    "turn": ("转角(°)", "Turn (°)"),
    "inner": ("内侧半径(m)", "Inner radius (m)"),
    "clear": ("净宽\n(m)", "Clear\nwidth (m)"),
    "needed": ("需要\n(m)", "Needed\n(m)"),
    "margin": ("余量\n(m)", "Margin\n(m)"),
    "aim": ("建议内侧半径/宽度(m)", "Radius / width to aim at (m)"),
    "yes": ("是", "yes"),
    "no_": ("否", "no"),
    "length_m": ("车长", "length"),
    "width_m": ("车宽", "width"),
    "wheelbase_m": ("轴距", "wheelbase"),
    "front_overhang_m": ("前悬", "front overhang"),
    "rear_overhang_m": ("后悬", "rear overhang"),
    "track_m": ("轮距（外侧）", "track (outer sides)"),
    "height_m": ("车高", "height"),
    "turning_radius_m": ("给定最小转弯半径：{basis}", "least turning radius given: {basis}"),
    "stated_radius": ("最小转弯半径", "least turning radius"),
    "lock_time_s": ("方向盘左右满打时间", "time from lock to lock"),
    "radius": ("最小转弯半径：{basis}", "least turning radius: {basis}"),
    "lock": ("前轮最大转角（前轴中点）", "steering angle at lock (front axle's middle)"),
    "lock_way": ("由直行至满打的行驶距离", "way driven from straight ahead to lock"),
    "margin_m": ("车身四周安全余量", "clearance kept all around the body"),
    "kerb_overhang": ("车身可越过低路缘", "body may pass over low kerbs"),
    "standing": ("原地打方向", "wheels turned while standing"),
    "cell": ("求解网格", "cell of the search"),
    "policy": ("行驶条件，待确认", "chosen, to be confirmed"),
    "search": ("计算", "computation"),
    "note_class": (
        "“可通过”“不可通过”均经独立复核；“未找到路线”不等于不能通过，须人工复核，所列缺宽为估算（±0.10 米）。",
        ("“Proven” outcomes were checked independently; where no line was found a human must look: that is no failure, and "
         "the width said to be missing is an estimate (±0.10 m)."),
    ),
    "note_height": (
        "“净高未测量”：路线仅在平面上复核，须从净高未测量的物体下通过，能否通过不作判定，须先量测所列物体的净高。",
        ("“Clear height not measured”: the line is proven on plan alone and passes below something of unknown height; nothing is "
         "judged until the heights named are measured."),
    ),
    "note_data": (
        "半径须与其定义一并使用；标“待确认”的数据为设定值，施工或认定前须以实车资料核实。",
        "A radius means nothing without its definition; data “to be confirmed” are assumed and need the vehicle's own sheet.",
    ),
    "note_drawn": (
        ("虚线行驶线为倒车；虚线轮迹为后轮；车辆按 2 米间距绘出（弯道、越界处、调头处）；共用路段只绘一次。"),
        ("Drive lines are dashed in reverse, wheel tracks of the rear wheels; the vehicle stands every 2 m in bends, at "
         "conflicts and where it turns round; ground that drives share is drawn once."),
    ),
    "note_bends": (
        "同心弯道公式：宽度足够即证明可通过；宽度不足不等于不能通过，以路线搜索为准。",
        "Form of concentric bends: enough width is a proof; too little is none, the search for a line decides.",
    ),
    "note_tyre": ("尺寸单位 mm；轮胎为示意。", "Dimensions in mm; tyres are symbols. "),
    "note_star": ("* 设定值，待确认。", "* assumed, to be confirmed."),
    "listing": (
        "车辆轨迹：{name}，长 {length} 米、宽 {width} 米，最小转弯半径 {radius} 米（{basis}），{status}。",
        "Vehicle tracking: {name}, {length} m long, {width} m wide, least turning radius {radius} m ({basis}), {status}.",
    ),
}  # fmt: skip


def said(key: str, lang: Lang, **values: object) -> str:
    """Return a word or sentence in ``lang``, its places filled with ``values``."""
    text = _WORDS[key][0 if lang == "zh" else 1]
    return text.format(**values) if values else text


def owner_name(audit: Audit, owner: str, lang: Lang) -> str:
    """Return what is in the way as a reader knows it: kind and id."""
    if owner.startswith("edge:"):
        return said("edge", lang, id=safe_text(owner.removeprefix("edge:"), 60))
    plain = owner.rpartition(":")[2] or owner
    table = audit.site.layer("obstructions")
    kind = next((str(k) for i, k in zip(table["id"], table["kind"], strict=True) if str(i) == plain), "")
    label = ObstructionKind(kind).label(lang) + " " if kind in set(ObstructionKind) else ""
    return label + safe_text(plain, 60)


def owner_names(audit: Audit, owners: Sequence[str], lang: Lang) -> str:
    """Return several of them."""
    return ("、" if lang == "zh" else ", ").join(owner_name(audit, owner, lang) for owner in owners)


def vehicle_note(it: Tracked, lang: Lang) -> str:
    """Return the sentence of the first sheets that says which vehicle was tracked, and how far its data is known."""
    vehicle = it.vehicle
    source = vehicle.sources.get("turning_radius_m")
    status = source.status if source is not None else FieldStatus.ASSUMED
    return said(
        "listing", lang, name=safe_text(vehicle.name(lang), 60), length=f"{vehicle.length_m:g}", width=f"{vehicle.width_m:g}",
        radius=f"{vehicle.turning_radius_m:g}", basis=vehicle.radius_basis.label(lang), status=status.label(lang),
    )  # fmt: skip


def target_name(kind: object, target_id: object, lang: Lang) -> str:
    """Return a lane or a building as a reader knows it."""
    return said("building" if str(kind) == "building" else "lane", lang, id=safe_text(target_id, 60))
