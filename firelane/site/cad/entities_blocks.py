"""Blocks put in place: the rows of a block, once for each INSERT, with the semantics of layer 0 and ByBlock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from firelane.site.cad.entities_sheet import (
    AREA,
    BY_BLOCK,
    BY_LAYER,
    COLUMNS,
    PATH,
    POINT,
    Sheet,
    Style,
    system_axes,
)  # fmt: skip
from firelane.site.cad.entities_text import decoded
from firelane.site.cad.flatten import chords

Objects = NDArray[np.object_]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# A block in a block in a block multiplies; what no plan of a site holds is refused before it fills the memory.
MOST_ROWS = 3_000_000
MOST_CORNERS = 40_000_000
FARTHEST = 1e12
"""Coordinates beyond this are no place on earth, in whatever unit."""
_PORTION = 500_000  # corners that are turned into geometries at a time
_INSIDE = "0"
_TYPES: Mapping[str, Any] = {"shape": np.int8, "colour": np.int64, "closed": bool, "width": float, "insert": np.int64}
_WHITE = 7


class TooMuch(Exception):  # noqa: N818 - it tells of an amount, and is caught where the file is opened
    """Blocks, taken apart, hold more than can be read."""

    def __init__(self, block: str, limit: int, what: str, what_zh: str) -> None:
        super().__init__(block)
        self.block, self.limit, self.what, self.what_zh = block, limit, what, what_zh

    @classmethod
    def check(cls, block: str, rows: int, corners: int) -> None:
        """Raise where a block would bring too much."""
        if rows > MOST_ROWS:
            raise cls(block, MOST_ROWS, "objects", "个对象")
        if corners > MOST_CORNERS:
            raise cls(block, MOST_CORNERS, "corners", "个顶点")


@dataclass(frozen=True)
class Inserted:
    """One INSERT: its row in the container, and the matrices of its copies (k, 4, 4)."""

    row: int
    block: str
    style: Style
    frozen: bool
    matrices: Floats


@dataclass(frozen=True)
class Content:
    """The rows of a container, flattened, with those of the blocks that stand in it.

    Attributes
    ----------
    columns : Mapping
        As in :data:`~firelane.site.cad.entities_sheet.COLUMNS`, and ``hidden``.
    xyz : ndarray (n, 3)
    ring_size, ring_row : ndarray of int
        Corners of each ring and the row it belongs to; rows ascend.
    """

    columns: Mapping[str, NDArray[Any]]
    xyz: Floats
    ring_size: Ints
    ring_row: Ints
    skipped: Counter[str]
    proxies: Counter[str]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.columns["kind"])


def composed(
    sheet: Sheet, inserts: Mapping[str, Sequence[Inserted]], made: Mapping[str, Content], colours: Mapping[str, int]
) -> Content:
    """Return the content of a container, every block in its places behind the row of its INSERT."""
    own = _own(sheet)
    parts, orders = [own], [np.arange(len(own))]
    rows, corners = len(own), len(own.xyz)
    for key, places in inserts.items():
        inner = made[key]
        copies = sum(len(place.matrices) for place in places)
        own.skipped.update({name: count * copies for name, count in inner.skipped.items()})
        own.proxies.update({name: count * copies for name, count in inner.proxies.items()})
        if not len(inner):
            continue
        rows, corners = rows + copies * len(inner), corners + copies * len(inner.xyz)
        TooMuch.check(places[0].block, rows, corners)
        placed = _placed(inner, places, colours)
        parts.append(placed)
        orders.append(placed.columns["insert"])
    if len(parts) == 1:
        return own
    return _sorted(_joined(parts, own), np.concatenate(orders))


def _own(sheet: Sheet) -> Content:
    columns: dict[str, NDArray[Any]] = {}
    for name in COLUMNS:
        kind = _TYPES.get(name)
        columns[name] = np.array(sheet.rows[name], dtype=kind) if kind else _objects(sheet.rows[name])
        sheet.rows[name].clear()
    columns["hidden"] = np.zeros(len(columns["kind"]), dtype=bool)
    vertices = np.frombuffer(sheet.vertices, dtype=float).reshape(-1, 4)
    sizes = np.array(sheet.ring_size, dtype=np.int64)
    xyz, sizes = chords(vertices[:, :3], np.where(np.isfinite(vertices[:, 3]), vertices[:, 3], 0.0), sizes)
    system = np.repeat(np.array(sheet.ring_system, dtype=np.int64), sizes)
    xyz = np.ascontiguousarray(xyz)
    for extrusion, number in sheet.systems.items():
        chosen = system == number
        xyz[chosen] = _moved(xyz[chosen], _square(system_axes(extrusion)))
    return Content(columns, xyz, sizes, np.array(sheet.ring_row, dtype=np.int64), sheet.skipped, sheet.proxies)


def _objects(values: Sequence[Any]) -> Objects:
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def _square(axes: Floats) -> Floats:
    out = np.eye(4)
    out[:3, :3] = axes
    return out


def _moved(xyz: Floats, matrix: Floats) -> Floats:
    """Return points (…, 3) moved by a matrix whose rows are axes and origin.

    Column by column: a matrix product may round equal points differently, and closed rings would come open.
    """
    x, y, z = xyz[..., 0], xyz[..., 1], xyz[..., 2]
    return np.stack(
        [x * matrix[..., 0, k] + y * matrix[..., 1, k] + z * matrix[..., 2, k] + matrix[..., 3, k] for k in range(3)],
        axis=-1,
    )


def _placed(inner: Content, places: Sequence[Inserted], colours: Mapping[str, int]) -> Content:
    """Return the rows of a block once for each of its places."""
    matrices = np.concatenate([place.matrices for place in places])
    copies = np.array([len(place.matrices) for place in places])
    of = np.repeat(np.arange(len(places)), copies)  # copy -> place
    k, m = len(matrices), len(inner)
    place = np.repeat(of, m)
    columns = {name: np.tile(values, k) for name, values in inner.columns.items()}

    def told(values: Sequence[Any], kind: Any = object) -> NDArray[Any]:
        column = _objects(values) if kind is object else np.array(values, dtype=kind)
        return column[place]

    by_layer = [
        p.style.colour if p.style.colour != BY_LAYER else -colours.get(p.style.layer.lower(), _WHITE) for p in places
    ]
    inside = columns["layer"] == _INSIDE
    colour = told(by_layer, np.int64)
    # ByBlock in an INSERT that is ByLayer: the colour of the INSERT's layer, which a part on layer 0 has anyway.
    colour = np.where(colour < 0, np.where(inside, BY_LAYER, -colour), colour)
    columns["colour"] = np.where(columns["colour"] == BY_BLOCK, colour, columns["colour"])
    loose = np.array([str(value).upper() == "BYBLOCK" for value in inner.columns["linetype"]], dtype=bool)
    columns["linetype"] = np.where(np.tile(loose, k), told([p.style.linetype for p in places]), columns["linetype"])
    columns["layer"] = np.where(inside, told([p.style.layer for p in places]), columns["layer"])
    columns["block"] = told([p.block for p in places])
    columns["insert"] = told([p.row for p in places], np.int64)
    columns["hidden"] = columns["hidden"] | told([p.frozen for p in places], bool)
    flat = np.abs(matrices[:, 0, 0] * matrices[:, 1, 1] - matrices[:, 0, 1] * matrices[:, 1, 0])
    columns["width"] = columns["width"] * np.repeat(np.sqrt(flat), m)
    xyz = _moved(np.tile(inner.xyz, (k, 1, 1)), matrices[:, None]).reshape(-1, 3)
    first = np.cumsum(copies) - copies  # number of the place's first copy
    number = (np.arange(k) - first[of])[:, None] * m + np.arange(m) + 1
    handles = [p.style.handle for p in places]
    columns["handle"] = _objects(
        [f"{handles[p]}-{n}" for p, n in zip(place.tolist(), number.ravel().tolist(), strict=True)]
    )
    rings = (np.arange(k)[:, None] * m + inner.ring_row).ravel()
    return Content(columns, xyz, np.tile(inner.ring_size, k), rings, Counter(), Counter())


def _joined(parts: Sequence[Content], own: Content) -> Content:
    columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in own.columns}
    starts = np.cumsum([0, *(len(part) for part in parts[:-1])])
    return Content(
        columns,
        np.concatenate([part.xyz for part in parts]),
        np.concatenate([part.ring_size for part in parts]),
        np.concatenate([part.ring_row + start for part, start in zip(parts, starts.tolist(), strict=True)]),
        own.skipped,
        own.proxies,
    )


def _sorted(content: Content, order: Ints) -> Content:
    """Return the content with rows in the given order; rows of a block keep theirs behind the INSERT's."""
    old = np.argsort(order, kind="stable")
    new = np.empty(len(old), dtype=np.int64)
    new[old] = np.arange(len(old))
    columns = {name: values[old] for name, values in content.columns.items()}
    insert = columns["insert"]
    columns["insert"] = np.where(insert >= 0, new[insert], -1)
    ring_row = new[content.ring_row]
    rings = np.argsort(ring_row, kind="stable")
    ends = np.cumsum(content.ring_size)
    starts, sizes = (ends - content.ring_size)[rings], content.ring_size[rings]
    within = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    xyz = content.xyz[np.repeat(starts, sizes) + within]
    return replace(content, columns=columns, xyz=xyz, ring_size=sizes, ring_row=ring_row[rings])


