"""Tables of the bill: by item, by lane, what has to be bought, the rates behind it, paint to be removed."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from firelane.drawing.sheets.detail_basis import article_text
from firelane.drawing.sheets.table import Column, Row, Table
from firelane.markings.bill import bill_of_quantities, grand_total, materials_to_buy, totals_by_item
from firelane.markings.items import bill_item
from firelane.markings.materials import material_catalogue, read_materials
from firelane.markings.removal import REASONS
from firelane.vocabulary import TO_BE_CONFIRMED, MarkKind, PaintKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firelane.markings.plan import MarkingPlan
    from firelane.vocabulary import Lang

_THINGS = {"warning_board": ("警示牌", "warning board"), "removal": ("清除现有标线", "existing paint removed")}
_UNITS = {"area_m2": ("㎡", "㎡"), "length_m": ("m", "m"), "pieces": ("处", "pcs")}
_MATERIALS = (
    ("thermoplastic_kg", "热熔涂料\n(kg)", "thermoplastic\n(kg)"),
    ("paint_l", "常温涂料\n(L)", "paint\n(L)"),
    ("beads_kg", "玻璃微珠\n(kg)", "beads\n(kg)"),
    ("primer_kg", "下涂剂\n(kg)", "primer\n(kg)"),
)
_SPARSE_FROM = 60  # lanes: above it areas by kind are left to the file
_NUMBERS = re.compile(r"([0-9]{1,9})")
_LONGEST_ID = 200
_LANE_COLUMNS: tuple[tuple[str, str, str, str], ...] = (
    # kind, column of the bill, zh, en
    (str(MarkKind.EDGE_LINE), "length_m", "边线\n(m)", "edge line\n(m)"),
    (str(MarkKind.EDGE_LINE), "area_m2", "边线\n(㎡)", "edge line\n(㎡)"),
    (str(MarkKind.KERB_TOP), "length_m", "缘石\n(m)", "kerb\n(m)"),
    (str(MarkKind.KERB_TOP), "area_m2", "缘石顶面\n(㎡)", "kerb top\n(㎡)"),
    (str(MarkKind.KERB_FACE), "area_m2", "缘石立面\n(㎡)", "kerb face\n(㎡)"),
    (str(MarkKind.BOX_FRAME), "pieces", "方框\n(个)", "boxes\n(pcs)"),
    (str(MarkKind.BOX_FRAME), "area_m2", "框线\n(㎡)", "frames\n(㎡)"),
    (str(MarkKind.BOX_TEXT), "area_m2", "框内字样\n(㎡)", "lettering\n(㎡)"),
    (str(MarkKind.GRID_BORDER), "pieces", "网状线\n(处)", "grids\n(pcs)"),
    (str(MarkKind.GRID_BORDER), "area_m2", "外边框\n(㎡)", "border\n(㎡)"),
    (str(MarkKind.GRID_LINES), "area_m2", "网格线\n(㎡)", "lines\n(㎡)"),
    (str(MarkKind.GRID_TEXT), "area_m2", "网内字样\n(㎡)", "grid text\n(㎡)"),
    ("removal", "area_m2", "清除\n(㎡)", "removed\n(㎡)"),
)


def bill_of(plan: MarkingPlan) -> pd.DataFrame:
    """Return the plan's bill; one is made where nobody asked for it."""
    if plan.bill is not None and len(plan.bill):
        return plan.bill
    return bill_of_quantities(plan.quantities, plan.boards, plan.removals, plan.site.config.materials)


def item_name(kind: str, lang: Lang) -> str:
    """Return what an item is called."""
    if kind in _THINGS:
        return _THINGS[kind][0 if lang == "zh" else 1]
    return MarkKind(kind).label(lang)


def number(value: float, decimals: int = 2) -> str:
    """Return a figure of a table, nothing where there is none.

    >>> number(12.345), number(0.0), number(float("nan"))
    ('12.35', '', '')
    """
    return "" if not math.isfinite(value) or value == 0.0 else f"{value:.{decimals}f}"


def bill_tables(plan: MarkingPlan, lang: Lang) -> list[Table]:
    """Return the tables of the bill, those without anything to say left out."""
    bill = bill_of(plan)
    if len(bill) == 0:
        return []
    tables = [items_table(bill, plan, lang), _purchases(bill, plan, lang), _rates(bill, plan, lang), removals_table(plan, lang)]
    return [table for table in tables if table is not None]


