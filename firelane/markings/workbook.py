"""Quantities and setting-out points as files: a workbook for the office, a CSV for the total station."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from typing import TYPE_CHECKING, Any

from firelane.files import atomic_path, starts_formula, write_bytes
from firelane.vocabulary import TO_BE_CONFIRMED, MarkKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import pandas as pd

    from firelane.markings.plan import MarkingPlan
    from firelane.vocabulary import Lang

_WORDS = {
    "zh": {
        "by_kind": "工程量汇总", "by_lane": "分车道工程量", "boxes": "方框间距",
        "parameters": "待确认参数", "notes": "说明", "kind": "项目", "lane_id": "车道", "length_m": "长度（m）",
        "area_m2": "面积（㎡）", "pieces": "数量", "box": "方框", "chainage_m": "里程（m）", "gap_m": "间距（m）",
        "start": "起点", "end": "终点", "point": "点号", "mark_id": "标线编号", "x_north_m": "X（北，m）",
        "y_east_m": "Y（东，m）", "lon": "经度（°）", "lat": "纬度（°）", "offset_m": "偏距（m，左为正）",
        "parameter": "参数", "value": "取值", "unit": "单位", "status": "状态", "source": "依据", "key": "参数名",
        "note": "说明", "yes": "是", "no": "否",
    },
    "en": {
        "by_kind": "quantities", "by_lane": "by lane", "boxes": "box spacing",
        "parameters": "to be confirmed", "notes": "notes", "kind": "item", "lane_id": "lane", "length_m": "length (m)",
        "area_m2": "area (㎡)", "pieces": "pieces", "box": "box", "chainage_m": "chainage (m)", "gap_m": "gap (m)",
        "start": "start", "end": "end", "point": "point", "mark_id": "mark", "x_north_m": "X (north, m)",
        "y_east_m": "Y (east, m)", "lon": "longitude (°)", "lat": "latitude (°)",
        "offset_m": "offset (m, left positive)", "parameter": "parameter", "value": "value", "unit": "unit",
        "status": "status", "source": "source", "key": "key", "note": "note", "yes": "yes", "no": "no",
    },
}  # fmt: skip
_FORMATS = {"length_m": "0.00", "area_m2": "0.000", "chainage_m": "0.000", "gap_m": "0.000", "offset_m": "0.000",
            "x_north_m": "0.000", "y_east_m": "0.000", "lon": "0.00000000", "lat": "0.00000000"}  # fmt: skip
_CELL_LIMIT = 32_767
_EPOCH = dt.datetime(2020, 9, 27)  # noqa: DTZ001  the regulation's date; a fixed one keeps the file the same


def write_quantities(plan: MarkingPlan, path: Path, lang: Lang = "zh") -> None:
    """Write the workbook: quantities by kind and by lane, the proof of the 20 m rule, open parameters, notes.

    Setting-out points are in the CSV alone: instruments read it, and one list cannot differ from another.
    Texts that a spreadsheet would take for a formula are kept as texts.

    Raises
    ------
    OutputError
        If the file cannot be written; what stood there before stays.
    """
    from openpyxl import Workbook  # noqa: PLC0415  (slow to import)

    words = _WORDS[lang]
    book = Workbook()
    book.remove(book.active)
    book.properties.created = book.properties.modified = _EPOCH
    book.properties.creator = "firelane"
    kinds = {str(kind): kind.label(lang) for kind in MarkKind}
    lanes = plan.quantities.assign(kind=plan.quantities["kind"].map(kinds))
    order = list(dict.fromkeys(lanes["kind"]))
    totals = (
        lanes.groupby("kind", sort=False)[["length_m", "area_m2", "pieces"]]
        .sum()
        .reindex(order)
        .reset_index()
    )
    stops = plan.boxes.assign(box=plan.boxes["box"].replace({"start": words["start"], "end": words["end"]}))
    for name, table in (("by_kind", totals), ("by_lane", lanes), ("boxes", stops)):
        _sheet(book, words, name, list(table.columns), _rows(table))
    _sheet(
        book, words, "parameters", ["parameter", "value", "unit", "status", "source", "key"],
        [
            (p.zh if lang == "zh" else p.en, _value(p.value, words), p.unit, TO_BE_CONFIRMED[lang], p.source, p.key)
            for p in plan.parameters
        ],
    )  # fmt: skip
    _sheet(book, words, "notes", ["note"], [(note.text(lang),) for note in plan.notes])
    with atomic_path(path) as temporary:
        book.save(temporary)


def write_setting_out(plan: MarkingPlan, path: Path) -> None:
    """Write the setting-out points as CSV (UTF-8 with byte-order mark).

    Texts that a spreadsheet would take for a formula are preceded by an apostrophe.

    Raises
    ------
    OutputError
        If the file cannot be written; what stood there before stays.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(plan.setting_out.columns)
    digits = {name: len(form) - 2 for name, form in _FORMATS.items()}
    for row in _rows(plan.setting_out):
        writer.writerow(
            _csv_cell(value, digits.get(name, 3))
            for name, value in zip(plan.setting_out.columns, row, strict=True)
        )
    write_bytes(path, text.getvalue().encode("utf-8-sig"))


def _rows(table: pd.DataFrame) -> Iterable[Sequence[Any]]:
    return table.itertuples(index=False, name=None)


def _value(value: object, words: dict[str, str]) -> object:
    return words["yes" if value else "no"] if isinstance(value, bool) else value


def _sheet(
    book: Any, words: dict[str, str], name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Add one sheet with a head row that stays in view."""
    from openpyxl.styles import Alignment, Font  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    sheet = book.create_sheet(words[name])
    sheet.freeze_panes = "A2"
    widths = [0] * len(columns)
    for n, row in enumerate([[words[c] for c in columns], *rows], 1):
        for k, value in enumerate(row):
            cell = sheet.cell(n, k + 1)
            _fill(cell, value)
            if n == 1:
                cell.font = Font(bold=True)
                cell.alignment = Alignment(horizontal="center")
            elif columns[k] in _FORMATS and cell.data_type == "n":
                cell.number_format = _FORMATS[columns[k]]
            shown = str(cell.value or "")
            widths[k] = max(widths[k], min(60, sum(2 if ord(c) > 0x2E80 else 1 for c in shown)))
    for k, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(k)].width = width + 3


def _fill(cell: Any, value: Any) -> None:
    """Set a cell; whatever is a text stays one, whatever it begins with."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return
    if isinstance(value, str):
        cell.value = plain_text(value)
        cell.data_type = "s"
        if starts_formula(value):
            cell.quotePrefix = True
    else:
        cell.value = value.item() if hasattr(value, "item") else value


def plain_text(value: str) -> str:
    """Return ``value`` without the control characters that XML cannot hold, at a cell's length."""
    kept = "".join(c for c in value if c in "\t\n" or (ord(c) >= 0x20 and not 0xD800 <= ord(c) <= 0xDFFF))
    return kept.replace("\ufffe", "").replace("\uffff", "")[:_CELL_LIMIT]


def _csv_cell(value: Any, digits: int) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        text = plain_text(value)
        return f"'{text}" if starts_formula(text) else text
    return f"{value:.{digits}f}" if isinstance(value, float) else str(value)
