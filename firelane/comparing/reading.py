"""One side of a comparison: an audit in memory, its document, its file or its folder of results."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyogrio
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from firelane.auditing import Audit
from firelane.auditing.document import SCHEMA, document
from firelane.crs import from_lonlat, local_crs, to_lonlat
from firelane.errors import Problem
from firelane.vocabulary import Severity, Verdict

FILE, TABLES = "audit.json", "results.gpkg"
_MOST_PROBLEMS = 20  # listed of one side; further ones are counted
_NAMES = ("quantity", "lane_id", "entrance_id", "building_id", "pinch_id")
_MOST = sys.float_info.max  # JSON allows integers of any length; NaN and infinity are not <= this
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

Source = Audit | Mapping[str, Any] | str | os.PathLike[str]


@dataclass(frozen=True)
class Side:
    """One of the two audits that are compared.

    Attributes
    ----------
    label : str
        What it is called: the last part of its path, or nothing.
    document : Mapping
        As ``audit.json`` has it.
    sha256 : str
        Of the file, or of the document where there is none.
    crs : CRS
        System of its ``location``; a local one for a site that is not placed.
    lines : mapping of str to LineString
        Lane → centreline, in ``crs``; empty where no results stand beside the file.
    """

    label: str
    document: Mapping[str, Any]
    sha256: str
    crs: pyproj.CRS
    lines: Mapping[str, shapely.LineString] = field(default_factory=dict)

    @property
    def site(self) -> Mapping[str, Any]:
        """The document's ``site``."""
        told: Mapping[str, Any] = self.document["site"]
        return told

    @property
    def placed(self) -> bool:
        """Whether it is known where on earth the site lies."""
        return bool(self.site["crs"] != "local")

    def rules(self) -> dict[str, Mapping[str, Any]]:
        """Return the rules in force by id."""
        return {rule["rule_id"]: rule for rule in self.document["rules"]}

    def box(self) -> tuple[float, float, float, float]:
        """Return the site's bounds: west, south, east, north in degrees, in metres where it is not placed."""
        x0, y0, x1, y1 = self.site["bounds"]
        if not self.placed:
            return x0, y0, x1, y1
        corners = to_lonlat([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], self.crs)
        (west, south), (east, north) = corners.min(axis=0), corners.max(axis=0)
        return float(west), float(south), float(east), float(north)

    def holds(self, row: Mapping[str, Any], margin_m: float) -> bool:
        """Tell whether a finding's place lies within the bounds, or how far outside [m]; one without a place does."""
        place = row["location"]
        if self.placed and row["lonlat"] is not None:
            east, north = from_lonlat(row["lonlat"], self.crs).tolist()
        elif place is not None and not self.placed:
            east, north = place
        else:
            return True
        x0, y0, x1, y1 = self.site["bounds"]
        return bool(x0 - margin_m <= east <= x1 + margin_m and y0 - margin_m <= north <= y1 + margin_m)


def read_side(source: Source, problems: list[Problem]) -> Side | None:
    """Read one side; what is wrong with it is added to ``problems``, and nothing is returned."""
    if isinstance(source, Audit):
        table = source.lanes
        lines = dict(zip(table["lane_id"], table.geometry, strict=True))
        return _side("", document(source), "", lines, problems)
    if isinstance(source, Mapping):
        return _side("", source, "", {}, problems)
    return _read_path(Path(source), problems)


def _read_path(path: Path, problems: list[Problem]) -> Side | None:
    label = _shown(path.resolve().name)
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        problems.append(_missing(path, file))
        return None
    try:
        content = file.read_bytes()
        told = json.loads(content.decode("utf-8-sig"))
    except OSError as error:
        said = error.strerror or str(error)
        problems.append(Problem(f"cannot be read: {said}", layer=_shown(str(file)), message_zh=f"无法读取：{said}"))
        return None
    except (ValueError, RecursionError):  # no UTF-8, no JSON, a number of thousands of digits
        problems.append(Problem(
            "is no JSON file", "give the audit.json that `firelane audit` or `firelane run` wrote", layer=_shown(str(file)),
            message_zh="不是 JSON 文件", remedy_zh="请给出 firelane audit 或 firelane run 写出的 audit.json",
        ))  # fmt: skip
        return None
    side = _side(label, told, hashlib.sha256(content).hexdigest(), {}, problems, _shown(str(file)))
    if side is None:
        return None
    return Side(side.label, side.document, side.sha256, side.crs, _lines(file.with_name(TABLES), side))


