"""Random and grid scenes against oracles that share no code with the engine."""

from __future__ import annotations

import pytest
from core_engine import piece_faults, pinch_faults, width_faults
from core_scenes import grid_scene, random_scene, with_places

QUICK = 60
ALL = 500


@pytest.mark.parametrize(
    "seeds", [range(begin, begin + 10) for begin in range(0, QUICK, 10)], ids=lambda r: f"{r[0]}-{r[-1]}"
)
def test_widths_agree_with_erosion(seeds):
    faults = [
        fault for seed in seeds for fault in width_faults(with_places(random_scene(seed), seed, count=3))
    ]
    assert not faults


@pytest.mark.parametrize("seed", range(0, 40, 2))
def test_pinches_agree_with_all_pairs(seed):
    assert not pinch_faults(random_scene(seed), 4.0)


@pytest.mark.parametrize("seed", range(1, 40, 2))
def test_labels_agree_with_sawn_pieces(seed):
    assert not piece_faults(random_scene(seed).moved(), 6.0)


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("seed", range(15))
def test_grids(seed, lines):
    scene = grid_scene(seed, lines=lines)
    limit_m = (2.0, 3.0, 4.0, 5.0)[seed % 4] + 1e-3
    assert not pinch_faults(scene, limit_m)
    assert not piece_faults(scene, limit_m)
    assert not width_faults(with_places(scene, seed, count=2))


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("seed", range(100, 110))
def test_grids_at_survey_coordinates(seed, lines):
    scene = grid_scene(seed, lines=lines).moved()
    assert not pinch_faults(scene, 4.001)
    assert not piece_faults(scene, 4.001)
    assert not width_faults(with_places(scene, seed, count=2))


@pytest.mark.slow
@pytest.mark.parametrize(
    "seeds", [range(begin, begin + 25) for begin in range(0, ALL, 25)], ids=lambda r: f"{r[0]}-{r[-1]}"
)
def test_five_hundred_scenes_agree_with_erosion(seeds):
    faults = []
    for seed in seeds:
        scene = random_scene(seed) if seed % 2 else random_scene(seed).moved()
        faults += width_faults(with_places(scene, seed))
    assert not faults


@pytest.mark.slow
@pytest.mark.parametrize(
    "seeds", [range(begin, begin + 25) for begin in range(0, ALL, 25)], ids=lambda r: f"{r[0]}-{r[-1]}"
)
def test_five_hundred_scenes_agree_with_all_pairs_and_sawn_pieces(seeds):
    faults = []
    for seed in seeds:
        scene = random_scene(seed) if seed % 2 else random_scene(seed).moved()
        faults += pinch_faults(scene, 4.0) + piece_faults(scene, 8.0)
    assert not faults


@pytest.mark.slow
@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize(
    "seeds", [range(begin, begin + 50) for begin in range(1000, 1300, 50)], ids=lambda r: f"{r[0]}-{r[-1]}"
)
def test_many_grids(seeds, lines, moved):
    faults = []
    for seed in seeds:
        scene = grid_scene(seed, lines=lines)
        scene = scene.moved() if moved else scene
        limit_m = (2.0, 3.0, 4.0, 5.0)[seed % 4] + 1e-3
        faults += pinch_faults(scene, limit_m) + piece_faults(scene, limit_m)
        faults += width_faults(with_places(scene, seed, count=3))
    assert not faults
