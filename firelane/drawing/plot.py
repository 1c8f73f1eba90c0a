"""Plotting the sheets of a drawing to PDF and PNG, at true size, with a Chinese font."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from ezdxf.entities.viewport import Viewport
from ezdxf.filemanagement import readfile
from ezdxf.layouts.layout import Paperspace
from ezdxf.lldxf.const import DXFError
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.backends.backend_mixed import MixedModeRenderer
from matplotlib.backends.backend_pdf import PdfPages, RendererPdf
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path as Outline
from matplotlib.transforms import Affine2D, Bbox, IdentityTransform

from firelane.drawing.labelfont import label_font
from firelane.drawing.picture import Picture, Studio, Style, flat
from firelane.errors import InputError, Problem
from firelane.files import atomic_path

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

    from ezdxf.document import Drawing
    from matplotlib.backend_bases import GraphicsContextBase, RendererBase
    from numpy.typing import NDArray

    from firelane.drawing.labelfont import LabelFont
    from firelane.drawing.picture import Piece, Words

Rgba = tuple[float, float, float, float]

MM_PER_INCH = 25.4
POINTS_PER_INCH = 72
POINTS_PER_MM = POINTS_PER_INCH / MM_PER_INCH
_LARGE = 200  # corners of an area that is worth cutting to a window
_SQUEEZED = 1e-3
THINNEST_MM = 0.05  # a line of width 0 is "as thin as can be": this is still seen on paper


def plot_pdf(
    dxf_path: str | os.PathLike[str], pdf_path: str | os.PathLike[str], *, font: str | Path | None = None
) -> int:
    """Plot every sheet of a drawing, one page each at its true size, and return how many.

    The same drawing gives the same bytes.

    Parameters
    ----------
    dxf_path, pdf_path : path-like
    font : path, optional
        Font file for the texts; without, the program's own Chinese font.

    Raises
    ------
    InputError
        If ``dxf_path`` is no DXF file that can be read, or has no sheet.
    OutputError
        If ``pdf_path`` cannot be written.
    """
    sheets = _Sheets(Path(dxf_path), font)
    # Without dates the same drawing gives the same pages.
    with (
        atomic_path(pdf_path) as temporary,
        rc_context({"pdf.fonttype": 42 if sheets.font.truetype else 3}),
        PdfPages(temporary, metadata={"CreationDate": None, "Creator": "firelane"}) as pages,
    ):
        for figure in sheets.figures(range(len(sheets))):
            pages.savefig(figure)
    return len(sheets)


def plot_png(
    dxf_path: str | os.PathLike[str],
    png_path: str | os.PathLike[str],
    *,
    dpi: int = 150,
    sheet: int = 0,
    font: str | Path | None = None,
) -> tuple[int, int]:
    """Plot one sheet of a drawing as a picture and return its size in pixels.

    Parameters
    ----------
    dxf_path, png_path : path-like
    dpi : int
        Pixels per inch of paper.
    sheet : int
        Number of the sheet, from 0.
    font : path, optional
        Font file for the texts; without, the program's own Chinese font.

    Raises
    ------
    InputError
        If ``dxf_path`` is no DXF file that can be read, or has no such sheet.
    OutputError
        If ``png_path`` cannot be written.
    """
    sheets = _Sheets(Path(dxf_path), font)
    if not 0 <= sheet < len(sheets):
        raise InputError([Problem(f"there is no sheet {sheet}", f"give 0 to {len(sheets) - 1}", str(dxf_path))])
    (figure,) = sheets.figures([sheet], dpi=dpi)
    return _save_png(figure, Path(png_path), dpi)


def plot_pngs(
    dxf_path: str | os.PathLike[str],
    stem: str | os.PathLike[str],
    *,
    dpi: int = 150,
    font: str | Path | None = None,
) -> list[Path]:
    """Plot every sheet of a drawing as a picture and return the files.

    Parameters
    ----------
    dxf_path : path-like
    stem : path-like
        ``out/markings`` gives ``out/markings-01.png``, ``out/markings-02.png`` …; an ending ``.png`` is left away.
        A folder that exists takes the name of the drawing: ``out`` gives ``out/<name of the DXF>-01.png`` ….
    dpi : int
        Pixels per inch of paper.
    font : path, optional
        Font file for the texts; without, the program's own Chinese font.

    Raises
    ------
    InputError
        If ``dxf_path`` is no DXF file that can be read, or has no sheet.
    OutputError
        If a picture cannot be written.
    """
    base = Path(stem)
    if base.is_dir():
        base = base / Path(dxf_path).stem
    elif base.suffix.lower() == ".png":
        base = base.with_suffix("")
    sheets = _Sheets(Path(dxf_path), font)
    digits = max(2, len(str(len(sheets))))
    written: list[Path] = []
    for number, figure in enumerate(sheets.figures(range(len(sheets)), dpi=dpi), 1):
        path = base.with_name(f"{base.name}-{number:0{digits}d}.png")
        _save_png(figure, path, dpi)
        written.append(path)
    return written


def _save_png(figure: Figure, path: Path, dpi: int) -> tuple[int, int]:
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=dpi, format="png", metadata={"Software": None})
    width, height = figure.get_size_inches() * dpi
    return round(width), round(height)


class _Sheets:
    """The sheets of one drawing, ready to be plotted.

    Raises
    ------
    InputError
        If the file is no DXF file that can be read, or has no sheet.
    """

    def __init__(self, path: Path, font: str | Path | None) -> None:
        doc = _read(path)
        names = doc.layouts.names_in_taborder()
        self._layouts = [layout for name in names if isinstance(layout := doc.layouts.get(name), Paperspace)]
        if not self._layouts:
            raise InputError([Problem("the drawing has no sheet", "plot its model space with a CAD program", str(path))])
        self.font = label_font(doc, font)
        for style in doc.styles:
            style.dxf.font = self.font.name
        self._studio = Studio(doc)
        self._model: Picture | None = None
        self._doc = doc

    def __len__(self) -> int:
        return len(self._layouts)

    def figures(self, numbers: Iterable[int], dpi: int | None = None) -> Iterator[Figure]:
        """Yield a figure of each sheet: its size is the paper's, with ``dpi`` to the next whole pixel."""
        for number in numbers:
            layout = self._layouts[number]
            width, height = layout.dxf.paper_width / MM_PER_INCH, layout.dxf.paper_height / MM_PER_INCH
            if dpi is not None:  # a canvas cuts off what is left of a pixel
                width, height = ((round(side * dpi) + 1e-6) / dpi for side in (width, height))
            figure = Figure(figsize=(width, height), dpi=dpi or POINTS_PER_INCH)
            # A figure is plotted once and thrown away: the artist holds the views.
            views = [*self._windows(layout), _View(self._studio.picture(layout), np.eye(3), None)]
            figure.add_artist(_Plot(views, self.font))
            yield figure

    def _windows(self, layout: Paperspace) -> Iterator[_View]:
        """Yield what the viewports show; the first is the sheet itself."""
        for viewport in sorted(layout.query("VIEWPORT"), key=lambda v: v.dxf.status):
            if not isinstance(viewport, Viewport) or viewport.dxf.id == 1 or viewport.dxf.status <= 0:
                continue
            if self._model is None:
                self._model = self._studio.picture(self._doc.modelspace())
            matrix = flat(viewport.get_transformation_matrix())
            x, y, *_ = viewport.dxf.center
            half_width, half_height = viewport.dxf.width / 2, viewport.dxf.height / 2
            frozen = frozenset(name.casefold() for name in viewport.frozen_layers)
            yield _View(self._model, matrix, (x - half_width, y - half_height, x + half_width, y + half_height), frozen)


