"""An object store of our own for tests: whole objects are put, got, listed and removed, and nothing else.

No renaming, no appending, no folders but what names suggest. It lies in a folder of the disk, so several processes see
the same. What is to go wrong stands in ``.faults`` of that folder, one word a line, used up from the top:
``put-fail`` (nothing is written), ``put-half`` (half is written, then an error), ``put-short`` (half is written and no
error), ``get-fail``, ``get-half`` (half arrives and no error), ``info-fail``, ``denied``.
"""

from __future__ import annotations

import fcntl
import hashlib
from pathlib import Path

import fsspec
from fsspec.spec import AbstractFileSystem

FAULTS = ".faults"


class ShelfFileSystem(AbstractFileSystem):
    """``shelf:///folder/of/the/disk/name``."""

    protocol = "shelf"
    root_marker = ""

    @classmethod
    def _strip_protocol(cls, path):
        if isinstance(path, list):
            return [cls._strip_protocol(p) for p in path]
        return path.removeprefix("shelf://").rstrip("/")

    def _fault(self, path, *kinds):
        """Return the next fault if it is of one of the kinds, and use it up."""
        for folder in Path(path).parents:
            told = folder / FAULTS
            if not told.is_file():
                continue
            with told.open("r+") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX)
                lines = stream.read().split()
                if lines and lines[0] in kinds:
                    stream.seek(0)
                    stream.truncate()
                    stream.write("\n".join(lines[1:]))
                    return lines[0]
        return ""

    def _object(self, path):
        return Path(self._strip_protocol(path))

    def put_file(self, lpath, rpath, **_):
        content = Path(lpath).read_bytes()
        fault = self._fault(rpath, "put-fail", "put-half", "put-short", "denied")
        if fault == "denied":
            raise PermissionError(13, "AccessDenied")
        if fault == "put-fail":
            raise ConnectionResetError(104, "connection reset; https://key:secret@store/x?X-Signature=abc")
        self.pipe_file(rpath, content[: len(content) // 2] if fault else content)
        if fault == "put-half":
            raise RuntimeError("the store's own class of error")

    def pipe_file(self, path, value, mode="overwrite", **_):
        target = self._object(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(value)

    def get_file(self, rpath, lpath, **_):
        Path(lpath).write_bytes(self.cat_file(rpath))

    def cat_file(self, path, start=None, end=None, **_):
        self._there(path)
        fault = self._fault(path, "get-fail", "get-half", "denied")
        if fault == "denied":
            raise PermissionError(13, "AccessDenied")
        if fault == "get-fail":
            raise TimeoutError("read timed out")
        content = self._object(path).read_bytes()
        return content[: len(content) // 2] if fault else content[start:end]

    def _there(self, path):
        if not self._object(path).is_file():
            raise FileNotFoundError(2, "NoSuchKey", path)

    def info(self, path, **_):
        path = self._strip_protocol(path)
        if self._fault(path, "info-fail"):
            raise ConnectionError("503 slow down")
        found = Path(path)
        if found.is_file():
            content = found.read_bytes()
            return {
                "name": path, "size": len(content), "type": "file", "ETag": hashlib.md5(content).hexdigest(),
            }  # fmt: skip
        if found.is_dir() and any(p.is_file() for p in found.rglob("*")):
            return {"name": path, "size": 0, "type": "directory"}
        raise FileNotFoundError(2, "NoSuchKey", path)

    def ls(self, path, detail=True, **_):
        path = self._strip_protocol(path)
        if Path(path).is_file():
            return [self.info(path)] if detail else [path]
        names = [str(p) for p in sorted(Path(path).iterdir()) if p.is_file() or any(q.is_file() for q in p.rglob("*"))]
        return [self.info(n) for n in names] if detail else names

    def rm_file(self, path):
        self._there(path)
        self._object(path).unlink()

    def _refuse(self, *_, **__):
        raise NotImplementedError("an object store does not do that")

    cp_file = mv = mv_file = _open = touch = mkdir = makedirs = rmdir = _refuse


def register():
    """Make ``shelf://`` known to fsspec in this process."""
    fsspec.register_implementation("shelf", ShelfFileSystem, clobber=True)


register()