def items_table(bill: pd.DataFrame, plan: MarkingPlan, lang: Lang) -> Table:
    """Return the bill by item, with its total."""
    zh = lang == "zh"
    told = read_materials(plan.site.config.materials)
    shown = [column for column in _MATERIALS if float(bill[column[0]].sum()) > 0.0]
    columns = [
        Column("编码" if zh else "code", 26.0), Column("项目" if zh else "item", 62.0), Column("条款" if zh else "article", 30.0),
        Column("计量\n单位" if zh else "unit", 14.0, "centre"), Column("长度\n(m)" if zh else "length\n(m)", 24.0, "right"),
        Column("面积\n(㎡)" if zh else "area\n(㎡)", 24.0, "right"), Column("数量" if zh else "pieces", 18.0, "right"),
        *(Column(name_zh if zh else name_en, 27.0, "right") for _, name_zh, name_en in shown),
    ]  # fmt: skip
    if told.priced:
        currency = told.currency(lang)
        columns += [
            Column(f"单价\n({currency})" if zh else f"unit price\n({currency})", 26.0, "right"),
            Column(f"金额\n({currency})" if zh else f"cost\n({currency})", 30.0, "right"),
        ]
    items, total = totals_by_item(bill), grand_total(bill)
    rows = []
    records: list[Any] = items.to_dict("records")
    for row in records:
        kind = str(row["kind"])
        cells = [
            str(row["code"]), item_name(kind, lang), article_text(bill_item(kind).article, lang),
            _UNITS[str(row["measure"])][0 if zh else 1], number(row["length_m"]), number(row["area_m2"]), f"{int(row['pieces'])}",
            *(number(row[column]) for column, *_ in shown),
        ]  # fmt: skip
        if told.priced:
            cells += [number(row["unit_price"]), number(row["cost"])]
        rows.append(Row(tuple(cells)))
    last = ["", "施划面积合计" if zh else "painted area, total", "", "㎡", "", number(total["paint_m2"]), ""]
    last += [number(total[column]) for column, *_ in shown]
    if told.priced:
        last += ["", number(total["cost"])]
    notes = [
        "面积按同类标线并集计，重叠处只计一次；路缘石立面在平面图中不可见，计入本表。材料用量含损耗。"
        if zh
        else "Areas are of the union of like paint, overlaps counted once; kerb faces, unseen in plan, are within. Materials include loss.",
    ]
    if not plan.site.surveyed("markings"):
        notes.append(
            "现有标线未测绘：清除工程量未知，未计入本表。"
            if zh
            else "Existing paint was not surveyed: how much has to be removed is unknown and not within."
        )
    if told.priced and total["unpriced"]:
        count = int(total["unpriced"])
        notes.append(f"{count} 项未给单价，合计金额未含。" if zh else f"{count} items have no price; the total is without them.")
    return Table(
        "标线工程量表" if zh else "Bill of quantities", tuple(columns), (*rows, Row(tuple(last), "total")), tuple(notes)
    )


def lanes_table(bill: pd.DataFrame, lang: Lang) -> Table | None:
    """Return the bill by lane: one row each, what belongs to no lane last; None where no lane has any."""
    zh = lang == "zh"
    by_kind = bill[bill["kind"] != "warning_board"]
    if len(by_kind) == 0:
        return None
    present = set(by_kind["kind"])
    many = by_kind["lane_id"].nunique() > _SPARSE_FROM
    used = [row for row in _LANE_COLUMNS if row[0] in present and not (many and row[1] == "area_m2" and row[0] != "removal")]
    materials = [column for column in _MATERIALS[:2] if float(by_kind[column[0]].sum()) > 0.0]
    names = ["" if lane is None or pd.isna(lane) else str(lane) for lane in by_kind["lane_id"]]
    groups: dict[str, list[int]] = {}
    for n, name in enumerate(names):
        groups.setdefault(name, []).append(n)
    none = "未分车道" if zh else "no lane"
    records: list[Any] = by_kind.to_dict("records")
    rows = [
        Row(_lane_cells([records[n] for n in groups[name]], name or none, used, materials))
        for name in sorted(groups, key=lambda name: (not name, _natural(name)))
    ]
    rows.append(Row(_lane_cells(records, "合计" if zh else "total", used, materials), "total"))
    columns = [
        Column("车道" if zh else "lane", 34.0),
        *(Column(name_zh if zh else name_en, 21.0 if column != "pieces" else 16.0, "right") for _, column, name_zh, name_en in used),
        Column("施划面积\n(㎡)" if zh else "painted\n(㎡)", 24.0, "right"),
        *(Column(name_zh if zh else name_en, 24.0, "right") for _, name_zh, name_en in materials),
    ]
    note = "各类标线分车道的面积见工程量文件。" if zh else "The areas of each marking by lane are in the file of quantities."
    return Table(
        "分车道工程量表" if zh else "Quantities by lane", tuple(columns), tuple(rows), (note,) if many else ()
    )


