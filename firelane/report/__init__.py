"""What an office is handed: the inspection report, the notice to correct (责令限期改正通知书)."""

from __future__ import annotations

from firelane.report.notice import Notice, notice_of_case, notices
from firelane.report.notice_files import write_notice
from firelane.report.templates import templates
from firelane.report.writing import write_report

__all__ = ["Notice", "notice_of_case", "notices", "templates", "write_notice", "write_report"]
