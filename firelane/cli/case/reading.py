"""Cases read: the list, one in full, those past their deadline."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from typing import TYPE_CHECKING

import click

from firelane.cli import common
from firelane.cli.case import options
from firelane.cli.console import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from firelane.cases.flowfile import Workflow
    from firelane.cases.model import Case, Event
    from firelane.vocabulary import Lang

GROUPS = ("open", "fixed", "closed")


@click.command("list", epilog="Example: firelane case list --open --site SY-001")
@options.store_options
@click.option("--open", "open_only", is_flag=True, help="Only cases that are not closed.")
@click.option("--state", default=None, metavar="STATE", help="Only this state, for instance noticed.")
@click.option("--group", type=click.Choice(GROUPS), default=None, help="Only states of this group.")
@click.option("--site", default=None, metavar="ID", help="Only this site.")
@click.option("--district", default=None, help="Only this district.")
@click.option("--manager", default=None, help="Only this manager.")
@click.option("--kind", default=None, help="Only this kind of violation.")
@click.option("--rule", default=None, help="Only this rule.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_cases(
    *, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, open_only: bool, state: str | None, group: str | None,
    site: str | None, district: str | None, manager: str | None, kind: str | None, rule: str | None, as_json: bool,
) -> int:  # fmt: skip
    """List cases, the oldest first.

    案件列表，先立案的在前。
    """
    del debug
    from firelane.cases.routing import kinds
    from firelane.cases.workflow import workflow

    _one_of("--state", state, workflow().states)
    _one_of("--kind", kind, kinds())
    with options.book(store, user) as book:
        found = book.cases(
            state=state, group=group, site=site, manager=manager, district=district, rule=rule, kind=kind, open_only=open_only
        )
    _print(found, common.console_lang(lang), as_json=as_json, quiet=quiet)
    return 0


def _one_of(option: str, value: str | None, known: Iterable[str]) -> None:
    """Refuse a word that no case can have: an empty list would look like an answer."""
    if value is not None and value not in known:
        raise click.BadParameter(f"'{value}' is not one of: {', '.join(known)}", param_hint=f"'{option}'")


@click.command("overdue", epilog="Example: firelane case overdue --at 2026-12-31")
@options.store_options
@click.option("--at", default=None, metavar="DATE", callback=options.day, help="As of the end of this day [now].")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.option("--fail", is_flag=True, help="Exit with 1 if there is one.")
def overdue(
    *, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, at: date | None, as_json: bool, fail: bool
) -> int:
    """List open cases whose deadline has passed.

    列出已过期限仍未办结的案件。
    """
    del debug
    from firelane.store.times import BEIJING

    when = None if at is None else datetime.combine(at, time.max, BEIJING)
    with options.book(store, user) as book:
        found = book.overdue(when)
    _print(found, common.console_lang(lang), as_json=as_json, quiet=quiet)
    return 1 if fail and found else 0


def _print(found: tuple[Case, ...], lang: Lang, *, as_json: bool, quiet: bool) -> None:
    from firelane.cases.exports import case_row
    from firelane.cases.workflow import workflow

    if as_json:
        common.say(json.dumps([case_row(case) for case in found], ensure_ascii=False, indent=1))
        return
    if quiet:
        return
    states = workflow().states
    for case in found:
        common.say("  ".join(harmless(cell) for cell in _cells(case, states[case.state].text(lang), lang)))
    common.say(f"共 {len(found)} 个案件" if lang == "zh" else f"{len(found)} cases")


def _cells(case: Case, state: str, lang: Lang) -> Iterator[str]:
    from firelane.cases.rows import measured

    yield case.case_id
    yield state
    yield case.site.name or case.site.site_id
    yield case.title(lang)
    # Nine obstacles on one lane bear the same title: what stands there, and what was measured, tell them apart.
    yield from (text for text in (" ".join(case.owners), measured(case)) if text)
    if case.deadline is not None:
        yield f"{'期限' if lang == 'zh' else 'due'} {case.deadline.isoformat()}"
    if case.repeats:
        yield f"重复 {case.repeats} 次" if lang == "zh" else f"found again {case.repeats} times"
    if case.proposal:
        yield "建议结案（待人工确认）" if lang == "zh" else "proposed for closing (somebody has to decide)"


@click.command("show", epilog="Example: firelane case show C-2026-000001")
@options.store_options
@click.argument("case_id", metavar="CASE")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def show(
    *, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, case_id: str, as_json: bool
) -> int:
    """Show CASE: what is wrong, who is responsible, every event, and what may be recorded next.

    查看案件：违规内容、责任主体、全部记录，以及下一步可以记录的事项。
    """
    del debug
    from firelane.cases.exports import case_row, event_row
    from firelane.cases.workflow import allowed

    tongue = common.console_lang(lang)
    with options.book(store, user) as book:
        case, events = book.case(case_id), book.events(case_id)
        nexts = allowed(case, book.user.role)
    if as_json:
        told = {**case_row(case), "events": [event_row(e) for e in events], "next": [t.event for t in nexts]}
        common.say(json.dumps(told, ensure_ascii=False, indent=1))
    elif not quiet:
        for line in _lines(case, events, tongue):
            common.say(line)
        head = "下一步可记录" if tongue == "zh" else "next"
        common.say(f"{head}: " + "; ".join(f"{t.event} ({t.text(tongue)})" for t in nexts))
    return 0


def _told(event: Event, flow: Workflow, lang: Lang) -> Iterator[tuple[str, str]]:
    """Yield what was told with an event beyond what the head of the case shows; the opening has it all there."""
    if event.seq == 1:
        return
    for key, field in flow.fields.items():
        value = event.fields.get(key)
        if field.type in ("text", "date") and not field.from_case and key != "deadline_source" and isinstance(value, str) and value:
            source = event.fields.get("deadline_source") if key == "deadline" else ""
            yield field.text(lang), f"{value} {source or ''}".strip()


def _lines(case: Case, events: tuple[Event, ...], lang: Lang) -> Iterator[str]:
    from firelane.cases.exports import facts
    from firelane.cases.workflow import workflow
    from firelane.store.times import BEIJING

    flow = workflow()
    yield f"{case.case_id}  {flow.states[case.state].text(lang)}  {harmless(case.title(lang))}"
    for label, value in facts(case, lang):
        yield f"  {label}: {harmless(value)}"
    for event in events:
        when = event.happened_at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
        yield f"  {event.seq:>3}  {when}  {flow.event_text(event.kind, lang)}  {harmless(event.actor)}"
        for label, value in _told(event, flow, lang):
            yield f"       {label}: {harmless(value)}"
        if event.note:
            yield f"       {harmless(event.note)}"
        for item in event.evidence:
            yield f"       {harmless(item.name)}  sha256 {item.sha256[:16]}…"
