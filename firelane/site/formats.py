"""One file at a time: is it what its ending says, is it whole, and what does it hold."""

from __future__ import annotations

import hashlib
import sqlite3
import struct
import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pyproj
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError

from firelane.crs import horizontal
from firelane.site.causes import of_data, of_system
from firelane.site.journal import Journal
from firelane.site.schema import LAYERS, limits

Objects = NDArray[np.object_]
Mask = NDArray[np.bool_]

FORMATS: Mapping[str, str] = {
    ".gpkg": "GeoPackage",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".shp": "Shapefile",
    ".fgb": "FlatGeobuf",
    ".parquet": "GeoParquet",
    ".geoparquet": "GeoParquet",
}
FOREIGN: Mapping[str, str] = {
    ".osm": "OpenStreetMap",
    ".pbf": "OpenStreetMap",
    ".dxf": "CAD (DXF)",
    ".dwg": "CAD (DWG)",
}
"""Files whose layers are not ours: readers of their own make an :class:`~firelane.site.intake.Intake` of them."""
CLOUDS: Mapping[str, str] = {".las": "LAS", ".laz": "LAZ"}
"""Laser points: they lie over a site and are no layer of it."""

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"SQLite format 3\x00", "GeoPackage"),
    (b"fgb", "FlatGeobuf"),
    (b"PAR1", "GeoParquet"),
    (b"\x00\x00\x27\x0a", "Shapefile"),
    (b"PK\x03\x04", "ZIP"),
    (b"%PDF", "PDF"),
    (b"<", "XML"),
    (b"AC10", "DWG"),
)
_SIDECARS = (".dbf", ".prj", ".cpg")
_HARMLESS = ("may only be partially supported", "Non closed ring detected")
# Everything that GDAL, arrow, sqlite and the decoders raise on a damaged file.
_UNREADABLE = (RuntimeError, ValueError, OSError, sqlite3.Error, struct.error)


@dataclass(frozen=True)
class Table:
    """One table of a file, as it stands there.

    Attributes
    ----------
    name : str
        Name of the table, or the stem of the file where it holds a single one.
    geometry : ndarray of shapely geometries
        None where there is none or it cannot be built.
    broken : ndarray of bool
        Rows that have a geometry which cannot be built (a ring not closed, or too few points).
    columns : Mapping
        Name -> values, one per row.
    crs : CRS or None
        What the file says, without a vertical part.
    curved : bool
        Whether curves were turned into chords.
    drawn : bool
        Whether it was drawn in metres of its own, as CAD plans are: it may go without a CRS.
    unit_m : float
        What one unit of the file as its own program shows it is in those of ``geometry``: 0.001 for a CAD plan in
        millimetres, read in metres.
    """

    name: str
    path: Path
    geometry: Objects
    broken: Mask
    columns: Mapping[str, NDArray[Any]]
    crs: pyproj.CRS | None
    curved: bool = False
    drawn: bool = False
    unit_m: float = 1.0

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.geometry)

    def rows(self, mask: Mask, name: str | None = None) -> Table:
        """Return a table of the rows where ``mask`` is true."""
        return Table(
            name=self.name if name is None else name,
            path=self.path,
            geometry=self.geometry[mask],
            broken=self.broken[mask],
            columns={key: values[mask] for key, values in self.columns.items()},
            crs=self.crs,
            curved=self.curved,
            drawn=self.drawn,
            unit_m=self.unit_m,
        )


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sidecars(path: Path) -> list[Path]:
    """Return the further files that a Shapefile's content stands in."""
    if path.suffix.lower() != ".shp":
        return []
    return [found for suffix in _SIDECARS if (found := _sibling(path, suffix)) is not None]


def _sibling(path: Path, suffix: str) -> Path | None:
    """Return the file of the same stem with ``suffix`` in lower or upper case."""
    for candidate in (path.with_suffix(suffix), path.with_suffix(suffix.upper())):
        if candidate.is_file():
            return candidate
    return None


def list_tables(path: Path, journal: Journal) -> list[str]:
    """Return the names of a file's tables that have geometry; a damaged file adds a problem.

    Non-spatial tables, such as the styles that QGIS stores, are passed over.
    """
    if not _whole(path, journal):
        return []
    if FORMATS[path.suffix.lower()] == "GeoParquet":
        return [path.stem]
    try:
        found = pyogrio.list_layers(path)
    except _UNREADABLE as error:
        _damaged(path, error, journal)
        return []
    names = [str(name) for name, geometry in found if geometry is not None]
    if not names:
        journal.problem(
            "it holds no table with geometry",
            "文件中没有带几何的图层",
            "put the layers into it, roads first",
            "请放入图层，至少有 roads",
            layer=path.name,
        )
    if len(names) == 1 and (path.suffix.lower() != ".gpkg" or path.stem.lower() in LAYERS):
        return [path.stem]
    return names


