"""Rows of our layers out of the entities that feed them: one function for each way in which a layer is drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from firelane.site.cad.mapping import TEXTS, Claim
from firelane.site.cad.patterns import Pattern, match_block, patterns
from firelane.site.cad.plan import Plan
from firelane.site.cad.roads import roads
from firelane.site.cad.shapes import POLYGON, areas, hulls, middle_line
from firelane.site.cad.texts import floors_of, name_in, name_of, texts_in

Objects = NDArray[np.object_]
Ints = NDArray[np.int64]

NAMED = ("buildings", "roads", "fire_lanes", "obstructions")
"""Layers whose areas take their names from texts."""


@dataclass
class Row:
    """One row of a layer of ours.

    Attributes
    ----------
    claim : Claim
    geometry : BaseGeometry
    members : tuple of int
        Rows of the plan that it was made of, the one that gives it its id first.
    values : dict
        Columns of ours.
    """

    claim: Claim
    geometry: BaseGeometry
    members: tuple[int, ...]
    values: dict[str, Any] = field(default_factory=dict)


@dataclass
class Made:
    """Everything that came of a plan.

    Attributes
    ----------
    rows : dict
        Our layer → its rows.
    used : dict
        Our layer → rows of the plan that something came of, or that show it once more.
    gaps : dict
        Our layer → (x, y, length) of ends that were joined.
    strips, wide, closed, doubts, open
        Of the roads: see :class:`firelane.site.cad.roads.Roads`.
    symbols : int
        Symbols that show a place and no size.
    kerbs_as_edges, lanes_as_roads : bool
        Whether the edges of the roads were taken from the kerbs; whether the fire lanes are all the roads there are.
    """

    rows: dict[str, list[Row]] = field(default_factory=dict)
    used: dict[str, set[int]] = field(default_factory=dict)
    gaps: dict[str, list[tuple[float, float, float]]] = field(default_factory=dict)
    strips: int = 0
    wide: int = 0
    closed: list[tuple[float, float, float]] = field(default_factory=list)
    doubts: list[tuple[float, float, str]] = field(default_factory=list)
    open: list[tuple[float, float, float]] = field(default_factory=list)
    symbols: int = 0
    kerbs_as_edges: bool = False
    lanes_as_roads: bool = False

    def add(self, layer: str, rows: Iterable[Row]) -> None:
        """Add rows."""
        for row in rows:
            self.rows.setdefault(layer, []).append(row)
            self.use(layer, row.members)

    def use(self, layer: str, rows: Iterable[int]) -> None:
        """Note entities that need not be told as ignored: something came of them."""
        self.used.setdefault(layer, set()).update(rows)


def make(plan: Plan, found: Sequence[Claim], gap_m: float) -> Made:
    """Return the rows of all layers.

    Parameters
    ----------
    plan : Plan
        In metres.
    found : sequence of Claim
    gap_m : float
        Ends of lines nearer than this meet [m].
    """
    made = Made()
    for claim in found:
        maker = _MAKERS.get(claim.layer)
        if maker is not None:
            maker(plan, claim, gap_m, made)
    _roads(plan, found, gap_m, made)
    _name(plan, made)
    return made


# --- roads -------------------------------------------------------------------------------------------


def _roads(plan: Plan, found: Sequence[Claim], gap_m: float, made: Made) -> None:
    own = [claim for claim in found if claim.layer == "roads"]
    lines = [claim for claim in found if claim.layer == "road_lines"]
    kerbs = [claim for claim in found if claim.layer == "kerbs"]
    result = roads(plan, own, lines, gap_m)
    if not result.areas and kerbs and not any(claim.declared for claim in own):
        # Nobody shows the pavement, but its kerbs bound it.
        again = roads(plan, [*own, *(replace(claim, role="edge") for claim in kerbs)], lines, gap_m)
        if again.areas:
            result, made.kerbs_as_edges = again, True
    for claim, shape in result.areas:
        made.add("roads", [Row(claim, shape.geometry, shape.members, _own(claim, "roads"))])
    made.use("roads", result.also)
    for claim, shape in result.lines:
        width_m = float(plan.width[shape.members[0]])
        values = _own(claim, "road_lines") | ({"width_m": width_m} if width_m > 0.0 else {})
        made.add("road_lines", [Row(claim, shape.geometry, shape.members, values)])
    made.use("road_lines", result.known)
    made.strips, made.wide, made.closed = result.strips, result.wide, result.closed
    made.doubts, made.open = result.doubts, result.open
    if result.gaps:
        made.gaps["roads"] = result.gaps
    lanes = made.rows.get("fire_lanes", [])
    if not made.rows.get("roads") and not made.rows.get("road_lines") and not own and lanes:
        # The fire lanes are all that the plan shows of its roads.
        made.add("roads", [Row(row.claim, row.geometry, row.members, {}) for row in lanes])
        made.lanes_as_roads = True


def _own(claim: Claim, layer: str) -> dict[str, Any]:
    """Return what a claim's name tells, where it is a claim on that layer: a kerb tells nothing of a road."""
    return dict(claim.values) if claim.layer == layer else {}


