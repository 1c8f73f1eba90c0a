"""The ledger: what it was told it tells again, after any end, and one batch at a time writes it."""

import math
import os
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import fields

import pytest
from command import environment

from firelane.batch.ledger import LOCK, NAME, Ledger, Row, key, locked, on_network
from firelane.batch.model import Failure, FailureKind, Outcome
from firelane.errors import OutputError, UsageError


def row(site_id="a", failure=None, attempts=1, **told):
    made = {"input_hash": "h", "shard_sha256": "s", "seconds": 1.5, "cpu_seconds": 1.25, "peak_mb": 300.5, "worker": "w:1"}
    outcome = Outcome(site_id, failure, **(made | told))
    return Row(outcome, "1:x", 12.5, "d", "r", "0.1", attempts, "2026-01-01T00:00:00+08:00", "2026-01-01T00:00:02+08:00")


def test_what_was_told_comes_back(tmp_path):
    rows = [
        row("b", Failure(FailureKind.CRASH, "崩溃", "crashed"), 3, shard_sha256=""),
        row("a"),
        row("=1+1\n<script>\u202e🚒"),
    ]
    with Ledger(tmp_path) as ledger:
        for each in rows:
            ledger.add(each)
        assert list(ledger.rows()) == [rows[2], rows[1], rows[0]]
    with Ledger(tmp_path) as ledger:
        assert list(ledger.rows()) == [rows[2], rows[1], rows[0]]


def test_figures_that_are_not_known_stay_unknown(tmp_path):
    with Ledger(tmp_path) as ledger:
        ledger.add(row(seconds=math.nan, cpu_seconds=math.nan, peak_mb=math.nan))
        (back,) = ledger.rows()
    assert all(math.isnan(v) for v in (back.outcome.seconds, back.outcome.cpu_seconds, back.outcome.peak_mb))


def test_a_site_has_one_row_the_last(tmp_path):
    with Ledger(tmp_path) as ledger:
        ledger.add(row("a", Failure(FailureKind.TIMEOUT, "超时", "late")))
        ledger.add(row("a", attempts=2))
        (back,) = ledger.rows()
    assert back.outcome.done
    assert back.attempts == 2


def test_an_id_that_is_not_unicode_is_kept(tmp_path):
    name = b"caf\xe9".decode("utf-8", "surrogateescape")
    with Ledger(tmp_path) as ledger:
        ledger.add(row(name))
        (back,) = ledger.rows()
    assert back.outcome.site_id == key(name)
    assert key("三好街") == "三好街"


def test_rows_reach_the_disk_within_the_promised_time_without_being_asked(tmp_path):
    with Ledger(tmp_path) as ledger:
        for n in range(50):
            ledger.add(row(f"s{n}"))
        deadline = time.monotonic() + 10
        with sqlite3.connect(f"file:{tmp_path / NAME}?mode=ro", uri=True) as other:
            while other.execute("SELECT count(*) FROM sites").fetchone() != (50,):
                assert time.monotonic() < deadline
                time.sleep(0.02)
        other.close()


def test_it_is_a_log_ahead_of_the_file(tmp_path):
    with Ledger(tmp_path):
        other = sqlite3.connect(tmp_path / NAME)
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        other.close()


def test_every_column_of_the_outcome_has_its_place(tmp_path):
    with Ledger(tmp_path):
        other = sqlite3.connect(tmp_path / NAME)
        columns = {c[1] for c in other.execute("PRAGMA table_info(sites)")}
        other.close()
    assert {f.name for f in fields(Outcome)} - {"failure"} <= columns
    assert {"input_stat", "settings_digest", "rules_sha256", "program_version", "attempts"} <= columns


def test_a_file_that_is_no_ledger_is_refused_with_what_to_do(tmp_path):
    (tmp_path / NAME).write_bytes(b"this is not a database, it is a letter" * 100)
    with pytest.raises(UsageError, match="remove it to do every site anew") as caught:
        Ledger(tmp_path)
    assert "删除后将重做全部场地" in caught.value.text("zh")


def test_a_ledger_of_a_later_firelane_is_refused(tmp_path):
    store = sqlite3.connect(tmp_path / NAME)
    store.execute("PRAGMA user_version = 99")
    store.close()
    with pytest.raises(UsageError, match="another version"):
        Ledger(tmp_path)


def test_what_cannot_be_written_is_told(tmp_path):
    with pytest.raises(OutputError):
        Ledger(tmp_path / "no such folder")


def test_a_second_batch_is_refused_and_the_first_goes_on(tmp_path):
    with locked(tmp_path):
        with pytest.raises(UsageError, match="another batch is writing"), locked(tmp_path):
            pass
        with pytest.raises(UsageError, match="another batch is writing"), locked(tmp_path):
            pass
    with locked(tmp_path):
        pass


def test_the_names_of_a_sites_files_come_back(tmp_path):
    with Ledger(tmp_path) as ledger:
        ledger.add(row(files='{"audit.json":12}'))
        (back,) = ledger.rows()
    assert back.outcome.files == '{"audit.json":12}'


def test_what_is_remembered_of_the_batch_comes_back(tmp_path):
    with Ledger(tmp_path) as ledger:
        assert ledger.recall("address") is None
        ledger.remember("address", "s3://a")
        ledger.remember("address", "s3://区")
    with Ledger(tmp_path) as ledger:
        assert ledger.recall("address") == "s3://区"


@pytest.mark.parametrize(("shared", "mode"), [(False, "wal"), (True, "delete")])
def test_the_journal_is_one_that_other_machines_can_read(tmp_path, shared, mode):
    with Ledger(tmp_path) as ledger:  # as a batch of this machine left it
        ledger.add(row("a"))
    with Ledger(tmp_path, shared=shared) as ledger:
        ledger.add(row("b"))
        assert [r.outcome.site_id for r in ledger.rows()] == ["a", "b"]
        assert ledger._store.execute("PRAGMA journal_mode").fetchone() == (mode,)
        assert (tmp_path / f"{NAME}-wal").exists() is not shared
    assert [p.name for p in tmp_path.iterdir()] == [NAME]


def test_a_disk_of_another_machine_is_known_by_its_kind(tmp_path):
    mounts = tmp_path / "mounts"
    deep = tmp_path.resolve() / "my city" / "out"
    point = str(tmp_path.resolve() / "my city").replace(" ", r"\040")
    for kind, remote in (("nfs4", True), ("cifs", True), ("ext4", False), ("tmpfs", False)):
        mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/x {point} {kind} rw 0 0\n", "utf-8")
        assert on_network(deep, mounts) is remote
        assert not on_network(tmp_path, mounts)
    assert not on_network(deep, tmp_path / "nowhere")


@pytest.mark.slow
def test_a_batch_that_was_killed_holds_nothing(tmp_path):
    code = (
        "import sys, time, pathlib\n"
        "from firelane.batch.ledger import locked\n"
        "with locked(pathlib.Path(sys.argv[1])):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=environment()
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(UsageError), locked(tmp_path):
            pass
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait(20)
        with locked(tmp_path):
            assert (tmp_path / LOCK).exists()
