"""Pictures of generated districts, to see whether they look like any place: ``python city_picture.py OUT.png``."""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import shapely
from city_model import District, Layer
from city_sites import SIZES, city
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection

STYLES = {
    "roads": ("#d9d9d9", "#808080"), "fire_lanes": ("#fff3b0", "#c9a400"), "buildings": ("#c98f7a", "#6b3d2e"),
    "parking": ("none", "#4a7bb5"), "obstructions": ("#555555", "#222222"), "markings": ("#f2c200", "#b08d00"),
}  # fmt: skip


def draw(made: District, axes: Axes) -> None:
    """Draw one district with its violations."""
    for name, (fill, edge) in STYLES.items():
        rows = made.layers.get(name, Layer())
        areas = [np.asarray(p.exterior.coords) for g in rows.geometry for p in shapely.get_parts(g).tolist() if g.geom_type.endswith("Polygon")]
        axes.add_collection(PolyCollection(areas, facecolor=fill, edgecolor=edge, linewidth=0.5))
        for hole in (np.asarray(r.coords) for g in rows.geometry if g.geom_type == "Polygon" for r in g.interiors):
            axes.fill(hole[:, 0], hole[:, 1], facecolor="white", edgecolor=edge, linewidth=0.5, zorder=0.9 if name == "roads" else 1)
        lines = [np.asarray(g.coords) for g in rows.geometry if g.geom_type == "LineString"]
        axes.add_collection(LineCollection(lines, colors=edge, linewidths=0.8))
        dots = np.array([(g.x, g.y) for g in rows.geometry if g.geom_type == "Point"]).reshape(-1, 2)
        axes.plot(dots[:, 0], dots[:, 1], ".", color="#3c8d40", markersize=2.5)
    for g in made.layers["entrances"].geometry:
        axes.plot(*np.asarray(g.coords).T, color="#0050d0", linewidth=2.5)
    for t in made.truth:
        if t.east is None:
            continue
        axes.plot(t.east, t.north, "x", color="red" if t.verdict == "fail" else "orange", markersize=7, markeredgewidth=2)
    axes.set_aspect("equal")
    axes.autoscale_view()
    axes.set_axis_off()
    axes.set_title(f"{made.site_id} {made.plan} {made.vertices} vertices", fontsize=7)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sites", type=int, default=12)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--size", choices=SIZES, default="small")
    told = parser.parse_args()
    across = min(4, told.sites)
    figure, axes = plt.subplots(-(-told.sites // across), across, figsize=(5 * across, 5 * -(-told.sites // across)), squeeze=False)
    for made, ax in zip(city(told.sites, told.seed, told.size), axes.flat, strict=False):
        draw(made, ax)
    figure.tight_layout()
    figure.savefig(told.out, dpi=70)


if __name__ == "__main__":
    main()
