"""What the closing summary says of vehicles: counts over all entrances, where most is missing, what would mend it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from site_scenes import audited, box, gates, site
from tracked_scenes import tracked_like

from firelane.cli.closing import summary_lines
from firelane.tracking.record import TrackClass


@pytest.fixture(scope="module")
def plain():
    """A T of two roads, 6 m wide, entered from the west."""
    roads = [(box(0, -3, 100, 3), {"id": "R1"}), (box(47, 3, 53, 60), {"id": "R2"})]
    return audited(site(roads, entrances=gates(both=False), obstructions=[]))


@pytest.fixture(scope="module")
def tracking(plain):
    found = tracked_like(plain, entrance="W")
    return replace(found, targets=found.targets.assign(shortfall_m=[np.nan, 0.4107]))


def told(plain, tracking, lang):
    return "\n".join(summary_lines(replace(plain, tracking=(tracking,)), lang))


def test_targets_are_counted_by_class_and_the_worst_place_is_told_with_its_mend(plain, tracking):
    text, (conflict,) = told(plain, tracking, "zh"), tracking.conflicts
    assert "pump-8（水罐消防车（8米级））：2 个目标中 1 个已证明可达，0 个已证明不可达，1 个未找到路线（须人工复核）" in text
    assert f"最难通过处: X={conflict.place[1]:.3f} Y={conflict.place[0]:.3f}，车身右前角越界 0.26 米，约缺宽 0.42 米（估计，±0.10 米）" in text
    assert "处理: 将内侧转角改为半径 9.0 米" in text
    english = told(plain, tracking, "en")
    assert "of 2 targets 1 proven to be reached, 0 proven not to be, for 1 no line found (a human must look)" in english
    assert "about 0.42 m too narrow" in english
    assert "what to do: round the inner corner to a radius of 9.0 m" in english


def test_several_mends_of_one_drive_are_to_be_done_together(plain, tracking):
    two = (*tracking.mends, replace(tracking.mends[0], action="remove", text_zh="移除 P1", text_en="remove P1"))
    assert "处理（以下各项须同时完成）: （1）将内侧转角改为半径 9.0 米；（2）移除 P1" in told(plain, replace(tracking, mends=two), "zh")


def test_a_target_counts_once_over_its_entrances(plain, tracking):
    again = tracking.targets.assign(entrance_id="E2", trip_id=None, overrun_id=None)
    again["class"] = TrackClass.NOT_TRIED.value
    both = replace(tracking, targets=pd.concat([again, tracking.targets.astype(object)], ignore_index=True))
    assert "2 个目标中 1 个已证明可达，0 个已证明不可达，1 个未找到" in told(plain, both, "zh")


def test_why_nothing_was_searched_is_said_and_nothing_without_a_vehicle(plain, tracking):
    bare = replace(tracking, unsearched=("未安装 numba", "numba is missing"), targets=tracking.targets.iloc[:0], trips=(), mends=())
    assert "未搜索行驶路线：未安装 numba" in told(plain, bare, "zh")
    assert "no line was searched: numba is missing" in told(plain, bare, "en")
    assert "个目标中" not in told(plain, bare, "zh")
    assert "pump-8" not in "\n".join(summary_lines(plain, "zh"))


def test_a_name_with_control_characters_does_not_reach_the_terminal(plain, tracking):
    nasty = replace(tracking, vehicle=replace(tracking.vehicle, zh="=1+1\x1b[2J", en="a\nb"))
    assert "pump-8（=1+1�[2J）：2 个目标" in told(plain, nasty, "zh")
    assert "pump-8 (a�b): of 2 targets" in told(plain, nasty, "en")
