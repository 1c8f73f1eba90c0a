"""An audit as the cases need it: read from ``audit.json``, validated, with what each finding says of a case."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from firelane.cases.limits import limits
from firelane.cases.model import SitePlace, Source
from firelane.cases.plain import party_json, place_json
from firelane.cases.routing import RoutingError, kind_of, obstruction_kind_of, parties
from firelane.comparing.reading import read_side
from firelane.errors import InputError, Problem
from firelane.vocabulary import Severity, Verdict

FILE = "audit.json"
OTHER_KIND = "other"
_MANAGERS = ("property_company", "street_office", "unit")
_TEXTS = ("quantity", "lane_id", "entrance_id", "building_id", "pinch_id")
_KEYS = ("value", "threshold", "margin", "unit", "message_zh", "message_en", "lonlat", "location")
_MOST_PROBLEMS = 50


@dataclass(frozen=True)
class AuditGiven:
    """An audit that was read and found whole.

    Attributes
    ----------
    document : Mapping
        As ``audit.json`` has it.
    sha256 : str
        Of the file.
    content : bytes
        The file itself: it is kept as evidence.
    """

    document: Mapping[str, Any]
    sha256: str
    content: bytes

    @property
    def site_id(self) -> str:
        """Id of the site."""
        return str(self.document["site"]["id"])

    @property
    def crs(self) -> str:
        """System of ``location``."""
        return str(self.document["site"]["crs"])

    @cached_property
    def findings(self) -> Mapping[str, Mapping[str, Any]]:
        """Every finding by its id."""
        return {str(row["finding_id"]): row for row in self.document["findings"]}

    @cached_property
    def _rules(self) -> Mapping[str, Mapping[str, Any]]:
        return {str(rule["rule_id"]): rule for rule in self.document["rules"]}

    @cached_property
    def _classes(self) -> Mapping[str, str | None]:
        return {str(lane["lane_id"]): lane.get("class") for lane in self.document["lanes"]}

    def failures(self) -> list[Mapping[str, Any]]:
        """Return what fails under a mandatory rule."""
        return [
            row for row in self.document["findings"]
            if row["verdict"] == Verdict.FAIL and row["severity"] == Severity.MANDATORY
        ]  # fmt: skip

    def place_of(self, row: Mapping[str, Any]) -> SitePlace:
        """Return what of the site decides who is responsible for a finding."""
        site = self.document["site"]
        road_class = self._classes.get(str(row.get("lane_id") or ""))
        return SitePlace(
            site_id=self.site_id, name=site.get("name") or "", district=site.get("district") or "", manager=site.get("manager") or "",
            manager_kind=site.get("manager_kind"), managed=site.get("managed"), road_class=road_class,
        )  # fmt: skip

    def opening(self, row: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
        """Return the fields of the event that opens a case for a finding; who is responsible may stay open, and is told."""
        rule = self._rules.get(str(row["rule_id"]), {})
        place = self.place_of(row)
        kind, roles = routed(row, self.document["site"].get("owner_kinds") or {}, place, problems)
        article = row["article"] or rule.get("article") or row["rule_id"]
        return {
            "source": Source.AUDIT.value, "site": place_json(place), "kind": kind, "rule_id": row["rule_id"], "article": article,
            "article_text": rule.get("text_zh") or "", "title_zh": rule.get("title_zh") or article,
            "title_en": rule.get("title_en") or article, "audit_sha256": self.sha256, "parties": roles, **self.measured(row),
            "quantity": row.get("quantity") or "",
        }  # fmt: skip

    def measured(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return what an audit says of a violation, as fields of an event."""
        return {
            "value": row["value"], "threshold": row["threshold"], "margin": row["margin"], "unit": row["unit"],
            "message_zh": row["message_zh"], "message_en": row["message_en"], "owners": list(row["owners"]),
            "lonlat": row["lonlat"], "location": row["location"], "crs": self.crs, "finding": dict(row),
        }  # fmt: skip


def routed(
    row: Mapping[str, Any], owner_kinds: Mapping[str, str], place: SitePlace, problems: list[Problem]
) -> tuple[str, list[dict[str, Any]]]:
    """Return the kind of violation and the parties; where nobody can say who is responsible, nobody is named."""
    try:
        kind = kind_of(row, obstruction_kind_of(row["owners"], owner_kinds), site=place)
    except RoutingError:
        kind = OTHER_KIND
    return kind, roles_of(kind, place, problems)


def roles_of(kind: str, place: SitePlace, problems: list[Problem]) -> list[dict[str, Any]]:
    """Return the parties, or none and a problem that says what is missing; told once for a site."""
    try:
        return [party_json(p) for p in parties(kind, place)]
    except RoutingError as error:
        told = Problem(
            error.en, error.remedy[1] or "record the event `routed` when it is known", layer=place.site_id[:80],
            message_zh=error.zh, remedy_zh=error.remedy[0] or "查明后记录事项 routed",
        )  # fmt: skip
        if told not in problems:
            problems.append(told)
        return []


