"""Two audits of one site compared: what is new, gone, worse, better, unchanged, or no longer measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from firelane.comparing.coverage import Causes, Coverage
from firelane.comparing.lanes import LaneChange, compare_lanes, pair_lanes
from firelane.comparing.matching import TOLERANCE_M, match_findings
from firelane.comparing.reading import Side, Source, read_side
from firelane.comparing.status import (
    LEAST_CHANGE,
    REASONS,
    Ruling,
    Status,
    alone_now,
    alone_then,
    rule_on,
    weight,
    with_causes,
)
from firelane.comparing.subjects import read_rows
from firelane.errors import InputError, Problem
from firelane.vocabulary import Lang, Quantity, Severity, SiteVerdict, Verdict

_GRAVEST = (Verdict.FAIL, Verdict.INDETERMINATE, Verdict.NOT_MEASURED, Verdict.PASS, Verdict.NOT_APPLICABLE)
_OF_THINGS = (Quantity.OBSTRUCTION, Quantity.PARKING)
"""What is judged of the things themselves: what was not surveyed is no finding of theirs, and none is narrower for it."""

WEIGHTS = ("violation", "information", "none")
"""How much a change weighs, in the order of lists."""


@dataclass(frozen=True)
class Said:
    """Something that a reader must know before trusting the comparison."""

    code: str
    zh: str
    en: str

    def text(self, lang: Lang = "zh") -> str:
        """Return it in ``lang``."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Change:
    """One subject of one rule, then and now.

    Attributes
    ----------
    ruling : Ruling
        Status, reason, and the gain on the limit in the rule's unit.
    weight : str
        ``violation`` then or now, ``information``, or ``none``.
    old, new : Mapping or None
        The rows of ``findings``; None where the subject is in one audit alone.
    moved_m : float or None
        How far the place moved [m]; None where it is not known of both.
    """

    ruling: Ruling
    weight: str
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None
    moved_m: float | None

    @property
    def status(self) -> Status:
        """What became of it."""
        return self.ruling.status

    @property
    def row(self) -> Mapping[str, Any]:
        """The row of the new audit, of the old one where there is none."""
        row = self.new if self.new is not None else self.old
        assert row is not None
        return row

    @property
    def change_id(self) -> str:
        """The finding's id now; ``old:`` and its id then where it is no longer there."""
        return str(self.row["finding_id"]) if self.new is not None else f"old:{self.row['finding_id']}"

    def reason(self, lang: Lang = "zh") -> str:
        """Return what stands behind the status."""
        return REASONS[self.ruling.reason][0 if lang == "zh" else 1]


@dataclass(frozen=True)
class Changes:
    """The comparison of two audits; changes stand in the order in which people look at them.

    Attributes
    ----------
    old, new : Side
    findings : tuple of Change
    lanes : tuple of LaneChange
    notes : tuple of Said
        What differs between the audits themselves: site, system, rules, limits, accuracy.
    accuracy_m : float
        A figure that changed by no more did not change [m].
    tolerance_m : float
        A thing that moved farther is another one [m].
    """

    old: Side
    new: Side
    findings: tuple[Change, ...]
    lanes: tuple[LaneChange, ...]
    notes: tuple[Said, ...]
    accuracy_m: float
    tolerance_m: float

    def counts(self) -> dict[Status, dict[str, int]]:
        """Return how many changes there are by status, and of these violations, information and the rest."""
        found = Counter((c.status, c.weight) for c in self.findings)
        return {s: {w: found[s, w] for w in WEIGHTS} for s in Status}

    def violations(self) -> tuple[int, int]:
        """Return how many failing findings there were then and are now, those for information left out."""
        then, now = (
            sum(r["verdict"] == Verdict.FAIL and r["severity"] != Severity.INFO for r in side.document["findings"])
            for side in (self.old, self.new)
        )
        return then, now

    def lengths_m(self) -> dict[Verdict, tuple[float, float]]:
        """Return the length of lanes by verdict, then and now [m]."""

        def length(side: Side, verdict: Verdict) -> float:
            return round(float(sum(lane["length_m"] for lane in side.document["lanes"] if lane["verdict"] == verdict)), 6)

        return {v: (length(self.old, v), length(self.new, v)) for v in Verdict}

    def verdicts(self) -> tuple[SiteVerdict, SiteVerdict]:
        """Return the verdict on the site, then and now."""
        return SiteVerdict(self.old.document["summary"]["verdict"]), SiteVerdict(self.new.document["summary"]["verdict"])


