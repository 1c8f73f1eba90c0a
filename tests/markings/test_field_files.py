"""Files for controllers and robots: formats to the letter, strokes that paint what the plan paints, hostile ids."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from marking_scenes import CRS, comb, l_bend, near, scene, straight, t_junction
from shapely import LineString, MultiPolygon, box

from firelane.crs import local_crs
from firelane.errors import OutputError
from firelane.markings import plan_markings
from firelane.markings.field_files import PATH_COLUMNS, field_id, write_field_files
from firelane.markings.strokes import Stroke, lattice_axes, lettering_strokes, line_strokes, ordered

LINE_PAINT = ["edge_line", "box_frame", "grid_border", "grid_lines"]
ORIGIN = np.array([535_900.0, 4_630_000.0])


def clipped(**more):
    """A grid that follows a pavement narrowed on one side, on a lane that is not parallel to the axes."""
    turn = shapely.affinity.rotate
    outline = shapely.Polygon([(0, 3), (0, -3), (60, -3), (60, 3), (20, 3), (20, 2), (4, 2), (4, 3)])
    parts = [turn(g, 23.0, origin=(0, 0)) for g in (outline, LineString([(0, 0), (60, 0)]), LineString([(0, 3), (0, -3)]))]
    inward = (math.cos(math.radians(23)), math.sin(math.radians(23)))
    lane = ("L1", parts[1], "mouth", "tip", "m", "t")
    return scene([parts[0]], [lane], mouths=[("E1", parts[2], inward, "L1")], **more)


def written(plan, folder):
    return {path.name: path.read_bytes() for path in write_field_files(plan, folder)}


@pytest.mark.parametrize("make", [straight, l_bend, t_junction, comb, clipped])
def test_the_strokes_paint_the_area_of_the_plan(make):
    plan = plan_markings(*make())
    strokes = line_strokes(plan, ORIGIN, 1e-4)
    assert not any(math.isnan(stroke.width_m) for stroke in strokes)
    wanted = shapely.union_all(near(plan.paint[plan.paint.kind.isin(LINE_PAINT)].geometry.array))
    painted = shapely.union_all([stroke.painted() for stroke in strokes])
    assert painted.area == pytest.approx(wanted.area, rel=1e-3)
    # only the ends of bars at the panel of the lettering are not cut slanting
    assert painted.symmetric_difference(wanted).area < 3e-3 * wanted.area
    widths = {kind: {round(s.width_m, 6) for s in strokes if s.kind == kind} for kind in LINE_PAINT}
    assert widths == {"edge_line": {0.15}, "box_frame": {0.15}, "grid_border": {0.2}, "grid_lines": {0.1}}


def test_a_box_is_four_straight_lines_that_do_not_overlap():
    plan = plan_markings(*straight())
    mine = [s for s in line_strokes(plan, ORIGIN, 1e-4) if s.mark_id == "BOX-L1-01"]
    assert sorted(LineString(s.xy).length for s in mine) == pytest.approx([1.8, 1.8, 2.8, 2.8])
    assert sum(s.painted().area for s in mine) == pytest.approx(2.8 * 2.1 - 2.5 * 1.8)


def test_axes_of_a_lattice_by_hand():
    """Two bars each way in a square of 2 m: axes at their middles."""
    bars = [box(-1, -0.55, 1, -0.45), box(-1, 0.45, 1, 0.55), box(-0.55, -1, -0.45, 1), box(0.45, -1, 0.55, 1)]
    axes = lattice_axes(shapely.union_all(bars), 0.1, None)
    ends = sorted(tuple(sorted(tuple(np.round(p, 4) + 0.0) for p in axis)) for axis in axes)
    assert ends == [((-1, -0.5), (1, -0.5)), ((-1, 0.5), (1, 0.5)), ((-0.5, -1), (-0.5, 1)), ((0.5, -1), (0.5, 1))]


def test_paint_that_is_no_lattice_is_outlined():
    blob = shapely.Point(0, 0).buffer(2).difference(box(-0.5, -0.5, 0.5, 0.5))
    assert lattice_axes(blob, 0.1, None) == []
    plan = plan_markings(*straight())
    row = plan.paint.kind == "grid_lines"
    paint = plan.paint.copy()
    paint.loc[row, "geometry"] = gpd.GeoSeries([shapely.transform(blob, lambda xy: xy + ORIGIN)], index=paint.index[row], crs=CRS)
    outlined = [s for s in line_strokes(dataclasses.replace(plan, paint=paint), ORIGIN, 1e-4) if math.isnan(s.width_m)]
    assert [s.kind for s in outlined] == ["grid_lines"] * 2
    assert all(s.closed for s in outlined)


def test_lettering_is_outlined_closed_and_turned():
    plan = plan_markings(*straight())
    strokes = lettering_strokes(plan, ORIGIN, 0.003)
    assert {s.kind for s in strokes} == {"box_text", "grid_text"}
    assert all(s.closed and math.isnan(s.width_m) for s in strokes)
    area = sum((1 if shapely.LinearRing(s.xy).is_ccw else -1) * s.painted().area for s in strokes)
    wanted = plan.paint[plan.paint.kind.isin(["box_text", "grid_text"])].geometry.area.sum()
    assert area == pytest.approx(wanted, rel=0.01)


def test_the_order_keeps_all_strokes_and_saves_travel():
    plan = plan_markings(*comb())
    strokes = line_strokes(plan, ORIGIN, 1e-4)
    tour = ordered(strokes)

    def key(stroke):
        return stroke.mark_id, stroke.kind, tuple(map(tuple, sorted(stroke.xy.tolist())))

    assert sorted(map(key, tour)) == sorted(map(key, strokes))
    travel = [sum(math.dist(a.xy[-1], b.xy[0]) for a, b in zip(way, way[1:], strict=False)) for way in (strokes, tour)]
    assert travel[1] < 0.6 * travel[0]
    names = [stroke.mark_id for stroke in tour]
    changes = sum(a != b for a, b in zip(names, names[1:], strict=False))
    assert changes == len(set(names)) - 1  # a mark is finished before the next
    assert ordered([]) == []


def test_an_open_stroke_is_painted_from_its_nearer_end():
    one = Stroke("a", "edge_line", 0.1, np.array([(0, 0), (10.0, 0)]))
    two = Stroke("b", "edge_line", 0.1, np.array([(30.0, 0), (11.0, 0)]))
    tour = ordered([one, two])
    assert [s.xy[0].tolist() for s in tour] == [[0, 0], [11, 0]]


def test_points_for_cass_and_for_pnezd(tmp_path):
    plan = plan_markings(*straight())
    files = written(plan, tmp_path)
    points = plan.setting_out
    dat = files["setting_out.dat"].decode("ascii").split("\r\n")
    pnezd = files["setting_out_pnezd.csv"].decode("ascii").split("\r\n")
    assert (dat.pop(), pnezd.pop()) == ("", "")
    assert len(dat) == len(pnezd) == len(points)
    row = points[points.mark_id == "BOX-L1-01"].iloc[2]
    assert f"{row.point},BOX3,{row.y_east_m:.3f},{row.x_north_m:.3f},0.000" in dat
    assert f"{row.point},{row.x_north_m:.3f},{row.y_east_m:.3f},0.000,BOX3 BOX-L1-01" in pnezd
    codes = {line.split(",")[1] for line in dat}
    assert codes - {"SIGN"} == {"BOX1", "BOX2", "BOX3", "BOX4", "GRID1", "GRID2", "GRID3", "GRID4", "LINES", "LINEB", "LINEE"}


def test_paths_as_csv_and_geojson_tell_the_same(tmp_path):
    plan = plan_markings(*l_bend())
    files = written(plan, tmp_path)
    assert list(files) == ["setting_out.dat", "setting_out_pnezd.csv", "paint_paths.csv", "paint_paths.geojson", "lettering_paths.csv"]
    rows = list(csv.DictReader(io.StringIO(files["paint_paths.csv"].decode("utf-8"), newline="")))
    assert list(rows[0]) == list(PATH_COLUMNS)
    assert [int(row["waypoint"]) for row in rows] == list(range(1, len(rows) + 1))
    features = json.loads(files["paint_paths.geojson"])["features"]
    sprayed = [f for f in features if f["properties"]["spray"]]
    travelled = [f for f in features if not f["properties"]["spray"]]
    count = int(rows[-1]["stroke"])
    assert (len(sprayed), len(travelled)) == (count, count - 1)
    for number, feature in enumerate(sprayed, 1):
        mine = [row for row in rows if int(row["stroke"]) == number]
        assert [row["spray"] for row in mine] == ["1"] * (len(mine) - 1) + ["0"]
        assert [[float(row["lon"]), float(row["lat"])] for row in mine] == feature["geometry"]["coordinates"]
        assert float(mine[0]["line_width_m"]) == feature["properties"]["line_width_m"]
    for before, travel, after in zip(sprayed, travelled, sprayed[1:], strict=False):
        ends = [before["geometry"]["coordinates"][-1], after["geometry"]["coordinates"][0]]
        assert travel["geometry"]["coordinates"] == ends
    frame = gpd.read_file(tmp_path / "paint_paths.geojson").to_crs(4550)
    length = frame[frame.spray.astype(bool)].length.sum()
    xy = np.array([(float(row["y_east_m"]), float(row["x_north_m"])) for row in rows])
    on = np.array([row["spray"] == "1" for row in rows])[:-1]
    assert np.hypot(*np.diff(xy, axis=0).T)[on].sum() == pytest.approx(length, rel=1e-3)


def test_the_same_plan_gives_the_same_bytes(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert written(plan_markings(*t_junction()), tmp_path / "a") == written(plan_markings(*t_junction()), tmp_path / "b")


def test_a_site_that_is_nowhere_has_no_degrees_and_no_geojson(tmp_path):
    plan = plan_markings(*straight())
    crs = local_crs((0.0, 0.0))
    adrift = dataclasses.replace(
        plan, site=dataclasses.replace(plan.site, crs=crs),
        paint=plan.paint.set_crs(crs, allow_override=True), centrelines=plan.centrelines.set_crs(crs, allow_override=True),
    )  # fmt: skip
    files = written(adrift, tmp_path)
    assert "paint_paths.geojson" not in files
    assert all(row.endswith(",,") for row in files["paint_paths.csv"].decode().split("\r\n")[1:-1])


def test_nothing_to_paint_gives_empty_files(tmp_path):
    plan = plan_markings(*scene([box(0, -3, 100, 3)], []))
    files = written(plan, tmp_path)
    assert files["setting_out.dat"] == b""
    assert files["paint_paths.csv"].decode().split("\r\n") == [",".join(PATH_COLUMNS), ""]
    assert json.loads(files["paint_paths.geojson"]) == {"type": "FeatureCollection", "features": []}


@pytest.mark.parametrize("entrance", ["=1+1,\n", '"东门"', "-2+3", "a" * 4000, "\x00<script>", "＝SUM(A1)"])
def test_hostile_ids_break_no_table(tmp_path, entrance):
    lane = ("L1", LineString([(0, 0), (40, 0)]), "mouth", "tip", "m", "t")
    mouth = (entrance, LineString([(0, 3), (0, -3)]), (1, 0), "L1")
    files = written(plan_markings(*scene([box(0, -3, 40, 3)], [lane], mouths=[mouth])), tmp_path)
    for name, count in (("setting_out.dat", 5), ("setting_out_pnezd.csv", 5), ("paint_paths.csv", 10), ("lettering_paths.csv", 10)):
        text = files[name].decode("utf-8")
        for row in text.split("\r\n")[:-1]:
            assert row.count(",") == count - 1
            assert not {"\n", "\r", '"', "<", "\x00"} & set(row)
            assert len(row) < 400 + 800
            assert not any(cell.startswith(("=", "+", "-", "@", "＝")) for cell in row.split(","))
    assert json.loads(files["paint_paths.geojson"])["features"]


def test_ids_that_differ_stay_different():
    names = ["a,b", "a;b", "a%2Cb", "东门", "-a", "a", "_a", "%2Da"]
    assert len({field_id(name) for name in names}) == len(names)
    assert all(field_id(name, ascii_only=True).isascii() for name in names)


def test_a_folder_that_is_missing_is_made(tmp_path):
    plan = plan_markings(*straight())
    files = write_field_files(plan, tmp_path / "not" / "there")
    assert {path.parent for path in files} == {tmp_path / "not" / "there"}
    assert {path.name: path.read_bytes() for path in files} == written(plan, tmp_path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        write_field_files(plan_markings(*straight()), tmp_path / "file" / "none", paths=False)


def test_plans_made_by_hand_need_no_dimensions(tmp_path):
    plan = dataclasses.replace(plan_markings(*straight()), dims=None)
    assert written(plan, tmp_path)["paint_paths.csv"]
    empty = plan.paint.assign(geometry=[MultiPolygon()] * len(plan.paint))
    assert write_field_files(dataclasses.replace(plan, paint=empty), tmp_path)


def test_an_edge_line_whose_axis_is_unknown_is_outlined():
    plan = plan_markings(*straight())
    strokes = line_strokes(dataclasses.replace(plan, centrelines=plan.centrelines.iloc[:0]), ORIGIN, 1e-4)
    lines = [s for s in strokes if s.kind == "edge_line"]
    assert lines
    assert all(math.isnan(s.width_m) and s.closed for s in lines)


@pytest.mark.parametrize("make", [straight, clipped])
def test_no_corner_of_a_bar_is_left_unpainted_at_the_border(make):
    plan = plan_markings(*make())
    strokes = [s for s in line_strokes(plan, ORIGIN, 1e-4) if s.kind.startswith("grid")]
    painted = shapely.union_all([stroke.painted() for stroke in strokes])
    by_kind = {kind: near(plan.paint[plan.paint.kind == kind].geometry.iloc[0]) for kind in ("grid_lines", "grid_border")}
    missing = by_kind["grid_lines"].difference(painted)
    assert missing.intersection(by_kind["grid_border"].buffer(0.1)).area < 1e-5
    # nor is anything painted beyond the border
    assert painted.difference(shapely.Polygon(by_kind["grid_border"].exterior)).area < 1e-6
