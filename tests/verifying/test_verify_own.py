"""Drawings of ours: they pass in every form, and fail when somebody spoils them in CAD."""

from __future__ import annotations

import functools

import ezdxf
import pytest
import shapely
from command import HOME, run
from shapely import affinity
from verify_edits import area, change, pieces, southern, tags
from verify_scenes import failing, network, street, verdict

from firelane.auditing import audit
from firelane.drawing import DrawingOptions, write_dxf
from firelane.fonts import glyph_outlines
from firelane.lanes.network import lane_network
from firelane.markings import plan_markings
from firelane.run import clear_widths
from firelane.site import read_site
from firelane.verifying import verify_drawing

FORMS = [
    {}, {"units": "mm"}, {"coords": "survey"}, {"exploded": True}, {"dxf_version": "R2018"}, {"labels": "outline"},
    {"units": "mm", "coords": "survey", "exploded": True, "dxf_version": "R2010"}, {"layer_names": {"G-FIRE-LINE": "边线", "G-FIRE-BOX": "B"}},
]  # fmt: skip
MIDDLE_Y = 100.0  # the street's axis in the drawing, whose origin is 100 m south of it


@functools.cache
def drawn(folder, *, exploded=True):
    """Our drawing of the street, written once."""
    result = audit(street(), remedies=False)
    plan = plan_markings(result.site, network())
    file = folder / f"own-{exploded}.dxf"
    write_dxf(plan, result, file, DrawingOptions(exploded=exploded))
    # Sheets and what stands around the paint play no part in what follows, and take most of the time to read.
    doc = ezdxf.readfile(file)
    for layout in doc.layouts:
        if not layout.is_modelspace:
            layout.delete_all_entities()
    model = doc.modelspace()
    for entity in list(model):
        if not tags(entity)[0] or tags(entity)[0] == "site/1":
            model.delete_entity(entity)
    doc.saveas(file)
    return file


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("own")


def spoilt(folder, tmp_path, hand, *, exploded=True):
    """Judge our drawing after somebody's hand."""
    doc = ezdxf.readfile(drawn(folder, exploded=exploded))
    hand(doc)
    doc.saveas(tmp_path / "spoilt.dxf")
    return verdict(tmp_path / "spoilt.dxf")


@pytest.mark.parametrize("form", [{}, pytest.param(FORMS[6], marks=pytest.mark.slow)])
def test_ours_passes(tmp_path, form):
    result = audit(street(), remedies=False)
    plan = plan_markings(result.site, network())
    write_dxf(plan, result, tmp_path / "a.dxf", DrawingOptions(**form))
    found = verdict(tmp_path / "a.dxf")
    assert failing(found) == set()
    assert found.placed["how"] == "own"
    assert {c.check for c in found.checks if c.verdict == "not_measured"} == {"condition"}
    assert found.counts["boxes"] == (plan.paint["kind"] == "box_frame").sum()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["shenyang_compliant", "shenyang_district"])
def test_samples_pass_in_every_form(tmp_path, name):
    site = read_site(HOME / "data" / name)
    result = audit(site, remedies=False)
    plan = plan_markings(result.site, result.network, clear_widths=clear_widths(result))
    lanes = lane_network(site)
    for form in FORMS:
        write_dxf(plan, result, tmp_path / "a.dxf", DrawingOptions(**form))
        found = verify_drawing(tmp_path / "a.dxf", site, network=lanes)
        assert failing(found) == set(), form
        assert {c.check for c in found.checks if c.verdict == "not_measured"} == {"condition", "kerb_face"}
        assert found.counts["boxes"] == (plan.paint["kind"] == "box_frame").sum()


# --- hands ---------------------------------------------------------------------------------------------------


def line(doc):
    return southern(pieces(doc, "edge_line"))


def narrower(width):
    def work(shape):
        west, low, east, high = shape.bounds
        middle = (low + high) / 2
        return shapely.box(west, middle - width / 2, east, middle + width / 2)

    return work


def marks_of(doc, kind):
    return sorted({tags(e)[1] for e in pieces(doc, kind)})


def box_mark(doc):
    """The second box from the west."""
    frames = sorted(pieces(doc, "box_frame"), key=lambda e: area(e).centroid.x)
    return tags(frames[1])[1]


def move_box(doc, dx, dy):
    mark = box_mark(doc)
    for kind in ("box_frame", "box_text"):
        change(doc, pieces(doc, kind, mark), lambda shape: affinity.translate(shape, dx, dy))


def by_cell(doc, mark):
    """Hatches of the eight characters of a box, by row from the east and column from the north."""
    found = pieces(doc, "box_text", mark)
    middle = area(pieces(doc, "box_frame", mark)[0]).centroid.x
    _, low, _, high = shapely.total_bounds([area(e) for e in found])
    out = {}
    for hatch in found:
        west, south, east, north = area(hatch).bounds
        row = int((west + east) / 2 < middle)
        column = min(int((high - (south + north) / 2) / (high - low) * 4), 3)
        out.setdefault((row, column), []).append(hatch)
    return out


