"""What the sheets of the set share: the context they are drawn from, their drafts, a window on the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from ezdxf.layouts.layout import Paperspace

    from firelane.auditing import Audit
    from firelane.drawing.canvas import Canvas, Point
    from firelane.drawing.catalogue import FormatSpec
    from firelane.drawing.options import DrawingOptions
    from firelane.drawing.pen import Pen
    from firelane.drawing.project import Project
    from firelane.markings.plan import MarkingPlan


T = TypeVar("T")


class Room(NamedTuple):
    """A rectangle on the paper [mm], the origin at the sheet's lower left corner."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """Width [mm]."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Height [mm]."""
        return self.y1 - self.y0


@dataclass(frozen=True)
class View:
    """What the general plan shows: its middle in site coordinates and its size [m].

    The view, and with it the two sides of the size, is turned counter-clockwise by ``twist_deg``.
    """

    centre: Point
    size_m: tuple[float, float]
    twist_deg: float = 0.0


@dataclass(frozen=True)
class SheetEntry:
    """One line of the drawing list: number, title, scale (``1:500`` or a dash), format."""

    number: str
    title: str
    scale: str
    format: str
    key: str


@dataclass(frozen=True)
class SetContext:
    """What every sheet is drawn from.

    Attributes
    ----------
    spec : FormatSpec
        Format of all sheets of the set.
    room : Room
        What the frame and the title block leave.
    view : View
        What the general plan shows.
    worked_out : dict
        What is costly and wanted by more than one sheet, see :meth:`once`.
    """

    canvas: Canvas
    plan: MarkingPlan
    audit: Audit
    options: DrawingOptions
    project: Project
    spec: FormatSpec
    room: Room
    view: View
    worked_out: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, key: str, work_out: Callable[[], T]) -> T:
        """Return what ``work_out`` gives, worked out the first time that a sheet asks for it under ``key``."""
        if key not in self.worked_out:
            self.worked_out[key] = work_out()
        found: T = self.worked_out[key]
        return found


Draw = Callable[["Pen", SheetEntry, Sequence[SheetEntry]], None]


@dataclass(frozen=True)
class SheetDraft:
    """A sheet that will be drawn: numbers are given when all are known.

    ``key`` tells the kind (``list``, ``general``, ``setting_out``, ``coordinates``, ``details``, ``schedule``); ``draw`` gets a
    pen for the sheet's layout, the sheet's own entry and the entries of the whole set.
    """

    key: str
    title: str
    scale: str
    draw: Draw


def add_viewport(
    pen: Pen,
    centre_mm: Point,
    size_mm: tuple[float, float],
    target: Point,
    scale: float,
    *,
    twist_deg: float = 0.0,
    frozen: Sequence[str] = (),
) -> None:
    """Show the model space around ``target`` (site coordinates [m]) at 1:``scale``.

    Parameters
    ----------
    centre_mm, size_mm : (float, float)
        Where on the paper.
    twist_deg : float
        The view is turned by this, counter-clockwise.
    frozen : sequence of str
        Layers that are not shown.
    """
    layout, canvas = pen.layout, pen.canvas
    count = len(layout.query("VIEWPORT"))
    viewport = layout.add_viewport(
        center=centre_mm,
        size=size_mm,
        view_center_point=(0.0, 0.0),
        view_height=size_mm[1] * scale / 1000.0 * canvas.unit,
        status=count + 1,
        dxfattribs={"layer": "VIEWPORTS"},
    )
    x, y = canvas.local_point(target)
    viewport.dxf.view_target_point = (x, y, 0.0)
    viewport.dxf.view_twist_angle = twist_deg
    viewport.frozen_layers = list(frozen)


def new_sheet(canvas: Canvas, name: str, spec: FormatSpec, *, first: bool) -> Paperspace:
    """Return an empty sheet of its format."""
    doc = canvas.doc
    if first:
        doc.layouts.rename("Layout1", name)
    else:
        doc.layouts.new(name)
    layout = doc.paperspace(name)
    layout.page_setup(size=(spec.width_mm, spec.height_mm), margins=(0, 0, 0, 0), units="mm")
    layout.reset_main_viewport(center=(spec.width_mm / 2, spec.height_mm / 2), size=(spec.width_mm, spec.height_mm))
    layout.dxf.extmin = (0.0, 0.0, 0.0)
    layout.dxf.extmax = (spec.width_mm, spec.height_mm, 0.0)
    return layout
