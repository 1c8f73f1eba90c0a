"""``firelane audit``: judge a site."""

from __future__ import annotations

from pathlib import Path

import click

from firelane.cli import common
from firelane.cli.datum import datum_option


@click.command("audit", epilog="Example: firelane audit data/shenyang_district -o out/audit")
@common.site_options
@common.rules_option
@common.fail_on_option
@common.folder_option("Folder for the results.", required=True)
@common.vehicle_option
@common.remedies_option
@datum_option
def command(
    *, site: Path, config: Path | None, skip_bad: bool, within: str | None, lang: str | None, quiet: bool, debug: bool, rules: str,
    fail_on: str | None, out: Path, no_remedies: bool, datum: str,
    vehicles: tuple[str, ...] | None,
) -> int:  # fmt: skip
    """Audit SITE into audit.json, results.gpkg, findings.geojson and findings.csv.

    检查场地 SITE。
    """
    del debug
    from firelane.auditing import audit, write_audit
    from firelane.files import ensure_writable_dir
    from firelane.rules import load_rules
    from firelane.site import read_site
    from firelane.staging import staged

    tongue = common.console_lang(lang)
    steps = (
        "read", "rules", "network", "measure", *(("tracking",) if vehicles else ()), "judge",
        *(() if no_remedies else ("remedies",)), "results",
    )  # fmt: skip
    with common.progress(steps, tongue, quiet=quiet) as tell:
        tell("read")
        read = read_site(site, config=config, skip_bad=skip_bad, within=within)
        load_rules(common.rule_names(rules))
        ensure_writable_dir(out)
        result = audit(read, rules=common.rule_names(rules), progress=tell, remedies=not no_remedies, vehicles=vehicles)
        tell("results")
        with staged(out) as desk:
            files = [out / path.name for path in write_audit(result, desk, datum=datum)]
    if not quiet:
        common.print_notes(result.site.notes, tongue)
        common.print_summary(result, tongue)
        common.say(f"  {'结果' if tongue == 'zh' else 'results'}: {', '.join(str(f) for f in files)}")
    return common.violation_exit(result, fail_on)
