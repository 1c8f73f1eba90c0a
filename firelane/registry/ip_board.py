"""The dashboard of a programme: one HTML file without scripts, without a network (进展看板)."""

from __future__ import annotations

import base64
import hashlib
import importlib.resources
from pathlib import Path

from firelane.files import write_text
from firelane.registry import ip_board_money as money
from firelane.registry.indicators import IndicatorKind
from firelane.registry.ip_board_growth import growth_section
from firelane.registry.ip_html import Html, badge, bar, bdi, cards, citations, el, flags, reasons, row
from firelane.registry.ip_plan import Task
from firelane.registry.ip_standing import Standing
from firelane.registry.ip_tasks import URGENT, TaskStanding, tally
from firelane.registry.ip_words import cited, confirm_text, heading, lead_text, share_text, told, word
from firelane.registry.judging import IndicatorStanding, Status
from firelane.registry.kinds import kinds
from firelane.vocabulary import Lang, Term

_SECTIONS = {
    "first": ("先看这些", "look at these first"), "tasks": ("任务（按牵头单位）", "tasks by lead unit"), "goals": ("指标", "indicators"),
    "growth": ("年均增幅（两种算法）", "growth by both methods"), "funds": ("资金", "funds"), "loans": ("质押融资", "pledge loans"),
    "agencies": ("服务机构", "agencies"), "documents": ("拟出台文件", "documents to be issued"), "open": ("待确认与判定规则", "open questions and rules"),
}  # fmt: skip


def write_board(standing: Standing, path: Path, lang: Lang = "zh") -> None:
    """Write the dashboard; the same standing gives the same bytes.

    Raises
    ------
    OutputError
        If the file cannot be written; what stood there before stays.
    """
    write_text(path, board(standing, lang))


