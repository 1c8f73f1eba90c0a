"""Cases and their figures on a map: one page that opens without a network.

A page is handed around: who reported a case is never in it, whoever makes it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pandas as pd

from firelane.cases.model import PartyRole
from firelane.cases.routing import kinds
from firelane.cases.rows import bodies, day_of, keepable_row, measured, overdue_days, required, told
from firelane.cases.statistics import UNKNOWN, summary_lines
from firelane.cases.workflow import workflow
from firelane.webmap.crowd import AreaClass, Areas, Facet, Number, Status, findings_map

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    import geopandas as gpd

    from firelane.cases.book import CaseBook
    from firelane.cases.model import Case
    from firelane.cases.statistics import Group, Statistics
    from firelane.vocabulary import Lang

_STATUSES = (
    ("overdue", "逾期未结", "overdue", "#b2182b", "!"), ("open", "未结", "open", "#b35806", "●"),
    ("fixed", "复查合格，待结案", "passed, to be closed", "#2166ac", "✓"), ("closed", "已结案", "closed", "#4d7358", "■"),
    ("none", "撤销或重复", "void or duplicate", "#7a828a", "–"),
)  # fmt: skip
_CASE_FACETS = (
    ("state", "状态", "state", True), ("kind", "违规类别", "kind of violation", True), ("district", "区", "district", True),
    ("site", "场地", "site", True), ("manager", "管理单位", "manager", True), ("responsible", "责任主体", "responsible", True),
    ("article", "条款", "article", True), ("source", "来源", "source", True),
    ("measured", "实测", "measured", False), ("required", "要求", "required", False),
    ("opened", "立案日期", "opened", False), ("noticed", "首次通知", "first notice", False), ("deadline", "期限", "deadline", False),
    ("closed", "结案日期", "closed", False), ("proposal", "建议", "proposal", False),
)  # fmt: skip
_CASE_NUMBERS = (
    ("days", "逾期天数", "days overdue"), ("notices", "通知次数", "notices"), ("failed", "复查不合格次数", "failed re-inspections"),
    ("again", "再次发现或重新立案次数", "times found again or reopened"),
)  # fmt: skip
_LEVELS = {
    "district": ("按区", "by district"),
    "manager": ("按管理单位", "by manager"),
    "site": ("按场地", "by site"),
}
_GROUP_STATUSES = (
    ("overdue", "有逾期案件", "with overdue cases", "#b2182b", "!"), ("open", "有未结案件，无逾期", "with open cases, none overdue", "#b35806", "●"),
    ("done", "全部办结", "nothing open", "#2166ac", "✓"),
)  # fmt: skip
_GROUP_NUMBERS = (
    ("cases", "案件", "cases", 0), ("open", "未结", "open", 0), ("overdue", "逾期", "overdue", 0), ("closed", "已结", "closed", 0),
    ("void", "撤销或重复", "void or duplicate", 0), ("median_days", "通知至结案天数中位数", "median days, notice to closing", 1),
    ("reinspections", "复查次数", "re-inspections", 0), ("rate", "复查合格率", "re-inspections passed", 0),
    ("again", "再次发现或重新立案次数", "times found again or reopened", 0),
)  # fmt: skip
_SHADES = ("#fff7ec", "#fdd49e", "#fdbb84", "#fc8d59", "#d7301f")


def write_case_map(book: CaseBook, path: Path, lang: Lang = "zh") -> None:
    """Write a map of all cases, with filters by state, kind, site, manager and more.

    Parameters
    ----------
    book : CaseBook
        What its user may not see is masked.
    path : Path
    lang : {"zh", "en"}

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    zh, now, snapshot = lang == "zh", book.now(), book.snapshot()
    rows = [_case_row(case, now, lang) for case in snapshot.cases]
    columns = [
        "lon",
        "lat",
        "status",
        "ident",
        "title",
        "text",
        *(f[0] for f in _CASE_FACETS),
        *(n[0] for n in _CASE_NUMBERS),
    ]
    moment = _minute(now)
    note = [
        f"截至 {moment}；案件 {len(snapshot.cases)} 件，记录 {snapshot.entries} 条，链尾哈希 {snapshot.head}。" if zh else
        f"As of {moment}; {len(snapshot.cases)} cases, {snapshot.entries} entries, head of the chain {snapshot.head}.",
        "逾期天数自期限次日起算；状态不再计时的案件不计。举报人不在图中。" if zh else
        "Days overdue run from the day after the deadline, while the state is one in which it runs. Reporters are not on this page.",
    ]  # fmt: skip
    findings_map(
        pd.DataFrame([keepable_row(r) for r in rows], columns=columns), path, lang=lang, title="消防车通道案件" if zh else "Fire-lane cases",
        statuses=[Status(key, a if zh else b, colour, rank, sign) for rank, (key, a, b, colour, sign) in enumerate(_STATUSES)],
        facets=[Facet(column, a if zh else b, choose) for column, a, b, choose in _CASE_FACETS],
        numbers=[Number(column, a if zh else b) for column, a, b in _CASE_NUMBERS],
        head=[f"截至 {moment}" if zh else f"as of {moment}"], note="\n".join(note),
    )  # fmt: skip


