"""Which vehicles are tracked: those asked for by name, else the one that ``[vehicle]`` of ``site.toml`` states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from firelane.errors import InputError, Problem
from firelane.tracking.catalogue import standard_policy, stated_vehicle, vehicles
from firelane.tracking.vehicle import Policy, Vehicle

OF_THE_SITE = "site"
"""The word for the vehicle of ``site.toml`` among the ids of presets."""
_LONGEST = 40


@dataclass(frozen=True)
class Asked:
    """A vehicle to be tracked, and how it is driven."""

    vehicle: Vehicle
    policy: Policy


def asked_vehicles(table: Mapping[str, Any], names: Sequence[str] | None = None) -> tuple[Asked, ...]:
    """Return the vehicles to track, each once.

    Parameters
    ----------
    table : Mapping
        ``[vehicle]`` of ``site.toml``; it is checked even where ``names`` take its place.
    names : sequence of str, optional
        Ids of presets, driven in the standard way, and ``site`` for the vehicle of ``site.toml``, driven as stated
        there. None: that vehicle, if there is one; an empty sequence: none.

    Raises
    ------
    InputError
        Listing every unknown name and all that is wrong in the table.

    Examples
    --------
    >>> [a.vehicle.id for a in asked_vehicles({"id": "pump-8"}, ["platform-12", "site"])]
    ['platform-12', 'pump-8']
    """
    problems: list[Problem] = []
    own: Asked | None = None
    try:
        stated = stated_vehicle(table)
        own = None if stated is None else Asked(*stated)
    except InputError as error:
        problems += error.problems
    if names is None:
        wanted = [OF_THE_SITE] if own is not None else []
    else:
        wanted = list(dict.fromkeys([names] if isinstance(names, str) else map(str, names)))
    found: list[Asked] = []
    for name in wanted:
        if name == OF_THE_SITE:
            if own is not None:
                found.append(own)
            elif not table:
                problems.append(_unknown(
                    "site.toml states no vehicle ([vehicle])", "site.toml 没有写明车辆（[vehicle]）",
                ))  # fmt: skip
        elif name in vehicles():
            found.append(Asked(vehicles()[name], standard_policy()))
        else:
            shown = "".join(c if c.isprintable() else "�" for c in name[:_LONGEST])
            problems.append(_unknown(f"no vehicle is called {shown!r}", f"没有名为“{shown}”的车型"))
    if problems:
        raise InputError(problems)
    return _apart(found)


def _unknown(en: str, zh: str) -> Problem:
    known, known_zh = ", ".join(vehicles()), "、".join(vehicles())
    return Problem(
        en, f"use {known}; or {OF_THE_SITE} for the one of site.toml", message_zh=zh,
        remedy_zh=f"可用：{known_zh}；或 {OF_THE_SITE}（site.toml 的 [vehicle]）",
    )  # fmt: skip


def _apart(found: Sequence[Asked]) -> tuple[Asked, ...]:
    """Leave out what is asked for twice, and tell a preset from a vehicle that overrides it under the same id."""
    result: list[Asked] = []
    for item in found:
        if item in result:
            continue
        taken = {other.vehicle.id for other in result}
        name, count = item.vehicle.id, 1
        while name in taken:
            count += 1
            name = f"{item.vehicle.id}.{count}"
        result.append(item if name == item.vehicle.id else replace(item, vehicle=replace(item.vehicle, id=name)))
    return tuple(result)
