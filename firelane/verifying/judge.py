"""A marking drawing judged against Article 13 at a site: reading, placing, sorting, checking."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane.errors import InputError, Problem
from firelane.lanes.network import lane_network
from firelane.markings import plan_markings
from firelane.markings.grids import Mouth as PlannedMouth
from firelane.markings.grids import entrance_grids
from firelane.markings.parameters import dimensions
from firelane.site.cad.paint import read_paint
from firelane.site.journal import Journal
from firelane.verifying.boxes import check_boxes, directions_told, find_boxes
from firelane.verifying.colours import check_colour
from firelane.verifying.edge_line import check_edge_line
from firelane.verifying.grids import check_grids, outline_of
from firelane.verifying.ground import Entrance, Ground, ground_of
from firelane.verifying.kerbs import check_kerbs
from firelane.verifying.layers import paint_layers, passed_over
from firelane.verifying.lettering import Line, Reader
from firelane.verifying.limits import number
from firelane.verifying.placing import Placed, place
from firelane.verifying.records import FAIL, NOT_MEASURED, Check, Verification, sorted_checks
from firelane.verifying.shapes import paint_areas
from firelane.verifying.sorting import sort_paint

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from firelane.lanes.records import LaneNetwork
    from firelane.markings.plan import MarkingPlan
    from firelane.site.cad.paint import Drawn
    from firelane.site.model import Site


def verify_drawing(
    file: str | os.PathLike[str],
    site: Site,
    *,
    network: LaneNetwork | None = None,
    layers: Sequence[str] = (),
    origin: tuple[float, float] | None = None,
    unit: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Verification:
    """Judge a marking drawing, ours or another's, against Article 13 (沈政办发〔2020〕40号第十三条).

    Everything is measured from what is drawn; only where it should be comes from the site.

    Parameters
    ----------
    file : path-like
        DXF of any version; DWG where a converter is installed.
    site : Site
        ``[marking]`` decides the open readings, for instance whether 30 cm are measured to the edge of the line or to its middle.
    network : LaneNetwork, optional
        The site's lanes, where they are known already.
    layers : sequence of str
        Names, or patterns with ``*``, of the layers that hold paint; by default they are found out.
    origin : (east, north), optional
        Where the drawing's point 0,0 lies [m]; only for drawings that do not say it and have no survey coordinates.
    unit : str, optional
        Unit of the drawing's coordinates (``m``, ``mm`` …).
    progress : callable, optional
        Told the name of each step (``network``, ``judge``) as it begins.

    Raises
    ------
    InputError
        If the file cannot be read, or it does not tell where it is.
    """
    tell = progress or (lambda _: None)
    dims = dimensions(site.config.marking)
    journal = Journal()
    drawn = read_paint(Path(file), journal)
    if drawn is None:
        raise InputError(journal.problems)
    held = paint_layers(drawn, layers, dims.word("lettering"))
    named, painted = held.all, held.painted(drawn)
    tell("network")
    ground = ground_of(site, lane_network(site) if network is None else network, dims)
    if not len(painted) and not painted.texts:
        return _empty(drawn, site, ground, named)
    _same_crs(drawn, site)
    placed = place(painted, site.bounds, unit=unit, origin=origin)
    tell("judge")
    checks, counts = _checked(ground, painted, placed, held.bright)
    notes = [*placed.notes, *_by_colour(held.bright), *_left_out(drawn, named)]
    told = {"how": placed.how, "unit": placed.unit, "origin": list(placed.origin), "crs": site.crs.to_string()[:200]}
    return Verification(drawn.plan_file, site.id, told, named, sorted_checks(checks), tuple(notes), counts)


def _same_crs(drawn: Drawn, site: Site) -> None:
    """Refuse a drawing of ours that is in another coordinate system than the site."""
    said, authority = drawn.properties.get("firelane_crs", ""), site.crs.to_authority()
    if ":" not in said or authority is None or said == ":".join(authority):
        return
    own = ":".join(authority)
    raise InputError([Problem(
        f"it is in {said}, the site in {own}", "name the site that it was drawn for", drawn.plan_file,
        message_zh=f"图形坐标系为 {said}，场地为 {own}", remedy_zh="请指定与该图对应的场地",
    )])  # fmt: skip


def _checked(ground: Ground, painted: Drawn, placed: Placed, bright: tuple[str, ...]) -> tuple[list[Check], dict[str, int]]:
    ours = "firelane_origin_x" in painted.properties and bool((painted.told != "").any())
    paint = paint_areas(painted, placed, ground.origin, fills_alone=ours)
    # What a legend shows is yellow as well: on layers that tell nothing by their name it is paint only near pavement.
    away = np.isin(paint.layer.astype(str), bright)
    away[away] = ~shapely.dwithin(paint.shapes[away], ground.pavement, number("box", "lane_m"))
    legend, paint = paint.shapes[away], paint.pick(~away)
    lines = _lines(painted, placed, ground)
    kinds = sort_paint(paint, ground)
    reader = Reader(ground.dims.word("lettering"), ground.dims.number("stencil_bridge_m"))
    outlines = {name: outline_of(grid) for name, grid in kinds.grids.items()}
    planned = _planned_outlines(ground, set(outlines))

    @lru_cache(maxsize=1)
    def plan() -> MarkingPlan:
        return plan_markings(ground.site, ground.network)

    grids = [*outlines.values()]
    across = [_across(entrance, outlines[entrance.entrance_id]) for entrance in ground.entrances if entrance.entrance_id in outlines]
    in_grid = np.zeros(len(kinds.rest), dtype=bool)
    for outline in grids:
        in_grid |= shapely.contains_properly(outline, kinds.rest) if len(kinds.rest) else in_grid
    found = find_boxes(kinds.rest[~in_grid], ground)
    found = replace(found, stray=np.concatenate([found.stray, legend]))
    letters = set(reader.wanted)
    spots = [(line.middle, line.rgb) for line in lines if set(line.words) & letters]  # others are notes
    checks = check_colour(ground, paint, spots)
    checks += check_edge_line(ground, paint.pick(kinds.lines), [*grids, *across, *planned])
    kerb_rows = np.concatenate([kinds.kerbs, kinds.lines]).astype(int)
    checks += check_kerbs(ground, paint.pick(kerb_rows))
    checks += check_boxes(ground, found, lines, [*grids, *planned], reader, plan)
    checks += directions_told(ground, found, lines, reader)
    checks += check_grids(ground, kinds.grids, kinds.rest[in_grid], paint.patterns, lines, reader)
    checks += _not_measured(ground)
    counts = {
        "edge_lines": len(kinds.lines), "kerb_paint": len(kinds.kerbs), "boxes": len(found.boxes), "grids": len(kinds.grids),
        "letterings_as_text": len(lines),
    }  # fmt: skip
    return checks, counts


def _across(entrance: Entrance, outline: Any) -> Any:
    """Return the whole width of the mouth as deep as a grid: a line that ends at a narrow grid is not to blame for that."""
    _, low, _, high = entrance.axes(outline).bounds
    half = entrance.width_m / 2
    corners = [entrance.back(np.array(xy)) for xy in ((-half, low), (half, low), (half, high), (-half, high))]
    return shapely.polygons(np.array(corners))


def _lines(painted: Drawn, placed: Placed, ground: Ground) -> list[Line]:
    shift = np.asarray(placed.origin) - ground.origin
    return [Line(text.words, text.corners * placed.metres + shift, text.rgb) for text in painted.texts]


def _planned_outlines(ground: Ground, drawn: set[str]) -> list[Any]:
    """Return where grids should be that are not drawn: what ends there is not to blame for that."""
    mouths = [
        PlannedMouth(e.entrance_id, e.lane_id, e.line, (float(e.inward[0]), float(e.inward[1])))
        for e in ground.entrances if e.entrance_id not in drawn
    ]  # fmt: skip
    if not mouths:
        return []
    _, grids = entrance_grids(mouths, ground.judged, ground.dims, font=None)
    return [grid.outline for grid in grids]


def _not_measured(ground: Ground) -> list[Check]:
    """Say what the site's data leaves open."""
    checks = []
    bare = ground.network.line_lanes
    if len(bare):
        length = float(bare["length_m"].sum())
        checks.append(Check(
            "outline", NOT_MEASURED, f"{len(bare)} 条车道（{length:.0f} m）只有中心线，无路面轮廓，其标线未判定",
            f"of {len(bare)} lanes ({length:.0f} m) only the centreline is known: their paint was not judged", length, None, "m",
            length_m=length,
        ))  # fmt: skip
    if not ground.site.complete("entrances"):
        checks.append(Check("grid_missing", NOT_MEASURED, "场地数据没有完整的出入口，网状线是否齐全未判定",
                            "the entrances of the site are not surveyed completely: whether each has its grid was not judged"))  # fmt: skip
    if "kerbs" not in ground.site.layers and not ground.edges.kerbed.any():
        checks.append(Check("kerb_paint", NOT_MEASURED, "场地数据没有路缘石，按无缘石道路判定",
                            "the site has no data of kerbs: all edges were judged as kerbless"))  # fmt: skip
    checks.append(Check("condition", NOT_MEASURED, "图纸不反映现场施划质量（反光、磨损、实际线宽）",
                        "a drawing does not show what is on the ground: wear, reflection, widths as painted"))  # fmt: skip
    return checks


