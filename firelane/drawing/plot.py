"""Plotting the sheets of a drawing to PDF and PNG, at true size, with a Chinese font."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely
from ezdxf.bbox import Cache, extents
from ezdxf.entities.insert import Insert
from ezdxf.entities.lwpolyline import LWPolyline
from ezdxf.filemanagement import readfile
from ezdxf.layouts.layout import Paperspace
from ezdxf.lldxf.const import DXFError
from ezdxf.math import BoundingBox

from firelane.errors import InputError, Problem
from firelane.files import atomic_path
from firelane.fonts import label_font_path

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

    from ezdxf.addons.drawing.backend import BkPath2d
    from ezdxf.addons.drawing.matplotlib import MatplotlibBackend
    from ezdxf.addons.drawing.properties import BackendProperties, Properties
    from ezdxf.document import Drawing
    from ezdxf.entities.dxfgfx import DXFGraphic
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MM_PER_INCH = 25.4
POINTS_PER_MM = 72.0 / MM_PER_INCH


def plot_pdf(
    dxf_path: str | os.PathLike[str], pdf_path: str | os.PathLike[str], *, font: str | Path | None = None
) -> int:
    """Plot every sheet of a drawing, one page each at its true size, and return how many.

    Parameters
    ----------
    dxf_path, pdf_path : path-like
    font : path, optional
        Font file for the texts; without, the program's own Chinese font.

    Raises
    ------
    InputError
        If ``dxf_path`` is no DXF file that can be read.
    OutputError
        If ``pdf_path`` cannot be written.
    """
    from matplotlib.backends.backend_pdf import PdfPages  # noqa: PLC0415

    doc = _read(Path(dxf_path))
    sheets = _sheets(doc)
    # Without fixed dates and with outlines for texts, the same drawing gives the same pages.
    with (
        atomic_path(pdf_path) as temporary,
        PdfPages(temporary, metadata={"CreationDate": None, "Creator": "firelane"}) as pages,
    ):
        for sheet in sheets:
            with _figure(doc, sheet, font, dpi=72) as figure:
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
    doc = _read(Path(dxf_path))
    sheets = _sheets(doc)
    if not 0 <= sheet < len(sheets):
        raise InputError([Problem(f"there is no sheet {sheet}", f"give 0 to {len(sheets) - 1}", str(dxf_path))])
    with _figure(doc, sheets[sheet], font, dpi=dpi) as figure, atomic_path(png_path) as temporary:
        figure.savefig(temporary, dpi=dpi, format="png", metadata={"Software": None})
        width, height = figure.get_size_inches() * dpi
    return round(width), round(height)


def _read(path: Path) -> Drawing:
    try:
        return readfile(path)
    except (OSError, DXFError, UnicodeDecodeError) as error:
        raise InputError([Problem(f"not a DXF file that can be read ({error})", "", str(path))]) from error


def _sheets(doc: Drawing) -> list[Paperspace]:
    names = doc.layouts.names_in_taborder()
    return [layout for name in names if isinstance(layout := doc.layouts.get(name), Paperspace)]


@contextmanager
def _figure(doc: Drawing, sheet: Paperspace, font: str | Path | None, dpi: int) -> Iterator[Figure]:
    """Yield a matplotlib figure of the sheet: its size is the paper's, one unit is a millimetre."""
    from ezdxf.addons.drawing.config import BackgroundPolicy, Configuration  # noqa: PLC0415
    from ezdxf.addons.drawing.frontend import Frontend  # noqa: PLC0415
    from ezdxf.addons.drawing.properties import RenderContext  # noqa: PLC0415
    from matplotlib.figure import Figure as NewFigure  # noqa: PLC0415

    _use_font(doc, font)
    width_mm, height_mm = sheet.dxf.paper_width, sheet.dxf.paper_height
    figure = NewFigure(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH), dpi=dpi)
    axes = figure.add_axes((0, 0, 1, 1))
    config = Configuration(
        background_policy=BackgroundPolicy.WHITE,
        lineweight_scaling=POINTS_PER_MM,  # the back end takes points, the drawing has millimetres
        min_lineweight=0.05 * POINTS_PER_MM,
    )
    backend = _backend(axes)
    frontend = Frontend(RenderContext(doc), backend, config=config, bbox_cache=_extents(doc))
    frontend.draw_layout(sheet, finalize=True)
    # finalize() fits the axes to what was drawn; the paper is what counts.
    axes.set_aspect("auto")
    axes.set_xlim(0.0, width_mm)
    axes.set_ylim(0.0, height_mm)
    yield figure


