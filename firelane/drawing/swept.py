"""Swept paths of tracked vehicles (车辆轨迹): ground, wheel tracks, drive lines, vehicles along the way, conflicts.

A district has forty drives from one entrance, which share most of their way: all of each drawn one over the other would be
a black band, and a file several times as large. So each thing is drawn where it tells something:

==================  ================================  ================================  ==========================
what                proven drives                     drive of least overrun            turning round
==================  ================================  ================================  ==========================
body's ground       one outline of all of them        outline of its own, dashed        outline of its own
drive line          where no earlier one drove        likewise                          all
wheels              there, in bends                   there, in bends and near what     all
                                                      it takes
vehicle every 2 m   in bends; first and last          bends, near what it takes; first  all
                                                      and last
conflicts           –                                 all, filled, numbered             –
==================  ================================  ================================  ==========================

``G-FIRE-SWEP`` itself holds one outline of all of it together.

On a straight wheel tracks run beside the body's outline and say nothing. Nor do wheels and vehicle of a proven drive where
an earlier one, from another entrance say, came through within about a metre. The vehicle is drawn with axles and wheels where a
drive begins and ends and where it is deepest in what it takes, else its outline alone.
Lines are thinned to 1 cm (``SIMPLER_M``): drawings are looked at, what is measured stands in ``results.gpkg``. Every vehicle
has layers of its own, so that one can be frozen without the other, and a sheet shows one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from firelane.drawing.canvas import (
    APPID,
    add_layer,
    polygons,
    put_hatch,
    put_line,
    put_lines,
    put_polygon_lines,
)
from firelane.drawing.text import ascii_id
from firelane.tracking.drive import STEP_M, Drive
from firelane.tracking.record import TripKind
from firelane.tracking.sweep import at_every, placed, sweep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ezdxf.layouts.blocklayout import BlockLayout

    from firelane.auditing import Audit
    from firelane.drawing.canvas import Canvas
    from firelane.drawing.catalogue import Rgb
    from firelane.lanes.arrays import Floats
    from firelane.tracking.record import Conflict, Trip, VehicleTracking
    from firelane.tracking.vehicle import Vehicle

SIMPLER_M = 0.01
DECIMALS = 3  # of metres: lines are thinned to a centimetre, micrometres would be a third of their bytes
FOOTPRINT_M = 2.0
LEAST_M2 = 0.5  # smaller islands between drives are not drawn
AROUND_M = 12.0  # around a conflict within which wheels and vehicle are drawn
BEND_DEG = 15.0  # turned within ``BEND_M``: a bend
BEND_M = 8.0
_APART_M, _APART_DEG = 2.5, 25.0  # a vehicle drawn this near to that of another drive shows nothing new, whichever way it faces
_BESIDE_M = 1.0  # the same of wheels, from the earlier drive's rear axle
ARROW_MM, ARROW_EVERY_MM, ARROW_LEAST_MM = 2.4, 45.0, 8.0
CONFLICT_FILL: Rgb = (255, 128, 128)
_WHEEL_M = (1.0, 0.3)  # of a tyre's symbol: no vehicle says how large its tyres are

# Not "FL-…": a plot leaves out the polylines of those, which stand for paint.
VEHICLE_BLOCK, OUTLINE_BLOCK, ARROW_BLOCK = "SWEPT-VEHICLE", "SWEPT-OUTLINE", "SWEPT-ARROW"


@dataclass(frozen=True)
class Tracked:
    """A vehicle that was tracked, and its number in the drawing, from 1."""

    number: int
    tracking: VehicleTracking

    @property
    def vehicle(self) -> Vehicle:
        """The vehicle."""
        return self.tracking.vehicle

    @cached_property
    def conflicts(self) -> dict[str, tuple[str, Conflict]]:
        """Conflict id -> its number on the drawing (``C1``) and the conflict, in the order of the drives."""
        return {c.conflict_id: (f"C{n}", c) for n, c in enumerate(self.tracking.conflicts, 1)}

    @cached_property
    def proven_ground(self) -> shapely.Geometry:
        """What the body sweeps on any proven drive; empty without one."""
        # Ground that an earlier drive swept need not be swept again to be in the union.
        return shapely.union_all([sweep(run, self.vehicle).body for _, run in fresh(self.trips(TripKind.PROVEN))])

    def trips(self, *kinds: TripKind) -> list[Trip]:
        """Return the drives of some kinds."""
        return [trip for trip in self.tracking.trips if trip.kind in kinds]


def tracked(audit: Audit) -> list[Tracked]:
    """Return the vehicles that were tracked, numbered."""
    return [Tracked(number, tracking) for number, tracking in enumerate(audit.tracking, 1)]


def swept_layers(canvas: Canvas, audit: Audit, but: int | None = None) -> tuple[str, ...]:
    """Return the layers of all swept paths, those of the vehicle with the number ``but`` left out."""
    swept = canvas.layers.swept
    shown = [it.number for it in tracked(audit) if it.tracking.trips]
    own = (spec.name for number in shown if number != but for spec in swept.of(number))
    return (*([swept.parent] if shown else []), *own)


def draw_swept(canvas: Canvas, audit: Audit) -> None:
    """Draw the swept paths of every vehicle in the model space, texts apart; nothing where none was tracked."""
    drawn = [it for it in tracked(audit) if it.tracking.trips]
    if drawn:
        _define_arrow(canvas)
        _draw_together(canvas, drawn)
    for it in drawn:
        for spec in canvas.layers.swept.of(it.number):
            add_layer(canvas.doc, spec)
        _define_vehicle(canvas, it)
        _draw_conflicts(canvas, it)
        _draw_bodies(canvas, it)
        _draw_ways(canvas, it)
        _draw_vehicles(canvas, it)


def _draw_conflicts(canvas: Canvas, it: Tracked) -> None:
    """Fill the ground that is taken where the vehicle may not be."""
    layer = canvas.layers.swept.name(it.number, "CONF")
    for name, conflict in it.conflicts.values():
        shape = canvas.local(conflict.geometry)
        tags: list[tuple[int, str | float]] = [
            (1000, "conflict"), (1000, ascii_id(conflict.conflict_id)), (1040, round(conflict.depth_m, 4)),
            (1000, f"part={conflict.part.value}"), (1000, f"trip={ascii_id(conflict.trip_id)}"), (1000, f"number={name}"),
            *((1000, f"owner={ascii_id(owner)}"[:255]) for owner in conflict.owners),
        ]  # fmt: skip
        for polygon in polygons(shape):
            put_hatch(canvas.model, polygon, layer, CONFLICT_FILL, aci=1, tags=tags)
        put_polygon_lines(canvas.model, shape, layer, lineweight_mm=0.25)


def _draw_together(canvas: Canvas, drawn: Sequence[Tracked]) -> None:
    """Draw the outline of all that any drive of any vehicle sweeps: one layer for who asks no more. No sheet shows it."""
    grounds = [it.proven_ground for it in drawn]
    grounds += [t.swept.body for it in drawn for t in it.trips(TripKind.OVERRUN, TripKind.TURNING)]
    _put_ground(canvas, shapely.union_all(grounds), canvas.layers.swept.parent)


def _draw_bodies(canvas: Canvas, it: Tracked) -> None:
    layer = canvas.layers.swept.name(it.number, "BODY")
    grounds: list[tuple[shapely.Geometry, str | None]] = [(it.proven_ground, None)]
    grounds += [(trip.swept.body, "FL-DASHED") for trip in it.trips(TripKind.OVERRUN)]
    grounds += [(trip.swept.body, None) for trip in it.trips(TripKind.TURNING)]
    for ground, linetype in grounds:
        _put_ground(canvas, ground, layer, linetype=linetype)


def _put_ground(canvas: Canvas, ground: shapely.Geometry, layer: str, *, linetype: str | None = None) -> None:
    whole = shapely.MultiPolygon([_filled(polygon) for polygon in polygons(ground)])
    thin = shapely.simplify(whole, SIMPLER_M)
    put_polygon_lines(canvas.model, canvas.local(shapely.transform(thin, _rounded)), layer, linetype=linetype)


def _filled(polygon: shapely.Polygon) -> shapely.Polygon:
    """Return a polygon without the slits between drives that come within a hand's breadth of each other."""
    return shapely.Polygon(polygon.exterior, [ring for ring in polygon.interiors if shapely.Polygon(ring).area >= LEAST_M2])


