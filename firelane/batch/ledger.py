"""The ledger of a batch: what became of every site, on the disk before anybody relies on it."""

from __future__ import annotations

import math
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from firelane.batch.model import Failure, FailureKind, Outcome
from firelane.errors import OutputError, UsageError
from firelane.files import output_error

NAME = "ledger.sqlite"
LOCK = "batch.lock"
_VERSION = 2
_FLUSH_S = 0.2
_COLUMNS: dict[str, str] = {
    "site_id": "TEXT NOT NULL PRIMARY KEY",
    "status": "TEXT NOT NULL",  # done, failed
    "failure_kind": "TEXT",
    "failure_zh": "TEXT",
    "failure_en": "TEXT",
    "input_hash": "TEXT NOT NULL",
    "input_stat": "TEXT NOT NULL",
    "stat_at": "REAL NOT NULL",  # s since 1970
    "settings_digest": "TEXT NOT NULL",
    "rules_sha256": "TEXT NOT NULL",
    "program_version": "TEXT NOT NULL",
    "shard_sha256": "TEXT NOT NULL",
    "attempts": "INTEGER NOT NULL",
    "seconds": "REAL",
    "cpu_seconds": "REAL",
    "peak_mb": "REAL",
    "worker": "TEXT NOT NULL",
    "started_at": "TEXT NOT NULL",
    "ended_at": "TEXT NOT NULL",
    "files": "TEXT NOT NULL",  # JSON: name → size
}
_NETWORK = frozenset({
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "fuse.ceph", "lustre", "gpfs", "beegfs", "glusterfs",
    "fuse.glusterfs", "fuse.sshfs", "afs", "ncpfs", "vboxsf", "fuse.vmhgfs-fuse", "virtiofs",
})  # fmt: skip


@dataclass(frozen=True)
class Row:
    """What the ledger says of one site.

    Attributes
    ----------
    outcome : Outcome
    input_stat : str
        ``Task.stat`` of the input that was done.
    stat_at : float
        When that was taken [s since 1970].
    settings_digest, rules_sha256, program_version : str
        What it was done with.
    attempts : int
        How often it was begun in the batch that ended it.
    started_at, ended_at : str
        Local time with its offset (ISO 8601).
    """

    outcome: Outcome
    input_stat: str
    stat_at: float
    settings_digest: str
    rules_sha256: str
    program_version: str
    attempts: int
    started_at: str
    ended_at: str


