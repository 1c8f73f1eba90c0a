"""The bench that details are drawn on: true metres at a scale in paper space, with real dimensions in millimetres.

Details are drawn from the dimensions in force, not from the model, and their paint is on no paint layer: whoever adds up
the layers of paint must find the plan alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely

from firelane.drawing.canvas import DIMSTYLE, STYLE, Align, Canvas, Point, polygons, put_line
from firelane.drawing.text import text_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ezdxf.entities.dimstyleoverride import DimStyleOverride
    from shapely.geometry.base import BaseGeometry

    from firelane.drawing.catalogue import Rgb
    from firelane.drawing.pen import Pen
    from firelane.vocabulary import Lang

LAYER = "G-ANNO-DETL"
DIM_LAYER = "G-ANNO-DIMS"
TEXT_MM = 2.5
LINE_MM = 4.2  # from line to line
FIRST_MM = 9.0  # of the first dimension line from what it measures
SIDE_MM = 15.0  # the same of a chain that stands beside one whose outer figures reach out
NEXT_MM = 7.5  # from dimension line to dimension line
# How far from its line a figure stands that does not fit between the ends: in two rows, on the side of the other figures
# beyond these, on the clear side beyond the stubs of the extension lines.
ASIDE_MM = (5.4, 8.6)
CLEAR_MM = (3.8, 7.0)
_ON_LINE_MM = 0.8 + TEXT_MM / 2  # middle of a text on its line: gap and half its height
_SLACK_MM = 0.9
_TIGHT = 0.6
_SIMPLER_MM = 0.07
_OUTLINE_MM = 0.05
_GROUND: Rgb = (110, 110, 110)

Way = Literal["below", "above", "left", "right"]


@dataclass(frozen=True)
class Stretch:
    """One dimension of a chain: where it ends [m], whether its figure is an open parameter, a text instead of the figure."""

    end_m: float
    to_confirm: bool = False
    text: str = ""


@dataclass(frozen=True)
class Detail:
    """A detail: caption, scale, article, the room it takes around its own origin [mm], how it is drawn."""

    title: str
    scale: int
    article: str
    extent_mm: tuple[float, float, float, float]
    draw: Callable[[Bench], None]

    @property
    def width_mm(self) -> float:
        """Width [mm]."""
        return self.extent_mm[2] - self.extent_mm[0]

    @property
    def height_mm(self) -> float:
        """Height [mm]."""
        return self.extent_mm[3] - self.extent_mm[1]


@dataclass(frozen=True)
class Bench:
    """Draws in metres about an origin on the paper, at 1:``scale``.

    Attributes
    ----------
    origin : (float, float)
        Where the detail's own origin lies on the paper [mm].
    scale : int
        Denominator.
    """

    pen: Pen
    origin: Point
    scale: int

    @property
    def lang(self) -> Lang:
        """Language of the drawing."""
        return self.pen.canvas.lang

    @property
    def per_m(self) -> float:
        """Millimetres on the paper for a metre."""
        return 1000.0 / self.scale

    def at(self, x_m: float, y_m: float, right_mm: float = 0.0, up_mm: float = 0.0) -> Point:
        """Return a point on the paper: metres from the origin, then millimetres on paper."""
        return (
            round(self.origin[0] + x_m * self.per_m + right_mm, 4),
            round(self.origin[1] + y_m * self.per_m + up_mm, 4),
        )

    def placed(self, geometry: BaseGeometry) -> BaseGeometry:
        """Return geometry in metres on the paper, without vertices that nobody could see."""
        x0, y0 = self.origin
        moved = shapely.transform(geometry, lambda xy: np.round(xy * self.per_m + (x0, y0), 3))
        simple = shapely.simplify(moved, _SIMPLER_MM)
        return simple if simple.is_valid and not simple.is_empty else moved

    def paint(self, geometry: BaseGeometry, *, outlined: bool = True) -> None:
        """Fill areas given in metres with the colour of the paint: one hatch, whatever its number of rings."""
        self.paint_on_paper(self.placed(geometry), outlined=outlined)

    def paint_on_paper(self, geometry: BaseGeometry, *, outlined: bool = True) -> None:
        """Fill areas given in millimetres on the paper."""
        layers = self.pen.canvas.layers
        found = polygons(geometry)
        if not found:
            return
        hatch = self.pen.layout.add_hatch(color=layers.aci, dxfattribs={"layer": LAYER, "hatch_style": 0})
        hatch.rgb = layers.rgb
        for polygon in found:
            rings = [(polygon.exterior, 1), *((ring, 16) for ring in polygon.interiors)]
            for ring, flags in rings:
                xy = np.round(shapely.get_coordinates(ring)[:-1], 2)
                hatch.paths.add_polyline_path(xy.tolist(), is_closed=True, flags=flags)
                if outlined:
                    put_line(
                        self.pen.layout, xy, LAYER, closed=True, rgb=layers.outline_rgb, lineweight_mm=_OUTLINE_MM
                    )

    def line(
        self,
        points_m: Iterable[Point],
        width_mm: float = 0.25,
        *,
        closed: bool = False,
        linetype: str | None = None,
        grey: bool = False,
    ) -> None:
        """Draw a line through points given in metres."""
        put_line(
            self.pen.layout, [self.at(*point) for point in points_m], LAYER, closed=closed, lineweight_mm=width_mm,
            linetype=linetype, rgb=_GROUND if grey else None,
        )  # fmt: skip

    def stroke(self, points_mm: Sequence[Point], width_mm: float = 0.18) -> None:
        """Draw a line through points on the paper."""
        put_line(self.pen.layout, points_mm, LAYER, lineweight_mm=width_mm)

    def text(self, text: object, at: Point, *, align: Align = Align.LEFT, rotation_deg: float = 0.0) -> None:
        """Write one line at a point on the paper."""
        self.pen.text(text, at, TEXT_MM, align=align, rotation_deg=rotation_deg)

    def leader(self, text: str, from_mm: Point, to_mm: Point) -> None:
        """Write a text beside a point, joined to it by a line: to its right, or to its left where the line goes left."""
        right = to_mm[0] >= from_mm[0]
        length = text_width(text, TEXT_MM) + 1.0
        end = (to_mm[0] + (length if right else -length), to_mm[1])
        self.stroke([from_mm, to_mm, end])
        start = min(to_mm[0], end[0]) + 0.5
        self.text(text, (start, to_mm[1] + 0.7))

    def arrow(self, tail_mm: Point, tip_mm: Point, head_mm: float = 3.0) -> None:
        """Draw an arrow on the paper, its head filled with lines."""
        dx, dy = tip_mm[0] - tail_mm[0], tip_mm[1] - tail_mm[1]
        length = math.hypot(dx, dy)
        ux, uy = dx / length, dy / length
        back = (tip_mm[0] - head_mm * ux, tip_mm[1] - head_mm * uy)
        wing = head_mm / 4
        self.stroke([tail_mm, back], 0.35)
        corners = [tip_mm, (back[0] - wing * uy, back[1] + wing * ux), (back[0] + wing * uy, back[1] - wing * ux)]
        hatch = self.pen.layout.add_hatch(color=7, dxfattribs={"layer": LAYER})
        hatch.rgb = (0, 0, 0)
        hatch.paths.add_polyline_path([(round(x, 3), round(y, 3)) for x, y in corners], is_closed=True, flags=1)

    def chain(
        self, way: Way, at_m: float, start_m: float, stretches: Sequence[Stretch], *, from_mm: float = FIRST_MM
    ) -> None:
        """Dimension stretch after stretch along one line.

        Parameters
        ----------
        way : str
            Side of the object on which the line stands.
        at_m : float
            The object's side that faces the line (y of horizontal chains, x of upright ones) [m].
        start_m : float
            Where the first stretch begins [m].
        stretches : sequence of Stretch
            Their ends, ascending.
        from_mm : float
            Distance of the line from the object.

        Notes
        -----
        A figure wider than its stretch stands outside the chain, if it is the first or the last, else beyond the line.
        """
        start = start_m
        for stretch, place in zip(stretches, figures(self.per_m, start_m, stretches, way), strict=True):
            self._dimension(way, at_m, (start, stretch.end_m), stretch, from_mm, place)
            start = stretch.end_m

    def _dimension(
        self,
        way: Way,
        at_m: float,
        ends_m: tuple[float, float],
        stretch: Stretch,
        from_mm: float,
        place_mm: Point | None,
    ) -> None:
        horizontal = way in {"below", "above"}
        a, b = ((s, at_m) if horizontal else (at_m, s) for s in ends_m)
        away = -from_mm if way in {"below", "left"} else from_mm
        base = self.at(*a, up_mm=away) if horizontal else self.at(*a, right_mm=away)
        dimension = self.pen.layout.add_linear_dim(
            base=base, p1=self.at(*a), p2=self.at(*b), angle=0.0 if horizontal else 90.0,
            text=stretch.text or ("<>*" if stretch.to_confirm else "<>"), dimstyle=detail_style(self.pen.canvas, self.scale),
            dxfattribs={"layer": DIM_LAYER},
        )  # fmt: skip
        if place_mm is not None:
            along, off = place_mm
            spot = (self.origin[0] + along, base[1] + off) if horizontal else (base[0] + off, self.origin[1] + along)
            dimension.set_location(spot, leader=False, relative=False)
        self._rendered(dimension)

    def aligned(self, p_m: Point, q_m: Point, from_mm: float, *, to_confirm: bool = False) -> None:
        """Dimension the distance of two points, its line to the left of the way from p to q."""
        dimension = self.pen.layout.add_aligned_dim(
            p1=self.at(*p_m), p2=self.at(*q_m), distance=from_mm, text="<>*" if to_confirm else "<>",
            dimstyle=detail_style(self.pen.canvas, self.scale), dxfattribs={"layer": DIM_LAYER},
        )  # fmt: skip
        self._rendered(dimension)

    def across_line(self, spot_m: Point, width_m: float, angle_deg: float, *, to_confirm: bool = False) -> None:
        """Dimension the width of a line that runs at an angle, the figure beside it."""
        angle = math.radians(angle_deg)
        across = (math.sin(angle) * width_m / 2, -math.cos(angle) * width_m / 2)
        p, q = ((spot_m[0] + sign * across[0], spot_m[1] + sign * across[1]) for sign in (-1.0, 1.0))
        text = "<>*" if to_confirm else "<>"
        dimension = self.pen.layout.add_aligned_dim(
            p1=self.at(*p), p2=self.at(*q), distance=0.0, text=text, dimstyle=detail_style(self.pen.canvas, self.scale),
            dxfattribs={"layer": DIM_LAYER},
        )  # fmt: skip
        wide = figure_width(f"{round(width_m * 1000)}{'*' if to_confirm else ''}")
        away = width_m / 2 * self.per_m + wide / 2 + 1.6
        spot = self.at(*spot_m, away * math.sin(angle), -away * math.cos(angle))
        dimension.set_location(spot, leader=False, relative=False)
        self._rendered(dimension)

    def _rendered(self, dimension: DimStyleOverride) -> None:
        dimension.render()
        block = self.pen.canvas.doc.blocks.get(dimension.dimension.dxf.geometry)
        for entity in list(block):
            # The renderer leaves strokes on layer 0, which not every reader lets take the dimension's layer, and points at
            # what is measured, which only readers that should not show them do.
            if entity.dxftype() == "POINT":
                block.delete_entity(entity)
            elif entity.dxf.layer == "0":
                entity.dxf.layer = DIM_LAYER

    def angle(self, corner_m: Point, radius_mm: float, to_deg: float, text: str, below_mm: float) -> None:
        """Mark an angle from the horizontal with an arc; its figure stands ``below_mm`` under the corner, joined to the arc."""
        x, y = self.at(*corner_m)
        layout = self.pen.layout
        layout.add_arc((x, y), radius_mm, 0.0, to_deg, dxfattribs={"layer": DIM_LAYER})
        half = math.radians(to_deg / 2)
        spot = (round(x + radius_mm * math.cos(half), 3), round(y + radius_mm * math.sin(half), 3))
        layout.add_line(spot, (spot[0] + 2.0, y - below_mm), dxfattribs={"layer": DIM_LAYER})
        attribs = {"layer": DIM_LAYER, "style": STYLE}
        layout.add_text(text, height=TEXT_MM, dxfattribs=attribs).set_placement(
            (spot[0] + 2.0, y - below_mm - 0.6 - TEXT_MM), align=Align.CENTER
        )


def figure_width(text: str) -> float:
    """Return the width of a dimension's figure on paper [mm]."""
    return text_width(text, TEXT_MM)


