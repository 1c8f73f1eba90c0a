"""The items of the bill of quantities: codes and articles, as data."""

from __future__ import annotations

import importlib.resources
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from firelane.rules import load_rules
from firelane.vocabulary import MarkKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firelane.vocabulary import Lang


@dataclass(frozen=True)
class BillItem:
    """One item: its code, the article of 沈政办发〔2020〕40号 behind it, and what of it is paid for.

    ``measure`` is ``area_m2``, ``length_m`` or ``pieces``; ``measures`` are those that a firm may choose.
    """

    kind: str
    code: str
    article: str
    measure: str
    measures: tuple[str, ...] = ()
    zh: str = ""
    en: str = ""

    def label(self, lang: Lang = "zh") -> str:
        """Return the name of the item."""
        own = self.zh if lang == "zh" else self.en
        return own or MarkKind(self.kind).label(lang)


@lru_cache(maxsize=1)
def _content() -> Mapping[str, Any]:
    file = importlib.resources.files("firelane.markings").joinpath("items.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def bill_items() -> Mapping[str, BillItem]:
    """Return kind -> item, in the order of the bill."""
    return {row["kind"]: BillItem(**{**row, "measures": tuple(row["measures"])}) for row in _content()["item"]}


def bill_item(kind: str) -> BillItem:
    """Return the item of a kind of paint (a ``MarkKind`` value), ``warning_board`` or ``removal``."""
    return bill_items()[str(kind)]


@lru_cache(maxsize=8)
def rule_words(rule_id: str, key: str) -> frozenset[str]:
    """Return a list of words of a rule, lower case: planning must know yellow, or a warning, as the audit does."""
    rule = next(rule for rule in load_rules() if rule.rule_id == rule_id)
    return frozenset(word.strip().casefold() for word in rule.words[key])


def is_gone(condition: object) -> bool:
    """Tell whether the recorded condition of paint or of a sign says that it is no longer there."""
    return isinstance(condition, str) and condition.strip().casefold() in _content()["surveyed"]["gone"]
