"""Whether the journal is whole: every hash anew, every number in its place, triggers and users as they must be."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Text, select, type_coerce
from sqlalchemy.exc import DBAPIError

from firelane.store import guards
from firelane.store.base import canonical
from firelane.store.errors import StoreError
from firelane.store.journal import GENESIS, Entry, digest, entries
from firelane.store.tables import journal
from firelane.store.tables import users as users_table
from firelane.store.users import fold_users, shown
from firelane.vocabulary import Lang

Fault = tuple[int | None, str, str]

_MOST_FAULTS = 200
_SHORTEST_HEAD = 16


@dataclass(frozen=True)
class ChainReport:
    """What was found.

    Attributes
    ----------
    ok : bool
        Whether there is no fault.
    entries : int
        How many entries were read.
    head : str
        Hash of the last one.
    faults : tuple of (seq or None, zh, en)
        Each with the number of the entry that it concerns.
    """

    ok: bool
    entries: int
    head: str
    faults: tuple[Fault, ...] = ()

    def text(self, lang: Lang = "zh") -> str:
        """Return the report in ``lang``, a fault a line."""
        if self.ok:
            return (
                f"日志完整：{self.entries} 条，末条哈希 {self.head}"
                if lang == "zh"
                else f"the journal is whole: {self.entries} entries, head {self.head}"
            )
        first = "日志有问题：" if lang == "zh" else "the journal has faults:"
        where = "第 {} 条：" if lang == "zh" else "entry {}: "
        lines = [
            f"  {where.format(seq) if seq is not None else ''}{zh if lang == 'zh' else en}" for seq, zh, en in self.faults
        ]
        return "\n".join([first, *lines])


def check(connection: Connection, noted: str | None) -> ChainReport:
    """Check everything that the store itself keeps: see :meth:`firelane.store.Store.verify`."""
    wanted = None if noted is None else checked_head(noted)
    faults: list[Fault] = []
    count, last = 0, GENESIS
    try:
        faults += _database_faults(connection)
        count, last = _walk(connection, wanted, faults)
        faults += _user_faults(connection)
    except DBAPIError as error:
        # A garbled page: what was read before it is told, and the rest cannot be.
        said = str(error.orig)
        faults.append((count or None, f"数据库无法继续读取：{said}", f"the database cannot be read any further: {said}"))
    more = len(faults) - _MOST_FAULTS
    if more > 0:
        faults = [*faults[:_MOST_FAULTS], (None, f"另有 {more} 处问题未列出", f"{more} more faults are not listed")]
    return ChainReport(not faults, count, last, tuple(faults))


def checked_head(noted: str) -> str:
    """Return a noted hash in lower case; its first 16 digits are enough.

    Raises
    ------
    StoreError
        If it is none.
    """
    text = noted.strip().lower()
    if not _SHORTEST_HEAD <= len(text) <= len(GENESIS) or set(text) - set(string.hexdigits):
        raise StoreError(
            f"{shown(noted)!r} is no hash: give the {_SHORTEST_HEAD} to 64 hexadecimal digits that were noted",
            f"“{shown(noted)}”不是哈希值：请给出当时记下的 {_SHORTEST_HEAD} 至 64 位十六进制数字",
        )
    return text


def _database_faults(connection: Connection) -> list[Fault]:
    """Return damage that the database finds in its own file, and triggers that are not as they must be."""
    found: list[Fault] = []
    if connection.dialect.name == "sqlite":
        said = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(20)")]
        found += [(None, f"数据库文件已损坏：{text}", f"the database file is damaged: {text}") for text in said if text != "ok"]
    for name in guards.faults(connection):
        found.append(
            (
                None,
                f"防改触发器 {name} 缺失、被停用或被改动",
                f"the trigger {name} that keeps the journal append-only is missing, disabled or altered",
            )
        )
    return found


def _walk(connection: Connection, wanted: str | None, faults: list[Fault]) -> tuple[int, str]:
    """Follow the chain; return the number of entries and the last hash."""
    count, last_seq, last_hash = 0, 0, GENESIS
    met = wanted is None or GENESIS.startswith(wanted)
    streams: dict[str, int] = {}
    reader = iter(_rows(connection))
    while True:
        try:
            row = next(reader, None)
        except (ValueError, TypeError, AttributeError) as error:
            # A value that no entry of ours ever had: the rows behind it cannot be read in order.
            faults.append(
                (last_seq + 1, f"条目无法读取，其后未检查：{error}", f"the entry cannot be read, nor those behind it: {error}")
            )
            break
        if row is None:
            break
        entry = Entry(**row)
        count += 1
        faults += _entry_faults(entry, last_seq, last_hash, streams.get(entry.stream, 0))
        streams[entry.stream] = entry.stream_seq
        last_seq, last_hash = entry.seq, entry.hash
        met = met or entry.hash.startswith(wanted or " ")
    if not met:
        faults.append(
            (
                None,
                f"当时记下的哈希 {wanted} 已不在日志中：末尾条目被删除，或日志被重写",
                f"the hash {wanted} noted earlier is not in the journal: entries at the end were removed, or it was re-written",
            )
        )
    return count, last_hash


def _rows(connection: Connection) -> Iterator[dict[str, Any]]:
    """Yield the fields of every entry, its body as the text that is kept: one bad body must not hide the rest."""
    columns = [type_coerce(column, Text).label("body") if column.name == "body" else column for column in journal.c]
    for row in connection.execute(select(*columns).order_by(journal.c.seq).execution_options(yield_per=1000)):
        yield dict(row._mapping)  # noqa: SLF001  (SQLAlchemy's public way to a row's names)


def _entry_faults(entry: Entry, last_seq: int, last_hash: str, last_in_stream: int) -> list[Fault]:
    """Return what is wrong with one entry, given the one before."""
    found: list[Fault] = []
    if entry.seq != last_seq + 1:
        found.append(
            (
                entry.seq,
                f"其前缺少条目（上一条为第 {last_seq} 条）",
                f"entries before it are missing (the one before is {last_seq})",
            )
        )
    if entry.prev_hash != last_hash:
        found.append((entry.seq, "与上一条不衔接：条目被删除、插入、调换或改动", "does not follow on the entry before: one was removed, inserted, exchanged or altered"))  # fmt: skip
    if entry.stream_seq != last_in_stream + 1:
        found.append((entry.seq, "在所属对象内的序号不连续", "its number within the stream does not follow"))
    if not _is_whole(entry):
        found.append((entry.seq, "内容与哈希不符：条目被改动", "its content does not match its hash: it was altered"))
    return found


def _is_whole(entry: Entry) -> bool:
    """Tell whether the hash is that of the entry, whose body is still text and must be spelt as we spell."""
    text = str(entry.body)
    try:
        body = json.loads(text)
        return canonical(body) == text and digest(replace(entry, body=body)) == entry.hash
    except (StoreError, ValueError, TypeError, RecursionError):
        return False


def _user_faults(connection: Connection) -> list[Fault]:
    """Return where the table of users is not what the journal says."""
    try:
        known = fold_users(entries(connection, prefix="user:"))
    except (ValueError, TypeError, AttributeError, RecursionError, StoreError):
        return []  # told already, while the chain was followed
    there = {row.name: (row.role, bool(row.sees_plates)) for row in connection.execute(select(users_table))}
    return [
        (None, f"用户表与日志不符：{shown(str(name))}", f"the table of users is not what the journal says: {shown(str(name))}")
        for name in sorted(known.keys() | there.keys(), key=str)
        if known.get(name) != there.get(name)
    ]
