"""A blank site: one GeoPackage with every layer and column, styled for QGIS, and a commented site.toml."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyproj

from firelane import crs as crs_tools
from firelane.errors import InputError, OutputError, Problem
from firelane.files import ensure_writable_dir
from firelane.site.geopackage import blank_tables, write_tables
from firelane.site.schema import LAYERS
from firelane.site.toml_text import toml_comment, toml_text

GEOPACKAGE = "site.gpkg"
CONFIG = "site.toml"

_LITTER = frozenset({".ds_store", "thumbs.db", "desktop.ini"})  # what file managers leave behind


def write_blank_site(
    folder: str | os.PathLike[str], *, crs: str = "EPSG:4550", lang: str = "zh"
) -> list[Path]:
    """Write a blank site into a new or empty folder.

    Layers that take more than one kind of geometry get one table for each (``obstructions``,
    ``obstructions_lines``, ``obstructions_polygons``), because QGIS cannot draw into a table of mixed
    kind; they are read as one layer. ``not_surveyed`` in ``site.toml`` keeps the tables that stay
    empty from counting as "surveyed and holds nothing".

    Parameters
    ----------
    folder : path-like
        Created if it does not exist.
    crs : str
        A metric CRS, ``EPSG:4550`` (Shenyang) by default.
    lang : str
        ``zh`` or ``en``: language of the field names, lists and comments.

    Returns
    -------
    list of Path
        The files written: ``site.gpkg`` and ``site.toml``.

    Raises
    ------
    InputError
        If the folder already holds something, or the CRS is no metric one.
    OutputError
        If it cannot be written; then nothing is left behind.
    """
    target = Path(folder)
    known = _metric(crs)
    obstacle = in_the_way(target)
    if obstacle is not None:
        raise InputError([obstacle])

    def write(inside: Path) -> None:
        write_tables(inside / GEOPACKAGE, blank_tables(), known, lang)
        (inside / CONFIG).write_text(_config(target, known, lang), encoding="utf-8")

    return put_in_place(target, write)


def put_in_place(target: Path, write: Callable[[Path], None]) -> list[Path]:
    """Let ``write`` fill a folder with the files of a new site, and move them into ``target``.

    Returns
    -------
    list of Path
        ``site.gpkg`` and ``site.toml``.

    Raises
    ------
    OutputError
        If they cannot be written; then nothing is left behind.
    """
    existed = target.exists()
    ensure_writable_dir(target)
    moved: list[Path] = []
    try:
        # In a folder of its own first: a full disk leaves nothing half-written at the final place.
        with tempfile.TemporaryDirectory(prefix=".firelane-", dir=target) as inside:
            write(Path(inside))
            for name in (GEOPACKAGE, CONFIG):
                shutil.move(Path(inside) / name, target / name)
                moved.append(target / name)
    except (OSError, RuntimeError) as error:
        for path in moved:
            path.unlink(missing_ok=True)
        if not existed:
            with suppress(OSError):
                target.rmdir()
        raise OutputError(
            f"cannot write the site into {target}: {error}; free some space, or choose another folder",
            f"无法把场地写入 {target}：{error}；请清理磁盘，或改用其他文件夹",
        ) from error
    return moved


def in_the_way(target: Path) -> Problem | None:
    """Return why a new site cannot stand in ``target``; None where it can: nothing is ever overwritten."""
    if not target.exists():
        return None
    if not target.is_dir():
        en, zh = "a file of that name exists", "已有同名文件"
    elif any(entry.name.lower() not in _LITTER for entry in target.iterdir()):
        en, zh = "the folder is not empty", "文件夹不为空"
    else:
        return None
    return Problem(
        f"{target}: {en}",
        "choose a new or empty folder; nothing was changed",
        message_zh=f"{target}：{zh}",
        remedy_zh="请选择新的或空的文件夹；未作任何改动",
    )


def _metric(text: str) -> pyproj.CRS:
    found = crs_tools.parse_crs(text)
    if isinstance(found, Problem):
        raise InputError([found])
    problems = crs_tools.check_crs(found, np.empty((0, 2)))
    if problems:
        raise InputError(problems)
    if not found.is_projected or crs_tools.metres_per_unit(found) != 1.0:
        raise InputError(
            [
                Problem(
                    f"{crs_tools.label(found)} is not in metres",
                    "choose a metric system, in Shenyang EPSG:4550",
                    message_zh=f"{crs_tools.label(found)} 的单位不是米",
                    remedy_zh="请选择以米为单位的坐标系，沈阳用 EPSG:4550",
                )
            ]
        )
    return found


def _config(target: Path, crs: pyproj.CRS, lang: str) -> str:
    """Return the commented site.toml."""
    name = toml_text(target.resolve().name or "site")
    optional = ", ".join(f'"{layer}"' for layer in LAYERS if layer != "roads")
    template = _ZH if lang == "zh" else _EN
    code = toml_text(crs_tools.code(crs))
    return template.format(name=name, crs=code, crs_name=toml_comment(crs.name), optional=optional)


_ZH = """\
# 本文件补充图层中没有的信息。行首 # 为注释；要启用某项，去掉 # 并填写。请以 UTF-8 保存。
# 图层在 site.gpkg 中，用 QGIS 打开即可绘制；roads（道路轮廓）必填。

