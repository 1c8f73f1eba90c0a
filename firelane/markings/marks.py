"""What the makers of edge lines, grids and boxes hand on, in coordinates near a local origin."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from firelane.markings.plan import Block, LetteringArea, Placement
    from firelane.site.model import Note
    from firelane.vocabulary import MarkKind


@dataclass(frozen=True)
class Mark:
    """One kind of paint of one mark.

    ``length_m`` is the length of the painted line, 0 where the paint is no line. ``corners`` are the
    points by which it is set out: an open or closed run of vertices.
    """

    mark_id: str
    kind: MarkKind
    shape: BaseGeometry
    length_m: float
    lane_id: str | None = None
    entrance_id: str | None = None
    block: str | None = None
    area_m2: float | None = None  # of paint that has no plan (the face of a kerb)
    corners: tuple[BaseGeometry, ...] = ()


@dataclass
class Made:
    """A collection of marks with the blocks, placements, axes and notes that belong to them."""

    marks: list[Mark] = field(default_factory=list)
    blocks: dict[str, Block] = field(default_factory=dict)
    placements: list[Placement] = field(default_factory=list)
    axes: list[tuple[str, str | None, BaseGeometry]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    lettering: dict[str, LetteringArea] = field(default_factory=dict)  # by block, of grids by mark

    def add(self, other: Made) -> None:
        """Take in another collection."""
        self.marks += other.marks
        self.blocks.update(other.blocks)
        self.placements += other.placements
        self.axes += other.axes
        self.notes += other.notes
        self.lettering.update(other.lettering)
