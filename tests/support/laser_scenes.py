"""Laser points of made scenes, written as LAS or LAZ: ground, wires, arches, branches, cars and noise of known heights.

Local coordinates as in ``site_scenes``; heights are above the site's datum, the ground lies at about 50 m.
"""

from __future__ import annotations

import numpy as np
import pyproj
from site_scenes import CRS, ORIGIN

from firelane.site.model import PointTile

GROUND, WIRE_CLASS, VEGETATION, BUILDING, NOISE = 2, 14, 5, 6, 7
UNCLASSED = 1


class Cloud:
    """Points gathered part by part; the same seed gives the same points."""

    def __init__(self, seed=0, *, noise_m=0.01, slope=0.0, camber=0.0):
        self.rng = np.random.default_rng(seed)
        self.noise_m, self.slope, self.camber = noise_m, slope, camber
        self.parts = []

    def ground_z(self, x, y):
        """Height of the true ground: sloping along x, falling from y = 0 to either side."""
        return 50.0 + self.slope * np.asarray(x) - self.camber * np.abs(y)

    def add(self, x, y, z, code=UNCLASSED, *, flag=None):
        """Add points by absolute height."""
        x, y, z = np.broadcast_arrays(*(np.asarray(v, float) for v in (x, y, z)))
        self.parts.append((x.ravel(), y.ravel(), z.ravel(), np.full(x.size, code), np.full(x.size, flag or "")))
        return self

    def over(self, x, y, height, code=UNCLASSED):
        """Add points by height above the true ground, with the scanner's noise."""
        z = self.ground_z(x, y) + height
        return self.add(x, y, z + self.rng.normal(0, self.noise_m, np.shape(z)), code)

    def spread(self, x0, y0, x1, y1, per_m2):
        """Return random places in a rectangle."""
        n = round((x1 - x0) * (y1 - y0) * per_m2)
        return self.rng.uniform(x0, x1, n), self.rng.uniform(y0, y1, n)

    def ground(self, x0=-5, y0=-8, x1=105, y1=8, per_m2=20, *, holes=(), code=GROUND):
        """Add ground, but for rectangular holes that something hides."""
        x, y = self.spread(x0, y0, x1, y1, per_m2)
        keep = np.ones(len(x), bool)
        for a, b, c, d in holes:
            keep &= ~((x >= a) & (x <= c) & (y >= b) & (y <= d))
        return self.over(x[keep], y[keep], 0.0, code)

    def wire(self, x, height, *, y0=-8.0, y1=8.0, sag=0.3, per_m=3.0, code=UNCLASSED):
        """Add a wire across the road at x, lowest (``height``) above y = 0."""
        y = np.sort(self.rng.uniform(y0, y1, round((y1 - y0) * per_m)))
        return self.over(np.full_like(y, x), y, height + sag * (2 * y / (y1 - y0)) ** 2, code)

    def branch(self, x, y, bottom, *, radius=1.5, top=6.0, per_m3=12.0, code=UNCLASSED):
        """Add a crown about (x, y): a cylinder from ``bottom`` up, its lowest point exactly there."""
        n = int(np.pi * radius**2 * (top - bottom) * per_m3)
        angle, r = self.rng.uniform(0, 2 * np.pi, n), radius * np.sqrt(self.rng.uniform(0, 1, n))
        height = np.append(bottom, self.rng.uniform(bottom + 0.02, top, n - 1))
        return self.over(x + r * np.cos(angle), y + r * np.sin(angle), height, code)

    def car(self, x, y, *, length=4.6, width=1.8, roof=1.5, per_m2=20):
        """Add a car as seen from the air: bonnet, roof and boot; a few points on its sides."""
        px, py = self.spread(x - length / 2, y - width / 2, x + length / 2, y + width / 2, per_m2)
        middle = np.abs(px - x) < length * 0.3
        return self.over(px, py, np.where(middle, roof, 0.9))

    def slab(self, x0, y0, x1, y1, height, *, per_m2=20, code=UNCLASSED):
        """Add a flat thing at a height."""
        x, y = self.spread(x0, y0, x1, y1, per_m2)
        return self.over(x, y, height, code)

    def arrays(self):
        """Return x, y, z, class and flag of all points, local."""
        return tuple(np.concatenate(column) for column in zip(*self.parts, strict=True))

    def write(self, path, *, classes=True, where=None, crs=None, moved=ORIGIN, unit=1.0, point_format=6):
        """Write a file; ``where`` chooses points by a function of local x and y."""
        import laspy

        x, y, z, code, flag = self.arrays()
        keep = np.ones(len(x), bool) if where is None else where(x, y)
        x, y, z, code, flag = x[keep], y[keep], z[keep], code[keep], flag[keep]
        header = laspy.LasHeader(point_format=point_format, version="1.4" if point_format >= 6 else "1.2")
        header.scales, header.offsets = np.full(3, 0.001), np.floor(np.append(moved / unit, 0.0))
        if crs is not None:
            header.add_crs(pyproj.CRS(crs))
        las = laspy.LasData(header)
        las.x, las.y, las.z = (x + moved[0]) / unit, (y + moved[1]) / unit, z / unit
        las.classification = code if classes else np.where(np.isin(code, (NOISE, 18)), code, UNCLASSED)
        las.withheld, las.synthetic = flag == "withheld", flag == "synthetic"
        las.write(path)
        return path


def tile(path, *, crs=CRS, accuracy_m=None):
    """Return a tile as the reader of the site would."""
    import laspy

    with laspy.open(path) as reader:
        header = reader.header
        return PointTile(
            path, crs, (*header.mins[:2].tolist(), *header.maxs[:2].tolist()), header.point_count, accuracy_m=accuracy_m
        )
