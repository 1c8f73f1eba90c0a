"""The paint: solid hatches with straight boundaries, thin outlines, repeated marks as blocks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import shapely

from firelane.drawing.canvas import (
    APPID,
    Canvas,
    polygons,
    put_hatch,
    put_line,
    put_lines,
    put_polygon_lines,
)
from firelane.drawing.text import ascii_id
from firelane.markings.items import bill_item
from firelane.vocabulary import MarkKind

if TYPE_CHECKING:
    from ezdxf.layouts.base import BaseLayout
    from shapely.geometry.base import BaseGeometry

    from firelane.markings.plan import MarkingPlan

OUTLINE_MM = 0.05  # the fill is the paint; the outline is there to snap to
_PLAIN = re.compile(r"[^A-Za-z0-9-]")


def draw_paint(canvas: Canvas, plan: MarkingPlan, *, exploded: bool = False) -> None:
    """Draw all paint of ``plan`` in the model space.

    Marks of a block are one INSERT per layer and are defined once, so that they are counted, not
    traced; every other row becomes hatches of its own. Kerb faces have no area in plan view.
    With ``exploded`` nothing is a block: robots and cutters read no INSERT.
    """
    names = {} if exploded else _define_blocks(canvas, plan)
    model = canvas.model
    loose = plan.paint if exploded else plan.paint[plan.paint["block"].isna()]
    for mark_id, kind, geometry in zip(loose["mark_id"], loose["kind"], loose.geometry, strict=True):
        if geometry is None or geometry.is_empty:
            continue
        # An edge line has its axis to snap to: its outline would be a third of a large drawing.
        outlined = exploded or str(kind) != MarkKind.EDGE_LINE
        _paint(canvas, model, canvas.local(geometry), str(kind), str(mark_id), outlined=outlined)
    for placement in () if exploded else plan.placements:
        for layer, name in names[placement.block].items():
            insert = model.add_blockref(
                name,
                canvas.local_point((placement.x, placement.y)),
                dxfattribs={"layer": layer, "rotation": round(placement.rotation_deg, 6)},
            )
            insert.set_xdata(APPID, [(1000, "mark"), (1000, ascii_id(placement.mark_id)), *_lane_tags(placement.lane_id)])
    for geometry in plan.centrelines.geometry:
        if geometry is not None and not geometry.is_empty:
            put_lines(
                model,
                canvas.local(geometry),
                canvas.layers.paint["edge_line"],
                rgb=canvas.layers.outline_rgb,
                linetype="FL-CENTER",
            )


def _define_blocks(canvas: Canvas, plan: MarkingPlan) -> dict[str, dict[str, str]]:
    """Define the CAD blocks of every :class:`Block` that is used; return layer -> name for each.

    A block holds one layer only: readers such as GDAL give all that a block holds to the layer of
    its INSERT, and the lettering would be counted with the frame.
    """
    names: dict[str, dict[str, str]] = {}
    used = {placement.block for placement in plan.placements}
    taken = {block.name for block in canvas.doc.blocks}
    for number, (key, block) in enumerate(plan.blocks.items(), 1):
        if key not in used:
            continue
        # Plan names are the program's own; a stray character must still not break the file.
        stem = _PLAIN.sub("-", block.name)[:60] or "FL-MARK"
        names[key] = {}
        for kind, geometry in block.parts.items():
            layer = canvas.layers.paint[str(kind)]
            if layer not in names[key]:
                name = f"{stem}-{layer.rsplit('-', 1)[-1]}" if names[key] else stem
                name = f"{name}-{number}" if name in taken else name
                taken.add(name)
                names[key][layer] = name
                canvas.doc.blocks.new(name)
            name = names[key][layer]
            _paint(canvas, canvas.doc.blocks.get(name), canvas.scaled(geometry), str(kind), name)
    return names


def _paint(
    canvas: Canvas, layout: BaseLayout, geometry: BaseGeometry, kind: str, mark: str, *, outlined: bool = True
) -> None:
    layer = canvas.layers.paint[kind]
    for polygon in polygons(geometry):
        put_hatch(
            layout,
            polygon,
            layer,
            canvas.layers.rgb,
            aci=canvas.layers.aci,
            tags=paint_tags(kind, mark, polygon.area / canvas.unit**2),
        )
        if outlined:
            rgb = canvas.layers.outline_rgb
            put_polygon_lines(layout, polygon, layer, rgb=rgb, lineweight_mm=OUTLINE_MM)


def paint_tags(kind: str, mark: str, area_m2: float) -> list[tuple[int, str | float]]:
    """Return what travels with a piece of paint as XDATA: kind, mark or block, area [m²], item code and article."""
    item = bill_item(kind)
    return [
        (1000, ascii_id(kind)), (1000, ascii_id(mark)), (1040, round(area_m2, 6)),
        (1000, f"item={item.code}"), (1000, f"article={item.article}"),
    ]  # fmt: skip


def _lane_tags(lane_id: str | None) -> list[tuple[int, str]]:
    return [] if lane_id is None else [(1000, f"lane={ascii_id(lane_id)}")]


def put_swatch(canvas: Canvas, layout: BaseLayout, box: tuple[float, float, float, float], layer: str) -> None:
    """Fill a rectangle (x0, y0, x1, y1) with the colour of the paint, for the legend."""
    put_hatch(layout, shapely.box(*box), layer, canvas.layers.rgb, aci=canvas.layers.aci)
    x0, y0, x1, y1 = box
    put_line(
        layout,
        [(x0, y0), (x1, y0), (x1, y1), (x0, y1)],
        layer,
        closed=True,
        rgb=canvas.layers.outline_rgb,
        lineweight_mm=0.13,
    )
