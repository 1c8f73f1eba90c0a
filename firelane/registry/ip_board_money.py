"""The money sections of the dashboard: fund rules by every reading, balances, pledge loans, agencies (资金与融资)."""

from __future__ import annotations

from firelane.registry.funds import Loans, RuleFound
from firelane.registry.ip_html import Html, badge, bar, bdi, cards, citations, el, flags, reasons, row
from firelane.registry.ip_standing import Standing
from firelane.registry.ip_words import told, word, yuan_text
from firelane.registry.judging import pct_text
from firelane.vocabulary import Lang

_MOST_NAMES = 200


def spread(found: RuleFound) -> str:
    """Return the shares of a rule as a range; a dash where there is none."""
    shares = [(s.share_pct, pct_text(s.share_pct, found.rule.share_pct)) for s in found.shares if s.share_pct is not None]
    if not shares:
        return "—"
    low, high = min(shares), max(shares)
    return low[1] if low[1] == high[1] else f"{low[1].removesuffix(' %')}–{high[1]}"


def ratio(loans: Loans) -> str:
    """Return the non-performing ratio, as a range where it is one."""
    if loans.low_pct is None or loans.high_pct is None:
        return "—"
    low, high = f"{loans.low_pct:.2f}", f"{loans.high_pct:.2f}"
    return f"{low} %" if low == high else f"{low}–{high} %"


def shares_text(found: RuleFound, lang: Lang) -> str:
    """Return the shares of a rule, reading by reading."""
    texts = []
    for s in found.shares:
        share = "—" if s.share_pct is None else pct_text(s.share_pct, found.rule.share_pct)
        texts.append(f"{s.reading.label(lang)}{'：' if lang == 'zh' else ': '}{share}")
    return ("；" if lang == "zh" else "; ").join(texts)


def funds_section(s: Standing, lang: Lang) -> Html:
    """Return the fund rules and where the money is."""
    zh = lang == "zh"
    parts: list[Html] = []
    heads = ("读法", "分子", "分母", "比例", "是否符合") if zh else ("reading", "numerator", "denominator", "share", "holds")
    for found in s.funds.rules:
        rule = found.rule
        note = rule.note_zh if zh else rule.note_en
        rows = []
        for x in found.shares:
            share: Html | str = "—"
            if x.share_pct is not None:
                label = pct_text(x.share_pct, rule.share_pct)
                share = row(label, bar(x.share_pct / 100, rule.share_pct / 100, "held" if x.met else "broken", label))
            rows.append([
                x.reading.label(lang), yuan_text(x.numerator_yuan, lang), yuan_text(x.denominator_yuan, lang), share,
                "—" if x.met is None else word("yes" if x.met else "no", lang),
            ])  # fmt: skip
        parts += [
            el("h3", f"{rule.id} {rule.label(lang)} ≥ {rule.share_pct:g} % ", badge(found.ruling, lang)), el("p", note, class_="soft"),
            citations(rule.citations, lang), reasons(found.reasons, lang), cards(heads, rows),
        ]  # fmt: skip
    return row(*parts, _balances(s, lang), flags(s.funds.flags, lang))


