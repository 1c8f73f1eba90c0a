"""Lanes of two audits: which is which, although an edit may have moved the place that names a lane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from firelane.comparing.matching import match_findings
from firelane.comparing.reading import Side
from firelane.comparing.status import Ruling, Status, rule_on
from firelane.crs import to_lonlat

REACH_M = 50.0
"""A lane whose road was lengthened or cut has its middle elsewhere: so far is it looked for, under its roads' ids."""


@dataclass(frozen=True)
class LaneChange:
    """One lane then and now; ``old`` or ``new`` is None where it is in one audit alone."""

    ruling: Ruling
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None

    @property
    def lane_id(self) -> str:
        """The lane's id now, or then where it is no longer there."""
        row = self.new if self.new is not None else self.old
        assert row is not None
        return str(row["lane_id"])


def pair_lanes(old: Side, new: Side) -> dict[str, str]:
    """Return the lane of the new audit for each of the old one that is found again: by id, else by roads and place."""
    left, right = _rows(old), _rows(new)
    return {
        left[a]["finding_id"].partition(":")[2]: right[b]["finding_id"].partition(":")[2]
        for a, b in _pairs(left, right)
    }


def _pairs(left: list[dict[str, Any]], right: list[dict[str, Any]]) -> list[tuple[int, int]]:
    same = {row["finding_id"]: n for n, row in enumerate(right)}
    pairs = [(n, same[row["finding_id"]]) for n, row in enumerate(left) if row["finding_id"] in same]
    of_left, of_right = {a for a, _ in pairs}, {b for _, b in pairs}
    rest = [n for n in range(len(left)) if n not in of_left], [n for n in range(len(right)) if n not in of_right]
    # Without their ids they are things of which the roads are the owners.
    things = [[{**rows[n], "finding_id": ""} for n in side] for rows, side in zip((left, right), rest, strict=True)]
    found = match_findings(things[0], things[1], tolerance_m=REACH_M)
    return pairs + [(rest[0][a], rest[1][b]) for a, b in found.pairs]


def _rows(side: Side) -> list[dict[str, Any]]:
    """Return lanes as findings of one rule: place in the middle, roads as owners."""
    where = {
        row["lane_id"]: row for row in reversed(side.document["findings"])
        if row.get("lane_id") and row["finding_id"] == f"{row['rule_id']}:{row['lane_id']}"
    }  # fmt: skip
    rows = []
    for lane in side.document["lanes"]:
        name = lane["lane_id"]
        row = {"rule_id": "lane", "finding_id": f"lane:{name}", "owners": list(lane["road_ids"])}
        if name in side.lines:
            middle = side.lines[name].interpolate(0.5, normalized=True)
            row["location"] = [middle.x, middle.y]
            if side.placed:
                row["lonlat"] = to_lonlat((middle.x, middle.y), side.crs).tolist()
        elif name in where:
            row |= {"location": where[name]["location"], "lonlat": where[name]["lonlat"]}
        rows.append(row)
    return rows


def compare_lanes(old: Side, new: Side, found: Mapping[str, str], accuracy_m: float) -> tuple[LaneChange, ...]:
    """Return every lane of both audits, those of the new one in its order, then those that are no longer there."""
    before = {found.get(row["lane_id"]): row for row in old.document["lanes"] if row["lane_id"] in found}
    changes = []
    for row in new.document["lanes"]:
        was = before.get(row["lane_id"])
        ruling = (
            Ruling(Status.ADDED) if was is None
            else rule_on(_judged(was, row), _judged(row, was), accuracy_m=accuracy_m, least=True)
        )  # fmt: skip
        # The figures are widths as they are: that no limit is in question need not be said.
        reason = "" if ruling.reason == "limit_changed" else ruling.reason
        changes.append(LaneChange(Ruling(ruling.status, reason, ruling.gain), was, row))
    gone = (row for row in old.document["lanes"] if row["lane_id"] not in found)
    return (*changes, *(LaneChange(Ruling(Status.REMOVED), row, None) for row in gone))


def _judged(lane: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return a lane as a finding: its width; its height where the widths agree and both have one."""
    column = "min_clear_width_m"
    heights = lane["min_clear_height_m"], other["min_clear_height_m"]
    widths = lane[column], other[column]
    if None not in heights and (None in widths or widths[0] == widths[1]):
        column = "min_clear_height_m"
    return {"verdict": lane["verdict"], "value": lane[column], "margin": None, "unit": "m"}