def read_audit(source: Path) -> AuditGiven:
    """Read the folder of a run or an audit, or its ``audit.json``.

    Raises
    ------
    InputError
        Every problem at once.
    """
    path = Path(source)
    file = path / FILE if path.is_dir() else path
    name = str(file)[-120:]
    most = int(limits("audit")["most_bytes"])
    try:
        size = file.stat().st_size if file.is_file() else 0
        if size > most:
            raise InputError([Problem(f"is larger than {most >> 20} MB", layer=name, message_zh=f"超过 {most >> 20} MB")])
    except OSError as error:
        said = error.strerror or str(error)
        raise InputError([Problem(f"cannot be read: {said}", layer=name, message_zh=f"无法读取：{said}")]) from error
    problems: list[Problem] = []
    side = read_side(path, problems)
    if side is None:
        raise InputError(problems)
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != side.sha256:
        raise InputError([Problem("changed while it was read: try again", layer=name, message_zh="读取过程中文件发生变化，请重试")])
    return _checked(side.document, side.sha256, content, name)


def parse_audit(content: bytes) -> AuditGiven:
    """Return an audit that was taken before, from the file that was kept."""
    return AuditGiven(json.loads(content.decode("utf-8-sig")), hashlib.sha256(content).hexdigest(), content)


def _checked(document: Mapping[str, Any], sha256: str, content: bytes, name: str) -> AuditGiven:
    found = []
    for problem in _wrong(document, name):
        found.append(problem)
        if len(found) == _MOST_PROBLEMS:
            found.append(Problem("and more", layer=name, message_zh="以及更多问题"))
            break
    if found:
        raise InputError(found)
    return AuditGiven(document, sha256, content)


def _wrong(document: Mapping[str, Any], name: str) -> Iterator[Problem]:
    """Yield what a case needs beyond what a comparison does."""

    def problem(where: str, en: str, zh: str) -> Problem:
        return Problem(f"{where}: {en}", layer=name, message_zh=f"{where}：{zh}")

    yield from _wrong_site(document["site"], problem)
    for part, keys in (("rules", ("text_zh", "title_zh", "title_en")), ("lanes", ("class",)), ("findings", _TEXTS)):
        for n, row in enumerate(document[part]):
            for key in keys:
                if not (row.get(key) is None or isinstance(row[key], str)):
                    yield problem(f"{part}[{n}].{key}", "a text is expected", "应为文本")
    seen: set[str] = set()
    for n, row in enumerate(document["findings"]):
        yield from (problem(f"findings[{n}]{key}", en, zh) for key, en, zh in _wrong_finding(row, seen))
        seen.add(row["finding_id"])


def _wrong_site(site: Mapping[str, Any], problem: Callable[[str, str, str], Problem]) -> Iterator[Problem]:
    if not site["id"]:
        yield problem("site.id", "is empty: a case needs a site", "为空：案件须有场地编号")
    for key in ("name", "district", "manager"):
        if not (site.get(key) is None or isinstance(site[key], str)):
            yield problem(f"site.{key}", "a text is expected", "应为文本")
    if site.get("managed") is not None and not isinstance(site["managed"], bool):
        yield problem("site.managed", "true, false or null is expected", "应为 true、false 或 null")
    if site.get("manager_kind") is not None and site["manager_kind"] not in _MANAGERS:
        yield problem("site.manager_kind", f"one of {', '.join(_MANAGERS)} is expected", f"应为 {'、'.join(_MANAGERS)} 之一")
    kinds = site.get("owner_kinds") or {}
    if not isinstance(kinds, Mapping) or not all(isinstance(v, str) for v in kinds.values()):
        yield problem("site.owner_kinds", "an object of texts is expected", "应为文本对象")


def _wrong_finding(row: Mapping[str, Any], seen: set[str]) -> Iterator[tuple[str, str, str]]:
    if row["finding_id"] in seen:
        yield ".finding_id", "stands twice", "重复"
    if not row["rule_id"]:
        yield ".rule_id", "is empty", "为空"
    place = row.get("lonlat")
    if place is not None and not (abs(place[0]) <= 180 and abs(place[1]) <= 90):
        yield ".lonlat", "is no longitude and latitude", "不是经度和纬度"
    lacking = [key for key in _KEYS if key not in row]
    if lacking:
        told = ", ".join(lacking)
        yield "", f"{told}: expected, null where there is none", f"缺少 {told}（没有时为 null）"
    if not _finite(row):
        yield "", "holds a number that is none", "含有无效的数"


def _finite(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Mapping):
        return all(map(_finite, value.values()))
    return all(map(_finite, value)) if isinstance(value, list) else True
