"""Records out to workbooks and CSV, and in again: nothing is lost, every bad cell is told, nothing is half-imported."""

import csv
import datetime as dt
import re
import zipfile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firelane.errors import InputError
from firelane.registry.desk import Given, Register
from firelane.registry.kinds import ColumnType, kinds
from firelane.registry.tables_in import read_tables
from firelane.registry.tables_out import headings, write_blank, write_tables, write_workbook
from firelane.registry.usci import made
from firelane.store import Role, Store

KINDS = kinds("ip")
T0 = dt.datetime(2023, 6, 1, 2, tzinfo=dt.UTC)
REFERS = {"indicator": ("G1.5",), "task": ("1",)}


def store_at(folder, name="r.sqlite"):
    store = Store.create(folder / name, admin="boss", now=T0)
    store.set_user("boss", "clerk", Role.INSPECTOR, now=T0)
    return store


def register(store, user="boss"):
    return Register(store, user, "ip:test", KINDS, refers=REFERS, now=lambda: T0)


def actual(value, source="统计", **more):
    values = {"indicator": "G1.5", "year": 2022, "as_of": dt.date(2022, 12, 31), "value": value, "partial": False, "source": source,
              "reporter": "李", "evidence": None, "note": None}  # fmt: skip
    return Given("actual", values, **more)


def filled(store):
    clerk, boss = register(store, "clerk"), register(store)
    clerk.take([actual(5.25, record_id="SJ-1"), actual(1e-7, "'=1+1"), actual(12345678.125, "=HYPERLINK(1)", record_id="SJ-3")])
    clerk.take([actual(6.0, record_id="SJ-1", reason="复核\n两行")])
    boss.decide("SJ-1", "approved", "@好")
    boss.void("SJ-3", "重复")
    pledge = {"usci": made("210100", "MA0X1Y2J"), "name": "甲", "bank": "乙", "amount_yuan": 3e6, "on": dt.date(2021, 3, 5), "right": None, "evidence": None}
    boss.take([Given("pledge", pledge, "ZY-1")])
    return boss


def told(state):
    return {
        (r.record_id, r.kind, r.version, tuple(r.values.items()), r.reason, r.recorded_by, r.recorded_at, r.decision, r.decided_by, r.decided_at,
         r.decision_note, r.voided, r.voided_by, r.voided_at)
        for versions in state.versions.values() for r in versions
    }  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_out_and_in_again_loses_nothing(tmp_path, lang, form):
    with store_at(tmp_path) as store, store_at(tmp_path, "other.sqlite") as other:
        state = filled(store).state()
        path = tmp_path / "all.xlsx" if form == "xlsx" else tmp_path
        if form == "xlsx":
            write_workbook(state, path, lang, title="全部")
        else:
            write_tables(state, path, lang)
        rows = read_tables(path, KINDS)
        assert len(rows) == 5
        again = register(store).take(rows)
        assert (again.new, again.corrected, again.decided, again.voided) == ((), (), (), ())
        desk = register(other)
        desk.take(rows)
        assert told(desk.state()) == told(state)
        assert desk.take(rows).new == ()


