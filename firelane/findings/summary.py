"""The worst verdicts, and the summary of an audit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from firelane.findings.model import Finding
from firelane.rules.model import Rule
from firelane.vocabulary import Quantity, Severity, SiteVerdict, Verdict

_RANK = (Verdict.FAIL, Verdict.INDETERMINATE, Verdict.NOT_MEASURED, Verdict.PASS, Verdict.NOT_APPLICABLE)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst verdict; nothing at all is not applicable.

    >>> worst([Verdict.PASS, Verdict.NOT_MEASURED]).value
    'not_measured'
    """
    return min(verdicts, key=_RANK.index, default=Verdict.NOT_APPLICABLE)


def gravest_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in the order in which people are shown them.

    By verdict, then weight, then passage before paint, then the largest shortfall. Map, drawing and
    summary number them in this order, so that number 3 is the same place on each.
    """
    weights, kinds = list(Severity), list(Quantity)

    def rank(finding: Finding) -> tuple[int, int, int, float, str]:
        shortfall = finding.margin if finding.margin is not None else 0.0
        return (
            _RANK.index(finding.verdict), weights.index(finding.severity), kinds.index(finding.quantity),
            round(shortfall, 6), finding.finding_id,
        )  # fmt: skip

    return sorted(findings, key=rank)


def to_look_at(finding: Finding) -> bool:
    """Tell whether somebody has to go to one place because of a finding: it fails, or nobody measured what is there.

    Map and picture number these.
    """
    if finding.verdict in (Verdict.FAIL, Verdict.INDETERMINATE):
        return True
    things = (Quantity.OBSTRUCTION, Quantity.GATE_OPENING, Quantity.CLEAR_HEIGHT)
    return (
        finding.verdict is Verdict.NOT_MEASURED and finding.quantity in things and finding.location is not None
        and bool(finding.owners)
    )  # fmt: skip


def summarise(
    findings: Sequence[Finding], rules: Sequence[Rule], *, lane_length_m: float, judged_length_m: float
) -> dict[str, Any]:
    """Return the contract's ``summary``."""
    by_rule = {
        rule.rule_id: worst(f.verdict for f in findings if f.rule_id == rule.rule_id).value for rule in rules
    }
    counts = {verdict.value: sum(f.verdict is verdict for f in findings) for verdict in Verdict}
    mandatory = {f.verdict for f in findings if f.severity is Severity.MANDATORY}
    if Verdict.FAIL in mandatory:
        verdict = SiteVerdict.FAIL
    elif Verdict.INDETERMINATE in mandatory:
        verdict = SiteVerdict.INDETERMINATE
    elif Verdict.NOT_MEASURED in mandatory:
        verdict = SiteVerdict.INCOMPLETE
    else:
        verdict = SiteVerdict.PASS
    return {
        "verdict": verdict.value, "by_rule": by_rule, "counts": counts,
        "lane_length_m": lane_length_m, "judged_length_m": judged_length_m,
    }  # fmt: skip
