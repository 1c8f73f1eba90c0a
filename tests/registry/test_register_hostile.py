"""Odd and hostile tables: every fault is told by its place, nothing of such a table is taken, nothing is read as something else."""

import warnings
import zipfile

import pytest
from openpyxl import Workbook

from firelane.errors import FirelaneError, InputError
from firelane.registry.cells import value_of
from firelane.registry.desk import Given
from firelane.registry.kinds import Column, ColumnType, kinds
from firelane.registry.tables_in import read_tables

KINDS = kinds("ip")
NUMBER = Column("v", "数", "value", ColumnType.NUMBER)
HEAD = "indicator,year,as_of,value,source,reporter"
ROW = "G1.5,2022,2022-12-31,5,统计,李"


def told(path, text=None):
    """Return the problems of a table, in English."""
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_tables(path, KINDS)
    assert all(p.message_zh for p in caught.value.problems)
    return [str(p) for p in caught.value.problems]


@pytest.mark.parametrize(("text", "value"), [
    ("1,000", 1000.0), ("1 000", 1000.0), ("１２，０００．５", 12000.5), ("+5", 5.0), ("- 5", -5.0), (".5", 0.5), ("-0", 0.0), ("0e9", 0.0), ("1e3", 1000.0), (5, 5.0),
])  # fmt: skip
def test_numbers_as_people_write_them(text, value):
    found, wrong = value_of(NUMBER, text)
    assert wrong is None
    assert (found, str(found)) == (value, str(value))  # and no sign of nought


@pytest.mark.parametrize("text", [
    "5 0", "12 13", "1,00", "5,00", "e5", "E+5", "+", "-.", "1e309", "-1e309", "1e-400", "NaN", "inf", "-Infinity", "50%", "0x10", "1_000", "--1", "١٢٣", "五十", "½", "5.5.5",
    "9" * 400, 10**400, float("inf"), 1e16, True,
])  # fmt: skip
def test_what_is_no_number_is_told_and_never_becomes_another(text):
    found, wrong = value_of(NUMBER, text)
    assert found is None
    assert "expected a number" in wrong[1]


@pytest.mark.parametrize("text", ["1900-01-01", "9999-12-31", "2023-02-29", "0000-00-00", "٢٠٢٢-١٢-٣١", "31/12/2022", "44926", "2022-12-31 10:00", "20230229"])
def test_days_that_are_none(text):
    assert value_of(Column("d", "日", "day", ColumnType.DATE), text)[0] is None


def test_a_leap_day_and_full_width_figures_are_a_day():
    column = Column("d", "日", "day", ColumnType.DATE)
    assert str(value_of(column, "2024-02-29")[0]) == str(value_of(column, "２０２４年２月２９日")[0]) == "2024-02-29"


def test_a_cell_beyond_the_last_heading_is_told(tmp_path):
    assert told(tmp_path / "actual.csv", f"{HEAD}\n{ROW},遗漏,\n") == ["actual row 2 column G: holds something, but has no heading"]
    (tmp_path / "actual.csv").write_text(f"{HEAD}\n{ROW},,\n", encoding="utf-8")
    assert len(read_tables(tmp_path / "actual.csv", KINDS)) == 1


@pytest.mark.parametrize("name", ["a b", "a\u202eb", "a\u200bb", "x" * 65, "a\u3000b"])
def test_a_number_of_a_record_has_to_be_seen(tmp_path, name):
    assert "no invisible characters" in told(tmp_path / "actual.csv", f"record_id,{HEAD}\n{name},{ROW}\n")[0]


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "1900-01-01T00:00:00+08:00", "now"])
def test_times_that_cannot_be_meant(tmp_path, at):
    assert "expected a time" in told(tmp_path / "actual.csv", f"record_id,recorded_by,recorded_at,{HEAD}\nSJ-1,甲,{at},{ROW}\n")[0]


def test_every_problem_of_a_folder_at_once(tmp_path):
    (tmp_path / "actual.csv").write_text(f"{HEAD}\nG1.5,2022,2022-12-31,=cmd|'/c calc'!A1,a\x07b,{'长' * 5000}\n", encoding="utf-8")
    (tmp_path / "质押融资.csv").write_text("usci\n123\n", encoding="gb18030")
    found = told(tmp_path)
    assert [line.partition(":")[0] for line in found[:3]] == [f"actual row 2 column {c}" for c in "DEF"]
    assert all("质押融资 row 1" in line for line in found[3:])
    assert len(found) == 7


def test_what_is_not_there_is_told_as_such(tmp_path):
    for name in ("nowhere", "nowhere.csv", "nowhere.xlsx"):
        assert "is not there" in told(tmp_path / name)[0]


def test_workbooks_that_are_none_or_attacks(tmp_path):
    book = Workbook()
    book.active.title = "指标实际值"
    book.active.append(HEAD.split(","))
    book.active.append(["G1.5", 2022, 1e10, 5, "统计", "李"])
    book.active["C2"].number_format = "yyyy-mm-dd"
    book.create_sheet("质押融资").append(["秘密"])
    book.worksheets[1].sheet_state = "hidden"
    book.save(tmp_path / "odd.xlsx")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # none of openpyxl's goes to the console
        found = told(tmp_path / "odd.xlsx")
    assert "column C" in found[0]  # a date in the year 27 million
    assert any(line.startswith("质押融资 row 1 column A") for line in found)  # hidden, and looked at all the same
    parts = {}
    with zipfile.ZipFile(tmp_path / "odd.xlsx") as source:
        parts = {name: source.read(name) for name in source.namelist()}
    entities = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    laughs = f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">{entities}]><worksheet><sheetData><row><c t="inlineStr"><is><t>&j;</t></is></c></row></sheetData></worksheet>'
    for name, content in (("laughs.xlsx", laughs.encode()), ("cut.xlsx", parts["xl/worksheets/sheet1.xml"][:200])):
        with zipfile.ZipFile(tmp_path / name, "w") as out:
            for part, old in parts.items():
                out.writestr(part, content if part.endswith("sheet1.xml") else old)
        assert "is no workbook that can be read" in told(tmp_path / name)[0]
    (tmp_path / "text.xlsx").write_text(HEAD, encoding="utf-8")
    assert "is no workbook that can be read" in told(tmp_path / "text.xlsx")[0]


def test_a_row_without_its_day_is_told_on_every_desk(tmp_path):
    """As ``star record`` hands it in: columns that nobody filled in are not there at all."""
    from star_scenes import Live

    with Live(tmp_path / "s.sqlite") as live, pytest.raises(FirelaneError) as caught:
        live.desk.take([Given("round", {"name": "考评"}, "LP 1")])
    said = caught.value.text("en")
    assert "no invisible characters" in said
    assert "called on must not be empty" in said
