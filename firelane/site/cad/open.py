"""Opening a DXF file of any version: what it is, whether it is whole, and its document."""

from __future__ import annotations

import io
import logging
import re
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from ezdxf import recover
from ezdxf.document import Drawing
from ezdxf.filemanagement import read
from ezdxf.lldxf.const import DXFError, DXFVersionError
from ezdxf.lldxf.tagger import binary_tags_loader

from firelane.site.cad.entities import TooMuch, plan_of
from firelane.site.cad.open_broken import without_broken
from firelane.site.cad.open_text import VERSIONS, Label, encoding_of, label, looks_chinese, plain_ascii
from firelane.site.cad.plan import Plan
from firelane.site.journal import Journal

BINARY = b"AutoCAD Binary DXF\r\n\x1a\x00"
_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:999[ \t]*\r?\n[^\n]*\n\s*)*0[ \t]*(?:\r\n|\n|\r)[ \t]*SECTION\b")
_END = re.compile(rb"[\r\n][ \t]*0[ \t]*[\r\n]+[ \t]*EOF\s*\Z")
_BINARY_END = re.compile(rb"\x00{1,2}EOF\x00\s*\Z")
# Everything that the reader raises on a damaged file.
_UNREADABLE = (
    DXFError, ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError, StopIteration,
    TypeError, ValueError, struct.error,
)  # fmt: skip

_KNOWN: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive", "ZIP 压缩包"),
    (b"PK\x05\x06", "a ZIP archive", "ZIP 压缩包"),
    (b"%PDF", "a PDF document", "PDF 文档"),
    (b"SQLite format 3\x00", "a GeoPackage", "GeoPackage"),
    (b"Rar!", "a RAR archive", "RAR 压缩包"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "7z 压缩包"),
    (b"\x1f\x8b", "a gzip archive", "gzip 压缩文件"),
    (b"\xd0\xcf\x11\xe0", "an Office document", "Office 文档"),
    (b"\x89PNG", "a picture", "图片"),
    (b"\xff\xd8\xff", "a picture", "图片"),
    (b"II*\x00", "a picture", "图片"),
    (b"MM\x00*", "a picture", "图片"),
    (b"<", "XML or HTML", "XML 或 HTML"),
    (b"{", "JSON", "JSON"),
)
# What file guards of offices and encryption tools put in front; the guard shows the file to its own programs only.
_LOCKED = (
    b"%TSD-Header-###%", b"E-SafeNet", b"Salted__", b"-----BEGIN PGP", b"age-encryption.org", b"LUKS\xba\xbe",
)  # fmt: skip


@dataclass(frozen=True)
class _Fault:
    """Why a file is no plan that can be read, and what to do."""

    en: str
    zh: str
    remedy_en: str
    remedy_zh: str


class _Refused(Exception):  # noqa: N818 - it carries the fault to the one place that reports it
    def __init__(self, fault: _Fault) -> None:
        super().__init__(fault.en)
        self.fault = fault


_EMPTY = _Fault("the file is empty", "文件为空", "export it again", "请重新导出")
_DWG = _Fault(
    "it is a DWG drawing, although its name ends in .dxf",
    "文件实为 DWG 图形，而扩展名为 .dxf",
    "name it .dwg, or open it in a CAD program and save it as DXF",
    "请将扩展名改为 .dwg，或在 CAD 软件中打开并另存为 DXF",
)
_ENCRYPTED = _Fault(
    "the file is encrypted or locked by a file guard",
    "文件已加密或受文档防泄密系统保护",
    "save it unlocked, or ask for a copy that is not encrypted",
    "请解密后另存，或索取未加密的副本",
)
_NO_DXF = _Fault(
    "it is no DXF drawing: the text at its start is not that of one",
    "文件不是 DXF 图形：开头内容不符",
    "export it as DXF; a file that will not open in a CAD program either is damaged or encrypted",
    "请导出为 DXF；若 CAD 软件也无法打开，则文件已损坏或被加密",
)
_UTF16 = _Fault(
    "its text is UTF-16, which DXF does not know",
    "文件编码为 UTF-16，DXF 不支持该编码",
    "save the text as UTF-8, or export the drawing again",
    "请以 UTF-8 保存，或重新导出图形",
)
_CUT_OFF = _Fault(
    "the drawing is cut off: its last line, EOF, is missing",
    "图形文件不完整（被截断）：缺少末行 EOF",
    "copy or export it again",
    "请重新复制或导出",
)


