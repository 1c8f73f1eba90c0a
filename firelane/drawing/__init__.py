"""The marking drawing: the only writer of DXF."""

from __future__ import annotations

from pathlib import Path

from firelane.drawing.options import DrawingOptions, read_layer_names
from firelane.drawing.stencils import write_stencils
from firelane.drawing.write import write_dxf

__all__ = ["DrawingOptions", "plot_pdf", "plot_png", "plot_pngs", "read_layer_names", "write_dxf", "write_stencils"]


def plot_pdf(dxf_path: Path | str, pdf_path: Path | str, *, font: str | Path | None = None) -> int:
    """Plot every sheet of a drawing to PDF and return how many (see ``drawing.plot.plot_pdf``)."""
    # Plotting brings matplotlib, which writing a drawing does without.
    from firelane.drawing import plot  # noqa: PLC0415

    return plot.plot_pdf(dxf_path, pdf_path, font=font)


def plot_pngs(dxf_path: Path | str, stem: Path | str, *, dpi: int = 150, font: str | Path | None = None) -> list[Path]:
    """Plot every sheet of a drawing to a PNG of its own (see ``drawing.plot.plot_pngs``)."""
    from firelane.drawing import plot  # noqa: PLC0415

    return plot.plot_pngs(dxf_path, stem, dpi=dpi, font=font)


def plot_png(
    dxf_path: Path | str, png_path: Path | str, *, dpi: int = 150, sheet: int = 0, font: str | Path | None = None
) -> tuple[int, int]:
    """Plot one sheet of a drawing to PNG and return its size in pixels (see ``drawing.plot.plot_png``)."""
    from firelane.drawing import plot  # noqa: PLC0415

    return plot.plot_png(dxf_path, png_path, dpi=dpi, sheet=sheet, font=font)
