"""Which site is the worst: one criterion after another, as ``ranking.toml`` lists them."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class Criterion:
    """One criterion of the order.

    Attributes
    ----------
    column : str
        Of the table of sites.
    direction : {"desc", "asc"}
        ``desc``: the greater is the worse.
    zh, en, source : str
    step : float or None
        Values count in whole steps of this size.
    order : tuple of str
        Of a column of words, the worst first.
    """

    column: str
    direction: str
    zh: str
    en: str
    source: str
    step: float | None = None
    order: Sequence[str] = ()

    def key(self, value: Any) -> tuple[int, float]:
        """Return by what a value sorts: the worst first, no value last."""
        if self.order:
            return (0, float(self.order.index(value))) if value in self.order else (1, 0.0)
        if value is None or math.isnan(value):
            return 1, 0.0
        number = float(value)
        if self.step is not None:
            number = math.floor(number / self.step)
        return 0, -number if self.direction == "desc" else number


@cache
def ranking() -> tuple[Criterion, ...]:
    """Return the criteria, the weightiest first."""
    raw = tomllib.loads(resources.files("firelane.batch").joinpath("ranking.toml").read_text("utf-8"))
    return tuple(Criterion(**row) for row in raw["criterion"])


def ranks(records: Sequence[Mapping[str, Any]]) -> list[int | None]:
    """Return the rank of every record, 1 for the worst; None for a site that was not done.

    No two sites share a rank: what no criterion tells apart goes by the site's id.

    >>> done = {"status": "done", "verdict": "fail", "mandatory_fails": 3}
    >>> ranks([done | {"site_id": "b", "length_fail_m": 12.0}, done | {"site_id": "a", "length_fail_m": 900.0}, {"status": "failed"}])
    [2, 1, None]
    """
    done = [n for n, record in enumerate(records) if record["status"] == "done"]
    done.sort(key=lambda n: (*(c.key(records[n].get(c.column)) for c in ranking()), str(records[n]["site_id"])))
    places: list[int | None] = [None] * len(records)
    for place, n in enumerate(done, 1):
        places[n] = place
    return places
