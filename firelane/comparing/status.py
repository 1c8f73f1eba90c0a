"""What became of one subject between two audits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from firelane.vocabulary import Severity, Term, Verdict

LEAST_CHANGE = 0.001
"""Figures are shown to the millimetre: what changes by less reads the same."""


class Status(Term):
    """Outcome of the comparison for one subject; the order is that of lists."""

    NEW = "new", "新增", "new"
    WORSE = "worse", "恶化", "worse"
    NO_LONGER_MEASURED = "no_longer_measured", "不再测量", "no longer measured"
    UNCHANGED = "unchanged", "无变化", "unchanged"
    BETTER = "better", "改善", "better"
    GONE = "gone", "已消除", "gone"
    NOW_MEASURED = "now_measured", "首次测量，符合", "measured for the first time, passes"
    ADDED = "added", "新增对象，无问题", "new subject, nothing wrong"
    REMOVED = "removed", "对象已不存在，原无问题", "subject no longer there, nothing was wrong"


_RANK = {Verdict.PASS: 0, Verdict.INDETERMINATE: 1, Verdict.FAIL: 2}

REASONS = {
    "": ("", ""),
    "within_accuracy": ("变化不超过两次检查的测量精度", "the change is within the accuracy of both audits"),
    "first_judged": ("上次未测量或不适用，本次首次判定", "not measured or not applicable then: judged for the first time"),
    "rule_added": ("上次检查未采用该规定", "the rule was not in force in the old audit"),
    "rule_dropped": ("本次检查未采用该规定", "the rule is not in force in the new audit"),
    "not_measured_before": ("上次此处未测量，不能断定为新出现", "nothing was measured here then: it may have been there"),
    "not_measured_now": ("本次此处未测量，不能断定已消除", "nothing was measured here now: it may still be there"),
    "outside_before": ("位置在上次检查范围以外", "the place lies outside what the old audit covered"),
    "outside_now": ("位置在本次检查范围以外", "the place lies outside what the new audit covers"),
    "not_applicable_now": ("本次不再适用", "the rule no longer applies here"),
    "cause_not_surveyed_now": (
        "造成此处不足的物体所在图层本次未完整调查，不能断定已改善或消除",
        "the layer of what caused it was not surveyed in full now: it may still be there",
    ),
    "cause_not_surveyed_before": (
        "造成此处不足的物体所在图层上次未完整调查，可能早已存在",
        "the layer of what causes it was not surveyed in full then: it may have been there",
    ),
    "limit_changed": ("限值已改变，按测量值比较", "the limit has changed: measured values are compared"),
}
"""Key → (Chinese, English): what stands behind a status."""


@dataclass(frozen=True)
class Ruling:
    """A status, why, and by how much the measured figure gained on its limit (negative: lost) in the rule's unit."""

    status: Status
    reason: str = ""
    gain: float | None = None


def rule_on(
    old: Mapping[str, Any], new: Mapping[str, Any], *, accuracy_m: float, least: bool | None
) -> Ruling:
    """Return what became of a subject that both audits judged.

    Parameters
    ----------
    old, new : Mapping
        Rows of findings (``verdict``, ``value``, ``margin``, ``unit``).
    accuracy_m : float
        Sum of what both audits are accurate to [m].
    least : bool or None
        None where both audits have the same limit: margins are compared. Else values are: whether the rule sets a
        least value.

    Notes
    -----
    A verdict that turned to or from *indeterminate* by a change within the accuracy is no change: nothing was
    measured that would tell one from the other.
    """
    then, now = Verdict(old["verdict"]), Verdict(new["verdict"])
    if then not in _RANK or now not in _RANK:
        return _unjudged(then, now)
    gain = _gain(old, new, least=least)
    slack = _slack(old, new, accuracy_m)
    step = _RANK[now] - _RANK[then]
    reason = "" if least is None else "limit_changed"
    if step and not (Verdict.INDETERMINATE in (then, now) and gain is not None and abs(gain) <= slack):
        return Ruling(Status.WORSE if step > 0 else Status.BETTER, reason, gain)
    if gain is None or abs(gain) <= slack:
        return Ruling(Status.UNCHANGED, "within_accuracy" if step or (gain is not None and abs(gain) > LEAST_CHANGE) else "", gain)
    return Ruling(Status.BETTER if gain > 0 else Status.WORSE, reason, gain)


