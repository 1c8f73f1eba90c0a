from __future__ import annotations

import math
import os
import re
import subprocess
import sys

import ezdxf
import matplotlib.image as mpimg
import numpy as np
import pytest
from ezdxf.addons.drawing.config import BackgroundPolicy, Configuration
from ezdxf.addons.drawing.frontend import Frontend
from ezdxf.addons.drawing.matplotlib import MatplotlibBackend
from ezdxf.addons.drawing.properties import RenderContext
from ezdxf.enums import TextEntityAlignment
from ezdxf.math import Vec2
from ezdxf.npshapes import NumpyPath2d
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.path import Path as Outline
from pdf_text import pdf_text

from firelane.drawing.labelfont import label_font
from firelane.drawing.picture import Picture, Piece, Style, oriented
from firelane.drawing.plot import plot_pdf, plot_png, plot_pngs
from firelane.errors import InputError

DPI = 60


def sheet(doc, name, size, *, first=False):
    if first:
        doc.layouts.rename("Layout1", name)
    else:
        doc.layouts.new(name)
    layout = doc.paperspace(name)
    layout.page_setup(size=size, margins=(0, 0, 0, 0), units="mm")
    layout.reset_main_viewport(center=(size[0] / 2, size[1] / 2), size=size)
    return layout


def window(layout, centre, size, target, scale, *, twist_deg=0.0, frozen=()):
    viewport = layout.add_viewport(
        center=centre, size=size, view_center_point=(0, 0), view_height=size[1] * scale / 1000, status=len(layout.query("VIEWPORT")) + 1
    )
    viewport.dxf.view_target_point = (*target, 0.0)
    viewport.dxf.view_twist_angle = twist_deg
    viewport.frozen_layers = list(frozen)


def drawing():
    """Two sheets, one with turned windows on a model of blocks, attributes, fills with holes, dashed lines and texts."""
    doc = ezdxf.new("R2004", units=6)
    doc.encoding = "gbk"
    doc.styles.add("汉字", font="simsun.ttf")
    doc.linetypes.add("DASH", pattern=[4.0, 3.0, -1.0])
    for name, color in (("PAINT", 2), ("EDGE", 7), ("NOTE", 5), ("POINTS", 1), ("HIDDEN", 3)):
        doc.layers.add(name, color=color, lineweight=35 if name == "EDGE" else 18)
    mark = doc.blocks.new("FL-MARK")
    hatch = mark.add_hatch(color=0, dxfattribs={"layer": "0", "hatch_style": 0})
    hatch.paths.add_polyline_path([(-2, -1), (2, -1), (2, 1), (-2, 1)], is_closed=True, flags=1)
    hatch.paths.add_polyline_path([(-1.5, -0.5), (1.5, -0.5), (1.5, 0.5), (-1.5, 0.5)], is_closed=True, flags=16)
    hatch = mark.add_hatch(color=0, dxfattribs={"layer": "0", "hatch_style": 0})
    hatch.paths.add_polyline_path([(-0.2, -0.2), (0.8, -0.2), (0.0, 0.4)], is_closed=True, flags=1)
    point = doc.blocks.new("POINT")
    point.add_circle((0, 0), 0.5, dxfattribs={"layer": "0"})
    point.add_attdef("NO", (0.6, 0.6), dxfattribs={"height": 1.0, "style": "汉字", "layer": "0"})
    outer = doc.blocks.new("OUTER")
    outer.add_blockref("FL-MARK", (0, 3), dxfattribs={"layer": "0", "rotation": 30})
    outer.add_line((-2, 0), (2, 0), dxfattribs={"layer": "EDGE"})
    model = doc.modelspace()
    model.add_lwpolyline([(-20, -10), (20, -10), (20, 10), (-20, 10)], close=True, dxfattribs={"layer": "EDGE"})
    for k in range(6):
        model.add_blockref("FL-MARK", (-15 + 6 * k, -6), dxfattribs={"layer": "PAINT", "rotation": 25 * k, "yscale": -1 if k % 2 else 1})
    model.add_blockref("OUTER", (0, 0), dxfattribs={"layer": "PAINT", "color": 6, "xscale": 1.5, "yscale": 1.5, "rotation": 10})
    for k in range(3):
        insert = model.add_blockref("POINT", (-12 + 10 * k, 6), dxfattribs={"layer": "POINTS"})
        insert.add_auto_attribs({"NO": f"点{k + 1}"})
    model.add_text("消防车道 B8", height=1.5, dxfattribs={"layer": "NOTE", "style": "汉字", "rotation": 15}).set_placement(
        (10, 3), align=TextEntityAlignment.MIDDLE_CENTER
    )
    model.add_line((-18, 8), (18, 8), dxfattribs={"layer": "HIDDEN"})
    # a large area of many corners, with a hole, of which the windows show a part
    round_about = [(math.cos(t), math.sin(t)) for t in np.linspace(0, 2 * math.pi, 400, endpoint=False)]
    hatch = model.add_hatch(color=4, dxfattribs={"layer": "PAINT", "hatch_style": 0})
    hatch.paths.add_polyline_path([(31 * x, 27 * y) for x, y in round_about], is_closed=True, flags=1)
    hatch.paths.add_polyline_path([(25 * x, 20 * y) for x, y in round_about], is_closed=True, flags=16)
    model.add_lwpolyline([(29 * x, 24 * y) for x, y in round_about], close=True, dxfattribs={"layer": "EDGE"})
    one = sheet(doc, "一", (420, 297), first=True)
    window(one, (110, 150), (180, 180), (0, 0), 250, frozen=["HIDDEN"])
    window(one, (310, 150), (180, 180), (5, -2), 200, twist_deg=35.0, frozen=["hidden", "NOTE"])
    one.add_mtext("说明\\P第二行 50%", dxfattribs={"char_height": 5, "insert": (150, 280), "style": "汉字", "layer": "NOTE"})
    one.add_lwpolyline([(10, 10), (410, 10), (410, 287), (10, 287)], close=True, dxfattribs={"layer": "EDGE", "lineweight": 100})
    two = sheet(doc, "二", (594, 420))
    two.add_line((20, 20), (574, 20), dxfattribs={"linetype": "DASH", "layer": "EDGE"})
    return doc


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    path = tmp_path_factory.mktemp("plot") / "x.dxf"
    drawing().saveas(path)
    return path


