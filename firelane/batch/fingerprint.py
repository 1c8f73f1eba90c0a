"""Whether a site's input has changed: a hash of all that its reader may read, and a signature that costs next to nothing.

Names, sizes and times tell at once that nothing was touched; only where they differ is the content read and hashed.
Neither depends on where the site lies.
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from firelane.batch import cut
from firelane.batch.model import Task
from firelane.batch.place_names import is_address
from firelane.batch.sources_words import config_of
from firelane.site.formats import CLOUDS, FOREIGN, FORMATS
from firelane.site.sources import stem

OWN_RESULTS = frozenset({"audit.json", "results.gpkg", "findings.geojson", "markings.dxf"})
"""Results of an audit that may lie among a site's own files: its reader passes them over."""
BESIDE: Mapping[str, tuple[str, ...]] = {
    ".shp": (".shx", ".dbf", ".prj", ".cpg", ".cst", ".qpj"),
    ".gpkg": (".gpkg-wal", ".gpkg-journal"),
}
"""Files that a file's content stands in as well: ending → endings."""

_JOURNALS = ("-wal", "-journal")
_BESIDE = frozenset(ending for endings in BESIDE.values() for ending in endings)
_READ = frozenset({*FORMATS, *FOREIGN, *CLOUDS})
_UNREADABLE = b"cannot be read"
_WORTH_KEEPING_BYTES = 1_000_000


@dataclass(frozen=True)
class Input:
    """One file that a site's reader may read.

    Attributes
    ----------
    label : str
        By what it is known, wherever the site lies: its name, or what ``site.toml`` calls it.
    path : Path
    """

    label: str
    path: Path


def input_hash(task: Task) -> str:
    """Return the SHA-256 of all that this task reads.

    What a manifest says besides (names, districts, remarks) is not in it: that is put beside the results when the city
    is put together, and no site is done anew for it. The same wherever the site lies and whenever it was written. A file that cannot be read is hashed as such: whoever
    reads the site tells what is wrong with it.

    Parameters
    ----------
    task : Task
        Of this machine; an address is brought here first.

    Raises
    ------
    InputError
        If rows of a GeoPackage of many sites cannot be read.
    """
    digest = hashlib.sha256(_told(task))
    if task.rows is None:
        digest.update(_framed(_own_name(task)))
    else:
        digest.update(cut.rows_hash(Path(task.source), task.rows, task.site_id))
    for file in inputs_of(task):
        if task.rows is None or not file.label.startswith("data:"):
            digest.update(_framed(file.label))
            digest.update(_content(file.path))
    return digest.hexdigest()


def stat_of(task: Task) -> str:
    """Return a signature of names, sizes and times of all that this task reads: ``<newest change [ns]>:<digest>``.

    It changes whenever a file was written, however short the file remained the same; it may change where nothing did.
    Empty where nothing can be told: for an address, or a site that is not there.
    """
    if is_address(task.source):
        return ""
    newest, digest = 0, hashlib.sha256(_told(task))
    try:
        for file in inputs_of(task):
            told = file.path.stat()
            # The time of change catches those who set the time of writing back.
            when = max(told.st_mtime_ns, told.st_ctime_ns)
            newest = max(newest, when)
            digest.update(_framed(f"{file.label}\0{told.st_size}\0{told.st_mtime_ns}\0{told.st_ctime_ns}"))
    except OSError:
        return ""
    if task.rows is not None:
        digest.update(cut.ranges_digest(task.rows))
    return f"{newest}:{digest.hexdigest()[:32]}" if newest else ""


def newest_s(stat: str) -> float:
    """Return when the newest file behind a signature was changed [s since 1970]; infinity where it tells nothing.

    A file that was changed within the resolution of the file system's clock (two seconds on a memory stick) before the
    signature was taken may have been changed again without a trace.

    >>> newest_s("1500000000:ab"), newest_s("")
    (1.5, inf)
    """
    head = stat.partition(":")[0]
    return int(head) / 1e9 if head.isdigit() else float("inf")


def inputs_of(task: Task) -> list[Input]:
    """Return every file that the reader of this site may read, in a stable order.

    Its layers with all that belongs to them, laser points, its settings, what these name, and the outline to cut out.
    """
    path = Path(task.source)
    folder = path if path.is_dir() else path.parent
    names = _inside(path) if folder is path else [file.name for file in _with_sidecars(path)]
    found = [Input(f"data:{name}", folder / name) for name in names]
    config = settings_file(task)
    if config is not None:
        found.append(Input(f"site.toml:{config.name}", config))
        found += _named_in(config, folder)
    if task.within is not None and _is_file(Path(task.within)):
        found += [Input(f"within:{f.name}", f) for f in _with_sidecars(Path(task.within))]
    return found


def settings_file(task: Task) -> Path | None:
    """Return the ``site.toml`` that goes with a task: the one given, else the site's own; None where there is none."""
    if task.config is not None:
        return Path(task.config)
    path = Path(task.source)
    own = path / "site.toml" if path.is_dir() else path.with_name(f"{stem(path)}.site.toml")
    return own if _is_file(own) else None


