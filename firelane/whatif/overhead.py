"""Things of unknown height above the lanes: which lane each leaves unmeasured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely

from firelane.lanes.edits_clips import Clips
from firelane.lanes.records import LaneNetwork
from firelane.whatif.things import Key, Thing


@dataclass(frozen=True)
class Unknown:
    """The judged area, to tell which lane a thing hangs over."""

    clips: Clips
    lanes: np.ndarray
    ids: list[str]
    tree: shapely.STRtree

    @classmethod
    def of(cls, network: LaneNetwork) -> Unknown:
        """Prepare a network."""
        area = shapely.union_all([network.judged, network.designated])
        lines = network.lanes.geometry.to_numpy()
        return cls(Clips.of(area), lines, [str(i) for i in network.lanes["lane_id"]], shapely.STRtree(lines))

    def lanes_of(self, things: Iterable[Thing]) -> dict[Key, str | None]:
        """Return thing → lane, for those of unknown height that hang over the judged area."""
        result: dict[Key, str | None] = {}
        for thing in things:
            if not thing.overhead or not np.isnan(thing.clear_height_m):
                continue
            common = shapely.intersection(thing.shape, self.clips.within(shapely.box(*_grown(thing.shape.bounds))))
            if common.is_empty:
                continue
            met = np.sort(self.tree.query(common, predicate="intersects"))
            if len(met):
                result[thing.key] = self.ids[int(met[0])]
            elif len(self.ids):
                place = common.representative_point()
                result[thing.key] = self.ids[int(shapely.distance(self.lanes, place).argmin())]
        return result


def _grown(bounds: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    west, south, east, north = bounds
    return west - 1.0, south - 1.0, east + 1.0, north + 1.0
