"""Folders that cannot be written, disks that fill, runs that are killed: older results stay whole."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import random
import shutil
import sqlite3
import subprocess
import time
import zipfile
from contextlib import closing, contextmanager

import ezdxf
import pytest
from command import command, environment, run, snapshot
from written_sites import narrowed

NAMES = (
    "audit.json", "findings.csv", "findings.geojson", "map.html", "map.pdf", "markings.dxf", "markings.pdf",
    "quantities.xlsx", "report.pdf", "results.gpkg", "setting_out.csv", "setting_out.dat", "setting_out_pnezd.csv",
)  # fmt: skip
OLD = {name: f"older {name}".encode() for name in NAMES}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return narrowed(tmp_path_factory.mktemp("site") / "site")


def older(folder):
    """Fill a folder with results of an earlier run."""
    folder.mkdir(exist_ok=True)
    for name, content in OLD.items():
        (folder / name).write_bytes(content)
    return folder


# --- unwritable


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_folder_below_a_file_is_refused_before_any_work(site, tmp_path, lang, monkeypatch):
    def work(*_args, **_options):
        raise AssertionError("this was to be refused before the work")

    monkeypatch.setattr("firelane.run.audit", work)
    (tmp_path / "file").write_text("in the way")
    before = snapshot(tmp_path)
    for place in ("file", "file/out"):
        told = run("run", site, "-o", tmp_path / place, "--lang", lang)
        assert told.code == 2
        assert told.out == ""
        assert ("choose another folder" if lang == "en" else "改用其他文件夹") in told.err
        assert ("无法写入" in told.err) == (lang == "zh")
        assert len(told.err.splitlines()) == 1
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("words", [("draw", "a.dxf"), ("map", "a.html")])
def test_drawing_and_map_refuse_at_once_too(site, tmp_path, words):
    (tmp_path / "file").write_text("in the way")
    name, file = words
    told = run(name, site, "-o", tmp_path / "file" / file, "--lang", "en")
    assert told.code == 2
    assert "choose another folder" in told.err


def test_a_folder_where_a_result_is_to_stand_is_told(site, tmp_path):
    (tmp_path / "audit.json").mkdir()
    told = run("audit", site, "-o", tmp_path, "--lang", "en")
    assert told.code == 2
    assert f"cannot write {tmp_path / 'audit.json'}: a folder of that name is in the way" in told.err
    assert [p.name for p in tmp_path.iterdir()] == ["audit.json"]


@contextmanager
def read_only(folder):
    """Mount a read-only file system over ``folder``."""
    with mounted(folder, "size=64k,ro"):
        yield


@contextmanager
def mounted(folder, options):
    """Mount a small file system; skip where that is not allowed."""
    folder.mkdir(exist_ok=True)
    if shutil.which("mount") is None:
        pytest.skip("this operating system has no mount")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("mounting a small file system is not allowed here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_read_only_file_system_is_told(site, tmp_path):
    with read_only(tmp_path / "disk"):
        told = run("run", site, "-o", tmp_path / "disk", "--lang", "en")
        assert told.code == 2
        assert "the file system is read-only; choose another folder" in told.err


# --- a disk that fills


@pytest.mark.parametrize("nth", [1, 3, 6, 8])
def test_a_disk_that_fills_at_any_file_leaves_every_older_one(site, tmp_path, monkeypatch, nth):
    """A file's content reaches the disk when it is flushed: that is where a full one shows."""
    out, count, flush = older(tmp_path / "out"), 0, os.fsync

    def fills(descriptor):
        nonlocal count
        count += os.path.isfile(f"/proc/self/fd/{descriptor}") or not os.path.isdir("/proc/self/fd")  # noqa: PTH112, PTH113
        if count >= nth:
            raise OSError(errno.ENOSPC, "No space left on device")
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", fills)
    told = run("run", site, "-o", out, "--lang", "en")
    assert told.code == 2
    assert told.out == ""
    assert "no space is left on the disk; free some space, or choose another folder" in told.err
    assert str(out) in told.err
    assert ".firelane-" not in told.err
    assert snapshot(out) == OLD


