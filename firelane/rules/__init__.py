"""The rules as data: one TOML file per instrument, and its loader. No geometry here."""

from __future__ import annotations

from firelane.rules.listing import requirement, table
from firelane.rules.loader import DEFAULT_PACKS, available_packs, load_packs, load_rules
from firelane.rules.model import Pack, Rule

__all__ = [
    "DEFAULT_PACKS",
    "Pack",
    "Rule",
    "available_packs",
    "load_packs",
    "load_rules",
    "requirement",
    "table",
]
