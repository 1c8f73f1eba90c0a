"""The drawing under construction: document, layers, local origin, and the few strokes all parts use."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from ezdxf.colors import rgb2int
from ezdxf.entities import factory
from ezdxf.entities.lwpolyline import LWPolyline
from ezdxf.entities.text import Text
from ezdxf.enums import TextEntityAlignment
from ezdxf.filemanagement import new

from firelane.drawing.catalogue import (
    LayerCatalogue,
    LayerSpec,
    Rgb,
    SheetCatalogue,
    layer_catalogue,
    sheet_catalogue,
)
from firelane.drawing.text import ENCODING, safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ezdxf.document import Drawing
    from ezdxf.entities.dxfentity import DXFEntity
    from ezdxf.layouts.base import BaseLayout
    from ezdxf.layouts.layout import Modelspace
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from firelane.site.cad.carried import Carried
    from firelane.vocabulary import Lang

STYLE = "汉字"
STYLE_FONT = "simsun.ttf"
DIMSTYLE = "FL-DIMS"
APPID = "FIRELANE"
COORDINATE_DECIMALS = {1.0: 6, 1000.0: 3}  # a micrometre: areas stay right to 1e-4 m² over kilometres, files stay small

Point = tuple[float, float]
Align = TextEntityAlignment


@dataclass(frozen=True)
class Canvas:
    """What every part of the drawing draws on.

    Attributes
    ----------
    doc : ezdxf document
    origin : (float, float)
        Site coordinates (east, north) of the model space's origin [m].
    scale : int
        Denominator of the general plan's scale, for which the texts of the model space are sized.
    lang : "zh" or "en"
    unit : float
        Units of the model space in a metre: 1 or 1000.
    twist_deg : float
        The general plan's view is turned counter-clockwise by this; its texts are written upright in it.
    """

    doc: Drawing
    origin: Point
    scale: int
    lang: Lang
    layers: LayerCatalogue
    sheet: SheetCatalogue
    unit: float = 1.0
    twist_deg: float = 0.0

    @property
    def model(self) -> Modelspace:
        """The model space."""
        return self.doc.modelspace()

    def ground(self, paper_mm: float) -> float:
        """Return what ``paper_mm`` on the general plan is in the model space [its unit]."""
        return paper_mm * self.scale / 1000.0 * self.unit

    def ground_m(self, paper_mm: float) -> float:
        """Return what ``paper_mm`` on the general plan is on the ground [m]."""
        return paper_mm * self.scale / 1000.0

    def size(self, length_m: float) -> float:
        """Return a true length in the model space [its unit]."""
        return length_m * self.unit

    def scaled(self, geometry: BaseGeometry) -> BaseGeometry:
        """Return ``geometry`` given in metres about its own origin, as a block's, in the model space's unit."""
        decimals = COORDINATE_DECIMALS[self.unit]
        return shapely.transform(geometry, lambda xy: np.round(xy * self.unit, decimals))

    def local(self, geometry: BaseGeometry) -> BaseGeometry:
        """Return ``geometry`` in model space: relative to the origin, rounded."""
        decimals = COORDINATE_DECIMALS[self.unit]
        return shapely.transform(geometry, lambda xy: np.round((xy - self.origin) * self.unit, decimals))

    def local_point(self, point: Sequence[float]) -> Point:
        """Return a site coordinate pair in model space."""
        return (
            round((float(point[0]) - self.origin[0]) * self.unit, COORDINATE_DECIMALS[self.unit]),
            round((float(point[1]) - self.origin[1]) * self.unit, COORDINATE_DECIMALS[self.unit]),
        )

    def seen(self, geometry: BaseGeometry) -> BaseGeometry:
        """Return ``geometry`` of the model space as the general plan's view has it: turned about the origin."""
        if self.twist_deg == 0.0:
            return geometry
        cos, sin = turned((1.0, 0.0), math.radians(self.twist_deg))
        return shapely.transform(geometry, lambda xy: xy @ np.array([[cos, sin], [-sin, cos]]))

    def seen_point(self, point: Point) -> Point:
        """Return a point of the model space as the general plan's view has it."""
        return turned(point, math.radians(self.twist_deg)) if self.twist_deg else point

    def from_view(self, point: Point) -> Point:
        """Return the point of the model space that the view has at ``point``."""
        return turned(point, -math.radians(self.twist_deg)) if self.twist_deg else point

    def text(
        self,
        text: object,
        at: Point,
        height_mm: float,
        layer: str,
        *,
        align: Align = Align.LEFT,
        rotation_deg: float = 0.0,
        rgb: Rgb | None = None,
    ) -> None:
        """Write ``text`` into the model space, where and as it is to be seen in the general plan's view.

        Parameters
        ----------
        at : (float, float)
            In the view, see :meth:`seen`.
        height_mm : float
            On paper.
        rotation_deg : float
            In the view.
        """
        rotation_deg -= self.twist_deg
        where, height = self.from_view(at), self.ground(height_mm)
        put_text(self.model, text, where, height, layer, align=align, rotation_deg=rotation_deg, rgb=rgb)