def _balances(s: Standing, lang: Lang) -> Html:
    zh = lang == "zh"
    f = s.funds
    names = {n.id: n.label(lang) for n in (*s.plan.fund_sources, *s.plan.fund_categories)}
    heads = (
        ("资金来源", "下达", "已安排", "已支付", "未安排")
        if zh
        else ("source", "received", "committed", "paid", "not committed")
    )
    rows = [
        [names.get(b.source, b.source), *(yuan_text(v, lang) for v in (b.received_yuan, b.committed_yuan, b.paid_yuan, round(b.received_yuan - b.committed_yuan, 2)))]
        for b in f.balances
    ]  # fmt: skip
    t = f.total
    foot = [
        word("sum", lang),
        *(
            yuan_text(v, lang)
            for v in (t.received_yuan, t.committed_yuan, t.paid_yuan, round(t.received_yuan - t.committed_yuan, 2))
        ),
    ]
    pending = f.pending
    caption = f"资金收支；未审核记录 {pending} 条" if zh else f"where the money is; records not approved yet: {pending}"
    parts = (
        [el("h3", "收支" if zh else "balance"), cards(heads, rows, caption, foot)]
        if rows
        else [el("p", "没有资金记录" if zh else "no money is recorded", class_="soft")]
    )
    if f.spending:
        used = ("用途", "已安排", "已支付") if zh else ("purpose", "committed", "paid")
        parts.append(
            cards(
                used,
                [
                    [names.get(p.purpose, p.purpose), yuan_text(p.committed_yuan, lang), yuan_text(p.paid_yuan, lang)]
                    for p in f.spending
                ],
            )
        )
    return row(*parts)


def loans_section(s: Standing, lang: Lang) -> Html:
    """Return the non-performing ratio by every reading of the tolerance, and the loans by bank."""
    zh = lang == "zh"
    x = s.loans
    parts: list[Html] = []
    for tolerance, found, ruling in x.tolerances:
        rows = [
            [f.reading.label(lang), "—" if f.met is None else word("yes" if f.met else "no", lang), told(f.reason, lang)]
            for f in found
        ]
        asked = ("读法", "在容忍度内", "说明") if zh else ("reading", "within", "remarks")
        limit = f"{tolerance.comparator.value.replace('<=', '≤').replace('>=', '≥')} {tolerance.limit_pct:g} %"
        parts += [
            el("h3", f"{tolerance.id} {tolerance.label(lang)} {limit}：{ratio(x)} ", badge(ruling, lang)),
            el("p", tolerance.note_zh if zh else tolerance.note_en, class_="soft"), citations(tolerance.citations, lang), cards(asked, rows),
        ]  # fmt: skip
    if not x.number:
        return row(*parts, el("p", "没有质押融资记录" if zh else "no pledge loans are recorded", class_="soft"))
    heads = (
        ("银行", "笔数", "余额", "不良", "未登记状态")
        if zh
        else ("bank", "loans", "outstanding", "non-performing", "state not recorded")
    )
    rows = [
        [
            bdi(b.bank),
            f"{b.loans:,}",
            *(yuan_text(v, lang) for v in (b.outstanding_yuan, b.non_performing_yuan, b.unknown_yuan)),
        ]
        for b in x.banks
    ]
    foot = [
        word("sum", lang),
        f"{x.number:,}",
        *(yuan_text(v, lang) for v in (x.outstanding_yuan, x.non_performing_yuan, x.unknown_yuan)),
    ]
    lent = (
        f"累计放款 {yuan_text(x.lent_yuan, lang)}；未审核记录 {x.pending} 条"
        if zh
        else f"lent in all {yuan_text(x.lent_yuan, lang)}; records not approved yet: {x.pending}"
    )
    return row(*parts, cards(heads, rows, lent, foot), flags(x.flags, lang))


def agencies_section(s: Standing, lang: Lang) -> Html:
    """Return who is in the carriers."""
    zh = lang == "zh"
    figure = s.agencies
    if figure is None or not figure.steps:
        return el("p", "没有入驻迁出记录" if zh else "no moves are recorded", class_="soft")
    number = len(figure.members)
    names = [el("li", bdi(name), " ", el("span", key, class_="soft")) for key, name in figure.members[:_MOST_NAMES]]
    more = number - len(names)
    rest = el("p", f"另有 {more} 家，见进展表" if zh else f"{more} more in the tables", class_="soft") if more else None
    told_ = f"在驻 {number} 家（每个统一社会信用代码计一次）" if zh else f"{number} are in (each credit code once)"
    return row(
        el("p", el("strong", told_)),
        flags(figure.flags, lang),
        el("details", el("summary", "名单" if zh else "names"), el("ul", *names), rest),
    )
