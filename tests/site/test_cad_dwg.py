"""DWG: through the user's converter, here a stand-in of it; else a message that says how to go on."""

import os
import stat
import sys
import tempfile
from pathlib import Path

import pytest
from cad_plans import PlanFile, rows

from firelane.errors import InputError
from firelane.site import read_site
from firelane.site.cad import dwg, read_plan
from firelane.site.config import Settings
from firelane.site.journal import Journal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a shebang")

STAND_IN = """#!{python}
import shutil, sys, time, pathlib
given, made, version, kind, recurse, audit, name = sys.argv[1:]
assert (version, kind, recurse) == ("ACAD2018", "DXF", "0")
assert (pathlib.Path(given) / name).read_bytes().startswith(b"AC10")
{body}
"""


@pytest.fixture
def converter(tmp_path, monkeypatch):
    """Return a function that puts a converter on the path, and the folder for temporary files."""
    folder, scratch = tmp_path / "bin", tmp_path / "scratch"
    folder.mkdir()
    scratch.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))

    def install(body):
        program = folder / "ODAFileConverter"
        program.write_text(STAND_IN.format(python=sys.executable, body=body), encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IEXEC)

    return install, scratch


@pytest.fixture
def plan(tmp_path):
    """Return a DWG file by its first bytes, and the DXF that a converter would make of it."""
    drawing = PlanFile()
    drawing.box("道路", 0, 0, 60, 6)
    path = tmp_path / "总图 1.dwg"
    path.write_bytes(b"AC1032" + bytes(200))
    return path, drawing.save(tmp_path, "made.dxf")


def test_a_converter_is_used_and_nothing_is_left_behind(converter, plan):
    install, scratch = converter
    path, made = plan
    install(f"shutil.copy({str(made)!r}, pathlib.Path(made) / (name[:-4] + '.dxf'))\nsys.exit(139)")
    journal = Journal()
    intake = read_plan(path, Settings(), journal)
    assert not journal.problems
    assert [g.area for g in rows(intake, "roads")[0]] == [360.0]
    assert {reading.path for reading in intake.readings} == {path.name}
    ((_, table),) = intake.feeds["roads"]
    assert table.path == path
    assert list(scratch.iterdir()) == []


def told(path):
    with pytest.raises(InputError) as caught:
        read_site(path)
    return caught.value.text("en"), caught.value.text("zh")


def test_without_a_converter_it_is_said_how_to_go_on(converter, plan):
    en, zh = told(plan[0])
    assert "ODA File Converter" in en
    assert "DXF" in en
    assert "ODA File Converter" in zh
    assert "另存为 DXF" in zh


def test_a_converter_that_fails_is_quoted(converter, plan):
    install, scratch = converter
    install("sys.stderr.write('drawing is\\nprotected'); sys.exit(1)")
    en, _ = told(plan[0])
    assert "drawing is protected" in en
    assert list(scratch.iterdir()) == []


def test_a_converter_that_hangs_is_stopped(converter, plan, monkeypatch):
    install, scratch = converter
    install(f"pathlib.Path({str(scratch.parent / 'pid')!r}).write_text(str(__import__('os').getpid()))\ntime.sleep(60)")
    limits = dict(dwg.patterns().limits) | {"dwg_timeout_s": 2}
    monkeypatch.setattr(dwg, "patterns", lambda: type("P", (), {"limits": limits}))
    en, _ = told(plan[0])
    assert "stopped after 2 s" in en
    pid = int((scratch.parent / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(("content", "says"), [(b"", "empty"), (b"PK\x03\x04", "no DWG"), (b"  0\nSECTION\n", "no DWG")])
def test_what_is_no_dwg(tmp_path, content, says):
    path = tmp_path / "x.dwg"
    path.write_bytes(content)
    en, _ = told(path)
    assert says in en
    assert not Path("x.dxf").exists()
