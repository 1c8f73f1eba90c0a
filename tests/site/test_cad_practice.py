"""Plans as offices draw them: what is drawn twice, nearly closed, in arrays, or only in part with centrelines."""

import math
import time

import pytest
import shapely
from cad_plans import MM, NONE, M, PlanFile, rows, taken

from firelane.errors import InputError
from firelane.site import read_site
from firelane.site.cad.mapping import wildcard
from firelane.site.cad.patterns import LONGEST_NAME, match_layer
from firelane.site.cad.texts import name_in


def notes(journal, code):
    return [note for note in journal.notes if note.code == code]


# --- the unit


def test_a_hatch_whose_outline_is_drawn_a_few_millimetres_off_tells_its_own_width(tmp_path):
    """3 mm lie between hatch and lines: no road is that wide, and the hatch is 6 m."""
    plan = PlanFile(code=M)
    plan.hatch("道路", [(0, 0), (60, 0), (60, 6), (0, 6)])
    plan.lines("道路", (0, 0.003), (60, 0.003))
    plan.lines("道路", (60.003, 0), (60.003, 6))
    plan.lines("道路", (60, 6.003), (0, 6.003))
    intake, journal = taken(plan.save(tmp_path))
    assert [g.area for g in rows(intake, "roads")[0]] == [pytest.approx(360.0, abs=0.5)]
    assert "roads 6 m wide" in notes(journal, "unit_stated")[0].en


@pytest.mark.parametrize("code", [NONE, MM, M])
@pytest.mark.parametrize("per_metre", [1.0, 1000.0])
def test_edges_drawn_twice_and_kerbs_of_two_lines_do_not_hide_the_road(tmp_path, code, per_metre):
    """Front and back of a kerb lie 120 mm apart, and the front is drawn twice, 2 mm off."""
    plan = PlanFile(code=code, per_metre=per_metre)
    for y in (0, 6, -0.12, 6.12, 0.002):
        plan.line("道路边线", (0, y), (80, y))
    intake, _ = taken(plan.save(tmp_path))
    (road,) = rows(intake, "roads")[0]
    assert road.bounds == pytest.approx((0, 0, 80, 6), abs=0.003)


def test_edges_drawn_as_splines_tell_the_width(tmp_path):
    """Two arcs of R = 100 and 107, by points on them: their chords are short, the road is 7 m wide."""
    plan = PlanFile(code=NONE, per_metre=1000.0)
    for radius in (100.0, 107.0):
        angles = [math.pi * n / 40 for n in range(21)]
        plan.model.add_spline([(1000 * radius * math.cos(a), 1000 * radius * math.sin(a), 0) for a in angles],
                              dxfattribs={"layer": "道路边线"})  # fmt: skip
    intake, journal = taken(plan.save(tmp_path))
    assert len(notes(journal, "unit_found")) == 1
    (road,) = rows(intake, "roads")[0]
    assert road.area == pytest.approx(math.pi / 4 * (107**2 - 100**2), rel=1e-3)


# --- outlines that do not close


@pytest.mark.parametrize("pieces", [False, True])
def test_an_outline_open_by_30_mm_is_told_and_no_road_between_its_own_sides(tmp_path, pieces):
    plan = PlanFile(per_metre=1000.0, code=MM)
    plan.box("道路", 0, 0, 60, 6)
    corners = [(80, 0.03), (80, 14), (94, 14), (94, 0), (80, 0)]
    (plan.lines if pieces else plan.line)("道路", *corners)
    path = plan.save(tmp_path)
    intake, journal = taken(path)
    assert [g.area for g in rows(intake, "roads")[0]] == [pytest.approx(360.0)]
    (note,) = notes(journal, "cad_outline_open")
    assert "1 opening at: (80000, 15: 30.0 mm)" in note.en
    assert "gap_m = 0.031" in note.en
    assert "gap_m = 0.031" in note.zh
    intake, journal = taken(path, "[cad]\ngap_m = 0.031\n")
    assert sorted(g.area for g in rows(intake, "roads")[0]) == pytest.approx([196.0, 360.0], abs=0.5)
    assert not notes(journal, "cad_outline_open")
    assert "in 1 place ends" in notes(journal, "cad_gaps_joined")[0].en


