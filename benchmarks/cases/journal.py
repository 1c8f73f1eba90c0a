"""What it costs to keep a case on record: entries of the journal against bare rows of SQLite, in one process.

CPU seconds; the ratio is what counts. Durability costs time that is not CPU: the disk's flush, the same for both.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from firelane.store import Store, journal


def cpu(function):
    start = time.process_time()
    function()
    return time.process_time() - start


def bare(path, count):
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE rows (seq INTEGER PRIMARY KEY, body TEXT)")
    for n in range(count):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO rows VALUES (?, ?)", (n, '{"note": "x"}'))
        connection.execute("COMMIT")
    connection.close()


def kept(store, count, first):
    now = datetime(2026, 11, 26, tzinfo=UTC)
    for n in range(count):
        with store.write() as connection:
            journal.append(
                connection, stream=f"bench:{first + n}", kind="noted", happened_at=now, recorded_at=now, actor="b", role="admin", body={"note": "x"}
            )


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--entries", type=int, default=2000)
    count = options.parse_args().entries
    with tempfile.TemporaryDirectory() as folder:
        times = [cpu(lambda n=n: bare(Path(folder) / f"bare{n}.sqlite", count)) for n in range(3)]
        with Store.create(Path(folder) / "store.sqlite", admin="b", now=datetime.now(UTC)) as store:
            own = [cpu(lambda n=n: kept(store, count, n * count)) for n in range(3)]
            check = min(cpu(store.verify) for _ in range(3))
    rows, entries = min(times), min(own)
    print(f"{count} commits: bare rows {rows:.2f} s, journal {entries:.2f} s ({entries / rows:.1f} x)")
    print(f"verify {3 * count} entries: {check:.2f} s, {1e6 * check / (3 * count):.0f} us each")


if __name__ == "__main__":
    main()