def _minute(moment: datetime) -> str:
    return (told(moment) or "")[:16].replace("T", " ")


def _case_row(case: Case, now: datetime, lang: Lang) -> dict[str, Any]:
    lon, lat = case.lonlat if case.lonlat is not None else (None, None)
    kind = kinds().get(case.kind)
    days = overdue_days(case, now)
    dates = {
        name: day_of(moment)
        for name, moment in (
            ("opened", case.opened_at),
            ("noticed", case.noticed_at),
            ("closed", case.closed_at),
        )
    }
    proposal = (
        ""
        if not case.proposal
        else "结案（待人工确认）"
        if lang == "zh"
        else "close (somebody has to decide)"
    )
    return {
        "lon": lon, "lat": lat, "status": _status(case, days), "ident": case.case_id,
        "title": " · ".join(t for t in (case.case_id, case.title(lang)) if t), "text": case.message(lang),
        "state": workflow().states[case.state].text(lang), "kind": case.kind if kind is None else kind.text(lang),
        "district": case.site.district, "site": case.site.name or case.site.site_id, "manager": case.site.manager,
        "responsible": bodies(case, PartyRole.RESPONSIBLE, lang), "article": case.article,
        "source": case.source.label(lang), "measured": measured(case), "required": required(case),
        "deadline": "" if case.deadline is None else " ".join(t for t in (case.deadline.isoformat(), case.deadline_source) if t),
        "proposal": proposal, "days": days or None, "notices": case.notices or None, "failed": case.failed_reinspections or None,
        "again": case.repeats + case.reopened or None,
        **{name: "" if day is None else day.isoformat() for name, day in dates.items()},
    }  # fmt: skip


def _status(case: Case, days: int) -> str:
    if case.duplicate_of or case.state in ("void", "duplicate") or case.close_reason in ("void", "duplicate"):
        return "none"
    if days:
        return "overdue"
    group = workflow().states[case.state].group
    return group if group in ("fixed", "closed") else "open"