def _missing(path: Path, file: Path) -> Problem:
    name = _shown(str(path))
    if not path.exists():
        return Problem("there is no such file or folder", layer=name, message_zh="没有这个文件或文件夹")
    many = sum(1 for pattern in (f"*/{FILE}", f"sites/*/{FILE}") for _ in path.glob(pattern)) if path.is_dir() else 0
    if many > 1 and (path / "summary.json").is_file():
        return Problem(
            f"is a batch of {many} sites or more", "compare it with another batch, or one site at a time", layer=name,
            message_zh=f"是批量检查结果，内有 {many} 个以上场地", remedy_zh="请与另一次批量检查比较，或逐个场地比较",
        )  # fmt: skip
    if many > 1:
        return Problem(
            f"holds the results of {many} sites, and is no batch that `firelane batch` finished (it has no summary.json)",
            "run `firelane batch` to its end, or compare one site at a time", layer=name,
            message_zh=f"内有 {many} 个场地的结果，但不是 firelane batch 完成的批量检查（没有 summary.json）",
            remedy_zh="请先完成 firelane batch，或逐个场地比较",
        )  # fmt: skip
    return Problem(
        f"holds no {file.name}", "give a folder that `firelane audit` or `firelane run` wrote", layer=name,
        message_zh=f"其中没有 {file.name}", remedy_zh="请给出 firelane audit 或 firelane run 的结果文件夹",
    )  # fmt: skip


def _side(
    label: str, told: Any, sha256: str, lines: Mapping[str, Any], problems: list[Problem], name: str = FILE
) -> Side | None:
    found = list(_wrong(told, name))
    if found:
        problems += found[:_MOST_PROBLEMS]
        if (rest := len(found) - _MOST_PROBLEMS) > 0:
            problems.append(Problem(f"{rest} more problems", layer=name, message_zh=f"另有 {rest} 个问题"))
        return None
    code = told["site"]["crs"]
    if code == "local":
        x0, y0, x1, y1 = told["site"]["bounds"]
        crs = local_crs(((x0 + x1) / 2, (y0 + y1) / 2))
    else:
        crs = pyproj.CRS.from_user_input(code)
    if not sha256:
        sha256 = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    return Side(label, told, sha256, crs, lines)


def _lines(path: Path, side: Side) -> dict[str, shapely.LineString]:
    """Return the lanes' centrelines out of ``results.gpkg``; nothing where it is not there or of another audit."""
    if not path.is_file():
        return {}
    try:
        meta, _, shapes, (ids,) = pyogrio.raw.read(path, layer="lanes", columns=["lane_id"])
    except (DataSourceError, DataLayerError, ValueError):
        return {}
    del meta
    lines = {str(i): shape for i, shape in zip(ids, shapely.from_wkb(shapes), strict=True) if shape is not None}
    return lines if set(lines) == {lane["lane_id"] for lane in side.document["lanes"]} else {}


# ------------------------------------------------------------------ what a document must have


