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
@common.lang_option
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--debug", is_flag=True, help="Show where an internal error arose.")
@options.plan_options
@common.file_option((".xlsx",), "The workbook.")
def template(*, lang: str | None, quiet: bool, debug: bool, plan_name: str, counts: str, out: Path) -> int:
    """Write a blank workbook: a sheet for each kind of records, and one that explains columns, indicators and tasks.

    生成空白登记表：每类记录一张表，另附填写说明。
    """
    del debug
    from firelane.registry.ip_template import write_template

    tongue = common.console_lang(lang)
    plan, _ = options.read_plan(plan_name, counts)
    write_template(plan, out, common.file_lang(lang))
    if not quiet:
        common.say(f"已写出 {out}" if tongue == "zh" else f"wrote {out}")
    return 0
