"""Everything that map and picture show, gathered in the order in which it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from firelane.webmap import measures, objects, remedies, results, tables
from firelane.webmap.content import Content

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from firelane.auditing import Audit
    from firelane.markings.plan import MarkingPlan
    from firelane.vocabulary import Lang
    from firelane.webmap.marks import CaseMark


@dataclass(frozen=True)
class Gathered:
    """The content, the list of findings, the station columns [mm] and the summary's row (None: nothing to do)."""

    content: Content
    findings: list[dict[str, Any]]
    stations: dict[str, NDArray[np.int32]]
    summary: dict[str, Any] | None


def gather(
    audit: Audit, plan: MarkingPlan | None, lang: Lang, cases: Mapping[str, CaseMark] | None = None
) -> Gathered:
    """Return what is drawn. Owners are named by their cards, so those come before lanes and findings."""
    content = Content(audit, lang)
    objects.add_ground(content)
    objects.add_buildings(content)
    objects.add_parking(content)
    objects.add_existing_paint(content)
    if plan is not None:
        objects.add_planned_paint(content, plan)
    objects.add_obstructions(content)
    stations = measures.add_lanes(content)
    objects.add_entrances(content)
    measures.add_pinches(content)
    measures.link_lanes(content)
    objects.link_buildings(content)
    tables.add_tables(content)
    remedies.add_remedies(content)
    findings = results.add_findings(content)
    for row in findings if cases else ():
        card = content.cards[row["c"]]
        if (mark := (cases or {}).get(card.ident)) is not None:
            card.case = mark.as_json(lang)
    return Gathered(content, findings, stations, remedies.add_summary(content))
