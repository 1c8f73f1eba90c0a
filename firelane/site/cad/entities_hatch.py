"""Areas of hatches: their boundaries, drawn as polylines or put together from edges."""

from __future__ import annotations

import math

import numpy as np
import shapely
from ezdxf.entities.boundary_paths import (
    AbstractEdge,
    ArcEdge,
    EdgePath,
    EllipseEdge,
    LineEdge,
    PolylinePath,
    SplineEdge,
)
from ezdxf.entities.hatch import Hatch
from ezdxf.entities.mpolygon import MPolygon
from ezdxf.math import Vec3
from numpy.typing import NDArray

from firelane.site.cad.entities_blocks import FARTHEST
from firelane.site.cad.flatten import Floats, arc_vertices, chords, curve_points, ellipse_points, outlines
from firelane.site.cad.rings import closed_rings

Objects = NDArray[np.object_]

_MEETS = 1e-6  # edges of a boundary meet within this share of its size: they are written with rounded numbers


def hatch_areas(hatch: Hatch | MPolygon) -> Objects:
    """Return the areas of a hatch as polygons, two-dimensional, in its own coordinate system (OCS).

    Holes and islands follow its style: nested (even-odd), outermost area alone, or everything within.
    """
    shells: list[shapely.Geometry] = []
    for path in hatch.paths:
        loops = _polyline_loop(path) if isinstance(path, PolylinePath) else _edge_loops(path)
        shells += [loop for loop in loops if float(shapely.area(loop)) > 0.0]
    if isinstance(hatch, MPolygon) and hatch.dxf.hasattr("offset_vector"):
        by = np.array(Vec3(hatch.dxf.offset_vector).xyz[:2])
        shells = list(shapely.transform(np.array(shells, dtype=object), lambda xy: xy + by))
    found = np.array(shells, dtype=object)
    if len(found) < 2:
        return found
    style = int(hatch.dxf.get("hatch_style", 0))
    if style == 0:
        return outlines(found)
    # Styles 1 and 2 know nothing deeper than one hole, or no hole at all.
    tree = shapely.STRtree(found)
    outer, inner = tree.query(found, predicate="contains_properly")
    depth = np.bincount(inner[outer != inner], minlength=len(found))
    return outlines(found[depth == 0] if style == 2 else found[depth <= 1])


def _polyline_loop(path: PolylinePath) -> list[shapely.Geometry]:
    rows = np.array(path.vertices, dtype=float).reshape(-1, 3)
    if len(rows) < 2:
        return []
    rows = np.concatenate([rows, rows[:1]])
    corners = np.column_stack([rows[:, :2], np.zeros(len(rows))])
    xyz, _ = chords(corners, rows[:, 2], np.array([len(rows)]))
    return _shells(xyz[:, :2])


def _edge_loops(path: EdgePath) -> list[shapely.Geometry]:
    runs = [run for edge in path.edges if len(run := _edge_points(edge)) > 1]
    if not runs:
        return []
    size = max(float(np.ptp(np.concatenate(runs), axis=0).max()), 1e-300)
    joined = _in_order(runs, _MEETS * size)
    if joined is not None:
        return _shells(joined)
    # Edges in any order and direction, or several loops in one boundary: found as rings of loose lines are.
    lines = np.array([shapely.linestrings(run) for run in runs], dtype=object)
    return list(closed_rings(lines, _MEETS * size).polygons)


def _in_order(runs: list[Floats], reach: float) -> Floats | None:
    """Return the loop that the edges form in the order given, each turned as need be; None where they do not."""
    first = runs[0]
    if len(runs) > 1 and not _near(first[-1], runs[1], reach):
        first = first[::-1]
    chain = [first]
    for run in runs[1:]:
        end = chain[-1][-1]
        if math.dist(end, run[0]) <= reach:
            chain.append(run)
        elif math.dist(end, run[-1]) <= reach:
            chain.append(run[::-1])
        else:
            return None
    if math.dist(chain[-1][-1], chain[0][0]) > reach:
        return None
    # The first point of each edge stands for the last one of the edge before.
    loop = [run[:-1] for run in chain]
    return np.concatenate([*loop, chain[0][:1]])


def _near(point: Floats, run: Floats, reach: float) -> bool:
    return math.dist(point, run[0]) <= reach or math.dist(point, run[-1]) <= reach


def _shells(xy: Floats) -> list[shapely.Geometry]:
    if len(xy) < 4 or not (np.abs(xy) < FARTHEST).all():
        return []
    polygon = shapely.polygons(xy)
    if shapely.is_valid(polygon):
        return [polygon]
    mended = shapely.get_parts(shapely.make_valid(polygon, method="structure", keep_collapsed=False))
    return [part for part in mended if shapely.get_dimensions(part) == 2]


def _edge_points(edge: AbstractEdge) -> Floats:
    """Return the corners (n, 2) of one edge; arcs come counter-clockwise, the loop turns them."""
    if isinstance(edge, LineEdge):
        return np.array([edge.start, edge.end], dtype=float)
    if isinstance(edge, ArcEdge):
        rows = np.array(arc_vertices(Vec3(edge.center), edge.radius, edge.start_angle, edge.end_angle))
        xyz, _ = chords(rows[:, :3], rows[:, 3], np.array([3]))
        return xyz[:, :2]
    if isinstance(edge, EllipseEdge):
        major = Vec3(edge.major_axis)
        minor = Vec3(major.orthogonal()) * edge.ratio
        return ellipse_points(Vec3(edge.center), major, minor, edge.start_param, edge.end_param)[:, :2]
    assert isinstance(edge, SplineEdge)
    return curve_points(edge.construction_tool())[:, :2]

