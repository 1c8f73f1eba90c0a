"""Writing files so that a killed run, a full disk or a hostile name damages nothing."""

from __future__ import annotations

import csv
import errno
import io
import os
import re
import stat
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from firelane.errors import InputError, OutputError, Problem

# Names that Windows gives to devices, whatever the ending (naming rules of the Win32 file system).
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "clock$", "conin$", "conout$"}
    | {f"{device}{digit}" for device in ("com", "lpt") for digit in "0123456789¹²³"}
)
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\s]+')
_MAX_NAME_BYTES = 120  # well below the 255 bytes of ext4 and the 260 characters of a Windows path

_PERMISSION = ("it may not be written to; change its permissions, or choose another folder", "没有写入权限；请修改权限，或改用其他文件夹")
_REASONS = {
    errno.ENOSPC: (
        "no space is left on the disk; free some space, or choose another folder",
        "磁盘空间不足；请清理磁盘，或改用其他文件夹",
    ),
    errno.EDQUOT: (
        "the disk quota is used up; free some space, or choose another folder",
        "磁盘配额已用完；请清理磁盘，或改用其他文件夹",
    ),
    errno.EACCES: _PERMISSION,
    errno.EPERM: _PERMISSION,
    errno.EROFS: ("the file system is read-only; choose another folder", "文件系统只读；请改用其他文件夹"),
    errno.ENOTDIR: (
        "a part of the path is a file, not a folder; choose another folder",
        "路径中有一部分是文件而不是文件夹；请改用其他文件夹",
    ),
    errno.EEXIST: (
        "a file of that name is in the way; move it, or choose another folder",
        "已有同名文件；请移走该文件，或改用其他文件夹",
    ),
    errno.EISDIR: (
        "a folder of that name is in the way; move it, or choose another name",
        "已有同名文件夹；请移走该文件夹，或改用其他名称",
    ),
    errno.ENAMETOOLONG: ("the name is too long; choose a shorter one", "名称过长；请改用较短的名称"),
}


def output_error(path: Path, error: OSError) -> OutputError:
    """Say in plain words why ``path`` could not be written and what to do."""
    said = error.strerror or str(error)
    en, zh = _REASONS.get(error.errno or 0, (said, said))
    return OutputError(f"cannot write {path}: {en}", f"无法写入 {path}：{zh}")


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it is flushed to the disk and renamed.

    Whoever looks at ``path`` sees the old file or the new one, never half of one. On any failure
    the temporary file is removed and the old one stays.

    Parameters
    ----------
    path : path-like
        Where the finished file is to stand. Its folder must exist. The temporary name keeps the
        ending, because writers choose their format by it.

    Yields
    ------
    Path
        The path to write to. The file does not exist yet.

    Raises
    ------
    OutputError
        If the file cannot be written (no space, no permission, no folder …). An ``OSError`` that
        the body raises counts as that.
    """
    target = Path(path)
    try:
        folder = Path(tempfile.mkdtemp(prefix=".firelane-", dir=target.parent))
    except OSError as error:
        raise output_error(target, error) from error
    temporary = folder / target.name
    try:
        yield temporary
        _flush(temporary)
        os.replace(temporary, target)  # noqa: PTH105  (Path.replace hides which call failed)
        _flush_folder(target.parent)
    except OutputError:
        raise
    except OSError as error:
        raise output_error(target, error) from error
    finally:
        # A writer may leave journals beside its file: the whole private folder goes.
        for left in folder.glob("*"):
            with suppress(OSError):
                left.unlink()
        with suppress(OSError):
            folder.rmdir()


def _flush(path: Path) -> None:
    """Force the file's content to the disk, so that the rename cannot overtake it."""
    # Windows refuses to flush a handle that was opened for reading only.
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_folder(folder: Path) -> None:
    """Force the rename itself to the disk, where the operating system offers that."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    with suppress(OSError):  # some network file systems refuse; the content is safe by then
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_bytes(path: str | os.PathLike[str], content: bytes) -> Path:
    """Write ``content`` to ``path`` by way of :func:`atomic_path`; return the path.

    Raises
    ------
    OutputError
        If it cannot be written; an older file stays as it was.
    """
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
    return Path(path)


def write_text(path: str | os.PathLike[str], content: str, *, encoding: str = "utf-8") -> Path:
    """Write ``content`` with its line ends unchanged, by way of :func:`atomic_path`; return the path.

    Raises
    ------
    OutputError
        If it cannot be written; an older file stays as it was.
    """
    return write_bytes(path, content.encode(encoding))


def ensure_writable_dir(path: str | os.PathLike[str]) -> Path:
    """Create the folder if need be and prove, by writing, that files can be put into it.

    Raises
    ------
    OutputError
        If it cannot be created or written to; the message says what to do.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Permission bits lie on network drives and for administrators: only a write proves it.
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"firelane")
    except OSError as error:
        raise output_error(folder, error) from error
    return folder


