"""What is written at swept paths in the model space: conflicts, where drives begin, what each drive is for."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from firelane.drawing.canvas import Align
from firelane.drawing.labels import around, by_ring
from firelane.drawing.swept import tracked, way
from firelane.drawing.swept_words import said, target_name
from firelane.drawing.text import safe_text, shortened, text_width
from firelane.drawing.violations import flag_boxes, put_flag
from firelane.tracking.record import TrackClass, TripKind
from firelane.tracking.telling import driven, rounded_up

if TYPE_CHECKING:
    from firelane.auditing import Audit
    from firelane.drawing.canvas import Canvas, Point
    from firelane.drawing.labels import LabelField
    from firelane.drawing.swept import Tracked
    from firelane.tracking.record import Conflict, Trip
    from firelane.vocabulary import Lang

_LONGEST_MM = 120.0
_FEW = 8  # of more drives than this a proven one is named by its id alone, of more conflicts each by its depth alone
_GAPS_MM = (1.5, 4.0, 8.0, 14.0, 22.0)


def over_text(conflict: Conflict, lang: Lang) -> str:
    """Return how far which part of the vehicle reaches over."""
    return said("over", lang, depth=rounded_up(conflict.depth_m), part=conflict.part.label(lang))


def short_id(it: Tracked, trip_id: str) -> str:
    """Return a drive's id without the vehicle's, which stands on the sheet."""
    vehicle = it.vehicle.id
    return safe_text(trip_id[len(vehicle) + 1 :] if trip_id.startswith((f"{vehicle}-", f"{vehicle}:")) else trip_id, 40)


def trip_text(it: Tracked, trip: Trip, lang: Lang) -> str:
    """Return what a drive is: id, target, length, changes of direction; that it is so on plan where a height is not known."""
    key = "turning" if trip.kind is TripKind.TURNING else "trip"
    target = target_name(trip.target_kind, trip.target_id, lang)
    text = said(key, lang, trip=short_id(it, trip.trip_id), target=target, length=driven(trip.length_m))
    text += said("changes", lang, n=trip.manoeuvres) if trip.manoeuvres else ""
    return text + (said("on_plan", lang) if trip.below else "")


def start_text(it: Tracked, entrance_id: str, lang: Lang) -> str:
    """Return what the vehicle reaches from an entrance."""
    rows = it.tracking.targets
    count = Counter(rows.loc[(rows["entrance_id"].astype(str) == str(entrance_id)).to_numpy(bool), "class"].astype(str))
    text = said(
        "start", lang, name=safe_text(it.vehicle.name(lang), 40), entrance=said("entrance", lang, id=safe_text(entrance_id, 40)),
        passed=count[TrackClass.PROVEN_PASS], open=count[TrackClass.NOT_FOUND],
    )  # fmt: skip
    failed, unknown = count[TrackClass.PROVEN_FAIL], count[TrackClass.HEIGHT_UNKNOWN]
    text += said("start_unknown", lang, n=unknown) if unknown else ""
    return text + (said("start_failed", lang, failed=failed) if failed else "")


def label_swept(canvas: Canvas, audit: Audit, field: LabelField) -> None:
    """Write at the swept paths; conflicts are never left out, other texts where there is no room for them.

    A drive is named at its end: forty that begin in one place would be named on top of each other there, where one line
    says what is reached in all. What turns round is named where it begins.
    """
    for it in tracked(audit):
        trips = it.tracking.trips
        if not trips:
            continue
        layer, flags = (canvas.layers.swept.name(it.number, part) for part in ("TEXT", "FLAG"))
        own = field.over([*(canvas.seen(canvas.local(way(trip.drive.xy))) for trip in trips), *field.ink])
        _flag_conflicts(canvas, it, own, flags)
        starts = {trip.entrance_id: trip.drive.xy[0] for trip in reversed(trips) if trip.kind is not TripKind.TURNING}
        for entrance_id, xy in sorted(starts.items()):
            _write(canvas, start_text(it, entrance_id, canvas.lang), canvas.local_point(xy), own, layer)
        few = len(trips) <= _FEW
        for trip in sorted(trips, key=lambda trip: trip.kind is TripKind.PROVEN):
            xy = trip.drive.xy[0 if trip.kind is TripKind.TURNING else -1]
            named = few or trip.kind is not TripKind.PROVEN
            text = trip_text(it, trip, canvas.lang) if named else short_id(it, trip.trip_id)
            _write(canvas, text, canvas.local_point(xy), own, layer, most_ink=None if named else 0)


def _flag_conflicts(canvas: Canvas, it: Tracked, field: LabelField, layer: str) -> None:
    """Flag the conflicts, the deepest first; in a crowd with the depth alone, then the number alone."""
    crowd = len(it.conflicts) > _FEW
    for name, conflict in sorted(it.conflicts.values(), key=lambda pair: -pair[1].depth_m):
        at = canvas.seen_point(canvas.local_point(conflict.place))
        bare = f"{rounded_up(conflict.depth_m)} m"
        texts = [bare, ""] if crowd else [over_text(conflict, canvas.lang), bare, ""]
        text = next((text for text in texts if any(map(field.free, flag_boxes(canvas, text, at)[0]))), "")
        put_flag(canvas, name, text, at, field, layer=layer, close=True)


def _write(canvas: Canvas, text: str, at: Point, field: LabelField, layer: str, *, most_ink: int | None = None) -> None:
    height_mm = canvas.sheet.small_mm
    line = shortened(text, height_mm, _LONGEST_MM)
    width, height = text_width(line, canvas.ground(height_mm)), canvas.ground(height_mm) * 1.4
    gaps = [canvas.ground(gap_mm) for gap_mm in _GAPS_MM]
    boxes = around(canvas.seen_point(at), width, height, gaps)
    chosen = field.place(boxes, reluctance=by_ring(gaps, 1.0), most_ink=most_ink)
    if chosen is not None:
        x0, y0, x1, y1 = boxes[chosen]
        canvas.text(line, ((x0 + x1) / 2, (y0 + y1) / 2), height_mm, layer, align=Align.MIDDLE_CENTER)
