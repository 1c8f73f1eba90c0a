"""The journal: every step of every case and every change of a user, in one chain of hashes that only grows.

Each entry's hash covers all its fields and the hash before it. Altering, removing, inserting or exchanging an entry
breaks the chain at that place; removing the *last* entries does not, nor does re-writing everything from some entry
on. That is why :func:`head` is printed on what leaves the house: a hash noted earlier must still be in the chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from firelane.store.base import canonical
from firelane.store.errors import StoreError, altered
from firelane.store.tables import journal
from firelane.store.times import iso, utc

GENESIS = "0" * 64


@dataclass(frozen=True)
class Entry:
    """One entry of the journal; never changed once it is there.

    Attributes
    ----------
    seq : int
        1, 2, 3 … through the whole journal, without gaps.
    stream : str
        What it belongs to: ``case:<case_id>``, ``user:<name>``, ``store``.
    stream_seq : int
        1, 2, 3 … within the stream, without gaps.
    kind : str
        What happened.
    happened_at, recorded_at : datetime
        When it took place, and when it was written down; UTC.
    actor, role : str
        Who wrote it down, and as what.
    body : Mapping
        Plain JSON.
    prev_hash, hash : str
        SHA-256 of the entry before, and of this one; hexadecimal.
    """

    seq: int
    stream: str
    stream_seq: int
    kind: str
    happened_at: datetime
    recorded_at: datetime
    actor: str
    role: str
    body: Mapping[str, Any]
    prev_hash: str
    hash: str


def digest(entry: Entry) -> str:
    """Return the hash that an entry must have: SHA-256 of the canonical JSON of all its fields but ``hash``."""
    fields = {
        "seq": entry.seq,
        "stream": entry.stream,
        "stream_seq": entry.stream_seq,
        "kind": entry.kind,
        "happened_at": iso(entry.happened_at),
        "recorded_at": iso(entry.recorded_at),
        "actor": entry.actor,
        "role": entry.role,
        "body": entry.body,
        "prev_hash": entry.prev_hash,
    }
    return hashlib.sha256(canonical(fields).encode("ascii")).hexdigest()


def append(
    connection: Connection,
    *,
    stream: str,
    kind: str,
    happened_at: datetime,
    recorded_at: datetime,
    actor: str,
    role: str,
    body: Mapping[str, Any],
) -> Entry:
    """Add an entry at the end of the journal and return it.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Of :meth:`firelane.store.Store.write`: entries are serialised, and stay only when its block ends well.
    stream, kind, actor, role : str
    happened_at, recorded_at : datetime
        Aware.
    body : Mapping
        Plain JSON.

    Raises
    ------
    StoreError
        If a text or the body cannot be kept.
    """
    for text in (stream, kind, actor, role):
        _keepable(text)
    if not stream or not kind:
        raise StoreError("an entry needs a stream and a kind", "日志条目缺少所属对象或类别")
    last = connection.execute(select(journal.c.seq, journal.c.hash).order_by(journal.c.seq.desc()).limit(1)).first()
    stream_seq = connection.execute(
        select(func.coalesce(func.max(journal.c.stream_seq), 0)).where(journal.c.stream == stream)
    ).scalar_one()
    unsigned = Entry(
        seq=1 if last is None else last.seq + 1,
        stream=stream,
        stream_seq=stream_seq + 1,
        kind=kind,
        happened_at=utc(happened_at),
        recorded_at=utc(recorded_at),
        actor=actor,
        role=role,
        # What is handed back is what will be read: tuples have become lists.
        body=json.loads(canonical(body)),
        prev_hash=GENESIS if last is None else last.hash,
        hash="",
    )
    entry = Entry(**{**vars(unsigned), "hash": digest(unsigned)})
    connection.execute(insert(journal).values(**vars(entry)))
    return entry


def _keepable(text: str) -> None:
    """Refuse the characters that one of the databases cannot keep."""
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise StoreError(
            "a name holds a character that no database keeps (NUL or half of a pair)", "名称中含有无法保存的字符（NUL 或不完整的编码）"
        )


def entries(
    connection: Connection, stream: str | None = None, *, prefix: str | None = None, after_seq: int = 0
) -> Iterator[Entry]:
    """Yield entries in order.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    stream : str, optional
        Of this stream alone.
    prefix : str, optional
        Of the streams that start with it, such as ``case:``.
    after_seq : int
        Those behind this number.
    """
    asked = select(journal).where(journal.c.seq > after_seq).order_by(journal.c.seq)
    if stream is not None:
        asked = asked.where(journal.c.stream == stream)
    if prefix is not None:
        # LIKE would ignore case in SQLite, and a range depends on the server's collation.
        asked = asked.where(func.substr(journal.c.stream, 1, len(prefix)) == prefix)
    try:
        for row in connection.execute(asked.execution_options(yield_per=500)):
            yield Entry(**row._mapping)  # noqa: SLF001  (SQLAlchemy's public way to a row's names)
    except StoreError:
        raise
    except (ValueError, TypeError, AttributeError) as error:  # a time that is none, a number that is text
        raise altered(error) from error


def head(connection: Connection) -> str:
    """Return the hash of the last entry: note it outside of the store, and :meth:`Store.verify` can look for it."""
    found = connection.execute(select(journal.c.hash).order_by(journal.c.seq.desc()).limit(1)).scalar()
    return GENESIS if found is None else str(found)
