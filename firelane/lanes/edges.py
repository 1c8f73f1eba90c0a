"""The true pavement edges of the judged lanes, kerbed or not, each with its lane.

Every edge is a stretch of the boundary of the pavement. Where something begins or ends (a mouth, a
kerb, a lane), the boundary is cut at a chainage along its ring, never by an overlay: coordinates of
the survey come out as they went in, and the order along the ring is kept.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from firelane.lanes.rings import SHORT_M, Atoms, Moved, Rings, Spans, joined, segments_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from firelane.lanes.records import LaneNetwork
    from firelane.site.model import Site

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

COLUMNS = (
    "edge_id", "lane_id", "road_id", "kerbed", "kerb_height_m", "kerb_top_width_m", "length_m", "geometry",
)  # fmt: skip

PIECE_M = 1.0
_TOUCH_M = 1e-3  # lines nearer than this are the same line


def pavement_edges(
    site: Site,
    network: LaneNetwork,
    *,
    designated_reach_m: float = 0.6,
    kerb_reach_m: float = 0.3,
    kerb_angle_deg: float = 30.0,
) -> gpd.GeoDataFrame:
    """Return every true pavement edge of a judged lane, dead-end tips included.

    The boundary of the pavement without the mouths and without the edges of roads whose
    ``fire_lane`` is false. Beside a designated lane only edges near the designated polygon count.
    Obstructions never alter an edge.

    Parameters
    ----------
    site : Site
        Gives ``roads`` (kerb column), ``kerbs`` and the default for edges that neither tells about.
    network : LaneNetwork
    designated_reach_m : float
        Greatest distance of an edge from a designated lane that still belongs to it [m].
    kerb_reach_m, kerb_angle_deg : float
        A kerb line lies on an edge when it is at most this far from it [m] and turned against it
        by at most this angle.

    Returns
    -------
    GeoDataFrame
        ``edge_id`` (stable), ``lane_id`` (the nearest lane), ``road_id``, ``kerbed`` (bool),
        ``kerb_height_m``, ``kerb_top_width_m`` (NaN where the survey does not tell), ``length_m``;
        LineStrings in the site's CRS with the pavement on their left.
    """
    asked = f"{designated_reach_m} {kerb_reach_m} {kerb_angle_deg}"
    known = network.known_edges.get(asked)
    if known is None or known[0] is not site:
        reaches = {"designated_reach_m": designated_reach_m, "kerb_reach_m": kerb_reach_m, "kerb_angle_deg": kerb_angle_deg}
        known = network.known_edges[asked] = site, _pavement_edges(site, network, **reaches)
    return known[1].copy()


def _pavement_edges(
    site: Site, network: LaneNetwork, *, designated_reach_m: float, kerb_reach_m: float, kerb_angle_deg: float
) -> gpd.GeoDataFrame:
    empty = gpd.GeoDataFrame({c: [] for c in COLUMNS}, geometry="geometry", crs=site.crs)
    if network.pavement.is_empty or len(network.lanes) == 0:
        return empty
    origin = np.floor(np.asarray(network.pavement.bounds[:2], dtype=float))
    moved = Moved(origin)
    rings = Rings.of(moved(network.pavement))
    lanes = moved.all(network.lanes.geometry)
    cuts = [rings.feet(moved.all(network.junctions.geometry), _radii(network.junctions))]

    mouths = [line.buffer(_TOUCH_M, cap_style="flat") for line in moved.all(network.mouths.geometry)]
    mouth_spans = rings.snapped(rings.inside(mouths), 2 * _TOUCH_M)
    judged_spans = None
    if not _same_area(network.judged, network.pavement):
        judged = [g.buffer(_TOUCH_M) for g in _parts(moved(network.judged))]
        judged_spans = rings.snapped(rings.inside(judged), 2 * _TOUCH_M)
    kerb_lines = site.layers.get("kerbs")
    kerb_spans = _kerb_spans(rings, kerb_lines, moved, kerb_reach_m, np.radians(kerb_angle_deg))
    designated_spans = None
    if bool(np.any(network.lanes["designated"])) and not network.designated.is_empty:
        reach = moved(network.designated).buffer(designated_reach_m, quad_segs=16)
        designated_spans = rings.inside(_parts(reach))
    # A long straight kerb may pass from one lane to the next: it is looked at piece by piece.
    cuts.append(np.arange(0.0, rings.ring_start[-1], PIECE_M))
    spans = [s for s in (mouth_spans, judged_spans, kerb_spans, designated_spans) if s is not None]
    atoms = rings.atoms(np.concatenate([*cuts, *(np.r_[s.start, s.end] for s in spans)]))

    lane = atoms.absorb_flicker(
        _lane_beside(lanes, np.asarray(network.lanes["designated"], dtype=bool), atoms)
    )
    keep = atoms.within(mouth_spans) < 0
    if judged_spans is not None:
        keep &= atoms.within(judged_spans) >= 0
    if designated_spans is not None:
        of_designated = np.asarray(network.lanes["designated"], dtype=bool)[lane]
        keep &= ~of_designated | (atoms.within(designated_spans) >= 0)
    kerb = atoms.within(kerb_spans)
    road, road_kerb = _roads(site, moved, atoms)
    kerbed = (kerb >= 0) | road_kerb

    edges = [
        (rings.stretch(a, b, closed=closed), first)
        for a, b, first, closed in atoms.runs(keep, np.column_stack([kerb, kerbed, lane]))
    ]
    edges = [(line, n) for line, n in edges if line.length > SHORT_M]
    if not edges:
        return empty
    lines = moved.back([line for line, _ in edges])
    rows = np.asarray([n for _, n in edges])
    table = gpd.GeoDataFrame(
        {
            "edge_id": _edge_ids(lines),
            "lane_id": network.lanes["lane_id"].to_numpy(dtype=object)[lane[rows]],
            "road_id": road(rows),
            "kerbed": kerbed[rows].astype(bool),
            "kerb_height_m": _kerb_values(kerb_lines, "height_m", kerb[rows]),
            "kerb_top_width_m": _kerb_values(kerb_lines, "top_width_m", kerb[rows]),
            "length_m": [line.length for line, _ in edges],
        },
        geometry=lines,
        crs=site.crs,
    )
    return table.reset_index(drop=True)


# -- what lies along it -------------------------------------------------------------------------


def _kerb_spans(
    rings: Rings, kerbs: gpd.GeoDataFrame | None, moved: Moved, reach_m: float, angle_rad: float
) -> Spans:
    """Return where each kerb line (by row number) lies on the boundary, roughly parallel to it."""
    none = Spans(np.empty(0), np.empty(0), np.empty(0, dtype=np.int64))
    if kerbs is None or len(kerbs) == 0:
        return none
    lines = moved.all(kerbs.geometry)
    spans = rings.inside(list(shapely.buffer(lines, reach_m, cap_style="flat", quad_segs=16)))
    if len(spans.start) == 0:
        return none
    atoms = rings.atoms(np.r_[spans.start, spans.end])
    starts, ends, what = [], [], []
    for a, b, kerb in zip(spans.start, spans.end, spans.what, strict=True):
        rows = np.arange(*np.searchsorted(atoms.start, [a - 1e-9, b - 1e-9]))
        legs, _ = segments_of(lines[kerb : kerb + 1])
        leg = shapely.get_coordinates(legs).reshape(-1, 2, 2)
        direction = (leg[:, 1] - leg[:, 0])[
            shapely.STRtree(legs).nearest(shapely.points(atoms.middles[rows]))
        ]
        edge = (rings.b - rings.a)[atoms.segment[rows]]
        cross = np.abs(edge[:, 0] * direction[:, 1] - edge[:, 1] * direction[:, 0])
        parallel = np.arctan2(cross, np.abs((edge * direction).sum(axis=1))) <= angle_rad
        starts.append(atoms.start[rows][parallel])
        ends.append(atoms.end[rows][parallel])
        what.append(np.full(int(parallel.sum()), kerb, dtype=np.int64))
    return joined(np.concatenate(starts), np.concatenate(ends), np.concatenate(what))


def _roads(site: Site, moved: Moved, atoms: Atoms) -> tuple[Any, Flags]:
    """Return a function that names the road of given atoms, and the roads' kerb flag per atom."""
    roads = site.layers["roads"]
    polygons = moved.all(roads.geometry)
    ids = roads["id"].to_numpy(dtype=object)
    column = roads["kerb"].to_numpy(dtype=object) if "kerb" in roads else np.full(len(roads), None)
    kerb = np.asarray([_kerb_flag(value, default=site.config.default_kerb) for value in column])
    segments, owner = segments_of(shapely.boundary(polygons))
    tree = shapely.STRtree(segments)

    def nearest(rows: Ints) -> Ints:
        return np.asarray(owner[tree.nearest(shapely.points(atoms.middles[rows]))])

    everywhere = np.arange(len(atoms.start))
    flags = kerb[nearest(everywhere)] if kerb.min() != kerb.max() else np.full(len(everywhere), kerb[0])
    return (lambda rows: ids[nearest(rows)]), flags


