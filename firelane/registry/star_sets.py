"""Indicator sets of an evaluation as data: official, for a rehearsal, or provisional (绩效评价指标体系)."""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from firelane.registry.document_rows import read_document
from firelane.registry.documents import Named
from firelane.registry.indicator_rows import read_citations
from firelane.registry.indicators import Citation
from firelane.registry.reading import Table, is_number, packaged, shown
from firelane.vocabulary import Term

if TYPE_CHECKING:
    from firelane.registry.star_scheme import Scheme

FOLDER = "sets"
PANELS = ("mean",)
"""How the scores of several experts become one."""

_SUM_TOLERANCE = 1e-9  # weights are decimal fractions: 0.1 + 0.2 is not 0.3


class SetStatus(Term):
    """What may be done with a set."""

    PROVISIONAL = "provisional", "暂定（无权重，不能评分）", "provisional: no weights, cannot be scored"
    REHEARSAL = "rehearsal", "演练（评分带水印，不产生等次）", "rehearsal: scored with a watermark, yields no grade"
    OFFICIAL = "official", "正式", "official"

    @property
    def scored(self) -> bool:
        """Whether it may be scored at all."""
        return self is not SetStatus.PROVISIONAL

    @property
    def grades(self) -> bool:
        """Whether its scores yield grades."""
        return self is SetStatus.OFFICIAL


@dataclass(frozen=True)
class Param:
    """A parameter of a score kind: type number, flag, table (word → number) or grade."""

    key: str
    type: str
    least: float
    zh: str
    en: str


@dataclass(frozen=True)
class ScoreKind(Named):
    """A way of scoring; ``weighted`` False: it has no weight and is no part of the total's sum."""

    formula_zh: str
    formula_en: str
    weighted: bool
    params: tuple[Param, ...]


@dataclass(frozen=True)
class Score:
    """How one indicator is scored: a kind and its parameters."""

    kind: ScoreKind
    numbers: Mapping[str, float]
    tables: Mapping[str, Mapping[str, float]]
    whole: bool
    caps_at: str

    @property
    def most(self) -> float | None:
        """The most points it gives; None for a veto."""
        return self.numbers.get("max")


@dataclass(frozen=True)
class ScoredIndicator(Named):
    """A second-level indicator; ``weight`` None while it is not known."""

    parent: str
    unit: str
    unit_en: str
    weight: float | None
    evidence: tuple[str, ...]
    score: Score | None
    citations: tuple[Citation, ...]
    note_zh: str = ""
    note_en: str = ""


@dataclass(frozen=True)
class SetGrade:
    """When a grade is given: a least score, a share of those evaluated, a rank; None where not applied."""

    grade: str
    min: float | None
    share_max: float | None
    rank_max: int | None
    to_confirm: tuple[str, ...]


@dataclass(frozen=True)
class IndicatorSet(Named):
    """A set for one instrument, and where it is told one round and one class of spaces."""

    scheme: str
    status: SetStatus
    source_zh: str
    source_en: str
    round: str
    applies_to: str
    total: float
    panel: str
    grades: tuple[SetGrade, ...]
    indicators: tuple[ScoredIndicator, ...]
    note_zh: str
    note_en: str
    sha256: str = field(default="", compare=False)  # of the file

    @property
    def by_id(self) -> Mapping[str, ScoredIndicator]:
        """Indicators by id."""
        return {item.id: item for item in self.indicators}


def available_sets() -> tuple[str, ...]:
    """Return the names of the packaged sets."""
    return packaged(FOLDER)


@cache
def score_kinds() -> Mapping[str, ScoreKind]:
    """Return the ways of scoring of ``score_kinds.toml`` by id."""
    raw = tomllib.loads(resources.files("firelane.registry").joinpath("score_kinds.toml").read_text(encoding="utf-8"))
    found = {}
    for row in raw["kind"]:
        params = tuple(Param(p["key"], p["type"], p.get("least", -math.inf), p["zh"], p["en"]) for p in row["param"])
        texts = {key: row[key] for key in ("id", "zh", "en", "formula_zh", "formula_en", "weighted")}
        found[row["id"]] = ScoreKind(**texts, params=params)
    return found


def load_indicator_set(name_or_path: str | Path = "shenyang_star_2020_provisional", scheme: Scheme | None = None) -> IndicatorSet:
    """Return a packaged set, or that of a file of the user's.

    Parameters
    ----------
    name_or_path : str or Path
    scheme : Scheme, optional
        What it belongs to; by default the packaged scheme that it names.

    Raises
    ------
    InputError
        Every problem of the file at once. An official set, or one for a rehearsal, must have a weight and a way of
        scoring for every indicator, and its weights must add up to ``total``; a provisional one must have none.

    >>> found = load_indicator_set()
    >>> len(found.indicators), found.status.scored
    (26, False)
    """
    found = read_document(name_or_path, FOLDER, "指标体系", "indicator set", lambda top: _read(top, scheme))
    return replace(found, sha256=_sha256(str(name_or_path)))


