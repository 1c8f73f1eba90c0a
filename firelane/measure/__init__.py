"""What is measured on a site, one file per quantity; a measurement never knows a threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import geopandas as gpd

from firelane.lanes.bends_kerbs import Bend
from firelane.lanes.edges import pavement_edges
from firelane.lanes.reach import CAP_M
from firelane.lanes.records import LaneNetwork
from firelane.lanes.space import Spaces
from firelane.measure.bend_widths import BendRule, bend_widths
from firelane.measure.connectivity import Connectivity, measure_connectivity
from firelane.measure.facade import FacadeDistance, measure_facades
from firelane.measure.gates import Gate, measure_gates
from firelane.measure.height import Heights, measure_heights, station_heights
from firelane.measure.laser import Laser, measure_laser
from firelane.measure.lines import LineThings, measure_lines
from firelane.measure.obstruction import Standing, measure_obstructions
from firelane.measure.operating import Fronts
from firelane.measure.parking import PlannedBay, measure_planned_bays
from firelane.measure.pinches import PinchTable, pinch_table
from firelane.measure.reach import Reach, measure_reach
from firelane.measure.slope import Gradient, measure_gradients
from firelane.measure.turnaround import DeadEnd, TurningGround, measure_dead_ends
from firelane.measure.turning import measure_turning
from firelane.measure.width import Widths, measure_profile, measure_widths
from firelane.site.model import Site
from firelane.tracking.asked import Asked
from firelane.tracking.record import VehicleTracking


@dataclass(frozen=True)
class Measurements:
    """Everything measured on one site.

    Attributes
    ----------
    profile : GeoDataFrame
        As ``Audit.profile``.
    edges : GeoDataFrame
        Pavement edges of the judged lanes, as ``lanes.edges.pavement_edges`` gives them.
    envelope : Mapping
        ``width_m`` and ``height_m`` of the passage that was measured [m].
    laser : Laser or None
        What laser points tell of the heights; what hangs too low by them is among the obstructions of ``site``.
        None where no points lie over the lanes.
    tracking : tuple of VehicleTracking
        One for each vehicle that was asked for (``measure.tracked``).
    """

    site: Site
    network: LaneNetwork
    spaces: Spaces
    profile: gpd.GeoDataFrame
    widths: Widths
    heights: Heights
    pinches: PinchTable
    standing: list[Standing]
    planned_bays: list[PlannedBay]
    gates: list[Gate]
    reach: list[Reach]
    edges: gpd.GeoDataFrame
    envelope: Mapping[str, float]
    laser: Laser | None = None
    tracking: tuple[VehicleTracking, ...] = ()

    # What only some rules ask for is measured when one of them does, and once.

    @cached_property
    def on_lines(self) -> LineThings:
        """What stands on and hangs over lanes known as lines (``measure.lines``)."""
        return measure_lines(self.spaces, width_m=self.envelope["width_m"])

    @cached_property
    def facades(self) -> list[FacadeDistance]:
        """Distance between each building and the nearest lane edge."""
        return measure_facades(self.site, self.network, access_distance_m=self.site.config.access_distance_m)

    @cached_property
    def _bends(self) -> dict[float, list[Bend]]:
        return {}

    def bends(self, *, least_turn_deg: float) -> list[Bend]:
        """Return bends and junction corners with the radii of their kerbs (``measure.turning``)."""
        if least_turn_deg not in self._bends:
            self._bends[least_turn_deg] = measure_turning(self.site, self.network, least_turn_deg=least_turn_deg)
        return self._bends[least_turn_deg]

    @cached_property
    def dead_ends(self) -> list[DeadEnd]:
        """Lanes with a single way out (``measure.turnaround``)."""
        return measure_dead_ends(self.spaces)

    @cached_property
    def turning_ground(self) -> TurningGround:
        """Where the largest square beside a dead end is looked for (``measure.turnaround``)."""
        return TurningGround(self.spaces, self.envelope["width_m"])

    @cached_property
    def _gradients(self) -> dict[float, list[Gradient]]:
        return {}

    def gradients(self, *, base_m: float) -> list[Gradient]:
        """Return the steepest stretch of each lane (``measure.slope``)."""
        if base_m not in self._gradients:
            self._gradients[base_m] = measure_gradients(self.site, self.network, base_m=base_m)
        return self._gradients[base_m]

    @cached_property
    def _connectivity(self) -> dict[tuple[float, float], Connectivity]:
        return {}

    def connectivity(self, *, width_m: float, blocking_length_m: float) -> Connectivity:
        """Return the independent ways in, rings and cut places (``measure.connectivity``)."""
        asked = (width_m, blocking_length_m)
        if asked not in self._connectivity:
            arrivals = {
                r.building_id: r.place for r in self.reach
                if r.place is not None and (r.widest_m or 0.0) >= width_m - 1e-6
            }  # fmt: skip
            self._connectivity[asked] = measure_connectivity(
                self.spaces, width_m=width_m, access_distance_m=self.site.config.access_distance_m,
                blocking_length_m=blocking_length_m, arrivals=arrivals,
            )  # fmt: skip
        return self._connectivity[asked]

    @cached_property
    def _fronts(self) -> dict[float, Fronts]:
        return {}

    def fronts(self, recess_m: float) -> Fronts:
        """Return the walls of the buildings, from which operating ground is measured (``measure.operating``)."""
        return self._fronts.setdefault(recess_m, Fronts(self.spaces, recess_m))


def measure(site: Site, network: LaneNetwork, *, envelope: Mapping[str, float]) -> Measurements:
    """Measure a site.

    Parameters
    ----------
    site : Site
    network : LaneNetwork
    envelope : Mapping
        ``width_m`` and ``height_m`` of the passage that a fire engine needs: they come from the
        rules, and define which low things must be passed under [m].
    """
    laser = measure_laser(site, network, envelope=envelope)
    if laser is not None:
        site = laser.site_with(site)
    spaces = Spaces.of(site, network, envelope["height_m"])
    profile = measure_profile(spaces)
    profile["clear_height_m"] = station_heights(spaces, profile)
    widths = measure_widths(spaces.ground, profile, below_m=CAP_M)
    heights = measure_heights(spaces, width_m=envelope["width_m"])
    if laser is not None:
        profile["clear_height_m"] = laser.profile_heights(profile)
        low = laser.merged(heights.low, envelope["height_m"])
        sure = laser.lane_heights(heights.clear_height_m, envelope["height_m"], low)
        heights = replace(heights, low=low, clear_height_m=sure)
    return Measurements(
        site=site,
        network=network,
        spaces=spaces,
        profile=profile[["lane_id", "chainage_m", "clear_width_m", "section_width_m", "clear_height_m", "geometry"]],
        widths=widths,
        heights=heights,
        pinches=pinch_table(spaces, widths.narrowings),
        standing=measure_obstructions(spaces, widths.narrowings),
        planned_bays=measure_planned_bays(spaces),
        gates=measure_gates(spaces),
        reach=measure_reach(spaces, access_distance_m=site.config.access_distance_m),
        edges=pavement_edges(site, network),
        envelope=envelope,
        laser=laser,
    )


def track(measured: Measurements, asked: Sequence[Asked], rule: BendRule) -> Measurements:
    """Return the measurements with what vehicles can do on the site (``measure.tracked``).

    Parameters
    ----------
    measured : Measurements
    asked : sequence of Asked
    rule : BendRule
        How bends are measured, and the nominal radius that they are held against.
    """
    # the search is heavy to load
    from firelane.measure.tracked import measure_tracking  # noqa: PLC0415
    from firelane.tracking.turnround import EndOf  # noqa: PLC0415

    def ends() -> list[EndOf]:
        """Where it is not known which ends of lanes are ways out, none is a dead end."""
        found = measured.dead_ends if measured.site.complete("entrances") else []
        return [EndOf(d.dead_end_id, d.lane_id, d.tip, d.way, d.lane_ids) for d in found if d.root != "none"]

    def bends(item: Asked) -> gpd.GeoDataFrame:
        found = measured.bends(least_turn_deg=rule.least_turn_deg)
        return bend_widths(
            found, measured.profile, measured.widths.narrowings, measured.spaces, item.vehicle, item.policy, rule,
        )  # fmt: skip

    return replace(measured, tracking=measure_tracking(measured.spaces, asked, ends, bends))
