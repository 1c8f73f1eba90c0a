"""A folder tree: which of its folders and files are sites.

A folder is **one site** where it holds a ``site.toml``, a file named after a layer (``roads.geojson``, ``obstructions.shp``),
or a single file that can be read as a site. Otherwise each GeoPackage, GeoJSON, CAD plan and OpenStreetMap extract in
it is a site of its own, and so is every file with a ``<stem>.site.toml``. What looks like a site and cannot be one – an
empty folder beside folders that are sites, a link that leads nowhere – is a site that has failed; every other file is
counted in a note. Only names are looked at; files are opened where a name alone does not tell.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from firelane.batch.cut import harmless_id
from firelane.batch.fingerprint import BESIDE, OWN_RESULTS
from firelane.batch.model import Failure, FailureKind, Task
from firelane.batch.sources_geopackage import holds_roads
from firelane.site.formats import CLOUDS, FOREIGN, FORMATS
from firelane.site.journal import Journal, listing
from firelane.site.schema import LAYERS

LEDGER = "ledger.sqlite"
"""A folder that holds this and ``sites`` holds the results of a batch."""

_LITTER = frozenset({"__macosx", "@eadir", "$recycle.bin", "system volume information", "thumbs.db", "desktop.ini"})
_OWN_FOLDERS = frozenset({"sites", "shards", "inputs", "charts"})
_OF_AUDIT = frozenset({*OWN_RESULTS, "findings.csv", "map.html", "paint_paths.geojson"})
_LAYER_NAMES = frozenset(f"{name}{suffix}" for name, layer in LAYERS.items() for suffix in layer.tables)
_ALONE = frozenset({".gpkg", ".geojson", ".json", *FOREIGN})
"""Files that may hold a whole site; of the other formats one file holds one layer."""
_PARTS = frozenset(ending for endings in BESIDE.values() for ending in endings)
_QUOTED = re.compile(r"""["']([^"'\n]+)["']""")
_HEAD_BYTES, _DRAWING_HEAD_BYTES = 4096, 65_536


@dataclass(slots=True)
class _Folder:
    """One folder of the tree, its names sorted."""

    path: str
    name: str  # relative to the source, with "/"
    parent: int
    files: list[str] = field(default_factory=list)
    folders: list[int] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    locked: bool = False
    results: bool = False
    # What comes of it:
    site: bool = False
    single: list[str] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)
    holds: bool = False  # a site, or a folder below with one


def tree_tasks(root: Path, journal: Journal, *, out: Path | None = None) -> list[Task]:
    """Return a task for each site of the tree; notes tell what belongs to none.

    Parameters
    ----------
    root : Path
    journal : Journal
    out : Path, optional
        The results folder of the batch, which may lie in the tree: what is in it is no input.
    """
    walk = _Walk(root, out)
    folders = walk.folders
    for folder in reversed(folders):  # children come after their parents
        _judge(folder, folders)
    named = frozenset(_named(folders))
    _claim_named(folders, named)
    tasks = list(_tasks(folders, root))
    tasks += _empty(folders, named)
    _tell(folders, walk, journal)
    return tasks


# ------------------------------------------------------------------------------------------- walking


class _Walk:
    """All folders below one, links followed, none twice."""

    def __init__(self, root: Path, out: Path | None) -> None:
        self.out = None if out is None else os.path.realpath(out)
        self.links_again: list[str] = []
        self.batches: list[str] = []
        self.folders: list[_Folder] = []
        self.reals: list[str] = []
        self.links: list[tuple[str, str, int]] = []
        real = os.path.realpath(root)
        above = os.path.join(real, "")  # noqa: PTH118
        self._walk(_Folder(os.fspath(root), "", -1), real, seen := {real})
        # Real folders come first: one that is reached both ways bears its own name.
        while self.links:
            links, self.links = sorted(self.links), []
            for path, name, parent in links:
                real = os.path.realpath(path)
                if real in seen or real == self.out or above.startswith(os.path.join(real, "")):  # noqa: PTH118
                    self.links_again.append(name)
                else:
                    self.folders[parent].folders.append(len(self.folders))
                    self._walk(_Folder(path, name, parent), real, seen)

    def _walk(self, top: _Folder, real: str, seen: set[str]) -> None:
        at = len(self.folders)
        self.folders.append(top)
        self.reals.append(real)
        seen.add(real)
        while at < len(self.folders):
            folder, real = self.folders[at], self.reals[at]
            for name in self._list(folder, at):
                below = os.path.join(real, name)  # noqa: PTH118  (twenty thousand of them)
                if below in seen or below == self.out:
                    continue
                seen.add(below)
                folder.folders.append(len(self.folders))
                self.folders.append(_Folder(os.path.join(folder.path, name), _joined(folder.name, name), at))  # noqa: PTH118
                self.reals.append(below)
            at += 1

    def _list(self, folder: _Folder, at: int) -> list[str]:
        """Fill in a folder's files; return the names of the folders in it."""
        folders: list[str] = []
        try:
            with os.scandir(folder.path) as entries:
                for entry in entries:
                    if not (entry.name.startswith(".") or entry.name.lower() in _LITTER):
                        self._sort(entry, folder, folders, at)
        except OSError:
            folder.locked = True
            return []
        folder.files.sort()
        folder.broken.sort()
        return sorted(self._inputs(folder, folders))

    def _sort(self, entry: os.DirEntry[str], folder: _Folder, folders: list[str], at: int) -> None:
        try:
            is_file, is_folder = entry.is_file(), entry.is_dir()
        except OSError:  # a link that leads to itself, or to what may not be looked at
            is_file = is_folder = False
        if is_file:
            folder.files.append(entry.name)
        elif is_folder and entry.is_symlink():
            self.links.append((entry.path, _joined(folder.name, entry.name), at))
        elif is_folder:
            folders.append(entry.name)
        elif entry.is_symlink():
            folder.broken.append(entry.name)
        else:
            folder.stray.append(entry.name)  # a pipe or a device is never opened

    def _inputs(self, folder: _Folder, folders: list[str]) -> list[str]:
        """Return the folders that may hold input; results of batches are passed over."""
        if LEDGER not in folder.files:
            return folders
        if folder.name:
            self.batches.append(folder.name)
            folder.files, folder.results = [], True
            return []
        return [name for name in folders if name not in _OWN_FOLDERS]


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


