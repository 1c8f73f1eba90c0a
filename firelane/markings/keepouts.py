"""What no box may lie on: covers, operating grounds, parking bays and things that stand on the road.

Grids, junctions and other boxes keep a box away as well; they come from the plan itself (``candidates.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane.lanes.obstacles import disc, obstacles
from firelane.site.model import Note
from firelane.vocabulary import ObstructionKind, ParkingStatus, Term

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from firelane.markings.parameters import Dimensions
    from firelane.site.model import Site

    Floats = NDArray[np.float64]

_NAME_LENGTH = 24  # ids are anybody's: a note must stay readable
_NAMES = 4
_QUERIED = ("covers", "operating_grounds", "parking", "obstructions")


class Obstacle(Term):
    """What keeps a box away."""

    COVER = "cover", "井盖", "cover"
    OPERATING_GROUND = "operating_ground", "救援操作场地", "operating ground"
    PARKING = "parking", "停车泊位", "parking bay"
    PLANNED_BAY = "planned_bay", "停车泊位", "parking bay"
    THING = "thing", "障碍物", "obstruction"
    JUNCTION = "junction", "路口", "junction"
    GRID = "grid", "网状线", "grid"
    OTHER_BOX = "other_box", "相邻车道的方框", "box of another lane"
    EDGE = "edge", "路面过窄或贴近禁停线", "the road is too narrow, or the edge line too near"


_LAYER = {
    "covers": Obstacle.COVER, "operating_grounds": Obstacle.OPERATING_GROUND, "parking": Obstacle.PARKING,
    "obstructions": Obstacle.THING,
}  # fmt: skip
CLEARANCE = {
    Obstacle.COVER: "box_cover_clearance_m",
    Obstacle.OPERATING_GROUND: "box_ground_clearance_m",
    Obstacle.PARKING: "box_bay_clearance_m",
    Obstacle.PLANNED_BAY: "box_bay_clearance_m",
    Obstacle.THING: "box_thing_clearance_m",
}
"""What keeps a box away -> the parameter that says how far."""


@dataclass(frozen=True)
class Keepouts:
    """Shapes near the local origin, how far a box stays from each [m], what each is, and its label in zh and en."""

    shapes: NDArray[Any]
    clearance_m: Floats
    kind: tuple[Obstacle, ...]
    label: tuple[tuple[str, str], ...]

    @classmethod
    def none(cls) -> Keepouts:
        """Return no keep-outs."""
        return cls(np.empty(0, dtype=object), np.empty(0), (), ())

    def plus(self, more: Iterable[BaseGeometry], clearance_m: Any, kind: Obstacle) -> Keepouts:
        """Return these and ``more`` of one kind, which have no names."""
        extra = np.asarray([*more], dtype=object)
        if len(extra) == 0:
            return self
        return Keepouts(
            np.concatenate([self.shapes, extra]),
            np.concatenate([self.clearance_m, np.broadcast_to(np.asarray(clearance_m, dtype=float), len(extra))]),
            (*self.kind, *(kind for _ in extra)),
            (*self.label, *((kind.zh, kind.en) for _ in extra)),
        )


def keepouts(site: Site, moved: Callable[[Iterable[BaseGeometry]], NDArray[Any]], dims: Dimensions) -> Keepouts:
    """Return everything on a site that a box must not lie on.

    Existing and planned bays count alike: paint under parked cars warns nobody (第十四条 lets bays stand beside the
    lane). Of obstructions those count that stand on the ground, gates too; what hangs does not, and a vehicle drives
    away.

    Parameters
    ----------
    site : Site
    moved : callable
        Moves geometries to the local origin.
    dims : Dimensions
        Gives the clearances (``CLEARANCE``).
    """
    rows: list[tuple[BaseGeometry, Obstacle, str, str, str]] = []
    for row in site.layer("covers").itertuples():
        rows += [(shape, Obstacle.COVER, "", "", row.id) for shape in _cover(row)]
    rows += [(row.geometry, Obstacle.OPERATING_GROUND, "", "", row.id) for row in site.layer("operating_grounds").itertuples()]
    for row in site.layer("parking").itertuples():
        planned = row.status == ParkingStatus.PLANNED
        rows.append((row.geometry, Obstacle.PLANNED_BAY if planned else Obstacle.PARKING, "", "", row.id))
    table = obstacles(site)
    for row in table[table["layer"] == "obstructions"].itertuples():
        kind = ObstructionKind(row.kind)
        if row.overhead or kind is ObstructionKind.VEHICLE:
            continue
        what = Obstacle.PARKING if kind is ObstructionKind.PARKING_BAY else Obstacle.THING
        rows.append((row.geometry, what, kind.zh, kind.en, row.id))
    if not rows:
        return Keepouts.none()
    kinds = tuple(kind for _, kind, _, _, _ in rows)
    return Keepouts(
        moved(shape for shape, *_ in rows),
        np.asarray([dims.number(CLEARANCE[kind]) for kind in kinds]),
        kinds,
        tuple((labelled(zh or kind.zh, name), labelled(en or kind.en, name)) for _, kind, zh, en, name in rows),
    )


def _cover(row: Any) -> list[BaseGeometry]:
    """Return the areas of a row of covers."""
    if shapely.get_dimensions(row.geometry) > 0:
        return [row.geometry]
    radius_m = float(np.nan_to_num(row.radius_m))
    points = shapely.get_parts(row.geometry)
    return [disc(p.x, p.y, radius_m) if radius_m > 0 else p for p in points]


def labelled(what: str, name: Any) -> str:
    """Return a thing by its name; names are anybody's, so long ones are cut."""
    text = "" if name is None else str(name)
    text = text if len(text) <= _NAME_LENGTH else f"{text[: _NAME_LENGTH - 1]}…"
    return f"{what} {text}".strip()


def told(labels: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """Return what is in the way, in zh and en: each once, the first few by name."""
    unlike = list(dict.fromkeys(labels))
    shown, more = unlike[:_NAMES], len(unlike) - _NAMES
    zh, en = "、".join(a for a, _ in shown), ", ".join(b for _, b in shown)
    return (f"{zh}等 {len(unlike)} 处", f"{en} and {more} more") if more > 0 else (zh, en)


def unsurveyed_note(site: Site) -> Note | None:
    """Return the note on layers that nobody surveyed, so that boxes may lie on what is there; None if all were."""
    missing = [_LAYER[layer] for layer in _QUERIED if not site.complete(layer)]
    if not missing:
        return None
    zh, en = "、".join(kind.zh for kind in missing), ", ".join(f"{kind.en}s" for kind in missing)
    return Note(
        "box_surroundings_not_surveyed",
        f"{zh}未测绘或未测全：方框是否避开它们未核对，施划前须现场核对方框位置",
        f"{en}: not surveyed, or not in full. Whether boxes lie clear of them was not checked: check their places on site before painting",
        layer=None,
    )