def test_no_cell_of_a_csv_is_a_formula(tmp_path):
    with store_at(tmp_path) as store:
        write_tables(filled(store).state(), tmp_path, "zh")
    with (tmp_path / "actual.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [c for row in csv.reader(file) for c in row]
    assert not [c for c in cells if c.startswith(("=", "+", "-", "@"))]
    assert "'=HYPERLINK(1)" in cells
    assert "''=1+1" in cells


def test_no_cell_of_a_workbook_is_a_formula(tmp_path):
    with store_at(tmp_path) as store:
        write_workbook(filled(store).state(), tmp_path / "a.xlsx", "zh", title="=1")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert not [c for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "f"]


def sheet(path, rows, name="指标实际值"):
    book = openpyxl.Workbook()
    book.active.title = name
    for row in rows:
        book.active.append(row)
    book.save(path)


GOOD = ["编号", "指标", "截至日期", "数值", "数据来源", "填报人"]


def test_every_bad_cell_is_told_by_sheet_row_and_column(tmp_path):
    path = tmp_path / "bad.xlsx"
    sheet(path, [GOOD, ["SJ 1", "G1.5", "昨天", "许多", "统计", None], [None] * 6, [None, "G1.5", dt.date(2022, 1, 2), 3, "统计", "李"],
                 [None, "G1.5", "2022-02-30", 3, "统计", "李", "多余"]])  # fmt: skip
    with pytest.raises(InputError) as caught:
        read_tables(path, KINDS)
    lines = [p.text("zh") for p in caught.value.problems]
    assert [line.split("：")[0] for line in lines] == [f"指标实际值 第 {r} 行 列 {c}" for r, c in ((2, "A"), (2, "C"), (2, "D"), (2, "F"), (5, "C"), (5, "G"))]
    assert "应为日期" in lines[1]
    assert "没有 2022-02-30 这一天" in lines[4]
    english = [p.text("en") for p in caught.value.problems]
    assert english[2].startswith("指标实际值 row 2 column D: value is '许多', expected a number")


def test_headings_and_sheets_that_are_not_known(tmp_path):
    path = tmp_path / "bad.xlsx"
    sheet(path, [["指标", "截至日期", "数值", "数值", "颜色"]])
    with pytest.raises(InputError) as caught:
        read_tables(path, KINDS)
    text = "\n".join(p.text("zh") for p in caught.value.problems)
    assert "有两列标题为“数值”" in text
    assert "未知的列标题“颜色”" in text
    assert "缺少“数据来源”列" in text
    sheet(path, [GOOD], "甲乙丙")
    with pytest.raises(InputError, match="this sheet is not known"):
        read_tables(path, KINDS)


@pytest.mark.parametrize("content", [b"\xff\xff", b"PK\x03\x04nonsense", b"\x00" * 100])
def test_files_that_are_no_tables(tmp_path, content):
    for name in ("a.xlsx", "actual.csv"):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(InputError):
            read_tables(path, KINDS)
    with pytest.raises(InputError):
        read_tables(tmp_path / "none.xlsx", KINDS)
    with pytest.raises(InputError):
        read_tables(tmp_path / "none.docx", KINDS)


@pytest.mark.parametrize("programme", ["ip", "star"])
def test_a_blank_workbook_is_taken_as_it_is(tmp_path, programme):
    path = tmp_path / "blank.xlsx"
    write_blank(kinds(programme), path, "zh", title="空表")
    assert read_tables(path, kinds(programme)) == []
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == [k.zh for k in kinds(programme).values()]


@pytest.mark.parametrize("programme", ["ip", "star"])
def test_the_kinds_are_well_made(programme):
    every = kinds(programme)
    assert len({k.prefix for k in every.values()}) == len(every)
    for kind in every.values():
        assert len(kind.zh) <= 31
        assert len(kind.en) <= 31  # a sheet's name is no longer
        for lang in ("zh", "en"):
            assert len(set(headings(kind, lang))) == len(headings(kind, lang))
        for column in kind.columns:
            assert (column.type is ColumnType.CHOICE) == bool(column.choices)
            assert not column.refers or column.refers in {*every, "indicator", "task", "criterion", "transition"}


@pytest.fixture(scope="module")
def desk_of_its_own(tmp_path_factory):
    with store_at(tmp_path_factory.mktemp("own")) as store:
        yield register(store)


texts = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=20).map(lambda t: t.strip() or "x")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(st.floats(-1e12, 1e12), texts, texts), min_size=1, max_size=4, unique_by=lambda r: r[0]))
def test_any_text_and_number_survives(tmp_path, desk_of_its_own, rows):
    """One store for all examples: what is in it already is known, and the newest rows are looked at."""
    desk = desk_of_its_own
    desk.take([Given("actual", {**actual(v).values, "source": s, "note": n}) for v, s, n in rows])
    write_tables(desk.state(), tmp_path, "zh")
    read = [g for g in read_tables(tmp_path / "actual.csv", KINDS) if g.kind == "actual"]
    taken = desk.take(read)
    assert (taken.new, taken.corrected) == ((), ())
    assert len(taken.known) == len(read) >= len(rows)


