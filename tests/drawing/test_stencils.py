from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import ezdxf
import matplotlib as mpl
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
import site_scenes
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from firelane.drawing.nesting import nested
from firelane.drawing.stencils import templates_of, write_stencils
from firelane.errors import InputError, UsageError
from firelane.markings import plan_markings
from firelane.vocabulary import MarkKind

LETTERING = set("消防车道禁止占用")
BRIDGES = {"消": 2, "道": 3, "占": 1, "用": 4}


def a_plan(**marking):
    street = site_scenes.street(6.0, [site_scenes.post(10.0, 8.0, 0.1)], length=60.0, config={"marking": marking})
    result = site_scenes.audited(street)
    return plan_markings(result.site, result.network)


@pytest.fixture(scope="module")
def plan():
    return a_plan()


@pytest.fixture(scope="module")
def written(plan, tmp_path_factory):
    folder = tmp_path_factory.mktemp("st") / "模板"
    return folder, write_stencils(plan, folder)


def rings(path, layer):
    """Closed contours of a layer as GDAL reads them."""
    table = pyogrio.read_dataframe(path)
    table = table[(table["Layer"] == layer)]
    return [shapely.Polygon(g.coords) if g.geom_type == "LineString" else g for g in table.geometry]


def test_one_drawing_for_each_character_and_size(plan, written):
    folder, files = written
    assert sorted(files) == sorted(folder.iterdir())
    *parts, plates = files
    assert plates.name == "plates-1220x2440.dxf"
    boxes = [t for t in templates_of(plan) if t.size_mm == (550.0, 750.0)]
    assert {t.character for t in boxes} == LETTERING
    assert {t.character: t.bridges for t in boxes if t.bridges} == BRIDGES
    assert all(path.name.isascii() and path.name.startswith("U+") for path in parts)
    assert folder / "U+6D88-550x750.dxf" in parts


def test_the_parts_add_up_to_the_lettering_with_bridges(plan):
    # the parameter says that whole outlines are painted; templates have bridges all the same
    assert not plan.dims.flag("stencil_bridges")
    painted = plan.paint[plan.paint["kind"] == str(MarkKind.BOX_TEXT)].area_m2.iloc[0]
    cut_m2 = sum(t.cut.area for t in templates_of(plan) if t.size_mm == (550.0, 750.0)) / 1e6
    area = plan.lettering["FL-BOX-2800x2100"]
    assert cut_m2 == pytest.approx(area.bridged_m2, rel=1e-6)
    assert painted == pytest.approx(area.full_m2, rel=1e-6)
    assert cut_m2 < painted * 0.99


def test_the_grid_has_its_own_size(plan):
    grids = [key for key in plan.lettering if key.startswith("GRID-")]
    assert grids
    for key in grids:
        mark = f"网状线 {key.removeprefix('GRID-')}"
        here = [t for t in templates_of(plan) if mark in t.marks]
        assert {t.character for t in here} == LETTERING
        # sizes are rounded to 0.1 mm
        assert sum(t.cut.area for t in here) / 1e6 == pytest.approx(plan.lettering[key].bridged_m2, rel=1e-3)


def test_gdal_reads_every_contour_and_the_plate_stays_in_one_piece(plan, written):
    _, files = written
    templates = {t.name: t for t in templates_of(plan)}
    for path in files[:-1]:
        template = templates[path.stem]
        contours = rings(path, "CUT")
        assert all(ring.is_valid and ring.exterior.is_simple for ring in contours)
        assert sum(ring.area for ring in contours) == pytest.approx(template.cut.area, rel=1e-6)
        (plate,) = rings(path, "PLATE")
        assert plate.bounds == (0.0, 0.0, *template.plate_mm)
        left = plate.difference(shapely.union_all(contours))
        assert left.geom_type == "Polygon"
        # what is cut keeps clear of the edge: the margin is 60 mm, less where a stroke leaves its em box
        assert shapely.union_all(contours).distance(plate.exterior) > 40.0


def test_marks_and_labels_lie_on_the_plate_and_off_the_cut(written):
    _, files = written
    for path in files[:-1]:
        doc = ezdxf.readfile(path)
        assert len(doc.audit().errors) == 0
        assert doc.header["$INSUNITS"] == 4
        cut = shapely.union_all(rings(path, "CUT"))
        marks = [shapely.LineString(line.get_points("xy")) for line in doc.modelspace().query('LWPOLYLINE[layer=="MARK"]')]
        assert len(marks) == 16
        assert all(mark.length == pytest.approx(20.0) and not mark.intersects(cut) for mark in marks)
        texts = [text.dxf.text for text in doc.modelspace().query("TEXT")]
        character = chr(int(path.stem[2:6], 16))
        assert any(text.startswith(f"{character} U+") and "mm" in text for text in texts)
        assert all(entity.dxf.layer in {"CUT", "PLATE", "MARK", "TEXT"} for entity in doc.modelspace())


