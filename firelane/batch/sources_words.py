"""What a manifest, or the table ``sites`` of a GeoPackage, may tell of a site: headings, and their values made plain."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from firelane.batch.cut import text_of
from firelane.site.values import as_bool, plain

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "path": ("path", "路径", "文件路径", "数据路径"),
    "id": ("id", "site_id", "编号", "场地编号", "小区编号"),
    "name": ("name", "名称", "场地名称", "小区名称"),
    "district": ("district", "行政区", "区县", "辖区"),
    "manager": ("manager", "管理单位", "管理人", "物业", "物业公司", "物业服务企业"),
    "manager_kind": ("manager_kind", "管理单位类型", "管理单位类别"),
    "managed": ("managed", "有无管理单位", "是否有管理单位"),
    "config": ("config", "配置", "配置文件"),
    "within": ("within", "范围"),
    "status": ("status",),
    "reason": ("reason",),
}
"""Our name → headings that are taken for it, in any case."""
OF_SITE = ("name", "district", "manager", "manager_kind", "managed")
"""What is known of a site by our own names; everything else keeps the name that its table gives it."""

_OF_CONFIG = frozenset({
    "name", "district", "manager", "manager_kind", "managed", "surveyed_on", "accuracy_m", "default_kerb",
    "access_distance_m", "station_m", "not_surveyed", "partly_surveyed",
})  # fmt: skip
"""Keys of ``site.toml`` that the table ``sites`` of a GeoPackage may tell."""
_LISTS = frozenset({"not_surveyed", "partly_surveyed"})
_SEPARATORS = re.compile(r"[\s,，、;；]+")

_OURS = {alias: name for name, aliases in HEADINGS.items() for alias in aliases}
_MANAGERS: Mapping[str, str] = {
    "property_company": "property_company", "物业公司": "property_company", "物业服务企业": "property_company",
    "物业": "property_company", "street_office": "street_office", "街道办事处": "street_office", "街道": "street_office",
    "unit": "unit", "单位": "unit",
}  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def our_name(heading: str) -> str | None:
    """Return what a heading stands for; None where it is one of theirs.

    >>> our_name(" Manager Kind"), our_name("路径"), our_name("栋数")
    ('manager_kind', 'path', None)
    """
    return _OURS.get(unicodedata.normalize("NFKC", heading).strip().lower().replace(" ", "_"))


def json_value(value: Any) -> Any:
    """Return a cell as a plain value of JSON; None where it is empty.

    >>> json_value(" a "), json_value(float("nan")), json_value("'=1+1"), json_value(dt.date(2026, 5, 1))
    ('a', None, '=1+1', '2026-05-01')
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bytes):
        value = text_of(value)
    if isinstance(value, str):
        return _unquoted(value.strip()) or None
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.isoformat() if isinstance(value, (dt.datetime, dt.date, dt.time)) else str(value)


def _unquoted(text: str) -> str:
    """Return a text without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    return text[1:] if text[:1] == "'" and text[1:].lstrip().startswith(_FORMULA) else text


def attributes_of(told: Mapping[str, Any], further: Mapping[str, Any], wrong: Callable[[str], object]) -> dict[str, Any]:
    """Return the attributes of a site, those known by our names checked.

    Parameters
    ----------
    told : mapping
        By our names.
    further : mapping
        By theirs.
    wrong : callable
        Called with our name for a value that is not known and is left out.
    """
    found: dict[str, Any] = {name: plain(told[name]).strip() for name in ("name", "district", "manager") if name in told}
    if "manager_kind" in told:
        known = _MANAGERS.get(plain(told["manager_kind"]).strip().lower().replace("-", "_"))
        if known is None:
            wrong("manager_kind")
        else:
            found["manager_kind"] = known
    if "managed" in told:
        values, bad = as_bool(np.array([told["managed"]], dtype=object))
        if bad[0]:
            wrong("managed")
        else:
            found["managed"] = bool(values[0])
    return {**found, **further}


def config_of(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a site's attributes is written into the ``site.toml`` of its rows, by the keys of that.

    >>> config_of({"District": "沈河区", "not_surveyed": "poles, signs", "floors": 6})
    {'district': '沈河区', 'not_surveyed': ['poles', 'signs']}
    """
    known = {key.lower(): value for key, value in attributes.items() if key.lower() in _OF_CONFIG}
    return {
        key: [word for word in _SEPARATORS.split(value) if word] if key in _LISTS and isinstance(value, str) else value
        for key, value in known.items()
    }
