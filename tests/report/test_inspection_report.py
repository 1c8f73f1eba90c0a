"""The inspection report says what the audit found: figures, drawings, words, in every edition."""

import re
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import shapely
from pdf_text import pdf_text
from site_scenes import ORIGIN, Polygon, audited, box, car, gates, over, post, rules, site, street

from firelane.errors import OutputError, UsageError
from firelane.report import write_report
from firelane.report.figures import SIZE, Figures, drawn
from firelane.report.figures_profile import _free_spot, lanes_charted, profile
from firelane.report.inspection import Inspection, short
from firelane.report.inspection_pdf import MOST_FIGURES
from firelane.report.numbers import numbers_in_short
from firelane.report.parameters import known, open_parameters
from firelane.report.scene import Area, Label, Stroke, png
from firelane.vocabulary import Quantity, Verdict, rounded_down
from firelane.webmap.gather import gather

REPOSITORY = Path(__file__).parents[2]
HOSTILE = "=1+1<script>{{7*7}}&\x00\u202e\U0001f600" + "很长的名字" * 400


def of(audit, quantity, verdict=Verdict.FAIL):
    return [f for f in audit.findings if f.quantity is quantity and f.verdict is verdict]


@pytest.fixture(scope="module")
def narrowed():
    """6 m wide; a post leaves 2.7504 m on its better side; an arch at 3.6 m."""
    things = [post(40, -0.0004, radius=0.25, id="P1", name="隔离桩"), over(60, -4, 61, 4, 3.6, id="A1")]
    bad = {"manager": "测试物业公司", "manager_kind": "property_company"}
    buildings = [(box(20, 8, 40, 20), {"id": "B1", "name": "一号楼"})]
    return audited(street(6.0, things, config=bad, buildings=buildings))


@pytest.fixture(scope="module")
def crowded():
    """A long road with sixty posts, each with a finding of its own: their stretches do not merge."""
    return audited(street(6.0, [post(12 + 15 * n, 0.0, radius=0.3, id=f"P{n}") for n in range(60)], length=920.0))


