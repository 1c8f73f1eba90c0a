"""Findings as cards, markers and list; what was not measured; what the page says about itself."""

from __future__ import annotations

import math
import re
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from shapely.geometry import Point
from shapely.ops import substring

from firelane import crs as crs_tools
from firelane.findings import gravest_first, to_look_at
from firelane.rules.listing import requirement
from firelane.site.credit import credit
from firelane.vocabulary import ObstructionKind, Quantity, Severity, SiteVerdict, Verdict
from firelane.webmap import remedies, tables
from firelane.webmap.content import Card, Content
from firelane.webmap.texts import coordinates, lonlat, measured, metres, shown, term

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from firelane.findings import Finding
    from firelane.rules.model import Rule

GRAVEST_FIRST = (
    Verdict.FAIL,
    Verdict.INDETERMINATE,
    Verdict.NOT_MEASURED,
    Verdict.PASS,
    Verdict.NOT_APPLICABLE,
)
LOOK = "look"
"""Filter of findings that nobody measured and that stand at one place: somebody has to look there."""
MOST_REASONS = 4
"""So many reasons why a rule was not measured are told one by one."""
_INSTRUMENT = re.compile(r"《[^》]*》（[^）]*）")

def colour_key(finding: Finding) -> str:
    """Return the key of the palette's ``verdict`` table for a finding."""
    if finding.verdict is Verdict.FAIL and finding.severity is not Severity.MANDATORY:
        return finding.severity.value
    return finding.verdict.value


def add_findings(content: Content) -> list[dict[str, Any]]:
    """Add a card for every finding; return the rows of the list, in its order.

    A row holds the card's number, rule, verdict, subtitle and the shape of its marker (-1: none), and its filter where that
    is not the verdict. ``q``, ``ob`` and ``sev`` are quantity, kinds of what is named as owner, and severity; ``o`` and
    ``ll`` (owners as the audit names them; longitude and latitude) go into an answer that is exported.
    """
    rules = {rule.rule_id: rule for rule in content.audit.rules}
    rows: list[dict[str, Any]] = []
    count = 0
    for finding in gravest_first(content.audit.findings):
        rule = rules.get(finding.rule_id)
        card = _card(content, finding, rule)
        if to_look_at(finding):
            count += 1
            card.number = count
        number = content.card(("findings", finding.finding_id), card)
        place = -1
        if finding.location is not None:
            place = content.shapes.add(Point(finding.location))
            card.shapes.append(place)
            card.focus.append(place)
        _light_up(content, finding, card)
        row: dict[str, Any] = {
            "c": number, "rule": finding.rule_id, "v": finding.verdict.value,
            "s": _subtitle(content, finding, rule), "p": place if card.number else -1,
            "q": finding.quantity.value, "sev": finding.severity.value,
        }  # fmt: skip
        if kinds := content.obstruction_kinds(finding.owners):
            row["ob"] = kinds
        if finding.owners:
            row["o"] = [shown(owner) for owner in finding.owners]
        if (degrees := _degrees(content, finding)) is not None:
            row["ll"] = [round(float(v), 7) for v in degrees]
        if card.number and finding.verdict is Verdict.NOT_MEASURED:
            row["f"] = LOOK
        rows.append(row)
    return rows


