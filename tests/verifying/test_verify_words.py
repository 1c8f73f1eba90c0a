"""What the outlines of a lettering say: other words fail, in any font; what nobody can read is said to be so."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely import affinity
from verify_scenes import Marks, draw, failing, verdict

from firelane.fonts import glyph_outlines
from firelane.verifying.lettering import Reader

WORDS = "消防车道禁止占用"
SERIF = Path("/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc")
OTHERS = ("禁止停车消防通道", "消防通道请勿占用", "小区内部停车泊位")
SHORT = ("消防通道", "消防车通道", "消防车通道禁止占用")
FONTS = (
    None,
    pytest.param(SERIF, marks=pytest.mark.skipif(
        not SERIF.is_file() and os.environ.get("CI") != "true", reason="Noto Serif CJK is not installed"
    )),
)


def strokes(words, rows, *, font=None, weight=700):
    """Characters half a metre high in so many rows; one row for each character makes a column read from below."""
    outlines = glyph_outlines(words, font=font, weight=weight, tolerance_em=0.01).outlines
    columns = -(-len(words) // rows)
    order = words[::-1] if rows == len(words) else words
    parts = []
    for n, character in enumerate(order):
        row, column = divmod(n, columns)
        parts += shapely.get_parts(affinity.affine_transform(outlines[character], (0.5, 0, 0, 0.5, column * 0.55, -row * 0.6))).tolist()
    return np.array(parts, dtype=object)


def judged(parts):
    return Reader(WORDS).judge(parts, [], np.array([0.0, 1.0]), both_ways=True)


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("words", OTHERS)
def test_other_words_fail_however_they_stand(words, font):
    for rows in (2, 1, 8):
        said = judged(strokes(words, rows, font=font))
        assert said.verdict == "fail", rows
        assert sum(a == b for a, b in zip(said.words, words, strict=False)) >= 5, (rows, said.words)
        assert said.words in said.zh


@pytest.mark.parametrize("font", FONTS)
def test_another_number_of_characters_fails(font):
    for words in SHORT:
        for rows in (1, 2):
            assert judged(strokes(words, rows, font=font)).verdict == "fail", (words, rows)


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("weight", [100, 400, 900])
def test_the_right_words_pass_in_every_weight(weight, font):
    for rows in (2, 1, 8):
        assert judged(strokes(WORDS, rows, font=font, weight=weight)).verdict == "pass", rows


def test_what_cannot_be_read_is_not_measured():
    rng = np.random.default_rng(5)
    for kind in ("dots", "scribble"):
        marks = []
        for row, column in np.ndindex(2, 4):
            for x, y in rng.uniform(0.04, 0.46, (9, 2)) + (column * 0.55, -row * 0.6):
                turn, half = rng.uniform(0, np.pi), rng.uniform(0.03, 0.1)
                ends = [(x - half * np.cos(turn), y - half * np.sin(turn)), (x + half * np.cos(turn), y + half * np.sin(turn))]
                marks.append(shapely.Point(x, y).buffer(0.03) if kind == "dots" else shapely.LineString(ends).buffer(0.02))
        assert judged(shapely.get_parts(shapely.union_all(marks))).verdict == "not_measured", kind


def test_one_blot_is_no_lettering():
    assert judged(np.array([shapely.box(0, 0, 2, 1)], dtype=object)).verdict == "fail"


def test_a_drawing_with_other_words_fails(tmp_path):
    words = (WORDS, OTHERS[2], WORDS, WORDS)
    found = verdict(draw(Marks(words=words, text="shape"), tmp_path / "a.dxf"))
    assert failing(found) == {"box_lettering"}
    assert OTHERS[2] in found.faults[0].zh
