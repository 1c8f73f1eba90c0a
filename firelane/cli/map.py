"""``firelane map``: the map of violations."""

from __future__ import annotations

from pathlib import Path

import click

from firelane.cli import common


@click.command("map", epilog="Example: firelane map data/shenyang_district -o map.html")
@common.site_options
@common.rules_option
@common.file_option((".html", ".htm"), "The HTML file.")
@click.option("--png", is_flag=True, help="Write a picture of the map beside it.")
@click.option("--no-markings", is_flag=True, help="Leave the planned markings off the map.")
@common.remedies_option
def command(
    *, site: Path, config: Path | None, skip_bad: bool, within: str | None, lang: str | None, quiet: bool, debug: bool, rules: str,
    out: Path, png: bool, no_markings: bool, no_remedies: bool,
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
    from firelane.webmap import map_png, violation_map

    tongue = common.console_lang(lang)
    written = [out]
    steps = (
        "read", "rules", "network", "measure", "judge", *(() if no_remedies else ("remedies",)), "markings", "map"
    )  # fmt: skip
    with common.progress(steps, tongue, quiet=quiet) as tell:
        tell("read")
        read = read_site(site, config=config, skip_bad=skip_bad, within=within)
        load_rules(common.rule_names(rules))
        dimensions(read.config.marking)
        ensure_writable_dir(out.parent)
        result = audit(read, rules=common.rule_names(rules), progress=tell, remedies=not no_remedies)
        tell("markings")
        plan = None if no_markings else plan_markings(
            result.site, result.network, clear_widths=clear_widths(result)
        )  # fmt: skip
        tell("map")
        violation_map(result, out, plan=plan, lang=common.file_lang(lang))
        if png:
            map_png(result, out.with_suffix(".png"), plan=plan, lang=common.file_lang(lang))
            written.append(out.with_suffix(".png"))
    if not quiet:
        common.print_notes(result.site.notes, tongue)
        for path in written:
            common.say(str(path))
    return 0
