"""Average yearly growth (年均增幅) of a series, by named methods; exact where it is held against a target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from firelane.registry.indicators import Comparator, GrowthMethod

Words = tuple[str, str]
"""What is said of a figure: Chinese, English."""


@dataclass(frozen=True)
class Growth:
    """Growth from a base year to a later one.

    Attributes
    ----------
    base_year, last_year : int or None
    base_value, last_value : float or None
    compound_pct, mean_pct : float or None
        By either method [% a year]; None where that one cannot be had.
    yearly : tuple of (int, float)
        Year and its growth over the year before [%]; years without a figure, or after one, are left out.
    gaps : tuple of int
        Years between the two that have no figure.
    reason : (str, str) or None
        Why there is no growth at all.
    mean_reason : (str, str) or None
        Why there is no mean of yearly rates.
    values : mapping of int to float
        What it was computed from.
    """

    base_year: int | None
    last_year: int | None
    base_value: float | None
    last_value: float | None
    compound_pct: float | None
    mean_pct: float | None
    yearly: tuple[tuple[int, float], ...]
    gaps: tuple[int, ...]
    reason: Words | None
    mean_reason: Words | None
    values: Mapping[int, float]

    def rate_pct(self, method: GrowthMethod) -> float | None:
        """Return the growth by a method [% a year]."""
        return self.compound_pct if method is GrowthMethod.COMPOUND else self.mean_pct

    def met(self, method: GrowthMethod, comparator: Comparator, target_pct: float) -> bool | None:
        """Tell whether a target is met by a method; None where the method gives no figure.

        The comparison is exact: 100 → 120 is 20 %, not a hair less.
        """
        if self.rate_pct(method) is None:
            return None
        assert self.base_year is not None
        assert self.last_year is not None
        target = exact(target_pct) / 100
        if method is GrowthMethod.COMPOUND:
            years = self.last_year - self.base_year
            told = exact(self.values[self.last_year]) / exact(self.values[self.base_year])
            wanted = max(1 + target, Fraction(0)) ** years
        else:
            told, wanted = _mean(self.values, self.base_year, self.last_year), target
        return told <= wanted if comparator is Comparator.AT_MOST else told >= wanted

    @property
    def computed(self) -> bool:
        """Whether there is a growth by either method."""
        return self.compound_pct is not None or self.mean_pct is not None


def growth(values: Mapping[int, float], base_year: int | None, *, until: int | None = None) -> Growth:
    """Return the growth of yearly figures from a base year to the last one.

    Parameters
    ----------
    values : mapping of int to float
        Full years only: a part of a year is never made a whole one here.
    base_year : int or None
    until : int, optional
        Figures of later years are not looked at.

    Examples
    --------
    >>> found = growth({2018: 100, 2019: 160, 2020: 100, 2021: 150}, 2018)
    >>> round(found.compound_pct, 1), round(found.mean_pct, 1)
    (14.5, 24.2)
    """
    kept = {y: v for y, v in values.items() if until is None or y <= until}
    if base_year is None:
        return _none(kept, None, ("未确定基期年份", "no base year is known"))
    base = kept.get(base_year)
    if base is None:
        return _none(kept, base_year, (f"缺少基期 {base_year} 年数值", f"there is no figure for the base year {base_year}"))
    if base <= 0:
        told = f"{base:g}"
        return _none(
            kept,
            base_year,
            (
                f"基期 {base_year} 年数值为 {told}，无法计算增幅",
                f"the figure of the base year {base_year} is {told}: nothing grows from that",
            ),
        )
    later = sorted(y for y in kept if y > base_year)
    if not later:
        return _none(kept, base_year, (f"没有 {base_year} 年以后的完整年度数值", f"there is no full year after {base_year}"))
    last = later[-1]
    used = {y: kept[y] for y in [base_year, *later]}
    if min(used.values()) < 0:
        return _none(kept, base_year, ("年度数值中有负数", "a yearly figure is negative"))
    gaps = tuple(y for y in range(base_year + 1, last) if y not in used)
    yearly = tuple(
        (y, float((exact(used[y]) / exact(used[y - 1]) - 1) * 100)) for y in later if y - 1 in used and used[y - 1] > 0
    )
    mean_reason: Words | None = None
    if gaps:
        told = "、".join(map(str, gaps))
        mean_reason = (
            f"缺少 {told} 年数值，不能逐年计算",
            f"no figures for {', '.join(map(str, gaps))}: not every yearly rate is known",
        )
    elif any(used[y] == 0 for y in later[:-1]):
        mean_reason = ("有年度数值为零，其后一年的增长率无意义", "a year is zero: the rate of the year after it has no meaning")
    ratio = float(exact(used[last]) / exact(base))
    compound = (ratio ** (1 / (last - base_year)) - 1) * 100
    mean = None if mean_reason else float(_mean(used, base_year, last) * 100)
    return Growth(base_year, last, base, used[last], compound, mean, yearly, gaps, None, mean_reason, used)


def exact(value: float) -> Fraction:
    """Return a figure as the decimal that somebody wrote: 0.1 is a tenth."""
    return Fraction(Decimal(repr(value)))


def _mean(values: Mapping[int, float], base_year: int, last_year: int) -> Fraction:
    rates = [exact(values[y]) / exact(values[y - 1]) - 1 for y in range(base_year + 1, last_year + 1)]
    return sum(rates, Fraction(0)) / len(rates)


def _none(values: Mapping[int, float], base_year: int | None, reason: Words) -> Growth:
    base = None if base_year is None else values.get(base_year)
    return Growth(base_year, None, base, None, None, None, (), (), reason, reason, dict(values))
