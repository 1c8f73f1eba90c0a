"""The marking plan of one site, readable as Article 13."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from firelane.lanes.edges import pavement_edges
from firelane.markings.bill import bill_of_quantities, check_materials
from firelane.markings.boards import warning_boards
from firelane.markings.boxes import Stop, directions, lane_boxes
from firelane.markings.candidates import Lane, Surroundings
from firelane.markings.existing import existing_paint
from firelane.markings.grids import Grid, Mouth, entrance_grids
from firelane.markings.keepouts import keepouts, unsurveyed_note
from firelane.markings.lines import Edges, edge_lines, kerb_paint, one_sided
from firelane.markings.moving import Local
from firelane.markings.parameters import Dimensions, dimensions
from firelane.markings.plan import MarkingPlan, Placement
from firelane.markings.quantities import quantities
from firelane.markings.removal import removals
from firelane.markings.setting_out import setting_out, with_boards
from firelane.markings.standing import standing_boxes
from firelane.markings.tables import with_every_column
from firelane.site.model import Note
from firelane.vocabulary import LaneEnd

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from firelane.lanes.records import LaneNetwork
    from firelane.markings.marks import Made, Mark
    from firelane.site.model import Site


def plan_markings(
    site: Site,
    network: LaneNetwork,
    *,
    clear_widths: Mapping[str, float] | None = None,
    font: str | Path | None = None,
    options: Mapping[str, Any] | None = None,
) -> MarkingPlan:
    """Return everything that Article 13 wants painted on a site.

    Kerbs (face and top), edge lines on kerbless edges, a grid at every entrance and boxes along every
    lane, as areas of paint, with quantities and setting-out points (沈政办发〔2020〕40号第十三条).

    Parameters
    ----------
    site : Site
        ``site.config.marking`` overrides open parameters.
    network : LaneNetwork
    clear_widths : Mapping, optional
        Clear width of each lane by ``lane_id`` [m]: the standard box wants a least clear width. A lane
        that is not named is taken as wide enough; the box must fit in any case.
    font : path, optional
        Font for the lettering instead of Noto Sans SC.
    options : Mapping, optional
        More open parameters; they go before those of the site.

    Raises
    ------
    InputError
        Listing every marking parameter that is unknown, fixed, out of range or does not fit the others.
    """
    site = with_every_column(site)
    dims = dimensions({**site.config.marking, **(options or {})})
    check_materials(site.config.materials)
    local = Local(network)
    edges = _edges(site, network, local, dims)
    lanes = dict(zip(network.lanes["lane_id"], local.all(network.lanes.geometry), strict=True))
    if dims.word("edge_line_sides") != "both":
        edges = one_sided(edges, lanes, dims.word("edge_line_sides"))
    pavement, judged = local(network.pavement), local(network.judged)

    made, grids = entrance_grids(_mouths(site, network, local, dims), judged, dims, font=font)
    outlines = [grid.outline for grid in grids]
    made.add(kerb_paint(edges, pavement, dims))
    made.add(edge_lines(edges, pavement, outlines, dims))
    found = _lanes(network, local, grids)
    boxes, proof = lane_boxes(
        found,
        Surroundings(
            judged, local(network.designated), edges.lines[~edges.kerbed],
            local.all(network.junctions.geometry), np.asarray(network.junctions["radius_m"], dtype=float),
            outlines, dims.edge_line_far_m, dims.number("box_clearance_m"), dims.number("box_tolerance_m"),
            keepouts(site, local.all, dims),
            standing_boxes(existing_paint(site, local.origin, dims), found, dims),
        ),
        dims,
        clear_widths_m=clear_widths or {},
        font=font,
    )  # fmt: skip
    made.add(boxes)
    unsurveyed = unsurveyed_note(site) if boxes.placements else None
    made.notes += [*([unsurveyed] if unsurveyed else []), *_without_outline(site, network)]
    return _completed(_plan(site, made, proof, dims, local=local, lanes=lanes), network, dims)


def _completed(plan: MarkingPlan, network: LaneNetwork, dims: Dimensions) -> MarkingPlan:
    """Add what follows from the paint: boards, what has to go, the bill."""
    boards, about_boards = warning_boards(plan.site, network, dims)
    gone, about_removals = removals(plan.site, network, plan.paint, dims)
    return replace(
        plan,
        boards=boards,
        setting_out=with_boards(plan.setting_out, boards, network, plan.site.crs),
        removals=gone,
        bill=bill_of_quantities(plan.quantities, boards, gone, plan.site.config.materials),
        notes=(*plan.notes, *about_boards, *about_removals),
    )


def _without_outline(site: Site, network: LaneNetwork) -> list[Note]:
    """Say which lanes cannot be marked, or set out, from what is known of their outline."""
    notes = []
    lanes = network.line_lanes
    if len(lanes):
        length = float(lanes["length_m"].sum())
        notes.append(Note(
            "no_outline",
            f"{len(lanes)} 条车道（共 {length:.0f} 米）只知中心线、宽度未测量：测绘路面轮廓之前不能设计和放样标线，未计入工程量",
            f"of {len(lanes)} lanes ({length:.0f} m) only the centreline is known, their width was not measured: their markings cannot "
            "be planned or set out until the outline is surveyed, and are not in the quantities",
            "road_lines",
        ))  # fmt: skip
    roads = site.layer("roads")
    derived = int(roads["derived"].notna().sum()) if "derived" in roads else 0
    if derived:
        accuracy = max(site.road_accuracy_m(str(i)) for i in roads["id"][roads["derived"].notna()])
        notes.append(Note(
            "derived_outline",
            f"{derived} 条道路的轮廓由所填宽度推得（精度 ±{accuracy:g} 米），并非实测：其标线位置和工程量为估算，放样前须现场核实",
            f"the outlines of {derived} roads are derived from a width (± {accuracy:g} m), not surveyed: places and quantities of their "
            "markings are estimates; check on site before setting out",
            "roads",
        ))  # fmt: skip
    return notes


def _edges(site: Site, network: LaneNetwork, local: Local, dims: Dimensions) -> Edges:
    table = pavement_edges(site, network)
    return Edges(
        table["edge_id"].to_numpy(dtype=object),
        table["lane_id"].to_numpy(dtype=object),
        table["kerbed"].to_numpy(dtype=bool),
        table["kerb_height_m"].fillna(dims.number("kerb_height_m")).to_numpy(dtype=float),
        table["kerb_top_width_m"].fillna(dims.number("kerb_top_width_m")).to_numpy(dtype=float),
        local.all(table.geometry),
    )


def _mouths(site: Site, network: LaneNetwork, local: Local, dims: Dimensions) -> list[Mouth]:
    """Return the mouths; the grid at one that is for driving out alone is read by those who do."""
    table = network.mouths
    entrances = site.layers.get("entrances")
    out: set[str] = set()
    if entrances is not None and "kind" in entrances and dims.word("grid_text_at_exits") == "leaving":
        out = {str(name) for name in entrances["id"][entrances["kind"] == "exit"]}
    return [
        Mouth(
            str(row.entrance_id), _text(row.lane_id), line, (float(row.inward_x), float(row.inward_y)),
            leaving=str(row.entrance_id) in out,
        )
        for row, line in zip(table.itertuples(), local.all(table.geometry), strict=True)
    ]


def _text(value: Any) -> str | None:
    return None if value is None or pd.isna(value) else str(value)


def _lanes(network: LaneNetwork, local: Local, grids: list[Grid]) -> list[Lane]:
    """Return the lanes with the stretch that is counted: from grid to grid, else from end to end."""
    table = network.lanes
    rows = list(table.itertuples())
    ends = [(str(r.lane_id), str(r.start_node), str(r.end_node), float(r.length_m)) for r in rows]
    mouth_nodes = [str(r.start_node) for r in rows if r.start_kind == LaneEnd.MOUTH]
    mouth_nodes += [str(r.end_node) for r in rows if r.end_kind == LaneEnd.MOUTH]
    forward = directions(ends, mouth_nodes)
    stations = _stations(network)
    none = np.empty((0, 3))
    found: list[Lane] = []
    tree = shapely.STRtree([grid.outline for grid in grids])
    for row, line in zip(rows, local.all(table.geometry), strict=True):
        lane_id = str(row.lane_id)
        from_m, to_m = _beyond_grids(line, row.start_kind, row.end_kind, tree)
        found.append(
            Lane(
                lane_id, line, bool(row.designated), str(row.start_kind), str(row.end_kind),
                from_m, to_m, forward[lane_id], stations.get(lane_id, none), str(row.start_node), str(row.end_node),
            )
        )  # fmt: skip
    return found


def _stations(network: LaneNetwork) -> dict[str, NDArray[np.float64]]:
    """Return (chainage, left, right) of each lane's stations."""
    columns = ("chainage_m", "left_m", "right_m")
    values = np.column_stack([np.asarray(network.stations[c], dtype=float) for c in columns])
    names = network.stations["lane_id"].to_numpy(dtype=object)
    rows: dict[str, list[int]] = {}
    for n, name in enumerate(names):
        rows.setdefault(str(name), []).append(n)
    return {name: values[numbers] for name, numbers in rows.items()}


