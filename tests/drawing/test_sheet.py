from __future__ import annotations

import dataclasses
import math
from itertools import pairwise

import drawing_scene as scene
import ezdxf
import pyproj
import pytest
import shapely
from ezdxf.math import Vec2
from ezdxf.npshapes import NumpyPath2d
from hypothesis import given, settings
from hypothesis import strategies as st

from firelane.drawing import plot_pdf, plot_png, write_dxf
from firelane.drawing.catalogue import sheet_catalogue
from firelane.drawing.furniture import convergence_deg
from firelane.drawing.labels import LabelField, around, centred
from firelane.drawing.plot import _oriented
from firelane.drawing.sheet import Item, choose_sheet, flow
from firelane.drawing.text import text_width
from firelane.errors import InputError

SHEET = sheet_catalogue()


def chosen(width_m, height_m, column_mm=200.0):
    plan = choose_sheet((width_m, height_m), lambda _spec: [Item(column_mm, lambda *_: None)], SHEET)
    return plan.format.name, plan.scale


@pytest.mark.parametrize(
    ("size_m", "sheet"),
    [
        # A3, one column of 104 mm: the plan keeps 286 x 271 mm, 30 mm of that for labels
        ((51.2, 30.0), ("A3", 200)),
        ((51.3, 30.0), ("A3", 300)),
        ((128.0, 100.0), ("A3", 500)),
        ((128.1, 100.0), ("A2", 500)),
        ((400.0, 300.0), ("A0", 500)),
        ((600.0, 500.0), ("A1", 1000)),
        ((2000.0, 1500.0), ("A0", 2000)),
        ((4000.0, 3000.0), ("A0", 5000)),
    ],
)
def test_smallest_sheet_largest_scale(size_m, sheet):
    assert chosen(*size_m) == sheet


def test_any_size_gets_a_sheet():
    assert chosen(1.0, 1.0) == ("A3", 200)
    name, scale = chosen(3e6, 3e6)
    assert name == "A0"
    assert scale % 10_000 == 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(1.0, 180.0), st.booleans()), max_size=30),
    st.floats(250.0, 800.0),
    st.floats(10.0, 60.0),
)
def test_columns_hold_everything_once_and_text_in_order(items, column_mm, title_mm):
    placed, count = flow(items, column_mm, column_mm - title_mm)
    assert len(placed) == len(items)
    running = [column for (column, _), (_, solid) in zip(placed, items, strict=True) if not solid]
    assert running == sorted(running)
    for column in range(count):
        here = sorted((top, h) for (c, top), (h, _) in zip(placed, items, strict=True) if c == column)
        for (top, height), (following, _) in pairwise(here):
            assert top + height <= following + 1e-9
        if here:
            assert sum(here[-1]) <= column_mm - (title_mm if column == count - 1 else 0.0) + 1e-9


def test_solid_things_fill_the_gaps():
    placed, count = flow([(80.0, False), (30.0, False), (60.0, True), (20.0, True)], 100.0, 50.0)
    assert placed == [(0, 0.0), (1, 0.0), (1, 30.0), (0, 80.0)]
    assert count == 3


def test_a_field_beside_a_larger_one_is_not_painted():
    # The small hole lies in the bounding box of the L-shaped one, but not in it.
    def loop(*points):
        return NumpyPath2d.from_vertices(Vec2.list(points), close=True)

    outer = loop((0, 0), (20, 0), (20, 20), (0, 20))
    corner = loop((2, 2), (18, 2), (18, 4), (4, 4), (4, 18), (2, 18))
    small = loop((8, 8), (8, 12), (12, 12), (12, 8))
    island = loop((9, 9), (11, 9), (11, 11), (9, 11))
    turned = [path.has_clockwise_orientation() for path in _oriented([outer, corner, small, island])]
    assert turned == [False, True, True, False]


boxes = st.tuples(st.floats(0, 90), st.floats(0, 90)).map(lambda p: (p[0], p[1], p[0] + 10, p[1] + 5))


@settings(max_examples=50, deadline=None)
@given(st.lists(boxes, max_size=40))
def test_placed_labels_never_overlap(wanted):
    field = LabelField((0, 0, 100, 100), [], 7.0)
    kept = [shapely.box(*b) for b in wanted if field.place([b]) is not None]
    for i, a in enumerate(kept):
        for b in kept[i + 1 :]:
            assert shapely.intersection(a, b).area == 0.0


def test_a_label_prefers_bare_ground_and_keeps_to_the_window():
    ink = [shapely.box(5, -20, 30, 20)]
    field = LabelField((-50, -50, 50, 50), ink, 10.0)
    candidates = around((0, 0), 10, 4, [5.0])
    taken = candidates[field.place(candidates)]
    assert not shapely.box(*taken).intersects(ink[0])
    assert LabelField((0, 0, 5, 5), [], 10.0).place([centred((2, 2), 10, 2)]) is None


def test_convergence_is_that_of_the_projection():
    # Shenyang, 0.44° east of the central meridian: true north is 0.29° left of grid north
    assert convergence_deg(scene.audit()) == pytest.approx(0.2885, abs=2e-3)
    analytic = math.degrees(math.atan(math.tan(math.radians(0.4328)) * math.sin(math.radians(41.8045))))
    assert convergence_deg(scene.audit()) == pytest.approx(analytic, abs=2e-3)


