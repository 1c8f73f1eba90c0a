"""A remedy is tried before it is told: the site is measured again without what should go.

Independent of how the remedy was found: the same measurements as those of the audit.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.narrowing import Narrowing
from firelane.lanes.obstacles import owner_labels
from firelane.lanes.reach import CAP_M
from firelane.lanes.space import FreeSpace, Spaces
from firelane.measure import Measurements
from firelane.measure.pinches import PinchTable, pinch_table
from firelane.measure.reach import Reach, _sources, measure_reach
from firelane.measure.width import measure_widths

SURROUNDINGS_M = 30.0
"""How far from a lane's axis its surroundings reach: well beyond the widest road and the widest gap sought."""

SLACK_M = 1e-6
"""Contract §2: judged as ``value >= limit - 1e-6``."""


@dataclass(frozen=True)
class Remeasured:
    """A site with some obstacles taken away or moved, measured in the envelope.

    Attributes
    ----------
    measured : Measurements
        Of the site as it stands.
    spaces : Spaces
        The same network, other obstacles; its site holds the buildings that matter.
    """

    measured: Measurements
    spaces: Spaces

    @classmethod
    def without(
        cls, measured: Measurements, owners: Collection[str], buildings: Sequence[str] = ()
    ) -> Remeasured:
        """Take obstacles away, or lift them out of the envelope; mouths among ``owners`` are lifted too."""
        gone = list(owners)
        table = measured.spaces.table
        kept = table[~table["owner"].isin(gone).to_numpy(bool)].reset_index(drop=True)
        site, network, spaces = measured.site, measured.network, measured.spaces
        labels = owner_labels(site)
        raised = [row_id for (layer, row_id), label in labels.items() if layer == "entrances" and label in owners]
        if raised:
            mouths = network.mouths.copy()
            mouths.loc[mouths["entrance_id"].isin(raised), "clear_height_m"] = np.nan
            spaces = spaces.on(replace(network, mouths=mouths))
        every = site.layer("buildings")
        chosen = every[every["id"].isin(list(buildings)).to_numpy(bool)].reset_index(drop=True)
        site = replace(site, layers={**site.layers, "buildings": chosen})
        return cls(measured, replace(spaces, site=site, table=kept))

    def moved(self, owner: str, body: BaseGeometry) -> Remeasured:
        """Put one obstacle in another place."""
        table = self.spaces.table.copy()
        at = int(np.flatnonzero((table["owner"] == owner).to_numpy(bool))[0])
        bodies = table.geometry.to_numpy().copy()
        bodies[at] = body
        return Remeasured(self.measured, replace(self.spaces, table=table.set_geometry(bodies, crs=table.crs)))

    def near(self, lane_id: str) -> Remeasured:
        """Return the surroundings of one lane alone: for many trials of that lane's own width.

        The pavement is cut off beyond the lanes that meet it, where the cut can only be one more wall: a
        lane that passes here still has to be tried on the whole site. Widths that suffice are not told apart.
        """
        network = self.spaces.network
        lanes = network.lanes
        own = lanes[(lanes["lane_id"] == lane_id).to_numpy(bool)]
        nodes = {*own["start_node"], *own["end_node"]}
        meets = lanes["start_node"].isin(nodes).to_numpy(bool) | lanes["end_node"].isin(nodes).to_numpy(bool)
        zone = shapely.buffer(shapely.union_all(lanes.geometry.to_numpy()[meets]), SURROUNDINGS_M)
        shapely.prepare(zone)
        table = self.spaces.table
        by_it = shapely.intersects(zone, table.geometry.to_numpy())

        def inside(lines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
            return lines[shapely.contains_properly(zone, lines.geometry.to_numpy())].reset_index(drop=True)

        cut = replace(
            network, pavement=shapely.intersection(network.pavement, zone),
            judged=shapely.intersection(network.judged, zone), designated=shapely.intersection(network.designated, zone),
            lanes=lanes[meets].reset_index(drop=True), mouths=inside(network.mouths),
            openings=None if network.openings is None else inside(network.openings),
        )  # fmt: skip
        return Remeasured(
            self.measured, replace(self.spaces.on(cut), table=table[by_it].reset_index(drop=True), cap_m=self.limit_m)
        )

    @property
    def limit_m(self) -> float:
        """Width of the passage that is required [m]."""
        return float(self.measured.envelope["width_m"])

    @property
    def space(self) -> FreeSpace:
        """The pavement, in which fire engines arrive."""
        return self.spaces.envelope[0]

    @cached_property
    def _widths(self) -> tuple[dict[str, float], dict[str, list[Narrowing]]]:
        found = measure_widths(self.spaces.envelope, self.measured.profile, below_m=self.limit_m - SLACK_M)
        return found.clear_width_m, found.narrowings

    def lane_width_m(self, lane_id: str) -> float:
        """Return the clear width of a lane, 8 m standing for that or more [m]."""
        return float(np.minimum(self._widths[0].get(lane_id, np.nan), CAP_M))

    def narrowings(self, lane_id: str) -> list[Narrowing]:
        """Return where a lane is narrower than required, narrowest first."""
        return self._widths[1].get(lane_id, [])

    @cached_property
    def pinches(self) -> PinchTable:
        """Pinches with the owners of their ends."""
        return pinch_table(self.spaces, self._widths[1])

    def owners_of(self, space: FreeSpace, pinch: int) -> tuple[str, str] | None:
        """Return what a pinch lies between; None where that is no two things."""
        label = self.pinches.id_of(space, pinch)
        if label is None:
            return None
        table = self.pinches.table
        pair = table["owners"].iloc[int(np.flatnonzero((table["pinch_id"] == label).to_numpy())[0])]
        return str(pair[0]), str(pair[1])

    @cached_property
    def arriving_m(self) -> np.ndarray:
        """Widest disc that arrives in each piece of the pavement, from any entrance that admits one [m]."""
        assert self.space.widest_way is not None
        way = self.space.widest_way
        limits = [way.limits(np.array(at)).width_m for at in _sources(self.space, self.spaces.envelope_m).values()]
        return np.maximum.reduce(limits) if limits else np.zeros(way.pieces.count)

    def access_m(self, lane_id: str) -> float:
        """Return the widest disc that gets from an entrance onto a lane, 8 m standing for that or more [m].

        What arrives in a piece of free space between pinches got there; the centreline tells which pieces are
        the lane's.
        """
        if self.space.widest_way is None:
            return 0.0
        stations = self.measured.network.stations
        here = stations.geometry.to_numpy()[(stations["lane_id"] == lane_id).to_numpy(bool)]
        shapely.prepare(self.space.free)
        places = shapely.get_coordinates(here[shapely.contains(self.space.free, here)])
        if not len(places):
            return 0.0
        label, _ = self.space.widest_way.pieces.locate(places)
        return min(float(self.arriving_m[label].max()), CAP_M)

    @cached_property
    def reach(self) -> dict[str, Reach]:
        """How wide a vehicle gets to the buildings that matter."""
        found = measure_reach(self.spaces, access_distance_m=self.spaces.site.config.access_distance_m)
        return {item.building_id: item for item in found}