def _beyond_grids(
    line: BaseGeometry, start_kind: str, end_kind: str, grids: shapely.STRtree
) -> tuple[float, float]:
    """Return where the grids at the mouths of a lane end along it [m]."""
    from_m, to_m = 0.0, float(line.length)
    for end in (end for end, kind in ((0, start_kind), (-1, end_kind)) if kind == LaneEnd.MOUTH):
        tip = shapely.get_point(line, end)
        for n in np.sort(grids.query(tip, predicate="dwithin", distance=0.5)):
            inside = shapely.get_parts(shapely.intersection(line, grids.geometries[n]))
            inside = inside[shapely.length(inside) > 0]
            for part in inside:
                along = shapely.line_locate_point(line, shapely.points(shapely.get_coordinates(part)))
                if end == 0 and along.min() < 0.5:
                    from_m = max(from_m, float(along.max()))
                if end == -1 and along.max() > line.length - 0.5:
                    to_m = min(to_m, float(along.min()))
    return (from_m, to_m) if from_m <= to_m else ((from_m + to_m) / 2, (from_m + to_m) / 2)


def _plan(
    site: Site,
    made: Made,
    proof: list[Stop],
    dims: Dimensions,
    *,
    local: Local,
    lanes: Mapping[str, BaseGeometry],
) -> MarkingPlan:
    """Move everything back to the site's coordinates."""
    marks = sorted(made.marks, key=_order)
    x0, y0 = (float(v) for v in local.origin)
    shapes = local.back([mark.shape for mark in marks])
    paint = gpd.GeoDataFrame(
        {
            "mark_id": [mark.mark_id for mark in marks],
            "kind": [str(mark.kind) for mark in marks],
            "lane_id": pd.Series([mark.lane_id for mark in marks], dtype=object),
            "entrance_id": pd.Series([mark.entrance_id for mark in marks], dtype=object),
            "area_m2": [float(mark.shape.area) if mark.area_m2 is None else mark.area_m2 for mark in marks],
            "length_m": [float(mark.length_m) for mark in marks],
            "block": pd.Series([mark.block for mark in marks], dtype=object),
        },
        geometry=list(shapes),
        crs=site.crs,
    )
    axes = gpd.GeoDataFrame(
        {
            "mark_id": [mark_id for mark_id, _, _ in made.axes],
            "lane_id": pd.Series([lane_id for _, lane_id, _ in made.axes], dtype=object),
        },
        geometry=list(local.back([line for _, _, line in made.axes])),
        crs=site.crs,
    )
    placements = tuple(
        Placement(
            p.mark_id, p.block, p.x + x0, p.y + y0, p.rotation_deg, p.lane_id, p.entrance_id, p.chainage_m
        )
        for p in made.placements
    )
    return MarkingPlan(
        site=site,
        paint=paint,
        blocks={name: made.blocks[name] for name in sorted(made.blocks)},
        placements=placements,
        centrelines=axes,
        boxes=pd.DataFrame(proof, columns=["lane_id", "box", "chainage_m", "gap_m"]),
        quantities=quantities(marks),
        setting_out=setting_out(
            marks, lanes, (x0, y0), site.crs,
            placements=made.placements, axes=made.axes, tolerance_m=dims.number("setting_out_tolerance_m"),
            surveyed_tolerance_m=dims.number("setting_out_surveyed_tolerance_m"),
        ),
        parameters=dims.open_parameters(),
        notes=tuple(made.notes),
        lettering=dict(sorted(made.lettering.items())),
        dims=dims,
    )


def _order(mark: Mark) -> tuple[int, str, str]:
    kinds = list(type(mark.kind))
    return kinds.index(mark.kind), mark.lane_id or "", mark.mark_id
