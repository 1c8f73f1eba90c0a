"""The presets, and the vehicle that ``[vehicle]`` of ``site.toml`` states."""

from __future__ import annotations

import importlib.resources
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

import numpy as np

from firelane.errors import InputError, Problem
from firelane.site.values import as_text
from firelane.tracking.vehicle import FieldSource, FieldStatus, Policy, RadiusBasis, Vehicle

_NEEDED = ("length_m", "width_m", "wheelbase_m", "front_overhang_m", "turning_radius_m", "radius_basis")
_LONGEST_ID, _LONGEST_NAME = 40, 80
_TOLERANCE_M = 0.01  # length against the sum of overhangs and wheelbase: figures are rounded to centimetres


@dataclass(frozen=True)
class Row:
    """One field of a vehicle, or one policy: key, unit, what it may be, what it is called, where its value is from."""

    key: str
    unit: str
    least: float | None
    most: float | None
    choices: tuple[Any, ...]
    zh: str
    en: str
    value: Any = None
    source_zh: str = ""
    source: str = ""

    def wrong(self, value: Any) -> tuple[str, str] | None:
        """Return what is wrong with ``value`` (zh, en); None if nothing is."""
        shown = str(value)[:40]
        if self.choices:
            told = [str(c).lower() if isinstance(c, bool) else str(c) for c in self.choices]
            if any(type(c) is type(value) and c == value for c in self.choices):
                return None
            return f"为 {shown}，应为 {'、'.join(told)} 之一", f"is {shown}, expected one of {', '.join(told)}"
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < math.inf:
            return f"为 {shown}，应为数值", f"is {shown}, expected a number"
        assert self.least is not None
        assert self.most is not None
        if not self.least <= value <= self.most:
            span = f"{self.least:g}", f"{self.most:g} {self.unit}"
            return f"为 {value:g}，应为 {span[0]} 至 {span[1]}", f"is {value:g}, expected {span[0]} to {span[1]}"
        return None


@dataclass(frozen=True)
class Catalogue:
    """Presets, and what may be stated of a vehicle and of how it is driven."""

    presets: Mapping[str, Vehicle]
    fields: Mapping[str, Row]
    policies: Mapping[str, Row]


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """Return the catalogue of ``vehicles.toml``."""
    told = tomllib.loads(importlib.resources.files("firelane.tracking").joinpath("vehicles.toml").read_text(encoding="utf-8"))
    sources = {key: FieldSource(FieldStatus(row["status"]), row["zh"], row["en"]) for key, row in told["sources"].items()}

    def vehicle(row: Mapping[str, Any]) -> Vehicle:
        known = {key: sources.get(key, sources["default"]) for key in row if key not in {"id", "zh", "en"}}
        return Vehicle(**{**row, "radius_basis": RadiusBasis(row["radius_basis"])}, sources=known)

    def rows(name: str) -> dict[str, Row]:
        return {
            r["key"]: Row(
                r["key"], r["unit"], r.get("min"), r.get("max"), tuple(r.get("choices", ())), r["zh"], r["en"], r.get("value"),
                r.get("source_zh", ""), r.get("source", ""),
            )
            for r in told[name]
        }  # fmt: skip

    stated = rows("field") | {
        "radius_basis": Row("radius_basis", "", None, None, tuple(b.value for b in RadiusBasis), "转弯半径所指的圆", "circle that the turning radius belongs to"),
    }  # fmt: skip
    return Catalogue({v.id: v for v in map(vehicle, told["vehicle"])}, stated, rows("policy"))


def vehicles() -> Mapping[str, Vehicle]:
    """Return the presets by id."""
    return catalogue().presets


def standard_policy() -> Policy:
    """Return how a vehicle is driven unless a site says otherwise."""
    return Policy(**{key: row.value for key, row in catalogue().policies.items()})


def vehicle_named(name: str) -> Vehicle:
    """Return a preset.

    Raises
    ------
    InputError
        If there is none of that name; the known ones are listed.
    """
    problems: list[Problem] = []
    found = _preset(name, problems)
    if found is None:
        raise InputError(problems)
    return found


def stated_vehicle(table: Mapping[str, Any]) -> tuple[Vehicle, Policy] | None:
    """Return the vehicle of ``[vehicle]`` and how it is driven; None where the table is empty.

    Parameters
    ----------
    table : Mapping
        ``id`` of a preset with fields to override; or fields of its own: length, width, wheelbase, front overhang and
        turning radius with its basis are needed then. Policies stand in the same table.

    Raises
    ------
    InputError
        Listing every unknown key, every value out of range and every combination that no vehicle has.
    """
    if not table:
        return None
    problems = list(_wrong_keys(table))
    preset = None
    name = table.get("id")
    if isinstance(name, str) and (name in vehicles() or not any(key in table for key in _NEEDED)):
        preset = _preset(name, problems)
    elif missing := [key for key in _NEEDED if key not in table]:
        problems.append(_problem(
            None, f"missing {', '.join(missing)}: state them, or the id of a preset ({', '.join(vehicles())})",
            f"缺少 {'、'.join(missing)}：请给出，或给出车型编号（{'、'.join(vehicles())}）",
        ))  # fmt: skip
    if problems:
        raise InputError(problems)
    found = _overridden(preset, table) if preset is not None else _own(table)
    if impossible := list(_impossible(found)):
        raise InputError(impossible)
    named = {f.name for f in fields(Policy)}
    return found, replace(standard_policy(), **{key: value for key, value in table.items() if key in named})


