"""What is not known is said: rows left out, accuracy of the layers that bound a gap, unclear obstacles."""

from __future__ import annotations

from dataclasses import replace

import pytest
from site_scenes import CLEARING, HEIGHT, OBSTRUCTION, WIDTH, audited, box, of, only, post, site, street

from firelane.site.model import Note


def with_rows_left_out(a_site, layer):
    note = Note("left_out", "已略去", "left out", layer)
    return replace(a_site, notes=(*a_site.notes, note))


@pytest.mark.parametrize("layer", ["obstructions", "parking"])
def test_rows_left_out_are_never_nothing_there(layer):
    result = audited(with_rows_left_out(street(6.0), layer))
    for rule in (WIDTH, OBSTRUCTION, CLEARING):
        assert "not_measured" in {f.verdict.value for f in of(result, rule)}, rule
        assert result.summary["by_rule"][rule] == "not_measured"
    assert not any("no obstacle stands" in f.message_en for f in result.findings)


def test_an_obstruction_left_out_may_have_hung_low():
    assert audited(with_rows_left_out(street(6.0), "obstructions")).summary["by_rule"][HEIGHT] == "not_measured"


def test_the_accuracy_is_that_of_what_bounds_the_gap():
    config = {"accuracy_m": 0.05, "layer_accuracy_m": {"roads": 0.01}}
    kerbs = audited(site([box(0, 0, 100, 3.97)], obstructions=[], entrances=[], config=config))
    assert only(kerbs, WIDTH).verdict.value == "fail"
    beside = audited(street(6.0, [post(50, 0.97)], config=config))  # 3.97 m beside a post surveyed to 5 cm
    assert only(beside, WIDTH).verdict.value == "indeterminate"


def test_an_obstacle_within_the_accuracy_leaves_article_15_open():
    result = audited(street(6.0, [post(50, 0.98)], config={"accuracy_m": 0.05}))
    assert only(result, OBSTRUCTION).verdict.value == "indeterminate"
    assert "only" not in only(result, OBSTRUCTION).message_en
    assert only(result, CLEARING).verdict.value == "indeterminate"


def test_the_profile_beside_a_round_post_reads_what_is_judged():
    result = audited(street(6.0, [post(50, 1.5, 0.5)]))
    at = result.profile[(result.profile["chainage_m"] - 50).abs() < 0.01]
    assert at["clear_width_m"].min() == pytest.approx(4.0, abs=1e-7)
    assert at["section_width_m"].min() == pytest.approx(4.0, abs=1e-7)
