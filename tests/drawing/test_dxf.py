from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import drawing_scene as scene
import ezdxf
import numpy as np
import pyogrio
import pytest
import shapely

from firelane.drawing import write_dxf
from firelane.drawing.catalogue import layer_catalogue
from firelane.errors import OutputError, UsageError
from firelane.markings.items import bill_item
from firelane.vocabulary import MarkKind

CONTRACT_LAYERS = {
    "G-ROAD-EDGE", "G-BLDG", "G-OBST", "G-FIRE-LANE", "G-FIRE-KERB", "G-FIRE-LINE", "G-FIRE-BOX", "G-FIRE-GRID",
    "G-FIRE-TEXT", "G-FIRE-SIGN", "G-FIRE-VIOL", "G-FIRE-SWEP", "G-ANNO-DIMS", "G-ANNO-TEXT", "G-ANNO-COOR",
    "G-ANNO-TTLB",
}  # fmt: skip
MORE_LAYERS = {"G-ANNO-PNTS", "G-ANNO-DETL", "G-FIRE-REMV", "0", "Defpoints", "VIEWPORTS"}
# What differs between two runs: times, GUIDs, and the library's own stamp.
VOLATILE = re.compile(
    r"(\$(?:TDCREATE|TDUPDATE|TDUCREATE|TDUUPDATE|TDINDWG|TDUSRTIMER|FINGERPRINTGUID|VERSIONGUID)\s+\d+\s+)\S+"
    r"|(\d+\.\d+\.\d+ @ )\S+"
)


def masked(path: Path) -> str:
    return VOLATILE.sub(r"\1\2*", path.read_bytes().decode("gbk"))


@pytest.fixture(scope="module")
def plan():
    return scene.plan()


@pytest.fixture(scope="module")
def drawing(tmp_path_factory, plan) -> Path:
    path = tmp_path_factory.mktemp("dxf") / "markings.dxf"
    write_dxf(plan, scene.audit(), path, drawn_on=date(2026, 3, 1))
    return path


@pytest.fixture(scope="module")
def doc(drawing):
    return ezdxf.readfile(drawing)


def written(doc):
    """Return what stands on all sheets, columns of figures and wrapped notes included."""
    texts = [e.dxf.text for e in on_paper(doc)]
    return texts + [line for e in on_paper(doc, "MTEXT") for line in e.text.split("\\P")]


def on_paper(doc, kind="TEXT"):
    """Return the entities of all sheets."""
    return [e for name in doc.layout_names_in_taborder() if name != "Model" for e in doc.paperspace(name).query(kind)]


def all_entities(doc):
    for layout in [*doc.layouts, *doc.blocks]:
        yield from layout


def hatched_m2(path: Path) -> dict[str, float]:
    """Area of the hatches of model space by layer, read through GDAL, blocks resolved."""
    table = pyogrio.read_dataframe(path)
    model = table[table["PaperSpace"].isna() | (table["PaperSpace"] == 0)]
    # An INSERT is one collection of its fills and outlines; lines have no area.
    fills = model[(model["Text"] == "SOLID") | (model.geometry.geom_type == "GeometryCollection")]
    fills = fills[fills["Layer"].isin(set(layer_catalogue().paint.values()))]
    return fills.geometry.area.groupby(fills["Layer"]).sum().to_dict()


def test_the_audit_finds_nothing(doc):
    auditor = doc.audit()
    assert auditor.errors == []
    assert auditor.fixes == []


def test_version_encoding_and_units(doc, drawing):
    assert doc.dxfversion == "AC1018"
    assert doc.encoding == "gbk"
    assert doc.header["$DWGCODEPAGE"] == "ANSI_936"
    assert doc.header["$INSUNITS"] == 6
    drawing.read_bytes().decode("gbk")
    assert b"\\U+" not in drawing.read_bytes()


def test_layers_are_those_of_the_contract_and_all_used_ones_are_defined(doc):
    defined = {layer.dxf.name for layer in doc.layers}
    assert defined == CONTRACT_LAYERS | MORE_LAYERS
    used = {entity.dxf.layer for entity in all_entities(doc) if entity.dxf.hasattr("layer")}
    assert used <= defined
    # Symbols stand on layer 0 in their blocks, so that they take the layer of their INSERT; nothing else does.
    symbols = {"FL-TICK", "FL-CROSS"}
    ours = (e for b in doc.blocks if not b.name.startswith("_") and b.name not in symbols for e in b)
    assert "0" not in {e.dxf.layer for e in ours}
    for name in layer_catalogue().paint.values():
        assert doc.layers.get(name).dxf.color == 2