# --- areas -------------------------------------------------------------------------------------------


def _areas(plan: Plan, claim: Claim, gap_m: float, made: Made) -> None:
    """Fire lanes, buildings, bays: closed outlines, hatches, rings of loose lines; bays as blocks as well."""
    rows = claim.rows
    if claim.layer == "parking":
        top = rows[(plan.kind[rows] == "INSERT") & (plan.insert[rows] < 0)]
        shown = hulls(plan, top)
        whole = shapely.get_type_id(shown) == POLYGON
        inserts = top[whole]
        for n, hull in zip(inserts.tolist(), shown[whole], strict=True):
            for bay in _bays(plan, n, hull, gap_m):
                made.add(claim.layer, [Row(claim, bay, (n,), dict(claim.values))])
        made.use(claim.layer, _parts(plan, inserts))
        rows = rows[~np.isin(plan.insert[rows], inserts) & ~np.isin(rows, inserts)]
    # A lane around a block is drawn as two outlines; one building in another's court is a building.
    result = areas(plan, rows, gap_m, cells=claim.layer == "parking", islands=claim.layer == "fire_lanes")
    made.add(
        claim.layer,
        [Row(claim, shape.geometry, shape.members, dict(claim.values)) for shape in result.shapes],
    )
    made.use(claim.layer, result.twice.tolist())
    if result.gaps:
        made.gaps.setdefault(claim.layer, []).extend(result.gaps)


def _bays(plan: Plan, insert: int, hull: BaseGeometry, gap_m: float) -> list[BaseGeometry]:
    """Return the bays that a block shows: its cells where it is a row of them, else all that it covers."""
    limit = patterns().limits
    least_m2, most_m2 = (float(value) for value in limit["bay_m2"])
    parts = np.array(_parts(plan, np.array([insert])), dtype=np.int64)
    if hull.area < 2.0 * least_m2 or len(parts) < 2:
        return [hull]
    cells = np.array([shape.geometry for shape in areas(plan, parts, gap_m, cells=True).shapes], dtype=object)
    size = shapely.area(cells)
    full = size >= float(limit["bay_fullness"]) * shapely.area(shapely.oriented_envelope(cells))
    bay = full & (size >= least_m2) & (size <= most_m2)
    if np.count_nonzero(bay) < 2 or size[bay].sum() < float(limit["bays_share"]) * hull.area:
        return [hull]
    return list(cells[bay])


def _parts(plan: Plan, inserts: Ints) -> list[int]:
    """Return the rows of what some INSERTs show."""
    chosen = np.zeros(len(plan) + 1, dtype=bool)
    chosen[inserts] = True
    found: list[int] = np.flatnonzero(chosen[plan.insert]).tolist()  # -1, outside blocks, is the last and false
    return found


# --- lines and things ----------------------------------------------------------------------------------


def _kerbs(plan: Plan, claim: Claim, gap_m: float, made: Made) -> None:
    del gap_m
    for n, geometry in _drawn(plan, claim.rows):
        if geometry.geom_type == "Polygon":
            for ring in (geometry.exterior, *geometry.interiors):
                made.add("kerbs", [Row(claim, shapely.LineString(ring), (n,), dict(claim.values))])
        elif geometry.geom_type == "LineString":
            made.add("kerbs", [Row(claim, geometry, (n,), dict(claim.values))])


