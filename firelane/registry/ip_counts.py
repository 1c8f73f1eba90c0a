"""How a plan's indicators are counted from records, and the rules of its statuses, as data (计数与判定规则)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from firelane.registry.document_rows import read_document
from firelane.registry.documents import Named
from firelane.registry.indicators import Indicator, IndicatorKind, Mark
from firelane.registry.ip_plan import Plan
from firelane.registry.reading import Table
from firelane.vocabulary import Term


class CountFrom(Term):
    """Which records an indicator is counted from."""

    ACTUAL = "actual", "填报的数值", "figures reported"
    FIRM_EVENT = "firm_event", "企业计数（按统一社会信用代码去重）", "firms counted, each code once"
    ASSET = "asset", "成果登记", "assets and results registered"
    AGENCY_MOVE = "agency_move", "服务机构入驻迁出", "agencies moving in and out"


class CheckedBy(Term):
    """What a yearly figure is held beside."""

    NOTHING = "", "无", "nothing"
    PLEDGE_AMOUNT = "pledge_amount_wan", "逐笔登记的贷款金额（万元）", "loans registered one by one, amount [10,000 CNY]"
    PLEDGE_NUMBER = "pledge_number", "逐笔登记的贷款笔数", "loans registered one by one, number"


class ToleranceBasis(Term):
    """What a tolerance in per cent is held against."""

    ABSOLUTE = "absolute", "不良率本身", "the ratio itself"
    MARGIN = "margin", "高于本行不良率的幅度", "a margin above the bank's own ratio"


@dataclass(frozen=True)
class CountRule:
    """How one indicator is counted."""

    source: CountFrom
    assets: tuple[str, ...] = ()
    checked_by: CheckedBy = CheckedBy.NOTHING


@dataclass(frozen=True)
class ToleranceReading(Named):
    """One way to read a tolerance."""

    tolerance: str
    basis: ToleranceBasis


@dataclass(frozen=True)
class StatusRules:
    """When something is at risk: proposed, to be confirmed.

    Attributes
    ----------
    at_risk_part : float
        Of the share of the time gone by, below which the share of the target is at risk.
    least_elapsed : float
        Share of the time before which nothing is at risk by that rule.
    least_even_target : float
        Smaller targets, and milestones, are at risk by the days that are left.
    days_before_due : int
    last_days : int
        Before the last day, within which anything that is not reached is at risk.
    loan_state_old_days : int
    mark : Mark
    """

    at_risk_part: float
    least_elapsed: float
    least_even_target: float
    days_before_due: int
    last_days: int
    loan_state_old_days: int
    mark: Mark


@dataclass(frozen=True)
class Counting:
    """Everything of such a file that concerns one plan.

    Attributes
    ----------
    rules : mapping of str to CountRule
    status : StatusRules
    tolerance_readings : tuple of ToleranceReading
    same_by_number : tuple of str
        Classes of assets whose number names one thing alone: a patent number does, that of a document does not.
    """

    rules: Mapping[str, CountRule]
    status: StatusRules
    tolerance_readings: tuple[ToleranceReading, ...]
    same_by_number: tuple[str, ...]

    def rule(self, indicator: Indicator) -> CountRule:
        """Return how an indicator is counted."""
        found = self.rules.get(indicator.id)
        if found is not None:
            return found
        distinct = indicator.kind is IndicatorKind.CUMULATIVE and indicator.distinct == "usci"
        return CountRule(CountFrom.FIRM_EVENT if distinct else CountFrom.ACTUAL)


def load_counting(plan: Plan, name_or_path: str | Path = "ip_counts") -> Counting:
    """Return the packaged rules for a plan, or those of a file of the user's.

    Raises
    ------
    InputError
        Every problem of the file at once.
    """
    return read_document(name_or_path, ".", "计数规则", "file of counting rules", lambda top: _counting(top, plan))


def _counting(top: Table, plan: Plan) -> Counting | None:
    top.known("judging", "asset", "count", "tolerance_reading")
    status = _status(top.table("judging"))
    rules = _rules(top, plan)
    readings = tuple(r for row in top.rows("tolerance_reading", required=False) if (r := _reading(row, plan)) is not None)
    alone = _same_by_number(top.table("asset"), plan)
    return None if status is None else Counting(rules, status, readings, alone)


def _status(row: Table) -> StatusRules | None:
    row.known("mark", "at_risk_part", "least_elapsed", "least_even_target", "days_before_due", "last_days", "loan_state_old_days")
    mark = row.choice("mark", Mark)
    part, elapsed = row.number("at_risk_part", least=0, most=1), row.number("least_elapsed", least=0, most=1)
    even = row.number("least_even_target", least=0)
    days, old = row.whole("days_before_due", most=3660), row.whole("loan_state_old_days", least=1, most=3660)
    last = row.whole("last_days", most=3660)
    if mark is None or part is None or elapsed is None or even is None or days is None or last is None or old is None:
        return None
    return StatusRules(part, elapsed, even, days, last, old, mark)


def _same_by_number(row: Table, plan: Plan) -> tuple[str, ...]:
    row.known("same_by_number")
    told = row.texts("same_by_number", required=True)
    row.among("same_by_number", told, tuple(plan.kinds["asset"].column("asset").choices))
    return told


def _rules(top: Table, plan: Plan) -> dict[str, CountRule]:
    rules: dict[str, CountRule] = {}
    classes = tuple(plan.kinds["asset"].column("asset").choices)
    for row in top.rows("count", required=False):
        row.known("plan", "indicator", "from", "assets", "checked_by")
        of, source = row.text("plan"), row.choice("from", CountFrom)
        checked = row.choice("checked_by", CheckedBy, CheckedBy.NOTHING)
        assets = row.texts("assets", required=source is CountFrom.ASSET)
        row.among("assets", assets, classes)
        ident = row.text("indicator")
        if of != plan.id or source is None or checked is None:
            continue
        row.among("indicator", [ident], plan.indicator)
        if ident in rules:
            row.fault("indicator", f"{ident} stands twice", f"{ident} 重复")
        found = plan.indicator.get(ident)
        if found is not None:
            _agrees(row, found, source, checked)
        rules[ident] = CountRule(source, assets, checked)
    return rules


def _agrees(row: Table, indicator: Indicator, source: CountFrom, checked: CheckedBy) -> None:
    yearly = indicator.kind in (IndicatorKind.GROWTH, IndicatorKind.QUALITATIVE)
    if yearly and source is not CountFrom.ACTUAL:
        row.fault("from", f"{indicator.id} has yearly figures: only actual goes", f"{indicator.id} 为年度数值，只能取 actual")
    if not yearly and checked is not CheckedBy.NOTHING:
        row.fault("checked_by", "goes with growth alone", "只用于年均增幅指标")


def _reading(row: Table, plan: Plan) -> ToleranceReading | None:
    row.known("tolerance", "id", "basis", "zh", "en")
    of, basis = row.text("tolerance"), row.choice("basis", ToleranceBasis)
    found = row.text("id"), row.text("zh"), row.text("en")
    if basis is None or of not in {t.id for t in plan.tolerances}:
        return None
    return ToleranceReading(*found, of, basis)
