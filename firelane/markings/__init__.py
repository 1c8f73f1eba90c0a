"""What to paint: edge lines, kerbs, boxes, grids, lettering, quantities, setting-out; no CAD here."""

from firelane.markings.plan import MarkingPlan
from firelane.markings.planner import plan_markings
from firelane.markings.workbook import write_quantities, write_setting_out

__all__ = ["MarkingPlan", "plan_markings", "write_quantities", "write_setting_out"]
