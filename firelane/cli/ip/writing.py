"""A programme written: dashboard, tables, charts, report."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from firelane.cli import common
from firelane.cli.ip import options


@click.command("board", epilog="Example: firelane ip board -o out/board.html --on 2022-12-31")
@options.store_options
@options.plan_options
@options.date_options
@common.file_option((".html",), "The dashboard.")
def board(
    *, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, plan_name: str, counts: str, on: date | None,
    known: date | None, out: Path,
) -> int:  # fmt: skip
    """Write the dashboard: one HTML file that needs no network and prints.

    生成进展看板：单个网页文件，不需要网络，可打印。
    """
    del debug
    from firelane.registry.ip_board import write_board

    with options.desk(store, user, plan_name, counts) as desk:
        found = desk.standing(on, known)
    write_board(found, out, common.file_lang(lang))
    return _wrote(out, lang, quiet=quiet)


@click.command("book", epilog="Example: firelane ip book -o out/progress.xlsx")
@options.store_options
@options.plan_options
@options.date_options
@common.folder_option("A workbook (.xlsx), or a folder for CSV files.", required=True)
def book(
    *, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, plan_name: str, counts: str, on: date | None,
    known: date | None, out: Path,
) -> int:  # fmt: skip
    """Write the tables: tasks, indicators, growth, lead units, funds, loans, documents; with the source of each.

    生成进展表：任务、指标、增幅、牵头单位、资金、质押融资、文件，均附出处。
    """
    del debug
    from firelane.registry.ip_book import write_csv_files, write_workbook

    if out.suffix and out.suffix.lower() != ".xlsx":
        raise click.BadParameter(f"'{out}' must end in .xlsx, or be a folder", param_hint="'-o' / '--out'")
    with options.desk(store, user, plan_name, counts) as desk:
        found = desk.standing(on, known)
    if out.suffix:
        write_workbook(found, out, common.file_lang(lang))
    else:
        write_csv_files(found, out, common.file_lang(lang))
    return _wrote(out, lang, quiet=quiet)


@click.command("charts", epilog="Example: firelane ip charts -o out/charts")
@options.store_options
@options.plan_options
@options.date_options
@common.folder_option("Folder for the pictures and the PDF of them all.", required=True)
def charts(
    *, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, plan_name: str, counts: str, on: date | None,
    known: date | None, out: Path,
) -> int:  # fmt: skip
    """Write charts: progress of the indicators, tasks by lead unit, growth, fund shares.

    生成图表：指标进展、各牵头单位任务、年均增幅、资金比例。
    """
    del debug
    from firelane.registry.ip_charts import write_charts

    with options.desk(store, user, plan_name, counts) as desk:
        found = desk.standing(on, known)
    write_charts(found, out, common.file_lang(lang))
    return _wrote(out, lang, quiet=quiet)


@click.command("report", epilog="Example: firelane ip report -o out/progress.docx")
@options.store_options
@options.plan_options
@options.date_options
@common.file_option((".docx",), "The report.")
def report(
    *, store: str, user: str | None, lang: str | None, quiet: bool, debug: bool, plan_name: str, counts: str, on: date | None,
    known: date | None, out: Path,
) -> int:  # fmt: skip
    """Write the progress report, with the charts.

    生成进展报告（Word），含图表。
    """
    del debug
    from firelane.registry.ip_report import write_report

    with options.desk(store, user, plan_name, counts) as desk:
        found = desk.standing(on, known)
    write_report(found, out, common.file_lang(lang))
    return _wrote(out, lang, quiet=quiet)


def _wrote(out: Path, lang: str | None, *, quiet: bool) -> int:
    if not quiet:
        common.say(f"已写出 {out}" if common.console_lang(lang) == "zh" else f"wrote {out}")
    return 0
