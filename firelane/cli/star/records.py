"""Records looked at and made one by one, approved, taken back."""

from __future__ import annotations

from typing import Any

import click

from firelane.cli import common
from firelane.cli.case.options import day, pairs
from firelane.cli.console import harmless
from firelane.cli.registry import commands
from firelane.cli.registry.showing import kind_of, say_taken
from firelane.cli.star import options

list_records = commands.make_list(options.REGISTRY)
history = commands.make_history(options.REGISTRY)
decide = commands.make_decide(options.REGISTRY)
void = commands.make_void(options.REGISTRY)


@click.command("record", epilog="Example: firelane star record exit space=XC-7 ground=two_fails on=2023-03-01 document=沈科发〔2023〕4号")
@options.work
@click.option("--id", "record_id", default="", metavar="ID", help="Its number [made from what it says]; that of a record to correct it.")
@click.option("--reason", default="", help="Why it corrects what was recorded.")
@click.argument("kind", metavar="KIND")
@click.argument("fields", metavar="KEY=VALUE...", nargs=-1, required=True, callback=pairs)
def record(asked: options.Work, *, record_id: str, reason: str, kind: str, fields: dict[str, Any]) -> int:
    """Record one row of KIND: a round, a participant, a tie decided (edge), a subsidy, guidance or an exit.

    登记一条记录，如考评轮次、参评单位、并列裁定、后补助、技术指导、退出。
    """
    from firelane.registry.desk import Given

    with asked.desk() as desk:
        found = kind_of(kind, desk.register.kinds)
        names = {word.casefold(): c.key for c in found.columns for word in (c.key, c.zh, c.en)}
        odd = [key for key in fields if key.casefold() not in names]
        if odd:
            raise click.BadParameter(f"'{harmless(odd[0])}' is not one of: {', '.join(c.key for c in found.columns)}", param_hint="'KEY=VALUE...'")
        values = {names[key.casefold()]: value for key, value in fields.items()}
        if len(values) < len(fields):  # "name" and "名称": which of them is meant?
            raise click.BadParameter("a column is told twice", param_hint="'KEY=VALUE...'")
        taken = desk.register.take([Given(found.id, values, record_id, reason=reason)])
        if not asked.quiet:
            say_taken(taken, desk.register, asked.console_lang)
    return 0


@click.command("step", epilog="Example: firelane star step SB-7 local_review --on 2021-03-05 --by 浑南区科技局 --opinion 同意")
@options.work
@click.option("--on", required=True, metavar="DATE", callback=day, help="When it was done.")
@click.option("--by", required=True, help="Who did it: an office, a person.")
@click.option("--batch", default=None, help="The batch of the experts' review.")
@click.option("--opinion", default=None, help="What was found.")
@click.option("--until", default=None, metavar="DATE", callback=day, help="The last day of the public notice.")
@click.option("--objections", type=click.IntRange(min=0), default=None, help="How many objections there were.")
@click.option("--document", default=None, help="Number of the document.")
@click.option("--evidence", default=None, help="The papers.")
@click.argument("application_id", metavar="APPLICATION")
@click.argument("name", metavar="STEP")
def step(asked: options.Work, *, application_id: str, name: str, **told: Any) -> int:
    """Take APPLICATION one step further: submit, local_review, accept, expert_review, site_visit, publicise, announce and others.

    What may come next is told by `firelane star applications`. A step that the scheme does not allow is refused.

    办理申报的一步；可办理的步骤见 firelane star applications，不合流程的不予登记。
    """
    from firelane.registry.desk import Given
    from firelane.registry.star_flow import application
    from firelane.store.times import shown as moment

    tongue = asked.console_lang
    with asked.desk() as desk:
        known = {t.id: t for t in desk.scheme.flow.transitions.values() if t.record == "step"}
        found = next((t for t in known.values() if name.casefold() in (t.id, t.zh, t.en)), None)
        if found is None:
            raise click.BadParameter(f"'{harmless(name)}' is not one of: {', '.join(known)}", param_hint="'STEP'")
        taken = desk.register.take([Given("step", {"application": application_id, "step": found.id, **told})])
        now = application(desk.register.facts(), desk.scheme, application_id)
    if asked.quiet or now is None:
        return 0
    event = next((e for e in now.events if e.record.record_id in taken.known), None)
    if event is not None:  # by somebody else, or by a command that is repeated
        by, at, step_name = harmless(event.record.recorded_by), moment(event.record.recorded_at), harmless(event.transition.label(tongue))
        common.say(f"此前已登记：{step_name}（{by}，{at}）" if tongue == "zh" else f"recorded already: {step_name} (by {by}, {at})")
    common.say(f"{harmless(application_id)}: {desk.scheme.flow.states[now.state].label(tongue)}")
    return 0
