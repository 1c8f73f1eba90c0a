"""A round of evaluation: ranks with ties, the quota of the best grade, grades, and what was published (考评轮次).

Where a tie would carry the best grade over its quota nothing is chosen: those tied are named, and an administrator's
record decides.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from firelane.errors import UsageError
from firelane.registry.star_facts import Facts
from firelane.registry.star_flow import applications_of
from firelane.registry.star_kin import kin
from firelane.registry.star_scheme import Scheme
from firelane.registry.star_scoring import SpaceScore, exact, score_space, told
from firelane.registry.star_sets import IndicatorSet, SetGrade
from firelane.registry.state import Record
from firelane.vocabulary import Lang


@dataclass(frozen=True)
class Quota:
    """How many may have a grade.

    Attributes
    ----------
    grade : str
    share : float
    evaluated : int
        All that take part (参评单位).
    most : int
        The share of them, rounded down to whole spaces.
    """

    grade: str
    share: float
    evaluated: int
    most: int

    def text(self, lang: Lang, name: str) -> str:
        """Return how the number comes about."""
        whole = exact(self.share) * self.evaluated
        product, share = told(whole), f"{100 * exact(self.share)} %"
        even = whole.denominator == 1
        if lang == "zh":
            end = f"，最多 {self.most} 家" if even else f"，不足一家的舍去，最多 {self.most} 家（{self.most + 1} 家即超过 {share}）"
            return f"{name}名额：参评 {self.evaluated} 家 × {share} = {product}{end}"
        end = f", at most {self.most}" if even else f", parts of a space dropped: at most {self.most} ({self.most + 1} would exceed {share})"
        return f"quota of {name}: {self.evaluated} evaluated × {share} = {product}{end}"


def quota(grade: str, share: float, evaluated: int) -> Quota:
    """Return how many of those evaluated may have a grade.

    >>> quota("excellent", 0.30, 40).most, quota("excellent", 0.30, 39).most, quota("excellent", 0.30, 3).most
    (12, 11, 0)
    """
    return Quota(grade, share, evaluated, math.floor(exact(share) * evaluated))


@dataclass(frozen=True)
class Standing:
    """One space in a round.

    Attributes
    ----------
    score : SpaceScore
    rank : int or None
        Dense: those tied have the better place, the next one the next number. None without a total.
    tied : bool
        Whether another has the same total.
    grade : str
        "" where there is none (yet).
    undecided : bool
        Whether it is one of those tied at the edge of the quota whom nobody has decided upon.
    decided : bool
        Whether an administrator decided its tie.
    """

    score: SpaceScore
    rank: int | None = None
    tied: bool = False
    grade: str = ""
    undecided: bool = False
    decided: bool = False

    @property
    def space(self) -> str:
        """Number of the space."""
        return self.score.space


@dataclass(frozen=True)
class Ranking:
    """A round scored by a set.

    Attributes
    ----------
    round : Record
    indicators : IndicatorSet
    rows : tuple of Standing
        By rank; those without a total last.
    quotas : tuple of Quota
    edge : tuple of str
        Spaces tied at the edge of the quota, decided or not; empty without such a tie.
    places : int
        Places that are left for them.
    blocks : tuple of (str, str)
        What has to be settled before results can be published (Chinese, English).
    """

    round: Record
    indicators: IndicatorSet
    rows: tuple[Standing, ...]
    quotas: tuple[Quota, ...]
    edge: tuple[str, ...]
    places: int
    blocks: tuple[tuple[str, str], ...]

    @property
    def final(self) -> bool:
        """Whether its grades may be published."""
        return self.indicators.status.grades and not self.blocks

    @property
    def undecided(self) -> tuple[str, ...]:
        """Spaces whose tie nobody has decided."""
        return tuple(r.space for r in self.rows if r.undecided)


def participants(facts: Facts, round_id: str) -> tuple[str, ...]:
    """Return the spaces that take part in a round, in the order in which they were entered."""
    return tuple(str(r["space"]) for r in facts.of("participant", round=round_id))


def panel(facts: Facts, round_id: str) -> tuple[str, ...]:
    """Return the experts who scored in a round."""
    return tuple(sorted({str(r["expert"]) for r in facts.of("score", round=round_id)}))


def panels(facts: Facts, round_id: str) -> dict[str, tuple[str, ...]]:
    """Return the experts of each indicator: all who scored it for anybody in a round."""
    found: dict[str, set[str]] = {}
    for record in facts.of("score", round=round_id):
        found.setdefault(str(record["indicator"]), set()).add(str(record["expert"]))
    return {indicator: tuple(sorted(names)) for indicator, names in found.items()}


def rank_round(facts: Facts, round_id: str, indicators: IndicatorSet) -> Ranking:
    """Return the ranking of a round.

    Raises
    ------
    UsageError
        If there is no such round, the set is provisional, or it is official and not the one that the round was called with.
    """
    called = facts.one(round_id)
    if called is None or called.kind != "round":
        raise UsageError(f"there is no round {round_id!r}", f"没有考评轮次 {round_id}")
    fits(called, indicators)
    experts = panels(facts, round_id)
    scores = [
        score_space(
            indicators, space, figures=facts.of("figure", round=round_id, space=space), panels=experts,
            scores=facts.of("score", round=round_id, space=space), vetoes=facts.of("veto", round=round_id, space=space),
            absences=facts.of("absence", round=round_id, space=space),
        )
        for space in participants(facts, round_id)
    ]  # fmt: skip
    rows = ranked(scores)
    chosen = {str(r["space"]): bool(r["excellent"]) for r in facts.of("edge", round=round_id)}
    graded = grade_rows(rows, indicators.grades, chosen) if indicators.status.grades else Graded(rows, _quotas(indicators.grades, len(rows)))
    blocks = (*_blocks(facts, graded.rows), *graded.blocks)
    return Ranking(called, indicators, graded.rows, graded.quotas, graded.edge, graded.places, blocks)


def fits(called: Record, indicators: IndicatorSet) -> None:
    """Refuse an official set that the round was not called with; a set for rehearsal may be tried on any round.

    Raises
    ------
    UsageError
    """
    if indicators.round and indicators.round not in (called.record_id, called["name"]):
        raise UsageError(
            f"the set {indicators.id} is for the round {indicators.round}, not for {called.record_id}",
            f"指标体系 {indicators.id} 用于轮次 {indicators.round}，不用于 {called.record_id}",
        )
    if indicators.status.grades and called["set"] != indicators.id:
        raise UsageError(
            f"the round {called.record_id} was called with the set {called['set']}, not with {indicators.id}",
            f"考评轮次 {called.record_id} 使用指标体系 {called['set']}，而不是 {indicators.id}",
        )


def ranked(scores: Sequence[SpaceScore]) -> tuple[Standing, ...]:
    """Return scores in the order of their totals, with dense ranks; equal ones in the order in which they came."""
    totals = [s.total for s in scores if s.total is not None]
    place = {total: n for n, total in enumerate(sorted(set(totals), reverse=True), 1)}
    rows = [
        Standing(s) if s.total is None else Standing(s, place[s.total], totals.count(s.total) > 1) for s in scores
    ]
    return tuple(sorted(rows, key=lambda r: (r.rank is None, r.rank or 0)))


@dataclass(frozen=True)
class Graded:
    """Rows with grades; ``edge`` and ``places`` as in :class:`Ranking`."""

    rows: tuple[Standing, ...]
    quotas: tuple[Quota, ...]
    edge: tuple[str, ...] = ()
    places: int = 0
    blocks: tuple[tuple[str, str], ...] = ()


def _quotas(grades: Sequence[SetGrade], evaluated: int) -> tuple[Quota, ...]:
    return tuple(quota(g.grade, g.share_max, evaluated) for g in grades if g.share_max is not None)


def grade_rows(rows: Sequence[Standing], grades: Sequence[SetGrade], chosen: Mapping[str, bool]) -> Graded:
    """Give grades by bands, ranks and quotas, from the best grade down.

    Parameters
    ----------
    rows : sequence of Standing
        By rank. While one of them has no total nobody has a grade.
    grades : sequence of SetGrade
        The best first; the last one takes whoever is left.
    chosen : mapping of str to bool
        Space → whether an administrator gives it the best grade, for ties at the edge.

    Returns
    -------
    Graded
    """
    quotas = _quotas(grades, len(rows))
    if any(r.rank is None for r in rows):
        return Graded(tuple(rows), quotas)
    left, done, blocks = list(rows), dict[str, Standing](), list[tuple[str, str]]()
    edge: tuple[str, ...] = ()
    places = 0
    most = {q.grade: q.most for q in quotas}
    order = [g.grade for g in grades]
    for n, grade in enumerate(grades):
        able = [r for r in left if _able(r, grade, order)]
        taken, tie = _within_quota(able, most.get(grade.grade))
        if tie and n == 0:
            edge, places = tuple(r.space for r in tie), most[grade.grade] - len(taken)
            said = [r for r in tie if r.space in chosen]
            if len(said) == len(tie) and sum(chosen[r.space] for r in tie) <= places:
                taken = [*taken, *(replace(r, decided=True) for r in tie if chosen[r.space])]
                left = [replace(r, decided=True) if r in tie else r for r in left]
            else:
                done |= {r.space: replace(r, undecided=True) for r in tie}
        elif tie:  # no record can decide this one
            done |= {r.space: replace(r, undecided=True) for r in tie}
        done |= {r.space: replace(r, grade=grade.grade) for r in taken}
        left = [r for r in left if r.space not in done]
    graded = tuple(done.get(r.space, r) for r in rows)
    open_ = [r.space for r in graded if r.undecided]
    if open_:
        blocks.append((
            f"{len(open_)} 家并列在名额边缘（{'、'.join(open_)}），仅余 {places} 个名额，须由管理员裁定（“并列裁定”）",
            f"{len(open_)} are tied at the edge of the quota ({', '.join(open_)}) with {places} places left: an administrator has to decide",
        ))  # fmt: skip
    return Graded(graded, quotas, edge, places, tuple(blocks))


def _able(row: Standing, grade: SetGrade, order: Sequence[str]) -> bool:
    total, cap = row.score.total, row.score.cap
    return (
        total is not None and row.rank is not None and (grade.min is None or total >= exact(grade.min))
        and (grade.rank_max is None or row.rank <= grade.rank_max)
        and (not cap or order.index(grade.grade) >= order.index(cap))
    )  # fmt: skip


def _within_quota(able: Sequence[Standing], most: int | None) -> tuple[list[Standing], list[Standing]]:
    """Return those who fit into a quota, and those tied over its edge."""
    if most is None:
        return list(able), []
    taken: list[Standing] = []
    for rank in dict.fromkeys(r.rank for r in able):
        group = [r for r in able if r.rank == rank]
        if len(taken) + len(group) > most:
            return taken, (group if len(taken) < most else [])
        taken += group
    return taken, []


def _blocks(facts: Facts, rows: Sequence[Standing]) -> Iterator[tuple[str, str]]:
    if not rows:
        yield "没有参评单位", "nobody takes part"
    for row in rows:
        name = facts.name(row.space)
        if row.score.missing:
            zh = "、".join(p.indicator.id for p in row.score.missing)
            yield f"{name}缺 {len(row.score.missing)} 项：{zh}", f"{name} lacks {len(row.score.missing)}: {zh.replace('、', ', ')}"
        for zh, en in row.score.faults:
            yield f"{name}：{zh}", f"{name}: {en}"


# ------------------------------------------------------------------------------------------- what was published


def closing_of(facts: Facts, round_id: str) -> Record | None:
    """Return the record by which a round's results were published; None where they were not."""
    found = facts.of("closing", round=round_id)
    return found[-1] if found else None