def test_an_opening_that_leaves_no_road_at_all_is_the_problem(tmp_path):
    """Not a layer that is missing: the place, the size, and what closes it are told to whoever runs the program."""
    plan = PlanFile(per_metre=1000.0, code=MM)
    plan.line("道路", (80, 0.03), (80, 14), (94, 14), (94, 0), (80, 0))
    plan.box("建筑", 0, 20, 20, 40)
    path = plan.save(tmp_path)
    with pytest.raises(InputError) as caught:
        read_site(path)
    (problem,) = caught.value.problems
    assert problem.layer == "roads"
    assert "1 opening at: (80000, 15: 30.0 mm)" in problem.message
    assert "30.0 mm" in problem.message_zh
    assert "gap_m = 0.031" in problem.remedy
    assert "gap_m = 0.031" in problem.remedy_zh
    _, journal = taken(path)
    assert not notes(journal, "cad_outline_open")


def test_edges_that_leave_no_road_at_all_are_the_problem(tmp_path):
    plan = PlanFile(code=M)
    for x in (0, 67):
        plan.line("道路边线", (x, 0), (x, 50), (x + 60, 50), (x + 60, 0), (x, 0))
    plan.box("建筑", 10, 10, 30, 25)
    with pytest.raises(InputError) as caught:
        read_site(plan.save(tmp_path))
    problems = caught.value.problems
    assert problems
    for problem in problems:
        assert problem.layer == "roads"
        assert "not understood" in problem.message
        assert "未能理解" in problem.message_zh
        assert "闭合" in problem.remedy_zh


def test_without_a_centreline_no_road_is_wider_than_15_m(tmp_path):
    plan = PlanFile()
    for y in (0, 6, 40, 58):
        plan.line("道路边线", (0, y), (100, y))
    intake, journal = taken(plan.save(tmp_path))
    assert [g.area for g in rows(intake, "roads")[0]] == [pytest.approx(600.0)]
    assert notes(journal, "cad_edges_undecided")
    plan.line("道路中线", (0, 49), (100, 49))
    intake, _ = taken(plan.save(tmp_path))
    assert sorted(g.area for g in rows(intake, "roads")[0]) == pytest.approx([600.0, 1800.0])


def test_gaps_that_are_rounding_are_not_told(tmp_path):
    plan = PlanFile()
    plan.lines("道路", (0, 0), (60, 0))
    plan.lines("道路", (60, 1e-9), (60, 6))
    plan.lines("道路", (60, 6), (0, 6), (0, 0))
    intake, journal = taken(plan.save(tmp_path))
    assert rows(intake, "roads")[0][0].area == pytest.approx(360.0)
    assert not notes(journal, "cad_gaps_joined")


# --- some roads with a centreline, others without


def test_roads_without_a_centreline_beside_roads_that_have_one(tmp_path):
    plan = PlanFile()
    for y in (0, 7, 80, 85):
        plan.line("道路边线", (0, y), (100, y))
    plan.line("道路中线", (-5, 3.5), (105, 3.5))
    intake, journal = taken(plan.save(tmp_path))
    assert sorted(g.area for g in rows(intake, "roads")[0]) == pytest.approx([500.0, 700.0])
    assert not rows(intake, "road_lines")[0]
    assert not notes(journal, "cad_edges_undecided")


def test_blocks_on_the_layer_of_roads_are_no_roads_where_centrelines_run_around_them(tmp_path):
    """Green blocks of 50 × 40 m with closed edges; a lane of 6 m without a centreline stays one."""
    plan = PlanFile()
    for n in range(3):
        plan.box("道路", 56 * n, 0, 56 * n + 50, 40)
    plan.box("道路", 0, 100, 60, 106)
    for x in (53, 109):
        plan.line("道路中线", (x, -10), (x, 50))
    intake, _ = taken(plan.save(tmp_path))
    assert [g.area for g in rows(intake, "roads")[0]] == [pytest.approx(360.0)]
    assert len(rows(intake, "road_lines")[0]) == 2  # whose width is not known


@pytest.mark.parametrize("gap", [0.0, 0.2])
def test_blocks_that_edges_run_around_are_no_roads_without_centrelines_either(tmp_path, gap):
    """Four blocks of 60 × 50 m, the streets between them 7 m wide; drawn with or without openings at the corners.

    Between two blocks whose edges are closed nothing tells that there is a street, and that is told.
    """
    plan = PlanFile()
    for x in (0, 67):
        for y in (0, 57):
            plan.line("道路边线", (x, y + gap), (x, y + 50), (x + 60, y + 50), (x + 60, y), (x, y))
    plan.box("道路边线", 0, 200, 60, 206)
    intake, journal = taken(plan.save(tmp_path))
    assert shapely.union_all(rows(intake, "roads")[0]).area <= 360.0 + 7 * (120 + 100) + 49 + 1e-6
    assert not any(g.intersects(shapely.Point(30, 25)) for g in rows(intake, "roads")[0])
    assert notes(journal, "cad_edges_undecided")


