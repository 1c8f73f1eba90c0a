"""One site's rows taken out of a GeoPackage of many: hashed, and written as a GeoPackage of its own.

Rows are found by ranges of feature ids, so a cut costs what the site holds, not what the city does. The file is copied
by SQLite itself: coordinates, texts and numbers stay bit for bit what they were, and the same rows give the same bytes.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from firelane.errors import InputError, Problem
from firelane.site.causes import of_data, of_system

KEY = "site_id"
"""The column that says to which site a row belongs."""

_DATE = "2000-01-01T00:00:00.000Z"
_APPLICATION_ID, _USER_VERSION = 0x47504B47, 10300  # "GPKG", version 1.3
_SQLITE_VERSION_AT = 96  # of the library that wrote the file last: no property of the rows
_TYPE = re.compile(r"[A-Za-z0-9_ (),]{0,60}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED = re.compile("[^\ud800-\udc7f\udd00-\udfff]*")  # bytes that Python smuggles through as single surrogates
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\ufffe\uffff]")
_BROKEN = (sqlite3.Error, OSError, ValueError)


class Ranges(Sequence[tuple[int, int]]):
    """Ranges of feature ids, both ends included: 16 bytes each, since a city may have ten million of them."""

    __slots__ = ("_ends",)

    def __init__(self, ends: NDArray[np.int64] | Sequence[tuple[int, int]]) -> None:
        self._ends = np.asarray(ends, dtype=np.int64).reshape(-1, 2)

    @overload
    def __getitem__(self, index: int) -> tuple[int, int]: ...
    @overload
    def __getitem__(self, index: slice) -> Ranges: ...
    def __getitem__(self, index: int | slice) -> tuple[int, int] | Ranges:
        """Return one range, or some of them."""
        if isinstance(index, slice):
            return Ranges(self._ends[index])
        first, last = self._ends[index].tolist()
        return first, last

    def __len__(self) -> int:
        return len(self._ends)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return ((first, last) for first, last in self._ends.tolist())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ranges) and np.array_equal(self._ends, other._ends)

    def __hash__(self) -> int:
        return hash(bytes(self))

    def __bytes__(self) -> bytes:
        """Return the numbers themselves, the same on every machine."""
        return self._ends.astype("<i8").tobytes()

    def __repr__(self) -> str:
        return f"Ranges({self._ends.tolist()!r})"

    @property
    def rows(self) -> int:
        """How many ids lie in them."""
        return int((self._ends[:, 1] - self._ends[:, 0] + 1).sum())


# ------------------------------------------------------------------------------------------- reading


@contextmanager
def readonly(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a GeoPackage so that nothing of it is changed; texts come as bytes.

    Raises
    ------
    sqlite3.Error, OSError
        If it is no database, or damaged.
    """
    uri = path.absolute().as_uri()
    connection = sqlite3.connect(f"{uri}?mode=ro", uri=True, timeout=30.0)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        # Beside a database on a read-only disk no journal can be opened.
        connection.close()
        connection = sqlite3.connect(f"{uri}?immutable=1", uri=True)
    with closing(connection):
        connection.text_factory = bytes
        yield connection


def quoted(name: str) -> str:
    """Return a name as SQL takes it, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def as_id(value: object) -> str:
    """Return a value of the column ``site_id`` as text; empty where it tells none.

    >>> as_id(7), as_id(7.0), as_id("  沈河-1 ".encode()), as_id(None)
    ('7', '7', '沈河-1', '')
    """
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return harmless_id(text_of(value) if isinstance(value, bytes) else str(value))


def harmless_id(text: str) -> str:
    r"""Return a text as an id that every table can hold: in normal form C, without what cannot be seen or encoded.

    What is taken out stays as its number, so that two ids that differ still do.

    >>> harmless_id(" a\nb "), harmless_id("e\u0301"), harmless_id("x\udcd6\udcd0")
    ('a\\x0ab', 'é', 'x中')
    """
    if not text.isascii():
        if _SURROGATE.search(text):  # bytes of a file name that are no UTF-8
            text = text_of(text.encode("utf-8", "surrogateescape") if _ESCAPED.fullmatch(text) else
                           text.encode("utf-8", "backslashreplace"))  # fmt: skip
        text = unicodedata.normalize("NFC", text)
    return _UNSEEN.sub(lambda found: f"\\x{ord(found[0]):02x}", text.strip())


def text_of(raw: bytes) -> str:
    """Return a text that a database or a file name holds, in the encoding that it turns out to be in."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "backslashreplace")


