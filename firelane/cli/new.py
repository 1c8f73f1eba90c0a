"""``firelane new``: a blank site, or one made of any input, to be drawn in QGIS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from firelane.cli import common

if TYPE_CHECKING:
    from firelane.site.model import Note

_BLANK_CRS = "EPSG:4550"


@click.command("new", epilog="Example: firelane new my_site --from plan.dxf")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--crs", default=None, metavar="CODE",
    help=f"Coordinate reference system of the blank site.  [default: {_BLANK_CRS}]",
)
@click.option(
    "--from", "source", type=click.Path(path_type=Path), default=None, metavar="SITE",
    help="Fill it with what is understood of a CAD plan, an OpenStreetMap extract or any other site.",
)
@click.option(
    "--config", type=click.Path(path_type=Path), default=None, help="A site.toml for SITE that takes the place of its own.",
)
@click.option("--within", default=None, metavar="AREA", help="Cut the site out of SITE, as in the other commands.")
@click.option("--skip-bad", is_flag=True, help="Leave unreadable road rows of SITE out instead of refusing it.")
@common.lang_option
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--debug", is_flag=True, help="Show where an internal error arose.")
def command(
    folder: Path, crs: str | None, source: Path | None, config: Path | None, within: str | None, skip_bad: bool,
    lang: str | None, quiet: bool, debug: bool,
) -> int:  # fmt: skip
    """Make FOLDER a site: a GeoPackage with all layers, styled for QGIS, and a commented site.toml.

    新建场地：含全部图层、可直接在 QGIS 中绘制的 GeoPackage 和带注释的 site.toml。加 --from 时填入 CAD 图、
    OpenStreetMap 等任何可读数据中已识别的内容，供核对和修改。
    """
    del debug
    zh = common.console_lang(lang) == "zh"
    if source is None:
        for name, given in (("--config", config), ("--within", within), ("--skip-bad", skip_bad or None)):
            if given is not None:
                raise click.UsageError(f"{name} needs --from SITE")
        from firelane.site.blank import write_blank_site

        written = write_blank_site(folder, crs=crs or _BLANK_CRS, lang=common.file_lang(lang))
        hint = ("在 QGIS 中打开后至少绘制 roads（路面多边形），再运行 firelane run" if zh else
                "Open it in QGIS, draw at least the roads (polygons), then: firelane run")  # fmt: skip
        notes: tuple[Note, ...] = ()
    else:
        if crs is not None:
            raise click.UsageError("--crs goes with a blank site: with --from the site's own system is kept")
        from firelane.site import read_site
        from firelane.site.save import ensure_free, write_site

        ensure_free(folder)  # before the reading, which may take its time
        read = read_site(source, config=config, skip_bad=skip_bad, within=within)
        written = write_site(read, folder, lang=common.file_lang(lang))
        hint = ("在 QGIS 中打开 site.gpkg 核对、修改，再运行 firelane run" if zh else
                "Open site.gpkg in QGIS, check and correct it, then: firelane run")  # fmt: skip
        notes = read.notes
    if not quiet:
        for path in written:
            common.say(str(path))
        common.print_notes(notes, "zh" if zh else "en")
        common.say(hint)
    return 0
