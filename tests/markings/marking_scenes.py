"""Small lane networks with known answers, moved to real coordinates (EPSG:4550)."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from shapely import LineString, MultiPolygon, Point, box
from site_scenes import layer

from firelane.lanes.records import LaneNetwork
from firelane.site.model import Site, SiteConfig
from firelane.site.schema import empty_layer

CRS = pyproj.CRS.from_epsg(4550)
ORIGIN = np.array([535_900.0, 4_630_000.0])


def moved(geometry):
    return shapely.transform(geometry, lambda xy: xy + ORIGIN)


def near(geometry):
    return shapely.transform(geometry, lambda xy: xy - ORIGIN)


def table(columns, geometries):
    return gpd.GeoDataFrame(columns, geometry=[moved(g) for g in geometries], crs=CRS)


def scene(
    roads, lanes, *, mouths=(), junctions=(), kerbs=None, designated=(), unjudged=(), kerb=None, marking=None,
    covers=(), grounds=(), bays=(), things=(), unsurveyed=(),
):  # fmt: skip
    """Build a site and its network.

    lanes: (id, line, start kind, end kind, start node, end node[, designated]); mouths: (id, line, inward,
    lane id); junctions: (point, radius). covers, grounds, bays and things: geometries, or (geometry, {column: value});
    those layers are surveyed unless their names are in ``unsurveyed``.
    """
    polygons = [*roads, *unjudged]
    layers = {
        "roads": table(
            {
                "id": [f"r{n}" for n in range(len(polygons))],
                "kerb": list(kerb) if kerb else [None] * len(polygons),
                "fire_lane": [True] * len(roads) + [False] * len(unjudged),
            },
            polygons,
        )
    }
    if kerbs is not None:
        columns = {"id": [f"k{n}" for n in range(len(kerbs))], "height_m": 0.2, "top_width_m": 0.1}
        layers["kerbs"] = table(columns, kerbs)
    rows = {"covers": covers, "operating_grounds": grounds, "parking": bays, "obstructions": things}
    for name, given in rows.items():
        if name not in unsurveyed:
            layers[name] = layer(name, given, transform=moved) if len(given) else empty_layer(name, CRS)
    edge = shapely.union_all(polygons).boundary
    stations = [
        (row[0], s, 0.0, *sides(row[1], s, edge))
        for row in lanes
        for s in np.arange(0, row[1].length + 0.5, 1.0)
        if s <= row[1].length
    ]
    network = LaneNetwork(
        pavement=moved(shapely.union_all(polygons)),
        judged=moved(shapely.union_all(list(roads))),
        designated=moved(shapely.union_all(list(designated))) if designated else MultiPolygon(),
        lanes=table(
            {
                "lane_id": [row[0] for row in lanes],
                "road_ids": [("r0",)] * len(lanes),
                "designated": [bool(row[6]) if len(row) > 6 else False for row in lanes],
                "start_kind": [row[2] for row in lanes],
                "end_kind": [row[3] for row in lanes],
                "start_node": [row[4] for row in lanes],
                "end_node": [row[5] for row in lanes],
                "length_m": [row[1].length for row in lanes],
            },
            [row[1] for row in lanes],
        ),
        stations=table(
            {
                "lane_id": [row[0] for row in stations],
                "chainage_m": [row[1] for row in stations],
                "heading_rad": [row[2] for row in stations],
                "left_m": [row[3] for row in stations],
                "right_m": [row[4] for row in stations],
            },
            [Point(0, 0)] * len(stations),
        ),
        junctions=table(
            {"node_id": [f"n{n}" for n in range(len(junctions))], "radius_m": [r for _, r in junctions]},
            [p for p, _ in junctions],
        ),
        mouths=table(
            {
                "entrance_id": [m[0] for m in mouths],
                "width_m": [m[1].length for m in mouths],
                "inward_x": [float(m[2][0]) for m in mouths],
                "inward_y": [float(m[2][1]) for m in mouths],
                "lane_id": [m[3] for m in mouths],
            },
            [m[1] for m in mouths],
        ),
    )
    return Site("s", "s", CRS, layers, SiteConfig(marking=marking or {})), network


def sides(line, s, edge):
    """Distance to the edge on the left and right of the line at s, NaN where the ray finds none."""
    a, b = (np.array(line.interpolate(np.clip(s + d, 0, line.length)).coords[0]) for d in (-0.05, 0.05))
    forward = (b - a) / np.hypot(*(b - a))
    left = np.array([-forward[1], forward[0]])
    at = np.array(line.interpolate(s).coords[0])
    out = []
    for direction in (left, -left):
        hit = shapely.intersection(LineString([at, at + 40 * direction]), edge)
        out.append(hit.distance(Point(at)) if not hit.is_empty else np.nan)
    return out


def straight(length=100.0, width=6.0, **more):
    """A dead end from a mouth in the west to a tip in the east."""
    half = width / 2
    lane = ("L1", LineString([(0, 0), (length, 0)]), "mouth", "tip", "m", "t")
    mouth = ("E1", LineString([(0, half), (0, -half)]), (1, 0), "L1")
    return scene([box(0, -half, length, half)], [lane], mouths=[mouth], **more)


def l_bend(**more):
    """Two legs of 60 m, 6 m wide, the centreline turning on a radius of 6 m."""
    outline = shapely.union_all([box(0, -3, 63, 3), box(57, -3, 63, 60)])
    turn = [(57 - 3 + 6 * np.sin(t), 6 - 6 * np.cos(t)) for t in np.linspace(0, np.pi / 2, 25)]
    line = LineString([(0, 0), *turn, (60, 60)])
    lane = ("L1", line, "mouth", "tip", "m", "t")
    return scene([outline], [lane], mouths=[("E1", LineString([(0, 3), (0, -3)]), (1, 0), "L1")], **more)


def t_junction(**more):
    """A through road of 100 m with mouths at both ends, and a dead end of 57 m from its middle."""
    lanes = [
        ("A", LineString([(0, 0), (50, 0)]), "mouth", "junction", "m1", "j"),
        ("B", LineString([(50, 0), (100, 0)]), "junction", "mouth", "j", "m2"),
        ("C", LineString([(50, 0), (50, 60)]), "junction", "tip", "j", "t"),
    ]
    mouths = [
        ("E1", LineString([(0, 3), (0, -3)]), (1, 0), "A"),
        ("E2", LineString([(100, 3), (100, -3)]), (-1, 0), "B"),
    ]
    roads = [box(0, -3, 100, 3), box(47, 3, 53, 60)]
    return scene(roads, lanes, mouths=mouths, junctions=[(Point(50, 0), 3.2)], **more)


def designated(**more):
    """A designated lane of 4 m inside a road of 12 m, beside its southern edge."""
    lane = ("D", LineString([(0, 2.5), (100, 2.5)]), "mouth", "tip", "m", "t", True)
    mouth = ("E1", LineString([(0, 12), (0, 0)]), (1, 0), "D")
    return scene([box(0, 0, 100, 12)], [lane], mouths=[mouth], designated=[box(0, 0.5, 100, 4.5)], **more)


def comb(teeth=6, depth=50.0, spacing=50.0, **more):
    """A spine with dead ends every 50 m: 100 m of lane for each."""
    roads = [box(0, -3, teeth * spacing, 3)]
    lanes, junctions, start = [], [], ("mouth", "m", 0.0)
    for n in range(teeth):
        x = (n + 0.5) * spacing
        roads.append(box(x - 2.5, 3, x + 2.5, depth))
        lanes.append(
            (f"S{n:02d}", LineString([(start[2], 0), (x, 0)]), start[0], "junction", start[1], f"j{n}")
        )
        lanes.append((f"T{n:02d}", LineString([(x, 0), (x, depth)]), "junction", "tip", f"j{n}", f"t{n}"))
        junctions.append((Point(x, 0), 3.1))
        start = ("junction", f"j{n}", x)
    end = LineString([(start[2], 0), (teeth * spacing, 0)])
    lanes.append(("SZ", end, "junction", "tip", start[1], "end"))
    mouth = ("E1", LineString([(0, 3), (0, -3)]), (1, 0), "S00")
    return scene(roads, lanes, mouths=[mouth], junctions=junctions, **more)


def route(*pieces, width=6.0, **more):
    """A lane from a mouth to a dead end, and its line in local coordinates.

    pieces: lengths (straight) and (radius, degrees; positive to the left), one after the other.
    """
    points, heading = [np.zeros(2)], 0.0
    for piece in pieces:
        if not isinstance(piece, tuple):
            points.append(points[-1] + piece * np.array([np.cos(heading), np.sin(heading)]))
            continue
        radius, degrees = piece
        turn, side = np.radians(degrees), np.sign(degrees)
        centre = points[-1] + side * radius * np.array([-np.sin(heading), np.cos(heading)])
        angles = heading + np.linspace(0, turn, max(int(abs(degrees)), 2))[1:]
        points += [centre + side * radius * np.array([np.sin(angle), -np.cos(angle)]) for angle in angles]
        heading += turn
    line = LineString(points)
    half = width / 2
    road = line.buffer(half, cap_style="flat", quad_segs=32)
    lane = ("L1", line, "mouth", "tip", "m", "t")
    mouth = ("E1", LineString([(0, half), (0, -half)]), (1, 0), "L1")
    return scene([road], [lane], mouths=[mouth], **more), line
