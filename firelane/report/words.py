"""The words of the inspection report, in both languages."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firelane.vocabulary import Lang

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("消防车通道检查报告", "Fire-lane inspection report"),
    "running": ("消防车通道检查报告 · {site}", "Fire-lane inspection report · {site}"),
    "unnamed": ("未命名场地", "unnamed site"),
    # cover
    "site": ("场地", "Site"),
    "site_id": ("场地编号", "Site id"),
    "district": ("所在区", "District"),
    "instrument": ("检查依据", "Judged by"),
    "manager": ("维护管理责任主体（第十二条）", "Responsible for upkeep (Article 12)"),
    "manager_unknown": ("数据中没有给出，须由检查人核定。", "Not given in the data: the inspector has to determine it."),
    "date": ("检查日期", "Date of inspection"),
    "data_date": ("数据日期", "Date of the data"),
    "not_provided": ("未提供", "not provided"),
    "length": ("消防车通道", "Fire lanes"),
    "length_value": ("{n} 条，共 {length} m，其中判定 {judged} m", "{n} lanes, {length} m in all, {judged} m of them judged"),
    "counts": ("检查结果", "Results"),
    "counts_value": (
        "不符合 {fail} 项（其中强制 {mandatory} 项），无法判定 {indeterminate} 项，未测量 {not_measured} 项，符合 {pass} 项",
        (
            "{fail} fail ({mandatory} of them mandatory), {indeterminate} undecided, {not_measured} not measured, "
            "{pass} pass"
        ),
    ),
    "verdict": ("结论", "Verdict"),
    "disclaimer": (
        "本报告由程序根据所列测绘数据生成；没有测量的项目不作结论，见“未测量的项目”。结论须经检查人现场核实并签字后生效。",
        (
            'Made by a program from the survey data listed. Nothing is concluded about what was not measured (see "Not measured"). '
            "It counts only once an inspector has verified it on site and signed it."
        ),
    ),
    # sections
    "h_summary": ("检查结论", "Summary"),
    "h_map": ("检查位置图", "Map"),
    "h_findings": ("不符合及须核实的项目", "What fails or has to be looked at"),
    "h_articles": ("所涉条文", "Articles concerned"),
    "h_figures": ("窄处与障碍详图", "Drawings of the places"),
    "h_profiles": ("通道净宽沿程图", "Clear width along the lanes"),
    "h_remedies": ("整改办法", "What to do"),
    "h_reach": ("建筑的消防车可达性", "Reach of buildings"),
    "h_unmeasured": ("未测量的项目", "Not measured"),
    "h_vehicle": ("车辆", "Vehicle"),
    "h_rules": ("判定依据与待确认参数", "Rules and open parameters"),
    "h_data": ("数据来源与处理", "Data"),
    "h_method": ("测量说明", "How it was measured"),
    "h_sign": ("签字", "Signatures"),
    # heads of tables
    "no": ("序号", "No."),
    "article": ("条款", "Article"),
    "rule": ("要求", "Requirement"),
    "what": ("情况", "What was found"),
    "measured": ("实测", "Measured"),
    "required": ("要求", "Required"),
    "margin": ("差值", "Margin"),
    "place": ("位置", "Place"),
    "severity": ("程度", "Weight"),
    "verdict_col": ("判定", "Verdict"),
    "worst": ("判定", "Verdict"),
    "n_fail": ("不符合", "Fail"),
    "n_open": ("无法判定", "Undecided"),
    "n_unmeasured": ("未测量", "Not measured"),
    "n_pass": ("符合", "Pass"),
    "target": ("对象", "Target"),
    "remedy": ("办法", "What to do"),
    "state": ("证明状态", "State"),
    "result": ("之后净宽", "Width then"),
    "building": ("建筑", "Building"),
    "widest": ("可达最大车宽", "Widest vehicle"),
    "by_entrance": ("经由出入口", "Through"),
    "governed": ("受限于", "Limited by"),
    "why": ("原因与所需资料", "Why, and what it needs"),
    "limit": ("限值", "Limit"),
    "judged": ("本版本判定", "Judged here"),
    "open_params": ("待确认参数", "To be confirmed"),
    "file": ("文件", "File"),
    "layer": ("图层", "Layer"),
    "layer_rows": ("图层及行数", "Layers and their rows"),
    "rows": ("行数", "Rows"),
    "sha": ("SHA-256", "SHA-256"),
    "note": ("处理说明", "What was mended, left out or assumed"),
    "lane": ("通道", "Lane"),
    "length_col": ("长度", "Length"),
    "least_clear": ("最小净宽", "Least clear width"),
    "least_section": ("最小断面宽", "Least section width"),
    "least_height": ("最小净高", "Least clear height"),
    # values
    "at_lane": ("通道 {lane}", "lane {lane}"),
    "at_chainage": ("桩号 {value} m", "chainage {value} m"),
    "xy": ("X={north} Y={east}", "X={north} Y={east}"),
    "lonlat": ("经纬度 {lon}, {lat}", "lon/lat {lon}, {lat}"),
    "local": ("本地坐标（未定位）", "local metres (not placed)"),
    "owners": ("相关：{owners}", "concerned: {owners}"),
    "and_more": ("，另 {n} 处", " and {n} more"),
    "no_place": ("整个场地", "the whole site"),
    "yes": ("是", "yes"),
    "no_value": ("否", "no"),
    "none": ("—", "—"),
    "or_more": ("≥ 8.000 m", "≥ 8.000 m"),
    "no_way": ("0（无通路）", "0 (no way)"),
    "proven": ("已证明最优", "proven least"),
    "bound": ("未证明最优；代价下界 {bound}", "not proven least; lower bound of the cost {bound}"),
    "unproven": ("充分，未证明最优", "sufficient, not proven least"),
    "kerb": ("移除不够；改造路缘充分，不一定最小", "removal does not suffice; moving the kerb does, not necessarily least"),
    "shift": ("沿该方向移动距离最短（已证明）", "shortest along that direction (proven)"),
    "insufficient": ("移除任何障碍物都不够", "no removal suffices"),
    "all_targets": ("全部不达标对象合计", "all targets together"),
    # sentences
    "nothing_fails": (
        "没有不符合或无法判定的项目。未测量的项目见下文，不作结论。",
        "Nothing fails and nothing is in doubt. What was not measured is told below; nothing is concluded about it.",
    ),
    "numbers": ("序号与位置图、标线图一致，最严重者在前。", "Numbers are those of the map and of the drawing; the gravest come first."),
    "down": ("长度向不利一侧取至毫米。", "Lengths are rounded to the millimetre towards the side that fails."),
    "surveyor": ("X 为北，Y 为东（{crs}）。", "X is north, Y is east ({crs})."),
    "passes": (
        "符合的项目共 {n} 项，逐项见 findings.csv 或本报告的 XLSX 版。",
        "{n} subjects pass; each is listed in findings.csv and in the XLSX edition of this report.",
    ),
    "figures_few": ("图示最严重的 {n} 处，共 {of} 处；其余见位置图和上表。", "The gravest {n} of {of} places are drawn; for the others see map and table."),
    "figures_key": (
        "红：实测及相关物体；蓝：要求值；灰：路面；虚线：架空物、划定通道边界、规划泊位。上为北，按 100% 打印时比例成立。",
        "Red: measured; blue: required; grey: pavement; dashed: overhead, designated, planned. North is up; to scale at 100 %.",
    ),
    "figures_none": ("没有须绘制详图的窄处。", "There is no place to draw."),
    "more_at_place": ("（同一处：{n}）", " (also no. {n})"),
    "profiles_few": ("图示净宽最小的 {n} 条，共 {of} 条。", "The narrowest {n} of {of} lanes are shown."),
    "remedy_shared": ("“已证明最优”仅就圆盘检验和所列代价而言；代价为提议值，待确认。", "“Proven least” holds for the disc test and the costs given; costs are proposed – to be confirmed."),
    "remedy_none": ("未计算整改办法，或没有可由移除、移位解决的项目。", "No remedy was worked out, or nothing can be answered by removing or moving things."),
    "remedy_few": ("列出 {n} 项，共 {of} 项；全部见 audit.json 与 XLSX 版。", "{n} of {of} are listed; all are in audit.json and the XLSX edition."),
    "parking": ("规划泊位：", "Planned bays: "),
    "reach_text": (
        "可达最大车宽：在 4 m 净空内，能从出入口到达建筑附近（{distance} m 内）的最大圆盘直径。本项为提示。",
        "Widest vehicle: the widest disc that comes within {distance} m of the building from an entrance, at 4 m clear height.",
    ),
    "reach_missing": ("另有 {n} 栋未测量（没有给出出入口，或附近没有道路）。", "{n} more buildings are not measured (no entrances given, or no road near)."),
    "reach_none": ("没有测得任何建筑的可达性。", "The reach of no building could be measured."),
    "vehicle_text": (
        "site.toml 设定了 [vehicle]，但本次检查不做车辆行驶轨迹核算：转弯与扫掠未测量，本报告不作结论。",
        (
            "site.toml names a [vehicle], but no vehicle was tracked in this audit: turning and swept path are not measured, and nothing "
            "is concluded about them."
        ),
    ),
    "unmeasured_none": ("没有未测量的项目。", "Everything was measured."),
    "verbatim": ("条文原文", "text of the article (Chinese original)"),
    "not_verbatim": ("本项目的表述，不是条文原文", "this project's own wording, not the text of the instrument"),
    "translation": ("译文（非官方）", "Translation (not official)"),
    "more_alike": ("另有同类 {n} 项，逐项见 findings.csv 或本报告的 XLSX 版", "{n} more of the kind: see findings.csv or the XLSX edition"),
    "more_notes": ("另有 {n} 条，见 audit.json。", "{n} more: see audit.json."),
    "method": (
        "净宽为两侧障碍物（或路缘）之间、以其为直径的圆内没有其他障碍物的线段长度；通道净宽取其最宽通路。净高为 4 m 宽通路的净空。",
        (
            "Clear width is the length of a segment between two obstacles (or kerbs) whose diametral disc is empty; a lane's is that of its "
            "widest way through. Clear height is that of the 4 m wide passage."
        ),
    ),
    "crs": ("坐标系", "Coordinate system"),
    "unplaced": ("本地坐标（X 向北，Y 向东，单位 m）：场地未定位，不给出经纬度", "local metres (X north, Y east): the site is not placed, no longitude or latitude is given"),
    "accuracy": ("测量精度", "Survey accuracy"),
    "accuracy_none": ("未声明（按 0 判定）", "not declared (judged as 0)"),
    "program": ("程序", "Program"),
    "credit": ("数据版权", "Data licence"),
    "inspector": ("检查人", "Inspector"),
    "inspected": ("被检查单位", "Inspected party"),
    "sign_date": ("日期", "Date"),
    "sign_day": ("　　　　年　　月　　日", " "),
    # drawings
    "required_dim": ("要求 {value} m", "required {value} m"),
    "elevation": ("净高（立面示意）", "clear height (elevation)"),
    "north": ("北", "N"),
    "chainage_axis": ("桩号 (m)", "chainage (m)"),
    "width_axis": ("净宽 (m)", "clear width (m)"),
    "limit_line": ("要求 {value} m", "required {value} m"),
    "least_width": ("最小 {value} m", "least {value} m"),
}

MANAGERS: dict[str, tuple[str, str]] = {
    "property_company": ("物业服务企业", "property management company"),
    "street_office": ("街道办事处", "sub-district office"),
    "unit": ("本单位", "the unit itself"),
}
"""Kinds of responsible parties (Article 12) by the value in ``site.toml``."""


@lru_cache(maxsize=2)
def words(lang: Lang) -> Mapping[str, str]:
    """Return all words in ``lang``."""
    return {key: pair[0 if lang == "zh" else 1] for key, pair in _WORDS.items()}
