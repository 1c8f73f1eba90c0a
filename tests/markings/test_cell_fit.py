"""Sheets as a person sees them: rows as high as their texts, pages that can be read, columns that can be filled in."""

import re
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firelane.markings.cell_fit import lines_of, pages_across, width_of
from firelane.markings.spreadsheet import Column, Table, write_book


def written(folder, *tables):
    """Return the workbook and the XML of its first sheet."""
    path = folder / "a.xlsx"
    write_book(tables, path, title="题", page="{n}/{of}")
    with zipfile.ZipFile(path) as package:
        return openpyxl.load_workbook(path), package.read("xl/worksheets/sheet1.xml").decode()


def rows_of(xml):
    return {int(r): attributes for r, attributes in re.findall(r'<row r="(\d+)"([^>]*)>', xml)}


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, 1), ("abc", 3, 1), ("abcd", 3, 2), ("abcdefg", 3, 3),
        ("净宽不足", 8, 1), ("净宽不足", 7, 2), ("净宽不足", 4, 2), ("净宽不足", 3, 4), ("净", 1, 2),
        ("one two three", 7, 2), ("one two three", 5, 3), ("a\nb\nc", 80, 3), ("a\n\n", 80, 3), ("宽 4 m", 6, 1),
        ("字" * 40_000, 60, 28), ("x\n" * 40_000, 60, 28),
    ],
)  # fmt: skip
def test_lines_by_hand(text, width, lines):
    assert lines_of(text, width) == lines


@given(st.text(alphabet="a b中，.\n", max_size=60), st.integers(2, 40))
def test_lines_hold_the_text_and_more_room_never_takes_more(text, width):
    lines = lines_of(text, width)
    assert lines * width >= sum(width_of(part.replace(" ", "")) for part in text.split("\n"))
    assert text.count("\n") + 1 <= lines or lines == 28
    assert lines_of(text, 200) <= lines


def test_a_row_is_as_high_as_its_wrapped_text_and_not_by_the_users_will(tmp_path):
    table = Table("表", [Column("号"), Column("文", wrap=True)], [[1, "短"], [2, "净宽" * 45], [3, "a\nb"]])
    book, xml = written(tmp_path, table)
    assert book["表"].column_dimensions["B"].width == 63
    rows = rows_of(xml)
    assert "ht=" not in rows[1] + rows[2]
    assert 'ht="45"' in rows[3]  # 180 characters in columns of 61
    assert 'ht="30"' in rows[4]
    # A height of the user's own would stay when the text is cut: this one is fitted anew.
    assert not re.search(r'customHeight="(1|true)"', xml)


def test_a_head_that_is_wrapped_is_seen(tmp_path):
    _, xml = written(tmp_path, Table("表", [Column("测量精度内无法判定的项目数")], [[1]]))
    assert 'ht="30"' in rows_of(xml)[1]


def test_a_wide_table_is_printed_across_pages_that_can_be_read(tmp_path):
    columns = [Column("编号"), *(Column("文", wrap=True) for _ in range(8))]
    remark = "说明" * 200
    book, _ = written(tmp_path, Table("宽", columns, [["A", *["字" * 30] * 8]], remarks=[remark]), Table("窄", [Column("号")], [[1]]))
    wide, narrow = book["宽"], book["窄"]
    assert wide.page_setup.fitToWidth == 3  # 8 × 63 + 9 characters, 230 on a page
    assert (wide.print_title_rows, wide.print_title_cols, wide.freeze_panes) == ("$1:$1", "$A:$A", "B2")
    assert (narrow.page_setup.fitToWidth, narrow.print_title_cols, narrow.freeze_panes) == (1, None, "A2")
    # The remark is one cell across the columns of the first page: it neither widens what is printed nor is torn.
    (merged,) = wide.merged_cells.ranges
    assert (merged.min_row, merged.min_col, merged.max_row) == (4, 1, 4)
    across = sum(wide.column_dimensions[c].width for c in "ABCDEFGHI"[: merged.max_col])
    assert 60 <= across <= 230
    assert wide["A4"].value == remark


def test_pages_across():
    assert [pages_across(w) for w in (0, 1, 230, 230.5, 461)] == [1, 1, 1, 2, 3]


def test_degrees_are_not_cut_by_their_column(tmp_path):
    book, _ = written(tmp_path, Table("表", [Column("经度"), Column("x", "0.00")], [[123.431504, 1234.5]]))
    assert book["表"].column_dimensions["A"].width >= len("123.431504")


def test_numbers_stand_beside_texts_and_every_font_has_a_name(tmp_path):
    columns = [Column("数"), Column("文", wrap=True)]
    book, _ = written(tmp_path, Table("表", columns, [[1.5, "长" * 50]], [["合计", None]], ["注"]))
    sheet = book["表"]
    assert sheet["A2"].alignment.vertical == sheet["B2"].alignment.vertical == "top"
    assert (sheet["A2"].alignment.horizontal, sheet["A2"].alignment.indent) == ("right", 1)
    assert {(c.font.name, c.font.sz) for row in sheet.iter_rows() for c in row} == {("Calibri", 11)}
    assert sheet["A1"].font.b
    assert sheet["A3"].font.b


def test_columns_to_fill_in_keep_what_is_typed_and_offer_choices(tmp_path):
    columns = [
        Column("代码", entry="@"), Column("状态", choices=("正常", "不良")), Column("长", choices=("字" * 200, "词" * 60)),
        Column("分", choices=("a,b", "c")),
    ]  # fmt: skip
    book, xml = written(tmp_path, Table("表", columns, []))
    sheet = book["表"]
    assert sheet.column_dimensions["A"].number_format == "@"
    (offered,) = sheet.data_validations.dataValidation  # a list that is too long, or holds a comma, cannot be offered
    assert offered.formula1 == '"正常,不良"'
    assert offered.errorStyle == "warning"  # the other language's word is taken as well
    assert str(offered.sqref) == "B2:B1048576"
    assert "<f>" not in xml
