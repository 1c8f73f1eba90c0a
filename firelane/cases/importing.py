"""What others bring: the map page's records (JSON) and the hotline's reports (CSV, XLSX), read and checked as a whole.

A file with an error is refused with every problem that it has; nothing of it is taken.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from firelane.cases.evidence import EvidenceGiven
from firelane.cases.limits import limits
from firelane.cases.model import Source
from firelane.errors import InputError, Problem
from firelane.files import refusal_of_kind
from firelane.store import StoreError
from firelane.store.base import canonical
from firelane.store.times import iso, parse, utc

SCHEMA = "firelane-field/1"
ANSWERS = ("confirmed", "fixed", "false_alarm", "")
"""The last: a note or a photo, and no answer yet."""
MOST_PROBLEMS = 50
UNKNOWN_SITE = "unknown"
"""Site of a report that names none: whoever locates it says which (event ``routed``)."""


@dataclass(frozen=True)
class Report:
    """Somebody tells of a violation; nobody has measured.

    Attributes
    ----------
    received_at : datetime
        Aware.
    text : str
        As it was told.
    source : Source
        Hotline 96119 (Article 22), patrol, or another way.
    channel_ref : str
        Its number there; the same number is taken once.
    lonlat : (float, float) or None
        WGS 84 [degrees].
    address : str
    reporter : str
        Name and telephone; shown to inspectors and administrators alone.
    kind : str
        Key of ``routing.toml``, "" where nobody can tell.
    site_id : str
        "" where not known.
    """

    received_at: datetime
    text: str
    source: Source = Source.HOTLINE
    channel_ref: str = ""
    lonlat: tuple[float, float] | None = None
    address: str = ""
    reporter: str = ""
    kind: str = ""
    site_id: str = ""

    def key(self) -> str:
        """Return by what a report is known again when the same list comes twice."""
        if self.channel_ref:
            return canonical(["ref", self.source.value, self.channel_ref])
        place = None if self.lonlat is None else list(self.lonlat)
        told = [iso(self.received_at), self.address, self.text, place, self.site_id, self.kind, self.reporter]
        return hashlib.sha256(canonical(["row", *told]).encode("ascii")).hexdigest()


@dataclass(frozen=True)
class FieldRecord:
    """One answer that was given on the map, with its photos already proven."""

    record_id: str
    digest: str
    finding_id: str
    rule_id: str
    owners: tuple[str, ...]
    case_id: str
    lonlat: tuple[float, float] | None
    answer: str
    note: str
    answered_at: datetime
    position: tuple[float, float] | None
    accuracy_m: float | None
    recorder: str = ""
    photos: tuple[EvidenceGiven, ...] = ()


@dataclass(frozen=True)
class FieldFile:
    """An export of the map page."""

    audit_id: str
    site_id: str
    recorder: str
    records: tuple[FieldRecord, ...]


@dataclass(frozen=True)
class ImportOutcome:
    """What came of an import.

    Attributes
    ----------
    opened : tuple of str
        Cases that were opened.
    recorded : tuple of str
        Cases in which something was recorded, one for each record or report that was taken.
    known : int
        Records or reports that had been taken before.
    duplicates : tuple of (str, str)
        A case that may be a duplicate of another: somebody decides.
    problems : tuple of Problem
        Records that could not be given a case, and what else is to be looked at.
    """

    opened: tuple[str, ...] = ()
    recorded: tuple[str, ...] = ()
    known: int = 0
    duplicates: tuple[tuple[str, str], ...] = ()
    problems: tuple[Problem, ...] = field(default_factory=tuple)


def read_limited(path: Path, most: int) -> bytes:
    """Return a file's content.

    Raises
    ------
    InputError
        If it cannot be read or is larger than ``most`` [bytes].
    """
    kind = refusal_of_kind(path)
    if kind is not None:
        raise InputError([Problem(kind[1], layer=path.name, message_zh=kind[0])])
    try:
        with path.open("rb") as stream:
            content = stream.read(most + 1)
    except OSError as error:
        said = error.strerror or str(error)
        raise InputError([Problem(f"cannot be read: {said}", layer=path.name, message_zh=f"无法读取：{said}")]) from error
    if len(content) > most:
        raise InputError([Problem(f"is larger than {most >> 20} MB", layer=path.name, message_zh=f"超过 {most >> 20} MB")])
    return content


def read_records(path: Path) -> FieldFile:
    """Read and check an export of the map page.

    Raises
    ------
    InputError
        Every problem of the file.
    """
    path = Path(path)
    content = read_limited(path, int(limits("records")["most_bytes"]))
    try:
        told = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, brackets in brackets
        raise InputError([Problem(
            "is no JSON file", "give the file that the map page exported", path.name, message_zh="不是 JSON 文件",
            remedy_zh="请给出地图页面导出的文件",
        )]) from error  # fmt: skip
    return _Records(path.name).file(told)


class _Records:
    """Checks an export and notes every problem."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self.limits = limits("records")

    def wrong(self, where: str, en: str, zh: str) -> None:
        self.problems.append(Problem(en, layer=self.name, column=where, message_zh=zh))

    def file(self, told: Any) -> FieldFile:
        schema = told.get("schema") if isinstance(told, Mapping) else None
        if schema != SCHEMA:
            raise InputError([Problem(
                f"the schema {SCHEMA!r} is expected, {str(schema)[:40]!r} was found", "give the file that the map page exported",
                self.name, message_zh=f"应为 {SCHEMA!r}，实为 {str(schema)[:40]!r}", remedy_zh="请给出地图页面导出的文件",
            )])  # fmt: skip
        site = told.get("site")
        site_id = site.get("id") if isinstance(site, Mapping) else None
        if not isinstance(site_id, str):
            self.wrong("site.id", "a text is expected", "应为文本")
        rows = told.get("records")
        most = int(self.limits["most_records"])
        if not isinstance(rows, list) or len(rows) > most:
            self.wrong("records", f"a list of at most {most} is expected", f"应为至多 {most} 项的列表")
            rows = []
        audit_id = self.text(told, "audit_id", "audit_id", empty=True)
        recorder = self.text(told, "recorder", "recorder", empty=True)
        records = [self.record(row, f"records[{n}]") for n, row in enumerate(rows) if len(self.problems) < MOST_PROBLEMS]
        ids = [r.record_id for r in records if r is not None]
        for twice in sorted({i for i in ids if ids.count(i) > 1})[:5] if len(set(ids)) < len(ids) else ():
            self.wrong("record_id", f"{twice[:40]!r} stands twice", f"{twice[:40]!r} 重复")
        # Each record is judged by all that is known of its case: many on one case cost the square of their number.
        often = int(self.limits["most_of_one_finding"])
        counted = Counter((r.case_id, r.finding_id) for r in records if r is not None)
        for (_, finding_id), number in counted.most_common(1):
            if number > often:
                self.wrong(
                    "records", f"{number} records of one finding ({finding_id[:40]!r}); at most {often} are taken at once",
                    f"同一检查结果“{finding_id[:40]}”有 {number} 条记录，一次至多 {often} 条",
                )  # fmt: skip
        if self.problems:
            raise InputError(self.problems[:MOST_PROBLEMS])
        kept = sorted((r for r in records if r is not None), key=lambda r: r.answered_at)
        return FieldFile(audit_id, str(site_id), recorder, tuple(kept))

    def record(self, row: Any, where: str) -> FieldRecord | None:
        before = len(self.problems)
        if not isinstance(row, Mapping):
            self.wrong(where, "an object is expected", "应为对象")
            return None
        record_id = self.text(row, "record_id", where)
        finding_id = self.text(row, "finding_id", where)
        rule_id = self.text(row, "rule_id", where, empty=True)
        note = self.text(row, "note", where, empty=True)
        case_id = self.text(row, "case_id", where, empty=True)
        answer = row.get("answer")
        if answer not in ANSWERS:
            self.wrong(f"{where}.answer", f"one of {', '.join(ANSWERS[:3])} is expected", f"应为 {'、'.join(ANSWERS[:3])} 之一")
        owners = row.get("owners", [])
        if not isinstance(owners, list) or not all(isinstance(o, str) for o in owners):
            self.wrong(f"{where}.owners", "a list of texts is expected", "应为文本列表")
            owners = []
        lonlat = self.place(row.get("lonlat"), f"{where}.lonlat")
        answered_at = self.moment(row.get("answered_at"), f"{where}.answered_at")
        position, accuracy = self.position(row.get("position"), f"{where}.position")
        photos = row.get("photos", [])
        most = int(self.limits["most_photos"])
        if not isinstance(photos, list) or len(photos) > most:
            self.wrong(f"{where}.photos", f"a list of at most {most} is expected", f"应为至多 {most} 项的列表")
            photos = []
        given = [self.photo(p, f"{where}.photos[{n}]", position) for n, p in enumerate(photos)]
        if len(self.problems) > before or answered_at is None:
            return None
        digest = hashlib.sha256(json.dumps(row, sort_keys=True, ensure_ascii=True).encode("ascii")).hexdigest()
        return FieldRecord(
            record_id, digest, finding_id, rule_id, tuple(owners), case_id, lonlat, str(answer), note, answered_at, position,
            accuracy, self.text(row, "recorder", where, empty=True), tuple(p for p in given if p is not None),
        )  # fmt: skip

    def photo(self, row: Any, where: str, position: tuple[float, float] | None) -> EvidenceGiven | None:
        if not isinstance(row, Mapping) or not isinstance(row.get("data"), str):
            self.wrong(where, "an object with data is expected", "应为含 data 的对象")
            return None
        most = int(self.limits["most_photo_bytes"])
        data = row["data"]
        if len(data) > most * 4 // 3 + 4:
            self.wrong(where, f"the photo is larger than {most >> 20} MB", f"照片超过 {most >> 20} MB")
            return None
        try:
            content = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            self.wrong(f"{where}.data", "is no base64", "不是 base64 编码")
            return None
        if not content or hashlib.sha256(content).hexdigest() != row.get("sha256"):
            self.wrong(f"{where}.sha256", "the photo does not match its hash: the file is damaged", "照片与校验值不符：文件已损坏")
            return None
        taken = row.get("taken_at")
        taken_at = None if taken in (None, "") else self.moment(taken, f"{where}.taken_at")
        name = row.get("name")
        return EvidenceGiven(content=content, name=name if isinstance(name, str) else "", taken_at=taken_at, lonlat=position)

    def text(self, row: Mapping[str, Any], key: str, where: str, *, empty: bool = False) -> str:
        value = row.get(key)
        if value is None and empty:
            return ""
        most = int(self.limits["most_characters"])
        if not isinstance(value, str) or len(value) > most or not (value or empty):
            at = where if where == key else f"{where}.{key}"
            self.wrong(at, f"a text of at most {most} characters is expected", f"应为至多 {most} 字的文本")
            return ""
        return value

    def moment(self, value: Any, where: str) -> datetime | None:
        with suppress(StoreError, OverflowError):
            if isinstance(value, str):
                return utc(parse(value))
        self.wrong(where, "a time is expected: 2026-11-26T10:00:00+08:00", "应为时间，如 2026-11-26T10:00:00+08:00")
        return None

    def place(self, value: Any, where: str) -> tuple[float, float] | None:
        if value is None:
            return None
        if isinstance(value, list) and len(value) == 2 and is_place(*value):
            return float(value[0]), float(value[1])
        self.wrong(where, "[longitude, latitude] or null is expected", "应为 [经度, 纬度] 或 null")
        return None

    def position(self, value: Any, where: str) -> tuple[tuple[float, float] | None, float | None]:
        if value is None:
            return None, None
        if not isinstance(value, Mapping) or not is_place(value.get("lon"), value.get("lat")):
            self.wrong(where, "lon and lat, or null, are expected", "应为 lon、lat 或 null")
            return None, None
        accuracy = value.get("accuracy_m")
        return (float(value["lon"]), float(value["lat"])), float(accuracy) if accuracy is not None and is_number(accuracy) else None


def is_number(value: Any) -> bool:
    """Tell whether a value is a finite number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    with suppress(OverflowError):  # JSON allows an integer of any length
        return math.isfinite(float(value))
    return False


def is_place(lon: Any, lat: Any) -> bool:
    """Tell whether two values are a longitude and a latitude in degrees."""
    return is_number(lon) and is_number(lat) and abs(lon) <= 180 and abs(lat) <= 90
