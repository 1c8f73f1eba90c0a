"""Which places the boxes of a lane take: the pitch first, then a straight place, then the standard size.

Lanes are laid out one after the other; a box takes places away from other lanes. Where lanes meet, a second
look brings the first boxes after the junction near enough to the last ones before it.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane.markings.candidates import Lane, Places, Surroundings, Taken, fitting, occupied, places
from firelane.markings.crossings import END, START, node_ends
from firelane.markings.keeping import Stretch, best_kept, crowded
from firelane.markings.spacing import Known, Spacing, chain
from firelane.markings.standing import out_of_place, same_outline
from firelane.vocabulary import LaneEnd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from firelane.markings.lettering import BoxDesign
    from firelane.markings.parameters import Dimensions

_BENT, _SMALLER = 1, 10_000  # dislikes: one smaller box is worse than any number in bends
_NONE = np.iinfo(np.int64).max // 2
_MORE = 1  # boxes that a lane may have beyond those it would have if none of today stayed
_TRIES = 50  # boxes of one lane that meet each other, as where a lane turns back beside itself


@dataclass(frozen=True)
class Size:
    """A size of box at every place of every lane: where it fits between the edges, and what it would lie on.

    ``kept`` tells at which places a box of today has this size and can stay.
    """

    design: BoxDesign
    places: Places
    boxes: NDArray[Any]
    fits: NDArray[np.bool_]
    taken: Taken
    free: NDArray[np.bool_]
    kept: NDArray[np.bool_]
    tree: shapely.STRtree


@dataclass(frozen=True)
class Row:
    """The boxes of one lane: (place, number of the size) of each, along the lane.

    ``gaps_m`` are those above the pitch (from, to; chainage), ``sizes`` the numbers of the sizes that the lane may have.
    """

    boxes: tuple[tuple[int, int], ...]
    gaps_m: tuple[tuple[float, float], ...]
    sizes: tuple[int, ...]

    def excess_m(self, pitch_m: float) -> float:
        """Return by how much the gaps exceed the pitch in all [m]."""
        return sum(b - a - pitch_m for a, b in self.gaps_m)


def sized(lanes: list[Lane], design: BoxDesign, around: Surroundings, dims: Dimensions) -> Size:
    """Return one size of box at every place of ``lanes``."""
    here = places(
        lanes, dims.number("box_search_step_m"), design.along_m,
        bend_radius_m=dims.number("box_bend_radius_m"), standing=around.standing,
    )  # fmt: skip
    boxes = here.boxes(design.across_m, design.along_m)
    tree = shapely.STRtree(boxes)
    fits = fitting(here, lanes, tree, around)
    taken = occupied(tree, around)
    free = fits & ~taken.anywhere(len(boxes))
    kept = here.standing >= 0
    kept[kept] = same_outline([around.standing[k] for k in here.standing[kept]], boxes[kept], dims)
    if kept.any():
        kept &= here.well & fits & ~out_of_place(taken, boxes)
    return Size(design, here, boxes, fits, taken, free, kept, tree)


class Layout:
    """The boxes of all lanes, laid out."""

    def __init__(
        self, lanes: list[Lane], sizes: list[Size], allowed: list[tuple[int, ...]], around: Surroundings, dims: Dimensions
    ) -> None:
        """Lay the boxes out; ``allowed`` are the sizes that each lane may have."""
        self.lanes, self.sizes, self.standing = lanes, sizes, around.standing
        self._first, self._clearance_m, self._dims = sizes[0].places.first, around.clearance_m, dims
        self._claims = [np.zeros(len(size.boxes), dtype=np.int64) for size in sizes]
        self.rows: list[Row] = []
        for n, numbers in enumerate(allowed):  # boxes of today come first, wherever they are
            self.rows.append(Row(self._standing(n), (), numbers))
            self._claim(n, self.rows[n], 1)
        self._kept = [row.boxes for row in self.rows]
        self._known: Known = {}  # a lane is asked about again whenever a neighbour of it changes
        self.spared: set[int] = set()  # lanes whose boxes of today stay for all that a junction's gap is slightly too wide
        for n in range(len(lanes)):
            self._replace(n, self._best_row(n, None))
        self._bring_nearer()

    def span(self, n: int) -> slice:
        """Return the places of lane ``n``."""
        return slice(int(self._first[n]), int(self._first[n + 1]))

    def steps(self, n: int) -> int:
        """Return how many places of lane ``n`` are one step apart; those of boxes of today follow them."""
        return int(self.sizes[0].places.steps[n])

    def chainage_m(self, n: int, place: int) -> float:
        """Return where place ``place`` of lane ``n`` is [m]."""
        return float(self.sizes[0].places.chainage_m[self.span(n).start + place])

    def claimed(self, n: int, size: int) -> NDArray[np.bool_]:
        """Tell which places of lane ``n`` boxes of other lanes stand on."""
        return self._claims[size][self.span(n)] > 0

    def beyond_m(self, n: int, end: int) -> float | None:
        """Return how far the nearest box stands from an end of lane ``n``, None where it has no box [m]."""
        row, lane = self.rows[n], self.lanes[n]
        if not row.boxes:
            return None
        chainage_m = self.chainage_m(n, row.boxes[0 if end == START else -1][0])
        return chainage_m if end == START else float(lane.line.length) - chainage_m

    def _claim(self, n: int, row: Row, sign: int) -> None:
        """Take the places beside the boxes of lane ``n`` away from other lanes, or give them back."""
        own = self.span(n)
        for place, number in row.boxes:
            box = self.sizes[number].boxes[own.start + place]
            for claims, size in zip(self._claims, self.sizes, strict=True):
                near = size.tree.query(box, predicate="dwithin", distance=self._clearance_m)
                claims[near[(near < own.start) | (near >= own.stop)]] += sign

    def _replace(self, n: int, row: Row) -> None:
        self._claim(n, self.rows[n], -1)
        self.rows[n] = row
        self._claim(n, row, 1)

    def _standing(self, n: int) -> tuple[tuple[int, int], ...]:
        """Return the boxes of today on lane ``n`` that can stay: of any size that fits, and clear of each other."""
        found: list[tuple[int, int]] = []
        first = self.steps(n)
        chainages = [self.chainage_m(n, place) for place in range(first, self.span(n).stop - self.span(n).start)]
        for place in first + np.argsort(chainages, kind="stable"):
            at = self.span(n).start + int(place)
            number = next((k for k, size in enumerate(self.sizes) if size.kept[at] and not self._claims[k][at]), None)
            if number is not None and not self._meeting(n, [*found, (int(place), number)]):
                found.append((int(place), number))
        return tuple(found)

    def _best_row(self, n: int, wish_m: tuple[float, float] | None) -> Row:
        """Return the boxes of lane ``n``: those of today that can stay, and what the pitch wants besides.

        All of them stay where no gap is left, no two boxes crowd and the lane has at most one box more than it would have
        without them; else as many as that allows, and none where that closes gaps that they would leave.
        """
        numbers = self.rows[n].sizes
        free = self._row(n, numbers, wish_m, ())
        kept = tuple(box for box in self._kept[n] if not self.claimed(n, box[1])[box[0]])
        if not kept:
            return free
        plain = free if wish_m is None else self._row(n, numbers, None, ())
        most = len(plain.boxes) + _MORE
        row = self._row(n, numbers, wish_m, kept)
        if len(row.boxes) <= most and self._faults(n, row) == (0, 0):
            return row
        dislike, _ = self._prices(n, numbers)
        along_m = self._along_m(numbers, kept)
        some = best_kept(len(kept), lambda i, j: self._stretch(n, dislike, along_m, wish_m, kept, (i, j)), most)
        rows = [row, *([self._row(n, numbers, wish_m, tuple(kept[k] for k in some))] if some else [])]
        rows = [*(r for r in rows if len(r.boxes) <= most), free]
        return min(rows, key=lambda r: (self._faults(n, r), -self._of_today(n, r), len(r.boxes)))

    def _faults(self, n: int, row: Row) -> tuple[int, int]:
        """Return by how much the gaps of a lane exceed the pitch [mm], and how many boxes crowd."""
        at_m = [self.chainage_m(n, place) for place, _ in row.boxes]
        return round(1e3 * row.excess_m(self._dims.number("box_pitch_m"))), crowded(at_m, self._dims.number("box_apart_m"))

    def _of_today(self, n: int, row: Row) -> int:
        return sum(place >= self.steps(n) for place, _ in row.boxes)

    def _along_m(self, numbers: tuple[int, ...], kept: tuple[tuple[int, int], ...]) -> float:
        return max(self.sizes[k].design.along_m for k in (numbers[0], *(k for _, k in kept)))

    def _prices(self, n: int, numbers: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return how ill each place of lane ``n`` is liked, and the size that it would have."""
        span = self.span(n)
        steps = slice(span.start, span.start + self.steps(n))
        dislike = np.full(steps.stop - steps.start, _NONE)
        number = np.full(steps.stop - steps.start, numbers[0])
        for rank, k in enumerate(numbers):
            size = self.sizes[k]
            free = size.free[steps] & ~(self._claims[k][steps] > 0)
            price = np.where(free, rank * _SMALLER + _BENT * size.places.bent[steps], _NONE)
            number = np.where(price < dislike, k, number)
            dislike = np.minimum(dislike, price)
        return dislike, number

    def _row(
        self, n: int, numbers: tuple[int, ...], wish_m: tuple[float, float] | None, kept: tuple[tuple[int, int], ...]
    ) -> Row:
        """Return the boxes of lane ``n``; ``wish_m`` is how far from its ends the first and last ones may stand."""
        dislike, number = self._prices(n, numbers)
        along_m = self._along_m(numbers, kept)
        for _ in range(_TRIES):
            places, gaps_m = self._filled(n, dislike, along_m, wish_m, kept)
            more = [(p, int(number[p])) for p in places]
            boxes = tuple(sorted([*kept, *more], key=lambda box: self.chainage_m(n, box[0])))
            meeting = self._meeting(n, boxes)
            if not meeting:
                break
            dislike = dislike.copy()
            dislike[meeting] = _NONE
        return Row(boxes, gaps_m, numbers)

    def _meeting(self, n: int, boxes: Sequence[tuple[int, int]]) -> list[int]:
        """Return places of a lane whose box meets one before it on the same lane, or one of today."""
        if len(boxes) < 2:
            return []
        start, steps = self.span(n).start, self.steps(n)
        shapes = np.asarray([self.sizes[k].boxes[start + p] for p, k in boxes], dtype=object)
        one, two = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=self._clearance_m / 2)
        pairs = [(boxes[a][0], boxes[b][0]) for a, b in zip(one, two, strict=True) if a > b]
        return sorted({a if a < steps or b >= steps else b for a, b in pairs})

    def _filled(
        self, n: int, dislike: NDArray[np.int64], along_m: float, wish_m: tuple[float, float] | None,
        kept: tuple[tuple[int, int], ...],
    ) -> tuple[tuple[int, ...], tuple[tuple[float, float], ...]]:  # fmt: skip
        """Return the places of new boxes on lane ``n``, and the gaps (from, to) that none could close [m]."""
        lane, dims = self.lanes[n], self._dims
        step_m = dims.number("box_search_step_m")
        if not kept:
            found = self._spaced(n, dislike, along_m, wish_m)
            ends = {-1: lane.from_m, len(dislike): lane.to_m}
            at = {**ends, **{p: lane.from_m + p * step_m for p in found.places}}
            return found.places, tuple((at[a], at[b]) for a, b in found.too_wide)
        stretches = [self._stretch(n, dislike, along_m, wish_m, kept, (k, k + 1)) for k in range(len(kept) + 1)]
        gaps_m = tuple(itertools.chain.from_iterable(stretch.gaps_m for stretch in stretches))
        return tuple(itertools.chain.from_iterable(stretch.places for stretch in stretches)), gaps_m

    def _stretch(
        self, n: int, dislike: NDArray[np.int64], along_m: float, wish_m: tuple[float, float] | None,
        kept: tuple[tuple[int, int], ...], between: tuple[int, int],
    ) -> Stretch:  # fmt: skip
        """Return what is new between two stops of lane ``n``: its start (0), the boxes ``kept`` (1 …) or its end."""
        lane, dims = self.lanes[n], self._dims
        pitch_m = dims.number("box_pitch_m")
        first_m, last_m = wish_m or (pitch_m, pitch_m)
        stops_m = [lane.from_m, *(self.chainage_m(n, place) for place, _ in kept), lane.to_m]
        i, j = between
        boxes = (i > 0, j <= len(kept))
        # from a box a whole pitch, from an end of the lane what is wished
        reach_m = (pitch_m if boxes[0] else first_m, pitch_m if boxes[1] else last_m)
        places: list[int] = []
        gaps_m: list[tuple[float, float]] = []
        if stops_m[j] - stops_m[i] > min(reach_m) + 1e-9:
            places, gaps_m = self._between(n, dislike, along_m, (stops_m[i], stops_m[j]), reach_m, boxes)
        new_m = [self.chainage_m(n, place) for place in places]
        at_m = [*([stops_m[i]] if boxes[0] else []), *new_m, *([stops_m[j]] if boxes[1] else [])]
        excess_m = sum(b - a - pitch_m for a, b in gaps_m)
        return Stretch(tuple(places), tuple(gaps_m), round(1e3 * excess_m), crowded(at_m, dims.number("box_apart_m")))

    def _spaced(self, n: int, dislike: NDArray[np.int64], along_m: float, wish_m: tuple[float, float] | None) -> Spacing:
        """Space the boxes of one lane; nearer to junctions than the pitch where there is room for it."""
        lane, dims = self.lanes[n], self._dims
        step_m, pitch_m = dims.number("box_search_step_m"), dims.number("box_pitch_m")
        pitch = int(pitch_m / step_m + 1e-9)
        least = math.ceil((along_m + dims.number("box_clearance_m")) / step_m)
        apart = max(least, math.ceil(dims.number("box_apart_m") / step_m - 1e-6))
        end = (lane.to_m - lane.from_m) / step_m
        free = dislike < _NONE

        def spaced(first: int, last: int) -> Spacing:
            end_from = math.ceil(end - last - 1e-6)
            for distance in (apart, least):  # crowded only where the pitch asks for it
                found = chain(
                    free, pitch=pitch, least=distance, start_within=first, end_from=end_from, dislike=dislike * free,
                    known=self._known,
                )  # fmt: skip
                if not found.too_wide:
                    break
            return found

        if wish_m is not None:
            return spaced(*(math.floor(wish / step_m + 1e-6) for wish in wish_m))
        plain = spaced(pitch, pitch)
        near = int(dims.number("box_after_junction_m") / step_m + 1e-9)
        # where the junction itself reaches farther: as near to it as can be
        good = np.flatnonzero(dislike < (_SMALLER if dislike.min() < _SMALLER else _NONE))
        nearest = (int(good[0]), math.ceil(end - int(good[-1]) - 1e-6)) if len(good) else (0, 0)
        wish = tuple(
            min(max(near, room), pitch) if kind == LaneEnd.JUNCTION else pitch
            for kind, room in zip((lane.start_kind, lane.end_kind), nearest, strict=True)
        )
        for first, last in dict.fromkeys([wish, (wish[0], pitch), (pitch, wish[1])]):
            closer = spaced(first, last)
            if not closer.places or closer.too_wide:
                continue
            # a box more than the pitch asks for: spread evenly rather than crowded
            even = tuple(round(end * k / (len(closer.places) + 1)) for k in range(1, len(closer.places) + 1))
            fits = (
                even[0] <= first
                and even[-1] >= end - last
                and np.diff(even, prepend=even[0] - least).min() >= least
                and np.diff(even, prepend=even[0]).max() <= pitch
            )
            if len(closer.places) > len(plain.places) and fits and free[list(even)].all():
                asked = int(dislike[list(even)].sum())
                if asked <= closer.dislike:
                    return Spacing(even, (), asked)
            return closer
        return plain

    def _between(
        self, n: int, dislike: NDArray[np.int64], along_m: float, stops_m: tuple[float, float],
        reach_m: tuple[float, float], boxes: tuple[bool, bool],
    ) -> tuple[list[int], list[tuple[float, float]]]:  # fmt: skip
        """Return the places of new boxes between two stops of lane ``n``, and the gaps that stay (from, to) [m].

        ``boxes`` tells which of the stops is a box, ``reach_m`` how far from each the next one may stand.
        """
        step_m, dims = self._dims.number("box_search_step_m"), self._dims
        from_m = self.lanes[n].from_m
        a, b = ((m - from_m) / step_m for m in stops_m)
        start, stop = math.floor(a + 1e-6), min(math.ceil(b - 1e-6) + 1, len(dislike))
        pitch = int(dims.number("box_pitch_m") / step_m + 1e-9)
        least = math.ceil((along_m + dims.number("box_clearance_m")) / step_m)
        apart = max(least, math.ceil(dims.number("box_apart_m") / step_m - 1e-6))
        number = np.arange(start, stop)
        for distance in (apart, least):
            free = dislike[start:stop] < _NONE
            if boxes[0]:
                free &= number >= a + distance
            if boxes[1]:
                free &= number <= b - distance
            found = chain(
                free, pitch=pitch, least=distance,
                start_within=math.floor(a + reach_m[0] / step_m + 1e-6) - start,
                end_from=math.ceil(b - reach_m[1] / step_m - 1e-6) - start,
                dislike=dislike[start:stop] * free, known=self._known,
            )  # fmt: skip
            if not found.too_wide:
                break
        at = {-1: stops_m[0], stop - start: stops_m[1], **{p: from_m + (start + p) * step_m for p in found.places}}
        return [start + p for p in found.places], [(at[p], at[q]) for p, q in found.too_wide]

    def _bring_nearer(self) -> None:
        """Where boxes on two lanes that meet are farther apart than the pitch, move those that can come nearer.

        Boxes of today go, or new ones crowd them, only where no other lane helps and the gap is more than slight.
        """
        at = node_ends(self.lanes)
        for last in (False, True, True):  # again, for those that were waiting for a lane after them
            for n, kept in enumerate(self._kept):
                if self.rows[n].boxes and not self.rows[n].gaps_m and (kept or not last):
                    self._bring_lane_nearer(n, at, spare=bool(kept) and not last)

    def _bring_lane_nearer(self, n: int, at: dict[str, list[tuple[int, int]]], *, spare: bool) -> None:
        """Move the boxes of lane ``n``; ``spare`` those of today, however wide the gap."""
        pitch_m, near_m = self._dims.number("box_pitch_m"), self._dims.number("box_after_junction_m")
        lane = self.lanes[n]
        wish_m: list[float] = []
        over_m = 0.0
        counted_m = (lane.from_m, float(lane.line.length) - lane.to_m)  # from the lane's ends to where counting begins
        for end, node in ((START, lane.start_node), (END, lane.end_node)):
            own_m = self.beyond_m(n, end) or 0.0
            others = [self.beyond_m(*other) for other in at.get(node, ()) if other != (n, end)]
            other_m = max((m for m in others if m is not None), default=None)
            limit_m = pitch_m + counted_m[end] if other_m is None else pitch_m - other_m
            over_m = max(over_m, own_m - limit_m)
            # an end that is near enough may give way, but not so far that its own junction suffers
            keep_m = limit_m if node not in at else min(limit_m, max(own_m, near_m))
            wish_m.append((limit_m if own_m > limit_m + 1e-6 else keep_m) - counted_m[end])
        if over_m <= 1e-6 or min(wish_m) < 0:
            return
        row = self._best_row(n, (wish_m[0], wish_m[1]))
        if not row.boxes or row.gaps_m:
            return
        before = self.rows[n]
        fewer = self._of_today(n, row) < self._of_today(n, before)
        harm = bool(self._kept[n]) and (fewer or self._faults(n, row) > self._faults(n, before))
        if not harm or not (spare or over_m <= self._dims.number("box_slight_excess_m") + 1e-6):
            self._replace(n, row)
        elif not spare:
            self.spared.add(n)
