"""One site through everything, into a folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from firelane.auditing import Audit, audit, write_audit
from firelane.auditing.files import check_datum
from firelane.auditing.pipeline import DEFAULT_RULES
from firelane.charts import lane_charts
from firelane.drawing import DrawingOptions, plot_pdf, write_dxf
from firelane.drawing.project import read_project
from firelane.errors import InputError, Problem
from firelane.files import ensure_writable_dir, safe_name
from firelane.markings import MarkingPlan, plan_markings
from firelane.markings.bill import check_materials
from firelane.markings.field_files import write_field_files
from firelane.markings.parameters import dimensions
from firelane.markings.workbook import write_quantities, write_setting_out
from firelane.report import write_report
from firelane.rules import load_rules
from firelane.site import Site, read_site
from firelane.staging import staged
from firelane.vocabulary import Lang
from firelane.webmap import map_pdf, violation_map

STEPS = (
    "read", "rules", "network", "measure", "judge", "remedies", "markings", "results", "drawing", "plot", "quantities",
    "map", "report", "charts",
)  # fmt: skip
"""Names of the steps, in order; ``plot``, ``report``, ``charts`` and ``remedies`` only where they are asked for."""


@dataclass(frozen=True)
class RunResult:
    """What a run produced: the site, its audit, the marking plan and the files written."""

    site: Site
    audit: Audit
    plan: MarkingPlan
    folder: Path
    files: tuple[Path, ...]


def run_site(
    source: Path | str,
    out: Path | str | None = None,
    *,
    config: Path | None = None,
    rules: Sequence[str] = DEFAULT_RULES,
    lang: Lang = "zh",
    skip_bad: bool = False,
    within: str | None = None,
    pdf: bool = True,
    charts: bool = False,
    remedies: bool = True,
    datum: str = "wgs84",
    progress: Callable[[str], None] | None = None,
) -> RunResult:
    """Read, audit, draw and map one site.

    Parameters
    ----------
    source : path
        The site (contract §1).
    out : path, optional
        Folder for the results; default ``out/<site id>``.
    config : path, optional
        A ``site.toml`` that takes the place of the site's own.
    rules : sequence of str
    lang : {"zh", "en"}
        Language of the drawing, the map and the spreadsheets.
    skip_bad : bool
        Leave unreadable road rows out instead of refusing the site.
    within : str, optional
        What to cut out (``read_site``).
    pdf : bool
        Plot the sheets and the map, and write the inspection report, as PDF (a second for every few sheets).
    charts : bool
        Chart the width along every lane as well.
    remedies : bool
        Work out what has to go where something fails, and which planned bays can stay.
    datum : {"wgs84", "gcj02", "bd09"}
        Of a further ``findings.<datum>.geojson`` for maps that bear an offset; ``wgs84`` writes none.
    progress : callable, optional
        Called with the name of each step (one of ``STEPS``) as it begins.

    Raises
    ------
    InputError
        If the site, a rule pack or a marking parameter is refused; nothing is written then.
    UsageError
        If the datum is unknown.
    OutputError
        If a result cannot be written; what stood there before is untouched.
    """
    say = progress or (lambda _: None)
    say("read")
    site = read_site(Path(source), config=config, skip_bad=skip_bad, within=within)
    folder = Path(out) if out is not None else Path("out") / safe_name(site.id)
    # Before the work, not after it: what would be refused at the end is refused at once.
    load_rules(rules)
    check_datum(datum)
    check_tables(site)
    ensure_writable_dir(folder)
    result = audit(site, rules=rules, progress=say, remedies=remedies)
    say("markings")
    plan = plan_markings(result.site, result.network, clear_widths=clear_widths(result))
    with staged(folder) as desk:
        say("results")
        files = write_audit(result, desk, markings=plan.paint, datum=datum)
        say("drawing")
        write_dxf(plan, result, desk / "markings.dxf", DrawingOptions(lang=lang))
        if pdf:
            say("plot")
            plot_pdf(desk / "markings.dxf", desk / "markings.pdf")
        say("quantities")
        write_quantities(plan, desk / "quantities.xlsx", lang)
        write_setting_out(plan, desk / "setting_out.csv")
        field = write_field_files(plan, desk, paths=False)
        say("map")
        violation_map(result, desk / "map.html", plan=plan, lang=lang)
        if pdf:
            map_pdf(result, desk / "map.pdf", plan=plan, lang=lang)
            say("report")
            write_report(result, desk / "report.pdf", plan, lang)
        if charts:
            say("charts")
            lane_charts(result, desk / "profiles.pdf", lang=lang)
    names = [path.name for path in files]
    names += ["markings.dxf", *(["markings.pdf"] if pdf else []), "quantities.xlsx", "setting_out.csv"]
    names += [*(path.name for path in field), "map.html", *(["map.pdf", "report.pdf"] if pdf else [])]
    names += ["profiles.pdf"] if charts else []
    return RunResult(site, result, plan, folder, tuple(folder / name for name in names))


def check_tables(site: Site, drawn_on: date | None = None) -> None:
    """Refuse what the tables ``[marking]``, ``[materials]`` and ``[drawing]`` of ``site.toml`` say wrongly.

    Parameters
    ----------
    site : Site
    drawn_on : date, optional
        Date of the title block.

    Raises
    ------
    InputError
        Listing the problems of all three together.
    """
    checks: tuple[Callable[[], object], ...] = (
        lambda: dimensions(site.config.marking),
        lambda: check_materials(site.config.materials),
        lambda: read_project(site, drawn_on),
    )
    problems: list[Problem] = []
    for check in checks:
        try:
            check()
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems, readings=site.readings, notes=site.notes)


def clear_widths(result: Audit) -> dict[str, float]:
    """Return lane_id → clear width, as the marking plan takes it [m]."""
    table = result.lanes.dropna(subset=["min_clear_width_m"])
    return dict(zip(table["lane_id"], table["min_clear_width_m"].astype(float), strict=True))
