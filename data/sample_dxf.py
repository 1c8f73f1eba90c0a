"""A DXF drawing written tag by tag, as R2004 in GBK: no CAD library, no time stamps, the same bytes every time.

Coordinates are given in metres and written in millimetres, as design institutes draw. What is written is the least that
CAD programs open: header, classes, tables, blocks, entities, the root dictionary (group codes: AutoCAD 2018 DXF reference).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

Pt = tuple[float, float]
Tags = list[tuple[int, Any]]

MM = 1000.0
QUARTER = math.tan(math.pi / 8)
"""Bulge of a quarter circle that turns left."""


def mm(value: float) -> float:
    """Return metres as millimetres, to the micrometre: what a coordinate says is what was meant."""
    return round(value * MM, 3) + 0.0


def at(point: Pt, code: int = 10) -> Tags:
    return [(code, mm(point[0])), (code + 10, mm(point[1])), (code + 20, 0.0)]


@dataclass
class Space:
    """What stands in the model space or in a block."""

    items: list[tuple[str, str, Tags]] = field(default_factory=list)

    def add(self, kind: str, layer: str, tags: Tags) -> None:
        self.items.append((kind, layer, tags))

    def line(self, layer: str, a: Pt, b: Pt) -> None:
        self.add("LINE", layer, [(100, "AcDbLine"), *at(a), *at(b, 11)])

    def polyline(self, layer: str, points: Sequence[Pt], *, closed: bool = False, bulges: Sequence[float] = ()) -> None:
        tags: Tags = [(100, "AcDbPolyline"), (90, len(points)), (70, int(closed))]
        for n, (x, y) in enumerate(points):
            tags += [(10, mm(x)), (20, mm(y))]
            if n < len(bulges) and bulges[n]:
                tags.append((42, bulges[n]))
        self.add("LWPOLYLINE", layer, tags)

    def box(self, layer: str, x0: float, y0: float, x1: float, y1: float) -> None:
        self.polyline(layer, [(x0, y0), (x1, y0), (x1, y1), (x0, y1)], closed=True)

    def arc(self, layer: str, centre: Pt, radius: float, from_deg: float, to_deg: float) -> None:
        self.add(
            "ARC", layer,
            [(100, "AcDbCircle"), *at(centre), (40, mm(radius)), (100, "AcDbArc"), (50, from_deg), (51, to_deg)],
        )  # fmt: skip

    def circle(self, layer: str, centre: Pt, radius: float) -> None:
        self.add("CIRCLE", layer, [(100, "AcDbCircle"), *at(centre), (40, mm(radius))])

    def text(self, layer: str, place: Pt, text: str, height: float = 1.5) -> None:
        self.add(
            "TEXT", layer,
            [(100, "AcDbText"), *at(place), (40, mm(height)), (1, text), (7, "HZ"), (100, "AcDbText")],
        )  # fmt: skip

    def hatch(self, layer: str, points: Sequence[Pt]) -> None:
        """Fill an outline."""
        ring: Tags = [(92, 3), (72, 0), (73, 1), (93, len(points))]
        for x, y in points:
            ring += [(10, mm(x)), (20, mm(y))]
        self.add(
            "HATCH", layer,
            [(100, "AcDbHatch"), (10, 0.0), (20, 0.0), (30, 0.0), (210, 0.0), (220, 0.0), (230, 1.0), (2, "SOLID"), (70, 1),
             (71, 0), (91, 1), *ring, (97, 0), (75, 0), (76, 1), (98, 0)],
        )  # fmt: skip

    def insert(
        self, layer: str, block: str, place: Pt, *, turn_deg: float = 0.0, mirrored: bool = False,
        attributes: Iterable[tuple[str, str]] = (),
    ) -> None:  # fmt: skip
        """Place a block: mirrored about its own y axis first, then turned."""
        texts = list(attributes)
        tags: Tags = [(100, "AcDbBlockReference"), *([(66, 1)] if texts else []), (2, block), *at(place)]
        tags += [(41, -1.0 if mirrored else 1.0), (42, 1.0), (43, 1.0), (50, turn_deg)]
        self.add("INSERT", layer, tags)
        for tag, value in texts:
            self.add(
                "ATTRIB", layer,
                [(100, "AcDbText"), *at(place), (40, mm(0.8)), (1, value), (7, "HZ"), (100, "AcDbAttribute"), (2, tag), (70, 0)],
            )  # fmt: skip
        if texts:
            self.add("SEQEND", layer, [])


@dataclass
class Drawing(Space):
    """One drawing; ``unit_code`` is what ``$INSUNITS`` says, whatever the coordinates are."""

    unit_code: int = 4
    layers: dict[str, int] = field(default_factory=dict)
    blocks: dict[str, Space] = field(default_factory=dict)
    classes: list[tuple[str, str, str]] = field(default_factory=list)
    handles: dict[tuple[int, str, str], list[str]] = field(default_factory=dict)
    _handle: int = 0xFF

    def named(self, layer: str, kind: str) -> list[str]:
        """Return the handles of the model space's entities of one kind on a layer, in the order drawn.

        They are known once the content was written; firelane takes them for ids.
        """
        return self.handles[id(self), layer, kind]

    def block(self, name: str) -> Space:
        """Begin a block; its base point is its origin."""
        return self.blocks.setdefault(name, Space())

    def content(self) -> bytes:
        """Return the file."""
        self._handle = 0xFF
        self.handles.clear()
        middle = [*self._classes(), *self._tables(), *self._blocks()]
        middle += [(0, "SECTION"), (2, "ENTITIES"), *self._entities(self, "1F"), (0, "ENDSEC"), *_objects()]
        head: Tags = [
            (0, "SECTION"), (2, "HEADER"), (9, "$ACADVER"), (1, "AC1018"), (9, "$DWGCODEPAGE"), (3, "ANSI_936"),
            (9, "$INSUNITS"), (70, self.unit_code), (9, "$HANDSEED"), (5, f"{self._handle + 1:X}"), (0, "ENDSEC"),
        ]  # fmt: skip
        tags = [*head, *middle, (0, "EOF")]
        return "".join(f"{code:>3}\n{_shown(value)}\n" for code, value in tags).encode("gbk")

    def _next(self) -> str:
        self._handle += 1
        return f"{self._handle:X}"

    def _classes(self) -> Tags:
        out: Tags = [(0, "SECTION"), (2, "CLASSES")]
        for name, cpp, program in self.classes:
            out += [(0, "CLASS"), (1, name), (2, cpp), (3, program), (90, 4095), (91, 1), (280, 1), (281, 1)]
        return [*out, (0, "ENDSEC")]

    def _table(self, name: str, handle: str, rows: Iterable[tuple[str, Tags]], known: Sequence[str] = ()) -> Tags:
        rows = list(rows)
        out: Tags = [(0, "TABLE"), (2, name), (5, handle), (330, "0"), (100, "AcDbSymbolTable"), (70, len(rows))]
        if name == "DIMSTYLE":
            out.append((100, "AcDbDimStyleTable"))
        for n, (marker, tags) in enumerate(rows):
            own = known[n] if n < len(known) else self._next()
            out += [(0, name), (5, own), (330, handle), (100, "AcDbSymbolTableRecord"), (100, marker), *tags]
        return [*out, (0, "ENDTAB")]

    def _tables(self) -> Tags:
        view: Tags = [
            (2, "*Active"), (70, 0), (10, 0.0), (20, 0.0), (11, 1.0), (21, 1.0), (12, mm(60.0)), (22, mm(38.0)),
            (40, mm(100.0)), (41, 1.6),
        ]  # fmt: skip
        plain = [(2, ""), (70, 0), (3, ""), (72, 65), (73, 0), (40, 0.0)]
        lines = [("AcDbLinetypeTableRecord", [(2, name), *plain[1:]]) for name in ("ByBlock", "ByLayer", "Continuous")]
        used = {layer for space in (self, *self.blocks.values()) for _, layer, _ in space.items}
        layers = [
            ("AcDbLayerTableRecord", [(2, name), (70, 0), (62, self.layers.get(name, 7)), (6, "Continuous")])
            for name in sorted({"0", *used, *self.layers})
        ]
        styles = [
            ("AcDbTextStyleTableRecord",
             [(2, name), (70, 0), (40, 0.0), (41, 1.0), (50, 0.0), (71, 0), (42, 2.5), (3, font), (4, big)])
            for name, font, big in (("Standard", "txt", ""), ("HZ", "txt.shx", "gbcbig.shx"))
        ]  # fmt: skip
        spaces = ["*Model_Space", "*Paper_Space", *self.blocks]
        return [
            (0, "SECTION"), (2, "TABLES"),
            *self._table("VPORT", "8", [("AcDbViewportTableRecord", view)]),
            *self._table("LTYPE", "5", lines), *self._table("LAYER", "2", layers), *self._table("STYLE", "3", styles),
            *self._table("VIEW", "6", []), *self._table("UCS", "7", []),
            *self._table("APPID", "9", [("AcDbRegAppTableRecord", [(2, "ACAD"), (70, 0)])]),
            *self._table("DIMSTYLE", "A", []),
            *self._table("BLOCK_RECORD", "1", [("AcDbBlockTableRecord", [(2, n), (340, "0")]) for n in spaces], ("1F", "1B")),
            (0, "ENDSEC"),
        ]  # fmt: skip

    def _blocks(self) -> Tags:
        out: Tags = [(0, "SECTION"), (2, "BLOCKS")]
        empty = {"*Model_Space": Space(), "*Paper_Space": Space()}
        for name, space in {**empty, **self.blocks}.items():
            out += [
                (0, "BLOCK"), (5, self._next()), (100, "AcDbEntity"), (8, "0"), (100, "AcDbBlockBegin"), (2, name), (70, 0),
                *at((0.0, 0.0)), (3, name), (1, ""), *self._entities(space, None), (0, "ENDBLK"), (5, self._next()),
                (100, "AcDbEntity"), (8, "0"), (100, "AcDbBlockEnd"),
            ]  # fmt: skip
        return [*out, (0, "ENDSEC")]

    def _entities(self, space: Space, owner: str | None) -> Tags:
        out: Tags = []
        for kind, layer, tags in space.items:
            self.handles.setdefault((id(space), layer, kind), []).append(f"{self._handle + 1:X}")
            out += [(0, kind), (5, self._next()), *([(330, owner)] if owner else [])]
            out += [(100, "AcDbEntity"), (8, layer), *tags]
        return out


def _objects() -> Tags:
    return [
        (0, "SECTION"), (2, "OBJECTS"), (0, "DICTIONARY"), (5, "C"), (330, "0"), (100, "AcDbDictionary"), (281, 1),
        (3, "ACAD_GROUP"), (350, "D"), (0, "DICTIONARY"), (5, "D"), (330, "C"), (100, "AcDbDictionary"), (281, 1),
        (0, "ENDSEC"),
    ]  # fmt: skip


def _shown(value: Any) -> str:
    return f"{value!r}" if isinstance(value, float) else str(value)
