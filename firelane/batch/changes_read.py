"""One of two batches that are compared: its folder, its sites, its rules."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from firelane.batch.changes_spool import missing_columns, rules_of
from firelane.errors import InputError, Problem
from firelane.vocabulary import Verdict

SUMMARY, SITES, FINDINGS = "summary.json", "sites.parquet", "findings.parquet"
SCHEMA = "firelane-batch/1"

_TEXTS = ("site_id", "name", "district", "manager", "status", "verdict", "failure_zh", "failure_en", "crs", "folder", "map")
_NUMBERS = ("lane_length_m", "min_clear_width_m", "accuracy_m", "lon", "lat", "rank", *(f"length_{v.value}_m" for v in Verdict))
_NEEDED = ("site_id", "status", "verdict")
_STATUSES = ("done", "failed", "not_run")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True)
class BatchSide:
    """One batch.

    Attributes
    ----------
    label : str
        The last part of its path.
    folder : Path
    summary : Mapping
        As ``summary.json`` has it.
    sha256 : str
        Of ``summary.json``.
    sites : mapping of str to Mapping
        Site id → its row: the columns that the comparison needs, and ``outline`` (WGS 84) or None.
    rules : mapping of str to Mapping
        The rules that findings name, by id.
    """

    label: str
    folder: Path
    summary: Mapping[str, Any]
    sha256: str
    sites: Mapping[str, Mapping[str, Any]]
    rules: Mapping[str, Mapping[str, Any]]

    @property
    def findings(self) -> Path:
        """Where its findings are."""
        return self.folder / FINDINGS

    def results(self, row: Mapping[str, Any]) -> Path:
        """Return the folder of a site's results."""
        folder = str(row.get("folder") or "")
        return self.folder / (folder if "/" in folder else f"sites/{folder}")


def is_batch(path: Path) -> bool:
    """Tell whether a path is a batch: a folder with its ``summary.json``, or that file."""
    file = path / SUMMARY if path.is_dir() else path
    if file.name != SUMMARY and not path.is_dir():
        return False
    try:
        told = json.loads(file.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(told, dict) and str(told.get("schema", "")).startswith("firelane-batch/")


def read_batch(path: Path, problems: list[Problem]) -> BatchSide | None:
    """Read one batch; what is wrong with it is added to ``problems``, and nothing is returned."""
    folder = path if path.is_dir() else path.parent
    name = shown(str(path))
    try:
        content = (folder / SUMMARY).read_bytes()
        summary = json.loads(content.decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        problems.append(Problem(
            f"holds no {SUMMARY} that can be read", "give a folder that `firelane batch` wrote", layer=name,
            message_zh=f"其中没有可读取的 {SUMMARY}", remedy_zh="请给出 firelane batch 的结果文件夹",
        ))  # fmt: skip
        return None
    schema = summary.get("schema") if isinstance(summary, dict) else None
    if schema != SCHEMA:
        said = shown(repr(schema))[:60]
        problems.append(Problem(
            f"schema: {SCHEMA!r} is expected, {said} was found", "compare batches of this version of firelane", layer=name,
            message_zh=f"schema 应为 {SCHEMA!r}，实为 {said}", remedy_zh="请比较本版本写出的批量检查结果",
        ))  # fmt: skip
        return None
    before = len(problems)
    sites = _sites(folder / SITES, name, problems)
    rules = _rules(folder / FINDINGS, name, problems)
    if len(problems) > before:
        return None
    return BatchSide(shown(folder.resolve().name), folder, summary, hashlib.sha256(content).hexdigest(), sites, rules)


def _unreadable(name: str, file: str, said: object) -> Problem:
    told = shown(str(said).splitlines()[0] if str(said) else type(said).__name__)[:120]
    return Problem(
        f"{file} cannot be read: {told}", "run `firelane batch` again: it writes its tables anew", layer=name,
        message_zh=f"无法读取 {file}：{told}", remedy_zh="请再次运行 firelane batch，重新写出各表",
    )  # fmt: skip


def _without(name: str, file: str, columns: Sequence[str]) -> Problem:
    return Problem(
        f"{file} lacks the columns {', '.join(columns)}", "give a folder that `firelane batch` wrote", layer=name,
        message_zh=f"{file} 缺少列：{'、'.join(columns)}", remedy_zh="请给出 firelane batch 的结果文件夹",
    )  # fmt: skip


def _rules(file: Path, name: str, problems: list[Problem]) -> dict[str, dict[str, Any]]:
    try:
        missing = missing_columns(file)
        if missing:
            problems.append(_without(name, FINDINGS, missing))
            return {}
        return rules_of(file)
    except (OSError, pa.ArrowException) as error:
        problems.append(_unreadable(name, FINDINGS, error))
        return {}


def _sites(file: Path, name: str, problems: list[Problem]) -> dict[str, Mapping[str, Any]]:
    try:
        names = pq.read_schema(file).names
        missing = [c for c in _NEEDED if c not in names]
        if missing:
            problems.append(_without(name, SITES, missing))
            return {}
        wanted = [c for c in (*_TEXTS, *_NUMBERS, "placed", "geometry") if c in names]
        table = pq.read_table(file, columns=wanted)
    except (OSError, pa.ArrowException) as error:
        problems.append(_unreadable(name, SITES, error))
        return {}
    columns = {c: table[c].to_pylist() for c in wanted if c != "geometry"}
    shapes: Sequence[Any] = [None] * len(table)
    if "geometry" in wanted:
        shapes = shapely.from_wkb(table["geometry"].to_numpy(), on_invalid="ignore").tolist()
    empty = dict.fromkeys((*_TEXTS, *_NUMBERS))
    found: dict[str, Mapping[str, Any]] = {}
    for values, outline in zip(zip(*columns.values(), strict=True), shapes, strict=True):
        row = {**empty, **dict(zip(columns, values, strict=True))}
        # What lies where only a manifest says, or was not done, has a point there at best.
        known = row["status"] == "done" and row.get("placed", True) is True and outline is not None and not outline.is_empty
        row["placed"], row["outline"] = known, outline if known else None
        if not isinstance(row["site_id"], str) or row["status"] not in _STATUSES or row["site_id"] in found:
            problems.append(_damaged(name, row))
            return {}
        found[row["site_id"]] = row
    return dict(sorted(found.items()))


def _damaged(name: str, row: Mapping[str, Any]) -> Problem:
    told = shown(repr(row["site_id"]))[:60]
    return Problem(
        f"{SITES} is damaged: site {told} stands twice or has no status", "run `firelane batch` again", layer=name,
        message_zh=f"{SITES} 已损坏：场地 {told} 重复或没有状态", remedy_zh="请再次运行 firelane batch",
    )  # fmt: skip


def shown(text: str) -> str:
    """Return a name that cannot mislead a console."""
    return _UNSEEN.sub("�", text)


def check_common(old: BatchSide, new: BatchSide) -> None:
    """Refuse two batches without a common rule: every finding would be new or gone.

    Raises
    ------
    InputError
    """
    if old.rules and new.rules and not set(old.rules) & set(new.rules):
        raise InputError([Problem(
            "the two batches have no rule in common", "run both with the same --rules",
            message_zh="两次批量检查没有共同采用的规定", remedy_zh="请用相同的 --rules 重新检查",
        )])  # fmt: skip