class Ledger:
    """The SQLite file; one writer, any number of readers.

    Rows are committed at most 0.2 s after they were given, so that many short sites share a commit and a driver that is
    killed loses less than that. What is lost is done again.

    Parameters
    ----------
    folder : Path
        Of the batch.
    shared : bool
        Whether the folder lies on a disk that other machines see, as that of a cluster's results does.

    Raises
    ------
    OutputError
        If it cannot be written.
    UsageError
        If what stands there is no ledger of ours.
    """

    def __init__(self, folder: Path, *, shared: bool = False) -> None:
        self.path = folder / NAME
        self._shared = shared or on_network(folder)
        self._given = threading.Event()
        self._lock = threading.Lock()
        self._waiting: list[Row] = []
        self._broken: sqlite3.Error | None = None
        self._closing = threading.Event()
        try:
            self._store = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None, timeout=30)
            self._prepare()
        except sqlite3.DatabaseError as error:
            raise self._refusal(error) from error
        self._thread = threading.Thread(target=self._flush_often, name="firelane-ledger", daemon=True)
        self._thread.start()

    def _prepare(self) -> None:
        # The write-ahead log keeps its index in memory that processes of one machine share: over a network a reader on
        # another machine would see half of it, and SQLite does not notice. There the older journal serves, flushed in full.
        self._store.execute(f"PRAGMA journal_mode = {'DELETE' if self._shared else 'WAL'}")
        self._store.execute(f"PRAGMA synchronous = {'FULL' if self._shared else 'NORMAL'}")
        (version,) = self._store.execute("PRAGMA user_version").fetchone()
        if version not in (0, _VERSION):
            raise UsageError(
                f"{self.path}: it was written by another version of firelane; choose another folder for the results",
                f"{self.path}：由其他版本的 firelane 写入；请另选结果文件夹",
            )
        columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
        self._store.execute(f"CREATE TABLE IF NOT EXISTS sites ({columns}) WITHOUT ROWID")
        self._store.execute("CREATE TABLE IF NOT EXISTS told (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)")
        self._store.execute(f"PRAGMA user_version = {_VERSION}")

    def _refusal(self, error: sqlite3.Error) -> OutputError | UsageError:
        if isinstance(error, sqlite3.OperationalError):
            return OutputError(f"cannot write {self.path}: {error}", f"无法写入 {self.path}：{error}")
        return UsageError(
            f"{self.path}: it cannot be read ({error}); remove it to do every site anew, or choose another folder",
            f"{self.path}：无法读取（{error}）；删除后将重做全部场地，也可另选文件夹",
        )

    def rows(self) -> Iterator[Row]:
        """Yield every row, in the order of the sites' ids; what is waiting is committed first."""
        self.flush()
        names = ", ".join(_COLUMNS)
        cursor = self._store.execute(f"SELECT {names} FROM sites ORDER BY site_id")  # noqa: S608  (names are ours)
        for values in cursor:
            yield _row(dict(zip(_COLUMNS, values, strict=True)))

    def recall(self, name: str) -> str | None:
        """Return what was remembered of the batch as a whole under a name."""
        with self._lock:
            found = self._store.execute("SELECT value FROM told WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def remember(self, name: str, value: str) -> None:
        """Remember something of the batch as a whole, at once.

        Raises
        ------
        OutputError
        """
        with self._lock:
            try:
                self._store.execute("INSERT OR REPLACE INTO told VALUES (?, ?)", (name, key(value)))
            except sqlite3.Error as error:
                raise self._refusal(error) from error

    def add(self, row: Row) -> None:
        """Write one row in the place of the site's older one, soon.

        Raises
        ------
        OutputError
            If an earlier one could not be written.
        """
        with self._lock:
            self._waiting.append(row)
        self._given.set()
        if self._broken is not None:
            raise self._refusal(self._broken)

    def flush(self) -> None:
        """Commit what is waiting.

        Raises
        ------
        OutputError
        """
        with self._lock:
            try:
                self._commit()
            except sqlite3.Error as error:
                raise self._refusal(error) from error

    def _commit(self) -> None:
        if not self._waiting:
            return
        signs = ", ".join("?" * len(_COLUMNS))
        self._store.execute("BEGIN IMMEDIATE")
        try:
            self._store.executemany(f"INSERT OR REPLACE INTO sites VALUES ({signs})", map(_values, self._waiting))  # noqa: S608
            self._store.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._store.execute("ROLLBACK")
            raise
        self._waiting.clear()

    def _flush_often(self) -> None:
        while not self._closing.is_set():
            self._given.wait()
            self._given.clear()
            try:
                self.flush()
            except (OutputError, UsageError) as error:
                cause = error.__cause__
                self._broken = cause if isinstance(cause, sqlite3.Error) else sqlite3.OperationalError(str(error))
                return
            self._closing.wait(_FLUSH_S)

    def close(self) -> None:
        """Commit what is waiting and close the file. May be called twice.

        Raises
        ------
        OutputError
            If it could not be committed.
        """
        if self._closing.is_set():
            return
        self._closing.set()
        self._given.set()
        self._thread.join()
        try:
            self.flush()
        finally:
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the results of a batch for this process; the system lets go of them when the process ends, however it ends.

    A lock of its own file, so that anybody may read the ledger meanwhile.

    Raises
    ------
    UsageError
        If another process holds them.
    OutputError
        If the folder cannot be written to.
    """
    try:
        store = sqlite3.connect(folder / LOCK, isolation_level=None, timeout=0, check_same_thread=False)
        try:
            # A write, so that the lock is one of the file and not only of this library.
            store.execute("PRAGMA journal_mode = MEMORY")
            store.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            store.close()
            if "locked" in str(error) or "busy" in str(error):
                raise UsageError(
                    f"another batch is writing into {folder}; wait until it has ended, or choose another folder",
                    f"另一个批处理正在写入 {folder}；请等待其结束，或另选文件夹",
                ) from error
            raise output_error(folder / LOCK, OSError(None, str(error))) from error
    except sqlite3.DatabaseError as error:
        raise output_error(folder / LOCK, OSError(None, str(error))) from error
    try:
        yield
    finally:
        with suppress(sqlite3.Error):
            store.execute("ROLLBACK")
        store.close()


def on_network(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Whether a folder lies on a disk of another machine, as far as the system tells."""
    try:
        lines = mounts.read_text("utf-8", errors="surrogateescape").splitlines()
        real = folder.resolve()
    except OSError:
        return str(folder).startswith(("\\\\", "//"))  # a share of Windows
    held = [(len(point.parts), kind) for point, kind in map(_mount, lines) if real.is_relative_to(point)]
    return bool(held) and max(held, key=lambda found: found[0])[1] in _NETWORK


def _mount(line: str) -> tuple[Path, str]:
    _, point, kind, *_ = [*line.split(" "), "", ""]
    for code, sign in ((r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", "\\")):
        point = point.replace(code, sign)
    return Path(point), kind


def key(text: str) -> str:
    """Return how the ledger writes an id: SQLite holds Unicode only, and names of files need not be that."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _real(value: float) -> float | None:
    return None if math.isnan(value) else value


def _values(row: Row) -> tuple[object, ...]:
    made = row.outcome
    failure = made.failure
    return (
        key(made.site_id), "done" if failure is None else "failed",
        None if failure is None else failure.kind.value, None if failure is None else key(failure.zh),
        None if failure is None else key(failure.en), made.input_hash, row.input_stat, row.stat_at, row.settings_digest,
        row.rules_sha256, row.program_version, made.shard_sha256, row.attempts, _real(made.seconds),
        _real(made.cpu_seconds), _real(made.peak_mb), made.worker, row.started_at, row.ended_at, made.files,
    )  # fmt: skip


def _row(told: dict[str, object]) -> Row:
    failure = None
    if told["status"] != "done":
        failure = Failure(FailureKind(str(told["failure_kind"])), str(told["failure_zh"]), str(told["failure_en"]))
    figures = {
        name: math.nan if told[name] is None else float(str(told[name])) for name in ("seconds", "cpu_seconds", "peak_mb")
    }
    outcome = Outcome(
        str(told["site_id"]), failure, str(told["input_hash"]), str(told["shard_sha256"]), worker=str(told["worker"]),
        files=str(told["files"]), **figures,
    )
    return Row(
        outcome, str(told["input_stat"]), float(str(told["stat_at"])), str(told["settings_digest"]),
        str(told["rules_sha256"]), str(told["program_version"]), int(str(told["attempts"])), str(told["started_at"]),
        str(told["ended_at"]),
    )  # fmt: skip