def fresh(trips: Sequence[Trip]) -> list[tuple[Trip, Drive]]:
    """Return the runs of drives that no earlier one has driven, each all forward or all in reverse."""
    # Millimetres, and thousandths of a radian: drives of one search that share their way share its very poses.
    rows = [
        np.column_stack([
            np.round(np.hstack([t.drive.xy[:-1], t.drive.xy[1:]]) * 1000.0), np.round(t.drive.heading_rad[:-1] * 1000.0),
            np.round(t.drive.heading_rad[1:] * 1000.0), t.drive.gear[:-1],
        ])
        for t in trips
    ]  # fmt: skip
    if not rows:
        return []
    _, first = np.unique(np.vstack(rows).astype(np.int64), axis=0, return_index=True)
    new = np.zeros(sum(map(len, rows)), dtype=bool)
    new[first] = True
    found, start = [], 0
    for trip, own in zip(trips, rows, strict=True):
        mine = new[start : start + len(own)]
        start += len(own)
        gear = trip.drive.gear[:-1]
        cuts = np.flatnonzero((mine[1:] != mine[:-1]) | (gear[1:] != gear[:-1])) + 1
        for run in np.split(np.arange(len(own)), cuts):
            if len(run) and mine[run[0]]:
                pick = slice(int(run[0]), int(run[-1]) + 2)
                found.append((trip, Drive(
                    trip.drive.xy[pick], trip.drive.heading_rad[pick], trip.drive.curvature[pick], trip.drive.gear[pick],
                )))  # fmt: skip
    return found