# ------------------------------------------------------------------------------------------- what spreadsheets do


FULL = [*GOOD, "备注"]
ROW = ["SJ-1", "G1.5", "2022-12-31", 5, "统计", "李"]


def told_of(path):
    with pytest.raises(InputError) as caught:
        read_tables(path, KINDS)
    return [p.text("zh") for p in caught.value.problems]


def test_a_formula_without_a_result_is_told(tmp_path):
    """Nothing has worked the formulas out: the file comes from a program, not from a spreadsheet."""
    path = tmp_path / "a.xlsx"
    sheet(path, [FULL, [*ROW, '="甲"&"乙"'], ["SJ-2", "G1.5", "2022-12-31", "=1+1", "统计", "李", None]])
    lines = told_of(path)
    assert [line.split("：")[0] for line in lines] == ["指标实际值 第 2 行 列 G", "指标实际值 第 3 行 列 D"]
    assert all("没有保存计算结果" in line for line in lines)


def test_a_formula_with_its_result_is_its_result(tmp_path):
    path = tmp_path / "a.xlsx"
    sheet(path, [FULL, [*ROW, "=1+1"], ["SJ-2", *ROW[1:], '=IF(TRUE,"","x")']])
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    name = "xl/worksheets/sheet1.xml"
    text = parts[name].decode()
    for address, result in (("G2", "<v>2</v>"), ("G3", "<v></v>")):
        at = text.index(f'r="{address}"')
        end = text.index("</c>", at)
        cell = re.sub(r"<v\s*/>|<v></v>", "", text[at:end])
        cell = cell.replace(f'r="{address}"', f'r="{address}" t="str"') + result
        text = text[:at] + cell + text[end:]
    with zipfile.ZipFile(path, "w") as package:
        for key, content in parts.items():
            package.writestr(key, text if key == name else content)
    assert [g.values["note"] for g in read_tables(path, KINDS)] == ["2", None]


def test_errors_and_merged_cells_are_told(tmp_path):
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.active.title = "指标实际值"
    for row in (FULL, [*ROW, "#N/A"], ["SJ-2", *ROW[1:], "甲"], ["SJ-3", *ROW[1:], None]):
        book.active.append(row)
    book.active.merge_cells("G3:G4")
    book.save(path)
    lines = told_of(path)
    assert lines[0] == "指标实际值 第 2 行 列 G：为 #N/A，是公式的错误值"
    assert lines[1].startswith("指标实际值 第 3 行 列 G：G3:G4 是合并单元格")
    assert len(lines) == 2
    (tmp_path / "actual.csv").write_text("编号,指标,截至日期,数值,数据来源,填报人\nSJ-1,G1.5,2022-12-31,#REF!,统计,李\n", encoding="utf-8")
    assert told_of(tmp_path / "actual.csv") == ["actual 第 2 行 列 D：数值为 #REF!，是公式的错误值"]


def test_blank_sheets_are_passed_over(tmp_path):
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.active.title = "指标实际值"
    book.active.append(GOOD)
    book.active.append(ROW)
    book.create_sheet("Sheet2").append([None, " "])
    book.create_sheet("Sheet3")
    book.save(path)
    assert [g.record_id for g in read_tables(path, KINDS)] == ["SJ-1"]
    book.create_sheet("Sheet4").append(["甲"])
    book.save(path)
    assert len(told_of(path)) == 1
    book = openpyxl.Workbook()
    book.save(path)
    assert "其中没有表" in told_of(path)[0]


