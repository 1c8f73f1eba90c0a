"""The header of a LAS or LAZ file: does what it says fit the length of the file, and is it possible at all.

It is looked at before any reader of laser points is: four bytes may ask for four thousand million records. Offsets and
lengths are those of the ASPRS LAS specifications 1.0 to 1.5 and, for LAZ, of the LASzip record that the file carries.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from firelane.site.points_stream import settings

MAGIC = b"LASF"

_HEADER_BYTES = {0: 227, 1: 227, 2: 227, 3: 235, 4: 375, 5: 393}
"""Minor version -> length of the header [bytes]."""
_POINT_BYTES = (20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67)
"""Length of a point of format 0 to 10 [bytes]."""
_RECORD_BYTES, _LATE_RECORD_BYTES = 54, 60
"""Headers of a variable length record, and of an extended one behind the points [bytes]."""
_COMPRESSED, _FORMAT = 0x80, 0x7F
_LASZIP = (b"laszip encoded", 22204)
_POINTWISE = 1
"""Of the compressors of LASzip, the one that writes no table of chunks."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a file, and what to do about it."""

    en: str
    zh: str
    remedy_en: str = "export it again as LAS 1.2 to 1.4 or LAZ"
    remedy_zh: str = "请重新导出为 LAS 1.2–1.4 或 LAZ"


EMPTY = Fault("the file is empty", "文件为空", "copy it again", "请重新复制该文件")
STRANGER = Fault(
    "this is no LAS or LAZ file, whatever its name says", "这不是 LAS/LAZ 文件（与扩展名不符）",
    "export the points as LAS 1.2 to 1.4 or LAZ; an encrypted file must be opened first",
    "请导出为 LAS 1.2–1.4 或 LAZ；加密文件须先解密",
)  # fmt: skip
CUT = Fault("the file ends before its points do", "文件不完整（点数据被截断）", "copy it again", "请重新复制该文件")
DAMAGED = Fault(
    "the file is damaged: its header or its points cannot be read", "点云文件损坏，文件头或点数据无法读取",
    "copy or export it again", "请重新复制或导出该文件",
)  # fmt: skip


@dataclass(frozen=True)
class _Header:
    minor: int
    header_bytes: int
    begin: int
    records: int
    kind: int
    compressed: bool
    point_bytes: int
    points: int
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    late_begin: int
    late_records: int


def fault_of(path: Path) -> Fault | None:
    """Return what is wrong with the header of a LAS or LAZ file; None where nothing is.

    Raises
    ------
    OSError
        If the file cannot be opened.
    """
    size = path.stat().st_size
    if size == 0:
        return EMPTY
    with path.open("rb") as file:
        head = file.read(max(_HEADER_BYTES.values()))
        if not head.startswith(MAGIC):
            return STRANGER
        if len(head) < _HEADER_BYTES[0]:
            return CUT
        major, minor = head[24], head[25]
        if major != 1 or minor not in _HEADER_BYTES:
            return Fault(f"LAS version {major}.{minor} is unknown", f"未知的 LAS 版本 {major}.{minor}")
        if len(head) < _HEADER_BYTES[minor]:
            return CUT
        header = _parsed(head, minor)
        return (
            _impossible_layout(header, size)
            or (_impossible_numbers(header) if header.points else None)
            or _broken_late_records(file, header, size)
            or (_broken_chunks(file, header, size) if header.compressed and header.points else None)
        )


def _parsed(head: bytes, minor: int) -> _Header:
    header_bytes, begin, records, kind, point_bytes, points = struct.unpack("<HIIBHI", head[94:111])
    numbers = struct.unpack("<12d", head[131:227])
    late_begin = late_records = 0
    if minor >= 4:
        late_begin, late_records, points = struct.unpack("<QIQ", head[235:255])
    return _Header(
        minor, header_bytes, begin, records, kind & _FORMAT, bool(kind & _COMPRESSED), point_bytes, points,
        numbers[:3], numbers[3:6], numbers[7::2], numbers[6::2], late_begin, late_records,
    )  # fmt: skip


