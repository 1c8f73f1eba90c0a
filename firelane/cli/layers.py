"""``firelane layers``: what the layers of a CAD plan are taken for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from firelane.cli import common

if TYPE_CHECKING:
    from firelane.site.cad import LayerRow

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")
_NAME_LENGTH = 40


@click.command("layers", epilog="Example: firelane layers plan.dxf -o mapping.toml")
@click.argument("file", type=click.Path(path_type=Path))
@common.lang_option
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--debug", is_flag=True, help="Show where an internal error arose.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), default=None,
    help="Write the proposed mapping into this TOML file instead of printing it.",
)
def command(file: Path, lang: str | None, quiet: bool, debug: bool, out: Path | None) -> int:
    """List the layers of a CAD plan (.dxf, .dwg), and propose what they are.

    列出 CAD 图的图层，并给出对应关系的建议。
    """
    del debug
    from firelane.files import write_text
    from firelane.site.cad import list_plan, mapping_toml

    if out is not None and out.suffix.lower() != ".toml":
        raise click.BadParameter(f"'{out}' must end in .toml", param_hint="-o")
    tongue = common.console_lang(lang)
    zh = tongue == "zh"
    found = list_plan(file)
    fragment = mapping_toml(found.rows, lang=tongue)
    if out is not None:
        write_text(out, fragment)
    if quiet:
        return 0
    common.say(file.name)
    for fact in found.facts:
        common.say(f"  · {_plain(fact[0] if zh else fact[1])}")
    for row in found.rows:
        _print_row(row, zh=zh)
    if out is not None:
        common.say(str(out))
    elif not found.ours:
        common.say("")
        common.say(fragment.rstrip("\n"))
    return 0


def _print_row(row: LayerRow, *, zh: bool) -> None:
    name = _plain(row.name)
    name = name if len(name) <= _NAME_LENGTH else name[: _NAME_LENGTH - 1] + "…"
    kinds = ", ".join(f"{count} {_plain(kind)}" for kind, count in row.found.items()) or "-"
    ours = dict.fromkeys([row.proposal or "", *(block.proposal for block in row.blocks)])
    target = ", ".join(filter(None, ours)) or "-"
    why = row.why_zh if zh else row.why_en
    common.say(f"  {name}  →  {target}  ({kinds}){'  ' + why if why else ''}")


def _plain(text: str) -> str:
    """Take control characters out: a layer's name may be anything, a terminal obeys."""
    return _CONTROL.sub(" ", text)
