"""The inspection report as a Word document, for offices that edit it."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firelane.fonts.office import HEAD_ZH, LATIN
from firelane.report import word
from firelane.report.figures import SIZE, Figures
from firelane.report.figures_profile import WIDTH, lanes_charted, profile
from firelane.report.inspection import Inspection, clean, instrument, joined, short
from firelane.report.inspection_pdf import (
    MOST_FIGURES,
    MOST_NOTES,
    MOST_PROFILES,
    MOST_REMEDIES,
    short_lines,
)
from firelane.report.numbers import numbers_in_short, on_one_line
from firelane.report.parameters import open_parameters
from firelane.report.scene import png
from firelane.report.sources import files, layer_name
from firelane.report.tracking_blocks import Box, Gallery, Heading, Rows, Said, blocks
from firelane.rules.listing import requirement
from firelane.vocabulary import Verdict
from firelane.webmap.picture import map_png

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

_HEADINGS = (("Title", 24), ("Heading 1", 15), ("Heading 2", 12), ("Heading 3", 11))
_BODY_PT, _SMALL_PT, _CELL_PT = 10.5, 9.0, 8.5
_STANDING_CM = word.TEXT_WIDTH_MM / 10
_FIGURE_CM = SIZE[0] / 72 * 2.54  # its scale is drawn for this size
_MAP_PX = 2000


def write_docx(inspection: Inspection, path: str | os.PathLike[str]) -> None:
    """Write the report as a Word document: real headings and tables, drawings as pictures.

    Raises
    ------
    OutputError
        If the file cannot be written; what stood there before stays.
    """
    writer = _Writer(inspection)
    writer.everything()
    word.save(writer.document, path)


class _Writer:
    """Fills one document."""

    def __init__(self, inspection: Inspection) -> None:
        self.it, self.text = inspection, inspection.words
        self.document: Any = word.new_document(inspection.lang, title=f"{self.text['title']} {inspection.site_name}")
        self._headings()
        self.document.sections[0].header.paragraphs[0].text = one_line(self.text["running"].format(site=inspection.site_name))

    # ------------------------------------------------------------------ Word

    def _headings(self) -> None:
        """Give Word's own styles of headings, which its outline goes by, the fonts of the page."""
        from docx.oxml.ns import qn  # noqa: PLC0415  (slow to import)
        from docx.shared import Pt, RGBColor  # noqa: PLC0415

        for name, size in _HEADINGS:
            style = self.document.styles[name]
            style.font.size, style.font.name = Pt(size), LATIN
            style.font.color.rgb = RGBColor(0x1F, 0x29, 0x33)
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            fonts.set(qn("w:eastAsia"), HEAD_ZH)
            # the theme's fonts of headings would win over these
            for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
                fonts.attrib.pop(qn(theme), None)

    def turn(self, *, wide: bool) -> None:
        """Begin a new page, lying or standing."""
        from docx.enum.section import WD_ORIENT  # noqa: PLC0415
        from docx.shared import Mm  # noqa: PLC0415

        section = self.document.add_section()
        section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = (Mm(297), Mm(210)) if wide else (Mm(210), Mm(297))

    def h1(self, key: str) -> None:
        self.document.add_heading(self.text[key], 1)

    def h2(self, text: str) -> None:
        self.document.add_heading(one_line(text), 2)

    def body(self, text: str, *, small: bool = False, keep: bool = False) -> None:
        """Add a paragraph; ``keep`` it on the page of the table or picture that follows."""
        word.paragraph(self.document, text, size_pt=_SMALL_PT if small else _BODY_PT, keep=keep)

    def picture(self, content: bytes | str, width_cm: float, *, keep: bool = False) -> None:
        from docx.shared import Cm  # noqa: PLC0415

        source = io.BytesIO(content) if isinstance(content, bytes) else content
        self.document.add_picture(source, width=Cm(width_cm))
        self.document.paragraphs[-1].paragraph_format.keep_with_next = keep

    def table(self, rows: Sequence[Sequence[str]], widths_cm: Sequence[float], *, heads: bool = True) -> None:
        """Add a table; its first row is repeated on every page."""
        word.table(self.document, rows, [10 * w for w in widths_cm], heads=int(heads), size_pt=_CELL_PT)
        word.paragraph(self.document, "", size_pt=6, after_pt=0)

    def named(self, heads: Sequence[str], rows: Sequence[Sequence[str]], widths_cm: Sequence[float]) -> None:
        """Add a table with heads out of the words."""
        self.table([[self.text[h] for h in heads], *rows], widths_cm)

    # ------------------------------------------------------------------ sections

    def everything(self) -> None:
        """Write the whole report."""
        it, text, lang = self.it, self.text, self.it.lang
        self.document.add_heading(text["title"], 0)
        self.body(it.site_name)
        rows = [*it.cover, (text["verdict"], it.verdict.label(lang))]
        self.table(rows, (5.0, _STANDING_CM - 5.0), heads=False)
        self.body(text["disclaimer"], small=True)
        self.document.add_page_break()
        self.h1("h_summary")
        order = (Verdict.FAIL, Verdict.INDETERMINATE, Verdict.NOT_MEASURED, Verdict.PASS)
        told = [
            [t.rule.article, t.rule.title(lang), t.rule.severity.label(lang), t.verdict.label(lang),
             *(str(t.counts[v] or "") for v in order)]
            for t in it.tallies
        ]  # fmt: skip
        heads = ("article", "rule", "severity", "worst", "n_fail", "n_open", "n_unmeasured", "n_pass")
        self.named(heads, told, (2.8, 4.2, 1.7, 2.3, 1.2, 1.3, 1.4, 1.1))
        if not it.open:
            self.body(text["nothing_fails"])
        self.turn(wide=True)
        self.h1("h_map")
        with tempfile.TemporaryDirectory(prefix="firelane-") as folder:
            path = Path(folder) / "map.png"
            map_png(it.audit, path, plan=it.plan, lang=lang, width_px=_MAP_PX, height_share=0.58)
            self.picture(str(path), 24.0)
        if it.lines:
            self.findings()
        self.turn(wide=False)
        self.articles()
        self.figures()
        self.remedies()
        self.rest()

    def findings(self) -> None:
        it, text = self.it, self.text
        self.h1("h_findings")
        told = [text["numbers"], text["down"]]
        told += [text["surveyor"].format(crs=it.crs)] if it.audit.site.placed else [text["unplaced"]]
        self.body((" " if it.lang == "en" else "").join(told), small=True, keep=True)
        rows = [
            [str(n.number), f"{n.article}\n{n.title}", "\n".join(filter(None, (short(n.message, 300), n.concerned))), n.measured, n.required, n.margin,
             joined(n.place), f"{n.severity}\n{n.verdict}"]
            for n in it.lines
        ]  # fmt: skip
        heads = ("no", "article", "what", "measured", "required", "margin", "place", "verdict_col")
        self.named(heads, rows, (1.0, 3.4, 7.0, 2.0, 1.8, 2.0, 5.4, 2.1))

    def articles(self) -> None:
        if not self.it.articles:
            return
        self.h1("h_articles")
        for head, body in self.it.articles:
            title, _, source = head.partition("\n")
            self.h2(title)
            for label, quote in body:
                if label:
                    self.body(label, small=True)
                word.paragraph(self.document, quote, size_pt=_BODY_PT, indent_mm=0 if label else 6)
            if source:
                self.body(f"—— {source}", small=True)

    def figures(self) -> None:
        it, text = self.it, self.text
        if it.figures:
            self.h1("h_figures")
            self.body(text["figures_key"], small=True)
            shown = it.figures[:MOST_FIGURES]
            if len(shown) < len(it.figures):
                self.body(text["figures_few"].format(n=len(shown), of=len(it.figures)))
            pens = Figures(it.content)
            for line, others in shown:
                same = text["more_at_place"].format(n=numbers_in_short(others)) if others else ""
                self.h2(f"{line.number} {line.title}{same}")
                self.picture(png(pens.scene(line.finding)), _FIGURE_CM, keep=True)
                self.body(
                    f"{text['measured']} {line.measured}　{text['required']} {on_one_line(line.required, it.lang)}　"
                    f"{text['margin']} {line.margin}", small=True,
                )  # fmt: skip
        lanes = lanes_charted(it.content)
        if lanes:
            self.h1("h_profiles")
            if len(lanes) > MOST_PROFILES:
                self.body(text["profiles_few"].format(n=MOST_PROFILES, of=len(lanes)))
            for lane in lanes[:MOST_PROFILES]:
                card = it.content.cards[it.content.find("lanes", lane)]
                self.h2(short(card.title, 80))
                self.picture(png(profile(it.content, lane)), min(WIDTH / 72 * 2.54, _STANDING_CM))

    def remedies(self) -> None:
        it, text = self.it, self.text
        if not it.open:
            return
        self.h1("h_remedies")
        every = it.remedies_at_once
        if every:
            self.body(f"{it.disc_sentence}{'' if it.lang == 'zh' else ' '}{text['remedy_shared']}", small=True, keep=True)
            if len(every) > MOST_REMEDIES:
                self.body(text["remedy_few"].format(n=MOST_REMEDIES, of=len(every)))
            rows = [[short(a, 400), short(b, 600), c, d] for a, b, c, d in every[:MOST_REMEDIES]]
            self.named(("target", "remedy", "state", "result"), rows, (3.6, 8.0, 2.4, 2.0))
        else:
            self.body(text["remedy_none"])
        if it.parking:
            self.body(f"{text['parking']}{it.parking}")

    def tracking(self) -> None:
        """Write the chapter on vehicle tracking; nothing where no vehicle was tracked."""
        for block in blocks(self.it):
            if isinstance(block, Heading):
                self.document.add_heading(one_line(block.text), block.level)
            elif isinstance(block, Said):
                size = _SMALL_PT if block.small else _BODY_PT
                word.paragraph(self.document, block.text, size_pt=size, bold=block.strong)
            elif isinstance(block, Box):
                self.table([[block.title], ["\n".join(block.lines)]], (_STANDING_CM,))
            elif isinstance(block, Rows):
                whole = sum(block.shares)
                self.table([block.heads, *block.rows], [_STANDING_CM * share / whole for share in block.shares])
            elif isinstance(block, Gallery):
                for caption, scene in block.items:
                    self.picture(png(scene), _FIGURE_CM, keep=True)
                    self.body(caption, small=True)
            else:
                word.paragraph(self.document, block.heading, size_pt=_BODY_PT, bold=True, heading=True, before_pt=8, keep=True)
                if block.scene is not None:
                    self.picture(png(block.scene), _FIGURE_CM)
                for line in block.lines:
                    word.paragraph(self.document, line, size_pt=_SMALL_PT + 0.5, after_pt=2)

    def rest(self) -> None:
        """Write reach, what was not measured, rules, data, method and signatures."""
        it, text, lang = self.it, self.text, self.it.lang
        site = it.audit.site
        if len(it.audit.buildings):
            self.h1("h_reach")
            missing = len(it.audit.buildings) - len(it.reach)
            if it.reach:
                self.body(text["reach_text"].format(distance=f"{site.config.access_distance_m:g}"), small=True, keep=True)
                self.named(("building", "widest", "by_entrance", "governed", "verdict_col"), it.reach, (3.4, 2.4, 2.8, 5.2, 2.2))
            else:
                self.body(text["reach_none"])
            if missing:
                self.body(text["reach_missing"].format(n=missing), small=True)
        self.tracking()
        self.h1("h_unmeasured")
        unmeasured = [[row["a"], row["t"], short_lines(row["w"])] for row in it.unmeasured]
        if unmeasured:
            self.named(("article", "rule", "why"), unmeasured, (2.8, 3.6, 9.6))
        else:
            self.body(text["unmeasured_none"])
        if site.config.vehicle and not it.audit.tracking:
            self.h1("h_vehicle")
            self.body(text["vehicle_text"])
        self.h1("h_rules")
        for source in dict.fromkeys(instrument(rule) for rule in it.audit.rules):
            self.body(source, keep=True)
        rules = [
            [r.article, r.title(lang), requirement(r, lang) if r.comparator != "none" else text["none"], r.severity.label(lang),
             text["yes" if r.measured else "no_value"], open_parameters(r, lang) or text["none"]]
            for r in it.audit.rules
        ]  # fmt: skip
        self.named(("article", "rule", "limit", "severity", "judged", "open_params"), rules, (2.8, 3.8, 2.2, 1.6, 1.5, 4.1))
        self.h1("h_data")
        read = [[short(path), short(layers, 400) or text["none"], digest] for path, layers, digest in files(site, lang)]
        self.named(("file", "layer_rows", "sha"), read, (3.2, 6.8, 6.0))
        if site.notes:
            notes = [[short(layer_name(n.layer, lang), 40) if n.layer else text["none"], short(clean(n.text(lang)), 400)] for n in site.notes[:MOST_NOTES]]
            self.named(("layer", "note"), notes, (3.0, 13.0))
            if len(site.notes) > MOST_NOTES:
                self.body(text["more_notes"].format(n=len(site.notes) - MOST_NOTES), small=True)
        self.h1("h_method")
        self.body(text["method"], keep=True)
        self.table(it.method, (3.6, 12.4), heads=False)
        self.h1("h_sign")
        day = f"{text['sign_date']}{text['sign_day']}"
        self.table([[text["inspector"] + "\n\n", text["inspected"] + "\n\n"], [day, day]], (8.0, 8.0), heads=False)


def one_line(text: str) -> str:
    """Return text on one line, without what XML cannot hold."""
    return " ".join(word.clean(text).split())
