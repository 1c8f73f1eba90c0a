"""The site's own things as paths and cards: pavement, buildings, obstructions, entrances, paint, signs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import shapely

from firelane.findings import to_look_at
from firelane.vocabulary import EntranceKind, MarkKind, ObstructionKind, PaintKind, ParkingStatus
from firelane.webmap.content import LAYERS, Card, Content, records
from firelane.webmap.remedies import bay_verdict
from firelane.webmap.texts import metres, shown, term, yes_no
from firelane.webmap.widths import palette

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shapely.geometry.base import BaseGeometry

    from firelane.markings.plan import MarkingPlan

_SMALL_M = 4.0  # perimeter below which a thing also gets a dot


def add_ground(content: Content) -> None:
    """Draw the pavement (judged and not) and the designated lane."""
    network = content.audit.network
    other = shapely.difference(network.pavement, network.judged)
    if not other.is_empty:
        content.draw("pavement", other, content.style("drivable"))
    if not network.judged.is_empty:
        content.draw("pavement", network.judged, content.style("pavement"))
    if network.by_line is not None and not network.by_line.others.is_empty:
        content.draw("pavement", network.by_line.others, content.style("road_line"))
    for row in _rows(content, "fire_lanes"):
        card = content.card(("fire_lanes", row["id"]), _card(content, "kind_designated", row))
        content.draw("designated", row["geometry"], content.style("designated"), card)


def add_parking(content: Content) -> None:
    """Draw parking bays, existing and planned; those that cannot stay are crossed out."""
    words = content.words
    for row in _rows(content, "parking"):
        planned = row.get("status") == ParkingStatus.PLANNED
        more = [(words["status"], term(ParkingStatus, row.get("status"), content.lang))]
        told, style = bay_verdict(content, row["id"]) if planned else ("", "parking_existing")
        if told:
            more.append((words["bay"], words[told]))
        card = content.card(("parking", row["id"]), _card(content, "kind_parking", row, more))
        content.draw("parking", row["geometry"], content.style(style), card)
        if style == "parking_given_up":
            cross = _cross(row["geometry"])
            content.paths.append((LAYERS.index("parking"), content.shapes.add(cross), content.style("bay_cross"), card))


def _cross(bay: BaseGeometry) -> BaseGeometry:
    """Return the diagonals of a bay."""
    a, b, c, d = shapely.get_coordinates(shapely.minimum_rotated_rectangle(bay))[:4]
    return shapely.multilinestrings([shapely.linestrings([a, c]), shapely.linestrings([b, d])])


def add_obstructions(content: Content) -> None:
    """Draw obstructions with their true outlines: posts as discs, lines as wide as they are."""
    words, lang = content.words, content.lang
    styles = palette()["obstruction_style"]
    for row in _rows(content, "obstructions"):
        kind = shown(row.get("kind")) or ObstructionKind.OTHER.value
        more: list[tuple[str, str]] = []
        for key, column in (("underside", "clear_height_m"), ("top", "top_m"), ("radius", "radius_m"),
                            ("width", "width_m")):  # fmt: skip
            if _number(row.get(column)):
                more.append((words[key], metres(row[column], lang)))
        if kind in {member.value for member in ObstructionKind if member.overhead} and not more:
            more.append((words["underside"], words["unknown"]))
        more += [(words[key], yes_no(row[key], lang)) for key in ("removable", "openable")
                 if row.get(key) is not None and shown(row.get(key))]  # fmt: skip
        card = _card(content, "", row, more)
        card.kind = term(ObstructionKind, kind, lang)
        number = content.card(("obstructions", row["id"]), card)
        outline, style = _outline(row), content.style(styles.get(kind, "obstruction"))
        content.draw("obstructions", outline, style, number)
        if shapely.get_dimensions(outline) == 2 and outline.length < _SMALL_M:
            # a post is less than a pixel from afar: a dot of constant size keeps it in sight
            dot = content.style(f"dot:{style}", {**content.styles[style], "radius": 3})
            content.draw("obstructions", outline.centroid, dot, number)
        content.used.add(f"kind:{kind}")


def _outline(row: dict[str, Any]) -> BaseGeometry:
    """Return what the obstruction covers on the ground."""
    geometry: BaseGeometry = row["geometry"]
    radius, width = _number(row.get("radius_m")), _number(row.get("width_m"))
    dimension = int(shapely.get_dimensions(geometry))
    if dimension == 0 and radius:
        return geometry.buffer(radius, quad_segs=6)
    if dimension == 1 and width:
        return geometry.buffer(width / 2, cap_style="flat", join_style="mitre")
    return geometry


def add_entrances(content: Content) -> None:
    """Draw entrances: the line across the mouth as it was used, else as it was drawn."""
    words, lang = content.words, content.lang
    mouths = {shown(row["entrance_id"]): row for row in records(content.audit.network.mouths)}
    by_line = content.audit.network.by_line
    rows = {row["id"]: row for row in _rows(content, "entrances")}
    for ident in [*rows, *(key for key in mouths if key not in rows)]:
        row = {**mouths.get(ident, {}), **rows.get(ident, {}), "id": ident}
        more = [(words["kind"], term(EntranceKind, row["kind"], lang))] if shown(row.get("kind")) else []
        if ident in mouths:
            row["geometry"] = mouths[ident]["geometry"]
            more.append((words["width"], metres(mouths[ident]["width_m"], lang)))
        elif by_line is not None and ident in by_line.entrances:
            more.append((words["width"], words["not_measured_value"]))
        if shown(row.get("gate")):
            more.append((words["gate"], yes_no(row["gate"], lang)))
            if bool(row["gate"]):
                more.append((words["openable"], yes_no(row.get("openable"), lang)))
        if _number(row.get("clear_height_m")):
            more.append((words["clear_height"], metres(row["clear_height_m"], lang)))
        card = content.card(("entrances", ident), _card(content, "kind_entrance", row, more))
        content.draw("entrances", row["geometry"], content.style("entrance"), card)


def add_buildings(content: Content) -> None:
    """Draw buildings and tell the widest vehicle that arrives."""
    words = content.words
    sizes = {row["id"]: row for row in _rows(content, "buildings")}
    with_id = _labelled_by_id(content)
    for row in records(content.audit.buildings):
        ident = shown(row["building_id"])
        size = sizes.get(ident, {})
        more = [(words["widest_vehicle"], _reach(content, row["widest_vehicle_m"]))]
        more += [(words[key], f"{shown(size[column])}{unit}")
                 for key, column, unit in (("height", "height_m", " m"), ("floors", "floors", ""))
                 if _number(size.get(column))]  # fmt: skip
        card = _card(content, "kind_building", {**row, "id": ident}, more)
        number = content.card(("buildings", ident), card)
        widest = row["widest_vehicle_m"]
        short = content.limit_m is not None and widest is not None and widest < content.limit_m - 1e-6
        style = content.style("building_short" if short else "building")
        content.draw("buildings", row["geometry"], style, number)
        name = shown(row.get("name")) or (ident if with_id is None or ident in with_id else "")
        zoom = palette()["zoom"]["building_label"]
        place = content.shapes.add(row["geometry"].representative_point())
        content.label("buildings", place, name, zoom=zoom, priority=50 - math.log1p(row["geometry"].area),
                      card=number, look="name")  # fmt: skip


def _labelled_by_id(content: Content) -> frozenset[str] | None:
    """Return the buildings whose id stands for a name they do not have; None where all are so few that each may."""
    if len(content.audit.buildings) <= palette()["crowd"]["buildings_with_id"]:
        return None
    return frozenset(shown(f.building_id) for f in content.audit.findings if f.building_id is not None and to_look_at(f))


def link_buildings(content: Content) -> None:
    """Add to each building the entrance and the pinch that decide, once those have their cards."""
    for row in records(content.audit.buildings):
        card = content.cards[content.find("buildings", row["building_id"])]
        for layer, key, column in (("entrances", "via_entrance", "entrance_id"),
                                   ("pinches", "governed_by", "governing_pinch_id")):  # fmt: skip
            if not shown(row.get(column)):
                continue
            number = content.find(layer, row[column])
            title = content.cards[number].title if number >= 0 else shown(row[column])
            card.rows.append((content.words[key], title))
            card.see += [number] if number >= 0 else []


def _reach(content: Content, widest_m: Any) -> str:
    if widest_m is None or not math.isfinite(widest_m):
        return content.words["reach_unknown"]
    if widest_m <= 0:
        return content.words["no_way"]
    text = metres(widest_m, content.lang)
    # no pinch is looked for at or above this: the contract's list ends at 8 m
    return content.words["at_least"].format(value=text) if widest_m >= reach_cap_m() - 1e-6 else text


def reach_cap_m() -> float:
    """Return the width [m] from which on the measurement only says "this or more"."""
    from firelane.lanes.reach import CAP_M  # noqa: PLC0415  (keeps scipy out of a page without buildings)

    return float(CAP_M)


def add_existing_paint(content: Content) -> None:
    """Draw the markings and signs that stand there today."""
    words, lang = content.words, content.lang
    for row in _rows(content, "markings"):
        more = [(words["kind"], term(PaintKind, row.get("kind"), lang))]
        more += [(words[key], shown(row[key])) for key in ("colour", "condition") if shown(row.get(key))]
        if _number(row.get("width_m")):
            more.append((words["width"], metres(row["width_m"], lang)))
        number = content.card(("markings", row["id"]), _card(content, "kind_paint_existing", row, more))
        content.draw("paint_existing", _outline(row), content.style("paint_existing"), number)
    for row in _rows(content, "signs"):
        more = [(words[key], shown(row[key])) for key in ("kind", "text", "condition") if shown(row.get(key))]
        number = content.card(("signs", row["id"]), _card(content, "kind_sign", row, more))
        content.draw("signs", row["geometry"], content.style("sign"), number)


def add_planned_paint(content: Content, plan: MarkingPlan) -> None:
    """Draw the marking plan's paint."""
    words, lang = content.words, content.lang
    for row in records(plan.paint):
        if row["geometry"] is None or row["geometry"].is_empty:
            continue  # the kerb's face: it has no outline in plan
        more = [(words["kind"], term(MarkKind, row["kind"], lang))]
        if shown(row.get("lane_id")):
            more.append((words["lane"], shown(row["lane_id"])))
        if _number(row.get("length_m")):
            more.append((words["length"], f"{row['length_m']:.2f} m"))
        if _number(row.get("area_m2")):
            more.append((words["area"], f"{row['area_m2']:.2f} m²"))
        fields = {"id": shown(row["mark_id"]), "name": None, "geometry": row["geometry"]}
        card = _card(content, "kind_paint_planned", fields, more)
        card.title = f"{term(MarkKind, row['kind'], lang)} {fields['id']}"
        number = content.card(("paint", fields["id"]), card)
        outline = shapely.simplify(row["geometry"], 0.005)  # below what a screen can show
        content.draw("paint_planned", outline, content.style("paint_planned"), number)


def _card(
    content: Content, kind: str, row: dict[str, Any], more: list[tuple[str, str]] | None = None
) -> Card:
    """Make a card with name, id, what else there is, and where it is."""
    words = content.words
    name, ident = shown(row.get("name")), shown(row["id"])
    rows = [(words["name"], name)] if name else []
    rows += [(words["id"], ident), *(more or [])]
    return Card(kind=words.get(kind, kind), title=name or ident, ident=ident, rows=rows)


def _rows(content: Content, layer: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of an input layer, if it was surveyed, ids as text."""
    table = content.audit.site.layers.get(layer)
    if table is None:
        return
    for row in records(table):
        if row["geometry"] is not None and not row["geometry"].is_empty:
            yield {**row, "id": shown(row["id"])}


def _number(value: Any) -> float:
    """Return a number, 0.0 for None, NaN and what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return 0.0
    return float(value)