def delimited_rows(content: bytes, name: str) -> list[list[str]]:
    r"""Return the rows of a text table as Chinese and other spreadsheets write it: UTF-8 or GB 18030, with ``,`` ``;`` or tabs.

    Parameters
    ----------
    content : bytes
    name : str
        Of the file, for the problem.

    Raises
    ------
    InputError
        If it is no such table.

    >>> delimited_rows("编号;名称\r\n1;沈河".encode("gb18030"), "a.csv")
    [['编号', '名称'], ['1', '沈河']]
    """
    again = ("export it again", "请重新导出")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise _no_table(
            name, "is neither UTF-8 nor GB18030", "编码既不是 UTF-8 也不是 GB18030", ("save it as CSV UTF-8", "请另存为 CSV UTF-8")
        )
    if "\x00" in text:
        raise _no_table(name, "is no text file", "不是文本文件", again)
    first = text.partition("\n")[0]
    delimiter = max(",;\t，", key=first.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise _no_table(name, f"is no CSV table: {error}", f"不是 CSV 表格（{error}）", again) from error


def _no_table(name: str, en: str, zh: str, remedy: tuple[str, str]) -> InputError:
    return InputError([Problem(en, remedy[0], name, message_zh=zh, remedy_zh=remedy[1])])


def refusal_of_kind(path: Path) -> tuple[str, str] | None:
    """Return why ``path`` is not read (Chinese, English), None for an ordinary file or one that is not there.

    A named pipe would be waited for and a device never ends; who opens the path next tells what is missing.
    """
    with suppress(OSError, ValueError):
        if not stat.S_ISREG(path.stat().st_mode):
            return ("不是普通文件", "is no ordinary file")
    return None


def starts_formula(text: str) -> bool:
    """Tell whether a spreadsheet would take ``text`` for a formula; full-width signs count as well.

    >>> starts_formula("=1+1"), starts_formula(" @SUM(A1)"), starts_formula("＝1"), starts_formula("R1")
    (True, True, True, False)
    """
    return text.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))


def safe_name(text: str) -> str:
    """Return one component of a file name made from any text, hostile ones included.

    No separators, no control characters, none of the names that Windows reserves, no leading or
    trailing dots, at most 120 bytes in UTF-8, never empty, Unicode normal form C. A safe name is
    returned unchanged.

    >>> safe_name("../../etc/passwd"), safe_name("CON.txt"), safe_name("-rf"), safe_name("三好街 12号")
    ('etc_passwd', '_CON.txt', '_-rf', '三好街_12号')
    """
    normal = unicodedata.normalize("NFC", text)
    # Control, format (direction overrides), surrogate, private and unassigned characters: out.
    kept = "".join(c if c.isspace() or unicodedata.category(c)[0] != "C" else "" for c in normal)
    name = _strip(_FORBIDDEN.sub("_", kept))
    name = unicodedata.normalize("NFC", name)
    # A leading hyphen would be an option to whoever writes rm * in that folder.
    if name.startswith("-") or name.split(".")[0].rstrip("_ ").lower() in _RESERVED:
        name = f"_{name}"
    while len(name.encode("utf-8")) > _MAX_NAME_BYTES:
        name = name[:-1]
    return name.rstrip("._ ") or "unnamed"


def _strip(name: str) -> str:
    """Strip dots and joints from both ends, a leading joint only together with a leading dot."""
    return re.sub(r"^[._]*\.[._]*", "", name).rstrip("._ ")