def columns_of(connection: sqlite3.Connection, table: str, schema: str = "main") -> list[tuple[str, str, bool]]:
    """Return the columns of a table: name, declared type, whether it is the feature id."""
    found = connection.execute(f"PRAGMA {schema}.table_info({quoted(table)})").fetchall()
    keys = [row for row in found if row[5]]
    fid = keys[0][1] if len(keys) == 1 and keys[0][2].upper() == b"INTEGER" else None
    return [(text_of(row[1]), text_of(row[2]), row[1] == fid) for row in found]


def fid_of(columns: Sequence[tuple[str, str, bool]]) -> str:
    """Return what the feature id is called in SQL."""
    return next((quoted(name) for name, _, is_fid in columns if is_fid), "rowid")


def rows_hash(path: Path, rows: Mapping[str, Sequence[tuple[int, int]]], site_id: str) -> bytes:
    """Return a SHA-256 over the content of a site's rows, with their columns and coordinate systems.

    Feature ids do not enter it, only the order that they give; nor do other sites' rows.

    Raises
    ------
    InputError
        If they cannot be read, or do not bear ``site_id`` any more.
    """
    digest = hashlib.sha256()
    try:
        with readonly(path) as connection:
            for table in sorted(rows):
                _hash_table(connection, table, rows[table], site_id, digest)
    except _BROKEN as error:
        raise _unreadable(path, error) from error
    return digest.digest()


def holds_several(path: Path) -> bool:
    """Tell whether the rows of roads of a GeoPackage bear more than one ``site_id``; False for what cannot be read."""
    try:
        with readonly(path) as connection:
            for table in ("roads", "road_lines"):
                key = next((name for name, _, _ in columns_of(connection, table) if name.lower() == KEY), None)
                if key is not None:
                    query = f"SELECT DISTINCT {quoted(key)} FROM {table} WHERE {quoted(key)} IS NOT NULL LIMIT 2"  # noqa: S608
                    if len(connection.execute(query).fetchall()) > 1:
                        return True
    except _BROKEN:
        pass
    return False


def _hash_table(
    connection: sqlite3.Connection, table: str, ranges: Sequence[tuple[int, int]], site_id: str, digest: Any
) -> None:
    columns = columns_of(connection, table)
    names = [name for name, _, is_fid in columns if not is_fid]
    key = next(n for n, name in enumerate(names) if name.lower() == KEY)
    digest.update(repr((table, [column for column in columns if not column[2]])).encode("utf-8", "surrogatepass"))
    for row in connection.execute(
        "SELECT g.geometry_type_name, g.z, g.m, s.organization, s.organization_coordsys_id, s.definition "
        "FROM gpkg_geometry_columns g LEFT JOIN gpkg_spatial_ref_sys s USING (srs_id) WHERE g.table_name = ?", (table,),
    ):  # fmt: skip
        digest.update(repr(row).encode())
    fid = fid_of(columns)
    query = f"SELECT {', '.join(map(quoted, names))} FROM {quoted(table)} WHERE {fid} BETWEEN ? AND ? ORDER BY {fid}"  # noqa: S608
    for first, last in ranges:
        for row in connection.execute(query, (first, last)):
            if as_id(row[key]) != site_id:
                raise ValueError(f"row of {table!r} no longer belongs to the site")
            for value in row:
                raw = value if isinstance(value, bytes) else repr(value).encode()
                # Kind and length go before every value: no two rows look alike.
                digest.update(b"%s%d:" % (type(value).__name__[:1].encode(), len(raw)))
                digest.update(raw)
            digest.update(b";")


def ranges_digest(rows: Mapping[str, Sequence[tuple[int, int]]]) -> bytes:
    """Return a SHA-256 over ranges of rows."""
    digest = hashlib.sha256()
    for table in sorted(rows):
        given = rows[table]
        ranges = given if isinstance(given, Ranges) else Ranges(given)
        digest.update(f"{table}\0{len(ranges)}\0".encode("utf-8", "surrogatepass") + bytes(ranges))
    return digest.digest()


# ------------------------------------------------------------------------------------------- writing


def cut_rows(path: Path, rows: Mapping[str, Sequence[tuple[int, int]]], target: Path) -> Path:
    """Write a site's rows as a GeoPackage; a layer that has none of them is there and empty.

    Parameters
    ----------
    path : Path
        The GeoPackage of many sites.
    rows : mapping
        Layer → ranges of feature ids, both ends included.
    target : Path
        A file that does not exist yet.

    Raises
    ------
    InputError
        If ``path`` cannot be read.
    OSError
        If ``target`` cannot be written.
    """
    with target.open("xb"):
        pass
    try:
        with closing(sqlite3.connect(target.absolute().as_uri(), uri=True, isolation_level=None)) as made:
            made.text_factory = bytes
            _prepare(made, path)
            made.execute("BEGIN")
            made.execute("INSERT INTO gpkg_spatial_ref_sys SELECT * FROM "
                         "(SELECT srs_name, srs_id, organization, organization_coordsys_id, definition, description "
                         "FROM city.gpkg_spatial_ref_sys ORDER BY srs_id)")  # fmt: skip
            for table in sorted(rows):
                _copy_table(made, table, rows[table])
            made.execute("COMMIT")
            made.execute("DETACH city")
    except _BROKEN as error:
        target.unlink(missing_ok=True)
        raise _unreadable(path, error) from error
    with target.open("r+b") as stream:
        stream.seek(_SQLITE_VERSION_AT)
        stream.write((3_040_000).to_bytes(4, "big"))
    return target


