"""Template sheets (喷涂模板) at 1:1 for cutting: a drawing for each character and size, and all of them laid on plates.

A part is the em box of a character with a margin; what is cut out is the character with its bridges, so that the plate
stays in one piece. One unit of the drawing is a millimetre.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from ezdxf.filemanagement import new
from shapely import affinity

from firelane.drawing.canvas import STYLE, STYLE_FONT, Align, put_line, put_polygon_lines, put_text
from firelane.drawing.nesting import nested
from firelane.drawing.options import DXF_VERSIONS
from firelane.drawing.text import ENCODING, shortened, text_width
from firelane.errors import InputError, Problem, UsageError
from firelane.files import atomic_path, ensure_writable_dir
from firelane.fonts import glyph_outlines
from firelane.markings.bridges import bridged
from firelane.markings.lettering import BOX_SIZES, LAYOUTS, box_design, upright_design
from firelane.markings.parameters import dimensions
from firelane.vocabulary import MarkKind

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from ezdxf.document import Drawing
    from ezdxf.layouts.layout import Modelspace
    from shapely.geometry.base import BaseGeometry

    from firelane.markings.lettering import BoxDesign
    from firelane.markings.parameters import Dimensions
    from firelane.markings.plan import MarkingPlan
    from firelane.vocabulary import Lang

VERSIONS = ("R2000", *DXF_VERSIONS)
_DECIMALS = 4  # of a millimetre
_MM = 1000.0
_MARKS_NAMED = 3
_LONGEST_MARK = 14.0  # heights of the label
_WORDS = {
    "bridges": ("连接筋 {count} 处，宽 {width} mm", "{count} bridges, {width} mm wide"),
    "used": ("用于 {marks}", "for {marks}"),
    "more": ("等，另 {count} 处", " and {count} more"),
    "box": ("方框 {name}", "box {name}"),
    "grid": ("网状线 {name}", "grid {name}"),
    "stock": ("板材 {number}/{count}  {width}×{height} mm", "plate {number}/{count}  {width}×{height} mm"),
    "large": ("（大于所选板材，需拼接）", " (larger than the plate chosen: to be joined)"),
}


@dataclass(frozen=True)
class Template:
    """A part to be cut.

    Attributes
    ----------
    character : str
    size_mm : (float, float)
        Em box as painted [mm].
    cut : (Multi)Polygon
        What is cut out [mm]: the origin is the lower left corner of the plate.
    plate_mm : (float, float)
        Width and height of the part [mm].
    bridges : int
    marks : tuple of str
        What is painted with it.
    """

    character: str
    size_mm: tuple[float, float]
    cut: BaseGeometry
    plate_mm: tuple[float, float]
    bridges: int
    marks: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of the part and of its file: code point and size, safe in every file system."""
        return f"U+{ord(self.character):04X}-{self.size_mm[0]:g}x{self.size_mm[1]:g}"


def write_stencils(
    plan: MarkingPlan,
    folder: Path | str | os.PathLike[str],
    *,
    font: str | Path | None = None,
    lang: Lang = "zh",
    dxf_version: str = "R2004",
    plate_mm: tuple[float, float] | None = None,
) -> tuple[Path, ...]:
    """Write one DXF for each character and painted size, and one with all parts laid on plates.

    Templates always have bridges, whatever the parameter ``stencil_bridges`` says of the drawing.

    Parameters
    ----------
    plan : MarkingPlan
    folder : path-like
        Made if it is not there.
    font : path, optional
        Font for the lettering instead of Noto Sans SC: the one that the plan was made with.
    lang : "zh" or "en"
    dxf_version : str
        One of ``VERSIONS``.
    plate_mm : (float, float), optional
        Width and height of the plates that parts are cut from [mm]; without, those of ``stencils.toml``.

    Returns
    -------
    tuple of Path
        The parts in order of size and character, then ``plates-<width>x<height>.dxf``; nothing where nothing is lettered.

    Raises
    ------
    UsageError
        If the version is none of those, or the plate is too small to be one.
    InputError
        If the font lacks a character of the lettering.
    OutputError
        If a file cannot be written.
    """
    if dxf_version not in VERSIONS:
        raise UsageError(f"DXF version {dxf_version!r}: give one of {', '.join(VERSIONS)}")
    settings = _settings()
    chosen = plate_mm or tuple(settings["nesting"]["plate"])
    if not all(math.isfinite(side) and side > 4 * settings["nesting"]["border"] for side in chosen):
        raise UsageError(f"a plate of {chosen[0]:g} x {chosen[1]:g} mm: give width and height in mm, such as 1220 2440")
    templates = templates_of(plan, font=font, lang=lang)
    target = ensure_writable_dir(folder)
    bridge_mm = (plan.dims or dimensions()).number("stencil_bridge_m") * _MM
    written: list[Path] = []
    for template in templates:
        doc = _new_drawing(dxf_version)
        _draw(doc.modelspace(), template, bridge_mm, lang)
        _save(doc, target / f"{template.name}.dxf", template.plate_mm)
        written.append(target / f"{template.name}.dxf")
    if templates:
        path = target / f"plates-{chosen[0]:g}x{chosen[1]:g}.dxf"
        _write_plates(templates, path, (chosen[0], chosen[1]), bridge_mm, lang, dxf_version)
        written.append(path)
    return tuple(written)


