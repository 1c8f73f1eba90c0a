"""Pages of Chinese text: line breaking by its rules, texts as data, tables over pages, the same bytes."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pdf_text import pdf_text

from firelane.report import letters
from firelane.report.lines import Run, broken
from firelane.report.typeset import Sheet, para, styles, table, turned, write

LOOK = styles("zh")


def lines(text, room, size=10.0):
    return ["".join(p.text for p in line.pieces) for line in broken([Run(text)], room, size=size)]


def pages(path):
    return int(next(
        row.split()[1] for row in subprocess.run(["pdfinfo", str(path)], capture_output=True, text=True, check=True).stdout.splitlines()
        if row.startswith("Pages")
    ))  # fmt: skip


def sheet(path, story, **more):
    Sheet(path, title="检查报告", lang="zh", running="检查报告", **more).build(story)
    return path


def test_chinese_breaks_after_any_character_and_a_stop_goes_with_the_one_before():
    # ten characters of 10 pt each fill 50 pt five by five
    assert lines("一二三四五六七八九十", 50) == ["一二三四五", "六七八九十"]
    # the comma may not begin the second line: it takes 五 along
    assert lines("一二三四五，六七", 50) == ["一二三四", "五，六七"]
    # an opening bracket does not end a line
    assert lines("一二三四（五）", 50) == ["一二三四", "（五）"]


def test_words_and_figures_stay_whole_and_longer_words_than_a_line_are_broken():
    assert lines("净宽为3.1000米", 50) == ["净宽为", "3.1000米"]
    assert lines("4\u00a0m wide", letters.width("4", 10, bold=False) * 6) == ["4\u00a0m", "wide"]
    long = lines("x" * 100, 50)
    assert len(long) > 5
    assert "".join(long) == "x" * 100
    assert lines("a\n\nb", 50) == ["a", "", "b"]


@given(st.text("一二，。（）《》“”ab 1.,()\n", max_size=60), st.floats(25, 120))
def test_nothing_is_lost_and_no_stop_begins_a_line(text, room):
    found = lines(text, room)
    assert "".join(found).replace(" ", "") == text.replace("\n", "").replace(" ", "")
    paragraphs = text.split("\n")
    assert len(found) >= len(paragraphs)
    for line in broken([Run(text)], room, size=10.0):
        longest = max((len(w) for p in paragraphs for w in p.split(" ")), default=0)
        assert line.width <= room + 1e-6 or longest == 1


def test_first_line_is_indented_and_bold_is_wider():
    first, second = broken([Run("一二三四五六七八")], 50, size=10, first=20)
    assert (first.indent, round(first.width)) == (20, 30)
    assert second.indent == 0
    plain, bold = (broken([Run("width", bold=b)], 100, size=10)[0].width for b in (False, True))
    assert bold > plain


def test_what_the_font_lacks_is_a_square_and_control_characters_are_gone():
    assert letters.shown("a\x00b\x1b\u202ec") == "abc"
    assert letters.shown("消防\U0001f692车") == "消防□车"
    assert letters.shown("שלום") == "□□□□"
    assert letters.shown("\ue000") == "□"
    # rarer than GB 2312, and in the font
    assert letters.shown("喆㛃") == "喆㛃"
    names = [name for _, name, _ in letters.pieces("楼喆㛃", bold=False, size=10)]
    assert len(set(names)) > 1


def test_fitted_text_fits():
    for text in ("消防车通道" * 20, "x" * 300, "短"):
        short = letters.fitted(text, 8, 100)
        assert sum(letters.width(c, 8, bold=False) for c in short) <= 100 + 1e-6
    assert letters.fitted("短", 8, 100) == "短"
    assert letters.fitted("很长的名字", 8, 30).endswith("…")


HOSTILE = "<b>粗</b> & {{7*7}} </para> =1+1 \x00\u202e\U0001f600 喆"


def test_data_is_never_markup_and_can_be_searched(tmp_path):
    path = sheet(tmp_path / "a.pdf", [para(HOSTILE, LOOK["h1"]), para(HOSTILE, LOOK["body"]), table([["列"], [HOSTILE]], [300], LOOK)])
    text = pdf_text(path)
    assert text.count("<b>粗</b> & {{7*7}} </para> =1+1 □ 喆") == 3
    assert "第1页共1页" in "".join(text.split())


def test_the_same_story_gives_the_same_bytes(tmp_path):
    first, second = (sheet(tmp_path / n, [para("甲" * 3000, LOOK["body"])]) for n in ("a.pdf", "b.pdf"))
    assert first.read_bytes() == second.read_bytes()


def test_total_of_pages_stands_on_every_page_and_pages_can_lie(tmp_path):
    story = [para("甲", LOOK["h1"]), *turned(wide=True), para("乙", LOOK["h2"]), *turned(wide=False), para("丙", LOOK["body"])]
    path = sheet(tmp_path / "a.pdf", story, watermark="样稿")
    assert pages(path) == 3
    for n in (1, 2, 3):
        assert f"第{n}页共3页" in "".join(pdf_text(path, n).split())
    sizes = subprocess.run(["pdfinfo", "-f", "1", "-l", "3", str(path)], capture_output=True, text=True, check=True).stdout
    assert [row.split()[3] for row in sizes.splitlines() if "size:" in row and row.startswith("Page ")] == [
        "595.276", "841.89", "595.276",
    ]  # fmt: skip


def test_heading_is_not_left_alone_at_the_foot_of_a_page(tmp_path):
    room = Sheet("x", title="", lang="zh", running="").height
    filler = LOOK["body"].but(leading=room - 40, after=0)
    path = sheet(tmp_path / "a.pdf", [para("甲", filler), para("标题", LOOK["h1"]), para("正文", LOOK["body"])])
    assert "标题" not in pdf_text(path, 1)
    assert "标题" in pdf_text(path, 2)


def test_long_table_repeats_its_head_and_loses_no_row(tmp_path):
    rows = [["编号", "说明"], *([f"R{n:03d}", "净宽" * (n % 30 + 1)] for n in range(200))]
    path = sheet(tmp_path / "a.pdf", [table(rows, [60, 300], LOOK)])
    text = pdf_text(path)
    assert pages(path) > 3
    assert text.count("编号") == pages(path)
    assert all(text.count(f"R{n:03d}") == 1 for n in range(200))


def test_row_higher_than_a_page_is_carried_on(tmp_path):
    long = "".join(chr(0x4E00 + n % 300) for n in range(9000))
    path = sheet(tmp_path / "a.pdf", [table([["甲", "乙"], ["1", long], ["2", "末行"]], [40, 200], LOOK)])
    text = "".join(pdf_text(path).split())
    assert pages(path) > 4
    assert "末行" in text
    kept = sum(text.count(chr(0x4E00 + n)) for n in range(300))
    assert kept >= 9000


@pytest.mark.parametrize(("align", "left"), [("left", 100.0), ("center", 80.0), ("right", 60.0)])
def test_text_is_written_where_it_is_told(align, left):
    places = []

    class Canvas:
        def setFillColor(self, *_):
            pass

        def setFont(self, *_):
            pass

        def drawString(self, x, y, text):
            places.append((x, y, text))

    assert write(Canvas(), 100, 50, "消防通道", size=10, align=align) == pytest.approx(40)
    assert places == [(pytest.approx(left), 50, "消防通道")]
