"""The columns of the city's tables (``columns.toml``): names, types, units, headings."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import pyarrow as pa

from firelane.vocabulary import Lang

_TYPES = {"text": pa.string(), "int": pa.int64(), "number": pa.float64(), "bool": pa.bool_()}


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name : str
    type : str
        ``text``, ``int``, ``number`` or ``bool``.
    unit : str
    zh, en : str
        Its heading.
    """

    name: str
    type: str
    zh: str
    en: str
    unit: str = ""

    def heading(self, lang: Lang) -> str:
        """Return the heading in ``lang``, with the unit."""
        said = self.zh if lang == "zh" else self.en
        return f"{said} [{self.unit}]" if self.unit else said

    @property
    def arrow(self) -> pa.DataType:
        """Its type in a table."""
        return _TYPES[self.type]


@cache
def raw() -> Mapping[str, Any]:
    """Return the content of ``columns.toml``."""
    return tomllib.loads(resources.files("firelane.batch").joinpath("columns.toml").read_text("utf-8"))


@cache
def columns(table: str) -> tuple[Column, ...]:
    """Return the columns of ``sites`` or ``findings``, in their order; those of the manifest come after them."""
    return tuple(Column(**row) for row in raw()[table])