# ------------------------------------------------------------------------------------------- judging


def _judge(folder: _Folder, folders: Sequence[_Folder]) -> None:
    """Decide what a folder is; those below it have been judged."""
    below = any(folders[n].holds for n in folder.folders)
    names = folder.files
    if "audit.json" in names and "results.gpkg" in names:
        names = [name for name in names if name not in _OF_AUDIT and not _is_offset_copy(name)]
        folder.results = not any(_ending(name) in FORMATS or _ending(name) in FOREIGN for name in names)
        if folder.results:
            folder.holds = below
            return
    sidecars = {name[:-10] for name in names if name.lower().endswith(".site.toml") and len(name) > 10}
    files = [name for name in names if _is_candidate(folder, name, sidecars)]
    folder.site = "site.toml" in names or any(
        _ending(name) in FORMATS and _stem(name).lower() in _LAYER_NAMES for name in files
    )
    if not folder.site and files and not below and not any(_stem(name) in sidecars for name in files):
        whole = [name for name in files if _ending(name) in _ALONE]
        folder.site = len(files) == 1 or not whole
    if not folder.site:
        folder.single, own = _singles(folder, files, sidecars, below=below)
        used = {*folder.single, *own, *(f"{_stem(name)}.site.toml" for name in folder.single)}
        stems = {_stem(name) for name in folder.single if _ending(name) == ".shp"}
        folder.stray += [
            name for name in names if name not in used and not (_ending(name) in _PARTS and _stem(name) in stems)
        ]
    folder.holds = folder.site or bool(folder.single) or below


