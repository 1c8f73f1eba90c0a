"""Tolerances of the judgement: data from ``verify.toml``."""

from __future__ import annotations

import importlib.resources
import tomllib
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def limits() -> dict[str, dict[str, Any]]:
    """Return the tables of ``verify.toml``."""
    file = importlib.resources.files("firelane.verifying").joinpath("verify.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def number(table: str, key: str) -> float:
    """Return one number."""
    return float(limits()[table][key])
