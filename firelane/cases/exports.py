"""Cases for others: the ledger (台账), Open311 GeoReport, GeoPackage.

What a reader may not see (number plates, who reported) is masked by the case book before it gets here.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from firelane.cases.model import PartyRole
from firelane.cases.projection import keepable
from firelane.cases.rows import (
    bodies,
    case_row,
    day_of,
    days_between,
    event_row,
    facts,
    keepable_row,
    measured,
    overdue_days,
    required,
    told,
)
from firelane.cases.workflow import workflow
from firelane.files import atomic_path, starts_formula, write_text
from firelane.markings.spreadsheet import Column, Table, one_line, write_book

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from firelane.cases.book import CaseBook
    from firelane.cases.model import Case
    from firelane.vocabulary import Lang

__all__ = [
    "case_row", "event_row", "facts", "write_geopackage", "write_ledger", "write_open311",
]  # fmt: skip

_LEDGER = (
    ("案件编号", "case"), ("状态", "state"), ("来源", "source"), ("举报编号", "report no."), ("场地编号", "site id"), ("场地", "site"),
    ("区", "district"), ("管理单位", "manager"), ("违规内容", "violation"), ("条款", "article"), ("情况", "what was found"),
    ("实测", "measured"), ("要求", "required"), ("责任主体", "responsible"), ("立案日期", "opened"), ("首次通知", "first notice"),
    ("通知次数", "notices"), ("期限", "deadline"), ("期限依据", "source of the deadline"), ("逾期天数", "days overdue"),
    ("复查次数", "re-inspections"), ("复查不合格", "failed"), ("再次发现", "found again"), ("重新立案", "reopened"),
    ("结案日期", "closed"), ("通知至结案天数", "days from notice to closing"), ("建议结案", "proposed for closing"), ("重复于", "duplicate of"),
    ("证据", "evidence files"), ("经度", "longitude"), ("纬度", "latitude"), ("最后记录", "last entry"), ("最后记录哈希", "hash of the last entry"),
)  # fmt: skip
_DEGREES = "0.000000"
_EVENTS = (
    ("案件编号", "case"), ("序号", "no."), ("事项", "event"), ("发生时间", "happened"), ("记录时间", "recorded"), ("记录人", "by"),
    ("角色", "role"), ("说明", "note"), ("内容", "fields"), ("证据", "evidence (SHA-256)"),
)  # fmt: skip


def write_ledger(book: CaseBook, path: Path, lang: Lang = "zh") -> str:
    """Write the ledger as CSV or XLSX, by the ending; return the hash of the chain's head.

    The workbook has three sheets: the ledger, every event, and how to verify them. A hash kept with the printed ledger
    later proves that nothing before it was altered or cut off (``firelane case verify --head``).

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    zh = lang == "zh"
    names = [a if zh else b for a, b in _LEDGER]
    snapshot = book.snapshot()
    rows = [_ledger_row(case, snapshot.hashes.get(case.case_id, ""), book, lang) for case in snapshot.cases]
    if path.suffix.lower() == ".csv":
        write_text(path, _csv([names, *rows]), encoding="utf-8-sig")
        return snapshot.head
    wide = {"情况", "责任主体", "what was found", "responsible"}
    places = {"经度", "纬度", "longitude", "latitude"}
    ledger = Table("台账" if zh else "ledger", [Column(n, _DEGREES if n in places else "General", wrap=n in wide) for n in names], rows)
    events = Table(
        "全部记录" if zh else "events", [Column(a if zh else b, wrap=a in ("说明", "内容")) for a, b in _EVENTS],
        [_event_cells(book, case, lang, row) for case in snapshot.cases for row in snapshot.events[case.case_id]],
    )  # fmt: skip
    check = Table(
        "核验" if zh else "verification", [Column("项目" if zh else "item"), Column("内容" if zh else "value", wrap=True)],
        [
            ["记录条数" if zh else "entries", snapshot.entries],
            ["链尾哈希" if zh else "head of the chain", snapshot.head],
            ["截至" if zh else "as of", told(book.now()) or ""],
            ["核验方法" if zh else "how to verify", f"firelane case verify --head {snapshot.head}"],
        ],
    )  # fmt: skip
    title = "消防车通道案件台账" if zh else "Ledger of fire-lane cases"
    write_book([ledger, events, check], path, title=title, page="第 {n} 页 共 {of} 页" if zh else "page {n} of {of}")
    return snapshot.head


def _ledger_row(case: Case, digest: str, book: CaseBook, lang: Lang) -> list[Any]:
    zh, flow = lang == "zh", workflow()
    lon, lat = case.lonlat if case.lonlat is not None else (None, None)
    days = [day_of(m) for m in (case.opened_at, case.noticed_at, case.closed_at, case.last_at)]
    opened, noticed, closed, last = ("" if d is None else d.isoformat() for d in days)
    return [
        case.case_id, flow.states[case.state].text(lang), case.source.label(lang), case.channel_ref, case.site.site_id, case.site.name,
        case.site.district, case.site.manager, case.title(lang), case.article, case.message(lang), measured(case), required(case),
        bodies(case, PartyRole.RESPONSIBLE, lang), opened, noticed, case.notices,
        "" if case.deadline is None else case.deadline.isoformat(), case.deadline_source, overdue_days(case, book.now()),
        case.reinspections, case.failed_reinspections, case.repeats, case.reopened, closed,
        days_between(case.noticed_at, case.closed_at), ("是" if zh else "yes") if case.proposal else "", case.duplicate_of,
        len(case.evidence), lon, lat, last, digest,
    ]  # fmt: skip


