"""The table of pinches below 8 m: widths, owners, which lane each is on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import cKDTree

from firelane.lanes.naming import place_label, unique_labels
from firelane.lanes.narrowing import Narrowing
from firelane.lanes.obstacles import owner_labels
from firelane.lanes.reach import CAP_M
from firelane.lanes.rings import segments_of
from firelane.lanes.space import FreeSpace, Spaces
from firelane.vocabulary import Level

MERGE_REACH_M = 2.0
EDGE_M = 1e-3
MERGE_WIDTH_M = 0.01
"""Minima whose prominence is below a centimetre are one place (definition of a plateau)."""


@dataclass(frozen=True)
class PinchTable:
    """All reported pinches, and the number of each in its space.

    Attributes
    ----------
    table : GeoDataFrame
        As ``Audit.pinches``.
    ids : dict
        (id of the space, number of the pinch in it) → pinch id.
    """

    table: gpd.GeoDataFrame
    ids: Mapping[tuple[int, int], str]

    def id_of(self, space: FreeSpace, pinch: int) -> str | None:
        """Return the id of a pinch of ``space``; None for -1 and for touches."""
        return self.ids.get((id(space), pinch))


def pinch_table(spaces: Spaces, narrowings: Mapping[str, list[Narrowing]]) -> PinchTable:
    """Return the pinches on the ground, and those that only the envelope has.

    Parameters
    ----------
    spaces : Spaces
    narrowings : Mapping
        Ground narrowings below the cap, by lane: they tell which pinches govern and which are bypassed.
    """
    labels = owner_labels(spaces.site)
    rows: list[tuple[object, ...]] = []
    keys: list[tuple[int, int]] = []
    governing = {(id(n[0].space), n[0].pinch) for n in narrowings.values() if n}
    through = {(id(w.space), w.pinch) for n in narrowings.values() for w in n}
    seen: set[int] = set()
    for level, levels in ((Level.GROUND, spaces.ground), (Level.ENVELOPE, spaces.envelope)):
        for space in levels:
            if id(space) in seen or space.pinches is None:
                continue
            seen.add(id(space))
            owners = _owners(spaces, space, labels)
            overhead = space.table["overhead"].to_numpy(bool) if len(space.table) else np.zeros(0, bool)
            contact = space.owners.row
            hangs = np.any(np.append(overhead, [False])[contact], axis=1)
            lane = _lane_of(space)
            told = space.pinches.reported & (space.pinches.width_m < CAP_M)
            chosen = np.flatnonzero(told & (hangs | (level is Level.GROUND)))
            chords = np.stack((space.pinches.p[chosen], space.pinches.q[chosen]), axis=1)
            for k, line in zip(chosen.tolist(), shapely.linestrings(chords), strict=True):
                key = (id(space), k)
                on_object = (contact[k] >= 0).any()
                keys.append(key)
                rows.append((
                    lane[k], level.value, float(space.pinches.width_m[k]), owners[k], key in governing,
                    bool(on_object and key not in through and level is Level.GROUND),
                    line,
                ))  # fmt: skip
    kept = _merged(rows, keys, through)
    keys, rows, alias = _taken(rows, keys, kept)
    middles = _middles(rows).tolist()
    order = sorted(
        range(len(rows)),
        key=lambda n: (rows[n][1] != "ground", round(middles[n][0], 3), round(middles[n][1], 3), rows[n][2]),
    )
    ids = unique_labels([place_label("P", *middles[n], per_m=10) for n in order])
    columns = ["pinch_id", "lane_id", "level", "width_m", "owners", "governing", "bypassed", "geometry"]
    table = gpd.GeoDataFrame(
        [(i, *rows[n]) for i, n in zip(ids, order, strict=True)], columns=columns, geometry="geometry",
        crs=spaces.site.crs,
    )  # fmt: skip
    known = {keys[n]: i for i, n in zip(ids, order, strict=True)}
    known |= {key: known[other] for key, other in alias.items()}
    return PinchTable(table, known | _same_on_the_ground(spaces, known))


def _middles(rows: list[tuple[object, ...]]) -> np.ndarray:
    """Return the middles of the chords."""
    lines = np.array([row[-1] for row in rows], dtype=object)
    middles: np.ndarray = shapely.get_coordinates(lines).reshape(-1, 2, 2).mean(axis=1)
    return middles


def _merged(
    rows: list[tuple[object, ...]], keys: list[tuple[int, int]], through: set[tuple[int, int]]
) -> np.ndarray:
    """Return, for each pinch, the number of the one that stands for it.

    Parallel kerbs, and bends drawn with many vertices, have a pinch at every vertex. Minima that
    differ by less than a centimetre, next to one another and between the same owners, are one place;
    the narrowest stands for it, of equals one that a lane leads through.
    """
    middles = _middles(rows)
    stands = np.arange(len(rows))
    if len(rows) < 2:
        return stands
    width = np.array([row[2] for row in rows], float)
    order = sorted(
        range(len(rows)),
        key=lambda n: (round(float(width[n]), 6), keys[n] not in through, middles[n][0], middles[n][1]),
    )
    rank = np.empty(len(rows), np.int64)
    rank[order] = np.arange(len(rows))
    # Of two neighbours that are alike, only the earlier in this order can stand for the later.
    kinds: dict[object, int] = {}
    kind = np.array([kinds.setdefault((row[1], frozenset(cast("tuple[str, ...]", row[3]))), len(kinds)) for row in rows])
    pairs = cKDTree(middles).query_pairs(MERGE_REACH_M, output_type="ndarray")
    later = np.where(rank[pairs[:, 0]] > rank[pairs[:, 1]], pairs[:, 0], pairs[:, 1])
    earlier = pairs.sum(axis=1) - later
    likely = (kind[later] == kind[earlier]) & (width[later] - width[earlier] < MERGE_WIDTH_M)
    later, earlier = later[likely], earlier[likely]
    by_rank = np.lexsort((rank[earlier], rank[later]))
    for n, other in zip(later[by_rank].tolist(), earlier[by_rank].tolist(), strict=True):
        if stands[n] == n and stands[other] == other:
            stands[n] = other
    return stands


def _taken(
    rows: list[tuple[object, ...]], keys: list[tuple[int, int]], stands: np.ndarray
) -> tuple[list[tuple[int, int]], list[tuple[object, ...]], dict[tuple[int, int], tuple[int, int]]]:
    """Return the pinches that stand for a place; what governs or is bypassed among the merged counts for it."""
    groups: dict[int, list[int]] = {}
    for n, other in enumerate(stands.tolist()):
        groups.setdefault(other, []).append(n)
    new_keys: list[tuple[int, int]] = []
    new_rows: list[tuple[object, ...]] = []
    alias: dict[tuple[int, int], tuple[int, int]] = {}
    for keeper in sorted(groups):
        members = groups[keeper]
        row = list(rows[keeper])
        row[4] = any(rows[n][4] for n in members)
        row[5] = all(rows[n][5] for n in members)
        new_keys.append(keys[keeper])
        new_rows.append(tuple(row))
        alias |= {keys[n]: keys[keeper] for n in members if n != keeper}
    return new_keys, new_rows, alias


def _same_on_the_ground(spaces: Spaces, known: Mapping[tuple[int, int], str]) -> dict[tuple[int, int], str]:
    """Return the ids of envelope pinches that stand on the ground as well."""
    levels = [s for s in spaces.envelope if not any(s is ground for ground in spaces.ground)]
    if not levels:
        return {}

    def places(space: FreeSpace) -> list[tuple[tuple[float, ...], ...]]:
        if space.pinches is None:
            return []
        ends = np.round(np.stack((space.pinches.p, space.pinches.q), axis=1), 6).tolist()
        return [tuple(sorted(map(tuple, pair))) for pair in ends]

    at = {
        place: known[id(space), k] for space in spaces.ground
        for k, place in enumerate(places(space)) if (id(space), k) in known
    }  # fmt: skip
    result = {}
    for space in levels:
        for k, place in enumerate(places(space)):
            if (id(space), k) not in known and (label := at.get(place)) is not None:
                result[id(space), k] = label
    return result


def _owners(
    spaces: Spaces, space: FreeSpace, labels: Mapping[tuple[str, str], str]
) -> list[tuple[str, str]]:
    """Return the owners of both contacts of every pinch."""
    assert space.pinches is not None
    contact = space.owners.row
    result = np.empty((len(contact), 2), dtype=object)
    names = space.table["owner"].to_numpy(object) if len(space.table) else np.zeros(0, object)
    on_object = contact >= 0
    if len(names):
        result[on_object] = names[contact[on_object]]
    rest = np.argwhere(~on_object)
    if len(rest):
        # By id, so that the order of the rows decides nothing where roads share an edge.
        roads = spaces.site.layer("roads").sort_values("id", ignore_index=True)
        # Segment by segment: an outline of a hundred thousand vertices is near to everything.
        segments, road = segments_of(shapely.boundary(roads.geometry.to_numpy()))
        whose = np.array([f"edge:{i}" for i in roads["id"]], dtype=object)
        ends = np.stack((space.pinches.p, space.pinches.q), axis=1)
        points = shapely.points(ends[rest[:, 0], rest[:, 1]])
        tree = shapely.STRtree(segments)
        (point, hit), distance = tree.query_nearest(points, all_matches=True, return_distance=True)
        first, last = np.full(len(points), len(roads), np.int64), np.full(len(points), -1, np.int64)
        np.minimum.at(first, point, road[hit])
        np.maximum.at(last, point, road[hit])
        # Where roads meet, the one that the contact's edge belongs to.
        shared = np.flatnonzero(first != last)
        if len(shared):
            assert space.boundary is not None
            h = space.pinches.half_edge[rest[shared, 0], rest[shared, 1]]
            middle = (space.boundary.start[h] + space.boundary.end[h]) / 2 + space.boundary.origin
            first[shared] = road[tree.nearest(shapely.points(middle))]
            # Better still, one that bounds the other side as well.
            beside: dict[int, dict[int, set[int]]] = {}
            touched = np.isin(rest[point, 0], rest[shared, 0])
            for n, r in zip(point[touched].tolist(), road[hit[touched]].tolist(), strict=True):
                beside.setdefault(int(rest[n, 0]), {}).setdefault(n, set()).add(r)
            for sides in beside.values():
                common = set.intersection(*sides.values())
                if len(sides) > 1 and common:
                    first[list(sides)] = min(common)
        away = np.zeros(len(points))
        away[point] = distance
        near = whose[first]
        lanes = spaces.site.layer("fire_lanes")
        if len(lanes) and space.area is spaces.network.designated:
            # The line of a designated lane inside a wider road is no kerb of the road. At its ends it meets
            # the road's edge: the middles of the edges on either side tell.
            boundary = space.boundary
            assert boundary is not None
            h = space.pinches.half_edge[rest[:, 0], rest[:, 1]]
            inner = away > EDGE_M
            for edge in (h, boundary.previous[h]):
                middle = (boundary.start[edge] + boundary.end[edge]) / 2 + boundary.origin
                off = tree.query_nearest(shapely.points(middle), all_matches=False, return_distance=True)[1] > EDGE_M
                inner |= off
            own = [f"edge:{labels['fire_lanes', i]}" for i in lanes["id"]]
            at = shapely.STRtree(shapely.boundary(lanes.geometry.to_numpy())).query_nearest(
                points, all_matches=False
            )[1]
            near[inner] = np.array([own[n] for n in at], dtype=object)[inner]
        result[rest[:, 0], rest[:, 1]] = near
    return [(str(a), str(b)) for a, b in result]


def _lane_of(space: FreeSpace) -> list[str | None]:
    """Return the lane nearest to the middle of each pinch: gaps beside a kerb are the lane's as well."""
    assert space.pinches is not None
    result: list[str | None] = [None] * len(space.pinches)
    if not len(space.lanes) or not len(space.pinches):
        return result
    middle = shapely.points((space.pinches.p + space.pinches.q) / 2)
    tree = shapely.STRtree(space.lanes.geometry.to_numpy())
    (_, lane), distance = tree.query_nearest(middle, all_matches=False, return_distance=True)
    ids = space.lanes["lane_id"].to_numpy(object)
    for k in np.flatnonzero(distance <= CAP_M):
        result[k] = str(ids[lane[k]])
    return result
