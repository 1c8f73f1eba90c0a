"""``firelane check``: read and validate only."""

from __future__ import annotations

from pathlib import Path

import click

from firelane.cli import common


@click.command("check", epilog="Example: firelane check data/shenyang_district")
@common.site_options
def command(
    *, site: Path, config: Path | None, skip_bad: bool, lang: str | None, quiet: bool, debug: bool
) -> int:
    """Read SITE and print layers, counts, coordinate system and every problem.

    只读取并校验场地 SITE。
    """
    del debug
    from firelane.markings.parameters import dimensions
    from firelane.site import describe, read_site

    tongue = common.console_lang(lang)
    read = read_site(site, config=config, skip_bad=skip_bad)
    dimensions(read.config.marking)
    if not quiet:
        told = describe(read)
        zh = tongue == "zh"
        common.say(f"{told['name'] or told['id']}  ({told['crs']})")
        for name, layer in told["layers"].items():
            label = layer["zh"] if zh else layer["en"]
            if not layer["surveyed"]:
                state = "未调查" if zh else "not surveyed"
            else:
                kinds = ", ".join(f"{n} {kind}" for kind, n in layer["geometry"].items())
                state = (f"{layer['rows']} 行" if zh else f"{layer['rows']} rows") + (f"  ({kinds})" if kinds else "")
            common.say(f"  {name:<14}{state}  {label}")
        common.print_notes(read.notes, tongue)
    return 0