def _backend(axes: Axes) -> MatplotlibBackend:
    """Return a back end that tells holes from fills rightly, in half the time.

    The stock one takes a loop for nested in another when its bounding box is: in a grid, a field
    beside a large one would be painted. And texts are filled by the non-zero rule of their fonts:
    the contours of a variable font overlap, and nesting would fill a counter that lies across two.
    """
    from ezdxf.addons.drawing.matplotlib import MatplotlibBackend  # noqa: PLC0415
    from ezdxf.npshapes import to_matplotlib_path  # noqa: PLC0415
    from matplotlib.patches import PathPatch  # noqa: PLC0415

    class WindingBackend(MatplotlibBackend):
        def __init__(self) -> None:
            super().__init__(axes, adjust_figure=False)
            self._in_text: list[bool] = []

        def enter_entity(self, entity: DXFGraphic, properties: Properties) -> None:
            self._in_text.append(entity.dxftype() in {"TEXT", "MTEXT", "ATTRIB"})
            super().enter_entity(entity, properties)

        def exit_entity(self, entity: DXFGraphic) -> None:
            self._in_text.pop()
            super().exit_entity(entity)

        def draw_filled_paths(self, paths: Iterable[BkPath2d], properties: BackendProperties) -> None:
            contours = [path for path in paths if len(path)]
            if contours:
                in_text = bool(self._in_text) and self._in_text[-1]
                outline = to_matplotlib_path(contours if in_text else _oriented(contours), detect_holes=False)
                fill = PathPatch(outline, color=properties.color, linewidth=0, zorder=self._get_z())
                # add_patch() would work out the limits of every curve: the paper's are set anyway.
                self.ax.add_artist(fill)

        def draw_path(self, path: BkPath2d, properties: BackendProperties) -> None:
            if len(path):
                self.ax.add_artist(
                    PathPatch(
                        to_matplotlib_path([path]),
                        linewidth=self.get_lineweight(properties),
                        fill=False,
                        color=properties.color,
                        zorder=self._get_z(),
                    )
                )

    return WindingBackend()


def _extents(doc: Drawing) -> Cache:
    """Return the extents of all marks placed as blocks of ours, each block looked at once.

    The renderer asks for the extents of every entity and would take every INSERT apart for it, and
    again to draw it. The thin outlines within blocks are left out of the plot for the same reason:
    the fill shows the same.
    """
    cache = Cache()
    corners = {}
    for block in doc.blocks:
        if not block.name.startswith("FL-"):
            continue
        for outline in [entity for entity in block if isinstance(entity, LWPolyline)]:
            block.delete_entity(outline)
        box = extents(block, fast=True)
        corners[block.name] = [(x, y, 0.0) for x, y in box.rect_vertices()] if box.has_data else []
    for insert in doc.modelspace():
        if isinstance(insert, Insert) and insert.dxf.name in corners:
            matrix = insert.matrix44()
            cache.store(insert, BoundingBox(matrix.transform_vertices(corners[insert.dxf.name])))
    return cache


def _oriented(loops: list[BkPath2d]) -> list[BkPath2d]:
    """Return loops turned by how many others they lie in: even depths left, odd depths (holes) right."""
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


def _use_font(doc: Drawing, font: str | Path | None) -> None:
    """Point every text style at a font file that is there: the drawing names fonts of CAD programs."""
    from ezdxf.fonts.fonts import font_manager  # noqa: PLC0415

    texts = {character for entity in doc.entitydb.values() if entity.dxftype() == "TEXT" for character in entity.dxf.text}
    path = label_font_path(extra="".join(sorted(texts)), font=font)
    if not font_manager.has_font(path.name):
        font_manager.build([str(path.parent)], support_dirs=False)
    for style in doc.styles:
        style.dxf.font = path.name