@pytest.mark.parametrize("size_kb", [64, 160, 360, 480])
def test_a_disk_that_is_really_full(site, tmp_path, size_kb):
    """Too small for audit.json, for results.gpkg (early and late), for the drawing."""
    disk = tmp_path / "disk"
    with mounted(disk, f"size={size_kb}k"):
        out = older(disk)
        told = run("run", site, "-o", out, "--lang", "en")
        assert told.code == 2, told.err
        assert "free some space, or choose another folder" in told.err
        assert "Traceback" not in told.err
        assert snapshot(out) == OLD
        assert sorted(p.name for p in out.iterdir()) == sorted(OLD)


def test_the_commands_that_write_one_file_keep_the_old_one(site, tmp_path):
    disk = tmp_path / "disk"
    with mounted(disk, "size=32k"):
        for name, file in (("draw", "a.dxf"), ("map", "a.html")):
            (disk / file).write_text("old")
            told = run(name, site, "-o", disk / file, "--lang", "en")
            assert told.code == 2, told.err
            assert "no space is left on the disk" in told.err
        assert snapshot(disk) == {"a.dxf": b"old", "a.html": b"old"}


# --- a run that is killed


def whole(path):
    """Tell whether a result is complete, by reading it."""
    content = path.read_bytes()
    if path.suffix in (".json", ".geojson"):
        json.loads(content)
    elif path.suffix == ".pdf":
        assert content.startswith(b"%PDF-")
        assert content.rstrip().endswith(b"%%EOF")
    elif path.suffix == ".dat":
        assert content.endswith(b"\r\n")
    elif path.suffix == ".csv":
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        assert content.endswith(b"\r\n")
        assert len({len(row) for row in rows}) == 1
    elif path.suffix == ".dxf":
        assert not ezdxf.readfile(path).audit().errors
    elif path.suffix == ".gpkg":
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    elif path.suffix == ".xlsx":
        assert zipfile.ZipFile(path).testzip() is None
    else:
        assert content.decode().rstrip().endswith("</html>")


def killed(site, out, moment):
    """Start a run, kill it when ``moment`` says so; return whether it was still running."""
    child = subprocess.Popen(
        command("run", site, "-o", out, "--quiet"), stdin=subprocess.DEVNULL, env=environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while child.poll() is None and not moment() and time.monotonic() < deadline:
        time.sleep(0.002)
    running = child.poll() is None
    child.kill()
    child.wait()
    return running


def unfinished(out):
    """Return the files that a run has in the making."""
    return [p for p in out.glob(".firelane-*/*") if p.is_file()]


def assert_old_or_new(out):
    for name, old in OLD.items():
        if (out / name).read_bytes() != old:
            whole(out / name)
    left = {p.name for p in out.iterdir()} - set(OLD)
    assert all(name.startswith(".firelane-") for name in left), left


@pytest.mark.parametrize("files", [0, 5])
def test_a_run_killed_while_it_writes_leaves_every_older_file(site, tmp_path, files):
    out = older(tmp_path / "out")
    assert killed(site, out, lambda: len(unfinished(out)) > files)
    assert {name: (out / name).read_bytes() for name in OLD} == OLD
    assert_old_or_new(out)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_a_run_killed_at_any_moment_leaves_old_files_or_new_ones(site, tmp_path, seed):
    out = older(tmp_path / "out")
    end = random.Random(seed).uniform(0.2, 9.0)
    start = time.monotonic()
    killed(site, out, lambda: time.monotonic() - start > end)
    assert_old_or_new(out)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_a_run_killed_while_files_take_their_places(site, tmp_path, seed):
    """From the first new file on: the moments at which old and new stand side by side."""
    out = older(tmp_path / "out")
    several = random.Random(seed).randint(1, 12)
    killed(site, out, lambda: sum((out / n).read_bytes() != old for n, old in OLD.items()) >= several)
    assert_old_or_new(out)


def test_what_a_killed_run_leaves_behind_troubles_nobody(tmp_path):
    """Results may stand in the site's own folder: neither they nor leftovers are taken for layers."""
    folder = narrowed(tmp_path / "site")
    left = folder / ".firelane-abc123"
    left.mkdir()
    (left / "roads.geojson").write_text('{"type": "FeatureCollection", "fea')
    first = run("audit", folder, "-o", folder, "--lang", "en")
    assert (first.code, first.err) == (0, "")
    written = (folder / "audit.json").read_bytes()
    again = run("audit", folder, "-o", folder, "--lang", "en")
    assert (again.code, again.out) == (0, first.out)
    assert (folder / "audit.json").read_bytes() == written
    assert [p.name for p in folder.glob(".firelane-*")] == [left.name]
