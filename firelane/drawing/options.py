"""What a user may choose about a drawing, checked in one place."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from firelane.drawing.catalogue import layer_catalogue, sheet_catalogue
from firelane.drawing.text import ENCODING, safe_text
from firelane.errors import InputError, Problem, UsageError
from firelane.site.journal import did_you_mean

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from datetime import date

    from ezdxf.document import Drawing

    from firelane.drawing.catalogue import FormatSpec
    from firelane.vocabulary import Lang

DXF_VERSIONS = ("R2004", "R2007", "R2010", "R2013", "R2018")
UNITS = ("m", "mm")
COORDS = ("local", "survey")
LABELS = ("text", "outline")
FORMATS = ("A3", "A2", "A1", "A0")
_LONGEST_NAME = 255
_MOST_PROBLEMS = 40
_MOST_VEHICLES = 9  # whose layers may be given other names one by one
_RESERVED = frozenset({"0", "defpoints"})
_FORBIDDEN = set('<>/\\":;?*|=`,') | {chr(code) for code in range(32)}


@dataclass(frozen=True)
class DrawingOptions:
    """How a drawing is written.

    Attributes
    ----------
    lang : "zh" or "en"
    dxf_version : str
        One of ``DXF_VERSIONS``; R2004 is the one whose Chinese every reader decodes.
    units : "m" or "mm"
        Unit of the model space; paper space is in millimetres.
    coords : "local" or "survey"
        Model space near a local origin, or in the site's own coordinates.
    labels : "text" or "outline"
        Labels as TEXT, or as filled outlines for programs without a Chinese font.
    sheet : str
        Format of the sheets, one of ``FORMATS``.
    layer_names : Mapping
        Our layer -> the name that it has in the file.
    exploded : bool
        Whether marks are drawn one by one instead of as blocks.
    drawn_on : date or None
        Date of the title block.
    """

    lang: Lang = "zh"
    dxf_version: str = "R2004"
    units: str = "m"
    coords: str = "local"
    labels: str = "text"
    sheet: str = "A3"
    layer_names: Mapping[str, str] = field(default_factory=dict)
    exploded: bool = False
    drawn_on: date | None = None

    def __post_init__(self) -> None:
        """Refuse what is none of the choices.

        Raises
        ------
        UsageError
            Naming the choice and what it may be.
        """
        for value, choices, what in (
            (self.dxf_version, DXF_VERSIONS, "DXF version"), (self.units, UNITS, "unit"), (self.coords, COORDS, "coordinates"),
            (self.labels, LABELS, "labels"), (self.sheet, FORMATS, "sheet format"),
        ):  # fmt: skip
            if value not in choices:
                raise UsageError(f"{what} {value!r}: give one of {', '.join(choices)}")

    @property
    def unit(self) -> float:
        """Units of the model space in a metre."""
        return 1000.0 if self.units == "mm" else 1.0


def read_layer_names(path: str | os.PathLike[str]) -> dict[str, str]:
    """Read a file of layer names: TOML, ours = theirs.

    Parameters
    ----------
    path : path-like
        A table ``[layers]``, or bare pairs: ``"G-FIRE-LINE" = "消防-边线"``.

    Raises
    ------
    InputError
        Listing every unknown layer, every name that CAD programs refuse or reserve, and names given twice.
    """
    file = Path(path)
    name = safe_text(file, 200)
    write = ('write lines like "G-FIRE-LINE" = "FIRE-LINE", in UTF-8', '请以 UTF-8 写作 "G-FIRE-LINE" = "消防-边线" 的形式')
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        said = error.strerror or str(error)
        told = (f"it cannot be read: {said}", f"无法读取：{said}")
        raise InputError([_problem(name, None, told, ("name a TOML file", "请给出 TOML 文件"))]) from error
    except (ValueError, RecursionError) as error:  # no TOML, no UTF-8, numbers and brackets beyond all measure
        said = safe_text(error, 200)
        raise InputError([_problem(name, None, (f"it cannot be read: {said}", f"无法读取：{said}"), write)]) from error
    pairs = content.get("layers", content)
    if not isinstance(pairs, dict) or (pairs is not content and len(content) > 1):
        told = ("one table [layers] is expected, and nothing else", "应只有一个表 [layers]")
        raise InputError([_problem(name, None, told, write)])
    plain = {spec.name for spec in layer_catalogue().layers}
    known = plain | _swept_names()
    problems: list[Problem] = []
    found: dict[str, str] = {}
    mend = ("mend the pair", "请改正该行")
    for ours, theirs in pairs.items():
        shown = safe_text(theirs, 60) if isinstance(theirs, str) else ""
        if ours not in known:
            told = ("there is no layer of this name", "没有此图层")
            problems.append(_problem(name, ours, told, did_you_mean(ours, plain)))
        elif not isinstance(theirs, str) or not theirs.strip():
            problems.append(_problem(name, ours, ("a name is expected", "应为图层名"), mend))
        elif theirs.strip().casefold() in _RESERVED:
            told = (f"'{shown}' is a layer that every drawing has", f"“{shown}”是每个图形自带的图层")
            problems.append(_problem(name, ours, told, ("choose another name", "请改用其他名称")))
        elif len(theirs.strip()) > _LONGEST_NAME or set(theirs.strip()) & _FORBIDDEN or not _encodable(theirs.strip()):
            told = (f"'{shown}' is no layer name that CAD programs accept", f"“{shown}”不是 CAD 软件可接受的图层名")
            problems.append(_problem(name, ours, told, mend))
        else:
            found[ours] = theirs.strip()
    taken = Counter(found.get(layer, layer).casefold() for layer in sorted(known))
    problems += [
        _problem(
            name, None,
            (f"two layers would be called '{safe_text(twice, 60)}'", f"有两个图层将同名：“{safe_text(twice, 60)}”"),
            ("give each its own name", "请给每个图层各自的名称"),
        )
        for twice, times in taken.items() if times > 1
    ]  # fmt: skip
    if len(problems) > _MOST_PROBLEMS:
        more = len(problems) - _MOST_PROBLEMS
        problems[_MOST_PROBLEMS:] = [_problem(name, None, (f"and {more} more", f"另有 {more} 个问题"), write)]
    if problems:
        raise InputError(problems)
    return found


def _problem(file: str, ours: str | None, told: tuple[str, str], remedy: tuple[str, str]) -> Problem:
    """Return a problem of a file of layer names, told in (English, Chinese)."""
    column = None if ours is None else safe_text(ours, 60)
    return Problem(told[0], remedy[0], file, column=column, message_zh=told[1], remedy_zh=remedy[1])


def rename_layers(doc: Drawing, names: Mapping[str, str]) -> None:
    """Give layers of a drawing other names, which may be those of one another.

    Parameters
    ----------
    doc : ezdxf document
    names : Mapping
        Name that a layer has -> name that it gets, as :func:`read_layer_names` returns them. Layers of swept paths that
        are not named themselves follow their parent: ``扫掠`` gives ``扫掠-V1-BODY``.
    """
    wanted = {ours: theirs for ours, theirs in _all_names(doc, names).items() if ours != theirs}
    present = {ours.casefold() for ours in wanted}
    # Names that are still another's, or its own but for its case, are taken when all are free.
    later = {f"{ours}$": theirs for ours, theirs in wanted.items() if theirs.casefold() in present}
    for ours, theirs in wanted.items():
        doc.layers.get(ours).rename(f"{ours}$" if f"{ours}$" in later else theirs)
    for aside, theirs in later.items():
        doc.layers.get(aside).rename(theirs)


def _swept_names() -> set[str]:
    """Return the layers of swept paths that may be named: a drawing has those of the vehicles that were tracked."""
    swept = layer_catalogue().swept
    return {spec.name for number in range(1, _MOST_VEHICLES + 1) for spec in swept.of(number)}


def _all_names(doc: Drawing, names: Mapping[str, str]) -> dict[str, str]:
    """Return the new names of the layers that a drawing has; those of swept paths follow their parent unless named."""
    parent = layer_catalogue().swept.parent
    found = {ours: theirs for ours, theirs in names.items() if ours in doc.layers}
    if parent in names:
        ours = [layer.dxf.name for layer in doc.layers if layer.dxf.name.startswith(f"{parent}-")]
        found |= {name: names[parent] + name.removeprefix(parent) for name in ours if name not in found}
    return found


def _encodable(name: str) -> bool:
    try:
        name.encode(ENCODING)
    except UnicodeEncodeError:
        return False
    return name.isprintable()


def format_named(name: str) -> FormatSpec:
    """Return the sheet format of a name."""
    return next(spec for spec in sheet_catalogue().formats if spec.name == name)
