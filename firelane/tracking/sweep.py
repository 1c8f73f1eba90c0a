"""The ground that a vehicle passes over: body, wheels, footprints (扫掠范围)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import Floats
from firelane.tracking.drive import STEP_M, Drive, along
from firelane.tracking.vehicle import Vehicle

CORNERS = ("front_left", "front_right", "rear_right", "rear_left")
WHEELS = ("front_left", "front_right", "rear_right", "rear_left")
RISE_M = 0.003
"""How far at most a drawn envelope stays behind the true one [m]; a centimetre is allowed."""
STRETCH = 32
"""Poses that are put together at a time."""
_SAME_BEND = 1e-9


@dataclass(frozen=True)
class Sweep:
    """What a drive passes over, in the site's CRS.

    Attributes
    ----------
    body : Polygon or MultiPolygon
        Ground under the body, margin included.
    wheels : mapping of str to LineString
        Way of the outer side of each wheel (``WHEELS``).
    corners : mapping of str to LineString
        Way of each corner of the body (``CORNERS``).
    short_m : float
        By how much the true envelope may reach beyond ``body`` [m]: the arcs between poses are drawn as chords.
    """

    body: BaseGeometry
    wheels: Mapping[str, shapely.LineString]
    corners: Mapping[str, shapely.LineString]
    short_m: float


def rectangle(vehicle: Vehicle, margin_m: float = 0.0) -> Floats:
    """Return the corners of the body about the middle of the rear axle, heading east: ``CORNERS`` (4, 2) [m]."""
    front, rear, half = vehicle.front_m + margin_m, -vehicle.rear_overhang_m - margin_m, vehicle.width_m / 2 + margin_m
    return np.array([(front, half), (front, -half), (rear, -half), (rear, half)])


def placed(xy: Floats, heading_rad: Floats, points: Floats) -> Floats:
    """Return points of the vehicle's own axes at each pose: (poses, points, 2)."""
    c, s = np.cos(heading_rad)[:, None], np.sin(heading_rad)[:, None]
    x, y = points[:, 0], points[:, 1]
    return np.stack((c * x - s * y, s * x + c * y), axis=2) + np.asarray(xy)[:, None]


def footprints(drive: Drive, vehicle: Vehicle, *, margin_m: float = 0.0) -> npt.NDArray[np.object_]:
    """Return the body's outline at each pose."""
    result: npt.NDArray[np.object_] = shapely.polygons(placed(drive.xy, drive.heading_rad, rectangle(vehicle, margin_m)))
    return result


def at_every(drive: Drive, spacing_m: float) -> Drive:
    """Return the poses of a drive at every ``spacing_m`` of its way, the first and the last among them."""
    fine = drive.refined(min(spacing_m, STEP_M))
    chainage = fine.chainage_m
    wanted = np.append(np.arange(0.0, chainage[-1] - spacing_m / 2, spacing_m), chainage[-1])
    index = np.unique(np.abs(chainage[None, :] - wanted[:, None]).argmin(axis=1))
    return Drive(fine.xy[index], fine.heading_rad[index], fine.curvature[index], fine.gear[index])


def sweep(drive: Drive, vehicle: Vehicle, *, margin_m: float = 0.0, step_m: float | None = None) -> Sweep:
    """Return the ground that a vehicle passes over.

    Parameters
    ----------
    drive : Drive
    vehicle : Vehicle
    margin_m : float
        Added all around the body [m].
    step_m : float, optional
        Greatest distance between the poses that are drawn [m]. Left out, they stand so close that no corner's arc rises
        above its chord by more than ``RISE_M``: the envelope is short of the true one by at most that
        (``Sweep.short_m``). What is straight is exact at any distance.

    Notes
    -----
    Footprints at the poses, and what the front and the rear edge pass over between them. Hulls of two footprints would
    be too fat on the inside of a bend, by a quarter of the step. The ground is put together from stretches of
    ``STRETCH`` poses, and remembered by them: drives from one entrance begin alike.
    """
    shape = rectangle(vehicle, margin_m)
    far_m = float(np.hypot(vehicle.width_m / 2 + margin_m, vehicle.front_m + margin_m))
    stretches = [_drawn(part, far_m, step_m) for part in _stretches(drive)]
    body = shapely.union_all([_ground(d.xy.tobytes(), d.heading_rad.tobytes(), shape.tobytes()) for d in stretches])
    fine = _joined(stretches)
    half = vehicle.track_m / 2
    axles = np.array([(vehicle.wheelbase_m, half), (vehicle.wheelbase_m, -half), (0.0, -half), (0.0, half)])
    wheels, corners = (placed(fine.xy, fine.heading_rad, points) for points in (axles, shape))
    return Sweep(body, _lines(WHEELS, wheels), _lines(CORNERS, corners), _rise_m(fine, vehicle, margin_m))


