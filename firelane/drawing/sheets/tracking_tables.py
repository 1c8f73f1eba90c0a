"""Tables of a tracked vehicle: its data and where it comes from, what it reaches, conflicts, dead ends, bends."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from firelane.drawing.sheets.table import Column, Row, Table
from firelane.drawing.sheets.tracking_figure import radii
from firelane.drawing.swept_labels import short_id
from firelane.drawing.swept_words import owner_names, said, target_name
from firelane.drawing.text import safe_text
from firelane.tracking.record import TrackClass
from firelane.tracking.telling import below_of, rounded_up
from firelane.tracking.vehicle import FieldStatus
from firelane.vocabulary import rounded_down

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from firelane.auditing import Audit
    from firelane.drawing.swept import Tracked
    from firelane.vocabulary import Lang

NOTHING = "—"
_FIELDS = ("length_m", "width_m", "wheelbase_m", "front_overhang_m", "rear_overhang_m", "track_m", "height_m")


def number(value: Any, decimals: int = 2, *, sign: bool = False) -> str:
    """Return a figure of a table; a dash for what is missing.

    >>> number(3.456), number(float("nan")), number(None), number(0.2, 1, sign=True)
    ('3.46', '—', '—', '+0.2')
    """
    try:
        found = float(value)
    except (TypeError, ValueError):
        return NOTHING
    if not math.isfinite(found):
        return NOTHING
    return f"{found:{'+' if sign else ''}.{decimals}f}"


def upwards(value: Any) -> str:
    """Return a length that is missing, needed or overrun; a dash for what is missing.

    >>> upwards(0.4107), upwards(None)
    ('0.42', '—')
    """
    return NOTHING if number(value) == NOTHING else rounded_up(float(value))


def downwards(value: Any, *, sign: bool = False) -> str:
    """Return a length that is there; a dash for what is missing.

    >>> downwards(3.999), downwards(0.104, sign=True), downwards(-0.101, sign=True)
    ('3.99', '+0.10', '-0.11')
    """
    if number(value) == NOTHING:
        return NOTHING
    told = rounded_down(float(value), 2)
    return f"+{told}" if sign and not told.startswith("-") else told


def _per_cent(share: object) -> str:
    told = number(share, 4)
    # Rounded down: what is not all is never said to be all.
    return told if told == NOTHING else f"{math.floor(100.0 * float(told) + 1e-9)} %"


def class_name(value: object, lang: Lang) -> str:
    """Return the words of an outcome."""
    return TrackClass(str(value)).label(lang) if str(value) in set(TrackClass) else safe_text(value, 40)


def data_table(it: Tracked, lang: Lang) -> Table:
    """Return the vehicle's data: every figure with its status, every radius with its definition, how it was tracked."""
    vehicle, policy, tracking = it.vehicle, it.tracking.policy, it.tracking
    computed, yes = FieldStatus.COMPUTED.label(lang), said("yes", lang)

    def status(field: str) -> str:
        source = vehicle.sources.get(field)
        return (FieldStatus.ASSUMED if source is None else source.status).label(lang)

    def sure(*, told: bool) -> str:
        return yes if told else said("no_", lang)

    rows = [(said(field, lang), f"{getattr(vehicle, field):.2f} m", status(field)) for field in _FIELDS]
    stated = said("turning_radius_m", lang, basis=vehicle.radius_basis.label(lang))
    rows.append((stated, f"{vehicle.turning_radius_m:.2f} m", status("turning_radius_m")))
    rows += [
        (said("radius", lang, basis=basis.label(lang)), f"{radius_m:.2f} m", computed)
        for basis, radius_m in radii(vehicle) if basis is not vehicle.radius_basis
    ]  # fmt: skip
    rows += [
        (said("lock", lang), f"{math.degrees(vehicle.lock_rad):.1f}°", computed),
        (said("lock_time_s", lang), f"{vehicle.lock_time_s:.1f} s", status("lock_time_s")),
        (said("lock_way", lang), f"{vehicle.lock_distance_m(policy):.1f} m", computed),
    ]  # fmt: skip
    condition = said("policy", lang)
    rows += [
        (said("margin_m", lang), f"{policy.margin_m:.2f} m", condition),
        (said("kerb_overhang", lang), sure(told=policy.kerb_overhang), condition),
        (said("standing", lang), sure(told=policy.standing_steer), condition),
    ]  # fmt: skip
    cells = sorted({round(trip.cell_m, 3) for trip in tracking.trips if math.isfinite(trip.cell_m)})
    if cells:
        span = f"{cells[0]:g}" if len(cells) == 1 else f"{cells[0]:g}-{cells[-1]:g}"
        rows.append((said("cell", lang), f"{span} m", said("search", lang)))
    notes = [said("note_data", lang), *_sources(it, lang)]
    columns = (Column(said("item", lang), 70.0, lines=2), Column(said("value", lang), 23.0, "right"), Column(said("status", lang), 35.0))
    return Table(f"{said('data', lang)}  {safe_text(vehicle.name(lang), 60)}", columns, _rows(rows), tuple(notes))


