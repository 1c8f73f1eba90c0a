"""site.toml: every key, every mistake, and mapping their tables to our layers."""

import pytest
from site_builders import ROAD, box, codes, frame, line, note, point, read, refused, site, write_layers

from firelane.site import read_site
from firelane.site.model import SiteConfig

CONTRACT = """
[site]            # id, name, district
id = "S-1"
name = "三好街小区"
district = "和平区"
manager = "某物业"
manager_kind = "property_company"
managed = true
crs = "EPSG:4550" # overrides the file
datum = "cgcs2000"
accuracy_m = 0.05
default_kerb = "yes"
access_distance_m = 12
[accuracy]
roads = 0.02
[vehicle]
id = "sg-16"
[marking]
box_length_m = 6.0
"""


def test_the_contracts_example(tmp_path):
    found = read(tmp_path, CONTRACT)
    assert (found.id, found.name) == ("S-1", "三好街小区")
    assert found.config == SiteConfig(
        id="S-1", name="三好街小区", district="和平区", manager="某物业", manager_kind="property_company",
        managed=True, accuracy_m=0.05, layer_accuracy_m={"roads": 0.02}, default_kerb=True,
        access_distance_m=12.0, marking={"box_length_m": 6.0}, vehicle={"id": "sg-16"},
    )  # fmt: skip


def test_defaults_without_a_file(tmp_path):
    found = read(tmp_path)
    assert found.config == SiteConfig()
    assert found.id == found.name == "site"


def test_keys_may_stand_above_the_tables(tmp_path):
    found = read(tmp_path, 'id = "A"\naccuracy_m = 0.1\ndefault_kerb = true\n[site]\nname = "B"\n')
    assert (found.id, found.name, found.config.accuracy_m, found.config.default_kerb) == ("A", "B", 0.1, True)


@pytest.mark.parametrize(("toml", "station_m"), [("", 0.5), ("station_m = 0.1", 0.1), ("station_m = 10", 10.0)])
def test_the_distance_of_stations_is_read(tmp_path, toml, station_m):
    assert read(tmp_path, toml).config.station_m == station_m


def test_where_the_file_is_looked_for(tmp_path):
    path = write_layers(tmp_path / "a.gpkg", {"roads": frame(ROAD)})
    (tmp_path / "site.toml").write_text('id = "folder"')
    found = read_site(path)
    assert found.id == "a"
    assert codes(found) == ["config_not_read"]
    (tmp_path / "a.site.toml").write_text('id = "stem"')
    assert read_site(path).id == "stem"
    (tmp_path / "other.toml").write_text('id = "given"')
    found = read_site(path, config=tmp_path / "other.toml")
    assert found.id == "given"
    assert [i.path for i in found.inputs] == ["a.gpkg", "other.toml"]
    assert read_site(tmp_path).id == "folder"
    (problem,) = refused(path, config=tmp_path / "none.toml")
    assert "no such file" in problem.message


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    folder = site(tmp_path)
    (folder / "site.toml").write_bytes(b"\xef\xbb\xbf" + 'name = "小区"'.encode())
    assert read_site(folder).name == "小区"


