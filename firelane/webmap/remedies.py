"""Remedies on the map: what has to go lights up, and the text stands beside it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry import LineString, MultiLineString

from firelane.remedy.telling import remedies_for
from firelane.remedy.words import DISC
from firelane.vocabulary import ObstructionKind, Quantity, Verdict
from firelane.webmap.content import Card, Content
from firelane.webmap.texts import metres, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

    from firelane.findings import Finding

LOOKS = ("gone", "lifted", "moved", "kerb", "arrow")
"""Keys of the palette's ``remedy`` table."""
SUMMARY = ("remedies", "summary")
"""Under which the card of the whole site's remedies is found."""

_ARROW_M = 2.0  # an arrow shows the direction; how far is told by the dashed outline and the text
_KERB_M = 3.0  # length of kerb that lights up to either side
_COMPASS = {
    "east": (1, 0), "north-east": (1, 1), "north": (0, 1), "north-west": (-1, 1), "west": (-1, 0),
    "south-west": (-1, -1), "south": (0, -1), "south-east": (1, -1),
}  # fmt: skip


def add_remedies(content: Content) -> None:
    """Take in every remedy: heading, text, and the shapes that light up; give lanes and buildings theirs.

    Owners light up with the shapes of their own cards, so those come first.
    """
    bodies = _bodies(content)
    for number, row in enumerate(content.audit.remedies):
        content.remedies.append({
            "h": content.words[_heading(row)], "t": _text(content, row), "g": _shapes(content, row, bodies),
            "l": label(content, row),
        })  # fmt: skip
        layer = {"lane": "lanes", "building": "buildings"}.get(row["target_kind"], "")
        card = content.find(layer, row["target"])
        if card >= 0:
            content.cards[card].remedies.append(number)


def of_finding(content: Content, finding: Finding) -> list[int]:
    """Return the numbers of the remedies that answer a finding.

    Those of its lane or building; of an obstacle inside a designated lane the one by which it leaves.
    """
    rows = content.audit.remedies
    wanted = {id(row) for row in remedies_for(finding, rows)}
    if finding.verdict is Verdict.FAIL and finding.quantity is Quantity.OBSTRUCTION:
        wanted |= {
            id(row) for row in rows
            if row.get("reason") == "designated" and set(row["owners"]) & set(finding.owners)
        }  # fmt: skip
    return [number for number, row in enumerate(rows) if id(row) in wanted]


def owners_of(content: Content, numbers: Sequence[int]) -> list[int]:
    """Return the cards of what has to go, move or be raised, each once."""
    labels = [label for n in numbers for label in content.audit.remedies[n]["owners"]]
    found = (content.owner(label)[1] for label in dict.fromkeys(labels))
    return [number for number in found if number >= 0]


def add_summary(content: Content) -> dict[str, Any] | None:
    """Add the card of the whole site, where there is something to do; return its row for the list.

    It holds the remedy for all targets together, and which planned bays cannot stay.
    """
    words, parking = content.words, content.audit.parking
    joint = [n for n, row in enumerate(content.audit.remedies) if row["target_kind"] == "all"]
    given_up = list(parking["given_up"]) if parking is not None else []
    if not joint and not given_up:
        return None
    parts = []
    for number in joint:
        row = content.audit.remedies[number]
        key = "joint_row" if row["cost"] is None else "joint_row_cost"
        parts.append(
            words[key].format(targets=len(row["targets"]), owners=len(row["owners"]), cost=row["cost"])
        )
    numbers = list(joint)
    if parking is not None and given_up:
        parts.append(words["parking_row"].format(count=parking["count"], planned=parking["planned"]))
        cards = [content.find("parking", bay) for bay in given_up]
        shapes = [shape for card in cards if card >= 0 for shape in content.cards[card].shapes]
        numbers.append(len(content.remedies))
        content.remedies.append({
            "h": words["parking_heading"], "t": parking_text(content), "g": [(s, "gone") for s in shapes],
        })  # fmt: skip
    see = owners_of(content, joint) + [
        c for c in (content.find("parking", bay) for bay in given_up) if c >= 0
    ]
    subtitle = "\n".join(parts)
    card = Card(
        kind=words["site"], title=words["summary_title"], remedies=numbers, see=list(dict.fromkeys(see))
    )
    card.focus = [shape for number in numbers for shape, _ in content.remedies[number]["g"]]
    return {"c": content.card(SUMMARY, card), "s": subtitle}


def parking_text(content: Content) -> str:
    """Return what the parking plan says; empty where no bay is planned."""
    parking = content.audit.parking
    return "" if parking is None else _without_disc(content, shown(parking[f"text_{content.lang}"]))


def bay_verdict(content: Content, ident: str) -> tuple[str, str]:
    """Return the key of the words for a planned bay, and of its style."""
    parking = content.audit.parking
    if parking is None:
        return "", "parking_planned"
    if ident in parking["given_up"]:
        for key in ("designated", "alone"):
            if ident in parking[key]:
                return f"bay_{key}", "parking_given_up"
        return "bay_together", "parking_given_up"
    return ("bay_stays" if ident in parking["kept"] else ""), "parking_planned"


def disc_sentence(content: Content) -> str:
    """Return the sentence that every remedy shares."""
    return DISC[0 if content.lang == "zh" else 1]


# ------------------------------------------------------------------------------------------ texts