def read_table(path: Path, name: str, journal: Journal) -> Table | None:
    """Read one table; None, and a problem, where it cannot be read.

    Curves become chords of 0.5° (``reading.toml``). What the reading library warns of becomes a note.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            table = (
                _read_parquet(path) if FORMATS[path.suffix.lower()] == "GeoParquet" else _read_ogr(path, name)
            )
        except _UNREADABLE as error:
            _damaged(path, error, journal)
            return None
    for text in sorted({str(entry.message) for entry in caught}):
        if not any(known in text for known in _HARMLESS):
            journal.note("reader_warning", f"{path.name}: {text}", f"{path.name}：读取时有警告（{text}）")
    if path.suffix.lower() == ".fgb" and len(table) < pyogrio.read_info(path, layer=0)["features"]:
        _truncated(path, journal)
        return None
    return table


def _read_ogr(path: Path, name: str) -> Table:
    options: dict[str, Any] = {}
    layer: str | int = 0
    if path.suffix.lower() == ".gpkg":
        # A filter makes GDAL count the rows instead of trusting a stored count that may be stale.
        options["where"] = "1 = 1"
        layer = name
    elif path.suffix.lower() == ".shp" and (encoding := _dbf_encoding(path)):
        options["encoding"] = encoding
    with _fine_arcs():
        try:
            meta, _, wkb, values = pyogrio.raw.read(path, layer=layer, **options)
        except DataLayerError:
            if layer == 0:
                raise
            # roads.gpkg with a single table is the roads, whatever the table is called.
            meta, _, wkb, values = pyogrio.raw.read(path, layer=0, **options)
    if wkb is None:
        raise ValueError("the table has no geometry column")
    geometry = shapely.from_wkb(wkb, on_invalid="ignore")
    given = np.array([item is not None for item in wkb], dtype=bool)
    return Table(
        name=name,
        path=path,
        geometry=geometry,
        broken=given & (geometry == None),  # noqa: E711  (elementwise)
        columns=dict(zip((str(field) for field in meta["fields"]), values, strict=True)),
        crs=_known_crs(meta["crs"]),
        curved=path.suffix.lower() == ".gpkg" and _has_curves(path, name),
    )


def _read_parquet(path: Path) -> Table:
    frame = gpd.read_parquet(path)
    geometry = np.asarray(frame.geometry.to_numpy(), dtype=object)
    others = [c for c in frame.columns if c not in {frame.geometry.name, "bbox"}]
    return Table(
        name=path.stem,
        path=path,
        geometry=geometry,
        broken=np.zeros(len(frame), dtype=bool),
        columns={str(c): frame[c].to_numpy(dtype=object) for c in others},
        crs=None if frame.crs is None else horizontal(frame.crs),
    )


def _known_crs(text: str | None) -> pyproj.CRS | None:
    """Return the CRS that a file declares; None where it declares an undefined one."""
    if not text:
        return None
    crs = horizontal(pyproj.CRS.from_user_input(text))
    return None if crs.name.lower().startswith(("undefined", "unknown", "unnamed")) else crs


@contextmanager
def _fine_arcs() -> Iterator[None]:
    """Let GDAL turn curves into chords fine enough for a 4 m verdict, for as long as this lasts."""
    before = pyogrio.get_gdal_config_option("OGR_ARC_STEPSIZE")
    pyogrio.set_gdal_config_options({"OGR_ARC_STEPSIZE": str(limits()["mend"]["arc_step_deg"])})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_ARC_STEPSIZE": None if before is None else str(before)})


def _has_curves(path: Path, table: str) -> bool:
    """Tell whether a GeoPackage registers curved geometry for ``table``, as the format demands."""
    query = "SELECT count(*) FROM gpkg_extensions WHERE table_name = ? AND extension_name LIKE 'gpkg_geom_%'"
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        listed = connection.execute(
            "SELECT count(*) FROM sqlite_master WHERE name = 'gpkg_extensions'"
        ).fetchone()[0]
        return bool(listed and connection.execute(query, (table,)).fetchone()[0])


def _dbf_encoding(path: Path) -> str | None:
    """Guess the encoding of a Shapefile's texts where no ``.cpg`` and no code page says it.

    Without this, the Chinese of many office tools reads as Latin letters.
    """
    dbf = _sibling(path, ".dbf")
    if dbf is None or _sibling(path, ".cpg") is not None:
        return None
    raw = dbf.read_bytes()
    if raw[29:30] not in (b"\x00", b"\x57"):
        return None
    body = raw[struct.unpack("<H", raw[8:10])[0] :]
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "GB18030"
    return "UTF-8"


# --- whole or not ------------------------------------------------------------------------------


def _whole(path: Path, journal: Journal) -> bool:
    """Look at a file's first bytes and its length; add a problem if they do not fit its ending."""
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(128)
            stream.seek(max(0, size - 4))
            tail = stream.read(4)
    except OSError as error:
        _damaged(path, error, journal)
        return False
    if size == 0:
        journal.problem("the file is empty", "文件为空", "export it again", "请重新导出", layer=path.name)
        return False
    wanted = FORMATS[path.suffix.lower()]
    found = _sniff(head)
    if found != wanted:
        journal.problem(
            f"it is no {wanted} as its ending says, but looks like {found}",
            f"文件内容不是扩展名所示的 {wanted}，而像是{_OTHER.get(found, f' {found}')}",
            "give it the right ending, or export it again",
            "请改正扩展名，或重新导出",
            layer=path.name,
        )
        return False
    if _too_short(path, wanted, head, tail, size):
        _truncated(path, journal)
        return False
    return wanted != "Shapefile" or _has_index(path, journal)


