"""What to remove, move, lift or widen so that a lane or building passes (Article 14, 净宽净高)."""

from __future__ import annotations

from firelane.remedy.plan import plan_remedies
from firelane.remedy.records import Remedy, RemedyPlan

__all__ = ["Remedy", "RemedyPlan", "plan_remedies"]
