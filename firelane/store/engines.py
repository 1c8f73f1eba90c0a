"""Connections to the two databases, set up so that a commit stays; and their errors in plain words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, RootTransaction, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from firelane.store.errors import StoreError
from firelane.store.targets import Target

WAIT_S = 30
SCHEMA = "firelane"
APPLICATION_ID = 0x464C5354  # "FLST": how `file` and we tell a store from any other SQLite file
# Held while one writes, so that entries are numbered one after the other. Any constant serves; it counts per database.
_WRITERS = 0x66_69_72_65_6C_61_6E_65

PLACE = (
    "it is not writable there: SQLite must write beside the file even to read; copy it (with its -wal file) to a writable folder",
    "该位置不可写：即使只读取，SQLite 也要在文件旁写入；请连同 -wal 文件复制到可写的文件夹",
)
_NO_CONNECTION = (
    "there is no connection: see to the server's name, the user, the password, the name of the database, and the network",
    "无法连接：请核对服务器地址、用户名、密码、数据库名和网络",
)
_BROKEN = ("the connection broke; nothing of the last step was recorded", "连接中断；最后一步未记录")
_REASONS = {
    "SQLITE_BUSY": (
        f"another program has been writing for more than {WAIT_S} s; try again",
        f"其他程序占用写入已超过 {WAIT_S} 秒；请稍后重试",
    ),
    "SQLITE_READONLY": PLACE,
    "SQLITE_CANTOPEN": PLACE,
    "SQLITE_PERM": PLACE,
    "SQLITE_FULL": ("no space is left on the disk; nothing was recorded", "磁盘空间不足；本次未记录任何内容"),
    "SQLITE_CORRUPT": (
        "the file is damaged; restore it from a backup, and do not write to it",
        "文件已损坏；请用备份恢复，不要再写入",
    ),
    "SQLITE_NOTADB": ("the file is damaged, or no SQLite file at all", "文件已损坏，或根本不是 SQLite 文件"),
    "SQLITE_IOERR": (
        "the disk cannot be read or written; look at the disk, then restore from a backup",
        "磁盘读写出错；请检查磁盘，然后用备份恢复",
    ),
    # SQLSTATE of PostgreSQL
    "55P03": (
        f"somebody else has been writing for more than {WAIT_S} s; try again",
        f"其他用户占用写入已超过 {WAIT_S} 秒；请稍后重试",
    ),
    "25006": ("the server only allows reading at present", "服务器目前只允许读取"),
    "42501": ("the database user lacks a permission", "数据库用户缺少权限"),
}


def sqlite_engine(path: Path, *, foreign_keys: bool = True) -> Engine:
    """Return an engine for an SQLite file that exists; it never makes one."""
    # By URI and mode=rw: a plain path would make an empty file where there is none.
    address = f"{path.as_uri()}?mode=rw"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, timeout=WAIT_S, isolation_level=None, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_timeout=WAIT_S, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _: Any) -> None:
        for pragma in (
            f"foreign_keys={'ON' if foreign_keys else 'OFF'}", "journal_mode=WAL", "synchronous=FULL", "fullfsync=ON",
            "checkpoint_fullfsync=ON", "trusted_schema=OFF", "cell_size_check=ON",
        ):  # fmt: skip
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = bool(connection.get_execution_options().get("firelane_writing"))
        # What is written by mistake while reading would vanish in silence: let it fail.
        connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writing else 'ON'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def postgresql_engine(target: Target) -> Engine:
    """Return an engine for a PostgreSQL database; nothing is connected yet.

    Raises
    ------
    StoreError
        If the driver is not installed.
    """
    assert target.url is not None
    url = target.url
    if "connect_timeout" not in url.query:
        url = url.update_query_dict({"connect_timeout": "10"})
    try:
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True)
    except ImportError:
        raise StoreError(
            "the driver for PostgreSQL is not installed: pip install 'firelane[postgres]'",
            "未安装 PostgreSQL 驱动：请运行 pip install 'firelane[postgres]'",
        ) from None

    @event.listens_for(engine, "connect", insert=True)
    def set_up(connection: Any, _: Any) -> None:
        # A schema of our own: a database may be shared, and `users` is a common name for a table.
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT set_config('search_path', '{SCHEMA}, ' || current_setting('search_path'), false), "
                "set_config('client_encoding', 'UTF8', false)"
            )
        connection.commit()

    return engine


@contextmanager
def transaction(engine: Engine, target: Target, *, writing: bool) -> Iterator[Connection]:
    """Run one transaction; a writing one alone of its kind, a reading one on one snapshot.

    Raises
    ------
    StoreError
        What the database or the way to it says. Violated constraints and wrong SQL are not the user's fault and pass.
    """
    with told(target):
        if engine.dialect.name == "sqlite":
            options: dict[str, Any] = {"firelane_writing": writing}
        elif writing:
            options = {"isolation_level": "READ COMMITTED"}
        else:
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with _connected(engine, target) as connection:
            connection.execution_options(**options)
            begun = connection.begin()
            try:
                if writing and engine.dialect.name != "sqlite":
                    wait_for_writers(connection)
                yield connection
            except BaseException:
                begun.rollback()
                raise
            _commit(begun, target)


def _connected(engine: Engine, target: Target) -> Connection:
    """Return a connection; whatever goes wrong before there is one, an option of the URL included, is the user's to mend."""
    try:
        return engine.connect()
    except DBAPIError as error:
        if engine.dialect.name == "sqlite":
            raise
        raise refusal(target, error, _NO_CONNECTION) from _cause(target, error)


