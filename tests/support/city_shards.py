"""Shards of a city that nobody measured: as many sites and findings as asked for, with figures that can be counted."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from firelane.batch.hilbert import hilbert_key
from firelane.batch.model import Failure, FailureKind, Outcome, Task
from firelane.batch.record import FINDINGS, LANES
from firelane.batch.shard import shard_path, write_shard

BOX = (123.3, 41.7, 123.5, 41.9)
DISTRICTS = ("和平区", "沈河区", "皇姑区", "大东区", "铁西区", "浑南区")
HOSTILE = (
    "=1+1", "<script>alert('x')</script>", "a;b,c\"d\"'e'", "\u202e三好街", "换行\n小区", "@SUM(A1:A9)", "长" * 300, "🔥🚒",
)  # fmt: skip
RULES = (
    ("sy2020-14-clear-width", "第十四条", "clear_width", "mandatory"),
    ("sy2020-14-clear-height", "第十四条", "clear_height", "mandatory"),
    ("sy2020-10-obstruction", "第十条", "obstruction", "mandatory"),
    ("sy2020-9-condition", "第九条", "condition", "mandatory"),
    ("sy2020-15-1-condition", "第十五条第（一）项", "condition", "mandatory"),
    ("sy2020-info-reach", "第三条、第十四条", "reach", "info"),
)
VERDICTS = ("pass", "pass", "pass", "fail", "indeterminate", "not_measured", "not_applicable")


@dataclass(frozen=True)
class Made:
    """A city on the disk."""

    tasks: list[Task]
    outcomes: dict[str, Outcome]


def make_city(out: Path, sites: int, findings: int, *, lanes: int = 12, seed: int = 1, troubles: bool = True) -> Made:
    """Write shards for ``sites`` sites into ``out``; every 25th failed, every 31st was not run, every 40th is unplaced."""
    rng = np.random.default_rng(seed)
    tasks, outcomes = [], {}
    for n in range(sites):
        name = HOSTILE[n % len(HOSTILE)] if troubles and n % 9 == 4 else f"小区 {n:05d}"
        attributes: dict[str, Any] = {
            "名称": name, "行政区": DISTRICTS[n % 6], "物业": f"物业公司 {n % 20:02d}", "户数": 200 + n, "建成年份": None if n % 7 == 0 else 1980 + n % 40,
        }  # fmt: skip
        task = Task(f"site-{n:05d}" if n % 9 != 4 or not troubles else f"{n}/{name[:20]}", f"/x/{n}", f"{DISTRICTS[n % 6]}/{n:05d}", attributes=attributes)
        tasks.append(task)
        if troubles and n % 31 == 30:
            continue
        if troubles and n % 25 == 24:
            kind = list(FailureKind)[n // 25 % len(FailureKind)]
            outcomes[task.site_id] = Outcome(task.site_id, Failure(kind, f"{kind.zh}：{name}", f"{kind.en}: {name}"))
            continue
        placed = not troubles or n % 40 != 39
        record, found, lane_rows = site_rows(rng, n, findings, lanes, placed=placed)
        outcomes[task.site_id] = Outcome(task.site_id, shard_sha256=write_shard(shard_path(out, task), record, found, lane_rows))
    return Made(tasks, outcomes)


def site_rows(rng: np.random.Generator, n: int, findings: int, lanes: int, *, placed: bool = True) -> tuple[dict[str, Any], pa.Table, pa.Table]:
    """Return record, findings and lanes of one site; the record counts what the tables hold."""
    centre = rng.uniform(BOX[:2], BOX[2:])
    places = np.round(centre + rng.uniform(-0.001, 0.001, (findings, 2)), 7)
    places = places[np.argsort(hilbert_key(places), kind="stable")]
    rules = rng.integers(0, len(RULES), findings)
    verdicts = np.array(VERDICTS)[rng.integers(0, len(VERDICTS), findings)]
    values = np.round(rng.uniform(2.0, 7.0, findings), 3)
    lane = [f"L{k % max(lanes, 1):03d}" for k in range(findings)]
    severity = np.array([r[3] for r in RULES])[rules]
    quantity = np.array([r[2] for r in RULES])[rules]
    owner = [f"B{k % 17:02d}" if rules[k] == 2 else None for k in range(findings)]
    subject = [o or la for o, la in zip(owner, lane, strict=True)]
    nothing: list[float | None] = [None] * findings
    columns = {
        "finding_id": [f"{RULES[r][0]}:{la}-{k}" for k, (r, la) in enumerate(zip(rules, lane, strict=True))],
        "rule_id": [RULES[r][0] for r in rules], "article": [RULES[r][1] for r in rules], "quantity": quantity,
        "verdict": verdicts, "severity": severity, "value": values, "threshold": np.full(findings, 4.0),
        "unit": ["m"] * findings, "margin": values - 4.0, "lane_id": lane, "owners": owner,
        "entrance_id": nothing, "building_id": nothing, "pinch_id": nothing, "subject": subject,
        "message_zh": [f"净宽 {v:.3f} 米，应不小于 4.000 米，物体 {la} 挡住了通道（第 {n} 处）" for v, la in zip(values, lane, strict=True)],
        "message_en": [f"clear width {v:.3f} m, 4.000 m required: {la} is in the way (site {n})" for v, la in zip(values, lane, strict=True)],
        "lon": places[:, 0] if placed else nothing, "lat": places[:, 1] if placed else nothing,
    }  # fmt: skip
    table = pa.table({f.name: pa.array(columns[f.name], f.type) for f in FINDINGS}, schema=FINDINGS)
    lane_verdicts = [VERDICTS[(n + k) % 6] for k in range(lanes)]
    lengths = np.round(rng.uniform(20.0, 90.0, lanes), 6)
    lines = [shapely.linestrings(np.round(centre + rng.uniform(-0.001, 0.001, (5, 2)), 7)) for _ in range(lanes)]
    lane_table = pa.table({
        "lane_id": [f"L{k:03d}" for k in range(lanes)], "verdict": lane_verdicts, "designated": [k % 2 == 0 for k in range(lanes)],
        "length_m": lengths, "min_clear_width_m": values[:lanes] if findings >= lanes else np.full(lanes, 4.0),
        "min_clear_height_m": [None] * lanes, "geometry": list(shapely.to_wkb(lines)) if placed else [None] * lanes,
    }, schema=LANES)  # fmt: skip
    return _record(n, table, lane_table, centre if placed else None), table, lane_table


def _record(n: int, findings: pa.Table, lanes: pa.Table, centre: Any) -> dict[str, Any]:
    rows, lane_rows = findings.to_pandas(), lanes.to_pandas()
    count = rows["verdict"].value_counts()
    failing = rows[rows["verdict"] == "fail"]
    mandatory = failing[failing["severity"] == "mandatory"]
    verdicts = ("pass", "fail", "indeterminate", "not_measured", "not_applicable")
    least = rows[rows["quantity"] == "clear_width"].nsmallest(1, "value")
    lengths = {v: round(float(lane_rows.loc[lane_rows["verdict"] == v, "length_m"].sum()), 6) for v in verdicts}
    digest = int(hashlib.sha256(str(n).encode()).hexdigest()[:4], 16)
    where = None if centre is None or not len(least) else (float(least["lon"].iloc[0]), float(least["lat"].iloc[0]))
    reasons = [("accuracy_unknown", "未说明测量精度", "the accuracy of the survey is not told")] if digest % 3 else []
    return {
        "site_name": f"site {n}", "district": None, "manager": None, "manager_kind": "property_company", "managed": True,
        "surveyed_on": None, "verdict": "fail" if len(mandatory) else "incomplete", "findings": len(rows),
        "passes": int(count.get("pass", 0)), "fails": int(count.get("fail", 0)), "indeterminate": int(count.get("indeterminate", 0)),
        "not_measured": int(count.get("not_measured", 0)), "not_applicable": int(count.get("not_applicable", 0)),
        "mandatory_fails": len(mandatory), "advisory_fails": 0, "subjects_failed": int(mandatory["subject"].nunique()),
        "findings_without_place": 0 if centre is not None else len(rows), "lanes": len(lane_rows),
        **{f"lanes_{v}": int((lane_rows["verdict"] == v).sum()) for v in verdicts},
        "lane_length_m": round(float(lane_rows["length_m"].sum()), 6), **{f"length_{v}_m": lengths[v] for v in verdicts},
        "judged_length_m": round(lengths["pass"] + lengths["fail"], 6),
        "min_clear_width_m": float(least["value"].iloc[0]) if len(least) else None,
        "min_width_verdict": str(least["verdict"].iloc[0]) if len(least) else None,
        "min_width_lane_id": str(least["lane_id"].iloc[0]) if len(least) else None, "min_width_owners": None,
        "min_width_lon": where[0] if where else None, "min_width_lat": where[1] if where else None,
        "min_clear_height_m": None, "min_height_verdict": None, "min_height_lane_id": None, "min_height_owners": None,
        "min_height_lon": None, "min_height_lat": None, "buildings": 10, "buildings_reached": 8, "buildings_unreached": n % 3,
        "buildings_indeterminate": 0, "buildings_not_measured": 2 - n % 3, "quality": "ABCD"[digest % 4],
        "quality_reasons": ";".join(r[0] for r in reasons) or None, "quality_zh": "；".join(r[1] for r in reasons) or None,
        "quality_en": "; ".join(r[2] for r in reasons) or None, "layers_surveyed": "roads;obstructions", "layers_missing": "kerbs",
        "mended": 0, "left_out": 0, "notes": 1, "accuracy_m": None, "crs": "EPSG:4550" if centre is not None else None,
        "placed": centre is not None, "map": "map.html", "lon": None if centre is None else round(float(centre[0]), 7),
        "lat": None if centre is None else round(float(centre[1]), 7),
        "outline": None if centre is None else shapely.to_wkb(shapely.box(*np.round(centre - 0.001, 7), *np.round(centre + 0.001, 7)), hex=True, byte_order=1),
    }  # fmt: skip