def _draw_ways(canvas: Canvas, it: Tracked) -> None:
    """Draw drive lines with arrows, dashed in reverse; the front wheels, and dashed the rear wheels."""
    swept, vehicle = canvas.layers.swept, it.vehicle
    half = vehicle.track_m / 2
    wheels = np.array([(vehicle.wheelbase_m, half), (vehicle.wheelbase_m, -half), (0.0, half), (0.0, -half)])
    runs = fresh(it.trips(TripKind.PROVEN, TripKind.OVERRUN))
    runs += [run for trip in it.trips(TripKind.TURNING) for run in fresh([trip])]
    earlier: list[shapely.LineString] = []
    for trip, run in runs:
        fine = run.refined(STEP_M)
        back = bool(run.gear[0] < 0)
        put_lines(
            canvas.model, canvas.local(way(fine.xy)), swept.name(it.number, "LINE"), linetype="FL-DASHED" if back else None,
            lineweight_mm=0.25 if back else None,
        )  # fmt: skip
        _draw_arrows(canvas, it, fine, back=back)
        telling = _telling(trip, fine)
        if trip.kind is TripKind.PROVEN:
            telling &= ~shapely.dwithin(shapely.points(fine.xy), shapely.MultiLineString(earlier), _BESIDE_M)
            earlier.append(way(fine.xy))
        ways = placed(fine.xy, fine.heading_rad, wheels)
        for stretch in np.split(np.arange(len(telling)), np.flatnonzero(np.diff(telling)) + 1):
            for n in range(4) if telling[stretch[0]] and len(stretch) > 1 else ():
                track = canvas.local(way(ways[stretch, n]))
                put_lines(canvas.model, track, swept.name(it.number, "WHEL"), linetype="FL-DASHED" if n >= 2 else None)


def _telling(trip: Trip, at: Drive) -> np.ndarray:
    """Tell at which poses of a drive, or of a part of one, wheels and vehicle show something."""
    if trip.kind is TripKind.TURNING or len(at.xy) < 2:
        return np.ones(len(at.xy), dtype=bool)
    chainage_m, heading = at.chainage_m, np.unwrap(at.heading_rad)
    turned = [np.interp(chainage_m + side * BEND_M / 2, chainage_m, heading) for side in (1, -1)]
    telling: np.ndarray = np.abs(turned[0] - turned[1]) >= math.radians(BEND_DEG)
    for conflict in trip.conflicts:
        telling |= np.hypot(*(at.xy - conflict.place).T) <= AROUND_M
    return telling


