"""The set as a whole: what is inside the frame, the size of the plots, how labels are placed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import drawing_scene as scene
import ezdxf
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box
from sheet_texts import in_title_block, sheets, shown_texts, values

from firelane.auditing import audit
from firelane.drawing import DrawingOptions, plot_png, write_dxf
from firelane.drawing.catalogue import sheet_catalogue
from firelane.drawing.labels import LabelField, around, centred
from firelane.drawing.options import format_named
from firelane.drawing.sheets.frame import sheet_room
from firelane.markings import plan_markings
from firelane.run import clear_widths
from firelane.site import read_site

DATA = Path(__file__).parents[2] / "data"


def outside(doc, name="A3"):
    """Texts that reach out of the frame, by sheet."""
    spec = format_named(name)
    room = sheet_room(spec, sheet_catalogue())
    frame = box(room.x0, spec.margin_mm, room.x1, room.y1)
    return [
        (values(layout)["NUMBER"], shown.text) for layout in sheets(doc) for shown in shown_texts(layout)
        if not frame.contains(shown.shape)
    ]  # fmt: skip


@cache
def sample(name):
    result = audit(read_site(DATA / name), remedies=False)
    return plan_markings(result.site, result.network, clear_widths=clear_widths(result)), result


@pytest.mark.parametrize(("name", "lang"), [
    ("shenyang_district", "zh"), ("shenyang_compliant", "en"),
    pytest.param("shenyang_district", "en", marks=pytest.mark.slow),
    pytest.param("shenyang_compliant", "zh", marks=pytest.mark.slow),
])  # fmt: skip
def test_every_text_of_every_sheet_lies_inside_the_frame(name, lang, tmp_path):
    write_dxf(*sample(name), tmp_path / "x.dxf", DrawingOptions(lang=lang))
    doc = ezdxf.readfile(tmp_path / "x.dxf")
    assert len(sheets(doc)) > 4
    assert outside(doc) == []


@pytest.mark.parametrize("name", ["A2", "A1", "A0"])
def test_the_same_on_larger_formats(name, tmp_path):
    write_dxf(scene.plan(), scene.audit(), tmp_path / "x.dxf", DrawingOptions(sheet=name))
    doc = ezdxf.readfile(tmp_path / "x.dxf")
    spec = format_named(name)
    assert {(layout.dxf.paper_width, layout.dxf.paper_height) for layout in sheets(doc)} == {(spec.width_mm, spec.height_mm)}
    assert outside(doc, name) == []


def test_a_text_outside_would_be_found(tmp_path):
    write_dxf(scene.plan(), scene.audit(), tmp_path / "x.dxf")
    doc = ezdxf.readfile(tmp_path / "x.dxf")
    sheets(doc)[0].add_text("出界", height=3.5, dxfattribs={"insert": (410.0, 100.0)})
    assert outside(doc) == [(f"01 / {len(sheets(doc)):02d}", "出界")]


def test_names_of_the_site_are_data_and_do_no_harm(tmp_path):
    name = "<script>alert(1)</script>=1+1 %%u\\P{x}\n" + "很长的名字" * 60
    here = scene.site(name=name)
    write_dxf(scene.plan(of=here), scene.audit(of=here), tmp_path / "x.dxf")
    doc = ezdxf.readfile(tmp_path / "x.dxf")
    assert doc.audit().errors == []
    assert outside(doc) == []
    assert any(text.startswith("<script>alert(1)</script>=1+1") for text in in_title_block(sheets(doc)[0]))


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


def test_the_general_plan_shows_the_paint(tmp_path):
    import matplotlib.image

    write_dxf(scene.plan(), scene.audit(), tmp_path / "x.dxf")
    titles = [values(layout)["TITLE"] for layout in sheets(ezdxf.readfile(tmp_path / "x.dxf"))]
    plot_png(tmp_path / "x.dxf", tmp_path / "x.png", dpi=60, sheet=titles.index("消防车通道标线平面图"))
    picture = matplotlib.image.imread(tmp_path / "x.png")
    yellow = (picture[..., 0] > 0.9) & (picture[..., 1] > 0.7) & (picture[..., 2] < 0.3)
    # the paint of the scene is 122 m² in plan: 490 mm² at 1:500 of 124 740 mm² of paper, much of it in lines thinner than a pixel
    assert 0.001 < yellow.mean() < 0.006
