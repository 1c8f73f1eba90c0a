"""A marking drawing, ours or another's, judged against Article 13 of 沈政办发〔2020〕40号."""

from __future__ import annotations

from firelane.verifying.judge import verify_drawing
from firelane.verifying.records import SCHEMA, Check, Verification

__all__ = ["SCHEMA", "Check", "Verification", "verify_drawing"]
