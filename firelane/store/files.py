"""The SQLite file of a store: what it looks like from outside, how it comes to be, and its copy."""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
import tempfile
from collections.abc import Callable
from contextlib import closing
from itertools import chain, count
from pathlib import Path

from firelane.errors import OutputError
from firelane.files import atomic_path, output_error
from firelane.store.engines import APPLICATION_ID, PLACE, WAIT_S
from firelane.store.errors import StoreError
from firelane.store.targets import network_file_system

_COMPANIONS = ("-wal", "-shm", "-journal")


def evidence_beside(path: Path) -> Path:
    """Return the folder for evidence beside the file: ``cases.sqlite`` → ``cases.evidence``."""
    return path.with_name(f"{path.stem}.evidence")


def look_at(path: Path) -> None:
    """Say what is wrong with a file before a database is asked.

    Raises
    ------
    StoreError
        If it is absent, no file, no SQLite file, no store, cut off, or lies on a network.
    """
    if not path.exists():
        raise StoreError(
            f"there is no store at {path}: firelane case init makes one", f"{path} 处没有案件库：可用 firelane case init 新建"
        )
    refuse_network(path)
    if not path.is_file():
        raise StoreError(f"{path} is no file", f"{path} 不是文件")
    try:
        with path.open("rb") as file:
            header = file.read(100)
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        en, zh = PLACE if isinstance(error, PermissionError) else (str(error.strerror), str(error.strerror))
        raise StoreError(f"{path}: {en}", f"{path}：{zh}") from error
    if len(header) < 100 or not header.startswith(b"SQLite format 3\x00"):
        raise StoreError(
            f"{path} is no store of firelane: not even an SQLite file, or its beginning is damaged",
            f"{path} 不是 firelane 的案件库：不是 SQLite 文件，或文件开头已损坏",
        )
    (application,) = struct.unpack_from(">I", header, 68)
    if application != APPLICATION_ID:
        raise StoreError(
            f"{path} is an SQLite file, but no store of firelane", f"{path} 是 SQLite 文件，但不是 firelane 的案件库"
        )
    (page,) = struct.unpack_from(">H", header, 16)
    (pages,) = struct.unpack_from(">I", header, 28)
    due = pages * (65536 if page == 1 else page)
    # While its log is being written into it, or where a full disk ended that, the header goes ahead of the file: the
    # pages are in the log. Without a log the size is looked at once more: it may have been written in meanwhile.
    if size < due and not _has_log(path) and path.stat().st_size < due:
        raise StoreError(
            f"{path} is cut off: {size} bytes, but its header tells of more; restore it from a backup",
            f"{path} 不完整：只有 {size} 字节，少于文件头所记；请用备份恢复",
        )


def _has_log(path: Path) -> bool:
    """Tell whether a write-ahead log with something in it lies beside a file."""
    try:
        return path.with_name(f"{path.name}-wal").stat().st_size > 0
    except OSError:
        return False


def refuse_network(path: Path) -> None:
    """Refuse a place on a network, as far as it can be recognised."""
    kind = network_file_system(path.parent)
    if kind is not None:
        raise StoreError(
            f"{path} lies on a network ({kind}), where an SQLite store is not safe: put it on a local disk, "
            "or use a PostgreSQL server",
            f"{path} 位于网络文件系统（{kind}），SQLite 案件库在其上不安全：请放到本机磁盘，或使用 PostgreSQL 服务器",
        )


def make(path: Path, fill: Callable[[Path], None]) -> None:
    """Make a new store beside its place, and put it there when it is complete.

    Parameters
    ----------
    path : Path
    fill : callable
        Makes the tables in the empty SQLite file that it is given, and closes it.

    Raises
    ------
    StoreError
        If something of that name is there, or the place cannot be written to.
    """
    refuse_network(path)
    refuse_taken(path)
    try:
        folder = Path(tempfile.mkdtemp(prefix=".firelane-", dir=path.parent))
    except OSError as error:
        raise _told(path, error) from error
    try:
        new = folder / path.name
        with closing(sqlite3.connect(new, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute("PRAGMA journal_mode=WAL")
        fill(new)
        with new.open("rb+") as file:
            os.fsync(file.fileno())
        _publish(new, path)
    except OSError as error:
        raise _told(path, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def refuse_taken(path: Path) -> None:
    """Refuse a place where something stands, or where the log of a store that is gone would be taken for ours."""
    for name in (path, *(path.with_name(path.name + ending) for ending in _COMPANIONS)):
        if name.exists() or name.is_symlink():
            raise StoreError(f"{name} is there already; nothing was changed", f"{name} 已存在；未作任何改动")


def _publish(new: Path, path: Path) -> None:
    """Give the finished file its name; of two who make the same store at the same time one is refused."""
    try:
        os.link(new, path)
    except FileExistsError:
        refuse_taken(path)
        raise
    except OSError:  # a file system without hard links
        refuse_taken(path)
        new.rename(path)
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def copy(path: Path, to: Path, evidence: Path | None = None) -> None:
    """Copy a store that is in use, and its evidence where asked: see :meth:`firelane.store.Store.backup`."""
    refuse_taken(to)
    with atomic_path(to) as temporary, closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=WAIT_S)) as source:
        with closing(sqlite3.connect(temporary)) as copied:
            source.backup(copied)
            said = [row[0] for row in copied.execute("PRAGMA integrity_check(1)")]
        if said != ["ok"]:
            raise StoreError(
                f"{path} is damaged and was not copied: {said[0]}", f"{path} 已损坏，未备份：{said[0]}"
            )
    # After the journal: whatever an entry in the copy names was on the disk before that entry was.
    if evidence is not None and evidence.is_dir():
        _copy_evidence(evidence, evidence_beside(to))


def free_name(path: Path, word: str) -> Path:
    """Return a name beside the file that holds ``word`` and is not taken: ``cases.word.sqlite``, ``cases.word-2.sqlite``."""
    first = path.with_name(f"{path.stem}.{word}{path.suffix}")
    others = (path.with_name(f"{path.stem}.{word}-{n}{path.suffix}") for n in count(2))
    return next(name for name in chain([first], others) if not name.exists())


def _copy_evidence(source: Path, to: Path) -> None:
    """Copy the files of evidence that the copy does not have yet. Their names are hashes: equal name, equal file."""
    for file in sorted(source.rglob("*")):
        goal = to / file.relative_to(source)
        hidden = any(part.startswith(".") for part in file.relative_to(source).parts)
        if hidden or not file.is_file() or goal.exists():
            continue
        try:
            goal.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise output_error(goal, error) from error
        with atomic_path(goal) as temporary:
            shutil.copyfile(file, temporary)


def _told(path: Path, error: OSError) -> StoreError:
    """Say why a file cannot be made."""
    if isinstance(error, FileNotFoundError):
        return StoreError(
            f"{path.parent} is no folder: make it first", f"文件夹 {path.parent} 不存在：请先新建"
        )
    told = error if isinstance(error, OutputError) else output_error(path, error)
    return StoreError(told.text("en"), told.text("zh"))
