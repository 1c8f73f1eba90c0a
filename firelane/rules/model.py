"""A rule: one sentence of an instrument that a site can satisfy or break."""

from __future__ import annotations

from dataclasses import dataclass

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

    def text(self, lang: Lang = "zh") -> str:
        """Return the requirement in ``lang``."""
        return self.text_zh if lang == "zh" else self.text_en

    def title(self, lang: Lang = "zh") -> str:
        """Return the short title in ``lang``."""
        return self.title_zh if lang == "zh" else self.title_en
