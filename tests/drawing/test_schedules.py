"""The tables of the drawing: sums that are those of the bill, a proof that never flatters, cells that hold their texts."""

from __future__ import annotations

import dataclasses
import math

import drawing_scene as scene
import pandas as pd
import paper_scene as paper
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from sheet_texts import shown_texts

from firelane.drawing.sheets.base import Room, SheetDraft
from firelane.drawing.sheets.detail_basis import Basis
from firelane.drawing.sheets.schedule_bill import bill_of, items_table, lanes_table, removals_table
from firelane.drawing.sheets.schedule_proof import boards_table, lettering_table, proof_table, rounded_up
from firelane.drawing.sheets.schedules import schedule_sheets, schedule_tables
from firelane.drawing.sheets.table import Column, Row, Table, draw_part, lay_out, widened
from firelane.markings.plan import Board, LetteringArea, Removal
from firelane.site.model import Note

ROOM = Room(25.0, 37.0, 415.0, 292.0)
HOSTILE = ["=1+1", "<script>alert(1)</script>", "%%u\\P{x}\n车道", "L" + "9" * 300, "道" * 120, " "]


def plan(*, stops=(), notes=(), materials=None, **changes):
    base = scene.plan(notes=notes or (Note("other", "无", "none"),))
    boxes = pd.DataFrame(stops, columns=["lane_id", "box", "chainage_m", "gap_m"])
    config = dataclasses.replace(base.site.config, materials=materials or {})
    site = dataclasses.replace(base.site, config=config)
    quantities = pd.DataFrame(
        [
            ("edge_line", "L10", None, 100.0, 15.0, 2), ("edge_line", "L2", None, 40.0, 6.0, 1),
            ("kerb_face", "L2", None, 10.0, 1.5, 1), ("box_frame", "L2", None, 18.4, 2.76, 2),
            ("grid_lines", None, "e1", 60.0, 6.0, 1),
        ],
        columns=["kind", "lane_id", "entrance_id", "length_m", "area_m2", "pieces"],
    )  # fmt: skip
    return dataclasses.replace(base, site=site, boxes=boxes, quantities=quantities, **changes)


def stops(lane, *chainages, start=0.0, end=None):
    """Return the rows of the proof of one lane."""
    names = ["start", *(f"BOX-{lane}-{n:02d}" for n in range(1, len(chainages) + 1)), "end"]
    at = [start, *chainages, end]
    return [(lane, name, c, math.nan if n == 0 else c - at[n - 1]) for n, (name, c) in enumerate(zip(names, at, strict=True))]


def proof(*rows, notes=()):
    made = plan(stops=[row for group in rows for row in group], notes=notes)
    return proof_table(made, Basis(made, "zh", ROOM, (10, 20, 50)))


@pytest.mark.parametrize(
    ("gap_m", "told", "verdict"),
    [
        (20.0, "20.000", "符合"),
        (20.0 + 5e-7, "20.000", "符合"),
        (20.0004, "20.001", "不符合"),
        (19.9996, "20.000", "符合"),
        (19.25, "19.250", "符合"),
        (25.1, "25.100", "不符合"),
    ],
)
def test_gaps_are_rounded_up_and_judged(gap_m, told, verdict):
    table = proof(stops("L1", gap_m, end=gap_m + 5.0))
    row, total = table.rows
    assert rounded_up(gap_m) == told
    assert (row.cells[2], row.cells[3]) == (told, verdict)
    assert (total.cells[2], total.cells[3]) == (told, verdict)
    assert f"B1:{gap_m:.3f}({told})" in row.cells[4]


@given(st.floats(0.0, 500.0))
def test_rounding_up_never_flatters(value_m):
    assert float(rounded_up(value_m)) >= value_m - 1.1e-6
    assert float(rounded_up(value_m)) < value_m + 1.001e-3


def test_every_lane_has_a_row_with_its_greatest_gap_and_its_box_count():
    table = proof(stops("L1", 10.0, 28.5, end=40.0), stops("L2", 20.0, start=5.0, end=30.0))
    assert [row.cells[:4] for row in table.rows] == [
        ("L1", "2", "18.500", "符合"), ("L2", "1", "15.000", "符合"), ("全部车道", "3", "18.500", "符合")
    ]  # fmt: skip
    assert table.rows[0].cells[4] == "起:0.000，B1:10.000(10.000)，B2:28.500(18.500)，止:40.000(11.500)"


