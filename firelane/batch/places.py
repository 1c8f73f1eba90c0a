"""Sites and results that lie on no disk of this machine: addresses such as ``s3://…``, by fsspec.

A worker brings a site's files to a disk of its own, works there, and takes the results away again. What it takes away
may be cut off at any moment, and object storage knows neither renaming nor appending, so the order is the guarantee:

1. the site's old shard is removed: from here on nothing claims that the site is done;
2. its files are written, each one read back by its length;
3. the shard comes last, and whoever reads it compares its SHA-256 with the one the worker told.

A shard that is there with the right hash therefore stands for files that are all there. On ``file://`` every file is
renamed into its place besides.

Credentials belong into the environment or into fsspec's own configuration, where the library of each service looks
for them. Where an address carries them all the same, no table and no log shows them (:func:`shown`, :func:`scrubbed`).
"""

from __future__ import annotations

import errno
import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from firelane.batch.place_files import again, get, mark, open_store, parent, put
from firelane.batch.place_names import beside, harmless, is_address, join, name_of, scrubbed, shown
from firelane.errors import OutputError
from firelane.files import atomic_path

__all__ = [
    "Entry", "collect", "fetch", "is_address", "join", "listing", "name_of", "publish", "scrubbed", "shown",
    "signature", "sizes", "withdraw", "withdraw_site", "workplace",
]  # fmt: skip

_AT_ONCE = 64
_MOST_RESULTS = 1 << 62
_MOST_FILES = 5_000  # more below one address is a store, not a site


@dataclass(frozen=True)
class Entry:
    """One file below an address.

    Attributes
    ----------
    name : str
        Relative to the address, with ``/``.
    size_bytes : int
        -1 where the store does not tell.
    mark : str
        What the store tells of its content or time of change; empty where it tells neither.
    """

    name: str
    size_bytes: int
    mark: str




# ------------------------------------------------------------------------------------------- reading


def fetch(address: str, scratch: Path) -> Path:
    """Bring a site to a disk: a file with what stands beside it, or a folder with everything below.

    It keeps its name, because a site may be called after it.

    Parameters
    ----------
    address : str
    scratch : Path
        An empty folder of this machine.

    Returns
    -------
    Path
        What ``run_site`` reads.

    Raises
    ------
    FileNotFoundError
        If there is nothing at the address.
    OSError
        If it cannot be read, after several tries.
    UsageError
        If the library that reads such addresses is not installed.
    """
    store, path = open_store(address)
    info = again(partial(store.info, path), address)
    here = scratch / name_of(address)
    if info["type"] != "directory":
        get(store, path, here, info.get("size"), address)
        for name in beside(here.name, address):
            with suppress(FileNotFoundError):
                get(store, f"{parent(path)}/{name}", scratch / name, None, address)
        return here
    entries = listing(address)
    if not entries:
        raise FileNotFoundError(errno.ENOENT, "nothing lies there", shown(address))
    here.mkdir()
    for entry in entries:
        target = here / entry.name
        target.parent.mkdir(parents=True, exist_ok=True)
        get(store, f"{path.rstrip('/')}/{entry.name}", target, entry.size_bytes, address)
    return here


def listing(address: str, most: int = _MOST_FILES) -> tuple[Entry, ...]:
    """Return all files below an address, sorted by name; hidden ones are left out.

    Raises
    ------
    FileNotFoundError
        If there is nothing at the address.
    OSError
        If it cannot be listed, if it holds more than ``most`` files, or a name that leads out of it.
    """
    store, path = open_store(address)
    found = again(partial(store.find, path, detail=True), address)
    if not found and not again(partial(store.exists, path), address):
        raise FileNotFoundError(errno.ENOENT, "nothing lies there", shown(address))
    if len(found) > most:
        raise OSError(errno.EFBIG, f"more than {most} files lie below it", shown(address))
    root = str(store._strip_protocol(path)).rstrip("/")  # noqa: SLF001  (fsspec's own names are compared)
    entries = []
    for full, info in found.items():
        name = str(full)[len(root) :].lstrip("/") if str(full).startswith(root) else str(full)
        if not name or name.endswith("/") or info.get("type") == "directory":
            continue  # the marks that object stores keep in the place of folders
        if any(part.startswith(".") and part.strip(".") for part in name.split("/")):
            continue
        if not all(harmless(part) for part in name.split("/")):
            raise OSError(errno.EINVAL, f"{name!r} is no name of a file", shown(address))
        size = info.get("size")
        entries.append(Entry(name, -1 if size is None else int(size), mark(info)))
    return tuple(sorted(entries, key=lambda entry: entry.name))


def sizes(address: str, names: Sequence[str]) -> dict[str, int]:
    """Return the size of every file in folders below an address, by its name from there; -1 where nobody tells.

    One listing of each folder, however many sites lie in it.

    Parameters
    ----------
    address : str
    names : sequence of str
        Of the folders. One that is not there holds nothing.

    Raises
    ------
    OSError
        If it cannot be listed.
    """
    there: dict[str, int] = {}
    for name in names:
        with suppress(FileNotFoundError):
            for entry in listing(join(address, name), most=_MOST_RESULTS):
                there[f"{name}/{entry.name}"] = entry.size_bytes
    return there