def test_styles_linetypes_and_blocks_used_are_defined(doc):
    for entity in all_entities(doc):
        if entity.dxf.hasattr("linetype"):
            assert entity.dxf.linetype in doc.linetypes
        if entity.dxf.hasattr("style") and entity.dxftype() in {"TEXT", "MTEXT"}:
            assert entity.dxf.style in doc.styles
        if entity.dxftype() == "INSERT":
            assert entity.dxf.name in doc.blocks
    assert doc.styles.get("汉字").dxf.font == "simsun.ttf"
    for name in ("$DIMBLK", "$DIMBLK1", "$DIMBLK2", "$DIMLDRBLK"):
        assert doc.header[name] in {"", *(block.name for block in doc.blocks)}


def test_the_drawing_says_where_it_is(doc):
    said = dict(doc.header.custom_vars)
    assert said == {
        "firelane_origin_x": "535900.000",
        "firelane_origin_y": "4630000.000",
        "firelane_crs": "EPSG:4550",
        "firelane_unit": "m",
        "firelane_site": "sunshine",
    }
    # the west end of the lane lies at E 535936, N 4630012 ± 3
    edges = [p for e in doc.modelspace().query("LWPOLYLINE[layer=='G-ROAD-EDGE']") for p in e.get_points("xy")]
    assert min(x for x, _ in edges) == pytest.approx(36.0, abs=1e-6)
    west, south, _ = doc.header["$EXTMIN"]
    east, north, _ = doc.header["$EXTMAX"]
    assert all(west <= x <= east and south <= y <= north for x, y in edges)


def test_paint_is_solid_with_straight_boundaries_yellow_and_labelled(doc, plan):
    hatches = [e for block in doc.blocks for e in block.query("HATCH") if e.dxf.layer.startswith("G-FIRE-")]
    assert hatches
    marks = set()
    for hatch in hatches:
        assert hatch.dxf.solid_fill == 1
        assert hatch.dxf.color == 2
        assert tuple(hatch.rgb) == layer_catalogue().rgb
        paths = hatch.paths.paths
        assert [p.path_type_flags & 17 for p in paths] == [1] + [16] * (len(paths) - 1)
        assert all(p.type.name == "POLYLINE" for p in paths)
        assert not any(bulge for p in paths for *_, bulge in p.vertices)
        kind, mark, area, item, article = (tag.value for tag in hatch.get_xdata("FIRELANE"))
        assert item == f"item={bill_item(kind).code}"
        assert article == f"article={bill_item(kind).article}"
        assert layer_catalogue().paint[kind] == hatch.dxf.layer
        outer, *holes = [shapely.Polygon([v[:2] for v in p.vertices]).area for p in paths]
        assert area == pytest.approx(outer - sum(holes), abs=1e-5)
        marks.add(mark)
    marks |= {e.get_xdata("FIRELANE")[1].value for e in doc.modelspace().query("INSERT") if e.has_xdata("FIRELANE")}
    assert set(plan.paint["mark_id"]) <= marks


def test_repeated_marks_are_blocks(doc, plan):
    names = Counter(e.dxf.name for e in doc.modelspace().query("INSERT"))
    assert names == {
        "FL-BOX-2800x2100": 12, "FL-BOX-2800x2100-TEXT": 12, "FL-GRID-6000x6000": 2, "FL-GRID-6000x6000-TEXT": 2,
    }  # fmt: skip
    assert len(doc.modelspace().query("HATCH")) < 10


def test_areas_read_by_gdal_equal_the_quantities(drawing, plan):
    found = hatched_m2(drawing)
    wanted: dict[str, float] = {}
    for row in plan.quantities.itertuples():
        if row.kind != MarkKind.KERB_FACE:
            layer = layer_catalogue().paint[row.kind]
            wanted[layer] = wanted.get(layer, 0.0) + row.area_m2
    assert set(found) == set(wanted)
    for layer, area_m2 in wanted.items():
        assert found[layer] == pytest.approx(area_m2, abs=1e-4)
    # by hand: 12 boxes of 2.8 x 2.1 m with a line of 0.15 m; two grid borders of 6 x 6 m with 0.20 m
    assert found["G-FIRE-BOX"] == pytest.approx(12 * (2.8 * 2.1 - 2.5 * 1.8), abs=1e-4)
    assert found["G-FIRE-KERB"] == pytest.approx(54.5 * 0.12, abs=2e-3)  # its ends follow the pavement


def test_every_layer_has_its_paint_where_the_plan_says(drawing, plan):
    table = pyogrio.read_dataframe(drawing)
    table = table[table["Layer"].str.startswith("G-FIRE") & table["PaperSpace"].isna()]
    parts = shapely.get_parts(np.asarray(table.geometry))
    fills = [p for p in parts if p.geom_type == "Polygon"]
    drawn = shapely.union_all(fills, grid_size=1e-5)
    wanted = shapely.transform(
        shapely.union_all([g for g in plan.paint.geometry if not g.is_empty]),
        lambda xy: xy - (535_900.0, 4_630_000.0),
    )
    assert shapely.symmetric_difference(drawn, wanted, grid_size=1e-5).area < 1e-3