def test_a_lane_without_a_box_never_reads_as_passing():
    why = Note("box_no_place", "车道 L2 无处设方框", "lane L2: no place", row="L2")
    small = Note("box_not_needed", "车道 L3 由路口覆盖", "lane L3 is covered", row="L3")
    groups = (stops("L1", 10.0, end=20.0), stops("L2", end=12.0), stops("L3", end=4.0))
    table = proof(*groups, notes=(why, small))
    assert [row.cells[3] for row in table.rows] == ["符合", "未设方框", "不需设", "不符合"]
    assert "无处设方框" in table.rows[1].cells[4]
    assert "由路口覆盖" in table.rows[2].cells[4]
    assert proof(groups[0], groups[2], notes=(small,)).rows[-1].cells[3] == "符合"


def test_gaps_over_junctions_are_listed_and_count():
    note = Note("box_gap_over_junction", "车道 L1 与车道 L2 相距 31.00 m", "31 m apart", row="L1")
    table = proof(stops("L1", 10.0, end=20.0), notes=(note,))
    assert [row.kind for row in table.rows] == ["body", "group", "group", "total"]
    assert table.rows[2].cells == ("车道 L1 与车道 L2 相距 31.00 m",)
    assert table.rows[0].cells[3] == "符合"
    assert table.rows[-1].cells[3] == "不符合"


def test_items_add_up_to_the_painted_area():
    made = plan()
    table = items_table(bill_of(made), made, "zh")
    areas = [float(row.cells[5]) for row in table.rows]
    assert areas == [21.0, 1.5, 2.76, 6.0, 31.26]
    assert [row.cells[0] for row in table.rows[:-1]] == ["FL-101", "FL-103", "FL-201", "FL-302"]
    assert table.rows[0].cells[2] == "第十三条（二）"
    # 1.8 mm of 2.0 kg/l and 7.5 % of loss: 3.87 kg a square metre, kerbs apart
    kilos = next(n for n, column in enumerate(table.columns) if "热熔" in column.title)
    assert float(table.rows[-1].cells[kilos]) == pytest.approx(3.87 * 29.76, abs=0.006)
    assert not any("金额" in column.title for column in table.columns)


def test_prices_give_costs_and_what_has_none_is_said():
    made = plan(materials={"prices": {"edge_line": 10.0}})
    table = items_table(bill_of(made), made, "zh")
    assert table.columns[-1].title.startswith("金额")
    assert [row.cells[-1] for row in table.rows] == ["210.00", "", "", "", "210.00"]
    assert "3 项未给单价" in table.notes[-1]


def test_lanes_stand_in_their_order_and_add_up():
    made = plan()
    table = lanes_table(bill_of(made), "zh")
    assert [row.cells[0] for row in table.rows] == ["L2", "L10", "未分车道", "合计"]
    painted = next(n for n, column in enumerate(table.columns) if "施划面积" in column.title)
    assert [row.cells[painted] for row in table.rows] == ["10.26", "15.00", "6.00", "31.26"]


def test_removed_paint_is_no_painted_area():
    gone = Removal("m1", "box", shapely.box(0, 0, 2, 1), 2.0, "misplaced", 4.0, "L2")
    made = plan(removals=(gone,))
    table = lanes_table(bill_of(made), "zh")
    titles = [column.title.split("\n")[0] for column in table.columns]
    row = dict(zip(titles, table.rows[0].cells, strict=True))
    assert (row["车道"], row["清除"], row["施划面积"]) == ("L2", "2.00", "10.26")


def test_lettering_is_told_with_and_without_bridges():
    made = plan(lettering={"FL-BOX-2800x2100": LetteringArea(1.4, 1.33, 10), "grid-e1": LetteringArea(0.9, 0.88, 10)})
    table = lettering_table(made, "zh")
    count = sum(p.block == "FL-BOX-2800x2100" for p in made.placements)
    assert table.rows[0].cells == ("FL-BOX-2800x2100", f"{count}", "1.4000", "1.3300", "10", "5.0", f"{1.4 * count:.2f}", f"{1.33 * count:.2f}")
    assert table.rows[1].cells[:2] == ("FL-GRID-6000x6000", "1")
    assert table.rows[-1].cells[-2] == f"{1.4 * count + 0.9:.2f}"


def test_boards_have_north_before_east_and_an_azimuth():
    made = plan(boards=(Board("B1", "e1", 535_900.5, 4_630_012.25, 180.0, 0.6, 0.8, 2.0),))
    row = boards_table(made, "zh").rows[0]
    assert row.cells == ("B1", "e1", "4630012.250", "535900.500", "270.0°", "600×800", "2000")
    assert boards_table(plan(), "zh") is None


