"""Plans, schemes and indicator sets as TOML: find the file, read it, and say everything that is wrong with it."""

from __future__ import annotations

import datetime as dt
import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from firelane.errors import InputError, Problem
from firelane.vocabulary import Term

_SUFFIX = ".toml"
_LONGEST_TEXT = 5000
_LONGEST_MESSAGE = 400
_MOST_ROWS = 2000  # a plan has dozens; beyond this the file is not one
_T = TypeVar("_T", bound=Term)


def packaged(folder: str) -> tuple[str, ...]:
    """Return the names of the files of one kind that come with firelane, sorted.

    >>> packaged("plans")
    ('shenyang_ip_2020',)
    """
    files = resources.files("firelane.registry").joinpath(folder).iterdir()
    return tuple(sorted(f.name.removesuffix(_SUFFIX) for f in files if f.name.endswith(_SUFFIX)))


def read_toml(name: str | Path, folder: str, zh: str, en: str) -> tuple[Mapping[str, Any], str]:
    """Return a packaged document, or a user's own, and how messages call it.

    Parameters
    ----------
    name : str or Path
        A packaged name, or the path of a TOML file (anything that ends in ``.toml``).
    folder : str
        Where the packaged ones of this kind lie.
    zh, en : str
        What the document is called.

    Raises
    ------
    InputError
        If there is none of this name, it cannot be read, or it is not TOML.
    """
    text, label = _text_of(str(name), folder, zh, en)
    try:
        return tomllib.loads(text), label
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        problem = Problem(
            f"is not valid TOML: {error}", "mend the line that it names", layer=label,
            message_zh=f"不是有效的 TOML：{error}", remedy_zh="请修改所指的行",
        )  # fmt: skip
        raise InputError([problem]) from error


def _text_of(name: str, folder: str, zh: str, en: str) -> tuple[str, str]:
    known = packaged(folder)
    if name in known:
        path = resources.files("firelane.registry").joinpath(folder).joinpath(name + _SUFFIX)
        return path.read_text(encoding="utf-8"), name + _SUFFIX
    label, names = shown(name, 120), ", ".join(known)
    if not name.lower().endswith(_SUFFIX) or "\0" in name:
        problem = Problem(
            f"there is no {en} of this name", f"use one of: {names}; or give the path of a .toml file", layer=label,
            message_zh=f"没有此名称的{zh}", remedy_zh=f"可用：{names}；或给出 .toml 文件的路径",
        )  # fmt: skip
        raise InputError([problem])
    try:
        return Path(name).read_bytes().decode("utf-8-sig").replace("\r\n", "\n"), label
    except UnicodeDecodeError as error:
        problem = Problem(
            "is not UTF-8 text", "save the file as UTF-8", layer=label, message_zh="不是 UTF-8 文本", remedy_zh="请另存为 UTF-8"
        )
        raise InputError([problem]) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        problem = Problem(
            f"the {en} cannot be read: {reason}", f"give the path of a readable .toml file, or one of: {names}", layer=label,
            message_zh=f"无法读取{zh}文件：{reason}", remedy_zh=f"请给出可读取的 .toml 文件路径，或使用：{names}",
        )  # fmt: skip
        raise InputError([problem]) from error


