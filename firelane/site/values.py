"""Attribute values as they come, turned into texts, numbers, booleans and terms; nothing is guessed."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Objects = NDArray[np.object_]
Mask = NDArray[np.bool_]
Values = NDArray[Any]

# Controls, surrogates, direction overrides and non-characters: nothing that a name needs.
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]+"
)
_BREAK = re.compile("[\t\r\n\u2028\u2029]+")

_TRUE = frozenset({"yes", "y", "true", "t", "1", "on", "是", "有", "能", "可"})
_FALSE = frozenset({"no", "n", "false", "f", "0", "off", "否", "无", "没有", "不能", "不可"})


def is_missing(value: object) -> bool:
    """Tell whether a value stands for nothing: None, NaN, NaT, an empty text."""
    if value is None:
        return True
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, (float, np.floating)):
        return math.isnan(value)
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return bool(np.isnat(value))
    return type(value).__name__ in ("NAType", "NaTType")


def missing(values: Iterable[object]) -> Mask:
    """Return which values stand for nothing."""
    return np.array([is_missing(value) for value in values], dtype=bool)


def plain(value: object) -> str:
    """Return a value as a text, whole numbers without a trailing ``.0``, booleans in lower case."""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)) and math.isfinite(value) and value == int(value):
        return str(int(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def as_text(values: Values, longest: int) -> tuple[Objects, Mask, Mask]:
    """Turn values into texts without control characters, at most ``longest`` characters long.

    Returns
    -------
    texts : ndarray of str or None
    cleaned, cut : ndarray of bool
        Where control characters were taken out, and where the text was cut.
    """
    texts = np.full(len(values), None, dtype=object)
    cleaned, cut = np.zeros(len(values), dtype=bool), np.zeros(len(values), dtype=bool)
    for n, value in enumerate(values):
        if is_missing(value):
            continue
        raw = plain(value)
        text = _CONTROL.sub("", _BREAK.sub(" ", raw)).strip()
        cleaned[n] = text != raw.strip()
        if len(text) > longest:
            text, cut[n] = text[:longest].rstrip(), True
        texts[n] = text or None
    return texts, cleaned, cut


def as_number(values: Values) -> tuple[NDArray[np.float64], Mask]:
    """Turn values into floats, missing ones into NaN; the mask tells which are no finite numbers.

    >>> as_number(np.array(["3.5", "４.0", None, "high"], dtype=object))
    (array([3.5, 4. , nan, nan]), array([False, False, False,  True]))
    """
    numbers = np.full(len(values), math.nan)
    bad = np.zeros(len(values), dtype=bool)
    for n, value in enumerate(values):
        if is_missing(value):
            continue
        if isinstance(value, (bool, np.bool_)):
            bad[n] = True
            continue
        try:
            # Full-width digits are what a Chinese keyboard writes.
            number = float(unicodedata.normalize("NFKC", value) if isinstance(value, str) else value)
        except (TypeError, ValueError):
            number = math.nan
        if math.isfinite(number):
            numbers[n] = number
        else:
            bad[n] = True
    return numbers, bad


def as_bool(values: Values) -> tuple[Objects, Mask]:
    """Turn the usual spellings of yes and no into True and False, missing ones into None.

    >>> as_bool(np.array(["是", "NO", 1.0, None, "maybe"], dtype=object))
    (array([True, False, True, None, None], dtype=object), array([False, False, False, False,  True]))
    """
    out = np.full(len(values), None, dtype=object)
    bad = np.zeros(len(values), dtype=bool)
    for n, value in enumerate(values):
        if is_missing(value):
            continue
        word = unicodedata.normalize("NFKC", plain(value)).strip().lower()
        if word in _TRUE or word in _FALSE:
            out[n] = word in _TRUE
        else:
            bad[n] = True
    return out, bad


def as_term(values: Values, allowed: Mapping[str, tuple[str, str]]) -> tuple[Objects, Mask]:
    """Turn values into terms of a vocabulary; the Chinese and English labels are understood too.

    Where the vocabulary is yes and no, every spelling of :func:`as_bool` counts.
    """
    spellings = {_key(spelling): term for term, labels in allowed.items() for spelling in (term, *labels)}
    truth = set(allowed) == {"yes", "no"}
    out = np.full(len(values), None, dtype=object)
    unknown = np.zeros(len(values), dtype=bool)
    for n, value in enumerate(values):
        if is_missing(value):
            continue
        word = _key(plain(value))
        if truth and (word in _TRUE or word in _FALSE):
            out[n] = "yes" if word in _TRUE else "no"
        elif word in spellings:
            out[n] = spellings[word]
        else:
            unknown[n] = True
    return out, unknown


def _key(text: str) -> str:
    return re.sub(r"[\s\-]+", "_", unicodedata.normalize("NFKC", text).strip().lower())
