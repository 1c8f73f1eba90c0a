"""What a PostgreSQL database must have before a store can be made in it."""

from __future__ import annotations

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from firelane.store.engines import SCHEMA
from firelane.store.errors import StoreError
from firelane.store.targets import Target

__all__ = ["SCHEMA", "prepare"]


def prepare(connection: Connection, target: Target) -> None:
    """Make the schema and see to PostGIS, within the transaction that makes the store.

    Raises
    ------
    StoreError
        If there is a store already, PostGIS is missing and cannot be had, or the database cannot keep Chinese.
    """
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise StoreError(
            f"{target.shown} keeps texts as {encoding}: make the database with ENCODING 'UTF8'",
            f"{target.shown} 的字符编码为 {encoding}：请用 ENCODING 'UTF8' 新建数据库",
        )
    taken = connection.exec_driver_sql(
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s", (SCHEMA,)
    ).scalar_one()
    if taken:
        raise StoreError(
            f"{target.shown} holds a store, or other tables in the schema {SCHEMA}; nothing was changed",
            f"{target.shown} 中已有案件库，或模式 {SCHEMA} 中已有其他表；未作任何改动",
        )
    _ensure_postgis(connection, target)
    connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")


def _ensure_postgis(connection: Connection, target: Target) -> None:
    """Switch PostGIS on where it is installed and the user may."""
    if connection.exec_driver_sql("SELECT count(*) FROM pg_extension WHERE extname = 'postgis'").scalar_one():
        return
    if not connection.exec_driver_sql(
        "SELECT count(*) FROM pg_available_extensions WHERE name = 'postgis'"
    ).scalar_one():
        raise StoreError(
            f"{target.shown}: PostGIS is not installed on the server (Debian: apt install postgresql-postgis)",
            f"{target.shown}：服务器未安装 PostGIS（Debian：apt install postgresql-postgis）",
        )
    try:
        connection.exec_driver_sql("CREATE EXTENSION postgis WITH SCHEMA public")
    except DBAPIError as error:
        raise StoreError(
            f"{target.shown}: PostGIS is not switched on and this user may not do it: let an administrator run "
            "CREATE EXTENSION postgis in this database",
            f"{target.shown}：未启用 PostGIS，且当前用户无权启用：请管理员在该数据库中执行 CREATE EXTENSION postgis",
        ) from error
