"""Who writes to an address: one batch at a time, told by a file there, because object storage knows no locks.

Storage cannot tell who came first. Whoever writes his name reads it back, and looks again every half minute: of two that
began in the same moment the one whose name was overwritten ends. A name that nobody has refreshed for five minutes is
that of a batch that was killed; on the machine where it ran that is known at once. Clocks that differ by minutes make a
batch wait longer, or not long enough.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from firelane.batch.place_files import again, open_store, put
from firelane.batch.place_names import join, scrubbed, shown
from firelane.errors import OutputError, UsageError

NAME = ".firelane-owner.json"
STALE_S = 300.0
"""After this time without a sign of life a batch is taken for dead [s]."""
REFRESH_S = 30.0


class Owner:
    """What holds an address for this process.

    Parameters
    ----------
    place : str
        Address of the results.
    """

    def __init__(self, place: str) -> None:
        self.place = place
        self._key = secrets.token_hex(8)
        self._ended = threading.Event()
        self._other: Mapping[str, Any] | None = None
        self._thread = threading.Thread(target=self._refresh_often, name="firelane-owner", daemon=True)

    def take(self) -> None:
        """Write our name, unless there is that of a batch which lives.

        Raises
        ------
        UsageError
            If there is one.
        OutputError
            If nothing can be written there.
        """
        try:
            found = self._read()
            if found is not None and _lives(found):
                raise self._refusal(found)
            self._write()
            found = self._read()
        except (OSError, NotImplementedError) as error:
            where, why = shown(self.place), scrubbed(getattr(error, "strerror", None) or str(error) or type(error).__name__)
            raise OutputError(f"cannot write below {where}: {why}", f"无法写入 {where}：{why}") from error
        if found is not None and found.get("key") != self._key:
            raise self._refusal(found)
        self._thread.start()

    def check(self) -> None:
        """Make sure that nobody else has taken the address over.

        Raises
        ------
        UsageError
        """
        if self._other is not None:
            raise self._refusal(self._other)

    def leave(self) -> None:
        """Take our name away."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()
        with suppress(OSError, NotImplementedError):
            found = self._read()
            if found is not None and found.get("key") == self._key:
                store, path = open_store(join(self.place, NAME))
                again(partial(store.rm_file, path), self.place)

    def _refresh_often(self) -> None:
        while not self._ended.wait(REFRESH_S):
            with suppress(OSError, NotImplementedError):  # the network stumbles: the next time will do
                self.refresh()

    def refresh(self) -> None:
        """Show that this batch lives; remember where another has taken over."""
        found = self._read()
        if found is not None and found.get("key") != self._key:
            self._other = found
        elif self._other is None:
            self._write()

    def _read(self) -> Mapping[str, Any] | None:
        store, path = open_store(join(self.place, NAME))
        try:
            told = json.loads(again(partial(store.cat_file, path), self.place))
        except FileNotFoundError:
            return None
        except ValueError:  # half written, by whom nobody knows
            return None
        return told if isinstance(told, dict) else None

    def _write(self) -> None:
        told = {"key": self._key, "host": socket.gethostname(), "process": os.getpid(), "at": time.time()}
        with tempfile.TemporaryDirectory(prefix="firelane-") as folder:
            file = Path(folder) / NAME
            file.write_text(json.dumps(told), "utf-8")
            store, path = open_store(join(self.place, NAME))
            put(store, file, path, self.place)

    def _refusal(self, found: Mapping[str, Any]) -> UsageError:
        where, who = shown(self.place), f"{scrubbed(str(found.get('host')))[:80]}:{str(found.get('process'))[:20]}"
        minutes = f"{STALE_S / 60:g}"
        return UsageError(
            f"another batch ({who}) is writing into {where}; wait until it has ended, or choose another address. If it was "
            f"killed, its mark {NAME} counts for {minutes} minutes",
            f"另一个批处理（{who}）正在写入 {where}；请等待其结束，或另选地址。若其已被强行结束，标记文件 {NAME} 在 {minutes} 分钟后失效",
        )


@contextmanager
def owned(place: str) -> Iterator[Owner]:
    """Hold an address for this process, see :class:`Owner`.

    Raises
    ------
    UsageError
        If another batch holds it.
    OutputError
        If nothing can be written there.
    """
    owner = Owner(place)
    try:
        owner.take()
        yield owner
    finally:
        owner.leave()


def _lives(found: Mapping[str, Any]) -> bool:
    at, process = found.get("at"), found.get("process")
    if not isinstance(at, (int, float)) or not abs(time.time() - at) <= STALE_S:
        return False
    if found.get("host") == socket.gethostname() and isinstance(process, int) and os.name == "posix":
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        except (PermissionError, OverflowError):
            return True
    return True
