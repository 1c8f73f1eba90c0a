"""In which ways a lane may be passed, whichever obstacles go: its columns in the gap graph.

A lane's path depends on the obstacles on its ends (see ``paths``). Where one covers a junction, the lane may
be passed either without all such obstacles, along its own centreline, or beside those that stay.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.boundary import Floats
from firelane.lanes.gap_bodies import filled
from firelane.lanes.gap_graph import Passage
from firelane.lanes.paths import COVER_M, Paths, lane_paths

MOST_ROWS = 3
"""Of more obstacles on one junction not every choice is tried: none, each alone, or all of them stay."""

MOST_ARMS = 8

Rows = frozenset[int]


@dataclass
class Columns:
    """Collects curves; equal ones share a column."""

    lines: list[Floats] = field(default_factory=list)
    _known: dict[bytes, int] = field(default_factory=dict)

    @classmethod
    def of(cls, lines: Iterable[BaseGeometry]) -> Columns:
        """Begin with curves that keep their numbers, equal ones too."""
        result = cls([shapely.get_coordinates(line) for line in lines])
        for n, xy in enumerate(result.lines):
            result._known.setdefault(xy.tobytes(), n)
        return result

    def add(self, line: BaseGeometry) -> int:
        """Return the column of a curve."""
        xy = shapely.get_coordinates(line)
        number = self._known.setdefault(xy.tobytes(), len(self.lines))
        if number == len(self.lines):
            self.lines.append(xy)
        return number


def lane_passages(lanes: gpd.GeoDataFrame, table: gpd.GeoDataFrame) -> tuple[list[Floats], list[tuple[Passage, ...]]]:
    """Return the curves that a disc may follow, and per lane the ways of passing it.

    Curve n is the path of lane n among all obstacles.

    Parameters
    ----------
    lanes : GeoDataFrame
        As ``FreeSpace.lanes``.
    table : GeoDataFrame
        Obstacles.
    """
    parts, row = shapely.get_parts(table.geometry.to_numpy(), return_index=True)
    scenes: dict[Rows, Paths] = {}

    def without(gone: Rows) -> Paths:
        if gone not in scenes:
            kept = parts[~np.isin(row, list(gone))] if gone else parts
            scenes[gone] = lane_paths(lanes, list(kept))
        return scenes[gone]

    full = without(frozenset())
    columns = Columns.of(full.lines[: len(lanes)])
    on_end = _covering(lanes, parts, row)
    junction = {
        arm: frozenset().union(*(on_end.get(a, frozenset()) for a in arms))
        for arms in _arms(full)
        for arm in arms
    }
    passages = []
    for lane in range(len(lanes)):
        ends = [junction[lane, at] for at in (0, -1) if (lane, at) in junction]
        found: list[Passage] = []
        for kept in itertools.product(*(_choices(rows) for rows in ends)):
            gone = frozenset().union(*(rows - stay for rows, stay in zip(ends, kept, strict=True)))
            stays = tuple(stay for stay in kept if stay)
            found += [Passage(into, gone, stays) for into in _ways(lane, without(gone), columns)]
        passages.append(tuple(dict.fromkeys(found)) or (Passage((lane,)),))
    for lane, cells in _buried(lanes, table).items():
        passages[lane] = tuple(
            Passage(p.columns, p.removed | rows, p.stays) for rows in cells for p in passages[lane]
        )
    return columns.lines, passages


def _ways(lane: int, paths: Paths, columns: Columns) -> Iterable[tuple[int, ...]]:
    """Return the ways of passing a lane in one scene: its path, and from a covered end into most other arms.

    More than half of the arms hang together then, and whichever are cut off are the smaller group.
    """
    own = columns.add(paths.lines[lane])
    choices: list[list[tuple[int, ...]]] = []
    for ways in paths.junctions:
        mine = {way.path for way in ways for arm in way.arms if arm[0] == lane}
        if not mine:
            continue
        arms = sorted({arm for way in ways for arm in way.arms})
        number = {frozenset(way.arms): way.path for way in ways}
        for arm in (a for a in arms if a[0] == lane):
            others = [number[frozenset((arm, other))] for other in arms[:MOST_ARMS] if other != arm]
            choices.append(list(itertools.combinations(others, min(len(arms) // 2, len(others)))))
    for chosen in itertools.product(*choices):
        into = tuple(columns.add(paths.lines[path]) for path in dict.fromkeys(itertools.chain(*chosen)))
        yield own, *into


def _choices(rows: Rows) -> list[Rows]:
    """Return the sets of obstacles on a junction that may stay."""
    each = sorted(rows)
    if len(each) > MOST_ROWS:
        return [frozenset(), *(frozenset((n,)) for n in each), rows]
    return [frozenset(c) for k in range(len(each) + 1) for c in itertools.combinations(each, k)]


def _arms(paths: Paths) -> list[set[tuple[int, int]]]:
    return [{arm for way in ways for arm in way.arms} for ways in paths.junctions]


def _covering(lanes: gpd.GeoDataFrame, parts: np.ndarray, row: np.ndarray) -> dict[tuple[int, int], Rows]:
    """Return the rows of the obstacles on each end of each lane."""
    solid = [(body, int(n)) for body, n in zip(map(filled, parts), row, strict=True) if body is not None]
    if not solid or not len(lanes):
        return {}
    every = [(n, at) for n in range(len(lanes)) for at in (0, -1)]
    points = shapely.points([lanes.geometry.iloc[n].coords[at] for n, at in every])
    # The paths run a hair beside the centrelines: what covers either end counts.
    hit, body = shapely.STRtree([g for g, _ in solid]).query(points, predicate="dwithin", distance=COVER_M + 2e-5)
    result: dict[tuple[int, int], set[int]] = {}
    for k, m in zip(hit.tolist(), body.tolist(), strict=True):
        result.setdefault(every[k], set()).add(solid[m][1])
    return {end: frozenset(rows) for end, rows in result.items()}


def _buried(lanes: gpd.GeoDataFrame, table: gpd.GeoDataFrame) -> dict[int, list[Rows]]:
    """Return, for a lane that lies under obstacles from end to end, the sets that uncover a piece of it."""
    bodies = table.geometry.to_numpy()
    lines = lanes.geometry.to_numpy()
    solid = np.flatnonzero(shapely.get_dimensions(bodies) == 2) if len(bodies) else np.zeros(0, np.int64)
    over: dict[int, list[int]] = {}
    if len(solid) and len(lines):
        for k, n in shapely.STRtree(lines).query(bodies[solid], predicate="intersects").T.tolist():
            over.setdefault(n, []).append(int(solid[k]))
    result = {}
    for n, rows in sorted(over.items()):
        if shapely.difference(lines[n], shapely.union_all(bodies[rows])).length > 1e-6:
            continue
        cuts = shapely.get_coordinates(shapely.intersection(lines[n], shapely.boundary(bodies[rows])))
        along = np.unique(np.r_[0.0, shapely.line_locate_point(lines[n], shapely.points(cuts)), lines[n].length])
        cells = shapely.line_interpolate_point(lines[n], (along[1:] + along[:-1])[np.diff(along) > 1e-6] / 2)
        sets = {frozenset(r for r in rows if shapely.intersects(bodies[r], cell)) for cell in cells}
        result[n] = sorted((s for s in sets if not any(o < s for o in sets)), key=sorted)
    return result