@dataclass(frozen=True)
class _View:
    """A picture, the matrix from it to the paper [mm], and the window on the paper that it is seen through."""

    picture: Picture
    matrix: NDArray[np.float64]
    window: tuple[float, float, float, float] | None
    frozen: frozenset[str] = frozenset()

    def pieces(self) -> Iterable[Piece]:
        """Return what is seen."""
        if self.window is None:
            return self.picture.pieces
        x0, y0, x1, y1 = self.window
        corners = np.array([(x0, y0, 1.0), (x1, y0, 1.0), (x1, y1, 1.0), (x0, y1, 1.0)])
        shown = (corners @ np.linalg.inv(self.matrix).T)[:, :2]
        (a, b), (c, d) = shown.min(axis=0), shown.max(axis=0)
        return self.picture.within((float(a), float(b), float(c), float(d)), self.frozen)


class _Plot(Artist):
    """Draws views straight with the renderer: an artist for each of ten thousand paths would cost more than the drawing."""

    def __init__(self, views: list[_View], font: LabelFont) -> None:
        super().__init__()
        self._views = views
        self._em = font.em
        self._prop = FontProperties(fname=str(font.path))

    def draw(self, renderer: RendererBase) -> None:
        """Draw all views."""
        figure = self.get_figure()
        assert figure is not None
        to_pixels = np.diag([figure.dpi / MM_PER_INCH, figure.dpi / MM_PER_INCH, 1.0])
        # A PDF holds texts as texts: they can be searched for, and a page of tables stays small.
        spelled = isinstance(renderer, RendererPdf | MixedModeRenderer)
        for view in self._views:
            clip = None
            if view.window is not None:
                x0, y0, x1, y1 = (length * to_pixels[0, 0] for length in view.window)
                clip = Bbox([[x0, y0], [x1, y1]])
            matrix = to_pixels @ view.matrix
            contexts: dict[Style, tuple[GraphicsContextBase, Rgba | None]] = {}
            for path, style, placed, words in view.pieces():
                if style not in contexts:
                    contexts[style] = _context(renderer, style, clip)
                context, face = contexts[style]
                whole = matrix if placed is None else matrix @ placed
                if spelled and words is not None and self._spell(renderer, context, words, whole):
                    continue
                if clip is not None and face is not None and _large(path):
                    _draw_part(renderer, context, path, whole, clip, face)
                    continue
                renderer.draw_path(context, path, Affine2D(whole), face)
            for context, _ in contexts.values():
                context.restore()

    def _spell(self, renderer: RendererBase, context: GraphicsContextBase, words: Words, matrix: NDArray[np.float64]) -> bool:
        """Write a text as text; False if it is squeezed or mirrored, which only its outline can be."""
        whole = matrix @ words.matrix
        (a, c), (b, d) = whole[0, :2], whole[1, :2]
        along, up = math.hypot(a, b), math.hypot(c, d)
        if a * d - b * c <= 0.0 or abs(along - up) > _SQUEEZED * up:
            return False
        self._prop.set_size(words.height * up * self._em)
        degrees = math.degrees(math.atan2(b, a))
        renderer.draw_text(context, float(whole[0, 2]), float(whole[1, 2]), words.text, self._prop, degrees)
        return True


