"""What a verification says: checks with verdict, value, limit and place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

SCHEMA = "firelane-verify/1"
PASS, FAIL, NOT_MEASURED, INFO = "pass", "fail", "not_measured", "info"
_RANK = {FAIL: 0, NOT_MEASURED: 1, INFO: 2, PASS: 3}


@dataclass(frozen=True)
class Check:
    """One thing that was judged.

    Attributes
    ----------
    check : str
        What was judged (``edge_line_width`` …).
    verdict : str
        ``pass``, ``fail``, ``not_measured`` or ``info`` (told, not judged).
    zh, en : str
    value, limit : float or None
        What was found and what is wanted, in ``unit``.
    x, y : float or None
        Place in the site's coordinates [m].
    lane_id, chainage_m, entrance_id
        Place along the site.
    length_m : float
        How long the fault is: the longest are told first.
    article : str
    """

    check: str
    verdict: str
    zh: str
    en: str
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    x: float | None = None
    y: float | None = None
    lane_id: str | None = None
    chainage_m: float | None = None
    entrance_id: str | None = None
    length_m: float = 0.0
    article: str = ""

    def text(self, lang: str) -> str:
        """Return the message."""
        return self.zh if lang == "zh" else self.en

    def row(self) -> dict[str, Any]:
        """Return the check as JSON holds it; lengths to 1e-4."""
        def number(value: float | None) -> float | None:
            return None if value is None else round(float(value), 4) + 0.0

        return {
            "check": self.check, "verdict": self.verdict, "article": self.article, "value": number(self.value),
            "limit": number(self.limit), "unit": self.unit,
            "place": None if self.x is None or self.y is None else [number(self.x), number(self.y)],
            "lane_id": self.lane_id, "chainage_m": number(self.chainage_m), "entrance_id": self.entrance_id,
            "length_m": number(self.length_m), "message_zh": self.zh, "message_en": self.en,
        }  # fmt: skip


@dataclass(frozen=True)
class Verification:
    """The judgement on one drawing.

    Attributes
    ----------
    file, site_id : str
    placed : dict
        How the drawing was placed: ``how`` (``own``, ``survey``, ``origin``), ``unit``, ``origin``.
    layers : tuple of str
        Layers whose content was taken for paint.
    checks : tuple of Check
        The worst first.
    """

    file: str
    site_id: str
    placed: dict[str, Any]
    layers: tuple[str, ...]
    checks: tuple[Check, ...]
    notes: tuple[tuple[str, str], ...] = ()
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def faults(self) -> tuple[Check, ...]:
        """Checks that fail."""
        return tuple(check for check in self.checks if check.verdict == FAIL)

    @property
    def verdict(self) -> str:
        """``fail`` if anything fails, else ``pass``; what was not measured is told beside it."""
        return FAIL if self.faults else PASS

    def document(self) -> dict[str, Any]:
        """Return everything as JSON holds it."""
        return {
            "schema": SCHEMA, "file": self.file, "site": self.site_id, "verdict": self.verdict,
            "placed": self.placed, "layers": list(self.layers), "found": dict(self.counts),
            "counts": {v: sum(c.verdict == v for c in self.checks) for v in (PASS, FAIL, NOT_MEASURED, INFO)},
            "checks": [check.row() for check in self.checks],
            "notes": [{"zh": zh, "en": en} for zh, en in self.notes],
        }  # fmt: skip


def sorted_checks(checks: list[Check]) -> tuple[Check, ...]:
    """Return checks with the worst first: faults, longest first, then what was not measured."""
    return tuple(sorted(checks, key=_worst))


def _worst(check: Check) -> tuple[Any, ...]:
    place = (check.lane_id or "", check.entrance_id or "", -1.0 if check.chainage_m is None else check.chainage_m)
    return (_RANK[check.verdict], -round(check.length_m, 3), check.check, *place, check.en)