[site]
id = {name}
name = {name}
# district = "皇姑区"
# manager = "某某物业服务有限公司"        # 维护管理单位（第十二条）
# manager_kind = "property_company"       # property_company 物业服务企业 | street_office 街道办事处 | unit 单位
# managed = true                          # 居民住宅区是否实行物业管理
# surveyed_on = 2026-05-01                # 测绘日期，写在地图和报告上

crs = {crs}                       # {crs_name}
datum = "cgcs2000"                      # 或 wgs84、gcj02（高德、腾讯）、bd09（百度）：后两者会先行纠偏
# accuracy_m = 0.05                     # 测量精度（米）；差距在精度以内的判定为“无法判定”；不填则按坐标取整情况判断
default_kerb = "no"                     # kerbs 图层和 kerb 列都未说明的路边是否有路缘石
access_distance_m = 10.0                # 消防车须到达建筑外墙的距离（米）
# station_m = 0.5                       # 车道净宽剖面的测点间距上限（米），0.1 至 10

# 尚未调查的图层。空图层本意为“已调查，没有”，列在这里则视为“未调查”。
# 某图层已调查而确实没有时，请从列表中删去；图层一旦有数据即视为已调查。
not_surveyed = [{optional}]

# 各图层的测量精度（米），优先于 accuracy_m
# [accuracy]
# roads = 0.02

# 若数据来自其他文件，可在此对应图层：from 来源表，where 条件，columns 我方列 = 对方列，set 统一赋值
# [layers.roads]
# from = "对方的图层名"
# where = {{ "类型" = ["车行道"] }}
# columns = {{ name = "名称" }}
# set = {{ kerb = "yes" }}

# [vehicle]                             # 消防车型：编号，或自行填写各项
# [marking]                             # 标线中待确认的尺寸可在此改写
# [materials]                           # 材料用量和单价
# [drawing]                             # 图签：设计单位、项目编号、人员、修改记录
"""

_EN = """\
# What the layers cannot tell. Lines beginning with # are comments: take the # away and fill in. Save as UTF-8.
# The layers are in site.gpkg: open it in QGIS and draw. roads (outlines of the road surface) is required.

[site]
id = {name}
name = {name}
# district = "Huanggu"
# manager = "Some Property Services Ltd"  # who maintains the lane (Article 12)
# manager_kind = "property_company"       # property_company | street_office | unit
# managed = true                          # whether the residential area has property management
# surveyed_on = 2026-05-01                # day of the survey, told on the map and in the report

crs = {crs}                       # {crs_name}
datum = "cgcs2000"                      # or wgs84, gcj02 (Gaode, Tencent), bd09 (Baidu): the last two are set right first
# accuracy_m = 0.05                     # survey accuracy [m]; within it nothing is judged; else rounded coordinates tell
default_kerb = "no"                     # for edges that neither `kerbs` nor the column `kerb` tells about
access_distance_m = 10.0                # how near a fire engine must come to a building [m]
# station_m = 0.5                       # greatest distance between stations of a lane's profile [m], 0.1 to 10

# Layers that were not surveyed yet. An empty layer means "surveyed, there is nothing"; named here it
# means "not surveyed". Take a name out once you have looked and found nothing; a layer with rows
# counts as surveyed anyway.
not_surveyed = [{optional}]

# Survey accuracy by layer [m], before accuracy_m
# [accuracy]
# roads = 0.02

# Data from elsewhere: from = their table, where = filter, columns = ours = theirs, set = the same for all rows
# [layers.roads]
# from = "their_table"
# where = {{ type = ["carriageway"] }}
# columns = {{ name = "label" }}
# set = {{ kerb = "yes" }}

# [vehicle]                             # id of a preset, or its own fields
# [marking]                             # open dimensions of the markings may be set here
# [materials]                           # rates and prices of the materials
# [drawing]                             # title block: office, project number, people, revisions
"""
