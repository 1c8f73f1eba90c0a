"""Vehicle tracking on the map: what a vehicle reaches, its drives, and where the least overrun lies."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane.tracking.record import TrackClass, TripKind
from firelane.tracking.sweep import placed, rectangle
from firelane.tracking.targets import TargetKind, is_shut
from firelane.tracking.telling import ON_PLAN, below_of, best_rows, driven, rounded_up, trip_label
from firelane.tracking.vehicle import FieldStatus
from firelane.vocabulary import Quantity
from firelane.webmap import tables
from firelane.webmap.content import Content, records
from firelane.webmap.texts import metres, missing, named, shown
from firelane.webmap.track_words import page_words, track_words
from firelane.webmap.trip_path import PathTable, between, poses, swept_ground
from firelane.webmap.widths import palette

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from firelane.tracking.record import Conflict, Trip, Turning, VehicleTracking
    from firelane.tracking.vehicle import Vehicle

COLOURS = {
    TrackClass.PROVEN_PASS: "pass", TrackClass.PROVEN_FAIL: "fail", TrackClass.NOT_FOUND: "indeterminate",
    TrackClass.NOT_TRIED: "not_measured", TrackClass.HEIGHT_UNKNOWN: "not_measured",
}  # fmt: skip
"""Keys of the palette's verdict colours."""
GRAVEST = (
    TrackClass.PROVEN_FAIL, TrackClass.NOT_FOUND, TrackClass.HEIGHT_UNKNOWN, TrackClass.NOT_TRIED, TrackClass.PROVEN_PASS,
)  # fmt: skip
"""Order of the list."""
_LAYER = {TargetKind.LANE.value: ("lanes", "kind_lane"), TargetKind.BUILDING.value: ("buildings", "kind_building")}


@dataclass(frozen=True)
class TargetRow:
    """A target of a vehicle, over all entrances.

    Attributes
    ----------
    found : TrackClass
        Proven from any entrance: proven. Proven that it cannot be reached: from every entrance that was tried.
    kind, ident, name : str
        ``name`` as the map calls it.
    card : int
        Its card, -1 for none.
    told : list of str
        Shortfall, length, entrances: what stands below the name.
    trip_id : str
        The drive to be played; empty for none.
    """

    found: TrackClass
    kind: str
    ident: str
    name: str
    card: int
    told: list[str]
    trip_id: str


def entrance_name(content: Content, ident: str) -> str:
    """Return what an entrance is called."""
    number = content.find("entrances", ident)
    name = content.cards[number].title if number >= 0 else ""
    return name or shown(ident)


def target_name(content: Content, kind: str, ident: str) -> tuple[str, int]:
    """Return what a target is called and its card."""
    layer, word = _LAYER.get(kind, ("", ""))
    number = content.find(layer, ident)
    title = content.cards[number].title if number >= 0 else ""
    # the title of a lane's card holds its id already
    ident = "" if title and ident in title else ident
    return named(content.words.get(word, ""), title, ident, content.lang), number


