"""The texts of notices as data: one file for each city, every fault of it told when it is read.

A text may hold placeholders ``{name}``, those that :data:`PLACEHOLDERS` lists for it and no others; what is filled in is
never read for placeholders again. Kinds of violation are those of the table of parties (``cases/routing.toml``).
"""

from __future__ import annotations

import string
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from firelane.cases.routing import kinds
from firelane.errors import InputError, Problem
from firelane.files import refusal_of_kind
from firelane.site.model import LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from firelane.vocabulary import Lang

_SITE = ("site", "site_id", "count", "article", "party")
PLACEHOLDERS: Mapping[str, tuple[str, ...]] = {
    "title": (), "title_duty": (), "draft": (), "watermark": (),
    "number": ("document_no",), "number_blank": (),
    "addressee": ("party",), "addressee_blank": (), "addressee_reason": ("reason",),
    "opening": _SITE, "opening_no_article": _SITE, "opening_duty": _SITE,
    "heading_facts": (), "heading_articles": (), "heading_do": (), "heading_duty": (), "heading_deadline": (),
    "heading_follow": (), "heading_recheck": (),
    "column_number": (), "column_article": (), "column_fact": (), "column_place": (), "column_measured": (),
    "column_required": (), "see_fact": (),
    "confirmed_on_site": ("message",), "reported": ("source", "message"),
    "lane": ("lane",), "lonlat": ("lon", "lat"), "local": ("east", "north"),
    "accuracy": ("accuracy",), "accuracy_none": (), "rounding": (),
    "remedy": ("deeds", "width"), "deed_remove": ("things",), "deed_raise": ("things", "raise"), "plan": ("amounts",),
    "duty": (), "deadline": ("deadline", "deadline_source"), "deadline_blank": (), "report_back": (),
    "deadline_at_once": ("items",), "deadline_at_once_all": (), "deadline_rest": (), "deadline_duty": (),
    "deadline_reinspect": ("deadline", "deadline_source"),
    "party_line": ("party", "role", "article"), "party_line_plain": ("party", "role"),
    "role_inspector": (), "role_decider": (), "role_assistant": (), "role_supervisor": (), "role_responsible": (),
    "consequence": ("article", "quote"), "recheck_note": (),
    "sign_issuer": ("issuer",), "sign_issuer_blank": (), "sign_date": ("date",), "sign_date_blank": (),
    "date": ("year", "month", "day"), "foot": ("data",), "foot_parties": ("source",),
    "receipt": (), "receipt_document": (), "receipt_party": (), "receipt_place": (), "receipt_way": (),
    "receipt_signed": (), "receipt_other": (), "receipt_server": (), "receipt_remark": (),
}  # fmt: skip
"""Every text that a notice needs, and the placeholders that it may hold."""

_LANGS = ("zh", "en")
_NEEDED = {"number": "document_no", "addressee": "party", "deadline": "deadline", "deadline_at_once": "items", "sign_issuer": "issuer"}
_MOST = 5000
Pair = dict[str, str]


@dataclass(frozen=True)
class Templates:
    """The texts of one city, in both languages."""

    name: str
    source: str
    texts: Mapping[str, Pair]
    deeds: Mapping[str, Pair]
    layers: Mapping[str, Pair]
    articles: Mapping[str, Pair]

    def text(self, key: str, lang: Lang, **values: str) -> str:
        """Return a text with its placeholders filled in; values are taken as they are."""
        parts = string.Formatter().parse(self.texts[key][lang])
        return "".join(literal + (values[name] if name else "") for literal, name, _, _ in parts)

    def article(self, name: str, lang: Lang) -> str:
        """Return the wording of an article; empty where the file does not quote it."""
        return self.articles[name][lang] if name in self.articles else ""


@cache
def templates(path: Path | None = None) -> Templates:
    """Return the packaged texts, or those of a file of the user's.

    Raises
    ------
    InputError
        Every problem of the file at once: texts that are missing or unknown, placeholders that no notice fills.
    """
    label = "notices.toml" if path is None else path.name
    kind = None if path is None else refusal_of_kind(path)
    if kind is not None:
        raise InputError([Problem(kind[1], layer=label, message_zh=kind[0])])
    try:
        if path is None:
            text = resources.files("firelane.report").joinpath("notices.toml").read_text(encoding="utf-8")
        else:
            text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        raw = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError([Problem(
            f"the templates cannot be read: {error}", "", label, message_zh=f"通知书模板无法读取：{error}",
        )]) from error  # fmt: skip
    return _Reader(raw, label).templates()


