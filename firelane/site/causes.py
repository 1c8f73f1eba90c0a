"""Why a file could not be read, for users: libraries tell it in English alone, and seldom in words for them.

In Chinese the cause stands first; the library's own words follow in brackets where they tell more than that.
"""

from __future__ import annotations

import errno
import re

Cause = tuple[str, str]
"""English, Chinese."""

_LONGEST = 200
_SYSTEM_ZH = {
    errno.EACCES: "没有读取权限", errno.EPERM: "没有读取权限", errno.ENOENT: "没有此文件", errno.EISDIR: "是文件夹，不是文件",
    errno.EIO: "磁盘读取出错", errno.ENAMETOOLONG: "名称过长", errno.EMFILE: "打开的文件过多",
}  # fmt: skip
_PLACE = re.compile(r"\s*\b(?:at )?line (\d+),? column (\d+)")
_TWICE = re.compile(r"overwrite|twice|redefine|mutate immutable|already", re.IGNORECASE)
_SAYS_NOTHING = ("Failed to read GeoJSON data", "not recognized as being in a supported file format")


def of_system(error: OSError) -> Cause:
    """Return why the operating system let nobody read a file.

    >>> of_system(PermissionError(13, "Permission denied"))
    ('Permission denied', '没有读取权限')
    """
    said = error.strerror or str(error) or type(error).__name__
    return said, _SYSTEM_ZH.get(error.errno or 0, f"系统读取出错（{said}）")


def of_toml(error: ValueError | RecursionError) -> Cause:
    """Return what is wrong with a text of TOML, and where.

    >>> of_toml(ValueError("Invalid value (at line 2, column 5)"))
    ('Invalid value (at line 2, column 5)', '第 2 行第 5 列有语法错误')
    >>> of_toml(ValueError("Cannot overwrite a value (at end of document)"))
    ('Cannot overwrite a value (at end of document)', '文件末尾重复定义')
    """
    said = str(error)[:_LONGEST]
    if isinstance(error, UnicodeDecodeError):
        return "it is not encoded in UTF-8", "编码不是 UTF-8"
    where = _line_and_column(said) or ("文件末尾" if "end of document" in said else "")
    if not where:  # a number of thousands of digits, brackets in brackets
        return said, "其中的数字过长，或括号嵌套过深"
    return said, where + ("重复定义" if _TWICE.search(said) else "有语法错误")


def of_data(said: str, kind: str) -> Cause:
    """Return what is wrong with a file of data.

    Parameters
    ----------
    said : str
        What the library says; more than 200 characters are cut off.
    kind : str
        What the file is: ``GeoJSON``, ``OpenStreetMap``.

    >>> of_data("Failed to read GeoJSON data", "GeoJSON")
    ('Failed to read GeoJSON data', 'GeoJSON 内容不完整或格式错误')
    >>> of_data("database disk image is malformed", "GeoPackage")
    ('database disk image is malformed', 'GeoPackage 内容不完整或格式错误（database disk image is malformed）')
    >>> of_data("XML parsing error at line 1, column 36: not well-formed (invalid token)", "OpenStreetMap")[1]
    'OpenStreetMap 内容不完整或格式错误：第 1 行第 36 列（not well-formed (invalid token)）'
    """
    said = said.strip()[:_LONGEST]
    zh = f"{kind} 内容不完整或格式错误"
    where = _line_and_column(said)
    if where:
        rest = said.rpartition(": ")[2]
        return said, f"{zh}：{where}" + (f"（{rest}）" if rest != said else "")
    tells = said and not any(words in said for words in _SAYS_NOTHING)
    return said, f"{zh}（{said}）" if tells else zh


def _line_and_column(said: str) -> str:
    found = _PLACE.search(said)
    return "" if found is None else f"第 {found[1]} 行第 {found[2]} 列"
