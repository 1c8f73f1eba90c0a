"""What reading a site has to say: problems are collected and raised once, notes go with the site."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from firelane.errors import InputError, Problem
from firelane.site.model import Note, Reading
from firelane.site.schema import limits

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
_LIKENESS = 0.75  # below this a suggestion misleads more than it helps


def _clean(text: str) -> str:
    """Take control characters out of a message: names from files stand in it."""
    return _CONTROL.sub(" ", text)


@dataclass
class Journal:
    """Collects problems and notes while a site is read.

    Attributes
    ----------
    skip_bad : bool
        Whether a road row that cannot be read is left out with a note instead of being a problem.
    readings : list of Reading
        What was made of foreign files so far: whoever is refused needs it most.
    """

    skip_bad: bool = False
    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)

    def problem(
        self,
        en: str,
        zh: str,
        remedy_en: str,
        remedy_zh: str,
        *,
        layer: str | None = None,
        row: str | None = None,
        column: str | None = None,
    ) -> None:
        """Add one problem in both languages."""
        en, zh, remedy_en, remedy_zh = _clean(en), _clean(zh), _clean(remedy_en), _clean(remedy_zh)
        where = {
            name: None if value is None else _clean(value)
            for name, value in (("layer", layer), ("row", row), ("column", column))
        }
        self.problems.append(Problem(en, remedy_en, **where, message_zh=zh, remedy_zh=remedy_zh))

    def note(self, code: str, en: str, zh: str, *, layer: str | None = None, row: str | None = None) -> None:
        """Add one note in both languages."""
        self.notes.append(Note(code=code, zh=_clean(zh), en=_clean(en), layer=layer, row=row))

    def note_rows(
        self, code: str, en: str, zh: str, ids: Sequence[str] | NDArray[np.object_], *, layer: str
    ) -> None:
        """Add one note about several rows; the texts are followed by their ids."""
        if len(ids):
            listed_en, listed_zh = listing(ids)
            row = str(ids[0]) if len(ids) == 1 else None
            self.note(
                code, f"{layer}: {en}: {listed_en}", f"{layer}：{zh}：{listed_zh}", layer=layer, row=row
            )

    def stop(self) -> None:
        """Raise all problems collected so far, if any.

        Raises
        ------
        InputError
        """
        if self.problems:
            raise InputError(self.problems, readings=self.readings, notes=self.notes)


def listing(ids: Sequence[str] | NDArray[np.object_]) -> tuple[str, str]:
    """Return ids as an English and a Chinese list; beyond the limit the rest are counted."""
    named = [str(i) for i in ids[: int(limits()["text"]["named_rows"])]]
    rest = len(ids) - len(named)
    return (
        ", ".join(named) + (f" and {rest} more" if rest else ""),
        "、".join(named) + (f" 等共 {len(ids)} 个" if rest else ""),
    )


def did_you_mean(word: str, known: Iterable[str]) -> tuple[str, str]:
    """Return a remedy naming the nearest known word, or all of them."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1, cutoff=_LIKENESS)
    if near:
        return f"did you mean {near[0]!r}?", f"是否应为 {near[0]!r}？"
    return f"known are: {', '.join(words)}", f"可用：{'、'.join(words)}"
