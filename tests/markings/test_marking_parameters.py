"""Article 13 as data: what is fixed stays fixed, what is open says so, and all problems are told at once."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firelane.errors import InputError
from firelane.markings.lettering import box_design
from firelane.markings.parameters import FIXED, OPEN, catalogue, dimensions
from firelane.vocabulary import LETTERING

OPEN_ROWS = [p for p in catalogue() if p.status == OPEN]
FIXED_ROWS = [p for p in catalogue() if p.status == FIXED]


def test_the_article_is_in_the_data():
    values = {p.key: p.value for p in FIXED_ROWS}
    assert values == {
        "colour": "yellow", "edge_line_width_m": 0.15, "edge_line_offset_m": 0.30, "box_pitch_m": 20.0,
        "lettering": LETTERING, "grid_border_m": 0.20, "grid_line_m": 0.10, "grid_angle_deg": 45.0,
    }  # fmt: skip
    assert all(p.article.startswith("第十三条") and "沈政办发〔2020〕40号" in p.source for p in FIXED_ROWS)


@pytest.mark.parametrize("parameter", catalogue(), ids=lambda p: p.key)
def test_every_row_is_complete(parameter):
    assert parameter.zh
    assert parameter.en
    assert parameter.source
    if parameter.status == OPEN:
        assert parameter.choices or parameter.minimum is not None
        assert parameter.problem(parameter.value) is None
        assert "proposed" in parameter.source
        assert "拟定" in parameter.source_zh  # what a Chinese workbook shows
    if parameter.unit == "m":
        assert parameter.key.endswith("_m")


@pytest.mark.parametrize("parameter", [p for p in catalogue() if p.status != OPEN], ids=lambda p: p.key)
def test_what_is_not_open_cannot_be_changed(parameter):
    with pytest.raises(InputError, match="cannot be changed"):
        dimensions({parameter.key: parameter.value})


def test_all_problems_at_once():
    wrong = {"edge_line_width_m": 0.2, "no_such": 1, "kerb_height_m": "high", "text_layout": "3x3",
             "grid_spacing_m": 9, "two_way_alternate": 1, "box_clearance_m": math.nan, "kerb_top_width_m": True}  # fmt: skip
    with pytest.raises(InputError) as error:
        dimensions(wrong)
    assert {p.column for p in error.value.problems} == set(wrong)
    assert all(p.message_zh and p.remedy_zh for p in error.value.problems)


@pytest.mark.parametrize(
    "wrong",
    [
        {"grid_depth_min_m": 7.0},
        {"grid_panel_min_m": 3.0},
        {"box_std_long_m": 2.0},
        {"box_std_char_height_m": 1.0},
        {"box_min_frame_m": 0.2},
        {"column_box_along_m": 7.0},
        {"long_axis": "along", "box_min_char_gap_m": 0.06, "box_min_short_m": 1.1},
    ],
)
def test_values_that_contradict_each_other(wrong):
    with pytest.raises(InputError) as error:
        dimensions(wrong)
    assert all(p.message_zh and p.remedy_zh for p in error.value.problems)


@pytest.mark.parametrize("key", ["kerb_height_m", "text_layout", "keep_existing_boxes"])
@pytest.mark.parametrize("value", [10**400, -(10**400), 10**5000, [10**5000]], ids=["400", "-400", "5000", "list"])
def test_a_number_of_any_length_is_a_problem_and_no_crash(key, value):
    with pytest.raises(InputError) as error:
        dimensions({key: value})
    (problem,) = error.value.problems
    assert problem.column == key
    assert len(problem.message) < 300
    assert problem.message_zh.startswith("为 ")


def test_what_is_shown_of_hostile_keys_and_values_is_printable():
    hostile = "a\x1b[31m\r\n\x00\u202eb" * 30
    with pytest.raises(InputError) as error:
        dimensions({hostile: 1, "text_layout": hostile, "kerb_height_m": hostile, hostile[3:]: 10**400})
    assert len(error.value.problems) == 4
    for problem in error.value.problems:
        for lang in ("zh", "en"):
            assert problem.text(lang).isprintable()
            assert len(problem.text(lang)) < 400
    unknown = error.value.problems[0]
    assert "没有这个标线参数" in unknown.text("zh")
    assert "unknown marking parameter" in unknown.text("en")


def test_whole_numbers_are_numbers():
    assert dimensions({"box_apart_m": 6}).number("box_apart_m") == 6.0
    with pytest.raises(InputError, match="is 99 m, expected 0 to 15 m"):
        dimensions({"box_apart_m": 99})


def test_every_open_parameter_is_shown_with_its_value_in_force():
    shown = {p.key: p.value for p in dimensions({"kerb_height_m": 0.2}).open_parameters()}
    assert set(shown) == {p.key for p in OPEN_ROWS}
    assert shown["kerb_height_m"] == 0.2


def test_thirty_centimetres_to_the_near_edge_or_to_the_centre():
    assert (dimensions().edge_line_near_m, dimensions().edge_line_far_m) == pytest.approx((0.30, 0.45))
    centre = dimensions({"edge_line_offset_to": "centre"})
    assert (centre.edge_line_near_m, centre.edge_line_far_m) == pytest.approx((0.225, 0.375))


def test_designs_by_hand():
    std = box_design(dimensions(), "std")
    assert (std.across_m, std.along_m, std.frame_m) == (2.8, 2.1, 0.15)
    assert (std.text_across_m, std.text_along_m) == pytest.approx((4 * 0.55 + 3 * 0.08, 2 * 0.75 + 0.15))
    assert std.rows == ("消防车道", "禁止占用")
    along = box_design(dimensions({"long_axis": "along"}), "std")
    assert (along.across_m, along.along_m) == (2.1, 2.8)
    assert along.char_height_m > 2 * along.char_width_m  # stretched along the direction of travel
    assert along.across_m - along.text_across_m == pytest.approx(std.across_m - std.text_across_m)
    column = box_design(dimensions(), "column")
    assert "".join(reversed(column.rows)) == LETTERING  # the first character is nearest to the driver
    assert column.text_along_m == pytest.approx(8 * 0.9 + 7 * 0.1)


@given(
    st.dictionaries(
        st.text(max_size=20), st.one_of(st.none(), st.text(max_size=5), st.integers(), st.floats())
    )
)
def test_hostile_tables_end_in_one_error(table):
    if table:
        with pytest.raises(InputError):
            dimensions(table)
    else:
        dimensions(table)


@pytest.mark.parametrize(
    "parameter", [p for p in catalogue() if p.status in {OPEN, FIXED}], ids=lambda p: p.key
)
def test_the_reference_page_tells_of_every_parameter(parameter):
    page = (Path(__file__).parents[2] / "docs" / "reference" / "markings.md").read_text(encoding="utf-8")
    value = str(parameter.value).lower() if isinstance(parameter.value, bool) else str(parameter.value)
    row = next(line for line in page.splitlines() if line.startswith(f"| `{parameter.key}` |"))
    assert f"| {value} {parameter.unit}".rstrip() in row
    assert parameter.zh in row
