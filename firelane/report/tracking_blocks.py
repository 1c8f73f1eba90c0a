"""The chapter on vehicle tracking as a row of blocks: written once, set by each edition in its own way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from firelane.report.figures import Figures
from firelane.report.inspection import clean, short
from firelane.report.tracking import Tracked, chapters
from firelane.report.tracking_figures import overrun, shown_with, sign, stuck, turning
from firelane.report.tracking_numbers import at_least, at_most, radius
from firelane.report.tracking_words import words
from firelane.tracking.record import TrackClass
from firelane.tracking.telling import driven, rounded_up

if TYPE_CHECKING:
    from typing import Any

    from firelane.report.inspection import Inspection
    from firelane.report.scene import Scene
    from firelane.report.tracking import Reached, Sticking

MOST_TARGETS, MOST_PLACES, MOST_TURNS, MOST_BENDS = 150, 24, 12, 120
"""So many of each are shown for one vehicle; the report says of how many."""
_MOST_CONFLICTS = 6
_NOTHING_M = 0.005  # a shortfall that reads 0.00


@dataclass(frozen=True)
class Heading:
    """Of the chapter (1), of a vehicle (2), of a part (3)."""

    text: str
    level: int


@dataclass(frozen=True)
class Said:
    """A paragraph; ``strong`` where it is the answer, ``small`` where it explains."""

    text: str
    strong: bool = False
    small: bool = False


@dataclass(frozen=True)
class Box:
    """Sentences that must not be overlooked."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Rows:
    """A table: heads, rows, shares of the width; the class of each row for the ground of its cell in column ``judged``."""

    heads: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    shares: tuple[float, ...]
    classes: Sequence[TrackClass] = field(default_factory=tuple)
    judged: int = 0


@dataclass(frozen=True)
class Shown:
    """A place: heading, drawing (None where there is nothing to draw) and what is said beside it."""

    heading: str
    scene: Scene | None
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Gallery:
    """Small drawings with their captions."""

    items: tuple[tuple[str, Scene], ...]


Block = Heading | Said | Box | Rows | Shown | Gallery


def blocks(it: Inspection) -> list[Block]:
    """Return the whole chapter; nothing where no vehicle was tracked."""
    told = chapters(it)
    if not told:
        return []
    text = words(it.lang)
    made: list[Block] = [Heading(text["h_tracking"], 1)]
    if len(told) > 1:
        made.append(_overview(told))
    made.append(Box(text["box_title"], how_to_read(told)))
    figures = Figures(it.content)
    for tracked in told:
        made += [Heading(tracked.title, 2), *(Said(line, strong=n == 0) for n, line in enumerate(tracked.answer)), Said(_vehicle(tracked))]
        made += [*_targets(tracked), *_places(tracked, figures), *_turnings(tracked, figures), *_bends(tracked), *_data(tracked)]
        notes = [clean(note[0 if it.lang == "zh" else 1]) for note in tracked.tracking.notes]
        made += [Heading(text["notes"], 3), *(Said(note, small=True) for note in notes)] if notes else []
    return made


def how_to_read(told: Sequence[Tracked]) -> tuple[str, ...]:
    """Return what the classes mean; of clear heights only where one is open."""
    text = told[0].words
    height = any(t.height_open for t in told)
    return tuple(text[key] for key in ("box_1", "box_2", *(["box_height"] if height else []), "box_3", "box_4", "box_5"))


def _overview(told: Sequence[Tracked]) -> Rows:
    text = told[0].words
    rows = []
    heads: dict[str, tuple[TrackClass, int]] = {"n_reached": (TrackClass.PROVEN_PASS, 16)}
    if any(t.height_open for t in told):
        heads["n_height"] = TrackClass.HEIGHT_UNKNOWN, 13
    heads |= {"n_open": (TrackClass.NOT_FOUND, 13), "n_fail": (TrackClass.PROVEN_FAIL, 16), "n_untried": (TrackClass.NOT_TRIED, 10)}
    classes = [found for found, _ in heads.values()]
    for t in told:
        none = t.tracking.unsearched is not None
        counts = [text["none"] if none else str(t.count(c)) for c in classes]
        turns = sum(n.found is TrackClass.PROVEN_PASS for n in t.turnings)
        rows.append([t.title, *counts, text["none"] if none else f"{turns} / {len(t.turnings)}"])
    names, shares = ("vehicle", *heads, "n_turns"), (34, *(share for _, share in heads.values()), 13)
    return Rows(tuple(text[h] for h in names), rows, shares)


