"""A scheme's TOML: every table read and checked against the others (星创天地文件的读取与检查)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from firelane.registry.document_rows import OWN, DocumentReader, named, read_document, read_names
from firelane.registry.documents import Named
from firelane.registry.indicator_rows import read_indicator
from firelane.registry.indicators import Comparator, Mark
from firelane.registry.kinds import Column, ColumnType
from firelane.registry.reading import Table, packaged
from firelane.registry.star_flowfile import read_flow, read_where
from firelane.registry.star_scheme import (
    Basis,
    Condition,
    Criterion,
    CriterionKind,
    DirectBasis,
    Duty,
    Evaluation,
    ExitRule,
    Function,
    Grade,
    Scheme,
    Step,
    Subsidy,
    Variant,
    Vocabulary,
)  # fmt: skip

FOLDER = "schemes"
_TABLES = (
    "scheme", "basis", "annex", "vocabulary", "aim", "condition", "function", "step", "state", "field", "transition",
    "direct_basis", "evaluation", "grade", "subsidy", "exit_rule", "duty", *OWN,
)  # fmt: skip
_ROWS = ("basis", "annex", "vocabulary", "aim", "condition", "function", "step", "direct_basis", "grade", "duty")


def available_schemes() -> tuple[str, ...]:
    """Return the names of the packaged schemes."""
    return packaged(FOLDER)


def read_scheme(name_or_path: str | Path) -> Scheme:
    """Return the scheme of a file; see :func:`firelane.registry.star_scheme.load_scheme`."""
    scheme = read_document(name_or_path, FOLDER, "实施意见", "scheme", lambda top: _Reader(top).scheme())
    own = str(name_or_path) not in available_schemes()
    return replace(scheme, folder=str(Path(name_or_path).parent)) if own else scheme


def _names(row: Table, key: str) -> tuple[Named, ...]:
    found = read_names(row.rows(key))
    row.unique(key, [item.id for item in found])
    return found


def _notes(row: Table, *, required: bool = False) -> tuple[str, str]:
    return row.text("note_zh", required=required), row.text("note_en", required=required)


class _Reader(DocumentReader):
    """Reads one file and gathers what is wrong with it."""

    def __init__(self, top: Table) -> None:
        super().__init__(top, "scheme", "star")
        self.grades = self.unique(*_ROWS)["grade"]

    def scheme(self) -> Scheme | None:
        top = self.top
        top.known(*_TABLES)
        head, indicator_set = self.head_values("indicator_set", "place"), self.head.text("indicator_set")
        place, additions = self.head.text("place", required=False), self.additions()
        bases = tuple(self._basis(row) for row in top.rows("basis", required=False))
        annexes = tuple(self._duty(row) for row in top.rows("annex", required=False))
        vocabularies = tuple(self._vocabulary(row) for row in top.rows("vocabulary", required=False))
        aims = tuple(item for item in (read_indicator(row, self.number, {}) for row in top.rows("aim")) if item)
        conditions = tuple(self._condition(row) for row in top.rows("condition"))
        top.unique("criterion", [item.id for condition in conditions for item in condition.criteria])
        functions = tuple(self._function(row) for row in top.rows("function", required=False))
        flow = read_flow(top, self.number)
        self.transitions = tuple(str(row.raw.get("id", "")) for row in top.rows("transition"))
        steps = tuple(self._step(row) for row in top.rows("step"))
        direct = tuple(self._direct(row) for row in top.rows("direct_basis", required=False))
        evaluation = self._evaluation(top.table("evaluation"))
        grades = tuple(self._grade(row) for row in top.rows("grade"))
        subsidy = self._subsidy(top.table("subsidy")) if "subsidy" in top.raw else None
        exit_rule = self._exit(top.table("exit_rule")) if "exit_rule" in top.raw else None
        duties = tuple(self._duty(row) for row in top.rows("duty", required=False))
        misprints, questions = self.misprints(), self.questions()
        if head is None or top.problems:
            return None
        found = Scheme(
            **head, bases=bases, annexes=annexes, indicator_set=indicator_set, place=place,
            vocabularies={item.id: item for item in vocabularies}, aims=aims, conditions=conditions,
            functions=functions, steps=steps, flow=flow, direct_bases=direct, evaluation=evaluation, grades=grades,
            subsidy=subsidy, exit_rule=exit_rule, duties=duties, misprints=misprints, open_questions=questions,
            additions=additions,
        )  # fmt: skip
        self._looked_up(found)
        return found

    def _looked_up(self, scheme: Scheme) -> None:
        """Note what is looked up where no record has it: it would never be found, and nobody would be told."""
        criteria = {f"{c.id} criterion {i.id}": i for c in scheme.conditions for i in c.criteria}
        for name, item in criteria.items():
            row = Table({}, self.top.layer, f"condition {name}", self.top.problems)
            columns = self._columns(row, scheme, item.record, item.where)
            if item.field and item.record:
                row.among("field", [item.field], columns)
            dated = item.field in columns and columns[item.field].type is ColumnType.DATE
            if bool(item.years) != (dated and item.kind is CriterionKind.COUNT and item.record == "space"):
                row.fault("years", "goes with the count of a date of the space, and is needed there", "用于（且须用于）星创天地日期列的数量项")
            if item.kind is CriterionKind.COUNT and not item.record:
                row.fault("record", "is missing: what is counted?", "缺少：数量取自哪一类记录")
        for step in scheme.flow.transitions.values():
            row = Table({}, self.top.layer, f"transition {step.id}", self.top.problems)
            columns = self._columns(row, scheme, step.record, step.where)
            form = scheme.kinds["application"].columns if step.record == "step" else ()
            row.among("required", step.required, (*columns, *(c.key for c in form)))
        levels = scheme.kinds["space"].column("level").choices
        if scheme.subsidy is not None:
            Table({}, self.top.layer, "[subsidy]", self.top.problems).among("levels", scheme.subsidy.levels, levels)

    def _columns(self, row: Table, scheme: Scheme, record: str, where: Mapping[str, tuple[str, ...]]) -> Mapping[str, Column]:
        """Return the columns of a kind of records that belong to a space or an application; note what none of them has."""
        every = {k.id: {c.key: c for c in k.columns} for k in scheme.kinds.values()}
        fit = {name: columns for name, columns in every.items() if name == "space" or not {"space", "application"}.isdisjoint(columns)}
        if record:
            row.among("record", [record], fit)
        columns = fit.get(record, {})
        for key, words in where.items() if record else ():
            row.among("where", [key], columns)
            if key in columns and columns[key].type is ColumnType.CHOICE:
                row.among(f"where.{key}", words, columns[key].choices)
        return columns

    def _basis(self, row: Table) -> Basis:
        row.known("id", "zh", "en", "variant")
        found = []
        for part in row.rows("variant"):
            part.known("number", "article", "text")
            number, citation = part.text("number"), self.citation(part)
            if number not in citation.verbatim:
                part.fault("number", "does not stand in the text", "不在所引原文中")
            found.append(Variant(number, citation))
        return Basis(*named(row), tuple(found))

    def _duty(self, row: Table) -> Duty:
        row.known("id", "zh", "en", "unit_zh", "unit_en", "article", "text")
        return Duty(*named(row), row.text("unit_zh"), row.text("unit_en"), self.citation(row))

    def _vocabulary(self, row: Table) -> Vocabulary:
        row.known("id", "zh", "en", "open", "item", "article", "text")
        items, citation = _names(row, "item"), self.citation(row)
        for item in items:
            if item.zh not in citation.verbatim:
                row.fault("item", f"{item.zh} does not stand in the text", f"{item.zh} 不在所引原文中")
        return Vocabulary(*named(row), row.flag("open", default=True), items, citation)

    def _condition(self, row: Table) -> Condition:
        row.known("id", "zh", "en", "number", "article", "text", "text_en", "criterion")
        head = named(row)
        criteria = tuple(self._criterion(part, head[0]) for part in row.rows("criterion"))
        condition = Condition(*head, row.text("number"), self.citation(row), row.text("text_en"), criteria)
        if not condition.groups:
            row.fault("criterion", "nothing decides this condition", "没有决定此条件的项")
        return condition

    def _criterion(self, row: Table, condition: str) -> Criterion:
        row.known(
            "id", "zh", "en", "kind", "comparator", "threshold", "unit", "unit_en", "per", "alternative", "decides",
            "record", "field", "where", "evidence", "mark", "note_zh", "note_en", "years",
        )  # fmt: skip
        kind = row.choice("kind", CriterionKind) or CriterionKind.JUDGEMENT
        counts = kind is CriterionKind.COUNT
        comparator = row.choice("comparator", Comparator, Comparator.NONE) or Comparator.NONE
        threshold = row.number("threshold", required=counts, least=0)
        if counts == (comparator is Comparator.NONE):
            row.fault("comparator", "goes with a count, and with nothing else", "数量项才有，且必须有比较方式")
        if threshold is not None and not counts:
            row.fault("threshold", "goes with a count alone", "只有数量项才有限值")
        unit = row.text("unit", required=counts), row.text("unit_en", required=counts)
        per, years = row.one_of("per", ("calendar_year",), required=False), row.one_of("years", ("since", "until"), required=False)
        mark = row.choice("mark", Mark) or Mark.PROPOSED
        texts = {key: row.text(key, required=False) for key in ("alternative", "record", "field")}
        notes = _notes(row)
        return Criterion(
            *named(row), condition, kind, comparator, threshold, *unit, per, years, decides=row.flag("decides", default=True),
            where=read_where(row), evidence=row.texts("evidence"), mark=mark, note_zh=notes[0], note_en=notes[1], **texts,
        )  # fmt: skip

    def _function(self, row: Table) -> Function:
        row.known("id", "zh", "en", "number", "citations", "records_zh", "records_en")
        return Function(*named(row), row.text("number"), self.cite(row), row.text("records_zh"), row.text("records_en"))

    def _step(self, row: Table) -> Step:
        row.known("id", "zh", "en", "actor_zh", "actor_en", "transitions", "citations", "note_zh", "note_en")
        transitions = row.texts("transitions", required=True)
        row.among("transitions", transitions, self.transitions)
        return Step(*named(row), row.text("actor_zh"), row.text("actor_en"), transitions, self.cite(row), *_notes(row))

    def _direct(self, row: Table) -> DirectBasis:
        row.known("id", "zh", "en", "article", "text")
        return DirectBasis(*named(row), self.citation(row))

    def _evaluation(self, row: Table) -> Evaluation:
        row.known(
            "trigger_zh", "trigger_en", "first_level", "first_level_count", "second_level_count", "citations", "note_zh", "note_en"
        )
        first, count = _names(row, "first_level"), row.whole("first_level_count", least=1) or 0
        second = row.whole("second_level_count", least=1) or 0
        if count != len(first):
            row.fault("first_level_count", f"is {count}, but {len(first)} are listed", f"为 {count}，而列出 {len(first)} 项")
        if second < count:
            row.fault("second_level_count", "is less than that of the first level", "少于一级指标数")
        triggers = row.text("trigger_zh"), row.text("trigger_en")
        return Evaluation(*triggers, first, count, second, self.cite(row), *_notes(row))

    def _grade(self, row: Table) -> Grade:
        row.known("id", "zh", "en", "share_max", "citations", "consequence_zh", "consequence_en")
        share = row.number("share_max", required=False, least=0, most=1)
        return Grade(*named(row), share, self.cite(row), row.text("consequence_zh"), row.text("consequence_en"))

    def _subsidy(self, row: Table) -> Subsidy:
        row.known(
            "grade", "amount_yuan", "once", "use", "budget_line", "budget_line_en", "levels", "to_confirm", "citations",
            "note_zh", "note_en",
        )  # fmt: skip
        grade, amount = row.one_of("grade", self.grades), row.number("amount_yuan", least=0.01) or 0.0
        once, uses = row.flag("once", default=True), _names(row, "use")
        lines = row.text("budget_line"), row.text("budget_line_en")
        lists = row.texts("levels"), row.texts("to_confirm")
        return Subsidy(grade, amount, once, uses, *lines, *lists, self.cite(row), *_notes(row))

    def _exit(self, row: Table) -> ExitRule:
        row.known("grade", "consecutive", "citations", "note_zh", "note_en")
        grade, number = row.one_of("grade", self.grades), row.whole("consecutive", least=1) or 0
        return ExitRule(grade, number, self.cite(row), *_notes(row))
