"""Terminals, pipes and signals."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command import command, environment, run, snapshot
from written_sites import narrowed

pty = pytest.importorskip("pty", reason="this operating system has no pseudo-terminals")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return narrowed(tmp_path_factory.mktemp("site") / "site")


def read_all(descriptor):
    """Read what a child wrote to its terminal."""
    parts = []
    while True:
        try:
            part = os.read(descriptor, 65536)
        except OSError:  # Linux: the other end is closed
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts).decode()


def on_terminal(site, out, *words):
    """Run ``audit`` with a terminal as standard error; return code, standard output, terminal."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        command("audit", site, "-o", out, *words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs,
        env=environment(TERM="xterm"),
    )  # fmt: skip
    os.close(theirs)
    stdout, _ = child.communicate(timeout=120)
    shown = read_all(ours)
    os.close(ours)
    return child.returncode, stdout.decode(), shown


def test_a_bar_on_a_terminal_goes_to_standard_error(site, tmp_path):
    code, out, shown = on_terminal(site, tmp_path, "--lang", "en")
    assert code == 0
    assert "[####" in shown
    assert "100%" in shown
    assert "measuring" in shown
    assert "####" not in out
    assert "\x1b" not in out
    assert "verdict fail" in out


def test_no_bar_when_quiet_and_every_step_by_its_name(monkeypatch):
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        from firelane.cli.common import progress

        with progress(("read",), "en", quiet=True) as tell:
            tell("read")
        terminal.flush()
        with progress(("read",), "zh", quiet=False) as tell:
            tell("read")
    shown = read_all(ours)
    os.close(ours)
    assert shown.count("100%") == 1
    assert "读取场地" in shown


def test_a_reader_who_has_gone_changes_neither_work_nor_code(site, tmp_path):
    for words, code in (
        (("audit", site, "-o", tmp_path, "--fail-on", "violation"), 1),
        (("rules",), 0),
        (("--help",), 0),
    ):
        ours, theirs = os.pipe()
        os.close(ours)
        child = subprocess.run(
            command(*words), stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.PIPE, env=environment(),
            check=False, timeout=120,
        )  # fmt: skip
        os.close(theirs)
        assert (child.returncode, child.stderr) == (code, b"")
    assert (tmp_path / "results.gpkg").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_standard_output_is_told():
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command("rules"), stdout=full, stderr=subprocess.PIPE, env=environment(), check=False, timeout=120
        )
    assert done.returncode == 2
    assert b"cannot write to the standard output: No space left" in done.stderr


def test_without_any_standard_stream(site, tmp_path, monkeypatch):
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    from firelane.cli import main

    with pytest.raises(SystemExit) as end:
        main(["audit", str(site), "-o", str(tmp_path)])
    assert end.value.code == 0
    assert (tmp_path / "audit.json").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_ctrl_c_is_130_and_leaves_what_was_there(site, tmp_path):
    """A rule pack that is a named pipe holds the run at a place of our choosing."""
    pack, out = tmp_path / "pack.toml", tmp_path / "out"
    os.mkfifo(pack)
    out.mkdir()
    (out / "audit.json").write_text("old")
    before = snapshot(out)
    # A child of tests that a shell runs in the background would be born deaf to the interrupt.
    ours = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        child = subprocess.Popen(
            command("run", site, "-o", out, "--rules", pack, "--lang", "zh"), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
        )  # fmt: skip
    finally:
        signal.signal(signal.SIGINT, ours)
    with pack.open("wb"):  # opens when the child reads
        time.sleep(0.5)  # let it come from opening to reading: there it waits
        child.send_signal(signal.SIGINT)
        stdout, stderr = child.communicate(timeout=120)
    assert child.returncode == 130
    assert stdout == b""
    assert stderr.decode().split() == ["已中断"]
    assert snapshot(out) == before


def test_names_that_are_no_utf8_are_refused(site, tmp_path):
    told = run("audit", site, "-o", os.fsdecode(bytes(tmp_path) + b"/b\xff"))
    assert told.code == 2
    assert "not encoded in UTF-8" in told.err
    assert list(tmp_path.iterdir()) == []