@pytest.mark.parametrize("text", ["2022-12-31 00:00:00", "2022-12-31T00:00:00", "2022/12/31 0:00", "2022-12-31 00:00:00.000", "2022年12月31日"])
def test_midnight_is_a_date(tmp_path, text):
    path = tmp_path / "a.xlsx"
    sheet(path, [GOOD, ["SJ-1", "G1.5", text, *ROW[3:]]])
    assert read_tables(path, KINDS)[0].values["as_of"] == dt.date(2022, 12, 31)
    sheet(path, [GOOD, ["SJ-1", "G1.5", text.replace("00:00", "00:01").replace(" 0:00", " 0:01").replace("日", "日 8:00"), *ROW[3:]]])
    assert "应为日期" in told_of(path)[0]


@pytest.mark.parametrize(("heads", "cells", "where"), [
    (["登记人"], ["李"], "G"), (["登记人", "登记时间"], [None, "2023-01-01"], "H"), (["审核结果", "审核时间"], ["通过", "2023-01-01"], "H"),
    (["审核人", "审核时间"], ["王", "2023-01-01"], "G"), (["审核意见"], ["好"], "G"), (["作废原因", "作废人"], ["错", "王"], "H"),
    (["作废人", "作废时间"], ["王", "2023-01-01"], "G"),
])  # fmt: skip
def test_half_of_who_and_when_is_refused(tmp_path, heads, cells, where):
    path = tmp_path / "a.xlsx"
    sheet(path, [[*GOOD, *heads], [*ROW, *cells]])
    (line,) = told_of(path)
    assert line.startswith(f"指标实际值 第 2 行 列 {where}：")
    assert "已填，但没有" in line


def test_who_imported_is_told_and_not_taken(tmp_path):
    with store_at(tmp_path) as store, store_at(tmp_path, "other.sqlite") as other:
        write_tables(filled(store).state(), tmp_path, "zh")
        desk = register(other)
        desk.take(read_tables(tmp_path, KINDS))
        (tmp_path / "again").mkdir()
        write_tables(desk.state(), tmp_path / "again", "zh")
        with (tmp_path / "again" / "pledge.csv").open(encoding="utf-8-sig", newline="") as file:
            (row,) = csv.DictReader(file)
        assert (row["登记人"], row["导入人"], row["导入时间"][:10], next(v for k, v in row.items() if k.endswith("（元）"))) == ("boss", "boss", "2023-06-01", "3000000")
        taken = register(store).take(read_tables(tmp_path / "again", KINDS))
        assert (taken.new, taken.corrected, taken.decided, taken.voided) == ((), (), (), ())
        assert {r.brought_by for v in register(store).state().versions.values() for r in v} == {""}


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_what_is_written_of_a_past_day_can_be_read_back(tmp_path, form):
    """A record whose correction moved its day, one that refers to a later one, one that was taken back."""
    on = dt.date(2022, 6, 30)
    with store_at(tmp_path) as store, store_at(tmp_path, "other.sqlite") as other:
        desk = register(store)
        at = lambda day, **more: Given("actual", {**actual(5.0).values, "as_of": day}, **more)  # noqa: E731
        desk.take([at(on, record_id="SJ-1"), at(dt.date(2023, 1, 1), record_id="SJ-2"), at(dt.date(2023, 1, 1), record_id="SJ-3")])
        desk.take([at(dt.date(2022, 12, 31), record_id="SJ-1", reason="晚了"), at(on, record_id="SJ-2", reason="早了")])
        pledge = {"usci": made("210100", "MA0X1Y2J"), "name": "甲", "bank": "乙", "amount_yuan": 3e6, "on": dt.date(2023, 3, 5)}
        loan = {"loan": "ZY-1", "state": "normal", "outstanding_yuan": 1e6, "on": on}
        desk.take([Given("pledge", pledge, "ZY-1"), Given("pledge", pledge, "ZY-2"), Given("loan_state", loan, "DK-1"), Given("loan_state", loan, "DK-2")])
        desk.void("DK-2", "重复")
        path = tmp_path / "then.xlsx" if form == "xlsx" else tmp_path
        if form == "xlsx":
            write_workbook(desk.state(), path, "zh", title="当日", on=on)
        else:
            write_tables(desk.state(), path, "zh", on=on)
        second = register(other)
        second.take(read_tables(path, KINDS))
        assert set(second.state().versions) == {"SJ-2", "ZY-1", "DK-1", "DK-2"}
        kinds_ = ("actual", "loan_state")
        assert [(r.record_id, r.version) for k in kinds_ for r in second.state().records(k, on=on)] == [
            (r.record_id, r.version) for k in kinds_ for r in desk.state().records(k, on=on)
        ]