def test_the_middle_of_a_roundabout_is_no_road(tmp_path):
    """R = 12 and 5 with four arms of 8 m, each 60 m from the middle; the outer edge is open at the arms' ends.

    By hand: the ring π (12² - 5²), and four arms from the circle outwards.
    """
    plan = PlanFile()
    plan.circle("道路", 0, 0, 5)
    half = math.asin(4 / 12)
    for n in range(4):
        turn = n * 90.0
        plan.model.add_arc((0, 0), 12, turn + math.degrees(half), turn + 90 - math.degrees(half), dxfattribs={"layer": "道路"})
        c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        for y in (4, -4):
            x = math.sqrt(144 - 16)
            plan.lines("道路", (c * x - s * y, s * x + c * y), (c * 60 - s * y, s * 60 + c * y))
    intake, _ = taken(plan.save(tmp_path))
    (road,) = rows(intake, "roads")[0]
    cap = 144 * half - 4 * math.sqrt(144 - 16)  # of the circle, beyond an arm's chord
    assert road.area == pytest.approx(math.pi * (144 - 25) + 4 * (8 * (60 - math.sqrt(144 - 16)) - cap), abs=0.05)
    assert len(road.interiors) == 1


@pytest.mark.parametrize(("code", "per_metre"), [(MM, 1000.0), (NONE, 1000.0), (M, 1.0)])
def test_polylines_drawn_as_wide_as_the_road_are_pavement(tmp_path, code, per_metre):
    plan = PlanFile(code=code, per_metre=per_metre)
    plan.line("道路", (0, 0), (100, 0), (100, 60), width=6.0)
    intake, journal = taken(plan.save(tmp_path))
    (road,) = rows(intake, "roads")[0]
    assert road.area == pytest.approx(103 * 6 + 57 * 6)
    assert "1 polyline drawn as wide as a road was taken" in notes(journal, "cad_wide_lines")[0].en


def test_lines_beside_pavement_that_is_known_make_no_second_road(tmp_path):
    """The kerbs' backs stand on the roads' layer, 120 mm beside the hatch."""
    plan = PlanFile()
    plan.hatch("道路", [(0, 0), (60, 0), (60, 6), (0, 6)])
    plan.line("道路", (0, -0.12), (60, -0.12))
    plan.line("道路", (0, 6.12), (60, 6.12))
    intake, journal = taken(plan.save(tmp_path))
    assert [g.area for g in rows(intake, "roads")[0]] == [pytest.approx(360.0)]
    assert not notes(journal, "cad_strips")


# --- bays


def test_rows_of_bays_as_arrays_and_as_one_block_are_single_bays(tmp_path):
    plan = PlanFile()
    plan.box("道路", 0, 0, 60, 6)
    one = plan.block("A3F2C9")
    plan.box("0", 0, 0, 2.5, 5, space=one)
    plan.model.add_blockref("A3F2C9", (0, 20), {"layer": "车位", "column_count": 4, "row_count": 2, "column_spacing": 2.5, "row_spacing": 5})
    row = plan.block("$C0FFEE")
    for n in range(7):  # six bays between strokes that they share
        plan.line("0", (2.4 * n, 0), (2.4 * n, 5.3), space=row)
    plan.line("0", (0, 0), (14.4, 0), space=row)
    plan.line("0", (0, 5.3), (14.4, 5.3), space=row)
    plan.put("车位", "$C0FFEE", 100, 20, turn_deg=30)
    crossed = plan.block("无障碍车位")
    plan.box("0", 0, 0, 3.5, 6, space=crossed)
    plan.line("0", (0, 0), (3.5, 6), space=crossed)
    plan.line("0", (0, 6), (3.5, 0), space=crossed)
    plan.put("车位", "无障碍车位", 200, 20)
    bays, columns = rows(taken(plan.save(tmp_path))[0], "parking")
    assert sorted(round(g.area, 6) for g in bays) == [12.5] * 8 + [12.72] * 6 + [21.0]
    assert shapely.union_all(bays).area == pytest.approx(8 * 12.5 + 6 * 12.72 + 21.0)  # none over another
    assert len(set(columns["id"])) == 15


