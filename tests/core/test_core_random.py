"""Random and grid scenes against oracles that share no code with the engine."""

from __future__ import annotations

import numpy as np
import pytest
from core_engine import boundary_of, piece_faults, pinch_faults, width_faults
from core_scenes import grid_scene, mixed_scene, random_scene, with_places

from firelane.lanes.pinches import find_pinches

QUICK = 60
ALL = 2_000
GRID_LIMITS_M = (2.001, 3.001, 4.001, 5.001)


def mixed_faults(seed: int) -> list[str]:
    """Whatever all pairs, sawn pieces and erosion have to say against one scene."""
    scene = mixed_scene(seed)
    grid = "grid" in scene.name
    limit_m = GRID_LIMITS_M[seed // 8 % 4] if grid else 4.0
    return [
        *pinch_faults(scene, limit_m),
        *piece_faults(scene, limit_m if grid else 8.0, seed),
        *width_faults(with_places(scene, seed, count=3)),
    ]


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


@pytest.mark.parametrize("seeds", [range(2, 8), range(50, 56), range(94, 96)], ids=lambda r: f"{r[0]}-{r[-1]}")
def test_mixed_scenes(seeds):
    assert not [fault for seed in seeds for fault in mixed_faults(seed)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "seeds", [range(begin, begin + 50) for begin in range(0, ALL, 50)], ids=lambda r: f"{r[0]}-{r[-1]}"
)
def test_two_thousand_mixed_scenes(seeds):
    assert not [fault for seed in seeds for fault in mixed_faults(seed)]


@pytest.mark.parametrize("seeds", [range(40), range(500, 540)], ids=lambda r: f"{r[0]}-{r[-1]}")
def test_both_engines_give_the_same_pinches(seeds):
    pytest.importorskip("numba")
    for seed in seeds:
        boundary = boundary_of(mixed_scene(seed))
        for width_m in (2.5, 4.0, 8.0):
            plain, fast = (find_pinches(boundary, width_m, engine=engine) for engine in ("numpy", "numba"))
            for column in ("half_edge", "t_m", "ends", "unit", "width_m", "extent_m", "mouth"):
                np.testing.assert_array_equal(getattr(plain, column), getattr(fast, column), err_msg=f"{seed}")
