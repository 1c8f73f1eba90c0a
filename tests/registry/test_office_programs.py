"""Tables that went through an office program: what it writes otherwise than we do is taken, what it changes is told."""

import datetime as dt
import shutil

import openpyxl
import pytest
from docx import Document
from docx.oxml.ns import qn

from firelane.errors import InputError
from firelane.registry.ip_word import Word
from firelane.registry.kinds import kinds
from firelane.registry.tables_in import read_tables
from firelane.registry.tables_out import write_blank, write_tables

KINDS = kinds("ip")
ACTUAL = {"指标": "G1.5", "所属年份": 2022, "截至日期": dt.date(2022, 12, 31), "数值": 20, "数据来源": "统计", "填报人": "李"}


def filled(path, more=(), **changed):
    """Fill in the first row of the yearly figures' sheet of a blank workbook; ``more`` sets formats by heading."""
    write_blank(KINDS, path, "zh", title="t")
    book = openpyxl.load_workbook(path)
    sheet = book["指标实际值"]
    heads = {str(c.value).partition("（")[0]: c.column for c in sheet[1]}
    for head, value in {**ACTUAL, **changed}.items():
        sheet.cell(2, heads[head]).value = value
    for head, form in more:
        sheet.cell(2, heads[head]).number_format = form
    book.save(path)
    return path


@pytest.mark.parametrize("form", ["0%", "0.0%", '0.00"x"%'])
def test_a_percentage_is_no_figure(tmp_path, form):
    """A cell of 20 % holds 0.2: taken as it is, a growth of 20 would be one of 0.2."""
    with pytest.raises(InputError) as told:
        read_tables(filled(tmp_path / "a.xlsx", [("数值", form)], 数值=0.2), KINDS)
    (problem,) = told.value.problems
    assert problem.row == "2"
    assert "20%" in problem.message_zh


@pytest.mark.parametrize("form", ["General", "0.00", '0"%"', "0\\%"])
def test_a_sign_that_is_only_shown_changes_nothing(tmp_path, form):
    (given,) = read_tables(filled(tmp_path / "a.xlsx", [("数值", form)]), KINDS)
    assert given.values["value"] == 20


def test_a_percentage_among_texts_is_what_a_person_sees(tmp_path):
    (given,) = read_tables(filled(tmp_path / "a.xlsx", [("备注", "0.0%")], 备注=0.155), KINDS)
    assert given.values["note"] == "15.5%"


def test_sheets_that_were_written_as_csv_are_known_by_their_names(tmp_path):
    from firelane.registry.state import State

    names = {k.id: k.zh for k in KINDS.values()}
    (tmp_path / "ours").mkdir()
    (tmp_path / "theirs").mkdir()
    for path in write_tables(State(KINDS), tmp_path / "ours", "zh"):
        shutil.copy(path, tmp_path / "theirs" / f"登记-2023-{names[path.stem]}.csv")  # as LibreOffice names them
    assert read_tables(tmp_path / "theirs", KINDS) == []
    (tmp_path / "theirs" / "登记-别的.csv").write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(InputError, match="not known"):
        read_tables(tmp_path / "theirs", KINDS)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_blank_workbook_keeps_codes_and_offers_words(tmp_path, lang):
    write_blank(KINDS, tmp_path / "a.xlsx", lang, title="t")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    firms = KINDS["firm_event"]
    sheet = book[firms.name(lang)]
    letters = {c.value: c.column_letter for c in sheet[1]}
    forms = {key: sheet.column_dimensions[letters[c.heading(lang)]].number_format for key, c in {c.key: c for c in firms.columns}.items()}
    assert forms["usci"] == "@"  # eighteen figures would lose their last three
    assert [f for c in firms.columns if c.type.value == "date" for f in [forms[c.key]]] == ["yyyy-mm-dd"]
    assert sheet.column_dimensions["A"].number_format == "@"
    choices = [v.formula1 for v in sheet.data_validations.dataValidation]
    assert choices == ['"计入,退出"' if lang == "zh" else '"{}"'.format(",".join(w[1] for c in firms.columns for w in c.choices.values()))]
    partial = [v.formula1 for v in book[KINDS["actual"].name(lang)].data_validations.dataValidation]
    assert partial == ['"是,否"' if lang == "zh" else '"yes,no"']


def test_a_table_of_a_document_has_the_widths_it_was_given(tmp_path):
    word = Word("zh", "题", "眉")
    word.text("引言", bold=True)
    word.table([["甲", "乙"], ["1", "2"]], [40, 130])
    word.save(tmp_path / "a.docx")
    document = Document(tmp_path / "a.docx")
    (table,) = document.tables
    assert [round(c.width.mm) for c in table.columns] == [40, 130]  # LibreOffice goes by the grid, not by the cells
    assert [round(c.width.mm) for c in table.rows[1].cells] == [40, 130]
    assert document.paragraphs[0].paragraph_format.keep_with_next
    (language,) = document.styles["Normal"].element.rPr.findall(qn("w:lang"))
    assert language.get(qn("w:eastAsia")) == "zh-CN"
    fonts = next(p.blob for p in document.part.package.iter_parts() if str(p.partname) == "/word/fontTable.xml")
    assert b"Noto Serif CJK SC" in fonts
