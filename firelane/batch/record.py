"""What one site gives to the city's tables: a flat record, its findings and its lanes, in WGS 84."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import shapely

from firelane.auditing.record import Audit
from firelane.batch.hilbert import hilbert_key
from firelane.batch.model import Failure, Task
from firelane.batch.quality import quality_of
from firelane.crs.working import code, to_lonlat
from firelane.findings import Finding
from firelane.vocabulary import Quantity, Severity, Verdict

if TYPE_CHECKING:
    from firelane.run import RunResult

_SIMPLER_M = 0.05  # of lanes, in tables that show a city
_HULL_SIMPLER_M = 0.5
_DEGREE_DECIMALS = 7  # 1 cm

FINDINGS = pa.schema([
    ("finding_id", pa.string()), ("rule_id", pa.string()), ("article", pa.string()), ("quantity", pa.string()),
    ("verdict", pa.string()), ("severity", pa.string()), ("value", pa.float64()), ("threshold", pa.float64()),
    ("unit", pa.string()), ("margin", pa.float64()), ("lane_id", pa.string()), ("owners", pa.string()),
    ("entrance_id", pa.string()), ("building_id", pa.string()), ("pinch_id", pa.string()), ("subject", pa.string()),
    ("message_zh", pa.string()), ("message_en", pa.string()), ("lon", pa.float64()), ("lat", pa.float64()),
])  # fmt: skip
"""Columns of a site's findings; site, district, manager and geometry are added when the city is put together."""

LANES = pa.schema([
    ("lane_id", pa.string()), ("verdict", pa.string()), ("designated", pa.bool_()), ("length_m", pa.float64()),
    ("min_clear_width_m", pa.float64()), ("min_clear_height_m", pa.float64()), ("geometry", pa.binary()),
])  # fmt: skip
"""Columns of a site's lanes; geometry as WKB in WGS 84, null where nobody told where the site lies."""


def site_record(task: Task, result: RunResult) -> dict[str, Any]:
    """Return what the city's table ``sites`` says of a site that was done.

    Plain values throughout. What the manifest says is not in it: that may change without the site being done anew, and
    is added when the city is put together (``dressing.dressed``).

    Parameters
    ----------
    task : Task
        Whose record it is; only what was asked for, not what was found, may be taken from it.
    result : RunResult

    Returns
    -------
    dict
        The columns of ``columns.toml`` that are marked as the site's own; lengths to 1e-6 m.
    """
    del task  # what the manifest says is added later
    audit = result.audit
    site = audit.site
    config = site.config
    outline = _outline(audit)
    lon, lat = (None, None) if outline is None else (round(v, 7) for v in shapely.get_coordinates(outline.centroid)[0])
    record: dict[str, Any] = {
        "site_name": site.name or site.id,
        "district": config.district,
        "manager": config.manager,
        "manager_kind": config.manager_kind,
        "managed": config.managed,
        "surveyed_on": None if config.surveyed_on is None else config.surveyed_on.isoformat(),
        "verdict": str(audit.summary["verdict"]),
        **_finding_counts(audit.findings),
        **_lane_figures(audit),
        **_least(audit, Quantity.CLEAR_WIDTH, "width"),
        **_least(audit, Quantity.CLEAR_HEIGHT, "height"),
        **_building_counts(audit),
        **quality_of(audit),
        "crs": code(site.crs) if site.placed else None,
        "placed": site.placed,
        "map": "map.html" if any(path.name == "map.html" for path in result.files) else None,
        "lon": lon,
        "lat": lat,
        "outline": None if outline is None else shapely.to_wkb(outline, hex=True, byte_order=1),
    }
    return record


def failed_record(task: Task, failure: Failure | None) -> dict[str, Any]:
    """Return what the city's table says of a site that failed, or was not run yet (``failure`` None)."""
    del task  # what the manifest says of it is added as for every other site
    return {
        "status": "not_run" if failure is None else "failed",
        "failure_kind": None if failure is None else str(failure.kind.value),
        "failure_zh": None if failure is None else failure.zh,
        "failure_en": None if failure is None else failure.en,
    }


