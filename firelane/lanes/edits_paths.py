"""The paths that change because obstacles come onto their ends, or leave them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from firelane.lanes.edits_net import Net
from firelane.lanes.paths import COVER_M, End, Way, filled_part, lane_path, ways_at

BESIDE_M = 0.05
"""An obstacle this near to a path's end may move it."""


@dataclass(frozen=True)
class NewPaths:
    """Paths under edits.

    Attributes
    ----------
    covered : frozenset of (lane, end)
        Ends on which an obstacle stands now.
    lines : Mapping
        Path → line, of those that are new or run another way.
    gone : frozenset of int
        Paths of the base that are no more, or run another way.
    ways : Mapping
        Junction → its ways, where they change.
    """

    covered: frozenset[End]
    lines: Mapping[int, LineString]
    gone: frozenset[int]
    ways: Mapping[str, list[Way]]


def changed_paths(net: Net, hidden: Collection[int], parts: Sequence[BaseGeometry]) -> NewPaths:
    """Return the paths that change because obstacles come onto their ends, or leave them."""
    ends, old = net.barriers.ends, net.barriers.paths
    come = [f for f in map(filled_part, parts) if f is not None]
    leave = [f for f, row in zip(net.filled, net.filled_row, strict=True) if row in hidden] if hidden else []
    changed = np.array([*come, *leave, None], dtype=object)[:-1]
    none = NewPaths(old.covered, {}, frozenset(), {})
    if not len(changed) or not len(ends.lines):
        return none

    def meeting(geometry: BaseGeometry, touch_m: float = 0.0) -> list[BaseGeometry]:
        near = np.sort(net.filled_tree.query(geometry, predicate="dwithin", distance=touch_m)).tolist()
        return [net.filled[n] for n in near if net.filled_row[n] not in hidden] + [
            f for f in come if shapely.dwithin(f, geometry, touch_m)
        ]

    under = np.unique(net.end_tree.query(changed, predicate="dwithin", distance=COVER_M)[1])
    places = {(int(k) // 2, -(int(k) % 2)): net.end_tree.geometries[k] for k in under}
    now = {end for end, place in places.items() if meeting(place, COVER_M)}
    covered = frozenset((old.covered - set(places)) | now)
    if not covered and not old.covered:
        return none
    turned = covered ^ old.covered
    nodes = {ends.node[end] for end in turned if end in ends.node}
    lanes = {n for n, _ in turned} | {n for node in nodes for n, at in ends.at_node[node] if (n, at) in covered | old.covered}
    concerned = {n for n, _ in covered | old.covered}
    beside = net.line_tree.query(changed, predicate="dwithin", distance=BESIDE_M)[1].tolist()
    lanes |= {n for n in beside if n < len(ends.lines) and n in concerned}
    for way in (way for node_ways in old.junctions for way in node_ways):
        if way.path in beside:
            lanes |= {lane for lane, _ in way.arms}
    shaken = {ends.node[n, at] for n in lanes for at in (0, -1) if (n, at) in ends.node and (n, at) in covered | old.covered}
    tails: dict[End, LineString] = {}
    lines: dict[int, LineString] = {}
    arms = {end for node in shaken for end in ends.at_node[node] if end in covered}
    for n in sorted(lanes | {n for n, _ in arms}):
        line, own = lane_path(ends, n, covered, meeting)
        tails |= own
        if not np.array_equal(shapely.get_coordinates(line), shapely.get_coordinates(old.lines[n])):
            lines[n] = line
    gone = set(lines)
    ways: dict[str, list[Way]] = {}
    last = len(old.lines)
    for node in sorted(shaken):
        gone |= {way.path for way in net.ways_of.get(node, ())}
        group = []
        for pair, line in ways_at(ends, node, covered, tails):
            group.append(Way(pair, last))
            lines[last] = line
            last += 1
        if group or node in net.ways_of:
            ways[node] = group
    return NewPaths(covered, lines, frozenset(gone), ways)