def _prepare(made: sqlite3.Connection, path: Path) -> None:
    made.execute("PRAGMA page_size = 4096")
    made.execute("PRAGMA journal_mode = OFF")  # the file is new: whatever is cut short is thrown away whole
    made.execute("PRAGMA synchronous = OFF")
    made.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    made.execute(f"PRAGMA user_version = {_USER_VERSION}")
    uri = path.absolute().as_uri()
    made.execute("ATTACH ? AS city", (f"{uri}?mode=ro",))
    try:
        made.execute("SELECT count(*) FROM city.sqlite_master").fetchone()
    except sqlite3.OperationalError:
        made.execute("DETACH city")
        made.execute("ATTACH ? AS city", (f"{uri}?immutable=1",))
    made.executescript(_TABLES)


def _copy_table(made: sqlite3.Connection, table: str, ranges: Sequence[tuple[int, int]]) -> None:
    columns = columns_of(made, table, "city")
    others = [(name, kind) for name, kind, is_fid in columns if not is_fid]
    own = fid_of(columns)
    taken = {name.lower() for name, _ in others}
    fid = own if own != "rowid" else quoted(next(n for n in ("fid", "ogc_fid", "firelane_fid") if n not in taken))
    declared = ", ".join(f"{quoted(name)} {kind if _TYPE.fullmatch(kind) else ''}" for name, kind in others)
    made.execute(f"CREATE TABLE main.{quoted(table)} ({fid} INTEGER PRIMARY KEY NOT NULL, {declared})")
    names = ", ".join(quoted(name) for name, _ in others)
    made.executemany(
        f"INSERT INTO main.{quoted(table)} ({fid}, {names}) "  # noqa: S608  (names are quoted)
        f"SELECT {own}, {names} FROM city.{quoted(table)} WHERE {own} BETWEEN ? AND ? ORDER BY {own}",
        ranges,
    )
    made.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id) "
        "SELECT table_name, data_type, identifier, description, ?, srs_id FROM city.gpkg_contents WHERE table_name = ?",
        (_DATE, table),
    )
    made.execute(
        "INSERT INTO gpkg_geometry_columns SELECT table_name, column_name, geometry_type_name, srs_id, z, m "
        "FROM city.gpkg_geometry_columns WHERE table_name = ?",
        (table,),
    )
    listed = made.execute("SELECT count(*) FROM city.sqlite_master WHERE name = 'gpkg_extensions'").fetchone()[0]
    if listed:
        made.execute(
            "INSERT INTO gpkg_extensions SELECT table_name, column_name, extension_name, definition, scope "
            "FROM city.gpkg_extensions WHERE table_name = ? AND extension_name LIKE 'gpkg_geom_%' ORDER BY extension_name",
            (table,),
        )


def _unreadable(path: Path, error: BaseException) -> InputError:
    said = str(error)[:200]
    return InputError([Problem(
        f"its rows cannot be read: {said}", "repair it, for instance by saving it anew in QGIS", path.name,
        message_zh=f"无法读取其中的数据行：{_zh(error)}", remedy_zh="请修复该文件，例如在 QGIS 中重新导出",
    )])  # fmt: skip


def _zh(error: BaseException) -> str:
    if isinstance(error, OSError):
        return of_system(error)[1]
    if isinstance(error, ValueError):
        return "数据行已变动，不再属于该场地"
    return of_data(str(error), "GeoPackage")[1]


# The tables that every GeoPackage has (OGC 12-128r18, annex C).
_TABLES = """
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY NOT NULL, organization TEXT NOT NULL,
 organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY NOT NULL, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
 description TEXT DEFAULT '', last_change DATETIME NOT NULL, min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE,
 srs_id INTEGER);
CREATE TABLE gpkg_geometry_columns (table_name TEXT PRIMARY KEY NOT NULL, column_name TEXT NOT NULL,
 geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL);
CREATE TABLE gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
 scope TEXT NOT NULL);
"""
