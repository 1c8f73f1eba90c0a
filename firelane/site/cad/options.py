"""What ``[cad]`` in ``site.toml`` may say about a CAD plan, checked."""

from __future__ import annotations

from dataclasses import dataclass

from firelane.site.cad.patterns import patterns
from firelane.site.config import Settings
from firelane.site.journal import Journal, did_you_mean

UNITS_M = {"m": 1.0, "mm": 0.001, "cm": 0.01, "dm": 0.1, "km": 1000.0, "inch": 0.0254, "foot": 0.3048}
"""Drawing unit → metres."""
_SPELLINGS = {
    "metre": "m", "meter": "m", "metres": "m", "meters": "m", "米": "m", "毫米": "mm", "厘米": "cm", "分米": "dm",
    "公里": "km", "千米": "km", "in": "inch", "inches": "inch", "英寸": "inch", "ft": "foot", "feet": "foot", "英尺": "foot",
}  # fmt: skip


@dataclass(frozen=True)
class CadOptions:
    """How a plan is to be read.

    Attributes
    ----------
    unit : str or None
        The unit of its coordinates; None where it is to be found out.
    gap_m : float
        Ends of lines nearer than this meet [m].
    """

    unit: str | None = None
    gap_m: float = 0.010


def cad_options(settings: Settings, journal: Journal) -> CadOptions:
    """Return what ``[cad]`` says; unknown keys and wrong values are problems."""
    limit = patterns().limits
    told = settings.tables.get("cad", {})
    gap_m, unit = limit["gap_m"], None
    for key, value in told.items():
        where = f"cad.{key}"
        if key == "gap_m":
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if number and 0.0 <= value <= limit["gap_max_m"]:
                gap_m = float(value)
            else:
                most = limit["gap_max_m"]
                journal.problem(
                    f"a number of metres from 0 to {most:g} is expected",
                    f"应为 0 到 {most:g} 之间的米数",
                    "mend the value: it says how far apart ends of lines may lie that are meant to meet",
                    "请改正该值：即视为相接的线端之间的最大间距",
                    layer=settings.file,
                    column=where,
                )
        elif key == "unit":
            word = str(value).strip().lower()
            unit = _SPELLINGS.get(word, word)
            if unit not in UNITS_M or not isinstance(value, str):
                unit = None
                journal.problem(
                    f"{str(value)[:80]!r} is no unit that is known",
                    f"未知的单位 {str(value)[:80]!r}",
                    f"write one of: {', '.join(UNITS_M)}",
                    f"请写以下之一：{'、'.join(UNITS_M)}",
                    layer=settings.file,
                    column=where,
                )
        else:
            journal.problem(
                "this key is not known",
                "未知的键",
                *did_you_mean(key, {"gap_m", "unit"}),
                layer=settings.file,
                column=where,
            )
    return CadOptions(unit, gap_m)
