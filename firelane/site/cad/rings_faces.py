"""Faces of a net of lines: which stretches bound them, and which rows of the input those come from."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Objects = NDArray[np.object_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def faces_of(pieces: Objects) -> Objects:
    """Return the faces that noded pieces enclose, each with its holes, in a fixed order."""
    if not len(pieces):
        return pieces
    faces: Objects = shapely.get_parts(shapely.polygonize(pieces))
    if len(faces):
        west, south, east, north = shapely.bounds(faces).T
        faces = faces[np.lexsort((north, east, south, west))]
    return faces


def sides(faces: Objects, pieces: Objects) -> tuple[Ints, Ints]:
    """Return which piece bounds which face, as pairs (face, piece)."""
    return _matched(shapely.boundary(faces), pieces)


def outer_sides(faces: Objects, pieces: Objects) -> tuple[Ints, Ints]:
    """Return which piece bounds which face from outside, as pairs (face, piece); holes do not count."""
    return _matched(shapely.get_exterior_ring(faces), pieces)


def _matched(lines: Objects, pieces: Objects) -> tuple[Ints, Ints]:
    """Return pairs (line, piece): pieces whose first segment is one of the line's, in whichever direction."""
    if not len(lines):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    keys, owner = _segments(lines)
    wanted, number = _segments(pieces)
    first = np.unique(number, return_index=True)[1]
    both = np.concatenate([keys, wanted[first]])
    _, same = np.unique(both, axis=0, return_inverse=True)
    same = same.ravel()
    left, right = same[: len(keys)], same[len(keys) :]
    place = np.full(int(same.max(initial=-1)) + 1, -1, dtype=np.int64)
    place[right] = np.arange(len(right))
    piece = place[left]
    found = piece >= 0
    pairs = np.unique(np.stack([owner[found], piece[found]], axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _segments(lines: Objects) -> tuple[NDArray[np.complex128], Ints]:
    """Return the segments of lines as pairs of complex numbers, smaller end first, and the line of each."""
    parts, of = shapely.get_parts(lines, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    z = (np.ascontiguousarray(xy) + 0.0).view(np.complex128).ravel()
    inside = part[1:] == part[:-1]
    ends = np.stack([z[:-1][inside], z[1:][inside]], axis=1)
    return np.sort(ends, axis=1), of[part[:-1][inside]].astype(np.int64)


def groups(faces: Objects, pieces: Objects) -> Ints:
    """Return a number for each face; faces that share a side from outside have the same one."""
    face, piece = outer_sides(faces, pieces)
    order = np.argsort(piece, kind="stable")
    face, piece = face[order], piece[order]
    shared = piece[1:] == piece[:-1]
    one, other = face[:-1][shared], face[1:][shared]
    links = coo_array((np.ones(len(one)), (one, other)), shape=(len(faces), len(faces)))
    labels: Ints = connected_components(links, directed=False)[1].astype(np.int64)
    return labels


def depths(faces: Objects, labels: Ints) -> Ints:
    """Return how many outlines of other groups lie around each group, told for each face."""
    filled = shapely.polygons(shapely.get_exterior_ring(faces))
    _, first = np.unique(labels, return_index=True)
    inside = shapely.point_on_surface(faces[first])
    point, face = shapely.STRtree(filled).query(inside, predicate="within")
    around = np.stack([point, labels[face]], axis=1)
    around = np.unique(around[around[:, 0] != around[:, 1]], axis=0)
    count: Ints = np.bincount(around[:, 0], minlength=len(first))
    return count[labels]


def rows_of(pieces: Objects, lines: Objects) -> tuple[Ints, Ints]:
    """Return which row of the input each piece comes from, as pairs (piece, row); several where it was drawn twice."""
    if not len(pieces):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    xy, owner = shapely.get_coordinates(pieces, return_index=True)
    first = np.unique(owner, return_index=True)[1]
    middle = (xy[first] + xy[first + 1]) / 2.0
    reach = 64.0 * float(np.spacing(max(1e-6, float(np.abs(xy).max()))))
    piece, row = shapely.STRtree(lines).query(shapely.points(middle), predicate="dwithin", distance=reach)
    order = np.lexsort((row, piece))
    return piece[order], row[order]
