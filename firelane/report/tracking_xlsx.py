"""Vehicle tracking as sheets of the workbook: every row, for sorting and filtering."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from firelane.markings.spreadsheet import Column, Table
from firelane.report.inspection import short
from firelane.report.tracking import Tracked, chapters
from firelane.report.tracking_blocks import how_to_read
from firelane.tracking.record import TARGET_COLUMNS, TrackClass
from firelane.tracking.targets import TargetKind
from firelane.tracking.telling import ON_PLAN, below_of, rounded_up
from firelane.vocabulary import rounded_down

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firelane.report.inspection import Inspection

_LENGTH, _WAY, _COUNT = "0.00", "0.0", "0"
_CLASS = TARGET_COLUMNS.index("class")


def tables(it: Inspection) -> list[Table]:
    """Return the sheets; nothing where no vehicle was tracked."""
    told = chapters(it)
    if not told:
        return []
    remarks = list(how_to_read(told))
    made = [_vehicles(told, remarks)]
    if any(t.tracking.unsearched is None for t in told):
        made += [_targets(told, remarks[:-2]), _places(told), _turning(told)]
    return [*made, _bends(told)]


def _vehicles(told: Sequence[Tracked], remarks: Sequence[str]) -> Table:
    text = told[0].words
    rows: list[list[Any]] = []
    for t in told:
        rows += [[t.title, "", line, "", ""] for line in t.answer]
        rows += [[t.title, name, _number(value), status, source] for name, value, status, source in t.dimensions]
        rows += [[t.title, f"{text['radius']} {name}", _number(value), status, ""] for name, value, status in t.radii]
        rows += [[t.title, name, _number(value), "", source] for name, value, source in t.policy]
    columns = [Column(text["vehicle"]), Column(text["field"], wrap=True), Column(text["value"], wrap=True), Column(text["status"], wrap=True), Column(text["source"], wrap=True)]
    return Table(text["s_vehicles"], columns, rows, remarks=remarks)


def _targets(told: Sequence[Tracked], remarks: Sequence[str]) -> Table:
    text, rows = told[0].words, []
    for t in told:
        trips = {trip.trip_id: trip for trip in t.tracking.trips}
        below = [t.comma.join(map(t.owner, below_of(row))) or None for row in t.tracking.targets.to_dict("records")]
        for row, to_measure in zip(t.tracking.targets[list(TARGET_COLUMNS)].itertuples(index=False), below, strict=True):
            kind = TargetKind(str(row.target_kind))
            trip = trips.get(row.trip_id) if isinstance(row.trip_id, str) else None
            found = TrackClass(str(row[_CLASS]))
            proven = trip is not None and found in ON_PLAN
            rows.append([
                t.title, t.entrance(str(row.entrance_id)), kind.label(t.lang), t.named("lanes" if kind is TargetKind.LANE else "buildings", str(row.target_id)),
                found.label(t.lang), _share(row.share, kind), _finite(row.length_m) if proven else None, trip.manoeuvres if trip is not None and proven else None,
                _up(row.shortfall_m), _finite(row.stuck_y), _finite(row.stuck_x), row.trip_id, row.overrun_id, to_measure,
            ])  # fmt: skip
    columns = [
        Column(text["vehicle"]), Column(text["from_entrance"]), Column(text["kind"]), Column(text["target"]), Column(text["class"]),
        Column(text["share"], "0 %"), Column(text["length"], _WAY), Column(text["manoeuvres"], _COUNT), Column(text["missing"], _LENGTH),
        Column(f"X (m) {text['stuck']}", _LENGTH), Column(f"Y (m) {text['stuck']}", _LENGTH), Column(text["drive"]),
        Column(f"{text['drive']} (X)"), Column(text["to_measure_head"], wrap=True),
    ]  # fmt: skip
    return Table(text["s_targets"], columns, rows, remarks=remarks)


def _places(told: Sequence[Tracked]) -> Table:
    text, rows = told[0].words, []
    for t in told:
        mends: dict[str, list[str]] = {}
        for mend in t.tracking.mends:
            said = short(mend.text_zh if t.lang == "zh" else mend.text_en, 300) + text["mend_proven" if mend.proven else "mend_unproven"]
            for conflict in mend.conflict_ids:
                mends.setdefault(conflict, []).append(said)
        for trip in t.tracking.trips:
            rows += [
                [t.title, trip.trip_id, t.entrance(trip.entrance_id), c.conflict_id, c.part.label(t.lang), _up(c.depth_m), c.place[1], c.place[0],
                 c.chainage_m, t.comma.join(t.owner(o) for o in c.owners), "\n".join(mends.get(c.conflict_id, ())) or None, trip.cell_m]
                for c in trip.conflicts
            ]  # fmt: skip
    columns = [
        Column(text["vehicle"]), Column(text["drive"]), Column(text["from_entrance"]), Column("conflict_id"), Column(text["part"]), Column(text["over"], _LENGTH),
        Column("X (m)", _LENGTH), Column("Y (m)", _LENGTH), Column(text["chainage"], _WAY), Column(text["owners"], wrap=True),
        Column(text["remedy"], wrap=True), Column(text["grid"], _LENGTH),
    ]  # fmt: skip
    return Table(text["s_places"], columns, rows, remarks=[text["least_said"].rstrip("：:"), text["box_3"]])


def _turning(told: Sequence[Tracked]) -> Table:
    text, rows = told[0].words, []
    for t in told:
        rows += [
            [t.title, short(n.dead_end_id, 60), t.named("lanes", n.lane_id), t.entrance(n.entrance_id), t.turned(n),
             n.manoeuvres if n.found in ON_PLAN else None, _finite(n.reverse_m), n.place[1], n.place[0], n.trip_id]
            for n in t.tracking.turnings
        ]  # fmt: skip
    columns = [
        Column(text["vehicle"]), Column(text["dead_end"]), Column(text["lane"]), Column(text["from_entrance"]), Column(text["answer"], wrap=True),
        Column(text["manoeuvres"], _COUNT), Column(text["reverse"], _WAY), Column("X (m)", _LENGTH), Column("Y (m)", _LENGTH), Column(text["drive"]),
    ]  # fmt: skip
    return Table(text["s_turning"], columns, rows)


def _bends(told: Sequence[Tracked]) -> Table:
    text, rows = told[0].words, []
    for t in told:
        rows += [
            [t.title, short(str(b.bend_id), 60), t.kind_of_bend(str(b.kind)), t.named("lanes", str(b.lane_id)), _finite(b.turn_deg), _down(b.inner_radius_m),
             _up(b.inner_uncertainty_m), _down(b.outer_radius_m), _up(b.outer_uncertainty_m), _down(b.clear_width_m), _up(b.required_width_m), _down(b.margin_m),
             _up(b.lower_bound_m), _finite(b.nominal_radius_m), t.basis(b.nominal_basis), _down(b.nominal_margin_m), t.bend_class(b), _up(b.aim_radius_m),
             _up(b.aim_width_m), t.why(b) or None]
            for b in t.bends
        ]  # fmt: skip
    columns = [
        Column(text["vehicle"]), Column(text["bend"]), Column(text["kind"]), Column(text["lane"]), Column(text["turn_deg"], _WAY), Column(text["inner"], _LENGTH),
        Column("± (m)", _LENGTH), Column(text["outer"], _LENGTH), Column("± (m)", _LENGTH), Column(text["clear"], _LENGTH), Column(text["required"], _LENGTH),
        Column(text["difference"], _LENGTH), Column(text["bound"], _LENGTH), Column(text["nominal"], _LENGTH), Column(text["nominal_basis"]),
        Column(text["nominal_margin"], _LENGTH), Column(text["bend_class"]), Column(text["aim_radius_head"], _LENGTH), Column(text["aim_width_head"], _LENGTH),
        Column(text["why"], wrap=True),
    ]  # fmt: skip
    return Table(text["s_bends"], columns, rows, remarks=[text["bends_key"]])


def _number(told: str) -> float | str:
    """Return the figure of a text such as ``9.00 m`` as a number, else the text."""
    figure, _, unit = told.partition(" ")
    try:
        return float(figure) if unit in ("m", "s") else told
    except ValueError:
        return told


def _share(value: Any, kind: TargetKind) -> float | None:
    """Return the share of a lane that is passed, never rounded up to the whole."""
    return math.floor(float(value) * 100 + 1e-9) / 100 if kind is TargetKind.LANE and math.isfinite(value) else None


def _finite(value: Any) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _down(value: Any) -> float | None:
    return float(rounded_down(float(value), 2)) if _finite(value) is not None else None


def _up(value: Any) -> float | None:
    return float(rounded_up(float(value))) if _finite(value) is not None else None
