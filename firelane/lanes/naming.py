"""Ids made from places: an edit far away renumbers nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def place_label(prefix: str, x: float, y: float, *, per_m: int = 1) -> str:
    """Return an id from a place: what is edited elsewhere never renumbers it.

    >>> place_label("L", 535912.4, 4630045.2)
    'L5912-0045'
    """
    digits = 4 if per_m == 1 else 5
    modulus = 10**digits
    east, north = (int(np.floor(v * per_m + 1e-6)) % modulus for v in (x, y))
    return f"{prefix}{east:0{digits}d}-{north:0{digits}d}"


def unique_labels(labels: Sequence[str]) -> list[str]:
    """Return ``labels`` with a letter added where one stands more than once, in order."""
    count: dict[str, int] = {}
    for label in labels:
        count[label] = count.get(label, 0) + 1
    seen: dict[str, int] = {}
    result = []
    for label in labels:
        if count[label] == 1:
            result.append(label)
            continue
        seen[label] = seen.get(label, 0) + 1
        result.append(f"{label}.{seen[label]}")
    return result
