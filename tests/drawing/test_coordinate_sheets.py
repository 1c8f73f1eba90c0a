"""Setting-out points in the drawing: blocks that other readers count, tables in which every point stands once."""

from __future__ import annotations

import dataclasses
import math
import re

import drawing_scene as scene
import ezdxf
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely import LineString, box
from sheet_texts import written

from firelane.crs import local_crs
from firelane.drawing import DrawingOptions
from firelane.drawing.canvas import new_canvas
from firelane.drawing.options import format_named
from firelane.drawing.pen import Pen
from firelane.drawing.points import BLOCK, LAYER, NUMBERS, draw_points
from firelane.drawing.project import read_project
from firelane.drawing.sheets.base import Room, SetContext, View, new_sheet
from firelane.drawing.sheets.coordinates import coordinate_sheets
from firelane.drawing.text import text_width
from firelane.markings.marks import Mark
from firelane.markings.setting_out import setting_out
from firelane.vocabulary import MarkKind

ORIGIN = (scene.EAST, scene.NORTH)


def marks(boxes: int, lanes: int = 1, name="BOX-L{lane}-{n:03d}"):
    """Boxes of 2.1 m by 2.8 m every 20 m along lanes 30 m apart, and an edge line with a kerb return."""
    t = np.linspace(0, np.pi / 2, 46)
    found = []
    for n in range(boxes):
        lane = n % lanes
        x, y = 20.0 * (n // lanes), 30.0 * lane
        ring = box(x - 1.05, y - 1.4, x + 1.05, y + 1.4).exterior
        found.append(Mark(name.format(lane=lane, n=n), MarkKind.BOX_FRAME, box(0, 0, 1, 1), 1, f"L{lane}", corners=(ring,)))
    arc = np.column_stack([20 + 6 * np.sin(t), -8.6 + 6 * np.cos(t)])
    line = LineString([(0, -2.6), *arc, (26, -20)])
    found.append(Mark("LINE-1", MarkKind.EDGE_LINE, box(0, 0, 1, 1), 1, None, corners=(line,)))
    return found


def points(boxes=12, lanes=2, crs=scene.CRS, **more):
    axes = {f"L{n}": LineString([(-10, 30 * n), (9000, 30 * n)]) for n in range(lanes)}
    return setting_out(marks(boxes, lanes, **more), axes, ORIGIN, crs)


def with_points(table, *, crs=scene.CRS):
    plan = scene.plan()
    return dataclasses.replace(plan, setting_out=table, site=dataclasses.replace(plan.site, crs=crs, placed=crs == scene.CRS))


def drawn(tmp_path, plan, *, unit=1.0, origin=(535_900.0, 4_630_000.0)):
    canvas = new_canvas(origin, 500, "zh", "R2004", unit)
    draw_points(canvas, plan)
    path = tmp_path / "points.dxf"
    canvas.doc.saveas(path)
    return path


@pytest.mark.parametrize("unit", [1.0, 1000.0])
def test_points_read_by_gdal_are_where_the_table_says(tmp_path, unit):
    table = points()
    read = pyogrio.read_dataframe(drawn(tmp_path, with_points(table), unit=unit))
    # GDAL opens a block into its strokes, two to a cross; an attribute is a text
    texts = read[read["Text"].notna() & (read["Text"] != "")]
    assert set(texts["Layer"]) == {NUMBERS}
    told = [name for text in texts["Text"] for name in numbers_of(text)]
    assert sorted(told) == table.point.tolist()
    strokes = read[read["Layer"] == LAYER].geometry.explode()
    strokes = strokes[strokes.geom_type == "LineString"]
    assert len(strokes) == 2 * len(table)
    middles = shapely.MultiPoint(shapely.get_coordinates(shapely.centroid(strokes.to_numpy())))
    wanted = (table[["y_east_m", "x_north_m"]].to_numpy() - (535_900.0, 4_630_000.0)) * unit
    assert shapely.distance(middles, shapely.points(wanted)).max() <= 0.0015 * unit
    assert shapely.hausdorff_distance(middles, shapely.MultiPoint(wanted)) <= 0.0015 * unit


def numbers_of(text):
    """Every number in P0004 or P0004–P0007."""
    first, last = (int(name[1:]) for name in (text.split("–")[0], text.split("–")[-1]))
    return [f"P{n:04d}" for n in range(first, last + 1)]


def points_of(insert):
    """The mark and the points that the XDATA of a cross or of four tell."""
    head, *told = (value for code, value in insert.get_xdata("FIRELANE") if code == 1000)
    word, mark = head.split(";")
    assert word == "point"
    keys = ("point", "corner", "lon", "lat", "chainage_m", "offset_m", "radius_m")
    return mark, [dict(zip(keys, one.split(";"), strict=False)) for one in told]


def test_what_is_known_of_a_point_travels_along(tmp_path):
    table = points()
    doc = ezdxf.readfile(drawn(tmp_path, with_points(table)))
    inserts = list(doc.modelspace().query("INSERT"))
    assert {insert.dxf.name for insert in inserts} == {BLOCK, f"{BLOCK}-2800X2100"}
    told = {}
    for insert in inserts:
        mark, found = points_of(insert)
        # the crosses in the order of what is told of them: their places are X and Y
        middles = [(s.dxf.start + s.dxf.end) / 2 for s in insert.virtual_entities() if s.dxftype() == "LINE"]
        assert numbers_of(insert.get_attrib_text("NUMBER")) == [one["point"] for one in found]
        assert len(middles) == 2 * len(found)
        for one, at in zip(found, middles[::2], strict=True):
            told[one["point"]] = (mark, one, at)
    assert sorted(told) == table.point.tolist()
    for row in table.itertuples():
        mark, one, at = told[row.point]
        assert (mark, one["corner"]) == (row.mark_id, row.corner)
        assert (at.x + 535_900.0, at.y + 4_630_000.0) == pytest.approx((row.y_east_m, row.x_north_m), abs=0.0015)
        assert float(one["lon"]) == row.lon
        assert float(one["lat"]) == row.lat
        assert bool(one.get("chainage_m")) == math.isfinite(row.chainage_m)
        assert ("radius_m" in one) == (row.corner == "mid")
        if row.corner == "mid":
            assert float(one["radius_m"]) == row.radius_m
    assert doc.audit().has_errors is False
    assert doc.audit().has_fixes is False


def test_a_box_with_its_four_points_is_less_than_700_bytes(tmp_path):
    few, many = points(10), points(110)
    sizes = [drawn(tmp_path, with_points(table)).stat().st_size for table in (few, many)]
    assert (sizes[1] - sizes[0]) / 100 < 700


def test_a_box_s_numbers_stand_outside_it(tmp_path):
    table = points(1, 1)
    doc = ezdxf.readfile(drawn(tmp_path, with_points(table)))
    (insert,) = (i for i in doc.modelspace().query("INSERT") if points_of(i)[0].startswith("BOX"))
    corners = table[table.mark_id.str.startswith("BOX")]
    (number,) = insert.attribs
    assert number.dxf.text == "P0001–P0004"
    assert number.dxf.insert.x + 535_900.0 > corners.y_east_m.max()
    assert corners.x_north_m.min() < number.dxf.insert.y + 4_630_000.0 < corners.x_north_m.max()


def test_a_line_s_numbers_stand_away_from_its_middle(tmp_path):
    table = points(0, 1)
    doc = ezdxf.readfile(drawn(tmp_path, with_points(table)))
    inserts = list(doc.modelspace().query("INSERT"))
    middle = np.mean([(i.dxf.insert.x, i.dxf.insert.y) for i in inserts], axis=0)
    for insert in inserts:
        number, place = insert.attribs[0], insert.dxf.insert
        left, right = number.dxf.insert.x, number.dxf.insert.x + text_width(number.dxf.text, number.dxf.height)
        assert (left > place.x) if place.x >= middle[0] else (right < place.x)


@pytest.mark.parametrize(
    "corners",
    [[(0, 0), (2.1, 0), (2.5, 2.8), (0, 2.8)], [(0, 0), (2.1, 0), (2.4, 2.8), (0.3, 2.8)], [(0, 0), (3, 0), (3, 2), (1, 3), (0, 2)]],
)
def test_what_is_no_rectangle_keeps_its_corners_one_by_one(tmp_path, corners):
    ring = shapely.LinearRing(corners)
    mark = Mark("GRID-E1", MarkKind.GRID_BORDER, box(0, 0, 1, 1), 1, None, corners=(ring,))
    table = setting_out([mark], {}, ORIGIN, scene.CRS)
    doc = ezdxf.readfile(drawn(tmp_path, with_points(table)))
    inserts = list(doc.modelspace().query("INSERT"))
    assert [i.dxf.name for i in inserts] == [BLOCK] * len(corners)
    assert [points_of(i)[1][0]["point"] for i in inserts] == table.point.tolist()


@pytest.mark.parametrize("turn_deg", [0.0, 33.3, 90.0, 123.456, -91.2])
def test_boxes_of_one_size_share_a_block_however_they_are_turned(tmp_path, turn_deg):
    rows = [
        Mark(f"BOX-{n}", MarkKind.BOX_FRAME, box(0, 0, 1, 1), 1, None, corners=(
            shapely.affinity.rotate(box(x, 0, x + 2.1, 2.8), turn_deg, origin=(0.123, 0.4)).exterior,))
        for n, x in enumerate((0.0, 20.0007, 41.2345))
    ]  # fmt: skip
    table = setting_out(rows, {}, ORIGIN, scene.CRS)
    doc = ezdxf.readfile(drawn(tmp_path, with_points(table)))
    inserts = list(doc.modelspace().query("INSERT"))
    assert len(inserts) == 3
    assert len({i.dxf.name for i in inserts}) == 1


def test_numbers_of_two_marks_in_one_place_do_not_lie_on_each_other(tmp_path):
    rows = [
        Mark(name, MarkKind.EDGE_LINE, box(0, 0, 1, 1), 1, None, corners=(LineString(ends),))
        for name, ends in (("a", [(0, 0), (9, 9)]), ("b", [(9, 9), (4, 5)]), ("c", [(9, 9), (3, 2)]))
    ]
    doc = ezdxf.readfile(drawn(tmp_path, with_points(setting_out(rows, {}, ORIGIN, scene.CRS))))
    numbers = [i.attribs[0] for i in doc.modelspace().query("INSERT")]
    place = numbers[1].dxf.insert
    there = sorted(n.dxf.insert.y for n in numbers if n.dxf.insert.distance(place) < 2)
    assert len(there) == 3
    assert np.diff(there).min() > numbers[0].dxf.height


def test_of_very_many_points_those_of_boxes_show_their_numbers_and_all_have_them_as_data(tmp_path, monkeypatch):
    monkeypatch.setattr("firelane.drawing.points.MOST_NUMBERED", 40)
    table = points(10)
    doc = ezdxf.readfile(drawn(tmp_path, with_points(table)))
    inserts = list(doc.modelspace().query("INSERT"))
    shown = {points_of(insert)[1][0]["corner"] for insert in inserts if insert.attribs}
    assert shown == {"1"}
    assert {points_of(insert)[1][0]["corner"] for insert in inserts if not insert.attribs} == {"start", "bend", "mid", "end"} & set(table.corner)
    told = [one["point"] for insert in inserts for one in points_of(insert)[1]]
    assert sorted(told) == table.point.tolist()


def test_nothing_to_set_out_draws_nothing(tmp_path):
    plan = with_points(pd.DataFrame())
    assert len(ezdxf.readfile(drawn(tmp_path, plan)).modelspace()) == 0
    assert coordinate_sheets(context(plan)) == []


def context(plan, lang="zh", sheet="A3"):
    spec = format_named(sheet)
    canvas = new_canvas((535_900.0, 4_630_000.0), 500, lang, "R2004")
    room = Room(25.0, 45.0, spec.width_mm - 5.0, spec.height_mm - 5.0)
    options = DrawingOptions(lang=lang, sheet=sheet)
    audit = scene.audit()
    return SetContext(canvas, plan, audit, options, read_project(audit.site, None), spec, room, View((0, 0), (1, 1)))


def sheets(plan, **more):
    """Draw all sheets of coordinates and return them as layouts."""
    here = context(plan, **more)
    layouts = []
    for n, draft in enumerate(coordinate_sheets(here)):
        assert draft.key == "coordinates"
        layout = new_sheet(here.canvas, f"{n + 1:02d}", here.spec, first=n == 0)
        draft.draw(Pen(here.canvas, layout), None, [])
        layouts.append(layout)
    return here, layouts


def in_tables(layout):
    """Return the columns of the tables: what stands above them are notes."""
    top = max(insert.dxf.insert.y for insert in layout.query("INSERT"))
    return [column for column in layout.query("MTEXT") if column.dxf.insert.y < top]


def tables(layout):
    """Return the tables of a sheet: lists of rows, read back from their columns."""
    columns = sorted(in_tables(layout), key=lambda m: m.dxf.insert.x)
    blocks = sorted((i.dxf.insert.x, i.dxf.insert.y) for i in layout.query("INSERT"))
    assert len(columns) == 7 * len(blocks)
    found = []
    for n in range(len(blocks)):
        mine = columns[7 * n : 7 * n + 7]
        assert len({round(m.dxf.insert.y, 6) for m in mine}) == 1
        found.append(list(zip(*(m.text.split("\\P") for m in mine), strict=True)))
    return found


@pytest.mark.parametrize(("sheet", "lang"), [("A3", "zh"), ("A3", "en"), ("A1", "zh")])
def test_every_point_stands_once_with_its_coordinates(sheet, lang):
    table = points(200)
    _, layouts = sheets(with_points(table), sheet=sheet, lang=lang)
    rows = [row for layout in layouts for rows in tables(layout) for row in rows]
    told = {row[0]: row for row in rows if row[0].strip()}
    assert len([row for row in rows if row[0].strip()]) == len(told) == len(table)
    for point in table.itertuples():
        row = told[point.point]
        assert row[3:5] == (f"{point.x_north_m:.3f}", f"{point.y_east_m:.3f}")
        assert row[5] == ("-" if math.isnan(point.chainage_m) else f"{point.chainage_m:.3f}")
    assert {"R=6.000"} <= {row[1] for row in rows}


def test_points_are_grouped_by_lane_and_mark_and_a_box_is_not_parted():
    table = points(200)
    _, layouts = sheets(with_points(table))
    lanes = []
    for layout in layouts:
        for rows in tables(layout):
            names = [row[1] for row in rows]
            assert names[0].strip()  # a table begins with the name of a lane or a mark
            for n, row in enumerate(rows):
                if row[1].startswith("BOX"):
                    assert [r[2] for r in rows[n : n + 4]] == ["1", "2", "3", "4"]
                if not row[0].strip():
                    lanes.append(row[1])
    assert lanes == ["车道 L0", "车道 L1", "其他"]


def test_a_mark_longer_than_a_table_goes_on_under_its_name():
    zigzag = LineString([(2.0 * n, n % 2) for n in range(150)])
    rows = [Mark("LINE-long", MarkKind.EDGE_LINE, box(0, 0, 1, 1), 1, None, corners=(zigzag,))]
    table = setting_out(rows, {}, ORIGIN, scene.CRS)
    assert len(table) == 150
    _, layouts = sheets(with_points(table))
    found = [rows for layout in layouts for rows in tables(layout)]
    assert len(found) > 2
    assert [row[0] for rows in found for row in rows if row[0].strip()] == table.point.tolist()
    assert [rows[0][1] for rows in found] == ["其他", *["LINE-long"] * (len(found) - 1)]


def test_texts_keep_to_their_columns_and_tables_to_the_room():
    table = points(60, 2, name="BOX-一个名字非常非常长的消防车道-L{lane}-{n:03d}")
    here, layouts = sheets(with_points(table))
    for layout in layouts:
        for insert in layout.query("INSERT"):
            lines = [(e.dxf.start, e.dxf.end) for e in here.canvas.doc.blocks.get(insert.dxf.name) if e.dxftype() == "LINE"]
            xs = [insert.dxf.insert.x + p.x for pair in lines for p in pair]
            ys = [insert.dxf.insert.y + p.y for pair in lines for p in pair]
            assert here.room.x0 <= min(xs) < max(xs) <= here.room.x1
            assert here.room.y0 <= min(ys) < max(ys) <= here.room.y1
            edges = sorted({round(insert.dxf.insert.x + a.x, 3) for a, b in lines if a.x == b.x})
            columns = [m for m in in_tables(layout) if edges[0] <= m.dxf.insert.x <= edges[-1]]
            for left, right in zip(edges, edges[1:], strict=False):
                (column,) = [m for m in columns if left <= m.dxf.insert.x <= right]
                widest = max(text_width(line, column.dxf.char_height) for line in column.text.split("\\P"))
                assert widest <= right - left
        names = {row[1] for rows in tables(layout) for row in rows if row[1].startswith("BOX")}
        assert all(re.search(r"-\d{3}$", name) for name in names)  # what is cut is the middle


def test_system_origin_and_convention_stand_on_every_sheet():
    _, layouts = sheets(with_points(points(200)))
    assert len(layouts) > 1
    for layout in layouts:
        said = "".join(written(layout))
        for part in ("EPSG:4550", "X 为北坐标", "Y 为东坐标", "高程未测", "X=4630000.000", "Y=535900.000", "近左"):
            assert part in said


def test_a_site_that_is_not_placed_says_so():
    crs = local_crs((0.0, 0.0))
    plan = with_points(points(crs=crs), crs=crs)
    _, (layout,) = sheets(plan)
    said = "".join(written(layout))
    assert "场地未定位" in said
    assert "EPSG" not in said


def test_a_thousand_points_are_less_than_150_kb(tmp_path):
    sizes = []
    for boxes in (50, 300):
        here, _ = sheets(with_points(points(boxes)))
        path = tmp_path / f"{boxes}.dxf"
        here.canvas.doc.saveas(path)
        sizes.append(path.stat().st_size)
    assert (sizes[1] - sizes[0]) < 150_000


def test_hostile_names_stay_one_line_each():
    table = points(4, 1, name="=1+1\\P{{\\fArial;x}}\n%%u<b>{n}{lane}")
    table["lane_id"] = "\\P\n}{%%d"
    _, (layout,) = sheets(with_points(table))
    (rows,) = tables(layout)
    assert len([row for row in rows if row[0].strip()]) == len(table)
    assert not {"\n", "{", "}", "^"} & set("".join("".join(row) for row in rows))
