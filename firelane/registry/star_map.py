"""Star Spaces on a map: one page that opens without a network (星创天地地图)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd

from firelane.registry.star_facts import Facts
from firelane.registry.star_flow import applications_of
from firelane.registry.star_lists import STAMP, as_of, source, spelt, standing_words
from firelane.registry.star_progress import progress
from firelane.registry.star_rounds import Ranking, Standing, must_leave, results_of
from firelane.registry.star_scheme import Scheme
from firelane.registry.star_scoring import told, watermark
from firelane.registry.state import Record
from firelane.vocabulary import Lang
from firelane.webmap.crowd import Facet, Number, Status, findings_map

_STATUSES = (
    ("leaving", "应退出备案库", "has to leave the register", "#b2182b", "!"), ("failed", "在册，最近一次{failed}", "filed, {failed} last time", "#b35806", "▼"),
    ("open", "申报中", "application under way", "#6a51a3", "…"), ("excellent", "在册，最近一次{best}", "filed, {best} last time", "#1a7a3c", "★"),
    ("filed", "在册", "filed", "#2166ac", "●"), ("gone", "已退出、撤销或未备案", "left, revoked or not filed", "#7a828a", "–"),
    ("none", "未申报", "has not applied", "#9aa1a8", "○"),
)  # fmt: skip
_FACETS = (
    ("state", "流程状态", "state", True), ("level", "级别", "level", True), ("district", "区县", "district", True),
    ("body", "主体类型", "kind of body", True), ("grade", "最近一次等次", "last grade", True), ("industry", "主导产业", "industry", True),
    ("operator", "运营主体", "operator", False), ("usci", "统一社会信用代码", "credit code", False), ("address", "地址", "address", False),
    ("filed", "备案日期", "filed on", False), ("how", "备案方式", "filed how", True), ("history", "历次考评", "evaluations", False),
)  # fmt: skip
_NUMBERS = (
    ("residents", "入驻主体", "residents", ""), ("floor_area", "面积", "floor area", "㎡"), ("workstations", "工位", "workstations", ""),
    ("base", "示范基地", "demonstration base", "亩"),
)  # fmt: skip
_TRIAL = (("trial_rank", "演练名次", "rank in the rehearsal"), ("trial_score", "演练得分", "score in the rehearsal"))


def write_star_map(
    facts: Facts, scheme: Scheme, on: dt.date, path: Path, lang: Lang = "zh", *, ranking: Ranking | None = None
) -> None:
    """Write the map of all spaces at a date.

    Parameters
    ----------
    facts : Facts
    scheme : Scheme
    on : date
    path : Path
    lang : {"zh", "en"}
    ranking : Ranking, optional
        Of a round by a set for rehearsal: shown beside, with its watermark.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    zh, n, then = lang == "zh", 0 if lang == "zh" else 1, facts.at(on)
    mark = "" if ranking is None else watermark(ranking.indicators, lang)
    rows = [_row(then, scheme, record, on, lang) for record in then.of("space")]
    numbers = [Number(key, (a, b)[n], unit) for key, a, b, unit in _NUMBERS]
    if ranking is not None:
        trial = {r.space: r for r in ranking.rows}
        words = _TRIAL if mark else (("trial_rank", "名次", "rank"), ("trial_score", "得分", "score"))
        for row in rows:
            standing = trial.get(str(row["ident"]))
            total = None if standing is None else standing.score.total
            row["trial_rank"] = None if standing is None else standing.rank
            row["trial_score"] = None if total is None else float(told(total))
            if standing is not None:
                row["text"] = f"{_trial(scheme, ranking, standing, lang)} · {row['text']}"
        numbers += [Number(words[0][0], words[0][1 + n], least_first=True), Number(words[1][0], words[1][1 + n], decimals=2)]
    columns = ["lon", "lat", "status", "ident", "title", "text", *(f[0] for f in _FACETS), *(x.column for x in numbers)]
    bare = sum(r["lon"] is None or r["lat"] is None for r in rows)
    note = [
        *([mark] if mark else []), source(scheme, lang), as_of(then, on, lang), *(p.text(lang) for p in progress(then, scheme, on)),
        f"没有坐标的 {bare} 家只在列表中。坐标为 WGS 84。" if zh else f"{bare} without coordinates are listed only. Coordinates are WGS 84.",
    ]  # fmt: skip
    title = f"{scheme.place}星创天地" if zh else "Star Spaces"
    rule, best = scheme.exit_rule, scheme.grades[0].label(lang)
    failed = scheme.grades[-1].label(lang) if rule is None else scheme.grade[rule.grade].label(lang)
    findings_map(
        pd.DataFrame(rows, columns=columns), path, lang=lang, title=f"{title}（{STAMP[lang]}）" if mark else title, note="\n".join(note),
        statuses=[Status(key, (a, b)[n].format(best=best, failed=failed), colour, rank, sign) for rank, (key, a, b, colour, sign) in enumerate(_STATUSES)],
        facets=[Facet(column, (a, b)[n], choose) for column, a, b, choose in _FACETS], numbers=numbers,
        head=[*([mark] if mark else []), f"截至 {on}" if zh else f"as of {on}"], clustered=False,
    )  # fmt: skip


