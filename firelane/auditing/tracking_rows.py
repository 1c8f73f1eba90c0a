"""Vehicle tracking as plain rows of ``audit.json``, and as layers of ``results.gpkg``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from firelane.tracking.drive import along
from firelane.tracking.record import (
    BEND_WIDTH_COLUMNS,
    TARGET_COLUMNS,
    Conflict,
    Mend,
    Trip,
    Turning,
    VehicleTracking,
)
from firelane.tracking.targets import TargetKind
from firelane.tracking.telling import below_of
from firelane.tracking.vehicle import Vehicle

POSE_M = 1.0
"""How far apart the poses of a drive are told."""
_DIMENSIONS = (
    "length_m", "width_m", "wheelbase_m", "front_overhang_m", "rear_overhang_m", "track_m", "height_m", "turning_radius_m",
    "lock_time_s",
)  # fmt: skip


def tracking_row(tracked: VehicleTracking) -> dict[str, Any]:
    """Return what one vehicle can do, as plain values; numbers are rounded where the document is written."""
    return {
        "vehicle": _vehicle(tracked.vehicle),
        "policy": asdict(tracked.policy),
        "unsearched": _pair(tracked.unsearched),
        "notes": [_pair(note) for note in tracked.notes],
        "states": tracked.states,
        "targets": [_target(row) for row in tracked.targets.to_dict("records")],
        "trips": [_trip(trip) for trip in tracked.trips],
        "conflicts": [_conflict(c) for c in tracked.conflicts],
        "mends": [_mend(m) for m in tracked.mends],
        "turnings": [_turning(t) for t in tracked.turnings],
        "bends": [_bend(row) for row in tracked.bends.to_dict("records")],
    }


def _vehicle(vehicle: Vehicle) -> dict[str, Any]:
    return {
        "id": vehicle.id, "zh": vehicle.zh, "en": vehicle.en, **{key: getattr(vehicle, key) for key in _DIMENSIONS},
        "radius_basis": vehicle.radius_basis.value,
        "kerb_radius_m": vehicle.kerb_radius_m, "wall_radius_m": vehicle.outer_radius_m,
        "front_axle_radius_m": vehicle.front_radius_m, "inner_radius_m": vehicle.inner_radius_m,
        "lock_deg": math.degrees(vehicle.lock_rad),
        "sources": {
            key: {"status": source.status.value, "zh": source.zh, "en": source.en} for key, source in sorted(vehicle.sources.items())
        },
    }  # fmt: skip


def _target(row: Mapping[Any, Any]) -> dict[str, Any]:
    gap = {"gap_m": row.get("gap_m"), "gap_x": row.get("gap_x"), "gap_y": row.get("gap_y")}
    owners = row.get("gap_owners")
    return {
        **{key: _value(row[key]) for key in TARGET_COLUMNS}, **{key: _value(v) for key, v in gap.items()},
        "gap_owners": list(owners) if isinstance(owners, (tuple, list)) else [], **_explained(row),
    }  # fmt: skip


def _explained(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return what explains the class beyond its place: how a lane is passed, that the entrance is too low, what hangs there."""
    through, low, lane = row.get("through"), row.get("too_low"), row["target_kind"] == TargetKind.LANE.value
    return {
        "through": bool(through) if lane and isinstance(through, (bool, np.bool_)) else None,
        "too_low": bool(low) if isinstance(low, (bool, np.bool_)) else None,
        "below_owners": list(below_of(row)), "below_x": _value(row.get("below_x")), "below_y": _value(row.get("below_y")),
    }  # fmt: skip


def _trip(trip: Trip) -> dict[str, Any]:
    return {
        "trip_id": trip.trip_id, "kind": trip.kind.value, "entrance_id": trip.entrance_id,
        "target_kind": trip.target_kind.value, "target_id": trip.target_id,
        "serves": [{"kind": kind.value, "id": name} for kind, name in trip.serves],
        "length_m": trip.length_m, "manoeuvres": trip.manoeuvres, "states": trip.states, "cell_m": trip.cell_m,
        "area_outside_m2": trip.area_outside_m2, "conflict_ids": [c.conflict_id for c in trip.conflicts],
        "below": list(trip.below), "line": poses(trip),
    }  # fmt: skip


