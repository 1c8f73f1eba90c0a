"""Values as TOML text: any name survives, whatever quotation marks and control characters it holds."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")
# JSON leaves these as they are; TOML forbids the first, and no file in UTF-8 holds the others.
_MORE = re.compile("[\x7f\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")


def toml_text(text: str) -> str:
    r"""Return a text as a TOML string.

    >>> print(toml_text('a "b" \x7f'))
    "a \"b\" \u007f"
    """
    plain = json.dumps(text, ensure_ascii=False)
    # A lone surrogate is no character: TOML has no way to write one.
    return _MORE.sub(lambda found: "\\u007f" if found[0] == "\x7f" else "\\ufffd", plain)


def toml_key(key: str) -> str:
    """Return a key, quoted where it has to be."""
    return key if _BARE.fullmatch(key) else toml_text(key)


def toml_value(value: Any) -> str:
    """Return any value that TOML knows, tables in line.

    Raises
    ------
    TypeError
        For a value that TOML does not know.

    >>> toml_value({"a": [1, 2.5, True], "名": "x"})
    '{ a = [1, 2.5, true], "名" = "x" }'
    """
    if isinstance(value, str):
        return toml_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return repr(float(value))
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, Mapping):
        inside = ", ".join(f"{toml_key(str(k))} = {toml_value(v)}" for k, v in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(toml_value(v) for v in value)}]"
    raise TypeError(f"TOML knows no {type(value).__name__}")


def toml_comment(text: str, longest: int = 200) -> str:
    r"""Return a text that cannot leave its comment: one line, no control characters.

    >>> toml_comment("a\nid = 1")
    'a id = 1'
    """
    plain = _CONTROL.sub(" ", text).strip()
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"