def _impossible_layout(header: _Header, size: int) -> Fault | None:
    if header.kind >= len(_POINT_BYTES):
        return Fault(
            f"its points have format {header.kind}; formats 0 to 10 are known",
            f"点格式为 {header.kind}，而规范只有 0 至 10",
        )  # fmt: skip
    least = _POINT_BYTES[header.kind]
    if header.point_bytes < least:
        return Fault(
            f"its header is damaged: a point of format {header.kind} has {least} bytes or more, not {header.point_bytes}",
            f"文件头损坏：格式 {header.kind} 的点至少有 {least} 字节，而非 {header.point_bytes}",
        )  # fmt: skip
    if header.header_bytes < _HEADER_BYTES[header.minor] or header.begin < header.header_bytes:
        return Fault(
            "its header is damaged: the points would begin within it", "文件头损坏：点数据的起始位置落在文件头内"
        )  # fmt: skip
    if header.begin > size:
        return CUT
    room = header.begin - header.header_bytes
    if header.records * _RECORD_BYTES > room:
        return Fault(
            f"its header is damaged: {header.records} records do not fit before the points",
            f"文件头损坏：点数据之前放不下 {header.records} 条变长记录",
        )  # fmt: skip
    if not header.compressed and header.begin + header.points * header.point_bytes > size:
        return CUT
    return None


def _impossible_numbers(header: _Header) -> Fault | None:
    """Scales, offsets and bounds that no points can have."""
    known = settings()["header"]
    scales, offsets, low, high = (
        np.array(part) for part in (header.scales, header.offsets, header.low, header.high)
    )
    if not (np.isfinite(scales).all() and (scales != 0).all() and (np.abs(scales) <= known["max_scale"]).all()):
        return Fault(
            "its header is damaged: the scale of its coordinates is no usable number",
            "文件头损坏：坐标的比例因子无效",
        )  # fmt: skip
    if not (np.isfinite(offsets).all() and (np.abs(offsets) <= known["max_coordinate"]).all()):
        return Fault(
            "its header is damaged: the offset of its coordinates is no usable number",
            "文件头损坏：坐标的偏移量无效",
        )  # fmt: skip
    if not (np.isfinite(low).all() and np.isfinite(high).all() and (high >= low).all()):
        return Fault("the bounds in its header are no numbers", "文件头中的范围无效", "export it again", "请重新导出")
    # Coordinates are 32-bit integers times the scale; bounds are rounded by whoever wrote them.
    reach = np.abs(scales) * 2.0**31 + 1.0
    if (low < offsets - reach).any() or (high > offsets + reach).any():
        return Fault(
            "its header is damaged: the bounds lie where its scale and offset cannot reach",
            "文件头损坏：范围与比例因子、偏移量不符",
        )  # fmt: skip
    return None


def _broken_late_records(file: BinaryIO, header: _Header, size: int) -> Fault | None:
    """Follow the records behind the points: each tells where the next begins."""
    at = header.late_begin
    if header.late_records and header.late_records * _LATE_RECORD_BYTES > size - at:
        return Fault(
            f"the file ends before its records do: {header.late_records} of them are announced behind the points",
            f"文件不完整：点数据之后应有 {header.late_records} 条扩展变长记录", "copy it again", "请重新复制该文件",
        )  # fmt: skip
    for _ in range(header.late_records):
        file.seek(at)
        head = file.read(_LATE_RECORD_BYTES)
        if len(head) < _LATE_RECORD_BYTES:
            return CUT
        at += _LATE_RECORD_BYTES + int(struct.unpack("<Q", head[20:28])[0])
        if at > size:
            return CUT
    return None


def _broken_chunks(file: BinaryIO, header: _Header, size: int) -> Fault | None:
    """Look at the table of chunks of a LAZ file, which is at its end: a decoder reserves memory for all it announces."""
    file.seek(header.header_bytes)
    records = file.read(header.begin - header.header_bytes)
    told = _laszip(records, header.records)
    if told is None:
        return DAMAGED
    if told == _POINTWISE:
        return None
    if header.begin + 8 > size:
        return CUT
    file.seek(header.begin)
    (table,) = struct.unpack("<q", file.read(8))
    if table == -1:  # written as a stream: the place of the table stands at the very end
        file.seek(size - 8)
        (table,) = struct.unpack("<q", file.read(8))
    if table < header.begin + 8:
        return DAMAGED
    if table + 8 > size:
        return CUT
    file.seek(table)
    _, chunks = struct.unpack("<II", file.read(8))
    # A chunk begins with a whole point.
    if chunks * header.point_bytes > table - header.begin or not chunks:
        return DAMAGED
    return None


def _laszip(records: bytes, count: int) -> int | None:
    """Return the compressor that the LASzip record names; None where there is no such record."""
    at = 0
    for _ in range(count):
        head = records[at : at + _RECORD_BYTES]
        if len(head) < _RECORD_BYTES:
            return None
        user, number, length = struct.unpack("<16sHH", head[2:22])
        at += _RECORD_BYTES
        if (user.rstrip(b"\0"), number) == _LASZIP:
            # Compressor, coder, version, options, size of a chunk, special records, number of items, items.
            return int(struct.unpack("<H", records[at : at + 2])[0]) if length >= 34 and at + 34 <= len(records) else None
        at += length
    return None
