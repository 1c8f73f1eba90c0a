"""``firelane new --from``: any input becomes a site that can be corrected in QGIS."""

from command import HOME, run, snapshot
from site_scenes import LineString, Point
from written_sites import narrowed, table, write_site

from firelane.site import read_site

SAMPLE = HOME / "data" / "shenyang_compliant"


def test_the_copy_reads_as_the_original(tmp_path):
    made = run("new", tmp_path / "copy", "--from", SAMPLE, "--lang", "zh")
    assert (made.code, made.err) == (0, "")
    assert made.out.splitlines()[:2] == [str(tmp_path / "copy" / "site.gpkg"), str(tmp_path / "copy" / "site.toml")]
    assert "QGIS" in made.out
    one, two = read_site(SAMPLE), read_site(tmp_path / "copy")
    assert {n: len(t) for n, t in one.layers.items()} == {n: len(t) for n, t in two.layers.items()}


def test_a_correction_in_the_copy_is_read(tmp_path):
    run("new", tmp_path / "copy", "--from", narrowed(tmp_path / "site"), "--quiet")
    table(Point(5, 3), id=["P2"], kind=["tree"]).to_file(
        tmp_path / "copy" / "site.gpkg", layer="obstructions", mode="a", engine="pyogrio"
    )
    found = read_site(tmp_path / "copy").layers["obstructions"]
    assert found[["id", "kind"]].to_numpy().tolist() == [["P1", "bollard"], ["P2", "tree"]]


def test_a_config_of_its_own_is_followed_and_not_needed_again(tmp_path):
    folder = write_site(tmp_path / "site", roads=None, ways=table(LineString([(0, 3), (40, 3)]).buffer(3), 编号=["R9"]))
    config = tmp_path / "mine.toml"
    config.write_text('[layers.roads]\nfrom = "ways"\ncolumns = { id = "编号" }\n', encoding="utf-8")
    assert run("new", tmp_path / "copy", "--from", folder, "--config", config, "--quiet").code == 0
    assert read_site(tmp_path / "copy").layers["roads"]["id"].tolist() == ["R9"]


def test_bad_rows_are_left_out_only_when_asked(tmp_path):
    folder = write_site(tmp_path / "site", roads=table(LineString([(0, 3), (40, 3)]).buffer(3), None, id=["R1", "R2"]))
    told = run("new", tmp_path / "a", "--from", folder, "--lang", "en")
    assert told.code == 2
    assert not (tmp_path / "a").exists()
    done = run("new", tmp_path / "a", "--from", folder, "--skip-bad", "--lang", "en")
    assert done.code == 0
    assert "left out" in done.out
    assert read_site(tmp_path / "a").layers["roads"]["id"].tolist() == ["R1"]


def test_nothing_is_overwritten(tmp_path):
    folder = narrowed(tmp_path / "site")
    before = snapshot(folder)
    told = run("new", folder, "--from", SAMPLE, "--lang", "zh")
    assert told.code == 2
    assert "文件夹不为空" in told.err
    assert snapshot(folder) == before


def test_options_that_cannot_be_meant(tmp_path):
    for words in (("--within", "1,2,3,4"), ("--skip-bad",), ("--config", "x.toml")):
        told = run("new", tmp_path / "a", *words)
        assert told.code == 2
        assert "--from" in told.err
    told = run("new", tmp_path / "a", "--from", SAMPLE, "--crs", "EPSG:4550")
    assert told.code == 2
    assert not (tmp_path / "a").exists()


def test_quiet(tmp_path):
    done = run("new", tmp_path / "a", "--from", SAMPLE, "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")