def _large(path: Outline) -> bool:
    """Tell whether an area has many corners and no curves, which cutting would break."""
    codes = path.codes
    if np.shape(path.vertices)[0] <= _LARGE:
        return False
    return codes is None or not np.isin(codes, (Outline.CURVE3, Outline.CURVE4)).any()


def _draw_part(
    renderer: RendererBase, context: GraphicsContextBase, path: Outline, matrix: NDArray[np.float64], clip: Bbox, face: Rgba
) -> None:
    """Fill what a window shows of a large area: a page need not hold the rest."""
    margin = 2.0 * POINTS_PER_MM
    room = Bbox([[clip.x0 - margin, clip.y0 - margin], [clip.x1 + margin, clip.y1 + margin]])
    part = path.transformed(Affine2D(matrix)).clip_to_bbox(room)
    if np.size(part.vertices):
        renderer.draw_path(context, part, IdentityTransform(), face)


def _context(
    renderer: RendererBase, style: Style, clip: Bbox | None
) -> tuple[GraphicsContextBase, Rgba | None]:
    """Return the graphics context of a style, and the colour of its fill."""
    context = renderer.new_gc()
    color = to_rgba(style.color)
    if clip is not None:
        context.set_clip_rectangle(clip)
    context.set_foreground(color, isRGBA=True)
    context.set_alpha(color[3])
    context.set_antialiased(True)
    if style.fill:
        context.set_linewidth(0.0)
        return context, color
    width = max(style.width_mm, THINNEST_MM) * POINTS_PER_MM
    context.set_linewidth(width)
    context.set_capstyle("round")
    context.set_joinstyle("round")
    if style.dashes_mm:
        # a dot is a stroke of no length: its round ends make it
        context.set_capstyle("butt" if all(length > 0.0 for length in style.dashes_mm) else "round")
        context.set_dashes(0.0, [max(length * POINTS_PER_MM, 1e-3) for length in style.dashes_mm])
    return context, None


def _read(path: Path) -> Drawing:
    try:
        return readfile(path)
    except (OSError, DXFError, UnicodeDecodeError) as error:
        raise InputError([Problem(f"not a DXF file that can be read ({error})", "", str(path))]) from error
