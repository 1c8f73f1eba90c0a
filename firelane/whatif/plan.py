"""What is prepared once for a site and shared by all its states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from firelane.lanes.records import LaneNetwork
from firelane.lanes.space import FreeSpace, Spaces
from firelane.rules import Rule
from firelane.site.model import Site
from firelane.whatif.lanes import LowMouth, Passage
from firelane.whatif.names import Names, Start
from firelane.whatif.overhead import Unknown
from firelane.whatif.spaces import EditedSpace, Ground
from firelane.whatif.things import Key, Thing


@dataclass(frozen=True)
class Plan:
    """What was prepared once and is shared by all states."""

    site: Site
    network: LaneNetwork
    rules: tuple[Rule, ...]
    passage: Passage
    envelope_m: float
    heights: tuple[float | None, ...]
    things: Mapping[Key, Thing]
    start: Start
    unknown: Unknown
    lane_rows: list[Any] = field(init=False)
    row_number: dict[str, int] = field(init=False)
    obstructions: int = field(init=False)
    place_of: dict[str, tuple[bool, int]] = field(init=False)
    mouths: dict[str, list[LowMouth]] = field(init=False)

    def __post_init__(self) -> None:
        """Give the lanes numbers, and the mouths of known height to the lanes they bar."""
        rows = list(self.network.lanes.itertuples())
        count = {False: 0, True: 0}
        place: dict[str, tuple[bool, int]] = {}
        for row in rows:
            flag = bool(row.designated)
            place[str(row.lane_id)] = (flag, count[flag])
            count[flag] += 1
        object.__setattr__(self, "lane_rows", rows)
        object.__setattr__(self, "row_number", {str(row.lane_id): n for n, row in enumerate(rows)})
        object.__setattr__(self, "obstructions", sum(key[0] == "obstructions" for key in self.things))
        object.__setattr__(self, "place_of", place)
        mouths: dict[str, list[LowMouth]] = {}
        names = Names(self.start)
        lanes = self.network.lanes.set_index("lane_id").geometry
        for row in self.network.mouths.itertuples():
            height = np.nan if row.clear_height_m is None else float(row.clear_height_m)
            if np.isnan(height) or not len(lanes):
                continue
            middle = row.geometry.interpolate(0.5, normalized=True)
            lane_id = str(lanes.distance(middle).idxmin()) if row.lane_id is None else str(row.lane_id)
            mouths.setdefault(lane_id, []).append(LowMouth(height, names.label(("entrances", str(row.entrance_id)))))
        object.__setattr__(self, "mouths", mouths)

    @cached_property
    def lane_trees(self) -> dict[bool, tuple[shapely.STRtree, list[str]]]:
        """Designated or not → STRtree of the centrelines, and their ids."""
        result = {}
        for flag in (False, True):
            mine = [row for row in self.lane_rows if bool(row.designated) == flag]
            result[flag] = (shapely.STRtree([row.geometry for row in mine]), [str(row.lane_id) for row in mine])
        return result

    @cached_property
    def widest_tip_m(self) -> float:
        """Width of the widest dead end [m]."""
        table = self.network.lanes[["start_width_m", "end_width_m"]].to_numpy(float)
        return float(np.nanmax(table, initial=0.0)) if table.size and not np.isnan(table).all() else 0.0


def prepared_spaces(plan: Plan) -> dict[bool, tuple[EditedSpace, ...]]:
    """Return the spaces as they are: on the ground, up to the envelope, up to any height.

    Where obstacles leave nothing free there is nothing to start from: then the bare area is.
    """
    bare = Spaces.of(plan.site, plan.network, plan.envelope_m)
    result: dict[bool, tuple[EditedSpace, ...]] = {}
    for flag in (False, True):
        if not (plan.network.lanes["designated"].to_numpy(bool) == flag).any():
            continue
        levels: list[EditedSpace] = []
        for n, height in enumerate(plan.heights):
            mine = {key for key, t in plan.things.items() if t.blocks(height)}
            if n and mine == {key for key, t in plan.things.items() if t.blocks(plan.heights[n - 1])}:
                levels.append(levels[-1])
                continue
            space: FreeSpace = bare.at(height, designated=flag)
            edits: dict[Key, Thing | None] = {}
            if space.boundary is None:
                edits = {key: plan.things[key] for key in mine}
                space = FreeSpace.build(space.area, space.table.iloc[:0], space.lanes, space.mouths)
            ground = Ground.of(space, plan.things)
            levels.append(EditedSpace(ground, height).edited(edits, {})[0])
        result[flag] = tuple(levels)
    return result
