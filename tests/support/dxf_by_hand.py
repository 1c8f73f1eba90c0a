"""DXF written group code by group code: no CAD library, so that a reader is tested by something it did not write.

A :class:`Drawing` holds header variables, layers, blocks and entities as lists of ``(code, value)`` and writes them as
R12 (no handles, no subclass markers) or as R14 to R2018, in whatever bytes the test asks for. References: the DXF
reference of AutoCAD 2018, group codes by number.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Tags = list[tuple[int, Any]]
Points = Sequence[Sequence[float]]

R12, R14, R2000, R2004, R2007, R2010, R2013, R2018 = (
    "AC1009", "AC1014", "AC1015", "AC1018", "AC1021", "AC1024", "AC1027", "AC1032",
)  # fmt: skip
VERSIONS = (R12, R14, R2000, R2004, R2007, R2010, R2013, R2018)
QUARTER = math.sqrt(2.0) - 1.0
"""Bulge of a quarter circle, tan(90°/4); positive turns left."""
DOWN = ((210, 0.0), (220, 0.0), (230, -1.0))
"""Extrusion of entities seen from below: their x runs the other way."""

_MARKERS = {
    "LINE": "AcDbLine", "POINT": "AcDbPoint", "LWPOLYLINE": "AcDbPolyline", "CIRCLE": "AcDbCircle", "ELLIPSE": "AcDbEllipse",
    "SPLINE": "AcDbSpline", "TEXT": "AcDbText", "MTEXT": "AcDbMText", "INSERT": "AcDbBlockReference", "HATCH": "AcDbHatch",
    "SOLID": "AcDbTrace", "POLYLINE": "AcDb2dPolyline", "ACAD_PROXY_ENTITY": "AcDbProxyEntity",
}  # fmt: skip


def flat(points: Points) -> Tags:
    """Return points as 10/20 pairs."""
    return [tag for x, y, *_ in points for tag in ((10, float(x)), (20, float(y)))]


def solid(x: float, y: float, code: int = 10) -> Tags:
    """Return one 3D point at height 0."""
    return [(code, float(x)), (code + 10, float(y)), (code + 20, 0.0)]


@dataclass
class Entities:
    """What stands in the model space, or in one block.

    Every method adds one entity; ``layer`` comes first and ``more`` takes further tags (extrusion, colour …).
    """

    r12: bool = False
    items: list[tuple[str, str, Tags]] = field(default_factory=list)

    def raw(self, kind: str, layer: str, tags: Iterable[tuple[int, Any]] = ()) -> None:
        """Add any entity by its own tags."""
        self.items.append((kind, layer, list(tags)))

    def line(self, layer: str, start: Sequence[float], end: Sequence[float], more: Iterable[tuple[int, Any]] = ()) -> None:
        """Add a LINE."""
        self.raw("LINE", layer, [*solid(*start), *solid(*end, code=11), *more])

    def lines(self, layer: str, points: Points, *, close: bool = False) -> None:
        """Add a LINE from each point to the next."""
        ends = [*points[1:], points[0]] if close else points[1:]
        for start, end in zip(points, ends, strict=False):
            self.line(layer, start, end)

    def polyline(
        self, layer: str, points: Points, *, closed: bool = False, bulges: Sequence[float] = (),
        more: Iterable[tuple[int, Any]] = (), old: bool = False,
    ) -> None:  # fmt: skip
        """Add an LWPOLYLINE, or in R12 (or if ``old``) a POLYLINE with its vertices."""
        bends = [*bulges, *[0.0] * (len(points) - len(bulges))]
        if not self.r12 and not old:
            vertices: Tags = []
            for (x, y, *_), bulge in zip(points, bends, strict=True):
                vertices += [(10, float(x)), (20, float(y)), *([(42, bulge)] if bulge else [])]
            self.raw("LWPOLYLINE", layer, [(90, len(points)), (70, int(closed)), *vertices, *more])
            return
        self.raw("POLYLINE", layer, [(66, 1), *solid(0, 0), (70, int(closed)), *more])
        for (x, y, *_), bulge in zip(points, bends, strict=True):
            self.raw("VERTEX", layer, [*solid(x, y), (42, bulge)])
        self.raw("SEQEND", layer)

    def box(self, layer: str, west: float, south: float, east: float, north: float) -> None:
        """Add a rectangle as one closed polyline."""
        self.polyline(layer, [(west, south), (east, south), (east, north), (west, north)], closed=True)

    def arc(
        self, layer: str, centre: Sequence[float], radius: float, from_deg: float, to_deg: float,
        more: Iterable[tuple[int, Any]] = (),
    ) -> None:  # fmt: skip
        """Add an ARC, counter-clockwise."""
        self.raw("ARC", layer, [*solid(*centre), (40, radius), (50, from_deg), (51, to_deg), *more])

    def circle(self, layer: str, centre: Sequence[float], radius: float, more: Iterable[tuple[int, Any]] = ()) -> None:
        """Add a CIRCLE."""
        self.raw("CIRCLE", layer, [*solid(*centre), (40, radius), *more])

    def ellipse(
        self, layer: str, centre: Sequence[float], major: Sequence[float], ratio: float, start: float = 0.0, end: float = math.tau
    ) -> None:
        """Add an ELLIPSE; ``major`` is the vector of its half axis, start and end are parameters [rad]."""
        self.raw("ELLIPSE", layer, [*solid(*centre), *solid(*major, code=11), (40, ratio), (41, start), (42, end)])

    def spline(self, layer: str, controls: Points, degree: int, knots: Sequence[float]) -> None:
        """Add an open SPLINE by its control points."""
        self.raw(
            "SPLINE", layer,
            [(210, 0.0), (220, 0.0), (230, 1.0), (70, 8), (71, degree), (72, len(knots)), (73, len(controls)), (74, 0),
             *((40, float(k)) for k in knots), *(tag for p in controls for tag in solid(p[0], p[1]))],
        )  # fmt: skip

    def text(self, layer: str, place: Sequence[float], text: str, height: float = 1.0) -> None:
        """Add a TEXT."""
        self.raw("TEXT", layer, [*solid(*place), (40, height), (1, text)])

    def mtext(self, layer: str, place: Sequence[float], text: str, height: float = 1.0) -> None:
        """Add an MTEXT, in pieces of 250 characters as the format wants."""
        pieces = [text[n : n + 250] for n in range(0, len(text), 250)] or [""]
        tags: Tags = [*solid(*place), (40, height), (41, 0.0), (71, 5), (72, 1)]
        self.raw("MTEXT", layer, [*tags, *((3, piece) for piece in pieces[:-1]), (1, pieces[-1])])

    def insert(
        self, layer: str, name: str, place: Sequence[float], *, scale: Sequence[float] = (1.0, 1.0), turn_deg: float = 0.0,
        columns: int = 1, rows: int = 1, spacing: Sequence[float] = (0.0, 0.0), more: Iterable[tuple[int, Any]] = (),
    ) -> None:  # fmt: skip
        """Add an INSERT; with columns or rows it is an array (MINSERT)."""
        tags: Tags = [(2, name), *solid(*place), (41, scale[0]), (42, scale[1]), (43, 1.0), (50, turn_deg)]
        if (columns, rows) != (1, 1):
            tags += [(70, columns), (71, rows), (44, spacing[0]), (45, spacing[1])]
        self.raw("INSERT", layer, [*tags, *more])

    def hatch(self, layer: str, paths: Sequence[Tags], *, style: int = 0, more: Iterable[tuple[int, Any]] = ()) -> None:
        """Add a solid HATCH of boundary paths made by :func:`ring` and :func:`edges`."""
        self.raw(
            "HATCH", layer,
            [*solid(0, 0), (210, 0.0), (220, 0.0), (230, 1.0), (2, "SOLID"), (70, 1), (71, 0), (91, len(paths)),
             *(tag for path in paths for tag in path), (75, style), (76, 1), (98, 0), *more],
        )  # fmt: skip


def ring(points: Points, *, flags: int = 1, bulges: Sequence[float] = ()) -> Tags:
    """Return a hatch boundary that is a closed polyline; flags 1 = external, 16 = outermost, 0 = a hole."""
    head: Tags = [(92, flags | 2), (72, int(bool(bulges))), (73, 1), (93, len(points))]
    bends = [*bulges, *[0.0] * (len(points) - len(bulges))]
    for (x, y), bulge in zip(points, bends, strict=True):
        head += [(10, float(x)), (20, float(y)), *([(42, bulge)] if bulges else [])]
    return [*head, (97, 0)]


def edges(*parts: Tags, flags: int = 1) -> Tags:
    """Return a hatch boundary of edges."""
    return [(92, flags), (93, len(parts)), *(tag for part in parts for tag in part), (97, 0)]


def line_edge(start: Sequence[float], end: Sequence[float]) -> Tags:
    """Return a straight edge of a hatch."""
    return [(72, 1), (10, start[0]), (20, start[1]), (11, end[0]), (21, end[1])]


def arc_edge(centre: Sequence[float], radius: float, from_deg: float, to_deg: float, *, left: bool = True) -> Tags:
    """Return an arc edge; one that turns right has its angles counted clockwise, as CAD programs write them."""
    start, end = (from_deg, to_deg) if left else (360.0 - from_deg, 360.0 - to_deg)
    return [(72, 2), (10, centre[0]), (20, centre[1]), (40, radius), (50, start), (51, end), (73, int(left))]


def ellipse_edge(
    centre: Sequence[float], major: Sequence[float], ratio: float, from_deg: float = 0.0, to_deg: float = 360.0
) -> Tags:
    """Return an elliptic edge of a hatch, counter-clockwise."""
    return [
        (72, 3), (10, centre[0]), (20, centre[1]), (11, major[0]), (21, major[1]), (40, ratio), (50, from_deg), (51, to_deg),
        (73, 1),
    ]  # fmt: skip


def spline_edge(controls: Points, degree: int, knots: Sequence[float]) -> Tags:
    """Return a spline edge of a hatch."""
    return [
        (72, 4), (94, degree), (73, 0), (74, 0), (95, len(knots)), (96, len(controls)), *((40, float(k)) for k in knots),
        *flat(controls), (97, 0),
    ]  # fmt: skip


@dataclass
class Drawing(Entities):
    """A whole plan.

    Attributes
    ----------
    version : str
        ``$ACADVER``.
    insunits : int or None
        ``$INSUNITS``: 0 none, 1 inch, 2 foot, 4 mm, 5 cm, 6 m; None = the variable is absent.
    codepage : str or None
        ``$DWGCODEPAGE``, whatever the bytes are; None = the variable is absent.
    encoding : str
        What the bytes are.
    bare : bool
        Write HEADER and ENTITIES alone, as small exporters do (layers are not declared then).
    """

    version: str = R2004
    insunits: int | None = 6
    codepage: str | None = "ANSI_936"
    encoding: str = "gbk"
    bare: bool = False
    header: Tags = field(default_factory=list)
    layer_flags: dict[str, tuple[int, int]] = field(default_factory=dict)
    blocks: dict[str, tuple[Entities, tuple[float, float], int, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Draw polylines as the version wants them."""
        self.r12 = self.version == R12

    def layer(self, name: str, *, frozen: bool = False, off: bool = False) -> None:
        """Declare a layer; those that entities stand on are declared anyway."""
        self.layer_flags[name] = (int(frozen), -7 if off else 7)

    def block(self, name: str, *, base: tuple[float, float] = (0.0, 0.0), flags: int = 0, path: str = "") -> Entities:
        """Begin a block; flags 4 with a path is an external reference."""
        content = Entities(r12=self.r12)
        self.blocks[name] = (content, base, flags, path)
        return content

    def write(self, path: Path) -> Path:
        """Write the file."""
        path.write_bytes(self.content())
        return path

    def content(self) -> bytes:
        """Return the file's bytes."""
        return "".join(f"{code:>3}\n{_shown(value)}\n" for code, value in self._all()).encode(self.encoding)

    # --- the sections

    def _all(self) -> Tags:
        self._next = 0x100
        out: Tags = [(0, "SECTION"), (2, "HEADER"), (9, "$ACADVER"), (1, self.version)]
        if self.codepage is not None:
            out += [(9, "$DWGCODEPAGE"), (3, self.codepage)]
        if self.insunits is not None:
            out += [(9, "$INSUNITS"), (70, self.insunits)]
        if not self.r12:
            out += [(9, "$HANDSEED"), (5, "FFFFFF")]
        out += [*self.header, (0, "ENDSEC")]
        if not self.bare:
            out += self._tables() + self._blocks()
        out += [(0, "SECTION"), (2, "ENTITIES"), *self._entities(self, "1F"), (0, "ENDSEC")]
        if not self.bare and not self.r12:
            out += [
                (0, "SECTION"), (2, "OBJECTS"), (0, "DICTIONARY"), (5, "C"), (330, "0"), (100, "AcDbDictionary"), (281, 1),
                (3, "ACAD_GROUP"), (350, "D"), (0, "DICTIONARY"), (5, "D"), (330, "C"), (100, "AcDbDictionary"), (281, 1),
                (0, "ENDSEC"),
            ]  # fmt: skip
        return [*out, (0, "EOF")]

    def _handle(self) -> str:
        self._next += 1
        return f"{self._next:X}"

    def _table(self, name: str, rows: Sequence[tuple[str, Tags]], handle: str) -> Tags:
        """Return one symbol table; ``rows`` are (subclass marker, tags)."""
        out: Tags = [(0, "TABLE"), (2, name)]
        if not self.r12:
            out += [(5, handle), (330, "0"), (100, "AcDbSymbolTable")]
        out.append((70, len(rows)))
        for marker, tags in rows:
            out.append((0, name))
            if not self.r12:
                own = next((value for code, value in tags if code == 5), None) or self._handle()
                out += [(105 if name == "DIMSTYLE" else 5, own), (330, handle), (100, "AcDbSymbolTableRecord"), (100, marker)]
            out += [tag for tag in tags if tag[0] != 5]
        return [*out, (0, "ENDTAB")]

    def _tables(self) -> Tags:
        used = {layer for part in (self, *(b[0] for b in self.blocks.values())) for _, layer, _ in part.items}
        names = sorted({"0", *used, *self.layer_flags})
        layers = []
        for name in names:
            flags, colour = self.layer_flags.get(name, (0, 7))
            layers.append(("AcDbLayerTableRecord", [(2, name), (70, flags), (62, colour), (6, "CONTINUOUS")]))
        lines = [("AcDbLinetypeTableRecord", [(2, n), (70, 0), (3, ""), (72, 65), (73, 0), (40, 0.0)]) for n in ("CONTINUOUS",)]
        style: Tags = [(2, "STANDARD"), (70, 0), (40, 0.0), (41, 1.0), (50, 0.0), (71, 0), (42, 2.5), (3, "txt"), (4, "")]
        out: Tags = [(0, "SECTION"), (2, "TABLES")]
        if not self.r12:
            out += self._table("VPORT", [], "8")
            lines = [*(("AcDbLinetypeTableRecord", [(2, n), (70, 0), (3, ""), (72, 65), (73, 0), (40, 0.0)]) for n in ("ByBlock", "ByLayer")), *lines]
        out += self._table("LTYPE", lines, "5") + self._table("LAYER", layers, "2")
        out += self._table("STYLE", [("AcDbTextStyleTableRecord", style)], "3")
        if not self.r12:
            spaces = [("*Model_Space", "1F"), ("*Paper_Space", "1B"), *((n, None) for n in self.blocks)]
            out += self._table("VIEW", [], "6") + self._table("UCS", [], "7")
            out += self._table("APPID", [("AcDbRegAppTableRecord", [(2, "ACAD"), (70, 0)])], "9")
            out += self._table("DIMSTYLE", [], "A")
            out += self._table(
                "BLOCK_RECORD", [("AcDbBlockTableRecord", [*([(5, h)] if h else []), (2, n), *self._layout()]) for n, h in spaces],
                "1",
            )  # fmt: skip
        return [*out, (0, "ENDSEC")]

    def _layout(self) -> Tags:
        return [] if self.version == R14 else [(340, "0")]

    def _blocks(self) -> Tags:
        out: Tags = [(0, "SECTION"), (2, "BLOCKS")]
        parts = dict(self.blocks)
        if not self.r12:
            empty = {name: (Entities(), (0.0, 0.0), 0, "") for name in ("*Model_Space", "*Paper_Space")}
            parts = {**empty, **parts}
        for name, (content, base, flags, path) in parts.items():
            head: Tags = [(2, name), (70, flags), *solid(*base), (3, name), (1, path)]
            out.append((0, "BLOCK"))
            out += [(8, "0"), *head] if self.r12 else [
                (5, self._handle()), (100, "AcDbEntity"), (8, "0"), (100, "AcDbBlockBegin"), *head
            ]  # fmt: skip
            out += [*self._entities(content, None), (0, "ENDBLK")]
            out += [(8, "0")] if self.r12 else [(5, self._handle()), (100, "AcDbEntity"), (8, "0"), (100, "AcDbBlockEnd")]
        return [*out, (0, "ENDSEC")]

    def _entities(self, content: Entities, owner: str | None) -> Tags:
        out: Tags = []
        for kind, layer, tags in content.items:
            out.append((0, kind))
            if self.r12:
                out += [(8, layer), *tags]
                continue
            paper = [tag for tag in tags if tag[0] == 67]
            rest = [tag for tag in tags if tag[0] != 67]
            out += [(5, self._handle()), *([(330, "1B" if paper else owner)] if owner else [])]
            out += [(100, "AcDbEntity"), *paper, (8, layer), *self._marked(kind, rest)]
        return out

    def _marked(self, kind: str, tags: Tags) -> Tags:
        """Return the tags with the subclass markers that versions after R12 want."""
        if kind == "ARC":
            cut = next(n for n, (code, _) in enumerate(tags) if code == 50)
            ends, more = tags[cut : cut + 2], tags[cut + 2 :]
            return [(100, "AcDbCircle"), *tags[:cut], *more, (100, "AcDbArc"), *ends]
        if kind == "TEXT":
            return [(100, "AcDbText"), *tags, (100, "AcDbText")]
        if kind == "VERTEX":
            return [(100, "AcDbVertex"), (100, "AcDb2dVertex"), *tags]
        if kind == "INSERT" and any(code == 70 for code, _ in tags):
            return [(100, "AcDbMInsertBlock"), *tags]
        return [(100, _MARKERS[kind]), *tags] if kind in _MARKERS else tags


def _shown(value: Any) -> str:
    """Return a value as text; numbers with all their digits."""
    return repr(float(value)) if isinstance(value, float) else str(value)