def findings_table(result: RunResult) -> pa.Table:
    """Return the site's findings (``FINDINGS``) along the Hilbert curve, those without a place last."""
    placed = result.audit.site.placed
    found = result.audit.findings
    at = [f.lonlat if placed and f.lonlat is not None else (math.nan, math.nan) for f in found]
    lonlat = np.round(np.array(at, dtype=float).reshape(-1, 2), 9)  # as in findings.geojson
    keys = hilbert_key(lonlat).tolist()
    order = sorted(range(len(found)), key=lambda n: (keys[n], found[n].finding_id))
    found = tuple(found[n] for n in order)
    missing = np.isnan(lonlat[order, 0]) if order else np.zeros(0, dtype=bool)
    data: dict[str, Any] = {
        "finding_id": [f.finding_id for f in found], "rule_id": [f.rule_id for f in found],
        "article": [f.article for f in found], "quantity": [f.quantity.value for f in found],
        "verdict": [f.verdict.value for f in found], "severity": [f.severity.value for f in found],
        "value": [_rounded(f.value) for f in found], "threshold": [_rounded(f.threshold) for f in found],
        "unit": [f.unit for f in found], "margin": [_rounded(f.margin) for f in found],
        "lane_id": [f.lane_id for f in found], "owners": [";".join(f.owners) or None for f in found],
        "entrance_id": [f.entrance_id for f in found], "building_id": [f.building_id for f in found],
        "pinch_id": [f.pinch_id for f in found], "subject": [subject_of(f) for f in found],
        "message_zh": [f.message_zh for f in found], "message_en": [f.message_en for f in found],
    }  # fmt: skip
    columns = [pa.array(_encodable(data[name]), FINDINGS.field(name).type) for name in FINDINGS.names[:-2]]
    places = [pa.array(lonlat[order, n], mask=missing) for n in (0, 1)]
    return pa.table([*columns, *places], schema=FINDINGS)


def lanes_table(result: RunResult) -> pa.Table:
    """Return the site's lanes (``LANES``), simplified to 5 cm."""
    audit = result.audit
    table = audit.lanes
    shapes: list[bytes | None] = [None] * len(table)
    if audit.site.placed and len(table):
        lines = shapely.simplify(shapely.force_2d(np.asarray(table.geometry.array)), _SIMPLER_M)
        shapes = list(shapely.to_wkb(_in_degrees(lines, audit), byte_order=1))
    data: dict[str, Any] = {
        "lane_id": _encodable([str(v) for v in table["lane_id"]]), "verdict": [str(v) for v in table["verdict"]],
        "designated": [bool(v) for v in table["designated"]],
        **{name: [_rounded(v) for v in table[name]] for name in ("length_m", "min_clear_width_m", "min_clear_height_m")},
        "geometry": shapes,
    }  # fmt: skip
    return pa.table([pa.array(data[field.name], field.type) for field in LANES], schema=LANES)


def subject_of(finding: Finding) -> str:
    """Return what a finding is about, whatever the article: two articles that ask for one thing share it.

    The things that are in the way, else the lane, the entrance, the building; ``site`` where it is about all of it.
    """
    if finding.owners:
        return ";".join(sorted(finding.owners))
    return finding.lane_id or finding.entrance_id or finding.building_id or "site"


def _finding_counts(findings: Sequence[Finding]) -> dict[str, int]:
    counts = Counter(f.verdict for f in findings)
    failing = [f for f in findings if f.verdict is Verdict.FAIL]
    mandatory = [f for f in failing if f.severity is Severity.MANDATORY]
    return {
        "findings": len(findings),
        "passes": counts[Verdict.PASS],
        "fails": counts[Verdict.FAIL],
        "indeterminate": counts[Verdict.INDETERMINATE],
        "not_measured": counts[Verdict.NOT_MEASURED],
        "not_applicable": counts[Verdict.NOT_APPLICABLE],
        "mandatory_fails": len(mandatory),
        "advisory_fails": sum(f.severity is Severity.ADVISORY for f in failing),
        "subjects_failed": len({subject_of(f) for f in mandatory}),
        "findings_without_place": sum(f.lonlat is None for f in findings),
    }


