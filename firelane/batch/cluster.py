"""The engine of many machines: sites by way of a dask scheduler that is already there.

Sites go out in blocks and never all at once: half a million tasks in one call would keep the scheduler busy for minutes
before the first of them begins. Each runs in a child process of a worker (:mod:`firelane.batch.cluster_worker`).

What dask does with deaths, and what is made of it here:

=================================  ==============================================================================
a worker dies, or its machine      its sites are done by another worker; no failure
the same site's worker dies again  after the fourth time dask gives up (KilledWorker): :class:`Death`, and the driver
                                   tries it alone. Innocent neighbours of a bad site come back that way
a worker that joins later          is asked the same questions as all others before its first site
no worker for ``patience_s``       :class:`EngineError`; what is done is kept
the scheduler dies                 :class:`EngineError` within seconds; what is done is kept, dask keeps nothing
=================================  ==============================================================================
"""

from __future__ import annotations

import logging
import pickle
import secrets
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import firelane
from firelane.batch import cluster_worker
from firelane.batch.cluster_check import Session, code_sha256
from firelane.batch.cluster_roll import TOKEN, Roll
from firelane.batch.cluster_send import absolute, block, by_value
from firelane.batch.engine import Death, Work
from firelane.batch.model import FailureKind, Outcome, Settings, Task
from firelane.batch.place_names import is_address
from firelane.errors import EngineError, OutputError, UsageError
from firelane.site.model import Note

_BLOCK = 500  # sites handed to the scheduler at once, at least
_BLOCK_MOST = 5_000
_EACH = 20  # sites waiting for every thread
_POLL_S = 0.02
_HEALTH_S = 2.0
_ASK_S = 30.0
_TRIES = 3
# Whose words reach the terminal when a scheduler goes: dask's client, and the loops that its callbacks run in.
_TALKERS = (
    "distributed.client", "distributed.comm", "distributed.core", "distributed.batched", "distributed.utils",
    "tornado.application", "tornado.general", "asyncio",
)  # fmt: skip