def test_chinese_is_read_by_gdal(drawing):
    texts = set(pyogrio.read_dataframe(drawing)["Text"].dropna())
    assert "1号楼 18F" in texts
    assert "沈河区阳光花园小区（一期）" in texts
    assert any("「无缘石的道路应当在路面上" in t for t in texts)


def test_open_parameters_are_all_to_be_confirmed(doc, plan):
    told = "".join(written(doc))
    assert told.count("待确认") >= len(plan.parameters)
    for parameter in plan.parameters:
        assert parameter.zh in told


def test_article_13_stands_verbatim_in_the_notes(doc):
    told = "".join(written(doc)).replace(" ", "")
    for rule in scene.RULES:
        assert rule.text_zh.replace(" ", "") in told


def test_failing_findings_are_flagged_and_the_pinch_is_drawn(doc):
    model = doc.modelspace()
    numbers = {e.dxf.text for e in model.query("TEXT[layer=='G-FIRE-VIOL']")}
    assert numbers == {"1", "2", "3", "2.800", "3.050"}
    lines = [list(e.get_points("xy")) for e in model.query("LWPOLYLINE[layer=='G-FIRE-VIOL']")]
    # p-q of the first pinch: (86.4, -1.9) to (86.4, 0.9) from E 535936, N 4630012
    assert [(122.4, 10.1), (122.4, 12.9)] in [[tuple(np.round(p, 6)) for p in line] for line in lines]
    listed = "".join(written(doc))
    assert "架空管线 w1 净高 3.800 m" in listed
    assert "路面边线已设" not in listed


def test_obstructions_are_drawn_as_what_they_are(doc):
    model = doc.modelspace()
    radii = sorted(round(e.dxf.radius, 3) for e in model.query("CIRCLE[layer=='G-OBST']"))
    assert radii == [0.1, 0.1, 0.35]
    rings = [e for e in model.query("LWPOLYLINE[layer=='G-OBST']") if e.closed]
    areas = sorted(round(shapely.Polygon(e.get_points("xy")).area, 2) for e in rings)
    # fence 7 x 0.2, wire 12 x 0.1, structure 1.7 x 4, vehicle 4.8 x 2, bay 2.4 x 5, bays 6 x 2.8 twice
    assert areas == [1.2, 1.4, 6.8, 9.6, 12.0, 16.8, 16.8]


def test_dimensions_say_what_the_paint_is(doc):
    """A dimension on a detail measures paper; its factor makes it what will be painted [mm]."""
    assert not doc.modelspace().query("DIMENSION")
    dimensions = on_paper(doc, "DIMENSION")
    measured = {round(e.get_measurement() * e.override().get("dimlfac"), 1) for e in dimensions}
    # line and its distance, box, its frame, border and lines of the grid, the kerb
    assert {150, 300, 2800, 2100, 200, 100, 6000, 120} <= measured


def test_coordinates_read_x_north_and_y_east(doc):
    labels = {e.dxf.text: e for e in doc.modelspace().query("TEXT[layer=='G-ANNO-COOR']")}
    assert "X=4630050" in labels
    assert "Y=536000" in labels
    assert labels["X=4630050"].dxf.align_point.y == pytest.approx(50.0, abs=2.0)
    assert labels["Y=536000"].dxf.align_point.x == pytest.approx(100.0, abs=2.0)


def test_labels_do_not_overlap(doc):
    from firelane.drawing.text import text_width

    boxes = []
    for e in doc.modelspace().query("TEXT"):
        x, y, _ = e.dxf.align_point
        half = text_width(e.dxf.text, e.dxf.height) / 2, e.dxf.height / 2
        if e.dxf.halign != 4 and e.dxf.halign != 1:
            continue
        w, h = half if abs(e.dxf.rotation) < 45 else half[::-1]
        boxes.append(shapely.box(x - w, y - h, x + w, y + h))
    first, second = shapely.STRtree(boxes).query(boxes, predicate="intersects")
    assert len(boxes) > 20
    assert (first == second).all()