def target_rows(content: Content, tracking: VehicleTracking) -> list[TargetRow]:
    """Return a row for each target, the gravest class first, in the order of the table."""
    words, lang = track_words(content.lang), content.lang
    shut = {str(row.entrance_id) for row in content.audit.network.mouths.itertuples() if is_shut(getattr(row, "openable", None))}
    drives = {shown(trip.trip_id): trip for trip in tracking.trips}
    rows = []
    for (kind, raw), found in best_rows(tracking, content.audit.network.mouths).items():
        ident = shown(raw)
        best, sure = found[0], _class(found[0]["class"])
        name, card = target_name(content, kind, ident)
        told = [words["below"].format(owners=owner_names(content, below_of(best)))] if below_of(best) else []
        if sure is not TrackClass.PROVEN_PASS and not missing(best["shortfall_m"]) and math.isfinite(best["shortfall_m"]):
            told.append(words["shortfall"].format(n=rounded_up(best["shortfall_m"])))
        if sure in ON_PLAN and not missing(best["length_m"]) and math.isfinite(best["length_m"]):
            told.append(words["long"].format(n=driven(best["length_m"])) if best["length_m"] > 0 else words["at_entrance"])
        if kind == TargetKind.LANE.value and sure not in ON_PLAN and not missing(best["share"]) and best["share"] > 0:
            told.append(words["share_on_plan" if below_of(best) else "share"].format(n=f"{math.floor(100 * best['share'] + 1e-9)}"))
        if len(found) > 1:
            if sure is not TrackClass.NOT_TRIED:
                told.append(words["from"].format(entrance=entrance_name(content, shown(best["entrance_id"]))))
            told += [
                words["entrance_class"].format(
                    entrance=entrance_name(content, shown(row["entrance_id"])),
                    found=words["shut"] if str(row["entrance_id"]) in shut else _class(row["class"]).label(lang),
                )
                for row in found
                if _class(row["class"]) is not sure
            ]
        trip = shown(best["trip_id"]) if sure in ON_PLAN else shown(best["overrun_id"])
        if sure in ON_PLAN and trip in drives and drives[trip].length_m <= 0:
            trip = ""  # there is nothing to be played
        rows.append(TargetRow(sure, kind, ident, name, card, told, trip))
    rows.sort(key=lambda row: (GRAVEST.index(row.found), not row.trip_id))
    return rows


def _class(value: Any) -> TrackClass:
    return TrackClass(shown(value))


def owner_names(content: Content, owners: Iterable[str]) -> str:
    """Return what several owners are called."""
    return track_words(content.lang)["and"].join(content.owner(label)[0] for label in owners)


def conflict_text(content: Content, conflict: Conflict, *, bare: bool = False) -> str:
    """Return which part of the vehicle reaches how far over, and what is in the way there."""
    words = track_words(content.lang)
    owners = owner_names(content, conflict.owners)
    key = "conflict_bare" if bare or not owners else "conflict"
    return words[key].format(part=conflict.part.label(content.lang), depth=rounded_up(conflict.depth_m), owner=owners)


def turning_text(content: Content, turning: Turning) -> str:
    """Return whether the vehicle turns round at a dead end."""
    words = track_words(content.lang)
    key = {
        TrackClass.PROVEN_PASS: "turn_found", TrackClass.NOT_FOUND: "turn_not_found", TrackClass.NOT_TRIED: "turn_not_tried",
        TrackClass.PROVEN_FAIL: "turn_fail", TrackClass.HEIGHT_UNKNOWN: "turn_on_plan",
    }[turning.found]  # fmt: skip
    text = words[key].format(n=turning.manoeuvres)
    if turning.found is not TrackClass.NOT_TRIED and math.isfinite(turning.reverse_m) and turning.reverse_m > 0:
        text += words["turn_reverse"].format(n=driven(turning.reverse_m))
    if turning.below:
        text += words["stop"] + words["below"].format(owners=owner_names(content, turning.below))
    return text


