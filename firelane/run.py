"""One site through everything, into a folder."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
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
from firelane.tracking.asked import asked_vehicles
from firelane.vocabulary import Lang
from firelane.webmap import map_pdf, violation_map

STEPS = (
    "read", "rules", "network", "measure", "tracking", "judge", "remedies", "markings", "results", "drawing", "plot", "quantities",
    "map", "report", "charts",
)  # fmt: skip
"""Names of the steps, in order; ``tracking``, ``plot``, ``report``, ``charts`` and ``remedies`` only where they are asked for."""


PARTS = ("audit", "draw", "map", "report")
"""What may be asked for: the audit's files; drawing, quantities and setting-out; the map; the inspection report."""


@dataclass(frozen=True)
class RunResult:
    """What a run produced: the site, its audit, the marking plan (None where no part needs one) and the files written."""

    site: Site
    audit: Audit
    plan: MarkingPlan | None
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
    parts: Collection[str] | None = None,
    pdf: bool = True,
    charts: bool = False,
    remedies: bool = True,
    datum: str = "wgs84",
    vehicles: Sequence[str] | None = None,
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
    parts : collection of str, optional
        Of ``PARTS``; left out, all of them, without ``pdf`` all but the report.
    pdf : bool
        Plot the sheets and the map as PDF as well (a second for every few sheets).
    charts : bool
        Chart the width along every lane as well.
    remedies : bool
        Work out what has to go where something fails, and which planned bays can stay.
    datum : {"wgs84", "gcj02", "bd09"}
        Of a further ``findings.<datum>.geojson`` for maps that bear an offset; ``wgs84`` writes none.
    vehicles : sequence of str, optional
        Vehicles to track (:func:`firelane.audit`); left out, the one of ``site.toml``.
    progress : callable, optional
        Called with the name of each step (one of ``STEPS``) as it begins.

    Raises
    ------
    InputError
        If the site, a rule pack, a vehicle or a marking parameter is refused; nothing is written then.
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
    check_tables(site, vehicles=vehicles)
    ensure_writable_dir(folder)
    result = audit(site, rules=rules, progress=say, remedies=remedies, vehicles=vehicles)
    plan = None
    if parts is None:
        parts = PARTS if pdf else PARTS[:-1]
    if set(parts) & {"draw", "map", "report"}:
        say("markings")
        plan = plan_markings(result.site, result.network, clear_widths=clear_widths(result))
    with staged(folder) as desk:
        names = write_parts(result, plan, desk, parts, lang=lang, pdf=pdf, charts=charts, datum=datum, say=say)
    return RunResult(site, result, plan, folder, tuple(folder / name for name in names))


def write_parts(
    result: Audit, plan: MarkingPlan | None, desk: Path, parts: Collection[str], *, lang: Lang, pdf: bool, charts: bool,
    datum: str, say: Callable[[str], None],
) -> list[str]:  # fmt: skip
    """Write the files of the parts into ``desk``; return their names."""
    names: list[str] = []
    if "audit" in parts:
        say("results")
        files = write_audit(result, desk, markings=None if plan is None else plan.paint, datum=datum)
        names += [path.name for path in files]
    if "draw" in parts and plan is not None:
        names += _write_drawing(result, plan, desk, lang=lang, pdf=pdf, say=say)
    if "map" in parts:
        say("map")
        violation_map(result, desk / "map.html", plan=plan, lang=lang)
        names.append("map.html")
        if pdf:
            map_pdf(result, desk / "map.pdf", plan=plan, lang=lang)
            names.append("map.pdf")
    if "report" in parts and plan is not None:
        say("report")
        write_report(result, desk / "report.pdf", plan, lang)
        names.append("report.pdf")
    if charts:
        say("charts")
        lane_charts(result, desk / "profiles.pdf", lang=lang)
        names.append("profiles.pdf")
    return names


def _write_drawing(
    result: Audit, plan: MarkingPlan, desk: Path, *, lang: Lang, pdf: bool, say: Callable[[str], None]
) -> list[str]:
    """Write the drawing, its plot, the quantities and the setting-out; return the files' names."""
    say("drawing")
    write_dxf(plan, result, desk / "markings.dxf", DrawingOptions(lang=lang))
    if pdf:
        say("plot")
        plot_pdf(desk / "markings.dxf", desk / "markings.pdf")
    say("quantities")
    write_quantities(plan, desk / "quantities.xlsx", lang)
    write_setting_out(plan, desk / "setting_out.csv")
    field = write_field_files(plan, desk, paths=False)
    plots = ["markings.pdf"] if pdf else []
    return ["markings.dxf", *plots, "quantities.xlsx", "setting_out.csv", *(path.name for path in field)]


def check_tables(site: Site, drawn_on: date | None = None, *, vehicles: Sequence[str] | None = None) -> None:
    """Refuse what the tables ``[marking]``, ``[materials]``, ``[drawing]`` and ``[vehicle]`` of ``site.toml`` say wrongly.

    Parameters
    ----------
    site : Site
    drawn_on : date, optional
        Date of the title block.
    vehicles : sequence of str, optional
        Vehicles that are asked for.

    Raises
    ------
    InputError
        Listing the problems of all of them together.
    """
    checks: tuple[Callable[[], object], ...] = (
        lambda: dimensions(site.config.marking),
        lambda: check_materials(site.config.materials),
        lambda: read_project(site, drawn_on),
        lambda: asked_vehicles(site.config.vehicle, vehicles),
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
