"""Where a programme stands, on the console; the plan itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from firelane.cli import common, console
from firelane.cli.console import harmless
from firelane.cli.ip import options

if TYPE_CHECKING:
    from firelane.registry.ip_tasks import TaskStanding
    from firelane.vocabulary import Lang


@click.command("plan", epilog="Example: firelane ip plan")
@options.look
def plan(asked: options.Look) -> int:
    """Print the plan: goals and indicators with targets, tasks with their lead units, what is to be confirmed.

    列出方案：目标与指标、任务与牵头单位、待确认事项。方案文件有误时列出全部问题。
    """
    from firelane.registry.ip_words import confirm_text, word

    tongue = asked.console_lang
    told, counting = asked.plan()
    if asked.quiet:
        return 0
    zh = tongue == "zh"
    common.say(harmless(f"{told.label(tongue)}　{told.number}"))
    head = (
        ("编号", "指标", "类型", "目标", "期限", "取自", word("to_confirm", tongue))
        if zh
        else ("id", "indicator", "kind", "target", "last day", "counted from", "to be confirmed")
    )
    rows = [
        (i.id, harmless(i.label(tongue)), i.kind.label(tongue), harmless(i.target_text(tongue)), str(i.due or "—"), counting.rule(i).source.label(tongue), confirm_text(i, tongue))
        for i in told.indicators
    ]  # fmt: skip
    for line in console.table(head, rows, width=console.room()):
        common.say(line)
    common.say("")
    heads = ("编号", "任务", "牵头单位", "责任单位") if zh else ("no.", "task", "lead", "responsible")
    tasks = [(t.id, harmless(t.label(tongue)), harmless(t.lead), harmless(t.responsible)) for t in told.tasks]
    for line in console.table(heads, tasks, width=console.room()):
        common.say(line)
    common.say("")
    for q in told.questions:
        common.say(harmless(f"  {q.id} {q.label(tongue)}"))
    return 0


@click.command("status", epilog="Example: firelane ip status --on 2022-12-31 --known 2023-03-31")
@options.question
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def status(asked: options.Question, *, as_json: bool) -> int:
    """Tell where the programme stands at a date: tasks, indicators, growth by both methods, fund rules, loans.

    总体进展：任务、指标、年均增幅（两种算法）、资金比例、不良率。
    """
    from firelane.registry.ip_summary import document, summary_lines

    tongue, found = asked.console_lang, asked.standing()
    if as_json:
        common.say(json.dumps(document(found), ensure_ascii=False, indent=1))
    elif not asked.quiet:
        for line in summary_lines(found, tongue):
            common.say(harmless(line) if not line.startswith("  ") else f"  {harmless(line)}")
    return 0


@click.command("tasks", epilog="Example: firelane ip tasks --unit 浑南区政府 --on 2022-12-31")
@options.question
@click.option("--unit", default=None, metavar="NAME", help="Only tasks that this unit leads (id or name).")
@click.option("--late", is_flag=True, help="Only those whose last day has gone by.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def tasks(asked: options.Question, *, unit: str | None, late: bool, as_json: bool) -> int:
    """List the tasks by lead unit, with status, last day and why.

    按牵头单位列出任务：状态、期限、原因。
    """
    from firelane.registry.ip_summary import task_document

    tongue, found = asked.console_lang, asked.standing()
    units = [u for u in found.units if unit is None or unit in (u.lead.key, u.lead.zh, u.lead.en)]
    if unit is not None and not units:
        names = ", ".join(u.lead.label(tongue) for u in found.units)
        raise click.BadParameter(f"'{harmless(unit)}' leads no task; these do: {harmless(names)}", param_hint="'--unit'")
    if as_json:
        kept = {t.task.id: t for u in units for t in u.tasks if t.late or not late}
        common.say(json.dumps([task_document(t) for t in found.tasks if t.task.id in kept], ensure_ascii=False, indent=1))
        return 0
    for u in [] if asked.quiet else units:
        mine = [t for t in u.tasks if t.late or not late]
        if mine:
            common.say(
                harmless(
                    f"{u.lead.label(tongue)}（{len(mine)}）" if tongue == "zh" else f"{u.lead.label(tongue)} ({len(mine)})"
                )
            )
            _table(mine, tongue)
    return 0


def _table(rows: list[TaskStanding], lang: Lang) -> None:
    from firelane.registry.ip_words import joined

    head = ("序号", "任务", "状态", "期限") if lang == "zh" else ("no.", "task", "status", "last day")
    told = [(str(t.task.number), harmless(t.task.label(lang)), t.status.label(lang), str(t.due.day)) for t in rows]
    notes = [harmless(joined((*t.reasons, *t.flags), lang)) for t in rows]
    for line in console.table(head, told, width=console.room(), right=(0,), remarks=notes):
        common.say(line)


@click.command("funds", epilog="Example: firelane ip funds --on 2022-12-31")
@options.question
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def funds(asked: options.Question, *, as_json: bool) -> int:
    """Tell what the fund rules make of the money by every reading, where the money is, and the loans' ratio.

    资金比例（各种读法）、资金收支、质押融资不良率。
    """
    from firelane.registry.ip_summary import funds_lines, money_document

    tongue, found = asked.console_lang, asked.standing()
    if as_json:
        common.say(json.dumps(money_document(found), ensure_ascii=False, indent=1))
    elif not asked.quiet:
        for line in funds_lines(found, tongue):
            common.say(harmless(line) if not line.startswith("  ") else f"  {harmless(line)}")
    return 0
