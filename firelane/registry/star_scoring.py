"""One space's score by an indicator set: what is missing is missing, never zero (绩效考评评分).

Points are exact fractions: two spaces are tied where they are, and nowhere else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from firelane.errors import UsageError
from firelane.registry.star_sets import IndicatorSet, Score, ScoredIndicator, SetStatus
from firelane.registry.state import Record
from firelane.vocabulary import Lang

WATERMARK: Mapping[Lang, str] = {
    "zh": "演练：自拟指标和权重的试算，不是考评结果，不产生等次",
    "en": "REHEARSAL: indicators and weights are trial ones; no result of an evaluation, no grades",
}
"""Stands on everything that is written from a set for rehearsal."""


def watermark(indicators: IndicatorSet, lang: Lang) -> str:
    """Return what has to stand on every output; "" for an official set."""
    return WATERMARK[lang] if indicators.status is SetStatus.REHEARSAL else ""


def exact(value: float) -> Fraction:
    """Return a number as it is written: 0.1 is a tenth.

    >>> exact(0.1) + exact(0.2) == exact(0.3)
    True
    """
    return Fraction(repr(value))


def told(points: Fraction | None) -> str:
    """Return points as they are shown, with at most four digits behind the point; "–" where there are none.

    >>> told(Fraction(251, 3)), told(Fraction(80)), told(None)
    ('83.6667', '80', '–')
    """
    return "–" if points is None else f"{float(round(points, 4)):.4f}".rstrip("0").rstrip(".")


@dataclass(frozen=True)
class Scored:
    """One indicator's points; ``points`` None where something is missing or wrong, and what it is.

    Attributes
    ----------
    indicator : ScoredIndicator
    points : Fraction or None
    why : (str, str)
        What the points come from, or what is missing (Chinese, English).
    experts : int
        How many scored it.
    lacking : tuple of str
        Experts who scored it for others, and not here.
    """

    indicator: ScoredIndicator
    points: Fraction | None
    why: tuple[str, str]
    experts: int = 0
    lacking: tuple[str, ...] = ()

    @property
    def weighted(self) -> bool:
        """Whether it counts towards the total: no bonus, no veto."""
        return self.indicator.score is not None and self.indicator.score.kind.weighted


@dataclass(frozen=True)
class SpaceScore:
    """What a space was given.

    Attributes
    ----------
    space : str
    parts : tuple of Scored
        In the order of the set.
    total : Fraction or None
        None as long as one weighted indicator is missing.
    partial : Fraction
        Sum of what there is; never to be taken for the total.
    cap : str
        Best grade that a veto leaves; "" without one.
    vetoes : tuple of (str, str)
        Why.
    faults : tuple of (str, str)
        What has to be settled before there is a grade, beside what is missing.
    absent : tuple of (str, str)
        Experts who did not score it, and why not.
    """

    space: str
    parts: tuple[Scored, ...]
    total: Fraction | None
    partial: Fraction
    cap: str
    vetoes: tuple[tuple[str, str], ...]
    faults: tuple[tuple[str, str], ...]
    absent: tuple[tuple[str, str], ...] = ()

    @property
    def missing(self) -> tuple[Scored, ...]:
        """Weighted indicators without points."""
        return tuple(p for p in self.parts if p.weighted and p.points is None)

    def first_level(self, parent: str) -> Fraction | None:
        """Return the points of a first-level indicator; None where one below it is missing."""
        mine = [p.points for p in self.parts if p.weighted and p.indicator.parent == parent]
        return None if not mine or any(p is None for p in mine) else sum((p for p in mine if p is not None), Fraction(0))


def require_scored(indicators: IndicatorSet) -> None:
    """Refuse a set that has no weights.

    Raises
    ------
    UsageError
        For a provisional set.
    """
    if not indicators.status.scored:
        raise UsageError(
            f"the set {indicators.id} is provisional: it has no weights and cannot be scored; give an official set, or one for rehearsal",
            f"指标体系 {indicators.id} 为暂定，没有权重，不能评分；请提供正式的指标体系，或演练用的指标体系",
        )


def score_space(
    indicators: IndicatorSet, space: str, *, figures: Sequence[Record], scores: Sequence[Record], vetoes: Sequence[Record],
    panel: Sequence[str] = (), panels: Mapping[str, Sequence[str]] | None = None, absences: Sequence[Record] = (),
) -> SpaceScore:  # fmt: skip
    """Return the score of one space.

    Parameters
    ----------
    indicators : IndicatorSet
    space : str
    figures, scores, vetoes : sequences of Record
        Of this space in one round.
    panel : sequence of str
        Names of the experts of the round: a mean of fewer says so, and has to be settled.
    panels : mapping of str to sequence of str, optional
        The same for each indicator by its id, in place of ``panel``.
    absences : sequence of Record
        Experts who did not score this space, as an administrator recorded it: a mean without them stands.

    Raises
    ------
    UsageError
        For a provisional set.
    """
    require_scored(indicators)
    parts = tuple(
        _scored(i, _mine(figures, i), _mine(scores, i), panel if panels is None else panels.get(i.id, ())) for i in indicators.indicators
    )
    weighted = [p for p in parts if p.weighted]
    extra = sum((p.points or Fraction(0) for p in parts if p.indicator.score is not None and p.indicator.score.kind.id == "bonus"), Fraction(0))
    partial = min(sum((p.points for p in weighted if p.points is not None), Fraction(0)) + extra, exact(indicators.total))
    total = partial if all(p.points is not None for p in weighted) else None
    cap, why, faults = _vetoes(indicators, figures, vetoes)
    absent = tuple((f"{r['expert']}未评分：{r['basis']}", f"{r['expert']} did not score: {r['basis']}") for r in absences)
    return SpaceScore(space, parts, total, partial, cap, why, (*faults, *_unexcused(parts, absences)), absent)


def _unexcused(parts: Sequence[Scored], absences: Sequence[Record]) -> list[tuple[str, str]]:
    """Return which experts' scores are missing without a word."""
    lacking: dict[str, list[str]] = {}
    for part in parts:
        for expert in part.lacking:
            if not any(r["expert"] == expert and r["indicator"] in (None, part.indicator.id) for r in absences):
                lacking.setdefault(expert, []).append(part.indicator.id)
    return [
        (f"缺{expert}的评分 {len(ids)} 项（{'、'.join(ids[:6])}{'等' if len(ids) > 6 else ''}），须补评或由管理员登记“专家缺席”",
         f"{expert} has not scored {len(ids)} ({', '.join(ids[:6])}{' …' if len(ids) > 6 else ''}): to be scored, or an administrator records the absence")
        for expert, ids in lacking.items()
    ]  # fmt: skip


