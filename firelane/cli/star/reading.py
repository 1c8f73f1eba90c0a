"""The scheme, a space in full, conditions, applications."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from firelane.cli import common
from firelane.cli.console import harmless, room, wrapped
from firelane.cli.star import options
from firelane.errors import UsageError

if TYPE_CHECKING:
    from firelane.registry.star_conditions import Assessment
    from firelane.registry.star_facts import Facts
    from firelane.registry.star_scheme import Scheme
    from firelane.vocabulary import Lang


@click.command("scheme", epilog="Example: firelane star scheme --scheme my_city.toml")
@options.look
def scheme_of(asked: options.Look) -> int:
    """Print the scheme: aims, conditions with their criteria, functions, steps, evaluation, money, exit, open questions.

    列出实施意见：目标、基本条件、服务功能、申报流程、考评、补助、退出、待确认事项。
    """
    found = asked.scheme()
    for line in () if asked.quiet else _scheme(found, asked.console_lang):
        common.say(line)
    return 0


def _scheme(found: Scheme, lang: Lang) -> Iterator[str]:
    zh = lang == "zh"
    yield f"{found.label(lang)}  {found.number}  {found.issued_on}"
    yield "目标" if zh else "Aims"
    for aim in found.aims:
        yield f"  {aim.id}  {aim.label(lang)}  {aim.target_text(lang)}  {aim.due or ''}"
    yield "基本条件" if zh else "Conditions"
    for condition in found.conditions:
        yield f"  {condition.id} {condition.number} {condition.zh if zh else condition.en}"
        for item in condition.criteria:
            limit = "" if item.threshold is None else f"  {item.comparator.value} {item.threshold:g} {item.unit if zh else item.unit_en}"
            only = "" if item.decides else ("  只登记" if zh else "  recorded only")
            yield f"    {item.id}  {item.label(lang)}  {item.kind.label(lang)}{limit}  {item.mark.label(lang)}{only}"
    yield "服务功能" if zh else "Functions"
    for function in found.functions:
        yield f"  {function.id} {function.number} {function.label(lang)}"
    yield "申报流程" if zh else "Steps"
    for step in found.flow.transitions.values():
        start = "、".join(found.flow.states[s].label(lang) if s else ("新" if zh else "new") for s in step.start)
        to = start if step.to == "=" else found.flow.states[step.to].label(lang)
        yield f"  {step.id}  {step.label(lang)}  {start} → {to}  {step.mark.label(lang)}"
    evaluation = found.evaluation
    yield "考评" if zh else "Evaluation"
    yield f"  {evaluation.trigger_zh if zh else evaluation.trigger_en}"
    yield f"  {len(evaluation.first_level)} / {evaluation.second_level_count}  {'、'.join(f.label(lang) for f in evaluation.first_level)}"
    for grade in found.grades:
        share = "" if grade.share_max is None else f"  ≤ {100 * grade.share_max:g} %"
        yield f"  {grade.label(lang)}{share}  {grade.consequence_zh if zh else grade.consequence_en}"
    if found.subsidy is not None:
        yield f"  {found.subsidy.amount_yuan:,.0f} {'元' if zh else 'yuan'}  {found.subsidy.note_zh if zh else found.subsidy.note_en}"
    if found.exit_rule is not None:
        yield f"  {found.exit_rule.consecutive} × {found.grade[found.exit_rule.grade].label(lang)}  {found.exit_rule.note_zh if zh else found.exit_rule.note_en}"
    yield "待确认" if zh else "Open questions"
    for question in found.open_questions:
        yield f"  {question.id}  {question.zh if zh else question.en}"


@click.command("show", epilog="Example: firelane star show XC-7 --on 2021-06-30")
@options.question
@click.argument("space", metavar="SPACE")
def show(asked: options.Question, *, space: str) -> int:
    """Show SPACE: who it is, what happened to it, how it stands to the conditions, what may come next.

    查看星创天地：基本信息、办理过程、基本条件、下一步。
    """
    from firelane.registry.star_certificate import certificate
    from firelane.registry.star_conditions import assess
    from firelane.registry.star_flow import applications_of, next_steps

    tongue = asked.console_lang
    zh = tongue == "zh"
    with asked.desk() as desk:
        day, facts, scheme = desk.today(asked.on), asked.facts(desk), desk.scheme
    _space(facts, space)
    if asked.quiet:
        return 0
    told = certificate(facts, scheme, space, day, tongue)
    for line in told.lines[:2]:
        common.say(harmless(line))
    for what, when, by, number, who, _hash in told.blocks[0].rows:
        common.say("  ".join(harmless(t) for t in (when, what, by, number, f"[{who}]") if t))
    for line in _assessed(assess(facts, scheme, space, day), tongue, items=False):
        common.say(line)
    mine = applications_of(facts, scheme, space)
    if mine:
        steps = "; ".join(f"{t.id} ({t.label(tongue)})" for t in next_steps(scheme, mine[-1].state))
        common.say(f"{'下一步可办理' if zh else 'next'} [{mine[-1].id}]: {steps or ('无' if zh else 'nothing')}")
    return 0


def _space(facts: Facts, space: str) -> None:
    found = facts.one(space)
    if found is None or found.kind != "space":
        told = harmless(space)
        raise UsageError(f"there is no space {told!r} on {facts.on}", f"{facts.on} 没有编号为 {told} 的星创天地")


@click.command("conditions", epilog="Example: firelane star conditions XC-7 --on 2021-02-01")
@options.question
@click.option("--all", "every", is_flag=True, help="All spaces, a line for each.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.argument("space", metavar="SPACE", required=False)
def conditions(asked: options.Question, *, every: bool, as_json: bool, space: str | None) -> int:
    """Hold SPACE (or --all) against the basic conditions: met, not met, needs judgement, no evidence; item by item.

    逐项核查基本条件：符合、不符合、待评审判断、无材料。
    """
    from firelane.registry.star_conditions import assess

    if every == (space is not None):
        raise click.UsageError("name a SPACE, or say --all")
    tongue = asked.console_lang
    with asked.desk() as desk:
        day, facts, scheme = desk.today(asked.on), asked.facts(desk), desk.scheme
    if space is not None:
        _space(facts, space)
    found = [assess(facts, scheme, s, day) for s in ([r.record_id for r in facts.of("space")] if space is None else [space])]
    if as_json:
        common.say(json.dumps([_json(a) for a in found], ensure_ascii=False, indent=1))
    elif not asked.quiet:
        for assessment in found:
            common.say(f"{assessment.space}  {harmless(facts.name(assessment.space))}  {assessment.result.label(tongue)}")
            for line in _assessed(assessment, tongue, items=not every):
                common.say(line)
    return 0


def _json(found: Assessment) -> dict[str, object]:
    return {
        "space": found.space, "on": found.on.isoformat(), "result": found.result.value,
        "conditions": [
            {"id": c.condition.id, "result": c.result.value, "items": [{"id": i.criterion.id, "result": i.result.value, "zh": i.zh, "en": i.en} for i in c.items]}
            for c in found.conditions
        ],
    }  # fmt: skip


def _assessed(found: Assessment, lang: Lang, *, items: bool) -> Iterator[str]:
    if not items:
        yield "  " + "  ".join(f"{c.condition.number if lang == 'zh' else c.condition.id}{c.result.label(lang)}" for c in found.conditions)
        return
    for c in found.conditions:
        yield f"  {c.condition.number if lang == 'zh' else c.condition.id} {c.condition.zh if lang == 'zh' else c.condition.en}: {c.result.label(lang)}"
        for i in c.items:
            only = "" if i.criterion.decides else ("，只登记" if lang == "zh" else ", recorded only")
            head = f"{i.criterion.id} {i.criterion.label(lang)}: {i.result.label(lang)}{only}（{i.text(lang)}）" if lang == "zh" else (
                f"{i.criterion.id} {i.criterion.label(lang)}: {i.result.label(lang)}{only} ({i.text(lang)})")  # fmt: skip
            for line in wrapped(harmless(head), room() - 6):
                yield f"      {line}"


@click.command("applications", epilog="Example: firelane star applications --open")
@options.question
@click.option("--open", "open_only", is_flag=True, help="Only those under way.")
@click.option("--state", default=None, metavar="STATE", help="Only this state, for instance publicised.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def applications(asked: options.Question, *, open_only: bool, state: str | None, as_json: bool) -> int:
    """List applications: number, space, state since when, and the steps that may come next.

    申报列表：编号、名称、状态、下一步可办理的步骤。
    """
    from firelane.registry.star_flow import applications as all_of
    from firelane.registry.star_flow import next_steps

    tongue = asked.console_lang
    with asked.desk() as desk:
        facts, scheme = asked.facts(desk), desk.scheme
    flow = scheme.flow
    if state is not None and state not in flow.states:
        raise click.BadParameter(f"'{harmless(state)}' is not one of: {', '.join(flow.states)}", param_hint="'--state'")
    found = [a for a in all_of(facts, scheme) if (state is None or a.state == state) and (not open_only or flow.states[a.state].group == "open")]
    if as_json:
        common.say(json.dumps([
            {"application": a.id, "space": a.space, "name": facts.name(a.space), "state": a.state, "since": a.last.day.isoformat(), "direct": a.direct,
             "next": [t.id for t in next_steps(scheme, a.state)]}
            for a in found
        ], ensure_ascii=False, indent=1))  # fmt: skip
    elif not asked.quiet:
        for a in found:
            steps = " ".join(t.id for t in next_steps(scheme, a.state))
            common.say(harmless(f"{a.id}  {a.space}  {facts.name(a.space)}  {flow.states[a.state].label(tongue)}  {a.last.day}") + (f"  → {steps}" if steps else ""))
        common.say(f"共 {len(found)} 件申报" if tongue == "zh" else f"{len(found)} applications")
    return 0