def new_canvas(
    origin: Point, scale: int, lang: Lang, dxf_version: str, unit: float = 1.0, twist_deg: float = 0.0
) -> Canvas:
    """Return an empty drawing with units, layers, linetypes, text and dimension styles defined."""
    doc = new(dxf_version, units=4 if unit == 1000.0 else 6)
    doc.encoding = ENCODING
    layers = layer_catalogue()
    header = doc.header
    header["$MEASUREMENT"] = 1
    header["$LUNITS"] = 2
    header["$LUPREC"] = 3
    header["$PSLTSCALE"] = 1  # linetypes look the same on paper whatever the viewport's scale
    header["$LTSCALE"] = 1.0
    header["$LWDISPLAY"] = 1
    doc.appids.add(APPID)
    for linetype in layers.linetypes:
        doc.linetypes.add(linetype.name, pattern=list(linetype.pattern_mm), description=linetype.name)
    for spec in layers.layers:
        add_layer(doc, spec)
    doc.styles.add(STYLE, font=STYLE_FONT)
    header["$TEXTSTYLE"] = STYLE
    _add_dimstyle(doc)
    return Canvas(doc, origin, scale, lang, layers, sheet_catalogue(), unit, twist_deg)


def add_layer(doc: Drawing, spec: LayerSpec) -> None:
    """Define a layer."""
    layer = doc.layers.add(
        spec.name,
        color=spec.aci,
        linetype=spec.linetype,
        lineweight=round(spec.lineweight_mm * 100),
        plot=spec.plot,
    )
    if spec.rgb is not None:
        layer.rgb = spec.rgb


def _add_dimstyle(doc: Drawing) -> None:
    """Define the dimension style in paper millimetres; each dimension sets its own ``dimscale``."""
    doc.dimstyles.new(
        DIMSTYLE,
        dxfattribs={
            "dimtxsty": STYLE,
            "dimtxt": 2.5,
            "dimtsz": 1.2,  # half a tick: 45° strokes, GB/T 50001-2017 chapter 11
            "dimasz": 1.2,
            "dimclrd": 256,
            "dimclre": 256,
            "dimclrt": 256,
            "dimexo": 2.0,
            "dimexe": 2.0,
            "dimgap": 0.8,
            "dimdle": 0.0,
            "dimdec": 2,
            "dimzin": 0,
            "dimtad": 1,
            "dimlunit": 2,
            "dimdsep": ord("."),
            "dimtih": 0,
            "dimtoh": 0,
        },
    )


def put_text(
    layout: BaseLayout,
    text: object,
    at: Point,
    height: float,
    layer: str,
    *,
    align: Align = Align.LEFT,
    rotation_deg: float = 0.0,
    squeeze: float = 1.0,
    rgb: Rgb | None = None,
) -> None:
    """Write one line of safe TEXT; nothing where the text is empty."""
    safe = safe_text(text)
    if not safe:
        return
    attribs: dict[str, object] = {"layer": layer, "style": STYLE, "height": float(height), "insert": (0.0, 0.0, 0.0)}
    if squeeze != 1.0:
        attribs["width"] = round(squeeze, 3)
    if rgb is not None:
        attribs["true_color"] = rgb2int(rgb)
    # As ``layout.add_text`` does, but attributes that hundreds of texts share are checked once.
    line = Text()
    line.dxf.__dict__.update(_checked(Text, tuple(attribs.items())))
    line.dxf.text, line.dxf.rotation = safe, rotation_deg
    if align == Align.LEFT:  # where it stands as it is: the second point of the other ways is a sixth of a text's bytes
        line.dxf.insert = at
    else:
        line.set_placement(at, align=align)
    factory.bind(line, layout.doc)
    layout.add_entity(line)


def put_line(
    layout: BaseLayout,
    points: Iterable[Sequence[float]] | NDArray[np.float64],
    layer: str,
    *,
    closed: bool = False,
    lineweight_mm: float | None = None,
    rgb: Rgb | None = None,
    aci: int | None = None,
    linetype: str | None = None,
    hidden: bool = False,
    row: Carried | None = None,
    of: tuple[int, int] = (0, 0),
) -> None:
    """Draw a thin LWPOLYLINE; colour, width and linetype are the layer's unless given.

    ``row`` travels along as XDATA: the line is part ``of[0]``, ring ``of[1]`` of that row of the site. A hidden line is
    never shown nor plotted: it is there for what it carries.
    """
    attribs: dict[str, object] = {"layer": layer}
    if hidden:
        attribs["invisible"] = 1
    if lineweight_mm is not None:
        attribs["lineweight"] = round(lineweight_mm * 100)
    if linetype is not None:
        attribs["linetype"] = linetype
    if aci is not None:
        attribs["color"] = aci
    if rgb is not None:
        attribs["true_color"] = rgb2int(rgb)
    xy = np.array([tuple(p[:2]) for p in points] if not isinstance(points, np.ndarray) else points[:, :2], float)
    # As ``layout.add_lwpolyline`` does, but attributes that thousands of lines share are checked once.
    line = LWPolyline()  # type: ignore[no-untyped-call]
    line.dxf.__dict__.update(_checked(LWPolyline, tuple(attribs.items())))
    factory.bind(line, layout.doc)
    layout.add_entity(line)
    line.closed = closed
    # All vertices at once: the library appends them one by one, copying all before each.
    line.lwpoints.values = np.zeros((len(xy), 5))
    line.lwpoints.values[:, :2] = xy
    if row is not None:
        line.set_xdata(APPID, row.tags(*of))


