"""Is a file what its ending says, and is it whole."""

from __future__ import annotations

import re
from pathlib import Path

from firelane.site.causes import of_data
from firelane.site.journal import Journal

XML, PBF = "OpenStreetMap XML", "OpenStreetMap PBF"
_PACKED = (".gz", ".bz2")
_PBF = re.compile(rb"\x00\x00..\x0a\x09OSMHeader", re.DOTALL)


def check_file(path: Path, journal: Journal) -> bool:
    """Look at a file's first and last bytes; add a problem if they do not fit its ending."""
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(512)
            stream.seek(max(0, size - 512))
            tail = stream.read()
    except OSError as error:
        say_damaged(path, error, journal)
        return False
    if size == 0:
        journal.problem("the file is empty", "文件为空", "export it again", "请重新导出", layer=path.name)
        return False
    if path.suffix.lower() in _PACKED:
        return True
    wanted = PBF if path.suffix.lower() == ".pbf" else XML
    found = _sniff(head)
    if found != wanted:
        journal.problem(
            f"it is no {wanted} as its ending says, but looks like {found}",
            f"文件内容不是扩展名所示的 {wanted}，而像是{_OTHER.get(found, f' {found}')}",
            "give it the right ending (.osm for XML, .osm.pbf for PBF), or export it again",
            "请改正扩展名（XML 用 .osm，PBF 用 .osm.pbf），或重新导出",
            layer=path.name,
        )
        return False
    if wanted == XML and b"</osm>" not in tail and not re.search(rb"<osm\b[^>]*/>", tail):
        _truncated(path, journal)
        return False
    return True


_OTHER = {"something else": "其他内容", "XML of another kind": "另一种 XML"}


def _sniff(head: bytes) -> str:
    if _PBF.match(head):
        return PBF
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "replace").encode()
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text.startswith(b"<"):
        return "ZIP" if text.startswith(b"PK") else "gzip" if text.startswith(b"\x1f\x8b") else "something else"
    if re.search(rb"<osmChange\b", text):
        return "osmChange"
    return XML if re.search(rb"<osm\b", text) or not re.search(rb"<[A-Za-z]", text) else "XML of another kind"


def say_damaged(path: Path, error: BaseException, journal: Journal) -> None:
    """Add the problem of a file that osmium could not read to its end."""
    said, said_zh = of_data(str(error).replace(str(path), path.name), "OpenStreetMap")
    if any(word in said for word in ("truncated", "no element found", "unclosed token", "unexpected EOF", "failed to read")):
        _truncated(path, journal)
        return
    if "entities are not supported" in said:
        said, said_zh = "it declares XML entities, which no OpenStreetMap file does", "文件声明了 XML 实体，OpenStreetMap 数据中不应有"
    journal.problem(
        f"the file cannot be read: {said}",
        f"文件无法读取：{said_zh}",
        "download or export it again; only a file that is whole can be read",
        "请重新下载或导出完整的文件",
        layer=path.name,
    )


def _truncated(path: Path, journal: Journal) -> None:
    journal.problem(
        "the file is cut off: its end is missing",
        "文件不完整（被截断）",
        "copy, download or export it again",
        "请重新复制、下载或导出",
        layer=path.name,
    )
