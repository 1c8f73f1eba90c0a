"""What the further rule packs had measured, drawn: bends, dead ends, turning areas, cut places, operating ground."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely

from firelane.findings.desk import PASS_SLACK_M
from firelane.vocabulary import Quantity, Verdict, rounded_down
from firelane.webmap.content import Card, Content, records
from firelane.webmap.texts import metres, missing, named, shown, yes_no
from firelane.webmap.widths import palette

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firelane.findings import Finding

SUBJECTS = {
    Quantity.TURNING_RADIUS: ("bends",), Quantity.TURNING_AREA: ("turning_areas", "dead_ends"),
    Quantity.CONNECTIVITY: ("cut_places",), Quantity.OPERATING_GROUND: ("operating_ground",),
}  # fmt: skip
"""Layers of the cards that findings of a quantity are about."""
_OPEN = (Verdict.FAIL, Verdict.INDETERMINATE)


def add_tables(content: Content) -> None:
    """Draw what is there; a table that the rules in force do not ask for adds nothing."""
    _dead_ends(content)
    _operating_ground(content)
    _turning_areas(content)
    _bends(content)
    _cut_places(content)


def subject_of(finding: Finding) -> str:
    """Return what a finding is about: its id without that of its rule."""
    return finding.finding_id.removeprefix(f"{finding.rule_id}:")


def cards_of(content: Content, finding: Finding) -> list[int]:
    """Return the cards of bend, dead end, turning area, cut place or operating ground that a finding is about."""
    found = (content.find(layer, subject_of(finding)) for layer in SUBJECTS.get(finding.quantity, ()))
    return [number for number in found if number >= 0]


def _rows(content: Content, name: str) -> Iterator[dict[str, Any]]:
    table = content.audit.tables.get(name)
    if table is None:
        return
    for row in records(table):
        if row["geometry"] is not None and not row["geometry"].is_empty:
            yield row


def _judged(content: Content, quantity: Quantity) -> dict[str, list[Finding]]:
    """Return the findings of a quantity by their subject."""
    found: dict[str, list[Finding]] = {}
    for finding in content.audit.findings:
        if finding.quantity is quantity:
            found.setdefault(subject_of(finding), []).append(finding)
    return found


def _verdicts(content: Content, findings: list[Finding]) -> list[tuple[str, str]]:
    """Return a row for each rule that judged a thing."""
    titles = {rule.rule_id: rule.title(content.lang) for rule in content.audit.rules}
    return [(content.words["verdict"], f"{f.verdict.label(content.lang)}{content.words['colon']}{titles.get(f.rule_id, f.article)}")
            for f in findings]  # fmt: skip


def _lane(content: Content, row: dict[str, Any]) -> tuple[list[tuple[str, str]], list[int]]:
    """Return row and card of the lane a thing belongs to."""
    if missing(row.get("lane_id")):
        return [], []
    number = content.find("lanes", row["lane_id"])
    title = content.cards[number].title if number >= 0 else shown(row["lane_id"])
    return [(content.words["lane"], title)], [number] if number >= 0 else []


# --------------------------------------------------------------------------- dead ends, turning areas


def _dead_ends(content: Content) -> None:
    """Draw those over the limit beneath the lanes; shorter ones ask for nothing."""
    words = content.words
    limits = [
        rule.params["dead_end_m"] for rule in content.audit.rules
        if rule.quantity is Quantity.TURNING_AREA and "dead_end_m" in rule.params
    ]  # fmt: skip
    judged = _judged(content, Quantity.TURNING_AREA)
    for row in _rows(content, "dead_ends"):
        if not limits or row["length_m"] <= min(limits) + PASS_SLACK_M:
            continue
        ident = shown(row["dead_end_id"])
        lane, see = _lane(content, row)
        rows = [
            (words["length"], metres(row["length_m"], content.lang)),
            (words["dead_end_limit"], f"{min(limits):g} m"),
            *lane, *_verdicts(content, judged.get(ident, [])), (words["id"], ident),
        ]  # fmt: skip
        card = content.card(
            ("dead_ends", ident), Card(kind=words["kind_dead_end"], title=ident,
                                       ident=ident, rows=rows, see=see))  # fmt: skip
        content.draw("dead_ends", row["geometry"], content.style("dead_end"), card)


def _turning_areas(content: Content) -> None:
    words, lang, zoom = content.words, content.lang, palette()["zoom"]
    judged = _judged(content, Quantity.TURNING_AREA)
    for row in _rows(content, "turning_areas"):
        ident = shown(row["dead_end_id"])
        findings = judged.get(ident, [])
        short = any(f.verdict is Verdict.FAIL for f in findings)
        owners = [content.owner(label) for label in shown(row["owners"]).split(",") if label]
        lane, see = _lane(content, row)
        side = f"{rounded_down(row['side_m'])} × {metres(row['side_m'], lang)}"
        rows = [
            (words["side"], side),
            (words["rotation"], f"{row['rotation_deg']:.1f}°"),
            (words["from_tip"], metres(row["from_tip_m"], lang)),
        ]
        if owners:
            rows.append((words["bare_side"], metres(row["bare_side_m"], lang)))
            rows.append((words["stands_in_it"], "\n".join(text for text, _ in owners)))
        rows += [*lane, (words["kind_dead_end"], ident), *_verdicts(content, findings)]
        ends = content.find("dead_ends", ident)
        see = list(dict.fromkeys([*see, *([ends] if ends >= 0 else []), *(n for _, n in owners if n >= 0)]))
        card = content.card(
            ("turning_areas", ident),
            Card(kind=words["kind_turning_area"], title=side, ident=ident, rows=rows, see=see),
        )
        style = content.style("turning_area_short" if short else "turning_area")
        shape = content.draw("turning_areas", row["geometry"], style, card)
        content.label("turning_areas", shape, f"{words['turning_label']} {rounded_down(row['side_m'])} m",
                      zoom=zoom["turning_label"], priority=20, card=card, look="short" if short else "width")  # fmt: skip


# ------------------------------------------------------------------------------------------- bends


def _bends(content: Content) -> None:
    """Draw the kerbs of bends: those that fail or are in doubt, and the others once the map is zoomed in."""
    words = content.words
    judged = _judged(content, Quantity.TURNING_RADIUS)
    bends: dict[str, list[dict[str, Any]]] = {}
    for row in _rows(content, "bends"):
        bends.setdefault(shown(row["bend_id"]), []).append(row)
    for ident, kerbs in bends.items():
        findings = judged.get(ident, [])
        lane, see = _lane(content, kerbs[0])
        rows = [(words["turn"], f"{kerbs[0]['turn_deg']:.0f}°")]
        rows += [(words[f"radius_{row['side']}"], _radius(content, row)) for row in kerbs]
        rows += [*lane, *_verdicts(content, findings), (words["id"], ident)]
        kind = words["kind_bend" if kerbs[0]["kind"] == "bend" else "kind_corner"]
        message = "\n".join(
            dict.fromkeys(f.message(content.lang) for f in findings if f.verdict is Verdict.NOT_MEASURED)
        )
        card = content.card(
            ("bends", ident), Card(kind=kind, title=ident, ident=ident, message=message, rows=rows, see=see)
        )
        shown_at_once = any(f.verdict in _OPEN for f in findings)
        style = content.style("bend_open" if shown_at_once else "bend")
        for row in kerbs:
            content.draw("bends" if shown_at_once else "other_bends", row["geometry"], style, card)


def _radius(content: Content, row: dict[str, Any]) -> str:
    """Return a kerb's radius with its band; without one where the kerb is no arc."""
    if row["shape"] == "square_corner":
        return content.words["square_corner"]
    if row["shape"] != "arc":
        return content.words["no_arc"]
    text = metres(row["radius_m"], content.lang)
    if missing(row["uncertainty_m"]):
        return text
    return f"{text.removesuffix(' m')} ± {2 * row['uncertainty_m']:.3f} m"


