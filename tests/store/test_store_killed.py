"""Killed at any moment, and many at once: nothing that was confirmed is lost, and the store opens."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time

import pytest
from store_entries import NOW, put

from firelane.store import Store
from firelane.store.journal import entries

WRITER = """
import sys
from datetime import datetime, UTC
from firelane.store import Store
from firelane.store.journal import append

target, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Store.open(target) as store:
    print("ready", flush=True)
    for n in range(count):
        with store.write() as connection:
            now = datetime.now(UTC)
            entry = append(connection, stream=f"case:{name}", kind="noted", happened_at=now, recorded_at=now, actor=name,
                           role="inspector", body={"n": n, "text": "x" * 3000})
        print(entry.seq, entry.hash, flush=True)  # only what is committed is told
"""


def start(target, name, count):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, target, name, str(count)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def read_told(process, into):
    """Collect the entries that a writer says are committed; half a line is none."""
    for line in process.stdout:
        if line.endswith("\n") and line[0].isdigit():
            seq, hashed = line.split()
            into[int(seq)] = hashed


def killed_while_writing(target, total, chooser):
    """Start writers and kill each at a random moment until ``total`` entries are confirmed; return them."""
    told, kills = {}, 0
    with Store.open(target) as store:
        there = store.verify().entries
    while len(told) < total:
        process = start(target, f"w{kills}", total)
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        reader = threading.Thread(target=read_told, args=(process, told))
        reader.start()
        # Moments of a commit, not of a clock: a fast and a slow disk are killed alike often.
        goal, patience = len(told) + chooser.randint(0, 12), time.monotonic() + 60
        while len(told) < goal and process.poll() is None and time.monotonic() < patience:
            time.sleep(0.0005)
        time.sleep(chooser.random() * 0.02)
        process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        process.wait()
        reader.join()
        process.stdout.close()
        process.stderr.close()
        kills += 1
        with Store.open(target) as store:
            report = store.verify()
            assert report.ok, report
            # At most the entry whose commit nobody lived to tell is there besides.
            assert there + len(told) <= report.entries <= there + len(told) + kills
            with store.read() as connection:
                found = {e.seq: e.hash for e in entries(connection)}
            assert told.items() <= found.items()
            put(store, stream="case:after", actor="survivor")
            there += 1
    return kills


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_killed_while_writing(store, place):
    assert killed_while_writing(place.target, 12, random.Random(7)) >= 1


@pytest.mark.slow
def test_killed_again_and_again_in_200_writes(store, place):
    assert killed_while_writing(place.target, 200, random.Random(20261126)) >= 10


def together(store, target, processes, each):
    running = [start(target, f"p{n}", each) for n in range(processes)]
    told = {}
    for process in running:
        out, err = process.communicate(timeout=550)
        assert process.returncode == 0, err
        lines = [line.split() for line in out.splitlines() if line != "ready"]
        assert len(lines) == each
        for seq, hashed in lines:
            assert int(seq) not in told
            told[int(seq)] = hashed
    report = store.verify()
    assert report.ok, report
    assert report.entries == 2 + processes * each
    with store.read() as connection:
        found = list(entries(connection, prefix="case:"))
    assert {e.seq: e.hash for e in found} == told
    for n in range(processes):
        assert [e.body["n"] for e in found if e.actor == f"p{n}"] == list(range(each))


def test_three_processes_at_once_lose_nothing(store, place):
    together(store, place.target, 3, 8)


@pytest.mark.slow
def test_eight_processes_at_once_lose_nothing(store, place):
    together(store, place.target, 8, 50)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_killed_while_it_is_made(tmp_path):
    """There is a whole store, or none; what a killed process leaves behind does not stand in the way."""
    path = tmp_path / "s.sqlite"
    code = (
        "import sys\nfrom datetime import datetime, UTC\nfrom firelane.store import Store\nprint('ready', flush=True)\n"
        "Store.create(sys.argv[1], admin='x', now=datetime.now(UTC)).close()\nprint('made', flush=True)\n"
    )
    chooser, made = random.Random(3), 0
    for _ in range(25):
        process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "ready\n"
        time.sleep(chooser.random() * 0.12)
        process.kill()
        out, _ = process.communicate()
        if path.exists():
            with Store.open(path) as opened:
                assert opened.verify().ok
                assert len(opened.users()) == 1
            path.unlink()
            made += 1
        else:
            assert "made" not in out
    Store.create(path, admin="x", now=NOW).close()
    assert path.exists()
