"""Lists of reports from the hotline (96119, Article 22): CSV in UTF-8 or GB18030, or XLSX, headings in either language."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.parsers import expat

import openpyxl

from firelane.cases.importing import MOST_PROBLEMS, Report, is_place, read_limited
from firelane.cases.limits import limits
from firelane.cases.model import Source
from firelane.cases.routing import kinds
from firelane.crs import to_wgs84
from firelane.errors import InputError, Problem
from firelane.files import delimited_rows
from firelane.store import StoreError
from firelane.store.times import BEIJING, parse, utc

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "channel_ref": ("举报编号", "工单编号", "工单号", "受理编号", "编号", "report no", "report id", "reference", "ref", "channel_ref"),
    "received_at": ("举报时间", "受理时间", "接报时间", "来电时间", "时间", "received", "received at", "time", "received_at"),
    "text": ("举报内容", "内容", "情况", "诉求内容", "描述", "text", "description", "content"),
    "address": ("地址", "地点", "举报地址", "事发地点", "address", "location", "place"),
    "lon": ("经度", "longitude", "lon", "lng"),
    "lat": ("纬度", "latitude", "lat"),
    "datum": ("坐标系", "坐标基准", "datum"),
    "reporter": ("举报人", "姓名", "举报人姓名", "来电人", "reporter", "name"),
    "phone": ("电话", "联系电话", "手机", "举报人电话", "来电号码", "phone", "telephone", "tel"),
    "kind": ("违规类别", "类别", "类型", "kind", "category", "service_code"),
    "site_id": ("场地编号", "小区编号", "单位编号", "site", "site id", "site_id"),
}  # fmt: skip
"""Field → headings that are taken for it; case, spaces and signs do not count."""

_MOST_UNPACKED = 512 << 20
_MOST_COLUMNS = 16_384  # of a worksheet (ECMA-376 as Excel keeps it)
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?\s*(?:[T ]?\s*(\d{1,2}):(\d{2})(?::(\d{2}))?)?")


def read_reports(path: Path, problems: list[Problem]) -> tuple[Report, ...]:
    """Read a list of reports.

    Parameters
    ----------
    path : Path
        ``.csv`` or ``.xlsx``, by content.
    problems : list of Problem
        Where is told what does not keep a row from being taken: a kind that is not known.

    Raises
    ------
    InputError
        Every problem of the file: then nothing is taken.
    """
    path = Path(path)
    content = read_limited(path, int(limits("reports")["most_bytes"]))
    rows = _sheet(content, path.name) if content.startswith(b"PK\x03\x04") else delimited_rows(content, path.name)
    most = int(limits("reports")["most_rows"])
    if len(rows) - 1 > most:
        raise InputError([Problem(f"holds more than {most} reports", layer=path.name, message_zh=f"超过 {most} 条举报")])
    return _Reader(path.name, problems).reports(rows)


def _sheet(content: bytes, name: str) -> list[list[Any]]:
    most = int(limits("reports")["most_rows"]) + 2
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            members = package.infolist()
            too_much = sum(i.file_size for i in members) > _MOST_UNPACKED
            sheets = [i for i in members if i.filename.startswith("xl/worksheets/") and i.filename.endswith(".xml")]
            too_much = too_much or any(_is_too_much(package, sheet) for sheet in sheets)
        if too_much:
            return _too_much(name)
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # the size that the file claims is not believed
            return [list(row) for row in sheet.iter_rows(max_row=most, max_col=200, values_only=True)]
        finally:
            book.close()
    except InputError:
        raise
    except Exception as error:  # a package that is none raises anything
        raise InputError([Problem("is no XLSX workbook", layer=name, message_zh="不是 XLSX 工作簿")]) from error


def _is_too_much(package: zipfile.ZipFile, sheet: zipfile.ZipInfo) -> bool:
    """Tell whether a sheet has more cells, or more in one row, than a list of reports can have.

    Asked before openpyxl reads it, which keeps a whole row: some MB of a package may hold a row of millions of cells.
    """
    cells, in_row, most = 0, 0, int(limits("reports")["most_cells"])

    def begins(tag: str, _: dict[str, str]) -> None:
        nonlocal cells, in_row
        local = tag.rpartition(":")[2]
        cells, in_row = cells + (local in {"c", "row"}), 0 if local == "row" else in_row + (local == "c")
        if cells > most or in_row > _MOST_COLUMNS:
            raise _EnoughError

    reader = expat.ParserCreate()
    reader.StartElementHandler = begins
    try:
        with package.open(sheet) as stream:
            while chunk := stream.read(1 << 16):
                reader.Parse(chunk)
    except _EnoughError:
        return True
    return False


class _EnoughError(Exception):
    """The sheet is too large."""


def _too_much(name: str) -> list[list[Any]]:
    raise InputError([Problem("unpacks to too much", layer=name, message_zh="解压后过大")])


class _Reader:
    def __init__(self, name: str, notes: list[Problem]) -> None:
        self.name, self.notes = name, notes
        self.problems: list[Problem] = []

    def wrong(self, row: int, column: str, en: str, zh: str) -> None:
        self.problems.append(Problem(en, layer=self.name, row=str(row), column=HEADINGS[column][0], message_zh=zh))

    def reports(self, rows: list[list[Any]]) -> tuple[Report, ...]:
        columns = self._columns(rows[0] if rows else [])
        found = []
        for n, cells in enumerate(rows[1:], 2):
            told = {key: cells[k] if k < len(cells) else None for key, k in columns.items()}
            if any(_text(v) for v in told.values()) and len(self.problems) < MOST_PROBLEMS:
                found.append(self._report(told, n))
        if self.problems:
            raise InputError(self.problems)
        return tuple(r for r in found if r is not None)

    def _columns(self, heads: list[Any]) -> dict[str, int]:
        known = {_folded(alias): key for key, aliases in HEADINGS.items() for alias in aliases}
        found: dict[str, int] = {}
        for k, head in enumerate(heads):
            key = known.get(_folded(_text(head)))
            if key is not None:
                found.setdefault(key, k)
        lacking = [key for key in ("received_at", "text") if key not in found]
        if lacking:
            zh, en = "、".join(HEADINGS[k][0] for k in lacking), ", ".join(k.replace("_at", "") for k in lacking)
            told = "、".join(_text(h)[:20] for h in heads[:12])
            raise InputError([Problem(
                f"has no column for {en} (found: {told})", "the first row holds the headings: 举报编号, 举报时间, 举报内容, 地址, 经度, 纬度 …",
                self.name, message_zh=f"缺少列：{zh}（已有：{told}）", remedy_zh="首行应为表头：举报编号、举报时间、举报内容、地址、经度、纬度……",
            )])  # fmt: skip
        return found

    def _report(self, told: Mapping[str, Any], n: int) -> Report | None:
        before = len(self.problems)
        received = self._moment(told.get("received_at"), n)
        lonlat = self._place(told, n)
        text, address = _text(told.get("text")), _text(told.get("address"))
        if not text and not address:
            self.wrong(n, "text", "a text or an address is expected", "应填写内容或地址")
        most = int(limits("records")["most_characters"])
        for key in told:
            if len(_text(told[key])) > most:
                self.wrong(n, key, f"is longer than {most} characters", f"超过 {most} 字")
        if len(self.problems) > before or received is None:
            return None
        reporter = " ".join(t for t in (_text(told.get("reporter")), _text(told.get("phone"))) if t)
        return Report(
            received_at=received, text=text, source=Source.HOTLINE, channel_ref=_text(told.get("channel_ref")), lonlat=lonlat,
            address=address, reporter=reporter, kind=self._kind(_text(told.get("kind")), n), site_id=_text(told.get("site_id")),
        )  # fmt: skip

    def _kind(self, text: str, n: int) -> str:
        for key, kind in kinds().items():
            if text and _folded(text) in {_folded(key), _folded(kind.zh), _folded(kind.en)}:
                return key
        if text:
            self.notes.append(Problem(
                f"the kind {text[:40]!r} is not known; it stays open", "", self.name, str(n), HEADINGS["kind"][0],
                f"违规类别“{text[:40]}”未知，暂不填写",
            ))  # fmt: skip
        return ""

    def _moment(self, value: Any, n: int) -> datetime | None:
        if isinstance(value, datetime):
            return value.replace(tzinfo=BEIJING) if value.tzinfo is None else value
        text = _text(value)
        told = _DATE.fullmatch(text)
        try:
            if told is not None:
                year, month, day, hour, minute, second = (int(part or 0) for part in told.groups())
                moment = datetime(year, month, day, hour, minute, second, tzinfo=BEIJING)
            else:
                moment = parse(text)
            utc(moment)  # a time that lies before the first of all days is none
        except (ValueError, StoreError, OverflowError):
            self.wrong(n, "received_at", "a time is expected: 2026-11-26 10:00", "应为时间，如 2026-11-26 10:00")
            return None
        return moment

    def _place(self, told: Mapping[str, Any], n: int) -> tuple[float, float] | None:
        texts = [_text(told.get(key)) for key in ("lon", "lat")]
        if not any(texts):
            return None
        try:
            lon, lat = (float(t) for t in texts)
        except ValueError:
            lon = lat = float("nan")
        datum = _folded(_text(told.get("datum"))).replace("cgcs2000", "wgs84") or "wgs84"
        if not is_place(lon, lat):
            self.wrong(n, "lon", "longitude and latitude in degrees are expected, both or none", "应为以度为单位的经度和纬度，或均为空")
            return None
        if datum not in ("wgs84", "gcj02", "bd09"):
            self.wrong(n, "datum", "wgs84, gcj02 or bd09 is expected", "应为 wgs84、gcj02 或 bd09")
            return None
        if datum != "wgs84":
            lon, lat = (round(float(v), 9) for v in to_wgs84((lon, lat), datum))
        return lon, lat


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _folded(text: str) -> str:
    return re.sub(r"[\s_:：.\-()（）]+", "", text).casefold()
