"""Notices 责令限期改正通知书: one for each party, filled in from an audit or a case.

Only what was measured and fails is stated. What lies within the accuracy is listed for a look on site, what was not
measured does not occur, and no penalty is named (Article 21 is quoted). Who issues it, under what number and by when is
told by the office: what is not told stays blank, and without issuer and number the notice is a draft.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from firelane.cases.model import PartyRole
from firelane.cases.plates import mask_plates
from firelane.cases.routing import routing
from firelane.errors import UsageError
from firelane.files import safe_name
from firelane.report.facts import (
    DUTY,
    Fact,
    accuracy_line,
    among,
    amounts_line,
    article_order,
    data_line,
    dated,
    fact_of_case,
    facts_of,
    others,
)
from firelane.report.numbers import numbers_in_short
from firelane.report.templates import Templates, templates

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from firelane.auditing import Audit
    from firelane.cases.deadlines import Deadline
    from firelane.cases.model import Case, Party
    from firelane.markings.plan import MarkingPlan
    from firelane.vocabulary import Lang

UNKNOWN = "unknown"
"""Stands for the body where nobody can say who is responsible."""

_NUMERALS = "一二三四五六七八九"

BlockKind = Literal[
    "draft", "title", "number", "addressee", "text", "heading", "article", "item", "table", "sign", "small", "receipt"
]


@dataclass(frozen=True)
class Block:
    """One part of a notice, in the order of its pages; ``rows`` for tables alone, the first being the head."""

    kind: BlockKind
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Notice:
    """One notice, ready to be written.

    Attributes
    ----------
    lang : {"zh", "en"}
    title : str
    body : str
        Key of the body that it goes to (``routing.toml``), :data:`UNKNOWN` where nobody can say.
    party : str
        Its name; empty where unknown.
    draft : bool
        True until both a document number and an issuer are given.
    watermark : str
    finding_ids, recheck_ids : tuple of str
        What it states, and what it lists for a look on site.
    blank : tuple of str
        What is left to be filled in by hand: ``document_no``, ``issuer``, ``deadline``, ``party``, ``date``.
    blocks : tuple of Block
    stem : str
        A safe name for its file, without ending.
    """

    lang: Lang
    title: str
    body: str
    party: str
    draft: bool
    watermark: str
    finding_ids: tuple[str, ...]
    recheck_ids: tuple[str, ...]
    blank: tuple[str, ...]
    blocks: tuple[Block, ...]
    stem: str


@dataclass(frozen=True)
class Office:
    """What the issuing office tells; None stays blank."""

    issuer: str | None = None
    document_no: str | None = None
    deadline: Deadline | None = None
    day: date | None = None


def notices(
    audit: Audit,
    *,
    to: str | None = None,
    plan: MarkingPlan | None = None,
    deadline: Deadline | None = None,
    issuer: str | None = None,
    document_no: str | None = None,
    date: date | None = None,
    texts: Templates | None = None,
    lang: Lang = "zh",
) -> tuple[Notice, ...]:
    """Return the notices that follow from an audit: one for each party that has to act.

    Parameters
    ----------
    audit : Audit
    to : str, optional
        Key or name of one party; all where left out.
    plan : MarkingPlan, optional
        Its amounts of paint are then told where markings have to be put right.
    deadline : Deadline, optional
        Stays blank where left out: the regulation names none.
    issuer, document_no, date : optional
        Who issues it, its number and day; blank where left out. A number goes with one party alone.
    texts : Templates, optional
        Another city's texts.
    lang : {"zh", "en"}

    Raises
    ------
    UsageError
        If no notice goes to ``to``, or one number is given for several notices.
    """
    texts = templates() if texts is None else texts
    facts = facts_of(audit, texts, lang)
    office = Office(issuer, document_no, deadline, date)
    addressed = _addressed(facts)
    if to is not None:
        wanted = to.strip()
        chosen = {name: found for name, found in addressed.items() if wanted in _names(found)}
        if not chosen:
            known = ", ".join(f"{found[0].body} ({name})" if name else UNKNOWN for name, found in addressed.items()) or "-"
            said = mask_plates("、".join(f"{found[0].zh}（{found[0].body}）" if name else UNKNOWN for name, found in addressed.items()))
            raise UsageError(
                f"no notice goes to {wanted!r}; there are: {known}",
                f"没有发给 {wanted!r} 的通知书；可选：{said or '无'}",
            )
        addressed = chosen
    if document_no and len(addressed) > 1:
        raise UsageError(
            "one document number is given for several notices: choose one party with --to",
            "一个文号不能用于几份通知书：请用 --to 选定一个责任主体",
        )
    site = audit.site
    about = _About(site.name or site.id, site.id, accuracy_line(audit, texts, lang), data_line(audit, lang), amounts_line(plan, lang))
    return tuple(
        _Writer(texts, lang, office, about).notice(found[0] if found else None, facts) for found in addressed.values()
    )


def notice_of_case(
    case: Case,
    *,
    deadline: Deadline | None = None,
    issuer: str | None = None,
    document_no: str | None = None,
    date: date | None = None,
    texts: Templates | None = None,
    lang: Lang = "zh",
) -> Notice:
    """Return the notice of one case. Without ``deadline``, the one in force for the case stands in it.

    Raises
    ------
    UsageError
        If the case has no responsible party.
    """
    texts = templates() if texts is None else texts
    fact = fact_of_case(case, texts, lang)
    everybody = fact.responsible()
    if not everybody:
        raise UsageError(
            f"case {case.case_id} has no responsible party → determine it first: "
            f"firelane case event {case.case_id} routed --set managed=true --set manager=…",
            f"案件 {case.case_id} 尚无责任主体 → 先用 firelane case event {case.case_id} routed "
            "--set managed=true --set manager=… 确定责任主体",
        )
    joined = "、" if lang == "zh" else ", "
    party = everybody[0]
    if len(everybody) > 1:
        party = replace(party, zh="、".join(p.zh for p in everybody), en=", ".join(p.en for p in everybody))
    fact = replace(fact, parties=(party, *(p for p in fact.parties if p.role is not PartyRole.RESPONSIBLE)))
    site = case.site
    data = [case.case_id, f"SHA-256 {case.audit_sha256[:12]}" if case.audit_sha256 else ""]
    about = _About(site.name or site.site_id, site.site_id, "", joined.join(filter(None, data)), "")
    day, source = (case.deadline, case.deadline_source) if deadline is None else (deadline.day, deadline.source(lang))
    writer = _Writer(texts, lang, Office(issuer, document_no, deadline, date), about, (day, source))
    made = writer.notice(party, [fact])
    return replace(made, stem=safe_name(f"{case.case_id}_{made.stem}"))


def _names(found: Sequence[Party]) -> set[str]:
    return {text.strip() for party in found for text in (party.body, party.zh, party.en)} or {UNKNOWN}


def _addressed(facts: Sequence[Fact]) -> dict[str, list[Party]]:
    """Return who gets a notice by name, the responsible in the order of the facts, then who has a duty besides.

    One company that is property manager and keeps the gates as well gets one notice; "" stands for nobody known.
    """
    found: dict[str, list[Party]] = {}
    certain = [fact for fact in facts if fact.certain]
    for fact in certain:
        for party in fact.responsible():
            found.setdefault(party.zh, []).append(party)
        if not fact.parties:
            found.setdefault("", [])
    for fact in certain:
        for party in fact.dutiful():
            found.setdefault(party.zh, []).append(party)
    return found


@dataclass(frozen=True)
class _About:
    site: str
    site_id: str
    accuracy: str
    data: str
    amounts: str


class _Writer:
    """Fills in the texts of one notice."""

    def __init__(
        self, texts: Templates, lang: Lang, office: Office, about: _About, due: tuple[date | None, str] | None = None
    ) -> None:
        self.texts, self.lang, self.office, self.about = texts, lang, office, about
        deadline = office.deadline
        self.due = due or ((None, "") if deadline is None else (deadline.day, deadline.source(lang)))

    def say(self, key: str, **values: str) -> str:
        return self.texts.text(key, self.lang, **values)

    def notice(self, party: Party | None, facts: Sequence[Fact]) -> Notice:
        """Return the notice to one party; ``facts`` are those of the whole site."""
        own = [f for f in facts if (not f.parties if party is None else among(party, f.responsible()))]
        stated = [fact for fact in own if fact.certain]
        recheck = [fact for fact in own if not fact.certain]
        duties = [fact for fact in facts if fact.certain and party is not None and among(party, fact.dutiful())]
        name = "" if party is None else mask_plates(party.text(self.lang))
        title = self.say("title" if stated or recheck else "title_duty")
        body = UNKNOWN if party is None else party.body
        office = self.office
        draft = not (office.document_no and office.issuer)
        blocks = list(self._head(title, name, own, draft=draft))
        blocks += self._body(name, party, stated, recheck, duties)
        blocks += self._foot(title, name)
        told = {
            "document_no": office.document_no, "issuer": office.issuer,
            "deadline": self.due[0] or not dated(stated or recheck), "party": name,
            "date": office.day,
        }  # fmt: skip
        return Notice(
            self.lang, title, body, name, draft, self.say("watermark") if draft else "",
            tuple(i for fact in (*stated, *duties) for i in fact.finding_ids),
            tuple(i for fact in recheck for i in fact.finding_ids),
            tuple(word for word, value in told.items() if not value), tuple(blocks),
            safe_name(f"{self.about.site_id[:30]}_{name or body}"),
        )  # fmt: skip

    def _head(self, title: str, name: str, own: Sequence[Fact], *, draft: bool) -> Iterator[Block]:
        if draft:
            yield Block("draft", self.say("draft"))
        yield Block("title", title)
        number = self.office.document_no
        yield Block("number", self.say("number", document_no=number) if number else self.say("number_blank"))
        yield Block("addressee", self.say("addressee", party=name) if name else self.say("addressee_blank"))
        for reason in dict.fromkeys(fact.reason for fact in own if fact.reason):
            yield Block("small", self.say("addressee_reason", reason=reason))

    def _body(
        self, name: str, party: Party | None, stated: Sequence[Fact], recheck: Sequence[Fact], duties: Sequence[Fact]
    ) -> Iterator[Block]:
        article = self._grounds(party, stated)
        values = {"site": self.about.site, "site_id": self.about.site_id, "article": article, "party": name}
        if stated:
            key = "opening" if article else "opening_no_article"
            yield Block("text", self.say(key, count=str(len(stated)), **values))
        elif duties:
            yield Block("text", self.say("opening_duty", count=str(len(duties)), **{**values, "article": DUTY}))
        parts: list[tuple[str, list[Block]]] = []
        if stated:
            parts.append(("heading_facts", [self._table(stated), *self._remarks()]))
        if duties:
            parts.append(("heading_duty", [self._table(duties), *(() if stated else self._remarks()), Block("text", self.say("duty"))]))
        follow = [p for p in others((*stated, *duties)) if party is None or p.zh != party.zh]
        parts.append(("heading_articles", [Block("article", f"{a}\n{q}") for a, q in self._articles(party, stated, duties, follow)]))
        if stated:
            parts.append(("heading_do", self._deeds(stated)))
        parts.append(("heading_deadline", self._deadline(stated, recheck)))
        parts.append(("heading_follow", self._follow(follow)))
        if recheck:
            parts.append(("heading_recheck", [Block("text", self.say("recheck_note")), self._table(recheck)]))
        parts = [(heading, blocks) for heading, blocks in parts if blocks]
        for n, (heading, blocks) in enumerate(parts):
            number = f"{_NUMERALS[n]}、" if self.lang == "zh" else f"{n + 1}. "
            yield Block("heading", number + self.say(heading))
            yield from blocks

    def _grounds(self, party: Party | None, stated: Sequence[Fact]) -> str:
        """Return the articles by which a party has to act, each once."""
        own = [p for fact in stated for p in fact.responsible() if party is not None and p.zh == party.zh]
        articles = sorted({p.article for p in own if p.article}, key=article_order)
        return ("、" if self.lang == "zh" else ", ").join(articles)

    def _table(self, facts: Sequence[Fact]) -> Block:
        columns = ("number", "article", "fact", "place", "measured", "required")
        head = tuple(self.say(f"column_{column}") for column in columns)
        rows = tuple(
            (str(n), "\n".join(f.articles), f.message, f.place, f.measured, f.required) for n, f in enumerate(facts, 1)
        )
        return Block("table", rows=(head, *rows))

    def _remarks(self) -> Iterator[Block]:
        yield Block("small", "".join((self.about.accuracy, "" if self.lang == "zh" else " ", self.say("rounding"))).strip())

    def _articles(
        self, party: Party | None, stated: Sequence[Fact], duties: Sequence[Fact], follow: Sequence[Party]
    ) -> list[tuple[str, str]]:
        """Return every article that the notice rests on, once; the deciding body's stands with what follows."""
        found = dict.fromkeys(quote for fact in (*stated, *duties) for quote in fact.quotes)
        names = [p.article for fact in stated for p in fact.responsible() if party is not None and p.zh == party.zh]
        names += [p.article for p in follow if p.role is not PartyRole.DECIDER]
        names += [DUTY] if duties else []
        for name in names:
            said = self._wording(name)
            if said and name not in {known for known, _ in found}:
                found[name, said] = None
        merged: dict[str, list[str]] = {}
        for name, said in found:
            merged.setdefault(name, []).append(said)
        return [(name, "\n".join(merged[name])) for name in sorted(merged, key=article_order)]

    def _wording(self, article: str) -> str:
        zh = self.texts.article(article, "zh")
        return zh if self.lang == "zh" or not zh else f"{zh}\n{self.texts.article(article, 'en')}"

    def _deeds(self, stated: Sequence[Fact]) -> list[Block]:
        kinds: dict[str, list[int]] = {}
        for n, fact in enumerate(stated, 1):
            kinds.setdefault(fact.kind, []).append(n)
        made = []
        for kind, numbers in kinds.items():
            # a hard space: 第 stays with its numbers
            told = numbers_in_short(numbers, "、" if self.lang == "zh" else ", ")
            mark = f"（第\u00a0{told}\u00a0项）" if self.lang == "zh" else f" (No. {told})"
            made.append(Block("item", self.texts.deeds[kind][self.lang] + mark))
        if "marking" in kinds and self.about.amounts:
            made.append(Block("small", self.say("plan", amounts=self.about.amounts)))
        made += [Block("small", text) for text in dict.fromkeys(f.remedy for f in stated if f.remedy)]
        return made

    def _deadline(self, stated: Sequence[Fact], recheck: Sequence[Fact]) -> list[Block]:
        """Return by when: what is to be done at once has no day of its own, but for the re-inspection."""
        day, source = self.due
        values = {} if day is None else {"deadline": self._date(day), "deadline_source": source or "-"}
        at_once = [n for n, fact in enumerate(stated, 1) if fact.at_once]
        if dated(stated or recheck):
            said = [self.say("deadline", **values) if values else self.say("deadline_blank")]
            if at_once:
                items = numbers_in_short(at_once, "、" if self.lang == "zh" else ", ")
                said = [self.say("deadline_at_once", items=items), self.say("deadline_rest") + said[0]]
        else:
            said = [self.say("deadline_at_once_all" if stated or recheck else "deadline_duty")]
            said += [self.say("deadline_reinspect", **values)] if values else []
        return [Block("text", text) for text in (*said, self.say("report_back"))]

    def _date(self, day: date) -> str:
        form = "d" if self.lang == "zh" else "02d"
        return self.say("date", year=f"{day.year:04d}", month=format(day.month, form), day=format(day.day, form))

    def _follow(self, follow: Sequence[Party]) -> list[Block]:
        made, quoted = [], {}
        for party in follow:
            words = {"party": party.text(self.lang), "role": self.say(f"role_{party.role.value}")}
            if party.article:
                made.append(Block("item", self.say("party_line", article=party.article, **words)))
            else:
                made.append(Block("item", self.say("party_line_plain", **words)))
            if party.role is PartyRole.DECIDER and party.article:
                quoted[party.article] = self.texts.article(party.article, self.lang)
        made += [Block("text", self.say("consequence", article=a, quote=q)) for a, q in quoted.items() if q]
        return made

    def _foot(self, title: str, name: str) -> Iterator[Block]:
        office = self.office
        yield Block("sign", self.say("sign_issuer", issuer=office.issuer) if office.issuer else self.say("sign_issuer_blank"))
        yield Block("sign", self.say("sign_date", date=self._date(office.day)) if office.day else self.say("sign_date_blank"))
        yield Block("small", self.say("foot_parties", source=routing().source(self.lang)))
        yield Block("small", self.say("foot", data=self.about.data))
        number = self.say("number", document_no=office.document_no) if office.document_no else ""
        rows = [("receipt_document", f"{title}\n{number}".strip()), ("receipt_party", name)]
        rows += [(f"receipt_{key}", "") for key in ("place", "way", "signed", "other", "server", "remark")]
        yield Block("receipt", self.say("receipt"), tuple((self.say(key), value) for key, value in rows))
