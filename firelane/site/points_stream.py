"""The points of LAS and LAZ tiles as a stream: a chunk at a time, in the site's system, in metres."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj

from firelane import crs as crs_tools
from firelane.errors import InputError, Problem
from firelane.site.model import PointTile

Floats = npt.NDArray[np.float64]
Bounds = tuple[float, float, float, float]


@cache
def settings() -> dict[str, Any]:
    """Return ``points.toml``."""
    text = (resources.files("firelane.site") / "points.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@dataclass(frozen=True)
class Chunk:
    """Some points of one tile.

    Attributes
    ----------
    x, y, z : (n,) arrays
        East and north in the site's system, height in whatever system the file has [m].
    code : (n,) uint8 array
        LAS class.
    disregarded : int
        Points left out: classed as noise, withheld or synthetic.
    scale_m : float
        Step of the heights in the file [m].
    """

    x: Floats
    y: Floats
    z: Floats
    code: npt.NDArray[np.uint8]
    disregarded: int
    scale_m: float


def stream(
    tiles: Sequence[PointTile], crs: pyproj.CRS, bounds: Bounds, *, chunk_points: int | None = None
) -> Iterator[Chunk]:
    """Yield the points within ``bounds``.

    Parameters
    ----------
    tiles : sequence of PointTile
    crs : CRS
        That of the site.
    bounds : tuple
        (min east, min north, max east, max north) in ``crs`` [m].
    chunk_points : int, optional
        Points held at a time; left out, ``points.toml`` says.

    Raises
    ------
    InputError
        If a tile turns out to be damaged.
    """
    size = int(settings()["read"]["chunk_points"]) if chunk_points is None else chunk_points
    for tile in tiles:
        forth = None if crs_tools.same(tile.crs, crs) else pyproj.Transformer.from_crs(tile.crs, crs, always_xy=True)
        yield from _chunks(tile, forth, bounds, size)


def _chunks(tile: PointTile, forth: pyproj.Transformer | None, bounds: Bounds, size: int) -> Iterator[Chunk]:
    import laspy  # noqa: PLC0415

    noise = np.array(settings()["classes"]["noise"], np.uint8)
    try:
        with laspy.open(tile.path) as reader:
            scale_m = float(reader.header.scales[2]) * tile.height_unit_m
            left = tile.points
            for points in reader.chunk_iterator(size):
                left -= len(points)
                yield _chunk(points, tile, forth, bounds, noise, scale_m)
    except BaseException as error:
        if not is_of_decoder(error):
            raise
        raise _damaged(tile) from error
    if left > 0:
        raise _damaged(tile)


def is_of_decoder(error: BaseException) -> bool:
    """Tell whether laspy or lazrs may have raised an error: each has many of its own, of no common kind.

    lazrs is written in Rust, whose panics arrive as a ``BaseException`` of a class that cannot be imported.
    """
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def _damaged(tile: PointTile) -> InputError:
    return InputError([Problem(
        "the file of laser points is damaged: not all of its points can be unpacked",
        "copy or export it again", layer=tile.path.name,
        message_zh="点云文件损坏，无法读出全部的点", remedy_zh="请重新复制或导出该文件",
    )])  # fmt: skip


def _chunk(
    points: Any, tile: PointTile, forth: pyproj.Transformer | None, bounds: Bounds, noise: npt.NDArray[np.uint8],
    scale_m: float,
) -> Chunk:  # fmt: skip
    x, y = np.asarray(points.x, float), np.asarray(points.y, float)
    if forth is not None:
        x, y = forth.transform(x, y)
    near = (x >= bounds[0]) & (x <= bounds[2]) & (y >= bounds[1]) & (y <= bounds[3])
    code = np.asarray(points.classification, np.uint8)
    bad = np.isin(code, noise)
    for flag in ("withheld", "synthetic"):
        if flag in points.point_format.dimension_names:
            bad |= np.asarray(points[flag], bool)
    use = np.flatnonzero(near & ~bad)
    z = np.asarray(points.z, float)[use] * tile.height_unit_m
    return Chunk(x[use], y[use], z, code[use], int((near & bad).sum()), scale_m)