@pytest.mark.parametrize("turn_deg", [0.0, 7.0, 30.0, 61.3])
@pytest.mark.parametrize("far", [(0.0, 0.0), (535_967.0, 4_630_012.0)])
def test_strokes_that_stand_on_a_line_but_for_rounding_divide_it(tmp_path, turn_deg, far):
    """Bays between strokes, turned: the ends of strokes lie a rounding off the line that they stand on."""
    plan = PlanFile()
    a = math.radians(turn_deg)

    def at(x, y):
        return far[0] + x * math.cos(a) - y * math.sin(a), far[1] + x * math.sin(a) + y * math.cos(a)

    plan.line("道路", at(0, -7), at(20, -7), at(20, -1), at(0, -1), closed=True)
    for n in range(7):
        plan.lines("车位", at(2.4 * n, 0), at(2.4 * n, 5.3))
    plan.lines("车位", at(0, 0), at(14.4, 0))
    plan.lines("车位", at(14.4, 5.3), at(0, 5.3))
    intake, journal = taken(plan.save(tmp_path))
    assert [g.area for g in rows(intake, "parking")[0]] == pytest.approx([12.72] * 6, abs=1e-6)
    assert not notes(journal, "cad_gaps_joined")


def test_an_array_of_trees_is_as_many_trees(tmp_path):
    plan = PlanFile()
    plan.box("道路", 0, 0, 60, 6)
    plan.circle("0", 0, 0, 1.5, space=plan.block("乔木"))
    plan.model.add_blockref("乔木", (5, 8), {"layer": "0", "column_count": 6, "column_spacing": 8})
    geometry, columns = rows(taken(plan.save(tmp_path))[0], "obstructions")
    assert sorted((g.x, g.y) for g in geometry) == [(5 + 8 * n, 8) for n in range(6)]
    assert set(columns["kind"]) == {"tree"}


# --- known points


def placed(tmp_path, points, *, per_metre=1000.0, code=MM, name="plan.dxf"):
    plan = PlanFile(per_metre=per_metre, code=code)
    plan.box("道路", 0, 0, 60, 6)
    plan.save(tmp_path, name)
    listed = ", ".join(f"{{ plan = [{x}, {y}], site = [{east}, {north}] }}" for x, y, east, north in points)
    (tmp_path / "site.toml").write_text(f'crs = "EPSG:4550"\n[place]\npoints = [{listed}]\n', encoding="utf-8")
    return read_site(tmp_path / name, config=tmp_path / "site.toml")


E0, N0 = 535_900.0, 4_630_000.0


@pytest.mark.parametrize(("code", "per_metre"), [(MM, 1000.0), (M, 1.0), (NONE, 1000.0), (M, 1000.0)])
def test_known_points_are_read_off_in_the_drawing(tmp_path, code, per_metre):
    """Whatever unit the header says: what the CAD program shows for a corner is what a user writes down."""
    site = placed(tmp_path, [(0, 0, E0, N0), (60 * per_metre, 0, E0, N0 + 60)], code=code, per_metre=per_metre)
    assert site.layers["roads"].total_bounds == pytest.approx((E0 - 6, N0, E0, N0 + 60), abs=1e-4)


def test_known_points_in_metres_of_a_plan_in_millimetres_are_told(tmp_path):
    with pytest.raises(InputError) as caught:
        placed(tmp_path, [(0, 0, E0, N0), (60, 0, E0 + 60, N0)])
    (problem,) = caught.value.problems
    assert problem.column == "place.points"
    assert "in metres" in problem.message
    assert "0.001 m" in problem.message
    assert "按 CAD 中显示的坐标" in problem.remedy_zh


def test_known_points_that_are_too_far_apart_are_told_in_metres(tmp_path):
    with pytest.raises(InputError, match=r"60\.000 m apart in the plan and 66\.000 m on site"):
        placed(tmp_path, [(0, 0, E0, N0), (60000, 0, E0 + 66, N0)])


def test_known_points_of_two_plans_in_different_units_are_asked_for(tmp_path):
    folder = tmp_path / "both"
    folder.mkdir()
    plan = PlanFile(per_metre=1000.0, code=MM)
    plan.box("建筑", 0, 20, 30, 32)
    plan.save(folder, "houses.dxf")
    placed(folder, [(0, 0, E0, N0), (60, 0, E0 + 60, N0)], per_metre=1.0, code=M, name="roads.dxf")
    with pytest.raises(InputError, match="different units"):
        read_site(folder)


