"""The first sheets: every sheet of the set, every open parameter, every finding, quoted articles; columns that flow."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import drawing_scene as scene
import ezdxf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sheet_texts import overlaps, sheets, shown_texts, values, written

from firelane.drawing import DrawingOptions, write_dxf
from firelane.drawing.catalogue import sheet_catalogue
from firelane.drawing.columns import Column, Item, flow, levelled, paragraph, row, section, stacked
from firelane.markings.plan import OpenParameter
from firelane.site.model import Note
from firelane.vocabulary import Quantity

TITLES = {"zh": "图纸目录与设计说明", "en": "DRAWING LIST AND NOTES"}
COLUMN = Column(100.0, 2.5, 3.5)


def drawn(tmp_path, plan=None, audit=None, **options):
    write_dxf(plan or scene.plan(), audit or scene.audit(), tmp_path / "x.dxf", DrawingOptions(**options))
    return ezdxf.readfile(tmp_path / "x.dxf")


def listing(doc, lang="zh"):
    return [layout for layout in sheets(doc) if values(layout)["TITLE"].startswith(TITLES[lang])]


def texts(layouts):
    return [text for layout in layouts for text in written(layout)]


def many_findings(count):
    return tuple(
        scene.finding(n, Quantity.CLEAR_WIDTH, (86.4, -0.5), f"净宽 {3 + n / 10000:.4f} m：围栏 f{n} 与车辆之间，最窄处在出入口以内")
        for n in range(1, count + 1)
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_drawing_list_has_every_sheet(tmp_path, lang):
    doc = drawn(tmp_path, lang=lang)
    shown = [it for layout in listing(doc, lang) for it in shown_texts(layout)]
    for layout in sheets(doc):
        found = values(layout)
        number = found["NUMBER"].split(" / ")[0]
        assert layout.name == number
        row_of = next(it.shape.centroid.y for it in shown if it.text == number)
        beside = [it.text for it in shown if abs(it.shape.centroid.y - row_of) < 0.5]
        assert {number, found["TITLE"], found["SCALE"], "A3"} <= set(beside)


def test_every_open_parameter_is_to_be_confirmed(tmp_path):
    said = texts(listing(drawn(tmp_path)))
    for parameter in scene.PARAMETERS:
        assert any(parameter.zh.startswith(text[:6]) for text in said if text), parameter.zh
    assert said.count("待确认") == len(scene.PARAMETERS)
    assert "0.55 m" in said
    assert "是" in said


def test_the_articles_are_quoted_verbatim_and_those_that_findings_fail(tmp_path):
    broken = replace(
        scene.rule("w", Quantity.CLEAR_WIDTH, "消防车通道的净宽度和净空高度均不应小于4米", "净宽"), article="第十四条", rule_id="sy2020-14-width"
    )
    own = replace(scene.rule("o", Quantity.REACH, "本项目自己的说明文字", "说明"), article="第三条", verbatim=False, rule_id="own")
    audit = replace(
        scene.audit(), rules=(*scene.RULES, broken, own),
        findings=(*scene.audit().findings, scene.finding(9, Quantity.REACH, (20, 2), "够不着", rule_id="own")),
    )  # fmt: skip
    said = "".join(texts(listing(drawn(tmp_path, audit=audit))))
    for rule in (*scene.RULES, broken):
        assert " ".join(rule.text_zh.split()) in said.replace("　", ""), rule.text_zh
    assert "沈政办发〔2020〕40号" in said
    assert "本项目自己的说明文字" not in said
    assert "够不着" in said


def test_all_findings_are_listed_over_as_many_sheets_as_they_need(tmp_path):
    audit = scene.audit(findings=many_findings(180))
    doc = drawn(tmp_path, audit=audit)
    layouts = listing(doc)
    assert len(layouts) >= 2
    assert [values(layout)["TITLE"] for layout in layouts] == [f"{TITLES['zh']}（{n}）" for n in range(1, len(layouts) + 1)]
    said = texts(layouts)
    assert sum(text.startswith("第十四条 净宽") for text in said) == 180
    assert "不符合项（续）" in said
    assert {str(n) for n in range(1, 181)} <= set(said)
    for layout in layouts:
        assert overlaps(list(shown_texts(layout))) == []


def test_what_no_list_holds_is_said(tmp_path):
    sheet = sheet_catalogue()
    plan = replace(scene.plan(), notes=tuple(Note("n", f"说明{n}。", f"note {n}.") for n in range(sheet.most_notes + 3)))
    said = texts(listing(drawn(tmp_path, plan, scene.audit(findings=many_findings(sheet.most_findings + 2)))))
    assert "另有 3 条，见 quantities.xlsx。" in said
    assert "另有 2 项，见检查结果文件。" in said


@pytest.mark.parametrize(("units", "coords", "expected"), [
    ("m", "local", "单位为米，原点为 X=4630000.000 Y=535900.000；测量坐标 = 模型坐标 + 原点。"),
    ("mm", "local", "单位为毫米，原点为 X=4630000.000 Y=535900.000；测量坐标 = 模型坐标 / 1000 + 原点。"),
    ("m", "survey", "单位为米，模型坐标即测量坐标。"),
])  # fmt: skip
def test_the_notes_say_what_the_coordinates_are(tmp_path, units, coords, expected):
    said = "".join(texts(listing(drawn(tmp_path, units=units, coords=coords)))).replace(" ", "")
    assert "X为北坐标、Y为东坐标" in said
    assert expected.replace(" ", "") in said


def test_an_unplaced_site_is_not_said_to_face_north(tmp_path):
    audit = scene.audit()
    audit = replace(audit, site=replace(audit.site, placed=False))
    said = "".join(texts(listing(drawn(tmp_path, audit=audit))))
    assert "场地未定位" in said
    assert "向东" not in said
    assert "测量坐标 =" not in said


heights = st.lists(st.tuples(st.floats(1.0, 90.0), st.booleans(), st.floats(0.0, 5.0)), max_size=40)


@given(heights, st.integers(1, 4), st.floats(120.0, 300.0))
def test_columns_hold_everything_once_in_order(items, columns, height_mm):
    again = Item(8.0, lambda *_: None)
    made = [Item(h, lambda *_: None, again if repeated else None, gap) for h, repeated, gap in items]
    placed = flow(made, columns, height_mm)
    everything = [it for sheet in placed for it in sheet]
    assert [it.item for it in everything if it.item is not again] == made
    for sheet in placed:
        assert sheet
        assert [it.column for it in sheet] == sorted(it.column for it in sheet)
        for one, other in pairwise(sheet):
            if one.column == other.column:
                assert one.down_mm + one.item.height_mm <= other.down_mm + 1e-9
        for it in sheet:
            assert 0 <= it.column < columns
            assert it.down_mm + it.item.height_mm <= height_mm + 1e-6


@given(heights, st.integers(1, 4), st.floats(120.0, 300.0))
def test_levelling_loses_nothing_and_needs_no_more_sheets(items, columns, height_mm):
    again = Item(8.0, lambda *_: None)
    made = [Item(h, lambda *_: None, again if repeated else None, gap) for h, repeated, gap in items]
    placed = flow(made, columns, height_mm)
    level = levelled(placed, columns, height_mm)
    assert level[:-1] == placed[:-1]
    assert [it.item for sheet in level for it in sheet if it.item is not again] == made
    for it in level[-1] if level else ():
        assert 0 <= it.column < columns
        assert it.down_mm + it.item.height_mm <= height_mm + 1e-6


def test_the_last_sheet_is_level():
    items = [Item(10.0, lambda *_: None) for _ in range(12)]
    (sheet,) = levelled(flow(items, 4, 100.0), 4, 100.0)
    assert [it.column for it in sheet] == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3


def test_a_section_that_goes_on_has_its_heading_again():
    head = row(["a", "b"], (1.0, 1.0), COLUMN, head=True)
    parts = section(("表", "表（续）"), [row([str(n), "x"], (1.0, 1.0), COLUMN) for n in range(6)], COLUMN, head)
    one = parts[1].height_mm
    top = parts[0].height_mm
    assert top == pytest.approx(8.0 + head.height_mm + one)
    (sheet,) = flow(parts, 2, top + 2 * one)
    again = [it for it in sheet if it.item is parts[1].again]
    assert [(it.column, it.down_mm) for it in again] == [(1, 0.0)]
    assert [it.column for it in sheet] == [0, 0, 0, 1, 1, 1, 1]
    assert section(("表", "表（续）"), [], COLUMN) == []


def test_heights_follow_the_lines():
    assert paragraph("消防车通道", COLUMN).height_mm == pytest.approx(4.4)
    # 100 mm hold 28 characters of 3.55 mm
    assert paragraph("消" * 29, COLUMN).height_mm == pytest.approx(8.8)
    assert stacked(Item(3.0, lambda *_: None), Item(4.0, lambda *_: None)).height_mm == 7.0


def test_revision_rows_wait_for_the_pen(tmp_path):
    said = texts(listing(drawn(tmp_path)))
    assert [text for text in said if re.fullmatch("修改记录|版次|修改内容|修改人|日期", text)] == ["修改记录", "版次", "修改内容", "修改人", "日期"]


def test_the_legend_has_what_the_site_has_and_nothing_else(tmp_path):
    def told(audit, plan):
        write_dxf(plan, audit, tmp_path / "l.dxf", DrawingOptions())
        said = texts(listing(ezdxf.readfile(tmp_path / "l.dxf")))
        return {label for label in ("黄色网状线", "停车泊位（虚线：规划）", "井盖", "救援操作场地", "车道中心线，宽度未测量", "架空物", "坐标网") if label in said}

    assert told(scene.audit(), scene.plan()) == {"黄色网状线", "停车泊位（虚线：规划）", "架空物", "坐标网"}
    bare = replace(scene.audit().site, layers={k: v for k, v in scene.site().layers.items() if k not in {"parking", "obstructions"}})
    plan = scene.plan(of=bare)
    plan = replace(plan, paint=plan.paint[~plan.paint["kind"].str.startswith("grid")])
    assert told(scene.audit(of=bare), plan) == {"坐标网"}


def test_choices_are_told_in_words(tmp_path):
    choice = OpenParameter("existing_paint", "remove_all", "", "现有标线（remove_conflicting 清除不符者，remove_all 全部清除，keep 保留）",
                           "existing paint", "proposed")  # fmt: skip
    said = "".join(texts(listing(drawn(tmp_path, replace(scene.plan(), parameters=(choice,))))))
    assert "现有标线（清除不符者，全部清除，保留）" in said
    assert "remove" not in said


def test_english_sheets_name_articles_in_english(tmp_path):
    said = "".join(texts(listing(drawn(tmp_path, lang="en"), "en")))
    assert "Art. 13" in said
    assert "Art. 14 净宽 2.800 m" in said
    assert "第十三条" not in said


def test_rows_of_a_table_are_written_column_by_column(tmp_path):
    doc = drawn(tmp_path, audit=scene.audit(findings=many_findings(3)))
    (layout,) = listing(doc)[:1]
    columns = [m.text.split("\\P") for m in layout.query("MTEXT")]
    numbers = [values(sheet)["NUMBER"].split(" / ")[0] for sheet in sheets(doc)]
    assert ["图号", *numbers] in columns
