"""Rows of citations and indicators: read from TOML, with every fault told (指标行的读取与检查)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

from firelane.registry.indicators import (
    BaseStatus,
    Citation,
    Comparator,
    GrowthMethod,
    Indicator,
    IndicatorKind,
    Mark,
)
from firelane.registry.reading import Table

DISTINCT = ("usci", "subject", "person")
_KEYS = tuple(item.name for item in fields(Indicator))
_CONFIRMABLE = tuple(key for key in _KEYS if key not in {"id", "citations", "to_confirm"})


def read_citations(
    table: Table, document: str, article: str = "", *, key: str = "citations", required: bool = True
) -> tuple[Citation, ...]:
    """Return the citations of a row.

    Parameters
    ----------
    table : Table
    document : str
        Number of the document that is meant unless a citation names another.
    article : str
        Section that is meant unless a citation names another.
    key : str
        Where they stand.
    required : bool
        Whether a row without one is a fault.
    """
    if key not in table.raw:
        if required:
            table.fault(key, "no citation: where is this printed?", "缺少出处")
        return ()
    found = []
    for row in table.rows(key, required=required):
        row.known("document", "article", "text", "mark")
        mark = row.choice("mark", Mark, Mark.TEXT)
        where = row.text("article", required=not article) or article
        words = row.text("text")
        found.append(Citation(row.text("document", required=False) or document, where, words, mark or Mark.TEXT))
    return tuple(found)


def read_indicator(table: Table, document: str, ids: Mapping[str, Sequence[str]]) -> Indicator | None:
    """Return one indicator; None where the row has faults.

    Parameters
    ----------
    table : Table
    document : str
        Number of the document that the citations are from.
    ids : Mapping of sequence of str
        What the row may name: ids of ``goal``, ``task`` and ``national``; nothing of what is not there.
    """
    before = len(table.problems)
    table.known(*_KEYS)
    ident, zh, en = table.text("id"), table.text("zh"), table.text("en")
    kind = table.choice("kind", IndicatorKind)
    comparator = table.choice("comparator", Comparator)
    status = table.choice("base_status", BaseStatus, BaseStatus.NOT_NEEDED)
    method = table.choice("method", GrowthMethod, GrowthMethod.COMPOUND)
    target = table.number("target", required=False, least=0)
    due, due_text = table.day("due", required=False), table.text("due_text", required=False)
    base_year = table.whole("base_year", required=False, least=1900, most=2200)
    told = {key: table.text(key, required=False) for key in ("unit", "unit_en", "series_unit", "series_unit_en")}
    distinct = table.one_of("distinct", DISTINCT, required=False)
    goal = table.text("goal", required=False)
    table.among("goal", [goal] if goal else [], ids.get("goal", ()))
    at_tasks, to_confirm = table.texts("tasks"), table.texts("to_confirm")
    table.among("tasks", at_tasks, ids.get("task", ()))
    table.among("to_confirm", to_confirm, _CONFIRMABLE)
    counts_from = table.day("counts_from", required=False)
    texts = {key: table.text(key, required=False) for key in ("national_id", "note_zh", "note_en")}
    table.among("national_id", [texts["national_id"]] if texts["national_id"] else [], ids.get("national", ()))
    citations = read_citations(table, document)
    if kind is not None and comparator is not None and status is not None:
        _agree(table, kind, comparator, status)
    if target is not None and due is None and "due" not in to_confirm:
        remedy = ('name "due" in to_confirm if none is printed', '原文未写期限时，请在 to_confirm 中写 "due"')
        table.fault("due", "a target without a last day", "有目标值而无期限", remedy)
    if len(table.problems) > before or None in (kind, comparator, status, method):
        return None
    assert kind is not None
    assert comparator is not None
    assert status is not None
    assert method is not None
    return Indicator(
        id=ident, zh=zh, en=en, kind=kind, comparator=comparator, target=target, due=due, due_text=due_text,
        base_year=base_year, base_status=status, distinct=distinct or None, method=method, citations=citations,
        goal=goal, tasks=at_tasks, to_confirm=to_confirm, counts_from=counts_from, **told, **texts,
    )  # fmt: skip


def _agree(table: Table, kind: IndicatorKind, comparator: Comparator, status: BaseStatus) -> None:
    """Note what does not go with the kind of the indicator."""
    has = {key for key in ("target", "unit", "unit_en", "series_unit", "series_unit_en", "base_year", "method", "counts_from") if key in table.raw}
    qualitative, growth = kind is IndicatorKind.QUALITATIVE, kind is IndicatorKind.GROWTH
    needed = set() if qualitative else {"target", "unit", "unit_en"}
    needed |= {"series_unit", "series_unit_en"} if growth or "series_unit" in has or "series_unit_en" in has else set()
    refused = {"target", "unit", "unit_en"} if qualitative else set()
    refused |= set() if growth else {"base_year", "method"}
    for key in sorted(needed - has):
        table.fault(key, f"is missing: an indicator of kind {kind.value} needs it", f"缺少：{kind.zh}指标需要此项")
    for key in sorted(refused & has):
        table.fault(key, f"does not go with kind {kind.value}", f"{kind.zh}指标不应有此项")
    if qualitative != (comparator is Comparator.NONE):
        table.fault("comparator", f"{comparator.value} does not go with kind {kind.value}", f"{comparator.value} 与{kind.zh}指标不符")
    if growth == (status is BaseStatus.NOT_NEEDED):
        table.fault("base_status", f"{status.value} does not go with kind {kind.value}", f"{status.zh}与{kind.zh}指标不符")
    if growth and ("base_year" in has) == (status is BaseStatus.NOT_STATED):
        table.fault("base_year", f"does not go with base_status {status.value}", f"与 base_status（{status.zh}）不符")
