"""Sizes and colours of the charts: one place, so that panel, list and legend agree."""

from __future__ import annotations

from firelane.vocabulary import Verdict

MM = 72.0 / 25.4
"""Points in a millimetre."""

PAGE_MM = (297.0, 210.0)
"""A4 landscape."""

PAGE_IN = (PAGE_MM[0] / 25.4, PAGE_MM[1] / 25.4)

LEFT_MM, WIDE_MM = 20.0, 194.0
"""Where the panels begin, and how wide they are."""

SIDE_MM, SIDE_WIDE_MM = 222.0, 68.0
"""Where the right-hand column begins, and how wide it is."""

INK, GREY, FAINT = "#1f2328", "#6b7280", "#d0d5dc"
PAVEMENT, DESIGNATED = "#e7e9ec", "#f6e3b4"
CLEAR, SECTION = "#1457a8", "#7b8794"
LIMIT = "#b3122b"
BELOW, UNCLEAR = "#b3122b", "#c77700"
BODY, OVERHEAD = "#5d4037", "#7a3fa0"
ROLE = {"governing": "#b3122b", "pinch": "#1f2328", "envelope": "#7a3fa0", "bypassed": "#8a94a0"}
MARK = {"governing": "o", "pinch": "o", "envelope": "D", "bypassed": "s"}
VERDICT = {
    Verdict.FAIL: "#b3122b",
    Verdict.INDETERMINATE: "#c77700",
    Verdict.NOT_MEASURED: "#6b7280",
    Verdict.PASS: "#1d7a3e",
    Verdict.NOT_APPLICABLE: "#6b7280",
}


def tiers(places: list[tuple[float, float]], most: int) -> list[int]:
    """Return a tier for each (middle, width), so that none overlaps another in its tier; -1 for none.

    >>> tiers([(0.0, 10.0), (5.0, 10.0), (30.0, 10.0)], 2)
    [0, 1, 0]
    >>> tiers([(0.0, 10.0), (1.0, 10.0)], 1)
    [0, -1]
    """
    taken: list[list[tuple[float, float]]] = [[] for _ in range(most)]
    result = []
    for middle, width in places:
        low, high = middle - width / 2, middle + width / 2
        for n, row in enumerate(taken):
            if all(high <= a or low >= b for a, b in row):
                row.append((low, high))
                result.append(n)
                break
        else:
            result.append(-1)
    return result


def nice_step(span: float, most: int) -> float:
    """Return the least of 1, 2, 5 times a power of ten with which at most ``most`` steps fill ``span``.

    >>> nice_step(140.5, 12), nice_step(6.0, 8)
    (20.0, 1.0)
    """
    step = 0.001
    while True:
        for factor in (1, 2, 5):
            if span / (step * factor) <= most:
                return round(step * factor, 6)
        step *= 10
