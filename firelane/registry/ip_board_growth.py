"""The growth section of the dashboard: both methods, and the years they are computed from (年均增幅)."""

from __future__ import annotations

from firelane.registry.indicators import GrowthMethod
from firelane.registry.ip_figures import Series
from firelane.registry.ip_html import Html, badge, citations, el, esc, flags, reasons, row
from firelane.registry.ip_standing import Standing
from firelane.registry.ip_words import method_text, word
from firelane.registry.judging import IndicatorStanding, Status, number_text, pct_text
from firelane.vocabulary import Lang

_WIDE, _HIGH, _TOP, _FOOT = 300.0, 120.0, 18.0, 34.0
_MOST_YEARS = 8


def growth_section(s: Standing, lang: Lang) -> Html:
    """Return a card for each indicator of growth."""
    found = [i for i in s.indicators if i.growth is not None]
    return el("div", *(_card(i, lang) for i in found), class_="growth") if found else el("p", word("none", lang))


def _card(i: IndicatorStanding, lang: Lang) -> Html:
    zh = lang == "zh"
    g = i.growth
    assert g is not None
    parts: list[Html | None] = [
        el("h3", el("a", i.indicator.id, href=f"#i-{i.indicator.id}"), f" {i.indicator.label(lang)}"),
        badge(i.status, lang),
    ]
    if g.computed:
        rows = [
            el("tr", el("th", m.label(lang) + (("（采用）" if zh else " (used)") if m is i.indicator.method else ""), scope="row"), el("td", method_text(i, m, lang)))
            for m in GrowthMethod
        ]  # fmt: skip
        span = (
            f"{g.base_year}—{g.last_year} 年，目标 {i.indicator.target_text(lang)}"
            if zh
            else f"{g.base_year}–{g.last_year}, target {i.indicator.target_text(lang)}"
        )
        parts += [el("table", el("caption", span), el("tbody", *rows))]
    # Where the methods stand side by side the reason says the same once more.
    why = Html("") if g.computed and i.status is not Status.NOT_EVALUABLE else reasons(i.reasons, lang)
    parts += [why, _columns(i, lang), flags(i.flags, lang), citations(i.indicator.citations, lang, [i.indicator.note(lang)])]
    return el("article", *parts)


def _columns(i: IndicatorStanding, lang: Lang) -> Html | None:
    """Return the yearly figures as columns, from zero; parts of a year are outlined."""
    series = i.series
    assert series is not None
    years = series.years[-_MOST_YEARS:]
    most = max((y.value for y in years), default=0.0)
    if most <= 0:
        return None
    rates = dict(i.growth.yearly) if i.growth is not None else {}
    step = _WIDE / len(years)
    wide = min(step * 0.6, 44.0)
    parts = []
    for n, y in enumerate(years):
        high = max(y.value, 0.0) / most * (_HIGH - _TOP - _FOOT)
        x, base = n * step + step / 2, _HIGH - _FOOT
        kind = "base" if y.base else "partial" if y.partial else ""
        parts.append(
            Html(
                f'<rect class="column {kind}" x="{x - wide / 2:.1f}" y="{base - high:.1f}" width="{wide:.1f}" height="{high:.1f}"/>'
            )
        )
        parts.append(_label(x, base - high - 4, number_text(y.value)))
        parts.append(_label(x, base + 14, f"{y.year}{'*' if y.partial else ''}"))
        if y.year in rates:
            parts.append(_label(x, base + 28, f"{rates[y.year]:+.1f}%"))
    return row(
        el("svg", *parts, viewBox=f"0 0 {_WIDE:g} {_HIGH:g}", role="img", aria_label=_spoken(i, series, lang)),
        el("p", _unit(i, series, lang), class_="soft"),
    )


def _label(x: float, y: float, text: str) -> Html:
    return Html(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{esc(text)}</text>')


def _unit(i: IndicatorStanding, series: Series, lang: Lang) -> str:
    unit = i.indicator.actual_unit_label(lang)
    parts = [f"单位：{unit}；下行为比上年增长" if lang == "zh" else f"unit: {unit}; below: growth over the year before"]
    if any(y.partial for y in series.years):
        parts.append("* 未满一年，不计入" if lang == "zh" else "* part of a year, not counted")
    return "；".join(parts) if lang == "zh" else "; ".join(parts)


def _spoken(i: IndicatorStanding, series: Series, lang: Lang) -> str:
    rows = [f"{y.year}: {number_text(y.value)}" + (f" ({word('partial', lang)})" if y.partial else "") for y in series.years]
    rate = "" if i.value is None else f" {pct_text(i.value, i.indicator.target)}"
    return f"{i.indicator.label(lang)}{rate}; {', '.join(rows)}"
