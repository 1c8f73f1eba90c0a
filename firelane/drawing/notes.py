"""What the first sheets say: basis and verbatim text, coordinates, open parameters, findings, revisions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from firelane.drawing.columns import paragraph, row, section
from firelane.drawing.swept import tracked
from firelane.drawing.swept_words import vehicle_note
from firelane.drawing.text import safe_text, text_width
from firelane.drawing.words import word
from firelane.findings import to_look_at
from firelane.site.credit import credit
from firelane.vocabulary import TO_BE_CONFIRMED, Lang, Quantity, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firelane.auditing import Audit
    from firelane.drawing.catalogue import SheetCatalogue
    from firelane.drawing.columns import Column, Item
    from firelane.drawing.options import DrawingOptions
    from firelane.drawing.project import Project
    from firelane.drawing.violations import Flag
    from firelane.markings.plan import MarkingPlan
    from firelane.rules.model import Rule

LEAST_REVISION_ROWS = 3  # empty ones are filled in by hand
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
_CHOICE = re.compile(r"(?<=[（，])([0-9a-z_]+) ([^（），]+)")  # a code and what it means
_NUMERALS = "零一二三四五六七八九"
_CITED = re.compile(r"第([一二三四五六七八九十]{1,3})条|第?（([一二三四五六七八九十]{1,3})）项?")
_ARTICLE = re.compile(r"^第[^条]+条")


def titles(key: str, lang: Lang) -> tuple[str, str]:
    """Return the heading of a section, and the same where it goes on."""
    return word(key, lang), word(key, lang) + word("continued", lang)


def crs_name(audit: Audit, lang: Lang) -> str:
    """Return the CRS as code and name; of an unplaced site the words for it."""
    if not audit.site.placed:
        return word("local", lang)
    crs = audit.site.crs
    authority = crs.to_authority()
    name = str(crs.name)
    return f"{':'.join(authority)} {name}" if authority else name


def marking_rules(rules: Sequence[Rule]) -> list[Rule]:
    """Return the rules of the article(s) that say what is painted, each sentence once, in order."""
    articles = {(r.pack, _article(r)) for r in rules if r.quantity in _PAINT_RULES}
    return _each_once([rule for rule in rules if (rule.pack, _article(rule)) in articles])


def broken_rules(audit: Audit) -> list[Rule]:
    """Return the rules that a finding fails and that do not say what is painted, each sentence once, in order."""
    broken = {finding.rule_id for finding in audit.findings if finding.verdict is Verdict.FAIL}
    quoted = {rule.text_zh for rule in marking_rules(audit.rules)}
    return _each_once([r for r in audit.rules if r.rule_id in broken and r.text_zh not in quoted])


def _each_once(rules: Sequence[Rule]) -> list[Rule]:
    found: dict[str, Rule] = {}
    for rule in rules:
        if rule.verbatim:  # what is this project's own wording is no quotation
            found.setdefault(rule.text_zh, rule)
    return list(found.values())


def _article(rule: Rule) -> str:
    match = _ARTICLE.match(rule.article)
    return match.group() if match else rule.article


def _instrument(rule: Rule) -> str:
    """Return the rule's source without the article that it ends in."""
    return rule.source.removesuffix(rule.article).strip()


def article_name(article: str, lang: Lang) -> str:
    """Return an article as a sheet in ``lang`` names it.

    >>> article_name("第十三条第（二）项", "en"), article_name("第三条、第二十四条", "en")
    ('Art. 13(2)', 'Art. 3, Art. 24')
    >>> article_name("第（二）项", "en"), article_name("第十三条第（二）项", "zh")
    ('(2)', '第十三条第（二）项')
    """
    if lang == "zh":
        return article
    told = _CITED.sub(lambda found: f"Art. {_figure(found[1])}" if found[1] else f"({_figure(found[2])})", article)
    return told.replace("、", ", ")


def _figure(numeral: str) -> int:
    """Return a Chinese numeral below a hundred."""
    tens, ten, units = numeral.rpartition("十")
    return 10 * (_NUMERALS.index(tens) if tens else len(ten)) + (_NUMERALS.index(units) if units else 0)


def notes(
    plan: MarkingPlan, audit: Audit, origin: tuple[float, float], options: DrawingOptions, column: Column, sheet: SheetCatalogue
) -> list[Item]:
    """Return the notes: basis and verbatim text of the articles, coordinates, paint, rounding, plan's notes."""
    lang = options.lang
    parts: list[Item] = []
    counter = 0
    indent_mm = text_width("00. ", column.text_mm)

    def numbered(text: str) -> None:
        nonlocal counter
        counter += 1
        parts.append(paragraph(text, column, f"{counter}.", indent_mm=indent_mm))

    for key, rules in (("basis", marking_rules(audit.rules)), ("broken", broken_rules(audit))):
        for source, article in dict.fromkeys((_instrument(rule), _article(rule)) for rule in rules):
            numbered(word(key, lang, source=source, article=article_name(article, lang)))
            for rule in rules:
                if (_instrument(rule), _article(rule)) == (source, article):
                    item = article_name(rule.article.removeprefix(article), lang)
                    quoted = word("quote", lang, item=item, text=rule.text(lang).strip("「」"))
                    parts.append(paragraph(quoted, column, "　", indent_mm=indent_mm))
    if named := credit(audit.site, lang):
        # the sign © is in no Chinese code page
        numbered(word("note_source", lang, credit=named.replace("©", "(C)")))
    numbered(coordinates(audit, origin, options))
    numbered(word("note_paint", lang))
    numbered(word("note_rounding", lang))
    numbered(word("note_open", lang))
    for it in tracked(audit):
        numbered(vehicle_note(it, lang))
    if plan.paint.empty:
        numbered(word("none_planned", lang))
    for note in plan.notes[: sheet.most_notes]:
        numbered(safe_text(note.text(lang), 320))
    if len(plan.notes) > sheet.most_notes:
        numbered(word("more_notes", lang, n=len(plan.notes) - sheet.most_notes))
    return section(titles("notes", lang), parts, column)