class _Reader:
    """Reads one file and gathers what is wrong with it."""

    def __init__(self, raw: Mapping[str, Any], label: str) -> None:
        self.raw, self.label = raw, label
        self.problems: list[Problem] = []

    def note(self, row: str, en: str, zh: str, column: str | None = None) -> None:
        self.problems.append(Problem(en, "mend the template", self.label, row, column, zh, "请修正模板"))

    def templates(self) -> Templates:
        for key in sorted(set(self.raw) - {"notice", "text", "layer", "do", "article"}):
            self.note(key, "is not a known table", "不是已知的表")
        head = self.raw.get("notice")
        head = head if isinstance(head, dict) else {}
        for key in ("name", "source"):
            if not isinstance(head.get(key), str) or not head[key].strip():
                self.note("[notice]", "a text is missing", "缺少文字", key)
        texts = self.table("text", PLACEHOLDERS)
        deeds = self.table("do", dict.fromkeys(kinds(), ()))
        layers = self.table("layer", dict.fromkeys(LAYERS, ()))
        found = self.raw.get("article")
        names = [str(name) for name in found] if isinstance(found, dict) else []
        if not names:
            self.note("[article]", "no article is quoted", "没有条款原文")
        articles = self.table("article", dict.fromkeys(names, ()))
        if self.problems:
            raise InputError(self.problems)
        return Templates(head["name"], head["source"], texts, deeds, layers, articles)

    def table(self, name: str, wanted: Mapping[str, Iterable[str]]) -> dict[str, Pair]:
        """Read a table of texts in both languages: all that are wanted, and no others."""
        raw = self.raw.get(name)
        raw = raw if isinstance(raw, dict) else {}
        for key in sorted(set(raw) - set(wanted)):
            self.note(f"{name}.{key}", "no notice has such a text", "通知书中没有这段文字")
        return {key: self.pair(f"{name}.{key}", raw.get(key), key, tuple(known)) for key, known in wanted.items()}

    def pair(self, row: str, raw: Any, key: str, known: tuple[str, ...]) -> Pair:
        if not isinstance(raw, dict):
            self.note(row, "zh and en are missing", "缺少 zh 和 en")
            return {}
        for lang in sorted(set(raw) - set(_LANGS)):
            self.note(row, "is not a known language: zh and en are", "未知的语言：只有 zh 和 en", lang)
        return {lang: self.checked(row, raw.get(lang), lang, key, known) for lang in _LANGS}

    def checked(self, row: str, text: Any, lang: str, key: str, known: tuple[str, ...]) -> str:
        if not isinstance(text, str) or not text.strip() or len(text) > _MOST:
            self.note(row, f"a text of 1 to {_MOST} characters is expected", f"应为 1 至 {_MOST} 字的文字", lang)
            return ""
        try:
            fields = [(name, form, turn) for _, name, form, turn in string.Formatter().parse(text) if name is not None]
        except ValueError:
            self.note(row, "a brace is open or alone; write {{ or }} for a brace", "花括号不成对；要写花括号本身请写 {{ 或 }}", lang)
            return text
        shown = ", ".join(f"{{{name}}}" for name in known) or "none"
        for name, form, turn in fields:
            if name not in known or form or turn:
                said = f"{{{name}{'!' + turn if turn else ''}{':' + form if form else ''}}}"
                self.note(
                    row, f"unknown placeholder {said} (known: {shown})",
                    f"未知的占位符 {said}（可用：{'无' if shown == 'none' else shown}）", lang,
                )  # fmt: skip
        needed = _NEEDED.get(key)
        if needed and needed not in {name for name, _, _ in fields}:
            self.note(row, f"the placeholder {{{needed}}} is missing", f"缺少占位符 {{{needed}}}", lang)
        return text
