"""The drawing's own words in Chinese and English."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firelane.vocabulary import Lang

_WORDS: dict[str, tuple[str, str]] = {
    "plan_title": ("消防车通道标线平面图", "FIRE LANE MARKING PLAN"),
    "legend": ("图例", "Legend"),
    "notes": ("说明", "Notes"),
    "open": ("法规未规定、图中取值待确认的参数", "Open parameters (to be confirmed)"),
    "violations": ("不符合项", "Findings that fail"),
    "none_failed": ("本次检查未发现不符合项。", "No finding fails."),
    "to_look_at": ("另有 {n} 处未测量，须现场核实，见检查结果文件。", "{n} places were not measured: look on site (see the audit file)."),
    "more": ("另有 {n} 项，见检查结果文件。", "{n} more: see the audit file."),
    "not_placed": ("（无图上位置）", "(no place on the plan)"),
    "continued": ("（续）", " (continued)"),
    "listing_title": ("图纸目录与设计说明", "DRAWING LIST AND NOTES"),
    "drawings": ("图纸目录", "Drawing list"),
    "item_no": ("序号", "No."),
    "parameter": ("参数", "Parameter"),
    "value": ("取值", "Value"),
    "status": ("状态", "Status"),
    "format": ("图幅", "Format"),
    "revisions": ("修改记录", "Revisions"),
    "rev_no": ("版次", "No."),
    "rev_text": ("修改内容", "What was changed"),
    "rev_by": ("修改人", "By"),
    "more_notes": ("另有 {n} 条，见 quantities.xlsx。", "{n} more: see quantities.xlsx."),
    "broken": ("不符合项所依据的条文：{source}{article}。", "What the findings that fail are judged by: {source}, {article}."),
    "swept_line": ("行驶线及方向", "drive line, direction"),
    "swept_body": ("车身扫掠范围", "ground swept"),
    "swept_over": ("越界最小路线的扫掠范围", "ground, least overrun"),
    "swept_wheels": ("车轮轨迹（虚线：后轮）", "wheels (dashed: rear)"),
    "swept_vehicle": ("车辆位置", "vehicle along its way"),
    "swept_conflict": ("越界部位", "overrun"),
    "swept_back": ("倒车段", "in reverse"),
    "tile": ("放样图范围及图号", "setting-out plan, number"),
    "north": ("北", "N"),
    "convergence": ("真北在坐标北以{side} {angle}", "true north {angle} {side} of grid north"),
    "turned": ("本图逆时针旋转 {angle}", "view turned {angle} counter-clockwise"),
    "turned_right": ("本图顺时针旋转 {angle}", "view turned {angle} clockwise"),
    "local": ("未定位（局部坐标，米）", "not placed (local metres)"),
    "west": ("西", "W"),
    "east": ("东", "E"),
    "drawing": ("图名", "Drawing"),
    "scale": ("比例", "Scale"),
    "sheet_no": ("图号", "Drawing no."),
    "date": ("日期", "Date"),
    "clear_width": ("净宽", "clear "),
    "width_unmeasured": ("宽度未测量", "width not measured"),
    "line_lane": ("车道中心线，宽度未测量", "width not measured"),
    "clear_height": ("净高", "clear height"),
    "width": ("宽", "width"),
    "edge": ("路面边缘、路缘石", "pavement edge, kerb"),
    "building": ("建筑物", "building"),
    "obstruction": ("障碍物", "obstruction"),
    "operating_ground": ("救援操作场地", "operating ground"),
    "cover": ("井盖", "cover"),
    "bay": ("停车泊位（虚线：规划）", "bay (dashed: planned)"),
    "removal": ("应清除的现有标线", "paint to be removed"),
    "point": ("放样点", "setting-out point"),
    "overhead": ("架空物", "overhead"),
    "centreline": ("消防车通道中心线", "lane centreline"),
    "designated": ("划定的消防车通道", "designated fire lane"),
    "mouth": ("出入口", "entrance"),
    "sign": ("标志标识", "sign"),
    "board": ("新设警示牌", "warning board to be put up"),
    "violation": ("不符合项、净宽不足处", "finding that fails"),
    "cross": ("坐标网", "coordinate cross"),
    "kerb": ("路缘石黄色标线", "kerb paint"),
    "line": ("路面黄色单实线", "edge line"),
    "box": ("黄色方框线", "box"),
    "grid": ("黄色网状线", "entrance grid"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
    "basis": ("标线依据：{source}{article}。", "Basis: {source}, {article}."),
    "quote": ("{item}「{text}」", "{item} “{text}”"),
    "note_source": ("底图数据：{credit}，未绘制的内容视为未知。", "Base data: {credit}; what is not in them is not known."),
    "none_planned": ("没有可设计的标线。", "No marking could be planned."),
    "note_coordinates": (
        "坐标系：{crs}。图中 X 为北坐标、Y 为东坐标，单位为米。",
        "Coordinates: {crs}; X is north, Y is east, in metres. ",
    ),
    "note_unplaced": (
        "场地未定位：坐标是图形自身的局部坐标（米），X 沿图形纵轴、Y 沿横轴，尺寸有效，方位和位置不明。",
        ("The site is not placed: coordinates are the plan's own local metres, X up the plan and Y to its right; dimensions "
         "hold, where it lies and where north is are not known. "),
    ),
    "note_local": (
        "模型空间横轴向东、纵轴向北，单位为{unit}，原点为 X={north} Y={east}；测量坐标 = 模型坐标 {scaled}+ 原点。",
        ("Model space: right = east, up = north, in {unit}, its origin is X={north} Y={east}; "
         "survey coordinates = model coordinates {scaled}+ origin."),
    ),
    "note_survey": (
        "模型空间横轴为 Y（东）、纵轴为 X（北），单位为{unit}，模型坐标即测量坐标。",
        "Model space: right = Y (east), up = X (north), in {unit}; model coordinates are the survey coordinates.",
    ),
    "note_local_unplaced": (
        "模型空间单位为{unit}，原点为 X={north} Y={east}；图形坐标 = 模型坐标 {scaled}+ 原点。",
        ("Model space is in {unit}, its origin is X={north} Y={east}; plan coordinates = model coordinates {scaled}+ origin."),
    ),
    "note_survey_unplaced": (
        "模型空间单位为{unit}，模型坐标即图形坐标。",
        "Model space is in {unit}; model coordinates are the plan's own.",
    ),
    "note_open": (
        "法规未规定的尺寸见“待确认”参数表，施工前须经消防救援机构确认。",
        ("Dimensions that no instrument fixes stand in the table of open parameters; the fire and rescue body has to "
         "confirm them before work begins."),
    ),
    "metres": ("米", "metres"),
    "millimetres": ("毫米", "millimetres"),
    "note_paint": (
        "标线均为黄色实线，以实心填充按实际尺寸绘制，填充面积即施划面积；路缘石立面只计入工程量表。",
        ("All paint is yellow, drawn true to size as solid fills whose area is the area painted; "
        "kerb faces stand in the quantities alone."),
    ),
    "note_rounding": (
        "净宽、净高为实测值，向下取至毫米；其余尺寸单位为米。",
        "Clear widths and heights are measured, rounded down to the millimetre; all else in metres.",
    ),
}


def word(key: str, lang: Lang, **values: object) -> str:
    """Return a word or sentence in ``lang``, its places filled with ``values``."""
    text = _WORDS[key][0 if lang == "zh" else 1]
    return text.format(**values) if values else text
