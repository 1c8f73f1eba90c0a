"""What it costs to take away, move or lift an obstruction, by kind: data from ``costs.toml``.

Every figure there is *proposed – to be confirmed* (待确认).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

import geopandas as gpd

MILLIMETRE = 1e-3


@dataclass(frozen=True)
class KindCost:
    """One kind of obstruction.

    Attributes
    ----------
    remove : int
        Cost of taking it away, where that is allowed.
    shift, lift : int or None
        Cost of moving it aside or of raising it; None where that is not offered.
    lift_zh, lift_en : str
        What is done to raise it.
    """

    remove: int
    shift: int | None
    lift: int | None
    lift_zh: str
    lift_en: str


@dataclass(frozen=True)
class Costs:
    """All costs, and the limits of the searches.

    ``status`` and ``status_zh`` say how far the figures may be relied on; ``shift_range_m`` is how far
    a single obstruction is moved at most [m].
    """

    kinds: Mapping[str, KindCost]
    status: str
    status_zh: str
    shift_range_m: float


@cache
def costs() -> Costs:
    """Return the table of costs.

    >>> costs().kinds["vehicle"].remove, costs().kinds["tree"].shift
    (1, None)
    """
    raw = tomllib.loads(resources.files("firelane.remedy").joinpath("costs.toml").read_text("utf-8"))
    kinds = {
        name: KindCost(
            remove=row["remove"], shift=row.get("shift"), lift=row.get("lift"),
            lift_zh=row.get("lift_zh", ""), lift_en=row.get("lift_en", ""),
        )
        for name, row in raw["kinds"].items()
    }  # fmt: skip
    return Costs(MappingProxyType(kinds), raw["status"], raw["status_zh"], float(raw["search"]["shift_range_m"]))


@dataclass(frozen=True)
class Option:
    """The cheapest thing that can be done about one obstruction so that it no longer bars the passage.

    Attributes
    ----------
    owner, kind : str
    action : str
        ``remove`` or ``lift``.
    cost : int
    raise_m : float or None
        How far its underside must go up [m], rounded up to the millimetre; None for ``remove``.
    """

    owner: str
    kind: str
    action: str
    cost: int
    raise_m: float | None = None


def options(table: gpd.GeoDataFrame, height_m: float) -> dict[str, Option]:
    """Return what can be done about each obstacle; obstacles left out are fixed.

    Parameters
    ----------
    table : GeoDataFrame
        Obstacles as ``lanes.obstacles`` gives them. The column ``removable`` decides whether one may be
        taken away (at its kind's cost).
    height_m : float
        Height of the passage [m]: what hangs lower may be lifted to it instead, whichever costs less.

    Returns
    -------
    dict
        owner → Option.
    """
    known = costs().kinds
    result = {}
    for row in table.itertuples():
        kind = known[row.kind]
        found = [Option(row.owner, row.kind, "remove", kind.remove)] if row.removable else []
        if row.overhead and kind.lift is not None and row.clear_height_m < height_m:
            found.append(Option(row.owner, row.kind, "lift", kind.lift, raised_by(row.clear_height_m, height_m)))
        if found:
            # Of equal costs the one that leaves the thing in its place.
            result[row.owner] = min(found, key=lambda o: (o.cost, o.action != "lift"))
    return result


def raised_by(clear_height_m: float, height_m: float) -> float:
    """Return how far an underside must go up, rounded *up* to the millimetre [m].

    >>> raised_by(3.6, 4.0), raised_by(3.9004, 4.0), raised_by(0.0, 4.0)
    (0.4, 0.1, 4.0)
    """
    return round(math.ceil((height_m - clear_height_m) / MILLIMETRE - 1e-6) * MILLIMETRE, 3)


