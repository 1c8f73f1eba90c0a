"""Dead ends and the ground on which a fire engine can turn round there (尽头式消防车道、回车场)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from firelane.lanes.naming import place_label, unique_labels
from firelane.lanes.space import FreeSpace, Spaces
from firelane.lanes.squares import SIZE_SLACK_M, Square, largest_square
from firelane.vocabulary import LaneEnd

MOST_M = 20.0
"""Squares larger than this are not told apart: "20 m or more"."""

OUTSIDE = "outside"
JOIN_M = 15.0
"""An open end of a lane with no lane of its own to go on with joins the nearest one within this."""

INTO_M = 2.0
"""The dead end begins this far beyond the disc of the junction: what lies before is the other lane's."""

DEAD_END_COLUMNS = ("dead_end_id", "lane_id", "lane_ids", "root", "length_m", "tip_x", "tip_y", "geometry")
TURNING_COLUMNS = (
    "dead_end_id", "lane_id", "side_m", "upper_m", "rotation_deg", "from_tip_m", "bare_side_m", "owners", "geometry",
)  # fmt: skip


@dataclass(frozen=True)
class DeadEnd:
    """Lanes with a single way out: a chain, or a tree of them.

    ``root`` is ``junction`` (the last place with another way out), ``mouth`` (the site's only way in) or ``none``
    (no way leads there at all). ``length_m`` runs from the middle of the root to the farthest tip, which is
    ``tip``, on ``lane_id``. ``lines`` are the centrelines as far as they are this dead end's; ``way`` leads from
    the root to the tip.
    """

    dead_end_id: str
    lane_ids: tuple[str, ...]
    lane_id: str
    root: str
    length_m: float
    tip: tuple[float, float]
    lines: BaseGeometry
    way: shapely.LineString


@dataclass(frozen=True)
class TurningArea:
    """The largest square beside a dead end in which nothing stands up to the envelope's height.

    ``from_tip_m`` is how far before the tip the way leaves it for the last time (0 at the tip itself). ``bare``
    is the largest square on the pavement if nothing stood there, ``owners`` what stands in that one.
    """

    dead_end_id: str
    square: Square
    from_tip_m: float
    bare: Square
    owners: tuple[str, ...]

    def fits(self, size_m: float) -> bool | None:
        """Tell whether a square of a side fits; None where the search did not settle it."""
        if self.square.side_m >= size_m - SIZE_SLACK_M:
            return True
        return False if self.square.upper_m < size_m else None


# ---------------------------------------------------------------------------------------- the graph


@dataclass
class _Graph:
    """Lanes as edges between places; ``outside`` is one place, whatever mouth one leaves by."""

    ends: dict[int, tuple[str, str]]
    length: dict[int, float]
    at: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, spaces: Spaces) -> _Graph:
        lanes = spaces.network.lanes
        names = _nodes(spaces)
        graph = cls({n: names[n] for n in range(len(lanes))}, dict(enumerate(lanes["length_m"].astype(float))))
        for n, pair in graph.ends.items():
            for node in pair:
                graph.at[node].append(n)
        return graph

    def other(self, lane: int, node: str) -> str:
        a, b = self.ends[lane]
        return b if a == node else a

    def hanging(self) -> set[int]:
        """Return the lanes that are left out when loose ends are taken off until none is left."""
        degree = {node: len(lanes) for node, lanes in self.at.items()}
        gone: set[int] = set()
        loose = [node for node in sorted(degree) if degree[node] == 1 and node != OUTSIDE]
        while loose:
            node = loose.pop()
            lane = next((n for n in self.at[node] if n not in gone), None)
            if lane is None:
                continue
            gone.add(lane)
            onward = self.other(lane, node)
            degree[onward] -= 1
            if degree[onward] == 1 and onward != OUTSIDE:
                loose.append(onward)
        return gone

    def farthest(self, start: str, allowed: set[int], first: int | None = None) -> tuple[float, list[int], str]:
        """Return length, lanes and end of the longest way from a place over hanging lanes (a tree)."""
        best: tuple[float, list[int], str] = (0.0, [], start)
        stack: list[tuple[str, float, list[int]]] = [(start, 0.0, [])]
        while stack:
            node, length, way = stack.pop()
            if length > best[0] + 1e-9:
                best = (length, way, node)
            onward = [n for n in self.at[node] if n in allowed and n not in way and (way or first in (None, n))]
            stack += [(self.other(n, node), length + self.length[n], [*way, n]) for n in onward]
        return best

    def reachable(self, start: str, first: int, allowed: set[int]) -> list[int]:
        """Return the hanging lanes behind a lane, that lane first."""
        found, seen, stack = [first], {first}, [self.other(first, start)]
        while stack:
            node = stack.pop()
            for lane in sorted(self.at[node]):
                if lane in allowed and lane not in seen:
                    seen.add(lane)
                    found.append(lane)
                    stack.append(self.other(lane, node))
        return found


