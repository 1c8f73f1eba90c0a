"""How outcomes of tracking are told: which entrance speaks for a target, and how figures are rounded, everywhere alike."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from firelane.tracking.record import TrackClass, TripKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from firelane.tracking.record import Trip, VehicleTracking
    from firelane.tracking.vehicle import Policy, Vehicle
    from firelane.vocabulary import Lang

BEST = (
    TrackClass.PROVEN_PASS, TrackClass.HEIGHT_UNKNOWN, TrackClass.NOT_FOUND, TrackClass.PROVEN_FAIL, TrackClass.NOT_TRIED,
)  # fmt: skip
"""The best of all entrances counts; a proof that one of them is no way says nothing where another may be one."""
ON_PLAN = (TrackClass.PROVEN_PASS, TrackClass.HEIGHT_UNKNOWN)
"""Classes for which there is a drive that is proven on plan."""

Row = dict[str, Any]


def rounded_up(value_m: float) -> str:
    """Return a length that is missing, or is overrun, to the centimetre, never understated.

    A value within 1e-6 above a centimetre is taken as that centimetre, as ``rounded_down`` does below one.

    >>> rounded_up(0.4107), rounded_up(0.5504), rounded_up(0.26), rounded_up(0.0004)
    ('0.42', '0.56', '0.26', '0.01')
    """
    return f"{math.ceil((value_m - 1e-6) * 100 - 1e-9) / 100:.2f}"


def below_of(row: Mapping[Any, Any]) -> tuple[str, ...]:
    """Return what of unknown clear height has to be passed below, of a row of ``tracking.targets``."""
    owners = row.get("below_owners")
    return tuple(map(str, owners)) if isinstance(owners, (tuple, list)) else ()


def trip_label(trip: Trip, lang: Lang) -> str:
    """Return what a drive is; of one that passes below something of unknown clear height, that it is so on plan."""
    if not trip.below or trip.kind is TripKind.OVERRUN:
        return trip.kind.label(lang)
    if trip.kind is TripKind.TURNING:
        return "尽端调头路线（仅平面复核，净高未测量）" if lang == "zh" else "turning round at a dead end, proven on plan alone: clear height not measured"
    return "可行驶路线（仅平面复核，净高未测量）" if lang == "zh" else "drivable line, proven on plan alone: clear height not measured"


def driven(value_m: float) -> str:
    """Return a distance driven, forward or in reverse, to the decimetre.

    >>> driven(24.04), driven(0.0)
    ('24.0', '0.0')
    """
    return f"{value_m:.1f}"


def least_width_m(vehicle: Vehicle, policy: Policy) -> float:
    """Return the width of what has to get through at least: the body with its margin, or what is between its wheels [m]."""
    return vehicle.track_m if policy.kerb_overhang else vehicle.width_m + 2 * policy.margin_m


def gap_m(row: Row, tracking: VehicleTracking, mouths: pd.DataFrame) -> float:
    """Return the width that there is where a proof says that there is no way: 0 where all is shut [m].

    Parameters
    ----------
    row : dict
        Of ``tracking.targets``.
    tracking : VehicleTracking
    mouths : DataFrame
        Of the lane network: ``entrance_id``, ``width_m``.
    """
    own = mouths.loc[(mouths["entrance_id"].astype(str) == str(row["entrance_id"])).to_numpy(bool), "width_m"] if len(mouths) else ()
    mouth = max(map(float, own), default=0.0)
    return _or(row.get("gap_m"), mouth if mouth < least_width_m(tracking.vehicle, tracking.policy) else 0.0)


def best_rows(tracking: VehicleTracking, mouths: pd.DataFrame) -> dict[tuple[str, str], list[Row]]:
    """Return the rows of each target over the entrances, the one that speaks for it first; targets as in the table.

    The best class counts; what is drivable on plan, a height not known, comes after what is proven. Of several of it: from
    where the vehicle gets anywhere at all; the shortest of proven drives;
    the least that is missing; the most of a lane that is proven; of proofs that there is no way the widest gap, for where
    that one may do there may be a way; the order of the entrances.

    Parameters
    ----------
    tracking : VehicleTracking
    mouths : DataFrame
        Of the lane network: ``entrance_id``, ``width_m``.
    """
    found: dict[tuple[str, str], list[Row]] = {}
    of_use: set[str] = set()
    for values in tracking.targets.to_dict("records"):
        row = {str(key): value for key, value in values.items()}
        found.setdefault((str(row["target_kind"]), str(row["target_id"])), []).append(row)
        if row["class"] in ON_PLAN or _or(row["share"], 0.0) > 0:
            of_use.add(str(row["entrance_id"]))

    def key(row: Row) -> tuple[float, ...]:
        kind = TrackClass(str(row["class"]))
        rank = float(BEST.index(kind)), float(str(row["entrance_id"]) not in of_use)
        if kind in ON_PLAN:
            return (*rank, _or(row["length_m"], math.inf))
        wide = gap_m(row, tracking, mouths) if kind is TrackClass.PROVEN_FAIL else 0.0
        return (*rank, _or(row["shortfall_m"], math.inf), -_or(row["share"], 0.0), -wide)

    return {target: sorted(rows, key=key) for target, rows in found.items()}


def _or(value: Any, other: float) -> float:
    """Return a number; ``other`` where there is none."""
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else other
