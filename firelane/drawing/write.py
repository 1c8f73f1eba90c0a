"""Writing the marking drawing: extent, model space, sheet set, file."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane.drawing.annotate import draw_coordinates, draw_labels, draw_stations
from firelane.drawing.boards import draw_boards, draw_removals
from firelane.drawing.canvas import Canvas, Point, new_canvas
from firelane.drawing.catalogue import sheet_catalogue
from firelane.drawing.context import draw_context, pavement_outline
from firelane.drawing.labels import LabelField
from firelane.drawing.options import DrawingOptions, format_named, rename_layers
from firelane.drawing.outlined import outline_texts
from firelane.drawing.paint import draw_paint
from firelane.drawing.points import draw_points
from firelane.drawing.project import read_project
from firelane.drawing.saving import save
from firelane.drawing.sheets import draw_sheets
from firelane.drawing.sheets.base import SetContext
from firelane.drawing.sheets.frame import sheet_room
from firelane.drawing.sheets.general import arrange, index_boxes, plan_room
from firelane.drawing.sheets.viewing import general_view
from firelane.drawing.swept import draw_swept
from firelane.drawing.swept_labels import label_swept
from firelane.drawing.text import safe_text
from firelane.drawing.violations import draw_violations
from firelane.files import atomic_path

if TYPE_CHECKING:
    import os

    from firelane.auditing import Audit
    from firelane.markings.plan import MarkingPlan

ORIGIN_STEP_M = 100.0
_EDGE_LAYER = "G-ROAD-EDGE"


def write_dxf(
    plan: MarkingPlan,
    audit: Audit,
    path: str | os.PathLike[str],
    options: DrawingOptions | None = None,
    **choices: Any,
) -> None:
    """Write the marking drawing of one site (Article 13 of 沈政办发〔2020〕40号).

    Model space is near a local origin, x = east, y = north; paint is solid hatches with straight
    boundaries; the sheets are paper-space layouts with viewports to scale. The same input gives the same
    file but for the time stamps and GUIDs that the format asks for.

    Parameters
    ----------
    plan : MarkingPlan
    audit : Audit
        The audit of the same site: what stands around the paint, and the findings that fail.
    path : path-like
        The file to write; an existing one is replaced when the new one is complete.
    options : DrawingOptions, optional
        Language, version, units, coordinates, labels, sheet format, layer names.
    **choices
        Single fields of ``DrawingOptions``, e.g. ``lang="en", units="mm"``; they go before those of ``options``.

    Raises
    ------
    UsageError
        If a choice is none of those that there are.
    InputError
        If the table ``[drawing]`` of the site is refused.
    OutputError
        If the file cannot be written; an older one is untouched.
    """
    wanted = replace(options or DrawingOptions(), **choices)
    sheet = sheet_catalogue()
    spec = format_named(wanted.sheet)
    project = read_project(audit.site, wanted.drawn_on)
    room = sheet_room(spec, sheet)
    view = general_view(plan, audit, sheet, room)
    origin = _origin(audit) if wanted.coords == "local" else (0.0, 0.0)
    scale = arrange(view.size_m, room, sheet).scale
    canvas = new_canvas(origin, scale, wanted.lang, wanted.dxf_version, wanted.unit, view.twist_deg)
    context = SetContext(canvas, plan, audit, wanted, project, spec, room, view)
    window = _draw_model(context)
    draw_sheets(context)
    _finish(canvas, audit, window)
    if wanted.labels == "outline":
        outline_texts(canvas.doc)
    if _EDGE_LAYER in wanted.layer_names:  # by which a reader of our own drawings knows the pavement's edge
        canvas.doc.header.custom_vars.append("firelane_edge_layer", wanted.layer_names[_EDGE_LAYER])
    rename_layers(canvas.doc, wanted.layer_names)
    with atomic_path(Path(path)) as temporary:
        save(canvas.doc, temporary)


def _origin(audit: Audit) -> Point:
    """Return the local origin: the site's south-west corner, rounded down to 100 m."""
    west, south, *_ = audit.site.bounds
    return (
        math.floor(west / ORIGIN_STEP_M) * ORIGIN_STEP_M,
        math.floor(south / ORIGIN_STEP_M) * ORIGIN_STEP_M,
    )


def _draw_model(context: SetContext) -> tuple[float, float, float, float]:
    """Draw the model space and return the upright box around the general plan's window in it."""
    canvas, plan, audit = context.canvas, context.plan, context.audit
    room = plan_room(context)
    cx, cy = canvas.seen_point(canvas.local_point(context.view.centre))
    half_width, half_height = canvas.ground(room.width) / 2, canvas.ground(room.height) / 2
    window = (cx - half_width, cy - half_height, cx + half_width, cy + half_height)
    inner = canvas.ground(2.0)
    labels = draw_context(canvas, audit)
    draw_paint(canvas, plan, exploded=context.options.exploded)
    draw_boards(canvas, plan)
    draw_removals(canvas, plan)
    draw_swept(canvas, audit)
    draw_points(canvas, plan)
    field = LabelField(
        (window[0] + inner, window[1] + inner, window[2] - inner, window[3] - inner),
        _ink(canvas, plan, audit),
        canvas.ground(10.0),
    )
    for box in index_boxes(context):
        field.take(box)
    draw_violations(canvas, audit, field)
    draw_labels(canvas, labels, field)
    draw_stations(canvas, audit, field)
    draw_coordinates(canvas, window, field)
    label_swept(canvas, audit, field)
    corners = np.array([canvas.from_view((x, y)) for x in window[::2] for y in window[1::2]])
    (west, south), (east, north) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    return west, south, east, north


def _ink(canvas: Canvas, plan: MarkingPlan, audit: Audit) -> list[shapely.Geometry]:
    """Return what labels had better leave uncovered as the view has it, in pieces small enough to be told apart."""
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
    return [canvas.seen(g) for g in found]


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
        ("firelane_unit", "mm" if canvas.unit == 1000.0 else "m"),
        ("firelane_site", safe_text(audit.site.id, 200)),
    ):
        doc.header.custom_vars.append(key, value)
