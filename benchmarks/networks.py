"""Street networks to measure on: made from a seed, the same on every machine.

A square net of streets 60 m apart with wandering crossings; lanes 3.2–8 m wide; a kerb vertex about every
metre, off by a centimetre or so as surveyed kerbs are; parked cars, bollards and posts without radius.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

SPACING_M = 60.0
SIZES = {"1k": 3, "10k": 7, "100k": 20}
"""Crossings per side of the net that gives about so many boundary vertices."""

LARGEST = {"1M": 58}
"""The same for what takes seconds even alone."""


@dataclass(frozen=True)
class Network:
    """Free space of a network, its posts, one place in the middle of each lane and its axis; what it was made of."""

    road: shapely.Geometry
    cars: np.ndarray
    bollards: np.ndarray
    free: shapely.Geometry
    posts: np.ndarray
    places: np.ndarray
    axes: np.ndarray

    @property
    def vertices(self) -> int:
        return int(shapely.get_num_coordinates(self.free))


def street_network(side: int, seed: int = 0) -> Network:
    """Make the network of ``side`` × ``side`` crossings."""
    rng = np.random.default_rng(seed)
    i, j = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
    node = np.stack([i, j], axis=-1) * SPACING_M + rng.normal(0, 6, (side, side, 2))
    ends = np.concatenate(
        [
            np.stack([node[:-1], node[1:]], axis=2).reshape(-1, 2, 2),
            np.stack([node[:, :-1], node[:, 1:]], axis=2).reshape(-1, 2, 2),
        ]
    )
    width_m = rng.uniform(3.2, 8, len(ends))
    axes = _curved(ends, rng)
    lanes = shapely.buffer(axes, width_m / 2, cap_style="flat", quad_segs=4)
    squares = shapely.buffer(shapely.points(node.reshape(-1, 2)), 4, quad_segs=4)
    road = shapely.segmentize(shapely.union_all([*lanes, *squares]), 1.0)
    road = shapely.make_valid(shapely.transform(road, lambda xy: xy + _wobble(xy)))
    road = max(shapely.get_parts(road), key=shapely.area)
    cars = _beside(ends, width_m, rng, per_lane=2, inset_m=0.7)
    angle = np.arctan2(*(ends[:, 1] - ends[:, 0]).T[::-1]).repeat(2) + rng.normal(0, 0.05, len(cars))
    stands = _beside(ends, width_m, rng, per_lane=2, inset_m=0.4)
    bollards = shapely.buffer(shapely.points(stands), 0.1, quad_segs=3)
    boxes = _boxes(cars, angle, 4.8, 1.9)
    free = road.difference(shapely.union_all([*boxes, *bollards]))
    free = max(shapely.get_parts(free), key=shapely.area)
    posts = _beside(ends, width_m, rng, per_lane=1, inset_m=0.5)
    shapely.prepare(free)
    places = ends.mean(axis=1)
    return Network(road, boxes, stands, free, posts[shapely.contains_xy(free, posts)], places[shapely.contains_xy(free, places)], axes)


def _curved(ends: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    t = np.linspace(0, 1, 13)[None, :, None]
    along = ends[:, 1] - ends[:, 0]
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.hypot(*along.T)[:, None]
    sag = rng.normal(0, 1.5, len(ends))[:, None, None]
    return shapely.linestrings(ends[:, :1] + along[:, None] * t + across[:, None] * sag * np.sin(np.pi * t))


def _wobble(xy: np.ndarray) -> np.ndarray:
    """Make noise of about a centimetre that depends on the place alone: shared vertices stay shared."""
    return 0.01 * np.column_stack([np.sin(xy @ [12.9898, 78.233]), np.sin(xy @ [39.346, 11.135])])


def _beside(
    ends: np.ndarray, width_m: np.ndarray, rng: np.random.Generator, per_lane: int, inset_m: float
) -> np.ndarray:
    a, b = ends[:, 0].repeat(per_lane, axis=0), ends[:, 1].repeat(per_lane, axis=0)
    along = b - a
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.hypot(*along.T)[:, None]
    side = rng.choice([-1, 1], len(a)) * (width_m.repeat(per_lane) / 2 - inset_m)
    return a + along * rng.uniform(0.15, 0.85, len(a))[:, None] + across * side[:, None]


def _boxes(centre: np.ndarray, angle: np.ndarray, length_m: float, breadth_m: float) -> np.ndarray:
    corner = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (length_m / 2, breadth_m / 2)
    turn = np.stack([np.cos(angle), np.sin(angle), -np.sin(angle), np.cos(angle)], axis=-1).reshape(-1, 2, 2)
    return shapely.polygons(centre[:, None] + corner @ turn)
