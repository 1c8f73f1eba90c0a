"""The drawing's own words in Chinese and English."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firelane.vocabulary import Lang

_WORDS: dict[str, tuple[str, str]] = {
    "sheet": ("总平面", "General plan"),
    "plan_title": ("消防车通道标线平面图", "FIRE LANE MARKING PLAN"),
    "legend": ("图例", "Legend"),
    "notes": ("说明", "Notes"),
    "open": ("法规未规定、图中取值待确认的参数", "Open parameters (to be confirmed)"),
    "violations": ("不符合项", "Findings that fail"),
    "none_failed": ("本次检查未发现不符合项。", "No finding fails."),
    "to_look_at": ("另有 {n} 处未测量，须现场核实，见检查结果文件。", "{n} places were not measured: look on site (see the audit file)."),
    "more": ("另有 {n} 项，见检查结果文件。", "{n} more: see the audit file."),
    "not_placed": ("（无图上位置）", "(no place on the plan)"),
    "quantities": ("标线工程量表", "Marking quantities"),
    "kind": ("标线", "marking"),
    "length": ("长度(m)", "length (m)"),
    "area": ("面积(㎡)", "area (㎡)"),
    "pieces": ("数量", "pieces"),
    "plan_total": ("平面合计", "total in plan"),
    "details": ("标线大样", "Details of the markings"),
    "detail_line": ("边线大样", "Edge line"),
    "detail_box": ("方框线大样", "Box"),
    "detail_grid": ("出入口网状线大样", "Entrance grid"),
    "pavement_edge": ("路面边缘", "pavement edge"),
    "north": ("北", "N"),
    "convergence": ("真北偏坐标北 {angle}", "true north from grid north {angle}"),
    "local": ("未定位（局部坐标，米）", "not placed (local metres)"),
    "west": ("西", "W"),
    "east": ("东", "E"),
    "site": ("项目名称", "Site"),
    "manager": ("管理使用单位", "Manager"),
    "drawing": ("图名", "Drawing"),
    "scale": ("比例", "Scale"),
    "sheet_no": ("图号", "No."),
    "date": ("日期", "Date"),
    "crs": ("坐标系", "CRS"),
    "origin": ("局部原点", "Origin"),
    "designer": ("设计", "Drawn"),
    "checker": ("校核", "Checked"),
    "approver": ("审定", "Approved"),
    "office": ("设计单位", "Office"),
    "station": ("桩号", "station"),
    "min_width": ("最小净宽", "min. clear"),
    "width_unmeasured": ("宽度未测量", "width not measured"),
    "line_lane": ("车道中心线，宽度未测量", "width not measured"),
    "clear_height": ("净高", "clear height"),
    "width": ("宽", "width"),
    "edge": ("路面边缘、路缘石", "pavement edge, kerb"),
    "building": ("建筑物", "building"),
    "obstruction": ("障碍物", "obstruction"),
    "bay": ("停车泊位（虚线：规划）", "bay (dashed: planned)"),
    "overhead": ("架空物", "overhead"),
    "centreline": ("消防车通道中心线", "lane centreline"),
    "designated": ("划定的消防车通道", "designated fire lane"),
    "mouth": ("出入口", "entrance"),
    "sign": ("标志标识", "sign"),
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
    "none_planned": ("没有可设计的标线，见说明。", "No marking could be planned: see the notes."),
    "note_coordinates": (
        ("坐标系：{crs}。图中 X 为北坐标、Y 为东坐标，单位为米。模型空间横轴向东、纵轴向北，"
        "原点为 X={north} Y={east}；测量坐标 = 模型坐标 + 原点。"),
        ("Coordinates: {crs}; X is north, Y is east, in metres. Model space: right = east, up = north, "
        "its origin is X={north} Y={east}; survey coordinates = model coordinates + origin."),
    ),
    "note_unplaced": (
        ("场地未定位：坐标是图形自身的局部坐标（米），X 沿图形纵轴、Y 沿横轴，尺寸有效，方位和位置不明。"
         "模型空间原点为 X={north} Y={east}；图形坐标 = 模型坐标 + 原点。"),
        ("The site is not placed: coordinates are the plan's own local metres, X up the plan and Y to its right; dimensions "
         "hold, where it lies and where north is are not known. The origin of model space is X={north} Y={east}; "
         "plan coordinates = model coordinates + origin."),
    ),
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
