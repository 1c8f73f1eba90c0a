"""The reference page of the rules, generated from the catalogues so that it cannot fall behind.

``python -m firelane.rules.page docs/reference/rules.md`` writes it anew.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from firelane.rules.listing import requirement
from firelane.rules.loader import available_packs, load_packs
from firelane.vocabulary import TO_BE_CONFIRMED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firelane.rules.model import Pack, Rule

_INTRO = """\
# 规则目录 · Rule catalogue

本页由规则文件（`firelane/rules/*.toml`）生成，请勿手工修改；重新生成：
This page is generated from the rule files; do not edit it by hand. To write it anew:

```
python -m firelane.rules.page docs/reference/rules.md
```

引号框内为条文原文（逐字）；注明“不是条文原文”的为本项目的表述。标注“待确认”的数值，条文没有规定，需由消防救援机构确认。
Quoted blocks give the text verbatim unless they say otherwise. No instrument fixes the values marked
“to be confirmed”; they await the fire-rescue body.

增加另一城市的规定：写一个同样结构的 TOML 文件，用 `--rules 路径.toml` 载入。
Another city's regulation: write a TOML file of the same structure and load it with `--rules PATH.toml`.
"""


def page(packs: Sequence[Pack]) -> str:
    """Return the reference page in Markdown, Chinese and English side by side.

    Parameters
    ----------
    packs : sequence of Pack

    Returns
    -------
    str
        The whole page, ending in a newline.
    """
    return "\n".join([_INTRO, *(_pack(pack) for pack in packs)])


def _pack(pack: Pack) -> str:
    lines = [
        f"## `{pack.name}` {_md(pack.title_zh)}",
        "",
        f"{_md(pack.title_en)} · {_md(pack.number)} · 施行 in force: {_md(pack.in_force) or '—'}",
        "",
        f"适用 applies in: {_md(pack.jurisdiction_zh)} · {_md(pack.jurisdiction_en)}",
        "",
    ]
    lines += [line for note in (pack.note_zh, pack.note_en) if note for line in (_md(note), "")]
    lines += ["| 规则 rule | 条款 article | 要求 requirement | 限值 limit | 判定 judged |", "|---|---|---|---|---|"]
    lines += [
        f"| [`{rule.rule_id}`](#{_anchor(rule)}) | {_md(rule.article)} | {_md(rule.title_zh)} {_md(rule.title_en)} "
        f"| {_md(requirement(rule, 'zh'))} | {'是 yes' if rule.measured else '否 no'} |"
        for rule in pack.rules
    ]
    return "\n".join([*lines, "", *(_rule(rule) for rule in pack.rules)])


def _rule(rule: Rule) -> str:
    lines = [
        f'<a id="{_anchor(rule)}"></a>',
        "",
        f"### `{rule.rule_id}`",
        "",
        f"**{_md(rule.title_zh)}** · {_md(rule.title_en)}",
        "",
        f"> {_md(rule.text_zh)}",
        "",
        _md(rule.text_en),
        "",
        f"- 来源 source: {_md(rule.source)}",
        f"- 指标 quantity: `{rule.quantity}` {rule.quantity.zh} · {rule.quantity.en}",
        f"- 要求 requirement: {_md(requirement(rule, 'zh'))} · {_md(requirement(rule, 'en'))}",
        f"- 程度 weight: {rule.severity.zh} · {rule.severity.en}",
    ]
    if not rule.measured:
        lines.append(f"- 本版本不判定 not judged: {_md(rule.why_not_zh)} {_md(rule.why_not_en)}")
    lines += [f"- `{key}` = {value:g}{_status(rule, key)}" for key, value in rule.params.items()]
    lines += [f"- `{key}`: {_md('、'.join(words))}{_status(rule, key)}" for key, words in rule.words.items()]
    return "\n".join([*lines, ""])


def _status(rule: Rule, key: str) -> str:
    return f"（{TO_BE_CONFIRMED['zh']} {TO_BE_CONFIRMED['en']}）" if key in rule.to_be_confirmed else ""


def _anchor(rule: Rule) -> str:
    return f"rule-{rule.rule_id.replace('.', '-')}"


def _md(text: str) -> str:
    """Return text that Markdown shows as it is: a user's own catalogue may hold anything."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"\\{ch}" if ch in "\\`*_[]|" else ch for ch in escaped)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(load_packs(available_packs())), encoding="utf-8", newline="\n")
