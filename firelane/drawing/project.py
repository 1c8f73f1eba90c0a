"""What the title block says of project and people: the table ``[drawing]`` of ``site.toml``.

Nothing here is made up: what the table does not say stays an empty cell, to be filled in by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from firelane.drawing.text import safe_text
from firelane.errors import InputError, Problem
from firelane.site.journal import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from firelane.site.model import Site

LONGEST = 200  # of a text [characters]: what is longer is no name but a mistake
MOST_PARTIES = 6  # rows that the zone of countersignatures has room for
TEXTS = ("office", "project_no", "project", "phase", "pm", "designer", "checker", "approver")
KEYS = (*TEXTS, "date", "countersign", "revisions")
REVISION_KEYS = ("no", "date", "text", "by")


@dataclass(frozen=True)
class Revision:
    """One line of the revision table (修改记录)."""

    number: str
    date: str
    text: str
    by: str


@dataclass(frozen=True)
class Project:
    """What ``[drawing]`` says; empty texts leave the cell to be filled in by hand.

    Attributes
    ----------
    site, manager : str
        Name of the site, and who manages it.
    date : str
        Date of issue, ``2026-03-01``.
    office : str
        Design office (设计单位).
    project_no, project, phase : str
        Number and name of the project (工程编号、工程名称) and design phase (设计阶段).
    pm, designer, checker, approver : str
        Project manager (项目经理), 设计, 校核, 审定.
    countersign : tuple of str
        Parties that countersign (会签), in order.
    revisions : tuple of Revision
        Oldest first.
    """

    site: str
    manager: str
    date: str
    office: str = ""
    project_no: str = ""
    revisions: tuple[Revision, ...] = ()
    project: str = ""
    phase: str = ""
    pm: str = ""
    designer: str = ""
    checker: str = ""
    approver: str = ""
    countersign: tuple[str, ...] = ()


def read_project(site: Site, drawn_on: date | None) -> Project:
    """Return what the title block says of a site.

    Parameters
    ----------
    site : Site
    drawn_on : date or None
        Date of issue; goes before the table's own.

    Raises
    ------
    InputError
        Listing every unknown key and every value of the wrong kind in ``[drawing]``.

    Examples
    --------
    ::

        [drawing]
        office = "某某建筑设计院"
        project = "阳光花园消防车通道标线"
        phase = "施工图"
        countersign = ["总图", "物业"]
        revisions = [{ no = "A", date = 2026-03-01, text = "首次发布", by = "张三" }]
    """
    reader = _Reader()
    told = site.config.drawing
    reader.known(told, KEYS, "")
    texts = {key: reader.text(told.get(key), key) for key in TEXTS}
    day = reader.day(told.get("date"), "date")
    countersign = reader.texts(told.get("countersign", []), "countersign")
    revisions = reader.revisions(told.get("revisions", []))
    if reader.problems:
        raise InputError(reader.problems)
    return Project(
        site.name or site.id,
        site.config.manager or "",
        drawn_on.isoformat() if drawn_on else day,
        countersign=countersign,
        revisions=revisions,
        **texts,
    )


class _Reader:
    """Reads values and collects what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, key: str, expected: tuple[str, str], remedy: tuple[str, str] = ("mend the value", "请改正该值")) -> None:
        """Note a problem in (English, Chinese)."""
        column = f"drawing.{safe_text(key, 60)}"
        self.problems.append(
            Problem(expected[0], remedy[0], "site.toml", column=column, message_zh=expected[1], remedy_zh=remedy[1])
        )

    def known(self, told: Mapping[str, Any], keys: Collection[str], of: str) -> None:
        """Note the keys that are none."""
        for key in told:
            if key not in keys:
                self.wrong(f"{of}{key}", ("this key is not known", "未知的键"), did_you_mean(str(key), keys))

    def text(self, value: object, key: str) -> str:
        """Return a text or a number as text; dates have their own reader."""
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.wrong(key, ("a text is expected", "应为文字"))
            return ""
        if len(str(value)) > LONGEST:
            self.wrong(key, (f"at most {LONGEST} characters are expected", f"应不超过 {LONGEST} 个字符"))
            return ""
        return safe_text(value, LONGEST)

    def day(self, value: object, key: str) -> str:
        """Return a date as ``2026-03-01``."""
        if value is None:
            return ""
        if isinstance(value, datetime):
            return value.date().isoformat()
        if isinstance(value, date):
            return value.isoformat()
        try:
            return date.fromisoformat(value if isinstance(value, str) else "").isoformat()
        except ValueError:
            self.wrong(key, ("a date like 2026-03-01 is expected", "应为形如 2026-03-01 的日期"))
            return ""

    def texts(self, value: object, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        if not isinstance(value, list):
            self.wrong(key, ("a list of texts is expected", "应为文字列表"))
            return ()
        if len(value) > MOST_PARTIES:
            self.wrong(key, (f"at most {MOST_PARTIES} are expected", f"应不超过 {MOST_PARTIES} 项"))
        return tuple(self.text(item, f"{key}[{n}]") for n, item in enumerate(value, 1))

    def revisions(self, value: object) -> tuple[Revision, ...]:
        """Return the list of revisions; each needs at least its text."""
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            example = '[{ no = "A", date = 2026-03-01, text = "…", by = "…" }]'
            self.wrong("revisions", ("a list of tables is expected", "应为表的列表"), (f"write {example}", f"请写作 {example}"))
            return ()
        found = []
        for n, row in enumerate(value, 1):
            of = f"revisions[{n}]."
            self.known(row, REVISION_KEYS, of)
            text = self.text(row.get("text"), f"{of}text")
            if "text" not in row:
                self.wrong(f"{of}text", ("what was changed is missing", "缺少修改内容"), ("say what was changed", "请写明修改内容"))
            number, by = (self.text(row.get(key), f"{of}{key}") for key in ("no", "by"))
            found.append(Revision(number, self.day(row.get("date"), f"{of}date"), text, by))
        return tuple(found)
