"""Changes of a city as rows: CSV, JSON and workbook say the same."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from firelane.auditing.files import spreadsheet_safe
from firelane.batch.changes_model import (
    BatchChanges,
    SiteChange,
    SiteStatus,
    Totals,
    grave,
    gravest,
    reason_text,
)
from firelane.batch.changes_read import BatchSide
from firelane.batch.changes_words import words
from firelane.comparing import Status
from firelane.comparing.changes import WEIGHTS
from firelane.markings.spreadsheet import one_line
from firelane.vocabulary import Lang, Verdict, rounded_down

SCHEMA = "firelane-batch-changes/1"

CSV_COLUMNS = (
    "site_id", "site_id_old", "name", "district", "manager", "site_status", "change_id", "status", "status_text", "weight",
    "rule_id", "article", "title", "severity", "verdict_old", "verdict_new", "value_old", "value_new", "threshold_old", "threshold",
    "unit", "gain", "moved_m", "lane_id", "owners_old", "owners_new", "lon", "lat", "reason", "message_old", "message_new",
)  # fmt: skip
"""Columns of ``changes.csv``; their order is part of the format."""

SITE_COLUMNS = (
    "name", "site_status", "count_new", "count_worse", "count_no_longer_measured", "count_better", "count_gone", "count_unchanged", "violations_old", "violations_new",
    "verdict_old", "verdict_new", "length_fail_old_m", "length_fail_new_m", "width_old_m", "width_new_m", "rank_old", "rank_new",
    "district", "manager", "why_not_done", "site_id", "site_id_old", "map", "map_old",
)  # fmt: skip

_COUNTED = (Status.NEW, Status.WORSE, Status.NO_LONGER_MEASURED, Status.BETTER, Status.GONE, Status.UNCHANGED)


def name_of(site: SiteChange) -> str:
    """Return what a site is called: its name, its id where it has none."""
    return site.told("name") or site.site_id


def rows_of(changes: BatchChanges, lang: Lang) -> Iterator[dict[str, Any]]:
    """Yield every listed finding as a flat row with the columns of its site, texts in ``lang``."""
    n = 0 if lang == "zh" else 1
    # Of an id that stands for two places both are listed, the one that is there now first: rows tell which they are.
    sites = {(site.site_id, site.new is None): site for site in changes.sites}
    once = {site.site_id: site for site in changes.sites}
    for row in changes.changes():
        gone = row["reason"] == "site_removed"
        site = sites.get((row["site_id"], gone)) or once[row["site_id"]]
        row["name"], row["district"], row["manager"] = name_of(site), site.told("district"), site.told("manager")
        row["site_status"] = site.status.label(lang)
        row["status_text"] = Status(row["status"]).label(lang)
        row["title"] = changes.titles.get(row["rule_id"], (row["rule_id"], row["rule_id"]))[n]
        row["reason"] = reason_text(row["reason"] or "", lang)
        row["message_old"], row["message_new"] = row[f"message_old_{lang}"], row[f"message_new_{lang}"]
        yield row


def write_csv(changes: BatchChanges, path: Path, lang: Lang) -> None:
    """Write ``changes.csv``: UTF-8 with a byte-order mark, row by row."""
    with path.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(CSV_COLUMNS)
        for row in rows_of(changes, lang):
            writer.writerow(["" if row[c] is None else csv_cell(row[c]) for c in CSV_COLUMNS])


def csv_cell(value: Any) -> Any:
    """Return a value that no spreadsheet takes for a formula, on one line."""
    if not isinstance(value, str):
        return value
    text = str(spreadsheet_safe(value))
    return text if text.isprintable() else one_line(text)


# ------------------------------------------------------------------ JSON


def write_json(changes: BatchChanges, path: Path) -> None:
    """Write ``changes.json``: totals, sites, districts and managers in both languages (schema ``firelane-batch-changes/1``).

    Findings one by one are in ``changes.csv``.
    """
    text = json.dumps(document(changes), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    # Half of a surrogate pair out of the data is no UTF-8; in JSON it has a spelling.
    path.write_bytes(text.encode("utf-8", "backslashreplace"))


def document(changes: BatchChanges) -> dict[str, Any]:
    """Return the comparison as plain values."""
    totals = changes.totals()
    return {
        "schema": SCHEMA,
        "old": _side(changes.old),
        "new": _side(changes.new),
        "accuracy_m": changes.accuracy_m,
        "tolerance_m": changes.tolerance_m,
        "notes": [{"code": n.code, "zh": n.zh, "en": n.en} for n in changes.notes],
        "summary": {
            **_totals(totals),
            "lane_length_m": {v.value: {"old": a, "new": b} for v, (a, b) in changes.lengths_m().items()},
            "statuses_of_all_sites": {status.value: dict(count) for status, count in changes.counts().items()},
        },
        "by_district": [{"district": t.name or None, **_totals(t)} for t in changes.by("district")],
        "by_manager": [{"manager": t.name or None, **_totals(t)} for t in changes.by("manager")],
        "sites": [_site(site) for site in changes.sites],
        "changes": {"file": "changes.csv", "rows": changes.listed},
    }


def _side(side: BatchSide) -> dict[str, Any]:
    return {
        "label": side.label, "sha256": side.sha256, "sites": len(side.sites),
        "done": sum(row["status"] == "done" for row in side.sites.values()), "rules": sorted(side.rules),
    }  # fmt: skip


def _totals(totals: Totals) -> dict[str, Any]:
    return {
        "sites": {status.value: totals.sites.get(status, 0) for status in SiteStatus},
        "compared": totals.compared,
        "violations": {"old": totals.violations[0], "new": totals.violations[1]},
        "violations_of_sites_audited_once": {"old": totals.once[0], "new": totals.once[1]},
        "statuses": {s.value: {w: totals.findings.get((s, w), 0) for w in WEIGHTS} for s in Status},
    }


def _site(site: SiteChange) -> dict[str, Any]:
    return {
        "site_id": site.site_id, "site_id_old": None if site.old is None else site.old["site_id"], "name": name_of(site),
        "district": site.told("district") or None, "manager": site.told("manager") or None, "status": site.status.value,
        "violations": {"old": site.violations[0], "new": site.violations[1]},
        "statuses": {s.value: {w: n for w in WEIGHTS if (n := site.count(s, w))} for s in Status if any(site.count(s, w) for w in WEIGHTS)},
        "old": _short(site.old), "new": _short(site.new),
    }  # fmt: skip


def _short(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if row is None:
        return None
    keys = ("status", "verdict", "rank", "lane_length_m", "length_fail_m", "min_clear_width_m", "failure_zh", "failure_en")
    return {key: row.get(key) for key in keys}


# ------------------------------------------------------------------ rows of the workbook


def site_rows(changes: BatchChanges, lang: Lang) -> Iterator[dict[str, Any]]:
    """Yield every site as a flat row, those that became worse first."""
    text = words(lang)
    for site in gravest(changes.sites):
        old, new = site.old, site.new
        yield {
            "site_id": site.site_id, "site_id_old": old["site_id"] if old is not None and site.renamed else None, "name": name_of(site),
            "district": site.told("district"), "manager": site.told("manager"), "site_status": site.status.label(lang),
            **{f"count_{status.value}": site.count(status) for status in _COUNTED},
            "violations_old": site.violations[0] if _done(old) else None, "violations_new": site.violations[1] if _done(new) else None,
            "verdict_old": site.verdict(0, lang), "verdict_new": site.verdict(1, lang),
            **{f"length_fail_{when}_m": _of(row, "length_fail_m") for when, row in (("old", old), ("new", new))},
            **{f"width_{when}_m": lowered(_of(row, "min_clear_width_m")) for when, row in (("old", old), ("new", new))},
            **{f"rank_{when}": _of(row, "rank") for when, row in (("old", old), ("new", new))},
            "why_not_done": _why(new if new is not None else old, lang, text),
        }  # fmt: skip


def _done(row: Mapping[str, Any] | None) -> bool:
    return row is not None and row["status"] == "done"


def _of(row: Mapping[str, Any] | None, key: str) -> Any:
    return row.get(key) if row is not None and row["status"] == "done" else None


def _why(row: Mapping[str, Any] | None, lang: Lang, text: Mapping[str, str]) -> str:
    if row is None or row["status"] == "done":
        return ""
    return text["not_run"] if row["status"] == "not_run" else str(row.get(f"failure_{lang}") or "")


def lowered(value: float | None) -> float | None:
    """Return a length rounded down to the millimetre: a sheet would round 3.9996 m up to 4.000 m."""
    return None if value is None or value != value else float(rounded_down(value))  # noqa: PLR0124  (NaN)


def group_row(totals: Totals, name: str) -> list[Any]:
    """Return the figures of a district or a manager."""
    found = totals.findings
    kept = [found.get((s, "violation"), 0) for s in (Status.BETTER, Status.GONE, Status.UNCHANGED)]
    sites = [totals.sites.get(status, 0) for status in SiteStatus]
    return [name, totals.all_sites, totals.compared, *totals.violations, *grave(found), *kept, *totals.once, *sites]


def group_heads(lang: Lang, first: str) -> Sequence[str]:
    """Return the heads of ``group_row``."""
    text = words(lang)
    keys = (
        first, "all_sites", "compared", "violations_old", "violations_new", "count_new", "count_worse", "count_no_longer_measured",
        "count_better", "count_gone", "count_unchanged", "once_old", "once_new",
    )  # fmt: skip
    joint = "场地：" if lang == "zh" else "sites: "
    return [*(text[key] for key in keys), *(f"{joint}{status.label(lang)}" for status in SiteStatus)]


def verdict_text(value: str | None, lang: Lang) -> str:
    """Return a finding's verdict in words."""
    return "" if value is None else Verdict(value).label(lang)


def remarks_of(changes: BatchChanges, lang: Lang) -> list[str]:
    """Return what must be known: notes, accuracy, what is listed, which batches these are."""
    text = words(lang)
    tolerance = f"{changes.tolerance_m:g}"
    accuracy = (
        text["accuracy_each"].format(tolerance=tolerance) if changes.accuracy_m is None
        else text["accuracy_said"].format(accuracy=f"{2 * changes.accuracy_m:g}", tolerance=tolerance)
    )  # fmt: skip
    sides = (("old", changes.old), ("new", changes.new))
    return [*(n.text(lang) for n in changes.notes), accuracy, text["fold"], *(f"{text[k]}: {s.label} SHA-256 {s.sha256}" for k, s in sides)]
