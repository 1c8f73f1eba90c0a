"""Writing the marking drawing: extent, sheet, model space, paper space, file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from firelane.drawing.annotate import draw_coordinates, draw_labels, draw_stations
from firelane.drawing.canvas import Align, Canvas, Point, new_canvas, turned
from firelane.drawing.catalogue import FormatSpec, SheetCatalogue, sheet_catalogue
from firelane.drawing.columns import notes, parameters, quantities, section, violations
from firelane.drawing.context import (
    draw_context,
    pavement_outline,
)
from firelane.drawing.details import Detail, draw_dimensions, find_details, fitting_scale
from firelane.drawing.furniture import (
    draw_caption,
    draw_frame,
    draw_north_and_scale,
    draw_title_block,
)
from firelane.drawing.labels import LabelField
from firelane.drawing.legend import legend
from firelane.drawing.paint import draw_paint
from firelane.drawing.pen import Pen
from firelane.drawing.sheet import Item, SheetPlan, choose_sheet
from firelane.drawing.text import safe_text
from firelane.drawing.violations import draw_violations, flags
from firelane.drawing.words import word
from firelane.errors import UsageError
from firelane.files import atomic_path
from firelane.findings import to_look_at
from firelane.vocabulary import Verdict

if TYPE_CHECKING:
    import os
    from datetime import date

    from ezdxf.layouts.layout import Paperspace
    from numpy.typing import NDArray

    from firelane.auditing import Audit
    from firelane.markings.plan import MarkingPlan
    from firelane.vocabulary import Lang

DXF_VERSIONS = ("R2004", "R2007", "R2010", "R2013", "R2018")
ORIGIN_STEP_M = 100.0
DETAIL_CAPTION_MM = 8.0
# What a detail does not show: everything sized for the plan's scale.
_FROZEN_IN_DETAILS = ("G-ANNO-TEXT", "G-ANNO-COOR", "G-FIRE-VIOL", "G-FIRE-LANE", "G-FIRE-SIGN")
_FROZEN_IN_PLAN = ("G-ANNO-DIMS",)


@dataclass(frozen=True)
class _View:
    """The plan's window: its middle in site coordinates and its size [m]."""

    centre: Point
    size_m: tuple[float, float]


def write_dxf(
    plan: MarkingPlan,
    audit: Audit,
    path: str | os.PathLike[str],
    *,
    lang: Lang = "zh",
    dxf_version: str = "R2004",
    drawn_on: date | None = None,
) -> None:
    """Write the marking drawing of one site (Article 13 of 沈政办发〔2020〕40号).

    Model space is in metres near a local origin, x = east, y = north; paint is solid hatches with
    straight boundaries; one paper-space sheet holds the general plan to scale, details, notes,
    quantities, legend and title block. The same input gives the same file but for the time stamps
    and GUIDs that the format asks for.

    Parameters
    ----------
    plan : MarkingPlan
    audit : Audit
        The audit of the same site: what stands around the paint, and the findings that fail.
    path : path-like
        The file to write; an existing one is replaced when the new one is complete.
    lang : "zh" or "en"
    dxf_version : str
        ``R2004`` (default: the one whose Chinese every reader decodes) to ``R2018``.
    drawn_on : date, optional
        Date for the title block; its cell stays empty without.

    Raises
    ------
    UsageError
        If ``dxf_version`` is none of those that hold true colours.
    OutputError
        If the file cannot be written; an older one is untouched.
    """
    if dxf_version not in DXF_VERSIONS:
        raise UsageError(f"DXF version {dxf_version!r}: give one of {', '.join(DXF_VERSIONS)}")
    sheet = sheet_catalogue()
    view = _view(plan, audit, sheet)
    origin = _origin(audit)
    details = find_details(plan, audit)
    looks = sum(f.verdict is Verdict.NOT_MEASURED and to_look_at(f) for f in audit.findings)

    def items_for(spec: FormatSpec) -> list[Item]:
        return [
            *notes(plan, audit, origin, sheet, lang),
            *parameters(plan, sheet, lang),
            *violations(flags(audit), spec, sheet, lang, to_look_at=looks),
            *_detail_items(details, sheet, lang),
            *quantities(plan, sheet, lang),
            *legend(sheet, lang),
        ]

    sheet_plan = choose_sheet(view.size_m, items_for, sheet)
    canvas = new_canvas(origin, sheet_plan.scale, lang, dxf_version)
    window = _draw_model(canvas, plan, audit, view, sheet_plan)
    for detail in details:
        draw_dimensions(canvas, detail, _detail_scale(detail, sheet))
    _draw_sheet(canvas, audit, view, sheet_plan, drawn_on)
    _finish(canvas, audit, window)
    with atomic_path(Path(path)) as temporary:
        canvas.doc.saveas(temporary)