def shift_cells(doc, one, other):
    """Exchange two characters of one row."""
    mark = box_mark(doc)
    table = by_cell(doc, mark)
    centre = {cell: shapely.MultiPolygon([area(e) for e in table[cell]]).envelope.centroid for cell in (one, other)}
    for a, b in ((one, other), (other, one)):
        dx, dy = centre[b].x - centre[a].x, centre[b].y - centre[a].y
        change(doc, table[a], lambda shape, dx=dx, dy=dy: affinity.translate(shape, dx, dy))


def wrong_character(doc):
    mark = box_mark(doc)
    table = by_cell(doc, mark)
    target = shapely.MultiPolygon([area(e) for e in table[(0, 2)]]).bounds
    first, *rest = table[(0, 2)]
    glyph = affinity.rotate(glyph_outlines("停").outlines["停"], -90, origin=(0, 0))
    west, low, east, high = glyph.bounds
    glyph = affinity.scale(affinity.translate(glyph, -west, -low), (target[2] - target[0]) / (east - west),
                           (target[3] - target[1]) / (high - low), origin=(0, 0))  # fmt: skip
    change(doc, [first], lambda _: affinity.translate(glyph, target[0], target[1]))
    change(doc, rest, lambda _: None)


def whole(doc, kind, mark, work):
    """Change all pieces of a lettering together, about its middle."""
    found = pieces(doc, kind, mark)
    west, low, east, high = shapely.total_bounds([area(e) for e in found])
    change(doc, found, lambda shape: work(shape, ((west + east) / 2, (low + high) / 2)))


def western(doc):
    """The mark of the western grid."""
    return min(marks_of(doc, "grid_border"), key=lambda m: area(pieces(doc, "grid_border", m)[0]).centroid.x)


def thinner(width, wanted):
    """Lines of other width: the paint shrunk or grown by half of what is wrong."""
    return lambda shape: shapely.buffer(shape, (width - wanted) / 2, join_style="mitre")


def gap(a, b):
    return lambda shape: shape.difference(shapely.box(a, -1e4, b, 1e4))


def white(doc):
    for hatch in line(doc):
        hatch.dxf.color = 7
        hatch.dxf.discard("true_color")


def local_thin(shape):
    high = shape.bounds[3]
    return shape.difference(shapely.box(50, high - 0.03, 52, high + 1))


def fewer_strokes(doc):
    """Rub out one small piece of one character."""
    found = sorted(pieces(doc, "box_text", box_mark(doc)), key=lambda e: area(e).area)
    change(doc, found[:1], lambda _: None)


def hollow(shape):
    """Wipe the middle of a lattice out: the lettering stays."""
    return shape.difference(shapely.Point(shapely.box(*shape.bounds).centroid).buffer(2.3))


def delete(kind, pick=lambda doc: ""):
    return lambda doc: change(doc, pieces(doc, kind, pick(doc)), lambda _: None)


HANDS = {
    "line_12cm": (lambda d: change(d, line(d), narrower(0.12)), {"edge_line_width"}),
    "line_18cm": (lambda d: change(d, line(d), narrower(0.18)), {"edge_line_width"}),
    "line_thin_2m": (lambda d: change(d, line(d), local_thin), {"edge_line_width"}),
    "offset_25cm": (lambda d: change(d, line(d), lambda s: affinity.translate(s, 0, -0.05)), {"edge_line_offset"}),
    "offset_45cm": (lambda d: change(d, line(d), lambda s: affinity.translate(s, 0, 0.15)), {"edge_line_offset"}),
    "gap_50cm": (lambda d: change(d, line(d), gap(50, 50.5)), {"edge_line_continuity"}),
    "dashes": (lambda d: change(d, line(d), lambda s: s.difference(shapely.union_all([shapely.box(x, 0, x + 1, 200) for x in range(10, 90, 4)]))),
               {"edge_line_continuity"}),
    "side_missing": (lambda d: change(d, line(d), lambda _: None), {"edge_line_continuity"}),
    "white": (white, {"colour"}),
    "box_removed": (lambda d: [change(d, pieces(d, k, m), lambda _: None) for m in [box_mark(d)] for k in ("box_frame", "box_text")], {"box_spacing"}),
    "box_moved_on": (lambda d: move_box(d, 0.5, 0), {"box_spacing"}),
    "box_off_centre": (lambda d: move_box(d, 0, 0.5), {"box_middle"}),
    "frame_open": (lambda d: change(d, pieces(d, "box_frame", box_mark(d)), lambda s: s.difference(shapely.box(s.centroid.x - 0.2, s.centroid.y, s.centroid.x + 0.2, 1e4))),
                   {"box_frame"}),
    "lettering_missing": (lambda d: change(d, pieces(d, "box_text", box_mark(d)), lambda _: None), {"box_lettering"}),
    "character_missing": (lambda d: change(d, by_cell(d, box_mark(d))[(0, 1)], lambda _: None), {"box_lettering"}),
    "characters_swapped": (lambda d: shift_cells(d, (0, 1), (0, 2)), {"box_lettering"}),
    "wrong_character": (wrong_character, {"box_lettering"}),
    "mirrored": (lambda d: whole(d, "box_text", box_mark(d), lambda s, at: affinity.scale(s, 1, -1, origin=at)), {"box_lettering"}),
    "sideways": (lambda d: whole(d, "box_text", box_mark(d), lambda s, at: affinity.scale(affinity.rotate(s, 90, origin=at), 0.7, 0.7, origin=at)),
                 {"box_lettering"}),
    "grid_upside_down": (lambda d: whole(d, "grid_text", western(d), lambda s, at: affinity.rotate(s, 180, origin=at)), {"grid_lettering"}),
    "grid_missing": (lambda d: [delete(k, western)(d) for k in ("grid_text", "grid_lines", "grid_border")], {"grid_missing"}),
    "border_15cm": (lambda d: change(d, pieces(d, "grid_border", western(d)), lambda s: s.difference(shapely.buffer(shapely.Polygon(s.exterior), -0.15, join_style="mitre"))),
                    {"grid_border"}),
    "border_15cm_one_side": (lambda d: change(d, pieces(d, "grid_border", western(d)), lambda s: s.difference(shapely.box(s.bounds[0] + 0.2, s.bounds[1] + 0.15, s.bounds[2] - 0.2, s.bounds[1] + 0.2))),
                             {"grid_border"}),
    "lines_8cm": (lambda d: change(d, pieces(d, "grid_lines", western(d)), thinner(0.08, 0.10)), {"grid_lines"}),
    "stroke_missing": (fewer_strokes, {"box_lettering"}),
    "lattice_hollow": (lambda d: change(d, pieces(d, "grid_lines", western(d)), hollow), {"grid_lines"}),
    "lattice_missing": (delete("grid_lines", western), {"grid_angle"}),
    "grid_narrow": (lambda d: [whole_grid(d, k) for k in ("grid_text", "grid_lines", "grid_border")], {"grid_cover"}),
}  # fmt: skip