def _sha256(name: str) -> str:
    """Return the digest of a set's file: what was scored by it can be told from what another file would score."""
    if name in available_sets():
        content = resources.files("firelane.registry").joinpath(FOLDER).joinpath(f"{name}.toml").read_bytes()
    else:
        content = Path(name).read_bytes()
    return hashlib.sha256(content).hexdigest()


def _scheme_of(name: str, head: Table, scheme: Scheme | None) -> Scheme | None:
    """Return the scheme that the set names, or note that it is another."""
    from firelane.registry.star_scheme import load_scheme  # noqa: PLC0415  (it imports this module)

    if scheme is None:
        if name in packaged("schemes"):
            return load_scheme(name)
        head.fault(
            "scheme", f"no packaged scheme is called {shown(name)}", f"没有名为 {shown(name)} 的实施意见",
            ("load the set together with its scheme", "请与其实施意见文件一同载入"),
        )  # fmt: skip
    elif scheme.id != name:
        head.fault("scheme", f"is {shown(name)}, not {scheme.id}", f"为 {shown(name)}，不是 {scheme.id}")
    return scheme


def _read(top: Table, scheme: Scheme | None) -> IndicatorSet | None:
    top.known("set", "indicator")
    head = top.table("set")
    head.known(
        "id", "scheme", "status", "zh", "en", "source_zh", "source_en", "round", "applies_to", "total", "panel", "grades",
        "note_zh", "note_en",
    )  # fmt: skip
    status = head.choice("status", SetStatus)
    scheme = _scheme_of(head.text("scheme"), head, scheme)
    texts = {key: head.text(key) for key in ("id", "scheme", "zh", "en", "source_zh", "source_en")}
    texts |= {key: head.text(key, required=False) for key in ("round", "applies_to", "note_zh", "note_en")}
    total, panel = head.number("total", least=1e-9), head.one_of("panel", PANELS)
    known = [item.id for item in scheme.grades] if scheme else []
    grades = tuple(_grade(row, known) for row in head.rows("grades"))
    head.unique("grades", [grade.grade for grade in grades])
    parents = [item.id for item in scheme.evaluation.first_level] if scheme else []
    rows = top.rows("indicator")
    indicators = tuple(_indicator(row, status, parents, known, scheme) for row in rows)
    top.unique("indicator", [item.id for item in indicators])
    if status is not None and total is not None:
        _sums(head, status, total, indicators)
        _bands(head, status, total, grades, scheme)
        if status is SetStatus.OFFICIAL and scheme is not None:
            _complete(head, indicators, scheme)
    if status is None or total is None or top.problems:
        return None
    return IndicatorSet(status=status, total=total, panel=panel, grades=grades, indicators=indicators, **texts)


def _grade(row: Table, known: Sequence[str]) -> SetGrade:
    row.known("grade", "min", "share_max", "rank_max", "to_confirm")
    name = row.text("grade")
    if known:
        row.among("grade", [name], known)
    limits = row.number("min", required=False, least=0), row.number("share_max", required=False, least=0, most=1)
    return SetGrade(name, *limits, row.whole("rank_max", required=False, least=1), row.texts("to_confirm"))


def _indicator(
    row: Table, status: SetStatus | None, parents: Sequence[str], grades: Sequence[str], scheme: Scheme | None
) -> ScoredIndicator:
    row.known("id", "parent", "zh", "en", "unit", "unit_en", "weight", "evidence", "score", "citations", "note_zh", "note_en")
    parent = row.text("parent")
    if parents:
        row.among("parent", [parent], parents)
    score = _score(row.table("score"), grades) if "score" in row.raw else None
    weight = _weight(row, status, score)
    if status is not None and status.scored and score is None:
        row.fault("score", f"is missing: a set that is {status.value} is scored", f"缺少：{status.zh}的指标体系需要计分方式")
    citations = read_citations(row, scheme.number if scheme else "", required=status is SetStatus.OFFICIAL)
    texts = {key: row.text(key) for key in ("id", "zh", "en", "unit", "unit_en")}
    texts |= {key: row.text(key, required=False) for key in ("note_zh", "note_en")}
    return ScoredIndicator(
        parent=parent, weight=weight, evidence=row.texts("evidence"), score=score, citations=citations, **texts
    )


