"""What each command does, in brief; whole runs stand in tests/acceptance."""

import json

import ezdxf
import pytest
from command import run, snapshot
from site_scenes import Point
from written_sites import narrowed, table, write_site

from firelane.site.schema import LAYERS


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return narrowed(tmp_path_factory.mktemp("site") / "site")


def test_new_makes_a_site_that_check_reads_and_asks_for_roads(tmp_path):
    folder = tmp_path / "mine"
    made = run("new", folder, "--lang", "en")
    assert made.code == 0
    assert made.out.splitlines()[:2] == [str(folder / "site.gpkg"), str(folder / "site.toml")]
    assert "firelane run" in made.out
    told = run("check", folder, "--lang", "en")
    assert told.code == 2
    assert "roads: it has no rows" in told.err


def test_new_changes_nothing_that_is_there(site):
    before = snapshot(site)
    told = run("new", site, "--lang", "zh")
    assert told.code == 2
    assert "文件夹不为空" in told.err
    assert snapshot(site) == before


def test_new_refuses_a_system_in_degrees(tmp_path):
    told = run("new", tmp_path / "a", "--crs", "EPSG:4326", "--lang", "en")
    assert told.code == 2
    assert "EPSG:4550" in told.err
    assert not (tmp_path / "a").exists()


def test_check_prints_every_layer_and_every_note_once(tmp_path):
    crooked = table(Point(1, 1), Point(2, 1), id=["a", "b"], kind=["ufo", "tree"], colour=["red", None])
    done = run("check", write_site(tmp_path / "s", obstructions=crooked), "--lang", "en")
    assert done.code == 0
    assert all(f"\n  {name} " in done.out for name in LAYERS)
    notes = [line for line in done.out.splitlines() if line.startswith("  · ")]
    assert len([n for n in notes if "'ufo'" in n]) == 1
    assert len([n for n in notes if "colour" in n]) == 1
    assert not any("obstructions: obstructions" in n or "a: obstructions" in n for n in notes)


def test_audit_ends_with_a_summary(site, tmp_path):
    english = run("audit", site, "-o", tmp_path, "--lang", "en")
    assert "verdict fail" in english.out
    assert "clear width 2.800 m, at least 4.000 m required" in english.out
    assert "what to do: " in english.out
    assert "Least-cost removal (proven" in english.out
    assert english.out.count("Disc test: necessary, not sufficient") == 1
    assert "where: lane L" in english.out
    chinese = run("audit", site, "-o", tmp_path, "--lang", "zh")
    assert "结论 不符合" in chinese.out
    assert "净宽 2.800 米，要求不小于 4.000 米" in chinese.out
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "audit.json", "findings.csv", "findings.geojson", "results.gpkg",
    ]  # fmt: skip


def test_audit_by_a_pack_of_ones_own(site, tmp_path):
    done = run("audit", site, "-o", tmp_path, "--rules", "gb55037", "--quiet")
    assert done.code == 0
    rules = json.loads((tmp_path / "audit.json").read_text("utf-8"))["rules"]
    assert {rule["pack"] for rule in rules} == {"gb55037"}


def test_draw_writes_one_drawing_and_makes_its_folder(site, tmp_path):
    path = tmp_path / "deep" / "plan.dxf"
    done = run("draw", site, "-o", path, "--lang", "en")
    assert (done.code, done.err) == (0, "")
    assert str(path) in done.out.splitlines()
    assert [p.name for p in path.parent.iterdir()] == ["plan.dxf"]
    assert not ezdxf.readfile(path).audit().errors


def test_map_writes_one_page(site, tmp_path):
    path = tmp_path / "deep" / "map.html"
    done = run("map", site, "-o", path, "--lang", "en", "--no-markings")
    assert (done.code, done.err) == (0, "")
    assert [p.name for p in path.parent.iterdir()] == ["map.html"]
    assert path.read_text("utf-8").rstrip().endswith("</html>")


def test_rules_prints_the_catalogues(site):
    done = run("rules", "--rules", "shenyang-2020,gb55037", "--lang", "zh")
    assert done.code == 0
    for text in ("sy2020-14-clear-width", "净宽度不小于4米", "gb55037-3.4.1-reach", "第十四条"):
        assert text in done.out
    assert run("rules", "--quiet").out == ""


@pytest.mark.parametrize(
    ("words", "kept"),
    [(("run", "-o", "."), None), (("audit", "-o", "."), None), (("draw", "-o", "a.dxf"), "a.dxf"), (("map", "-o", "a.html"), "a.html"), (("check",), None)],
)  # fmt: skip
def test_every_command_refuses_a_bad_site_alike(tmp_path, monkeypatch, words, kept):
    bad = write_site(tmp_path / "bad", roads=table(None, None, id=["R1", "R2"]))
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    (tmp_path / "out" / (kept or "audit.json")).write_text("old")
    before = snapshot(tmp_path)
    name, *rest = words
    told = run(name, bad, *rest, "--lang", "en")
    assert told.code == 2
    assert told.err.startswith("2 problems in the input:\n  1. roads row R1 ")
    assert snapshot(tmp_path) == before