def _nodes(spaces: Spaces) -> list[tuple[str, str]]:
    """Return the places that each lane joins."""
    network = spaces.network
    lanes, mouths = network.lanes, network.mouths
    kinds = lanes[["start_kind", "end_kind"]].to_numpy(object)
    labels = lanes[["start_node", "end_node"]].to_numpy(object)
    # Roads drawn as lanes of their own and cut ones have nodes of their own: the same label is the same place.
    count: dict[str, int] = defaultdict(int)
    for label in labels.ravel():
        count[str(label)] += 1
    lines = lanes.geometry.to_numpy()
    shut = mouths[[v is not None and v == v and not bool(v) for v in mouths["openable"]]] if len(mouths) else mouths  # noqa: PLR0124
    result = []
    for n in range(len(lanes)):
        pair = []
        for k in (0, 1):
            end = shapely.Point(lines[n].coords[-k])
            if kinds[n][k] == LaneEnd.MOUTH.value:
                closed = len(shut) and bool((shut.geometry.distance(end) < 1.0).any())
                pair.append(f"shut-{n}-{k}" if closed else OUTSIDE)
            elif kinds[n][k] == LaneEnd.TIP.value:
                pair.append(f"tip-{n}-{k}")
            else:
                label = str(labels[n][k])
                pair.append(label if count[label] > 1 else _onward(n, end, lines, labels))
        result.append((pair[0], pair[1]))
    return result


def _onward(lane: int, end: shapely.Point, lines: np.ndarray, labels: np.ndarray) -> str:
    """Return the place at which an end that stands alone goes on: into another lane, or a road that is none."""
    others = np.flatnonzero(np.arange(len(lines)) != lane)
    if len(others):
        away = shapely.distance(lines[others], end)
        nearest = int(others[np.argmin(away)])
        if float(away.min()) <= JOIN_M:
            a, b = (shapely.Point(lines[nearest].coords[k]) for k in (0, -1))
            return str(labels[nearest][0 if end.distance(a) <= end.distance(b) else 1])
    return OUTSIDE


# ----------------------------------------------------------------------------------------- dead ends


def measure_dead_ends(spaces: Spaces) -> list[DeadEnd]:
    """Return the dead ends of a site, by id.

    Lanes from which one can go on, on to another way out or round a block, are none; what hangs on them is, from
    the last place with another way out to its farthest tip.
    """
    lanes = spaces.network.lanes
    if not len(lanes):
        return []
    graph = _Graph.of(spaces)
    hanging = graph.hanging()
    done: set[int] = set()
    found: list[DeadEnd] = []
    for lane in sorted(hanging):
        for node in sorted(set(graph.ends[lane])):
            alive = node == OUTSIDE or any(n not in hanging for n in graph.at[node])
            if alive and lane not in done:
                branch = graph.reachable(node, lane, hanging)
                done.update(branch)
                _, way, _ = graph.farthest(node, set(branch), lane)
                found.append(_dead_end(spaces, graph, node, branch, way))
    for lane in sorted(hanging - done):
        if lane in done:
            continue
        branch = graph.reachable(graph.ends[lane][0], lane, hanging)
        done.update(branch)
        _, _, one = graph.farthest(graph.ends[lane][0], set(branch))
        _, way, _ = graph.farthest(one, set(branch))
        found.append(replace(_dead_end(spaces, graph, one, branch, way), root="none"))
    order = sorted(range(len(found)), key=lambda n: (round(found[n].tip[0], 3), round(found[n].tip[1], 3)))
    labels = unique_labels([place_label("D", *found[n].tip) for n in order])
    named = [replace(found[n], dead_end_id=label) for n, label in zip(order, labels, strict=True)]
    return sorted(named, key=lambda item: item.dead_end_id)


def _dead_end(spaces: Spaces, graph: _Graph, node: str, branch: list[int], way: list[int]) -> DeadEnd:
    network = spaces.network
    lines = network.lanes.geometry.to_numpy()
    ids = network.lanes["lane_id"].to_numpy(object)
    xy, at = [], node
    for lane in way:
        part = np.asarray(lines[lane].coords)
        forward = graph.ends[lane][0] == at
        xy.append(part if forward else part[::-1])
        at = graph.other(lane, at)
    line = shapely.LineString(np.vstack(xy))
    radii = dict(zip(network.junctions["node_id"], network.junctions["radius_m"], strict=True))
    trim = 0.0 if node == OUTSIDE or node not in radii else float(np.nan_to_num(radii[node])) + INTO_M
    first = lines[branch[0]] if graph.ends[branch[0]][0] == node else shapely.reverse(lines[branch[0]])
    own = substring(first, min(trim, first.length / 2), first.length)
    length = sum(graph.length[n] for n in way)
    tip = line.coords[-1]
    return DeadEnd(
        "", tuple(str(ids[n]) for n in branch), str(ids[way[-1]]), "mouth" if node == OUTSIDE else "junction", length,
        (float(tip[0]), float(tip[1])), shapely.multilinestrings([own, *(lines[n] for n in branch[1:])]), line,
    )  # fmt: skip


