"""What is known about a finding's case, as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from firelane.webmap.texts import shown

if TYPE_CHECKING:
    from firelane.vocabulary import Lang


@dataclass(frozen=True)
class CaseMark:
    """The case of one finding; a mapping of them is keyed by ``finding_id``.

    Attributes
    ----------
    case_id : str
    state : str
        Key of the state; the list of states to filter by is made of these.
    word_zh, word_en : str
        What the state is called.
    group : str
        ``"open"``, ``"fixed"`` or ``"closed"``.
    deadline : str or None
        ISO date (``2026-12-31``), None where there is none.
    """

    case_id: str
    state: str
    word_zh: str
    word_en: str
    group: str
    deadline: str | None = None

    def word(self, lang: Lang = "zh") -> str:
        """Return what the state is called in ``lang``."""
        return shown(self.word_zh if lang == "zh" else self.word_en) or shown(self.state)

    def as_json(self, lang: Lang = "zh") -> dict[str, Any]:
        """Return what a card of the page holds of the case."""
        told: dict[str, Any] = {
            "id": shown(self.case_id), "state": shown(self.state), "word": self.word(lang),
            "group": shown(self.group),
        }  # fmt: skip
        if self.deadline:
            told["deadline"] = shown(self.deadline)
        return told
