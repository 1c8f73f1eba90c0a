"""What each lane is worth under edits: its narrowest place, what makes it, and the verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import shapely

from firelane.findings.desk import minimum_verdict
from firelane.findings.summary import worst
from firelane.lanes.boundary import Floats
from firelane.lanes.edits_base import Body
from firelane.lanes.profile import end_width, obstacle_index
from firelane.lanes.reach import CAP_M
from firelane.vocabulary import Verdict
from firelane.whatif.names import Names
from firelane.whatif.spaces import EditedSpace

TOUCH_M = 1e-6
SLACK_M = 1e-6
"""Contract: judged as ``value >= limit - 1e-6``."""


class Narrow(Protocol):
    """A narrow place: one barrier, the end of a lane, or obstacles that cover all of it."""

    @property
    def width_m(self) -> float:
        """Width of the widest gap [m]."""

    @property
    def bodies(self) -> list[Body]:
        """Obstacles that make it."""

    @property
    def contacts(self) -> list[tuple[Body | None, Floats]]:
        """Both contacts of the governing pinch; empty where none governs."""

    @property
    def place(self) -> tuple[float, float]:
        """Middle of the widest gap, or a place of what bars it."""


@dataclass(frozen=True)
class Stop:
    """A dead end, or a lane under obstacles from end to end."""

    width_m: float
    bodies: list[Body]
    place: tuple[float, float]

    @property
    def contacts(self) -> list[tuple[Body | None, Floats]]:
        """No pinch governs here."""
        return []


@dataclass(frozen=True)
class LaneValue:
    """One lane under edits (the columns of ``WhatIf.lanes``)."""

    lane_id: str
    clear_width_m: float
    owners: tuple[str, ...]
    width_verdict: str
    clear_height_m: float
    low_owners: tuple[str, ...]
    height_verdict: str
    height_caused: bool


@dataclass(frozen=True)
class Passage:
    """What is asked of a lane.

    ``width_limit_m`` and ``height_limit_m`` are None where no rule in force gives one; ``width_m`` is the
    width beside something low that makes it harmless [m].
    """

    width_m: float
    width_limit_m: float | None
    height_limit_m: float | None


def barriers_of(space: EditedSpace, lane: int) -> Sequence[Narrow]:
    """Return what bars a lane below the cap, narrowest first."""
    line = space.ground.lanes.geometry.iloc[lane]
    over = [b for b in space.standing(line) if shapely.get_dimensions(b.shape) == 2]
    if over and shapely.difference(line, shapely.union_all([b.shape for b in over])).length <= TOUCH_M:
        middle = line.interpolate(0.5, normalized=True)
        return [Stop(0.0, over, (middle.x, middle.y))]
    return space.bars(lane)


def dead_ends(space: EditedSpace, lane: Any) -> list[Stop]:
    """Return the widest disc that comes up to each dead end of a lane."""
    result = []
    for bare, at in ((lane.start_width_m, lane.start_trim_m), (lane.end_width_m, lane.length_m - lane.end_trim_m)):
        if np.isnan(bare):
            continue
        point = lane.geometry.interpolate(at)
        inside = space.standing(point, bare / 2 - SLACK_M)
        width = float(bare)
        if inside:
            # Farther from the frame than anything that may be nearest, so that the frame is not.
            half = 2 * bare + 1.0
            frame = shapely.box(point.x - half, point.y - half, point.x + half, point.y + half)
            window = space.window(frame)
            width = 0.0 if window.boundary is None else end_width(
                window, obstacle_index(window), np.array(point.coords[0]), _heading(lane.geometry, at), float(bare)
            )  # fmt: skip
        result.append(Stop(width, inside if width < bare - SLACK_M else [], (point.x, point.y)))
    return result


def _heading(line: shapely.LineString, at_m: float) -> np.ndarray:
    """Return the unit vector towards the nearer end of a line."""
    onward = 0.5 if at_m > line.length / 2 else -0.5
    a, b = (np.array(line.interpolate(min(max(c, 0.0), line.length)).coords[0]) for c in (at_m, at_m + onward))
    if np.array_equal(a, b):  # the lane ends here
        a = np.array(line.interpolate(min(max(at_m - onward, 0.0), line.length)).coords[0])
    step: np.ndarray = b - a
    return step / max(float(np.hypot(*step)), 1e-9)


def low_places(space: EditedSpace, lane: int, width_m: float) -> list[tuple[float, tuple[Body, ...]]]:
    """Return the places where something low bars a way: lowest underside, and what hangs there, lowest first."""
    result = []
    for bar in barriers_of(space, lane):
        if bar.width_m >= width_m - SLACK_M:
            break
        over = sorted((b for b in bar.bodies if b.overhead), key=lambda b: (b.clear_height_m, b.order))
        if over:
            result.append((over[0].clear_height_m, tuple(over)))
    return result


@dataclass(frozen=True)
class LowMouth:
    """A mouth of known height, at the lane that ends there."""

    height_m: float
    owner: str


def value_of(
    lane: Any, row: int, levels: Sequence[EditedSpace], passage: Passage, names: Names, *,
    mouths: Sequence[LowMouth], unknown: bool, surveyed: bool,
) -> LaneValue:  # fmt: skip
    """Return the value of one lane.

    Parameters
    ----------
    lane : row of ``LaneNetwork.lanes``
    row : int
        Its row in the spaces.
    levels : (3,) sequence of EditedSpace
        On the ground, up to the envelope, up to any height.
    passage : Passage
    names : Names
    mouths : sequence of LowMouth
        Of this lane.
    unknown : bool
        True where something of unknown height hangs over it.
    surveyed : bool
        False where obstructions were not surveyed.
    """
    ground, envelope, everything = levels
    found: list[Narrow] = [*barriers_of(ground, row), *dead_ends(ground, lane)]
    least = min((round(n.width_m, 8) for n in found), default=0.0)
    equal = [n for n in found if round(n.width_m, 8) == least]
    # Of equal widths a pinch names its owners, a dead end does not.
    best = next((n for n in equal if n.contacts), equal[0] if equal else None)
    width = min(CAP_M, best.width_m) if best is not None else CAP_M
    owners = names.of_narrow(best, designated=bool(lane.designated)) if best is not None and best.width_m < CAP_M else ()
    verdict = Verdict.NOT_APPLICABLE
    if passage.width_limit_m is not None:
        verdict = _width_verdict(lane, found, float(width), passage.width_limit_m, names)
    if verdict is Verdict.PASS and names.start.for_rows:
        # What is left beside a thing that stands for a row of them is not known.
        on_lane = {body.key for body in ground.standing(lane.geometry, passage.width_m / 2)}
        verdict = verdict if names.start.for_rows.isdisjoint(on_lane) else Verdict.NOT_MEASURED

    low = low_places(envelope, row, passage.width_m) if envelope is not ground else []
    anything = low_places(everything, row, passage.width_m) if everything is not ground else []
    heights = [height for height, _ in anything] + [m.height_m for m in mouths]
    height = float(min(heights, default=np.nan))
    return LaneValue(
        str(lane.lane_id), float(width), owners, verdict.value, height,
        tuple(dict.fromkeys(names.label(b.key) for _, bodies in low for b in bodies)),
        _height_verdict(low, height, passage, names, mouths=mouths, unknown=unknown, surveyed=surveyed).value,
        bool(low) and width >= passage.width_m - SLACK_M,
    )  # fmt: skip


def _width_verdict(lane: Any, found: Sequence[Narrow], width_m: float, limit_m: float, names: Names) -> Verdict:
    """Return the worst verdict of a lane's narrow places, each judged by the accuracy of what bounds it."""
    below = limit_m + names.coarsest_m
    narrow = [n for n in found if n.width_m < below + SLACK_M]  # wider by just the accuracy is in doubt as well
    if names.coarsest_m == 0 or not narrow:
        return minimum_verdict(width_m, limit_m, 0.0)
    chainage = shapely.line_locate_point(lane.geometry, shapely.points([n.place for n in narrow]))
    ends = [f"edge:{lane.road_ids[k]}" for k in (0, -1)]
    verdicts = []
    for n, at in zip(narrow, chainage, strict=True):
        # A dead end is bounded by its own edge.
        owners = names.of_narrow(n, designated=bool(lane.designated)) or (ends[0 if at < lane.length_m / 2 else 1],)
        verdicts.append(minimum_verdict(n.width_m, limit_m, names.accuracy_of(owners)))
    return worst(verdicts)


def _height_verdict(
    low: Sequence[tuple[float, tuple[Body, ...]]], height_m: float, passage: Passage, names: Names, *,
    mouths: Sequence[LowMouth], unknown: bool, surveyed: bool,
) -> Verdict:  # fmt: skip
    limit = passage.height_limit_m
    if limit is None:
        return Verdict.NOT_APPLICABLE
    verdicts = [
        minimum_verdict(height, limit, names.accuracy_of([names.label(b.key) for b in bodies], heights=True))
        for height, bodies in low
    ]
    verdicts += [
        minimum_verdict(m.height_m, limit, names.accuracy_of([m.owner], heights=True))
        for m in mouths if m.height_m < limit - SLACK_M
    ]
    if unknown:
        verdicts.append(Verdict.NOT_MEASURED)
    if verdicts:
        return worst(verdicts)
    if not surveyed:
        return Verdict.NOT_MEASURED
    if np.isnan(height_m):
        return Verdict.PASS
    return minimum_verdict(height_m, limit, names.accuracy_m("obstructions", "entrances", heights=True))