@pytest.mark.parametrize(
    ("toml", "column", "says"),
    [
        ('[site]\nnmae = "x"', "site.nmae", "'name'"),
        ("acuracy_m = 1", "acuracy_m", "'accuracy_m'"),
        ("[layer.roads]\n", "layer", "'layers'"),
        ("[layers.road]\n", "layers.road", "'roads'"),
        ('[layers.roads]\nform = "x"', "layers.roads.form", "'from'"),
        ('[layers.roads]\ncolumns = { nane = "x" }', "layers.roads.columns.nane", "'name'"),
        ('[layers.roads]\nset = { kreb = "yes" }', "layers.roads.set.kreb", "'kerb'"),
        ('[layers.roads]\nset = { id = "x" }', "layers.roads.set.id", "known are"),
        ("[layers.roads]\nset = { kerb = [1] }", "layers.roads.set.kerb", "single value"),
        ("[layers.roads]\ncolumns = { name = 1 }", "layers.roads.columns.name", "their column"),
        ("[layers.roads]\nwhere = 1", "layers.roads.where", "a table"),
        ("[layers.roads]\nfrom = 1", "layers.roads.from", "name of a table"),
        ('layers = "x"', "layers", "a table"),
        ('[layers]\nroads = "x"', "layers.roads", "a table"),
        ('vehicle = "x"', "vehicle", "a table"),
        ("[accuracy]\nroad = 0.1", "accuracy.road", "'roads'"),
        ('[accuracy]\nroads = "x"', "accuracy.roads", "number of metres"),
        ("accuracy_m = -0.1", "accuracy_m", "zero or more"),
        ("accuracy_m = true", "accuracy_m", "number of metres"),
        ("access_distance_m = inf", "access_distance_m", "number of metres"),
        ("station_m = 0.09", "station_m", "from 0.1 to 10"),
        ("station_m = 10.5", "station_m", "from 0.1 to 10"),
        ("station_m = 0", "station_m", "from 0.1 to 10"),
        ("station_m = nan", "station_m", "number of metres"),
        ('station_m = "0.5"', "station_m", "number of metres"),
        ('default_kerb = "low"', "default_kerb", "yes or no"),
        ("managed = [1]", "managed", "yes or no"),
        ('surveyed_on = "last May"', "surveyed_on", "2026-05-01"),
        ("surveyed_on = 2026-05-01T09:00:00", "surveyed_on", "2026-05-01"),
        ("id = []", "id", "a text"),
        ('manager_kind = "property"', "manager_kind", "property_company"),
        ('datum = "gcj-03"', "datum", "gcj02"),
        ('crs = "EPSG:99999"', "crs", "no coordinate reference system"),
        ('not_surveyed = ["sings"]', "not_surveyed", "'signs'"),
        ('not_surveyed = ["roads"]', "not_surveyed", "no such layer"),
        ('not_surveyed = "signs"', "not_surveyed", "a list"),
        ('id = "A"\n[site]\nid = "B"', "id", "twice"),
    ],
)
def test_mistakes(tmp_path, toml, column, says):
    problems = refused(site(tmp_path, toml))
    (problem,) = [p for p in problems if p.layer == "site.toml"]
    assert problem.column == column
    assert says in f"{problem.message} {problem.remedy}"


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"id = x", "line 1"), ("name = '小区'".encode("gbk"), "UTF-8"), (b"id = 'a'\nid = 'b'", "overwrite")],
)
def test_broken_toml(tmp_path, content, says):
    folder = site(tmp_path)
    (folder / "site.toml").write_bytes(content)
    (problem,) = refused(folder)
    assert says in problem.message


def test_the_crs_of_the_file_is_overridden(tmp_path):
    assert read(tmp_path, 'crs = "EPSG:4550"', roads=frame(ROAD, crs="EPSG:3857")).crs.to_epsg() == 4550
    (problem,) = refused(site(tmp_path, 'crs = "EPSG:3857"'))
    assert "Mercator" in problem.message


# --- mapping

THEIRS = frame(
    ROAD, box(0, 10, 100, 16), box(0, 2, 5, 4), box(10, 2, 15, 4),
    typ=["drive", "cycle", "bay", "bay"], nr=[1, 2, 3, 4], naam=["A", "B", None, "D"],
)  # fmt: skip


def test_one_of_theirs_feeds_several_of_ours(tmp_path):
    toml = """
    [layers.roads]
    from = "theirs"
    where = { typ = ["drive"] }
    columns = { name = "naam", id = "nr" }
    set = { kerb = "yes", class = "residential" }
    [layers.parking]
    from = "theirs"
    where = { typ = "bay", nr = [3, 4] }
    set = { status = "planned" }
    """
    found = read(tmp_path, toml, roads=None, theirs=THEIRS)
    road = found.layers["roads"].iloc[0]
    assert (len(found.layers["roads"]), road["id"], road["name"], road["kerb"], road["class"]) == (
        1, "1", "A", "yes", "residential",
    )  # fmt: skip
    assert found.layers["parking"]["id"].tolist() == ["parking-1", "parking-2"]
    assert found.layers["parking"]["status"].tolist() == ["planned", "planned"]
    assert "unknown_layer" not in codes(found)
    assert note(found, "unknown_column").en.endswith("naam")  # parking has no use for it