def _data(t: Tracked) -> list[Block]:
    text = t.words
    fields = Rows(tuple(text[h] for h in ("field", "value", "status", "source")), t.dimensions, (36, 12, 18, 34))
    radii = Rows(tuple(text[h] for h in ("radius", "value", "status")), t.radii, (46, 14, 40))
    conditions = Rows((text["condition"], text["value"], text["source"]), t.policy, (42, 24, 34))
    return [Heading(text["h_data"], 3), fields, radii, Said(text["box_5"], small=True), Heading(text["h_policy"], 3), conditions]


def _targets(t: Tracked) -> list[Block]:
    text = t.words
    if t.tracking.unsearched is not None or not t.targets:
        return []
    shown = t.targets[:MOST_TARGETS]
    rows = []
    for target in shown:
        trip = target.trip
        share = f"{math.floor(100 * target.share + 1e-9)} %" if math.isfinite(target.share) and target.kind.value == "lane" else text["none"]
        rows.append([
            target.name, t.few(target.entrances), _class_said(t, target), share,
            driven(trip.length_m) if trip else text["none"], str(trip.manoeuvres) if trip else text["none"],
        ])  # fmt: skip
    made: list[Block] = [Heading(text["h_targets"], 3), Said(text["best"], small=True)]
    if len(shown) < len(t.targets):
        made.append(Said(text["targets_few"].format(n=len(shown), of=len(t.targets)), small=True))
    heads = ("target", "from_entrance", "class", "share", "length", "manoeuvres")
    return [*made, Rows(tuple(text[h] for h in heads), rows, (29, 19, 22, 9, 10, 11), [x.found for x in shown], 2)]


def _class_said(t: Tracked, target: Reached) -> str:
    """Return a target's class, and whose clear height has to be measured."""
    told = target.found.label(t.lang)
    return f"{told}\n{t.words['below'].format(owners=t.few(target.below))}" if target.below else told


# ---------------------------------------------------------------------- where it sticks


def _places(t: Tracked, figures: Figures) -> list[Block]:
    if not t.places:
        return []
    text, shown = t.words, t.places[:MOST_PLACES]
    made: list[Block] = [Heading(text["h_places"], 3)]
    told = [text["figures_key"]] if any(place.trip is not None and place.trip.conflicts for place in shown) else []
    told += [text["stuck_key"]] if any(place.trip is None for place in shown) else []
    told.append(text["north_key" if t.it.audit.site.placed else "unplaced_key"])
    made.append(Said(("" if t.lang == "zh" else " ").join(told), small=True))
    if len(shown) < len(t.places):
        made.append(Said(text["places_few"].format(n=len(shown), of=len(t.places)), small=True))
    return [*made, *(_place(t, figures, number, place) for number, place in enumerate(shown, 1))]


def _place(t: Tracked, figures: Figures, number: int, place: Sticking) -> Shown:
    text, trip = t.words, place.trip
    where, lines, wide = _where(t, place)
    lines.append(_vehicle(t))
    if t.tracking.policy.margin_m > 0:
        lines.append(text["margin_said"].format(margin=f"{t.tracking.policy.margin_m:.2f}"))
    lines.append(text["fail_said" if place.found is TrackClass.PROVEN_FAIL else "nothing_found"])
    scene = None
    if trip is not None and trip.conflicts:
        drawn = list(enumerate(shown_with(trip.conflicts)[:_MOST_CONFLICTS], 1))
        scene = overrun(figures, trip, drawn)
        lines.append(text["least_said"])
        lines += [
            text["conflict"].format(
                sign=sign(n), part=c.part.label(t.lang), depth=rounded_up(c.depth_m), place=t.xy(c.place), chainage=driven(c.chainage_m),
                owners=t.comma.join(t.owner(o) for o in c.owners[:3]) or text["nothing_there"],
            ) for n, c in drawn
        ]  # fmt: skip
        if len(drawn) < len(trip.conflicts):
            lines.append(text["more_conflicts"].format(n=len(trip.conflicts) - len(drawn)))
    elif place.place is not None:
        lines.append(text["stuck_said"].format(place=t.xy(place.place)))
        if math.isfinite(place.heading_rad):
            scene = stuck(figures, t.vehicle, place.place, place.heading_rad)
    known, free = math.isfinite(place.shortfall_m), trip is None and place.shortfall_m < _NOTHING_M
    if trip is None:
        lines.append(text["least_free" if free else "least_none"])
    if not free and (place.found is not TrackClass.PROVEN_FAIL or known):
        if known:
            about = text["estimated"].format(width=at_most(wide + place.shortfall_m, "")) if math.isfinite(wide) else ""
            lines.append(text["shortfall"].format(value=rounded_up(place.shortfall_m), about=about))
        else:
            lines.append(text["shortfall_none"])
    if trip is not None and trip.below:
        lines.append(text["below_said"].format(owners=t.few(tuple(map(t.owner, trip.below)))))
    lines += _mends(t, place)
    lines += [text["concerned"].format(targets=t.few(place.targets))] if place.targets else []
    return Shown(text["place_of"].format(n=number, where=where) if where else text["place"].format(n=number), scene, tuple(map(_sentence, lines)))


