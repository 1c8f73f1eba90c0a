"""The files of a comparison of two batches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from firelane.batch.changes_links import link_to
from firelane.batch.changes_map import write_map
from firelane.batch.changes_model import BatchChanges, SiteChange, SiteStatus, gravest
from firelane.batch.changes_tables import (
    SITE_COLUMNS,
    group_heads,
    group_row,
    lowered,
    remarks_of,
    rows_of,
    site_rows,
    verdict_text,
    write_csv,
    write_json,
)
from firelane.batch.changes_words import words
from firelane.batch.city_book_sheets import Link, Sheet, write_sheets
from firelane.comparing import Status
from firelane.comparing.words import weights
from firelane.markings.spreadsheet import Column
from firelane.staging import staged
from firelane.vocabulary import Lang, Severity

FILES = ("changes.json", "changes.csv", "changes.xlsx", "changes.html")

_LOOKS = {
    Status.NEW: "F4C7C3", Status.WORSE: "FBDFC7", Status.NO_LONGER_MEASURED: "E1D7EE", Status.BETTER: "D3E5F3", Status.GONE: "D3EADD",
}  # fmt: skip
_SITE_LOOKS = {
    SiteStatus.WORSE: "F4C7C3", SiteStatus.MIXED: "FBDFC7", SiteStatus.NO_LONGER_DONE: "E1D7EE", SiteStatus.NO_LONGER_MEASURED: "E1D7EE",
    SiteStatus.BETTER: "D3EADD",
}  # fmt: skip
_FORMS = {
    "value_old": "0.000", "value_new": "0.000", "gain": "0.000", "moved_m": "0.00",
    "length_fail_old_m": "#,##0.0", "length_fail_new_m": "#,##0.0", "width_old_m": "0.000", "width_new_m": "0.000", "lon": "0.000000",
    "lat": "0.000000",
}  # fmt: skip
_LISTED = (
    "name", "status_text", "article", "title", "value_old", "value_new", "threshold", "unit", "verdict_old", "verdict_new", "weight",
    "severity", "reason", "message_new", "message_old", "gain", "moved_m", "lane_id", "owners_old", "owners_new", "district", "manager",
    "site_status", "lon", "lat", "change_id", "site_id",
)  # fmt: skip
_LONG = frozenset({"reason", "message_old", "message_new", "why_not_done", "title"})


def write_files(changes: BatchChanges, folder: Path, lang: Lang) -> tuple[Path, ...]:
    """Write all files into a folder, all or none; return them.

    Raises
    ------
    OutputError
        If a file cannot be written; what stood there before stays.
    """
    with staged(folder) as desk:
        write_json(changes, desk / "changes.json")
        write_csv(changes, desk / "changes.csv", lang)
        _write_workbook(changes, desk / "changes.xlsx", folder, lang)
        write_map(changes, desk / "changes.html", folder, lang)
    return tuple(folder / name for name in FILES)


def _write_workbook(changes: BatchChanges, path: Path, folder: Path, lang: Lang) -> None:
    text = words(lang)
    title = f"{text['book_title']} {changes.old.label} → {changes.new.label}"
    write_sheets(_sheets(changes, folder, lang), path, title=title, page=text["page"], more=text["more"])


def _sheets(changes: BatchChanges, folder: Path, lang: Lang) -> Iterator[Sheet]:
    text = words(lang)
    yield _summary(changes, lang)
    yield _sites(changes, folder, lang)
    for name, key in (("sheet_districts", "district"), ("sheet_managers", "manager")):
        groups = changes.by(key)
        rows = [group_row(t, t.name or text["not_told"]) for t in groups]
        total = group_row(changes.totals(), text["total"])
        yield Sheet(text[name], [Column(head) for head in group_heads(lang, key)], rows, [total] if rows else (), kept=1, printed=13)
    yield _changes(changes, lang)


def _summary(changes: BatchChanges, lang: Lang) -> Sheet:
    text, kinds = words(lang), weights(lang)
    totals = changes.totals()
    rows: list[list[Any]] = [
        [text["all_sites"], len(changes.old.sites), len(changes.new.sites), len(changes.new.sites) - len(changes.old.sites)],
        [text["compared"], totals.compared, totals.compared, None],
        [text["violations_compared"], *totals.violations, totals.violations[1] - totals.violations[0]],
        [text["violations_once"], *totals.once, None],
    ]
    for verdict, (a, b) in changes.lengths_m().items():
        if a or b:
            rows.append([text["lane_length"].format(verdict=verdict.label(lang)), a / 1000, b / 1000, (b - a) / 1000])
    rows += [[None] * 4, [text["site_counts"], text["number"], None, None]]
    rows += [[status.label(lang), totals.sites.get(status, 0), None, None] for status in SiteStatus]
    rows += [[None] * 4, [text["finding_counts"], kinds["violation"], kinds["information"], kinds["none"]]]
    rows += [[status.label(lang), *count.values()] for status, count in changes.counts().items()]
    columns = [Column(text["item"], wrap=True), *(Column(text[k], "#,##0.000") for k in ("old", "new", "difference"))]
    return Sheet(text["sheet_summary"], columns, rows, (), remarks_of(changes, lang), filtered=False)


def _sites(changes: BatchChanges, folder: Path, lang: Lang) -> Sheet:
    text = words(lang)
    columns = [Column(text[key], _FORMS.get(key, "General"), key in _LONG) for key in SITE_COLUMNS]

    def linked(site: SiteChange, row: dict[str, Any]) -> list[Any]:
        for key, side, told in (("map", changes.new, site.new), ("map_old", changes.old, site.old)):
            target = link_to(side, told, folder)
            row[key] = Link(text["map"], target) if target else None
        return [row[key] for key in SITE_COLUMNS]

    rows = (linked(site, row) for site, row in zip(gravest(changes.sites), site_rows(changes, lang), strict=True))
    looks = {status.label(lang): colour for status, colour in _SITE_LOOKS.items()}
    return Sheet(
        text["sheet_sites"], columns, rows, (), [text["kept_sites"]], kept=2, looks=looks, coloured=[SITE_COLUMNS.index("site_status")],
        printed=12,
    )  # fmt: skip


def _changes(changes: BatchChanges, lang: Lang) -> Sheet:
    text, kinds = words(lang), weights(lang)

    def shown(row: dict[str, Any]) -> list[Any]:
        row["weight"], row["severity"] = kinds[row["weight"]], Severity(row["severity"]).label(lang)
        row["verdict_old"], row["verdict_new"] = (verdict_text(row[k], lang) for k in ("verdict_old", "verdict_new"))
        if row["unit"] == "m":
            row["value_old"], row["value_new"] = lowered(row["value_old"]), lowered(row["value_new"])
        return [row[key] for key in _LISTED]

    rows = (shown(row) for row in rows_of(changes, lang) if row["status"] != Status.UNCHANGED)
    columns = [Column(text["title_rule" if key == "title" else key], _FORMS.get(key, "General"), key in _LONG) for key in _LISTED]
    looks = {status.label(lang): colour for status, colour in _LOOKS.items()}
    return Sheet(text["sheet_changes"], columns, rows, kept=2, looks=looks, coloured=[_LISTED.index("status_text")], printed=12)