def vehicle_facts(content: Content, tracking: VehicleTracking) -> list[tuple[str, str]]:
    """Return what is known of the vehicle, whence, and how it was driven."""
    vehicle, policy, lang, words = tracking.vehicle, tracking.policy, content.lang, track_words(content.lang)

    def m(value_m: float) -> str:
        return metres(value_m, lang)

    basis = vehicle.radius_basis.label(lang)
    open_, close = ("（", "）") if lang == "zh" else (" (", ")")
    radii = (
        ("kerb_to_kerb", vehicle.kerb_radius_m), ("wall_to_wall", vehicle.outer_radius_m),
        ("front_axle_centre", vehicle.front_radius_m), ("inner", vehicle.inner_radius_m),
    )  # fmt: skip
    kind = type(vehicle.radius_basis)
    follow = "\n".join(f"{kind(key).label(lang)}{words['colon']}{m(value)}" for key, value in radii if key != vehicle.radius_basis.value)
    rows = [
        (words["tell_size"], f"{m(vehicle.length_m)} × {m(vehicle.width_m)} × {m(vehicle.height_m)}"),
        (words["tell_axles"], ", ".join(m(v) for v in (vehicle.wheelbase_m, vehicle.front_overhang_m, vehicle.rear_overhang_m, vehicle.track_m))),
        (words["tell_radius"], f"{m(vehicle.turning_radius_m)}{open_}{basis}{close}"),
        (words["tell_radii"], follow),
        (words["tell_lock"], f"{math.degrees(vehicle.lock_rad):.1f}°"),
        (words["tell_margin"], m(policy.margin_m)),
        (words["tell_kerb"], content.words["yes" if policy.kerb_overhang else "no"]),
        (words["tell_crawl"], f"{policy.crawl_km_h:g} km/h"),
        (words["tell_source"], "\n".join(_sources(vehicle, lang))),
        (words["tell_states"], f"{tracking.states}" if tracking.unsearched is None else ""),
    ]
    return [(label, value) for label, value in rows if value]


def _sources(vehicle: Vehicle, lang: str) -> list[str]:
    texts = {f"{s.status.label('zh' if lang == 'zh' else 'en')}{'：' if lang == 'zh' else ': '}{s.zh if lang == 'zh' else s.en}": None
             for s in vehicle.sources.values()}  # fmt: skip
    return [shown(text) for text in texts]


def is_assumed(vehicle: Vehicle) -> bool:
    """Tell whether some of a vehicle's figures wait to be confirmed."""
    return any(s.status in (FieldStatus.ASSUMED, FieldStatus.RECALLED) for s in vehicle.sources.values())


