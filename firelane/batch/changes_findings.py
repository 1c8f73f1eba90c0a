"""Findings of one site in two batches: out of the city's tables, out of the audits where the tables do not suffice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import shapely

from firelane.auditing.document import SCHEMA
from firelane.batch.changes_model import Counts
from firelane.batch.changes_read import BatchSide
from firelane.comparing import Change, Status, compare
from firelane.comparing.reading import FILE
from firelane.comparing.status import alone_now, alone_then, weight
from firelane.comparing.subjects import subject_of
from firelane.crs import from_lonlat
from firelane.errors import InputError
from firelane.vocabulary import Severity, Verdict

Row = Mapping[str, Any]

_UNLISTED = (Status.UNCHANGED, Status.ADDED, Status.REMOVED)  # of subjects with nothing wrong: counted alone
_ALONE_OLD = (Status.GONE, Status.REMOVED, Status.NO_LONGER_MEASURED)
_ALONE_NEW = (Status.NEW, Status.ADDED)


@dataclass
class Ways:
    """How many sites were compared how."""

    same: int = 0
    tables: int = 0
    audits: int = 0
    without_audits: list[str] = field(default_factory=list)
    """Sites whose audits would have told more and are not there."""


def unchanged_counts(rows: Iterable[Row]) -> Counts:
    """Return the counts of a site of which both batches say the very same."""
    return Counter((Status.UNCHANGED, weight(row, row)) for row in rows)


def compare_once(rows: Iterable[Row], *, now: bool, reason: str) -> list[Change]:
    """Return the findings of a site that was audited but once: known now and not then, or the other way round.

    Parameters
    ----------
    rows : iterable of mappings
    now : bool
        Whether it was audited in the new batch.
    reason : str
        Of ``SITE_REASONS``.
    """
    if now:
        return [Change(alone_now(row, reason), weight(None, row), None, row, None) for row in rows]
    return [Change(alone_then(row, reason), weight(row, None), row, None, None) for row in rows]


def compare_site(
    sides: tuple[BatchSide, BatchSide], sites: tuple[Row, Row], rows: tuple[Sequence[Row], Sequence[Row]], *,
    tolerance_m: float, accuracy_m: float | None, ways: Ways,
) -> Sequence[Change]:  # fmt: skip
    """Compare the findings of one site that was audited both times.

    The tables lack what tells one stretch of a lane from the next, and the roads by which a lane is known whose id has
    changed: where that might decide, the audits themselves are compared, if they are there and are the ones of the tables.

    Parameters
    ----------
    sides : tuple of BatchSide
    sites : tuple of mappings
        The site's rows of ``sites.parquet``.
    rows : tuple of sequences
        Its findings.
    tolerance_m : float
    accuracy_m : float or None
        In place of what the sites say [m].
    ways : Ways
        Counts this site.

    Raises
    ------
    InputError
        If a table holds what no audit says.
    """
    if accuracy_m is None:
        accuracy_m = sum(float(site.get("accuracy_m") or 0.0) for site in sites) / 2
    name = str(sites[1]["site_id"])
    documents = [_document(name, *told) for told in zip(sites, rows, (s.rules for s in sides), strict=True)]
    changes = compare(*documents, tolerance_m=tolerance_m, accuracy_m=accuracy_m).findings
    if not _doubtful(changes, placed=bool(sites[0]["placed"] and sites[1]["placed"])):
        ways.tables += 1
        return changes
    files = [side.results(site) / FILE for side, site in zip(sides, sites, strict=True)]
    exact = _by_audits(files, rows, tolerance_m, accuracy_m)
    if exact is None:
        ways.without_audits.append(name)
        return changes
    ways.audits += 1
    return exact


def _doubtful(changes: Sequence[Change], *, placed: bool) -> bool:
    """Tell whether something that looks gone might be something that looks new, or lie outside of what was covered.

    Nor do the tables tell of which layer a thing is that may not have been surveyed.
    """
    before, after = (
        {key for change in changes if change.status in statuses for key in _keys(change.row, placed=placed)}
        for statuses in (_ALONE_OLD, _ALONE_NEW)
    )
    return bool(before & after) or any(change.ruling.reason.startswith(("outside_", "cause_")) for change in changes)


def _keys(row: Row, *, placed: bool) -> list[tuple[str, str]]:
    rule = str(row["rule_id"])
    if not placed:
        return [(rule, "")]
    if subject_of(row)[0] == "lane":
        return [(rule, "lane")]
    return [(rule, str(row["lane_id"]))] if row.get("lane_id") else []


def _by_audits(
    files: Sequence[Path], rows: tuple[Sequence[Row], Sequence[Row]], tolerance_m: float, accuracy_m: float
) -> Sequence[Change] | None:
    """Compare two ``audit.json``; None where they are not there, or are not those of the tables."""
    if not all(file.is_file() for file in files):
        return None
    try:
        found = compare(files[0], files[1], tolerance_m=tolerance_m, accuracy_m=accuracy_m)
    except InputError:
        return None
    for side, told in zip((found.old, found.new), rows, strict=True):
        if _said(side.document["findings"]) != _said(told):
            return None
    return found.findings


def _said(rows: Iterable[Row]) -> set[tuple[Any, ...]]:
    return {(row["finding_id"], row["verdict"], row["value"]) for row in rows}


def _document(name: str, site: Row, rows: Sequence[Row], rules: Mapping[str, Row]) -> dict[str, Any]:
    """Return what the tables say of a site as an ``audit.json`` would, lanes left out."""
    crs, bounds = "local", [0.0, 0.0, 0.0, 0.0]
    if site["placed"]:
        places = [row["lonlat"] for row in rows if row["lonlat"] is not None]
        lonlats = np.vstack([shapely.get_coordinates(site["outline"]), np.array(places, float).reshape(-1, 2)])
        crs = str(site.get("crs") or "EPSG:4326")
        xy = np.asarray(from_lonlat(lonlats, pyproj.CRS.from_user_input(crs)))
        bounds = [float(v) for v in (*xy.min(axis=0), *xy.max(axis=0))]
    return {
        "schema": SCHEMA,
        "site": {"id": name, "crs": crs, "bounds": bounds, "accuracy_m": float(site.get("accuracy_m") or 0.0)},
        "rules": list(rules.values()), "lanes": [], "pinches": [], "findings": rows, "summary": {"verdict": str(site["verdict"])},
    }  # fmt: skip


# ------------------------------------------------------------------ what is kept of it


def counts_of(changes: Iterable[Change]) -> Counts:
    """Return how many changes there are by status and weight."""
    return Counter((change.status, change.weight) for change in changes)


def violations(rows: Iterable[Row]) -> int:
    """Return how many findings fail, those for information left out."""
    return sum(row["verdict"] == Verdict.FAIL and row["severity"] != Severity.INFO for row in rows)


def is_listed(change: Change) -> bool:
    """Tell whether a change is listed: not what was and is all right, with the same figures."""
    return change.weight != "none" or change.status not in _UNLISTED


def listed_row(change: Change, site_id: str, site_id_old: str | None) -> dict[str, Any]:
    """Return a change as a row of the list (``changes_spool.LISTED``)."""
    old, new, row = change.old, change.new, change.row
    lon, lat = row["lonlat"] or (None, None)

    def of(side: Row | None, key: str) -> Any:
        return None if side is None else side[key]

    def owners(side: Row | None) -> str | None:
        return None if side is None else ";".join(side["owners"])

    return {
        "site_id": site_id, "site_id_old": site_id_old, "change_id": change.change_id, "status": change.status.value,
        "reason": change.ruling.reason, "weight": change.weight, "rule_id": row["rule_id"], "article": row["article"],
        "severity": row["severity"], "verdict_old": of(old, "verdict"), "verdict_new": of(new, "verdict"),
        "value_old": of(old, "value"), "value_new": of(new, "value"), "threshold_old": of(old, "threshold"),
        "threshold": row["threshold"], "unit": row["unit"], "gain": change.ruling.gain, "moved_m": change.moved_m,
        "lane_id": row.get("lane_id"), "owners_old": owners(old), "owners_new": owners(new), "lon": lon, "lat": lat,
        **{f"message_{when}_{lang}": of(side, f"message_{lang}") for when, side in (("old", old), ("new", new)) for lang in ("zh", "en")},
    }  # fmt: skip
