"""firelane: audits fire lanes, draws their markings, maps the violations (消防车通道).

The names below are the public Python interface; everything heavy is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from firelane.auditing import Audit, audit, write_audit
    from firelane.batch import compare_batches, run_batch, write_batch_changes
    from firelane.cases.book import CaseBook
    from firelane.charts import lane_chart, lane_charts
    from firelane.comparing import compare, write_changes
    from firelane.drawing import DrawingOptions, plot_pdf, write_dxf
    from firelane.errors import EngineError, FirelaneError, InputError, OutputError, Problem, UsageError
    from firelane.findings import Finding
    from firelane.lanes.records import LaneNetwork
    from firelane.markings import MarkingPlan, plan_markings
    from firelane.report import write_report
    from firelane.rules import Rule, load_rules
    from firelane.run import RunResult, run_site
    from firelane.site import Site, read_site
    from firelane.store import Store
    from firelane.verifying import verify_drawing
    from firelane.webmap import map_pdf, map_png, violation_map
    from firelane.whatif import WhatIf

__version__ = "0.1.0"

_HOMES = {
    "Audit": "firelane.auditing",
    "CaseBook": "firelane.cases.book",
    "DrawingOptions": "firelane.drawing",
    "EngineError": "firelane.errors",
    "Finding": "firelane.findings",
    "FirelaneError": "firelane.errors",
    "InputError": "firelane.errors",
    "LaneNetwork": "firelane.lanes.records",
    "MarkingPlan": "firelane.markings",
    "OutputError": "firelane.errors",
    "Problem": "firelane.errors",
    "Rule": "firelane.rules",
    "RunResult": "firelane.run",
    "Site": "firelane.site",
    "Store": "firelane.store",
    "UsageError": "firelane.errors",
    "WhatIf": "firelane.whatif",
    "audit": "firelane.auditing",
    "compare": "firelane.comparing",
    "compare_batches": "firelane.batch",
    "lane_chart": "firelane.charts",
    "lane_charts": "firelane.charts",
    "load_rules": "firelane.rules",
    "map_pdf": "firelane.webmap",
    "map_png": "firelane.webmap",
    "plan_markings": "firelane.markings",
    "plot_pdf": "firelane.drawing",
    "read_site": "firelane.site",
    "run_batch": "firelane.batch",
    "run_site": "firelane.run",
    "verify_drawing": "firelane.verifying",
    "violation_map": "firelane.webmap",
    "write_audit": "firelane.auditing",
    "write_batch_changes": "firelane.batch",
    "write_changes": "firelane.comparing",
    "write_dxf": "firelane.drawing",
    "write_report": "firelane.report",
}

__all__ = [
    "Audit",
    "CaseBook",
    "DrawingOptions",
    "EngineError",
    "Finding",
    "FirelaneError",
    "InputError",
    "LaneNetwork",
    "MarkingPlan",
    "OutputError",
    "Problem",
    "Rule",
    "RunResult",
    "Site",
    "Store",
    "UsageError",
    "WhatIf",
    "__version__",
    "audit",
    "compare",
    "compare_batches",
    "lane_chart",
    "lane_charts",
    "load_rules",
    "map_pdf",
    "map_png",
    "plan_markings",
    "plot_pdf",
    "read_site",
    "run_batch",
    "run_site",
    "verify_drawing",
    "violation_map",
    "write_audit",
    "write_batch_changes",
    "write_changes",
    "write_dxf",
    "write_report",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'firelane' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
