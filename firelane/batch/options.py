"""What a batch was asked for, as the ledger remembers it, and in what two of them differ."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from firelane import __version__
from firelane.batch.ledger import Ledger, Row
from firelane.batch.model import Settings

_WORDS: Mapping[str, tuple[str, str]] = {
    "parts": ("--what", "--what"),
    "rules": ("--rules", "--rules"),
    "lang": ("--lang", "--lang"),
    "pdf": ("--pdf", "--pdf"),
    "remedies": ("整改建议", "remedies"),
    "skip_bad": ("--skip-bad", "--skip-bad"),
    "vehicles": ("--vehicle", "--vehicle"),
}
_MOST = 80


def remember(ledger: Ledger, settings: Settings, digest: str) -> None:
    """Let the ledger know what a digest stands for.

    Raises
    ------
    OutputError
    """
    ledger.remember(_name(digest), json.dumps(_told(settings), ensure_ascii=True))


def differing(ledger: Ledger, row: Row, settings: Settings, rules_sha256: str) -> tuple[str, str]:
    """Return (Chinese, English) in what the options that a site was done with differ from ``settings``."""
    try:
        before = json.loads(ledger.recall(_name(row.settings_digest)) or "{}")
    except ValueError:
        before = {}
    now, zh, en = _told(settings), [], []
    for name, (word_zh, word_en) in _WORDS.items():
        if name in before and before[name] != now[name]:
            zh.append(f"{word_zh} 当时为 {_value(before[name], '是', '否')}，现为 {_value(now[name], '是', '否')}")
            en.append(f"{word_en} {_value(before[name], 'on', 'off')} then, {_value(now[name], 'on', 'off')} now")
    if row.program_version != __version__:
        zh.append(f"firelane 当时为 {row.program_version}，现为 {__version__}")
        en.append(f"firelane {row.program_version} then, {__version__} now")
    if row.rules_sha256 != rules_sha256 and before.get("rules", now["rules"]) == now["rules"]:
        zh.append("规则文件的内容已改动")
        en.append("the content of the rules has changed")
    return "；".join(zh) or "选项不同", "; ".join(en) or "options differ"


def _name(digest: str) -> str:
    return f"options {digest}"


def _told(settings: Settings) -> dict[str, Any]:
    """Return what shapes the results, without this machine's places."""
    told = {name: getattr(settings, name) for name in _WORDS}
    told["parts"] = list(settings.parts)
    told["rules"] = [PurePath(name).name for name in settings.rules]
    return told


def _value(value: Any, yes: str, no: str) -> str:
    if isinstance(value, bool):
        return yes if value else no
    text = ",".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"
