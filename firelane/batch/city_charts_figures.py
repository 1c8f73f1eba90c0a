"""The figures of a city's charts: what is counted, before anything is drawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from firelane.batch.city_map_areas import metres, up
from firelane.batch.city_map_rows import called
from firelane.batch.city_map_tables import LENGTHS, STATES, article_counts
from firelane.batch.city_map_words import COLOURS, word
from firelane.batch.quality import MARKS, criteria
from firelane.vocabulary import Verdict, rounded_down

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from firelane.vocabulary import Lang

MOST_BARS = 20
"""Bars of a chart: more cannot be read; the rest is one bar, or is told."""

BIN_M = 0.25
"""Width of a class of widths [m]."""

WIDEST_M = 8.0
"""From here on the widths are one class [m]."""


@dataclass(frozen=True)
class Part:
    """One colour of the bars: a name, a colour, and a value for every bar."""

    label: str
    colour: str
    values: Sequence[float]


@dataclass(frozen=True)
class Bars:
    """Bars that lie one below the other, the first on top, each of several parts.

    Attributes
    ----------
    name : str
        Of the file.
    title : str
    remark : str
        Below the title: what is counted, and what is not.
    axis : str
        What the values are.
    rows : sequence of str
        Names of the bars.
    parts : sequence of Part
    ends : sequence of str
        What is written at the end of each bar.
    whole : bool
        Whether the values are whole numbers.
    """

    name: str
    title: str
    remark: str
    axis: str
    rows: Sequence[str]
    parts: Sequence[Part]
    ends: Sequence[str]
    whole: bool = True


@dataclass(frozen=True)
class Widths:
    """The distribution of the sites' least clear width.

    Attributes
    ----------
    title, remark, axis, up : str
        Words; ``up`` names the upright axis.
    edges_m : array
        Of the classes [m]; the last class holds all that is wider.
    parts : sequence of Part
    limit_m : float
        What is asked [m].
    limit : str
        What is written at its line.
    """

    name: str
    title: str
    remark: str
    axis: str
    up: str
    edges_m: Sequence[float]
    parts: Sequence[Part]
    limit_m: float
    limit: str


def of_sites(sites: pd.DataFrame, lang: Lang) -> Bars:
    """Count the sites by district and what became of them, the districts with the most failing sites first."""
    groups = _groups(sites, lang, lambda own: (-float(own["state"].eq("fail").sum()), -len(own)))
    values = {s: [int(own["state"].eq(s).sum()) for _, own in groups] for s in STATES}
    ends = [
        word("chart_end_sites", lang, fail=fail, all=len(own)) for fail, (_, own) in zip(values["fail"], groups, strict=True)
    ]
    remark = word("chart_sites_remark", lang, n=len(sites), failed=_of(sites, "failed"), not_run=_of(sites, "not_run"))
    parts = [Part(word(f"state_{s}", lang), COLOURS[s], values[s]) for s in STATES if any(values[s])]
    return Bars("sites_by_district", word("chart_sites", lang), remark, word("sites", lang), [n for n, _ in groups], parts, ends)


def of_lanes(sites: pd.DataFrame, lang: Lang) -> Bars:
    """Sum the length of lane by district and verdict, the districts with the most failing lane first."""
    failing = LENGTHS[Verdict.FAIL]
    groups = _groups(sites, lang, lambda own: (-float(own[failing].sum()), -float(own["lane_length_m"].sum())))
    values = {v: [float(own[c].sum()) / 1000 for _, own in groups] for v, c in LENGTHS.items()}
    ends = []
    for _, own in groups:
        measured = float(own["measured_m"].sum())
        share = f"{up(100 * float(own[failing].sum()) / measured)}%" if measured > 0 else word("nothing_measured", lang)
        ends.append(word("chart_end_lanes", lang, share=share) if measured > 0 else share)
    undone = int((~sites["status"].eq("done")).sum())
    remark = word("chart_lanes_remark", lang, n=undone)
    parts = [Part(word(f"length_{v.value}", lang), COLOURS[v.value], values[v]) for v in LENGTHS if any(values[v])]
    return Bars("lane_length_by_district", word("chart_lanes", lang), remark, word("chart_km", lang), [n for n, _ in groups], parts, ends, whole=False)


def of_articles(folder: Path, lang: Lang) -> Bars:
    """Count the failing findings by article and weight, the article that is broken the most first."""
    counts = article_counts(folder)
    shown = counts[:MOST_BARS]
    said = word("chart_articles_remark", lang)
    if len(counts) > len(shown):
        said += word("chart_first", lang, n=len(shown), all=len(counts))
    rows = [c.article or word("not_told", lang) for c in shown]
    parts = [
        Part(word("mandatory_1", lang), "#b2182b", [c.mandatory for c in shown]),
        Part(word("other_weight", lang), "#e08a6d", [c.fails - c.mandatory for c in shown]),
    ]
    ends = [word("chart_end_articles", lang, n=f"{c.fails:,}", sites=f"{c.sites:,}") for c in shown]
    return Bars("articles", word("chart_articles", lang), said, word("chart_findings", lang), rows, [p for p in parts if any(p.values)], ends)


def of_widths(sites: pd.DataFrame, limit_m: float, lang: Lang) -> Widths:
    """Count the sites by their least clear width; classes are closed below, so that the limit itself passes."""
    width = sites["min_clear_width_m"].to_numpy()
    known = np.isfinite(width)
    first = limit_m % BIN_M
    edges = np.concatenate([[0.0] if first > 1e-9 else [], np.arange(first, WIDEST_M + 1e-9, BIN_M)])
    # what lies within 1e-6 below the limit passes, as everywhere
    place = np.searchsorted(edges, width + 1e-6, side="right") - 1
    verdict = sites["min_width_verdict"].to_numpy()
    parts = []
    for key in ("fail", "indeterminate", "pass", ""):
        own = known & ((verdict == key) if key else ~np.isin(verdict, ("fail", "indeterminate", "pass")))
        values = np.bincount(np.clip(place[own], 0, len(edges) - 1).astype(int), minlength=len(edges))
        if own.any():
            label = word(f"state_{key}", lang) if key else word("no_verdict", lang)
            parts.append(Part(label, COLOURS[key] if key else "#8a94a0", values.tolist()))
    undone = int((~sites["status"].eq("done")).sum())
    unknown = int((sites["status"].eq("done").to_numpy() & ~known).sum())
    below = int((known & (width + 1e-6 < limit_m)).sum())
    remark = word("chart_widths_remark", lang, n=int(known.sum()), below=below, limit=f"{limit_m:g}", unknown=unknown, undone=undone)
    return Widths(
        "least_clear_width", word("chart_widths", lang), remark, word("chart_width_axis", lang), word("sites", lang), edges.tolist(), parts,
        limit_m, word("chart_limit", lang, limit=f"{limit_m:g}"),
    )  # fmt: skip


def of_worst(sites: pd.DataFrame, lang: Lang) -> Bars:
    """Return the worst sites in the order of the ranking, with the length of lane that fails."""
    worst = sites.assign(called=called(sites))
    worst = worst[sites["state"].eq("fail") & sites["rank"].notna()].sort_values(["rank", "site_id"]).head(MOST_BARS)
    rows, ends = [], []
    for site in worst.to_dict("records"):
        district = f" · {site['district']}" if site["district"] else ""
        rows.append(f"{site['rank']:.0f}  {site['called']}{district}")
        fail, of = site[LENGTHS[Verdict.FAIL]], site["measured_m"]
        said = [f"{metres(fail)}（{up(100 * fail / of)}%）" if lang == "zh" else f"{metres(fail)} ({up(100 * fail / of)}%)"] if of > 0 else []
        if np.isfinite(site["min_clear_width_m"]):
            said.append(word("row_width", lang, w=rounded_down(site["min_clear_width_m"], 2)))
        ends.append(word("semicolon", lang).join(said))
    failing = _of(sites, "fail")
    remark = word("chart_worst_remark", lang, n=failing, failed=_of(sites, "failed"), not_run=_of(sites, "not_run"))
    values = worst[LENGTHS[Verdict.FAIL]].fillna(0.0).tolist()
    parts = [Part(word("length_fail", lang), COLOURS["fail"], values)]
    return Bars("worst_sites", word("chart_worst", lang, n=len(worst)), remark, word("chart_m", lang), rows, parts, ends, whole=False)


def of_quality(sites: pd.DataFrame, lang: Lang) -> tuple[Bars, Bars]:
    """Count the sites by the mark of their input, and by what lowers it; those not audited have no mark."""
    marks = Counter(sites["quality"].where(sites["status"].eq("done"), ""))
    shades = ("#0b4f6c", "#3d7ea6", "#79a9c7", "#a9c4d6", "#cddbe5")
    known = list(MARKS)
    rows = [*(word("mark", lang, mark=m) for m in known), word("state_failed", lang), word("state_not_run", lang)]
    counts = [*(marks[m] for m in known), _of(sites, "failed"), _of(sites, "not_run")]
    colours = [*shades[: len(known)], COLOURS["failed"], COLOURS["not_run"]]
    parts = [Part("", c, [n if k == row else 0 for row, n in enumerate(counts)]) for k, c in enumerate(colours)]
    total = max(1, len(sites))
    ends = [f"{n}（{100 * n / total:.0f}%）" if lang == "zh" else f"{n} ({100 * n / total:.0f}%)" for n in counts]
    first = Bars("quality", word("chart_quality", lang), word("chart_quality_remark", lang, n=len(sites)), word("sites", lang), rows, parts, ends)
    held = Counter(code for codes in sites["quality_reasons"] for code in set(codes.split(";")) if code)
    told = {c.code: (c.zh if lang == "zh" else c.en).format(n="…", p="…") for c in criteria()}
    common = sorted(held.items(), key=lambda pair: (-pair[1], pair[0]))
    shown = common[:12]
    more = word("chart_first", lang, n=len(shown), all=len(common)) if len(common) > len(shown) else ""
    reasons = Bars(
        "reasons", word("chart_reasons", lang), word("chart_reasons_remark", lang) + more, word("sites", lang), [told.get(c, c) for c, _ in shown],
        [Part("", "#5a6b7b", [n for _, n in shown])], [str(n) for _, n in shown],
    )  # fmt: skip
    return first, reasons


def _of(sites: pd.DataFrame, state: str) -> int:
    return int(sites["state"].eq(state).sum())


def _groups(sites: pd.DataFrame, lang: Lang, worth: Callable[[pd.DataFrame], tuple[float, float]]) -> list[tuple[str, pd.DataFrame]]:
    """Return the districts, the worst first; beyond the bound the rest as one, last."""
    found = {str(name): own for name, own in sites.groupby("district", sort=True)}
    order = sorted(found, key=lambda name: (*worth(found[name]), name))
    shown = order if len(order) <= MOST_BARS else order[: MOST_BARS - 1]
    groups = [(name or word("not_told", lang), found[name]) for name in shown]
    rest = order[len(shown) :]
    if rest:
        groups.append((word("chart_rest", lang, n=len(rest)), sites[sites["district"].isin(rest)]))
    return groups
