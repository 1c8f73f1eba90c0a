"""What is wrong with a change, all of it at once, and how to mend it."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

import numpy as np
import shapely

from firelane.errors import InputError, Problem
from firelane.site.model import Site
from firelane.site.schema import LAYERS, kind_defaults
from firelane.vocabulary import ObstructionKind, ParkingStatus

FAR_M = 10_000.0
NUMBERS = ("clear_height_m", "top_m", "radius_m", "width_m")
FLAGS = ("removable", "openable")
SHAPES = ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")


class Complaints:
    """Collects problems and raises them together."""

    def __init__(self, layer: str = "obstructions") -> None:
        self.layer = layer
        self.problems: list[Problem] = []

    def say(self, zh: str, en: str, remedy_zh: str, remedy_en: str, *, row: str | None = None, column: str | None = None) -> None:
        """Add one problem."""
        self.problems.append(Problem(
            en, remedy_en, layer=self.layer, row=row, column=column, message_zh=zh, remedy_zh=remedy_zh
        ))  # fmt: skip

    def raise_any(self) -> None:
        """Raise what was found."""
        if self.problems:
            raise InputError(self.problems)


def row_of(
    site: Site, geometry: object, values: Mapping[str, Any], fallback_id: str, *, taken: bool
) -> dict[str, Any]:
    """Return a new row of ``obstructions``; ``taken`` tells that its id is another's.

    Raises
    ------
    InputError
        Naming every problem.
    """
    says = Complaints()
    columns = LAYERS["obstructions"].columns
    row_id = fallback_id if values.get("id") is None else values["id"]
    name = str(row_id)[:80]
    row: dict[str, Any] = {"id": row_id}
    if not isinstance(row_id, str) or not row_id.strip():
        says.say("id 须为非空文字", "the id must be a text that is not empty", "给出 id，或不填", "give an id, or none", column="id")
    elif taken:
        says.say(
            f"id {name} 已有障碍物使用", f"an obstruction with id {name} exists", "换一个 id，或先移除原有障碍物",
            "choose another id, or remove the one that is there first", row=name, column="id",
        )  # fmt: skip
    kind = values.get("kind") or "other"
    if kind not in kind_defaults():
        known = "、".join(sorted(kind_defaults()))
        says.say(
            f"未知的种类 {str(kind)[:80]!r}", f"unknown kind {str(kind)[:80]!r}", f"可用：{known}",
            f"one of {known.replace('、', ', ')}", row=name, column="kind",
        )  # fmt: skip
        kind = "other"
    row["kind"] = ObstructionKind(kind).value
    for column in NUMBERS:
        row[column] = _number(says, name, column, values.get(column), columns[column].default)
    for column in FLAGS:
        value = values.get(column)
        if value is not None and not isinstance(value, (bool, np.bool_)):
            says.say(
                f"{column} 须为 True 或 False", f"{column} must be True or False", "填 True、False 或不填",
                "give True, False or nothing", row=name, column=column,
            )  # fmt: skip
            value = None
        row[column] = None if value is None else bool(value)
    if row["removable"] is None:
        row["removable"] = kind_defaults()[kind].removable
    text = values.get("name")
    row["name"] = None if text is None else str(text)
    row["geometry"] = checked(says, site, geometry, name)
    says.raise_any()
    return row


def _number(says: Complaints, row: str, column: str, value: Any, default: Any) -> float:
    if value is None:
        return math.nan if default is None else float(default)
    good = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not good or not math.isfinite(float(value)) or float(value) < 0:
        says.say(
            f"{column} 须为不小于 0 的有限数，实为 {str(value)[:40]}", f"{column} must be a finite number of at least 0, not {str(value)[:40]}",
            "以米为单位填写，未知则不填", "give metres, or nothing where it is unknown", row=row, column=column,
        )  # fmt: skip
        return math.nan if default is None else float(default)
    return float(value)


def checked(says: Complaints, site: Site, geometry: object, row: str) -> Any:
    """Return a geometry that can stand on the site; say what is wrong with it otherwise."""
    def say(zh: str, en: str, remedy_zh: str, remedy_en: str) -> None:
        says.say(zh, en, remedy_zh, remedy_en, row=row, column="geometry")

    if not isinstance(geometry, shapely.Geometry) or geometry.geom_type not in SHAPES:
        kinds = ", ".join(SHAPES)
        say("几何须为点、线或面", "the geometry must be a point, a line or an area", f"使用 shapely 的 {kinds}", f"use {kinds} of shapely")
        return None
    if geometry.is_empty:
        say("几何为空", "the geometry is empty", "画出障碍物的位置", "draw where the obstacle stands")
        return None
    flat = shapely.force_2d(geometry)
    xy = shapely.get_coordinates(flat)
    if not np.isfinite(xy).all():
        say("坐标不是有限数", "a coordinate is not a finite number", "检查坐标", "check the coordinates")
        return None
    if not flat.is_valid:
        why = shapely.is_valid_reason(flat)
        say(f"几何无效：{why}", f"the geometry is not valid: {why}", "用 shapely.make_valid 修正", "mend it with shapely.make_valid")
        return None
    west, south, east, north = site.bounds
    low, high = xy.min(axis=0), xy.max(axis=0)
    if (low < np.array([west, south]) - FAR_M).any() or (high > np.array([east, north]) + FAR_M).any():
        say(
            "坐标离场地 10 千米以上", "a coordinate lies more than 10 km from the site",
            f"用场地的坐标系（{site.crs.to_string()}，x 向东、y 向北，单位米）",
            f"use the site's coordinates ({site.crs.to_string()}, x east, y north, in metres)",
        )  # fmt: skip
        return None
    return flat


def unknown_ids(ids: Sequence[object], known: Collection[str]) -> None:
    """Raise the ids that name nothing.

    Raises
    ------
    InputError
    """
    says = Complaints()
    some = "、".join(sorted(known)[:8]) + ("…" if len(known) > 8 else "")
    for name in ids:
        shown = str(name)[:80]
        says.say(
            f"没有 id 为 {shown} 的障碍物或泊位", f"no obstruction or bay has the id {shown}",
            f"现有：{some or '无'}" + "；两个图层同名时写成 图层:id",
            f"there are: {some.replace('、', ', ') or 'none'}; write layer:id where two layers share an id", row=shown,
        )  # fmt: skip
    says.raise_any()


def finite(**values: object) -> None:
    """Raise the arguments that are no finite numbers.

    Raises
    ------
    InputError
    """
    says = Complaints()
    for name, value in values.items():
        good = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
        if not good or not math.isfinite(float(cast("float", value))):
            says.say(
                f"{name} 须为有限数，实为 {str(value)[:40]}", f"{name} must be a finite number, not {str(value)[:40]}",
                "以米或度为单位填写", "give metres or degrees", column=name,
            )  # fmt: skip
    says.raise_any()


def not_bays(names: Sequence[str]) -> None:
    """Raise things that are no parking bays.

    Raises
    ------
    InputError
    """
    says = Complaints("parking")
    for name in names:
        says.say(
            f"{name[:80]} 不是停车泊位", f"{name[:80]} is no parking bay", "障碍物用 add、move、remove",
            "use add, move and remove for obstructions", row=name[:80],
        )  # fmt: skip
    says.raise_any()


OCCUPIED, FREE = ParkingStatus.EXISTING.value, ParkingStatus.PLANNED.value
