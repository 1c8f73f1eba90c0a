"""Cases opened: from an audit, from a report, from what was recorded on the map."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from firelane.cli import common
from firelane.cli.case import options
from firelane.cli.console import harmless

if TYPE_CHECKING:
    from firelane.cases.importing import ImportOutcome
    from firelane.errors import Problem
    from firelane.vocabulary import Lang

SOURCES = ("hotline_96119", "patrol", "other")
_GROUPS = {
    "opened": ("新立案", "opened"), "repeated": ("再次发现", "found again"), "reopened": ("重新立案", "reopened"),
    "proposed": ("建议结案", "proposed for closing"), "unchanged": ("无变化", "unchanged"),
}  # fmt: skip


@click.command("open", epilog="Example: firelane case open out/district --store cases.sqlite")
@options.store_options
@click.argument("audit", type=click.Path(path_type=Path), required=False)
@click.option("--finding", "findings", multiple=True, metavar="ID", help="Only this finding of the audit; may be given several times.")
@click.option("--source", type=click.Choice(SOURCES), default=None, help="Open one case by hand, without an audit.")
@click.option("--site", default="", metavar="ID", help="By hand: the site.")
@click.option("--kind", default="", help="By hand: the kind of violation, for instance parked_vehicle.")
@click.option("--place", default=None, metavar="LON,LAT", callback=options.place, help="By hand: where, in degrees.")
@click.option("--address", default="", help="By hand: where, in words.")
@click.option("--text", default="", help="By hand: what is wrong, as it was told.")
@click.option("--ref", default="", help="By hand: the report's number.")
@click.option("--reporter", default="", help="By hand: who reported it; shown to inspectors alone.")
@click.option("--at", default=None, metavar="TIME", callback=options.moment, help="When the site was audited, or the report was made [now].")
def open_cases(
    *, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, audit: Path | None, findings: tuple[str, ...],
    source: str | None, site: str, kind: str, place: tuple[float, float] | None, address: str, text: str, ref: str, reporter: str,
    at: datetime | None,
) -> int:  # fmt: skip
    """Open cases for what fails in AUDIT (a folder of results, or audit.json), or one case by hand with --source.

    Findings are matched to cases that are known: what is found again is counted, what was closed is reopened, and what
    now complies is proposed for closing; nothing is closed by itself. Without --finding every failure of a mandatory rule
    is taken.

    对检查结果 AUDIT 中的不符合项立案，或用 --source 人工立案。已有案件自动对应：再次发现的累计次数，已结案的重新立案，
    已符合的建议结案（不自动结案）。
    """
    del debug
    if (audit is None) == (source is None):
        raise click.UsageError("name an AUDIT, or say --source for a case by hand")
    if source is None and any((site, kind, place, address, text, ref, reporter)):
        raise click.UsageError("--site, --kind, --place, --address, --text, --ref and --reporter go with --source")
    if source is not None and findings:
        raise click.UsageError("--finding goes with an AUDIT")
    tongue = common.console_lang(lang)
    problems: tuple[Problem, ...] = ()
    with options.book(store, user) as book:
        if audit is not None:
            outcome = book.open_audit(audit, findings=findings or None, happened_at=at)
            told = {name: getattr(outcome, name) for name in _GROUPS}
            problems = outcome.problems
        else:
            from firelane.cases.importing import Report
            from firelane.cases.model import Source

            report = Report(
                source=Source(str(source)), channel_ref=ref, received_at=at or book.now(), lonlat=place, address=address, text=text,
                reporter=reporter, kind=kind, site_id=site,
            )  # fmt: skip
            told = {"opened": (book.open_report(report).case_id,)}
    if not quiet:
        for name, ids in told.items():
            if ids:
                label = _GROUPS[name][0 if tongue == "zh" else 1]
                common.say(f"  {label} {len(ids)}: {' '.join(ids)}")
        if not any(told.values()):
            common.say("  没有可立案的项目" if tongue == "zh" else "  nothing to open a case for")
        for problem in problems:
            common.say(f"  · {harmless(problem.text(tongue))}")
    return 0


@click.command("import", epilog="Example: firelane case import field_records.json")
@options.store_options
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
def take_in(
    *, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, files: tuple[Path, ...]
) -> int:
    """Take in FILES: the records exported by the map (.json), or reports of the hotline (.csv, .xlsx).

    The same file twice changes nothing. Of a file that has an error nothing is taken.

    导入地图导出的现场记录（.json）或举报记录（.csv、.xlsx）。重复导入不产生变化；文件有误时不导入任何内容。
    """
    del debug
    tongue = common.console_lang(lang)
    with options.book(store, user) as book:
        for file in files:
            outcome = book.take_records(file) if file.suffix.lower() == ".json" else book.take_reports(file)
            if not quiet:
                _tell(file, outcome, tongue)
    return 0


def _tell(file: Path, outcome: ImportOutcome, lang: Lang) -> None:
    zh = lang == "zh"
    name = harmless(file.name)
    common.say(
        f"{name}：记录 {len(outcome.recorded)} 项，新立案 {len(outcome.opened)}，已有 {outcome.known} 项"
        if zh
        else f"{name}: {len(outcome.recorded)} recorded, {len(outcome.opened)} opened, {outcome.known} known already"
    )
    for case_id, other in outcome.duplicates:
        common.say(f"  {case_id} 可能与 {other} 重复" if zh else f"  {case_id} may be a duplicate of {other}")
    for problem in outcome.problems:
        common.say(f"  · {harmless(problem.text(lang))}")
