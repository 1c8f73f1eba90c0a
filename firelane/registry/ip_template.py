"""The blank workbook of a programme: a sheet for each kind of records, and one that explains them (空白登记表)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from firelane.markings.spreadsheet import Column as Head
from firelane.markings.spreadsheet import Table, write_book
from firelane.registry.ip_plan import Plan, UnitGroup
from firelane.registry.kinds import Column
from firelane.registry.tables_out import heads as own_heads
from firelane.vocabulary import Lang

_SHEET = ("说明", "notes")  # an import passes over sheets of these names


def write_template(plan: Plan, path: Path, lang: Lang = "zh") -> None:
    """Write the workbook; an import passes over the sheet that explains.

    Raises
    ------
    OutputError
    """
    blank = [Table(kind.name(lang), own_heads(kind, lang), []) for kind in plan.kinds.values()]
    page = "第 {n} 页 共 {of} 页" if lang == "zh" else "page {n} of {of}"
    write_book([*blank, _notes(plan, lang)], path, title=plan.label(lang), page=page)


def _notes(plan: Plan, lang: Lang) -> Table:
    zh = lang == "zh"
    heads = ("表", "列", "必填", "填写要求") if zh else ("sheet", "column", "required", "what is to be written")
    rows: list[list[Any]] = [
        [kind.name(lang), c.heading(lang), ("是" if zh else "yes") if c.required else "", _asked(plan, c, lang)]
        for kind in plan.kinds.values() for c in kind.columns
    ]  # fmt: skip
    rows += [
        [
            "指标" if zh else "indicators",
            i.id,
            "",
            f"{i.label(lang)}（{i.target_text(lang)}）" if zh else f"{i.label(lang)} ({i.target_text(lang)})",
        ]
        for i in plan.indicators
    ]
    rows += [["任务" if zh else "tasks", t.id, "", f"{t.number} {t.label(lang)}"] for t in plan.tasks]
    groups = [u for u in plan.units.values() if u.group is not UnitGroup.ONE]
    rows += [["原文未逐一列出的单位" if zh else "units not named one by one", u.zh, "", u.label(lang)] for u in groups]
    remark = (
        "更正：沿用原编号，写明更正说明；原版本保留。编号、版本、登记人、审核等列可不填。"
        if zh else
        "A correction keeps the record's number and gives its reason; the version before stays. Number, version, recorded by and decision need not be filled in."
    )  # fmt: skip
    return Table(_SHEET[0 if zh else 1], [Head(h, wrap=True) for h in heads], rows, remarks=[remark])


def _asked(plan: Plan, column: Column, lang: Lang) -> str:
    at = 0 if lang == "zh" else 1
    parts = [column.type.label(lang)]
    if column.choices:
        parts.append(("、" if lang == "zh" else ", ").join(words[at] for words in column.choices.values()))
    if column.refers:
        own = plan.kinds.get(column.refers)
        names = {"indicator": ("指标编号", "id of an indicator"), "task": ("任务编号", "id of a task")}
        parts.append(
            (f"“{own.zh}”的编号", f"number of a record of {own.en}")[at] if own is not None else names[column.refers][at]
        )
    if column.note_zh:
        parts.append((column.note_zh, column.note_en)[at])
    return ("；" if lang == "zh" else "; ").join(parts)