def test_the_north_arrow_leans_left_east_of_the_central_meridian(tmp_path):
    write_dxf(scene.plan(), scene.audit(), tmp_path / "x.dxf")
    layout = ezdxf.readfile(tmp_path / "x.dxf").paperspace("总平面")
    (circle,) = layout.query("CIRCLE").filter(lambda e: e.dxf.radius == 12.0)
    arrow = next(
        h for h in layout.query("HATCH") if len(h.paths.paths[0].vertices) == 3
    ).paths.paths[0].vertices
    tip = max(arrow, key=lambda v: v[1])
    lean = math.degrees(math.atan2(circle.dxf.center.x - tip[0], tip[1] - circle.dxf.center.y))
    assert lean == pytest.approx(0.2885, abs=2e-3)


@pytest.fixture(scope="module", params=["zh", "en"])
def drawn(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("sheet") / "x.dxf"
    write_dxf(scene.plan(), scene.audit(), path, lang=request.param)
    doc = ezdxf.readfile(path)
    return path, doc, doc.paperspace("总平面" if request.param == "zh" else "General plan")


def test_the_plan_is_to_scale_and_holds_the_site(drawn):
    _, doc, layout = drawn
    viewport = max((v for v in layout.query("VIEWPORT") if v.dxf.id > 1), key=lambda v: v.dxf.width)
    scale = viewport.dxf.view_height / viewport.dxf.height * 1000
    assert scale == pytest.approx(500)
    assert any(e.dxf.text == "1:500" for e in layout.query("TEXT"))
    west, south, east, north = viewport.get_modelspace_limits()
    # E 535936 … 536049, N 4629985 … 4630092
    assert west < 36 - 7
    assert east > 149 + 7
    assert south < -15 - 7
    assert north > 92 + 7
    assert {"G-ANNO-DIMS"} == set(viewport.frozen_layers)
    assert doc.layers.get("VIEWPORTS").dxf.plot == 0


def test_texts_stay_in_the_columns_and_off_each_other(drawn):
    _, _, layout = drawn
    viewport = max((v for v in layout.query("VIEWPORT") if v.dxf.id > 1), key=lambda v: v.dxf.width)
    right = viewport.dxf.center.x + viewport.dxf.width / 2
    width = layout.dxf.paper_width
    cells = []
    for text in layout.query("TEXT"):
        length = text_width(text.dxf.text, text.dxf.height) * text.dxf.get("width", 1.0)
        x, y, _ = text.dxf.align_point if text.dxf.halign or text.dxf.valign else text.dxf.insert
        x -= length / 2 if text.dxf.halign in {1, 4} else length if text.dxf.halign == 2 else 0.0
        y -= text.dxf.height / 2 if text.dxf.valign == 2 or text.dxf.halign == 4 else 0.0
        if x > right:
            assert x + length <= width - 10.0 + 1e-6, text.dxf.text
        cells.append(shapely.box(x, y, x + length, y + text.dxf.height).buffer(-0.05))
    first, second = shapely.STRtree(cells).query(cells, predicate="intersects")
    assert [(layout.query("TEXT")[i].dxf.text, layout.query("TEXT")[j].dxf.text) for i, j in zip(first, second, strict=True) if i < j] == []


def test_the_plot_has_the_size_of_the_paper_and_shows_the_paint(drawn, tmp_path):
    import matplotlib.image

    path, _, _ = drawn
    size = plot_png(path, tmp_path / "x.png", dpi=60)
    assert size == (round(594 / 25.4 * 60), round(420 / 25.4 * 60))
    picture = matplotlib.image.imread(tmp_path / "x.png")
    assert picture.shape[:2] == (size[1], size[0])
    yellow = (picture[..., 0] > 0.9) & (picture[..., 1] > 0.7) & (picture[..., 2] < 0.3)
    assert yellow.mean() > 0.003


def test_pdf_pages_have_the_size_of_the_paper(tmp_path):
    write_dxf(scene.plan(), scene.audit(), tmp_path / "x.dxf")
    assert plot_pdf(tmp_path / "x.dxf", tmp_path / "x.pdf") == 1
    content = (tmp_path / "x.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    assert b"/MediaBox [ 0 0 1683.7795" in content


def test_plots_refuse_what_is_no_drawing(tmp_path):
    (tmp_path / "x.dxf").write_text("not a drawing")
    with pytest.raises(InputError):
        plot_png(tmp_path / "x.dxf", tmp_path / "x.png")
    with pytest.raises(InputError):
        plot_pdf(tmp_path / "none.dxf", tmp_path / "x.pdf")
    assert not (tmp_path / "x.pdf").exists()


def test_other_coordinate_systems(tmp_path):
    # a custom system without a code: its name goes into the drawing instead
    crs = pyproj.CRS.from_proj4("+proj=tmerc +lat_0=0 +lon_0=123.4 +k=1 +x_0=500000 +ellps=GRS80 +units=m")
    here = scene.site()
    here = dataclasses.replace(here, crs=crs)
    write_dxf(scene.plan(of=here), scene.audit(of=here), tmp_path / "x.dxf")
    doc = ezdxf.readfile(tmp_path / "x.dxf")
    assert doc.header.custom_vars.get("firelane_crs") == "unknown"
