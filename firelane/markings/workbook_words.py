"""The words of the workbook, and the formats of its numbers by column."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firelane.vocabulary import Lang

_WORDS = {
    # sheets
    "by_item": ("工程量清单", "bill"),
    "by_lane": ("分车道工程量", "by lane"),
    "materials": ("材料采购", "materials"),
    "boxes": ("方框间距", "box spacing"),
    "lettering": ("字样面积", "lettering"),
    "existing": ("清除现有标线", "existing paint"),
    "boards": ("警示牌", "warning boards"),
    "parameters": ("待确认参数", "to be confirmed"),
    "rates": ("材料用量依据", "rates"),
    "per_m2": ("每㎡用量", "per ㎡"),
    "notes": ("说明", "notes"),
    # print
    "title": ("消防车通道标线工程量", "fire-lane markings: quantities"),
    "page": ("第 {n} 页，共 {of} 页", "page {n} of {of}"),
    # columns
    "code": ("项目编码", "code"),
    "kind": ("项目", "item"),
    "measure": ("计量单位", "measured by"),
    "measure_area_m2": ("㎡", "㎡"),
    "measure_length_m": ("m", "m"),
    "measure_pieces": ("件", "pieces"),
    "lane_id": ("车道", "lane"),
    "entrance_id": ("出入口", "entrance"),
    "length_m": ("长度（m）", "length (m)"),
    "area_m2": ("面积（㎡）", "area (㎡)"),
    "pieces": ("数量", "pieces"),
    "coating": ("涂装", "coating"),
    "thermoplastic_kg": ("热熔涂料（kg）", "thermoplastic (kg)"),
    "paint_l": ("漆（L）", "paint (l)"),
    "beads_kg": ("玻璃微珠（kg）", "glass beads (kg)"),
    "primer_kg": ("下涂剂（kg）", "primer (kg)"),
    "unit_price": ("单价（{currency}）", "unit price ({currency})"),
    "cost": ("合价（{currency}）", "cost ({currency})"),
    "price_basis": ("价格口径", "price holds for"),
    "basis_item": ("综合单价", "all in"),
    "basis_materials": ("仅材料", "materials alone"),
    "no_price": ("未报价", "no price"),
    "product": ("材料", "material"),
    "needed": ("需用量（含损耗）", "needed, loss included"),
    "packed": ("包装", "packed"),
    "packs": ("采购件数", "packs"),
    "pack": ("件", "pack"),
    "to_buy": ("采购量", "to buy"),
    "box": ("方框", "box"),
    "chainage_m": ("里程（m）", "chainage (m)"),
    "gap_m": ("间距（m）", "gap (m)"),
    "within": ("不超过20 m", "within 20 m"),
    "start": ("起点", "start"),
    "end": ("终点", "end"),
    "block": ("字样所在图块或标线", "block or mark"),
    "count": ("处数", "places"),
    "full_m2": ("无连接筋（㎡）", "without bridges (㎡)"),
    "bridged_m2": ("有连接筋（㎡）", "with bridges (㎡)"),
    "bridges": ("连接筋（处）", "bridges"),
    "all_full_m2": ("合计 无连接筋（㎡）", "all, without bridges (㎡)"),
    "all_bridged_m2": ("合计 有连接筋（㎡）", "all, with bridges (㎡)"),
    "all_bridges": ("合计 连接筋（处）", "all bridges"),
    "row_id": ("现有标线编号", "existing marking"),
    "paint": ("类别", "kind"),
    "reason": ("原因", "reason"),
    "assumed": ("面积为估算", "area is an estimate"),
    "board": ("编号", "board"),
    "x_north_m": ("X（北，m）", "X (north, m)"),
    "y_east_m": ("Y（东，m）", "Y (east, m)"),
    "azimuth_deg": ("牌面朝向（方位角，°）", "face looks to (azimuth, °)"),
    "width_m": ("宽（m）", "width (m)"),
    "height_m": ("高（m）", "height (m)"),
    "bottom_m": ("下缘离地（m）", "lower edge above ground (m)"),
    "parameter": ("参数", "parameter"),
    "value": ("取值", "value"),
    "unit": ("单位", "unit"),
    "status": ("状态", "status"),
    "source": ("依据", "source"),
    "key": ("参数名", "key"),
    "of": ("适用项目", "holds for"),
    "note": ("说明", "note"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
    # rows and remarks
    "total": ("合计", "total"),
    "total_paint": ("合计（面积不含清除）", "total (area without removal)"),
    "all": ("全部", "all"),
    "given": ("用户给定", "given by the site"),
    "pack_of": ("每件含量：{product}", "content of a pack: {product}"),
    "areas_are_unions": (
        "面积为标线实涂面积，相交处只计一次；材料含损耗，用量依据见“材料用量依据”。",
        "areas are those painted, crossings counted once; materials include loss, see the sheet of rates.",
    ),
    "unpriced": (
        "有 {n} 个项目未报价，未计入合价。",
        "{n} items have no price and are not in the total cost.",
    ),
    "materials_only": (
        "“仅材料”的合价只含材料费，不含人工、机械等费用。",
        "a cost of materials alone holds no labour or machines.",
    ),
    "buy_remark": (
        "按整件向上取整；采购金额为整件金额，与清单合价口径不同，不可相加。",
        "rounded up to whole packs; the cost is that of whole packs: not to be added to the cost of the bill.",
    ),
    "painted_full": (
        "工程量按无连接筋的字样面积计。",
        "the quantities count the lettering without bridges.",
    ),
    "painted_bridged": (
        "工程量按有连接筋的字样面积计。",
        "the quantities count the lettering with bridges.",
    ),
    "existing_not_surveyed": (
        "现有标线未调查（没有 markings 图层）：清除工程量未知，未计入。",
        "existing paint was not surveyed (no layer markings): what has to be removed is not known, and not counted.",
    ),
    "nothing_to_remove": ("没有需要清除的现有标线。", "no existing paint has to be removed."),
    "no_boards": ("没有需要增设的警示牌。", "no warning boards are planned."),
    "board_remark": (
        "坐标为牌脚中心；尺寸和位置待确认（见“待确认参数”）。",
        "coordinates are those of the foot's centre; sizes and places are to be confirmed.",
    ),
}
WORDS: Mapping[Lang, Mapping[str, str]] = {
    "zh": {key: pair[0] for key, pair in _WORDS.items()},
    "en": {key: pair[1] for key, pair in _WORDS.items()},
}
"""Language -> key -> text."""

FORMATS = {
    "length_m": "0.00", "area_m2": "0.000", "chainage_m": "0.000", "gap_m": "0.000", "offset_m": "0.000",
    "x_north_m": "0.000", "y_east_m": "0.000", "azimuth_deg": "0.0", "width_m": "0.00", "height_m": "0.00",
    "bottom_m": "0.00", "thermoplastic_kg": "0.00", "paint_l": "0.00", "beads_kg": "0.00", "primer_kg": "0.00",
    "unit_price": "0.00", "cost": "#,##0.00", "needed": "0.00", "to_buy": "0.##", "packs": "0", "full_m2": "0.0000",
    "bridged_m2": "0.0000", "all_full_m2": "0.000", "all_bridged_m2": "0.000",
}  # fmt: skip
"""Column -> number format."""
