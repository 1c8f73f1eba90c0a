"""Findings: the only place where a measured value meets a threshold."""

from __future__ import annotations

from firelane.findings.judge import judge
from firelane.findings.model import Finding
from firelane.findings.summary import gravest_first, summarise, to_look_at, worst
from firelane.findings.tables import rule_tables

__all__ = ["Finding", "gravest_first", "judge", "rule_tables", "summarise", "to_look_at", "worst"]
