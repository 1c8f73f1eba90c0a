"""What a notice states: findings that fail, with what was measured, and whose matter each is."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from firelane.auditing.document import document
from firelane.cases.deadlines import Unit, rules
from firelane.cases.model import Party, PartyRole, SitePlace
from firelane.cases.plates import mask_plates
from firelane.cases.routing import RoutingError, kind_of, kinds, obstruction_kind_of, parties
from firelane.remedy.telling import remedies_for
from firelane.remedy.words import listed, namer
from firelane.rules.listing import requirement
from firelane.site.credit import credit
from firelane.vocabulary import MarkKind, Quantity, Severity, Verdict, rounded_down

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from firelane.auditing import Audit
    from firelane.cases.model import Case
    from firelane.markings.plan import MarkingPlan
    from firelane.report.templates import Templates
    from firelane.rules.model import Rule
    from firelane.vocabulary import Lang

_DIGITS = "零一二三四五六七八九"
_ARTICLE = re.compile("第([一二三四五六七八九]?十?[一二三四五六七八九]?)条")
_MOST_FILES = 4
_FOLLOW = (PartyRole.INSPECTOR, PartyRole.DECIDER, PartyRole.ASSISTANT, PartyRole.SUPERVISOR)

DUTY = "第十五条第（四）项"
"""Who has a part by this article has to stop and dissuade those who occupy a lane, and to report them."""


@dataclass(frozen=True)
class Fact:
    """One row of a notice.

    Attributes
    ----------
    finding_ids : tuple of str
        Findings that it states; several where rules ask for the same at the same place.
    kind : str
        Kind of violation, key of ``routing.toml``.
    parties : tuple of Party
        Everybody who has a part in it; empty where nobody can say who is responsible, ``reason`` then tells why.
    certain : bool
        False for what lies within the accuracy, rests on a width that was told and not measured, or was not confirmed:
        it is to be looked at, not stated.
    quotes : tuple of (article, wording)
        As its rules give them.
    """

    finding_ids: tuple[str, ...]
    kind: str
    parties: tuple[Party, ...]
    reason: str
    certain: bool
    articles: tuple[str, ...]
    quotes: tuple[tuple[str, str], ...]
    message: str
    place: str
    measured: str
    required: str
    remedy: str = ""

    def responsible(self) -> tuple[Party, ...]:
        """Return who has to put it right."""
        return tuple(party for party in self.parties if party.role is PartyRole.RESPONSIBLE)

    def dutiful(self) -> tuple[Party, ...]:
        """Return who has to stop and report it (:data:`DUTY`)."""
        return tuple(p for p in self.parties if p.role is PartyRole.ASSISTANT and p.article == DUTY)

    @property
    def at_once(self) -> bool:
        """Whether its kind is to be put right at once (``deadlines.toml``): a day by which would contradict that."""
        return rules()[kinds()[self.kind].deadline].unit is Unit.AT_ONCE


def dated(facts: Sequence[Fact]) -> bool:
    """Tell whether any of them may have a day by which: not those that are to be put right at once."""
    return any(not fact.at_once for fact in facts)


def among(party: Party, others: Sequence[Party]) -> bool:
    """Tell whether a party is one of others, by its name."""
    return any(other.zh == party.zh for other in others)


def others(facts: Sequence[Fact]) -> list[Party]:
    """Return who besides the responsible has a part, each once for each role."""
    found = {(party.role, party.body): party for fact in facts for party in fact.parties if party.role in _FOLLOW}
    return sorted(found.values(), key=lambda party: _FOLLOW.index(party.role))


def facts_of(audit: Audit, texts: Templates, lang: Lang) -> list[Fact]:
    """Return what of an audit may stand in notices: what breaks a mandatory rule, and what is within the accuracy.

    What was not measured is not there, nor what is information or advice.
    """
    doc = document(audit)
    rules = {rule.rule_id: rule for rule in audit.rules}
    classes = {lane["lane_id"]: lane["class"] for lane in doc["lanes"]}
    kinds = doc["site"]["owner_kinds"]
    guessed = _of_told_width(audit)
    config = audit.site.config
    site = SitePlace(
        audit.site.id, audit.site.name, config.district or "", config.manager or "", config.manager_kind, config.managed
    )
    found: dict[tuple[str, str], Fact] = {}
    for finding, row in zip(audit.findings, doc["findings"], strict=True):
        if finding.severity is not Severity.MANDATORY or finding.verdict not in (Verdict.FAIL, Verdict.INDETERMINATE):
            continue
        place = replace(site, road_class=classes.get(finding.lane_id))
        kind = kind_of(row, obstruction_kind_of(finding.owners, kinds), site=place)
        everybody: tuple[Party, ...] = ()
        reason = ""
        try:
            everybody = parties(kind, place)
        except RoutingError as error:
            reason = error.reason(lang)
        rule = rules.get(finding.rule_id)
        certain = finding.verdict is Verdict.FAIL and not (
            finding.lane_id in guessed and finding.value is not None and finding.quantity is not Quantity.CLEAR_HEIGHT
        )
        fact = Fact(
            (finding.finding_id,), kind, everybody, reason, certain, (finding.article,),
            () if rule is None else (quote(rule, texts, lang),), mask_plates(finding.message(lang)),
            _place(row, texts, lang, placed=audit.site.placed), *figures(row, rule, texts, lang),
            remedy=_remedy(remedies_for(finding, audit.remedies), kinds, texts, lang),
        )  # fmt: skip
        key = (fact.message, fact.place)
        same = found.get(key)
        if same is not None and same.kind == fact.kind and same.certain == fact.certain:
            fact = replace(
                same, finding_ids=same.finding_ids + fact.finding_ids,
                articles=tuple(dict.fromkeys(same.articles + fact.articles)),
                quotes=tuple(dict.fromkeys(same.quotes + fact.quotes)),
            )  # fmt: skip
        found[key] = fact
    return list(found.values())


def _of_told_width(audit: Audit) -> set[str]:
    """Return the lanes on roads whose outline was drawn from a width that somebody told: nobody measured it."""
    roads = audit.site.layer("roads")
    if "derived" not in roads:
        return set()
    told = set(roads["id"][[isinstance(text, str) and bool(text) for text in roads["derived"]]])
    return {
        lane for lane, ids in zip(audit.lanes["lane_id"], audit.lanes["road_ids"], strict=True) if not told.isdisjoint(ids)
    }


def fact_of_case(case: Case, texts: Templates, lang: Lang) -> Fact:
    """Return what a case states. A report that nobody has confirmed states nothing: it is to be looked at."""
    message = mask_plates(case.message(lang) or case.title(lang))
    verdict = case.finding.get("verdict")
    certain = case.state != "detected"
    if case.finding:
        certain = verdict == Verdict.FAIL
    elif certain:
        message = texts.text("confirmed_on_site", lang, message=message)
    else:
        message = texts.text("reported", lang, source=case.source.label(lang), message=message)
    row = {
        "value": case.value, "threshold": case.threshold, "unit": case.unit, "margin": case.margin,
        "lane_id": case.finding.get("lane_id"), "lonlat": case.lonlat, "location": case.location,
    }  # fmt: skip
    article, said = case.article, texts.article(case.article, lang)
    wording = said or (case.article_text or "")
    return Fact(
        tuple(i for i in [case.finding.get("finding_id")] if isinstance(i, str)), case.kind, case.parties, "", certain,
        (article,) if article else (), ((article, wording),) if article and wording else (), message,
        _place(row, texts, lang, placed=True), *figures(row, None, texts, lang),
    )  # fmt: skip


def quote(rule: Rule, texts: Templates, lang: Lang) -> tuple[str, str]:
    """Return an article and its wording: whole where the templates quote it, else as far as the rule does."""
    whole = texts.articles.get(rule.article) if rule.pack == texts.name else None
    wording = whole or {"zh": rule.text_zh, "en": rule.text_en}
    said = wording["zh"] if lang == "zh" else f"{wording['zh']}\n{wording['en']}"
    name = rule.article if whole or rule.pack == texts.name else rule.source or rule.article
    if not rule.verbatim:
        name += "（本项目表述，非条文原文）" if lang == "zh" else " (this project's wording, not a quotation)"
    return name, said


def figures(row: Mapping[str, Any], rule: Rule | None, texts: Templates, lang: Lang) -> tuple[str, str]:
    """Return what was measured and what is required.

    A figure stands there only where it falls short of the other: paint in the wrong place is as long as it should be.
    """
    value, limit, unit, margin = (row[key] for key in ("value", "threshold", "unit", "margin"))
    needed = "" if rule is None else requirement(rule, lang)
    if value is None or limit is None or not unit or margin is None or not margin < 0:
        return texts.text("see_fact", lang), needed or texts.text("see_fact", lang)
    least = limit >= value
    shown = figure(value, unit, up=not least)
    if rule is None or rule.threshold is None:
        bound = f"{'≥' if least else '≤'} {figure(limit, unit, up=least)}".replace(" ", "\u00a0")
        needed = f"{needed}{'；' if lang == 'zh' else '; '}{bound}" if needed else bound
    return shown, needed


def figure(value: float, unit: str, *, up: bool) -> str:
    """Return a figure with its unit, rounded against whoever would gain by it.

    >>> figure(3.9996, "m", up=False), figure(20.0001, "m", up=True), figure(8.25, "%", up=True)
    ('3.999 m', '20.001 m', '8.25 %')
    """
    decimals = 3 if unit == "m" else 2
    if not up:
        return f"{rounded_down(value, decimals)} {unit}"
    scale = 10**decimals
    return f"{math.ceil((value - 1e-6) * scale - 1e-9) / scale:.{decimals}f} {unit}"


def _place(row: Mapping[str, Any], texts: Templates, lang: Lang, *, placed: bool) -> str:
    parts = [texts.text("lane", lang, lane=str(row["lane_id"]))] if row["lane_id"] else []
    if row["lonlat"] is not None and placed:
        lon, lat = row["lonlat"]
        parts.append(texts.text("lonlat", lang, lon=f"{lon:.6f}", lat=f"{lat:.6f}"))
    elif row["location"] is not None:
        east, north = row["location"]
        parts.append(texts.text("local", lang, east=f"{east:.3f}", north=f"{north:.3f}"))
    return mask_plates("\n".join(parts))


def _remedy(rows: Sequence[Mapping[str, Any]], kinds: Mapping[str, str], texts: Templates, lang: Lang) -> str:
    """Return the least removal that was measured again; empty where there is none."""
    for row in rows:
        if row.get("action") not in ("remove", "lift") or not row.get("verified") or not row.get("proven"):
            continue
        name = namer(dict(kinds))
        raised = row.get("raise_m") or [None] * len(row["owners"])
        gone = [name(owner, lang) for owner, up in zip(row["owners"], raised, strict=True) if up is None]
        deeds = [texts.text("deed_remove", lang, things=listed(gone, lang))] if gone else []
        deeds += [
            texts.text("deed_raise", lang, things=name(owner, lang), **{"raise": figure(up, "m", up=True).removesuffix(" m")})
            for owner, up in zip(row["owners"], raised, strict=True)
            if up is not None
        ]
        width = rounded_down(row["resulting_width_m"])
        joint = "；" if lang == "zh" else "; "
        return mask_plates(texts.text("remedy", lang, deeds=joint.join(deeds), width=width))
    return ""


def article_order(article: str) -> tuple[int, str]:
    """Return the order of articles by their number; what has none goes last.

    >>> sorted(["第二十一条", "第十三条第（三）项", "第十三条第（二）项", "第九条"], key=article_order)
    ['第九条', '第十三条第（二）项', '第十三条第（三）项', '第二十一条']
    """
    found = _ARTICLE.match(article)
    if found is None:
        return 10_000, article
    # the characters of the numbers are not in the order of the numbers
    return _number(found[1]), "".join(f"{_DIGITS.index(sign):02d}" if sign in _DIGITS else sign for sign in article)


def _number(text: str) -> int:
    tens, _, ones = text.rpartition("十")
    ten = (_DIGITS.index(tens) if tens else 1) if "十" in text else 0
    return 10 * ten + (_DIGITS.index(ones) if ones else 0)


def accuracy_line(audit: Audit, texts: Templates, lang: Lang) -> str:
    """Return how accurate the data say that they are, layer by layer."""
    site = audit.site
    told = {layer: site.place_accuracy_m(layer) for layer in site.layers}
    said = [f"{texts.layers[layer][lang]} ±{value:.3g} m" for layer, value in told.items() if value > 0 and layer in texts.layers]
    if not said:
        return texts.text("accuracy_none", lang)
    return texts.text("accuracy", lang, accuracy=("、" if lang == "zh" else ", ").join(said))


def data_line(audit: Audit, lang: Lang) -> str:
    """Return the files that were measured, with their hashes, and whom their licence asks to name."""
    files: Mapping[str, str] = {file.path: file.sha256 for file in audit.site.inputs}
    said = [f"{path} (SHA-256 {digest[:12]})" for path, digest in list(files.items())[:_MOST_FILES]]
    if len(files) > _MOST_FILES:
        rest = len(files) - _MOST_FILES
        said.append(f"另 {rest} 个文件" if lang == "zh" else f"{rest} more files")
    said += [line for line in [credit(audit.site, lang)] if line]
    return ("；" if lang == "zh" else "; ").join(said) or "-"


def amounts_line(plan: MarkingPlan | None, lang: Lang) -> str:
    """Return the planned paint of the whole site by kind; empty where none is planned."""
    if plan is None or not len(plan.quantities):
        return ""
    sums = plan.quantities.groupby("kind", sort=False)["area_m2"].sum()
    said = [f"{MarkKind(str(kind)).label(lang)} {area:.1f} m²" for kind, area in sums.items() if area >= 0.05]
    return ("、" if lang == "zh" else ", ").join(said)
