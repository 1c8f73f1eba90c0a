"""Two audits of one street, for the tests of comparing."""

from __future__ import annotations

import copy

import site_scenes as sc

from firelane.auditing.document import document


def street(*obstructions, **more):
    """A street of 100 x 6 m, entrances at both ends, audited by the rules of the passage."""
    return sc.audited(sc.street(6.0, obstructions, **more))


def post(x, y, ident, **columns):
    return sc.post(x, y, id=ident, **columns)


def told(audit):
    """The audit's document, free to be changed."""
    return copy.deepcopy(document(audit))


def of(changes, rule, status=None):
    """Changes of one rule that concern a violation."""
    return [c for c in changes.findings if c.row["rule_id"] == rule and status in (None, c.status.value) and c.weight == "violation"]


def statuses(changes):
    """Status → number of violations, empty ones left out."""
    return {s.value: n["violation"] for s, n in changes.counts().items() if n["violation"]}