def test_parts_on_the_plates_do_not_overlap_and_are_all_there(plan, written):
    _, files = written
    stock, parts, cuts = (rings(files[-1], layer) for layer in ("STOCK", "PLATE", "CUT"))
    templates = templates_of(plan)
    assert len(parts) == len(templates)
    for one, other in itertools.combinations(parts, 2):
        assert one.distance(other) > 7.9
    for part in parts:
        assert any(plate.buffer(-9.9).covers(part) for plate in stock)
    assert sum(ring.area for ring in cuts) == pytest.approx(sum(t.cut.area for t in templates), rel=1e-6)
    assert not ezdxf.readfile(files[-1]).modelspace().query("INSERT")


sizes = st.tuples(st.floats(50.0, 1500.0), st.floats(50.0, 3000.0))


@settings(max_examples=60)
@given(st.lists(sizes, max_size=25))
def test_nested_parts_keep_apart(wanted):
    nest = nested(wanted, (1220.0, 2440.0), border=10.0, gap=8.0)
    assert len(nest.laid) == len(wanted)
    shapes = []
    for (width, height), laid in zip(wanted, nest.laid, strict=True):
        w, h = (height, width) if laid.turned else (width, height)
        plate = nest.plates[laid.plate]
        assert laid.x >= 10.0
        assert laid.y >= 10.0
        assert laid.x + w <= plate[0] - 10.0 + 1e-6
        assert laid.y + h <= plate[1] - 10.0 + 1e-6
        shapes.append((laid.plate, box(laid.x, laid.y, laid.x + w, laid.y + h)))
    for (p, a), (q, b) in itertools.combinations(shapes, 2):
        assert p != q or a.distance(b) > 8.0 - 1e-6
    # only what fits no plate has a larger one, and no plate is empty
    large = sum(min(s) > 1200.0 or max(s) > 2420.0 for s in wanted)
    assert sum(plate != (1220.0, 2440.0) for plate in nest.plates) == large
    assert {laid.plate for laid in nest.laid} == set(range(len(nest.plates)))


def test_a_turned_part_is_cut_as_it_is(plan, tmp_path):
    # plates lower than the parts: every part is turned
    files = write_stencils(plan, tmp_path, plate_mm=(1220.0, 800.0))
    templates = templates_of(plan)
    cuts, parts = rings(files[-1], "CUT"), rings(files[-1], "PLATE")
    assert sum(ring.area for ring in cuts) == pytest.approx(sum(t.cut.area for t in templates), rel=1e-6)
    inside = shapely.STRtree(parts).query(cuts, predicate="covered_by")[0]
    assert np.array_equal(np.sort(inside), np.arange(len(cuts)))


def test_english_and_other_versions(plan, tmp_path):
    files = write_stencils(plan, tmp_path, lang="en", dxf_version="R2000")
    doc = ezdxf.readfile(files[0])
    assert doc.dxfversion == "AC1015"
    assert any("for box 2800×2100" in text.dxf.text for f in files for text in ezdxf.readfile(f).modelspace().query("TEXT"))


def test_what_cannot_be_cut_is_said(plan, tmp_path):
    with pytest.raises(UsageError, match="R13"):
        write_stencils(plan, tmp_path, dxf_version="R13")
    with pytest.raises(UsageError, match="plate"):
        write_stencils(plan, tmp_path, plate_mm=(5.0, 5.0))
    no_chinese = Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    with pytest.raises(InputError, match="消"):
        write_stencils(plan, tmp_path / "none", font=no_chinese)
    assert not (tmp_path / "none").exists()


def test_a_part_for_many_marks_names_a_few(tmp_path):
    plan = a_plan()
    (key, *_) = [k for k in plan.lettering if k.startswith("GRID-")]
    rows = plan.paint[plan.paint["mark_id"] == key]
    ids = [f"GRID-<script>{n}{'很长' * 50}" for n in range(9)]
    paint = pd.concat([rows.assign(mark_id=i) for i in ids])
    many = dataclasses.replace(plan, paint=paint, lettering=dict.fromkeys(ids, plan.lettering[key]))
    files = write_stencils(many, tmp_path)
    assert len(files) == 9
    texts = list(ezdxf.readfile(files[0]).modelspace().query("TEXT"))
    assert any("另 6 处" in text.dxf.text for text in texts)
    assert all(text.dxf.height > 2.0 for text in texts)
    assert all(path.name.isascii() and "<" not in path.name for path in files)


def test_no_lettering_no_files(tmp_path):
    bare = dataclasses.replace(a_plan(), lettering={})
    assert write_stencils(bare, tmp_path / "x") == ()


@pytest.mark.parametrize("layout", ["column", "line"])
def test_other_arrangements_have_templates_of_their_own(layout):
    plan = a_plan(text_layout=layout)
    templates = templates_of(plan)
    for key, area in plan.lettering.items():
        mark = f"网状线 {key.removeprefix('GRID-')}" if key.startswith("GRID-") else None
        here = [t for t in templates if (mark in t.marks if mark else any(m.startswith("方框") for m in t.marks))]
        assert {t.character for t in here} == LETTERING, key
        assert sum(t.cut.area for t in here) / 1e6 == pytest.approx(area.bridged_m2, rel=2e-3), key
