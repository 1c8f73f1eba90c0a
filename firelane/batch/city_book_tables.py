"""The sheets of the city's workbook out of ``summary.json`` and ``sites.parquet``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from firelane.batch.city_book_rules import rules_at_hand
from firelane.batch.city_book_sheets import MAX_LINKS, Link, Sheet
from firelane.batch.city_book_words import words
from firelane.batch.model import FailureKind
from firelane.batch.quality import MARKS, criteria
from firelane.markings.spreadsheet import Column
from firelane.rules import Rule, requirement
from firelane.vocabulary import Lang, Severity, SiteVerdict, Verdict, rounded_down

Row = Mapping[str, Any]

SITE_COLUMNS = (
    "site_id", "name", "district", "manager", "status", "verdict", "rank", "failure_kind", "failure_zh", "failure_en", "fails",
    "mandatory_fails", "advisory_fails", "indeterminate", "not_measured", "lanes", "lane_length_m", "length_fail_m",
    "length_indeterminate_m", "length_not_measured_m", "min_clear_width_m", "min_width_lane_id", "min_width_owners",
    "min_clear_height_m", "buildings", "buildings_unreached", "quality", "quality_zh", "quality_en", "layers_surveyed",
    "layers_missing", "mended", "left_out", "accuracy_m", "surveyed_on", "crs", "placed", "lon", "lat", "shown", "folder", "map",
)  # fmt: skip
"""Columns of ``sites.parquet`` that the workbook shows."""

_RANKED = (
    "rank", "name", "verdict", "length_fail_m", "lane_length_m", "mandatory_fails", "buildings_unreached", "min_clear_width_m",
    "min_clear_height_m", "quality", "district", "manager",
)  # fmt: skip
_FURTHER = (
    "length_indeterminate_m", "length_not_measured_m", "advisory_fails", "indeterminate", "not_measured", "min_width_lane_id",
    "min_width_owners", "buildings",
)  # fmt: skip
_AFTER = ("site_id", "source", "lon", "lat")
_TITLES = {"quality": "quality_mark"}
_FORMS = {
    "min_clear_width_m": "0.000", "min_clear_height_m": "0.000", "accuracy_m": "0.000", "lon": "0.000000", "lat": "0.000000",
    **dict.fromkeys(("length_fail_m", "lane_length_m", "length_indeterminate_m", "length_not_measured_m"), "#,##0.0"),
}  # fmt: skip
_DOWN = frozenset({"min_clear_width_m", "min_clear_height_m"})
_KM, _COUNT, _SHARE = "#,##0.000", "#,##0", "0.0%"
_FINDINGS = {
    Verdict.FAIL: "fails", Verdict.INDETERMINATE: "indeterminate", Verdict.NOT_MEASURED: "not_measured", Verdict.PASS: "passes",
    Verdict.NOT_APPLICABLE: "not_applicable",
}  # fmt: skip
_SITE_ORDER = (SiteVerdict.FAIL, SiteVerdict.INDETERMINATE, SiteVerdict.INCOMPLETE, SiteVerdict.PASS)
_RED, _YELLOW, _GREY, _GREEN = "F4C7C3", "FFF2CC", "E3E3E3", "D3EADD"
_MARK_LOOKS = {"A": _GREEN, "D": _YELLOW, "E": _RED}
_DRAWINGS = ("markings.pdf", "markings.dxf")


class CityTables:
    """The sheets of one city in one language."""

    def __init__(self, summary: Mapping[str, Any], rows: Sequence[Row], lang: Lang, rules: Sequence[Rule] = ()) -> None:
        self.summary, self.lang, self.words = summary, lang, words(lang)
        self.totals: Mapping[str, Any] = summary["totals"]
        last = len(rows) + 1
        self.rows = sorted(rows, key=lambda r: (last if r["rank"] is None else int(r["rank"]), str(r["site_id"])))
        self.rules = rules_at_hand(summary, known=rules)

    def sheets(self) -> Iterator[Sheet]:
        """Yield the sheets in order."""
        yield self.overview()
        yield self.ranking()
        yield self.groups("districts", "district", self.summary["by_district"])
        yield self.groups("managers", "manager", self.summary["by_manager"])
        yield self.articles()
        yield self.not_done()
        yield self.quality()
        yield self.notes()

    # -------------------------------------------------------------- totals

    def overview(self) -> Sheet:
        """Return the totals of the city; every site is in those of sites."""
        text, totals = self.words, self.totals
        sites, length, findings = totals["sites"], totals["lane_length_m"], totals["findings"]
        rows: list[list[Any]] = [self._head("sites_head")]
        rows += [self._line(v.label(self.lang), totals["sites_by_verdict"][v.value], sites) for v in _SITE_ORDER]
        rows += [self._line(text[key], totals[key], sites) for key in ("failed", "not_run")]
        rows += [self._line(text["total"], sites, sites), [None] * 4, self._head("lengths_head")]
        order = [v for v in _FINDINGS if totals["length_by_verdict_m"][v.value] or totals["lanes_by_verdict"][v.value]]
        for v in order:
            here = totals["length_by_verdict_m"][v.value]
            rows.append([v.label(self.lang), totals["lanes_by_verdict"][v.value], _part(here, length), here / 1000])
        rows.append([text["total"], totals["lanes"], _part(length, length), length / 1000])
        rows.append([text["judged"], None, _part(totals["judged_length_m"], length), totals["judged_length_m"] / 1000])
        rows += [[None] * 4, self._head("findings_head")]
        rows += [self._line(v.label(self.lang), totals["findings_by_verdict"][v.value], findings) for v in _FINDINGS]
        rows += [self._line(text["total"], findings, findings), [None] * 4, self._head("severity_head")]
        fails = totals["findings_by_verdict"][Verdict.FAIL.value]
        weights = (totals["mandatory_fails"], totals["advisory_fails"])
        for severity, number in zip(Severity, (*weights, fails - sum(weights)), strict=True):
            rows.append(self._line(severity.label(self.lang), number, fails))
        rows.append([text["subjects"], totals["subjects_failed"], None, None])
        rows += [[None] * 4, self._head("buildings_head")]
        unsure = totals["buildings_indeterminate"] + totals["buildings_not_measured"]
        for key, number in (("reached", totals["buildings_reached"]), ("unreached", totals["buildings_unreached"]), ("reach_open", unsure)):
            rows.append(self._line(text[key], number, totals["buildings"]))
        rows += [self._line(text["total"], totals["buildings"], totals["buildings"]), [None] * 4, self._head("quality_head")]
        rows += [self._line(mark, totals["quality"][mark], sites) for mark in MARKS]
        rows.append(self._line(text["none_mark"], totals["quality"]["none"], sites))
        if self.summary["failed_by_kind"]:
            rows += [[None] * 4, self._head("failed_head")]
            rows += [[row[self.lang], row["sites"], None, None] for row in self.summary["failed_by_kind"]]
        columns = [Column(text["item"]), Column(text["number"], _COUNT), Column(text["share"], _SHARE), Column(text["length_km"], _KM)]
        return Sheet(text["overview"], columns, rows, (), self._remarks(), filtered=False)

    def _head(self, key: str) -> list[Any]:
        return [f"【{self.words[key]}】" if self.lang == "zh" else f"[{self.words[key]}]", None, None, None]

    def _line(self, name: str, number: int, whole: int) -> list[Any]:
        return [name, number, _part(number, whole), None]

    def _remarks(self) -> list[str]:
        text, totals = self.words, self.totals
        remarks = []
        if left := totals["sites"] - totals["done"]:
            remarks.append(text["open_sums"].format(n=left))
        for key in ("width", "height"):
            least = totals[f"min_clear_{key}"]
            if least is not None:
                name = str(least["name"] or least["site_id"])
                remarks.append(text[f"least_{key}"].format(value=rounded_down(least["value_m"]), name=name[:60]))
        return remarks

    # -------------------------------------------------------------- sites

    def ranking(self) -> Sheet:
        """Return all sites, the worst first; those without a rank last, with what became of them."""
        text = self.words
        links = [key for key, _ in self._links({"folder": "sites/x", "map": "x", "status": "done"})]
        head = [*_RANKED, *links, *_FURTHER, *_AFTER]
        columns = [self._column(key) for key in head]
        order = [str(row[self.lang]) for row in self.summary["ranking"]]
        source = self._source(next((row["source"] for row in self.summary["ranking"]), ""))
        remarks = [text["rank_remark"].format(source=source), *(f"{n}. {told}" for n, told in enumerate(order, 1))]
        if links:
            remarks.append(text["link_limit"].format(n=f"{MAX_LINKS:,}"))
        looks = {
            SiteVerdict.FAIL.label(self.lang): _RED, SiteVerdict.INDETERMINATE.label(self.lang): _YELLOW,
            SiteVerdict.PASS.label(self.lang): _GREEN, text["failed"]: _GREY, text["not_run"]: _GREY,
        }  # fmt: skip
        return Sheet(
            text["ranking"], columns, map(self._ranked, self.rows), (), remarks, kept=2, looks={**looks, **_MARK_LOOKS},
            coloured=[_RANKED.index("verdict"), _RANKED.index("quality")], printed=len(_RANKED),
        )  # fmt: skip

    def _ranked(self, row: Row) -> list[Any]:
        cells = [self._cell(row, key) for key in _RANKED]
        links = [Link(self.words[key], target) if target else None for key, target in self._links(row)]
        return [*cells, *links, *(self._cell(row, key) for key in (*_FURTHER, *_AFTER))]

    def _cell(self, row: Row, key: str) -> Any:
        if key == "verdict":
            return self.verdict(row)
        value = row.get("shown" if key == "source" else key)
        return float(rounded_down(value)) if key in _DOWN and value is not None else value

    def verdict(self, row: Row) -> str:
        """Return a site's verdict in words; of one that was not done, that."""
        if row["status"] != "done":
            return self.words["failed" if row["status"] == "failed" else "not_run"]
        return SiteVerdict(row["verdict"]).label(self.lang)

    def _links(self, row: Row) -> Iterator[tuple[str, str]]:
        """Yield what there is of a site: map, report, drawing, as asked for by the settings."""
        settings = self.summary["settings"]
        parts = settings["parts"]
        files = {"map": "map.html", "report": "report.pdf", "draw": _DRAWINGS[0 if settings.get("pdf") else 1]}
        folder = str(row.get("folder") or "") if row["status"] == "done" else ""
        for part, key in (("map", "map"), ("report", "report"), ("draw", "drawing")):
            if part in parts:
                there = bool(folder) and (part != "map" or bool(row.get("map")))
                yield key, quote(f"{folder}/{files[part]}", safe="/", errors="replace") if there else ""

    def _column(self, key: str, *, wrap: bool = False) -> Column:
        return Column(self.words[_TITLES.get(key, key)], _FORMS.get(key, "General"), wrap)

    def not_done(self) -> Sheet:
        """Return the sites without results, and why."""
        text = self.words
        keys = ("name", "status", "kind", "reason", "district", "manager", "site_id", "source")
        rows = []
        for row in self.rows:
            if row["status"] == "done":
                continue
            kind = row["failure_kind"]
            said = FailureKind(kind).label(self.lang) if kind in tuple(FailureKind) else kind
            rows.append([
                row["name"], self.verdict(row), said, row[f"failure_{self.lang}"], row["district"], row["manager"], row["site_id"], row["shown"],
            ])  # fmt: skip
        remarks = [] if rows else [text["all_done" if self.rows else "no_site"]]
        return Sheet(text["not_done"], [self._column(key, wrap=key == "reason") for key in keys], rows, (), remarks, kept=1)

    def quality(self) -> Sheet:
        """Return the mark of each site's input and what lowers it."""
        text = self.words
        why = f"quality_{self.lang}"
        keys = (
            "name", "quality", "why", "layers_missing", "layers_surveyed", "mended", "left_out", "accuracy_m", "surveyed_on", "crs", "placed",
            "district", "site_id",
        )  # fmt: skip
        yes = {True: text["yes"], False: text["no"], None: None}
        worst = sorted((r for r in self.rows if r["status"] == "done"), key=lambda r: (-MARKS.index(r["quality"] or "A"), str(r["site_id"])))
        rows = (
            [yes[r["placed"]] if key == "placed" else r[why] if key == "why" else r[key] for key in keys] for r in worst
        )
        numbers = {row["code"]: row["sites"] for row in self.summary["quality"]["reasons"]}
        found = [c for c in criteria() if numbers.get(c.code)]
        shown = {"n": "…", "p": "…"}
        remarks = [text["mean_criteria"].format(source=self._source(self.summary["quality"]["source"]))]
        remarks += [
            text["lowers"].format(why=(c.zh if self.lang == "zh" else c.en).format(**shown), n=numbers[c.code], mark=c.mark) for c in found
        ]
        columns = [self._column(key, wrap=key in ("why", "layers_missing", "layers_surveyed")) for key in keys]
        return Sheet(text["quality"], columns, rows, (), remarks, kept=1, looks=_MARK_LOOKS, coloured=[1], printed=9)

    def _source(self, told: Any) -> str:
        """Return where a convention comes from; our own proposals say so in the reader's language."""
        return self.words["proposed"] if str(told).startswith("proposed") else str(told)

    # -------------------------------------------------------------- groups and articles

    def groups(self, name: str, key: str, groups: Sequence[Row]) -> Sheet:
        """Return the totals of each district or manager; those with the longest failing lanes first."""
        text = self.words
        columns = [
            Column(text[key]), *(Column(text[k], _COUNT) for k in ("sites", "done", "failed", "not_run")),
            *(Column(text["sites_by"].format(verdict=v.label(self.lang)), _COUNT) for v in _SITE_ORDER),
            Column(text["total"] + " [km]", _KM),
            *(Column(text["length_by"].format(verdict=v.label(self.lang)), _KM) for v in _FINDINGS),
            *(Column(text[k], _COUNT) for k in ("mandatory_fails", "advisory_fails", "indeterminate", "not_measured", "buildings", "buildings_unreached")),
            Column(text["min_clear_width_m"], "0.000"),
        ]  # fmt: skip
        ordered = sorted(groups, key=lambda g: (-g["length_by_verdict_m"]["fail"], -g["mandatory_fails"], g[key] is None, str(g[key])))
        rows = [self._group(g, g[key] or text["not_told"]) for g in ordered]
        return Sheet(text[name], columns, rows, [self._group(self.totals, text["total"])] if rows else (), kept=1, printed=14)

    def _group(self, totals: Row, name: str) -> list[Any]:
        least = totals["min_clear_width"]
        return [
            name, *(totals[k] for k in ("sites", "done", "failed", "not_run")), *(totals["sites_by_verdict"][v.value] for v in _SITE_ORDER),
            totals["lane_length_m"] / 1000, *(totals["length_by_verdict_m"][v.value] / 1000 for v in _FINDINGS),
            totals["mandatory_fails"], totals["advisory_fails"], totals["findings_by_verdict"]["indeterminate"],
            totals["findings_by_verdict"]["not_measured"], totals["buildings"], totals["buildings_unreached"],
            None if least is None else float(rounded_down(least["value_m"])),
        ]  # fmt: skip

    def articles(self) -> Sheet:
        """Return the findings of each rule under its article, with the article's text."""
        text = self.words
        columns = [
            Column(text["article"], wrap=True), Column(text["rule"], wrap=True), Column(text["severity"]), Column(text["requirement"]),
            *(Column(v.label(self.lang), _COUNT) for v in _FINDINGS), Column(text["total"], _COUNT), Column(text["sites_failed"], _COUNT),
            Column(text["subjects_failed"], _COUNT), Column(text["text"], wrap=True), Column(text["instrument"], wrap=True),
        ]  # fmt: skip
        return Sheet(text["articles"], columns, [self._rule(row) for row in self.summary["by_rule"]], (), [text["own_texts"]], kept=1)

    def _rule(self, row: Row) -> list[Any]:
        rule = self.rules.get(row["rule_id"])
        severity = row["severity"]
        counts = [row["findings_by_verdict"][v.value] for v in _FINDINGS]
        return [
            row["article"], row[f"title_{self.lang}"], None if severity is None else Severity(severity).label(self.lang),
            None if rule is None else requirement(rule, self.lang), *counts, row["findings"], row["sites_failed"], row["subjects_failed"],
            None if rule is None else self._text(rule), None if rule is None else rule.source,
        ]  # fmt: skip

    def _text(self, rule: Rule) -> str:
        told = rule.text(self.lang)
        if self.lang == "zh" and not rule.verbatim:
            told += self.words["own_words"]
        return told if rule.measured else f"{told} {self.words['not_judged'].format(why=rule.why_not(self.lang))}"

    def notes(self) -> Sheet:
        """Return what words and marks mean, and what was noted."""
        text = self.words
        keys = (
            "mean_fail", "mean_indeterminate", "mean_incomplete", "mean_pass", "mean_not_done", "mean_mark", "widths_down", "blank",
        )  # fmt: skip
        told = [*(text[key] for key in keys), *(str(note[self.lang]) for note in self.summary["notes"])]
        return Sheet(text["notes"], [Column("", "0"), Column(text["remark"], wrap=True)], [[n, t] for n, t in enumerate(told, 1)], filtered=False)


def _part(number: float, whole: float) -> float | None:
    """Return a share; None of nothing."""
    return number / whole if whole else None
