"""Findings: the only place where a measured value meets a threshold."""

from __future__ import annotations

from firelane.findings.judge import judge
from firelane.findings.model import Finding
from firelane.findings.summary import gravest_first, summarise, worst

__all__ = ["Finding", "gravest_first", "judge", "summarise", "worst"]