def test_several_of_theirs_feed_one_of_ours(tmp_path):
    trees, poles = frame(point(1, 1), point(2, 1), id=[1, 2]), frame(point(3, 1), id=[1])
    toml = """
    [[layers.obstructions]]
    from = "trees"
    set = { kind = "tree" }
    [[layers.obstructions]]
    from = "poles"
    set = { kind = "pole" }
    """
    (problem,) = refused(site(tmp_path, toml, trees=trees, poles=poles))
    assert 'columns = { id = "" }' in problem.remedy
    toml = toml.replace('from = "poles"', 'from = "poles"\ncolumns = { id = "" }')
    found = read(tmp_path, toml, trees=trees, poles=poles)
    assert found.layers["obstructions"]["id"].tolist() == ["1", "2", "obstructions-3"]
    assert found.layers["obstructions"]["kind"].tolist() == ["tree", "tree", "pole"]
    assert codes(found) == []


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ('from = "thiers"', "'theirs'"),
        ('from = "theirs"\nwhere = { type = "drive" }', "'typ'"),
        ('from = "theirs"\ncolumns = { name = "name2" }', "known are"),
    ],
)
def test_a_mapping_that_finds_nothing(tmp_path, entry, says):
    problems = refused(site(tmp_path, f"[layers.roads]\n{entry}", roads=None, theirs=THEIRS))
    assert says in problems[0].remedy
    assert problems[0].layer == "roads"


def test_a_filter_that_matches_no_row(tmp_path):
    found = read(tmp_path, '[layers.parking]\nfrom = "theirs"\nwhere = { typ = "x" }', theirs=THEIRS)
    assert len(found.layers["parking"]) == 0
    assert "no_row_matches" in codes(found)


def test_filters_compare_numbers_and_texts_alike(tmp_path):
    table = frame(ROAD, box(0, 10, 9, 16), code=[1.0, 2.0], flag=[True, False])
    for where in ("code = 1", 'code = "1"', "code = [1.0]", "flag = true"):
        folder = site(tmp_path, f'[layers.roads]\nfrom = "x"\nwhere = {{ {where} }}', roads=None, x=table)
        assert len(read_site(folder).layers["roads"]) == 1


def test_tables_are_named_by_file_where_names_clash(tmp_path):
    folder = site(tmp_path)
    write_layers(folder / "b.gpkg", {"roads": frame(box(0, 0, 50, 6)), "signs": frame(point(1, 1))})
    (problem,) = refused(folder)
    assert 'from = "b.gpkg:roads"' in problem.remedy
    (folder / "site.toml").write_text('[layers.roads]\nfrom = "site.gpkg:roads"')
    assert read_site(folder).layers["roads"].area[0] == pytest.approx(600)


def test_a_mapped_single_file(tmp_path):
    frame(ROAD, typ=["drive"]).to_file(tmp_path / "cad_export.shp")
    (tmp_path / "cad_export.site.toml").write_text('[layers.roads]\nfrom = "cad_export"')
    assert len(read_site(tmp_path / "cad_export.shp").layers["roads"]) == 1


def test_constants_are_checked_like_data(tmp_path):
    (problem,) = refused(
        site(tmp_path, '[layers.kerbs]\nset = { height_m = "low" }', kerbs=frame(line((0, 0), (1, 0))))
    )
    assert (problem.layer, problem.column) == ("kerbs", "height_m")


def test_not_surveyed(tmp_path):
    empty = frame(crs="EPSG:4550").assign(id=[])
    found = read(
        tmp_path,
        'not_surveyed = ["signs", "kerbs", "parking"]',
        signs=empty,
        kerbs=frame(line((0, 0), (1, 0))),
        markings=empty,
    )
    assert not found.surveyed("signs")
    assert found.surveyed("markings")
    assert len(found.layers["kerbs"]) == 1
    assert note(found, "surveyed_after_all").layer == "kerbs"
