"""The ground of one dead end, as cells for the search that turns round there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
import shapely.ops
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import Bools, Floats, Ints
from firelane.lanes.records import LaneNetwork
from firelane.tracking.field import Field
from firelane.tracking.turnround_loops import turn_kernel

AROUND_M = 35.0
"""How far beside the lanes of a dead end its turning place may reach."""
COARSE_CELLS = 2
"""Cells of the field's map along a cell in which the rear axle is told apart."""
OUT_COS = float(np.cos(np.radians(15.0)))
"""How far the heading may differ from the way out when the front leaves the dead end."""
FAR_M = 150.0
"""A vehicle that heads out this far from the tip, measured along the way, has turned round: what lies before is not searched."""
_NODE_M = 1.0


@dataclass(frozen=True)
class EndOf:
    """A dead end, as far as turning round there goes.

    Attributes
    ----------
    dead_end_id : str
    lane_id : str
        The lane with the tip.
    tip : (x, y)
    way : LineString
        Along the centrelines, from the middle of the root to the tip.
    lane_ids : tuple of str
        All its lanes.
    """

    dead_end_id: str
    lane_id: str
    tip: tuple[float, float]
    way: shapely.LineString
    lane_ids: tuple[str, ...]


@dataclass(frozen=True)
class DeadGround:
    """Cells of a dead end (see :mod:`firelane.tracking.kernel_turn`), in the field's frame.

    Attributes
    ----------
    label : (rows, columns) uint8
    index : (rows, columns) int32
    count : int
        Numbered cells.
    frame : (4,) array
    out : (2,) array
        Unit vector of the way out at the root.
    root_m, cut_m : float
        Along the way: where the root's junction ends, and where what is looked at begins (the same but in a long one) [m].
    """

    label: npt.NDArray[np.uint8]
    index: npt.NDArray[np.int32]
    count: int
    frame: Floats
    out: Floats
    root_m: float
    cut_m: float

    def leave(self, front_m: float) -> Floats:
        """Return what the loops ask of a vehicle that leaves."""
        return np.array([front_m, *self.out, OUT_COS])

    def within(self, places: Floats) -> Bools:
        """Tell which places (local) belong to the dead end."""
        result: Bools = self._at(places) == 1
        return result

    def beyond(self, places: Floats) -> Bools:
        """Tell which places (local) lie beyond its root."""
        result: Bools = self._at(places) == 2
        return result

    def _at(self, places: Floats) -> npt.NDArray[np.uint8]:
        column, row = np.floor((places - self.frame[:2]) / self.frame[2]).astype(int).T
        rows, columns = self.label.shape
        inside = (column >= 0) & (row >= 0) & (column < columns) & (row < rows)
        result = np.zeros(len(places), np.uint8)
        result[inside] = self.label[row[inside], column[inside]]
        return result


