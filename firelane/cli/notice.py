"""``firelane notice``: notices to put right what fails, one for each party."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from firelane.cli import common

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firelane.cases.deadlines import Deadline
    from firelane.report.notice import Notice
    from firelane.vocabulary import Lang

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("notice", epilog="Example: firelane notice data/shenyang_district -o notices --to property_company")
@common.site_options
@common.rules_option
@common.folder_option("The folder for the notices, each as DOCX and PDF.", required=True)
@click.option("--to", default=None, metavar="PARTY", help="Only the notice to this party: its name, or its key.")
@click.option("--issuer", default=None, metavar="TEXT", help="Who issues them; left blank without.")
@click.option("--number", default=None, metavar="TEXT", help="Document number; without, the notice is a draft.")
@click.option("--date", "day", type=_DAY, default=None, help="Day of issue, YYYY-MM-DD; left blank without.")
@click.option("--days", type=click.IntRange(1, 3650), default=None, help="Days to put things right, from --date (today without).")
@click.option("--deadline", "until", type=_DAY, default=None, help="Day by which it is to be put right, YYYY-MM-DD.")
@click.option(
    "--calendar", type=click.Path(path_type=Path, exists=True, dir_okay=False), default=None,
    help="Working-day calendar (CSV or ICS): --days then counts working days, and --deadline must be one.",
)
@click.option(
    "--templates", "texts", type=click.Path(path_type=Path, exists=True, dir_okay=False), default=None,
    help="TOML file with the texts of another city.",
)
@click.option("--no-markings", is_flag=True, help="Do not tell the planned amounts of paint.")
def command(
    *, site: Path, config: Path | None, skip_bad: bool, within: str | None, lang: str | None, quiet: bool, debug: bool, rules: str,
    out: Path, to: str | None, issuer: str | None, number: str | None, day: dt.datetime | None, days: int | None,
    until: dt.datetime | None, calendar: Path | None, texts: Path | None, no_markings: bool,
) -> int:  # fmt: skip
    """Write notices (责令限期改正通知书) of what fails at SITE, one for each responsible party.

    按第十二条和障碍物种类（第十六条至第十九条）确定责任主体，逐一生成通知书（DOCX 和 PDF）。
    """
    del debug
    from firelane.auditing import audit
    from firelane.files import ensure_writable_dir
    from firelane.markings import plan_markings
    from firelane.report.notice import notices
    from firelane.report.notice_files import write_notice
    from firelane.report.templates import templates
    from firelane.rules import load_rules
    from firelane.run import clear_widths
    from firelane.site import read_site

    tongue = common.console_lang(lang)
    wording = templates(texts)
    due = _deadline(days, until, calendar, day)
    steps = ("read", "rules", "network", "measure", "judge", "remedies", *(() if no_markings else ("markings",)), "results")
    written: list[tuple[Notice, Path]] = []
    with common.progress(steps, tongue, quiet=quiet) as tell:
        tell("read")
        read = read_site(site, config=config, skip_bad=skip_bad, within=within)
        load_rules(common.rule_names(rules))
        ensure_writable_dir(out)
        result = audit(read, rules=common.rule_names(rules), progress=tell)
        plan = None
        if not no_markings:
            tell("markings")
            plan = plan_markings(result.site, result.network, clear_widths=clear_widths(result))
        tell("results")
        made = notices(
            result, to=to, plan=plan, deadline=due, issuer=issuer, document_no=number,
            date=None if day is None else day.date(), texts=wording, lang=common.file_lang(lang),
        )  # fmt: skip
        for count, notice in enumerate(made, 1):
            stem = f"{count:02d}_{notice.stem}"
            written += [(notice, write_notice(notice, out / f"{stem}{ending}")) for ending in (".docx", ".pdf")]
    if not quiet:
        common.print_notes(result.site.notes, tongue)
        for line in _told(written, tongue):
            common.say(line)
    return 0


def _deadline(
    days: int | None, until: dt.datetime | None, calendar: Path | None, day: dt.datetime | None
) -> Deadline | None:
    """Return the time limit that the office sets; None where it sets none."""
    from firelane.cases.calendar import read_calendar
    from firelane.cases.deadlines import Deadline, Unit
    from firelane.errors import UsageError

    if days is not None and until is not None:
        raise UsageError("give --days or --deadline, not both", "--days 与 --deadline 只能给一个")
    if calendar is not None and days is None and until is None:
        raise UsageError("--calendar goes with --days or --deadline", "--calendar 须与 --days 或 --deadline 同用")
    known = None if calendar is None else read_calendar(calendar)
    start = (day or dt.datetime.now(tz=dt.timezone(dt.timedelta(hours=8)))).date()
    said = ("签发单位指定", "set by the issuing body")
    if until is not None:
        last = until.date()
        if last < start:
            raise UsageError(
                f"the deadline {last} lies before the day of issue, {start}", f"改正期限 {last} 早于签发日期 {start}"
            )
        if known is not None and not known.works(last):
            raise UsageError(
                f"the deadline {last} is no working day of the calendar {calendar}",
                f"改正期限 {last} 在日历 {calendar} 中不是工作日",
            )
        return Deadline(last, "", Unit.DAYS, None, *said, to_be_confirmed=False)
    if days is None:
        return None
    if known is None:
        said = (f"自 {start} 起 {days} 日，{said[0]}", f"{days} days from {start}, {said[1]}")
        return Deadline(start + dt.timedelta(days=days), "", Unit.DAYS, days, *said, to_be_confirmed=False)
    said = (f"自 {start} 起 {days} 个工作日，{said[0]}", f"{days} working days from {start}, {said[1]}")
    return Deadline(known.after(start, days), "", Unit.WORKING_DAYS, days, *said, to_be_confirmed=False)


_BLANK = {
    "document_no": ("文号", "number"), "issuer": ("签发单位", "issuer"), "deadline": ("改正期限", "time limit"),
    "party": ("受送达人", "addressee"), "date": ("日期", "date"),
}  # fmt: skip


def _told(written: Sequence[tuple[Notice, Path]], lang: Lang) -> list[str]:
    """Return what is said at the end: the files, and what is left to be filled in by hand."""
    from firelane.cli.console import harmless

    which = 0 if lang == "zh" else 1
    if not written:
        return [("没有不符合强制性规定的测量结果：不生成通知书", "nothing that was measured breaks a mandatory rule: no notice is written")[which]]
    lines = []
    for notice, path in written:
        lines.append(harmless(path))
        if path.suffix == ".pdf":
            blank = ("、", ", ")[which].join(_BLANK[word][which] for word in notice.blank)
            state = ("草稿；" if notice.draft else "", "draft; " if notice.draft else "")[which]
            if blank:
                lines.append((f"  · {state}待填写：{blank}", f"  · {state}to be filled in by hand: {blank}")[which])
    return lines