def _lane_cells(
    records: Sequence[Any],
    name: str,
    used: Sequence[tuple[str, str, str, str]],
    materials: Sequence[tuple[str, str, str]],
) -> tuple[str, ...]:
    cells = [name]
    for kind, column, *_ in used:
        value = sum(float(row[column]) for row in records if row["kind"] == kind)
        cells.append((f"{int(value)}" if value else "") if column == "pieces" else number(value))
    cells.append(number(sum(float(row["area_m2"]) for row in records if row["kind"] != "removal")))
    return (*cells, *(number(sum(float(row[column]) for row in records)) for column, *_ in materials))


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts L2 before L10."""
    return [(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in _NUMBERS.split(name[:_LONGEST_ID])]


def _purchases(bill: pd.DataFrame, plan: MarkingPlan, lang: Lang) -> Table | None:
    """Return what has to be bought, in whole packs."""
    zh = lang == "zh"
    materials = plan.site.config.materials
    told, products = read_materials(materials), material_catalogue().products
    bought = materials_to_buy(bill, materials)
    if len(bought) == 0:
        return None
    columns = [
        Column("材料" if zh else "product", 58.0), Column("需用量" if zh else "needed", 22.0, "right"),
        Column("单位" if zh else "unit", 14.0, "centre"), Column("每包装" if zh else "pack", 18.0, "right"),
        Column("包装数" if zh else "packs", 18.0, "right"), Column("采购量" if zh else "to buy", 22.0, "right"),
    ]  # fmt: skip
    priced = told.priced and bool(bought["cost"].notna().any())
    if priced:
        columns.append(Column(f"金额\n({told.currency(lang)})" if zh else f"cost\n({told.currency(lang)})", 26.0, "right"))
    rows = []
    records: list[Any] = bought.to_dict("records")
    for row in records:
        product = products[str(row["product"])]
        name = product.zh if zh else product.en
        cells = [name, number(row["needed"]), str(row["unit"]), f"{row['pack']:g}", f"{int(row['packs'])}", f"{row['to_buy']:g}"]
        rows.append(Row((*cells, number(row["cost"])) if priced else tuple(cells)))
    note = "包装规格" if zh else "Packs:"
    return Table(
        "材料采购表" if zh else "Materials to buy", tuple(columns), tuple(rows), (f"{note}{'' if zh else ' '}{TO_BE_CONFIRMED[lang]}",)
    )


def _rates(bill: pd.DataFrame, plan: MarkingPlan, lang: Lang) -> Table | None:
    """Return the rates that the materials follow from, and which of them are still to be confirmed."""
    zh = lang == "zh"
    told, known = read_materials(plan.site.config.materials), material_catalogue()
    coatings = {str(coating) for coating in bill["coating"] if isinstance(coating, str)}
    used = [key for row in known.consumptions if row.coating in coatings for key in (*row.factors, row.waste)]
    rows = []
    for key in dict.fromkeys(used):
        rate = known.rates[key]
        value = told.rate(key)
        own = sorted(kind for kind, name in told.rates if name == key and kind)
        status = ("工程给定" if zh else "given by the site") if value != rate.value else TO_BE_CONFIRMED[lang]
        rows.append(Row((rate.zh if zh else rate.en, f"{value:g} {rate.unit}".strip(), status)))
        rows += [
            Row((f"　{item_name(kind, lang)}", f"{told.rate(key, kind):g} {rate.unit}".strip(), "工程给定" if zh else "given by the site"))
            for kind in own
        ]
    if not rows:
        return None
    columns = (
        Column("用量与损耗" if zh else "rate", 70.0), Column("取值" if zh else "value", 28.0, "right"),
        Column("状态" if zh else "status", 36.0),
    )  # fmt: skip
    return Table("材料用量取值" if zh else "Rates of materials", columns, tuple(rows))


def removals_table(plan: MarkingPlan, lang: Lang) -> Table | None:
    """Return the existing paint that has to go, by kind and reason."""
    if not plan.removals:
        return None
    zh = lang == "zh"
    groups: dict[tuple[str, str], list[Any]] = {}
    for removal in plan.removals:
        groups.setdefault((removal.kind, removal.reason), []).append(removal)
    rows = []
    for (kind, reason), found in groups.items():
        name = PaintKind(kind).label(lang) if kind in set(PaintKind) else kind
        why = REASONS[reason][0 if zh else 1] if reason in REASONS else reason
        length, area = sum(r.length_m for r in found), sum(r.area_m2 for r in found)
        rows.append(Row((name, why, f"{len(found)}", number(length), number(area))))
    total = sum(r.area_m2 for r in plan.removals)
    last = ("合计" if zh else "total", "", f"{len(plan.removals)}", number(sum(r.length_m for r in plan.removals)), number(total))
    columns = (
        Column("现有标线" if zh else "existing paint", 42.0), Column("清除原因" if zh else "why", 62.0, lines=2),
        Column("处数" if zh else "pieces", 16.0, "right"), Column("长度(m)" if zh else "length (m)", 22.0, "right"),
        Column("面积(㎡)" if zh else "area (㎡)", 22.0, "right"),
    )  # fmt: skip
    return Table("应清除的现有标线" if zh else "Existing paint to be removed", columns, (*rows, Row(last, "total")))