def with_causes(ruling: Ruling, new: Mapping[str, Any], *, lost_now: bool, lost_before: bool) -> Ruling:
    """Return a ruling that does not take for better or worse what a layer that was surveyed but once makes so.

    Parameters
    ----------
    ruling : Ruling
        By the figures alone.
    new : Mapping
        The row now.
    lost_now, lost_before : bool
        Whether nobody looked now for what caused it then; whether nobody looked then for what causes it now.
    """
    if lost_now and ruling.status is Status.BETTER:
        bad = Verdict(new["verdict"]) in (Verdict.FAIL, Verdict.INDETERMINATE)
        return Ruling(Status.UNCHANGED if bad else Status.NO_LONGER_MEASURED, "cause_not_surveyed_now")
    if lost_before and ruling.status is Status.WORSE:
        return Ruling(ruling.status, "cause_not_surveyed_before", ruling.gain)
    return ruling


def _unjudged(then: Verdict, now: Verdict) -> Ruling:
    if now in _RANK:
        return Ruling(Status.NOW_MEASURED if now is Verdict.PASS else Status.NEW, "first_judged")
    if then not in _RANK:
        return Ruling(Status.UNCHANGED)
    if now is Verdict.NOT_MEASURED:
        return Ruling(Status.NO_LONGER_MEASURED, "not_measured_now")
    return Ruling(Status.REMOVED if then is Verdict.PASS else Status.GONE, "not_applicable_now")


def _gain(old: Mapping[str, Any], new: Mapping[str, Any], *, least: bool | None) -> float | None:
    column, sign = ("margin", 1) if least is None else ("value", 1 if least else -1)
    if old[column] is None or new[column] is None:
        return None
    gain = round(sign * (new[column] - old[column]), 6)
    return 0.0 if gain == 0 else float(gain)


def _slack(old: Mapping[str, Any], new: Mapping[str, Any], accuracy_m: float) -> float:
    """Return how much a figure may differ without a change [its unit]."""
    if new.get("unit") != "m":
        return LEAST_CHANGE
    # A layer may be coarser than its site: a verdict that is indeterminate shows by how much at least.
    doubts = sum(
        abs(float(row["margin"])) for row in (old, new) if row["verdict"] == Verdict.INDETERMINATE and row["margin"] is not None
    )
    return max(accuracy_m, doubts, LEAST_CHANGE) + 1e-9


def alone_then(old: Mapping[str, Any], why_not: str) -> Ruling:
    """Return what became of a subject that only the old audit has; ``why_not`` says why the new one cannot tell."""
    if Verdict(old["verdict"]) not in (Verdict.FAIL, Verdict.INDETERMINATE):
        return Ruling(Status.REMOVED, why_not)
    return Ruling(Status.NO_LONGER_MEASURED if why_not else Status.GONE, why_not)


def alone_now(new: Mapping[str, Any], why_not: str) -> Ruling:
    """Return what a subject is that only the new audit has."""
    bad = Verdict(new["verdict"]) in (Verdict.FAIL, Verdict.INDETERMINATE)
    return Ruling(Status.NEW if bad else Status.ADDED, why_not)


def weight(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> str:
    """Return what a change concerns: a ``violation`` then or now, ``information``, or something that is all right (``none``)."""
    bad = [r for r in (old, new) if r is not None and r["verdict"] in (Verdict.FAIL, Verdict.INDETERMINATE)]
    if any(row["severity"] != Severity.INFO for row in bad):
        return "violation"
    return "information" if bad else "none"
