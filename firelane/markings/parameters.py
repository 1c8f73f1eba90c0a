"""The dimensions of the markings: data from ``article13.toml``, open ones overridden by the site.

Nothing else in this package holds a dimension.
"""

from __future__ import annotations

import importlib.resources
import math
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from firelane.errors import InputError, Problem
from firelane.markings.lettering import BOX_SIZES, LAYOUTS, box_design
from firelane.markings.plan import OpenParameter

if TYPE_CHECKING:
    from collections.abc import Mapping

FIXED, OPEN, PROGRAM = "fixed", "to_be_confirmed", "program"


@dataclass(frozen=True)
class Parameter:
    """One row of ``article13.toml``.

    ``minimum`` and ``maximum`` bound an open number, ``choices`` lists what an open word may be.
    """

    key: str
    value: Any
    unit: str
    status: str
    article: str
    zh: str
    en: str
    source: str
    minimum: float | None
    maximum: float | None
    choices: tuple[Any, ...]
    source_zh: str = ""  # of open ones

    def problem(self, value: Any) -> tuple[str, str] | None:
        """Return what is wrong with ``value`` for this parameter, in zh and en; None if nothing is."""
        if self.status == FIXED:
            return f"不可更改：{self.source}", f"cannot be changed: fixed by {self.source}"
        if self.status != OPEN:
            return "不可更改：不是标线尺寸", "cannot be changed: not a dimension of the paint"
        shown = _shown(value)
        if self.choices:
            words = [str(c).lower() if isinstance(c, bool) else str(c) for c in self.choices]
            if any(type(c) is type(value) and c == value for c in self.choices):
                return None
            return f"为 {shown}，应为 {'、'.join(words)} 之一", f"is {shown}, expected one of {', '.join(words)}"
        assert self.minimum is not None
        assert self.maximum is not None
        # whole numbers of any length are finite, but not all of them are floats
        number = not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)))
        if not number:
            return f"为 {shown}，应为数值", f"is {shown}, expected a number"
        if not self.minimum <= value <= self.maximum:
            bounds = f"{self.minimum:g}", f"{self.maximum:g} {self.unit}".rstrip()
            is_ = f"{shown if isinstance(value, int) else f'{value:g}'} {self.unit}".rstrip()
            return f"为 {is_}，应为 {bounds[0]} 至 {bounds[1]}", f"is {is_}, expected {bounds[0]} to {bounds[1]}"
        return None


@dataclass(frozen=True)
class Dimensions:
    """The dimensions in force for one site."""

    values: Mapping[str, Any]

    def number(self, key: str) -> float:
        """Return a number, in the unit at the end of its name."""
        return float(self.values[key])

    def word(self, key: str) -> str:
        """Return a choice."""
        return str(self.values[key])

    def flag(self, key: str) -> bool:
        """Return a yes or no."""
        return bool(self.values[key])

    def open_parameters(self) -> tuple[OpenParameter, ...]:
        """Return the open parameters with the values in force, in catalogue order."""
        return tuple(
            OpenParameter(p.key, self.values[p.key], p.unit, p.zh, p.en, p.source, p.source_zh)
            for p in catalogue()
            if p.status == OPEN
        )

    @property
    def edge_line_near_m(self) -> float:
        """Distance of the edge line's near edge from the pavement edge [m]."""
        offset_m = self.number("edge_line_offset_m")
        half_m = self.number("edge_line_width_m") / 2
        return offset_m - half_m if self.word("edge_line_offset_to") == "centre" else offset_m

    @property
    def edge_line_far_m(self) -> float:
        """Distance of the edge line's far edge from the pavement edge [m]."""
        return self.edge_line_near_m + self.number("edge_line_width_m")


@lru_cache(maxsize=1)
def catalogue() -> tuple[Parameter, ...]:
    """Return all parameters, in the order of the file."""
    file = importlib.resources.files("firelane.markings").joinpath("article13.toml")
    return tuple(
        Parameter(
            row["key"], row["value"], row["unit"], row["status"], row["article"], row["zh"], row["en"], row["source"],
            row.get("min"), row.get("max"), tuple(row.get("choices", ())), row.get("source_zh", ""),
        )
        for row in tomllib.loads(file.read_text(encoding="utf-8"))["parameter"]
    )  # fmt: skip


def dimensions(overrides: Mapping[str, Any] | None = None) -> Dimensions:
    """Return the dimensions in force.

    Parameters
    ----------
    overrides : Mapping, optional
        Values for open parameters: the table ``[marking]`` of ``site.toml``.

    Raises
    ------
    InputError
        Listing every unknown key, every fixed one, every value out of range and every combination
        that does not fit together.
    """
    known = {p.key: p for p in catalogue()}
    values = {p.key: p.value for p in catalogue()}
    problems: list[Problem] = []
    for key, value in (overrides or {}).items():
        parameter = known.get(key)
        if parameter is None:
            problems.append(Problem(
                "unknown marking parameter", "see the reference of marking parameters", "[marking]", column=_shown(key),
                message_zh="没有这个标线参数", remedy_zh="见标线参数表",
            ))  # fmt: skip
            continue
        wrong = parameter.problem(value)
        if wrong is not None:
            problems.append(Problem(
                wrong[1], parameter.en, "[marking]", column=key, message_zh=wrong[0], remedy_zh=parameter.zh,
            ))  # fmt: skip
        else:
            values[key] = value
    found = Dimensions(values)
    if not problems:
        problems = _misfits(found)
    if problems:
        raise InputError(problems)
    return found


def _misfits(found: Dimensions) -> list[Problem]:
    """Return the combinations that contradict each other."""
    problems: list[Problem] = []

    def misfit(column: str, en: tuple[str, str], zh: tuple[str, str]) -> None:
        problems.append(Problem(en[0], en[1], "[marking]", column=column, message_zh=zh[0], remedy_zh=zh[1]))

    for less, more in (("grid_depth_min_m", "grid_depth_max_m"), ("grid_panel_min_m", "grid_panel_max_m")):
        if found.number(less) > found.number(more):
            en, zh = (f"is greater than {more}", f"lower {less} or raise {more}"), (f"大于 {more}", f"减小 {less} 或增大 {more}")
            misfit(less, en, zh)
    for size in ("std", "min"):
        if found.number(f"box_{size}_short_m") > found.number(f"box_{size}_long_m"):
            longer = f"box_{size}_long_m"
            misfit(f"box_{size}_short_m", (f"is greater than {longer}", "swap them"), (f"大于 {longer}", "两者对调"))
    for size in (*BOX_SIZES, *LAYOUTS):
        design = box_design(found, size)
        if size in LAYOUTS and design.along_m + found.number("box_clearance_m") > found.number("box_pitch_m"):
            en = ("is so long that boxes would overlap at the pitch of Article 13", "shorten the box")
            misfit(f"{size}_box_along_m", en, ("过长：按第十三条间距施划时方框会重叠", "缩短方框"))
        if not design.fits:
            text = f"{design.text_across_m:.2f} x {design.text_along_m:.2f} m"
            key = f"{size}_box_along_m" if size in LAYOUTS else f"box_{size}_long_m"
            en = (f"the lettering ({text}) does not fit into the frame", "enlarge the box or reduce the characters")
            misfit(key, en, (f"字样（{text}）放不进方框", "加大方框或减小字样"))
    return problems


def _shown(value: Any) -> str:
    """Return a value fit for a message: printable and short."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except ValueError:  # Python writes no whole number of more than some thousand digits
        text = type(value).__name__
    text = "".join(c if c.isprintable() else "�" for c in text)
    return text if len(text) <= 60 else f"{text[:57]}..."
