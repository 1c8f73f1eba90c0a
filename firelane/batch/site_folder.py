"""The folder of one site's results: ours by a mark, replaced as a whole, and never one that somebody else made."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from firelane.batch.model import Task
from firelane.batch.shard import shard_path
from firelane.errors import OutputError
from firelane.files import output_error

SITES = "sites"
MARK = ".firelane-site"
"""File by which a folder of results is known: what bears it is replaced as a whole, what does not is left alone."""

_MARK_TEXT = (
    "本文件夹由 firelane batch 写出；重新处理该场地时整体替换，请勿在此存放其他文件。\n"
    "Written by firelane batch and replaced as a whole when the site is done anew: keep nothing else here.\n"
)


def site_folder(out: Path, task: Task) -> Path:
    """Return where the results of a task lie."""
    return out / SITES / task.folder


def begin(out: Path, task: Task) -> Path:
    """Take away what an earlier run left of a site, and make its folder anew; return the folder.

    The shard goes first: from here on nothing claims that the site is done.

    Raises
    ------
    OutputError
        If something cannot be removed or made, or if what stands there is not ours.
    """
    discard(out, task)
    folder = site_folder(out, task)
    try:
        folder.mkdir(parents=True)
        (folder / MARK).write_text(_MARK_TEXT, "utf-8")
    except OSError as error:
        raise output_error(folder, error) from error
    return folder


def discard(out: Path, task: Task) -> None:
    """Remove shard and results of a site, where there are any.

    Raises
    ------
    OutputError
        If something cannot be removed, or if what stands in the place of the results is not ours: it is untouched then.
    """
    folder, shard = site_folder(out, task), shard_path(out, task)
    try:
        shard.unlink(missing_ok=True)
        _remove(folder, f"{SITES}/{task.folder}")
    except OutputError:
        raise
    except OSError as error:
        raise output_error(Path(error.filename or folder), error) from error


def _remove(folder: Path, shown: str) -> None:
    if folder.is_symlink():  # what it leads to is not ours
        folder.unlink()
        return
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise _not_ours(shown) from None
    if entries and MARK not in {entry.name for entry in entries}:
        raise _not_ours(shown)
    for entry in entries:
        if entry.name == MARK:
            continue  # last, so that what a killed process leaves behind is still known
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            Path(entry.path).unlink()
    (folder / MARK).unlink(missing_ok=True)
    folder.rmdir()


def _not_ours(shown: str) -> OutputError:
    return OutputError(
        f"{shown} stands in the results' folder and was not written by a batch: move it, or choose another folder with -o",
        f"结果文件夹中的 {shown} 不是批处理写出的：请移走，或用 -o 另选结果文件夹",
    )


# --------------------------------------------------------------------------------------------- what is there


def contents(folder: Path) -> str:
    """Return names and sizes of a site's results, as the ledger keeps them; hidden files are not of them."""
    return json.dumps(dict(sorted(_listed(folder, "").items())), ensure_ascii=True, separators=(",", ":"))


def _listed(folder: Path | str, above: str) -> dict[str, int]:
    found: dict[str, int] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                found |= _listed(entry.path, f"{above}{entry.name}/")
            else:
                found[above + entry.name] = entry.stat().st_size
    return found


def is_whole(folder: Path, told: str) -> bool:
    """Whether all files that were written are there with their sizes; further ones do not matter.

    Parameters
    ----------
    folder : Path
    told : str
        As of :func:`contents`; where it is empty, only the folder is looked for.
    """
    try:
        there = _listed(folder, "")
    except OSError:
        return False
    return matches(there, told)


def matches(there: Mapping[str, int], told: str, below: str = "") -> bool:
    """Whether ``there`` (name → size, -1 where nobody knows it) holds everything of ``told`` below a folder."""
    wanted: Mapping[str, int] = json.loads(told) if told else {}
    return all(there.get(below + name, -2) in (size, -1) for name, size in wanted.items())


def strangers(out: Path, tasks: frozenset[str]) -> tuple[str, ...]:
    """Return the names of folders of results that belong to no site any more, sorted.

    Parameters
    ----------
    out : Path
    tasks : frozenset of str
        ``Task.folder`` of all sites.
    """
    found = []
    with suppress(OSError), os.scandir(out / SITES) as entries:
        found = [e.name for e in entries if e.name not in tasks and not e.name.startswith(".") and e.is_dir()]
    return tuple(sorted(found))