def _trial(scheme: Scheme, ranking: Ranking, standing: Standing, lang: Lang) -> str:
    """Return what a round gives a space, and that it is no result where it is none."""
    points = told(standing.score.total)
    if watermark(ranking.indicators, lang):
        return f"演练得分 {points}，不是考评结果" if lang == "zh" else f"rehearsal: {points}, no result"
    return f"{standing_words(scheme, ranking, standing, lang)} {points}"


def _row(facts: Facts, scheme: Scheme, space: Record, on: dt.date, lang: Lang) -> dict[str, Any]:
    zh, name = lang == "zh", space.record_id
    mine = applications_of(facts, scheme, name)
    last = mine[-1] if mine else None
    entered = None if last is None else last.entered(scheme.flow)
    results = results_of(facts, name)
    grade = scheme.grade[results[-1]["grade"]].label(lang) if results else ""
    residents = [r for r in facts.of("resident", space=name) if r["left_on"] is None or r["left_on"] > on]
    group = "none" if last is None else scheme.flow.states[last.state].group
    both = space["lon"] is not None and space["lat"] is not None
    how = "" if entered is None or last is None else (("直接备案" if zh else "directly") if last.direct else ("审核备案" if zh else "after review"))
    return {
        "lon": space["lon"] if both else None, "lat": space["lat"] if both else None, "ident": name, "title": str(space["name"]),
        "status": _status(facts, scheme, name, group, results), "text": " · ".join(t for t in (name, str(space["operator"])) if t),
        "state": ("未申报" if zh else "has not applied") if last is None else scheme.flow.states[last.state].label(lang),
        **{key: spelt(facts, space, key, lang) for key in ("level", "district", "body", "industry", "operator", "usci", "address")},
        "grade": grade, "filed": "" if entered is None else entered.day.isoformat(), "how": how,
        "history": "；".join(f"{r['round']} {scheme.grade[r['grade']].label(lang)}" for r in results),
        "residents": len(residents), "floor_area": space["area_m2"], "workstations": space["workstations"], "base": space["base_mu"],
    }  # fmt: skip


def _status(facts: Facts, scheme: Scheme, name: str, group: str, results: tuple[Record, ...]) -> str:
    if group != "filed":
        return {"open": "open", "closed": "gone"}.get(group, "none")
    if must_leave(facts, scheme, name):
        return "leaving"
    last = str(results[-1]["grade"]) if results else ""
    if scheme.exit_rule is not None and last == scheme.exit_rule.grade:
        return "failed"
    return "excellent" if last == scheme.grades[0].id else "filed"
