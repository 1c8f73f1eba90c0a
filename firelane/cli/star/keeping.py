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
@common.lang_option
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--debug", is_flag=True, help="Show where an internal error arose.")
@options.scheme_option
@common.file_option((".xlsx",), "The workbook.")
def template(*, lang: str | None, quiet: bool, debug: bool, scheme_name: str, out: Path) -> int:
    """Write a blank workbook with a sheet for each kind of records.

    生成空白登记表，每类记录一张表。
    """
    del debug
    from firelane.registry.star_scheme import load_scheme
    from firelane.registry.tables_out import write_blank

    file_lang = common.file_lang(lang)
    write_blank(load_scheme(scheme_name).kinds, out, file_lang, title="星创天地登记表" if file_lang == "zh" else "records of Star Spaces")
    options.wrote(out, lang, quiet=quiet)
    return 0
