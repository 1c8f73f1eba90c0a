"""Audits written by hand and books to open them in, for the tests of the case book."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from postgres import database_url, postgres  # noqa: F401  (fixtures)

from firelane.cases.book import CaseBook
from firelane.store import Role, Store

T0 = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
WIDTH, OBSTRUCTION = "sy2020-14-clear-width", "sy2020-10-obstruction"
LON, LAT = 123.43, 41.80
JPEG = b"\xff\xd8\xff\xe0" + b"not a whole picture " * 5
PLATE = "辽A12345"


def rule(rule_id, quantity, article, **more):
    return {
        "rule_id": rule_id, "article": article, "quantity": quantity, "comparator": ">=", "threshold": 4.0, "unit": "m",
        "severity": "mandatory", "text_zh": f"{article}原文", "text_en": "text", "title_zh": f"{quantity} 规则", "title_en": quantity,
    } | more  # fmt: skip


def finding(subject="V1", rule_id=OBSTRUCTION, *, x=0.0, verdict="fail", value=3.4, owners=("V1",), lane="L5900-0000", **more):
    """One finding ``x`` metres east of the origin."""
    return {
        "finding_id": f"{rule_id}:{subject}", "rule_id": rule_id, "article": "第十条" if rule_id == OBSTRUCTION else "第十四条",
        "verdict": verdict, "severity": "mandatory", "quantity": "obstruction" if rule_id == OBSTRUCTION else "clear_width",
        "value": value, "threshold": 4.0, "unit": "m", "margin": None if value is None else round(value - 4.0, 6), "lane_id": lane,
        "location": [535_900.0 + x, 4_630_000.0], "lonlat": [LON + x / 83_000.0, LAT], "owners": list(owners),
        "message_zh": f"{subject} 旁净宽 {value}", "message_en": f"{value} m beside {subject}", "entrance_id": None, "building_id": None,
        "pinch_id": None, "chainage_m": None,
    } | more  # fmt: skip


def lane_passes(lane="L5900-0000", *, x=80.0, value=5.0, **more):
    return finding(lane, WIDTH, x=x, verdict="pass", value=value, owners=(), lane=lane, **more)


def document(*findings, kinds=None, lane_class="residential", **site):
    return {
        "schema": "firelane-audit/1",
        "site": {
            "id": "SY-1", "name": "三好小区", "district": "和平区", "manager": "某物业公司", "manager_kind": "property_company", "managed": True,
            "crs": "EPSG:4550", "bounds": [535_800.0, 4_629_900.0, 536_100.0, 4_630_100.0], "accuracy_m": 0.0, "input": [], "notes": [],
            "owner_kinds": {"V1": "vehicle", "V2": "vehicle", "B1": "bollard"} if kinds is None else kinds,
        } | site,
        "rules": [rule(OBSTRUCTION, "obstruction", "第十条"), rule(WIDTH, "clear_width", "第十四条")],
        "lanes": [{"lane_id": "L5900-0000", "road_ids": ["R1"], "designated": False, "class": lane_class, "length_m": 160.0,
                   "min_clear_width_m": 3.4, "min_section_width_m": 3.4, "min_clear_height_m": None, "governing_pinch_id": None,
                   "verdict": "fail"}],
        "pinches": [], "buildings": [], "findings": [copy.deepcopy(f) for f in findings], "remedies": [],
        "summary": {"verdict": "fail", "by_rule": {}, "counts": {}, "lane_length_m": 160.0, "judged_length_m": 160.0}, "parking": None,
    }  # fmt: skip


def written(folder, name, *findings, **site):
    """Write an audit as a run does; return its folder."""
    target = folder / name
    target.mkdir(exist_ok=True)
    told = document(*findings, **site) if not (len(findings) == 1 and "schema" in findings[0]) else findings[0]
    text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    if any("\ud800" <= c <= "\udfff" for c in text):  # no UTF-8 holds half a pair: JSON spells it
        text = json.dumps(told)
    (target / "audit.json").write_text(text, encoding="utf-8")
    return target


def sha_of(folder):
    return hashlib.sha256((folder / "audit.json").read_bytes()).hexdigest()


def record(record_id, finding_id, answer="confirmed", *, photos=(), **more):
    return {
        "record_id": record_id, "finding_id": finding_id, "rule_id": finding_id.partition(":")[0], "owners": [], "case_id": None,
        "lonlat": None, "answer": answer, "note": "", "answered_at": "2026-11-26T10:05:00+08:00", "position": None,
        "photos": [{"name": "照片.jpg", "type": "image/jpeg", "taken_at": None, "sha256": hashlib.sha256(p).hexdigest(),
                    "data": base64.b64encode(p).decode()} for p in photos],
    } | more  # fmt: skip


def field_file(path, audit_id, *records, site="SY-1", **more):
    told = {
        "schema": "firelane-field/1", "audit_id": audit_id, "site": {"id": site, "name": ""}, "recorder": "李强",
        "exported_at": "2026-11-26T10:30:00+08:00", "records": list(records),
    } | more  # fmt: skip
    path.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    return path


class Clock:
    """Goes on by a minute with every look."""

    def __init__(self):
        self.at = T0

    def __call__(self):
        self.at += timedelta(minutes=1)
        return self.at


class Books:
    """Books of one store for three people, and one who may see plates."""

    def __init__(self, store):
        self.store = store
        self.now = Clock()
        for name, role, plates in (("李强", Role.INSPECTOR, False), ("赵看", Role.VIEWER, False), ("交警", Role.INSPECTOR, True)):
            store.set_user("王敏", name, role, sees_plates=plates, now=T0)
        self.inspector, self.viewer, self.admin, self.police = (
            CaseBook(store, name, now=self.now) for name in ("李强", "赵看", "王敏", "交警")
        )


@pytest.fixture
def books(tmp_path):
    with Store.create(tmp_path / "案件.sqlite", admin="王敏", now=T0) as store:
        yield Books(store)


@pytest.fixture(params=["sqlite", "postgresql"])
def both(request, tmp_path):
    """Books in either database."""
    if request.param == "sqlite":
        target, more = tmp_path / "案件.sqlite", {}
    else:
        target, more = request.getfixturevalue("database_url"), {"evidence": tmp_path / "证据"}
    with Store.create(target, admin="王敏", now=T0, **more) as store:
        yield Books(store)
