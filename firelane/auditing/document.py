"""The audit as ``audit.json`` and as flat rows (contract §4)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from firelane.auditing.record import Audit
from firelane.auditing.tracking_rows import tracking_row
from firelane.crs import code
from firelane.findings import Finding
from firelane.lanes.obstacles import owner_labels
from firelane.site.model import Site
from firelane.vocabulary import ObstructionKind

SCHEMA = "firelane-audit/1"


def document(audit: Audit) -> dict[str, Any]:
    """Return the audit as plain values: keys in a fixed order, lengths to 1e-6 m, NaN as null."""
    site = audit.site
    classes = _road_classes(site)
    return {
        "schema": SCHEMA,
        "site": {
            "id": site.id,
            "name": site.name,
            "district": site.config.district,
            "manager": site.config.manager,
            "manager_kind": site.config.manager_kind,
            "managed": site.config.managed,
            "surveyed_on": None if site.config.surveyed_on is None else site.config.surveyed_on.isoformat(),
            "crs": code(site.crs),
            "bounds": [_length(v) for v in site.bounds],
            "accuracy_m": site.config.accuracy_m,
            "input": [
                {"path": f.path, "sha256": f.sha256, "layer": f.layer, "rows": f.rows} for f in site.inputs
            ],
            "notes": [
                {"code": n.code, "layer": n.layer, "row": n.row, "zh": n.zh, "en": n.en} for n in site.notes
            ],
            "owner_kinds": _owner_kinds(audit),
        },
        "rules": [
            {
                "rule_id": r.rule_id, "article": r.article, "quantity": r.quantity.value,
                "comparator": r.comparator, "threshold": r.threshold, "unit": r.unit,
                "severity": r.severity.value, "text_zh": r.text_zh, "text_en": r.text_en,
                "title_zh": r.title_zh, "title_en": r.title_en, "source": r.source, "pack": r.pack,
                "to_be_confirmed": list(r.to_be_confirmed),
            }
            for r in audit.rules
        ],
        "lanes": [
            {
                "lane_id": row.lane_id, "road_ids": list(row.road_ids), "designated": bool(row.designated),
                "class": _one_class(classes, row.road_ids), "length_m": _length(row.length_m),
                "min_clear_width_m": _length(row.min_clear_width_m), "min_section_width_m": _length(row.min_section_width_m),
                "min_clear_height_m": _length(row.min_clear_height_m),
                "governing_pinch_id": _text(row.governing_pinch_id), "verdict": row.verdict,
            }
            for row in audit.lanes.itertuples()
        ],
        "pinches": [
            {
                "pinch_id": row.pinch_id, "lane_id": _text(row.lane_id), "level": row.level,
                "width_m": _length(row.width_m), "p": _place(row.geometry.coords[0]),
                "q": _place(row.geometry.coords[-1]), "owners": list(row.owners),
                "governing": bool(row.governing), "bypassed": bool(row.bypassed),
            }
            for row in audit.pinches.itertuples()
        ],
        "buildings": [
            {
                "building_id": row.building_id, "widest_vehicle_m": _length(row.widest_vehicle_m),
                "entrance_id": _text(row.entrance_id), "governing_pinch_id": _text(row.governing_pinch_id),
                "verdict": row.verdict,
            }
            for row in audit.buildings.itertuples()
        ],
        "findings": [finding_row(f) for f in audit.findings],
        "remedies": [_plain(dict(r)) for r in audit.remedies],
        "summary": {
            **audit.summary,
            "lane_length_m": _length(audit.summary["lane_length_m"]),
            "judged_length_m": _length(audit.summary["judged_length_m"]),
        },
        "parking": None if audit.parking is None else _plain(dict(audit.parking)),
        "tracking": [_plain(tracking_row(tracked)) for tracked in audit.tracking],
    }  # fmt: skip


def finding_row(finding: Finding) -> dict[str, Any]:
    """Return one finding as the contract's row."""
    return {
        "finding_id": finding.finding_id,
        "rule_id": finding.rule_id,
        "article": finding.article,
        "verdict": finding.verdict.value,
        "severity": finding.severity.value,
        "quantity": finding.quantity.value,
        "value": _length(finding.value),
        "threshold": _length(finding.threshold),
        "unit": finding.unit,
        "margin": _length(finding.margin),
        "lane_id": finding.lane_id,
        "location": None if finding.location is None else _place(finding.location),
        "lonlat": None if finding.lonlat is None else [round(v, 9) for v in finding.lonlat],
        "owners": list(finding.owners),
        "message_zh": finding.message_zh,
        "message_en": finding.message_en,
        "entrance_id": finding.entrance_id,
        "building_id": finding.building_id,
        "pinch_id": finding.pinch_id,
        "chainage_m": None if finding.chainage_m is None else [_length(v) for v in finding.chainage_m],
    }


def _owner_kinds(audit: Audit) -> dict[str, str]:
    """Return the kind of every obstruction and bay that a finding names: by it Articles 16 to 18 say who has to act."""
    named = {owner for finding in audit.findings for owner in finding.owners}
    table = audit.site.layer("obstructions")
    kind = dict(zip(table["id"], table["kind"], strict=True))
    labels = owner_labels(audit.site)
    kinds = {label: str(kind[i]) for (layer, i), label in labels.items() if layer == "obstructions" and label in named}
    bays = (label for (layer, _), label in labels.items() if layer == "parking" and label in named)
    return kinds | dict.fromkeys(bays, ObstructionKind.PARKING_BAY.value)


def _road_classes(site: Site) -> dict[str, str]:
    """Road or centreline → its class (municipal, residential …), where the data tell it."""
    told: dict[str, str] = {}
    for layer in ("road_lines", "roads"):
        table = site.layer(layer)
        told |= {i: c for i, c in zip(table["id"], table["class"], strict=True) if isinstance(c, str) and c}
    return told


def _one_class(classes: Mapping[str, str], road_ids: Iterable[str]) -> str | None:
    """Return the class that all roads of a lane share; None where one is not told or they differ."""
    found = {classes.get(i) for i in road_ids}
    return found.pop() if len(found) == 1 else None


def _length(value: float | None) -> float | None:
    if value is None or math.isnan(value):
        return None
    result = round(float(value), 6)
    return 0.0 if result == 0 else result


def _plain(value: Any) -> Any:
    """Return nested values as JSON has them: numbers with a fraction are lengths, tuples are lists."""
    if isinstance(value, Mapping):
        return {key: _plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return _length(value) if isinstance(value, float) else value


def _text(value: object) -> str | None:
    """Tables may hold a missing text as None or NaN: in JSON it is null."""
    return value if isinstance(value, str) else None


def _place(xy: Iterable[float]) -> list[float]:
    return [round(float(v), 6) for v in xy][:2]