# --------------------------------------------------------------------------------------- turning areas


@dataclass(frozen=True)
class TurningGround:
    """Where squares are looked for; built once, asked for one dead end after the other."""

    spaces: Spaces
    width_m: float

    @cached_property
    def _space(self) -> FreeSpace:
        return self.spaces.envelope[0]

    @cached_property
    def _known(self) -> dict[str, TurningArea]:
        return {}

    def at(self, dead_end: DeadEnd, size_m: float) -> TurningArea:
        """Return the largest square that touches a dead end, certain as far as ``size_m`` is concerned.

        Parameters
        ----------
        dead_end : DeadEnd
        size_m : float
            Whether a square of this side fits is settled [m].
        """
        known = self._known.get(dead_end.dead_end_id)
        if known is None or known.fits(size_m) is None:
            known = self._known[dead_end.dead_end_id] = self._look(dead_end, size_m)
        return known

    def _look(self, dead_end: DeadEnd, size_m: float) -> TurningArea:
        space = self._space
        shapes = space.table.geometry.to_numpy()
        walls = [g for g in shapes if shapely.get_dimensions(g) < 2] if len(shapes) else []
        square = self._largest(space.free, dead_end, walls, size_m)
        bare = square
        owners: tuple[str, ...] = ()
        if len(shapes) and square.side_m < MOST_M and shapely.dwithin(shapes, dead_end.lines, 2 * MOST_M).any():
            bare = self._largest(space.area, dead_end, [], size_m)
            if bare.side_m > square.side_m + SIZE_SLACK_M:
                inner = bare.polygon.buffer(-1e-6)
                inside = [str(o) for o, g in zip(space.table["owner"], shapes, strict=True) if g.intersects(inner)]
                owners = tuple(dict.fromkeys(inside))
        return TurningArea(dead_end.dead_end_id, square, _from_tip(dead_end, square, self.width_m), bare, owners)

    def _largest(
        self, free: BaseGeometry, dead_end: DeadEnd, walls: Sequence[BaseGeometry], size_m: float
    ) -> Square:
        """Search round the passage along the dead end, as far as it is free and hangs together."""
        reach = 2 * MOST_M
        west, south, east, north = dead_end.lines.bounds
        window = (west - reach, south - reach, east + reach, north + reach)
        near = shapely.clip_by_rect(free, *window)
        passage = shapely.intersection(
            shapely.buffer(dead_end.lines, self.width_m / 2, cap_style="flat"), near
        )
        parts = [p for p in shapely.get_parts(passage) if shapely.get_dimensions(p) == 2]
        own = [p for p in parts if p.intersection(dead_end.lines).length > 1e-6]
        sizes = [size_m] if size_m <= MOST_M else []
        return largest_square(near, shapely.union_all(own), walls=walls, most_m=MOST_M, sizes_m=sizes)


def _from_tip(dead_end: DeadEnd, square: Square, width_m: float) -> float:
    """Return how far before the tip the way passes the square for the last time [m]."""
    if square.side_m <= 0:
        return float(dead_end.way.length)
    beside = shapely.intersection(dead_end.way, square.polygon.buffer(width_m / 2 + 0.02))
    xy = shapely.get_coordinates(beside)
    if not len(xy):  # beside a side arm: from where that one leaves the way
        xy = np.asarray([square.centre])
    at = shapely.line_locate_point(dead_end.way, shapely.points(xy))
    return float(dead_end.way.length - at.max())


def dead_end_table(found: Iterable[DeadEnd], spaces: Spaces) -> gpd.GeoDataFrame:
    """Return dead ends as a table (columns ``DEAD_END_COLUMNS``); MultiLineString."""
    rows = [
        (d.dead_end_id, d.lane_id, ",".join(d.lane_ids), d.root, d.length_m, *d.tip, d.lines) for d in found
    ]  # fmt: skip
    return _frame(DEAD_END_COLUMNS, rows, spaces)


def turning_table(found: Iterable[tuple[DeadEnd, TurningArea]], spaces: Spaces) -> gpd.GeoDataFrame:
    """Return turning areas as a table (columns ``TURNING_COLUMNS``); Polygon, the square itself."""
    rows = [
        (d.dead_end_id, d.lane_id, a.square.side_m, a.square.upper_m, a.square.rotation_deg, a.from_tip_m,
         a.bare.side_m, ",".join(a.owners), a.square.polygon)
        for d, a in found if a.square.side_m > 0
    ]  # fmt: skip
    return _frame(TURNING_COLUMNS, rows, spaces)


def _frame(columns: Sequence[str], rows: Sequence[tuple[object, ...]], spaces: Spaces) -> gpd.GeoDataFrame:
    table = gpd.GeoDataFrame(
        {name: [row[n] for row in rows] for n, name in enumerate(columns[:-1])},
        geometry=gpd.GeoSeries([row[-1] for row in rows], crs=spaces.site.crs), crs=spaces.site.crs,
    )  # fmt: skip
    return table[list(columns)]
