"""``firelane new``: a blank site."""

from __future__ import annotations

from pathlib import Path

import click

from firelane.cli import common


@click.command("new", epilog="Example: firelane new my_site")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--crs", default="EPSG:4550", show_default=True, help="Coordinate reference system of the blank site.")
@common.lang_option
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--debug", is_flag=True, help="Show where an internal error arose.")
def command(folder: Path, crs: str, lang: str | None, quiet: bool, debug: bool) -> int:
    """Make FOLDER a blank site: a GeoPackage with all layers, styled for QGIS, and a commented site.toml.

    新建空白场地：含全部图层、可直接在 QGIS 中绘制的 GeoPackage 和带注释的 site.toml。
    """
    del debug
    from firelane.site.blank import write_blank_site

    written = write_blank_site(folder, crs=crs, lang=common.file_lang(lang))
    if not quiet:
        zh = common.console_lang(lang) == "zh"
        for path in written:
            common.say(str(path))
        common.say("在 QGIS 中打开后至少绘制 roads（路面多边形），再运行 firelane run" if zh else
                   "Open it in QGIS, draw at least the roads (polygons), then: firelane run")  # fmt: skip
    return 0
