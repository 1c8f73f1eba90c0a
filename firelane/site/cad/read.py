"""From a CAD plan to the tables of a site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from firelane.site.cad.carried import found as carried_row
from firelane.site.cad.dwg import as_dxf
from firelane.site.cad.mapping import Claim, cad_columns, claims
from firelane.site.cad.open import load_plan
from firelane.site.cad.options import CadOptions, cad_options
from firelane.site.cad.ours import is_ours, site_of
from firelane.site.cad.plan import Plan
from firelane.site.cad.roads import EDGES
from firelane.site.cad.roles import Made, Row, make
from firelane.site.cad.shapes import HATCHES, LINE, POLYGON
from firelane.site.cad.tell import readings, tell
from firelane.site.cad.units import UnitFound, find_unit, sizes, with_widths
from firelane.site.config import Feed, Settings
from firelane.site.formats import Table
from firelane.site.intake import Intake
from firelane.site.journal import Journal
from firelane.site.schema import LAYERS
from firelane.site.volunteered import tell_partly


def read_plan(path: Path, settings: Settings, journal: Journal) -> Intake | None:
    """Read a DXF or DWG plan; None, and a problem, where it cannot be read.

    A marking drawing of our own gives the site that it was drawn from. Of any other plan the layers are mapped by
    ``site.toml``, and where that is silent by their names.
    """
    plan = open_plan(path, journal)
    if plan is None:
        return None
    options = cad_options(settings, journal)
    if is_ours(plan):
        return site_of(plan, settings, journal)
    return intake_of(plan, settings, options, journal)


def open_plan(path: Path, journal: Journal) -> Plan | None:
    """Return the plan of a DXF or DWG file."""
    if path.suffix.lower() != ".dwg":
        return load_plan(path, journal)
    with as_dxf(path, journal) as copy:
        plan = None if copy is None else load_plan(copy, journal)
    return None if plan is None else replace(plan, path=path)


def intake_of(plan: Plan, settings: Settings, options: CadOptions, journal: Journal) -> Intake | None:
    """Return what a plan of somebody else's holds for us."""
    plan = _without_ours(plan)
    found = claims(plan, settings.feeds)
    unit = plan_unit(plan, found, options, journal) if found else None
    if found and unit is None:
        return None
    made = make(plan if unit is None else in_metres(plan, unit), found, options.gap_m)
    told = readings(plan, found, made)
    tell(plan, found, made, unit, journal)
    feeds = _tables(plan, found, made, 1.0 if unit is None else unit.metres)
    if "obstructions" in feeds and "obstructions" not in settings.feeds:
        # A site plan shows what was asked for: trees and a wall on it do not say that no cable hangs there.
        tell_partly(["obstructions"], journal)
    return Intake(feeds, told, names=tuple(plan.layers))


def _without_ours(plan: Plan) -> Plan:
    """Leave out hidden rows of a drawing of ours that somebody copied into the plan: they are drawn as well."""
    hidden = ("roads", "road_lines", "fire_lanes", "entrances", "markings", "site")
    own = [carried_row(values) if values else None for values in plan.xdata]
    drop = np.array([entry is not None and entry.layer in hidden for entry in own], dtype=bool)
    if not drop.any():
        return plan
    keep = np.flatnonzero(~drop)
    place = np.full(len(plan) + 1, -1, dtype=np.int64)
    place[keep] = np.arange(len(keep))
    columns: dict[str, Any] = {name: values[keep] for name, values in plan.rows(np.ones(len(plan), dtype=bool)).items()}
    columns["insert"] = np.where(columns["insert"] >= 0, place[columns["insert"]], -1)
    return replace(plan, **columns)


# --- unit ------------------------------------------------------------------------------------------------