def load_plan(path: Path, journal: Journal, prepare: Callable[[Drawing], None] | None = None) -> Plan | None:
    """Read a DXF plan of any version, in text or binary form.

    Parameters
    ----------
    path : Path
    journal : Journal
        A file that cannot be read adds one problem; what was found beside the plan adds notes.
    prepare : callable, optional
        Sees the document before it is read, and may change it in memory; what breaks it is told as damage of the file.

    Returns
    -------
    Plan or None
        None, and a problem, where the file cannot be read to its end.
    """
    try:
        return _plan(path, journal, prepare)
    except _Refused as refused:
        fault = refused.fault
        journal.problem(fault.en, fault.zh, fault.remedy_en, fault.remedy_zh, layer=path.name)
        return None


def _plan(path: Path, journal: Journal, prepare: Callable[[Drawing], None] | None) -> Plan:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise _Refused(_NOT_OPENED) from error
    fault = _fault(raw)
    if fault is not None:
        raise _Refused(fault)
    said = label(raw)
    mended: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    try:
        # Damaged numbers are sorted out by what comes of them.
        with _quiet(), np.errstate(all="ignore"):
            doc, encoding = _document(raw, said, mended, dropped)
            del raw
            if prepare is not None:
                prepare(doc)
            plan = plan_of(doc, path, VERSIONS.get(said.version, said.version), encoding, mended)
            plan = replace(plan, skipped=dict(sorted((dropped + Counter(plan.skipped)).items())))
            on_paper = _paper_count(doc)
    except DXFVersionError as error:
        raise _Refused(_too_old(said.version)) from error
    except TooMuch as error:
        raise _Refused(_too_much(error)) from error
    except _UNREADABLE as error:
        raise _Refused(_unreadable(str(error))) from error
    if on_paper:
        journal.note(
            "cad_paper_space",
            f"{path.name}: {on_paper} objects on its sheets (paper space) were left out; the plan is read from model space",
            f"{path.name}：布局（图纸空间）中的 {on_paper} 个对象未读取，仅读取模型空间",
        )
    if said.version not in VERSIONS:
        journal.note(
            "cad_version",
            f"{path.name}: its version {said.version} is not known; it was read all the same",
            f"{path.name}：版本 {said.version} 未知，仍按 DXF 读取",
        )
    return plan


def _document(raw: bytes, said: Label, mended: Counter[str], dropped: Counter[str]) -> tuple[Drawing, str]:
    """Return the document and the encoding of its texts; a damaged structure is mended where that can be done.

    Where single entities break the reader, the file is read without them, and they are counted in ``dropped``.
    """
    if raw.startswith(BINARY):
        return _binary_document(raw, said)
    encoding = encoding_of(raw, said)
    try:
        # "surrogateescape" would let half characters through to the maps and tables.
        stream = io.TextIOWrapper(io.BytesIO(raw.removeprefix(b"\xef\xbb\xbf")), encoding=encoding, errors="replace")
        return read(stream), encoding
    except DXFVersionError:
        raise
    except _UNREADABLE:
        text = raw.decode(encoding, errors="replace").removeprefix("\ufeff")
        plain = plain_ascii(text)
        try:
            doc, auditor = recover.read(io.BytesIO(plain))
        except DXFVersionError:
            raise
        except _UNREADABLE:
            plain = without_broken(plain, dropped, _UNREADABLE)
            if not dropped:
                raise
            doc, auditor = recover.read(io.BytesIO(plain))
        mended["structure"] += 1
        mended.update(f"audit {_code(entry.code)}" for entry in [*auditor.fixes, *auditor.errors])
        return doc, encoding


