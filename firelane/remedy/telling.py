"""Which remedies answer a finding, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from firelane.findings.model import Finding
from firelane.remedy.words import DISC
from firelane.vocabulary import Lang, Quantity, Verdict

_OF_LANES = (Quantity.CLEAR_WIDTH, Quantity.CLEAR_HEIGHT)


def remedies_for(finding: Finding, remedies: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the rows that answer a failing finding: those of its lane, or of its building.

    A finding of any other quantity (paint, signs, one obstacle) has none of its own.
    """
    if finding.verdict is not Verdict.FAIL:
        return []
    if finding.quantity in _OF_LANES:
        key = ("lane", finding.lane_id)
    elif finding.quantity is Quantity.REACH:
        key = ("building", finding.building_id)
    else:
        return []
    return [row for row in remedies if (row["target_kind"], row["target"]) == key]


def remedy_texts(finding: Finding, remedies: Sequence[Mapping[str, Any]], lang: Lang) -> list[str]:
    """Return what to remove, move, lift or widen, one text per remedy, without the sentence that all share."""
    shared = DISC[0 if lang == "zh" else 1]
    return [str(row[f"text_{lang}"]).replace(shared, "").strip() for row in remedies_for(finding, remedies)]
