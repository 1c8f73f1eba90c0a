"""Recorded conditions of signs and markings as a reader says them, out of ``conditions.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firelane.vocabulary import Lang


@cache
def _said() -> dict[str, dict[str, str]]:
    raw = tomllib.loads(resources.files("firelane.findings").joinpath("conditions.toml").read_text("utf-8"))
    return {word.casefold(): row for row in raw.values() for word in row["said"]}


def condition_word(word: str, lang: Lang) -> str:
    """Return a recorded condition in a language; one that is not known stays as it was recorded.

    >>> condition_word("Worn", "zh"), condition_word("磨损", "en"), condition_word("C3", "zh")
    ('磨损', 'worn', 'C3')
    """
    row = _said().get(word.casefold())
    return word if row is None else row[lang]
