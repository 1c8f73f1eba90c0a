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
from firelane.markings.lettering import BOX_SIZES, box_design
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

    def problem(self, value: Any) -> str | None:
        """Return what is wrong with ``value`` for this parameter, None if nothing is."""
        if self.status != OPEN:
            why = f"fixed by {self.source}" if self.status == FIXED else "not a dimension of the paint"
            return f"cannot be changed: {why}"
        if self.choices:
            same = [c for c in self.choices if type(c) is type(value) and c == value]
            words = ", ".join(str(c).lower() if isinstance(c, bool) else str(c) for c in self.choices)
            return None if same else f"is {_shown(value)}, expected one of {words}"
        assert self.minimum is not None
        assert self.maximum is not None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return f"is {_shown(value)}, expected a number"
        if not self.minimum <= value <= self.maximum:
            return f"is {value:g} {self.unit}, expected {self.minimum:g} to {self.maximum:g} {self.unit}".rstrip()
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
            OpenParameter(p.key, self.values[p.key], p.unit, p.zh, p.en, p.source)
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
            row.get("min"), row.get("max"), tuple(row.get("choices", ())),
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
        wrong = "unknown marking parameter" if parameter is None else parameter.problem(value)
        if wrong is not None:
            remedy = "see the reference of marking parameters" if parameter is None else f"{parameter.zh}"
            problems.append(Problem(wrong, remedy, "[marking]", column=_shown(key)))
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
    for less, more in (("grid_depth_min_m", "grid_depth_max_m"), ("grid_panel_min_m", "grid_panel_max_m")):
        if found.number(less) > found.number(more):
            remedy = f"lower {less} or raise {more}"
            problems.append(Problem(f"is greater than {more}", remedy, "[marking]", column=less))
    for size in ("std", "min"):
        if found.number(f"box_{size}_short_m") > found.number(f"box_{size}_long_m"):
            message = f"is greater than box_{size}_long_m"
            problems.append(Problem(message, "swap them", "[marking]", column=f"box_{size}_short_m"))
    for size in (*BOX_SIZES, "column"):
        design = box_design(found, size)
        if not design.fits:
            text = f"{design.text_across_m:.2f} x {design.text_along_m:.2f} m"
            message = f"the lettering ({text}) does not fit into the frame"
            key = "column_box_along_m" if size == "column" else f"box_{size}_long_m"
            problems.append(
                Problem(message, "enlarge the box or reduce the characters", "[marking]", column=key)
            )
    return problems


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
