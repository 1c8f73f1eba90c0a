"""Lengths as OpenStreetMap writes them: metres unless a unit is told, words for what no sign tells."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

_FOOT_M = 0.3048
_UNITS_M = {
    "": 1.0, "m": 1.0, "metre": 1.0, "metres": 1.0, "meter": 1.0, "meters": 1.0, "米": 1.0,
    "cm": 0.01, "厘米": 0.01, "mm": 0.001, "毫米": 0.001,
    "ft": _FOOT_M, "foot": _FOOT_M, "feet": _FOOT_M, "'": _FOOT_M,
    "in": _FOOT_M / 12, "inch": _FOOT_M / 12, "inches": _FOOT_M / 12, '"': _FOOT_M / 12,
}  # fmt: skip
_WORDS = {
    "default": "default", "below_default": "below_default", "none": "none", "no": "none", "unlimited": "none",
    "unsigned": "unsigned", "no_sign": "unsigned", "no_indications": "unsigned", "unknown": "unsigned",
}  # fmt: skip
_QUOTES = str.maketrans({"’": "'", "′": "'", "‘": "'", "`": "'", "”": '"', "″": '"', "“": '"', "。": "."})
# A comma before three digits may part thousands: that is not understood.
_NUMBER = r"(\d{1,6}(?:\.\d{1,6}|,(?!\d{3}(?!\d))\d{1,6})?)"
_ONE = re.compile(rf"{_NUMBER}\s*([a-z'\"米厘毫]*)\.?")
_FEET_INCHES = re.compile(rf"(\d{{1,6}})\s*(ft|foot|feet|')\.?\s*-?\s*{_NUMBER}\s*(in|inch|inches|\"|''|)\.?")
_RANGE = re.compile(rf"{_NUMBER}\s*([a-z'\"米厘毫]*)\.?\s*[-–~～至]\s*{_NUMBER}\s*([a-z'\"米厘毫]*)\.?")
_LONGEST = 60


@dataclass(frozen=True)
class Length:
    """What a text tells of a length.

    Attributes
    ----------
    value_m : float
        NaN where it tells none [m].
    accuracy_m : float
        Half of the last digit that is written; NaN likewise [m].
    remark : str
        Empty, or ``list`` and ``range`` (the smallest was taken), ``default``, ``below_default``, ``none``, ``unsigned``
        (a word instead of a number), ``not_understood``.
    """

    value_m: float
    accuracy_m: float
    remark: str = ""

    @property
    def known(self) -> bool:
        """Whether there is a number."""
        return math.isfinite(self.value_m)


def parse_length(text: str) -> Length:
    r"""Return the length that a tag tells; what is not understood is not guessed.

    >>> parse_length("3.5"), parse_length("11'6\"").value_m
    (Length(value_m=3.5, accuracy_m=0.05, remark=''), 3.5052)
    >>> parse_length("3,5;4").remark, parse_length("about 4").remark
    ('list', 'not_understood')
    """
    plain = unicodedata.normalize("NFKC", text).translate(_QUOTES).replace("''", '"').strip().lower()
    if len(plain) > _LONGEST:
        return _word("not_understood")
    if plain in _WORDS:
        return _word(_WORDS[plain])
    parts = [part.strip() for part in re.split("[;|、]", plain) if part.strip()]
    if len(parts) > 1:
        return _smallest([parse_length(part) for part in parts], "list")
    found = _single(plain)
    if found is not None:
        return found
    span = _RANGE.fullmatch(plain)
    if span is not None:
        low, low_unit, high, high_unit = span.groups()
        ends = [_single(f"{low} {low_unit or high_unit}"), _single(f"{high} {high_unit or low_unit}")]
        return _smallest([_word("not_understood") if end is None else end for end in ends], "range")
    return _word("not_understood")


def _single(plain: str) -> Length | None:
    both = _FEET_INCHES.fullmatch(plain)
    if both is not None:
        feet, _, inches, _ = both.groups()
        value, step = _number(inches)
        if value >= 12.0:
            return None
        inch = _FOOT_M / 12
        return Length(round(int(feet) * _FOOT_M + value * inch, 9), step / 2 * inch)
    one = _ONE.fullmatch(plain)
    if one is None or one.group(2) not in _UNITS_M:
        return None
    value, step = _number(one.group(1))
    unit_m = _UNITS_M[one.group(2)]
    return Length(round(value * unit_m, 9), round(step / 2 * unit_m, 9))


def _number(text: str) -> tuple[float, float]:
    """Return a number and the step of its last digit.

    >>> _number("3,50")
    (3.5, 0.01)
    """
    _, _, decimals = text.replace(",", ".").partition(".")
    return float(text.replace(",", ".")), 10.0 ** -len(decimals)


def _smallest(lengths: list[Length], remark: str) -> Length:
    if not all(length.known for length in lengths):
        return _word("not_understood")
    least = min(lengths, key=lambda length: length.value_m)
    return Length(least.value_m, least.accuracy_m, remark)


def _word(remark: str) -> Length:
    return Length(math.nan, math.nan, remark)
