"""Rows of one container (model space or a block) while it is read."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from ezdxf.entities.dxfentity import DXFEntity
from ezdxf.math import OCS, Vec3
from numpy.typing import NDArray

Floats = NDArray[np.float64]

APPID = "FIRELANE"
POINT, PATH, AREA = 0, 1, 2
BY_BLOCK, BY_LAYER = 0, 256
COLUMNS = (
    "kind", "shape", "layer", "colour", "linetype", "handle", "xdata", "closed", "width", "text", "attributes", "insert",
    "block",
)  # fmt: skip


@dataclass(frozen=True)
class Style:
    """What every entity has beside its geometry."""

    layer: str
    colour: int
    linetype: str
    handle: str
    xdata: tuple[Any, ...] | None

    @classmethod
    def of(cls, entity: DXFEntity) -> Style:
        """Return the style of an entity."""
        dxf = entity.dxf
        values = None
        if entity.xdata is not None and entity.has_xdata(APPID):
            values = tuple(_plain(tag.value) for tag in entity.get_xdata(APPID) if tag.code != 1001)
        return cls(
            str(dxf.get("layer", "0")), int(dxf.get("color", BY_LAYER)), str(dxf.get("linetype", "BYLAYER")),
            str(dxf.get("handle", "") or ""), values,
        )  # fmt: skip


def _plain(value: Any) -> Any:
    return tuple(value.xyz) if isinstance(value, Vec3) else value


@dataclass
class Sheet:
    """Columns that grow row by row; vertices are flattened later, all at once.

    Attributes
    ----------
    vertices : array
        x, y, z and bulge of every vertex, in the entity's own system.
    ring_size, ring_row, ring_system : list of int
        Vertices of each ring, the row it belongs to, and its system (-1 = none of its own).
    systems : dict
        Extrusion -> number.
    """

    rows: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in COLUMNS})
    vertices: array[float] = field(default_factory=lambda: array("d"))
    ring_size: list[int] = field(default_factory=list)
    ring_row: list[int] = field(default_factory=list)
    ring_system: list[int] = field(default_factory=list)
    systems: dict[tuple[float, ...], int] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    proxies: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self.ring_row) and self.ring_row[-1] + 1

    def _row(
        self,
        style: Style,
        kind: str,
        shape: int,
        *,
        closed: bool = False,
        width: float = float("nan"),
        text: str | None = None,
        attributes: Mapping[str, str] | None = None,
        insert: int = -1,
        block: str = "",
    ) -> int:
        row = len(self.rows["kind"])
        for name, value in (
            ("kind", kind), ("shape", shape), ("layer", style.layer), ("colour", style.colour), ("linetype", style.linetype),
            ("handle", style.handle), ("xdata", style.xdata), ("closed", closed), ("width", width), ("text", text),
            ("attributes", attributes), ("insert", insert), ("block", block),
        ):  # fmt: skip
            self.rows[name].append(value)
        return row

    def _ring(self, row: int, size: int, extrusion: Any) -> None:
        self.ring_size.append(size)
        self.ring_row.append(row)
        system = -1
        if extrusion is not None:
            key = tuple(Vec3(extrusion).xyz)
            if key != (0.0, 0.0, 1.0):
                system = self.systems.setdefault(key, len(self.systems))
        self.ring_system.append(system)

    def point(
        self,
        style: Style,
        kind: str,
        at: Vec3,
        *,
        text: str | None = None,
        attributes: Mapping[str, str] | None = None,
        insert: int = -1,
        block: str = "",
    ) -> int:
        """Add a point in world coordinates; return its row."""
        row = self._row(style, kind, POINT, text=text, attributes=attributes, insert=insert, block=block)
        self.vertices.extend((at.x, at.y, at.z, 0.0))
        self._ring(row, 1, None)
        return row

    def path(
        self, style: Style, kind: str, rows: Sequence[tuple[float, ...]], *, extrusion: Any = None, closed: bool = False
    ) -> None:
        """Add a path of vertices (x, y, z, bulge); a closed one repeats its first vertex."""
        row = self._row(style, kind, PATH, closed=closed)
        for vertex in rows:
            self.vertices.extend(vertex)
        self._ring(row, len(rows), extrusion)

    def points(self, style: Style, kind: str, corners: Floats, *, closed: bool) -> None:
        """Add a path of corners (n, 3) in world coordinates."""
        rows = np.column_stack([corners, np.zeros(len(corners))])
        row = self._row(style, kind, PATH, closed=closed)
        self.vertices.frombytes(rows.tobytes())
        self._ring(row, len(rows), None)

    def polyline(
        self,
        style: Style,
        kind: str,
        rows: Floats,
        *,
        closed: bool,
        width: float = float("nan"),
        extrusion: Any = None,
    ) -> None:
        """Add a path of vertices (n, 4): x, y, z and bulge; a closed one goes back to its first vertex."""
        if closed:
            rows = np.concatenate([rows, rows[:1]])
        row = self._row(style, kind, PATH, closed=closed, width=width)
        self.vertices.frombytes(np.ascontiguousarray(rows, dtype=float).tobytes())
        self._ring(row, len(rows), extrusion)

    def area(self, style: Style, kind: str, area: shapely.Geometry, z: float, *, extrusion: Any) -> None:
        """Add a polygon in the entity's own system."""
        row = self._row(style, kind, AREA, closed=True)
        for ring in _rings(area):
            xy = shapely.get_coordinates(ring)
            rows = np.column_stack([xy, np.full(len(xy), z), np.zeros(len(xy))])
            self.vertices.frombytes(rows.tobytes())
            self._ring(row, len(rows), extrusion)


def _rings(area: shapely.Geometry) -> Iterable[shapely.Geometry]:
    return [
        shapely.get_exterior_ring(area),
        *(shapely.get_interior_ring(area, n) for n in range(int(shapely.get_num_interior_rings(area)))),
    ]


def system_axes(extrusion: tuple[float, ...]) -> Floats:
    """Return the axes of an entity's own system as rows, in world coordinates."""
    ocs = OCS(Vec3(extrusion))
    return np.array([Vec3(ocs.to_wcs(axis)).xyz for axis in (Vec3(1, 0, 0), Vec3(0, 1, 0), Vec3(0, 0, 1))])
