"""What was approved, where a correction that nobody has approved stands over it (审核后又更正)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from firelane.registry.growth import Words
from firelane.registry.ip_presence import named
from firelane.registry.state import Record, State


def approved_records(state: State, kind: str, *, on: dt.date | None = None, **values: Any) -> tuple[Record, ...]:
    """Return the last approved version of each record of a kind, as ``State.records`` does for those that count."""
    found = []
    for name, versions in state.versions.items():
        sure = state.approved(name) if versions[-1].kind == kind else None
        if sure is not None and (on is None or sure.day <= on) and all(sure.values.get(k) == v for k, v in values.items()):
            found.append(sure)
    return tuple(sorted(found, key=lambda r: (r.day, state.versions[r.record_id][0].seq, r.record_id)))


def corrected_since(
    state: State, rows: Iterable[Record], key: str = "", sure: Iterable[Record] = ()
) -> tuple[Words, ...]:
    """Return flags of records that were corrected after they had been approved, and whose correction waits for approval.

    Parameters
    ----------
    state : State
    rows : iterable of Record
        The versions that count.
    key : str
        A column of figures: its approved value is told beside the one that counts. Without it the records are named.
    sure : iterable of Record
        Approved versions that would count here: those whose correction does not, because it moves them to a later day or to
        another place, are named.
    """
    found, here = [], set()
    for row in rows:
        here.add(row.record_id)
        before = None if row.decision else state.approved(row.record_id)
        if before is not None:
            found.append((row, before))
    moved = named(
        [r.record_id for r in sure if r.record_id not in here],
        "审核后又更正，更正后不在此计入，待审核",
        "corrected after they were approved, so that they do not count here, and not approved since",
    )
    if not key:
        names = [row.record_id for row, _ in found]
        return (*named(names, "审核后又更正，待审核", "corrected after they were approved, not since"), *moved)
    return (
        *(
            (
                f"{row.record_id} 审核后又更正，待审核：已审核 {before[key]:,.10g}，现计 {row[key]:,.10g}",
                f"{row.record_id} was corrected after it was approved, not since: {before[key]:,.10g} approved, {row[key]:,.10g} counted",
            )
            for row, before in found
        ),
        *moved,
    )
