"""Before anything is written or removed: no input may lie where a batch clears and writes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from firelane.batch.model import Task
from firelane.batch.place_names import is_address, shown
from firelane.errors import UsageError

OWN = ("sites", "shards", ".scratch")
"""Folders of the results that a batch clears: what lies in them is taken for its own."""

_NAMED = 5


def refuse_input_in_results(
    tasks: Sequence[Task], source: str | os.PathLike[str], places: Iterable[str], further: Iterable[str | os.PathLike[str]] = ()
) -> None:
    """Refuse a batch whose input lies in the results' own folders: it would be deleted before it is read.

    The results may lie in the folder of the source; the source may not lie in ``sites``, ``shards`` or ``.scratch`` of
    the results, and no site may be the results' folder itself, because the city's files would be read as its layers.

    Parameters
    ----------
    tasks : sequence of Task
    source : path or address
        Of the batch.
    places : iterable of str
        Folders and addresses that results are written into.
    further : iterable of path
        Other files that are read: rules, districts.

    Raises
    ------
    UsageError
        Naming the first few.
    """
    real = _Real()
    outs = {real(place) for place in places}
    own = {real(_below(out, name)) for out in outs for name in OWN}
    heads = tuple(_ended(folder) for folder in own)

    def inside(place: str) -> bool:
        path = real(place)
        return path in own or path.startswith(heads)

    bad = [os.fspath(place) for place in (source, *further) if inside(os.fspath(place))]
    for task in tasks:
        if task.failure is not None:
            continue  # it is not read
        if inside(task.source) or any(p is not None and inside(p) for p in (task.config, task.within)) or real(task.source) in outs:
            bad.append(task.site_id)
    if not bad:
        return
    named, more = [shown(text) for text in bad[:_NAMED]], len(bad) - _NAMED
    en, zh = ", ".join(named) + (f" and {more} more" if more > 0 else ""), "、".join(named) + (f" 等 {len(bad)} 项" if more > 0 else "")
    raise UsageError(
        f"the input lies in the results' folder, where a batch clears and writes ({', '.join(OWN)}): {en}. Nothing was "
        "touched; choose another folder with -o",
        f"数据位于结果文件夹之内，批处理会清除并改写其中的 {'、'.join(OWN)}：{zh}。未改动任何文件；请用 -o 另选结果文件夹",
    )


def refuse_source_as_results(source: str | os.PathLike[str], home: Path, error: Exception) -> None:
    """Say why no site was found where source and results are one folder: its ``sites`` are taken for results.

    Raises
    ------
    UsageError
        If they are.
    """
    real = _Real()
    if real(os.fspath(source)) == real(str(home)):
        raise UsageError(
            f"source and results are the same folder, in which {', '.join(OWN)} are results and no input; choose another "
            "folder with -o. Nothing was touched",
            f"数据文件夹与结果文件夹相同，其中的 {'、'.join(OWN)} 视为结果而非数据；请用 -o 另选结果文件夹。未改动任何文件",
        ) from error


def _below(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}" if is_address(folder) else os.path.join(folder, name)  # noqa: PTH118


def _ended(folder: str) -> str:
    return f"{folder}/" if is_address(folder) else os.path.join(folder, "")  # noqa: PTH118


class _Real:
    """Real paths of many files, links resolved, each folder once: a city has twenty thousand sites in few folders."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}

    def __call__(self, place: str) -> str:
        """Return the real path of what is on a disk, in one spelling; an address as it is shown."""
        if place.startswith(("file://", "local://")) and "::" not in place:
            place = place.partition("://")[2]
        if is_address(place):
            return shown(place).rstrip("/")
        if "\0" in place:
            return place
        full = os.path.join(os.getcwd(), place)  # noqa: PTH109, PTH118
        folder, name = os.path.split(full.rstrip(os.sep) or os.sep)
        if name in ("", ".", ".."):
            return os.path.normcase(os.path.realpath(full))
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        path = os.path.join(self._folders[folder], name)  # noqa: PTH118
        return os.path.normcase(os.path.realpath(path) if os.path.islink(path) else path)  # noqa: PTH114


