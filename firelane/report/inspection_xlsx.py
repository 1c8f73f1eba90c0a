"""The inspection report as a workbook: every finding, lane, building, remedy and source, for sorting and filtering."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from firelane.markings.spreadsheet import Column, Table, write_book
from firelane.report.inspection import Inspection, clean, short
from firelane.report.numbers import on_one_line
from firelane.report.parameters import open_parameters
from firelane.report.sources import layer_name
from firelane.report.tracking_xlsx import tables as tracking_tables
from firelane.report.words import words
from firelane.rules.listing import requirement
from firelane.vocabulary import Verdict

if TYPE_CHECKING:
    import os

_LENGTH, _DEGREES, _FREE = "0.000", "0.0000000", "General"


def write_xlsx(inspection: Inspection, path: str | os.PathLike[str]) -> None:
    """Write the workbook. Lengths are numbers, rounded towards the side that fails; texts are never formulas.

    Raises
    ------
    OutputError
        If the file cannot be written; what stood there before stays.
    """
    text = inspection.words
    page = "第 {n} 页 共 {of} 页" if inspection.lang == "zh" else "page {n} of {of}"
    tables = [_summary(inspection), _findings(inspection), _lanes(inspection), _buildings(inspection)]
    tables += [_remedies(inspection), *tracking_tables(inspection), _rules(inspection), _sources(inspection)]
    write_book(tables, Path(path), title=f"{text['title']} {inspection.site_name}", page=page)


def _number(told: str) -> float | str:
    """Return the figure of a text such as ``3.123 m`` as a number, else the text."""
    figure = told.replace("−", "-").partition(" ")[0]
    try:
        return float(figure)
    except ValueError:
        return told


def _summary(it: Inspection) -> Table:
    text = it.words
    rows: list[list[Any]] = [[text["verdict"], it.verdict.label(it.lang)], *([a, b] for a, b in it.cover), *([a, b] for a, b in it.method)]
    return Table(text["h_summary"], [Column(text["verdict"]), Column("", wrap=True)], rows, remarks=[text["disclaimer"]])


def _findings(it: Inspection) -> Table:
    text = it.words
    columns = [
        Column(text["no"], "0"), Column(text["article"]), Column(text["rule"]), Column(text["verdict_col"]),
        Column(text["severity"]), Column(text["measured"], _LENGTH), Column(text["required"]),
        Column(text["margin"], _LENGTH), Column(text["what"], wrap=True), Column(text["lane"]),
        Column(text["at_chainage"].format(value="").strip()), Column(text["building"]), Column(text["by_entrance"]),
        Column(text["governed"], wrap=True), Column("X (m)", _LENGTH), Column("Y (m)", _LENGTH),
        Column("lon", _DEGREES), Column("lat", _DEGREES), Column("finding_id"),
    ]  # fmt: skip
    rows = []
    for line in it.every_line:
        f = line.finding
        east, north = f.location if f.location is not None else (None, None)
        lon, lat = it.degrees(f) or (None, None)
        chainage = None if f.chainage_m is None else "–".join(dict.fromkeys(f"{m:.1f}" for m in f.chainage_m))
        owners = "\n".join(short(it.content.owner(o)[0]) for o in f.owners[:50])
        rows.append([
            line.number or None, line.article, line.title, line.verdict, line.severity, _number(line.measured), on_one_line(line.required, it.lang),
            _number(line.margin), clean(line.message), f.lane_id, chainage, f.building_id, f.entrance_id, owners or None,
            north, east, lon, lat, f.finding_id,
        ])  # fmt: skip
    return Table(text["counts"], columns, rows, remarks=[text["numbers"], text["down"]])


def _lanes(it: Inspection) -> Table:
    text = it.words
    heads = ("length_col", "least_clear", "least_section", "least_height")
    columns = [Column(text["lane"]), *(Column(f"{text[h]} (m)", _LENGTH) for h in heads), Column(text["verdict_col"])]
    rows = [
        [row.lane_id, _floor(row.length_m), _floor(row.min_clear_width_m), _floor(row.min_section_width_m),
         _floor(row.min_clear_height_m), Verdict(row.verdict).label(it.lang)]
        for row in it.audit.lanes.itertuples()
    ]  # fmt: skip
    return Table(text["lane"], columns, rows)


def _buildings(it: Inspection) -> Table:
    text = it.words
    heads = ("building", "widest", "by_entrance", "governed", "verdict_col")
    columns = [Column(text[h], _LENGTH if h == "widest" else _FREE) for h in heads]
    # 8 m stands for 8 m or more: as a text it cannot be taken for a measured figure
    rows = [[a, b if b.startswith("≥") else _number(b), c, d, e] for a, b, c, d, e in it.reach]
    missing = len(it.audit.buildings) - len(it.reach)
    return Table(text["building"], columns, rows, remarks=[text["reach_missing"].format(n=missing)] if missing else ())


def _remedies(it: Inspection) -> Table:
    text = it.words
    columns = [Column(text["target"]), Column(text["remedy"], wrap=True), Column(text["state"], wrap=True), Column(text["result"], _LENGTH)]
    rows = [[a, b, c, d if d.startswith("≥") else _number(d)] for a, b, c, d in it.remedies]
    remarks = [it.disc_sentence, text["remedy_shared"]] if rows else [text["remedy_none"]]
    return Table(text["h_remedies"], columns, rows, remarks=[*remarks, *([f"{text['parking']}{it.parking}"] if it.parking else [])])


def _rules(it: Inspection) -> Table:
    text, lang = it.words, it.lang
    columns = [Column("rule_id"), Column(text["article"]), Column(text["rule"]), Column(text["limit"]), Column(text["severity"]),
               Column(text["judged"]), Column(text["worst"]), Column(text["open_params"], wrap=True),
               Column(text["why"], wrap=True), Column(words("zh")["verbatim"], wrap=True)]  # fmt: skip
    why = {(row["a"], row["t"]): row["w"] for row in it.unmeasured}
    rows = [
        [t.rule.rule_id, t.rule.article, t.rule.title(lang), requirement(t.rule, lang) if t.rule.comparator != "none" else None,
         t.rule.severity.label(lang), text["yes" if t.rule.measured else "no_value"], t.verdict.label(lang),
         open_parameters(t.rule, lang) or None, why.get((t.rule.article, t.rule.title(lang))),
         t.rule.text_zh if t.rule.verbatim else f"（{words('zh')['not_verbatim']}）{t.rule.text_zh}"]
        for t in it.tallies
    ]  # fmt: skip
    return Table(text["h_rules"][:31], columns, rows)


def _sources(it: Inspection) -> Table:
    text = it.words
    columns = [Column(text["file"]), Column(text["layer"]), Column(text["rows"], "0"), Column(text["sha"], wrap=True)]
    rows = [[short(f.path), short(layer_name(f.layer, it.lang)), f.rows if f.layer != f.path else None, f.sha256] for f in it.audit.site.inputs]
    notes = [f"{n.layer or ''} {clean(n.text(it.lang))}".strip() for n in it.audit.site.notes]
    return Table(text["h_data"], columns, rows, remarks=[text["note"], *notes] if notes else ())


def _floor(value: Any) -> float | None:
    """Return a length rounded down to the millimetre; None where it was not measured."""
    if value is None or not np.isfinite(value):
        return None
    return float(np.floor((float(value) + 1e-6) * 1000 + 1e-9) / 1000)
