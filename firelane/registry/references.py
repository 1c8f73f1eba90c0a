"""What records refer to: that it stands, that it is taken before them, that it is not pulled away from under them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from firelane.registry.cells import shown
from firelane.registry.kinds import Column, Kind
from firelane.registry.state import Record, State

if TYPE_CHECKING:
    from firelane.registry.desk import Given


def in_turn(named: Sequence[tuple[str, Given]], kinds: Mapping[str, Kind], rank: Callable[[Given], Any]) -> Iterator[int]:
    """Yield the places of rows in the order in which they are taken: by rank, but none before the rows that it refers to.

    Parameters
    ----------
    named : sequence of (str, Given)
        Record ids and rows.
    kinds : mapping of str to Kind
    rank : callable
        Returns what rows are sorted by.
    """
    order = sorted(range(len(named)), key=lambda n: (rank(named[n][1]), n))
    rows: dict[tuple[str, str], list[int]] = {}
    for n in order:
        rows.setdefault((named[n][1].kind, named[n][0]), []).append(n)
    done: set[int] = set()

    # Kinds refer to one another without a circle: it ends after as many steps as there are kinds.
    def visit(n: int) -> Iterator[int]:
        if n in done:
            return
        done.add(n)
        given = named[n][1]
        for column in kinds[given.kind].columns:
            for other in rows.get((column.refers, str(given.values.get(column.key))), ()) if column.refers in kinds else ():
                yield from visit(other)
        yield n

    for n in order:
        yield from visit(n)


def unknown(
    state: State, elsewhere: Mapping[str, Collection[str]], kind: Kind, values: Mapping[str, Any], *, standing: bool = True
) -> Iterator[tuple[Column, str, str]]:
    """Yield each column whose value refers to nothing that stands, and what is wrong with it (Chinese, English).

    Parameters
    ----------
    state : State
    elsewhere : mapping of str to collection of str
        What columns may refer to beside records.
    kind : Kind
    values : mapping
    standing : bool
        False for what will not stand itself: it may refer to records that were taken back or rejected.
    """
    for column in kind.columns:
        value = values.get(column.key)
        if not column.refers or value is None:
            continue
        name = shown(str(value))
        if column.refers not in state.kinds:
            if value not in elsewhere.get(column.refers, ()):
                yield column, f"没有“{name}”", f"there is no {name!r}"
            continue
        last = state.latest(str(value))
        if last is None or last.kind != column.refers:
            yield column, f"没有“{name}”", f"there is no {name!r}"
        elif standing and last.voided:
            yield column, f"“{name}”已作废", f"{name!r} was taken back"
        elif standing and state.standing(str(value)) is None:
            yield column, f"“{name}”审核不通过", f"{name!r} was rejected"


def resting(state: State, record: Record) -> Record | None:
    """Return a record that stands and refers to another one; None where there is none."""
    columns = {k.id: [c.key for c in k.columns if c.refers == record.kind] for k in state.kinds.values()}
    for name, versions in state.versions.items():
        keys = columns.get(versions[0].kind)
        if not keys or name == record.record_id:
            continue
        stands = state.standing(name)
        if stands is not None and any(stands.values.get(key) == record.record_id for key in keys):
            return stands
    return None
