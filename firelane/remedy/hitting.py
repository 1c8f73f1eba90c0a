"""The least-cost set of obstacles whose removal opens all targets (implicit hitting set).

Min c·x subject to Σ x over every cut >= 1: a cut is the set of removable obstacles of an odd closed walk of
gaps (see ``lanes.gap_graph``), of which at least one must go. Cuts are found as they are needed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from firelane.lanes.gap_graph import GapGraph
from firelane.remedy.graph import Cut, Net, Roots, combined
from firelane.remedy.hitting_program import EQUAL, Programme


@dataclass(frozen=True)
class Bar:
    """A gap that no removal opens: its contacts in site coordinates and its width [m]."""

    ends: tuple[tuple[float, float], tuple[float, float]] | None
    width_m: float


@dataclass(frozen=True)
class Way:
    """One way in which a target can be served: all its columns open *and* all forced rows removed.

    Attributes
    ----------
    graph : GapGraph or None
        None where only the forced rows matter (a place that a disc must stand on).
    columns : tuple of int
    forced : frozenset of int
        Rows that must go whatever else is done.
    barred : bool
        True where a pavement edge or other fixed body is in the way: this way never opens.
    bar : Bar or None
        That narrowness, where it is known.
    stays : tuple of frozenset of int
        Of each of these sets some row must stay, or this is no way (see ``Passage``).
    """

    graph: GapGraph | None
    columns: tuple[int, ...] = ()
    forced: frozenset[int] = frozenset()
    barred: bool = False
    bar: Bar | None = None
    stays: tuple[frozenset[int], ...] = ()


@dataclass(frozen=True)
class Target:
    """Something to reach or pass: served when *any* of its ways is open (several entrances, several places)."""

    ways: tuple[Way, ...]


@dataclass(frozen=True)
class Budget:
    """Limits of the search, as counts: the same input gives the same answer on any machine.

    Attributes
    ----------
    rounds : int
        Linear programmes solved.
    searches : int
        Integer programmes solved.
    cuts : int
    nodes : int
        Nodes of each integer programme's search tree.
    """

    rounds: int = 60
    searches: int = 60
    cuts: int = 20_000
    nodes: int = 20_000


@dataclass(frozen=True)
class Solution:
    """What to remove.

    Attributes
    ----------
    rows : frozenset of int
        Empty where nothing need go, or where ``impossible``.
    cost : float
        Their cost; inf where ``impossible``.
    lower_bound : float
        No set that opens all targets costs less.
    proven : bool
        True where cost <= lower_bound (also where ``impossible``).
    impossible : bool
        True where some target stays barred even without all removable obstacles.
    bar : Bar or None
        Where ``impossible``: the gap that stays too narrow on the best way.
    rounds, cuts : int
        Effort.
    """

    rows: frozenset[int]
    cost: float
    lower_bound: float
    proven: bool
    impossible: bool
    bar: Bar | None
    rounds: int
    cuts: int


Nets = dict[tuple[int, int], tuple[GapGraph, Net]]
"""(id of a graph, column) → the graph itself, so that its id stays its own, and its net."""

FEW, SOME, MANY = 6, 10, 12
"""Cuts taken per target at once: towards an incumbent, in the linear phase, after an integer solution."""


def least_removal(
    targets: Sequence[Target], cost: Mapping[int, int], *, limit_m: float, budget: Budget = Budget(),
    nets: Nets | None = None,
) -> Solution:  # fmt: skip
    """Return the least-cost set of obstacles that opens all targets for a disc.

    Parameters
    ----------
    targets : sequence of Target
        All of them are to be opened by one set (one target: its own remedy).
    cost : Mapping
        Row → cost (a positive integer) of every removable obstacle; all others are fixed.
    limit_m : float
        Width of the disc [m].
    budget : Budget
    nets : dict, optional
        Kept from search to search of the same costs and limit: parts of graphs that several of them share.

    Raises
    ------
    ValueError
        For a cost that is not positive: what costs nothing has no least set.
    """
    if any(not c > 0 for c in cost.values()):
        raise ValueError("every cost must be positive")
    search = _Search(targets, cost, limit_m, budget, {} if nets is None else nets)
    everything = frozenset(cost)
    shut = [n for n in range(len(targets)) if not search.is_open(n, everything)]
    if shut:
        bar = _bar([targets[n] for n in shut], everything, limit_m)
        return Solution(
            rows=frozenset(), cost=np.inf, lower_bound=np.inf, proven=True, impossible=True, bar=bar, rounds=0, cuts=0
        )
    return search.run()


@dataclass
class _Search:
    targets: Sequence[Target]
    cost: Mapping[int, int]
    limit_m: float
    budget: Budget
    nets: Nets
    best: frozenset[int] | None = None
    bound: float = 0.0
    rounds: int = 0
    programme: Programme = field(init=False)

    def __post_init__(self) -> None:
        self.programme = Programme(self.cost)
        self._removable = frozenset(self.cost)
        self._ways = [self._ways_of(target) for target in self.targets]
        self._rows = [
            frozenset().union(*(way.forced.union(*(net.rows for net in nets)) for way, nets in ways)) for ways in self._ways
        ]

    def _net(self, graph: GapGraph, column: int) -> Net:
        key = (id(graph), column)
        if key not in self.nets:
            self.nets[key] = graph, Net.of(graph, column, self._removable, self.limit_m)
        return self.nets[key][1]

    def _ways_of(self, target: Target) -> list[tuple[Way, list[Net]]]:
        return [
            (way, [self._net(way.graph, c) for c in way.columns] if way.graph is not None else [])
            for way in target.ways if not way.barred and way.forced <= self.cost.keys()
        ]  # fmt: skip

    def is_open(self, n: int, removed: Collection[int]) -> bool:
        """Tell whether a target is served without some rows."""
        return any(not _lost(way, removed) and _served(way, nets, removed) for way, nets in self._ways[n])

    def _cuts(
        self, n: int, weight: Mapping[int, float], below: float, most: int, roots: Roots,
        gone: Collection[int] = (),
    ) -> list[Cut]:  # fmt: skip
        """Return cuts of one target that a set (weights inf) or a relaxed solution leaves unhit: one cycle per way.

        Ways that are none without the rows ``gone`` do not count; then the cuts hold for larger sets alone.
        """
        choices = []
        for way, nets in self._ways[n]:
            if _lost(way, gone):
                continue
            found = [(weight.get(row, 0.0), frozenset((row,))) for row in sorted(way.forced) if weight.get(row, 0.0) < below]
            for net in nets:
                found += net.cuts(weight, below=below, most=most, roots=roots)
            if not found:
                return []
            found.sort(key=lambda c: (c[0], len(c[1]), sorted(c[1])))
            if not found[0][1]:
                continue  # fixed bodies alone: this way never opens
            choices.append(found[:most])
        cuts = dict.fromkeys(combined(choices, most))
        return [cut for cut in cuts if sum(weight.get(row, 0.0) for row in sorted(cut)) < below]

    def _unhit(self, removed: Collection[int], most: int) -> list[Cut]:
        weight = {row: np.inf if row in removed else 1.0 for row in self.cost}
        found: dict[Cut, None] = {}
        for n in range(len(self.targets)):
            if not any(_served(way, nets, removed) for way, nets in self._ways[n]):
                found |= dict.fromkeys(self._cuts(n, weight, np.inf, most, "each"))
        return list(found)

    def _improve(self, start: Collection[int]) -> None:
        """Make an inclusion-minimal solution of a set, and keep it if it is the best."""
        removed = set(start)
        while cuts := self._unhit(removed, FEW):
            often = Counter(row for cut in cuts for row in cut)
            for cut in cuts:
                self.programme.add(cut)
                if not cut & removed:
                    removed.add(min(cut, key=lambda row: (self.cost[row], -often[row], row)))
        # Where a junction is passed otherwise without what covers it: these cuts hold for this set alone.
        while shut := [n for n in range(len(self.targets)) if not self.is_open(n, removed)]:
            weight = {row: np.inf if row in removed else 1.0 for row in self.cost}
            own = [cut for n in shut for cut in self._cuts(n, weight, np.inf, FEW, "each", removed)]
            if not own:
                return
            removed.add(min(own[0], key=lambda row: (self.cost[row], row)))
        for row in sorted(removed, key=lambda row: (-self.cost[row], row)):
            rest = removed - {row}
            if all(self.is_open(n, rest) for n, rows in enumerate(self._rows) if row in rows):
                removed = rest
        if self.best is None or self._price(removed) < self._price(self.best):
            self.best = frozenset(removed)

    def _price(self, rows: Collection[int]) -> float:
        return float(sum(self.cost[row] for row in rows))

    @property
    def _closed(self) -> bool:
        return self._price(self.best or ()) <= self.bound + EQUAL

    def run(self) -> Solution:
        """Search until the bound meets the incumbent or the budget is spent."""
        self._improve(())
        if self.programme.cuts:
            self._relax()
            if not self._closed:
                self._search()
        assert self.best is not None
        price = self._price(self.best)
        return Solution(
            rows=self.best, cost=price, lower_bound=min(self.bound, price), proven=self._closed, impossible=False,
            bar=None, rounds=self.rounds, cuts=len(self.programme.cuts),
        )  # fmt: skip

    def _relax(self) -> None:
        x: dict[int, float] = {}
        while self.rounds < self.budget.rounds and len(self.programme.cuts) < self.budget.cuts:
            self.rounds += 1
            bound, x = self.programme.relaxed()
            self.bound = max(self.bound, self.programme.rounded(bound))
            if self._closed:
                return
            # Walks between obstacles alone are few and dear to find: only when the others are all hit.
            if not self._tighten(x, "fixed") and not self._tighten(x, "every"):
                break
        self._improve({row for row, value in x.items() if value > 0.5})

    def _tighten(self, x: Mapping[int, float], roots: Roots) -> int:
        """Add cuts that a relaxed solution leaves unhit; return how many."""
        return sum(
            self.programme.add(cut)
            for n in range(len(self.targets)) for cut in self._cuts(n, x, 1 - EQUAL, SOME, roots)
        )  # fmt: skip

    def _search(self) -> None:
        for _ in range(self.budget.searches):
            if len(self.programme.cuts) >= self.budget.cuts:
                return
            self.rounds += 1
            bound, rows = self.programme.whole(self.budget.nodes)
            self.bound = max(self.bound, self.programme.rounded(bound))
            if rows is None or self._closed:
                return
            cuts = self._unhit(rows, MANY)
            for cut in cuts:
                self.programme.add(cut)
            self._improve(rows)
            if not cuts or self._closed:
                return


def _lost(way: Way, removed: Collection[int]) -> bool:
    return any(rows.issubset(removed) for rows in way.stays)


def _served(way: Way, nets: Sequence[Net], removed: Collection[int]) -> bool:
    return way.forced.issubset(removed) and all(net.is_open(removed) for net in nets)


def _bar(targets: Sequence[Target], removed: Collection[int], limit_m: float) -> Bar | None:
    """Return what stays too narrow on the best way of the worst of some targets."""
    worst: Bar | None = None
    for target in targets:
        best: Bar | None = None
        for way in target.ways:
            bar = _narrowest(way, removed, limit_m)
            if bar is not None and (best is None or bar.width_m > best.width_m):
                best = bar
        if best is not None and (worst is None or best.width_m < worst.width_m):
            worst = best
    return worst


def _narrowest(way: Way, removed: Collection[int], limit_m: float) -> Bar | None:
    found = [way.bar] if way.bar is not None else []
    for column in way.columns if way.graph is not None else ():
        assert way.graph is not None
        width, edge = way.graph.width(column, removed)
        if edge >= 0 and width < limit_m:
            (a, b), (c, d) = way.graph.ends[edge].tolist()
            found.append(Bar(((a, b), (c, d)), width))
    return min(found, key=lambda bar: bar.width_m, default=None)