def templates_of(plan: MarkingPlan, *, font: str | Path | None = None, lang: Lang = "zh") -> tuple[Template, ...]:
    """Return the parts that the lettering of a plan needs, one for each character and size.

    Raises
    ------
    InputError
        If the font lacks a character of the lettering.
    """
    dims = plan.dims or dimensions()
    needed: dict[tuple[float, float, str], list[str]] = {}
    for design, mark in _lettered(plan, dims, font, lang):
        width_mm, height_mm = (round(length_m * _MM, 1) for length_m in (design.char_width_m, design.char_height_m))
        for character in sorted({c for row in design.rows for c in row if not c.isspace()}):
            needed.setdefault((width_mm, height_mm, character), []).append(mark)
    margin_mm = float(_settings()["part"]["margin"])
    templates: list[Template] = []
    lacking: set[str] = set()
    for (width_mm, height_mm, character), marks in sorted(needed.items()):
        # as finely as the paint itself (lettering.py)
        rounded_m = math.ceil(max(width_mm, height_mm) / _MM * 10) / 10
        glyphs = glyph_outlines(character, font=font, tolerance_em=dims.number("flatten_m") / rounded_m)
        lacking.update(glyphs.missing)
        painted = affinity.scale(glyphs.outlines[character], width_mm / _MM, height_mm / _MM, origin=(0.0, 0.0))
        held, count = bridged(painted, dims.number("stencil_bridge_m"))
        cut = shapely.transform(held, lambda xy: np.round(xy * _MM + margin_mm, _DECIMALS))
        plate = (width_mm + 2 * margin_mm, height_mm + 2 * margin_mm)
        templates.append(Template(character, (width_mm, height_mm), cut, plate, count, tuple(dict.fromkeys(marks))))
    if lacking:
        text = "".join(sorted(lacking))
        raise InputError([Problem(f"the font lacks {text}", "choose another font: a template cannot be cut", str(font or ""))])
    return tuple(templates)


@cache
def _settings() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("stencils.toml").read_text(encoding="utf-8"))


def _word(key: str, lang: Lang, **values: object) -> str:
    return _WORDS[key][0 if lang == "zh" else 1].format(**values)


def _lettered(
    plan: MarkingPlan, dims: Dimensions, font: str | Path | None, lang: Lang
) -> Iterator[tuple[BoxDesign, str]]:
    """Yield every lettering that is painted: its design, and the mark that it is for."""
    designs = {design.block_name: design for design in (box_design(dims, size) for size in (*BOX_SIZES, *LAYOUTS))}
    for key in sorted(plan.lettering):
        if key in designs:
            design = designs[key]
            yield design, _word("box", lang, name=f"{design.across_m * _MM:.0f}×{design.along_m * _MM:.0f}")
        else:
            yield _grid_design(plan, key, dims, font), _word("grid", lang, name=key.removeprefix("GRID-"))


def _grid_design(plan: MarkingPlan, mark_id: str, dims: Dimensions, font: str | Path | None) -> BoxDesign:
    """Return the design of a grid's lettering: one of the arrangements, scaled to the area that is painted.

    Which one is told by the shape of the lettering's outline box.
    """
    rows = plan.paint[(plan.paint["mark_id"] == mark_id) & (plan.paint["kind"] == str(MarkKind.GRID_TEXT))]
    box = shapely.get_coordinates(shapely.minimum_rotated_rectangle(shapely.union_all(list(rows.geometry))))
    sides = sorted(float(np.hypot(*(box[n + 1] - box[n]))) for n in (0, 1))
    candidates = [upright_design(dims, "std"), *(box_design(dims, size) for size in LAYOUTS)]

    def misfit(design: BoxDesign) -> float:
        expected = sorted((design.text_across_m, design.text_along_m))
        return abs(math.log(sides[1] / sides[0]) - math.log(expected[1] / expected[0]))

    design = min(candidates, key=misfit)
    unit = glyph_outlines("".join(design.rows), font=font).outlines
    em_m2 = sum(unit[c].area for row in design.rows for c in row if not c.isspace())
    return design.scaled(math.sqrt(plan.lettering[mark_id].full_m2 / (em_m2 * design.char_width_m * design.char_height_m)))


def _new_drawing(dxf_version: str) -> Drawing:
    doc = new(dxf_version, units=4)
    doc.encoding = ENCODING
    doc.header["$MEASUREMENT"] = 1
    doc.styles.add(STYLE, font=STYLE_FONT)
    for name, aci in _settings()["layers"].items():
        doc.layers.add(name, color=aci)
    return doc