def _where(t: Tracked, place: Sticking) -> tuple[str, list[str], float]:
    """Return where it is, what is known of bend or lane there, and the clear width right there [m]; NaN where none is known."""
    text = t.words
    if place.place is None:
        return "", [], math.nan
    station = t.near_station(place.place)
    bend = t.near_bend(place.place)
    if bend is not None:
        key = "corner_in" if bend["kind"] == "corner" else "bend_in"
        where = text[key].format(bend=short(str(bend["bend_id"]), 40))
        wide = float(bend["clear_width_m"])
        told = radius(float(bend["inner_radius_m"]), float(bend["inner_uncertainty_m"]), "")
        lines = [text["bend_said"].format(
            where=where, turn=f"{bend['turn_deg']:.0f}", clear=_clear(t, wide),
            radius=f"{told} m" if told else text["untold"],
        )]  # fmt: skip
        needed, why = float(bend["required_width_m"]), t.why(bend)
        if math.isfinite(needed):
            lines.append(text["required_said"].format(width=f"{at_most(needed, text['none'])} m", why=why))
        elif why:
            lines.append(f"{why}{text['stop']}")
        if not _in_bend(bend, place.place):
            wide = math.nan
    elif station is not None:
        lane, chainage, wide = station
        name = f"{t.named('lanes', lane)} {t.it.words['at_chainage'].format(value=f'{chainage:.1f}')}"
        where = text["near"].format(where=name)
        lines = [text["lane_said"].format(where=where, clear=_clear(t, wide))]
    else:
        return t.xy(place.place), [], math.nan
    return where, lines, wide


def _in_bend(bend: Any, place: tuple[float, float]) -> bool:
    """Tell whether a place lies in a bend, whose width then is the one that is missing there; of a junction none is.

    Within half the bend's middle line and half its width from its middle.
    """
    wide, inner = float(bend["clear_width_m"]), float(bend["inner_radius_m"])
    if bend["kind"] == "corner" or not (math.isfinite(wide) and math.isfinite(inner)):
        return False
    half = (inner + wide / 2) * math.radians(abs(float(bend["turn_deg"]))) / 2
    away = math.hypot(bend["geometry"].x - place[0], bend["geometry"].y - place[1])
    return away <= half + wide / 2


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _clear(t: Tracked, value_m: float) -> str:
    return f"{at_least(value_m, '')} m" if math.isfinite(value_m) else t.words["untold"]


def _vehicle(t: Tracked) -> str:
    v = t.vehicle
    return t.words["vehicle_said"].format(
        length=f"{v.length_m:.2f}", width=f"{v.width_m:.2f}", wheelbase=f"{v.wheelbase_m:.2f}", radius=f"{v.turning_radius_m:.2f}",
        basis=v.radius_basis.label(t.lang), front=f"{v.front_radius_m:.2f}", lock=f"{math.degrees(v.lock_rad):.1f}",
        open=t.words["open"] if t.open else "",
    )  # fmt: skip