class Cluster:
    """Workers of a dask cluster (:class:`firelane.batch.engine.Engine`).

    Parameters
    ----------
    address : str
        Of the scheduler: ``tcp://host:8786``, ``tls://host:8786``, or ``host:8786``.
    settings : Settings
        Limits of time and memory. Without a limit of memory that of dask's worker holds, shared among its threads.
    out : str or None
        Where workers write: a folder that all must see, or an address.
    sources : iterable of str
        Paths that all must see; addresses are not looked at.
    packs : mapping of str to str
        Full path → SHA-256 of files of rules that all must read the same.
    connect_s : float
        How long to wait for the scheduler [s].
    patience_s : float
        How long to wait while there is no worker [s].
    """

    name = "cluster"

    def __init__(
        self, address: str, settings: Settings | None = None, *, out: str | None = None, sources: Iterable[str] = (),
        packs: Mapping[str, str] | None = None, connect_s: float = 30.0, patience_s: float = 600.0,
    ) -> None:  # fmt: skip
        settings = settings or Settings()
        self.address, self.connect_s, self.patience_s = address, connect_s, patience_s
        self.workers = 0
        self.notes: tuple[Note, ...] = ()
        key = secrets.token_hex(8)
        token = None if out is None or is_address(out) else str(Path(out).resolve() / f"{TOKEN}{key}")
        self._session = Session(
            key, firelane.__version__, code_sha256(), token,
            tuple(str(Path(s).resolve()) for s in sources if not is_address(s)), settings.memory_mb, settings.timeout_s,
            tuple(sorted((packs or {}).items())),
        )  # fmt: skip
        self._client: Any = None
        self._hushed = ExitStack()
        self._roll = Roll(
            self._session, lambda function, *given: self._call(lambda: self._client.run(function, *given, on_error="return"))
        )

    # ------------------------------------------------------------------------------------------- beginning and end

    def start(self) -> None:
        """Find the scheduler, wait for a worker, and make sure that all of them can take part.

        Raises
        ------
        UsageError
            If distributed is not installed, no scheduler answers, or a worker has another firelane or does not see the
            folders. Nothing has been done then.
        EngineError
            If there is no worker for ``patience_s``.
        """
        try:
            import distributed  # noqa: PLC0415  (an extra)
        except ImportError as error:
            raise UsageError(
                '--cluster needs dask.distributed: pip install "firelane[cluster]"',
                '--cluster 需要 dask.distributed：pip install "firelane[cluster]"',
            ) from error
        # For as long as the client lives: it tells of a lost scheduler by tracebacks of its own loop, at any moment.
        self._hushed.enter_context(_quiet())
        try:
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                client: Any = distributed.Client
                self._client = client(self.address, timeout=self.connect_s, set_as_default=False, name="firelane")
        except (OSError, ValueError, RuntimeError) as error:
            self._hushed.close()
            raise UsageError(
                f"no dask scheduler answers at {self.address} ({error}); start one with `dask scheduler`",
                f"{self.address} 处没有 dask 调度器应答（{error}）；可用 `dask scheduler` 启动",
            ) from error
        try:
            self._wait_for_workers()
            self._roll.put_token()
            self.notes += self._roll.demand()
        except BaseException:
            self.stop(now=True)
            raise
        for warning in said:
            if "ersion" in str(warning.message):
                text = " ".join(str(warning.message).split())
                self._note("cluster_versions", f"集群各节点的库版本不一致：{text}", f"versions differ in the cluster: {text}")

    def stop(self, *, now: bool = False) -> None:
        """Leave the cluster; the workers stay, without our processes. May be called twice."""
        client, self._client = self._client, None
        self._roll.take_token()
        if client is None:
            return
        with self._hushed:
            self._leave(client, now=now)

    def _leave(self, client: Any, *, now: bool) -> None:
        with suppress(Exception):
            if client.status == "running":
                client.sync(
                    client._run, cluster_worker.close, self._session.key, on_error="ignore",  # noqa: SLF001
                    callback_timeout=5.0 if now else _ASK_S,
                )  # fmt: skip
        with suppress(Exception):
            client.close(timeout=5.0)

    def _note(self, code: str, zh: str, en: str) -> None:
        self.notes = (*self.notes, Note(code, zh, en))

    # ------------------------------------------------------------------------------------------- sites

    def map_sites(self, function: Work, tasks: Iterable[Task]) -> Iterator[tuple[Task, Outcome | Death]]:
        """Do every task, see :meth:`firelane.batch.engine.Engine.map_sites`."""
        sealed = pickle.dumps(function)
        source = iter(tasks)
        flying: dict[Any, tuple[Task, int]] = {}
        ready = self._watch()
        ended = False
        try:
            while True:
                size = min(max(_BLOCK, _EACH * self.workers), _BLOCK_MOST)
                if not ended and len(flying) <= size // 2:
                    waiting = block(source, size)
                    ended = not waiting
                    self._submit(sealed, [(task, 1) for task in waiting], flying, ready)
                if not flying:
                    return
                again: list[tuple[Task, int]] = []
                for future, answer in self._next(ready):
                    task, tries = flying.pop(future)
                    future.release()
                    became = self._judge(answer, tries)
                    if became is None:
                        again.append((task, tries + 1))
                    else:
                        yield task, became
                self._submit(sealed, again, flying, ready)
        finally:
            if flying:
                self._cancel(list(flying))
                ready.clear()

    def alone(self, function: Work, task: Task) -> Outcome | Death:
        """Do one task in a fresh process, see :meth:`firelane.batch.engine.Engine.alone`."""
        flying: dict[Any, tuple[Task, int]] = {}
        ready = self._watch()
        tries = 1
        try:
            while True:
                self._submit(pickle.dumps(function), [(task, tries)], flying, ready, fresh=True)
                for future, answer in self._next(ready):
                    del flying[future]
                    future.release()
                    became = self._judge(answer, tries)
                    if became is not None:
                        return became
                tries += 1
        finally:
            if flying:
                self._cancel(list(flying))

    def _watch(self) -> Any:
        """Return what gathers the answers as they come."""
        import distributed  # noqa: PLC0415  (an extra)

        watch: Any = distributed.as_completed
        return watch(loop=self._client.loop, with_results=True, raise_errors=False)

    def _submit(
        self, sealed: bytes, tasks: list[tuple[Task, int]], flying: dict[Any, tuple[Task, int]], ready: Any, *,
        fresh: bool = False,
    ) -> None:  # fmt: skip
        """Hand a block to the scheduler."""
        if not tasks:
            return
        options: dict[str, Any] = {}
        if self._roll.bad:  # not to those that refused
            good = [address for address in self._threads() if address not in self._roll.bad]
            if good:
                options = {"workers": good, "allow_other_workers": True}
        futures = self._call(
            lambda: self._client.map(
                by_value(), [pickle.dumps(absolute(task)) for task, _ in tasks], session=pickle.dumps(self._session),
                function=sealed, fresh=fresh, pure=False, retries=0, key="firelane-site", **options,
            )
        )
        flying.update(zip(futures, tasks, strict=True))
        ready.update(futures)

    def _judge(self, answer: Any, tries: int) -> Outcome | Death | None:
        """Make of a worker's answer what became of the site; None where it should be tried elsewhere.

        Raises
        ------
        EngineError
            If the scheduler is gone, or no worker is left that can take part.
        """
        if isinstance(answer, BaseException):  # cancelled: dask forgets everything with its scheduler
            raise self._lost()
        if isinstance(answer[1], BaseException):  # dask's (type, error, traceback)
            return self._judge_error(answer[1], tries)
        kind, said, address = answer
        if kind in ("refused", "unable"):
            self._left_out(address, said)
            return None
        if kind == "broken":
            # Told by a worker that could not even try: another may, and else it is for the driver to find out.
            return None if tries < _TRIES else Death(FailureKind.CRASH, worker=address)
        became: Outcome | Death = said
        return became

    def _judge_error(self, error: BaseException, tries: int) -> Death | None:
        """Make of an error of dask's own what became of the site; None where it should be tried elsewhere."""
        if type(error).__name__ == "KilledWorker":
            return Death(FailureKind.CRASH)
        if self._roll.strangers(set(self._threads())):
            known = set(self._roll.bad)
            self._roll.examine()  # a worker that joined without firelane answers every site with an error
            for address in set(self._roll.bad) - known:
                self._left_out(address, self._roll.bad.pop(address))
        if tries >= _TRIES:
            raise EngineError(f"the cluster answers: {error}", f"集群返回错误：{error}") from error
        return None

    def _left_out(self, address: str, why: tuple[str, str]) -> None:
        """Give no more sites to a worker that cannot take part.

        Raises
        ------
        EngineError
            If it was the last.
        """
        if address not in self._roll.bad:
            self._roll.bad[address] = why
            self._note("cluster_worker", f"工作节点 {address} 未参与：{why[0]}", f"worker {address} takes no part: {why[1]}")
        if all(worker in self._roll.bad for worker in self._threads()):
            raise EngineError(f"no worker can take part: {address}: {why[1]}", f"没有可参与的工作节点：{address}：{why[0]}")

    def _next(self, ready: Any) -> list[tuple[Any, Any]]:
        """Wait for sites that are done, and look after the cluster meanwhile.

        Raises
        ------
        EngineError
            If the scheduler is gone, or there is no worker for long.
        """
        begun_s = healthy_s = time.monotonic()
        pause_s = 0.001
        while True:
            batch = ready.next_batch(block=False)
            if batch:
                return list(batch)
            now_s = time.monotonic()
            if now_s - healthy_s > _HEALTH_S:
                healthy_s = now_s
                if self._threads():
                    begun_s = now_s
                elif now_s - begun_s > self.patience_s:
                    raise self._deserted()
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, _POLL_S)

    def _cancel(self, futures: list[Any]) -> None:
        """Take back what is queued, and end what is running."""
        client = self._client
        if client is None or client.status != "running":
            return
        with suppress(Exception):
            client.sync(client._cancel, futures, force=True, callback_timeout=10.0)  # noqa: SLF001
        with suppress(Exception):
            client.sync(
                client._run, cluster_worker.close, self._session.key, on_error="ignore", callback_timeout=10.0  # noqa: SLF001
            )

    # ------------------------------------------------------------------------------------------- the cluster's health

    def _wait_for_workers(self) -> None:
        until_s = time.monotonic() + self.patience_s
        while not self._threads():
            if time.monotonic() > until_s:
                raise self._deserted()
            time.sleep(0.1)

    def _threads(self) -> dict[str, int]:
        """Ask the scheduler for its workers: address → threads.

        Raises
        ------
        EngineError
            If it does not answer.
        """
        client = self._client
        found = self._call(lambda: client.sync(client.scheduler.ncores, callback_timeout=_ASK_S))
        self.workers = sum(found.values())
        return dict(found)

    def _call(self, call: Callable[[], Any]) -> Any:
        """Call something that asks the scheduler.

        Raises
        ------
        EngineError
            If it is gone.
        """
        if self._client is None or self._client.status != "running":
            raise self._lost()
        try:
            return call()
        except (OSError, TimeoutError, AttributeError) as error:  # dask's own client, when its connection is gone
            if isinstance(error, OutputError):
                raise
            raise self._lost() from error

    def _lost(self) -> EngineError:
        return EngineError(
            f"the connection to the dask scheduler {self.address} is lost; what is done is kept, the same command goes on "
            "from there",
            f"与 dask 调度器 {self.address} 的连接已中断；已完成的结果均已保留，再次运行同一命令即可继续",
        )

    def _deserted(self) -> EngineError:
        return EngineError(
            f"the dask scheduler {self.address} has had no worker for {self.patience_s:g} s; start some with "
            f"`dask worker {self.address}`. What is done is kept, the same command goes on from there",
            f"dask 调度器 {self.address} 已有 {self.patience_s:g} 秒没有工作节点；请用 `dask worker {self.address}` 启动。"
            "已完成的结果均已保留，再次运行同一命令即可继续",
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep dask's client from writing to the terminal what is told here in plain words."""
    loggers = [logging.getLogger(name) for name in _TALKERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


__all__ = ["TOKEN", "Cluster"]