def test_paint_to_be_removed_is_summed_by_kind_and_reason():
    square = shapely.box(0, 0, 2, 1)
    gone = [Removal(f"m{n}", kind, square, 2.0, "misplaced", 4.0) for n, kind in enumerate(["box", "box", "edge_line"])]
    table = removals_table(plan(removals=tuple(gone)), "zh")
    assert [row.cells[2:] for row in table.rows] == [("2", "8.00", "4.00"), ("1", "4.00", "2.00"), ("3", "12.00", "6.00")]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("sheet", ["A3", "A1"])
def test_hostile_names_stay_in_their_cells(lang, sheet):
    rows = [row for n, name in enumerate(HOSTILE) for row in stops(f"{name}{n}", *range(10, 400, 18), end=400.0)]
    boards = tuple(Board(name, name, 1.0, 2.0, 0.0, 0.6, 0.8, 2.0) for name in HOSTILE)
    lettered = {name: LetteringArea(1.0, 0.9, 3) for name in HOSTILE}
    made = plan(stops=rows, boards=boards, lettering=lettered, materials={"prices": {"edge_line": 1e6}})
    context = paper.context(made, lang=lang, sheet=sheet)
    for layout in paper.drawn(context, schedule_sheets(context)):
        texts = paper.texts_on(context.canvas.doc, layout)
        assert paper.outside(texts, context.room) == []
        assert paper.overlapping(texts) == []
        rules = [shapely.LineString([v[:2] for v in e.get_points()]) for e in layout.query("LWPOLYLINE")]
        tree = shapely.STRtree(rules)
        crossed = [text for text, box in texts if len(tree.query(box.buffer(-0.15), predicate="intersects"))]
        assert crossed == []


def test_nothing_planned_gives_no_sheet():
    nothing = dataclasses.replace(plan(), quantities=plan().quantities.iloc[:0], bill=None)
    assert schedule_tables(paper.context(nothing)) == []
    assert schedule_sheets(paper.context(nothing)) == []


def table_of(rows, width, *, lines=1, notes=()):
    columns = (Column("编号", width / 2), Column("值", width / 2, "right", lines))
    return Table("表", columns, tuple(Row((f"{n}", "123.456 " * (n % 5 + 1))) for n in range(rows)), notes)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 130), st.floats(30, 500), st.integers(1, 4), st.booleans()), min_size=1, max_size=5))
def test_tables_flow_without_losing_or_repeating_rows(sizes):
    tables = [table_of(n, width, lines=lines, notes=("注",) if noted else ()) for n, width, lines, noted in sizes]
    tables = [dataclasses.replace(table, title=f"表{n}") for n, table in enumerate(tables)]
    sheets = lay_out(tables, ROOM)
    for table in tables:
        parts = [part for sheet in sheets for part in sheet if part.table.title == table.title]
        assert [n for part in parts for n in range(part.first, part.last)] == list(range(len(table.rows)))
    frame = shapely.box(*ROOM).buffer(1e-6)
    for sheet in sheets:
        boxes = [shapely.box(p.x, p.top - p.height_mm, p.x + p.table.width_mm, p.top) for p in sheet]
        assert all(frame.covers(box) for box in boxes)
        assert all(not a.overlaps(b) and not a.covers(b) for n, a in enumerate(boxes) for b in boxes[n + 1 :])


def test_narrow_tables_stand_side_by_side():
    (sheet,) = lay_out([table_of(120, 90.0)], ROOM)
    assert len({part.x for part in sheet}) == 3


def test_no_total_stands_alone_on_a_sheet():
    for rows in range(30, 60):
        table = table_of(rows, 380.0)
        assert all(part.last - part.first >= 2 for sheet in lay_out([table], ROOM) for part in sheet)


def test_a_few_rows_move_closer_rather_than_take_a_sheet():
    # 232 mm between title and foot: 44 rows of 5.2 mm or 52 of 4.4 mm.
    pitches = {rows: [(len(s), s[0].table.row_mm) for s in lay_out([table_of(rows, 380.0)], ROOM)] for rows in (40, 46, 60)}
    assert pitches[40] == [(1, 5.2)]
    ((_, closer),) = pitches[46]
    assert 4.4 <= closer < 5.2
    assert [row_mm for _, row_mm in pitches[60]] == [5.2, 5.2]
    for rows in range(30, 60):
        sheets = lay_out([table_of(rows, 380.0)], ROOM)
        assert len(sheets) == 1 or sum(part.last - part.first for part in sheets[-1]) >= 6


