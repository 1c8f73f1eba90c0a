"""What tags stand for, as data (``osm.toml``), and what ``[osm]`` in ``site.toml`` changes of it."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from firelane.site.config import Settings
from firelane.site.journal import Journal, did_you_mean
from firelane.site.volunteered import KEY as VOLUNTEERED_KEY
from firelane.vocabulary import RoadClass

Tags = Mapping[str, str]
Wanted = Mapping[str, frozenset[str]]
"""Key → values; tags match where they hold one of the values of one of the keys."""

_LISTS = ("fire_lanes", "other_roads", "no_roads")
_NUMBERS = ("est_width_accuracy_m", "outline_accuracy_m", "opening_m", "most_height_m", "span_m", "doubled_rest_m")


@dataclass(frozen=True)
class Rules:
    """What tags stand for; the fields are the tables of ``osm.toml``."""

    fire_lanes: frozenset[str]
    other_roads: frozenset[str]
    no_roads: frozenset[str]
    not_there: frozenset[str]
    not_there_keys: tuple[str, ...]
    never: frozenset[str]
    admitted: Wanted
    classes: Mapping[str, str]
    est_width_accuracy_m: float
    outline_accuracy_m: float
    opening_m: float
    most_height_m: float
    span_m: float
    doubled_rest_m: float
    barriers: Mapping[str, str]
    on_foot: frozenset[str]
    harmless: frozenset[str]
    spanning: frozenset[str]
    passages: frozenset[str]
    openable: tuple[tuple[bool, Wanted], ...]
    points: tuple[tuple[str, Wanted], ...]
    lines: tuple[tuple[str, Wanted], ...]
    roofs: frozenset[str]
    no_buildings: frozenset[str]
    covered: Wanted
    underground: Wanted
    area_keys: frozenset[str]
    name_keys: tuple[str, ...]
    area_relations: frozenset[str]


def matches(tags: Tags, wanted: Wanted) -> str | None:
    """Return the first ``key=value`` of the tags that is wanted; None where none is.

    >>> matches({"natural": "tree"}, {"natural": frozenset({"tree", "shrub"})})
    'natural=tree'
    """
    return next((f"{key}={tags[key]}" for key, values in wanted.items() if tags.get(key) in values), None)


def underground(tags: Tags, rules: Rules) -> bool:
    """Tell whether something lies below the ground, or in a building: another plane than the site's.

    >>> underground({"layer": "-1"}, standard_rules()), underground({"tunnel": "building_passage"}, standard_rules())
    (True, False)
    """
    return level(tags) < 0 or matches(tags, rules.underground) is not None


def level(tags: Tags) -> int:
    """Return ``layer=*`` as a number; 0 where it is none."""
    text = tags.get("layer", "0").strip()
    return int(text) if text.lstrip("+-").isdecimal() and len(text) < 4 else 0


def barriers_of(tags: Tags, rules: Rules) -> list[str]:
    """Return the values of ``barrier=*``: several where it lists several that are known, ``gate;bollard``.

    Those that are no obstacle are left out beside others.

    >>> barriers_of({"barrier": "gate;entrance; bollard"}, standard_rules())
    ['gate', 'bollard']
    """
    text = tags.get("barrier", "")
    parts = list(dict.fromkeys(part.strip() for part in text.split(";") if part.strip()))
    if len(parts) < 2 or not all(part in rules.barriers or part in rules.harmless for part in parts):
        return [text]
    return [part for part in parts if part not in rules.harmless] or parts[:1]


def name_of(tags: Tags, *others: str) -> str | None:
    """Return the name in the local language, else in Chinese, else what ``others`` hold."""
    return next((tags[key] for key in ("name", "name:zh", *others) if tags.get(key, "").strip()), None)


def _wanted(raw: Mapping[str, list[str]]) -> Wanted:
    return MappingProxyType({key: frozenset(values) for key, values in raw.items()})


@cache
def standard_rules() -> Rules:
    """Return what ``osm.toml`` says."""
    raw = tomllib.loads(resources.files("firelane.site.osm").joinpath("osm.toml").read_text("utf-8"))
    roads, lists, areas = raw["roads"], raw["barrier_lists"], raw["areas"]
    return Rules(
        fire_lanes=frozenset(roads["fire_lanes"]),
        other_roads=frozenset(roads["other_roads"]),
        no_roads=frozenset(roads["no_roads"]),
        not_there=frozenset(roads["not_there"]),
        not_there_keys=tuple(f"{prefix}highway" for prefix in roads["prefixes"]),
        never=frozenset(roads["never"]),
        admitted=_wanted(roads["admitted"]),
        classes=MappingProxyType(dict(roads["classes"])),
        est_width_accuracy_m=float(raw["lengths"]["est_width_accuracy_m"]),
        outline_accuracy_m=float(raw["lengths"]["outline_accuracy_m"]),
        opening_m=float(raw["lengths"]["opening_m"]),
        most_height_m=float(raw["lengths"]["most_height_m"]),
        span_m=float(raw["lengths"]["span_m"]),
        doubled_rest_m=float(raw["lengths"]["doubled_rest_m"]),
        barriers=MappingProxyType(dict(raw["barriers"])),
        on_foot=frozenset(lists["on_foot"]),
        harmless=frozenset(lists["harmless"]),
        spanning=frozenset(lists["spanning"]),
        passages=frozenset(lists["passages"]),
        openable=tuple((bool(rule["openable"]), _wanted(rule["tags"])) for rule in raw["openable"]["rules"]),
        points=tuple((str(entry["kind"]), _wanted(entry["tags"])) for entry in raw["points"]),
        lines=tuple((str(entry["kind"]), _wanted(entry["tags"])) for entry in raw["lines"]),
        roofs=frozenset(raw["buildings"]["roofs"]),
        no_buildings=frozenset(raw["buildings"]["none"]),
        covered=_wanted(raw["passages"]["tags"]),
        underground=_wanted(raw["underground"]["tags"]),
        area_keys=frozenset(areas["keys"]),
        name_keys=tuple(areas["names"]),
        area_relations=frozenset(areas["relations"]),
    )


def rules_of(settings: Settings, journal: Journal) -> Rules:
    """Return the rules with what ``[osm]`` of ``site.toml`` changes; what it says wrongly is a problem."""
    return _Reader(settings.file, journal).read(settings.tables.get("osm", {}))


@dataclass
class _Reader:
    file: str
    journal: Journal

    def wrong(self, key: str, en: str, zh: str, remedy: tuple[str, str] = ("mend the value", "请改正该值")) -> None:
        self.journal.problem(en, zh, *remedy, layer=self.file, column=f"osm.{key}")

    def read(self, told: Mapping[str, Any]) -> Rules:
        rules = standard_rules()
        changes: dict[str, Any] = {}
        known = {*_LISTS, *_NUMBERS, "classes"}
        for key, value in told.items():
            if key == VOLUNTEERED_KEY:
                continue  # speaks of the finished layers: site/volunteered.py
            if key not in known:
                self.wrong(key, "this key is not known", "未知的键", did_you_mean(key, known))
            elif key in _LISTS:
                self._list(key, value, changes)
            elif key in _NUMBERS:
                self._number(key, value, changes)
            else:
                self._classes(value, rules, changes)
        changes = self._moved(changes, rules)
        return replace(rules, **changes)

    def _list(self, key: str, value: object, changes: dict[str, Any]) -> None:
        if isinstance(value, list) and all(isinstance(word, str) and word for word in value):
            changes[key] = frozenset(value)
        else:
            self.wrong(key, "a list of values of highway=* is expected", "应为 highway 取值的列表")

    def _number(self, key: str, value: object, changes: dict[str, Any]) -> None:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.0 <= value < math.inf:
            self.wrong(key, "a number of metres, zero or more, is expected", "应为不小于零的米数")
        else:
            changes[key] = float(value)

    def _classes(self, value: object, rules: Rules, changes: dict[str, Any]) -> None:
        terms = {str(term.value) for term in RoadClass}
        if not isinstance(value, dict):
            self.wrong("classes", 'a table { service = "unit" } is expected', '应为表，如 { service = "unit" }')
            return
        for highway, name in value.items():
            if name not in terms:
                self.wrong(
                    f"classes.{highway}", f"{str(name)[:80]!r} is not known", f"未知的值 {str(name)[:80]!r}",
                    did_you_mean(str(name)[:80], terms),
                )  # fmt: skip
        good = {str(highway): str(name) for highway, name in value.items() if name in terms}
        changes["classes"] = MappingProxyType({**rules.classes, **good})

    def _moved(self, changes: dict[str, Any], rules: Rules) -> dict[str, Any]:
        """Take a value that one list names out of the lists that do not; two that both name it are a problem."""
        told = {key: changes[key] for key in _LISTS if key in changes}
        for n, key in enumerate(told):
            for other in list(told)[n + 1 :]:
                for word in sorted(told[key] & told[other]):
                    self.wrong(
                        key, f"{word[:80]!r} stands in {other} as well", f"{word[:80]!r} 同时列在 {other} 中",
                        ("name it in one list", "请只列在一处"),
                    )  # fmt: skip
        named = frozenset().union(*told.values()) if told else frozenset()
        for key in _LISTS:
            if key not in told and getattr(rules, key) & named:
                changes[key] = getattr(rules, key) - named
        if "never" not in changes and named & rules.never:
            changes["never"] = rules.never - (named - changes.get("no_roads", rules.no_roads))
        return changes
