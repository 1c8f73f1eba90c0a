"""Where a store lies: a file, or a database on a server whose password no message may tell."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from firelane.store.errors import StoreError

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+)://")
_POSTGRESQL = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
_SECRET_OPTIONS = ("password", "sslpassword", "passfile")
# WAL keeps its index in memory that all writers share, which these do not give to two machines (SQLite, "WAL").
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "davfs", "fuse.sshfs", "fuse.davfs2"})
_SHORTEST_SECRET = 4


@dataclass(frozen=True)
class Target:
    """A place for a store.

    Attributes
    ----------
    shown : str
        As messages name it, without any password.
    path : Path or None
        The SQLite file.
    url : sqlalchemy.URL or None
        The PostgreSQL database.
    """

    shown: str
    path: Path | None = None
    url: URL | None = None

    def scrub(self, text: str) -> str:
        """Return a driver's words without the password, should they hold it."""
        for secret in self._secrets():
            for form in {secret, quote(secret, safe=""), quote_plus(secret)}:
                if form in text:
                    if len(secret) < _SHORTEST_SECRET:  # blanking single letters would show which they are
                        return "***"
                    text = text.replace(form, "***")
        return text

    def _secrets(self) -> list[str]:
        if self.url is None:
            return []
        told = [self.url.password, *(self.url.query.get(name) for name in _SECRET_OPTIONS)]
        return [part for item in told if item for part in ([item] if isinstance(item, str) else item) if part]


def read_target(target: str | Path) -> Target:
    """Tell a file from a server.

    Raises
    ------
    StoreError
        If it is a URL that is not understood. The message does not repeat it: it may hold a password.
    """
    text = os.fspath(target)
    if not text.strip() or "\x00" in text:
        raise StoreError("an empty name for the store", "案件库名称为空")
    scheme = _SCHEME.match(text) if isinstance(target, str) else None
    if scheme is None:
        # A link is followed once and for all: the log and the evidence lie beside the file itself.
        path = Path(text).expanduser().resolve()
        return Target(str(path), path=path)
    if scheme[1].lower() not in _POSTGRESQL:
        raise StoreError(
            f"{scheme[1]}:// is no store: give the path of a file, or postgresql://user@server/database",
            f"不支持 {scheme[1]}://：请给出文件路径，或 postgresql://用户@服务器/数据库",
        )
    try:
        url = make_url(text).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError):
        url = None
    if url is None or not (url.database or url.query.get("service")):
        raise StoreError(
            "the URL is not understood: write postgresql://user:password@server:5432/database, with special characters "
            "in the password as %XX",
            "无法识别该地址：请写作 postgresql://用户:密码@服务器:5432/数据库，密码中的特殊字符写作 %XX",
        )
    plain = url.set(drivername="postgresql").difference_update_query(_SECRET_OPTIONS)
    return Target(plain.render_as_string(hide_password=True), url=url)


def network_file_system(path: Path) -> str | None:
    """Return the kind of network file system that ``path`` lies on, None where none can be recognised.

    Linux tells by its table of mounts, Windows by the kind of drive. Elsewhere, and where a network lies behind a
    local-looking mount (a virtual machine's shared folder), it cannot be known.
    """
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415  (there is none of this elsewhere)

        drive = path.resolve().drive
        remote = drive.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(f"{drive}\\") == 4
        return "network drive" if remote else None
    try:
        mounts = Path("/proc/self/mounts").read_text("utf-8", errors="surrogateescape")
    except OSError:
        return None
    return _kind_of_mount(path.resolve(), mounts)


def _kind_of_mount(path: Path, mounts: str) -> str | None:
    """Return the file system's kind if it is a network's, by the text of Linux' table of mounts."""
    best, kind = -1, ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        # Blanks and backslashes stand there as octal numbers.
        point = Path(re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), fields[1]))
        # Of two mounts on one point the later is the one that is seen.
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), fields[2]
    return kind if kind in _NETWORK else None
