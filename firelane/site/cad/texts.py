"""Texts of a plan: the names of the areas that they stand in, and storeys."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from firelane.site.cad.mapping import TEXTS
from firelane.site.cad.plan import Plan

Objects = NDArray[np.object_]
Ints = NDArray[np.int64]

_STOREYS = re.compile(r"(\d{1,3})\s*(?:F(?![A-Za-z])|层|層)", re.IGNORECASE)
_UNDERGROUND = re.compile(r"(?:地下|负|[-−BDbd])\s*$")
_ONLY_STOREYS = re.compile(r"(?:[地上下共负\s,，/+\-−()（）]|[BDbd]\d|\d{1,3}\s*(?:F|层|層))+", re.IGNORECASE)
_MEASURE = re.compile(r"[\d.,\s%‰°:：=+\-−±*×xXRrIiLlHhWwΦφØmM()（）/]+")
_LEVEL = re.compile(r"[^\W\d_]?\s*[=:：]?\s*[+\-−±]?\d+\.\d+\s*m?|(?:[路道]?宽\s*)?[\d.,]+\s*(?:m2|㎡|平方米|米|m)", re.IGNORECASE)
_LONGEST = 2000
"""A text of more characters is looked at so far: nobody writes a name like that."""
_SURVEYED = re.compile(r"(?:钢砼|砼混|混合|砼|混|砖|钢|木|石|土|简|棚)\s*(\d{0,2})(?:\s*-\s*\d)?")
"""How survey maps write what a house is built of, and its storeys: 混6, 砼3."""
_NUMBERED = re.compile(r"\d{1,3}\s*#")
_LETTER = re.compile(r"[^\W\d_]")


def storeys(text: str) -> float:
    """Return the storeys above ground that a text tells; NaN where it tells none.

    >>> [storeys(text) for text in ("6F", "3#楼 11层", "32F/D2", "地下2层", "路宽6m")]
    [6.0, 11.0, 32.0, nan, nan]
    >>> storeys("混6")
    6.0
    """
    plain = unicodedata.normalize("NFKC", text[:_LONGEST])
    surveyed = _SURVEYED.fullmatch(plain.strip())
    if surveyed is not None:
        return float(surveyed.group(1)) if surveyed.group(1) else math.nan
    found = [
        int(m.group(1)) for m in _STOREYS.finditer(plain) if not _UNDERGROUND.search(plain[: m.start()])
    ]
    return float(max(found)) if found else math.nan


def is_name(text: str) -> bool:
    """Tell whether a text can be a name: measures, heights and storeys alone are none.

    >>> [is_name(text) for text in ("东门路", "3#楼 11层", "R=12.0", "6.00", "18F", "i=0.3%", "A座")]
    [True, True, False, False, False, False, True]
    >>> [is_name(text) for text in ("混6", "12#")]
    [False, True]
    """
    plain = unicodedata.normalize("NFKC", text[:_LONGEST]).strip()
    if _NUMBERED.fullmatch(plain):
        return True
    if _SURVEYED.fullmatch(plain):
        return False
    return bool(_LETTER.search(plain)) and not _ONLY_STOREYS.fullmatch(plain) and not _MEASURE.fullmatch(plain)


def texts_in(plan: Plan, areas: Objects) -> list[list[int]]:
    """Return, for each area, the rows of the texts that stand in it and in no smaller one, the nearest to its middle first."""
    rows = np.flatnonzero(np.isin(plan.kind.astype(str), list(TEXTS)))
    out: list[list[int]] = [[] for _ in areas]
    if not len(rows) or not len(areas):
        return out
    text, area = shapely.STRtree(areas).query(plan.geometry[rows], predicate="within")
    size = shapely.area(areas)
    order = np.lexsort((area, size[area], text))
    text, area = text[order], area[order]
    first = np.ones(len(text), dtype=bool)
    first[1:] = text[1:] != text[:-1]
    text, area = text[first], area[first]
    away = shapely.distance(plan.geometry[rows[text]], shapely.centroid(areas[area]))
    for n in np.lexsort((rows[text], away)).tolist():
        out[int(area[n])].append(int(rows[text[n]]))
    return out


def name_of(plan: Plan, rows: Sequence[int]) -> int | None:
    """Return the row of the first text that can be a name."""
    return next((n for n in rows if is_name(str(plan.text[n] or ""))), None)


def name_in(text: str) -> str:
    r"""Return the name that a text holds: lines that tell storeys, levels or areas alone are none of it.

    >>> [name_in(text) for text in ("住宅楼\n11F", "3#楼\n地上18层\nH=54.3m", "东门路", "11F")]
    ['住宅楼', '3#楼', '东门路', '11F']
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    kept = [line for line in lines if not _beside(line)]
    return " ".join(kept or lines) if len(lines) > 1 else text


def _beside(line: str) -> bool:
    plain = unicodedata.normalize("NFKC", line[:_LONGEST])
    return bool(_ONLY_STOREYS.fullmatch(plain) or _LEVEL.fullmatch(plain))


def floors_of(plan: Plan, rows: Sequence[int]) -> tuple[float, tuple[int, ...]]:
    """Return the greatest number of storeys that some texts tell, and the rows that tell one."""
    told = [(storeys(str(plan.text[n] or "")), n) for n in rows]
    told = [(count, n) for count, n in told if not math.isnan(count)]
    return max((count for count, _ in told), default=math.nan), tuple(n for _, n in told)
