"""The city's files appear together: a merge that is killed leaves the old set, or the new one."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from firelane.files import ensure_writable_dir, output_error

MAP, BOOK, CHART_BOOK, CHARTS = "city_map.html", "city.xlsx", "city_charts.pdf", "charts"
"""What is drawn from the tables, and may be missing from a set: three files and a folder of pictures."""

_BEING_MADE = ".city-being-made"
_READY = ".city-ready"
_LIST = ".files.json"  # of the set: the pictures of an older one that are not in it go


@contextmanager
def city_desk(out: Path) -> Iterator[Path]:
    """Yield an empty private folder; on success all that is in it takes its place in ``out``.

    Map, workbook and charts of an older set that the new one lacks are removed: they would show other figures.

    One rename decides: before it the old files stand, after it the new ones are moved to their places, by this process or,
    if that is killed, by the next one (``settle``).

    Raises
    ------
    OutputError
        If it cannot be written; what stood there is untouched.
    """
    ensure_writable_dir(out)
    settle(out)
    desk = out / _BEING_MADE
    shutil.rmtree(desk, ignore_errors=True)
    try:
        desk.mkdir()
    except OSError as error:
        raise output_error(desk, error) from error
    try:
        yield desk
        files = _files(desk)
        for name in files:
            _check_place(out / name)
            _flush(desk / name)
        try:
            (desk / _LIST).write_text(json.dumps([name.as_posix() for name in files]), "utf-8")
        except OSError as error:
            raise output_error(desk, error) from error
        _flush(desk / _LIST)
        try:
            desk.rename(out / _READY)
        except OSError as error:
            raise output_error(out, error) from error
    except BaseException:
        shutil.rmtree(desk, ignore_errors=True)
        raise
    settle(out)


def settle(out: Path) -> None:
    """Finish a publication that was interrupted; nothing happens where there is none.

    Raises
    ------
    OutputError
        If a file cannot take its place.
    """
    ready = out / _READY
    if not ready.is_dir():
        return
    listed = _listed(ready)
    for name in _files(ready):
        if name.as_posix() == _LIST:
            continue
        target = out / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(ready / name, target)  # noqa: PTH105  (within one file system: nothing is copied)
        except OSError as error:
            raise output_error(target, error) from error
    if listed is not None:
        _remove_older(out, listed)
    shutil.rmtree(ready, ignore_errors=True)


def _listed(ready: Path) -> frozenset[str] | None:
    """Return the names of a set; None where its list is gone: it was being cleared away, with nothing left to do."""
    try:
        return frozenset(json.loads((ready / _LIST).read_text("utf-8")))
    except (OSError, ValueError):
        return None


def _remove_older(out: Path, listed: frozenset[str]) -> None:
    """Remove what is drawn from the tables and is not in this set.

    Raises
    ------
    OutputError
    """
    for old in [out / MAP, out / BOOK, out / CHART_BOOK, *sorted((out / CHARTS).glob("*.png"))]:
        if old.relative_to(out).as_posix() not in listed and (old.is_file() or old.is_symlink()):
            try:
                old.unlink(missing_ok=True)
            except OSError as error:
                raise output_error(old, error) from error
    with suppress(OSError):  # somebody's own files may lie in it
        (out / CHARTS).rmdir()


def _check_place(target: Path) -> None:
    """Refuse, before anything moves, what would keep a file from its place."""
    if target.is_dir():
        raise output_error(target, IsADirectoryError(errno.EISDIR, "Is a directory"))


def _files(folder: Path) -> list[Path]:
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def _flush(path: Path) -> None:
    """Force a file to the disk, so that the rename cannot overtake it."""
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        os.close(descriptor)
