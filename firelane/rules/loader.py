"""Find catalogues and read them: those packaged with firelane, and a user's own file."""

from __future__ import annotations

import tomllib
from copy import deepcopy
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from firelane.errors import InputError, Problem
from firelane.rules.schema import parse_pack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firelane.rules.model import Pack, Rule

DEFAULT_PACKS: tuple[str, ...] = ("shenyang-2020",)
"""What is judged when nobody says otherwise (contract §3)."""

_SUFFIX = ".toml"


@lru_cache
def available_packs() -> tuple[str, ...]:
    """Return the names of the catalogues packaged with firelane, sorted.

    >>> available_packs()
    ('gb50016', 'gb55037', 'shenyang-2020')
    """
    files = resources.files("firelane.rules").iterdir()
    return tuple(sorted(f.name.removesuffix(_SUFFIX) for f in files if f.name.endswith(_SUFFIX)))


def load_packs(names: Sequence[str] = DEFAULT_PACKS) -> tuple[Pack, ...]:
    """Load catalogues with what is known of each instrument.

    Parameters
    ----------
    names : sequence of str
        Names of packaged catalogues, or paths of TOML files (anything that ends in ``.toml``).
        A name given twice is loaded once.

    Returns
    -------
    tuple of Pack
        In the order of ``names``.

    Raises
    ------
    InputError
        A name that is no catalogue, a file that cannot be read, or rules that are not well
        formed: all problems of all catalogues at once.
    """
    problems: list[Problem] = []
    packs: list[Pack] = []
    if not names:
        problems.append(Problem("no rule catalogue was named", f"use one of: {', '.join(available_packs())}"))
    for name in dict.fromkeys(names):
        # A copy each: parameters are a dict, which a caller may take for his own.
        pack = deepcopy(_packaged(name)) if name in available_packs() else _parsed(name, _read(name, problems), problems)
        if pack is not None:
            packs.append(pack)
    _check_unique(packs, problems)
    if problems:
        raise InputError(problems)
    return tuple(packs)


def load_rules(names: Sequence[str] = DEFAULT_PACKS) -> tuple[Rule, ...]:
    """Load the rules of the named catalogues, in the order of ``names`` and of their articles.

    Parameters and errors are those of :func:`load_packs`.

    >>> [rule.threshold for rule in load_rules() if rule.rule_id == "sy2020-14-clear-width"]
    [4.0]
    """
    return tuple(rule for pack in load_packs(names) for rule in pack.rules)


@lru_cache
def _packaged(name: str) -> Pack | None:
    """Return a catalogue that comes with firelane; read once, a batch asks for it with every site."""
    problems: list[Problem] = []
    text = resources.files("firelane.rules").joinpath(name + _SUFFIX).read_text(encoding="utf-8")
    pack = _parsed(name, text, problems)
    if problems:
        raise InputError(problems)
    return pack


def _parsed(name: str, text: str | None, problems: list[Problem]) -> Pack | None:
    """Return the catalogue that a text is, or note what is wrong with it."""
    if text is None:
        return None
    label = _shown(name)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.append(
            Problem(
                f"is not valid TOML: {error}", "mend the line that it names", layer=label,
                message_zh=f"不是有效的 TOML：{error}", remedy_zh="请修改所指的行",
            )
        )
        return None
    return parse_pack(raw, label, problems)


def _read(name: str, problems: list[Problem]) -> str | None:
    """Return the text of a catalogue of the user's, or note why there is none."""
    label = _shown(name)
    packs = ", ".join(available_packs())
    if not name.lower().endswith(_SUFFIX) or "\0" in name:
        remedy = f"use one of: {packs}; or give the path of a .toml file"
        problems.append(
            Problem(
                "there is no rule catalogue of this name", remedy, layer=label, message_zh="没有此名称的规则集",
                remedy_zh=f"可用：{packs}；或给出 .toml 文件的路径",
            )
        )
        return None
    try:
        return Path(name).read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        problems.append(
            Problem(
                "is not UTF-8 text", "save the file as UTF-8", layer=label, message_zh="不是 UTF-8 文本",
                remedy_zh="请另存为 UTF-8",
            )
        )
    except OSError as error:
        reason = error.strerror or type(error).__name__
        remedy = f"give the path of a readable .toml file, or one of: {packs}"
        problems.append(
            Problem(
                f"the rule catalogue cannot be read: {reason}", remedy, layer=label,
                message_zh=f"无法读取规则文件：{reason}", remedy_zh=f"请给出可读取的 .toml 文件路径，或使用：{packs}",
            )
        )
    return None


def _shown(name: str) -> str:
    """Return a name fit for a message: no control characters, not endless."""
    clean = "".join(ch if ch.isprintable() else "�" for ch in name)
    return clean if len(clean) <= 120 else clean[:119] + "…"


def _check_unique(packs: Sequence[Pack], problems: list[Problem]) -> None:
    """Note rule ids and pack names that two catalogues share."""
    owner: dict[str, str] = {}
    names: set[str] = set()
    for pack in packs:
        if pack.name in names:
            problems.append(
                Problem("two catalogues bear this name", "give one of them another name", layer=pack.name)
            )
        names.add(pack.name)
        for rule in pack.rules:
            if rule.rule_id in owner and owner[rule.rule_id] != pack.name:
                message = f"the rule_id {rule.rule_id} also stands in {owner[rule.rule_id]}"
                problems.append(Problem(message, "rename one of the two", layer=pack.name, row=rule.rule_id))
            owner.setdefault(rule.rule_id, pack.name)