def published(facts: Facts, round_id: str) -> dict[str, Record]:
    """Return the published results of a round by space; empty before they are published."""
    return {str(r["space"]): r for r in facts.of("result", round=round_id)} if closing_of(facts, round_id) else {}


def differences(facts: Facts, ranking: Ranking) -> tuple[str, ...]:
    """Return the spaces whose published grade is not what an official set gives them; empty before results are published."""
    given = published(facts, ranking.round.record_id)
    if not given or not ranking.indicators.status.grades:
        return ()
    return tuple(r.space for r in ranking.rows if r.space not in given or given[r.space]["grade"] != r.grade)


def period_key(called: Record) -> tuple[dt.date, dt.date]:
    """Return where a round stands among others: by the end of its period, then by the day on which it was called."""
    return called["period_to"], called.day


def results_of(facts: Facts, space: str) -> tuple[Record, ...]:
    """Return the published results of a space in the order of the periods that were evaluated."""
    rows = []
    for result in facts.of("result", space=space):
        closing, called = closing_of(facts, str(result["round"])), facts.one(str(result["round"]))
        if closing is not None and called is not None:
            rows.append(((*period_key(called), facts.order(closing)), result))
    return tuple(r for _, r in sorted(rows, key=lambda pair: pair[0]))


def set_mark(closing: Record, lang: Lang) -> str:
    """Return what has to stand beside published results that were not computed by an official set; "" for those that were."""
    if closing["set_status"] == "official":
        by = closing.brought_by
        told_ = f"结果由{by}自他处导入" if lang == "zh" else f"results brought from elsewhere by {by}"
        return told_ if by else ""
    number = str(closing["document"] or "")
    if closing["set_status"] is None:
        return "指标体系性质未载明，是否按正式指标体系核算不详" if lang == "zh" else "not told whether results were computed by an official set"
    if lang == "zh":
        return f"结果据文件{number}登记，指标体系未取得，未按正式指标体系核算"
    return f"results as in the document {number}; the indicator set is not at hand, nothing was computed by an official one"


