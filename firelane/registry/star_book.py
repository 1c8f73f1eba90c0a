"""The registry as a workbook to read: register, applications, conditions, evaluations, money, exits, progress (台账)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from firelane.markings.spreadsheet import Column, Table, write_book
from firelane.registry.star_conditions import assess
from firelane.registry.star_facts import Facts
from firelane.registry.star_flow import applications, applications_of, objections
from firelane.registry.star_lists import (
    STAMP,
    aims,
    as_of,
    evaluation,
    exits,
    notice,
    source,
    spelt,
    subsidies,
)
from firelane.registry.star_papers import Block, Paper, heads_of, rows_of
from firelane.registry.star_rounds import Ranking, closing_of, must_leave, results_of, set_mark
from firelane.registry.star_scheme import Scheme
from firelane.registry.star_scoring import watermark
from firelane.vocabulary import Lang


def write_star_book(
    facts: Facts, scheme: Scheme, on: dt.date, path: Path, lang: Lang = "zh", *, ranking: Ranking | None = None
) -> None:
    """Write the workbook of a date; to export records, see :mod:`firelane.registry.tables_out`.

    Parameters
    ----------
    facts : Facts
    scheme : Scheme
    on : date
    path : Path
    lang : {"zh", "en"}
    ranking : Ranking, optional
        One round's table by a set; one for rehearsal bears its watermark.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    zh, then = lang == "zh", facts.at(on)
    papers = [
        _plain(register(then, scheme, on, lang)), _plain(flow_table(then, scheme, lang)), _plain(conditions_table(then, scheme, on, lang)),
        notice(then, scheme, on, lang), _plain(results_table(then, scheme, lang)), subsidies(then, scheme, on, lang), exits(then, scheme, on, lang),
        aims(then, scheme, on, lang), *([] if ranking is None else [evaluation(then, scheme, ranking, lang)]),
    ]  # fmt: skip
    mark = "" if ranking is None else watermark(ranking.indicators, lang)
    holds = f"本工作簿含演练评分。{mark}" if zh else f"This workbook holds a rehearsal. {mark}"
    ends = [*([holds] if mark else []), source(scheme, lang), as_of(then, on, lang)]
    title = f"星创天地台账（{on}）" if zh else f"Star Spaces, {on}"
    page = "第 {n} 页 共 {of} 页" if zh else "page {n} of {of}"
    tables = [_table(block, paper, lang, ends) for paper in papers for block in paper.blocks]
    write_book(tables, path, title=f"{STAMP[lang]} · {title}" if mark else title, page=page)


def _plain(block: Block) -> Paper:
    return Paper(block.title, (), [block])


def _table(block: Block, paper: Paper, lang: Lang, ends: list[str]) -> Table:
    name = block.title if not paper.watermark else f"{block.title}（{paper.stamp}）"
    remarks = [*([block.empty] if not block.rows and block.empty else []), *paper.lines, *paper.remarks, *ends]
    return Table(name[:31], [Column(h, block.form, wrap=True) for h in heads_of(block, paper, lang)], rows_of(block, paper), remarks=list(dict.fromkeys(remarks)))


def register(facts: Facts, scheme: Scheme, on: dt.date, lang: Lang = "zh") -> Block:
    """Return every space with where it stands."""
    zh, rows = lang == "zh", list[list[Any]]()
    for space in facts.of("space"):
        mine = applications_of(facts, scheme, space.record_id)
        entered = mine[-1].entered(scheme.flow) if mine else None
        results = results_of(facts, space.record_id)
        flag = ("应退出备案库" if zh else "has to leave") if must_leave(facts, scheme, space.record_id) and _is_filed(scheme, mine) else ""
        document = "" if entered is None else str(entered.record.values.get("document") or "")
        rows.append([
            space.record_id, str(space["name"]), *(spelt(facts, space, k, lang) for k in ("level", "operator", "usci", "body", "industry", "district", "address")),
            space["lon"], space["lat"], scheme.flow.states[mine[-1].state].label(lang) if mine else ("未申报" if zh else "has not applied"),
            None if entered is None else entered.day, document,
            len([r for r in facts.of("resident", space=space.record_id) if r["left_on"] is None or r["left_on"] > on]),
            scheme.grade[results[-1]["grade"]].label(lang) if results else "", flag,
        ])  # fmt: skip
    heads = ("编号", "名称", "级别", "运营主体", "统一社会信用代码", "主体类型", "主导产业", "区县", "地址", "经度", "纬度", "状态", "备案日期", "备案文号", "入驻主体", "最近等次", "提示") if zh else (
        "no.", "name", "level", "operator", "credit code", "kind of body", "industry", "district", "address", "longitude", "latitude", "state", "filed on",
        "document", "residents", "last grade", "note")  # fmt: skip
    return Block("星创天地" if zh else "Star Spaces", heads, (1,) * len(heads), rows, "0.######")