# -------------------------------------------------------------------------------------- cut places


def _cut_places(content: Content) -> None:
    words, lang = content.words, content.lang
    judged = _judged(content, Quantity.CONNECTIVITY)
    for row in _rows(content, "cut_places"):
        ident, lost = shown(row["cut_id"]), [shown(b) for b in row["building_ids"]]
        buildings = [content.find("buildings", b) for b in lost]
        names = [
            named("", content.cards[n].title, b, lang) if n >= 0 else b
            for b, n in zip(lost, buildings, strict=True)
        ]
        lane, see = _lane(content, row)
        if not missing(row.get("entrance_id")):
            number = content.find("entrances", row["entrance_id"])
            title = content.cards[number].title if number >= 0 else shown(row["entrance_id"])
            lane.insert(0, (words["kind_entrance"], title))
            see += [number] if number >= 0 else []
        rows = [
            (words["kind"], words[f"cut_{row['kind']}"]),
            (words["lost"], "\n".join(names)),
            (words["cut_length"], f"{row['length_m']:.1f} m"),
            *lane, *_verdicts(content, judged.get(ident, [])), (words["id"], ident),
        ]  # fmt: skip
        see = list(dict.fromkeys([*see, *(n for n in buildings if n >= 0)]))
        card = content.card(
            ("cut_places", ident),
            Card(kind=words["kind_cut_place"], title=words["cut_title"].format(n=len(lost)), ident=ident, rows=rows, see=see),
        )  # fmt: skip
        shape = content.draw("cut_places", row["geometry"], content.style("cut_place"), card)
        content.cards[card].shapes += [s for n in buildings if n >= 0 for s in content.cards[n].shapes]
        content.label("cut_places", shape, words["cut_label"].format(n=len(lost)), zoom=palette()["zoom"]["cut_label"],
                      priority=-len(lost), card=card, look="short")  # fmt: skip


