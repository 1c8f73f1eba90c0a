"""The legend: what each colour and line on the map or the picture means, as far as it occurs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from firelane.rules.listing import requirement
from firelane.vocabulary import ObstructionKind, Quantity
from firelane.webmap.widths import layer_zoom, line_look, palette

if TYPE_CHECKING:
    from firelane.webmap.content import Content

_LINES = (
    "road_line", "entrance", "pinch_governing", "pinch_other", "pinch_bypassed", "bend_open", "bend", "dead_end",
)  # fmt: skip
_DOTS = ("cut_place",)
_AREAS = (
    ("pavement", "pavement"), ("drivable", "drivable"), ("designated", "designated"),
    ("building", "building_reached"), ("building_short", "building_short"),
    ("parking_existing", "parking_existing"), ("parking_planned", "parking_planned"),
    ("parking_given_up", "parking_given_up"), ("turning_area", "turning_area"), ("turning_area_short", "turning_area_short"),
    ("operating", "operating"), ("operating_possible", "operating_possible"),
    ("paint_planned", "paint_planned"), ("paint_existing", "paint_existing"), ("sign", "sign"),
)  # fmt: skip


def limit_line(content: Content) -> str:
    """Return the sentence that tells what limit divides the ramp."""
    for quantity in (Quantity.CLEAR_WIDTH, Quantity.REACH):
        for rule in content.audit.rules:
            if rule.quantity is quantity and rule.threshold == content.limit_m:
                return content.words["legend_limit"].format(limit=requirement(rule, content.lang))
    return content.words["legend_no_limit"]


def width_rows(content: Content) -> list[dict[str, Any]]:
    """Return the ramp's rows, the narrowest first, then *not measured*, and *centreline alone* where there is such a lane."""
    rows = [
        {"shape": "line", "look": {"color": c.colour, "weight": c.weight_px}, "label": c.label(content.lang)}
        for c in content.classes
    ]
    look = palette()["width"]["unmeasured"]
    rows.append({
        "shape": "line",
        "look": {"color": look["colour"], "weight": look["weight_px"], "dashArray": look["dash"]},
        "label": content.words["unmeasured_width"],
    })  # fmt: skip
    if content.line_lanes:
        rows.append({"shape": "line", "look": line_look(), "label": content.words["line_lane"]})
    return rows


def marker_rows(content: Content) -> list[dict[str, Any]]:
    """Return the kinds of markers."""
    keys = ("fail", "advisory", "info", "indeterminate", "not_measured")
    return [
        {"shape": "marker", "look": {"key": key, "color": palette()["verdict"][key]}, "label": content.words[f"marker_{key}"]}
        for key in keys
        if key in {card.verdict for card in content.cards if card.number}
    ]  # fmt: skip


_OF_LAYER = {
    "bend": "other_bends", "operating": "operating_ground", "operating_possible": "operating_ground", "sign": "signs",
}  # fmt: skip
"""Styles of layers that appear only when zoomed in."""


def object_rows(content: Content, zoom: float = math.inf) -> list[dict[str, Any]]:
    """Return a row for each style and each kind of obstruction that occurs and is drawn at ``zoom``."""
    styles, words = palette()["style"], content.words
    late = {style for style, layer in _OF_LAYER.items() if zoom < layer_zoom(layer)}
    rows = [
        {"shape": "line", "look": styles[key], "label": words[key]} for key in _LINES if key in content.used - late
    ]
    rows += [{"shape": "dot", "look": styles[key], "label": words[key]} for key in _DOTS if key in content.used]
    rows += [
        {"shape": "area", "look": styles[key], "label": words[label]}
        for key, label in _AREAS
        if key in content.used - late
    ]
    by_kind = palette()["obstruction_style"]
    rows += [
        {
            "shape": "area",
            "look": styles[by_kind.get(kind.value, "obstruction")],
            "label": kind.label(content.lang),
        }
        for kind in ObstructionKind
        if f"kind:{kind.value}" in content.used
    ]
    return rows


def legend(content: Content) -> dict[str, Any]:
    """Return the page's legend."""
    return {
        "limit": limit_line(content),
        "widths": width_rows(content),
        "markers": marker_rows(content),
        "objects": object_rows(content),
    }