class _Gather:
    """Makes the page's part of every vehicle."""

    def __init__(self, content: Content) -> None:
        self.content, self.words = content, track_words(content.lang)
        self.paths = PathTable()
        self.trips: list[dict[str, Any]] = []
        self.links: dict[int, list[list[Any]]] = {}

    def vehicle(self, tracking: VehicleTracking) -> dict[str, Any]:
        content, lang, vehicle = self.content, self.content.lang, tracking.vehicle
        number = {trip.trip_id: len(self.trips) + n for n, trip in enumerate(tracking.trips)}
        mends: dict[str, list[Any]] = {}
        for mend in tracking.mends:
            text = shown(mend.text_zh if lang == "zh" else mend.text_en)
            mends.setdefault(mend.trip_id, []).append([text, self.words["proven_mend" if mend.proven else "unproven_mend"], int(mend.proven)])
        for trip in tracking.trips:
            own = mends.get(trip.trip_id, [])
            if len(own) > 1:  # none of them suffices alone
                own = [[text, self.words["proven_together" if sure else "unproven_mend"], sure] for text, _, sure in own]
            self.trips.append(self._trip(trip, own))
        rows = target_rows(content, tracking)
        name = shown(vehicle.name(lang)) or shown(vehicle.id)
        for row in rows:
            if row.card >= 0:
                said = f"{name}{self.words['colon']}{row.found.label(lang)}"
                self.links.setdefault(row.card, []).append([said, number.get(row.trip_id, -1)])
        subjects = {f"{shown(vehicle.id)}:{row.ident}": row for row in rows}
        for finding in content.audit.findings:
            about = subjects.get(tables.subject_of(finding)) if finding.quantity is Quantity.SWEPT_PATH else None
            card = content.find("findings", finding.finding_id)
            if about is not None and card >= 0 and about.trip_id in number:
                self.links.setdefault(card, []).append([f"{name}{self.words['colon']}{about.found.label(lang)}", number[about.trip_id]])
        counts = Counter(row.found for row in rows)
        proven = [poses(trip.drive) for trip in tracking.trips if trip.kind is not TripKind.OVERRUN]
        ground = content.shapes.add(swept_ground(proven, vehicle)) if proven else -1
        notes = [shown(note[0 if lang == "zh" else 1]) for note in tracking.notes]
        if any(row.found is TrackClass.NOT_FOUND for row in rows):
            notes.insert(0, self.words["never_fail"])
        why = None if tracking.unsearched is None else self.words["no_lines"].format(why=tracking.unsearched[0 if lang == "zh" else 1])
        return {
            "id": shown(vehicle.id), "name": name, "r": vehicle_facts(content, tracking), "notes": notes,
            "assumed": self.words["assumed"] if is_assumed(vehicle) else "", "why": shown(why), "ground": ground,
            "counts": [[COLOURS[c], c.label(lang), counts[c]] for c in GRAVEST],
            "trips": list(number.values()), "speed": round(tracking.policy.crawl_km_h / 3.6, 6),
            "size": [round(v, 4) for v in (vehicle.front_m, vehicle.rear_overhang_m, vehicle.width_m / 2, vehicle.wheelbase_m, vehicle.track_m / 2)],
            "targets": [[COLOURS[r.found], r.found.label(lang), r.name, r.told, number.get(r.trip_id, -1), r.card] for r in rows],
            "bends": self._bends(tracking),
            "turnings": [self._turning(turning, number) for turning in tracking.turnings],
        }  # fmt: skip

    def _bends(self, tracking: VehicleTracking) -> list[list[Any]]:
        content, words, lang = self.content, self.words, self.content.lang
        rows: list[list[Any]] = []
        for row in records(tracking.bends):
            found = _class(row["class"])
            number = content.find("bends", shown(row["bend_id"]))
            card = number if number >= 0 else content.find("lanes", shown(row["lane_id"]))
            name = named(content.words["kind_bend" if row["kind"] == "bend" else "kind_corner"], "", row["bend_id"], lang)
            told = [f"{row['turn_deg']:.0f}°"]
            if math.isfinite(row["inner_radius_m"]):
                told.append(words["bend_radius"].format(r=metres(row["inner_radius_m"], lang), u=rounded_up(row["inner_uncertainty_m"])))
            if math.isfinite(row["clear_width_m"]):
                told.append(words["bend_clear"].format(w=metres(row["clear_width_m"], lang)))
            if math.isfinite(row["required_width_m"]):
                told.append(words["bend_required"].format(w=rounded_up(row["required_width_m"])))
            told.append(shown(row["why_zh" if lang == "zh" else "why_en"]))
            label = words["bend_open"] if found is TrackClass.NOT_FOUND else found.label(lang)
            rows.append([COLOURS[found], label, name, [part for part in told if part], -1, card])
        rows.sort(key=lambda row: [COLOURS[c] for c in GRAVEST].index(row[0]))
        return rows

    def _turning(self, turning: Turning, number: Mapping[str, int]) -> list[Any]:
        lane, card = target_name(self.content, TargetKind.LANE.value, turning.lane_id)
        end = self.words["dead_end"].format(id=shown(turning.dead_end_id), lane=lane)
        trip = number.get(turning.trip_id or "", -1)
        return [COLOURS[turning.found], turning_text(self.content, turning), end, [], trip, card]

    def _trip(self, trip: Trip, mends: list[Any]) -> dict[str, Any]:
        content, words, lang = self.content, self.words, self.content.lang
        path = poses(trip.drive)
        corners = shapely.polygons(placed(path.xy, path.heading_rad, rectangle(trip.vehicle)))
        conflicts = []
        for conflict in sorted(trip.conflicts, key=lambda c: c.chainage_m):
            first, last = between(path, shapely.intersects(corners, conflict.geometry), conflict.chainage_m)
            conflicts.append({
                "i": shown(conflict.conflict_id), "t": conflict_text(content, conflict),
                "l": words["conflict_label"].format(depth=f"{rounded_up(conflict.depth_m)} m"), "g": content.shapes.add(conflict.geometry),
                "p": content.shapes.add(shapely.Point(conflict.place)), "at": round(conflict.chainage_m, 3), "d": round(conflict.depth_m, 3),
                "from": round(first, 3), "to": round(last, 3), "o": self._owner_cards(conflict.owners),
            })  # fmt: skip
        name, card = target_name(content, trip.target_kind.value, shown(trip.target_id))
        return {
            "i": shown(trip.trip_id), "k": trip.kind.value, "b": trip_label(trip, lang),
            "t": words["title"].format(vehicle=shown(trip.vehicle.name(lang)), target=name),
            "at": self.paths.add(path), "runs": [[gear, n, round(length, 4)] for gear, n, length in path.runs],
            "line": content.shapes.add(shapely.simplify(_line(path.xy), 0.01)),
            "body": content.shapes.add(swept_ground([path], trip.vehicle)) if trip.kind is TripKind.OVERRUN else -1,
            "r": self._facts(trip, path.runs), "c": conflicts, "m": mends, "see": [*([card] if card >= 0 else []), *self._owner_cards(trip.below)],
        }  # fmt: skip

    def _facts(self, trip: Trip, runs: Iterable[tuple[int, int, float]]) -> list[tuple[str, str]]:
        content, words = self.content, self.words
        back = sum(length for gear, _, length in runs if gear < 0)
        serves = [target_name(content, kind.value, shown(ident))[0] for kind, ident in trip.serves]
        rows = [
            (words["tell_entrance"], entrance_name(content, shown(trip.entrance_id))),
            (words["tell_length"], f"{driven(trip.length_m)} m"),
            (words["tell_reverse"], f"{driven(back)} m" if back else ""),
            (words["tell_changes"], f"{trip.manoeuvres}" if trip.manoeuvres else ""),
            (words["tell_outside"], f"{trip.area_outside_m2:.2f} m²" if trip.area_outside_m2 > 0 else ""),
            (words["tell_serves"], words["and"].join(serves) if trip.kind is TripKind.PROVEN else ""),
            (words["tell_below"], owner_names(content, trip.below)),
            (words["tell_resolution"], f"{trip.cell_m:g} m"),
            (words["tell_states"], f"{trip.states}"),
            (content.words["id"], shown(trip.trip_id)),
        ]
        return [(label, value) for label, value in rows if value]

    def _owner_cards(self, owners: Iterable[str]) -> list[int]:
        return [number for number in (self.content.owner(label)[1] for label in owners) if number >= 0]


