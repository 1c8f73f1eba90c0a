"""A record as it is handed in, and what became of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from firelane.registry.kinds import Kind
from firelane.registry.state import plain_values
from firelane.store.base import canonical


@dataclass(frozen=True)
class Given:
    """A record as it is handed in.

    Attributes
    ----------
    kind : str
    values : mapping
        By column, of the column's type.
    record_id : str
        "" lets its content name it.
    version : int or None
        None: the first where it is new, the next where it says something else than the last one.
    reason : str
        Why it corrects what was recorded before.
    origin : (str, str) or None
        Who recorded it elsewhere and when (ISO 8601): only an administrator brings such.
    decision, decision_note : str
    decided : (str, str) or None
        Who decided elsewhere, and when.
    voided : str
    taken_back : (str, str) or None
        Who took it back elsewhere, and when.
    where : (str, str)
        Sheet and row, for messages.
    """

    kind: str
    values: Mapping[str, Any]
    record_id: str = ""
    version: int | None = None
    reason: str = ""
    origin: tuple[str, str] | None = None
    decision: str = ""
    decision_note: str = ""
    decided: tuple[str, str] | None = None
    voided: str = ""
    taken_back: tuple[str, str] | None = None
    where: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Taken:
    """What became of what was handed in: record ids.

    Attributes
    ----------
    new, corrected, known, decided, voided : tuple of str
    """

    new: tuple[str, ...] = ()
    corrected: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    decided: tuple[str, ...] = ()
    voided: tuple[str, ...] = ()


def content_id(kind: Kind, values: Mapping[str, Any]) -> str:
    """Return the id that its content gives a record: the same row is the same record, whenever it comes."""
    own = {c.key for c in kind.columns if c.own}  # what was recorded before they were there keeps its number
    told = canonical([kind.id, {key: value for key, value in plain_values(kind, values).items() if value is not None or key not in own}])
    return f"{kind.prefix}-{hashlib.sha256(told.encode('ascii')).hexdigest()[:10]}"