# -------------------------------------------------------------------------------- operating ground


def _operating_ground(content: Content) -> None:
    """Draw the ground on which the rectangle fits: one card a building, paved and other ground told apart."""
    words, lang = content.words, content.lang
    judged = _judged(content, Quantity.OPERATING_GROUND)
    grounds: dict[str, list[dict[str, Any]]] = {}
    for row in _rows(content, "operating_ground"):
        grounds.setdefault(shown(row["building_id"]), []).append(row)
    for ident, runs in grounds.items():
        building = content.find("buildings", ident)
        name = content.cards[building].title if building >= 0 else ident
        rows = [(words["for_building"], name)]
        alike = len({bool(row["on_pavement"]) for row in runs}) == 1
        if alike:
            rows.append((words["on_pavement"], yes_no(runs[0]["on_pavement"], lang)))
        for row in runs:
            where = f"{row['from_m']:.1f}{words['range']}{row['to_m']:.1f} m"
            told = words["ground_run"].format(
                length=metres(row["length_m"], lang), where=where, away=metres(row["distance_m"], lang)
            )
            if not alike:
                told += f"\n{words['on_pavement']}{words['colon']}{yes_no(row['on_pavement'], lang)}"
            rows.append((words["facade"].format(n=int(row["side"]) + 1), told))
        findings = judged.get(ident, [])
        rows += _verdicts(content, findings)
        message = "\n".join(dict.fromkeys(f.message(lang) for f in findings))
        card = content.card(
            ("operating_ground", ident),
            Card(kind=words["kind_operating"], title=named("", name, ident, lang), ident=ident, message=message, rows=rows,
                 see=[building] if building >= 0 else []),
        )  # fmt: skip
        for is_paved, style in ((False, "operating_possible"), (True, "operating")):
            # where runs of neighbouring sides overlap, one area reads better than several outlines
            areas = [row["geometry"] for row in runs if bool(row["on_pavement"]) == is_paved]
            if areas:
                content.draw("operating_ground", shapely.union_all(areas), content.style(style), card)
