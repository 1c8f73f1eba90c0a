"""``firelane verify``: a drawing judged against Article 13."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from firelane.cli import common, console

if TYPE_CHECKING:
    from firelane.verifying import Check, Verification
    from firelane.vocabulary import Lang

_UNITS = ("m", "mm", "cm", "dm", "km", "inch", "foot")
_VERDICTS = {
    "fail": ("不符合", "FAIL"), "not_measured": ("未测量", "not measured"), "info": ("提示", "info"), "pass": ("符合", "pass"),
}  # fmt: skip
_PLACED = {
    "own": ("由图形自身注明", "as the drawing says"),
    "survey": ("测量坐标", "survey coordinates"),
    "origin": ("由 --origin 给出", "as --origin says"),
}


def _origin(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[float, float] | None:
    """Read EAST,NORTH."""
    if value is None:
        return None
    try:
        east, north = (float(part) for part in value.replace("，", ",").split(","))
    except ValueError:
        east = north = math.nan
    if not (math.isfinite(east) and math.isfinite(north)):
        raise click.BadParameter(f"'{value}' is no EAST,NORTH in metres, for instance 535900,4630000")
    return east, north


def _json_name(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Path | None:
    """Refuse other endings: a drawing must not be written over by mistake."""
    if value is not None and value.suffix.lower() != ".json":
        raise click.BadParameter(f"'{value}' must end in .json")
    return value


@click.command("verify", epilog="Example: firelane verify markings.dxf --site data/shenyang_district")
@click.option("--debug", is_flag=True, help="Show where an internal error arose.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@common.lang_option
@click.option("--skip-bad", is_flag=True, help="Leave unreadable road rows out instead of refusing the site.")
@click.option(
    "--within", default=None, metavar="AREA",
    help="Cut the site out: west,south,east,north in degrees, a file with a polygon, or the name of an area of an OpenStreetMap extract.",
)
@click.option("--config", type=click.Path(path_type=Path), help="A site.toml that takes the place of the site's own.")
@click.option("--site", type=click.Path(path_type=Path), required=True, metavar="SITE", help="The site that the drawing is for.")
@click.option(
    "--layers", default="", metavar="NAME[,NAME]",
    help="Layers that hold the paint, * for any letters. By default those whose names tell, and yellow fills and wide yellow lines on any other.",
)
@click.option(
    "--origin", default=None, metavar="EAST,NORTH", callback=_origin,
    help="Where the drawing's point 0,0 lies, in metres: for drawings without survey coordinates.",
)
@click.option("--units", type=click.Choice(_UNITS), default=None, help="Unit of the drawing, where the file does not say it or is wrong.")
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), default=None, metavar="FILE", callback=_json_name,
    help="Write all checks as JSON.",
)
@click.argument("file", type=click.Path(path_type=Path))
def command(
    *, file: Path, site: Path, config: Path | None, within: str | None, skip_bad: bool, lang: str | None, quiet: bool, debug: bool, layers: str,
    origin: tuple[float, float] | None, units: str | None, json_file: Path | None,
) -> int:  # fmt: skip
    """Judge the marking drawing FILE (DXF, ours or another's) against Article 13 at SITE; exit code 1 if it has a fault.

    按第十三条核验标线图 FILE（本程序或其他软件绘制的 DXF）；有不符合项时退出码为 1。
    """
    del debug
    from firelane.site import read_site
    from firelane.verifying import verify_drawing

    tongue = common.console_lang(lang)
    wanted = tuple(part.strip() for part in layers.replace("，", ",").split(",") if part.strip())
    with common.progress(("read", "network", "judge"), tongue, quiet=quiet) as tell:
        tell("read")
        read = read_site(site, config=config, skip_bad=skip_bad, within=within)
        found = verify_drawing(file, read, layers=wanted, origin=origin, unit=units, progress=tell)
    if json_file is not None:
        from firelane.files import write_text

        write_text(json_file, json.dumps(found.document(), ensure_ascii=False, indent=2, allow_nan=False) + "\n")
    if not quiet:
        for line in account(found, tongue):
            common.say(line)
        if json_file is not None:
            common.say(console.harmless(json_file))
    return 1 if found.faults else 0


def account(found: Verification, lang: Lang) -> Iterator[str]:
    """Yield what a verification says, the worst first; every fault with its place."""
    zh = lang == "zh"
    width = console.room()
    name, site = console.harmless(found.file), console.harmless(found.site_id)
    yield f"{name}：按第十三条核验（场地 {site}）" if zh else f"{name}: judged against Article 13 at {site}"
    yield from _head(found, lang)
    faults = found.faults
    if faults:
        head = ("不符合项", "车道", "里程 m", "东 m", "北 m") if zh else ("fault", "lane", "at m", "east m", "north m")
        rows = [(console.harmless(c.text(lang)), *_place(c)) for c in faults]
        yield from console.table(head, rows, width=width, right=(2, 3, 4))
    for verdict in ("not_measured", "info", "pass"):
        own = [check for check in found.checks if check.verdict == verdict]
        label = _VERDICTS[verdict][0 if zh else 1]
        for check in own:
            before = f"  {console.padded(label, 13)}"
            for n, text in enumerate(console.wrapped(console.harmless(check.text(lang)), max(width - len(before), 20))):
                yield (before if n == 0 else " " * 15) + text
    for note_zh, note_en in found.notes:
        yield f"  · {console.harmless(note_zh if zh else note_en)}"
    yield _verdict(found, lang)


def _head(found: Verification, lang: Lang) -> Iterator[str]:
    zh = lang == "zh"
    placed: dict[str, Any] = found.placed
    if placed["how"] in _PLACED:
        x, y = placed["origin"]
        how = _PLACED[placed["how"]][0 if zh else 1]
        yield (f"  位置：{how}，原点 {x:.3f}, {y:.3f}，单位 {placed['unit']}" if zh else
               f"  placed {how}: origin {x:.3f}, {y:.3f}, unit {placed['unit']}")  # fmt: skip
    if found.layers:
        shown = console.harmless(("、" if zh else ", ").join(found.layers))
        yield f"  标线图层：{shown}" if zh else f"  layers with paint: {shown}"


def _place(check: Check) -> tuple[str, str, str, str]:
    def number(value: float | None, digits: int) -> str:
        return "" if value is None else f"{value:.{digits}f}"

    lane = console.harmless(check.lane_id or check.entrance_id or "")
    return lane, number(check.chainage_m, 1), number(check.x, 2), number(check.y, 2)


def _verdict(found: Verification, lang: Lang) -> str:
    zh = lang == "zh"
    count = {v: sum(check.verdict == v for check in found.checks) for v in _VERDICTS}
    if found.faults:
        return (f"结论：不符合，{count['fail']} 处；符合 {count['pass']} 项，未测量 {count['not_measured']} 项" if zh else
                f"verdict: FAIL, {count['fail']} faults; {count['pass']} checks pass, {count['not_measured']} not measured")  # fmt: skip
    return (f"结论：已测量的 {count['pass']} 项均符合；未测量 {count['not_measured']} 项（见上）" if zh else
            f"verdict: pass in all {count['pass']} checks that were measured; {count['not_measured']} not measured (above)")  # fmt: skip