def detail_style(canvas: Canvas, scale: int) -> str:
    """Return the dimension style whose figures are true millimetres at 1:``scale`` in paper space."""
    name = f"{DIMSTYLE}-{scale}"
    if name not in canvas.doc.dimstyles:
        style = canvas.doc.dimstyles.duplicate_entry(DIMSTYLE, name)
        style.dxf.dimlfac = float(scale)
        style.dxf.dimdec = 0
    return name


def figures(per_m: float, start_m: float, stretches: Sequence[Stretch], way: Way) -> list[Point | None]:
    """Return where the figures of a chain stand that do not fit between their ends.

    Returns
    -------
    list
        None where the figure stands on its line, else (along from the origin, off the line, up or right) [mm].
    """
    found: list[Point | None] = []
    taken = [-math.inf, -math.inf]  # ends of the figures beyond the line, nearest row first
    sign = -1.0 if way in {"below", "left"} else 1.0
    on_line = -_ON_LINE_MM if way in {"left", "right"} else _ON_LINE_MM  # upright figures stand to the left of their line
    start = start_m
    for number, stretch in enumerate(stretches):
        length = (stretch.end_m - start) * per_m
        wide = figure_width(stretch.text or figure(stretch, start))
        middle = (start + stretch.end_m) / 2 * per_m
        start = stretch.end_m
        if wide + _SLACK_MM <= length:
            # the renderer has its own opinion of what is too tight
            found.append((middle, on_line) if wide > _TIGHT * length else None)
        elif len(stretches) > 1 and number in {0, len(stretches) - 1}:
            beside = (length + wide) / 2 + 1.8
            found.append((middle + (beside if number else -beside), on_line))
        else:
            row = next((n for n in (0, 1) if taken[n] + 1.0 <= middle - wide / 2), 1)
            taken[row] = middle + wide / 2
            found.append((middle, sign * (CLEAR_MM if sign * on_line < 0 else ASIDE_MM)[row]))
    return found


def chain_reach(per_m: float, start_m: float, stretches: Sequence[Stretch], way: Way) -> float:
    """Return how far the figures of a chain reach beyond its line [mm], for the next line or the frame."""
    off = [abs(place[1]) for place in figures(per_m, start_m, stretches, way) if place is not None]
    beyond = [value for value in off if value > _ON_LINE_MM + 1e-9]
    on_far_side = _ON_LINE_MM if way in {"above", "left"} else 0.0
    return max([on_far_side, *beyond]) + TEXT_MM / 2 + 0.4 if beyond or on_far_side else 2.0


def figure(stretch: Stretch, start_m: float) -> str:
    """Return the figure of a stretch as it will read."""
    return f"{round((stretch.end_m - start_m) * 1000)}{'*' if stretch.to_confirm else ''}"


def fitting_scale(size_m: tuple[float, float], room_mm: tuple[float, float], scales: Sequence[int]) -> int:
    """Return the largest of the scales (the smallest denominator) at which something fits its room."""
    needed = 1000.0 * max(size_m[0] / room_mm[0], size_m[1] / room_mm[1])
    return next((scale for scale in scales if scale >= needed - 1e-9), scales[-1])


