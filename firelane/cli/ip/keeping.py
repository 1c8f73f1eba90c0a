"""The store and what goes in and out of it: made, blank tables, import, export."""

from __future__ import annotations

from pathlib import Path

import click

from firelane.cli import common
from firelane.cli.ip import options
from firelane.cli.registry import commands

init = commands.make_init(options.REGISTRY)
take_in = commands.make_import(options.REGISTRY)
export = commands.make_export(options.REGISTRY)


@click.command("template", epilog="Example: firelane ip template -o out/records.xlsx")
@options.look
@common.file_option((".xlsx",), "The workbook.")
def template(asked: options.Look, *, out: Path) -> int:
    """Write a blank workbook: a sheet for each kind of records, and one that explains columns, indicators and tasks.

    生成空白登记表：每类记录一张表，另附填写说明。
    """
    from firelane.registry.ip_template import write_template

    plan, _ = asked.plan()
    write_template(plan, out, asked.file_lang)
    return asked.wrote(out)
