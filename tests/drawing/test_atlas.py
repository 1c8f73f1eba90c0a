"""The setting-out plans: which sheets there are, what they show, where they meet, and what is written on them."""

from __future__ import annotations

import itertools
import math
import re
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely import LineString, Polygon, box
from support import site_scenes as S

from firelane.auditing import audit
from firelane.drawing import points
from firelane.drawing.canvas import new_canvas
from firelane.drawing.catalogue import sheet_catalogue
from firelane.drawing.labels import turned_box
from firelane.drawing.options import DrawingOptions, format_named
from firelane.drawing.pen import Pen
from firelane.drawing.project import read_project
from firelane.drawing.sheets.atlas import FROZEN, KEY, setting_out_plans, title
from firelane.drawing.sheets.atlas_labels import Writer
from firelane.drawing.sheets.base import SetContext, SheetEntry, View, new_sheet
from firelane.drawing.sheets.frame import sheet_room
from firelane.drawing.sheets.tiles import atlas, measures, tiles, window_room
from firelane.drawing.text import text_width
from firelane.lanes.records import LaneNetwork
from firelane.markings import plan_markings
from firelane.run import clear_widths

SHEET = sheet_catalogue()
OVERLAP_M = measures()["cover"]["overlap_m"]
NONE = gpd.GeoDataFrame({"lane_id": []}, geometry=[], crs=S.CRS)


def context_of(plan, result, format_name="A3", lang="zh"):
    options = DrawingOptions(sheet=format_name, lang=lang)
    spec = format_named(format_name)
    canvas = new_canvas((535_900.0, 4_630_000.0), 500, lang, options.dxf_version)
    view = View((535_950.0, 4_630_000.0), (100.0, 100.0))
    return SetContext(canvas, plan, result, options, read_project(result.site, None), spec, sheet_room(spec, SHEET), view)


def planned(site, *more, **options):
    result = audit(site, remedies=False)
    return context_of(plan_markings(result.site, result.network, clear_widths=clear_widths(result)), result, *more, **options)


def turned(geometry, angle_deg):
    return S.moved(shapely.affinity.rotate(geometry, angle_deg, origin=(0, 0)))


def street(length_m, angle_deg=0.0, width_m=6.0):
    """A straight road from (0, 0) at an angle, with an entrance at each end."""
    return S.site(
        [S.road(length_m, width_m)], entrances=S.gates(length_m, width_m), transform=lambda g: turned(g, angle_deg),
        obstructions=[], buildings=[],
    )  # fmt: skip


def by_hand(lines, half_m=3.0, ids=None):
    """Lanes and paint without an audit: a strip along both edges of every line."""
    lines = [S.moved(line) for line in lines]
    ids = ids or [f"L{n:03d}" for n in range(len(lines))]
    nodes = {}
    ends = [
        [nodes.setdefault(tuple(np.round(line.coords[k], 3)), f"N{len(nodes):03d}") for line in lines] for k in (0, -1)
    ]
    lanes = gpd.GeoDataFrame({"lane_id": ids, "start_node": ends[0], "end_node": ends[1]}, geometry=lines, crs=S.CRS)
    rows, points = [], []
    for lane_id, line in zip(ids, lines, strict=True):
        for chainage in np.arange(0.0, line.length, 0.5):
            back, ahead = (line.interpolate(float(np.clip(chainage + d, 0, line.length))) for d in (-0.1, 0.1))
            rows.append((lane_id, chainage, math.atan2(ahead.y - back.y, ahead.x - back.x), half_m, half_m))
            points.append(line.interpolate(chainage))
    stations = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=["lane_id", "chainage_m", "heading_rad", "left_m", "right_m"]), geometry=points, crs=S.CRS
    )
    junctions = gpd.GeoDataFrame({"node_id": [], "radius_m": []}, geometry=[], crs=S.CRS)
    network = LaneNetwork(Polygon(), Polygon(), Polygon(), lanes, stations, junctions, NONE)
    strips = [line.buffer(half_m, cap_style="flat").boundary.buffer(0.15) for line in lines]
    paint = gpd.GeoDataFrame({"kind": ["edge_line"] * len(strips), "block": None}, geometry=strips, crs=S.CRS)
    site = SimpleNamespace(layers={}, placed=True, crs=S.CRS, bounds=paint.total_bounds, name="s", id="s", config=S.SiteConfig("s", "s"))
    plan = SimpleNamespace(paint=paint, placements=(), setting_out=pd.DataFrame(), boxes=pd.DataFrame(), boards=(), dims=None)
    return context_of(plan, SimpleNamespace(network=network, site=site))


