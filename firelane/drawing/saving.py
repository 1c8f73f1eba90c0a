"""Saving a drawing: the library's own text, written in a half of the time.

The library asks every entity for each of the fifteen attributes that any entity may have, one call after another,
and writes every tag by itself. Here a list of attributes is looked up once, what an entity does not have costs one
look into its dictionary, and the file is written in one piece. What is written is the same to the byte:
``tests/drawing/test_saving.py`` compares.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ezdxf.entities.dxfns import DXFNamespace
from ezdxf.entities.lwpolyline import LWPolyline, LWPolylinePoints
from ezdxf.lldxf.attributes import XType
from ezdxf.lldxf.tagwriter import TagWriter
from ezdxf.lldxf.types import BINARY_DATA, POINT_CODES, TYPE_TABLE

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator
    from typing import TextIO

    from ezdxf.document import Drawing
    from ezdxf.lldxf.attributes import DXFAttributes
    from ezdxf.lldxf.tagwriter import AbstractTagWriter
    from ezdxf.lldxf.types import DXFTag

_TAG = "%3d\n%s\n"
_PAIR = "%3d\n%s\n%3d\n%s\n"

Step = tuple[str, int, "Callable[[Any], object] | None", Any, bool, str]
"""Attribute, group code, what makes its value (None: a matter for the library), default, optional, least version."""


def save(doc: Drawing, path: str | os.PathLike[str]) -> None:
    """Write ``doc`` as an ASCII DXF file, as ``doc.saveas(path)`` does.

    Parameters
    ----------
    doc : ezdxf document
        From R2000 on; the library itself writes older ones.
    path : path-like

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    with Path(path).open("w", encoding=doc.output_encoding, errors="dxfreplace") as stream:
        if doc.dxfversion <= "AC1009":
            doc.write(stream)
            return
        doc.filename = str(path)
        doc.commit_pending_changes()
        doc.update_all()
        for entity in doc.entitydb.values():
            if type(entity.dxf) is DXFNamespace:
                object.__setattr__(entity.dxf, "__class__", _Namespace)  # its own would look for an attribute
            if isinstance(entity, LWPolyline) and type(entity.lwpoints) is LWPolylinePoints:
                entity.lwpoints.__class__ = _Points
        writer = _Writer(stream, doc.dxfversion)
        doc.export_sections(writer)
        stream.write("".join(writer.parts))


class _Writer(TagWriter):
    """Collects the file's text; knows how to write the attributes of each kind of entity."""

    def __init__(self, stream: TextIO, dxfversion: str) -> None:
        super().__init__(stream, dxfversion, write_handles=True)
        self.plans: dict[int, dict[tuple[str, ...], tuple[Step, ...]]] = {}
        self.parts: list[str] = []

    def write_str(self, s: str) -> None:
        self.parts.append(s)

    def write_tag(self, tag: DXFTag) -> None:
        self.parts.append(tag.dxfstr())

    def write_tag2(self, code: int, value: Any) -> None:
        self.parts.append(_TAG % (code, value))

    def write_tags(self, tags: Iterable[DXFTag]) -> None:
        put = self.parts.append
        for tag in tags:
            put(tag.dxfstr())

    def write_vertex(self, code: int, vertex: Iterable[float]) -> None:
        for index, value in enumerate(vertex):
            self.parts.append(_TAG % (code + index * 10, value))


class _Text:
    """Several tags in one."""

    def __init__(self, text: str) -> None:
        self.text = text

    def dxfstr(self) -> str:
        return self.text


class _Points(LWPolylinePoints):
    """Vertices of a polyline; without widths and bulges they are written at once."""

    __slots__ = ()

    def dxftags(self) -> Iterator[Any]:
        if self.values[:, 2:].any():
            return super().dxftags()
        x, y = self.VERTEX_CODE, self.VERTEX_CODE + 10
        return iter([_Text("".join([_PAIR % (x, east, y, north) for east, north in self.values[:, :2].tolist()]))])


class _Namespace(DXFNamespace):
    """Attributes of an entity that are written by a plan made once for its kind."""

    def export_dxf_attribs(self, tagwriter: AbstractTagWriter, attribs: str | Iterable[str]) -> None:
        if not isinstance(tagwriter, _Writer):
            super().export_dxf_attribs(tagwriter, attribs)
            return
        held = self.__dict__
        put, version = tagwriter.parts.append, tagwriter.dxfversion
        for name, code, made, default, optional, least in _steps(tagwriter, held["_entity"].DXFATTRIBS, attribs):
            if made is None:
                self._export_dxf_attribute_optional(tagwriter, name)
                continue
            value = held.get(name)
            if value is None:
                if optional or default is None:
                    continue
                value = default
            if (optional and default is not None and default == value) or version < least:
                continue
            if made is not _vertex:
                put(_TAG % (code, made(value)))
                continue
            for number, coordinate in enumerate(value):
                put(_TAG % (code + 10 * number, float(coordinate)))


def _steps(writer: _Writer, known: DXFAttributes, attribs: str | Iterable[str]) -> tuple[Step, ...]:
    names = (attribs,) if isinstance(attribs, str) else tuple(attribs)
    of_kind = writer.plans.setdefault(id(known), {})
    found = of_kind.get(names)
    if found is None:
        found = of_kind[names] = tuple(_step(known, name) for name in names)
    return found


def _step(known: DXFAttributes, name: str) -> Step:
    attrib = known.get(name)
    if attrib is None or attrib.xtype in {XType.callback, XType.point2d} or attrib.code in BINARY_DATA:
        return name, 0, None, None, False, ""
    if attrib.code in POINT_CODES:
        made: Callable[[Any], object] = _vertex
    else:
        made = TYPE_TABLE.get(attrib.code, str)
        made = _line if made is str else made
    return name, attrib.code, made, attrib.default, attrib.optional, attrib.dxfversion


def _vertex(value: Any) -> object:
    return value


def _line(value: Any) -> str:
    text = str(value)
    if "\n" in text or "\r" in text:
        raise ValueError("a line break would end the text in the file")
    return text