@dataclass
class Table:
    """One TOML table under examination; every fault goes to ``problems``."""

    raw: Mapping[str, Any]
    layer: str
    row: str | None
    problems: list[Problem]

    def fault(self, column: str | None, en: str, zh: str, remedy: tuple[str, str] = ("", "")) -> None:
        """Note a fault; ``remedy`` in English and Chinese. What a file holds may be quoted in any of it: made fit to be shown."""
        column = None if column is None else shown(column)
        en, zh = shown(en, _LONGEST_MESSAGE), shown(zh, _LONGEST_MESSAGE)
        self.problems.append(Problem(en, remedy[0], self.layer, self.row, column, zh, remedy[1]))

    def known(self, *keys: str) -> None:
        """Refuse keys that nothing reads: a slip of the keyboard would have no effect in silence."""
        for key in sorted(set(self.raw) - set(keys)):
            names = ", ".join(sorted(keys))
            self.fault(key, "is not a known key", "未知的键", (f"known are: {names}", f"可用：{names}"))

    def text(self, key: str, *, required: bool = True) -> str:
        """Return one line of plain text."""
        value = self.raw.get(key, "")
        if not isinstance(value, str):
            self.fault(key, f"must be text, found {shown(value)}", f"应为文字，实为 {shown(value)}")
            return ""
        if required and not value.strip():
            self.fault(key, "is missing or empty", "缺少或为空")
        if any(not ch.isprintable() for ch in value):
            self.fault(key, "holds control characters or line breaks", "含有控制字符或换行")
        if len(value) > _LONGEST_TEXT:
            self.fault(key, f"is longer than {_LONGEST_TEXT} characters", f"超过 {_LONGEST_TEXT} 个字符")
        return value

    def texts(self, key: str, *, required: bool = False) -> tuple[str, ...]:
        """Return a list of texts, each once."""
        value = self.raw.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() and v.isprintable() for v in value):
            self.fault(key, "must be a list of texts", "应为文字列表")
            return ()
        if required and not value:
            self.fault(key, "is missing or empty", "缺少或为空")
        if len(set(value)) < len(value):
            self.fault(key, "names one thing twice", "有重复项")
        return tuple(value)

    def number(self, key: str, *, required: bool = True, least: float = -math.inf, most: float = math.inf) -> float | None:
        """Return a finite number; None where there is none."""
        value = self.raw.get(key)
        if value is None:
            if required:
                self.fault(key, "is missing", "缺少")
            return None
        if not is_number(value):
            self.fault(key, f"must be a finite number, found {shown(value)}", f"应为有限的数，实为 {shown(value)}")
            return None
        if not least <= value <= most:
            self.fault(key, f"is {value:g}, expected {least:g} to {most:g}", f"为 {value:g}，应在 {least:g} 至 {most:g} 之间")
            return None
        return float(value)

    def whole(self, key: str, *, required: bool = True, least: int = 0, most: int = 10**9) -> int | None:
        """Return a whole number; None where there is none."""
        value = self.number(key, required=required, least=least, most=most)
        if value is not None and value != int(value):
            self.fault(key, f"must be a whole number, found {value:g}", f"应为整数，实为 {value:g}")
            return None
        return None if value is None else int(value)

    def day(self, key: str, *, required: bool = True) -> dt.date | None:
        """Return a date without a time."""
        value = self.raw.get(key)
        if value is None:
            if required:
                self.fault(key, "is missing", "缺少", ("write 2022-12-31", "请写作 2022-12-31"))
            return None
        if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
            self.fault(
                key, f"must be a date, found {shown(value)}", f"应为日期，实为 {shown(value)}",
                ("write 2022-12-31 without quotation marks", "请写作 2022-12-31，不加引号"),
            )  # fmt: skip
            return None
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self.raw.get(key, default)
        if not isinstance(value, bool):
            self.fault(key, f"must be true or false, found {shown(value)}", f"应为 true 或 false，实为 {shown(value)}")
            return default
        return value

    def choice(self, key: str, kind: type[_T], default: _T | None = None) -> _T | None:
        """Return a member of a vocabulary; None (and a fault) where it is none."""
        value = self.raw.get(key, default)
        found = next((member for member in kind if member.value == value), None)
        if found is None:
            names = ", ".join(member.value for member in kind)
            self.fault(key, f"{shown(value)} is not allowed", f"不允许 {shown(value)}", (f"use one of: {names}", f"可用：{names}"))
        return found

    def one_of(self, key: str, allowed: Iterable[str], *, required: bool = True) -> str:
        """Return a text that is among ``allowed``."""
        value = self.text(key, required=required)
        if value:
            self.among(key, (value,), allowed)
        return value

    def among(self, key: str, values: Iterable[str], allowed: Iterable[str]) -> None:
        """Note every value that is not among ``allowed``."""
        allowed = tuple(allowed)
        for value in values:
            if value not in allowed:
                names = shown(", ".join(allowed) or "-", 400)
                self.fault(key, f"{shown(value)} is not known", f"没有 {shown(value)}", (f"known are: {names}", f"可用：{names}"))

    def table(self, key: str, *, required: bool = True) -> Table:
        """Return a table inside this one."""
        value = self.raw.get(key)
        if (value is None and required) or (value is not None and not isinstance(value, dict)):
            self.fault(key, "must be a table", "应为表", (f"write [{key}]", f"请写 [{key}]"))
        where = f"{self.row} {key}" if self.row else f"[{key}]"
        return Table(value if isinstance(value, dict) else {}, self.layer, where, self.problems)

    def rows(self, key: str, *, required: bool = True) -> list[Table]:
        """Return the rows of an array of tables, each named by its id or its number."""
        value = self.raw.get(key)
        if value is None and not required:
            return []
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value) or (required and not value):
            self.fault(key, "must be rows", "应为若干行", (f"write at least one [[{key}]]", f"请至少写一个 [[{key}]]"))
            return []
        if len(value) > _MOST_ROWS:
            self.fault(key, f"has more than {_MOST_ROWS} rows", f"超过 {_MOST_ROWS} 行")
            return []
        outer = f"{self.row} " if self.row else ""
        return [
            Table(row, self.layer, f"{outer}{key} {shown(row['id']) if isinstance(row.get('id'), str) else n}", self.problems)
            for n, row in enumerate(value, 1)
        ]

    def unique(self, key: str, names: Sequence[str]) -> None:
        """Note names that stand twice."""
        for name in sorted({name for name in names if name and names.count(name) > 1}):
            self.fault(key, f"{shown(name)} stands twice", f"{shown(name)} 重复", ("rename one of the two", "请改其中一个"))


def is_number(value: object) -> bool:
    """Tell whether ``value`` is a finite number (true and false are none)."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def shown(value: object, most: int = 60) -> str:
    """Return a value fit for a message: printable and short."""
    if value is None:
        return "nothing"
    text = "".join(ch if ch.isprintable() else "�" for ch in str(value)[: most + 1])
    return text if len(text) <= most else text[: most - 1] + "…"
