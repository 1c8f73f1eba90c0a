"""From failing lanes and buildings to targets of the exact search, and back to obstacles by name.

Lanes are exact: what bars a lane is a matter of its gaps. A building may be served from a whole region. Sets
of obstacles are sought for samples of it; a bound that holds for all of the region is sought apart, with
samples that each stand for their surroundings (:mod:`firelane.remedy.plan_places`). Only where both meet is a
remedy called proven.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from firelane.lanes.gaps import GapGraph, gap_ends, lane_gaps, reach_gaps
from firelane.lanes.space import FreeSpace
from firelane.measure import Measurements
from firelane.remedy.costs import Option
from firelane.remedy.hitting import Budget, Nets, Solution, Target, Way, least_removal
from firelane.remedy.parking_alone import breaking_alone
from firelane.remedy.plan_check import SLACK_M, Remeasured
from firelane.remedy.plan_places import COARSE_M, FINE_M, Place, gaps_within, pieces_of, places, reach_m
from firelane.remedy.problem import lane_targets, pair_way

Floats = npt.NDArray[np.float64]

MOST_PLACES = 12
"""Places tried per building or lane: of more that are alike the first serve."""
MOST_SAMPLES = 48
"""Samples of a region for which a bound is sought; of a region that needs more none is claimed."""
MOST_SEARCHED = 3000
"""Subjects reached from entrances, times obstacles that may go: beyond this each is searched briefly, from few places
and without a bound for the region."""
FEW_PLACES = 2
BRIEF = Budget(rounds=0, searches=0)
MOST_PAIRS = 6000
"""Ways from an entrance to a place in one graph: beyond that no more samples are taken."""


@dataclass(frozen=True)
class Wanted:
    """A lane or building to be opened.

    Attributes
    ----------
    kind : str
        ``lane`` or ``building``.
    id : str
    reached : bool
        Whether a way from an entrance must lead onto the lane.
    """

    kind: str
    id: str
    reached: bool = True


@dataclass(frozen=True)
class Found:
    """A set of obstacles that opens what is wanted.

    Attributes
    ----------
    owners : frozenset of str
        Obstacles, and entrances that are too low.
    cost, lower_bound : int
    proven : bool
    """

    owners: frozenset[str]
    cost: int
    lower_bound: int
    proven: bool


@dataclass(frozen=True)
class _Region:
    """Places of one building or lane: those to be served, and samples for a bound (None: none is claimed)."""

    tried: tuple[tuple[float, float], ...]
    samples: tuple[Place, ...] | None


@dataclass(frozen=True)
class Solver:
    """Solves for the subjects of one site; graphs are built once and shared.

    Parameters
    ----------
    measured : Measurements
    options : Mapping
        owner → what can be done about it; the rest is fixed.
    low : Mapping
        lane → entrances over it that are too low, with what raising them takes.
    bare : Remeasured
        The site without all of these.
    wanted : sequence of Wanted
        Everything that will be asked for.
    also : frozenset of str
        Owners that go whatever is asked for.
    """

    measured: Measurements
    options: Mapping[str, Option]
    low: Mapping[str, Mapping[str, Option]]
    bare: Remeasured
    wanted: Sequence[Wanted]
    also: frozenset[str] = frozenset()
    _solved: dict[tuple[Wanted, ...], Found] = field(default_factory=dict)
    _parts: dict[tuple[int, tuple[int, ...]], GapGraph] = field(default_factory=dict)
    _lanes: dict[str, list[Target]] = field(default_factory=dict)
    _nets: Nets = field(default_factory=dict)

    @property
    def limit_m(self) -> float:
        """Width of the passage that is required [m]."""
        return float(self.measured.envelope["width_m"])

    @cached_property
    def mouths(self) -> dict[str, Option]:
        """Entrances that are too low, with what raising them takes."""
        return {owner: option for of_lane in self.low.values() for owner, option in of_lane.items()}

    @cached_property
    def owners(self) -> list[str]:
        """Names of the rows that all graphs share: obstacles, then entrances that are too low."""
        return [*self.measured.spaces.table["owner"], *sorted(self.mouths)]

    @cached_property
    def _row(self) -> dict[str, int]:
        return {owner: n for n, owner in enumerate(self.owners)}

    @cached_property
    def _cost(self) -> dict[int, int]:
        return {self._row[o]: option.cost for o, option in {**self.options, **self.mouths}.items()}

    def _names(self, space: FreeSpace) -> dict[int, int]:
        return {n: self._row[owner] for n, owner in enumerate(space.table["owner"])}

    # -- asking -------------------------------------------------------------------------------------

    def solve(self, wanted: Sequence[Wanted]) -> Found:
        """Return the least-cost set that opens everything that is wanted."""
        key = tuple(wanted)
        if len(key) == 1 and key[0] in self._rough:
            rough = self._rough[key[0]]
            if rough.proven or key[0] not in self._fine:
                return rough
        if key not in self._solved:
            self._solved[key] = self._solve(key, self._best)
        return self._solved[key]

    @cached_property
    def _many(self) -> bool:
        return sum(w.reached for w in self.wanted) * len(self.options) > MOST_SEARCHED

    @cached_property
    def _rough(self) -> dict[Wanted, Found]:
        """Answers to all that is wanted one by one, with coarse samples."""
        return {w: self._solve((w,), self._coarse) for w in self.wanted}

    @cached_property
    def _coarse(self) -> dict[Wanted, tuple[Target, Target | None]]:
        return self._places([w for w in self.wanted if w.reached], COARSE_M)

    @cached_property
    def _fine(self) -> dict[Wanted, tuple[Target, Target | None]]:
        if self._many:
            return {}
        return self._places([w for w in self.wanted if w.reached and not self._rough[w].proven], FINE_M)

    @cached_property
    def _best(self) -> dict[Wanted, tuple[Target, Target | None]]:
        """Coarse samples where they suffice, fine ones elsewhere; both serve as they come."""
        result = dict(self._coarse)
        for wanted, (served, bound) in self._fine.items():
            more = Target((*result[wanted][0].ways, *served.ways))
            result[wanted] = (more, bound or result[wanted][1])
        return result

    def _solve(self, wanted: tuple[Wanted, ...], at: Mapping[Wanted, tuple[Target, Target | None]]) -> Found:
        always = [Target((Way(None, (), frozenset({self._row[o]})),)) for o in sorted(self.also)]
        served, certain = list(always), list(always)
        for one in wanted:
            lane = self._lane(one.id) if one.kind == "lane" else []
            place, bound = at[one] if one.reached else (None, None)
            served += lane + ([place] if place is not None else [])
            certain += lane + ([bound] if bound is not None else [])
        budget = BRIEF if self._many and any(one.reached for one in wanted) else Budget()
        best = least_removal(served, self._cost, limit_m=self.limit_m, budget=budget, nets=self._nets)
        # Where no place had to be chosen, what serves is all there is.
        chosen = any(one.reached for one in wanted)
        least = least_removal(certain, self._cost, limit_m=self.limit_m, nets=self._nets) if chosen else best
        lower = 0 if least.impossible else _whole(least)
        if best.impossible:
            # None of the places tried can be served; what can be removed goes, and is tried by measuring.
            owners = frozenset(self.options) | frozenset(self.mouths)
            return Found(owners, sum(self._cost.values()), lower, proven=False)
        owners = frozenset(self.owners[r] for r in best.rows)
        cost = round(best.cost)
        if owners:
            lower = max(lower, min(self._cost.values()))  # something has to go: what is served already needs nothing
        return Found(owners, cost, min(lower, cost), lower >= cost)

    def alone(self, wanted: Sequence[Wanted], owners: Sequence[str]) -> list[str]:
        """Return those of ``owners`` each of which, alone among them, closes something that is wanted."""
        targets = [t for w in wanted if w.kind == "lane" for t in self._lane(w.id)]
        targets += [self._best[w][0] for w in wanted if w.reached]
        found = breaking_alone(targets, [self._row[o] for o in owners], limit_m=self.limit_m)
        return [o for o in owners if self._row[o] in found]

    # -- lanes --------------------------------------------------------------------------------------

    @cached_property
    def _lane_graphs(self) -> list[tuple[FreeSpace, GapGraph, GapGraph]]:
        result = []
        for space in self.measured.spaces.envelope:
            if len(space.lanes):
                graph = lane_gaps(space, below_m=self.limit_m)
                result.append((space, graph, graph.relabelled(self._names(space))))
        return result

    @cached_property
    def _lane_at(self) -> dict[str, tuple[int, int]]:
        return {
            lane_id: (k, n) for k, (space, _, _) in enumerate(self._lane_graphs)
            for n, lane_id in enumerate(space.lanes["lane_id"])
        }  # fmt: skip

    def _lane(self, lane_id: str) -> list[Target]:
        if lane_id not in self._lanes:
            self._lanes[lane_id] = self._lane_targets(lane_id)
        return self._lanes[lane_id]

    def _lane_targets(self, lane_id: str) -> list[Target]:
        k, n = self._lane_at[lane_id]
        space, graph, shared = self._lane_graphs[k]
        names = self._names(space)
        result = []
        for target in lane_targets(space, graph, n, limit_m=self.limit_m):
            ways = tuple(
                replace(
                    way, graph=None if way.graph is None else self._near(k, shared, way.columns),
                    forced=frozenset(names[r] for r in way.forced),
                )
                for way in target.ways
            )
            result.append(Target(ways))
        # What hangs over its mouth is in nobody's way but that of those who come by it: it is raised all the same.
        result += [Target((Way(None, (), frozenset({self._row[o]})),)) for o in self.low.get(lane_id, ())]
        return result

    def _near(self, space: int, graph: GapGraph, columns: tuple[int, ...]) -> GapGraph:
        """Return the part of a lane graph that can bar some columns.

        A closed walk comes apart into cycles that pass the kerb (node 0) once at most: what bars a lane lies in
        one cluster of bodies that hang together without it, and one of its gaps crosses the lane.
        """
        key = (space, columns)
        if key not in self._parts:
            inner = (graph.u != 0) & (graph.v != 0)
            nodes = len(graph.label)
            links = coo_matrix((np.ones(int(inner.sum()), np.int8), (graph.u[inner], graph.v[inner])), shape=(nodes, nodes))
            cluster = connected_components(links, directed=False)[1]
            of_edge = np.where(graph.u != 0, cluster[graph.u], cluster[graph.v])
            odd = np.add.reduce([graph.odd(c) for c in columns]) > 0
            keep = np.isin(of_edge, of_edge[odd])
            self._parts[key] = _without(graph, np.flatnonzero(~keep))
        return self._parts[key]

    # -- ways from the entrances --------------------------------------------------------------------

    @cached_property
    def _sources(self) -> list[tuple[int, frozenset[int]]]:
        """Mouths through which one comes, with what must be raised over them."""
        space = self.measured.spaces.envelope[0]
        height_m = self.measured.spaces.envelope_m
        result: list[tuple[int, frozenset[int]]] = []
        for n, row in enumerate(space.mouths.itertuples()):
            if row.openable is not None and not bool(row.openable):
                continue
            low = row.clear_height_m is not None and row.clear_height_m < height_m - SLACK_M
            label = next((o for o in self.mouths if o in (row.entrance_id, f"entrances:{row.entrance_id}")), None)
            if not low:
                result.append((n, frozenset()))
            elif label is not None:
                result.append((n, frozenset({self._row[label]})))
        return result

    def _places(self, wanted: Sequence[Wanted], grid_m: float) -> dict[Wanted, tuple[Target, Target | None]]:
        """Return the target whose ways lead to the places of each subject, and the one for a bound (or None)."""
        if not wanted:
            return {}
        space = self.measured.spaces.envelope[0]
        regions = {w: self._region(w, grid_m) for w in wanted}
        pairs: list[tuple[int | tuple[float, float], tuple[float, float]]] = []
        at: dict[Wanted, tuple[list[int], list[int]]] = {}
        for subject in wanted:
            region = regions[subject]
            tried, samples = [], []
            for xy in region.tried:
                tried.append(len(pairs))
                pairs += [(mouth, xy) for mouth, _ in self._sources]
            if region.samples is not None and len(pairs) > MOST_PAIRS:
                region = _Region(region.tried, None)
                regions[subject] = region
            for sample in region.samples or ():
                samples.append(len(pairs))
                pairs += [(mouth, sample.xy) for mouth, _ in self._sources]
            at[subject] = (tried, samples)
        names = self._names(space)
        graph = reach_gaps(space, pairs, below_m=self.limit_m)
        shared = graph.relabelled(names)
        result: dict[Wanted, tuple[Target, Target | None]] = {}
        for subject, region in regions.items():
            ways = []
            for xy, first in zip(region.tried, at[subject][0], strict=True):
                for k, (_, raised) in enumerate(self._sources):
                    way = pair_way(space, graph, first + k, [xy], limit_m=self.limit_m)
                    forced = frozenset(names[r] for r in way.forced) | raised
                    ways.append(replace(way, graph=None if way.graph is None else shared, forced=forced))
            bound: Target | None = None
            if region.samples is not None:
                relaxed = []
                for sample, first in zip(region.samples, at[subject][1], strict=True):
                    forced = frozenset(self._row[o] for o in sample.under)
                    loose = _without(shared, gaps_within(sample.crowd, shared.ends, reach_m(grid_m))[1])
                    relaxed += [
                        Way(loose, loose.passages[first + k][0].columns, forced | raised)
                        for k, (_, raised) in enumerate(self._sources)
                    ]
                bound = Target(tuple(relaxed))
            result[subject] = (Target(tuple(ways)), bound)
        return result

    @cached_property
    def _gaps(self) -> Floats:
        """Ends of all gaps of the pavement, those that are alike for every way too."""
        # The graph itself leaves out what is alike for every way.
        return gap_ends(self.measured.spaces.envelope[0], below_m=self.limit_m)

    def _region(self, wanted: Wanted, grid_m: float) -> _Region:
        grown = reach_m(grid_m)
        if wanted.kind == "building":
            site = self.measured.site
            buildings = site.layer("buildings")
            outline = shapely.boundary(
                buildings.geometry.iloc[int(np.flatnonzero((buildings["id"] == wanted.id).to_numpy())[0])]
            )
            near_m = site.config.access_distance_m + self.limit_m / 2
            place = self.bare.reach[wanted.id].place
            if self._many and place is not None:
                return _Region((place,), None)
            tried = self._samples(shapely.buffer(outline, near_m, quad_segs=32), grid_m, 0.0)
            tried.sort(key=lambda p: sum(self.options[o].cost for o in p.under))
            own = ([] if place is None else [place]) + [p.xy for p in tried]
            region = shapely.buffer(outline, (near_m + grown) / np.cos(np.pi / 128), quad_segs=32)
        else:
            lanes = self.measured.network.lanes
            line = lanes.geometry.iloc[int(np.flatnonzero((lanes["lane_id"] == wanted.id).to_numpy())[0])]
            own = self._on_lane(wanted.id, line)
            if self._many:
                return _Region(tuple(own[:FEW_PLACES]), None)
            region = shapely.buffer(self._sections(wanted.id), grown)
        samples = self._samples(region, grid_m, grown)
        return _Region(tuple(own[:MOST_PLACES]), tuple(samples) if len(samples) <= MOST_SAMPLES else None)

    def _samples(self, region: BaseGeometry, grid_m: float, slack_m: float) -> list[Place]:
        space = self.measured.spaces.envelope[0]
        movable = space.table["owner"].isin(list(self.options)).to_numpy(bool)
        bodies, owners = space.table.geometry.to_numpy(), space.table["owner"].to_numpy(object)
        return places(
            shapely.intersection(region, space.area), grid_m=grid_m, width_m=self.limit_m, slack_m=slack_m,
            fixed=self._fixed, movable=list(bodies[movable]), owners=list(owners[movable]),
            gaps=self._gaps,
        )  # fmt: skip

    @cached_property
    def _fixed(self) -> shapely.STRtree:
        """What never goes: the edges of the pavement, and obstacles that nothing can be done about."""
        space = self.measured.spaces.envelope[0]
        stays = ~space.table["owner"].isin(list(self.options)).to_numpy(bool)
        return shapely.STRtree(pieces_of([space.solid_edge, *space.table.geometry.to_numpy()[stays]]))

    def _sections(self, lane_id: str) -> BaseGeometry:
        """Return the whole breadth of a lane, station by station."""
        stations = self.measured.network.stations
        here = stations[(stations["lane_id"] == lane_id).to_numpy(bool)]
        xy = shapely.get_coordinates(here.geometry.to_numpy())
        heading = here["heading_rad"].to_numpy(float)
        normal = np.column_stack((-np.sin(heading), np.cos(heading)))
        ends = [xy + s * np.nan_to_num(here[c].to_numpy(float))[:, None] * normal for c, s in (("left_m", 1), ("right_m", -1))]
        cells = np.stack((ends[0][:-1], ends[0][1:], ends[1][1:], ends[1][:-1]), axis=1)
        return shapely.union_all(shapely.convex_hull(shapely.multipoints(cells)))

    def _on_lane(self, lane_id: str, line: BaseGeometry) -> list[tuple[float, float]]:
        """Return places in the middle of a lane where a disc fits beside everything fixed.

        The lane being passable, each is as good as any other; those that lie under least come first.
        """
        stations = self.measured.network.stations
        here = stations[(stations["lane_id"] == lane_id).to_numpy(bool)]
        xy = shapely.get_coordinates(here.geometry.to_numpy())
        heading = here["heading_rad"].to_numpy(float)
        aside = np.nan_to_num((here["left_m"] - here["right_m"]).to_numpy(float)) / 2
        middle = xy + aside[:, None] * np.column_stack((-np.sin(heading), np.cos(heading)))
        candidates = np.vstack((xy, middle))
        free = self.bare.space.free
        room = shapely.distance(shapely.points(candidates), shapely.boundary(free))
        thin = [g for g in self.bare.space.table.geometry.to_numpy() if shapely.get_dimensions(g) < 2]
        if thin:
            room = np.minimum(room, shapely.distance(shapely.points(candidates), shapely.union_all(thin)))
        fits = (room >= self.limit_m / 2 - SLACK_M / 2) & shapely.contains_xy(free, candidates)
        candidates = candidates[fits]
        if not len(candidates):
            return []
        table = self.measured.spaces.envelope[0].table
        movable = table["owner"].isin(list(self.options)).to_numpy(bool)
        weight = np.zeros(len(candidates))
        if movable.any():
            bodies = table.geometry.to_numpy()[movable]
            costs = np.array([self.options[o].cost for o in table["owner"].to_numpy(object)[movable]], float)
            place, body = shapely.STRtree(bodies).query(
                shapely.points(candidates), predicate="dwithin", distance=self.limit_m / 2
            )
            np.add.at(weight, place, costs[body])
        chosen = []
        # One place of each third of the lane, the freest; then the freest of all.
        share = shapely.line_locate_point(line, shapely.points(candidates), normalized=True)
        for k in range(3):
            third = np.flatnonzero((share * 3).astype(int).clip(0, 2) == k)
            if len(third):
                centre = np.abs(share[third] - (k + 0.5) / 3)
                chosen.append(int(third[np.lexsort((np.round(centre, 6), weight[third]))[0]]))
        return [(float(candidates[n][0]), float(candidates[n][1])) for n in chosen]


def _whole(solution: Solution) -> int:
    """Return a bound of whole costs, rounded up."""
    return int(np.ceil(solution.lower_bound - 1e-6))


def _without(graph: GapGraph, edges: npt.NDArray[np.int64]) -> GapGraph:
    """Return a gap graph without some of its gaps: what remains bars no more than before."""
    if not len(edges):
        return graph
    keep = np.ones(len(graph.u), bool)
    keep[edges] = False
    return replace(
        graph, u=graph.u[keep], v=graph.v[keep], width_m=graph.width_m[keep], ends=graph.ends[keep],
        bits=tuple(b for b, k in zip(graph.bits, keep.tolist(), strict=True) if k),
    )  # fmt: skip