def test_same_input_same_file(tmp_path, drawing):
    again = tmp_path / "again.dxf"
    code = (
        "import sys; sys.path.insert(0, sys.argv[2]);"
        "import drawing_scene as s; from firelane.drawing import write_dxf; from datetime import date;"
        "write_dxf(s.plan(), s.audit(), sys.argv[1], drawn_on=date(2026, 3, 1))"
    )
    root = Path(__file__).parents[2]
    env = {**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": str(root)}
    subprocess.run([sys.executable, "-c", code, str(again), str(Path(__file__).parent)], check=True, env=env)
    assert masked(again) == masked(drawing)


@pytest.mark.parametrize("version", ["R2007", "R2010", "R2018"])
def test_other_versions(tmp_path, plan, version):
    path = tmp_path / "x.dxf"
    write_dxf(plan, scene.audit(), path, dxf_version=version, lang="en")
    doc = ezdxf.readfile(path)
    auditor = doc.audit()
    assert (auditor.errors, auditor.fixes) == ([], [])
    assert doc.header.custom_vars.get("firelane_crs") == "EPSG:4550"
    assert "FIRE LANE MARKING PLAN" in {e.dxf.text for e in on_paper(doc)}


def test_versions_without_true_colour_are_refused(tmp_path, plan):
    with pytest.raises(UsageError, match="R2000"):
        write_dxf(plan, scene.audit(), tmp_path / "x.dxf", dxf_version="R2000")


def test_a_failed_write_leaves_the_old_file(tmp_path, plan, monkeypatch):
    path = tmp_path / "x.dxf"
    path.write_text("old")

    def full(_, filename):
        Path(filename).write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("firelane.drawing.write.save", full)
    with pytest.raises(OutputError):
        write_dxf(plan, scene.audit(), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_no_chinese_font_is_loaded_while_writing(tmp_path, plan, monkeypatch):
    from ezdxf.fonts.fonts import font_manager

    def refuse(*args, **kwargs):
        raise AssertionError("a font was loaded")

    monkeypatch.setattr(font_manager, "get_ttf_font", refuse)
    write_dxf(plan, scene.audit(), tmp_path / "x.dxf")


HOSTILE = "%%u{\\P东门}\n  0\nEOF\x00🚒²^J" + "长" * 500


def test_hostile_names_stay_text(tmp_path):
    here = scene.site(name=HOSTILE)
    layers = {
        **here.layers,
        "buildings": here.layers["buildings"].assign(name=HOSTILE),
        "obstructions": here.layers["obstructions"].assign(name=HOSTILE, kind=HOSTILE),
        "signs": here.layers["signs"].assign(text=HOSTILE),
    }
    import dataclasses

    config = dataclasses.replace(here.config, manager=HOSTILE, name=HOSTILE)
    here = dataclasses.replace(here, id=HOSTILE, name=HOSTILE, layers=layers, config=config)
    net = scene.network()
    findings = [
        scene.finding(1, scene.Quantity.CLEAR_WIDTH, (86, 0), HOSTILE, article=HOSTILE, pinch_id="P1"),
        scene.finding(2, scene.Quantity.CLEAR_WIDTH, None, HOSTILE),
    ]
    audit = dataclasses.replace(
        scene.audit(of=here, findings=findings),
        network=dataclasses.replace(
            net, mouths=net.mouths.assign(name=HOSTILE), lanes=net.lanes.assign(lane_id=HOSTILE)
        ),
    )
    plan = scene.plan(of=here, notes=[scene.Note("x", HOSTILE, HOSTILE)] * 30)
    plan = dataclasses.replace(plan, paint=plan.paint.assign(mark_id=HOSTILE))
    path = tmp_path / "x.dxf"
    write_dxf(plan, audit, path)
    path.read_bytes().decode("gbk")
    doc = ezdxf.readfile(path)
    auditor = doc.audit()
    assert (auditor.errors, auditor.fixes) == ([], [])
    assert {layer.dxf.name for layer in doc.layers} == CONTRACT_LAYERS | MORE_LAYERS
    for entity in all_entities(doc):
        if entity.dxftype() == "TEXT":
            assert "%%" not in entity.dxf.text
            assert not set(entity.dxf.text) & set("\\^{}\n\x00")
    assert doc.header.custom_vars.get("firelane_site").startswith("％％u｛＼P东门｝ 0 EOF")
    assert hatched_m2(path)["G-FIRE-BOX"] == pytest.approx(12 * 1.38, abs=1e-4)


def test_a_site_of_roads_alone_and_a_plan_without_paint(tmp_path):
    import dataclasses

    here = scene.site()
    here = dataclasses.replace(here, layers={"roads": here.layers["roads"]})
    audit = scene.audit(of=here, findings=())
    full = scene.plan(of=here)
    plan = dataclasses.replace(
        full,
        paint=full.paint.iloc[:0],
        blocks={},
        placements=(),
        centrelines=full.centrelines.iloc[:0],
        quantities=full.quantities.iloc[:0],
        parameters=(),
        notes=(),
    )
    path = tmp_path / "x.dxf"
    write_dxf(plan, audit, path)
    doc = ezdxf.readfile(path)
    auditor = doc.audit()
    assert (auditor.errors, auditor.fixes) == ([], [])
    assert hatched_m2(path) == {}
    assert any("未发现不符合项" in line for line in written(doc))
