"""Rows of findings as the matching sees them: what was judged, whose it is, where it is."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_SEMI_MAJOR_M = 6_378_137.0  # WGS 84
_MOST = sys.float_info.max
_FLATTENING = 1 / 298.257223563
_COUNTED = re.compile(r"\.\d+$")  # what ``lanes.naming.unique_labels`` adds

_BY_VEHICLE = "swept_path"

SCOPES = ("site", "lane", "entrance", "building", "thing")
"""Sorts of subject: an id decides for the first four, owners and place for the last."""


@dataclass(frozen=True, order=True)
class Row:
    """One finding. Rows are ordered by their content; their number never decides before anything else has.

    Attributes
    ----------
    rule_id : str
    scope : str
        One of ``SCOPES``.
    subject : str
        Id of the lane, entrance or building; of what concerns the site, what it is about; empty for things.
    names : tuple of str
        The owners, sorted.
    place_key : tuple of float
        Where it is, as told; for equality and order alone.
    rest : str
        Everything else, as text.
    number : int
        Its number in the sequence.
    """

    rule_id: str
    scope: str
    subject: str
    names: tuple[str, ...]
    place_key: tuple[float, ...]
    rest: str
    number: int
    lane_id: str = field(compare=False, default="")
    earth: tuple[float, float, float] | None = field(compare=False, default=None)
    plane: tuple[float, float] | None = field(compare=False, default=None)
    stretch: tuple[float, float] | None = field(compare=False, default=None)

    def comparable(self, other: Row) -> bool:
        """Tell whether both have a place in a common system."""
        return math.isfinite(self.distance_m(other))

    def distance_m(self, other: Row) -> float:
        """Return the distance between both places [m], infinite where they have none in a common system."""
        if self.earth is not None and other.earth is not None:
            return math.dist(self.earth, other.earth)
        if self.plane is not None and other.plane is not None:
            return math.dist(self.plane, other.plane)
        return math.inf

    def apart(self, other: Row) -> float:
        """Return how far the owners are not the same: 0 for the same or where one side does not tell, 1 for none in common."""
        if not self.names or not other.names or self.names == other.names:
            return 0.0
        mine, theirs = set(self.names), set(other.names)
        return 1.0 - len(mine & theirs) / len(mine | theirs)

    def gap_m(self, other: Row) -> float:
        """Return the gap between both stretches of one lane [m], 0 where they overlap."""
        if self.stretch is None or other.stretch is None:
            return math.inf
        return max(self.stretch[0] - other.stretch[1], other.stretch[0] - self.stretch[1], 0.0)


def read_rows(rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Return rows as in ``findings`` of ``audit.json`` in the matching's terms; columns may be missing."""
    return [_read(row, n) for n, row in enumerate(rows)]


def _read(row: Mapping[str, Any], number: int) -> Row:
    scope, subject = subject_of(row)
    lonlat, location = _place(row.get("lonlat")), _place(row.get("location"))
    stretch = _place(row.get("chainage_m"))
    known = {k: row.get(k) for k in ("finding_id", "verdict", "severity", "value", "margin", "lane_id", "message_zh")}
    return Row(
        rule_id=str(row["rule_id"]), scope=scope, subject=subject,
        names=tuple(sorted({str(o) for o in row.get("owners") or ()})), place_key=lonlat or location or (),
        rest=json.dumps(known, sort_keys=True, default=str), number=number, lane_id=str(row.get("lane_id") or ""),
        earth=None if lonlat is None else _earth(*lonlat), plane=location,
        stretch=None if stretch is None else (min(stretch), max(stretch)),
    )  # fmt: skip


def subject_of(row: Mapping[str, Any]) -> tuple[str, str]:
    """Return the sort of subject that a finding judges, and its id (empty for things).

    The finding's own id says it: it is the rule's, a colon, and the subject's. Where there is none, owners make it a
    thing, else the building, the entrance or the lane that it names is meant.

    >>> subject_of({"rule_id": "r", "finding_id": "r:L1-2", "lane_id": "L1-2", "owners": ["S1"]})
    ('lane', 'L1-2')
    >>> subject_of({"rule_id": "r", "finding_id": "r:V1", "lane_id": "L1-2", "owners": ["V1"], "location": [0, 0]})
    ('thing', '')
    """
    ids = [(scope, str(row[f"{scope}_id"])) for scope in ("building", "entrance", "lane") if row.get(f"{scope}_id")]
    told = str(row.get("finding_id") or "").removeprefix(f"{row['rule_id']}:")
    owners = row.get("owners") or ()
    for scope, ident in ids:
        if ident in (told, _COUNTED.sub("", told)):
            return scope, ident
        if vehicle_of(row, ident):
            return scope, told  # one finding for each vehicle that goes there
    placed = _place(row.get("location")) is not None or _place(row.get("lonlat")) is not None
    if not told and ids and not owners and not row.get("pinch_id"):
        return ids[0]
    if placed or ids or (owners and (not told or _COUNTED.sub("", told) in {str(o) for o in owners})):
        return "thing", ""
    return "site", told


def vehicle_of(row: Mapping[str, Any], ident: str | None = None) -> str:
    """Return the vehicle of a finding about a swept path (``<rule>:<vehicle>:<target>``); empty for all others.

    Parameters
    ----------
    row : mapping
    ident : str, optional
        The target; left out, the lane or building that the row names.

    Examples
    --------
    >>> vehicle_of({"rule_id": "r", "quantity": "swept_path", "finding_id": "r:pump-8:L1-2", "lane_id": "L1-2"})
    'pump-8'
    """
    target = ident or row.get("building_id") or row.get("lane_id")
    if row.get("quantity") != _BY_VEHICLE or not target:
        return ""
    told = _COUNTED.sub("", str(row.get("finding_id") or "").removeprefix(f"{row['rule_id']}:"))
    vehicle = told.removesuffix(f":{target}")
    return vehicle if vehicle != told else ""


def _place(value: Any) -> tuple[float, float] | None:
    """Return two finite numbers, or None: a place that is no place is none."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        return None
    if not all(isinstance(v, (int, float)) and not isinstance(v, bool) and abs(v) <= _MOST for v in value):
        return None
    return float(value[0]), float(value[1])


def _earth(lon: float, lat: float) -> tuple[float, float, float]:
    """Return a place on the WGS 84 ellipsoid in metres from the earth's centre: near by, chords are distances."""
    squared = _FLATTENING * (2 - _FLATTENING)
    phi, lam = math.radians(lat), math.radians(lon)
    normal = _SEMI_MAJOR_M / math.sqrt(1 - squared * math.sin(phi) ** 2)
    across = normal * math.cos(phi)
    return across * math.cos(lam), across * math.sin(lam), normal * (1 - squared) * math.sin(phi)