def test_short_tables_are_not_parted():
    sheets = lay_out([table_of(38, 380.0), table_of(10, 380.0)], ROOM)
    assert [part.last - part.first for sheet in sheets for part in sheet] == [38, 10]


def test_widening_fills_the_width():
    assert widened(table_of(3, 90.0), 380.0).width_mm == pytest.approx(380.0)


def drawn_table(table):
    context = paper.context(scene.plan())
    (parts,) = lay_out([table], ROOM)
    draft = SheetDraft("schedule", "", "", lambda pen, _entry, _entries: [draw_part(pen, part, "zh") for part in parts])
    (layout,) = paper.drawn(context, [draft])
    return layout, parts


def test_every_line_stands_in_its_cell_and_a_column_is_one_text():
    columns = (Column("编号", 20.0), Column("值", 20.0, "right"), Column("说明", 30.0, "centre", lines=3))
    said = ["甲", "乙乙乙乙乙乙乙乙乙乙乙乙", ""]  # 12 characters of 3.55 mm take two lines of 28 mm
    rows = [Row((f"n{n}", f"{n}.00", said[n % 3])) for n in range(6)]
    layout, (part,) = drawn_table(Table("表", columns, (*rows, Row(("合计", "15.00", ""), "total"))))
    top = part.top - 8.0 - part.table.header_mm
    edges = [part.x, part.x + 20.0, part.x + 40.0, part.x + 70.0]
    cells = {}
    for shown in shown_texts(layout):
        x0, y0, x1, y1 = shown.shape.bounds
        column = next((n for n in range(3) if edges[n] < x0 and x1 < edges[n + 1]), None)
        if y1 < top and column is not None:
            cells.setdefault((column, math.floor((top - (y0 + y1) / 2) / 5.2)), shown.text)
    # the second and the fifth row have two lines
    at = [0, 1, 3, 4, 5, 7, 8]
    assert {key: text for key, text in cells.items() if key[0] < 2} == {
        (column, line): row.cells[column] for line, row in zip(at, part.table.rows, strict=True) for column in (0, 1)
    }
    assert "".join(cells[2, line] for line in (1, 2)) == said[1]
    body = [m for m in layout.query("MTEXT") if m.dxf.insert.y < top]
    assert len(body) == 3


def test_a_cell_too_long_is_squeezed_alone():
    columns = (Column("编号", 20.0), Column("值", 20.0))
    rows = tuple(Row((name, "1")) for name in ("L1", "L5836-9932-7", "L3"))
    layout, _ = drawn_table(Table("表", columns, rows))
    (squeezed,) = [t for t in layout.query("TEXT") if t.dxf.text == "L5836-9932-7"]
    assert 0.7 <= squeezed.dxf.width < 1.0
    lines = {shown.text: shown.shape.centroid.y for shown in shown_texts(layout)}
    assert lines["L1"] - lines["L5836-9932-7"] == pytest.approx(5.2, abs=0.02)
    assert lines["L5836-9932-7"] - lines["L3"] == pytest.approx(5.2, abs=0.02)


def test_a_long_table_is_a_handful_of_entities():
    layout, parts = drawn_table(Table("表", (Column("编号", 40.0), Column("值", 40.0, "right")), tuple(Row((f"{n}", "1.0")) for n in range(40))))
    assert len(parts) == 1
    assert len([e for e in layout if e.dxftype() in {"TEXT", "MTEXT", "LINE", "LWPOLYLINE"}]) <= 10


def test_paint_that_nobody_surveyed_is_no_zero():
    made = plan()
    assert not made.site.surveyed("markings")
    assert "清除工程量未知" in items_table(bill_of(made), made, "zh").notes[-1]
    assert "unknown" in items_table(bill_of(made), made, "en").notes[-1]
    site = dataclasses.replace(made.site, layers={**made.site.layers, "markings": made.site.layer("markings")})
    told = items_table(bill_of(made), dataclasses.replace(made, site=site), "zh")
    assert not any("未知" in note for note in told.notes)


def test_a_board_that_faces_north_faces_zero():
    made = plan(boards=(Board("B1", "e1", 1.0, 2.0, 90.0000001, 0.6, 0.8, 2.0),))
    assert boards_table(made, "zh").rows[0].cells[4] == "0.0°"