def _drawn(plan: Plan, rows: Ints) -> Iterable[tuple[int, BaseGeometry]]:
    """Yield the rows that are no texts and no INSERTs."""
    kinds = plan.kind[rows].astype(str)
    keep = ~np.isin(kinds, [*TEXTS, "INSERT"])
    return zip(rows[keep].tolist(), plan.geometry[rows[keep]], strict=True)


def _entrances(plan: Plan, claim: Claim, gap_m: float, made: Made) -> None:
    """Lines across the mouth as they are; what is closed is a gate's leaf, whose long axis counts; else points."""
    del gap_m
    inserts = _inserts(plan, claim)
    for n in inserts.tolist():
        made.add("entrances", [Row(claim, plan.geometry[n], (n,), dict(claim.values))])
    made.use("entrances", _parts(plan, inserts))
    rest = claim.rows[~np.isin(plan.insert[claim.rows], inserts)]
    for n, geometry in _drawn(plan, rest):
        if geometry.geom_type == "Polygon":
            round_ = plan.kind[n] == "CIRCLE"
            shape = shapely.centroid(geometry) if round_ else middle_line(geometry)
        else:
            shape = geometry
        if shape.geom_type in ("LineString", "Point"):
            made.add("entrances", [Row(claim, shape, (n,), dict(claim.values))])


def _inserts(plan: Plan, claim: Claim) -> Ints:
    """Return the outermost INSERTs among a claim's rows."""
    rows = claim.rows
    found: Ints = rows[(plan.kind[rows] == "INSERT") & (plan.insert[rows] < 0)]
    return found


def _signs(plan: Plan, claim: Claim, gap_m: float, made: Made) -> None:
    """Blocks, circles and points are signs; a text near one is its text, and one that stands alone a sign itself."""
    del gap_m
    rows = claim.rows
    inserts = _inserts(plan, claim)
    rows = rows[~np.isin(plan.insert[rows], inserts)]
    kinds = plan.kind[rows].astype(str)
    boards = np.concatenate((inserts, rows[np.isin(kinds, ["POINT", "CIRCLE"])]))
    texts = claim.rows[np.isin(plan.kind[claim.rows].astype(str), list(TEXTS))]
    words: dict[int, list[str]] = {n: [] for n in boards.tolist()}
    alone = list(texts.tolist())
    if len(boards) and len(texts):
        places = shapely.centroid(plan.geometry[boards])
        near, away = shapely.STRtree(places).query_nearest(
            plan.geometry[texts], max_distance=patterns().limits["sign_text_m"], return_distance=True, all_matches=False
        )
        del away
        for text, board in near.T.tolist():
            words[int(boards[board])].append(str(plan.text[texts[text]]))
            alone.remove(int(texts[text]))
    for n, said in words.items():
        values = dict(claim.values) | ({"text": " ".join(said)} if said else {})
        made.add("signs", [Row(claim, shapely.centroid(plan.geometry[n]), (n,), values)])
    made.use("signs", [*_parts(plan, inserts), *texts.tolist()])
    made.add(
        "signs", [Row(claim, plan.geometry[n], (n,), dict(claim.values) | {"text": str(plan.text[n])}) for n in alone]
    )


def _markings(plan: Plan, claim: Claim, gap_m: float, made: Made) -> None:
    del gap_m
    for n, geometry in _drawn(plan, claim.rows):
        if geometry.geom_type in ("LineString", "Polygon"):
            made.add("markings", [Row(claim, geometry, (n,), dict(claim.values) | _width(plan, n, geometry))])


def _width(plan: Plan, n: int, geometry: BaseGeometry) -> dict[str, float]:
    width_m = float(plan.width[n])
    return {"width_m": width_m} if geometry.geom_type == "LineString" and width_m > 0.0 else {}


# --- obstructions --------------------------------------------------------------------------------------


