"""The tables and limits that stand in ``crs.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def data() -> dict[str, Any]:
    """Return the content of ``crs.toml``."""
    return tomllib.loads(resources.files("firelane.crs").joinpath("crs.toml").read_text("utf-8"))