def coordinates(audit: Audit, origin: tuple[float, float], options: DrawingOptions) -> str:
    """Return the sentence that says what the coordinates are and how the model space is turned into them."""
    lang = options.lang
    east, north = origin
    placed = audit.site.placed
    told = word("note_coordinates" if placed else "note_unplaced", lang, crs=safe_text(crs_name(audit, lang), 80))
    unit = word("millimetres" if options.units == "mm" else "metres", lang)
    if options.coords == "survey":
        return told + word("note_survey" if placed else "note_survey_unplaced", lang, unit=unit)
    scaled = "/ 1000 " if options.units == "mm" else ""
    key = "note_local" if placed else "note_local_unplaced"
    return told + word(key, lang, unit=unit, north=f"{north:.3f}", east=f"{east:.3f}", scaled=scaled)


def parameters(plan: MarkingPlan, column: Column, lang: Lang) -> list[Item]:
    """Return every open parameter with its value, each marked to be confirmed."""
    shares = (8.0, 62.0, 32.0, 16.0) if lang == "zh" else (8.0, 60.0, 26.0, 24.0)
    head = row([word(key, lang) for key in ("item_no", "parameter", "value", "status")], shares, column, head=True)
    parts = []
    for count, parameter in enumerate(plan.parameters, 1):
        unit = f" {parameter.unit}" if parameter.unit else ""
        label, value = (parameter.zh if lang == "zh" else parameter.en), _value(parameter.value, lang)
        if isinstance(parameter.value, str):
            label, value = _in_words(label, value)
        cells = (str(count), safe_text(label, 160), f"{value}{unit}", TO_BE_CONFIRMED[lang])
        parts.append(row(cells, shares, column, most_lines=4))
    return section(titles("open", lang), parts, column, head)


def _in_words(label: str, value: str) -> tuple[str, str]:
    """Return label and value of a choice in words: ``尺寸（auto 视路宽，min 最小）`` says what its codes mean.

    >>> _in_words("方框尺寸（auto 视路宽，min 最小）", "auto")
    ('方框尺寸（视路宽，最小）', '视路宽')
    >>> _in_words("size of the boxes", "near_edge")
    ('size of the boxes', 'near edge')
    """
    meant = dict(_CHOICE.findall(label))
    return _CHOICE.sub(r"\2", label), meant.get(value, value.replace("_", " "))


def _value(value: object, lang: Lang) -> str:
    if isinstance(value, bool):
        return word("yes" if value else "no", lang)
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return " / ".join(_value(v, lang) for v in value)
    return safe_text(value, 60)


def violations(flags: Sequence[Flag], audit: Audit, column: Column, sheet: SheetCatalogue, lang: Lang) -> list[Item]:
    """Return the findings that fail under their numbers on the plan, and how many places were not measured.

    "Nothing fails" does not stand there without the latter.
    """
    parts = []
    indent_mm = text_width(f"{len(flags)} ", column.text_mm)
    for flag in flags[: sheet.most_findings]:
        text = safe_text(f"{article_name(flag.finding.article, lang)} {flag.finding.message(lang)}", 240)
        if flag.finding.location is None:
            text += word("not_placed", lang)
        parts.append(paragraph(text, column, f"{flag.number}", max_lines=6, indent_mm=indent_mm))
    if not flags:
        parts.append(paragraph(word("none_failed", lang), column))
    if len(flags) > sheet.most_findings:
        parts.append(paragraph(word("more", lang, n=len(flags) - sheet.most_findings), column))
    unmeasured = sum(f.verdict is Verdict.NOT_MEASURED and to_look_at(f) for f in audit.findings)
    if unmeasured:
        parts.append(paragraph(word("to_look_at", lang, n=unmeasured), column))
    return section(titles("violations", lang), parts, column)


def revisions(project: Project, column: Column, lang: Lang) -> list[Item]:
    """Return the revision table, with empty rows to be filled in where there are few."""
    shares = (14.0, 56.0, 22.0, 26.0)
    head = row([word(key, lang) for key in ("rev_no", "rev_text", "rev_by", "date")], shares, column, head=True)
    cells = [(it.number, it.text, it.by, it.date) for it in project.revisions]
    cells += [("", "", "", "")] * (LEAST_REVISION_ROWS - len(cells))
    return section(titles("revisions", lang), [row(it, shares, column) for it in cells], column, head)
