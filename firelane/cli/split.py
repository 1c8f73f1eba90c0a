"""``firelane split``: an OpenStreetMap extract as many sites."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from firelane.cli import common


def tag(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[str, str]:
    """Return key and value of ``KEY=VALUE``.

    Raises
    ------
    BadParameter
    """
    key, sign, wanted = value.partition("=")
    if not (key.strip() and sign and wanted.strip()):
        raise click.BadParameter(f"'{value}' is no tag: write KEY=VALUE, such as landuse=residential")
    return key.strip(), wanted.strip()


@click.command("split", epilog="Example: firelane split shenyang.osm.pbf -o sites")
@click.argument("extract", type=click.Path(path_type=Path))
@common.folder_option("New or empty folder for the sites and manifest.csv.", required=True)
@click.option(
    "--by", default="landuse=residential", show_default=True, metavar="KEY=VALUE", callback=tag,
    help="Tag of the areas that become sites.",
)
@click.option(
    "--margin", type=click.FloatRange(0.0, 1000.0), default=0.0, show_default=True, metavar="M",
    help="How far a site reaches beyond the outline of its area [m].",
)
@common.lang_option
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--debug", is_flag=True, help="Show where an internal error arose.")
def command(
    extract: Path, out: Path, *, by: tuple[str, str], margin: float, lang: str | None, quiet: bool, debug: bool
) -> int:
    """Split EXTRACT (.osm, .osm.pbf) into sites, one for each residential area: a folder with site.gpkg and site.toml.

    把 OpenStreetMap 数据按住宅区拆分为场地，每个区域一个文件夹。
    """
    del debug
    from firelane.site.osm.split import MANIFEST, split_extract

    zh = common.console_lang(lang) == "zh"
    shown = not quiet and sys.stderr is not None and sys.stderr.isatty()

    def tell(done: int, total: int) -> None:
        if shown:
            click.echo(f"\r{'区域' if zh else 'areas'} {done}/{total}", file=sys.stderr, nl=done == total)

    pieces = split_extract(extract, out, by=by, margin_m=margin, lang=common.file_lang(lang), tell=tell)
    if not quiet:
        good = [piece for piece in pieces if piece.status == "site"]
        for piece in pieces:
            if piece.status != "site":
                label = " ".join("".join(c if c.isprintable() else " " for c in f"{piece.id} {piece.name}").split())
                common.say(f"  {label}: {piece.reason}")
        common.say(
            f"共 {len(pieces)} 个区域，生成 {len(good)} 个场地：{out / MANIFEST}" if zh else
            f"{len(pieces)} areas, {len(good)} sites: {out / MANIFEST}"
        )  # fmt: skip
    return 0