def _sources(it: Tracked, lang: Lang) -> list[str]:
    """Return where the figures come from, each source with the figures that it is for; without them that of the most."""
    told: dict[str, list[str]] = {}
    for field, source in it.vehicle.sources.items():
        if field in (*_FIELDS, "turning_radius_m", "lock_time_s"):
            told.setdefault(source.zh if lang == "zh" else source.en, []).append(field)
    found = []
    for text, names in told.items():
        key = names[0] if names[0] != "turning_radius_m" else "stated_radius"
        named = "" if len(names) > 2 else said(key, lang) + ("：" if lang == "zh" else ": ")
        found.append(named + safe_text(text, 200))
    return [text for text in found if text]


def result_tables(audit: Audit, it: Tracked, lang: Lang) -> list[Table]:
    """Return the tables of what was found, those without rows left out."""
    tables = [
        _targets(audit, it, lang), _conflicts(audit, it, lang), _mends(it, lang), _turnings(audit, it, lang), _bends(it, lang),
    ]  # fmt: skip
    return [table for table in tables if table.rows]


def _rows(cells: Iterable[tuple[str, ...]]) -> tuple[Row, ...]:
    return tuple(Row(row) for row in cells)


def _targets(audit: Audit, it: Tracked, lang: Lang) -> Table:
    table, tracking = it.tracking.targets, it.tracking
    rows: list[tuple[str, ...]] = []
    for row in _tried(table, lang):
        share = row["share"] if row["class"] != TrackClass.NOT_TRIED.value else None
        told = [short_id(it, str(row[key])) for key in ("trip_id", "overrun_id") if _given(row[key])]
        below = owner_names(audit, below_of(row), lang)
        found = class_name(row["class"], lang) + (f"  {said('below', lang, owners=below)}" if below else "")
        rows.append((
            safe_text(row["entrance_id"], 40), row["target"], found,
            number(row["length_m"], 1), _per_cent(share),
            upwards(row["shortfall_m"]), " ".join(told) or NOTHING,
        ))  # fmt: skip
    height = [said("note_height", lang)] if (table["class"] == TrackClass.HEIGHT_UNKNOWN.value).any() else []
    notes = [said("note_class", lang), *height, said("note_drawn", lang), *(safe_text(n[0 if lang == "zh" else 1], 240) for n in tracking.notes)]
    if tracking.unsearched is not None:
        reason = safe_text(tracking.unsearched[0 if lang == "zh" else 1], 300)
        rows = rows or [(NOTHING, NOTHING, class_name(TrackClass.NOT_TRIED.value, lang), *[NOTHING] * 4)]
        notes = [reason, *notes]
    columns = (
        Column(said("from", lang), 18.0), Column(said("target", lang), 34.0), Column(said("class", lang), 44.0, lines=4),
        Column(said("length", lang), 17.0, "right"), Column(said("share", lang), 20.0, "right"),
        Column(said("missing", lang), 18.0, "right"), Column(said("where", lang), 25.0, lines=2),
    )  # fmt: skip
    return Table(said("targets", lang), columns, _rows(rows), tuple(notes))


def _tried(table: pd.DataFrame, lang: Lang) -> list[dict[str, Any]]:
    """Return the rows of the targets with their names; an entrance from which nothing was tried has one for all."""
    found: list[dict[str, Any]] = []
    for _, rows in table.groupby("entrance_id", sort=False):
        records = [{str(key): value for key, value in row.items()} for row in rows.to_dict("records")]
        if len(records) > 1 and (rows["class"] == TrackClass.NOT_TRIED.value).all():
            found.append({**records[0], "target": said("all", lang, n=len(records))})
        else:
            found += [{**row, "target": target_name(row["target_kind"], row["target_id"], lang)} for row in records]
    return found


