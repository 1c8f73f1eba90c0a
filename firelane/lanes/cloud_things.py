"""What stands on the ground, what hangs, and what is noise, among the points above it.

Hanging is what has free space beneath it: points lower down that belong to the ground, or to what stands on it, with
a gap between. A body that hides the ground (a car from the air) stands if it is low; a high one may be a lorry or a
roof, which points from above cannot tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from firelane.lanes.arrays import Bools, Floats, Ints
from firelane.lanes.cloud import Voxels, settings

WIRE, BAR, ARCH, BRANCH, OTHER = "wire", "bar", "arch", "branch", "other"
"""What a thing is guessed to be by its shape."""

MOST_PAIRS = 60
"""Points through whose pairs a line is sought; beyond, they are no sparse wire."""


@dataclass(frozen=True)
class Things:
    """What the voxels belong to.

    Attributes
    ----------
    hangs : (n,) bool array
        Voxels of what hangs, noise left out.
    stands : (n,) bool array
        Voxels above the ground's roughness that stand on it.
    down : (n,) bool array
        Voxels on the ground or on what stands on it: light came down to them.
    hidden : (n,) bool array
        Voxels of bodies that hide the ground and are too high to be taken for standing: they were seen from above
        alone. Roofs and bridges, where the file has classes, are among them and hang as well.
    thing : (n,) int array
        Number of the hanging thing; -1 for the rest.
    guess : tuple of str
        Kind of each thing by its shape.
    noise : int
        Points disregarded as noise.
    """

    hangs: Bools
    stands: Bools
    down: Bools
    hidden: Bools
    thing: Ints
    guess: tuple[str, ...]
    noise: int


def things_of(voxels: Voxels, height_m: Floats) -> Things:
    """Tell apart what stands and what hangs.

    Parameters
    ----------
    voxels : Voxels
    height_m : (n,) array
        Above the ground [m].
    """
    own = settings()
    floor, ceiling = float(own["heights"]["floor_m"]), float(own["heights"]["ceiling_m"])
    on_ground = np.abs(np.nan_to_num(height_m, nan=99.0)) <= floor
    above = np.nan_to_num(height_m, nan=-1.0) > floor
    stands, hidden = _standing(voxels.xyz[:, :2], height_m, on_ground, above)
    # What the file calls a building or a bridge is no lorry: it hangs at the height seen, or lower.
    told = np.isin(voxels.code, np.array(own["cover"]["roofs"], np.uint8))
    roofs, hidden = hidden & told, hidden & ~told
    # What lies just above the ceiling tells what hangs below it from noise.
    loose = above & ~stands & ~hidden & (height_m <= ceiling + 2.0)
    thing, guess = _things(voxels.xyz, np.flatnonzero(loose))
    low = _squat(height_m, thing, len(guess))
    stands |= low
    hangs = (thing >= 0) & ~low & (height_m <= ceiling)
    return Things(
        hangs, stands, on_ground | stands, hidden | roofs, thing, guess,
        int(voxels.points[loose & (thing < 0) & (height_m <= ceiling)].sum()),
    )  # fmt: skip


def _squat(height_m: Floats, thing: Ints, count: int) -> Bools:
    """Return what seems to hang, but is low and reaches nowhere high: part of a car, a bench, a motorcycle."""
    own = settings()["standing"]
    rows = np.flatnonzero(thing >= 0)
    top, bottom = np.full(count + 1, -np.inf), np.full(count + 1, np.inf)
    np.maximum.at(top, thing[rows], height_m[rows])
    np.minimum.at(bottom, thing[rows], height_m[rows])
    result: Bools = ((top <= float(own["body_m"])) & (bottom < float(own["hangs_m"])))[thing] & (thing >= 0)
    return result


def _standing(xy: Floats, height_m: Floats, on_ground: Bools, above: Bools) -> tuple[Bools, Bools]:
    """Return the voxels that stand on the ground, and those of high bodies that hide it."""
    own = settings()["standing"]
    body_m = float(own["body_m"])
    stands, hidden = np.zeros(len(height_m), bool), np.zeros(len(height_m), bool)
    rows = np.flatnonzero(above)
    if not len(rows):
        return stands, hidden
    stands[rows] = _chained(xy[rows], height_m[rows])
    # What hides the ground, and is low: cars above all, of which points from the air show roof and bonnet alone.
    low = rows[~stands[rows] & (height_m[rows] <= body_m)]
    stands[low] = _of_body(xy, height_m, low, np.flatnonzero(on_ground | stands), above_too=True)
    high = rows[~stands[rows]]
    hidden[high] = _of_body(xy, height_m, high, np.flatnonzero(on_ground | stands), above_too=False)
    return stands, hidden


def _of_body(xy: Floats, height_m: Floats, rows: Ints, down: Ints, *, above_too: bool) -> Bools:
    """Return which of some points belong to a body beneath which nothing was seen.

    Its inner points lie farther than ``hides_m`` in plan from all that light came down to; its rim lies near them, at
    a like height (``above_too``: or lower).
    """
    own = settings()["standing"]
    hides_m, rim_m, gap_m = float(own["hides_m"]), float(own["rim_m"]), float(own["gap_m"])
    if not len(rows):
        return np.zeros(0, bool)
    if len(down):
        away, _ = cKDTree(xy[down]).query(xy[rows], distance_upper_bound=hides_m)
        inner = rows[~np.isfinite(away)]
    else:
        inner = rows
    if not len(inner):
        return np.zeros(len(rows), bool)
    # Of a body there is more than a point or two: its neighbours are inner points as well.
    tree = cKDTree(xy[inner])
    count = tree.query_ball_point(xy[inner], rim_m, return_length=True)
    inner = inner[np.asarray(count) >= int(own["fewest"])]
    if not len(inner):
        return np.zeros(len(rows), bool)
    # The highest and the lowest inner point near each: in cells, for there may be many.
    cells = Grid(np.concatenate((_cells(xy[inner], rim_m), _cells(xy[rows], rim_m))))
    mine, theirs = cells.number[: len(inner)], cells.number[len(inner) :]
    high, low = np.full(len(cells) + 1, -np.inf), np.full(len(cells) + 1, np.inf)
    np.maximum.at(high, mine, height_m[inner])
    np.minimum.at(low, mine, height_m[inner])
    near, _ = cKDTree(xy[inner]).query(xy[rows], distance_upper_bound=rim_m)
    top, bottom = high[theirs], low[theirs]
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            other = cells.beside(i, j)[theirs]
            top, bottom = np.maximum(top, high[other]), np.minimum(bottom, low[other])
    height = height_m[rows]
    result: Bools = np.isfinite(near) & (height <= top + gap_m) & ((height >= bottom - gap_m) | above_too)
    return result


def _cells(xy: Floats, size_m: float) -> Ints:
    return np.floor(xy / size_m).astype(np.int64)


def _chained(xy: Floats, height_m: Floats) -> Bools:
    """Return what has no greater gap below it, down to the ground, among the points about it."""
    own = settings()["standing"]
    gap_m = float(own["gap_m"])
    grid = Grid(_cells(xy, float(own["cell_m"])))
    order, begins = _around(grid, height_m)
    chained = height_m[order]
    below = np.append(0.0, chained[:-1])
    below[begins] = 0.0
    first = np.zeros(len(order), bool)
    first[begins] = True
    column = np.cumsum(first) - 1
    # Above the first break nothing stands.
    broken = chained - below > gap_m
    breaks = np.cumsum(broken)
    whole = breaks - (breaks[begins] - broken[begins])[column] == 0
    top = np.zeros(len(grid))
    np.maximum.at(top, column[whole], chained[whole])
    result: Bools = height_m <= top[grid.number] + 1e-9
    return result


def _around(grid: Grid, height_m: Floats) -> tuple[Ints, Ints]:
    """Return, cell by cell, the points of the 3 × 3 cells about it by height, and where each cell begins."""
    everything = np.arange(len(height_m))
    cells, points = [], []
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            other = grid.beside(i, j)[grid.number]
            use = other < len(grid)
            cells.append(other[use])
            points.append(everything[use])
    cell, point = np.concatenate(cells), np.concatenate(points)
    order = np.lexsort((height_m[point], cell))
    cell = cell[order]
    return point[order], np.flatnonzero(np.append(True, cell[1:] != cell[:-1]))


class Grid:
    """Occupied cells, numbered in order, and which lie beside which; of two or three dimensions."""

    def __init__(self, cell: Ints) -> None:
        low, high = cell.min(axis=0) - 2, cell.max(axis=0) + 2
        self._strides = np.append(np.cumprod((high - low + 1)[::-1])[::-1][1:], 1)
        key = (cell - low) @ self._strides
        self.keys, number = np.unique(key, return_inverse=True)
        self.number: Ints = number.reshape(-1)

    def __len__(self) -> int:
        """Return how many cells are occupied."""
        return len(self.keys)

    def beside(self, *step: int) -> Ints:
        """Return the number of the cell a step from each; ``len(self)`` where that is not occupied."""
        other = self.keys + int(np.dot(step, self._strides))
        place = np.minimum(np.searchsorted(self.keys, other), len(self.keys) - 1)
        return np.where(self.keys[place] == other, place, len(self.keys))

    def _steps(self) -> list[tuple[int, ...]]:
        width = len(self._strides)
        every = np.stack(np.meshgrid(*([np.arange(-1, 2)] * width), indexing="ij"), axis=-1).reshape(-1, width)
        return [tuple(s) for s in every[len(every) // 2 + 1 :].tolist()]

    def grown(self, cells: Bools) -> Bools:
        """Return cells with all that touch them."""
        result = cells.copy()
        for step in self._steps():
            for sign in (1, -1):
                result |= np.append(cells, [False])[self.beside(*(sign * s for s in step))]
        return result

    def parts(self, cells: Bools | None = None) -> Ints:
        """Return the connected part of each cell, numbered from 0 in order; -1 for cells not asked for."""
        count = len(self)
        use = np.ones(count, bool) if cells is None else cells
        flag = np.append(use, [False])
        links = []
        for step in self._steps():
            other = self.beside(*step)
            here = np.flatnonzero(use & flag[other])
            links.append(np.column_stack((here, other[here])))
        pairs = np.concatenate(links)
        graph = coo_matrix((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
        _, label = connected_components(graph, directed=False)
        result = np.full(count, -1, np.int64)
        if use.any():
            _, first, number = np.unique(label[use], return_index=True, return_inverse=True)
            rank = np.empty(len(first), np.int64)
            rank[np.argsort(first, kind="stable")] = np.arange(len(first))
            result[use] = rank[number.reshape(-1)]
        return result


def _things(xyz: Floats, rows: Ints) -> tuple[Ints, tuple[str, ...]]:
    """Group what hangs into things, leaving out noise, and guess what each is."""
    own = settings()["noise"]
    thing = np.full(len(xyz), -1, np.int64)
    if not len(rows):
        return thing, ()
    grid = Grid(np.floor(xyz[rows] / float(own["link_m"])).astype(np.int64))
    group = grid.parts()[grid.number]
    size = np.bincount(group)
    fewest = int(own["fewest"])
    groups: list[Ints] = [rows[members] for members in _members(group) if len(members) >= fewest]
    guesses = [_guess(xyz[members]) for members in groups]
    # Pieces of a wire and single points in line with them are one wire.
    pieces = [m for m, guess in zip(groups, guesses, strict=True) if guess == WIRE and len(m) < MOST_PAIRS // 2]
    wires = _sparse_wires(xyz, np.sort(np.concatenate([rows[size[group] < fewest], *pieces])))
    taken = np.zeros(len(xyz), bool)
    for members in wires:
        taken[members] = True
    left = [(m[~taken[m]], guess) for m, guess in zip(groups, guesses, strict=True)]
    left = [(m, guess) for m, guess in left if len(m) >= fewest]
    # What lies in line at the fringe of a crown are its twigs.
    crowns = [xyz[m] for m, guess in left if guess == BRANCH]
    near = cKDTree(np.concatenate(crowns)).query(xyz)[0] if crowns and wires else np.full(len(xyz), np.inf)
    left += [(m, BRANCH if np.median(near[m]) <= float(own["fringe_m"]) else WIRE) for m in wires]
    for n, (members, _) in enumerate(left):
        thing[members] = n
    return thing, tuple(guess for _, guess in left)


def _members(group: Ints) -> list[Ints]:
    order = np.argsort(group, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(group[order])) + 1)


def _sparse_wires(xyz: Floats, few: Ints) -> list[Ints]:
    """Return the thin lines among points that are too few to be anything else."""
    own = settings()["noise"]
    fewest, thick, long_ = int(own["wire_fewest"]), float(own["wire_thick_m"]), float(own["wire_long_m"])
    found: list[Ints] = []
    if len(few) < fewest:
        return found
    grid = Grid(np.floor(xyz[few] / float(own["wire_link_m"])).astype(np.int64))
    for members in _members(grid.parts()[grid.number]):
        left = few[members]
        while fewest <= len(left) <= MOST_PAIRS:
            line = _best_line(xyz[left], thick, long_)
            if line.sum() < fewest:
                break
            found.append(left[line])
            left = left[~line]
    return found


def _best_line(xyz: Floats, thick_m: float, long_m: float) -> Bools:
    """Return the points on the thin sagging line that holds most of them."""
    best = np.zeros(len(xyz), bool)
    for a, b in combinations(range(len(xyz)), 2):
        along = xyz[b, :2] - xyz[a, :2]
        length = float(np.hypot(*along))
        if length < long_m:
            continue
        unit = along / length
        d = xyz[:, :2] - xyz[a, :2]
        near = np.abs(d[:, 0] * unit[1] - d[:, 1] * unit[0]) <= thick_m
        if near.sum() <= max(best.sum(), 3):
            continue
        s = d @ unit
        for _ in range(3):  # noise in line with the wire in plan lies off its curve
            curve = np.polynomial.Polynomial.fit(s[near], xyz[near, 2], 2)
            away = np.abs(xyz[:, 2] - curve(s))
            if (away[near] <= thick_m).all():
                break
            near &= away <= max(thick_m, float(np.sort(away[near])[-2]))
            if near.sum() < 4:
                break
        if near.sum() > best.sum() and near.sum() >= 4 and np.ptp(s[near]) >= long_m:
            best = near
    return best


def _guess(xyz: Floats) -> str:
    """Guess what a thing is by its shape."""
    own = settings()["guess"]
    middle = xyz - xyz.mean(axis=0)
    spread = np.sqrt(np.maximum(np.linalg.eigvalsh(middle.T @ middle / len(xyz))[::-1], 0.0))
    if spread[0] <= 0.1:
        return OTHER
    if spread[1] <= float(own["linear"]) * spread[0]:
        return BAR if spread[1] > float(own["bar_thick_m"]) else WIRE
    if spread[2] <= float(own["flat_m"]) and spread[1] >= float(own["flat_wide_m"]):
        return ARCH
    return BRANCH
