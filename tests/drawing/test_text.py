from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firelane.drawing.text import (
    ELLIPSIS,
    ascii_id,
    safe_text,
    shortened,
    text_width,
    wrap,
)

HOSTILE = st.text(alphabet=st.characters(), max_size=300) | st.text(alphabet="%\\{}^uUpPcCdD+05\n\x00；A", max_size=60)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("3号楼", "3号楼"),
        ("50%", "50%"),
        ("%%d%%c", "％％d％％c"),
        ("%%%", "％％％"),
        ("\\P{\\fArial|b1;x}", "＼P｛＼fArial|b1;x｝"),
        ("\\U+4E2D", "＼U+4E2D"),
        ("^J^I", "＾J＾I"),
        ("a\r\n\tb\x00c\x1b[31m", "a b c [31m"),
        ("a\u2028b", "a b"),
        ("left\u202eright\u200b", "leftright"),
        ("120 m²", "120 ㎡"),
        ("m³ Ø µ −1", "m3 φ μ -1"),
        ("Grüße, café ½ Łódź", "Grüsse, café 1/2 ?ódz"),
        ("🚒 한글", "? ??"),
        ("\ud800", "?"),
        ("   ", ""),
        (None, "None"),
        ("{{7*7}} <b>", "｛｛7*7｝｝ <b>"),
    ],
)
def test_hostile_text_is_shown_as_written(raw, shown):
    assert safe_text(raw) == shown


def test_long_text_is_cut_with_an_ellipsis():
    cut = safe_text("消" * 10_000_000, 50)
    assert len(cut) == 50
    assert cut.endswith(ELLIPSIS)


@settings(max_examples=60, deadline=None)
@given(HOSTILE)
def test_safe_text_is_one_line_of_gbk_without_codes(raw):
    safe = safe_text(raw)
    safe.encode("gbk")
    assert "%%" not in safe
    assert not set(safe) & set("\\^{}")
    assert all(c.isprintable() for c in safe)
    assert safe == safe.strip()
    assert safe_text(safe) == safe


@given(st.text(max_size=200))
def test_ids_in_xdata_are_plain_ascii(raw):
    plain = ascii_id(raw)
    assert plain.isascii()
    assert plain.isprintable()
    assert len(plain) <= 255


def test_distinct_ids_stay_distinct():
    assert len({ascii_id(i) for i in ("东门", "西门", "a b", "a%20b", "a\nb")}) == 5


@settings(max_examples=60, deadline=None)
@given(HOSTILE, st.floats(5, 100))
def test_wrapped_lines_keep_to_the_width_and_lose_nothing(raw, width):
    text = safe_text(raw)
    lines = wrap(text, 2.5, width, max_lines=1000)
    assert all(text_width(line, 2.5) <= width + 1e-9 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_line_does_not_begin_with_closing_punctuation():
    lines = wrap("消防车通道沿途，应当设置；标识。", 2.5, 2.5 * 1.42 * 7)
    assert all(line[0] not in "，；。" for line in lines)
    assert len(lines) > 1


def test_too_many_lines_end_in_an_ellipsis():
    lines = wrap("消" * 100, 2.5, 20.0, max_lines=3)
    assert len(lines) == 3
    assert lines[-1].endswith(ELLIPSIS)


def test_shortened_fits():
    assert shortened("东门", 2.5, 100.0) == "东门"
    assert text_width(shortened("很长的名字" * 10, 2.5, 30.0), 2.5) <= 30.0
