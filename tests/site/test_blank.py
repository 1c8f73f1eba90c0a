"""The blank site of `firelane new`: every layer and column, ready for QGIS, and nothing half-written."""

import re
import shutil
import sqlite3
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pyogrio
import pytest
from site_builders import ROAD, box, frame, line, point, refused

from firelane.errors import InputError, OutputError
from firelane.site import blank as blank_module
from firelane.site import read_site
from firelane.site.blank import write_blank_site
from firelane.site.qml import style
from firelane.site.schema import LAYERS, empty_layer, kind_defaults
from firelane.vocabulary import ObstructionKind


def names(folder):
    """Return what stands in a folder."""
    return sorted(entry.name for entry in folder.iterdir())


@pytest.fixture(scope="module")
def blank(tmp_path_factory):
    folder = tmp_path_factory.mktemp("new") / "小区 1"
    assert write_blank_site(folder) == [folder / "site.gpkg", folder / "site.toml"]
    return folder


def copy(blank, tmp_path):
    return shutil.copytree(blank, tmp_path / "copy")


def test_all_layers_and_columns(blank):
    assert names(blank) == ["site.gpkg", "site.toml"]
    tables = dict(pyogrio.list_layers(blank / "site.gpkg").tolist())
    for name, layer in LAYERS.items():
        for suffix, geometry in layer.tables.items():
            assert tables.pop(f"{name}{suffix}") == geometry
            info = pyogrio.read_info(blank / "site.gpkg", layer=f"{name}{suffix}")
            assert info["fields"].tolist() == list(layer.columns)
            assert info["crs"] == "EPSG:4550"
            assert info["features"] == 0
    assert tables == {"layer_styles": None}


def test_a_blank_site_is_told_to_have_no_roads(blank):
    (problem,) = refused(blank)
    assert (problem.layer, problem.message) == ("roads", "it has no rows")


def test_drawing_into_it_makes_a_site(blank, tmp_path):
    folder = copy(blank, tmp_path)
    drawn = {
        "roads": frame(ROAD, id=["R1"], kerb=["yes"], fire_lane=[True]),
        "obstructions": frame(point(5, 1), kind=["tree"]),
        "obstructions_polygons": frame(box(9, 0, 14, 2), kind=["vehicle"], removable=[False]),
        "entrances": frame(line((0, 0), (0, 6)), gate=[True]),
        "markings_polygons": frame(box(30, 1, 32, 3), kind=["box"]),
    }
    for table, rows in drawn.items():
        rows.to_file(folder / "site.gpkg", layer=table, mode="a", engine="pyogrio")
    found = read_site(folder)
    assert found.id == "小区 1"
    assert {name: len(table) for name, table in found.layers.items()} == {
        "roads": 1, "obstructions": 2, "entrances": 1, "markings": 1,
    }  # fmt: skip
    assert found.layers["obstructions"]["removable"].tolist() == [False, False]
    assert found.layers["entrances"]["openable"].tolist() == [None]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_configuration_says_what_the_program_assumes(tmp_path, lang):
    write_blank_site(tmp_path / "a", lang=lang)
    text = (tmp_path / "a" / "site.toml").read_text(encoding="utf-8")
    told = tomllib.loads(text)
    assert told["site"]["not_surveyed"] == [name for name in LAYERS if name != "roads"]
    # The commented lines, switched on, are understood too.
    lines = text.splitlines()
    switched = "\n".join(line[2:] if re.match(r"# (\[|[a-z_]+ = )", line) else line for line in lines)
    parsed = tomllib.loads(switched)
    assert parsed["site"]["manager_kind"] == "property_company"
    assert parsed["layers"]["roads"]["set"] == {"kerb": "yes"}
    assert ("第十二条" in text) == (lang == "zh")


def test_styles_for_qgis(blank):
    with sqlite3.connect(blank / "site.gpkg") as connection:
        rows = connection.execute(
            "SELECT f_table_name, f_geometry_column, styleQML, useAsDefault FROM layer_styles"
        ).fetchall()
    connection.close()
    assert {row[0] for row in rows} == {
        f"{n}{suffix}" for n, layer in LAYERS.items() for suffix in layer.tables
    }
    for table, column, qml, default in rows:
        assert (column, default) == ("geom", 1)
        root = ET.fromstring(qml.split("\n", 1)[1])
        name = next(n for n, layer in LAYERS.items() if table in {f"{n}{s}" for s in layer.tables})
        assert [f.get("name") for f in root.iter("field")] == list(LAYERS[name].columns)
        assert [a.get("name") for a in root.iter("alias")] == [c.zh for c in LAYERS[name].columns.values()]


