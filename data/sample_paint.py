"""The paint that Article 13 asks for, laid out by the simplest means: the ground truth of the tests.

Edge line: a strip 0.30 to 0.45 m inside the pavement edge where there is no kerb. Kerb paint: the
pavement edge itself where there is one. Boxes 2.8 m across and 2.1 m along at chosen places of the
road's axis, each with its lettering; grids behind the mouths, each with its lettering.
Boxes, grids and lettering are given by their outer outline, as a surveyor measures them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import shapely
from sample_geometry import Run, band, heading, offset, oriented
from shapely import LineString, Polygon

LINE_NEAR_M, LINE_WIDTH_M = 0.30, 0.15
BOX_ALONG_M, BOX_ACROSS_M = 2.1, 2.8
TEXT_ALONG_M, TEXT_ACROSS_M = 1.65, 2.35
KERB_TOP_M = 0.12


@dataclass(frozen=True)
class Mouth:
    """An entrance: its line across the road, the direction inwards and its grid."""

    id: str
    line: LineString
    inward: tuple[float, float]
    grid: bool = True
    lettering: bool = True

    def area(self) -> Polygon:
        """Return the grid's place: as deep as the mouth is wide, within 3 to 6 m."""
        width = self.line.length
        depth = min(max(width, 3.0), 6.0)
        middle = self.line.interpolate(0.5, normalized=True)
        centre = (middle.x + self.inward[0] * depth / 2, middle.y + self.inward[1] * depth / 2)
        return oriented(centre, self.inward, depth, width)


@dataclass(frozen=True)
class Lane:
    """A lane between two nodes: the axis of its road and the chainages of its boxes."""

    id: str
    axis: LineString
    boxes: tuple[float, ...]
    without_box: frozenset[int] = frozenset()
    without_text: frozenset[int] = frozenset()
    worn_box: frozenset[int] = frozenset()


def spread(length: float, *, grid: float = 0.0, pitch: float = 18.0) -> tuple[float, ...]:
    """Return box chainages no more than ``pitch`` apart, clear of the grid and of both ends.

    Near a junction the road widens to one side and its middle bends away from the straight axis:
    the first and the last box stand 10 m from the ends.
    """
    first, last = grid + 8.0 if grid else 10.0, length - 10.0
    if last - first < 8.0:
        return ((first + last) / 2,)
    n = math.ceil((last - first) / pitch)
    return tuple(first + i * (last - first) / n for i in range(n + 1))


@dataclass
class Paint:
    """Rows of the layer ``markings``."""

    rows: list[dict] = field(default_factory=list)

    def add(self, kind: str, geometry, *, condition: str = "good", width: float | None = None) -> str:
        """Add one row and return its id."""
        name = f"MK-{len(self.rows) + 1:03d}"
        self.rows.append(
            {
                "id": name, "kind": kind, "colour": "yellow", "condition": condition,
                "width_m": width, "geometry": geometry,
            }
        )  # fmt: skip
        return name

    def edges(
        self,
        runs: Sequence[Run],
        kerbed: Mapping[int, bool],
        *,
        gaps: Sequence[Polygon] = (),
        kerb_gaps: Sequence[Polygon] = (),
        shifted: Mapping[int, float] | None = None,
        as_lines: bool = False,
    ) -> None:
        """Paint every run: its kerb, or its line broken at ``gaps`` (grids and what is missing)."""
        for n, run in enumerate(runs):
            near = (shifted or {}).get(n, LINE_NEAR_M)
            far = near + LINE_WIDTH_M
            if kerbed[n]:
                for part in _parts(run.line, kerb_gaps):
                    self.add("kerb_paint", part, width=KERB_TOP_M)
            elif as_lines:
                for part in _parts(LineString(offset(run, (near + far) / 2)), gaps):
                    self.add("edge_line", part, width=LINE_WIDTH_M)
            else:
                for part in _parts(band(run, near, far), gaps):
                    self.add("edge_line", part)

    def boxes(self, lanes: Iterable[Lane]) -> dict[tuple[str, int], str]:
        """Paint the boxes with their lettering; return the id of each by lane and number."""
        ids = {}
        for lane in lanes:
            for n, chainage in enumerate(lane.boxes):
                if n in lane.without_box:
                    continue
                at, along = lane.axis.interpolate(chainage), heading(lane.axis, chainage)
                centre = (at.x, at.y)
                worn = "worn" if n in lane.worn_box else "good"
                ids[lane.id, n] = self.add(
                    "box", oriented(centre, along, BOX_ALONG_M, BOX_ACROSS_M), condition=worn
                )
                if n not in lane.without_text:
                    self.add("text", oriented(centre, along, TEXT_ALONG_M, TEXT_ACROSS_M))
        return ids

    def grids(self, mouths: Iterable[Mouth]) -> None:
        """Paint the grids behind the mouths with their lettering."""
        for mouth in mouths:
            if not mouth.grid:
                continue
            area = mouth.area()
            self.add("grid", area)
            if mouth.lettering:
                middle = area.centroid
                self.add("text", oriented((middle.x, middle.y), mouth.inward, TEXT_ALONG_M, TEXT_ACROSS_M))


def _parts(geometry, gaps: Sequence[Polygon]) -> list:
    """Return the pieces of ``geometry`` outside the gaps, in order from south-west."""
    if gaps:
        geometry = shapely.difference(geometry, shapely.union_all(list(gaps)))
    parts = [p for p in shapely.get_parts(geometry) if p.length > 0.01]
    return sorted(parts, key=lambda p: p.bounds)
