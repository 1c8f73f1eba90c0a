"""Figures of the cases: days to close, re-inspections passed, repeat offenders, by district and manager.

Everything is counted from the events, as things stood at one moment: the same call for a past day gives the figures of that day.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from statistics import median
from typing import TYPE_CHECKING

from firelane.cases.model import PartyRole
from firelane.cases.rows import bodies, day_of, days_between, overdue_days
from firelane.cases.workflow import fold, workflow
from firelane.errors import UsageError
from firelane.store.times import BEIJING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from firelane.cases.book import CaseBook
    from firelane.cases.model import Case, Event
    from firelane.vocabulary import Lang

UNKNOWN = {"zh": "（未注明）", "en": "(not told)"}


@dataclass(frozen=True)
class Group:
    """Figures of some cases.

    Attributes
    ----------
    name : str
        District, manager or responsible party; "" for all, or where the data do not tell.
    name_en : str
        The same in English where it is not a name out of the data.
    cases, open, overdue, closed, void : int
        ``void`` counts what was no violation and what was a duplicate; it is not in ``closed``.
    days_to_close : tuple of int
        Days from the first notice to closing, of each closed case that had a notice; sorted.
    reinspections, passed : int
        Re-inspections held, and those passed.
    repeats, reopened : int
        How often a later audit found a case again, how often one came back after closing.
    repeat_cases : int
        Cases found again or reopened at least once.
    lonlat : (float, float) or None
        Mean place of the cases, for the map.
    """

    name: str
    cases: int
    open: int
    overdue: int
    closed: int
    void: int
    days_to_close: tuple[int, ...]
    reinspections: int
    passed: int
    repeats: int
    reopened: int
    repeat_cases: int
    lonlat: tuple[float, float] | None = None
    name_en: str = ""

    def text(self, lang: Lang = "zh") -> str:
        """Return the name in ``lang``; what stands for none where the data do not tell."""
        return (self.name_en if lang == "en" else "") or self.name or UNKNOWN[lang]

    @property
    def median_days(self) -> float | None:
        """Median days from notice to closing; None where no case was closed after a notice."""
        return float(median(self.days_to_close)) if self.days_to_close else None

    @property
    def pass_rate(self) -> float | None:
        """Share of the re-inspections that were passed; None where none was held."""
        return self.passed / self.reinspections if self.reinspections else None


@dataclass(frozen=True)
class Statistics:
    """Figures of all cases of a period.

    Attributes
    ----------
    at : datetime
        As things stood then.
    since, until : date or None
        Days between which the cases were opened.
    total : Group
    by_district, by_manager, by_site, by_kind : tuple of Group
        The most cases first.
    by_state : Mapping-like tuple of (state, count)
    offenders : tuple of Group
        Responsible parties with a case found again or reopened, the most first; whoever has no name of his own (a
        driver, a shop) is told apart by the site.
    months : tuple of (month, opened, closed)
        ``YYYY-MM``, without gaps.
    """

    at: datetime
    since: date | None
    until: date | None
    total: Group
    by_district: tuple[Group, ...]
    by_manager: tuple[Group, ...]
    by_site: tuple[Group, ...]
    by_kind: tuple[Group, ...]
    by_state: tuple[tuple[str, int], ...]
    offenders: tuple[Group, ...]
    months: tuple[tuple[str, int, int], ...]
    cases: tuple[Case, ...] = field(default=(), repr=False)


def statistics(
    book: CaseBook, *, since: date | None = None, until: date | None = None, at: date | None = None
) -> Statistics:
    """Work the figures out.

    Parameters
    ----------
    book : CaseBook
    since, until : date, optional
        Only cases opened on these days or between them (Beijing).
    at : date, optional
        As things stood at the end of this day; by default now. Later events are not counted.

    Raises
    ------
    UsageError
        If ``since`` lies after ``until``, or ``at`` before ``since``.
    """
    end = until if at is None else at
    if since is not None and ((until is not None and since > until) or (end is not None and since > end)):
        last = end if until is None or since <= until else until
        raise UsageError(f"the period ends before it begins: {since} – {last}", f"期间的终点早于起点：{since} – {last}")
    when = book.now() if at is None else datetime.combine(at, time.max, BEIJING)
    snapshot = book.snapshot()
    cases = tuple(
        case
        for old in snapshot.cases
        if (case := _as_of(old, snapshot.events[old.case_id], when)) is not None and _within(case, since, until)
    )
    offenders = _groups(cases, lambda c: _offender(c, "zh"), when)
    english = {_offender(c, "zh"): _offender(c, "en") for c in cases}
    states = Counter(case.state for case in cases)
    return Statistics(
        at=when, since=since, until=until, total=_group("", cases, when),
        by_district=_groups(cases, lambda c: c.site.district, when),
        by_manager=_groups(cases, lambda c: c.site.manager, when),
        by_site=_groups(cases, lambda c: c.site.name or c.site.site_id, when), by_kind=_groups(cases, lambda c: c.kind, when),
        by_state=tuple((s, states[s]) for s in workflow().states if states[s]),
        offenders=tuple(sorted(
            (replace(g, name_en=english[g.name]) for g in offenders if g.repeat_cases), key=lambda g: (-g.repeats - g.reopened, -g.repeat_cases, g.name)
        )),
        months=_months(cases), cases=cases,
    )  # fmt: skip


def _as_of(case: Case, events: Sequence[Event], when: datetime) -> Case | None:
    """Return the case as it stood: events recorded or happening later are not counted."""
    known = [e for e in events if e.recorded_at <= when and e.happened_at <= when]
    if len(known) == len(events):
        return case
    # events that were written down late may leave a gap: what came before it is what stood
    whole = [e for n, e in enumerate(known, 1) if e.seq == n]
    return fold(whole) if whole else None


def _offender(case: Case, lang: Lang) -> str:
    """Return who is responsible; a body that many go by is told apart by the site."""
    name, site = bodies(case, PartyRole.RESPONSIBLE, lang), case.site.name or case.site.site_id
    if not name or not site or (case.site.manager and case.site.manager in name):
        return name
    return f"{name}（{site}）" if lang == "zh" else f"{name} ({site})"


def _within(case: Case, since: date | None, until: date | None) -> bool:
    day = day_of(case.opened_at)
    return day is None or ((since is None or day >= since) and (until is None or day <= until))


def _groups(cases: Iterable[Case], key: Callable[[Case], str], when: datetime) -> tuple[Group, ...]:
    found: dict[str, list[Case]] = {}
    for case in cases:
        found.setdefault(key(case), []).append(case)
    made = [_group(name, members, when) for name, members in found.items()]
    return tuple(sorted(made, key=lambda g: (-g.cases, g.name)))


def _group(name: str, cases: Sequence[Case], when: datetime) -> Group:
    flow = workflow()
    closed = [c for c in cases if c.closed_at is not None and not _unfounded(c)]
    places = [c.lonlat for c in cases if c.lonlat is not None]
    days = (days_between(c.noticed_at, c.closed_at) for c in closed)
    return Group(
        name=name, cases=len(cases),
        open=sum(flow.states[c.state].group != "closed" for c in cases),
        overdue=sum(overdue_days(c, when) > 0 for c in cases),
        closed=len(closed), void=sum(_unfounded(c) for c in cases),
        days_to_close=tuple(sorted(d for d in days if d is not None)),
        reinspections=sum(c.reinspections for c in cases),
        passed=sum(c.reinspections - c.failed_reinspections for c in cases),
        repeats=sum(c.repeats for c in cases), reopened=sum(c.reopened for c in cases),
        repeat_cases=sum(c.repeats + c.reopened > 0 for c in cases),
        lonlat=None if not places else (sum(p[0] for p in places) / len(places), sum(p[1] for p in places) / len(places)),
    )  # fmt: skip


def _unfounded(case: Case) -> bool:
    """Tell whether a case was none: void or a duplicate, closed or not."""
    return bool(case.duplicate_of) or case.state in ("void", "duplicate") or case.close_reason in ("void", "duplicate")


def _months(cases: Sequence[Case]) -> tuple[tuple[str, int, int], ...]:
    opened = Counter(_month(c.opened_at) for c in cases)
    closed = Counter(_month(c.closed_at) for c in cases if not _unfounded(c))
    names = sorted({m for m in (*opened, *closed) if m})
    if not names:
        return ()
    year, month = map(int, names[0].split("-"))
    found = []
    while (name := f"{year:04d}-{month:02d}") <= names[-1]:
        found.append((name, opened[name], closed[name]))
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return tuple(found)


def _month(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(BEIJING).strftime("%Y-%m")


def summary_lines(figures: Statistics, lang: Lang) -> list[str]:
    """Return the figures of all cases in a few lines."""
    total, zh = figures.total, lang == "zh"
    days = "–" if total.median_days is None else f"{total.median_days:g}"
    rate = "–" if total.pass_rate is None else f"{100 * total.pass_rate:.0f} %"
    if zh:
        return [
            f"案件 {total.cases} 件：未结 {total.open}，逾期 {total.overdue}，已结 {total.closed}，撤销或重复 {total.void}",
            f"通知至结案天数中位数 {days}（{len(total.days_to_close)} 件）；复查 {total.reinspections} 次，合格率 {rate}",
            f"再次发现 {total.repeats} 次，重新立案 {total.reopened} 次，涉及 {total.repeat_cases} 件",
        ]
    return [
        f"{total.cases} cases: {total.open} open, {total.overdue} overdue, {total.closed} closed, {total.void} void or duplicate",
        f"median days from notice to closing {days} (of {len(total.days_to_close)}); {total.reinspections} re-inspections, {rate} passed",
        f"found again {total.repeats} times, reopened {total.reopened} times, {total.repeat_cases} cases concerned",
    ]
