"""What every table of the store shares: one metadata, names of constraints, and types that both databases keep alike.

A package above that keeps tables declares them against :data:`metadata` in a module of its own (``cases/schema.py``)
and writes a migration that makes them (:mod:`firelane.store.migrations`); a test compares the two.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, LargeBinary, MetaData, Text
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

from firelane.store.errors import StoreError, altered
from firelane.store.times import utc

# Every constraint has a name that is known beforehand: a later migration can only alter what it can name.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers its rows in a column that is called INTEGER and nothing else.
BigNumber = BigInteger().with_variant(Integer(), "sqlite")


def canonical(value: Any) -> str:
    r"""Return the one JSON text of a value: keys sorted, no blanks, ASCII only, no NaN.

    >>> canonical({"b": 1, "a": "净宽", "c": (1.5, None)})
    '{"a":"\\u51c0\\u5bbd","b":1,"c":[1.5,null]}'

    Raises
    ------
    StoreError
        If it is not plain JSON: NaN and infinity, keys that are no text, dates, arrays …
    """
    _plain(value, "")
    try:
        return json.dumps(value, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise StoreError(f"not plain JSON: {error}", f"不是普通的 JSON 数据：{error}") from error


def _plain(value: Any, where: str) -> None:
    """Refuse what :func:`json.dumps` would change in silence: numbers as keys become text, two keys become one."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise StoreError(
                    f"not plain JSON: the key {key!r}{where} is no text", f"不是普通的 JSON 数据：键 {key!r}{where} 不是文本"
                )
            _plain(inner, f" ({key})")
    elif isinstance(value, list | tuple):
        for inner in value:
            _plain(inner, where)
    elif isinstance(value, float) and not math.isfinite(value):
        raise StoreError(f"not plain JSON: {value}{where} is no number", f"不是普通的 JSON 数据：{value}{where} 不是数")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC to the microsecond."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn into UTC; SQLite keeps no offset, so none is handed to it."""
        if value is None:
            return None
        moment = utc(value)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return it aware, in UTC, whatever zone the server speaks."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class JsonText(TypeDecorator[Any]):
    """Plain JSON as canonical text: PostgreSQL's own type would re-write numbers, and a hash would not hold."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write canonical JSON; None stays NULL."""
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Read it back."""
        try:
            return None if value is None else json.loads(value)
        except (ValueError, TypeError, RecursionError) as error:
            raise altered(error) from error


class PointGeometry(UserDefinedType[str]):
    """PostGIS' ``geometry(Point,4326)``, spoken to in hexadecimal EWKB, which the server reads and writes by itself."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the type as SQL writes it."""
        return "geometry(POINT,4326)"


_EWKB_POINT = 0x20000001


class Place(TypeDecorator[tuple[float, float]]):
    """A place on earth: (longitude, latitude) [degrees, WGS 84], or None.

    ``geometry(Point,4326)`` with PostGIS, so that any GIS on the server shows it; a WKB blob in SQLite.
    """

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column's type."""
        return dialect.type_descriptor(LargeBinary() if dialect.name == "sqlite" else PointGeometry())

    def process_bind_param(self, value: tuple[float, float] | None, dialect: Dialect) -> bytes | str | None:
        """Write WKB."""
        if value is None:
            return None
        lon, lat = float(value[0]), float(value[1])
        if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):  # refuses NaN as well
            raise StoreError(
                f"({lon}, {lat}) is no longitude and latitude in degrees", f"({lon}, {lat}) 不是以度为单位的经度和纬度"
            )
        if dialect.name == "sqlite":
            return struct.pack("<BIdd", 1, 1, lon, lat)
        return struct.pack("<BIIdd", 1, _EWKB_POINT, 4326, lon, lat).hex().upper()

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[float, float] | None:  # noqa: ARG002
        """Read WKB or EWKB, of either byte order."""
        if value is None:
            return None
        try:
            raw = bytes.fromhex(value) if isinstance(value, str) else bytes(value)
            order = "<" if raw[:1] == b"\x01" else ">"
            (kind,) = struct.unpack_from(f"{order}I", raw, 1)
            lon, lat = struct.unpack_from(f"{order}dd", raw, 9 if kind & 0x20000000 else 5)
        except (ValueError, TypeError, struct.error) as error:
            raise altered(error) from error
        return (lon, lat)
