"""Usual names of CAD layers and blocks, and what they mean here: data (``patterns.toml``) and how a name is matched."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

_REFERENCE = re.compile(r".*(?:\$\d+\$|\|)")
_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORDS = re.compile(r"[a-z]+")
LONGEST_NAME = 255
"""Names of layers and blocks are not longer in CAD: beyond it nothing is looked at, for the time that it takes."""


@dataclass(frozen=True)
class Pattern:
    """One entry of ``patterns.toml``.

    Attributes
    ----------
    ours : str
        Our layer; empty where such a layer feeds none.
    role : str
        How its entities are meant (see the file).
    values : Mapping
        Columns of ours that the name tells.
    shape : str
        Of blocks: ``point`` or ``hull``.
    sized : bool
        Whether a block's extent is that of the thing it stands for.
    """

    ours: str
    role: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    zh: tuple[str, ...] = ()
    en: tuple[tuple[str, ...], ...] = ()
    no_zh: tuple[str, ...] = ()
    no_en: tuple[tuple[str, ...], ...] = ()
    shape: str = ""
    sized: bool = False
    why_zh: str = ""
    why_en: str = ""


@dataclass(frozen=True)
class Patterns:
    """Everything that ``patterns.toml`` says."""

    layers: tuple[Pattern, ...]
    blocks: tuple[Pattern, ...]
    limits: Mapping[str, Any]
    unit: Mapping[str, Any]


@dataclass(frozen=True)
class Match:
    """The entry that a name fits, and by which text or words."""

    pattern: Pattern
    by: str


@cache
def patterns() -> Patterns:
    """Return the patterns."""
    raw = tomllib.loads(resources.files(__package__).joinpath("patterns.toml").read_text("utf-8"))
    return Patterns(
        layers=tuple(_pattern(entry) for entry in raw["layer"]),
        blocks=tuple(_pattern(entry) for entry in raw["block"]),
        limits=MappingProxyType(raw["limits"]),
        unit=MappingProxyType(raw["unit"]),
    )


def _pattern(raw: Mapping[str, Any]) -> Pattern:
    def phrases(key: str) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(text.split()) for text in raw.get(key, ()))

    return Pattern(
        ours=raw["ours"],
        role=raw.get("role", ""),
        values=MappingProxyType(raw.get("set", {})),
        zh=tuple(raw.get("zh", ())),
        en=phrases("en"),
        no_zh=tuple(raw.get("no_zh", ())),
        no_en=phrases("no_en"),
        shape=raw.get("shape", ""),
        sized=raw.get("sized", False),
        why_zh=raw.get("zh_why", ""),
        why_en=raw.get("en_why", ""),
    )


@cache
def match_layer(name: str) -> Match | None:
    """Return the first entry that a layer's name fits.

    >>> match_layer("C-ROAD-CURB").pattern.ours, match_layer("道路红线").pattern.ours
    ('kerbs', '')
    >>> match_layer("图层1") is None
    True
    """
    return _first(name, patterns().layers)


@cache
def match_block(name: str) -> Match | None:
    """Return the first entry that a block's name fits."""
    return None if name.startswith("*") else _first(name, patterns().blocks)


def _first(name: str, entries: Sequence[Pattern]) -> Match | None:
    text = _REFERENCE.sub("", unicodedata.normalize("NFKC", name[:LONGEST_NAME]))
    words = _WORDS.findall(_CASE.sub(" ", text).lower())
    text = text.lower()
    for entry in entries:
        if any(part in text for part in entry.no_zh) or any(_follows(words, phrase) for phrase in entry.no_en):
            continue
        by = next((part for part in entry.zh if part in text), None)
        if by is None:
            by = next((" ".join(phrase) for phrase in entry.en if _follows(words, phrase)), None)
        if by is not None:
            return Match(entry, by)
    return None


def _follows(words: Sequence[str], phrase: tuple[str, ...]) -> bool:
    """Tell whether the words of ``phrase`` stand one after another in ``words``."""
    size = len(phrase)
    return any(tuple(words[n : n + size]) == phrase for n in range(len(words) - size + 1))
