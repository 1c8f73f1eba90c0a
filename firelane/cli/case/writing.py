"""Cases written: ledger, exchange formats, map, figures."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from firelane.cli import common
from firelane.cli.case import options


@click.command("ledger", epilog="Example: firelane case ledger -o out/ledger.xlsx")
@options.store_options
@common.file_option((".csv", ".xlsx"), "The ledger.")
def ledger(*, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, out: Path) -> int:
    """Write the ledger of all cases: one row each, with the hash of its last entry.

    生成案件台账，每案一行，附最后一条记录的哈希。
    """
    del debug
    from firelane.cases.exports import write_ledger

    tongue = common.console_lang(lang)
    with options.book(store, user) as book:
        head = write_ledger(book, out, common.file_lang(lang))
    if not quiet:
        common.say(f"已写出 {out}；链尾 {head}" if tongue == "zh" else f"wrote {out}; head of the chain {head}")
    return 0


@click.command("export", epilog="Example: firelane case export -o out/cases.gpkg")
@options.store_options
@common.file_option((".json", ".gpkg", ".html"), "Open311 GeoReport JSON, GeoPackage or map, by the ending.")
def export(*, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, out: Path) -> int:
    """Write all cases as Open311 GeoReport JSON (.json), GeoPackage (.gpkg) or map (.html).

    把全部案件导出为 Open311 JSON、GeoPackage 或地图。
    """
    del debug
    from firelane.cases import exports
    from firelane.cases.case_map import write_case_map

    tongue = common.console_lang(lang)
    write = {".json": exports.write_open311, ".gpkg": exports.write_geopackage, ".html": write_case_map}[out.suffix.lower()]
    with options.book(store, user) as book:
        write(book, out, common.file_lang(lang))
    if not quiet:
        common.say(f"已写出 {out}" if tongue == "zh" else f"wrote {out}")
    return 0


@click.command("stats", epilog="Example: firelane case stats -o out/figures --since 2026-01-01")
@options.store_options
@common.folder_option("Folder for the table, the charts and the map.", required=True)
@click.option("--since", default=None, metavar="DATE", callback=options.day, help="Only cases opened on this day or later.")
@click.option("--until", default=None, metavar="DATE", callback=options.day, help="Only cases opened on this day or earlier.")
@click.option("--at", default=None, metavar="DATE", callback=options.day, help="As things stood at the end of this day [now].")
def stats(
    *, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, out: Path, since: date | None, until: date | None,
    at: date | None,
) -> int:  # fmt: skip
    """Write median days to close, re-inspection pass rate and repeat offenders, by district and manager.

    统计办结天数中位数、复查合格率、重复违规，按区和责任主体分列（表、图、地图）。
    """
    del debug
    from firelane.cases.figures import write_statistics
    from firelane.cases.statistics import statistics, summary_lines

    tongue = common.console_lang(lang)
    with options.book(store, user) as book:
        figures = statistics(book, since=since, until=until, at=at)
    files = write_statistics(figures, out, common.file_lang(lang))
    if not quiet:
        for line in summary_lines(figures, tongue):
            common.say(line)
        common.say(("已写出 " if tongue == "zh" else "wrote ") + ", ".join(str(f) for f in files))
    return 0
