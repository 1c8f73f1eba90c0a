"""What was measured, drawn: lanes coloured by clear width, pinches as the segments that they are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.ops import substring

from firelane.vocabulary import Level, Verdict, rounded_down
from firelane.webmap.content import Card, Content, records
from firelane.webmap.texts import metres, named, shown, yes_no
from firelane.webmap.widths import UNMEASURED, classify, line_look, millimetres, palette, runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

_SHORTEST_END_M = 1.0  # below it a stretch without stations is not told from the stations' own spacing
_STATION_COLUMNS = (
    ("chainage", "chainage_m"), ("clear_width", "clear_width_m"), ("section_width", "section_width_m"),
    ("clear_height", "clear_height_m"),
)  # fmt: skip


def add_lanes(content: Content) -> dict[str, NDArray[np.int32]]:
    """Draw every lane as its width profile and return the station columns, in whole millimetres.

    The page shows them as they are when a place on a lane is tapped; -1 means not measured.
    """
    profile = content.audit.profile.sort_values(["lane_id", "chainage_m"], kind="stable")
    xy = shapely.get_coordinates(profile.geometry.to_numpy())
    codes = classify(profile["clear_width_m"].to_numpy(float), content.classes)
    ids = profile["lane_id"].astype(str).to_numpy()
    for row in records(content.audit.lanes):
        lane_id = shown(row["lane_id"])
        card = content.card(("lanes", lane_id), _lane_card(content, row))
        # What stands on a lane that is no wider than its line is to be seen on it.
        layer = "line_lanes" if lane_id in content.line_lanes else "lanes"
        content.draw(layer, row["geometry"], _casing(content, narrow=layer == "line_lanes"), card)
        # `ids` is sorted: one lane's stations stand together
        first, last = (int(np.searchsorted(ids, lane_id, side=side)) for side in ("left", "right"))
        pieces = runs(xy[first:last], codes[first:last])
        if pieces:
            pieces += _beyond(row["geometry"], profile["chainage_m"].to_numpy(float)[first:last])
        else:
            pieces = [(UNMEASURED, row["geometry"])]
        for code, line in pieces:
            style = content.style("line_lane", line_look()) if layer == "line_lanes" else _class_style(content, code)
            shape = content.draw(layer, shapely.simplify(line, 0.02), style)
            level, _, style, _ = content.paths[-1]
            content.paths[-1] = (level, shape, style, card)
        if last > first:
            stations = content.shapes.add(shapely.multipoints(xy[first:last]))
            content.cards[card].stations = (stations, first, last - first)
    return {name: millimetres(profile[column].to_numpy(float)) for name, column in _STATION_COLUMNS}


def _beyond(lane: BaseGeometry, chainages_m: NDArray[np.float64]) -> list[tuple[int, BaseGeometry]]:
    """Return what of a lane lies before its first station and after its last: nothing was measured there.

    Towards the tip of a dead end no disc as wide as the road fits, and the profile stops.
    """
    ends = ((0.0, float(chainages_m[0])), (float(chainages_m[-1]), float(lane.length)))
    return [(UNMEASURED, substring(lane, a, b)) for a, b in ends if b - a > _SHORTEST_END_M]


def _lane_card(content: Content, row: dict[str, Any]) -> Card:
    words, lang = content.words, content.lang
    roads = [named("", content.road_name(shown(r)), r, lang) for r in row["road_ids"]]
    title = next((content.road_name(shown(r)) for r in row["road_ids"] if content.road_name(shown(r))), "")
    lane_id = shown(row["lane_id"])
    verdict = shown(row.get("verdict"))
    by_line = lane_id in content.line_lanes
    rows = [
        (words["id"], lane_id),
        (words["roads"], "\n".join(roads)),
        (words["length"], f"{row['length_m']:.1f} m"),
        (words["min_clear_width"], metres(row["min_clear_width_m"], lang)),
        (words["min_section_width"], metres(row["min_section_width_m"], lang)),
        (words["min_clear_height"], metres(row["min_clear_height_m"], lang)),
        (words["designated_lane"], yes_no(row.get("designated"), lang)),
        *_derived(content, row["road_ids"]),
    ]
    return Card(
        kind=words["kind_lane"], title=f"{title} {lane_id}".strip(), ident=lane_id, rows=rows,
        message=words["only_line"] if by_line else "",
        verdict=verdict, badge=Verdict(verdict).label(lang) if verdict in set(Verdict) else verdict,
    )  # fmt: skip


def _derived(content: Content, road_ids: Sequence[str]) -> list[tuple[str, str]]:
    """Tell what outlines were derived from, and how accurately they are known."""
    words, site = content.words, content.audit.site
    told = [shown(r) for r in road_ids if shown(r) in content.derived]
    if not told:
        return []
    accuracy = max(site.road_accuracy_m(r) for r in told)
    return [
        (words["derived"], "\n".join(dict.fromkeys(content.derived[r] for r in told))),
        (words["outline_accuracy"], f"± {accuracy:g} m"),
    ]


def _casing(content: Content, *, narrow: bool = False) -> int:
    casing = palette()["casing"]
    name = "casing_line" if narrow else "casing"
    width = casing["line_px" if narrow else "weight_px"]
    return content.style(name, {"color": casing["colour"], "weight": width, "opacity": 0.85})


def _class_style(content: Content, code: int) -> int:
    if code == UNMEASURED:
        look = palette()["width"]["unmeasured"]
        return content.style(
            "class:-1", {"color": look["colour"], "weight": look["weight_px"], "dashArray": look["dash"]}
        )
    entry = content.classes[code]
    return content.style(
        f"class:{code}", {"color": entry.colour, "weight": entry.weight_px, "lineCap": "butt"}
    )


def link_lanes(content: Content) -> None:
    """Add to each lane the pinch that decides its width, once pinches have their cards."""
    table = content.audit.lanes
    if "governing_pinch_id" not in table:
        return
    for lane_id, pinch_id in zip(table["lane_id"], table["governing_pinch_id"], strict=True):
        number = content.find("pinches", pinch_id) if shown(pinch_id) else -1
        if number >= 0:
            card = content.cards[content.find("lanes", lane_id)]
            card.rows.append((content.words["governed_by"], content.cards[number].title))
            card.see.append(number)


def add_pinches(content: Content) -> None:
    """Draw pinches from contact point to contact point, those that decide apart from the others."""
    words, lang, zoom = content.words, content.lang, palette()["zoom"]
    for row in sorted(records(content.audit.pinches), key=lambda r: (-r["width_m"], shown(r["pinch_id"]))):
        ident, bypassed, governing = shown(row["pinch_id"]), bool(row["bypassed"]), bool(row["governing"])
        role = "pinch_governing" if governing else "pinch_bypassed" if bypassed else "pinch_other"
        owners = [content.owner(label) for label in row["owners"]]
        rows = [
            (words["width"], metres(row["width_m"], lang)),
            (words["role"], words[role]),
            (words["level"], Level(row["level"]).label(lang)),
            (words["owners"], "\n".join(text for text, _ in owners)),
        ]
        lane = content.find("lanes", row.get("lane_id"))
        if lane >= 0:
            rows.append((words["lane"], content.cards[lane].title))
        rows.append((words["id"], ident))
        see = sorted({number for _, number in owners if number >= 0} | ({lane} if lane >= 0 else set()))
        title = f"{metres(row['width_m'], lang)}"
        card = content.card(
            ("pinches", ident), Card(kind=words["kind_pinch"], title=title, ident=ident, rows=rows, see=see)
        )
        short = content.limit_m is not None and row["width_m"] < content.limit_m - 1e-6
        judged = governing or (short and not bypassed)
        layer = "pinches" if judged else "other_pinches"
        shape = content.draw(layer, row["geometry"], content.style(role), card)
        content.label(
            layer, shape, f"{rounded_down(row['width_m'])} m",
            zoom=zoom["pinch_label_judged" if judged else "pinch_label"],
            priority=row["width_m"] + (0 if judged else 10) if math.isfinite(row["width_m"]) else 99,
            card=card, look="short" if short and not bypassed else "width",
        )  # fmt: skip