def centre(text):
    """Middle of a text, wherever it is anchored."""
    align, at, _ = text.get_placement()
    if align.name != "LEFT":
        return at.x, at.y
    turn = math.radians(text.dxf.rotation)
    along, up = text_width(text.dxf.text, text.dxf.height) / 2, text.dxf.height / 2
    return (
        at.x + along * math.cos(turn) - up * math.sin(turn),
        at.y + along * math.sin(turn) + up * math.cos(turn),
    )


def windows(context):
    return {tile.number: Polygon(tile.corners) for tile in tiles(context)}


def check_cover(context):
    """Every metre of every lane is on the sheet that sets it out, with its edges, and only on that one."""
    network, shown = context.audit.network, windows(context)
    runs = sorted((run.lane, run.from_m, run.to_m, tile.number) for tile in tiles(context) for run in tile.runs)
    for lane, line in enumerate(network.lanes.geometry):
        mine = [run for run in runs if run[0] == lane]
        assert mine[0][1] == 0.0
        assert mine[-1][2] == pytest.approx(line.length)
        assert all(a[2] == pytest.approx(b[1]) for a, b in itertools.pairwise(mine))
        for _, a, b, number in mine:
            road = shapely.ops.substring(line, a, b).buffer(3.0, cap_style="flat")
            assert shown[number].covers(road)
            # What is cut is shown beyond the cut.
            for chainage, other in ((a, a - OVERLAP_M / 4), (b, b + OVERLAP_M / 4)):
                if 0.5 < chainage < line.length - 0.5:
                    assert shown[number].covers(line.interpolate(max(other, 0.0)))


def draw(context):
    """Draw the setting-out plans alone; return (draft, layout) of each."""
    drafts = setting_out_plans(context)
    entries = [SheetEntry("01", "x", "-", "A3", "list")]
    entries += [SheetEntry(f"{n:02d}", d.title, d.scale, "A3", d.key) for n, d in enumerate(drafts, 2)]
    sheets = []
    for number, (draft, entry) in enumerate(zip(drafts, entries[1:], strict=True)):
        layout = new_sheet(context.canvas, entry.number, context.spec, first=number == 0)
        draft.draw(Pen(context.canvas, layout), entry, entries)
        sheets.append((draft, layout))
    return sheets


class TestOneSheet:
    def test_largest_scale_that_holds_the_site(self):
        # An A3 leaves 390 mm: 78 m at 1:200, 117 m at 1:300.
        (tile,) = tiles(planned(street(100.0)))
        assert tile.scale == 300
        assert tile.twist_deg == 0.0
        assert [(r.from_m, r.to_m) for r in tile.runs] == [(0.0, pytest.approx(100.0))]
        (tile,) = tiles(planned(street(60.0)))
        assert tile.scale == 200

    def test_larger_sheet_larger_scale(self):
        (tile,) = tiles(planned(street(100.0), "A1"))
        assert tile.scale == 200

    @pytest.mark.parametrize("angle_deg", [50.0, 130.0, -70.0])
    def test_turned_where_that_helps(self, angle_deg):
        # 180 m at 50° reach 138 m to the north, the view at 1:500 only 110 m.
        (tile,) = tiles(planned(street(180.0, angle_deg)))
        assert tile.scale == 500
        assert tile.twist_deg == pytest.approx(math.remainder(-angle_deg, 180.0), abs=0.01)
        check_cover(planned(street(180.0, angle_deg)))

    @pytest.mark.parametrize("angle_deg", [20.0, -20.0])
    def test_turned_along_the_lane(self, angle_deg):
        # 100 m at 1:300 fit level as well as turned.
        context = planned(street(100.0, angle_deg))
        (tile,) = tiles(context)
        assert tile.scale == 300
        assert tile.twist_deg == pytest.approx(-angle_deg, abs=0.01)
        check_cover(context)

    def test_not_turned_for_a_lesser_lane(self):
        # 80 m run level, 30 m aslant.
        context = by_hand([LineString([(0, 0), (80, 0)]), LineString([(80, 0), (106, 15)])])
        (tile,) = tiles(context)
        assert tile.twist_deg == 0.0

    def test_a_larger_scale_goes_before_the_direction(self):
        # An L of 75 m and 60 m: its smallest rectangle, not its arms, fits the sheet at 1:300.
        context = by_hand([LineString([(0, 0), (75, 0)]), LineString([(0, 0), (0, 60)])])
        (tile,) = tiles(context)
        assert tile.scale == 300
        assert abs(tile.twist_deg) == pytest.approx(math.degrees(math.atan2(60, 75)), abs=1.0)

    def test_nothing_painted_no_sheet(self):
        context = by_hand([LineString([(0, 0), (50, 0)])])
        context.plan.paint = context.plan.paint.iloc[:0]
        assert tiles(context) == ()
        assert setting_out_plans(context) == []

    def test_roads_known_as_lines_need_no_sheet(self):
        site = S.site([], road_lines=[LineString([(0, 0), (900, 0)])])
        assert tiles(planned(site)) == ()


