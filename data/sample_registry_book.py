"""Records of a sample registry in the making, as an office would have exported them.

Every name, number and code is invented; the credit codes check, but belong to nobody.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firelane.registry.kinds import ColumnType, kinds
from firelane.registry.state import Record, State
from firelane.registry.tables_out import write_tables
from firelane.registry.usci import made
from firelane.store.times import BEIJING

HEAD, CLERK = "王敏（虚构）", "李强（虚构）"
"""Who approves and decides, and who records."""


def day(text: str) -> dt.date:
    """Return a date.

    >>> day("2021-03-05").year
    2021
    """
    return dt.date.fromisoformat(text)


def code(group: int, number: int) -> str:
    """Return a credit code that checks: ``group`` keeps firms, agencies and cooperatives apart."""
    return made("210100", f"MA{group}{number:05d}")


@dataclass
class Book:
    """Records in the making; each is written down at 17:00 of its day unless ``written_on`` says otherwise."""

    programme: str
    approve: bool
    versions: dict[str, tuple[Record, ...]] = field(default_factory=dict)

    def add(
        self, kind: str, ident: str, /, *, written_on: str = "", decision: str | None = None, decision_note: str = "", reason: str = "",
        voided: str = "", **values: Any,
    ) -> str:  # fmt: skip
        """Add a record, or its next version; return its number. Dates may be texts."""
        told = kinds(self.programme)[kind]
        full = {c.key: values.pop(c.key, None) for c in told.columns}
        assert not values, values
        full = {c.key: _kept(c.type, full[c.key]) for c in told.columns}
        before = self.versions.get(ident, ())
        assert bool(before) == bool(reason), ident
        written = dt.datetime.combine(day(written_on) if written_on else full[told.day], dt.time(17), BEIJING)
        decision = ("approved" if self.approve else "") if decision is None else decision
        later = [written + dt.timedelta(days=n) for n in (1, 2)]
        record = Record(
            ident, kind, len(before) + 1, full, full[told.day], reason, HEAD if told.decides else CLERK, written, decision,
            HEAD if decision else "", later[0] if decision else None, decision_note, voided, voided_by=HEAD if voided else "",
            voided_at=later[1] if voided else None, seq=before[0].seq if before else len(self.versions) + 1,
        )  # fmt: skip
        self.versions[ident] = (*before, record)
        return ident

    def write(self, folder: Path) -> list[Path]:
        """Write a CSV file for every kind that has a record."""
        folder.mkdir(parents=True, exist_ok=True)
        there = {versions[0].kind for versions in self.versions.values()}
        used = {name: kind for name, kind in kinds(self.programme).items() if name in there}
        return write_tables(State(used, self.versions), folder, "zh")


def _kept(kind: ColumnType, value: Any) -> Any:
    """Return a value as a store would hold it: a number in a table has its point."""
    if kind is ColumnType.DATE and isinstance(value, str):
        return day(value)
    return float(value) if kind is ColumnType.NUMBER and value is not None else value


__all__ = ["CLERK", "HEAD", "Book", "code", "day"]