@lru_cache(maxsize=512)
def _checked(kind: type[DXFEntity], attribs: tuple[tuple[str, object], ...]) -> dict[str, object]:
    """Return attributes of an entity of some kind as the library keeps them."""
    held = kind.new(dxfattribs=dict(attribs)).dxf.all_existing_dxf_attribs()
    return {key: value for key, value in held.items() if key not in {"handle", "owner"}}


def put_circle(layout: BaseLayout, at: Point, radius: float, layer: str, **attribs: object) -> DXFEntity:
    """Draw a CIRCLE and return it."""
    return layout.add_circle(at, radius, dxfattribs={"layer": layer, **attribs})


def put_hidden(layout: BaseLayout, geometry: BaseGeometry, layer: str, row: Carried) -> None:
    """Let entities that are never shown carry a row whose geometry is not drawn as it is."""
    if geometry.geom_type.endswith("Polygon"):
        put_polygon_lines(layout, geometry, layer, hidden=True, row=row)
    elif geometry.geom_type.endswith("LineString"):
        put_lines(layout, geometry, layer, hidden=True, row=row)
    else:
        for number, point in enumerate(shapely.get_parts(geometry)):
            entity = layout.add_point((point.x, point.y), dxfattribs={"layer": layer, "invisible": 1})
            entity.set_xdata(APPID, row.tags(number))


def put_polygon_lines(layout: BaseLayout, geometry: BaseGeometry, layer: str, **options: Any) -> None:
    """Outline every ring of every polygon of ``geometry`` (already in the layout's coordinates)."""
    for part, polygon in enumerate(polygons(geometry)):
        for number, ring in enumerate((polygon.exterior, *polygon.interiors)):
            corners = shapely.get_coordinates(ring)[:-1]
            put_line(layout, corners, layer, closed=True, of=(part, number), **options)


def put_lines(layout: BaseLayout, geometry: BaseGeometry, layer: str, **options: Any) -> None:
    """Draw every line of ``geometry`` (already in the layout's coordinates)."""
    for number, part in enumerate(shapely.get_parts(geometry)):
        if part.geom_type in {"LineString", "LinearRing"} and not part.is_empty:
            put_line(layout, shapely.get_coordinates(part), layer, of=(number, 0), **options)


def polygons(geometry: BaseGeometry) -> list[BaseGeometry]:
    """Return the polygons in ``geometry``, collections opened, empty and other parts left out."""
    found: list[BaseGeometry] = []
    for part in shapely.get_parts(geometry):
        if part.geom_type == "Polygon" and not part.is_empty:
            found.append(part)
        elif part.geom_type in {"MultiPolygon", "GeometryCollection"}:
            found.extend(polygons(part))
    return found


def put_hatch(
    layout: BaseLayout,
    polygon: BaseGeometry,
    layer: str,
    rgb: Rgb,
    *,
    aci: int,
    tags: Sequence[tuple[int, str | float]] | None = None,
) -> None:
    """Fill one polygon: solid, straight polyline boundaries, exterior flag 1, holes flag 16.

    ``tags`` travel along as XDATA.
    """
    hatch = layout.add_hatch(color=aci, dxfattribs={"layer": layer, "hatch_style": 0})
    hatch.rgb = rgb
    hatch.paths.add_polyline_path(shapely.get_coordinates(polygon.exterior)[:-1].tolist(), is_closed=True, flags=1)
    for ring in polygon.interiors:
        hatch.paths.add_polyline_path(shapely.get_coordinates(ring)[:-1].tolist(), is_closed=True, flags=16)
    if tags is not None:
        hatch.set_xdata(APPID, list(tags))


def turned(vector: Point, angle_rad: float) -> Point:
    """Return ``vector`` turned counter-clockwise."""
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    return vector[0] * cos - vector[1] * sin, vector[0] * sin + vector[1] * cos


def readable_deg(angle_deg: float) -> float:
    """Return the angle, or its opposite, at which text along it is not upside down: (-90, 90]."""
    angle = math.remainder(angle_deg, 360.0)
    if angle > 90.0 + 1e-9:
        return angle - 180.0
    if angle <= -90.0 + 1e-9:
        return angle + 180.0
    return angle