def _singles(
    folder: _Folder, files: Sequence[str], sidecars: set[str], *, below: bool
) -> tuple[list[str], list[str]]:
    """Return the files that are sites of their own, and drawings of this program beside them."""
    found, own = [], []
    for name in files:
        if _stem(name) in sidecars:
            found.append(name)
        elif _ending(name) not in _ALONE:
            continue
        elif len(files) > 1 and _ending(name) == ".dxf" and _head_holds(folder, name, b"firelane_origin_x", _DRAWING_HEAD_BYTES):
            own.append(name)
        # Beside folders that are sites a GeoPackage without roads is a map of all of them, say.
        elif not (below and _ending(name) == ".gpkg") or holds_roads(Path(folder.path, name)):
            found.append(name)
    return (found, own) if found else (own, [])


def _is_candidate(folder: _Folder, name: str, sidecars: set[str]) -> bool:
    ending = _ending(name)
    if ending == ".json" and _stem(name).lower() not in _LAYER_NAMES and _stem(name) not in sidecars:
        return _head_holds(folder, name, b'"FeatureCollection"', _HEAD_BYTES)
    return ending in FORMATS or ending in FOREIGN


def _is_offset_copy(name: str) -> bool:
    return name.startswith("findings.") and name.endswith(".geojson")


def _head_holds(folder: _Folder, name: str, wanted: bytes, count: int) -> bool:
    try:
        with open(os.path.join(folder.path, name), "rb") as stream:  # noqa: PTH118, PTH123
            return wanted in stream.read(count)
    except OSError:
        return False


