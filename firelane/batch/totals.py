"""Totals of a city: every site is in every one of them, nothing is averaged, every least value says where it is."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from firelane.batch.model import FailureKind
from firelane.batch.quality import MARKS, criteria
from firelane.rules.model import Rule
from firelane.vocabulary import Severity, SiteVerdict, Verdict

Rows = Sequence[Mapping[str, Any]]

STATUSES = ("done", "failed", "not_run")
_FINDINGS = {
    Verdict.PASS: "passes", Verdict.FAIL: "fails", Verdict.INDETERMINATE: "indeterminate",
    Verdict.NOT_MEASURED: "not_measured", Verdict.NOT_APPLICABLE: "not_applicable",
}  # fmt: skip
_COUNTS = (
    "mandatory_fails", "advisory_fails", "subjects_failed", "findings_without_place", "lanes", "buildings",
    "buildings_reached", "buildings_unreached", "buildings_indeterminate", "buildings_not_measured",
)  # fmt: skip


def totals(rows: Rows) -> dict[str, Any]:
    """Return the totals over sites, in a fixed order of keys.

    Sites that failed or were not run are counted as such: what nobody could read adds nothing to lengths and findings, and
    the number of such sites stands beside every sum. Lengths are exact sums, rounded to 1 mm at the end: in whatever order
    the sites come, the total is the same.
    """
    done = [row for row in rows if row["status"] == "done"]
    count = Counter(row["status"] for row in rows)
    verdicts = Counter(row["verdict"] for row in done)
    marks = Counter(row["quality"] for row in done)
    found: dict[str, Any] = {"sites": len(rows)}
    found |= {status: count[status] for status in STATUSES}
    found["sites_by_verdict"] = {verdict.value: verdicts[verdict.value] for verdict in SiteVerdict}
    found["unplaced"] = sum(not row["placed"] for row in done)
    found["findings"] = _count(done, "findings")
    found["findings_by_verdict"] = {verdict.value: _count(done, column) for verdict, column in _FINDINGS.items()}
    found |= {column: _count(done, column) for column in _COUNTS[:5]}
    found["lanes_by_verdict"] = {verdict.value: _count(done, f"lanes_{verdict.value}") for verdict in Verdict}
    found["lane_length_m"] = _length(done, "lane_length_m")
    found["length_by_verdict_m"] = {v.value: _length(done, f"length_{v.value}_m") for v in Verdict}
    found["judged_length_m"] = _length(done, "judged_length_m")
    found |= {column: _count(done, column) for column in _COUNTS[5:]}
    found["min_clear_width"] = _least(done, "width")
    found["min_clear_height"] = _least(done, "height")
    found["quality"] = {mark: marks[mark] for mark in MARKS} | {"none": len(rows) - sum(marks[m] for m in MARKS)}
    return found


def _count(rows: Rows, column: str) -> int:
    return sum(row[column] or 0 for row in rows)


def _length(rows: Rows, column: str) -> float:
    return round(math.fsum(row[column] or 0.0 for row in rows), 3)


def _least(rows: Rows, name: str) -> dict[str, Any] | None:
    """Return the least measured value of the sites, and where it is."""
    column = f"min_clear_{name}_m"
    row = min(
        (r for r in rows if r[column] is not None), key=lambda r: (r[column], str(r["site_id"])), default=None
    )
    if row is None:
        return None
    parts = ("verdict", "lane_id", "owners", "lon", "lat")
    found = {"value_m": row[column], "site_id": row["site_id"], "name": row["name"]}
    return found | {part: row[f"min_{name}_{part}"] for part in parts}


def grouped(rows: Rows, column: str) -> list[dict[str, Any]]:
    """Return the totals of every value of a column, in the order of the values; sites without one come last."""
    groups: dict[str | None, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    order = sorted(groups, key=lambda value: (value is None, value or ""))
    return [{column: value, **totals(groups[value])} for value in order]


def failed_by_kind(rows: Rows) -> list[dict[str, Any]]:
    """Return how many sites failed of what; kinds that did not occur are left out."""
    count = Counter(row["failure_kind"] for row in rows if row["status"] == "failed")
    return [{"kind": k.value, "zh": k.zh, "en": k.en, "sites": count[k.value]} for k in FailureKind if count[k.value]]


def quality_reasons(rows: Rows) -> list[dict[str, Any]]:
    """Return how many sites' input suffers from what, in the order of the criteria."""
    count = Counter(code for row in rows for code in (row["quality_reasons"] or "").split(";"))
    return [
        {"code": c.code, "mark": c.mark, "zh": c.zh, "en": c.en, "sites": count[c.code]} for c in criteria() if count[c.code]
    ]


