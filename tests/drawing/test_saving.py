"""``drawing.saving.save`` writes what the library's own ``saveas`` writes, to the byte."""

from __future__ import annotations

import re

import ezdxf
import numpy as np
import pytest
from drawing_scene import audit, plan
from ezdxf.enums import TextEntityAlignment
from shapely.geometry import box

from firelane.drawing.canvas import DIMSTYLE, new_canvas, put_hatch, put_line, put_text
from firelane.drawing.saving import save
from firelane.drawing.write import write_dxf

VARYING = rb"\$T[A-Z]*(?:CREATE|UPDATE)\r?\n *40\r?\n[^\n]*|\{[0-9A-Fa-f-]{36}\}|\d\.\d+\.\d+ @ [^\n]*"


def told(path) -> bytes:
    """Return a file without its times and GUIDs."""
    return re.sub(VARYING, b"", path.read_bytes())


def both(doc, folder):
    """Return what the library writes, what is written here, and the library's once more: saving changes nothing."""
    doc.saveas(folder / "a.dxf")
    save(doc, folder / "b.dxf")
    doc.saveas(folder / "c.dxf")
    return [told(folder / name) for name in ("a.dxf", "b.dxf", "c.dxf")]


def everything(doc, layout) -> None:
    """Entities of many kinds, with attributes that are left out, at their default and beyond it."""
    layout.add_lwpolyline([(0, 0, 0.5, 0.25, 0.3), (5, 1), (7, 9)], dxfattribs={"layer": "0", "const_width": 0.0})
    layout.add_lwpolyline([(0, 0), (5, 1e-17), (7.1, -9)], close=True, dxfattribs={"elevation": 2.5, "ltscale": 1.0})
    layout.add_lwpolyline([])
    layout.add_line((0, 0, 0), (1, 2, 3), dxfattribs={"color": 256, "lineweight": -1, "true_color": 255, "invisible": 1})
    layout.add_circle((1, 1), 2, dxfattribs={"extrusion": (0, 0, -1), "thickness": 3})
    layout.add_point((4, 5))
    layout.add_text("名 %% é", height=2.5).set_placement((3, 4), align=TextEntityAlignment.MIDDLE_CENTER)
    layout.add_mtext("一\\P二", dxfattribs={"char_height": 3.0, "width": 20})
    layout.add_spline([(0, 0), (1, 2), (3, 3)])
    layout.add_ellipse((0, 0), (3, 0), 0.5)
    block = doc.blocks.new("MARK")
    block.add_attdef("NO", (2, 2), dxfattribs={"height": 3})
    block.add_line((0, 0), (1, 1))
    insert = layout.add_blockref("MARK", (5, 5), dxfattribs={"xscale": 2.0, "rotation": 0.0, "column_count": 2})
    insert.add_attrib("NO", "7", (1, 1))
    hatch = layout.add_hatch(color=2)
    hatch.paths.add_polyline_path([(0, 0), (1, 0, 0.5), (1, 1)], is_closed=True)
    hatch.set_xdata("FIRELANE", [(1000, "一"), (1010, (1, 2, 3)), (1040, 0.1), (1071, 7)])
    layout.add_linear_dim(base=(0, 5), p1=(0, 0), p2=(10, 0), dimstyle=DIMSTYLE).render()


@pytest.mark.parametrize("version", ["R2000", "R2004", "R2010", "R2018"])
def test_same_bytes_as_the_library_for_every_kind_of_entity(tmp_path, version):
    doc = new_canvas((0.0, 0.0), 500, "zh", version).doc
    everything(doc, doc.modelspace())
    sheet = doc.layouts.new("图")
    sheet.add_viewport(center=(100, 100), size=(50, 50), view_center_point=(0, 0), view_height=20)
    library, ours, again = both(doc, tmp_path)
    assert ours == library == again
    assert len(ours) > 20_000


def test_same_bytes_as_the_library_for_a_drawing_of_ours(tmp_path, monkeypatch):
    write_dxf(plan(), audit(), tmp_path / "ours.dxf")
    monkeypatch.setattr("firelane.drawing.write.save", lambda doc, path: doc.saveas(path))
    write_dxf(plan(), audit(), tmp_path / "library.dxf")
    assert told(tmp_path / "ours.dxf") == told(tmp_path / "library.dxf")


def test_lines_and_texts_are_those_that_the_library_would_make():
    doc = new_canvas((0.0, 0.0), 500, "zh", "R2004").doc
    model = doc.modelspace()
    put_line(model, [(0, 0), (1, 2), (3, 4)], "0", closed=True, lineweight_mm=0.25, rgb=(1, 2, 3))
    theirs = model.add_lwpolyline([(0, 0), (1, 2), (3, 4)], close=True, dxfattribs={"layer": "0", "lineweight": 25, "true_color": 66051})
    put_text(model, "东门", (1.0, 2.0), 3, "0", align=TextEntityAlignment.TOP_RIGHT, rotation_deg=30.0)
    text = model.add_text("东门", height=3, dxfattribs={"layer": "0", "style": "汉字", "rotation": 30.0})
    text.set_placement((1.0, 2.0), align=TextEntityAlignment.TOP_RIGHT)
    line, _, ours, _ = model
    for mine, other in ((line, theirs), (ours, text)):
        held = [entity.dxf.all_existing_dxf_attribs() for entity in (mine, other)]
        for attributes in held:
            del attributes["handle"]
        assert held[0] == held[1]
    assert np.array_equal(line.lwpoints.values, theirs.lwpoints.values)


def test_an_attribute_that_the_library_refuses_is_refused():
    model = new_canvas((0.0, 0.0), 500, "zh", "R2004").doc.modelspace()
    with pytest.raises(ezdxf.DXFError):
        put_line(model, [(0, 0), (1, 1)], "a|*?")


def test_a_disk_that_refuses_is_told(tmp_path):
    with pytest.raises(OSError):
        save(ezdxf.new("R2004"), tmp_path / "no such folder" / "a.dxf")


def test_holes_of_hatches_are_kept(tmp_path):
    doc = new_canvas((0.0, 0.0), 500, "zh", "R2004").doc
    ring = box(0, 0, 4, 4).difference(box(1, 1, 2, 2))
    put_hatch(doc.modelspace(), ring, "0", (255, 210, 0), aci=2, tags=[(1000, "x")])
    save(doc, tmp_path / "a.dxf")
    (hatch,) = ezdxf.readfile(tmp_path / "a.dxf").modelspace()
    assert [path.path_type_flags & 16 for path in hatch.paths] == [0, 16]
