"""Atomic writing and safe names."""

import errno
import os
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firelane.errors import OutputError
from firelane.files import atomic_path, ensure_writable_dir, safe_name, write_bytes, write_text


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def write_and_fail(target, error):
    with atomic_path(target) as temporary:
        temporary.write_text("half")
        raise error


def write_through(target, device):
    with atomic_path(target), Path(device).open("wb", buffering=0) as stream:
        stream.write(b"x")


def test_writes_and_replaces(tmp_path):
    target = tmp_path / "a.txt"
    assert write_text(target, "一\n") == target
    assert write_text(target, "二\n").read_bytes() == "二\n".encode()
    write_bytes(target, b"\x00")
    assert target.read_bytes() == b"\x00"
    assert names(tmp_path) == ["a.txt"]


def test_temporary_path_is_in_the_same_folder_with_the_same_ending(tmp_path):
    with atomic_path(tmp_path / "site.gpkg") as temporary:
        assert temporary.suffix == ".gpkg"
        assert temporary.is_relative_to(tmp_path)
        assert not temporary.exists()
        temporary.write_bytes(b"x")
        temporary.with_name("site.gpkg-journal").write_bytes(b"left over")
        assert not (tmp_path / "site.gpkg").exists()
    assert names(tmp_path) == ["site.gpkg"]


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()])
def test_failure_leaves_the_old_file_and_nothing_else(tmp_path, error):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(type(error)):
        write_and_fail(target, error)
    assert target.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_full_disk_is_an_output_error_and_the_old_file_stays(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(OutputError, match="no space is left") as caught:
        write_and_fail(target, OSError(errno.ENOSPC, "No space left on device"))
    assert isinstance(caught.value, OSError)
    assert target.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_full_disk_while_flushing(tmp_path, monkeypatch):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "a.txt").write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="free some space"):
        write_text(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text() == "old"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_device_that_is_really_full(tmp_path):
    with pytest.raises(OutputError, match="no space is left"):
        write_through(tmp_path / "x", "/dev/full")
    assert names(tmp_path) == []


def test_no_folder(tmp_path):
    with pytest.raises(OutputError, match="cannot write"):
        write_text(tmp_path / "none" / "a.txt", "x")


def test_ensure_writable_dir(tmp_path):
    assert ensure_writable_dir(tmp_path / "a" / "b").is_dir()
    assert names(tmp_path / "a" / "b") == []
    (tmp_path / "file").write_text("x")
    for bad in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OutputError, match="choose another folder"):
            ensure_writable_dir(bad)


def test_unwritable_dir(tmp_path, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("firelane.files.tempfile.TemporaryFile", refuse)
    with pytest.raises(OutputError, match="may not be written to"):
        ensure_writable_dir(tmp_path)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("三好街", "三好街"),
        ("a/b\\c:d*e?f", "a_b_c_d_e_f"),
        ("../../etc/passwd", "etc_passwd"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("\x00\x1f", "unnamed"),
        ("aux", "_aux"),
        ("LPT1.dxf", "_LPT1.dxf"),
        (".hidden", "hidden"),
        ("end. ", "end"),
        ("\u202egpj.exe", "gpj.exe"),
        ("e\u0301", "\u00e9"),
        ("_kept", "_kept"),
    ],
)
def test_safe_name(text, name):
    assert safe_name(text) == name


@given(st.text(max_size=300))
def test_any_text_gives_a_safe_name(text):
    name = safe_name(text)
    assert name
    assert len(name.encode()) <= 120
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f\x7f]', name)
    assert not name.startswith(".")
    assert not name.endswith((".", " "))
    assert unicodedata.normalize("NFC", name) == name
    assert safe_name(name) == name


def test_long_names_are_cut_between_characters(tmp_path):
    name = safe_name("消防车道" * 200)
    assert len(name.encode()) == 120
    (tmp_path / name).write_text("x")