def dead_ground(end: EndOf, where: Field, network: LaneNetwork, length_m: float) -> DeadGround:
    """Return the ground of a dead end: what is nearer to its lanes, on a way over free ground, than to anything beyond.

    Parameters
    ----------
    end : EndOf
    where : Field
    network : LaneNetwork
    length_m : float
        From the rear axle to the front end: the way out is judged over that much of the centreline [m].
    """
    cell = float(where.over.frame[3])
    rows, columns = where.over.clear.shape
    root_m, cut_m = _cuts(end, network)
    own, beyond, elsewhere = _sources(end, where, network, root_m, cut_m)
    ahead, at = (shapely.get_coordinates(end.way.interpolate(v))[0] for v in (min(cut_m + length_m, end.way.length), cut_m))
    out = (at - ahead) / max(float(np.hypot(*(at - ahead))), 1e-9)
    x0, y0, x1, y1 = shapely.total_bounds(own)
    i0, j0 = (max(int((v - AROUND_M) / cell), 0) // COARSE_CELLS * COARSE_CELLS for v in (x0, y0))
    i1, j1 = min(int((x1 + AROUND_M) / cell) + 1, columns), min(int((y1 + AROUND_M) / cell) + 1, rows)
    free = where.over.clear[j0:j1, i0:i1] > 0
    free = np.pad(free, [(0, -n % COARSE_CELLS) for n in free.shape])
    corner = np.array([i0, j0]) * cell
    pieces = [(_cells(shapes, corner, cell, free.shape), n) for n, shapes in enumerate((own, beyond, elsewhere), 1)]
    sources = np.concatenate([cells for cells, _ in pieces])
    names = np.concatenate([np.full(len(cells), label, np.uint8) for cells, label in pieces])
    label = turn_kernel().nearest_label(free, sources, names)
    axle = label == 1
    if where.split:
        road = where.under.clear[j0:j1, i0:i1] > 0
        axle &= np.pad(road, [(0, -n % COARSE_CELLS) for n in road.shape])
    tall, wide = (n // COARSE_CELLS for n in free.shape)
    held = axle.reshape(tall, COARSE_CELLS, wide, COARSE_CELLS).any(axis=(1, 3))
    index = np.full(held.shape, -1, np.int32)
    index[held] = np.arange(np.count_nonzero(held), dtype=np.int32)
    frame = np.array([*corner, cell, cell * COARSE_CELLS])
    return DeadGround(label, index, int(np.count_nonzero(held)), frame, out, root_m, cut_m)


def _cuts(end: EndOf, network: LaneNetwork) -> tuple[float, float]:
    """Return where along the way the root's junction ends, and where what is looked at begins [m]."""
    root = shapely.Point(end.way.coords[0])
    near = network.junctions[network.junctions.geometry.distance(root) < _NODE_M] if len(network.junctions) else network.junctions
    root_m = min(float(np.nan_to_num(near["radius_m"].max())) if len(near) else 0.0, end.way.length / 2)
    return root_m, max(root_m, end.way.length - FAR_M)


def _sources(
    end: EndOf, where: Field, network: LaneNetwork, root_m: float, cut_m: float
) -> tuple[list[BaseGeometry], list[BaseGeometry], list[BaseGeometry]]:
    """Return lines and areas (local) of the dead end, beyond its root, and of neither."""
    lanes = network.lanes
    lines = lanes.geometry.to_numpy()
    mine = lanes["lane_id"].isin(end.lane_ids).to_numpy(bool)
    designated = lanes["designated"].to_numpy(bool)
    others = list(lines[~mine & (designated == bool(designated[mine].any()))])
    aprons = [a.strip for a in where.aprons if a.opens]
    way = shapely.ops.substring(end.way, cut_m, end.way.length)
    stub = [shapely.ops.substring(end.way, 0.0, cut_m)] if cut_m > 0 else []
    if cut_m > root_m:
        # a long one: what is near its tip; the other lanes of the site lie on no way out
        around = shapely.intersection(shapely.buffer(way, 2 * AROUND_M), shapely.buffer(shapely.Point(end.tip), FAR_M))
        arms = [line for line in lines[mine] if shapely.dwithin(line, way, _NODE_M) and shapely.covers(around, line)]
        rest = [line for line in lines[mine] if not any(line is arm for arm in arms)]
        own, beyond = [way, *arms], stub
        elsewhere = [shapely.difference(line, shapely.buffer(end.way, _NODE_M)) for line in rest] + others + aprons
    else:
        junction = shapely.buffer(shapely.Point(end.way.coords[0]), root_m)
        own, beyond, elsewhere = [way, *shapely.difference(lines[mine], junction)], [*others, *stub, *aprons], []
    origin = where.body.origin

    def local(shapes: list[BaseGeometry]) -> list[BaseGeometry]:
        return [shapely.transform(g, lambda xy: xy - origin) for g in shapes if not g.is_empty]

    return local(own), local(beyond), local(elsewhere)


def _cells(shapes: list[BaseGeometry], corner: Floats, cell: float, shape: tuple[int, ...]) -> Ints:
    """Return the numbers of the cells on lines and in areas."""
    rows, columns = shape
    window = shapely.box(*corner, *(corner + np.array([columns, rows]) * cell))
    found = [np.zeros((0, 2))]
    for piece in shapes:
        for part in shapely.get_parts(shapely.intersection(piece, window)):
            if part.is_empty:
                continue
            if shapely.get_dimensions(part) == 2:
                x0, y0, x1, y1 = part.bounds
                x, y = np.meshgrid(np.arange(x0, x1 + cell, cell), np.arange(y0, y1 + cell, cell))
                inside = shapely.intersects_xy(part, x.ravel(), y.ravel())
                found.append(np.column_stack((x.ravel()[inside], y.ravel()[inside])))
            else:
                dense = shapely.segmentize(part, cell / 2)
                found.append(shapely.get_coordinates(dense))
    places = np.floor((np.vstack(found) - corner) / cell).astype(np.int64)
    inside = (places >= 0).all(axis=1) & (places[:, 0] < columns) & (places[:, 1] < rows)
    result: Ints = np.unique(places[inside, 1] * columns + places[inside, 0])
    return result
