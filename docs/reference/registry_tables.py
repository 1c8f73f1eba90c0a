# ruff: noqa: INP001  (a script beside the page that it writes)
"""Write the generated parts of ``registries.md`` anew: ``python docs/reference/registry_tables.py``.

The tables of records come from ``records_ip.toml`` and ``records_star.toml``, those of commands from the command line itself.
"""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import click

from firelane.registry.kinds import Column, ColumnType, Kind, kinds

PAGE = Path(__file__).with_name("registries.md")
SHARED = frozenset({"--store", "--as", "--lang", "--quiet", "--debug", "--help"})
PARTS = ("commands-ip", "commands-star", "records-ip", "records-star")


def part(name: str) -> str:
    """Return a generated part of the page."""
    what, programme = name.split("-")
    return records(programme) if what == "records" else commands(programme)


def records(programme: str) -> str:
    """Return the tables of all kinds of records of a programme, and of the words that columns choose from."""
    every = list(kinds(programme).values())
    lists = {}
    for column in (c for k in every for c in k.columns if c.choices):
        lists.setdefault(tuple(column.choices.items()), []).append(column)
    return "\n\n".join([*map(_kind, every), *([_choices(lists)] if lists else [])])


def _kind(kind: Kind) -> str:
    rules = [f"`{kind.id}.csv`", f"编号前缀 number begins with `{kind.prefix}`"]
    if kind.decides:
        rules.append("限管理员登记 administrators only")
    if not kind.correctable:
        rules.append("不能更正，只能作废 never corrected, only taken back")
    head = f"#### {kind.zh} · {kind.en}\n\n{'；'.join(rules)}。\n\n| 列 column | | 类型 type | 必填 required | 说明 notes |\n|---|---|---|---|---|"
    return "\n".join([head, *(_row(c, counts=c.key == kind.day) for c in kind.columns)])


def _row(column: Column, *, counts: bool) -> str:
    notes = []
    if counts:
        notes.append("记录自该日起计入 the record counts from this day")
    if column.refers:
        notes.append(f"引用 refers to `{column.refers}`")
    if column.choices:
        notes.append("、".join(zh for zh, _ in column.choices.values()))
    if column.least is not None or column.most is not None:
        low, high = column.least, column.most
        notes.append(f"≥ {low:g}" if high is None else f"≤ {high:g}" if low is None else f"{low:g}–{high:g}")
    if column.note_zh:
        notes.append(f"{column.note_zh} {column.note_en}")
    kind = f"{column.type.zh} {column.type.en}" if column.type is not ColumnType.CHOICE else "选项 choice"
    return f"| {column.heading('zh')} | `{column.key}` {column.en} | {kind} | {'是 yes' if column.required else ''} | {'；'.join(notes)} |"


def _choices(lists: dict[tuple[tuple[str, tuple[str, str]], ...], list[Column]]) -> str:
    rows = ["#### 选项 · Words to choose from", "", "| 列 column | 选项 words |", "|---|---|"]
    for words, columns in lists.items():
        names = "、".join(dict.fromkeys(c.zh for c in columns))
        rows.append(f"| {names} | {'；'.join(f'{zh} `{key}` {en}' for key, (zh, en) in words)} |")
    return "\n".join(rows)


def commands(programme: str) -> str:
    """Return the table of a group's commands, with the options that not all of them share."""
    group = import_module(f"firelane.cli.{programme}")
    rows = ["| Command | Does |", "|---|---|"]
    for name, told in group.HELP.items():
        found = group.command.get_command(click.Context(group.command), name)
        assert found is not None
        options = [o for p in found.params if isinstance(p, click.Option) for o in (*p.opts, *p.secondary_opts)]
        own = [o for o in options if o not in SHARED]
        words = " ".join(_argument(p) for p in found.params if isinstance(p, click.Argument))
        said = " ".join([f"`firelane {programme} {name}{' ' + words if words else ''}`", *(f"`{o}`" for o in own)])
        rows.append(f"| {said} | {told} |")
    return "\n".join(rows)


def _argument(argument: click.Argument) -> str:
    name = argument.metavar or (argument.name or "").upper()
    told = name.replace("...", " …").replace("|", "\\|")
    return told if argument.required else f"[{told}]"


def filled(page: str) -> str:
    """Return the page with its generated parts made anew."""
    for name in PARTS:
        begin, end = f"<!-- {name}: written by registry_tables.py -->", f"<!-- end of {name} -->"
        page, found = re.subn(
            f"{re.escape(begin)}.*?{re.escape(end)}", lambda _, n=name, b=begin, e=end: f"{b}\n\n{part(n)}\n\n{e}", page, flags=re.DOTALL
        )
        assert found == 1, name
    return page


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