def whole_grid(doc, kind):
    """Take half a metre off the southern side of the western grid."""
    mark = western(doc)
    low = area(pieces(doc, "grid_border", mark)[0]).bounds[1]
    if kind == "grid_text":
        return
    if kind == "grid_lines":
        change(doc, pieces(doc, kind, mark), lambda s: s.difference(shapely.box(-1e4, low - 1, 1e4, low + 0.5)))
    else:
        shape = area(pieces(doc, kind, mark)[0])
        west, _, east, high = shape.bounds
        new = shapely.box(west, low + 0.5, east, high)
        change(doc, pieces(doc, kind, mark), lambda _: new.difference(shapely.buffer(new, -0.2, join_style="mitre")))


@pytest.mark.parametrize("name", HANDS)
def test_spoilt_by_hand_fails(folder, tmp_path, name):
    hand, wrong = HANDS[name]
    found = failing(spoilt(folder, tmp_path, hand))
    assert wrong <= found
    assert found <= wrong | ({"grid_lettering", "grid_angle"} if name == "grid_narrow" else set())


def test_a_block_that_was_moved_or_turned_fails(folder, tmp_path):
    def inserts(doc):
        own = [e for e in doc.modelspace().query("INSERT") if e.dxf.layer in ("G-FIRE-BOX", "G-FIRE-TEXT")]
        boxes = [e for e in own if tags(e)[1].startswith("BOX")]
        x = sorted({round(e.dxf.insert.x, 3) for e in boxes})[1]
        return [e for e in boxes if abs(e.dxf.insert.x - x) < 1e-2]

    def moved(doc):
        for entity in inserts(doc):
            entity.translate(0, 0.5, 0)

    def scaled(doc):
        for entity in inserts(doc):
            entity.dxf.xscale = -1

    assert failing(spoilt(folder, tmp_path, moved, exploded=False)) == {"box_middle"}
    assert failing(spoilt(folder, tmp_path, scaled, exploded=False)) == {"box_lettering"}


def test_paint_on_a_frozen_layer_does_not_count(folder, tmp_path):
    found = spoilt(folder, tmp_path, lambda doc: doc.layers.get("G-FIRE-LINE").freeze())
    assert failing(found) == {"edge_line_continuity"}
    assert any("frozen" in en for _, en in found.notes)


@pytest.mark.slow
def test_command(folder, tmp_path):
    site = HOME / "data" / "shenyang_compliant"
    assert run("draw", site, "-o", tmp_path / "a.dxf", "--quiet").code == 0
    told = run("verify", tmp_path / "a.dxf", "--site", site, "--lang", "zh", "--json", tmp_path / "a.json")
    assert told.code == 0
    assert "未测量" in told.out
    assert (tmp_path / "a.json").stat().st_size > 1000
    doc = ezdxf.readfile(tmp_path / "a.dxf")
    change(doc, pieces(doc, "edge_line"), lambda _: None)
    doc.saveas(tmp_path / "b.dxf")
    told = run("verify", tmp_path / "b.dxf", "--site", site, "--lang", "en")
    assert told.code == 1
    assert "there is no edge line" in told.out
    assert run("verify", tmp_path / "none.dxf", "--site", site).code == 2
    assert run("verify", tmp_path / "a.dxf", "--site", site, "--origin", "x").code == 2