def compare(
    old: Source, new: Source, *, tolerance_m: float = TOLERANCE_M, accuracy_m: float | None = None
) -> Changes:
    """Compare two audits of one site.

    Parameters
    ----------
    old, new : Audit, Mapping or path-like
        An audit, its document, its ``audit.json``, or the folder of results that holds it.
    tolerance_m : float
        An obstacle or a narrow stretch that moved farther is another one [m].
    accuracy_m : float, optional
        What each of the two audits is accurate to [m]; by default what their sites say. A figure that changed by no more
        than both together did not change.

    Returns
    -------
    Changes

    Raises
    ------
    InputError
        If a side cannot be read, or the two have nothing that could be compared: other sites, no common rule. Every
        problem of both sides is listed.
    ValueError
        If the tolerance or the accuracy is no length.
    """
    problems: list[Problem] = []
    then, now = read_side(old, problems), read_side(new, problems)
    if problems or then is None or now is None:
        raise InputError(problems)
    notes = _notes(then, now)
    if accuracy_m is not None and not 0 <= accuracy_m < float("inf"):
        raise ValueError(f"the accuracy must be a length [m], not {accuracy_m!r}")
    told = (side.site["accuracy_m"] if accuracy_m is None else accuracy_m for side in (then, now))
    accuracy = max(float(sum(told)), LEAST_CHANGE)
    lanes = pair_lanes(then, now)
    causes = _causes(then, now), _causes(now, then)
    return Changes(
        then, now, _findings(then, now, lanes, accuracy, tolerance_m, causes),
        _lanes(then, now, causes, compare_lanes(then, now, lanes, accuracy)), notes, accuracy, tolerance_m,
    )  # fmt: skip


def _causes(side: Side, other: Side) -> Causes:
    kinds = side.site.get("owner_kinds")
    return Causes(side.document["findings"], kinds if isinstance(kinds, Mapping) else None, other.document["findings"])


def _lanes(
    old: Side, new: Side, causes: tuple[Causes, Causes], changes: Sequence[LaneChange]
) -> tuple[LaneChange, ...]:
    """Return the lanes; none is better or worse by what a layer alone makes so that was surveyed but once."""
    lost_now, lost_before = (
        {row.get("lane_id") for row in side.document["findings"] if _bad(row) and cause.lost(row)}
        for side, cause in zip((old, new), causes, strict=True)
    )
    return tuple(
        change if change.old is None or change.new is None
        else replace(change, ruling=with_causes(
            change.ruling, change.new, lost_now=change.old["lane_id"] in lost_now, lost_before=change.new["lane_id"] in lost_before,
        ))
        for change in changes
    )  # fmt: skip


def _bad(row: Mapping[str, Any]) -> bool:
    return row["verdict"] in (Verdict.FAIL, Verdict.INDETERMINATE)


def _findings(
    old: Side, new: Side, lanes: Mapping[str, str], accuracy_m: float, tolerance_m: float, causes: tuple[Causes, Causes]
) -> tuple[Change, ...]:
    olds: Sequence[Mapping[str, Any]] = old.document["findings"]
    news: Sequence[Mapping[str, Any]] = new.document["findings"]
    told = [_renamed(row, lanes) for row in olds]
    found = match_findings(told, news, tolerance_m=tolerance_m)
    limits = _changed_limits(old, new)
    left, right = read_rows(told), read_rows(news)
    changes = []
    covered_now, covered_then = Coverage(news), Coverage(told)
    causes_then, causes_now = causes
    for a, b in found.pairs:
        least = limits.get(str(news[b]["rule_id"]))
        ruling = rule_on(olds[a], news[b], accuracy_m=accuracy_m, least=least)
        if news[b].get("quantity") not in _OF_THINGS:
            ruling = with_causes(ruling, news[b], lost_now=causes_then.lost(olds[a]), lost_before=causes_now.lost(news[b]))
        away = left[a].distance_m(right[b])
        moved = round(away, 3) if left[a].comparable(right[b]) else None
        changes.append(Change(ruling, weight(olds[a], news[b]), olds[a], news[b], moved))
    for a in found.only_old:
        why = _why(covered_now, told[a], new, tolerance_m, "now", "rule_dropped")
        why = why or ("cause_not_surveyed_now" if causes_then.lost(olds[a]) else "")
        changes.append(Change(alone_then(olds[a], why), weight(olds[a], None), olds[a], None, None))
    for b in found.only_new:
        why = _why(covered_then, news[b], old, tolerance_m, "before", "rule_added")
        why = why or ("cause_not_surveyed_before" if causes_now.lost(news[b]) else "")
        changes.append(Change(alone_now(news[b], why), weight(None, news[b]), None, news[b], None))
    return tuple(sorted(changes, key=_order))


def _renamed(row: Mapping[str, Any], lanes: Mapping[str, str]) -> Mapping[str, Any]:
    """Return a finding of the old audit with its lane called as the new one calls it."""
    lane = row.get("lane_id")
    name = lanes.get(lane) if lane else None
    if name is None or name == lane:
        return row
    own = f"{row['rule_id']}:{lane}"
    ident = row["finding_id"]
    return {**row, "lane_id": name, "finding_id": f"{row['rule_id']}:{name}{ident[len(own):]}" if ident.startswith(own) else ident}


