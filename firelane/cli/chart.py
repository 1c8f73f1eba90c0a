"""``firelane chart``: the charts of the lanes."""

from __future__ import annotations

from pathlib import Path

import click

from firelane.cli import common


@click.command("chart", epilog="Example: firelane chart data/shenyang_district -o profiles.pdf --lane L5836-9932")
@common.site_options
@common.rules_option
@common.file_option((".pdf",), "The PDF file, one page for each lane.")
@click.option("--lane", "lanes", multiple=True, metavar="ID", help="Only this lane; may be given several times.")
@click.option("--failing", is_flag=True, help="Only lanes that fail, or that the accuracy leaves open.")
@click.option(
    "--png", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
    help="Write each chart as a picture into this folder as well.",
)
def command(
    *, site: Path, config: Path | None, skip_bad: bool, within: str | None, lang: str | None, quiet: bool, debug: bool, rules: str,
    out: Path, lanes: tuple[str, ...], failing: bool, png: Path | None,
) -> int:  # fmt: skip
    """Chart the clear width of every lane of SITE along its chainage, worst lanes first.

    绘制场地 SITE 各车道的净宽沿程图（最不利者在前）。
    """
    del debug
    from firelane.auditing import audit
    from firelane.charts import lane_chart, lane_charts, lanes_shown
    from firelane.files import ensure_writable_dir, safe_name
    from firelane.lanes.naming import unique_labels
    from firelane.rules import load_rules
    from firelane.site import read_site
    from firelane.staging import staged

    tongue, written_in = common.console_lang(lang), common.file_lang(lang)
    written = [out]
    with common.progress(("read", "rules", "network", "measure", "judge", "charts"), tongue, quiet=quiet) as tell:
        tell("read")
        read = read_site(site, config=config, skip_bad=skip_bad, within=within)
        load_rules(common.rule_names(rules))
        ensure_writable_dir(out.parent)
        # A chart shows nothing of remedies, which are the longest part of an audit.
        result = audit(read, rules=common.rule_names(rules), progress=tell, remedies=False)
        tell("charts")
        shown = lanes_shown(result, only_failing=failing, lane_ids=lanes)
        lane_charts(result, out, lang=written_in, only_failing=failing, lane_ids=lanes)
        if png is not None:
            # Ids may differ in signs that no file name holds.
            names = [f"{name}.png" for name in unique_labels([safe_name(lane_id) for lane_id in shown])]
            with staged(png) as desk:
                for lane_id, name in zip(shown, names, strict=True):
                    lane_chart(result, lane_id, desk / name, lang=written_in)
            written += [png / name for name in names]
    if not quiet:
        common.print_notes(result.site.notes, tongue)
        for path in written:
            common.say(str(path))
    return 0