def geometries(content: Content, mended: Counter[str]) -> tuple[Objects, Mask]:
    """Return one geometry per row, two-dimensional, and which rows have one that means something."""
    out = np.empty(len(content), dtype=object)
    keep = np.ones(len(content), dtype=bool)
    shape = content.columns["shape"]
    # Portion by portion: the corners of a large plan are many, and each step holds them once more.
    stop = np.cumsum(content.ring_size)
    first = np.searchsorted(content.ring_row, np.arange(len(content) + 1))  # first ring of each row
    corner = np.concatenate([[0], stop])[first]  # first corner of each row
    marks = np.unique([0, *np.searchsorted(corner, np.arange(_PORTION, len(content.xyz), _PORTION)), len(content)])
    for a, b in zip(marks[:-1].tolist(), marks[1:].tolist(), strict=True):
        rings = slice(int(first[a]), int(first[b]))
        xy = np.ascontiguousarray(content.xyz[int(corner[a]) : int(corner[b]), :2])
        out[a:b], keep[a:b] = _built(xy, content.ring_size[rings], content.ring_row[rings] - a, shape[a:b])
    _count(mended, "coordinates out of bounds: left out", np.count_nonzero(~keep))
    flat = keep & (shape == PATH)
    flat[flat] = shapely.length(out[flat]) == 0.0
    _count(mended, "no length: left out", np.count_nonzero(flat))
    return out, keep & ~flat