def _draw(model: Modelspace, template: Template, bridge_mm: float, lang: Lang, at: Placed | None = None) -> None:
    """Draw one part: its plate, what is cut out, registration marks, label."""
    place = at or Placed(0.0, 0.0, 0.0)
    part = _settings()["part"]
    width, height = template.plate_mm
    put_polygon_lines(model, place.geometry(shapely.box(0.0, 0.0, width, height)), "PLATE")
    put_polygon_lines(model, place.geometry(template.cut), "CUT")
    # In the middle of the margin, on the axes and in the corners of the em box: for chalk lines across and along.
    middle, arm = part["margin"] / 2, part["mark"] / 2
    for x in (middle, width / 2, width - middle):
        for y in (middle, height / 2, height - middle):
            if (x, y) != (width / 2, height / 2):
                put_line(model, place.points([(x - arm, y), (x + arm, y)]), "MARK")
                put_line(model, place.points([(x, y - arm), (x, y + arm)]), "MARK")
    tall = part["label"]
    size = f"{template.size_mm[0]:g}×{template.size_mm[1]:g} mm"
    lines = [f"{template.character} U+{ord(template.character):04X}  {size}"]
    if template.bridges:
        lines.append(_word("bridges", lang, count=template.bridges, width=f"{bridge_mm:g}"))
    named = [shortened(mark, tall, _LONGEST_MARK * tall) for mark in template.marks[:_MARKS_NAMED]]
    marks = ("、" if lang == "zh" else ", ").join(named)
    left_out = len(template.marks) - len(named)
    lines.append(_word("used", lang, marks=marks) + (_word("more", lang, count=left_out) if left_out else ""))
    # between the marks, upwards along the left edge, and the rest along the right
    for line, x in ((lines[0], middle + tall / 2), ("  ".join(lines[1:]), width - middle + tall / 2)):
        room = height / 2 - 2 * middle - 2 * arm
        fitted = min(tall, tall * room / max(text_width(line, tall), 1e-9))
        start = place.points([(x, middle + 2 * arm)])[0]
        put_text(model, line, start, fitted, "TEXT", align=Align.LEFT, rotation_deg=90.0 + place.turn_deg)


@dataclass(frozen=True)
class Placed:
    """Where a part lies in the drawing [mm]: its origin, and by how much it is turned about it (0 or 90°)."""

    x: float
    y: float
    turn_deg: float

    def points(self, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        """Return points of the part in the drawing."""
        if self.turn_deg:
            return [(self.x - v, self.y + u) for u, v in points]
        return [(self.x + u, self.y + v) for u, v in points]

    def geometry(self, geometry: BaseGeometry) -> BaseGeometry:
        """Return a geometry of the part in the drawing."""
        matrix = (0.0, -1.0, 1.0, 0.0, self.x, self.y) if self.turn_deg else (1.0, 0.0, 0.0, 1.0, self.x, self.y)
        return shapely.transform(affinity.affine_transform(geometry, matrix), lambda xy: np.round(xy, _DECIMALS))


def _write_plates(
    templates: tuple[Template, ...], path: Path, plate: tuple[float, float], bridge_mm: float, lang: Lang, dxf_version: str
) -> None:
    """Write all parts laid on plates, the plates side by side; no blocks: cutters read none."""
    rules = _settings()["nesting"]
    nest = nested([t.plate_mm for t in templates], plate, border=rules["border"], gap=rules["gap"])
    doc = _new_drawing(dxf_version)
    model = doc.modelspace()
    lefts: list[float] = []
    left = 0.0
    for number, (width, height) in enumerate(nest.plates, 1):
        lefts.append(left)
        put_polygon_lines(model, shapely.box(left, 0.0, left + width, height), "STOCK")
        text = _word("stock", lang, number=number, count=len(nest.plates), width=f"{width:g}", height=f"{height:g}")
        text += _word("large", lang) if (width, height) != plate else ""
        put_text(model, text, (left, height + 40.0), 40.0, "TEXT")
        left += width + rules["apart"]
    for template, laid in zip(templates, nest.laid, strict=True):
        x = lefts[laid.plate] + laid.x + (template.plate_mm[1] if laid.turned else 0.0)
        _draw(model, template, bridge_mm, lang, Placed(x, laid.y, 90.0 if laid.turned else 0.0))
    _save(doc, path, (left - rules["apart"], max(height for _, height in nest.plates)))


def _save(doc: Drawing, path: Path, size: tuple[float, float]) -> None:
    doc.header["$EXTMIN"], doc.header["$EXTMAX"] = (0.0, 0.0, 0.0), (*size, 0.0)
    doc.modelspace().reset_extents((0.0, 0.0, 0.0), (*size, 0.0))
    doc.set_modelspace_vport(height=size[1] * 1.05, center=(size[0] / 2, size[1] / 2))
    with atomic_path(path) as temporary:
        doc.saveas(temporary)
