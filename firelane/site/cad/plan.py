"""A CAD plan as it stands in the file: entities in columns, and what could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Objects = NDArray[np.object_]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Plan:
    """The model space of one plan, blocks taken apart, curves flattened, in drawing units.

    One row per piece of geometry. Columns are arrays of equal length.

    Attributes
    ----------
    path : Path
    version : str
        ``R12`` … ``R2018``.
    encoding : str
    unit_code : int
        ``$INSUNITS``; 0 where it is absent.
    properties : Mapping
        Custom properties (DWGPROPS): our own drawings say there where they are.
    layers : Mapping
        Name of each layer, defined or used → whether it is switched off or frozen.
    kind : ndarray of str
        DXF type: ``LINE``, ``LWPOLYLINE``, ``HATCH``, ``INSERT``, ``TEXT`` …; an ``INSERT`` has one row of its own (a point)
        and one row for each of its parts.
    layer : ndarray of str
        Parts of a block on layer 0 lie on the layer of its INSERT, as in CAD.
    geometry : ndarray of shapely geometries
        Point, LineString or Polygon; closed polylines, circles and hatches are Polygons.
    closed : ndarray of bool
        Whether the entity itself says that it is closed; a closed outline whose polygon cannot be built (it crosses itself …)
        comes as it is drawn.
    handle : ndarray of str
        The entity's handle; of a part of a block, that of the outermost INSERT, with a number behind.
    block : ndarray of str
        Name of the outermost block; empty outside blocks.
    insert : ndarray of int
        Row of the outermost INSERT; -1 outside blocks.
    text : ndarray of str or None
        Of TEXT, MTEXT and ATTRIB, without formatting codes.
    width : ndarray of float
        Constant width of a polyline; NaN elsewhere.
    colour : ndarray of int
        ACI; 256 = by layer.
    linetype : ndarray of str
    attributes : ndarray of dict or None
        Tag → value of an INSERT's attributes.
    xdata : ndarray of tuple or None
        Values that our own drawings left at an entity (application ``FIRELANE``).
    skipped : Mapping
        DXF type → count of entities that have no meaning here or cannot be taken apart (3D solids, images, OLE …).
    proxies : Mapping
        Class of add-on objects (``TCH_WALL``, ``ACAD_PROXY_ENTITY`` …) → count.
    references : tuple of str
        External references that are not in the file.
    mended : Mapping
        What had to be mended while reading → count.
    hidden : ndarray of bool
        Whether the row cannot be seen: its layer is off or frozen, or that of an INSERT it stands in is frozen.
        Entities that are invisible themselves have no row; they are counted in ``skipped`` as ``(invisible)``.
    """

    path: Path
    version: str
    encoding: str
    unit_code: int
    properties: Mapping[str, str]
    layers: Mapping[str, bool]
    kind: Objects
    layer: Objects
    geometry: Objects
    closed: Mask
    handle: Objects
    block: Objects
    insert: NDArray[np.int64]
    text: Objects
    width: Floats
    colour: NDArray[np.int64]
    linetype: Objects
    attributes: Objects
    xdata: Objects
    skipped: Mapping[str, int] = field(default_factory=dict)
    proxies: Mapping[str, int] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    mended: Mapping[str, int] = field(default_factory=dict)
    hidden: Mask = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.geometry)

    def rows(self, mask: Mask) -> Mapping[str, NDArray[Any]]:
        """Return the columns of the rows where ``mask`` is true."""
        names = (
            "kind", "layer", "geometry", "closed", "handle", "block", "insert", "text", "width", "colour", "linetype",
            "attributes", "xdata",
        )  # fmt: skip
        return {name: getattr(self, name)[mask] for name in names}


@dataclass(frozen=True)
class Rings:
    """Closed outlines found in loose lines and arcs.

    Attributes
    ----------
    polygons : ndarray of Polygon
        Each with the holes that lie in it.
    members : list of ndarray of int
        For each polygon the rows of the input that bound it, ascending.
    gaps : list of (x, y, length)
        Places where ends that did not meet were joined, and how far they were apart.
    dangles : ndarray of int
        Rows of the input that bound nothing.
    """

    polygons: Objects
    members: list[NDArray[np.int64]]
    gaps: list[tuple[float, float, float]]
    dangles: NDArray[np.int64]