def _weight(row: Table, status: SetStatus | None, score: Score | None) -> float | None:
    """Return the weight, and note where it is missing or may not be there; NaN counts as none."""
    raw = row.raw.get("weight")
    unknown = raw is None or (isinstance(raw, float) and math.isnan(raw))
    weight = None if unknown else row.number("weight", least=0)
    weighted = score is None or score.kind.weighted
    if not weighted and not unknown:
        row.fault("weight", "a veto or a bonus has no weight", "否决项、加分项没有权重")
    elif status is SetStatus.PROVISIONAL and not unknown:
        row.fault(
            "weight", "a provisional set has no weights", "暂定的指标体系不应有权重",
            ('write status = "rehearsal" to try weights out', '试算请写 status = "rehearsal"'),
        )  # fmt: skip
    elif status is not None and status.scored and weighted and unknown:
        row.fault("weight", f"is missing: a set that is {status.value} has all weights", f"缺少：{status.zh}的指标体系应有全部权重")
    if weight is not None and score is not None and score.most is not None and score.most > weight + _SUM_TOLERANCE:
        row.fault("score.max", f"is {score.most:g}, above the weight of {weight:g}", f"为 {score.most:g}，超过权重 {weight:g}")
    return weight


def _score(row: Table, grades: Sequence[str]) -> Score | None:
    kinds = score_kinds()
    name = row.one_of("kind", kinds)
    kind = kinds.get(name)
    if kind is None:
        return None
    row.known("kind", *(param.key for param in kind.params))
    numbers: dict[str, float] = {}
    tables: dict[str, Mapping[str, float]] = {}
    whole, caps_at = False, ""
    for param in kind.params:
        if param.type == "number":
            numbers[param.key] = row.number(param.key, least=param.least) or 0.0
        elif param.type == "table":
            tables[param.key] = _table(row.table(param.key))
        elif param.type == "flag":
            if param.key not in row.raw:
                row.fault(param.key, "is missing", "缺少")
            whole = row.flag(param.key, default=False)
        else:
            caps_at = row.text(param.key)
            if grades:
                row.among(param.key, [caps_at], grades)
    return Score(kind, numbers, tables, whole, caps_at)


def _table(row: Table) -> Mapping[str, float]:
    if not row.raw:
        row.fault(None, "is empty", "为空")
    for key, value in row.raw.items():
        if not is_number(value) or value < 0:
            row.fault(shown(key), f"must be a number from 0, found {shown(value)}", f"应为不小于 0 的数，实为 {shown(value)}")
    return {str(key): float(value) for key, value in row.raw.items() if is_number(value)}


def _sums(head: Table, status: SetStatus, total: float, indicators: Iterable[ScoredIndicator]) -> None:
    """Weights that are all there must add up to the total."""
    weights = [item.weight for item in indicators if item.score is None or item.score.kind.weighted]
    if not status.scored or any(weight is None for weight in weights):
        return
    found = math.fsum(weight for weight in weights if weight is not None)
    if abs(found - total) > _SUM_TOLERANCE * max(1.0, total):
        head.fault("total", f"is {total:g}, but the weights add up to {found:g}", f"为 {total:g}，而权重之和为 {found:g}")


def _bands(head: Table, status: SetStatus, total: float, grades: Sequence[SetGrade], scheme: Scheme | None) -> None:
    """Bands must fall from the best grade to the last, and leave no score without one; the scheme's cap holds."""
    mins = [grade.min for grade in grades]
    told = [value for value in mins if value is not None]
    if any(a <= b for a, b in pairwise(told)) or any(value > total for value in told):
        head.fault("grades", "the bands must fall from the best grade to the last, within the total", "分数线应从最好的等次起递减，且不超过总分")
    if status.scored and (not mins or mins[-1] != 0):
        head.fault("grades", "the last grade must begin at 0, or some score has none", "最后一个等次应从 0 分起，否则有的得分没有等次")
    if scheme is None:
        return
    if [grade.grade for grade in grades] != [item.id for item in scheme.grades]:
        names = ", ".join(item.id for item in scheme.grades)
        head.fault("grades", f"must be those of the scheme in order: {names}", f"应依次为：{names}")
    for grade in grades:
        cap = scheme.grade[grade.grade].share_max if grade.grade in scheme.grade else None
        if cap is not None and (grade.share_max is None or grade.share_max > cap):
            head.fault(
                "grades", f"{grade.grade}: share_max must be given and not exceed {cap:g} ({scheme.number})",
                f"{scheme.grade[grade.grade].zh}：share_max 应写明，且不超过 {cap:g}（{scheme.number}）",
            )  # fmt: skip


def _complete(head: Table, indicators: Sequence[ScoredIndicator], scheme: Scheme) -> None:
    """Note where an official set has not as many indicators as the scheme says, under each first-level one."""
    counted = [item for item in indicators if item.score is None or item.score.kind.weighted]
    need = scheme.evaluation.second_level_count
    if len(counted) != need:
        head.fault("status", f"an official set has {need} indicators, found {len(counted)}", f"正式的指标体系应有 {need} 项，实有 {len(counted)} 项")
    for first in scheme.evaluation.first_level:
        if not any(item.parent == first.id for item in counted):
            head.fault("status", f"no indicator under {first.id}", f"“{first.zh}”之下没有指标")