def _mends(t: Tracked, place: Sticking) -> list[str]:
    """Return what would let it through, each with whether it was proven."""
    text = t.words
    if place.trip is None:
        return []
    own = [m for m in t.tracking.mends if m.trip_id == place.trip.trip_id]
    if not own:
        return [text["mends_none"]]
    stop = "；" if t.lang == "zh" else "; "
    told = [short(m.text_zh if t.lang == "zh" else m.text_en, 300).rstrip("。. ") for m in own]
    states = [f"mend{'s' if len(own) > 1 else ''}_{'proven' if m.proven else 'unproven'}" for m in own]
    if len(set(states)) > 1:  # each its own
        told = [f"{deed}{text['mend_proven' if m.proven else 'mend_unproven']}" for deed, m in zip(told, own, strict=True)]
    last = text[states[0]] if len(set(states)) == 1 else ""
    return [text["mends_one" if len(own) == 1 else "mends_all"] + ("" if t.lang == "zh" else " ") + stop.join(told) + last + text["stop"]]


# ---------------------------------------------------------------------- dead ends and bends


def _turnings(t: Tracked, figures: Figures) -> list[Block]:
    text, none = t.words, t.words["none"]
    if not t.turnings:
        return []
    rows = [
        [short(n.dead_end_id, 40), t.named("lanes", n.lane_id), t.entrance(n.entrance_id) or none, t.turned(n),
         driven(n.reverse_m) if math.isfinite(n.reverse_m) else none, t.xy(n.place)]
        for n in t.turnings
    ]  # fmt: skip
    heads = ("dead_end", "lane", "from_entrance", "answer", "reverse")
    table = Rows((*(text[h] for h in heads), t.it.words["place"]), rows, (15, 18, 15, 24, 10, 18), [n.found for n in t.turnings], 3)
    made: list[Block] = [Heading(text["h_turning"], 3), table]
    trips = {trip.trip_id: trip for trip in t.tracking.trips}
    drawn = [n for n in t.turnings if n.trip_id in trips]
    if not drawn:
        return made
    made.append(Said(text["turn_key"], small=True))
    if len(drawn) > MOST_TURNS:
        made.append(Said(text["turn_few"].format(n=MOST_TURNS, of=len(drawn)), small=True))
    items = tuple(
        (text["turn_caption"].format(
            end=short(n.dead_end_id, 40), n=n.manoeuvres, reverse=driven(n.reverse_m) if math.isfinite(n.reverse_m) else none
        ), turning(figures, trips[str(n.trip_id)]))
        for n in drawn[:MOST_TURNS]
    )  # fmt: skip
    return [*made, Gallery(items)]


def _bends(t: Tracked) -> list[Block]:
    text, none = t.words, t.words["none"]
    made: list[Block] = [Heading(text["h_bends"], 3)]
    if not t.bends:
        return [*made, Said(text["bends_none"])]
    shown = t.bends[:MOST_BENDS]
    made.append(Said(text["bends_key"], small=True))
    if len(shown) < len(t.bends):
        made.append(Said(text["bends_few"].format(n=len(shown), of=len(t.bends)), small=True))
    rows = [_bend(t, row, none) for row in shown]
    heads = ("bend_lane", "turn_deg", "inner", "clear", "required", "difference", "bend_class", "aim")
    return [*made, Rows(tuple(text[h] for h in heads), rows, (25, 8, 12.5, 8.5, 9.5, 9, 15, 30), [t.class_of(row) for row in shown], 6)]


def _bend(t: Tracked, row: Any, none: str) -> list[str]:
    text = t.words
    told = [t.why(row)] if t.why(row) else []
    if t.class_of(row) is not TrackClass.PROVEN_PASS:
        aims = [
            text[key].format(value=f"{at_most(float(value), none)} m")
            for key, value in (("aim_radius", row.aim_radius_m), ("aim_width", row.aim_width_m)) if math.isfinite(value)
        ]  # fmt: skip
        told += [text["aims"].format(aims=text["or"].join(aims))] if aims else []
    name = f"{short(str(row.bend_id), 40)} {t.kind_of_bend(str(row.kind))}\n{t.named('lanes', str(row.lane_id))}"
    return [
        name, f"{row.turn_deg:.0f}", radius(float(row.inner_radius_m), float(row.inner_uncertainty_m), none), at_least(float(row.clear_width_m), none),
        at_most(float(row.required_width_m), none), at_least(float(row.margin_m), none).replace("-", "−"), t.bend_class(row), "\n".join(told) or none,
    ]  # fmt: skip
