"""The search itself, on graphs drawn by hand and at random: no geometry."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from firelane.lanes.gap_graph import GapGraph, Passage
from firelane.remedy.graph import Net
from firelane.remedy.hitting import Bar, Budget, Target, Way, least_removal


def graph(labels, edges, columns=1):
    """edges: (u, v, width, bits)."""
    edges = sorted(edges, key=lambda e: e[2])
    return GapGraph(
        label=np.array(labels), u=np.array([e[0] for e in edges], int), v=np.array([e[1] for e in edges], int),
        width_m=np.array([e[2] for e in edges], float), bits=tuple(e[3] for e in edges),
        ends=np.zeros((len(edges), 2, 2)), columns=columns, below_m=12.0,
        passages=tuple((Passage((c,)),) for c in range(columns)),
    )  # fmt: skip


def solve(g, cost, columns=(0,), **more):
    return least_removal([Target((Way(g, (c,)),)) for c in columns], cost, limit_m=4.0, **more)


WALL = -1


def test_the_cheaper_of_a_chain_goes():
    # wall – a – b – wall, the lane between a and b.
    g = graph([WALL, 0, 1], [(0, 1, 1.0, 0), (1, 2, 2.0, 1), (2, 0, 3.0, 0)])
    assert g.width(0) == (3.0, 2)
    found = solve(g, {0: 5, 1: 3})
    assert (found.rows, found.cost, found.lower_bound, found.proven) == ({1}, 3, 3, True)
    assert solve(g, {0: 5}).rows == {0}
    assert solve(g, {}).impossible
    assert solve(g, {}).bar.width_m == 3.0


@pytest.mark.parametrize(("width", "cost"), [(3.999998, 1), (3.9999995, 0), (4.0, 0)])
def test_a_gap_bars_if_it_is_narrower_than_the_limit_by_more_than_a_micrometre(width, cost):
    g = graph([WALL, 0], [(0, 1, 1.0, 0), (1, 0, width, 1)])
    assert solve(g, {0: 1}).cost == cost


def test_an_even_walk_bars_nothing():
    g = graph([WALL, 0, 1], [(0, 1, 1.0, 1), (1, 2, 1.0, 1), (2, 0, 1.0, 0)])
    assert solve(g, {0: 1, 1: 1}).rows == frozenset()
    assert g.width(0) == (12.0, -1)


def test_parts_of_one_obstacle_are_paid_for_once():
    # Two barriers, each through one part of row 0 (cost 5) or a car of its own (cost 3).
    edges = [(0, 1, 1.0, 1), (1, 2, 1.0, 0), (2, 0, 1.0, 0), (0, 3, 1.0, 1), (3, 4, 1.0, 0), (4, 0, 1.0, 0)]
    found = solve(graph([WALL, 0, 1, 0, 2], edges), {0: 5, 1: 3, 2: 3})
    assert (found.rows, found.proven) == ({0}, True)


def test_an_obstacle_that_bars_by_itself():
    g = graph([WALL, 0, 1], [(1, 1, 0.0, 1), (2, 2, 0.0, 0)])
    assert solve(g, {0: 7, 1: 1}).rows == {0}


def test_any_way_serves_a_target_and_each_names_what_it_needs():
    near = graph([WALL, 0], [(0, 1, 1.0, 1), (1, 0, 1.0, 0)])
    far = graph([WALL, 1, 2], [(0, 1, 1.0, 1), (1, 0, 1.0, 0), (0, 2, 1.0, 1), (2, 0, 1.0, 0)])
    ways = (Way(near, (0,)), Way(far, (0,)))
    assert least_removal([Target(ways)], {0: 5, 1: 2, 2: 2}, limit_m=4.0).rows == {1, 2}
    assert least_removal([Target(ways)], {0: 3, 1: 2, 2: 2}, limit_m=4.0).rows == {0}
    forced = (Way(near, (0,)), Way(None, (), frozenset({3})))
    assert least_removal([Target(forced)], {0: 5, 3: 4}, limit_m=4.0).rows == {3}
    # 3 is immovable: that way never opens. Nor does one that is barred.
    assert least_removal([Target(forced)], {0: 5}, limit_m=4.0).rows == {0}
    barred = Way(None, barred=True, bar=Bar(None, 2.5))
    found = least_removal([Target((barred,))], {0: 5}, limit_m=4.0)
    assert (found.impossible, found.bar) == (True, Bar(None, 2.5))
    assert least_removal([Target((barred, ways[0]))], {0: 5}, limit_m=4.0).rows == {0}


def test_all_columns_of_a_way_are_opened():
    g = graph([WALL, 0, 1], [(0, 1, 1.0, 0b01), (1, 0, 1.0, 0), (0, 2, 1.0, 0b10), (2, 0, 1.0, 0)], columns=2)
    found = least_removal([Target((Way(g, (0, 1)),))], {0: 1, 1: 1}, limit_m=4.0)
    assert found.rows == {0, 1}
    assert g.passage_width(0, {0}) == (12.0, -1)


def test_the_widest_passage_counts():
    g = graph([WALL, 0], [(0, 1, 1.0, 0b01), (1, 0, 1.5, 0), (0, 1, 2.5, 0b10)], columns=2)
    both = g.__class__(**{**g.__dict__, "passages": ((Passage((0,)), Passage((1,)), Passage((1,), frozenset({5}))),)})
    assert both.passage_width(0) == (2.5, 2)


def test_a_way_beside_something_is_none_without_it():
    # Column 0 is passed beside row 1, once row 0 is gone; without row 1 column 1 counts, which row 2 bars.
    g = graph(
        [WALL, 0, 1, 2], [(0, 1, 1.0, 0b01), (1, 0, 1.0, 0), (0, 2, 1.0, 0b01), (2, 0, 1.0, 0), (0, 3, 1.0, 0b10), (3, 0, 1.0, 0)],
        columns=2,
    )  # fmt: skip
    ways = (Way(g, (0,), stays=(frozenset({1}),)), Way(g, (1,), frozenset({1})))
    found = least_removal([Target(ways)], {0: 1, 1: 1, 2: 5}, limit_m=4.0)
    assert found.rows == {1, 2}
    # All that is known is that column 0 would cost 2: no proof.
    assert (found.cost, found.lower_bound, found.proven) == (6, 2, False)
    assert replace(g, passages=((Passage((0,), stays=(frozenset({1}),)),),)).passage_width(0, {0, 1}) == (0.0, -1)


def test_nothing_to_do_costs_nothing():
    found = least_removal([], {}, limit_m=4.0)
    assert (found.rows, found.cost, found.proven) == (frozenset(), 0.0, True)


@pytest.mark.parametrize("cost", [0, -1, math.nan])
def test_a_cost_is_positive(cost):
    with pytest.raises(ValueError, match="positive"):
        least_removal([], {0: cost}, limit_m=4.0)


def random_graph(rng, *, columns):
    nodes = int(rng.integers(4, 11))
    labels = [WALL, *(int(rng.integers(nodes - 2)) for _ in range(nodes - 1))]
    edges = [
        (int(a), int(z), float(rng.uniform(0, 4.6)), int(rng.integers(2**columns)))
        for a, z in rng.integers(nodes, size=(int(rng.integers(nodes, 3 * nodes)), 2))
    ]
    cost = {n: int(rng.integers(1, 9)) for n in sorted(set(labels) - {WALL}) if rng.random() < 0.9}
    return graph(labels, [e for e in edges if e[0] != e[1] or e[3]], columns), cost


def brute(g, cost, columns):
    rows = sorted(cost)
    every = itertools.chain.from_iterable(itertools.combinations(rows, k) for k in range(len(rows) + 1))
    open_ = [sum(cost[r] for r in gone) for gone in every if all(g.feasible(c, gone, 4.0) for c in columns)]
    return min(open_, default=math.inf)


def test_random_graphs_against_every_set():
    rng = np.random.default_rng(14)
    costs = []
    for _ in range(120):
        g, cost = random_graph(rng, columns=3)
        for columns in ((0,), (1,), (0, 1, 2)):
            found = solve(g, cost, columns)
            assert found.proven
            assert found.cost == brute(g, cost, columns)
            assert found.cost == (math.inf if found.impossible else sum(cost[r] for r in found.rows))
            costs.append(found.cost)
    assert sum(0 < c < math.inf for c in costs) > 100


def test_random_targets_of_several_ways_against_every_set():
    rng = np.random.default_rng(15)
    for _ in range(60):
        g, cost = random_graph(rng, columns=4)
        ways = [Way(g, (0,)), Way(g, (1, 2), frozenset(n for n in cost if rng.random() < 0.2))]
        found = least_removal([Target(tuple(ways)), Target((Way(g, (3,)),))], cost, limit_m=4.0)
        rows = sorted(cost)
        every = itertools.chain.from_iterable(itertools.combinations(rows, k) for k in range(len(rows) + 1))
        best = min((
            sum(cost[r] for r in gone) for gone in every
            if g.feasible(3, gone, 4.0)
            and any(way.forced <= set(gone) and all(g.feasible(c, gone, 4.0) for c in way.columns) for way in ways)
        ), default=math.inf)  # fmt: skip
        assert (found.cost, found.proven) == (best, True)


def hard(rng, nodes=22):
    """Many odd triangles among removable nodes: the linear relaxation says half of each."""
    edges = [(int(a), int(z), 1.0, 1) for a, z in rng.integers(1, nodes, size=(5 * nodes, 2)) if a != z]
    return graph([WALL, *range(nodes - 1)], edges), dict.fromkeys(range(nodes - 1), 1)


def test_without_a_budget_the_bounds_still_hold_and_nothing_is_called_proven():
    g, cost = hard(np.random.default_rng(3))
    full = solve(g, cost)
    assert full.proven
    for budget in (Budget(rounds=0, searches=0), Budget(rounds=2, searches=0), Budget(searches=1, nodes=1), Budget(cuts=0)):
        found = solve(g, cost, budget=budget)
        assert found.lower_bound <= full.cost <= found.cost
        assert found.proven == (found.cost <= found.lower_bound)
        assert g.feasible(0, found.rows, 4.0)
        assert found == solve(g, cost, budget=budget)  # counts, not seconds
    assert not solve(g, cost, budget=Budget(rounds=0, searches=0)).proven


def test_a_net_holds_only_what_lies_on_closed_walks():
    # 0 – 1 – 2 – 0 closed; 3 hangs on 2, 4 on 3; the wide gap is left out.
    g = graph([0, 1, 2, 3, 4], [(0, 1, 1, 1), (1, 2, 1, 0), (2, 0, 1, 0), (2, 3, 1, 1), (3, 4, 1, 1), (4, 0, 5, 0)])
    net = Net.of(g, 0, {0, 1, 2, 3, 4}, 4.0)
    assert net.rows == {0, 1, 2}
    assert not net.is_open(set())
    assert net.is_open({1})
    assert [cut for _, cut in net.cuts({}, below=math.inf, most=5, roots="each")] == [{0, 1, 2}]
