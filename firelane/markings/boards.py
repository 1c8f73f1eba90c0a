"""Warning boards (警示牌) on both sides of every entrance, facing the driver who comes in.

Article 13 (1) asks for conspicuous warnings along the lane; the annex of 应急消〔2019〕334号 has boards on both sides of
entrances. Neither gives a size or a place: all of it is open.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from firelane.markings.items import is_gone, rule_words
from firelane.markings.plan import Board
from firelane.measure.signs import signs_at_mouths
from firelane.site.model import Note
from firelane.vocabulary import ObstructionKind

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from firelane.lanes.records import LaneNetwork
    from firelane.markings.parameters import Dimensions
    from firelane.measure.signs import SignsAtMouth
    from firelane.site.model import Site

_WARNING_RULE = ("sy2020-13-1-warning", "warning")
_FORBIDDEN = ("buildings", "parking", "operating_grounds")
_NOT_STANDING = frozenset({ObstructionKind.VEHICLE, *(kind for kind in ObstructionKind if kind.overhead)})
_STEP_M = 0.25
_SLACK_M = 1e-3
_THICK_M = 0.1  # a board with its post
_SIDES = (("left", "L", "左侧"), ("right", "R", "右侧"))


def warning_boards(site: Site, network: LaneNetwork, dims: Dimensions) -> tuple[tuple[Board, ...], list[Note]]:
    """Return the boards to be put up, in site coordinates, and what there is to say about them.

    A board stands beside the end of a mouth, its near edge ``board_offset_m`` from every pavement, in no building,
    bay or operating ground; where that place is taken it is shifted inwards along the lane. None is planned on a side
    where a warning sign stands.

    Parameters
    ----------
    site : Site
        ``signs`` holds what stands today; where it was not surveyed boards are planned on every side.
    network : LaneNetwork
    dims : Dimensions

    Returns
    -------
    tuple of Board, list of Note
        In the order of ``network.mouths``, the left side first.
    """
    if not dims.flag("warning_boards"):
        return (), []
    if not len(network.mouths):
        return (), _without_outline(network)
    ground = _Ground(site, network)
    signs = signs_at_mouths(
        site, network, search_distance_m=dims.number("board_existing_m"), warning=rule_words(*_WARNING_RULE)
    )
    boards: list[Board] = []
    notes = _without_outline(network)
    for mouth, here in zip(network.mouths.itertuples(), signs, strict=True):
        entrance_id = str(mouth.entrance_id)
        inward = np.asarray([float(mouth.inward_x), float(mouth.inward_y)])
        ends = shapely.get_coordinates(mouth.geometry)[[0, -1]]
        left = np.asarray([-inward[1], inward[0]])
        for side, letter, zh in _SIDES:
            if _has_sign(here, side):
                continue
            away = left if side == "left" else -left
            end = ends[int(np.argmax(ends @ away))]
            place = _place(ground, end, away, inward, dims)
            if place is None:
                notes.append(_note(entrance_id, zh, side))
                continue
            if place.at_obstruction:
                notes.append(_obstructed(entrance_id, zh, side))
            heading_deg = math.degrees(math.atan2(-inward[1], -inward[0])) % 360.0
            boards.append(
                Board(
                    f"BOARD-{entrance_id}-{letter}", entrance_id, *place.foot, heading_deg,
                    dims.number("board_width_m"), dims.number("board_height_m"), dims.number("board_bottom_m"),
                )
            )  # fmt: skip
    return tuple(boards), notes


@dataclass(frozen=True)
class _Place:
    """A foot, and whether an obstruction stands at it."""

    foot: tuple[float, float]
    at_obstruction: bool


class _Ground:
    """What a board must not stand on: pavements, buildings, bays, operating grounds; and what it had better not."""

    def __init__(self, site: Site, network: LaneNetwork) -> None:
        self.roads = _tree([*site.layer("roads").geometry, network.pavement])
        self.areas = _tree([g for name in _FORBIDDEN for g in site.layer(name).geometry])
        things = site.layer("obstructions")
        things = things[~things["kind"].isin(_NOT_STANDING)]
        radius_m = things["radius_m"].fillna(0.0).to_numpy(dtype=float)
        self.things = _tree(list(shapely.buffer(things.geometry.to_numpy(), radius_m, quad_segs=8)))


def _tree(shapes: list[BaseGeometry]) -> shapely.STRtree:
    return shapely.STRtree(np.asarray([g for g in shapes if g is not None and not g.is_empty], dtype=object))


def _place(
    ground: _Ground, end: NDArray[np.float64], away: NDArray[np.float64], inward: NDArray[np.float64], dims: Dimensions
) -> _Place | None:
    """Return the first place that is free, the nearest to the mouth first; None where there is none."""
    offset_m, half_m = dims.number("board_offset_m"), dims.number("board_width_m") / 2
    reach_m = dims.number("board_shift_m")
    inwards, beside = np.meshgrid(_steps(reach_m), _steps(min(reach_m, 2 * half_m + 1.0)), indexing="ij")
    order = np.lexsort((beside.ravel(), (inwards + beside).ravel()))
    inwards, beside = inwards.ravel()[order], beside.ravel()[order]
    feet = end + np.outer(offset_m + half_m + beside, away) + np.outer(inwards, inward)
    across, deep = half_m * away, _THICK_M / 2 * inward
    corners = np.stack([feet + across + deep, feet + across - deep, feet - across - deep, feet - across + deep], axis=1)
    plates = shapely.polygons(corners)
    blocked = np.zeros(len(plates), dtype=bool)
    margin_m = offset_m + half_m + 1.0
    around = shapely.box(*(feet.min(axis=0) - margin_m), *(feet.max(axis=0) + margin_m))
    for road in ground.roads.geometries[ground.roads.query(around)]:
        shapely.prepare(road)  # one pavement may hold all the roads of a district
        blocked |= shapely.dwithin(road, plates, max(offset_m - _SLACK_M, 0.0))
    blocked[ground.areas.query(plates, predicate="intersects")[0]] = True
    free = np.flatnonzero(~blocked)
    if not len(free):
        return None
    taken = np.zeros(len(plates), dtype=bool)
    taken[ground.things.query(plates, predicate="intersects")[0]] = True
    clear = free[~taken[free]]
    best = int(clear[0] if len(clear) else free[0])
    east, north = (float(v) + 0.0 for v in np.round(feet[best], 6))  # no -0.0
    return _Place((east, north), not len(clear))


def _steps(reach_m: float) -> NDArray[np.float64]:
    return np.arange(0.0, reach_m + 1e-9, _STEP_M)


def _has_sign(here: SignsAtMouth, side: str) -> bool:
    """Tell whether a warning sign stands on that side; one of which nothing is recorded counts as one."""
    return any(sign.side == side and sign.warning is not False and not is_gone(sign.condition) for sign in here.signs)


def _without_outline(network: LaneNetwork) -> list[Note]:
    """Tell of entrances whose road has no outline: beside which no place can be found."""
    count = 0 if network.by_line is None else len(network.by_line.mouths)
    if not count:
        return []
    return [
        Note(
            "board_no_outline",
            f"{count} 个出入口所在道路只知中心线：未设计警示牌，测绘路面轮廓后再定",
            f"of the road at {count} entrances only the centreline is known: no warning boards are planned there until its outline is surveyed",
            "entrances",
        )
    ]  # fmt: skip


def _note(entrance_id: str, zh: str, side: str) -> Note:
    return Note(
        "board_no_place",
        f"出入口 {entrance_id} {zh}附近无处设置警示牌，请现场确定（如附墙安装）",
        f"entrance {entrance_id}: no place for a warning board on the {side}; decide on site (fixed to a wall, say)",
        layer="entrances",
        row=entrance_id,
    )


def _obstructed(entrance_id: str, zh: str, side: str) -> Note:
    return Note(
        "board_at_obstruction",
        f"出入口 {entrance_id} {zh}警示牌位置有障碍物，请现场调整或附着安装",
        f"entrance {entrance_id}: something stands where the warning board on the {side} is planned; adjust on site, or fix it there",
        layer="entrances",
        row=entrance_id,
    )