# --- names, notes


def test_lines_that_tell_storeys_and_measures_are_no_part_of_a_name():
    for text, name in (("住宅楼\n11F", "住宅楼"), ("3#楼\n地上18层\nH=54.30m", "3#楼"), ("幸福路\n宽7m", "幸福路"),
                       ("幼儿\n园", "幼儿 园"), ("1层商铺", "1层商铺"), ("配电房\n±0.000=45.20", "配电房 ±0.000=45.20")):  # fmt: skip
        assert name_in(text) == name


def test_survey_maps_write_material_and_storeys(tmp_path):
    plan = PlanFile()
    plan.box("DLSS", 0, 0, 60, 6)
    for n, text in enumerate(("混6", "砼3", "12#", "砖", "钢砼18-2")):
        plan.box("JMD", 20 * n, 20, 20 * n + 12, 30)
        plan.text("JMD", 20 * n + 3, 25, text)
    geometry, columns = rows(taken(plan.save(tmp_path))[0], "buildings")
    order = sorted(range(5), key=lambda n: geometry[n].bounds[0])
    assert [columns["name"][n] for n in order] == [None, None, "12#", None, None]
    floors = [columns["floors"][n] for n in order]
    assert [f for f in floors if f is not None] == [6.0, 3.0, 18.0]


@pytest.mark.parametrize("version", ["R2000", "R2004", "R2018"])
def test_letters_written_as_codes_within_formatted_texts(tmp_path, version):
    r"""Before R2007 programs without Chinese write ``\U+697C``, and formatting may come right after it."""
    plan = PlanFile(version=version)
    plan.box("DLSS", 0, 0, 60, 6)
    plan.box("JMD", 0, 20, 20, 40)
    plan.model.add_mtext("{\\fSimSun|b0;7#楼}\\P{\\H0.7x;17F/-2F}\\PH=49.85m", {"layer": "JMD", "insert": (4, 30)})
    _, columns = rows(taken(plan.save(tmp_path))[0], "buildings")
    assert (columns["name"], columns["floors"]) == (["7#楼"], [17.0])


def test_polygons_of_ours_are_handed_over_as_they_ought_to_be(tmp_path):
    """Which way round somebody drew an outline, or we put one together, is nothing to note."""
    plan = PlanFile()
    for y, points in ((0, [(0, 0), (0, 6), (60, 6), (60, 0)]), (20, [(0, 20), (60, 20), (60, 26), (0, 26)])):
        plan.line("道路", *points, closed=True)
        plan.lines("建筑", *[(x, 50 + yy - y + 2 * y) for x, yy in [*points, points[0]]])
    plan.line("道路边线", (0, 150), (60, 150))
    plan.line("道路边线", (60, 156), (0, 156))
    plan.hatch("车位", [(0, 7), (0, 12), (2.5, 12), (2.5, 7)])
    site = read_site(plan.save(tmp_path))
    assert len(site.layers["roads"]) == 3
    assert not [note for note in site.notes if "ring order" in note.en]


@pytest.mark.parametrize(
    ("name", "ours"),
    {
        "00-总图-道路-路缘石线": "kerbs", "ROAD-道路": "roads", "建-外轮廓": "buildings", "DLZX": "road_lines", "DLBX": "roads",
        "XFCD": "fire_lanes", "LYS": "kerbs", "DL": "", "JZ": "", "JZ-建筑": "buildings", "DL_ROAD": "roads", "地库坡道": "", "机动车坡道": "", "地下车库出入口": "", "电力": "",
    }.items(),
)  # fmt: skip
def test_names_of_offices(name, ours):
    match = match_layer(name)
    assert match is not None
    assert match.pattern.ours == ours
    assert ours or match.pattern.why_zh


def test_hostile_names_take_no_time():
    """Each of these grew with the square of the length; a name longer than CAD allows is looked at so far."""
    start = time.process_time()
    for name in ("L" * 1_000_000, "$1" * 500_000, "aA" * 500_000, "道" * 1_000_000):
        match_layer(name)
        wildcard("**a*a*b", "plan.dxf").fullmatch(name[:LONGEST_NAME])
    name_in("1F" * 1_000_000)
    assert time.process_time() - start < 10.0
