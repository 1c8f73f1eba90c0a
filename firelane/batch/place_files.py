"""One file to or from an address, by fsspec: tried again when the network stumbles, and never half of it."""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from firelane.batch.place_names import scrubbed, shown
from firelane.errors import UsageError
from firelane.files import atomic_path

_Result = TypeVar("_Result")

_TRIES = 4
_FIRST_PAUSE_S = 0.2


def put(store: Any, local: Path, path: str, address: str) -> None:
    """Write one file and make sure that it is as long as it was here."""
    size = local.stat().st_size

    def write() -> None:
        if _is_disk(store):
            target = Path(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            with atomic_path(target) as temporary:
                shutil.copyfile(local, temporary)
            return
        with suppress(NotImplementedError, FileExistsError):
            store.makedirs(parent(path), exist_ok=True)
        store.put_file(str(local), path)
        store.invalidate_cache()
        there = store.info(path).get("size")
        if there is not None and int(there) != size:
            raise OSError(errno.EIO, f"{there} of {size} bytes arrived", shown(address))

    try:
        again(write, address)
    except FileNotFoundError as error:  # written and gone again, or a store that forgets
        raise OSError(errno.EIO, "what was written is not there", shown(address)) from error


def get(store: Any, path: str, local: Path, size: int | None, address: str) -> None:
    """Read one file and make sure that it is as long as it is there."""

    def read() -> None:
        store.get_file(path, str(local))
        here = local.stat().st_size
        if size is not None and size >= 0 and here != size:
            raise OSError(errno.EIO, f"{here} of {size} bytes arrived", shown(address))

    try:
        again(read, address)
    except OSError:
        local.unlink(missing_ok=True)
        raise


def again(call: Callable[[], _Result], address: str) -> _Result:
    """Call until it succeeds: networks stumble. What is missing or forbidden stays so and is not asked for again.

    Every error that comes out is an ``OSError`` whose text gives no credential away.
    """
    for tries in range(1, _TRIES + 1):
        try:
            return call()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise FileNotFoundError(errno.ENOENT, "nothing lies there", shown(address)) from error
        except PermissionError as error:
            raise PermissionError(errno.EACCES, "access is refused", shown(address)) from error
        except (UsageError, MemoryError, NotImplementedError):
            raise
        except Exception as error:  # libraries of stores raise errors of their own classes
            if tries == _TRIES:
                said = scrubbed(getattr(error, "strerror", None) or str(error) or type(error).__name__)
                raise OSError(getattr(error, "errno", None) or errno.EIO, said, shown(address)) from error
            time.sleep(_FIRST_PAUSE_S * 2 ** (tries - 1))
    raise AssertionError


def open_store(address: str) -> tuple[Any, str]:
    """Return the file system of an address, and the path in it.

    Raises
    ------
    UsageError
        If fsspec, or the library for this kind of address, is not installed; if there is no such kind.
    """
    try:
        from fsspec.core import url_to_fs  # noqa: PLC0415  (only where there is an address)
    except ImportError as error:
        raise UsageError(
            f'{shown(address)} is an address; for those install: pip install "firelane[cluster]"',
            f'{shown(address)} 是网络地址；请先安装：pip install "firelane[cluster]"',
        ) from error
    try:
        store, path = url_to_fs(address)
    except (ImportError, ValueError) as error:
        why = scrubbed(str(error))
        raise UsageError(
            f"{shown(address)} cannot be opened here: {why}", f"此处无法打开 {shown(address)}：{why}"
        ) from error
    store.invalidate_cache()  # lists are kept for the whole process otherwise
    return store, str(path)


def _is_disk(store: Any) -> bool:
    told = store.protocol
    return bool({"file", "local"} & ({told} if isinstance(told, str) else set(told)))


def parent(path: str) -> str:
    """Return the path of the folder that ``path`` lies in."""
    return path.rstrip("/").rpartition("/")[0]


def mark(info: Mapping[str, Any]) -> str:
    """Return what a store tells of a file's state: a tag of its content, else its time of change."""
    for key in ("ETag", "etag", "md5", "md5Hash", "content_md5", "sha256", "LastModified", "last_modified", "mtime"):
        if info.get(key) not in (None, ""):
            return f"{key}={info[key]}"
    return ""