def _event_cells(book: CaseBook, case: Case, lang: Lang, event: Any) -> list[Any]:
    del book, case
    row = event_row(event)
    other = "_en" if lang == "zh" else "_zh"  # texts are kept in both languages
    shown = {k: v for k, v in row["fields"].items() if not isinstance(v, dict | list) and not k.endswith(other)}
    return [
        row["case_id"], row["seq"], workflow().event_text(event.kind, lang), row["happened_at"], row["recorded_at"], row["actor"], row["role"],
        row["note"], "; ".join(f"{key} = {value}" for key, value in shown.items() if value not in (None, "")),
        "\n".join(e["sha256"] for e in row["evidence"]),
    ]  # fmt: skip


def _csv(rows: Sequence[Sequence[Any]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return out.getvalue()


def _cell(value: Any) -> Any:
    """Return a value that no spreadsheet takes for a formula and no reader for two lines."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    return f"'{one_line(value)}" if starts_formula(value) else one_line(value)


def write_open311(book: CaseBook, path: Path, lang: Lang = "zh") -> None:
    """Write all cases as the service requests of Open311 GeoReport v2 (JSON).

    Two states are all that the format has: ``open`` and ``closed``; ours stands in ``status_notes``.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    flow, found = workflow(), book.cases()
    requests = [
        {
            "service_request_id": case.case_id,
            "status": flow.states[case.state].status,
            "status_notes": flow.states[case.state].text(lang),
            "service_name": case.title(lang),
            "service_code": case.kind,
            "description": case.message(lang),
            "agency_responsible": bodies(case, PartyRole.RESPONSIBLE, lang),
            "service_notice": case.article,
            "requested_datetime": told(case.opened_at),
            "updated_datetime": told(case.last_at),
            "expected_datetime": None if case.deadline is None else f"{case.deadline.isoformat()}T23:59:59+08:00",
            "address": case.site.name or case.site.site_id,
            "address_id": case.site.site_id,
            "zipcode": None,
            "lat": None if case.lonlat is None else case.lonlat[1],
            "long": None if case.lonlat is None else case.lonlat[0],
            "media_url": None,
        }
        for case in found
    ]
    write_text(path, keepable(json.dumps(requests, ensure_ascii=False, indent=1, allow_nan=False)) + "\n")


def write_geopackage(book: CaseBook, path: Path, lang: Lang = "zh") -> None:
    """Write cases (points, WGS 84) and their events (a table without geometry) as a GeoPackage.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    import geopandas as gpd  # noqa: PLC0415  (a second to import)
    import pandas as pd  # noqa: PLC0415
    import pyogrio  # noqa: PLC0415
    from pyogrio.errors import DataSourceError, FeatureError  # noqa: PLC0415
    from shapely.geometry import Point  # noqa: PLC0415

    from firelane.errors import OutputError  # noqa: PLC0415

    flow, snapshot = workflow(), book.snapshot()
    rows = []
    for case in snapshot.cases:
        row = {k: v for k, v in case_row(case).items() if not isinstance(v, list | dict)}
        row |= {
            "state_text": flow.states[case.state].text(lang), "responsible": bodies(case, PartyRole.RESPONSIBLE, lang),
            "owners": ";".join(case.owners), "evidence": len(case.evidence), "days_overdue": overdue_days(case, book.now()),
        }  # fmt: skip
        row.pop("lonlat", None)
        row.pop("location", None)
        rows.append(keepable_row(row))
    columns = list(rows[0]) if rows else ["case_id", "state"]
    points = [None if case.lonlat is None else Point(case.lonlat) for case in snapshot.cases]
    cases = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=points, crs="EPSG:4326")
    told_events = [
        keepable_row({
            **{k: v for k, v in event_row(e).items() if not isinstance(v, list | dict)}, "text": flow.event_text(e.kind, lang),
            "fields": json.dumps(event_row(e)["fields"], ensure_ascii=False, sort_keys=True),
            "evidence": ";".join(item.sha256 for item in e.evidence),
        })
        for case in snapshot.cases for e in snapshot.events[case.case_id]
    ]  # fmt: skip
    events = pd.DataFrame(told_events, columns=list(told_events[0]) if told_events else ["case_id", "seq"])
    events = events.drop(columns=[c for c in ("lonlat",) if c in events])
    with atomic_path(path) as temporary:
        try:
            _text_columns(cases).to_file(temporary, layer="cases", driver="GPKG", engine="pyogrio", geometry_type="Point")
            pyogrio.write_dataframe(_text_columns(events), temporary, layer="events", driver="GPKG", append=True)
        except (DataSourceError, FeatureError) as error:
            said = str(error)[:120]
            raise OutputError(
                f"cannot write {path}: {said}; free some space, or choose another folder",
                f"无法写入 {path}：{said}；请清理磁盘，或改用其他文件夹",
            ) from error


def _text_columns(table: Any) -> Any:
    """Return a table whose all-empty columns are texts: GDAL would otherwise refuse or guess them."""
    table = table.copy()
    for column in table.columns:
        if column != "geometry" and table[column].isna().all():
            table[column] = table[column].astype(object).where(table[column].notna(), None).astype("string")
    return table
