"""What the report says about each vehicle that was tracked: plain texts for all editions, nothing computed anew here."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from firelane.report.inspection import clean, short
from firelane.report.tracking_words import words
from firelane.tracking.catalogue import catalogue
from firelane.tracking.record import BEND_WIDTH_COLUMNS, TARGET_COLUMNS, TrackClass, TripKind
from firelane.tracking.targets import TargetKind
from firelane.tracking.telling import BEST, ON_PLAN, below_of, best_rows
from firelane.tracking.vehicle import FieldStatus, RadiusBasis

if TYPE_CHECKING:
    from firelane.report.inspection import Inspection
    from firelane.tracking.record import Trip, Turning, VehicleTracking
    from firelane.tracking.vehicle import Vehicle

_GRAVEST = (
    TrackClass.PROVEN_FAIL, TrackClass.NOT_FOUND, TrackClass.HEIGHT_UNKNOWN, TrackClass.NOT_TRIED, TrackClass.PROVEN_PASS,
)  # fmt: skip
_FIELDS = (
    "length_m", "width_m", "wheelbase_m", "front_overhang_m", "rear_overhang_m", "track_m", "height_m", "turning_radius_m",
    "lock_time_s",
)  # fmt: skip
_OPEN = (FieldStatus.ASSUMED, FieldStatus.RECALLED)
_MOST_NAMED = 6
_BASES = frozenset(b.value for b in RadiusBasis)
_CLASS, _BEND_CLASS = TARGET_COLUMNS.index("class"), BEND_WIDTH_COLUMNS.index("class")


@dataclass(frozen=True)
class Reached:
    """One target over all entrances.

    ``trip`` is the shortest proven drive; ``entrances`` are those of the class that counts, the one that speaks for it first;
    ``below`` names what of unknown clear height has to be passed below from that one.
    """

    kind: TargetKind
    id: str
    name: str
    found: TrackClass
    entrances: tuple[str, ...]
    trip: Trip | None
    share: float
    below: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sticking:
    """A place where no line was found: the targets that are not reached for it, and the drive of least overrun.

    Without a drive, ``place`` and ``heading_rad`` are those of the vehicle where it came nearest.
    """

    trip: Trip | None
    place: tuple[float, float] | None
    heading_rad: float
    shortfall_m: float
    found: TrackClass
    targets: tuple[str, ...]


class Tracked:
    """One vehicle as the report tells it.

    Parameters
    ----------
    it : Inspection
    tracking : VehicleTracking
    """

    def __init__(self, it: Inspection, tracking: VehicleTracking) -> None:
        self.it, self.tracking, self.lang = it, tracking, it.lang
        self.vehicle: Vehicle = tracking.vehicle
        self.words = words(it.lang)

    # ------------------------------------------------------------------ words

    @property
    def comma(self) -> str:
        """Between the members of a list."""
        return "、" if self.lang == "zh" else ", "

    @property
    def title(self) -> str:
        """The vehicle's name and id."""
        name, ident = short(self.vehicle.name(self.lang), 60), short(self.vehicle.id, 30)
        return name if name == ident else f"{name}（{ident}）" if self.lang == "zh" else f"{name} ({ident})"

    def named(self, layer: str, ident: str) -> str:
        """Return what one of the ``lanes`` or ``buildings`` is called."""
        number = self.it.content.find(layer, ident)
        if number < 0:
            return f"{self.it.words[layer.removesuffix('s')]} {short(ident, 40)}"
        card = self.it.content.cards[number]
        return short(f"{card.kind} {card.title}".strip(), 60)

    def entrance(self, ident: str) -> str:
        """Return an entrance's name."""
        number = self.it.content.find("entrances", ident)
        return short(self.it.content.cards[number].title if number >= 0 else ident, 40)

    def owner(self, label: str) -> str:
        """Return what is in the way, in words."""
        return short(self.it.content.owner(label)[0], 40)

    def xy(self, place: tuple[float, float]) -> str:
        """Return a place in the surveyor's order."""
        return str(self.it.words["xy"].format(north=f"{place[1]:.2f}", east=f"{place[0]:.2f}"))

    # ------------------------------------------------------------------ the short answer

    @cached_property
    def targets(self) -> list[Reached]:
        """Every target once, the gravest first."""
        rows = best_rows(self.tracking, self.it.audit.network.mouths)
        found = [self._reached(TargetKind(kind), ident, own) for (kind, ident), own in rows.items()]
        return sorted(found, key=lambda t: (_GRAVEST.index(t.found), t.kind.value != "lane", _natural(t.name), t.id))

    def _reached(self, kind: TargetKind, ident: str, rows: list[dict[str, Any]]) -> Reached:
        best = TrackClass(str(rows[0]["class"]))
        own = [row for row in rows if row["class"] == best.value]
        trip = next((t for t in self.tracking.trips if t.trip_id == rows[0]["trip_id"]), None)
        shares = [float(row["share"]) for row in own if np.isfinite(row["share"])]
        return Reached(
            kind, ident, self.named("lanes" if kind is TargetKind.LANE else "buildings", ident), best,
            tuple(dict.fromkeys(self.entrance(str(row["entrance_id"])) for row in own)),
            trip if best in ON_PLAN else None, max(shares, default=math.nan), tuple(map(self.owner, below_of(rows[0]))),
        )  # fmt: skip

    @cached_property
    def height_open(self) -> bool:
        """Whether something is drivable on plan alone, below something of unknown clear height."""
        return self.count(TrackClass.HEIGHT_UNKNOWN) > 0 or any(t.found is TrackClass.HEIGHT_UNKNOWN for t in self.turnings)

    def count(self, found: TrackClass) -> int:
        """Return how many targets are of a class."""
        return sum(t.found is found for t in self.targets)

    @cached_property
    def answer(self) -> list[str]:
        """What an inspector wants to know first, in plain sentences."""
        return [*self._reach(), *self._corners(), *self._ends()]

    def _reach(self) -> list[str]:
        text = self.words
        if self.tracking.unsearched is not None:
            why = clean(self.tracking.unsearched[0 if self.lang == "zh" else 1]).rstrip("。. ")
            return [text["unsearched"].format(why=why)]
        if not self.targets:
            return [text["no_targets"]]
        told = text["reached"].format(n=len(self.targets), k=self.count(TrackClass.PROVEN_PASS))
        keys = (
            ("height_unknown", TrackClass.HEIGHT_UNKNOWN), ("not_found", TrackClass.NOT_FOUND), ("proven_fail", TrackClass.PROVEN_FAIL),
            ("not_tried", TrackClass.NOT_TRIED),
        )  # fmt: skip
        told += self._counted(keys, [t.found for t in self.targets])
        lanes = sum(t.kind is TargetKind.LANE for t in self.targets)
        made = text["made_of"].format(
            n=len(self.targets), lanes=lanes, buildings=len(self.targets) - lanes,
            entrances=self.tracking.targets["entrance_id"].nunique(),
        )  # fmt: skip
        below = tuple(dict.fromkeys(o for t in self.targets if t.found is TrackClass.HEIGHT_UNKNOWN for o in t.below))
        measure = [text["to_measure"].format(owners=self.few(below), height=f"{self.vehicle.height_m:.2f}")] if below else []
        return [told + text["stop"], *measure, made]

    def _corners(self) -> list[str]:
        classes = [TrackClass(str(c)) for c in self.tracking.bends["class"]]
        if not classes:
            return [self.words["bends_none"]]
        told = self.words["bends_said"].format(n=len(classes), ok=classes.count(TrackClass.PROVEN_PASS))
        told += self._counted((("bends_open", TrackClass.NOT_FOUND), ("bends_fail", TrackClass.PROVEN_FAIL), ("bends_untold", TrackClass.NOT_TRIED)), classes)
        return [told + self.words["stop"]]

    def _ends(self) -> list[str]:
        classes = [t.found for t in self.turnings]
        if not classes:
            return []
        told = self.words["ends_said"].format(n=len(classes), ok=classes.count(TrackClass.PROVEN_PASS))
        keys = (
            ("ends_height", TrackClass.HEIGHT_UNKNOWN), ("ends_reverse", TrackClass.NOT_FOUND), ("ends_fail", TrackClass.PROVEN_FAIL),
            ("ends_untold", TrackClass.NOT_TRIED),
        )  # fmt: skip
        told += self._counted(keys, classes)
        return [told + self.words["stop"]]

    def _counted(self, keys: tuple[tuple[str, TrackClass], ...], classes: list[TrackClass]) -> str:
        return "".join(self.words[key].format(n=n) for key, found in keys if (n := classes.count(found)))

    # ------------------------------------------------------------------ the vehicle

    @cached_property
    def open(self) -> bool:
        """Whether a figure of the vehicle is assumed or not verified."""
        return any(s.status in _OPEN for key, s in self.vehicle.sources.items() if key != "height_m")

    @cached_property
    def dimensions(self) -> list[tuple[str, str, str, str]]:
        """Name, value, status and source of each field."""
        rows = []
        for key in _FIELDS:
            row = catalogue().fields[key]
            name = row.zh if self.lang == "zh" else row.en
            if key == "turning_radius_m":
                name += f"{'：' if self.lang == 'zh' else ': '}{self.vehicle.radius_basis.label(self.lang)}"
            source = self.vehicle.sources.get(key)
            status = source.status.label(self.lang) if source else self.words["none"]
            told = (source.zh if self.lang == "zh" else source.en) if source else self.words["none"]
            rows.append((name, f"{getattr(self.vehicle, key):.2f} {row.unit}", status, short(told, 200)))
        return rows

    @cached_property
    def radii(self) -> list[tuple[str, str, str]]:
        """The circle, its radius at full lock, how far it is known; the steering lock last."""
        v, text = self.vehicle, self.words
        values = {
            RadiusBasis.KERB_TO_KERB: v.kerb_radius_m, RadiusBasis.WALL_TO_WALL: v.outer_radius_m,
            RadiusBasis.FRONT_AXLE: v.front_radius_m, RadiusBasis.INNER: v.inner_radius_m,
        }  # fmt: skip
        derived = text["derived_open" if self.open else "derived"]
        source = v.sources.get("turning_radius_m")
        given = text["given"].format(status=source.status.label(self.lang) if source else text["none"])
        rows = [(b.label(self.lang), f"{r:.2f} m", given if b is v.radius_basis else derived) for b, r in values.items()]
        return [*rows, (text["lock"], f"{math.degrees(v.lock_rad):.1f}°", derived)]

    @cached_property
    def policy(self) -> list[tuple[str, str, str]]:
        """How it is driven, and how finely it was searched: condition, value, note."""
        text, rows = self.words, []
        for key, row in catalogue().policies.items():
            value = getattr(self.tracking.policy, key)
            told = text["yes" if value else "no"] if isinstance(value, bool) else f"{value:g} {row.unit}".strip()
            rows.append((row.zh if self.lang == "zh" else row.en, told, row.source_zh if self.lang == "zh" else row.source))
        rows.append((text["lock_distance"], f"{self.vehicle.lock_distance_m(self.tracking.policy):.1f} m", text["derived"]))
        if self.tracking.unsearched is None:
            cells = sorted({t.cell_m for t in self.tracking.trips})
            told = text["none"] if not cells else "–".join(dict.fromkeys(f"{c:g}" for c in (cells[0], cells[-1]))) + " m"
            rows += [
                (text["searched"], told, ""), (text["states"], f"{self.tracking.states:,}".replace(",", "\u202f"), ""),
                (text["check"], text["check_value"], ""),
            ]  # fmt: skip
        return rows

    # ------------------------------------------------------------------ where it sticks

    @cached_property
    def places(self) -> list[Sticking]:
        """Where nothing was found: those first for which something cannot be reached from anywhere."""
        table = self.tracking.targets[list(TARGET_COLUMNS)]
        lost = {(t.kind.value, t.id) for t in self.targets if t.found is not TrackClass.PROVEN_PASS}
        groups: dict[Any, list[Any]] = {t.trip_id: [] for t in self.tracking.trips if t.kind is TripKind.OVERRUN}
        each: list[Any] = list(table.itertuples(index=False))
        for row in each:
            found = TrackClass(str(row[_CLASS]))
            unserved = (row.target_kind, row.target_id) in lost
            if isinstance(row.overrun_id, str) and row.overrun_id in groups:
                groups[row.overrun_id].append((row, found, unserved))
            elif unserved and found in (TrackClass.NOT_FOUND, TrackClass.PROVEN_FAIL):
                near = (round(row.stuck_x), round(row.stuck_y)) if np.isfinite(row.stuck_x) else ()
                groups.setdefault((found, near), []).append((row, found, unserved))
        stuck = [self._sticking(key, rows) for key, rows in groups.items()]
        return [place for _, place in sorted(stuck, key=lambda pair: pair[0])]

    def _sticking(self, key: Any, rows: list[Any]) -> tuple[tuple[Any, ...], Sticking]:
        trip = self.tracking.trip(key) if isinstance(key, str) else None
        deepest = max(trip.conflicts, key=lambda c: c.depth_m) if trip is not None and trip.conflicts else None
        place, heading = deepest.place if deepest is not None else None, math.nan
        if place is None and rows and np.isfinite(rows[0][0].stuck_x):
            first = rows[0][0]
            place, heading = (float(first.stuck_x), float(first.stuck_y)), float(first.stuck_heading_rad)
        missing = [float(r.shortfall_m) for r, _, _ in rows if np.isfinite(r.shortfall_m)]
        unserved = sum(u for _, _, u in rows)
        fail = bool(rows) and all(f is TrackClass.PROVEN_FAIL for _, f, _ in rows)
        made = Sticking(
            trip, place, heading, max(missing, default=math.nan), TrackClass.PROVEN_FAIL if fail else TrackClass.NOT_FOUND,
            tuple(dict.fromkeys(self._concerned(r) for r, _, _ in rows)),
        )  # fmt: skip
        return (unserved == 0, not fail, -unserved, str(key)), made

    def _concerned(self, row: Any) -> str:
        name = self.named("lanes" if row.target_kind == TargetKind.LANE.value else "buildings", row.target_id)
        more = self.entrance(row.entrance_id)
        return f"{name}（{more}）" if self.lang == "zh" else f"{name} ({more})"

    def near_bend(self, place: tuple[float, float]) -> Any | None:
        """Return the bend of the table beside a place, no farther than the vehicle is long; None if there is none."""
        bends = self.tracking.bends
        if not len(bends):
            return None
        away = np.hypot(bends.geometry.x.to_numpy() - place[0], bends.geometry.y.to_numpy() - place[1])
        nearest = int(away.argmin())
        return bends.iloc[nearest] if away[nearest] <= self.vehicle.length_m else None

    def near_station(self, place: tuple[float, float]) -> tuple[str, float, float] | None:
        """Return lane, chainage and clear width of the station beside a place; None where no lane is near."""
        rows = self.it.audit.profile
        if not len(rows):
            return None
        away = np.hypot(rows.geometry.x.to_numpy() - place[0], rows.geometry.y.to_numpy() - place[1])
        nearest = int(away.argmin())
        if away[nearest] > self.vehicle.length_m:
            return None
        row = rows.iloc[nearest]
        return str(row["lane_id"]), float(row["chainage_m"]), float(row["clear_width_m"])

    # ------------------------------------------------------------------ dead ends and bends

    @cached_property
    def turnings(self) -> list[Turning]:
        """Every dead end once, as it is from the entrance that does best."""
        best: dict[str, Turning] = {}
        for turning in self.tracking.turnings:
            known = best.get(turning.dead_end_id)
            if known is None or _rank(turning) < _rank(known):
                best[turning.dead_end_id] = turning
        return sorted(best.values(), key=lambda t: (_GRAVEST.index(t.found), t.dead_end_id))

    def turned(self, turning: Turning) -> str:
        """Return in words whether it turns round at a dead end."""
        if turning.found is TrackClass.PROVEN_PASS:
            return self.words["turns"].format(n=turning.manoeuvres)
        if turning.found is TrackClass.HEIGHT_UNKNOWN:
            return self.words["turns_on_plan"].format(n=turning.manoeuvres, owners=self.few(tuple(map(self.owner, turning.below))))
        keys = {TrackClass.NOT_FOUND: "reverses", TrackClass.PROVEN_FAIL: "turn_fail", TrackClass.NOT_TRIED: "turn_untried"}
        return self.words[keys[turning.found]]

    @cached_property
    def bends(self) -> list[Any]:
        """Rows of the bend table, the least margin first."""
        table = self.tracking.bends[list(BEND_WIDTH_COLUMNS)]
        rows = list(table.itertuples(index=False))
        order = np.nan_to_num(table["margin_m"].to_numpy(float), nan=-math.inf)
        classes = [_GRAVEST.index(TrackClass(str(c))) for c in table["class"]]
        return [rows[n] for n in sorted(range(len(rows)), key=lambda n: (classes[n], order[n], str(rows[n].bend_id)))]

    def bend_class(self, row: Any) -> str:
        """Return what the closed form says about a bend."""
        keys = {
            TrackClass.PROVEN_PASS: "bend_pass", TrackClass.PROVEN_FAIL: "bend_fail", TrackClass.NOT_FOUND: "bend_open",
            TrackClass.NOT_TRIED: "bend_untold", TrackClass.HEIGHT_UNKNOWN: "bend_untold",
        }  # fmt: skip
        return self.words[keys[self.class_of(row)]]

    def class_of(self, row: Any) -> TrackClass:
        """Return the class of a row of the bend table (``class`` is no name of a field)."""
        return TrackClass(str(row[_BEND_CLASS]))

    def kind_of_bend(self, kind: str) -> str:
        """Return whether it is a bend or a junction's corner."""
        return self.words.get(f"kind_{kind}", kind)

    def why(self, row: Any) -> str:
        """Return what a bend's form is, or why none holds."""
        return short(str((row.why_zh if self.lang == "zh" else row.why_en) or ""), 300).rstrip("。. ")

    def basis(self, value: str) -> str:
        """Return the circle that a nominal radius belongs to."""
        return self.words.get(f"basis_{value}") or (RadiusBasis(value).label(self.lang) if value in _BASES else short(str(value), 40))

    def few(self, names: tuple[str, ...]) -> str:
        """Return some of the names, and how many there are."""
        told = self.comma.join(names[:_MOST_NAMED])
        return told + (self.words["and_more"].format(n=len(names)) if len(names) > _MOST_NAMED else "")


def chapters(it: Inspection) -> list[Tracked]:
    """Return what is said of each vehicle that was tracked."""
    return [Tracked(it, tracking) for tracking in it.audit.tracking]


def _natural(name: str) -> list[tuple[int, str]]:
    """Return the order of names in which 2 comes before 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d{1,9})", name) if part]


def _rank(turning: Turning) -> tuple[int, int, str]:
    return BEST.index(turning.found), turning.manoeuvres, turning.entrance_id
