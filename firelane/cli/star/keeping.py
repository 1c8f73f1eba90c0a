"""The store and what goes in and out of it: made, blank tables, import, export."""

from __future__ import annotations

from pathlib import Path

import click

from firelane.cli import common
from firelane.cli.registry import commands
from firelane.cli.star import options

init = commands.make_init(options.REGISTRY)
take_in = commands.make_import(options.REGISTRY)
export = commands.make_export(options.REGISTRY)


@click.command("template", epilog="Example: firelane star template -o out/records.xlsx")
@options.look
@common.file_option((".xlsx",), "The workbook.")
def template(asked: options.Look, *, out: Path) -> int:
    """Write a blank workbook with a sheet for each kind of records.

    生成空白登记表，每类记录一张表。
    """
    from firelane.registry.tables_out import write_blank

    title = "星创天地登记表" if asked.file_lang == "zh" else "records of Star Spaces"
    write_blank(asked.scheme().kinds, out, asked.file_lang, title=title)
    return asked.wrote(out)
