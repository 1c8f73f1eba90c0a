"""The pipeline: from a site to its audit, and the audit's files."""

from __future__ import annotations

from firelane.auditing.files import write_audit
from firelane.auditing.pipeline import audit
from firelane.auditing.record import Audit

__all__ = ["Audit", "audit", "write_audit"]