def _mine(records: Sequence[Record], indicator: ScoredIndicator) -> list[Record]:
    return [r for r in records if r["indicator"] == indicator.id]


def _scored(
    indicator: ScoredIndicator, figures: Sequence[Record], scores: Sequence[Record], panel: Sequence[str]
) -> Scored:
    score = indicator.score
    assert score is not None  # a set that is scored has one for every indicator
    if score.kind.id == "expert":
        return _experts(indicator, score, scores, panel)
    if score.kind.id == "veto":
        return Scored(indicator, None, ("否决项，不计分", "a veto has no points"))
    if score.tables:
        return _by_table(indicator, score, figures)
    whole = [r for r in figures if not r["part"]]
    if not whole:
        if score.kind.id == "bonus":
            return Scored(indicator, None, ("未申报加分", "no bonus claimed"))
        return Scored(indicator, None, ("未填报", "not reported"))
    value = exact(whole[-1]["value"])
    return Scored(indicator, _FORMULAS[score.kind.id](score, value), (f"数值 {whole[-1]['value']:g}", f"value {whole[-1]['value']:g}"))


def _experts(indicator: ScoredIndicator, score: Score, scores: Sequence[Record], panel: Sequence[str]) -> Scored:
    if not scores:
        return Scored(indicator, None, ("没有专家评分", "no expert has scored it"))
    most = score.most or 0.0
    odd = [r for r in scores if not 0 <= r["score"] <= most]
    if odd:
        who = str(odd[0]["expert"])
        return Scored(
            indicator, None, (f"{who}评 {odd[0]['score']:g} 分，应在 0 至 {most:g} 之间", f"{who} gave {odd[0]['score']:g}, expected 0 to {most:g}"), len(scores)
        )
    given = [exact(r["score"]) for r in scores]
    few = len(panel) > len(given)
    count_zh, count_en = f"{len(given)} 位专家的平均", f"mean of {len(given)} experts"
    if few:
        count_zh, count_en = f"{count_zh}（专家组共 {len(panel)} 位）", f"{count_en} (of a panel of {len(panel)})"
    lacking = tuple(e for e in panel if e not in {r["expert"] for r in scores})
    return Scored(indicator, sum(given, Fraction(0)) / len(given), (count_zh, count_en), len(given), lacking)


