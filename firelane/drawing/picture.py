"""What a layout shows, taken apart once: filled and drawn paths with their styles.

A set of sheets shows the same model space through many windows. The renderer of the DXF library would take every entity
apart again for each of them; here the model space is taken apart once, a block once for all its INSERTs, and a window
picks what meets it.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from ezdxf.addons.drawing.backend import Backend
from ezdxf.addons.drawing.config import BackgroundPolicy, Configuration, LinePolicy
from ezdxf.addons.drawing.frontend import UniversalFrontend
from ezdxf.addons.drawing.pipeline import RenderPipeline2d
from ezdxf.addons.drawing.properties import LayoutProperties, RenderContext
from ezdxf.entities.insert import Insert
from ezdxf.entities.lwpolyline import LWPolyline
from ezdxf.entities.viewport import Viewport
from ezdxf.math import Vec2
from ezdxf.npshapes import to_matplotlib_path
from ezdxf.xclip import XClip
from matplotlib.path import Path

from firelane.drawing.labelfont import glyph_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ezdxf.addons.drawing.backend import BkPath2d, BkPoints2d, ImageData
    from ezdxf.addons.drawing.properties import BackendProperties, Properties
    from ezdxf.document import Drawing
    from ezdxf.entities.dxfgfx import DXFGraphic
    from ezdxf.layouts.blocklayout import BlockLayout
    from ezdxf.layouts.layout import Layout
    from ezdxf.math import Matrix44
    from numpy.typing import NDArray

PAPER = "#ffffff"
_TEXTS = frozenset({"TEXT", "MTEXT", "ATTRIB"})
_LONGEST = 64  # sides of a line before it is split
_NEVER_S = 1e9  # the library stops hatching by the clock: what is drawn would depend on the machine


class Style(NamedTuple):
    """How a path is plotted.

    Attributes
    ----------
    color : str
        ``#rrggbb``, or with alpha ``#rrggbbaa``.
    fill : bool
        Filled (by the non-zero rule), else drawn.
    width_mm : float
        Line width on paper [mm].
    dashes_mm : tuple of float
        Dash, gap, dash, gap … on paper [mm]; empty for a solid line.
    layers : tuple of str
        Layers, lower case, that must all be thawed for it to be seen: its own and those of the INSERTs that it is in.
    """

    color: str
    fill: bool
    width_mm: float
    dashes_mm: tuple[float, ...]
    layers: tuple[str, ...]


class Words(NamedTuple):
    """One line of text: its characters, the height of its capitals, and the matrix (3, 3) from its own axes.

    The text begins at its own origin and runs along x on the base line.
    """

    text: str
    height: float
    matrix: NDArray[np.float64]


class Piece(NamedTuple):
    """A path, how it is plotted, and where: an affine matrix (3, 3), None for the path as it is.

    ``words`` is what the path spells where it is the outline of a text.
    """

    path: Path
    style: Style
    matrix: NDArray[np.float64] | None
    words: Words | None = None


class Picture:
    """Pieces in the order in which they are drawn, and the room that each takes.

    Parameters
    ----------
    pieces : sequence of Piece
    """

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = tuple(pieces)
        self._boxes = np.array([_extent(piece) for piece in self.pieces], dtype=float).reshape(-1, 4)

    def within(self, window: tuple[float, float, float, float], frozen: frozenset[str]) -> list[Piece]:
        """Return the pieces that meet ``window`` (min x, min y, max x, max y) and lie on no frozen layer."""
        x0, y0, x1, y1 = window
        boxes = self._boxes
        meets = (boxes[:, 0] <= x1) & (boxes[:, 2] >= x0) & (boxes[:, 1] <= y1) & (boxes[:, 3] >= y0)
        found = [self.pieces[n] for n in np.flatnonzero(meets)]
        return [piece for piece in found if frozen.isdisjoint(piece.style.layers)] if frozen else found


def _extent(piece: Piece) -> tuple[float, float, float, float]:
    corners = np.asarray(piece.path.vertices, dtype=float)
    if piece.matrix is not None:
        corners = corners @ piece.matrix[:2, :2].T + piece.matrix[:2, 2]
    (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)


class Studio:
    """Takes pictures of the layouts of one document.

    Parameters
    ----------
    doc : ezdxf document
        Its text styles must name fonts that are there.
    """

    def __init__(self, doc: Drawing) -> None:
        self._backend = _Recorder()
        config = Configuration(
            background_policy=BackgroundPolicy.WHITE, line_policy=LinePolicy.SOLID, hatching_timeout=_NEVER_S,
        )  # fmt: skip
        self._frontend = _Decomposer(RenderContext(doc, export_mode=True), self._backend, config=config)

    def picture(self, layout: Layout) -> Picture:
        """Return what a layout shows, its viewports left out."""
        self._backend.pieces = []
        # On paper the pen of colour 7 is black, in the model space as well.
        self._frontend.draw_layout(
            layout, finalize=False, layout_properties=LayoutProperties("paper", PAPER), filter_func=_no_viewport
        )
        return Picture(self._backend.pieces)


def _no_viewport(entity: DXFGraphic) -> bool:
    return not isinstance(entity, Viewport)


class _Recorder(Backend):
    """Keeps what the library would draw."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[Piece] = []
        self.words: Words | None = None

    def _keep(self, path: Path, properties: BackendProperties, *, fill: bool = False) -> None:
        dashes: tuple[float, ...] = ()
        width = 0.0
        if not fill:
            width = properties.lineweight
            _, full = self.entity_stack[-1]
            pattern = full.linetype_pattern
            if len(pattern) > 1:
                dashes = tuple(float(length * full.linetype_scale) for length in pattern[: len(pattern) // 2 * 2])
        style = Style(properties.color, fill, float(width), dashes, (properties.layer.casefold(),))
        if fill:
            self.pieces.append(Piece(path, style, None, self.words))
        else:
            self.pieces.extend(Piece(part, style, None) for part in _split(path, style))

    def set_background(self, color: str) -> None:
        """Paper is white."""

    def clear(self) -> None:
        self.pieces = []

    def draw_point(self, pos: Vec2, properties: BackendProperties) -> None:
        self._keep(Path([(pos.x, pos.y), (pos.x, pos.y)]), properties)

    def draw_line(self, start: Vec2, end: Vec2, properties: BackendProperties) -> None:
        self._keep(Path([(start.x, start.y), (end.x, end.y)]), properties)

    def draw_solid_lines(self, lines: Iterable[tuple[Vec2, Vec2]], properties: BackendProperties) -> None:
        ends = [[(a.x, a.y), (b.x, b.y)] for a, b in lines]
        if ends:
            codes = np.tile(np.array([Path.MOVETO, Path.LINETO], dtype=Path.code_type), len(ends))
            self._keep(Path(np.array(ends).reshape(-1, 2), codes), properties)

    def draw_path(self, path: BkPath2d, properties: BackendProperties) -> None:
        if len(path):
            self._keep(to_matplotlib_path([path]), properties)

    def draw_filled_paths(self, paths: Iterable[BkPath2d], properties: BackendProperties) -> None:
        contours = [path for path in paths if len(path)]
        if contours:
            # Texts are filled by the non-zero rule of their fonts: the contours of a variable font overlap,
            # and nesting would fill a counter that lies across two.
            in_text = bool(self.entity_stack) and self.entity_stack[-1][0].dxftype() in _TEXTS
            self._keep(to_matplotlib_path(contours if in_text else oriented(contours)), properties, fill=True)

    def draw_filled_polygon(self, points: BkPoints2d, properties: BackendProperties) -> None:
        corners = points.np_vertices()
        if len(corners) >= 3:
            self._keep(Path(np.vstack([corners, corners[:1]])), properties, fill=True)

    def draw_image(self, image_data: ImageData, properties: BackendProperties) -> None:
        """Drawings of this program hold no pictures."""


def _split(path: Path, style: Style) -> list[Path]:
    """Return a long line in parts: a window shows few of them. Dashes would begin anew at each: such a line stays whole."""
    corners = np.asarray(path.vertices)
    codes = path.codes
    whole = codes is None or bool(np.all(np.asarray(codes, dtype=int)[1:] == Path.LINETO))
    if len(corners) <= _LONGEST or style.dashes_mm or not whole:
        return [path]
    return [Path(corners[n : n + _LONGEST + 1]) for n in range(0, len(corners) - 1, _LONGEST)]


class _Pipeline(RenderPipeline2d):
    """Lets the recorder know which outlines are whose text."""

    def draw_text(
        self, text: str, transform: Matrix44, properties: Properties, cap_height: float, dxftype: str = "TEXT"
    ) -> None:
        recorder = self.backend
        assert isinstance(recorder, _Recorder)
        recorder.words = Words(text, cap_height, flat(transform))
        super().draw_text(text, transform, properties, cap_height, dxftype)
        recorder.words = None


def flat(matrix: Matrix44) -> NDArray[np.float64]:
    """Return the (3, 3) matrix for column vectors of what a matrix does in the plane."""
    return np.array(matrix.get_2d_transformation(), dtype=float).reshape(3, 3).T


class _Decomposer(UniversalFrontend):
    """Takes a block apart once for all INSERTs that look alike."""

    def __init__(self, ctx: RenderContext, backend: _Recorder, config: Configuration) -> None:
        super().__init__(ctx, _Pipeline(backend), config=config)
        self._recorder = backend
        self._blocks: dict[tuple[object, ...], list[Piece]] = {}

    def draw_composite_entity(self, entity: DXFGraphic, properties: Properties) -> None:
        if not isinstance(entity, Insert) or entity.mcount > 1 or XClip(entity).has_clipping_path:
            super().draw_composite_entity(entity, properties)
            return
        block = entity.block()
        if block is None:
            return
        key = (
            block.name, properties.color, properties.layer, properties.lineweight, tuple(properties.linetype_pattern),
            properties.linetype_scale, properties.pen,
        )  # fmt: skip
        self.ctx.push_state(properties)
        if key not in self._blocks:
            self._blocks[key] = self._taken_apart(block)
        matrix = flat(entity.matrix44())
        kept = self._recorder.pieces
        own = properties.layer.casefold()
        for path, style, inner, words in self._blocks[key]:
            layers = style.layers if own in style.layers else tuple(sorted((*style.layers, own)))
            placed = matrix if inner is None else matrix @ inner
            kept.append(Piece(path, style._replace(layers=layers), placed, words))
        # Attributes lie outside the block.
        self.draw_entities(entity.attribs)
        self.ctx.pop_state()

    def _taken_apart(self, block: BlockLayout) -> list[Piece]:
        """Return the pieces of a block in its own axes, neighbours of one style as one path."""
        outer, self._recorder.pieces = self._recorder.pieces, []
        # The thin outline of a filled mark is there to snap to: the fill shows the same.
        marks = block.name.startswith("FL-") and any(entity.dxftype() == "HATCH" for entity in block)
        self.draw_entities(
            entity
            for entity in block
            if entity.dxftype() != "ATTDEF" and not (marks and isinstance(entity, LWPolyline))
        )
        pieces, self._recorder.pieces = self._recorder.pieces, outer
        merged = _merged(pieces)
        character = glyph_of(block.name)
        if character is not None and len(merged) == 1:  # a text that was outlined can still be spelled
            return [merged[0]._replace(words=Words(character, 1.0, np.eye(3)))]
        return merged


def _merged(pieces: list[Piece]) -> list[Piece]:
    merged: list[Piece] = []
    for (_, alone), run in itertools.groupby(enumerate(pieces), lambda item: _joins(*item)):
        members = [piece for _, piece in run]
        if alone is None and len(members) > 1:
            path = Path.make_compound_path(*(piece.path for piece in members))
            merged.append(Piece(path, members[0].style, None))
        else:
            merged.extend(members)
    return merged


def _joins(number: int, piece: Piece) -> tuple[Style, int | None]:
    """Return what neighbours must share to become one path; of texts and placed pieces a number of their own."""
    return piece.style, None if piece.matrix is None and piece.words is None else number


def oriented(loops: list[BkPath2d]) -> list[BkPath2d]:
    """Return loops turned by how many others they lie in: even depths left, odd depths (holes) right.

    The library takes a loop for nested in another when its bounding box is: in a grid, a field beside a large one would be
    painted.
    """
    if len(loops) == 1:
        return loops
    corners = [[(v.x, v.y) for v in loop.control_vertices()] for loop in loops]
    usable = [n for n, ring in enumerate(corners) if len(ring) >= 3]
    outlines = shapely.polygons([shapely.linearrings(corners[n]) for n in usable])
    spots = shapely.point_on_surface(outlines)
    inner, outer = shapely.STRtree(outlines).query(spots, predicate="within")
    # A loop holds another only if it is the larger: the spot of a frame may lie in the frame's own hole.
    area = shapely.area(outlines)
    depth = np.bincount(inner[area[outer] > area[inner]], minlength=len(usable))
    return [
        loops[n].clone().counter_clockwise() if depth[k] % 2 == 0 else loops[n].clone().clockwise()
        for k, n in enumerate(usable)
    ]