def poses(trip: Trip) -> list[list[float]]:
    """Return the drive as [east, north, heading] every ``POSE_M`` of its way, at every change of direction and at its end.

    Headings are counter-clockwise from east, -pi to pi [rad].
    """
    drive = trip.drive
    chainage = drive.chainage_m
    if len(chainage) < 2:
        at = np.zeros(len(chainage))
    else:
        turns = chainage[1:-1][np.diff(drive.gear[:-1]) != 0]
        at = np.unique(np.concatenate((np.arange(0.0, chainage[-1], POSE_M), turns, chainage[-1:])).round(6))
    owner = np.clip(np.searchsorted(chainage, at + 1e-9, side="right") - 1, 0, max(len(chainage) - 2, 0))
    way = (at - chainage[owner]) * drive.gear[owner]
    xy, heading = along(drive.xy[owner], drive.heading_rad[owner], drive.curvature[owner], way)
    heading = np.arctan2(np.sin(heading), np.cos(heading))
    return [[float(x), float(y), float(h)] for (x, y), h in zip(xy, heading, strict=True)]


def _conflict(conflict: Conflict) -> dict[str, Any]:
    return {
        "conflict_id": conflict.conflict_id, "trip_id": conflict.trip_id, "depth_m": conflict.depth_m,
        "area_m2": float(conflict.geometry.area), "part": conflict.part.value, "owners": list(conflict.owners),
        "place": list(conflict.place), "chainage_m": conflict.chainage_m,
    }  # fmt: skip


def _mend(mend: Mend) -> dict[str, Any]:
    return {
        "trip_id": mend.trip_id, "conflict_ids": list(mend.conflict_ids), "action": mend.action, "owners": list(mend.owners),
        "radius_m": mend.radius_m, "depth_m": mend.depth_m, "area_m2": mend.area_m2, "proven": mend.proven,
        "place": list(mend.place), "text_zh": mend.text_zh, "text_en": mend.text_en,
    }  # fmt: skip


def _turning(turning: Turning) -> dict[str, Any]:
    return {
        "dead_end_id": turning.dead_end_id, "lane_id": turning.lane_id, "entrance_id": turning.entrance_id,
        "class": turning.found.value, "manoeuvres": turning.manoeuvres if turning.manoeuvres >= 0 else None,
        "trip_id": turning.trip_id, "reverse_m": turning.reverse_m, "place": list(turning.place), "below": list(turning.below),
    }  # fmt: skip


def _bend(row: Mapping[Any, Any]) -> dict[str, Any]:
    place = row["geometry"]
    told = {"bend_id", "kind", "lane_ids", "geometry", "vehicle_id", "lane_id"}
    return {
        "bend_id": row["bend_id"], "kind": row["kind"], "lane_ids": str(row["lane_ids"]).split(","),
        "place": [float(place.x), float(place.y)], **{key: _value(row[key]) for key in BEND_WIDTH_COLUMNS if key not in told},
    }  # fmt: skip


def _pair(texts: tuple[str, str] | None) -> dict[str, str] | None:
    return None if texts is None else {"zh": texts[0], "en": texts[1]}


