"""Bad input through the real command: one message that lists everything, code 2, nothing damaged.

The reader's own tests (``tests/site``) hold every finer case; here stands each item of the list that
users were promised, from the file on disk to the console and the folder of older results.
"""

from __future__ import annotations

import json
import math
import re

import pytest
import shapely
from command import run, snapshot
from site_scenes import LineString, Point, Polygon, box, moved
from written_sites import ROAD, table, write_site

RESULTS = (
    "audit.json", "findings.csv", "findings.geojson", "map.html", "markings.dxf", "markings.pdf", "quantities.xlsx",
    "results.gpkg", "setting_out.csv",
)  # fmt: skip


@pytest.fixture
def out(tmp_path):
    """Return a folder with results of an earlier run."""
    folder = tmp_path / "out"
    folder.mkdir()
    for name in RESULTS:
        (folder / name).write_bytes(f"older {name}".encode())
    return folder


# --- one builder per case: site -> what to give to the command


def roads(*geometries, crs="EPSG:4550", **columns):
    """Return a builder of a site whose roads are these."""
    return lambda folder: write_site(folder, roads=table(*geometries, crs=crs, **columns))


def obstructions(*geometries, crs="EPSG:4550", **columns):
    """Return a builder of a good site with these obstructions."""
    return lambda folder: write_site(folder, obstructions=table(*geometries, crs=crs, **columns))


def config(text):
    """Return a builder of a good site with this ``site.toml``."""
    return lambda folder: write_site(folder, text)


def no_roads(folder):
    return write_site(folder, roads=None)


def not_what_its_ending_says(folder):
    write_site(folder)
    return (folder / "site.gpkg").rename(folder / "roads.geojson")


def truncated(folder):
    path = write_site(folder) / "site.gpkg"
    path.write_bytes(path.read_bytes()[:-4096])
    return folder


def no_site(folder):
    folder.mkdir()
    (folder / "holiday.jpg").write_bytes(b"\xff\xd8")
    return folder


def missing_crs(folder):
    folder.mkdir()
    table(ROAD).to_file(folder / "roads.shp")
    (folder / "roads.prj").unlink()
    return folder


def swapped(folder):
    turned = shapely.transform(moved(ROAD), lambda xy: xy[:, ::-1])
    (folder / "site").mkdir(parents=True)
    rows = table(ROAD)
    rows.geometry = [turned]
    rows.to_file(folder / "site" / "roads.gpkg")
    return folder / "site"


def mercator(folder):
    folder.mkdir()
    table(ROAD).to_crs("EPSG:3857").to_file(folder / "roads.gpkg")
    return folder


BOW_TIE = Polygon([(0, 0), (40, 6), (40, 0), (0, 6)])
NAN = shapely.from_wkb(box(0, 0, 9, 9).wkb)
NAN = shapely.transform(NAN, lambda xy: [(math.nan if x == 9 and y == 9 else x, y) for x, y in xy])
TWO_POSTS = (Point(5, 3), Point(9, 3))

