"""Quality marks: each criterion can lower the mark, the gravest decides, and what is told is what is measured."""

import pytest
from site_scenes import audited_in_full, street

from firelane.batch.quality import MARKS, criteria, figures, marked, quality_of, source

BEST = {c.figure: 1.0 if c.below is not None else 0.0 for c in criteria()}


def test_nothing_against_it_is_an_a():
    assert marked(BEST) == ("A", ())


@pytest.mark.parametrize("criterion", criteria(), ids=lambda c: c.code)
def test_every_criterion_lowers_the_mark_alone(criterion):
    bad = criterion.below * (1 - 1e-6) if criterion.below is not None else criterion.above + 1e-6
    mark, reasons = marked(BEST | {criterion.figure: bad})
    assert criterion.code in {c.code for c in reasons}
    assert mark == criterion.mark != "A"


def test_the_gravest_reason_on_one_figure_is_told_alone_and_first():
    mark, reasons = marked(BEST | {"judged_share": 0.3, "mended": 2.0})
    assert mark == "D"
    assert [c.code for c in reasons] == ["half_judged", "mended"]


def test_criteria_are_marked_as_proposed_and_say_why_in_both_languages():
    assert "待确认" in source()
    assert {c.mark for c in criteria()} <= set(MARKS)
    assert all(c.zh and c.en for c in criteria())
    assert len({c.code for c in criteria()}) == len(criteria())


def test_a_site_whose_layers_are_missing():
    audit = audited_in_full(street(6.0))
    told = quality_of(audit)
    found = figures(audit)
    assert found["without_buildings"] == 1
    assert found["without_paint"] == 3
    assert "kerbs" in told["layers_missing"].split(";")
    assert "roads" in told["layers_surveyed"].split(";")
    assert "未调查建筑" in told["quality_zh"]
    assert told["accuracy_m"] is None
    assert told["quality"] == "C"


def test_a_layer_without_rows_was_surveyed():
    told = quality_of(audited_in_full(street(6.0, buildings=[])))
    assert "buildings" in told["layers_surveyed"].split(";")
