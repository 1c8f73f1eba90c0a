"""The findings of an audit with the cases that follow them, for the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firelane.auditing.document import document
from firelane.cases.proposals import case_row
from firelane.cases.workflow import workflow
from firelane.comparing import match_findings
from firelane.webmap.marks import CaseMark

if TYPE_CHECKING:
    from firelane.auditing import Audit
    from firelane.cases.book import CaseBook


def case_marks(book: CaseBook, audit: Audit) -> dict[str, CaseMark]:
    """Return finding id → its case, for findings that a case of this site follows.

    Matched as a new audit is: by rule, owner and place. Duplicates and dropped cases mark nothing.
    """
    flow = workflow()
    cases = [c for c in book.cases(site=audit.site.id) if not c.duplicate_of and c.state not in ("void", "duplicate")]
    told = document(audit)
    # An open case goes before a closed one at the same place, the later before the earlier.
    cases.sort(key=lambda c: (flow.states[c.state].group == "closed", c.case_id), reverse=False)
    findings = [row for row in told["findings"] if row["verdict"] != "not_applicable"]
    matched = match_findings([case_row(c, told["site"]["crs"]) for c in cases], findings)
    marks: dict[str, CaseMark] = {}
    for old, new in matched.pairs:
        case, state = cases[old], flow.states[cases[old].state]
        marks.setdefault(findings[new]["finding_id"], CaseMark(
            case.case_id, case.state, state.zh, state.en, state.group, None if case.deadline is None else case.deadline.isoformat()
        ))  # fmt: skip
    return marks
