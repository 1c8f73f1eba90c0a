from __future__ import annotations

import re

import ezdxf
import matplotlib.image as mpimg
import numpy as np
import pyogrio
import pytest
import shapely
from ezdxf.enums import TextEntityAlignment
from hypothesis import given, settings
from hypothesis import strategies as st

from firelane.drawing.outlined import outline_texts
from firelane.drawing.plot import plot_png
from firelane.fonts.source import label_characters

LOOK = {"layer": "NOTE", "style": "汉字"}


def blank():
    doc = ezdxf.new("R2004", units=4)
    doc.encoding = "gbk"
    doc.styles.add("汉字", font="simsun.ttf")
    for name, color in (("NOTE", 5), ("POINTS", 1), ("G-FIRE-LINE", 2)):
        doc.layers.add(name, color=color)
    layout = doc.layouts.get("Layout1")
    layout.page_setup(size=(420, 297), margins=(0, 0, 0, 0), units="mm")
    layout.reset_main_viewport(center=(210, 148), size=(420, 297))
    return doc, layout


def written(doc, path):
    doc.saveas(path)
    return path


def pixels(path, folder):
    plot_png(path, folder / "x.png", dpi=100)
    return mpimg.imread(folder / "x.png")[..., :3]


def everything():
    """Every alignment at some angle and width, both kinds of stretched text, MTEXT, attributes, a dimension, a viewport."""
    doc, layout = blank()
    fixed = [a for a in TextEntityAlignment if a.name not in {"FIT", "ALIGNED"}]
    for k, align in enumerate(fixed):
        text = layout.add_text("消防车道 gAy 12.5%", height=5, dxfattribs={**LOOK, "rotation": 15 * k, "width": 1 - 0.04 * k})
        text.set_placement((60 + (k % 4) * 95, 60 + (k // 4) * 60), align=align)
    layout.add_text("伸缩 AB", height=4, dxfattribs=LOOK).set_placement((20, 20), (90, 30), align=TextEntityAlignment.FIT)
    layout.add_text("对齐 AB", height=4, dxfattribs=LOOK).set_placement((120, 20), (160, 26), align=TextEntityAlignment.ALIGNED)
    for attachment in range(1, 10):
        x, y = 250 + 50 * (attachment % 3), 180 + 30 * (attachment // 3)
        layout.add_mtext(
            "第一行\\P二 gA\\P三", dxfattribs={**LOOK, "char_height": 4, "insert": (x, y), "attachment_point": attachment, "rotation": 12}
        )
    block = doc.blocks.new("POINT")
    block.add_circle((0, 0), 1, dxfattribs={"layer": "0"})
    block.add_attdef("NO", (2, 2), dxfattribs={"height": 3, "style": "汉字", "layer": "0"})
    block.add_text("块", height=3, dxfattribs={"style": "汉字", "layer": "0", "color": 0}).set_placement((-6, 0))
    for k in range(3):
        insert = layout.add_blockref("POINT", (260 + 40 * k, 20), dxfattribs={"layer": "POINTS", "xscale": 1 + k, "yscale": 1 + k, "rotation": 20 * k})
        insert.add_auto_attribs({"NO": f"点{k} é"})
    dimension = layout.add_linear_dim(base=(20, 280), p1=(20, 270), p2=(80, 270), override={"dimtxt": 3.5, "dimtxsty": "汉字"})
    dimension.render()
    doc.modelspace().add_text("模型 M", height=4, dxfattribs=LOOK).set_placement((0, 0))
    layout.add_viewport((385, 100), (60, 60), (5, 0), 30, status=2)
    return doc


def test_the_picture_stays_the_same(tmp_path):
    doc = everything()
    before = pixels(written(doc, tmp_path / "a.dxf"), tmp_path)
    outline_texts(doc)
    after = pixels(written(doc, tmp_path / "b.dxf"), tmp_path)
    inked = int((before.min(axis=-1) < 0.9).sum())
    assert inked > 15_000
    # in colour too: layers, BYBLOCK, and attributes that take after their INSERT
    assert (np.abs(before - after).max(axis=-1) > 0.4).sum() < 0.003 * inked
    assert np.abs(before - after).mean() < 1e-3


def test_no_text_is_left_and_nothing_to_mend(tmp_path):
    doc = everything()
    outline_texts(doc)
    doc = ezdxf.readfile(written(doc, tmp_path / "x.dxf"))
    assert not [e for e in doc.entitydb.values() if e.dxftype() in {"TEXT", "MTEXT", "ATTRIB"}]
    auditor = doc.audit()
    assert (len(auditor.errors), len(auditor.fixes)) == (0, 0)
    for block in doc.blocks:
        for hatch in block.query("HATCH"):
            assert hatch.dxf.solid_fill == 1
            assert all(path.type.name == "POLYLINE" and not path.has_bulge() for path in hatch.paths.paths)
    content = (tmp_path / "x.dxf").read_bytes()
    assert len(re.findall(rb"GLYPH-6D88", content)) > 10


def test_what_was_written_can_be_read(tmp_path):
    doc = everything()
    outline_texts(doc)
    layout = ezdxf.readfile(written(doc, tmp_path / "x.dxf")).layouts.get("Layout1")
    told = [[tag.value for tag in e.get_xdata("FIRELANE")] for e in layout.query("INSERT") if e.has_xdata("FIRELANE")]
    assert ["FIRELANE", "text", "伸缩 AB"] in told or ["text", "伸缩 AB"] in [t[-2:] for t in told]
    points = [e for e in layout.query("INSERT") if e.dxf.name == "POINT"]
    assert [[tag.value for tag in e.get_xdata("FIRELANE")][-3:] for e in points] == [["attrib", "NO", f"点{k} é"] for k in range(3)]


def test_xdata_of_an_insert_is_kept():
    doc, layout = blank()
    doc.appids.add("FIRELANE")
    block = doc.blocks.new("P")
    block.add_attdef("NO", (0, 0), dxfattribs={"height": 3})
    insert = layout.add_blockref("P", (10, 10))
    insert.add_auto_attribs({"NO": "1"})
    insert.set_xdata("FIRELANE", [(1000, "mark"), (1000, "box-1")])
    outline_texts(doc)
    assert [tag.value for tag in insert.get_xdata("FIRELANE")] == ["mark", "box-1", "attrib", "NO", "1"]


def test_long_texts_are_kept_in_pieces_that_fit(tmp_path):
    doc, layout = blank()
    layout.add_text("消" * 400, height=1, dxfattribs=LOOK)
    outline_texts(doc)
    doc = ezdxf.readfile(written(doc, tmp_path / "x.dxf"))
    (insert,) = [e for e in doc.layouts.get("Layout1").query("INSERT") if e.has_xdata("FIRELANE")]
    values = [tag.value for tag in insert.get_xdata("FIRELANE")]
    assert "".join(values[1:]) == "消" * 400
    assert max(len(v.encode("gbk")) for v in values) <= 255


def test_each_character_is_one_block(tmp_path):
    doc, layout = blank()
    for k in range(5):
        layout.add_text("占占 用", height=2 + k, dxfattribs=LOOK).set_placement((10, 10 * k))
    outline_texts(doc)
    assert sorted(b.name for b in doc.blocks if b.name.startswith("GLYPH-")) == ["GLYPH-5360", "GLYPH-7528"]
    assert len(layout.query("INSERT")) == 15


def test_gdal_reads_the_ink_on_the_layer_of_the_text(tmp_path):
    doc, _ = blank()
    model = doc.modelspace()
    model.add_text("止", height=10, dxfattribs=LOOK).set_placement((0, 0))
    hatch = model.add_hatch(color=2, dxfattribs={"layer": "G-FIRE-LINE"})
    hatch.paths.add_polyline_path([(0, 50), (10, 50), (10, 60), (0, 60)], is_closed=True, flags=1)
    outline_texts(doc)
    table = pyogrio.read_dataframe(written(doc, tmp_path / "x.dxf"))
    table = table[table.geometry.geom_type.str.endswith("Polygon")]
    assert table[table.Layer == "G-FIRE-LINE"].area.sum() == pytest.approx(100.0)
    ink = shapely.union_all(list(table[table.Layer == "NOTE"].geometry))
    # 止 stands on the base line or a little below it, about as high as its em box: 13.6 units
    assert 9.0 < ink.bounds[3] - ink.bounds[1] < 13.7
    assert 15.0 < ink.area < 40.0
    assert set(table.Layer) == {"NOTE", "G-FIRE-LINE"}


def test_invisible_texts_and_open_forms_are_left_alone():
    doc, layout = blank()
    layout.add_text("藏", height=3, dxfattribs={**LOOK, "invisible": 1})
    block = doc.blocks.new("P")
    block.add_attdef("NO", (0, 0), dxfattribs={"height": 3})
    insert = layout.add_blockref("P", (10, 10))
    insert.add_attrib("HIDDEN", "值", (0, 0)).is_invisible = True
    outline_texts(doc)
    assert [e.dxf.text for e in layout.query("TEXT")] == ["藏"]
    assert [a.dxf.text for a in insert.attribs] == ["值"]
    assert len(block.query("ATTDEF")) == 1


def test_a_constant_attribute_is_seen_in_every_insert(tmp_path):
    doc, layout = blank()
    block = doc.blocks.new("P")
    block.add_attdef("FIRM", (0, 0), "院", dxfattribs={"height": 30, "style": "汉字"}).is_const = True
    layout.add_blockref("P", (100, 100))
    outline_texts(doc)
    assert [e.dxf.name for e in block.query("INSERT")] == ["GLYPH-9662"]


# what the label font has from the start: a font for rare characters takes seconds to make
shown = st.text(st.sampled_from(sorted(label_characters())), min_size=1, max_size=12).filter(lambda t: "%%" not in t and "^" not in t)


@settings(max_examples=25)
@given(shown, st.floats(0.5, 20), st.floats(-180, 180), st.floats(0.5, 1.5))
def test_any_text_takes_the_room_that_the_library_gives_it(text, height, rotation, width):
    doc, layout = blank()
    layout.add_text(text, height=height, dxfattribs={**LOOK, "rotation": rotation, "width": width}).set_placement((50, 50))
    outline_texts(doc)
    inserts = list(layout.query("INSERT"))
    assert len(inserts) <= len(text)
    for insert in inserts:
        assert insert.dxf.layer == "NOTE"
        assert insert.dxf.xscale == pytest.approx(height * width, rel=1e-5)
        assert insert.dxf.yscale == pytest.approx(height, rel=1e-5)
        # all on the base line, ahead of the start
        along = complex(insert.dxf.insert.x - 50, insert.dxf.insert.y - 50) / complex(np.cos(np.radians(rotation)), np.sin(np.radians(rotation)))
        assert abs(along.imag) < 1e-4
        assert along.real > -1e-4
