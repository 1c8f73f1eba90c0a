"""The eight characters as painted outlines, and the boxes they stand in.

Axes of a mark: x to the right of the reader, y along the direction of travel, origin in the middle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import affinity

from firelane.fonts import glyph_outlines
from firelane.markings.bridges import bridged
from firelane.markings.plan import Block, LetteringArea
from firelane.vocabulary import MarkKind

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from firelane.markings.parameters import Dimensions

BOX_SIZES = ("std", "min")
LAYOUTS = ("column", "line")
"""Arrangements of the lettering that have a box of their own."""
_LEAST_CHARACTER_M = 0.05
_FIT_M = 1e-9


@dataclass(frozen=True)
class BoxDesign:
    """A box and the lettering in it.

    Attributes
    ----------
    across_m, along_m, frame_m : float
        Outer size and line width of the frame [m].
    rows : tuple of str
        Rows of characters, the farthest from the reader first.
    char_width_m, char_height_m, char_gap_m, row_gap_m : float
        Em box of a character and the gaps between characters and rows [m].
    turned : bool
        Whether the lettering is turned left by 90°: its rows run along the direction of travel and are read from the
        right-hand side of the lane, the first character nearest to the driver.
    """

    name: str
    across_m: float
    along_m: float
    frame_m: float
    rows: tuple[str, ...]
    char_width_m: float
    char_height_m: float
    char_gap_m: float
    row_gap_m: float
    turned: bool = False

    def scaled(self, factor: float) -> BoxDesign:
        """Return the design with all its lengths multiplied by ``factor``."""
        return replace(
            self,
            across_m=self.across_m * factor,
            along_m=self.along_m * factor,
            frame_m=self.frame_m * factor,
            char_width_m=self.char_width_m * factor,
            char_height_m=self.char_height_m * factor,
            char_gap_m=self.char_gap_m * factor,
            row_gap_m=self.row_gap_m * factor,
        )

    @property
    def text_across_m(self) -> float:
        """Size of the lettering across the lane [m]."""
        return self._stacked_m if self.turned else self._row_m

    @property
    def text_along_m(self) -> float:
        """Size of the lettering along the lane [m]."""
        return self._row_m if self.turned else self._stacked_m

    @property
    def _row_m(self) -> float:
        count = max(len(row) for row in self.rows)
        return count * self.char_width_m + (count - 1) * self.char_gap_m

    @property
    def _stacked_m(self) -> float:
        return len(self.rows) * self.char_height_m + (len(self.rows) - 1) * self.row_gap_m

    @property
    def fits(self) -> bool:
        """Whether the lettering stands inside the frame, in characters of some size."""
        return (
            min(self.char_width_m, self.char_height_m) >= _LEAST_CHARACTER_M
            and self.text_across_m <= self.across_m - 2 * self.frame_m + _FIT_M
            and self.text_along_m <= self.along_m - 2 * self.frame_m + _FIT_M
        )

    @property
    def block_name(self) -> str:
        """Name of the CAD block, by size."""
        kind = "LIN" if self.turned else "COL" if len(self.rows) > 2 else "BOX"
        return f"FL-{kind}-{round(self.across_m * 1000)}x{round(self.along_m * 1000)}"


def box_design(dims: Dimensions, size: str) -> BoxDesign:
    """Return the design of a box of ``size`` (``std``, ``min``, ``column`` or ``line``).

    With ``long_axis = along`` the frame is turned, and the characters are stretched along the direction
    of travel, as road lettering is, to fill it with the margins that they have in the frame across.
    """
    if size in LAYOUTS:
        text, turned = dims.word("lettering"), size == "line"
        across_m, along_m, frame_m, width_m, height_m, gap_m = (
            dims.number(f"{size}_{name}_m")
            for name in ("box_across", "box_along", "frame", "char_width", "char_height", "char_gap")
        )
        # in a column near to far: the first character is the first that a driver meets
        rows = (text,) if turned else tuple(reversed(text))
        return BoxDesign(size, across_m, along_m, frame_m, rows, width_m, height_m, gap_m, gap_m, turned)
    upright = upright_design(dims, size)
    if dims.word("long_axis") == "across":
        return upright
    side_m = upright.across_m - upright.text_across_m  # both margins and both lines of the frame
    end_m = upright.along_m - upright.text_along_m
    count, gap_m, row_gap_m = len(upright.rows[0]), upright.char_gap_m, upright.row_gap_m
    return replace(
        upright,
        across_m=upright.along_m,
        along_m=upright.across_m,
        char_width_m=(upright.along_m - side_m - (count - 1) * gap_m) / count,
        char_height_m=(upright.across_m - end_m - row_gap_m) / 2,
    )


def upright_design(dims: Dimensions, size: str) -> BoxDesign:
    """Return the design of a box with its long side across: two rows of four characters."""
    text = dims.word("lettering")
    half = len(text) // 2
    long_m, short_m, frame_m, width_m, height_m, gap_m, row_gap_m = (
        dims.number(f"box_{size}_{name}_m")
        for name in ("long", "short", "frame", "char_width", "char_height", "char_gap", "row_gap")
    )
    return BoxDesign(
        size, long_m, short_m, frame_m, (text[:half], text[half:]), width_m, height_m, gap_m, row_gap_m
    )


@dataclass(frozen=True)
class Lettered:
    """The lettering of one design: what is painted, characters that the font lacks, area with and without bridges."""

    shape: BaseGeometry
    missing: tuple[str, ...]
    area: LetteringArea


def lettering(design: BoxDesign, dims: Dimensions, *, font: str | Path | None) -> Lettered:
    """Return the lettering of ``design``.

    Every character is scaled by its em box, so that the characters keep their relative proportions. With the
    parameter ``stencil_bridges`` what is painted has the bridges of a stencil.
    """
    flatten_m = dims.number("flatten_m")
    size_m = max(design.char_width_m, design.char_height_m)
    rounded_m = math.ceil(size_m * 10) / 10  # sizes that differ a little share their outlines
    glyphs = glyph_outlines("".join(design.rows), font=font, tolerance_em=flatten_m / rounded_m)
    placed: list[BaseGeometry] = []
    cut: list[BaseGeometry] = []
    bridges = 0
    top = (design.text_across_m if design.turned else design.text_along_m) / 2
    for n, row in enumerate(design.rows):
        y = top - (n + 1) * design.char_height_m - n * design.row_gap_m
        width = len(row) * design.char_width_m + (len(row) - 1) * design.char_gap_m
        for k, character in enumerate(row):
            x = -width / 2 + k * (design.char_width_m + design.char_gap_m)
            matrix = (design.char_width_m, 0.0, 0.0, design.char_height_m, x, y)
            placed.append(affinity.affine_transform(glyphs.outlines[character], matrix))
            with_bridges, count = bridged(placed[-1], dims.number("stencil_bridge_m"))
            cut.append(with_bridges)
            bridges += count
    full, held = polygons_only(shapely.union_all(placed)), polygons_only(shapely.union_all(cut))
    if design.turned:
        full, held = (affinity.affine_transform(shape, (0.0, -1.0, 1.0, 0.0, 0.0, 0.0)) for shape in (full, held))
    area = LetteringArea(float(full.area), float(held.area), bridges)
    return Lettered(held if dims.flag("stencil_bridges") else full, glyphs.missing, area)


def box_block(design: BoxDesign, text: BaseGeometry) -> Block:
    """Return the block of a box: frame and lettering."""
    outer = centred_box(design.across_m, design.along_m)
    inner = centred_box(design.across_m - 2 * design.frame_m, design.along_m - 2 * design.frame_m)
    parts = {str(MarkKind.BOX_FRAME): outer.difference(inner), str(MarkKind.BOX_TEXT): text}
    return Block(design.block_name, parts)


def centred_box(across_m: float, along_m: float) -> BaseGeometry:
    """Return a rectangle about the origin."""
    return shapely.box(-across_m / 2, -along_m / 2, across_m / 2, along_m / 2)


def polygons_only(geometry: BaseGeometry) -> BaseGeometry:
    """Return the areas of ``geometry``: a Polygon or MultiPolygon, without points, lines and specks."""
    parts = shapely.get_parts(geometry, return_index=False) if not geometry.is_empty else []
    flat = [
        p for part in parts for p in shapely.get_parts(part) if p.geom_type == "Polygon" and p.area > 1e-7
    ]
    return flat[0] if len(flat) == 1 else shapely.MultiPolygon(flat)


def mitred(geometry: BaseGeometry, distance_m: float, *, limit: float = 5.0) -> BaseGeometry:
    """Return ``geometry`` grown (or shrunk) by ``distance_m`` with its corners kept sharp."""
    # at almost straight corners the library divides by zero, notices, and goes on without a mitre
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return shapely.buffer(geometry, distance_m, join_style="mitre", mitre_limit=limit)