def _why(coverage: Coverage, row: Mapping[str, Any], side: Side, tolerance_m: float, when: str, rule: str) -> str:
    """Return the reason for which the other audit could not have this finding; empty where it could."""
    missing = coverage.why_not(row)
    if missing == "rule":
        return rule
    if missing:
        return f"not_measured_{when}"
    return "" if side.holds(row, tolerance_m) else f"outside_{when}"


def _changed_limits(old: Side, new: Side) -> dict[str, bool]:
    """Return the rules whose limit differs, and whether each sets a least value."""
    before = old.rules()
    return {
        name: rule["comparator"] != "<="
        for name, rule in new.rules().items()
        if name in before and before[name]["threshold"] != rule["threshold"]
    }


def _order(change: Change) -> tuple[Any, ...]:
    """By weight, status, verdict, severity, quantity, shortfall; ids last."""
    row = change.row
    quantities = [q.value for q in Quantity]
    kind = quantities.index(row["quantity"]) if row.get("quantity") in quantities else len(quantities)
    return (
        WEIGHTS.index(change.weight), list(Status).index(change.status), _GRAVEST.index(Verdict(row["verdict"])),
        list(Severity).index(Severity(row["severity"])), kind, row["margin"] if row["margin"] is not None else 0.0,
        change.change_id,
    )  # fmt: skip


# ------------------------------------------------------------------ what differs between the audits themselves


def _notes(old: Side, new: Side) -> tuple[Said, ...]:
    """Return what must be said; refuse two audits that have nothing in common.

    There is no way round the refusal: where neither place nor name nor rule is shared, every finding would read *gone*
    and *new*, whatever happened.
    """
    problems, notes = [], []
    names = [str(side.site["id"]) for side in (old, new)]
    if old.placed != new.placed:
        if names[0] != names[1]:
            problems.append(_apart(names))
        notes.append(Said(
            "placed", "两次检查中只有一次有大地坐标：按编号对应，不比较位置",
            "only one of the audits knows where on earth the site lies: things are matched by their ids, not by place",
        ))  # fmt: skip
    elif not _overlap(old, new):
        problems.append(_apart(names))
    elif names[0] != names[1]:
        notes.append(Said(
            "site_id", f"两次检查的场地编号不同（{names[0]}、{names[1]}），范围重叠，按同一场地比较",
            f"the sites have different ids ({names[0]}, {names[1]}) but overlap: compared as one site",
        ))  # fmt: skip
    rules = old.rules(), new.rules()
    if not set(rules[0]) & set(rules[1]):
        problems.append(Problem(
            "the two audits have no rule in common", "audit both with the same --rules",
            message_zh="两次检查没有共同采用的规定", remedy_zh="请用相同的 --rules 重新检查",
        ))  # fmt: skip
    if problems:
        raise InputError(problems)
    notes += _differences(old, new, rules)
    return tuple(notes)


def _apart(names: Sequence[str]) -> Problem:
    one, other = names
    return Problem(
        f"the two audits are of different places ({one}, {other}): every finding would be new or gone",
        "give two audits of one site", message_zh=f"两次检查不在同一处（{one}、{other}），所有项目都会是新增或已消除",
        remedy_zh="请给出同一场地的两次检查",
    )  # fmt: skip


def _overlap(old: Side, new: Side) -> bool:
    (a0, b0, a1, b1), (c0, d0, c1, d1) = old.box(), new.box()
    return a0 <= c1 and c0 <= a1 and b0 <= d1 and d0 <= b1


def _differences(old: Side, new: Side, rules: Sequence[Mapping[str, Mapping[str, Any]]]) -> list[Said]:
    notes = []
    if old.placed and new.placed and old.site["crs"] != new.site["crs"]:
        notes.append(Said(
            "crs", "两次检查的坐标系不同，按经纬度对应", "the audits have different coordinate systems: matched by longitude and latitude",
        ))  # fmt: skip
    for code, left, right, zh, en in (
        ("rules_dropped", rules[0], rules[1], "仅上次检查采用的规定", "rules in force in the old audit alone"),
        ("rules_added", rules[1], rules[0], "仅本次检查采用的规定", "rules in force in the new audit alone"),
    ):
        if only := sorted(set(left) - set(right)):
            notes.append(Said(code, f"{zh}：{'、'.join(only)}", f"{en}: {', '.join(only)}"))
    if changed := sorted(_changed_limits(old, new)):
        notes.append(Said(
            "limits", f"限值不同的规定：{'、'.join(changed)}；按测量值比较，结论按各自限值",
            f"rules with another limit: {', '.join(changed)}; measured values are compared, verdicts are by each audit's limit",
        ))  # fmt: skip
    accuracies = [float(side.site["accuracy_m"]) for side in (old, new)]
    if accuracies[0] != accuracies[1]:
        notes.append(Said(
            "accuracy", f"两次检查的测量精度不同（{accuracies[0]:g} 米、{accuracies[1]:g} 米）",
            f"the audits are accurate to different lengths ({accuracies[0]:g} m, {accuracies[1]:g} m)",
        ))  # fmt: skip
    return notes
