"""Which way a lane runs: from the end nearer to an entrance, the way one drives in."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from firelane.vocabulary import LaneEnd

Node = tuple[float, float]
Key = tuple[int, int]

_ORDER = {LaneEnd.MOUTH.value: 0, LaneEnd.JUNCTION.value: 1, LaneEnd.TIP.value: 2}
_FAR = float("inf")


def _key(node: Node) -> Key:
    return round(node[0] * 10), round(node[1] * 10)


def backwards(
    nodes: Sequence[tuple[Node, Node]], kinds: Sequence[tuple[str, str]], lengths_m: Sequence[float], also: Sequence[Node] = ()
) -> list[bool]:
    """Tell which lanes have to be turned so that they start at the end nearer to an entrance.

    Parameters
    ----------
    nodes : sequence of pairs
        Start and end of each lane.
    kinds : sequence of pairs
        LaneEnd values of start and end.
    lengths_m : sequence of float
        Length of each lane [m].
    also : sequence of places
        Further places from which one drives in.
    """
    around: dict[Key, list[tuple[Key, float]]] = {}
    for (start, end), length in zip(nodes, lengths_m, strict=True):
        a, b = _key(start), _key(end)
        around.setdefault(a, []).append((b, length))
        around.setdefault(b, []).append((a, length))
    distance: dict[Key, float] = {}
    heap = [
        (0.0, _key(ends[n])) for ends, kind in zip(nodes, kinds, strict=True) for n in (0, 1)
        if kind[n] == LaneEnd.MOUTH.value
    ] + [(0.0, _key(place)) for place in also]  # fmt: skip
    heapq.heapify(heap)
    while heap:
        d, node = heapq.heappop(heap)
        if node in distance:
            continue
        distance[node] = d
        for other, length in around.get(node, ()):
            if other not in distance:
                heapq.heappush(heap, (d + length, other))

    def rank(node: Node, kind: str) -> tuple[float, int, Key]:
        key = _key(node)
        return round(distance.get(key, _FAR), 1), _ORDER[kind], key

    return [
        rank(ends[0], kind[0]) > rank(ends[1], kind[1]) for ends, kind in zip(nodes, kinds, strict=True)
    ]
