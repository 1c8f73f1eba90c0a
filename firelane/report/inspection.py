"""What an inspection report says, gathered once for all its editions: plain texts, nothing measured here."""

from __future__ import annotations

import re
import sys
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from firelane import crs as crs_tools
from firelane.findings import gravest_first, to_look_at
from firelane.remedy.words import DISC
from firelane.report.figures import drawn
from firelane.report.numbers import round_up
from firelane.report.words import MANAGERS, words
from firelane.rules.listing import requirement
from firelane.site.credit import credit
from firelane.vocabulary import Severity, SiteVerdict, Verdict
from firelane.webmap import results
from firelane.webmap.gather import gather
from firelane.webmap.texts import measured, metres

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from firelane.auditing import Audit
    from firelane.findings import Finding
    from firelane.markings.plan import MarkingPlan
    from firelane.rules.model import Rule
    from firelane.vocabulary import Lang

LONGEST = 160
"""A name or an id in a table is cut to so many characters."""
_INSTRUMENT = re.compile(r"《[^》]*》（[^）]*）")
_OPEN = (Verdict.FAIL, Verdict.INDETERMINATE)
_CAP_M = 8.0
_MOST_CONCERNED = 4


@dataclass(frozen=True)
class Line:
    """One finding as the report tells it: texts only.

    ``number`` is that of map and drawing; ``concerned`` names the things by the names that people gave them.
    """

    number: int
    finding: Finding
    article: str
    title: str
    message: str
    measured: str
    required: str
    margin: str
    place: tuple[str, ...]
    concerned: str
    severity: str
    verdict: str


@dataclass(frozen=True)
class Tally:
    """One rule and how its subjects were judged."""

    rule: Rule
    verdict: Verdict
    counts: Mapping[Verdict, int]