def chips(content: Content, rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """Return the filters of the list: key, label and number of findings, the gravest first."""
    found = Counter(str(row.get("f", row["v"])) for row in rows)
    keys = [(v.value, v.label(content.lang)) for v in GRAVEST_FIRST]
    keys.insert(2, (LOOK, content.words["chip_look"]))
    return [[key, label, found[key]] for key, label in keys]


def _card(content: Content, finding: Finding, rule: Rule | None) -> Card:
    words, lang = content.words, content.lang
    rows: list[tuple[str, str]] = [(words["article"], finding.article)]
    # a figure without a unit means nothing beside the message, which says what it is
    if finding.verdict is Verdict.NOT_MEASURED or (finding.value is not None and finding.unit):
        rows.append((words["measured"], measured(finding.value, finding.unit, rule, lang)))
    if rule is not None and rule.comparator != "none":
        rows.append((words["required"], requirement(rule, lang)))
    # paint in the wrong place is as long as it should be: a margin beside that failure would say that it passes
    if finding.margin is not None and finding.unit and (finding.margin < 0 or finding.verdict is not Verdict.FAIL):
        key = "shortfall" if finding.margin < 0 else "margin"
        rows.append((words[key], measured(finding.margin, finding.unit, None, lang).removeprefix("-")))
    rows.append((words["verdict"], finding.verdict.label(lang)))
    rows.append((words["severity"], finding.severity.label(lang)))
    see: list[int] = []
    lane = content.find("lanes", finding.lane_id)
    if finding.lane_id is not None:
        rows.append((words["lane"], content.cards[lane].title if lane >= 0 else finding.lane_id))
        see += [lane] if lane >= 0 else []
    if finding.chainage_m is not None:
        start, end = finding.chainage_m
        same = abs(end - start) < 0.05
        rows.append(
            (words["chainage"], f"{start:.1f} m" if same else f"{start:.1f}{words['range']}{end:.1f} m")
        )
    if finding.owners:
        owners = [content.owner(label) for label in finding.owners]
        rows.append((words["owners"], "\n".join(text for text, _ in owners)))
        see += [number for _, number in owners if number >= 0]
    for layer, key, ident in (("buildings", "for_building", finding.building_id),
                              ("entrances", "kind_entrance", finding.entrance_id),
                              ("pinches", "kind_pinch", finding.pinch_id)):  # fmt: skip
        if ident is None:
            continue
        number = content.find(layer, ident)
        rows.append((words[key], content.cards[number].title if number >= 0 else ident))
        see += [number] if number >= 0 else []
    answers = remedies.of_finding(content, finding)
    see += tables.cards_of(content, finding) + remedies.owners_of(content, answers)
    if finding.location is not None:
        placed = content.audit.site.placed
        rows.append((words["coordinates" if placed else "local_metres"], coordinates(finding.location, lang)))
        degrees = _degrees(content, finding)
        if degrees is not None:
            rows.append((words["lonlat"], lonlat(degrees, lang)))
    rows.append((words["id"], finding.finding_id))
    message = finding.message(lang)
    if finding.location is None:
        message = f"{message}\n{words['no_place']}".strip()
    return Card(
        kind=words["kind_finding"], title=rule.title(lang) if rule else finding.quantity.label(lang),
        ident=finding.finding_id, message=message, verdict=colour_key(finding),
        badge=finding.verdict.label(lang), rows=rows, quote=_quote(content, rule),
        see=list(dict.fromkeys(see)), remedies=answers,
    )  # fmt: skip


def _degrees(content: Content, finding: Finding) -> tuple[float, float] | None:
    """Return longitude and latitude of a finding, None where there is no place or nobody knows where the site lies."""
    if finding.lonlat is not None:
        return finding.lonlat
    if finding.location is None or not content.audit.site.placed:
        return None
    lon, lat = (float(v) for v in crs_tools.to_lonlat(finding.location, content.audit.site.crs))
    return (lon, lat) if math.isfinite(lon) and math.isfinite(lat) else None


def filters(content: Content, rows: Sequence[Mapping[str, Any]]) -> dict[str, list[list[str]]]:
    """Return what else the list can be filtered by: keys and labels of quantities, kinds of obstruction, severities."""
    lang = content.lang
    quantities = {row["q"] for row in rows}
    kinds = list(dict.fromkeys(kind for row in rows for kind in row.get("ob", ())))
    known = [kind.value for kind in ObstructionKind]
    kinds.sort(key=lambda kind: known.index(kind) if kind in known else len(known))
    severities = {row["sev"] for row in rows}
    return {
        "quantities": [[q.value, q.label(lang)] for q in Quantity if q.value in quantities],
        "kinds": [[kind, term(ObstructionKind, kind, lang)] for kind in kinds],
        "severities": [[s.value, s.label(lang)] for s in Severity if s.value in severities],
    }


def _quote(content: Content, rule: Rule | None) -> list[tuple[str, str]]:
    if rule is None:
        return []
    words = content.words
    heading = words["article_text"] if rule.verbatim else words["not_verbatim"]
    source = f"{rule.article} · {heading}"
    quotes = [(source, f"{rule.text_zh}\n— {rule.source}" if rule.source else rule.text_zh)]
    if content.lang == "en" and rule.text_en:
        quotes.append((words["translation"], rule.text_en))
    return quotes


def _light_up(content: Content, finding: Finding, card: Card) -> None:
    """Give the card what it is about: the stretch of the lane, the pinch, the things concerned."""
    lane_rows = content.audit.lanes
    if finding.chainage_m is not None and finding.lane_id is not None:
        lines = lane_rows.geometry[lane_rows["lane_id"] == finding.lane_id]
        start, end = finding.chainage_m
        if len(lines) and end - start >= 0.05:
            card.shapes.append(content.shapes.add(substring(lines.iloc[0], start, end)))
            card.focus.append(card.shapes[-1])
    # what has to go lights up by itself, in its own colour
    own = {shape for number in card.remedies for shape, _ in content.remedies[number]["g"]}
    concerned = [content.owner(label)[1] for label in finding.owners]
    gone = set(remedies.owners_of(content, card.remedies)) - set(concerned)
    for number in card.see:
        if number != content.find("lanes", finding.lane_id) and number not in gone:
            card.shapes += [shape for shape in content.cards[number].shapes if shape not in own]
    card.shapes = list(dict.fromkeys(card.shapes))
    for number in tables.cards_of(content, finding):
        # what is lost beside a cut place, or an area beside a dead end, is to be in sight
        card.focus += content.cards[number].shapes


def _subtitle(content: Content, finding: Finding, rule: Rule | None) -> str:
    parts = []
    if finding.value is not None and finding.unit:
        parts.append(measured(finding.value, finding.unit, rule, content.lang))
        if rule is not None and rule.threshold is not None:
            limit = requirement(rule, content.lang)
            parts[-1] = content.words["value_required"].format(value=parts[-1], limit=limit)
    lane = content.find("lanes", finding.lane_id)
    if lane >= 0:
        parts.append(content.cards[lane].title)
    for layer, ident in (("buildings", finding.building_id), ("entrances", finding.entrance_id)):
        number = content.find(layer, ident)
        if ident is not None and number >= 0:
            parts.append(content.cards[number].title)
    return " · ".join(parts)


def unmeasured(content: Content, more: str = "") -> list[dict[str, str]]:
    """Return every rule with something that was not measured: title, article and why.

    ``more`` is the sentence for reasons left out (``{n}``); without, that of the map.
    """
    by_rule: dict[str, dict[str, int]] = {}
    times = "（×{n}）" if content.lang == "zh" else " (×{n})"
    for finding in content.audit.findings:
        if finding.verdict is Verdict.NOT_MEASURED:
            reasons = by_rule.setdefault(finding.rule_id, {})
            reasons[finding.message(content.lang)] = reasons.get(finding.message(content.lang), 0) + 1
    verdicts = content.audit.summary.get("by_rule", {})
    rows = []
    for rule in content.audit.rules:
        if rule.rule_id not in by_rule and verdicts.get(rule.rule_id) != Verdict.NOT_MEASURED:
            continue
        reasons = by_rule.get(rule.rule_id, {})
        texts = [text if n == 1 else f"{text}{times.format(n=n)}" for text, n in reasons.items() if text]
        if len(texts) > MOST_REASONS:  # the same of every thing by its name: one is told, the list has them all
            rest = sum(n for text, n in list(reasons.items())[MOST_REASONS - 1 :] if text)
            texts = [*texts[: MOST_REASONS - 1], (more or content.words["more_alike"]).format(n=rest)]
        why = "\n".join(texts) or rule.why_not(content.lang)
        rows.append({"t": rule.title(content.lang), "a": rule.article, "w": why})
    return rows


def site_verdict(content: Content) -> tuple[str, str]:
    """Return the site's verdict: its value and its word."""
    value = shown(content.audit.summary["verdict"])
    return value, SiteVerdict(value).label(content.lang)


def about(content: Content) -> list[tuple[str, str]]:
    """Return what the page says about itself: site, rules, coordinate system, program, input."""
    audit, words, lang = content.audit, content.words, content.lang
    site, config = audit.site, audit.site.config
    sources = list(dict.fromkeys(_instrument(rule) for rule in audit.rules))
    accuracy = metres(config.accuracy_m, lang) if config.accuracy_m > 0 else words["accuracy_none"]
    rows = [
        (words["site"], site.name or site.id),
        (words["site_id"], site.id),
        (words["district"], config.district or ""),
        (words["manager"], config.manager or ""),
        (words["site_verdict"], site_verdict(content)[1]),
        (words["rule_pack"], "\n".join(sources)),
        (words["crs"], crs_tools.label(site.crs, lang) if site.placed else words["unplaced"]),
        (words["accuracy"], accuracy),
        (words["source"], credit(site, lang)),
        (words["data_date"], site.config.surveyed_on.isoformat() if site.config.surveyed_on else words["data_date_none"]),
        (words["lane_length"], f"{float(audit.summary['lane_length_m']):.1f} m"),
        (words["judged_length"], f"{float(audit.summary['judged_length_m']):.1f} m"),
        (words["parking_heading"], remedies.parking_text(content)),
        (words["program"], f"firelane {_version()}"),
    ]
    for file in site.inputs:
        # settings are a file without rows
        key = "input_file" if file.layer == file.path else "input_row"
        entry = words[key].format(path=file.path, layer=file.layer, rows=file.rows, hash=file.sha256[:12])
        rows.append((words["inputs"], entry))
    return [(label, value) for label, value in rows if value]


def _version() -> str:
    """Return the program's version; its root module is loaded, but to import it would point upwards."""
    return str(sys.modules["firelane"].__version__)


def _instrument(rule: Rule) -> str:
    """Return the instrument without the article, so that it is named once."""
    found = _INSTRUMENT.match(rule.source)
    return found[0] if found else rule.source
