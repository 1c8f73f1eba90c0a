"""The seventeen analytic cases and the open ends, as drawn and moved to survey coordinates."""

from __future__ import annotations

import numpy as np
import pytest
from core_engine import boundary_of, piece_faults, pinch_faults, pinches_of, widest, width_faults
from core_scenes import Scene, analytic_cases, mouth_cases, named_cases, with_moved
from test_core_oracles import wrong_pinches

from firelane.lanes.pieces import cut
from firelane.lanes.pinches import find_pinches

LIMIT_M = 4.0
EVERY_CASE = with_moved([*analytic_cases(), *named_cases(), *mouth_cases()])


def by_name(scene: Scene) -> str:
    return scene.name


@pytest.mark.parametrize("scene", EVERY_CASE, ids=by_name)
def test_widest_way_is_the_listed_width(scene):
    assert widest(scene) == pytest.approx(scene.widest_m, abs=scene.tolerance_m)


@pytest.mark.parametrize("scene", EVERY_CASE, ids=by_name)
def test_pinches_are_the_listed_ones_and_no_other(scene):
    assert not wrong_pinches(scene, *pinches_of(scene, scene.limit_m))


@pytest.mark.parametrize("scene", EVERY_CASE, ids=by_name)
def test_pinches_are_those_of_all_pairs_up_to_eight_metres(scene):
    # the curved lane has 2,000 edges, and all pairs of them within 8 m take long
    assert not pinch_faults(scene, 4.0 if "curved" in scene.name else 8.0)


@pytest.mark.parametrize("scene", EVERY_CASE, ids=by_name)
@pytest.mark.parametrize("limit_m", [4.0, 8.0])
def test_labels_are_those_of_the_sawn_pieces(scene, limit_m):
    assert not piece_faults(scene, limit_m)


@pytest.mark.parametrize("scene", EVERY_CASE, ids=by_name)
def test_cutting_at_four_metres_gives_the_verdict_of_the_listed_width(scene):
    boundary = boundary_of(scene)
    pieces = cut(boundary, find_pinches(boundary, LIMIT_M - 1e-6))
    label, distance_m = pieces.locate(np.vstack([scene.start, scene.ends]))
    fits = 2 * distance_m >= LIMIT_M - 1e-6
    passes = (label[1:] == label[0]) & fits[1:] & fits[0]
    # a mouth's own chord parts inside from outside whatever its width: there a place on it proves nothing
    if not scene.mouths:
        assert passes.tolist() == (scene.widest_m >= LIMIT_M - 1e-6).tolist()


@pytest.mark.parametrize("cap_m", [3.0, 8.0])
@pytest.mark.parametrize("scene", analytic_cases(), ids=by_name)
def test_at_the_cap_the_answer_is_the_cap(scene, cap_m):
    assert widest(scene, cap_m) == pytest.approx(np.minimum(scene.widest_m, cap_m), abs=scene.tolerance_m)


@pytest.mark.parametrize("scene", analytic_cases()[::4], ids=by_name)
def test_erosion_sees_the_same_widths(scene):
    assert not width_faults(scene)