class TestAtlas:
    def test_long_street(self):
        # 195 m a sheet, 12 m in common: 183 m each.
        context = planned(street(400.0, 35.0))
        found = atlas(context)
        assert len(found.tiles) == 3
        assert [t.twist_deg for t in found.tiles] == pytest.approx([-35.0] * 3, abs=0.01)
        assert len(found.matches) == 2
        check_cover(context)
        shown = windows(context)
        for match in found.matches:
            line = LineString(match.ends)
            assert line.length == pytest.approx(6.0 + 2 * measures()["cover"]["beyond_m"], abs=0.05)
            assert all(shown[n].buffer(1e-6).covers(line) for n in match.tiles)
        both = [shown[a].intersection(shown[b]) for a, b in (match.tiles for match in found.matches)]
        lane = context.audit.network.lanes.geometry.iloc[0]
        assert min(part.intersection(lane).length for part in both) >= 10.0

    def test_cuts_miss_the_boxes(self):
        context = planned(street(400.0))
        boxes = context.plan.boxes["chainage_m"].to_numpy()[1:-1]
        for match in atlas(context).matches:
            assert np.abs(boxes - match.chainage_m).min() >= 2.0

    def test_parallel_lanes_share_a_sheet(self):
        lines = [LineString([(0, y), (350, y)]) for y in (0.0, 30.0, 60.0)]
        context = by_hand(lines)
        assert len(tiles(context)) == 2
        check_cover(context)

    @pytest.mark.parametrize("angle_deg", [16.0, -33.0, 70.0])
    def test_a_net_s_sheets_lie_along_its_lanes(self, angle_deg):
        net = [LineString([(0, 60 * k), (240, 60 * k)]) for k in range(5)]
        net += [LineString([(60 * k, 0), (60 * k, 240)]) for k in range(5)]
        context = by_hand([shapely.affinity.rotate(line, angle_deg, origin=(0, 0)) for line in net])
        level = by_hand(net)
        assert 1 < len(tiles(context)) <= len(tiles(level))
        for tile in tiles(context):
            assert math.remainder(tile.twist_deg + angle_deg, 90.0) == pytest.approx(0.0, abs=1.0)
        assert {tile.twist_deg % 90.0 for tile in tiles(level)} == {0.0}
        check_cover(context)

    def test_no_sheet_aslant_where_columns_do_as_well(self):
        # The lanes of data/shenyang_district in outline, at 16°: the stubs are in the way of rows, and columns of equal
        # width would put the two outer ones one above the other.
        ways = [
            [(-30, 0), (0, 0), (0, 45), (165, 45), (165, -60), (0, -60), (0, 0), (165, 0), (200, 0)],
            [(45, 45), (45, 78)], [(131, 45), (131, 85)], [(85, -60), (85, -97)],
        ]  # fmt: skip
        lines = [LineString(pair) for way in ways for pair in itertools.pairwise(way)]
        context = by_hand([shapely.affinity.rotate(line, 16.0, origin=(0, 0)) for line in lines])
        assert len(tiles(context)) == 3
        assert {round(math.remainder(tile.twist_deg + 16.0, 90.0), 1) for tile in tiles(context)} == {0.0}
        check_cover(context)

    def test_a_court_of_short_lanes_shares_a_sheet(self):
        court = [
            LineString([(0, 0), (80, 0)]), LineString([(80, 0), (80, 60)]), LineString([(80, 60), (0, 60)]),
            LineString([(0, 60), (0, 0)]), LineString([(80, 0), (420, 0)]),
        ]  # fmt: skip
        context = by_hand(court)
        shares = [{r.lane_id for r in tile.runs} for tile in tiles(context)]
        assert any({"L000", "L001", "L002", "L003"} <= share for share in shares)
        check_cover(context)

    def test_next_lane_on_another_sheet_is_told_at_the_node(self):
        # Two lanes end to end, 150 m each: each on its own sheet, which meet at the node.
        context = by_hand([LineString([(0, 0), (150, 0)]), LineString([(150, 0), (300, 0)])])
        found = atlas(context)
        assert len(found.tiles) == 2
        (match,) = found.matches
        assert set(match.tiles) == {1, 2}
        check_cover(context)

    def test_no_more_sheets_than_a_plain_grid(self):
        lines = [LineString([(0, 60 * k), (360, 60 * k)]) for k in range(7)]
        lines += [LineString([(60 * k, 0), (60 * k, 360)]) for k in range(7)]
        context = by_hand(lines)
        check_cover(context)
        room = window_room(context.room, SHEET)
        # A street along the seam has to be whole on one of two cells: they have its width in common, too.
        step = (room.width / 2 - OVERLAP_M - 6.0, room.height / 2 - OVERLAP_M - 6.0)
        roads = shapely.union_all([S.moved(line).buffer(3) for line in lines])
        west, south, east, north = roads.bounds
        cells = [
            box(west + i * step[0], south + j * step[1], west + (i + 1) * step[0], south + (j + 1) * step[1])
            for i in range(math.ceil((east - west) / step[0])) for j in range(math.ceil((north - south) / step[1]))
        ]  # fmt: skip
        assert len(tiles(context)) <= sum(cell.intersects(roads) for cell in cells)

    def test_paint_far_from_any_lane_is_shown(self):
        context = by_hand([LineString([(0, 0), (100, 0)])])
        far = S.moved(box(400, 300, 410, 310))
        extra = gpd.GeoDataFrame({"kind": ["edge_line"], "block": None}, geometry=[far], crs=S.CRS)
        context.plan.paint = pd.concat([context.plan.paint, extra], ignore_index=True)
        assert any(window.covers(far) for window in windows(context).values())

    def test_a_sheet_is_laid_at_an_angle_at_which_two_were_found_to_fit(self):
        # 370 m at 21°: level, a sheet holds more of the lane than along it, and two do.
        context = by_hand([LineString([(242.0, 133.0), (-103.0, 0.0)])])
        shown = windows(context)
        lane = context.audit.network.lanes.geometry.iloc[0]
        (match,) = atlas(context).matches
        assert [shown[n].covers(lane.interpolate(match.chainage_m)) for n in match.tiles] == [True, True]
        check_cover(context)

    def test_lanes_of_one_id_are_told_apart(self):
        lines = [LineString([(0, y), (350, y)]) for y in (0.0, 30.0)] + [LineString([(700, 0), (790, 0)])]
        apart, alike = by_hand(lines), by_hand(lines, ids=["L000", "L000", "L000"])
        # The sections of all three are those of their own places, not of the last lane of the name.
        assert [tile.corners for tile in tiles(alike)] == [tile.corners for tile in tiles(apart)]
        assert [[run.lane for run in tile.runs] for tile in tiles(alike)] == [[run.lane for run in tile.runs] for tile in tiles(apart)]
        assert {run.lane_id for tile in tiles(alike) for run in tile.runs} == {"L000"}
        check_cover(alike)

    def test_same_site_same_sheets(self):
        assert tiles(planned(street(400.0, 35.0))) == tiles(planned(street(400.0, 35.0)))

    @settings(max_examples=10)
    @given(
        st.lists(
            st.tuples(st.floats(-400, 400), st.floats(-400, 400)).map(lambda p: (round(p[0], 1), round(p[1], 1))),
            min_size=2, max_size=7, unique=True,
        )
    )  # fmt: skip
    @example([(242.0, 133.0), (-103.0, 0.0)])
    def test_any_lanes_are_covered(self, corners):
        lines = [LineString(pair) for pair in itertools.pairwise(corners) if math.dist(*pair) > 20.0]
        if lines:
            check_cover(by_hand(lines))

    @settings(max_examples=8)
    @given(st.floats(-180.0, 180.0))
    def test_never_upside_down(self, angle_deg):
        line = shapely.affinity.rotate(LineString([(0, 0), (420, 0)]), angle_deg, origin=(0, 0))
        context = by_hand([line])
        for tile in tiles(context):
            assert -90.0 < tile.twist_deg <= 90.0
            # The lane runs along the sheet.
            a, b = tile.paper(np.array(context.audit.network.lanes.geometry.iloc[0].coords), (0.0, 0.0))
            assert abs(a[1] - b[1]) <= 0.04 * abs(a[0] - b[0])