def _heading(row: Mapping[str, Any]) -> str:
    if row["target_kind"] == "all":
        return "remedy_all"
    if row.get("reason") == "designated" and row["action"] == "remove":
        return "remedy_leave"
    return f"remedy_{row['action']}"


def _text(content: Content, row: Mapping[str, Any]) -> str:
    return _without_disc(content, shown(row[f"text_{content.lang}"]))


def _without_disc(content: Content, text: str) -> str:
    return text.replace(disc_sentence(content), "").strip()


def label(content: Content, row: Mapping[str, Any]) -> str:
    """Return what stands beside it on the map: what to do, and the clear width there afterwards where it was found.

    Empty where nothing can be done. *Remove these 2 vehicles: clear width 4.300 m.*
    """
    words, action = content.words, row["action"]
    owners = list(dict.fromkeys(row["owners"]))
    if action == "move_kerb":
        deed = words["deed_kerb"]
    elif action not in ("remove", "lift", "shift") or not owners:
        return ""
    elif action == "remove" and content.obstruction_kinds(owners) == [ObstructionKind.VEHICLE.value]:
        deed = words["deed_vehicle" if len(owners) == 1 else "deed_vehicles"].format(n=len(owners))
    else:
        deed = words["deed_one" if len(owners) == 1 else "deed_many"].format(what=words[_heading(row)], n=len(owners))
    width_m = row.get("resulting_width_m")
    if width_m is None or action == "lift" or row["target_kind"] == "all":
        return deed
    return words["deed_width"].format(deed=deed, width=metres(width_m, content.lang))


# ------------------------------------------------------------------------------------------ shapes


def _bodies(content: Content) -> dict[int, BaseGeometry]:
    """Return the outline of every card's thing, by the card's number: the first shape that it drew."""
    all_shapes = content.shapes.geometries()
    return {n: all_shapes[card.shapes[0]] for n, card in enumerate(content.cards) if card.shapes}


def _shapes(
    content: Content, row: Mapping[str, Any], bodies: Mapping[int, BaseGeometry]
) -> list[tuple[int, str]]:
    action = row["action"]
    if action == "move_kerb":
        return [shape for kerb in row["kerbs"] for shape in _kerb(content, kerb)]
    if action not in ("remove", "lift", "shift"):
        return []
    raises = row.get("raise_m") or [None] * len(row["owners"])
    found: list[tuple[int, str]] = []
    for owner, raise_m in zip(row["owners"], raises, strict=True):
        card = content.owner(owner)[1]
        if card < 0:
            continue
        look = "lifted" if raise_m is not None else "gone"
        found += [(shape, look) for shape in content.cards[card].shapes]
        if action == "shift":
            found += _shift(content, bodies[card], row["shift"])
    return found


def _shift(content: Content, body: BaseGeometry, by: Sequence[float]) -> list[tuple[int, str]]:
    """Return the outline where it is to stand, and an arrow towards it."""
    moved = shapely.transform(body, lambda xy: xy + np.asarray(by, float))
    start = shapely.get_coordinates(shapely.centroid(body))[0].tolist()
    return [(content.shapes.add(moved), "moved"), (content.shapes.add(arrow(start, by)), "arrow")]


def _kerb(content: Content, kerb: Mapping[str, Any]) -> list[tuple[int, str]]:
    """Return the stretch of kerb that has to move, where it is to run, and an arrow outwards."""
    place = np.asarray(kerb["place"], float)
    spot = shapely.Point(*place)
    near = shapely.intersection(shapely.boundary(content.audit.network.pavement), spot.buffer(_KERB_M))
    parts = shapely.get_parts(shapely.line_merge(near) if near.geom_type == "MultiLineString" else near)
    outward = np.asarray(_COMPASS[kerb["side"]], float)
    lines = [part for part in parts if part.geom_type == "LineString"]
    found: list[tuple[int, str]] = []
    if lines:
        line = min(lines, key=lambda part: (round(float(shapely.distance(part, spot)), 6), part.wkb))
        ends = shapely.get_coordinates(line)[[0, -1]]
        along = ends[1] - ends[0]
        normal = np.array([-along[1], along[0]])
        # the compass knows eight directions, the kerb its own
        if np.hypot(*normal) > 1e-6 and abs(normal @ outward) > 0.5 * np.hypot(*normal):
            outward = normal if normal @ outward > 0 else -normal
        unit = outward / np.hypot(*outward)
        moved = shapely.transform(line, lambda xy: xy + unit * kerb["kerb_m"])
        found = [(content.shapes.add(line), "kerb"), (content.shapes.add(moved), "moved")]
    return [*found, (content.shapes.add(arrow(place.tolist(), outward.tolist())), "arrow")]


def arrow(start: Sequence[float], towards: Sequence[float], length_m: float = _ARROW_M) -> MultiLineString:
    """Return an arrow of a fixed length [m] from ``start`` towards a direction: a shaft and its head."""
    turn = math.atan2(towards[1], towards[0])
    tip = (start[0] + length_m * math.cos(turn), start[1] + length_m * math.sin(turn))
    back = [
        (tip[0] - 0.3 * length_m * math.cos(turn + a), tip[1] - 0.3 * length_m * math.sin(turn + a))
        for a in (0.5, -0.5)
    ]
    return MultiLineString([LineString([tuple(start), tip]), LineString([back[0], tip, back[1]])])