def _code(code: int) -> str:
    return str(getattr(code, "name", code)).lower()


def _binary_document(raw: bytes, said: Label) -> tuple[Drawing, str]:
    doc = Drawing.load(binary_tags_loader(raw, errors="replace"))
    encoding = str(doc.encoding)
    if encoding == "cp1252":
        names = "\n".join(layer.dxf.name for layer in doc.layers)
        high = re.findall(rb"[\x80-\xff]+", names.encode("cp1252", errors="replace"))
        if looks_chinese(high):
            told = said.code_page.encode("ascii") + b"\x00"
            doc = Drawing.load(binary_tags_loader(raw.replace(told, b"ANSI_936\x00", 1), errors="replace"))
            return doc, "gb18030"
    return doc, "gb18030" if encoding in {"gbk", "cp936"} else encoding


def _paper_count(doc: Drawing) -> int:
    """Return the number of entities on sheets; the windows into model space do not count."""
    return sum(
        1
        for layout in doc.layouts
        if not layout.is_modelspace
        for entity in layout
        if entity.dxftype() != "VIEWPORT"
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the reader's own log back: what matters goes to the journal."""
    logger = logging.getLogger("ezdxf")
    before, logger.disabled = logger.disabled, True
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.disabled = before
        logger.setLevel(level)


def _fault(raw: bytes) -> _Fault | None:
    """Return what is wrong with a file, seen from its first and last bytes."""
    if not raw.strip():
        return _EMPTY
    head = raw[:512]
    if any(mark in head for mark in _LOCKED):
        return _ENCRYPTED
    if raw.startswith(BINARY):
        return None if _BINARY_END.search(raw[-64:]) else _CUT_OFF
    if re.match(rb"AC1\d{3}", head):
        return _DWG
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _UTF16
    for magic, en, zh in _KNOWN:
        if head.lstrip().startswith(magic):
            return _Fault(
                f"it is no DXF drawing as its ending says, but looks like {en}",
                f"文件内容不是扩展名所示的 DXF，而像是{zh}",
                "give it the right ending, unpack it, or export the drawing as DXF",
                "请改正扩展名、解压，或重新导出为 DXF",
            )
    if not _START.match(raw[:65536]):
        return _NO_DXF
    # Old programs fill the last block up with zeros or end-of-file characters.
    return None if _END.search(raw[-65536:].rstrip(b"\x1a\x00 \t\r\n")[-256:]) else _CUT_OFF


def _unreadable(said: str) -> _Fault:
    """Return the fault of a damaged drawing; of what the reader says of it only the line is for users."""
    line = re.search(r"\bline:? (\d{1,12})", said)
    return _Fault(
        "the drawing cannot be read: its structure is damaged" + (f" near line {line.group(1)} of the file" if line else ""),
        "图形无法读取：文件结构已损坏" + (f"（文件第 {line.group(1)} 行附近）" if line else ""),
        "open it in a CAD program, run AUDIT and PURGE there and save it again as DXF (R2004 or R2018)",
        "请在 CAD 软件中打开，执行 AUDIT（核查）和 PURGE（清理）后重新另存为 DXF（R2004 或 R2018）",
    )


_NOT_OPENED = _Fault(
    "the file cannot be opened",
    "文件无法打开",
    "see whether it is still there, whether you may read it, and whether another program holds it",
    "请检查文件是否存在、是否有读取权限、是否被其他程序占用",
)


def _too_old(version: str) -> _Fault:
    return _Fault(
        f"its version {version} is older than R12 and cannot be read",
        f"版本 {version} 早于 R12，无法读取",
        "save it as DXF R2000 or later",
        "请另存为 DXF R2000 或更高版本",
    )


def _too_much(error: TooMuch) -> _Fault:
    return _Fault(
        f"its blocks, taken apart, hold more than {error.limit} {error.what} (block {error.block[:80]!r})",
        f"图块分解后超过 {error.limit} {error.what_zh}（图块 {error.block[:80]!r}）",
        "delete the block, or export only the layers of the site plan",
        "请删除该图块，或仅导出总平面图所需图层",
    )

