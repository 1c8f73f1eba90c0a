"""What a worker of a cluster does with a site: hands it to a process of its own, and tells what became of it.

The site does not run in dask's worker but in a warm child of it, one to each thread, by the engine of one machine
(:class:`firelane.batch.pool.LocalEngine` with one worker). Why:

- A time limit can be kept. A thread cannot be ended from outside, least of all one that holds the interpreter's lock in
  a loop of C; dask knows no limit of time for a task. The child is killed, the neighbours do not notice.
- A crash costs a child and not the worker. Were the worker to die, dask would count it against every task that was on it,
  innocent ones too, start a process and its imports anew, and give up after the fourth death of one site.
- Limits, deaths and their texts are those of the local engine, word for word: the tables of both are the same bytes.

The price is a second process with the same imports, some 0.3 GB. Scheduler, worker, child and driver together use about
4 ms of processor time for a site that does nothing (measured with two workers).
"""

from __future__ import annotations

import multiprocessing
import pickle
import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from firelane.batch.cluster_check import Session, refusal
from firelane.errors import EngineError

_IDLE_S = 600.0
_REAP_S = 30.0
_REFUSED_S = 1.0  # a worker that cannot take part would otherwise empty the queue faster than the others

Reply = tuple[str, Any, str]
"""``outcome`` or ``death`` with that; ``refused`` and ``unable`` with Chinese and English; ``broken`` with a text. The
worker's address last."""


class Sealed:
    """A function that is opened in the process that calls it, so that dask's worker need not import what it needs."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __call__(self, task: Any) -> Any:
        """Call the function."""
        return _opened(self.content)(task)


@lru_cache(maxsize=2)
def _opened(content: bytes) -> Any:
    return pickle.loads(content)  # noqa: S301  (from the driver, who may run anything here anyway)


@dataclass
class _Hand:
    """The engine of one thread for one batch.

    The lock is held while a site is in work; whoever holds it may end the engine.
    """

    engine: Any
    lock: threading.Lock = field(default_factory=threading.Lock)
    closed: bool = False
    used_s: float = field(default_factory=time.monotonic)


class _Hands:
    """All engines of this worker: one for each thread and batch."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hands: dict[tuple[str, int], _Hand] = {}
        self._refusals: dict[str, tuple[str, str] | None] = {}
        self._unable: dict[str, tuple[str, str]] = {}
        self._reaper: threading.Thread | None = None

    def refusal(self, session: Session) -> tuple[str, str] | None:
        """Return why this worker cannot take part; asked once for each batch."""
        if session.key in self._unable:
            return self._unable[session.key]
        if self._refusals.get(session.key, ("", "")) is not None:
            self._refusals[session.key] = refusal(session)
        return self._refusals[session.key]

    def give_up(self, session_key: str, error: EngineError) -> tuple[str, str]:
        """Remember that no site of a batch can be done here, and why: not every site is to find it out."""
        return self._unable.setdefault(session_key, (error.text("zh"), error.text("en")))

    def take(self, session: Session, memory_mb: int | None) -> _Hand:
        """Return the engine of this thread, its lock held."""
        from firelane.batch.pool import LocalEngine  # noqa: PLC0415  (the driver's start asks workers that lack it)

        key = (session.key, threading.get_ident())
        while True:
            with self._lock:
                hand = self._hands.get(key)
                if hand is None or hand.closed:
                    engine = LocalEngine(1, timeout_s=session.timeout_s, memory_mb=memory_mb)
                    hand = self._hands[key] = _Hand(engine)
                if self._reaper is None:
                    self._reaper = threading.Thread(target=self._reap, name="firelane-reaper", daemon=True)
                    self._reaper.start()
            hand.lock.acquire()
            if not hand.closed:
                return hand
            hand.lock.release()

    def put(self, hand: _Hand) -> None:
        """Give it back."""
        hand.used_s = time.monotonic()
        if hand.closed:
            hand.engine.stop()
        hand.lock.release()

    def close(self, session_key: str) -> None:
        """End the processes of one batch, whatever they are doing."""
        with self._lock:
            keys = [key for key in self._hands if key[0] == session_key]
            hands = [self._hands.pop(key) for key in keys]
            self._refusals.pop(session_key, None)
            self._unable.pop(session_key, None)
        for hand in hands:
            hand.closed = True
            if hand.lock.acquire(blocking=False):
                hand.engine.stop()
                hand.lock.release()
            else:  # its own thread ends the engine as soon as the site is gone
                hand.engine.kill()

    def _reap(self) -> None:
        """End the processes of drivers that are gone without a word."""
        while True:
            time.sleep(_REAP_S)
            with self._lock:
                idle = [(key, h) for key, h in self._hands.items() if time.monotonic() - h.used_s > _IDLE_S]
            for key, hand in idle:
                if hand.lock.acquire(blocking=False):
                    hand.closed = True
                    hand.engine.stop()
                    hand.lock.release()
                    with self._lock:
                        if self._hands.get(key) is hand:
                            del self._hands[key]


_hands = _Hands()


def do(content: bytes, told: bytes, function: bytes, *, fresh: bool = False) -> Reply:
    """Do one site in a child of this worker.

    Parameters
    ----------
    content : bytes
        The pickled task.
    told : bytes
        The pickled session.
    function : bytes
        What to do with it, pickled.
    fresh : bool
        In a new process.

    Returns
    -------
    Reply
        Never raises: dask would keep the traceback and everything that hangs on it.
    """
    address = _address()
    try:
        session: Session = pickle.loads(told)  # noqa: S301  (from the driver)
        why = _hands.refusal(session)
        if why is not None:
            time.sleep(_REFUSED_S)
            return "refused", why, address
        task = pickle.loads(content)  # noqa: S301  (from the driver)
        _allow_children()
        hand = _hands.take(session, session.memory_mb or _memory_mb())
        try:
            if fresh:
                became = hand.engine.alone(Sealed(function), task)
            else:
                became = next(iter(became for _, became in hand.engine.map_sites(Sealed(function), [task])))
        finally:
            _hands.put(hand)
    except EngineError as error:  # no fault of the site: the driver hears it word for word
        return "unable", _hands.give_up(session.key, error), address
    except Exception as error:  # noqa: BLE001  (told to the driver, who tries elsewhere)
        return "broken", f"{type(error).__name__}: {error}", address
    return ("outcome" if hasattr(became, "site_id") else "death"), became, address


def close(session_key: str) -> None:
    """End what this worker has for one batch."""
    _hands.close(session_key)


def _allow_children() -> None:
    """Let this process start others: dask's nannies mark their workers as those that may not.

    The mark is meant to keep a worker that is killed from leaving children behind. Ours end with it by themselves
    (``worker.die_with``).
    """
    multiprocessing.current_process().daemon = False


def _address() -> str:
    from distributed import get_worker  # noqa: PLC0415  (an extra)

    try:
        return str(get_worker().address)
    except ValueError:  # called outside of a worker
        return ""


def _memory_mb() -> int | None:
    """Return the share of one thread in the memory that this worker was given [MB]; None where it has no limit."""
    from distributed import get_worker  # noqa: PLC0415  (an extra)

    try:
        worker = get_worker()
    except ValueError:
        return None
    limit = getattr(worker.memory_manager, "memory_limit", None)
    return int(limit / worker.state.nthreads / (1 << 20)) if limit else None
