"""A programme's TOML: every table read and checked against the others (方案文件的读取与检查)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from firelane.registry.document_rows import OWN, DocumentReader, named, read_document, read_names
from firelane.registry.documents import Named
from firelane.registry.indicator_rows import read_indicator
from firelane.registry.indicators import Citation, Comparator, Indicator, Mark
from firelane.registry.ip_plan import (
    Difference,
    DocumentKind,
    DocumentToIssue,
    FundReading,
    FundRule,
    Goal,
    Horizon,
    MoneyBasis,
    MoneySet,
    National,
    Plan,
    Project,
    Related,
    Safeguard,
    Target,
    Task,
    Tolerance,
    Unit,
    UnitGroup,
)  # fmt: skip
from firelane.registry.reading import Table, packaged

FOLDER = "plans"
_TABLES = (
    "plan", "horizon", "unit", "goal", "indicator", "project", "task", "safeguard", "fund_source", "fund_category",
    "fund_rule", "tolerance", "document_to_issue", "related", "national", "difference", *OWN,
)  # fmt: skip


def available_plans() -> tuple[str, ...]:
    """Return the names of the packaged plans."""
    return packaged(FOLDER)


def read_plan(name_or_path: str | Path) -> Plan:
    """Return the plan of a file; see :func:`firelane.registry.ip_plan.load_plan`."""
    return read_document(name_or_path, FOLDER, "方案", "plan", lambda top: _Reader(top).plan())


class _Reader(DocumentReader):
    """Reads one file and gathers what is wrong with it."""

    def __init__(self, top: Table) -> None:
        super().__init__(top, "plan", "ip")
        self.ids = self.unique(*(key for key in _TABLES[2:] if key not in ("column", "word")))

    def plan(self) -> Plan | None:
        top = self.top
        top.known(*_TABLES)
        head = self.head_values()
        horizon = self._horizon(top.table("horizon"))
        units = [self._unit(row) for row in top.rows("unit")]
        goals = [self._goal(row) for row in top.rows("goal")]
        found = [read_indicator(row, self.number, self.ids) for row in top.rows("indicator")]
        indicators: list[Indicator] = [item for item in found if item is not None]
        projects = [self._project(row) for row in top.rows("project")]
        tasks = [self._task(row) for row in top.rows("task")]
        top.unique("task", [str(task.number) for task in tasks])
        safeguards = [self._safeguard(row) for row in top.rows("safeguard", required=False)]
        rules = [self._fund_rule(row) for row in top.rows("fund_rule", required=False)]
        tolerances = [self._tolerance(row) for row in top.rows("tolerance", required=False)]
        papers = [self._document(row) for row in top.rows("document_to_issue", required=False)]
        related = [self._related(row) for row in top.rows("related", required=False)]
        national = [self._national(row) for row in top.rows("national", required=False)]
        differences = [self._difference(row) for row in top.rows("difference", required=False)]
        self._told_twice(tasks, indicators)
        misprints, questions, additions = self.misprints(), self.questions(), self.additions()
        if head is None or horizon is None or top.problems:
            return None
        plan = Plan(
            **head, horizon=horizon,
            units={unit.id: unit for unit in units}, goals=tuple(goals), indicators=tuple(indicators),
            projects=tuple(projects), tasks=tuple(tasks), safeguards=tuple(safeguards),
            fund_sources=self._names("fund_source"), fund_categories=self._names("fund_category"),
            fund_rules=tuple(rules), tolerances=tuple(tolerances), documents_to_issue=tuple(papers),
            related=tuple(related), national=tuple(national), differences=tuple(differences), misprints=misprints,
            questions=questions, additions=additions,
        )  # fmt: skip
        for key, column in (("fund_source", "source"), ("fund_category", "purpose")):  # a cell must mean one of them
            words = plan.kinds["fund_use"].column(column).choices
            top.unique(key, [w for name, both in words.items() for w in dict.fromkeys(t.casefold() for t in (name, *both))])
        return plan

    def _names(self, key: str) -> tuple[Named, ...]:
        return read_names(self.top.rows(key, required=False))

    def _horizon(self, row: Table) -> Horizon | None:
        row.known("years", "first_day", "last_day", "citations", "note_zh", "note_en")
        years, first, last = row.whole("years", least=1, most=50), row.day("first_day"), row.day("last_day")
        if first and last and first >= last:
            row.fault("last_day", "is not after first_day", "不晚于 first_day")
        citations, notes = self.cite(row), (row.text("note_zh"), row.text("note_en"))
        return Horizon(years, first, last, citations, *notes) if years and first and last else None

    def _unit(self, row: Table) -> Unit:
        row.known("id", "zh", "en", "group", "note_zh", "note_en")
        group = row.choice("group", UnitGroup, UnitGroup.ONE) or UnitGroup.ONE
        return Unit(*named(row), group, row.text("note_zh", required=False), row.text("note_en", required=False))

    def _goal(self, row: Table) -> Goal:
        row.known("id", "zh", "en", "article", "text")
        article, text = row.text("article"), row.text("text")
        return Goal(*named(row), text, (Citation(self.number, article, text),))

    def _project(self, row: Table) -> Project:
        row.known("id", "zh", "en", "number", "citations")
        return Project(*named(row), row.text("number"), self.cite(row))

    def _units(self, row: Table, key: str) -> tuple[str, tuple[str, ...]]:
        text, units = row.text(key), row.texts(f"{key}_units", required=True)
        row.among(f"{key}_units", units, self.ids["unit"])
        return text, units

    def _task(self, row: Table) -> Task:
        row.known(
            "id", "zh", "en", "number", "project", "article", "text", "target", "lead", "lead_units", "responsible",
            "responsible_units", "citations", "note_zh", "note_en",
        )  # fmt: skip
        article, text = row.text("article"), row.text("text")
        targets = tuple(self._target(part, article, text) for part in row.rows("target"))
        lead, responsible = self._units(row, "lead"), self._units(row, "responsible")
        return Task(
            *named(row), row.whole("number", least=1) or 0, row.one_of("project", self.ids["project"]), article, text,
            targets, *lead, *responsible, self.cite(row, article=article), row.text("note_zh", required=False),
            row.text("note_en", required=False),
        )  # fmt: skip

    def _target(self, row: Table, article: str, text: str) -> Target:
        row.known("zh", "en", "indicators", "documents")
        zh, indicators, documents = row.text("zh"), row.texts("indicators"), row.texts("documents")
        if zh not in text:
            row.fault("zh", "does not stand in the text of the task", "不在任务原文中")
        row.among("indicators", indicators, self.ids["indicator"])
        row.among("documents", documents, self.ids["document_to_issue"])
        return Target(zh, row.text("en"), indicators, documents, Citation(self.number, article, zh))

    def _safeguard(self, row: Table) -> Safeguard:
        row.known("id", "zh", "en", "number", "article", "text", "responsible", "responsible_units")
        article, text = row.text("article"), row.text("text")
        responsible = self._units(row, "responsible")
        return Safeguard(*named(row), row.text("number"), article, text, *responsible, (Citation(self.number, article, text),))

    def _money(self, row: Table) -> MoneySet:
        row.known("sources", "categories", "market_based")
        sources, categories = row.texts("sources"), row.texts("categories")
        row.among("sources", sources, self.ids["fund_source"])
        row.among("categories", categories, self.ids["fund_category"])
        market = row.flag("market_based", default=False) if "market_based" in row.raw else None
        return MoneySet(sources, categories, market)

    def _reading(self, row: Table) -> FundReading:
        row.known("id", "zh", "en", "basis", "numerator", "denominator", "mark")
        basis, mark = row.choice("basis", MoneyBasis), row.choice("mark", Mark, Mark.PROPOSED)
        money = self._money(row.table("numerator")), self._money(row.table("denominator"))
        return FundReading(*named(row), basis or MoneyBasis.PAID, *money, mark or Mark.PROPOSED)

    def _limit(self, row: Table, key: str) -> tuple[Comparator, float]:
        comparator = row.choice("comparator", Comparator)
        if comparator in (Comparator.NONE, Comparator.PLAIN):
            row.fault("comparator", "a share is at least or at most", "比例应为 >= 或 <=")
        return comparator or Comparator.AT_LEAST, row.number(key, least=0, most=100) or 0.0

    def _fund_rule(self, row: Table) -> FundRule:
        row.known("id", "zh", "en", "comparator", "share_pct", "reading", "citations", "to_confirm", "note_zh", "note_en")
        readings = tuple(self._reading(part) for part in row.rows("reading"))
        row.unique("reading", [reading.id for reading in readings])
        limit = self._limit(row, "share_pct")
        notes = row.text("note_zh", required=False), row.text("note_en", required=False)
        return FundRule(*named(row), *limit, readings, self.cite(row), row.texts("to_confirm"), *notes)

    def _tolerance(self, row: Table) -> Tolerance:
        row.known("id", "zh", "en", "comparator", "limit_pct", "tasks", "citations", "to_confirm", "note_zh", "note_en")
        limit, tasks = self._limit(row, "limit_pct"), self._tasks(row)
        notes = row.text("note_zh", required=False), row.text("note_en", required=False)
        return Tolerance(*named(row), *limit, tasks, self.cite(row), row.texts("to_confirm"), *notes)

    def _tasks(self, row: Table) -> tuple[str, ...]:
        tasks = row.texts("tasks")
        row.among("tasks", tasks, self.ids["task"])
        return tasks

    def _document(self, row: Table) -> DocumentToIssue:
        row.known("id", "zh", "en", "kind", "tasks", "citations")
        kind = row.choice("kind", DocumentKind) or DocumentKind.POLICY
        return DocumentToIssue(*named(row), kind, self._tasks(row), self.cite(row))

    def _related(self, row: Table) -> Related:
        row.known("id", "zh", "en", "number", "mark", "source", "note_zh", "note_en")
        mark = row.choice("mark", Mark) or Mark.READ
        return Related(
            *named(row), row.text("number", required=False), mark, row.text("source"), row.text("note_zh"), row.text("note_en")
        )

    def _national(self, row: Table) -> National:
        row.known("id", "zh", "en", "target_zh", "target_en", "mark")
        return National(*named(row), row.text("target_zh"), row.text("target_en"), row.choice("mark", Mark) or Mark.READ)

    def _difference(self, row: Table) -> Difference:
        row.known("id", "zh", "en", "indicators", "citations", "handling_zh", "handling_en")
        indicators = row.texts("indicators")
        row.among("indicators", indicators, self.ids["indicator"])
        citations = self.cite(row)
        if len(citations) < 2:
            row.fault("citations", "a difference has two wordings", "差异应引两处原文")
        return Difference(*named(row), indicators, citations, row.text("handling_zh"), row.text("handling_en"))

    def _told_twice(self, tasks: Sequence[Task], indicators: Sequence[Indicator]) -> None:
        """Note where a task's targets and the indicators' tasks do not say the same."""
        at_targets = {(task.id, key) for task in tasks for target in task.targets for key in target.indicators}
        at_rows = {(task, item.id) for item in indicators for task in item.tasks}
        for task, key in sorted(at_targets ^ at_rows):
            self.top.fault(
                "task", f"task {task} and indicator {key} do not name each other", f"任务 {task} 与指标 {key} 未互相注明",
                ("name the indicator at a target of the task, and the task at the indicator", "请在任务的目标中写明指标，并在指标中写明任务"),
            )  # fmt: skip
