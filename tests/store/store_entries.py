"""Short ways to an entry."""

from __future__ import annotations

from datetime import UTC, datetime

from firelane.store.journal import append

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)


def put(store, **change):
    """Append an entry, in a transaction of its own."""
    words = {
        "stream": "case:1", "kind": "noted", "happened_at": NOW, "recorded_at": NOW, "actor": "王敏", "role": "admin",
        "body": {}, **change,
    }  # fmt: skip
    with store.write() as connection:
        return append(connection, **words)
