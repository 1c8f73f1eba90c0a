"""``firelane draw``: the marking drawing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from firelane.cli import common
from firelane.errors import OutputError
from firelane.vocabulary import Lang

if TYPE_CHECKING:
    from firelane.markings import MarkingPlan


@click.command("draw", epilog="Example: firelane draw data/shenyang_district -o markings.dxf --pdf")
@common.site_options
@common.rules_option
@common.vehicle_option
@common.file_option((".dxf",), "The DXF file.")
@click.option("--pdf", is_flag=True, help="Plot the sheets beside it as PDF.")
@click.option("--png", is_flag=True, help="Plot the sheets beside it as PNG, one file each.")
@click.option(
    "--dxf", "version", type=click.Choice(["R2004", "R2007", "R2010", "R2013", "R2018"]), default="R2004", show_default=True,
    help="DXF version; R2004 is the one whose Chinese every reader shows.",
)
@click.option(
    "--units", type=click.Choice(["m", "mm"]), default="m", show_default=True, help="Unit of the model space.")
@click.option(
    "--coords", type=click.Choice(["local", "survey"]), default="local", show_default=True,
    help="Model space near a local origin, or in the site's own coordinates.",
)
@click.option(
    "--labels", type=click.Choice(["text", "outline"]), default="text", show_default=True,
    help="Labels as text, or as outlines for programs without a Chinese font.",
)
@click.option(
    "--sheet", type=click.Choice(["A3", "A2", "A1", "A0"]), default="A3", show_default=True, help="Format of the sheets.")
@click.option(
    "--layer-names", type=click.Path(path_type=Path), default=None, metavar="FILE",
    help="TOML file: our layer = the name that it has in the drawing.",
)
@click.option("--exploded", is_flag=True, help="Marks one by one instead of blocks, for robots and cutters.")
@click.option("--field", is_flag=True, help="Write the setting-out points beside it, for RTK controllers and robots too.")
@click.option(
    "--stencils", type=click.Path(path_type=Path), default=None, metavar="FOLDER",
    help="Write the templates of the lettering at 1:1 into this folder, one DXF per character and nested plates.",
)
@click.option("--date", "drawn_on", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Date of the title block.")
def command(
    *, site: Path, config: Path | None, skip_bad: bool, within: str | None, lang: str | None, quiet: bool, debug: bool, rules: str,
    out: Path, pdf: bool, png: bool, version: str, units: str, coords: str, labels: str, sheet: str, layer_names: Path | None,
    exploded: bool, field: bool, stencils: Path | None, drawn_on: datetime | None,
    vehicles: tuple[str, ...] | None,
) -> int:  # fmt: skip
    """Draw the markings of SITE that Article 13 requires, as a set of sheets.

    生成场地 SITE 的标线图（成套图纸）。
    """
    del debug
    from firelane.auditing import audit
    from firelane.drawing import DrawingOptions, read_layer_names, write_dxf, write_stencils
    from firelane.files import ensure_writable_dir
    from firelane.markings import plan_markings
    from firelane.rules import load_rules
    from firelane.run import check_tables, clear_widths
    from firelane.site import read_site
    from firelane.staging import check_places, staged

    tongue = common.console_lang(lang)
    steps = (
        "read", "rules", "network", "measure", *(("tracking",) if vehicles else ()), "judge", "markings", "drawing",
        *(("plot",) if pdf or png else ()),
    )  # fmt: skip
    options = DrawingOptions(
        lang=common.file_lang(lang), dxf_version=version, units=units, coords=coords, labels=labels, sheet=sheet,
        layer_names={} if layer_names is None else read_layer_names(layer_names), exploded=exploded,
        drawn_on=None if drawn_on is None else drawn_on.date(),
    )  # fmt: skip
    written: list[Path] = []
    with common.progress(steps, tongue, quiet=quiet) as tell:
        tell("read")
        read = read_site(site, config=config, skip_bad=skip_bad, within=within)
        load_rules(common.rule_names(rules))
        check_tables(read, options.drawn_on)
        folder = site if site.is_dir() else site.parent
        inputs = [site, *(folder / file.path for file in read.inputs), *(p for p in (config, layer_names) if p)]
        _keep_inputs(out, inputs, site)
        for place in (out.parent, *([] if stencils is None else [stencils])):
            ensure_writable_dir(place)
        if stencils is not None:
            _keep_site_folder(stencils, site)
        result = audit(read, rules=common.rule_names(rules), progress=tell, remedies=False, vehicles=vehicles)
        tell("markings")
        plan = plan_markings(result.site, result.network, clear_widths=clear_widths(result))
        # All or nothing: a plot or points of yesterday beside a drawing of today would be taken for its own.
        with staged(out.parent) as desk:
            tell("drawing")
            made = [desk / out.name]
            write_dxf(plan, result, made[0], options)
            if field:
                made += _field_files(plan, made[0])
            if pdf or png:
                tell("plot")
                made += _plots(made[0], pdf=pdf, png=png)
            written += [out.with_name(path.name) for path in made]
            for path in written:
                _keep_inputs(path, inputs, site)
            if stencils is not None:
                with staged(stencils) as table:
                    templates = write_stencils(plan, table, lang=options.lang)
                    written += [stencils / path.name for path in templates]
                    check_places(desk, out.parent)
    if not quiet:
        common.print_notes((*result.site.notes, *plan.notes), tongue)
        for path in written:
            common.say(str(path))
        _tell_older(out, written, tongue)
    return 0


def _field_files(plan: MarkingPlan, drawing: Path) -> list[Path]:
    """Write the setting-out points and what instruments and machines take beside ``drawing``."""
    from firelane.markings.field_files import write_field_files
    from firelane.markings.workbook import write_setting_out

    points = drawing.with_name(f"{drawing.stem}_setting_out.csv")
    write_setting_out(plan, points)
    return [points, *write_field_files(plan, drawing.parent, f"{drawing.stem}_")]


def _plots(drawing: Path, *, pdf: bool, png: bool) -> list[Path]:
    """Plot the sheets beside ``drawing``."""
    from firelane.drawing import plot_pdf, plot_pngs

    made: list[Path] = []
    if pdf:
        made.append(drawing.with_suffix(".pdf"))
        plot_pdf(drawing, made[0])
    if png:
        made += plot_pngs(drawing, drawing.with_name(f"{drawing.stem}.png"))
    return made


def _keep_inputs(path: Path, inputs: Sequence[Path], site: Path) -> None:
    """Refuse to write over a file that the site was read from.

    Raises
    ------
    OutputError
        If ``path`` is one of ``inputs``, by whatever name.
    """
    if path.is_file() and any(file.is_file() and path.samefile(file) for file in inputs):
        raise OutputError(
            f"cannot write {path}: site {site} is read from this file; choose another name",
            f"无法写入 {path}：场地 {site} 的数据就取自该文件；请改用其他名称",
        )


def _keep_site_folder(place: Path, site: Path) -> None:
    """Refuse to put templates among the layers of a site: they would be read as plans of the site next time.

    A marking drawing is known for one of ours there.

    Raises
    ------
    OutputError
        If ``place`` is the site's folder.
    """
    if not site.is_dir() or not place.is_dir() or not place.samefile(site):
        return
    raise OutputError(
        f"cannot write templates into {place}: this is the site's own folder, and they would be read as plans of the site "
        "next time; choose another folder",
        f"不能把字模写入 {place}：这是场地数据所在的文件夹，下次读取时会被当作场地的图形；请改用其他文件夹",
    )


def _tell_older(out: Path, written: Sequence[Path], lang: Lang) -> None:
    """Name what an earlier drawing of the same name left: it is not erased, and not of this drawing."""
    sides = ("setting_out.csv", "setting_out.dat", "setting_out_pnezd.csv", "paint_paths.csv", "paint_paths.geojson",
             "lettering_paths.csv")  # fmt: skip
    names = {out.with_suffix(".pdf").name, *(f"{out.stem}_{side}" for side in sides)}
    page = re.compile(re.escape(out.stem) + r"-\d{2,}\.png")
    new = {path.name for path in written if path.parent == out.parent}
    left = sorted(
        path.name for path in out.parent.iterdir()
        if path.name not in new and (path.name in names or page.fullmatch(path.name))
    )  # fmt: skip
    if left:
        told = ", ".join(left)
        zh, en = f"以下文件属于以前的图纸，未更新：{told}", f"these files are of an earlier drawing and were not renewed: {told}"
        common.say(f"  · {zh if lang == 'zh' else en}")
