"""The oracles are validated on the hand-made truths, and against each other, before they judge anything."""

from __future__ import annotations

import numpy as np
import pytest
from core_oracles import (
    EROSION_BAND_M,
    all_pairs_pinches,
    erosion_contradicts,
    joined_by_erosion,
    widest_by_erosion,
    widest_by_pieces,
)
from core_scenes import (
    Scene,
    analytic_cases,
    grid_scene,
    mouth_cases,
    named_cases,
    random_scene,
    with_moved,
    with_places,
)

EVERY_CASE = with_moved([*analytic_cases(), *named_cases(), *mouth_cases()])


def wrong_pinches(scene: Scene, p: np.ndarray, q: np.ndarray, width_m: np.ndarray) -> list[str]:
    """Listed pinches that are missing, and found ones whose width is on no list."""
    missing = [
        f"missing {pinch}"
        for pinch in scene.pinches
        if not (
            (np.hypot(*((p + q) / 2 - pinch[:2]).T) <= scene.place_tolerance_m)
            & (np.abs(width_m - pinch[2]) <= scene.tolerance_m)
        ).any()
    ]
    listed = scene.pinches[:, 2]
    spurious = [
        f"spurious {(a + b) / 2} {w}"
        for a, b, w in zip(p, q, width_m, strict=True)
        if not (np.abs(listed - w) <= scene.tolerance_m).any()
    ]
    return missing + spurious


@pytest.mark.slow
@pytest.mark.parametrize("scene", EVERY_CASE, ids=lambda scene: scene.name)
def test_all_pairs_find_the_listed_pinches(scene):
    assert not wrong_pinches(scene, *all_pairs_pinches(scene, scene.limit_m))


@pytest.mark.parametrize("scene", EVERY_CASE, ids=lambda scene: scene.name)
def test_erosion_agrees_with_the_listed_widths(scene):
    for end, widest_m in zip(scene.ends, scene.widest_m, strict=True):
        assert erosion_contradicts(scene, scene.start, end, widest_m) == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    "scene", [s for s in EVERY_CASE if "curved" not in s.name and not s.mouths], ids=lambda scene: scene.name
)
def test_pieces_agree_with_the_listed_widths(scene):
    for end, widest_m in zip(scene.ends, scene.widest_m, strict=True):
        assert widest_by_pieces(scene, scene.start, end, cap_m=16.0) == pytest.approx(widest_m, abs=1e-6)


def test_bisection_reads_the_staggered_bumps():
    scene = next(scene for scene in analytic_cases() if scene.name == "staggered bumps")
    assert widest_by_erosion(scene, scene.start, scene.ends[0]) == pytest.approx(10**0.5, abs=EROSION_BAND_M)
    assert not joined_by_erosion(scene, scene.start, scene.ends[0], 4.0)


@pytest.mark.parametrize("make", [random_scene, grid_scene])
@pytest.mark.parametrize("seed", range(4))
def test_pieces_agree_with_erosion_in_random_scenes(make, seed):
    scene = with_places(make(seed), seed, count=2)
    assert len(scene.ends)
    for end in scene.ends:
        assert erosion_contradicts(scene, scene.start, end, widest_by_pieces(scene, scene.start, end)) == ""