def _obstructions(plan: Plan, claim: Claim, gap_m: float, made: Made) -> None:
    del gap_m
    inserts = _inserts(plan, claim)
    _blocks(plan, claim, inserts, made)
    rest = claim.rows[~np.isin(plan.insert[claim.rows], inserts)]
    crown_m = float(patterns().limits["crown_radius_max_m"])
    tree = claim.values.get("kind") == "tree" or claim.feed.constants.get("kind") == "tree"
    for n, geometry in _drawn(plan, rest):
        if claim.role == "symbols" and plan.kind[n] not in ("CIRCLE", "POINT"):
            continue
        values = dict(claim.values)
        if tree and geometry.geom_type != "Point":
            # A crown is drawn, as one outline or in many strokes: how thick the trunk is stands nowhere.
            crown = geometry.geom_type == "Polygon" and shapely.minimum_bounding_radius(geometry) <= crown_m
            if crown:
                made.symbols += 1
                made.add("obstructions", [Row(claim, shapely.centroid(geometry), (n,), values | {"radius_m": 0.0})])
        elif plan.kind[n] == "CIRCLE" and geometry.geom_type == "Polygon":
            radius_m = float(shapely.minimum_bounding_radius(geometry))
            made.add("obstructions", [Row(claim, shapely.centroid(geometry), (n,), values | {"radius_m": radius_m})])
        else:
            made.add("obstructions", [Row(claim, geometry, (n,), values | _width(plan, n, geometry))])


def _blocks(plan: Plan, claim: Claim, inserts: Ints, made: Made) -> None:
    """Turn blocks into points, or into the area that they cover, by what their own name or the layer's kind tells."""
    made.use("obstructions", _parts(plan, inserts))
    shown = hulls(plan, inserts)
    sides = shapely.bounds(shown)
    radius_m = np.maximum(sides[:, 2] - sides[:, 0], sides[:, 3] - sides[:, 1]) / 2
    most_m = float(patterns().limits["symbol_radius_max_m"])
    for i, n in enumerate(inserts.tolist()):
        match = match_block(str(plan.block[n]))
        block = claim.block or (match.pattern if match is not None and match.pattern.ours == "obstructions" else None)
        # The layer's word for what stands on it goes before the block's.
        values = dict(block.values if block is not None else {}) | dict(claim.values)
        shape, geometry = _shape_of(block, str(claim.feed.constants.get("kind") or values.get("kind") or "")), shown[i]
        if shape == "hull" and geometry.geom_type == "Polygon":
            made.add("obstructions", [Row(claim, geometry, (n,), values)])
            continue
        sized = shape == "sized" and 0.0 < radius_m[i] <= most_m
        made.symbols += not sized
        place = shapely.centroid(geometry) if sized else plan.geometry[n]
        values["radius_m"] = float(radius_m[i]) if sized else 0.0
        made.add("obstructions", [Row(claim, place, (n,), values)])


def _shape_of(block: Pattern | None, kind: str) -> str:
    """Return ``point``, ``sized`` or ``hull``."""
    if block is not None and block.shape:
        return "sized" if block.sized else block.shape
    return {"tree": "point", "bollard": "sized", "pole": "sized", "gate": "point"}.get(kind, "hull")


# --- names ---------------------------------------------------------------------------------------------


def _name(plan: Plan, made: Made) -> None:
    """Let texts inside areas be their names, and storeys those of buildings; a text has one area, the smallest."""
    areas_ = [(layer, row) for layer in NAMED for row in made.rows.get(layer, []) if row.geometry.geom_type == "Polygon"]
    if made.lanes_as_roads:
        areas_ = [(layer, row) for layer, row in areas_ if layer != "roads"]
    shapes = np.empty(len(areas_), dtype=object)
    shapes[:] = [row.geometry for _, row in areas_]
    for (layer, row), texts in zip(areas_, texts_in(plan, shapes), strict=True):
        name = name_of(plan, texts)
        if name is not None and "name" not in row.values:
            row.values["name"] = name_in(str(plan.text[name]))
            made.use(layer, [name])
        if layer == "buildings":
            floors, told = floors_of(plan, texts)
            if not math.isnan(floors):
                row.values["floors"] = floors
                made.use(layer, told)
    if made.lanes_as_roads:
        for lane, road in zip(made.rows["fire_lanes"], made.rows["roads"], strict=True):
            road.values.update({k: v for k, v in lane.values.items() if k == "name"})


_MAKERS: dict[str, Callable[[Plan, Claim, float, Made], None]] = {
    "fire_lanes": _areas, "buildings": _areas, "parking": _areas, "kerbs": _kerbs, "entrances": _entrances,
    "signs": _signs, "markings": _markings, "obstructions": _obstructions,
}  # fmt: skip
