"""What hangs too low among laser points, as obstructions with an outline in plan and a known underside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import Bools, Floats, Ints
from firelane.lanes.cloud import settings
from firelane.lanes.cloud_things import ARCH, BAR, BRANCH, WIRE, Grid
from firelane.lanes.naming import place_label, unique_labels
from firelane.site.model import Site
from firelane.vocabulary import ObstructionKind

PREFIX = "laser:"
"""Begins the ids of obstructions that laser points showed."""

KINDS = {
    WIRE: ObstructionKind.OVERHEAD_LINE, BAR: ObstructionKind.ARCH, ARCH: ObstructionKind.ARCH,
    BRANCH: ObstructionKind.TREE,
}  # fmt: skip
"""What a shape is taken for; the rest is ``other``."""


THIN = (WIRE, BAR)


@dataclass(frozen=True)
class FoundThing:
    """One thing that hangs lower than the envelope.

    Attributes
    ----------
    id : str
        ``laser:`` and its place: what lies elsewhere never renumbers it.
    kind : str
        Kind of obstruction.
    guessed : bool
        True where the kind is guessed by the shape (推测), false where the file has a class that tells it.
    clear_height_m : float
        Lowest point above the ground [m].
    points : int
        Voxels that show it.
    shape : Polygon or MultiPolygon
        Squares about the points, gaps filled: good to about a quarter of a metre in plan.
    """

    id: str
    kind: str
    guessed: bool
    clear_height_m: float
    points: int
    shape: BaseGeometry


def low_things(
    origin: Floats, xyz: Floats, height_m: Floats, thing: Ints, guess: Sequence[str], code: np.ndarray, over: Bools, *,
    below_m: float,
) -> list[FoundThing]:  # fmt: skip
    """Return what hangs below a height, in the order of its ids.

    Parameters
    ----------
    origin : (2,) array
        ``xyz`` is relative to it in plan.
    xyz : (n, 3) array
        Voxels of what hangs, beside the lanes too.
    height_m : (n,) array
        Above the ground [m].
    thing : (n,) int array
        Number of the thing that each belongs to.
    guess : sequence of str
        What each thing looks like.
    code : (n,) uint8 array
        LAS class of each.
    over : (n,) bool array
        Which lie over the lanes.
    below_m : float
        Height of the envelope [m].
    """
    low = np.flatnonzero(height_m < below_m - 1e-6)
    if not over[low].any():
        return []
    found = []
    own = settings()["things"]
    for mine in _parts(xyz, low, thing, [g in THIN for g in guess], float(own["apart_m"])):
        ours = mine[over[mine]]  # the outline goes on beside the lanes, the height is that over them
        if not len(ours):
            continue
        lowest = ours[np.lexsort((xyz[ours, 1], xyz[ours, 0], height_m[ours]))[0]]
        number = int(thing[lowest])
        kind, guessed = _kind(code[mine], guess[number])
        if guess[number] in THIN:
            shape = _strip(xyz, height_m, np.flatnonzero(thing == number), below_m, float(own["cell_m"]))
        else:
            shape = _outline(xyz[mine, :2], float(own["cell_m"]), float(own["join_m"]))
        found.append((
            place_label(PREFIX, *(xyz[lowest, :2] + origin)), kind, guessed, float(height_m[lowest]), len(mine),
            shapely.transform(shape, lambda xy: xy + origin),
        ))  # fmt: skip
    found.sort(key=lambda f: (f[0], f[3]))
    ids = unique_labels([f[0] for f in found])
    return [FoundThing(i, *f[1:]) for i, f in zip(ids, found, strict=True)]


def _parts(xyz: Floats, low: Ints, thing: Ints, thin: Sequence[bool], apart_m: float) -> list[Ints]:
    """Split things: a wire is one thing however few points show it, parts of a crown on either side of a road are two."""
    cell = np.floor(xyz[low, :2] / apart_m).astype(np.int64)
    cell[np.array(thin, bool)[thing[low]]] = 0
    grid = Grid(np.column_stack((cell, thing[low] * 4)))  # things are never beside one another
    part = grid.parts()[grid.number]
    order = np.argsort(part, kind="stable")
    return [low[rows] for rows in np.split(order, np.flatnonzero(np.diff(part[order])) + 1)]


def _kind(code: np.ndarray, guess: str) -> tuple[str, bool]:
    """Return the kind that most points are classed as, else the one guessed."""
    told = settings()["classes"]
    values, counts = np.unique(code, return_counts=True)
    for value in values[np.argsort(-counts, kind="stable")]:
        if str(int(value)) in told:
            if counts[values == value][0] * 2 >= len(code):
                return str(told[str(int(value))]), False
            break
    return KINDS.get(guess, ObstructionKind.OTHER).value, True


def _strip(xyz: Floats, height_m: Floats, rows: Ints, below_m: float, wide_m: float) -> BaseGeometry:
    """Return a strip along the low part of a wire or a bar, on to its next points: between two it hangs as well."""
    xy = xyz[rows, :2]
    middle = xy.mean(axis=0)
    _, vectors = np.linalg.eigh((xy - middle).T @ (xy - middle))
    order = np.argsort((xy - middle) @ vectors[:, 1], kind="stable")
    low = np.flatnonzero(height_m[rows[order]] < below_m - 1e-6)
    along = xy[order[max(low[0] - 1, 0) : low[-1] + 2]]
    line = shapely.linestrings(along) if len(along) > 1 else shapely.points(along[0])
    return shapely.simplify(shapely.buffer(line, wide_m / 2, quad_segs=2), 0.02)


def _outline(xy: Floats, cell_m: float, join_m: float) -> BaseGeometry:
    cells = np.unique(np.round(xy / (cell_m / 2)).astype(np.int64), axis=0) * (cell_m / 2)
    half = cell_m / 2
    squares = shapely.union_all(
        shapely.box(cells[:, 0] - half, cells[:, 1] - half, cells[:, 0] + half, cells[:, 1] + half)
    )
    # Swell and shrink: gaps are filled, nothing is added outside.
    closed = shapely.buffer(
        shapely.buffer(squares, join_m, quad_segs=2), -join_m, join_style="mitre", mitre_limit=2.0
    )
    return shapely.simplify(shapely.union_all([closed, squares]), 0.02)


def with_things(site: Site, things: Sequence[FoundThing]) -> Site:
    """Return a site with things among its obstructions; nobody has surveyed that layer for all that.

    Things that the site has already, by their ids, are exchanged.
    """
    if not things:
        return site
    table = site.layer("obstructions")
    ids = {thing.id for thing in things}
    table = table[~table["id"].isin(ids).to_numpy(bool)]
    rows: dict[str, pd.Series] = {}
    for column in table.columns:
        if column == table.geometry.name:
            continue
        values = {
            "id": [t.id for t in things], "kind": [t.kind for t in things],
            "clear_height_m": [t.clear_height_m for t in things],
        }.get(column, [_blank(table[column].dtype)] * len(things))  # fmt: skip
        rows[column] = pd.Series(values, dtype=table[column].dtype)
    fresh = gpd.GeoDataFrame(rows, geometry=gpd.GeoSeries([t.shape for t in things], crs=site.crs), crs=site.crs)
    both = fresh if not len(table) else pd.concat([table, fresh], ignore_index=True)
    layers = {**site.layers, "obstructions": gpd.GeoDataFrame(both, geometry="geometry", crs=site.crs)}
    unknown = site.found if site.surveyed("obstructions") else site.found | {"obstructions"}
    return replace(site, layers=layers, found=unknown)


def _blank(dtype: np.dtype) -> object:
    if dtype.kind == "b":
        return False
    return np.nan if np.issubdtype(dtype, np.floating) else None

