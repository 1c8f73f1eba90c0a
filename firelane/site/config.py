"""``site.toml``: what the data lacks, and which of their tables feeds which of our layers."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyproj

from firelane.crs import parse_crs
from firelane.errors import Problem
from firelane.site.causes import of_system, of_toml
from firelane.site.journal import Journal, did_you_mean
from firelane.site.model import STATION_M, SiteConfig
from firelane.site.schema import LAYERS, limits
from firelane.site.values import as_bool, as_text

_TEXTS = ("id", "name", "district", "manager", "manager_kind")
_NUMBERS = ("accuracy_m", "access_distance_m", "station_m")
_SITE_KEYS = frozenset({*_TEXTS, *_NUMBERS, "managed", "surveyed_on", "crs", "datum", "default_kerb", "not_surveyed", "partly_surveyed"})
_READERS = ("cad", "osm", "points", "place", "transform", "basemap")
_TABLES = frozenset({"site", "accuracy", "layers", "vehicle", "marking", "drawing", "materials", *_READERS})
_FEED_KEYS = frozenset({"from", "where", "columns", "set"})
_DATUMS = ("cgcs2000", "wgs84", "gcj02", "bd09")
_MANAGERS = ("property_company", "street_office", "unit")


@dataclass(frozen=True)
class Feed:
    """One table of theirs that feeds one layer of ours.

    Attributes
    ----------
    source : str
        Their table, file or ``file:table``.
    where : Mapping
        Their column -> values; only rows that match every entry are taken.
    columns : Mapping
        Our column -> theirs; an empty text means "do not take one".
    constants : Mapping
        Our column -> value for every row (``set`` in the file).
    """

    source: str
    where: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """Everything that ``site.toml`` says.

    Attributes
    ----------
    site : SiteConfig
    crs : CRS or None
        Overrides what the files say.
    feeds : Mapping
        Layer -> the feeds declared for it; layers without an entry are found by name.
    not_surveyed : frozenset of str
        Layers whose empty tables count as absent.
    partly_surveyed : frozenset of str
        Layers that do not hold everything: what is not in them is not known.
    accuracy_told : bool
        Whether ``accuracy_m`` stands in the file: 0.0 by default is not 0.0 declared.
    tables : Mapping
        The tables ``[cad]``, ``[osm]``, ``[points]``, ``[place]``, ``[transform]`` and ``[basemap]`` as they stand in
        the file, those that are there: the readers that use them check them.
    file : str
        Name of the file, for messages.
    """

    site: SiteConfig = field(default_factory=SiteConfig)
    crs: pyproj.CRS | None = None
    feeds: Mapping[str, tuple[Feed, ...]] = field(default_factory=dict)
    not_surveyed: frozenset[str] = frozenset()
    partly_surveyed: frozenset[str] = frozenset()
    accuracy_told: bool = False
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    file: str = "site.toml"


def read_settings(path: Path | None, journal: Journal) -> Settings:
    """Read ``site.toml``; every wrong key or value adds a problem. Without a file: the defaults."""
    if path is None:
        return Settings()
    reader = _Reader(path.name, journal)
    content = reader.load(path)
    return Settings() if content is None else reader.settings(content)


@dataclass
class _Reader:
    name: str
    journal: Journal

    def load(self, path: Path) -> dict[str, Any] | None:
        try:
            return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
        except OSError as error:
            said, said_zh = of_system(error)
        except (ValueError, RecursionError) as error:
            said, said_zh = of_toml(error)
        self.journal.problem(
            f"it cannot be read: {said}",
            f"无法读取：{said_zh}",
            "mend that place, and save as UTF-8; texts stand in quotation marks",
            "请改正该处并以 UTF-8 保存；文字须加引号",
            layer=self.name,
        )
        return None

    def wrong(self, key: str, expected: str, expected_zh: str, remedy: tuple[str, str] | None = None) -> None:
        example = remedy or ("mend the value", "请改正该值")
        self.journal.problem(expected, expected_zh, *example, layer=self.name, column=key)

    def unknown(self, key: str, near: str, known: frozenset[str] | set[str]) -> None:
        self.wrong(key, "this key is not known", "未知的键", did_you_mean(near, known))

    def table(self, content: Mapping[str, Any], key: str) -> dict[str, Any]:
        value = content.get(key, {})
        if isinstance(value, dict):
            return value
        self.wrong(key, f"a table [{key}] is expected", f"应为表 [{key}]")
        return {}

    def settings(self, content: Mapping[str, Any]) -> Settings:
        told = self._site_table(content)
        feeds = {}
        for layer, raw in self.table(content, "layers").items():
            if layer not in LAYERS:
                self.unknown(f"layers.{layer}", layer, set(LAYERS))
                continue
            entries = raw if isinstance(raw, list) else [raw]
            feeds[layer] = tuple(feed for entry in entries if (feed := self._feed(layer, entry)) is not None)
        crs = None
        if "crs" in told:
            parsed = parse_crs(told["crs"])
            if isinstance(parsed, Problem):
                self.wrong("crs", parsed.message, parsed.message_zh, (parsed.remedy, parsed.remedy_zh))
            else:
                crs = parsed
        return Settings(
            self._site(told, content), crs, feeds, self._layer_names(told, "not_surveyed"),
            self._layer_names(told, "partly_surveyed"), accuracy_told="accuracy_m" in told,
            tables={key: self.table(content, key) for key in _READERS if key in content}, file=self.name,
        )  # fmt: skip

    def _site_table(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Merge the keys of ``[site]`` with those that stand above every table."""
        told = dict(self.table(content, "site"))
        for key in told:
            if key not in _SITE_KEYS:
                self.unknown(f"site.{key}", key, _SITE_KEYS | _TABLES)
        for key, value in content.items():
            if key in _TABLES:
                continue
            if key not in _SITE_KEYS:
                self.unknown(key, key, _SITE_KEYS | _TABLES)
            elif key in told and told[key] != value:
                self.wrong(key, "it is given twice, with different values", "重复给出且值不同")
            else:
                told[key] = value
        return told

    def _site(self, told: Mapping[str, Any], content: Mapping[str, Any]) -> SiteConfig:
        plain = SiteConfig()
        texts = {key: self._text(told, key) for key in _TEXTS}
        accuracy = self.table(content, "accuracy")
        per_layer = {}
        for layer in accuracy:
            if layer in LAYERS:
                value = self._number(accuracy, layer, f"accuracy.{layer}")
                if value is not None:
                    per_layer[layer] = value
            else:
                self.unknown(f"accuracy.{layer}", layer, set(LAYERS))
        accuracy_m = self._number(told, "accuracy_m")
        distance_m = self._number(told, "access_distance_m")
        station_m = self._number(told, "station_m")
        if station_m is not None and not STATION_M[0] <= station_m <= STATION_M[1]:
            low, high = STATION_M
            self.wrong("station_m", f"a number from {low} to {high} is expected", f"应为 {low} 到 {high} 之间的数")
            station_m = None
        kerb = self._bool(told, "default_kerb")
        return SiteConfig(
            id=texts["id"] or "",
            name=texts["name"] or "",
            district=texts["district"],
            manager=texts["manager"],
            manager_kind=self._choice(texts["manager_kind"], "manager_kind", _MANAGERS),
            managed=self._bool(told, "managed"),
            surveyed_on=self._day(told, "surveyed_on"),
            accuracy_m=plain.accuracy_m if accuracy_m is None else accuracy_m,
            layer_accuracy_m=per_layer,
            default_kerb=plain.default_kerb if kerb is None else kerb,
            access_distance_m=plain.access_distance_m if distance_m is None else distance_m,
            station_m=plain.station_m if station_m is None else station_m,
            marking=self.table(content, "marking"),
            vehicle=self.table(content, "vehicle"),
            drawing=self.table(content, "drawing"),
            materials=self.table(content, "materials"),
            datum=self._choice(self._text(told, "datum"), "datum", _DATUMS) or plain.datum,
        )

    def _text(self, told: Mapping[str, Any], key: str) -> str | None:
        value = told.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            self.wrong(key, "a text is expected", "应为文字")
            return None
        texts, _, _ = as_text(_one(value), int(limits()["text"]["longest"]))
        return None if texts[0] is None else str(texts[0])

    def _day(self, told: Mapping[str, Any], key: str) -> date | None:
        value = told.get(key)
        if isinstance(value, str):
            with suppress(ValueError):
                value = date.fromisoformat(value.strip())
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        self.wrong(key, "a day such as 2026-05-01 is expected", "应为日期，例如 2026-05-01")
        return None

    def _choice(self, value: str | None, key: str, allowed: tuple[str, ...]) -> str | None:
        if value is None:
            return None
        word = value.lower().replace("-", "")
        if word in allowed:
            return word
        self.wrong(
            key, f"{value[:80]!r} is not known", f"未知的值 {value[:80]!r}", did_you_mean(word, allowed)
        )
        return None

    def _number(self, told: Mapping[str, Any], key: str, shown: str = "") -> float | None:
        value = told.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.0 <= value < math.inf:
            self.wrong(shown or key, "a number of metres, zero or more, is expected", "应为不小于零的米数")
            return None
        return float(value)

    def _bool(self, told: Mapping[str, Any], key: str) -> bool | None:
        value = told.get(key)
        if value is None:
            return None
        out, bad = as_bool(_one(value)) if not isinstance(value, (list, dict)) else (_one(None), [True])
        if bad[0]:
            self.wrong(key, "yes or no is expected", "应为 yes 或 no（是/否）")
            return None
        return None if out[0] is None else bool(out[0])

    def _layer_names(self, told: Mapping[str, Any], key: str) -> frozenset[str]:
        value = told.get(key, [])
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            self.wrong(key, "a list of layer names is expected", "应为图层名列表")
            return frozenset()
        known = set(LAYERS) - {"roads"}
        for name in value:
            if name not in known:
                self.wrong(
                    key,
                    f"{name[:80]!r} is no such layer",
                    f"没有图层 {name[:80]!r}",
                    did_you_mean(name, known),
                )
        return frozenset(value) & known

    def _feed(self, layer: str, raw: object) -> Feed | None:
        where = f"layers.{layer}"
        if not isinstance(raw, dict):
            self.wrong(where, f"a table [{where}] is expected", f"应为表 [{where}]")
            return None
        for key in raw:
            if key not in _FEED_KEYS:
                self.unknown(f"{where}.{key}", key, _FEED_KEYS)
        source = raw.get("from", layer)
        if not isinstance(source, str) or not source:
            self.wrong(f"{where}.from", "the name of a table is expected", "应为表名")
            return None
        filters = {
            column: tuple(value) if isinstance(value, list) else (value,)
            for column, value in self.table_of(raw, "where", where).items()
        }
        columns = {}
        for ours, theirs in self.table_of(raw, "columns", where).items():
            if ours not in LAYERS[layer].columns:
                self.unknown(f"{where}.columns.{ours}", ours, set(LAYERS[layer].columns))
            elif not isinstance(theirs, str):
                self.wrong(
                    f"{where}.columns.{ours}", "the name of their column is expected", "应为对方的列名"
                )
            else:
                columns[ours] = theirs
        constants = {}
        for ours, value in self.table_of(raw, "set", where).items():
            if ours not in LAYERS[layer].columns or ours == "id":
                self.unknown(f"{where}.set.{ours}", ours, set(LAYERS[layer].columns) - {"id"})
            elif isinstance(value, (list, dict)):
                self.wrong(f"{where}.set.{ours}", "a single value is expected", "应为单个值")
            else:
                constants[ours] = value
        return Feed(source, filters, columns, constants)

    def table_of(self, raw: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
        value = raw.get(key, {})
        if isinstance(value, dict):
            return value
        self.wrong(f"{where}.{key}", "a table { … } is expected", "应为表 { … }")
        return {}


def _one(value: object) -> Any:
    """Return an array holding ``value`` alone."""
    array = np.empty(1, dtype=object)
    array[0] = value
    return array