class RuleCounts:
    """Counts findings by rule and verdict, row group after row group; a group holds whole sites."""

    def __init__(self) -> None:
        self._findings: Counter[tuple[str, str]] = Counter()
        self._sites: Counter[str] = Counter()
        self._subjects: Counter[str] = Counter()
        self._article_sites: Counter[str] = Counter()
        self._article_subjects: Counter[str] = Counter()
        self._articles: dict[str, str] = {}

    def add(self, group: pa.Table) -> None:
        """Count one row group."""
        for row in group.group_by(["rule_id", "article", "verdict"]).aggregate([([], "count_all")]).to_pylist():
            self._findings[row["rule_id"], row["verdict"]] += row["count_all"]
            self._articles[row["rule_id"]] = row["article"]
        failing = group.filter(pc.equal(group.column("verdict"), Verdict.FAIL.value))
        for column, sites, subjects in (
            ("rule_id", self._sites, self._subjects), ("article", self._article_sites, self._article_subjects),
        ):  # fmt: skip
            distinct = failing.group_by([column, "site_id", "subject"]).aggregate([])
            subjects.update(distinct.column(column).to_pylist())
            sites.update(distinct.group_by([column, "site_id"]).aggregate([]).column(column).to_pylist())

    def by_rule(self, rules: Sequence[Rule]) -> list[dict[str, Any]]:
        """Return one row for each rule in force, in the catalogue's order; others that findings name come after them.

        ``sites_failed`` and ``subjects_failed`` count each site, and each thing or lane of a site, once.
        """
        known = {rule.rule_id: rule for rule in rules}
        others = sorted(set(self._articles) - set(known))
        rows = []
        for rule_id in [*known, *others]:
            rule = known.get(rule_id)
            rows.append({
                "rule_id": rule_id, "article": rule.article if rule else self._articles[rule_id],
                "title_zh": rule.title_zh if rule else rule_id, "title_en": rule.title_en if rule else rule_id,
                "severity": rule.severity.value if rule else None, "pack": rule.pack if rule else None,
                **self._counts([rule_id]), "sites_failed": self._sites[rule_id],
                "subjects_failed": self._subjects[rule_id],
            })  # fmt: skip
        return rows

    def by_article(self, rules: Sequence[Rule]) -> list[dict[str, Any]]:
        """Return one row for each article, in the order of the rules."""
        articles: dict[str, list[str]] = defaultdict(list)
        for row in self.by_rule(rules):
            articles[row["article"]].append(row["rule_id"])
        weight = {rule.rule_id: rule.severity for rule in rules}
        return [
            {
                "article": article, "rules": ids, "mandatory": any(weight.get(i) is Severity.MANDATORY for i in ids),
                **self._counts(ids), "sites_failed": self._article_sites[article],
                "subjects_failed": self._article_subjects[article],
            }
            for article, ids in articles.items()
        ]  # fmt: skip

    def _counts(self, rule_ids: Iterable[str]) -> dict[str, Any]:
        ids = list(rule_ids)
        by_verdict = {v.value: sum(self._findings[i, v.value] for i in ids) for v in Verdict}
        return {"findings": sum(by_verdict.values()), "findings_by_verdict": by_verdict}
