"""What a chart shows of one lane, taken from the audit: nothing is measured here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from firelane.auditing import Audit
from firelane.charts.straight import Straight
from firelane.charts.words import words
from firelane.findings import Finding
from firelane.lanes.obstacles import obstacles, owner_labels
from firelane.rules.model import Rule
from firelane.vocabulary import LaneEnd, Lang, Level, ObstructionKind, Quantity, Verdict

Floats = NDArray[np.float64]

CAP_M = 8.0
"""From here on a width reads "or more": pinches are listed up to 8 m (contract §2)."""

MERGED_M = 0.01
"""Minima closer than this are one place (as in the table of pinches)."""

_PASSAGE = (Quantity.CLEAR_WIDTH, Quantity.CLEAR_HEIGHT, Quantity.OBSTRUCTION)
_OPEN = (Verdict.FAIL, Verdict.INDETERMINATE)
_BADNESS = (Verdict.FAIL, Verdict.INDETERMINATE, Verdict.NOT_MEASURED, Verdict.PASS, Verdict.NOT_APPLICABLE)


@dataclass(frozen=True)
class Stretch:
    """A stretch that fails, or that the accuracy leaves open."""

    start_m: float
    end_m: float
    width_m: float
    verdict: Verdict
    owners: tuple[str, ...]


@dataclass(frozen=True)
class ShownPinch:
    """One pinch, or several alike: where it is, how wide, what stands on either side.

    ``role`` is ``governing``, ``pinch``, ``bypassed`` or ``envelope``; ``alike`` counts the pinches of the
    same width between the same owners for which it stands. ``pinch_id`` is None where a lane is
    narrowest at a place that has no pinch, such as a dead end.
    """

    pinch_id: str | None
    chainage_m: float
    width_m: float
    owners: tuple[str, ...]
    role: str
    ends: Floats | None
    alike: int = 1


@dataclass(frozen=True)
class Thing:
    """An obstruction along the lane, drawn straight."""

    owner: str
    name: str
    start_m: float
    end_m: float
    offset_m: float
    overhead: bool
    clear_height_m: float
    shape: BaseGeometry


@dataclass(frozen=True)
class LaneView:
    """Everything that one chart shows.

    Attributes
    ----------
    chainage_m, clear_m, section_m, height_m : (n,) arrays
        The profile; NaN where not measured [m].
    ends : tuple of str
        What the lane begins and ends at, in words.
    accuracy_m : float
        Coarsest accuracy of what bounds the lanes [m].
    """

    lane_id: str
    title: str
    roads: str
    designated: bool
    verdict: Verdict
    length_m: float
    least_width_m: float
    least_height_m: float
    chainage_m: Floats
    clear_m: Floats
    section_m: Floats
    height_m: Floats
    straight: Straight
    ends: tuple[str, str]
    end_kinds: tuple[LaneEnd, LaneEnd]
    stretches: tuple[Stretch, ...]
    pinches: tuple[ShownPinch, ...]
    things: tuple[Thing, ...]
    messages: tuple[tuple[Verdict, str], ...]
    accuracy_m: float


class Gathered:
    """The audit's tables prepared once for all lanes."""

    def __init__(self, audit: Audit, lang: Lang) -> None:
        self.audit, self.lang, self.words = audit, lang, words(lang)
        self.width_rule = rule_of(audit.rules, (Quantity.CLEAR_WIDTH, Quantity.REACH))
        self.height_rule = rule_of(audit.rules, (Quantity.CLEAR_HEIGHT,))
        self._profile = dict(tuple(audit.profile.groupby("lane_id")))
        self._stations = dict(tuple(audit.network.stations.groupby("lane_id")))
        self._findings: dict[str, list[Finding]] = {}
        for finding in audit.findings:
            if finding.quantity in _PASSAGE and finding.lane_id is not None:
                self._findings.setdefault(finding.lane_id, []).append(finding)

    @property
    def has_laser(self) -> bool:
        """Whether laser points tell heights."""
        return "laser_stations" in self.audit.tables

    @cached_property
    def obstacles(self) -> gpd.GeoDataFrame:
        """All obstacles of the site."""
        return obstacles(self.audit.site)

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.obstacles.geometry.to_numpy())

    @cached_property
    def names(self) -> dict[str, str]:
        """Owner → what a reader calls it: kind, name and id."""
        named = {}
        for (layer, row_id), label in owner_labels(self.audit.site).items():
            named[label] = self.words["entrance"].format(name=row_id) if layer == "entrances" else row_id
        for row in self.obstacles.itertuples():
            kind = ObstructionKind(row.kind).label(self.lang)
            opened, closed = ("「", "」") if self.lang == "zh" else ("“", "”")
            called = f"{opened}{row.name}{closed}" if isinstance(row.name, str) else ""
            named[row.owner] = f"{kind} {row.id}{called if self.lang == 'zh' else ' ' + called}".rstrip()
        return named

    def owner(self, label: str) -> str:
        """Return an owner as a reader knows it."""
        if label.startswith("edge:"):
            return self.words["edge"].format(name=label.removeprefix("edge:"))
        return self.names.get(label, label)

    def _accuracy_m(self, roads: Sequence[str]) -> float:
        """Return the coarsest accuracy of what may bound a lane on these roads [m]."""
        site = self.audit.site
        layers = [n for n in ("fire_lanes", "obstructions", "parking", "entrances") if len(site.layer(n))]
        known = [site.place_accuracy_m(n) for n in layers] + [site.road_accuracy_m(road) for road in roads]
        return max(known, default=0.0)

    @cached_property
    def road_names(self) -> dict[str, Any]:
        """Road → its name, those known as lines too."""
        found: dict[str, Any] = {}
        for layer in ("road_lines", "roads"):
            table = self.audit.site.layer(layer)
            found |= dict(zip(table["id"], table["name"], strict=True))
        return found

    def view(self, lane_id: str) -> LaneView:
        """Return what the chart of a lane shows."""
        lanes = self.audit.lanes
        row: Any = next(lanes[(lanes["lane_id"] == lane_id).to_numpy()].itertuples())
        every = self.audit.network.every_lane
        ends: Any = next(every[(every["lane_id"] == lane_id).to_numpy()].itertuples())
        profile, stations = self._profile.get(lane_id), self._stations.get(lane_id)
        columns = ("chainage_m", "clear_width_m", "section_width_m", "clear_height_m")
        curves = [np.zeros(0) if profile is None else profile[c].to_numpy(float) for c in columns]
        edges = [
            np.zeros(0) if stations is None else stations[c].to_numpy(float)
            for c in ("chainage_m", "left_m", "right_m")
        ]
        straight = Straight(row.geometry, *edges)
        findings = self._findings.get(lane_id, [])
        roads = list(row.road_ids)
        known = self.road_names
        titles = dict.fromkeys(str(known[r]) for r in roads if isinstance(known.get(r), str))
        kinds = (LaneEnd(ends.start_kind), LaneEnd(ends.end_kind))
        return LaneView(
            lane_id=lane_id, title="、".join(titles), roads="、".join(str(r) for r in roads),
            designated=bool(row.designated), verdict=Verdict(row.verdict), length_m=float(row.length_m),
            least_width_m=float(row.min_clear_width_m), least_height_m=float(row.min_clear_height_m),
            chainage_m=curves[0], clear_m=curves[1], section_m=curves[2], height_m=curves[3], straight=straight,
            ends=(self._end(kinds[0], ends.start_node, row.geometry, 0),
                  self._end(kinds[1], ends.end_node, row.geometry, -1)),
            end_kinds=kinds, stretches=_stretches(findings),
            pinches=tuple(self._pinches(row, straight, findings)),
            things=tuple(sorted(
                [*self._things(straight), *self._low_mouths(lane_id, straight)],
                key=lambda t: (t.start_m, t.end_m, t.owner),
            )),
            messages=tuple(
                (f.verdict, f.message(self.lang))
                for f in sorted(findings, key=lambda f: _PASSAGE.index(f.quantity)) if f.verdict in _OPEN
            ),
            accuracy_m=self._accuracy_m(roads),
        )  # fmt: skip

    def _end(self, kind: LaneEnd, node: str, line: shapely.LineString, which: int) -> str:
        """Return what a lane begins or ends at: an entrance by its name, a junction by its id."""
        text = kind.label(self.lang)
        if kind is LaneEnd.JUNCTION:
            return f"{text} {node}"
        mouths = self.audit.network.mouths
        if kind is LaneEnd.MOUTH and len(mouths):
            end = shapely.points(line.coords[which])
            nearest: Any = mouths.iloc[int(mouths.distance(end).to_numpy().argmin())]
            name = f" {nearest['name']}" if isinstance(nearest["name"], str) else ""
            return f"{text} {nearest['entrance_id']}{name}"
        return text

    # ------------------------------------------------------------------ pinches

    def _pinches(self, lane: Any, straight: Straight, findings: Sequence[Finding]) -> list[ShownPinch]:
        """Return the pinches of a lane, those alike as one, in order of chainage; the governing one is told."""
        table = self.audit.pinches
        told = getattr(lane, "governing_pinch_id", None)
        # A pinch beside a junction may be nearer to another lane than to the one that it governs.
        mine = (table["lane_id"] == lane.lane_id).to_numpy() | (table["pinch_id"] == told).to_numpy()
        rows = list(table[mine].itertuples())
        least = float(lane.min_clear_width_m)
        governing = told if isinstance(told, str) else self._governing(rows, least, findings)
        found = []
        for row in rows:
            xy = shapely.get_coordinates(row.geometry)
            at = float(straight.along(xy.mean(axis=0)[None])[0, 0])
            role = "bypassed" if row.bypassed else "pinch" if row.level == Level.GROUND else "envelope"
            if row.pinch_id == governing:
                role = "governing"
            at = float(np.clip(at, 0.0, straight.length_m))
            found.append(
                ShownPinch(row.pinch_id, at, float(row.width_m), tuple(row.owners), role, straight.along(xy))
            )
        if governing is None and np.isfinite(least) and least < CAP_M and len(straight.line.coords):
            found.append(self._place(lane, least, findings))
        return _alike(found)

    def _governing(self, rows: Sequence[Any], least: float, findings: Sequence[Finding]) -> str | None:
        """Return the id of the pinch that gives the lane its clear width; None where a dead end does."""
        told = [
            f.pinch_id for f in findings
            if f.quantity is Quantity.CLEAR_WIDTH and f.pinch_id and f.value is not None and f.value <= least + 1e-6
        ]  # fmt: skip
        ids = {row.pinch_id for row in rows}
        for pinch_id in told:
            if pinch_id in ids:
                return str(pinch_id)
        near = [
            r for r in rows
            if r.level == Level.GROUND and not r.bypassed and abs(r.width_m - least) < MERGED_M
        ]  # fmt: skip
        best = min(near, key=lambda r: (not r.governing, round(r.width_m, 6), r.pinch_id), default=None)
        return None if best is None else str(best.pinch_id)

    def _place(self, lane: Any, least: float, findings: Sequence[Finding]) -> ShownPinch:
        """Return the narrowest place of a lane that no pinch governs."""
        for finding in findings:
            told = finding.quantity is Quantity.CLEAR_WIDTH and finding.value is not None
            if told and finding.location is not None and abs((finding.value or 0.0) - least) < 1e-6:
                if finding.chainage_m is None:
                    continue
                at = float(shapely.line_locate_point(lane.geometry, shapely.points(finding.location)))
                return ShownPinch(None, at, least, finding.owners, "governing", None)
        profile = self._profile.get(lane.lane_id)
        at = 0.0
        if profile is not None and len(profile):
            width = profile["clear_width_m"].to_numpy(float)
            at = float(profile["chainage_m"].iloc[int(np.nanargmin(np.abs(width - least)))])
        return ShownPinch(None, at, least, (), "governing", None)

    # ------------------------------------------------------------------ obstructions

    def _things(self, straight: Straight) -> list[Thing]:
        """Return what stands on the lane, hangs over it, or stands within a metre of its edges."""
        corridor = straight.corridor()
        found = []
        for n in np.sort(self._tree.query(corridor, predicate="intersects")):
            row: Any = self.obstacles.iloc[int(n)]
            if not (row["ground"] or row["overhead"]):
                continue  # a gate that opens bars nothing
            part = shapely.intersection(row["geometry"], corridor)
            if part.is_empty:
                continue
            start, end = straight.span(part)
            shape = straight.bent_straight(part)
            middle = straight.along(shapely.get_coordinates(shapely.centroid(part)))[0]
            found.append(Thing(
                str(row["owner"]), self.owner(str(row["owner"])), start, end, float(middle[1]),
                bool(row["overhead"]), float(row["clear_height_m"]), shape,
            ))  # fmt: skip
        return found

    def _low_mouths(self, lane_id: str, straight: Straight) -> list[Thing]:
        """Return the lane's entrances that have a height: bars and arches at the gate."""
        mouths = self.audit.network.mouths
        labels = owner_labels(self.audit.site)
        found = []
        for row in mouths[(mouths["lane_id"] == lane_id).to_numpy()].itertuples():
            if row.clear_height_m is None or np.isnan(row.clear_height_m):
                continue
            owner = labels["entrances", row.entrance_id]
            start, end = straight.span(row.geometry)
            found.append(Thing(
                owner, self.owner(owner), start, end, offset_m=0.0, overhead=True,
                clear_height_m=float(row.clear_height_m), shape=straight.bent_straight(row.geometry),
            ))  # fmt: skip
        return found


