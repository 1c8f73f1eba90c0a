"""Large inputs to read: a GeoPackage of a million vertices and a CAD plan of fifty megabytes, from a seed.

A square net of streets 60 m apart, lanes 6 m wide, a vertex about every metre. Crossings and streets are polygons of
their own that share edges, as surveyors draw them; one street in eight stops 5 mm short of its crossing, so that the
mending of hairline gaps has work to do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

SPACING_M, LANE_M, GAP_M = 60.0, 6.0, 0.005
ORIGIN = np.array([535_900.0, 4_630_000.0])


@dataclass(frozen=True)
class Made:
    """What a generated file holds: our layer -> rows, and the vertices of all."""

    path: Path
    rows: dict[str, int]
    vertices: int


def streets(side: int, step_m: float = 1.0) -> np.ndarray:
    """Return the polygons of a net of ``side`` x ``side`` crossings: crossings first, then streets."""
    half = LANE_M / 2.0
    i, j = (a.ravel() for a in np.meshgrid(np.arange(side), np.arange(side), indexing="ij"))
    x, y = i * SPACING_M, j * SPACING_M
    squares = shapely.box(x - half, y - half, x + half, y + half)
    cut = np.where(np.arange(side * side) % 8 == 0, GAP_M, 0.0)
    east = shapely.box(x + half + cut, y - half, x + SPACING_M - half, y + half)[i < side - 1]
    north = shapely.box(x - half, y + half, x + half, y + SPACING_M - half - cut)[j < side - 1]
    fine = shapely.segmentize(np.concatenate([east, north]), step_m)
    return np.concatenate([squares, fine])


def houses(side: int) -> np.ndarray:
    """Return four houses in every block."""
    i, j = (a.ravel() for a in np.meshgrid(np.arange(side - 1), np.arange(side - 1), indexing="ij"))
    x, y = i * SPACING_M, j * SPACING_M
    corners = [(10, 8), (34, 8), (10, 36), (34, 36)]
    return np.concatenate([shapely.box(x + a, y + b, x + a + 16, y + b + 14) for a, b in corners])


def trees(side: int, per_street: int = 4) -> np.ndarray:
    """Return places beside the streets that run east."""
    i, j = (a.ravel() for a in np.meshgrid(np.arange(side - 1), np.arange(side), indexing="ij"))
    along = np.linspace(8, SPACING_M - 8, per_street)
    return np.column_stack([(i[:, None] * SPACING_M + along).ravel(), np.repeat(j * SPACING_M + LANE_M / 2 + 0.5, per_street)])


def write_geopackage(path: Path, side: int = 70, *, joined: bool = False) -> Made:
    """Write roads, buildings and trees; 70 crossings a side give 1.1 million vertices.

    ``joined`` makes one polygon of all the streets instead of thousands.
    """
    roads = streets(side)
    if joined:
        whole = shapely.set_precision(shapely.union_all(shapely.buffer(roads, GAP_M, join_style="mitre", quad_segs=1)), 1e-6)
        roads = shapely.get_parts(np.array([shapely.segmentize(whole, 1.0)]))
    homes, stems = houses(side), shapely.points(trees(side))

    def save(layer: str, geometry: np.ndarray, **columns: object) -> None:
        placed = shapely.transform(geometry, lambda xy: xy + ORIGIN)
        table = gpd.GeoDataFrame(columns, geometry=placed, crs="EPSG:4550")
        table.to_file(path, layer=layer, driver="GPKG", engine="pyogrio")

    save("roads", roads, id=[f"R{n}" for n in range(len(roads))], name=[f"街道{n}" for n in range(len(roads))])
    save("buildings", homes, id=[f"B{n}" for n in range(len(homes))], floors=[6] * len(homes))
    save("obstructions", stems, kind=["tree"] * len(stems), radius_m=[0.2] * len(stems))
    vertices = sum(int(shapely.get_num_coordinates(g).sum()) for g in (roads, homes, stems))
    return Made(path, {"roads": len(roads), "buildings": len(homes), "obstructions": len(stems)}, vertices)


# --- DXF


class _Writer:
    """Writes entities as text, one string each: a CAD library would take minutes for so many."""

    def __init__(self) -> None:
        self.handle, self.vertices = 0x1000, 0

    def head(self, kind: str, layer: str, marker: str) -> str:
        self.handle += 1
        return f"  0\n{kind}\n  5\n{self.handle:X}\n330\n1F\n100\nAcDbEntity\n  8\n{layer}\n100\n{marker}\n"

    def polyline(self, layer: str, xy: np.ndarray, *, closed: bool) -> str:
        self.vertices += len(xy)
        points = "".join(f" 10\n{x:.4f}\n 20\n{y:.4f}\n" for x, y in xy.tolist())
        return f"{self.head('LWPOLYLINE', layer, 'AcDbPolyline')} 90\n{len(xy)}\n 70\n{int(closed)}\n{points}"

    def line(self, layer: str, start: list[float], end: list[float]) -> str:
        self.vertices += 2
        ends = f" 10\n{start[0]:.4f}\n 20\n{start[1]:.4f}\n 30\n0.0\n 11\n{end[0]:.4f}\n 21\n{end[1]:.4f}\n 31\n0.0\n"
        return self.head("LINE", layer, "AcDbLine") + ends

    def circle(self, layer: str, x: float, y: float, radius: float) -> str:
        self.vertices += 1
        return f"{self.head('CIRCLE', layer, 'AcDbCircle')} 10\n{x:.4f}\n 20\n{y:.4f}\n 30\n0.0\n 40\n{radius}\n"

    def text(self, layer: str, x: float, y: float, text: str) -> str:
        place = f" 10\n{x:.4f}\n 20\n{y:.4f}\n 30\n0.0\n 40\n2.0\n  1\n{text}\n100\nAcDbText\n"
        return self.head("TEXT", layer, "AcDbText") + place


def _ring(polygon: shapely.Geometry) -> np.ndarray:
    return shapely.get_coordinates(polygon)[:-1]


def _entities(writer: _Writer, side: int, contours: int) -> Iterator[str]:
    """Yield roads, houses (half of them as loose lines), floors, trees, and contour lines that mean nothing here."""
    for road in streets(side):
        yield writer.polyline("道路", _ring(road), closed=True)
    for n, house in enumerate(houses(side)):
        xy = _ring(house)
        if n % 2:
            yield writer.polyline("建筑", xy, closed=True)
        else:
            corners = xy.tolist()
            for start, end in zip(corners, [*corners[1:], corners[0]], strict=True):
                yield writer.line("建筑", start, end)
        yield writer.text("建筑", *xy.mean(axis=0).tolist(), "6F")
    for x, y in trees(side).tolist():
        yield writer.circle("树", x, y, 0.2)
    across = np.linspace(0, side * SPACING_M, 1000)
    for n in range(contours):
        level = n * side * SPACING_M / max(contours, 1)
        yield writer.polyline("等高线", np.column_stack([across, level + 20 * np.sin(across / 50 + n)]), closed=False)


def write_plan(path: Path, side: int = 52, contours: int = 900) -> Made:
    """Write a plan in R2004 and GBK; 52 crossings a side and 900 contour lines make 50 MB."""
    writer = _Writer()
    header = "  0\nSECTION\n  2\nHEADER\n  9\n$ACADVER\n  1\nAC1018\n  9\n$DWGCODEPAGE\n  3\nANSI_936\n  9\n$INSUNITS\n 70\n6\n  0\nENDSEC\n"
    with path.open("w", encoding="gbk", newline="\n") as file:
        file.write(f"{header}  0\nSECTION\n  2\nENTITIES\n")
        file.writelines(_entities(writer, side, contours))
        file.write("  0\nENDSEC\n  0\nEOF\n")
    crossings, gaps = side * side, 2 * side * (side - 1)
    rows = {"roads": crossings + gaps, "buildings": 4 * (side - 1) ** 2, "obstructions": 4 * side * (side - 1)}
    return Made(path, rows, writer.vertices)


def road_area_m2(side: int) -> float:
    """Return the area of all streets in closed form, cracks closed."""
    return side**2 * LANE_M**2 + 2 * side * (side - 1) * LANE_M * (SPACING_M - LANE_M)


assert math.isclose(road_area_m2(2), 4 * 36 + 4 * 6 * 54)
