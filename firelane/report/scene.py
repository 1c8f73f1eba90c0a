"""Small drawings as plain data, painted as vectors into a PDF or as a picture into an office document."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from reportlab.lib.colors import HexColor
from reportlab.platypus import Flowable

from firelane.report import letters
from firelane.report.typeset import INK, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Ring = NDArray[np.float64]
    Spot = Sequence[float] | NDArray[np.float64]


@dataclass(frozen=True)
class Area:
    """A filled area: its rings [pt], holes too (even-odd)."""

    rings: tuple[Ring, ...]
    fill: str = ""
    stroke: str = ""
    weight: float = 0.5
    dash: tuple[float, ...] = ()


@dataclass(frozen=True)
class Stroke:
    """A line [pt]."""

    coords: Ring
    colour: str = INK
    weight: float = 0.6
    dash: tuple[float, ...] = ()


@dataclass(frozen=True)
class Label:
    """One line of text at a place [pt], on a ground of its own where one is named."""

    x: float
    y: float
    text: str
    size: float = 6.5
    colour: str = INK
    bold: bool = False
    align: str = "center"
    ground: str = ""


@dataclass
class Scene:
    """What a drawing of a given size [pt] shows, from the ground upwards; y runs upwards."""

    width: float
    height: float
    things: list[Area | Stroke | Label] = field(default_factory=list)

    def area(self, geometry: BaseGeometry, **look: Any) -> None:
        """Draw polygons [pt]; lines and points among them are passed over."""
        for part in shapely.get_parts(geometry):
            if part.geom_type == "Polygon" and not part.is_empty:
                rings = (part.exterior, *part.interiors)
                self.things.append(Area(tuple(shapely.get_coordinates(ring) for ring in rings), **look))

    def line(self, geometry: BaseGeometry, **look: Any) -> None:
        """Draw lines [pt]; rings of polygons as well."""
        for part in shapely.get_parts(geometry):
            lines = part.boundary if part.geom_type == "Polygon" else part
            for one in shapely.get_parts(lines):
                if one.geom_type in ("LineString", "LinearRing") and not one.is_empty:
                    self.things.append(Stroke(shapely.get_coordinates(one), **look))

    def stroke(self, *coords: Spot, **look: Any) -> None:
        """Draw one line through places [pt]."""
        self.things.append(Stroke(np.asarray(coords, float), **look))

    def label(self, x: float, y: float, text: str, **look: Any) -> None:
        """Write a text."""
        self.things.append(Label(x, y, text, **look))

    def head(self, tip: Spot, towards: NDArray[np.float64], colour: str, size: float = 5.0) -> None:
        """Draw an arrow head whose tip points along a unit vector."""
        end = np.asarray(tip, float)
        side = np.array([-towards[1], towards[0]])
        ring = np.array([end, end - size * towards + 0.3 * size * side, end - size * towards - 0.3 * size * side, end])
        self.things.append(Area((ring,), fill=colour))


class Drawing(Flowable):  # type: ignore[misc]  # reportlab is untyped
    """A scene on a page, as vectors."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.scene = scene
        self.width, self.height = scene.width, scene.height

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return its size [pt]."""
        del width, height
        return self.width, self.height

    def draw(self) -> None:
        """Draw areas, lines and texts in their order."""
        canvas = self.canv
        canvas.saveState()
        frame = canvas.beginPath()
        frame.rect(0, 0, self.width, self.height)
        canvas.clipPath(frame, stroke=0, fill=0)
        canvas.setLineJoin(1)
        for thing in self.scene.things:
            if isinstance(thing, Label):
                _write(canvas, thing)
                continue
            rings = thing.rings if isinstance(thing, Area) else (thing.coords,)
            path = canvas.beginPath()
            for ring in rings:
                path.moveTo(*map(float, ring[0]))
                for x, y in ring[1:].tolist():
                    path.lineTo(x, y)
                if isinstance(thing, Area):
                    path.close()
            fill = thing.fill if isinstance(thing, Area) else ""
            stroke = thing.stroke if isinstance(thing, Area) else thing.colour
            if fill:
                canvas.setFillColor(HexColor(fill))
            if stroke:
                canvas.setStrokeColor(HexColor(stroke))
                canvas.setLineWidth(thing.weight)
                canvas.setDash(list(thing.dash))
            canvas.drawPath(path, stroke=int(bool(stroke)), fill=int(bool(fill)), fillMode=0)
        canvas.restoreState()


def _write(canvas: Any, label: Label) -> None:
    if label.ground:
        wide = label_width(label)
        left = label.x - (wide / 2 if label.align == "center" else wide if label.align == "right" else 0)
        canvas.setFillColor(HexColor(label.ground))
        canvas.rect(left - 1.5, label.y - 0.25 * label.size, wide + 3, 1.3 * label.size, stroke=0, fill=1)
    write(
        canvas, label.x, label.y, label.text, size=label.size, bold=label.bold, colour=label.colour, align=label.align
    )


def label_width(label: Label) -> float:
    """Return the width of a label's text [pt]."""
    return sum(letters.width(c, label.size, bold=label.bold) for c in letters.shown(label.text).replace("\n", " "))


