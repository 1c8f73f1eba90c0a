"""``firelane draw``: the marking drawing."""

from __future__ import annotations

from pathlib import Path

import click

from firelane.cli import common


@click.command("draw", epilog="Example: firelane draw data/shenyang_district -o markings.dxf --pdf")
@common.site_options
@common.rules_option
@common.file_option((".dxf",), "The DXF file.")
@click.option("--pdf", is_flag=True, help="Plot the sheet beside it as PDF.")
@click.option("--png", is_flag=True, help="Plot the sheet beside it as PNG.")
def command(
    *, site: Path, config: Path | None, skip_bad: bool, within: str | None, lang: str | None, quiet: bool, debug: bool, rules: str,
    out: Path, pdf: bool, png: bool,
) -> int:  # fmt: skip
    """Draw the markings of SITE that Article 13 requires.

    生成场地 SITE 的标线图。
    """
    del debug
    from firelane.auditing import audit
    from firelane.drawing import plot_pdf, plot_png, write_dxf
    from firelane.files import ensure_writable_dir
    from firelane.markings import plan_markings
    from firelane.markings.parameters import dimensions
    from firelane.rules import load_rules
    from firelane.run import clear_widths
    from firelane.site import read_site

    tongue = common.console_lang(lang)
    steps = ("read", "rules", "network", "measure", "judge", "markings", "drawing", "plot")
    written = [out]
    with common.progress(steps, tongue, quiet=quiet) as tell:
        tell("read")
        read = read_site(site, config=config, skip_bad=skip_bad, within=within)
        load_rules(common.rule_names(rules))
        dimensions(read.config.marking)
        ensure_writable_dir(out.parent)
        result = audit(read, rules=common.rule_names(rules), progress=tell, remedies=False)
        tell("markings")
        plan = plan_markings(result.site, result.network, clear_widths=clear_widths(result))
        tell("drawing")
        write_dxf(plan, result, out, lang=common.file_lang(lang))
        tell("plot")
        for wanted, suffix, plot in ((pdf, ".pdf", plot_pdf), (png, ".png", plot_png)):
            if wanted:
                plot(out, out.with_suffix(suffix))
                written.append(out.with_suffix(suffix))
    if not quiet:
        common.print_notes((*result.site.notes, *plan.notes), tongue)
        for path in written:
            common.say(str(path))
    return 0
