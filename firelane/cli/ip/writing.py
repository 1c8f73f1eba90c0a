"""A programme written: dashboard, tables, charts, report."""

from __future__ import annotations

from pathlib import Path

import click

from firelane.cli import common
from firelane.cli.ip import options


@click.command("board", epilog="Example: firelane ip board -o out/board.html --on 2022-12-31")
@options.question
@common.file_option((".html",), "The dashboard.")
def board(asked: options.Question, *, out: Path) -> int:
    """Write the dashboard: one HTML file that needs no network and prints.

    生成进展看板：单个网页文件，不需要网络，可打印。
    """
    from firelane.registry.ip_board import write_board

    write_board(asked.standing(), out, asked.file_lang)
    return asked.wrote(out)


@click.command("book", epilog="Example: firelane ip book -o out/progress.xlsx")
@options.question
@common.folder_option("A workbook (.xlsx), or a folder for CSV files.", required=True)
def book(asked: options.Question, *, out: Path) -> int:
    """Write the tables: tasks, indicators, growth, lead units, funds, loans, documents; with the source of each.

    生成进展表：任务、指标、增幅、牵头单位、资金、质押融资、文件，均附出处。
    """
    from firelane.registry.ip_book import write_csv_files, write_workbook

    if out.suffix and out.suffix.lower() != ".xlsx":
        raise click.BadParameter(f"'{out}' must end in .xlsx, or be a folder", param_hint="'-o' / '--out'")
    if out.suffix:
        write_workbook(asked.standing(), out, asked.file_lang)
    else:
        write_csv_files(asked.standing(), out, asked.file_lang)
    return asked.wrote(out)


@click.command("charts", epilog="Example: firelane ip charts -o out/charts")
@options.question
@common.folder_option("Folder for the pictures and the PDF of them all.", required=True)
def charts(asked: options.Question, *, out: Path) -> int:
    """Write charts: progress of the indicators, tasks by lead unit, growth, fund shares.

    生成图表：指标进展、各牵头单位任务、年均增幅、资金比例。
    """
    from firelane.registry.ip_charts import write_charts

    write_charts(asked.standing(), out, asked.file_lang)
    return asked.wrote(out)


@click.command("report", epilog="Example: firelane ip report -o out/progress.docx")
@options.question
@common.file_option((".docx",), "The report.")
def report(asked: options.Question, *, out: Path) -> int:
    """Write the progress report, with the charts.

    生成进展报告（Word），含图表。
    """
    from firelane.registry.ip_report import write_report

    write_report(asked.standing(), out, asked.file_lang)
    return asked.wrote(out)
