"""What an audit found against what is known: ``differences(truth, findings)`` is empty where both agree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from city_model import EVERY, Truth

_BAD = ("fail", "indeterminate")


def differences(truth: Iterable[Truth], findings: Iterable[Any]) -> list[str]:
    """Return what was not found, and what was found besides, of one site.

    Parameters
    ----------
    truth : iterable of Truth
    findings : iterable
        With ``rule_id, verdict, severity, value, owners`` (:class:`firelane.findings.model.Finding`). Findings for
        information are no violations; a verdict other than *fail* and *indeterminate* needs an answer only where one is told.
    """
    found = list(findings)
    known = list(truth)
    truth = [_named(t, known, found) for t in known]
    left = [f for f in found if str(f.verdict) in _BAD and str(f.severity) == "mandatory"]
    out = []
    for t in truth:
        pool = left if t.verdict in _BAD else found
        hits = [f for f in pool if _same(t, f)]
        if not hits:
            out.append(f"not found: {t.rule_id} {t.verdict} {t.value} {t.owner} ({t.where})")
        gone = hits if t.owner == EVERY else hits[:1]
        left = [f for f in left if not any(f is g for g in gone)]
    out += [f"not told: {f.rule_id} {f.verdict} {f.value} {', '.join(f.owners)}" for f in left]
    return out


def _named(t: Truth, known: Iterable[Truth], found: Iterable[Any]) -> Truth:
    """Return what is known with the thing that the audit names, of several in a row that leave the lane equally narrow."""
    # the thing itself must be known for something else too: a width of its own is not enough
    equal = {o.owner for o in known if o is not t and (o.value, o.where) == (t.value, t.where)} - {EVERY}
    mine = [f for f in found if f.rule_id == t.rule_id]
    if t.owner not in equal or any(t.owner in f.owners for f in mine):
        return t
    return next((replace(t, owner=owner) for f in mine for owner in sorted(equal & {*f.owners})), t)


def _same(t: Truth, f: Any) -> bool:
    if f.rule_id != t.rule_id or str(f.verdict) != t.verdict:
        return False
    if t.owner != EVERY and t.owner not in f.owners:
        return False
    return t.value is None or (f.value is not None and abs(f.value - t.value) <= t.exact_m)