# case: (builder, what the English message says: place, problem, remedy; the same in Chinese)
CASES = {
    "no roads": (
        no_roads,
        ("roads: this layer is missing; found were: entrances", 'name the layer of road outlines "roads"'),
        ("roads：缺少该图层", "请把道路轮廓图层命名为"),
    ),
    "empty roads": (
        roads(), ("roads: it has no rows", "draw the outline of at least one road"), ("roads：没有任何行", "请至少绘制一条"),
    ),
    "null geometry": (
        roads(ROAD, None, id=["R1", "R2"]),
        ("roads row R2 column geometry: it has no geometry", "draw it, or delete the row"),
        ("roads 第 R2 行 列 geometry：没有几何", "请绘制，或删除该行"),
    ),
    "empty geometry": (
        roads(ROAD, Polygon(), id=["R1", "R2"]),
        ("roads row R2 column geometry: its geometry is empty", "draw it, or delete the row"),
        ("roads 第 R2 行 列 geometry：几何为空", "请绘制，或删除该行"),
    ),
    "NaN coordinates": (
        roads(ROAD, NAN, id=["R1", "R2"]),
        ("roads row R2 column geometry: a coordinate is not a finite number", "export the data again"),
        ("roads 第 R2 行 列 geometry：坐标不是有限数", "请重新导出数据"),
    ),
    "polygon beyond mending": (
        roads(BOW_TIE, id=["R1"]),
        ("roads row R1 column geometry: the outline crosses or overlaps itself", "QGIS: Check Validity"),
        ("roads 第 R1 行 列 geometry：轮廓自相交或重叠", "请在该处修改"),
    ),
    "zero area": (
        roads(ROAD, Polygon([(0, 0), (5, 0), (9, 0)]), id=["R1", "R2"]),
        ("roads row R2 column geometry: its area is zero", "draw it again, or delete the row"),
        ("roads 第 R2 行 列 geometry：面积为零", "请重新绘制，或删除该行"),
    ),
    "roads as lines": (
        roads(LineString([(0, 0), (40, 0)]), id=["R1"]),
        ("roads row R1 column geometry: lines, but polygons are expected", "the outline of the road surface"),
        ("roads 第 R1 行 列 geometry：为线，应为多边形", "请绘制多边形"),
    ),
    "mixed CRS": (
        lambda folder: write_site(folder, buildings=table(box(0, 9, 9, 20)).to_crs("EPSG:32651")),
        ("different coordinate reference systems", "EPSG:32651", "EPSG:4550", "bring them into one"),
        ("各图层坐标系不一致", "EPSG:32651", "请统一坐标系"),
    ),
    "text in a number column": (
        obstructions(*TWO_POSTS, id=["a", "b"], radius_m=["0.2", "thick"]),
        ("obstructions row b column radius_m: 'thick' is no number", "write digits alone, in metres"),
        ("obstructions 第 b 行 列 radius_m：'thick' 不是数字", "只写数字，单位为米"),
    ),
    "negative radius": (
        obstructions(*TWO_POSTS, id=["a", "b"], radius_m=[0.2, -0.2]),
        ("obstructions row b column radius_m: -0.2 is less than 0", "correct it, or leave it empty"),
        ("obstructions 第 b 行 列 radius_m：-0.2 小于 0", "请改正，或留空"),
    ),
    "one id twice": (
        obstructions(*TWO_POSTS, id=["a", "a"]),
        ("obstructions row a column id: the id 'a' stands in 2 rows", "its own id, or leave it empty"),
        ("obstructions 第 a 行 列 id：编号 'a' 出现在 2 行中", "不得重复，可留空"),
    ),
    "not what its ending says": (
        not_what_its_ending_says,
        ("roads.geojson: it is no GeoJSON as its ending says, but looks like GeoPackage", "the right ending"),
        ("roads.geojson：文件内容不是扩展名所示的 GeoJSON", "请改正扩展名"),
    ),
    "truncated": (
        truncated, ("site.gpkg: the file is cut off", "copy or export it again"), ("site.gpkg：文件不完整", "请重新复制或导出"),
    ),
    "no such path": (
        lambda folder: folder / "none", ("none: there is no such file or folder", "check the path"), ("没有此文件或文件夹", "请检查路径"),
    ),
    "a folder that is no site": (
        no_site, ("the folder holds no layer", "`firelane new` makes a blank site"), ("文件夹中没有图层", "可新建空白项目"),
    ),
    "EPSG:3857": (
        mercator,
        ("roads column geometry: ", "EPSG:3857", "stretches lengths", "EPSG:4550"),
        ("roads 列 geometry：", "墨卡托投影，长度失真", "请以 EPSG:4550 重新导出"),
    ),
    "missing CRS": (
        missing_crs,
        ("roads column geometry: the coordinate reference system is missing", 'crs = "EPSG:4550"'),
        ("roads 列 geometry：缺少坐标系", 'crs = "EPSG:4550"'),
    ),
    "swapped axes": (
        swapped,
        ("roads column geometry: the axes are swapped", "Swap X and Y coordinates"),
        ("roads 列 geometry：坐标轴颠倒", "交换 X 和 Y 坐标"),
    ),
    "site.toml: syntax": (
        config("[site\nid = 1"), ("site.toml: it cannot be read", "line 1", "mend that place"), ("site.toml：无法读取", "请改正该处"),
    ),
    "site.toml: unknown key": (
        config("[site]\naccuraci_m = 0.1"),
        ("site.toml column site.accuraci_m: this key is not known", "did you mean 'accuracy_m'?"),
        ("site.toml 列 site.accuraci_m：未知的键", "是否应为 'accuracy_m'？"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("case", CASES)
def test_one_clear_message_code_2_and_older_results_as_they_were(tmp_path, out, case, lang):
    build, english, chinese = CASES[case]
    given = build(tmp_path / "site")
    before = snapshot(tmp_path)
    told = run("run", given, "-o", out, "--lang", lang)
    assert told.code == 2
    assert told.out == ""
    assert "Traceback" not in told.err
    first, *rest = told.err.rstrip("\n").split("\n")
    assert first == ("1 problem in the input:" if lang == "en" else "输入数据有 1 个问题：")
    assert len(rest) == 1, told.err
    assert rest[0].startswith("  1. ")
    for text in english if lang == "en" else chinese:
        assert text in rest[0]
    assert snapshot(tmp_path) == before


SEVERAL = (
    # layer, row or key, problem
    ("roads row R2 column geometry", "it has no geometry"),
    ("roads row R3 column geometry", "not a finite number"),
    ("roads row R4 column geometry", "its area is zero"),
    ("obstructions row a column id", "stands in 2 rows"),
    ("obstructions row a column radius_m", "'thick' is no number"),
    ("obstructions row b column clear_height_m", "-3 is less than 0"),
    ("entrances row E1 column gate", "'perhaps' is neither yes nor no"),
    ("site.toml column site.colour", "this key is not known"),
    ("site.toml column accuracy_m", "a number of metres"),
)


def with_several_faults(folder):
    return write_site(
        folder, '[site]\ncolour = "red"\naccuracy_m = "good"\n',
        roads=table(ROAD, None, NAN, Polygon([(0, 0), (5, 0), (9, 0)]), id=["R1", "R2", "R3", "R4"]),
        obstructions=table(
            *TWO_POSTS, Point(3, 3), id=["a", "a", "b"], radius_m=["thick", "0", "0"], clear_height_m=[4.0, 4.0, -3.0]
        ),
        entrances=table(LineString([(0, 0), (0, 6)]), id=["E1"], gate=["perhaps"]),
    )  # fmt: skip


def test_one_message_lists_all_that_is_wrong(tmp_path, out):
    site = with_several_faults(tmp_path / "site")
    before = snapshot(tmp_path)
    told = run("run", site, "-o", out, "--lang", "en")
    assert told.code == 2
    lines = told.err.splitlines()
    assert lines[0] == f"{len(SEVERAL)} problems in the input:"
    for place, problem in SEVERAL:
        assert [n for n in lines if place in n and problem in n and "→" in n], f"{place}: {problem}"
    assert snapshot(tmp_path) == before
    chinese = run("run", site, "-o", out, "--lang", "zh").err.splitlines()
    assert chinese[0] == f"输入数据有 {len(SEVERAL)} 个问题："
    assert all(re.search("[\u4e00-\u9fff]", line) for line in chinese)


def test_several_files_are_looked_at_before_giving_up(tmp_path, out):
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "roads.geojson").write_text("{", encoding="utf-8")
    (folder / "buildings.gpkg").write_bytes(b"PK\x03\x04")
    (folder / "site.toml").write_text("x = [", encoding="utf-8")
    told = run("run", folder, "-o", out, "--lang", "en")
    assert told.code == 2
    assert [name in told.err for name in ("roads.geojson: ", "buildings.gpkg: ", "site.toml: ")] == [True] * 3


def test_a_config_that_does_not_exist_is_told_with_the_rest(tmp_path, out):
    site = with_several_faults(tmp_path / "site")
    (site / "site.toml").unlink()
    before = snapshot(tmp_path)
    for lang, said in (("en", "other.toml: there is no such file → check the path"), ("zh", "other.toml：没有此文件 → 请检查路径")):
        told = run("run", site, "-o", out, "--config", tmp_path / "other.toml", "--lang", lang)
        assert told.code == 2
        assert said in told.err
        assert "roads" in told.err
    assert snapshot(tmp_path) == before


def test_skip_bad_leaves_unreadable_road_rows_out_and_says_so(tmp_path):
    site = write_site(tmp_path / "site", roads=table(ROAD, None, BOW_TIE, id=["R1", "R2", "R3"]))
    told = run("run", site, "-o", tmp_path / "out", "--lang", "en")
    assert told.code == 2
    assert told.err.startswith("2 problems")
    done = run("audit", site, "-o", tmp_path / "out", "--skip-bad", "--lang", "en")
    assert (done.code, done.err) == (0, "")
    assert "left out" in done.out
    notes = json.loads((tmp_path / "out" / "audit.json").read_text("utf-8"))["site"]["notes"]
    assert {n["row"] for n in notes if n["code"] == "left_out"} == {"R2", "R3"}


def test_a_row_of_another_layer_is_left_out_with_a_warning(tmp_path):
    site = write_site(tmp_path / "site", obstructions=table(Point(5, 3), None, id=["a", "b"], kind=["tree", "tree"]))
    done = run("check", site, "--lang", "en")
    assert done.code == 0
    assert re.search("obstructions.*left out.*no geometry.*b", done.out)
