"""What Article 13 asks for beside the paint: warning boards to put up, paint of today to remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firelane.drawing.canvas import APPID, Canvas, polygons, put_circle, put_line, put_polygon_lines
from firelane.drawing.text import ascii_id
from firelane.markings.items import bill_item

if TYPE_CHECKING:
    from firelane.markings.plan import MarkingPlan

BOARD_LAYER = "G-FIRE-SIGN"
REMOVAL_LAYER = "G-FIRE-REMV"
BOARD_BLOCK = "FL-BOARD"
HATCH_MM = 2.0


def draw_boards(canvas: Canvas, plan: MarkingPlan) -> None:
    """Draw every board to be put up as one block: its foot, and the board in plan, its face to the driver.

    In the block the face looks along +x. The symbol has paper size: a board of 0.6 m would be lost on a plan.
    """
    if not plan.boards:
        return
    block = canvas.doc.blocks.new(BOARD_BLOCK)
    unit = canvas.ground(1.0)
    put_circle(block, (0.0, 0.0), 0.4 * unit, BOARD_LAYER)
    put_line(block, [(0.0, -1.8 * unit), (0.0, 1.8 * unit)], BOARD_LAYER, lineweight_mm=0.5)
    put_line(block, [(0.0, 1.8 * unit), (0.9 * unit, 0.0), (0.0, -1.8 * unit)], BOARD_LAYER)
    item = bill_item("warning_board")
    for board in plan.boards:
        insert = canvas.model.add_blockref(
            BOARD_BLOCK, canvas.local_point((board.x, board.y)),
            dxfattribs={"layer": BOARD_LAYER, "rotation": board.heading_deg},
        )  # fmt: skip
        insert.set_xdata(
            APPID,
            [
                (1000, "board"), (1000, ascii_id(board.board_id)), (1000, f"item={item.code}"),
                (1000, f"article={item.article}"), (1000, f"entrance={ascii_id(board.entrance_id)}"),
            ],
        )  # fmt: skip


def draw_removals(canvas: Canvas, plan: MarkingPlan) -> None:
    """Outline what has to be removed, crossed by lines at 45°: no fill, which would read as paint."""
    item = bill_item("removal")
    for removal in plan.removals:
        shape = canvas.local(removal.shape)
        put_polygon_lines(canvas.model, shape, REMOVAL_LAYER)
        for polygon in polygons(shape):
            hatch = canvas.model.add_hatch(color=256, dxfattribs={"layer": REMOVAL_LAYER, "hatch_style": 0})
            hatch.set_pattern_fill("ANSI31", scale=canvas.ground(HATCH_MM) / 3.175, color=256)
            hatch.paths.add_polyline_path([*polygon.exterior.coords[:-1]], is_closed=True, flags=1)
            for ring in polygon.interiors:
                hatch.paths.add_polyline_path([*ring.coords[:-1]], is_closed=True, flags=16)
            hatch.set_xdata(
                APPID,
                [
                    (1000, "removal"), (1000, ascii_id(removal.row_id)), (1040, round(removal.area_m2, 6)),
                    (1000, f"item={item.code}"), (1000, f"reason={ascii_id(removal.reason)}"),
                ],
            )  # fmt: skip
