"""The store: one place where cases and users are kept, in an SQLite file or on a PostgreSQL server."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from firelane.store import chain, files, migrations, server
from firelane.store.chain import ChainReport
from firelane.store.engines import postgresql_engine, refusal, sqlite_engine, transaction
from firelane.store.errors import StoreError
from firelane.store.journal import append
from firelane.store.targets import Target, read_target
from firelane.store.times import utc_now
from firelane.store.users import Role, User, all_users, change_user, find_user, first_user, require, shown

EVIDENCE_VARIABLE = "FIRELANE_EVIDENCE"


class Upgrade(NamedTuple):
    """Which schema a store had, and which it has now."""

    before: str
    after: str


class Store:
    """An open store; a context manager.

    Made by :meth:`create` or :meth:`open`. One store may be used by several threads, and many programs may have it
    open at the same time; writing is serialised, reading goes on meanwhile.

    Attributes
    ----------
    target : str
        Where it lies, without any password.
    folder : Path or None
        Where evidence lies: beside an SQLite file. For a server it has to be told (``evidence=`` or the environment's
        ``FIRELANE_EVIDENCE``), None until then.
    """

    def __init__(self, target: Target, engine: Engine, evidence: Path | None) -> None:
        self.target = target.shown
        self.folder = evidence
        self._target = target
        self._engine = engine
        self._process = os.getpid()
        self._here = threading.local()

    @classmethod
    def create(
        cls, target: str | Path, *, admin: str, now: datetime, evidence: str | Path | None = None
    ) -> Store:
        """Make a new store and open it; its first user is ``admin``, an administrator.

        It is there completely or not at all: a file is made beside its place and then renamed, tables on a server
        are made in one transaction.

        Parameters
        ----------
        target : str or Path
            Path of an SQLite file on a local disk, or ``postgresql://user:password@server/database``.
        admin : str
        now : datetime
            Aware.
        evidence : path, optional
            Folder for evidence, for a store on a server.

        Raises
        ------
        StoreError
            If there is something already, the place cannot be used, or the name cannot be kept.
        """
        place = read_target(target)
        if place.path is not None:
            path = place.path

            def fill(new: Path) -> None:
                engine = sqlite_engine(new)
                try:
                    with transaction(engine, place, writing=True) as connection:
                        _begin(connection, admin, now)
                finally:
                    engine.dispose()

            files.make(path, fill)
        else:
            engine = postgresql_engine(place)
            try:
                with transaction(engine, place, writing=True) as connection:
                    server.prepare(connection, place)
                    _begin(connection, admin, now)
            finally:
                engine.dispose()
        return cls.open(target, evidence=evidence)

    @classmethod
    def open(cls, target: str | Path, *, evidence: str | Path | None = None) -> Store:
        """Open a store that exists.

        Parameters
        ----------
        target : str or Path
            As for :meth:`create`.
        evidence : path, optional
            Folder for evidence, for a store on a server.

        Raises
        ------
        StoreError
            If it is absent, no store, damaged so far that this shows at once (:meth:`verify` looks closer), of a
            newer firelane, or of an older one: that is told with the command that upgrades it.
        """
        store, found = cls._opened(target, evidence)
        newest = migrations.newest()
        if found != newest:
            store.close()
            raise StoreError(
                f"{store.target} has the schema {found} of an older firelane, this one needs {newest}: "
                "run firelane case upgrade",
                f"{store.target} 的结构版本 {found} 较旧，本程序需要 {newest}：请运行 firelane case upgrade",
            )
        return store

    @classmethod
    def upgrade(cls, target: str | Path, *, by: str, now: datetime | None = None) -> Upgrade:
        """Bring an older store to the schema of this firelane, in one transaction; a new one stays as it is.

        An SQLite file is copied first: ``cases.sqlite`` to ``cases.schema-0001.sqlite`` beside it.

        Parameters
        ----------
        target : str or Path
        by : str
            An administrator; the journal tells who did it.
        now : datetime, optional
            Aware.

        Raises
        ------
        StoreError
            As :meth:`open` does; PermissionRefused if ``by`` is no administrator.
        """
        moment = utc_now() if now is None else now
        store, before = cls._opened(target, None)
        with store:
            user = store.user(by)
            require(user, Role.ADMIN, "升级案件库", "upgrading the store")
            newest = migrations.newest()
            if before == newest:
                return Upgrade(before, newest)
            path = store._target.path  # noqa: SLF001  (our own)
            if path is not None:
                files.copy(path, files.free_name(path, f"schema-{before}"))
            with store._migrating() as connection:  # noqa: SLF001  (our own)
                # Asked again: somebody else may have been quicker.
                if migrations.current(connection) != newest:
                    migrations.migrate(connection)
                    append(
                        connection, stream="store", kind="store_upgraded", happened_at=moment, recorded_at=moment,
                        actor=user.name, role=user.role.value, body={"before": before, "after": newest},
                    )  # fmt: skip
        return Upgrade(before, newest)

    @classmethod
    def _opened(cls, target: str | Path, evidence: str | Path | None) -> tuple[Store, str]:
        """Open a store of this or of an older schema; return that as well."""
        place = read_target(target)
        told = evidence or os.environ.get(EVIDENCE_VARIABLE)
        if place.path is not None:
            files.look_at(place.path)
            engine = sqlite_engine(place.path)
            folder: Path | None = Path(evidence) if evidence else files.evidence_beside(place.path)
        else:
            engine = postgresql_engine(place)
            folder = Path(told) if told else None
        store = cls(place, engine, folder)
        try:
            found = store.schema()
        except BaseException:
            store.close()
            raise
        if found not in migrations.known():
            store.close()
            raise StoreError(
                f"{store.target} was written by a newer firelane (schema {shown(found)}): upgrade firelane",
                f"{store.target} 由较新版本的 firelane 写成（结构版本 {shown(found)}）：请升级 firelane",
            )
        return store, found

    def schema(self) -> str:
        """Return the revision of the store's schema.

        Raises
        ------
        StoreError
            If there is no store.
        """
        try:
            with self.read() as connection:
                found = migrations.current(connection)
        except DBAPIError as error:
            raise refusal(self._target, error) from error
        if found is None:
            raise StoreError(
                f"{self.target} is no store of firelane: firelane case init makes one",
                f"{self.target} 不是 firelane 的案件库：可用 firelane case init 新建",
            )
        return found

    @property
    def evidence(self) -> Path:
        """Folder of the files that prove something.

        Raises
        ------
        StoreError
            If it has not been told for a store on a server.
        """
        if self.folder is None:
            raise StoreError(
                f"the store on a server does not say where evidence lies: set {EVIDENCE_VARIABLE} to a folder that all users share",
                f"服务器上的案件库没有指定证据文件夹：请把环境变量 {EVIDENCE_VARIABLE} 设为所有用户共用的文件夹",
            )
        return self.folder

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection to write with; what was written stays when the block ends well, else nothing of it.

        One block at a time, in all programs together; others wait up to 30 s.

        Raises
        ------
        StoreError
            If the wait was too long, or the database cannot be written to; also inside of another such block of the
            same thread, which would wait for itself.
        """
        if getattr(self._here, "writing", False):
            raise StoreError("this thread is writing already", "本线程已在写入")
        self._here.writing = True
        try:
            with transaction(self._live(), self._target, writing=True) as connection:
                yield connection
        finally:
            self._here.writing = False

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection to read with: one consistent picture, whatever others write meanwhile.

        Raises
        ------
        StoreError
            If the database cannot be read.
        """
        with transaction(self._live(), self._target, writing=False) as connection:
            yield connection

    @contextmanager
    def _migrating(self) -> Iterator[Connection]:
        """Write, with foreign keys looked at in the end alone: SQLite alters a table by making it anew."""
        if self._target.path is None:
            with self.write() as connection:
                yield connection
            return
        engine = sqlite_engine(self._target.path, foreign_keys=False)
        try:
            with transaction(engine, self._target, writing=True) as connection:
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
                if broken is not None:
                    raise StoreError(
                        f"{self.target} was not upgraded: rows of {broken[0]} point to nothing",
                        f"{self.target} 未升级：表 {broken[0]} 中有指向不存在数据的行",
                    )
        finally:
            engine.dispose()

    def _live(self) -> Engine:
        """Return the engine; a process that was forked leaves its parent's connections alone and makes its own."""
        if self._process != os.getpid():
            self._engine.dispose(close=False)
            self._process = os.getpid()
        return self._engine

    def user(self, name: str) -> User:
        """Return a user.

        Raises
        ------
        StoreError
            If the name is not known, or no longer.
        """
        with self.read() as connection:
            return find_user(connection, name)

    def users(self) -> tuple[User, ...]:
        """Return all users, by name."""
        with self.read() as connection:
            return all_users(connection)

    def set_user(self, by: str, name: str, role: Role | None, *, sees_plates: bool = False, now: datetime) -> None:
        """Add or change a user, or remove one; the journal keeps it.

        Parameters
        ----------
        by : str
            An administrator.
        name : str
            1 to 64 visible characters.
        role : Role or None
            None removes the user.
        sees_plates : bool
            Whether number plates are shown to them in full.
        now : datetime
            Aware.

        Raises
        ------
        PermissionRefused
            If ``by`` is no administrator.
        StoreError
            If a name is not known or cannot be kept, or it would leave no administrator.
        """
        with self.write() as connection:
            change_user(connection, by, name, role, sees_plates=sees_plates, now=now)

    def backup(self, path: str | Path) -> None:
        """Copy an SQLite store while it is in use, with its evidence beside the copy, which opens like any store.

        Raises
        ------
        StoreError
            If something is there already, the store is damaged, or it lies on a server, whose own tool does that.
        OutputError
            If the copy cannot be written.
        """
        if self._target.path is None:
            raise StoreError(
                f"{self.target} is a store on a server: back it up with pg_dump --schema={server.SCHEMA}, and copy the "
                "folder of evidence afterwards",
                f"{self.target} 是服务器上的案件库：请用 pg_dump --schema={server.SCHEMA} 备份，随后复制证据文件夹",
            )
        files.copy(self._target.path, Path(path).expanduser().resolve(), self.evidence)

    def verify(self, *, head: str | None = None) -> ChainReport:
        """Check that nothing of the journal was altered, removed, inserted or exchanged.

        Parameters
        ----------
        head : str, optional
            A hash noted earlier outside of the store (its first 16 digits are enough). Only with it can be seen
            whether entries at the end were removed, or the whole chain was re-written.

        Returns
        -------
        ChainReport
            Faults of the chain, of the triggers, of the table of users, and of the SQLite file itself.

        Raises
        ------
        StoreError
            If the store cannot be reached, or ``head`` is no hash.
        """
        with self.read() as connection:
            return chain.check(connection, head)

    def close(self) -> None:
        """Close all connections."""
        self._live().dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _begin(connection: Connection, admin: str, now: datetime) -> None:
    """Make the tables and the first entries."""
    migrations.migrate(connection)
    first_user(connection, admin, now)
    append(
        connection, stream="store", kind="store_created", happened_at=now, recorded_at=now, actor=admin.strip(),
        # By its number two stores that began alike differ in every hash behind.
        role=Role.ADMIN.value, body={"store_id": secrets.token_hex(16), "schema": migrations.newest()},
    )  # fmt: skip
