"""Frame, centring marks and title block of every sheet (GB/T 50001-2017 chapter 3).

The block lies along the foot of the sheet and has the zones of 3.2.2 in their order: design office, seal of the
registered engineer, project manager, revisions, project and title, drawing number, signatures, countersignatures.
It is one CAD block for the whole set: title, scale and number differ from sheet to sheet and are attributes; all else is
written once, in the block. What nobody told is there a constant attribute without a value: filled in once in the block
editor it stands on every sheet.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from firelane.drawing.canvas import STYLE, Align, put_line, put_text
from firelane.drawing.notes import crs_name
from firelane.drawing.pen import LAYER, NARROWEST
from firelane.drawing.sheets.base import Room
from firelane.drawing.text import safe_text, shortened, text_width, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ezdxf.layouts.base import BaseLayout

    from firelane.drawing.canvas import Canvas, Point
    from firelane.drawing.catalogue import FormatSpec, SheetCatalogue
    from firelane.drawing.pen import Pen
    from firelane.drawing.sheets.base import SetContext, SheetEntry
    from firelane.vocabulary import Lang

# 4.0.4: outline of the block 0.7b (A2 to A4) or 0.5b (A0, A1), lines within 0.35b or 0.25b: the same for both.
OUTER_MM, INNER_MM, FINE_MM = 0.7, 0.35, 0.18
MARK_MM, MARK_REACH_MM = 0.35, 5.0  # centring marks
BASE_HEIGHT_MM = 32.0  # of the block that the measures below are for; a higher one has all of it larger
SMALL_MM, NAME_MM, TITLE_MM = 2.5, 3.5, 4.0
LAST_REVISIONS = 4
LEAST_COUNTERSIGN = 4
VARYING = ("TITLE", "SCALE", "NUMBER")  # differ from sheet to sheet
PITCH = 1.75  # distance of lines in text heights: a Chinese character stands 1.4 high
PAD_MM = 1.0

# Zone -> its width on the narrowest sheet (390 mm between the frame's sides), its share of what a wider one adds.
ZONES: dict[str, tuple[float, float]] = {
    "office": (46.0, 1.0), "seal": (28.0, 0.5), "pm": (20.0, 0.3), "revisions": (70.0, 2.0), "names": (96.0, 2.5),
    "number": (54.0, 0.6), "signatures": (38.0, 0.8), "countersign": (38.0, 1.0),
}  # fmt: skip

WORDS: dict[str, tuple[str, str]] = {
    "office": ("设计单位名称", "Design office"),
    "seal": ("注册师签章", "Engineer's seal"),
    "pm": ("项目经理", "Project mgr"),
    "revisions": ("修改记录", "Revisions"),
    "no": ("版次", "No."),
    "by": ("修改人", "By"),
    "day": ("日期", "Date"),
    "project": ("工程名称", "Project"),
    "title": ("图名", "Title"),
    "manager": ("管理使用单位", "Manager"),
    "crs": ("坐标系", "CRS"),
    "phase": ("阶段", "Phase"),
    "format": ("图幅", "Format"),
    "scale": ("比例", "Scale"),
    "date": ("日期", "Date"),
    "project_no": ("工程编号", "Project no."),
    "number": ("图号", "Drawing no."),
    "designer": ("设计", "Design"),
    "checker": ("校核", "Check"),
    "approver": ("审定", "Approve"),
    "countersign": ("会签栏", "Countersigned"),
}


class Cell(NamedTuple):
    """Where the value of an attribute stands within the block [mm]."""

    tag: str
    box: Room
    height_mm: float = SMALL_MM
    most_lines: int = 1
    centred: bool = False


class Label(NamedTuple):
    """A word printed in the block, in the middle of its box."""

    text: str
    box: Room
    height_mm: float = SMALL_MM


class Block(NamedTuple):
    """What the title block is made of: ruled lines with their widths, words, attributes."""

    rules: list[tuple[list[Point], float]]
    labels: list[Label]
    cells: list[Cell]


def sheet_room(spec: FormatSpec, sheet: SheetCatalogue) -> Room:
    """Return what frame and title block leave of a sheet."""
    return Room(
        sheet.binding_mm, spec.margin_mm + spec.title_mm, spec.width_mm - spec.margin_mm, spec.height_mm - spec.margin_mm
    )


def larger_by(spec: FormatSpec) -> float:
    """Return by how much texts are larger on a large sheet: as its title block, which is read from as far."""
    return max(1.0, round(spec.title_mm / BASE_HEIGHT_MM, 1))


def fitted(text: object, height_mm: float, width_mm: float, most_lines: int) -> tuple[list[str], list[float]]:
    """Return ``text`` in lines that fit ``width_mm``, and how much each is squeezed.

    One line squeezed to 0.7 at most; else several; else several squeezed; the rest is cut with an ellipsis.

    >>> fitted("消防车通道", 2.5, 20.0, 2)
    (['消防车通道'], [1.0])
    >>> fitted("消防车通道标线平面图", 2.5, 20.0, 2)
    (['消防车通道', '标线平面图'], [1.0, 1.0])
    """
    safe = safe_text(text)
    if not safe:
        return [], []
    if most_lines == 1 or text_width(safe, height_mm) <= width_mm / NARROWEST:
        lines = [shortened(safe, height_mm, width_mm / NARROWEST)]
    else:
        lines = wrap(safe, height_mm, width_mm, len(safe))
        if len(lines) > most_lines:
            lines = wrap(safe, height_mm, width_mm / NARROWEST, most_lines)
    return lines, [math.floor(1000 * min(1.0, width_mm / text_width(line, height_mm))) / 1000 for line in lines]


def draw_frame(pen: Pen, context: SetContext, entry: SheetEntry, count: int) -> None:
    """Draw the sheet's edge, its frame and the title block."""
    spec = context.spec
    name = f"TITLE-{spec.name}"
    block = title_block(context)
    if name not in pen.canvas.doc.blocks:
        _define(pen.canvas, name, context, block)
    origin = (context.room.x0, spec.margin_mm)
    insert = pen.layout.add_blockref(name, origin, dxfattribs={"layer": LAYER})
    values = {
        "TITLE": entry.title,
        "SCALE": entry.scale,
        "NUMBER": f"{entry.number} / {count:0{len(entry.number)}d}",
    }
    for cell in block.cells:
        if cell.tag not in VARYING:
            continue
        lines, squeezes = fitted(values[cell.tag], cell.height_mm, cell.box.width - 2 * PAD_MM, cell.most_lines)
        for n, line in enumerate(lines):
            attribs = {"layer": LAYER, "style": STYLE, "height": round(cell.height_mm, 2)}
            attrib = insert.add_attrib(_tag(cell.tag, n), line, dxfattribs=attribs)
            if squeezes[n] != 1.0:
                attrib.dxf.width = squeezes[n]
            x, y = _at(cell, n, len(lines))
            attrib.set_placement((round(origin[0] + x, 2), round(origin[1] + y, 2)), align=_align(cell))