# ------------------------------------------------------------------------------------------- which files


def _inside(folder: Path) -> list[str]:
    """Return the names of a folder's files that are read, or that belong to such."""
    try:
        with os.scandir(folder) as entries:
            names = {entry.name for entry in entries if not entry.name.startswith(".") and entry.is_file()}
    except OSError:
        return []
    if "audit.json" in names:
        names -= OWN_RESULTS
    return sorted(name for name in names if os.path.splitext(name)[1].lower() in _READ or _belongs(folder, name))  # noqa: PTH122


def _belongs(folder: Path, name: str) -> bool:
    ending = os.path.splitext(name)[1].lower()  # noqa: PTH122  (a hundred thousand names)
    if ending not in _BESIDE:
        return False
    # An empty journal comes and goes with every reader of a database.
    return not ending.startswith(".gpkg-") or _size(folder / name) > 0


def _with_sidecars(path: Path) -> list[Path]:
    ending = path.suffix.lower()
    if ending == ".gpkg":  # SQLite adds to the whole name
        further = [path.with_name(f"{path.name}{more}") for more in _JOURNALS]
        return [f for f in (path, *further) if _is_file(f) and (f is path or _size(f) > 0)]
    parts = [path.with_suffix(word) for more in BESIDE.get(ending, ()) for word in dict.fromkeys((more, more.upper()))]
    return [f for f in (path, *parts) if _is_file(f)]


def _named_in(config: Path, folder: Path) -> Iterator[Input]:
    """Yield the files that a ``site.toml`` names: laser points of elsewhere, and the map to compare with."""
    try:
        raw = config.read_bytes()
        if b"basemap" not in raw and b"points" not in raw:
            return  # ten thousand of these are read at the start: none is parsed in vain
        content = tomllib.loads(raw.decode("utf-8-sig"))
    except (OSError, ValueError):
        return
    points, basemap = content.get("points"), content.get("basemap")
    names = points.get("files", []) if isinstance(points, dict) else []
    for name in [names] if isinstance(names, str) else names if isinstance(names, list) else []:
        if isinstance(name, str) and name:
            yield from (Input(f"points:{name}:{f.name}", f) for f in _matching(folder, name))
    file = basemap.get("file") if isinstance(basemap, dict) else None
    if isinstance(file, str) and file:
        yield from (Input(f"basemap:{f.name}", f) for f in _with_sidecars(config.parent / file))


def _matching(folder: Path, name: str) -> list[Path]:
    """Return the files that a name or pattern of ``[points]`` stands for, as the reader of laser points takes it."""
    try:
        if _is_file(folder / name):
            return [folder / name]
        given = Path(name)
        if given.is_absolute():
            found = Path(given.anchor).glob(str(given.relative_to(given.anchor)))
        else:
            found = folder.glob(name)
        return sorted(f for f in found if f.suffix.lower() in CLOUDS and f.is_file())
    except (OSError, ValueError, NotImplementedError, IndexError):  # what pathlib makes of names that are no pattern
        return []


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0


# ------------------------------------------------------------------------------------------- what they hold


def _told(task: Task) -> bytes:
    """Return what reaches a site from outside its files, and nothing else: its id, what is cut out, its settings."""
    within = task.within
    told: dict[str, Any] = {
        "site_id": task.site_id,
        "within": within if within is None or not _is_file(Path(within)) else "",  # its content is hashed like the others'
        # Only rows of a GeoPackage get a site.toml of what their table says.
        "config": {} if task.rows is None else config_of(task.attributes),
    }
    return _framed(json.dumps(told, sort_keys=True, ensure_ascii=True, default=str))


def _own_name(task: Task) -> str:
    """Return what a site is called after: its folder or file; empty where its settings give it an id."""
    config = settings_file(task)
    with suppress(OSError, ValueError, AttributeError):
        content = {} if config is None else tomllib.loads(config.read_bytes().decode("utf-8-sig"))
        if content.get("id") or content.get("site", {}).get("id"):
            return ""
    path = Path(task.source)
    return os.path.basename(os.path.realpath(path)) if path.is_dir() else path.name  # noqa: PTH119


def _framed(text: str) -> bytes:
    raw = text.encode("utf-8", "surrogatepass")
    return len(raw).to_bytes(8, "big") + raw


def _content(path: Path) -> bytes:
    try:
        told = path.stat()
        if told.st_size < _WORTH_KEEPING_BYTES:
            return _hash_file(str(path))
        # A map of the whole city that every site is compared with is hashed once by each worker, not at every site.
        return _kept(os.path.realpath(path), (told.st_size, told.st_mtime_ns, told.st_ctime_ns))
    except OSError:
        return hashlib.sha256(_UNREADABLE).digest()


def _hash_file(path: str) -> bytes:
    with open(path, "rb") as stream:  # noqa: PTH123
        return hashlib.file_digest(stream, "sha256").digest()


@lru_cache(maxsize=256)
def _kept(path: str, _state: tuple[int, ...]) -> bytes:
    return _hash_file(path)
