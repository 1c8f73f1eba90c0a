"""The title block: one block for the set, all zones, texts within their cells; the table it is filled from."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import drawing_scene as scene
import ezdxf
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from sheet_texts import in_title_block, overlaps, sheets, shown_texts, values, written

from firelane.drawing import DrawingOptions, write_dxf
from firelane.drawing.catalogue import sheet_catalogue
from firelane.drawing.options import FORMATS, format_named
from firelane.drawing.project import KEYS, read_project
from firelane.drawing.sheets.frame import LAST_REVISIONS, ZONES, fitted, sheet_room
from firelane.drawing.text import text_width
from firelane.errors import InputError

DAY = dt.date(2026, 3, 1)
TOLD = {
    "office": "沈阳市某某建筑规划设计研究院有限公司",
    "project": "沈阳市阳光花园小区消防车通道标线专项工程（一期、二期及地下车库出入口）",
    "project_no": 20260315,
    "phase": "施工图",
    "pm": "欧阳某某",
    "designer": "张三",
    "checker": "李四",
    "approver": "王五",
    "date": DAY,
    "countersign": ["总图", "给排水", "物业", "消防救援机构"],
    "revisions": [
        {"no": no, "date": dt.date(2026, 3, n), "text": f"第{n}次修改：" + "出入口网状线进深" * n, "by": "赵六"}
        for n, no in enumerate("ABCDEF", 1)
    ],
}


def told(table):
    here = scene.site()
    return replace(here, config=replace(here.config, drawing=table))


def drawn(tmp_path, table=TOLD, **options):
    here = told(table)
    write_dxf(scene.plan(of=here), scene.audit(of=here), tmp_path / "x.dxf", DrawingOptions(**options))
    return ezdxf.readfile(tmp_path / "x.dxf")


@pytest.fixture(scope="module", params=FORMATS)
def format_and_doc(request, tmp_path_factory):
    return request.param, drawn(tmp_path_factory.mktemp("title"), sheet=request.param)


def test_every_sheet_has_the_one_block_with_its_values(format_and_doc):
    name, doc = format_and_doc
    layouts = sheets(doc)
    blocks = {e.dxf.name for layout in layouts for e in layout.query("INSERT") if e.dxf.name.startswith("TITLE")}
    assert blocks == {f"TITLE-{name}"}
    tags = {attdef.dxf.tag for attdef in doc.blocks.get(f"TITLE-{name}").query("ATTDEF")}
    same = in_title_block(layouts[0])
    said = "".join(same)
    for told_once in (TOLD["office"], TOLD["project"], "EPSG:4550"):
        assert said.replace(" ", "").count(told_once) == 1
    for value in (name, "2026-03-01", "20260315", "施工图", "欧阳某某", "张三", "李四", "王五"):
        assert same.count(value) == 1, value
    for number, layout in enumerate(layouts, 1):
        found = values(layout)
        assert found["NUMBER"] == f"{number:02d} / {len(layouts):02d}"
        assert set(found) == {"NUMBER", "TITLE", "SCALE"}
        assert found["TITLE"]
        assert found["SCALE"]
        assert all(attrib.dxf.tag in tags for insert in layout.query("INSERT") for attrib in insert.attribs if insert.dxf.name in blocks)


def test_the_sheet_has_the_margins_and_the_block_the_height_of_the_standard(format_and_doc):
    name, doc = format_and_doc
    spec = format_named(name)
    size = {"A3": (420, 297), "A2": (594, 420), "A1": (841, 594), "A0": (1189, 841)}[name]
    edge = {"A3": 5, "A2": 10, "A1": 10, "A0": 10}[name]
    insert = next(e for e in sheets(doc)[0].query("INSERT") if e.dxf.name.startswith("TITLE"))
    boxes = [shapely.LineString([v[:2] for v in line.get_points()]).bounds for line in insert.virtual_entities() if line.dxftype() == "LWPOLYLINE"]
    assert (0.0, 0.0, *size) in boxes
    frame = (25.0, edge, size[0] - edge, size[1] - edge)
    assert frame in boxes
    over = [box for box in boxes if box[1] == box[3] and box[0] == 25.0 and box[2] == frame[2]]
    assert [30 <= box[1] - edge <= 50 for box in over] == [True]
    # centring marks: in the middle of each side, from the edge of the sheet 5 mm into the frame
    assert (0.0, size[1] / 2, 30.0, size[1] / 2) in boxes
    assert (size[0] / 2, frame[3] - 5.0, size[0] / 2, size[1]) in boxes
    assert sheet_room(spec, sheet_catalogue()).y0 == over[0][1]


def test_the_zones_fill_the_narrowest_sheet():
    room = sheet_room(format_named("A3"), sheet_catalogue())
    assert sum(width for width, _ in ZONES.values()) == pytest.approx(room.width)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_all_zones_are_named_and_texts_keep_off_each_other_and_the_rules(tmp_path, lang):
    doc = drawn(tmp_path, lang=lang)
    block = doc.blocks.get("TITLE-A3")
    words = {text.dxf.text for text in block.query("TEXT")}
    wanted = {
        "zh": {"设计单位名称", "注册师签章", "项目经理", "修改记录", "工程名称", "图名", "图号", "设计", "校核", "审定", "会签栏", "比例", "日期"},
        "en": {"Design office", "Engineer's seal", "Project mgr", "Revisions", "Project", "Title", "Drawing no.", "Design", "Scale"},
    }[lang]
    assert wanted <= words
    layout = sheets(doc)[0]
    foot = shapely.box(25.0, 5.0, 415.0, 37.0)
    texts = [shown for shown in shown_texts(layout) if shown.shape.centroid.within(foot)]
    assert overlaps(texts) == []
    (insert,) = [e for e in layout.query("INSERT") if e.dxf.name.startswith("TITLE")]
    rules = shapely.MultiLineString(
        [[v[:2] for v in line.get_points()] for line in insert.virtual_entities() if line.dxftype() == "LWPOLYLINE"]
    )
    crossed = [shown.text for shown in texts if shown.shape.buffer(-0.35).intersects(rules)]
    assert crossed == []


def test_the_last_revisions_stand_in_the_block_and_all_on_the_first_sheet(tmp_path):
    doc = drawn(tmp_path)
    block = [text.dxf.text for text in doc.blocks.get("TITLE-A3").query("TEXT")]
    assert [no for no in "ABCDEF" if no in block] == list("ABCDEF")[-LAST_REVISIONS:]
    assert set("ABCDEF") <= set(written(sheets(doc)[0]))


def test_what_nobody_told_stays_empty(tmp_path):
    doc = drawn(tmp_path, {})
    forms = {a.dxf.tag: a for a in doc.blocks.get("TITLE-A3").query("ATTDEF")}
    waiting = {"OFFICE", "PM", "PHASE", "DATE", "PROJECT_NO", "DESIGNER", "CHECKER", "APPROVER"}
    assert {tag for tag, form in forms.items() if form.is_const} == waiting
    assert [forms[tag].dxf.text for tag in waiting if forms[tag].dxf.text] == []
    same = in_title_block(sheets(doc)[0])
    assert "沈河区阳光花园小区（一期）" in same
    assert "沈阳阳光物业服务有限公司" in same


def test_the_date_given_goes_before_the_table():
    assert read_project(told(TOLD), dt.date(2027, 1, 2)).date == "2027-01-02"
    assert read_project(told({"date": "2026-05-04"}), None).date == "2026-05-04"
    assert read_project(told({"date": dt.datetime(2026, 5, 4, 9, 0, tzinfo=dt.UTC)}), None).date == "2026-05-04"


def test_all_mistakes_are_told_at_once_in_both_languages():
    bad = {
        "offce": "x", "pm": True, "designer": ["a"], "phase": "长" * 300, "date": "March",
        "countersign": "总图", "revisions": [{"no": "A", "date": 3, "txt": "?"}, {"text": "ok"}],
    }  # fmt: skip
    with pytest.raises(InputError) as raised:
        read_project(told(bad), None)
    where = [problem.column for problem in raised.value.problems]
    assert sorted(where) == sorted([
        "drawing.offce", "drawing.pm", "drawing.designer", "drawing.phase", "drawing.date", "drawing.countersign",
        "drawing.revisions[1].txt", "drawing.revisions[1].text", "drawing.revisions[1].date",
    ])  # fmt: skip
    for problem in raised.value.problems:
        assert problem.message
        assert problem.remedy
        assert problem.message_zh != problem.message
        assert problem.remedy_zh != problem.remedy
    assert "'office'" in raised.value.problems[0].remedy
    with pytest.raises(InputError) as raised:
        read_project(told({"revisions": ["A"], "countersign": ["总图"] * 7}), None)
    assert len(raised.value.problems) == 2
    assert set(KEYS) >= set(TOLD)


@given(st.text(max_size=80), st.sampled_from([2.5, 3.5, 5.0]), st.floats(8.0, 80.0), st.integers(1, 3))
def test_fitted_texts_fit(text, height_mm, width_mm, most_lines):
    lines, squeezes = fitted(text, height_mm, width_mm, most_lines)
    assert len(lines) == len(squeezes) <= most_lines
    for line, squeeze in zip(lines, squeezes, strict=True):
        # one character alone may be wider than a cell of three millimetres
        assert text_width(line, height_mm) * squeeze <= width_mm + 0.01 or len(line) <= 2
        assert 0.69 <= squeeze <= 1.0 or len(line) <= 2


def test_texts_are_squeezed_then_wrapped_then_cut():
    four = "消防车道"  # 4 x 1.42 x 2.5 = 14.2 mm
    assert fitted(four, 2.5, 14.3, 2) == ([four], [1.0])
    assert fitted(four, 2.5, 10.0, 2) == ([four], [0.704])
    assert fitted(four, 2.5, 9.0, 2)[0] == ["消防", "车道"]
    assert fitted(four, 2.5, 9.0, 1)[0] == ["消防…"]
    assert fitted("", 2.5, 9.0, 1) == ([], [])
