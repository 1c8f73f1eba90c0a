"""Plans that do not say where on earth they lie: used in local metres, and told what their numbers look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyproj
from numpy.typing import NDArray

from firelane import crs as crs_tools
from firelane.site.config import Settings
from firelane.site.journal import Journal
from firelane.site.within import Within

Floats = NDArray[np.float64]
OFFSET_DATUMS = ("gcj02", "bd09")


def half_placed(crs: pyproj.CRS, layers: Sequence[str], journal: Journal) -> None:
    """Tell that a plan without a system meets layers that have one: a problem."""
    listed = ", ".join(layers)
    name = crs_tools.code(crs)
    journal.problem(
        f"the plan has no coordinate reference system ({listed}), other layers are in {crs_tools.label(crs)}",
        f"图形没有坐标系（{listed}），而其他图层为 {crs_tools.label(crs)}",
        f'write crs = "{name}" in site.toml if the plan is drawn in it, or place it by two known points in [place]',
        f'若图形即按该坐标系绘制，请在 site.toml 中写 crs = "{name}"；否则请用 [place] 给出两个已知点',
    )


def unplaced(
    adrift: Mapping[str, Sequence[Floats]], settings: Settings, journal: Journal, *, named: pyproj.CRS | None = None
) -> pyproj.CRS:
    """Return local metres for coordinates that do not say where they lie, and tell what they look like.

    Parameters
    ----------
    adrift : Mapping
        Layer → the coordinates of each of its tables.
    named : CRS, optional
        The system whose name the coordinates bear without lying in it.
    """
    layers = [layer for layer in ("roads", "road_lines") if layer in adrift] or sorted(adrift)
    everything = np.vstack([xy for entries in adrift.values() for xy in entries])
    middle = np.median(np.vstack([xy for layer in layers for xy in adrift[layer]]), axis=0)
    looks_en, looks_zh = _looks(everything)
    why_en = "the plan does not say where on earth it lies" if named is None else (
        f"the site has local coordinates, not {crs_tools.label(named)}"
    )  # fmt: skip
    why_zh = "图形未说明所在位置" if named is None else f"坐标为局部坐标，不是 {crs_tools.label(named)}"
    crs_en = "" if named is not None else 'crs = "…" in site.toml, or '
    crs_zh = "请" if named is not None else '请在 site.toml 中写 crs = "…"，或'
    journal.note(
        "not_placed",
        f"{why_en}: it is used in local metres; lengths and widths hold, longitude and latitude are not given."
        f"{looks_en} To place the site, write {crs_en}two known points: [place] points = "
        "[{ plan = [x, y], site = [east, north] }, { … }]",
        f"{why_zh}：按局部坐标（米）使用，尺寸和宽度有效，不给出经纬度。{looks_zh}"
        f"如需定位，{crs_zh}给出两个已知点："
        "[place] points = [{ plan = [x, y], site = [东坐标, 北坐标] }, { … }]",
    )
    if settings.site.datum in OFFSET_DATUMS:
        said = settings.site.datum.upper()
        journal.note(
            "datum_unused",
            f"datum = {said} was disregarded: local metres have no datum",
            f"已忽略 datum = {said}：局部坐标没有坐标基准",
        )
    return crs_tools.local_crs(middle)


def refuse_window(window: Within, journal: Journal) -> None:
    """Tell that an area in degrees cuts nothing out of a site that lies nowhere on earth."""
    journal.problem(
        f"{window.text[:80]!r} is an area on earth, and the site does not say where it lies",
        f"{window.text[:80]!r} 是地理范围，而场地未定位",
        "place the site first: crs, or [place] in site.toml",
        "请先定位：在 site.toml 中写 crs 或 [place]",
        layer="--within",
    )


def tell_unused(table: str, journal: Journal) -> None:
    """Tell that a table of ``site.toml`` has no use for a site that lies nowhere on earth."""
    journal.note(
        f"{table}_unused",
        f"[{table}] of site.toml was not used: the site is not placed",
        f"未使用 site.toml 中的 [{table}]：场地未定位",
    )


def _looks(xy: Floats) -> tuple[str, str]:
    """Return which systems the numbers look like: named, never taken."""
    said_en, said_zh = "", ""
    for found in crs_tools.candidates(xy):
        codes = [f"EPSG:{epsg}" for epsg in found.epsg]
        if found.central_meridian_deg is None:
            first, last = (pyproj.CRS.from_epsg(found.epsg[n]) for n in (0, -1))
            span = " – ".join(crs.name.rsplit(" ", 1)[-1] for crs in (first, last))
            which = f"a Gauss-Krüger zone without number (CGCS2000: {codes[0]} to {codes[-1]}, central meridian {span})"
            which_zh = f"不带带号的高斯-克吕格坐标（CGCS2000：{codes[0]} 至 {codes[-1]}，中央子午线 {span}）"
            ask = ", the numbers do not tell which"
            ask_zh = "，仅凭数字无法区分"
        else:
            meridian = f"{found.central_meridian_deg:g}°E"
            names = zip(codes, ("CGCS2000", "Xi'an 80", "Beijing 54"), ("CGCS2000", "西安80", "北京54"), strict=True)
            pairs = [(f"{epsg} ({en})", f"{epsg}（{zh}）") for epsg, en, zh in names]
            which = f"the zone with central meridian {meridian}: {', '.join(en for en, _ in pairs)}"
            which_zh = f"中央子午线 {meridian} 的带：{'、'.join(zh for _, zh in pairs)}"
            ask, ask_zh = ", the numbers do not tell the datum", "，仅凭数字无法区分坐标基准"
        said_en += f" The numbers look like {which}{ask}."
        said_zh += f"坐标数值像是{which_zh}{ask_zh}。"
        if found.swapped:
            said_en += ' North stands first, as surveyors write it: [transform] axes = "survey" swaps the axes.'
            said_zh += '且北坐标在前（测量坐标轴）：可用 [transform] axes = "survey" 交换。'
    return said_en, said_zh
