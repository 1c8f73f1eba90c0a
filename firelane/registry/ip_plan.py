"""A programme as data: goals, indicators, projects, tasks, safeguards, fund rules (知识产权运营服务体系建设实施方案)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

from firelane.registry.documents import Document, Misprint, Named, Question
from firelane.registry.indicators import Citation, Comparator, Indicator, Mark
from firelane.registry.kinds import Kind, word_lists
from firelane.registry.own_records import Additions
from firelane.vocabulary import Term


class UnitGroup(Term):
    """Whether a name stands for one body or for several."""

    ONE = "one", "单个单位", "one body"
    EVERY = "every", "全部同类单位", "every body of that kind"
    UNRESOLVED = "unresolved", "未指明的单位", "not named one by one"


class MoneyBasis(Term):
    """Which money of a share is counted."""

    COMMITTED = "committed", "已安排（承诺）", "committed"
    PAID = "paid", "已支付", "paid"


class DocumentKind(Term):
    """What a plan wants to be issued or set up."""

    POLICY = "policy", "政策", "policy"
    MEASURE = "measure", "管理办法", "administrative measure"
    SYSTEM = "system", "制度", "system"
    SCHEME = "scheme", "计划", "scheme"


@dataclass(frozen=True)
class Unit(Named):
    """A body that leads or answers for a task, or an unresolved group of bodies (相关区、县（市）政府)."""

    group: UnitGroup
    note_zh: str = ""
    note_en: str = ""


@dataclass(frozen=True)
class Horizon:
    """The time that a plan is for: the words, and the days they are read as (to be confirmed)."""

    years: int
    first_day: date
    last_day: date
    citations: tuple[Citation, ...]
    note_zh: str
    note_en: str


@dataclass(frozen=True)
class Goal(Named):
    """A development goal; ``text`` is its whole paragraph."""

    text: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True)
class Project(Named):
    """A project (工程) that groups tasks."""

    number: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True)
class Target:
    """A key target of a task, word by word, with the indicators and the documents that follow from it."""

    zh: str
    en: str
    indicators: tuple[str, ...]
    documents: tuple[str, ...]
    citation: Citation


@dataclass(frozen=True)
class Task(Named):
    """A task with its units as printed (``lead``, ``responsible``) and one by one (ids of :class:`Unit`)."""

    number: int
    project: str
    article: str
    text: str
    targets: tuple[Target, ...]
    lead: str
    lead_units: tuple[str, ...]
    responsible: str
    responsible_units: tuple[str, ...]
    citations: tuple[Citation, ...]
    note_zh: str = ""
    note_en: str = ""


@dataclass(frozen=True)
class Safeguard(Named):
    """A safeguard (保障措施) with its units."""

    number: str
    article: str
    text: str
    responsible: str
    responsible_units: tuple[str, ...]
    citations: tuple[Citation, ...]


@dataclass(frozen=True)
class MoneySet:
    """Which money is summed: an empty tuple means any; ``market_based`` None means either."""

    sources: tuple[str, ...]
    categories: tuple[str, ...]
    market_based: bool | None

    def holds(self, source: str, category: str, *, market_based: bool) -> bool:
        """Tell whether a sum of that source and category belongs to the set."""
        return (
            (not self.sources or source in self.sources)
            and (not self.categories or category in self.categories)
            and (self.market_based is None or self.market_based == market_based)
        )


@dataclass(frozen=True)
class FundReading(Named):
    """One way to read a fund rule: what is divided by what, committed or paid. The first of a rule is the proposed one."""

    basis: MoneyBasis
    numerator: MoneySet
    denominator: MoneySet
    mark: Mark


@dataclass(frozen=True)
class FundRule(Named):
    """A share that the money must keep; ``readings`` are the ways the text can be read, all to be shown where they differ."""

    comparator: Comparator
    share_pct: float
    readings: tuple[FundReading, ...]
    citations: tuple[Citation, ...]
    to_confirm: tuple[str, ...]
    note_zh: str
    note_en: str


@dataclass(frozen=True)
class Tolerance(Named):
    """A limit that is a policy to be promoted, not a target."""

    comparator: Comparator
    limit_pct: float
    tasks: tuple[str, ...]
    citations: tuple[Citation, ...]
    to_confirm: tuple[str, ...]
    note_zh: str
    note_en: str


@dataclass(frozen=True)
class DocumentToIssue(Named):
    """A policy, measure or system that the plan wants to be issued."""

    kind: DocumentKind
    tasks: tuple[str, ...]
    citations: tuple[Citation, ...]


@dataclass(frozen=True)
class Related(Named):
    """Another document: what it says of this one, and where that was read."""

    number: str
    mark: Mark
    source: str
    note_zh: str
    note_en: str


@dataclass(frozen=True)
class National(Named):
    """An indicator of the national notice that one or several of the plan answer; ``target_zh`` as reported there."""

    target_zh: str
    target_en: str
    mark: Mark


@dataclass(frozen=True)
class Difference(Named):
    """Where goals and tasks of one plan differ, and what is made of it."""

    indicators: tuple[str, ...]
    citations: tuple[Citation, ...]
    handling_zh: str
    handling_en: str


@dataclass(frozen=True)
class Plan(Document):
    """A programme of a city, complete."""

    horizon: Horizon
    units: Mapping[str, Unit]
    goals: tuple[Goal, ...]
    indicators: tuple[Indicator, ...]
    projects: tuple[Project, ...]
    tasks: tuple[Task, ...]
    safeguards: tuple[Safeguard, ...]
    fund_sources: tuple[Named, ...]
    fund_categories: tuple[Named, ...]
    fund_rules: tuple[FundRule, ...]
    tolerances: tuple[Tolerance, ...]
    documents_to_issue: tuple[DocumentToIssue, ...]
    related: tuple[Related, ...]
    national: tuple[National, ...]
    differences: tuple[Difference, ...]
    misprints: tuple[Misprint, ...]
    questions: tuple[Question, ...]
    additions: Additions = field(default_factory=Additions)

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """Kinds of records; sources and purposes of money are those of the plan, where it names any."""
        lists = {}
        for name, rows in (("fund_source", self.fund_sources), ("fund_purpose", self.fund_categories)):
            known = word_lists("ip")[name]
            if rows:  # words that the records have already keep their spelling there
                lists[name] = {row.id: known.get(row.id, (row.zh, row.en)) for row in rows}
        return self.additions.kinds("ip", lists)

    @cached_property
    def indicator(self) -> Mapping[str, Indicator]:
        """Indicators by id."""
        return {item.id: item for item in self.indicators}

    @cached_property
    def task(self) -> Mapping[str, Task]:
        """Tasks by id."""
        return {item.id: item for item in self.tasks}

    def indicators_of(self, task: str) -> tuple[Indicator, ...]:
        """Return the indicators that a task names."""
        return tuple(item for item in self.indicators if task in item.tasks)

    def led_by(self, unit: str) -> tuple[Task, ...]:
        """Return the tasks that a unit leads, alone or with others."""
        return tuple(item for item in self.tasks if unit in item.lead_units)

    @property
    def lead_units(self) -> tuple[Unit, ...]:
        """Every unit that leads a task, in the order of the tasks."""
        return tuple(self.units[key] for key in dict.fromkeys(unit for task in self.tasks for unit in task.lead_units))


def load_plan(name_or_path: str | Path = "shenyang_ip_2020") -> Plan:
    """Return a packaged plan, or that of a file of the user's.

    Raises
    ------
    InputError
        Every problem of the file at once.

    >>> plan = load_plan()
    >>> len(plan.tasks), plan.indicator["G1.1"].target_text("en")
    (20, '≥ 20 % average yearly growth')
    """
    from firelane.registry.ip_plan_rows import read_plan  # noqa: PLC0415  (it builds what is declared here)

    return read_plan(name_or_path)