def pixels(path):
    return mpimg.imread(path)[..., :3]


def by_the_library(path, name, dpi):
    """A sheet as ezdxf itself draws it."""
    doc = ezdxf.readfile(path)
    font = label_font(doc).name
    for style in doc.styles:
        style.dxf.font = font
    layout = doc.paperspace(name)
    width, height = layout.dxf.paper_width, layout.dxf.paper_height
    figure = Figure(figsize=(width / 25.4, height / 25.4), dpi=dpi)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    config = Configuration(background_policy=BackgroundPolicy.WHITE, lineweight_scaling=72 / 25.4, min_lineweight=0.1)
    Frontend(RenderContext(doc), MatplotlibBackend(axes, adjust_figure=False), config=config).draw_layout(layout)
    axes.set_aspect("auto")
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3] / 255.0


def test_a_sheet_looks_as_the_library_draws_it(drawn, tmp_path):
    plot_png(drawn, tmp_path / "x.png", dpi=DPI)
    ours, theirs = pixels(tmp_path / "x.png"), by_the_library(drawn, "一", DPI)
    ours = ours[len(ours) - len(theirs) :]  # the library cuts off what is left of a pixel at the top
    assert ours.shape == theirs.shape
    inked = (theirs.min(axis=-1) < 0.9).sum()
    # edges of lines are rounded otherwise; nothing is missing, moved, or of another colour
    differs = (np.abs(ours - theirs).max(axis=-1) > 0.5).sum()
    assert inked > 5000
    assert differs < 0.02 * inked


def test_frozen_layers_stay_out_of_a_window(drawn, tmp_path):
    plot_png(drawn, tmp_path / "x.png", dpi=DPI)
    doc = ezdxf.readfile(drawn)
    for viewport in doc.paperspace("一").query("VIEWPORT"):
        viewport.frozen_layers = []
    doc.saveas(tmp_path / "thawed.dxf")
    plot_png(tmp_path / "thawed.dxf", tmp_path / "thawed.png", dpi=DPI)

    def green(picture):
        return int(((picture[..., 1] > 0.9) & (picture[..., 0] < 0.6) & (picture[..., 2] < 0.6)).sum())

    assert green(pixels(tmp_path / "x.png")) == 0
    assert green(pixels(tmp_path / "thawed.png")) > 50


