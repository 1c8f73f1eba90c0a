"""Evidence: files kept by their hash beside the store, before the entry that names them is committed.

A file is ``<folder>/ab/abcdef….<ending>``: the ending follows from the content and a list, never from the name that it
came with, so that nothing of the data can be a part of a path. The same file twice is stored once.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from PIL import ExifTags, Image

from firelane.cases.limits import limits
from firelane.cases.model import Evidence
from firelane.errors import InputError, Problem
from firelane.files import atomic_path, output_error, refusal_of_kind
from firelane.store.times import BEIJING, utc

OTHER = "application/octet-stream"
ENDINGS = {
    "image/jpeg": ".jpg", "image/png": ".png", "image/heic": ".heic", "image/webp": ".webp", "application/pdf": ".pdf",
    "video/mp4": ".mp4", "application/json": ".json", OTHER: ".bin",
}  # fmt: skip
"""Media type → ending. JSON is for audits alone: no file that somebody hands in is ever taken for it."""

_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_MP4 = {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"M4V ", b"MSNV", b"3gp4", b"3gp5"}
_CHUNK = 1 << 20
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_LONGEST_NAME = 120
_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)")


@dataclass(frozen=True)
class EvidenceGiven:
    """A file that is handed in, with what whoever hands it in says of it.

    Attributes
    ----------
    path : Path or None
        Where it lies; or
    content : bytes or None
        what it is.
    name : str
        For display; that of the path where nothing is said.
    taken_at : datetime or None
        Aware. What is told goes before what the file itself says.
    lonlat : (float, float) or None
    """

    path: Path | None = None
    content: bytes | None = None
    name: str = ""
    taken_at: datetime | None = None
    lonlat: tuple[float, float] | None = None


@dataclass(frozen=True)
class Kept:
    """What must be on the shelf: hash, size [bytes] and media type."""

    sha256: str
    size: int
    media_type: str


class Shelf:
    """The folder of evidence of one store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str, media_type: str) -> Path:
        """Return where a file lies.

        Raises
        ------
        ValueError
            If it is no hash: nothing else may become a path.
        """
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise ValueError("no SHA-256")
        return self.folder / sha256[:2] / f"{sha256}{ENDINGS.get(media_type, ENDINGS[OTHER])}"

    def keep(self, given: EvidenceGiven | Path, *, media_type: str | None = None) -> Evidence:
        """Store a file, flushed to the disk, and return what is known of it; one that is there already stays.

        Raises
        ------
        InputError
            If it cannot be read, is empty, or larger than ``limits.toml`` allows.
        OutputError
            If it cannot be stored.
        """
        told = given if isinstance(given, EvidenceGiven) else EvidenceGiven(path=given)
        name = display_name(told.name or (told.path.name if told.path is not None else ""))
        sha256, size, head = _measured(told, name)
        kind = media_type or sniff(head)
        target = self.path(sha256, kind)
        if not _is_whole(target, sha256, size):
            self._store(told, target, sha256, name)
        taken_at, lonlat = _from_exif(told) if kind.startswith("image/") else (None, None)
        by = "exif" if taken_at or lonlat else ""
        if told.taken_at is not None or told.lonlat is not None:
            taken_at, lonlat, by = told.taken_at or taken_at, told.lonlat or lonlat, "told"
        return Evidence(sha256, name, kind, size, None if taken_at is None else utc(taken_at), lonlat, by)

    def read(self, sha256: str, media_type: str) -> bytes:
        """Return a file's content, proven by its hash.

        Raises
        ------
        InputError
            If it is missing or altered.
        """
        path = self.path(sha256, media_type)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise _refused(path.name, f"the evidence cannot be read: {error.strerror}", f"证据无法读取：{error.strerror}") from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise _refused(path.name, "the evidence has been altered", "证据文件已被改动")
        return content

    def faults(self, wanted: Iterable[Kept]) -> Iterator[tuple[str, str]]:
        """Yield (zh, en) for every file that is missing or altered."""
        for kept in sorted(set(wanted), key=lambda k: (k.sha256, k.media_type)):
            try:
                path = self.path(kept.sha256, kept.media_type)
            except ValueError:
                yield f"证据的哈希值无效：{kept.sha256[:80]!r}", f"the evidence has no valid hash: {kept.sha256[:80]!r}"
                continue
            if not path.is_file():
                yield f"证据文件缺失：{kept.sha256}", f"a file of evidence is missing: {kept.sha256}"
            elif not _is_whole(path, kept.sha256, kept.size):
                yield f"证据文件已被改动：{kept.sha256}", f"a file of evidence has been altered: {kept.sha256}"

    def _store(self, told: EvidenceGiven, target: Path, sha256: str, name: str) -> None:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise output_error(target.parent, error) from error
        for folder in (self.folder.parent, self.folder):  # a folder that is new must survive a power cut as well
            _flush(folder)
        digest = hashlib.sha256()
        with atomic_path(target) as temporary, _opened(told, name) as source, temporary.open("wb") as copy:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                copy.write(chunk)
            if digest.hexdigest() != sha256:
                raise _refused(name, "it changed while it was read; hand it in again", "读取过程中文件发生变化，请重新提交")


