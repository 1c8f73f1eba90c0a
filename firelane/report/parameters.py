"""What no instrument fixes of a rule, in words: names and units out of ``parameters.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from firelane.rules.listing import requirement
from firelane.vocabulary import ObstructionKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from firelane.rules.model import Rule
    from firelane.vocabulary import Lang

_UNITS = {"m": " m", "deg": "°"}


@cache
def _names() -> Mapping[str, Any]:
    return tomllib.loads(resources.files("firelane.report").joinpath("parameters.toml").read_text("utf-8"))


def known(name: str) -> bool:
    """Tell whether a parameter has a name in words."""
    return name in _names()


def open_parameters(rule: Rule, lang: Lang = "zh") -> str:
    """Return what no instrument fixes of a rule, with the values taken: one parameter on each line."""
    colon = "：" if lang == "zh" else ": "
    parts = []
    for name in rule.to_be_confirmed:
        called = _names()[name][lang] if known(name) else name
        if name == "threshold":
            value = requirement(rule, lang).partition(" (")[0]
        elif name in rule.params:
            value = f"{rule.params[name]:g}{_UNITS.get(name.rpartition('_')[2], '')}"
        else:
            value = _listed(rule.words.get(name, ()), lang)
        parts.append(f"{called}{colon}{value}" if value else called)
    return "\n".join(parts)


def _listed(words: Sequence[str], lang: Lang) -> str:
    """Return words that stand for the same in several languages: those of the reader's, and how many there are."""
    values = _names()["values"]
    kinds = {kind.value: kind.label(lang) for kind in ObstructionKind}
    told = [values[w][lang] if w in values else kinds.get(w, w) for w in words]
    own = [w for w in told if w.isascii() is (lang == "en")] or told
    text = ("、" if lang == "zh" else ", ").join(own)
    if len(own) < len(told):
        text += f"\u00a0等\u00a0{len(told)}\u00a0个" if lang == "zh" else f" … ({len(told)} in all)"
    return text