def set_values(context: SetContext) -> dict[str, str]:
    """Return the values that are the same on every sheet, by tag."""
    project = context.project
    named = [project.project, project.site] if project.project not in {"", project.site} else [project.site]
    return {
        "OFFICE": project.office, "PM": project.pm, "PROJECT": "  ".join(named), "MANAGER": project.manager,
        "CRS": crs_name(context.audit, context.canvas.lang), "PHASE": project.phase, "FORMAT": context.spec.name,
        "DATE": project.date, "PROJECT_NO": project.project_no, "DESIGNER": project.designer, "CHECKER": project.checker,
        "APPROVER": project.approver,
    }  # fmt: skip


def title_block(context: SetContext) -> Block:
    """Return the title block of a set, its lower left corner at the origin."""
    larger = context.spec.title_mm / BASE_HEIGHT_MM
    width = context.room.width / larger
    plan = _Plan(context.canvas.lang)
    spare, shares = width - sum(mm for mm, _ in ZONES.values()), sum(share for _, share in ZONES.values())
    x = 0.0
    for zone, (nominal, share) in ZONES.items():
        box = Room(x, 0.0, x + nominal + spare * share / shares, BASE_HEIGHT_MM)
        x = box.x1
        if x < width - 1e-6:
            plan.rule([(x, 0.0), (x, BASE_HEIGHT_MM)], INNER_MM)
        plan.zone(zone, box, context)
    return plan.block(larger)