def plan_unit(plan: Plan, found: Sequence[Claim], options: CadOptions, journal: Journal) -> UnitFound | None:
    """Find out the unit of a plan by what its layers are taken for."""
    kind = shapely.get_type_id(plan.geometry)

    def of(layer: str, wanted: int, *, fills: bool = False) -> NDArray[np.object_]:
        rows = [claim.rows for claim in found if claim.layer == layer and claim.role != "centreline"]
        index = np.unique(np.concatenate(rows)) if rows else np.empty(0, np.int64)
        index = index[kind[index] == wanted]
        fill = np.isin(plan.kind[index].astype(str), list(HATCHES))
        # A hatch repeats its outline: as an outline of its own it would be an island in it.
        return np.asarray(plan.geometry[index[fill] if fills or fill.all() else index[~fill]], dtype=object)

    roads = lines = np.empty(0, dtype=object)
    for layer in ("roads", "fire_lanes", "kerbs"):
        roads, lines, fills = of(layer, POLYGON), of(layer, LINE), of(layer, POLYGON, fills=True)
        edges = any(claim.layer == layer and claim.role in EDGES for claim in found)
        if _outweigh(fills, lines):
            roads, lines = fills, lines[:0]
        elif not edges and _outweigh(roads, lines):
            lines = lines[:0]
        elif len(lines) or edges:
            # Some of the outlines may run around blocks: what is across from an edge is told by all of them together.
            roads, lines = roads[:0], np.concatenate((lines, shapely.get_exterior_ring(roads)))
        if len(roads) or len(lines) > 1:
            break
    told = sizes(roads, lines, of("buildings", POLYGON), of("parking", POLYGON))
    drawn = np.unique(np.concatenate([c.rows for c in found if c.layer in ("roads", "fire_lanes")] or [np.empty(0, np.int64)]))
    drawn = drawn[kind[drawn] == LINE]
    told = with_widths(told, plan.width[drawn], shapely.length(plan.geometry[drawn]), plan.unit_code)
    return find_unit(told, plan.unit_code, options, journal, file=plan.path.name)


def _outweigh(areas: NDArray[np.object_], lines: NDArray[np.object_]) -> bool:
    """Tell whether areas tell more of the roads than loose lines do: an arrow among edges is no road."""
    return len(areas) > 0 and 2.0 * float(shapely.length(areas).sum()) >= float(shapely.length(lines).sum())


def in_metres(plan: Plan, unit: UnitFound) -> Plan:
    """Return a plan with its coordinates and widths in metres, rounded to nothing."""
    if unit.metres == 1.0:
        return plan
    geometry = shapely.transform(plan.geometry, lambda xy: xy * unit.metres)
    return replace(plan, geometry=geometry, width=plan.width * unit.metres)


# --- tables ----------------------------------------------------------------------------------------------


def _tables(plan: Plan, found: Sequence[Claim], made: Made, unit_m: float) -> dict[str, tuple[tuple[Feed, Table], ...]]:
    """Return our layer → feeds and their tables: one for each feed. Declared ones stand there even without rows."""
    feeds = {}
    for layer in LAYERS:
        own: dict[int, tuple[Feed, list[Row]]] = {}
        for claim in found:
            if claim.declared and claim.layer == layer:
                own.setdefault(id(claim.feed), (claim.feed, []))
        for row in made.rows.get(layer, ()):
            own.setdefault(id(row.claim.feed), (row.claim.feed, []))[1].append(row)
        if own:
            taken: set[str] = set()
            feeds[layer] = tuple((feed, _table(plan, layer, feed, rows, taken=taken, unit_m=unit_m)) for feed, rows in own.values())
    return feeds


def _table(plan: Plan, layer: str, feed: Feed, rows: Sequence[Row], *, taken: set[str], unit_m: float) -> Table:
    geometry = np.empty(len(rows), dtype=object)
    geometry[:] = [row.geometry for row in rows]
    geometry = shapely.orient_polygons(geometry)  # which way round an outline was drawn is nobody's fault
    first = np.array([row.members[0] for row in rows], dtype=np.int64)
    columns = cad_columns(plan, feed, first)
    names = {name for row in rows for name in row.values}
    for name in LAYERS[layer].columns:
        if name in names and name not in columns and name not in feed.columns:
            values = np.empty(len(rows), dtype=object)
            values[:] = [row.values.get(name) for row in rows]
            columns[name] = values
    if "id" not in feed.columns:
        columns["id"] = _ids(plan, first, taken)
    broken = np.zeros(len(rows), dtype=bool)
    return Table(feed.source, plan.path, geometry, broken, columns, None, drawn=True, unit_m=unit_m)


def _ids(plan: Plan, rows: NDArray[np.int64], taken: set[str]) -> NDArray[np.object_]:
    """Return the entities' handles; where several rows came of one entity they are numbered."""
    out = []
    last: dict[str, int] = {}
    for n in rows.tolist():
        handle = str(plan.handle[n])
        number = last.get(handle, 1)
        own = handle if number == 1 else f"{handle}/{number}"
        while own in taken:
            number += 1
            own = f"{handle}/{number}"
        last[handle] = number
        taken.add(own)
        out.append(own)
    ids = np.empty(len(out), dtype=object)
    ids[:] = out
    return ids
