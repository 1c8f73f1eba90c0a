"""Lengths as OpenStreetMap writes them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firelane.site.osm.lengths import parse_length

FOOT, INCH = 0.3048, 0.0254


@pytest.mark.parametrize(
    ("text", "value_m", "accuracy_m"),
    [
        ("3.5", 3.5, 0.05),
        ("4", 4.0, 0.5),
        ("4.00", 4.0, 0.005),
        ("3.5 m", 3.5, 0.05),
        ("3.5m", 3.5, 0.05),
        ("3,5", 3.5, 0.05),
        ("３．５", 3.5, 0.05),
        ("3.5 米", 3.5, 0.05),
        ("350 cm", 3.5, 0.005),
        ("3500 mm", 3.5, 0.0005),
        ("11'6\"", 11 * FOOT + 6 * INCH, INCH / 2),
        ("11' 6\"", 11 * FOOT + 6 * INCH, INCH / 2),
        ("11′6″", 11 * FOOT + 6 * INCH, INCH / 2),
        ("11’6’’", 11 * FOOT + 6 * INCH, INCH / 2),
        ("11 ft", 11 * FOOT, FOOT / 2),
        ("11'", 11 * FOOT, FOOT / 2),
        ("12 ft 6 in", 12 * FOOT + 6 * INCH, INCH / 2),
        ("12 ft 6.5 in", 12 * FOOT + 6.5 * INCH, INCH / 20),
        ('96"', 96 * INCH, INCH / 2),
        ("0", 0.0, 0.5),
    ],
)
def test_numbers_and_units(text, value_m, accuracy_m):
    length = parse_length(text)
    assert length.value_m == pytest.approx(value_m, abs=1e-9)
    assert length.accuracy_m == pytest.approx(accuracy_m, abs=1e-9)
    assert length.remark == ""


@pytest.mark.parametrize(("text", "value_m", "remark"), [
    ("3.5;4", 3.5, "list"), ("4; 3", 3.0, "list"), ("3-4", 3.0, "range"), ("4.5 - 3 m", 3.0, "range"), ("3～3.5米", 3.0, "range"),
    ("10'-12'", 10 * FOOT, "range"),
])  # fmt: skip
def test_of_several_the_smallest_is_taken_and_said(text, value_m, remark):
    length = parse_length(text)
    assert length.value_m == pytest.approx(value_m)
    assert length.remark == remark


@pytest.mark.parametrize(("text", "remark"), [
    ("default", "default"), ("below_default", "below_default"), ("none", "none"), ("no", "none"), ("unsigned", "unsigned"),
    ("no_sign", "unsigned"), ("Default", "default"),
])  # fmt: skip
def test_words(text, remark):
    length = parse_length(text)
    assert not length.known
    assert length.remark == remark


@pytest.mark.parametrize(
    "text", ["", "about 4", "~4", "4+", ">3", "-3", "3,500", "4 mph", "11'13\"", "3.5 4", "narrow", "1e3", "3..5", "4;x", "nan",
             "inf", "9" * 61, "=1+1", "<script>", "4 @ (hgv)"],
)  # fmt: skip
def test_what_is_not_understood_is_not_guessed(text):
    length = parse_length(text)
    assert math.isnan(length.value_m)
    assert math.isnan(length.accuracy_m)
    assert length.remark == "not_understood"


@given(st.text(max_size=80))
def test_any_text_has_an_answer(text):
    length = parse_length(text)
    assert length.known == (length.remark in ("", "list", "range"))
    assert not length.known or (length.value_m >= 0.0 and length.accuracy_m > 0.0)


@given(st.integers(0, 9999), st.sampled_from([0, 1, 2, 3]))
def test_the_accuracy_is_half_of_the_last_digit(number, decimals):
    text = f"{number / 10**decimals:.{decimals}f}"
    assert parse_length(text).accuracy_m == pytest.approx(0.5 * 10**-decimals)
    assert parse_length(text).value_m == float(text)