def _origin(audit: Audit) -> Point:
    """Return the local origin: the site's south-west corner, rounded down to 100 m."""
    west, south, *_ = audit.site.bounds
    return (
        math.floor(west / ORIGIN_STEP_M) * ORIGIN_STEP_M,
        math.floor(south / ORIGIN_STEP_M) * ORIGIN_STEP_M,
    )


def _view(plan: MarkingPlan, audit: Audit, sheet: SheetCatalogue) -> _View:
    """Return what the plan must show: pavement, paint, failing places, and the buildings near by."""
    outline = pavement_outline(audit)
    # Roads known as lines have no outline: their centrelines stand for it.
    by_line = audit.network.by_line
    drawn = [] if by_line is None else list(by_line.lanes.geometry)
    outline = shapely.union_all([outline, shapely.multilinestrings(drawn)]) if drawn else outline
    if outline.is_empty:
        outline = shapely.box(*audit.site.bounds)
    boxes = [outline.bounds]
    paint = plan.paint.geometry[~(plan.paint.geometry.is_empty | plan.paint.geometry.isna())]
    if len(paint):
        boxes.append(tuple(paint.total_bounds))
    buildings = audit.site.layers.get("buildings")
    if buildings is not None and len(buildings):
        near = buildings.geometry[shapely.dwithin(np.asarray(buildings.geometry), outline, sheet.context_m)]
        if len(near):
            boxes.append(tuple(near.total_bounds))
    places = [f.finding.location for f in flags(audit) if f.finding.location is not None]
    boxes += [(x, y, x, y) for x, y in places]
    corners: NDArray[np.float64] = np.array(boxes, dtype=float)
    west, south = corners[:, :2].min(axis=0)
    east, north = corners[:, 2:].max(axis=0)
    return _View(
        (float(west + east) / 2, float(south + north) / 2),
        (max(float(east - west), 1.0), max(float(north - south), 1.0)),
    )


def _draw_model(
    canvas: Canvas, plan: MarkingPlan, audit: Audit, view: _View, sheet_plan: SheetPlan
) -> tuple[float, float, float, float]:
    """Draw the model space and return the plan's window in it."""
    x0, y0, x1, y1 = sheet_plan.plan
    cx, cy = canvas.local_point(view.centre)
    half_width, half_height = canvas.metres(x1 - x0) / 2, canvas.metres(y1 - y0) / 2
    window = (cx - half_width, cy - half_height, cx + half_width, cy + half_height)
    inner = canvas.metres(2.0)
    labels = draw_context(canvas, audit)
    draw_paint(canvas, plan)
    field = LabelField(
        (window[0] + inner, window[1] + inner, window[2] - inner, window[3] - inner),
        _ink(canvas, plan, audit),
        canvas.metres(10.0),
    )
    draw_violations(canvas, audit, field)
    draw_labels(canvas, labels, field)
    draw_stations(canvas, audit, field)
    draw_coordinates(canvas, window, field)
    return window


def _ink(canvas: Canvas, plan: MarkingPlan, audit: Audit) -> list[shapely.Geometry]:
    """Return what labels had better leave uncovered, in pieces small enough to be told apart."""
    found = [canvas.local(g) for g in plan.paint.geometry if g is not None and not g.is_empty]
    for layer in ("buildings", "obstructions", "signs"):
        table = audit.site.layers.get(layer)
        if table is not None:
            found += [
                canvas.local(shapely.boundary(g) if g.geom_type.endswith("Polygon") else g)
                for g in table.geometry
                if g is not None and not g.is_empty
            ]
    found += list(shapely.get_parts(canvas.local(pavement_outline(audit))))
    found += [canvas.local(g) for g in audit.network.every_lane.geometry]
    return found


def _detail_scale(detail: Detail, sheet: SheetCatalogue) -> int:
    room = sheet.column_mm - 2 * sheet.column_pad_mm
    return fitting_scale(detail, room, sheet.detail_height_mm[detail.title], sheet.detail_scales)


def _detail_items(details: list[Detail], sheet: SheetCatalogue, lang: Lang) -> list[Item]:
    """Return one framed view per detail, with its title and scale below."""

    def item(number: int, detail: Detail) -> Item:
        def draw(pen: Pen, x: float, top: float) -> None:
            _draw_detail(pen, detail, number, (x, top), sheet)

        return Item(sheet.detail_height_mm[detail.title] + DETAIL_CAPTION_MM, draw, solid=True)

    parts = [item(number, detail) for number, detail in enumerate(details, 1)]
    return section(word("details", lang), parts, sheet)


