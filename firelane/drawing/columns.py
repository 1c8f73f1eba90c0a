"""The right-hand columns of the sheet: notes, open parameters, findings, quantities."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from firelane.drawing.canvas import Align
from firelane.drawing.sheet import Item
from firelane.drawing.text import safe_text, text_width, wrap
from firelane.drawing.words import word
from firelane.site.credit import credit
from firelane.vocabulary import TO_BE_CONFIRMED, Lang, MarkKind, Quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from firelane.auditing import Audit
    from firelane.drawing.catalogue import FormatSpec, SheetCatalogue
    from firelane.drawing.pen import Pen
    from firelane.drawing.violations import Flag
    from firelane.markings.plan import MarkingPlan
    from firelane.rules.model import Rule

PITCH_MM = 4.4
ROW_MM = 5.5
HEADING_MM = 8.0
GAP_MM = 3.0
MOST_PLAN_NOTES = 6
_PAINT_RULES = frozenset(
    {
        Quantity.EDGE_LINE,
        Quantity.KERB_PAINT,
        Quantity.BOX_SPACING,
        Quantity.BOX_TEXT,
        Quantity.ENTRANCE_GRID,
        Quantity.GRID_TEXT,
    }
)
_ARTICLE = re.compile(r"^第[^条]+条")


def heading(text: str, sheet: SheetCatalogue, then: Item) -> Item:
    """Return ``then`` under a heading that never stands alone at the foot of a column."""

    def draw(pen: Pen, x: float, top: float) -> None:
        pen.fit(text, (x, top - HEADING_MM + 3.2), _room(sheet), sheet.heading_mm)
        pen.line([(x, top - HEADING_MM + 1.6), (x + _room(sheet), top - HEADING_MM + 1.6)], 0.35)
        then.draw(pen, x, top - HEADING_MM)

    return Item(HEADING_MM + then.height_mm, draw, then.solid)


def spaced(item: Item) -> Item:
    """Return ``item`` with the gap that ends a section."""
    return Item(item.height_mm + GAP_MM, item.draw, item.solid)


def _room(sheet: SheetCatalogue) -> float:
    return sheet.column_mm - 2 * sheet.column_pad_mm


def paragraph(text: str, sheet: SheetCatalogue, mark: str = "", max_lines: int = 12) -> Item:
    """Return wrapped text with a hanging mark such as a number."""
    height = sheet.small_mm
    indent = text_width(mark + " ", height) if mark else 0.0
    lines = wrap(safe_text(text), height, _room(sheet) - indent, max_lines)

    def draw(pen: Pen, x: float, top: float) -> None:
        if mark:
            pen.lines([mark], (x, top), height, PITCH_MM)
        pen.lines(lines, (x + indent, top), height, PITCH_MM)

    return Item(PITCH_MM * len(lines), draw)


def section(title: str, parts: Sequence[Item], sheet: SheetCatalogue) -> list[Item]:
    """Return ``parts`` with a heading over the first and a gap after the last."""
    if not parts:
        return []
    items = [heading(title, sheet, parts[0]), *parts[1:]]
    return [*items[:-1], spaced(items[-1])]


def marking_rules(rules: Sequence[Rule]) -> list[Rule]:
    """Return the rules of the article(s) that say what is painted, each sentence once, in order."""
    articles = {(r.pack, _article(r)) for r in rules if r.quantity in _PAINT_RULES}
    found: dict[str, Rule] = {}
    for rule in rules:
        if (rule.pack, _article(rule)) in articles:
            found.setdefault(rule.text_zh, rule)
    return list(found.values())


def _article(rule: Rule) -> str:
    match = _ARTICLE.match(rule.article)
    return match.group() if match else rule.article


def _instrument(rule: Rule) -> str:
    """Return the rule's source without the article that it ends in."""
    return rule.source.removesuffix(rule.article).strip()


def notes(plan: MarkingPlan, audit: Audit, origin: tuple[float, float], sheet: SheetCatalogue, lang: Lang) -> list[Item]:
    """Return the notes: basis and verbatim text of the article, coordinates, paint, rounding, plan's notes."""
    parts: list[Item] = []
    counter = 0

    def numbered(text: str) -> None:
        nonlocal counter
        counter += 1
        parts.append(paragraph(text, sheet, f"{counter}."))

    rules = marking_rules(audit.rules)
    for source, article in dict.fromkeys((_instrument(rule), _article(rule)) for rule in rules):
        numbered(word("basis", lang, source=source, article=article))
        for rule in rules:
            if (_instrument(rule), _article(rule)) == (source, article):
                item = rule.article.removeprefix(article)
                quoted = word("quote", lang, item=item, text=rule.text(lang).strip("「」"))
                parts.append(paragraph(quoted, sheet, "　"))
    east, north = origin
    crs = safe_text(crs_name(audit, lang), 80)
    if named := credit(audit.site, lang):
        # the sign © is in no Chinese code page
        numbered(word("note_source", lang, credit=named.replace("©", "(C)")))
    told = "note_coordinates" if audit.site.placed else "note_unplaced"
    numbered(word(told, lang, crs=crs, north=f"{north:.3f}", east=f"{east:.3f}"))
    numbered(word("note_paint", lang))
    numbered(word("note_rounding", lang))
    for note in plan.notes[:MOST_PLAN_NOTES]:
        numbered(safe_text(note.text(lang), 320))
    if len(plan.notes) > MOST_PLAN_NOTES:
        numbered(word("more", lang, n=len(plan.notes) - MOST_PLAN_NOTES))
    return section(word("notes", lang), parts, sheet)


