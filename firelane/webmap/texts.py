"""Values as the map and the picture show them: plain text, lengths rounded to the safe side."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from firelane.vocabulary import Lang, Term, rounded_down
from firelane.webmap.words import words

if TYPE_CHECKING:
    from firelane.rules.model import Rule


def missing(value: Any) -> bool:
    """Tell whether a table's cell holds nothing: None, NaN or NA."""
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def shown(value: Any) -> str:
    """Return an attribute value as text; nothing for None and NaN.

    >>> shown(None), shown(float("nan")), shown("三号楼"), shown(12.0)
    ('', '', '三号楼', '12')
    """
    if missing(value):
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def metres(value_m: Any, lang: Lang = "zh") -> str:
    """Return a length [m] rounded down to the millimetre; the word for it where nothing was measured.

    >>> metres(3.9996), metres(float("nan"))
    ('3.999 m', '未测量')
    """
    if value_m is None or not math.isfinite(value_m):
        return words(lang)["not_measured_value"]
    return f"{rounded_down(float(value_m))} m"


def measured(value: float | None, unit: str, rule: Rule | None, lang: Lang = "zh") -> str:
    """Return a finding's value. A length is rounded towards the side on which it fails.

    Rounding a length that has an *upper* limit down could make 20.0004 read 20.000.
    """
    if value is None or not math.isfinite(value):
        return words(lang)["not_measured_value"]
    if unit != "m":
        return f"{value:g} {unit}".rstrip() if unit not in ("", "count") else f"{value:g}"
    if rule is not None and rule.comparator == "<=":
        upper = rounded_down(-value).removeprefix("-")
        return f"{upper} m"
    return f"{rounded_down(value)} m"


def yes_no(value: Any, lang: Lang = "zh") -> str:
    """Return yes, no or unknown for True, False and None/NaN."""
    text = words(lang)
    if missing(value):
        return text["unknown"]
    return text["yes"] if bool(value) else text["no"]


def term(kind: type[Term], value: Any, lang: Lang = "zh") -> str:
    """Return the label of a vocabulary's value; a value outside it as it stands."""
    text = shown(value)
    try:
        return kind(text).label(lang)
    except ValueError:
        return text


def named(kind: str, name: Any, ident: Any, lang: Lang = "zh") -> str:
    """Return how an object is called: kind, name and id, as far as there are any.

    >>> named("建筑", "一号楼", "b1"), named("building", None, "b1", "en")
    ('建筑 一号楼（b1）', 'building b1')
    """
    name_text, id_text = shown(name), shown(ident)
    before, after = ("（", "）") if lang == "zh" else (" (", ")")
    if name_text and id_text and name_text != id_text:
        name_text = f"{name_text}{before}{id_text}{after}"
    return f"{kind} {name_text or id_text}".strip()


def coordinates(point: tuple[float, float], lang: Lang = "zh") -> str:
    """Return [east, north] in the surveyor's order: X is north, Y is east."""
    return words(lang)["north_east"].format(north=f"{point[1]:.3f}", east=f"{point[0]:.3f}")


def lonlat(point: tuple[float, float], lang: Lang = "zh") -> str:
    """Return WGS 84 degrees to 1e-7."""
    if point[0] < 0 or point[1] < 0:
        return f"{point[0]:.7f}°, {point[1]:.7f}°"
    return words(lang)["lonlat_value"].format(lon=f"{point[0]:.7f}", lat=f"{point[1]:.7f}")