def _conflicts(audit: Audit, it: Tracked, lang: Lang) -> Table:
    rows = [
        (
            name, short_id(it, c.trip_id), upwards(c.depth_m), c.part.label(lang), owner_names(audit, c.owners, lang),
            number(c.chainage_m, 1), number(c.place[1], 3), number(c.place[0], 3),
        )
        for name, c in it.conflicts.values()
    ]  # fmt: skip
    columns = (
        Column(said("no", lang), 11.0), Column(said("trip_id", lang), 20.0), Column(said("depth", lang), 13.0, "right"),
        Column(said("part", lang), 30.0, lines=2), Column(said("owners", lang), 42.0, lines=3),
        Column(said("chainage", lang), 18.0, "right"), Column(said("x", lang), 28.0, "right"), Column(said("y", lang), 26.0, "right"),
    )  # fmt: skip
    return Table(said("conflicts", lang), columns, _rows(rows))


def _mends(it: Tracked, lang: Lang) -> Table:
    rows = [
        (
            short_id(it, m.trip_id), " ".join(it.conflicts[c][0] for c in m.conflict_ids if c in it.conflicts),
            m.text_zh if lang == "zh" else m.text_en, said("yes" if m.proven else "no_", lang),
        )
        for m in it.tracking.mends
    ]  # fmt: skip
    columns = (
        Column(said("trip_id", lang), 20.0), Column(said("clears", lang), 24.0, lines=2), Column(said("measure", lang), 110.0, lines=3),
        Column(said("proven", lang), 18.0, "centre"),
    )  # fmt: skip
    together = len({m.trip_id for m in it.tracking.mends}) < len(it.tracking.mends)
    return Table(said("mends", lang), columns, _rows(rows), (said("note_together", lang),) if together else ())


def _turnings(audit: Audit, it: Tracked, lang: Lang) -> Table:
    told = {
        TrackClass.PROVEN_PASS: "turns", TrackClass.NOT_FOUND: "backs_out", TrackClass.NOT_TRIED: "not_there",
        TrackClass.HEIGHT_UNKNOWN: "turns_on_plan",
    }  # fmt: skip
    rows = [
        (
            safe_text(t.dead_end_id, 40), safe_text(t.lane_id, 40), safe_text(t.entrance_id, 40),
            (said(told[t.found], lang) if t.found in told else t.found.label(lang))
            + (f"  {said('below', lang, owners=owner_names(audit, t.below, lang))}" if t.below else ""),
            str(t.manoeuvres) if t.manoeuvres >= 0 else NOTHING, number(t.reverse_m, 1),
        )
        for t in it.tracking.turnings
    ]  # fmt: skip
    columns = (
        Column(said("dead_end", lang), 22.0), Column(said("lane_head", lang), 22.0), Column(said("from", lang), 20.0),
        Column(said("class", lang), 62.0, lines=3), Column(said("manoeuvres", lang), 22.0, "right"),
        Column(said("reverse", lang), 22.0, "right"),
    )  # fmt: skip
    return Table(said("turnings", lang), columns, _rows(rows))


def _bends(it: Tracked, lang: Lang) -> Table:
    rows = [_bend(row, lang) for row in it.tracking.bends.drop(columns="geometry").to_dict("records")]
    columns = (
        Column(said("no", lang), 20.0), Column(said("lane_head", lang), 24.0, lines=2),
        Column(said("turn", lang), 14.0, "right"), Column(said("inner", lang), 24.0, "right"), Column(said("clear", lang), 18.0, "right"),
        Column(said("needed", lang), 18.0, "right"), Column(said("margin", lang), 16.0, "right"),
        Column(said("class", lang), 44.0, lines=2), Column(said("aim", lang), 30.0),
    )  # fmt: skip
    return Table(said("bends", lang), columns, _rows(rows), (said("note_bends", lang),) if rows else ())


def _bend(row: dict[str, Any], lang: Lang) -> tuple[str, ...]:
    inner = number(row["inner_radius_m"], 1)
    if inner != NOTHING and number(row["inner_uncertainty_m"]) != NOTHING:
        inner += f"±{number(row['inner_uncertainty_m'], 1)}"
    aims = (number(row["aim_radius_m"], 1), upwards(row["aim_width_m"]))
    words = {TrackClass.PROVEN_PASS.value: "bend_pass", TrackClass.PROVEN_FAIL.value: "bend_fail"}
    told = said(words.get(str(row["class"]), "bend_open"), lang)
    lanes = row["lane_ids"] if _given(row["lane_ids"]) else row["lane_id"]
    return (
        safe_text(row["bend_id"], 40), safe_text(lanes, 80), number(row["turn_deg"], 0), inner, downwards(row["clear_width_m"]),
        upwards(row["required_width_m"]), downwards(row["margin_m"], sign=True), told, " / ".join(aims),
    )


def _given(value: object) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value)) and str(value) != ""
