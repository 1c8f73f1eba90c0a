"""How much a site's input supports what the audit says of it: a mark from A to E with its reasons (``quality.toml``)."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from firelane.auditing.record import Audit
from firelane.site.model import LAYERS

MARKS = ("A", "B", "C", "D", "E")
"""Best first. A site that could not be done has none."""

_PAINT = ("kerbs", "markings", "signs")
_ASKED = tuple(name for name in LAYERS if name not in ("road_lines", "covers", "operating_grounds"))


@dataclass(frozen=True)
class Criterion:
    """One reason for which an input is not as good as it could be.

    Attributes
    ----------
    code : str
    figure : str
        Of ``figures``.
    above, below : float or None
        It holds where the figure is greater, or smaller, than this.
    mark : str
        The best mark that is left then.
    zh, en : str
        The reason; ``{n}`` stands for the figure, ``{p}`` for it in per cent.
    """

    code: str
    figure: str
    mark: str
    zh: str
    en: str
    above: float | None = None
    below: float | None = None

    def holds(self, value: float) -> bool:
        """Tell whether it holds for a figure."""
        if self.above is not None:
            return value > self.above
        return self.below is not None and value < self.below


@cache
def _raw() -> dict[str, Any]:
    return tomllib.loads(resources.files("firelane.batch").joinpath("quality.toml").read_text("utf-8"))


@cache
def criteria() -> tuple[Criterion, ...]:
    """Return the criteria in the order of the file."""
    return tuple(Criterion(**row) for row in _raw()["criterion"])


def source() -> str:
    """Return where the criteria come from."""
    return str(_raw()["source"])


def quality_of(audit: Audit) -> dict[str, Any]:
    """Return the columns of a site's record that tell about its input.

    Returns
    -------
    dict
        ``quality`` (A to E), ``quality_reasons`` (codes), ``quality_zh``, ``quality_en`` (each ``;``-joined, worst first),
        ``layers_surveyed``, ``layers_missing``, ``mended``, ``left_out``, ``notes`` (numbers of remarks), ``accuracy_m``.
    """
    found = figures(audit)
    mark, reasons = marked(found)
    site = audit.site
    return {
        "quality": mark,
        "quality_reasons": ";".join(c.code for c in reasons) or None,
        "quality_zh": "；".join(_said(c.zh, found[c.figure]) for c in reasons) or None,
        "quality_en": "; ".join(_said(c.en, found[c.figure]) for c in reasons) or None,
        "layers_surveyed": ";".join(name for name in LAYERS if site.surveyed(name)) or None,
        "layers_missing": ";".join(name for name in _ASKED if not site.surveyed(name)) or None,
        "mended": int(found["mended"]),
        "left_out": int(found["left_out"]),
        "notes": len(site.notes),
        "accuracy_m": None if found["accuracy_unknown"] else round(found["accuracy_m"], 6),
    }


def marked(found: Mapping[str, float]) -> tuple[str, tuple[Criterion, ...]]:
    """Return the mark that figures deserve, and the criteria that hold, gravest first.

    Of several criteria on one figure only the gravest is told.

    >>> marked({c.figure: 1.0 if c.below else 0.0 for c in criteria()})
    ('A', ())
    """
    holding = [c for c in criteria() if c.holds(found[c.figure])]
    gravest: dict[str, Criterion] = {}
    for criterion in sorted(holding, key=lambda c: -MARKS.index(c.mark)):
        gravest.setdefault(criterion.figure, criterion)
    reasons = tuple(gravest.values())
    return max((c.mark for c in reasons), default=MARKS[0]), reasons


def figures(audit: Audit) -> dict[str, float]:
    """Return the figures of an input that criteria speak of: shares from 0 to 1, numbers, 0 or 1 for no or yes."""
    site = audit.site
    noted = {group: [n for n in site.notes if n.code in codes] for group, codes in _raw()["notes"].items()}
    length = float(audit.summary["lane_length_m"])
    # Only what is told in so many words counts as accuracy: 0 is the default, not a claim.
    told = max((site.place_accuracy_m(name) for name in ("roads", "obstructions")), default=0.0)
    outlines, lines = len(site.layer("roads")), len(site.layer("road_lines"))
    partly = bool(noted["incomplete"]) and not site.complete("obstructions")
    return {
        "judged_share": float(audit.summary["judged_length_m"]) / length if length > 0 else 0.0,
        "line_share": lines / (outlines + lines) if not outlines or _drawn_without_width(site.notes) else 0.0,
        "without_obstructions": float(not site.surveyed("obstructions")),
        "obstructions_incomplete": float(partly and site.surveyed("obstructions")),
        "without_buildings": float(not site.surveyed("buildings")),
        "without_entrances": float(not site.surveyed("entrances")),
        "without_paint": float(sum(not site.surveyed(name) for name in _PAINT)),
        "accuracy_m": told,
        "accuracy_unknown": float(told <= 0.0),
        "coarse": float(bool(noted["coarse"])),
        "unplaced": float(not site.placed),
        "doubtful_place": float(bool(noted["doubtful_place"])),
        "mended": float(len(noted["mended"])),
        "left_out": float(len(noted["left_out"])),
        "undated": float(site.config.surveyed_on is None),
    }


def _drawn_without_width(notes: tuple[Any, ...]) -> bool:
    """Tell whether some road is known as a line alone: lines beside outlines are only their axes."""
    return any(note.code == "width_unknown" for note in notes)


def _said(text: str, value: float) -> str:
    return text.format(n=f"{value:g}", p=math.floor(100 * value))