def test_a_window_hides_what_lies_outside(drawn, tmp_path):
    doc = ezdxf.readfile(drawn)
    doc.modelspace().add_line((-500, 0), (500, 0), dxfattribs={"layer": "PAINT", "lineweight": 200})
    doc.saveas(tmp_path / "x.dxf")
    plot_png(tmp_path / "x.dxf", tmp_path / "x.png", dpi=DPI)
    picture = pixels(tmp_path / "x.png")
    yellow = (picture[..., 0] > 0.9) & (picture[..., 1] > 0.9) & (picture[..., 2] < 0.4)
    columns = np.flatnonzero(yellow.any(axis=0)) / DPI * 25.4
    assert columns.min() > 19.0
    assert columns.max() < 401.0
    # between the windows (200 to 220 mm) there is paper
    assert not ((columns > 201.0) & (columns < 219.0)).any()


def test_dashes_are_measured_on_paper(drawn, tmp_path):
    plot_png(drawn, tmp_path / "x.png", dpi=150, sheet=1)
    picture = pixels(tmp_path / "x.png")
    row = picture[round((420 - 20) / 25.4 * 150)].min(axis=-1) < 0.5
    starts = int((np.diff(row.astype(int)) == 1).sum())
    # 554 mm in pieces of 3 + 1 mm
    assert starts == pytest.approx(554 / 4, abs=2)
    assert row.sum() / 150 * 25.4 == pytest.approx(554 * 0.75, rel=0.06)


def test_every_sheet_becomes_a_picture_of_its_size(drawn, tmp_path):
    files = plot_pngs(drawn, tmp_path / "out", dpi=DPI)
    assert [f.name for f in files] == ["out-01.png", "out-02.png"]
    assert [pixels(f).shape[:2] for f in files] == [(round(h / 25.4 * DPI), round(w / 25.4 * DPI)) for w, h in ((420, 297), (594, 420))]
    assert plot_pngs(drawn, tmp_path, dpi=20) == [tmp_path / "x-01.png", tmp_path / "x-02.png"]
    assert plot_pngs(drawn, tmp_path / "y.png", dpi=20)[1] == tmp_path / "y-02.png"
    size = plot_png(drawn, tmp_path / "two.png", dpi=DPI, sheet=1)
    assert size == (round(594 / 25.4 * DPI), round(420 / 25.4 * DPI))
    assert (tmp_path / "two.png").read_bytes() == files[1].read_bytes()