def _wrong(told: Any, name: str) -> Iterator[Problem]:
    """Yield what keeps a document from being compared."""

    def problem(where: str, en: str, zh: str) -> Problem:
        return Problem(f"{where}: {en}", layer=name, message_zh=f"{where}：{zh}")

    schema = told.get("schema") if isinstance(told, Mapping) else None
    if schema != SCHEMA:
        said = _shown(repr(schema))[:60]
        yield problem("schema", f"{SCHEMA!r} is expected, {said} was found", f"应为 {SCHEMA!r}，实为 {said}")
        return
    site = told.get("site")
    if not isinstance(site, Mapping):
        yield problem("site", "is missing", "缺失")
    else:
        yield from _wrong_site(site, problem)
    for key, check in (("rules", _wrong_rule), ("lanes", _wrong_lane), ("findings", _wrong_finding), ("pinches", None)):
        rows = told.get(key)
        if not isinstance(rows, list):
            yield problem(key, "a list is expected", "应为列表")
            continue
        for n, row in enumerate(rows):
            if not isinstance(row, Mapping):
                yield problem(f"{key}[{n}]", "an object is expected", "应为对象")
            elif check is not None:
                for field_name in check(row):
                    yield problem(f"{key}[{n}].{field_name}", "is missing or not of its kind", "缺失或类型不符")
    for key, column in (("lanes", "lane_id"), ("findings", "finding_id")):
        named = [r.get(column) for r in told[key] if isinstance(r, Mapping)] if isinstance(told.get(key), list) else []
        twice = sorted(i for i, n in Counter(i for i in named if isinstance(i, str)).items() if n > 1)
        if twice:
            first = _shown(twice[0])[:60]
            yield problem(f"{key}.{column}", f"{len(twice)} ids stand more than once, the first {first}", f"{len(twice)} 个编号重复，如 {first}")
    summary = told.get("summary")
    if not isinstance(summary, Mapping) or not isinstance(summary.get("verdict"), str):
        yield problem("summary.verdict", "is missing", "缺失")


def _wrong_site(site: Mapping[str, Any], problem: Any) -> Iterator[Problem]:
    if not isinstance(site.get("id"), str):
        yield problem("site.id", "is missing", "缺失")
    bounds = site.get("bounds")
    if not (isinstance(bounds, list) and len(bounds) == 4 and all(map(_number, bounds))):
        yield problem("site.bounds", "four numbers are expected", "应为四个数")
    if not (_number(site.get("accuracy_m")) and site["accuracy_m"] >= 0):
        yield problem("site.accuracy_m", "a length is expected", "应为长度")
    code = site.get("crs")
    try:
        known = isinstance(code, str) and (code == "local" or bool(pyproj.CRS.from_user_input(code)))
    except (pyproj.exceptions.CRSError, UnicodeError):
        known = False
    if not known:
        yield problem("site.crs", "is no known coordinate system", "不是已知的坐标系")


def _wrong_rule(row: Mapping[str, Any]) -> Iterator[str]:
    yield from (key for key in ("rule_id", "article", "comparator") if not isinstance(row.get(key), str))
    if not _number_or_none(row.get("threshold")):
        yield "threshold"


def _wrong_lane(row: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(row.get("lane_id"), str):
        yield "lane_id"
    if row.get("verdict") not in tuple(Verdict):
        yield "verdict"
    if not _texts(row.get("road_ids")):
        yield "road_ids"
    if not _number(row.get("length_m")):
        yield "length_m"
    yield from (k for k in ("min_clear_width_m", "min_clear_height_m") if not _number_or_none(row.get(k)))


def _wrong_finding(row: Mapping[str, Any]) -> Iterator[str]:
    yield from (k for k in ("finding_id", "rule_id", "article", "message_zh", "message_en", "unit") if not isinstance(row.get(k), str))
    if row.get("verdict") not in tuple(Verdict):
        yield "verdict"
    if row.get("severity") not in tuple(Severity):
        yield "severity"
    if not _texts(row.get("owners")):
        yield "owners"
    yield from (k for k in _NAMES if not (row.get(k) is None or isinstance(row[k], str)))
    yield from (k for k in ("value", "threshold", "margin") if not _number_or_none(row.get(k)))
    for key in ("location", "lonlat"):
        place = row.get(key)
        if place is not None and not (isinstance(place, list) and len(place) == 2 and all(map(_number, place))):
            yield key


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= _MOST


def _number_or_none(value: Any) -> bool:
    return value is None or _number(value)


def _texts(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str) and all(isinstance(v, str) for v in value)


def _shown(text: str) -> str:
    """Return a name that cannot mislead a console."""
    return _UNSEEN.sub("�", text)
