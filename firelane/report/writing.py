"""The inspection report as a file, in the edition that its ending names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from firelane.errors import UsageError
from firelane.report.inspection import Inspection
from firelane.report.inspection_docx import write_docx
from firelane.report.inspection_pdf import write_pdf
from firelane.report.inspection_xlsx import write_xlsx

if TYPE_CHECKING:
    import datetime as dt
    import os

    from firelane.auditing import Audit
    from firelane.markings.plan import MarkingPlan
    from firelane.vocabulary import Lang

_WRITERS = {".pdf": write_pdf, ".docx": write_docx, ".xlsx": write_xlsx}


def write_report(
    audit: Audit,
    path: str | os.PathLike[str],
    plan: MarkingPlan | None = None,
    lang: Lang = "zh",
    *,
    date: dt.date | None = None,
) -> None:
    """Write the inspection report of a site (检查报告).

    Parameters
    ----------
    audit : Audit
    path : path-like
        Ends in ``.pdf``, ``.docx`` (both with map, drawings and profiles) or ``.xlsx`` (every finding as a row). The
        same input gives the same PDF byte by byte, and DOCX and XLSX of the same content.
    plan : MarkingPlan, optional
        The map then shows the planned markings as well.
    lang : {"zh", "en"}
    date : date, optional
        Day of the inspection for the cover; left to be filled in by hand where none is given.

    Raises
    ------
    UsageError
        If the path has another ending.
    OutputError
        If the file cannot be written; what stood there before stays.
    InputError
        If no Chinese font is at hand.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _WRITERS:
        raise UsageError(f"a report ends in .pdf, .docx or .xlsx, not in {suffix or 'nothing'}")
    _WRITERS[suffix](Inspection(audit, plan, lang, date), path)