def test_drop_downs_hold_the_vocabulary():
    root = ET.fromstring(style("obstructions", "Point", "zh").split("\n", 1)[1])
    kind = next(f for f in root.iter("field") if f.get("name") == "kind")
    offered = {o.get("value"): o.get("name") for o in kind.iter("Option") if o.get("type") == "QString"}
    for term in ObstructionKind:
        assert offered[term.value] == term.zh
    english = style("obstructions", "Point", "en")
    assert 'name="fixed bollard"' in english


def test_a_folder_that_holds_something_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(InputError, match="not empty"):
        write_blank_site(tmp_path)
    assert names(tmp_path) == ["mine.txt"]
    with pytest.raises(InputError, match="a file of that name"):
        write_blank_site(tmp_path / "mine.txt")


def test_an_empty_folder_is_fine(tmp_path):
    (tmp_path / ".DS_Store").write_text("")
    assert len(write_blank_site(tmp_path)) == 2


def test_failure_leaves_nothing(tmp_path, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(blank_module, "_config", full)
    with pytest.raises(OutputError, match="No space left"):
        write_blank_site(tmp_path / "a")
    assert names(tmp_path) == []
    (tmp_path / "b").mkdir()
    with pytest.raises(OutputError):
        write_blank_site(tmp_path / "b")
    assert names(tmp_path / "b") == []


@pytest.mark.parametrize(
    ("crs", "says"),
    [
        ("EPSG:3857", "Mercator"),
        ("EPSG:4326", "not in metres"),
        ("EPSG:2249", "not in metres"),
        ("x", "no coord"),
    ],
)
def test_a_crs_that_is_no_metric_one(tmp_path, crs, says):
    with pytest.raises(InputError, match=says):
        write_blank_site(tmp_path / "a", crs=crs)
    assert names(tmp_path) == []


def test_hostile_folder_name(tmp_path):
    folder = tmp_path / 'a" b {x}'
    write_blank_site(folder)
    assert tomllib.loads((folder / "site.toml").read_text("utf-8"))["site"]["id"] == folder.name


def test_the_contracts_columns():
    assert {name: list(layer.columns) for name, layer in LAYERS.items()} == {
        "roads": ["id", "name", "fire_lane", "kerb", "class", "accuracy_m", "derived"],
        "road_lines": ["id", "name", "fire_lane", "class", "width_m", "accuracy_m", "derived"],
        "fire_lanes": ["id", "name"],
        "obstructions": [
            "id", "kind", "clear_height_m", "top_m", "radius_m", "width_m", "removable", "openable", "stands_for_row", "accuracy_m",
            "name",
        ],
        "buildings": ["id", "name", "height_m", "floors"],
        "entrances": ["id", "name", "kind", "gate", "openable", "clear_height_m"],
        "kerbs": ["id", "height_m", "top_width_m"],
        "parking": ["id", "status", "orientation"],
        "markings": ["id", "kind", "colour", "condition", "width_m"],
        "signs": ["id", "kind", "text", "condition"],
        "covers": ["id", "kind", "radius_m"],
        "operating_grounds": ["id", "name"],
    }  # fmt: skip
    assert set(kind_defaults()) == {str(kind) for kind in ObstructionKind}
    for name in LAYERS:
        assert len(empty_layer(name, "EPSG:4550")) == 0


def test_the_reference_page_names_everything():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "site.md").read_text(encoding="utf-8")
    for name, layer in LAYERS.items():
        section = page.split(f"### `{name}`", 1)[1].split("\n### ", 1)[0].split("\n## ", 1)[0]
        for column in layer.columns.values():
            assert f"`{column.name}`" in section, (name, column.name)
            for value in column.allowed:
                assert f"`{value}`" in section, (name, value)
            if isinstance(column.default, float) and 0 < column.default < 1e6:
                assert f"{column.default:g}" in section
