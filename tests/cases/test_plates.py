"""Number plates are covered in every form that people type; nothing else is touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firelane.cases.plates import mask_plates


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("辽A12345", "辽A***45"),
        ("辽A1B2C3", "辽A***C3"),
        ("辽AD12345", "辽A****45"),
        ("辽AF1234", "辽A***34"),
        ("辽A12345D", "辽A****5D"),
        ("辽A123456", "辽A****56"),
        ("辽A1234警", "辽A**34警"),
        ("辽O1234警", "辽O**34警"),
        ("辽A1234挂", "辽A**34挂"),
        ("辽A1234学", "辽A**34学"),
        ("沪A0023领", "沪A**23领"),
        ("粤Z1234港", "粤Z**34港"),
        ("粤ZA123澳", "粤Z**23澳"),
        ("川X1234应急", "川X**34应急"),
        ("使123456", "使****56"),
        ("224001使", "****01使"),
        ("军A12345", "军A***45"),
        ("沈A12345", "沈A***45"),
        ("VA12345", "VA***45"),
        ("KB 12345", "KB ***45"),
        ("WJ辽1234X", "WJ辽***4X"),
        ("WJ01-12345", "WJ01-***45"),
        ("遼A12345", "遼A***45"),
    ],
)
def test_every_form_is_covered(text, masked):
    assert mask_plates(text) == masked
    assert mask_plates(f"车辆{text}，已劝离。") == f"车辆{masked}，已劝离。"
    assert mask_plates(masked) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("辽a12345", "辽a***45"),
        ("辽Ａ１２３４５", "辽Ａ***４５"),
        ("辽ａ１２３４５", "辽ａ***４５"),
        ("辽A·12345", "辽A·***45"),
        ("辽A•12345", "辽A•***45"),
        ("辽A-12345", "辽A-***45"),
        ("辽A－12345", "辽A－***45"),
        ("辽A 12345", "辽A ***45"),
        ("辽 A 12345", "辽 A ***45"),
        ("辽A　12345", "辽A　***45"),
        ("辽A 12 345", "辽A ** *45"),
        ("辽 A 1 2 3 4 5", "辽 A * * * 4 5"),
        ("辽A.D.12345", "辽A.*.***45"),
        ("辽A\u200b12345", "辽A\u200b***45"),
    ],
)
def test_ways_of_typing(text, masked):
    assert mask_plates(text) == masked


def test_several_in_one_text_and_what_stands_between():
    text = "辽A12345、辽B·D67890 及粤Z1234港 均停在L5949-0082上，净宽3.100米"
    assert mask_plates(text) == "辽A***45、辽B·****90 及粤Z**34港 均停在L5949-0082上，净宽3.100米"
    assert mask_plates("辽A12345 3辆") == "辽A***45 3辆"
    assert mask_plates("辽A12345辽A54321") == "辽A***45辽A***21"


@pytest.mark.parametrize(
    "text",
    [
        "", "C-2026-000001", "sy2020-14-clear-width:P57922-00183", "gb50016-7.1.8-turning", "GB50016", "GB 50016-2014",
        "按新GB50016-2014执行", "L5949-0082", "MK-095", "B01", "TX2", "edge:R13", "净宽 4.000 米", "123.432630170, 41.805018159",
        "EPSG:4550", "沈政办发〔2020〕40号", "2026-11-26T10:00:00+08:00", "+8613812345678", "13812345678", "96119",
        "编号123456使用中", "致使123456元损失", "第12345号", "桩号 21.7–47.7 米", "A12345", "辽A1234567", "辽宁省A12345",
        "京东ABCDEF", "云ADSL宽带", "a3f5c0de12345678", "obstructions:VA12345", "xVA12345", "L-VA12345-1", "川A4 12345",
        "http://example.org/VA12345/x", "C-2026-000001:NA12345",
    ],
)  # fmt: skip
def test_everything_else_stays(text):
    assert mask_plates(text) == text


def test_known_ids_are_kept():
    assert mask_plates("障碍物 BD00123 旁的 BD00124", keep={"BD00123"}) == "障碍物 BD00123 旁的 BD***24"


@given(st.text(max_size=60))
def test_places_stay_and_a_second_pass_changes_nothing(text):
    masked = mask_plates(text)
    assert len(masked) == len(text)
    assert all(a == b or b == "*" for a, b in zip(text, masked, strict=True))
    assert mask_plates(masked) == masked


@given(
    st.sampled_from("京辽粤新"), st.sampled_from("ABZ"), st.text("0123456789", min_size=5, max_size=5),
    st.sampled_from(["", "·", " ", "-"]), st.text("停在路上，。（）", max_size=8),
)  # fmt: skip
def test_no_ordinary_plate_survives_in_any_sentence(province, letter, number, gap, around):
    text = f"{around}{province}{letter}{gap}{number}{around}"
    assert mask_plates(text) == f"{around}{province}{letter}{gap}***{number[-2:]}{around}"


def test_long_hostile_text_takes_no_time():
    text = "辽A" + "1 " * 50_000 + "辽" * 50_000
    assert len(mask_plates(text)) == len(text)
