"""The model space of a drawing as an array of pixels, by the program's own plotter."""

from __future__ import annotations

import ezdxf
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from firelane.drawing.labelfont import label_font
from firelane.drawing.picture import Studio
from firelane.drawing.plot import _Plot, _View


def model_pixels(path, *, mm_per_unit, west, north, size_px, dpi):
    """Return (rows, columns, 3) floats; the upper left corner of the page shows (west, north) of the model."""
    doc = ezdxf.readfile(path)
    font = label_font(doc)
    for style in doc.styles:
        style.dxf.font = font.name
    columns, rows = size_px
    width_mm, height_mm = columns / dpi * 25.4, rows / dpi * 25.4
    matrix = np.array([[mm_per_unit, 0.0, -west * mm_per_unit], [0.0, mm_per_unit, height_mm - north * mm_per_unit], [0, 0, 1.0]])
    figure = Figure(figsize=((columns + 1e-6) / dpi, (rows + 1e-6) / dpi), dpi=dpi)
    canvas = FigureCanvasAgg(figure)
    figure.add_artist(_Plot([_View(Studio(doc).picture(doc.modelspace()), matrix, (0.0, 0.0, width_mm, height_mm))], font))
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].astype(float) / 255.0
