"""``firelane check``: what was read, mended and not understood, as a table, a picture and JSON."""

import json
import re

import pytest
from command import run, snapshot
from hypothesis import given, settings
from hypothesis import strategies as st
from site_scenes import LineString
from written_sites import table, write_site

from firelane.cli import console
from firelane.site import read as read_module
from firelane.site.intake import Intake
from firelane.site.model import Reading

HOSTILE = "\x1b[2J\x1b]0;owned\x07G-ROAD\u202eEGDE\u200b\n\r车行道"
READINGS = (
    Reading("平面图.dxf", "消防车道", {"LWPOLYLINE": 12, "HATCH": 3}, "roads", 12, mended=2, zh="2 处缺口已闭合", en="2 gaps were closed"),
    Reading("平面图.dxf", HOSTILE, {"LINE": 120, "ACAD_PROXY_ENTITY": 3}, None, ignored=123, zh="请从天正导出 T3", en="export as T3"),
)  # fmt: skip
STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def site(tmp_path):
    return write_site(tmp_path / "site")


@pytest.fixture
def foreign(monkeypatch):
    """A site beside which a CAD plan was read."""
    monkeypatch.setattr(read_module, "take_in", lambda *_: (Intake(readings=READINGS),))


def test_place_extent_and_width_are_told(site):
    english = run("check", site, "--lang", "en").out
    assert "placed on the earth" in english
    assert "40.0 m east-west × 6.0 m north-south" in english
    assert "5.22 m least, 5.22 m median, 5.22 m greatest" in english  # 2 · 240 / 92
    chinese = run("check", site, "--lang", "zh").out
    assert "已定位" in chinese
    assert "东西 40.0 米 × 南北 6.0 米" in chinese
    assert re.search(r"site\.gpkg +roads +1\n", chinese)


def test_derived_roads_and_those_without_a_width_are_told(tmp_path):
    lines = table(LineString([(0, 20), (80, 20)]), LineString([(0, 40), (80, 40)]), id=["a", "b"], width_m=[4.5, None])
    out = run("check", write_site(tmp_path / "s", road_lines=lines), "--lang", "en").out
    assert "1 road outlines are derived from a width" in out
    assert "1 roads are centrelines alone" in out


@pytest.mark.usefixtures("foreign")
def test_every_part_of_a_foreign_file_is_told(site, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    out = run("check", site, "--lang", "zh").out
    assert "各部分的读取情况：平面图.dxf" in out
    assert re.search(r"消防车道 +12 LWPOLYLINE, 3 HATCH +roads +12 +2\n +2 处缺口已闭合\n", out)
    assert re.search(r"120 LINE, 3 ACAD_PROXY_ENTITY +— +123\n +请从天正导出 T3\n", out)
    english = run("check", site, "--lang", "en").out
    assert "2 gaps were closed" in english
    assert "export as T3" in english


@pytest.mark.usefixtures("foreign")
@pytest.mark.parametrize("columns", [40, 60, 80, 200])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_name_steers_the_terminal_and_every_line_fits(site, monkeypatch, columns, lang):
    monkeypatch.setenv("COLUMNS", str(columns))
    out = run("check", site, "--lang", lang).out
    assert not STEERING.search(out)
    start = "各部分的读取情况" if lang == "zh" else "what was made of each part"
    lines = out.split(start, 1)[1].splitlines()
    for entry in lines[1:-1]:  # the hint may be longer
        assert console.cells(entry) <= columns, entry
    # The name is broken over cells and lines, but nothing of it is lost.
    assert all(sign in out for sign in "车行道")


@pytest.mark.usefixtures("foreign")
def test_a_refused_site_shows_what_was_understood(tmp_path):
    folder = write_site(tmp_path / "s", roads=table())
    told = run("check", folder, "--lang", "zh", "--json", tmp_path / "a.json")
    assert told.code == 2
    assert "消防车道" in told.out
    assert "没有任何行" in told.err
    account = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert [reading["source"] for reading in account["readings"]] == ["消防车道", HOSTILE]
    assert "没有任何行" in account["problems"][0]["zh"]
    assert run("check", folder, "--lang", "zh", "--quiet").out == ""


def test_picture_and_json(site, tmp_path):
    told = run("check", site, "--png", tmp_path / "层.png", "--json", tmp_path / "a.json", "--lang", "zh")
    assert (told.code, told.err) == (0, "")
    assert (tmp_path / "层.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((tmp_path / "a.json").read_text("utf-8"))["layers"]["roads"]["rows"] == 1
    assert "--png" not in told.out
    assert "--png" in run("check", site, "--lang", "zh").out
    quiet = run("check", site, "--png", tmp_path / "b.png", "--quiet")
    assert (quiet.out, quiet.err) == ("", "")
    assert (tmp_path / "b.png").exists()


def test_a_picture_is_not_written_over_something_else(site):
    before = snapshot(site)
    told = run("check", site, "--png", site / "site.toml", "--lang", "en")
    assert told.code == 2
    assert "must end in .png" in told.err
    assert run("check", site, "--json", site / "site.gpkg").code == 2
    assert snapshot(site) == before


def test_a_picture_that_cannot_be_written(site, tmp_path):
    told = run("check", site, "--png", tmp_path / "none" / "a.png", "--lang", "en")
    assert told.code == 2
    assert "cannot write" in told.err


def test_a_long_list_of_kinds_stays_within_the_line(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    rows = [("0", ", ".join(f"{n} KIND{n}" for n in range(20)), "—", "1")]
    lines = console.table(("source", "found", "layer", "rows"), rows, width=80, right=(3,))
    assert len(lines) > 2
    assert max(map(console.cells, lines)) <= 80


@settings(max_examples=60)
@given(text=st.text(max_size=60), width=st.integers(4, 30))
def test_wrapping_keeps_every_character_and_fits(text, width):
    plain = console.harmless(text)
    lines = console.wrapped(plain, width)
    assert all(console.cells(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(plain.split())
    assert console.cells(console.cut(plain, width)) <= width


def test_aligned_columns_with_chinese_of_double_width():
    lines = console.table(("源", "n"), [("道路", "1"), ("abc", "20")], width=80, right=(1,))
    assert lines == ["  源     n", "  道路   1", "  abc   20"]


WRONG_TABLES = """
[marking]
edge_line_width_m = 0.2
no_such = 1
[materials]
system = "oil"
[drawing]
offfice = "A"
"""


@pytest.mark.parametrize("command", ["check", "draw", "run"])
def test_all_that_is_wrong_in_the_tables_is_told_at_once(command, tmp_path):
    folder = write_site(tmp_path / "site", WRONG_TABLES)
    out = {"check": [], "draw": ["-o", tmp_path / "x.dxf"], "run": ["-o", tmp_path / "out"]}[command]
    told = run(command, folder, *out, "--lang", "en")
    assert told.code == 2
    for word in ("edge_line_width_m", "no_such", "oil", "offfice"):
        assert word in told.err
    assert "4 problems in the input" in told.err
    chinese = run(command, folder, *out, "--lang", "zh").err
    assert "不可更改" in chinese
    assert "没有这个标线参数" in chinese
    assert not (tmp_path / "x.dxf").exists()
    assert not (tmp_path / "out").exists()