def way(xy: Floats) -> shapely.LineString:
    """Return the line through places, thinned; that of a single one has no length."""
    return shapely.simplify(shapely.LineString(_rounded(xy if len(xy) > 1 else np.repeat(xy, 2, axis=0))), SIMPLER_M)


def _rounded(xy: Floats) -> Floats:
    rounded: Floats = np.round(xy, DECIMALS)
    return rounded


def _draw_arrows(canvas: Canvas, it: Tracked, fine: Drive, *, back: bool) -> None:
    """Draw arrows on a run, where the rear axle's middle goes."""
    chainage_m = fine.chainage_m
    length_m = float(chainage_m[-1])
    if length_m < canvas.ground_m(ARROW_LEAST_MM):
        return
    count = max(1, round(length_m / canvas.ground_m(ARROW_EVERY_MM)))
    at = np.searchsorted(chainage_m, (np.arange(count) + 0.5) / count * length_m)
    layer = canvas.layers.swept.name(it.number, "LINE")
    for n in at:
        heading_deg = math.degrees(float(fine.heading_rad[n])) + (180.0 if back else 0.0)
        attribs = {"layer": layer, "rotation": round(heading_deg, 3)}
        canvas.model.add_blockref(ARROW_BLOCK, canvas.local_point(fine.xy[n]), dxfattribs=attribs)


def poses(trips: Sequence[Trip], reach_m: float) -> list[tuple[Trip, Drive, np.ndarray]]:
    """Return where the vehicle is drawn along drives, and where with its wheels.

    Of proven drives those are left out that are near to one that is drawn already.

    Parameters
    ----------
    trips : sequence of Trip
    reach_m : float
        From the middle of the rear axle to the front: the pose deepest in a conflict is that far from it at most [m].
    """
    taken = np.empty((0, 3))
    found = []
    for trip in trips:
        others = taken
        every = at_every(trip.drive, FOOTPRINT_M)
        full = np.zeros(len(every.xy), dtype=bool)
        full[[0, -1]] = True
        for conflict in trip.conflicts:
            full[_deepest(trip, every, conflict, reach_m)] = True
        keep = []
        for n in np.flatnonzero(full | _telling(trip, every)):
            pose = np.array([*every.xy[n], every.heading_rad[n]])
            away = others - pose
            turned = np.abs((np.degrees(away[:, 2]) + 90.0) % 180.0 - 90.0)
            near = (np.hypot(away[:, 0], away[:, 1]) < _APART_M) & (turned < _APART_DEG)
            if trip.kind is TripKind.PROVEN and near.any():
                continue
            keep.append(int(n))
            taken = np.vstack([taken, pose])
        chosen = Drive(every.xy[keep], every.heading_rad[keep], every.curvature[keep], every.gear[keep])
        found.append((trip, chosen, full[keep]))
    return found


def _deepest(trip: Trip, every: Drive, conflict: Conflict, reach_m: float) -> int:
    """Return the pose nearest to where a drive is deepest in what it takes."""
    fine = trip.drive.refined(STEP_M)
    at = fine.xy[int(np.abs(fine.chainage_m - conflict.chainage_m).argmin())]
    away = np.hypot(*(every.xy - at).T) + np.where(np.hypot(*(every.xy - conflict.place).T) > reach_m + FOOTPRINT_M, 1e6, 0.0)
    return int(away.argmin())


def _draw_vehicles(canvas: Canvas, it: Tracked) -> None:
    """Insert the vehicle along its ways; XDATA says the drive, how the front wheels stand [deg], and the gear."""
    layer = canvas.layers.swept.name(it.number, "VEHI")
    trips = it.trips(TripKind.OVERRUN) + it.trips(TripKind.TURNING) + it.trips(TripKind.PROVEN)
    for trip, at, full in poses(trips, it.vehicle.front_m):
        steering_deg = np.degrees(at.steering_rad(it.vehicle)).round(2)
        for n, (x, y) in enumerate(at.xy):
            name = f"{VEHICLE_BLOCK if full[n] else OUTLINE_BLOCK}-{it.number}"
            attribs = {"layer": layer, "rotation": round(math.degrees(float(at.heading_rad[n])) % 360.0, 4)}
            insert = canvas.model.add_blockref(name, canvas.local_point((x, y)), dxfattribs=attribs)
            insert.set_xdata(
                APPID,
                [(1000, "vehicle"), (1000, ascii_id(trip.trip_id)), (1040, float(steering_deg[n])), (1070, int(at.gear[n]))],
            )


