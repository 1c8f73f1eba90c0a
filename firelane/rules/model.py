"""A rule: one sentence of an instrument that a site can satisfy or break; a pack: one instrument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from firelane.vocabulary import Lang, Quantity, Severity


@dataclass(frozen=True)
class Rule:
    """One requirement, as data.

    Attributes
    ----------
    rule_id : str
        Stable id, e.g. ``sy2020-14-clear-width``.
    pack : str
        Name of the catalogue it stands in, e.g. ``shenyang-2020``.
    article : str
        Article as cited, e.g. ``第十四条``.
    quantity : Quantity
        What is measured.
    comparator : str
        ``>=``, ``<=``, ``present``, ``absent`` or ``none`` (never judged by this program).
    threshold : float or None
        Limit in ``unit``; None where the sentence gives no number.
    severity : Severity
    text_zh, text_en : str
        Verbatim Chinese, and a plain translation.
    title_zh, title_en : str
        A few words for lists and legends.
    source : str
        Instrument, number and date.
    measured : bool
        False where this program cannot judge the sentence: then every finding is ``not_measured``
        and ``why_not_zh`` / ``why_not_en`` say why.
    params : dict
        Further numbers that the judgement needs, each named with its unit; those that no
        instrument fixes are listed in ``to_be_confirmed``.
    to_be_confirmed : tuple of str
        Names out of ``params`` and ``words`` (or ``threshold``) that no instrument fixes.
    verbatim : bool
        Whether ``text_zh`` quotes the instrument. False where it is this project's own wording:
        it must then be shown as such, never in quotation marks.
    words : Mapping[str, tuple of str]
        Words that the judgement compares attribute values with (colours, conditions, lettering).
    """

    rule_id: str
    pack: str
    article: str
    quantity: Quantity
    comparator: str
    threshold: float | None
    unit: str
    severity: Severity
    text_zh: str
    text_en: str
    title_zh: str
    title_en: str
    source: str
    measured: bool
    why_not_zh: str
    why_not_en: str
    params: dict[str, float]
    to_be_confirmed: tuple[str, ...]
    verbatim: bool = True
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def text(self, lang: Lang = "zh") -> str:
        """Return the requirement in ``lang``."""
        return self.text_zh if lang == "zh" else self.text_en

    def title(self, lang: Lang = "zh") -> str:
        """Return the short title in ``lang``."""
        return self.title_zh if lang == "zh" else self.title_en

    def why_not(self, lang: Lang = "zh") -> str:
        """Return in ``lang`` why this program cannot judge the sentence; empty where it can."""
        return self.why_not_zh if lang == "zh" else self.why_not_en


@dataclass(frozen=True)
class Pack:
    """One instrument (a regulation, a code) and the rules taken from it.

    Attributes
    ----------
    name : str
        Name to load it by, e.g. ``shenyang-2020``.
    title_zh, title_en : str
        Title of the instrument.
    number : str
        Document number, e.g. ``沈政办发〔2020〕40号``.
    in_force : str
        Day it took effect, ISO 8601, or ``""`` where that is not known.
    jurisdiction_zh, jurisdiction_en : str
        Where it applies; reports print it beside the number.
    note_zh, note_en : str
        What a reader must know about this transcription.
    rules : tuple of Rule
        In the order of the articles.
    """

    name: str
    title_zh: str
    title_en: str
    number: str
    in_force: str
    jurisdiction_zh: str
    jurisdiction_en: str
    note_zh: str
    note_en: str
    rules: tuple[Rule, ...]

    def title(self, lang: Lang = "zh") -> str:
        """Return the instrument's title in ``lang``."""
        return self.title_zh if lang == "zh" else self.title_en