def sniff(head: bytes) -> str:
    r"""Return the media type that the first bytes of a file tell.

    >>> sniff(b"\xff\xd8\xff\xe0"), sniff(b"%PDF-1.7"), sniff(b"<html>")
    ('image/jpeg', 'application/pdf', 'application/octet-stream')
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in _HEIC:
            return "image/heic"
        if brand in _MP4:
            return "video/mp4"
    return OTHER


def display_name(name: str) -> str:
    r"""Return a file's name to show: no folders, nothing invisible, not endless.

    >>> display_name("..\\..\\etc/照片 1.jpg"), display_name("")
    ('照片 1.jpg', '')
    """
    last = _UNSEEN.sub("", re.split(r"[/\\]", name)[-1]).strip()
    if len(last) <= _LONGEST_NAME:
        return last
    stem, dot, ending = last.rpartition(".")
    return f"{stem[:_LONGEST_NAME - 10]}….{ending}" if dot and len(ending) <= 8 else f"{last[: _LONGEST_NAME - 1]}…"


def _refused(name: str, en: str, zh: str) -> InputError:
    return InputError([Problem(en, layer=name or "evidence", message_zh=zh)])


@contextmanager
def _opened(told: EvidenceGiven, name: str) -> Iterator[BinaryIO]:
    if told.content is not None:
        yield BytesIO(told.content)
        return
    if told.path is None:
        raise _refused(name, "no file is given", "未给出文件")
    kind = refusal_of_kind(told.path)
    if kind is not None:
        raise _refused(name, kind[1], kind[0])
    try:
        stream = told.path.open("rb")
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise _refused(name, f"the evidence cannot be read: {said}", f"证据无法读取：{said}") from error
    with closing(stream):
        yield stream


def _measured(told: EvidenceGiven, name: str) -> tuple[str, int, bytes]:
    """Return hash, size and first bytes."""
    most = int(limits("evidence")["most_bytes"])
    digest, size, head = hashlib.sha256(), 0, b""
    try:
        with _opened(told, name) as stream:
            while chunk := stream.read(_CHUNK):
                head = head or chunk[:64]
                size += len(chunk)
                if size > most:
                    raise _refused(name, f"it is larger than {most >> 20} MB", f"文件超过 {most >> 20} MB")
                digest.update(chunk)
    except OSError as error:
        said = error.strerror or str(error)
        raise _refused(name, f"the evidence cannot be read: {said}", f"证据无法读取：{said}") from error
    if not size:
        raise _refused(name, "the file is empty", "文件为空")
    return digest.hexdigest(), size, head


def _is_whole(path: Path, sha256: str, size: int) -> bool:
    """Tell whether the file is there with that hash."""
    digest = hashlib.sha256()
    try:
        if not path.is_file() or path.stat().st_size != size:
            return False
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
    except OSError:
        return False
    return digest.hexdigest() == sha256


def _flush(folder: Path) -> None:
    if not hasattr(os, "O_DIRECTORY"):
        return
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# ---------------------------------------------------------------------- what a picture says


def _from_exif(told: EvidenceGiven) -> tuple[datetime | None, tuple[float, float] | None]:
    """Return when and where a picture was taken, as far as it says so; pixels are never decoded."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a size that Pillow warns of, tags that it cannot read
            with _opened(told, "") as stream, Image.open(stream) as picture:
                if picture.width * picture.height > int(limits("evidence")["most_pixels"]):
                    return None, None
                exif = picture.getexif()
                details, gps = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
                return _taken_at(details, exif), _taken_where(gps)
    except Exception:  # noqa: BLE001  (a broken or hostile block raises anything; the file is evidence all the same)
        return None, None


def _taken_at(details: Any, exif: Any) -> datetime | None:
    text = details.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
    with suppress(ValueError, TypeError, AttributeError, OverflowError):
        moment = datetime.strptime(text.strip("\x00 ")[:19], "%Y:%m:%d %H:%M:%S").replace(tzinfo=BEIJING)  # cameras tell no zone
        offset = _OFFSET.fullmatch(str(details.get(ExifTags.Base.OffsetTimeOriginal) or "").strip("\x00 "))
        if offset is not None:
            minutes = (int(offset[2]) * 60 + int(offset[3])) * (-1 if offset[1] == "-" else 1)
            moment = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
        utc(moment)  # one that lies before the first of all days is none
        return moment
    return None


def _taken_where(gps: Any) -> tuple[float, float] | None:
    with suppress(TypeError, ValueError, ZeroDivisionError, KeyError, IndexError, AttributeError):
        lat, lon = (_degrees(gps[tag]) for tag in (ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLongitude))
        lat = -lat if str(gps.get(ExifTags.GPS.GPSLatitudeRef, "N")).startswith("S") else lat
        lon = -lon if str(gps.get(ExifTags.GPS.GPSLongitudeRef, "E")).startswith("W") else lon
        # 0, 0 is what a camera writes that has no fix.
        if math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90 and (lon, lat) != (0.0, 0.0):
            return round(lon, 7), round(lat, 7)
    return None


def _degrees(parts: Any) -> float:
    degrees, minutes, seconds = (float(p) for p in parts)
    return degrees + minutes / 60 + seconds / 3600
