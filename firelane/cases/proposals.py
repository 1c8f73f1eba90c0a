"""A new audit matched to the cases of its site: what is new, what repeats, what came back, what passes now.

**What is a pass at the place.** A case is proposed for closing only where the new audit *measured and passed* there:

1. a finding of the same rule with the verdict ``pass`` is matched to the case (:func:`firelane.comparing.match_findings`:
   same subject, or the same place within the tolerance of ``limits.toml``); or
2. the rule passes for the whole lane that the case lies on, and nothing of that rule on that lane fails or was not
   measured (a lane without a narrow place has one finding, not one for each place that is no longer narrow); or
3. the obstacle is gone: the rule was measured, names none of the case's owners any more, *and* the clear width of the
   lane passes as under 2.

A finding that is merely absent is none of these: nobody measured, or nobody can tell. Nothing is ever closed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from firelane.cases.audits import AuditGiven
from firelane.cases.limits import limits
from firelane.cases.model import Case
from firelane.cases.workflow import workflow
from firelane.comparing import match_findings
from firelane.comparing.coverage import Causes, Coverage
from firelane.comparing.subjects import subject_of
from firelane.vocabulary import ObstructionKind, Quantity, Verdict

_PLACED_LANE = re.compile(r"[A-Z](\d{4})-(\d{4})(?:\.\d+)?")
_TURN_M = 10_000  # a lane's id tells its middle to the metre, within ten kilometres (``lanes.naming``)


@dataclass(frozen=True)
class Matched:
    """A failing finding and the case that it belongs to."""

    case: Case
    finding: Mapping[str, Any]


@dataclass(frozen=True)
class Passing:
    """A case whose subject passes now; ``finding`` is the one that says so."""

    case: Case
    finding: Mapping[str, Any]
    grounds: str  # "subject", "lane", "gone"


@dataclass(frozen=True)
class Sorted:
    """What of an audit concerns which case."""

    repeated: tuple[Matched, ...]
    reopened: tuple[Matched, ...]
    settled: tuple[Matched, ...]  # found again, but somebody decided that it is no violation or another case's
    new: tuple[Mapping[str, Any], ...]
    passing: tuple[Passing, ...]


def sort_out(audit: AuditGiven, failures: Sequence[Mapping[str, Any]], cases: Sequence[Case], rectified: Iterable[str]) -> Sorted:
    """Sort failing findings and the cases of the site.

    Parameters
    ----------
    audit : AuditGiven
    failures : sequence of mappings
        Failing findings that are asked about.
    cases : sequence of Case
        The cases of the site.
    rectified : iterable of str
        Ids of closed cases that were closed as rectified: only they come back.
    """
    flow, back = workflow(), frozenset(rectified)

    def may(case: Case, event: str) -> bool:
        return (case.state, event) in flow.rows

    active = [c for c in cases if may(c, "repeated")]
    dormant = [c for c in cases if c not in active and may(c, "reopened") and (c.state == "reinspected_pass" or c.case_id in back)]
    others = [c for c in cases if c not in active and c not in dormant]
    repeated, left = _matched(audit, active, failures)
    # The latest case comes back, not its forerunner.
    reopened, left = _matched(audit, list(reversed(dormant)), left)
    settled, left = _matched(audit, others, left)
    still = {m.case.case_id for m in repeated}
    passing = _passing(audit, [c for c in active if c.case_id not in still and c.rule_id])
    return Sorted(tuple(repeated), tuple(reopened), tuple(settled), tuple(left), tuple(passing))


def case_row(case: Case, crs: str) -> dict[str, Any]:
    """Return a case as a row that the matching takes; its place in metres only where it is of the same system."""
    return {
        **case.finding, "rule_id": case.rule_id, "owners": list(case.owners), "lonlat": None if case.lonlat is None else list(case.lonlat),
        "location": list(case.location) if case.location is not None and case.crs == crs else None,
    }  # fmt: skip


def _matched(
    audit: AuditGiven, cases: Sequence[Case], failures: Sequence[Mapping[str, Any]]
) -> tuple[list[Matched], list[Mapping[str, Any]]]:
    known = [c for c in cases if c.rule_id]
    found = match_findings([case_row(c, audit.crs) for c in known], failures, tolerance_m=float(limits("matching")["tolerance_m"]))
    return [Matched(known[a], failures[b]) for a, b in found.pairs], [failures[b] for b in found.only_new]


def _passing(audit: AuditGiven, cases: Sequence[Case]) -> list[Passing]:
    rows = [row for row in audit.document["findings"] if row["verdict"] not in (Verdict.FAIL, Verdict.NOT_APPLICABLE)]
    old = [case_row(c, audit.crs) for c in cases]
    found = dict(match_findings(old, rows, tolerance_m=float(limits("matching")["tolerance_m"])).pairs)
    lanes = _Lanes(audit.document["findings"])
    coverage = Coverage(audit.document["findings"])
    result = []
    for n, case in enumerate(cases):
        if _unseen(case, old[n], audit):
            continue  # what made it narrow was not looked for this time
        if n in found:
            # What is matched and was not measured, or lies within the accuracy, is no pass.
            if rows[found[n]]["verdict"] == Verdict.PASS and not lanes.fails_at(old[n], audit):
                result.append(Passing(case, rows[found[n]], "subject"))
            continue
        row = lanes.passes(old[n], case.rule_id)
        if row is not None:
            result.append(Passing(case, row, "lane"))
            continue
        things = {o for o in case.owners if not o.startswith("edge:")}
        width = lanes.width_passes(old[n])
        if things and width is not None and coverage.covers(old[n]) and not things & lanes.named(case.rule_id):
            result.append(Passing(case, width, "gone"))
    return result


def _unseen(case: Case, row: Mapping[str, Any], audit: AuditGiven) -> bool:
    """Tell whether a thing that a case names may still be there, because its layer was not surveyed this time."""
    things = {o for o in row["owners"] if not o.startswith("edge:")}
    # a case does not tell the layers of its things, but what kind of case they make
    kind = ObstructionKind.PARKING_BAY if case.kind.startswith("bays") else ObstructionKind.OTHER
    return Causes([], dict.fromkeys(things, kind), audit.document["findings"]).lost(row)


class _Lanes:
    """What an audit says of each rule on each lane as a whole."""

    def __init__(self, findings: Sequence[Mapping[str, Any]]) -> None:
        self._rows = [row for row in findings if row.get("lane_id")]
        self._findings = findings

    def passes(self, old: Mapping[str, Any], rule_id: str) -> Mapping[str, Any] | None:
        """Return the finding by which a rule passes on the whole lane that ``old`` lies on; None where it does not."""
        lane = str(old.get("lane_id") or "")
        rows = [r for r in self._rows if r["rule_id"] == rule_id and lane and same_lane(lane, str(r["lane_id"]))]
        whole = [r for r in rows if r["verdict"] == Verdict.PASS and subject_of(r)[0] == "lane"]
        bad = [r for r in rows if r["verdict"] in (Verdict.FAIL, Verdict.INDETERMINATE, Verdict.NOT_MEASURED)]
        return whole[0] if whole and not bad else None

    def width_passes(self, old: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the finding by which the clear width of the lane passes."""
        rules = dict.fromkeys(str(r["rule_id"]) for r in self._rows if r.get("quantity") == Quantity.CLEAR_WIDTH)
        found = [self.passes(old, rule) for rule in rules]
        return found[0] if found and all(row is not None for row in found) else None

    def named(self, rule_id: str) -> set[str]:
        """Return every owner that findings of a rule name."""
        return {str(o) for r in self._findings if r["rule_id"] == rule_id for o in r["owners"]}

    def fails_at(self, old: Mapping[str, Any], audit: AuditGiven) -> bool:
        """Tell whether the rule fails at the place all the same: a place with a pass beside a failure is not mended."""
        bad = [r for r in audit.document["findings"] if r["verdict"] == Verdict.FAIL and r["rule_id"] == old["rule_id"]]
        return bool(match_findings([old], bad, tolerance_m=float(limits("matching")["tolerance_m"])).pairs)


def same_lane(one: str, other: str) -> bool:
    """Tell whether two ids name one lane: its middle, which the id tells, moves when an obstacle goes.

    >>> same_lane("L5836-9932", "L5837-9931"), same_lane("L5836-9999", "L5836-0001"), same_lane("L5836-9932", "L5848-0003")
    (True, True, False)
    """
    if one == other:
        return True
    a, b = _PLACED_LANE.fullmatch(one), _PLACED_LANE.fullmatch(other)
    if a is None or b is None or one[0] != other[0]:
        return False
    apart = [abs(int(a[k]) - int(b[k])) for k in (1, 2)]
    near = [min(d, _TURN_M - d) for d in apart]
    return float(near[0] ** 2 + near[1] ** 2) <= float(limits("matching")["lane_middle_m"]) ** 2
