"""What every document of a city has, be it a plan or a scheme: its head, things with names, misprints, open questions (文件)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from firelane.registry.indicators import Citation
from firelane.vocabulary import Lang


@dataclass(frozen=True)
class Named:
    """Something with an id and a name in two languages."""

    id: str
    zh: str
    en: str

    def label(self, lang: Lang = "zh") -> str:
        """Return the name in ``lang``."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Misprint:
    """Words as printed, and what they must mean."""

    printed: str
    meant: str
    citation: Citation


@dataclass(frozen=True)
class Question(Named):
    """What the text leaves open, to be confirmed (待确认)."""


@dataclass(frozen=True)
class Document:
    """The head of a document: what it is called, who issued it and when."""

    id: str
    title: str
    title_en: str
    number: str
    issuer: str
    issuer_en: str
    issued_on: date
    printed_on: date
    citations: tuple[Citation, ...]

    def label(self, lang: Lang = "zh") -> str:
        """Return the title in ``lang``."""
        return self.title if lang == "zh" else self.title_en