def _define_arrow(canvas: Canvas) -> None:
    """Define the arrow, in paper size, about its middle; layer 0, so that it takes its INSERT's colour."""
    block = canvas.doc.blocks.new(ARROW_BLOCK)
    half, wing = canvas.ground(ARROW_MM / 2), canvas.ground(ARROW_MM / 5)
    corners = [(-half, wing), (half, 0.0), (-half, -wing)]
    hatch = block.add_hatch(color=0, dxfattribs={"layer": "0", "hatch_style": 0})
    hatch.paths.add_polyline_path(corners, is_closed=True, flags=1)


def vehicle_strokes(vehicle: Vehicle) -> list[tuple[Floats, bool]]:
    """Return the lines of a vehicle in plan, true to size, about the middle of its rear axle, heading east [m].

    Body, axles over the track, a tyre's symbol at each end of them with its outer side on the track, and a point at the
    front. Each with whether it is closed.
    """
    front, rear, half, track = vehicle.front_m, -vehicle.rear_overhang_m, vehicle.width_m / 2, vehicle.track_m / 2
    long, wide = min(_WHEEL_M[0], vehicle.wheelbase_m / 3), min(_WHEEL_M[1], track / 2)
    nose = min(1.2, vehicle.front_m - vehicle.wheelbase_m / 2)
    found = [(np.array([(front, half), (front, -half), (rear, -half), (rear, half)]), True)]
    for axle in (0.0, vehicle.wheelbase_m):
        found.append((np.array([(axle, -track), (axle, track)]), False))
        for side in (1.0, -1.0):
            inner, outer = side * (track - wide), side * track
            x0, x1 = axle - long / 2, axle + long / 2
            found.append((np.array([(x0, inner), (x1, inner), (x1, outer), (x0, outer)]), True))
    found.append((np.array([(front - nose, half), (front, 0.0), (front - nose, -half)]), False))
    return found


def _define_vehicle(canvas: Canvas, it: Tracked) -> None:
    """Define the vehicle to scale, its dimensions in the block's description; and its outline with a stroke at the front."""
    vehicle, layer = it.vehicle, canvas.layers.swept.name(it.number, "VEHI")
    block: BlockLayout = canvas.doc.blocks.new(f"{VEHICLE_BLOCK}-{it.number}")
    strokes = vehicle_strokes(vehicle)
    for n, (points, closed) in enumerate(strokes):
        _stroke(canvas, block, points, layer, closed=closed, lineweight_mm=0.25 if n == 0 else None)
    outline = canvas.doc.blocks.new(f"{OUTLINE_BLOCK}-{it.number}")
    _stroke(canvas, outline, strokes[0][0], layer, closed=True)
    _stroke(canvas, outline, np.array([(vehicle.front_m, 0.0), (vehicle.front_m - 0.5, 0.0)]), layer, closed=False)
    sizes = {
        "length": vehicle.length_m, "width": vehicle.width_m, "wheelbase": vehicle.wheelbase_m,
        "front_overhang": vehicle.front_overhang_m, "rear_overhang": vehicle.rear_overhang_m, "track": vehicle.track_m,
        "kerb_to_kerb": vehicle.kerb_radius_m, "wall_to_wall": vehicle.outer_radius_m,
        "front_axle_centre": vehicle.front_radius_m, "inner": vehicle.inner_radius_m,
        "lock_deg": math.degrees(vehicle.lock_rad),
    }  # fmt: skip
    if block.block is not None:
        block.block.dxf.description = " ".join(f"{key}={value:.3f}" for key, value in sizes.items())


def _stroke(canvas: Canvas, block: BlockLayout, points: Floats, layer: str, *, closed: bool, lineweight_mm: float | None = None) -> None:
    xy = shapely.get_coordinates(canvas.scaled(shapely.LineString(points)))
    put_line(block, xy, layer, closed=closed, lineweight_mm=lineweight_mm)
