"""CAD layers and blocks to ours: names, declared feeds, and the shapes that come of each."""

import tomllib

import ezdxf
import pytest
import shapely
from cad_plans import MM, PlanFile, rows, taken

from firelane.errors import InputError
from firelane.site import read_site
from firelane.site.cad import LayerRow, list_plan, mapping_toml
from firelane.site.cad.mapping import wildcard
from firelane.site.cad.patterns import match_block, match_layer, patterns
from firelane.site.cad.texts import is_name, storeys
from firelane.site.config import read_settings
from firelane.site.journal import Journal
from firelane.site.schema import LAYERS
from firelane.vocabulary import ObstructionKind, PaintKind, ParkingStatus

NAMES = {
    "消防车道": ("fire_lanes", "area"), "消防车道边线": ("roads", "edge"), "消防车道中心线": ("road_lines", "centreline"),
    "消防登高操作场地": ("", ""), "道路": ("roads", "outline"), "1-道路边线": ("roads", "edge"), "道路红线": ("", ""),
    "用地红线": ("", ""), "建筑红线": ("", ""), "路缘石": ("kerbs", "kerb"), "路牙": ("kerbs", "kerb"), "侧石": ("kerbs", "kerb"),
    "道路中线": ("road_lines", "centreline"), "道路中心线": ("road_lines", "centreline"), "车位": ("parking", "area"),
    "地面停车": ("parking", "area"), "建筑": ("buildings", "area"), "外墙": ("buildings", "area"),
    "建筑标注": ("", ""), "树木": ("obstructions", "thing"), "绿化": ("obstructions", "symbols"), "灌木": ("obstructions", "thing"),
    "围墙": ("obstructions", "thing"), "围墙大门": ("entrances", "thing"), "大门": ("entrances", "thing"),
    "出入口": ("entrances", "thing"), "地下车库出入口": ("", ""), "隔离桩": ("obstructions", "thing"),
    "路灯": ("obstructions", "thing"), "架空线": ("obstructions", "thing"), "广告牌": ("obstructions", "thing"),
    "标线": ("", ""), "消防标线": ("markings", "thing"), "标志牌": ("signs", "thing"), "图框": ("", ""), "人行道": ("", ""),
    "等高线": ("", ""), "防撞柱": ("obstructions", "thing"), "ＲＯＡＤ": ("roads", "outline"),
    "G-ROAD": ("roads", "outline"), "G-ROAD-EDGE": ("roads", "outline"), "ROAD_EDGE": ("roads", "edge"),
    "RoadEdge": ("roads", "edge"), "C-ROAD-CURB": ("kerbs", "kerb"), "KERB": ("kerbs", "kerb"),
    "ROAD_CENTER": ("road_lines", "centreline"), "C-ROAD-CNTR": ("road_lines", "centreline"),
    "Road-CL": ("road_lines", "centreline"), "A-BLDG": ("buildings", "area"), "A-WALL": ("", ""), "PARKING": ("parking", "area"),
    "L-PLNT-TREE": ("obstructions", "thing"), "L-PLNT": ("obstructions", "symbols"), "WALL": ("obstructions", "thing"),
    "FENCE": ("obstructions", "thing"), "GATE": ("entrances", "thing"), "BOLLARD": ("obstructions", "thing"),
    "base$0$道路": ("roads", "outline"), "base|ROAD_EDGE": ("roads", "edge"), "DLSS": ("roads", "outline"),
    "DIM": ("", ""), "Defpoints": ("", ""), "G-FIRE-LINE": ("", ""), "G-FIRE-LANE": ("fire_lanes", "area"),
    "G-OBST": ("obstructions", "thing"), "G-FIRE-SIGN": ("signs", "thing"), "G-BLDG": ("buildings", "area"),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_usual_layer_names(name):
    match = match_layer(name)
    assert match is not None
    assert (match.pattern.ours, match.pattern.role) == NAMES[name]


@pytest.mark.parametrize(
    ("name", "ours", "kind"),
    [
        ("道路绿化", "obstructions", "tree"), ("道路树", "obstructions", "tree"), ("道路行道树", "obstructions", "tree"),
        ("ROAD-TREE", "obstructions", "tree"), ("ROAD_SIDE_TREE", "obstructions", "tree"), ("道路边绿化", "obstructions", "tree"),
        ("道路护栏", "obstructions", "fence"), ("消防车道护栏", "obstructions", "fence"), ("ROAD_RAIL", "obstructions", "fence"),
        ("道路照明", "obstructions", "pole"), ("ROAD_LIGHT", "obstructions", "pole"), ("道路消火栓", "obstructions", "other"),
        ("ROAD-SIGN", "signs", None), ("道路坡度", "", None), ("道路标高", "", None), ("道路桩号", "", None),
    ],
)  # fmt: skip
def test_what_stands_beside_a_road_is_no_road(name, ours, kind):
    """It is of its own kind, or nothing; 道路桩号 is chainage, and no 路桩 (bollard)."""
    pattern = match_layer(name).pattern
    assert pattern.ours == ours
    assert pattern.values.get("kind") == kind


@pytest.mark.parametrize("name", ["拆除建筑", "拟拆道路", "待拆围墙", "DEMO-BLDG", "ROAD_DEMO", "C-ROAD-DEMOLITION"])
def test_what_will_be_removed_is_nothing_and_is_told(name, tmp_path):
    plan = PlanFile()
    plan.box("道路", 0, 0, 60, 6)
    plan.box(name, 0, 20, 20, 40)
    intake, _ = taken(plan.save(tmp_path))
    assert {layer for layer in LAYERS if layer in intake.feeds and len(rows(intake, layer)[0])} == {"roads"}
    assert len(rows(intake, "roads")[0]) == 1
    (reading,) = [r for r in intake.readings if r.source == name]
    assert reading.layer is None
    assert "拆除" in reading.zh
    assert "removed" in reading.en


def test_names_that_hold_such_words_and_mean_something_else():
    ours = {"保留不拆建筑": "buildings", "非机动车停车": "", "非机动车位": "", "自行车停车": "", "BIKE-PARKING": "", "机动车停车": "parking",
            "景观道路": "roads", "道路边线": "roads", "行车道": "roads", "非机动车道": "roads"}  # fmt: skip
    assert {name: match_layer(name).pattern.ours for name in ours} == ours
    assert match_block("非机动车位") is None
    assert match_block("车位").pattern.ours == "parking"


@pytest.mark.parametrize("name", ["0", "图层1", "Layer 7", "broadway", "carpet", "marchland", "ARCH", "街角", ""])
def test_what_fits_nothing(name):
    """A word counts whole: "broadway" holds no road, "carpet" no car."""
    assert match_layer(name) is None


def test_the_kinds_that_names_tell():
    kinds = {"树": "tree", "围墙": "wall", "栅栏": "fence", "路桩": "bollard", "电杆": "pole", "广告": "billboard",
             "限高架": "arch", "道闸": "gate", "摊位": "stall", "花坛": "structure"}  # fmt: skip
    assert {name: match_layer(name).pattern.values["kind"] for name in kinds} == kinds
    assert match_layer("规划车位").pattern.values == {"status": "planned"}
    assert match_layer("网状线").pattern.values == {"kind": "grid"}


def test_every_pattern_is_one_that_the_program_knows():
    """Layers, roles and values of the data are those of the program."""
    found = patterns()
    terms = {"obstructions": ObstructionKind, "markings": PaintKind}
    for pattern in (*found.layers, *found.blocks):
        assert pattern.ours == "" or pattern.ours in LAYERS
        assert set(pattern.values) <= set(LAYERS[pattern.ours].columns) if pattern.ours else not pattern.values
        assert pattern.zh or pattern.en
        if "kind" in pattern.values:
            terms[pattern.ours](pattern.values["kind"])
        if "status" in pattern.values:
            ParkingStatus(pattern.values["status"])
    roles = {pattern.role for pattern in found.layers if pattern.ours}
    assert roles == {"outline", "edge", "centreline", "kerb", "area", "thing", "symbols"}
    assert all(pattern.why_zh and pattern.why_en for pattern in found.layers if not pattern.ours)
    assert all(pattern.shape in ("point", "hull") for pattern in found.blocks)


def test_blocks_by_their_names():
    assert match_block("树-香樟").pattern.values["kind"] == "tree"
    assert match_block("CAR01").pattern.shape == "hull"
    assert match_block("*U12") is None
    assert match_block("消防车") is None


def test_wildcards_are_the_only_signs_with_a_meaning():
    assert wildcard("道路*", "p.dxf").fullmatch("道路边线")
    assert wildcard("road?", "p.dxf").fullmatch("ROAD1")
    assert not wildcard("road?", "p.dxf").fullmatch("ROAD12")
    assert wildcard("a.b[1]", "p.dxf").fullmatch("A.B[1]")
    assert not wildcard("a.b", "p.dxf").fullmatch("axb")
    assert wildcard("P.DXF:道路", "p.dxf").fullmatch("道路")


def test_texts():
    assert [storeys(t) for t in ("18F", "11层", "3#楼 6F", "32F/D2")] == [18.0, 11.0, 6.0, 32.0]
    assert all(storeys(t) != storeys(t) for t in ("-2F", "地下2层", "D2", "A座", "12 Floor"))
    assert [is_name(t) for t in ("1#楼", "A", "R=9.0", "45.30", "6层", "H=18.5m")] == [True, True, False, False, False, False]


# --- shapes ------------------------------------------------------------------------------------------


def test_roads_as_one_big_even_odd_figure(tmp_path):
    """A ring road with a pond in its middle block, and the same drawn a second time as a hatch: one area."""
    plan = PlanFile()
    plan.box("道路", 0, 0, 100, 80)
    plan.box("道路", 6, 6, 94, 74)
    plan.hatch("道路", [(0, 0), (100, 0), (100, 80), (0, 80)], [(6, 6), (94, 6), (94, 74), (6, 74)])
    plan.box("道路", 0, 0, 100, 80)
    plan.box("道路", 40, 30, 60, 50)  # a yard in the block: not in the road, so it is pavement again
    intake, journal = taken(plan.save(tmp_path))
    geometry, _ = rows(intake, "roads")
    assert sorted(round(g.area, 6) for g in geometry) == [400.0, 100 * 80 - 88 * 68]
    assert not journal.problems
    (reading,) = [r for r in intake.readings if r.source == "道路"]
    assert (reading.layer, reading.rows, reading.ignored) == ("roads", 2, 0)
    assert dict(reading.found) == {"HATCH": 1, "LWPOLYLINE": 4}


def test_a_ring_that_is_declared_a_road_is_no_island(tmp_path):
    plan = PlanFile()
    plan.box("道路", 0, 0, 40, 30)
    plan.box("广场", 10, 10, 20, 20)
    path = plan.save(tmp_path)
    toml = '[[layers.roads]]\nfrom = "道路"\n[[layers.roads]]\nfrom = "广场"\nset = { fire_lane = false }\n'
    intake, _ = taken(path, toml)
    geometry, _ = rows(intake, "roads")
    assert sorted(g.area for g in geometry) == [100.0, 1200.0]


def test_a_kerb_drawn_as_two_lines_is_no_narrow_road(tmp_path):
    """The inner line is the front of the kerb: 6 m of pavement, not 12 cm of kerb."""
    plan = PlanFile()
    plan.box("道路", -0.12, -0.12, 60.12, 6.12)
    plan.box("道路", 0, 0, 60, 6)
    intake, _ = taken(plan.save(tmp_path))
    geometry, _ = rows(intake, "roads")
    assert [g.area for g in geometry] == [pytest.approx(360.0)]


def test_loose_lines_with_a_gap(tmp_path):
    plan = PlanFile()
    plan.lines("道路", (0, 0), (60, 0), (60, 6))
    plan.lines("道路", (60, 6.008), (0, 6.008), (0, 0))
    path = plan.save(tmp_path)
    intake, journal = taken(path)
    geometry, _ = rows(intake, "roads")
    assert len(geometry) == 1
    assert geometry[0].area == pytest.approx(360.0, abs=0.5)
    (note,) = [n for n in journal.notes if n.code == "cad_gaps_joined"]
    assert "8.0 mm" in note.en
    assert "8.0 mm" in note.zh
    (reading,) = [r for r in intake.readings if r.source == "道路"]
    assert reading.mended == 1
    # The gap is wider than what is allowed: the edges are still told apart from an outline.
    intake, journal = taken(path, "[cad]\ngap_m = 0.005\n")
    assert not [n for n in journal.notes if n.code == "cad_gaps_joined"]


def test_edges_and_centreline_become_areas_and_a_lone_centreline_stays_a_line(tmp_path):
    plan = PlanFile()
    plan.line("ROAD_EDGE", (0, 0), (100, 0))
    plan.line("ROAD_EDGE", (0, 6), (50, 6), (50, 60))
    plan.line("ROAD_EDGE", (55, 60), (55, 6), (100, 6))
    plan.line("ROAD_CENTER", (0, 3), (100, 3))
    plan.line("ROAD_CENTER", (52.5, 3), (52.5, 60))
    plan.line("ROAD_CENTER", (200, 0), (260, 0), width=5.0)
    intake, journal = taken(plan.save(tmp_path))
    geometry, _ = rows(intake, "roads")
    assert sum(g.area for g in geometry) == pytest.approx(600.0 + 270.0)
    lines, columns = rows(intake, "road_lines")
    assert [g.length for g in lines] == [60.0]
    assert columns["width_m"] == [5.0]
    assert any(n.code == "cad_strips" for n in journal.notes)


def test_a_block_that_edges_run_around_is_no_road(tmp_path):
    """The edge of the inner block is closed; no centreline runs in it."""
    plan = PlanFile()
    plan.box("道路边线", 6, 6, 94, 74)
    plan.line("道路边线", (-20, 0), (120, 0))
    plan.line("道路边线", (-20, 80), (120, 80))
    plan.line("道路边线", (-20, 6), (0, 6), (0, 74), (-20, 74))
    plan.line("道路边线", (120, 6), (100, 6), (100, 74), (120, 74))
    for points in ([(-20, 3), (120, 3)], [(-20, 77), (120, 77)], [(3, 3), (3, 77)], [(97, 3), (97, 77)]):
        plan.line("道路中线", *points)
    intake, _ = taken(plan.save(tmp_path))
    geometry, _ = rows(intake, "roads")
    assert sum(g.area for g in geometry) == pytest.approx(2 * 140 * 6 + 2 * 6 * 68)
    assert not rows(intake, "road_lines")[0]


def test_kerbs_bound_the_pavement_where_nothing_else_does(tmp_path):
    plan = PlanFile()
    plan.line("路缘石", (60, 0), (0, 0), (0, 6), (60, 6))
    plan.line("路缘石", (60, 6), (60, 0))
    intake, journal = taken(plan.save(tmp_path))
    assert [g.area for g in rows(intake, "roads")[0]] == [pytest.approx(360.0)]
    assert sum(g.length for g in rows(intake, "kerbs")[0]) == pytest.approx(132.0)
    assert any(n.code == "cad_kerbs_as_edges" for n in journal.notes)
    plan.box("道路", 0, 0, 60, 6)
    intake, journal = taken(plan.save(tmp_path))
    assert len(rows(intake, "roads")[0]) == 1
    assert not any(n.code == "cad_kerbs_as_edges" for n in journal.notes)


def test_fire_lanes_alone_are_all_the_roads_there_are(tmp_path):
    plan = PlanFile()
    plan.box("消防车道", 0, 0, 60, 4)
    plan.text("文字", 30, 2, "北侧消防车道")
    intake, journal = taken(plan.save(tmp_path))
    geometry, columns = rows(intake, "roads")
    assert [g.area for g in geometry] == [240.0]
    assert columns["name"] == ["北侧消防车道"]
    assert len(rows(intake, "fire_lanes")[0]) == 1
    assert any(n.code == "cad_lanes_as_roads" for n in journal.notes)


def test_buildings_take_names_and_storeys_from_texts(tmp_path):
    long = "某某单位综合业务楼（含附属用房及地下车库出入口雨篷）" * 4
    plan = PlanFile()
    plan.box("建筑", 0, 0, 20, 12)
    plan.text("文字", 10, 6, "3#楼")
    plan.text("文字", 11, 9, "18F")
    plan.text("文字", 1, 1, "45.30")
    plan.box("建筑", 30, 0, 60, 20)
    plan.text("0", 45, 10, long)
    plan.text("0", 31, 1, "门卫")
    plan.box("建筑", 70, 0, 80, 10)
    intake, _ = taken(plan.save(tmp_path))
    _, columns = rows(intake, "buildings")
    assert columns["name"] == ["3#楼", long, None]
    assert columns["floors"] == [18.0, None, None]


def test_a_text_in_nested_areas_belongs_to_the_smaller(tmp_path):
    plan = PlanFile()
    plan.box("道路", -50, -50, 150, 50)
    plan.box("建筑", 0, 0, 20, 12)
    plan.text("文字", 10, 6, "连廊")
    intake, _ = taken(plan.save(tmp_path))
    assert rows(intake, "buildings")[1]["name"] == ["连廊"]
    assert "name" not in rows(intake, "roads")[1]


def test_bays_between_strokes_as_hatches_and_as_blocks(tmp_path):
    plan = PlanFile()
    for n in range(5):
        plan.lines("车位", (2.5 * n, 5), (2.5 * n, 0))
    plan.lines("车位", (0, 0), (10, 0))
    plan.lines("车位", (0, 5), (10, 5))
    plan.hatch("规划车位", [(30, 0), (32.5, 0), (32.5, 5), (30, 5)])
    block = plan.block("停车位25x50")
    plan.box("0", 0, 0, 2.5, 5, space=block)
    plan.line("0", (0, 0), (2.5, 5), space=block)
    plan.put("0", "停车位25x50", 50, 0, turn_deg=90)
    plan.box("车位", 60, 0, 65, 5)  # one outline for two bays …
    plan.lines("车位", (62.5, 0), (62.5, 5))  # … and the stroke between them
    intake, _ = taken(plan.save(tmp_path))
    geometry, columns = rows(intake, "parking")
    assert sorted(round(g.area, 6) for g in geometry) == [12.5] * 8
    assert columns["status"].count("planned") == 1


def test_obstructions_as_points_lines_and_areas(tmp_path):
    plan = PlanFile()
    plan.circle("隔离桩", 5, 1, 0.15)
    plan.line("围墙", (0, 0), (50, 0), width=0.24)
    plan.box("花坛", 10, 1, 12, 2)
    plan.circle("树", 20, 1, 2.0)
    for name, radius in (("树-香樟", 2.0), ("路灯A", 0.2), ("庭院灯", 1.5)):
        plan.circle("0", 0, 0, radius, space=plan.block(name))
    plan.put("0", "树-香樟", 30, 1)
    plan.put("0", "路灯A", 35, 1)
    plan.put("0", "庭院灯", 38, 1)
    plan.box("0", 0, 0, 4.8, 1.8, space=plan.block("CAR"))
    plan.put("汽车", "CAR", 40, 1, turn_deg=90)
    plan.circle("绿化", 60, 1, 1.0)
    plan.line("树", (70, 1), (73, 1))  # a stroke of a crown
    plan.box("树", 80, 30, 120, 60)  # a wood
    plan.box("绿化", 60, 5, 80, 20)
    intake, journal = taken(plan.save(tmp_path))
    geometry, columns = rows(intake, "obstructions")
    found = {
        (kind, g.geom_type, round(g.area, 3), radius if radius is None else round(radius, 6), width)
        for kind, g, radius, width in zip(
            columns["kind"], geometry, columns["radius_m"], columns["width_m"], strict=True
        )
    }
    assert found == {
        ("bollard", "Point", 0.0, 0.15, None), ("wall", "LineString", 0.0, None, 0.24),
        ("structure", "Polygon", 2.0, None, None), ("tree", "Point", 0.0, 0.0, None), ("pole", "Point", 0.0, 0.2, None),
        ("pole", "Point", 0.0, 0.0, None), ("vehicle", "Polygon", 8.64, None, None),
    }  # fmt: skip
    assert columns["kind"].count("tree") == 3
    (note,) = [n for n in journal.notes if n.code == "cad_symbols"]
    assert note.en.startswith("obstructions: 4 symbols")
    (green,) = [r for r in intake.readings if r.source == "绿化"]
    assert (green.rows, green.ignored) == (1, 1)
    assert green.zh


def test_the_order_of_the_entities_is_of_no_matter(tmp_path):
    """The same drawing backwards gives the same things in the same places."""

    def draw(folder, step):
        plan = PlanFile()
        strokes = [
            lambda: plan.lines("道路", (0, 0), (60, 0), (60, 6)),
            lambda: plan.lines("道路", (60, 6.004), (0, 6.004), (0, 0)),
            lambda: plan.box("道路", 20, 2, 24, 4),
            lambda: plan.box("建筑", 0, 20, 20, 40),
            lambda: plan.text("0", 10, 30, "甲楼"),
            lambda: plan.text("0", 12, 30, "乙楼"),
            lambda: plan.circle("路桩", 30, 1, 0.2),
            lambda: plan.line("消防车道", (0, 1), (60, 1), (60, 5), (0, 5), closed=True),
        ]
        for stroke in strokes[::step]:
            stroke()
        folder.mkdir()
        intake, _ = taken(plan.save(folder))
        return {
            layer: sorted((g.normalize().wkt, name) for g, name in zip(got, columns.get("name", [None] * len(got)), strict=True))
            for layer in intake.feeds
            for got, columns in [rows(intake, layer)]
        }

    forwards = draw(tmp_path / "a", 1)
    assert forwards == draw(tmp_path / "b", -1)
    assert set(forwards) == {"roads", "fire_lanes", "obstructions", "buildings"}
    assert forwards["buildings"][0][1] == "甲楼"


def test_a_fire_lane_around_a_block_is_a_ring(tmp_path):
    plan = PlanFile()
    plan.box("道路", -5, -5, 105, 85)
    plan.box("消防车道", 0, 0, 100, 80)
    plan.box("消防车道", 4, 4, 96, 76)
    intake, _ = taken(plan.save(tmp_path))
    assert [g.area for g in rows(intake, "fire_lanes")[0]] == [100 * 80 - 92 * 72]


def test_entrances_and_signs(tmp_path):
    plan = PlanFile()
    plan.line("大门", (0, 0), (0, 6))
    plan.box("大门", 59.9, 0, 60.1, 6)  # a leaf drawn as a thin box
    plan.line("0", (0, 0), (5, 0), space=plan.block("门"))
    plan.put("出入口", "门", 30, 6)
    plan.circle("标志牌", 10, 8, 0.3)
    plan.text("标志牌", 11, 8, "消防车道 禁止占用")
    plan.text("标志牌", 40, 8, "限速5公里")
    intake, _ = taken(plan.save(tmp_path))
    geometry, columns = rows(intake, "entrances")
    assert sorted(g.geom_type for g in geometry) == ["LineString", "LineString", "Point"]
    assert [round(g.length, 6) for g in geometry if g.geom_type == "LineString"] == [6.0, 6.0]
    assert columns["gate"].count(True) == 2
    geometry, columns = rows(intake, "signs")
    assert sorted(columns["text"]) == ["消防车道 禁止占用", "限速5公里"]
    assert min(g.x for g in geometry) == pytest.approx(10.0)


def test_ids_are_handles_and_unique(tmp_path):
    plan = PlanFile()
    handle = plan.box("建筑", 0, 0, 20, 12).dxf.handle
    wall = plan.line("路缘石", (0, -9), (50, -9)).dxf.handle
    intake, _ = taken(plan.save(tmp_path))
    assert rows(intake, "buildings")[1]["id"] == [handle]
    assert rows(intake, "kerbs")[1]["id"] == [wall]
    # One entity that gives two rows numbers the second.
    plan.box("车位", 60, 0, 65, 5)
    plan.lines("车位", (62.5, 0), (62.5, 5))
    _, columns = rows(taken(plan.save(tmp_path))[0], "parking")
    assert len(set(columns["id"])) == 2


# --- site.toml ---------------------------------------------------------------------------------------


def scene():
    plan = PlanFile()
    plan.box("L1", 0, 0, 60, 6)
    plan.box("L2", 10, 20, 30, 32)
    plan.circle("0", 0, 0, 0.2, space=plan.block("X"))
    for x, height in ((5, "3.2"), (15, "5.0")):
        plan.put("L3", "X", x, 1, HEIGHT=height, ART="门架")
    plan.line("L3", (0, 3), (9, 3)).dxf.color = 1
    plan.text("L3", 2, 2, "说明")
    return plan


def test_declared_layers_filters_columns_and_constants(tmp_path):
    path = scene().save(tmp_path)
    handle = next(e.dxf.handle for e in ezdxf.readfile(path).modelspace() if e.dxf.layer == "L2")
    toml = """
        [layers.roads]
        from = "l1"
        set = { name = "主路" }
        [layers.buildings]
        from = "L?"
        where = { handle = "HANDLE", layer = "L2" }
        [[layers.obstructions]]
        from = "L3"
        where = { block = "X" }
        columns = { clear_height_m = "HEIGHT", name = "ART" }
        set = { kind = "arch" }
        [[layers.obstructions]]
        from = "L3"
        where = { entity = ["LWPOLYLINE"], colour = 1 }
        """
    intake, journal = taken(path, toml.replace("HANDLE", handle))
    assert not journal.problems
    assert [len(rows(intake, layer)[0]) for layer in ("roads", "buildings", "obstructions")] == [1, 1, 3]
    site = read_site(path, config=path.with_name("told.toml"))
    things = site.layers["obstructions"]
    assert things["kind"].tolist() == ["arch", "arch", "other"]
    assert things["clear_height_m"].tolist()[:2] == [3.2, 5.0]
    assert things["name"].tolist() == ["门架", "门架", None]
    assert site.layers["roads"]["name"].tolist() == ["主路"]
    assert not [n for n in site.notes if n.code == "unknown_column"]


def test_the_feeds_of_site_toml_are_handed_back_as_they_are(tmp_path):
    path = scene().save(tmp_path)
    intake, _ = taken(path, '[layers.roads]\nfrom = "L1"\n[layers.kerbs]\nfrom = "elsewhere"\n')
    settings = read_settings(path.with_name("told.toml"), Journal())
    ((feed, table),) = intake.feeds["roads"]
    assert feed == settings.feeds["roads"][0]
    assert table.drawn
    assert table.crs is None
    assert "kerbs" not in intake.feeds  # no layer of this plan: somebody else may have it
    assert "L1" in intake.names


def test_what_is_declared_keeps_the_patterns_out_of_that_layer_alone(tmp_path):
    plan = PlanFile()
    plan.box("道路", 0, 0, 60, 6)
    plan.box("车行区", 0, 10, 60, 16)
    plan.box("建筑", 0, 30, 20, 42)
    path = plan.save(tmp_path)
    intake, _ = taken(path, '[layers.roads]\nfrom = "车行区"\n')
    assert [g.bounds[1] for g in rows(intake, "roads")[0]] == [10.0]
    assert len(rows(intake, "buildings")[0]) == 1


def test_a_declared_layer_without_entities_was_surveyed_and_holds_nothing(tmp_path):
    plan = PlanFile()
    plan.box("道路", 0, 0, 60, 6)
    plan.doc.layers.add("树")
    path = plan.save(tmp_path)
    assert "obstructions" not in taken(path)[0].feeds
    intake, _ = taken(path, '[layers.obstructions]\nfrom = "树"\n')
    ((_, table),) = intake.feeds["obstructions"]
    assert len(table) == 0


def test_a_filter_on_a_column_that_is_not_there_is_told(tmp_path):
    path = scene().save(tmp_path)
    path.with_name("t.toml").write_text('[layers.roads]\nfrom = "L1"\nwhere = { colur = 1 }\n', encoding="utf-8")
    with pytest.raises(InputError, match="colour"):
        read_site(path, config=path.with_name("t.toml"))


def test_wrong_options_are_told_in_both_languages(tmp_path):
    path = scene().save(tmp_path)
    _, journal = taken(path, '[cad]\nunit = "furlong"\ngap_m = 9\nunits = "m"\n')
    assert {p.column for p in journal.problems} == {"cad.unit", "cad.gap_m", "cad.units"}
    assert all(p.message and p.message_zh and p.remedy and p.remedy_zh for p in journal.problems)


def test_a_layer_that_is_switched_off_is_read_only_when_declared(tmp_path):
    plan = PlanFile()
    plan.box("道路", 0, 0, 60, 6)
    plan.box("建筑", 0, 30, 20, 42)
    plan.doc.layers.add("建筑").off()
    path = plan.save(tmp_path)
    intake, _ = taken(path)
    assert "buildings" not in intake.feeds
    (reading,) = [r for r in intake.readings if r.source == "建筑"]
    assert (reading.layer, reading.ignored) == (None, 1)
    assert "switched off" in reading.en
    assert len(rows(taken(path, '[layers.buildings]\nfrom = "建筑"\n')[0], "buildings")[0]) == 1


def test_every_layer_has_a_reading_in_both_languages(tmp_path):
    path = scene().save(tmp_path)
    intake, _ = taken(path)
    sources = {r.source for r in intake.readings}
    assert {"L1", "L2", "L3"} <= sources
    for reading in intake.readings:
        assert bool(reading.zh) == bool(reading.en)
        assert sum(reading.found.values()) >= reading.ignored


# --- the proposed mapping ------------------------------------------------------------------------------


def test_the_proposed_mapping_read_back_gives_the_same_site(tmp_path):
    plan = PlanFile(code=MM, per_metre=1000.0)
    plan.box("道路", 0, 0, 60, 6)
    plan.box("建筑'A", 10, 20, 30, 32)
    plan.circle("0", 0, 0, 2.0, space=plan.block("树-香樟"))
    plan.put("0", "树-香樟", 30, 1)
    plan.line("围墙", (0, -1), (60, -1))
    plan.box("图层9", 0, 50, 5, 55)
    path = plan.save(tmp_path)
    plain = read_site(path)
    for lang in ("zh", "en"):
        told = tmp_path / f"{lang}.toml"
        told.write_text(mapping_toml(list_plan(path).rows, lang=lang), encoding="utf-8")
        again = read_site(path, config=told)
        assert set(again.layers) == set(plain.layers)
        for name, table in plain.layers.items():
            assert again.layers[name].drop(columns="geometry").equals(table.drop(columns="geometry"))
            assert shapely.equals(again.layers[name].geometry.to_numpy(), table.geometry.to_numpy()).all()
        assert "图层9" in told.read_text(encoding="utf-8")


def test_hostile_names_make_valid_toml():
    names = ['a"b', "x\\y", "tab\there", "line\nbreak", "del\x7f", "[[layers.roads]]", "'''", "＂", "\ud800"]
    listed = [LayerRow(name, {"LINE": 1}, "roads", f"为何 {name}", f"why {name}") for name in names]
    listed += [LayerRow(name, {"LINE": 1}, None, f"为何 {name}", f"why {name}") for name in names]
    for lang in ("zh", "en"):
        told = tomllib.loads(mapping_toml(listed, lang=lang))
        assert [feed["from"] for feed in told["layers"]["roads"]][:-1] == names[:-1]