def _commit(begun: RootTransaction, target: Target) -> None:
    """End the transaction well; where the server goes away meanwhile, say that nobody knows whether it did."""
    try:
        begun.commit()
    except DBAPIError as error:
        if not error.connection_invalidated:
            begun.rollback()
            raise
        said = target.scrub(" ".join(str(error.orig).split()))
        raise StoreError(
            f"{target.shown}: the connection broke while the last step was being recorded ({said}): "
            "look whether it is there before you repeat it",
            f"{target.shown}：记录最后一步时连接中断（{said}）：请先查看是否已记录，再决定是否重做",
        ) from _cause(target, error)


def wait_for_writers(connection: Connection) -> None:
    """Let one write at a time; a commit returns when it is on the disk, whatever the server's default."""
    connection.exec_driver_sql(
        f"SELECT set_config('lock_timeout', '{WAIT_S}s', true), CASE WHEN current_setting('synchronous_commit') = 'off' "
        "THEN set_config('synchronous_commit', 'on', true) END"
    )
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")


@contextmanager
def told(target: Target) -> Iterator[None]:
    """Turn errors of the database and of the way to it into words for the user, without the password."""
    try:
        yield
    except PoolTimeout:
        raise StoreError(
            f"{target.shown}: too many connections are in use in this program",
            f"{target.shown}：本程序占用的数据库连接过多",
        ) from None
    except StatementError as error:
        if isinstance(error.orig, StoreError):  # a type of ours refused a value
            raise error.orig from None
        if not isinstance(error, DBAPIError):
            raise
        found = _reason(error)
        if found is None and not isinstance(error, OperationalError):
            raise
        raise refusal(target, error) from _cause(target, error)
    except sqlite3.Error as error:
        raise refusal(target, error) from error


def _cause(target: Target, error: DBAPIError) -> BaseException | None:
    """Return the driver's error for those who debug, unless it tells the password."""
    said = str(error.orig)
    return error if target.scrub(said) == said else None


def refusal(target: Target, error: BaseException, reason: tuple[str, str] | None = None) -> StoreError:
    """Return the user's words for a driver's error, for the reason that is known or can be looked up."""
    original = error.orig if isinstance(error, DBAPIError) else error
    said = target.scrub(" ".join(str(original).split()))
    en, zh = reason or _reason(error) or ("the database says", "数据库报告")
    return StoreError(f"{target.shown}: {en} ({said})", f"{target.shown}：{zh}（{said}）")


def _reason(error: BaseException) -> tuple[str, str] | None:
    """Look up what the code of an error means."""
    original = error.orig if isinstance(error, DBAPIError) else error
    name = getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None) or ""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return _BROKEN
    # SQLITE_READONLY_DIRECTORY, SQLITE_IOERR_SHORT_READ …: the kind stands in front.
    return _REASONS.get("_".join(name.split("_")[:2])) or _REASONS.get(name)
