"""The marking drawing: the only writer of DXF."""

from __future__ import annotations

from firelane.drawing.plot import plot_pdf, plot_png
from firelane.drawing.write import write_dxf

__all__ = ["plot_pdf", "plot_png", "write_dxf"]
