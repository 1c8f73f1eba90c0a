"""Entities of a DXF file that break the reader: one of them is no reason to refuse a whole plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ezdxf.entities import factory
from ezdxf.lldxf.extendedtags import ExtendedTags

_SECTIONS = (b"BLOCKS", b"ENTITIES")
# Others stand on these: a section, a block or a sequence without its beginning or end is worse than what broke.
_FRAMES = (b"SECTION", b"ENDSEC", b"EOF", b"BLOCK", b"ENDBLK", b"POLYLINE", b"VERTEX", b"INSERT", b"ATTRIB", b"SEQEND")


def without_broken(text: bytes, dropped: Counter[str], raised: tuple[type[Exception], ...]) -> bytes:
    """Return a file in ASCII without the entities that cannot be loaded.

    Parameters
    ----------
    text : bytes
    dropped : Counter
        Is told the DXF types of what was left out.
    raised : tuple of exception types
        What the reader raises on a damaged entity.
    """
    lines = text.splitlines()
    out: list[bytes] = []
    section = b""
    for start, end in _records(lines):
        kind = lines[start + 1].strip() if start + 1 < end else b""
        if kind == b"SECTION":
            section = lines[start + 3].strip() if start + 3 < end else b""
        if section in _SECTIONS and kind not in _FRAMES and not _loads(lines[start:end], raised):
            dropped[kind.decode("ascii", "replace")] += 1
        else:
            out += lines[start:end]
    return b"\n".join(out) + b"\n"


def _records(lines: list[bytes]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last line + 1 of each record: a group code 0 and all that follow it."""
    start = 0
    for n in range(0, len(lines), 2):
        if lines[n].strip() == b"0" and n > start:
            yield start, n
            start = n
    if lines:
        yield start, len(lines)


def _loads(lines: list[bytes], raised: tuple[type[Exception], ...]) -> bool:
    try:
        factory.load(ExtendedTags.from_text(b"\n".join(lines).decode("ascii", "replace") + "\n"))
    except raised:
        return False
    return True