def _built(xy: Floats, ring_size: Ints, ring_row: Ints, shape: NDArray[np.int8]) -> tuple[Objects, Mask]:
    """Return the geometries of some rows, and which of them have finite coordinates."""
    out = np.empty(len(shape), dtype=object)
    keep = np.ones(len(shape), dtype=bool)
    row = np.repeat(ring_row, ring_size)
    keep[row[~(np.abs(xy) < FARTHEST).all(axis=1)]] = False  # nor do those that are no numbers at all
    use = keep[row]
    points = use & (shape[row] == POINT)
    out[row[points]] = shapely.points(xy[points])
    _paths(out, xy, row, use & (shape[row] == PATH))
    areas = use & (shape[row] == AREA)
    if areas.any():
        ring = np.repeat(np.arange(len(ring_size)), ring_size)
        numbers, of_ring = np.unique(ring[areas], return_inverse=True)
        rings = shapely.linearrings(xy[areas], indices=of_ring)
        rows, of_row = np.unique(ring_row[numbers], return_inverse=True)
        out[rows] = shapely.polygons(rings, indices=of_row)
    return out, keep


def _paths(out: Objects, xy: Floats, row: Ints, chosen: Mask) -> None:
    """Fill in lines, and polygons where an outline comes back to its start and encloses something."""
    if not chosen.any():
        return
    xy, row = xy[chosen], row[chosen]
    rows, first, sizes = np.unique(row, return_index=True, return_counts=True)
    of = np.repeat(np.arange(len(rows)), sizes)
    lines = shapely.linestrings(xy, indices=of)
    back = (sizes >= 4) & (xy[first] == xy[first + sizes - 1]).all(axis=1)
    if back.any():
        inside = back[of]
        rings = shapely.linearrings(xy[inside], indices=np.cumsum(back)[of[inside]] - 1)
        polygons = shapely.polygons(rings)
        good = shapely.is_valid(polygons) & (shapely.area(polygons) > 0.0)
        lines[np.flatnonzero(back)[good]] = polygons[good]
    out[rows] = lines


def _count(mended: Counter[str], what: str, count: int | np.intp) -> None:
    if count:
        mended[what] += int(count)


def plan_columns(content: Content, geometry: Objects, keep: Mask, layers: Mapping[str, bool]) -> dict[str, NDArray[Any]]:
    """Return the columns of a plan for the rows kept."""
    new = np.cumsum(keep) - 1
    insert = content.columns["insert"][keep]
    names = {name.lower(): name for name in layers}
    columns = {name: content.columns[name][keep] for name in (*COLUMNS, "hidden") if name != "shape"}
    told = columns["layer"]
    # CAD does not tell upper from lower case in names: the layer table's own spelling counts.
    spelling = {name: decoded(names.get(name.lower(), name)) for name in set(told.tolist())}
    columns["layer"] = _objects([spelling[name] for name in told.tolist()])
    off = {decoded(name) for name, hidden in layers.items() if hidden}
    columns["hidden"] = columns["hidden"] | np.array([name in off for name in columns["layer"]], dtype=bool)
    columns["colour"] = np.where(columns["colour"] == BY_BLOCK, _WHITE, columns["colour"])
    columns["block"] = _objects([decoded(name) for name in columns["block"].tolist()])
    columns["geometry"] = geometry[keep]
    columns["insert"] = np.where(insert >= 0, new[insert], -1)
    return columns
