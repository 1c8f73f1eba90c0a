"""Owners of gaps as the audit names them, and how finely each was surveyed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from firelane.lanes.boundary import Floats
from firelane.site.model import LAYERS, Site
from firelane.whatif.things import EDITED, Key

if TYPE_CHECKING:
    from firelane.whatif.lanes import Narrow

EDGE_M = 1e-3

BOUNDING = ("roads", "fire_lanes", "obstructions", "parking", "entrances")
"""The layers whose things can bound a gap."""


@dataclass(frozen=True)
class Outlines:
    """Outlines of one layer's polygons, segment by segment: whose is the one nearest to a place."""

    ids: np.ndarray
    tree: shapely.STRtree

    @classmethod
    def of(cls, site: Site, layer: str) -> Outlines:
        """Read the outlines of a layer."""
        table = site.layer(layer)
        parts, row = shapely.get_parts(table.geometry.to_numpy(), return_index=True)
        rings, of = shapely.get_rings(parts, return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        same = ring[1:] == ring[:-1]
        segments = shapely.linestrings(np.stack((xy[:-1][same], xy[1:][same]), axis=1))
        ids = table["id"].to_numpy(object)[row[of[ring[:-1][same]]]]
        return cls(ids, shapely.STRtree(segments))

    def nearest(self, places: Floats) -> tuple[list[str], Floats]:
        """Return the id of the nearest polygon of each place, and the distance [m]."""
        found, distance = self.tree.query_nearest(shapely.points(places), return_distance=True)
        order = np.lexsort((found[1], found[0]))
        first = order[np.r_[True, np.diff(found[0][order]) > 0]]
        return [str(i) for i in self.ids[found[1][first]]], distance[first]


@dataclass(frozen=True)
class Start:
    """What names and accuracies rest on: it does not change with edits."""

    site: Site
    taken: Counter[str] = field(init=False)
    rows: Counter[str] = field(init=False)
    is_exact: bool = field(init=False)
    for_rows: frozenset[Key] = field(init=False)
    roads: Outlines = field(init=False)
    fire_lanes: Outlines | None = field(init=False)

    def __post_init__(self) -> None:
        """Count the ids and rows of all layers."""
        site = self.site
        taken = Counter(str(i) for layer in LAYERS if site.surveyed(layer) for i in site.layers[layer]["id"])
        object.__setattr__(self, "taken", taken)
        object.__setattr__(self, "rows", Counter({layer: len(site.layer(layer)) for layer in BOUNDING}))
        object.__setattr__(self, "is_exact", all(site.place_accuracy_m(layer) == 0 for layer in LAYERS))
        things = site.layer("obstructions")
        alone = things[things["stands_for_row"] == True] if "stands_for_row" in things else things[:0]  # noqa: E712  (may be missing)
        object.__setattr__(self, "for_rows", frozenset(("obstructions", str(i)) for i in alone["id"]))
        object.__setattr__(self, "roads", Outlines.of(site, "roads"))
        own = Outlines.of(site, "fire_lanes") if len(site.layer("fire_lanes")) else None
        object.__setattr__(self, "fire_lanes", own)


@dataclass(frozen=True)
class Names:
    """Names under edits.

    Attributes
    ----------
    start : Start
    come, gone : collections of keys
        Things that the site did not have, or has no more.
    """

    start: Start
    come: Collection[Key] = ()
    gone: Collection[Key] = ()

    @cached_property
    def _change(self) -> Counter[str]:
        change = Counter(i for _, i in self.come)
        change.subtract(Counter(i for _, i in self.gone))
        return change

    def label(self, key: Key) -> str:
        """Return a thing's id, or ``<layer>:<id>`` where two layers share it."""
        return key[1] if self.start.taken[key[1]] + self._change[key[1]] <= 1 else f"{key[0]}:{key[1]}"

    def of_narrow(self, narrow: Narrow, *, designated: bool) -> tuple[str, ...]:
        """Return the owners of a narrow place: of the governing pinch first, then the rest of its chain."""
        first = [
            self.label(body.key) if body is not None else self._edge(places, designated=designated)
            for body, places in narrow.contacts
        ]
        rest = sorted(self.label(body.key) for body in narrow.bodies)
        return tuple(dict.fromkeys([*first, *rest]))

    def _edge(self, places: Floats, *, designated: bool) -> str:
        ids, distance = self.start.roads.nearest(places)
        own = self.start.fire_lanes
        # The line of a designated lane inside a wider road is no kerb of the road.
        if not designated or own is None or (distance <= EDGE_M).all():
            return f"edge:{ids[0]}"
        return f"edge:{self.label(('fire_lanes', own.nearest(places[:1])[0][0]))}"

    def accuracy_m(self, *layers: str, heights: bool = False) -> float:
        """Return the coarsest survey accuracy among layers [m]: of places, or of what is told as a height."""
        site = self.start.site
        of = site.height_accuracy_m if heights else site.place_accuracy_m
        return max((of(layer) for layer in layers), default=0.0)

    def accuracy_of(self, owners: Sequence[str], *, heights: bool = False) -> float:
        """Return the coarsest survey accuracy of what bounds a gap [m]; kerbs where nothing is named."""
        if self.start.is_exact:
            return 0.0
        edges = [o.removeprefix("edge:") for o in owners if o[:5] == "edge:"]
        roads = [o for o in edges if o not in self._fire_lanes]
        layers = {self._layer_of.get(owner, "roads") for owner in owners if owner[:5] != "edge:"}
        layers |= {"fire_lanes"} if len(roads) < len(edges) else set()
        if heights:
            return self.accuracy_m(*(layers | ({"roads"} if roads or not layers else set())), heights=True)
        own = max((self.start.site.road_accuracy_m(road) for road in roads), default=0.0)
        return max(own, self.accuracy_m(*(layers or (() if roads else ("roads",)))))

    @cached_property
    def coarsest_m(self) -> float:
        """The coarsest accuracy of the layers that have rows and can bound a gap [m]."""
        if self.start.is_exact:
            return 0.0
        rows = self.start.rows + Counter(layer for layer, _ in self.come)
        rows.subtract(Counter(layer for layer, _ in self.gone))
        return self.accuracy_m(*(layer for layer in BOUNDING if rows[layer] > 0))

    @cached_property
    def _fire_lanes(self) -> set[str]:
        site = self.start.site
        roads = {str(i) for i in site.layer("roads")["id"]}
        return {self.label(("fire_lanes", str(i))) for i in site.layer("fire_lanes")["id"]} - roads

    @cached_property
    def _layer_of(self) -> Mapping[str, str]:
        site = self.start.site
        known = {
            (layer, str(i)) for layer in (*EDITED, "entrances") if site.surveyed(layer) for i in site.layers[layer]["id"]
        }
        return {self.label(key): key[0] for key in (known | set(self.come)) - set(self.gone)}

