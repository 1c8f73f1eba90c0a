"""The site that a drawing is judged against, near a local origin: pavement, edges, lanes, mouths."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from firelane.lanes.edges import pavement_edges
from firelane.markings.existing import existing_paint
from firelane.markings.lines import Edges, one_sided
from firelane.vocabulary import LaneEnd, PaintKind

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from firelane.lanes.records import LaneNetwork
    from firelane.markings.parameters import Dimensions
    from firelane.site.model import Site

    Floats = NDArray[np.float64]
    Objects = NDArray[np.object_]


@dataclass(frozen=True)
class Entrance:
    """A mouth: its line, the unit vector into the site, and its width square to that [m]."""

    entrance_id: str
    lane_id: str | None
    line: BaseGeometry
    inward: Floats

    @property
    def middle(self) -> Floats:
        """The middle of the line."""
        return np.asarray(shapely.get_coordinates(self.line)[[0, -1]].mean(axis=0))

    @property
    def width_m(self) -> float:
        """Width square to the way in [m]."""
        ends = shapely.get_coordinates(self.line)[[0, -1]]
        return abs(float((ends[1] - ends[0]) @ np.array([self.inward[1], -self.inward[0]])))

    def axes(self, geometry: Any) -> Any:
        """Return geometry in the axes of the mouth: x to the right of a driver who enters, y inwards."""
        right = np.array([self.inward[1], -self.inward[0]])
        turn = np.stack([right, self.inward], axis=1)
        return shapely.transform(geometry, lambda xy: (xy - self.middle) @ turn)

    def back(self, xy: Floats) -> Floats:
        """Return a point of the mouth's axes in local coordinates."""
        right = np.array([self.inward[1], -self.inward[0]])
        return np.asarray(self.middle + xy[0] * right + xy[1] * self.inward)


@dataclass(frozen=True)
class Ground:
    """Everything about the site that the judgement needs.

    ``surveyed_kerb`` tells of which kerbs the width of the top was surveyed.
    """

    site: Site
    network: LaneNetwork
    dims: Dimensions
    origin: Floats
    pavement: BaseGeometry
    judged: BaseGeometry
    edges: Edges
    surveyed_kerb: NDArray[np.bool_]
    lane_ids: list[str]
    lane_lines: Objects
    entrances: tuple[Entrance, ...]

    @cached_property
    def lane_tree(self) -> shapely.STRtree:
        """Index of the lanes."""
        return shapely.STRtree(self.lane_lines)

    def site_xy(self, xy: Any) -> tuple[float, float]:
        """Return a local point in the site's coordinates."""
        return float(xy[0] + self.origin[0]), float(xy[1] + self.origin[1])

    def along(self, xy: Floats) -> tuple[str | None, float | None]:
        """Return lane and chainage of a point."""
        if not len(self.lane_lines):
            return None, None
        point = shapely.Point(float(xy[0]), float(xy[1]))
        n = int(self.lane_tree.nearest(point))
        return self.lane_ids[n], float(shapely.line_locate_point(self.lane_lines[n], point))

    def local(self, geometry: Any) -> Any:
        """Return geometry of the site near the local origin."""
        return shapely.transform(geometry, lambda xy: xy - self.origin)

    @cached_property
    def stations(self) -> dict[str, Floats]:
        """Chainage and distance to the left and the right edge of each lane's stations."""
        table = self.network.stations
        values = np.column_stack([np.asarray(table[c], dtype=float) for c in ("chainage_m", "left_m", "right_m")])
        names = table["lane_id"].to_numpy(dtype=object)
        return {lane: values[names == lane] for lane in self.lane_ids}

    @cached_property
    def boxes_of_today(self) -> Objects:
        """Rectangles of the yellow boxes that the survey shows."""
        frames = [
            shapely.oriented_envelope(paint.outline)
            for paint in existing_paint(self.site, self.origin, self.dims)
            if paint.kind is PaintKind.BOX and not paint.wrong_colour
        ]
        out = np.empty(len(frames), dtype=object)
        out[:] = frames
        return np.asarray(out[shapely.get_type_id(out) == 3] if len(out) else out, dtype=object)

    @cached_property
    def boxes_tree(self) -> shapely.STRtree:
        """Index of them."""
        return shapely.STRtree(self.boxes_of_today)

    def mouth_ends(self) -> dict[str, tuple[bool, bool]]:
        """Tell for each lane whether it starts and ends at a mouth."""
        table = self.network.lanes
        return {
            str(lane): (start == LaneEnd.MOUTH, end == LaneEnd.MOUTH)
            for lane, start, end in zip(table["lane_id"], table["start_kind"], table["end_kind"], strict=True)
        }


def ground_of(site: Site, network: LaneNetwork, dims: Dimensions) -> Ground:
    """Return what the judgement needs of a site."""
    bounds = (0.0, 0.0) if network.pavement.is_empty else network.pavement.bounds[:2]
    origin = np.floor(np.asarray(bounds, dtype=float))

    def local(geometries: Any) -> Objects:
        array = np.empty(len(geometries), dtype=object)
        array[:] = list(geometries)
        return np.asarray(shapely.transform(array, lambda xy: xy - origin)) if len(array) else array

    lanes = local(network.lanes.geometry)
    lane_ids = [str(name) for name in network.lanes["lane_id"]]
    table = pavement_edges(site, network)
    edges = Edges(
        table["edge_id"].to_numpy(dtype=object), table["lane_id"].to_numpy(dtype=object), table["kerbed"].to_numpy(dtype=bool),
        table["kerb_height_m"].fillna(dims.number("kerb_height_m")).to_numpy(dtype=float),
        table["kerb_top_width_m"].fillna(dims.number("kerb_top_width_m")).to_numpy(dtype=float),
        local(table.geometry),
    )  # fmt: skip
    surveyed = dict(zip(table["edge_id"], table["kerb_top_width_m"].notna(), strict=True))
    side = dims.word("edge_line_sides")
    if side != "both":
        edges = one_sided(edges, dict(zip(lane_ids, lanes, strict=True)), side)
    entrances = tuple(
        Entrance(str(row.entrance_id), None if pd.isna(row.lane_id) else str(row.lane_id), line,
                 np.array([float(row.inward_x), float(row.inward_y)]))
        for row, line in zip(network.mouths.itertuples(), local(network.mouths.geometry), strict=True)
    )  # fmt: skip
    pavement, judged = (shapely.transform(g, lambda xy: xy - origin) for g in (network.pavement, network.judged))
    flags = np.array([bool(surveyed[name]) for name in edges.edge_id], dtype=bool)
    return Ground(site, network, dims, origin, pavement, judged, edges, flags, lane_ids, lanes, entrances)