def _preset(name: str, problems: list[Problem]) -> Vehicle | None:
    found = vehicles().get(name)
    if found is None:
        known = ", ".join(vehicles())
        problems.append(_problem("id", f"no vehicle is called {name[:40]!r}: use {known}", f"没有名为“{name[:40]}”的车型：可用 {known}"))
    return found


def _wrong_keys(table: Mapping[str, Any]) -> Iterator[Problem]:
    known = catalogue()
    every = {**known.fields, **known.policies}
    for key, value in table.items():
        if key in {"id", "name"}:
            if not isinstance(value, str) or not _text(value):
                yield _problem(key, "expected a text", "应为文字")
        elif key not in every:
            yield _problem(key, f"is not known: use id, name, {', '.join(every)}", f"未知：可用 id、name、{'、'.join(every)}")
        elif wrong := every[key].wrong(value):
            yield _problem(key, wrong[1], wrong[0])


def _overridden(preset: Vehicle, table: Mapping[str, Any]) -> Vehicle:
    given = {key: value for key, value in table.items() if key in catalogue().fields}
    if not given and "name" not in table:
        return preset
    stated = FieldSource(FieldStatus.STATED, "site.toml [vehicle]", "[vehicle] of site.toml")
    values: dict[str, Any] = {key: RadiusBasis(v) if key == "radius_basis" else float(v) for key, v in given.items()}
    if "length_m" not in given and {"rear_overhang_m", "front_overhang_m", "wheelbase_m"} & set(given):
        parts = {k: values.get(k, getattr(preset, k)) for k in ("wheelbase_m", "front_overhang_m", "rear_overhang_m")}
        values["length_m"] = sum(parts.values())
    elif "rear_overhang_m" not in given and {"length_m", "front_overhang_m", "wheelbase_m"} & set(given):
        rest = {k: values.get(k, getattr(preset, k)) for k in ("length_m", "wheelbase_m", "front_overhang_m")}
        values["rear_overhang_m"] = rest["length_m"] - rest["wheelbase_m"] - rest["front_overhang_m"]
    values |= {"zh": _text(table["name"]), "en": _text(table["name"])} if "name" in table else {}
    known = {key: stated for key in values if key in catalogue().fields}
    return replace(preset, **values, sources={**preset.sources, **known})


def _own(table: Mapping[str, Any]) -> Vehicle:
    stated = FieldSource(FieldStatus.STATED, "site.toml [vehicle]", "[vehicle] of site.toml")
    default = FieldSource(FieldStatus.ASSUMED, "未给出，取默认值", "not stated, default taken")
    pump = vehicles()["pump-8"]
    values: dict[str, Any] = {key: float(v) for key, v in table.items() if key in catalogue().fields and key != "radius_basis"}
    values.setdefault("rear_overhang_m", values["length_m"] - values["wheelbase_m"] - values["front_overhang_m"])
    values.setdefault("track_m", values["width_m"] - 0.45)  # as in the presets: tyres stand inside the mudguards
    values.setdefault("height_m", pump.height_m)
    values.setdefault("lock_time_s", pump.lock_time_s)
    name = _text(table.get("name") or table.get("id") or "")
    sources = {key: stated if key in table else default for key in values} | {"radius_basis": stated}
    return Vehicle(
        id=_text(table.get("id", "own"), _LONGEST_ID), zh=name or "车辆", en=name or "vehicle",
        **values, radius_basis=RadiusBasis(table["radius_basis"]), sources=sources,
    )  # fmt: skip


def _text(value: str, longest: int = _LONGEST_NAME) -> str:
    """Return a name without control characters, cut where it is very long: it goes into ids, tables and drawings."""
    texts, _, _ = as_text(np.array([value], dtype=object), longest)
    return "" if texts[0] is None else str(texts[0])


def _impossible(vehicle: Vehicle) -> Iterator[Problem]:
    """Yield what no vehicle can have."""
    total = vehicle.wheelbase_m + vehicle.front_overhang_m + vehicle.rear_overhang_m
    if abs(total - vehicle.length_m) > _TOLERANCE_M or vehicle.rear_overhang_m < 0:
        yield _problem(
            "length_m", f"is {vehicle.length_m:g} m, but overhangs and wheelbase add up to {total:g} m",
            f"为 {vehicle.length_m:g} 米，而前悬、轴距、后悬之和为 {total:g} 米",
        )  # fmt: skip
    if vehicle.track_m > vehicle.width_m:
        yield _problem(
            "track_m", f"is {vehicle.track_m:g} m, more than the width of {vehicle.width_m:g} m",
            f"为 {vehicle.track_m:g} 米，大于车宽 {vehicle.width_m:g} 米",
        )  # fmt: skip
    least = {
        RadiusBasis.KERB_TO_KERB: vehicle.wheelbase_m, RadiusBasis.FRONT_AXLE: vehicle.wheelbase_m,
        RadiusBasis.WALL_TO_WALL: vehicle.front_m, RadiusBasis.INNER: 0.0,
    }[vehicle.radius_basis]  # fmt: skip
    if vehicle.turning_radius_m <= least or vehicle.inner_radius_m <= 0:
        yield _problem(
            "turning_radius_m",
            f"is {vehicle.turning_radius_m:g} m ({vehicle.radius_basis.en}): too small for this wheelbase and width",
            f"为 {vehicle.turning_radius_m:g} 米（{vehicle.radius_basis.zh}）：对此轴距和车宽过小",
        )  # fmt: skip


def _problem(key: str | None, en: str, zh: str) -> Problem:
    return Problem(en, layer="site.toml [vehicle]", column=key, message_zh=zh)
