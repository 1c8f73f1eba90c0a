"""Setting-out points and paint paths for RTK controllers and line-marking robots (放样点、划线路径).

No maker of line-marking robots publishes an open format with paint on and off; what they and their surveyors' programs
read are tables of coordinates and lines. So the paths are written as a plain CSV of waypoints and as GeoJSON (RFC 7946).
"""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from firelane.crs import is_local_crs, to_lonlat
from firelane.files import ensure_writable_dir, write_bytes
from firelane.markings.parameters import dimensions
from firelane.markings.setting_out import BEND, BOARD_KIND, END, FOOT, MIDDLE, START
from firelane.markings.strokes import Stroke, lettering_strokes, line_strokes, ordered
from firelane.vocabulary import MarkKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from firelane.markings.plan import MarkingPlan

CODES = {
    str(MarkKind.EDGE_LINE): "LINE", str(MarkKind.KERB_TOP): "KERB", str(MarkKind.BOX_FRAME): "BOX",
    str(MarkKind.GRID_BORDER): "GRID", BOARD_KIND: "SIGN",
}  # fmt: skip
CORNER_CODES = {START: "S", BEND: "B", MIDDLE: "M", END: "E", FOOT: ""}
PATH_COLUMNS = (
    "waypoint", "stroke", "spray", "line_width_m", "kind", "mark_id", "x_north_m", "y_east_m", "lon", "lat",
)  # fmt: skip
HEIGHT = "0.000"  # not known: no drawing or survey of this program has heights
_LONGEST = 60


def write_field_files(plan: MarkingPlan, folder: Path, prefix: str = "", *, paths: bool = True) -> tuple[Path, ...]:
    """Write the files that instruments and machines in the field take, and return them.

    * ``setting_out.dat``: ``number,code,Y (east),X (north),H``, as 南方 CASS and the controllers of 南方, 中海达 and 华测 take
      it; no head, ASCII, lines end in CR LF. Code: ``BOX``, ``GRID`` with the corner's number, ``LINE``, ``KERB`` with S
      (start), B (bend), M (middle of an arc), E (end), ``SIGN``.
    * ``setting_out_pnezd.csv``: ``point,north,east,height,description``, as Trimble, Leica and Topcon take it; no head, ASCII.
      Description: code, mark, radius of an arc.
    * ``paint_paths.csv``: waypoints of a machine in order. ``spray`` 1 means that the way **to the next** waypoint is
      painted ``line_width_m`` wide, 0 that it is travelled without paint. UTF-8 without byte-order mark.
    * ``paint_paths.geojson``: the same as one line for each stroke and each travel (``spray`` true or false), longitude
      and latitude; not of a site that is nowhere on earth.
    * ``lettering_paths.csv``: outlines of the lettering as closed ways, ``line_width_m`` empty: what is within is
      painted, holes (clockwise) are not. For plotters and stencil cutters, and robots that can fill.

    Heights are not known: 0.000 stands for them. The same plan gives the same bytes.

    Parameters
    ----------
    plan : MarkingPlan
    folder : Path
        Made if it is not there.
    prefix : str
        What the names of all files begin with.
    paths : bool
        Whether the ways of machines are written too: of 10 km of lanes they take tens of megabytes.

    Raises
    ------
    OutputError
        If the folder or a file cannot be written; what stood there before stays.
    """
    folder = ensure_writable_dir(folder)
    written = [
        write_bytes(folder / f"{prefix}setting_out.dat", _dat(plan)),
        write_bytes(folder / f"{prefix}setting_out_pnezd.csv", _pnezd(plan)),
    ]
    if not paths:
        return tuple(written)
    dims = plan.dims or dimensions({})
    origin = _origin(plan)
    lines = ordered(line_strokes(plan, origin, dims.number("paint_path_tolerance_m")))
    letters = ordered(lettering_strokes(plan, origin, dims.number("letter_path_tolerance_m")))
    written.append(write_bytes(folder / f"{prefix}paint_paths.csv", _paths(lines, origin, plan)))
    if not is_local_crs(plan.site.crs):
        written.append(write_bytes(folder / f"{prefix}paint_paths.geojson", _geojson(lines, origin, plan)))
    written.append(write_bytes(folder / f"{prefix}lettering_paths.csv", _paths(letters, origin, plan)))
    return tuple(written)


def field_id(text: str, *, ascii_only: bool = False) -> str:
    r"""Return an id that no reader of tables can misread: letters, digits, ``-_.``, all else percent-encoded.

    >>> field_id("GRID-东门"), field_id("=1+1,\n"), field_id("东门", ascii_only=True)
    ('GRID-东门', '%3D1%2B1%2C%0A', '%E4%B8%9C%E9%97%A8')
    """
    safe = "".join(
        c if (c.isalnum() and (c.isascii() or not ascii_only)) or c in "-_." else quote(c.encode("utf-8", "replace"), safe="")
        for c in str(text)[:255]
    )
    return f"%2D{safe[1:]}" if safe.startswith("-") else safe


