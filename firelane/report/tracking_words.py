"""The words of the report's chapter on vehicle tracking, in both languages."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firelane.vocabulary import Lang

_WORDS: dict[str, tuple[str, str]] = {
    "h_tracking": ("消防车行驶轨迹核算", "Vehicle tracking: can the fire engine get there?"),
    "h_data": ("车辆数据（待确认项须由消防救援机构核定）", "The vehicle (what is to be confirmed is the brigade's to confirm)"),
    "h_policy": ("驾驶条件与求解精度", "How it is driven, and how finely it was searched"),
    "h_targets": ("目标一览", "Targets"),
    "h_places": ("未找到路线的位置", "Places where no line was found"),
    "h_turning": ("尽端调头", "Dead ends: turning round"),
    "h_bends": ("弯道与路口转角的宽度（按公式）", "Widths of bends and corners (by closed form)"),
    # the box
    "box_title": ("如何理解本章的结论", "How to read this chapter"),
    "box_1": (
        "“可通过（已证明）”：找到了一条行驶路线，并用另一套几何方法复核，车身扫过的范围没有任何部分越出可行驶范围；或者弯道宽度满足同心圆弧公式。",
        (
            '"Proven pass": a drivable line was found and checked again by independent geometry, nothing of the swept ground lies outside; or '
            "the bend is as wide as the concentric form asks."
        ),
    ),
    "box_2": (
        "“不可通过（已证明）”：宽度低于任何操作都无法通过的下限，或者连直径等于车宽的圆都没有通路。",
        '"Proven fail": narrower than the bound below which no manoeuvre gets round, or there is no way even for a disc of the vehicle\'s width.',
    ),
    "box_height": (
        "“净高未测量（平面上可行驶）”：路线在平面上已复核，但须从净高未测量的物体下通过，车辆能否通过不作结论；量测其下缘距路面的高度并填入数据后，应重新核算。",
        (
            '"Clear height not measured": the line is proven on plan, but it passes below something whose clear height nobody measured. Nothing '
            "is concluded; once the height of its underside above the road is in the data, this is to be computed again."
        ),
    ),
    "box_3": (
        "“未找到路线”：搜索没有找到路线，但不等于不能通过。仅凭搜索没有结果，不得判为不符合；须由人到现场复核。所缺宽度是估计值，误差约 ±0.10 m。",
        (
            '"Not found": the search found no line. That alone is no failure and must never be judged as one: somebody has to look on site. '
            "The missing width is an estimate, about ±0.10 m."
        ),
    ),
    "box_4": (
        "标明“待确认”的车辆尺寸是设定值，不是任何条文或厂家的数据；消防救援机构在 site.toml 的 [vehicle] 中给出本队车辆的数据后，应重新核算。",
        (
            'Dimensions marked "to be confirmed" are assumed: neither an instrument nor a maker states them. Once the brigade states its own '
            "vehicle in [vehicle] of site.toml, this is to be computed again."
        ),
    ),
    "box_5": (
        "转弯半径按所指的圆有四种，数值不同，不得混用；本章每处都写明是哪一种。",
        "A turning radius belongs to one of four circles, each with another figure; every one here names its circle.",
    ),
    # answers
    "reached": ("该车可到达 {n} 处目标中的 {k} 处（已证明）", "It reaches {k} of {n} targets, proven"),
    "height_unknown": ("；{n} 处仅平面上可行驶，净高未测量，不作结论", "; {n} can be driven to on plan alone, a clear height was not measured: nothing is concluded"),
    "to_measure": (
        "须先测量净高（车高 {height} m）：{owners}。",
        "Clear height to be measured first (the vehicle is {height} m high): {owners}.",
    ),
    "below_said": ("该路线还须从下列物体下通过，其净高未测量：{owners}。", "That line also passes below what is of unmeasured clear height: {owners}."),
    "below": ("须测净高：{owners}", "to be measured: clear height of {owners}"),
    "not_found": ("；{n} 处未找到路线，须现场复核", "; for {n} no line was found: look on site"),
    "proven_fail": ("；{n} 处已证明不可到达", "; {n} cannot be reached, proven"),
    "not_tried": ("；{n} 处未搜索", "; {n} not tried"),
    "stop": ("。", "."),
    "made_of": ("目标共 {n} 处：车道 {lanes} 条，建筑 {buildings} 栋；出入口 {entrances} 个。", "The {n} targets are {lanes} lanes and {buildings} buildings; entrances: {entrances}."),
    "no_targets": ("没有可作为目标的车道或建筑。", "There is no lane and no building to be reached."),
    "unsearched": ("没有搜索行驶路线：{why}。是否可到达未作结论；以下只有车辆数据和弯道宽度。", "No line was searched: {why}. Nothing is concluded about what it reaches; vehicle data and widths of bends follow."),
    "bends_said": ("弯道和路口转角 {n} 处：{ok} 处按公式够宽（已证明）", "Bends and corners: {n}; {ok} wide enough by the closed form, proven"),
    "bends_open": ("，{n} 处公式不能证明，须看轨迹", ", {n} not proven by the form (see the drives)"),
    "bends_fail": ("，{n} 处低于下限，不可通过（已证明）", ", {n} below the lower bound: proven fail"),
    "bends_untold": ("，{n} 处无法判断", ", {n} that cannot be told"),
    "ends_said": ("尽端 {n} 处：{ok} 处可调头（已证明）", "Dead ends: {n}; at {ok} it turns round, proven"),
    "ends_height": ("，{n} 处仅平面上可调头，净高未测量", ", at {n} it turns round on plan alone, a clear height was not measured"),
    "ends_reverse": ("，{n} 处未找到调头方式，须倒车驶出", ", at {n} no way to turn was found: it reverses out"),
    "ends_fail": ("，{n} 处已证明不能调头", ", at {n} it cannot turn, proven"),
    "ends_untold": ("，{n} 处未搜索", ", {n} not tried"),
    # the vehicle
    "field": ("项目", "Field"),
    "value": ("数值", "Value"),
    "status": ("数据状态", "Status"),
    "source": ("出处", "Where it is from"),
    "radius": ("最小转弯半径（所指的圆）", "Least turning radius, of which circle"),
    "given": ("给定：{status}", "stated: {status}"),
    "derived": ("由上列尺寸推算", "computed from the dimensions above"),
    "derived_open": ("由上列尺寸推算（含设定值，待确认）", "computed from the dimensions above (some assumed, to be confirmed)"),
    "lock": ("前轮最大转角", "steering lock"),
    "margin": ("安全余量", "clearance"),
    "lock_distance": ("从直行到打死所行距离", "way from straight ahead to full lock"),
    "searched": ("求解网格（所列路线中最细至最粗）", "grid of the search (finest to coarsest of the drives)"),
    "states": ("搜索的状态数（按次数限定，与机器快慢无关）", "states visited (the budget counts them, never time)"),
    "check": ("复核", "check"),
    "check_value": ("每条路线另行扫掠复核，越出面积须为 0", "every line is swept again: no area may lie outside"),
    "condition": ("条件", "Condition"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
    "none": ("—", "—"),
    # targets
    "target": ("目标", "Target"),
    "from_entrance": ("经由出入口", "From entrance"),
    "class": ("结论", "Class"),
    "length": ("最短路线 (m)", "Shortest way (m)"),
    "manoeuvres": ("换向次数", "Reversals"),
    "share": ("已驶通", "Passed"),
    "targets_few": ("列出 {n} 处，共 {of} 处，未证明可到达者在前；全部见 audit.json 与 XLSX 版。", "{n} of {of} are listed, those not proven first; all are in audit.json and the XLSX edition."),
    "best": ("有多个出入口时，从任一出入口证明可到达即为可到达。", "With several entrances, a target that is proven from any of them is proven."),
    # places
    "place": ("位置 {n}", "Place {n}"),
    "place_of": ("位置 {n}：{where}", "Place {n}: {where}"),
    "bend_in": ("弯道 {bend}", "bend {bend}"),
    "corner_in": ("路口转角 {bend}", "corner {bend}"),
    "near": ("{where} 附近", "near {where}"),
    "bend_said": ("{where}：转角 {turn}°，内缘半径 {radius}，净宽 {clear}。", "{where}: turns by {turn}°, inner edge R = {radius}, clear width {clear}."),
    "lane_said": ("{where}：此处净宽 {clear}。", "{where}: clear width here {clear}."),
    "vehicle_said": (
        "车辆 {length} × {width} m，轴距 {wheelbase} m，最小转弯半径 {radius} m，指{basis}；前轴中点 {front} m，最大转角 {lock}°{open}。",
        "Vehicle {length} × {width} m, wheelbase {wheelbase} m, least turning radius {radius} m of the {basis}; front axle centre {front} m, lock {lock}°{open}.",
    ),
    "untold": ("未测得", "not measured"),
    "open": ("；尺寸含设定值，待确认", "; some dimensions are assumed, to be confirmed"),
    "margin_said": ("计入安全余量 {margin} m。", "A clearance of {margin} m is kept all around."),
    "required_said": ("按公式所需宽度 {width}：{why}。", "Width by closed form {width}: {why}."),
    "nothing_found": ("未找到可行驶路线，须现场复核。", "No drivable line was found: look on site."),
    "fail_said": ("已证明不可通过：低于下限，或没有直径等于车宽的通路。", "Proven: below the lower bound, or no way for a disc of the vehicle's width."),
    "stuck_said": ("车辆最远行至 {place}。", "It comes as far as {place}."),
    "least_none": ("没有求得越界最小的路线。", "No line of least overrun was worked out."),
    "least_free": (
        "此处没有发现缺少宽度：可能有不越界的路线，但搜索的网格没有找到。",
        "No width was found missing here: there may be a line that leaves nothing out, which the grid of the search missed.",
    ),
    "least_said": ("越界最小的路线（仅供说明，不作判定）：", "Line of least overrun (it explains, it judges nothing):"),
    "conflict": (
        "{sign} {part}越出 {depth} m：{owners}；{place}，自出入口行驶 {chainage} m 处",
        "{sign} {part}, {depth} m over: {owners}; {place}, {chainage} m from the entrance",
    ),
    "nothing_there": ("可行驶范围的边界", "edge of the free space"),
    "more_conflicts": ("另有 {n} 处越界较浅，见 XLSX 版。", "{n} shallower overruns: see the XLSX edition."),
    "shortfall": ("估计缺少宽度 {value} m{about}（±0.10 m）。", "Estimated shortfall in width: {value} m{about} (±0.10 m)."),
    "estimated": ("，即约需 {width} m", ", about {width} m in all"),
    "shortfall_none": ("所缺宽度未能估计。", "The shortfall could not be estimated."),
    "mends_one": ("办法：", "Remedy:"),
    "mends_all": ("办法（以下各项须同时完成）：", "Remedies (all of them together):"),
    "mend_proven": ("（改后同一路线经复核无越界）", " (with this done the same drive leaves nothing outside, checked)"),
    "mend_unproven": ("（未经复核证明）", " (not proven)"),
    "mends_proven": ("。全部完成后，同一路线经复核无越界", ". With all of them done the same drive leaves nothing outside, checked"),
    "mends_unproven": ("。未经复核证明", ". Not proven"),
    "mends_none": ("没有求得办法。", "No remedy was worked out."),
    "concerned": ("涉及的目标：{targets}。", "Targets concerned: {targets}."),
    "and_more": ("等 {n} 处", " and others, {n} in all"),
    "places_few": ("图示 {n} 处，共 {of} 处；其余见 XLSX 版和位置图。", "{n} of {of} places are shown; for the others see the XLSX edition and the map."),
    "figures_key": (
        "浅蓝：车身扫过的范围；细线：每 2 m 的车身轮廓；黑：越界最深处的车身；红：越界部分及其深度。",
        "Pale blue: swept ground; thin lines: the body every 2 m; black: the body where it reaches over most; red: what is over, with its depth.",
    ),
    "stuck_key": ("没有路线的图中，黑：车辆行至最远处的车身。", "Where there is no drive, black: the body where it came nearest."),
    "north_key": ("上为北，按 100% 打印时比例成立。", "North is up; to scale at 100 %."),
    "unplaced_key": ("方位未知，按 100% 打印时比例成立。", "Where north is, is not known; to scale at 100 %."),
    # dead ends
    "dead_end": ("尽端", "Dead end"),
    "lane": ("通道", "Lane"),
    "answer": ("结论", "Answer"),
    "reverse": ("倒车 (m)", "Reverse (m)"),
    "turns": ("可调头，换向 {n} 次（已证明）", "turns round, reversals: {n} (proven)"),
    "turns_on_plan": (
        "净高未测量：仅平面上可调头，换向 {n} 次；须测净高：{owners}",
        "clear height not measured: turns round on plan alone, reversals: {n}; to be measured: {owners}",
    ),
    "reverses": ("未找到调头方式，须倒车驶出", "no way to turn was found: it reverses out"),
    "turn_fail": ("不能调头（已证明）", "cannot turn (proven)"),
    "turn_untried": ("未搜索（车辆未到达）", "not tried (it does not come there)"),
    "turn_key": ("蓝：前进；橙色虚线：倒车；数字：换向的位置。", "Blue: forward; orange, dashed: reverse; numbers: where it changes direction."),
    "turn_caption": ("尽端 {end}：换向 {n} 次，倒车 {reverse} m", "dead end {end}: reversals {n}, {reverse} m in reverse"),
    "turn_few": ("图示 {n} 处，共 {of} 处。", "{n} of {of} are drawn."),
    # bends
    "bend": ("弯道", "Bend"),
    "turn_deg": ("转角°", "Turn\u00a0°"),
    "inner": ("内缘半径 (m)", "Inner edge R (m)"),
    "clear": ("净宽 (m)", "Clear (m)"),
    "required": ("公式宽度 (m)", "By form (m)"),
    "difference": ("差值 (m)", "Margin (m)"),
    "bend_class": ("结论", "Class"),
    "aim": ("说明与改造目标", "Why, and what to aim at"),
    "bend_lane": ("弯道与通道", "Bend and lane"),
    "kind_bend": ("弯道", "bend"),
    "kind_corner": ("路口转角", "corner"),
    "bend_pass": ("够宽（已证明）", "wide enough (proven)"),
    "bend_fail": ("低于下限，不可通过（已证明）", "below the bound (proven fail)"),
    "bend_open": ("公式不能证明，须看轨迹", "not proven by the form: see the drives"),
    "bend_untold": ("无法判断", "cannot be told"),
    "aims": ("目标：{aims}", "To aim at: {aims}"),
    "aim_radius": ("内缘半径 ≥ {value}", "inner R ≥ {value}"),
    "aim_width": ("净宽 ≥ {value}", "width ≥ {value}"),
    "or": ("，或", " or "),
    "bends_key": (
        "公式只能证明够宽，不能证明不够：比公式宽度窄，不等于不能通过，须看行驶轨迹。同心弯道公式按方向盘瞬时打到位计。内缘半径是道路的性质，不是车辆的转弯半径。",
        (
            "A closed form proves what suffices, never what does not: a bend that is narrower than the form has not failed, it takes tracking. "
            "Steering is taken as instantaneous. The inner edge's radius is a property of the road, not of the vehicle."
        ),
    ),
    "bends_few": ("列出 {n} 处，共 {of} 处，余量最小者在前；全部见 XLSX 版。", "{n} of {of} are listed, the least margin first; all are in the XLSX edition."),
    "bends_none": ("没有测得弯道或路口转角。", "No bend and no corner was measured."),
    "notes": ("说明", "Notes"),
    # overview of several vehicles
    "vehicle": ("车辆", "Vehicle"),
    "n_reached": ("可到达（已证明）", "Reached (proven)"),
    "n_height": ("净高未测量", "Height not measured"),
    "n_open": ("未找到路线", "Not found"),
    "n_fail": ("不可到达（已证明）", "Proven fail"),
    "n_untried": ("未搜索", "Not tried"),
    "n_turns": ("可调头 / 尽端", "Turns / dead ends"),
    # sheets of the workbook
    "s_vehicles": ("车辆数据", "Vehicles"),
    "s_targets": ("车辆可达目标", "Vehicle targets"),
    "s_places": ("车辆越界处", "Overruns"),
    "s_turning": ("尽端调头", "Turning round"),
    "s_bends": ("弯道宽度", "Bend widths"),
    "kind": ("类别", "Kind"),
    "stuck": ("最远处", "came to"),
    "missing": ("估计缺宽 (m)", "Shortfall (m)"),
    "drive": ("路线编号", "drive id"),
    "part": ("车辆部位", "Part of the vehicle"),
    "over": ("越出深度 (m)", "Over (m)"),
    "chainage": ("行驶距离 (m)", "Way driven (m)"),
    "owners": ("障碍", "In the way"),
    "remedy": ("办法", "Remedy"),
    "outer": ("外缘半径 (m)", "Outer edge R (m)"),
    "bound": ("下限宽度 (m)", "Lower bound (m)"),
    "nominal": ("名义半径 (m)", "Nominal radius (m)"),
    "nominal_basis": ("名义半径所指", "Nominal radius of"),
    "nominal_margin": ("与名义半径之差 (m)", "Margin to nominal (m)"),
    "basis_inner_edge": ("道路内缘", "inner edge of the road"),
    "basis_inner": ("道路内缘", "inner edge of the road"),
    "basis_outer_wheel": ("外侧前轮轨迹（道路外缘）", "track of the outer wheel (outer edge of the road)"),
    "aim_radius_head": ("目标内缘半径 (m)", "Inner R to aim at (m)"),
    "aim_width_head": ("目标宽度 (m)", "Width to aim at (m)"),
    "why": ("理由", "Why"),
    "grid": ("网格 (m)", "Grid (m)"),
    "to_measure_head": ("须测净高的对象", "Clear height to be measured"),
}


@lru_cache(maxsize=2)
def words(lang: Lang) -> Mapping[str, str]:
    """Return all words in ``lang``."""
    return {key: pair[0 if lang == "zh" else 1] for key, pair in _WORDS.items()}