def _stretches(drive: Drive) -> list[Drive]:
    """Return a drive in pieces that end where the next begins."""
    count = max(len(drive.xy) - 1, 1)
    return [
        Drive(drive.xy[at : at + STRETCH + 1], drive.heading_rad[at : at + STRETCH + 1], drive.curvature[at : at + STRETCH + 1], drive.gear[at : at + STRETCH + 1])
        for at in range(0, count, STRETCH)
    ]  # fmt: skip


def _drawn(drive: Drive, far_m: float, step_m: float | None) -> Drive:
    """Return the poses that are drawn: the ends of its arcs, and as many between them as their rise asks for."""
    if step_m is not None:
        return drive.refined(step_m)
    way = np.diff(drive.chainage_m)
    new = (np.abs(np.diff(drive.curvature[:-1])) > _SAME_BEND) | (np.diff(drive.gear[:-1]) != 0)
    first = np.concatenate([[0], np.flatnonzero(new) + 1])[: len(way)]
    long = np.add.reduceat(way, first) if len(way) else way
    bend = np.abs(drive.curvature[first])
    # rise of an arc: turn squared, times its radius, by 8; no corner is farther from the turning centre than this
    turn = np.sqrt(8 * RISE_M * bend / (1 + bend * far_m))
    parts = np.maximum(1, np.ceil(np.divide(bend * long, turn, out=np.zeros_like(long), where=bend > _SAME_BEND) - 1e-9).astype(int))
    owner = np.repeat(np.arange(len(parts)), parts)
    at = first[owner]
    share = (np.arange(len(owner)) - np.repeat(np.cumsum(parts) - parts, parts)) / parts[owner]
    xy, heading = along(drive.xy[at], drive.heading_rad[at], drive.curvature[at], share * long[owner] * drive.gear[at])
    return Drive(
        np.vstack([xy, drive.xy[-1:]]), np.append(heading, drive.heading_rad[-1]),
        np.append(drive.curvature[at], drive.curvature[-1]), np.append(drive.gear[at], drive.gear[-1]),
    )  # fmt: skip


def _joined(parts: list[Drive]) -> Drive:
    last = [len(p.xy) - 1 for p in parts[:-1]] + [len(parts[-1].xy)]
    return Drive(
        np.vstack([p.xy[:n] for p, n in zip(parts, last, strict=True)]),
        np.concatenate([p.heading_rad[:n] for p, n in zip(parts, last, strict=True)]),
        np.concatenate([p.curvature[:n] for p, n in zip(parts, last, strict=True)]),
        np.concatenate([p.gear[:n] for p, n in zip(parts, last, strict=True)]),
    )


@lru_cache(maxsize=2048)
def _ground(xy: bytes, heading_rad: bytes, shape: bytes) -> BaseGeometry:
    """Return what a rectangle passes over at and between poses: a stretch that drives share is worked out once."""
    poses, points = (np.frombuffer(array).reshape(-1, 2) for array in (xy, shape))
    corners = placed(poses, np.frombuffer(heading_rad), points)
    before, after = corners[:-1], corners[1:]
    ends = [np.stack([before[:, i], before[:, j], after[:, j], after[:, i]], axis=1) for i, j in ((0, 1), (3, 2))]
    return shapely.union_all(shapely.buffer(shapely.polygons(np.concatenate([corners, *ends])), 0.0))


def _lines(names: tuple[str, ...], places: Floats) -> dict[str, shapely.LineString]:
    if len(places) == 1:
        places = np.repeat(places, 2, axis=0)
    return {name: shapely.LineString(places[:, n]) for n, name in enumerate(names)}


def _rise_m(fine: Drive, vehicle: Vehicle, margin_m: float) -> float:
    """Return the greatest rise of the arcs that the corners draw between two poses [m]: turn² × radius / 8."""
    turned = np.abs(fine.curvature[:-1] * np.diff(fine.chainage_m))
    bent = turned > 1e-12
    if not bent.any():
        return 0.0
    far = np.hypot(1 / np.abs(fine.curvature[:-1][bent]) + vehicle.width_m / 2 + margin_m, vehicle.front_m + margin_m)
    return float((turned[bent] ** 2 * far / 8).max())
