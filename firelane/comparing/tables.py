"""Changes as rows: CSV, workbook and JSON say the same."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from firelane.auditing.files import spreadsheet_safe
from firelane.comparing.changes import Change, Changes
from firelane.comparing.lanes import LaneChange
from firelane.comparing.reading import Side
from firelane.comparing.status import REASONS, Status
from firelane.comparing.words import weights, words
from firelane.markings.spreadsheet import Column, Table, one_line
from firelane.vocabulary import Lang, Severity, Term, Verdict

SCHEMA = "firelane-changes/1"

COLUMNS = (
    "change_id", "status", "status_text", "weight", "rule_id", "article", "title", "severity", "verdict_old", "verdict_new",
    "value_old", "value_new", "threshold", "unit", "gain", "moved_m", "lane_id", "owners_old", "owners_new",
    "x_east_m", "y_north_m", "lon", "lat", "reason", "message_old", "message_new",
)  # fmt: skip
"""Columns of ``changes.csv``; their order is part of the format."""

LANE_COLUMNS = (
    "lane_id", "lane_id_old", "status_text", "length_old_m", "length_new_m", "min_clear_width_old_m", "min_clear_width_new_m",
    "min_clear_height_old_m", "min_clear_height_new_m", "verdict_old", "verdict_new", "reason",
)  # fmt: skip


def title_of(changes: Changes, rule_id: str, lang: Lang) -> str:
    """Return the title of a rule; its id where neither audit gives one."""
    rule = changes.new.rules().get(rule_id) or changes.old.rules().get(rule_id) or {}
    return str(rule.get(f"title_{lang}") or rule_id)


def change_row(change: Change, lang: Lang, titles: Mapping[str, str]) -> dict[str, Any]:
    """Return one change as a flat row of plain values."""
    old, new, row = change.old, change.new, change.row
    east, north = row["location"] or (None, None)
    lon, lat = row["lonlat"] or (None, None)

    def of(side: Mapping[str, Any] | None, key: str) -> Any:
        return None if side is None else side[key]

    def owners(side: Mapping[str, Any] | None) -> str | None:
        return None if side is None else ";".join(side["owners"])

    return {
        "change_id": change.change_id, "status": change.status.value, "status_text": change.status.label(lang),
        "weight": change.weight, "rule_id": row["rule_id"], "article": row["article"], "title": titles[row["rule_id"]],
        "severity": row["severity"], "verdict_old": of(old, "verdict"), "verdict_new": of(new, "verdict"),
        "value_old": of(old, "value"), "value_new": of(new, "value"), "threshold": row["threshold"], "unit": row["unit"],
        "gain": change.ruling.gain, "moved_m": change.moved_m, "lane_id": row.get("lane_id"), "owners_old": owners(old),
        "owners_new": owners(new), "x_east_m": east, "y_north_m": north, "lon": lon, "lat": lat,
        "reason": change.reason(lang), "message_old": of(old, f"message_{lang}"), "message_new": of(new, f"message_{lang}"),
    }  # fmt: skip


def rows_of(changes: Changes, lang: Lang) -> Iterator[dict[str, Any]]:
    """Yield every change as a flat row."""
    ids = dict.fromkeys(change.row["rule_id"] for change in changes.findings)
    titles = {rule_id: title_of(changes, rule_id, lang) for rule_id in ids}
    return (change_row(change, lang, titles) for change in changes.findings)


def changes_csv(changes: Changes, lang: Lang) -> str:
    """Return the changes as CSV text (UTF-8; the byte-order mark is the writer's business)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows_of(changes, lang):
        writer.writerow(["" if row[c] is None else spreadsheet_safe(row[c]) for c in COLUMNS])
    return out.getvalue()


# ------------------------------------------------------------------ JSON


def changes_document(changes: Changes) -> dict[str, Any]:
    """Return the comparison as plain values in both languages: schema ``firelane-changes/1``."""
    then, now = changes.verdicts()
    violations = changes.violations()
    return {
        "schema": SCHEMA,
        "old": _side(changes.old),
        "new": _side(changes.new),
        "accuracy_m": round(changes.accuracy_m, 6),
        "tolerance_m": changes.tolerance_m,
        "notes": [{"code": n.code, "zh": n.zh, "en": n.en} for n in changes.notes],
        "summary": {
            "verdict": {"old": then.value, "new": now.value},
            "violations": {"old": violations[0], "new": violations[1]},
            "statuses": {status.value: dict(count) for status, count in changes.counts().items()},
            "lane_length_m": {v.value: {"old": a, "new": b} for v, (a, b) in changes.lengths_m().items()},
        },
        "changes": [_change(change) for change in changes.findings],
        "lanes": [_lane(lane) for lane in changes.lanes],
    }


def _side(side: Side) -> dict[str, Any]:
    site = side.site
    return {
        "label": side.label, "sha256": side.sha256,
        "site": {"id": site["id"], "name": site.get("name"), "crs": site["crs"], "accuracy_m": site["accuracy_m"]},
        "rules": sorted(side.rules()),
    }  # fmt: skip


def _change(change: Change) -> dict[str, Any]:
    return {
        "change_id": change.change_id, "status": change.status.value, "weight": change.weight,
        "rule_id": change.row["rule_id"], "article": change.row["article"], "gain": change.ruling.gain,
        "moved_m": change.moved_m, "reason": change.ruling.reason or None, "reason_zh": change.reason("zh"),
        "reason_en": change.reason("en"), "old": None if change.old is None else dict(change.old),
        "new": None if change.new is None else dict(change.new),
    }  # fmt: skip


def _lane(lane: LaneChange) -> dict[str, Any]:
    def part(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
        keys = ("lane_id", "length_m", "min_clear_width_m", "min_clear_height_m", "verdict")
        return None if row is None else {key: row[key] for key in keys}

    return {
        "status": lane.ruling.status.value, "reason": lane.ruling.reason or None, "gain_m": lane.ruling.gain,
        "old": part(lane.old), "new": part(lane.new),
    }  # fmt: skip


def changes_json(changes: Changes) -> str:
    """Return ``changes.json``."""
    return json.dumps(changes_document(changes), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


# ------------------------------------------------------------------ workbook


def changes_tables(changes: Changes, lang: Lang) -> list[Table]:
    """Return the sheets: summary, changes, lanes."""
    return [_summary(changes, lang), _list(changes, lang), _lanes(changes, lang)]


def _columns(keys: tuple[str, ...], lang: Lang) -> list[Column]:
    text = words(lang)
    figures = {"gain", "moved_m", "threshold"}

    def form(key: str) -> str:
        if key.startswith("length"):
            return "0.0"
        return "0.000" if key in figures or key.startswith(("value", "min_", "x_", "y_")) else "General"

    return [Column(text[key], form(key), key.startswith("message") or key == "reason") for key in keys]


def _term(kind: type[Term], value: str | None, lang: Lang) -> str | None:
    return None if value is None else kind(value).label(lang)


def _summary(changes: Changes, lang: Lang) -> Table:
    text, kinds = words(lang), weights(lang)
    then, now = changes.verdicts()
    violations = changes.violations()
    rows: list[tuple[Any, ...]] = [
        (text["site_verdict"], then.label(lang), now.label(lang), None),
        (text["violations"], violations[0], violations[1], violations[1] - violations[0]),
    ]
    for verdict, (a, b) in changes.lengths_m().items():
        if a or b:
            rows.append((text["lane_length"].format(verdict=verdict.label(lang)), a, b, round(b - a, 6)))
    rows += [(None,) * 4, (text["status"], kinds["violation"], kinds["information"], kinds["none"])]
    for status, count in changes.counts().items():
        rows.append((status.label(lang), *count.values()))
    remarks = [note.text(lang) for note in changes.notes]
    remarks.append(text["accuracy_said"].format(accuracy=f"{changes.accuracy_m:g}", tolerance=f"{changes.tolerance_m:g}"))
    remarks += [f"{text[key]}: {_named(side)}" for key, side in (("old", changes.old), ("new", changes.new))]
    columns = [Column(text["summary"], wrap=True), *(Column(text[k], "0.###") for k in ("old", "new", "difference"))]
    return Table(text["summary"], columns, rows, (), [one_line(remark) for remark in remarks])


def _named(side: Side) -> str:
    return " ".join(str(p) for p in (side.site.get("name") or side.site["id"], side.label, f"SHA-256 {side.sha256}") if p)


def _list(changes: Changes, lang: Lang) -> Table:
    kinds = weights(lang)
    keys = tuple(key for key in COLUMNS if key not in ("status", "rule_id"))
    rows = []
    for row in rows_of(changes, lang):
        shown = row | {
            "weight": kinds[row["weight"]], "severity": _term(Severity, row["severity"], lang),
            "verdict_old": _term(Verdict, row["verdict_old"], lang), "verdict_new": _term(Verdict, row["verdict_new"], lang),
        }  # fmt: skip
        rows.append(tuple(one_line(v) if isinstance(v, str) else v for v in (shown[k] for k in keys)))
    return Table(words(lang)["changes"], _columns(keys, lang), rows)


def lane_row(lane: LaneChange, lang: Lang) -> dict[str, Any]:
    """Return one lane as a flat row."""

    def of(row: Mapping[str, Any] | None, key: str) -> Any:
        return None if row is None else row[key]

    return {
        "lane_id": lane.lane_id, "lane_id_old": of(lane.old, "lane_id"), "status_text": lane_status(lane, lang),
        "length_old_m": of(lane.old, "length_m"), "length_new_m": of(lane.new, "length_m"),
        **{
            f"{name}_{when}_m": of(row, f"{name}_m")
            for name in ("min_clear_width", "min_clear_height") for when, row in (("old", lane.old), ("new", lane.new))
        },
        "verdict_old": _term(Verdict, of(lane.old, "verdict"), lang),
        "verdict_new": _term(Verdict, of(lane.new, "verdict"), lang),
        "reason": REASONS[lane.ruling.reason][0 if lang == "zh" else 1],
    }  # fmt: skip


def lane_status(lane: LaneChange, lang: Lang) -> str:
    """Return the word for what became of a lane; one that is in one audit alone may well have had something wrong."""
    text = words(lang)
    plain = {Status.ADDED: text["lane_added"], Status.REMOVED: text["lane_removed"]}
    return plain.get(lane.ruling.status) or lane.ruling.status.label(lang)


def _lanes(changes: Changes, lang: Lang) -> Table:
    text = words(lang)
    rows = [tuple(lane_row(lane, lang)[key] for key in LANE_COLUMNS) for lane in changes.lanes]
    lengths = [sum(row[LANE_COLUMNS.index(f"length_{w}_m")] or 0.0 for row in rows) for w in ("old", "new")]
    total = (text["total"], None, None, *lengths, *(None,) * (len(LANE_COLUMNS) - 5))
    return Table(text["lanes"], _columns(LANE_COLUMNS, lang), rows, (total,) if rows else ())