def _empty(drawn: Drawn, site: Site, ground: Ground, named: tuple[str, ...]) -> Verification:
    total = float(shapely.length(ground.edges.lines).sum()) if len(ground.edges.lines) else 0.0
    shown = "、".join(drawn.layers)[:400]
    check = Check(
        "paint", FAIL, f"图中未找到标线；图层有：{shown}。如标线在其他图层，请用 --layers 指定",
        f"the drawing holds no paint that could be found; its layers are {shown}. If the paint lies on one of them say so: --layers NAME",
        0.0, total, "m", length_m=total,
    )  # fmt: skip
    notes = _left_out(drawn, named)
    if drawn.on_sheets:
        notes.append((
            "布局（图纸空间）中有图形，核验只读取模型空间：标线须绘制在模型空间",
            "something is drawn on its sheets (paper space); only model space is judged: the paint must be drawn there",
        ))  # fmt: skip
    told = {"how": "none", "unit": None, "origin": None, "crs": site.crs.to_string()[:200]}
    return Verification(drawn.plan_file, site.id, told, named, (check, *_not_measured(ground)), tuple(notes), {})


def _by_colour(bright: tuple[str, ...]) -> list[tuple[str, str]]:
    """Say which layers were taken for their colour alone."""
    if not bright:
        return []
    zh, en = "、".join(bright[:12]), ", ".join(bright[:12])
    return [(
        f"以下图层按颜色识别，仅其黄色填充和有宽度的黄色线视为标线：{zh}；如不是，请用 --layers 指定标线图层",
        f"on these layers, found by their colour, what is filled in yellow and yellow lines with a width were taken for paint: {en} (else say --layers)",
    )]  # fmt: skip


def _left_out(drawn: Drawn, named: tuple[str, ...]) -> list[tuple[str, str]]:
    """Say what of the drawing was not looked at."""
    notes = []
    over = passed_over(drawn, named)
    if over:
        notes.append((
            f"以下图层上的黄色线条未视为标线：{'、'.join(over[:12])}；如是标线，请用 --layers 指定",
            f"yellow lines on these layers were not taken for paint: {', '.join(over[:12])}; if they are, name them with --layers",
        ))  # fmt: skip
    gone = {kind: count for kind, count in drawn.skipped.items() if kind not in ("(invisible)", "VIEWPORT", "DIMENSION", "LEADER")}
    if gone:
        shown = ", ".join(f"{count} {kind}" for kind, count in list(gone.items())[:12])
        notes.append((f"未读取的对象：{shown}", f"objects that were not read: {shown}"))
    if drawn.hidden:
        notes.append((f"{drawn.hidden} 个对象位于关闭或冻结的图层，未读取", f"{drawn.hidden} objects lie on layers that are off or frozen: left out"))
    return notes