def _origin(plan: MarkingPlan) -> NDArray[np.float64]:
    """Return a place near the paint: strokes are worked out relative to it."""
    shapes = plan.paint.geometry[~(plan.paint.geometry.is_empty | plan.paint.geometry.isna())]
    return np.floor(np.asarray(shapes.total_bounds[:2], dtype=float)) if len(shapes) else np.zeros(2)


def _code(kind: str, corner: str) -> str:
    return CODES.get(kind, "POINT") + CORNER_CODES.get(corner, corner)


def _dat(plan: MarkingPlan) -> bytes:
    points = plan.setting_out
    rows = (
        f"{point},{_code(kind, corner)},{east:.3f},{north:.3f},{HEIGHT}\r\n"
        for point, kind, corner, north, east in _columns(points, "point", "kind", "corner", "x_north_m", "y_east_m")
    )
    return "".join(rows).encode("ascii")


def _pnezd(plan: MarkingPlan) -> bytes:
    points = plan.setting_out
    names = ("point", "kind", "corner", "x_north_m", "y_east_m", "mark_id", "radius_m")
    rows = []
    for point, kind, corner, north, east, mark_id, radius_m in _columns(points, *names):
        told = f"{_code(kind, corner)} {field_id(mark_id, ascii_only=True)[:_LONGEST]}"
        if math.isfinite(radius_m):
            told += f" R{radius_m:.3f}"
        rows.append(f"{point},{north:.3f},{east:.3f},{HEIGHT},{told}\r\n")
    return "".join(rows).encode("ascii")


def _columns(table: Any, *names: str) -> Iterable[tuple[Any, ...]]:
    return zip(*(table[name].tolist() for name in names), strict=True)


def _places(strokes: Sequence[Stroke], origin: NDArray[np.float64], plan: MarkingPlan) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return east and north, and longitude and latitude, of all waypoints."""
    xy = np.concatenate([stroke.xy for stroke in strokes]) + origin if strokes else np.empty((0, 2))
    if is_local_crs(plan.site.crs) or not len(xy):
        return xy, np.full(xy.shape, np.nan)
    return xy, np.asarray(to_lonlat(xy, plan.site.crs))


def _paths(strokes: Sequence[Stroke], origin: NDArray[np.float64], plan: MarkingPlan) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(PATH_COLUMNS)
    xy, lonlat = _places(strokes, origin, plan)
    placed = not is_local_crs(plan.site.crs)
    at = 0
    for number, stroke in enumerate(strokes, 1):
        width = "" if math.isnan(stroke.width_m) else f"{stroke.width_m:.3f}"
        mark_id, last = field_id(stroke.mark_id), at + len(stroke.xy) - 1
        rows = slice(at, last + 1)
        for n, ((east, north), (lon, lat)) in enumerate(zip(xy[rows].tolist(), lonlat[rows].tolist(), strict=True), at):
            degrees = (f"{lon:.8f}", f"{lat:.8f}") if placed else ("", "")
            writer.writerow(
                (n + 1, number, int(n < last), width, stroke.kind, mark_id, f"{north:.4f}", f"{east:.4f}", *degrees)
            )
        at = last + 1
    return text.getvalue().encode("utf-8")


def _geojson(strokes: Sequence[Stroke], origin: NDArray[np.float64], plan: MarkingPlan) -> bytes:
    _, lonlat = _places(strokes, origin, plan)
    degrees = np.round(lonlat, 8).tolist()
    features: list[str] = []
    at = 0
    for number, stroke in enumerate(strokes, 1):
        if at:
            features.append(_feature({"stroke": number, "spray": False}, degrees[at - 1 : at + 1]))
        told = {
            "stroke": number, "spray": True, "line_width_m": None if math.isnan(stroke.width_m) else round(stroke.width_m, 3),
            "kind": stroke.kind, "mark_id": stroke.mark_id,
        }  # fmt: skip
        features.append(_feature(told, degrees[at : at + len(stroke.xy)]))
        at += len(stroke.xy)
    return ('{"type":"FeatureCollection","features":[\n' + ",\n".join(features) + "\n]}\n").encode("utf-8")


def _feature(properties: dict[str, Any], coordinates: list[list[float]]) -> str:
    feature = {"type": "Feature", "properties": properties, "geometry": {"type": "LineString", "coordinates": coordinates}}
    # lone surrogates, which UTF-8 has not, stay escaped
    return json.dumps(feature, ensure_ascii=True, separators=(",", ":"))
