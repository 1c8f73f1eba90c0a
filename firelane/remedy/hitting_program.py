"""The linear and the integer programme over the cuts found so far."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from firelane.remedy.graph import Cut

EQUAL = 1e-6


@dataclass
class Programme:
    """Min Σ cost x subject to Σ x over every cut >= 1, x in {0, 1}.

    Attributes
    ----------
    cost : Mapping
        Row → cost.
    cuts : list of frozenset
    """

    cost: Mapping[int, int]
    cuts: list[Cut] = field(default_factory=list)
    _known: set[Cut] = field(default_factory=set)
    _columns: dict[int, int] = field(default_factory=dict)

    def add(self, cut: Cut) -> bool:
        """Add a cut; False for one that is known."""
        if cut in self._known:
            return False
        self._known.add(cut)
        self.cuts.append(cut)
        for row in sorted(cut):
            self._columns.setdefault(row, len(self._columns))
        return True

    def rounded(self, bound: float) -> float:
        """Return a lower bound rounded up where all costs are integers."""
        whole = all(float(c).is_integer() for c in self.cost.values())
        return float(math.ceil(bound - EQUAL)) if whole else bound

    def _system(self) -> tuple[np.ndarray, Any]:
        from scipy.sparse import csr_matrix  # noqa: PLC0415  (slow to import, needed where something bars)

        order = [sorted(self._columns[row] for row in cut) for cut in self.cuts]
        begin = np.cumsum([0, *map(len, order)])
        index = np.array([n for columns in order for n in columns], np.int32)
        matrix = csr_matrix((np.ones(len(index)), index, begin), shape=(len(order), len(self._columns)))
        return np.array([float(self.cost[row]) for row in self._columns]), matrix

    def relaxed(self) -> tuple[float, dict[int, float]]:
        """Return value and solution of the linear relaxation."""
        from scipy.optimize import linprog  # noqa: PLC0415

        cost, matrix = self._system()
        found = linprog(cost, A_ub=-matrix, b_ub=-np.ones(len(self.cuts)), bounds=(0, None), method="highs-ds")
        return float(found.fun), dict(zip(self._columns, np.clip(found.x, 0.0, 1.0).tolist(), strict=True))

    def whole(self, nodes: int) -> tuple[float, set[int] | None]:
        """Return a lower bound and, where the search completed, the optimal set.

        Parameters
        ----------
        nodes : int
            Most nodes of the search tree.
        """
        from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415

        cost, matrix = self._system()
        found = milp(
            cost, constraints=LinearConstraint(matrix, lb=1.0), integrality=np.ones(len(cost)), bounds=Bounds(0, 1),
            options={"mip_rel_gap": 0.0, "node_limit": nodes},
        )  # fmt: skip
        bound = float(found.mip_dual_bound) if found.mip_dual_bound is not None else 0.0
        if found.status != 0 or found.x is None:
            return bound, None
        return bound, {row for row, x in zip(self._columns, found.x, strict=True) if x > 0.5}
