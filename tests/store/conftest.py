"""Places for a store, in both databases."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from postgres import database_url, fresh_database_url, postgres  # noqa: F401  (fixtures)

from firelane.store import Store

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)


@dataclass
class Place:
    """Where a store is or will be, and the way around firelane that an intruder takes."""

    target: str
    kind: str
    server: object = None

    def tamper(self, *statements):
        """Run SQL past the library."""
        if self.kind == "sqlite":
            with closing(sqlite3.connect(self.target, isolation_level=None)) as connection:
                connection.execute("BEGIN")
                for statement in statements:
                    connection.execute(statement)
                connection.execute("COMMIT")
        else:
            self.server.run("SET search_path = firelane, public; " + "; ".join(statements), self.target.rpartition("/")[2])

    def tables(self):
        if self.kind == "sqlite":
            if not Path(self.target).exists():
                return []
            with closing(sqlite3.connect(self.target)) as connection:
                return [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        sql = "SELECT tablename FROM pg_tables WHERE schemaname = 'firelane'"
        return [row[0] for row in self.server.run(sql, self.target.rpartition("/")[2])]

    def open_the_gate(self, *names):
        """Drop triggers."""
        if self.kind == "sqlite":
            self.tamper(*(f"DROP TRIGGER {name}" for name in names))
        else:
            self.tamper(*(f"DROP TRIGGER {name} ON journal" for name in names))


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    """Return a place where nothing is yet."""
    if request.param == "sqlite":
        return Place(str(tmp_path / "案件 100%.sqlite"), "sqlite")
    return Place(request.getfixturevalue("database_url"), "postgresql", request.getfixturevalue("postgres"))


@pytest.fixture
def store(place):
    """Return a new store with the administrator 王敏."""
    with Store.create(place.target, admin="王敏", now=NOW) as made:
        yield made