def _value(value: Any) -> Any:
    """Tables hold numpy's numbers, and NaN for a missing text."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


# ------------------------------------------------------------------------------------------- layers


def tracking_layers(tracking: Sequence[VehicleTracking], crs: Any) -> dict[str, tuple[gpd.GeoDataFrame, str]]:
    """Return the layers of ``results.gpkg`` with their kinds of geometry; none where nothing was tracked.

    ``swept_paths`` (MultiPolygon), ``drive_lines`` (LineString), ``track_conflicts`` (MultiPolygon), ``bend_widths``
    and ``turnings`` (Point).
    """
    if not tracking:
        return {}
    trips = [trip for tracked in tracking for trip in tracked.trips]
    rows = [_trip_attributes(trip) for trip in trips]
    columns = list(_trip_columns())
    mends = {c: m for tracked in tracking for m in tracked.mends for c in _of(m)}
    conflicts = [c for tracked in tracking for c in tracked.conflicts]
    bends = pd.concat([tracked.bends for tracked in tracking], ignore_index=True)
    turnings = [(tracked.vehicle.id, t) for tracked in tracking for t in tracked.turnings]
    lines = [_line(trip) for trip in trips]
    return {
        "swept_paths": (_frame(rows, columns, [trip.swept.body for trip in trips], crs), "MultiPolygon"),
        "drive_lines": (_frame(rows, columns, lines, crs), "LineString"),
        "track_conflicts": (
            _frame([_conflict_attributes(c, mends) for c in conflicts], _CONFLICT_COLUMNS, [c.geometry for c in conflicts], crs),
            "MultiPolygon",
        ),
        "bend_widths": (gpd.GeoDataFrame(bends, geometry="geometry", crs=crs), "Point"),
        "turnings": (
            _frame([_turning_attributes(v, t) for v, t in turnings], _TURNING_COLUMNS, [shapely.Point(t.place) for _, t in turnings], crs),
            "Point",
        ),
    }  # fmt: skip


_CONFLICT_COLUMNS = (
    "conflict_id", "trip_id", "depth_m", "part", "owners", "chainage_m", "place_x", "place_y", "mend_zh", "mend_en", "mend_proven",
)  # fmt: skip
_TURNING_COLUMNS = ("dead_end_id", "vehicle", "lane_id", "entrance_id", "class", "manoeuvres", "trip_id", "reverse_m", "below")


def _trip_columns() -> Iterable[str]:
    return (
        "trip_id", "kind", "vehicle", "entrance_id", "target_kind", "target", "serves", "length_m", "manoeuvres", "states", "cell_m",
        "area_outside_m2", "below",
    )  # fmt: skip


def _trip_attributes(trip: Trip) -> dict[str, Any]:
    return {
        "trip_id": trip.trip_id, "kind": trip.kind.value, "vehicle": trip.vehicle.id, "entrance_id": trip.entrance_id,
        "target_kind": trip.target_kind.value, "target": trip.target_id,
        "serves": ";".join(f"{kind.value}:{name}" for kind, name in trip.serves), "length_m": trip.length_m,
        "manoeuvres": trip.manoeuvres, "states": trip.states, "cell_m": trip.cell_m, "area_outside_m2": trip.area_outside_m2,
        "below": ";".join(trip.below),
    }  # fmt: skip


def _of(mend: Mend) -> Iterable[tuple[str, str]]:
    return ((mend.trip_id, conflict) for conflict in mend.conflict_ids)


def _conflict_attributes(conflict: Conflict, mends: dict[tuple[str, str], Mend]) -> dict[str, Any]:
    mend = mends.get((conflict.trip_id, conflict.conflict_id))
    return {
        "conflict_id": conflict.conflict_id, "trip_id": conflict.trip_id, "depth_m": conflict.depth_m,
        "part": conflict.part.value, "owners": ";".join(conflict.owners), "chainage_m": conflict.chainage_m,
        "place_x": conflict.place[0], "place_y": conflict.place[1], "mend_zh": None if mend is None else mend.text_zh,
        "mend_en": None if mend is None else mend.text_en, "mend_proven": None if mend is None else mend.proven,
    }  # fmt: skip


def _turning_attributes(vehicle_id: str, turning: Turning) -> dict[str, Any]:
    return {
        "dead_end_id": turning.dead_end_id, "vehicle": vehicle_id, "lane_id": turning.lane_id,
        "entrance_id": turning.entrance_id, "class": turning.found.value,
        "manoeuvres": turning.manoeuvres if turning.manoeuvres >= 0 else None, "trip_id": turning.trip_id,
        "reverse_m": turning.reverse_m, "below": ";".join(turning.below),
    }  # fmt: skip


def _line(trip: Trip) -> shapely.LineString | None:
    """Return the way of the rear axle; None of a vehicle that need not move from outside the mouth."""
    return trip.drive.refined(0.5).line() if len(trip.drive.xy) > 1 else None


def _frame(rows: list[dict[str, Any]], columns: Sequence[str], shapes: Sequence[Any], crs: Any) -> gpd.GeoDataFrame:
    table = pd.DataFrame(rows, columns=list(columns))
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(list(shapes), index=table.index, crs=crs), crs=crs)