def test_what_is_written_of_a_past_day_goes_with_all_that_it_rests_on(tmp_path):
    """A loan to a resident that was recorded with a later day, of a space that was as well."""
    early, late = dt.date(2021, 1, 4), dt.date(2022, 1, 4)
    of = {"name": "甲", "level": "city", "operator": "乙", "usci": made("210100", "MA0X1Y2J"), "body": "enterprise", "on": late,
          "district": "浑南区", "lon": 123.4, "lat": 41.7, "industry": "水稻"}  # fmt: skip
    rows = [Given("space", {**of, "name": f"甲{n}"}, f"XC-{n}") for n in (1, 2, 3)]
    rows += [Given("resident", {"space": f"XC-{n}", "kind": "team", "name": "丁", "on": late}, f"RZ-{n}") for n in (1, 2)]
    loan = {"space": "XC-3", "resident": "RZ-1", "form": "loan", "amount_yuan": 5.0, "from": "丙", "on": early}
    with store_at(tmp_path) as store, store_at(tmp_path, "other.sqlite") as other:
        desk, second = (Register(s, "boss", "star:test", kinds("star"), now=lambda: T0) for s in (store, other))
        desk.take([*rows, Given("finance", loan, "JR-1"), Given("finance", {**loan, "on": late}, "JR-2")])
        write_tables(desk.state(), tmp_path, "zh", on=early)
        second.take(read_tables(tmp_path, kinds("star")))
        assert set(second.state().versions) == {"JR-1", "RZ-1", "XC-1", "XC-3"}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_what_was_taken_back_and_what_fell_with_it_come_back_the_same(tmp_path, lang, form):
    with store_at(tmp_path) as store, store_at(tmp_path, "other.sqlite") as other:
        desk = register(store)
        pledge = {"usci": made("210100", "MA0X1Y2J"), "name": "甲", "bank": "乙", "amount_yuan": 3e6, "on": dt.date(2021, 3, 5)}
        loan = {"loan": "ZY-1", "state": "normal", "outstanding_yuan": 1e6, "on": dt.date(2022, 3, 5)}
        desk.take([Given("pledge", pledge, n) for n in ("ZY-1", "ZY-2", "ZY-3")])
        desk.take([Given("loan_state", loan, n) for n in ("DK-1", "DK-2", "DK-3")])
        desk.void("DK-1", "重复")
        desk.decide("DK-2", "rejected", "不实")
        desk.take([Given("loan_state", {**loan, "loan": "ZY-2"}, "DK-3", reason="填错")])
        desk.void("ZY-1", "重复")
        desk.decide("ZY-3", "rejected", "一")
        desk.decide("ZY-3", "approved", "二")
        row = Given("pledge", {**pledge, "name": "丙"})
        (named,) = desk.take([row]).new
        desk.void(named, "误")
        assert desk.take([row]).new == (f"{named}-2",)
        path = tmp_path / "all.xlsx" if form == "xlsx" else tmp_path
        if form == "xlsx":
            write_workbook(desk.state(), path, lang, title="全部")
        else:
            write_tables(desk.state(), path, lang)
        rows = read_tables(path, KINDS)
        again = desk.take(rows)
        assert (again.new, again.corrected, again.decided, again.voided) == ((), (), (), ())
        second = register(other)
        second.take(rows)
        assert told(second.state()) == told(desk.state())
        assert second.take(rows).new == ()
