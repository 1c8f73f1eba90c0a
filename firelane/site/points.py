"""Laser points over a site: which files there are, and where their coordinates stand.

Only headers are read here; :mod:`firelane.site.points_stream` reads the points, when they are measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyproj

from firelane import crs as crs_tools
from firelane.crs import parse_crs
from firelane.errors import Problem
from firelane.site.config import Settings
from firelane.site.journal import Journal, did_you_mean
from firelane.site.model import PointTile
from firelane.site.points_header import CUT, DAMAGED, Fault, fault_of
from firelane.site.points_stream import is_of_decoder

Bounds = tuple[float, float, float, float]

_KEYS = frozenset({"files", "crs", "accuracy_m"})
_SUFFIXES = (".las", ".laz")
_LOCKED = Fault(
    "the file cannot be opened", "文件无法打开", "allow reading it, or copy it again", "请检查读取权限，或重新复制该文件"
)
_NO_CRS = Fault(
    "its coordinate system cannot be read", "其坐标系记录无法读取",
    'give it under [points] of site.toml, such as crs = "EPSG:4550"',
    '请在 site.toml 的 [points] 中写明，例如 crs = "EPSG:4550"',
)  # fmt: skip


def find_tiles(
    clouds: Sequence[Path], settings: Settings, root: Path, *, crs: pyproj.CRS, bounds: Bounds, journal: Journal,
) -> tuple[PointTile, ...]:  # fmt: skip
    """Return the tiles that lie over the site.

    Parameters
    ----------
    clouds : sequence of Path
        LAS and LAZ files in the site's folder.
    settings : Settings
        ``[points]`` of ``site.toml``: ``files`` (names and patterns relative to the site's folder), ``crs`` (of files
        that tell none) and ``accuracy_m`` (of heights above the ground [m]).
    root : Path
        The site's folder.
    crs : CRS
        That of the site.
    bounds : tuple
        (min east, min north, max east, max north) of the roads in ``crs`` [m].
    journal : Journal
        Takes a problem for each file that cannot be read and a note for each that lies elsewhere.
    """
    asked = _Asked.of(settings, root, journal)
    paths = list(dict.fromkeys([*clouds, *asked.files]))
    tiles = []
    apart: list[str] = []
    for path in paths:
        tile = _tile(path, asked, crs, journal)
        if tile is None:
            continue
        if not tile.points:
            journal.note(
                "points_empty", f"{path.name}: the file of laser points is empty", f"{path.name}：点云文件没有点",
                layer="points",
            )  # fmt: skip
        elif _overlap(_moved(tile.bounds, tile.crs, crs), bounds):
            tiles.append(tile)
        else:
            apart.append(path.name)
    if apart:
        journal.note_rows(
            "points_elsewhere", "tiles of laser points that do not lie over the site were left out; if they should, "
            "give their system as crs under [points]",
            "不在项目范围内的点云文件已略去；如有误，请在 site.toml 的 [points] 中写明 crs", sorted(apart), layer="points",
        )  # fmt: skip
    return tuple(tiles)


class _Asked:
    """What ``[points]`` asks for, checked."""

    def __init__(self, files: list[Path], crs: pyproj.CRS | None, accuracy_m: float | None) -> None:
        self.files, self.crs, self.accuracy_m = files, crs, accuracy_m

    @classmethod
    def of(cls, settings: Settings, root: Path, journal: Journal) -> _Asked:
        table = settings.tables.get("points", {})
        for key in table:
            if key not in _KEYS:
                near_en, near_zh = did_you_mean(key, _KEYS)
                _wrong(journal, settings.file, key, f"there is no key {key[:80]!r} in [points]",
                       f"[points] 中没有键 {key[:80]!r}", near_en, near_zh)  # fmt: skip
        accuracy = table.get("accuracy_m")
        if accuracy is not None and (
            isinstance(accuracy, bool) or not isinstance(accuracy, (int, float)) or not 0 <= accuracy <= 10
        ):
            _wrong(journal, settings.file, "accuracy_m", "a number from 0 to 10 is expected", "应为 0 到 10 之间的数")
            accuracy = None
        return cls(
            _files(table, settings, root, journal), _crs(table, settings, journal),
            None if accuracy is None else float(accuracy),
        )  # fmt: skip


def _wrong(
    journal: Journal, file: str, key: str, en: str, zh: str, remedy_en: str = "", remedy_zh: str = ""
) -> None:
    journal.problem(
        en, zh, remedy_en or "correct it", remedy_zh or "请改正", layer=file, column=f"points.{key}"
    )


def _crs(table: Mapping[str, Any], settings: Settings, journal: Journal) -> pyproj.CRS | None:
    told = table.get("crs")
    if told is None:
        return None
    parsed = parse_crs(told)
    if isinstance(parsed, Problem):
        _wrong(journal, settings.file, "crs", f"{str(told)[:80]!r} is no known system", f"未知的坐标系 {str(told)[:80]!r}",
               'write a code, such as "EPSG:4550"', '请写代码，例如 "EPSG:4550"')  # fmt: skip
        return None
    return parsed


def _files(table: Mapping[str, Any], settings: Settings, root: Path, journal: Journal) -> list[Path]:
    told = table.get("files", [])
    if isinstance(told, str):
        told = [told]
    if not isinstance(told, list) or not all(isinstance(name, str) and name for name in told):
        _wrong(journal, settings.file, "files", "a list of names of files is expected", "应为文件名列表",
               'for instance files = ["tiles/*.laz"]', '例如 files = ["tiles/*.laz"]')  # fmt: skip
        return []
    found: list[Path] = []
    for name in told:
        try:
            # A name may hold brackets: what exists as it is written is no pattern.
            here = [root / name] if (root / name).is_file() else sorted(p for p in _glob(root, name) if p.is_file())
        except (OSError, ValueError, NotImplementedError, IndexError):  # what pathlib makes of names that are no pattern
            here = []
        here = [p for p in here if p.suffix.lower() in _SUFFIXES]
        if not here:
            _wrong(journal, settings.file, "files", f"no LAS or LAZ file is called {name[:200]!r}",
                   f"没有名为 {name[:200]!r} 的 LAS/LAZ 文件", "names are relative to the site's folder",
                   "文件名相对于项目文件夹")  # fmt: skip
        found += here
    return found


def _glob(root: Path, pattern: str) -> list[Path]:
    given = Path(pattern)
    if given.is_absolute():
        return list(Path(given.anchor).glob(str(given.relative_to(given.anchor))))
    return list(root.glob(pattern))


# ------------------------------------------------------------------------------------------- one file


def _tile(path: Path, asked: _Asked, site_crs: pyproj.CRS, journal: Journal) -> PointTile | None:
    import laspy  # noqa: PLC0415  (half a second that sites without points need not wait)

    def refuse(fault: Fault) -> None:
        journal.problem(fault.en, fault.zh, fault.remedy_en, fault.remedy_zh, layer=path.name)

    try:
        fault = fault_of(path)
    except OSError:
        fault = _LOCKED
    if fault is not None:
        refuse(fault)
        return None
    try:
        with laspy.open(path) as reader:
            header = reader.header
            count = int(header.point_count)
            low, high = np.asarray(header.mins, float), np.asarray(header.maxs, float)
            if count:
                # The first points tell whether the rest can be unpacked at all.
                next(iter(reader.chunk_iterator(min(count, 1000))))
    except (EOFError, StopIteration):
        refuse(CUT)
        return None
    except BaseException as error:
        if not is_of_decoder(error):
            raise
        refuse(DAMAGED)
        return None
    try:
        own = header.parse_crs()
    except Exception:  # noqa: BLE001  (laspy and PROJ each have errors of their own)
        # What the user tells stands in for what the file does not.
        if asked.crs is None:
            refuse(_NO_CRS)
            return None
        own = None
    system = own if own is not None else asked.crs
    unit_m = 1.0 if system is None else _height_unit_m(system)
    flat = site_crs if system is None else crs_tools.horizontal(system)
    bounds = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    return PointTile(path, flat, bounds, count, height_unit_m=unit_m, accuracy_m=asked.accuracy_m)


def _height_unit_m(crs: pyproj.CRS) -> float:
    """Return the unit of the heights: that of the vertical part, else of the plan; degrees go with metres."""
    for part in crs.sub_crs_list:
        if part.is_vertical and part.axis_info:
            return float(part.axis_info[0].unit_conversion_factor)
    if len(crs.axis_info) > 2:
        return float(crs.axis_info[2].unit_conversion_factor)
    return 1.0 if crs.is_geographic else crs_tools.metres_per_unit(crs)


def _moved(bounds: Bounds, source: pyproj.CRS, target: pyproj.CRS) -> Bounds:
    if crs_tools.same(source, target):
        return bounds
    try:
        transformer = pyproj.Transformer.from_crs(source, target, always_xy=True)
        west, south, east, north = transformer.transform_bounds(*bounds)
    except pyproj.exceptions.ProjError:
        return (np.inf, np.inf, -np.inf, -np.inf)
    return west, south, east, north


def _overlap(one: Bounds, other: Bounds) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
