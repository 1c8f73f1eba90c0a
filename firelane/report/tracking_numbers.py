"""Lengths as the chapter on vehicle tracking prints them: what is there is rounded down, what is needed is rounded up."""

from __future__ import annotations

import math

from firelane.tracking.telling import rounded_up
from firelane.vocabulary import rounded_down


def radius(value_m: float, uncertainty_m: float, none: str) -> str:
    """Return a radius with its uncertainty.

    >>> radius(9.04, 0.1, "—"), radius(float("nan"), 0.1, "—"), radius(9.0, float("nan"), "—")
    ('9.0 ± 0.1', '—', '9.0')
    """
    if not math.isfinite(value_m):
        return none
    return f"{value_m:.1f} ± {math.ceil(uncertainty_m * 10 - 1e-6) / 10:.1f}" if math.isfinite(uncertainty_m) else f"{value_m:.1f}"


def at_least(value_m: float, none: str) -> str:
    """Return a length that is there, rounded down to the centimetre.

    >>> at_least(3.999, "—"), at_least(float("nan"), "—"), at_least(float("inf"), "—")
    ('3.99', '—', '—')
    """
    return rounded_down(value_m, 2) if math.isfinite(value_m) else none


def at_most(value_m: float, none: str) -> str:
    """Return a length that is needed, rounded up to the centimetre.

    >>> at_most(3.901, "—")
    '3.91'
    """
    return rounded_up(value_m) if math.isfinite(value_m) else none