def _draw_detail(pen: Pen, detail: Detail, number: int, corner: Point, sheet: SheetCatalogue) -> None:
    canvas, lang = pen.canvas, pen.canvas.lang
    width, height = sheet.column_mm - 2 * sheet.column_pad_mm, sheet.detail_height_mm[detail.title]
    scale = _detail_scale(detail, sheet)
    x, top = corner
    middle = (x + width / 2, top - height / 2)
    # The mark stands right of and above the middle, its dimensions left of and below it.
    turn = math.radians(-detail.twist_deg)
    aside = turned(tuple(-mm * scale / 2000.0 for mm in detail.room_mm), turn)  # type: ignore[arg-type]
    target = canvas.local_point(detail.centre)
    _add_viewport(
        pen.layout,
        middle,
        (width, height),
        (target[0] + aside[0], target[1] + aside[1]),
        scale,
        twist_deg=detail.twist_deg,
        frozen=_FROZEN_IN_DETAILS,
    )
    pen.rectangle(x, top - height, x + width, top, 0.13)
    if detail.edge_at_m is not None:
        y = middle[1] + detail.edge_at_m * 1000 / scale
        pen.text(word("pavement_edge", lang), (x + 3.0, y + 1.2), sheet.small_mm)
    title = f"{number}  {word(detail.title, lang)}  1:{scale}"
    pen.text(title, (middle[0], top - height - 4.0), sheet.small_mm, align=Align.MIDDLE_CENTER)


def _add_viewport(
    layout: Paperspace,
    centre_mm: Point,
    size_mm: tuple[float, float],
    target: Point,
    scale: int,
    *,
    twist_deg: float = 0.0,
    frozen: tuple[str, ...] = (),
) -> None:
    """Show the model space around ``target`` at 1:``scale``; metres become millimetres."""
    count = len(layout.query("VIEWPORT"))
    viewport = layout.add_viewport(
        center=centre_mm,
        size=size_mm,
        view_center_point=(0.0, 0.0),
        view_height=size_mm[1] * scale / 1000.0,
        status=count + 1,
        dxfattribs={"layer": "VIEWPORTS"},
    )
    viewport.dxf.view_target_point = (target[0], target[1], 0.0)
    viewport.dxf.view_twist_angle = twist_deg
    viewport.frozen_layers = list(frozen)


def _draw_sheet(
    canvas: Canvas,
    audit: Audit,
    view: _View,
    sheet_plan: SheetPlan,
    drawn_on: date | None,
) -> None:
    doc, sheet = canvas.doc, canvas.sheet
    name = word("sheet", canvas.lang)
    doc.layouts.rename("Layout1", name)
    layout = doc.paperspace(name)
    spec = sheet_plan.format
    layout.page_setup(size=(spec.width_mm, spec.height_mm), margins=(0, 0, 0, 0), units="mm")
    layout.reset_main_viewport(
        center=(spec.width_mm / 2, spec.height_mm / 2), size=(spec.width_mm, spec.height_mm)
    )
    pen = Pen(canvas, layout)
    x0, y0, x1, y1 = sheet_plan.plan
    _add_viewport(
        layout,
        ((x0 + x1) / 2, (y0 + y1) / 2),
        (x1 - x0, y1 - y0),
        canvas.local_point(view.centre),
        sheet_plan.scale,
        frozen=_FROZEN_IN_PLAN,
    )
    draw_frame(pen, sheet_plan)
    draw_caption(pen, sheet_plan, sheet, canvas.lang)
    draw_north_and_scale(pen, sheet_plan, audit)
    for column, top, item in sheet_plan.placed:
        item.draw(pen, sheet_plan.columns[column][0] + sheet.column_pad_mm, top)
    draw_title_block(pen, sheet_plan, audit, sheet, drawn_on)
    layout.dxf.extmin = (0.0, 0.0, 0.0)
    layout.dxf.extmax = (spec.width_mm, spec.height_mm, 0.0)


def _finish(canvas: Canvas, audit: Audit, window: tuple[float, float, float, float]) -> None:
    """Say where the drawing is, how far it reaches, and what a CAD program shows first."""
    doc = canvas.doc
    west, south, east, north = window
    canvas.model.reset_extents((west, south, 0.0), (east, north, 0.0))
    doc.header["$EXTMIN"], doc.header["$EXTMAX"] = (west, south, 0.0), (east, north, 0.0)
    doc.set_modelspace_vport(height=(north - south) * 1.05, center=((west + east) / 2, (south + north) / 2))
    # The library lists classes in the order of a set, which differs from run to run.
    doc.classes.add_required_classes(doc.dxfversion)
    doc.classes.classes = dict(sorted(doc.classes.classes.items()))
    authority = audit.site.crs.to_authority()
    for key, value in (
        ("firelane_origin_x", f"{canvas.origin[0]:.3f}"),
        ("firelane_origin_y", f"{canvas.origin[1]:.3f}"),
        ("firelane_crs", ":".join(authority) if authority else safe_text(audit.site.crs.name)),
        ("firelane_unit", "m"),
        ("firelane_site", safe_text(audit.site.id, 200)),
    ):
        doc.header.custom_vars.append(key, value)
