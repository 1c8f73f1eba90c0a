"""``firelane map``: the map of violations."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from firelane.cli import common

if TYPE_CHECKING:
    from firelane.auditing import Audit
    from firelane.webmap.marks import CaseMark


def _marks(store: str | None, user: str | None, audit: Audit) -> dict[str, CaseMark] | None:
    """Return the cases of the findings, where a store is named."""
    if store is None:
        return None
    from firelane.cases.marked import case_marks
    from firelane.cli.case.options import book

    with book(store, user) as cases:
        return case_marks(cases, audit)


@click.command("map", epilog="Example: firelane map data/shenyang_district -o map.html")
@common.site_options
@common.rules_option
@common.file_option((".html", ".htm"), "The HTML file.")
@click.option("--png", is_flag=True, help="Write a picture of the map beside it.")
@click.option("--pdf", is_flag=True, help="Write the map as a PDF beside it, with every finding in full.")
@click.option(
    "--link", default=None, metavar="URL",
    help="Where the map will be served (https): the QR code of picture and PDF opens it. Without, it opens the place.",
)
@click.option("--no-markings", is_flag=True, help="Leave the planned markings off the map.")
@click.option(
    "--basemap", default="none", show_default=True, metavar="none|tianditu|osm|gaode|URL",
    help="Background when there is a network: a known one, or tiles of your own as https://host/{z}/{x}/{y}.png.",
)
@click.option(
    "--tianditu-key", default=None, metavar="KEY",
    help="Your key for Tianditu, else that of FIRELANE_TIANDITU_KEY; whoever has the file can read it.",
)
@click.option(
    "--cases", "store", default=None, metavar="FILE|URL",
    help="A store of cases: findings are shown with the case that follows them, its state and deadline.",
)
@click.option("--as", "user", envvar="FIRELANE_USER", default=None, metavar="NAME", help="The user of that store.")
@common.vehicle_option
@common.remedies_option
@click.pass_context
def command(
    context: click.Context, *, site: Path, config: Path | None, skip_bad: bool, within: str | None, lang: str | None, quiet: bool, debug: bool, rules: str,
    out: Path, png: bool, pdf: bool, link: str | None, no_markings: bool, basemap: str, tianditu_key: str | None, store: str | None,
    user: str | None, no_remedies: bool, vehicles: tuple[str, ...] | None,
) -> int:  # fmt: skip
    """Map the violations of SITE: one HTML file that opens without a network.

    生成场地 SITE 的违规地图（单个网页文件，离线可用）。
    """
    del debug
    from firelane.auditing import audit
    from firelane.files import ensure_writable_dir
    from firelane.markings import plan_markings
    from firelane.markings.parameters import dimensions
    from firelane.rules import load_rules
    from firelane.run import clear_widths
    from firelane.site import read_site
    from firelane.webmap import map_pdf, map_png, violation_map
    from firelane.webmap.basemaps import KEY_VARIABLE
    from firelane.webmap.basemaps import basemap as background
    from firelane.webmap.qr import checked_link

    if user is not None and store is None and context.get_parameter_source("user") is not ParameterSource.ENVIRONMENT:
        raise click.UsageError("--as goes with --cases")
    if tianditu_key is not None and basemap != "tianditu":
        raise click.UsageError("--tianditu-key goes with --basemap tianditu")
    # The variable may be set for other maps; it is of use for Tianditu alone.
    tiles = background(basemap, key=tianditu_key if tianditu_key is not None else os.environ.get(KEY_VARIABLE))
    tongue = common.console_lang(lang)
    written = [out]
    steps = (
        "read", "rules", "network", "measure", *(("tracking",) if vehicles else ()), "judge",
        *(() if no_remedies else ("remedies",)), "markings", "map",
    )  # fmt: skip
    with common.progress(steps, tongue, quiet=quiet) as tell:
        tell("read")
        if link is not None:
            link = checked_link(link)
        read = read_site(site, config=config, skip_bad=skip_bad, within=within)
        load_rules(common.rule_names(rules))
        dimensions(read.config.marking)
        ensure_writable_dir(out.parent)
        result = audit(read, rules=common.rule_names(rules), progress=tell, remedies=not no_remedies, vehicles=vehicles)
        tell("markings")
        plan = None if no_markings else plan_markings(
            result.site, result.network, clear_widths=clear_widths(result)
        )  # fmt: skip
        tell("map")
        marks = _marks(store, user, result)
        violation_map(result, out, plan=plan, lang=common.file_lang(lang), link=link, basemap=tiles, cases=marks)
        if png:
            map_png(result, out.with_suffix(".png"), plan=plan, lang=common.file_lang(lang), link=link)
            written.append(out.with_suffix(".png"))
        if pdf:
            map_pdf(result, out.with_suffix(".pdf"), plan=plan, lang=common.file_lang(lang), link=link)
            written.append(out.with_suffix(".pdf"))
    if not quiet:
        common.print_notes(result.site.notes, tongue)
        if tiles is not None and not result.site.placed:
            common.say("  · 场地未定位，没有加入底图" if tongue == "zh" else "  · the site is not placed: the map has no background")
        for path in written:
            common.say(str(path))
    return 0