class TestPaper:
    def test_there_and_back(self):
        (tile,) = tiles(planned(street(180.0, 50.0)))
        xy = np.array([[535_950.0, 4_630_020.0], [535_960.0, 4_630_020.0]])
        paper = tile.paper(xy, (200.0, 150.0))
        assert np.hypot(*(paper[1] - paper[0])) == pytest.approx(20.0)  # 10 m at 1:500
        assert tile.ground(paper, (200.0, 150.0)) == pytest.approx(xy)

    def test_corners_are_the_corners_of_the_view(self):
        context = planned(street(400.0, 35.0))
        room = window_room(context.room, SHEET)
        middle = ((room.x0 + room.x1) / 2, (room.y0 + room.y1) / 2)
        wanted = np.array([(room.x0, room.y0), (room.x1, room.y0), (room.x1, room.y1), (room.x0, room.y1)])
        for tile in tiles(context):
            assert tile.paper(np.array(tile.corners), middle) == pytest.approx(wanted, abs=1e-6)


@pytest.fixture(scope="module")
def drawn():
    context = planned(street(400.0, 35.0))
    return context, draw(context)


class TestSheets:
    def test_titles_and_scales(self, drawn):
        _, sheets = drawn
        assert [d.title for d, _ in sheets] == ["放样平面图（一）", "放样平面图（二）", "放样平面图（三）"]
        assert {(d.key, d.scale) for d, _ in sheets} == {(KEY, "1:500")}
        assert title(1, 1, "zh") == "放样平面图"
        assert title(2, 3, "en") == "SETTING-OUT PLAN 2"

    def test_view_is_to_scale_turned_and_without_the_model_s_texts(self, drawn):
        context, sheets = drawn
        for tile, (_, layout) in zip(tiles(context), sheets, strict=True):
            view = layout.query("VIEWPORT")[-1]
            assert view.get_scale() == pytest.approx(1000.0 / 500)
            assert set(view.frozen_layers) == set(FROZEN)
            # The viewport puts the ground where the labels take it to be.
            a, b = tile.corners[0], tile.corners[2]
            matrix = view.get_transformation_matrix()
            room = window_room(context.room, SHEET)
            for corner, (x, y) in ((a, (room.x0, room.y0)), (b, (room.x1, room.y1))):
                at = matrix.transform((*context.canvas.local_point(corner), 0.0))
                assert (at.x, at.y) == pytest.approx((x, y), abs=0.01)

    def test_everything_in_the_room_upright_and_legible(self, drawn):
        context, sheets = drawn
        room = context.room
        for _, layout in sheets:
            for entity in layout.query("TEXT"):
                assert entity.dxf.height >= 2.5
                assert -90.0 < entity.dxf.rotation <= 90.0
                x, y = centre(entity)
                assert room.x0 <= x <= room.x1
                assert room.y0 <= y <= room.y1
            for entity in layout.query("LINE"):
                for point in (entity.dxf.start, entity.dxf.end):
                    assert room.x0 - 1e-6 <= point.x <= room.x1 + 1e-6
                    assert room.y0 - 1e-6 <= point.y <= room.y1 + 1e-6

    def test_labels_do_not_overlap(self, drawn):
        context, sheets = drawn
        foot = window_room(context.room, SHEET).y0
        for _, layout in sheets:
            boxes = []
            for entity in layout.query("TEXT"):
                x, y = centre(entity)
                if y > foot:
                    width = text_width(entity.dxf.text, entity.dxf.height)
                    boxes.append(box(*turned_box((x, y), width, entity.dxf.height, entity.dxf.rotation)).buffer(-0.05))
            assert len(boxes) > 20
            first, second = shapely.STRtree(boxes).query(boxes, predicate="overlaps")
            assert not len(first), (boxes[first[0]].bounds, boxes[second[0]].bounds)

    def test_both_sheets_draw_the_match_line_in_the_same_place(self, drawn):
        context, sheets = drawn
        room = window_room(context.room, SHEET)
        middle = ((room.x0 + room.x1) / 2, (room.y0 + room.y1) / 2)
        seen = {}
        for tile, (_, layout) in zip(tiles(context), sheets, strict=True):
            lines = [e for e in layout.query("LINE") if e.dxf.linetype == "FL-CENTER"]
            texts = [e.dxf.text for e in layout.query("TEXT") if e.dxf.text.startswith("接图")]
            assert len(texts) == len(lines)
            for line in lines:
                ends = np.array([(p.x, p.y) for p in (line.dxf.start, line.dxf.end)])
                ground = tile.ground(ends, middle)
                seen.setdefault(tuple(np.round(ground.mean(axis=0), 0)), []).append(ground)
            # The numbers are those of the sheets: list 01, plans 02 to 04.
            others = sorted(m.tiles[0] + m.tiles[1] - tile.number for m in atlas(context).matches if tile.number in m.tiles)
            assert sorted(int(re.search(r"接图 (\d+)", t)[1]) - 1 for t in texts) == others
        assert [len(lines) for lines in seen.values()] == [2, 2]
        for a, b in seen.values():
            assert a == pytest.approx(b, abs=0.002)

    def test_the_view_shows_the_crosses_and_not_the_model_s_numbers(self, drawn):
        _, sheets = drawn
        for _, layout in sheets:
            frozen = set(layout.query("VIEWPORT")[-1].frozen_layers)
            assert points.LAYER not in frozen
            assert points.NUMBERS in frozen
            assert {i.dxf.name for i in layout.query("INSERT")} <= {"FL-CROSS", "ATLAS-KEY"}

    def test_every_point_is_numbered_or_told_missing(self, drawn):
        context, sheets = drawn
        names = context.plan.setting_out["point"].tolist()
        position = {name: n for n, name in enumerate(names)}
        told = set()
        for _, layout in sheets:
            for entity in layout.query("TEXT[layer=='G-ANNO-PNTS']"):
                for first, tail in re.findall(r"(P\d{4,})(?:–(\d+))?", entity.dxf.text):
                    last = first[: -len(tail)] + tail if tail else first
                    told.update(range(position[first], position[last] + 1))
            assert not [e for e in layout.query("MTEXT") if "处点号因位置" in e.text]
        assert told == set(range(len(names)))

    def test_gaps_are_those_of_the_proof(self, drawn):
        context, sheets = drawn
        wanted = {f"{gap:.2f}" for gap in context.plan.boxes["gap_m"].dropna()}
        written = [e.dxf.text for _, layout in sheets for e in layout.query("TEXT[layer=='G-ANNO-DIMS']")]
        gaps = [re.fullmatch(r"(\d+\.\d\d)(?:×(\d+))?", text) for text in written]
        told = {found[1]: 0 for found in gaps if found}
        for found in filter(None, gaps):
            told[found[1]] += int(found[2] or 1)
        # As many as there are of each, those that found no room counted at the foot.
        values = [f"{gap:.2f}" for gap in context.plan.boxes["gap_m"].dropna() if gap > 0]
        assert set(told) <= wanted
        assert all(count <= values.count(text) for text, count in told.items())
        noted = [re.search(r"另有 (\d+) 处方框间距未注", e.text) for _, layout in sheets for e in layout.query("MTEXT")]
        gaps_of = context.plan.boxes.groupby("lane_id")["gap_m"].apply(lambda gap: int((gap.iloc[1:] > 0).sum()))
        assert sum(told.values()) + sum(int(found[1]) for found in filter(None, noted)) == gaps_of.sum()
        assert max(int(found[2] or 1) for found in gaps if found) > 1
        assert sum("0.30" in text and "0.15" in text for text in written) == len(sheets)

    def test_gaps_without_room_are_counted_at_the_foot(self, monkeypatch):
        monkeypatch.setattr(Writer, "along", lambda *_, **__: False)
        context = planned(street(200.0))
        told = [e.text for _, layout in draw(context) for e in layout.query("MTEXT")]
        noted = [int(found[1]) for found in (re.search(r"另有 (\d+) 处方框间距未注，见方框间距核验表", text) for text in told) if found]
        assert sum(noted) == int((context.plan.boxes["gap_m"].iloc[1:] > 0).sum()) > 3

    def test_coordinates_stand_on_their_lines(self, drawn):
        context, sheets = drawn
        room = window_room(context.room, SHEET)
        middle = ((room.x0 + room.x1) / 2, (room.y0 + room.y1) / 2)
        for tile, (_, layout) in zip(tiles(context), sheets, strict=True):
            texts = list(layout.query("TEXT[layer=='G-ANNO-COOR']"))
            assert {t.dxf.text[0] for t in texts} == {"X", "Y"}
            for text in texts:
                x, y = centre(text)
                ground = tile.ground(np.array([(x, y)]), middle)[0]
                axis = 1 if text.dxf.text[0] == "X" else 0
                assert ground[axis] == pytest.approx(float(text.dxf.text[2:]), abs=2.5 * 0.5)
            for cross in layout.query("INSERT[name=='FL-CROSS']"):
                ground = tile.ground(np.array([(cross.dxf.insert.x, cross.dxf.insert.y)]), middle)[0]
                assert np.abs(ground - np.round(ground / 50) * 50) == pytest.approx(0.0, abs=0.001)
                assert cross.dxf.rotation == pytest.approx(tile.twist_deg, abs=1e-3)

    def test_stations_stand_at_their_chainage(self, drawn):
        context, sheets = drawn
        room = window_room(context.room, SHEET)
        middle = ((room.x0 + room.x1) / 2, (room.y0 + room.y1) / 2)
        lane = context.audit.network.lanes.geometry.iloc[0]
        found = []
        for tile, (_, layout) in zip(tiles(context), sheets, strict=True):
            for tick in layout.query("LINE[layer=='G-FIRE-LANE']"):
                at = (tick.dxf.start + tick.dxf.end) / 2
                found.append(lane.project(shapely.Point(tile.ground(np.array([(at.x, at.y)]), middle)[0])))
        assert sorted(found) == pytest.approx(np.arange(20.0, 400.0, 20.0), abs=0.01)

    def test_key_on_every_sheet_of_an_atlas(self, drawn):
        _, sheets = drawn
        assert all(len(layout.query("INSERT[name=='ATLAS-KEY']")) == 1 for _, layout in sheets)
        ((_, alone),) = draw(planned(street(60.0)))
        assert not alone.query("INSERT[name=='ATLAS-KEY']")

    def test_key_shows_this_sheet_and_its_neighbours(self, drawn):
        context, sheets = drawn
        foot, left = window_room(context.room, SHEET).y0, context.room.x1 - measures()["key"]["width_mm"] - 2.0
        for number, (_, layout) in enumerate(sheets, 1):
            near = {n for match in atlas(context).matches if number in match.tiles for n in match.tiles}
            texts = [(e.dxf.text, *centre(e)) for e in layout.query("TEXT")]
            told = {text for text, x, y in texts if x > left and y < foot}
            assert told == {f"{n + 1:02d}" for n in near}
            outlines = [LineString(e.get_points("xy")) for e in layout.query("LWPOLYLINE") if e.get_points("xy")[0][1] < foot]
            rings = [line for line in outlines if line.is_ring and line.length > 10.0]
            assert len(rings) == 1
            mine = Polygon(rings[0]).buffer(-0.05)
            assert not [line for line in outlines if line.intersects(mine)]

    def test_north_turns_with_the_view(self, drawn):
        context, sheets = drawn
        (tip,) = [e for e in sheets[0][1].query("TEXT") if e.dxf.text == "北"]
        assert tip.dxf.rotation == pytest.approx(tiles(context)[0].twist_deg + 0.29, abs=0.05)

    def test_english(self):
        sheets = draw(planned(street(400.0), lang="en"))
        texts = [e.dxf.text for _, layout in sheets for e in layout.query("TEXT")]
        assert not [t for t in texts if re.search("[一-龥]", t)]
        assert sum(t.startswith("match ") for t in texts) == 4


@pytest.mark.slow
def test_work_grows_with_the_lanes():
    import time

    def cost(side):
        lines = [LineString([(0, 60 * k), (60 * (side - 1), 60 * k)]) for k in range(side)]
        lines += [LineString([(60 * k, 0), (60 * k, 60 * (side - 1))]) for k in range(side)]
        context = by_hand(lines)
        best = math.inf
        for _ in range(3):
            context.worked_out.clear()
            begin = time.process_time()
            atlas(context)
            best = min(best, time.process_time() - begin)
        return best

    assert cost(14) <= 8.0 * cost(7)  # 4.3 times the metres