_OTHER = {"something else": "其他内容"}


def _sniff(head: bytes) -> str:
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{"):
        return "GeoJSON"
    return "something else"


def _too_short(path: Path, wanted: str, head: bytes, tail: bytes, size: int) -> bool:
    """Tell whether a file is shorter than its own header says."""
    if wanted == "GeoPackage":
        if len(head) < 32:
            return True
        page = int(struct.unpack(">H", head[16:18])[0])
        pages = int(struct.unpack(">I", head[28:32])[0])
        return (65536 if page == 1 else page) * pages > size
    if wanted == "GeoParquet":
        return tail != b"PAR1"
    if wanted == "Shapefile":
        dbf = _sibling(path, ".dbf")
        if dbf is not None:
            start = _first_bytes(dbf, 12)
            if len(start) < 12:
                return True
            count, header, record = struct.unpack("<IHH", start[4:12])
            if header + count * record > dbf.stat().st_size:
                return True
        return len(head) < 100 or 2 * int(struct.unpack(">I", head[24:28])[0]) > size
    return False


def _first_bytes(path: Path, count: int) -> bytes:
    with path.open("rb") as stream:
        return stream.read(count)


def _has_index(path: Path, journal: Journal) -> bool:
    if _sibling(path, ".shx") is None:
        journal.problem(
            "its index (.shx) is missing",
            "缺少索引文件 .shx",
            "copy all files of the Shapefile, or export it as GeoPackage",
            "请复制 Shapefile 的全部文件，或导出为 GeoPackage",
            layer=path.name,
        )
        return False
    if _sibling(path, ".dbf") is None:
        journal.note(
            "no_attributes",
            f"{path.name}: its table (.dbf) is missing, so it has no columns",
            f"{path.name}：缺少属性表 .dbf，无属性列",
        )
    return True


def _truncated(path: Path, journal: Journal) -> None:
    journal.problem(
        "the file is cut off: it is shorter than it says itself",
        "文件不完整（被截断）",
        "copy or export it again",
        "请重新复制或导出",
        layer=path.name,
    )


def _damaged(path: Path, error: BaseException, journal: Journal) -> None:
    if isinstance(error, UnicodeDecodeError):
        said, said_zh = "its texts are not in the declared encoding (UTF-8 is expected)", "文字编码与声明不符（应为 UTF-8）"
    elif isinstance(error, OSError) and error.errno:
        said, said_zh = of_system(error)
    else:
        words = str(error).replace(str(path), path.name).split(";")[0]
        said, said_zh = of_data(words, FORMATS.get(path.suffix.lower(), "文件"))
    journal.problem(
        f"the file cannot be read: {said}",
        f"文件无法读取：{said_zh}",
        "export it again, best as GeoPackage",
        "请重新导出，建议使用 GeoPackage",
        layer=path.name,
    )