def board(standing: Standing, lang: Lang = "zh") -> str:
    """Return the dashboard's text."""
    style = importlib.resources.files("firelane.registry").joinpath("ip_board.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    title = f"{standing.plan.label(lang)} {word('board', lang)}"
    head = row(
        Html('<meta charset="utf-8">'), Html(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'), Html('<meta name="referrer" content="no-referrer">'),
        el("title", title), Html(f"<style>{style}</style>"),
    )  # fmt: skip
    body = row(_header(standing, lang), _main(standing, lang), _footer(standing, lang))
    tongue = "zh-CN" if lang == "zh" else "en"
    return f'<!DOCTYPE html>\n<html lang="{tongue}">\n<head>{head}</head>\n<body>{body}</body>\n</html>\n'


def _header(s: Standing, lang: Lang) -> Html:
    facts = []
    for name, value in heading(s, lang):
        hashed = name == word("head", lang)
        facts.append(el("div", el("dt", name), el("dd", value, class_="hash" if hashed else None)))
    links = [el("a", told(words, lang), href=f"#{key}") for key, words in _SECTIONS.items()]
    empty = el("p", el("strong", word("nothing", lang))) if s.empty else None
    issued = (
        f"{s.plan.number}　{s.plan.issuer}　{s.plan.issued_on}"
        if lang == "zh"
        else f"{s.plan.number}, {s.plan.issuer_en}, {s.plan.issued_on}"
    )
    return el(
        "header", el("h1", s.plan.label(lang)), el("p", issued, class_="soft"), el("dl", *facts, class_="facts"), empty,
        el("nav", *links, aria_label="目录" if lang == "zh" else "contents"),
    )  # fmt: skip


def _main(s: Standing, lang: Lang) -> Html:
    made = {
        "first": _first(s, lang), "tasks": _tasks(s, lang), "goals": _goals(s, lang), "growth": growth_section(s, lang),
        "funds": money.funds_section(s, lang), "loans": money.loans_section(s, lang), "agencies": money.agencies_section(s, lang),
        "documents": _documents(s, lang), "open": _open(s, lang),
    }  # fmt: skip
    sections = [
        el("section", el("h2", told(_SECTIONS[key], lang), id=f"h-{key}"), content, id=key, aria_labelledby=f"h-{key}")
        for key, content in made.items()
    ]
    return el("main", _tiles(s, lang), *sections)


def _tile(title: str, rows: list[tuple[Html, str]]) -> Html:
    return el(
        "div", el("p", title, class_="tile-head"), el("ul", *(el("li", name, el("b", n)) for name, n in rows)), class_="tile"
    )


def _tiles(s: Standing, lang: Lang) -> Html:
    zh = lang == "zh"
    counts = tally(s.tasks)
    tasks = [(badge(x, lang), str(counts[x])) for x in Status if counts[x]]
    figures = [(badge(x, lang), str(n)) for x in Status if (n := sum(i.status is x for i in s.indicators))]
    ruled = [
        (row(el("span", f"{r.rule.id} ≥ {r.rule.share_pct:g} %", class_="rule"), badge(r.ruling, lang)), money.spread(r))
        for r in s.funds.rules
    ]
    loans = [
        (row(el("span", f"{t.id} ≤ {t.limit_pct:g} %", class_="rule"), badge(ruling, lang)), money.ratio(s.loans))
        for t, _, ruling in s.loans.tolerances
    ]
    return el(
        "div", _tile(f"任务 {len(s.tasks)} 项" if zh else f"{len(s.tasks)} tasks", tasks),
        _tile(f"指标 {len(s.indicators)} 项" if zh else f"{len(s.indicators)} indicators", figures),
        _tile("资金比例与不良率" if zh else "fund shares and non-performing ratio", [*ruled, *loans]), class_="tiles",
    )  # fmt: skip


def _first(s: Standing, lang: Lang) -> Html:
    """Return what needs somebody's attention, the worst first."""
    found: list[tuple[int, Html]] = []
    order = {x: n for n, x in enumerate((*URGENT, Status.NOT_EVALUABLE))}
    for t in s.tasks:
        if t.status in URGENT or t.late:
            due = f"{'期限' if lang == 'zh' else 'last day'} {t.due.day}"
            name = f"{'任务' if lang == 'zh' else 'task'} {t.task.number} {t.task.label(lang)}"
            found.append(
                (
                    order[t.status],
                    _item(
                        t.status,
                        el("a", name, href=f"#{t.task.id}"),
                        f"{lead_text(t, lang)}　{due}",
                        reasons(t.reasons, lang),
                        lang,
                    ),
                )
            )
    for i in s.indicators:
        if (i.status in URGENT or (i.past_due and i.status is Status.NOT_EVALUABLE)) and not i.indicator.tasks:
            name = f"{i.indicator.id} {i.indicator.label(lang)}"
            due = "" if i.due is None else f"{'期限' if lang == 'zh' else 'last day'} {i.due.day}"
            found.append(
                (
                    order[i.status],
                    _item(i.status, el("a", name, href=f"#i-{i.indicator.id}"), due, reasons(i.reasons, lang), lang),
                )
            )
    for r in s.funds.rules:
        if r.ruling.value in ("broken", "undecided"):
            name = el("a", f"{r.rule.id} {r.rule.label(lang)}", href="#funds")
            found.append(
                (
                    0 if r.ruling.value == "broken" else 1,
                    _item(r.ruling, name, "", el("p", money.shares_text(r, lang), class_="note why"), lang),
                )
            )
    for t_, _, ruling in s.loans.tolerances:
        if ruling.value in ("broken", "undecided") and s.loans.number:
            name = el("a", f"{t_.id} {t_.label(lang)} {money.ratio(s.loans)}", href="#loans")
            found.append((1, _item(ruling, name, "", Html(""), lang)))
    if not found:
        return el("p", word("none", lang))
    return el("ul", *(html for _, html in sorted(found, key=lambda pair: pair[0])), class_="urgent")


def _item(status: Term, name: Html, who: str, why: Html, lang: Lang) -> Html:
    return el("li", badge(status, lang), " ", el("strong", name), " ", el("span", who, class_="who"), why, class_=status.value)


# ------------------------------------------------------------------------------------------- tasks


def _tasks(s: Standing, lang: Lang) -> Html:
    zh = lang == "zh"
    heads = ("任务", "状态", "期限", "填报", "指标") if zh else ("task", "status", "last day", "reported", "indicators")
    parts: list[Html] = []
    shown: set[str] = set()
    for unit in s.units:
        counts = ("，" if zh else ", ").join(f"{x.label(lang)} {unit.count(x)}" for x in Status if unit.count(x))
        name = unit.lead.label(lang)
        open_ = el("span", word("unresolved", lang)) if unit.lead.unresolved else None
        many = f"牵头 {len(unit.tasks)} 项：{counts}" if zh else f"leads {len(unit.tasks)}: {counts}"
        parts.append(el("h3", bdi(name), el("span", many), open_, class_="lead"))
        rows = []
        for t in sorted(unit.tasks, key=lambda t: (not t.late, list(Status).index(t.status), t.task.number)):
            rows.append(_task_row(s, t, lang, anchor=t.task.id not in shown))
            shown.add(t.task.id)
        parts.append(cards(heads, rows, widths=(24, 26, 19, 15, 16), label=name))
    note = "多个单位共同牵头的任务列在各单位名下。" if zh else "A task with several leads stands at each of them."
    return row(el("p", note, class_="soft"), *parts)


def _task_row(s: Standing, t: TaskStanding, lang: Lang, *, anchor: bool) -> list[Html]:
    zh = lang == "zh"
    task = t.task
    printed = [*(x.citation for x in task.targets), *task.citations]
    joint = el("p", lead_text(t, lang), class_="note") if len(t.leads) > 1 or any(x.group for x in t.leads) else None
    name = row(
        el("span", f"{task.number} {task.label(lang)}", id=task.id if anchor else None),
        joint,
        citations(printed, lang, [_units(s, task, lang), task.note_zh if zh else task.note_en]),
    )
    return [
        name,
        row(badge(t.status, lang), reasons(t.reasons, lang), flags(t.flags, lang)),
        _due(t.due.day, told(t.due.basis, lang)),
        _report(t, lang),
        _figures(s, t, lang),
    ]


def _units(s: Standing, task: Task, lang: Lang) -> str:
    """Return who leads and who is responsible, in the words of the page; the printed ones are quoted beside it."""
    of = s.plan.units
    if lang == "zh":
        return f"牵头单位：{task.lead}；责任单位：{task.responsible}"
    lead, others = (", ".join(of[key].en for key in keys) for keys in (task.lead_units, task.responsible_units))
    return f"lead unit: {lead}; responsible units: {others}"


def _due(day: object, basis: str) -> Html:
    return row(el("span", str(day)), el("p", bdi(basis, 120), class_="note"))


def _report(t: TaskStanding, lang: Lang) -> Html:
    r = t.report
    if r is None:
        return el("span", word("not_found", lang), class_="soft")
    share = "" if r["share_pct"] is None else f" {r['share_pct']:g} %"
    state = t.state_label(lang, kinds("ip")["task_state"].column("state").choices)
    who = f"{r.day} {r['reporter']}"
    pending = None if r.decision == "approved" else el("p", word("pending_word", lang), class_="flag")
    note = None if not r["note"] else el("p", bdi(r["note"], 400), class_="note")
    return row(f"{state}{share}", el("p", bdi(who), class_="note"), note, pending)


def _figures(s: Standing, t: TaskStanding, lang: Lang) -> Html:
    del s
    if not t.indicators:
        return el("span", "无数值目标" if lang == "zh" else "no figures", class_="soft")
    return row(*(
        el("div", el("a", i.indicator.id, href=f"#i-{i.indicator.id}"), " ", _value(i, lang)) for i in t.indicators
    ))  # fmt: skip


def _value(i: IndicatorStanding, lang: Lang) -> str:
    if i.indicator.kind is IndicatorKind.QUALITATIVE:
        return Status.QUALITATIVE.label(lang) if i.value is None else i.value_text(lang)
    return f"{i.value_text(lang)} / {i.indicator.target_text(lang)}"


# ------------------------------------------------------------------------------------------- indicators


def _goals(s: Standing, lang: Lang) -> Html:
    zh = lang == "zh"
    heads = (
        ("指标", "目标", "实际", "完成目标", "状态", "期限")
        if zh
        else ("indicator", "target", "value", "of the target", "status", "last day")
    )
    parts = []
    groups = [(g.label(lang), [i for i in s.indicators if i.indicator.goal == g.id], g.citations) for g in s.plan.goals]
    groups.append(
        (
            "只在任务中有数值的指标" if zh else "figures that stand at a task alone",
            [i for i in s.indicators if not i.indicator.goal],
            (),
        )
    )
    for name, found, printed in groups:
        if found:
            parts += [
                el("h3", name),
                citations(printed, lang) if printed else Html(""),
                cards(heads, [_indicator_row(s, i, lang) for i in found], widths=(25, 14, 15, 16, 17, 13), label=name),
            ]
    return row(
        el(
            "p",
            "竖线为按时间或年度目标此时应完成的份额。"
            if zh
            else "The line in a bar: what the time gone by or a yearly target asks for.",
            class_="soft",
        ),
        *parts,
    )


def _indicator_row(s: Standing, i: IndicatorStanding, lang: Lang) -> list[Html]:
    zh = lang == "zh"
    x = i.indicator
    asked = confirm_text(x, lang)
    name = row(
        el("span", f"{x.id} {x.label(lang)}", id=f"i-{x.id}"),
        el("p", x.kind.label(lang), class_="note"),
        citations(x.citations, lang, [x.note(lang)]),
    )
    target = row(
        x.target_text(lang),
        el("p", f"{word('to_confirm', lang)}{'：' if zh else ': '}{asked}", class_="open") if asked else None,
    )
    source = i.figure.source if i.figure is not None else s.counting.rule(x).source
    beneath = [f"{i.as_of}" if i.as_of else "", source.label(lang) if i.value is not None else ""]
    if i.approved is not None and i.approved != i.value:
        beneath.append(f"{word('approved', lang)} {i.approved:g}")
    if i.pending:
        beneath.append(f"{word('pending', lang)} {i.pending}")
    value = row(el("strong", i.value_text(lang)), *(el("p", b, class_="note") for b in beneath if b))
    label = f"{share_text(i.share)}"
    share = (
        Html("")
        if i.share is None or x.kind is IndicatorKind.QUALITATIVE
        else row(label, bar(i.share, i.expected, i.status.value, label))
    )
    state = row(badge(i.status, lang), reasons(i.reasons, lang), _reached(i, lang), flags(i.flags, lang))
    due = Html("") if i.due is None else _due(i.due.day, told(i.due.basis, lang))
    return [name, target, value, share, state, due]


def _reached(i: IndicatorStanding, lang: Lang) -> Html | None:
    if i.reached_on is None or i.status is not Status.ACHIEVED:
        return None
    return el("p", f"{i.reached_on} 达到" if lang == "zh" else f"reached on {i.reached_on}", class_="note")


# ------------------------------------------------------------------------------------------- the rest


def _documents(s: Standing, lang: Lang) -> Html:
    zh = lang == "zh"
    heads = ("文件或制度", "任务", "出台") if zh else ("document", "task", "issued")
    rows = []
    for d in s.documents:
        r = d.record
        found = (
            el("span", word("not_found", lang), class_="soft")
            if r is None
            else row(str(r.day), " ", bdi(r["name"]), " ", bdi(r["number"] or ""))
        )
        rows.append(
            [row(d.document.label(lang), citations(d.document.citations, lang)), "、".join(d.document.tasks) or "—", found]
        )
    return cards(heads, rows)


def _open(s: Standing, lang: Lang) -> Html:
    zh = lang == "zh"
    r = s.counting.status
    rules = (
        [
            f"有风险（{r.mark.zh}）：期限前，完成目标的份额低于时间已过份额的 {r.at_risk_part:.0%}（时间已过 {r.least_elapsed:.0%} 以前不判）；里程碑和小于 {r.least_even_target:g} 的目标，距期限 {r.days_before_due} 天内尚未达到；有年度目标的，低于已到期的年度目标，其年份过后按其与下一目标之间推算；距期限 {r.last_days} 天内任何未达到、未完成的。",
            "已达到：期限时达到目标；期限后才达到的，注明逾期达到。逾期未达：期限已过仍未达到。没有登记的，期限前后均为无法评价，不按零计。",
            "以上、以内、不少于、不低于均含本数。未审核的记录计入并注明，不通过和作废的不计；审核后又更正的按更正后计入，同时列出已审核的数值。任务要求出台的文件没有登记的，不按完成计。",
        ]
        if zh else
        [
            f"At risk ({r.mark.en}): before the last day, a share of the target below {r.at_risk_part:.0%} of the share of the time gone by (not before {r.least_elapsed:.0%} of it); milestones and targets below {r.least_even_target:g} not reached {r.days_before_due} days before the last day; where there are yearly targets, behind the last that is due, and after its year behind what lies between it and the next; and whatever is not reached or not done {r.last_days} days before the last day.",
            "Achieved: the target is reached by the last day; what is reached later says so. Overdue: not reached, and the last day has gone by. What is not recorded is not evaluable, never zero.",
            "At least and at most include the number itself. Records that nobody has approved count and are told of; rejected ones and those taken back do not; a correction of an approved record counts, and what was approved stands beside it. A task whose document is not recorded is not done.",
        ]
    )  # fmt: skip
    questions = el("ul", *(el("li", f"{q.id} {q.label(lang)}") for q in s.plan.questions))
    horizon = el("p", s.plan.horizon.note_zh if zh else s.plan.horizon.note_en)
    return row(questions, horizon, el("ul", *(el("li", line) for line in rules)))


def _footer(s: Standing, lang: Lang) -> Html:
    """Return the hash, and on paper, where nothing can be opened, all sources."""
    lines = [el("p", f"{i.indicator.id} {cited(i.indicator.citations, lang)}") for i in s.indicators]
    lines += [el("p", f"{t.task.id} {_units(s, t.task, lang)}{'。' if lang == 'zh' else '. '}{s.plan.number} {t.task.article}") for t in s.tasks]
    lines += [el("p", f"{r.rule.id} {cited(r.rule.citations, lang)}") for r in s.funds.rules]
    head = el("p", f"{word('head', lang)} ", el("span", s.head, class_="hash"))
    return el("footer", head, el("div", el("h2", "出处" if lang == "zh" else "sources"), *lines, class_="printed"))