def signature(address: str) -> str:
    """Return what tells cheaply that the content may have changed; empty where the store tells nothing.

    Raises
    ------
    FileNotFoundError
        If there is nothing at the address.
    OSError
        If it cannot be asked.
    """
    store, path = open_store(address)
    info = again(partial(store.info, path), address)
    if info["type"] == "directory":
        parts = [(entry.name, entry.size_bytes, entry.mark) for entry in listing(address)]
    else:
        parts = [("", int(info.get("size") or -1), mark(info))]
        for name in beside(name_of(address), address):
            with suppress(FileNotFoundError):
                other = again(partial(store.info, f"{parent(path)}/{name}"), address)
                parts.append((name, int(other.get("size") or -1), mark(other)))
    if not all(mark for _, _, mark in parts):
        return ""
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()


def collect(address: str, folder: Path, wanted: Mapping[str, str]) -> tuple[str, ...]:
    """Bring files here whose SHA-256 is known, those not here yet; return the names of those that are not whole.

    Parameters
    ----------
    address : str
        Below which they lie.
    folder : Path
        Below which they are put, under the same names.
    wanted : mapping of str to str
        Name → SHA-256.

    Raises
    ------
    OSError
        If the store cannot be reached. A file that is missing or differs is no error: it is returned.
    """
    store, path = open_store(address)
    lacking = []
    asked = [name for name, sha256 in sorted(wanted.items()) if _sha256(folder / name) != sha256]
    for start in range(0, len(asked), _AT_ONCE):
        names = asked[start : start + _AT_ONCE]
        for name, content in zip(names, _contents(store, [f"{path.rstrip('/')}/{n}" for n in names], address), strict=True):
            if content is None or hashlib.sha256(content).hexdigest() != wanted[name]:
                lacking.append(name)
                continue
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with atomic_path(target) as temporary:
                temporary.write_bytes(content)
    return tuple(lacking)


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _contents(store: Any, paths: Sequence[str], address: str) -> list[bytes | None]:
    """Return the contents of several files, asked for at once where the store can; None where one is missing."""
    try:
        found = store.cat(list(paths), on_error="return")
    except Exception:  # noqa: BLE001  (asked again below, one by one, where the reason is told)
        found = {}
    contents: list[bytes | None] = []
    for path in paths:
        content = found.get(path)
        try:
            contents.append(content if isinstance(content, bytes) else again(partial(store.cat_file, path), address))
        except FileNotFoundError:
            contents.append(None)
    return contents


# ------------------------------------------------------------------------------------------- writing


@contextmanager
def workplace(out: str, last: str = "shards") -> Iterator[Path]:
    """Yield the folder to write results into: ``out`` itself, or one of this machine that is published at the end.

    Parameters
    ----------
    out : str
        Folder or address of the batch's results.
    last : str
        The folder below it whose files claim that all others are there.

    Raises
    ------
    OutputError
        If something could not be published; then nothing claims to be whole. If the body raises, nothing is published.
    """
    if not is_address(out):
        yield Path(out)
        return
    with tempfile.TemporaryDirectory(prefix="firelane-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        yield folder
        publish(folder, out, last=last)


def publish(folder: Path, address: str, last: str = "shards") -> None:
    """Write everything below ``folder`` to ``address``, under the same names; those below ``last`` at the very end.

    Parameters
    ----------
    folder : Path
    address : str
    last : str
        The folder whose files claim that all others are there: removed first, written last.

    Raises
    ------
    OutputError
        If something cannot be written, after several tries.
    """
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    names = [p.relative_to(folder).as_posix() for p in files]
    claims = [name for name in names if name.startswith(f"{last}/")]
    others = [name for name in names if not name.startswith(f"{last}/")]
    try:
        withdraw(address, claims)
        store, path = open_store(address)
        for name in [*others, *claims]:
            put(store, folder / name, f"{path.rstrip('/')}/{name}", address)
    except OSError as error:
        where, why = shown(address), scrubbed(error.strerror or str(error))
        raise OutputError(f"cannot write below {where}: {why}", f"无法写入 {where}：{why}") from error


def withdraw(address: str, names: Iterable[str]) -> None:
    """Remove files below ``address``; those that are not there are none the less removed.

    Raises
    ------
    OSError
        If one is there and stays.
    """
    store, path = open_store(address)
    for name in names:
        with suppress(FileNotFoundError):
            again(partial(store.rm_file, f"{path.rstrip('/')}/{name}"), address)


def withdraw_site(address: str, shard: str, folder: str) -> None:
    """Remove what lies at ``address`` of one site: its shard, then all files of its folder.

    Raises
    ------
    OSError
        If something is there and stays.
    """
    withdraw(address, [shard])
    with suppress(FileNotFoundError):
        withdraw(address, [f"{folder}/{entry.name}" for entry in listing(join(address, folder))])
