"""The text of a DXF file: which encoding it really has, whatever its header says."""

from __future__ import annotations

import re
from dataclasses import dataclass

VERSIONS = {
    "AC1006": "R10", "AC1009": "R12", "AC1012": "R13", "AC1014": "R14", "AC1015": "R2000", "AC1018": "R2004",
    "AC1021": "R2007", "AC1024": "R2010", "AC1027": "R2013", "AC1032": "R2018",
}  # fmt: skip
UTF8_FROM = "AC1021"
"""From R2007 on a DXF file is UTF-8 whatever its code page."""

_VERSION = re.compile(rb"\$ACADVER.{1,12}?(AC\d{4})", re.DOTALL)
_CODE_PAGE = re.compile(rb"\$DWGCODEPAGE.{1,12}?((?:ANSI|DOS)_?\d{3,4}|[A-Za-z][A-Za-z0-9_-]{2,15})", re.DOTALL)
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_HAN_PAIRS = re.compile(rb"(?:[\xa1-\xf7][\xa1-\xfe])+")
_HAN_SHARE = 0.9  # names of rarer characters, whose second byte is a letter, make the rest
_HEADER_BYTES = 1 << 16
_THREE_BYTES = "\u0800"  # the first character that UTF-8 writes in three bytes


@dataclass(frozen=True)
class Label:
    """What a file says of itself.

    Attributes
    ----------
    version : str
        ``AC1009`` …; R12 where nothing is said, as the oldest files do.
    code_page : str
        ``ANSI_936`` …; empty where nothing is said.
    """

    version: str
    code_page: str


def label(raw: bytes) -> Label:
    """Return version and code page as the header tells them, in text or binary files."""
    head = raw[:_HEADER_BYTES]
    version, page = _VERSION.search(head), _CODE_PAGE.search(head)
    return Label(
        version.group(1).decode("ascii") if version else "AC1009",
        page.group(1).decode("ascii").upper() if page else "",
    )


def encoding_of(raw: bytes, said: Label) -> str:
    """Return the Python name of the encoding that the bytes of a text file really have.

    What the header says is a hint only: office tools write UTF-8 under ``ANSI_936``, and Chinese code pages
    under ``ANSI_1252``.
    """
    runs = _HIGH_RUN.findall(raw)
    declared = declared_encoding(said)
    if not runs:
        return declared
    if _is_utf8(raw):
        # Two Chinese characters of GBK can look like two of UTF-8, never like one of its three-byte ones.
        if declared == "utf-8" or max(b"".join(runs).decode("utf-8")) >= _THREE_BYTES:
            return "utf-8"
        return declared if _decodes(raw, declared) else "utf-8"
    if declared == "gb18030" or (declared in {"utf-8", "cp1252", ""} and looks_chinese(runs)):
        return "gb18030"
    return "cp1252" if declared == "utf-8" else declared


def declared_encoding(said: Label) -> str:
    """Return the encoding that version and code page promise."""
    if said.version >= UTF8_FROM or said.code_page in {"UTF-8", "UTF8"}:
        return "utf-8"
    number = re.sub(r"\D", "", said.code_page)
    if said.code_page.startswith("GB") or number in {"936", "54936", "2312"}:
        return "gb18030"
    if f"cp{number}" in {
        "cp874", "cp932", "cp949", "cp950", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256",
        "cp1257", "cp1258", "cp437", "cp850", "cp852", "cp866",
    }:  # fmt: skip
        return f"cp{number}"
    return "cp1252"


def looks_chinese(runs: list[bytes]) -> bool:
    """Tell whether runs of high bytes are pairs of GB 2312; accented letters stand singly between others."""
    total = sum(len(run) for run in runs)
    han = sum(len(run) for run in runs if _HAN_PAIRS.fullmatch(run))
    return total > 0 and han >= _HAN_SHARE * total


def _is_utf8(raw: bytes) -> bool:
    return _decodes(raw, "utf-8")


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def plain_ascii(text: str) -> bytes:
    r"""Return the text in ASCII, other characters as ``\U+XXXX``: it reads the same under every header."""
    out = re.sub(r"[^\x00-\x7f]+", lambda found: "".join(_escaped(c) for c in found.group()), text)
    return out.encode("ascii")


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\U+{code:04X}" if code <= 0xFFFF and not 0xD800 <= code <= 0xDFFF else "\\U+FFFD"