class _Plan:
    """Lays the zones out at the size of the smallest block."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang
        self.rules: list[tuple[list[Point], float]] = []
        self.labels: list[Label] = []
        self.cells: list[Cell] = []

    def block(self, larger: float) -> Block:
        """Return all of it, ``larger`` times as large."""

        def grown(box: Room) -> Room:
            return Room(*(v * larger for v in box))

        return Block(
            [([(x * larger, y * larger) for x, y in points], mm) for points, mm in self.rules],
            [Label(text, grown(box), height * larger) for text, box, height in self.labels],
            [Cell(c.tag, grown(c.box), c.height_mm * larger, c.most_lines, c.centred) for c in self.cells],
        )

    def zone(self, name: str, box: Room, context: SetContext) -> None:
        """Lay one zone out."""
        zones: dict[str, Callable[[], None]] = {
            "office": lambda: self.office(box),
            "seal": lambda: self.seal(box),
            "pm": lambda: self.pm(box),
            "revisions": lambda: self.revisions(box, context),
            "names": lambda: self.names(box),
            "number": lambda: self.number(box),
            "signatures": lambda: self.signatures(box),
            "countersign": lambda: self.countersign(box, context.project.countersign),
        }
        zones[name]()

    def rule(self, points: list[Point], width_mm: float = FINE_MM) -> None:
        self.rules.append((points, width_mm))

    def label(self, key: str, box: Room) -> None:
        self.labels.append(Label(WORDS[key][0 if self.lang == "zh" else 1], box))

    def headed(self, key: str, box: Room, head_mm: float = 6.4) -> Room:
        """Write a heading over a zone and return what is left below."""
        y = box.y1 - head_mm
        self.label(key, Room(box.x0, y, box.x1, box.y1))
        self.rule([(box.x0, y), (box.x1, y)])
        return Room(box.x0, box.y0, box.x1, y)

    def rows(self, box: Room, heights: Sequence[float]) -> list[Room]:
        """Split a zone into rows, from its top, with lines between them."""
        found, top = [], box.y1
        for n, height in enumerate(heights):
            foot = box.y0 if n == len(heights) - 1 else top - height
            found.append(Room(box.x0, foot, box.x1, top))
            top = foot
            if n < len(heights) - 1:
                self.rule([(box.x0, foot), (box.x1, foot)])
        return found

    def columns(self, box: Room, widths: Sequence[float]) -> list[Room]:
        """Split a row into columns of these shares, with lines between them."""
        found, x, total = [], box.x0, sum(widths)
        for n, width in enumerate(widths):
            right = box.x1 if n == len(widths) - 1 else x + box.width * width / total
            found.append(Room(x, box.y0, right, box.y1))
            x = right
            if n < len(widths) - 1:
                self.rule([(x, box.y0), (x, box.y1)])
        return found

    def field(self, tag: str, box: Room, label_mm: float, *, height_mm: float = SMALL_MM, lines: int = 1) -> None:
        """Put a word to the left and the value to its right."""
        left, right = self.columns(box, (label_mm, box.width - label_mm))
        self.label(tag.lower(), left)
        self.cells.append(Cell(tag, right, height_mm, lines))

    def office(self, box: Room) -> None:
        self.cells.append(Cell("OFFICE", self.headed("office", box), NAME_MM, 3, centred=True))

    def seal(self, box: Room) -> None:
        self.headed("seal", box)

    def pm(self, box: Room) -> None:
        self.cells.append(Cell("PM", self.headed("pm", box), NAME_MM, 2, centred=True))

    def revisions(self, box: Room, context: SetContext) -> None:
        """List the last revisions; all of them stand on the first sheet."""
        shown = context.project.revisions[-LAST_REVISIONS:]
        for n, row in enumerate(self.rows(box, [6.4] * (LAST_REVISIONS + 1))):
            cells = self.columns(row, (9.0, 31.0, 12.5, 17.5))
            if n == 0:
                for key, cell in zip(("no", "revisions", "by", "day"), cells, strict=True):
                    self.label(key, cell)
            elif n <= len(shown):
                it = shown[n - 1]
                for text, cell in zip((it.number, it.text, it.by, it.date), cells, strict=True):
                    self.labels.append(Label(text, cell))

    def names(self, box: Room) -> None:
        project, title, manager, crs = self.rows(box, (9.5, 10.5, 6.0, 6.0))
        self.field("PROJECT", project, 18.0, lines=2)
        self.field("TITLE", title, 18.0, height_mm=TITLE_MM)
        self.field("MANAGER", manager, 18.0)
        self.field("CRS", crs, 18.0)

    def number(self, box: Room) -> None:
        first, second, third, last = self.rows(box, (6.4, 6.4, 6.4, 12.8))
        for row, pair in ((first, ("PHASE", "FORMAT")), (second, ("DATE", "SCALE"))):
            # 30 : 24 mm, so that a date stands unsqueezed
            for tag, half in zip(pair, self.columns(row, (30.0, 24.0)), strict=True):
                self.field(tag, half, 9.5)
        self.field("PROJECT_NO", third, 16.0)
        self.field("NUMBER", last, 16.0, height_mm=TITLE_MM + 1.0)

    def signatures(self, box: Room) -> None:
        third = BASE_HEIGHT_MM / 3
        for tag, row in zip(("DESIGNER", "CHECKER", "APPROVER"), self.rows(box, (third, third, third)), strict=True):
            label, name, _sign = self.columns(row, (11.0, 13.0, 14.0))
            self.label(tag.lower(), label)
            self.cells.append(Cell(tag, name, centred=True))

    def countersign(self, box: Room, parties: Sequence[str]) -> None:
        """List the parties; their names and dates are written by hand."""
        below = self.headed("countersign", box)
        count = max(LEAST_COUNTERSIGN, len(parties))
        for n, row in enumerate(self.rows(below, [below.height / count] * count)):
            party, *_ = self.columns(row, (16.5, 12.0, 9.5))
            if n < len(parties):
                self.labels.append(Label(parties[n], party))


def _tag(tag: str, line: int) -> str:
    return tag if line == 0 else f"{tag}_{line + 1}"


def _align(cell: Cell) -> Align:
    return Align.MIDDLE_CENTER if cell.centred else Align.MIDDLE_LEFT


def _at(cell: Cell, line: int, count: int) -> Point:
    """Return where a line of a cell's value is set."""
    box = cell.box
    pitch = min(cell.height_mm * PITCH, (box.height - cell.height_mm) / max(count - 0.6, 1.0))
    y = (box.y0 + box.y1) / 2 + ((count - 1) / 2 - line) * pitch
    return ((box.x0 + box.x1) / 2 if cell.centred else box.x0 + PAD_MM), y


