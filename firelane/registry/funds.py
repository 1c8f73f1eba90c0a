"""Money and loans: the fund rules by every reading, balances, the non-performing ratio against its tolerance (资金与质押融资)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from firelane.registry.growth import Words
from firelane.registry.indicators import Comparator
from firelane.registry.ip_approval import approved_records, corrected_since
from firelane.registry.ip_counts import Counting, ToleranceBasis, ToleranceReading
from firelane.registry.ip_plan import FundReading, FundRule, MoneyBasis, Plan, Tolerance
from firelane.registry.ip_presence import named
from firelane.registry.state import Record, State
from firelane.vocabulary import Term


class Ruling(Term):
    """What a share is found to be."""

    HELD = "held", "符合", "held"
    BROKEN = "broken", "不符合", "broken"
    UNDECIDED = "undecided", "尚无定论，待确认", "undecided, to be confirmed"
    NOT_EVALUABLE = "not_evaluable", "无法评价", "not evaluable"


@dataclass(frozen=True)
class ShareFound:
    """A share by one reading: numerator over denominator [yuan], the share [%], whether it holds (None: no denominator)."""

    reading: FundReading
    numerator_yuan: float
    denominator_yuan: float
    share_pct: float | None
    met: bool | None


@dataclass(frozen=True)
class RuleFound:
    """A fund rule by all its readings."""

    rule: FundRule
    shares: tuple[ShareFound, ...]
    ruling: Ruling
    reasons: tuple[Words, ...]


@dataclass(frozen=True)
class Balance:
    """Money of one source [yuan]: received, committed, paid."""

    source: str
    received_yuan: float
    committed_yuan: float
    paid_yuan: float


@dataclass(frozen=True)
class Spending:
    """Money of one purpose [yuan]."""

    purpose: str
    committed_yuan: float
    paid_yuan: float


@dataclass(frozen=True)
class Funds:
    """All money at a date."""

    rules: tuple[RuleFound, ...]
    balances: tuple[Balance, ...]
    total: Balance
    spending: tuple[Spending, ...]
    pending: int
    flags: tuple[Words, ...]


@dataclass(frozen=True)
class BankLoans:
    """Loans of one bank: number, outstanding and non-performing [yuan]."""

    bank: str
    loans: int
    outstanding_yuan: float
    non_performing_yuan: float
    unknown_yuan: float


@dataclass(frozen=True)
class ToleranceFound:
    """A tolerance by one reading; ``met`` is None where it cannot be told, ``reason`` says why."""

    reading: ToleranceReading
    met: bool | None
    reason: Words | None


@dataclass(frozen=True)
class Loans:
    """All pledge loans at a date.

    Attributes
    ----------
    number : int
    lent_yuan, outstanding_yuan, non_performing_yuan : float
        Outstanding and non-performing: of loans whose state is recorded.
    unknown_yuan, unknown : float, int
        Amount and number of loans without a recorded state.
    low_pct, high_pct : float or None
        The ratio; they differ where loans without a state could be either [%].
    banks : tuple of BankLoans
    tolerances : tuple of (Tolerance, tuple of ToleranceFound, Ruling)
    pending : int
    flags : tuple of (str, str)
    """

    number: int
    lent_yuan: float
    outstanding_yuan: float
    non_performing_yuan: float
    unknown_yuan: float
    unknown: int
    low_pct: float | None
    high_pct: float | None
    banks: tuple[BankLoans, ...]
    tolerances: tuple[tuple[Tolerance, tuple[ToleranceFound, ...], Ruling], ...]
    pending: int
    flags: tuple[Words, ...]


def funds_at(state: State, plan: Plan, on: dt.date) -> Funds:
    """Return the money and what the fund rules make of it at a date; what is rejected or withdrawn never counts."""
    uses = state.records("fund_use", on=on)
    received = state.records("appropriation", on=on)
    sources = [
        *(s.id for s in plan.fund_sources),
        *sorted({r["source"] for r in (*uses, *received)} - {s.id for s in plan.fund_sources}),
    ]
    balances = tuple(
        _balance(s, [r for r in received if r["source"] == s], [r for r in uses if r["source"] == s]) for s in sources
    )
    balances = tuple(b for b in balances if b.received_yuan or b.committed_yuan or b.paid_yuan)
    purposes = list(dict.fromkeys([*(c.id for c in plan.fund_categories), *sorted({r["purpose"] for r in uses})]))
    spending = tuple(
        Spending(p, _sum(_staged(uses, "committed", purpose=p)), _sum(_staged(uses, "paid", purpose=p)))
        for p in purposes if any(r["purpose"] == p for r in uses)
    )  # fmt: skip
    pending = sum(r.decision != "approved" for r in (*uses, *received))
    rules = tuple(_rule(rule, uses) for rule in plan.fund_rules)
    flags = (*_money_flags(plan, uses, balances), *_corrected(state, (*received, *uses), on))
    return Funds(rules, balances, _balance("", received, uses), spending, pending, flags)


def _corrected(state: State, rows: Iterable[Record], on: dt.date) -> tuple[Words, ...]:
    sure = (*approved_records(state, "appropriation", on=on), *approved_records(state, "fund_use", on=on))
    return corrected_since(state, rows, "amount_yuan", sure)


def _balance(source: str, received: Iterable[Record], uses: Sequence[Record]) -> Balance:
    return Balance(source, _sum(received), _sum(_staged(uses, "committed")), _sum(_staged(uses, "paid")))


def _staged(uses: Iterable[Record], stage: str, purpose: str | None = None) -> list[Record]:
    return [r for r in uses if r["stage"] == stage and purpose in (None, r["purpose"])]


def _exact(rows: Iterable[Record], key: str = "amount_yuan") -> Decimal:
    return sum((Decimal(repr(r[key])) for r in rows), Decimal(0))


def _sum(rows: Iterable[Record], key: str = "amount_yuan") -> float:
    return float(_exact(rows, key))


def _rule(rule: FundRule, uses: Sequence[Record]) -> RuleFound:
    shares = tuple(_share(rule, reading, uses) for reading in rule.readings)
    told = {s.met for s in shares if s.met is not None}
    reasons = tuple(
        (f"{s.reading.zh}：没有资金记录，不能计算", f"{s.reading.en}: no money is recorded, no share")
        for s in shares
        if s.met is None
    )
    if not told:
        return RuleFound(rule, shares, Ruling.NOT_EVALUABLE, reasons)
    # No money by one reading is no agreement with the others.
    unsure = len(told) > 1 or any(s.met is None for s in shares)
    ruling = Ruling.UNDECIDED if unsure else Ruling.HELD if True in told else Ruling.BROKEN
    return RuleFound(rule, shares, ruling, reasons)


def _share(rule: FundRule, reading: FundReading, uses: Sequence[Record]) -> ShareFound:
    stage = "paid" if reading.basis is MoneyBasis.PAID else "committed"
    whole = [
        r for r in _staged(uses, stage) if reading.denominator.holds(r["source"], r["purpose"], market_based=r["market_based"])
    ]
    part = [
        r for r in _staged(uses, stage) if reading.numerator.holds(r["source"], r["purpose"], market_based=r["market_based"])
    ]
    above, below = _exact(part), _exact(whole)
    if below == 0:
        return ShareFound(reading, float(above), 0.0, None, None)
    met = _meets(rule.comparator, above * 100, Decimal(repr(rule.share_pct)) * below)
    return ShareFound(reading, float(above), float(below), float(above * 100 / below), met)


def _meets(comparator: Comparator, value: Decimal, limit: Decimal) -> bool:
    """Compare exactly: 40 of 100 is 40 %, whatever the halves of cents."""
    return value <= limit if comparator is Comparator.AT_MOST else value >= limit


def _money_flags(plan: Plan, uses: Sequence[Record], balances: Sequence[Balance]) -> tuple[Words, ...]:
    names = {s.id: s for s in plan.fund_sources}
    flags: list[Words] = []
    for b in balances:
        zh, en = (names[b.source].zh, names[b.source].en) if b.source in names else (b.source, b.source)
        if b.committed_yuan > b.received_yuan:
            flags.append((f"{zh}：已安排超过已下达", f"{en}: more is committed than was received"))
        if b.paid_yuan > b.received_yuan:
            flags.append((f"{zh}：已支付超过已下达", f"{en}: more is paid than was received"))
    by_project: dict[str, list[Record]] = defaultdict(list)
    for row in uses:
        by_project[row["project"]].append(row)
    over = [
        p for p in sorted(by_project) if _exact(_staged(by_project[p], "paid")) > _exact(_staged(by_project[p], "committed"))
    ]
    return (*flags, *named(over, "已支付超过已安排的项目", "projects with more paid than committed"))


# ------------------------------------------------------------------------------------------- loans


@dataclass(frozen=True)
class _Loan:
    record: Record
    state: Record | None

    @property
    def outstanding(self) -> Decimal:
        if self.state is None or self.state["state"] == "repaid":
            return Decimal(0)
        return Decimal(repr(self.state["outstanding_yuan"]))

    @property
    def bad(self) -> Decimal:
        return self.outstanding if self.state is not None and self.state["state"] == "non_performing" else Decimal(0)

    @property
    def unknown(self) -> Decimal:
        return Decimal(repr(self.record["amount_yuan"])) if self.state is None else Decimal(0)


def loans_at(state: State, plan: Plan, counting: Counting, on: dt.date) -> Loans:
    """Return the pledge loans and their non-performing ratio at a date.

    A loan whose state nobody recorded is neither good nor bad: the ratio becomes a range from all of them good to all of
    them bad, each with its whole amount outstanding.
    """
    rows = state.records("pledge", on=on)
    states: dict[str, Record] = {}
    for row in state.records("loan_state", on=on):  # the later ones come later
        states[row["loan"]] = row
    loans = [_Loan(r, states.get(r.record_id)) for r in rows]
    outstanding, bad = sum((x.outstanding for x in loans), Decimal(0)), sum((x.bad for x in loans), Decimal(0))
    unknown = sum((x.unknown for x in loans), Decimal(0))
    whole = outstanding + unknown
    low = None if whole == 0 else bad * 100 / whole
    high = None if whole == 0 else (bad + unknown) * 100 / whole
    tolerances = tuple(_tolerance(t, counting, bad, unknown, whole) for t in plan.tolerances)
    known = {r.record_id for r in rows}
    told = [*rows, *(r for r in states.values() if r["loan"] in known)]
    return Loans(
        len(loans), _sum(rows), float(outstanding), float(bad), float(unknown), sum(x.state is None for x in loans),
        None if low is None else float(low), None if high is None else float(high), _banks(loans), tolerances,
        sum(r.decision != "approved" for r in told),
        (
            *_loan_flags(loans, states, known, counting, on),
            *corrected_since(state, rows, "amount_yuan"),
            *corrected_since(state, (r for r in told if r.kind == "loan_state"), "outstanding_yuan"),
        ),
    )  # fmt: skip


def _banks(loans: Sequence[_Loan]) -> tuple[BankLoans, ...]:
    found = []
    for bank in sorted({x.record["bank"] for x in loans}):
        mine = [x for x in loans if x.record["bank"] == bank]
        sums = (sum((getattr(x, key) for x in mine), Decimal(0)) for key in ("outstanding", "bad", "unknown"))
        found.append(BankLoans(bank, len(mine), *(float(s) for s in sums)))
    return tuple(found)


def _tolerance(
    tolerance: Tolerance, counting: Counting, bad: Decimal, unknown: Decimal, whole: Decimal
) -> tuple[Tolerance, tuple[ToleranceFound, ...], Ruling]:
    mine = [r for r in counting.tolerance_readings if r.tolerance == tolerance.id]
    if not mine:
        mine = [ToleranceReading("absolute", "比例本身", "the ratio itself", tolerance.id, ToleranceBasis.ABSOLUTE)]
    if whole == 0:
        why = ("没有未结清的贷款", "no loan is outstanding")
        return tolerance, tuple(ToleranceFound(r, None, why) for r in mine), Ruling.NOT_EVALUABLE
    limit = Decimal(repr(tolerance.limit_pct)) * whole
    ends = {_meets(tolerance.comparator, value * 100, limit) for value in (bad, bad + unknown)}
    absolute = ends.pop() if len(ends) == 1 else None
    found = tuple(_by(reading, tolerance.comparator, absolute=absolute) for reading in mine)
    results = {f.met for f in found}
    ruling = Ruling.UNDECIDED if len(results) > 1 or None in results else Ruling.HELD if True in results else Ruling.BROKEN
    return tolerance, found, ruling


def _by(reading: ToleranceReading, comparator: Comparator, *, absolute: bool | None) -> ToleranceFound:
    if reading.basis is ToleranceBasis.ABSOLUTE or (absolute and comparator is Comparator.AT_MOST):
        # Within the limit itself is within any margin above a ratio that is not negative.
        unsure = ("有贷款未登记状态，上下限结论不同", "loans without a recorded state decide it")
        return ToleranceFound(reading, absolute, unsure if absolute is None else None)
    return ToleranceFound(
        reading, None, ("没有登记各银行自身的不良率，不能比较", "the banks' own ratios are not recorded: it cannot be compared")
    )


def _loan_flags(
    loans: Sequence[_Loan], states: dict[str, Record], known: set[str], counting: Counting, on: dt.date
) -> tuple[Words, ...]:
    limit = counting.status.loan_state_old_days
    old = [x.record.record_id for x in loans if x.state is not None and x.outstanding and (on - x.state.day).days > limit]
    more = [x.record.record_id for x in loans if x.outstanding > Decimal(repr(x.record["amount_yuan"]))]
    odd = [
        x.record.record_id
        for x in loans
        if x.state is not None and x.state["state"] == "repaid" and x.state["outstanding_yuan"] > 0
    ]
    early = [x.record.record_id for x in loans if x.state is not None and x.state.day < x.record.day]
    return (
        *named([x.record.record_id for x in loans if x.state is None], "未登记贷款状态", "loans without a recorded state"),
        *named(old, f"贷款状态超过 {limit} 天未更新", f"loans whose state is older than {limit} days"),
        *named(more, "余额大于贷款金额", "more outstanding than was lent"),
        *named(odd, "已结清但仍有余额，按结清计", "repaid with something outstanding: counted as repaid"),
        *named(early, "状态日期早于放款日期", "a state older than the loan"),
        *named(sorted(set(states) - known), "贷款已作废、不通过或晚于截至日期，状态不计", "states of loans that do not count"),
    )
