"""Which planned bays can stay (Article 14, second sentence).

A least-removal problem over the planned bays, each of value 1: as few as possible are given up so that every
lane that passes without any of them still does, and every building reached without them still is. Existing
obstacles stay. A lane being passable from end to end, the buildings along it are mostly reached as well;
those that are not are asked for in a second round.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from firelane.lanes.obstacles import COLUMNS, owner_labels
from firelane.measure import Measurements
from firelane.remedy import words
from firelane.remedy.costs import Option
from firelane.remedy.plan_check import SLACK_M, Remeasured
from firelane.remedy.plan_solve import Found, Solver, Wanted
from firelane.vocabulary import ObstructionKind, ParkingStatus

ROUNDS = 4
"""How often buildings that turn out not to be reached are added to what is asked for."""


def plan_parking(measured: Measurements, name: words.Namer) -> Mapping[str, Any] | None:
    """Return how many of the planned bays can stay, and which have to be given up.

    Parameters
    ----------
    measured : Measurements
    name : callable
        Names owners.

    Returns
    -------
    dict or None
        None where no bay is planned. Keys: ``planned`` (number), ``count`` (kept), ``upper_bound``, ``proven``,
        ``kept``, ``given_up`` (owners), ``designated`` (inside a designated lane: given up whatever is left),
        ``alone`` (bays each of which bars a lane or the way to a building by itself), ``text_zh``, ``text_en``.
    """
    bays = _planned(measured)
    if not len(bays):
        return None
    return _Bays(measured, bays).result(name)


def _planned(measured: Measurements) -> gpd.GeoDataFrame:
    """Return the planned bays as obstacles."""
    parking = measured.site.layer("parking")
    labels = owner_labels(measured.site)
    rows = [
        (labels["parking", row.id], "parking", row.id, ObstructionKind.PARKING_BAY.value, None, True, False,
         math.nan, True, math.nan, row.geometry)
        for row in parking.itertuples() if row.status == ParkingStatus.PLANNED.value
    ]  # fmt: skip
    rows.sort(key=lambda row: row[0])  # the order of a file's rows must not decide between equal choices
    return gpd.GeoDataFrame(rows, columns=list(COLUMNS), geometry="geometry", crs=measured.site.crs)


@dataclass(frozen=True)
class _Bays:
    """The planned bays of one site among its other obstacles."""

    measured: Measurements
    bays: gpd.GeoDataFrame

    @cached_property
    def owners(self) -> list[str]:
        return list(self.bays["owner"])

    @cached_property
    def inside(self) -> frozenset[str]:
        """Bays inside a designated lane: a violation whatever width is left."""
        designated = self.measured.network.designated
        if designated.is_empty:
            return frozenset()
        area = shapely.area(shapely.intersection(self.bays.geometry.to_numpy(), designated))
        return frozenset(o for o, a in zip(self.owners, area.tolist(), strict=True) if a > 1e-4)

    @cached_property
    def full(self) -> Measurements:
        """The site with every planned bay occupied."""
        table = self.measured.spaces.table
        both = gpd.GeoDataFrame(
            pd.concat([table, self.bays], ignore_index=True), geometry="geometry", crs=self.measured.site.crs
        ) if len(table) else self.bays  # fmt: skip
        return replace(self.measured, spaces=replace(self.measured.spaces, table=both))

    @property
    def limit_m(self) -> float:
        return float(self.measured.envelope["width_m"])

    @cached_property
    def reached(self) -> list[str]:
        """Buildings that are reached without planned bays."""
        return sorted(
            r.building_id for r in self.measured.reach if r.widest_m is not None and r.widest_m >= self.limit_m - SLACK_M
        )

    @cached_property
    def free(self) -> Remeasured:
        """The site without planned bays."""
        return Remeasured.without(self.full, self.owners, self.reached)

    @cached_property
    def lanes(self) -> list[Wanted]:
        """Lanes that pass without planned bays."""
        ids = self.measured.network.lanes["lane_id"]
        return [Wanted("lane", i, reached=False) for i in ids if self.free.lane_width_m(i) >= self.limit_m - SLACK_M]

    def _solver(self, wanted: Sequence[Wanted]) -> Solver:
        options = {o: Option(o, ObstructionKind.PARKING_BAY.value, "remove", 1) for o in self.owners}
        return Solver(self.full, options, {}, self.free, wanted, self.inside)

    def _broken(self, given_up: frozenset[str]) -> list[str]:
        """Return the lanes and buildings that bays break; empty where all pass."""
        site = Remeasured.without(self.full, given_up, self.reached)
        need = self.limit_m - SLACK_M
        lanes = [w.id for w in self.lanes if site.lane_width_m(w.id) < need]
        return lanes + [b for b in self.reached if (site.reach[b].widest_m or 0.0) < need]

    def result(self, name: words.Namer) -> dict[str, Any]:
        """Solve, try, and say."""
        wanted = list(self.lanes)
        for _ in range(ROUNDS):
            solver = self._solver(wanted)
            found = solver.solve(wanted) if wanted else Found(self.inside, len(self.inside), len(self.inside), proven=True)
            broken = self._broken(found.owners)
            more = [Wanted("building", b) for b in self.reached if b in broken and Wanted("building", b) not in wanted]
            if not more:
                break
            wanted += more
        given_up = set(found.owners)
        if broken:
            # Not what was solved for: every bay that has a part in it goes, until all pass.
            given_up |= set(self.owners)
        alone = solver.alone(wanted, self.owners)
        planned, kept = len(self.owners), [o for o in self.owners if o not in given_up]
        bound = planned - found.lower_bound
        proven = bound == len(kept)
        up = [o for o in self.owners if o in given_up]
        zh, en = words.parking(
            planned, len(kept), bound, proven=proven, given_up=up, name=name,
            failing=len(self.measured.network.lanes) - len(self.lanes),
        )  # fmt: skip
        return {
            "planned": planned, "count": len(kept), "upper_bound": bound, "proven": proven, "kept": kept, "given_up": up,
            "alone": alone, "designated": [o for o in self.owners if o in self.inside], "text_zh": zh, "text_en": en,
        }  # fmt: skip