def crs_name(audit: Audit, lang: Lang) -> str:
    """Return the CRS as code and name; of an unplaced site the words for it."""
    if not audit.site.placed:
        return word("local", lang)
    crs = audit.site.crs
    authority = crs.to_authority()
    name = str(crs.name)
    return f"{':'.join(authority)} {name}" if authority else name


def parameters(plan: MarkingPlan, sheet: SheetCatalogue, lang: Lang) -> list[Item]:
    """Return every open parameter with its value, each marked to be confirmed."""
    parts = []
    for count, parameter in enumerate(plan.parameters, 1):
        label = parameter.zh if lang == "zh" else parameter.en
        colon, left, right = ("：", "（", "）") if lang == "zh" else (": ", " (", ")")
        value = _value(parameter.value, lang)
        unit = f" {parameter.unit}" if parameter.unit else ""
        text = f"{safe_text(label, 80)}{colon}{value}{unit}{left}{TO_BE_CONFIRMED[lang]}{right}"
        parts.append(paragraph(text, sheet, f"{count})", max_lines=4))
    return section(word("open", lang), parts, sheet)


def _value(value: object, lang: Lang) -> str:
    if isinstance(value, bool):
        return word("yes" if value else "no", lang)
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return " / ".join(_value(v, lang) for v in value)
    return safe_text(value, 80)


def violations(
    flags: Sequence[Flag], spec: FormatSpec, sheet: SheetCatalogue, lang: Lang, *, to_look_at: int = 0
) -> list[Item]:
    """Return the list that the flags' numbers refer to, as far as the format has room for it.

    ``to_look_at`` places were not measured: "nothing fails" does not stand there without them.
    """
    parts = []
    for flag in flags[: spec.violations]:
        text = safe_text(f"{flag.finding.article} {flag.finding.message(lang)}", 160)
        if flag.finding.location is None:
            text += word("not_placed", lang)
        parts.append(paragraph(text, sheet, f"{flag.number}", max_lines=4))
    if not flags:
        parts.append(paragraph(word("none_failed", lang), sheet))
    if len(flags) > spec.violations:
        parts.append(paragraph(word("more", lang, n=len(flags) - spec.violations), sheet))
    if to_look_at:
        parts.append(paragraph(word("to_look_at", lang, n=to_look_at), sheet))
    return section(word("violations", lang), parts, sheet)


def quantities(plan: MarkingPlan, sheet: SheetCatalogue, lang: Lang) -> list[Item]:
    """Return the table of quantities by kind; the face of kerbs is not part of the plan's total."""
    if plan.quantities.empty:  # a total of nothing would read as a result
        return section(word("quantities", lang), [paragraph(word("none_planned", lang), sheet)], sheet)
    rows = quantity_rows(plan.quantities, lang)
    room = _room(sheet)
    edges = (0.0, room - 46.0, room - 29.0, room - 12.0, room)
    head = tuple(word(key, lang) for key in ("kind", "length", "area", "pieces"))
    table = [head, *rows]

    def draw(pen: Pen, x: float, top: float) -> None:
        foot = top - ROW_MM * len(table)
        for count in range(len(table) + 1):
            y = top - ROW_MM * count
            pen.line([(x, y), (x + room, y)], 0.35 if count in {0, 1, len(table)} else 0.13)
        for edge in edges:
            pen.line([(x + edge, top), (x + edge, foot)], 0.35 if edge in {0.0, room} else 0.13)
        for count, row in enumerate(table):
            y = top - ROW_MM * (count + 0.5)
            for column, cell in enumerate(row):
                width = edges[column + 1] - edges[column] - 2.0
                if count == 0 or column == 3:
                    at = (x + (edges[column] + edges[column + 1]) / 2, y)
                    pen.fit(cell, at, width, sheet.small_mm, align=Align.MIDDLE_CENTER)
                elif column == 0:
                    pen.fit(cell, (x + 1.0, y), width, sheet.small_mm, align=Align.MIDDLE_LEFT)
                else:
                    at = (x + edges[column + 1] - 1.0, y)
                    pen.fit(cell, at, width, sheet.small_mm, align=Align.MIDDLE_RIGHT)

    return section(word("quantities", lang), [Item(ROW_MM * len(table), draw, solid=True)], sheet)


def quantity_rows(table: pd.DataFrame, lang: Lang) -> list[tuple[str, str, str, str]]:
    """Return (kind, length, area, pieces) by kind in the order of Article 13, and the total in plan."""
    rows = []
    total_m2 = 0.0
    for kind in MarkKind:
        mine = table[table["kind"] == kind]
        if mine.empty:
            continue
        length_m, area_m2 = float(mine["length_m"].sum()), float(mine["area_m2"].sum())
        if kind is not MarkKind.KERB_FACE:
            total_m2 += area_m2
        pieces = int(mine["pieces"].sum())
        rows.append((kind.label(lang), f"{length_m:.2f}" if length_m > 0.0 else "-", f"{area_m2:.2f}", str(pieces)))
    rows.append((word("plan_total", lang), "", f"{total_m2:.2f}", ""))
    return rows
