"""What lies on every picture of the map besides the site: scale bar, north arrow, the line that names the data."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from firelane.webmap.content import Content

_NICE = (1, 2, 5)


def scale_and_north(axes: Any, content: Content, credit: str, family: str) -> None:
    """Draw scale bar, north arrow (or the sentence in its place) and the line that names the data."""
    west, east = axes.get_xlim()
    south, north = axes.get_ylim()
    length = nice_length((east - west) / 5)
    x, y = west + 0.03 * (east - west), south + 0.035 * (north - south)
    tick = 0.006 * (east - west)
    axes.plot(
        [x, x, x + length, x + length], [y + tick, y, y, y + tick], color="#222", linewidth=1.5, zorder=25
    )
    label = content.words["metres"].format(n=f"{length:g}")
    axes.text(
        x + length / 2,
        y + tick,
        label,
        ha="center",
        va="bottom",
        fontsize=8,
        fontfamily=family,
        zorder=25,
    )
    if credit:
        axes.text(
            0.993, 0.008, credit, transform=axes.transAxes, ha="right", va="bottom", fontsize=7, zorder=25,
            fontfamily=family, color="#333333",
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "boxstyle": "square,pad=0.2"},
        )  # fmt: skip
    if not content.audit.site.placed:  # nobody knows where north is
        axes.text(
            0.5, 0.985, content.words["unplaced"], transform=axes.transAxes, ha="center", va="top", fontsize=9,
            fontfamily=family, color="#78350f", zorder=26,
            bbox={"facecolor": "#fef3c7", "edgecolor": "#b45309", "boxstyle": "square,pad=0.4"},
        )  # fmt: skip
        return
    size = 0.045 * (east - west)
    cx, cy = east - size, north - 1.3 * size
    axes.annotate(
        "", (cx, cy + size / 2), (cx, cy - size / 2), zorder=25,
        arrowprops={"arrowstyle": "-|>", "color": "#222", "linewidth": 1.6, "mutation_scale": 16},
    )  # fmt: skip
    axes.text(cx, cy - size / 2, content.words["north"], ha="center", va="top", fontsize=9,
              fontfamily=family, zorder=25)  # fmt: skip


def nice_length(length_m: float) -> float:
    """Return the greatest of 1, 2, 5 times a power of ten that is not above ``length_m``.

    >>> nice_length(37.0), nice_length(50.0), nice_length(0.7)
    (20.0, 50.0, 0.5)
    """
    power = 10.0 ** math.floor(math.log10(length_m))
    return float(round(max(n * power for n in _NICE if n * power <= length_m * (1 + 1e-9)), 9))