def _kerb_flag(value: Any, *, default: bool) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in {"yes", "true", "1", "是", "有"} if value.strip() else default
    return default if value is None or pd.isna(value) else bool(value)


def _kerb_values(kerbs: gpd.GeoDataFrame | None, column: str, kerb: Ints) -> Floats:
    if kerbs is None or len(kerbs) == 0 or column not in kerbs:
        return np.full(len(kerb), np.nan)
    values = np.r_[pd.to_numeric(kerbs[column]).to_numpy(dtype=float), np.nan]
    return np.asarray(values[kerb])  # -1 reads the NaN at the end


def _nearest(lines: NDArray[Any], points: Floats) -> Ints:
    """Return the number of the line nearest to each point."""
    segments, owner = segments_of(lines)
    return np.asarray(owner[shapely.STRtree(segments).nearest(shapely.points(points))])


def _lane_beside(lines: NDArray[Any], designated: Flags, atoms: Atoms) -> Ints:
    """Return the lane that runs along each piece of edge.

    A designated lane has the edges it runs beside, not those it ends at: where it meets another road,
    the kerb across stays that road's.
    """
    nearest = _nearest(lines, atoms.middles)
    if not designated.any() or designated.all():
        return nearest
    rows = np.flatnonzero(designated[nearest])
    along = shapely.line_locate_point(lines[nearest[rows]], shapely.points(atoms.middles[rows]))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(lines[nearest[rows]], along + 0.5))
    behind = shapely.get_coordinates(
        shapely.line_interpolate_point(lines[nearest[rows]], np.maximum(along - 0.5, 0))
    )
    edge = (atoms.rings.b - atoms.rings.a)[atoms.segment[rows]]
    heading = ahead - behind
    cosine = np.abs((edge * heading).sum(axis=1)) / (
        np.hypot(*edge.T) * np.maximum(np.hypot(*heading.T), 1e-9)
    )
    across = rows[cosine < np.cos(np.radians(45.0))]
    others = np.flatnonzero(~designated)
    nearest[across] = others[_nearest(lines[others], atoms.middles[across])]
    return nearest


def _radii(junctions: gpd.GeoDataFrame) -> Floats:
    # Where a lane was only cut (beside a designated one) no disc was measured.
    return np.nan_to_num(np.asarray(junctions["radius_m"], dtype=float)) if len(junctions) else np.empty(0)


def _parts(geometry: BaseGeometry) -> list[BaseGeometry]:
    return list(shapely.get_parts(geometry))


def _same_area(one: BaseGeometry, two: BaseGeometry) -> bool:
    return bool(abs(one.area - two.area) <= 1e-9 * max(two.area, 1.0))


def _edge_ids(lines: NDArray[Any]) -> list[str]:
    """Name edges by where they are, so that an edit far away does not rename them."""
    middle = shapely.get_coordinates(shapely.line_interpolate_point(lines, 0.5, normalized=True))
    start, end = (shapely.get_coordinates(shapely.get_point(lines, n)) for n in (0, -1))
    seen: dict[str, int] = {}
    names: list[str] = []
    for row in np.round(np.column_stack([start, middle, end]), 2) + 0.0:
        text = " ".join(f"{v:.2f}" for v in row)
        name = f"E-{hashlib.blake2b(text.encode(), digest_size=4).hexdigest()}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return names
