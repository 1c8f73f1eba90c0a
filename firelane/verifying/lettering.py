"""The lettering of a box or a grid: complete, in order, the right way round (第十三条（二）、（三）)."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from scipy.spatial import cKDTree

from firelane.verifying.characters import read_widely
from firelane.verifying.complete import lacking
from firelane.verifying.glyphs import Reading, read_shapes
from firelane.verifying.limits import number
from firelane.verifying.records import FAIL, NOT_MEASURED, PASS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Objects = NDArray[np.object_]

_SAME_M = 3e-3
_SIDEWAYS_DEG = 20.0
_UNREADABLE = "字样的字形无法识别，请目视核对", "the style of the lettering cannot be read: look at it yourself"


@dataclass(frozen=True)
class Line:
    """A line of TEXT near the local origin: words, and its lower left, lower right and upper left corner."""

    words: str
    corners: Floats
    rgb: tuple[int, int, int]

    @property
    def middle(self) -> Floats:
        """The middle of its box."""
        return np.asarray((self.corners[1] + self.corners[2]) / 2)


@dataclass(frozen=True)
class Judged:
    """Verdict on a lettering with both texts, and which way its characters stand."""

    verdict: str
    zh: str
    en: str
    words: str
    up: Floats | None


@dataclass
class Reader:
    """Reads letterings; one that is like an earlier one is not read again."""

    wanted: str
    bridge_m: float = 0.03
    known: list[tuple[cKDTree, Reading | None]] = field(default_factory=list)
    looked: int = 0

    def judge(self, parts: Objects, lines: list[Line], travel: Floats, *, both_ways: bool) -> Judged:
        """Judge one lettering.

        Parameters
        ----------
        parts : ndarray of Polygon
            What is painted there beside frame and grid.
        lines : list of Line
            TEXT and MTEXT that stand there.
        travel : ndarray (2,)
            Unit vector of the direction of travel.
        both_ways : bool
            Whether the lettering may be for drivers who come from the other side.
        """
        # A dimension or a note that stands there is none of the lettering.
        own = [line for line in lines if set(line.words) & set(self.wanted)]
        said = _words(own, self.wanted) if own else self._of_shapes(parts, travel)
        if said is None:
            other = [line for line in lines if any(unicodedata.east_asian_width(sign) == "W" for sign in line.words)]
            said = _words(other, self.wanted) if other else None
        if said is None and len(parts) >= len(self.wanted):
            return Judged(NOT_MEASURED, *_UNREADABLE, "", None)
        if said is None:
            return Judged(FAIL, f"无字样（应为“{self.wanted}”）", f"there is no lettering; it must be {self.wanted}", "", None)
        return self._judged(said, travel, both_ways=both_ways)

    def _judged(self, said: Reading, travel: Floats, *, both_ways: bool) -> Judged:
        words, wanted = said.words, self.wanted
        if said.other:
            return Judged(FAIL, f"字样读作“{said.other}”，应为“{wanted}”", f"the lettering reads {said.other}; it must be {wanted}", said.other, said.up)
        if said.legible < number("lettering", "legible"):
            return Judged(NOT_MEASURED, *_UNREADABLE, words, said.up)
        if said.mirrored:
            return Judged(FAIL, "字样为镜像（反字）", "the lettering is mirrored", words, said.up)
        if words != wanted:
            zh, en = _difference(words, wanted)
            return Judged(FAIL, zh, en, words, said.up)
        if said.lacks:
            return Judged(FAIL, f"字样“{said.lacks}”缺笔画", f"the lettering lacks strokes of {said.lacks}", words, said.up)
        cosine = float(np.clip(said.up @ travel, -1.0, 1.0))
        turned = math.degrees(math.acos(cosine))
        if min(turned, 180.0 - turned) > _SIDEWAYS_DEG:
            return Judged(FAIL, f"字样未沿行车方向（偏转 {turned:.0f}°）", f"the lettering is turned by {turned:.0f}° against the direction of travel",
                          words, said.up)  # fmt: skip
        if cosine < 0 and not both_ways:
            return Judged(FAIL, "字样对驶入车辆是倒的", "a driver who enters reads the lettering upside down", words, said.up)
        return Judged(PASS, f"字样“{words}”完整，沿行车方向", f"the lettering {words} is complete and along the direction of travel", words,
                      said.up)  # fmt: skip

    def _of_shapes(self, parts: Objects, travel: Floats) -> Reading | None:
        if not len(parts):
            return None
        right = np.array([travel[1], -travel[0]])
        axes = np.stack([right, travel], axis=1)
        turned = shapely.transform(parts, lambda xy: xy @ axes)
        boxes = shapely.bounds(turned)
        corner = np.array([boxes[:, 0].min(), boxes[:, 1].min()])
        own = shapely.transform(turned, lambda xy: xy - corner)
        measure = np.column_stack([shapely.bounds(own), np.sqrt(shapely.area(own)), shapely.length(own) / 4])
        for seen, reading in self.known:
            if len(seen.data) == len(measure) and _same(seen, measure):
                return None if reading is None else _turned(reading, axes)
        north = np.array([0.0, 1.0])
        found = read_shapes(own, self.wanted, north)
        unread = found is None or found.legible < number("lettering", "legible") or "？" in found.words
        if unread and self.looked < number("lettering", "widely"):
            self.looked += 1
            found = _other(found, read_widely(own, self.wanted, north), north)
        if found is not None and found.words == self.wanted and not (found.mirrored or found.other):
            found = replace(found, lacks=lacking(own, self.wanted, found.up, self.bridge_m))
        self.known.append((cKDTree(measure), found))
        return None if found is None else _turned(found, axes)


def _same(seen: cKDTree, measure: Floats) -> bool:
    """Tell whether each stroke has one of the same place, size and outline among those seen."""
    away, which = seen.query(measure, distance_upper_bound=_SAME_M)
    return bool(np.isfinite(away).all()) and len(set(which.tolist())) == len(measure)


def _turned(found: Reading, axes: Floats) -> Reading:
    return replace(found, up=axes @ found.up)


def _other(found: Reading | None, words: str | None, up: Floats) -> Reading | None:
    """Return a reading with the other words that a lettering clearly says, if it does."""
    if words is None:
        return found
    return Reading(words, up, mirrored=False, legible=0, likeness=0.0, other=words) if found is None else replace(found, other=words)


def _difference(words: str, wanted: str) -> tuple[str, str]:
    if sorted(words) == sorted(wanted):
        return f"字样顺序有误：“{words}”，应为“{wanted}”", f"the characters stand in the wrong order: {words}; it must be {wanted}"
    missing = [c for c in wanted if c not in words]
    gone = "".join(missing)
    if "·" in words or len(words) < len(wanted):
        return f"字样缺字“{gone}”：现为“{words}”", f"the lettering lacks {gone}: it is {words}"
    return f"字样有误：“{words}”，应为“{wanted}”", f"the lettering is wrong: {words}; it must be {wanted}"


def _words(lines: list[Line], wanted: str) -> Reading:
    """Read lines of TEXT in order: from the top, or from near to far where each is one character."""
    longest = max(lines, key=lambda line: len("".join(line.words.split())))
    across, up = longest.corners[1] - longest.corners[0], longest.corners[2] - longest.corners[0]
    mirrored = bool(across[0] * up[1] - across[1] * up[0] < 0)
    up = up / max(float(np.hypot(*up)), 1e-12)
    across = across / max(float(np.hypot(*across)), 1e-12)
    high = float(np.hypot(*(longest.corners[2] - longest.corners[0])))
    rows: list[tuple[float, float, str]] = []
    for line in lines:
        text = "".join(line.words.split())
        rows.append((float(line.middle @ up), float(line.middle @ across), text))
    rows.sort(key=lambda row: (-row[0], row[1]))
    grouped: list[list[tuple[float, float, str]]] = []
    for row in rows:
        if grouped and abs(grouped[-1][0][0] - row[0]) < 0.5 * high:
            grouped[-1].append(row)
        else:
            grouped.append([row])
    texts = ["".join(text for _, _, text in sorted(group, key=lambda row: row[1])) for group in grouped]
    column = len(texts) > 2 and all(len(text) == 1 for text in texts)
    words = "".join(reversed(texts) if column else texts)
    legible = len(wanted)  # what is written is known, character by character
    return Reading(words, np.asarray(up), mirrored, legible, 1.0)


def strokes_in(area: Any, tree: shapely.STRtree) -> NDArray[np.int64]:
    """Return the numbers of the pieces of a tree that lie in an area."""
    return np.sort(tree.query(area, predicate="contains"))