def png(scene: Scene, *, dpi: int = 200) -> bytes:
    """Return the scene as a PNG picture, drawn at double size and brought down for smooth edges."""
    from PIL import Image, ImageDraw  # noqa: PLC0415  (only where an office document is written)

    k = 2 * dpi / 72
    size = (round(scene.width * k / 2) * 2, round(scene.height * k / 2) * 2)
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)

    def place(coords: Ring) -> list[tuple[float, float]]:
        return [(float(x * k), float(size[1] - y * k)) for x, y in coords]

    for thing in scene.things:
        if isinstance(thing, Label):
            _letter(pen, thing, k, size[1])
            continue
        if isinstance(thing, Area) and thing.fill:
            if len(thing.rings) == 1:
                pen.polygon(place(thing.rings[0]), fill=thing.fill)
            else:
                mask = Image.new("1", size, 0)
                inside = ImageDraw.Draw(mask)
                inside.polygon(place(thing.rings[0]), fill=1)
                for hole in thing.rings[1:]:
                    inside.polygon(place(hole), fill=0)
                image.paste(thing.fill, (0, 0), mask)
        colour = thing.stroke if isinstance(thing, Area) else thing.colour
        if colour:
            weight = max(round(thing.weight * k), 1)
            for ring in thing.rings if isinstance(thing, Area) else (thing.coords,):
                for part in _dashes(ring, thing.dash):
                    pen.line(place(part), fill=colour, width=weight, joint="curve")
    kept = io.BytesIO()
    image.resize((size[0] // 2, size[1] // 2), Image.Resampling.BOX).quantize(128).save(kept, "PNG", dpi=(dpi, dpi))
    return kept.getvalue()


def _dashes(ring: Ring, dash: tuple[float, ...]) -> list[Ring]:
    """Return the dashes of a line one by one."""
    if not dash:
        return [ring]
    line = shapely.LineString(ring)
    on, off = dash[0], dash[-1]
    starts = np.arange(0.0, line.length, on + off)
    places = np.column_stack((starts, np.minimum(starts + on, line.length))).ravel()
    return list(shapely.get_coordinates(shapely.line_interpolate_point(line, places)).reshape(-1, 2, 2))


def _letter(pen: Any, label: Label, k: float, high: int) -> None:
    from PIL import ImageFont  # noqa: PLC0415

    text = letters.shown(label.text).replace("\n", " ")
    wide = label_width(label)
    left = label.x - (wide / 2 if label.align == "center" else wide if label.align == "right" else 0)
    if label.ground:
        top, foot = high - (label.y + 1.05 * label.size) * k, high - (label.y - 0.25 * label.size) * k
        pen.rectangle(((left - 1.5) * k, top, (left + wide + 1.5) * k, foot), fill=label.ground)
    for part, name, part_wide in letters.pieces(text, bold=label.bold, size=label.size):
        face = ImageFont.truetype(letters.path_of(name), round(label.size * k))
        pen.text((left * k, high - label.y * k), part, font=face, fill=label.colour, anchor="ls")
        left += part_wide
