"""The summary: the worst of each rule, and the verdict of the site."""

from __future__ import annotations

import itertools

import pytest
from site_scenes import WIDTH, block, rules, street
from site_scenes import audited_in_full as audited

from firelane.findings import Finding, summarise, worst
from firelane.vocabulary import Quantity, Severity, SiteVerdict, Verdict

ORDER = [Verdict.FAIL, Verdict.INDETERMINATE, Verdict.NOT_MEASURED, Verdict.PASS, Verdict.NOT_APPLICABLE]


def finding(verdict, severity=Severity.MANDATORY, rule_id=WIDTH):
    return Finding(
        finding_id="f", rule_id=rule_id, article="第十四条", verdict=verdict, severity=severity,
        quantity=Quantity.CLEAR_WIDTH, value=None, threshold=4.0, unit="m", margin=None, lane_id=None, location=None,
        lonlat=None, owners=(), message_zh="是", message_en="yes",
    )  # fmt: skip


@pytest.mark.parametrize(("a", "b"), list(itertools.combinations_with_replacement(ORDER, 2)))
def test_the_worst_of_two(a, b):
    assert worst([a, b]) is worst([b, a]) is a


def test_the_worst_of_nothing_is_not_applicable():
    assert worst([]) is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (ORDER, SiteVerdict.FAIL), (ORDER[1:], SiteVerdict.INDETERMINATE), (ORDER[2:], SiteVerdict.INCOMPLETE),
        (ORDER[3:], SiteVerdict.PASS), ([], SiteVerdict.PASS),
    ],
)  # fmt: skip
def test_the_verdict_of_the_site(verdicts, expected):
    findings = [finding(v) for v in verdicts]
    # What is advisory or only told decides nothing.
    findings += [finding(v, s) for v in ORDER for s in (Severity.ADVISORY, Severity.INFO)]
    summary = summarise(findings, rules(), lane_length_m=1.0, judged_length_m=0.5)
    assert summary["verdict"] == expected.value
    assert (summary["lane_length_m"], summary["judged_length_m"]) == (1.0, 0.5)


def test_counts_and_the_worst_of_each_rule():
    findings = [finding(Verdict.PASS), finding(Verdict.FAIL), finding(Verdict.PASS, rule_id="sy2020-10-gate")]
    summary = summarise(findings, rules(), lane_length_m=0.0, judged_length_m=0.0)
    assert summary["counts"] == {"pass": 2, "fail": 1, "indeterminate": 0, "not_measured": 0, "not_applicable": 0}
    assert list(summary["by_rule"]) == [r.rule_id for r in rules()]
    assert summary["by_rule"][WIDTH] == "fail"
    assert summary["by_rule"]["sy2020-10-gate"] == "pass"
    assert summary["by_rule"]["sy2020-14-parking"] == "not_applicable"


@pytest.mark.parametrize(
    ("left", "accuracy", "verdict"), [(3.9, 0.0, "fail"), (3.98, 0.05, "indeterminate"), (4.5, 0.0, "incomplete")]
)
def test_the_verdict_of_a_real_audit(left, accuracy, verdict):
    # Turning is not measured, so that the best there is reads "incomplete".
    summary = audited(street(6.0, [block(50, left - 3, 51, 4)], config={"accuracy_m": accuracy})).summary
    assert summary["verdict"] == verdict
    assert sum(summary["counts"].values()) > 0
    assert summary["lane_length_m"] == summary["judged_length_m"] == pytest.approx(100.0)