def worst_first(audit: Audit) -> list[str]:
    """Return all lane ids: by verdict, then by the least clear width."""
    rows = sorted(
        audit.lanes.itertuples(),
        key=lambda r: (
            _BADNESS.index(Verdict(r.verdict)),
            np.inf if np.isnan(r.min_clear_width_m) else round(float(r.min_clear_width_m), 6),
            r.lane_id,
        ),
    )
    return [str(row.lane_id) for row in rows]


def rule_of(rules: Sequence[Rule], quantities: Sequence[Quantity]) -> Rule | None:
    """Return the first rule in force that sets a least value of one of ``quantities``, in their order."""
    for quantity in quantities:
        for rule in rules:
            if rule.quantity is quantity and rule.comparator == ">=" and rule.threshold is not None:
                return rule
    return None


def _stretches(findings: Sequence[Finding]) -> tuple[Stretch, ...]:
    found = [
        Stretch(*f.chainage_m, f.value, f.verdict, f.owners)
        for f in findings
        if f.quantity is Quantity.CLEAR_WIDTH and f.verdict in _OPEN
        and f.chainage_m is not None and f.value is not None
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda s: (s.start_m, s.end_m)))


def _alike(pinches: Sequence[ShownPinch]) -> list[ShownPinch]:
    """Let the governing, else the narrowest, stand for pinches of one width between the same owners."""
    rank = {"governing": 0, "pinch": 1, "envelope": 2, "bypassed": 3}
    kept: list[ShownPinch] = []
    for pinch in sorted(pinches, key=lambda p: (rank[p.role], round(p.width_m, 6), p.chainage_m)):
        for n, other in enumerate(kept):
            same = sorted(other.owners) == sorted(pinch.owners) and bool(pinch.owners)
            role = other.role == pinch.role or (other.role == "governing" and pinch.role == "pinch")
            if same and role and pinch.width_m - other.width_m < MERGED_M:
                kept[n] = ShownPinch(
                    other.pinch_id, other.chainage_m, other.width_m, other.owners, other.role, other.ends,
                    other.alike + 1,
                )  # fmt: skip
                break
        else:
            kept.append(pinch)
    return sorted(kept, key=lambda p: (p.chainage_m, p.width_m, p.pinch_id or ""))