def _lane_figures(audit: Audit) -> dict[str, Any]:
    lanes = audit.lanes
    verdicts = [str(v) for v in lanes["verdict"]]
    lengths = [float(v) for v in lanes["length_m"]]
    figures: dict[str, Any] = {"lanes": len(lanes)}
    for verdict in Verdict:
        figures[f"lanes_{verdict.value}"] = verdicts.count(verdict.value)
    figures["lane_length_m"] = _sum(lengths)
    for verdict in Verdict:
        share = (length for length, said in zip(lengths, verdicts, strict=True) if said == verdict.value)
        figures[f"length_{verdict.value}_m"] = _sum(share)
    figures["judged_length_m"] = _rounded(audit.summary["judged_length_m"])
    return figures


def _least(audit: Audit, quantity: Quantity, name: str) -> dict[str, Any]:
    """Return the least measured value of a quantity and where it is."""
    measured = [f for f in audit.findings if f.quantity is quantity and f.value is not None]
    least = min(measured, key=lambda f: (f.value, f.finding_id), default=None)
    placed = least is not None and least.lonlat is not None and audit.site.placed
    return {
        f"min_clear_{name}_m": None if least is None else _rounded(least.value),
        f"min_{name}_verdict": None if least is None else str(least.verdict.value),
        f"min_{name}_lane_id": None if least is None else least.lane_id,
        f"min_{name}_owners": None if least is None else ";".join(least.owners) or None,
        f"min_{name}_lon": round(least.lonlat[0], 7) if placed and least and least.lonlat else None,
        f"min_{name}_lat": round(least.lonlat[1], 7) if placed and least and least.lonlat else None,
    }


def _building_counts(audit: Audit) -> dict[str, int]:
    counts = Counter(str(v) for v in audit.buildings["verdict"])
    return {
        "buildings": len(audit.buildings),
        "buildings_reached": counts[Verdict.PASS.value],
        "buildings_unreached": counts[Verdict.FAIL.value],
        "buildings_indeterminate": counts[Verdict.INDETERMINATE.value],
        "buildings_not_measured": counts[Verdict.NOT_MEASURED.value],
    }


def _outline(audit: Audit) -> shapely.Geometry | None:
    """Return the convex hull of roads and lanes in WGS 84; None where the site lies nowhere."""
    site = audit.site
    if not site.placed:
        return None
    tables = [site.layers[name] for name in ("roads", "road_lines") if name in site.layers]
    points = [shapely.get_coordinates(np.asarray(table.geometry.array)) for table in tables]
    hull = shapely.convex_hull(shapely.multipoints(np.vstack([*points, np.empty((0, 2))])))
    hull = shapely.simplify(hull, _HULL_SIMPLER_M)  # the arcs of its corners
    moved = _in_degrees(np.array([hull], dtype=object), audit)[0]
    usable = not moved.is_empty and bool(np.isfinite(shapely.get_coordinates(moved)).all())
    return moved if usable else None


def _in_degrees(shapes: np.ndarray[Any, Any], audit: Audit) -> np.ndarray[Any, Any]:
    moved = shapely.transform(shapes, lambda xy: np.round(to_lonlat(xy, audit.site.crs), _DEGREE_DECIMALS))
    return np.asarray(moved, dtype=object)


def _sum(values: Iterable[float]) -> float:
    """Sum exactly, so that no order matters."""
    return round(math.fsum(values), 6)


def _rounded(value: float | None) -> float | None:
    if value is None or math.isnan(value):
        return None
    return round(float(value), 6) + 0.0


def _encodable(values: list[Any]) -> list[Any]:
    return [encodable(value) if isinstance(value, str) and not value.isascii() else value for value in values]


def encodable(text: str) -> str:
    r"""Return a text that UTF-8 can hold: half characters, as file names may bear them, are spelled out.

    >>> encodable("三好街"), encodable("a\udcff")
    ('三好街', 'a\\udcff')
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
