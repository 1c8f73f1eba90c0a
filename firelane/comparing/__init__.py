"""Two audits compared: which finding is which, what is new, gone, worse, better or unchanged."""

from __future__ import annotations

from firelane.comparing.changes import Change, Changes, Said, compare
from firelane.comparing.coverage import Coverage
from firelane.comparing.files import write_changes
from firelane.comparing.lanes import LaneChange
from firelane.comparing.map import changes_map
from firelane.comparing.matching import Matching, match_findings
from firelane.comparing.status import Status

__all__ = [
    "Change",
    "Changes",
    "Coverage",
    "LaneChange",
    "Matching",
    "Said",
    "Status",
    "changes_map",
    "compare",
    "match_findings",
    "write_changes",
]
