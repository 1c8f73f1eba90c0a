"""What happens in a case, recorded; and its notice."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from firelane.cli import common
from firelane.cli.case import options
from firelane.cli.console import harmless


@click.command("event", epilog="Example: firelane case event C-2026-000001 confirmed --note 现场核实 --evidence photo.jpg")
@options.store_options
@click.argument("case_id", metavar="CASE")
@click.argument("kind", metavar="EVENT")
@click.option("--note", default="", help="What there is to say.")
@click.option("--set", "fields", multiple=True, metavar="KEY=VALUE", callback=options.pairs, help="A field that the event needs, for instance receiver=…; may be given several times.")
@click.option("--evidence", "evidence", multiple=True, type=click.Path(path_type=Path), metavar="FILE", help="A photograph or document; may be given several times.")
@click.option("--at", default=None, metavar="TIME", callback=options.moment, help="When it happened [now].")
@click.option("--place", default=None, metavar="LON,LAT", callback=options.place, help="Where it happened, in degrees.")
@click.option("--deadline", default=None, metavar="DATE", callback=options.day, help="The deadline that is set.")
@click.option("--days", type=click.IntRange(0, 3650), default=None, help="The deadline in days from --at, in the kind of days of its rule.")
@click.option("--deadline-source", default="", metavar="TEXT", help="Who or what sets the deadline.")
@options.calendar_option
def event(
    *, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, case_id: str, kind: str, note: str, fields: dict[str, Any],
    evidence: tuple[Path, ...], at: datetime | None, place: tuple[float, float] | None, deadline: date | None, days: int | None,
    deadline_source: str, calendar: Path | None,
) -> int:  # fmt: skip
    """Record EVENT in CASE. `firelane case show CASE` lists the events that are possible and what they need.

    在案件中记录一个事项。可记录的事项及所需内容见 firelane case show。
    """
    del debug
    from firelane.cases.dates import not_set
    from firelane.cases.workflow import workflow

    if deadline is not None and days is not None:
        raise click.UsageError("--deadline or --days, not both")
    tongue = common.console_lang(lang)
    with options.book(store, user, calendar=calendar) as book:
        case = book.record(
            case_id, kind, fields=options.typed(fields), note=note, evidence=evidence, happened_at=at, place=place, deadline=deadline, days=days,
            deadline_source=deadline_source,
        )  # fmt: skip
    if not quiet:
        common.say(f"{case.case_id}  {workflow().states[case.state].text(tongue)}")
        if case.deadline is not None:
            word, source = ("期限", "依据") if tongue == "zh" else ("deadline", "source")
            common.say(f"  {word}: {case.deadline.isoformat()}  {source}: {harmless(case.deadline_source)}")
        elif (rule := not_set(case, kind)) is not None:
            common.say(
                f"  未设期限：需要工作日历 --calendar，或用 --deadline 指定日期（{rule.text('zh')}按工作日计算）" if tongue == "zh" else
                f"  no deadline is set: give --calendar, or a day by --deadline ({rule.text('en')} counts working days)"
            )  # fmt: skip
    return 0


@click.command("notice", epilog="Example: firelane case notice C-2026-000001 -o out/notice.docx --issuer 沈河区消防救援大队")
@options.store_options
@click.argument("case_id", metavar="CASE")
@common.file_option((".docx", ".pdf"), "The notice.")
@click.option("--issuer", default="", help="Who issues it.")
@click.option("--document-no", default="", metavar="NO", help="Its document number; without one it is marked as a draft.")
@click.option("--dated", default=None, metavar="DATE", callback=options.day, help="Date of the notice; left blank otherwise.")
@click.option("--templates", type=click.Path(path_type=Path), default=None, metavar="FILE", help="Templates of the texts.")
def notice(
    *, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, case_id: str, out: Path, issuer: str, document_no: str,
    dated: date | None, templates: Path | None,
) -> int:  # fmt: skip
    """Write the notice to correct of CASE. It is recorded with `firelane case event CASE noticed`.

    生成案件的责令限期改正通知书；送达后用 firelane case event CASE noticed 记录。
    """
    del debug
    from firelane.report.notice import notice_of_case
    from firelane.report.notice_files import write_notice
    from firelane.report.templates import templates as read_templates

    tongue = common.console_lang(lang)
    texts = read_templates(templates)
    with options.book(store, user) as book:
        case = book.case(case_id)
    made = notice_of_case(
        case, issuer=issuer or None, document_no=document_no or None, date=dated, texts=texts, lang=common.file_lang(lang)
    )
    write_notice(made, out)
    if not quiet:
        common.say(f"已写出 {out}" if tongue == "zh" else f"wrote {out}")
    return 0