def last_fails(facts: Facts, scheme: Scheme, space: str) -> tuple[Record, ...]:
    """Return the unbroken row of failed evaluations at the end of those in which a space took part.

    Evaluations in which it took no part do not break the row; those before it was filed (again) do not count. What it had
    under another number counts as well.
    """
    grade = scheme.exit_rule.grade if scheme.exit_rule is not None else ""
    entered = [e for a in applications_of(facts, scheme, space) if (e := a.entered(scheme.flow)) is not None]
    # On one day the order in which things were recorded tells: what left and came back on that day begins anew.
    since = facts.order(entered[-1].record) if entered else None
    rows = [r for name in kin(facts, space) for r in results_of(facts, name)]
    found: list[Record] = []
    for record in sorted(rows, key=lambda r: _period_of(facts, r), reverse=True):
        closing = closing_of(facts, str(record["round"]))
        assert closing is not None
        if record["grade"] != grade or (since is not None and facts.order(closing) < since):
            break
        found.append(record)
    return tuple(reversed(found))


def _period_of(facts: Facts, result: Record) -> tuple[Any, ...]:
    called, closing = facts.one(str(result["round"])), closing_of(facts, str(result["round"]))
    assert called is not None
    assert closing is not None
    return (*period_key(called), facts.order(closing))


def must_leave(facts: Facts, scheme: Scheme, space: str) -> bool:
    """Return whether the rule of consecutive fails ends a space's filing."""
    rule = scheme.exit_rule
    return rule is not None and len(last_fails(facts, scheme, space)) >= rule.consecutive