class Inspection:
    """Everything that the editions of one report say.

    Parameters
    ----------
    audit : Audit
    plan : MarkingPlan, optional
        Then the map shows the planned markings as well.
    lang : {"zh", "en"}
    date : date, optional
        Day of the inspection; left to be filled in where none is given.
    """

    def __init__(
        self, audit: Audit, plan: MarkingPlan | None = None, lang: Lang = "zh", date: dt.date | None = None
    ) -> None:
        self.audit, self.plan, self.lang, self.date = audit, plan, lang, date
        self.words = words(lang)
        gathered = gather(audit, plan, lang)
        self.content, self._rows = gathered.content, gathered.findings
        self.rules: dict[str, Rule] = {rule.rule_id: rule for rule in audit.rules}

    # ------------------------------------------------------------------ the whole

    @property
    def site_name(self) -> str:
        """The site's name, else its id, on one line."""
        return short(self.audit.site.name or self.audit.site.id or self.words["unnamed"], 80)

    @property
    def verdict(self) -> SiteVerdict:
        """Of the whole site."""
        return SiteVerdict(self.audit.summary["verdict"])

    @cached_property
    def cover(self) -> list[tuple[str, str]]:
        """Label and value of each line on the cover."""
        text, site, config = self.words, self.audit.site, self.audit.site.config
        summary = self.audit.summary
        counts = dict(summary["counts"])
        counts["mandatory"] = sum(
            f.verdict is Verdict.FAIL and f.severity is Severity.MANDATORY for f in self.audit.findings
        )
        manager = short(config.manager or "")
        kind = MANAGERS.get(config.manager_kind or "", ("", ""))[0 if self.lang == "zh" else 1]
        party = "：".join(p for p in (kind, manager) if p) if self.lang == "zh" else ": ".join(p for p in (kind, manager) if p)
        instruments = list(dict.fromkeys(instrument(rule) for rule in self.audit.rules))
        rows = [
            (text["site"], self.site_name),
            (text["site_id"], short(site.id) if short(site.id) != self.site_name else ""),
            (text["district"], short(config.district or "")),
            (text["instrument"], "\n".join(instruments)),
            (text["manager"], party or text["manager_unknown"]),
            (text["length"], text["length_value"].format(
                n=len(self.audit.lanes), length=f"{summary['lane_length_m']:.1f}", judged=f"{summary['judged_length_m']:.1f}",
            )),
            (text["counts"], text["counts_value"].format(**counts)),
            (text["data_date"], config.surveyed_on.isoformat() if config.surveyed_on else text["not_provided"]),
            (text["date"], self.date.isoformat() if self.date else text["sign_day"]),
        ]  # fmt: skip
        return [(label, value) for label, value in rows if value]

    @cached_property
    def tallies(self) -> list[Tally]:
        """Every rule with its worst verdict and its counts, in the order of the catalogue."""
        found: list[Tally] = []
        for rule in self.audit.rules:
            own = [f.verdict for f in self.audit.findings if f.rule_id == rule.rule_id]
            verdict = Verdict(self.audit.summary["by_rule"][rule.rule_id])
            found.append(Tally(rule, verdict, {v: own.count(v) for v in Verdict}))
        return found

    # ------------------------------------------------------------------ findings

    @cached_property
    def every_line(self) -> list[Line]:
        """Every finding, the gravest first; those without a number on the map have 0."""
        lines, count = [], 0
        for finding in gravest_first(self.audit.findings):
            numbered = to_look_at(finding)
            count += numbered
            lines.append(self._line(count if numbered else 0, finding))
        return lines

    @cached_property
    def lines(self) -> list[Line]:
        """What fails, is in doubt, or somebody has to look at."""
        return [line for line in self.every_line if line.number]

    @property
    def open(self) -> bool:
        """Whether anything fails or is in doubt."""
        return any(line.finding.verdict in _OPEN for line in self.lines)

    @cached_property
    def figures(self) -> list[tuple[Line, list[int]]]:
        """What is drawn, the gravest first, each with the numbers of findings about the same gap."""
        groups: dict[tuple[Any, ...], list[Line]] = {}
        for line in self.lines:
            if drawn(line.finding):
                groups.setdefault(self._gap(line.finding), []).append(line)
        return [(lines[0], [line.number for line in lines[1:]]) for lines in groups.values()]

    @cached_property
    def _narrowest(self) -> dict[tuple[str, float], str]:
        """(owner, width to 1e-5 m) → pinch: a thing's finding and its lane's are about one gap."""
        table = self.audit.pinches
        return {
            (owner, round(float(width), 5)): str(pinch)
            for pinch, width, owners in zip(table["pinch_id"], table["width_m"], table["owners"], strict=True)
            for owner in owners
        }

    def _gap(self, finding: Finding) -> tuple[Any, ...]:
        if finding.pinch_id is not None:
            return (finding.quantity is not None, finding.pinch_id)
        if finding.quantity.value == "obstruction" and finding.value is not None and finding.owners:
            pinch = self._narrowest.get((finding.owners[0], round(finding.value, 5)))
            if pinch is not None:
                return (True, pinch)
        return (finding.finding_id,)

    def _line(self, number: int, finding: Finding) -> Line:
        rule = self.rules.get(finding.rule_id)
        text, lang = self.words, self.lang
        value = finding.value is not None and bool(finding.unit)
        return Line(
            number=number, finding=finding, article=finding.article,
            title=rule.title(lang) if rule else finding.quantity.label(lang),
            message=clean(finding.message(lang)),
            measured=measured(finding.value, finding.unit, rule, lang)
            if value or finding.verdict is Verdict.NOT_MEASURED else text["none"],
            required=self._required(finding, rule), margin=self._margin(finding),
            place=tuple(self._place(finding)), concerned=self._concerned(finding), severity=finding.severity.label(lang), verdict=finding.verdict.label(lang),
        )  # fmt: skip

    def _required(self, finding: Finding, rule: Rule | None) -> str:
        """Return what the rule asks for; where its figure is the place's own, that figure below."""
        if rule is None or rule.comparator == "none":
            return self.words["none"]
        asked = requirement(rule, self.lang)
        limit = finding.threshold
        if rule.threshold is not None or limit is None or not finding.unit or not _falls_short(finding):
            return asked
        return f"{asked}\n≥ {round_up(limit)} {finding.unit}" if finding.unit == "m" else asked

    def _margin(self, finding: Finding) -> str:
        """Return the margin; none beside a failure that is not one of the figure (paint in the wrong place)."""
        if finding.margin is None or not finding.unit or (finding.verdict is Verdict.FAIL and not _falls_short(finding)):
            return self.words["none"]
        return measured(finding.margin, finding.unit, None, self.lang).replace("-", "−")

    def _concerned(self, finding: Finding) -> str:
        """Return the things concerned that have names of their own; the others stand in the message by their ids."""
        named = [short(self.content.owner(label)[0], 40) for label in finding.owners]
        named = [name for name in dict.fromkeys(named) if name.endswith(("）", ")"))]
        more = len(named) - _MOST_CONCERNED
        told = ("、" if self.lang == "zh" else ", ").join(named[:_MOST_CONCERNED])
        told += self.words["and_more"].format(n=more) if more > 0 else ""
        return self.words["owners"].format(owners=told) if told else ""

    def _place(self, finding: Finding) -> list[str]:
        text, parts = self.words, []
        first = []
        if finding.lane_id is not None:
            first.append(text["at_lane"].format(lane=short(finding.lane_id, 40)))
        if finding.chainage_m is not None:
            start, end = (f"{m:.1f}" for m in finding.chainage_m)
            first.append(text["at_chainage"].format(value=start if start == end else f"{start}–{end}"))
        for layer, ident in (("buildings", finding.building_id), ("entrances", finding.entrance_id)):
            number = self.content.find(layer, ident)
            if ident is not None:
                card = self.content.cards[number] if number >= 0 else None
                first.append(short(f"{card.kind} {card.title}" if card else ident, 60))
        parts += [" ".join(first)] if first else []
        if finding.location is not None:
            east, north = finding.location
            parts.append(text["xy"].format(north=f"{north:.3f}", east=f"{east:.3f}"))
            degrees = self.degrees(finding)
            if degrees is not None:
                parts.append(text["lonlat"].format(lon=f"{degrees[0]:.7f}", lat=f"{degrees[1]:.7f}"))
        return parts or [text["no_place"]]

    def degrees(self, finding: Finding) -> tuple[float, float] | None:
        """Return WGS 84 longitude and latitude; None where the site is not placed."""
        if finding.lonlat is not None or finding.location is None or not self.audit.site.placed:
            return finding.lonlat
        lon, lat = (float(v) for v in crs_tools.to_lonlat(finding.location, self.audit.site.crs))
        return lon, lat

    # ------------------------------------------------------------------ the rest

    @cached_property
    def articles(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """(Article and source, quotations) of each sentence that something fails or leaves open."""
        quoted: dict[tuple[str, str], list[tuple[str, str]]] = {}
        ids = {f.rule_id for f in self.audit.findings if f.verdict in _OPEN}
        for rule in self.audit.rules:
            if rule.rule_id not in ids:
                continue
            heading = self.words["verbatim" if rule.verbatim else "not_verbatim"]
            body = quoted.setdefault((f"{rule.article} · {heading}", rule.source), [])
            if rule.text_zh not in {text for _, text in body}:
                body.append(("", rule.text_zh))
                if self.lang == "en" and rule.text_en:
                    body.append((self.words["translation"], rule.text_en))
        return [(f"{head}\n{source}" if source else head, body) for (head, source), body in quoted.items()]

    @cached_property
    def remedies(self) -> list[tuple[str, str, str, str]]:
        """Target, what to do, how far that is proven, width then."""
        return [(short(f"{kind} {name}".strip(), 80), told, state, then) for kind, name, told, state, then in self._remedies]

    @cached_property
    def remedies_at_once(self) -> list[tuple[str, str, str, str]]:
        """The remedies, those of one wording in one row that names all its targets."""
        groups: dict[tuple[str, ...], dict[str, list[str]]] = {}
        for kind, name, *rest in self._remedies:
            groups.setdefault(tuple(rest), {}).setdefault(kind, []).append(short(name, 60))
        comma = "、" if self.lang == "zh" else ", "
        rows = []
        for (told, state, then), targets in groups.items():
            parts = (f"{kind} {comma.join(dict.fromkeys(names))}".strip() for kind, names in targets.items())
            rows.append((comma.join(parts), told, state, then))
        return rows

    @cached_property
    def _remedies(self) -> list[tuple[str, str, str, str, str]]:
        text, rows = self.words, []
        shared = DISC[0 if self.lang == "zh" else 1]
        for row in self.audit.remedies:
            layer = {"lane": "lanes", "building": "buildings"}.get(row["target_kind"], "")
            number = self.content.find(layer, row["target"])
            card = self.content.cards[number] if number >= 0 else None
            kind, target = (card.kind, card.title) if card else ("", str(row["target"]))
            if row["target_kind"] == "all":
                kind, target = "", text["all_targets"]
            width = row.get("resulting_width_m")
            told = clean(str(row[f"text_{self.lang}"]).replace(shared, "").strip())
            then = text["or_more"] if width is not None and width >= _CAP_M else metres(width, self.lang) if width is not None else ""
            rows.append((kind, target, told, self._state(row), then or text["none"]))
        return rows

    def _state(self, row: Mapping[str, Any]) -> str:
        text = self.words
        if row["action"] in ("move_kerb", "none"):
            return text["kerb" if row["action"] == "move_kerb" else "insufficient"]
        if row["action"] == "shift":
            return text["shift" if row["proven"] else "unproven"]
        if row["proven"]:
            return text["proven"]
        if row["lower_bound"] is not None:
            return text["bound"].format(bound=f"{row['lower_bound']:g}")
        return text["unproven"]

    @property
    def disc_sentence(self) -> str:
        """What every remedy rests on."""
        return DISC[0 if self.lang == "zh" else 1]

    @property
    def parking(self) -> str:
        """How many of the planned bays can stay; empty where none is planned."""
        if self.audit.parking is None:
            return ""
        return clean(str(self.audit.parking[f"text_{self.lang}"]).replace(self.disc_sentence, "").strip())

    @cached_property
    def reach(self) -> list[tuple[str, str, str, str, str]]:
        """Buildings whose reach was measured, the least first: name, widest vehicle, entrance, what limits it, verdict."""
        text = self.words
        owners = dict(zip(self.audit.pinches["pinch_id"], self.audit.pinches["owners"], strict=True))
        found = []
        for row in self.audit.buildings.itertuples():
            if row.widest_vehicle_m is None or not np.isfinite(row.widest_vehicle_m):
                continue
            card = self.content.find("buildings", row.building_id)
            name = self.content.cards[card].title if card >= 0 else str(row.building_id)
            value = float(row.widest_vehicle_m)
            said = text["or_more"] if value >= _CAP_M else text["no_way"] if value == 0 else metres(value, self.lang)
            entrance = self.content.find("entrances", row.entrance_id) if isinstance(row.entrance_id, str) else -1
            limits = owners.get(row.governing_pinch_id, ()) if isinstance(row.governing_pinch_id, str) else ()
            by = ("、" if self.lang == "zh" else ", ").join(short(self.content.owner(o)[0], 40) for o in limits[:3])
            found.append((value, str(row.building_id), (
                short(name, 60), said, short(self.content.cards[entrance].title, 40) if entrance >= 0 else text["none"],
                by or text["none"], Verdict(row.verdict).label(self.lang),
            )))  # fmt: skip
        return [row for _, _, row in sorted(found, key=lambda entry: (round(entry[0], 6), entry[1]))]

    @property
    def unmeasured(self) -> list[dict[str, str]]:
        """Rules with something not measured: title ``t``, article ``a`` and why ``w``."""
        return results.unmeasured(self.content, self.words["more_alike"])

    @cached_property
    def method(self) -> list[tuple[str, str]]:
        """Program, coordinate system, accuracy, licence of the data."""
        text, site = self.words, self.audit.site
        config = site.config
        accuracy = metres(config.accuracy_m, self.lang) if config.accuracy_m > 0 else text["accuracy_none"]
        layers = [f"{short(k, 40)} {metres(v, self.lang)}" for k, v in sorted({**site.coarse_m, **config.layer_accuracy_m}.items())]
        rows = [
            # the root module is loaded, but to import it would point upwards
            (text["program"], f"firelane {sys.modules['firelane'].__version__}"),
            (text["crs"], self.crs),
            (text["accuracy"], "\n".join([accuracy, *layers])),
            (text["credit"], credit(site, self.lang)),
        ]
        return [(label, value) for label, value in rows if value]

    @property
    def crs(self) -> str:
        """The coordinate system in words."""
        site = self.audit.site
        return crs_tools.label(site.crs, self.lang) if site.placed else self.words["unplaced"]


def instrument(rule: Rule) -> str:
    """Return the instrument without the article."""
    found = _INSTRUMENT.match(rule.source)
    return found[0] if found else rule.source


def _falls_short(finding: Finding) -> bool:
    return finding.margin is not None and finding.margin < 0


def clean(text: str) -> str:
    """Return text without control characters, line ends kept."""
    return "".join(c if c == "\n" or unicodedata.category(c)[0] != "C" else " " for c in text)


def short(text: str, longest: int = LONGEST) -> str:
    """Return a name on one line, cut where it is very long."""
    line = " ".join(clean(text).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def joined(parts: Sequence[str]) -> str:
    """Return parts of a cell, one on each line."""
    return "\n".join(parts)