def _by_table(indicator: ScoredIndicator, score: Score, figures: Sequence[Record]) -> Scored:
    """Sum over roles or categories; each of them is reported, be it as 0."""
    table = next(iter(score.tables.values()))
    values = {str(r["part"] or ""): exact(r["value"]) for r in figures}
    odd = sorted(set(values) - set(table))
    if odd:
        return Scored(indicator, None, (f"分项“{odd[0]}”不在指标体系中", f"the part {odd[0]!r} is none of the set's"))
    lacking = [part for part in table if part not in values]
    if lacking:
        return Scored(indicator, None, (f"未填报分项：{'、'.join(lacking)}", f"parts not reported: {', '.join(lacking)}"))
    total = sum((exact(factor) * values[part] for part, factor in table.items()), Fraction(0))
    points = exact(score.numbers.get("points", 1.0)) * total
    return Scored(indicator, _within(score, points), ("、".join(f"{p} {float(v):g}" for p, v in values.items()),) * 2)


def _within(score: Score, points: Fraction) -> Fraction:
    return max(Fraction(0), min(points, exact(score.numbers["max"])))


def _number(score: Score, key: str) -> Fraction:
    return exact(score.numbers[key])


def _from_floor(floor: str) -> Callable[[Score, Fraction], Fraction]:
    def points(score: Score, value: Fraction) -> Fraction:
        start = _number(score, floor)
        if value < start:
            return Fraction(0)
        return _within(score, _number(score, "base") + _number(score, "step") * (value - start))

    return points


def _per_unit(score: Score, value: Fraction) -> Fraction:
    return _within(score, _number(score, "points") * value)


def _per_amount(score: Score, value: Fraction) -> Fraction:
    parts = value / _number(score, "amount")
    return _within(score, _number(score, "points") * (math.floor(parts) if score.whole else parts))


_FORMULAS: Mapping[str, Callable[[Score, Fraction], Fraction]] = {
    "threshold_linear": _from_floor("floor"), "ratio_threshold": _from_floor("floor_pct"), "per_unit": _per_unit,
    "per_amount": _per_amount, "bonus": _per_unit,
}  # fmt: skip


def _vetoes(
    indicators: IndicatorSet, figures: Sequence[Record], vetoes: Sequence[Record]
) -> tuple[str, tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Return the best grade that vetoes leave ("" for all), why, and vetoes that the set has no answer to."""
    order = [grade.grade for grade in indicators.grades]  # the best first
    known = {i.id: i for i in indicators.indicators if i.score is not None and i.score.kind.id == "veto"}
    caps: list[str] = []
    why: list[tuple[str, str]] = []
    faults: list[tuple[str, str]] = []
    for item in known.values():
        assert item.score is not None
        if any(r["value"] > 0 for r in _mine(figures, item)):
            caps.append(item.score.caps_at)
            why.append((item.zh, item.en))
    for record in vetoes:
        named = str(record["indicator"] or "")
        meant = [known[named]] if named in known else [] if named else list(known.values())
        basis = str(record["basis"])
        if not meant:
            faults.append((f"登记了一票否决（{basis}），而指标体系没有相应的否决项", f"a veto is recorded ({basis}), but the set has none for it"))
            continue
        caps.append(max((i.score.caps_at for i in meant if i.score is not None), key=order.index))
        why.append((basis, basis))
    return (max(caps, key=order.index) if caps else ""), tuple(why), tuple(faults)
