"""``firelane run``: the main job."""

from __future__ import annotations

from pathlib import Path

import click

from firelane.cli import common
from firelane.cli.datum import datum_option


@click.command("run", epilog="Example: firelane run data/shenyang_district -o out/district")
@common.site_options
@common.rules_option
@common.fail_on_option
@common.folder_option("Folder for the results [out/<site id>].", required=False)
@click.option("--pdf/--no-pdf", default=True, help="Plot the sheets and the map, and write the report, as PDF as well.", show_default=True)
@click.option("--charts", is_flag=True, help="Chart the width along every lane as well (profiles.pdf).")
@common.vehicle_option
@common.remedies_option
@datum_option
def command(
    *, site: Path, config: Path | None, skip_bad: bool, within: str | None, lang: str | None, quiet: bool, debug: bool, rules: str,
    fail_on: str | None, out: Path | None, pdf: bool, charts: bool, no_remedies: bool, datum: str,
    vehicles: tuple[str, ...] | None,
) -> int:  # fmt: skip
    """Audit SITE, draw its markings and map its violations into one folder.

    检查场地 SITE，生成标线图、违规地图和工程量表。
    """
    del debug
    from firelane.run import STEPS, run_site

    tongue = common.console_lang(lang)
    left_out = {name for name, asked in (("plot", pdf), ("report", pdf), ("charts", charts), ("remedies", not no_remedies), ("tracking", vehicles)) if not asked}
    with common.progress([s for s in STEPS if s not in left_out], tongue, quiet=quiet) as tell:
        result = run_site(
            site, out, config=config, rules=common.rule_names(rules), lang=common.file_lang(lang),
            skip_bad=skip_bad, within=within, pdf=pdf, charts=charts, remedies=not no_remedies, datum=datum,
            vehicles=vehicles, progress=tell,
        )  # fmt: skip
    if not quiet:
        assert result.plan is not None
        common.print_notes((*result.audit.site.notes, *result.plan.notes), tongue)
        common.print_summary(result.audit, tongue)
        common.say(f"  {'结果' if tongue == 'zh' else 'results'}: {result.folder}")
        for path in result.files:
            common.say(f"    {path.name}")
    return common.violation_exit(result.audit, fail_on)
