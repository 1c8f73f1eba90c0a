"""What edits are told apart from: one space as it was prepared, with its indexes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.boundary import Boundary, Ints
from firelane.lanes.edits_clips import Clips
from firelane.lanes.pinches import Pinches
from firelane.lanes.space import FreeSpace

Key = tuple[str, str]


@dataclass(frozen=True)
class Body:
    """One obstacle in one space.

    Attributes
    ----------
    key : (layer, id)
    order : (int, int)
        Layer and row: the order of the table of obstacles.
    shape : geometry
    radius_m : float
        NaN but for round obstacles [m].
    overhead : bool
    clear_height_m : float
    """

    key: Key
    order: tuple[int, int]
    shape: BaseGeometry
    radius_m: float
    overhead: bool
    clear_height_m: float


@dataclass(frozen=True)
class Base:
    """One space as it was prepared: edits are told apart from it.

    ``space.free`` keeps what obstacles enclose: an edit may open it.
    """

    space: FreeSpace
    bodies: tuple[Body, ...]
    boundary: Boundary = field(init=False)
    pinches: Pinches = field(init=False)
    owner: Ints = field(init=False)
    clips: Clips = field(init=False)

    def __post_init__(self) -> None:
        """Find the pinches of the base."""
        assert self.space.boundary is not None
        assert self.space.pinches is not None
        object.__setattr__(self, "boundary", self.space.boundary)
        object.__setattr__(self, "pinches", self.space.pinches)
        object.__setattr__(self, "owner", self.space.owners.row)
        object.__setattr__(self, "clips", Clips.of(self.space.area))

    @cached_property
    def shapes(self) -> np.ndarray:
        """Obstacles of the base, by row."""
        return np.array([*(b.shape for b in self.bodies), None], dtype=object)[:-1]

    @cached_property
    def shape_tree(self) -> shapely.STRtree:
        """STRtree of ``shapes``."""
        return shapely.STRtree(self.shapes)

    @cached_property
    def middle_tree(self) -> shapely.STRtree:
        """STRtree of the middles of the pinches, in local coordinates."""
        return shapely.STRtree(shapely.points(self.pinches.ends.mean(axis=1)))

    @cached_property
    def mouths(self) -> np.ndarray:
        """Mouth lines."""
        return np.array([*self.space.mouths.geometry, None], dtype=object)[:-1]

    @cached_property
    def edge_lines(self) -> np.ndarray:
        """Half-edges as segments, in local coordinates (a post is a segment of length 0)."""
        lines: np.ndarray = shapely.linestrings(np.stack((self.boundary.start, self.boundary.end), axis=1))
        lines[self.boundary.is_point] = shapely.points(self.boundary.start[self.boundary.is_point])
        return lines

    @cached_property
    def edge_tree(self) -> shapely.STRtree:
        """STRtree of ``edge_lines``."""
        return shapely.STRtree(self.edge_lines)

    @cached_property
    def of_mouth(self) -> dict[int, Ints]:
        """Mouth → its half-edges."""
        mouth = self.boundary.mouth
        return {m: np.flatnonzero(mouth == m) for m in np.unique(mouth[mouth >= 0]).tolist()}
