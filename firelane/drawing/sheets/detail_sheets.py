"""Sheets of details (标线大样图): every kind of mark that the plan uses, framed, numbered and dimensioned.

The details are drawn in paper space from the dimensions in force, so they hold whatever the model's scale, and are packed
in rows on as few sheets as they need.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from firelane.drawing.canvas import Align, put_circle
from firelane.drawing.pen import LAYER
from firelane.drawing.sheets.base import Room, SheetDraft
from firelane.drawing.sheets.detail_basis import Basis
from firelane.drawing.sheets.detail_bench import LINE_MM, TEXT_MM, Bench, Detail
from firelane.drawing.sheets.detail_board import board_detail
from firelane.drawing.sheets.detail_box import box_details, bridge_detail
from firelane.drawing.sheets.detail_grid import clipped_note, grid_details, grids_in_use
from firelane.drawing.sheets.detail_kerb import edge_line_detail, kerb_detail
from firelane.drawing.sheets.detail_layout import layout_detail
from firelane.drawing.text import safe_text, text_width, wrap

if TYPE_CHECKING:
    from firelane.drawing.pen import Pen
    from firelane.drawing.sheets.base import SetContext, SheetEntry

_EDGE_MM = 4.0  # between the details and the sheet's frame
_PAD_MM = 4.0
_CAPTION_MM = 15.0
_NUMBER_MM = 4.5  # radius of the circle with a detail's number
_TITLE_MM = 3.5
_NOTES_MM = 92.0
_NOTE_LINES = 12
_MOST_SPARE = 0.35  # share of a sheet's height that rows may be stretched by
_FRAME_MM = 0.25
_SHARES = (0.85, 0.7)  # of the usual size: taken where that saves a sheet


@dataclass(frozen=True)
class Cell:
    """What stands in one frame: least size [mm], and how it is drawn in the room that it gets."""

    width_mm: float
    height_mm: float
    draw: Callable[[Pen, Room, int], None]
    numbered: bool = True


@dataclass(frozen=True)
class Shelf:
    """A row of cells on a sheet."""

    cells: tuple[Cell, ...]

    @property
    def width_mm(self) -> float:
        """Least width [mm]."""
        return sum(cell.width_mm for cell in self.cells)

    @property
    def height_mm(self) -> float:
        """Least height [mm]."""
        return max(cell.height_mm for cell in self.cells)


def details(basis: Basis) -> list[Detail]:
    """Return a detail of everything that the plan has painted or put up, in the order of the article.

    The board is shown beside any paint, also where none is put up now: it is what later ones are made by.
    """
    grids = grids_in_use(basis)
    entered = [grid for grid in grids if not grid.leaving] or grids
    single = (kerb_detail(basis), edge_line_detail(basis))
    last = (bridge_detail(basis), layout_detail(basis, entered[0] if entered else None))
    painted = [*single, *box_details(basis), *grid_details(basis, grids), *last]
    found = [detail for detail in painted if detail is not None]
    board = board_detail(basis) if found or basis.plan.boards else None
    return found if board is None else [*found, board]


def detail_sheets(context: SetContext) -> list[SheetDraft]:
    """Return the drafts; none where there is nothing to show."""
    canvas = context.canvas
    room = context.room
    inner = Room(room.x0 + _EDGE_MM, room.y0 + _EDGE_MM, room.x1 - _EDGE_MM, room.y1 - _EDGE_MM)
    basis = Basis(context.plan, canvas.lang, room, canvas.sheet.detail_scales)
    found = details(basis)
    if not found:
        return []
    notes = _notes_cell(basis)

    def sheets_of(chosen: Sequence[Detail]) -> list[list[Shelf]]:
        return packed([*(_detail_cell(detail) for detail in chosen), notes], inner.width, inner.height)

    sheets = sheets_of(_chosen(basis, found, lambda chosen: len(sheets_of(chosen))))
    title = basis.say("标线大样图", "DETAILS OF THE MARKINGS")
    drafts = []
    number = 1
    for count, shelves in enumerate(sheets, 1):
        name = title if len(sheets) == 1 else f"{title} ({count}/{len(sheets)})"
        drafts.append(SheetDraft("details", name, basis.say("见图", "as shown"), _drawer(shelves, inner, number)))
        number += sum(cell.numbered for shelf in shelves for cell in shelf.cells)
    return drafts


def _chosen(basis: Basis, full: list[Detail], count: Callable[[Sequence[Detail]], int]) -> list[Detail]:
    """Return the details as large as the fewest sheets allow."""
    best, fewest = full, count(full)
    for share in _SHARES if fewest > 1 else ():
        smaller = details(replace(basis, share=share))
        if (needed := count(smaller)) < fewest:
            best, fewest = smaller, needed
    for n, detail in enumerate(full):
        larger = [*best[:n], detail, *best[n + 1 :]]
        if best is not full and count(larger) <= fewest:
            best = larger
    return best


def packed(cells: Sequence[Cell], width_mm: float, height_mm: float) -> list[list[Shelf]]:
    """Pack cells in rows: each on the first row that has room, the tallest first.

    Returns
    -------
    list of lists of Shelf
        The rows of each sheet, from the top.
    """
    sheets: list[list[list[Cell]]] = []
    order = sorted(range(len(cells)), key=lambda n: (-cells[n].height_mm, n))
    place = {id(cell): n for n, cell in enumerate(cells)}
    for n in order:
        cell = cells[n]
        if not _put(cell, sheets, width_mm, height_mm):
            sheets.append([[cell]])
    return [[Shelf(tuple(sorted(row, key=lambda c: place[id(c)]))) for row in sheet] for sheet in sheets]


def _put(cell: Cell, sheets: list[list[list[Cell]]], width_mm: float, height_mm: float) -> bool:
    """Put a cell on the first row or into the first free height that holds it; tell whether there is one."""
    for sheet in sheets:
        for row in sheet:
            if sum(c.width_mm for c in row) + cell.width_mm <= width_mm:  # cells come tallest first
                row.append(cell)
                return True
        if sum(row[0].height_mm for row in sheet) + cell.height_mm <= height_mm:
            sheet.append([cell])
            return True
    return False


def _drawer(shelves: Sequence[Shelf], inner: Room, first: int) -> Callable[..., None]:
    def draw(pen: Pen, entry: SheetEntry, entries: Sequence[SheetEntry]) -> None:
        del entry, entries
        taken = sum(shelf.height_mm for shelf in shelves)
        spare = inner.height - taken
        extra = spare / len(shelves) if 0.0 < spare <= _MOST_SPARE * inner.height else 0.0
        top, number = inner.y1, first
        for shelf in shelves:
            height = shelf.height_mm + extra
            wider = (inner.width - shelf.width_mm) / len(shelf.cells)
            left = inner.x0
            for cell in shelf.cells:
                room = Room(left, top - height, left + cell.width_mm + wider, top)
                pen.rectangle(*room, _FRAME_MM)
                cell.draw(pen, room, number)
                number += cell.numbered
                left = room.x1
            top -= height

    return draw


def _detail_cell(detail: Detail) -> Cell:
    scale = f"1:{detail.scale}"
    caption_mm = 2 * _NUMBER_MM + 3.0 + text_width(detail.title, _TITLE_MM) + 4.0 + text_width(scale, TEXT_MM)

    def draw(pen: Pen, room: Room, number: int) -> None:
        x0, y0, x1, y1 = detail.extent_mm
        # the drawing in the middle of what the caption leaves
        origin = (
            (room.x0 + room.x1) / 2 - (x0 + x1) / 2,
            (room.y0 + _CAPTION_MM + room.y1) / 2 - (y0 + y1) / 2,
        )
        detail.draw(Bench(pen, (round(origin[0], 3), round(origin[1], 3)), detail.scale))
        _caption(pen, room, number, (detail.title, scale, detail.article), caption_mm)

    width = max(detail.width_mm, caption_mm) + 2 * _PAD_MM
    return Cell(width, detail.height_mm + _CAPTION_MM + 2 * _PAD_MM, draw)


def _caption(pen: Pen, room: Room, number: int, told: tuple[str, str, str], width_mm: float) -> None:
    """Write number, title over a line, scale beside it, article below."""
    title, scale, article = told
    left = max((room.x0 + room.x1 - width_mm) / 2, room.x0 + _PAD_MM)
    middle = room.y0 + _CAPTION_MM / 2 + 0.5
    centre = (left + _NUMBER_MM, middle)
    put_circle(pen.layout, centre, _NUMBER_MM, LAYER, lineweight=50)
    pen.text(number, centre, _TITLE_MM, align=Align.MIDDLE_CENTER)
    x = left + 2 * _NUMBER_MM + 3.0
    length = text_width(title, _TITLE_MM)
    pen.text(title, (x, middle + 1.2), _TITLE_MM)
    pen.line([(x - 1.0, middle), (x + length + 1.0, middle)], 0.5)
    pen.text(scale, (x + length + 4.0, middle + 1.2), TEXT_MM)
    pen.text(article, (x, middle - 1.6 - TEXT_MM), TEXT_MM)


def _notes_cell(basis: Basis) -> Cell:
    """Return the cell that says units, what is open, and how colours and thicknesses are shown."""
    notes = [
        basis.say("大样图尺寸单位：mm。", "Dimensions of the details are in mm."),
        basis.say(
            "带 * 者法规未规定，为本图建议值，待确认；其余为条文规定值或实测值。",
            "Figures with * are fixed by no instrument: proposed here, to be confirmed. The others are the article's or measured.",
        ),
        basis.say("标线均为黄色实线，图中填充即施划面。", "All paint is solid yellow; what is filled is painted."),
        basis.say(
            "字样按字身框定位；字形见模型空间图块。",
            "Characters are placed by their em boxes; their outlines are the blocks of the model space.",
        ),
        basis.say("大样图不计入工程量。", "Paint drawn in details is not in the quantities."),
    ]
    clipped = clipped_note(basis)
    notes += [clipped] if clipped else []
    indent = text_width("1. ", TEXT_MM)
    width = _NOTES_MM - 2 * _PAD_MM - indent
    wrapped = [wrap(safe_text(note), TEXT_MM, width, _NOTE_LINES) for note in notes]
    heading = basis.say("说明", "Notes")

    def draw(pen: Pen, room: Room, number: int) -> None:
        del number
        x, top = room.x0 + _PAD_MM, room.y1 - _PAD_MM - _TITLE_MM
        pen.text(heading, (x, top), _TITLE_MM)
        top -= 2.0
        for count, lines in enumerate(wrapped, 1):
            pen.lines([f"{count}."], (x, top), TEXT_MM, LINE_MM)
            pen.lines(lines, (x + indent, top), TEXT_MM, LINE_MM)
            top -= LINE_MM * len(lines)

    height = 2 * _PAD_MM + _TITLE_MM + 2.0 + LINE_MM * sum(len(lines) for lines in wrapped)
    return Cell(_NOTES_MM, height, draw, numbered=False)