def test_pdf_pages_have_the_size_of_the_paper_and_the_same_bytes(drawn, tmp_path):
    assert plot_pdf(drawn, tmp_path / "a.pdf") == 2
    assert plot_pdf(drawn, tmp_path / "b.pdf") == 2
    content = (tmp_path / "a.pdf").read_bytes()
    assert content == (tmp_path / "b.pdf").read_bytes()
    boxes = [tuple(float(v) for v in m) for m in re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", content)]
    assert boxes == [pytest.approx((w * 72 / 25.4, h * 72 / 25.4), abs=0.01) for w, h in ((420, 297), (594, 420))]


def test_plots_refuse_what_is_no_drawing(drawn, tmp_path):
    (tmp_path / "x.dxf").write_text("not a drawing")
    for plot in (plot_png, plot_pdf, plot_pngs):
        with pytest.raises(InputError):
            plot(tmp_path / "x.dxf", tmp_path / "x.out")
        with pytest.raises(InputError):
            plot(tmp_path / "none.dxf", tmp_path / "x.out")
    with pytest.raises(InputError, match="no sheet 2"):
        plot_png(drawn, tmp_path / "x.png", sheet=2)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.dxf"]


def test_a_field_beside_a_larger_one_is_not_painted():
    # The small hole lies in the bounding box of the L-shaped one, but not in it.
    def loop(*points):
        return NumpyPath2d.from_vertices(Vec2.list(points), close=True)

    outer = loop((0, 0), (20, 0), (20, 20), (0, 20))
    corner = loop((2, 2), (18, 2), (18, 4), (4, 4), (4, 18), (2, 18))
    small = loop((8, 8), (8, 12), (12, 12), (12, 8))
    island = loop((9, 9), (11, 9), (11, 11), (9, 11))
    turned = [path.has_clockwise_orientation() for path in oriented([outer, corner, small, island])]
    assert turned == [False, True, True, False]


spots = st.tuples(st.floats(-50, 50), st.floats(-50, 50), st.floats(-180, 180), st.sampled_from(["a", "b"]))


@settings(max_examples=50)
@given(st.lists(spots, max_size=30), st.tuples(st.floats(-50, 0), st.floats(-50, 0), st.floats(0, 50), st.floats(0, 50)))
def test_a_window_picks_all_that_meets_it(placed, view):
    corners = np.array([(-2.0, -1.0), (2.0, -1.0), (2.0, 1.0), (-2.0, 1.0)])
    pieces = []
    for x, y, degrees, layer in placed:
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        matrix = np.array([[cos, -sin, x], [sin, cos, y], [0, 0, 1.0]])
        pieces.append(Piece(Outline(corners), Style("#000000", True, 0.0, (), (layer,)), matrix))
    found = Picture(pieces).within(view, frozenset({"b"}))
    for piece in pieces:
        seen = corners @ piece.matrix[:2, :2].T + piece.matrix[:2, 2]
        inside = ((seen >= view[:2]) & (seen <= view[2:])).all(axis=1).any()
        if "b" in piece.style.layers:
            assert not any(piece is p for p in found)
        elif inside:
            assert any(piece is p for p in found)
        elif (seen.max(axis=0) < view[:2]).any() or (seen.min(axis=0) > view[2:]).any():
            assert not any(piece is p for p in found)


def test_texts_of_a_pdf_can_be_searched(drawn, tmp_path):
    plot_pdf(drawn, tmp_path / "x.pdf")
    page = pdf_text(tmp_path / "x.pdf", 1)
    assert "说明" in page
    assert "第二行 50%" in page
    assert "点3" in page  # an attribute
    # turned by 15°: its characters come line by line; in one window, for its layer is frozen in the other
    assert (page.count("消防"), page.count("道 B8")) == (1, 1)


def test_a_page_looks_as_the_picture_of_its_sheet(drawn, tmp_path):
    plot_pdf(drawn, tmp_path / "x.pdf")
    pdf_text(tmp_path / "x.pdf")  # skips where poppler is not installed
    subprocess.run(["pdftoppm", "-r", "100", "-f", "1", "-l", "1", "-png", "-singlefile", "x.pdf", "page"], cwd=tmp_path, check=True)
    plot_png(drawn, tmp_path / "x.png", dpi=100)
    page, picture = pixels(tmp_path / "page.png"), pixels(tmp_path / "x.png")
    rows, columns = (min(a, b) for a, b in zip(page.shape, picture.shape, strict=True) if a > 3)
    page, picture = page[-rows:, :columns], picture[-rows:, :columns]
    # readers draw thin lines each in its way: every stroke of the one has the other's beside it, in much the same colour
    for one, other in ((page, picture), (picture, page)):
        inked = one.min(axis=-1) < 0.6
        near = np.min(
            [np.abs(one - np.roll(other, (y, x), axis=(0, 1))).max(axis=-1) for y in (-1, 0, 1) for x in (-1, 0, 1)], axis=0
        )
        assert (near[inked] > 0.5).mean() < 0.02


@pytest.mark.slow
def test_the_same_drawing_gives_the_same_pages_in_another_process(drawn, tmp_path):
    # sets of characters and of styles are ordered by hashes, which differ from process to process
    program = "import sys; from firelane.drawing.plot import plot_pdf; plot_pdf(sys.argv[1], sys.argv[2])"
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", program, str(drawn), str(tmp_path / f"{seed}.pdf")], env={**os.environ, "PYTHONHASHSEED": seed}, check=True
        )
    assert (tmp_path / "1.pdf").read_bytes() == (tmp_path / "2.pdf").read_bytes()