def _is_filed(scheme: Scheme, mine: tuple[Any, ...]) -> bool:
    return bool(mine) and scheme.flow.states[mine[-1].state].group == "filed"


def flow_table(facts: Facts, scheme: Scheme, lang: Lang = "zh") -> Block:
    """Return every application with the day of each step."""
    zh, flow = lang == "zh", scheme.flow
    steps = [t for t in flow.transitions.values() if t.record in ("application", "step")]
    rows = []
    for item in applications(facts, scheme):
        days = {e.transition.id: e.day for e in item.events}  # of a step that was taken twice, the last time
        rows.append([
            item.id, item.space, facts.name(item.space), flow.states[item.state].label(lang), spelt(facts, item.record, "direct", lang),
            objections(item) or None, *(days.get(t.id) for t in steps),
        ])  # fmt: skip
    heads = (*(("申报编号", "星创天地", "名称", "状态", "直接备案依据", "异议数") if zh else ("application", "space", "name", "state", "direct by", "objections")), *(t.label(lang) for t in steps))
    return Block("申报" if zh else "applications", heads, (1,) * len(heads), rows)


def conditions_table(facts: Facts, scheme: Scheme, on: dt.date, lang: Lang = "zh") -> Block:
    """Return how every space stands to every condition."""
    zh, rows = lang == "zh", list[list[Any]]()
    for space in facts.of("space"):
        found = assess(facts, scheme, space.record_id, on)
        why = "；".join(a if zh else b for a, b in found.lacking)
        rows.append([space.record_id, str(space["name"]), *(c.result.label(lang) for c in found.conditions), found.result.label(lang), why])
    ends = ("结论", "不符合或缺少的") if zh else ("overall", "what is lacking")
    heads = (*(("编号", "名称") if zh else ("no.", "name")), *(f"{c.number}{c.zh}" if zh else f"{c.id} {c.en}" for c in scheme.conditions), *ends)
    return Block("基本条件" if zh else "conditions", heads, (1,) * len(heads), rows)


def _short(facts: Facts, round_id: str, lang: Lang) -> str:
    """Return, for a heading, that results were not computed by an official set at hand."""
    closing = closing_of(facts, round_id)
    if closing is None or not set_mark(closing, lang):
        return ""
    return "，未按正式指标体系核算" if lang == "zh" else ", not computed by an official set here"


def results_table(facts: Facts, scheme: Scheme, lang: Lang = "zh") -> Block:
    """Return the published results of every round, a column for each."""
    zh = lang == "zh"
    rounds = [r for r in facts.of("round") if closing_of(facts, r.record_id) is not None]
    rows = []
    for space in facts.of("space"):
        mine = {str(r["round"]): r for r in results_of(facts, space.record_id)}
        if mine:
            cells = [scheme.grade[mine[r.record_id]["grade"]].label(lang) if r.record_id in mine else ("未参评" if zh else "no part") for r in rounds]
            rows.append([space.record_id, str(space["name"]), *cells])
    heads = (*(("编号", "名称") if zh else ("no.", "name")), *(f"{r['name']}（{r.record_id}）{_short(facts, r.record_id, lang)}" if zh else f"{r['name']} ({r.record_id}){_short(facts, r.record_id, lang)}" for r in rounds))
    return Block("历次考评" if zh else "evaluations", heads, (1,) * len(heads), rows, empty="没有已发布的考评。" if zh else "No evaluation is published.")