def _line(xy: Any) -> Any:
    return shapely.linestrings(xy if len(xy) > 1 else np.repeat(xy, 2, axis=0))


def tracking_block(content: Content) -> tuple[dict[str, Any], dict[str, NDArray[np.int32]]] | None:
    """Return header and integer columns of vehicle tracking, None where no vehicle was asked for.

    Adds shapes to ``content``; its columns are to be taken afterwards.
    """
    if not content.audit.tracking:
        return None
    gather = _Gather(content)
    vehicles = [gather.vehicle(tracking) for tracking in content.audit.tracking]
    looks = palette()["track"]
    legend = [
        {"key": key, "shape": shape, "look": looks[key], "label": gather.words[word]}
        for key, shape, word in (("swept", "area", "legend_swept"), ("over", "area", "legend_over"), ("conflict", "area", "legend_conflict"))
    ]
    header: dict[str, Any] = {
        "words": page_words(content.lang), "looks": {key: looks[key] for key in looks}, "legend": legend, "vehicles": vehicles,
        "trips": gather.trips, "links": [[card, rows] for card, rows in sorted(gather.links.items())],
    }  # fmt: skip
    if not gather.trips:
        return header, {}
    header["frame"] = gather.paths.frame(content.audit.site.crs)
    return header, gather.paths.columns()

