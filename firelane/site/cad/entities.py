"""From the entities of a DXF document to the rows of a plan: blocks taken apart, curves flattened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from ezdxf.document import Drawing
from ezdxf.entities.arc import Arc
from ezdxf.entities.attrib import Attrib
from ezdxf.entities.circle import Circle
from ezdxf.entities.dxfentity import DXFEntity, DXFTagStorage
from ezdxf.entities.ellipse import Ellipse
from ezdxf.entities.hatch import Hatch
from ezdxf.entities.insert import Insert
from ezdxf.entities.line import Line
from ezdxf.entities.lwpolyline import LWPolyline
from ezdxf.entities.mline import MLine
from ezdxf.entities.mpolygon import MPolygon
from ezdxf.entities.mtext import MText
from ezdxf.entities.point import Point
from ezdxf.entities.polyline import Polyline
from ezdxf.entities.solid import Face3d, Solid
from ezdxf.entities.spline import Spline
from ezdxf.entities.text import Text
from ezdxf.lldxf.const import DXFError
from ezdxf.math import Matrix44, Vec3

from firelane.site.cad.entities_blocks import Content, Inserted, TooMuch, composed, geometries, plan_columns
from firelane.site.cad.entities_hatch import hatch_areas
from firelane.site.cad.entities_sheet import APPID, Sheet, Style
from firelane.site.cad.entities_text import decoded
from firelane.site.cad.flatten import arc_vertices, ellipse_points, spline_points
from firelane.site.cad.plan import Plan

__all__ = ["TooMuch", "plan_of"]

# What a damaged entity makes the reader raise: that entity is left out and counted.
_BROKEN = (
    DXFError, ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, StopIteration, TypeError, ValueError,
)  # fmt: skip
_FRAME_VERTEX = 16  # flag of a vertex that only controls a fitted curve
_PER_INSERT = 3
_LONGEST_TEXT = 20_000  # characters; what becomes of a text is far shorter
_ADD_ON = "ACAD_PROXY_ENTITY"
_FIRST_CLASS = 500  # number of the first entry of the CLASSES section


def plan_of(doc: Drawing, path: Path, version: str, encoding: str, mended: Counter[str]) -> Plan:
    """Return the model space of a document as a plan.

    Parameters
    ----------
    mended : Counter
        What was mended before; what is mended here is added.

    Raises
    ------
    TooMuch
        Where blocks in blocks hold more than can be read.
    """
    reader = _Reader(doc, mended)
    content = reader.everything()
    geometry, keep = geometries(content, mended)
    columns = plan_columns(content, geometry, keep, reader.layers)
    names = {decoded(name): hidden for name, hidden in reader.layers.items()}
    for name in sorted(set(columns["layer"].tolist()) - set(names)):
        names[name] = False  # used, and never defined
    return Plan(
        path=path,
        version=version,
        encoding={"utf-8": "UTF-8", "gb18030": "GBK"}.get(encoding, encoding),
        unit_code=int(doc.header.get("$INSUNITS", 0)),
        properties={decoded(str(key)): decoded(str(value)) for key, value in doc.header.custom_vars},
        layers=names,
        skipped=dict(sorted(content.skipped.items())),
        proxies=dict(sorted(content.proxies.items())),
        references=tuple(sorted(reader.references)),
        mended=dict(sorted(mended.items())),
        **columns,
    )


class _Reader:
    """Reads containers (model space and blocks) one by one, the innermost blocks first."""

    def __init__(self, doc: Drawing, mended: Counter[str]) -> None:
        self.doc = doc
        self.mended = mended
        self.layers = {str(layer.dxf.name): layer.is_off() or layer.is_frozen() for layer in doc.layers}
        self._frozen = {layer.dxf.name.lower() for layer in doc.layers if layer.is_frozen()}
        self._colours = {layer.dxf.name.lower(): abs(int(layer.dxf.color)) for layer in doc.layers}
        self.references: set[str] = set()
        self._made: dict[str, Content] = {}

    def everything(self) -> Content:
        """Return the content of the model space; blocks are read before those that hold them.

        Their rows are counted first: what would fill the memory is refused before anything is taken apart.
        """
        space = self.doc.modelspace()
        order = self._inner_first(space)
        counts: dict[str, int] = {}
        total = 0
        for key in order:
            counts[key] = self._count(self.doc.blocks.get(key), counts)
            # Every block is kept until all are read, however deep it lies in others.
            total += counts[key]
            TooMuch.check(key, total, 0)
        TooMuch.check("*Model_Space", self._count(space, counts), 0)
        for key in order:
            self._made[key] = self._content(self.doc.blocks.get(key))
        return self._content(space)

    def _inner_first(self, space: Iterable[DXFEntity]) -> list[str]:
        """Return the blocks that are placed, each after those that it holds; one that holds itself is cut there."""
        done: dict[str, None] = {}
        opened: set[str] = set()
        todo: list[tuple[str, bool]] = [(name, False) for name in self._held(space)]
        while todo:
            key, ready = todo.pop()
            if ready:
                done[key] = None
                opened.discard(key)
            elif key not in done and key not in opened:
                opened.add(key)
                todo.append((key, True))
                todo += [(name, False) for name in self._held(self.doc.blocks.get(key)) if name not in done]
        return list(done)

    def _count(self, container: Iterable[DXFEntity], counts: Mapping[str, int]) -> int:
        """Return about how many rows a container gives, those of the blocks in it with it.

        An INSERT counts for several: its place, its matrix and its handle take the room of them.
        """
        rows = 0
        for entity in container:
            inner = _PER_INSERT + counts.get(entity.dxf.get("name", "").lower(), 0) if isinstance(entity, Insert) else 1
            rows += inner * (_copies(entity) if isinstance(entity, Insert) else 1)
        return rows

    def _held(self, container: Iterable[DXFEntity]) -> list[str]:
        """Return the blocks that a container places, each once, by their lower-case names."""
        names = {e.dxf.get("name", "").lower(): None for e in container if isinstance(e, Insert)}
        return [name for name in reversed(names) if self._block(name) is not None]

    def _block(self, name: str) -> Any:
        """Return a block that stands in the file; None, and the reference noted, where it does not."""
        block: Any = self.doc.blocks.get(name)
        head = None if block is None else block.block
        if head is None:
            return None
        if head.is_xref or head.is_xref_overlay:
            self.references.add(decoded(str(head.dxf.get("xref_path", "")) or str(head.dxf.name)))
            return None
        return block

    def _content(self, container: Iterable[DXFEntity]) -> Content:
        sheet = Sheet()
        inserts: dict[str, list[Inserted]] = {}
        for entity in container:
            kind = entity.dxftype()
            try:
                read = _READERS.get(kind)
                hidden = entity.dxf.hasattr("invisible") and entity.dxf.invisible
                if hidden and not entity.has_xdata(APPID):  # ours carry rows of a site
                    sheet.skipped["(invisible)"] += 1
                elif isinstance(entity, Insert):
                    self._insert(entity, sheet, inserts)
                elif read is not None:
                    if not read(entity, sheet):
                        sheet.skipped[kind] += 1
                elif kind == _ADD_ON or (isinstance(entity, DXFTagStorage) and "_" in kind):
                    sheet.proxies[self._class(entity, kind)] += 1
                elif not (kind == "ATTDEF" and container is not self.doc.modelspace()):
                    sheet.skipped[kind] += 1
            except _BROKEN:
                self.mended[f"{kind} left out"] += 1
        return composed(sheet, inserts, self._made, self._colours)

    def _class(self, entity: DXFEntity, kind: str) -> str:
        """Return the class of an add-on object; a proxy tells the number of its class alone."""
        tags = getattr(entity, "acdb_proxy_entity", None)
        if kind != _ADD_ON or tags is None:
            return kind
        number = int(tags.get_first_value(91, 0)) - _FIRST_CLASS
        classes = list(self.doc.classes.classes.values())
        return str(classes[number].dxf.name) if 0 <= number < len(classes) else kind

    def _insert(self, entity: Insert, sheet: Sheet, inserts: dict[str, list[Inserted]]) -> None:
        name = str(entity.dxf.get("name", ""))
        style = Style.of(entity)
        tags = {decoded(str(a.dxf.tag)): text_of(a) for a in entity.attribs}
        where = entity.ocs().to_wcs(Vec3(entity.dxf.insert))
        row = len(sheet)
        key = name.lower()
        block = self._block(key)
        if block is not None and _copies(entity) > 1:
            self._array(entity, sheet, inserts, style)
        else:
            sheet.point(style, "INSERT", where, attributes=tags or None, block=name)
        for attrib in entity.attribs:
            if not attrib.is_invisible and not attrib.dxf.get("invisible", 0):
                _text(attrib, sheet, insert=row, block=name)
        if block is None:
            if self.doc.blocks.get(key) is None:
                self.mended["block missing"] += 1
            return
        if key not in self._made:
            self.mended["block holds itself"] += 1
            return
        if _copies(entity) > 1:
            return
        matrix = np.array([_numbers(entity.matrix44())])
        inserts.setdefault(key, []).append(Inserted(row, name, style, style.layer.lower() in self._frozen, matrix))

    def _array(
        self, entity: Insert, sheet: Sheet, inserts: dict[str, list[Inserted]], style: Style
    ) -> None:
        """Add a row for each copy of an array: eight bays are eight things, not one."""
        name = str(entity.dxf.get("name", ""))
        made = self._made.get(name.lower())
        if made is not None:
            TooMuch.check(name, 0, _copies(entity) * len(made.xyz))
        tags = {decoded(str(a.dxf.tag)): text_of(a) for a in entity.attribs}
        frozen = style.layer.lower() in self._frozen
        matrix = np.array(_numbers(entity.matrix44()))
        where = Vec3(entity.ocs().to_wcs(Vec3(entity.dxf.insert)))
        for n, step in enumerate(_steps(entity)):
            own = style if n == 0 else replace(style, handle=f"{style.handle}/{n + 1}")
            row = sheet.point(own, "INSERT", where + step, attributes=tags or None, block=name)
            if made is not None:
                there = matrix.copy()
                there[3, :3] += step.xyz
                inserts.setdefault(name.lower(), []).append(Inserted(row, name, own, frozen, there[None]))


def _steps(entity: Insert) -> Iterator[Vec3]:
    """Yield the way to each copy of an array: its grid is turned with the block, and not stretched."""
    dxf, ocs = entity.dxf, entity.ocs()
    across, up = float(dxf.column_spacing), float(dxf.row_spacing)
    for row in range(int(dxf.row_count) if up else 1):
        for column in range(int(dxf.column_count) if across else 1):
            yield Vec3(ocs.to_wcs(Vec3(column * across, row * up).rotate_deg(float(dxf.rotation))))


def _copies(entity: Insert) -> int:
    """Return how many copies an INSERT shows; what no whole number says is one."""
    try:
        return max(1, int(entity.mcount))
    except _BROKEN:
        return 1


def _numbers(matrix: Matrix44) -> list[list[float]]:
    values = list(matrix)
    return [values[0:4], values[4:8], values[8:12], values[12:16]]


def text_of(entity: Text | MText) -> str:
    """Return the text without formatting codes; of one that no drawing holds, the beginning."""
    # Letter by letter, ten million take half a minute.
    if isinstance(entity, MText):
        # A letter written as a code looks like a formatting code that reaches to the next semicolon.
        entity.text = decoded(entity.text[:_LONGEST_TEXT])
    elif len(str(entity.dxf.get("text", ""))) > _LONGEST_TEXT:
        entity.dxf.text = str(entity.dxf.text)[:_LONGEST_TEXT]
    return decoded(str(entity.plain_text()))


def _line(e: Line, sheet: Sheet) -> bool:
    a, b = e.dxf.start, e.dxf.end
    sheet.path(Style.of(e), "LINE", ((a.x, a.y, a.z, 0.0), (b.x, b.y, b.z, 0.0)))
    return True


def _arc(e: Arc, sheet: Sheet) -> bool:
    rows = arc_vertices(Vec3(e.dxf.center), e.dxf.radius, e.dxf.start_angle, e.dxf.end_angle)
    sheet.path(Style.of(e), "ARC", rows, extrusion=e.dxf.extrusion)
    return True


def _circle(e: Circle, sheet: Sheet) -> bool:
    rows = arc_vertices(Vec3(e.dxf.center), abs(e.dxf.radius), 0.0, 360.0)
    sheet.path(Style.of(e), "CIRCLE", rows, extrusion=e.dxf.extrusion, closed=True)
    return True


def _ellipse(e: Ellipse, sheet: Sheet) -> bool:
    minor = Vec3(e.minor_axis)
    points = ellipse_points(Vec3(e.dxf.center), Vec3(e.dxf.major_axis), minor, e.dxf.start_param, e.dxf.end_param)
    sheet.points(Style.of(e), "ELLIPSE", points, closed=bool(np.array_equal(points[0], points[-1])))
    return True


def _spline(e: Spline, sheet: Sheet) -> bool:
    points = spline_points(e)
    if len(points) < 2:
        return False
    sheet.points(Style.of(e), "SPLINE", points, closed=bool(e.closed))
    return True


def _lwpolyline(e: LWPolyline, sheet: Sheet) -> bool:
    values = e.lwpoints.values
    if len(values) < 2:
        return False
    z = np.full(len(values), float(e.dxf.get("elevation", 0.0)))
    rows = np.column_stack([values[:, :2], z, values[:, 4]])
    width = float(e.dxf.get("const_width", 0.0)) or _same_width(values[:, 2:4])
    sheet.polyline(Style.of(e), "LWPOLYLINE", rows, closed=bool(e.closed), width=width, extrusion=e.dxf.extrusion)
    return True


def _same_width(widths: np.ndarray[Any, Any]) -> float:
    """Return the width of a polyline where it is the same everywhere; NaN where it has none or several."""
    first = float(widths[0, 0])
    return first if first > 0.0 and bool((widths == first).all()) else float("nan")


def _polyline(e: Polyline, sheet: Sheet) -> bool:
    if not (e.is_2d_polyline or e.is_3d_polyline):
        return False  # meshes are bodies, not outlines
    corners = [v for v in e.vertices if not v.dxf.get("flags", 0) & _FRAME_VERTEX]
    if len(corners) < 2:
        return False
    flat = bool(e.is_2d_polyline)
    z = float(Vec3(e.dxf.get("elevation", Vec3())).z) if flat else 0.0
    rows = np.array(
        [
            (p.x, p.y, z if flat else p.z, v.dxf.get("bulge", 0.0) if flat else 0.0)
            for v in corners
            for p in (Vec3(v.dxf.location),)
        ]
    )
    widths = (float(e.dxf.get("default_start_width", 0.0)), float(e.dxf.get("default_end_width", 0.0)))
    width = widths[0] if widths[0] > 0.0 and widths[0] == widths[1] else float("nan")
    extrusion = e.dxf.extrusion if flat else None
    sheet.polyline(Style.of(e), "POLYLINE", rows, closed=bool(e.is_closed), width=width, extrusion=extrusion)
    return True


def _solid(e: Solid | Face3d, sheet: Sheet) -> bool:
    flat = e.dxftype() != "3DFACE"
    # SOLID and TRACE are written like a bow tie.
    order = ("vtx0", "vtx1", "vtx3", "vtx2") if flat else ("vtx0", "vtx1", "vtx2", "vtx3")
    given = [Vec3(e.dxf.get(name)) for name in order if e.dxf.hasattr(name)]
    rows = np.array([(*p.xyz, 0.0) for n, p in enumerate(given) if n == 0 or p != given[n - 1]])
    if len(rows) < 3:
        return False
    extrusion = e.dxf.extrusion if flat else None
    sheet.polyline(Style.of(e), e.dxftype(), rows, closed=True, extrusion=extrusion)
    return True


def _hatch(e: Hatch | MPolygon, sheet: Sheet) -> bool:
    areas = hatch_areas(e)
    z = float(Vec3(e.dxf.get("elevation", Vec3())).z)
    for area in areas:
        sheet.area(Style.of(e), e.dxftype(), area, z, extrusion=e.dxf.extrusion)
    return len(areas) > 0


def _point(e: Point, sheet: Sheet) -> bool:
    sheet.point(Style.of(e), "POINT", Vec3(e.dxf.location))
    return True


def _text(e: Text | Attrib, sheet: Sheet, *, insert: int = -1, block: str = "") -> bool:
    aligned = int(e.dxf.get("halign", 0)) or int(e.dxf.get("valign", 0))
    where = e.dxf.align_point if aligned and e.dxf.hasattr("align_point") else e.dxf.get("insert", Vec3())
    at = e.ocs().to_wcs(Vec3(where))
    sheet.point(Style.of(e), e.dxftype(), at, text=text_of(e), insert=insert, block=block)
    return True


def _mtext(e: MText, sheet: Sheet) -> bool:
    sheet.point(Style.of(e), "MTEXT", Vec3(e.dxf.insert), text=text_of(e))
    return True


def _mline(e: MLine, sheet: Sheet) -> bool:
    style = Style.of(e)
    count = 0
    for part in e.virtual_entities():
        if isinstance(part, Line):
            sheet.path(style, "MLINE", ((*part.dxf.start.xyz, 0.0), (*part.dxf.end.xyz, 0.0)))
        elif isinstance(part, Arc):
            rows = arc_vertices(Vec3(part.dxf.center), part.dxf.radius, part.dxf.start_angle, part.dxf.end_angle)
            sheet.path(style, "MLINE", rows, extrusion=part.dxf.extrusion)
        else:
            continue
        count += 1
    return count > 0


_READERS: Mapping[str, Callable[[Any, Sheet], bool]] = {
    "LINE": _line, "ARC": _arc, "CIRCLE": _circle, "ELLIPSE": _ellipse, "SPLINE": _spline, "LWPOLYLINE": _lwpolyline,
    "POLYLINE": _polyline, "SOLID": _solid, "TRACE": _solid, "3DFACE": _solid, "HATCH": _hatch, "MPOLYGON": _hatch,
    "POINT": _point, "TEXT": _text, "MTEXT": _mtext, "MLINE": _mline,
}  # fmt: skip
