"""Limits of the case module, as data (``limits.toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any


@cache
def limits(topic: str) -> Mapping[str, Any]:
    """Return the limits of one topic: ``matching``, ``reports``, ``records``, ``audit`` or ``evidence``.

    >>> limits("matching")["tolerance_m"]
    5.0
    """
    text = resources.files("firelane.cases").joinpath("limits.toml").read_text(encoding="utf-8")
    table: Mapping[str, Any] = tomllib.loads(text)[topic]
    return table
