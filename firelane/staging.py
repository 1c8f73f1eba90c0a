"""A set of result files that appear together or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from firelane.errors import OutputError
from firelane.files import atomic_path, ensure_writable_dir, output_error


@contextmanager
def staged(folder: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a private folder inside ``folder``; on success its files move into ``folder``.

    A disk that fills at the fifth of nine files would otherwise leave a drawing of today beside a map
    of yesterday. The private folder's name begins with a dot, so what a killed run leaves behind is
    never taken for a layer or a result.

    Parameters
    ----------
    folder : path-like
        Where the files are to stand; created if need be.

    Yields
    ------
    Path
        An empty folder. Files in it keep their names.

    Raises
    ------
    OutputError
        If the folder cannot be written to, or a file cannot take its place. On any failure before the
        first file has taken its place, what stands in ``folder`` is untouched.
    """
    target = ensure_writable_dir(folder)
    try:
        desk = Path(tempfile.mkdtemp(prefix=".firelane-", dir=target))
    except OSError as error:
        raise OutputError(f"cannot write into {target}: {error.strerror or error}") from error
    try:
        yield desk
        check_places(desk, target)
        for finished in sorted(desk.iterdir()):
            with atomic_path(target / finished.name) as temporary:
                # Within one file system: nothing is copied, and no space is needed.
                os.replace(finished, temporary)  # noqa: PTH105  (as in atomic_path)
    except OutputError as error:
        # The user knows the folder by its own name.
        here, there = str(desk), str(target)
        raise OutputError(str(error).replace(here, there), error.message_zh.replace(here, there)) from error
    finally:
        shutil.rmtree(desk, ignore_errors=True)


def check_places(desk: Path, folder: Path) -> None:
    """Refuse, before the first file moves, what would keep a later one from its place.

    Parameters
    ----------
    desk, folder : Path
        The private folder, and where its files are to stand.

    Raises
    ------
    OutputError
        If a folder stands where a file is to stand.
    """
    for finished in sorted(desk.iterdir()):
        if (folder / finished.name).is_dir():
            raise output_error(folder / finished.name, IsADirectoryError(errno.EISDIR, "Is a directory"))
