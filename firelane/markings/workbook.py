"""Quantities and setting-out points as files: a workbook for the office, a CSV for the total station."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from firelane.files import starts_formula, write_bytes
from firelane.markings.bill import (
    BOARD,
    MATERIAL_COLUMNS,
    REMOVAL,
    bill_of_quantities,
    grand_total,
    materials_to_buy,
    totals_by_item,
)
from firelane.markings.items import bill_items
from firelane.markings.materials import material_catalogue, read_materials
from firelane.markings.removal import REASONS
from firelane.markings.spreadsheet import Column, Table, one_line, write_book
from firelane.markings.workbook_words import FORMATS, WORDS
from firelane.vocabulary import TO_BE_CONFIRMED, PaintKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import pandas as pd

    from firelane.markings.materials import Product, Rate
    from firelane.markings.plan import MarkingPlan
    from firelane.vocabulary import Lang

_ROUNDING_M = 1e-6


def write_quantities(plan: MarkingPlan, path: Path, lang: Lang = "zh") -> None:
    """Write the workbook.

    Sheets: the bill by item, by lane, materials to buy, the proof of the 20 m rule, lettering with and without stencil
    bridges, existing paint to remove, warning boards, open parameters, rates with their sources, notes. Columns of prices
    and costs are there only if prices are given; what has no price says so. Setting-out points are in the CSV alone:
    instruments read it, and one list cannot differ from another. Texts that a spreadsheet would take for a formula are
    kept as texts.

    Raises
    ------
    OutputError
        If the file cannot be written; what stood there before stays.
    """
    book = _Book(plan, lang)
    write_book(book.tables(), path, title=book.title, page=WORDS[lang]["page"])


class _Book:
    """The sheets of one plan in one language."""

    def __init__(self, plan: MarkingPlan, lang: Lang) -> None:
        self.plan, self.lang, self.words = plan, lang, WORDS[lang]
        told = plan.site.config.materials
        self.told, self.materials = told, read_materials(told)
        bill = plan.bill
        if bill is None:
            bill = bill_of_quantities(plan.quantities, plan.boards, plan.removals, told)
        self.bill: pd.DataFrame = bill
        self.title = f"{plan.site.name or plan.site.id} {self.words['title']}"

    def tables(self) -> list[Table]:
        """Return the sheets in order."""
        return [
            self.by_item(), self.by_lane(), self.to_buy(), self.boxes(), self.lettering(), self.existing(), self.boards(),
            self.parameters(), self.rates(), self.per_m2(), self.notes(),
        ]  # fmt: skip

    def table(
        self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]],
        totals: Sequence[Sequence[Any]] = (), remarks: Sequence[str] = (),
    ) -> Table:  # fmt: skip
        heads = []
        for key in columns:
            title = self.words.get(key, key)
            if key in ("unit_price", "cost"):
                title = title.format(currency=self.materials.currency(self.lang))
            heads.append(Column(title, FORMATS.get(key, "General"), key in ("source", "note", "parameter")))
        return Table(self.words[name], heads, [tuple(row) for row in rows], totals, remarks)

    def item(self, kind: str) -> str:
        return bill_items()[kind].label(self.lang)

    def coating(self, key: object) -> str:
        return material_catalogue().coatings[key][self.lang] if isinstance(key, str) else ""

    def money(self, row: dict[str, Any]) -> list[Any]:
        """Return unit price, cost and what the price holds for; nothing where no prices were given."""
        if not self.materials.priced:
            return []
        if math.isnan(row["cost"]):
            return [None, self.words["no_price"], ""]
        return [row["unit_price"], row["cost"], self.words[f"basis_{row['price_basis']}"]]

    def money_columns(self) -> list[str]:
        return ["unit_price", "cost", "price_basis"] if self.materials.priced else []

    def by_item(self) -> Table:
        """Return the bill by item."""
        columns = ["code", "kind", "measure", "length_m", "area_m2", "pieces", "coating", *MATERIAL_COLUMNS]
        rows = [
            (
                row["code"], self.item(row["kind"]), self.words[f"measure_{row['measure']}"], *self.sizes(row),
                self.coating(row["coating"]), *(row[c] or None for c in MATERIAL_COLUMNS), *self.money(row),
            )
            for row in _records(totals_by_item(self.bill))
        ]  # fmt: skip
        total = grand_total(self.bill)
        sums = [total[c] or None for c in MATERIAL_COLUMNS]
        cost = [None, total["cost"], ""] if self.materials.priced else []
        foot = [("", self.words["total_paint"], "", None, total["paint_m2"], None, "", *sums, *cost)]
        remarks = [self.words["areas_are_unions"]]
        if self.materials.priced and total["unpriced"]:
            remarks.append(self.words["unpriced"].format(n=int(total["unpriced"])))
        if (self.bill["price_basis"] == "materials").any():
            remarks.append(self.words["materials_only"])
        if not self.plan.site.surveyed("markings"):
            remarks.append(self.words["existing_not_surveyed"])
        return self.table("by_item", [*columns, *self.money_columns()], rows, foot if rows else (), remarks)

    def sizes(self, row: dict[str, Any]) -> tuple[Any, Any, int]:
        """Return length, area and pieces; what a kind does not have stays empty."""
        return row["length_m"] or None, row["area_m2"] or None, int(row["pieces"])

    def by_lane(self) -> Table:
        """Return the bill by item, lane and entrance."""
        columns = ["code", "kind", "lane_id", "entrance_id", "length_m", "area_m2", "pieces", *MATERIAL_COLUMNS]
        rows = [
            (
                row["code"], self.item(row["kind"]), row["lane_id"], row["entrance_id"], *self.sizes(row),
                *(row[c] or None for c in MATERIAL_COLUMNS), *self.money(row),
            )
            for row in _records(self.bill)
        ]  # fmt: skip
        return self.table("by_lane", [*columns, *self.money_columns()], rows)

    def to_buy(self) -> Table:
        """Return what to buy, in whole packs."""
        priced = any(key in self.materials.prices for key in material_catalogue().products)
        rows = []
        for row in _records(materials_to_buy(self.bill, self.told)):
            product = material_catalogue().products[row["product"]]
            zh = self.lang == "zh"
            packed = f"{row['pack']:g} {row['unit']}/{product.pack_zh if zh else product.pack_en.removesuffix('s')}"
            cost = [None, self.words["no_price"]] if math.isnan(row["cost"]) else [row["unit_price"], row["cost"]]
            rows.append(
                (product.zh if zh else product.en, row["needed"], row["unit"], packed, row["packs"],
                 product.pack_zh if zh else product.pack_en, row["to_buy"], *(cost if priced else []))
            )  # fmt: skip
        columns = ["product", "needed", "unit", "packed", "packs", "pack", "to_buy"]
        return self.table("materials", [*columns, *(["unit_price", "cost"] if priced else [])], rows, (), [self.words["buy_remark"]])

    def boxes(self) -> Table:
        """Return the proof of the 20 m rule."""
        stops = self.plan.boxes
        pitch_m = self.plan.dims.number("box_pitch_m") if self.plan.dims is not None else 20.0
        ends = {"start": self.words["start"], "end": self.words["end"]}
        rows = []
        for row in _records(stops):
            kept = None if math.isnan(row["gap_m"]) else self.words["yes" if row["gap_m"] <= pitch_m + _ROUNDING_M else "no"]
            rows.append([ends.get(v, v) if k == "box" else v for k, v in row.items()] + [kept])
        return self.table("boxes", [*(str(c) for c in stops.columns), "within"], rows)

    def lettering(self) -> Table:
        """Return the painted area of each lettering, with and without the bridges of a stencil."""
        used = Counter(placement.block for placement in self.plan.placements)
        rows: list[tuple[Any, ...]] = []
        for name, area in self.plan.lettering.items():
            count = used.get(name, 1) if name.startswith("FL-") else 1
            rows.append((name, count, area.full_m2, area.bridged_m2, area.bridges,
                         area.full_m2 * count, area.bridged_m2 * count, area.bridges * count))  # fmt: skip
        foot = [(self.words["total"], *(sum(row[k] for row in rows) if k in (1, 5, 6, 7) else None for k in range(1, 8)))]
        bridged = self.plan.dims is not None and self.plan.dims.flag("stencil_bridges")
        remark = self.words["painted_bridged" if bridged else "painted_full"]
        columns = ["block", "count", "full_m2", "bridged_m2", "bridges", "all_full_m2", "all_bridged_m2", "all_bridges"]
        return self.table("lettering", columns, rows, foot if rows else (), [remark])

    def existing(self) -> Table:
        """Return the paint of today that has to go."""
        n = 0 if self.lang == "zh" else 1
        rows = [
            (r.row_id, PaintKind(r.kind).label(self.lang), r.lane_id, r.length_m or None, r.area_m2,
             REASONS[r.reason][n] if r.reason in REASONS else r.reason, self.words["yes" if r.assumed else "no"])
            for r in self.plan.removals
        ]  # fmt: skip
        length_m, area_m2 = (sum(getattr(r, name) for r in self.plan.removals) for name in ("length_m", "area_m2"))
        foot = [(self.words["total"], "", "", length_m or None, area_m2, "", "")] if rows else []
        site = self.plan.site
        remarks = [note.text(self.lang) for note in self.plan.notes if note.code.startswith("existing_")]
        if not site.surveyed("markings"):
            remarks.insert(0, self.words["existing_not_surveyed"])
        elif not rows:
            remarks.insert(0, self.words["nothing_to_remove"])
        columns = ["row_id", "paint", "lane_id", "length_m", "area_m2", "reason", "assumed"]
        return self.table("existing", columns, rows, foot, remarks)

    def boards(self) -> Table:
        """Return the warning boards to put up."""
        rows = [
            (b.board_id, b.entrance_id, b.y, b.x, (90.0 - b.heading_deg) % 360.0, b.width_m, b.height_m, b.bottom_m)
            for b in self.plan.boards
        ]
        notes = [note.text(self.lang) for note in self.plan.notes if note.code.startswith("board_")]
        if not rows:
            notes.insert(0, self.words["no_boards"])
        columns = ["board", "entrance_id", "x_north_m", "y_east_m", "azimuth_deg", "width_m", "height_m", "bottom_m"]
        return self.table("boards", columns, rows, (), [*notes, self.words["board_remark"]])

    def parameters(self) -> Table:
        """Return the open parameters."""
        zh = self.lang == "zh"
        rows = [
            (
                p.zh if zh else p.en,
                self.value(p.value),
                p.unit,
                TO_BE_CONFIRMED[self.lang],
                (p.source_zh if zh else "") or p.source,
                p.key,
            )
            for p in self.plan.parameters
        ]
        return self.table("parameters", ["parameter", "value", "unit", "status", "source", "key"], rows)

    def value(self, value: object) -> object:
        return self.words["yes" if value else "no"] if isinstance(value, bool) else value

    def rates(self) -> Table:
        """Return the rates in force: those of the data are to be confirmed, those of the site are given."""
        zh, catalogue, told = self.lang == "zh", material_catalogue(), self.materials
        rows = []
        for (kind, key), value in told.rates.items():
            rate = catalogue.rates[key]
            given = bool(kind) or value != rate.value
            where = self.item(kind) if kind else self.words["all"]
            rows.append((rate.zh if zh else rate.en, where, value, rate.unit, *self.origin(rate, given=given), key))
        for key, product in catalogue.products.items():
            name = self.words["pack_of"].format(product=product.zh if zh else product.en)
            origin = self.origin(product, given=told.packs[key] != product.pack)
            rows.append((name, self.words["all"], told.packs[key], product.unit, *origin, key))
        return self.table("rates", ["parameter", "of", "value", "unit", "status", "source", "key"], rows)

    def origin(self, row: Rate | Product, *, given: bool) -> tuple[str, str]:
        """Return status and source of a figure."""
        if given:
            return self.words["given"], "[materials] site.toml"
        return TO_BE_CONFIRMED[self.lang], row.source_zh if self.lang == "zh" else row.source

    def per_m2(self) -> Table:
        """Return what a square metre of each kind takes, loss included."""
        products = material_catalogue().products
        rows = []
        for kind in bill_items():
            if kind in (BOARD, REMOVAL):
                continue
            sums = dict.fromkeys(MATERIAL_COLUMNS, 0.0)
            for product, amount in self.materials.per_m2(kind).items():
                sums[products[product].column] += amount
            rows.append((self.item(kind), self.coating(self.materials.coatings[kind]), *(v or None for v in sums.values())))
        return self.table("per_m2", ["kind", "coating", *MATERIAL_COLUMNS], rows)

    def notes(self) -> Table:
        """Return what there is to say."""
        return self.table("notes", ["note"], [(note.text(self.lang),) for note in self.plan.notes])


def write_setting_out(plan: MarkingPlan, path: Path) -> None:
    """Write the setting-out points as CSV (UTF-8 with byte-order mark).

    Texts that a spreadsheet would take for a formula are preceded by an apostrophe; control characters and line breaks
    within texts are spaces, so that every point is one line.

    Raises
    ------
    OutputError
        If the file cannot be written; what stood there before stays.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(plan.setting_out.columns)
    digits = {"lon": 8, "lat": 8}
    for row in _rows(plan.setting_out):
        writer.writerow(
            _csv_cell(value, digits.get(name, 3))
            for name, value in zip(plan.setting_out.columns, row, strict=True)
        )
    write_bytes(path, text.getvalue().encode("utf-8-sig"))


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    columns = [str(c) for c in table.columns]
    return [dict(zip(columns, row, strict=True)) for row in _rows(table)]


def _rows(table: pd.DataFrame) -> Iterable[Sequence[Any]]:
    return table.itertuples(index=False, name=None)


def _csv_cell(value: Any, digits: int) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        text = one_line(value)
        return f"'{text}" if starts_formula(text) else text
    return f"{value:.{digits}f}" if isinstance(value, float) else str(value)