@pytest.fixture(scope="module")
def report(narrowed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    for name in ("a.pdf", "b.pdf", "a.docx", "a.xlsx"):
        write_report(narrowed, folder / name)
    write_report(narrowed, folder / "en.pdf", lang="en", date=date(2026, 11, 26))
    return folder


# ------------------------------------------------------------------------------------------ what it says


def test_lines_tell_value_limit_margin_and_place(narrowed):
    it = Inspection(narrowed)
    (line,) = [n for n in it.lines if n.finding.quantity is Quantity.CLEAR_WIDTH]
    # 3 - 0.25 + 0.0004 = 2.7504 m, and 2.7504 - 4 = -1.2496 m: both down to the millimetre
    assert (line.number, line.measured, line.required, line.margin) == (1, "2.750 m", "≥ 4 m", "−1.250 m")
    east, north = line.finding.location
    assert f"X={north:.3f} Y={east:.3f}" in line.place
    assert any("桩号" in part for part in line.place)
    assert line.verdict == "不符合"
    (low,) = [n for n in it.lines if n.finding.quantity is Quantity.CLEAR_HEIGHT]
    assert (low.measured, low.margin) == ("3.600 m", "−0.400 m")


def test_numbers_are_those_of_the_map_and_nothing_that_fails_is_left_out(narrowed):
    it = Inspection(narrowed)
    gathered = gather(narrowed, None, "zh")
    cards = {c.ident: c.number for row in gathered.findings for c in [gathered.content.cards[row["c"]]] if c.number}
    assert {n.finding.finding_id: n.number for n in it.lines} == cards
    told = {n.finding.finding_id for n in it.lines}
    assert told >= {f.finding_id for f in narrowed.findings if f.verdict in (Verdict.FAIL, Verdict.INDETERMINATE)}
    assert len(it.every_line) == len(narrowed.findings)


def test_tallies_add_up_to_the_summary(narrowed):
    it = Inspection(narrowed)
    for verdict in Verdict:
        assert sum(t.counts[verdict] for t in it.tallies) == narrowed.summary["counts"][verdict.value]


def test_articles_are_quoted_verbatim_and_only_those_concerned(narrowed):
    it = Inspection(narrowed)
    quoted = {text for _, body in it.articles for _, text in body}
    concerned = {f.rule_id for f in narrowed.findings if f.verdict in (Verdict.FAIL, Verdict.INDETERMINATE)}
    assert quoted == {r.text_zh for r in narrowed.rules if r.rule_id in concerned}
    assert not quoted & {r.text_zh for r in narrowed.rules if r.quantity is Quantity.MANAGEMENT}


def test_open_parameters_are_named_with_their_values():
    rule = next(r for r in rules() if "gap_tolerance_m" in r.to_be_confirmed)
    told = open_parameters(rule).split("\n")
    assert f"间距允许偏差：{rule.params['gap_tolerance_m']:g} m" in told
    assert len(told) == len(rule.to_be_confirmed)
    assert "视为黄色的记录用词：黄、黄色\u00a0等\u00a03\u00a0个" in told
    assert f"tolerance of the spacing: {rule.params['gap_tolerance_m']:g} m" in open_parameters(rule, "en").split("\n")


def test_every_open_parameter_of_every_pack_has_a_name_in_words():
    for rule in (rule for pack in ("shenyang-2020", "gb50016", "gb55037") for rule in rules(pack)):
        for name in rule.to_be_confirmed:
            assert known(name), (rule.rule_id, name)
            assert name not in open_parameters(rule, "zh")


def test_a_figure_stands_beside_a_rule_without_one_only_where_the_place_falls_short(narrowed):
    it = Inspection(narrowed)
    for line in it.every_line:
        finding = line.finding
        short_of = finding.margin is not None and finding.margin < 0
        if finding.verdict is Verdict.FAIL and not short_of:
            assert line.margin == "—", finding.finding_id
        assert ("≥" in line.required and "\n" in line.required) <= (short_of and it.rules[finding.rule_id].threshold is None)


def test_one_remedy_of_many_targets_is_told_once(narrowed):
    it = Inspection(narrowed)
    assert {row[1:] for row in it.remedies} == {row[1:] for row in it.remedies_at_once}
    assert len({row[1:] for row in it.remedies_at_once}) == len(it.remedies_at_once)


def test_date_stands_only_where_it_is_given(narrowed):
    assert dict(Inspection(narrowed).cover)["数据日期"] == "未提供"  # nobody told when the site was surveyed
    assert dict(Inspection(narrowed).cover)["检查日期"].split() == ["年", "月", "日"]
    assert dict(Inspection(narrowed, date=date(2026, 11, 26)).cover)["检查日期"] == "2026-11-26"


def test_numbers_in_short():
    assert numbers_in_short([]) == ""
    assert numbers_in_short([2, 3, 4, 7, 9, 10]) == "2–4, 7, 9, 10"
    assert short("a\x00b\nc") == "a b c"


# ------------------------------------------------------------------------------------------ drawings


def dimension(scene, colour):
    """Length of the straight line that has arrow heads of this colour [pt]."""
    lines = [t for t in scene.things if isinstance(t, Stroke) and t.colour == colour and t.weight in (1.1, 0.9)]
    (line,) = lines
    return float(np.hypot(*(line.coords[1] - line.coords[0])))


def scale_of(scene):
    (text,) = [t.text for t in scene.things if isinstance(t, Label) and t.text.startswith("1:")]
    return int(text[2:])


def test_pinch_is_drawn_to_scale_with_the_width_required_beside_it(narrowed):
    (finding,) = of(narrowed, Quantity.CLEAR_WIDTH)
    figures = Figures(Inspection(narrowed).content)
    scene = figures.scene(finding)
    pt_per_m = 72 / 0.0254 / scale_of(scene)
    assert dimension(scene, "#b3122b") == pytest.approx(finding.value * pt_per_m, rel=1e-6)
    assert dimension(scene, "#1d4e89") == pytest.approx(4.0 * pt_per_m, rel=1e-6)
    texts = [t.text for t in scene.things if isinstance(t, Label)]
    assert f"{rounded_down(finding.value)} m" in texts
    assert "要求 4 m" in texts
    assert any("P1" in t for t in texts)
    assert any("路面边缘" in t for t in texts)
    assert "北" in texts


def test_height_is_drawn_in_elevation_to_its_own_scale(narrowed):
    (finding,) = of(narrowed, Quantity.CLEAR_HEIGHT)
    scene = Figures(Inspection(narrowed).content).scene(finding)
    tall = [t for t in scene.things if isinstance(t, Stroke) and t.coords[0][0] == t.coords[1][0] and t.weight in (1.0, 0.8)]
    measured, required = (next(float(t.coords[1][1] - t.coords[0][1]) for t in tall if t.colour == c) for c in ("#b3122b", "#1d4e89"))
    assert measured / required == pytest.approx(3.6 / 4.0)


def test_an_unplaced_site_has_no_north_arrow(narrowed):
    audit = replace(narrowed, site=replace(narrowed.site, placed=False))
    (finding,) = of(audit, Quantity.CLEAR_WIDTH)
    texts = [t.text for t in Figures(Inspection(audit).content).scene(finding).things if isinstance(t, Label)]
    assert "北" not in texts
    assert "本地坐标" in Inspection(audit).crs


def test_one_gap_is_drawn_once_with_the_numbers_of_all_its_findings(narrowed):
    it = Inspection(narrowed)
    shown = [number for line, others in it.figures for number in (line.number, *others)]
    assert sorted(shown) == sorted(n.number for n in it.lines if drawn(n.finding))
    (first, others) = it.figures[0]
    assert first.finding.quantity is Quantity.CLEAR_WIDTH
    assert [n.finding.owners for n in it.lines if n.number in others] == [("P1",)]


def test_labels_do_not_cover_each_other():
    things = [car(30 + 6 * n, 0.4, id=f"V{n}") for n in range(4)]
    audit = audited(street(5.0, things))
    figures = Figures(Inspection(audit).content)
    for finding in of(audit, Quantity.CLEAR_WIDTH):
        boxes = []
        for label in (t for t in figures.scene(finding).things if isinstance(t, Label) and t.ground):
            half = sum(0.5 * label.size if ord(c) < 0x2E80 else label.size for c in label.text) / 2
            boxes.append(shapely.box(label.x - half, label.y, label.x + half, label.y + 0.7 * label.size))
            assert label.x - half >= 0
            assert label.x + half <= SIZE[0]
        assert not any(a.intersects(b) for n, a in enumerate(boxes) for b in boxes[:n])


def test_profile_shows_the_least_width_of_the_finding(narrowed):
    content = Inspection(narrowed).content
    (lane,) = lanes_charted(content)
    scene = profile(content, lane)
    assert "最小 2.750 m" in [t.text for t in scene.things if isinstance(t, Label)]
    # what lies below the limit is filled
    assert any(isinstance(t, Area) and t.fill == "#f0b8bf" for t in scene.things)


def test_the_limits_name_stands_where_neither_curve_nor_figure_is():
    flat = np.column_stack([np.linspace(0, 100, 201), np.full(201, 55.0)])
    nothing = (0.0, 0.0, 0.0, 0.0)
    # the curve runs through the place above the line, so the name goes below it; with the figure there, to the left
    assert _free_spot("要求 4 m", 50.0, 0.0, 100.0, flat, nothing) == (100.0, 41.5, "right")
    assert _free_spot("要求 4 m", 50.0, 0.0, 100.0, flat, (70.0, 40.0, 100.0, 50.0)) == (0.0, 41.5, "left")
    assert _free_spot("要求 4 m", 50.0, 0.0, 100.0, flat - [0.0, 50.0], nothing) == (100.0, 52.5, "right")


def test_profile_of_lanes_that_pass_is_not_shown():
    assert lanes_charted(Inspection(audited(street(6.0))).content) == []


def test_picture_of_a_drawing_has_its_size_and_its_colours(narrowed, tmp_path):
    from PIL import Image

    (finding,) = of(narrowed, Quantity.CLEAR_WIDTH)
    (tmp_path / "a.png").write_bytes(png(Figures(Inspection(narrowed).content).scene(finding), dpi=144))
    picture = Image.open(tmp_path / "a.png").convert("RGB")
    assert picture.size == (2 * SIZE[0], 2 * SIZE[1])
    red = (np.abs(np.asarray(picture).astype(int) - (0xB3, 0x12, 0x2B)).sum(axis=2) < 40).sum()
    assert red > 200


# ------------------------------------------------------------------------------------------ editions


def test_pdf_has_every_section_and_the_same_bytes(report):
    text = pdf_text(report / "a.pdf")
    for part in (
        "消防车通道检查报告", "物业服务企业：测试物业公司", "检查结论", "检查位置图", "不符合及须核实的项目", "所涉条文", "窄处与障碍详图",
        "通道净宽沿程图", "整改办法", "建筑的消防车可达性", "未测量的项目", "判定依据与待确认参数", "数据来源与处理", "测量说明", "检查人",
        "被检查单位", "2.750 m", "−1.250 m", "消防车通道的净宽度和净空高度均不应小于4米",
    ):  # fmt: skip
        assert part in text, part
    assert (report / "a.pdf").read_bytes() == (report / "b.pdf").read_bytes()
    assert "车辆行驶轨迹" not in text


def test_english_pdf_quotes_chinese_and_translates(report):
    text = pdf_text(report / "en.pdf")
    for part in ("Fire-lane inspection report", "2026-11-26", "page 1", "消防车通道的净宽度和净空高度均不应小于4米", "Translation (not official)", "Inspector"):
        assert part in text, part


def test_bookmarks_lead_to_the_sections(report):
    raw = (report / "a.pdf").read_bytes()
    assert raw.count(b"/Dest") >= 10
    assert b"/Outlines" in raw
    assert b"/Lang" in raw


def test_a_vehicle_that_is_set_is_said_not_to_be_tracked(narrowed, tmp_path):
    config = replace(narrowed.site.config, vehicle={"preset": "x"})
    write_report(replace(narrowed, site=replace(narrowed.site, config=config)), tmp_path / "a.pdf")
    assert "不做车辆行驶轨迹" in pdf_text(tmp_path / "a.pdf")


def test_docx_has_real_headings_tables_and_chinese_fonts(report):
    import docx

    document = docx.Document(str(report / "a.docx"))
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert headings[:3] == ["检查结论", "检查位置图", "不符合及须核实的项目"]
    findings = next(t for t in document.tables if t.rows[0].cells[0].text == "序号")
    assert [c.text for c in findings.rows[1].cells][3:6] == ["2.750 m", "≥ 4 m", "−1.250 m"]
    # the map, the drawings and the profile
    assert len(document.inline_shapes) >= 4
    # A drawing has the size that its scale was drawn for: 1:200 is 1:200 on paper.
    assert sum(abs(shape.width.pt - SIZE[0]) < 0.1 for shape in document.inline_shapes) >= 1
    assert "w:tblHeader" in findings.rows[0]._tr.xml
    with zipfile.ZipFile(report / "a.docx") as packed:
        assert 'w:eastAsia="黑体"' in packed.read("word/styles.xml").decode()


def test_xlsx_has_every_finding_as_numbers(report, narrowed):
    book = openpyxl.load_workbook(report / "a.xlsx")
    sheet = book["检查结果"]
    heads = [c.value for c in sheet[1]]
    rows = [dict(zip(heads, (c.value for c in row), strict=True)) for row in sheet.iter_rows(min_row=2)]
    rows = [row for row in rows if row["finding_id"]]
    assert {row["finding_id"] for row in rows} == {f.finding_id for f in narrowed.findings}
    assert (rows[0]["实测"], rows[0]["差值"]) == (2.75, -1.25)
    assert sheet.freeze_panes == "B2"  # wider than a page: the number stays in sight
    assert len(book.sheetnames) == 7


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("suffix", [".pdf", ".docx", ".xlsx"])
def test_hostile_names_are_shown_as_text_everywhere(suffix, lang, tmp_path):
    things = [post(40, 0.0, radius=0.25, id=HOSTILE[:600], name=HOSTILE), over(60, -4, 61, 4, 3.6, name="<b>{{7*7}}</b>")]
    building = (box(20, 8, 40, 20), {"id": "\x07B1</para>", "name": HOSTILE})
    audit = audited(street(6.0, things, config={"manager": HOSTILE, "district": "@SUM(A1)<i>"}, buildings=[building]))
    audit = replace(audit, site=replace(audit.site, name=HOSTILE))
    path = tmp_path / f"a{suffix}"
    write_report(audit, path, lang=lang)
    if suffix == ".pdf":
        text = pdf_text(path)
        assert "{{7*7}}" in text
        assert "<script>" in text
        assert not re.search("[\x00-\x08\x0b\x0e-\x1f\u202e]", text)
    elif suffix == ".docx":
        with zipfile.ZipFile(path) as packed:
            body = packed.read("word/document.xml").decode()
        assert "<script" not in body
        assert "&lt;script&gt;" in body
    else:
        for sheet in openpyxl.load_workbook(path):
            for row in sheet.iter_rows():
                assert all(cell.data_type != "f" for cell in row)


def test_many_findings_are_all_in_the_table_and_few_are_drawn(crowded, tmp_path):
    write_report(crowded, tmp_path / "a.pdf")
    text = pdf_text(tmp_path / "a.pdf")
    it = Inspection(crowded)
    assert len(it.figures) > MOST_FIGURES
    assert f"图示最严重的 {MOST_FIGURES} 处，共 {len(it.figures)} 处" in text
    assert all(f"固定隔离桩（P{n}）" in text or f"固定隔离桩 P{n}" in text for n in range(60))
    assert (tmp_path / "a.pdf").stat().st_size < 3_000_000


def test_passing_site_says_that_nothing_fails_and_what_was_not_measured(tmp_path):
    write_report(audited(street(6.0, entrances=gates(openable=True))), tmp_path / "a.pdf")
    text = pdf_text(tmp_path / "a.pdf")
    assert "没有不符合或无法判定的项目" in text
    assert "未测量的项目" in text
    assert "整改办法" not in text
    assert "不符合及须核实的项目" not in text


def test_other_endings_are_refused_and_an_old_file_stays(narrowed, tmp_path):
    with pytest.raises(UsageError):
        write_report(narrowed, tmp_path / "a.txt")
    with pytest.raises(OutputError):
        write_report(narrowed, tmp_path / "no" / "a.pdf")
    assert list(tmp_path.iterdir()) == []


def test_site_of_one_odd_road_is_reported(tmp_path):
    """An L of 3 m: no obstacle at all, the edges alone make the pinch."""
    shape = Polygon([(0, 0), (30, 0), (30, 30), (27, 30), (27, 3), (0, 3)])
    audit = audited(site([shape], entrances=gates(30, 3, both=False)[:0] or None))
    assert ORIGIN is not None
    write_report(audit, tmp_path / "a.pdf")
    assert "3.000 m" in pdf_text(tmp_path / "a.pdf")


def test_a_place_to_look_at_breaks_no_rule(tmp_path):
    """Nobody looked whether the gates open: they are listed, and nothing is said to fail."""
    write_report(audited(street(6.0)), tmp_path / "a.pdf")
    text = pdf_text(tmp_path / "a.pdf")
    assert "没有不符合或无法判定的项目" in text
    assert "能否在紧急情况下立即打开未调查" in text
    assert "所涉条文" not in text
    assert "整改办法" not in text


def test_command_writes_every_edition_that_is_asked_for(tmp_path, monkeypatch):
    from click.testing import CliRunner

    from firelane.cli.report import command

    monkeypatch.chdir(REPOSITORY)
    out = tmp_path / "new" / "r.pdf"
    arguments = ["data/shenyang_compliant", "-o", str(out), "--docx", "--xlsx", "--date", "2026-11-26", "--lang", "zh"]
    result = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert result.exception is None, result.output
    assert result.return_value == 0
    assert {p.name for p in out.parent.iterdir()} == {"r.pdf", "r.docx", "r.xlsx"}
    assert "2026-11-26" in pdf_text(out)
    refused = CliRunner().invoke(command, ["data/shenyang_compliant", "-o", str(tmp_path / "r.txt")])
    assert refused.exit_code == 2
