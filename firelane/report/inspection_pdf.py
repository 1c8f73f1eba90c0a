"""The inspection report as PDF."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from reportlab.lib.colors import HexColor
from reportlab.platypus import CondPageBreak, Flowable, Image, PageBreak, Spacer

from firelane.report.figures import SIZE, Figures
from firelane.report.figures_profile import lanes_charted, profile
from firelane.report.grid import Grid
from firelane.report.inspection import Inspection, clean, instrument, joined, short
from firelane.report.numbers import numbers_in_short, on_one_line
from firelane.report.parameters import open_parameters
from firelane.report.scene import Drawing
from firelane.report.sources import files, layer_name
from firelane.report.tracking_pdf import story as tracking_story
from firelane.report.typeset import A4, MARGIN, Sheet, Style, para, styles, table, turned, write
from firelane.rules.listing import requirement
from firelane.vocabulary import Severity, SiteVerdict, Verdict
from firelane.webmap.picture import map_png

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

MOST_FIGURES, MOST_PROFILES, MOST_REMEDIES, MOST_NOTES = 36, 16, 120, 60
"""So many of each are shown; the report says of how many."""

WIDE = A4[1] - MARGIN[0] - MARGIN[2]
STANDING = A4[0] - MARGIN[0] - MARGIN[2]
_LOW = A4[0] - MARGIN[1] - MARGIN[3]
_MAP_PX = 2000

_GROUND = {"fail": "#f9d9dd", "indeterminate": "#fdecc8", "incomplete": "#e8ebef", "not_measured": "#e8ebef", "pass": "#d9efdf"}
_BADGE = {"fail": "#b3122b", "indeterminate": "#b06f00", "incomplete": "#55606c", "pass": "#1f7a3d"}


def write_pdf(inspection: Inspection, path: str | os.PathLike[str]) -> None:
    """Write the report as PDF; the same audit gives the same bytes.

    Raises
    ------
    OutputError
        If the file cannot be written; what stood there before stays.
    """
    text = inspection.words
    sheet = Sheet(
        path, title=f"{text['title']} {inspection.site_name}", lang=inspection.lang,
        running=text["running"].format(site=inspection.site_name), subject=inspection.verdict.label(inspection.lang),
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="firelane-") as folder:
        sheet.build(_Story(inspection, Path(folder)).everything())


class _Badge(Flowable):  # type: ignore[misc]  # reportlab is untyped
    """The site's verdict, white on its colour."""

    def __init__(self, label: str, verdict: SiteVerdict, width: float) -> None:
        super().__init__()
        self.label, self.colour, self.width, self.height = label, _BADGE[verdict.value], width, 34.0

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return its size [pt]."""
        del width, height
        return self.width, self.height

    def draw(self) -> None:
        """Draw it."""
        self.canv.setFillColor(HexColor(self.colour))
        self.canv.roundRect(0, 0, self.width, self.height, 4, stroke=0, fill=1)
        write(self.canv, self.width / 2, 11, self.label, size=15, bold=True, colour="#ffffff", align="center")


class _Story:
    """The sections, in order."""

    def __init__(self, inspection: Inspection, folder: Path) -> None:
        self.it, self.folder = inspection, folder
        self.text: Mapping[str, str] = inspection.words
        self.look = styles(inspection.lang)

    def everything(self) -> list[Flowable]:
        """Return the whole report."""
        parts = [*self.cover(), PageBreak(), *self.summary(), *turned(wide=True), *self.map()]
        if self.it.lines:
            parts += [PageBreak(), *self.findings()]
        parts += [*turned(wide=False), *self.articles(), *self.figures(), *self.profiles(), *self.remedies(), *self.reach()]
        return [*parts, *tracking_story(self.it), *self.unmeasured(), *self.vehicle(), *self.rules(), *self.data(), *self.method(), *self.signatures()]

    def h1(self, key: str) -> Flowable:
        return para(self.text[key], self.look["h1"])

    def body(self, words: str, style: str = "body") -> Flowable:
        return para(words, self.look[style])

    def cells(
        self, heads: Sequence[str], rows: Sequence[Sequence[str | Flowable | Sequence[Flowable]]], widths: Sequence[float], *,
        shades: Sequence[tuple[int, int, str]] = (),
    ) -> Flowable:  # fmt: skip
        return table([[self.text[h] for h in heads], *rows], widths, self.look, shades=shades)

    # ------------------------------------------------------------------ front

    def cover(self) -> list[Flowable]:
        it, lang = self.it, self.it.lang
        plain = self.look["cell"].but(size=10, leading=15.5)
        rows = [[[para(label, plain.but(bold=True))], [para(value, plain)]] for label, value in it.cover]
        facts = Grid(rows, (150, STANDING - 150), heads=0, lines=True, shades={(n, 0): "#eef1f4" for n in range(len(rows))},
                     rule="#b8c0c8", head="#eef1f4")  # fmt: skip
        badge = f"{self.text['verdict']}{'：' if lang == 'zh' else ': '}{it.verdict.label(lang)}"
        return [
            Spacer(1, 90), para(self.text["title"], self.look["cover"]), para(it.site_name, self.look["title"].but(bold=False)),
            Spacer(1, 16), _Badge(badge, it.verdict, STANDING), Spacer(1, 22), facts, Spacer(1, 14),
            self.body(self.text["disclaimer"], "small"),
        ]  # fmt: skip

    def summary(self) -> list[Flowable]:
        it, lang = self.it, self.it.lang
        rows, shades = [], []
        for n, tally in enumerate(it.tallies, 1):
            counts = tally.counts
            rows.append([
                tally.rule.article, tally.rule.title(lang), tally.rule.severity.label(lang), tally.verdict.label(lang),
                *(str(counts[v]) if counts[v] else "" for v in
                  (Verdict.FAIL, Verdict.INDETERMINATE, Verdict.NOT_MEASURED, Verdict.PASS)),
            ])  # fmt: skip
            mild = tally.verdict is Verdict.FAIL and tally.rule.severity is not Severity.MANDATORY
            ground = _GROUND["indeterminate"] if mild else _GROUND.get(tally.verdict.value, "")
            shades += [(3, n, ground)] if ground else []
        heads = ("article", "rule", "severity", "worst", "n_fail", "n_open", "n_unmeasured", "n_pass")
        grid = self.cells(heads, rows, (82, 137, 34, 62, 42, 46, 42, 38) if lang == "zh" else (82, 133, 50, 62, 28, 52, 50, 26), shades=shades)
        colon, stop = ("：", "。") if lang == "zh" else (": ", ".")
        lead = f"{it.site_name}{colon}{it.verdict.label(lang)}{stop}"
        counts_row = dict(it.cover)[self.text["counts"]]
        more = [] if it.open else [self.body(self.text["nothing_fails"])]
        passing = it.audit.summary["counts"]["pass"]
        return [
            self.h1("h_summary"), self.body(lead), self.body(f"{counts_row}{stop}"), *more,
            grid, self.body(self.text["passes"].format(n=passing), "small"),
        ]  # fmt: skip

    def map(self) -> list[Flowable]:
        it = self.it
        from PIL import Image as Picture  # noqa: PLC0415

        path = self.folder / "map.png"
        map_png(it.audit, path, plan=it.plan, lang=it.lang, width_px=_MAP_PX, height_share=(_LOW - 34) / WIDE)
        with Picture.open(path) as picture:
            wide, high = picture.size
            # a quarter of the size, and no difference to be seen: the map has few colours
            picture.convert("RGB").quantize(160).save(path)
        scale = min(WIDE / wide, (_LOW - 34) / high)
        return [self.h1("h_map"), Image(str(path), wide * scale, high * scale)]

    def findings(self) -> list[Flowable]:
        it = self.it
        rows: list[list[object]] = []
        shades = []
        dense = self.look["cell"].but(size=7.5, leading=10.2)
        grey = dense.but(colour="#5b6570")
        for n, line in enumerate(it.lines, 1):
            what = [para(short(line.message, 300), dense), *([para(line.concerned, grey)] if line.concerned else [])]
            rest = (line.measured, line.required, line.margin, joined(line.place), f"{line.severity}\n{line.verdict}")
            rows.append([
                para(str(line.number), dense), para(f"{line.article}\n{line.title}", dense), what, *(para(t, dense) for t in rest),
            ])  # fmt: skip
            mild = line.finding.verdict is Verdict.FAIL and line.finding.severity is not Severity.MANDATORY
            ground = _GROUND["indeterminate"] if mild else _GROUND.get(line.finding.verdict.value, "")
            shades += [(7, n, ground)] if ground else []
        heads = ("no", "article", "what", "measured", "required", "margin", "place", "verdict_col")
        fixed = (26, 114, 50, 54, 52, 148, 58)
        widths = (*fixed[:2], WIDE - sum(fixed), *fixed[2:])
        told = [self.text["numbers"], self.text["down"]]
        told += [self.text["surveyor"].format(crs=it.crs)] if it.audit.site.placed else [self.text["unplaced"]]
        return [
            self.h1("h_findings"), self.body((" " if it.lang == "en" else "").join(told), "small"),
            self.cells(heads, rows, widths, shades=shades),
        ]  # fmt: skip

    # ------------------------------------------------------------------ what is behind the findings

    def articles(self) -> list[Flowable]:
        if not self.it.articles:
            return []
        parts = [self.h1("h_articles")]
        for head, body in self.it.articles:
            title, _, source = head.partition("\n")
            parts += [para(title, self.look["h2"].but(outline=-1))]
            for label, quote in body:
                parts += [self.body(label, "small")] if label else []
                parts.append(self.body(quote, "quote"))
            parts += [self.body(f"—— {source}", "small")] if source else []
        return parts

    def figures(self) -> list[Flowable]:
        it, text = self.it, self.text
        if not it.open:
            return []
        if not it.figures:
            return [self.h1("h_figures"), self.body(text["figures_none"])]
        pens, shown = Figures(it.content), it.figures[:MOST_FIGURES]
        parts = [CondPageBreak(SIZE[1] + 150), self.h1("h_figures"), self.body(text["figures_key"], "small")]
        if len(it.figures) > len(shown):
            parts.append(self.body(text["figures_few"].format(n=len(shown), of=len(it.figures))))
        name, more = self.look["cell"].but(bold=True, after=1), self.look["cell"].but(colour="#5b6570")
        blocks: list[list[Flowable]] = []
        for line, others in shown:
            same = text["more_at_place"].format(n=numbers_in_short(others)) if others else ""
            heading = f"{line.number}　{line.title}" if it.lang == "zh" else f"{line.number}  {line.title}"
            where = [p for p in line.place[:1] if line.finding.lane_id is not None]
            where += [p for p in line.place if p.startswith("X=")]
            blocks.append([
                para(heading + same, name), Drawing(pens.scene(line.finding)),
                para("　".join(
                    f"{text[key]} {value}".replace(" ", "\u00a0")
                    for key, value in (("measured", line.measured), ("required", on_one_line(line.required, it.lang)), ("margin", line.margin))
                ), more),
                *(para(part, more) for part in where),
            ])  # fmt: skip
        for left, right in zip(blocks[::2], [*blocks[1::2], []], strict=False):
            rows = [[left, right]]
            cell = SIZE[0] + 7
            parts.append(Grid(rows, (cell, cell), heads=0, lines=False, shades={}, rule="#ffffff", head="#ffffff"))
        return parts

    def profiles(self) -> list[Flowable]:
        it, text = self.it, self.text
        lanes = lanes_charted(it.content)
        if not lanes:
            return []
        shown = lanes[:MOST_PROFILES]
        parts = [self.h1("h_profiles")]
        if len(lanes) > len(shown):
            parts.append(self.body(text["profiles_few"].format(n=len(shown), of=len(lanes))))
        for lane in shown:
            scene = profile(it.content, lane)
            card = it.content.cards[it.content.find("lanes", lane)]
            parts += [
                CondPageBreak(scene.height + 26), para(short(card.title, 80), self.look["cell"].but(bold=True, before=6, size=9)),
                Drawing(scene),
            ]  # fmt: skip
        return parts

    def remedies(self) -> list[Flowable]:
        it, text = self.it, self.text
        if not it.open:
            return []
        parts = [self.h1("h_remedies")]
        rows = it.remedies_at_once[:MOST_REMEDIES]
        if rows:
            parts += [self.body(f"{it.disc_sentence}{'' if it.lang == 'zh' else ' '}{text['remedy_shared']}", "small")]
            if len(it.remedies_at_once) > len(rows):
                parts.append(self.body(text["remedy_few"].format(n=len(rows), of=len(it.remedies_at_once))))
            told = [[short(target, 400), short(words, 600), state, width] for target, words, state, width in rows]
            parts.append(self.cells(("target", "remedy", "state", "result"), told, (104, STANDING - 104 - 74 - 54, 74, 54)))
        else:
            parts.append(self.body(text["remedy_none"]))
        return [*parts, self.body(f"{text['parking']}{it.parking}")] if it.parking else parts

    def reach(self) -> list[Flowable]:
        it, text = self.it, self.text
        if not len(it.audit.buildings):
            return []
        missing = len(it.audit.buildings) - len(it.reach)
        parts = [self.h1("h_reach")]
        if it.reach:
            parts.append(self.body(text["reach_text"].format(distance=f"{it.audit.site.config.access_distance_m:g}"), "small"))
            heads = ("building", "widest", "by_entrance", "governed", "verdict_col")
            parts.append(self.cells(heads, it.reach, (92, 66, 62, STANDING - 92 - 66 - 62 - 50, 50)))
        else:
            parts.append(self.body(text["reach_none"]))
        return [*parts, self.body(text["reach_missing"].format(n=missing), "small")] if missing else parts

    def unmeasured(self) -> list[Flowable]:
        rows = [[row["a"], row["t"], short_lines(row["w"])] for row in self.it.unmeasured]
        if not rows:
            return [self.h1("h_unmeasured"), self.body(self.text["unmeasured_none"])]
        return [self.h1("h_unmeasured"), self.cells(("article", "rule", "why"), rows, (84, 104, STANDING - 188))]

    def vehicle(self) -> list[Flowable]:
        if not self.it.audit.site.config.vehicle or self.it.audit.tracking:
            return []
        return [self.h1("h_vehicle"), self.body(self.text["vehicle_text"])]

    # ------------------------------------------------------------------ what it rests on

    def rules(self) -> list[Flowable]:
        lang, text = self.it.lang, self.text
        rows = []
        for rule in self.it.audit.rules:
            limit = requirement(rule, lang) if rule.comparator != "none" else text["none"]
            rows.append([
                rule.article, rule.title(lang), limit, rule.severity.label(lang), text["yes" if rule.measured else "no_value"],
                open_parameters(rule, lang) or text["none"],
            ])  # fmt: skip
        sources = list(dict.fromkeys(instrument(rule) for rule in self.it.audit.rules))
        heads = ("article", "rule", "limit", "severity", "judged", "open_params")
        return [
            self.h1("h_rules"), *(self.body(source) for source in sources),
            self.cells(heads, rows, (80, 112, 42, 30, 34, STANDING - 298) if lang == "zh" else (80, 104, 52, 50, 38, STANDING - 324)),
        ]  # fmt: skip

    def data(self) -> list[Flowable]:
        it, text = self.it, self.text
        site = it.audit.site
        rows = [[short(path), short(layers, 400) or text["none"], digest] for path, layers, digest in files(site, it.lang)]
        parts = [self.h1("h_data"), self.cells(("file", "layer_rows", "sha"), rows, (96, STANDING - 96 - 164, 164))]
        if site.notes:
            told = [[short(layer_name(n.layer, it.lang), 40) if n.layer else text["none"], short(clean(n.text(it.lang)), 400)] for n in site.notes[:MOST_NOTES]]
            parts.append(self.cells(("layer", "note"), told, (100, STANDING - 100)))
            if len(site.notes) > MOST_NOTES:
                parts.append(self.body(text["more_notes"].format(n=len(site.notes) - MOST_NOTES), "small"))
        return parts

    def method(self) -> list[Flowable]:
        rows = [[label, value] for label, value in self.it.method]
        return [self.h1("h_method"), self.body(self.text["method"]), table(rows, (104, STANDING - 104), self.look, heads=0)]

    def signatures(self) -> list[Flowable]:
        text = self.text
        blank = Style("sign", 10.5, 15)
        rows = [[[para(text["inspector"], blank), Spacer(1, 44)], [para(text["inspected"], blank), Spacer(1, 44)]],
                [[para(f"{text['sign_date']}{text['sign_day']}", blank), Spacer(1, 12)]] * 2]  # fmt: skip
        block = Grid(rows, (STANDING / 2, STANDING / 2), heads=0, lines=True, shades={}, rule="#7b8794", head="#ffffff")
        return [CondPageBreak(150), self.h1("h_sign"), block]


def short_lines(text: str, longest: int = 300) -> str:
    """Return each line of a text cut where it is very long."""
    return "\n".join(short(line, longest) for line in text.split("\n"))