def _define(canvas: Canvas, name: str, context: SetContext, block: Block) -> None:
    """Define the block: sheet edge, frame, centring marks, lines and words of the title block, attributes."""
    spec, room = context.spec, context.room
    layout = canvas.doc.blocks.new(name)
    x0, y0 = -room.x0, -spec.margin_mm  # of the sheet, seen from the block's corner
    x1, y1 = x0 + spec.width_mm, y0 + spec.height_mm
    right, top = room.x1 - room.x0, room.y1 - spec.margin_mm
    _rectangle(layout, Room(x0, y0, x1, y1), FINE_MM)
    _rectangle(layout, Room(0.0, 0.0, right, top), spec.frame_mm)
    middle_x, middle_y = (x0 + x1) / 2, (y0 + y1) / 2
    for outer, inner in (
        ((x0, middle_y), (MARK_REACH_MM, middle_y)), ((x1, middle_y), (right - MARK_REACH_MM, middle_y)),
        ((middle_x, y0), (middle_x, 0.0)), ((middle_x, y1), (middle_x, top - MARK_REACH_MM)),
    ):  # fmt: skip  # the one at the foot ends at the frame: the title block is there
        put_line(layout, [outer, inner], LAYER, lineweight_mm=MARK_MM)
    put_line(layout, [(0.0, spec.title_mm), (right, spec.title_mm)], LAYER, lineweight_mm=OUTER_MM)
    for points, width_mm in block.rules:
        put_line(layout, [_rounded(point) for point in points], LAYER, lineweight_mm=width_mm)
    for text, box, height_mm in block.labels:
        lines, squeezes = fitted(text, height_mm, box.width - PAD_MM, max(1, int(box.height // (1.6 * height_mm))))
        for n, line in enumerate(lines):
            at = _rounded(_at(Cell("", box, height_mm, 2, centred=True), n, len(lines)))
            put_text(layout, line, at, round(height_mm, 2), LAYER, align=Align.MIDDLE_CENTER, squeeze=squeezes[n])
    values = set_values(context)
    for cell in block.cells:
        value = "" if cell.tag in VARYING else values[cell.tag]
        lines, squeezes = fitted(value, cell.height_mm, cell.box.width - 2 * PAD_MM, cell.most_lines)
        for n, line in enumerate(lines):
            at = _rounded(_at(cell, n, len(lines)))
            put_text(layout, line, at, round(cell.height_mm, 2), LAYER, align=_align(cell), squeeze=squeezes[n])
        if not lines:
            _form(layout, cell, canvas.lang)


def _form(layout: BaseLayout, cell: Cell, lang: Lang) -> None:
    """Define the attributes of a cell: of every sheet its own, or one for all that waits to be filled in."""
    lines = cell.most_lines if cell.tag in VARYING else 1
    for n in range(lines):
        attdef = layout.add_attdef(
            _tag(cell.tag, n),
            dxfattribs={
                "layer": LAYER, "style": STYLE, "height": round(cell.height_mm, 2),
                "prompt": WORDS[cell.tag.lower()][0 if lang == "zh" else 1],
            },
        )  # fmt: skip
        attdef.set_placement(_rounded(_at(cell, n, lines)), align=_align(cell))
        attdef.is_const = cell.tag not in VARYING


def _rounded(point: Point) -> Point:
    return round(point[0], 2), round(point[1], 2)


def _rectangle(layout: BaseLayout, box: Room, width_mm: float) -> None:
    corners = [(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)]
    put_line(layout, corners, LAYER, lineweight_mm=width_mm, closed=True)
