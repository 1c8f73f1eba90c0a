"""``firelane report``: the inspection report of a site."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from firelane.cli import common

if TYPE_CHECKING:
    import datetime as dt


@click.command("report", epilog="Example: firelane report data/shenyang_district -o report.pdf --docx --xlsx")
@common.site_options
@common.rules_option
@common.vehicle_option
@common.remedies_option
@common.fail_on_option
@common.file_option((".pdf", ".docx", ".xlsx"), "The report; its ending decides the edition.")
@click.option("--docx", is_flag=True, help="Write a Word document beside it as well.")
@click.option("--xlsx", is_flag=True, help="Write a workbook with every finding beside it as well.")
@click.option(
    "--date", "day", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD",
    help="Day of the inspection; left blank on the cover unless it is given.",
)
def command(
    *, site: Path, config: Path | None, skip_bad: bool, within: str | None, lang: str | None, quiet: bool, debug: bool,
    rules: str, no_remedies: bool, fail_on: str | None, out: Path, docx: bool, xlsx: bool, day: dt.datetime | None,
    vehicles: tuple[str, ...] | None,
) -> int:  # fmt: skip
    """Audit SITE and write the inspection report.

    检查场地 SITE 并写出检查报告（PDF，另可写 Word 与 Excel）。
    """
    del debug
    from firelane.auditing import audit
    from firelane.files import ensure_writable_dir
    from firelane.markings import plan_markings
    from firelane.report import write_report
    from firelane.rules import load_rules
    from firelane.run import check_tables, clear_widths
    from firelane.site import read_site

    tongue, written_in = common.console_lang(lang), common.file_lang(lang)
    wanted = [out, *([out.with_suffix(".docx")] if docx else []), *([out.with_suffix(".xlsx")] if xlsx else [])]
    paths = list(dict.fromkeys(wanted))
    steps = (
        "read", "rules", "network", "measure", *(("tracking",) if vehicles else ()), "judge", *(() if no_remedies else ("remedies",)), "markings", "report",
    )  # fmt: skip
    with common.progress(steps, tongue, quiet=quiet) as tell:
        tell("read")
        read = read_site(site, config=config, skip_bad=skip_bad, within=within)
        load_rules(common.rule_names(rules))
        check_tables(read)
        ensure_writable_dir(out.parent)
        result = audit(read, rules=common.rule_names(rules), progress=tell, remedies=not no_remedies, vehicles=vehicles)
        tell("markings")
        plan = plan_markings(result.site, result.network, clear_widths=clear_widths(result))
        tell("report")
        for path in paths:
            write_report(result, path, plan, written_in, date=day.date() if day is not None else None)
    if not quiet:
        common.print_notes(result.site.notes, tongue)
        common.print_summary(result, tongue)
        for path in paths:
            common.say(str(path))
    return common.violation_exit(result, fail_on)