def _ending(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122  (a hundred thousand names)


def _stem(name: str) -> str:
    """Return a file's name without its ending, and without both of ``.osm.pbf``."""
    first, ending = os.path.splitext(name)  # noqa: PTH122
    return first[:-4] if ending.lower() == ".pbf" and first.lower().endswith(".osm") else first


def _claim_named(folders: Sequence[_Folder], named: frozenset[str]) -> None:
    """Take from the sites the files that another site's settings name: a map to compare with, laser points."""
    for folder in folders if named else ():
        points = os.path.basename(folder.path) in named  # noqa: PTH119  ("tiles/*.laz")
        folder.stray = [n for n in folder.stray if not (n in named or (points and _ending(n) in CLOUDS))]
        folder.single = [n for n in folder.single if n not in named or f"{_stem(n)}.site.toml" in folder.files]


def _named(folders: Sequence[_Folder]) -> Iterator[str]:
    """Yield the names of files, and of folders on the way to them, that stand in the sites' settings."""
    if not any(folder.single or folder.stray for folder in folders):
        return  # nothing could belong to a site by its settings alone
    for folder in folders:
        for name in folder.files:
            if name == "site.toml" or name.endswith(".site.toml"):
                try:
                    raw = Path(folder.path, name).read_bytes()
                except OSError:
                    continue
                if b"file" in raw:
                    for text in _QUOTED.findall(raw.decode("utf-8", "surrogateescape")):
                        yield from text.replace("\\", "/").split("/")


# ------------------------------------------------------------------------------------------- tasks


def _tasks(folders: Sequence[_Folder], root: Path) -> Iterator[Task]:
    for folder in folders:
        parent = folders[folder.parent] if folder.parent >= 0 else None
        if folder.locked and parent is not None and parent.site:
            parent.stray.append(os.path.basename(folder.path))  # noqa: PTH119  (its reader does not look there)
        elif folder.locked:
            yield _failed(folder.name or root.name, folder.path, FailureKind.UNREADABLE,
                          "没有读取该文件夹的权限", "the folder may not be read")  # fmt: skip
        elif folder.site:
            own = folder.name or os.path.basename(os.path.realpath(root)) or "site"  # noqa: PTH119
            yield Task(harmless_id(own), folder.path, harmless_id(own))
        for name in folder.single:
            full = harmless_id(_joined(folder.name, name))
            yield Task(full, os.path.join(folder.path, name), full)  # noqa: PTH118
        for name in folder.broken:
            if not folder.site and (_ending(name) in _ALONE or not _ending(name)):
                yield _failed(_joined(folder.name, name), os.path.join(folder.path, name), FailureKind.MISSING,  # noqa: PTH118
                              "链接指向的文件或文件夹不存在", "the link leads to nothing")  # fmt: skip
            else:
                folder.stray.append(name)


def _failed(name: str, path: str, kind: FailureKind, zh: str, en: str) -> Task:
    return Task(harmless_id(name), path, harmless_id(name), failure=Failure(kind, zh, en))


def _empty(folders: Sequence[_Folder], named: frozenset[str]) -> Iterator[Task]:
    """Yield a failed site for each folder that holds none, beside folders that are sites."""
    for folder in folders:
        if folder.site or not any(folders[n].site for n in folder.folders):
            continue
        for n in folder.folders:
            other = folders[n]
            if other.holds or other.results or other.locked or other.broken or os.path.basename(other.path) in named:  # noqa: PTH119
                continue
            inside = [name for below in _below(other, folders) for name in below.stray]
            kinds = Counter(_ending(name) or "?" for name in inside)
            told = ", ".join(f"{count} × {kind}" for kind, count in sorted(kinds.items())[:8])
            for below in _below(other, folders):
                below.stray = []
            yield _failed(
                other.name, other.path, FailureKind.EMPTY,
                f"文件夹中没有可读取的图层（{told or '空文件夹'}）",
                f"the folder holds no layer that can be read ({told or 'it is empty'})",
            )  # fmt: skip


def _below(folder: _Folder, folders: Sequence[_Folder]) -> Iterator[_Folder]:
    waiting = [folder]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += [folders[n] for n in one.folders]


# ------------------------------------------------------------------------------------------- telling


def _tell(folders: Sequence[_Folder], walk: _Walk, journal: Journal) -> None:
    within = [False] * len(folders)  # in a folder that is a site, or below one: its reader tells, or it is the user's own
    stray = []
    for n, folder in enumerate(folders):
        within[n] = folder.site or folder.results or (folder.parent >= 0 and within[folder.parent])
        if not within[n]:
            stray += [harmless_id(_joined(folder.name, name)) for name in folder.stray]
    inner = [harmless_id(f.name) for f in folders if f.parent >= 0 and within[f.parent] and (f.site or f.single)]
    if inner:
        en, zh = listing(sorted(inner))
        journal.note(
            "sites_inside_sites", f"sites inside the folders of other sites, counted of their own: {en}",
            f"位于其他场地文件夹内的场地，已单独计入：{zh}",
        )  # fmt: skip
    if stray:
        en, zh = listing(sorted(stray))
        journal.note("files_of_no_site", f"files that belong to no site: {en}", f"不属于任何场地的文件：{zh}")
    if walk.links_again:
        en, zh = listing([harmless_id(name) for name in sorted(walk.links_again)])
        journal.note(
            "links_followed_once", f"links to folders that are in the tree already: {en}", f"指向已有文件夹的链接，未重复读取：{zh}"
        )
    if walk.batches:
        en, zh = listing([harmless_id(name) for name in sorted(walk.batches)])
        journal.note("results_of_batches", f"results of other batches were passed over: {en}", f"其他批量结果文件夹，未读取：{zh}")
    lists = [f for f in stray if f.rpartition("/")[2] == "manifest.csv"]
    if lists:
        journal.note(
            "manifest_not_read", f"{lists[0]} was not read: give it as the source to count what it lists as left out as well",
            f"未读取 {lists[0]}：如需计入其中列为略去的区域，请直接以该清单作为输入",
        )  # fmt: skip