def write_statistics_map(
    figures: Statistics, path: Path, lang: Lang = "zh", *, districts: gpd.GeoDataFrame | None = None
) -> None:
    """Write a map of the figures: one point for each district, manager and site, at the mean place of its cases.

    Parameters
    ----------
    figures : Statistics
    path : Path
    lang : {"zh", "en"}
    districts : GeoDataFrame, optional
        Polygons with a column ``name`` (as in the cases): coloured by their open cases.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    zh = lang == "zh"
    n = 0 if zh else 1
    levels = {"district": figures.by_district, "manager": figures.by_manager, "site": figures.by_site}
    rows = [_group_row(group, level, lang) for level, groups in levels.items() for group in groups]
    columns = [
        "lon",
        "lat",
        "status",
        "ident",
        "title",
        "text",
        "mark",
        "level",
        *(c[0] for c in _GROUP_NUMBERS),
    ]
    note = [
        *summary_lines(figures, lang),
        "圆圈位于该组案件的平均位置，数字为案件数；没有位置的案件计入数字，不影响位置。天数自首次通知之日起至结案之日止。" if zh else
        "A circle stands at the mean place of the group's cases and tells their number; cases without a place count, and do not move it. "
        "Days run from the first notice to closing.",
    ]  # fmt: skip
    period = (
        ""
        if figures.since is None and figures.until is None
        else f"{figures.since or ''} – {figures.until or ''}"
    )
    when = [f"立案 {period}" if zh else f"opened {period}"] if period else []
    findings_map(
        pd.DataFrame([keepable_row(r) for r in rows], columns=columns), path, lang=lang, title="消防车通道案件统计" if zh else "Figures of fire-lane cases",
        statuses=[Status(key, (a, b)[n], colour, rank, sign) for rank, (key, a, b, colour, sign) in enumerate(_GROUP_STATUSES)],
        facets=[Facet("level", "分组" if zh else "grouped")],
        numbers=[Number(c, (a, b)[n], _unit(c, lang), decimals) for c, a, b, decimals in _GROUP_NUMBERS],
        head=[f"截至 {_minute(figures.at)}" if zh else f"as of {_minute(figures.at)}", *when], note="\n".join(note), clustered=False,
        preset={"level": _LEVELS["district"][n]}, areas=None if districts is None else _areas(figures, districts, lang),
    )  # fmt: skip


def _unit(column: str, lang: Lang) -> str:
    if column == "rate":
        return "%"
    return ("天" if lang == "zh" else "days") if column == "median_days" else ""


def _group_row(group: Group, level: str, lang: Lang) -> dict[str, Any]:
    zh = lang == "zh"
    lon, lat = group.lonlat if group.lonlat is not None else (None, None)
    text = (
        f"未结 {group.open}，逾期 {group.overdue}，已结 {group.closed}"
        if zh
        else f"{group.open} open, {group.overdue} overdue, {group.closed} closed"
    )
    return {
        "lon": lon, "lat": lat, "status": "overdue" if group.overdue else "open" if group.open else "done",
        "ident": f"{level}:{group.name}", "title": group.name or UNKNOWN[lang], "text": text,
        "mark": str(group.cases), "level": _LEVELS[level][0 if zh else 1], "cases": group.cases, "open": group.open,
        "overdue": group.overdue, "closed": group.closed, "void": group.void, "median_days": group.median_days,
        "reinspections": group.reinspections, "rate": None if group.pass_rate is None else 100 * group.pass_rate,
        "again": group.repeats + group.reopened,
    }  # fmt: skip


def _areas(figures: Statistics, districts: gpd.GeoDataFrame, lang: Lang) -> Areas:
    """Return the districts with their open cases; one that no case names has none."""
    found = Counter({group.name: group.open for group in figures.by_district if group.name})
    table = districts[["name", "geometry"]].assign(value=[found[name] for name in districts["name"]])
    return Areas(
        table,
        "未结案件" if lang == "zh" else "open cases",
        _classes(list(table["value"])),
        "件" if lang == "zh" else "",
    )


def _classes(values: Sequence[int]) -> list[AreaClass]:
    """Return whole-numbered classes of about equal width from 0 to the greatest value."""
    most = max(values, default=0)
    step = max(1, -(-(most + 1) // len(_SHADES)))
    lows = range(0, most + 1, step)
    return [
        AreaClass(low, str(low) if step == 1 else f"{low}–{low + step - 1}", shade)
        for low, shade in zip(lows, _SHADES, strict=False)
    ]
