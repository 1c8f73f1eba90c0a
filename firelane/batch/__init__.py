"""Many sites: a city's districts audited, none lost, into one set of tables and one map."""

from __future__ import annotations

from firelane.batch.changes import compare_batches, write_batch_changes
from firelane.batch.driver import run_batch
from firelane.batch.extracting import extract_site
from firelane.batch.model import Failure, FailureKind, Outcome, Settings, Task
from firelane.batch.result import BatchResult

__all__ = [
    "BatchResult",
    "Failure",
    "FailureKind",
    "Outcome",
    "Settings",
    "Task",
    "compare_batches",
    "extract_site",
    "run_batch",
    "write_batch_changes",
]
